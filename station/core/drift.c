#include "station/core/drift.h"

#include <math.h>

const char *drift_name(enum drift drift)
{
    static const char *const names[] = {"none", "up", "down", "low"};
    return names[drift];
}

static int load_share(const struct rule *rule, const char *name, double *out, struct err *err)
{
    struct decimal value = {0};
    *out = 0;
    if (!rule_has_param(rule, name))
        return 0;
    if (rule_param(rule, name, &value, err) != 0)
        return -1;
    *out = decimal_to_double(value) / 100;
    return *out > 0 ? 0 : err_set(err, ERR_INVALID, "%s: '%s' must be more than 0", rule->name, name);
}

int drift_load(struct drift_params *params, const struct rule *rule, struct err *err)
{
    *params = (struct drift_params){.checks = 0};
    if (load_share(rule, "drift-move", &params->move, err) != 0 ||
        load_share(rule, "span-low", &params->span_low, err) != 0)
        return -1;
    if (!rule_has_param(rule, "drift-checks"))
        return 0;
    return rule_param_integer(rule, "drift-checks", DRIFT_CHECKS_MIN, DRIFT_CHECKS_MAX, &params->checks, err);
}

static double error_of(const struct drift_check *c)
{
    return c->mean - c->reference;
}

/* Always in one direction, and far enough for the tolerance of the last one. */
static enum drift find_move(const struct drift_params *params, const struct drift_check *checks, size_t count)
{
    double moved = error_of(&checks[count - 1]) - error_of(&checks[0]);
    if (params->move <= 0 || fabs(moved) < params->move * checks[count - 1].tolerance)
        return DRIFT_NONE;
    for (size_t i = 1; i < count; i++) {
        double step = error_of(&checks[i]) - error_of(&checks[i - 1]);
        if (moved > 0 ? step <= 0 : step >= 0)
            return DRIFT_NONE;
    }
    return moved > 0 ? DRIFT_UP : DRIFT_DOWN;
}

static bool always_low(const struct drift_params *params, const struct drift_check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (checks[i].reference <= 0 || -error_of(&checks[i]) < params->span_low * checks[i].reference)
            return false;
    return params->span_low > 0;
}

enum drift drift_find(const struct drift_params *params, const struct drift_check *checks, size_t count)
{
    size_t wanted = (size_t)params->checks;
    if (wanted < DRIFT_CHECKS_MIN || count < wanted)
        return DRIFT_NONE;
    enum drift drift = find_move(params, checks + count - wanted, wanted);
    if (drift == DRIFT_NONE && always_low(params, checks + count - wanted, wanted))
        drift = DRIFT_LOW;
    return drift;
}
