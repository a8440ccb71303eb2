#include "sensors/drivers/number_text.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool skip_digits(const char **at, const char *end)
{
    const char *from = *at;
    while (*at < end && is_digit(**at))
        (*at)++;
    return *at > from;
}

/* The exponent behind e or E; large ones need not be exact. */
static int read_exponent(const char *at, const char *end)
{
    enum { LARGE = 1000 };
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    int exponent = 0;
    for (; at < end && exponent < LARGE; at++)
        exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

/* units x 10^exponent as a decimal; where it has too many decimals, rounded half to even, without zeros at the end. */
static bool make_decimal(int64_t units, int exponent, struct decimal *out)
{
    for (; exponent > 0 && units != 0; exponent--) {
        if (units > INT64_MAX / 10)
            return false;
        units *= 10;
    }
    int64_t rest = 0;
    bool beyond = false;
    bool rounded = exponent < -DECIMAL_DIGITS_MAX;
    for (; exponent < -DECIMAL_DIGITS_MAX; exponent++) {
        beyond = beyond || rest != 0;
        rest = units % 10;
        units /= 10;
    }
    if (rest > 5 || (rest == 5 && (beyond || units % 2 != 0)))
        units++;
    for (; rounded && exponent < 0 && units % 10 == 0; exponent++)
        units /= 10;
    *out = (struct decimal){.units = units, .digits = (uint8_t)(exponent < 0 ? -exponent : 0)};
    return true;
}

/* [+-] digits [. digits] [e [+-] digits] */
static bool is_number(const char *text, size_t length)
{
    const char *at = text;
    const char *end = text + length;
    at += at < end && (*at == '-' || *at == '+');
    const char *digits = at;
    bool any = skip_digits(&at, end);
    if (at < end && *at == '.') {
        at++;
        any = skip_digits(&at, end) && any;
    }
    if (!any || at == digits)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '-' || *at == '+');
        return skip_digits(&at, end) && at == end;
    }
    return at == end;
}

static bool read_long(struct decimal *out, const char *text, size_t length)
{
    static const int64_t room = INT64_MAX / 10 - 1;
    const char *end = text + length;
    bool negative = *text == '-';
    const char *at = text + (negative || *text == '+');
    int64_t units = 0;
    int exponent = 0;
    bool point = false;
    for (; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            point = true;
        } else if (units < room) {
            units = units * 10 + (*at - '0');
            exponent -= point;
        } else {
            exponent += !point;
        }
    }
    if (at < end)
        exponent += read_exponent(at + 1, end);
    if (!make_decimal(units, exponent, out))
        return false;
    if (negative)
        out->units = -out->units;
    return true;
}

bool number_text_read(struct decimal *out, const char *text, size_t length)
{
    return decimal_parse(out, text, length) || (is_number(text, length) && read_long(out, text, length));
}
