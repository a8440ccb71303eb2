/*
 * Conformance mode: the inbox answers awkwardly, by a script, and watches how a sender takes it. For testing any
 * sender's implementation of "Delivery" (FORMATS.md), not for production.
 *
 * A script is a list of items between commas or white space. Each item is for one upload, in turn; after the last one
 * the inbox behaves. "get-ITEM" is for one question (GET url/SHA-256) instead. "N%ITEM" is tried at random for every
 * upload (or question) that no item in turn is left for; seed:N makes that repeatable.
 *
 *     ok                 behaves
 *     slow:MS            the answer comes so late
 *     STATUS[:SECONDS]   answers that status (3xx with a Location, seconds as Retry-After) and stores nothing
 *     cut-before         hangs up while the body comes; stores nothing
 *     cut-after          hangs up after the body; stores nothing
 *     lost               stores, hangs up without an answer
 *     wrong-hash         stores, answers a receipt for another package
 *     bad-signature      stores, answers a receipt with a wrong signature
 *     garbage, huge      stores, answers 201 with what is no receipt, or a megabyte of it
 *     drip:MS            stores, answers one byte every so often
 */
#ifndef REPORTS_INBOX_AWKWARD_H
#define REPORTS_INBOX_AWKWARD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "station/core/err.h"

enum awkward_what {
    AWKWARD_OK,
    AWKWARD_SLOW,
    AWKWARD_SAY,
    AWKWARD_CUT_BEFORE,
    AWKWARD_CUT_AFTER,
    AWKWARD_LOST,
    AWKWARD_WRONG_HASH,
    AWKWARD_BAD_SIGNATURE,
    AWKWARD_GARBAGE,
    AWKWARD_HUGE,
    AWKWARD_DRIP,
};

struct awkward_act {
    enum awkward_what what;
    unsigned status; /* SAY */
    int number;      /* SAY: seconds of Retry-After, 0: none; SLOW, DRIP: ms */
};

struct inbox_awkward;

/* The script itself, or with `file` the name of a file that holds it. */
int inbox_awkward_open(struct inbox_awkward **out, const char *script, bool file, struct err *err);
void inbox_awkward_close(struct inbox_awkward *a);

/* A request begins: what to do with it. `sha256` is what it is about (Idempotency-Key or path), "" when it does not
 * say. now_ms is monotonic. */
struct awkward_act inbox_awkward_upload(struct inbox_awkward *a, const char *sha256, int64_t now_ms);
struct awkward_act inbox_awkward_question(struct inbox_awkward *a, const char *sha256, int64_t now_ms);
/* A request to the place that a 3xx pointed to. */
void inbox_awkward_followed(struct inbox_awkward *a);

/* It has ended like this: `status` that was answered (0: hung up), whether the answer went out whole; now_ms: when it
 * was given. */
void inbox_awkward_ended(struct inbox_awkward *a, const char *sha256, bool upload, struct awkward_act act,
                         unsigned status, bool whole, int64_t now_ms);

/* What the sender did right and wrong, line by line; true: nothing wrong. */
bool inbox_awkward_report(struct inbox_awkward *a, FILE *out);

#endif
