#include "station/store.h"

#include "station/store_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    bool write;
} statements[] = {
#define STATEMENT(id, write, text) {text, write},
    STORE_SQL_TABLE(STATEMENT)
#undef STATEMENT
};

/* ---- errors ---- */

static bool disk_full(int code, int system_errno)
{
    return code == SQLITE_FULL || (code == SQLITE_IOERR && (system_errno == ENOSPC || system_errno == EDQUOT));
}

int store_failed(struct store *s, const char *doing, struct err *err)
{
    int extended = sqlite3_extended_errcode(s->db), code = extended & 0xFF;
    int system_errno = sqlite3_system_errno(s->db);
    const char *message = sqlite3_errmsg(s->db);
    const char *dir = s->state_dir;
    s->failed = true;
    if (disk_full(code, system_errno))
        return err_set(err, ERR_FAILED, "cannot %s: the disk of %s is full; free some space, nothing of this is kept",
                       doing, dir);
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_UNREACHABLE,
                       "cannot %s: another program keeps %s/smogd.db locked; try again, or end that program", doing,
                       dir);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, ERR_FAILED,
                       "cannot %s: %s/smogd.db is damaged (%s); copy the folder aside as it is, then restore the last "
                       "backup with smogctl restore",
                       doing, dir, message);
    case SQLITE_IOERR:
        return err_set(err, ERR_FAILED, "cannot %s: the disk of %s fails (%s, %s); check the disk and its cable", doing,
                       dir, message, strerror(system_errno));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return err_set(err, ERR_UNREACHABLE, "cannot %s: %s/smogd.db cannot be opened (%s); check owner and mode",
                       doing, dir, strerror(system_errno));
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return err_set(err, ERR_REFUSED, "cannot %s: this program may not write that in %s/smogd.db (%s)", doing, dir,
                       message);
    case SQLITE_CONSTRAINT:
        return err_set(err, ERR_INVALID, "cannot %s: it is there already or contradicts what is there (%s)", doing,
                       message);
    case SQLITE_NOMEM: return err_set(err, ERR_FAILED, "cannot %s: out of memory", doing);
    default: return err_set(err, ERR_FAILED, "cannot %s: %s/smogd.db: %s", doing, dir, message);
    }
}

/* ---- statements ---- */

sqlite3_stmt *store_statement(struct store *s, enum store_sql which, struct err *err)
{
    bool write = statements[which].write;
    assert(!write || s->in_transaction);
    if (write && (s->failed || sqlite3_get_autocommit(s->db))) {
        err_set(err, ERR_FAILED, "not saved: an earlier step of the same transaction failed");
        return NULL;
    }
    sqlite3_stmt **q = &s->statements[which];
    if (!*q && sqlite3_prepare_v3(s->db, statements[which].text, -1, SQLITE_PREPARE_PERSISTENT, q, NULL) != SQLITE_OK) {
        store_failed(s, "prepare a query", err);
        return NULL;
    }
    assert(!sqlite3_stmt_busy(*q)); /* a walk's callback may not start the same walk */
    return *q;
}

sqlite3_stmt *store_prepare(struct store *s, const char *sql, const char *doing, struct err *err)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        store_failed(s, doing, err);
    return q;
}

void store_done(sqlite3_stmt *q)
{
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
}

int store_step(struct store *s, sqlite3_stmt *q, const char *doing, struct err *err)
{
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        store_failed(s, doing, err);
    store_done(q);
    return rc == SQLITE_DONE ? 0 : -1;
}

int store_run(struct store *s, sqlite3_stmt *q, const char *doing, struct err *err)
{
    int rc = store_step(s, q, doing, err);
    assert(rc <= 0);
    return rc;
}

int store_integer(struct store *s, sqlite3_stmt *q, const char *doing, int64_t absent, int64_t *out, struct err *err)
{
    *out = absent;
    int rc = store_step(s, q, doing, err);
    if (rc <= 0)
        return rc;
    if (sqlite3_column_type(q, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(q, 0);
    store_done(q);
    return 0;
}

int store_next(struct store *s, enum store_sql last, const char *doing, int64_t *seq, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, last, err);
    if (!q || store_integer(s, q, doing, 0, seq, err) != 0)
        return -1;
    *seq = *seq + 1 < s->numbers_from ? s->numbers_from : *seq + 1;
    return 0;
}

/* Static bindings allocate nothing: they cannot fail. */
void store_bind_text(sqlite3_stmt *q, int at, const char *text)
{
    sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
}

void store_bind_int(sqlite3_stmt *q, int at, int64_t value)
{
    sqlite3_bind_int64(q, at, value);
}

void store_bind_hash(sqlite3_stmt *q, int at, const struct merkle_hash *hash)
{
    sqlite3_bind_blob(q, at, hash->bytes, sizeof hash->bytes, SQLITE_STATIC);
}

void store_column_text(sqlite3_stmt *q, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    snprintf(out, size, "%s", text ? text : "");
}

int store_column_copy(sqlite3_stmt *q, int column, char **out, size_t *length, struct err *err)
{
    *out = NULL;
    if (sqlite3_column_type(q, column) == SQLITE_NULL)
        return 0;
    const void *text = sqlite3_column_text(q, column);
    size_t n = (size_t)sqlite3_column_bytes(q, column);
    char *copy = text ? malloc(n + 1) : NULL;
    if (!copy)
        return err_set(err, ERR_FAILED, "out of memory for a record of %zu bytes", n);
    memcpy(copy, text, n);
    copy[n] = '\0';
    *out = copy;
    if (length)
        *length = n;
    return 0;
}

int store_column_hash(sqlite3_stmt *q, int column, struct merkle_hash *out, struct err *err)
{
    const void *blob = sqlite3_column_blob(q, column);
    if (!blob || sqlite3_column_bytes(q, column) != MERKLE_HASH_SIZE)
        return err_set(err, ERR_FAILED, "the database is damaged: a hash of the journal has not %d bytes",
                       MERKLE_HASH_SIZE);
    memcpy(out->bytes, blob, sizeof out->bytes);
    return 0;
}

/* ---- transactions ---- */

static int run(struct store *s, enum store_sql which, const char *doing, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, which, err);
    return q ? store_run(s, q, doing, err) : -1;
}

static void undo(struct store *s)
{
    /* Some failures have rolled back already; then this one fails, and nothing is left to undo. */
    if (!sqlite3_get_autocommit(s->db))
        run(s, STORE_SQL_ROLLBACK, "roll back", NULL);
    s->in_transaction = false;
    s->failed = false;
    s->tree = s->committed;
    if (s->ended)
        s->ended(s->ended_ctx, false);
}

/*
 * A commit whose fsync failed has written its frames: this process does not see them, but the recovery after a crash or
 * restart would. The next commit overwrites them, so one is made at once; until that succeeds nothing new begins. A
 * full disk needs none: the frame that ends the transaction was not written.
 */
static int settle(struct store *s, struct err *err)
{
    if (!s->in_doubt)
        return 0;
    if (run(s, STORE_SQL_BEGIN, "begin a transaction", err) != 0)
        return -1;
    s->in_transaction = true;
    if (run(s, STORE_SQL_COMMIT_FAILED, "note the failed commit", err) != 0 ||
        run(s, STORE_SQL_COMMIT, "note the failed commit", err) != 0) {
        undo(s);
        return -1;
    }
    s->in_transaction = false;
    s->in_doubt = false;
    return 0;
}

int store_begin(struct store *s, struct err *err)
{
    assert(!s->in_transaction && s->mode != STORE_READER);
    s->failed = false;
    if (settle(s, err) != 0 || run(s, STORE_SQL_BEGIN, "begin to save", err) != 0)
        return -1;
    s->in_transaction = true;
    s->failed = false;
    return 0;
}

int store_commit(struct store *s, struct err *err)
{
    assert(s->in_transaction);
    if (s->failed || sqlite3_get_autocommit(s->db)) {
        undo(s);
        return err_set(err, ERR_FAILED, "not saved: an earlier step of the same transaction failed");
    }
    if (run(s, STORE_SQL_COMMIT, "save", err) != 0) {
        s->in_doubt = s->mode == STORE_OWNER && (sqlite3_errcode(s->db) & 0xFF) != SQLITE_FULL;
        undo(s);
        settle(s, NULL); /* when this fails, the next store_begin says why */
        return -1;
    }
    s->in_transaction = false;
    s->committed = s->tree;
    if (s->ended)
        s->ended(s->ended_ctx, true);
    return 0;
}

void store_watch(struct store *s, void (*ended)(void *ctx, bool saved), void *ctx)
{
    s->ended = ended;
    s->ended_ctx = ctx;
}

bool store_in_transaction(const struct store *s)
{
    return s->in_transaction;
}

void store_rollback(struct store *s)
{
    assert(s->in_transaction);
    undo(s);
}

int store_read_begin(struct store *s, struct err *err)
{
    assert(!s->in_transaction);
    return run(s, STORE_SQL_BEGIN_READ, "begin to read", err);
}

void store_read_end(struct store *s)
{
    assert(!s->in_transaction);
    if (!sqlite3_get_autocommit(s->db))
        run(s, STORE_SQL_ROLLBACK, "end reading", NULL);
}
