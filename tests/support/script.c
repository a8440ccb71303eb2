#include "tests/support/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit)
{
    struct script *s = ctx;
    s->prompt = prompt;
    s->prompt_value = value;
    s->prompt_limit = limit;
    s->prompts[prompt]++;
}

static void on_wake(void *ctx, int64_t at_ms)
{
    struct script *s = ctx;
    s->wake_ms = at_ms;
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    struct script *s = ctx;
    (void)mark;
    s->marks++;
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct script *s = ctx;
    assert_ptr_equal(verdict, &s->procedure.verdict);
    assert_true(s->procedure.finished);
    s->finishes++;
}

void script_event(struct script *s, struct procedure_event event)
{
    const struct procedure_host host = {
        .ctx = s, .prompt = on_prompt, .wake = on_wake, .mark = on_mark, .finish = on_finish};
    event.t_ms = s->now_ms;
    s->procedure.method->step(&s->procedure, &event, &host);
}

void script_key(struct script *s, enum procedure_key key, const char *text)
{
    script_event(s, (struct procedure_event){.kind = PROCEDURE_KEY, .key = key, .text = text});
}

void script_start(struct script *s, const struct rule_pack *pack, const struct rule *rule,
                  const struct vehicle *vehicle, enum limit_class limit_class, int64_t t0_ms)
{
    struct err err = {0};
    const struct procedure_method *method = procedure_method_by_name(rule->method);
    assert_non_null(method);
    memset(s, 0, sizeof *s);
    if (method->init(&s->procedure, pack, rule, vehicle, limit_class, &err) != 0)
        fail_msg("%s", err.text);
    s->every_ms = 500;
    s->t0_ms = s->now_ms = t0_ms;
    s->next_ms = t0_ms + s->every_ms;
    s->wake_ms = -1;
    s->prompt = PROMPT_COUNT;
    s->stop_at = PROMPT_COUNT;
    script_event(s, (struct procedure_event){.kind = PROCEDURE_START});
}

static struct script_value *find(struct script *s, enum quantity quantity)
{
    size_t i = 0;
    while (i < s->count && s->values[i].quantity != quantity)
        i++;
    assert_true(i < SCRIPT_QUANTITIES_MAX);
    if (i == s->count)
        s->values[s->count++].quantity = quantity;
    return &s->values[i];
}

void script_set(struct script *s, enum quantity quantity, double value, unsigned digits)
{
    *find(s, quantity) = (struct script_value){.quantity = quantity, .value = value, .digits = digits};
}

void script_silence(struct script *s, enum quantity quantity)
{
    find(s, quantity)->silent = true;
}

void script_deliver(struct script *s, struct sample *sample)
{
    if (!s->procedure.finished)
        script_event(s, (struct procedure_event){.kind = PROCEDURE_READING, .sample = sample});
}

static void say(struct script *s)
{
    struct sample sample = {.t_ms = s->now_ms, .texts_count = s->texts_count, .texts = s->texts};
    for (size_t i = 0; i < s->count; i++) {
        struct decimal d;
        if (s->values[i].silent)
            continue;
        assert_true(decimal_from_double(s->values[i].value, s->values[i].digits, &d));
        assert_true(sample_add(&sample, s->values[i].quantity, QUALITY_OK, d));
    }
    s->next_ms += s->every_ms;
    int times = s->disturb ? s->disturb(s, &sample) : 1;
    for (int i = 0; i < times; i++)
        script_deliver(s, &sample);
}

bool script_run(struct script *s, int64_t until_ms)
{
    while (!s->procedure.finished) {
        bool wakes = s->wake_ms >= 0 && s->wake_ms <= s->next_ms;
        int64_t next = wakes ? s->wake_ms : s->next_ms;
        if (next > s->t0_ms + until_ms) {
            s->now_ms = s->t0_ms + until_ms;
            return false;
        }
        s->now_ms = next;
        if (s->act)
            s->act(s);
        if (s->procedure.finished || s->prompt == s->stop_at)
            break;
        if (wakes) {
            s->wake_ms = -1;
            script_event(s, (struct procedure_event){.kind = PROCEDURE_WAKE});
        } else {
            say(s);
        }
        if (s->prompt == s->stop_at)
            break;
    }
    return s->procedure.finished;
}

bool script_run_to(struct script *s, enum prompt prompt, int64_t until_ms)
{
    if (s->prompt == prompt)
        return true;
    s->stop_at = prompt;
    script_run(s, until_ms);
    s->stop_at = PROMPT_COUNT;
    return s->prompt == prompt;
}
