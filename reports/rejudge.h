/*
 * The verdict again, from nothing but the stored input: record.json tells the method, the vehicle and the rule that was
 * asked for; wire/NAME.rec, profiles/NAME.conf and rules/ID.conf are replayed through the same drivers, procedure and
 * rules as in the station. The verdict object and readings.csv must come out byte for byte.
 *
 * No clock, no network, no database. Allocates, because drivers and rule packs are large.
 */
#ifndef REPORTS_REJUDGE_H
#define REPORTS_REJUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/record.h"
#include "station/core/err.h"

struct rejudge_file {
    const char *name; /* as in the record */
    const char *data;
    size_t size;
};

struct rejudge {
    char *verdict, *readings; /* recomputed; canonical JSON and CSV */
    size_t verdict_length, readings_length;
    bool verdict_same, readings_same;
    enum verdict_kind kind;
    char difference[200]; /* where the first difference is, in words; empty if there is none */
    char remark[120];     /* what a reader should know though nothing differs; mostly empty */
};

/* 0: recomputed, see the two flags. -1: it cannot be recomputed; *err says why (a file is missing, a pack has another
 * digest, a recording ends early …). Free the result with rejudge_close in both cases. */
int rejudge(struct rejudge *out, const struct record *record, const struct rejudge_file *files, size_t count,
            struct err *err);
void rejudge_close(struct rejudge *r);

/* For many records: memory and what they share, rule pack and profiles, stay for the next one. The result is the same
 * as rejudge gives. */
struct rejudge_desk *rejudge_desk_open(struct err *err); /* NULL: out of memory */
int rejudge_at(struct rejudge_desk *desk, struct rejudge *out, const struct record *record,
               const struct rejudge_file *files, size_t count, struct err *err);
void rejudge_desk_close(struct rejudge_desk *desk);

#endif
