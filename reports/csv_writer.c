#include "reports/csv_writer.h"

#include <stdbool.h>
#include <string.h>

void csv_writer_open(struct csv_writer *w, FILE *file)
{
    w->file = file;
    w->length = 0;
}

void csv_writer_flush(struct csv_writer *w)
{
    fwrite(w->bytes, 1, w->length, w->file);
    w->length = 0;
}

void csv_writer_bytes(struct csv_writer *w, const char *bytes, size_t length)
{
    if (length > CSV_WRITER_ROOM - w->length)
        csv_writer_flush(w);
    if (length > CSV_WRITER_ROOM) {
        fwrite(bytes, 1, length, w->file);
        return;
    }
    memcpy(w->bytes + w->length, bytes, length);
    w->length += length;
}

void csv_writer_byte(struct csv_writer *w, char byte)
{
    if (w->length == CSV_WRITER_ROOM)
        csv_writer_flush(w);
    w->bytes[w->length++] = byte;
}

static bool needs_quotes(char c)
{
    return c == ',' || c == '"' || c == '\r' || c == '\n';
}

static void quoted(struct csv_writer *w, const char *text)
{
    csv_writer_byte(w, '"');
    for (; *text; text++) {
        if (*text == '"')
            csv_writer_byte(w, '"');
        csv_writer_byte(w, *text);
    }
    csv_writer_byte(w, '"');
}

void csv_writer_text(struct csv_writer *w, const char *text)
{
    size_t length = 0;
    for (; text[length]; length++)
        if (needs_quotes(text[length])) {
            quoted(w, text);
            return;
        }
    csv_writer_bytes(w, text, length);
}

static void digits(struct csv_writer *w, uint64_t value)
{
    char text[20], *at = text + sizeof text;
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    csv_writer_bytes(w, at, (size_t)(text + sizeof text - at));
}

/* Its sign is written, and its size returned. */
static uint64_t sign(struct csv_writer *w, int64_t value)
{
    if (value >= 0)
        return (uint64_t)value;
    csv_writer_byte(w, '-');
    return 0 - (uint64_t)value;
}

void csv_writer_integer(struct csv_writer *w, int64_t value)
{
    digits(w, sign(w, value));
}

void csv_writer_thousandths(struct csv_writer *w, int64_t value)
{
    uint64_t size = sign(w, value);
    unsigned rest = (unsigned)(size % 1000);
    digits(w, size / 1000);
    const char decimals[] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10)};
    csv_writer_bytes(w, decimals, sizeof decimals);
}
