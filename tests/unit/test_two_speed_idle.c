/* Petrol engines by GB 18285-2018 with the shipped pack: every boundary, every way out, and what may not count. */
#include "station/core/two_speed_idle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"
#include "tests/support/script.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct vehicle vehicle;
static struct script run;
static bool with_rpm, with_lambda;
static struct gases {
    double co, hc, lambda;
} raised, idle;

static int open_law(void **state)
{
    (void)state;
    pack = law_open("gb18285-2018");
    rule = law_rule(pack, "light");
    vehicle = (struct vehicle){0};
    with_rpm = with_lambda = true;
    raised = (struct gases){0.10, 20, 1.00};
    idle = (struct gases){0.20, 30, 1.00};
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void say(const struct gases *gases, double rpm)
{
    script_set(&run, QUANTITY_CO, gases->co, 3);
    script_set(&run, QUANTITY_HC, gases->hc, 1);
    if (with_lambda)
        script_set(&run, QUANTITY_LAMBDA, gases->lambda, 4);
    if (with_rpm)
        script_set(&run, QUANTITY_RPM, rpm, 0);
}

/* A driver who does what he is asked and an operator who confirms. */
static void obey(struct script *s)
{
    bool asks = s->prompt == PROMPT_INSERT_PROBE;
    if (s->prompt == PROMPT_REV)
        say(&raised, (double)s->prompt_value);
    if (s->prompt == PROMPT_IDLE)
        say(&idle, 800);
    if (!with_rpm)
        asks = asks || s->prompt == PROMPT_REV || s->prompt == PROMPT_IDLE;
    if (asks)
        script_key(s, KEY_CONFIRM, NULL);
}

static void start(enum limit_class class_)
{
    script_start(&run, pack, rule, &vehicle, class_, 7000);
    script_set(&run, QUANTITY_OIL_TEMP, 85, 1);
    say(&idle, 800);
    run.act = obey;
}

static const struct verdict *finish(void)
{
    assert_true(script_run(&run, FOREVER));
    assert_int_equal(run.finishes, 1);
    assert_int_equal(run.prompt, PROMPT_DONE);
    assert_int_equal(run.wake_ms, -1);
    return &run.procedure.verdict;
}

static void a_clean_car_passes(void **state)
{
    (void)state;
    start(LIMIT_CLASS_A);
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->values_count, 6);
    assert_int_equal(v->reasons_count, 0);
    assert_int_equal(v->marks_count, 5);
    assert_string_equal(v->marks[0].kind, "raised-idle");
    assert_string_equal(v->marks[4].kind, "idle");
    assert_true(v->marks[0].to_ms - v->marks[0].from_ms >= 30000 && v->marks[0].to_ms - v->marks[0].from_ms < 30600);
    assert_true(v->marks[0].from_ms >= 30000 + 15000);
    assert_true(v->marks[3].from_ms >= v->marks[0].to_ms + 15000);
}

static void every_limit(void **state)
{
    (void)state;
    static const struct {
        enum limit_class class_;
        struct gases raised, idle;
        const char *reason; /* NULL: pass */
    } rows[] = {
        {LIMIT_CLASS_A, {0.30, 50, 1.00}, {0.60, 80, 1.00}, NULL},
        {LIMIT_CLASS_A, {0.349, 50.4, 1.05}, {0.649, 80.4, 1.2}, NULL},
        {LIMIT_CLASS_A, {0.351, 50, 1.00}, {0.60, 80, 1.00}, "co at raised idle: 0.4 > 0.3"},
        {LIMIT_CLASS_A, {0.30, 50.6, 1.00}, {0.60, 80, 1.00}, "hc at raised idle: 51 > 50"},
        {LIMIT_CLASS_A, {0.30, 50, 1.00}, {0.651, 80, 1.00}, "co at idle: 0.7 > 0.6"},
        {LIMIT_CLASS_A, {0.30, 50, 1.00}, {0.60, 80.6, 1.00}, "hc at idle: 81 > 80"},
        {LIMIT_CLASS_A, {0.30, 50, 1.054}, {0.60, 80, 1.00}, NULL},
        {LIMIT_CLASS_A, {0.30, 50, 1.056}, {0.60, 80, 1.00}, "lambda at raised idle: 1.06 > 1.05"},
        {LIMIT_CLASS_A, {0.30, 50, 0.946}, {0.60, 80, 1.00}, NULL},
        {LIMIT_CLASS_A, {0.30, 50, 0.944}, {0.60, 80, 1.00}, "lambda at raised idle: 0.94 < 0.95"},
        {LIMIT_CLASS_B, {0.30, 30, 1.00}, {0.40, 40, 1.00}, NULL},
        {LIMIT_CLASS_B, {0.30, 31, 1.00}, {0.40, 40, 1.00}, "hc at raised idle: 31 > 30"},
        {LIMIT_CLASS_B, {0.30, 30, 1.00}, {0.46, 40, 1.00}, "co at idle: 0.5 > 0.4"},
        {LIMIT_CLASS_B, {0.30, 30, 1.00}, {0.40, 41, 1.00}, "hc at idle: 41 > 40"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        raised = rows[i].raised;
        idle = rows[i].idle;
        start(rows[i].class_);
        const struct verdict *v = finish();
        if (v->kind != (rows[i].reason ? VERDICT_FAIL : VERDICT_PASS))
            fail_msg("row %zu: %s", i, verdict_kind_name(v->kind));
        if (rows[i].reason)
            assert_string_equal(v->reasons[0], rows[i].reason);
    }
}

static void without_engine_speed_the_operator_says(void **state)
{
    (void)state;
    with_rpm = false;
    start(LIMIT_CLASS_A);
    run.act = NULL;
    assert_false(script_run(&run, 100000));
    assert_int_equal(run.prompt, PROMPT_REV);
    run.act = obey;
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_string_equal(v->reasons[0], "engine speed: not measured throughout, held as the operator says");
}

/* 2500 +- 200 r/min, 30 s above 3500 r/min before, at most 1100 r/min at idle. */
static void the_speed_decides(void **state)
{
    (void)state;
    static const struct {
        enum prompt prompt;
        int64_t value;
        double rpm;
        bool fits;
    } rows[] = {{PROMPT_REV, 3500, 3499, false}, {PROMPT_REV, 3500, 3500, true}, {PROMPT_REV, 2500, 2299, false},
                {PROMPT_REV, 2500, 2300, true},  {PROMPT_REV, 2500, 2700, true}, {PROMPT_REV, 2500, 2701, false},
                {PROMPT_IDLE, 0, 1100, true},    {PROMPT_IDLE, 0, 1101, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(LIMIT_CLASS_A);
        while (!(run.prompt == rows[i].prompt && run.prompt_value == rows[i].value))
            script_run(&run, run.now_ms - run.t0_ms + 10);
        run.act = NULL;
        script_key(&run, KEY_CONFIRM, NULL); /* what is measured goes before what is said */
        script_set(&run, QUANTITY_RPM, rows[i].rpm, 0);
        script_run(&run, run.now_ms - run.t0_ms + 60000);
        bool moved = run.procedure.finished || run.prompt != rows[i].prompt || run.prompt_value != rows[i].value;
        if (moved != rows[i].fits)
            fail_msg("row %zu", i);
    }
}

static void leaving_the_speed_begins_the_point_anew(void **state)
{
    (void)state;
    start(LIMIT_CLASS_A);
    while (!(run.prompt == PROMPT_REV && run.prompt_value == 2500))
        script_run(&run, run.now_ms - run.t0_ms + 10);
    script_run(&run, run.now_ms - run.t0_ms + 40000);
    run.act = NULL;
    script_set(&run, QUANTITY_RPM, 1500, 0);
    script_run(&run, run.now_ms - run.t0_ms + 1000);
    int64_t left_ms = run.now_ms - run.t0_ms;
    run.act = obey;
    run.prompt = PROMPT_REV;
    run.prompt_value = 2500;
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_true(v->marks[0].from_ms >= left_ms + 15000);
}

/* Known for 2.5 s after a reading; then the point begins anew, by the operator's word. */
static void an_engine_speed_that_falls_silent_is_not_known(void **state)
{
    (void)state;
    static const int64_t silences_ms[] = {3000, 3500}; /* between two engine speeds; the gases come each 500 ms */
    for (size_t i = 0; i < 2; i++) {
        start(LIMIT_CLASS_A);
        while (!(run.prompt == PROMPT_REV && run.prompt_value == 2500))
            script_run(&run, run.now_ms - run.t0_ms + 10);
        script_run(&run, run.now_ms - run.t0_ms + 20000);
        run.act = NULL;
        script_silence(&run, QUANTITY_RPM);
        script_run(&run, run.now_ms - run.t0_ms + silences_ms[i] - 500);
        script_set(&run, QUANTITY_RPM, 2500, 0);
        int64_t back_ms = run.now_ms - run.t0_ms;
        run.act = obey;
        const struct verdict *v = finish();
        assert_int_equal(v->kind, VERDICT_PASS);
        assert_int_equal(v->marks[0].from_ms >= back_ms, i);
    }
    start(LIMIT_CLASS_A);
    while (!(run.prompt == PROMPT_REV && run.prompt_value == 2500))
        script_run(&run, run.now_ms - run.t0_ms + 10);
    run.act = NULL;
    script_silence(&run, QUANTITY_RPM);
    script_run(&run, run.now_ms - run.t0_ms + 120000);
    assert_int_equal(run.prompt_value, 2500);
    script_key(&run, KEY_CONFIRM, NULL);
    script_run(&run, run.now_ms - run.t0_ms + 50000);
    assert_int_equal(run.prompt, PROMPT_IDLE);
}

static void the_rated_speed_sets_the_conditioning(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(vehicle_set(&vehicle, "rated_rpm", "6000", FACT_TYPED, "", &err), 0);
    start(LIMIT_CLASS_A);
    assert_true(script_run_to(&run, PROMPT_REV, FOREVER));
    assert_int_equal(run.prompt_value, 4200);
}

static void heavy_vehicles_have_another_raised_idle(void **state)
{
    (void)state;
    rule = law_rule(pack, "heavy");
    start(LIMIT_CLASS_A);
    while (!(run.prompt == PROMPT_REV && run.prompt_value != 3500))
        script_run(&run, run.now_ms - run.t0_ms + 10);
    assert_int_equal(run.prompt_value, 1800);
    assert_int_equal(finish()->kind, VERDICT_PASS);
}

/* ---- readings that do not count ---- */

static enum quality doubt;
static int spoil_some(struct script *s, struct sample *sample)
{
    if (s->now_ms / 500 % 40 == 0) /* every 20 s: before any 30 s are over */
        for (size_t i = 0; i < sample->count; i++)
            if (sample->readings[i].quantity == QUANTITY_CO) {
                sample->readings[i].quality = doubt;
                sample->readings[i].value = law_decimal("0");
            }
    return 1;
}

static int lose_some(struct script *s, struct sample *sample)
{
    (void)sample;
    return s->now_ms / 500 % 40 > 3; /* two seconds are missing */
}

static void what_is_not_good_or_missing_makes_no_mean(void **state)
{
    (void)state;
    for (doubt = QUALITY_OK; doubt < QUALITY_COUNT; doubt++) {
        idle.co = raised.co = 3.0;
        start(LIMIT_CLASS_A);
        script_run_to(&run, PROMPT_INSERT_PROBE, FOREVER);
        run.disturb = doubt == QUALITY_OK ? lose_some : spoil_some;
        assert_int_equal(finish()->kind, VERDICT_ABORTED);
        assert_int_equal(run.procedure.verdict.values_count, 0);
        assert_string_equal(run.procedure.verdict.reasons[0], "time limit: no result within 900.0 s");
    }
}

static void lambda_that_the_rule_asks_for_is_needed(void **state)
{
    (void)state;
    with_lambda = false;
    start(LIMIT_CLASS_A);
    assert_int_equal(finish()->kind, VERDICT_ABORTED);
    assert_int_equal(run.procedure.verdict.values_count, 0);
}

/* ---- ends ---- */

static void what_ends_a_test_ends_it_anywhere(void **state)
{
    (void)state;
    static const enum prompt prompts[] = {PROMPT_WAIT_INSTRUMENT, PROMPT_WARM_UP, PROMPT_REV, PROMPT_INSERT_PROBE,
                                          PROMPT_IDLE};
    for (size_t i = 0; i < sizeof prompts / sizeof prompts[0]; i++)
        for (int end = 0; end < 4; end++) {
            start(LIMIT_CLASS_A);
            if (prompts[i] == PROMPT_WARM_UP)
                script_set(&run, QUANTITY_OIL_TEMP, 79.9, 1);
            if (prompts[i] != PROMPT_WAIT_INSTRUMENT)
                assert_true(script_run_to(&run, prompts[i], FOREVER));
            run.act = NULL;
            bool measuring = prompts[i] == PROMPT_IDLE;
            const char *reason = "instrument gas lost";
            if (end == 0) {
                script_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "gas"});
            } else if (end == 1) {
                script_key(&run, KEY_ABORT, "");
                assert_false(run.procedure.finished);
                script_key(&run, KEY_ABORT, "hail");
                reason = "aborted by the operator: hail";
            } else if (end == 2) {
                script_event(
                    &run, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_LOW_FLOW, .text = "gas"});
                assert_int_equal(run.procedure.finished, measuring);
                if (!measuring) {
                    assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
                    continue;
                }
                reason = "instrument gas: low_flow";
            } else {
                script_set(&run, QUANTITY_RPM, 1500, 0); /* neither idle nor raised */
                assert_false(script_run(&run, 899999));
                assert_true(script_run(&run, 900000));
                reason = "time limit: no result within 900.0 s";
            }
            assert_true(run.procedure.finished);
            assert_int_equal(run.procedure.verdict.kind, VERDICT_ABORTED);
            assert_string_equal(run.procedure.verdict.reasons[0], reason);
        }
}

static void the_warm_engine_can_be_passed_over(void **state)
{
    (void)state;
    start(LIMIT_CLASS_A);
    script_set(&run, QUANTITY_OIL_TEMP, 60, 1);
    assert_true(script_run_to(&run, PROMPT_WARM_UP, FOREVER));
    assert_int_equal(run.prompt_value, 60);
    assert_int_equal(run.prompt_limit, 80);
    script_key(&run, KEY_BYPASS_WARM, "sensor does not reach");
    assert_int_equal(finish()->kind, VERDICT_PASS);
    assert_string_equal(run.procedure.verdict.reasons[0],
                        "warm-bypass: engine at 60.0 degC, minimum 80: sensor does not reach");
    script_key(&run, KEY_CONFIRM, NULL); /* after the end nothing happens */
    assert_int_equal(run.finishes, 1);
}

static void a_pack_without_points_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    rule->limits[0].point = 3;
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "needs point = 1"));
    for (size_t i = 0; i < rule->limits_count; i++)
        rule->limits[i].point = 2;
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "needs limits at idle"));
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(a_clean_car_passes),
        LAW(every_limit),
        LAW(without_engine_speed_the_operator_says),
        LAW(the_speed_decides),
        LAW(leaving_the_speed_begins_the_point_anew),
        LAW(an_engine_speed_that_falls_silent_is_not_known),
        LAW(the_rated_speed_sets_the_conditioning),
        LAW(heavy_vehicles_have_another_raised_idle),
        LAW(what_is_not_good_or_missing_makes_no_mean),
        LAW(lambda_that_the_rule_asks_for_is_needed),
        LAW(what_ends_a_test_ends_it_anywhere),
        LAW(the_warm_engine_can_be_passed_over),
        LAW(a_pack_without_points_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
