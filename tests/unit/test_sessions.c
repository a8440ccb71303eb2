/*
 * Every method and check, disturbed at each of its prompts: the plug is pulled, the operator gives up, or presses every
 * key that is not asked for. None of it ends in a pass that was none, and all of it is replayed to the byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/session.h"

static int at; /* the prompt at which it happens */
static struct replay replay;
static struct stand_text readings;

static void verdict_text(const struct verdict *verdict, char out[VERDICT_JSON_MAX])
{
    struct json_writer w;
    json_writer_init(&w, out, VERDICT_JSON_MAX);
    verdict_write(verdict, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
}

static void must_replay(const struct session *s)
{
    static char lived[VERDICT_JSON_MAX], again[VERDICT_JSON_MAX];
    struct err err = {0};
    readings.length = 0;
    readings.text[0] = '\0';
    if (session_replay(s, &replay, &readings, &err) != 0)
        fail_msg("%s, prompt %d: %s", s->plan->name, at, err.text);
    verdict_text(&s->verdict, lived);
    verdict_text(&replay.verdict, again);
    assert_string_equal(lived, again);
    assert_string_equal(s->readings->text, readings.text);
}

/* Does it measure with the instrument that is unplugged? */
static bool needs_instrument(const struct session_plan *plan)
{
    return strcmp(plan->method, "ringelmann") != 0 && strcmp(plan->method, "obd-check") != 0;
}

static void unplug(struct session *s, int prompts)
{
    if (prompts == at)
        session_unplug(s);
}

static void give_up(struct session *s, int prompts)
{
    if (prompts == at)
        bench_key(&s->bench, KEY_ABORT, "no time", s->now_ms);
}

static void press_everything(struct session *s, int prompts)
{
    static const char *const words[] = {NULL, "", "k=", "ringelmann=9 photo=x", "none", "\xE4\xB8\n"};
    (void)prompts;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        bench_key(&s->bench, KEY_OBSERVE, words[i], s->now_ms);
    bench_key(&s->bench, KEY_ABORT, NULL, s->now_ms); /* without a reason it is none */
    bench_key(&s->bench, KEY_BYPASS_WARM, "", s->now_ms);
}

/* Runs `plan` with that at each prompt before the last one; how often. */
static int at_each_prompt(const struct session_plan *plan, session_meddle_fn *meddle, const char *reason)
{
    int times = 0;
    for (at = 1;; at++) {
        struct session *s = session_run_with(plan, meddle);
        bool met = s->verdict.kind == VERDICT_ABORTED;
        if (met && !strstr(s->verdict.reasons[0], reason))
            fail_msg("%s, prompt %d: '%s' does not say '%s'", plan->name, at, s->verdict.reasons[0], reason);
        if (!met)
            assert_int_equal(s->verdict.kind, plan->kind); /* it came when all was said */
        must_replay(s);
        session_close(s);
        if (!met)
            return times;
        times++;
    }
}

static void a_pulled_plug_ends_it(void **state)
{
    (void)state;
    for (const struct session_plan *plan = session_plans; plan->name; plan++) {
        if (!needs_instrument(plan) || strcmp(plan->pack, "metrology-cn") == 0)
            continue;
        if (at_each_prompt(plan, unplug, "all") < 2)
            fail_msg("%s was hardly disturbed", plan->name);
    }
}

static void who_gives_up_says_why(void **state)
{
    (void)state;
    for (const struct session_plan *plan = session_plans; plan->name; plan++) {
        if (strcmp(plan->pack, "metrology-cn") != 0 && at_each_prompt(plan, give_up, "no time") < 1)
            fail_msg("%s was not given up", plan->name);
    }
}

static void keys_that_nobody_asked_for_change_nothing(void **state)
{
    (void)state;
    for (const struct session_plan *plan = session_plans; plan->name; plan++) {
        struct session *s = session_run_with(plan, press_everything);
        if (s->verdict.kind != plan->kind)
            fail_msg("%s: %s instead of %s", plan->name, verdict_kind_name(s->verdict.kind),
                     verdict_kind_name(plan->kind));
        must_replay(s);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pulled_plug_ends_it),
        cmocka_unit_test(who_gives_up_says_why),
        cmocka_unit_test(keys_that_nobody_asked_for_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
