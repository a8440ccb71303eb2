#include "station/core/decimal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
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
    uint64_t x = 88172645463325252U; /* Marsaglia's xorshift64 */
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
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
    assert_false(decimal_from_double(NAN, 2, &out));
    assert_false(decimal_from_double(HUGE_VAL, 2, &out));
    assert_false(decimal_from_double(1e19, 0, &out));
    assert_false(decimal_from_double(1e300, 0, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_it_prints),
        cmocka_unit_test(refuses_what_is_no_decimal),
        cmocka_unit_test(rounds_half_to_even_on_the_decimal_value),
        cmocka_unit_test(rounding_is_idempotent_and_near),
        cmocka_unit_test(compares_by_value),
        cmocka_unit_test(scales_register_values_exactly),
        cmocka_unit_test(means_are_exact_and_rounded_once),
        cmocka_unit_test(takes_doubles_at_their_exact_binary_value),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
