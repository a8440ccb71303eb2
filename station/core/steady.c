#include "station/core/steady.h"

int steady_load(struct steady_plan *plan, const struct rule *rule, struct err *err)
{
    enum { GAP_MAX = 1000 };
    if (rule_param_ms(rule, "settle", &plan->settle_ms, err) != 0 ||
        rule_param_ms(rule, "measure", &plan->measure_ms, err) != 0 ||
        rule_param_ms(rule, "gap", &plan->gap_ms, err) != 0 ||
        rule_param_integer(rule, "gap-share", 100, GAP_MAX, &plan->gap_percent, err) != 0)
        return -1;
    if (plan->measure_ms == 0)
        return err_set(err, ERR_INVALID, "rule '%s': measure must be above 0", rule->name);
    return 0;
}

static struct steady_mean *find(struct steady *s, enum quantity quantity)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->means[i].quantity == quantity)
            return &s->means[i];
    return NULL;
}

void steady_init(struct steady *s, const struct steady_plan *plan, const struct rule_limit *limits, size_t limits_count,
                 int point)
{
    *s = (struct steady){.plan = *plan};
    for (size_t i = 0; i < limits_count && s->count < STEADY_MAX; i++) {
        if (limits[i].point != point || find(s, limits[i].quantity))
            continue;
        s->means[s->count].quantity = limits[i].quantity;
        pace_init(&s->means[s->count].pace, plan->gap_ms, plan->gap_percent);
        s->count++;
    }
}

static void restart(struct steady *s, int64_t from_ms)
{
    s->from_ms = from_ms;
    for (size_t i = 0; i < s->count; i++)
        s->means[i].sum = (struct decimal_sum){0};
}

void steady_begin(struct steady *s, int64_t t_ms)
{
    s->running = true;
    restart(s, t_ms + s->plan.settle_ms);
}

void steady_stop(struct steady *s)
{
    s->running = false;
}

/* False: the mean cannot go on with this reading. */
static bool take(struct steady *s, struct steady_mean *mean, const struct reading *reading, int64_t t_ms)
{
    if (t_ms == mean->pace.last_ms)
        return true;
    bool missing = pace_take(&mean->pace, t_ms);
    if (!s->running || t_ms < s->from_ms)
        return true;
    return reading->quality == QUALITY_OK && !(missing && mean->sum.count > 0) &&
           decimal_sum_add(&mean->sum, reading->value);
}

static bool complete(const struct steady *s, int64_t t_ms)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->means[i].sum.count == 0 || pace_interrupted(&s->means[i].pace, t_ms))
            return false;
    return t_ms - s->from_ms >= s->plan.measure_ms;
}

bool steady_take(struct steady *s, const struct sample *sample, int64_t t_ms)
{
    bool good = true;
    for (size_t i = 0; i < s->count; i++) {
        const struct reading *reading = sample_find(sample, s->means[i].quantity);
        if (reading)
            good = take(s, &s->means[i], reading, t_ms) && good;
    }
    if (!good)
        restart(s, t_ms);
    if (!s->running || !complete(s, t_ms))
        return false;
    s->running = false;
    return true;
}

int64_t steady_left_ms(const struct steady *s, int64_t t_ms)
{
    if (!s->running)
        return s->plan.settle_ms + s->plan.measure_ms;
    int64_t left = s->from_ms + s->plan.measure_ms - t_ms;
    return left > 0 ? left : 0;
}

bool steady_mean(const struct steady *s, enum quantity quantity, struct decimal *out)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->means[i].quantity == quantity)
            return decimal_sum_mean(&s->means[i].sum, STEADY_DIGITS, out);
    return false;
}
