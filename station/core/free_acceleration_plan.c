#include "station/core/free_acceleration_plan.h"

#include <assert.h>
#include <string.h>

static bool fact_is(const struct vehicle *vehicle, enum vehicle_fact fact, const char *word)
{
    const struct fact *f = &vehicle->facts[fact];
    return f->source != FACT_ABSENT && strcmp(f->value, word) == 0;
}

/* The engine speed that an acceleration must reach: a share of the rated speed, where that is known. */
static int load_reach(struct free_acceleration_plan *plan, const struct rule *rule, const struct vehicle *vehicle,
                      struct err *err)
{
    enum { PERCENT_MAX = 120 };
    bool automatic = fact_is(vehicle, VEHICLE_GEARBOX, "automatic");
    int64_t manual_percent;
    int64_t automatic_percent;
    struct decimal rated;
    if (rule_param_integer(rule, "rpm-reach-manual", 0, PERCENT_MAX, &manual_percent, err) != 0 ||
        rule_param_integer(rule, "rpm-reach-automatic", 0, PERCENT_MAX, &automatic_percent, err) != 0)
        return -1;
    int64_t percent = automatic ? automatic_percent : manual_percent;
    const struct decimal share = {.units = percent, .digits = 2};
    const struct decimal none = {0};
    plan->rpm_reach = none;
    if (vehicle_number(vehicle, VEHICLE_RATED_RPM, &rated) && decimal_round(rated, 0, &rated)) {
        bool fits = decimal_scale(rated.units, share, none, &plan->rpm_reach);
        assert(fits); /* a rated speed has at most five digits */
        (void)fits;
    }
    return 0;
}

/* Light vehicles have shorter times; a vehicle whose class is not known is taken as heavy. */
static int load_times(struct free_acceleration_plan *plan, const struct rule *rule, const struct vehicle *vehicle,
                      struct err *err)
{
    bool light = fact_is(vehicle, VEHICLE_CLASS, "light");
    int64_t hold_ms[2];
    int64_t idle_ms[2];
    if (rule_param_ms(rule, "hold-heavy", &hold_ms[0], err) != 0 ||
        rule_param_ms(rule, "hold-light", &hold_ms[1], err) != 0 ||
        rule_param_ms(rule, "idle-heavy", &idle_ms[0], err) != 0 ||
        rule_param_ms(rule, "idle-light", &idle_ms[1], err) != 0 ||
        rule_param_ms(rule, "time-limit", &plan->time_limit_ms, err) != 0)
        return -1;
    plan->hold_ms = hold_ms[light];
    plan->idle_ms = idle_ms[light];
    return 0;
}

int free_acceleration_plan_load(struct free_acceleration_plan *plan, const struct rule *rule,
                                const struct vehicle *vehicle, struct err *err)
{
    enum { PURGE_MAX = 10 };
    const struct rule_limit *limit = rule_limit(rule, QUANTITY_K, 0);
    if (!limit)
        return err_set(err, ERR_INVALID, "rule '%s' has no limit of k; add 'limit k {'", rule->name);
    plan->limit = *limit;
    if (rule_param(rule, "oil-temp-min", &plan->oil_temp_min, err) != 0 ||
        rule_param(rule, "path", &plan->path_m, err) != 0 ||
        rule_param_integer(rule, "purge-count", 0, PURGE_MAX, &plan->purge_count, err) != 0 ||
        rule_param_integer(rule, "count", 1, FREE_ACCELERATION_COUNT_MAX, &plan->count, err) != 0 ||
        load_times(plan, rule, vehicle, err) != 0 || load_reach(plan, rule, vehicle, err) != 0)
        return -1;
    return snap_load(&plan->snap, rule, err);
}
