/*
 * Readings that other instruments lend to a passing vehicle: weather, speed, acceleration and slope, where the
 * remote-sensing device does not tell them itself.
 *
 * Of each lending instrument the latest readings are kept. A passage gets the one nearest in time to its moment, at
 * most max_ms away; where that one is not ok, the instrument lends none of that quantity. What was joined is written
 * into the passage's record, and from there it enters a recomputation: what came later, or in another order, does not
 * matter.
 */
#ifndef STATION_CORE_JOIN_H
#define STATION_CORE_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/json.h"
#include "station/core/reading.h"

enum { JOIN_QUANTITIES = 9, JOIN_KEPT = 128, JOIN_NAME_MAX = 32 };

/* What may be lent at all. */
extern const enum quantity join_quantities[JOIN_QUANTITIES];
bool join_may_lend(enum quantity quantity);

/* One lending instrument. */
struct join_source {
    int64_t max_ms;
    struct join_kept {
        uint64_t noted; /* since the start or the last forgetting; the latest JOIN_KEPT are there */
        struct {
            int64_t t_ms;
            enum quality quality;
            struct decimal value;
        } readings[JOIN_KEPT];
    } kept[JOIN_QUANTITIES];
};

void join_init(struct join_source *source, int64_t max_ms);
void join_note(struct join_source *source, const struct sample *sample);
/* It is gone, or in no good order: nothing that it said before is lent any more. */
void join_forget(struct join_source *source);

/* A reading that was lent. */
struct join_reading {
    char instrument[JOIN_NAME_MAX];
    int64_t age_ms; /* before the passage's record came */
    struct reading reading;
};

/* The reading nearest to moment_ms that is ok; *distance_ms from it. False: none. Of two equally near ones the later.
 */
bool join_find(const struct join_source *source, enum quantity quantity, int64_t moment_ms, struct reading *out,
               int64_t *t_ms, int64_t *distance_ms);

/* The moment of a passage whose record came at arrived_ms, told lag_ms before by the device's clock (has_lag): that of
 * the device where it can be, else when the record came. */
int64_t join_moment_ms(const struct join_source *source, int64_t arrived_ms, bool has_lag, int64_t lag_ms);

/* `joined` of a record: [{age_ms, instrument, quality, quantity, unit, value} …]. */
void join_write(const struct join_reading *joined, size_t count, struct json_writer *w, const char *key);
/* Reads it back; refuses what could not have been lent. */
int join_read(struct join_reading joined[JOIN_QUANTITIES], size_t *count, const struct json_doc *doc, ptrdiff_t token,
              struct err *err);

/* Adds what was lent to the device's own sample; fails when the device tells that quantity itself. */
int join_add(struct sample *sample, const struct join_reading *joined, size_t count, struct err *err);

/* The lines of readings.csv, at their times before the passage. Returns the length, or -1 when they do not fit. */
ptrdiff_t join_csv(const struct join_reading *joined, size_t count, char *out, size_t size);

#endif
