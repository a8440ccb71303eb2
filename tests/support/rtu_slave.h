/*
 * A Modbus RTU slave at the far end of a pty, on the test's own event loop, that can be told to misbehave. Every
 * register holds the number of the request that asked for it, counted per unit: an answer that is taken for the answer
 * to another request gives itself away.
 */
#ifndef TESTS_SUPPORT_RTU_SLAVE_H
#define TESTS_SUPPORT_RTU_SLAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

enum { RTU_SLAVE_UNITS = 8, RTU_SLAVE_ANSWERS_MAX = 128 };

/* How one answer goes wrong. */
struct rtu_slave_answer {
    int delay_ms;
    bool silent, bad_crc, other_unit, split, noise_before, noise_after;
    uint8_t exception; /* 0: none */
};

struct rtu_slave {
    sd_event *event;
    int master;
    char path[64];
    sd_event_source *io;
    size_t length;
    uint8_t buffer[256];
    bool present[RTU_SLAVE_UNITS + 1]; /* which units answer */
    unsigned requests[RTU_SLAVE_UNITS + 1];
    unsigned late_sent; /* answers with a delay that have gone out */
    unsigned writes;
    uint16_t written; /* the last value written by function 6 */
    /* Says how to answer this request; NULL: well, at once. */
    struct rtu_slave_answer (*plan)(void *ctx, int unit, unsigned request);
    void *ctx;
    size_t pending, sent; /* answers, ever */
    struct rtu_slave_pending {
        struct rtu_slave *slave;
        sd_event_source *timer;
        struct rtu_slave_answer how;
        bool ready;
        size_t length;
        uint8_t bytes[300];
    } answers[RTU_SLAVE_ANSWERS_MAX]; /* a ring */
};

int64_t rtu_slave_now_ms(void);
void rtu_slave_open(struct rtu_slave *slave, sd_event *event);
void rtu_slave_close(struct rtu_slave *slave);

#endif
