#include "station/case_sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/overlay.h"
#include "reports/record.h"
#include "station/core/evidence.h"

enum { WORDS_MAX = 1024 };

/* "photos/02-front.jpg" shows the front. */
static bool shows_all(const char *name)
{
    char end[32];
    size_t length = strlen(name);
    static const enum evidence_shows whole[] = {EVIDENCE_SHOWS_FRONT, EVIDENCE_SHOWS_REAR};
    if (strncmp(name, "photos/", 7) != 0)
        return false;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        size_t tail = (size_t)snprintf(end, sizeof end, "-%s.jpg", evidence_shows_name(whole[i]));
        if (length > tail && strcmp(name + length - tail, end) == 0)
            return true;
    }
    return false;
}

const struct package_entry *case_sheet_original(const struct package_entry *entries, size_t count)
{
    const struct package_entry *first = NULL;
    for (size_t i = 0; i < count; i++)
        if (shows_all(entries[i].name) && (!first || strcmp(entries[i].name, first->name) < 0))
            first = &entries[i];
    return first;
}

/* The text of a member of an object of the record; "" where there is none. */
static const char *get(const struct record *r, ptrdiff_t object, const char *key, char out[128])
{
    if (object < 0 || !json_get_string(&r->doc, json_member(&r->doc, (size_t)object, key), out, 128))
        out[0] = '\0';
    return out;
}

__attribute__((format(printf, 2, 3))) static void add(char words[WORDS_MAX], const char *format, ...)
{
    va_list args;
    size_t at = strlen(words);
    va_start(args, format);
    vsnprintf(words + at, WORDS_MAX - at, format, args);
    va_end(args);
}

/* "k 1.90 1/m, 限值 1.20": what decided. */
static void add_value(const struct record *r, char words[WORDS_MAX])
{
    const struct verdict_value *decided = NULL;
    char value[DECIMAL_TEXT_MAX], limit[DECIMAL_TEXT_MAX];
    for (size_t i = 0; i < r->judged.values_count; i++) {
        const struct verdict_value *v = &r->judged.values[i];
        if (!v->screening && (!decided || (v->exceeded && !decided->exceeded)))
            decided = v;
    }
    if (!decided)
        return;
    decimal_format(decided->value, value);
    decimal_format(decided->limit, limit);
    add(words, "  %s %s %s，限值 %s", quantity_name(decided->quantity), value, quantity_unit(decided->quantity), limit);
}

/* The first one: it measured. */
static void add_instrument(const struct record *r, char words[WORDS_MAX])
{
    char text[128];
    ptrdiff_t list = json_member(&r->doc, 0, "instruments"),
              first = list < 0 ? -1 : json_element(&r->doc, (size_t)list, 0);
    static const struct {
        const char *key, *word;
    } parts[] = {{"model", "仪器 "}, {"serial", "编号 "}, {"certificate", "检定证书 "}, {"valid_until", "有效期至 "}};
    for (size_t i = 0; first >= 0 && i < sizeof parts / sizeof parts[0]; i++)
        if (get(r, first, parts[i].key, text)[0])
            add(words, "%s%s  ", parts[i].word, text);
}

static void write_words(const struct record *r, char words[WORDS_MAX])
{
    char text[128];
    ptrdiff_t station = json_member(&r->doc, 0, "station");
    words[0] = '\0';
    add(words, "%s  ", get(r, station, "name", text));
    add(words, "%s  %.19s\n", r->station, r->ended_at);
    add(words, "%s  %s", r->plate, r->id);
    add_value(r, words);
    add(words, "\n");
    add_instrument(r, words);
    add(words, "\n副本，原图见证据包");
}

int case_sheet_make(const char *record, const struct package_entry *original, uint8_t **jpeg, size_t *size,
                    struct err *err)
{
    char words[WORDS_MAX], sha256[65], derived_from[256];
    struct record *r = calloc(1, sizeof *r);
    *jpeg = NULL;
    if (!r)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = record_open(r, record, strlen(record), err);
    if (result == 0) {
        write_words(r, words);
        encoding_hex(original->sha256, sizeof original->sha256, sha256);
        snprintf(derived_from, sizeof derived_from, "derived from %.128s sha256 %s", original->name, sha256);
        result = overlay_make(original->data, original->size, words, derived_from, jpeg, size, err);
    }
    record_close(r);
    free(r);
    return result;
}
