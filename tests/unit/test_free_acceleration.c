/* Free acceleration by GB 3847-2018 appendix A with the shipped rule pack: the ways a test goes. */
#include "station/core/free_acceleration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"
#include "tests/support/truck.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct vehicle vehicle;
static struct truck truck;
static struct truck_run run;

static void know(const char *key, const char *value)
{
    struct err err = {0};
    if (vehicle_set(&vehicle, key, value, FACT_TYPED, "", &err) != 0)
        fail_msg("%s", err.text);
}

static int open_law(void **state)
{
    (void)state;
    pack = law_open("gb3847-2018");
    rule = law_rule(pack, "free-acceleration");
    law_drop(rule, "zero-"); /* see test_zero_check.c */
    memset(&vehicle, 0, sizeof vehicle);
    know("class", "heavy");
    truck = truck_make(0.4);
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void start(void)
{
    truck_start(&run, &truck, pack, rule, &vehicle, 5000);
}

static const struct verdict *finish(void)
{
    assert_true(truck_run(&run, FOREVER));
    assert_int_equal(run.finishes, 1);
    assert_int_equal(run.prompt, PROMPT_DONE);
    assert_int_equal(run.wake_ms, -1);
    assert_int_equal(run.marks, run.procedure.verdict.marks_count);
    return &run.procedure.verdict;
}

static const struct verdict *drive(void)
{
    start();
    return finish();
}

static void go_to(enum prompt prompt)
{
    start();
    if (!truck_run_to_prompt(&run, prompt, FOREVER))
        fail_msg("never saw %s", prompt_name(prompt));
}

static void must_end(enum verdict_kind kind, const char *first_reason)
{
    const struct verdict *v = &run.procedure.verdict;
    assert_true(run.procedure.finished);
    assert_int_equal(run.finishes, 1);
    assert_int_equal(v->kind, kind);
    assert_true(v->reasons_count >= 1);
    assert_string_equal(v->reasons[0], first_reason);
}

static const struct verdict_mark *mark(const char *kind, int number)
{
    const struct verdict *v = &run.procedure.verdict;
    for (size_t i = 0; i < v->marks_count; i++)
        if (strcmp(v->marks[i].kind, kind) == 0 && v->marks[i].number == number)
            return &v->marks[i];
    fail_msg("no mark %s %d", kind, number);
    return NULL;
}

static bool equals(struct decimal value, const char *text)
{
    return decimal_compare(value, law_decimal(text)) == 0;
}

/* ---- the word ---- */

static void a_clean_truck_passes(void **state)
{
    (void)state;
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->values_count, 1);
    assert_true(equals(v->values[0].value, "0.40"));
    assert_int_equal(v->values[0].value.digits, 2);
    assert_int_equal(v->reasons_count, 0);
    assert_int_equal(v->marks_count, 6);
    for (int i = 1; i <= 3; i++) {
        assert_false(mark("purge", i)->counted);
        assert_true(mark("acceleration", i)->counted);
        assert_true(equals(mark("acceleration", i)->value, "0.40"));
        assert_int_equal(mark("acceleration", i)->quantity, QUANTITY_K);
        assert_string_equal(mark("acceleration", i)->note, "");
    }
    assert_true(mark("acceleration", 2)->from_ms >= mark("acceleration", 1)->to_ms + 10000);
    assert_int_equal(v->duration_ms, run.now_ms - run.t0_ms);
    assert_int_equal(run.presses, 6);
    assert_int_equal(run.prompts[PROMPT_INSERT_PROBE], 1);
    assert_int_equal(run.prompts[PROMPT_PURGE], 3);
    assert_int_equal(run.prompts[PROMPT_IDLE], 3);
    assert_int_equal(run.prompts[PROMPT_PRESS], 3);
    assert_int_equal(run.prompts[PROMPT_HOLD], 3);
    assert_int_equal(run.prompts[PROMPT_RELEASE], 3);
}

static void the_limit_is_held_against_the_rounded_mean(void **state)
{
    (void)state;
    static const struct {
        double k[3];
        const char *measured, *value;
        enum verdict_kind kind;
    } rows[] = {
        {{1.20, 1.20, 1.20}, "1.20", "1.20", VERDICT_PASS},
        {{1.20, 1.20, 1.21}, "1.203333333", "1.20", VERDICT_PASS},
        {{1.20, 1.21, 1.21}, "1.206666667", "1.21", VERDICT_FAIL},
        {{1.21, 1.21, 1.21}, "1.21", "1.21", VERDICT_FAIL},
        {{1.19, 1.19, 1.19}, "1.19", "1.19", VERDICT_PASS},
        {{1.20, 1.205, 1.21}, "1.205", "1.20", VERDICT_PASS}, /* GB/T 8170: half to even */
        {{1.205, 1.205, 1.206}, "1.205333333", "1.21", VERDICT_FAIL},
        {{0.90, 1.30, 1.41}, "1.203333333", "1.20", VERDICT_PASS},
        {{0.10, 0.10, 3.43}, "1.21", "1.21", VERDICT_FAIL},
    };
    truck.k_digits = 3;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int n = 0; n < 3; n++) {
            truck.peak_k[n] = 0.5;
            truck.peak_k[3 + n] = rows[i].k[n];
        }
        truck.with_rpm = true;
        const struct verdict *v = drive();
        if (v->kind != rows[i].kind || !equals(v->values[0].measured, rows[i].measured) ||
            !equals(v->values[0].value, rows[i].value))
            fail_msg("row %zu: %s, units %lld", i, verdict_kind_name(v->kind), (long long)v->values[0].measured.units);
        if (v->kind == VERDICT_FAIL)
            assert_string_equal(v->reasons[0], "k: 1.21 > 1.20");
    }
}

static void class_b_has_its_own_limit(void **state)
{
    (void)state;
    truck.peak_k[0] = 0.71;
    assert_int_equal(drive()->kind, VERDICT_PASS);
    start();
    run.procedure.verdict.limit_class = LIMIT_CLASS_B;
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_FAIL);
    assert_string_equal(v->reasons[0], "k: 0.71 > 0.70");
}

static void every_rate_and_instrument_gives_the_same_word(void **state)
{
    (void)state;
    static const int64_t every[] = {20, 50, 100, 250, 500, 1000};
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++)
        for (int variant = 0; variant < 4; variant++)
            for (int64_t phase = 0; phase < every[i]; phase += every[i] / 5)
                for (int smoky = 0; smoky < 2; smoky++) {
                    truck = truck_make(smoky ? 2.5 : 0.10);
                    truck.k_every_ms = every[i];
                    truck.k_phase_ms = phase;
                    truck.with_rpm = variant % 2 == 1;
                    truck.rpm_every_ms = variant == 3 ? 1000 : every[i];
                    truck.without_k = truck.with_opacity = variant == 2;
                    const struct verdict *v = drive();
                    assert_int_equal(v->kind, smoky ? VERDICT_FAIL : VERDICT_PASS);
                    assert_int_equal(v->marks_count, 6);
                }
}

static void opacity_alone_is_read_as_k(void **state)
{
    (void)state;
    truck.without_k = truck.with_opacity = true;
    truck.peak_k[0] = 1.0; /* N = 100 (1 - e^-0.43) = 34.949 %, sent as 34.9 */
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_true(equals(mark("acceleration", 1)->value, "0.998246")); /* -ln(1 - 0.349) / 0.430 */
    assert_true(equals(v->values[0].value, "1.00"));
    truck.without_k = false; /* k itself goes before */
    assert_true(equals(drive()->values[0].measured, "1.00"));
}

static int hide_k_from_some(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    if (t_ms / 50 % 2 == 0) /* every other sample: opacity, ten times too high, and no k */
        sample->readings[0] =
            (struct reading){.quantity = QUANTITY_OPACITY, .quality = QUALITY_OK, .value = law_decimal("99.9")};
    return 1;
}

static void opacity_is_never_mixed_with_k(void **state)
{
    (void)state;
    truck.k_every_ms = 50;
    start();
    run.disturb = hide_k_from_some;
    assert_int_equal(finish()->kind, VERDICT_PASS);
}

/* ---- warm engine ---- */

static void a_cold_engine_is_not_tested(void **state)
{
    (void)state;
    truck.oil_temp = 79.9;
    start();
    assert_false(truck_run(&run, 60000));
    assert_int_equal(run.prompt, PROMPT_WARM_UP);
    assert_int_equal(run.prompt_value, 80);
    assert_int_equal(run.prompt_limit, 80);
    truck_key(&run, KEY_CONFIRM, NULL);
    assert_int_equal(run.prompt, PROMPT_WARM_UP);
    truck.oil_temp = 40.2;
    assert_false(truck_run(&run, 61000));
    assert_int_equal(run.prompt_value, 40);
    truck.oil_temp = 80.0;
    assert_int_equal(finish()->kind, VERDICT_PASS);
    assert_int_equal(run.procedure.verdict.reasons_count, 0);
}

static int spoil_oil(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    (void)t_ms;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quantity == QUANTITY_OIL_TEMP)
            sample->readings[i].quality = QUALITY_SUSPECT;
    return 1;
}

static void a_doubtful_temperature_warms_nothing(void **state)
{
    (void)state;
    start();
    run.disturb = spoil_oil;
    assert_false(truck_run(&run, 60000));
    assert_int_equal(run.prompt, PROMPT_WARM_UP);
    assert_int_equal(run.prompt_value, PROMPT_UNKNOWN);
}

static void the_bypass_needs_a_reason_and_is_printed(void **state)
{
    (void)state;
    truck.oil_temp = -200;
    start();
    truck_key(&run, KEY_BYPASS_WARM, "too early: no smoke reading yet");
    assert_false(truck_run(&run, 3000));
    assert_int_equal(run.prompt, PROMPT_WARM_UP);
    assert_int_equal(run.prompt_value, PROMPT_UNKNOWN);
    truck_key(&run, KEY_BYPASS_WARM, NULL);
    truck_key(&run, KEY_BYPASS_WARM, "");
    assert_int_equal(run.prompt, PROMPT_WARM_UP);
    truck_key(&run, KEY_BYPASS_WARM, "dipstick tube is sealed");
    assert_int_equal(run.prompt, PROMPT_INSERT_PROBE);
    truck_key(&run, KEY_BYPASS_WARM, "another one");
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->reasons_count, 1);
    assert_string_equal(v->reasons[0], "warm-bypass: engine temperature not taken: dipstick tube is sealed");
}

static void the_bypass_tells_the_temperature_that_was_shown(void **state)
{
    (void)state;
    truck.oil_temp = 24.5;
    truck.peak_k[0] = 1.9;
    go_to(PROMPT_WARM_UP);
    truck_key(&run, KEY_BYPASS_WARM, "sensor hangs in the air");
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_FAIL);
    assert_int_equal(v->reasons_count, 2);
    assert_string_equal(v->reasons[0], "k: 1.90 > 1.20");
    assert_string_equal(v->reasons[1], "warm-bypass: engine at 24.5 degC, minimum 80: sensor hangs in the air");
}

/* ---- ends that are no result ---- */

static const enum prompt all_prompts[] = {
    PROMPT_WAIT_INSTRUMENT, PROMPT_WARM_UP, PROMPT_INSERT_PROBE, PROMPT_PURGE, PROMPT_IDLE,
    PROMPT_PRESS,           PROMPT_HOLD,    PROMPT_RELEASE};
enum { ALL_PROMPTS = sizeof all_prompts / sizeof all_prompts[0] };

static void go_to_any(size_t i)
{
    truck = truck_make(0.4);
    if (all_prompts[i] == PROMPT_WARM_UP)
        truck.oil_temp = 20;
    if (all_prompts[i] == PROMPT_WAIT_INSTRUMENT)
        start();
    else
        go_to(all_prompts[i]);
}

static void a_lost_instrument_ends_the_test_in_any_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_PROMPTS; i++) {
        go_to_any(i);
        truck_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "smoke"});
        must_end(VERDICT_ABORTED, "instrument smoke lost");
        assert_int_equal(run.procedure.verdict.values_count, 0);
        assert_int_equal(run.procedure.verdict.duration_ms, run.now_ms - run.t0_ms);
    }
}

static void the_operator_ends_the_test_in_any_state_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_PROMPTS; i++) {
        go_to_any(i);
        truck_key(&run, KEY_ABORT, NULL);
        truck_key(&run, KEY_ABORT, "");
        assert_false(run.procedure.finished);
        truck_key(&run, KEY_ABORT, "ambulance needs the lane");
        must_end(VERDICT_ABORTED, "aborted by the operator: ambulance needs the lane");
    }
}

static void nothing_happens_after_the_end(void **state)
{
    (void)state;
    char before[VERDICT_JSON_MAX];
    char after[VERDICT_JSON_MAX];
    drive();
    truck_verdict(&run, before, sizeof before);
    struct sample sample = {0};
    sample_add(&sample, QUANTITY_K, QUALITY_OK, law_decimal("9"));
    run.now_ms += 10000000;
    truck_key(&run, KEY_ABORT, "late");
    truck_key(&run, KEY_CONFIRM, NULL);
    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "smoke"});
    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_LEAK, .text = "smoke"});
    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_READING, .sample = &sample});
    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_WAKE});
    assert_int_equal(run.finishes, 1);
    assert_string_equal(truck_verdict(&run, after, sizeof after), before);
}

static void the_time_limit_ends_the_test_in_any_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_PROMPTS; i++) {
        go_to_any(i);
        run.passive = true;
        run.act_ms = -1;
        assert_false(truck_run(&run, 899999));
        assert_true(truck_run(&run, 900000));
        must_end(VERDICT_ABORTED, "time limit: no result within 900.0 s");
        assert_int_equal(run.procedure.verdict.duration_ms, 900000);
    }
}

/* ---- the instrument's own state ---- */

static void status(enum instrument_status s)
{
    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = s, .text = "smoke"});
}

static const enum instrument_status unfit[] = {STATUS_WARMING, STATUS_ZEROING,     STATUS_LOW_FLOW,
                                               STATUS_LEAK,    STATUS_ZERO_NEEDED, STATUS_SENSOR_EXPIRED,
                                               STATUS_STANDBY, STATUS_WRONG_MODEL, STATUS_INTERNAL};
static const enum instrument_status passing[] = {STATUS_OK, STATUS_BUSY, STATUS_OUT_OF_RANGE, STATUS_COMM_ERROR};

static void an_unfit_instrument_is_waited_for_before_the_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        start();
        status(unfit[i]);
        assert_false(truck_run(&run, 20000));
        assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
        run.passive = true;
        status(STATUS_OK);
        assert_false(truck_run(&run, 21000));
        assert_int_equal(run.prompt, PROMPT_INSERT_PROBE);
        status(unfit[i]); /* the probe is not in yet: wait again, and ask again */
        assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
        truck_key(&run, KEY_CONFIRM, NULL);
        assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
        run.passive = false;
        status(STATUS_OK);
        assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT); /* for a reading of now */
        assert_int_equal(finish()->kind, VERDICT_PASS);
    }
}

static void an_instrument_that_becomes_unfit_ends_the_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        static const enum prompt prompts[] = {PROMPT_PURGE, PROMPT_IDLE, PROMPT_PRESS, PROMPT_HOLD};
        char reason[VERDICT_REASON_MAX];
        go_to(prompts[i % 4]);
        status(unfit[i]);
        snprintf(reason, sizeof reason, "instrument smoke: %s", instrument_status_name(unfit[i]));
        must_end(VERDICT_ABORTED, reason);
    }
}

static void passing_trouble_does_not_end_the_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        go_to(PROMPT_HOLD);
        status(passing[i]);
        assert_int_equal(finish()->kind, VERDICT_PASS);
    }
}

/* ---- accelerations that do not count ---- */

struct spell {
    int64_t from_ms, to_ms; /* since the start of the test */
    enum quantity quantity; /* QUANTITY_COUNT: the sample is lost */
    enum quality quality;
};

static int spoil(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    const struct spell *spell = r->disturb_ctx;
    if (t_ms < spell->from_ms || t_ms >= spell->to_ms)
        return 1;
    if (spell->quantity == QUANTITY_COUNT)
        return 0;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quantity == spell->quantity)
            sample->readings[i].quality = spell->quality;
    return 1;
}

/* One run in which something happens to the readings around the maximum of the second measured acceleration. */
static void spoil_second(struct spell spell)
{
    go_to(PROMPT_PRESS);
    while (run.prompt != PROMPT_PRESS || run.prompt_value != 2)
        assert_false(truck_run(&run, run.now_ms - run.t0_ms + 10));
    int64_t press = run.now_ms - run.t0_ms + truck.reaction_ms;
    spell.from_ms += press;
    spell.to_ms += press;
    run.disturb = spoil;
    run.disturb_ctx = &spell;
    finish();
    run.disturb_ctx = NULL;
}

static void must_repeat_second(const char *note)
{
    const struct verdict_mark *m = mark("acceleration", 2);
    assert_false(m->counted);
    assert_string_equal(m->note, note);
    assert_true(mark("acceleration", 1)->counted && mark("acceleration", 3)->counted &&
                mark("acceleration", 4)->counted);
    assert_int_equal(run.procedure.verdict.marks_count, 7);
}

static void a_reading_that_is_not_good_voids_its_acceleration(void **state)
{
    (void)state;
    for (enum quality q = QUALITY_WARM_UP; q < QUALITY_COUNT; q++)
        for (int with_rpm = 0; with_rpm < 2; with_rpm++) {
            truck = truck_make(1.9);
            truck.with_rpm = with_rpm;
            spoil_second((struct spell){600, 700, QUANTITY_K, q}); /* the maximum, and nothing else */
            must_repeat_second("a reading was missing or not good");
            assert_int_equal(run.procedure.verdict.kind, VERDICT_FAIL);
            assert_true(equals(run.procedure.verdict.values[0].value, "1.90"));
        }
}

static void a_missing_sample_voids_its_acceleration(void **state)
{
    (void)state;
    static const int64_t every[] = {50, 100, 250, 500};
    for (size_t i = 0; i < 4; i++)
        for (int with_rpm = 0; with_rpm < 2; with_rpm++) {
            truck = truck_make(0.8);
            truck.with_rpm = with_rpm;
            truck.k_every_ms = truck.rpm_every_ms = every[i];
            spoil_second((struct spell){600, 600 + every[i], QUANTITY_COUNT, QUALITY_OK});
            must_repeat_second("a reading was missing or not good");
        }
}

static void a_gap_that_hides_the_rise_voids_too(void **state)
{
    (void)state;
    truck.peak_k[0] = 1.9;
    spoil_second((struct spell){0, 1200, QUANTITY_COUNT, QUALITY_OK}); /* only the decay is seen */
    must_repeat_second("a reading was missing or not good");
    assert_true(decimal_compare(mark("acceleration", 2)->value, law_decimal("1.5")) < 0);
    spoil_second((struct spell){100, 1200, QUANTITY_K, QUALITY_STALE});
    must_repeat_second("a reading was missing or not good");
}

static void engine_speed_that_fails_voids_its_acceleration(void **state)
{
    (void)state;
    truck.with_rpm = true;
    spoil_second((struct spell){1000, 1100, QUANTITY_RPM, QUALITY_SUSPECT});
    must_repeat_second("a reading was missing or not good");
    truck.rpm_every_ms = 200; /* an own pick-up, which falls silent while the pedal is down */
    go_to(PROMPT_HOLD);
    int64_t now = run.now_ms - run.t0_ms;
    struct spell spell = {now + 500, now + 5000, QUANTITY_RPM, QUALITY_STALE};
    run.disturb = spoil;
    run.disturb_ctx = &spell;
    finish();
    assert_false(mark("acceleration", 1)->counted);
    assert_string_equal(mark("acceleration", 1)->note, "a reading was missing or not good");
    run.disturb_ctx = NULL;
}

static void trouble_at_idle_harms_nothing(void **state)
{
    (void)state;
    go_to(PROMPT_IDLE);
    int64_t now = run.now_ms - run.t0_ms;
    struct spell spell = {now, now + 7000, QUANTITY_COUNT, QUALITY_OK};
    run.disturb = spoil;
    run.disturb_ctx = &spell;
    finish();
    assert_int_equal(run.procedure.verdict.kind, VERDICT_PASS);
    assert_int_equal(run.procedure.verdict.marks_count, 6);
    run.disturb_ctx = NULL;
}

static void pressing_too_early_does_not_count(void **state)
{
    (void)state;
    go_to(PROMPT_IDLE);
    assert_int_equal(run.prompt_limit, 10000 - 1500); /* of the ten seconds, the settling has passed */
    assert_false(truck_run(&run, run.now_ms - run.t0_ms + 3000));
    run.press_ms[run.presses++] = run.now_ms;
    finish();
    assert_false(mark("acceleration", 1)->counted);
    assert_string_equal(mark("acceleration", 1)->note, "idle before it was shorter than 10.0 s");
    assert_true(mark("acceleration", 2)->from_ms >= mark("acceleration", 1)->to_ms + 10000);
    assert_int_equal(run.procedure.verdict.marks_count, 7);
}

static void the_release_is_asked_for_on_the_millisecond(void **state)
{
    (void)state;
    truck.k_every_ms = 300; /* no sample falls on the end of the two seconds */
    go_to(PROMPT_HOLD);
    assert_int_equal(run.prompt_limit, 2000);
    int64_t from = run.wake_ms - 2000;
    assert_false(truck_run(&run, from + 1999 - run.t0_ms));
    assert_int_equal(run.prompt, PROMPT_HOLD);
    assert_false(truck_run(&run, from + 2000 - run.t0_ms));
    assert_int_equal(run.prompt, PROMPT_RELEASE);
    finish();
    assert_int_equal(mark("acceleration", 1)->from_ms, from - run.t0_ms);
}

/* The rise that is seen exactly when the ten seconds are over counts; one sample earlier it does not. */
static void the_idle_time_is_over_on_the_millisecond(void **state)
{
    (void)state;
    for (int64_t early_ms = 0; early_ms <= 100; early_ms += 100) {
        int64_t idle_ends;
        go_to(PROMPT_IDLE);
        idle_ends = run.now_ms + run.prompt_limit;
        run.press_ms[run.presses++] = idle_ends - early_ms - 100; /* smoke is seen 100 ms after the press */
        run.act_ms = -1;
        run.passive = true;
        assert_false(truck_run(&run, idle_ends - run.t0_ms + 6000));
        assert_int_equal(mark("acceleration", 1)->from_ms, idle_ends - run.t0_ms - early_ms);
        assert_int_equal(mark("acceleration", 1)->counted, early_ms == 0);
    }
}

static void the_pedal_is_held_long_enough_on_the_millisecond(void **state)
{
    (void)state;
    truck.with_rpm = true;
    drive();
    assert_true(mark("acceleration", 1)->counted);
    law_set(rule, "hold-heavy", "3.1"); /* the speed is high for 3.1 s of this acceleration */
    assert_int_equal(drive()->kind, VERDICT_PASS);
    law_set(rule, "hold-heavy", "3.101");
    assert_int_equal(drive()->kind, VERDICT_ABORTED);
    assert_string_equal(mark("acceleration", 1)->note, "pedal held for 3.1 s, 3.1 s needed");
}

static void the_pedal_must_be_held(void **state)
{
    (void)state;
    truck.with_rpm = true;
    truck.hold_ms = 1000;
    start();
    assert_true(truck_run(&run, FOREVER));
    must_end(VERDICT_ABORTED, "too many accelerations did not count: see the marks");
    assert_string_equal(mark("acceleration", 1)->note, "pedal held for 1.5 s, 2.0 s needed");
    truck.with_rpm = false; /* nobody can tell */
    assert_int_equal(drive()->kind, VERDICT_PASS);
    truck.with_rpm = true;
    know("class", "light");
    assert_int_equal(drive()->kind, VERDICT_PASS);
}

static void the_engine_speed_must_be_reached(void **state)
{
    (void)state;
    know("rated_rpm", "3600");
    know("gearbox", "automatic");
    truck.with_rpm = true;
    truck.cutoff_rpm = 2412; /* 67 % of 3600 */
    assert_int_equal(drive()->kind, VERDICT_PASS);
    truck.cutoff_rpm = 2411;
    assert_int_equal(drive()->kind, VERDICT_ABORTED);
    assert_string_equal(mark("acceleration", 1)->note, "reached 2411 r/min, 2412.00 needed");
    truck.with_rpm = false;
    assert_int_equal(drive()->kind, VERDICT_PASS);
    truck.with_rpm = true;
    know("gearbox", "manual");
    assert_int_equal(drive()->kind, VERDICT_PASS);
    law_set(rule, "rpm-reach-manual", "90");
    assert_int_equal(drive()->kind, VERDICT_ABORTED);
}

static void light_vehicles_have_shorter_times(void **state)
{
    (void)state;
    int64_t heavy_ms = drive()->duration_ms;
    know("class", "light");
    assert_int_equal(drive()->duration_ms, heavy_ms - 3 * 4000);
    memset(&vehicle, 0, sizeof vehicle); /* not known: as heavy */
    assert_int_equal(drive()->duration_ms, heavy_ms);
    know("class", "medium");
    assert_int_equal(drive()->duration_ms, heavy_ms);
}

/* ---- finding accelerations ---- */

static void a_puff_without_engine_speed_is_no_acceleration(void **state)
{
    (void)state;
    truck.with_rpm = true;
    truck.cutoff_rpm = 900; /* the pedal is touched; smoke comes all the same */
    truck.peak_k[0] = 1.0;
    assert_int_equal(drive()->kind, VERDICT_ABORTED);
    assert_int_equal(run.procedure.verdict.marks_count, 0);
}

static int unrest(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    if (t_ms % 1300 < 400) /* a smoky engine's idle: 0.12 above its level for 0.4 s, again and again */
        sample->readings[0].value.units += 12;
    return 1;
}

static void the_unrest_of_a_smoky_engine_is_no_acceleration(void **state)
{
    (void)state;
    truck.peak_k[0] = 1.9;
    go_to(PROMPT_PURGE);
    while (run.prompt_value < 1)
        assert_false(truck_run(&run, run.now_ms - run.t0_ms + 10));
    run.disturb = unrest;
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_FAIL);
    assert_int_equal(v->marks_count, 6);
}

static int spike(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    if (t_ms % 4000 == 0)
        sample->readings[0].value = law_decimal("0.90");
    return 1;
}

static void a_single_high_sample_is_no_acceleration(void **state)
{
    (void)state;
    start();
    run.disturb = spike;
    run.passive = true;
    truck_run_to_prompt(&run, PROMPT_INSERT_PROBE, FOREVER);
    truck_key(&run, KEY_CONFIRM, NULL);
    assert_true(truck_run(&run, FOREVER));
    assert_int_equal(run.procedure.verdict.marks_count, 0);
}

static int stalled_engine(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    (void)t_ms;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quantity == QUANTITY_RPM)
            sample->readings[i].value = law_decimal("0");
    return 1;
}

static void a_pick_up_that_shows_nothing_is_no_engine_speed(void **state)
{
    (void)state;
    truck.with_rpm = true;
    start();
    run.disturb = stalled_engine;
    assert_int_equal(finish()->kind, VERDICT_PASS); /* by k alone */
}

static void a_drifting_zero_does_not_hang(void **state)
{
    (void)state;
    go_to(PROMPT_PRESS);
    run.act_ms = -1;
    truck.idle_k = 0.30; /* from now on, for ever */
    assert_false(truck_run(&run, run.now_ms - run.t0_ms + 30000));
    const struct verdict *v = finish();
    assert_string_equal(mark("acceleration", 1)->note, "did not return to idle within 20.0 s");
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->marks_count, 7);
}

static void an_acceleration_that_cannot_be_seen_is_marked_by_the_operator(void **state)
{
    (void)state;
    truck.peak_k[0] = 0.05; /* 0.03 above idle */
    start();
    assert_true(truck_run(&run, FOREVER));
    must_end(VERDICT_ABORTED, "time limit: no result within 900.0 s");
    assert_int_equal(run.procedure.verdict.marks_count, 0);
    start();
    run.manual = true;
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_true(equals(v->values[0].value, "0.05"));
    assert_int_equal(v->marks_count, 6);
    for (size_t i = 0; i < v->marks_count; i++) {
        assert_string_equal(v->marks[i].note, "marked by the operator, not seen in the signals");
        assert_int_equal(v->marks[i].to_ms - v->marks[i].from_ms, 6000);
    }
}

static void a_mark_by_the_operator_is_told_only_where_it_was_needed(void **state)
{
    (void)state;
    start();
    run.manual = true;
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    for (size_t i = 0; i < v->marks_count; i++)
        assert_string_equal(v->marks[i].note, "");
}

static void where_engine_speed_is_known_nobody_may_mark(void **state)
{
    (void)state;
    truck.with_rpm = true;
    truck.cutoff_rpm = 760;
    truck.peak_k[0] = 0.05;
    start();
    run.manual = true;
    assert_true(truck_run(&run, FOREVER));
    must_end(VERDICT_ABORTED, "time limit: no result within 900.0 s");
    assert_int_equal(run.procedure.verdict.marks_count, 0);
}

static void keys_at_the_wrong_moment_are_ignored(void **state)
{
    (void)state;
    char expected[VERDICT_JSON_MAX];
    char text[VERDICT_JSON_MAX];
    drive();
    truck_verdict(&run, expected, sizeof expected);
    start();
    while (!truck_run(&run, run.now_ms - run.t0_ms + 50)) {
        truck_key(&run, KEY_OBSERVE, "ringelmann=1");
        truck_key(&run, KEY_BYPASS_WARM, run.prompt == PROMPT_WARM_UP ? NULL : "why not");
        if (run.prompt == PROMPT_WAIT_INSTRUMENT || run.prompt == PROMPT_IDLE || run.prompt == PROMPT_HOLD ||
            run.prompt == PROMPT_RELEASE)
            truck_key(&run, KEY_CONFIRM, NULL);
    }
    assert_string_equal(truck_verdict(&run, text, sizeof text), expected);
}

static void the_start_of_time_does_not_matter(void **state)
{
    (void)state;
    static const int64_t starts[] = {0, 1, 999, 631152000000, INT64_C(1) << 53, INT64_MAX / 2, -631152000000};
    char expected[VERDICT_JSON_MAX];
    char text[VERDICT_JSON_MAX];
    truck.with_rpm = true;
    drive();
    truck_verdict(&run, expected, sizeof expected);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        truck_start(&run, &truck, pack, rule, &vehicle, starts[i]);
        assert_true(truck_run(&run, FOREVER));
        assert_string_equal(truck_verdict(&run, text, sizeof text), expected);
    }
}

static void purging_can_be_left_out_by_the_pack(void **state)
{
    (void)state;
    law_set(rule, "purge-count", "0");
    law_set(rule, "count", "4");
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->marks_count, 4);
    assert_int_equal(run.prompts[PROMPT_PURGE], 0);
}

/* The UK and EU roadworthiness kind: up to six, the mean of the last three after each, a fast pass on the first. */
static void go_on_while_it_exceeds_up_to_a_maximum(void **state)
{
    (void)state;
    static const struct {
        double k[6];
        size_t measured;
        enum verdict_kind kind;
        const char *value, *reason;
    } rows[] = {
        {{0.50}, 1, VERDICT_PASS, "0.50", NULL},
        {{0.60}, 1, VERDICT_PASS, "0.60", NULL},
        {{0.61, 0.60, 0.60}, 3, VERDICT_PASS, "0.60", NULL},
        {{1.60, 1.20, 1.10, 1.10}, 4, VERDICT_PASS, "1.13", NULL}, /* steady, but 1.30 */
        {{1.60, 1.60, 1.60, 1.60, 1.60, 1.60}, 6, VERDICT_FAIL, "1.60", "k: 1.60 > 1.20"},
        {{1.60, 1.60, 1.60, 1.20, 1.10, 1.10}, 6, VERDICT_PASS, "1.13", NULL},
        {{1.60, 0.80, 0.90, 0.80}, 4, VERDICT_PASS, "0.83", NULL}, /* first three differ by 0.8 */
        {{0.70, 1.25, 0.70, 1.25, 0.70, 1.25},
         6,
         VERDICT_ABORTED,
         NULL,
         "no steady result: the last maxima differ by more than 0.5"},
        {{0.70, 1.20, 0.70}, 3, VERDICT_PASS, "0.87", NULL},
    };
    law_set(rule, "count-max", "6");
    law_set(rule, "spread-max", "0.5");
    law_set(rule, "fast-pass", "0.6");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        truck = truck_make(1.0);
        truck.peak_k[1] = truck.peak_k[2] = 1.0;
        for (int n = 0; n < 6; n++)
            truck.peak_k[3 + n] = rows[i].k[n];
        const struct verdict *v = drive();
        if (v->kind != rows[i].kind || v->marks_count != rows[i].measured + 3)
            fail_msg("row %zu: %s after %zu", i, verdict_kind_name(v->kind), v->marks_count - 3);
        if (rows[i].value)
            assert_true(equals(v->values[0].value, rows[i].value));
        assert_int_equal(v->values_count, rows[i].value ? 1 : 0);
        if (rows[i].reason)
            assert_string_equal(v->reasons[0], rows[i].reason);
    }
}

/* The SAE J1667 kind: as many as it takes until the last three agree; then the mean stands. */
static void go_on_until_the_last_ones_agree(void **state)
{
    (void)state;
    static const double k[] = {2.0, 0.8, 1.6, 2.1, 1.6, 1.7};
    law_set(rule, "spread-max", "0.5");
    truck.peak_k[1] = truck.peak_k[2] = 0.4;
    for (int n = 0; n < 6; n++)
        truck.peak_k[3 + n] = k[n];
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_FAIL);
    assert_int_equal(v->marks_count, 3 + 5);
    assert_true(equals(v->values[0].value, "1.77"));
}

static void a_maximum_below_the_count_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    law_set(rule, "count-max", "2");
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "'count-max' must be a whole number from 3 to 20"));
}

static int monster(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    (void)t_ms;
    if (decimal_compare(sample->readings[0].value, law_decimal("0.3")) > 0)
        sample->readings[0].value = (struct decimal){.units = INT64_MAX};
    return 1;
}

static void numbers_too_large_to_be_true_are_no_result(void **state)
{
    (void)state;
    start();
    run.disturb = monster;
    assert_true(truck_run(&run, FOREVER));
    must_end(VERDICT_ABORTED, "the mean of the maxima is too large to be true: check the instrument");
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(a_clean_truck_passes),
        LAW(the_limit_is_held_against_the_rounded_mean),
        LAW(class_b_has_its_own_limit),
        LAW(every_rate_and_instrument_gives_the_same_word),
        LAW(opacity_alone_is_read_as_k),
        LAW(opacity_is_never_mixed_with_k),
        LAW(a_cold_engine_is_not_tested),
        LAW(a_doubtful_temperature_warms_nothing),
        LAW(the_bypass_needs_a_reason_and_is_printed),
        LAW(the_bypass_tells_the_temperature_that_was_shown),
        LAW(a_lost_instrument_ends_the_test_in_any_state),
        LAW(the_operator_ends_the_test_in_any_state_with_a_reason),
        LAW(nothing_happens_after_the_end),
        LAW(the_time_limit_ends_the_test_in_any_state),
        LAW(an_unfit_instrument_is_waited_for_before_the_test),
        LAW(an_instrument_that_becomes_unfit_ends_the_test),
        LAW(passing_trouble_does_not_end_the_test),
        LAW(a_reading_that_is_not_good_voids_its_acceleration),
        LAW(a_missing_sample_voids_its_acceleration),
        LAW(a_gap_that_hides_the_rise_voids_too),
        LAW(engine_speed_that_fails_voids_its_acceleration),
        LAW(trouble_at_idle_harms_nothing),
        LAW(pressing_too_early_does_not_count),
        LAW(the_release_is_asked_for_on_the_millisecond),
        LAW(the_idle_time_is_over_on_the_millisecond),
        LAW(the_pedal_is_held_long_enough_on_the_millisecond),
        LAW(the_pedal_must_be_held),
        LAW(the_engine_speed_must_be_reached),
        LAW(light_vehicles_have_shorter_times),
        LAW(a_puff_without_engine_speed_is_no_acceleration),
        LAW(the_unrest_of_a_smoky_engine_is_no_acceleration),
        LAW(a_single_high_sample_is_no_acceleration),
        LAW(a_pick_up_that_shows_nothing_is_no_engine_speed),
        LAW(a_drifting_zero_does_not_hang),
        LAW(an_acceleration_that_cannot_be_seen_is_marked_by_the_operator),
        LAW(a_mark_by_the_operator_is_told_only_where_it_was_needed),
        LAW(where_engine_speed_is_known_nobody_may_mark),
        LAW(keys_at_the_wrong_moment_are_ignored),
        LAW(the_start_of_time_does_not_matter),
        LAW(purging_can_be_left_out_by_the_pack),
        LAW(go_on_while_it_exceeds_up_to_a_maximum),
        LAW(go_on_until_the_last_ones_agree),
        LAW(a_maximum_below_the_count_is_refused),
        LAW(numbers_too_large_to_be_true_are_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
