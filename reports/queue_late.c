#include "reports/queue_late.h"

#include <stddef.h>

#include <sqlite3.h>

#define UNTOLD                                                                                                         \
    " FROM package p JOIN case_file c ON c.id = p.case_id WHERE c.created_ms >= ?2"                                    \
    " AND c.state IN ('send-ordered', 'submitted', 'received', 'police-review', 'entered', 'notified', 'objected',"    \
    " 'penalised', 'paid') AND NOT EXISTS(SELECT 1 FROM delivery d WHERE d.case_id = p.case_id AND d.outlet = ?1)"

static int failed(struct sqlite3 *db, struct err *err)
{
    return err_set(err, ERR_FAILED, "the database cannot be asked for older cases: %s", sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(struct sqlite3 *db, const char *sql, const char *outlet, int64_t from_ms, struct err *err)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) {
        failed(db, err);
        return NULL;
    }
    sqlite3_bind_text(q, 1, outlet, -1, SQLITE_STATIC); /* the caller's, until the statement is done */
    sqlite3_bind_int64(q, 2, from_ms);
    return q;
}

int queue_late_enter(struct sqlite3 *db, const char *outlet, int64_t from_ms, int64_t now_ms, int *count,
                     struct err *err)
{
    sqlite3_stmt *q = prepare(db,
                              "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms)"
                              " SELECT p.case_id, ?1, 'waiting', 0, ?3" UNTOLD,
                              outlet, from_ms, err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 3, now_ms);
    int code = sqlite3_step(q);
    *count = code == SQLITE_DONE ? sqlite3_changes(db) : 0;
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? 0 : failed(db, err);
}

int queue_late_count(struct sqlite3 *db, const char *outlet, int64_t *count, int64_t *first_ms, struct err *err)
{
    sqlite3_stmt *q = prepare(db, "SELECT count(*), ifnull(min(c.created_ms), 0)" UNTOLD, outlet, 0, err);
    if (!q)
        return -1;
    int code = sqlite3_step(q);
    *count = code == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    *first_ms = code == SQLITE_ROW ? sqlite3_column_int64(q, 1) : 0;
    sqlite3_finalize(q);
    return code == SQLITE_ROW ? 0 : failed(db, err);
}
