#include "station/core/course.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

int course_load(struct course *c, const struct rule *rule, bool by_warmth, struct err *err)
{
    struct decimal min = {0};
    *c = (struct course){.by_warmth = by_warmth, .shown.prompt = PROMPT_COUNT};
    if (rule_param_ms(rule, "time-limit", &c->time_limit_ms, err) != 0 ||
        (by_warmth && rule_param(rule, "oil-temp-min", &min, err) != 0))
        return -1;
    warm_init(&c->warm, min);
    return 0;
}

void course_end(struct procedure *p, const struct course *c, enum verdict_kind kind, int64_t t_ms,
                const struct procedure_host *host)
{
    warm_tell(&c->warm, &p->verdict);
    procedure_finish(p, kind, t_ms, host);
}

void course_abort(struct procedure *p, const struct course *c, int64_t t_ms, const struct procedure_host *host,
                  const char *format, ...)
{
    char reason[VERDICT_REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    verdict_reason(&p->verdict, "%s", reason);
    course_end(p, c, VERDICT_ABORTED, t_ms, host);
}

void course_judge(struct procedure *p, const struct course *c, int64_t t_ms, const struct procedure_host *host)
{
    struct verdict *v = &p->verdict;
    enum verdict_kind kind = VERDICT_PASS;
    for (size_t i = 0; i < v->values_count; i++) {
        if (!v->values[i].exceeded || v->values[i].screening)
            continue;
        verdict_reason_exceeded(v, &v->values[i]);
        kind = VERDICT_FAIL;
    }
    course_end(p, c, kind, t_ms, host);
}

static void on_status(struct procedure *p, struct course *c, const struct procedure_event *event, int64_t t_ms,
                      const struct procedure_host *host)
{
    c->status = event->status;
    if (!procedure_unfit(event->status))
        return;
    if (c->measuring) {
        course_abort(p, c, t_ms, host, "instrument %s: %s", event->text ? event->text : "",
                     instrument_status_name(event->status));
    } else {
        c->phase = COURSE_WAIT;
        c->seen = false;
    }
}

static void on_reading(const struct procedure *p, struct course *c, const struct sample *sample)
{
    enum quantity first = p->method->quantities[0];
    enum quantity other = first == QUANTITY_COUNT ? QUANTITY_COUNT : procedure_stand_in(first);
    for (size_t i = 0; i < sample->count; i++)
        if ((sample->readings[i].quantity == first || sample->readings[i].quantity == other) &&
            sample->readings[i].quality == QUALITY_OK)
            c->seen = true;
    warm_read(&c->warm, sample);
}

static void advance(const struct procedure *p, struct course *c)
{
    bool needs_none = p->method->quantities[0] == QUANTITY_COUNT;
    if (c->phase == COURSE_WAIT && (c->seen || needs_none) && !procedure_unfit(c->status))
        c->phase = COURSE_WARM;
    if (c->phase == COURSE_WARM && (!c->by_warmth || warm_is(&c->warm)))
        c->phase = COURSE_OWN;
}

bool course_take(struct procedure *p, struct course *c, const struct procedure_event *event, int64_t *t_ms,
                 const struct procedure_host *host)
{
    char limit[PROCEDURE_SECONDS_MAX];
    assert((event->kind == PROCEDURE_START) == (c->phase == COURSE_NOT_STARTED));
    if (event->kind == PROCEDURE_START) {
        p->start_ms = event->t_ms;
        c->phase = COURSE_WAIT;
    }
    *t_ms = event->t_ms - p->start_ms;
    if (*t_ms >= c->time_limit_ms)
        course_abort(p, c, *t_ms, host, "time limit: no result within %s", procedure_seconds(c->time_limit_ms, limit));
    else if (event->kind == PROCEDURE_LOST)
        course_abort(p, c, *t_ms, host, "instrument %s lost", event->text ? event->text : "");
    else if (event->kind == PROCEDURE_KEY && event->key == KEY_ABORT && event->text && *event->text)
        course_abort(p, c, *t_ms, host, "aborted by the operator: %s", event->text);
    else if (event->kind == PROCEDURE_KEY && event->key == KEY_BYPASS_WARM && c->phase == COURSE_WARM)
        warm_bypass(&c->warm, event->text);
    else if (event->kind == PROCEDURE_STATUS)
        on_status(p, c, event, *t_ms, host);
    else if (event->kind == PROCEDURE_READING)
        on_reading(p, c, event->sample);
    if (p->finished)
        return false;
    advance(p, c);
    return c->phase == COURSE_OWN;
}

void course_ask(struct procedure *p, struct course *c, struct prompting own, int64_t next_ms,
                const struct procedure_host *host)
{
    int64_t wake_ms = next_ms >= 0 && next_ms < c->time_limit_ms ? next_ms : c->time_limit_ms;
    host->wake(host->ctx, p->start_ms + wake_ms);
    if (c->phase == COURSE_WAIT)
        own = (struct prompting){PROMPT_WAIT_INSTRUMENT, 0, 0};
    else if (c->phase == COURSE_WARM)
        own = warm_prompting(&c->warm);
    procedure_prompt(&c->shown, own, host);
}
