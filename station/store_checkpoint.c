/* Signed checkpoints, which smogpush writes. */
#include "station/store_private.h"

static int read_note(struct store *s, enum store_sql which, int64_t size, char **note, struct err *err)
{
    *note = NULL;
    sqlite3_stmt *q = store_statement(s, which, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, size);
    int rc = store_step(s, q, "read a checkpoint", err);
    if (rc <= 0)
        return rc;
    rc = store_column_copy(q, 0, note, NULL, err);
    store_done(q);
    return rc;
}

int store_checkpoint_last(struct store *s, char **note, struct err *err)
{
    return read_note(s, STORE_SQL_CHECKPOINT_LAST, INT64_MAX, note, err);
}

int store_checkpoint_from(struct store *s, uint64_t events, char **note, struct err *err)
{
    return read_note(s, STORE_SQL_CHECKPOINT_FROM, events > INT64_MAX ? INT64_MAX : (int64_t)events, note, err);
}
