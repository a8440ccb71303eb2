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
    int64_t from, to; /* of the work, on the scale of `at` */
    int64_t done, at;
    int64_t started_ms, shown_ms;
    bool json, terminal, shown;
};

/* From now on signals cancel. How many there will be need not be known: the work goes from `from` to `to` on any scale,
 * such as the records' times. */
void progress_start(struct progress *p, const char *what, int64_t from, int64_t to, bool json);
/* One more is done, and the work has come to `at`. Cheap enough for every record. -1 with *err when the command was
 * cancelled. */
int progress_step(struct progress *p, int64_t at, struct err *err);
void progress_end(struct progress *p);

#endif
