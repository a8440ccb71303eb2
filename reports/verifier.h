/*
 * Everything that can be checked about one package with nothing but its bytes and a trusted certificate. The result is
 * a list of findings, each a sentence that a court clerk can read, in English and Chinese; smogverify prints it,
 * smoginbox decides by it.
 *
 * The order of the checks is the order of trust: the file as such, the list of its contents, the station's signature
 * over that list, the record, its place in the station's journal, and at last the verdict, recomputed from the raw
 * input. A check that rests on one that failed is not made; the list says so.
 */
#ifndef REPORTS_VERIFIER_H
#define REPORTS_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <openssl/x509.h>

#include "reports/checkpoint_read.h"
#include "reports/container.h"
#include "reports/record.h"
#include "station/core/err.h"

enum verifier_result {
    VERIFIER_OK,
    VERIFIER_NOTE, /* worth knowing, nothing wrong */
    VERIFIER_OPEN, /* asked for, but cannot be decided with what is at hand */
    VERIFIER_FAIL,
};

const char *verifier_result_name(enum verifier_result result); /* "ok" "note" "open" "fail" */

/* What a check is about: the parts of a printed answer. */
enum verifier_part {
    VERIFIER_PART_FILE,
    VERIFIER_PART_SEAL,
    VERIFIER_PART_RECORD,
    VERIFIER_PART_JOURNAL,
    VERIFIER_PART_CASE,
    VERIFIER_PART_VERDICT,
    VERIFIER_PARTS
};

enum {
    VERIFIER_PROOFS_MAX = 4,
    VERIFIER_REFERENCES_MAX = 32,
    VERIFIER_SENTENCE_MAX = 1024,
    VERIFIER_FINDINGS_MAX = 2 * CONTAINER_ENTRIES_MAX
};

struct verifier_finding {
    const char *check; /* stable word: "container" "contents" "digest" … */
    enum verifier_result result;
    enum verifier_part part;
    char entry[CONTAINER_NAME_MAX]; /* the entry concerned, or empty */
    char en[VERIFIER_SENTENCE_MAX];
    char zh[VERIFIER_SENTENCE_MAX];
};

struct verifier_options {
    X509_STORE *trust; /* sealcheck_trust */
    /* A checkpoint of the same journal from the reader's own keeping, as text; NULL: none. Asked for when the record
     * has told its station. */
    const char *(*known_checkpoint)(void *ctx, const char *station);
    void *ctx;
    STACK_OF(X509_CRL) * revoked; /* lists of revoked certificates; NULL: not asked */
    EVP_PKEY *witness;            /* who should have co-signed the journal; NULL: not asked */
    X509_STORE *stampers;         /* tsacheck_trust: authorities trusted with time stamps; NULL: none is */
    /* consistency proofs (FORMATS.md), as text */
    const char *consistency[VERIFIER_PROOFS_MAX];
    size_t consistency_count;
    /* Rule packs and profiles as their publishers give them: one of the package of that name must be the same. */
    struct verifier_reference {
        const char *name; /* "gb3847-2018.conf" */
        const char *data;
        size_t size;
    } references[VERIFIER_REFERENCES_MAX];
    size_t references_count;
};

/* Large: keep it on the heap. */
struct verifier {
    bool ok;       /* no finding is a failure */
    unsigned open; /* findings that are open */
    size_t count;
    struct verifier_finding findings[VERIFIER_FINDINGS_MAX];
    /* what the package is, as far as it was read; empty strings where it was not */
    char sha256[SHA256_HEX_SIZE];
    char id[RECORD_ID_MAX], station[RECORD_ID_MAX], plate[64], verdict[16], ended_at[CIVIL_TIME_TEXT_MAX];
    char case_id[RECORD_ID_MAX], reviewers[256]; /* numbers, in the order of their reviews */
    char signer[256];
    int64_t signed_at;                        /* Unix seconds; 0: not read */
    char checkpoint[CHECKPOINT_TEXT_MAX + 1]; /* the signed text, when its signature is good */
    uint64_t tree_size;
};

void verifier_run(struct verifier *v, const uint8_t *data, size_t size, const struct verifier_options *options);

/* An exported journal (smogctl journal export: one event a line) against a checkpoint, which known_checkpoint gives and
 * which one of the trusted certificates must have signed: nothing changed, nothing missing, no number left out. */
void verifier_export(struct verifier *v, FILE *in, const struct verifier_options *options);

/* A folder of published tiles (smogctl journal tiles), an open directory: the checkpoint in it is signed by one of the
 * trusted certificates, and every tile that it needs is there and leads to its root. known_checkpoint: one that the
 * reader has kept; the folder's journal must continue it. */
void verifier_tiles(struct verifier *v, int folder, const struct verifier_options *options);

/* The text of a slip's QR code (reports/slip_note.h): is it what the station signed? */
void verifier_slip(struct verifier *v, const char *text, size_t length, const struct verifier_options *options);

/* A history file (smogctl history export), as a station checks it before it takes it in. */
void verifier_history(struct verifier *v, const char *bytes, size_t size, const struct verifier_options *options);

/* The answer, what the file is about, and every check, in English and Chinese. */
void verifier_print(const struct verifier *v, const char *file, FILE *out);

/* The first finding of that result, or NULL. */
const struct verifier_finding *verifier_first(const struct verifier *v, enum verifier_result result);

/* The findings and what the package is, as one canonical JSON object. Returns its length, or -1 when it does not fit.
 */
ptrdiff_t verifier_json(const struct verifier *v, char *out, size_t size);

#endif
