/*
 * The station's sealing key and certificate, and the signatures made with them. Two kinds:
 *
 *   ECDSA P-256 with SHA-256, as CMS (RFC 5652, CAdES baseline B) over a package's manifest and raw over a checkpoint
 *   SM2 with SM3 (GB/T 32918), raw over a package's manifest, besides; id 1234567812345678 (GB/T 35276). OpenSSL 3.0
 *   cannot put it into CMS, so its certificate lies beside it in the package.
 *
 * reports/sealcheck.h is the other side and demands exactly the forms that are made here.
 */
#ifndef REPORTS_SEAL_H
#define REPORTS_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "station/core/err.h"

struct seal;

enum { SEAL_RAW_MAX = 80, SEAL_KEY_ID_SIZE = 4 };

/* Reads a private key and its certificate (PEM, issuers' certificates may follow) from where reports/keyfile.h finds
 * them; the key may be on a token (reports/token.h), which need not be there yet. ERR_INVALID with a text that says
 * what to do: permissions, passphrase, another kind of key, key and certificate of two pairs, a certificate that may
 * not sign. */
int seal_open(struct seal **out, const char *key, const char *cert, struct err *err);
/* The same for the second signature's pair, whose key is SM2. */
int seal_open_sm2(struct seal **out, const char *key, const char *cert, struct err *err);
void seal_close(struct seal *seal);

bool seal_is_sm2(const struct seal *seal);
X509 *seal_certificate(const struct seal *seal); /* belongs to the seal */

/* Before it is used: finds a key on a token again that had gone. ERR_UNREACHABLE while it is away, ERR_REFUSED after
 * its PIN was wrong (nothing is tried again). Keys from files are always there. */
int seal_reach(struct seal *seal, struct err *err);

/* ERR_REFUSED with a text when the certificate is not yet or no longer valid at that time: what is sealed then would
 * not verify. */
int seal_usable(const struct seal *seal, int64_t unix_ms, struct err *err);

/* The detached signature over `data` that goes into a package; malloc'ed. Fails like seal_usable. */
int seal_sign(const struct seal *seal, const void *data, size_t size, int64_t unix_ms, uint8_t **signature,
              size_t *length, struct err *err);

/* The certificate and its issuers' in PEM, which a package with an SM2 signature carries; malloc'ed. */
int seal_certificates(const struct seal *seal, uint8_t **pem, size_t *length, struct err *err);

/* The bare signature (DER) over `data`. */
int seal_sign_raw(const struct seal *seal, const void *data, size_t size, uint8_t out[SEAL_RAW_MAX], size_t *length,
                  struct err *err);

/* The first bytes of SHA-256 over the DER SubjectPublicKeyInfo: names the key in a checkpoint. */
void seal_key_id(const struct seal *seal, uint8_t id[SEAL_KEY_ID_SIZE]);

#endif
