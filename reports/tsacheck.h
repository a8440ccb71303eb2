/*
 * An answer of a time-stamp authority (RFC 3161), checked: the token says that these bytes existed at that time. It
 * says nothing of whether what they tell is true.
 *
 * Judged at the token's own time, so that it stays good after the authority's certificate has ended. Whoever signed it
 * must have a certificate for time stamps alone (extendedKeyUsage timeStamping, critical), as RFC 3161 demands.
 */
#ifndef REPORTS_TSACHECK_H
#define REPORTS_TSACHECK_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "reports/sealcheck.h"
#include "station/core/err.h"

enum { TSACHECK_NONCE_SIZE = 8 };

struct tsacheck {
    int64_t at_s;                       /* Unix seconds: when the authority says it was */
    char authority[SEALCHECK_NAME_MAX]; /* the signer's subject, RFC 2253; "" where its certificate is not inside */
};

/* The authorities that are trusted with time stamps, from a PEM file; free with X509_STORE_free. */
X509_STORE *tsacheck_trust(const char *ca_file, struct err *err);

/* `tsr`: the whole answer (TimeStampResp, DER), as `openssl ts -verify -in` takes it. `nonce`: that of the question;
 * NULL when it is not known any more. `trust` NULL: the authority's signature is not checked, only what was stamped. */
int tsacheck(struct tsacheck *out, const uint8_t *tsr, size_t size, const void *data, size_t data_size,
             const uint8_t nonce[TSACHECK_NONCE_SIZE], X509_STORE *trust, struct err *err);

#endif
