/*
 * The station's signature over a package's manifest, checked: CMS (RFC 5652, CAdES baseline B), detached, one signer,
 * ECDSA P-256 with SHA-256, the certificate inside.
 *
 * A CMS structure has fields that no signature covers (versions, algorithm lists, the signer's name, further
 * certificates, unsigned attributes) and OpenSSL reads most of them kindly. sealcheck_open therefore demands the one
 * DER shape that the station writes, so that no byte of the signature file can change unseen either.
 */
#ifndef REPORTS_SEALCHECK_H
#define REPORTS_SEALCHECK_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "reports/limits.h"
#include "station/core/err.h"

enum { SEALCHECK_NAME_MAX = 256 };

struct sealcheck {
    CMS_ContentInfo *cms;
    X509 *signer;                     /* owned by cms */
    int64_t signed_at;                /* Unix seconds, as the signer said and signed */
    char subject[SEALCHECK_NAME_MAX]; /* of the certificate, RFC 2253 */
};

/* Reads the trusted certificates from a PEM file. NULL with *err when there are none. Free with X509_STORE_free. */
X509_STORE *sealcheck_trust(const char *ca_file, struct err *err);

/* The same from PEM text in memory. */
X509_STORE *sealcheck_trust_text(const char *pem, size_t length, struct err *err);

/* Does a certificate that comes without a CMS signature lead to a trusted one, everything valid at that time (Unix
 * seconds)? `issuers` (may be NULL) are certificates that may stand in between. */
int sealcheck_certificate(X509 *certificate, STACK_OF(X509) * issuers, int64_t at, X509_STORE *trust, struct err *err);

/* Reads the signature file: its shape, the signer's certificate, the signing time. */
int sealcheck_open(struct sealcheck *s, const uint8_t *p7s, size_t size, struct err *err);
void sealcheck_close(struct sealcheck *s);

/* Does the signature match these bytes and the certificate inside? */
int sealcheck_signature(struct sealcheck *s, const uint8_t *manifest, size_t size, struct err *err);
/* Does the certificate lead to a trusted one, everything valid at the signing time, nothing superfluous inside? A
 * certificate that is itself in the trusted file is its own proof. */
int sealcheck_chain(struct sealcheck *s, const uint8_t *manifest, size_t size, X509_STORE *trust, struct err *err);
/* May this certificate seal for this station? It must not be a CA's (unless it is itself trusted), must be allowed to
 * sign, not be limited to TLS or other duties; and if its subject names a station (652301-0007), then this one. Returns
 * 0 and *named = whether it names the station. */
int sealcheck_role(const struct sealcheck *s, const char *station, X509_STORE *trust, int *named, struct err *err);

/* The certificate's subject, RFC 2253, in UTF-8; cut when it does not fit. */
void sealcheck_subject(const X509 *certificate, char *out, size_t size);

/* One line that says what OpenSSL's error queue holds; empties the queue. */
const char *sealcheck_openssl_reason(char *out, size_t size);

/* How raw signatures are made and checked with this key: the digest for EVP_DigestSignInit and EVP_DigestVerifyInit,
 * and what their context must be told next. An SM2 key signs over an id as well; OpenSSL 3 takes none unless told, the
 * standard's is 1234567812345678. */
const EVP_MD *sealcheck_digest(const EVP_PKEY *key);
int sealcheck_set_id(const EVP_PKEY *key, EVP_PKEY_CTX *started);

/* An ECDSA P-256/SHA-256 or, for SM2 keys, SM2/SM3 signature (DER) over `data`. */
int sealcheck_raw(EVP_PKEY *key, const uint8_t *data, size_t size, const uint8_t *signature, size_t length,
                  struct err *err);

#endif
