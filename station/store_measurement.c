/* One row of numbers for each record, by which bulletins count; filled from the records themselves. */
#include "station/store_private.h"

#include <assert.h>
#include <string.h>

#include "reports/record.h"

enum { THOUSANDTHS = 3, MEASUREMENT_COLUMNS = 19, FIRST_VALUE = 13 };

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

static void bind_value(sqlite3_stmt *q, int at, const struct verdict_value *value)
{
    struct decimal number, limit;
    if (!value || !decimal_round(value->value, THOUSANDTHS, &number) ||
        !decimal_round(value->limit, THOUSANDTHS, &limit)) {
        sqlite3_bind_null(q, at);
        sqlite3_bind_null(q, at + 1);
        return;
    }
    store_bind_int(q, at, number.units);
    store_bind_int(q, at + 1, limit.units);
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

/* ---- reading ---- */

/*
 * measurement_row(its columns): the row that is being walked. sqlite3_column_int64 for each column would take as long
 * as SQLite needs to find them; a function's arguments are there already.
 */
static void measurement_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct store *s = sqlite3_user_data(context);
    struct store_measurement *out = s->walk.row;
    int64_t *const columns[MEASUREMENT_COLUMNS] = {
        &out->at_ms,   &out->station, &out->kind,          &out->seq,   &out->place,      &out->vehicle, &out->method,
        &out->verdict, &out->stage,   &out->class_,        &out->fleet, &out->instrument, &out->reasons, &out->k,
        &out->k_limit, &out->opacity, &out->opacity_limit, &out->nox,   &out->nox_limit};
    assert(count == MEASUREMENT_COLUMNS);
    for (int i = 0; i < FIRST_VALUE; i++)
        *columns[i] = sqlite3_value_int64(values[i]);
    for (int i = FIRST_VALUE; i < count; i++) {
        *columns[i] = sqlite3_value_int64(values[i]);
        if (*columns[i] == 0 && sqlite3_value_type(values[i]) == SQLITE_NULL) /* which reads as 0, too */
            *columns[i] = STORE_NO_VALUE;
    }
}

int store_measurement_register(struct store *s)
{
    return sqlite3_create_function(s->db, "measurement_row", MEASUREMENT_COLUMNS, SQLITE_UTF8 | SQLITE_DIRECTONLY, s,
                                   measurement_row, NULL, NULL);
}

int store_measurement_walk(struct store *s, int64_t from_ms, int64_t to_ms, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_MEASUREMENT_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, from_ms);
    s->walk.to_ms = to_ms;
    return 0;
}

int store_measurement_next(struct store *s, struct store_measurement *out, struct err *err)
{
    sqlite3_stmt *q = s->statements[STORE_SQL_MEASUREMENT_LIST];
    s->walk.row = out;
    int rc = store_step(s, q, "read the counted records", err);
    if (rc <= 0 || out->at_ms < s->walk.to_ms)
        return rc;
    store_done(q);
    return 0;
}

int store_record_get(struct store *s, int64_t kind, int64_t seq, char **record, size_t *length, struct err *err)
{
    *record = NULL;
    sqlite3_stmt *q = store_statement(s, kind == 0 ? STORE_SQL_RECORD_GET_TEST : STORE_SQL_RECORD_GET_PASSAGE, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, seq);
    int rc = store_step(s, q, "read a record", err);
    if (rc <= 0)
        return rc;
    rc = store_column_copy(q, 1, record, length, err);
    store_done(q);
    return rc;
}

int store_word_list(struct store *s, int (*each)(void *ctx, int64_t id, const char *text), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_WORD_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, 0);
    int rc;
    while ((rc = store_step(s, q, "read the words", err)) > 0)
        if (each(ctx, sqlite3_column_int64(q, 0), (const char *)sqlite3_column_text(q, 1)) != 0) {
            store_done(q);
            return 0;
        }
    return rc;
}

int store_vehicle_list(struct store *s, int (*each)(void *ctx, int64_t id, const char *plate, const char *colour),
                       void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_VEHICLE_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, 0);
    int rc;
    while ((rc = store_step(s, q, "read the vehicles", err)) > 0)
        if (each(ctx, sqlite3_column_int64(q, 0), (const char *)sqlite3_column_text(q, 1),
                 (const char *)sqlite3_column_text(q, 2)) != 0) {
            store_done(q);
            return 0;
        }
    return rc;
}

int store_vehicle_find(struct store *s, const char *plate, const char *colour, int64_t *id, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_VEHICLE_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_text(q, 2, colour);
    return store_integer(s, q, "find a vehicle", 0, id, err);
}

int store_vehicle_count(struct store *s, int64_t *count, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_VEHICLE_LAST, err);
    return q ? store_integer(s, q, "count the vehicles", 0, count, err) : -1;
}

int store_vehicle_get(struct store *s, int64_t id, char plate[40], char colour[16], struct err *err)
{
    plate[0] = colour[0] = '\0';
    sqlite3_stmt *q = store_statement(s, STORE_SQL_VEHICLE_NAME, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, id);
    int rc = store_step(s, q, "find a vehicle", err);
    if (rc <= 0)
        return rc;
    store_column_text(q, 0, plate, 40);
    store_column_text(q, 1, colour, 16);
    store_done(q);
    return 0;
}
