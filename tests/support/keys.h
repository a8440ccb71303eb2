/*
 * Throw-away keys and certificates for tests, made anew in a folder of the test's own.
 */
#ifndef TESTS_SUPPORT_KEYS_H
#define TESTS_SUPPORT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

enum { KEYS_PATH_MAX = 256 };

struct keys_pair {
    EVP_PKEY *key;
    X509 *cert;
    char key_file[KEYS_PATH_MAX], cert_file[KEYS_PATH_MAX]; /* FOLDER/NAME.key, FOLDER/NAME.pem */
};

struct keys_request {
    const char *name;           /* of the files */
    const char *subject;        /* common name */
    const struct keys_pair *by; /* NULL: signs itself, and is a certification authority */
    bool authority;             /* may sign others although `by` signs it */
    const char *usage;          /* keyUsage extension; NULL: digitalSignature (keyCertSign for an authority) */
    const char *extended;       /* extendedKeyUsage; NULL: none */
    const char *san;            /* subjectAltName, "IP:127.0.0.1"; NULL: none */
    const char *curve;          /* NULL: "P-256"; "SM2" too */
    EVP_PKEY *key;              /* another certificate for this key; NULL: a new one */
    int64_t from_ms, until_ms;  /* 0: a day before now to a year after */
};

/* Makes the pair and writes its files (the key with mode 0600); asserts that all went well. */
void keys_make(struct keys_pair *pair, const char *folder, const struct keys_request *request);
/* Base64 of the pair's ECDSA/SHA-256 signature (DER) over a text, as a receiver signs. */
void keys_sign(const struct keys_pair *pair, const char *text, char *out, size_t size);
void keys_free(struct keys_pair *pair);

#endif
