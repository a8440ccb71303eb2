#include "station/core/lug_down.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "station/core/course.h"
#include "station/core/lug_down_plan.h"

enum { POWER_DIGITS = 6, SCAN_TRIES_MAX = 6 };

enum phase { PHASE_PROBE, PHASE_PEDAL, PHASE_SCAN, PHASE_FULL, PHASE_PART };

struct air {
    bool has_temp, has_pressure, has_altitude;
    struct decimal temp, pressure, altitude;
};

struct state {
    struct course course;
    struct lug_down_plan plan;
    enum phase phase;
    struct smoke smoke;
    struct air air;
    struct pace pace; /* of the speed */
    struct decimal speed;
    int64_t scan_ms; /* when it began */
    int scans;
    struct decimal best_power, best_speed; /* units 0: none yet */
    struct steady steady;
};

_Static_assert(sizeof(struct state) <= PROCEDURE_STATE_MAX, "the state does not fit into struct procedure");

static struct state *state_of(struct procedure *p)
{
    return (struct state *)(void *)p->state.bytes;
}

static int init(struct procedure *p, const struct rule_pack *pack, const struct rule *rule,
                const struct vehicle *vehicle, enum limit_class limit_class, struct err *err)
{
    struct state *s = state_of(p);
    memset(p, 0, sizeof *p);
    p->method = &lug_down_method;
    if (course_load(&s->course, rule, true, err) != 0 || lug_down_plan_load(&s->plan, rule, vehicle, err) != 0)
        return -1;
    verdict_init(&p->verdict, pack, rule, limit_class);
    smoke_init(&s->smoke, &s->plan.smoke);
    pace_init(&s->pace, s->plan.steady.gap_ms, s->plan.steady.gap_percent);
    return 0;
}

bool lug_down_alpha(struct decimal pressure_kpa, struct decimal temp_c, bool turbo, struct decimal *out)
{
    double p = decimal_to_double(pressure_kpa);
    double t = decimal_to_double(temp_c) + 273.15;
    if (!(p > 0) || !(t > 0))
        return false;
    double fa = turbo ? pow(99 / p, 0.7) * pow(t / 298, 1.5) : 99 / p * pow(t / 298, 0.7);
    return decimal_from_double(pow(fa, 1.2), POWER_DIGITS, out);
}

/* ---- what the instruments say ---- */

static void latest(const struct sample *sample, enum quantity quantity, bool *has, struct decimal *value)
{
    const struct reading *reading = sample_find(sample, quantity);
    if (!reading)
        return;
    *has = reading->quality == QUALITY_OK;
    *value = reading->value;
}

/* kW, measured or from force and speed of one moment. */
static bool power_of(const struct sample *sample, struct decimal *power)
{
    const struct reading *reading = sample_find(sample, QUANTITY_POWER);
    const struct reading *speed = sample_find(sample, QUANTITY_SPEED);
    if (reading) {
        *power = reading->value;
        return reading->quality == QUALITY_OK;
    }
    reading = sample_find(sample, QUANTITY_FORCE);
    return reading && reading->quality == QUALITY_OK && speed && speed->quality == QUALITY_OK &&
           decimal_from_double(decimal_to_double(reading->value) * decimal_to_double(speed->value) / 3600, POWER_DIGITS,
                               power);
}

/* The sample with k, where the instrument gives opacity. */
static struct sample with_k(struct state *s, const struct sample *sample)
{
    struct sample own = *sample;
    struct decimal k = {0};
    enum smoke_news news = smoke_read(&s->smoke, sample, sample->t_ms, &k);
    if (news != SMOKE_NONE && !sample_find(sample, QUANTITY_K))
        sample_add(&own, QUANTITY_K, news == SMOKE_GOOD ? QUALITY_OK : QUALITY_SUSPECT, k);
    return own;
}

/* ---- power scan ---- */

static void begin_scan(struct state *s, int64_t t_ms)
{
    s->phase = PHASE_SCAN;
    s->course.measuring = true;
    s->scan_ms = t_ms;
    s->scans++;
    s->best_power = s->best_speed = (struct decimal){0};
}

static void mark_scan(struct procedure *p, int64_t t_ms, const char *note, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct verdict_mark mark = {.kind = "scan",
                                .number = s->scans,
                                .from_ms = s->scan_ms,
                                .to_ms = t_ms,
                                .quantity = QUANTITY_POWER,
                                .value = s->best_power,
                                .counted = !note[0]};
    snprintf(mark.note, sizeof mark.note, "%s", note);
    procedure_mark(p, &mark, host);
    if (!mark.counted)
        return;
    snprintf(mark.kind, sizeof mark.kind, "velmaxhp");
    mark.quantity = QUANTITY_SPEED;
    mark.value = s->best_speed;
    procedure_mark(p, &mark, host);
}

static void repeat_scan(struct procedure *p, int64_t t_ms, const char *why, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    mark_scan(p, t_ms, why, host);
    s->phase = PHASE_PEDAL;
    if (s->scans == SCAN_TRIES_MAX)
        course_abort(p, &s->course, t_ms, host, "no power scan that counts: see the marks");
}

/* Compares the corrected power; false: the test has ended. */
static bool compare_power(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct decimal alpha;
    struct decimal power;
    char factor[DECIMAL_TEXT_MAX];
    if (!s->air.has_temp || !s->air.has_pressure ||
        !lug_down_alpha(s->air.pressure, s->air.temp, s->plan.turbo, &alpha) ||
        !decimal_from_double(decimal_to_double(s->best_power) * decimal_to_double(alpha), POWER_DIGITS, &power)) {
        course_abort(p, &s->course, t_ms, host, "power: temperature and pressure of the air are needed to correct it");
        return false;
    }
    struct verdict_mark mark = {.kind = "corrected-power",
                                .number = 1,
                                .from_ms = s->scan_ms,
                                .to_ms = t_ms,
                                .quantity = QUANTITY_POWER,
                                .value = power,
                                .counted = true};
    decimal_format(alpha, factor);
    snprintf(mark.note, sizeof mark.note, "alpha %s", factor);
    procedure_mark(p, &mark, host);
    verdict_compare(&p->verdict, &s->plan.power, power);
    return true;
}

static void enter_point(struct state *s, enum phase phase)
{
    s->phase = phase;
    steady_init(&s->steady, &s->plan.steady, s->plan.limits, s->plan.limits_count,
                phase == PHASE_FULL ? LUG_DOWN_FULL : LUG_DOWN_PART);
}

static void end_scan(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    char speed[DECIMAL_TEXT_MAX];
    char note[VERDICT_NOTE_MAX];
    decimal_format(s->best_speed, speed);
    snprintf(note, sizeof note, "VelMaxHP %s km/h is out of bounds: another gear", speed);
    if ((s->plan.has_slowest && decimal_compare(s->best_speed, s->plan.slowest) < 0) ||
        (s->plan.has_fastest && decimal_compare(s->best_speed, s->plan.fastest) > 0)) {
        repeat_scan(p, t_ms, note, host);
        return;
    }
    mark_scan(p, t_ms, "", host);
    if (compare_power(p, t_ms, host))
        enter_point(s, PHASE_FULL);
}

static void scan(struct procedure *p, const struct sample *sample, bool missing, int64_t t_ms,
                 const struct procedure_host *host)
{
    struct state *s = state_of(p);
    const struct reading *speed = sample_find(sample, QUANTITY_SPEED);
    bool tells = speed || sample_find(sample, QUANTITY_POWER) || sample_find(sample, QUANTITY_FORCE);
    struct decimal power = {0};
    struct decimal end;
    if (!tells)
        return;
    if (missing || !speed || speed->quality != QUALITY_OK || !power_of(sample, &power)) {
        repeat_scan(p, t_ms, "a reading was missing or not good", host);
        return;
    }
    if (decimal_compare(power, s->best_power) > 0) {
        s->best_power = power;
        s->best_speed = speed->value;
    }
    if (s->best_power.units > 0 && decimal_scale(s->plan.scan_percent, s->best_speed, (struct decimal){0}, &end) &&
        decimal_scale(100, speed->value, (struct decimal){0}, &power) && decimal_compare(power, end) <= 0)
        end_scan(p, t_ms, host);
}

/* ---- points ---- */

static struct decimal target(const struct state *s)
{
    int64_t percent = s->phase == PHASE_FULL ? LUG_DOWN_FULL : LUG_DOWN_PART;
    struct decimal out = {0};
    (void)decimal_from_double(decimal_to_double(s->best_speed) * (double)percent / 100, 1, &out);
    return out;
}

static void watch_speed(struct state *s, const struct reading *speed, int64_t t_ms)
{
    struct decimal off;
    if (!speed)
        return;
    bool holds = speed->quality == QUALITY_OK && decimal_subtract(speed->value, target(s), &off) &&
                 decimal_compare(decimal_absolute(off), s->plan.speed_tolerance) <= 0;
    if (!holds)
        steady_stop(&s->steady);
    else if (!s->steady.running)
        steady_begin(&s->steady, t_ms);
}

/* The rule's limit, raised by the altitude where the rule says so. */
static struct rule_limit limit_here(struct procedure *p, const struct rule_limit *limit)
{
    struct state *s = state_of(p);
    struct rule_limit here = *limit;
    if (limit->quantity != QUANTITY_K || !s->air.has_altitude)
        return here;
    struct decimal rise = lug_down_plan_rise(&s->plan, s->air.altitude);
    if (rise.units == 0)
        return here;
    for (size_t c = 0; c < 2; c++)
        (void)decimal_scale(1, limit->value[c], rise, &here.value[c]);
    char by[DECIMAL_TEXT_MAX];
    char altitude[DECIMAL_TEXT_MAX];
    decimal_format(rise, by);
    decimal_format(s->air.altitude, altitude);
    if (limit->point == LUG_DOWN_FULL)
        verdict_reason(&p->verdict, "k: limit raised by %s for %s m above the sea", by, altitude);
    return here;
}

static void take_point(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    int point = s->phase == PHASE_FULL ? LUG_DOWN_FULL : LUG_DOWN_PART;
    for (size_t i = 0; i < s->plan.limits_count; i++) {
        const struct rule_limit *limit = &s->plan.limits[i];
        struct verdict_mark mark = {.kind = "point",
                                    .number = point,
                                    .from_ms = s->steady.from_ms,
                                    .to_ms = t_ms,
                                    .quantity = limit->quantity,
                                    .counted = true};
        if (limit->point != point)
            continue;
        if (!steady_mean(&s->steady, limit->quantity, &mark.value)) {
            course_abort(p, &s->course, t_ms, host, "the mean of %s is too large to be true: check the instrument",
                         quantity_name(limit->quantity));
            return;
        }
        procedure_mark(p, &mark, host);
        const struct rule_limit here = limit_here(p, limit);
        verdict_compare(&p->verdict, &here, mark.value);
    }
    if (s->phase == PHASE_FULL)
        enter_point(s, PHASE_PART);
    else
        course_judge(p, &s->course, t_ms, host);
}

/* ---- course ---- */

static void on_sample(struct procedure *p, const struct sample *sample, bool own, int64_t t_ms,
                      const struct procedure_host *host)
{
    struct state *s = state_of(p);
    const struct reading *speed = sample_find(sample, QUANTITY_SPEED);
    const struct sample complete = with_k(s, sample);
    latest(sample, QUANTITY_AIR_TEMP, &s->air.has_temp, &s->air.temp);
    latest(sample, QUANTITY_PRESSURE, &s->air.has_pressure, &s->air.pressure);
    latest(sample, QUANTITY_ALTITUDE, &s->air.has_altitude, &s->air.altitude);
    bool missing = speed && pace_take(&s->pace, t_ms);
    if (speed)
        s->speed = speed->value;
    if (s->air.has_temp && decimal_compare(s->air.temp, s->plan.air_temp_max) > 0) {
        char is[DECIMAL_TEXT_MAX];
        char most[DECIMAL_TEXT_MAX];
        decimal_format(s->air.temp, is);
        decimal_format(s->plan.air_temp_max, most);
        course_abort(p, &s->course, t_ms, host, "the air is too warm: %s degC, at most %s", is, most);
    } else if (own && s->phase == PHASE_SCAN) {
        scan(p, sample, missing, t_ms, host);
    } else if (own && s->phase >= PHASE_FULL) {
        if (missing)
            steady_stop(&s->steady);
        watch_speed(s, speed, t_ms);
        if (steady_take(&s->steady, &complete, t_ms))
            take_point(p, t_ms, host);
    }
}

static void on_confirm(struct state *s, int64_t t_ms)
{
    if (s->phase == PHASE_PROBE)
        s->phase = PHASE_PEDAL;
    else if (s->phase == PHASE_PEDAL)
        begin_scan(s, t_ms);
}

static struct prompting prompting(const struct state *s, int64_t t_ms)
{
    switch (s->phase) {
    case PHASE_PROBE: return (struct prompting){PROMPT_INSERT_PROBE, 0, 0};
    case PHASE_PEDAL: return (struct prompting){PROMPT_FULL_PEDAL, s->scans, 0};
    case PHASE_SCAN:
        return (struct prompting){PROMPT_SCAN, procedure_whole(s->speed),
                                  procedure_whole(s->best_speed) * s->plan.scan_percent / 100};
    case PHASE_FULL:
    case PHASE_PART: break;
    }
    return (struct prompting){PROMPT_SPEED, procedure_whole(target(s)), steady_left_ms(&s->steady, t_ms)};
}

static void step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    int64_t t_ms;
    if (p->finished)
        return;
    bool own = course_take(p, &s->course, event, &t_ms, host);
    if (!p->finished && event->kind == PROCEDURE_READING)
        on_sample(p, event->sample, own, t_ms, host);
    else if (own && event->kind == PROCEDURE_KEY && event->key == KEY_CONFIRM)
        on_confirm(s, t_ms);
    if (p->finished)
        return;
    if (!own) {
        s->phase = PHASE_PROBE;
        s->course.measuring = false;
    }
    course_ask(p, &s->course, prompting(s, t_ms), -1, host);
}

static const enum quantity needed[] = {QUANTITY_K,        QUANTITY_SPEED,    QUANTITY_POWER, QUANTITY_NOX,
                                       QUANTITY_AIR_TEMP, QUANTITY_PRESSURE, QUANTITY_COUNT};

const struct procedure_method lug_down_method = {.name = "lug-down", .quantities = needed, .init = init, .step = step};
