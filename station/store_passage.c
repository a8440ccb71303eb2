/* Vehicles that passed a remote-sensing line. */
#include "station/store_private.h"

#include <stdlib.h>
#include <string.h>

int store_passage_next_seq(struct store *s, int64_t *seq, struct err *err)
{
    return store_next(s, STORE_SQL_PASSAGE_LAST, "number the passage", seq, err);
}

int store_passage_add(struct store *s, const struct store_passage *p, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PASSAGE_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, p->seq);
    store_bind_int(q, 2, p->at_ms);
    store_bind_text(q, 3, p->id);
    store_bind_text(q, 4, p->instrument);
    store_bind_text(q, 5, p->plate);
    store_bind_text(q, 6, p->colour);
    store_bind_text(q, 7, p->day);
    store_bind_text(q, 8, p->verdict);
    store_bind_int(q, 9, p->valid);
    store_bind_int(q, 10, (int64_t)p->exceeded);
    store_bind_text(q, 11, p->device_record);
    store_bind_text(q, 12, p->record);
    store_bind_text(q, 13, p->raw);
    store_bind_int(q, 14, (int64_t)event);
    return store_run(s, q, "save the passage", err);
}

int store_passage_known(struct store *s, const char *instrument, const char *device_record, const char *raw,
                        bool *known, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PASSAGE_KNOWN, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, instrument);
    store_bind_text(q, 2, device_record);
    store_bind_text(q, 3, raw);
    int64_t found;
    if (store_integer(s, q, "look for the passage", 0, &found, err) != 0)
        return -1;
    *known = found != 0;
    return 0;
}

static void reverse(struct remote_past *past, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct remote_past other = past[i];
        past[i] = past[count - 1 - i];
        past[count - 1 - i] = other;
    }
}

int store_passage_history(struct store *s, const char *plate, const char *colour, int64_t from_ms, int64_t before_ms,
                          struct remote_past *past, size_t max, size_t *count, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PASSAGE_HISTORY, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_int(q, 2, from_ms);
    store_bind_int(q, 3, before_ms);
    store_bind_text(q, 4, colour);
    store_bind_int(q, 5, (int64_t)max);
    *count = 0;
    int rc;
    while ((rc = store_step(s, q, "read the history of the plate", err)) > 0) {
        struct remote_past *p = &past[*count];
        char day[CIVIL_DATE_TEXT_MAX];
        store_column_text(q, 0, day, sizeof day);
        if (!civil_date_parse(&p->day, day, strlen(day))) {
            store_done(q);
            return err_set(err, ERR_FAILED, "the database is damaged: a passage of %s has the day '%s'", plate, day);
        }
        p->valid = sqlite3_column_int(q, 1) != 0;
        p->exceeded = (uint64_t)sqlite3_column_int64(q, 2);
        store_column_text(q, 3, p->record, sizeof p->record);
        (*count)++;
    }
    reverse(past, *count);
    return rc;
}

/* The columns of STORE_PASSAGE_LISTED. */
static void read_listed(sqlite3_stmt *q, struct store_passage *p)
{
    memset(p, 0, sizeof *p);
    p->seq = sqlite3_column_int64(q, 0);
    p->at_ms = sqlite3_column_int64(q, 1);
    store_column_text(q, 2, p->id, sizeof p->id);
    store_column_text(q, 3, p->instrument, sizeof p->instrument);
    store_column_text(q, 4, p->plate, sizeof p->plate);
    store_column_text(q, 5, p->colour, sizeof p->colour);
    store_column_text(q, 6, p->day, sizeof p->day);
    store_column_text(q, 7, p->verdict, sizeof p->verdict);
    p->valid = sqlite3_column_int(q, 8) != 0;
    p->exceeded = (uint64_t)sqlite3_column_int64(q, 9);
}

int store_passage_get(struct store *s, const char *id, struct store_passage *out, char **record, char **raw,
                      struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PASSAGE_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "read the passage", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "there is no passage %s", id);
    read_listed(q, out);
    store_column_text(q, 10, out->device_record, sizeof out->device_record);
    out->event = sqlite3_column_int64(q, 13);
    rc = record ? store_column_copy(q, 11, record, NULL, err) : 0;
    if (rc == 0 && raw && (rc = store_column_copy(q, 12, raw, NULL, err)) != 0 && record) {
        free(*record);
        *record = NULL;
    }
    store_done(q);
    return rc;
}

int store_passage_list(struct store *s, const char *plate, const char *colour, int64_t since_ms, bool invalid_only,
                       int limit, int (*each)(void *ctx, const struct store_passage *p), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, plate ? STORE_SQL_PASSAGE_LIST_PLATE : STORE_SQL_PASSAGE_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_text(q, 2, colour);
    store_bind_int(q, 3, since_ms);
    store_bind_int(q, 4, invalid_only);
    store_bind_int(q, 5, limit);
    int rc;
    while ((rc = store_step(s, q, "list the passages", err)) > 0) {
        struct store_passage p;
        read_listed(q, &p);
        if (each(ctx, &p) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}
