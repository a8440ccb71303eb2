/* Cases, and what became of them on their way out. */
#include "station/store_life.h"
#include "station/store_private.h"

#include <string.h>

int store_case_add(struct store *s, const char *id, const char *subject, int64_t created_ms, const char *state,
                   struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    store_bind_text(q, 2, subject);
    store_bind_int(q, 3, created_ms);
    store_bind_text(q, 4, state);
    return store_run(s, q, "save the case", err);
}

int store_case_state(struct store *s, const char *subject, char state[16], struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_STATE, err);
    state[0] = '\0';
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    int rc = store_step(s, q, "look for the case", err);
    if (rc > 0) {
        store_column_text(q, 0, state, 16);
        store_done(q);
    }
    return rc < 0 ? -1 : 0;
}

int store_case_event_list(struct store *s, const char *case_id, int (*each)(void *ctx, uint64_t event), void *ctx,
                          struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_EVENT_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, case_id);
    int rc;
    while ((rc = store_step(s, q, "list the events of the case", err)) > 0)
        if (each(ctx, (uint64_t)sqlite3_column_int64(q, 0)) != 0) {
            store_done(q);
            return 0;
        }
    return rc;
}

static void read_case(sqlite3_stmt *q, struct store_case *c)
{
    c->seq = sqlite3_column_int64(q, 0);
    c->created_ms = sqlite3_column_int64(q, 1);
    store_column_text(q, 2, c->id, sizeof c->id);
    store_column_text(q, 3, c->subject, sizeof c->subject);
    store_column_text(q, 4, c->state, sizeof c->state);
    store_column_text(q, 5, c->repair, sizeof c->repair);
    store_column_text(q, 6, c->plate, sizeof c->plate);
    store_column_text(q, 7, c->colour, sizeof c->colour);
    store_column_text(q, 8, c->method, sizeof c->method);
    store_column_text(q, 9, c->tester, sizeof c->tester);
    store_column_text(q, 10, c->police, sizeof c->police);
    store_column_text(q, 11, c->reviewer1, sizeof c->reviewer1);
    store_column_text(q, 12, c->reviewer2, sizeof c->reviewer2);
    store_column_text(q, 13, c->number, sizeof c->number);
    store_column_text(q, 14, c->retest, sizeof c->retest);
    c->ground = sqlite3_column_int(q, 15);
    c->sealed_event = sqlite3_column_type(q, 16) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, 16);
}

static int walk_cases(struct store *s, sqlite3_stmt *q, int (*each)(void *ctx, const struct store_case *c), void *ctx,
                      struct err *err)
{
    int rc;
    while ((rc = store_step(s, q, "list the cases", err)) > 0) {
        struct store_case c;
        read_case(q, &c);
        if (each(ctx, &c) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_case_get(struct store *s, const char *id, struct store_case *out, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "find the case", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "there is no case '%s'; smogctl case list shows them", id);
    read_case(q, out);
    store_done(q);
    return 0;
}

int store_case_list(struct store *s, const char *plate, const char *state, int limit,
                    int (*each)(void *ctx, const struct store_case *c), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s,
                                      plate   ? STORE_SQL_CASE_LIST_PLATE
                                      : state ? STORE_SQL_CASE_LIST_STATE
                                              : STORE_SQL_CASE_LIST,
                                      err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate ? plate : state);
    store_bind_int(q, 2, INT64_MAX);
    store_bind_int(q, 3, limit);
    return walk_cases(s, q, each, ctx, err);
}

int store_case_unsealed_bytes(struct store *s, int64_t *cases, int64_t *bytes, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_UNSEALED_BYTES, err);
    if (!q || store_step(s, q, "measure what is to be sealed", err) <= 0)
        return -1;
    *cases = sqlite3_column_int64(q, 0);
    *bytes = sqlite3_column_int64(q, 1);
    store_done(q);
    return 0;
}

int store_case_unsealed(struct store *s, int64_t after, int limit, int (*each)(void *ctx, const struct store_case *c),
                        void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_UNSEALED, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, after);
    store_bind_int(q, 2, limit);
    return walk_cases(s, q, each, ctx, err);
}

int store_case_sealed(struct store *s, int limit, int (*each)(void *ctx, const struct store_case *c), void *ctx,
                      struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_SEALED, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, limit);
    return walk_cases(s, q, each, ctx, err);
}

int store_package_get(struct store *s, const char *id, struct store_package *out, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PACKAGE_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "find the package", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "there is no sealed package of %s; smogctl outbox list shows the cases", id);
    store_column_text(q, 0, out->case_id, sizeof out->case_id);
    store_column_text(q, 1, out->sha256, sizeof out->sha256);
    store_column_text(q, 2, out->path, sizeof out->path);
    out->size = sqlite3_column_int64(q, 3);
    out->sealed_ms = sqlite3_column_int64(q, 4);
    out->tree_size = sqlite3_column_int64(q, 5);
    store_done(q);
    return 0;
}

static int walk_outbox(struct store *s, sqlite3_stmt *q, int (*each)(void *ctx, const struct store_outbox_row *row),
                       void *ctx, struct err *err)
{
    int rc;
    while ((rc = store_step(s, q, "list the outbox", err)) > 0) {
        struct store_outbox_row row;
        store_column_text(q, 0, row.case_id, sizeof row.case_id);
        store_column_text(q, 1, row.subject, sizeof row.subject);
        row.created_ms = sqlite3_column_int64(q, 2);
        store_column_text(q, 3, row.outlet, sizeof row.outlet);
        store_column_text(q, 4, row.state, sizeof row.state);
        store_column_text(q, 5, row.last_status, sizeof row.last_status);
        store_column_text(q, 6, row.receipt_id, sizeof row.receipt_id);
        row.attempts = sqlite3_column_int(q, 7);
        row.next_ms = sqlite3_column_int64(q, 8);
        row.last_ms = sqlite3_column_int64(q, 9);
        if (each(ctx, &row) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_outbox_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_outbox_row *row), void *ctx,
                      struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OUTBOX_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, INT64_MAX);
    store_bind_int(q, 2, limit);
    return walk_outbox(s, q, each, ctx, err);
}

int store_outbox_of(struct store *s, const char *subject, int (*each)(void *ctx, const struct store_outbox_row *row),
                    void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OUTBOX_OF, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, subject);
    return walk_outbox(s, q, each, ctx, err);
}

int store_outbox_records(struct store *s, int limit, int (*each)(void *ctx, const struct store_outbox_row *row),
                         void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OUTBOX_RECORDS, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, limit);
    return walk_outbox(s, q, each, ctx, err);
}

int store_outbox_deliveries(struct store *s, const char *id, int (*each)(void *ctx, const struct store_outbox_row *row),
                            void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OUTBOX_DELIVERIES, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    return walk_outbox(s, q, each, ctx, err);
}

int store_attempt_list(struct store *s, const char *id, int (*each)(void *ctx, const struct store_attempt *a),
                       void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ATTEMPT_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc;
    while ((rc = store_step(s, q, "list the attempts", err)) > 0) {
        struct store_attempt a = {.n = sqlite3_column_int64(q, 1),
                                  .at_ms = sqlite3_column_int64(q, 2),
                                  .part = sqlite3_column_int(q, 3),
                                  .status = sqlite3_column_int(q, 5)};
        store_column_text(q, 0, a.outlet, sizeof a.outlet);
        store_column_text(q, 4, a.outcome, sizeof a.outcome);
        store_column_text(q, 6, a.text, sizeof a.text);
        if (each(ctx, &a) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_outbox_counts(struct store *s, int64_t counts[4], struct err *err)
{
    static const struct {
        const char *state;
        int place;
    } places[] = {{"waiting", 0}, {"sending", 0}, {"retry", 0}, {"sent", 1}, {"refused", 2}, {"unknown", 3}};
    memset(counts, 0, 4 * sizeof counts[0]);
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_UNSEALED_COUNT, err);
    if (!q || store_integer(s, q, "count the cases", 0, &counts[0], err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int64_t count;
        q = store_statement(s, STORE_SQL_OUTBOX_COUNT, err);
        if (!q)
            return -1;
        store_bind_text(q, 1, places[i].state);
        if (store_integer(s, q, "count the deliveries", 0, &count, err) != 0)
            return -1;
        counts[places[i].place] += count;
    }
    return 0;
}

int store_outbox_retry(struct store *s, const char *case_id, const char *outlet, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, outlet ? STORE_SQL_OUTBOX_RETRY : STORE_SQL_OUTBOX_RETRY_ALL, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, now_ms);
    store_bind_text(q, 2, case_id);
    if (outlet)
        store_bind_text(q, 3, outlet);
    if (store_run(s, q, "change the delivery", err) != 0)
        return -1;
    if (sqlite3_changes(s->db) == 0)
        return err_set(err, ERR_REFUSED, "case %s has no delivery that could be tried again%s%s", case_id,
                       outlet ? " to " : "", outlet ? outlet : "");
    return 0;
}

int store_outbox_release(struct store *s, const char *case_id, const char *outlet, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OUTBOX_RELEASE, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, now_ms);
    store_bind_text(q, 2, case_id);
    if (outlet)
        store_bind_text(q, 3, outlet);
    if (store_run(s, q, "change the delivery", err) != 0)
        return -1;
    return sqlite3_changes(s->db) > 0 ? 0
                                      : err_set(err, ERR_REFUSED, "%s has no delivery that could be released", case_id);
}

int store_receipt_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_receipt *r), void *ctx,
                       struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_RECEIPT_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, limit);
    int rc;
    while ((rc = store_step(s, q, "list the receipts", err)) > 0) {
        struct store_receipt r;
        store_column_text(q, 0, r.case_id, sizeof r.case_id);
        store_column_text(q, 1, r.outlet, sizeof r.outlet);
        r.receipt = (const char *)sqlite3_column_text(q, 2);
        store_column_text(q, 3, r.package_sha256, sizeof r.package_sha256);
        if (each(ctx, &r) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_receipt_journaled(struct store *s, const char *case_id, const char *outlet, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_RECEIPT_JOURNALED, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, case_id);
    store_bind_text(q, 2, outlet);
    return store_run(s, q, "mark the receipt", err);
}
