/*
 * RFC 9162 Merkle tree over the journal: leaf = SHA-256(0x00 || event), node = SHA-256(0x01 || left || right).
 * Proof checking needs nothing but hashes; proof making asks for stored subtree roots through a callback, and takes
 * trees of at most INT64_MAX leaves.
 */
#ifndef REPORTS_MERKLE_H
#define REPORTS_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

enum { MERKLE_HASH_SIZE = 32, MERKLE_PATH_MAX = 64, MERKLE_MARK_SIZE = 17 };

struct merkle_hash {
    uint8_t bytes[MERKLE_HASH_SIZE];
};

void merkle_leaf(const void *data, size_t length, struct merkle_hash *out);
void merkle_node(const struct merkle_hash *left, const struct merkle_hash *right, struct merkle_hash *out);
void merkle_empty_root(struct merkle_hash *out); /* SHA-256("") */

/* What stands on paper for a root: its first 16 hex digits. */
void merkle_mark(const struct merkle_hash *root, char out[MERKLE_MARK_SIZE]);

/* Source of complete subtree roots: level 0 = leaves, `index` within the level. Returns 0, or -1 with *err. */
typedef int merkle_fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err);

/* Root of the first `size` leaves. */
int merkle_root(uint64_t size, merkle_fetch *fetch, void *ctx, struct merkle_hash *out, struct err *err);
/* Which complete subtrees appear when leaf `index` is appended: calls `store` for levels 1.. in order. */
int merkle_append(uint64_t index, const struct merkle_hash *leaf, merkle_fetch *fetch, void *ctx,
                  int (*store)(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash,
                               struct err *err),
                  struct err *err);

/* Inclusion path of leaf `index` in the tree of `size` (RFC 9162 2.1.3), consistency path (2.1.4). */
int merkle_inclusion(uint64_t index, uint64_t size, merkle_fetch *fetch, void *ctx, struct merkle_hash *path,
                     size_t *count, struct err *err);
int merkle_consistency(uint64_t old_size, uint64_t size, merkle_fetch *fetch, void *ctx, struct merkle_hash *path,
                       size_t *count, struct err *err);

bool merkle_verify_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
                             const struct merkle_hash *path, size_t count, const struct merkle_hash *root);
bool merkle_verify_consistency(uint64_t old_size, const struct merkle_hash *old_root, uint64_t size,
                               const struct merkle_hash *root, const struct merkle_hash *path, size_t count);

#endif
