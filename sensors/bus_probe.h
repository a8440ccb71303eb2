/*
 * Probes: the requests by which the bus finds out whether an older answer may still come. A probe reads the beginning
 * of one of the slave's blocks, so short that its answer has a length that no answer to a read has.
 */
#ifndef SENSORS_BUS_PROBE_H
#define SENSORS_BUS_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "protocols/modbus.h"
#include "sensors/profile.h"

/* The request for a whole read; its unit is left 0. */
struct modbus_request bus_probe_read(const struct profile_read *read);

/* Chooses the n-th probe, counted round. False: every shorter request could be mistaken; then it is a whole read.
 * *which is the read that the probe is a part of. */
bool bus_probe_choose(const struct profile_read *reads, size_t reads_count, unsigned n, size_t *which,
                      struct modbus_request *probe);

#endif
