/* What smogpush tells a person. */
#include "station/store_private.h"

int store_push_notes(struct store *s, int (*each)(void *ctx, const char *about, const char *text, int64_t since_ms),
                     void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PUSH_NOTES, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, "");
    int rc;
    while ((rc = store_step(s, q, "read what smogpush tells", err)) > 0) {
        char about[32], text[ERR_TEXT_MAX];
        store_column_text(q, 0, about, sizeof about);
        store_column_text(q, 1, text, sizeof text);
        if (each(ctx, about, text, sqlite3_column_int64(q, 2)) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}
