/*
 * Scenario files (syntax of station/core/conf.h):
 *
 *     control = "build/run/sim.sock"
 *     engine { k = 0.4  oil = 88  idle-rpm = 750  cutoff-rpm = 2400  idle-k = 0.02  hold-ms = 2600 }
 *     instrument smoke { protocol = modbus-rtu  pty = "build/run/smoke"  unit = 1  reply-ms = 5  baud = 9600 }
 *     world { air_temp = 21.5  humidity = 40  latitude = 44.01  longitude = 87.3 }
 *     instrument meteo { protocol = maximet  pty = "build/run/meteo"  period-ms = 1000  set = {"values=14"} }
 *     instrument rsd   { protocol = jsonl  tcp = 7001 }
 *     step { at-ms = 5000  do = "press" }
 */
#ifndef SENSORS_SIM_SIM_SCENARIO_H
#define SENSORS_SIM_SIM_SCENARIO_H

#include "sensors/sim/sim.h"

enum { SCENARIO_STEPS_MAX = 512 };

struct scenario {
    char control[SIM_PATH_MAX]; /* empty: none */
    size_t steps_count;
    struct sim_step steps[SCENARIO_STEPS_MAX];
};

/* Fills scenario, sim->engine and sim->instruments (unplugged). Errors name file and line. */
int scenario_load(struct scenario *scenario, struct sim *sim, const char *path, struct err *err);

#endif
