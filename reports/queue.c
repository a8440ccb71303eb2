#include "reports/queue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* What is due in one state: a walk along the index delivery_due that stops after as many as are wanted. */
#define DUE(state)                                                                                                     \
    "SELECT * FROM (SELECT case_id, attempts, next_ms, state, last_status, part FROM delivery"                         \
    " WHERE state = '" state "' AND outlet = ?1 AND next_ms <= ?2 ORDER BY next_ms LIMIT ?3)"
#define DUE_ANY DUE("waiting") " UNION ALL " DUE("retry") " UNION ALL " DUE("unknown")

#define STATEMENT_TABLE(X)                                                                                             \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    X(COMMIT, "COMMIT")                                                                                                \
    X(ROLLBACK, "ROLLBACK")                                                                                            \
    X(PACKAGE_ADD, "INSERT INTO package(case_id, sha256, path, size, sealed_ms, tree_size) VALUES(?, ?, ?, ?, ?, ?)")  \
    X(PACKAGE_TREE, "SELECT ifnull(max(tree_size), 0) FROM package")                                                   \
    X(DELIVERY_ADD, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES(?, ?, 'waiting', 0, ?)")   \
    X(CHECKPOINT_LAST, "SELECT size, root, note, signed_ms FROM checkpoint ORDER BY size DESC LIMIT 1")                \
    X(CHECKPOINT_ADD, "INSERT INTO checkpoint(size, root, note, signed_ms) VALUES(?1, ?2, ?3, ?4)"                     \
                      " ON CONFLICT(size) DO UPDATE SET note = ?3, signed_ms = ?4")                                    \
    X(STAMP_ADD, "INSERT INTO timestamp(size, note, token, stamped_ms) VALUES(?, ?, ?, ?)")                            \
    X(STAMP_NEWEST, "SELECT ifnull(max(size), 0) FROM timestamp")                                                      \
    X(STAMP_UP_TO, "SELECT size, note, token FROM timestamp WHERE size <= ? ORDER BY size DESC LIMIT 1")               \
    X(NOTE_SET, "INSERT INTO push_note(about, text, since_ms) VALUES(?1, ?2, ?3)"                                      \
                " ON CONFLICT(about) DO UPDATE SET text = ?2, since_ms = ?3 WHERE text <> ?2")                         \
    X(SLIP_LAST, "SELECT ifnull(max(event) + 1, 0) FROM slip")                                                         \
    X(SLIP_PUT, "INSERT INTO slip(subject, event, tree_size, signed_ms, code) VALUES(?, ?, ?, ?, ?)"                   \
                " ON CONFLICT(subject) DO UPDATE SET event = excluded.event, tree_size = excluded.tree_size,"          \
                " signed_ms = excluded.signed_ms, code = excluded.code")                                               \
    X(RECOVER, "UPDATE delivery SET state = 'unknown', next_ms = ? WHERE state = 'sending'")                           \
    X(ORPHANS, "SELECT p.case_id FROM case_file c JOIN package p ON p.case_id = c.id"                                  \
               " WHERE c.state IN ('send-ordered', 'submitted')"                                                       \
               " AND NOT EXISTS(SELECT 1 FROM delivery d WHERE d.case_id = p.case_id)")                                \
    X(PENDING, "SELECT outlet, count(*) FROM delivery WHERE state IN ('waiting', 'retry', 'unknown') GROUP BY outlet") \
    X(DUE, "SELECT d.case_id, p.sha256, p.path, p.size, p.sealed_ms, p.tree_size, d.attempts, d.state = 'unknown',"    \
           " ifnull(c.state IN ('void', 'handled', 'rejected') OR t.verdict = 'void', 0), d.last_status, d.part FROM " \
           "(" DUE_ANY ") d"                                                                                           \
           " LEFT JOIN package p ON p.case_id = d.case_id LEFT JOIN case_file c ON c.id = d.case_id"                   \
           " LEFT JOIN test t ON t.id = d.case_id WHERE p.case_id IS NOT NULL OR c.id IS NULL"                         \
           " ORDER BY d.next_ms LIMIT ?3")                                                                             \
    X(HASTEN, "UPDATE delivery SET next_ms = ? WHERE state IN ('waiting', 'retry', 'unknown') AND next_ms > ?")        \
    X(CLAIM, "UPDATE delivery SET state = 'sending', attempts = attempts + 1, last_ms = ?"                             \
             " WHERE case_id = ? AND outlet = ? AND state IN ('waiting', 'retry', 'unknown')")                         \
    X(UNCLAIM, "UPDATE delivery SET state = ?, attempts = attempts - 1"                                                \
               " WHERE case_id = ? AND outlet = ? AND state = 'sending'")                                              \
    X(FINISH, "UPDATE delivery SET state = ?, next_ms = ?, last_ms = ?, last_status = ?, receipt_id = ?, receipt = ?," \
              " receipt_signature = ?"                                                                                 \
              " WHERE case_id = ? AND outlet = ? AND state = 'sending'")                                               \
    X(DECISION_LAST, "SELECT max(n) FROM decision WHERE outlet = ?")                                                   \
    X(DECISION_CASE, "SELECT case_id FROM package WHERE sha256 = ?")                                                   \
    X(DECISION_ADD, "INSERT INTO decision(outlet, n, package_sha256, case_id, kind, at, body, signature)"              \
                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?)")                                                                 \
    X(FEEDBACK_GET, "SELECT asked_ms, next_ms, quiet, failures, trouble FROM feedback WHERE outlet = ?")               \
    X(FEEDBACK_SET, "INSERT INTO feedback(outlet, asked_ms, next_ms, quiet, failures, trouble)"                        \
                    " VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(outlet) DO UPDATE SET asked_ms = excluded.asked_ms,"        \
                    " next_ms = excluded.next_ms, quiet = excluded.quiet, failures = excluded.failures,"               \
                    " trouble = excluded.trouble")                                                                     \
    X(PROGRESS, "UPDATE delivery SET state = 'waiting', part = part + 1, attempts = 0, next_ms = ?, last_ms = ?,"      \
                " last_status = ? WHERE case_id = ? AND outlet = ? AND state = 'sending'")                             \
    X(PARKED, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms, last_ms, last_status)"                  \
              " VALUES(?, ?, 'refused', 1, ?3, ?3, ?4) ON CONFLICT DO NOTHING")                                        \
    X(ATTEMPT_NEXT, "SELECT ifnull(max(n), 0) + 1 FROM attempt WHERE case_id = ? AND outlet = ?")                      \
    X(ATTEMPT_ADD, "INSERT INTO attempt(case_id, outlet, slot, n, at_ms, part, outcome, status, text)"                 \
                   " VALUES(?1, ?2, ?3 % 64, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(case_id, outlet, slot) DO UPDATE SET" \
                   " n = excluded.n, at_ms = excluded.at_ms, part = excluded.part, outcome = excluded.outcome,"        \
                   " status = excluded.status, text = excluded.text")                                                  \
    X(FEED_GET, "SELECT seq, at_ms FROM feed WHERE outlet = ?")                                                        \
    X(FEED_SET, "INSERT INTO feed(outlet, seq, at_ms) VALUES(?, ?, ?) ON CONFLICT(outlet) DO UPDATE SET"               \
                " seq = excluded.seq, at_ms = excluded.at_ms")                                                         \
    X(TESTS_LAST, "SELECT ifnull((SELECT min(seq) - 1 FROM test WHERE ended_ms IS NULL),"                              \
                  " (SELECT ifnull(max(seq), 0) FROM test))")                                                          \
    X(PASSAGES_LAST, "SELECT ifnull(max(seq), 0) FROM passage")                                                        \
    X(TESTS_FROM, "SELECT ifnull((SELECT min(seq) FROM test WHERE started_ms >= ?), -1)")                              \
    X(PASSAGES_FROM, "SELECT ifnull((SELECT min(seq) FROM passage WHERE at_ms >= ?), -1)")                             \
    X(FEED_TESTS, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms)"                                    \
                  " SELECT id, ?1, 'waiting', 0, ?2 FROM test WHERE seq > ?3 AND seq <= ?4"                            \
                  " AND verdict IN ('pass', 'fail')")                                                                  \
    X(FEED_PASSAGES, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms)"                                 \
                     " SELECT id || printf('-P%08d', ?4), ?1, 'waiting', 0, ?2 FROM passage WHERE seq = ?3 + 1")       \
    X(VERSION, "PRAGMA data_version")

enum statement {
#define STATEMENT_ENUM(id, sql) STATEMENT_##id,
    STATEMENT_TABLE(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};

struct queue {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* ---- SQLite in few words ---- */

static int failed(const struct queue *q, const char *what, struct err *err)
{
    int code = sqlite3_errcode(q->db) & 0xFF;
    const char *advice = code == SQLITE_FULL   ? "; the disk is full, free some space"
                         : code == SQLITE_BUSY ? "; another program holds the database for long"
                                               : "";
    return err_set(err, ERR_FAILED, "the database cannot %s: %s%s", what, sqlite3_errmsg(q->db), advice);
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC); /* lives until the statement is reset, in the same function */
}

static void get_text(sqlite3_stmt *s, int at, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(s, at);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

/* Runs a statement that gives no rows. */
static int run(struct queue *q, enum statement id, const char *what, struct err *err)
{
    sqlite3_stmt *s = q->statements[id];
    int code = sqlite3_step(s);
    int result = code == SQLITE_DONE ? 0 : failed(q, what, err);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return result;
}

/* Ends a walk over rows; `code` is the last step's. */
static int end(struct queue *q, enum statement id, int code, const char *what, struct err *err)
{
    int result = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : failed(q, what, err);
    sqlite3_reset(q->statements[id]);
    sqlite3_clear_bindings(q->statements[id]);
    return result;
}

int queue_open(struct queue **out, struct sqlite3 *db, struct err *err)
{
    static const char *const sql[STATEMENT_COUNT] = {
#define STATEMENT_TEXT(id, text) text,
        STATEMENT_TABLE(STATEMENT_TEXT)
#undef STATEMENT_TEXT
    };
    *out = NULL;
    struct queue *q = calloc(1, sizeof *q);
    if (!q)
        return err_set(err, ERR_FAILED, "out of memory");
    q->db = db;
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &q->statements[i], NULL) != SQLITE_OK) {
            failed(q, "be asked for deliveries", err);
            queue_close(q);
            return -1;
        }
    }
    *out = q;
    return 0;
}

void queue_close(struct queue *q)
{
    if (!q)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(q->statements[i]);
    free(q);
}

int queue_begin(struct queue *q, struct err *err)
{
    return run(q, STATEMENT_BEGIN, "begin a change", err);
}

int queue_commit(struct queue *q, struct err *err)
{
    if (run(q, STATEMENT_COMMIT, "save", err) == 0)
        return 0;
    queue_rollback(q);
    return -1;
}

void queue_rollback(struct queue *q)
{
    if (!sqlite3_get_autocommit(q->db))
        run(q, STATEMENT_ROLLBACK, "go back", NULL);
}

/* ---- sealing ---- */

int queue_package_add(struct queue *q, const struct queue_package *p, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PACKAGE_ADD];
    bind_text(s, 1, p->case_id);
    bind_text(s, 2, p->sha256);
    bind_text(s, 3, p->path);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)p->size);
    sqlite3_bind_int64(s, 5, p->sealed_ms);
    sqlite3_bind_int64(s, 6, (sqlite3_int64)p->tree_size);
    return run(q, STATEMENT_PACKAGE_ADD, "keep the package", err);
}

int queue_package_tree(struct queue *q, uint64_t *tree_size, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PACKAGE_TREE];
    int code = sqlite3_step(s);
    *tree_size = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    return end(q, STATEMENT_PACKAGE_TREE, code, "be asked for packages", err);
}

int queue_delivery_add(struct queue *q, const char *case_id, const char *outlet, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DELIVERY_ADD];
    bind_text(s, 1, case_id);
    bind_text(s, 2, outlet);
    sqlite3_bind_int64(s, 3, now_ms);
    return run(q, STATEMENT_DELIVERY_ADD, "keep the delivery", err);
}

int queue_checkpoint_last(struct queue *q, struct queue_checkpoint *out, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_CHECKPOINT_LAST];
    *out = (struct queue_checkpoint){.size = 0};
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        out->size = (uint64_t)sqlite3_column_int64(s, 0);
        if (sqlite3_column_bytes(s, 1) == MERKLE_HASH_SIZE)
            memcpy(out->root.bytes, sqlite3_column_blob(s, 1), MERKLE_HASH_SIZE);
        get_text(s, 2, out->note, sizeof out->note);
        out->signed_ms = sqlite3_column_int64(s, 3);
    }
    return end(q, STATEMENT_CHECKPOINT_LAST, code, "be asked for the last checkpoint", err);
}

int queue_checkpoint_add(struct queue *q, const struct queue_checkpoint *c, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_CHECKPOINT_ADD];
    sqlite3_bind_int64(s, 1, (sqlite3_int64)c->size);
    sqlite3_bind_blob(s, 2, c->root.bytes, sizeof c->root.bytes, SQLITE_STATIC);
    bind_text(s, 3, c->note);
    sqlite3_bind_int64(s, 4, c->signed_ms);
    return run(q, STATEMENT_CHECKPOINT_ADD, "keep the checkpoint", err);
}

int queue_stamp_add(struct queue *q, const struct queue_stamp *stamp, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_STAMP_ADD];
    sqlite3_bind_int64(s, 1, (sqlite3_int64)stamp->size);
    bind_text(s, 2, stamp->note);
    sqlite3_bind_blob(s, 3, stamp->token, (int)stamp->token_size, SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, now_ms);
    return run(q, STATEMENT_STAMP_ADD, "keep the time stamp", err);
}

int queue_stamp_newest(struct queue *q, uint64_t *size, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_STAMP_NEWEST];
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *size = (uint64_t)sqlite3_column_int64(s, 0);
    return end(q, STATEMENT_STAMP_NEWEST, code, "be asked for the newest time stamp", err);
}

int queue_stamp_up_to(struct queue *q, uint64_t size, struct queue_stamp *out, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_STAMP_UP_TO];
    *out = (struct queue_stamp){.size = 0};
    sqlite3_bind_int64(s, 1, (sqlite3_int64)size);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        out->size = (uint64_t)sqlite3_column_int64(s, 0);
        get_text(s, 1, out->note, sizeof out->note);
        out->token_size = (size_t)sqlite3_column_bytes(s, 2);
        out->token = malloc(out->token_size ? out->token_size : 1);
        if (out->token)
            memcpy(out->token, sqlite3_column_blob(s, 2), out->token_size);
    }
    bool lacks = code == SQLITE_ROW && !out->token;
    int result = end(q, STATEMENT_STAMP_UP_TO, code, "be asked for a time stamp", err);
    return lacks ? err_set(err, ERR_FAILED, "out of memory") : result;
}

int queue_note_set(struct queue *q, const char *about, const char *text, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_NOTE_SET];
    bind_text(s, 1, about);
    bind_text(s, 2, text);
    sqlite3_bind_int64(s, 3, now_ms);
    return run(q, STATEMENT_NOTE_SET, "keep what smogctl status shows", err);
}

int queue_slip_next(struct queue *q, uint64_t *event, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_SLIP_LAST];
    int code = sqlite3_step(s);
    *event = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    return end(q, STATEMENT_SLIP_LAST, code, "be asked for slips", err);
}

int queue_slip_put(struct queue *q, const struct queue_slip *slip, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_SLIP_PUT];
    bind_text(s, 1, slip->subject);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)slip->event);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)slip->tree_size);
    sqlite3_bind_int64(s, 4, slip->signed_ms);
    bind_text(s, 5, slip->code);
    return run(q, STATEMENT_SLIP_PUT, "keep the slip's code", err);
}

/* ---- delivery ---- */

int queue_recover(struct queue *q, int64_t now_ms, int *count, struct err *err)
{
    sqlite3_bind_int64(q->statements[STATEMENT_RECOVER], 1, now_ms);
    if (run(q, STATEMENT_RECOVER, "find interrupted deliveries", err) != 0)
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
        get_text(s, 0, case_id, sizeof case_id);
        for (size_t i = 0; i < count && result == 0; i++)
            result = queue_delivery_add(q, case_id, outlets[i], now_ms, err);
    }
    if (result == 0)
        return end(q, STATEMENT_ORPHANS, code, "look for packages without an outlet", err);
    sqlite3_reset(s);
    return -1;
}

static int any_orphan(struct queue *q, bool *any, struct err *err)
{
    int code = sqlite3_step(q->statements[STATEMENT_ORPHANS]);
    *any = code == SQLITE_ROW;
    return end(q, STATEMENT_ORPHANS, code, "look for packages without an outlet", err);
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
        get_text(s, 0, outlet, sizeof outlet);
        each(ctx, outlet, sqlite3_column_int64(s, 1));
    }
    return end(q, STATEMENT_PENDING, code, "count deliveries", err);
}

int queue_due(struct queue *q, const char *outlet, int64_t now_ms, struct queue_item *items, size_t max, size_t *count,
              struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DUE];
    bind_text(s, 1, outlet);
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
                                    .part = (unsigned)sqlite3_column_int(s, 10)};
        snprintf(item->outlet, sizeof item->outlet, "%s", outlet);
        get_text(s, 0, item->package.case_id, sizeof item->package.case_id);
        get_text(s, 1, item->package.sha256, sizeof item->package.sha256);
        get_text(s, 2, item->package.path, sizeof item->package.path);
        item->package.size = (uint64_t)sqlite3_column_int64(s, 3);
        item->package.sealed_ms = sqlite3_column_int64(s, 4);
        item->package.tree_size = (uint64_t)sqlite3_column_int64(s, 5);
        get_text(s, 9, item->last_status, sizeof item->last_status);
    }
    return end(q, STATEMENT_DUE, code, "be asked for what is due", err);
}

int queue_hasten(struct queue *q, int64_t latest_ms, int64_t now_ms, struct err *err)
{
    sqlite3_bind_int64(q->statements[STATEMENT_HASTEN], 1, now_ms);
    sqlite3_bind_int64(q->statements[STATEMENT_HASTEN], 2, latest_ms);
    return run(q, STATEMENT_HASTEN, "hasten deliveries", err);
}

int queue_claim(struct queue *q, struct queue_item *item, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_CLAIM];
    sqlite3_bind_int64(s, 1, now_ms);
    bind_text(s, 2, item->package.case_id);
    bind_text(s, 3, item->outlet);
    if (run(q, STATEMENT_CLAIM, "begin a delivery", err) != 0)
        return -1;
    if (sqlite3_changes(q->db) == 0)
        return err_set(err, ERR_REFUSED, "the delivery of %s is no longer due", item->package.case_id);
    item->attempts++;
    return 0;
}

int queue_unclaim(struct queue *q, const struct queue_item *item, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_UNCLAIM];
    bind_text(s, 1, item->ask ? "unknown" : item->attempts > 1 ? "retry" : "waiting");
    bind_text(s, 2, item->package.case_id);
    bind_text(s, 3, item->outlet);
    return run(q, STATEMENT_UNCLAIM, "give a delivery back", err);
}

/* A part has arrived; the next one waits. */
static int finish_part(struct queue *q, const struct queue_item *item, const struct outlet_result *result,
                       int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PROGRESS];
    sqlite3_bind_int64(s, 1, now_ms);
    sqlite3_bind_int64(s, 2, now_ms);
    bind_text(s, 3, result->text);
    bind_text(s, 4, item->package.case_id);
    bind_text(s, 5, item->outlet);
    return run(q, STATEMENT_PROGRESS, "keep the result of a delivery", err);
}

static int finish_all(struct queue *q, const struct queue_item *item, const struct outlet_result *result,
                      int64_t now_ms, int64_t next_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FINISH];
    bind_text(s, 1, outlet_outcome_name(result->outcome));
    sqlite3_bind_int64(s, 2, next_ms);
    sqlite3_bind_int64(s, 3, now_ms);
    bind_text(s, 4, result->text);
    if (result->outcome == OUTLET_SENT) {
        bind_text(s, 5, result->receipt_id);
        if (result->receipt[0])
            bind_text(s, 6, result->receipt);
        if (result->receipt_signature[0])
            bind_text(s, 7, result->receipt_signature);
    }
    bind_text(s, 8, item->package.case_id);
    bind_text(s, 9, item->outlet);
    return run(q, STATEMENT_FINISH, "keep the result of a delivery", err);
}

/* ---- decisions ---- */

int queue_decision_last(struct queue *q, const char *outlet, int64_t *n, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DECISION_LAST];
    bind_text(s, 1, outlet);
    int code = sqlite3_step(s);
    *n = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    return end(q, STATEMENT_DECISION_LAST, code, "be asked for decisions", err);
}

static int case_of_package(struct queue *q, const char *sha256, char case_id[QUEUE_CASE_MAX], struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DECISION_CASE];
    bind_text(s, 1, sha256);
    int code = sqlite3_step(s);
    case_id[0] = '\0';
    if (code == SQLITE_ROW)
        get_text(s, 0, case_id, QUEUE_CASE_MAX);
    return end(q, STATEMENT_DECISION_CASE, code, "be asked for a package", err);
}

int queue_decision_add(struct queue *q, const char *outlet, const struct decision *d, char case_id[QUEUE_CASE_MAX],
                       struct err *err)
{
    if (case_of_package(q, d->package_sha256, case_id, err) != 0)
        return -1;
    sqlite3_stmt *s = q->statements[STATEMENT_DECISION_ADD];
    bind_text(s, 1, outlet);
    sqlite3_bind_int64(s, 2, d->n);
    bind_text(s, 3, d->package_sha256);
    if (case_id[0])
        bind_text(s, 4, case_id);
    bind_text(s, 5, d->kind);
    bind_text(s, 6, d->at);
    bind_text(s, 7, d->body);
    if (d->signature[0])
        bind_text(s, 8, d->signature);
    return run(q, STATEMENT_DECISION_ADD, "keep a decision", err);
}

int queue_feedback_get(struct queue *q, const char *outlet, struct queue_feedback *out, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEEDBACK_GET];
    *out = (struct queue_feedback){.asked_ms = 0};
    bind_text(s, 1, outlet);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        out->asked_ms = sqlite3_column_int64(s, 0);
        out->next_ms = sqlite3_column_int64(s, 1);
        out->quiet = sqlite3_column_int(s, 2);
        out->failures = sqlite3_column_int(s, 3);
        get_text(s, 4, out->trouble, sizeof out->trouble);
    }
    return end(q, STATEMENT_FEEDBACK_GET, code, "be asked how decisions are fetched", err);
}

int queue_feedback_set(struct queue *q, const char *outlet, const struct queue_feedback *f, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEEDBACK_SET];
    bind_text(s, 1, outlet);
    sqlite3_bind_int64(s, 2, f->asked_ms);
    sqlite3_bind_int64(s, 3, f->next_ms);
    sqlite3_bind_int(s, 4, f->quiet);
    sqlite3_bind_int(s, 5, f->failures);
    bind_text(s, 6, f->trouble);
    return run(q, STATEMENT_FEEDBACK_SET, "keep how decisions are fetched", err);
}

static int integer(struct queue *q, enum statement id, const char *what, int64_t *out, struct err *err)
{
    int code = sqlite3_step(q->statements[id]);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(q->statements[id], 0) : 0;
    return end(q, id, code, what, err);
}

static int add_attempt(struct queue *q, const struct queue_item *item, const struct outlet_result *result,
                       int64_t now_ms, struct err *err)
{
    static const char what[] = "keep the history of a delivery";
    int64_t n = 0;
    bind_text(q->statements[STATEMENT_ATTEMPT_NEXT], 1, item->package.case_id);
    bind_text(q->statements[STATEMENT_ATTEMPT_NEXT], 2, item->outlet);
    if (integer(q, STATEMENT_ATTEMPT_NEXT, what, &n, err) != 0)
        return -1;
    sqlite3_stmt *s = q->statements[STATEMENT_ATTEMPT_ADD];
    bind_text(s, 1, item->package.case_id);
    bind_text(s, 2, item->outlet);
    sqlite3_bind_int64(s, 3, n);
    sqlite3_bind_int64(s, 4, now_ms);
    sqlite3_bind_int64(s, 5, item->part);
    bind_text(s, 6, outlet_outcome_name(result->outcome));
    sqlite3_bind_int(s, 7, result->status);
    bind_text(s, 8, result->text);
    return run(q, STATEMENT_ATTEMPT_ADD, what, err);
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

int queue_park(struct queue *q, const char *id, const char *outlet, const char *text, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PARKED];
    bind_text(s, 1, id);
    bind_text(s, 2, outlet);
    sqlite3_bind_int64(s, 3, now_ms);
    bind_text(s, 4, text);
    return run(q, STATEMENT_PARKED, "park a record", err);
}

/* ---- what outlets of records are fed with ---- */

static int feed_set(struct queue *q, const char *outlet, int64_t seq, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEED_SET];
    bind_text(s, 1, outlet);
    sqlite3_bind_int64(s, 2, seq);
    sqlite3_bind_int64(s, 3, now_ms);
    return run(q, STATEMENT_FEED_SET, "enter records", err);
}

/* How far it is, and since when; *seq -1: it has not begun. */
static int feed_get(struct queue *q, const char *outlet, int64_t *seq, int64_t *at_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_FEED_GET];
    bind_text(s, 1, outlet);
    int code = sqlite3_step(s);
    *seq = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    *at_ms = code == SQLITE_ROW ? sqlite3_column_int64(s, 1) : 0;
    return end(q, STATEMENT_FEED_GET, code, "be asked for an outlet's records", err);
}

/* A new outlet begins with what comes from now on, or with what is younger than its configuration says. */
static int feed_begin(struct queue *q, const struct queue_feed *f, int64_t last, int64_t *seq, struct err *err)
{
    enum statement from = f->passages ? STATEMENT_PASSAGES_FROM : STATEMENT_TESTS_FROM;
    *seq = last;
    if (f->from_ms == 0)
        return 0;
    sqlite3_bind_int64(q->statements[from], 1, f->from_ms);
    if (integer(q, from, "be asked for records", seq, err) != 0)
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
    if (integer(q, newest, "be asked for records", &last, err) != 0 || feed_get(q, f->outlet, seq, &at_ms, err) != 0)
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
    bind_text(s, 1, f->outlet);
    sqlite3_bind_int64(s, 2, now_ms);
    sqlite3_bind_int64(s, 3, seq);
    sqlite3_bind_int64(s, 4, to);
    if (to > seq && run(q, enter, "enter records", err) != 0)
        return -1;
    return feed_set(q, f->outlet, to, now_ms, err);
}

int queue_version(struct queue *q, int64_t *version, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_VERSION];
    int code = sqlite3_step(s);
    *version = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    return end(q, STATEMENT_VERSION, code, "be asked for changes", err);
}
