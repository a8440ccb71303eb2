/* Parts of reports/neutral.c that its files share. */
#ifndef REPORTS_NEUTRAL_PART_H
#define REPORTS_NEUTRAL_PART_H

#include "reports/neutral.h"
#include "station/core/json.h"
#include "station/core/verdict.h"

/* A value and all that is in it, as PREFIX.KEY.KEY …; members of an array by their number, from 1. */
void neutral_flatten(struct neutral *n, const struct json_doc *doc, ptrdiff_t token, const char *prefix);
/* case.json under "case", and the police officer of its reviews where the record names none. */
int neutral_case(struct neutral *n, const char *text, size_t length, struct err *err);

/* What was filed of a decision on the spot, each text under its own key. */
int neutral_decision(struct neutral *n, const char *text, struct err *err);

enum { NEUTRAL_ROW_KEYS = 6, NEUTRAL_TEXT_MAX = 32 };

/* One reading of k during an acceleration. */
struct neutral_sample {
    int64_t t_ms;
    int condition, index;
    char k[NEUTRAL_TEXT_MAX], rpm[NEUTRAL_TEXT_MAX];
};

struct neutral_samples {
    size_t count, room;
    struct neutral_sample *of;
};

/* What readings.csv has of k within the verdict's counted accelerations: of the first instrument that tells k, good
 * readings only, with its latest engine speed. -1: out of memory. */
int neutral_samples_read(struct neutral_samples *out, const struct neutral_file *csv, const struct verdict *verdict);

/* Calls `each` with the fields of every line but the first. */
struct neutral_reading {
    int64_t t_ms;
    const char *instrument, *quantity, *value, *unit, *quality;
};
void neutral_readings(const struct neutral_file *csv, void (*each)(void *ctx, const struct neutral_reading *r),
                      void *ctx);

#endif
