/* Free acceleration by the packs of its kind: non-road machinery, European Union and United Kingdom, SAE J1667. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/opacity.h"
#include "station/core/smoke_correction.h"
#include "tests/support/law.h"
#include "tests/support/truck.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct vehicle vehicle;
static struct truck truck;
static struct truck_run run;

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    truck = truck_make(0.4);
    truck.k_digits = 3;
    return 0;
}

static void open_law(const char *id)
{
    struct err err = {0};
    free(pack);
    pack = law_open(id);
    if (procedure_check_pack(pack, id, &err) != 0)
        fail_msg("%s", err.text);
}

/* A vehicle by its facts, "key=value …". */
static void know(const char *facts)
{
    char text[200];
    struct err err = {0};
    vehicle = (struct vehicle){0};
    snprintf(text, sizeof text, "%s", facts);
    for (char *word = text, *end; *word; word = end) {
        end = word + strcspn(word, " ");
        if (*end)
            *end++ = '\0';
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (vehicle_set(&vehicle, word, value, FACT_TYPED, "", &err) != 0)
            fail_msg("%s", err.text);
    }
}

static const struct rule *select_rule(void)
{
    struct err err = {0};
    const struct rule_pack *found;
    const struct rule *rule = rules_select(pack, 1, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err);
    if (!rule)
        fail_msg("%s", err.text);
    return rule;
}

static const struct verdict *drive(void)
{
    truck_start(&run, &truck, pack, select_rule(), &vehicle, 0);
    assert_true(truck_run(&run, FOREVER));
    return &run.procedure.verdict;
}

static int counted(void)
{
    int n = 0;
    for (size_t i = 0; i < run.procedure.verdict.marks_count; i++)
        n += strcmp(run.procedure.verdict.marks[i].kind, "acceleration") == 0;
    return n;
}

/* ---- GB 36886-2018 ---- */

static void machinery_by_class_and_power(void **state)
{
    (void)state;
    static const struct {
        const char *facts, *limit;
    } rows[] = {
        {"smoke_class=I power_kw=18.9", "3.00"},  {"smoke_class=I power_kw=19", "2.00"},
        {"smoke_class=I power_kw=36.9", "2.00"},  {"smoke_class=I power_kw=37", "1.61"},
        {"smoke_class=II power_kw=18.9", "2.00"}, {"smoke_class=II power_kw=19", "1.00"},
        {"smoke_class=II power_kw=37", "0.80"},   {"smoke_class=III power_kw=36.9", "0.80"},
        {"smoke_class=III power_kw=37", "0.50"},
    };
    open_law("gb36886-2018");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double limit = decimal_to_double(law_decimal(rows[i].limit));
        for (int off = -1; off <= 1; off++) {
            know(rows[i].facts);
            truck.peak_k[0] = limit + 0.01 * off;
            const struct verdict *v = drive();
            assert_int_equal(decimal_compare(v->values[0].limit, law_decimal(rows[i].limit)), 0);
            assert_int_equal(v->kind, off > 0 ? VERDICT_FAIL : VERDICT_PASS);
        }
    }
}

static void what_decides_is_asked_for(void **state)
{
    (void)state;
    struct err err = {0};
    const struct rule_pack *found;
    open_law("gb36886-2018");
    know("fuel=diesel class=non-road smoke_class=I");
    assert_null(rules_select(pack, 1, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err));
    assert_non_null(strstr(err.text, "power_kw"));
    know("fuel=diesel class=non-road power_kw=50");
    assert_null(rules_select(pack, 1, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err));
    assert_non_null(strstr(err.text, "smoke_class"));
    know("class=heavy power_kw=50 smoke_class=I");
    assert_null(rules_select(pack, 1, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err));
    assert_non_null(strstr(err.text, "no rule"));
}

/* A road vehicle has its rule in one pack and machinery in the other, when a station holds both. */
static void road_and_machinery_do_not_meet(void **state)
{
    (void)state;
    struct err err = {0};
    const struct rule_pack *found;
    struct rule_pack *both = calloc(2, sizeof *both);
    struct rule_pack *road = law_open("gb3847-2018");
    open_law("gb36886-2018");
    both[0] = *road;
    both[1] = *pack;
    know("class=non-road smoke_class=II power_kw=50 fuel=diesel");
    assert_non_null(rules_select(both, 2, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err));
    assert_string_equal(found->id, "gb36886-2018");
    know("class=light fuel=diesel");
    assert_non_null(rules_select(both, 2, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err));
    assert_string_equal(found->id, "gb3847-2018");
    free(road);
    free(both);
}

/* ---- European Union, United Kingdom ---- */

static void the_european_way(void **state)
{
    (void)state;
    static const struct {
        const char *facts;
        double k[6];
        int accelerations;
        enum verdict_kind kind;
        const char *value;
    } rows[] = {
        {"stage=3 aspiration=turbo", {1.50}, 1, VERDICT_PASS, "1.50"},             /* fast pass, at its bound */
        {"stage=3 aspiration=turbo", {1.51}, 3, VERDICT_PASS, "1.51"},             /* not fast */
        {"stage=3 aspiration=turbo", {3.00, 3.00, 3.01}, 3, VERDICT_PASS, "3.00"}, /* rounded mean at the limit */
        {"stage=3 aspiration=natural", {2.51, 2.51, 2.51, 2.48}, 4, VERDICT_PASS, "2.50"}, /* latest three */
        {"stage=3 aspiration=natural", {2.51}, 6, VERDICT_FAIL, "2.51"},
        {"stage=3 aspiration=natural", {2.00, 2.10, 2.50}, 3, VERDICT_PASS, "2.20"},       /* spread 0.5 */
        {"stage=3 aspiration=natural", {2.00, 2.10, 2.51, 2.20}, 4, VERDICT_PASS, "2.27"}, /* 0.51, then 0.41 */
        {"stage=5", {1.51, 1.50, 1.50}, 3, VERDICT_PASS, "1.50"},
        {"stage=5", {1.51}, 6, VERDICT_FAIL, "1.51"},
        {"stage=6", {0.70}, 1, VERDICT_PASS, "0.70"},
        {"stage=6", {0.71, 0.70, 0.70}, 3, VERDICT_PASS, "0.70"},
        {"stage=6", {0.90, 0.80, 0.75, 0.69, 0.68, 0.67}, 6, VERDICT_PASS, "0.68"},
        {"stage=6", {0.71}, 6, VERDICT_FAIL, "0.71"},
    };
    open_law("eu-2014-45");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        know(rows[i].facts);
        memset(truck.peak_k, 0, sizeof truck.peak_k);
        for (int n = 0; n < 3; n++)
            truck.peak_k[n] = 1.0;
        for (int n = 0; n < 6; n++)
            truck.peak_k[3 + n] = rows[i].k[n];
        const struct verdict *v = drive();
        if (v->kind != rows[i].kind || counted() != rows[i].accelerations ||
            decimal_compare(v->values[0].value, law_decimal(rows[i].value)) != 0)
            fail_msg("row %zu: %s after %d, %lld", i, verdict_kind_name(v->kind), counted(),
                     (long long)v->values[0].value.units);
    }
}

static void six_that_never_agree_are_no_result(void **state)
{
    (void)state;
    open_law("eu-2014-45");
    know("stage=5");
    for (int n = 0; n < TRUCK_PRESSES_MAX; n++)
        truck.peak_k[n] = n % 2 ? 1.0 : 2.5;
    truck.peak_k[3] = 2.5;
    assert_int_equal(drive()->kind, VERDICT_ABORTED);
    assert_int_equal(counted(), 6);
    assert_non_null(strstr(run.procedure.verdict.reasons[0], "differ by more than 0.5"));
}

static void a_fast_pass_above_the_limit_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    open_law("eu-2014-45");
    law_set(law_rule(pack, "stage-6"), "fast-pass", "0.71");
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "'stage-6': fast-pass is above the limit"));
}

/* ---- SAE J1667 ---- */

static double opacity_at(double k, double path)
{
    return 100 * (1 - exp(-k * path));
}

/* What the filter leaves of the truck's puff: by an own, plain computation of the filter at 50 Hz (E, K: see
 * test_bessel.c), in opacity over 0.430 m, the way the shipped pack measures. */
static double filtered_peak(double peak_k)
{
    static const double e = 0.00269225158;
    static const double k = 0.817626713;
    double idle = opacity_at(0.02, 0.430);
    double s1 = idle, s2 = idle, y1 = idle, y2 = idle, top = 0;
    for (int i = 0; i < 500; i++) {
        double x = i * 20.0 / 600;
        double s = opacity_at(0.02 + (peak_k - 0.02) * x * exp(1 - x), 0.430);
        double y = y1 + e * (s + 2 * s1 + s2 - 4 * y2) + k * (y1 - y2);
        s2 = s1, s1 = s, y2 = y1, y1 = y;
        top = fmax(top, y);
    }
    return top;
}

static void smoke_passes_the_filter(void **state)
{
    (void)state;
    open_law("j1667");
    know("class=heavy model_year=1985 power_kw=300");
    truck.peak_k[0] = 1.2;
    truck.k_every_ms = truck.rpm_every_ms = 20;
    truck.with_opacity = truck.without_k = true;
    const struct verdict *v = drive();
    double expected = filtered_peak(1.2);
    assert_int_equal(v->values_count, 1);
    assert_int_equal(v->values[0].quantity, QUANTITY_OPACITY);
    bool found = false;
    for (size_t i = 0; i < v->marks_count; i++)
        if (strcmp(v->marks[i].kind, "uncorrected") == 0) {
            found = true;
            double value = decimal_to_double(v->marks[i].value);
            if (fabs(value - expected) > 0.15) /* opacity comes in steps of 0.1 */
                fail_msg("%g instead of %g", value, expected);
        }
    assert_true(found);
    /* To 0.127 m: N' = 100 (1 - (1 - N/100)^(0.127/0.430)) */
    double corrected = 100 * (1 - pow(1 - expected / 100, 0.127 / 0.430));
    assert_true(fabs(decimal_to_double(v->values[0].measured) - corrected) < 0.1);
    assert_string_equal(v->reasons[0],
                        "density: not corrected, pressure, temperature or humidity of the air not measured");
    assert_int_equal(v->kind, VERDICT_PASS);
    truck.without_k = true; /* one that gives k alone is read as opacity */
    truck.with_opacity = truck.without_k = false;
    assert_true(fabs(decimal_to_double(drive()->values[0].measured) - corrected) < 0.1);
}

static void limits_by_model_year(void **state)
{
    (void)state;
    static const struct {
        int year;
        double limit;
    } rows[] = {{1980, 40}, {1990, 40}, {1991, 30}, {1996, 30}, {1997, 20}, {2006, 20}, {2007, 5}, {2026, 5}};
    open_law("j1667");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char facts[80];
        snprintf(facts, sizeof facts, "class=heavy power_kw=224 model_year=%d", rows[i].year);
        know(facts);
        assert_true(decimal_to_double(select_rule()->limits[0].value[0]) == rows[i].limit);
    }
}

/* 20, 20.5 and 20.51 %: compared in whole percent. */
static void the_corrected_opacity_is_compared(void **state)
{
    (void)state;
    open_law("j1667");
    know("class=heavy model_year=2000 power_kw=300");
    law_drop(law_rule(pack, "1997-to-2006-from-224-kw"), "filter-"); /* so that the peak is what was put in */
    truck.k_digits = 6;
    truck.in_step = true;
    static const struct {
        double opacity;
        enum verdict_kind kind;
    } rows[] = {
        {19.9, VERDICT_PASS}, {20.4, VERDICT_PASS}, {20.49, VERDICT_PASS}, {20.51, VERDICT_FAIL}, {21, VERDICT_FAIL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        truck.peak_k[0] = -log(1 - rows[i].opacity / 100) / 0.127;
        const struct verdict *v = drive();
        if (v->kind != rows[i].kind)
            fail_msg("row %zu: %s", i, verdict_kind_name(v->kind));
    }
}

/* Snaps that agree stand at once though they exceed; those that differ by more than 5 % are followed by further ones.
 */
static void snaps_that_agree_are_the_result(void **state)
{
    (void)state;
    open_law("j1667");
    know("class=heavy model_year=2000 power_kw=300");
    law_drop(law_rule(pack, "1997-to-2006-from-224-kw"), "filter-");
    truck.k_digits = 6;
    truck.in_step = true;
    truck.peak_k[0] = 3.0;
    assert_int_equal(drive()->kind, VERDICT_FAIL);
    assert_int_equal(counted(), 3);
    truck.peak_k[3] = -log(1 - 0.20) / 0.430;
    truck.peak_k[4] = -log(1 - 0.30) / 0.430; /* 10 % more */
    truck.peak_k[5] = -log(1 - 0.26) / 0.430;
    truck.peak_k[6] = -log(1 - 0.251) / 0.430; /* 30, 26, 25.1: 4.9 % */
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(counted(), 4);
}

static int lose_one_in_ten(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)sample;
    (void)r;
    return t_ms > 20000 && t_ms / 20 % 10 == 0 ? 0 : 1;
}

static void an_uneven_rate_gives_no_result(void **state)
{
    (void)state;
    open_law("j1667");
    know("class=heavy model_year=1985 power_kw=300");
    truck.peak_k[0] = 1.2;
    truck.k_every_ms = truck.rpm_every_ms = 20;
    truck.with_rpm = true;
    truck_start(&run, &truck, pack, select_rule(), &vehicle, 0);
    run.disturb = lose_one_in_ten;
    assert_true(truck_run(&run, FOREVER));
    assert_int_equal(run.procedure.verdict.kind, VERDICT_ABORTED);
}

/* ---- corrections ---- */

static void air(struct smoke_air *a, const char *temp, const char *humidity, const char *pressure)
{
    *a = (struct smoke_air){true, true, true, law_decimal(temp), law_decimal(humidity), law_decimal(pressure)};
}

static void density_of_air(void **state)
{
    (void)state;
    static const struct {
        const char *temp, *humidity, *pressure, *density;
    } rows[] = {
        {"0", "0", "101.325", "1.292"}, /* the standard atmosphere at 0 and 15 degC */
        {"15", "0", "101.325", "1.225"},
        {"25", "0", "100", "1.168"},
        {"25", "50", "100", "1.150"},
    };
    struct smoke_air a;
    struct decimal density;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        air(&a, rows[i].temp, rows[i].humidity, rows[i].pressure);
        assert_true(smoke_air_density(&a, &density));
        if (fabs(decimal_to_double(density) - decimal_to_double(law_decimal(rows[i].density))) > 0.0015)
            fail_msg("row %zu: %lld", i, (long long)density.units);
    }
    air(&a, "-120", "0", "100");
    assert_false(smoke_air_density(&a, &density));
    air(&a, "20", "90", "0");
    assert_false(smoke_air_density(&a, &density));
    air(&a, "20", "50", "100");
    a.has_humidity = false;
    assert_false(smoke_air_density(&a, &density));
}

/* At 1.1567 kg/m³ the published polynomial is 1: nothing is corrected. In thinner air smoke is thicker. */
static void density_corrects_opacity(void **state)
{
    (void)state;
    struct err err = {0};
    struct smoke_correction c;
    struct smoke_air a;
    char note[VERDICT_NOTE_MAX];
    open_law("j1667");
    const struct rule *rule = law_rule(pack, "from-2007-from-224-kw");
    assert_int_equal(smoke_correction_load(&c, rule, &rule->limits[0], &err), 0);
    c.standard_m = c.path_m;
    struct decimal n = law_decimal("20");
    air(&a, "26.5", "0", "99.5"); /* 1.1567 */
    assert_int_equal(smoke_correct(&c, &a, &n, note), SMOKE_CORRECTED);
    assert_true(fabs(decimal_to_double(n) - 20) < 0.1);
    assert_string_equal(note, "to 0.430 m, air 1.157 kg/m3");
    air(&a, "30", "0", "90");
    n = law_decimal("20");
    assert_int_equal(smoke_correct(&c, &a, &n, note), SMOKE_CORRECTED);
    assert_true(decimal_to_double(n) < 19.5);
    a.has_temp = false;
    n = law_decimal("20");
    assert_int_equal(smoke_correct(&c, &a, &n, note), SMOKE_NO_DENSITY);
    assert_int_equal(decimal_compare(n, law_decimal("20")), 0);
    n = law_decimal("100");
    assert_int_equal(smoke_correct(&c, &a, &n, note), SMOKE_SENSELESS);
}

/* The path alone is a correction; the density needs its path and all of its figures. */
static void corrections_that_a_rule_may_ask_for(void **state)
{
    (void)state;
    static const char *const names[] = {"path-standard", "density-a", "density-b", "density-c", "density-needed"};
    struct err err = {0};
    struct smoke_correction c;
    struct smoke_air nothing = {0};
    char note[VERDICT_NOTE_MAX];
    for (size_t i = 0; i < 5; i++) {
        open_law("j1667");
        law_drop(law_rule(pack, "from-2007-from-224-kw"), names[i]);
        assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
        assert_non_null(strstr(err.text, names[i]));
    }
    for (size_t i = 1; i < 5; i++) { /* one of them alone asks for the others */
        open_law("j1667");
        struct rule *some = law_rule(pack, "from-2007-from-224-kw");
        law_drop(some, "density-");
        law_set(some, names[i], "1");
        assert_int_equal(smoke_correction_load(&c, some, &some->limits[0], &err), -1);
    }
    open_law("j1667");
    struct rule *rule = law_rule(pack, "from-2007-from-224-kw");
    law_drop(rule, "density-");
    assert_int_equal(smoke_correction_load(&c, rule, &rule->limits[0], &err), 0);
    assert_true(c.wanted && !c.by_density);
    struct decimal n = law_decimal("20");
    assert_int_equal(smoke_correct(&c, &nothing, &n, note), SMOKE_CORRECTED);
    assert_true(fabs(decimal_to_double(n) - 100 * (1 - pow(0.8, 0.127 / 0.430))) < 1e-5);
    law_set(rule, "path-standard", "0");
    assert_int_equal(smoke_correction_load(&c, rule, &rule->limits[0], &err), -1);
    law_drop(rule, "path-standard");
    assert_int_equal(smoke_correction_load(&c, rule, &rule->limits[0], &err), 0);
    assert_false(c.wanted);
    rule->limits[0].quantity = QUANTITY_K;
    law_set(rule, "path-standard", "0.1");
    assert_int_equal(smoke_correction_load(&c, rule, &rule->limits[0], &err), -1);
    assert_non_null(strstr(err.text, "correct an opacity, not k"));
}

/* Without the air the test is invalid where the rule says that density is needed. */
static void a_rule_may_need_the_density(void **state)
{
    (void)state;
    open_law("j1667");
    know("fuel=diesel class=heavy model_year=2000 power_kw=300");
    law_drop(law_rule(pack, "1997-to-2006-from-224-kw"), "filter-");
    law_set(law_rule(pack, "1997-to-2006-from-224-kw"), "density-needed", "1");
    const struct verdict *v = drive();
    assert_int_equal(v->kind, VERDICT_INVALID);
    assert_int_equal(v->values_count, 0);
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup(test, clean)
    const struct CMUnitTest tests[] = {
        LAW(machinery_by_class_and_power),
        LAW(what_decides_is_asked_for),
        LAW(road_and_machinery_do_not_meet),
        LAW(the_european_way),
        LAW(six_that_never_agree_are_no_result),
        LAW(a_fast_pass_above_the_limit_is_refused),
        LAW(smoke_passes_the_filter),
        LAW(limits_by_model_year),
        LAW(the_corrected_opacity_is_compared),
        LAW(snaps_that_agree_are_the_result),
        LAW(an_uneven_rate_gives_no_result),
        LAW(density_of_air),
        LAW(density_corrects_opacity),
        LAW(corrections_that_a_rule_may_ask_for),
        LAW(a_rule_may_need_the_density),
    };
    return cmocka_run_group_tests(tests, NULL, close_law);
}
