/* Lug-down by GB 3847-2018 appendix B with the shipped pack, on a simulated dynamometer. */
#include "station/core/lug_down.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/lug_down_plan.h"
#include "tests/support/law.h"
#include "tests/support/script.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct vehicle vehicle;
static struct script run;

/* A truck with its largest power, 120 kW, at best_kmh. */
static double speed_kmh, best_kmh, top_kw, k_full, k_part, nox, opacity;
static bool by_force, by_opacity;

static void know(const char *key, const char *value)
{
    struct err err = {0};
    if (vehicle_set(&vehicle, key, value, FACT_TYPED, "", &err) != 0)
        fail_msg("%s", err.text);
}

static int open_law(void **state)
{
    (void)state;
    struct err err = {0};
    pack = law_open("gb3847-2018");
    rule = law_rule(pack, "lug-down");
    vehicle = (struct vehicle){0};
    assert_int_equal(plate_parse(&vehicle.plate, "新B12345", PLATE_YELLOW, &err), 0);
    know("power_kw", "250");
    know("aspiration", "turbo");
    best_kmh = 70;
    top_kw = 120;
    k_full = k_part = 0.5;
    nox = 800;
    opacity = 34.9;
    by_force = by_opacity = false;
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void dynamometer(struct script *s)
{
    double k = s->prompt == PROMPT_SPEED && (double)s->prompt_value < best_kmh * 0.9 ? k_part : k_full;
    if (s->prompt == PROMPT_INSERT_PROBE || s->prompt == PROMPT_FULL_PEDAL) {
        speed_kmh = 85;
        script_key(s, KEY_CONFIRM, NULL);
    } else if (s->prompt == PROMPT_SCAN && s->now_ms == s->next_ms) {
        speed_kmh -= 0.5;
    } else if (s->prompt == PROMPT_SPEED) {
        speed_kmh = (double)s->prompt_value;
    }
    double kw = top_kw - 0.1 * (speed_kmh - best_kmh) * (speed_kmh - best_kmh);
    script_set(s, QUANTITY_SPEED, speed_kmh, 1);
    if (by_force)
        script_set(s, QUANTITY_FORCE, kw * 3600 / speed_kmh, 3);
    else
        script_set(s, QUANTITY_POWER, kw, 2);
    if (by_opacity)
        script_set(s, QUANTITY_OPACITY, opacity, 1); /* k = 0.998246 over 0.430 m */
    else
        script_set(s, QUANTITY_K, k, 3);
    script_set(s, QUANTITY_NOX, nox, 1);
}

static void start(void)
{
    script_start(&run, pack, rule, &vehicle, LIMIT_CLASS_A, 1000);
    run.every_ms = 200;
    run.next_ms = 1200;
    run.act = dynamometer;
    script_set(&run, QUANTITY_OIL_TEMP, 85, 1);
    script_set(&run, QUANTITY_AIR_TEMP, 12.3, 1);
    script_set(&run, QUANTITY_PRESSURE, 95.8, 1);
}

static const struct verdict *finish(void)
{
    assert_true(script_run(&run, FOREVER));
    assert_int_equal(run.finishes, 1);
    return &run.procedure.verdict;
}

static const struct verdict *drive(void)
{
    start();
    return finish();
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

/* A real trace: 0.95 on all rows at 95.8 kPa and 12.3 degC with a turbocharger. */
static void alpha_of_a_real_trace(void **state)
{
    (void)state;
    struct decimal alpha;
    struct decimal rounded;
    assert_true(lug_down_alpha(law_decimal("95.8"), law_decimal("12.3"), true, &alpha));
    assert_true(decimal_round(alpha, 2, &rounded) && equals(rounded, "0.95"));
    assert_true(lug_down_alpha(law_decimal("99"), law_decimal("24.85"), false, &alpha));
    assert_true(equals(alpha, "1"));
    assert_true(lug_down_alpha(law_decimal("99"), law_decimal("24.85"), true, &alpha) && equals(alpha, "1"));
    /* (99/80)(303.15/298)^0.7 = 1.252312, to the power of 1.2 */
    assert_true(lug_down_alpha(law_decimal("80"), law_decimal("30"), false, &alpha));
    assert_true(decimal_round(alpha, 3, &rounded));
    assert_true(equals(rounded, "1.310"));
    assert_false(lug_down_alpha(law_decimal("0"), law_decimal("20"), true, &alpha));
    assert_false(lug_down_alpha(law_decimal("95"), law_decimal("-273.15"), true, &alpha));
}

static void a_good_truck_passes(void **state)
{
    (void)state;
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->reasons_count, 0);
    assert_int_equal(v->values_count, 4);
    assert_true(equals(v->values[0].limit, "100.0") && v->values[0].at_least);
    assert_string_equal(v->values[0].clause, "GB 3847-2018 附录B");
    assert_true(equals(mark("scan", 1)->value, "120.00"));
    assert_true(equals(mark("velmaxhp", 1)->value, "70.0"));
    assert_string_equal(mark("corrected-power", 1)->note + 6, "0.951374");
    assert_int_equal(v->marks_count, 6);
    const struct verdict_mark *full = mark("point", 100);
    assert_true(full->to_ms - full->from_ms >= 5000 && full->to_ms - full->from_ms <= 5200);
    assert_int_equal(mark("point", 80)->quantity, QUANTITY_K);
    assert_true(v->duration_ms < 60000);
}

static void every_limit(void **state)
{
    (void)state;
    static const struct {
        double k_full, k_part, nox, kw;
        const char *reason; /* NULL: pass */
    } rows[] = {
        {1.20, 1.20, 1500, 120, NULL},
        {1.204, 1.204, 1500.4, 120, NULL},
        {1.206, 1.20, 1500, 120, "k at 100 %: 1.21 > 1.20"},
        {1.20, 1.206, 1500, 120, "k at 80 %: 1.21 > 1.20"},
        {1.20, 1.20, 1500.6, 120, "nox at 80 %: 1501 > 1500"},
        {0.5, 0.5, 800, 105.12, NULL},                  /* x 0.951374 = 100.008 */
        {0.5, 0.5, 800, 105.06, NULL},                  /* 99.951: 100.0 in the digits of the limit */
        {0.5, 0.5, 800, 105.05, "power: 99.9 < 100.0"}, /* 99.942 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        k_full = rows[i].k_full;
        k_part = rows[i].k_part;
        nox = rows[i].nox;
        top_kw = rows[i].kw;
        const struct verdict *v = drive();
        if (v->kind != (rows[i].reason ? VERDICT_FAIL : VERDICT_PASS) ||
            (rows[i].reason && strcmp(v->reasons[0], rows[i].reason) != 0))
            fail_msg("row %zu: %s, %s", i, verdict_kind_name(v->kind), v->reasons[0]);
    }
}

static void force_and_opacity_serve(void **state)
{
    (void)state;
    by_force = true;
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    struct decimal power;
    assert_true(decimal_round(mark("scan", 1)->value, 2, &power) && equals(power, "120.00"));
    by_opacity = true;
    v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_true(equals(mark("point", 100)->value, "0.998246"));
}

static void velmaxhp_has_bounds(void **state)
{
    (void)state;
    static const struct {
        double kmh;
        bool good;
    } rows[] = {{59.5, false}, {60, true}, {84, true}, {100, true}, {100.5, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        best_kmh = rows[i].kmh;
        start();
        script_run_to(&run, PROMPT_SCAN, FOREVER);
        speed_kmh = best_kmh + 15;
        const struct verdict *v;
        if (!rows[i].good)
            while (run.prompt == PROMPT_SCAN)
                script_run(&run, run.now_ms - run.t0_ms + 10);
        if (rows[i].good) {
            v = finish();
            assert_int_equal(v->kind, VERDICT_PASS);
        } else {
            v = &run.procedure.verdict;
            assert_non_null(strstr(v->marks[0].note, "out of bounds"));
            assert_false(v->marks[0].counted);
            assert_int_equal(run.prompt, PROMPT_FULL_PEDAL);
        }
    }
}

static enum quality doubt;
static enum quantity doubted;
static int disturb_once(struct script *s, struct sample *sample)
{
    if (s->prompt != PROMPT_SCAN || s->marks > 0 || speed_kmh > best_kmh)
        return 1;
    if (doubt == QUALITY_OK)
        return 0;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quantity == doubted)
            sample->readings[i].quality = doubt;
    return 1;
}

static void a_scan_with_a_hole_is_repeated(void **state)
{
    (void)state;
    static const enum quantity needed[] = {QUANTITY_POWER, QUANTITY_SPEED, QUANTITY_FORCE};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        for (doubt = QUALITY_WARM_UP; doubt < QUALITY_COUNT; doubt++) {
            doubted = needed[i];
            by_force = doubted == QUANTITY_FORCE;
            start();
            run.disturb = disturb_once;
            assert_int_equal(finish()->kind, VERDICT_PASS);
            assert_string_equal(mark("scan", 1)->note, "a reading was missing or not good");
            assert_false(mark("scan", 1)->counted);
            assert_true(mark("scan", 2)->counted);
        }
}

/* Instruments speak by turns: what says nothing of speed or power is no hole in the scan, power without a speed is. */
static void samples_of_other_instruments_do_not_matter(void **state)
{
    (void)state;
    static const enum quantity told[] = {QUANTITY_NOX, QUANTITY_POWER, QUANTITY_FORCE};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct sample sample = {0};
        start();
        script_run_to(&run, PROMPT_SCAN, FOREVER);
        script_run(&run, run.now_ms - run.t0_ms + 1000);
        assert_int_equal(run.prompt, PROMPT_SCAN);
        sample.t_ms = run.now_ms;
        sample_add(&sample, told[i], QUALITY_OK, law_decimal("800"));
        script_deliver(&run, &sample);
        assert_int_equal(run.prompt, told[i] == QUANTITY_NOX ? PROMPT_SCAN : PROMPT_FULL_PEDAL);
        script_run_to(&run, PROMPT_SPEED, FOREVER);
        script_run(&run, run.now_ms - run.t0_ms + 1050);
        sample = (struct sample){.t_ms = run.now_ms};
        sample_add(&sample, QUANTITY_CO, QUALITY_OK, law_decimal("0.5"));
        script_deliver(&run, &sample);
        assert_int_equal(finish()->kind, VERDICT_PASS);
        assert_int_equal(mark("scan", 1)->counted, told[i] == QUANTITY_NOX);
    }
}

static int doubt_speed_at_points(struct script *s, struct sample *sample)
{
    for (size_t i = 0; i < sample->count; i++)
        if (s->prompt == PROMPT_SPEED && sample->readings[i].quantity == QUANTITY_SPEED && s->now_ms / 200 % 20 == 0)
            sample->readings[i].quality = QUALITY_SUSPECT;
    return 1;
}

/* Neither a speed that is not sure nor an opacity without a k gives a point its mean. */
static void a_point_needs_speed_and_smoke(void **state)
{
    (void)state;
    start();
    run.disturb = doubt_speed_at_points;
    assert_int_equal(finish()->kind, VERDICT_ABORTED);
    assert_string_equal(run.procedure.verdict.reasons[0], "time limit: no result within 300.0 s");
    by_opacity = true;
    opacity = 100;
    assert_int_equal(drive()->kind, VERDICT_ABORTED);
    assert_string_equal(run.procedure.verdict.reasons[0], "time limit: no result within 300.0 s");
    assert_int_equal(run.procedure.verdict.values_count, 1); /* the power */
}

/* Of an engine that gives no power there is no speed of the largest. */
static void no_power_has_no_velmaxhp(void **state)
{
    (void)state;
    top_kw = 0;
    best_kmh = 90; /* never reached: the power is below 0 all the way */
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_ABORTED);
    for (size_t i = 0; i < v->marks_count; i++)
        assert_string_not_equal(v->marks[i].kind, "velmaxhp");
    assert_int_equal(v->values_count, 0);
}

/* Keys that mean nothing here change nothing; after the end nothing does. */
static void other_keys_change_nothing(void **state)
{
    (void)state;
    start();
    script_run_to(&run, PROMPT_INSERT_PROBE, FOREVER);
    script_key(&run, KEY_OBSERVE, "k=1");
    assert_int_equal(run.prompt, PROMPT_INSERT_PROBE);
    script_run_to(&run, PROMPT_SCAN, FOREVER);
    script_key(&run, KEY_CONFIRM, NULL);
    assert_int_equal(run.prompt, PROMPT_SCAN);
    assert_int_equal(finish()->kind, VERDICT_PASS);
    script_key(&run, KEY_ABORT, "too late");
    script_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "dyno"});
    assert_int_equal(run.finishes, 1);
    assert_int_equal(run.procedure.verdict.kind, VERDICT_PASS);
}

static int lose_at_points(struct script *s, struct sample *sample)
{
    (void)sample;
    return s->prompt == PROMPT_SPEED && s->now_ms / 200 % 20 < 2 ? 0 : 1; /* every 4 s */
}

static void a_point_with_holes_gives_no_mean(void **state)
{
    (void)state;
    start();
    run.disturb = lose_at_points;
    assert_int_equal(finish()->kind, VERDICT_ABORTED);
    assert_string_equal(run.procedure.verdict.reasons[0], "time limit: no result within 300.0 s");
    assert_int_equal(run.procedure.verdict.values_count, 1); /* the power */
}

static int lose_in_scan(struct script *s, struct sample *sample)
{
    (void)sample;
    return s->prompt == PROMPT_SCAN && s->now_ms / 200 % 10 < 2 ? 0 : 1;
}

static void scans_are_not_repeated_for_ever(void **state)
{
    (void)state;
    start();
    run.disturb = lose_in_scan;
    assert_int_equal(finish()->kind, VERDICT_ABORTED);
    assert_string_equal(run.procedure.verdict.reasons[0], "no power scan that counts: see the marks");
    assert_int_equal(run.procedure.verdict.marks_count, 6);
}

static void warm_air_ends_the_test(void **state)
{
    (void)state;
    start();
    script_set(&run, QUANTITY_AIR_TEMP, 45.0, 1);
    assert_int_equal(finish()->kind, VERDICT_PASS);
    start();
    script_set(&run, QUANTITY_AIR_TEMP, 45.1, 1);
    assert_int_equal(finish()->kind, VERDICT_ABORTED);
    assert_string_equal(run.procedure.verdict.reasons[0], "the air is too warm: 45.1 degC, at most 45");
}

static void power_is_not_judged_without_the_air(void **state)
{
    (void)state;
    for (int without = 0; without < 3; without++) {
        start();
        if (without == 2) /* no air at all */
            script_set(&run, QUANTITY_PRESSURE, 0, 1);
        else
            script_silence(&run, without == 0 ? QUANTITY_PRESSURE : QUANTITY_AIR_TEMP);
        assert_int_equal(finish()->kind, VERDICT_ABORTED);
        assert_string_equal(run.procedure.verdict.reasons[0],
                            "power: temperature and pressure of the air are needed to correct it");
    }
}

static void the_speed_must_be_held(void **state)
{
    (void)state;
    for (int off = 0; off < 2; off++) {
        start();
        script_run_to(&run, PROMPT_SPEED, FOREVER);
        run.act = NULL;
        script_set(&run, QUANTITY_SPEED, off ? 72.1 : 72.0, 1); /* 70 +- 2.0 km/h */
        script_run(&run, run.now_ms - run.t0_ms + 20000);
        assert_int_equal(run.prompt_value, off ? 70 : 56);
    }
}

static void what_ends_a_test_ends_it_anywhere(void **state)
{
    (void)state;
    static const enum prompt prompts[] = {PROMPT_WAIT_INSTRUMENT, PROMPT_WARM_UP, PROMPT_INSERT_PROBE,
                                          PROMPT_FULL_PEDAL,      PROMPT_SCAN,    PROMPT_SPEED};
    for (size_t i = 0; i < sizeof prompts / sizeof prompts[0]; i++)
        for (int end = 0; end < 4; end++) {
            start();
            if (prompts[i] == PROMPT_WARM_UP)
                script_set(&run, QUANTITY_OIL_TEMP, 79.9, 1);
            assert_true(i == 0 || script_run_to(&run, prompts[i], FOREVER));
            const char *reason = "instrument dyno lost";
            run.act = NULL;
            if (end == 0) {
                script_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "dyno"});
            } else if (end == 1) {
                script_key(&run, KEY_ABORT, "tyre smokes");
                reason = "aborted by the operator: tyre smokes";
            } else if (end == 2) {
                script_event(&run,
                             (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_LEAK, .text = "gas"});
                if (prompts[i] != PROMPT_SCAN && prompts[i] != PROMPT_SPEED) {
                    assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
                    continue;
                }
                reason = "instrument gas: leak";
            } else {
                script_set(&run, QUANTITY_SPEED, 85, 1);
                assert_false(script_run(&run, 299999));
                assert_true(script_run(&run, 300000));
                reason = "time limit: no result within 300.0 s";
            }
            assert_true(run.procedure.finished);
            assert_string_equal(run.procedure.verdict.reasons[0], reason);
            assert_int_equal(run.procedure.verdict.kind, VERDICT_ABORTED);
        }
}

/* 0.25 1/m for each further 1000 m above 1500 m, 0.75 at most; off in the shipped pack. */
static void altitude_is_an_option(void **state)
{
    (void)state;
    static const struct {
        const char *altitude, *rise;
    } rows[] = {{"1500", "0"},    {"2499", "0"},    {"2500", "0.25"}, {"3499.9", "0.25"},
                {"3500", "0.50"}, {"4500", "0.75"}, {"5500", "0.75"}, {"-30", "0"}};
    struct lug_down_plan plan;
    struct err err = {0};
    k_full = k_part = 1.40;
    start();
    script_set(&run, QUANTITY_ALTITUDE, 2600, 0);
    assert_int_equal(finish()->kind, VERDICT_FAIL);
    law_set(rule, "altitude-from", "1500");
    law_set(rule, "altitude-step", "0.25");
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    law_set(rule, "altitude-max", "0.75");
    assert_int_equal(lug_down_plan_load(&plan, rule, &vehicle, &err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(equals(lug_down_plan_rise(&plan, law_decimal(rows[i].altitude)), rows[i].rise));
    start();
    script_set(&run, QUANTITY_ALTITUDE, 2600, 0);
    assert_int_equal(finish()->kind, VERDICT_PASS);
    assert_string_equal(run.procedure.verdict.reasons[0], "k: limit raised by 0.25 for 2600 m above the sea");
    assert_true(equals(run.procedure.verdict.values[1].limit, "1.45"));
    assert_int_equal(drive()->kind, VERDICT_FAIL); /* no altitude, no rise */
}

static void what_the_power_depends_on_is_asked_for(void **state)
{
    (void)state;
    struct procedure p;
    struct err err = {0};
    vehicle.facts[VEHICLE_POWER_KW].source = FACT_ABSENT;
    assert_int_equal(lug_down_method.init(&p, pack, rule, &vehicle, LIMIT_CLASS_A, &err), -1);
    assert_non_null(strstr(err.text, "--vehicle power_kw="));
    know("power_kw", "250");
    vehicle.facts[VEHICLE_ASPIRATION].source = FACT_ABSENT;
    assert_int_equal(lug_down_method.init(&p, pack, rule, &vehicle, LIMIT_CLASS_A, &err), -1);
    assert_non_null(strstr(err.text, "--vehicle aspiration="));
}

static void refuses(const struct rule *asked, const char *why)
{
    struct lug_down_plan plan;
    struct err err = {0};
    assert_int_equal(lug_down_plan_load(&plan, asked, &vehicle, &err), -1);
    if (err.code != ERR_INVALID || !strstr(err.text, why))
        fail_msg("'%s', not '%s'", err.text, why);
}

static void each_figure_is_asked_for(void **state)
{
    (void)state;
    static const char *const needed[] = {"path",        "settle",       "measure",         "gap",       "gap-share",
                                         "power-share", "air-temp-max", "speed-tolerance", "scan-share"};
    static const char *const course[] = {"oil-temp-min", "time-limit"};
    static const char *const altitude[] = {"altitude-from", "altitude-step", "altitude-max"};
    char why[64];
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        struct rule less = *rule;
        law_drop(&less, needed[i]);
        snprintf(why, sizeof why, "lacks the parameter '%s'", needed[i]);
        refuses(&less, why);
    }
    for (size_t i = 0; i < sizeof course / sizeof course[0]; i++) {
        struct rule less = *rule;
        struct procedure p;
        struct err err = {0};
        law_drop(&less, course[i]);
        assert_int_equal(lug_down_method.init(&p, pack, &less, &vehicle, LIMIT_CLASS_A, &err), -1);
        assert_non_null(strstr(err.text, course[i]));
    }
    for (size_t i = 0; i < 3; i++) { /* all of them, or none */
        struct rule less = *rule;
        for (size_t k = 0; k < 3; k++)
            if (k != i)
                law_set(&less, altitude[k], "1");
        snprintf(why, sizeof why, "lacks the parameter '%s'", altitude[i]);
        refuses(&less, why);
    }
}

static void senseless_figures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *param, *value, *why;
    } rows[] = {
        {"path", "0", "path must be above 0"},
        {"path", "-0.43", "path must be above 0"},
        {"measure", "0", "measure must be above 0"},
        {"settle", "-1", "'settle' must be 0 to 86400 s"},
        {"gap-share", "99", "'gap-share' must be a whole number from 100 to 1000"},
        {"gap-share", "1001", "'gap-share' must be a whole number"},
        {"scan-share", "49", "'scan-share' must be a whole number from 50 to 99"},
        {"scan-share", "100", "'scan-share' must be a whole number"},
        {"power-share", "101", "'power-share' must be a whole number from 0 to 100"},
        {"power-share", "40.5", "'power-share' must be a whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule wrong = *rule;
        law_set(&wrong, rows[i].param, rows[i].value);
        refuses(&wrong, rows[i].why);
    }
    struct rule both = *rule; /* k is limited at 100 and at 80 */
    both.limits[1].quantity = QUANTITY_NOX;
    refuses(&both, "needs 'limit k {' at point = 100 and at point = 80");
    snprintf(vehicle.facts[VEHICLE_POWER_KW].value, FACT_VALUE_MAX, "9000000000000000000");
    refuses(rule, "the rated power of the vehicle makes no sense");
}

/* A pack that is only being checked: there is no vehicle to ask. */
static void nobody_has_no_rated_power(void **state)
{
    (void)state;
    static const struct vehicle nobody;
    struct lug_down_plan plan;
    struct err err = {0};
    assert_int_equal(lug_down_plan_load(&plan, rule, &nobody, &err), 0);
    assert_false(plan.turbo);
    assert_true(plan.has_slowest && plan.has_fastest);
    assert_true(equals(lug_down_plan_rise(&plan, law_decimal("5000")), "0")); /* the rule knows no altitude */
    know("aspiration", "natural");
    law_drop(rule, "velmaxhp-");
    assert_int_equal(lug_down_plan_load(&plan, rule, &vehicle, &err), 0);
    assert_false(plan.turbo || plan.has_slowest || plan.has_fastest);
    assert_true(equals(plan.power.value[LIMIT_CLASS_A], "100.0"));
}

/* An altitude that is no altitude raises nothing. */
static void an_impossible_altitude_raises_nothing(void **state)
{
    (void)state;
    struct lug_down_plan plan;
    struct err err = {0};
    law_set(rule, "altitude-from", "1500");
    law_set(rule, "altitude-step", "0.250000000");
    law_set(rule, "altitude-max", "0.75");
    assert_int_equal(lug_down_plan_load(&plan, rule, &vehicle, &err), 0);
    assert_true(equals(lug_down_plan_rise(&plan, law_decimal("2500")), "0.25"));
    assert_true(equals(lug_down_plan_rise(&plan, law_decimal("9000000000000000000")), "0"));
    plan.altitude_from = law_decimal("1500.000000000");
    assert_true(equals(lug_down_plan_rise(&plan, law_decimal("9000000000000000000")), "0"));
}

/* Without bounds of VelMaxHP any speed of the largest power serves. */
static void bounds_of_velmaxhp_are_optional(void **state)
{
    (void)state;
    law_drop(rule, "velmaxhp-");
    for (best_kmh = 55; best_kmh <= 85; best_kmh += 30) {
        assert_int_equal(drive()->kind, VERDICT_PASS);
        assert_true(mark("scan", 1)->counted);
    }
}

static void limits_must_have_their_points(void **state)
{
    (void)state;
    struct err err = {0};
    rule->limits[2].point = 50;
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "limit nox needs point = 100 or 80"));
    rule->limits[2].point = 80;
    rule->limits[0].quantity = QUANTITY_NOX;
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "needs 'limit k {'"));
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(alpha_of_a_real_trace),
        LAW(a_good_truck_passes),
        LAW(every_limit),
        LAW(force_and_opacity_serve),
        LAW(velmaxhp_has_bounds),
        LAW(a_scan_with_a_hole_is_repeated),
        LAW(samples_of_other_instruments_do_not_matter),
        LAW(a_point_needs_speed_and_smoke),
        LAW(no_power_has_no_velmaxhp),
        LAW(other_keys_change_nothing),
        LAW(a_point_with_holes_gives_no_mean),
        LAW(scans_are_not_repeated_for_ever),
        LAW(warm_air_ends_the_test),
        LAW(power_is_not_judged_without_the_air),
        LAW(the_speed_must_be_held),
        LAW(what_ends_a_test_ends_it_anywhere),
        LAW(altitude_is_an_option),
        LAW(what_the_power_depends_on_is_asked_for),
        LAW(limits_must_have_their_points),
        LAW(each_figure_is_asked_for),
        LAW(senseless_figures_are_refused),
        LAW(nobody_has_no_rated_power),
        LAW(an_impossible_altitude_raises_nothing),
        LAW(bounds_of_velmaxhp_are_optional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
