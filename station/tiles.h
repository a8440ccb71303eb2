/*
 * The journal as static files that any web server can publish: C2SP tlog-tiles. DIR/checkpoint, DIR/tile/LEVEL/N with
 * 256 hashes each, DIR/tile/LEVEL/N.p/WIDTH for the rightmost ones, and, where wanted, the events themselves in
 * DIR/tile/entries/N. Hashes tell nothing of the events; the events hold personal data.
 *
 * What is there already is compared and left alone: full tiles never change. The checkpoint comes last, so that whoever
 * reads it finds every tile that it needs. smogverify --tiles reads such a folder (reports/verifier_tiles.c).
 */
#ifndef STATION_TILES_H
#define STATION_TILES_H

#include <stdbool.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "station/core/err.h"
#include "station/store.h"

struct tiles_result {
    uint64_t events, written; /* files */
};

/* `note`: the signed checkpoint of this journal, as `c` reads it. ERR_REFUSED when the folder holds another journal,
 * or a file in it was altered. */
int tiles_write(struct store *s, const char *note, const struct checkpoint_read *c, const char *folder, bool entries,
                struct tiles_result *out, struct err *err);

#endif
