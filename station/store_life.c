#include "station/store_life.h"

#include "station/store_private.h"

#include <stdio.h>
#include <string.h>

/* "" is nothing. */
static void bind_some(sqlite3_stmt *q, int at, const char *text)
{
    store_bind_text(q, at, text[0] ? text : NULL);
}

/* ---- steps ---- */

static int write_case(struct store *s, const struct store_case *c, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_MOVE, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, c->id);
    store_bind_text(q, 2, c->state);
    store_bind_text(q, 3, c->repair);
    store_bind_text(q, 4, c->tester);
    store_bind_text(q, 5, c->police);
    store_bind_text(q, 6, c->reviewer1);
    store_bind_text(q, 7, c->reviewer2);
    store_bind_text(q, 8, c->number);
    store_bind_int(q, 9, c->ground);
    store_bind_text(q, 10, c->retest);
    if (c->sealed_event >= 0)
        store_bind_int(q, 11, c->sealed_event);
    return store_run(s, q, "save the case", err);
}

int store_case_move(struct store *s, const struct store_case *c, const struct store_case_step *step, uint64_t event,
                    struct err *err)
{
    if (write_case(s, c, err) != 0)
        return -1;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_STEP_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, c->id);
    store_bind_int(q, 2, step->at_ms);
    store_bind_text(q, 3, step->track);
    store_bind_text(q, 4, step->act);
    store_bind_text(q, 5, step->from);
    store_bind_text(q, 6, step->to);
    bind_some(q, 7, step->officer);
    bind_some(q, 8, step->role);
    bind_some(q, 9, step->police);
    bind_some(q, 10, step->reason);
    bind_some(q, 11, step->number);
    if (step->ground)
        store_bind_int(q, 12, step->ground);
    bind_some(q, 13, step->until);
    bind_some(q, 14, step->detail);
    store_bind_int(q, 15, (int64_t)event);
    return store_run(s, q, "save the step of the case", err);
}

static void read_step(sqlite3_stmt *q, struct store_case_step *step)
{
    step->n = sqlite3_column_int64(q, 0);
    step->at_ms = sqlite3_column_int64(q, 1);
    store_column_text(q, 2, step->track, sizeof step->track);
    store_column_text(q, 3, step->act, sizeof step->act);
    store_column_text(q, 4, step->from, sizeof step->from);
    store_column_text(q, 5, step->to, sizeof step->to);
    store_column_text(q, 6, step->officer, sizeof step->officer);
    store_column_text(q, 7, step->role, sizeof step->role);
    store_column_text(q, 8, step->police, sizeof step->police);
    store_column_text(q, 9, step->reason, sizeof step->reason);
    store_column_text(q, 10, step->number, sizeof step->number);
    step->ground = sqlite3_column_int(q, 11);
    store_column_text(q, 12, step->until, sizeof step->until);
    store_column_text(q, 13, step->detail, sizeof step->detail);
    step->event = sqlite3_column_int64(q, 14);
}

int store_case_steps(struct store *s, const char *case_id, int (*each)(void *ctx, const struct store_case_step *step),
                     void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_STEP_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, case_id);
    int rc;
    while ((rc = store_step(s, q, "list the steps of the case", err)) > 0) {
        struct store_case_step step;
        read_step(q, &step);
        if (each(ctx, &step) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_case_step_walk(struct store *s, int (*each)(void *ctx, const char *case_id, int64_t at_ms, const char *to),
                         void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CASE_STEP_WALK, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, "");
    int rc;
    while ((rc = store_step(s, q, "walk through the cases", err)) > 0)
        if (each(ctx, (const char *)sqlite3_column_text(q, 0), sqlite3_column_int64(q, 1),
                 (const char *)sqlite3_column_text(q, 2)) != 0) {
            store_done(q);
            return 0;
        }
    return rc;
}

void store_case_life(const struct store_case *row, struct caselife *life)
{
    *life = (struct caselife){.state = caselife_state_by_name(row->state),
                              .repair = caselife_repair_by_name(row->repair),
                              .stopped = strcmp(row->method, "remote-sensing") != 0,
                              .ground = row->ground};
    snprintf(life->tester, sizeof life->tester, "%s", row->tester);
    snprintf(life->police, sizeof life->police, "%s", row->police);
    snprintf(life->reviewer1, sizeof life->reviewer1, "%s", row->reviewer1);
    snprintf(life->reviewer2, sizeof life->reviewer2, "%s", row->reviewer2);
    snprintf(life->number, sizeof life->number, "%s", row->number);
    snprintf(life->retest, sizeof life->retest, "%s", row->retest);
}

/* ---- officers ---- */

int store_officer_set(struct store *s, const struct store_officer *o, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OFFICER_SET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, o->number);
    store_bind_text(q, 2, o->name);
    store_bind_text(q, 3, o->role);
    bind_some(q, 4, o->certificate);
    store_bind_int(q, 5, o->added_ms);
    store_bind_int(q, 6, (int64_t)event);
    return store_run(s, q, "save the officer", err);
}

int store_officer_disable(struct store *s, const char *number, int64_t now_ms, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OFFICER_DISABLE, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, number);
    store_bind_int(q, 2, now_ms);
    store_bind_int(q, 3, (int64_t)event);
    if (store_run(s, q, "disable the officer", err) != 0)
        return -1;
    if (sqlite3_changes(s->db) == 0)
        return err_set(err, ERR_REFUSED, "there is no enabled officer '%s'; smogctl officer list shows them", number);
    return 0;
}

static void read_officer(sqlite3_stmt *q, struct store_officer *o)
{
    store_column_text(q, 0, o->number, sizeof o->number);
    store_column_text(q, 1, o->name, sizeof o->name);
    store_column_text(q, 2, o->role, sizeof o->role);
    store_column_text(q, 3, o->certificate, sizeof o->certificate);
    o->added_ms = sqlite3_column_int64(q, 4);
    o->disabled_ms = sqlite3_column_int64(q, 5);
}

int store_officer_get(struct store *s, const char *number, struct store_officer *out, bool *found, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OFFICER_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, number);
    int rc = store_step(s, q, "find the officer", err);
    *found = rc > 0;
    if (rc <= 0)
        return rc;
    read_officer(q, out);
    store_done(q);
    return 0;
}

int store_officer_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_officer *o), void *ctx,
                       struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_OFFICER_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, "");
    store_bind_int(q, 2, limit);
    int rc;
    while ((rc = store_step(s, q, "list the officers", err)) > 0) {
        struct store_officer o;
        read_officer(q, &o);
        if (each(ctx, &o) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

static int note_one(void *ctx, const struct store_officer *o)
{
    (void)o;
    *(bool *)ctx = true;
    return 1;
}

int store_officer_any(struct store *s, bool *any, struct err *err)
{
    *any = false;
    return store_officer_list(s, 1, note_one, any, err);
}

int store_pin_set(struct store *s, const char *number, const char *hash, int64_t now_ms, uint64_t event,
                  struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PIN_SET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, number);
    store_bind_text(q, 2, hash);
    store_bind_int(q, 3, now_ms);
    store_bind_int(q, 4, (int64_t)event);
    return store_run(s, q, "save the PIN", err);
}

int store_pin_get(struct store *s, const char *number, char *hash, size_t size, struct err *err)
{
    hash[0] = '\0';
    sqlite3_stmt *q = store_statement(s, STORE_SQL_PIN_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, number);
    int rc = store_step(s, q, "find the PIN", err);
    if (rc <= 0)
        return rc;
    store_column_text(q, 0, hash, size);
    store_done(q);
    return 0;
}

/* ---- decisions ---- */

static void read_decision(sqlite3_stmt *q, struct store_decision *d)
{
    store_column_text(q, 0, d->outlet, sizeof d->outlet);
    d->n = sqlite3_column_int64(q, 1);
    store_column_text(q, 2, d->package_sha256, sizeof d->package_sha256);
    store_column_text(q, 3, d->case_id, sizeof d->case_id);
    store_column_text(q, 4, d->kind, sizeof d->kind);
    store_column_text(q, 5, d->at, sizeof d->at);
    d->body = (const char *)sqlite3_column_text(q, 6);
    d->stage = (enum store_decision_stage)sqlite3_column_int(q, 7);
}

static int walk_decisions(struct store *s, sqlite3_stmt *q, int (*each)(void *ctx, const struct store_decision *d),
                          void *ctx, struct err *err)
{
    int rc;
    while ((rc = store_step(s, q, "list the decisions", err)) > 0) {
        struct store_decision d;
        read_decision(q, &d);
        if (each(ctx, &d) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_decision_new(struct store *s, int limit, int (*each)(void *ctx, const struct store_decision *d), void *ctx,
                       struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_DECISION_NEW, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, limit);
    return walk_decisions(s, q, each, ctx, err);
}

int store_decision_list(struct store *s, const char *case_id, bool waiting,
                        int (*each)(void *ctx, const struct store_decision *d), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, waiting ? STORE_SQL_DECISION_WAITING : STORE_SQL_DECISION_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, case_id);
    return walk_decisions(s, q, each, ctx, err);
}

int store_decision_mark(struct store *s, const char *outlet, int64_t n, enum store_decision_stage stage,
                        struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_DECISION_JOURNALED, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, outlet);
    store_bind_int(q, 2, n);
    store_bind_int(q, 3, stage);
    return store_run(s, q, "mark the decision", err);
}
