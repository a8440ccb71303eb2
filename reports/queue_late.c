#include "reports/queue_late.h"

#include "reports/queue_db.h"

static const char doing[] = "be asked for older cases";

static sqlite3_stmt *bind(struct queue *q, enum statement id, const char *outlet, int64_t from_ms)
{
    queue_db_bind(q->statements[id], 1, outlet);
    sqlite3_bind_int64(q->statements[id], 2, from_ms);
    return q->statements[id];
}

int queue_late_enter(struct queue *q, const char *outlet, int64_t from_ms, int64_t now_ms, int *count, struct err *err)
{
    sqlite3_bind_int64(bind(q, STATEMENT_LATE_ENTER, outlet, from_ms), 3, now_ms);
    int result = queue_db_run(q, STATEMENT_LATE_ENTER, doing, err);
    *count = result == 0 ? sqlite3_changes(q->db) : 0;
    return result;
}

int queue_late_count(struct queue *q, const char *outlet, int64_t *count, int64_t *first_ms, struct err *err)
{
    sqlite3_stmt *s = bind(q, STATEMENT_LATE_COUNT, outlet, 0);
    int code = sqlite3_step(s);
    *count = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    *first_ms = code == SQLITE_ROW ? sqlite3_column_int64(s, 1) : 0;
    return queue_db_end(q, STATEMENT_LATE_COUNT, code, doing, err);
}
