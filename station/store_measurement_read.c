/* The counted records, and the words and vehicles that they are written in, for bulletins. */
#include "station/store_private.h"

#include <assert.h>

enum { MEASUREMENT_COLUMNS = 19, FIRST_VALUE = 13 };

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
