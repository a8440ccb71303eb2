/*
 * Links: the I/O side of instruments, on the daemon's event loop.
 *
 * A link owns one port (serial device or TCP connection) and one file descriptor at most. It opens the port by its
 * configured, stable path, and when it is lost — unplugged, hung up, refused — closes the descriptor and tries again
 * every half second, for ever. It never gives up, never blocks the loop and never holds two descriptors. Byte links
 * hand on what read() gave; a Modbus link polls its slaves and hands on finished blocks (the chunks of
 * sensors/recording.h).
 *
 * "Up" is announced per slave (a byte link has the one slave 0): bytes can flow, or the Modbus slave has answered.
 * "Down" comes once, with the reason for people. All callbacks come from the event loop, never from within link_open,
 * link_send or link_close; they may call anything here but link_close.
 *
 * On a bus everything is a block of protocols/modbusblock.h: what is read, that a write was done, that the slave did
 * not answer or refused.
 */
#ifndef SENSORS_LINKS_LINK_H
#define SENSORS_LINKS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "sensors/profile.h"
#include "station/core/err.h"

enum { LINK_TEXT_MAX = 256, LINK_SLAVES_MAX = 16, LINK_CHUNK_MAX = 512 };

enum link_kind { LINK_SERIAL, LINK_TCP, LINK_MODBUS_RTU, LINK_MODBUS_TCP };

struct link_config {
    enum link_kind kind;
    const char *name;   /* for messages; all strings outlive the link */
    const char *device; /* port path, or "HOST:PORT" with a numeric host ("127.0.0.1:502", "[::1]:502") */
    const char *line;   /* "9600/8n1"; ignored by TCP kinds */
};

struct link_slave {
    int unit;
    const struct profile *profile; /* outlives the link */
    int64_t poll_ms;               /* > 0 */
};

struct link_host {
    void *ctx;
    void (*up)(void *ctx, size_t slave, int64_t t_ms);
    void (*down)(void *ctx, size_t slave, const char *reason, int64_t t_ms);
    /* At most LINK_CHUNK_MAX bytes, on a bus one block; t_ms is CLOCK_MONOTONIC at the read. */
    void (*received)(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms);
};

struct link_counters {
    uint64_t opened, lost, received; /* ports opened and lost; chunks or blocks */
    uint64_t timeouts, errors;       /* Modbus: no answer; wrong answer (CRC, exception, other unit) */
    uint64_t dropped;                /* output or blocks that did not fit: never silent */
};

struct link;

/* Checks the texts of a configuration (line setting, address). */
int link_check(const struct link_config *config, struct err *err);

/* Starts the link; a port that is not there is no error. `slaves` (copied) is needed by Modbus kinds only. */
int link_open(struct link **out, sd_event *event, const struct link_config *config, const struct link_slave *slaves,
              size_t slaves_count, const struct link_host *host, struct err *err);
void link_close(struct link *link);

/* Queues bytes for the port; on a bus one write block, an operator's action, done before the next poll and answered
 * with the same block or a failure block. Fails when the link or slave is down (ERR_UNREACHABLE) or the queue is full
 * (ERR_REFUSED); then nothing was queued. */
int link_send(struct link *link, size_t slave, const uint8_t *bytes, size_t length, struct err *err);

/* Why the link as a whole is not up ("waiting for /dev/ttyUSB0: No such file or directory", "… is held by process 1234
 * (gpsd)"); "" when it is up. */
const char *link_problem(const struct link *link);
struct link_counters link_counters(const struct link *link);

#endif
