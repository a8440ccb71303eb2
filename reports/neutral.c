#include "reports/neutral.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/neutral_part.h"
#include "reports/record.h"
#include "reports/violation.h"
#include "station/core/vehicle.h"

enum { ENTRIES_MAX = 1024, KEY_MAX = 128 };

struct entry {
    char *key, *value;
};

struct neutral {
    size_t count, room;
    struct entry *entries;
    bool failed;           /* out of memory, or too many */
    struct record *record; /* while it is made */
    int64_t started_ms;
    int offset_minutes;
    const struct neutral_file *pictures[NEUTRAL_PICTURES_MAX];
    size_t pictures_count;
    struct neutral_samples samples;
    const struct neutral_file *row_picture;
    char row[NEUTRAL_ROW_KEYS][CIVIL_TIME_TEXT_MAX + 98];
};

static const char *const row_keys[NEUTRAL_ROW_KEYS] = {"row.number", "row.at", "row.condition",
                                                       "row.index",  "row.k",  "row.rpm"};

/* ---- entries ---- */

static size_t find(const struct neutral *n, const char *key)
{
    size_t i = 0;
    while (i < n->count && strcmp(n->entries[i].key, key) != 0)
        i++;
    return i;
}

static bool grow(struct neutral *n)
{
    if (n->count < n->room)
        return true;
    size_t room = n->room ? 2 * n->room : 64;
    struct entry *more = room <= ENTRIES_MAX ? realloc(n->entries, room * sizeof *more) : NULL;
    if (!more)
        return false;
    n->entries = more;
    n->room = room;
    return true;
}

void neutral_set(struct neutral *n, const char *key, const char *value)
{
    size_t at = find(n, key);
    bool is_new = at == n->count;
    if (is_new && !grow(n)) {
        n->failed = true;
        return;
    }
    struct entry e = {is_new ? strdup(key) : n->entries[at].key, strdup(value)};
    if (!e.key || !e.value) {
        if (is_new)
            free(e.key);
        free(e.value);
        n->failed = true;
        return;
    }
    if (is_new)
        n->count++;
    else
        free(n->entries[at].value);
    n->entries[at] = e;
}

const char *neutral_get(const struct neutral *n, const char *key)
{
    if (strcmp(key, "row.name") == 0)
        return n->row_picture ? n->row_picture->name : NULL;
    for (size_t i = 0; i < NEUTRAL_ROW_KEYS; i++)
        if (strcmp(row_keys[i], key) == 0)
            return n->row[i][0] ? n->row[i] : NULL;
    size_t at = find(n, key);
    return at < n->count ? n->entries[at].value : NULL;
}

/* A key of several parts. What is empty is not known. */
static void put(struct neutral *n, const char *value, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void put(struct neutral *n, const char *value, const char *format, ...)
{
    char key[KEY_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(key, sizeof key, format, args);
    va_end(args);
    if (value[0])
        neutral_set(n, key, value);
}

static void put_decimal(struct neutral *n, struct decimal value, const char *key)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(value, text);
    put(n, text, "%s", key);
}

/* A part of the record, under that name. */
static void flatten_part(struct neutral *n, const char *key)
{
    ptrdiff_t token = json_member(&n->record->doc, 0, key);
    if (token >= 0)
        neutral_flatten(n, &n->record->doc, token, key);
}

/* ---- the parts ---- */

static void put_member(struct neutral *n, const char *member, const char *key)
{
    char text[NEUTRAL_VALUE_MAX];
    if (json_get_string(&n->record->doc, json_member(&n->record->doc, 0, member), text, sizeof text))
        put(n, text, "%s", key);
}

static void put_head(struct neutral *n)
{
    const struct record *r = n->record;
    char text[24];
    int64_t seq = 0;
    if (json_get_integer(&r->doc, json_member(&r->doc, 0, "seq"), &seq)) {
        snprintf(text, sizeof text, "%lld", (long long)seq);
        put(n, text, "seq");
    }
    put(n, r->id, "id");
    put(n, r->passage ? "passage" : "test", "kind");
    put(n, r->method, "method");
    put_member(n, "started_at", "time");
    put_member(n, "ended_at", "ended");
    civil_date_format(r->day, text);
    put(n, text, "day");
    put(n, verdict_kind_name(r->judged.kind), "verdict");
    put(n, r->rule, "rule");
    put(n, r->pack, "pack");
    flatten_part(n, "station");
    flatten_part(n, "passage");
    flatten_part(n, "clock");
}

static int put_vehicle(struct neutral *n, struct err *err)
{
    struct vehicle v;
    if (vehicle_read(&v, &n->record->doc, n->record->vehicle, err) != 0)
        return -1;
    put(n, v.plate.text, "vehicle.plate");
    if (v.plate.colour != PLATE_COLOUR_UNKNOWN)
        put(n, plate_colour_name(v.plate.colour), "vehicle.colour");
    if (v.plate.text[0])
        put(n, plate_kind_name(v.plate.kind), "vehicle.kind");
    for (enum vehicle_fact f = 0; f < VEHICLE_FACT_COUNT; f++)
        if (v.facts[f].source != FACT_ABSENT)
            put(n, v.facts[f].value, "vehicle.%s", vehicle_fact_key(f));
    return 0;
}

static void put_value(struct neutral *n, const struct verdict_value *v)
{
    char value[DECIMAL_TEXT_MAX], limit[DECIMAL_TEXT_MAX], point[16] = "";
    const char *quantity = quantity_name(v->quantity);
    if (v->point)
        snprintf(point, sizeof point, ".%d", v->point);
    decimal_format(v->value, value);
    decimal_format(v->limit, limit);
    put(n, value, "value.%s%s", quantity, point);
    put(n, limit, "limit.%s%s", quantity, point);
}

static void put_measured(struct neutral *n)
{
    const struct verdict *v = &n->record->judged;
    const struct verdict_value *decided = NULL;
    for (size_t i = 0; i < v->values_count; i++) {
        const struct verdict_value *value = &v->values[i];
        put_value(n, value);
        if (!value->screening && (!decided || (value->exceeded && !decided->exceeded)))
            decided = value;
        if (value->quantity == QUANTITY_RINGELMANN)
            put(n, value->value.units > 0 ? "yes" : "no", "ringelmann.visible");
    }
    if (!decided)
        return;
    put(n, quantity_name(decided->quantity), "measured.quantity");
    put(n, quantity_unit(decided->quantity), "measured.unit");
    put_decimal(n, decided->value, "measured.value");
    put_decimal(n, decided->limit, "measured.limit");
}

static void put_marks(struct neutral *n)
{
    const struct verdict *v = &n->record->judged;
    for (size_t i = 0; i < v->marks_count; i++) {
        const struct verdict_mark *m = &v->marks[i];
        int from_first = 1, from_last = 1;
        char text[DECIMAL_TEXT_MAX];
        if (!m->counted || m->quantity == QUANTITY_COUNT)
            continue;
        for (size_t k = 0; k < v->marks_count; k++) {
            bool same = v->marks[k].counted && strcmp(v->marks[k].kind, m->kind) == 0;
            from_first += same && k < i;
            from_last += same && k > i;
        }
        decimal_format(m->value, text);
        put(n, text, "mark.%s.%d", m->kind, from_first);
        put(n, text, "mark.%s.last.%d", m->kind, from_last);
    }
}

/* {number, role} each; the first of a role stands under the role, too. */
static void put_officers(struct neutral *n)
{
    const struct json_doc *doc = &n->record->doc;
    ptrdiff_t list = json_member(doc, 0, "officers");
    for (uint32_t i = 0; list >= 0 && doc->tokens[list].type == JSON_ARRAY && i < doc->tokens[list].count; i++) {
        ptrdiff_t officer = json_element(doc, (size_t)list, i);
        char number[64], role[32], key[KEY_MAX];
        if (doc->tokens[officer].type != JSON_OBJECT ||
            !json_get_string(doc, json_member(doc, (size_t)officer, "number"), number, sizeof number))
            continue;
        put(n, number, "officer.%u", i + 1);
        if (!json_get_string(doc, json_member(doc, (size_t)officer, "role"), role, sizeof role))
            continue;
        snprintf(key, sizeof key, "officer.%s", role);
        if (!neutral_get(n, key))
            put(n, number, "%s", key);
    }
}

static void put_instruments(struct neutral *n)
{
    const struct json_doc *doc = &n->record->doc;
    ptrdiff_t list = json_member(doc, 0, "instruments");
    if (list >= 0)
        neutral_flatten(n, doc, list, "instrument");
}

static void put_violation(struct neutral *n, const struct neutral_source *s)
{
    const struct violation *v = violation_on(s->violations, s->violations_count, n->record->day);
    char text[24];
    if (!v || n->record->judged.kind == VERDICT_PASS)
        return;
    put(n, v->code, "violation.code");
    put(n, v->name, "violation.name");
    put(n, v->basis, "violation.basis");
    snprintf(text, sizeof text, "%lld", (long long)v->fine_yuan);
    put(n, text, "violation.fine");
    snprintf(text, sizeof text, "%lld", (long long)v->points);
    put(n, text, "violation.points");
}

/* ---- files ---- */

static const struct neutral_file *find_file(const struct neutral_source *s, const char *name)
{
    for (size_t i = 0; i < s->files_count; i++)
        if (strcmp(s->files[i].name, name) == 0)
            return &s->files[i];
    return NULL;
}

static void put_reading(void *ctx, const struct neutral_reading *r)
{
    struct neutral *n = ctx;
    if (strcmp(r->quality, "ok") == 0)
        put(n, r->value, "reading.%s", r->quantity);
}

static int read_readings(struct neutral *n, const struct neutral_source *s)
{
    const struct neutral_file *csv = find_file(s, "readings.csv");
    if (csv && n->record->passage)
        neutral_readings(csv, put_reading, n);
    else if (csv)
        return neutral_samples_read(&n->samples, csv, &n->record->judged);
    return 0;
}

static void add_picture(struct neutral *n, const struct neutral_file *file)
{
    n->pictures[n->pictures_count++] = file;
    put(n, file->name, "picture.%zu.name", n->pictures_count);
}

/* What a photo shows, out of its name: photos/03-rear.jpg (station/core/evidence.h). */
static bool shows_one_of(const struct neutral_file *file, const char *const words[])
{
    const char *dash = strchr(file->name, '-');
    for (size_t i = 0; dash && words[i]; i++)
        if (strncmp(dash + 1, words[i], strlen(words[i])) == 0 && dash[1 + strlen(words[i])] == '.')
            return true;
    return false;
}

static bool is_chosen(const struct neutral *n, const struct neutral_file *file)
{
    for (size_t i = 0; i < n->pictures_count; i++)
        if (n->pictures[i] == file)
            return true;
    return false;
}

/* The first photo, by name, that shows one of these things and is not chosen yet; NULL: none. Without words: any that
 * is no picture of papers, which are nobody's business there. */
static const struct neutral_file *next_photo(const struct neutral *n, const struct neutral_source *s,
                                             const char *const words[])
{
    static const char *const papers[] = {"vin", "odometer", "licence", "repair", NULL};
    const struct neutral_file *next = NULL;
    for (size_t i = 0; i < s->files_count; i++) {
        const struct neutral_file *f = &s->files[i];
        bool wanted = words ? shows_one_of(f, words) : !shows_one_of(f, papers);
        if (strncmp(f->name, "photos/", 7) == 0 && !is_chosen(n, f) && wanted &&
            (!next || strcmp(f->name, next->name) < 0))
            next = f;
    }
    return next;
}

/* The whole vehicle with its plate, then the exhaust or the measuring, last the composed sheet; where one of them is
 * not there, other photos in the order of their names, which is that in which they were taken. */
static void choose_pictures(struct neutral *n, const struct neutral_source *s)
{
    static const char *const whole[] = {"front", "rear", "plate", "camera", NULL};
    static const char *const smoke[] = {"exhaust", "pedal", "instrument", NULL};
    static const char *const *const wanted[] = {whole, smoke, NULL};
    const struct neutral_file *sheet = find_file(s, "overlay/sheet.jpg");
    size_t room = sheet ? NEUTRAL_PICTURES_MAX - 1 : NEUTRAL_PICTURES_MAX;
    char count[16];
    for (size_t i = 0; n->pictures_count < room && i < NEUTRAL_PICTURES_MAX; i++) {
        const struct neutral_file *photo = wanted[i < 2 ? i : 2] ? next_photo(n, s, wanted[i]) : NULL;
        photo = photo ? photo : next_photo(n, s, NULL);
        if (photo)
            add_picture(n, photo);
    }
    if (sheet)
        add_picture(n, sheet);
    snprintf(count, sizeof count, "%zu", n->pictures_count);
    put(n, count, "picture.count");
}

const struct neutral_file *neutral_picture(const struct neutral *n, const char *key)
{
    static const char prefix[] = "picture.";
    if (strcmp(key, "row.picture") == 0)
        return n->row_picture;
    if (strncmp(key, prefix, sizeof prefix - 1) != 0)
        return NULL;
    long which = strtol(key + sizeof prefix - 1, NULL, 10);
    return which >= 1 && (size_t)which <= n->pictures_count ? n->pictures[which - 1] : NULL;
}

size_t neutral_rows(const struct neutral *n, const char *kind)
{
    return strcmp(kind, "samples") == 0 ? n->samples.count : strcmp(kind, "pictures") == 0 ? n->pictures_count : 0;
}

void neutral_row(struct neutral *n, const char *kind, size_t i)
{
    if (strcmp(kind, "pictures") == 0) {
        n->row_picture = n->pictures[i];
        snprintf(n->row[0], sizeof n->row[0], "%zu", i + 1);
        return;
    }
    const struct neutral_sample *s = &n->samples.of[i];
    snprintf(n->row[0], sizeof n->row[0], "%zu", i + 1);
    civil_time_format(n->started_ms + s->t_ms, n->offset_minutes, n->row[1]);
    snprintf(n->row[2], sizeof n->row[2], "%d", s->condition);
    snprintf(n->row[3], sizeof n->row[3], "%d", s->index);
    snprintf(n->row[4], sizeof n->row[4], "%s", s->k);
    snprintf(n->row[5], sizeof n->row[5], "%s", s->rpm);
}

/* ---- opening ---- */

/* When it began, and the offset in which its times are written. */
static void read_start(struct neutral *n)
{
    const char *time = neutral_get(n, "time");
    size_t length = time ? strlen(time) : 0;
    if (!time || !civil_time_parse(&n->started_ms, time, length, 0))
        return;
    int hours = 0, minutes = 0;
    /* NOLINTNEXTLINE(cert-err34-c): so few digits always fit */
    if (length > 6 && sscanf(time + length - 6, "%3d:%2d", &hours, &minutes) == 2)
        n->offset_minutes = hours * 60 + (time[length - 6] == '-' ? -minutes : minutes);
}

static int fill(struct neutral *n, const struct neutral_source *s, struct err *err)
{
    if (record_open(n->record, s->record, s->record_length, err) != 0)
        return -1;
    put_head(n);
    read_start(n);
    if (put_vehicle(n, err) != 0)
        return -1;
    put_measured(n);
    put_marks(n);
    put_officers(n);
    put_instruments(n);
    put_violation(n, s);
    choose_pictures(n, s);
    if (s->case_json && neutral_case(n, s->case_json, s->case_length, err) != 0)
        return -1;
    if (s->decision && neutral_decision(n, s->decision, err) != 0)
        return -1;
    for (size_t i = 0; i < s->values_count; i++)
        put(n, s->values[i].value, "values.%s", s->values[i].name);
    if (read_readings(n, s) != 0 || n->failed)
        return err_set(err, ERR_FAILED, "out of memory, or a record of more than %d parts", ENTRIES_MAX);
    return 0;
}

int neutral_open(struct neutral **out, const struct neutral_source *source, struct err *err)
{
    struct neutral *n = calloc(1, sizeof *n);
    struct record *record = calloc(1, sizeof *record);
    int result = -1;
    *out = NULL;
    if (n && record) {
        n->record = record;
        result = fill(n, source, err);
        n->record = NULL;
        record_close(record);
    } else {
        err_set(err, ERR_FAILED, "out of memory");
    }
    free(record);
    if (result != 0) {
        neutral_close(n);
        return -1;
    }
    *out = n;
    return 0;
}

void neutral_close(struct neutral *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->count; i++) {
        free(n->entries[i].key);
        free(n->entries[i].value);
    }
    free(n->samples.of);
    free(n->entries);
    free(n);
}
