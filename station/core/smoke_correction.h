/*
 * Corrections of a measured opacity (SAE J1667 appendices B and C): to the path length of the exhaust pipe that the
 * limit is meant for, and to the density of the air at which it was set.
 *
 *     k = -ln(1 - N/100)/L      k' = k / (A ρ² + B ρ + C)      N' = 100 (1 - e^(-k' Ls))
 *
 * ρ is the density of dry air, kg/m³, from pressure, temperature and humidity as they were measured.
 *
 * Parameters of a rule: path-standard (Ls, m); density-a, density-b, density-c; density-needed (1: without pressure,
 * temperature and humidity the test is invalid; 0: then it is not corrected for density, and a reason says so). None of
 * them: no correction.
 */
#ifndef STATION_CORE_SMOKE_CORRECTION_H
#define STATION_CORE_SMOKE_CORRECTION_H

#include "station/core/reading.h"
#include "station/core/rules.h"
#include "station/core/verdict.h"

struct smoke_correction {
    bool wanted, by_density;
    struct decimal path_m, standard_m;
    double a, b, c;
    int64_t density_needed;
};

/* The latest good readings of the air. */
struct smoke_air {
    bool has_temp, has_humidity, has_pressure;
    struct decimal temp_c, humidity_percent, pressure_kpa;
};

int smoke_correction_load(struct smoke_correction *c, const struct rule *rule, const struct rule_limit *limit,
                          struct err *err);
void smoke_air_read(struct smoke_air *air, const struct sample *sample);

/* Density of dry air in kg/m³, three decimals; false where something is not known or makes no sense. */
bool smoke_air_density(const struct smoke_air *air, struct decimal *out);

enum smoke_corrected { SMOKE_CORRECTED, SMOKE_NO_DENSITY, SMOKE_SENSELESS };
/* Corrects *opacity. NO_DENSITY: for the path only, since the air is not known. `note` tells what was done. */
enum smoke_corrected smoke_correct(const struct smoke_correction *c, const struct smoke_air *air,
                                   struct decimal *opacity, char note[VERDICT_NOTE_MAX]);

#endif
