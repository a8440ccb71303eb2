/*
 * One simulated instrument and the driver it is for, joined in virtual time through the bench. The two were written
 * apart, so where they agree both have read the protocol alike.
 *
 * It guards: every good reading must be exactly what the simulated world shows (or showed less than grace_ms ago), and
 * a quantity that the world does not have must never be read as good. Where the world moves (age_ms > 0), it must be
 * what there was to see at some moment of the last age_ms, to half a unit of its last digit and `slack`. A breach ends
 * the test at once and says which value came when.
 */
#ifndef TESTS_SUPPORT_SIM_PAIR_H
#define TESTS_SUPPORT_SIM_PAIR_H

#include "sensors/bench.h"
#include "sensors/profile.h"
#include "sensors/sim/sim.h"

struct sim_pair_plan {
    const char *protocol; /* of the simulator */
    const char *driver;
    const char *profile; /* the name of one in sensors/profiles, or the text of one ("profile x { … }"); NULL: none */
    const char *option;  /* NULL: none */
    int unit;
    int64_t poll_ms;   /* 0: the driver's own */
    const char *first; /* commands of the simulator before anybody connects, separated by '\n'; NULL: none */
    size_t piece;      /* deliver what is said in pieces of at most so many bytes; 0: whole */
};

struct sim_pair {
    struct sim sim;
    struct sim_instrument *device; /* "device" */
    struct bench bench;
    struct profile profile; /* where the plan holds its text */
    size_t piece;
    int64_t now_ms;
    int64_t grace_ms; /* 1000 */
    int64_t age_ms;   /* 0: the world stands still between commands */
    double slack[QUANTITY_COUNT];
    double path_m;              /* over which N is measured; 0: 0.430 */
    const char *during;         /* what the test does, for the message of a breach; NULL: nothing special */
    int64_t reconnect_ms;       /* -1: connected */
    bool loose[QUANTITY_COUNT]; /* not guarded: the protocol's step is coarser than the world, or it computes it */
    struct {
        double now, before;
        int64_t changed_ms;
    } world[QUANTITY_COUNT];
    /* since the last sim_pair_forget: */
    unsigned good[QUANTITY_COUNT], other[QUANTITY_COUNT]; /* readings that are ok, and that are not */
    unsigned goods;                                       /* of all quantities */
    double highest[QUANTITY_COUNT];                       /* of the ok ones */
    unsigned statuses;                                    /* a bit for each enum instrument_status that it came to */
    struct reading last[QUANTITY_COUNT];
    bool said[TEXT_COUNT];
    char text[TEXT_COUNT][SAMPLE_TEXT_MAX];
    unsigned hang_ups;
    unsigned jobs_done; /* of a printer or sign */
    char trouble[100];  /* why the last of them ended; "": it is out */
    unsigned passages;
    struct passage passage;
    struct sample passage_sample;
};

struct sim_pair *sim_pair_open(const struct sim_pair_plan *plan);
void sim_pair_close(struct sim_pair *pair);

void sim_pair_command(struct sim_pair *pair, const char *command);
void sim_pair_forget(struct sim_pair *pair);
void sim_pair_run(struct sim_pair *pair, int64_t for_ms);

/* Runs until it is in that status, or until a good reading comes; false: not within that time. */
bool sim_pair_until(struct sim_pair *pair, enum instrument_status status, int64_t at_most_ms);
bool sim_pair_until_good(struct sim_pair *pair, int64_t at_most_ms);
/* The link goes, and comes back after that time. */
void sim_pair_unplug(struct sim_pair *pair, int64_t for_ms);

/* Every fault that the protocol can have, each for ten seconds, while the world changes between two states (commands);
 * ends without faults, in the first state, with ten quiet seconds behind and all readings forgotten before the last
 * five of them. */
void sim_pair_suffer(struct sim_pair *pair, const char *one, const char *other);

/* The state of the instrument by the bench. */
enum instrument_status sim_pair_status(const struct sim_pair *pair);
enum bench_state sim_pair_state(const struct sim_pair *pair);
/* The last reading as text, "23.4"; "" when there was none since the last forget; with '?' behind when it is not ok. */
const char *sim_pair_value(const struct sim_pair *pair, enum quantity quantity);

#endif
