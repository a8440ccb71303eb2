#include "reports/queue_filed.h"

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>

#define UNTOLD                                                                                                         \
    " FROM case_file c JOIN package p ON p.case_id = c.id WHERE c.state = 'handled'"                                   \
    " AND EXISTS(SELECT 1 FROM case_step s WHERE s.case_id = c.id AND s.act = 'file')"                                 \
    " AND NOT EXISTS(SELECT 1 FROM delivery d WHERE d.case_id = c.id AND d.outlet = ?1)"

static int failed(struct sqlite3 *db, struct err *err)
{
    return err_set(err, ERR_FAILED, "the database cannot be asked for filed decisions: %s", sqlite3_errmsg(db));
}

/* The last step's code; SQLITE_ERROR where it cannot be prepared. */
static int step(struct sqlite3 *db, const char *sql, const char *outlet, int64_t now_ms)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        return SQLITE_ERROR;
    sqlite3_bind_text(q, 1, outlet, -1, SQLITE_STATIC);
    if (sqlite3_bind_parameter_count(q) > 1)
        sqlite3_bind_int64(q, 2, now_ms);
    int code = sqlite3_step(q);
    sqlite3_finalize(q);
    return code;
}

int queue_filed_enter(struct sqlite3 *db, const char *outlet, int64_t now_ms, struct err *err)
{
    int code = step(db, "SELECT 1" UNTOLD " LIMIT 1", outlet, now_ms);
    if (code == SQLITE_ROW)
        code = step(db,
                    "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms)"
                    " SELECT c.id, ?1, 'waiting', 0, ?2" UNTOLD,
                    outlet, now_ms);
    return code == SQLITE_DONE ? 0 : failed(db, err);
}
