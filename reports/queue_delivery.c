#include "reports/queue_db.h"

#include <assert.h>
#include <stdio.h>

int queue_recover(struct queue *q, int64_t now_ms, int *count, struct err *err)
{
    sqlite3_bind_int64(q->statements[STATEMENT_RECOVER], 1, now_ms);
    if (queue_db_run(q, STATEMENT_RECOVER, "find interrupted deliveries", err) != 0)
        return -1;
    if (count)
        *count = sqlite3_changes(q->db);
    return 0;
}

int queue_adopt(struct queue *q, const char *const outlets[], size_t count, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_ORPHANS];
    char case_id[QUEUE_CASE_MAX];
    int code = SQLITE_DONE, result = 0;
    while (count > 0 && result == 0 && (code = sqlite3_step(s)) == SQLITE_ROW) {
        queue_db_text(s, 0, case_id, sizeof case_id);
        for (size_t i = 0; i < count && result == 0; i++)
            result = queue_delivery_add(q, case_id, outlets[i], now_ms, err);
    }
    if (result == 0)
        return queue_db_end(q, STATEMENT_ORPHANS, code, "look for packages without an outlet", err);
    sqlite3_reset(s);
    return -1;
}

static int any_orphan(struct queue *q, bool *any, struct err *err)
{
    int code = sqlite3_step(q->statements[STATEMENT_ORPHANS]);
    *any = code == SQLITE_ROW;
    return queue_db_end(q, STATEMENT_ORPHANS, code, "look for packages without an outlet", err);
}

int queue_enter(struct queue *q, const char *const outlets[], size_t count, int64_t now_ms, struct err *err)
{
    bool any = false;
    if (count > 0 && any_orphan(q, &any, err) != 0)
        return -1;
    if (!any)
        return 0;
    if (queue_begin(q, err) != 0)
        return -1;
    if (queue_adopt(q, outlets, count, now_ms, err) == 0)
        return queue_commit(q, err);
    queue_rollback(q);
    return -1;
}

int queue_pending(struct queue *q, void (*each)(void *ctx, const char *outlet, int64_t number), void *ctx,
                  struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PENDING];
    char outlet[QUEUE_OUTLET_MAX];
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        queue_db_text(s, 0, outlet, sizeof outlet);
        each(ctx, outlet, sqlite3_column_int64(s, 1));
    }
    return queue_db_end(q, STATEMENT_PENDING, code, "count deliveries", err);
}

int queue_due(struct queue *q, const char *outlet, int64_t now_ms, struct queue_item *items, size_t max, size_t *count,
              struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DUE];
    queue_db_bind(s, 1, outlet);
    sqlite3_bind_int64(s, 2, now_ms);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)max);
    int code;
    *count = 0;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        assert(*count < max);
        struct queue_item *item = &items[(*count)++];
        *item = (struct queue_item){.attempts = sqlite3_column_int(s, 6),
                                    .ask = sqlite3_column_int(s, 7) != 0,
                                    .withdrawn = sqlite3_column_int(s, 8) != 0,
                                    .part = (unsigned)sqlite3_column_int(s, 10),
                                    .handled = sqlite3_column_int(s, 11) != 0};
        snprintf(item->outlet, sizeof item->outlet, "%s", outlet);
        queue_db_text(s, 0, item->package.case_id, sizeof item->package.case_id);
        queue_db_text(s, 1, item->package.sha256, sizeof item->package.sha256);
        queue_db_text(s, 2, item->package.path, sizeof item->package.path);
        item->package.size = (uint64_t)sqlite3_column_int64(s, 3);
        item->package.sealed_ms = sqlite3_column_int64(s, 4);
        item->package.tree_size = (uint64_t)sqlite3_column_int64(s, 5);
        queue_db_text(s, 9, item->last_status, sizeof item->last_status);
    }
    return queue_db_end(q, STATEMENT_DUE, code, "be asked for what is due", err);
}

int queue_hasten(struct queue *q, int64_t latest_ms, int64_t now_ms, struct err *err)
{
    sqlite3_bind_int64(q->statements[STATEMENT_HASTEN], 1, now_ms);
    sqlite3_bind_int64(q->statements[STATEMENT_HASTEN], 2, latest_ms);
    return queue_db_run(q, STATEMENT_HASTEN, "hasten deliveries", err);
}

int queue_claim(struct queue *q, struct queue_item *item, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_CLAIM];
    sqlite3_bind_int64(s, 1, now_ms);
    queue_db_bind(s, 2, item->package.case_id);
    queue_db_bind(s, 3, item->outlet);
    if (queue_db_run(q, STATEMENT_CLAIM, "begin a delivery", err) != 0)
        return -1;
    if (sqlite3_changes(q->db) == 0)
        return err_set(err, ERR_REFUSED, "the delivery of %s is no longer due", item->package.case_id);
    item->attempts++;
    return 0;
}

int queue_unclaim(struct queue *q, const struct queue_item *item, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_UNCLAIM];
    queue_db_bind(s, 1, item->ask ? "unknown" : item->attempts > 1 ? "retry" : "waiting");
    queue_db_bind(s, 2, item->package.case_id);
    queue_db_bind(s, 3, item->outlet);
    return queue_db_run(q, STATEMENT_UNCLAIM, "give a delivery back", err);
}

/* A part has arrived; the next one waits. */
static int finish_part(struct queue *q, const struct queue_item *item, const struct outlet_result *result,
                       int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PROGRESS];
    sqlite3_bind_int64(s, 1, now_ms);
    sqlite3_bind_int64(s, 2, now_ms);
    queue_db_bind(s, 3, result->text);
    queue_db_bind(s, 4, item->package.case_id);
    queue_db_bind(s, 5, item->outlet);
    return queue_db_run(q, STATEMENT_PROGRESS, "keep the result of a delivery", err);
}

static int finish_all(struct queue *q, const struct queue_item *item, const struct outlet_result *result,
                      int64_t now_ms, int64_t next_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FINISH];
    queue_db_bind(s, 1, outlet_outcome_name(result->outcome));
    sqlite3_bind_int64(s, 2, next_ms);
    sqlite3_bind_int64(s, 3, now_ms);
    queue_db_bind(s, 4, result->text);
    if (result->outcome == OUTLET_SENT) {
        queue_db_bind(s, 5, result->receipt_id);
        if (result->receipt[0])
            queue_db_bind(s, 6, result->receipt);
        if (result->receipt_signature[0])
            queue_db_bind(s, 7, result->receipt_signature);
    }
    queue_db_bind(s, 8, item->package.case_id);
    queue_db_bind(s, 9, item->outlet);
    return queue_db_run(q, STATEMENT_FINISH, "keep the result of a delivery", err);
}

static int add_attempt(struct queue *q, const struct queue_item *item, const struct outlet_result *result,
                       int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_ATTEMPT_ADD];
    queue_db_bind(s, 1, item->package.case_id);
    queue_db_bind(s, 2, item->outlet);
    sqlite3_bind_int64(s, 3, now_ms);
    sqlite3_bind_int64(s, 4, item->part);
    queue_db_bind(s, 5, outlet_outcome_name(result->outcome));
    sqlite3_bind_int(s, 6, result->status);
    queue_db_bind(s, 7, result->text);
    return queue_db_run(q, STATEMENT_ATTEMPT_ADD, "keep the history of a delivery", err);
}

int queue_finish(struct queue *q, const struct queue_item *item, const struct outlet_result *result, int64_t now_ms,
                 int64_t next_ms, struct err *err)
{
    if (add_attempt(q, item, result, now_ms, err) != 0)
        return -1;
    if (result->outcome == OUTLET_SENT && result->more)
        return finish_part(q, item, result, now_ms, err);
    return finish_all(q, item, result, now_ms, next_ms, err);
}
