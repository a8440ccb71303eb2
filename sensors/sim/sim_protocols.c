#include "sensors/sim/sim_protocols.h"

#include <stddef.h>

/* A remote-sensing device that sends one JSON object per line by itself; the lines come from `pass` commands. */
const struct sim_protocol sim_jsonl = {.name = "jsonl", .check_tail = SIM_NO_CHECKSUM};

#define LISTED(name) &sim_##name,
#define LISTED_TABLE(name) &sim_##name.protocol,
const struct sim_protocol *const sim_protocols[] = {SIM_PROTOCOLS(LISTED) SIM_TABLES(LISTED_TABLE) NULL};
