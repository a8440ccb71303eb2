#include "reports/queue_db.h"

int queue_park(struct queue *q, const char *id, const char *outlet, const char *text, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PARKED];
    queue_db_bind(s, 1, id);
    queue_db_bind(s, 2, outlet);
    sqlite3_bind_int64(s, 3, now_ms);
    queue_db_bind(s, 4, text);
    return queue_db_run(q, STATEMENT_PARKED, "park a record", err);
}

static int feed_set(struct queue *q, const char *outlet, int64_t seq, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEED_SET];
    queue_db_bind(s, 1, outlet);
    sqlite3_bind_int64(s, 2, seq);
    sqlite3_bind_int64(s, 3, now_ms);
    return queue_db_run(q, STATEMENT_FEED_SET, "enter records", err);
}

/* How far it is, and since when; *seq -1: it has not begun. */
static int feed_get(struct queue *q, const char *outlet, int64_t *seq, int64_t *at_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEED_GET];
    queue_db_bind(s, 1, outlet);
    int code = sqlite3_step(s);
    *seq = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    *at_ms = code == SQLITE_ROW ? sqlite3_column_int64(s, 1) : 0;
    return queue_db_end(q, STATEMENT_FEED_GET, code, "be asked for an outlet's records", err);
}

/* A new outlet begins with what comes from now on, or with what is younger than its configuration says. */
static int feed_begin(struct queue *q, const struct queue_feed *f, int64_t last, int64_t *seq, struct err *err)
{
    enum statement from = f->passages ? STATEMENT_PASSAGES_FROM : STATEMENT_TESTS_FROM;
    *seq = last;
    if (f->from_ms == 0)
        return 0;
    sqlite3_bind_int64(q->statements[from], 1, f->from_ms);
    if (queue_db_integer(q, from, "be asked for records", seq, err) != 0)
        return -1;
    *seq = *seq < 0 ? last : *seq - 1;
    return 0;
}

/* What is in the feed: from the one after *seq up to *to, which is *seq when there is nothing to enter yet.
 */
static int feed_look(struct queue *q, const struct queue_feed *f, int64_t now_ms, int64_t *seq, int64_t *to,
                     bool *begins, struct err *err)
{
    int64_t last = 0, at_ms = 0;
    enum statement newest = f->passages ? STATEMENT_PASSAGES_LAST : STATEMENT_TESTS_LAST;
    if (queue_db_integer(q, newest, "be asked for records", &last, err) != 0 ||
        feed_get(q, f->outlet, seq, &at_ms, err) != 0)
        return -1;
    *begins = *seq < 0;
    if (*begins && feed_begin(q, f, last, seq, err) != 0)
        return -1;
    *to = last > *seq + f->batch ? *seq + f->batch : last;
    bool ripe = !f->passages || *to == *seq + f->batch || now_ms - at_ms >= f->ripe_ms || now_ms < at_ms;
    if (*to < *seq || !ripe)
        *to = *seq;
    return 0;
}

int queue_feed_waits(struct queue *q, const struct queue_feed *f, int64_t now_ms, bool *waits, struct err *err)
{
    int64_t seq = 0, to = 0;
    bool begins = false;
    if (feed_look(q, f, now_ms, &seq, &to, &begins, err) != 0)
        return -1;
    *waits = begins || to > seq;
    return 0;
}

int queue_feed_enter(struct queue *q, const struct queue_feed *f, int64_t now_ms, struct err *err)
{
    int64_t seq = 0, to = 0;
    bool begins = false;
    enum statement enter = f->passages ? STATEMENT_FEED_PASSAGES : STATEMENT_FEED_TESTS;
    if (feed_look(q, f, now_ms, &seq, &to, &begins, err) != 0)
        return -1;
    if (!begins && to == seq)
        return 0;
    sqlite3_stmt *s = q->statements[enter];
    queue_db_bind(s, 1, f->outlet);
    sqlite3_bind_int64(s, 2, now_ms);
    sqlite3_bind_int64(s, 3, seq);
    sqlite3_bind_int64(s, 4, to);
    if (to > seq && queue_db_run(q, enter, "enter records", err) != 0)
        return -1;
    return feed_set(q, f->outlet, to, now_ms, err);
}
