/*
 * What the store's files share among each other; nobody else includes it (the unit tests do).
 */
#ifndef STATION_STORE_PRIVATE_H
#define STATION_STORE_PRIVATE_H

#include <sqlite3.h>

#include "station/store.h"
#include "station/store_sql.h"

/* The journal's tree as far as appending needs it: the roots of the complete subtrees that its size is made of
 * (frontier[l] counts when bit l of size is set). */
struct store_tree {
    uint64_t size;
    struct merkle_hash frontier[MERKLE_PATH_MAX];
};

struct store {
    sqlite3 *db;
    enum store_mode mode;
    char *state_dir;
    char station[64], log[80];
    unsigned restored;    /* how often */
    int64_t numbers_from; /* no number below is given any more */
    int lock_fd;
    bool in_transaction;
    bool failed;   /* a statement of this transaction failed: it can only be rolled back */
    bool in_doubt; /* a commit failed in a way that may still surface after a crash */
    struct store_tree tree, committed;
    void (*ended)(void *ctx, bool saved); /* a transaction; NULL: nobody is told */
    void *ended_ctx;
    struct {
        struct store_measurement *row; /* where the next one goes */
        int64_t to_ms;                 /* no longer than to this time */
    } walk;                            /* of the counted records */
    sqlite3_stmt *statements[STORE_SQL_COUNT];
};

/* Bytes of the path of anything under STATE. */
enum { STORE_PATH_MAX = 1024 };

/* JSON values of one event. */
enum { STORE_EVENT_TOKENS_MAX = 4096 };

/* The statement, reset, ready for its bindings; NULL with *err. One that changes the database needs a transaction. */
sqlite3_stmt *store_statement(struct store *s, enum store_sql which, struct err *err);
/* One that is asked once; the caller finalizes it. NULL with *err. */
sqlite3_stmt *store_prepare(struct store *s, const char *sql, const char *doing, struct err *err);
/* 1: there is a row; 0: no more; -1: *err, and the transaction has failed. `doing` completes "cannot …". After 0 and -1
 * the statement is reset; after the last wanted row the caller resets it with store_done. */
int store_step(struct store *s, sqlite3_stmt *q, const char *doing, struct err *err);
void store_done(sqlite3_stmt *q);
/* Steps a statement that gives no rows. */
int store_run(struct store *s, sqlite3_stmt *q, const char *doing, struct err *err);
/* One integer: the first column of the first row; NULL or no row leave `absent`. */
int store_integer(struct store *s, sqlite3_stmt *q, const char *doing, int64_t absent, int64_t *out, struct err *err);
/* The next number of a table that counts from 1 without gaps; `last` asks for its greatest one. */
int store_next(struct store *s, enum store_sql last, const char *doing, int64_t *seq, struct err *err);

/* Fills *err from the connection's last error. */
int store_failed(struct store *s, const char *doing, struct err *err);

/* Bindings; `text` NULL binds NULL. What they point at must live until the statement is reset. */
void store_bind_text(sqlite3_stmt *q, int at, const char *text);
void store_bind_int(sqlite3_stmt *q, int at, int64_t value);
void store_bind_hash(sqlite3_stmt *q, int at, const struct merkle_hash *hash);
/* Columns: text cut to the buffer (NULL: ""), a copy by malloc (NULL column: *out NULL), a 32-byte hash. */
void store_column_text(sqlite3_stmt *q, int column, char *out, size_t size);
int store_column_copy(sqlite3_stmt *q, int column, char **out, size_t *length, struct err *err);
int store_column_hash(sqlite3_stmt *q, int column, struct merkle_hash *out, struct err *err);

/* store_journal.c: reads size and frontier from the database. */
int store_tree_load(struct store *s, struct err *err);
/* True when `body` holds the member "key":"value" (canonical JSON: one spelling). */
bool store_body_says(const char *body, const char *key, const char *value);

/* store_measurement.c: makes known to SQLite what reads the counted records. Its code. */
int store_measurement_register(struct store *s);

/* store_measurement.c: is the row of this record what the record says? 0 yes, or it is one that cannot be counted
 * (*counted false); ERR_FAILED tells what differs. `voided`: it has been voided since. */
int store_measurement_check(struct store *s, const char *record, size_t length, bool voided, bool *counted,
                            struct err *err);

/* store_open.c: why a file system of that type (statfs) cannot hold the database, or NULL. */
const char *store_file_system_refused(unsigned long type);

#endif
