#include "station/core/snap.h"

#include <string.h>

enum { SCALE_DIGITS = 6 };

/* In millionths; what is far beyond any instrument stands as the largest, so that differences fit. */
static int64_t scaled(struct decimal value)
{
    static const int64_t largest = INT64_MAX / 1000;
    struct decimal out;
    if (!decimal_round(value, SCALE_DIGITS, &out) || out.units > largest || out.units < -largest)
        return value.units < 0 ? -largest : largest;
    return out.units;
}

int snap_load(struct snap_params *p, const struct rule *rule, struct err *err)
{
    enum { SHARE_MAX = 90, GAP_MAX = 1000 };
    *p = (struct snap_params){0};
    if (rule_param(rule, "k-rise", &p->k_rise, err) != 0 || rule_param(rule, "rpm-rise", &p->rpm_rise, err) != 0 ||
        rule_param(rule, "rpm-min", &p->rpm_min, err) != 0 ||
        rule_param_integer(rule, "k-rise-share", 0, SHARE_MAX, &p->k_share_percent, err) != 0 ||
        rule_param_integer(rule, "rpm-rise-share", 0, SHARE_MAX, &p->rpm_share_percent, err) != 0 ||
        rule_param_ms(rule, "k-high-min", &p->k_high_ms, err) != 0 ||
        rule_param_ms(rule, "settle", &p->settle_ms, err) != 0 ||
        rule_param_ms(rule, "acceleration-max", &p->longest_ms, err) != 0 ||
        rule_param_ms(rule, "rpm-gap", &p->rpm_gap_ms, err) != 0 ||
        rule_param_ms(rule, "k-gap", &p->gap_ms, err) != 0 ||
        rule_param_integer(rule, "k-gap-share", 100, GAP_MAX, &p->gap_percent, err) != 0 ||
        rule_param_ms(rule, "manual-window", &p->manual_ms, err) != 0)
        return -1;
    if (p->k_rise.units <= 0 || p->rpm_rise.units <= 0 || p->settle_ms == 0 || p->longest_ms == 0 ||
        p->rpm_gap_ms == 0 || p->manual_ms == 0)
        return err_set(
            err, ERR_INVALID,
            "rule '%s': k-rise, rpm-rise, settle, acceleration-max, rpm-gap and manual-window must be above 0",
            rule->name);
    return 0;
}

void snap_init(struct snap *s, const struct snap_params *params)
{
    memset(s, 0, sizeof *s);
    s->params = *params;
    s->k.rise = scaled(params->k_rise);
    s->k.share_percent = params->k_share_percent;
    s->rpm.rise = scaled(params->rpm_rise);
    s->rpm.share_percent = params->rpm_share_percent;
    s->manual_until_ms = s->last_rpm_ms = s->last_bad_ms = -1;
    pace_init(&s->pace, params->gap_ms, params->gap_percent);
}

/* ---- one signal ---- */

static int64_t threshold(const struct snap_signal *signal)
{
    int64_t share = signal->best / 100 * signal->share_percent;
    return share > signal->rise ? share : signal->rise;
}

static void fall(struct snap_signal *signal, int64_t t_ms)
{
    signal->high = false;
    signal->high_ms += t_ms - signal->high_from_ms;
}

static void feed(struct snap_signal *signal, int64_t t_ms, int64_t value)
{
    if (!signal->known || (!signal->high && value < signal->base))
        signal->base = value;
    signal->known = true;
    int64_t rise = value - signal->base;
    if (!signal->high && rise >= threshold(signal)) {
        signal->high = true;
        signal->high_from_ms = t_ms;
    }
    if (!signal->high)
        return;
    if (rise > signal->best)
        signal->best = rise;
    if (rise <= threshold(signal) / 2) {
        fall(signal, t_ms);
        signal->base = value;
    }
}

/* Its present level, whatever it is, is its rest. */
static void forget(struct snap_signal *signal, int64_t t_ms)
{
    if (signal->high)
        fall(signal, t_ms);
    signal->known = false;
}

/* ---- interruptions of k ---- */

static void spoil(struct snap *s, int64_t t_ms)
{
    s->last_bad_ms = t_ms;
    if (s->open)
        s->window.spoiled = true;
}

void snap_pace(struct snap *s, int64_t t_ms)
{
    if (pace_take(&s->pace, t_ms))
        spoil(s, t_ms);
}

/* ---- windows ---- */

static bool knows_rpm(const struct snap *s)
{
    return s->last_rpm_ms >= 0;
}

static void open_window(struct snap *s, int64_t t_ms)
{
    s->open = true;
    s->k.high_ms = s->rpm.high_ms = 0;
    s->manual_until_ms = -1;
    s->window = (struct snap_window){.from_ms = t_ms,
                                     .with_rpm = knows_rpm(s),
                                     .spoiled = s->last_bad_ms >= 0 && t_ms - s->last_bad_ms <= s->params.settle_ms};
}

static void watch(struct snap *s, int64_t t_ms, bool was_high)
{
    bool high = s->k.high || s->rpm.high;
    if (high && !s->open)
        open_window(s, t_ms);
    if (was_high && !high)
        s->quiet_from_ms = t_ms;
}

void snap_k(struct snap *s, int64_t t_ms, struct decimal k)
{
    bool was_high = s->k.high || s->rpm.high;
    snap_pace(s, t_ms);
    feed(&s->k, t_ms, scaled(k));
    watch(s, t_ms, was_high);
    if (s->open && (!s->window.has_max || decimal_compare(k, s->window.max_k) > 0)) {
        s->window.max_k = k;
        s->window.has_max = true;
    }
}

void snap_k_bad(struct snap *s, int64_t t_ms)
{
    pace_skip(&s->pace, t_ms);
    spoil(s, t_ms);
}

void snap_rpm(struct snap *s, int64_t t_ms, struct decimal rpm)
{
    if (decimal_compare(rpm, s->params.rpm_min) < 0) {
        snap_rpm_bad(s, t_ms);
        return;
    }
    bool was_high = s->k.high || s->rpm.high;
    s->last_rpm_ms = t_ms;
    feed(&s->rpm, t_ms, scaled(rpm));
    watch(s, t_ms, was_high);
    if (s->open && decimal_compare(rpm, s->window.max_rpm) > 0)
        s->window.max_rpm = rpm;
}

void snap_rpm_bad(struct snap *s, int64_t t_ms)
{
    if (!knows_rpm(s))
        return;
    bool was_high = s->k.high || s->rpm.high;
    s->last_rpm_ms = -1;
    forget(&s->rpm, t_ms);
    if (s->open && s->window.with_rpm)
        s->window.spoiled = true;
    watch(s, t_ms, was_high);
}

bool snap_manual(struct snap *s, int64_t t_ms)
{
    if (s->open || knows_rpm(s))
        return false;
    open_window(s, t_ms);
    s->quiet_from_ms = t_ms;
    s->manual_until_ms = t_ms + s->params.manual_ms;
    return true;
}

bool snap_is_open(const struct snap *s)
{
    return s->open;
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t close_due(const struct snap *s)
{
    if (s->k.high || s->rpm.high)
        return later(s->window.from_ms + s->params.longest_ms, later(s->k.high_from_ms, s->rpm.high_from_ms));
    return later(s->quiet_from_ms + s->params.settle_ms, s->manual_until_ms);
}

static int64_t rpm_due(const struct snap *s)
{
    return knows_rpm(s) ? s->last_rpm_ms + s->params.rpm_gap_ms : -1;
}

int64_t snap_next_ms(const struct snap *s)
{
    return earlier(rpm_due(s), s->open ? close_due(s) : -1);
}

static bool close_window(struct snap *s, int64_t t_ms, struct snap_window *closed)
{
    s->open = false;
    s->window.too_long = s->k.high || s->rpm.high;
    if (s->window.too_long) {
        forget(&s->k, t_ms);
        forget(&s->rpm, t_ms);
        s->quiet_from_ms = t_ms;
    }
    bool rose = s->window.with_rpm ? s->rpm.high_ms > 0 : s->k.high_ms > 0 && s->k.high_ms >= s->params.k_high_ms;
    s->window.manual = s->manual_until_ms >= 0 && !rose;
    s->window.to_ms = later(s->quiet_from_ms, s->manual_until_ms);
    s->window.rpm_high_ms = s->rpm.high_ms;
    if (!s->window.has_max || pace_interrupted(&s->pace, t_ms))
        s->window.spoiled = true;
    *closed = s->window;
    return rose || s->window.manual;
}

bool snap_advance(struct snap *s, int64_t t_ms, struct snap_window *closed)
{
    for (;;) {
        int64_t due = snap_next_ms(s);
        if (due < 0 || due > t_ms)
            return false;
        if (due == rpm_due(s))
            snap_rpm_bad(s, due);
        else if (close_window(s, due, closed))
            return true;
    }
}
