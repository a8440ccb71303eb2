#include "reports/queue_db.h"

#include <stdio.h>

int queue_db_failed(const struct queue *q, const char *what, struct err *err)
{
    int code = sqlite3_errcode(q->db) & 0xFF;
    const char *advice = code == SQLITE_FULL   ? "; the disk is full, free some space"
                         : code == SQLITE_BUSY ? "; another program holds the database for long"
                                               : "";
    return err_set(err, ERR_FAILED, "the database cannot %s: %s%s", what, sqlite3_errmsg(q->db), advice);
}

void queue_db_bind(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC); /* lives until the statement is reset, in the same function */
}

void queue_db_text(sqlite3_stmt *s, int at, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(s, at);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

int queue_db_run(struct queue *q, enum statement id, const char *what, struct err *err)
{
    sqlite3_stmt *s = q->statements[id];
    int code = sqlite3_step(s);
    int result = code == SQLITE_DONE ? 0 : queue_db_failed(q, what, err);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return result;
}

int queue_db_end(struct queue *q, enum statement id, int code, const char *what, struct err *err)
{
    int result = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : queue_db_failed(q, what, err);
    sqlite3_reset(q->statements[id]);
    sqlite3_clear_bindings(q->statements[id]);
    return result;
}

int queue_db_integer(struct queue *q, enum statement id, const char *what, int64_t *out, struct err *err)
{
    int code = sqlite3_step(q->statements[id]);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(q->statements[id], 0) : 0;
    return queue_db_end(q, id, code, what, err);
}
