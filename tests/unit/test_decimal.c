#include "station/core/decimal.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct decimal dec(const char *text)
{
    struct decimal value = {0};
    assert_true(decimal_parse(&value, text, strlen(text)));
    return value;
}

static void assert_text(struct decimal value, const char *expected)
{
    char text[DECIMAL_TEXT_MAX];
    assert_int_equal(decimal_format(value, text), strlen(expected));
    assert_string_equal(text, expected);
}

static uint64_t xorshift(uint64_t *x) /* Marsaglia's xorshift64 */
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void parses_what_it_prints(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",     "1.20",        "-0.05",           "12", "9223372036854775807", "-9223372036854775808", "0.00",
        "-12.3", "0.123456789", "100000.000000001"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_text(dec(texts[i]), texts[i]);
    assert_text(dec("+5"), "5");
    assert_text(dec("007.10"), "7.10");
}

static void refuses_what_is_no_decimal(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "-",
                                        ".",
                                        ".5",
                                        "5.",
                                        "1e3",
                                        " 1",
                                        "1 ",
                                        "1,5",
                                        "--1",
                                        "a",
                                        "0x10",
                                        "1..2",
                                        "１",
                                        "NaN",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "0.1234567890"};
    struct decimal value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (decimal_parse(&value, texts[i], strlen(texts[i])))
            fail_msg("'%s' was taken for a decimal", texts[i]);
}

/* GB/T 8170-2008: the digit 5 followed by nothing rounds to the even neighbour; sign symmetric. */
static void rounds_half_to_even_on_the_decimal_value(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        unsigned digits;
        const char *to;
    } rows[] = {{"1.205", 2, "1.20"},   {"1.215", 2, "1.22"},    {"1.2051", 2, "1.21"}, {"-1.205", 2, "-1.20"},
                {"-1.215", 2, "-1.22"}, {"0.5", 0, "0"},         {"1.5", 0, "2"},       {"2.5", 0, "2"},
                {"2.675", 2, "2.68"},   {"1.005", 2, "1.00"},    {"0.125", 2, "0.12"},  {"0.135", 2, "0.14"},
                {"1.2", 2, "1.20"},     {"1.204999", 2, "1.20"}, {"9.995", 2, "10.00"}, {"-0.004", 2, "0.00"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decimal out;
        assert_true(decimal_round(dec(rows[i].from), rows[i].digits, &out));
        assert_text(out, rows[i].to);
    }
    struct decimal out;
    assert_false(decimal_round(dec("9223372036854775807"), 1, &out));
    assert_false(decimal_round(dec("1"), DECIMAL_DIGITS_MAX + 1, &out));
}

/* Rounding twice may differ from rounding once; rounding to the same digits again must not. */
static void rounding_is_idempotent_and_near(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        xorshift(&x);
        struct decimal value = {.units = (int64_t)x >> 20, .digits = (uint8_t)(x % 10)};
        unsigned digits = (unsigned)(x >> 8) % (value.digits + 1U);
        struct decimal once;
        struct decimal twice;
        assert_true(decimal_round(value, digits, &once));
        assert_true(decimal_round(once, digits, &twice));
        assert_int_equal(once.units, twice.units);
        int64_t step = 1;
        for (unsigned d = digits; d < value.digits; d++)
            step *= 10;
        assert_true(2 * llabs(once.units * step - value.units) <= step);
    }
}

static void compares_by_value(void **state)
{
    (void)state;
    assert_int_equal(decimal_compare(dec("1.2"), dec("1.20")), 0);
    assert_int_equal(decimal_compare(dec("1.19"), dec("1.2")), -1);
    assert_int_equal(decimal_compare(dec("-1.2"), dec("-1.3")), 1);
    assert_int_equal(decimal_compare(dec("9223372036854775807"), dec("0.000000001")), 1);
    assert_int_equal(decimal_compare(dec("-9223372036854775808"), dec("9223372036854775807")), -1);
}

static void scales_register_values_exactly(void **state)
{
    (void)state;
    struct decimal out;
    assert_true(decimal_scale(234, dec("0.1"), dec("0"), &out));
    assert_text(out, "23.4");
    assert_true(decimal_scale(-55, dec("0.1"), dec("-40"), &out));
    assert_text(out, "-45.5");
    assert_true(decimal_scale(3, dec("0.03125"), dec("-273"), &out));
    assert_text(out, "-272.90625");
    assert_false(decimal_scale(INT64_MAX, dec("10"), dec("0"), &out));
    assert_false(decimal_scale(INT64_MAX, dec("1"), dec("1"), &out));
    /* The sum counts, not its parts: 2^63-1 times 1.000000000, less 2^63-1. */
    assert_true(decimal_scale(INT64_MAX, dec("1.000000000"), dec("-9223372036854775807"), &out));
    assert_text(out, "0.000000000");
    assert_false(decimal_scale(INT64_MIN, dec("-9223372036854775808"), dec("0"), &out));
}

static void means_are_exact_and_rounded_once(void **state)
{
    (void)state;
    const struct decimal peaks[] = {dec("1.19"), dec("1.20"), dec("1.22")};
    struct decimal out;
    assert_true(decimal_mean(peaks, 3, 2, &out));
    assert_text(out, "1.20"); /* 1.20333… */
    const struct decimal halves[] = {dec("0.1"), dec("0.15")};
    assert_true(decimal_mean(halves, 2, 2, &out));
    assert_text(out, "0.12"); /* 0.125 to even */
    const struct decimal big[] = {dec("9223372036854775807"), dec("9223372036854775807")};
    assert_true(decimal_mean(big, 2, 0, &out));
    assert_int_equal(out.units, INT64_MAX);
}

static void takes_doubles_at_their_exact_binary_value(void **state)
{
    (void)state;
    struct decimal out;
    assert_true(decimal_from_double(0.125, 2, &out));
    assert_text(out, "0.12");
    assert_true(decimal_from_double(2.675, 2, &out)); /* the double is 2.67499999999999982… */
    assert_text(out, "2.67");
    assert_true(decimal_from_double(-1e-30, 3, &out));
    assert_text(out, "0.000");
    assert_true(decimal_from_double(123456.0, 1, &out));
    assert_text(out, "123456.0");
    assert_false(decimal_from_double((double)NAN, 2, &out));
    assert_false(decimal_from_double(HUGE_VAL, 2, &out));
    assert_false(decimal_from_double(1e19, 0, &out));
    assert_false(decimal_from_double(1e300, 0, &out));
}

static void every_bit_pattern_survives_the_text(void **state)
{
    (void)state;
    uint64_t x = 362436069362436069U;
    for (int i = 0; i < 20000; i++) {
        struct decimal value = {.units = (int64_t)xorshift(&x) >> (x % 64), .digits = (uint8_t)(i % 10)};
        char text[DECIMAL_TEXT_MAX];
        struct decimal again;
        size_t length = decimal_format(value, text);
        assert_true(decimal_parse(&again, text, length));
        assert_true(again.units == value.units && again.digits == value.digits);
    }
}

static void ties_go_to_the_even_neighbour(void **state)
{
    (void)state;
    for (int64_t whole = -1000; whole <= 1000; whole++)
        for (unsigned digits = 1; digits <= DECIMAL_DIGITS_MAX; digits++) {
            int64_t half = 5;
            for (unsigned d = 1; d < digits; d++)
                half *= 10;
            struct decimal out;
            assert_true(
                decimal_round((struct decimal){.units = whole * 2 * half + half, .digits = (uint8_t)digits}, 0, &out));
            assert_int_equal(out.units, whole % 2 == 0 ? whole : whole + 1);
        }
}

/* Order is that of the numbers: the same as of their doubles where those are exact, and the opposite with both signs
 * turned. */
static void order_is_that_of_the_numbers(void **state)
{
    (void)state;
    uint64_t x = 521288629521288629U;
    for (int i = 0; i < 20000; i++) {
        struct decimal a = {.units = (int64_t)(xorshift(&x) % 4001) - 2000, .digits = (uint8_t)(x >> 32 & 3)};
        struct decimal b = {.units = (int64_t)(xorshift(&x) % 4001) - 2000, .digits = (uint8_t)(x >> 32 & 3)};
        static const int64_t to_thousandths[] = {1000, 100, 10, 1};
        int64_t left = a.units * to_thousandths[a.digits];
        int64_t right = b.units * to_thousandths[b.digits];
        assert_int_equal(decimal_compare(a, b), (left > right) - (left < right));
        assert_int_equal(decimal_compare(b, a), -decimal_compare(a, b));
        a.units = -a.units;
        b.units = -b.units;
        assert_int_equal(decimal_compare(b, a), (left > right) - (left < right));
    }
}

/* glibc prints the exact binary value, rounded half to even: an independent witness for the conversion. */
static void doubles_agree_with_the_c_library(void **state)
{
    (void)state;
    uint64_t x = 88675123U;
    for (int i = 0; i < 50000; i++) {
        double value = ldexp((double)((int64_t)xorshift(&x) >> (x % 40)), -(int)(xorshift(&x) % 90));
        unsigned digits = (unsigned)(i % 10);
        char expected[400];
        char text[DECIMAL_TEXT_MAX];
        struct decimal out;
        struct decimal known;
        int length = snprintf(expected, sizeof expected, "%.*f", (int)digits, value);
        bool fits = decimal_parse(&known, expected, (size_t)length);
        assert_int_equal(decimal_from_double(value, digits, &out), fits);
        if (!fits)
            continue;
        decimal_format(out, text);
        decimal_format(known, expected); /* "-0.00" is "0.00" here */
        assert_string_equal(text, expected);
    }
}

static void the_ends_of_double_are_handled(void **state)
{
    (void)state;
    struct decimal out;
    static const double tiny[] = {0.0, -0.0, DBL_MIN, -DBL_MIN, DBL_TRUE_MIN};
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++) {
        assert_true(decimal_from_double(tiny[i], DECIMAL_DIGITS_MAX, &out));
        assert_text(out, "0.000000000");
    }
    assert_false(decimal_from_double(DBL_MAX, 0, &out));
    assert_false(decimal_from_double(-HUGE_VAL, 0, &out));
    assert_false(decimal_from_double(0x1p63, 0, &out));
    assert_true(decimal_from_double(-0x1p63, 0, &out));
    assert_true(out.units == INT64_MIN);
    assert_false(decimal_from_double(1.0, DECIMAL_DIGITS_MAX + 1, &out));
    assert_true(decimal_to_double(dec("-12.25")) == -12.25);
}

static void means_lie_between_and_overflow_is_told(void **state)
{
    (void)state;
    struct decimal out;
    uint64_t x = 2463534242U;
    for (int i = 0; i < 2000; i++) {
        struct decimal values[7];
        struct decimal low = {.units = INT64_MAX};
        struct decimal high = {.units = INT64_MIN};
        size_t n = 1 + (size_t)(i % 7);
        for (size_t v = 0; v < n; v++) {
            values[v] = (struct decimal){.units = (int64_t)xorshift(&x) >> 16, .digits = (uint8_t)(x % 4)};
            low = decimal_compare(values[v], low) < 0 ? values[v] : low;
            high = decimal_compare(values[v], high) > 0 ? values[v] : high;
        }
        assert_true(decimal_mean(values, n, 3, &out));
        assert_true(decimal_compare(out, low) >= 0 && decimal_compare(out, high) <= 0);
    }
    const struct decimal large = dec("9223372036854775807");
    assert_false(decimal_mean(&large, 1, 1, &out));
    assert_false(decimal_mean(&large, 1, DECIMAL_DIGITS_MAX + 1, &out));
}

static void sums_have_the_mean_of_their_values(void **state)
{
    (void)state;
    struct decimal_sum sum = {0};
    struct decimal mean;
    const struct decimal values[] = {{1, 2}, {2, 2}, {-25, 1}, {INT64_MAX, 9}};
    for (size_t i = 0; i < 4; i++) {
        struct decimal expected;
        assert_true(decimal_sum_add(&sum, values[i]));
        assert_int_equal(sum.count, i + 1);
        for (unsigned digits = 0; digits <= DECIMAL_DIGITS_MAX; digits++) {
            assert_true(decimal_sum_mean(&sum, digits, &mean));
            assert_true(decimal_mean(values, i + 1, digits, &expected));
            assert_true(mean.units == expected.units && mean.digits == expected.digits);
        }
    }
    assert_false(decimal_sum_mean(&sum, DECIMAL_DIGITS_MAX + 1, &mean));
    sum = (struct decimal_sum){.high = INT64_MAX, .count = 1};
    for (int i = 0; i < 200 && decimal_sum_add(&sum, (struct decimal){INT64_MAX, 0}); i++)
        assert_true(i < 199);
    assert_false(decimal_sum_mean(&sum, 0, &mean));
}

static void differences_are_exact(void **state)
{
    (void)state;
    struct decimal d;
    assert_true(decimal_subtract((struct decimal){105, 2}, (struct decimal){1, 0}, &d));
    assert_true(d.units == 5 && d.digits == 2);
    assert_true(decimal_subtract((struct decimal){1, 0}, (struct decimal){1005, 3}, &d));
    assert_true(d.units == -5 && d.digits == 3);
    assert_false(decimal_subtract((struct decimal){INT64_MAX, 0}, (struct decimal){-1, 0}, &d));
    assert_int_equal(decimal_absolute(d).units, 5);
    assert_int_equal(decimal_absolute((struct decimal){7, 1}).units, 7);
    assert_true(decimal_absolute((struct decimal){INT64_MIN, 1}).units == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_have_the_mean_of_their_values),
        cmocka_unit_test(differences_are_exact),
        cmocka_unit_test(parses_what_it_prints),
        cmocka_unit_test(refuses_what_is_no_decimal),
        cmocka_unit_test(rounds_half_to_even_on_the_decimal_value),
        cmocka_unit_test(rounding_is_idempotent_and_near),
        cmocka_unit_test(compares_by_value),
        cmocka_unit_test(scales_register_values_exactly),
        cmocka_unit_test(means_are_exact_and_rounded_once),
        cmocka_unit_test(takes_doubles_at_their_exact_binary_value),
        cmocka_unit_test(every_bit_pattern_survives_the_text),
        cmocka_unit_test(ties_go_to_the_even_neighbour),
        cmocka_unit_test(order_is_that_of_the_numbers),
        cmocka_unit_test(doubles_agree_with_the_c_library),
        cmocka_unit_test(the_ends_of_double_are_handled),
        cmocka_unit_test(means_lie_between_and_overflow_is_told),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
