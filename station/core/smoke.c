#include "station/core/smoke.h"

#include "station/core/opacity.h"

enum { SMOKE_DIGITS = 6 };

static int load_filter(struct smoke_plan *plan, const struct rule *rule, struct err *err)
{
    enum { JITTER_MAX = 90, SAMPLES_MIN = 4, SAMPLES_MAX = 1000 };
    static const char *const names[] = {"filter-time", "filter-physical", "filter-electrical", "filter-jitter",
                                        "filter-samples"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        plan->filtered = plan->filtered || rule_has_param(rule, names[i]);
    if (!plan->filtered)
        return 0;
    if (rule_param_ms(rule, "filter-time", &plan->time_ms, err) != 0 ||
        rule_param_ms(rule, "filter-physical", &plan->physical_ms, err) != 0 ||
        rule_param_ms(rule, "filter-electrical", &plan->electrical_ms, err) != 0 ||
        rule_param_integer(rule, "filter-jitter", 0, JITTER_MAX, &plan->jitter_percent, err) != 0)
        return -1;
    if (plan->physical_ms * plan->physical_ms + plan->electrical_ms * plan->electrical_ms >=
        plan->time_ms * plan->time_ms)
        return err_set(err, ERR_INVALID, "rule '%s': an instrument so slow cannot be filtered to filter-time",
                       rule->name);
    return rule_param_integer(rule, "filter-samples", SAMPLES_MIN, SAMPLES_MAX, &plan->samples, err);
}

int smoke_load(struct smoke_plan *plan, const struct rule *rule, enum quantity quantity, struct err *err)
{
    *plan = (struct smoke_plan){.quantity = quantity};
    if (rule_param(rule, "path", &plan->path_m, err) != 0)
        return -1;
    if (plan->path_m.units <= 0)
        return err_set(err, ERR_INVALID, "rule '%s': path must be above 0", rule->name);
    return load_filter(plan, rule, err);
}

void smoke_init(struct smoke *s, const struct smoke_plan *plan)
{
    *s = (struct smoke){.plan = *plan, .last_ms = -1};
}

/* ---- the instrument's value ---- */

static bool convert(const struct smoke_plan *plan, struct decimal other, struct decimal *value)
{
    if (plan->quantity == QUANTITY_K)
        return opacity_to_k(other, plan->path_m, SMOKE_DIGITS, value);
    return opacity_from_k(other, plan->path_m, SMOKE_DIGITS, value);
}

static enum smoke_news read_value(struct smoke *s, const struct sample *sample, struct decimal *value)
{
    enum quantity other = s->plan.quantity == QUANTITY_K ? QUANTITY_OPACITY : QUANTITY_K;
    const struct reading *reading = sample_find(sample, s->plan.quantity);
    if (reading) {
        s->direct = true;
        *value = reading->value;
        return reading->quality == QUALITY_OK ? SMOKE_GOOD : SMOKE_BAD;
    }
    reading = s->direct ? NULL : sample_find(sample, other);
    if (!reading)
        return SMOKE_NONE;
    return reading->quality == QUALITY_OK && convert(&s->plan, reading->value, value) ? SMOKE_GOOD : SMOKE_BAD;
}

/* ---- the filter ---- */

static void lose_rhythm(struct smoke *s, int64_t last_ms)
{
    s->running = false;
    s->first_ms = s->last_ms = last_ms;
    s->intervals = 0;
}

/* Does the reading come when it should? Takes it into the rhythm. */
static bool in_rhythm(struct smoke *s, int64_t t_ms)
{
    int64_t interval = t_ms - s->last_ms;
    int64_t mean_1000 = s->intervals > 0 ? (s->last_ms - s->first_ms) * 1000 / s->intervals : interval * 1000;
    int64_t off_1000 = interval * 1000 - mean_1000;
    if (s->last_ms < 0 || interval <= 0 ||
        (off_1000 < 0 ? -off_1000 : off_1000) * 100 > mean_1000 * s->plan.jitter_percent) {
        lose_rhythm(s, t_ms);
        return false;
    }
    s->last_ms = t_ms;
    s->intervals++;
    return true;
}

static bool start_filter(struct smoke *s, double value)
{
    struct bessel_design design;
    double rate_hz = 1000.0 * (double)s->intervals / (double)(s->last_ms - s->first_ms);
    if (!bessel_design(rate_hz, (double)s->plan.time_ms / 1000, (double)s->plan.physical_ms / 1000,
                       (double)s->plan.electrical_ms / 1000, &design))
        return false;
    bessel_start(&s->filter, &design, value);
    s->believed_ms = s->last_ms + 2 * s->plan.time_ms;
    return true;
}

static enum smoke_news filter(struct smoke *s, int64_t t_ms, struct decimal *value)
{
    double raw = decimal_to_double(*value);
    if (!in_rhythm(s, t_ms))
        return SMOKE_BAD;
    if (!s->running) {
        s->running = s->intervals >= s->plan.samples && start_filter(s, raw);
        return SMOKE_BAD;
    }
    return decimal_from_double(bessel_step(&s->filter, raw), SMOKE_DIGITS, value) && t_ms >= s->believed_ms ? SMOKE_GOOD
                                                                                                            : SMOKE_BAD;
}

enum smoke_news smoke_read(struct smoke *s, const struct sample *sample, int64_t t_ms, struct decimal *value)
{
    enum smoke_news news = read_value(s, sample, value);
    if (news == SMOKE_NONE || !s->plan.filtered)
        return news;
    if (news == SMOKE_GOOD)
        return filter(s, t_ms, value);
    lose_rhythm(s, -1);
    return SMOKE_BAD;
}
