/* Lockouts and metrology checks. */
#include "station/store_private.h"

#include <string.h>

int store_test_aborted(struct store *s, int64_t after_ms, const char *plate, const char *colour, int64_t *count,
                       struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TEST_ABORTED, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, after_ms);
    store_bind_text(q, 2, plate);
    store_bind_text(q, 3, colour);
    return store_integer(s, q, "count aborted tests", 0, count, err);
}

/* ---- lockouts ---- */

int store_lockout_raise(struct store *s, const struct store_lockout *l, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_LOCKOUT_RAISE, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, l->code);
    store_bind_text(q, 2, l->subject);
    store_bind_text(q, 3, l->what);
    store_bind_int(q, 4, l->since_ms);
    store_bind_int(q, 5, (int64_t)event);
    return store_run(s, q, "save a lockout", err);
}

int store_lockout_clear(struct store *s, const struct store_lockout *l, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_LOCKOUT_CLEAR, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, l->code);
    store_bind_text(q, 2, l->subject);
    store_bind_int(q, 3, l->cleared_ms);
    store_bind_text(q, 4, l->cleared_by);
    store_bind_text(q, 5, l->reason);
    store_bind_int(q, 6, (int64_t)event);
    if (store_run(s, q, "save the end of a lockout", err) != 0)
        return -1;
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, ERR_REFUSED, "the lockout %s%s%s does not hold", l->code, l->subject[0] ? " of " : "",
                       l->subject);
    return 0;
}

/* The columns of STORE_LOCKOUT_COLUMNS. */
static void read_lockout(sqlite3_stmt *q, struct store_lockout *l)
{
    memset(l, 0, sizeof *l);
    store_column_text(q, 0, l->code, sizeof l->code);
    store_column_text(q, 1, l->subject, sizeof l->subject);
    store_column_text(q, 2, l->what, sizeof l->what);
    l->since_ms = sqlite3_column_int64(q, 3);
    l->cleared_ms = sqlite3_column_int64(q, 4);
    store_column_text(q, 5, l->cleared_by, sizeof l->cleared_by);
    store_column_text(q, 6, l->reason, sizeof l->reason);
}

int store_lockout_get(struct store *s, const char *code, const char *subject, struct store_lockout *out, bool *found,
                      struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_LOCKOUT_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, code);
    store_bind_text(q, 2, subject);
    int rc = store_step(s, q, "look up a lockout", err);
    *found = rc > 0;
    if (rc > 0) {
        read_lockout(q, out);
        store_done(q);
    }
    return rc < 0 ? -1 : 0;
}

static int list_lockouts(struct store *s, enum store_sql which, int64_t since_ms,
                         int (*each)(void *ctx, const struct store_lockout *l), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, which, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, since_ms);
    int rc;
    struct store_lockout l;
    while ((rc = store_step(s, q, "list the lockouts", err)) > 0) {
        read_lockout(q, &l);
        if (each(ctx, &l) != 0)
            break;
    }
    store_done(q);
    return rc < 0 ? -1 : 0;
}

int store_lockout_list(struct store *s, int (*each)(void *ctx, const struct store_lockout *l), void *ctx,
                       struct err *err)
{
    return list_lockouts(s, STORE_SQL_LOCKOUT_LIST, INT64_MIN, each, ctx, err);
}

int store_lockout_list_cleared(struct store *s, int64_t since_ms, int (*each)(void *ctx, const struct store_lockout *l),
                               void *ctx, struct err *err)
{
    return list_lockouts(s, STORE_SQL_LOCKOUT_LIST_CLEARED, since_ms, each, ctx, err);
}

/* ---- checks ---- */

int store_check_next_seq(struct store *s, int64_t *seq, struct err *err)
{
    return store_next(s, STORE_SQL_CHECK_SEQ_LAST, "number the check", seq, err);
}

int store_check_start(struct store *s, const struct store_check *c, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECK_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, c->seq);
    store_bind_text(q, 2, c->id);
    store_bind_text(q, 3, c->instrument);
    store_bind_text(q, 4, c->what);
    store_bind_int(q, 5, c->started_ms);
    store_bind_int(q, 6, (int64_t)event);
    return store_run(s, q, "save the start of the check", err);
}

int store_check_end(struct store *s, const struct store_check *c, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECK_END, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, c->id);
    store_bind_text(q, 2, c->serial);
    store_bind_int(q, 3, c->ended_ms);
    store_bind_text(q, 4, c->verdict);
    store_bind_int(q, 5, (int64_t)event);
    if (store_run(s, q, "save the end of the check", err) != 0)
        return -1;
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, ERR_REFUSED, "there is no open check %s", c->id);
    return 0;
}

/* The columns of STORE_CHECK_COLUMNS. */
static void read_check(sqlite3_stmt *q, struct store_check *c)
{
    memset(c, 0, sizeof *c);
    c->seq = sqlite3_column_int64(q, 0);
    store_column_text(q, 1, c->id, sizeof c->id);
    store_column_text(q, 2, c->instrument, sizeof c->instrument);
    store_column_text(q, 3, c->what, sizeof c->what);
    c->started_ms = sqlite3_column_int64(q, 4);
    c->start_event = sqlite3_column_int64(q, 5);
    store_column_text(q, 6, c->serial, sizeof c->serial);
    c->ended_ms = sqlite3_column_int64(q, 7);
    store_column_text(q, 8, c->verdict, sizeof c->verdict);
    c->end_event = sqlite3_column_type(q, 9) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, 9);
}

/* The row of a statement that gives at most one. */
static int read_one(struct store *s, sqlite3_stmt *q, struct store_check *out, bool *found, struct err *err)
{
    int rc = store_step(s, q, "look up a check", err);
    *found = rc > 0;
    if (rc > 0) {
        read_check(q, out);
        store_done(q);
    }
    return rc < 0 ? -1 : 0;
}

int store_check_get(struct store *s, const char *id, struct store_check *out, struct err *err)
{
    bool found = false;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECK_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    if (read_one(s, q, out, &found, err) != 0)
        return -1;
    return found ? 0 : err_set(err, ERR_INVALID, "there is no check '%s'; smogctl check list shows them", id);
}

int store_check_result(struct store *s, const char *instrument, const char *what, const char *serial,
                       struct store_check *out, bool *found, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECK_RESULT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, instrument);
    store_bind_text(q, 2, what);
    store_bind_text(q, 3, serial);
    return read_one(s, q, out, found, err);
}

int store_check_list(struct store *s, const char *instrument, bool open_only, int limit,
                     int (*each)(void *ctx, const struct store_check *c), void *ctx, struct err *err)
{
    enum store_sql which = open_only    ? STORE_SQL_CHECK_LIST_OPEN
                           : instrument ? STORE_SQL_CHECK_LIST_INSTRUMENT
                                        : STORE_SQL_CHECK_LIST;
    sqlite3_stmt *q = store_statement(s, which, err);
    if (!q)
        return -1;
    if (which == STORE_SQL_CHECK_LIST_INSTRUMENT)
        store_bind_text(q, 1, instrument);
    store_bind_int(q, 2, INT64_MAX);
    store_bind_int(q, 3, limit);
    int rc;
    struct store_check c;
    while ((rc = store_step(s, q, "list the checks", err)) > 0) {
        read_check(q, &c);
        if (each(ctx, &c) != 0)
            break;
    }
    store_done(q);
    return rc < 0 ? -1 : 0;
}
