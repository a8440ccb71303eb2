/*
 * A vehicle standing with its engine running: rpm, smoke, exhaust gases and temperatures as functions of time.
 *
 * Free acceleration: the pedal is pressed, rpm climbs to cut-off in about a second, a puff of smoke rises and decays
 * (its maximum is exactly `peak_k`), the pedal is held, released, and the engine falls back to idle. Steady running
 * (raised idle, load on rollers): engine_drive. Gases are those of three points (idle, raised idle, full load) and of
 * mixtures between them; the preset figures are of the size that such engines show, and every one can be set.
 *
 * The same settings and the same times give the same values for ever: scatter (how much accelerations differ from each
 * other) and noise (how much samples do) come from the seed alone, and are 0 unless set.
 */
#ifndef SENSORS_SIM_ENGINE_H
#define SENSORS_SIM_ENGINE_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/quantity.h"

enum engine_point { ENGINE_IDLE, ENGINE_RAISED, ENGINE_LOAD, ENGINE_POINTS };

struct engine_gas {
    double co, co2, o2; /* % */
    double hc, no;      /* 1e-6 */
};

struct engine {
    double idle_rpm, cutoff_rpm;
    double raised_rpm;             /* from here on the gases are those of raised idle */
    double idle_k, peak_k, load_k; /* 1/m: at idle, at the puff's top, at steady full load */
    double oil_temp_c, coolant_temp_c, gas_temp_c, tube_temp_c;
    struct engine_gas gas[ENGINE_POINTS];
    double lambda;    /* NAN: from the gases */
    double no2_share; /* of NOx */
    int64_t hold_ms;  /* pedal down, from the press */
    double scatter;   /* relative, of the puff's top and its time */
    double noise;     /* relative, of k and the gases */
    double seed;
    unsigned presses;
    int64_t pressed_ms; /* last press; -1: never */
    bool in_clean_air;  /* the probe is out of the exhaust: no smoke, whatever the engine does */
    struct {
        int64_t since_ms;
        double from_rpm, from_load, rpm, load; /* load 0..1 */
    } drive;
};

struct engine_state {
    double rpm, k_per_m, oil_temp_c;
    struct engine_gas gas;
    double lambda; /* NAN: no fuel is burnt */
};

void engine_init(struct engine *e);
void engine_press(struct engine *e, int64_t t_ms);
/* Steady running at that speed and load (0..1), reached within a second and a half; idle_rpm and 0: idle again. */
void engine_drive(struct engine *e, double rpm, double load, int64_t t_ms);
struct engine_state engine_at(const struct engine *e, int64_t t_ms);

/* The settings by name, for commands and scenario files; NULL ends them. `fuel` is no number and stands apart. */
const char *engine_key(size_t index);
int engine_set(struct engine *e, const char *key, double value, struct err *err);
/* "diesel" or "petrol": sets smoke, gases and speeds to what is usual for it. */
int engine_set_fuel(struct engine *e, const char *fuel, struct err *err);

/* Of a state: NAN for a quantity that an engine does not have. */
double engine_value(const struct engine *e, enum quantity quantity, int64_t t_ms);

/* What of an exhaust's value remains when that share of the sample is ambient air: smoke and gases thin out, oxygen
 * rises; other quantities stay. Less than 0: more of it than there is. */
double engine_thinned(enum quantity quantity, double value, double air);

/* N (%) over 0.430 m for that k. */
double engine_opacity(double k_per_m);

#endif
