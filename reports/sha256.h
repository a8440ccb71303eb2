/*
 * SHA-256 (FIPS 180-4), raw and as the 64 lower-case hex digits that records, file names and logs use.
 *
 * OpenSSL's plain functions and not its EVP layer: they cannot fail, need no memory (EVP's providers cost each process
 * 2 MB) and take a third of the time for the short texts that are hashed here. OpenSSL 3 calls them deprecated but
 * keeps them; what signs and encrypts goes through EVP.
 */
#ifndef REPORTS_SHA256_H
#define REPORTS_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/sha.h>

enum { SHA256_BYTES = 32 };

struct sha256 {
    SHA256_CTX state;
};

void sha256_init(struct sha256 *h);
void sha256_feed(struct sha256 *h, const void *data, size_t length);
void sha256_finish(struct sha256 *h, uint8_t out[SHA256_BYTES]);

/* `out` takes 64 digits and the NUL. */
void sha256_hex(const void *data, size_t length, char out[65]);
void sha256_to_hex(const uint8_t digest[SHA256_BYTES], char out[65]);

#endif
