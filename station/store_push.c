/* What smogpush keeps beside packages and checkpoints: notes for people, time stamps. */
#include "station/store_private.h"

#include <stdlib.h>
#include <string.h>

int store_push_notes(struct store *s, int (*each)(void *ctx, const char *about, const char *text, int64_t since_ms),
                     void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PUSH_NOTES, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, "");
    int rc;
    while ((rc = store_step(s, q, "read what smogpush tells", err)) > 0) {
        char about[48], text[ERR_TEXT_MAX];
        store_column_text(q, 0, about, sizeof about);
        store_column_text(q, 1, text, sizeof text);
        if (each(ctx, about, text, sqlite3_column_int64(q, 2)) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_stamp_last(struct store *s, uint64_t *events, char **note, void **token, size_t *size, struct err *err)
{
    *note = NULL;
    *token = NULL;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_STAMP_LAST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, INT64_MAX);
    int rc = store_step(s, q, "read the newest time stamp", err);
    if (rc <= 0)
        return rc;
    *events = (uint64_t)sqlite3_column_int64(q, 0);
    *size = (size_t)sqlite3_column_bytes(q, 2);
    *token = malloc(*size ? *size : 1);
    if (*token)
        memcpy(*token, sqlite3_column_blob(q, 2), *size);
    rc = *token ? store_column_copy(q, 1, note, NULL, err) : err_set(err, ERR_FAILED, "out of memory");
    store_done(q);
    return rc;
}
