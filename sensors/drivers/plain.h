/* What the drivers of text and small streams have in common and nobody else needs. */
#ifndef SENSORS_DRIVERS_PLAIN_H
#define SENSORS_DRIVERS_PLAIN_H

#include "protocols/slice.h"
#include "sensors/sensor.h"

/* What a codec found, as a driver's `cut` says it. */
enum sensor_cut plain_cut(enum slice_found found);

/* `check` of a driver that takes neither profile nor option. */
int plain_check(const struct sensor_config *config, struct err *err);

#endif
