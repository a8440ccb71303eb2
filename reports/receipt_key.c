#include "reports/receipt_key.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "reports/encoding.h"
#include "reports/file.h"
#include "reports/sealcheck.h"

enum { KEYS_MAX = 8, PEM_MAX = 64 << 10, SIGNATURE_MAX = 512 };

struct receipt_keys {
    size_t count;
    EVP_PKEY *keys[KEYS_MAX];
};

/* The key in one PEM block; NULL: it holds something else. */
static EVP_PKEY *read_block(const char *name, const unsigned char *der, long length)
{
    if (strcmp(name, PEM_STRING_PUBLIC) == 0)
        return d2i_PUBKEY(NULL, &der, length);
    if (strcmp(name, PEM_STRING_X509) != 0)
        return NULL;
    X509 *certificate = d2i_X509(NULL, &der, length);
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
}

static bool can_check(EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "SM2");
}

static void read_keys(struct receipt_keys *keys, const char *pem, size_t length)
{
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long size = 0;
    BIO *in = BIO_new_mem_buf(pem, (int)length);
    while (in && keys->count < KEYS_MAX && PEM_read_bio(in, &name, &header, &der, &size) == 1) {
        EVP_PKEY *key = read_block(name, der, size);
        if (key && can_check(key))
            keys->keys[keys->count++] = key;
        else
            EVP_PKEY_free(key);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(in);
    ERR_clear_error();
}

int receipt_keys_open(struct receipt_keys **out, const char *file, struct err *err)
{
    char *pem = NULL;
    size_t length = 0;
    *out = NULL;
    if (file_read(file, PEM_MAX, &pem, &length, err) != 0)
        return -1;
    struct receipt_keys *keys = calloc(1, sizeof *keys);
    if (keys)
        read_keys(keys, pem, length);
    free(pem);
    if (!keys)
        return err_set(err, ERR_FAILED, "out of memory");
    if (keys->count == 0) {
        receipt_keys_close(keys);
        return err_set(err, ERR_INVALID,
                       "%s: there is no certificate or public key (PEM, elliptic curve) by which the receiver signs",
                       file);
    }
    *out = keys;
    return 0;
}

void receipt_keys_close(struct receipt_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        EVP_PKEY_free(keys->keys[i]);
    free(keys);
}

int receipt_keys_check(const struct receipt_keys *keys, const char *data, size_t size, const char *signature,
                       struct err *err)
{
    uint8_t der[SIGNATURE_MAX];
    if (signature[0] == '\0')
        return err_set(err, ERR_FAILED, "it is not signed, although a receipt-key is configured for this outlet");
    ptrdiff_t length = encoding_unbase64(signature, strlen(signature), der, sizeof der);
    for (size_t i = 0; i < keys->count && length > 0; i++)
        if (sealcheck_raw(keys->keys[i], (const uint8_t *)data, size, der, (size_t)length, NULL) == 0)
            return 0;
    return err_set(err, ERR_FAILED, "its signature was not made by the configured receipt-key");
}
