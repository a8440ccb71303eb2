/*
 * Was the sealing certificate withdrawn? Asked of lists (CRL, RFC 5280) that the reader has as files; no network.
 *
 * What counts is the time of signing: a certificate that was withdrawn later was good then, and what it signed stays
 * good. But the time of signing is the signer's own word. Where the key was stolen, whoever has it dates as he likes;
 * so the answer is then that it cannot be told from the package alone.
 */
#ifndef REPORTS_REVOCATION_H
#define REPORTS_REVOCATION_H

#include <openssl/x509.h>

#include "reports/sealcheck.h"

enum revocation {
    REVOCATION_GOOD,
    REVOCATION_LATER,       /* withdrawn after the signing, for a reason that does not touch it */
    REVOCATION_COMPROMISED, /* withdrawn after the signing, since the key was in other hands */
    REVOCATION_UNKNOWN,     /* no list at hand is of its authority and in force at the time of signing */
    REVOCATION_REVOKED,     /* before the signing */
};

/* The lists of a PEM file. NULL when there is none that can be read. */
STACK_OF(X509_CRL) * revocation_lists(const char *pem, size_t length, struct err *err);

/* Of the certificate that signed, and of those between it and the trusted one; the worst counts. `words` gets what a
 * reader should know: whose, when, why. */
enum revocation revocation_check(const struct sealcheck *s, STACK_OF(X509_CRL) * lists, X509_STORE *trust, char *words,
                                 size_t size);

#endif
