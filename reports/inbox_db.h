/*
 * The inbox's database in few words: what inbox_store.c and inbox_decide.c share, and nobody else.
 */
#ifndef REPORTS_INBOX_DB_H
#define REPORTS_INBOX_DB_H

#include <stddef.h>

#include <sqlite3.h>

#include "reports/inbox_store.h"

/* A condition on a row of package: that sender has sent it. */
#define INBOX_DB_SENT_BY(name) " EXISTS(SELECT 1 FROM sender WHERE name = " name " AND package = package.id)"

struct inbox_store {
    sqlite3 *db;
    char *folder;
};

int inbox_db_error(const struct inbox_store *s, struct err *err); /* always -1 */
int inbox_db_run(struct inbox_store *s, const char *sql, struct err *err);
/* NULL with *err. */
sqlite3_stmt *inbox_db_prepare(struct inbox_store *s, const char *sql, struct err *err);
void inbox_db_bind(sqlite3_stmt *statement, int at, const char *text); /* must live until the statement is done */
void inbox_db_column(sqlite3_stmt *statement, int at, char *out, size_t size);
/* Runs a statement that gives no rows, and ends it; NULL: it could not be prepared. */
int inbox_db_finish(struct inbox_store *s, sqlite3_stmt *statement, struct err *err);

#endif
