/*
 * What a slip's QR code says: the result in a few lines of text, which the station's sealing key has signed together
 * with the journal's root, so that it can be checked with a certificate and no server. Anybody's telephone shows the
 * text.
 *
 *     smogd/652301-0007                                a checkpoint of the journal (C2SP signed note) …
 *     95
 *     ROOT
 *     time 2026-07-01T09:31:20.120+08:00
 *     record 652301-0007-T000002 24 SHA-256            … with what follows as its extension lines: the record's id,
 *     plate 新A66T21 yellow                             its event, the digest of record.json (base64)
 *     test free-acceleration 2026-07-01T09:31:09.023+08:00 gb3847-2018 2
 *     value k 1.90 <= 1.20 1/m exceeds unconfirmed
 *     verdict fail
 *
 *     — smogd/652301-0007 SIGNATURE
 *     certificate DER                                  (base64; left out where the code would be too large)
 *
 * Since it is a checkpoint, whoever keeps the slip can ask the station later for a proof that its journal still begins
 * with those events. A code that is not signed yet begins with "unsigned smogd/STATION" and proves nothing.
 */
#ifndef REPORTS_SLIP_NOTE_H
#define REPORTS_SLIP_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "reports/record.h"
#include "station/core/err.h"

enum {
    SLIP_NOTE_MAX = 1600, /* bytes of a code that 80 mm paper can show */
    SLIP_NOTE_VALUES_MAX = VERDICT_VALUES_MAX,
};

/* The lines about a record, each ended by a newline. `voided`: it has become void since. */
int slip_note_lines(const struct record *record, const char *text, size_t length, uint64_t event, bool voided,
                    char out[CHECKPOINT_LINES_MAX], struct err *err);

/* The code of a record that is not signed yet. */
int slip_note_unsigned(const char *record, size_t length, uint64_t event, bool voided, char out[SLIP_NOTE_MAX],
                       struct err *err);

struct slip_note_value {
    char quantity[32], value[DECIMAL_TEXT_MAX], limit[DECIMAL_TEXT_MAX], unit[16], point[16];
    bool at_least, exceeds, screening, unconfirmed;
};

struct slip_note {
    bool is_signed;                    /* there is a signature; slip_note_read does not check it */
    struct checkpoint_read checkpoint; /* where it is signed */
    char station[CHECKPOINT_ORIGIN_MAX], id[RECORD_ID_MAX], plate[64], colour[16], method[RULES_ID_MAX],
        ended_at[CIVIL_TIME_TEXT_MAX], pack[RULES_ID_MAX], pack_version[RULES_ID_MAX], verdict[16];
    uint64_t event;
    uint8_t sha256[32]; /* of record.json */
    bool voided;
    size_t values_count;
    struct slip_note_value values[SLIP_NOTE_VALUES_MAX];
    size_t note_length;      /* of the text: the checkpoint, without the certificate */
    const char *certificate; /* in the text, base64; NULL: none */
    size_t certificate_length;
};

/* Reads a code's text. Fails with the line that is wrong. */
int slip_note_read(struct slip_note *n, const char *text, size_t length, struct err *err);

#endif
