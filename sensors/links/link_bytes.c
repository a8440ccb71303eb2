/* Byte links: a serial port or a TCP connection as a non-blocking descriptor in the loop. */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensors/links/link_parts.h"

enum { OUTPUT_MAX = 4096 };

struct link_bytes {
    struct port *port; /* serial; NULL: TCP or closed */
    int fd;            /* -1: closed */
    bool connecting;   /* TCP: not established yet */
    sd_event_source *io, *timer;
    size_t queued;
    uint8_t output[OUTPUT_MAX];
};

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx);

static void arm(struct link *link, int64_t delay_ms)
{
    uint64_t now;
    sd_event_now(link->event, CLOCK_MONOTONIC, &now);
    sd_event_source_set_time(link->bytes->timer, now + (uint64_t)delay_ms * 1000);
    sd_event_source_set_enabled(link->bytes->timer, SD_EVENT_ONESHOT);
}

static void close_descriptor(struct link *link)
{
    struct link_bytes *b = link->bytes;
    b->io = sd_event_source_disable_unref(b->io);
    if (b->port)
        port_close(b->port);
    else if (b->fd >= 0)
        close(b->fd);
    b->port = NULL;
    b->fd = -1;
    b->connecting = false;
    b->queued = 0;
}

/* The port is gone: say so, once, and try again soon. */
static void lose(struct link *link, const char *reason)
{
    snprintf(link->problem, sizeof link->problem, "%s: %s", link->config.device, reason);
    if (link->slave_up[0])
        link->counters.lost++;
    close_descriptor(link);
    arm(link, LINK_RETRY_MS);
    link_set_down(link, 0, link->problem, link_now_ms());
}

static void set_events(struct link *link)
{
    struct link_bytes *b = link->bytes;
    sd_event_source_set_io_events(b->io, EPOLLIN | (b->queued > 0 || b->connecting ? EPOLLOUT : 0U));
}

static void established(struct link *link)
{
    link->problem[0] = '\0';
    link->counters.opened++;
    link->bytes->connecting = false;
    set_events(link);
    link_set_up(link, 0, link_now_ms());
}

static int connect_tcp(struct link *link, struct err *err)
{
    char host[64];
    char port[8];
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (link_split_address(link->config.device, host, sizeof host, port, sizeof port, err) != 0 ||
        getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    int on = 1;
    link->bytes->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool begun = link->bytes->fd >= 0 && setsockopt(link->bytes->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                 setsockopt(link->bytes->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
                 (connect(link->bytes->fd, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS);
    int why = errno;
    freeaddrinfo(found);
    link->bytes->connecting = true;
    return begun ? 0 : err_set(err, ERR_UNREACHABLE, "waiting for %s: %s", link->config.device, strerror(why));
}

static int open_descriptor(struct link *link, struct err *err)
{
    struct link_bytes *b = link->bytes;
    struct port_line line;
    if (link->config.kind == LINK_TCP)
        return connect_tcp(link, err);
    if (port_line_parse(&line, link->config.line, err) != 0 ||
        port_open(&b->port, link->config.device, &line, err) != 0)
        return -1;
    b->fd = port_fd(b->port);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct link *link = ctx;
    struct link_bytes *b = link->bytes;
    struct err err = {0};
    if (b->connecting) {
        lose(link, "no answer to the connection request");
        return 0;
    }
    if (open_descriptor(link, &err) != 0 || sd_event_add_io(link->event, &b->io, b->fd, EPOLLIN, on_io, link) < 0) {
        close_descriptor(link);
        snprintf(link->problem, sizeof link->problem, "%.*s", LINK_TEXT_MAX - 1, err.code ? err.text : "out of memory");
        arm(link, LINK_RETRY_MS);
        return 0;
    }
    if (b->connecting) {
        set_events(link);
        arm(link, LINK_CONNECT_MS);
    } else {
        established(link);
    }
    return 0;
}

static bool finish_connecting(struct link *link)
{
    int failure = 0;
    socklen_t size = sizeof failure;
    if (getsockopt(link->bytes->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0) {
        lose(link, strerror(failure ? failure : errno));
        return false;
    }
    sd_event_source_set_enabled(link->bytes->timer, SD_EVENT_OFF);
    established(link);
    return true;
}

/* False when the port is broken. Calls nobody back: it also runs inside the host's own call. */
static bool flush_output(struct link *link)
{
    struct link_bytes *b = link->bytes;
    ssize_t sent = 0;
    while (b->queued > 0 && (sent = write(b->fd, b->output, b->queued)) > 0) {
        b->queued -= (size_t)sent;
        memmove(b->output, b->output + sent, b->queued);
    }
    bool works = sent >= 0 || errno == EAGAIN || errno == EINTR;
    set_events(link);
    return works;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    struct link *link = ctx;
    if (link->bytes->connecting && !finish_connecting(link))
        return 0;
    if ((events & EPOLLOUT) && !flush_output(link)) {
        lose(link, strerror(errno));
        return 0;
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return 0;
    uint8_t bytes[LINK_CHUNK_MAX];
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got > 0) {
        link->counters.received++;
        link->host.received(link->host.ctx, 0, bytes, (size_t)got, link_now_ms());
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        lose(link, got == 0 ? "the other side has closed it" : strerror(errno));
    }
    return 0;
}

int link_bytes_send(struct link *link, const uint8_t *bytes, size_t length, struct err *err)
{
    struct link_bytes *b = link->bytes;
    if (length > OUTPUT_MAX - b->queued) {
        link->counters.dropped++;
        return err_set(err, ERR_REFUSED, "%zu bytes wait for %s already; it takes none", b->queued,
                       link->config.device);
    }
    memcpy(b->output + b->queued, bytes, length);
    b->queued += length;
    flush_output(link); /* a broken port shows in the loop, as an event */
    return 0;
}

static int open_bytes(struct link *link, struct err *err)
{
    link->bytes = calloc(1, sizeof *link->bytes);
    if (!link->bytes)
        return err_set(err, ERR_FAILED, "out of memory");
    link->bytes->fd = -1;
    int result = sd_event_add_time_relative(link->event, &link->bytes->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, link);
    return result < 0 ? err_set(err, ERR_FAILED, "cannot add a timer: %s", strerror(-result)) : 0;
}

static void close_bytes(struct link *link)
{
    if (!link->bytes)
        return;
    close_descriptor(link);
    sd_event_source_disable_unref(link->bytes->timer);
    free(link->bytes);
}

const struct link_kind_ops link_bytes_ops = {open_bytes, close_bytes};
