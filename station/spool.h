/*
 * What a running test has produced so far, as files in STATE/spool/TEST-ID/: one recording per instrument (NAME.rec),
 * the operator's keys (operator.rec) and readings.csv. Each line is written at once, so that a killed daemon leaves
 * everything up to its end; at the end of the test the files become objects of the store and the folder goes away.
 */
#ifndef STATION_SPOOL_H
#define STATION_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"

enum { SPOOL_FILES_MAX = 20, SPOOL_NAME_MAX = 40, SPOOL_FOLDER_MAX = 600 };

struct spool {
    char folder[SPOOL_FOLDER_MAX];
    size_t count;
    struct spool_file {
        char name[SPOOL_NAME_MAX];
        int fd;
    } files[SPOOL_FILES_MAX];
    /* Called when the disk is full; true: there is room again, and the write is tried once more. NULL: nobody can. */
    bool (*make_room)(void *ctx);
    void *ctx;
    bool failed;
    struct err why; /* the first failure; the evidence has a hole from there on */
};

int spool_open(struct spool *spool, const char *state_dir, const char *test_id, struct err *err);
/* Index of the file of that name, made with `head` as its first bytes if it is new; -1 after a failure. */
int spool_file(struct spool *spool, const char *name, const char *head);
/* Appends; a failure is remembered in `why`. */
void spool_write(struct spool *spool, int file, const char *text, size_t length);
/* Closes the files; the folder stays until spool_remove. */
void spool_close(struct spool *spool);

/* Calls `each` with name and content of every file of the test, in no order; without a folder there are no files. */
int spool_list(const char *state_dir, const char *test_id,
               int (*each)(void *ctx, const char *name, const char *data, size_t length, struct err *err), void *ctx,
               struct err *err);
int spool_remove(const char *state_dir, const char *test_id, struct err *err);
/* Calls `each` with the name of every folder in STATE/spool. */
int spool_each(const char *state_dir, void (*each)(void *ctx, const char *test_id), void *ctx, struct err *err);

#endif
