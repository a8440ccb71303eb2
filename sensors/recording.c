#include "sensors/recording.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

static const char first_line[] = "# smogd recording 1";
static const char signs[] = {[RECORDING_SENT] = '>', [RECORDING_RECEIVED] = '<', [RECORDING_EVENT] = '!'};
static const char hex_digits[] = "0123456789abcdef";

/* A piece of the text that is being read. */
struct span {
    const char *text;
    size_t length;
};

ptrdiff_t recording_format(const struct recording_line *line, char *out, size_t size)
{
    int head = snprintf(out, size, "%" PRId64 " %c ", line->t_ms, signs[line->direction]);
    size_t payload = line->direction == RECORDING_EVENT ? strlen(line->text) : 2 * line->length;
    if (head < 0 || (size_t)head + payload >= size)
        return -1;
    char *at = out + head;
    if (line->direction == RECORDING_EVENT)
        memcpy(at, line->text, payload);
    else
        for (size_t i = 0; i < line->length; i++) {
            at[2 * i] = hex_digits[line->bytes[i] >> 4];
            at[2 * i + 1] = hex_digits[line->bytes[i] & 0xF];
        }
    at += payload;
    size_t left = size - (size_t)(at - out);
    int tail = line->number ? snprintf(at, left, " #%" PRIu64 "\n", line->number) : snprintf(at, left, "\n");
    return tail < 0 || (size_t)tail >= left ? -1 : at - out + tail;
}

static int fail(const struct recording *r, struct err *err, const char *what)
{
    err_set(err, ERR_INVALID, "recording, line %u: %s", r->line, what);
    return -1;
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7F;
}

void recording_make_plain(char *text)
{
    for (char *c = text; *c; c++)
        if (is_control(*c))
            *c = ' ';
    text[utf8_check(text, strlen(text))] = '\0';
}

/* What may be shown on a terminal: UTF-8 without control characters. */
static bool is_plain(struct span s)
{
    for (size_t i = 0; i < s.length; i++)
        if (is_control(s.text[i]))
            return false;
    return utf8_check(s.text, s.length) == s.length;
}

/* 1: *line is the next line without its newline, 0: end, -1: it has no newline, or is not text. */
static int next_line(struct recording *r, struct span *line, struct err *err)
{
    if (r->at == r->length)
        return 0;
    r->line++;
    const char *start = r->text + r->at;
    const char *end = memchr(start, '\n', r->length - r->at);
    if (!end)
        return fail(r, err, "the line is cut off; the recording is incomplete");
    *line = (struct span){start, (size_t)(end - start)};
    r->at += line->length + 1;
    return is_plain(*line) ? 1 : fail(r, err, "control characters, or not UTF-8");
}

static struct span trimmed(const char *from, const char *to)
{
    while (from < to && *from == ' ')
        from++;
    while (to > from && to[-1] == ' ')
        to--;
    return (struct span){from, (size_t)(to - from)};
}

/* "# key = value"; a comment without "=" says nothing. */
static int read_header(struct recording *r, struct span line, struct err *err)
{
    const char *equals = memchr(line.text, '=', line.length);
    if (!equals)
        return 0;
    struct span key = trimmed(line.text + 1, equals);
    struct span value = trimmed(equals + 1, line.text + line.length);
    if (r->headers_count == RECORDING_HEADER_MAX)
        return fail(r, err, "too many header lines");
    if (key.length >= sizeof r->headers[0].key || value.length >= sizeof r->headers[0].value)
        return fail(r, err, "the header line is too long");
    char *to_key = r->headers[r->headers_count].key;
    memcpy(to_key, key.text, key.length);
    to_key[key.length] = '\0';
    char *to_value = r->headers[r->headers_count].value;
    memcpy(to_value, value.text, value.length);
    to_value[value.length] = '\0';
    if (recording_header(r, to_key))
        return fail(r, err, "the header line stands there twice");
    r->headers_count++;
    return 0;
}

int recording_open(struct recording *r, const char *text, size_t length, struct err *err)
{
    *r = (struct recording){.text = text, .length = length};
    struct span line;
    int more = next_line(r, &line, err);
    if (more < 0)
        return -1;
    if (!more || line.length != strlen(first_line) || memcmp(line.text, first_line, line.length) != 0)
        return fail(r, err, "this is not a recording; the first line must be '# smogd recording 1'");
    while (r->at < length && text[r->at] == '#') {
        if (next_line(r, &line, err) < 0 || read_header(r, line, err) != 0)
            return -1;
    }
    return 0;
}

const char *recording_header(const struct recording *r, const char *key)
{
    for (size_t i = 0; i < r->headers_count; i++)
        if (strcmp(r->headers[i].key, key) == 0)
            return r->headers[i].value;
    return NULL;
}

/* Takes decimal digits from the front of *s. */
static bool take_number(struct span *s, uint64_t *out)
{
    enum { DIGITS_MAX = 18 };
    size_t n = 0;
    *out = 0;
    while (n < s->length && s->text[n] >= '0' && s->text[n] <= '9' && n < DIGITS_MAX)
        *out = *out * 10 + (uint64_t)(s->text[n++] - '0');
    *s = (struct span){s->text + n, s->length - n};
    return n > 0;
}

/* Takes " #N" from the end of *s, where it stands there. */
static void take_input_number(struct span *s, uint64_t *out)
{
    size_t at = s->length;
    while (at > 0 && s->text[at - 1] >= '0' && s->text[at - 1] <= '9')
        at--;
    *out = 0;
    if (at < 2 || at == s->length || s->text[at - 1] != '#' || s->text[at - 2] != ' ')
        return;
    struct span digits = {s->text + at, s->length - at};
    if (take_number(&digits, out) && digits.length == 0 && *out > 0)
        s->length = at - 2;
    else
        *out = 0;
}

static int hex_value(char c)
{
    const char *digit = c ? strchr(hex_digits, c) : NULL;
    return digit ? (int)(digit - hex_digits) : -1;
}

static int read_bytes(const struct recording *r, struct recording_line *line, struct span hex, struct err *err)
{
    if (hex.length == 0 || hex.length % 2 != 0 || hex.length / 2 > RECORDING_CHUNK_MAX)
        return fail(r, err, "expected 1 to 1024 bytes as pairs of hexadecimal digits");
    for (size_t i = 0; i < hex.length / 2; i++) {
        int high = hex_value(hex.text[2 * i]);
        int low = hex_value(hex.text[2 * i + 1]);
        if (high < 0 || low < 0)
            return fail(r, err, "expected hexadecimal digits 0-9 a-f");
        line->bytes[i] = (uint8_t)(high << 4 | low);
    }
    line->length = hex.length / 2;
    return 0;
}

static int read_line(struct recording *r, struct recording_line *line, struct span s, struct err *err)
{
    uint64_t t_ms;
    if (!take_number(&s, &t_ms) || s.length < 3 || s.text[0] != ' ' || s.text[2] != ' ')
        return fail(r, err, "expected 'milliseconds > hex', '< hex' or '! event'");
    const char *sign = memchr(signs, s.text[1], sizeof signs);
    if (!sign)
        return fail(r, err, "the direction must be one of > < !");
    line->t_ms = (int64_t)t_ms;
    line->direction = (enum recording_direction)(sign - signs);
    line->length = 0;
    line->text[0] = '\0';
    if (line->t_ms < r->last_ms)
        return fail(r, err, "the time is before the line above");
    if (line->t_ms > RECORDING_MS_MAX)
        return fail(r, err, "the time is more than 7 days after the start");
    r->last_ms = line->t_ms;
    s = (struct span){s.text + 3, s.length - 3};
    take_input_number(&s, &line->number);
    if (line->direction != RECORDING_EVENT)
        return read_bytes(r, line, s, err);
    if (s.length == 0 || s.length >= sizeof line->text)
        return fail(r, err, "an event has 1 to 255 characters");
    memcpy(line->text, s.text, s.length);
    line->text[s.length] = '\0';
    return 0;
}

int recording_next(struct recording *r, struct recording_line *line, struct err *err)
{
    struct span s = {NULL, 0};
    int more;
    do
        more = next_line(r, &s, err);
    while (more == 1 && (s.length == 0 || s.text[0] == '#'));
    if (more != 1)
        return more;
    return read_line(r, line, s, err) == 0 ? 1 : -1;
}
