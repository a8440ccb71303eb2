/*
 * Decimal numbers as the instruments and the law write them.
 *
 * A reading is `units` x 10^-`digits`, exactly as it came from the wire; limits are written the same way. No verdict
 * ever passes through binary floating point on its way to a comparison, so 1.205 is 1.205 and rounds to 1.20.
 * Rounding follows GB/T 8170-2008: half to even, on the decimal value, once.
 */
#ifndef STATION_CORE_DECIMAL_H
#define STATION_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_DIGITS_MAX = 9, DECIMAL_TEXT_MAX = 24 };

struct decimal {
    int64_t units;
    uint8_t digits; /* 0..DECIMAL_DIGITS_MAX */
};

/* Reads "-12.340" (optional sign, digits, optional point and digits; nothing else). Keeps trailing zeros: they are the
 * stated precision. False on anything else, on overflow and on more than DECIMAL_DIGITS_MAX decimals. */
bool decimal_parse(struct decimal *out, const char *text, size_t length);

/* Writes the number with exactly `digits` decimals ("-0.05", "12", "1.20"). Returns the length without the NUL. */
size_t decimal_format(struct decimal value, char out[DECIMAL_TEXT_MAX]);

/* GB/T 8170 rounding to `digits` decimals; also widens (1.2 to 2 digits is 1.20). False when it does not fit. */
bool decimal_round(struct decimal value, unsigned digits, struct decimal *out);

/* -1, 0, 1 by value: 1.2 equals 1.20. Never overflows. */
int decimal_compare(struct decimal a, struct decimal b);

/* raw x scale + offset, exact; false when it does not fit. For register maps: raw integer, scale 0.1, offset -40. */
bool decimal_scale(int64_t raw, struct decimal scale, struct decimal offset, struct decimal *out);

/* Arithmetic mean of n > 0 values, rounded once to `digits`. False when the sum does not fit. */
bool decimal_mean(const struct decimal *values, size_t n, unsigned digits, struct decimal *out);

/* Running sum of values, for means over a time: exact. _add is false (and nothing is added) when it does not fit. */
struct decimal_sum {
    int64_t high, low; /* in units of 10^-DECIMAL_DIGITS_MAX: high x 10^18 + low */
    int64_t count;
};
bool decimal_sum_add(struct decimal_sum *sum, struct decimal value);
/* The mean of what was added (at least one value), rounded once to `digits`. */
bool decimal_sum_mean(const struct decimal_sum *sum, unsigned digits, struct decimal *out);

/* a - b, exact; false when it does not fit. */
bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out);
struct decimal decimal_absolute(struct decimal value);

/* For computed quantities (k from N, VSP, filters): the nearest decimal with `digits` decimals, ties to even on the
 * exact binary value. False for NaN, infinity and what does not fit. */
bool decimal_from_double(double value, unsigned digits, struct decimal *out);
double decimal_to_double(struct decimal value);

#endif
