#include "station/core/lug_down_plan.h"

#include <string.h>

static int load_limits(struct lug_down_plan *plan, const struct rule *rule, struct err *err)
{
    if (!rule_limit(rule, QUANTITY_K, LUG_DOWN_FULL) || !rule_limit(rule, QUANTITY_K, LUG_DOWN_PART))
        return err_set(err, ERR_INVALID, "rule '%s' needs 'limit k {' at point = 100 and at point = 80", rule->name);
    for (size_t i = 0; i < rule->limits_count; i++) {
        const struct rule_limit *limit = &rule->limits[i];
        if (limit->point != LUG_DOWN_FULL && limit->point != LUG_DOWN_PART)
            return err_set(err, ERR_INVALID, "rule '%s': limit %s needs point = 100 or 80", rule->name,
                           quantity_name(limit->quantity));
        plan->limits[plan->limits_count++] = *limit;
    }
    return 0;
}

static int load_power(struct lug_down_plan *plan, const struct rule *rule, const struct vehicle *vehicle,
                      struct err *err)
{
    enum { PERCENT_MAX = 100 };
    const struct fact *aspiration = &vehicle->facts[VEHICLE_ASPIRATION];
    bool known = vehicle->plate.text[0] != '\0';
    struct decimal rated = {.units = 1};
    int64_t percent;
    if (rule_param_integer(rule, "power-share", 0, PERCENT_MAX, &percent, err) != 0)
        return -1;
    if (!vehicle_number(vehicle, VEHICLE_POWER_KW, &rated) && known)
        return err_set(err, ERR_INVALID, "the rated power of the vehicle is needed: say it with --vehicle power_kw=…");
    if (aspiration->source == FACT_ABSENT && known)
        return err_set(err, ERR_INVALID,
                       "the power is corrected by the engine's aspiration: say it with --vehicle aspiration=…");
    plan->turbo = strcmp(aspiration->value, "turbo") == 0;
    struct decimal least;
    if (!decimal_scale(percent, rated, (struct decimal){0}, &least) ||
        !decimal_from_double(decimal_to_double(least) / PERCENT_MAX, 1, &least))
        return err_set(err, ERR_INVALID, "the rated power of the vehicle makes no sense");
    plan->power = (struct rule_limit){.quantity = QUANTITY_POWER, .value = {least, least}, .at_least = true};
    return rule_param_origin(rule, "power-share", &plan->power.origin, err);
}

static int load_altitude(struct lug_down_plan *plan, const struct rule *rule, struct err *err)
{
    static const char *const names[] = {"altitude-from", "altitude-step", "altitude-max"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        plan->by_altitude = plan->by_altitude || rule_has_param(rule, names[i]);
    if (!plan->by_altitude)
        return 0;
    if (rule_param(rule, names[0], &plan->altitude_from, err) != 0 ||
        rule_param(rule, names[1], &plan->altitude_step, err) != 0)
        return -1;
    return rule_param(rule, names[2], &plan->altitude_max, err);
}

static int load_optional(const struct rule *rule, const char *name, bool *has, struct decimal *value, struct err *err)
{
    *has = rule_has_param(rule, name);
    return *has ? rule_param(rule, name, value, err) : 0;
}

int lug_down_plan_load(struct lug_down_plan *plan, const struct rule *rule, const struct vehicle *vehicle,
                       struct err *err)
{
    enum { SCAN_MIN = 50, SCAN_MAX = 99 };
    *plan = (struct lug_down_plan){0};
    if (load_limits(plan, rule, err) != 0 || smoke_load(&plan->smoke, rule, QUANTITY_K, err) != 0 ||
        steady_load(&plan->steady, rule, err) != 0 || load_power(plan, rule, vehicle, err) != 0 ||
        rule_param(rule, "air-temp-max", &plan->air_temp_max, err) != 0 ||
        rule_param(rule, "speed-tolerance", &plan->speed_tolerance, err) != 0 ||
        rule_param_integer(rule, "scan-share", SCAN_MIN, SCAN_MAX, &plan->scan_percent, err) != 0 ||
        load_optional(rule, "velmaxhp-min", &plan->has_slowest, &plan->slowest, err) != 0 ||
        load_optional(rule, "velmaxhp-max", &plan->has_fastest, &plan->fastest, err) != 0)
        return -1;
    return load_altitude(plan, rule, err);
}

struct decimal lug_down_plan_rise(const struct lug_down_plan *plan, struct decimal altitude_m)
{
    enum { STEP_M = 1000 };
    struct decimal above;
    struct decimal rise;
    struct decimal none = {.digits = plan->altitude_step.digits};
    if (!plan->by_altitude || !decimal_subtract(altitude_m, plan->altitude_from, &above) || above.units <= 0)
        return none;
    int64_t steps = (int64_t)decimal_to_double(above) / STEP_M; /* whole ones */
    if (!decimal_scale(steps, plan->altitude_step, none, &rise))
        return none;
    return decimal_compare(rise, plan->altitude_max) > 0 ? plan->altitude_max : rise;
}
