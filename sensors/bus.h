/*
 * A Modbus master: asks the slaves of one line for their register blocks, one request at a time, at each one's pace.
 * Pure: the host gives it bytes and the monotonic ms, it gives back requests to send and finished blocks.
 *
 * What it promises, as long as a slave answers its requests in the order they came, each at most once:
 *
 *   - No answer is taken for the answer to another request, however late it is. TCP has transaction numbers. RTU has
 *     nothing, so after a request without answer the slave is in doubt: it is asked for less than usual, whose answer
 *     has a length that no older one has, and only that answer ends the doubt. Where a profile's reads leave no such
 *     shorter request, or the slave refuses it, the doubt ends only after as long a silence as an older answer would
 *     need to come, 3 s at most.
 *   - The time that a slave is given is learnt (sensors/patience.h): answers that come too late are not used, but
 * teach.
 *   - A silent slave, or a read that a slave never answers, costs the others at most 1/BUS_SILENT_SHARE of the line.
 *
 * A slave is up from its first answer until BUS_MISSES_MAX requests in a row went without. One whose maker says so is
 * left alone for power_on_ms after that first answer: it may just have been switched on.
 *
 * Why not libmodbus 3.1.6: it takes whatever fits for the answer, and its caller does not see what came in between.
 * Flushing before each request, and keeping the line quiet for a second after each time-out of a second, still let a
 * value through that was 2.1 s old; longer silence only moves the hole, and stops everybody else on the line.
 */
#ifndef SENSORS_BUS_H
#define SENSORS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/modbus.h"
#include "sensors/patience.h"
#include "sensors/profile.h"
#include "station/core/err.h"

enum {
    BUS_SLAVES_MAX = 16,
    BUS_WRITES_MAX = 8,
    BUS_BUFFER_MAX = 1024,
    BUS_MISSES_MAX = 3,
    BUS_OWED_MAX = 16,
    BUS_SILENT_SHARE = 20,
    BUS_SILENT_PATIENCE_MS = 120, /* with a slave that is not up while others are */
};

struct bus_host {
    void *ctx;
    void (*send)(void *ctx, const uint8_t *bytes, size_t length);
    void (*up)(void *ctx, size_t slave, int64_t t_ms);
    void (*down)(void *ctx, size_t slave, int64_t t_ms);
    /* A block of protocols/modbusblock.h; only while the slave is up. */
    void (*block)(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms);
};

struct bus_slave_config {
    uint8_t unit;
    int64_t poll_ms;                  /* > 0 */
    int64_t power_on_ms;              /* 0: none */
    size_t reads_count;               /* 1 … PROFILE_READS_MAX */
    const struct profile_read *reads; /* outlives the bus */
};

struct bus_slave {
    struct bus_slave_config config;
    bool up;
    bool appeared; /* has answered, and is left alone until due_ms */
    int64_t due_ms;
    uint8_t missed[PROFILE_READS_MAX]; /* answers in a row, up to BUS_MISSES_MAX */
    struct patience patience;
    bool late;          /* its last answer came too late: full patience, silent or not */
    unsigned doubts;    /* that have ended */
    bool doubt;         /* RTU: an older answer may still come */
    int64_t lost_ms;    /* when the oldest request without answer was sent; -1: none */
    int64_t settled_ms; /* the doubt ends then, if nothing comes; -1: only an answer ends it */
    int64_t asked_ms;   /* the latest request */
    unsigned owed;      /* RTU: requests whose answers may still come, up to BUS_OWED_MAX */
    uint16_t lost_transaction;
    uint64_t requests, answers, exceptions, timeouts, strays; /* strays: late, or never asked for */
};

enum bus_errand { BUS_IDLE, BUS_READ, BUS_PROBE, BUS_WRITE };

/* The one request in flight. */
struct bus_flight {
    enum bus_errand errand;
    size_t slave, read;
    bool unmistakable; /* probe */
    struct modbus_request request;
    int64_t sent_ms, deadline_ms;
};

struct bus {
    struct bus_host host;
    enum modbus_framing framing;
    int64_t char_us; /* line time of one character; 0: TCP */
    size_t slaves_count;
    struct bus_slave slaves[BUS_SLAVES_MAX];
    bool connected;
    bool broken; /* TCP: the stream is not Modbus; the host closes the connection */
    bool echoes; /* RTU: the line gives back what is sent */
    bool echoed; /* and has done so with the request in flight */
    struct bus_flight flight;
    int round;         /* the slave whose reads are under way; -1: none */
    size_t round_read; /* its next read */
    int64_t idle_ms;   /* the line is left alone until then */
    int64_t silent_ms; /* when something silent may be asked again */
    uint16_t transaction;
    size_t writes_count;
    struct {
        size_t slave;
        struct modbusblock block;
    } writes[BUS_WRITES_MAX];
    uint64_t garbage_bytes;
    size_t length;
    uint8_t buffer[BUS_BUFFER_MAX];
};

/* `chars_per_s`: the speed of a serial line, 0 on TCP. */
void bus_init(struct bus *bus, enum modbus_framing framing, int64_t chars_per_s, const struct bus_slave_config *slaves,
              size_t slaves_count, const struct bus_host *host);

/* The line is there, or gone. Gone: all slaves are no longer up, without a call of `down`. */
void bus_connect(struct bus *bus, int64_t t_ms);
void bus_disconnect(struct bus *bus);

void bus_receive(struct bus *bus, const uint8_t *bytes, size_t length, int64_t t_ms);
void bus_advance(struct bus *bus, int64_t t_ms);
int64_t bus_next_ms(const struct bus *bus); /* when bus_advance must be called next; -1: not connected */
/* When to set a timer for it: on TCP, where answers come soon, the next poll rather than the end of patience with this
 * one. A timer that stands there already need not be set again for the answer, which is one system call less a poll. */
int64_t bus_look_ms(const struct bus *bus, int64_t t_ms);

/* Queues one write block, which goes out before the next read. From within callbacks too. */
int bus_write(struct bus *bus, size_t slave, const struct modbusblock *block, struct err *err);

#endif
