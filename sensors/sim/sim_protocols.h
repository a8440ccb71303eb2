/* The protocols the simulator speaks; one line here and one file each. */
#ifndef SENSORS_SIM_SIM_PROTOCOLS_H
#define SENSORS_SIM_SIM_PROTOCOLS_H

#include "sensors/sim/sim.h"

extern const struct sim_protocol sim_modbus_rtu, sim_modbus_tcp, sim_nht6, sim_jsonl;

#endif
