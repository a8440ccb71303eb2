#include "reports/queue_filed.h"

#include "reports/queue_db.h"

static const char doing[] = "be asked for filed decisions";

static int filed_waits(struct queue *q, const char *outlet, int64_t *waits, struct err *err)
{
    queue_db_bind(q->statements[STATEMENT_FILED_WAITS], 1, outlet);
    return queue_db_integer(q, STATEMENT_FILED_WAITS, doing, waits, err);
}

int queue_filed_enter(struct queue *q, const char *outlet, int64_t now_ms, struct err *err)
{
    int64_t waits;
    sqlite3_stmt *s = q->statements[STATEMENT_FILED_ENTER];
    if (filed_waits(q, outlet, &waits, err) != 0)
        return -1;
    if (!waits)
        return 0;
    queue_db_bind(s, 1, outlet);
    sqlite3_bind_int64(s, 2, now_ms);
    return queue_db_run(q, STATEMENT_FILED_ENTER, doing, err);
}
