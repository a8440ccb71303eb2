/* Free acceleration by GB 3847-2018 appendix A with the shipped rule pack. */
#include "station/core/free_acceleration.h"

#include <math.h>
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
static struct vehicle heavy;

static int open_law(void **state)
{
    (void)state;
    struct err err;
    pack = law_open("gb3847-2018");
    rule = law_rule(pack, "free-acceleration");
    memset(&heavy, 0, sizeof heavy);
    return vehicle_set(&heavy, "class", "heavy", FACT_TYPED, "", &err);
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void start(struct truck_run *run, const struct truck *truck)
{
    truck_start(run, truck, pack, rule, &heavy, 5000);
}

static enum verdict_kind kind_of(const struct truck *truck)
{
    struct truck_run run;
    start(&run, truck);
    assert_true(truck_run(&run, FOREVER));
    assert_int_equal(run.finishes, 1);
    return run.procedure.verdict.kind;
}

static void a_clean_truck_passes(void **state)
{
    (void)state;
    struct truck truck = truck_make(0.4);
    struct truck_run run;
    start(&run, &truck);
    assert_true(truck_run(&run, FOREVER));
    const struct verdict *v = &run.procedure.verdict;
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->values_count, 1);
    assert_int_equal(decimal_compare(v->values[0].value, law_decimal("0.4")), 0);
    assert_int_equal(v->marks_count, 6);
    assert_int_equal(run.presses, 6);
    assert_int_equal(v->reasons_count, 0);
    assert_true(v->duration_ms > 50000 && v->duration_ms < 120000);
}

static void a_smoky_truck_fails(void **state)
{
    (void)state;
    struct truck truck = truck_make(1.9);
    struct truck_run run;
    start(&run, &truck);
    assert_true(truck_run(&run, FOREVER));
    const struct verdict *v = &run.procedure.verdict;
    assert_int_equal(v->kind, VERDICT_FAIL);
    assert_int_equal(decimal_compare(v->values[0].value, law_decimal("1.9")), 0);
    assert_string_equal(v->reasons[0], "k: 1.90 > 1.20");
}

static void every_rate_and_instrument_gives_the_same_word(void **state)
{
    (void)state;
    static const int64_t every[] = {20, 50, 100, 250, 500, 1000};
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++)
        for (int variant = 0; variant < 4; variant++)
            for (int64_t phase = 0; phase < every[i]; phase += every[i] / 5) {
                struct truck clean = truck_make(0.10);
                clean.k_every_ms = every[i];
                clean.k_phase_ms = phase;
                clean.with_rpm = variant & 1;
                clean.rpm_every_ms = variant == 3 ? 1000 : every[i];
                clean.without_k = clean.with_opacity = variant == 2;
                struct truck smoky = clean;
                smoky.peak_k[0] = 2.5;
                assert_int_equal(kind_of(&clean), VERDICT_PASS);
                assert_int_equal(kind_of(&smoky), VERDICT_FAIL);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_clean_truck_passes, open_law, close_law),
        cmocka_unit_test_setup_teardown(a_smoky_truck_fails, open_law, close_law),
        cmocka_unit_test_setup_teardown(every_rate_and_instrument_gives_the_same_word, open_law, close_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
