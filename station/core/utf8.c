#include "station/core/utf8.h"

#include <stdbool.h>
#include <string.h>

uint32_t utf8_next(const char *text, size_t length, size_t *size)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    *size = 0;
    if (length == 0)
        return 0;
    unsigned char lead = (unsigned char)text[0];
    size_t need = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (need > length || (lead >= 0x80 && lead < 0xC2) || lead > 0xF4)
        return 0;
    uint32_t code = need == 1 ? lead : lead & (0xFFU >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3F);
    }
    if (code < lowest[need] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *size = need;
    return code;
}

size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00U >> size & 0xFFU) | code);
    return size;
}

size_t utf8_check(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length) {
        size_t size;
        utf8_next(text + at, length - at, &size);
        if (size == 0)
            return at;
        at += size;
    }
    return at;
}

static bool shown(uint32_t code)
{
    return code >= 0x20 && (code < 0x7F || code > 0x9F) && code != 0xAD && (code < 0x200B || code > 0x200F) &&
           (code < 0x2028 || code > 0x202E) && (code < 0x2060 || code > 0x206F) && code != 0xFEFF &&
           (code < 0xE0000 || code > 0xE007F);
}

void utf8_plain(char *text)
{
    size_t length = strlen(text), to = 0, size;
    for (size_t at = 0; at < length; at += size) {
        uint32_t code = utf8_next(text + at, length - at, &size);
        if (size > 0 && shown(code)) {
            memmove(text + to, text + at, size);
            to += size;
            continue;
        }
        text[to++] = '?';
        size += size == 0;
    }
    text[to] = '\0';
}

void utf8_trim(char *text)
{
    size_t end = strlen(text);
    size_t lead = end;
    while (lead > 0 && ((unsigned char)text[lead - 1] & 0xC0U) == 0x80U)
        lead--;
    if (lead == 0)
        return;
    unsigned char first = (unsigned char)text[lead - 1];
    size_t need = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : first >= 0xC0U ? 2 : 1;
    if (end - (lead - 1) < need)
        text[lead - 1] = '\0';
}
