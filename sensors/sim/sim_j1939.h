/*
 * The messages of a heavy vehicle's network (SAE J1939) that a diagnostic adapter shows: parameter groups with the
 * world's figures, and DM1, the active faults. What the vehicle does not know is all ones, or FE… where it says that
 * the sensor is broken.
 */
#ifndef SENSORS_SIM_SIM_J1939_H
#define SENSORS_SIM_SIM_J1939_H

#include "sensors/sim/sim.h"

enum { SIM_J1939_DM1 = 0xFECA, SIM_J1939_FRAME = 8, SIM_J1939_FAULTS_MAX = 16 };

struct sim_j1939_fault {
    unsigned spn, fmi, count;
};

/* The eight bytes of that group; false: this vehicle does not send it. `broken` marks missing figures as errors. */
bool sim_j1939_group(const struct sim_instrument *instrument, unsigned pgn, bool broken, int64_t t_ms,
                     uint8_t out[SIM_J1939_FRAME]);

/* DM1: lamps (the world's mil), flash codes, then four bytes a fault; returns the length, at least 6. */
size_t sim_j1939_dm1(const struct sim_instrument *instrument, const struct sim_j1939_fault *faults, size_t count,
                     int64_t t_ms, uint8_t out[2 + 4 * SIM_J1939_FAULTS_MAX]);

/* "3216/4/2,3226/4/1" (SPN/FMI/occurrences); returns how many, -1 when it is something else. */
int sim_j1939_faults_parse(const char *text, struct sim_j1939_fault faults[SIM_J1939_FAULTS_MAX]);

#endif
