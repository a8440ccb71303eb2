#define _DEFAULT_SOURCE

#include "sensors/links/link.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sensors/bus.h"
#include "sensors/links/dial.h"
#include "sensors/links/line.h"
#include "sensors/links/port.h"
#include "sensors/links/turns.h"
#include "sensors/links/usbport.h"
#include "sensors/links/wakeup.h"

enum { RETRY_MS = 500, CONNECT_MS = 1500, OUTPUT_MAX = 4096, ACCURACY_US = 1000 };

struct link {
    sd_event *event;
    struct link_config config;
    struct link_host host;
    struct link_counters counters;
    struct line line;            /* ports */
    struct dial_address address; /* TCP */
    struct port *port;           /* NULL: TCP or closed */
    int fd;                      /* -1: closed */
    bool connecting;             /* TCP: not decided yet */
    bool up;
    sd_event_source *io, *timer; /* timer: try again; while connecting: give up; `broken`: now */
    struct wakeup bus_due;
    int broken; /* errno of a write that failed, 0: none; told from the loop */
    size_t queued;
    uint8_t output[OUTPUT_MAX];
    char problem[LINK_TEXT_MAX];
    char slave_problem[LINK_TEXT_MAX];
    struct bus bus; /* Modbus kinds */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_bus(const struct link *link)
{
    return link_kind_is_modbus(link->config.kind);
}

/* ---- writing ---- */

static void arm(struct link *link, int64_t delay_ms)
{
    sd_event_source_set_time_relative(link->timer, (uint64_t)delay_ms * 1000);
    sd_event_source_set_enabled(link->timer, SD_EVENT_ONESHOT);
}

static void set_events(struct link *link)
{
    sd_event_source_set_io_events(link->io, EPOLLIN | (link->queued > 0 || link->connecting ? EPOLLOUT : 0U));
}

static ssize_t put(const struct link *link)
{
    return link->port ? write(link->fd, link->output, link->queued)
                      : send(link->fd, link->output, link->queued, MSG_NOSIGNAL);
}

/* Calls nobody back, because it runs inside the host's own calls too: a failure is told from the timer. */
static void flush_output(struct link *link)
{
    ssize_t sent = 0;
    while (link->queued > 0 && (sent = put(link)) > 0) {
        link->counters.sent += (uint64_t)sent;
        link->queued -= (size_t)sent;
        memmove(link->output, link->output + sent, link->queued);
    }
    if (sent < 0 && errno != EAGAIN && errno != EINTR && !link->broken) {
        link->broken = errno;
        arm(link, 0);
    }
    set_events(link);
}

static bool queue(struct link *link, const uint8_t *bytes, size_t length)
{
    if (length > OUTPUT_MAX - link->queued) {
        link->counters.dropped += length;
        return false;
    }
    memcpy(link->output + link->queued, bytes, length);
    link->queued += length;
    flush_output(link);
    return true;
}

/* ---- the bus ---- */

static void arm_bus(struct link *link, int64_t t_ms)
{
    wakeup_set(&link->bus_due, bus_look_ms(&link->bus, t_ms));
}

static void on_bus_due(void *ctx)
{
    struct link *link = ctx;
    int64_t t_ms = now_ms();
    bus_advance(&link->bus, t_ms);
    arm_bus(link, t_ms);
}

static void on_bus_send(void *ctx, const uint8_t *bytes, size_t length)
{
    queue(ctx, bytes, length);
}

static void on_bus_up(void *ctx, size_t slave, int64_t t_ms)
{
    const struct link *link = ctx;
    link->host.up(link->host.ctx, slave, t_ms);
}

static void on_bus_down(void *ctx, size_t slave, int64_t t_ms)
{
    struct link *link = ctx;
    link->host.down(link->host.ctx, slave, link_problem(link, slave), t_ms);
}

static void on_bus_block(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    const struct link *link = ctx;
    link->host.received(link->host.ctx, slave, bytes, length, t_ms);
}

static void init_bus(struct link *link, const struct link_slave *slaves, size_t slaves_count)
{
    const struct bus_host host = {
        .ctx = link, .send = on_bus_send, .up = on_bus_up, .down = on_bus_down, .block = on_bus_block};
    struct bus_slave_config configs[LINK_SLAVES_MAX];
    for (size_t i = 0; i < slaves_count; i++)
        configs[i] = (struct bus_slave_config){.unit = (uint8_t)slaves[i].unit,
                                               .poll_ms = slaves[i].poll_ms,
                                               .power_on_ms = slaves[i].profile->power_on_ms,
                                               .reads_count = slaves[i].profile->reads_count,
                                               .reads = slaves[i].profile->reads};
    bus_init(&link->bus, link->config.kind == LINK_MODBUS_TCP ? MODBUS_TCP : MODBUS_RTU,
             link_kind_is_port(link->config.kind) ? line_chars_per_s(&link->line) : 0, configs, slaves_count, &host);
}

/* ---- up and down ---- */

static void close_descriptor(struct link *link)
{
    link->io = sd_event_source_disable_unref(link->io);
    if (link->port)
        port_close(link->port);
    else if (link->fd >= 0)
        close(link->fd);
    link->port = NULL;
    link->fd = -1;
    link->connecting = false;
    link->broken = 0;
    link->counters.dropped += link->queued;
    link->queued = 0;
}

static void tell_down(struct link *link, size_t slave)
{
    link->host.down(link->host.ctx, slave, link->problem, now_ms());
}

/* The port is gone: say so, once, and try again soon. */
static void lose(struct link *link, const char *reason)
{
    bool was_up = link->up;
    bool slave_up[LINK_SLAVES_MAX] = {was_up};
    snprintf(link->problem, sizeof link->problem, "%s: %s", link->config.device, reason);
    link->counters.lost += was_up;
    link->up = false;
    close_descriptor(link);
    arm(link, link->config.retry_ms);
    if (is_bus(link)) {
        for (size_t i = 0; i < link->bus.slaves_count; i++)
            slave_up[i] = link->bus.slaves[i].up;
        bus_disconnect(&link->bus);
    }
    for (size_t i = 0; i < LINK_SLAVES_MAX; i++)
        if (slave_up[i])
            tell_down(link, i);
}

static void established(struct link *link)
{
    link->problem[0] = '\0';
    link->counters.opened++;
    link->connecting = false;
    link->up = true;
    set_events(link);
    if (!is_bus(link)) {
        link->host.up(link->host.ctx, 0, now_ms());
        return;
    }
    bus_connect(&link->bus, now_ms());
    on_bus_due(link);
}

static void take(struct link *link, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    link->counters.received += length;
    if (!is_bus(link)) {
        link->host.received(link->host.ctx, 0, bytes, length, t_ms);
        return;
    }
    bus_receive(&link->bus, bytes, length, t_ms);
    if (link->bus.broken)
        lose(link, "what comes is not Modbus TCP; is it a gateway for RTU over TCP?");
    else
        arm_bus(link, t_ms);
}

/* Instruments come first. One that sends faster than it is read — its whole buffer is full, each time — waits with the
 * rest of the station, which it could keep from ever being served. */
static void set_turn(struct link *link, bool floods)
{
    sd_event_source_set_priority(link->io, floods ? TURN_WEB : TURN_INSTRUMENT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    struct link *link = ctx;
    if (link->connecting) {
        int failure = dial_result(fd);
        if (failure) {
            lose(link, strerror(failure));
            return 0;
        }
        sd_event_source_set_enabled(link->timer, SD_EVENT_OFF);
        established(link);
        return 0;
    }
    if (events & EPOLLOUT)
        flush_output(link);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return 0;
    uint8_t bytes[LINK_CHUNK_MAX];
    ssize_t got = read(fd, bytes, sizeof bytes);
    int64_t t_ms = now_ms();
    set_turn(link, got == sizeof bytes);
    if (got > 0)
        take(link, bytes, (size_t)got, t_ms);
    else if (got == 0)
        lose(link, "the other side has closed it");
    else if (errno != EAGAIN && errno != EINTR)
        lose(link, strerror(errno));
    return 0;
}

static int open_descriptor(struct link *link, struct err *err)
{
    if (link_kind_is_port(link->config.kind)) {
        if (port_open(&link->port, link->config.device, &link->line, err) != 0)
            return -1;
        link->fd = port_fd(link->port);
    } else {
        link->fd = dial_start(&link->address);
        link->connecting = true;
        if (link->fd < 0)
            return err_set(err, ERR_UNREACHABLE, "waiting for %s: %s", link->config.device, strerror(errno));
    }
    if (sd_event_add_io(link->event, &link->io, link->fd, EPOLLIN, on_io, link) < 0 ||
        sd_event_source_set_priority(link->io, TURN_INSTRUMENT) < 0)
        return err_set(err, ERR_FAILED, "cannot watch %s: out of memory", link->config.device);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct link *link = ctx;
    struct err err = {0};
    if (link->broken) {
        lose(link, strerror(link->broken));
    } else if (link->connecting) {
        lose(link, "no answer to the connection request");
    } else if (open_descriptor(link, &err) != 0) {
        close_descriptor(link);
        snprintf(link->problem, sizeof link->problem, "%.*s", LINK_TEXT_MAX - 1, err.text);
        arm(link, link->config.retry_ms);
    } else if (link->connecting) {
        set_events(link);
        arm(link, CONNECT_MS);
    } else {
        established(link);
    }
    return 0;
}

/* ---- the face ---- */

static int parse(const struct link_config *config, struct line *line, struct dial_address *address, struct err *err)
{
    struct usbport usb;
    if (!link_kind_is_port(config->kind))
        return dial_parse(address, config->device, err);
    if (usbport_is(config->device) && usbport_parse(&usb, config->device, err) != 0)
        return -1;
    return line_parse(line, config->line, err);
}

int link_check(const struct link_config *config, struct err *err)
{
    struct line line;
    struct dial_address address;
    return parse(config, &line, &address, err);
}

static int add_timers(struct link *link, struct err *err)
{
    int result = sd_event_add_time_relative(link->event, &link->timer, CLOCK_MONOTONIC, 0, ACCURACY_US, on_timer, link);
    if (result >= 0)
        result = sd_event_source_set_priority(link->timer, TURN_INSTRUMENT);
    if (result >= 0)
        result = wakeup_open(&link->bus_due, link->event, on_bus_due, link);
    return result < 0 ? err_set(err, ERR_FAILED, "cannot add a timer: %s", strerror(-result)) : 0;
}

int link_open(struct link **out, sd_event *event, const struct link_config *config, const struct link_slave *slaves,
              size_t slaves_count, const struct link_host *host, struct err *err)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return err_set(err, ERR_FAILED, "out of memory");
    link->event = sd_event_ref(event);
    link->config = *config;
    if (link->config.retry_ms == 0)
        link->config.retry_ms = RETRY_MS;
    link->host = *host;
    link->fd = -1;
    snprintf(link->problem, sizeof link->problem, "not opened yet");
    int result = parse(&link->config, &link->line, &link->address, err);
    if (result == 0 && is_bus(link) && (slaves_count < 1 || slaves_count > LINK_SLAVES_MAX))
        result = err_set(err, ERR_INVALID, "link %s needs 1 to %d instruments", config->name, LINK_SLAVES_MAX);
    if (result == 0)
        result = add_timers(link, err);
    if (result != 0) {
        link_close(link);
        return -1;
    }
    if (is_bus(link))
        init_bus(link, slaves, slaves_count);
    *out = link;
    return 0;
}

void link_close(struct link *link)
{
    if (!link)
        return;
    close_descriptor(link);
    sd_event_source_disable_unref(link->timer);
    wakeup_close(&link->bus_due);
    sd_event_unref(link->event);
    free(link);
}

static int send_block(struct link *link, size_t slave, const uint8_t *bytes, size_t length, struct err *err)
{
    struct modbusblock block;
    if (modbusblock_length(bytes, length) != (ptrdiff_t)length)
        return err_set(err, ERR_INVALID, "only one write block at a time can be sent to %s", link->config.device);
    modbusblock_decode(&block, bytes, length);
    if (block.failed || block.function < 5)
        return err_set(err, ERR_INVALID, "only writes can be sent to %s; it is read at its own pace",
                       link->config.device);
    if (bus_write(&link->bus, slave, &block, err) != 0)
        return -1;
    arm_bus(link, now_ms());
    return 0;
}

int link_send(struct link *link, size_t slave, const uint8_t *bytes, size_t length, struct err *err)
{
    const char *problem = link_problem(link, slave);
    if (problem[0])
        return err_set(err, ERR_UNREACHABLE, "%s", problem);
    if (is_bus(link))
        return send_block(link, slave, bytes, length, err);
    return queue(link, bytes, length) ? 0
                                      : err_set(err, ERR_REFUSED, "%zu bytes wait for %s already; it takes none",
                                                link->queued, link->config.device);
}

const char *link_problem(struct link *link, size_t slave)
{
    assert(slave < (is_bus(link) ? link->bus.slaves_count : 1));
    if (!link->up || !is_bus(link))
        return link->problem;
    const struct bus_slave *s = &link->bus.slaves[slave];
    link->slave_problem[0] = '\0';
    if (!s->up)
        snprintf(link->slave_problem, sizeof link->slave_problem,
                 "unit %d on %s does not answer; check its power, address and line setting", s->config.unit,
                 link->config.device);
    return link->slave_problem;
}

struct link_counters link_counters(const struct link *link)
{
    struct link_counters counters = link->counters;
    counters.garbage = link->bus.garbage_bytes;
    return counters;
}

struct link_slave_counters link_slave_counters(const struct link *link, size_t slave)
{
    assert(slave < link->bus.slaves_count);
    const struct bus_slave *s = &link->bus.slaves[slave];
    return (struct link_slave_counters){.requests = s->requests,
                                        .answers = s->answers,
                                        .exceptions = s->exceptions,
                                        .timeouts = s->timeouts,
                                        .strays = s->strays,
                                        .patience_ms = patience_ms(&s->patience)};
}
