/*
 * What a long command shows while it works, on stderr: a line with how much is done, the rate and the time that is
 * left, on a terminal; one JSON object a line where the command answers in JSON. It can be cancelled (Ctrl-C, SIGTERM):
 * the command then ends by itself, and what it has not finished is removed.
 */
#ifndef STATION_PROGRESS_H
#define STATION_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "station/core/err.h"

struct progress {
    const char *what; /* "records" */
    int64_t total;    /* 0: not known */
    int64_t started_ms, shown_ms;
    bool json, terminal, shown;
};

/* From now on signals cancel. */
void progress_start(struct progress *p, const char *what, int64_t total, bool json);
/* Cheap enough for every record. -1 with *err when the command was cancelled. */
int progress_step(struct progress *p, int64_t done, struct err *err);
void progress_end(struct progress *p, int64_t done);

#endif
