/*
 * Making a signed checkpoint of the journal: its size and root at a time, as a C2SP signed note (FORMATS.md, "Proof").
 * reports/checkpoint_read.h reads and verifies it.
 */
#ifndef REPORTS_CHECKPOINT_H
#define REPORTS_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "reports/merkle.h"
#include "reports/seal.h"
#include "station/core/err.h"

struct checkpoint {
    const char *log; /* the station's id, after a restore with "/2", "/3" …; the origin is smogd/LOG */
    uint64_t size;
    struct merkle_hash root;
    int64_t time_ms;
    int offset_minutes;
    const char *lines; /* extension lines, each ended by a newline; NULL: none */
};

/* The signed text, NUL-terminated. Fails like seal_usable, and with ERR_INVALID when the lines are too long. */
int checkpoint_sign(const struct checkpoint *c, const struct seal *seal, char out[CHECKPOINT_TEXT_MAX + 1],
                    struct err *err);

#endif
