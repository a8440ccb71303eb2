#include "station/pin.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"

enum { COST = 32768, BLOCK = 8, LANES = 1, MEMORY_MAX = 64 << 20, SALT_BYTES = 16, HASH_BYTES = 32 };

static const char head[] = "scrypt$32768$8$1$"; /* COST, BLOCK, LANES */

int pin_check(const char *pin, struct err *err)
{
    size_t length = strlen(pin);
    bool same = true, up = true, down = true;
    if (length < PIN_MIN || length > PIN_MAX || strspn(pin, "0123456789") != length)
        return err_set(err, ERR_INVALID, "a PIN has %d to %d digits and nothing else", PIN_MIN, PIN_MAX);
    for (size_t i = 1; i < length; i++) {
        same = same && pin[i] == pin[0];
        up = up && pin[i] == pin[i - 1] + 1;
        down = down && pin[i] == pin[i - 1] - 1;
    }
    if (same || up || down)
        return err_set(err, ERR_INVALID, "this PIN is guessed first; take one that is no run and not one digit");
    return 0;
}

static bool derive(const char *pin, const uint8_t salt[SALT_BYTES], uint8_t out[HASH_BYTES])
{
    return EVP_PBE_scrypt(pin, strlen(pin), salt, SALT_BYTES, COST, BLOCK, LANES, MEMORY_MAX, out, HASH_BYTES) == 1;
}

int pin_hash(const char *pin, char out[PIN_HASH_MAX], struct err *err)
{
    uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
    char salt_text[ENCODING_BASE64_ROOM(SALT_BYTES)], hash_text[ENCODING_BASE64_ROOM(HASH_BYTES)];
    if (pin_check(pin, err) != 0)
        return -1;
    if (RAND_bytes(salt, sizeof salt) != 1 || !derive(pin, salt, hash))
        return err_set(err, ERR_FAILED, "the PIN cannot be hashed: out of memory or of random numbers");
    encoding_base64(salt, sizeof salt, salt_text);
    encoding_base64(hash, sizeof hash, hash_text);
    snprintf(out, PIN_HASH_MAX, "%s%s$%s", head, salt_text, hash_text);
    return 0;
}

static bool read_hash(const char *text, uint8_t salt[SALT_BYTES], uint8_t hash[HASH_BYTES])
{
    if (strncmp(text, head, sizeof head - 1) != 0)
        return false;
    const char *first = text + sizeof head - 1, *second = strchr(first, '$');
    return second && encoding_unbase64(first, (size_t)(second - first), salt, SALT_BYTES) == SALT_BYTES &&
           encoding_unbase64(second + 1, strlen(second + 1), hash, HASH_BYTES) == HASH_BYTES;
}

bool pin_matches(const char *pin, const char *hash)
{
    uint8_t salt[SALT_BYTES] = {0}, kept[HASH_BYTES], made[HASH_BYTES];
    bool is_one = read_hash(hash, salt, kept);
    bool done = derive(pin, salt, made);
    return is_one && done && CRYPTO_memcmp(kept, made, HASH_BYTES) == 0;
}

bool pin_hash_valid(const char *hash)
{
    uint8_t salt[SALT_BYTES], bytes[HASH_BYTES];
    return strlen(hash) < PIN_HASH_MAX && read_hash(hash, salt, bytes);
}
