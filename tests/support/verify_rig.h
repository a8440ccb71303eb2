/*
 * A package or a journal given to the verifier, and what it found: for the tests of the verifier and of forgeries.
 */
#ifndef TESTS_SUPPORT_VERIFY_RIG_H
#define TESTS_SUPPORT_VERIFY_RIG_H

#include "reports/verifier.h"
#include "tests/support/package_fixture.h"

/* Large: keep it on the heap. */
struct verify_rig {
    struct package_fixture f;
    X509_STORE *trust;
    const char *known;                   /* checkpoint that the reader has */
    const char *consistency;             /* proof that the reader has */
    struct verifier_reference reference; /* rule pack that the reader has; name NULL: none */
    STACK_OF(X509_CRL) * revoked;        /* lists that the reader has */
    X509_STORE *stampers;                /* authorities that the reader trusts with time stamps; the test's */
    EVP_PKEY *witness;                   /* whose co-signature the reader asks for; the test's */
    struct verifier v;
};

/* The station with its keys, and the files of a suspect passage; the authority is trusted. */
struct verify_rig *verify_rig_open(void);
void verify_rig_close(struct verify_rig *r);

/* Of the test's own, for its files. */
const char *verify_rig_folder(void);

/* The station seals with another key from now on; 0 as from_ms: valid since 1970. */
void verify_rig_key(struct verify_rig *r, const struct keys_request *request);
/* Trust is read anew from the fixture's authority. */
void verify_rig_trust(struct verify_rig *r);
void verify_rig_run(struct verify_rig *r, const uint8_t *bytes, size_t size);
/* The sealed package with another signature over its list: by any key, dated anyhow. */
void verify_rig_resign(struct verify_rig *r, const struct keys_pair *by, int64_t at_ms);
/* Seals what the fixture holds, and verifies it. */
void verify_rig_seal(struct verify_rig *r);
/* An exported journal of these lines against a checkpoint of the fixture's first `size` events; the station's own
 * certificate is trusted. */
void verify_rig_journal(struct verify_rig *r, char *const *lines, size_t count, size_t size);

/* The first finding of that check and result, or NULL. */
const struct verifier_finding *verify_rig_find(const struct verify_rig *r, const char *check,
                                               enum verifier_result result);
/* One class of forgery: `make` makes one and has it verified; the check must not pass, for a reason with these words.
 */
struct verify_rig_forgery {
    const char *class;
    void (*make)(struct verify_rig *r);
    const char *check, *words;
    bool open; /* what it leaves cannot be decided, which is no "verified" either; else it is a failure */
};
/* Makes each of them anew, and prints class and reason. Returns how many were not refused for their reason. */
unsigned verify_rig_unrefused(const struct verify_rig_forgery *forgeries, size_t count);

/* Prints all of them. */
void verify_rig_show(const struct verify_rig *r);

/* The verdict object in the fixture's record.json, malloc'ed. */
char *verify_rig_verdict(struct verify_rig *r);

enum verify_rig_change { VERIFY_RIG_CHANGE, VERIFY_RIG_REMOVE, VERIFY_RIG_ADD };
/* The same package in a new container, with one entry changed (its last byte), removed or added (NULL data: "added"),
 * or with the content `data` where it is given. malloc'ed *out. */
void verify_rig_rewrite(const uint8_t *bytes, size_t size, const char *entry, enum verify_rig_change change,
                        const void *data, size_t data_size, uint8_t **out, size_t *out_size);

#endif
