/* Plates that cameras have read. */
#include "station/store_private.h"

#include <stdlib.h>

int store_suggestion_next_seq(struct store *s, int64_t *seq, struct err *err)
{
    return store_next(s, STORE_SQL_SUGGESTION_LAST, "number the suggestion", seq, err);
}

int store_suggestion_add(struct store *s, const struct store_suggestion *suggestion, const char *key, uint64_t event,
                         struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUGGESTION_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, suggestion->seq);
    store_bind_text(q, 2, suggestion->id);
    store_bind_text(q, 3, suggestion->camera);
    store_bind_text(q, 4, key);
    store_bind_text(q, 5, suggestion->plate);
    store_bind_int(q, 6, suggestion->at_ms);
    store_bind_int(q, 7, (int64_t)event);
    store_bind_text(q, 8, suggestion->record);
    return store_run(s, q, "save the suggestion", err);
}

int store_suggestion_known(struct store *s, const char *camera, const char *key, char id[48], struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUGGESTION_KNOWN, err);
    id[0] = '\0';
    if (!q)
        return -1;
    store_bind_text(q, 1, camera);
    store_bind_text(q, 2, key);
    int rc = store_step(s, q, "look for the suggestion", err);
    if (rc > 0) {
        store_column_text(q, 0, id, 48);
        store_done(q);
    }
    return rc < 0 ? -1 : 0;
}

int store_suggestion_polled(struct store *s, const char *camera, char *name, size_t size, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUGGESTION_POLLED, err);
    name[0] = '\0';
    if (!q)
        return -1;
    store_bind_text(q, 1, camera);
    int rc = store_step(s, q, "look for the newest plate", err);
    if (rc > 0) {
        store_column_text(q, 0, name, size);
        store_done(q);
    }
    return rc < 0 ? -1 : 0;
}

static void read_row(sqlite3_stmt *q, struct store_suggestion *out)
{
    *out = (struct store_suggestion){.seq = sqlite3_column_int64(q, 0), .at_ms = sqlite3_column_int64(q, 4)};
    store_column_text(q, 1, out->id, sizeof out->id);
    store_column_text(q, 2, out->camera, sizeof out->camera);
    store_column_text(q, 3, out->plate, sizeof out->plate);
    out->event = sqlite3_column_int64(q, 5);
}

int store_suggestion_get(struct store *s, const char *id, struct store_suggestion *out, char **record, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUGGESTION_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "find the suggestion", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "no camera has suggested '%s'; smogctl plates suggest lists what was read",
                       id);
    read_row(q, out);
    int result = record ? store_column_copy(q, 6, record, NULL, err) : 0;
    store_done(q);
    return result;
}

int store_suggestion_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_suggestion *suggestion),
                          void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUGGESTION_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, INT64_MAX);
    store_bind_int(q, 2, limit);
    int rc;
    while ((rc = store_step(s, q, "list the suggestions", err)) > 0) {
        struct store_suggestion suggestion;
        read_row(q, &suggestion);
        suggestion.record = (const char *)sqlite3_column_text(q, 6);
        if (each(ctx, &suggestion) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}
