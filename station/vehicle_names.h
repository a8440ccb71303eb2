/*
 * Plates and colours of all vehicles of a database, in memory (some 20 bytes each): for an export that needs one for
 * each of millions of rows, where asking the database for each would cost more than all the rest of the row.
 */
#ifndef STATION_VEHICLE_NAMES_H
#define STATION_VEHICLE_NAMES_H

#include "station/store.h"

struct vehicle_names {
    char *text; /* each plate and colour, both ended by '\0'; at 0 two that are "" */
    size_t length, room;
    uint32_t *at; /* of a vehicle's number: where its plate begins; 0: none has this number */
    size_t count;
};

/* Between store_read_begin and store_read_end. */
int vehicle_names_read(struct vehicle_names *names, struct store *store, struct err *err);
void vehicle_names_close(struct vehicle_names *names);

/* "" where no vehicle has the number. The colour stands behind the plate. */
const char *vehicle_names_plate(const struct vehicle_names *names, int64_t vehicle);
const char *vehicle_names_colour(const char *plate);

#endif
