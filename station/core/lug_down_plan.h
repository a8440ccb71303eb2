/*
 * What a rule of the lug-down kind asks for, worked out for one vehicle.
 */
#ifndef STATION_CORE_LUG_DOWN_PLAN_H
#define STATION_CORE_LUG_DOWN_PLAN_H

#include "station/core/rules.h"
#include "station/core/smoke.h"
#include "station/core/steady.h"
#include "station/core/vehicle.h"

enum { LUG_DOWN_FULL = 100, LUG_DOWN_PART = 80 }; /* points, % of VelMaxHP */

struct lug_down_plan {
    size_t limits_count;
    struct rule_limit limits[RULES_LIMITS_MAX];
    struct rule_limit power; /* least corrected power, kW */
    struct smoke_plan smoke;
    struct steady_plan steady;
    bool turbo, by_altitude, has_slowest, has_fastest;
    struct decimal air_temp_max, speed_tolerance, slowest, fastest;
    struct decimal altitude_from, altitude_step, altitude_max;
    int64_t scan_percent;
};

/* A vehicle with a plate must have power_kw and aspiration; without one (a pack is only being checked) any serve. */
int lug_down_plan_load(struct lug_down_plan *plan, const struct rule *rule, const struct vehicle *vehicle,
                       struct err *err);

/* By how much the limit of k rises at that altitude. */
struct decimal lug_down_plan_rise(const struct lug_down_plan *plan, struct decimal altitude_m);

#endif
