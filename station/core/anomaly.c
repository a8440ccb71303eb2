#include "station/core/anomaly.h"

#include <math.h>
#include <string.h>

#include "station/core/opacity.h"

/* ---- figures ---- */

static int load_number(const struct rule *rule, const char *name, double scale, double *out, struct err *err)
{
    struct decimal value;
    if (rule_param(rule, name, &value, err) != 0)
        return -1;
    *out = decimal_to_double(value) * scale;
    return *out >= 0 ? 0 : err_set(err, ERR_INVALID, "%s: '%s' must not be negative", rule->name, name);
}

int anomaly_load(struct anomaly_params *p, const struct rule *rule, struct err *err)
{
    enum { COUNT_MAX = 1000000, DAYS_MAX = 3660 };
    static const double percent = 0.01;
    if (load_number(rule, "factor-min", percent, &p->factor_min, err) != 0 ||
        load_number(rule, "factor-spread-max", percent, &p->factor_spread_max, err) != 0 ||
        rule_param_integer(rule, "factor-samples", 2, COUNT_MAX, &p->factor_samples, err) != 0 ||
        load_number(rule, "factor-opacity-min", 1, &p->factor_opacity_min, err) != 0 ||
        rule_param_ms(rule, "frozen", &p->frozen_ms, err) != 0 ||
        rule_param_ms(rule, "rpm-regular", &p->rpm_regular_ms, err) != 0 ||
        load_number(rule, "rpm-move", 1, &p->rpm_move, err) != 0 ||
        load_number(rule, "smoke-rise", 1, &p->smoke_rise, err) != 0 ||
        load_number(rule, "curve-same", percent, &p->curve_same, err) != 0 ||
        load_number(rule, "curve-peak-min", 1, &p->curve_peak_min, err) != 0 ||
        rule_param_integer(rule, "retests", 1, COUNT_MAX, &p->retests, err) != 0 ||
        rule_param_integer(rule, "retest-days", 1, DAYS_MAX, &p->retest_days, err) != 0 ||
        rule_param_integer(rule, "rate-tests", 2, COUNT_MAX, &p->rate_tests, err) != 0 ||
        rule_param_integer(rule, "rate-days", 1, DAYS_MAX, &p->rate_days, err) != 0 ||
        load_number(rule, "rate-sigma", 1, &p->rate_sigma, err) != 0)
        return -1;
    p->travel_km_min = 0;
    if (rule_has_param(rule, "travel-km-min") && load_number(rule, "travel-km-min", 1, &p->travel_km_min, err) != 0)
        return -1;
    return load_number(rule, "travel", 1, &p->travel_kmh, err);
}

/* ---- what stands still ---- */

static void move(struct anomaly_still *s, double other)
{
    s->moved_low = s->moved_known ? fmin(s->moved_low, other) : other;
    s->moved_high = s->moved_known ? fmax(s->moved_high, other) : other;
    s->moved_known = true;
}

/* A value that came again to the last digit; false: it has changed, and what stood still begins anew. */
static bool still(struct anomaly_still *s, struct decimal value, int64_t t_ms)
{
    bool same = s->known && s->value.digits == value.digits && s->value.units == value.units;
    if (!same)
        *s = (struct anomaly_still){.known = true, .value = value, .since_ms = t_ms, .longest_ms = s->longest_ms};
    if (t_ms - s->since_ms > s->longest_ms)
        s->longest_ms = t_ms - s->since_ms;
    return same;
}

static void watch_k(struct anomaly *a, struct decimal k, int64_t t_ms)
{
    /* A clean engine shows the same little smoke all the time: that is no news. */
    if (!still(&a->k, k, t_ms) || decimal_to_double(k) < a->params.smoke_rise || !a->k.moved_known)
        return;
    int64_t for_ms = t_ms - a->k.since_ms;
    if (for_ms >= a->params.frozen_ms && a->k.moved_high - a->k.moved_low >= a->params.rpm_move) {
        a->frozen = true;
        if (for_ms > a->frozen_ms)
            a->frozen_ms = for_ms;
    }
}

/* ---- two quantities of one beam ---- */

static void watch_factor(struct anomaly *a, struct decimal n, struct decimal k)
{
    struct decimal from_n;
    if (decimal_to_double(n) < a->params.factor_opacity_min || k.units <= 0 ||
        !opacity_to_k(n, a->path_m, 6, &from_n) || from_n.units <= 0)
        return;
    double factor = decimal_to_double(k) / decimal_to_double(from_n);
    a->factor_count++;
    a->factor_sum += factor;
    a->factor_squares += factor * factor;
}

void anomaly_init(struct anomaly *a, const struct anomaly_params *params, struct decimal path_m)
{
    memset(a, 0, sizeof *a);
    a->params = *params;
    a->path_m = path_m;
}

void anomaly_sample(struct anomaly *a, const struct sample *sample, int64_t t_ms)
{
    const struct reading *k = sample_find(sample, QUANTITY_K), *n = sample_find(sample, QUANTITY_OPACITY),
                         *rpm = sample_find(sample, QUANTITY_RPM);
    if (!k && !rpm)
        return;
    if (rpm) {
        still(&a->rpm, rpm->value, t_ms);
        move(&a->k, decimal_to_double(rpm->value));
    }
    if (k)
        watch_k(a, k->value, t_ms);
    if (k && n)
        watch_factor(a, n->value, k->value);
    a->samples[a->samples_next].t_ms = t_ms;
    a->samples[a->samples_next].k = k ? (float)decimal_to_double(k->value) : -1;
    a->samples[a->samples_next].rpm = rpm ? (float)decimal_to_double(rpm->value) : -1;
    a->samples_next = (a->samples_next + 1) % ANOMALY_SAMPLES_MAX;
    if (a->samples_count < ANOMALY_SAMPLES_MAX)
        a->samples_count++;
}

/* ---- accelerations ---- */

/* The place in the ring of the i-th kept sample, oldest first. */
static size_t place(const struct anomaly *a, size_t i)
{
    return (a->samples_next + ANOMALY_SAMPLES_MAX - a->samples_count + i) % ANOMALY_SAMPLES_MAX;
}

/* The curve of k between two times; false when it is not whole in the ring. */
static bool cut_shape(const struct anomaly *a, const struct verdict_mark *mark, struct anomaly_shape *shape)
{
    int64_t length = mark->to_ms - mark->from_ms;
    if (length <= 0 || a->samples_count == 0 || a->samples[place(a, 0)].t_ms > mark->from_ms)
        return false;
    *shape = (struct anomaly_shape){.number = mark->number, .duration_ms = length};
    size_t i = 0;
    for (int p = 0; p < ANOMALY_POINTS; p++) {
        int64_t at_ms = mark->from_ms + length * p / (ANOMALY_POINTS - 1);
        double k = -1;
        for (; i < a->samples_count && a->samples[place(a, i)].t_ms <= at_ms; i++)
            continue;
        for (size_t back = i; back > 0 && k < 0; back--)
            k = (double)a->samples[place(a, back - 1)].k;
        if (k < 0)
            return false;
        shape->points[p] = (int16_t)lround(fmin(k, 32) * 1000);
        shape->peak = fmax(shape->peak, k);
    }
    return true;
}

/* Lowest and highest of a signal between two times. */
static bool range(const struct anomaly *a, int64_t from_ms, int64_t to_ms, bool of_rpm, double *low, double *high)
{
    bool any = false;
    for (size_t i = 0; i < a->samples_count; i++) {
        size_t at = place(a, i);
        double value = (double)(of_rpm ? a->samples[at].rpm : a->samples[at].k);
        if (a->samples[at].t_ms < from_ms || a->samples[at].t_ms > to_ms || value < 0)
            continue;
        *low = any ? fmin(*low, value) : value;
        *high = any ? fmax(*high, value) : value;
        any = true;
    }
    return any;
}

void anomaly_mark(struct anomaly *a, const struct verdict_mark *mark)
{
    struct anomaly_shape shape;
    double low = 0, high = 0, rpm_low = 0, rpm_high = 0;
    if (strcmp(mark->kind, "acceleration") != 0)
        return;
    if (a->shapes_count < ANOMALY_SHAPES_MAX && cut_shape(a, mark, &shape) && shape.peak >= a->params.curve_peak_min)
        a->shapes[a->shapes_count++] = shape;
    if (!range(a, mark->from_ms, mark->to_ms, false, &low, &high) ||
        !range(a, mark->from_ms, mark->to_ms, true, &rpm_low, &rpm_high) || rpm_high - rpm_low < a->params.rpm_move)
        return;
    a->accelerations++;
    if (high - low >= a->params.smoke_rise)
        a->with_smoke++;
    else if (high - low < a->params.smoke_rise / 4)
        a->without_smoke++;
}

double anomaly_difference(const struct anomaly_shape *a, const struct anomaly_shape *b)
{
    double longer = (double)(a->duration_ms > b->duration_ms ? a->duration_ms : b->duration_ms);
    double shorter = (double)(a->duration_ms > b->duration_ms ? b->duration_ms : a->duration_ms);
    double peak = fmax(a->peak, b->peak), sum = 0;
    if (peak <= 0 || longer > shorter * 1.1)
        return 1;
    for (int p = 0; p < ANOMALY_POINTS; p++)
        sum += fabs((double)a->points[p] - (double)b->points[p]) / 1000;
    return sum / ANOMALY_POINTS / peak;
}

/* ---- what was found ---- */

static struct anomaly_finding *find(struct anomaly_finding *out, size_t *count, const char *code)
{
    struct anomaly_finding *f = &out[(*count)++];
    *f = (struct anomaly_finding){.code = code};
    return f;
}

static void fact(struct anomaly_finding *f, const char *name, double value, unsigned digits)
{
    struct anomaly_fact *next = &f->facts[f->facts_count];
    next->name = name;
    if (decimal_from_double(value, digits, &next->value))
        f->facts_count++;
}

static void find_factor(const struct anomaly *a, struct anomaly_finding *out, size_t *count)
{
    if (a->factor_count < a->params.factor_samples)
        return;
    double mean = a->factor_sum / (double)a->factor_count;
    double variance = fmax(0, a->factor_squares / (double)a->factor_count - mean * mean);
    if (fabs(mean - 1) < a->params.factor_min || sqrt(variance) > a->params.factor_spread_max * mean)
        return;
    struct anomaly_finding *f = find(out, count, "factor");
    fact(f, "factor", mean, 3);
    fact(f, "samples", (double)a->factor_count, 0);
}

static void find_twins(const struct anomaly *a, struct anomaly_finding *out, size_t *count)
{
    for (size_t i = 0; i < a->shapes_count; i++)
        for (size_t j = 0; j < i; j++) {
            double difference = anomaly_difference(&a->shapes[i], &a->shapes[j]);
            if (difference >= a->params.curve_same)
                continue;
            struct anomaly_finding *f = find(out, count, "curve-twice");
            fact(f, "acceleration", a->shapes[i].number, 0);
            fact(f, "difference_percent", difference * 100, 3);
            fact(f, "same_as", a->shapes[j].number, 0);
            return;
        }
}

static void find_abort(const struct verdict *verdict, const struct rule *rule, struct anomaly_finding *out,
                       size_t *count)
{
    for (size_t i = 0; verdict->kind == VERDICT_ABORTED && i < verdict->marks_count; i++) {
        const struct verdict_mark *mark = &verdict->marks[i];
        struct decimal rounded;
        const struct rule_limit *limit = mark->quantity == QUANTITY_COUNT ? NULL : rule_limit(rule, mark->quantity, 0);
        if (!limit || limit->screening || strcmp(mark->kind, "acceleration") != 0 ||
            !rule_limit_exceeded(limit, verdict->limit_class, mark->value, &rounded))
            continue;
        struct anomaly_finding *f = find(out, count, "aborted-above-limit");
        fact(f, "acceleration", mark->number, 0);
        f->facts[f->facts_count++] = (struct anomaly_fact){"limit", limit->value[verdict->limit_class]};
        f->facts[f->facts_count++] = (struct anomaly_fact){"value", mark->value};
        return;
    }
}

size_t anomaly_findings(const struct anomaly *a, const struct verdict *verdict, const struct rule *rule,
                        struct anomaly_finding out[ANOMALY_FINDINGS_MAX])
{
    size_t count = 0;
    find_factor(a, out, &count);
    if (a->frozen)
        fact(find(out, &count, "frozen"), "seconds", (double)a->frozen_ms / 1000, 1);
    if (a->rpm.known && a->rpm.longest_ms >= a->params.rpm_regular_ms)
        fact(find(out, &count, "rpm-regular"), "seconds", (double)a->rpm.longest_ms / 1000, 1);
    if (a->with_smoke > 0 && a->without_smoke > 0) {
        struct anomaly_finding *f = find(out, &count, "rpm-without-smoke");
        fact(f, "accelerations", a->accelerations, 0);
        fact(f, "without_smoke", a->without_smoke, 0);
    }
    find_twins(a, out, &count);
    find_abort(verdict, rule, out, &count);
    return count;
}

/* ---- over many tests ---- */

double anomaly_rate_sigma(int64_t passed, int64_t tests, int64_t other_passed, int64_t other_tests)
{
    if (tests <= 0 || other_tests <= 0)
        return 0;
    double all = (double)(passed + other_passed) / (double)(tests + other_tests);
    double variance = all * (1 - all) * (1 / (double)tests + 1 / (double)other_tests);
    if (variance <= 0)
        return 0;
    return ((double)passed / (double)tests - (double)other_passed / (double)other_tests) / sqrt(variance);
}

double anomaly_travel_kmh(const struct anomaly_params *params, double km, int64_t ms)
{
    static const double hour_ms = 3600000;
    if (params->travel_kmh <= 0 || km <= 0 || km < params->travel_km_min ||
        km * hour_ms <= params->travel_kmh * (double)ms)
        return 0;
    return ms > 0 ? km * hour_ms / (double)ms : HUGE_VAL;
}

double anomaly_distance_km(double latitude, double longitude, double other_latitude, double other_longitude)
{
    static const double radian = 0.017453292519943295, earth_km = 6371.0;
    double north = sin((other_latitude - latitude) * radian / 2);
    double east = sin((other_longitude - longitude) * radian / 2);
    double h = north * north + cos(latitude * radian) * cos(other_latitude * radian) * east * east;
    return 2 * earth_km * asin(fmin(1, sqrt(h)));
}
