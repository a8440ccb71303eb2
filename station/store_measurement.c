/* One row of numbers for each record, by which bulletins count; filled from the records themselves. */
#include "station/store_private.h"

#include <assert.h>
#include <string.h>

#include "reports/record.h"

enum { THOUSANDTHS = 3 };

/* ---- words and vehicles have numbers ---- */

/* The number of what `add` adds and `get` finds by one or two texts. */
static int number_of(struct store *s, enum store_sql add, enum store_sql get, const char *first, const char *second,
                     int64_t *id, struct err *err)
{
    const enum store_sql steps[] = {get, add, get};
    *id = 0;
    for (size_t i = 0; *id == 0 && i < sizeof steps / sizeof steps[0]; i++) {
        sqlite3_stmt *q = store_statement(s, steps[i], err);
        if (!q)
            return -1;
        store_bind_text(q, 1, first);
        if (second)
            store_bind_text(q, 2, second);
        if (steps[i] == add ? store_run(s, q, "number a word", err) != 0
                            : store_integer(s, q, "number a word", 0, id, err) != 0)
            return -1;
    }
    return 0;
}

static int word(struct store *s, const char *text, int64_t *id, struct err *err)
{
    *id = 0;
    return text[0] ? number_of(s, STORE_SQL_WORD_ADD, STORE_SQL_WORD_GET, text, NULL, id, err) : 0;
}

/* ---- from a record ---- */

static void member(const struct record *r, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (object < 0 || !json_get_string(&r->doc, json_member(&r->doc, (size_t)object, key), out, size))
        out[0] = '\0';
}

/* One of the vehicle's facts; "" where it is not known. */
static void vehicle_fact(const struct record *r, const char *key, char *out, size_t size)
{
    if (!json_get_string(&r->doc, record_vehicle_fact(r, key), out, size))
        out[0] = '\0';
}

/* "wind_speed: 6.2 > 5.0" and "vsp: …" become "wind_speed,vsp": the words before the colons, each once. */
static void reason_words(const struct verdict *v, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < v->reasons_count; i++) {
        size_t n = strcspn(v->reasons[i], ":");
        bool known = false;
        for (size_t k = 0; k < i; k++)
            known |= strcspn(v->reasons[k], ":") == n && memcmp(v->reasons[k], v->reasons[i], n) == 0;
        if (known || length + n + 2 > size)
            continue;
        if (length > 0)
            out[length++] = ',';
        memcpy(out + length, v->reasons[i], n);
        out[length += n] = '\0';
    }
}

/* The compared value of one of two quantities that is nearest to its limit, or furthest beyond it. */
static const struct verdict_value *worst(const struct verdict *v, enum quantity a, enum quantity b)
{
    const struct verdict_value *found = NULL;
    for (size_t i = 0; i < v->values_count; i++) {
        const struct verdict_value *value = &v->values[i];
        if ((value->quantity != a && value->quantity != b) || value->at_least || value->limit.units <= 0)
            continue;
        if (!found || decimal_to_double(value->value) / decimal_to_double(value->limit) >
                          decimal_to_double(found->value) / decimal_to_double(found->limit))
            found = value;
    }
    return found;
}

/* The value and its limit in thousandths; false where there are none. */
static bool thousandths(const struct verdict_value *value, int64_t out[2])
{
    struct decimal number, limit;
    if (!value || !decimal_round(value->value, THOUSANDTHS, &number) ||
        !decimal_round(value->limit, THOUSANDTHS, &limit))
        return false;
    out[0] = number.units;
    out[1] = limit.units;
    return true;
}

static void bind_value(sqlite3_stmt *q, int at, const struct verdict_value *value)
{
    int64_t numbers[2];
    bool known = thousandths(value, numbers);
    for (int i = 0; i < 2; i++)
        if (known)
            store_bind_int(q, at + i, numbers[i]);
        else
            sqlite3_bind_null(q, at + i);
}

/* Columns 1 to 4. */
static int key_of(struct store *s, const struct store_counted *c, int64_t key[4], struct err *err)
{
    key[0] = c->at_ms;
    key[2] = c->passage;
    key[3] = c->seq;
    return word(s, c->station, &key[1], err);
}

/* Columns 5 to 13, in their order. */
static int words_of(struct store *s, const struct store_counted *c, int64_t out[9], struct err *err)
{
    char reasons[512] = "";
    struct store_roster_entry entry = {0};
    int64_t roster, to_ms = 0;
    if (c->verdict->kind == VERDICT_INVALID)
        reason_words(c->verdict, reasons, sizeof reasons);
    if (c->plate[0] && store_roster_entry_find(s, c->plate, c->colour, c->at_ms, &roster, &to_ms, &entry, err) != 0)
        return -1;
    const char *fleet = c->at_ms < to_ms ? entry.fleet : "";
    const char *const words[9] = {c->place, NULL,      c->method, verdict_kind_name(c->verdict->kind),
                                  c->stage, c->class_, fleet,     c->instrument,
                                  reasons};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i] && word(s, words[i], &out[i], err) != 0)
            return -1;
    out[1] = 0;
    return c->plate[0] ? number_of(s, STORE_SQL_VEHICLE_ADD, STORE_SQL_VEHICLE_GET, c->plate, c->colour, &out[1], err)
                       : 0;
}

int store_measurement_put(struct store *s, const struct store_counted *c, struct err *err)
{
    int64_t key[4], words[9];
    if (key_of(s, c, key, err) != 0 || words_of(s, c, words, err) != 0)
        return -1;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_MEASUREMENT_ADD, err);
    if (!q)
        return -1;
    for (int i = 0; i < 4; i++)
        store_bind_int(q, 1 + i, key[i]);
    for (int i = 0; i < 9; i++)
        store_bind_int(q, 5 + i, words[i]);
    bind_value(q, 14, worst(c->verdict, QUANTITY_K, QUANTITY_K));
    bind_value(q, 16, worst(c->verdict, QUANTITY_OPACITY, QUANTITY_OPACITY));
    bind_value(q, 18, worst(c->verdict, QUANTITY_NOX, QUANTITY_NO));
    return store_run(s, q, "count the record", err);
}

/* ---- from the text of a record ---- */

/* What is counted of it, with room for its words; 1: it has no time or number. */
struct counted_text {
    struct store_counted counted;
    char place[32], colour[16], stage[64], class_[64], instrument[64];
};

static int read_counted(const struct record *r, struct counted_text *out, struct err *err)
{
    char at[CIVIL_TIME_TEXT_MAX];
    ptrdiff_t instruments = json_member(&r->doc, 0, "instruments");
    out->counted = (struct store_counted){.passage = r->passage,
                                          .station = r->station,
                                          .place = out->place,
                                          .method = r->method,
                                          .plate = r->plate,
                                          .colour = out->colour,
                                          .stage = out->stage,
                                          .class_ = out->class_,
                                          .instrument = out->instrument,
                                          .verdict = &r->judged};
    member(r, 0, r->passage ? "started_at" : "ended_at", at, sizeof at);
    if (!civil_time_parse(&out->counted.at_ms, at, strlen(at), 0) ||
        !json_get_integer(&r->doc, json_member(&r->doc, 0, "seq"), &out->counted.seq))
        return err_set(err, ERR_INVALID, "record %s has no time or number", r->id), 1;
    member(r, json_member(&r->doc, 0, "station"), "kind", out->place, sizeof out->place);
    member(r, r->vehicle, "colour", out->colour, sizeof out->colour);
    vehicle_fact(r, "stage", out->stage, sizeof out->stage);
    vehicle_fact(r, "class", out->class_, sizeof out->class_);
    member(r, instruments < 0 ? -1 : json_element(&r->doc, (size_t)instruments, 0), "name", out->instrument,
           sizeof out->instrument);
    return 0;
}

static int add(struct store *s, const struct record *r, struct err *err)
{
    struct counted_text text;
    int rc = read_counted(r, &text, err);
    return rc != 0 ? rc : store_measurement_put(s, &text.counted, err);
}

static int void_one(struct store *s, const struct record *r, struct err *err)
{
    struct counted_text text;
    int64_t key[4], verdict;
    int rc = read_counted(r, &text, err);
    if (rc != 0)
        return rc;
    if (key_of(s, &text.counted, key, err) != 0 || word(s, verdict_kind_name(VERDICT_VOID), &verdict, err) != 0)
        return -1;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_MEASUREMENT_VERDICT, err);
    if (!q)
        return -1;
    for (int i = 0; i < 4; i++)
        store_bind_int(q, 1 + i, key[i]);
    store_bind_int(q, 5, verdict);
    return store_run(s, q, "count the record as void", err);
}

static int with_record(struct store *s, const char *text, size_t length,
                       int (*each)(struct store *s, const struct record *r, struct err *err), struct err *err)
{
    struct record r;
    if (record_open(&r, text, length, err) != 0)
        return 1;
    int result = each(s, &r, err);
    record_close(&r);
    return result;
}

int store_measurement_add(struct store *s, const char *record, size_t length, struct err *err)
{
    return with_record(s, record, length, add, err);
}

int store_measurement_void(struct store *s, const char *record, size_t length, struct err *err)
{
    return with_record(s, record, length, void_one, err);
}

/* ---- is a row what its record says? (journal verify) ---- */

/* The row that counts this record. */
static int find_row(struct store *s, const struct store_counted *c, struct store_measurement *row, struct err *err)
{
    const int64_t key[4] = {c->at_ms, 0, c->passage, c->seq};
    int64_t station = 0;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_WORD_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, c->station);
    if (store_integer(s, q, "find the station", 0, &station, err) != 0 ||
        !(q = store_statement(s, STORE_SQL_MEASUREMENT_GET, err)))
        return -1;
    for (int i = 0; i < 4; i++)
        store_bind_int(q, 1 + i, i == 1 ? station : key[i]);
    s->walk.row = row;
    int rc = store_step(s, q, "read a counted record", err);
    store_done(q);
    return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_FAILED, "it is not counted");
}

static int is_word(struct store *s, int64_t id, const char *what, const char *wanted, struct err *err)
{
    char text[512] = "";
    sqlite3_stmt *q = store_statement(s, STORE_SQL_WORD_TEXT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, id);
    int rc = id ? store_step(s, q, "read the words", err) : 0;
    if (rc > 0)
        store_column_text(q, 0, text, sizeof text);
    store_done(q);
    if (rc >= 0 && strcmp(text, wanted) != 0)
        rc = err_set(err, ERR_FAILED, "'%s' for its %s, the record says '%s'", text, what, wanted);
    return rc < 0 ? -1 : 0;
}

/* But for the fleet: rosters may have come and gone since. */
static int check_words(struct store *s, const struct store_counted *c, bool voided, const struct store_measurement *row,
                       struct err *err)
{
    char reasons[512] = "", plate[40] = "", colour[16] = "";
    if (c->verdict->kind == VERDICT_INVALID)
        reason_words(c->verdict, reasons, sizeof reasons);
    const struct {
        const char *what, *wanted;
        int64_t id;
    } words[] = {{"place", c->place, row->place},
                 {"method", c->method, row->method},
                 {"verdict", verdict_kind_name(voided ? VERDICT_VOID : c->verdict->kind), row->verdict},
                 {"emission stage", c->stage, row->stage},
                 {"class", c->class_, row->class_},
                 {"instrument", c->instrument, row->instrument},
                 {"reasons", reasons, row->reasons}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_word(s, words[i].id, words[i].what, words[i].wanted, err) != 0)
            return -1;
    if (row->vehicle && store_vehicle_get(s, row->vehicle, plate, colour, err) < 0)
        return -1;
    if (strcmp(plate, c->plate) != 0 || (plate[0] && strcmp(colour, c->colour) != 0))
        return err_set(err, ERR_FAILED, "'%s %s' for its vehicle, the record says '%s %s'", plate, colour, c->plate,
                       c->colour);
    return 0;
}

static int check_values(const struct verdict *v, const struct store_measurement *row, struct err *err)
{
    const struct {
        const char *what;
        const struct verdict_value *value;
        int64_t stored[2];
    } values[] = {{"k", worst(v, QUANTITY_K, QUANTITY_K), {row->k, row->k_limit}},
                  {"opacity", worst(v, QUANTITY_OPACITY, QUANTITY_OPACITY), {row->opacity, row->opacity_limit}},
                  {"nox", worst(v, QUANTITY_NOX, QUANTITY_NO), {row->nox, row->nox_limit}}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t wanted[2] = {STORE_NO_VALUE, STORE_NO_VALUE};
        thousandths(values[i].value, wanted);
        if (memcmp(wanted, values[i].stored, sizeof wanted) != 0)
            return err_set(err, ERR_FAILED, "another value or limit of %s than the record", values[i].what);
    }
    return 0;
}

int store_measurement_check(struct store *s, const char *record, size_t length, bool voided, bool *counted,
                            struct err *err)
{
    struct record r;
    struct counted_text text;
    struct store_measurement row;
    struct err why;
    *counted = false;
    if (record_open(&r, record, length, &why) != 0)
        return 0;
    int rc = read_counted(&r, &text, &why);
    if (rc == 0) {
        const struct store_counted *c = &text.counted;
        *counted = true;
        rc = find_row(s, c, &row, err);
        if (rc == 0 && check_words(s, c, voided, &row, err) == 0)
            rc = check_values(c->verdict, &row, err);
        else
            rc = -1;
        if (rc != 0)
            err_prefix(err, "%s", r.id);
    }
    record_close(&r);
    return rc > 0 ? 0 : rc;
}

/* ---- a database that is older than the table ---- */

static int fill_from(struct store *s, enum store_sql list, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, list, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, 0);
    int rc;
    while ((rc = store_step(s, q, "read the records", err)) > 0) {
        const char *record = (const char *)sqlite3_column_text(q, 1);
        size_t length = (size_t)sqlite3_column_bytes(q, 1);
        if (store_measurement_add(s, record, length, err) < 0 ||
            (sqlite3_column_type(q, 2) != SQLITE_NULL && store_measurement_void(s, record, length, err) < 0)) {
            store_done(q);
            return -1;
        }
    }
    return rc;
}

int store_measurement_last(struct store *s, int64_t *at_ms, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_MEASUREMENT_LAST, err);
    return q ? store_integer(s, q, "look for counted records", STORE_NO_VALUE, at_ms, err) : -1;
}

int store_measurement_fill(struct store *s, struct err *err)
{
    int64_t last;
    if (store_measurement_last(s, &last, err) != 0)
        return -1;
    if (last != STORE_NO_VALUE)
        return 0;
    if (store_begin(s, err) != 0)
        return -1;
    if (fill_from(s, STORE_SQL_RECORD_LIST_TESTS, err) == 0 && fill_from(s, STORE_SQL_RECORD_LIST_PASSAGES, err) == 0)
        return store_commit(s, err);
    store_rollback(s);
    return -1;
}
