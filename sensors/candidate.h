/*
 * What may stand behind a serial port of which nothing is known: every driver at its default line setting, once for
 * each dialect that it must be told, once for each profile of its kind.
 *
 * Left out are printers and signs, which would show what they are asked; the Modbus driver, whose devices are asked as
 * such (protocols/modbus.h); and settings in which any byte at all is a reading.
 */
#ifndef SENSORS_CANDIDATE_H
#define SENSORS_CANDIDATE_H

#include "sensors/profile.h"
#include "sensors/sensor.h"

enum { CANDIDATES_MAX = 64 };

struct candidate {
    const struct sensor_driver *driver;
    struct sensor_config config; /* its profile is borrowed from the list it came from */
    bool asks;                   /* it sends something where nothing comes; false: it only listens */
};

/* Fills out[0..CANDIDATES_MAX) and gives their number. Profiles of other kinds are passed over. */
size_t candidate_list(struct candidate out[CANDIDATES_MAX], const struct profile *const *profiles,
                      size_t profiles_count);

#endif
