#include "sensors/drivers/text_line.h"

#include <string.h>

enum sensor_cut text_line_cut(const uint8_t *buf, size_t length, size_t *frame)
{
    const uint8_t *end = memchr(buf, '\n', length);
    if (!end && length < TEXT_LINE_MAX)
        return CUT_MORE;
    *frame = end ? (size_t)(end - buf) + 1 : length;
    if (*frame > TEXT_LINE_MAX)
        *frame = TEXT_LINE_MAX;
    return CUT_OK;
}

const char *text_line_take(struct text_line *l, const uint8_t *bytes, size_t length, const struct sensor_host *host)
{
    bool is_rest = l->in_long_line;
    l->in_long_line = bytes[length - 1] != '\n';
    if (!l->in_long_line && !is_rest)
        return (const char *)bytes;
    text_line_reject(l, host, "a line is longer than 4095 bytes");
    return NULL;
}

bool text_line_is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' && line[i] != '\r' && line[i] != '\n' && line[i] != '\t')
            return false;
    return true;
}

bool text_line_reject(struct text_line *l, const struct sensor_host *host, const char *why)
{
    if (!l->bad)
        host->fault(host->ctx, STATUS_COMM_ERROR, why);
    l->bad = true;
    return false;
}

void text_line_accept(struct text_line *l, const struct sensor_host *host)
{
    l->bad = false;
    host->fault(host->ctx, STATUS_OK, "");
}
