/*
 * A small journal made of an input's lines: what is signed and proved follows from them, so that a fuzzer reaches what
 * is read behind a proof.
 */
#ifndef TESTS_FUZZ_JOURNAL_H
#define TESTS_FUZZ_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "protocols/slice.h"
#include "reports/checkpoint_read.h"
#include "station/core/json.h"

enum { JOURNAL_EVENTS_MAX = 16 };

struct journal {
    size_t count;
    struct slice events[JOURNAL_EVENTS_MAX];
};

/* Size and root of a checkpoint over all events. */
void journal_sign(struct journal *j, struct checkpoint_read *out);

/* The members "index" and "path" of an event. */
void journal_prove(struct journal *j, size_t index, struct json_writer *w);

#endif
