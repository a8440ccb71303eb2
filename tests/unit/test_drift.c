/* Checks looked at together: zero and span that creep, and a span that is always a little low. */
#include "station/core/drift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/law.h"

static const struct drift_params params = {.checks = 5, .move = 0.6, .span_low = 0.015};

/* Spans against k = 1.71 with 0.05 allowed; zeros with 0.01 allowed. */
static enum drift span(const double *means, size_t count)
{
    struct drift_check checks[DRIFT_CHECKS_MAX];
    for (size_t i = 0; i < count; i++)
        checks[i] = (struct drift_check){means[i], 1.71, 0.05};
    return drift_find(&params, checks, count);
}

static enum drift zero(const double *means, size_t count)
{
    struct drift_check checks[DRIFT_CHECKS_MAX];
    for (size_t i = 0; i < count; i++)
        checks[i] = (struct drift_check){means[i], 0, 0.01};
    return drift_find(&params, checks, count);
}

static void what_creeps_in_one_direction(void **state)
{
    (void)state;
    assert_int_equal(span((const double[]){1.69, 1.70, 1.71, 1.72, 1.73}, 5), DRIFT_UP);
    assert_int_equal(span((const double[]){1.73, 1.72, 1.71, 1.70, 1.695}, 5), DRIFT_DOWN);
    assert_int_equal(zero((const double[]){0, 0.002, 0.004, 0.005, 0.007}, 5), DRIFT_UP);
    assert_int_equal(zero((const double[]){0, -0.002, -0.004, -0.005, -0.007}, 5), DRIFT_DOWN);
    /* only the newest five count */
    assert_int_equal(span((const double[]){1.74, 1.69, 1.70, 1.71, 1.72, 1.73}, 6), DRIFT_UP);
}

static void what_wanders_is_quiet(void **state)
{
    (void)state;
    assert_int_equal(span((const double[]){1.69, 1.70, 1.71, 1.71, 1.73}, 5), DRIFT_NONE); /* stood still once */
    assert_int_equal(span((const double[]){1.70, 1.72, 1.69, 1.73, 1.71}, 5), DRIFT_NONE);
    assert_int_equal(span((const double[]){1.70, 1.705, 1.71, 1.715, 1.72}, 5), DRIFT_NONE); /* 40 % of the tolerance */
    assert_int_equal(span((const double[]){1.69, 1.70, 1.71, 1.73}, 4), DRIFT_NONE);         /* too few */
    assert_int_equal(zero((const double[]){0, 0, 0, 0, 0}, 5), DRIFT_NONE);
}

static void what_is_always_low(void **state)
{
    (void)state;
    assert_int_equal(span((const double[]){1.68, 1.67, 1.68, 1.67, 1.68}, 5), DRIFT_LOW);
    assert_int_equal(span((const double[]){1.68, 1.67, 1.69, 1.67, 1.68}, 5), DRIFT_NONE); /* once hardly low */
    assert_int_equal(span((const double[]){1.74, 1.75, 1.74, 1.75, 1.74}, 5), DRIFT_NONE); /* high is no kindness */
    assert_int_equal(zero((const double[]){-0.004, -0.005, -0.004, -0.005, -0.004}, 5), DRIFT_NONE);
}

static void each_is_watched_alone(void **state)
{
    (void)state;
    const struct drift_check checks[] = {{1.68, 1.71, 0.05}, {1.67, 1.71, 0.05}, {1.64, 1.71, 0.05}}; /* both */
    const struct drift_params none = {.checks = 3}, move = {.checks = 3, .move = 0.6},
                              low = {.checks = 3, .span_low = 0.015};
    assert_int_equal(drift_find(&move, checks, 3), DRIFT_DOWN);
    assert_int_equal(drift_find(&low, checks, 3), DRIFT_LOW);
    assert_int_equal(drift_find(&none, checks, 3), DRIFT_NONE);
}

static void figures_are_optional(void **state)
{
    (void)state;
    static const char *const names[] = {"drift-checks", "drift-move", "span-low"};
    struct rule_pack *pack = law_open("alerts-cn");
    struct drift_params p;
    struct err err = {0};
    assert_int_equal(drift_load(&p, &pack->rules[0], &err), 0);
    assert_true(p.checks >= DRIFT_CHECKS_MIN && p.move > 0 && p.span_low > 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) { /* but not nothing */
        struct rule rule = pack->rules[0];
        law_set(&rule, names[i], "0");
        assert_int_equal(drift_load(&p, &rule, &err), -1);
        assert_non_null(strstr(err.text, names[i]));
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        law_drop(&pack->rules[0], names[i]);
    assert_int_equal(drift_load(&p, &pack->rules[0], &err), 0);
    assert_true(p.checks == 0 && p.move <= 0 && p.span_low <= 0);
    assert_int_equal(drift_find(&p, (const struct drift_check[]){{1, 0, 0.01}, {2, 0, 0.01}, {3, 0, 0.01}}, 3),
                     DRIFT_NONE);
    free(pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_creeps_in_one_direction), cmocka_unit_test(what_wanders_is_quiet),
        cmocka_unit_test(what_is_always_low),           cmocka_unit_test(each_is_watched_alone),
        cmocka_unit_test(figures_are_optional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
