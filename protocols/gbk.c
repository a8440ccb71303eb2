#include "protocols/gbk.h"

#include <stdint.h>

#include "protocols/gbk_table.h"

enum { UNKNOWN = 0xFFFD, LEAD = 0x81, TRAIL = 0x40, NO_TRAIL = 0x7F, LAST = 0xFE, UTF8_MAX = 3 };

/* The character at text and how many bytes it takes. */
static uint16_t next(const uint8_t *text, size_t length, size_t *used)
{
    *used = 1;
    if (text[0] < 0x80)
        return text[0];
    if (text[0] < LEAD || text[0] > LAST || length < 2 || text[1] < TRAIL || text[1] == NO_TRAIL || text[1] > LAST)
        return UNKNOWN;
    *used = 2;
    // cppcheck-suppress [arrayIndexOutOfBoundsCond, negativeIndex]
    return gbk_table[text[0] - LEAD][text[1] - TRAIL - (text[1] > NO_TRAIL)];
}

static size_t put(uint16_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}

ptrdiff_t gbk_to_utf8(const char *text, size_t length, char *out, size_t size)
{
    size_t wrote = 0;
    for (size_t at = 0, used; at < length; at += used) {
        if (size < UTF8_MAX + 1 || wrote > size - UTF8_MAX - 1)
            return -1;
        wrote += put(next((const uint8_t *)text + at, length - at, &used), out + wrote);
    }
    if (wrote >= size)
        return -1;
    out[wrote] = '\0';
    return (ptrdiff_t)wrote;
}
