#include "station/core/obd_check.h"

#include <stdio.h>
#include <string.h>

#include "station/core/course.h"
#include "station/core/utf8.h"

static const enum text_kind kept[] = {TEXT_VIN, TEXT_DTC, TEXT_DTC_PENDING, TEXT_READINESS};
enum { VIN, KEPT = sizeof kept / sizeof kept[0] }; /* VIN is the first */

struct state {
    struct course course;
    size_t limits_count;
    struct rule_limit limits[RULES_LIMITS_MAX];
    int64_t measure_ms, from_ms;
    bool connected;
    bool has[RULES_LIMITS_MAX];
    struct decimal values[RULES_LIMITS_MAX];
    bool said[KEPT];
    char texts[KEPT][SAMPLE_TEXT_MAX];
    char vin[FACT_VALUE_MAX]; /* of the vehicle, as far as known; empty */
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
    p->method = &obd_check_method;
    if (!rule_limit(rule, QUANTITY_MIL, 0))
        return err_set(err, ERR_INVALID, "rule '%s' has no limit of mil; add 'limit mil {'", rule->name);
    if (course_load(&s->course, rule, false, err) != 0 || rule_param_ms(rule, "measure", &s->measure_ms, err) != 0)
        return -1;
    for (size_t i = 0; i < rule->limits_count; i++)
        s->limits[s->limits_count++] = rule->limits[i];
    const struct fact *vin = &vehicle->facts[VEHICLE_VIN];
    if (vin->source != FACT_ABSENT)
        snprintf(s->vin, sizeof s->vin, "%s", vin->value);
    verdict_init(&p->verdict, pack, rule, limit_class);
    return 0;
}

static void take(struct state *s, const struct sample *sample)
{
    for (size_t i = 0; i < s->limits_count; i++) {
        const struct reading *reading = sample_find(sample, s->limits[i].quantity);
        if (!reading || reading->quality != QUALITY_OK)
            continue;
        s->has[i] = true;
        s->values[i] = reading->value;
    }
}

static void take_texts(struct state *s, const struct sample *sample)
{
    for (size_t i = 0; i < KEPT; i++) {
        const char *text = sample_find_text(sample, kept[i]);
        if (!text || (i != VIN && !s->connected))
            continue;
        s->said[i] = true;
        snprintf(s->texts[i], sizeof s->texts[i], "%s", text);
    }
}

/* A vehicle says its VIN once, as soon as it is found: before the officer has confirmed. One that is lost takes it
 * along. */
static void listen(struct state *s, const struct procedure_event *event)
{
    if (event->kind == PROCEDURE_READING)
        take_texts(s, event->sample);
    else if (event->kind == PROCEDURE_STATUS && procedure_unfit(event->status))
        s->said[VIN] = false;
}

static bool complete(const struct state *s, int64_t t_ms)
{
    for (size_t i = 0; i < s->limits_count; i++)
        if (!s->limits[i].screening && !s->has[i])
            return false;
    return t_ms - s->from_ms >= s->measure_ms;
}

static void mark_text(struct procedure *p, size_t i, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct verdict_mark mark = {
        .number = 1, .from_ms = s->from_ms, .to_ms = t_ms, .quantity = QUANTITY_COUNT, .counted = true};
    snprintf(mark.kind, sizeof mark.kind, "%s", text_kind_name(kept[i]));
    int length = snprintf(mark.note, sizeof mark.note, "%s", s->texts[i][0] ? s->texts[i] : "none");
    if (length >= (int)sizeof mark.note)
        utf8_trim(mark.note);
    procedure_mark(p, &mark, host);
    if (kept[i] == TEXT_VIN && s->vin[0] && strcmp(s->vin, s->texts[i]) != 0)
        verdict_reason(&p->verdict, "vin: the control unit says %s, the vehicle is %s", s->texts[i], s->vin);
    if (kept[i] == TEXT_READINESS && strstr(s->texts[i], "incomplete"))
        verdict_reason(&p->verdict, "readiness: a monitor is not complete");
}

static void judge(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    for (size_t i = 0; i < KEPT; i++)
        if (s->said[i])
            mark_text(p, i, t_ms, host);
    for (size_t i = 0; i < s->limits_count; i++)
        if (s->has[i])
            verdict_compare(&p->verdict, &s->limits[i], s->values[i]);
    course_judge(p, &s->course, t_ms, host);
}

static struct prompting prompting(const struct state *s, int64_t t_ms)
{
    if (!s->connected)
        return (struct prompting){PROMPT_CONNECT, 0, 0};
    int64_t left = s->from_ms + s->measure_ms - t_ms;
    return (struct prompting){PROMPT_READ, 0, left > 0 ? left : 0};
}

static void step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    int64_t t_ms;
    if (p->finished)
        return;
    listen(s, event);
    bool own = course_take(p, &s->course, event, &t_ms, host);
    if (own && event->kind == PROCEDURE_KEY && event->key == KEY_CONFIRM && !s->connected) {
        s->connected = s->course.measuring = true;
        s->from_ms = t_ms;
    }
    if (own && event->kind == PROCEDURE_READING && s->connected)
        take(s, event->sample);
    if (p->finished)
        return;
    int64_t due_ms = s->from_ms + s->measure_ms;
    if (own && s->connected && complete(s, t_ms))
        judge(p, t_ms, host);
    else
        course_ask(p, &s->course, prompting(s, t_ms), s->connected && due_ms > t_ms ? due_ms : -1, host);
}

static const enum quantity needed[] = {QUANTITY_MIL, QUANTITY_COUNT};

const struct procedure_method obd_check_method = {
    .name = "obd-check", .quantities = needed, .init = init, .step = step};
