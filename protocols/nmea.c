#include "protocols/nmea.h"

#include <string.h>

enum { CHECKSUM_LENGTH = 3, RMC_LEAST = 12, RMC_MODE = 12, GGA_LEAST = 15, GGA_QUALITY = 6, GGA_ALTITUDE = 9 };

bool nmea_parse(struct slice line, struct nmea_sentence *sentence)
{
    *sentence = (struct nmea_sentence){0};
    if (line.length <= CHECKSUM_LENGTH + 1 || line.at[0] != '$' || line.at[line.length - CHECKSUM_LENGTH] != '*')
        return false;
    struct slice body = {line.at + 1, line.length - CHECKSUM_LENGTH - 1};
    if (slice_hex_byte(line.at + line.length - 2) != slice_xor(body.at, body.length))
        return false;
    while (sentence->count < NMEA_FIELDS_MAX && slice_field(&body, ',', &sentence->fields[sentence->count]))
        sentence->count++;
    struct slice address = sentence->fields[0];
    if (address.length != 5)
        return true;
    struct slice type = {address.at + 2, 3};
    if (slice_is(type, "RMC") && sentence->count >= RMC_LEAST)
        sentence->kind = NMEA_RMC;
    if (slice_is(type, "GGA") && sentence->count >= GGA_LEAST)
        sentence->kind = NMEA_GGA;
    return true;
}

static enum nmea_fix gga_fix(struct slice quality)
{
    if (quality.length != 1)
        return NMEA_NO_FIX;
    switch (quality.at[0]) {
    case '1':
    case '2':
    case '3':
    case '4':
    case '5': return NMEA_FIX;
    case '6': return NMEA_ESTIMATED;
    case '7': return NMEA_BY_HAND;
    case '8': return NMEA_SIMULATED;
    default: break;
    }
    return NMEA_NO_FIX;
}

/* The mode, where the sentence has one: A autonomous, D differential, F and R RTK, P precise. */
static enum nmea_fix rmc_fix(const struct nmea_sentence *s)
{
    if (!slice_is(s->fields[2], "A"))
        return NMEA_NO_FIX;
    if (s->count <= RMC_MODE || s->fields[RMC_MODE].length == 0)
        return NMEA_FIX;
    switch (s->fields[RMC_MODE].at[0]) {
    case 'A':
    case 'D':
    case 'F':
    case 'R':
    case 'P': return NMEA_FIX;
    case 'E': return NMEA_ESTIMATED;
    case 'M': return NMEA_BY_HAND;
    case 'S': return NMEA_SIMULATED;
    default: break;
    }
    return NMEA_NO_FIX;
}

enum nmea_fix nmea_fix(const struct nmea_sentence *sentence)
{
    return sentence->kind == NMEA_GGA ? gga_fix(sentence->fields[GGA_QUALITY]) : rmc_fix(sentence);
}

/* "3015.1234" and "N" in 1e-7 degrees. */
static bool read_angle(struct slice text, size_t degree_digits, struct slice side, const char *sides, int64_t *out)
{
    enum { DECIMALS_MAX = 7, MINUTES = 60, MINUTE_DIGITS = 2 };
    int64_t degrees = 0, minutes = 0, scale = 1;
    size_t whole = degree_digits + MINUTE_DIGITS;
    if (!slice_is_number(text) || text.length < whole || (text.length > whole && text.at[whole] != '.') ||
        text.length > whole + 1 + DECIMALS_MAX || side.length != 1 || !strchr(sides, side.at[0]))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '-' || text.at[i] == '+')
            return false;
        if (text.at[i] == '.')
            continue;
        int64_t *part = i < degree_digits ? &degrees : &minutes;
        *part = *part * 10 + (text.at[i] - '0');
        scale *= i > whole ? 10 : 1;
    }
    if (minutes >= MINUTES * scale)
        return false;
    int64_t numerator = minutes * NMEA_DEGREE, denominator = MINUTES * scale;
    int64_t fraction = numerator / denominator, rest = numerator % denominator;
    if (2 * rest > denominator || (2 * rest == denominator && fraction % 2 != 0))
        fraction++;
    *out = degrees * NMEA_DEGREE + fraction;
    if (side.at[0] == sides[1])
        *out = -*out;
    return true;
}

bool nmea_position(const struct nmea_sentence *sentence, int64_t *latitude_e7, int64_t *longitude_e7)
{
    static const int64_t pole_e7 = INT64_C(90) * NMEA_DEGREE, antimeridian_e7 = INT64_C(180) * NMEA_DEGREE;
    const struct slice *at = sentence->fields + (sentence->kind == NMEA_GGA ? 2 : 3);
    if (!read_angle(at[0], 2, at[1], "NS", latitude_e7) || !read_angle(at[2], 3, at[3], "EW", longitude_e7))
        return false;
    return *latitude_e7 <= pole_e7 && *latitude_e7 >= -pole_e7 && *longitude_e7 <= antimeridian_e7 &&
           *longitude_e7 >= -antimeridian_e7;
}

bool nmea_altitude(const struct nmea_sentence *sentence, struct slice *metres)
{
    if (sentence->kind != NMEA_GGA || !slice_is(sentence->fields[GGA_ALTITUDE + 1], "M"))
        return false;
    *metres = sentence->fields[GGA_ALTITUDE];
    return slice_is_number(*metres);
}
