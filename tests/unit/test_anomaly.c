/* Signs of cheating: every published way fires its alert on a simulated truck, an honest day of 150 trucks fires none.
 */
#include "station/core/anomaly.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensors/sim/cheat.h"
#include "sensors/sim/engine.h"
#include "station/core/opacity.h"
#include "station/core/procedure.h"
#include "tests/support/law.h"

enum { STEP_MS = 100, LONGEST_MS = 600000, SHAPES_MAX = 150 * 8 };

static struct rule_pack *law, *figures;
static struct anomaly_params params;
static const struct decimal path_m = {430, 3};

/* One test of one truck in virtual time: engine, what falsifies it, an opacimeter of 10 Hz, the procedure, an operator
 * who does what the prompts say, and the watch. */
struct run {
    struct engine engine;
    struct cheat cheat;
    uint32_t seed;
    int64_t t_ms, wake_ms, act_ms, abort_ms; /* -1: none */
    enum prompt prompt;
    bool finished, rpm_known;
    struct procedure procedure;
    struct verdict verdict;
    struct anomaly anomaly;
    struct cheat_curve curve; /* what was read, for a replay */
};

static uint32_t any(struct run *r, uint32_t below)
{
    r->seed = r->seed * 1664525u + 1013904223u;
    return (r->seed >> 8) % below;
}

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit)
{
    struct run *r = ctx;
    (void)value;
    (void)limit;
    r->prompt = prompt;
    r->act_ms = r->t_ms + 300 + any(r, 900);
}

static void on_wake(void *ctx, int64_t at_ms)
{
    ((struct run *)ctx)->wake_ms = at_ms;
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    anomaly_mark(&((struct run *)ctx)->anomaly, mark);
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct run *r = ctx;
    r->finished = true;
    r->verdict = *verdict;
}

static void step(struct run *r, struct procedure_event event)
{
    const struct procedure_host host = {r, on_prompt, on_wake, on_mark, on_finish};
    event.t_ms = r->t_ms;
    if (!r->finished)
        r->procedure.method->step(&r->procedure, &event, &host);
}

static void operate(struct run *r)
{
    if (r->abort_ms >= 0 && r->t_ms >= r->abort_ms) {
        step(r, (struct procedure_event){.kind = PROCEDURE_KEY, .key = KEY_ABORT, .text = "engine stalled"});
        return;
    }
    if (r->act_ms < 0 || r->t_ms < r->act_ms)
        return;
    r->act_ms = -1;
    if (r->prompt == PROMPT_ZERO_CHECK || r->prompt == PROMPT_INSERT_PROBE) {
        r->engine.in_clean_air = r->prompt == PROMPT_ZERO_CHECK;
        step(r, (struct procedure_event){.kind = PROCEDURE_KEY, .key = KEY_CONFIRM, .text = ""});
    } else if (r->prompt == PROMPT_PURGE || r->prompt == PROMPT_PRESS) {
        engine_press(&r->engine, r->t_ms);
        if (!r->rpm_known) /* no signal may show it: the operator says so */
            step(r, (struct procedure_event){.kind = PROCEDURE_KEY, .key = KEY_CONFIRM, .text = ""});
        r->act_ms = r->t_ms + 15000; /* presses again if that did not count */
    }
}

static struct decimal shown(double value, unsigned digits)
{
    struct decimal d;
    assert_true(decimal_from_double(value, digits, &d));
    return d;
}

static void keep(struct run *r, enum quantity quantity, double value)
{
    if (r->curve.count < CHEAT_POINTS_MAX)
        r->curve.points[r->curve.count++] = (struct cheat_point){r->t_ms, quantity, value};
}

/* What the instrument says now. */
static void measure(struct run *r, struct sample *sample)
{
    struct engine_state e = engine_at(&r->engine, r->t_ms);
    double k = cheat_source(&r->cheat, QUANTITY_K, e.k_per_m, r->t_ms), opacity;
    /* a real engine's speed is never still */
    double rpm = cheat_source(&r->cheat, QUANTITY_RPM, e.rpm + (double)any(r, 9) - 4, r->t_ms);
    opacity = 100 * (1 - exp(-cheat_reading(&r->cheat, QUANTITY_OPACITY, k) * 0.43));
    *sample = (struct sample){.t_ms = r->t_ms};
    sample_add(sample, QUANTITY_OPACITY, QUALITY_OK, shown(opacity, 1));
    sample_add(sample, QUANTITY_K, QUALITY_OK, shown(cheat_reading(&r->cheat, QUANTITY_K, k), 2));
    sample_add(sample, QUANTITY_OIL_TEMP, QUALITY_OK, shown(88, 0));
    if (r->rpm_known)
        sample_add(sample, QUANTITY_RPM, QUALITY_OK, shown(cheat_reading(&r->cheat, QUANTITY_RPM, rpm), 0));
    keep(r, QUANTITY_K, k);
    keep(r, QUANTITY_RPM, rpm);
}

static void run(struct run *r)
{
    step(r, (struct procedure_event){.kind = PROCEDURE_START});
    for (; !r->finished && r->t_ms < LONGEST_MS; r->t_ms += STEP_MS) {
        struct sample sample;
        if (r->wake_ms >= 0 && r->wake_ms <= r->t_ms) {
            r->wake_ms = -1;
            step(r, (struct procedure_event){.kind = PROCEDURE_WAKE});
        }
        measure(r, &sample);
        anomaly_sample(&r->anomaly, &sample, r->t_ms);
        step(r, (struct procedure_event){.kind = PROCEDURE_READING, .sample = &sample});
        operate(r);
    }
    if (!r->finished)
        fail_msg("the test did not end; prompt %s", prompt_name(r->prompt));
}

/* A truck with that peak; everything that makes an engine an engine is drawn from the seed. */
static struct run *truck(double peak_k, uint32_t seed)
{
    struct vehicle vehicle = {0};
    struct err err = {0};
    struct run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    *r = (struct run){.seed = seed * 2654435761u + 1, .wake_ms = -1, .act_ms = -1, .abort_ms = -1, .rpm_known = true};
    assert_int_equal(vehicle_set(&vehicle, "fuel", "diesel", FACT_TYPED, "t", &err), 0);
    assert_int_equal(vehicle_set(&vehicle, "class", "heavy", FACT_TYPED, "t", &err), 0);
    assert_int_equal(vehicle_set(&vehicle, "gearbox", "manual", FACT_TYPED, "t", &err), 0);
    engine_init(&r->engine);
    r->engine.peak_k = peak_k;
    r->engine.idle_k = 0.01 + 0.001 * any(r, 40);
    r->engine.idle_rpm = 600 + any(r, 200);
    r->engine.cutoff_rpm = 2100 + any(r, 600);
    r->engine.hold_ms = 2400 + any(r, 900);
    r->engine.scatter = 0.06;
    r->engine.noise = 0.02;
    r->engine.seed = any(r, 1000000);
    cheat_init(&r->cheat);
    anomaly_init(&r->anomaly, &params, path_m);
    r->procedure.method = procedure_method_by_name("free-acceleration");
    if (r->procedure.method->init(&r->procedure, law, &law->rules[0], &vehicle, LIMIT_CLASS_A, &err) != 0)
        fail_msg("%s", err.text);
    return r;
}

/* The codes found, "" none, joined by blanks. */
static const char *found(const struct run *r)
{
    static char text[256];
    struct anomaly_finding out[ANOMALY_FINDINGS_MAX];
    size_t count = anomaly_findings(&r->anomaly, &r->verdict, &law->rules[0], out);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", out[i].code);
    return text;
}

static void an_honest_day_is_quiet(void **state)
{
    (void)state;
    static struct anomaly_shape shapes[SHAPES_MAX];
    size_t count = 0, passed = 0;
    double closest = 1;
    for (uint32_t n = 0; n < 150; n++) {
        struct run *r = truck(0.05 + 0.015 * (double)((n * 7919) % 150), n);
        r->rpm_known = n % 5 != 0; /* some trucks have no pick-up for it */
        run(r);
        assert_true(r->verdict.kind == VERDICT_PASS || r->verdict.kind == VERDICT_FAIL);
        passed += r->verdict.kind == VERDICT_PASS;
        if (*found(r))
            fail_msg("truck %u: %s", n, found(r));
        for (size_t i = 0; i < r->anomaly.shapes_count && count < SHAPES_MAX; i++) {
            for (size_t j = 0; j < count; j++)
                closest = fmin(closest, anomaly_difference(&r->anomaly.shapes[i], &shapes[j]));
            shapes[count++] = r->anomaly.shapes[i];
        }
        free(r);
    }
    assert_true(passed > 30 && passed < 120 && count > 300);
    if (closest < params.curve_same)
        fail_msg("two honest curves are only %.3f %% apart", closest * 100);
}

static void expect(struct run *r, const char *codes)
{
    run(r);
    if (strcmp(found(r), codes) != 0)
        fail_msg("found '%s', wanted '%s'", found(r), codes);
    free(r);
}

static void a_scaled_reading(void **state)
{
    (void)state;
    struct run *r = truck(1.9, 1);
    r->cheat.factor[QUANTITY_K] = 0.6;
    expect(r, "factor");
    r = truck(1.9, 2);
    r->cheat.factor[QUANTITY_K] = 0.97; /* within what two instruments may differ */
    expect(r, "");
}

static void a_stored_curve_is_played(void **state)
{
    (void)state;
    struct run *first = truck(0.6, 3), *second = truck(2.5, 4);
    run(first);
    second->cheat.curve = &first->curve;
    second->cheat.replay_ms = 0;
    second->seed = 3u * 2654435761u + 1; /* an operator as quick as the one before */
    run(second);
    double closest = 1;
    for (size_t i = 0; i < first->anomaly.shapes_count; i++)
        for (size_t j = 0; j < second->anomaly.shapes_count; j++)
            closest = fmin(closest, anomaly_difference(&first->anomaly.shapes[i], &second->anomaly.shapes[j]));
    if (closest >= params.curve_same)
        fail_msg("a replayed curve is %.3f %% apart", closest * 100);
    free(first);
    free(second);
}

/* The same puff three times in one test, as a program plays it. */
static void one_curve_three_times(void **state)
{
    (void)state;
    struct run *r = truck(0.8, 5);
    r->engine.scatter = 0;
    r->engine.noise = 0;
    expect(r, "curve-twice");
}

static void a_frozen_reading(void **state)
{
    (void)state;
    struct run *r = truck(0.5, 6);
    run(r);
    assert_string_equal(found(r), "");
    /* the reading is held at 0.31 while the engine is driven on */
    for (int i = 0; i < 80; i++) {
        struct sample sample = {.t_ms = r->t_ms};
        sample_add(&sample, QUANTITY_K, QUALITY_OK, shown(0.31, 2));
        sample_add(&sample, QUANTITY_RPM, QUALITY_OK, shown(700 + 20 * i, 0));
        anomaly_sample(&r->anomaly, &sample, r->t_ms += STEP_MS);
    }
    assert_string_equal(found(r), "frozen");
    free(r);
}

static void an_invented_engine_speed(void **state)
{
    (void)state;
    struct run *r = truck(0.9, 7);
    r->cheat.rpm.on = true;
    r->cheat.rpm.period_ms = 0; /* one speed */
    r->cheat.rpm.low = r->cheat.rpm.high = 750;
    r->abort_ms = 90000;
    expect(r, "rpm-regular");
}

static struct anomaly *watch(void)
{
    struct anomaly *a = calloc(1, sizeof *a);
    assert_non_null(a);
    anomaly_init(a, &params, path_m);
    return a;
}

/* Every other puff goes beside the probe: the speed rises, the smoke does not. */
static void speed_without_smoke(void **state)
{
    (void)state;
    struct anomaly *a = watch();
    for (int64_t t = 0; t < 60000; t += STEP_MS) {
        int64_t in = t % 20000;
        bool smokes = t < 20000 || t >= 40000;
        double rise = in < 3000 ? (double)in / 3000 : 0;
        struct sample sample = {.t_ms = t};
        sample_add(&sample, QUANTITY_K, QUALITY_OK, shown(0.02 + (double)(t / 100 % 3) / 100 + (smokes ? rise : 0), 2));
        sample_add(&sample, QUANTITY_RPM, QUALITY_OK, shown(700 + 1500 * rise + (double)(t / 100 % 5), 0));
        anomaly_sample(a, &sample, t);
        if (in == 4000)
            anomaly_mark(
                a, &(struct verdict_mark){
                       .kind = "acceleration", .number = (int)(t / 20000) + 1, .from_ms = t - 4000, .to_ms = t - 500});
    }
    struct anomaly_finding out[ANOMALY_FINDINGS_MAX];
    const struct verdict verdict = {.kind = VERDICT_PASS};
    size_t count = anomaly_findings(a, &verdict, &law->rules[0], out);
    assert_true(count >= 1);
    assert_string_equal(out[0].code, "rpm-without-smoke");
    free(a);
}

static void ended_by_hand_above_the_limit(void **state)
{
    (void)state;
    int told = 0, early = 0;
    for (int64_t at_ms = 5000; at_ms <= 60000; at_ms += 5000) {
        struct run *r = truck(2.0, 8);
        r->abort_ms = at_ms;
        run(r);
        bool seen = false;
        for (size_t i = 0; i < r->verdict.marks_count; i++)
            seen |= strcmp(r->verdict.marks[i].kind, "acceleration") == 0;
        bool tells = seen && r->verdict.kind == VERDICT_ABORTED;
        assert_string_equal(found(r), tells ? "aborted-above-limit" : "");
        told += tells;
        early += !seen;
        free(r);
    }
    assert_true(told > 0 && early > 0);
    struct run *clean = truck(0.4, 9);
    clean->abort_ms = 120000;
    expect(clean, "");
}

/* The mark of an acceleration, judged as the rule does, not by its digits alone. */
static void only_an_acceleration_above_the_limit_is_told(void **state)
{
    (void)state;
    struct rule rule = law->rules[0];
    const struct rule_limit *limit = rule_limit(&rule, QUANTITY_K, 0);
    struct decimal at = limit->value[LIMIT_CLASS_A], above = {at.units + 1, at.digits};
    const struct {
        const char *kind;
        enum quantity quantity;
        struct decimal value;
        enum verdict_kind verdict;
        bool told;
    } rows[] = {{"acceleration", QUANTITY_K, above, VERDICT_ABORTED, true},
                {"acceleration", QUANTITY_K, at, VERDICT_ABORTED, false},
                {"zero", QUANTITY_K, above, VERDICT_ABORTED, false},
                {"acceleration", QUANTITY_RPM, above, VERDICT_ABORTED, false},
                {"acceleration", QUANTITY_COUNT, above, VERDICT_ABORTED, false},
                {"acceleration", QUANTITY_K, above, VERDICT_FAIL, false}};
    struct anomaly *a = watch();
    struct anomaly_finding out[ANOMALY_FINDINGS_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict verdict = {.kind = rows[i].verdict, .marks_count = 1};
        verdict.marks[0] =
            (struct verdict_mark){.number = 2, .quantity = rows[i].quantity, .value = rows[i].value, .counted = true};
        snprintf(verdict.marks[0].kind, sizeof verdict.marks[0].kind, "%s", rows[i].kind);
        if (anomaly_findings(a, &verdict, &rule, out) != (rows[i].told ? 1 : 0))
            fail_msg("row %zu", i);
        if (!rows[i].told)
            continue;
        assert_string_equal(out[0].code, "aborted-above-limit");
        assert_int_equal(out[0].facts_count, 3);
        assert_int_equal(out[0].facts[0].value.units, 2);
        assert_int_equal(decimal_compare(out[0].facts[1].value, at), 0);
        assert_int_equal(decimal_compare(out[0].facts[2].value, above), 0);
        struct rule screening = rule;
        for (size_t l = 0; l < screening.limits_count; l++)
            screening.limits[l].screening = true;
        assert_int_equal(anomaly_findings(a, &verdict, &screening, out), 0);
    }
    free(a);
}

/* ---- samples by hand ---- */

/* NULL: not in the sample. */
static void hear(struct anomaly *a, int64_t t_ms, const char *k, const char *opacity, const char *rpm)
{
    struct sample sample = {.t_ms = t_ms};
    sample_add(&sample, QUANTITY_OIL_TEMP, QUALITY_OK, law_decimal("88"));
    if (k)
        sample_add(&sample, QUANTITY_K, QUALITY_OK, law_decimal(k));
    if (opacity)
        sample_add(&sample, QUANTITY_OPACITY, QUALITY_OK, law_decimal(opacity));
    if (rpm)
        sample_add(&sample, QUANTITY_RPM, QUALITY_OK, law_decimal(rpm));
    anomaly_sample(a, &sample, t_ms);
}

static void accelerate(struct anomaly *a, int64_t from_ms, int64_t to_ms)
{
    anomaly_mark(a, &(struct verdict_mark){.kind = "acceleration", .from_ms = from_ms, .to_ms = to_ms});
}

static size_t codes(const struct anomaly *a, struct anomaly_finding out[ANOMALY_FINDINGS_MAX])
{
    const struct verdict verdict = {.kind = VERDICT_PASS};
    return anomaly_findings(a, &verdict, &law->rules[0], out);
}

static void an_acceleration_is_what_was_heard_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *k[2], *rpm[2]; /* by turns */
        size_t shapes;
        int accelerations, with_smoke, without_smoke;
    } rows[] = {
        {{"0.05", "0.90"}, {"700", "2300"}, 1, 1, 1, 0},
        {{"0.05", "0.07"}, {"700", "2300"}, 0, 1, 0, 1}, /* too little smoke for a curve */
        {{"0.05", "0.20"}, {"700", "2300"}, 1, 1, 0, 0}, /* neither smoke nor none */
        {{"0.05", "0.90"}, {"700", "900"}, 1, 0, 0, 0},  /* nobody accelerated */
        {{"0.05", "0.90"}, {NULL, NULL}, 1, 0, 0, 0},
        {{NULL, NULL}, {"700", "2300"}, 0, 0, 0, 0},
        {{NULL, NULL}, {NULL, NULL}, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct anomaly *a = watch();
        accelerate(a, 0, 5000); /* before anything is heard */
        for (int64_t t_ms = 0; t_ms <= 5000; t_ms += STEP_MS) {
            size_t turn = (size_t)(t_ms / 1000 % 2);
            hear(a, t_ms, rows[i].k[turn], NULL, rows[i].rpm[turn]);
        }
        accelerate(a, 5000, 5000); /* no time at all */
        anomaly_mark(a, &(struct verdict_mark){.kind = "zero", .from_ms = 0, .to_ms = 5000});
        assert_int_equal(a->shapes_count + (size_t)a->accelerations, 0);
        accelerate(a, 0, 5000);
        if (a->shapes_count != rows[i].shapes || a->accelerations != rows[i].accelerations ||
            a->with_smoke != rows[i].with_smoke || a->without_smoke != rows[i].without_smoke)
            fail_msg("row %zu: %zu %d %d %d", i, a->shapes_count, a->accelerations, a->with_smoke, a->without_smoke);
        free(a);
    }
}

/* The ring holds the latest samples: a curve that is not whole in it is none; curves have an end too. */
static void what_is_kept_has_an_end(void **state)
{
    (void)state;
    struct anomaly *a = watch();
    int64_t t_ms = 0;
    for (int i = 0; i < ANOMALY_SAMPLES_MAX + 100; i++, t_ms += STEP_MS)
        hear(a, t_ms, i % 20 < 10 ? "0.05" : "0.90", NULL, NULL);
    assert_int_equal(a->samples_count, ANOMALY_SAMPLES_MAX);
    accelerate(a, 99 * STEP_MS, 200 * STEP_MS);
    assert_int_equal(a->shapes_count, 0);
    for (int i = 1; i <= ANOMALY_SHAPES_MAX + 1; i++) {
        accelerate(a, 100 * STEP_MS, 200 * STEP_MS);
        assert_int_equal(a->shapes_count, i < ANOMALY_SHAPES_MAX ? i : ANOMALY_SHAPES_MAX);
    }
    free(a);
}

static void frozen_is_the_same_to_the_last_digit_while_the_engine_moves(void **state)
{
    (void)state;
    static const struct {
        const char *k, *other_k; /* by turns */
        int rpm_step;
        bool frozen;
    } rows[] = {{"0.31", "0.31", 20, true},
                {"0.31", "0.310", 20, false}, /* another precision is another reading */
                {"0.31", "0.32", 20, false},
                {"0.31", "0.31", 1, false},   /* at idle smoke may well stay */
                {"0.05", "0.05", 20, false}}; /* a clean engine */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct anomaly *a = watch();
        int64_t t_ms = 0;
        char rpm[16];
        for (int n = 0; n < 60; n++, t_ms += STEP_MS) {
            snprintf(rpm, sizeof rpm, "%d", 700 + rows[i].rpm_step * n);
            hear(a, t_ms, n % 2 ? rows[i].other_k : rows[i].k, NULL, rpm);
        }
        assert_int_equal(a->frozen, rows[i].frozen);
        int64_t longest_ms = a->frozen_ms;
        assert_int_equal(longest_ms, rows[i].frozen ? 5900 : 0);
        hear(a, t_ms, "0.90", NULL, "700");
        for (int n = 0; n < 45; n++, t_ms += STEP_MS) { /* again, but not for so long */
            snprintf(rpm, sizeof rpm, "%d", 700 + rows[i].rpm_step * n);
            hear(a, t_ms, n % 2 ? rows[i].other_k : rows[i].k, NULL, rpm);
        }
        assert_int_equal(a->frozen_ms, longest_ms);
        free(a);
    }
}

static void a_factor_needs_pairs_that_can_be_compared(void **state)
{
    (void)state;
    static const struct {
        const char *opacity, *k, *other_k; /* k by turns */
        bool told;
    } rows[] = {{"50.0", "0.80", "0.80", true},                                    /* 1.61 1/m */
                {"50.0", "1.61", "1.61", false}, {"50.0", "0.40", "1.20", false},  /* no one factor */
                {"4.9", "0.05", "0.05", false},                                    /* too coarse */
                {"50.0", "0.00", "0.00", false}, {"100.0", "9.00", "9.00", false}, /* k has no end there */
                {NULL, "0.80", "0.80", false}};
    struct anomaly_finding out[ANOMALY_FINDINGS_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct anomaly *a = watch();
        for (int n = 0; n < (int)params.factor_samples; n++) {
            assert_int_equal(codes(a, out), 0); /* too few yet */
            hear(a, n * STEP_MS, n % 2 ? rows[i].other_k : rows[i].k, rows[i].opacity, NULL);
        }
        if (codes(a, out) != (rows[i].told ? 1 : 0))
            fail_msg("row %zu", i);
        if (rows[i].told)
            assert_string_equal(out[0].code, "factor");
        free(a);
    }
    struct anomaly *a = watch();
    for (int n = 0; n < (int)params.factor_samples; n++)
        hear(a, n * STEP_MS, "9000000000000000000", "5.0", NULL);
    assert_int_equal(codes(a, out), 1);
    assert_int_equal(out[0].facts_count, 1); /* a factor that does not fit is left out */
    assert_string_equal(out[0].facts[0].name, "samples");
    free(a);
    a = watch();
    a->params.factor_opacity_min = 0;
    for (int n = 0; n < (int)params.factor_samples; n++)
        hear(a, n * STEP_MS, "0.80", "0.0", NULL);
    assert_int_equal(codes(a, out), 0); /* nothing is no measure of anything */
    free(a);
}

static void curves_of_other_lengths_are_others(void **state)
{
    (void)state;
    struct anomaly_shape one = {.duration_ms = 1000, .peak = 1, .points = {500, 1000}};
    struct anomaly_shape other = one;
    assert_true(anomaly_difference(&one, &other) == 0);
    other.duration_ms = 1100;
    assert_true(anomaly_difference(&one, &other) == 0 && anomaly_difference(&other, &one) == 0);
    other.duration_ms = 1101;
    assert_true(anomaly_difference(&one, &other) == 1 && anomaly_difference(&other, &one) == 1);
    other = one;
    other.points[0] = 1300;
    assert_true(fabs(anomaly_difference(&one, &other) - 0.8 / ANOMALY_POINTS) < 1e-9);
    one.peak = other.peak = 0;
    assert_true(anomaly_difference(&one, &other) == 1); /* nothing to compare by */
}

static void rates_and_distances(void **state)
{
    (void)state;
    assert_true(fabs(anomaly_rate_sigma(50, 50, 500, 1000) - 6.9) < 0.1);
    assert_true(anomaly_rate_sigma(20, 50, 900, 1000) < -9);
    assert_true(fabs(anomaly_rate_sigma(45, 50, 900, 1000)) < 0.001);
    assert_true(anomaly_rate_sigma(5, 10, 0, 0) == 0);
    assert_true(anomaly_rate_sigma(0, 0, 900, 1000) == 0 && anomaly_rate_sigma(10, 10, 20, 20) == 0);
    /* 乌鲁木齐 43.825 N 87.617 E to 昌吉 44.011 N 87.304 E: 32.5 km */
    assert_true(fabs(anomaly_distance_km(43.825, 87.617, 44.011, 87.304) - 32.5) < 0.5);
    assert_true(anomaly_distance_km(44, 87, 44, 87) == 0);
}

static void faster_than_any_truck(void **state)
{
    (void)state;
    const struct anomaly_params p = {.travel_kmh = 130, .travel_km_min = 5};
    assert_true(anomaly_travel_kmh(&p, 130, 3600000) == 0); /* just possible */
    assert_true(fabs(anomaly_travel_kmh(&p, 130, 3599000) - 130.04) < 0.01);
    assert_true(fabs(anomaly_travel_kmh(&p, 200, 3600000) - 200) < 1e-9);
    assert_true(isinf(anomaly_travel_kmh(&p, 5, 0)));
    assert_true(anomaly_travel_kmh(&p, 4.99, 0) == 0); /* one place */
    const struct anomaly_params unwatched = {.travel_kmh = 0}, older = {.travel_kmh = 130};
    assert_true(anomaly_travel_kmh(&unwatched, 500, 1000) == 0);
    assert_true(isinf(anomaly_travel_kmh(&older, 0.1, 0)) && anomaly_travel_kmh(&older, 0, 0) == 0);
}

/* Packs from before those figures existed stay good. */
static bool optional(const char *name)
{
    return strncmp(name, "drift-", 6) == 0 || strcmp(name, "span-low") == 0 || strcmp(name, "travel-km-min") == 0;
}

static void a_figure_that_is_missing(void **state)
{
    (void)state;
    struct rule_pack *pack = law_open("alerts-cn");
    for (size_t i = 0; i < figures->rules[0].params_count; i++) {
        struct rule rule = figures->rules[0];
        struct anomaly_params p;
        struct err err = {0};
        law_drop(&rule, figures->rules[0].params[i].name);
        if (optional(figures->rules[0].params[i].name)) {
            assert_int_equal(anomaly_load(&p, &rule, &err), 0);
            continue;
        }
        assert_int_equal(anomaly_load(&p, &rule, &err), -1);
        assert_non_null(strstr(err.text, figures->rules[0].params[i].name));
    }
    struct err err = {0};
    law_set(&pack->rules[0], "travel-km-min", "-0.1");
    assert_int_equal(anomaly_load(&(struct anomaly_params){0}, &pack->rules[0], &err), -1);
    assert_non_null(strstr(err.text, "'travel-km-min' must not be negative"));
    law_set(&pack->rules[0], "travel-km-min", "0");
    law_set(&pack->rules[0], "travel", "-1");
    assert_int_equal(anomaly_load(&(struct anomaly_params){0}, &pack->rules[0], &err), -1);
    assert_non_null(strstr(err.text, "'travel' must not be negative"));
    free(pack);
}

static int teardown(void **state)
{
    (void)state;
    free(law);
    free(figures);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    struct err err = {0};
    law = law_open("gb3847-2018");
    figures = law_open("alerts-cn");
    return anomaly_load(&params, &figures->rules[0], &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_day_is_quiet),
        cmocka_unit_test(a_scaled_reading),
        cmocka_unit_test(a_stored_curve_is_played),
        cmocka_unit_test(one_curve_three_times),
        cmocka_unit_test(a_frozen_reading),
        cmocka_unit_test(an_invented_engine_speed),
        cmocka_unit_test(speed_without_smoke),
        cmocka_unit_test(ended_by_hand_above_the_limit),
        cmocka_unit_test(rates_and_distances),
        cmocka_unit_test(a_figure_that_is_missing),
        cmocka_unit_test(faster_than_any_truck),
        cmocka_unit_test(only_an_acceleration_above_the_limit_is_told),
        cmocka_unit_test(an_acceleration_is_what_was_heard_of_it),
        cmocka_unit_test(what_is_kept_has_an_end),
        cmocka_unit_test(frozen_is_the_same_to_the_last_digit_while_the_engine_moves),
        cmocka_unit_test(a_factor_needs_pairs_that_can_be_compared),
        cmocka_unit_test(curves_of_other_lengths_are_others),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
