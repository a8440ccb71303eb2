/*
 * Lockouts of the running station: what holds is found out anew every second, from configuration, clock, disk,
 * instruments and their checks; each is raised once, blocks tests from then on, and ends with its cause, or, where the
 * cause is how people behave (aborted tests), by a person with a reason. Raising and clearing are events (lockout,
 * lockout-clear) in one transaction with the table; while the journal cannot be written they hold all the same.
 */
#ifndef STATION_LIVE_LOCKOUT_H
#define STATION_LIVE_LOCKOUT_H

#include "sensors/bench.h"
#include "station/core/lockout.h"
#include "station/core/metrology.h"
#include "station/store.h"

struct live_lockout {
    enum lockout_code code;
    char subject[64]; /* the instrument; plate and colour with a space between; "" for the station */
    char what[STORE_REASON_MAX];
    char ended[STORE_REASON_MAX]; /* why it does not hold any more */
    int64_t since_ms;             /* Unix time */
    bool holds, stored;           /* now; as the table has it */
};

/* The last result of one check of an instrument; read from the store when `known` is false. */
struct live_lockout_check {
    bool known, found;
    char serial[SENSOR_TEXT_MAX]; /* for which it was read */
    struct store_check last;
};

struct live_lockouts {
    struct live_lockout *items;
    size_t count, room;
    struct live_lockout_check checks[BENCH_INSTRUMENTS_MAX][METROLOGY_WHAT_COUNT];
    char serial[BENCH_INSTRUMENTS_MAX][SENSOR_TEXT_MAX]; /* as read last, over disconnections */
};

#endif
