#include "protocols/slice.h"

#include <string.h>

enum slice_found slice_find_line(const uint8_t *buf, size_t length, size_t max, size_t *frame)
{
    size_t at = 0;
    while (at < length && buf[at] != '\r' && buf[at] != '\n')
        at++;
    if (at >= max)
        return SLICE_BAD;
    *frame = at + 1;
    return at < length ? SLICE_FRAME : SLICE_MORE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct slice slice_trim(const uint8_t *bytes, size_t length)
{
    struct slice slice = {(const char *)bytes, length};
    while (slice.length > 0 && is_blank(slice.at[0])) {
        slice.at++;
        slice.length--;
    }
    while (slice.length > 0 && is_blank(slice.at[slice.length - 1]))
        slice.length--;
    return slice;
}

bool slice_word(struct slice *rest, struct slice *word)
{
    while (rest->length > 0 && is_blank(rest->at[0])) {
        rest->at++;
        rest->length--;
    }
    *word = (struct slice){rest->at, 0};
    while (word->length < rest->length && !is_blank(rest->at[word->length]))
        word->length++;
    rest->at += word->length;
    rest->length -= word->length;
    return word->length > 0;
}

bool slice_field(struct slice *rest, char separator, struct slice *field)
{
    if (!rest->at)
        return false;
    const char *end = memchr(rest->at, separator, rest->length);
    *field = (struct slice){rest->at, end ? (size_t)(end - rest->at) : rest->length};
    *rest = end ? (struct slice){end + 1, rest->length - field->length - 1} : (struct slice){NULL, 0};
    return true;
}

bool slice_is(struct slice slice, const char *text)
{
    return slice.length == strlen(text) && slice_begins(slice, text);
}

bool slice_begins(struct slice slice, const char *text)
{
    return slice.length >= strlen(text) && memcmp(slice.at, text, strlen(text)) == 0;
}

bool slice_is_number(struct slice slice)
{
    size_t at = slice.length > 0 && (slice.at[0] == '-' || slice.at[0] == '+');
    size_t first = at;
    while (at < slice.length && is_digit(slice.at[at]))
        at++;
    if (at == first || at == slice.length)
        return at > first;
    size_t point = at;
    if (slice.at[at++] != '.')
        return false;
    while (at < slice.length && is_digit(slice.at[at]))
        at++;
    return at == slice.length && at > point + 1;
}

bool slice_digits(struct slice slice, uint32_t *number)
{
    enum { DIGITS_MAX = 9 };
    uint32_t value = 0;
    if (slice.length == 0 || slice.length > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < slice.length; i++) {
        if (!is_digit(slice.at[i]))
            return false;
        value = value * 10 + (uint32_t)(slice.at[i] - '0');
    }
    *number = value;
    return true;
}

int slice_hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int slice_hex_byte(const char *at)
{
    int high = slice_hex_digit(at[0]);
    int low = slice_hex_digit(at[1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

uint8_t slice_xor(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum ^= at[i];
    return sum;
}
