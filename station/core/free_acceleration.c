#include "station/core/free_acceleration.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "station/core/free_acceleration_plan.h"
#include "station/core/procedure_part.h"
#include "station/core/warm.h"
#include "station/core/zero_check.h"

enum phase {
    PHASE_NOT_STARTED,
    PHASE_WAIT,
    PHASE_WARM,
    PHASE_ZERO,
    PHASE_PROBE,
    PHASE_PURGE,
    PHASE_MEASURE,
    PHASE_ZERO_AFTER
};

/* All times count from the start of the test. */
struct state {
    struct free_acceleration_plan plan;
    enum phase phase;
    struct snap snap;
    bool smoke_seen; /* an ok reading came */
    struct smoke smoke;
    struct smoke_air air;
    struct warm warm;
    enum instrument_status status; /* of the instrument that gives k */
    int64_t purged;
    int64_t accelerations; /* measured ones, counted or not */
    size_t maxima_count;
    struct decimal maxima[FREE_ACCELERATION_COUNT_MAX]; /* the latest ones, as a ring */
    int64_t idle_until_ms;
    struct zero_check zero;
    struct decimal measured; /* the result, once there is one */
    struct prompting shown;
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
    p->method = &free_acceleration_method;
    if (free_acceleration_plan_load(&s->plan, rule, vehicle, err) != 0)
        return -1;
    verdict_init(&p->verdict, pack, rule, limit_class);
    snap_init(&s->snap, &s->plan.snap);
    warm_init(&s->warm, s->plan.oil_temp_min);
    smoke_init(&s->smoke, &s->plan.smoke);
    zero_check_init(&s->zero, &s->plan.zero, s->plan.limit.quantity);
    s->shown.prompt = PROMPT_COUNT;
    return 0;
}

/* ---- ends ---- */

static void end(struct procedure *p, enum verdict_kind kind, int64_t t_ms, const struct procedure_host *host)
{
    warm_tell(&state_of(p)->warm, &p->verdict);
    procedure_finish(p, kind, t_ms, host);
}

static void abort_test(struct procedure *p, int64_t t_ms, const struct procedure_host *host, const char *what,
                       const char *detail)
{
    verdict_reason(&p->verdict, "%s%s", what, detail);
    end(p, VERDICT_ABORTED, t_ms, host);
}

/* To the conditions that the limit is for; the uncorrected result stays as a mark. False: the test has ended. */
static bool correct(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct verdict_mark mark = {
        .kind = "uncorrected", .number = 1, .from_ms = t_ms, .to_ms = t_ms, .quantity = s->plan.limit.quantity};
    if (!s->plan.correction.wanted)
        return true;
    mark.value = s->measured;
    enum smoke_corrected result = smoke_correct(&s->plan.correction, &s->air, &s->measured, mark.note);
    procedure_mark(p, &mark, host);
    if (result == SMOKE_SENSELESS) {
        abort_test(p, t_ms, host, "the result cannot be corrected: check opacity and weather", "");
        return false;
    }
    if (result == SMOKE_NO_DENSITY)
        verdict_reason(&p->verdict,
                       "density: not corrected, pressure, temperature or humidity of the air not measured");
    if (result == SMOKE_NO_DENSITY && s->plan.correction.density_needed) {
        end(p, VERDICT_INVALID, t_ms, host);
        return false;
    }
    return true;
}

static void judge(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct verdict *v = &p->verdict;
    if (!correct(p, t_ms, host))
        return;
    bool exceeded = verdict_compare(v, &state_of(p)->plan.limit, state_of(p)->measured);
    if (exceeded)
        verdict_reason_exceeded(v, &v->values[0]);
    end(p, exceeded ? VERDICT_FAIL : VERDICT_PASS, t_ms, host);
}

static void decide(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    char spread[DECIMAL_TEXT_MAX];
    switch (free_acceleration_plan_decide(&s->plan, s->maxima, s->maxima_count, p->verdict.limit_class, &s->measured)) {
    case OUTCOME_GO_ON: break;
    case OUTCOME_PASS:
    case OUTCOME_FAIL:
        if (!s->plan.zero.wanted) {
            judge(p, t_ms, host);
            break;
        }
        s->phase = PHASE_ZERO_AFTER;
        zero_check_begin(&s->zero, true);
        break;
    case OUTCOME_UNSTABLE:
        decimal_format(s->plan.spread_max, spread);
        abort_test(p, t_ms, host, "no steady result: the last maxima differ by more than ", spread);
        break;
    case OUTCOME_SENSELESS:
        abort_test(p, t_ms, host, "the mean of the maxima is too large to be true: check the instrument", "");
        break;
    }
}

/* ---- zero before and after ---- */

static void read_zero(struct procedure *p, struct decimal smoke, bool good, int64_t t_ms,
                      const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct verdict_mark mark;
    if (!good) {
        zero_check_bad(&s->zero, t_ms);
        return;
    }
    enum zero_check_result result = zero_check_take(&s->zero, t_ms, smoke, &mark);
    if (result == ZERO_GO_ON)
        return;
    if (!procedure_mark(p, &mark, host)) {
        abort_test(p, t_ms, host, "zero was off too often: see the marks", "");
    } else if (result == ZERO_GOOD && s->phase == PHASE_ZERO) {
        s->phase = PHASE_PROBE;
    } else if (result == ZERO_GOOD) {
        judge(p, t_ms, host);
    } else if (s->phase == PHASE_ZERO_AFTER) { /* void, whatever was measured */
        if (!s->plan.correction.wanted)
            verdict_compare(&p->verdict, &s->plan.limit, s->measured);
        verdict_reason(&p->verdict, "zero: %s", mark.note);
        end(p, VERDICT_INVALID, t_ms, host);
    }
}

/* ---- accelerations ---- */

/* Why it cannot count; empty if it can. */
static void find_fault(const struct state *s, const struct snap_window *w, char note[VERDICT_NOTE_MAX])
{
    char is[PROCEDURE_SECONDS_MAX];
    char should[PROCEDURE_SECONDS_MAX];
    note[0] = '\0';
    if (w->too_long) {
        snprintf(note, VERDICT_NOTE_MAX, "did not return to idle within %s",
                 procedure_seconds(s->plan.snap.longest_ms, should));
    } else if (w->from_ms < s->idle_until_ms) {
        snprintf(note, VERDICT_NOTE_MAX, "idle before it was shorter than %s",
                 procedure_seconds(s->plan.idle_ms, should));
    } else if (w->spoiled) {
        snprintf(note, VERDICT_NOTE_MAX, "a reading was missing or not good");
    } else if (w->with_rpm && w->rpm_high_ms < s->plan.hold_ms) {
        snprintf(note, VERDICT_NOTE_MAX, "pedal held for %s, %s needed", procedure_seconds(w->rpm_high_ms, is),
                 procedure_seconds(s->plan.hold_ms, should));
    } else if (w->with_rpm && decimal_compare(w->max_rpm, s->plan.rpm_reach) < 0) {
        decimal_format(w->max_rpm, is);
        decimal_format(s->plan.rpm_reach, should);
        snprintf(note, VERDICT_NOTE_MAX, "reached %s r/min, %s needed", is, should);
    }
}

static bool add_mark(struct procedure *p, const struct snap_window *w, const char *kind, int64_t number, bool counted,
                     const char *note, const struct procedure_host *host)
{
    struct verdict_mark mark = {.number = (int)number,
                                .from_ms = w->from_ms,
                                .to_ms = w->to_ms,
                                .quantity = w->has_max ? state_of(p)->plan.limit.quantity : QUANTITY_COUNT,
                                .value = w->max_k,
                                .counted = counted};
    snprintf(mark.kind, sizeof mark.kind, "%s", kind);
    snprintf(mark.note, sizeof mark.note, "%s", note);
    return procedure_mark(p, &mark, host);
}

static const char *const manual_note = "marked by the operator, not seen in the signals";

static void take_purge(struct procedure *p, const struct snap_window *w, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    s->purged++;
    add_mark(p, w, "purge", s->purged, false, w->manual ? manual_note : "", host);
    if (s->purged < s->plan.purge_count)
        return;
    s->phase = PHASE_MEASURE;
    s->idle_until_ms = w->to_ms + s->plan.idle_ms;
}

static void take_measured(struct procedure *p, const struct snap_window *w, int64_t t_ms,
                          const struct procedure_host *host)
{
    struct state *s = state_of(p);
    char note[VERDICT_NOTE_MAX];
    find_fault(s, w, note);
    bool counts = !note[0];
    if (counts && w->manual)
        snprintf(note, sizeof note, "%s", manual_note);
    s->accelerations++;
    if (!add_mark(p, w, "acceleration", s->accelerations, counts, note, host)) {
        abort_test(p, t_ms, host, "too many accelerations did not count: see the marks", "");
        return;
    }
    s->idle_until_ms = w->to_ms + s->plan.idle_ms;
    if (!counts)
        return;
    s->maxima[s->maxima_count++ % (size_t)s->plan.count] = w->max_k;
    decide(p, t_ms, host);
}

/* ---- phases ---- */

static void advance_phase(struct state *s)
{
    if (s->phase == PHASE_WAIT && s->smoke_seen && !procedure_unfit(s->status))
        s->phase = PHASE_WARM;
    if (s->phase != PHASE_WARM || !warm_is(&s->warm))
        return;
    s->phase = s->plan.zero.wanted ? PHASE_ZERO : PHASE_PROBE;
    if (s->plan.zero.wanted)
        zero_check_begin(&s->zero, false);
}

static struct prompting measuring(const struct state *s, int64_t t_ms)
{
    int64_t number = (int64_t)s->maxima_count + 1;
    if (!snap_is_open(&s->snap)) {
        if (t_ms < s->idle_until_ms)
            return (struct prompting){PROMPT_IDLE, 0, s->idle_until_ms - t_ms};
        return (struct prompting){PROMPT_PRESS, number, s->plan.count};
    }
    bool in_time = s->snap.window.from_ms >= s->idle_until_ms;
    if (in_time && t_ms < s->snap.window.from_ms + s->plan.hold_ms)
        return (struct prompting){PROMPT_HOLD, number, s->plan.hold_ms};
    return (struct prompting){PROMPT_RELEASE, 0, 0};
}

static struct prompting prompting(const struct state *s, int64_t t_ms)
{
    switch (s->phase) {
    case PHASE_NOT_STARTED:
    case PHASE_WAIT: break;
    case PHASE_WARM: return warm_prompting(&s->warm);
    case PHASE_ZERO:
    case PHASE_ZERO_AFTER: return zero_check_prompting(&s->zero, t_ms);
    case PHASE_PROBE: return (struct prompting){PROMPT_INSERT_PROBE, 0, 0};
    case PHASE_PURGE: return (struct prompting){PROMPT_PURGE, s->purged, s->plan.purge_count};
    case PHASE_MEASURE: return measuring(s, t_ms);
    }
    return (struct prompting){PROMPT_WAIT_INSTRUMENT, 0, 0};
}

/* The next moment after t_ms at which something changes without an event. */
static int64_t next_ms(const struct state *s, int64_t t_ms)
{
    int64_t next = s->plan.time_limit_ms;
    const int64_t moments[] = {snap_next_ms(&s->snap), s->idle_until_ms, s->snap.window.from_ms + s->plan.hold_ms};
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        if (moments[i] > t_ms && moments[i] < next)
            next = moments[i];
    return next;
}

static void ask(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    p->takes_zero = s->phase == PHASE_ZERO && s->zero.phase != ZERO_READ;
    host->wake(host->ctx, p->start_ms + next_ms(s, t_ms));
    procedure_prompt(&s->shown, prompting(s, t_ms), host);
}

/* ---- events ---- */

static void on_reading(struct procedure *p, const struct sample *sample, int64_t t_ms,
                       const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct decimal smoke = {0};
    const struct reading *rpm = sample_find(sample, QUANTITY_RPM);
    warm_read(&s->warm, sample);
    bool measuring_now = s->phase == PHASE_PURGE || s->phase == PHASE_MEASURE;
    if (rpm && measuring_now && rpm->quality == QUALITY_OK)
        snap_rpm(&s->snap, t_ms, rpm->value);
    else if (rpm && measuring_now)
        snap_rpm_bad(&s->snap, t_ms);
    smoke_air_read(&s->air, sample);
    enum smoke_news news = smoke_read(&s->smoke, sample, t_ms, &smoke);
    bool good = news == SMOKE_GOOD;
    if (news == SMOKE_NONE)
        return;
    s->smoke_seen = s->smoke_seen || good;
    if (!measuring_now)
        snap_pace(&s->snap, t_ms);
    else if (good)
        snap_k(&s->snap, t_ms, smoke);
    else
        snap_k_bad(&s->snap, t_ms);
    if (s->phase == PHASE_ZERO || s->phase == PHASE_ZERO_AFTER)
        read_zero(p, smoke, good, t_ms, host);
}

static void on_confirm(struct state *s, int64_t t_ms)
{
    if (s->phase == PHASE_ZERO || s->phase == PHASE_ZERO_AFTER) {
        zero_check_confirm(&s->zero, t_ms);
    } else if (s->phase == PHASE_PROBE) {
        s->phase = s->plan.purge_count > 0 ? PHASE_PURGE : PHASE_MEASURE;
        s->idle_until_ms = t_ms;
    } else if (s->phase == PHASE_PURGE || (s->phase == PHASE_MEASURE && t_ms >= s->idle_until_ms)) {
        snap_manual(&s->snap, t_ms);
    }
}

static void on_key(struct procedure *p, const struct procedure_event *event, int64_t t_ms,
                   const struct procedure_host *host)
{
    struct state *s = state_of(p);
    if (event->key == KEY_CONFIRM)
        on_confirm(s, t_ms);
    else if (event->key == KEY_BYPASS_WARM && s->phase == PHASE_WARM)
        warm_bypass(&s->warm, event->text);
    else if (event->key == KEY_ABORT && event->text && *event->text)
        abort_test(p, t_ms, host, "aborted by the operator: ", event->text);
}

static void on_status(struct procedure *p, const struct procedure_event *event, int64_t t_ms,
                      const struct procedure_host *host)
{
    struct state *s = state_of(p);
    s->status = event->status;
    if (!procedure_unfit(event->status))
        return;
    if (s->phase >= PHASE_PURGE) {
        char what[VERDICT_REASON_MAX];
        snprintf(what, sizeof what, "instrument %s: ", event->text ? event->text : "");
        abort_test(p, t_ms, host, what, instrument_status_name(event->status));
    } else if (s->phase != PHASE_NOT_STARTED) {
        s->phase = PHASE_WAIT;
        s->smoke_seen = false;
    }
}

/* Lets time pass up to t_ms. */
static void pass_time(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct snap_window window;
    while (!p->finished && snap_advance(&s->snap, t_ms, &window)) {
        if (s->phase == PHASE_PURGE)
            take_purge(p, &window, host);
        else
            take_measured(p, &window, t_ms, host);
    }
    if (!p->finished && t_ms >= s->plan.time_limit_ms) {
        char limit[PROCEDURE_SECONDS_MAX];
        abort_test(p, t_ms, host, "time limit: no result within ", procedure_seconds(s->plan.time_limit_ms, limit));
    }
}

static void handle(struct procedure *p, const struct procedure_event *event, int64_t t_ms,
                   const struct procedure_host *host)
{
    struct state *s = state_of(p);
    char what[VERDICT_REASON_MAX];
    switch (event->kind) {
    case PROCEDURE_START: s->phase = PHASE_WAIT; break;
    case PROCEDURE_READING: on_reading(p, event->sample, t_ms, host); break;
    case PROCEDURE_WAKE: break;
    case PROCEDURE_KEY: on_key(p, event, t_ms, host); break;
    case PROCEDURE_STATUS: on_status(p, event, t_ms, host); break;
    case PROCEDURE_LOST:
        snprintf(what, sizeof what, "instrument %s ", event->text ? event->text : "");
        abort_test(p, t_ms, host, what, "lost");
        break;
    }
}

static void step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    if (p->finished)
        return;
    assert((event->kind == PROCEDURE_START) == (s->phase == PHASE_NOT_STARTED));
    if (event->kind == PROCEDURE_START)
        p->start_ms = event->t_ms;
    int64_t t_ms = event->t_ms - p->start_ms;
    pass_time(p, t_ms, host);
    if (!p->finished)
        handle(p, event, t_ms, host);
    if (p->finished)
        return;
    advance_phase(s);
    ask(p, t_ms, host);
}

static const enum quantity needed[] = {QUANTITY_K, QUANTITY_COUNT};

const struct procedure_method free_acceleration_method = {
    .name = "free-acceleration", .quantities = needed, .init = init, .step = step};
