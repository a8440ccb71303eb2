#include "station/core/opacity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct decimal path_43 = {.units = 430, .digits = 3};

static struct decimal dec(const char *text)
{
    struct decimal value = {0};
    assert_true(decimal_parse(&value, text, strlen(text)));
    return value;
}

static void assert_value(struct decimal value, const char *expected)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(value, text);
    assert_string_equal(text, expected);
}

/* Beer-Lambert at L = 0.430 m: 23.4 % is 0.620 1/m, 99.9 % is 16.06 (the scale of opacimeters ends there). */
static void converts_between_n_and_k(void **state)
{
    (void)state;
    struct decimal out;
    assert_true(opacity_to_k(dec("23.4"), path_43, 3, &out));
    assert_value(out, "0.620");
    assert_true(opacity_to_k(dec("0.0"), path_43, 2, &out));
    assert_value(out, "0.00");
    assert_true(opacity_to_k(dec("99.9"), path_43, 2, &out));
    assert_value(out, "16.06");
    assert_true(opacity_from_k(dec("1.20"), path_43, 1, &out));
    assert_value(out, "40.3");
    assert_true(opacity_other_path(dec("23.4"), dec("0.215"), path_43, 1, &out)); /* 1 - 0.766² */
    assert_value(out, "41.3");
}

static void has_no_value_outside_the_scale(void **state)
{
    (void)state;
    struct decimal out;
    assert_false(opacity_to_k(dec("100"), path_43, 2, &out));
    assert_false(opacity_to_k(dec("-0.1"), path_43, 2, &out));
    assert_false(opacity_to_k(dec("10"), dec("0"), 2, &out));
    assert_false(opacity_from_k(dec("-0.01"), path_43, 1, &out));
    assert_false(opacity_other_path(dec("100"), path_43, path_43, 1, &out));
}

static void round_trips_within_the_rounding(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 999; n++) {
        struct decimal percent = {.units = n, .digits = 1};
        struct decimal k;
        struct decimal back;
        assert_true(opacity_to_k(percent, path_43, 6, &k));
        assert_true(opacity_from_k(k, path_43, 1, &back));
        assert_int_equal(back.units, n);
        assert_true(decimal_round(k, 2, &k));
        assert_true(opacity_consistent(percent, k, path_43));
    }
}

static void notices_a_pair_that_does_not_fit(void **state)
{
    (void)state;
    assert_true(opacity_consistent(dec("23.4"), dec("0.62"), path_43));
    assert_true(opacity_consistent(dec("100.0"), dec("17.00"), path_43)); /* saturated */
    assert_false(opacity_consistent(dec("23.4"), dec("0.31"), path_43));  /* scaled by one half */
    assert_false(opacity_consistent(dec("46.8"), dec("0.62"), path_43));
    assert_false(opacity_consistent(dec("23.4"), dec("0.00"), path_43)); /* clamped */
    assert_false(opacity_consistent(dec("100.1"), dec("0.62"), path_43));
    assert_false(opacity_consistent(dec("23.4"), dec("-0.62"), path_43));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_between_n_and_k),
        cmocka_unit_test(has_no_value_outside_the_scale),
        cmocka_unit_test(round_trips_within_the_rounding),
        cmocka_unit_test(notices_a_pair_that_does_not_fit),
    };
    return cmocka_run_group_tests_name("opacity", tests, NULL, NULL);
}
