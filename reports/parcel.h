/*
 * What one attempt carries: the package's bytes, or the records of a test or of a batch of passages, and what the maps
 * of receivers draw from (neutral records).
 */
#ifndef REPORTS_PARCEL_H
#define REPORTS_PARCEL_H

#include <stddef.h>

#include "reports/ahead.h"
#include "reports/contents.h"
#include "reports/outlet.h"
#include "reports/queue.h"
#include "reports/violation.h"
#include "station/core/err.h"

/* Where the contents come from. */
struct parcel_source {
    const char *folder;  /* what the packages' paths are relative to */
    struct ahead *ahead; /* NULL: packages are read when they are wanted */
    int offset_minutes;  /* of the local time */
    const struct violation *violations;
    size_t violations_count;
    void *ctx;
    /* Adds record.json and, unless `alone`, the pictures of a test or passage. ERR_INVALID: there is none. NULL where
     * no outlet takes records. */
    int (*load)(void *ctx, const char *id, bool alone, struct contents *out, struct err *err);
    /* Sets out->decision to what was filed of that case. NULL where no outlet takes it. */
    int (*decision)(void *ctx, const char *case_id, struct contents *out, struct err *err);
};

struct parcel {
    size_t loaded_count;
    struct contents *loaded; /* the package; or one for each record */
    struct neutral **records;
    size_t told; /* records that are to be told: the first ones */
    char (*rejected)[OUTLET_TEXT_MAX];
};

/* The item will be loaded soon. */
void parcel_expect(const struct parcel_source *source, const struct queue_item *item);

/* Reads what the item needs. ERR_FAILED: try again later; anything else: it cannot be had. `valid_only` leaves invalid
 * passages of a batch out. */
int parcel_load(struct parcel *p, const struct parcel_source *source, const struct outlet_driver *driver,
                const struct outlet_setup *setup, const struct queue_item *item, bool valid_only, const char *now,
                struct err *err);
void parcel_free(struct parcel *p);

#endif
