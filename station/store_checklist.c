/* Checklists, their answers, and what goes to which authority. */
#include "station/store_private.h"

#include <string.h>

static void bind_optional(sqlite3_stmt *q, int at, const char *text)
{
    store_bind_text(q, at, text[0] ? text : NULL);
}

int store_checklist_next_seq(struct store *s, int64_t *seq, struct err *err)
{
    return store_next(s, STORE_SQL_CHECKLIST_LAST, "number the checklist", seq, err);
}

int store_checklist_add(struct store *s, const struct store_checklist *c, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECKLIST_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, c->seq);
    store_bind_text(q, 2, c->id);
    store_bind_text(q, 3, c->name);
    store_bind_text(q, 4, c->sha256);
    store_bind_text(q, 5, c->plate);
    store_bind_text(q, 6, c->colour);
    store_bind_text(q, 7, c->test);
    store_bind_int(q, 8, c->started_ms);
    store_bind_int(q, 9, (int64_t)event);
    return store_run(s, q, "save the checklist", err);
}

static void read_checklist(sqlite3_stmt *q, struct store_checklist *c)
{
    c->seq = sqlite3_column_int64(q, 0);
    store_column_text(q, 1, c->id, sizeof c->id);
    store_column_text(q, 2, c->name, sizeof c->name);
    store_column_text(q, 3, c->sha256, sizeof c->sha256);
    store_column_text(q, 4, c->plate, sizeof c->plate);
    store_column_text(q, 5, c->colour, sizeof c->colour);
    store_column_text(q, 6, c->test, sizeof c->test);
    c->started_ms = sqlite3_column_int64(q, 7);
    c->ended_ms = sqlite3_column_int64(q, 8);
}

int store_checklist_get(struct store *s, const char *id, struct store_checklist *out, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECKLIST_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "read the checklist", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "there is no checklist %s", id);
    read_checklist(q, out);
    store_done(q);
    return 0;
}

int store_checklist_list(struct store *s, const char *plate, int limit,
                         int (*each)(void *ctx, const struct store_checklist *c), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, plate ? STORE_SQL_CHECKLIST_LIST_PLATE : STORE_SQL_CHECKLIST_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_int(q, 2, INT64_MAX);
    store_bind_int(q, 3, limit);
    int rc;
    while ((rc = store_step(s, q, "list the checklists", err)) > 0) {
        struct store_checklist c;
        read_checklist(q, &c);
        if (each(ctx, &c) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_checklist_end(struct store *s, int64_t seq, int64_t ended_ms, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECKLIST_END, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, seq);
    store_bind_int(q, 2, ended_ms);
    return store_run(s, q, "end the checklist", err);
}

int store_checklist_answer(struct store *s, int64_t seq, const struct store_answer *a, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECKLIST_ANSWER, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, seq);
    store_bind_text(q, 2, a->item);
    store_bind_text(q, 3, a->answer);
    bind_optional(q, 4, a->value);
    bind_optional(q, 5, a->remark);
    bind_optional(q, 6, a->photo);
    store_bind_text(q, 7, a->officer);
    store_bind_int(q, 8, a->at_ms);
    store_bind_int(q, 9, (int64_t)event);
    return store_run(s, q, "save the answer", err);
}

int store_checklist_answers(struct store *s, int64_t seq, int (*each)(void *ctx, const struct store_answer *a),
                            void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CHECKLIST_ANSWERS, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, seq);
    int rc;
    while ((rc = store_step(s, q, "list the answers", err)) > 0) {
        struct store_answer a;
        store_column_text(q, 0, a.item, sizeof a.item);
        store_column_text(q, 1, a.answer, sizeof a.answer);
        store_column_text(q, 2, a.value, sizeof a.value);
        store_column_text(q, 3, a.remark, sizeof a.remark);
        store_column_text(q, 4, a.photo, sizeof a.photo);
        store_column_text(q, 5, a.officer, sizeof a.officer);
        a.at_ms = sqlite3_column_int64(q, 6);
        if (each(ctx, &a) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_referral_add(struct store *s, const struct store_referral *r, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_REFERRAL_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, r->authority);
    store_bind_text(q, 2, r->checklist);
    store_bind_text(q, 3, r->plate);
    store_bind_text(q, 4, r->colour);
    store_bind_int(q, 5, r->at_ms);
    store_bind_text(q, 6, r->items);
    store_bind_int(q, 7, (int64_t)event);
    return store_run(s, q, "save the referral", err);
}

static int list_referrals(struct store *s, enum store_sql which, const char *of, int limit,
                          int (*each)(void *ctx, const struct store_referral *r), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, which, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, of);
    store_bind_int(q, 2, INT64_MAX);
    store_bind_int(q, 3, limit);
    int rc;
    while ((rc = store_step(s, q, "list the referrals", err)) > 0) {
        struct store_referral r;
        r.seq = sqlite3_column_int64(q, 0);
        store_column_text(q, 1, r.authority, sizeof r.authority);
        store_column_text(q, 2, r.checklist, sizeof r.checklist);
        store_column_text(q, 3, r.plate, sizeof r.plate);
        store_column_text(q, 4, r.colour, sizeof r.colour);
        r.at_ms = sqlite3_column_int64(q, 5);
        store_column_text(q, 6, r.items, sizeof r.items);
        if (each(ctx, &r) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_referral_list(struct store *s, const char *authority, int limit,
                        int (*each)(void *ctx, const struct store_referral *r), void *ctx, struct err *err)
{
    return list_referrals(s, authority ? STORE_SQL_REFERRAL_LIST_AUTHORITY : STORE_SQL_REFERRAL_LIST, authority, limit,
                          each, ctx, err);
}

int store_referral_list_plate(struct store *s, const char *plate, int limit,
                              int (*each)(void *ctx, const struct store_referral *r), void *ctx, struct err *err)
{
    return list_referrals(s, STORE_SQL_REFERRAL_LIST_PLATE, plate, limit, each, ctx, err);
}
