/*
 * A diesel engine standing at idle whose pedal is pressed now and then: rpm, smoke and oil temperature as functions of
 * time. Free acceleration: rpm climbs to cut-off in about a second, a puff of smoke rises and decays (its maximum is
 * exactly `peak_k`), the pedal is held, released, and the engine falls back to idle.
 */
#ifndef SENSORS_SIM_ENGINE_H
#define SENSORS_SIM_ENGINE_H

#include <stdint.h>

struct engine {
    double idle_rpm, cutoff_rpm;
    double idle_k, peak_k; /* 1/m */
    double oil_temp_c;
    int64_t hold_ms;    /* pedal down, from the press */
    int64_t pressed_ms; /* last press; -1: never */
};

struct engine_state {
    double rpm, k_per_m, oil_temp_c;
};

void engine_init(struct engine *e);
void engine_press(struct engine *e, int64_t t_ms);
struct engine_state engine_at(const struct engine *e, int64_t t_ms);

/* N (%) over 0.430 m for that k. */
double engine_opacity(double k_per_m);

#endif
