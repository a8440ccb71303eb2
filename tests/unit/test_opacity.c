#include "station/core/opacity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

/* A path that is no length, a scale's end and a value that does not fit: no value in any direction. */
static void has_no_value_without_a_path_or_room(void **state)
{
    (void)state;
    struct decimal out;
    static const char *const lengths[] = {"0", "-0.430"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_false(opacity_to_k(dec("10"), dec(lengths[i]), 2, &out));
        assert_false(opacity_from_k(dec("0.5"), dec(lengths[i]), 1, &out));
        assert_false(opacity_other_path(dec("10"), dec(lengths[i]), path_43, 1, &out));
        assert_false(opacity_other_path(dec("10"), path_43, dec(lengths[i]), 1, &out));
        assert_false(opacity_consistent(dec("23.4"), dec("0.62"), dec(lengths[i])));
    }
    assert_false(opacity_other_path(dec("-0.1"), path_43, path_43, 1, &out));
    assert_false(opacity_to_k(dec("50"), path_43, 12, &out)); /* more decimals than there are */
    assert_false(opacity_from_k(dec("0.5"), path_43, 12, &out));
    assert_false(opacity_other_path(dec("10"), path_43, path_43, 12, &out));
    assert_false(opacity_consistent(dec("-0.1"), dec("0.00"), path_43));
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

/* N over L2 from N over L1 is the same as through k; there and back again is N. */
static void paths_agree_with_the_formula(void **state)
{
    (void)state;
    static const char *const paths[] = {"0.100", "0.215", "0.364", "0.430", "1.000", "3.500"};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++)
        for (int64_t n = 0; n < 1000; n += 7) {
            struct decimal percent = {.units = n, .digits = 1};
            struct decimal k, other, through_k, back;
            assert_true(opacity_other_path(percent, path_43, dec(paths[p]), 9, &other));
            assert_true(opacity_to_k(percent, path_43, 9, &k));
            assert_true(opacity_from_k(k, dec(paths[p]), 3, &through_k));
            struct decimal shown;
            assert_true(decimal_round(other, 3, &shown));
            assert_true(llabs(shown.units - through_k.units) <= 1);
            if (decimal_compare(other, dec("99.999")) < 0) {
                assert_true(opacity_other_path(other, dec(paths[p]), path_43, 1, &back));
                assert_int_equal(back.units, n);
            }
        }
}

static void more_smoke_is_more_k(void **state)
{
    (void)state;
    struct decimal before = dec("-1");
    for (int64_t n = 0; n < 1000; n++) {
        struct decimal k;
        assert_true(opacity_to_k((struct decimal){.units = n, .digits = 1}, path_43, 6, &k));
        assert_int_equal(decimal_compare(before, k), -1);
        before = k;
    }
}

/* A displayed pair may each be rounded, or cut; two steps away is another measurement. */
static void consistency_is_as_wide_as_the_rounding(void **state)
{
    (void)state;
    for (int64_t n = 10; n < 990; n++) {
        struct decimal percent = {.units = n, .digits = 1};
        struct decimal near, k;
        assert_true(opacity_to_k(percent, path_43, 2, &k));
        assert_true(opacity_consistent(percent, k, path_43));
        near = (struct decimal){.units = 2 * k.units + 5, .digits = 2};
        assert_false(opacity_consistent(percent, near, path_43));
        near = (struct decimal){.units = k.units / 2, .digits = 2};
        if (k.units > 4)
            assert_false(opacity_consistent(percent, near, path_43));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_between_n_and_k),
        cmocka_unit_test(has_no_value_outside_the_scale),
        cmocka_unit_test(has_no_value_without_a_path_or_room),
        cmocka_unit_test(round_trips_within_the_rounding),
        cmocka_unit_test(notices_a_pair_that_does_not_fit),
        cmocka_unit_test(paths_agree_with_the_formula),
        cmocka_unit_test(more_smoke_is_more_k),
        cmocka_unit_test(consistency_is_as_wide_as_the_rounding),
    };
    return cmocka_run_group_tests_name("opacity", tests, NULL, NULL);
}
