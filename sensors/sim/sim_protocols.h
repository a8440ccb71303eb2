/* The protocols the simulator speaks: one line here, and a file sim_*.c for each or for a few that are alike. */
#ifndef SENSORS_SIM_SIM_PROTOCOLS_H
#define SENSORS_SIM_SIM_PROTOCOLS_H

#include "sensors/sim/sim.h"

#define SIM_PROTOCOLS(X)                                                                                               \
    X(ak)                                                                                                              \
    X(csr_i)                                                                                                           \
    X(elm327)                                                                                                          \
    X(gpsd)                                                                                                            \
    X(jsonl)                                                                                                           \
    X(maximet)                                                                                                         \
    X(modbus_rtu)                                                                                                      \
    X(modbus_tcp)                                                                                                      \
    X(mph)                                                                                                             \
    X(nht6)                                                                                                            \
    X(nmea)                                                                                                            \
    X(rpm5300)                                                                                                         \
    X(truspeed)                                                                                                        \
    X(vtet1000)                                                                                                        \
    X(wxt)

#define SIM_PROTOCOL_DECLARED(name) extern const struct sim_protocol sim_##name;
SIM_PROTOCOLS(SIM_PROTOCOL_DECLARED)
#undef SIM_PROTOCOL_DECLARED

#endif
