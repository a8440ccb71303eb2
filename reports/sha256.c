#define OPENSSL_SUPPRESS_DEPRECATED
#include "reports/sha256.h"

void sha256_init(struct sha256 *h)
{
    SHA256_Init(&h->state);
}

void sha256_feed(struct sha256 *h, const void *data, size_t length)
{
    SHA256_Update(&h->state, data, length);
}

void sha256_finish(struct sha256 *h, uint8_t out[SHA256_BYTES])
{
    SHA256_Final(out, &h->state);
}

void sha256_hex(const void *data, size_t length, char out[65])
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, data, length);
    sha256_finish(&h, digest);
    sha256_to_hex(digest, out);
}

void sha256_to_hex(const uint8_t digest[SHA256_BYTES], char out[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 0xF];
    }
    out[64] = '\0';
}
