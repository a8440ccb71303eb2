/*
 * Links: the I/O side of instruments, on the daemon's event loop.
 *
 * A link owns one port (serial device or TCP connection) and one file descriptor at most. It opens the port by its
 * configured, stable path, and when it is lost — unplugged, hung up, refused — closes the descriptor and tries again
 * every half second, for ever. It never gives up, never blocks the loop and never holds two descriptors. Byte links
 * hand on what read() gave; a Modbus link polls its slaves (sensors/bus.h) and hands on finished blocks.
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

#include "sensors/links/kind.h"
#include "sensors/profile.h"
#include "station/core/err.h"

enum { LINK_TEXT_MAX = 256, LINK_SLAVES_MAX = 16, LINK_CHUNK_MAX = 512 };

struct link_config {
    enum link_kind kind;
    const char *name;   /* for messages; all strings outlive the link */
    const char *device; /* port path, or "HOST:PORT" with a numeric host (sensors/links/dial.h) */
    const char *line;   /* "9600/8n1"; ignored by TCP kinds */
    int64_t retry_ms;   /* 0: half a second */
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
    uint64_t opened, lost;   /* ports or connections */
    uint64_t received, sent; /* bytes */
    uint64_t dropped;        /* bytes that found the queue full, or that were queued when the link was lost */
    uint64_t garbage;        /* Modbus: bytes that are no frame */
};

/* One slave of a bus. */
struct link_slave_counters {
    uint64_t requests, answers, exceptions;
    uint64_t timeouts;   /* no answer, or none with a right checksum */
    uint64_t strays;     /* answers that came too late, or that nobody asked for: never delivered */
    int64_t patience_ms; /* the time it is given, learnt from its answers */
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

/* Why the slave is not up: the link's trouble ("waiting for /dev/ttyUSB0: No such file or directory", "… is held by
 * process 1234 (gpsd)…"), or that this slave does not answer. "" when it is up. Valid until the next call. */
const char *link_problem(struct link *link, size_t slave);
struct link_counters link_counters(const struct link *link);
struct link_slave_counters link_slave_counters(const struct link *link, size_t slave);

#endif
