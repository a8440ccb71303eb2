/* The simulated engine: what a test puts in comes out, and nothing else moves. */
#include "sensors/sim/engine.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LATER = 100000 };

static void assert_near(double got, double wanted, double within)
{
    if (!(fabs(got - wanted) <= within))
        fail_msg("%.6f is not %.6f within %g", got, wanted, within);
}

static double maximum(const struct engine *e, enum quantity quantity, int64_t from_ms, int64_t to_ms)
{
    double top = -(double)INFINITY;
    for (int64_t t = from_ms; t <= to_ms; t++)
        top = fmax(top, engine_value(e, quantity, t));
    return top;
}

static void test_free_acceleration(void **state)
{
    (void)state;
    struct engine e;
    struct err err = {0};
    engine_init(&e);
    assert_int_equal(engine_set(&e, "k", 1.9, &err), 0);
    engine_press(&e, 5000);
    assert_near(engine_value(&e, QUANTITY_K, 4999), 0.02, 0);
    assert_near(maximum(&e, QUANTITY_K, 5000, 12000), 1.9, 1e-12);
    assert_near(maximum(&e, QUANTITY_RPM, 5000, 12000), 2400, 1e-9);
    assert_near(engine_value(&e, QUANTITY_RPM, 5000 + 2600), 2400, 1e-9);
    assert_near(engine_value(&e, QUANTITY_RPM, 5000 + 2600 + 1200), 750, 1e-9);
    /* fuel is burnt: more NO and CO2, less O2 than at idle */
    assert_near(maximum(&e, QUANTITY_NO, 5000, 12000), 950, 1e-9);
    assert_true(maximum(&e, QUANTITY_CO2, 5000, 12000) > 9);
    assert_true(engine_value(&e, QUANTITY_O2, 5600) < 8);
    assert_near(engine_value(&e, QUANTITY_OPACITY, 5600), 100 * (1 - exp(-1.9 * 0.43)), 1e-9);
}

static void test_each_point_is_exact(void **state)
{
    (void)state;
    static const char *const points[] = {"idle-", "raised-", "load-"};
    static const char *const gases[] = {"co", "co2", "o2", "hc", "no"};
    static const enum quantity quantities[] = {QUANTITY_CO, QUANTITY_CO2, QUANTITY_O2, QUANTITY_HC, QUANTITY_NO};
    struct engine e;
    struct err err = {0};
    engine_init(&e);
    for (size_t p = 0; p < 3; p++)
        for (size_t g = 0; g < 5; g++) {
            char key[16] = "";
            strncat(key, points[p], 8);
            strncat(key, gases[g], 4);
            assert_int_equal(engine_set(&e, key, (double)(10 * p + g + 1), &err), 0);
        }
    engine_drive(&e, 2400, 0, 10000);
    for (size_t g = 0; g < 5; g++) {
        assert_near(engine_value(&e, quantities[g], 9999), (double)(g + 1), 1e-12);
        assert_near(engine_value(&e, quantities[g], 10000 + LATER), (double)(10 + g + 1), 1e-12);
    }
    engine_drive(&e, 1800, 1, 20000 + LATER);
    for (size_t g = 0; g < 5; g++)
        assert_near(engine_value(&e, quantities[g], 20000 + 2 * LATER), (double)(20 + g + 1), 1e-12);
    assert_near(engine_value(&e, QUANTITY_K, 20000 + 2 * LATER), 0.3, 1e-12);
    engine_drive(&e, 750, 0, 20000 + 2 * LATER);
    assert_near(engine_value(&e, QUANTITY_RPM, 20000 + 3 * LATER), 750, 1e-12);
    assert_near(engine_value(&e, QUANTITY_NO, 20000 + 3 * LATER), 5, 1e-12);
}

static void test_petrol_burns_near_lambda_one(void **state)
{
    (void)state;
    struct engine e;
    struct err err = {0};
    engine_init(&e);
    assert_true(engine_value(&e, QUANTITY_LAMBDA, 0) > 3); /* a diesel at idle has much air */
    assert_int_equal(engine_set_fuel(&e, "petrol", &err), 0);
    engine_drive(&e, 2500, 0, 1000);
    assert_near(engine_value(&e, QUANTITY_LAMBDA, 0), 1, 0.03);
    assert_near(engine_value(&e, QUANTITY_LAMBDA, LATER), 1, 0.03);
    assert_near(engine_value(&e, QUANTITY_CO2, LATER), 15.1, 1e-12);
    assert_near(engine_value(&e, QUANTITY_RPM, LATER), 2500, 1e-12);
    assert_int_equal(engine_set(&e, "lambda", 0.97, &err), 0);
    assert_near(engine_value(&e, QUANTITY_LAMBDA, LATER), 0.97, 0);
}

static void test_nox_is_no_and_no2(void **state)
{
    (void)state;
    struct engine e;
    struct err err = {0};
    engine_init(&e);
    assert_int_equal(engine_set(&e, "no2-share", 0.2, &err), 0);
    assert_int_equal(engine_set(&e, "idle-no", 400, &err), 0);
    assert_near(engine_value(&e, QUANTITY_NO, 0), 400, 0);
    assert_near(engine_value(&e, QUANTITY_NOX, 0), 500, 1e-9);
    assert_near(engine_value(&e, QUANTITY_NO2, 0), 100, 1e-9);
}

static void test_idle_speed_follows(void **state)
{
    (void)state;
    struct engine e;
    struct err err = {0};
    engine_init(&e);
    assert_int_equal(engine_set(&e, "idle-rpm", 620, &err), 0);
    assert_near(engine_value(&e, QUANTITY_RPM, 0), 620, 0);
    engine_drive(&e, 1500, 0, 0);
    assert_int_equal(engine_set(&e, "idle-rpm", 650, &err), 0);
    assert_near(engine_value(&e, QUANTITY_RPM, LATER), 1500, 1e-12);
}

static void test_scatter_comes_from_the_seed_alone(void **state)
{
    (void)state;
    struct err err = {0};
    double tops[2][8];
    for (int run = 0; run < 2; run++) {
        struct engine e;
        engine_init(&e);
        assert_int_equal(engine_set(&e, "scatter", 0.05, &err), 0);
        assert_int_equal(engine_set(&e, "noise", 0.02, &err), 0);
        assert_int_equal(engine_set(&e, "seed", 7, &err), 0);
        for (int i = 0; i < 8; i++) {
            engine_press(&e, i * 20000);
            tops[run][i] = maximum(&e, QUANTITY_K, i * 20000, i * 20000 + 5000);
            assert_near(tops[run][i], 0.4, 0.4 * 0.075);
        }
    }
    assert_memory_equal(tops[0], tops[1], sizeof tops[0]);
    for (int i = 1; i < 8; i++)
        assert_true(tops[0][i] != tops[0][i - 1]);
}

static void test_wrong_settings(void **state)
{
    (void)state;
    struct engine e;
    struct err err = {0};
    engine_init(&e);
    assert_int_not_equal(engine_set(&e, "smoke", 1, &err), 0);
    assert_non_null(strstr(err.text, "smoke"));
    assert_int_not_equal(engine_set(&e, "k", (double)NAN, &err), 0);
    assert_int_not_equal(engine_set_fuel(&e, "coal", &err), 0);
    assert_true(isnan(engine_value(&e, QUANTITY_LATITUDE, 0)));
    for (size_t i = 0; engine_key(i); i++)
        assert_int_equal(engine_set(&e, engine_key(i), 1, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_acceleration),
        cmocka_unit_test(test_each_point_is_exact),
        cmocka_unit_test(test_petrol_burns_near_lambda_one),
        cmocka_unit_test(test_nox_is_no_and_no2),
        cmocka_unit_test(test_idle_speed_follows),
        cmocka_unit_test(test_scatter_comes_from_the_seed_alone),
        cmocka_unit_test(test_wrong_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
