/*
 * What a station carries to a witness on a stick: its newest checkpoint and the proof that it continues the one that
 * this witness co-signed last. The body of C2SP tlog-witness add-checkpoint, so that a witness on the network takes the
 * same file:
 *
 *     old 20852014
 *     BASE64 of each hash of the consistency proof, one a line
 *     (an empty line)
 *     the checkpoint
 */
#ifndef REPORTS_WITNESS_REQUEST_H
#define REPORTS_WITNESS_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "reports/merkle.h"
#include "station/core/err.h"

enum { WITNESS_REQUEST_MAX = CHECKPOINT_TEXT_MAX + 64 * 46 + 64 };

struct witness_request {
    uint64_t old_size; /* 0: the witness has co-signed nothing yet */
    size_t count;
    struct merkle_hash path[MERKLE_PATH_MAX];
    char note[CHECKPOINT_TEXT_MAX + 1];
    struct checkpoint_read checkpoint; /* what the note says */
};

/* The text, NUL-terminated; gives its length. */
size_t witness_request_write(const struct witness_request *r, char out[WITNESS_REQUEST_MAX]);
int witness_request_read(struct witness_request *r, const char *text, size_t length, struct err *err);

/* Does the checkpoint continue `last` (size and root that were co-signed last; size 0: nothing yet)? ERR_FAILED with
 * the reason when it does not. */
int witness_request_check(const struct witness_request *r, uint64_t last_size, const struct merkle_hash *last_root,
                          struct err *err);

#endif
