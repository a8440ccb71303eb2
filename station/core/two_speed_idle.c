#include "station/core/two_speed_idle.h"

#include <stdio.h>
#include <string.h>

#include "station/core/course.h"
#include "station/core/steady.h"

enum { POINT_IDLE = 1, POINT_RAISED = 2 };

enum phase { PHASE_CONDITION, PHASE_PROBE, PHASE_RAISED, PHASE_IDLE };

struct plan {
    size_t limits_count;
    struct rule_limit limits[RULES_LIMITS_MAX];
    struct steady_plan steady;
    int64_t condition_ms, rpm_gap_ms;
    struct decimal condition_rpm, raised_min, raised_max, idle_max, rpm_min;
};

struct state {
    struct course course;
    struct plan plan;
    enum phase phase;
    bool held;    /* the engine runs at the speed of this phase */
    bool by_word; /* … as the operator says */
    bool ever_by_word;
    int64_t held_from_ms;
    int64_t rpm_ms; /* of the latest good engine speed; -1: not known */
    struct decimal rpm;
    struct steady steady;
};

_Static_assert(sizeof(struct state) <= PROCEDURE_STATE_MAX, "the state does not fit into struct procedure");

static struct state *state_of(struct procedure *p)
{
    return (struct state *)(void *)p->state.bytes;
}

/* ---- the rule ---- */

static int load_speeds(struct plan *plan, const struct rule *rule, const struct vehicle *vehicle, struct err *err)
{
    enum { PERCENT_MAX = 120 };
    struct decimal raised;
    struct decimal tolerance;
    struct decimal rated;
    int64_t percent;
    if (rule_param_integer(rule, "condition-share", 0, PERCENT_MAX, &percent, err) != 0 ||
        rule_param(rule, "condition-rpm", &plan->condition_rpm, err) != 0 ||
        rule_param(rule, "raised-rpm", &raised, err) != 0 ||
        rule_param(rule, "raised-rpm-tolerance", &tolerance, err) != 0 ||
        rule_param(rule, "idle-rpm-max", &plan->idle_max, err) != 0 ||
        rule_param(rule, "rpm-min", &plan->rpm_min, err) != 0)
        return -1;
    if (vehicle_number(vehicle, VEHICLE_RATED_RPM, &rated) && decimal_round(rated, 0, &rated))
        plan->condition_rpm = (struct decimal){.units = rated.units * percent, .digits = 2};
    if (!decimal_subtract(raised, tolerance, &plan->raised_min) ||
        !decimal_scale(1, raised, tolerance, &plan->raised_max) || tolerance.units < 0)
        return err_set(err, ERR_INVALID, "rule '%s': raised-rpm-tolerance makes no sense", rule->name);
    return 0;
}

static int load_limits(struct plan *plan, const struct rule *rule, struct err *err)
{
    bool points[3] = {false};
    for (size_t i = 0; i < rule->limits_count; i++) {
        const struct rule_limit *limit = &rule->limits[i];
        if (limit->point != POINT_IDLE && limit->point != POINT_RAISED)
            return err_set(err, ERR_INVALID, "rule '%s': limit %s needs point = 1 (idle) or 2 (raised idle)",
                           rule->name, quantity_name(limit->quantity));
        points[limit->point] = true;
        plan->limits[plan->limits_count++] = *limit;
    }
    if (!points[POINT_IDLE] || !points[POINT_RAISED])
        return err_set(err, ERR_INVALID, "rule '%s' needs limits at idle (point = 1) and raised idle (point = 2)",
                       rule->name);
    return 0;
}

static int init(struct procedure *p, const struct rule_pack *pack, const struct rule *rule,
                const struct vehicle *vehicle, enum limit_class limit_class, struct err *err)
{
    struct state *s = state_of(p);
    memset(p, 0, sizeof *p);
    p->method = &two_speed_idle_method;
    s->rpm_ms = -1;
    if (course_load(&s->course, rule, true, err) != 0 || load_limits(&s->plan, rule, err) != 0 ||
        load_speeds(&s->plan, rule, vehicle, err) != 0 ||
        rule_param_ms(rule, "condition", &s->plan.condition_ms, err) != 0 ||
        rule_param_ms(rule, "rpm-gap", &s->plan.rpm_gap_ms, err) != 0 || steady_load(&s->plan.steady, rule, err) != 0)
        return -1;
    verdict_init(&p->verdict, pack, rule, limit_class);
    return 0;
}

/* ---- engine speed ---- */

static bool knows_rpm(const struct state *s, int64_t t_ms)
{
    return s->rpm_ms >= 0 && t_ms - s->rpm_ms <= s->plan.rpm_gap_ms;
}

static bool speed_fits(const struct state *s)
{
    switch (s->phase) {
    case PHASE_CONDITION: return decimal_compare(s->rpm, s->plan.condition_rpm) >= 0;
    case PHASE_RAISED:
        return decimal_compare(s->rpm, s->plan.raised_min) >= 0 && decimal_compare(s->rpm, s->plan.raised_max) <= 0;
    case PHASE_IDLE: return decimal_compare(s->rpm, s->plan.idle_max) <= 0;
    case PHASE_PROBE: break;
    }
    return false;
}

static void hold(struct state *s, bool by_word, int64_t t_ms)
{
    s->held = true;
    s->by_word = by_word;
    s->ever_by_word = s->ever_by_word || by_word;
    s->held_from_ms = t_ms;
    steady_begin(&s->steady, t_ms);
}

static void let_go(struct state *s)
{
    s->held = false;
    steady_stop(&s->steady);
}

/* What is measured goes before what was said. */
static void watch_speed(struct state *s, int64_t t_ms)
{
    bool known = knows_rpm(s, t_ms);
    if (s->held && (known ? !speed_fits(s) : !s->by_word))
        let_go(s);
    if (s->held && known)
        s->by_word = false;
    if (!s->held && known && speed_fits(s))
        hold(s, false, t_ms);
}

/* ---- course ---- */

static void enter(struct state *s, enum phase phase)
{
    s->phase = phase;
    s->held = false;
    s->course.measuring = phase > PHASE_PROBE;
    if (phase > PHASE_PROBE)
        steady_init(&s->steady, &s->plan.steady, s->plan.limits, s->plan.limits_count,
                    phase == PHASE_IDLE ? POINT_IDLE : POINT_RAISED);
}

/* The means of a point: marks, and values against its limits. False: the test has ended. */
static bool take_point(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    int point = s->phase == PHASE_IDLE ? POINT_IDLE : POINT_RAISED;
    for (size_t i = 0; i < s->steady.count; i++) {
        struct verdict_mark mark = {.number = (int)i + 1,
                                    .from_ms = s->steady.from_ms,
                                    .to_ms = t_ms,
                                    .quantity = s->steady.means[i].quantity,
                                    .counted = true};
        snprintf(mark.kind, sizeof mark.kind, "%s", point == POINT_IDLE ? "idle" : "raised-idle");
        if (!steady_mean(&s->steady, mark.quantity, &mark.value)) {
            course_abort(p, &s->course, t_ms, host, "the mean of %s is too large to be true: check the instrument",
                         quantity_name(mark.quantity));
            return false;
        }
        procedure_mark(p, &mark, host);
    }
    for (size_t i = 0; i < s->plan.limits_count; i++) {
        struct decimal mean;
        if (s->plan.limits[i].point == point && steady_mean(&s->steady, s->plan.limits[i].quantity, &mean))
            verdict_compare(&p->verdict, &s->plan.limits[i], mean);
    }
    return true;
}

static void on_point(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    if (!take_point(p, t_ms, host))
        return;
    if (s->phase == PHASE_RAISED) {
        enter(s, PHASE_IDLE);
        return;
    }
    if (s->ever_by_word)
        verdict_reason(&p->verdict, "engine speed: not measured throughout, held as the operator says");
    course_judge(p, &s->course, t_ms, host);
}

static void on_sample(struct procedure *p, const struct sample *sample, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    const struct reading *rpm = sample_find(sample, QUANTITY_RPM);
    if (rpm) {
        bool good = rpm->quality == QUALITY_OK && decimal_compare(rpm->value, s->plan.rpm_min) >= 0;
        s->rpm_ms = good ? t_ms : -1;
        s->rpm = rpm->value;
    }
    watch_speed(s, t_ms);
    if (s->phase > PHASE_PROBE && steady_take(&s->steady, sample, t_ms))
        on_point(p, t_ms, host);
}

static void on_confirm(struct state *s, int64_t t_ms)
{
    if (s->phase == PHASE_PROBE)
        enter(s, PHASE_RAISED);
    else if (!s->held && !knows_rpm(s, t_ms))
        hold(s, true, t_ms);
}

static struct prompting prompting(const struct state *s, int64_t t_ms)
{
    int64_t left = s->phase == PHASE_CONDITION ? s->plan.condition_ms - (s->held ? t_ms - s->held_from_ms : 0)
                                               : steady_left_ms(&s->steady, t_ms);
    struct decimal middle;
    switch (s->phase) {
    case PHASE_CONDITION: return (struct prompting){PROMPT_REV, procedure_whole(s->plan.condition_rpm), left};
    case PHASE_PROBE: return (struct prompting){PROMPT_INSERT_PROBE, 0, 0};
    case PHASE_RAISED:
        if (decimal_mean((const struct decimal[]){s->plan.raised_min, s->plan.raised_max}, 2, 0, &middle))
            return (struct prompting){PROMPT_REV, procedure_whole(middle), left};
        break;
    case PHASE_IDLE: break;
    }
    return (struct prompting){PROMPT_IDLE, 0, left};
}

static void step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    int64_t t_ms;
    if (p->finished)
        return;
    bool own = course_take(p, &s->course, event, &t_ms, host);
    if (own && event->kind == PROCEDURE_READING)
        on_sample(p, event->sample, t_ms, host);
    else if (own && event->kind == PROCEDURE_KEY && event->key == KEY_CONFIRM)
        on_confirm(s, t_ms);
    if (p->finished)
        return;
    if (!own)
        enter(s, PHASE_CONDITION);
    watch_speed(s, t_ms);
    if (s->phase == PHASE_CONDITION && s->held && t_ms - s->held_from_ms >= s->plan.condition_ms)
        enter(s, PHASE_PROBE);
    int64_t next_ms = s->phase == PHASE_CONDITION && s->held ? s->held_from_ms + s->plan.condition_ms : -1;
    course_ask(p, &s->course, prompting(s, t_ms), next_ms, host);
}

static const enum quantity needed[] = {QUANTITY_CO, QUANTITY_HC, QUANTITY_COUNT};

const struct procedure_method two_speed_idle_method = {
    .name = "two-speed-idle", .quantities = needed, .init = init, .step = step};
