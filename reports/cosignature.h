/*
 * Co-signatures: a second agency's word that a signed checkpoint continues the one that it co-signed before. C2SP
 * tlog-cosignature, cosignature/v1: a line below the station's own,
 *
 *     — NAME BASE64(key id (4 bytes) || time (8 bytes, big-endian, Unix seconds) || Ed25519 signature (64 bytes))
 *
 * over "cosignature/v1\ntime SECONDS\n" and the checkpoint's signed text. The key id is the first four bytes of
 * SHA-256(NAME || "\n" || 0x04 || public key), so the line is bound to name and key. ECDSA is not defined there;
 * Ed25519 is what openssl pkeyutl and every other implementation of the format verifies.
 */
#ifndef REPORTS_COSIGNATURE_H
#define REPORTS_COSIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "reports/checkpoint_read.h"
#include "station/core/err.h"

enum { COSIGNATURE_NAME_MAX = 64 };

/* A PEM Ed25519 key: private, which nobody else may read, or public. NULL with *err; free with EVP_PKEY_free. */
EVP_PKEY *cosignature_private_key(const char *file, struct err *err);
EVP_PKEY *cosignature_public_key(const char *file, struct err *err);

/* A witness's name: no spaces, no +, not empty. */
bool cosignature_name_ok(const char *name);

/* Puts the line below the note `text`, in place; `c` is what was read from it. ERR_INVALID when it has no room. */
int cosignature_add(char text[CHECKPOINT_TEXT_MAX + 1], const struct checkpoint_read *c, const char *name,
                    EVP_PKEY *key, int64_t time_s, struct err *err);

/* The newest line by that key (`name` NULL: under whatever name, which goes to *as): 1 it is genuine, 0 there is none,
 * -1 one in its name is false. */
int cosignature_find(const char *text, const struct checkpoint_read *c, const char *name, EVP_PKEY *key,
                     int64_t *time_s, char as[COSIGNATURE_NAME_MAX], struct err *err);

#endif
