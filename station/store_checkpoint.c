/* Signed checkpoints, which smogpush writes, and those that witnesses have co-signed. */
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

int store_slip_code(struct store *s, const char *subject, char **code, struct err *err)
{
    *code = NULL;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SLIP_CODE, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    int rc = store_step(s, q, "read the slip's code", err);
    if (rc <= 0)
        return rc;
    rc = store_column_copy(q, 0, code, NULL, err);
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

/* ---- witnesses ---- */

int store_witnessed_add(struct store *s, const struct store_witnessed *w, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_WITNESS_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, w->name);
    store_bind_int(q, 2, (int64_t)w->size);
    store_bind_int(q, 3, w->cosigned_ms);
    store_bind_text(q, 4, w->note);
    store_bind_int(q, 5, (int64_t)event);
    return store_run(s, q, "keep the co-signature", err);
}

static int read_witnessed(struct store *s, enum store_sql which, const char *name, int64_t size,
                          struct store_witnessed *out, bool *found, struct err *err)
{
    *found = false;
    sqlite3_stmt *q = store_statement(s, which, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, name);
    store_bind_int(q, 2, size);
    int rc = store_step(s, q, "read a co-signature", err);
    if (rc <= 0)
        return rc;
    out->size = (uint64_t)sqlite3_column_int64(q, 0);
    out->cosigned_ms = sqlite3_column_int64(q, 1);
    store_column_text(q, 2, out->note, sizeof out->note);
    store_column_text(q, 3, out->name, sizeof out->name);
    store_done(q);
    *found = true;
    return 0;
}

int store_witnessed_last(struct store *s, const char *name, struct store_witnessed *out, bool *found, struct err *err)
{
    return read_witnessed(s, STORE_SQL_WITNESS_LAST, name, INT64_MAX, out, found, err);
}

int store_witnessed_of(struct store *s, const char *name, uint64_t size, struct store_witnessed *out, bool *found,
                       struct err *err)
{
    return read_witnessed(s, STORE_SQL_WITNESS_OF, name, (int64_t)size, out, found, err);
}
