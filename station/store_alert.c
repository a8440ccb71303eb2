/* Alerts: what a supervisor is to look at. */
#include "station/store_private.h"

#include <string.h>

int store_alert_add(struct store *s, const struct store_alert *a, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ALERT_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, a->code);
    store_bind_text(q, 2, a->subject);
    store_bind_int(q, 3, a->at_ms);
    store_bind_text(q, 4, a->evidence);
    store_bind_int(q, 5, (int64_t)event);
    return store_run(s, q, "save an alert", err);
}

int store_alert_list(struct store *s, const char *subject, int64_t since_ms, int limit,
                     int (*each)(void *ctx, const struct store_alert *a), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, subject ? STORE_SQL_ALERT_LIST_SUBJECT : STORE_SQL_ALERT_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    store_bind_int(q, 2, INT64_MAX);
    store_bind_int(q, 3, since_ms);
    store_bind_int(q, 4, limit);
    int rc;
    while ((rc = store_step(s, q, "list the alerts", err)) > 0) {
        struct store_alert a;
        a.seq = sqlite3_column_int64(q, 0);
        store_column_text(q, 1, a.code, sizeof a.code);
        store_column_text(q, 2, a.subject, sizeof a.subject);
        a.at_ms = sqlite3_column_int64(q, 3);
        store_column_text(q, 4, a.evidence, sizeof a.evidence);
        if (each(ctx, &a) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}
