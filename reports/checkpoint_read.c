#include "reports/checkpoint_read.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/x509.h>

#include "reports/encoding.h"
#include "reports/sealcheck.h"
#include "reports/sha256.h"

struct line {
    const char *at;
    size_t length;
};

/* Takes one line, which must end with a newline. */
static bool take_line(const char *text, size_t length, size_t *at, struct line *out)
{
    const char *end = *at < length ? memchr(text + *at, '\n', length - *at) : NULL;
    if (!end)
        return false;
    *out = (struct line){text + *at, (size_t)(end - text) - *at};
    *at += out->length + 1;
    return true;
}

static bool read_size(struct line line, uint64_t *out)
{
    if (line.length == 0 || line.length > 18 || (line.at[0] == '0' && line.length > 1))
        return false;
    *out = 0;
    for (size_t i = 0; i < line.length; i++) {
        if (line.at[i] < '0' || line.at[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(line.at[i] - '0');
    }
    return true;
}

/* "time 2026-07-01T09:30:00.250+08:00" */
static bool read_time(struct line line, struct checkpoint_read *c)
{
    if (line.length < 6 || line.length - 5 >= sizeof c->time || memcmp(line.at, "time ", 5) != 0)
        return false;
    memcpy(c->time, line.at + 5, line.length - 5);
    c->time[line.length - 5] = '\0';
    return civil_time_parse(&c->time_ms, c->time, line.length - 5, 0);
}

/* "— ORIGIN BASE64": 0 ours, 1 in somebody else's name, -1 broken */
static int read_signature(struct line line, struct checkpoint_read *c)
{
    static const char dash[] = "\xE2\x80\x94 "; /* em dash */
    const size_t dash_length = sizeof dash - 1;
    size_t name = strlen(c->origin);
    if (line.length < dash_length || memcmp(line.at, dash, dash_length) != 0)
        return -1;
    const char *rest = line.at + dash_length;
    size_t left = line.length - dash_length;
    if (left < name + 2 || memcmp(rest, c->origin, name) != 0 || rest[name] != ' ')
        return 1;
    uint8_t bytes[4 + CHECKPOINT_SIGNATURE_MAX];
    ptrdiff_t size = encoding_unbase64(rest + name + 1, left - name - 1, bytes, sizeof bytes);
    if (size < 5 || c->signature_length > 0)
        return -1;
    memcpy(c->key_id, bytes, 4);
    c->signature_length = (size_t)size - 4;
    memcpy(c->signature, bytes + 4, c->signature_length);
    return 0;
}

int checkpoint_read(struct checkpoint_read *c, const char *text, size_t length, struct err *err)
{
    size_t at = 0;
    struct line line;
    *c = (struct checkpoint_read){.size = 0};
    if (length > CHECKPOINT_TEXT_MAX)
        return err_set(err, ERR_INVALID, "it has %zu bytes; a checkpoint has at most %d", length, CHECKPOINT_TEXT_MAX);
    if (!take_line(text, length, &at, &line) || line.length == 0 || line.length >= sizeof c->origin ||
        memchr(line.at, '\0', line.length))
        return err_set(err, ERR_INVALID, "line 1 is not the name of a journal");
    memcpy(c->origin, line.at, line.length);
    if (!take_line(text, length, &at, &line) || !read_size(line, &c->size))
        return err_set(err, ERR_INVALID, "line 2 is not the number of events");
    if (!take_line(text, length, &at, &line) ||
        encoding_unbase64(line.at, line.length, c->root.bytes, sizeof c->root.bytes) != MERKLE_HASH_SIZE)
        return err_set(err, ERR_INVALID, "line 3 is not a root hash in base64");
    if (!take_line(text, length, &at, &line) || !read_time(line, c))
        return err_set(err, ERR_INVALID, "line 4 is not 'time' and a time");
    c->lines_at = at;
    do {
        c->signed_length = at;
        if (!take_line(text, length, &at, &line))
            return err_set(err, ERR_INVALID, "no empty line ends the signed text");
    } while (line.length != 0);
    while (at < length) {
        if (!take_line(text, length, &at, &line))
            return err_set(err, ERR_INVALID, "the last line is cut off");
        if (line.length == 0 && at == length)
            break; /* one more newline, as text tools add it */
        if (read_signature(line, c) < 0)
            return err_set(err, ERR_INVALID, "a signature line cannot be read");
    }
    if (c->signature_length == 0)
        return err_set(err, ERR_INVALID, "no signature in the name of %s", c->origin);
    return 0;
}

bool checkpoint_station(const struct checkpoint_read *c, char *out, size_t size)
{
    static const char prefix[] = "smogd/";
    const char *id = c->origin + sizeof prefix - 1;
    if (strncmp(c->origin, prefix, sizeof prefix - 1) != 0)
        return false;
    size_t length = strcspn(id, "/");
    if (length == 0 || length >= size)
        return false;
    if (id[length] == '/') { /* 2 and more, no leading zero */
        const char *number = id + length + 1;
        size_t digits = strspn(number, "0123456789");
        if (digits == 0 || number[digits] != '\0' || number[0] == '0' || strcmp(number, "1") == 0)
            return false;
    }
    memcpy(out, id, length);
    out[length] = '\0';
    return true;
}

bool checkpoint_of(const struct checkpoint_read *c, const char *station)
{
    char id[CHECKPOINT_ORIGIN_MAX];
    return checkpoint_station(c, id, sizeof id) && strcmp(id, station) == 0;
}

int checkpoint_verify(const struct checkpoint_read *c, const char *text, EVP_PKEY *key, struct err *err)
{
    uint8_t digest[SHA256_BYTES];
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key, &der);
    if (length <= 0)
        return err_set(err, ERR_FAILED, "the public key cannot be encoded");
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, der, (size_t)length);
    sha256_finish(&h, digest);
    OPENSSL_free(der);
    if (memcmp(digest, c->key_id, sizeof c->key_id) != 0)
        return err_set(err, ERR_INVALID, "another key signed it");
    return sealcheck_raw(key, (const uint8_t *)text, c->signed_length, c->signature, c->signature_length, err);
}
