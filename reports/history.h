/*
 * A history file (FORMATS.md, "History"): what one station knows of vehicles, carried to another one without a network.
 *
 * No new signature is made for it: every fact is an event of the station's journal with its path to a checkpoint that
 * the station has signed, and the record that the event names by its digest. Whoever trusts the authority behind the
 * station's certificate can check all of it; one byte that is wrong anywhere, and the whole file is refused.
 */
#ifndef REPORTS_HISTORY_H
#define REPORTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "reports/checkpoint_read.h"
#include "reports/limits.h"
#include "reports/record.h"
#include "reports/sealcheck.h"
#include "station/core/err.h"

#define HISTORY_FORMAT "smogd-history-1"

/* One ended test or passage, as its record tells it. */
struct history_fact {
    bool passage, valid; /* valid: the verdict is not "invalid" */
    char id[RECORD_ID_MAX], plate[64], colour[16], method[RULES_ID_MAX], verdict[16];
    char record_sha256[SHA256_HEX_SIZE];
    char latitude[DECIMAL_TEXT_MAX], longitude[DECIMAL_TEXT_MAX]; /* of the station then; "": not told */
    int64_t at_ms;                                                /* a passage's own time, a test's start */
    struct civil_date day;                                        /* that its law was chosen by */
    uint64_t exceeded;                                            /* remote_exceeded */
    const char *record;                                           /* the whole of it, in the bytes that were read */
    size_t record_length;
};

struct history {
    char station[CHECKPOINT_ORIGIN_MAX], signer[SEALCHECK_NAME_MAX];
    struct checkpoint_read checkpoint;
    size_t facts_count;
    struct history_fact *facts; /* in the journal's order */
};

/* Reads and checks all of it. Fails with the line and what does not hold there. Free with history_close in every case.
 */
int history_read(struct history *out, const char *bytes, size_t length, X509_STORE *trust, struct err *err);
void history_close(struct history *history);

/* What stands behind the first line, for a history whose station and checkpoint are known: a part of history_read. */
int history_read_facts(struct history *out, const char *bytes, size_t length, struct err *err);

/* Does this certificate (PEM) belong to the key that signed the checkpoint? For whoever writes such a file. */
int history_signed_by(const char *note, const char *pem, size_t length, struct err *err);

#endif
