#include "station/core/zero_check.h"

#include <stdio.h>
#include <string.h>

enum { MEAN_DIGITS = 6 };

int zero_check_load(struct zero_check_plan *plan, const struct rule *rule, struct err *err)
{
    enum { SAMPLES_MAX = 10000 };
    static const char *const names[] = {"zero-settle", "zero-time", "zero-samples", "zero-tolerance", "zero-drift"};
    *plan = (struct zero_check_plan){0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        plan->wanted = plan->wanted || rule_has_param(rule, names[i]);
    if (!plan->wanted)
        return 0;
    if (rule_param_ms(rule, "zero-settle", &plan->settle_ms, err) != 0 ||
        rule_param_ms(rule, "zero-time", &plan->time_ms, err) != 0 ||
        rule_param_integer(rule, "zero-samples", 1, SAMPLES_MAX, &plan->samples, err) != 0 ||
        rule_param(rule, "zero-tolerance", &plan->tolerance, err) != 0 ||
        rule_param(rule, "zero-drift", &plan->drift, err) != 0)
        return -1;
    if (plan->tolerance.units < 0 || plan->drift.units < 0)
        return err_set(err, ERR_INVALID, "rule '%s': zero-tolerance and zero-drift must not be below 0", rule->name);
    return 0;
}

void zero_check_init(struct zero_check *z, const struct zero_check_plan *plan, enum quantity quantity)
{
    *z = (struct zero_check){.plan = *plan, .quantity = quantity};
}

void zero_check_begin(struct zero_check *z, bool after)
{
    if (after != z->after)
        z->number = 0;
    z->after = after;
    z->phase = ZERO_ASK;
}

struct prompting zero_check_prompting(const struct zero_check *z, int64_t t_ms)
{
    int64_t which = z->after ? 2 : 1;
    switch (z->phase) {
    case ZERO_ASK: return (struct prompting){PROMPT_ZERO_CHECK, which, 0};
    case ZERO_READ: {
        int64_t left = z->from_ms + z->plan.time_ms - t_ms;
        return (struct prompting){PROMPT_ZERO_WAIT, which, left > 0 ? left : 0};
    }
    case ZERO_WRONG: break;
    }
    return (struct prompting){PROMPT_ZERO_INSTRUMENT, z->number, 0};
}

static void restart(struct zero_check *z, int64_t from_ms)
{
    z->from_ms = from_ms;
    z->sum = (struct decimal_sum){0};
}

void zero_check_confirm(struct zero_check *z, int64_t t_ms)
{
    if (z->phase == ZERO_READ)
        return;
    z->phase = ZERO_READ;
    z->number++;
    restart(z, t_ms + z->plan.settle_ms);
}

void zero_check_bad(struct zero_check *z, int64_t t_ms)
{
    if (z->phase == ZERO_READ && t_ms > z->from_ms)
        restart(z, t_ms);
}

/* Rounded to the tolerance's digits, is the value (without its sign) within it? */
static bool within(struct decimal value, struct decimal tolerance)
{
    struct decimal rounded;
    return decimal_round(value, tolerance.digits, &rounded) &&
           decimal_compare(decimal_absolute(rounded), tolerance) <= 0;
}

static bool judge(const struct zero_check *z, struct decimal mean, char note[VERDICT_NOTE_MAX])
{
    char drift_text[DECIMAL_TEXT_MAX];
    char bound[DECIMAL_TEXT_MAX];
    struct decimal drift;
    note[0] = '\0';
    if (!z->after) {
        decimal_format(z->plan.tolerance, bound);
        if (within(mean, z->plan.tolerance))
            return true;
        snprintf(note, VERDICT_NOTE_MAX, "beyond %s of zero", bound);
        return false;
    }
    if (!decimal_subtract(mean, z->before, &drift))
        drift = (struct decimal){.units = INT64_MAX};
    if (within(drift, z->plan.drift))
        return true;
    decimal_format(drift, drift_text);
    decimal_format(z->plan.drift, bound);
    snprintf(note, VERDICT_NOTE_MAX, "drifted by %s, allowed %s", drift_text, bound);
    return false;
}

enum zero_check_result zero_check_take(struct zero_check *z, int64_t t_ms, struct decimal smoke,
                                       struct verdict_mark *mark)
{
    struct decimal mean;
    if (z->phase != ZERO_READ || t_ms < z->from_ms)
        return ZERO_GO_ON;
    if (!decimal_sum_add(&z->sum, smoke)) {
        restart(z, t_ms);
        return ZERO_GO_ON;
    }
    if (t_ms - z->from_ms < z->plan.time_ms || z->sum.count < z->plan.samples)
        return ZERO_GO_ON;
    if (!decimal_sum_mean(&z->sum, MEAN_DIGITS, &mean)) {
        restart(z, t_ms);
        return ZERO_GO_ON;
    }
    *mark = (struct verdict_mark){
        .number = z->number, .from_ms = z->from_ms, .to_ms = t_ms, .quantity = z->quantity, .value = mean};
    memcpy(mark->kind, z->after ? "zero-after" : "zero-before", sizeof "zero-before" - (z->after ? 1 : 0));
    mark->counted = judge(z, mean, mark->note);
    if (!mark->counted) {
        z->phase = ZERO_WRONG;
        return ZERO_BEYOND;
    }
    if (!z->after)
        z->before = mean;
    return ZERO_GOOD;
}
