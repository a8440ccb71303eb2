/*
 * Room that is held on the disk so that evidence can be finished when everything else is full: the file STATE/reserve,
 * allocated and never written, which is given back piece by piece as the free room gets short.
 *
 * How much is wanted: room to finish a test (the figure disk-reserve of the law's pack) and to seal every case that
 * waits. While that and a little free room (RESERVE_FREE) fit, the file is as large as is wanted. When they do not, no
 * new test may start; the file never grows then, and shrinks by what the free room lacks, as long as there is any of
 * it. So whoever else fills the disk, smogd and smogpush find room again a second later.
 */
#ifndef STATION_RESERVE_H
#define STATION_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "station/core/err.h"

enum { RESERVE_FREE = 8 << 20, RESERVE_STEP = 1 << 20 }; /* bytes */

/* Bytes that the file should hold, when so many are free besides. */
int64_t reserve_target(int64_t free_bytes, int64_t held, int64_t wanted);

/* Do the wanted bytes and the free room fit no more? */
bool reserve_short(int64_t free_bytes, int64_t held, int64_t wanted);

/* Bytes that the file holds, 0 where there is none. */
int64_t reserve_held(const char *path);

/* Gives it that size, unless it differs by less than RESERVE_STEP; 0 removes it. */
int reserve_hold(const char *path, int64_t bytes, struct err *err);

/* Bytes that are free on the file system of that folder for this user; false: it cannot be told. */
bool reserve_free(const char *folder, int64_t *bytes);

#endif
