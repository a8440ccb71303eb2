/*
 * Reading a signed checkpoint of the journal (FORMATS.md, "Proof"; C2SP signed note): the size and root of the tree at
 * a time, signed by the station.
 */
#ifndef REPORTS_CHECKPOINT_READ_H
#define REPORTS_CHECKPOINT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "reports/limits.h"
#include "reports/merkle.h"
#include "station/core/civil.h"
#include "station/core/err.h"

struct checkpoint_read {
    char origin[CHECKPOINT_ORIGIN_MAX]; /* "smogd/STATION-ID" */
    uint64_t size;
    struct merkle_hash root;
    char time[CIVIL_TIME_TEXT_MAX];
    int64_t time_ms;
    size_t lines_at;      /* of the text: where extension lines begin; signed_length where there are none */
    size_t signed_length; /* of the text: what the signature covers */
    uint8_t key_id[4];
    uint8_t signature[CHECKPOINT_SIGNATURE_MAX];
    size_t signature_length;
};

/* Reads the text. Extension lines (a slip's, reports/slip_note.h) are passed over, but signed like the rest. Of several
 * signature lines the one in the origin's name counts; a second one is an error. */
int checkpoint_read(struct checkpoint_read *c, const char *text, size_t length, struct err *err);

/* Is it of a journal of that station? A restored journal has a name of its own: smogd/STATION/2, …/3. */
bool checkpoint_of(const struct checkpoint_read *c, const char *station);
/* The station's id in the origin; false: it is none of smogd's. */
bool checkpoint_station(const struct checkpoint_read *c, char *out, size_t size);

/* ERR_INVALID when another key signed it (the key id differs), ERR_FAILED when the signature does not match. */
int checkpoint_verify(const struct checkpoint_read *c, const char *text, EVP_PKEY *key, struct err *err);

#endif
