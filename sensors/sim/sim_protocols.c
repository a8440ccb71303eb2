#include "sensors/sim/sim_protocols.h"

#include <stddef.h>

/* A remote-sensing device that sends one JSON object per line by itself; the lines come from `pass` commands. */
const struct sim_protocol sim_jsonl = {.name = "jsonl", .check_tail = SIM_NO_CHECKSUM};

/* clang-format off: one a line */
const struct sim_protocol *const sim_protocols[] = {
    &sim_ak,
    &sim_csr_i,
    &sim_elm327,
    &sim_gpsd,
    &sim_jsonl,
    &sim_maximet,
    &sim_modbus_rtu,
    &sim_modbus_tcp,
    &sim_mph,
    &sim_nht6,
    &sim_nmea,
    &sim_rpm5300,
    &sim_truspeed,
    &sim_vtet1000,
    &sim_wxt,
    NULL,
};
/* clang-format on */
