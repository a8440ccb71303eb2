/*
 * The journal as static files, C2SP tlog-tiles (FORMATS.md, "Tiles"): how they are called and what is in them. A tile
 * of level L holds the hashes of 256 subtrees of 256^L events each; the last of a level may be incomplete. A bundle
 * holds the 256 events below a tile of level 0, each behind its length in two bytes, the larger one first.
 */
#ifndef REPORTS_TILE_H
#define REPORTS_TILE_H

#include <stddef.h>
#include <stdint.h>

#include "reports/merkle.h"
#include "station/core/err.h"

enum {
    TILE_WIDTH = 256,
    TILE_BITS = 8,
    TILE_LEVELS = MERKLE_PATH_MAX / TILE_BITS,
    TILE_PATH_MAX = 96, /* with the NUL */
    TILE_ENTRY_MAX = 65535,
    TILE_BUNDLE_MAX = TILE_WIDTH * (2 + TILE_ENTRY_MAX)
};

/* "tile/0/x001/x234/067", with ".p/12" behind it when it is incomplete; `what`: "0", "1" … or "entries". */
void tile_path(const char *what, uint64_t n, unsigned width, char out[TILE_PATH_MAX]);

/* How many hashes or events are in number `n` of a row of `count`. */
unsigned tile_width(uint64_t count, uint64_t n);

/* The root above `count` hashes: a power of two, at most TILE_WIDTH. */
void tile_root(const struct merkle_hash *hashes, size_t count, struct merkle_hash *out);

/* The leaves of a bundle's events; there must be exactly `width` of them. */
int tile_leaves(const char *data, size_t length, unsigned width, struct merkle_hash out[TILE_WIDTH], struct err *err);

#endif
