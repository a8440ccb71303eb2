/*
 * journal verify: the tables that hold what records say, and secrets of which the journal has a digest: the files of
 * records, curves and tallies that later tests are compared by, PINs; and, where it is asked for, the numbers that
 * bulletins count, from every record anew.
 */
#ifndef STATION_STORE_VERIFY_RECORDS_H
#define STATION_STORE_VERIFY_RECORDS_H

#include "station/store.h"

/* `events`: JSON array of the indices of the events that may give rows. ERR_FAILED with the table and the row. */
int verify_records_check(struct store *s, const char *events, struct err *err);

/* Opens every record: as much again as the journal itself, so it is a question of its own. *records: that are counted.
 */
int store_verify_counted(struct store *s, uint64_t *records, struct err *err);

/* What the end of a test says of the curves it has left, in their order; begin with sha256_init, end with
 * sha256_finish. */
struct sha256;
void verify_records_feed(struct sha256 *h, const struct store_curve *curve);

#endif
