#include "station/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

/* What was read from a file or an instrument may hold line ends and terminal escapes: the text stays one line. */
static void keep_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = '?';
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
    utf8_trim(err->text);
    keep_one_line(err->text);
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
        utf8_trim(err->text);
    keep_one_line(err->text);
    return -1;
}
