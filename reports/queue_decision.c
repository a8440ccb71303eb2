#include "reports/queue_db.h"

int queue_decision_last(struct queue *q, const char *outlet, int64_t *n, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DECISION_LAST];
    queue_db_bind(s, 1, outlet);
    int code = sqlite3_step(s);
    *n = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    return queue_db_end(q, STATEMENT_DECISION_LAST, code, "be asked for decisions", err);
}

static int case_of_package(struct queue *q, const char *sha256, char case_id[QUEUE_CASE_MAX], struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DECISION_CASE];
    queue_db_bind(s, 1, sha256);
    int code = sqlite3_step(s);
    case_id[0] = '\0';
    if (code == SQLITE_ROW)
        queue_db_text(s, 0, case_id, QUEUE_CASE_MAX);
    return queue_db_end(q, STATEMENT_DECISION_CASE, code, "be asked for a package", err);
}

int queue_decision_add(struct queue *q, const char *outlet, const struct decision *d, char case_id[QUEUE_CASE_MAX],
                       struct err *err)
{
    if (case_of_package(q, d->package_sha256, case_id, err) != 0)
        return -1;
    sqlite3_stmt *s = q->statements[STATEMENT_DECISION_ADD];
    queue_db_bind(s, 1, outlet);
    sqlite3_bind_int64(s, 2, d->n);
    queue_db_bind(s, 3, d->package_sha256);
    if (case_id[0])
        queue_db_bind(s, 4, case_id);
    queue_db_bind(s, 5, d->kind);
    queue_db_bind(s, 6, d->at);
    queue_db_bind(s, 7, d->body);
    if (d->signature[0])
        queue_db_bind(s, 8, d->signature);
    return queue_db_run(q, STATEMENT_DECISION_ADD, "keep a decision", err);
}

int queue_feedback_get(struct queue *q, const char *outlet, struct queue_feedback *out, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEEDBACK_GET];
    *out = (struct queue_feedback){.asked_ms = 0};
    queue_db_bind(s, 1, outlet);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        out->asked_ms = sqlite3_column_int64(s, 0);
        out->next_ms = sqlite3_column_int64(s, 1);
        out->quiet = sqlite3_column_int(s, 2);
        out->failures = sqlite3_column_int(s, 3);
        queue_db_text(s, 4, out->trouble, sizeof out->trouble);
    }
    return queue_db_end(q, STATEMENT_FEEDBACK_GET, code, "be asked how decisions are fetched", err);
}

int queue_feedback_set(struct queue *q, const char *outlet, const struct queue_feedback *f, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEEDBACK_SET];
    queue_db_bind(s, 1, outlet);
    sqlite3_bind_int64(s, 2, f->asked_ms);
    sqlite3_bind_int64(s, 3, f->next_ms);
    sqlite3_bind_int(s, 4, f->quiet);
    sqlite3_bind_int(s, 5, f->failures);
    queue_db_bind(s, 6, f->trouble);
    return queue_db_run(q, STATEMENT_FEEDBACK_SET, "keep how decisions are fetched", err);
}
