/*
 * What surrounds the instruments: the figures that a sound instrument would show, by the registry's names and units.
 * Tests set them and know so what was put in. A figure that is not set is not there: the instrument says so in its own
 * way (its not-available mark), never zero.
 */
#ifndef SENSORS_SIM_WORLD_H
#define SENSORS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sensors/sim/engine.h"
#include "station/core/err.h"
#include "station/core/quantity.h"

struct sim_world {
    double value[QUANTITY_COUNT]; /* NAN: not set */
    bool absent[QUANTITY_COUNT];  /* taken away: not even the engine gives it */
    int64_t utc_ms;               /* UTC at time 0 of the simulator's clock */
};

void world_init(struct sim_world *world);

/* "none" takes a figure away. Fails for an unknown name and for what is no number. */
int world_set(struct sim_world *world, const char *name, const char *value, struct err *err);

/* NAN where there is none. What an engine has (engine_value) comes from it where it is not set here. */
double world_at(const struct sim_world *world, const struct engine *engine, enum quantity quantity, int64_t t_ms);

#endif
