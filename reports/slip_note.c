#include "reports/slip_note.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/sha256.h"
#include "station/core/utf8.h"

#define UNSIGNED "unsigned "

/* ---- writing ---- */

struct out {
    char *text;
    size_t size, used;
};

static void add(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct out *o, const char *format, ...)
{
    va_list arguments;
    if (o->used >= o->size)
        return;
    va_start(arguments, format);
    o->used += (size_t)vsnprintf(o->text + o->used, o->size - o->used, format, arguments);
    va_end(arguments);
}

/* A word of a line: blanks in it become "_". */
static const char *one_word(const char *text, char out[64])
{
    snprintf(out, 64, "%s", text[0] ? text : "-");
    for (char *c = out; *c; c++)
        if (*c == ' ')
            *c = '_';
    return out;
}

static void add_value(struct out *o, const struct verdict_value *v)
{
    char value[DECIMAL_TEXT_MAX], limit[DECIMAL_TEXT_MAX], point[64];
    decimal_format(v->value, value);
    decimal_format(v->limit, limit);
    add(o, "value %s %s %s %s %s %s", quantity_name(v->quantity), value, v->at_least ? ">=" : "<=", limit,
        quantity_unit(v->quantity), v->exceeded ? "exceeds" : "within");
    if (verdict_point_name(v->point)[0])
        add(o, " at %s", one_word(verdict_point_name(v->point), point));
    add(o, "%s%s\n", v->screening ? " screening" : "", v->limit_status == RULE_UNCONFIRMED ? " unconfirmed" : "");
}

int slip_note_lines(const struct record *r, const char *text, size_t length, uint64_t event, bool voided,
                    char lines[CHECKPOINT_LINES_MAX], struct err *err)
{
    struct out o = {.text = lines, .size = CHECKPOINT_LINES_MAX};
    uint8_t digest[SHA256_BYTES];
    char base64[ENCODING_BASE64_ROOM(SHA256_BYTES)], colour[16] = "", a[64], b[64], c[64];
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, text, length);
    sha256_finish(&h, digest);
    encoding_base64(digest, sizeof digest, base64);
    json_get_string(&r->doc, json_member(&r->doc, (size_t)r->vehicle, "colour"), colour, sizeof colour);
    add(&o, "record %s %" PRIu64 " %s\n", r->id, event, base64);
    add(&o, "plate %s %s\n", one_word(r->plate, a), one_word(colour, b));
    add(&o, "test %s %s %s %s\n", r->method, r->ended_at, one_word(r->pack, b), one_word(r->pack_version, c));
    for (size_t i = 0; i < r->judged.values_count; i++)
        add_value(&o, &r->judged.values[i]);
    add(&o, "verdict %s%s\n", verdict_kind_name(r->judged.kind), voided ? " void" : "");
    if (o.used >= o.size)
        return err_set(err, ERR_INVALID, "the lines about %s are too long for a code", r->id);
    return 0;
}

int slip_note_unsigned(const char *record, size_t length, uint64_t event, bool voided, char out[SLIP_NOTE_MAX],
                       struct err *err)
{
    char lines[CHECKPOINT_LINES_MAX];
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = record_open(r, record, length, err);
    if (result == 0)
        result = slip_note_lines(r, record, length, event, voided, lines, err);
    if (result == 0)
        snprintf(out, SLIP_NOTE_MAX, UNSIGNED "smogd/%s\n%s", r->station, lines);
    record_close(r);
    free(r);
    return result;
}

/* ---- reading ---- */

enum { WORDS_MAX = 12 };

struct line {
    unsigned number;
    size_t count;
    struct {
        const char *at;
        size_t length;
    } words[WORDS_MAX];
};

static bool is(const struct line *l, size_t i, const char *text)
{
    return i < l->count && l->words[i].length == strlen(text) && memcmp(l->words[i].at, text, strlen(text)) == 0;
}

static int wrong(const struct line *l, struct err *err)
{
    return err_set(err, ERR_INVALID, "line %u of the code cannot be read", l->number);
}

/* Copies words from `first` into the given rooms, ended by NULL. */
static int take(const struct line *l, size_t first, struct err *err, ...)
{
    va_list rooms;
    int result = 0;
    va_start(rooms, err);
    for (char *out; result == 0 && (out = va_arg(rooms, char *)) != NULL; first++) {
        size_t size = va_arg(rooms, size_t);
        if (first >= l->count || l->words[first].length == 0 || l->words[first].length >= size) {
            result = wrong(l, err);
            break;
        }
        memcpy(out, l->words[first].at, l->words[first].length);
        out[l->words[first].length] = '\0';
    }
    va_end(rooms);
    return result;
}

static int read_record(struct slip_note *n, const struct line *l, struct err *err)
{
    char event[24], *end;
    if (l->count != 4 || take(l, 1, err, n->id, sizeof n->id, event, sizeof event, (char *)NULL) != 0 ||
        encoding_unbase64(l->words[3].at, l->words[3].length, n->sha256, sizeof n->sha256) != SHA256_BYTES)
        return wrong(l, err);
    n->event = strtoull(event, &end, 10);
    return *end == '\0' && event[0] >= '0' && event[0] <= '9' && strlen(event) < 19 ? 0 : wrong(l, err);
}

static int read_value(struct slip_note *n, const struct line *l, struct err *err)
{
    char order[4], result[12];
    if (n->values_count == SLIP_NOTE_VALUES_MAX)
        return wrong(l, err);
    struct slip_note_value *v = &n->values[n->values_count++];
    *v = (struct slip_note_value){.at_least = is(l, 3, ">="), .exceeds = is(l, 6, "exceeds")};
    if (take(l, 1, err, v->quantity, sizeof v->quantity, v->value, sizeof v->value, order, sizeof order, v->limit,
             sizeof v->limit, v->unit, sizeof v->unit, result, sizeof result, (char *)NULL) != 0)
        return -1;
    if ((!v->at_least && !is(l, 3, "<=")) || (!v->exceeds && !is(l, 6, "within")))
        return wrong(l, err);
    for (size_t i = 7; i < l->count; i++) {
        if (is(l, i, "screening"))
            v->screening = true;
        else if (is(l, i, "unconfirmed"))
            v->unconfirmed = true;
        else if (!is(l, i, "at") || take(l, ++i, err, v->point, sizeof v->point, (char *)NULL) != 0)
            return wrong(l, err);
    }
    return 0;
}

static int read_verdict(struct slip_note *n, const struct line *l, struct err *err)
{
    enum verdict_kind kind;
    n->voided = is(l, 2, "void");
    if (l->count != (n->voided ? 3U : 2U) || take(l, 1, err, n->verdict, sizeof n->verdict, (char *)NULL) != 0)
        return wrong(l, err);
    return verdict_kind_by_name(n->verdict, &kind) ? 0 : wrong(l, err);
}

/* The lines come in their order, `values` any number of times. */
static int read_line(struct slip_note *n, const struct line *l, unsigned *expected, struct err *err)
{
    static const char *const names[] = {"record", "plate", "test", "value", "verdict"};
    unsigned step = *expected;
    if (step == 3 && is(l, 0, "verdict"))
        step = 4;
    if (step > 4 || !is(l, 0, names[step]))
        return wrong(l, err);
    *expected = step == 3 ? 3 : step + 1;
    switch (step) {
    case 0: return read_record(n, l, err);
    case 1: return take(l, 1, err, n->plate, sizeof n->plate, n->colour, sizeof n->colour, (char *)NULL);
    case 2:
        return take(l, 1, err, n->method, sizeof n->method, n->ended_at, sizeof n->ended_at, n->pack, sizeof n->pack,
                    n->pack_version, sizeof n->pack_version, (char *)NULL);
    case 3: return read_value(n, l, err);
    default: return read_verdict(n, l, err);
    }
}

static bool split(struct line *l, const char *at, size_t length)
{
    l->count = 0;
    for (size_t i = 0, start = 0; i <= length; i++) {
        if (i < length && at[i] != ' ')
            continue;
        if (l->count == WORDS_MAX)
            return false;
        l->words[l->count].at = at + start;
        l->words[l->count++].length = i - start;
        start = i + 1;
    }
    return true;
}

static int read_lines(struct slip_note *n, const char *text, size_t length, unsigned first, struct err *err)
{
    struct line l = {.number = first};
    unsigned expected = 0;
    for (size_t at = 0; at < length; l.number++) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t long_ = (end ? (size_t)(end - text) : length) - at;
        if (!split(&l, text + at, long_))
            return wrong(&l, err);
        if (read_line(n, &l, &expected, err) != 0)
            return -1;
        at += long_ + 1;
    }
    return expected == 5 ? 0 : err_set(err, ERR_INVALID, "the code ends before its verdict");
}

/* Behind the note: "certificate BASE64". */
static void find_certificate(struct slip_note *n, const char *text, size_t length)
{
    static const char name[] = "\ncertificate ";
    n->note_length = length;
    for (size_t i = 0; i + sizeof name - 1 < length; i++) {
        if (memcmp(text + i, name, sizeof name - 1) != 0)
            continue;
        n->note_length = i + 1;
        n->certificate = text + i + sizeof name - 1;
        n->certificate_length = length - i - (sizeof name - 1);
        while (n->certificate_length > 0 && n->certificate[n->certificate_length - 1] == '\n')
            n->certificate_length--;
    }
}

static int read_unsigned(struct slip_note *n, const char *text, size_t length, struct err *err)
{
    const char *end = memchr(text, '\n', length);
    size_t first = end ? (size_t)(end - text) : length, head = strlen(UNSIGNED "smogd/");
    if (first <= head || memcmp(text, UNSIGNED "smogd/", head) != 0 || first - head >= sizeof n->station)
        return err_set(err, ERR_INVALID, "this is not the code of a slip");
    memcpy(n->station, text + head, first - head);
    while (length > first + 1 && text[length - 1] == '\n')
        length--;
    return end ? read_lines(n, text + first + 1, length - first - 1, 2, err)
               : err_set(err, ERR_INVALID, "the code ends after its first line");
}

int slip_note_read(struct slip_note *n, const char *text, size_t length, struct err *err)
{
    *n = (struct slip_note){.is_signed = false};
    if (length > (size_t)2 * SLIP_NOTE_MAX || utf8_check(text, length) != length || memchr(text, '\0', length))
        return err_set(err, ERR_INVALID, "this is not the code of a slip");
    find_certificate(n, text, length);
    if (length >= strlen(UNSIGNED) && memcmp(text, UNSIGNED, strlen(UNSIGNED)) == 0)
        return read_unsigned(n, text, length, err);
    if (checkpoint_read(&n->checkpoint, text, n->note_length, err) != 0)
        return err_prefix(err, "this is not the code of a slip");
    const char *origin = n->checkpoint.origin;
    if (strncmp(origin, "smogd/", 6) != 0)
        return err_set(err, ERR_INVALID, "the code is not of a station's journal but of '%s'", origin);
    snprintf(n->station, sizeof n->station, "%.*s", (int)strcspn(origin + 6, "/"), origin + 6);
    n->is_signed = true;
    return read_lines(n, text + n->checkpoint.lines_at, n->checkpoint.signed_length - n->checkpoint.lines_at, 5, err);
}
