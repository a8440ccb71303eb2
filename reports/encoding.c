#include "reports/encoding.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void encoding_hex(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = hex_digits[bytes[i] >> 4];
        out[2 * i + 1] = hex_digits[bytes[i] & 0xF];
    }
    out[2 * size] = '\0';
}

/* The value of a digit, or -1. NUL is no digit although strchr would find it. */
static int digit(const char *digits, char c)
{
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at ? (int)(at - digits) : -1;
}

bool encoding_unhex(const char *text, size_t length, uint8_t *out, size_t size)
{
    if (length != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit(hex_digits, text[2 * i]);
        int low = digit(hex_digits, text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void encoding_base64(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        *out++ = base64_digits[group >> 18];
        *out++ = base64_digits[group >> 12 & 63];
        *out++ = left > 1 ? base64_digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? base64_digits[group & 63] : '=';
    }
    *out = '\0';
}

ptrdiff_t encoding_unbase64(const char *text, size_t length, uint8_t *out, size_t max)
{
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    size_t size = length / 4 * 3 - padding;
    if (length % 4 != 0 || length == 0 || size > max)
        return length == 0 ? 0 : -1;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t made = 0;
    for (size_t i = 0; i < length - padding; i++) {
        int value = digit(base64_digits, text[i]);
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[made++] = (uint8_t)(bits >> have);
        }
    }
    /* the bits that no byte needs must be 0, else the same bytes would have several texts */
    return (bits & ((1U << have) - 1)) == 0 ? (ptrdiff_t)made : -1;
}
