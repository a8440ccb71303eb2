/*
 * Means of readings over a time during which the engine runs as it should: a part of procedures that measure at fixed
 * points (two-speed idle, lug-down).
 *
 * After `settle` the readings of each quantity count for `measure`. A reading that is not good, or one that is missing
 * from the usual pace (pace.h), begins `measure` anew; samples of one moment count once. The means are exact to six
 * decimals.
 *
 * Parameters of a rule: settle, measure, gap (s), gap-share (%).
 */
#ifndef STATION_CORE_STEADY_H
#define STATION_CORE_STEADY_H

#include "station/core/pace.h"
#include "station/core/reading.h"
#include "station/core/rules.h"

enum { STEADY_MAX = 6, STEADY_DIGITS = 6 };

struct steady_plan {
    int64_t settle_ms, measure_ms, gap_ms, gap_percent;
};

struct steady_mean {
    enum quantity quantity;
    struct pace pace;
    struct decimal_sum sum;
};

struct steady {
    struct steady_plan plan;
    bool running;
    int64_t from_ms; /* of what counts */
    size_t count;
    struct steady_mean means[STEADY_MAX];
};

int steady_load(struct steady_plan *plan, const struct rule *rule, struct err *err);

/* Means of every quantity that the rule limits at that point. */
void steady_init(struct steady *s, const struct steady_plan *plan, const struct rule_limit *limits, size_t limits_count,
                 int point);

void steady_begin(struct steady *s, int64_t t_ms); /* the engine runs as it should: settle, then measure */
void steady_stop(struct steady *s);                /* it does not any more */

/* A sample of any kind. True: the time is over and all means are there; then it has stopped. */
bool steady_take(struct steady *s, const struct sample *sample, int64_t t_ms);

/* Milliseconds to go at t_ms, when nothing disturbs. */
int64_t steady_left_ms(const struct steady *s, int64_t t_ms);

/* The mean of the quantity after steady_take was true; false: it is none of those, or does not fit. */
bool steady_mean(const struct steady *s, enum quantity quantity, struct decimal *out);

#endif
