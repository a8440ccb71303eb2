/* The simulator's cheats: each changes what it is to change by exactly that much, and nothing else. */
#include "sensors/sim/cheat.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cheat cheat;
static struct cheat_curve curve;

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-12 * fmax(1, fabs(wanted))))
        fail_msg("%.15g is not %.15g", got, wanted);
}

static int read_curve(const char *text, struct err *err)
{
    return cheat_curve_read(&curve, text, strlen(text), err);
}

static void test_honest_is_untouched(void **state)
{
    (void)state;
    cheat_init(&cheat);
    assert_true(cheat_is_honest(&cheat));
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++) {
        const double value = 1.0 / 3 + (double)q;
        assert_true(cheat_reading(&cheat, q, cheat_source(&cheat, q, value, 1234)) == value);
    }
    assert_true(isnan(cheat_source(&cheat, QUANTITY_NO, (double)NAN, 0)));
}

static void test_factor(void **state)
{
    (void)state;
    cheat_init(&cheat);
    cheat.factor[QUANTITY_NOX] = 0.5;
    assert_false(cheat_is_honest(&cheat));
    assert_near(cheat_reading(&cheat, QUANTITY_NOX, 800), 400);
    assert_near(cheat_reading(&cheat, QUANTITY_NO, 800), 800);
    cheat_init(&cheat);
    cheat.smoke = 0.6;
    double k = 1.9;
    for (double path_m = 0.215; path_m < 0.5; path_m *= 2) { /* N follows k over any path */
        double n = 100 * (1 - exp(-k * path_m));
        assert_near(cheat_reading(&cheat, QUANTITY_OPACITY, n), 100 * (1 - exp(-0.6 * k * path_m)));
    }
    assert_near(cheat_reading(&cheat, QUANTITY_K, k), 1.14);
    assert_near(cheat_reading(&cheat, QUANTITY_RPM, 750), 750);
}

static void test_notch_draws_air(void **state)
{
    (void)state;
    cheat_init(&cheat);
    cheat.notch = 0.25;
    assert_near(cheat_source(&cheat, QUANTITY_K, 2, 0), 1.5);
    assert_near(cheat_source(&cheat, QUANTITY_CO2, 8, 0), 6);
    assert_near(cheat_source(&cheat, QUANTITY_NO, 400, 0), 300);
    assert_near(cheat_source(&cheat, QUANTITY_O2, 10, 0), 10 + 10.9 / 4);
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 750, 0), 750);
    assert_near(cheat_source(&cheat, QUANTITY_OIL_TEMP, 88, 0), 88);
    /* the ratios to CO2 stay: that is what remains to be seen */
    assert_near(cheat_source(&cheat, QUANTITY_NO, 400, 0) / cheat_source(&cheat, QUANTITY_CO2, 8, 0), 50);
}

static void test_made_up_speed(void **state)
{
    (void)state;
    cheat_init(&cheat);
    cheat.rpm.on = true;
    cheat.rpm.low = 700;
    cheat.rpm.high = 2300;
    cheat.rpm.period_ms = 15000;
    cheat.rpm.since_ms = 500;
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 1234, 500), 700);
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 1234, 1000), 1500);
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 1234, 2500), 2300);
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 1234, 4000), 1500);
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 1234, 9000), 700);
    for (int64_t t = 500; t < 15500; t += 7) /* exactly alike */
        assert_true(cheat_source(&cheat, QUANTITY_RPM, 0, t) == cheat_source(&cheat, QUANTITY_RPM, 1, t + 30000));
    assert_near(cheat_source(&cheat, QUANTITY_K, 0.5, 2500), 0.5);
    cheat.rpm.period_ms = 0;
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 1234, 2500), 700);
}

static void test_frozen(void **state)
{
    (void)state;
    cheat_init(&cheat);
    for (int q = 0; q < QUANTITY_COUNT; q++)
        cheat.held[q] = q;
    cheat.frozen = true;
    assert_near(cheat_source(&cheat, QUANTITY_K, 3.3, 99999), QUANTITY_K);
    assert_near(cheat_source(&cheat, QUANTITY_NO, 3.3, 99999), QUANTITY_NO);
}

static void test_replay(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(read_curve("t_ms,instrument,quantity,value,unit,quality\n"
                                "100,smoke,k,0.10,1/m,ok\n"
                                "100,smoke,rpm,750,r/min,ok\n"
                                "200,smoke,k,1.50,1/m,ok\n"
                                "300,smoke,k,9.99,1/m,suspect\n"
                                "400,smoke,k,0.30,1/m,ok\n",
                                &err),
                     0);
    cheat_init(&cheat);
    cheat.curve = &curve;
    cheat.replay_ms = 5000;
    assert_near(cheat_source(&cheat, QUANTITY_K, 7, 5000), 0.10); /* before its first value, that one */
    assert_near(cheat_source(&cheat, QUANTITY_K, 7, 5199), 0.10);
    assert_near(cheat_source(&cheat, QUANTITY_K, 7, 5200), 1.50);
    assert_near(cheat_source(&cheat, QUANTITY_K, 7, 5399), 1.50);
    assert_near(cheat_source(&cheat, QUANTITY_K, 7, 60000), 0.30);
    assert_near(cheat_source(&cheat, QUANTITY_RPM, 7, 5200), 750);
    assert_near(cheat_source(&cheat, QUANTITY_OIL_TEMP, 88, 5200), 88); /* not in the curve: honest */
}

static void test_curves_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "line 1"},
        {"a,b\n", "line 1"},
        {"t_ms,instrument,quantity,value,unit,quality\n", "no readings"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,k,0.1,1/m,stale\n", "no readings"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,k,0.1,1/m,ok\n0,s,k,0.1,1/m,ok\n", "line 3"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,smell,0.1,1/m,ok\n", "line 2"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,k,0.1x,1/m,ok\n", "line 2"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,k,,1/m,ok\n", "line 2"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,k,0.1,1/m\n", "line 2"},
        {"t_ms,instrument,quantity,value,unit,quality\n1,s,k,0.1,1/m,ok,more\n", "line 2"},
        {"t_ms,instrument,quantity,value,unit,quality\n\n", "line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        assert_int_not_equal(read_curve(cases[i].text, &err), 0);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%zu: %s", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest_is_untouched),
        cmocka_unit_test(test_factor),
        cmocka_unit_test(test_notch_draws_air),
        cmocka_unit_test(test_made_up_speed),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_curves_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
