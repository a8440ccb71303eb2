/*
 * Numbers as programs write them: a decimal as it stands, or with an exponent, or with more decimals than a decimal
 * holds, which is how floats are printed; those are rounded half to even.
 */
#ifndef SENSORS_DRIVERS_NUMBER_TEXT_H
#define SENSORS_DRIVERS_NUMBER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/decimal.h"

/* False: no number, or one too large. */
bool number_text_read(struct decimal *out, const char *text, size_t length);

#endif
