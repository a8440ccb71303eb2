#include "protocols/speed.h"

#include <string.h>

static const uint8_t greeting[SPEED_GREETING_LENGTH] = {0xFE, 0xFD, 0xFD, 0xFE};

bool speed_is_greeting(const uint8_t *frame, size_t length)
{
    return length == sizeof greeting && memcmp(frame, greeting, sizeof greeting) == 0;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Could `buf` become "+125"? */
static bool is_ascii(const uint8_t *buf, size_t length)
{
    if (buf[0] != '+' && buf[0] != '-' && buf[0] != '*')
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_digit(buf[i]))
            return false;
    return true;
}

enum slice_found speed_csri_find(enum speed_csri_mode mode, const uint8_t *buf, size_t length, size_t *frame)
{
    enum { UNKNOWN = 0xF7, CLOSING = 0xF9, ASCII_LENGTH = 4 };
    bool good = true;
    *frame = SPEED_GREETING_LENGTH;
    size_t seen = length < *frame ? length : *frame;
    if (memcmp(buf, greeting, seen) == 0)
        return seen == *frame ? SLICE_FRAME : SLICE_MORE;
    switch (mode) {
    case SPEED_CSRI_ONE_BYTE:
        *frame = 1;
        good = buf[0] <= SPEED_CSRI_MAX;
        break;
    case SPEED_CSRI_TWO_BYTES:
        *frame = 2;
        good = buf[0] >= UNKNOWN && buf[0] <= CLOSING && (length < 2 || buf[1] <= SPEED_CSRI_MAX);
        break;
    case SPEED_CSRI_ASCII:
        *frame = ASCII_LENGTH;
        good = is_ascii(buf, length < *frame ? length : *frame);
        break;
    }
    if (!good)
        return SLICE_BAD;
    return length < *frame ? SLICE_MORE : SLICE_FRAME;
}

unsigned speed_csri_value(enum speed_csri_mode mode, const uint8_t *frame)
{
    switch (mode) {
    case SPEED_CSRI_ONE_BYTE: return frame[0];
    case SPEED_CSRI_TWO_BYTES: return frame[1];
    case SPEED_CSRI_ASCII: break;
    }
    return (frame[1] - '0') * 100U + (frame[2] - '0') * 10U + (frame[3] - '0');
}

enum slice_found speed_mph_find(const uint8_t *buf, size_t length, size_t *frame)
{
    enum { STX = 0x02, ETX = 0x03, STATUS = 1, ALWAYS_SET = 0x80 };
    *frame = SPEED_MPH_LENGTH;
    if (buf[0] != STX || (length > STATUS && !(buf[STATUS] & ALWAYS_SET)))
        return SLICE_BAD;
    if (length < SPEED_MPH_LENGTH)
        return SLICE_MORE;
    return buf[SPEED_MPH_LENGTH - 1] == ETX ? SLICE_FRAME : SLICE_BAD;
}

void speed_mph_parse(const uint8_t *frame, struct speed_mph *out)
{
    enum { BOTH = 0x0C };
    *out = (struct speed_mph){.supply_low = frame[1] & 1,
                              .interference = frame[1] & 2,
                              .self_test = (frame[1] & BOTH) == BOTH,
                              .patrol = frame[2],
                              .target = frame[3],
                              .lock = frame[4]};
}

static uint16_t crc16_arc(const char *text, size_t length)
{
    enum { POLYNOMIAL = 0xA001 };
    uint16_t crc = 0;
    for (size_t i = 0; i < length; i++) {
        crc ^= (uint8_t)text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1);
    }
    return crc;
}

bool speed_truspeed_parse(struct slice line, struct slice *speed, char *unit)
{
    enum { CHECKSUM_LENGTH = 5, UNIT = 3 };
    if (!slice_begins(line, "$SP,") || line.length < 10 || line.at[line.length - CHECKSUM_LENGTH] != '*')
        return false;
    struct slice body = {line.at + 1, line.length - 1 - CHECKSUM_LENGTH};
    const char *digits = line.at + line.length - CHECKSUM_LENGTH + 1;
    int high = slice_hex_byte(digits), low = slice_hex_byte(digits + 2);
    if (high < 0 || low < 0 || (high << 8 | low) != crc16_arc(body.at, body.length))
        return false;
    struct slice field;
    *unit = '\0';
    for (size_t i = 0; slice_field(&body, ',', &field); i++) {
        if (i == 1)
            *speed = field;
        if (i == UNIT && field.length == 1)
            *unit = field.at[0];
    }
    return *unit != '\0' && slice_is_number(*speed);
}
