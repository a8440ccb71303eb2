/*
 * What all procedures do alike: end, leave marks, ask for what is wanted now.
 *
 * Times are milliseconds since the start of the test. A procedure that has finished has cancelled its wake-up and shown
 * PROMPT_DONE.
 */
#ifndef STATION_CORE_PROCEDURE_PART_H
#define STATION_CORE_PROCEDURE_PART_H

#include "station/core/procedure.h"

struct prompting {
    enum prompt prompt; /* PROMPT_COUNT: none stands */
    int64_t value, limit;
};

void procedure_finish(struct procedure *p, enum verdict_kind kind, int64_t t_ms, const struct procedure_host *host);

/* Finishes as aborted, with the reason as a line of the verdict. */
void procedure_abort(struct procedure *p, int64_t t_ms, const struct procedure_host *host, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a mark and tells the host; false when the verdict holds no more. */
bool procedure_mark(struct procedure *p, const struct verdict_mark *mark, const struct procedure_host *host);

/* Shows the prompt if it is another one than *shown, or has another value. */
void procedure_prompt(struct prompting *shown, struct prompting now, const struct procedure_host *host);

/* "12.3 s" */
enum { PROCEDURE_SECONDS_MAX = 24 };
const char *procedure_seconds(int64_t ms, char out[PROCEDURE_SECONDS_MAX]);

/* Whole units of a value for a prompt; PROMPT_UNKNOWN where it does not fit. */
int64_t procedure_whole(struct decimal value);

/* States of an instrument that may be waited for before a test, and that end it once it measures. The others (busy,
 * communication, out of range) show in the readings: they are not good, missing or stale. */
bool procedure_unfit(enum instrument_status status);

#endif
