/*
 * One file that holds many: POSIX ustar, which every tar reads. Written in one pass and read in one pass; the reader
 * takes only what the writer makes, so that no byte of the file can change unseen: regular files with plain relative
 * names, fixed owner, mode and time, zeroes for padding, two zero blocks at the end and nothing behind them.
 */
#ifndef STATION_ARCHIVE_H
#define STATION_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/sha256.h"
#include "station/core/err.h"

enum { ARCHIVE_NAME_MAX = 100 };

/* Called now and then with the bytes so far; anything but 0 ends the work with ERR_REFUSED "cancelled". */
typedef int archive_progress(void *ctx, uint64_t bytes);

struct archive {
    FILE *file;
    const char *path;
    archive_progress *progress; /* may be NULL */
    void *ctx;
    uint64_t bytes, left; /* in all; of the entry at hand (reading) */
    size_t padding;
    struct sha256 whole; /* sha256_init by the caller; over all bytes */
};

/* Letters, digits and . _ - in parts between single slashes, none of them "." or ".."; at most 99 bytes. */
bool archive_name_ok(const char *name);

/* Appends one entry from an open file at its beginning; gives its digest. */
int archive_add(struct archive *a, const char *name, FILE *from, uint64_t size, char sha256[65], struct err *err);
int archive_add_end(struct archive *a, struct err *err);

/* The next entry: 1 there is one, 0 the end, which is whole, -1 *err. Its content must be taken before. */
int archive_next(struct archive *a, char name[ARCHIVE_NAME_MAX], uint64_t *size, struct err *err);
/* Writes the content of the entry at hand to `to`; gives its digest. */
int archive_take(struct archive *a, FILE *to, char sha256[65], struct err *err);

#endif
