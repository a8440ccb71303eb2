/* Tests and the files of records. */
#include "station/store_private.h"

#include <string.h>

int store_test_next_seq(struct store *s, int64_t *seq, struct err *err)
{
    return store_next(s, STORE_SQL_TEST_LAST, "number the test", seq, err);
}

int store_test_start(struct store *s, const struct store_test *t, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TEST_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, t->seq);
    store_bind_text(q, 2, t->id);
    store_bind_text(q, 3, t->method);
    store_bind_text(q, 4, t->plate);
    store_bind_text(q, 5, t->colour);
    store_bind_int(q, 6, t->started_ms);
    store_bind_int(q, 7, (int64_t)event);
    return store_run(s, q, "save the start of the test", err);
}

int store_test_end(struct store *s, const char *id, int64_t ended_ms, const char *verdict, uint64_t event,
                   const char *record, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TEST_END, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    store_bind_int(q, 2, ended_ms);
    store_bind_text(q, 3, verdict);
    store_bind_int(q, 4, (int64_t)event);
    store_bind_text(q, 5, record);
    if (store_run(s, q, "save the end of the test", err) != 0)
        return -1;
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, ERR_REFUSED, "there is no open test %s", id);
    return 0;
}

int store_test_void(struct store *s, const char *id, const char *reason, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TEST_VOID, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    store_bind_text(q, 2, reason);
    if (store_run(s, q, "void the test", err) != 0)
        return -1;
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, ERR_REFUSED, "there is no ended test %s that is not void already", id);
    return 0;
}

/* The columns of STORE_TEST_COLUMNS. */
static void read_test(sqlite3_stmt *q, struct store_test *t)
{
    memset(t, 0, sizeof *t);
    t->seq = sqlite3_column_int64(q, 0);
    store_column_text(q, 1, t->id, sizeof t->id);
    store_column_text(q, 2, t->method, sizeof t->method);
    store_column_text(q, 3, t->plate, sizeof t->plate);
    store_column_text(q, 4, t->colour, sizeof t->colour);
    t->started_ms = sqlite3_column_int64(q, 5);
    t->ended_ms = sqlite3_column_int64(q, 6);
    store_column_text(q, 7, t->verdict, sizeof t->verdict);
    store_column_text(q, 8, t->void_reason, sizeof t->void_reason);
    if (sqlite3_column_type(q, 8) != SQLITE_NULL)
        memcpy(t->verdict, "void", sizeof "void");
    t->end_event = sqlite3_column_type(q, 9) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, 9);
    t->start_event = sqlite3_column_int64(q, 11);
}

int store_test_get(struct store *s, const char *id, struct store_test *out, char **record, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TEST_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "read the test", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "there is no test %s", id);
    read_test(q, out);
    rc = record ? store_column_copy(q, 10, record, NULL, err) : 0;
    store_done(q);
    return rc;
}

int store_test_list(struct store *s, const char *plate, const char *colour, bool open_only, int limit,
                    int (*each)(void *ctx, const struct store_test *t), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s,
                                      open_only ? STORE_SQL_TEST_LIST_OPEN
                                      : plate   ? STORE_SQL_TEST_LIST_PLATE
                                                : STORE_SQL_TEST_LIST,
                                      err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_text(q, 2, colour);
    store_bind_int(q, 3, INT64_MAX);
    store_bind_int(q, 4, limit);
    int rc;
    while ((rc = store_step(s, q, "list the tests", err)) > 0) {
        struct store_test t;
        read_test(q, &t);
        if (each(ctx, &t) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_file_add(struct store *s, const char *subject, const char *name, const char *sha256, size_t size,
                   struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_FILE_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    store_bind_text(q, 2, name);
    store_bind_text(q, 3, sha256);
    store_bind_int(q, 4, (int64_t)size);
    return store_run(s, q, "save the name of a file", err);
}

int store_file_list(struct store *s, const char *subject, int (*each)(void *ctx, const struct store_file *f), void *ctx,
                    struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_FILE_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    int rc;
    while ((rc = store_step(s, q, "list the files", err)) > 0) {
        struct store_file f;
        store_column_text(q, 0, f.name, sizeof f.name);
        store_column_text(q, 1, f.sha256, sizeof f.sha256);
        f.size = sqlite3_column_int64(q, 2);
        if (each(ctx, &f) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_subject_event_add(struct store *s, const char *subject, uint64_t event, const char *kind, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUBJECT_EVENT_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    store_bind_int(q, 2, (int64_t)event);
    store_bind_text(q, 3, kind);
    return store_run(s, q, "note whose event it is", err);
}

int store_subject_event_list(struct store *s, const char *subject,
                             int (*each)(void *ctx, uint64_t event, const char *kind), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_SUBJECT_EVENT_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    int rc;
    while ((rc = store_step(s, q, "list what belongs to it", err)) > 0) {
        char kind[24];
        uint64_t event = (uint64_t)sqlite3_column_int64(q, 0);
        store_column_text(q, 1, kind, sizeof kind);
        if (each(ctx, event, kind) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}
