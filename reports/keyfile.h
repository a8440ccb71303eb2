/*
 * Private keys and certificates as the configuration names them: where they lie, who else may read them, what is in
 * them. A private key that others on the machine can read proves nothing; such a file is refused.
 *
 *     /etc/smogd/seal.key      a PEM file of this account or root, mode 0600 or stricter
 *     credential:seal.key      the same from systemd: LoadCredential=seal.key:… puts it into $CREDENTIALS_DIRECTORY
 *     pkcs11:…                 not here: only the sealing key can be on a token (reports/token.h)
 */
#ifndef REPORTS_KEYFILE_H
#define REPORTS_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "station/core/err.h"

enum { KEYFILE_PATH_MAX = 512 };

/* A certificate and those of its issuers that its file gives; free with keyfile_certificates_free. */
struct keyfile_certificates {
    X509 *cert;
    STACK_OF(X509) * chain;
};

/* Is it a path, and not another of the ways above? */
bool keyfile_is_path(const char *source);

/* The file that a source names; of a credential, the one that systemd made of it. */
int keyfile_path(const char *source, char out[KEYFILE_PATH_MAX], struct err *err);

/* The private key, without a passphrase. NULL with a text that says what to do. Free with EVP_PKEY_free. */
EVP_PKEY *keyfile_private(const char *source, struct err *err);

/* Do these two hold a private key that nobody else may read, and its certificate? For pairs that other libraries load
 * by themselves; any kind of key. */
int keyfile_check_pair(const char *key, const char *cert, struct err *err);

/* A secret of one line (a PIN, a password) from a file as well kept as a private key, without the end of its line.
 * ERR_INVALID also when it is empty or does not fit. */
int keyfile_secret(const char *source, char *out, size_t size, struct err *err);

int keyfile_certificates(struct keyfile_certificates *c, const char *source, struct err *err);
void keyfile_certificates_free(struct keyfile_certificates *c);

/* Is this the certificate of that key? The texts name the two in the error. */
int keyfile_match(X509 *cert, EVP_PKEY *key, const char *cert_source, const char *key_source, struct err *err);

#endif
