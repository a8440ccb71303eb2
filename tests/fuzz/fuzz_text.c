/* The small texts that people and devices send: plates, numbers, dates, times. Refused, or a value whose own text reads
 * as the same value. */
#include <string.h>

#include "station/core/civil.h"
#include "station/core/decimal.h"
#include "station/core/plate.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_MAX = 256 };

static void check_decimal(const char *text, size_t length)
{
    struct decimal value, again, rounded;
    char out[DECIMAL_TEXT_MAX];
    if (!decimal_parse(&value, text, length))
        return;
    size_t written = decimal_format(value, out);
    FUZZ_CHECK(written < DECIMAL_TEXT_MAX && decimal_parse(&again, out, written));
    FUZZ_CHECK(again.units == value.units && again.digits == value.digits);
    for (unsigned digits = 0; digits <= DECIMAL_DIGITS_MAX; digits++)
        if (decimal_round(value, digits, &rounded))
            FUZZ_CHECK(digits < value.digits || decimal_compare(value, rounded) == 0);
}

static void check_date(const char *text, size_t length)
{
    struct civil_date date;
    char out[CIVIL_DATE_TEXT_MAX];
    if (!civil_date_parse(&date, text, length))
        return;
    civil_date_format(date, out);
    FUZZ_CHECK(length == strlen(out) && memcmp(out, text, length) == 0);
    FUZZ_CHECK(civil_date_compare(civil_from_days(civil_days(date)), date) == 0);
}

static void check_time(const char *text, size_t length)
{
    int64_t ms, again;
    char out[CIVIL_TIME_TEXT_MAX];
    if (!civil_time_parse(&ms, text, length, 480))
        return;
    civil_time_format(ms, 480, out);
    if (out[0]) /* a time near the ends of the calendar may lie outside in another zone */
        FUZZ_CHECK(civil_time_parse(&again, out, strlen(out), 0) && again == ms);
}

static void check_plate(const char *text)
{
    struct plate plate, again;
    struct err err = {0};
    enum plate_colour colour = PLATE_COLOUR_UNKNOWN;
    FUZZ_CHECK(!plate_colour_by_name(text, &colour) || colour < PLATE_COLOUR_COUNT);
    if (plate_parse(&plate, text, PLATE_COLOUR_UNKNOWN, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && !strpbrk(err.text, "\r\n"));
        return;
    }
    FUZZ_CHECK(plate_parse(&again, plate.text, plate.colour, &err) == 0);
    FUZZ_CHECK(strcmp(again.text, plate.text) == 0 && again.kind == plate.kind && again.colour == plate.colour);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    if (size > TEXT_MAX)
        return 0;
    check_decimal((const char *)data, size);
    check_date((const char *)data, size);
    check_time((const char *)data, size);
    memcpy(text, data, size);
    text[size] = '\0';
    check_plate(text);
    return 0;
}
