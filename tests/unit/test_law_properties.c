/*
 * Properties over random input: whatever happens to the samples on their way, a truck that fails on the complete data
 * never passes; and what is the same is judged the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/remote.h"
#include "tests/support/law.h"
#include "tests/support/script.h"
#include "tests/support/truck.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct truck_run run;
static uint64_t seed;

/* SplitMix64: the same numbers everywhere. */
static uint64_t any(uint64_t below)
{
    uint64_t z = (seed += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % below;
}

static int open_law(void **state)
{
    (void)state;
    seed = 20260701;
    pack = law_open("gb3847-2018");
    rule = law_rule(pack, "free-acceleration");
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

struct adversary {
    uint64_t lose, repeat, hold, doubt; /* per mille of the samples */
    bool holds;
    struct sample held;
};

static void deliver(struct truck_run *r, struct sample *sample)
{
    if (!r->procedure.finished)
        truck_event(r, (struct procedure_event){.kind = PROCEDURE_READING, .sample = sample});
}

static int interfere(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)t_ms;
    struct adversary *a = r->disturb_ctx;
    if (any(1000) < a->doubt)
        sample->readings[any(sample->count)].quality = QUALITY_SUSPECT;
    if (any(1000) < a->lose)
        return 0;
    if (a->holds) { /* comes after the one that followed it */
        struct sample late = a->held;
        a->holds = false;
        deliver(r, sample);
        deliver(r, &late);
        return 0;
    }
    if (any(1000) < a->hold) {
        a->held = *sample;
        a->holds = true;
        return 0;
    }
    return any(1000) < a->repeat ? 3 : 1;
}

/* A truck that fails by the smallest step there is, if every sample arrives. */
static struct truck barely_failing(void)
{
    static const int64_t every[] = {50, 100, 200, 250, 500, 1000};
    struct truck truck = truck_make(1.21);
    truck.k_every_ms = truck.rpm_every_ms = every[any(6)];
    truck.k_phase_ms = 0;
    truck.in_step = true;
    truck.with_rpm = any(2);
    return truck;
}

static void trouble_on_the_way_never_turns_fail_into_pass(void **state)
{
    (void)state;
    int failed = 0;
    int aborted = 0;
    int repeated = 0;
    for (int i = 0; i < 600; i++) {
        struct vehicle vehicle = {0};
        struct truck truck = barely_failing();
        truck_start(&run, &truck, pack, rule, &vehicle, 0);
        assert_true(truck_run(&run, FOREVER));
        assert_int_equal(run.procedure.verdict.kind, VERDICT_FAIL);
        struct adversary a = {
            .lose = any(2) * any(120), .repeat = any(200), .hold = any(2) * any(80), .doubt = any(40)};
        truck_start(&run, &truck, pack, rule, &vehicle, 0);
        run.disturb = interfere;
        run.disturb_ctx = &a;
        assert_true(truck_run(&run, FOREVER));
        const struct verdict *v = &run.procedure.verdict;
        if (v->kind == VERDICT_PASS) {
            char text[VERDICT_JSON_MAX];
            fail_msg("run %d, %d ms, rpm %d, lose %d hold %d: %s", i, (int)truck.k_every_ms, truck.with_rpm,
                     (int)a.lose, (int)a.hold, truck_verdict(&run, text, sizeof text));
        }
        failed += v->kind == VERDICT_FAIL;
        aborted += v->kind == VERDICT_ABORTED;
        repeated += v->marks_count > 6;
        run.disturb_ctx = NULL;
    }
    print_message("# %d failed, %d aborted, %d with repeated accelerations\n", failed, aborted, repeated);
    assert_true(failed > 150 && aborted > 5 && repeated > 50);
}

static void repeated_samples_change_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        char expected[VERDICT_JSON_MAX];
        char text[VERDICT_JSON_MAX];
        struct vehicle vehicle = {0};
        struct truck truck = barely_failing();
        truck.peak_k[0] = 0.1 + (double)any(300) / 100;
        truck_start(&run, &truck, pack, rule, &vehicle, 0);
        assert_true(truck_run(&run, FOREVER));
        truck_verdict(&run, expected, sizeof expected);
        struct adversary a = {.repeat = 500};
        truck_start(&run, &truck, pack, rule, &vehicle, 0);
        run.disturb = interfere;
        run.disturb_ctx = &a;
        assert_true(truck_run(&run, FOREVER));
        assert_string_equal(truck_verdict(&run, text, sizeof text), expected);
        run.disturb_ctx = NULL;
    }
}

/* ---- methods that measure at fixed points ---- */

/* A vehicle that just fails on complete data, and people who do what they are asked. */
struct point_test {
    const char *pack, *rule;
    void (*act)(struct script *s);
};

static double speed_kmh;

static void barely_failing_petrol(struct script *s)
{
    bool idle = s->prompt == PROMPT_IDLE;
    if (s->prompt == PROMPT_INSERT_PROBE)
        script_key(s, KEY_CONFIRM, NULL);
    script_set(s, QUANTITY_OIL_TEMP, 90, 1);
    script_set(s, QUANTITY_RPM, idle ? 800 : s->prompt == PROMPT_REV ? (double)s->prompt_value : 900, 0);
    script_set(s, QUANTITY_CO, 0.36, 2); /* 0.4 > 0.3 at raised idle */
    script_set(s, QUANTITY_HC, 20, 0);
    script_set(s, QUANTITY_LAMBDA, 1, 3);
}

static void barely_failing_diesel(struct script *s)
{
    if (s->prompt == PROMPT_INSERT_PROBE || s->prompt == PROMPT_FULL_PEDAL) {
        speed_kmh = 85;
        script_key(s, KEY_CONFIRM, NULL);
    } else if (s->prompt == PROMPT_SCAN && s->now_ms == s->next_ms) {
        speed_kmh -= 0.5;
    } else if (s->prompt == PROMPT_SPEED) {
        speed_kmh = (double)s->prompt_value;
    }
    script_set(s, QUANTITY_OIL_TEMP, 90, 1);
    script_set(s, QUANTITY_AIR_TEMP, 25, 1);
    script_set(s, QUANTITY_PRESSURE, 99, 1);
    script_set(s, QUANTITY_SPEED, speed_kmh, 1);
    script_set(s, QUANTITY_POWER, 120 - 0.1 * (speed_kmh - 70) * (speed_kmh - 70), 2);
    script_set(s, QUANTITY_K, 1.21, 2);
    script_set(s, QUANTITY_NOX, 900, 0);
}

static const struct point_test point_tests[] = {
    {"gb18285-2018", "light", barely_failing_petrol},
    {"gb3847-2018", "lug-down", barely_failing_diesel},
};

/* Makes readings look better where it marks them as not good. */
static int interfere_points(struct script *s, struct sample *sample)
{
    struct adversary *a = s->disturb_ctx;
    if (any(1000) < a->doubt)
        for (size_t i = 0; i < sample->count; i++) {
            sample->readings[i].quality = (enum quality)(1 + any(QUALITY_COUNT - 1));
            sample->readings[i].value.units = 0;
        }
    if (any(1000) < a->lose)
        return 0;
    if (a->holds) {
        struct sample late = a->held;
        a->holds = false;
        script_deliver(s, sample);
        script_deliver(s, &late);
        return 0;
    }
    if (any(1000) < a->hold) {
        a->held = *sample;
        a->holds = true;
        return 0;
    }
    return any(1000) < a->repeat ? 3 : 1;
}

static void trouble_at_fixed_points_never_turns_fail_into_pass(void **state)
{
    (void)state;
    static struct script script;
    int kinds[VERDICT_VOID + 1] = {0};
    for (size_t m = 0; m < sizeof point_tests / sizeof point_tests[0]; m++) {
        const struct point_test *test = &point_tests[m];
        struct rule_pack *law = law_open(test->pack);
        struct vehicle vehicle = {0};
        struct err err;
        assert_int_equal(vehicle_set(&vehicle, "power_kw", "200", FACT_TYPED, "", &err), 0);
        for (int i = 0; i < 60; i++) {
            struct adversary a = {.lose = i == 0 ? 0 : any(2) * any(80),
                                  .repeat = any(200),
                                  .hold = i == 0 ? 0 : any(2) * any(60),
                                  .doubt = i == 0 ? 0 : any(80)};
            /* Any start of the clock: twenty years either way change nothing. */
            int64_t t0_ms = INT64_C(1000000000000) + (int64_t)any(3) * INT64_C(631152000000);
            script_start(&script, law, law_rule(law, test->rule), &vehicle, LIMIT_CLASS_A, t0_ms);
            script.act = test->act;
            script.disturb = interfere_points;
            script.disturb_ctx = &a;
            assert_true(script_run(&script, FOREVER));
            const struct verdict *v = &script.procedure.verdict;
            assert_int_not_equal(v->kind, VERDICT_PASS);
            assert_true(i > 0 || v->kind == VERDICT_FAIL);
            kinds[v->kind]++;
        }
        free(law);
    }
    print_message("# %d failed, %d aborted\n", kinds[VERDICT_FAIL], kinds[VERDICT_ABORTED]);
    assert_true(kinds[VERDICT_FAIL] > 20 && kinds[VERDICT_ABORTED] > 5);
}

/* Any order of keys, states and readings ends by itself, with one verdict that can be written and read. */
static void any_order_of_events_ends(void **state)
{
    (void)state;
    static const enum quantity quantities[] = {QUANTITY_K, QUANTITY_OPACITY, QUANTITY_RPM, QUANTITY_OIL_TEMP};
    for (int i = 0; i < 300; i++) {
        struct vehicle vehicle = {0};
        struct truck truck = truck_make(0.5);
        truck_start(&run, &truck, pack, rule, &vehicle, (int64_t)any(1000000));
        run.passive = true;
        for (int n = 0; n < 3000 && !run.procedure.finished; n++) {
            run.now_ms += (int64_t)any(800);
            struct sample sample = {.t_ms = run.now_ms};
            for (size_t q = 0; q < 4; q++)
                if (any(2))
                    sample_add(&sample, quantities[q], any(30) ? QUALITY_OK : QUALITY_SUSPECT,
                               (struct decimal){.units = (int64_t)any(4000) - 100, .digits = (uint8_t)any(4)});
            switch (any(40)) {
            case 0: truck_key(&run, (enum procedure_key)any(KEY_ABORT), "reason"); break;
            case 1: truck_key(&run, KEY_CONFIRM, NULL); break;
            case 2: truck_event(&run, (struct procedure_event){.kind = PROCEDURE_WAKE}); break;
            case 3:
                if (any(20) == 0)
                    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_STATUS,
                                                               .status = (enum instrument_status)any(STATUS_COUNT),
                                                               .text = "smoke"});
                break;
            default: deliver(&run, &sample); break;
            }
        }
        assert_true(run.procedure.finished);
        assert_int_equal(run.finishes, 1);
        char text[VERDICT_JSON_MAX];
        truck_verdict(&run, text, sizeof text);
    }
}

/* Remote sensing: taking valid exceedances away from a history, or adding clean or invalid passages, never makes a
 * fail. */
static void a_thinner_history_never_makes_a_fail(void **state)
{
    (void)state;
    enum { HISTORY = 12 };
    struct rule_pack *hj = law_open("hj845-2017");
    const struct rule *remote = law_rule(hj, "remote-sensing");
    struct passage passage = {.plate_text = "新B12345", .plate_colour = PLATE_YELLOW, .fuel = "diesel"};
    struct sample sample = {.passage = &passage};
    static const struct {
        enum quantity quantity;
        const char *value;
    } air[] = {{QUANTITY_OPACITY, "42"},  {QUANTITY_VSP, "5"},       {QUANTITY_WIND_SPEED, "1"},
               {QUANTITY_AIR_TEMP, "20"}, {QUANTITY_HUMIDITY, "40"}, {QUANTITY_PRESSURE, "95"}};
    for (size_t i = 0; i < sizeof air / sizeof air[0]; i++)
        sample_add(&sample, air[i].quantity, QUALITY_OK, law_decimal(air[i].value));
    struct civil_date day = law_day("2026-07-01");
    int fails = 0;
    for (int n = 0; n < 2000; n++) {
        struct remote_past past[HISTORY];
        struct verdict v;
        struct verdict thin;
        for (int i = 0; i < HISTORY; i++)
            past[i] =
                (struct remote_past){.day = civil_from_days(civil_days(day) - 40 * (HISTORY - i) + (int32_t)any(30)),
                                     .valid = any(2),
                                     .exceeded = any(3) ? 0 : UINT64_C(1) << QUANTITY_OPACITY};
        assert_int_equal(remote_judge(&v, hj, remote, LIMIT_CLASS_A, &sample, past, HISTORY, day, NULL), 0);
        size_t at = any(HISTORY);
        if (any(2))
            past[at].exceeded = 0;
        else if (past[at].exceeded)
            past[at].valid = past[at].valid && past[at].exceeded == 0;
        assert_int_equal(remote_judge(&thin, hj, remote, LIMIT_CLASS_A, &sample, past, HISTORY, day, NULL), 0);
        fails += v.kind == VERDICT_FAIL;
        if (v.kind != VERDICT_FAIL)
            assert_int_equal(thin.kind, VERDICT_SUSPECT);
    }
    assert_true(fails > 200 && fails < 1800);
    free(hj);
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(trouble_on_the_way_never_turns_fail_into_pass),
        LAW(repeated_samples_change_nothing),
        LAW(any_order_of_events_ends),
        LAW(trouble_at_fixed_points_never_turns_fail_into_pass),
        LAW(a_thinner_history_never_makes_a_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
