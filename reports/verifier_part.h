/*
 * What the parts of the verifier share: the package being checked and the one way to report.
 */
#ifndef REPORTS_VERIFIER_PART_H
#define REPORTS_VERIFIER_PART_H

#include "reports/manifest_read.h"
#include "reports/sealcheck.h"
#include "reports/verifier.h"

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

/* The checks, one word each; the sentences stand in verifier_words.c. */
#define VERIFIER_CHECK_TABLE(X)                                                                                        \
    X(CONTAINER, "container")                                                                                          \
    X(MIMETYPE, "mimetype")                                                                                            \
    X(CONTENTS, "contents")                                                                                            \
    X(DIGEST, "digest")                                                                                                \
    X(SIGNATURE, "signature")                                                                                          \
    X(CERTIFICATE, "certificate")                                                                                      \
    X(ROLE, "role")                                                                                                    \
    X(SM2, "sm2")                                                                                                      \
    X(RECORD, "record")                                                                                                \
    X(FILES, "files")                                                                                                  \
    X(EVENT, "event")                                                                                                  \
    X(INCLUSION, "inclusion")                                                                                          \
    X(CHECKPOINT, "checkpoint")                                                                                        \
    X(TIMES, "times")                                                                                                  \
    X(CONSISTENCY, "consistency")                                                                                      \
    X(WITNESS, "witness")                                                                                              \
    X(CASE, "case")                                                                                                    \
    X(CUSTODY, "custody")                                                                                              \
    X(READINGS, "readings")                                                                                            \
    X(VERDICT, "verdict")                                                                                              \
    X(REFERENCE, "reference")                                                                                          \
    X(NUMBERS, "numbers")                                                                                              \
    X(CLOCK, "clock")                                                                                                  \
    X(ROOT, "root")

enum verifier_check {
#define VERIFIER_ENUM(id, name) VERIFIER_##id,
    VERIFIER_CHECK_TABLE(VERIFIER_ENUM)
#undef VERIFIER_ENUM
        VERIFIER_CHECK_COUNT
};

/* Adds a finding: the check's sentence for that result with {} replaced by `subject`; `detail` (may be NULL) follows.
 * The subject is an entry's name where the check is about entries. Returns whether the result is not a failure. */
bool verifier_report(struct verification *v, enum verifier_check check, enum verifier_result result,
                     const char *subject, const char *detail);

/* manifest, digests, signatures: false when the contents cannot be trusted to be what was signed */
bool verifier_contents(struct verification *v);
bool verifier_seal(struct verification *v);
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
