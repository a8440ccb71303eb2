/*
 * Modbus links: libmodbus blocks, so each link has one thread that owns the modbus_t and does nothing but poll register
 * blocks. Finished blocks and edges go to the loop through a queue and an eventfd.
 *
 * What libmodbus 3.1.6 needs to be safe (each was seen to go wrong without it):
 *   - A late answer on a serial line is taken for the answer to the next request. So the input is flushed before every
 *     request, and after a time-out the line is kept quiet for as long again before anybody is asked.
 *   - Its recovery modes hang on an unplugged port: any error but time-out, bad CRC and exception closes the context,
 * and a new one is made.
 *   - Floats are never combined by the library (sensors/profile.h).
 *
 * A silent slave must not slow the others: it is asked again only when it has cost the line no more than 1/25 of its
 * time.
 */
#define _GNU_SOURCE

#include <assert.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "protocols/modbusblock.h"
#include "sensors/links/link_parts.h"

enum {
    MESSAGES_MAX = 256,
    ACTIONS_MAX = 8,
    BLOCK_HEAD = 5,
    BLOCK_MAX = BLOCK_HEAD + 2 * PROFILE_BLOCK_WORDS_MAX,
    ANSWER_MS = 1000,       /* patience with a slave that has never answered, or answers */
    ANSWER_MARGIN_MS = 100, /* a slave that fell silent: twice its slowest answer and this */
    SILENT_AFTER = 3,       /* missed answers in a row */
    SILENT_SHARE = 25,
};

enum message_kind { MESSAGE_BLOCK, MESSAGE_UP, MESSAGE_DOWN, MESSAGE_PROBLEM };

struct message {
    enum message_kind kind;
    size_t slave, length;
    int64_t t_ms;
    union {
        uint8_t block[BLOCK_MAX];
        char text[LINK_TEXT_MAX];
    } data;
};

struct poll_state {
    int64_t due_ms;
    int64_t slowest_ms; /* its slowest answer so far; 0: none yet */
    int missed;         /* time-outs in a row */
    bool up;
};

struct action {
    size_t slave;
    struct modbusblock what;
};

struct link_modbus {
    struct link *link; /* the thread reads only config and slaves, which do not change */
    pthread_t thread;
    bool running;
    int wake, ready; /* eventfds: loop to thread, thread to loop */
    sd_event_source *io;
    pthread_mutex_t lock; /* of what follows, down to the counters */
    bool stop;
    size_t first, count;
    struct message messages[MESSAGES_MAX];
    size_t actions_count;
    struct action actions[ACTIONS_MAX];
    struct link_counters counters;
    /* the thread's own */
    modbus_t *bus;
    struct poll_state polls[LINK_SLAVES_MAX];
    int64_t quiet_until_ms;
    char problem[LINK_TEXT_MAX];
};

/* ---- thread: messages to the loop ---- */

static void tell(struct link_modbus *m, const struct message *message)
{
    pthread_mutex_lock(&m->lock);
    if (m->count == MESSAGES_MAX && message->kind == MESSAGE_BLOCK) {
        m->counters.dropped++;
    } else {
        if (m->count == MESSAGES_MAX) { /* edges are worth more than the oldest block */
            m->first = (m->first + 1) % MESSAGES_MAX;
            m->count--;
            m->counters.dropped++;
        }
        m->messages[(m->first + m->count++) % MESSAGES_MAX] = *message;
    }
    pthread_mutex_unlock(&m->lock);
    eventfd_write(m->ready, 1);
}

static void tell_text(struct link_modbus *m, enum message_kind kind, size_t slave, const char *text)
{
    struct message message = {.kind = kind, .slave = slave, .t_ms = link_now_ms()};
    snprintf(message.data.text, sizeof message.data.text, "%s", text);
    tell(m, &message);
}

static void tell_problem(struct link_modbus *m, const char *text)
{
    if (strcmp(m->problem, text) == 0)
        return;
    snprintf(m->problem, sizeof m->problem, "%s", text);
    tell_text(m, MESSAGE_PROBLEM, 0, text);
}

static void count(struct link_modbus *m, uint64_t *counter)
{
    pthread_mutex_lock(&m->lock);
    ++*counter;
    pthread_mutex_unlock(&m->lock);
}

static void set_up(struct link_modbus *m, size_t slave)
{
    if (m->polls[slave].up)
        return;
    m->polls[slave].up = true;
    tell_text(m, MESSAGE_UP, slave, "");
}

static void set_down(struct link_modbus *m, size_t slave, const char *reason)
{
    if (!m->polls[slave].up)
        return;
    m->polls[slave].up = false;
    tell_text(m, MESSAGE_DOWN, slave, reason);
}

/* ---- thread: the bus ---- */

static void close_bus(struct link_modbus *m, const char *reason)
{
    if (m->bus) {
        modbus_close(m->bus);
        modbus_free(m->bus);
        m->bus = NULL;
        count(m, &m->counters.lost);
    }
    char text[LINK_TEXT_MAX];
    snprintf(text, sizeof text, "%s: %s", m->link->config.device, reason);
    tell_problem(m, text);
    for (size_t i = 0; i < m->link->slaves_count; i++)
        set_down(m, i, text);
}

/* A context for the configured port, not connected. */
static modbus_t *make_bus(const struct link_config *config, struct err *err)
{
    modbus_t *bus = NULL;
    if (config->kind == LINK_MODBUS_TCP) {
        char host[64];
        char port[8];
        if (link_split_address(config->device, host, sizeof host, port, sizeof port, err) != 0)
            return NULL;
        bus = modbus_new_tcp_pi(host, port);
    } else {
        char holder[128];
        struct port_line line;
        if (port_line_parse(&line, config->line, err) != 0)
            return NULL;
        if (access(config->device, F_OK) != 0) {
            err_set(err, ERR_UNREACHABLE, "waiting for %s: %s", config->device, strerror(errno));
            return NULL;
        }
        if (port_holder(config->device, holder, sizeof holder)) {
            err_set(err, ERR_UNREACHABLE, "%s is held by %s; end it, or keep it away from this port (udev rule)",
                    config->device, holder);
            return NULL;
        }
        bus = modbus_new_rtu(config->device, line.baud, line.parity, line.data_bits, line.stop_bits);
    }
    if (!bus)
        err_set(err, ERR_FAILED, "cannot make a Modbus context for %s: %s", config->device, modbus_strerror(errno));
    return bus;
}

static bool open_bus(struct link_modbus *m)
{
    const struct link_config *config = &m->link->config;
    struct err err = {0};
    modbus_t *bus = make_bus(config, &err);
    if (!bus) {
        tell_problem(m, err.text);
        return false;
    }
    modbus_set_response_timeout(bus, LINK_CONNECT_MS / 1000,
                                LINK_CONNECT_MS % 1000 * 1000); /* also the patience with a TCP connection */
    if (modbus_connect(bus) != 0) {
        err_set(&err, ERR_UNREACHABLE, "waiting for %s: %s", config->device, modbus_strerror(errno));
        tell_problem(m, err.text);
        modbus_free(bus);
        return false;
    }
    if (config->kind == LINK_MODBUS_RTU)
        ioctl(modbus_get_socket(bus), TIOCEXCL);
    m->bus = bus;
    m->quiet_until_ms = 0;
    for (size_t i = 0; i < m->link->slaves_count; i++)
        m->polls[i] = (struct poll_state){.slowest_ms = m->polls[i].slowest_ms};
    count(m, &m->counters.opened);
    tell_problem(m, "");
    return true;
}

static int64_t patience_ms(const struct poll_state *p)
{
    if (p->missed < SILENT_AFTER || p->slowest_ms == 0)
        return ANSWER_MS;
    int64_t learned = 2 * p->slowest_ms + ANSWER_MARGIN_MS;
    return learned < ANSWER_MS ? learned : ANSWER_MS;
}

static bool others_answer(const struct link_modbus *m, size_t slave)
{
    for (size_t i = 0; i < m->link->slaves_count; i++)
        if (i != slave && m->polls[i].up)
            return true;
    return false;
}

/* No answer: the line stays quiet for a while, and a silent slave is asked rarely. */
static void miss(struct link_modbus *m, size_t slave)
{
    struct poll_state *p = &m->polls[slave];
    int64_t waited = patience_ms(p);
    bool serial = m->link->config.kind == LINK_MODBUS_RTU;
    int64_t now = link_now_ms();
    p->missed++;
    count(m, &m->counters.timeouts);
    if (serial)
        m->quiet_until_ms = now + waited;
    p->due_ms = now + LINK_RETRY_MS;
    if (p->missed < SILENT_AFTER)
        return;
    if (others_answer(m, slave))
        p->due_ms = now + (serial ? 2 : 1) * patience_ms(p) * SILENT_SHARE;
    char text[LINK_TEXT_MAX];
    snprintf(text, sizeof text, "unit %d on %s does not answer", m->link->slaves[slave].unit, m->link->config.device);
    set_down(m, slave, text);
}

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static int request(struct link_modbus *m, const struct profile_read *read, uint16_t *words)
{
    uint8_t bits[PROFILE_BLOCK_WORDS_MAX];
    int got;
    switch (read->function) {
    case 3: return modbus_read_registers(m->bus, read->address, read->count, words);
    case 4: return modbus_read_input_registers(m->bus, read->address, read->count, words);
    default:
        got = read->function == 1 ? modbus_read_bits(m->bus, read->address, read->count, bits)
                                  : modbus_read_input_bits(m->bus, read->address, read->count, bits);
        for (int i = 0; i < got; i++)
            words[i] = bits[i];
        return got;
    }
}

static void tell_block(struct link_modbus *m, size_t slave, const struct profile_read *read, const uint16_t *words)
{
    struct message message = {.kind = MESSAGE_BLOCK, .slave = slave, .t_ms = link_now_ms()};
    uint8_t *b = message.data.block;
    b[0] = read->function;
    put16(b + 1, read->address);
    put16(b + 3, read->count);
    for (size_t i = 0; i < read->count; i++)
        put16(b + BLOCK_HEAD + 2 * i, words[i]);
    message.length = BLOCK_HEAD + 2U * read->count;
    tell(m, &message);
}

/* The slave answered that it cannot: passed on like a block, so that it is recorded and decoded like one. */
static void tell_exception(struct link_modbus *m, size_t slave, const struct profile_read *read, int code)
{
    struct message message = {.kind = MESSAGE_BLOCK, .slave = slave, .t_ms = link_now_ms(), .length = BLOCK_HEAD + 1};
    uint8_t *b = message.data.block;
    b[0] = read->function | 0x80;
    put16(b + 1, read->address);
    put16(b + 3, read->count);
    b[BLOCK_HEAD] = (uint8_t)code;
    tell(m, &message);
}

static void answered(struct link_modbus *m, size_t slave, int64_t asked_ms)
{
    struct poll_state *p = &m->polls[slave];
    int64_t took = link_now_ms() - asked_ms;
    if (took > p->slowest_ms)
        p->slowest_ms = took;
    p->missed = 0;
    set_up(m, slave);
}

/* After an answer that is not one, what is still on its way must not be taken for the next: keep quiet, then flush. */
static void distrust_line(struct link_modbus *m)
{
    count(m, &m->counters.errors);
    m->quiet_until_ms = link_now_ms() + ANSWER_MARGIN_MS;
}

static bool is_exception(int error)
{
    return error > MODBUS_ENOBASE && error < MODBUS_ENOBASE + MODBUS_EXCEPTION_MAX;
}

/* One request and its outcome. False: the rest of this slave's blocks waits for the next turn. */
static bool ask(struct link_modbus *m, size_t slave, const struct profile_read *read)
{
    struct poll_state *p = &m->polls[slave];
    uint16_t words[PROFILE_BLOCK_WORDS_MAX];
    int64_t asked_ms = link_now_ms();
    int64_t patience = patience_ms(p);
    modbus_set_response_timeout(m->bus, (uint32_t)(patience / 1000), (uint32_t)(patience % 1000) * 1000);
    modbus_set_slave(m->bus, m->link->slaves[slave].unit);
    modbus_flush(m->bus);
    errno = 0;
    int got = request(m, read, words);
    int error = errno;
    if (got == read->count) {
        answered(m, slave, asked_ms);
        count(m, &m->counters.received);
        tell_block(m, slave, read, words);
        return true;
    }
    if (got < 0 && is_exception(error)) {
        answered(m, slave, asked_ms);
        count(m, &m->counters.errors);
        tell_exception(m, slave, read, error - MODBUS_ENOBASE);
        return true;
    }
    if (got < 0 && error == ETIMEDOUT)
        miss(m, slave);
    else if (got >= 0 || error == EMBBADCRC || error == EMBBADDATA || error == EMBBADSLAVE || error == EMBMDATA ||
             error == EMBBADEXC)
        distrust_line(m);
    else
        close_bus(m, modbus_strerror(error));
    return false;
}

static void poll_slave(struct link_modbus *m, size_t slave)
{
    const struct link_slave *s = &m->link->slaves[slave];
    int64_t now = link_now_ms();
    struct poll_state *p = &m->polls[slave];
    /* a steady beat; polls that were missed are not made up for */
    p->due_ms = p->due_ms + s->poll_ms > now ? p->due_ms + s->poll_ms : now + s->poll_ms;
    for (size_t i = 0; i < s->profile->reads_count && ask(m, slave, &s->profile->reads[i]); i++)
        ;
}

static void act(struct link_modbus *m, const struct action *action)
{
    struct modbusblock done = action->what;
    modbus_set_slave(m->bus, m->link->slaves[action->slave].unit);
    modbus_set_response_timeout(m->bus, ANSWER_MS / 1000, 0);
    modbus_flush(m->bus);
    errno = 0;
    int written = done.function == 5    ? modbus_write_bit(m->bus, done.address, done.count != 0)
                  : done.function == 16 ? modbus_write_registers(m->bus, done.address, 1, &done.count)
                                        : modbus_write_register(m->bus, done.address, done.count);
    done.failed = written != 1;
    if (done.failed) {
        done.code = is_exception(errno) ? (uint8_t)(errno - MODBUS_ENOBASE) : MODBUSBLOCK_NO_ANSWER;
        distrust_line(m);
    }
    struct message message = {.kind = MESSAGE_BLOCK, .slave = action->slave, .t_ms = link_now_ms()};
    message.length = modbusblock_encode(&done, message.data.block);
    tell(m, &message);
}

static bool take_action(struct link_modbus *m, struct action *out)
{
    pthread_mutex_lock(&m->lock);
    bool any = m->actions_count > 0;
    if (any) {
        *out = m->actions[0];
        m->actions_count--;
        memmove(m->actions, m->actions + 1, m->actions_count * sizeof *m->actions);
    }
    pthread_mutex_unlock(&m->lock);
    return any;
}

static bool stopping(struct link_modbus *m)
{
    pthread_mutex_lock(&m->lock);
    bool stop = m->stop;
    pthread_mutex_unlock(&m->lock);
    return stop;
}

/* Sleeps until that time or until the loop wants something. */
static void sleep_until(struct link_modbus *m, int64_t t_ms)
{
    struct pollfd wake = {.fd = m->wake, .events = POLLIN};
    int64_t left = t_ms - link_now_ms();
    if (left > 0 && poll(&wake, 1, (int)left) > 0) {
        eventfd_t ignored;
        eventfd_read(m->wake, &ignored);
    }
}

static size_t next_slave(const struct link_modbus *m)
{
    size_t next = 0;
    for (size_t i = 1; i < m->link->slaves_count; i++)
        if (m->polls[i].due_ms < m->polls[next].due_ms)
            next = i;
    return next;
}

static void *run(void *ctx)
{
    struct link_modbus *m = ctx;
    while (!stopping(m)) {
        struct action action;
        if (!m->bus && !open_bus(m)) {
            sleep_until(m, link_now_ms() + LINK_RETRY_MS);
            continue;
        }
        if (link_now_ms() < m->quiet_until_ms) {
            sleep_until(m, m->quiet_until_ms);
            continue;
        }
        if (take_action(m, &action)) {
            act(m, &action);
            continue;
        }
        size_t slave = next_slave(m);
        if (m->polls[slave].due_ms > link_now_ms())
            sleep_until(m, m->polls[slave].due_ms);
        else
            poll_slave(m, slave);
    }
    if (m->bus) {
        modbus_close(m->bus);
        modbus_free(m->bus);
        m->bus = NULL;
    }
    return NULL;
}

/* ---- loop ---- */

static bool take_message(struct link_modbus *m, struct message *out)
{
    pthread_mutex_lock(&m->lock);
    bool any = m->count > 0;
    if (any) {
        *out = m->messages[m->first];
        m->first = (m->first + 1) % MESSAGES_MAX;
        m->count--;
    }
    m->link->counters = m->counters;
    pthread_mutex_unlock(&m->lock);
    return any;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)events;
    struct link *link = ctx;
    eventfd_t ignored;
    eventfd_read(fd, &ignored);
    struct message message;
    while (take_message(link->modbus, &message)) {
        switch (message.kind) {
        case MESSAGE_BLOCK:
            link->host.received(link->host.ctx, message.slave, message.data.block, message.length, message.t_ms);
            break;
        case MESSAGE_UP: link_set_up(link, message.slave, message.t_ms); break;
        case MESSAGE_DOWN: link_set_down(link, message.slave, message.data.text, message.t_ms); break;
        case MESSAGE_PROBLEM: memcpy(link->problem, message.data.text, sizeof link->problem); break;
        }
    }
    return 0;
}

int link_modbus_send(struct link *link, size_t slave, const uint8_t *bytes, size_t length, struct err *err)
{
    struct link_modbus *m = link->modbus;
    if (modbusblock_length(bytes, length) != (ptrdiff_t)length || bytes[0] < 5)
        return err_set(err, ERR_INVALID, "only one write block at a time can be sent to %s", link->config.device);
    struct action action = {.slave = slave};
    modbusblock_decode(&action.what, bytes, length);
    pthread_mutex_lock(&m->lock);
    bool fits = m->actions_count < ACTIONS_MAX;
    if (fits)
        m->actions[m->actions_count++] = action;
    pthread_mutex_unlock(&m->lock);
    eventfd_write(m->wake, 1);
    return fits ? 0 : err_set(err, ERR_REFUSED, "%d actions wait for %s already", ACTIONS_MAX, link->config.device);
}

static int open_modbus(struct link *link, struct err *err)
{
    if (link->slaves_count == 0)
        return err_set(err, ERR_INVALID, "link %s has no instruments", link->config.name);
    struct link_modbus *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, ERR_FAILED, "out of memory");
    link->modbus = m;
    m->link = link;
    pthread_mutex_init(&m->lock, NULL);
    m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->wake < 0 || m->ready < 0 || sd_event_add_io(link->event, &m->io, m->ready, EPOLLIN, on_ready, link) < 0)
        return err_set(err, ERR_FAILED, "cannot watch the bus thread: %s", strerror(errno));
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 << 10);
    int failure = pthread_create(&m->thread, &small, run, m);
    pthread_attr_destroy(&small);
    if (failure)
        return err_set(err, ERR_FAILED, "cannot start the bus thread: %s", strerror(failure));
    m->running = true;
    return 0;
}

static void close_modbus(struct link *link)
{
    struct link_modbus *m = link->modbus;
    if (!m)
        return;
    if (m->running) {
        pthread_mutex_lock(&m->lock);
        m->stop = true;
        pthread_mutex_unlock(&m->lock);
        eventfd_write(m->wake, 1);
        pthread_join(m->thread, NULL);
    }
    sd_event_source_disable_unref(m->io);
    if (m->wake >= 0)
        close(m->wake);
    if (m->ready >= 0)
        close(m->ready);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

const struct link_kind_ops link_modbus_ops = {open_modbus, close_modbus};
