/* Byte links on real ptys and sockets: bytes both ways, and every way in which the other end goes and comes. */
#define _GNU_SOURCE

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sensors/links/link.h"
#include "sensors/links/ports.h"

enum { DEADLINE_MS = 30000, RECEIVED_MAX = 1 << 20 };

struct fixture {
    sd_event *event;
    struct link *link;
    char device[100];   /* a symbolic link to the pty */
    char address[32];   /* of the TCP server */
    int master;         /* the pty's; -1: unplugged */
    int listener, peer; /* the server's; -1: none */
    bool up;
    unsigned ups, downs;
    char why[LINK_TEXT_MAX];
    int64_t first_ms;
    size_t received_length;
    uint8_t received[RECEIVED_MAX];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    struct fixture *f = ctx;
    assert_int_equal(slave, 0);
    assert_false(f->up);
    assert_true(t_ms <= now_ms());
    f->up = true;
    f->ups++;
}

static void on_down(void *ctx, size_t slave, const char *reason, int64_t t_ms)
{
    struct fixture *f = ctx;
    assert_int_equal(slave, 0);
    assert_true(f->up);
    assert_true(t_ms <= now_ms());
    f->up = false;
    f->downs++;
    snprintf(f->why, sizeof f->why, "%s", reason);
}

static void on_received(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    struct fixture *f = ctx;
    assert_int_equal(slave, 0);
    assert_true(f->up);
    assert_in_range(length, 1, LINK_CHUNK_MAX);
    assert_true(length <= RECEIVED_MAX - f->received_length);
    memcpy(f->received + f->received_length, bytes, length);
    f->received_length += length;
    assert_true(t_ms >= f->first_ms && t_ms <= now_ms());
}

static void plug(struct fixture *f)
{
    char path[64];
    f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(f->master >= 0);
    assert_int_equal(grantpt(f->master), 0);
    assert_int_equal(unlockpt(f->master), 0);
    assert_int_equal(ptsname_r(f->master, path, sizeof path), 0);
    assert_int_equal(symlink(path, f->device), 0);
}

static void unplug(struct fixture *f)
{
    unlink(f->device);
    if (f->master >= 0)
        close(f->master);
    f->master = -1;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *folder = getenv("TMPDIR");
    snprintf(f->device, sizeof f->device, "%s/test-port-%d", folder ? folder : "/tmp", (int)getpid());
    f->master = f->listener = f->peer = -1;
    f->first_ms = now_ms();
    assert_int_equal(sd_event_new(&f->event), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    link_close(f->link);
    unplug(f);
    if (f->listener >= 0)
        close(f->listener);
    if (f->peer >= 0)
        close(f->peer);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

static void open_link(struct fixture *f, enum link_kind kind, int64_t retry_ms)
{
    const struct link_config config = {.kind = kind,
                                       .name = "com1",
                                       .device = kind == LINK_TCP ? f->address : f->device,
                                       .line = "9600/8n1",
                                       .retry_ms = retry_ms};
    const struct link_host host = {.ctx = f, .up = on_up, .down = on_down, .received = on_received};
    struct err err = {0};
    if (link_open(&f->link, f->event, &config, NULL, 0, &host, &err) != 0)
        fail_msg("%s", err.text);
}

/* Turns the loop until the condition holds. */
#define WAIT_FOR(f, condition)                                                                                         \
    do {                                                                                                               \
        int64_t wait_end_ms = now_ms() + DEADLINE_MS;                                                                  \
        bool met = false;                                                                                              \
        while (!(met = (condition)) && now_ms() < wait_end_ms)                                                         \
            sd_event_run((f)->event, 10000);                                                                           \
        if (!met)                                                                                                      \
            fail_msg("waited in vain for %s; problem: %s", #condition, link_problem((f)->link, 0));                    \
    } while (0)

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static ssize_t send_text(struct fixture *f, const char *text, struct err *err)
{
    return link_send(f->link, 0, (const uint8_t *)text, strlen(text), err);
}

/* ---- serial ---- */

static void test_bytes_both_ways(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    char heard[16] = "";
    plug(f);
    open_link(f, LINK_SERIAL, 0);
    assert_int_equal(f->ups, 0); /* nothing is called from within link_open */
    assert_int_equal(send_text(f, "early", &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    WAIT_FOR(f, f->up);
    assert_string_equal(link_problem(f->link, 0), "");
    /* raw: no echo, no translation of any byte */
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    assert_int_equal(write(f->master, all, sizeof all), sizeof all);
    WAIT_FOR(f, f->received_length == sizeof all);
    assert_memory_equal(f->received, all, sizeof all);
    assert_int_equal(read(f->master, heard, sizeof heard), -1);
    assert_int_equal(send_text(f, "\r\nA5\x03\x11", &err), 0);
    WAIT_FOR(f, read(f->master, heard, sizeof heard) == 6);
    assert_string_equal(heard, "\r\nA5\x03\x11");
    struct link_counters c = link_counters(f->link);
    assert_int_equal(c.received, 256);
    assert_int_equal(c.sent, 6);
    assert_int_equal(c.dropped, 0);
}

static void test_waits_for_a_port_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    open_link(f, LINK_SERIAL, 20);
    WAIT_FOR(f, strstr(link_problem(f->link, 0), "waiting for") != NULL);
    assert_non_null(strstr(link_problem(f->link, 0), f->device));
    assert_non_null(strstr(link_problem(f->link, 0), "No such file"));
    plug(f);
    WAIT_FOR(f, f->up);
    assert_int_equal(f->downs, 0);
}

static void test_refuses_what_is_no_port(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->device, "w");
    assert_non_null(file);
    fclose(file);
    open_link(f, LINK_SERIAL, 20);
    WAIT_FOR(f, strstr(link_problem(f->link, 0), "not a serial port") != NULL);
    unlink(f->device);
    plug(f);
    WAIT_FOR(f, f->up);
}

/* Pulled out and put back a thousand times, each time another tty under the same name. */
static void test_survives_a_thousand_replugs(void **state)
{
    struct fixture *f = *state;
    unsigned before = 0;
    open_link(f, LINK_SERIAL, 1);
    for (unsigned cycle = 1; cycle <= 1000; cycle++) {
        plug(f);
        WAIT_FOR(f, f->ups == cycle);
        assert_int_equal(write(f->master, "x", 1), 1);
        WAIT_FOR(f, f->received_length == cycle);
        unplug(f);
        WAIT_FOR(f, f->downs == cycle);
        if (cycle == 1)
            before = count_descriptors();
        assert_int_equal(count_descriptors(), before);
    }
    assert_non_null(strstr(f->why, f->device));
    struct link_counters c = link_counters(f->link);
    assert_int_equal(c.opened, 1000);
    assert_int_equal(c.lost, 1000);
}

static pid_t start_sleeper(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

/* Another process has the port: it is named, nothing is read from under it, and the link takes over when it ends. */
static void test_names_the_process_that_holds_the_port(void **state)
{
    struct fixture *f = *state;
    plug(f);
    int taken = open(f->device, O_RDWR | O_NOCTTY);
    assert_true(taken >= 0);
    pid_t pid = start_sleeper();
    open_link(f, LINK_SERIAL, 20);
    char name[64];
    snprintf(name, sizeof name, "process %d (sleep)", (int)pid);
    close(taken);
    WAIT_FOR(f, strstr(link_problem(f->link, 0), name) != NULL);
    assert_false(f->up);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    WAIT_FOR(f, f->up);
}

/* Two links must not share a port even if nobody has checked the configuration. The other end of the pty is another
 * process, as it is in life: who holds that end is the device. */
static void test_second_link_does_not_get_the_port(void **state)
{
    struct fixture *f = *state;
    plug(f);
    fcntl(f->master, F_SETFD, 0);
    pid_t device = start_sleeper();
    close(f->master);
    f->master = -1;
    open_link(f, LINK_SERIAL, 20);
    WAIT_FOR(f, f->up);
    const struct link_config config = {
        .kind = LINK_SERIAL, .name = "com2", .device = f->device, .line = "9600/8n1", .retry_ms = 20};
    static struct fixture other;
    other.event = f->event;
    const struct link_host host = {.ctx = &other, .up = on_up, .down = on_down, .received = on_received};
    assert_int_equal(link_open(&other.link, f->event, &config, NULL, 0, &host, NULL), 0);
    char name[64];
    snprintf(name, sizeof name, "held by process %d", (int)getpid());
    WAIT_FOR(&other, strstr(link_problem(other.link, 0), name) != NULL);
    assert_false(other.up);
    link_close(other.link);
    assert_true(f->up);
    kill(device, SIGKILL);
    waitpid(device, NULL, 0);
    WAIT_FOR(f, f->downs == 1);
}

/* A port that takes nothing: the queue has an end, and what was taken arrives whole and in order later. */
static void test_queue_is_bounded_and_kept_in_order(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    uint8_t piece[100];
    size_t taken = 0, heard = 0;
    plug(f);
    open_link(f, LINK_SERIAL, 0);
    WAIT_FOR(f, f->up);
    for (;; taken += sizeof piece) {
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = (uint8_t)((taken + i) % 251);
        if (link_send(f->link, 0, piece, sizeof piece, &err) != 0)
            break;
        assert_true(taken < 1 << 20);
    }
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(link_counters(f->link).dropped, sizeof piece);
    int64_t end_ms = now_ms() + DEADLINE_MS;
    while (heard < taken && now_ms() < end_ms) {
        uint8_t got[512];
        ssize_t length = read(f->master, got, sizeof got);
        for (ssize_t i = 0; i < length; i++)
            assert_int_equal(got[i], heard++ % 251);
        sd_event_run(f->event, 1000);
    }
    assert_int_equal(heard, taken);
    assert_int_equal(link_send(f->link, 0, piece, sizeof piece, &err), 0);
}

/* ---- TCP ---- */

static void serve(struct fixture *f, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int on = 1;
    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(f->listener, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(f->listener, 1), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&at, &size), 0);
    snprintf(f->address, sizeof f->address, "127.0.0.1:%d", ntohs(at.sin_port));
}

static bool accepted(struct fixture *f)
{
    if (f->peer < 0)
        f->peer = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return f->peer >= 0;
}

/* The other end dies: at once, with a reset. */
static void reset_peer(struct fixture *f)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(f->peer);
    f->peer = -1;
}

static void test_tcp_bytes_both_ways_and_reconnects(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    char heard[8] = "";
    serve(f, 0);
    uint16_t port = (uint16_t)atoi(strchr(f->address, ':') + 1);
    open_link(f, LINK_TCP, 20);
    WAIT_FOR(f, f->up && accepted(f));
    assert_int_equal(send_text(f, "ping", &err), 0);
    WAIT_FOR(f, read(f->peer, heard, sizeof heard) == 4);
    assert_memory_equal(heard, "ping", 4);
    assert_int_equal(write(f->peer, "pong", 4), 4);
    WAIT_FOR(f, f->received_length == 4);
    close(f->peer); /* what was sent before the end still arrives */
    f->peer = -1;
    WAIT_FOR(f, f->downs == 1);
    assert_non_null(strstr(f->why, "closed"));
    WAIT_FOR(f, f->ups == 2 && accepted(f));
    reset_peer(f);
    close(f->listener);
    f->listener = -1;
    WAIT_FOR(f, f->downs == 2);
    WAIT_FOR(f, strstr(link_problem(f->link, 0), "Connection refused") != NULL);
    serve(f, port);
    WAIT_FOR(f, f->ups == 3 && accepted(f));
}

/* Sending into a connection that is gone ends the connection, not the process. */
static void test_tcp_sending_to_the_dead_is_harmless(void **state)
{
    struct fixture *f = *state;
    serve(f, 0);
    open_link(f, LINK_TCP, 20);
    for (unsigned cycle = 1; cycle <= 20; cycle++) {
        WAIT_FOR(f, f->up && accepted(f));
        reset_peer(f);
        while (send_text(f, "into the void", NULL) == 0 && f->downs < cycle)
            sd_event_run(f->event, 0);
        WAIT_FOR(f, f->downs == cycle);
    }
}

static void test_tcp_loses_nothing_of_a_burst(void **state)
{
    struct fixture *f = *state;
    static uint8_t burst[RECEIVED_MAX];
    size_t sent = 0;
    for (size_t i = 0; i < sizeof burst; i++)
        burst[i] = (uint8_t)(i * 7 % 253);
    serve(f, 0);
    open_link(f, LINK_TCP, 20);
    WAIT_FOR(f, f->up && accepted(f));
    int64_t end_ms = now_ms() + DEADLINE_MS;
    while (sent < sizeof burst && now_ms() < end_ms) {
        ssize_t put = write(f->peer, burst + sent, sizeof burst - sent);
        sent += put > 0 ? (size_t)put : 0;
        sd_event_run(f->event, 0);
    }
    close(f->peer); /* the end must not overtake the bytes */
    f->peer = -1;
    WAIT_FOR(f, f->downs == 1);
    assert_int_equal(f->received_length, sizeof burst);
    assert_memory_equal(f->received, burst, sizeof burst);
}

/* A listener whose queue is full does not answer: as a gateway that is switched off. */
static void test_tcp_gives_up_a_connection_that_is_not_answered(void **state)
{
    struct fixture *f = *state;
    serve(f, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(strchr(f->address, ':') + 1)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fill[4];
    for (size_t i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(connect(fill[i], (const struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS);
    }
    open_link(f, LINK_TCP, 20);
    WAIT_FOR(f, strstr(link_problem(f->link, 0), "no answer to the connection request") != NULL);
    assert_int_equal(f->ups, 0);
    for (size_t i = 0; i < 4; i++)
        close(fill[i]);
    while (!f->up || f->peer < 0) { /* the ones before it in the queue end at once */
        WAIT_FOR(f, accepted(f));
        sd_event_run(f->event, 10000);
    }
}

/* ---- texts ---- */

static void test_checks_line_and_address(void **state)
{
    (void)state;
    const struct {
        enum link_kind kind;
        const char *device, *line;
        bool right;
    } rows[] = {
        {LINK_SERIAL, "/dev/x", "9600/8n1", true},
        {LINK_SERIAL, "/dev/x", "19200/7e2", true},
        {LINK_MODBUS_RTU, "/dev/x", "115200/8o1", true},
        {LINK_SERIAL, "/dev/x", "9601/8n1", false},
        {LINK_SERIAL, "/dev/x", "9600/9n1", false},
        {LINK_SERIAL, "/dev/x", "9600/8x1", false},
        {LINK_SERIAL, "/dev/x", "9600/8n3", false},
        {LINK_SERIAL, "/dev/x", "9600/8n1 ", false},
        {LINK_SERIAL, "/dev/x", "", false},
        {LINK_SERIAL, "/dev/x", "8n1", false},
        {LINK_TCP, "127.0.0.1:502", "", true},
        {LINK_TCP, "[::1]:502", "", true},
        {LINK_TCP, "localhost:502", "", true},
        {LINK_MODBUS_TCP, "192.168.1.20:502", "", true},
        {LINK_MODBUS_RTU_OVER_TCP, "192.168.1.20:502", "", true},
        {LINK_TCP, "gateway.example:502", "", false},
        {LINK_TCP, "127.0.0.1", "", false},
        {LINK_TCP, ":502", "", false},
        {LINK_TCP, "127.0.0.1:", "", false},
        {LINK_TCP, "127.0.0.1:99999", "", false},
        {LINK_TCP, "[]:502", "", false},
        {LINK_TCP, "127.0.0.1:modbus", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        const struct link_config config = {.kind = rows[i].kind, .device = rows[i].device, .line = rows[i].line};
        if ((link_check(&config, &err) == 0) != rows[i].right)
            fail_msg("%s %s: %s", rows[i].device, rows[i].line, err.text);
        assert_int_equal(err.code, rows[i].right ? ERR_NONE : ERR_INVALID);
    }
}

static void test_finds_the_name_that_stays(void **state)
{
    struct fixture *f = *state;
    char folder[200], name[300], path[64], found[300];
    plug(f);
    assert_int_equal(ptsname_r(f->master, path, sizeof path), 0);
    snprintf(folder, sizeof folder, "%s.d", f->device);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(name, sizeof name, "%s/usb-Maker_Opacimeter_A1234-if00", folder);
    assert_false(ports_find_stable(folder, path, found, sizeof found));
    assert_string_equal(found, "");
    assert_int_equal(symlink(f->device, name), 0);
    assert_true(ports_find_stable(folder, path, found, sizeof found));
    assert_string_equal(found, name);
    assert_false(ports_find_stable(folder, "/dev/ttyUSB99", found, sizeof found));
    assert_false(ports_find_stable("/nowhere", path, found, sizeof found));
    unlink(name);
    rmdir(folder);
    struct ports_entry *list = NULL;
    size_t count = 0;
    assert_int_equal(ports_list(&list, &count, NULL), 0);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(list[i].path, "/dev/", 5);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bytes_both_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_for_a_port_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_what_is_no_port, setup, teardown),
        cmocka_unit_test_setup_teardown(test_survives_a_thousand_replugs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_the_process_that_holds_the_port, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_link_does_not_get_the_port, setup, teardown),
        cmocka_unit_test_setup_teardown(test_queue_is_bounded_and_kept_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp_bytes_both_ways_and_reconnects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp_sending_to_the_dead_is_harmless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp_loses_nothing_of_a_burst, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp_gives_up_a_connection_that_is_not_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_checks_line_and_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finds_the_name_that_stays, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
