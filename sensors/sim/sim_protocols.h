/* The protocols the simulator speaks: one line here, and a file sim_*.c for each or for a few that are alike. */
#ifndef SENSORS_SIM_SIM_PROTOCOLS_H
#define SENSORS_SIM_SIM_PROTOCOLS_H

#include "sensors/sim/sim.h"
#include "sensors/sim/sim_table.h"

#define SIM_PROTOCOLS(X)                                                                                               \
    X(ak)                                                                                                              \
    X(csr_i)                                                                                                           \
    X(csv)                                                                                                             \
    X(elm327)                                                                                                          \
    X(escpos)                                                                                                          \
    X(gpsd)                                                                                                            \
    X(jsonl)                                                                                                           \
    X(maximet)                                                                                                         \
    X(modbus_rtu)                                                                                                      \
    X(modbus_tcp)                                                                                                      \
    X(mph)                                                                                                             \
    X(nmea)                                                                                                            \
    X(rpm5300)                                                                                                         \
    X(sansi)                                                                                                           \
    X(truspeed)                                                                                                        \
    X(vmt2000)                                                                                                         \
    X(vtet1000)                                                                                                        \
    X(wxt)                                                                                                             \
    X(yaogan)

#define SIM_PROTOCOL_DECLARED(name) extern const struct sim_protocol sim_##name;
SIM_PROTOCOLS(SIM_PROTOCOL_DECLARED)
#undef SIM_PROTOCOL_DECLARED

/* Opacimeters and gas analyzers that are tables. */
#define SIM_TABLES(X)                                                                                                  \
    X(cap3030)                                                                                                         \
    X(fga4100)                                                                                                         \
    X(fla502)                                                                                                          \
    X(flb100)                                                                                                          \
    X(flb100_tenths)                                                                                                   \
    X(fty100)                                                                                                          \
    X(fty100_short)                                                                                                    \
    X(mexa584l)                                                                                                        \
    X(microbench)                                                                                                      \
    X(mqw50a)                                                                                                          \
    X(mqw5101)                                                                                                         \
    X(mqy200)                                                                                                          \
    X(nha503)                                                                                                          \
    X(nha506)                                                                                                          \
    X(nha506_v29)                                                                                                      \
    X(nht1l)                                                                                                           \
    X(nht6)

#define SIM_TABLE_DECLARED(name) extern const struct sim_table sim_##name;
SIM_TABLES(SIM_TABLE_DECLARED)
#undef SIM_TABLE_DECLARED

#endif
