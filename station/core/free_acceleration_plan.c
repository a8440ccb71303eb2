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

static int load_results(struct free_acceleration_plan *plan, const struct rule *rule, struct err *err)
{
    enum { ACCELERATIONS_MAX = 20 };
    plan->count_max = 0;
    plan->has_spread_max = rule_has_param(rule, "spread-max");
    plan->has_fast_pass = rule_has_param(rule, "fast-pass");
    if (rule_param_integer(rule, "count", 1, FREE_ACCELERATION_COUNT_MAX, &plan->count, err) != 0)
        return -1;
    if (rule_has_param(rule, "count-max") &&
        rule_param_integer(rule, "count-max", plan->count, ACCELERATIONS_MAX, &plan->count_max, err) != 0)
        return -1;
    plan->repeat_exceeded = 1;
    if (rule_has_param(rule, "repeat-exceeded") &&
        rule_param_integer(rule, "repeat-exceeded", 0, 1, &plan->repeat_exceeded, err) != 0)
        return -1;
    if (plan->has_spread_max && rule_param(rule, "spread-max", &plan->spread_max, err) != 0)
        return -1;
    if (!plan->has_fast_pass)
        return 0;
    if (rule_param(rule, "fast-pass", &plan->fast_pass, err) != 0)
        return -1;
    if (decimal_compare(plan->fast_pass, plan->limit.value[LIMIT_CLASS_A]) > 0 ||
        decimal_compare(plan->fast_pass, plan->limit.value[LIMIT_CLASS_B]) > 0)
        return err_set(err, ERR_INVALID, "rule '%s': fast-pass is above the limit", rule->name);
    return 0;
}

int free_acceleration_plan_load(struct free_acceleration_plan *plan, const struct rule *rule,
                                const struct vehicle *vehicle, struct err *err)
{
    enum { PURGE_MAX = 10 };
    const struct rule_limit *limit = rule_limit(rule, QUANTITY_K, 0);
    if (!limit)
        limit = rule_limit(rule, QUANTITY_OPACITY, 0);
    if (!limit || rule->limits_count != 1)
        return err_set(err, ERR_INVALID, "rule '%s' needs one limit, 'limit k {' or 'limit opacity {'", rule->name);
    plan->limit = *limit;
    if (rule_param(rule, "oil-temp-min", &plan->oil_temp_min, err) != 0 ||
        smoke_load(&plan->smoke, rule, limit->quantity, err) != 0 ||
        smoke_correction_load(&plan->correction, rule, limit, err) != 0 ||
        rule_param_integer(rule, "purge-count", 0, PURGE_MAX, &plan->purge_count, err) != 0 ||
        load_results(plan, rule, err) != 0 || load_times(plan, rule, vehicle, err) != 0 ||
        load_reach(plan, rule, vehicle, err) != 0 || zero_check_load(&plan->zero, rule, err) != 0)
        return -1;
    return snap_load(&plan->snap, rule, err);
}

static bool within_spread(const struct free_acceleration_plan *plan, const struct decimal *maxima)
{
    if (!plan->has_spread_max)
        return true;
    struct decimal low = maxima[0];
    struct decimal high = maxima[0];
    for (int64_t i = 1; i < plan->count; i++) {
        if (decimal_compare(maxima[i], low) < 0)
            low = maxima[i];
        if (decimal_compare(maxima[i], high) > 0)
            high = maxima[i];
    }
    struct decimal bound;
    bool fits = decimal_scale(1, low, plan->spread_max, &bound); /* low + spread_max */
    return fits && decimal_compare(high, bound) <= 0;
}

enum free_acceleration_outcome free_acceleration_plan_decide(const struct free_acceleration_plan *plan,
                                                             const struct decimal *maxima, size_t total,
                                                             enum limit_class limit_class, struct decimal *measured)
{
    struct decimal rounded;
    if (plan->has_fast_pass && total == 1 && decimal_compare(maxima[0], plan->fast_pass) <= 0) {
        *measured = maxima[0];
        return OUTCOME_PASS;
    }
    if (total < (size_t)plan->count)
        return OUTCOME_GO_ON;
    if (!decimal_mean(maxima, (size_t)plan->count, DECIMAL_DIGITS_MAX, measured))
        return OUTCOME_SENSELESS;
    bool stable = within_spread(plan, maxima);
    bool last = plan->count_max > 0 && total >= (size_t)plan->count_max;
    bool exceeded = rule_limit_exceeded(&plan->limit, limit_class, *measured, &rounded);
    if (!stable)
        return last ? OUTCOME_UNSTABLE : OUTCOME_GO_ON;
    if (exceeded && plan->count_max > 0 && plan->repeat_exceeded && !last)
        return OUTCOME_GO_ON;
    return exceeded ? OUTCOME_FAIL : OUTCOME_PASS;
}
