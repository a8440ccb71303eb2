/*
 * The configured outlets made ready for the courier: keys and certificates checked, maps and violations loaded, secrets
 * read; and where the records come from that outlets of tests and passages take.
 */
#ifndef STATION_OUTLETS_H
#define STATION_OUTLETS_H

#include <stddef.h>

#include "reports/courier.h"
#include "reports/violation.h"
#include "station/config.h"
#include "station/core/err.h"
#include "station/store.h"

struct outlets {
    size_t count;
    struct courier_outlet of[CONFIG_OUTLETS_MAX];
    struct outlet_map *maps[CONFIG_OUTLETS_MAX]; /* NULL: it needs none */
    struct receipt_keys *receipt_keys[CONFIG_OUTLETS_MAX];
    struct neutral_value values[CONFIG_OUTLETS_MAX][CONFIG_OUTLET_VALUES_MAX];
    size_t names_count;
    const char *names[CONFIG_OUTLETS_MAX]; /* of those that take cases */
    struct violations violations;
};

/* Of credentials the configuration gets the names of their files (libcurl reads keys by itself). */
int outlets_open(struct outlets *out, struct config *config, struct err *err);
void outlets_close(struct outlets *o);

/* For parcel_source.load; ctx: the store. */
int outlets_load(void *ctx, const char *id, bool alone, struct contents *out, struct err *err);
/* For parcel_source.decision; ctx: the store. */
int outlets_decision(void *ctx, const char *case_id, struct contents *out, struct err *err);

#endif
