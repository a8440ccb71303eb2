/* The protocols the simulator speaks; one line here, one in sim_protocols.c, and a file sim_*.c for each or for a few
 * that are alike. */
#ifndef SENSORS_SIM_SIM_PROTOCOLS_H
#define SENSORS_SIM_SIM_PROTOCOLS_H

#include "sensors/sim/sim.h"

extern const struct sim_protocol sim_ak;
extern const struct sim_protocol sim_csr_i;
extern const struct sim_protocol sim_elm327;
extern const struct sim_protocol sim_gpsd;
extern const struct sim_protocol sim_jsonl;
extern const struct sim_protocol sim_maximet;
extern const struct sim_protocol sim_modbus_rtu;
extern const struct sim_protocol sim_modbus_tcp;
extern const struct sim_protocol sim_mph;
extern const struct sim_protocol sim_nmea;
extern const struct sim_protocol sim_nht6;
extern const struct sim_protocol sim_rpm5300;
extern const struct sim_protocol sim_truspeed;
extern const struct sim_protocol sim_vtet1000;
extern const struct sim_protocol sim_wxt;

#endif
