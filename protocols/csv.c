#include "protocols/csv.h"

struct reader {
    const char *text;
    size_t length, at;
    char separator;
    char *room;
    size_t room_size, used;
    struct csv_record *record;
};

static bool fail(struct reader *r, const char *why)
{
    r->record->why = why;
    return false;
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool put(struct reader *r, char c)
{
    if (r->used == r->room_size)
        return fail(r, "the line is too long");
    r->room[r->used++] = c;
    return true;
}

/* CR LF, LF and CR are one line end each. */
static void take_line_end(struct reader *r)
{
    bool cr = r->text[r->at++] == '\r';
    if (cr && r->at < r->length && r->text[r->at] == '\n')
        r->at++;
    r->record->lines++;
}

static bool read_quoted(struct reader *r)
{
    for (r->at++; r->at < r->length; r->at++) {
        char c = r->text[r->at];
        if (c == '"') {
            r->at++;
            if (r->at == r->length || r->text[r->at] != '"')
                return true;
        }
        if (is_line_end(c) && !(c == '\r' && r->at + 1 < r->length && r->text[r->at + 1] == '\n'))
            r->record->lines++;
        if (!put(r, c))
            return false;
    }
    return fail(r, "a quote is opened and never closed");
}

static bool ends_field(const struct reader *r)
{
    return r->at == r->length || r->text[r->at] == r->separator || is_line_end(r->text[r->at]);
}

static bool read_plain(struct reader *r)
{
    while (!ends_field(r)) {
        if (r->text[r->at] == '"')
            return fail(r, "a quote stands inside a field that does not begin with one");
        if (!put(r, r->text[r->at++]))
            return false;
    }
    return true;
}

static bool read_field(struct reader *r)
{
    struct csv_record *record = r->record;
    if (record->count == CSV_FIELDS_MAX)
        return fail(r, "the line has too many fields");
    size_t start = r->used;
    bool quoted = r->at < r->length && r->text[r->at] == '"';
    if (!(quoted ? read_quoted(r) : read_plain(r)))
        return false;
    if (!ends_field(r))
        return fail(r, "text stands behind a closing quote");
    record->fields[record->count++] = (struct csv_field){r->room + start, r->used - start};
    return put(r, '\0');
}

ptrdiff_t csv_read(const char *text, size_t length, char separator, char *room, size_t room_size,
                   struct csv_record *record)
{
    struct reader r = {text, length, 0, separator, room, room_size, 0, record};
    *record = (struct csv_record){0};
    for (;;) {
        if (!read_field(&r))
            return -1;
        if (r.at == length)
            return (ptrdiff_t)r.at;
        if (is_line_end(text[r.at])) {
            take_line_end(&r);
            return (ptrdiff_t)r.at;
        }
        r.at++; /* the separator */
    }
}

char csv_separator(const char *text, size_t length)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t counts[sizeof candidates] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < length && (quoted || !is_line_end(text[i])); i++) {
        if (text[i] == '"')
            quoted = !quoted;
        for (size_t c = 0; c < sizeof candidates && !quoted; c++)
            counts[c] += text[i] == candidates[c];
    }
    for (size_t c = 1; c < sizeof candidates; c++)
        if (counts[c] > counts[best])
            best = c;
    return candidates[best];
}
