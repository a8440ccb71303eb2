/*
 * What a rule of the free-acceleration kind asks for, worked out for one vehicle.
 */
#ifndef STATION_CORE_FREE_ACCELERATION_PLAN_H
#define STATION_CORE_FREE_ACCELERATION_PLAN_H

#include "station/core/rules.h"
#include "station/core/smoke.h"
#include "station/core/smoke_correction.h"
#include "station/core/snap.h"
#include "station/core/vehicle.h"
#include "station/core/zero_check.h"

enum { FREE_ACCELERATION_COUNT_MAX = 8 };

struct free_acceleration_plan {
    struct rule_limit limit; /* of k or opacity: what is measured and judged */
    struct smoke_plan smoke;
    struct smoke_correction correction;
    struct decimal oil_temp_min;
    int64_t purge_count;
    int64_t count;           /* the result is the mean of so many, the latest */
    int64_t count_max;       /* while it exceeds, go on up to so many; 0: the first result stands */
    int64_t repeat_exceeded; /* 0: a steady result that exceeds stands at once */
    bool has_spread_max, has_fast_pass;
    struct decimal spread_max; /* the latest ones may differ by so much; if they do, go on */
    struct decimal fast_pass;  /* a first maximum up to this is the result: passed */
    int64_t hold_ms, idle_ms, time_limit_ms;
    struct decimal rpm_reach; /* r/min; units 0: not asked for */
    struct snap_params snap;
    struct zero_check_plan zero;
};

/* Parameters that a rule may leave out: count-max, spread-max, fast-pass, repeat-exceeded (1), and those of smoke.h,
 * smoke_correction.h and zero_check.h. */
int free_acceleration_plan_load(struct free_acceleration_plan *plan, const struct rule *rule,
                                const struct vehicle *vehicle, struct err *err);

enum free_acceleration_outcome { OUTCOME_GO_ON, OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_UNSTABLE, OUTCOME_SENSELESS };

/* What the maxima so far amount to. `total` have counted; `maxima` holds the latest `count` of them, in any order.
 * *measured is the result where there is one: exact to nine decimals, which for at most eight values never touches a
 * tie that is not there, so that the limit's digits are rounded to only once. UNSTABLE: count_max are done and they
 * still differ. SENSELESS: larger than numbers can be. */
enum free_acceleration_outcome free_acceleration_plan_decide(const struct free_acceleration_plan *plan,
                                                             const struct decimal *maxima, size_t total,
                                                             enum limit_class limit_class, struct decimal *measured);

#endif
