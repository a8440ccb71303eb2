/*
 * A backup: the database as it was at one moment and every object and package that it names, in one file (a tar,
 * station/archive.h), made while smogd and smogpush run. And the way back.
 *
 * Order of the writing: the database is copied first, then the files. What a row names was on the disk before the row
 * and is never changed, so the files that are copied later are at least those that the copied rows name. The list
 * SHA256SUMS of all of it comes last; the file has its name only when it is whole and on the disk.
 *
 * In the backup: smogd.db, objects/ab/cdef…, packages/…, manifest.json, SHA256SUMS. Not in it: keys, the
 * configuration, the ratchet's key, recordings of a test that runs.
 *
 * A restored copy lacks what came after the backup, and others may have seen that: signed checkpoints, numbers of tests
 * on slips. So a restored journal is another journal: its event "restored" says what it was made from, its checkpoints
 * get a name of their own (smogd/STATION/2, …/3), and its numbers go on at the next million.
 */
#ifndef STATION_BACKUP_H
#define STATION_BACKUP_H

#include <stdint.h>

#include "station/core/err.h"

struct backup_result {
    uint64_t events, files, bytes;
    char root[65], sha256[65]; /* of the journal; of the backup's file */
    uint64_t numbers_from;     /* restore: the next number */
};

struct backup_host {
    void *ctx;
    /* now and then, with bytes done and (where it is known, else 0) in all; anything but 0 cancels */
    int (*progress)(void *ctx, uint64_t done, uint64_t all);
};

/* ERR_REFUSED when `file` exists or it was cancelled; nothing is left behind then. */
int backup_make(const char *state_dir, const char *station, int64_t now_ms, const char *file,
                const struct backup_host *host, struct backup_result *out, struct err *err);

struct backup_restore {
    const char *state_dir, *station, *file;
    const char *officer, *reason; /* for the event; may be NULL */
    int64_t now_ms;
    int offset_minutes;
};
/* Verifies everything first: each file, the database, the whole journal. ERR_REFUSED when there is a database already
 * or smogd or smogpush runs. */
int backup_restore(const struct backup_restore *r, const struct backup_host *host, struct backup_result *out,
                   struct err *err);

#endif
