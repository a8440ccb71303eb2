#include "station/core/remote.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(QUANTITY_COUNT <= 63, "remote_past.exceeded has one bit per quantity, in a signed column");

/* ---- the rule ---- */

struct plan {
    int64_t consecutive, window_months;
    int64_t diesel_only, fuel_unknown_judged;
};

static int load_plan(struct plan *plan, const struct rule *rule, struct err *err)
{
    enum { CONSECUTIVE_MAX = 16, MONTHS_MAX = 120 };
    if (rule_param_integer(rule, "consecutive", 1, CONSECUTIVE_MAX, &plan->consecutive, err) != 0 ||
        rule_param_integer(rule, "window-months", 1, MONTHS_MAX, &plan->window_months, err) != 0 ||
        rule_param_integer(rule, "diesel-only", 0, 1, &plan->diesel_only, err) != 0 ||
        rule_param_integer(rule, "fuel-unknown-judged", 0, 1, &plan->fuel_unknown_judged, err) != 0)
        return -1;
    return 0;
}

enum bound { BOUND_MIN, BOUND_MAX, BOUND_ABOVE, BOUND_NEEDED, BOUND_COUNT };

static const char *const bound_suffixes[BOUND_COUNT] = {"-min", "-max", "-above", "-needed"};

/* "wind-speed-max" → wind_speed, BOUND_MAX. False for parameters that are no bounds. */
static bool bound_of(const struct rule_param *param, enum quantity *quantity, enum bound *bound)
{
    char name[RULES_ID_MAX];
    size_t length = strlen(param->name);
    for (size_t i = 0; i <= length; i++)
        name[i] = param->name[i];
    for (char *dash = strchr(name, '-'); dash; dash = strchr(dash, '-'))
        *dash = '_';
    for (*bound = 0; *bound < BOUND_COUNT; (*bound)++) {
        size_t suffix = strlen(bound_suffixes[*bound]);
        if (length <= suffix || strcmp(param->name + length - suffix, bound_suffixes[*bound]) != 0)
            continue;
        *quantity = quantity_by_name(name, length - suffix);
        return *quantity != QUANTITY_COUNT;
    }
    return false;
}

static bool is_plan_param(const char *name)
{
    static const char *const names[] = {"consecutive", "window-months", "diesel-only", "fuel-unknown-judged"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

int remote_check_rule(const struct rule *rule, struct err *err)
{
    struct plan plan;
    bool judges = false;
    for (size_t i = 0; i < rule->limits_count; i++)
        judges = judges || !rule->limits[i].screening;
    if (!judges)
        return err_set(err, ERR_INVALID, "rule '%s' has no limit that carries a verdict", rule->name);
    for (size_t i = 0; i < rule->params_count; i++) {
        enum quantity quantity;
        enum bound bound;
        if (!is_plan_param(rule->params[i].name) && !rules_is_general_param(rule->params[i].name) &&
            !bound_of(&rule->params[i], &quantity, &bound))
            return err_set(err, ERR_INVALID,
                           "rule '%s': parameter '%s' means nothing for %s; bounds are named like wind-speed-max",
                           rule->name, rule->params[i].name, REMOTE_METHOD);
    }
    return load_plan(&plan, rule, err);
}

/* ---- validity ---- */

bool remote_vsp(struct decimal speed_kmh, struct decimal acceleration_ms2, struct decimal slope_deg,
                struct decimal *out)
{
    static const double pi = 3.14159265358979323846;
    enum { VSP_DIGITS = 3 };
    double v = decimal_to_double(speed_kmh) / 3.6;
    double a = decimal_to_double(acceleration_ms2);
    double slope = sin(decimal_to_double(slope_deg) * pi / 180);
    return decimal_from_double(v * (1.1 * a + 9.81 * slope + 0.213) + 0.000305 * v * v * v, VSP_DIGITS, out);
}

/* VSP where the device did not send it and it can be computed. */
static void add_vsp(struct sample *sample)
{
    const struct reading *speed = sample_find(sample, QUANTITY_SPEED);
    const struct reading *acceleration = sample_find(sample, QUANTITY_ACCELERATION);
    const struct reading *slope = sample_find(sample, QUANTITY_SLOPE);
    struct decimal vsp;
    if (sample_find(sample, QUANTITY_VSP) || !speed || !acceleration || !slope || speed->quality != QUALITY_OK ||
        acceleration->quality != QUALITY_OK || slope->quality != QUALITY_OK)
        return;
    if (remote_vsp(speed->value, acceleration->value, slope->value, &vsp))
        sample_add(sample, QUANTITY_VSP, QUALITY_OK, vsp);
}

static void check_identity(struct verdict *v, const struct passage *passage, const struct plan *plan)
{
    struct plate plate;
    struct err why;
    if (!passage || !passage->plate_text[0])
        verdict_reason(v, "plate: not read");
    else if (plate_parse(&plate, passage->plate_text, passage->plate_colour, &why) != 0)
        verdict_reason(v, "plate: %s", why.text);
    bool known = passage && passage->fuel[0];
    if (known && plan->diesel_only && strcmp(passage->fuel, "diesel") != 0)
        verdict_reason(v, "fuel: %s; the rule is for diesel vehicles", passage->fuel);
    if (!known && plan->diesel_only && !plan->fuel_unknown_judged)
        verdict_reason(v, "fuel: not told; the rule is for diesel vehicles");
}

static void check_bound(struct verdict *v, const struct rule_param *param, const struct sample *sample)
{
    static const char *const signs[BOUND_COUNT] = {"<", ">", "<=", ""};
    enum quantity quantity;
    enum bound bound;
    if (!bound_of(param, &quantity, &bound))
        return;
    const char *name = quantity_name(quantity);
    const struct reading *reading = sample_find(sample, quantity);
    if (!reading) {
        if (bound == BOUND_NEEDED && param->value.units != 0)
            verdict_reason(v, "%s: not measured", name);
        return;
    }
    if (bound == BOUND_NEEDED || reading->quality != QUALITY_OK)
        return;
    int order = decimal_compare(reading->value, param->value);
    bool holds = bound == BOUND_MIN ? order >= 0 : bound == BOUND_MAX ? order <= 0 : order > 0;
    if (holds)
        return;
    char is[DECIMAL_TEXT_MAX];
    char should[DECIMAL_TEXT_MAX];
    decimal_format(reading->value, is);
    decimal_format(param->value, should);
    verdict_reason(v, "%s: %s %s %s", name, is, signs[bound], should);
}

/* Does the verdict or its validity rest on that quantity? */
static bool relevant(const struct rule *rule, enum quantity quantity)
{
    const struct rule_limit *limit = rule_limit(rule, quantity, 0);
    if (limit)
        return !limit->screening;
    for (size_t i = 0; i < rule->params_count; i++) {
        enum quantity bounded;
        enum bound bound;
        if (bound_of(&rule->params[i], &bounded, &bound) && bounded == quantity)
            return true;
    }
    return false;
}

static void check_qualities(struct verdict *v, const struct rule *rule, const struct sample *sample)
{
    bool any = false;
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *reading = &sample->readings[i];
        const struct rule_limit *limit = rule_limit(rule, reading->quantity, 0);
        any = any || (limit && !limit->screening);
        if (reading->quality != QUALITY_OK && relevant(rule, reading->quantity))
            verdict_reason(v, "%s: quality %s", quantity_name(reading->quantity), quality_name(reading->quality));
    }
    if (!any)
        verdict_reason(v, "smoke: nothing measured that the rule has a limit for");
}

/* ---- history ---- */

/* Going back from past[*at - 1]: the exceedance of that quantity which is in a row with the one of `day`, or NULL. */
static const struct remote_past *previous(const struct plan *plan, enum quantity quantity,
                                          const struct remote_past *past, size_t *at, struct civil_date day)
{
    while (*at > 0) {
        const struct remote_past *p = &past[--*at];
        if (!p->valid || civil_date_compare(p->day, day) > 0)
            continue;
        bool exceeded = (p->exceeded & UINT64_C(1) << quantity) != 0;
        struct civil_date last = civil_add_months(p->day, (int)plan->window_months);
        return exceeded && civil_date_compare(day, last) <= 0 ? p : NULL;
    }
    return NULL;
}

static enum verdict_kind judge_quantity(struct verdict *v, const struct plan *plan, enum quantity quantity,
                                        const struct remote_past *past, size_t past_count, struct civil_date day)
{
    const char *name = quantity_name(quantity);
    int64_t in_row = 1;
    size_t at = past_count;
    while (previous(plan, quantity, past, &at, day))
        in_row++;
    if (in_row < plan->consecutive)
        return VERDICT_SUSPECT;
    verdict_reason(v, "%s: exceeded %d times in a row within %d months", name, (int)in_row, (int)plan->window_months);
    at = past_count;
    for (const struct remote_past *p; (p = previous(plan, quantity, past, &at, day)) != NULL;) {
        char text[CIVIL_DATE_TEXT_MAX];
        civil_date_format(p->day, text);
        verdict_reason(v, "%s: before on %s: %s", name, text, p->record);
    }
    return VERDICT_FAIL;
}

static enum verdict_kind judge_history(struct verdict *v, const struct plan *plan, const struct remote_past *past,
                                       size_t past_count, struct civil_date day)
{
    enum verdict_kind kind = VERDICT_PASS;
    for (size_t i = 0; i < v->values_count; i++) {
        const struct verdict_value *value = &v->values[i];
        if (!value->exceeded || value->screening)
            continue;
        verdict_reason_exceeded(v, value);
        enum verdict_kind this = judge_quantity(v, plan, value->quantity, past, past_count, day);
        if (kind != VERDICT_FAIL)
            kind = this;
    }
    return kind;
}

/* ---- all of it ---- */

int remote_judge(struct verdict *verdict, const struct rule_pack *pack, const struct rule *rule,
                 enum limit_class limit_class, const struct sample *sample, const struct remote_past *past,
                 size_t past_count, struct civil_date day, struct err *err)
{
    struct plan plan;
    if (load_plan(&plan, rule, err) != 0)
        return -1;
    struct sample complete = *sample;
    add_vsp(&complete);
    verdict_init(verdict, pack, rule, limit_class);
    check_identity(verdict, sample->passage, &plan);
    check_qualities(verdict, rule, &complete);
    for (size_t i = 0; i < rule->params_count; i++)
        check_bound(verdict, &rule->params[i], &complete);
    if (verdict->reasons_count > 0) {
        verdict->kind = VERDICT_INVALID;
        return 0;
    }
    for (size_t i = 0; i < rule->limits_count; i++) {
        const struct reading *reading = sample_find(&complete, rule->limits[i].quantity);
        if (reading && reading->quality == QUALITY_OK)
            verdict_compare(verdict, &rule->limits[i], reading->value);
    }
    verdict->kind = judge_history(verdict, &plan, past, past_count, day);
    if (verdict->kind != VERDICT_PASS && plan.diesel_only && !sample->passage->fuel[0])
        verdict_reason(verdict, "fuel: not told by the device; judged as diesel, to be confirmed");
    return 0;
}

uint64_t remote_exceeded(const struct verdict *verdict)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < verdict->values_count; i++)
        if (verdict->values[i].exceeded && !verdict->values[i].screening)
            bits |= UINT64_C(1) << verdict->values[i].quantity;
    return bits;
}
