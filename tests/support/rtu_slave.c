#define _GNU_SOURCE

#include "tests/support/rtu_slave.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { REQUEST = 8 };

int64_t rtu_slave_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc = (uint16_t)(crc ^ bytes[i]);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static size_t seal(uint8_t *bytes, size_t length)
{
    uint16_t crc = checksum(bytes, length);
    bytes[length] = (uint8_t)crc;
    bytes[length + 1] = (uint8_t)(crc >> 8);
    return length + 2;
}

static void put(const struct rtu_slave *s, const uint8_t *bytes, size_t length)
{
    ssize_t put = write(s->master, bytes, length);
    (void)put; /* nobody listens: as on a real line */
}

static int on_rest(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct rtu_slave_pending *p = ctx;
    put(p->slave, p->bytes + 3, p->length - 3);
    return 0;
}

static void send_answer(struct rtu_slave_pending *p)
{
    static const uint8_t noise[] = {0x00, 0xFF, 0x01};
    p->slave->late_sent += p->how.delay_ms > 0;
    if (p->how.noise_before)
        put(p->slave, noise, sizeof noise);
    if (p->how.split) {
        put(p->slave, p->bytes, 3);
        p->timer = sd_event_source_disable_unref(p->timer);
        sd_event_add_time_relative(p->slave->event, &p->timer, CLOCK_MONOTONIC, 30000, 1000, on_rest, p);
        return;
    }
    put(p->slave, p->bytes, p->length);
    if (p->how.noise_after)
        put(p->slave, noise, sizeof noise);
}

/* A slave answers in the order it was asked: what is ready waits for what is not. */
static int on_answer(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct rtu_slave_pending *ready = ctx;
    struct rtu_slave *s = ready->slave;
    ready->ready = true;
    while (s->sent < s->pending && s->answers[s->sent % RTU_SLAVE_ANSWERS_MAX].ready)
        send_answer(&s->answers[s->sent++ % RTU_SLAVE_ANSWERS_MAX]);
    return 0;
}

static size_t make_answer(struct rtu_slave *s, const uint8_t *request, uint8_t exception, uint8_t *out)
{
    unsigned count = (unsigned)request[4] << 8 | request[5];
    unsigned number = s->requests[request[0]];
    memcpy(out, request, 6);
    if (exception) {
        out[1] |= 0x80;
        out[2] = exception;
        return seal(out, 3);
    }
    if (request[1] == 6) {
        s->written = (uint16_t)count;
        s->writes++;
        return seal(out, 6);
    }
    out[2] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        out[3 + 2 * i] = (uint8_t)(number >> 8);
        out[4 + 2 * i] = (uint8_t)number;
    }
    return seal(out, 3 + 2 * count);
}

static void take_request(struct rtu_slave *s, const uint8_t *request)
{
    int unit = request[0];
    if (unit > RTU_SLAVE_UNITS)
        return;
    s->requests[unit]++;
    if (!s->present[unit])
        return;
    struct rtu_slave_answer how = {0};
    if (s->plan)
        how = s->plan(s->ctx, unit, s->requests[unit]);
    if (how.silent)
        return;
    struct rtu_slave_pending *p = &s->answers[s->pending++ % RTU_SLAVE_ANSWERS_MAX];
    p->timer = sd_event_source_disable_unref(p->timer);
    p->slave = s;
    p->ready = false;
    p->how = how;
    p->length = make_answer(s, request, how.exception, p->bytes);
    if (how.other_unit) {
        p->bytes[0]++;
        p->length = seal(p->bytes, p->length - 2);
    }
    if (how.bad_crc)
        p->bytes[p->length - 1] ^= 0x55;
    sd_event_add_time_relative(s->event, &p->timer, CLOCK_MONOTONIC, (uint64_t)how.delay_ms * 1000, 1000, on_answer, p);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)events;
    struct rtu_slave *s = ctx;
    ssize_t got = read(fd, s->buffer + s->length, sizeof s->buffer - s->length);
    if (got <= 0) { /* nobody has the port open: look again a little later */
        usleep(1000);
        return 0;
    }
    s->length += (size_t)got;
    while (s->length >= REQUEST) {
        size_t used = checksum(s->buffer, REQUEST) == 0 ? REQUEST : 1;
        if (used == REQUEST)
            take_request(s, s->buffer);
        s->length -= used;
        memmove(s->buffer, s->buffer + used, s->length);
    }
    return 0;
}

void rtu_slave_open(struct rtu_slave *slave, sd_event *event)
{
    slave->event = event;
    slave->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(slave->master >= 0);
    assert_int_equal(grantpt(slave->master), 0);
    assert_int_equal(unlockpt(slave->master), 0);
    assert_int_equal(ptsname_r(slave->master, slave->path, sizeof slave->path), 0);
    assert_true(sd_event_add_io(event, &slave->io, slave->master, EPOLLIN, on_io, slave) >= 0);
}

void rtu_slave_close(struct rtu_slave *slave)
{
    for (size_t i = 0; i < RTU_SLAVE_ANSWERS_MAX; i++)
        slave->answers[i].timer = sd_event_source_disable_unref(slave->answers[i].timer);
    slave->io = sd_event_source_disable_unref(slave->io);
    if (slave->master >= 0)
        close(slave->master);
    slave->master = -1;
}
