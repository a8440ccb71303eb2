#include "station/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* vsnprintf may have cut a multi-byte character in two; take the broken tail away. */
static void trim_broken_utf8(char *text)
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

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    err->code = code;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    trim_broken_utf8(err->text);
    return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return -1;
    char before[ERR_TEXT_MAX];
    char old[ERR_TEXT_MAX];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(before, sizeof before, format, args);
    va_end(args);
    int wanted = snprintf(err->text, sizeof err->text, "%.*s: %s", ERR_TEXT_MAX / 2, before, old);
    if (wanted >= ERR_TEXT_MAX)
        trim_broken_utf8(err->text);
    return -1;
}
