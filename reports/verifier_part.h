/*
 * What the parts of the verifier share: the package being checked and the one way to report.
 */
#ifndef REPORTS_VERIFIER_PART_H
#define REPORTS_VERIFIER_PART_H

#include "reports/manifest_read.h"
#include "reports/sealcheck.h"
#include "reports/verifier.h"

enum { VERIFIER_ZONE_MINUTES = 480 }; /* Beijing time: what a reader's clock shows */

struct verification {
    struct verifier *out;
    const struct verifier_options *options;
    struct container container;
    struct manifest_read manifest;
    struct sealcheck seal; /* seal.signer NULL: no readable signature */
    struct record record;
    char record_sha256[SHA256_HEX_SIZE];
    bool has_checkpoint; /* the station's own, its signature good */
    struct checkpoint_read checkpoint;
};

/* The checks, one word each, and the part of the answer that it stands in; the sentences stand in verifier_words.c. */
#define VERIFIER_CHECK_TABLE(X)                                                                                        \
    X(CONTAINER, "container", FILE)                                                                                    \
    X(MIMETYPE, "mimetype", FILE)                                                                                      \
    X(CONTENTS, "contents", FILE)                                                                                      \
    X(DIGEST, "digest", FILE)                                                                                          \
    X(SIGNATURE, "signature", SEAL)                                                                                    \
    X(CERTIFICATE, "certificate", SEAL)                                                                                \
    X(ROLE, "role", SEAL)                                                                                              \
    X(REVOCATION, "revocation", SEAL)                                                                                  \
    X(SM2, "sm2", SEAL)                                                                                                \
    X(RECORD, "record", RECORD)                                                                                        \
    X(FILES, "files", RECORD)                                                                                          \
    X(EVENT, "event", JOURNAL)                                                                                         \
    X(INCLUSION, "inclusion", JOURNAL)                                                                                 \
    X(CHECKPOINT, "checkpoint", JOURNAL)                                                                               \
    X(TIMES, "times", JOURNAL)                                                                                         \
    X(CONSISTENCY, "consistency", JOURNAL)                                                                             \
    X(WITNESS, "witness", JOURNAL)                                                                                     \
    X(TIMESTAMP, "timestamp", JOURNAL)                                                                                 \
    X(CASE, "case", CASE)                                                                                              \
    X(REVIEW, "review", CASE)                                                                                          \
    X(CUSTODY, "custody", CASE)                                                                                        \
    X(READINGS, "readings", VERDICT)                                                                                   \
    X(VERDICT, "verdict", VERDICT)                                                                                     \
    X(REFERENCE, "reference", VERDICT)                                                                                 \
    X(NUMBERS, "numbers", JOURNAL)                                                                                     \
    X(CLOCK_OPEN, "clock", JOURNAL)                                                                                    \
    X(CLOCK, "clock", JOURNAL)                                                                                         \
    X(HISTORY, "history", JOURNAL)                                                                                     \
    X(TILES, "tiles", JOURNAL)                                                                                         \
    X(ENTRIES, "entries", JOURNAL)                                                                                     \
    X(BEHIND, "behind", JOURNAL)                                                                                       \
    X(ROOT, "root", JOURNAL)                                                                                           \
    X(SLIP, "slip", JOURNAL)

enum verifier_check {
#define VERIFIER_ENUM(id, name, part) VERIFIER_##id,
    VERIFIER_CHECK_TABLE(VERIFIER_ENUM)
#undef VERIFIER_ENUM
        VERIFIER_CHECK_COUNT
};

/* Adds a finding: the check's sentence for that result with {} replaced by `subject`; `detail` (may be NULL) follows.
 * The subject is an entry's name where the check is about entries. Returns whether the result is not a failure. */
bool verifier_report(struct verification *v, enum verifier_check check, enum verifier_result result,
                     const char *subject, const char *detail);

/* Did one of the trusted certificates itself sign it? ERR_INVALID: none of them; another code: it is false. */
int verifier_trusted_checkpoint(const struct verification *v, const struct checkpoint_read *c, const char *text,
                                struct err *err);

/* manifest, digests, signatures: false when the contents cannot be trusted to be what was signed */
bool verifier_contents(struct verification *v);
bool verifier_seal(struct verification *v);
/* the certificate in v->seal against the reader's lists of withdrawn ones, where there are any */
bool verifier_revocation(struct verification *v);
/* record.json and the files it lists */
bool verifier_record(struct verification *v);
/* log/proof.json */
void verifier_journal(struct verification *v);
/* case.json and log/events.json */
void verifier_case(struct verification *v);
/* the verdict again */
void verifier_rejudge(struct verification *v);
/* rule pack and profiles, against the reader's own */
void verifier_reference(struct verification *v);

#endif
