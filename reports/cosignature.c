#include "reports/cosignature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "reports/encoding.h"
#include "reports/keyfile.h"
#include "reports/sha256.h"

enum {
    ID_SIZE = 4,
    TIME_SIZE = 8,
    KEY_SIZE = 32,
    SIGNATURE_SIZE = 64,
    BLOB_SIZE = ID_SIZE + TIME_SIZE + SIGNATURE_SIZE,
    MESSAGE_MAX = CHECKPOINT_TEXT_MAX + 64,
};

static const char dash[] = "\xE2\x80\x94 "; /* em dash */

/* ---- keys ---- */

static EVP_PKEY *check_kind(EVP_PKEY *key, const char *file, const char *what, struct err *err)
{
    ERR_clear_error();
    if (key && EVP_PKEY_is_a(key, "ED25519"))
        return key;
    EVP_PKEY_free(key);
    err_set(err, ERR_INVALID,
            "%s: holds no %s Ed25519 key in PEM; a witness's key is made with: openssl genpkey -algorithm ed25519 "
            "-out witness.key; openssl pkey -in witness.key -pubout -out witness.pub",
            file, what);
    return NULL;
}

EVP_PKEY *cosignature_private_key(const char *file, struct err *err)
{
    EVP_PKEY *key = keyfile_private(file, err);
    return key ? check_kind(key, file, "private", err) : NULL;
}

EVP_PKEY *cosignature_public_key(const char *file, struct err *err)
{
    FILE *in = fopen(file, "re");
    if (!in) {
        err_set(err, ERR_UNREACHABLE, "%s: the witness's key cannot be read", file);
        return NULL;
    }
    EVP_PKEY *key = PEM_read_PUBKEY(in, NULL, NULL, NULL);
    fclose(in);
    return check_kind(key, file, "public", err);
}

bool cosignature_name_ok(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < COSIGNATURE_NAME_MAX && strcspn(name, " +\t\r\n\v\f") == length;
}

static int key_id(const char *name, EVP_PKEY *key, uint8_t id[ID_SIZE], struct err *err)
{
    uint8_t raw[KEY_SIZE], digest[SHA256_BYTES];
    size_t length = sizeof raw;
    if (EVP_PKEY_get_raw_public_key(key, raw, &length) != 1 || length != sizeof raw)
        return err_set(err, ERR_INVALID, "the witness's key is no Ed25519 key");
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, name, strlen(name));
    sha256_feed(&h, "\n\x04", 2);
    sha256_feed(&h, raw, sizeof raw);
    sha256_finish(&h, digest);
    memcpy(id, digest, ID_SIZE);
    return 0;
}

/* ---- what is signed ---- */

static size_t message(const char *text, const struct checkpoint_read *c, int64_t time_s, char out[MESSAGE_MAX])
{
    int head = snprintf(out, MESSAGE_MAX, "cosignature/v1\ntime %" PRId64 "\n", time_s);
    memcpy(out + head, text, c->signed_length);
    return (size_t)head + c->signed_length;
}

static bool sign(EVP_PKEY *key, const char *data, size_t length, uint8_t out[SIGNATURE_SIZE])
{
    size_t made = SIGNATURE_SIZE;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(md, out, &made, (const uint8_t *)data, length) == 1 && made == SIGNATURE_SIZE;
    EVP_MD_CTX_free(md);
    return ok;
}

static bool matches(EVP_PKEY *key, const char *data, size_t length, const uint8_t signature[SIGNATURE_SIZE])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(md, signature, SIGNATURE_SIZE, (const uint8_t *)data, length) == 1;
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return ok;
}

int cosignature_add(char text[CHECKPOINT_TEXT_MAX + 1], const struct checkpoint_read *c, const char *name,
                    EVP_PKEY *key, int64_t time_s, struct err *err)
{
    char signed_text[MESSAGE_MAX], base64[ENCODING_BASE64_ROOM(BLOB_SIZE)];
    uint8_t blob[BLOB_SIZE];
    size_t length = strlen(text), room = CHECKPOINT_TEXT_MAX + 1 - length;
    if (!cosignature_name_ok(name))
        return err_set(err, ERR_INVALID, "'%s' is no name of a witness: no spaces, no +, at most %d bytes", name,
                       COSIGNATURE_NAME_MAX - 1);
    if (key_id(name, key, blob, err) != 0)
        return -1;
    for (int i = 0; i < TIME_SIZE; i++)
        blob[ID_SIZE + i] = (uint8_t)((uint64_t)time_s >> (8 * (TIME_SIZE - 1 - i)));
    size_t size = message(text, c, time_s, signed_text);
    if (!sign(key, signed_text, size, blob + ID_SIZE + TIME_SIZE))
        return err_set(err, ERR_FAILED, "the co-signature cannot be made");
    encoding_base64(blob, sizeof blob, base64);
    int made = snprintf(text + length, room, "%s%s %s\n", dash, name, base64);
    if (made < 0 || (size_t)made >= room) {
        text[length] = '\0';
        return err_set(err, ERR_INVALID, "the checkpoint has no room for another signature");
    }
    return 0;
}

/* ---- finding ---- */

struct line {
    char name[COSIGNATURE_NAME_MAX];
    uint8_t blob[BLOB_SIZE];
};

/* A signature line of the size that a co-signature has; false: something else. */
static bool read_line(const char *at, size_t length, struct line *out)
{
    const size_t head = sizeof dash - 1;
    if (length <= head || memcmp(at, dash, head) != 0)
        return false;
    at += head;
    length -= head;
    const char *space = memchr(at, ' ', length);
    size_t name = space ? (size_t)(space - at) : 0;
    if (name == 0 || name >= sizeof out->name)
        return false;
    memcpy(out->name, at, name);
    out->name[name] = '\0';
    return encoding_unbase64(space + 1, length - name - 1, out->blob, sizeof out->blob) == BLOB_SIZE;
}

/* 1 genuine, 0 not by that key, -1 false */
static int check_line(const char *text, const struct checkpoint_read *c, EVP_PKEY *key, const struct line *line,
                      int64_t *time_s, struct err *err)
{
    uint8_t id[ID_SIZE];
    char signed_text[MESSAGE_MAX];
    uint64_t time = 0;
    if (key_id(line->name, key, id, err) != 0)
        return -1;
    if (memcmp(id, line->blob, ID_SIZE) != 0)
        return 0;
    for (int i = 0; i < TIME_SIZE; i++)
        time = time << 8 | line->blob[ID_SIZE + i];
    size_t size = message(text, c, (int64_t)time, signed_text);
    if (time > INT64_MAX / 1000 || !matches(key, signed_text, size, line->blob + ID_SIZE + TIME_SIZE))
        return err_set(err, ERR_FAILED, "the co-signature of %s is false", line->name);
    *time_s = (int64_t)time;
    return 1;
}

int cosignature_find(const char *text, const struct checkpoint_read *c, const char *name, EVP_PKEY *key,
                     int64_t *time_s, char as[COSIGNATURE_NAME_MAX], struct err *err)
{
    int found = 0;
    for (const char *at = text + c->signed_length, *end; (end = strchr(at, '\n')); at = end + 1) {
        struct line line;
        int64_t time = 0;
        if (!read_line(at, (size_t)(end - at), &line) || (name && strcmp(name, line.name) != 0))
            continue;
        int result = check_line(text, c, key, &line, &time, err);
        if (result < 0)
            return -1;
        if (result == 0 || (found && time < *time_s))
            continue;
        *time_s = time;
        snprintf(as, COSIGNATURE_NAME_MAX, "%s", line.name);
        found = 1;
    }
    return found;
}
