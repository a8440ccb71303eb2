/*
 * journal verify, the second half: the tables that are projections of the journal say what its events say, row by row
 * and number by number. One SQL statement looks for a row that does not, in each direction: rows that no event gives,
 * and events whose row is missing or older than they are.
 *
 * What an event does not hold is not checked here: the lines of rosters and the facts of histories are compared with
 * the files that the events name.
 */
#ifndef STATION_STORE_VERIFY_TABLES_H
#define STATION_STORE_VERIFY_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "station/store.h"

/* The events that rows come from, gathered while the journal is read. */
struct verify_tables {
    char *events; /* "[0,7,…", JSON without its end */
    size_t length, room;
    unsigned seen; /* kinds that occurred, as bits */
};

/* Takes note of an event of a kind that gives rows. */
int verify_tables_note(struct verify_tables *t, const char *kind, uint64_t index, struct err *err);
/* ERR_FAILED with the table and the row. Inside a transaction. */
int verify_tables_check(struct store *s, struct verify_tables *t, struct err *err);
void verify_tables_free(struct verify_tables *t);

#endif
