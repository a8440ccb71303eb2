#include "reports/queue_db.h"

#include <stdlib.h>
#include <string.h>

int queue_open(struct queue **out, struct sqlite3 *db, struct err *err)
{
    static const char *const sql[STATEMENT_COUNT] = {
#define STATEMENT_TEXT(id, text) text,
        QUEUE_STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
    };
    *out = NULL;
    struct queue *q = calloc(1, sizeof *q);
    if (!q)
        return err_set(err, ERR_FAILED, "out of memory");
    q->db = db;
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &q->statements[i], NULL) != SQLITE_OK) {
            queue_db_failed(q, "be asked for deliveries", err);
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
    return queue_db_run(q, STATEMENT_BEGIN, "begin a change", err);
}

int queue_commit(struct queue *q, struct err *err)
{
    if (queue_db_run(q, STATEMENT_COMMIT, "save", err) == 0)
        return 0;
    queue_rollback(q);
    return -1;
}

void queue_rollback(struct queue *q)
{
    if (!sqlite3_get_autocommit(q->db))
        queue_db_run(q, STATEMENT_ROLLBACK, "go back", NULL);
}

int queue_version(struct queue *q, int64_t *version, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_VERSION];
    int code = sqlite3_step(s);
    *version = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    return queue_db_end(q, STATEMENT_VERSION, code, "be asked for changes", err);
}

/* ---- sealing ---- */

int queue_package_add(struct queue *q, const struct queue_package *p, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PACKAGE_ADD];
    queue_db_bind(s, 1, p->case_id);
    queue_db_bind(s, 2, p->sha256);
    queue_db_bind(s, 3, p->path);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)p->size);
    sqlite3_bind_int64(s, 5, p->sealed_ms);
    sqlite3_bind_int64(s, 6, (sqlite3_int64)p->tree_size);
    return queue_db_run(q, STATEMENT_PACKAGE_ADD, "keep the package", err);
}

int queue_package_tree(struct queue *q, uint64_t *tree_size, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_PACKAGE_TREE];
    int code = sqlite3_step(s);
    *tree_size = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    return queue_db_end(q, STATEMENT_PACKAGE_TREE, code, "be asked for packages", err);
}

int queue_delivery_add(struct queue *q, const char *case_id, const char *outlet, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_DELIVERY_ADD];
    queue_db_bind(s, 1, case_id);
    queue_db_bind(s, 2, outlet);
    sqlite3_bind_int64(s, 3, now_ms);
    return queue_db_run(q, STATEMENT_DELIVERY_ADD, "keep the delivery", err);
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
        queue_db_text(s, 2, out->note, sizeof out->note);
        out->signed_ms = sqlite3_column_int64(s, 3);
    }
    return queue_db_end(q, STATEMENT_CHECKPOINT_LAST, code, "be asked for the last checkpoint", err);
}

int queue_checkpoint_add(struct queue *q, const struct queue_checkpoint *c, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_CHECKPOINT_ADD];
    sqlite3_bind_int64(s, 1, (sqlite3_int64)c->size);
    sqlite3_bind_blob(s, 2, c->root.bytes, sizeof c->root.bytes, SQLITE_STATIC);
    queue_db_bind(s, 3, c->note);
    sqlite3_bind_int64(s, 4, c->signed_ms);
    return queue_db_run(q, STATEMENT_CHECKPOINT_ADD, "keep the checkpoint", err);
}

int queue_stamp_add(struct queue *q, const struct queue_stamp *stamp, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_STAMP_ADD];
    sqlite3_bind_int64(s, 1, (sqlite3_int64)stamp->size);
    queue_db_bind(s, 2, stamp->note);
    sqlite3_bind_blob(s, 3, stamp->token, (int)stamp->token_size, SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, now_ms);
    return queue_db_run(q, STATEMENT_STAMP_ADD, "keep the time stamp", err);
}

int queue_stamp_newest(struct queue *q, uint64_t *size, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_STAMP_NEWEST];
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *size = (uint64_t)sqlite3_column_int64(s, 0);
    return queue_db_end(q, STATEMENT_STAMP_NEWEST, code, "be asked for the newest time stamp", err);
}

int queue_stamp_up_to(struct queue *q, uint64_t size, struct queue_stamp *out, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_STAMP_UP_TO];
    *out = (struct queue_stamp){.size = 0};
    sqlite3_bind_int64(s, 1, (sqlite3_int64)size);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        out->size = (uint64_t)sqlite3_column_int64(s, 0);
        queue_db_text(s, 1, out->note, sizeof out->note);
        out->token_size = (size_t)sqlite3_column_bytes(s, 2);
        out->token = malloc(out->token_size ? out->token_size : 1);
        if (out->token)
            memcpy(out->token, sqlite3_column_blob(s, 2), out->token_size);
    }
    bool lacks = code == SQLITE_ROW && !out->token;
    int result = queue_db_end(q, STATEMENT_STAMP_UP_TO, code, "be asked for a time stamp", err);
    return lacks ? err_set(err, ERR_FAILED, "out of memory") : result;
}

int queue_note_set(struct queue *q, const char *about, const char *text, int64_t now_ms, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_NOTE_SET];
    queue_db_bind(s, 1, about);
    queue_db_bind(s, 2, text);
    sqlite3_bind_int64(s, 3, now_ms);
    return queue_db_run(q, STATEMENT_NOTE_SET, "keep what smogctl status shows", err);
}

int queue_slip_next(struct queue *q, uint64_t *event, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_SLIP_LAST];
    int code = sqlite3_step(s);
    *event = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    return queue_db_end(q, STATEMENT_SLIP_LAST, code, "be asked for slips", err);
}

int queue_slip_put(struct queue *q, const struct queue_slip *slip, struct err *err)
{
    sqlite3_stmt *s = q->statements[STATEMENT_SLIP_PUT];
    queue_db_bind(s, 1, slip->subject);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)slip->event);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)slip->tree_size);
    sqlite3_bind_int64(s, 4, slip->signed_ms);
    queue_db_bind(s, 5, slip->code);
    return queue_db_run(q, STATEMENT_SLIP_PUT, "keep the slip's code", err);
}
