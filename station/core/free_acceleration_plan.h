/*
 * What a rule of the free-acceleration kind asks for, worked out for one vehicle.
 */
#ifndef STATION_CORE_FREE_ACCELERATION_PLAN_H
#define STATION_CORE_FREE_ACCELERATION_PLAN_H

#include "station/core/rules.h"
#include "station/core/snap.h"
#include "station/core/vehicle.h"

enum { FREE_ACCELERATION_COUNT_MAX = 8 };

struct free_acceleration_plan {
    struct rule_limit limit; /* of k */
    struct decimal oil_temp_min, path_m;
    int64_t purge_count, count;
    int64_t hold_ms, idle_ms, time_limit_ms;
    struct decimal rpm_reach; /* r/min; units 0: not asked for */
    struct snap_params snap;
};

int free_acceleration_plan_load(struct free_acceleration_plan *plan, const struct rule *rule,
                                const struct vehicle *vehicle, struct err *err);

#endif
