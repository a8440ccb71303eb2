/*
 * Does the analyzer read zero in clean air, before and after a test: a part of procedures that measure smoke.
 *
 *     ask (probe in clean air, confirmed) → read (the mean of the good readings over a time) → good
 *                                             ↑                        │ beyond tolerance, before the test only
 *                                             └── confirmed ── wrong ──┘ (an operator zeroes the instrument)
 *
 * Before the test the mean must lie within the tolerance of zero. After it, it may have drifted from what was read
 * before by no more than the drift tolerance: a larger drift makes the test invalid, whatever was measured. A reading
 * that is not good begins the time anew. Each attempt leaves a mark "zero-before" or "zero-after" with the mean.
 * Nothing here zeroes an instrument.
 *
 * Parameters of a rule, all of them or none (then no zero is looked at):
 *   zero-settle     seconds after the confirmation that are not read: what is left in tube and chamber
 *   zero-time       seconds over which the mean is taken
 *   zero-samples    and at least so many good readings
 *   zero-tolerance  in the unit of the smoke that is judged; the mean is rounded to its digits
 *   zero-drift      likewise
 */
#ifndef STATION_CORE_ZERO_CHECK_H
#define STATION_CORE_ZERO_CHECK_H

#include "station/core/procedure_part.h"

struct zero_check_plan {
    bool wanted;
    int64_t settle_ms, time_ms, samples;
    struct decimal tolerance, drift;
};

enum zero_check_phase { ZERO_ASK, ZERO_READ, ZERO_WRONG };

struct zero_check {
    struct zero_check_plan plan;
    enum quantity quantity;
    enum zero_check_phase phase;
    bool after;
    int number; /* of this attempt, before and after apart */
    int64_t from_ms;
    struct decimal_sum sum;
    struct decimal before; /* the mean that was good */
};

int zero_check_load(struct zero_check_plan *plan, const struct rule *rule, struct err *err);
void zero_check_init(struct zero_check *z, const struct zero_check_plan *plan, enum quantity quantity);

/* Begins the check before, or the check after. */
void zero_check_begin(struct zero_check *z, bool after);

struct prompting zero_check_prompting(const struct zero_check *z, int64_t t_ms);

/* The operator says that the probe is in clean air (and, if that was asked, that the instrument was zeroed). */
void zero_check_confirm(struct zero_check *z, int64_t t_ms);

/* The smoke was read: badly, or well. Once enough was read the mark is filled. */
enum zero_check_result { ZERO_GO_ON, ZERO_GOOD, ZERO_BEYOND };
void zero_check_bad(struct zero_check *z, int64_t t_ms);
enum zero_check_result zero_check_take(struct zero_check *z, int64_t t_ms, struct decimal smoke,
                                       struct verdict_mark *mark);

#endif
