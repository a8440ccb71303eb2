#include "station/core/decimal.h"

#include <assert.h>
#include <math.h>

/* 128-bit intermediates: a gcc and clang extension that makes every step here exact. */
__extension__ typedef __int128 wide;

static const int64_t powers[DECIMAL_DIGITS_MAX + 1] = {1,      10,      100,      1000,      10000,
                                                       100000, 1000000, 10000000, 100000000, 1000000000};

static bool store(wide units, unsigned digits, struct decimal *out)
{
    if (units > INT64_MAX || units < INT64_MIN || digits > DECIMAL_DIGITS_MAX)
        return false;
    *out = (struct decimal){.units = (int64_t)units, .digits = (uint8_t)digits};
    return true;
}

/* numerator / denominator (> 0), half to even. */
static wide divide_half_even(wide numerator, wide denominator)
{
    bool negative = numerator < 0;
    wide magnitude = negative ? -numerator : numerator;
    wide quotient = magnitude / denominator;
    wide rest = magnitude % denominator;
    wide twice = 2 * rest;
    if (twice > denominator || (twice == denominator && quotient % 2 != 0))
        quotient++;
    return negative ? -quotient : quotient;
}

bool decimal_parse(struct decimal *out, const char *text, size_t length)
{
    size_t at = 0;
    bool negative = false;
    if (length > 0 && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        at = 1;
    }
    wide units = 0;
    unsigned digits = 0;
    bool point = false;
    bool any = false;
    bool after_point = true;
    for (; at < length; at++) {
        char c = text[at];
        if (c == '.' && !point && any) {
            point = true;
            after_point = false;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        any = after_point = true;
        if (point && ++digits > DECIMAL_DIGITS_MAX)
            return false;
        units = units * 10 + (c - '0');
        if (units > (wide)INT64_MAX + 1)
            return false;
    }
    return any && after_point && store(negative ? -units : units, digits, out);
}

size_t decimal_format(struct decimal value, char out[DECIMAL_TEXT_MAX])
{
    assert(value.digits <= DECIMAL_DIGITS_MAX);
    char reversed[DECIMAL_TEXT_MAX];
    size_t n = 0;
    uint64_t rest = value.units < 0 ? 0 - (uint64_t)value.units : (uint64_t)value.units;
    do {
        if (n == value.digits && n > 0)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0 || n < (value.digits ? value.digits + 2U : 1U));
    if (value.units < 0)
        reversed[n++] = '-';
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    out[n] = '\0';
    return n;
}

bool decimal_round(struct decimal value, unsigned digits, struct decimal *out)
{
    if (digits > DECIMAL_DIGITS_MAX)
        return false;
    if (digits >= value.digits)
        return store((wide)value.units * powers[digits - value.digits], digits, out);
    return store(divide_half_even(value.units, powers[value.digits - digits]), digits, out);
}

int decimal_compare(struct decimal a, struct decimal b)
{
    wide left = (wide)a.units * powers[b.digits];
    wide right = (wide)b.units * powers[a.digits];
    return left < right ? -1 : left > right;
}

bool decimal_scale(int64_t raw, struct decimal scale, struct decimal offset, struct decimal *out)
{
    unsigned digits = scale.digits > offset.digits ? scale.digits : offset.digits;
    wide product = (wide)raw * scale.units;
    /* 10^28: beyond any offset (10^19 units, 10^9 times widened), and 10^9 times it still fits */
    const wide limit = (wide)INT64_C(100000000000000) * INT64_C(100000000000000);
    if (product > limit || product < -limit)
        return false;
    return store(product * powers[digits - scale.digits] + (wide)offset.units * powers[digits - offset.digits], digits,
                 out);
}

bool decimal_mean(const struct decimal *values, size_t n, unsigned digits, struct decimal *out)
{
    assert(n > 0);
    wide sum = 0; /* in units of 10^-DECIMAL_DIGITS_MAX */
    for (size_t i = 0; i < n; i++)
        sum += (wide)values[i].units * powers[DECIMAL_DIGITS_MAX - values[i].digits];
    if (digits > DECIMAL_DIGITS_MAX)
        return false;
    return store(divide_half_even(sum, (wide)n * powers[DECIMAL_DIGITS_MAX - digits]), digits, out);
}

static const int64_t sum_base = INT64_C(1000000000000000000);

bool decimal_sum_add(struct decimal_sum *sum, struct decimal value)
{
    wide total = (wide)sum->high * sum_base + sum->low + (wide)value.units * powers[DECIMAL_DIGITS_MAX - value.digits];
    wide high = total / sum_base;
    if (high > INT64_MAX || high < INT64_MIN)
        return false;
    *sum = (struct decimal_sum){.high = (int64_t)high, .low = (int64_t)(total % sum_base), .count = sum->count + 1};
    return true;
}

bool decimal_sum_mean(const struct decimal_sum *sum, unsigned digits, struct decimal *out)
{
    assert(sum->count > 0);
    if (digits > DECIMAL_DIGITS_MAX)
        return false;
    wide total = (wide)sum->high * sum_base + sum->low;
    return store(divide_half_even(total, (wide)sum->count * powers[DECIMAL_DIGITS_MAX - digits]), digits, out);
}

bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned digits = a.digits > b.digits ? a.digits : b.digits;
    return store((wide)a.units * powers[digits - a.digits] - (wide)b.units * powers[digits - b.digits], digits, out);
}

struct decimal decimal_absolute(struct decimal value)
{
    if (value.units < 0)
        value.units = value.units == INT64_MIN ? INT64_MAX : -value.units;
    return value;
}

bool decimal_from_double(double value, unsigned digits, struct decimal *out)
{
    if (digits > DECIMAL_DIGITS_MAX || !isfinite(value))
        return false;
    /* A double is m x 2^e with a 53-bit m, so value x 10^digits can be rounded exactly in integers. */
    int exponent;
    double mantissa = frexp(value, &exponent);
    wide m = (wide)ldexp(mantissa, 53) * powers[digits];
    exponent -= 53;
    if (exponent >= 0)
        return exponent <= 40 && store(m * ((wide)1 << exponent), digits, out);
    if (exponent < -120)
        return store(0, digits, out);
    return store(divide_half_even(m, (wide)1 << -exponent), digits, out);
}

double decimal_to_double(struct decimal value)
{
    return (double)value.units / (double)powers[value.digits];
}
