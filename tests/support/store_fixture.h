/*
 * For tests of the store: folders, rows with their events, and a way around the store's own rules (forgeries).
 * Everything here fails the test at once when it does not work.
 */
#ifndef TESTS_SUPPORT_STORE_FIXTURE_H
#define TESTS_SUPPORT_STORE_FIXTURE_H

#include <sqlite3.h>

#include "station/store.h"

#define FIXTURE_STATION "652301-0007"

/* A new empty folder under TMPDIR; its `out` may serve as a state folder. */
void fixture_folder(char *out, size_t size);

/* The station's store in that folder. */
struct store *fixture_open(const char *dir, enum store_mode mode);

/* Appends one event inside the open transaction; its mono_ms is its index. */
int fixture_append(struct store *s, const char *kind, uint64_t *index);
/* The same with further members: ",\"code\":\"leak\"". */
int fixture_append_more(struct store *s, const char *kind, const char *more, uint64_t *index);
/* The same in a transaction of its own; gives the index. */
uint64_t fixture_event(struct store *s, const char *kind);

/* Test Tn, passage Pn (device record Rn of rsd1, raw 7b0n) with their events, each in one transaction. */
void fixture_start(struct store *s, int64_t n, const char *plate, const char *colour);
void fixture_end(struct store *s, int64_t n, const char *verdict, const char *record);
void fixture_passage(struct store *s, int64_t n, const char *plate, const char *colour, int64_t at_ms, bool valid);

/* store_verify must say yes, to that many events. */
struct store_verify_result fixture_verify(struct store *s, uint64_t events);

/* SQL past the store. */
void fixture_sql(const char *dir, const char *sql);
void fixture_sql_on(sqlite3 *db, const char *sql);
void fixture_checkpoint(const char *dir, uint64_t size, const struct merkle_hash *root);
const char *fixture_text(sqlite3 *db, const char *sql); /* first column of the first row, until the next call */

#endif
