#include "sensors/sim/sim_protocols.h"

#include <stddef.h>

/* A remote-sensing device that sends one JSON object per line by itself; the lines come from `pass` commands. */
const struct sim_protocol sim_jsonl = {.name = "jsonl", .check_tail = SIM_NO_CHECKSUM};

#define SIM_PROTOCOL_LISTED(name) &sim_##name,
const struct sim_protocol *const sim_protocols[] = {SIM_PROTOCOLS(SIM_PROTOCOL_LISTED) NULL};
