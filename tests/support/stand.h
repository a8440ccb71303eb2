/*
 * A whole stand in virtual time: a truck, instruments at the wire (made here from the protocol text, not from the
 * drivers), an operator who does what the prompts say, and the host that keeps recordings and readings as the station
 * does. What went wrong on the way is drawn from a seed.
 */
#ifndef TESTS_SUPPORT_STAND_H
#define TESTS_SUPPORT_STAND_H

#include "sensors/bench.h"
#include "sensors/replay.h"
#include "tests/support/truck.h"

enum { STAND_INSTRUMENTS_MAX = 3, STAND_QUEUE_MAX = 64, STAND_TEXT_MAX = 4 << 20 };

enum stand_kind { STAND_NHT6, STAND_OPACIMETER, STAND_NOBODY };

struct stand_instrument {
    enum stand_kind kind;
    bool up;
    int64_t next_ms; /* STAND_OPACIMETER: its next block */
    size_t queued;
    struct {
        int64_t at_ms;
        size_t length;
        uint8_t bytes[64];
    } queue[STAND_QUEUE_MAX]; /* by time */
};

/* Text that grows, NUL-terminated. */
struct stand_text {
    size_t length;
    char text[STAND_TEXT_MAX];
};

struct stand {
    struct bench bench;
    struct truck_run engine;
    int64_t now_ms;
    uint32_t seed;  /* 0: nothing goes wrong */
    uint32_t calm;  /* how much rarer than on a bad day */
    int64_t act_ms; /* the operator's next act; -1 none */
    int count;
    struct stand_instrument instruments[STAND_INSTRUMENTS_MAX];
    bool finished;
    struct verdict verdict;
    struct stand_text *wire[STAND_INSTRUMENTS_MAX + 1]; /* the recordings, the operator's last */
    struct stand_text *readings;
};

/* Instruments of these kinds, by their drivers and profiles; the clock begins at t0_ms. */
struct stand *stand_open(const struct truck *truck, const enum stand_kind *kinds, int count, int64_t t0_ms,
                         uint32_t seed);
void stand_close(struct stand *stand);

/* Connects all, lets them come alive, starts a test, runs it to its end or for that long. */
void stand_run(struct stand *stand, const struct rule_pack *pack, const struct rule *rule,
               const struct vehicle *vehicle, int64_t for_ms);

/* The recordings as files for a replay, in an order that is not the bench's. Returns how many. */
size_t stand_files(const struct stand *stand, struct replay_file files[STAND_INSTRUMENTS_MAX + 1]);

#endif
