/* The simulator's one loop, and how answers leave: in time, at line speed, with the active fault. */
#define _DEFAULT_SOURCE

#include "sensors/sim/sim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONTROLS_MAX = 8, ABSENT_LOOK_MS = 20 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t sim_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t sim_unix_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

static void drop(struct sim_connection *connection)
{
    close(connection->fd);
    *connection = (struct sim_connection){.fd = -1};
}

static void send_due(struct sim_instrument *instrument, int64_t t_ms)
{
    struct sim_output out;
    while (sim_take(instrument, t_ms, &out)) {
        struct sim_connection *to = &instrument->connections[out.connection];
        bool gone = out.length == 0 || (to->fd >= 0 && write(to->fd, out.bytes, out.length) < 0 && errno != EAGAIN);
        if (to->fd >= 0 && gone && !instrument->pty[0])
            drop(to);
    }
}

static void receive(struct sim_instrument *instrument, int index, int64_t t_ms)
{
    struct sim_connection *from = &instrument->connections[index];
    uint8_t bytes[SIM_INPUT_MAX];
    ssize_t got = read(from->fd, bytes, sizeof bytes);
    if (got > 0) {
        sim_hear(instrument, index, bytes, (size_t)got, t_ms);
        return;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (instrument->pty[0]) {
        instrument->absent_until_ms = t_ms + ABSENT_LOOK_MS;
        from->greeted = false;
    } else {
        drop(from);
    }
}

static void accept_client(struct sim_instrument *instrument)
{
    int fd = accept(instrument->listener, NULL, NULL);
    if (fd < 0)
        return;
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++)
        if (instrument->connections[i].fd < 0) {
            instrument->connections[i] = (struct sim_connection){.fd = fd};
            return;
        }
    close(fd);
}

/* Answers every command line with "ok" or "error: …". */
static void serve_control(struct sim *sim, int *fd, char *line, size_t *length, int64_t t_ms)
{
    ssize_t got = read(*fd, line + *length, SIM_COMMAND_MAX - 1 - *length);
    if (got <= 0) {
        close(*fd);
        *fd = -1;
        *length = 0;
        return;
    }
    *length += (size_t)got;
    line[*length] = '\0';
    char *end;
    while ((end = memchr(line, '\n', *length))) {
        *end = '\0';
        struct err err = {0};
        char answer[ERR_TEXT_MAX + 16] = "ok\n";
        if (sim_command(sim, line, t_ms, &err) != 0)
            snprintf(answer, sizeof answer, "error: %s\n", err.text);
        if (write(*fd, answer, strlen(answer)) < 0)
            break;
        *length -= (size_t)(end + 1 - line);
        memmove(line, end + 1, *length + 1);
    }
    if (*length == SIM_COMMAND_MAX - 1)
        *length = 0;
}

struct watch {
    struct pollfd fds[SIM_INSTRUMENTS_MAX * (SIM_CONNECTIONS_MAX + 1) + CONTROLS_MAX + 1];
    struct {
        int instrument, connection; /* connection -1: the listener */
    } of[SIM_INSTRUMENTS_MAX * (SIM_CONNECTIONS_MAX + 1)];
    size_t count;
};

static void collect(const struct sim *sim, struct watch *w, int64_t t_ms)
{
    w->count = 0;
    for (int i = 0; i < sim->count; i++)
        for (int c = -1; c < SIM_CONNECTIONS_MAX; c++) {
            int fd = c < 0 ? sim->instruments[i].listener : sim->instruments[i].connections[c].fd;
            if (fd < 0 || sim->instruments[i].absent_until_ms > t_ms)
                continue;
            w->of[w->count].instrument = i;
            w->of[w->count].connection = c;
            w->fds[w->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
}

static int64_t next_due(const struct sim *sim, const struct sim_step *steps, size_t steps_left, int64_t start_ms)
{
    int64_t next = steps_left ? start_ms + steps[0].at_ms : INT64_MAX;
    for (int i = 0; i < sim->count; i++) {
        const struct sim_instrument *instrument = &sim->instruments[i];
        if (sim_next_ms(instrument) < next)
            next = sim_next_ms(instrument);
        if (instrument->absent_until_ms > sim_now_ms() && instrument->absent_until_ms < next)
            next = instrument->absent_until_ms;
    }
    return next;
}

static void serve_instruments(struct sim *sim, const struct watch *w, int64_t t_ms)
{
    for (size_t i = 0; i < w->count; i++) {
        if (!w->fds[i].revents)
            continue;
        struct sim_instrument *instrument = &sim->instruments[w->of[i].instrument];
        if (w->of[i].connection < 0)
            accept_client(instrument);
        else
            receive(instrument, w->of[i].connection, t_ms);
    }
    for (int i = 0; i < sim->count; i++) {
        sim_tick(&sim->instruments[i], t_ms);
        send_due(&sim->instruments[i], t_ms);
    }
}

static void accept_control(int listener, int controls[CONTROLS_MAX])
{
    int fd = accept(listener, NULL, NULL);
    for (int i = 0; fd >= 0 && i < CONTROLS_MAX; i++)
        if (controls[i] < 0) {
            controls[i] = fd;
            return;
        }
    if (fd >= 0)
        close(fd);
}

int sim_run(struct sim *sim, int control, struct sim_player *player, const struct sim_step *steps, size_t steps_count,
            struct err *err)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    static char lines[CONTROLS_MAX][SIM_COMMAND_MAX];
    static struct watch w;
    size_t lengths[CONTROLS_MAX] = {0};
    int controls[CONTROLS_MAX];
    for (int i = 0; i < CONTROLS_MAX; i++)
        controls[i] = -1;
    int64_t start_ms = sim_now_ms();
    while (!stop && !sim->quit) {
        collect(sim, &w, sim_now_ms());
        size_t extra = w.count;
        w.fds[extra++] = (struct pollfd){.fd = control, .events = POLLIN};
        for (int i = 0; i < CONTROLS_MAX; i++)
            w.fds[extra++] = (struct pollfd){.fd = controls[i], .events = POLLIN};
        int64_t next = next_due(sim, steps, steps_count, start_ms);
        int64_t line = player ? sim_player_advance(player, sim_now_ms()) : INT64_MAX;
        if (line < next)
            next = line;
        int64_t wait = next == INT64_MAX ? -1 : next - sim_now_ms();
        if (poll(w.fds, extra, wait < 0 && next != INT64_MAX ? 0 : (int)wait) < 0 && errno != EINTR)
            return err_set(err, ERR_FAILED, "poll: %s", strerror(errno));
        int64_t t_ms = sim_now_ms();
        if (stop)
            break;
        while (steps_count > 0 && start_ms + steps->at_ms <= t_ms) {
            if (sim_command(sim, steps->command, t_ms, err) != 0)
                return -1;
            steps++;
            steps_count--;
        }
        serve_instruments(sim, &w, t_ms);
        for (int i = 0; i < CONTROLS_MAX; i++)
            if (controls[i] >= 0 && w.fds[w.count + 1 + (size_t)i].revents)
                serve_control(sim, &controls[i], lines[i], &lengths[i], t_ms);
        if (control >= 0 && w.fds[w.count].revents)
            accept_control(control, controls);
    }
    return 0;
}
