#include "station/ratchet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "reports/encoding.h"
#include "reports/file.h"
#include "reports/sha256.h"

enum { SLOT = 4096, SLOTS = 2, WHOLE = SLOTS * SLOT, LINE_MAX_BYTES = 256, NUMBER_SIZE = 19 + 1 /* they always fit */ };

/* ---- keys ---- */

static void hash_key(const char *label, const uint8_t key[RATCHET_KEY_SIZE], uint8_t out[SHA256_BYTES])
{
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, label, strlen(label));
    sha256_feed(&h, key, RATCHET_KEY_SIZE);
    sha256_finish(&h, out);
}

int ratchet_begin(struct ratchet *r, struct err *err)
{
    r->epoch = 0;
    return RAND_bytes(r->key, sizeof r->key) == 1 ? 0 : err_set(err, ERR_FAILED, "there are no random numbers");
}

void ratchet_evolve(struct ratchet *r)
{
    uint8_t next[RATCHET_KEY_SIZE];
    hash_key("smogd-ratchet-evolve", r->key, next);
    memcpy(r->key, next, sizeof next);
    OPENSSL_cleanse(next, sizeof next);
    r->epoch++;
}

void ratchet_commitment(const struct ratchet *r, char out[65])
{
    uint8_t digest[SHA256_BYTES];
    hash_key("smogd-ratchet-commitment", r->key, digest);
    sha256_to_hex(digest, out);
}

enum ratchet_match ratchet_match(uint64_t seals, uint64_t before, uint64_t after)
{
    if (before > seals)
        return RATCHET_SEALS_MISSING;
    return seals > after + 1 ? RATCHET_KEY_OLD : RATCHET_FITS;
}

void ratchet_mac(const struct ratchet *r, const struct ratchet_seal *seal, uint8_t mac[RATCHET_MAC_SIZE])
{
    char text[512], root[65];
    unsigned length = RATCHET_MAC_SIZE;
    sha256_to_hex(seal->root.bytes, root);
    int size =
        snprintf(text, sizeof text, "smogd-ratchet-1\n%s\n%" PRIu64 "\n%" PRIu64 "\n%" PRIu64 "\n%s\n%" PRId64 "\n",
                 seal->log, r->start, r->epoch, seal->size, root, seal->at_ms);
    HMAC(EVP_sha256(), r->key, RATCHET_KEY_SIZE, (const uint8_t *)text, (size_t)size, mac, &length);
}

/* ---- for the supervisor ---- */

void ratchet_write(const struct ratchet *r, const char *log, char out[RATCHET_TEXT_MAX])
{
    char hex[2 * RATCHET_KEY_SIZE + 1];
    encoding_hex(r->key, sizeof r->key, hex);
    snprintf(out, RATCHET_TEXT_MAX, "smogd-ratchet-1 %s %" PRIu64 " %s\n", log, r->start, hex);
}

int ratchet_read(struct ratchet *r, const char *log, const char *text, struct err *err)
{
    char name[80], start[NUMBER_SIZE], hex[72];
    *r = (struct ratchet){.epoch = 0};
    if (sscanf(text, "smogd-ratchet-1 %79s %19[0-9] %71s", name, start, hex) != 3 ||
        !encoding_unhex(hex, strlen(hex), r->key, sizeof r->key))
        return err_set(err, ERR_INVALID, "this is no key of a ratchet: smogd-ratchet-1 LOG START HEX");
    r->start = strtoull(start, NULL, 10);
    if (strcmp(name, log) != 0)
        return err_set(err, ERR_INVALID, "the key is of the journal %s, this one is %s", name, log);
    return 0;
}

/* ---- on the disk: two slots of one line each, "smogd-ratchet START EPOCH HEX CHECK" ---- */

static void slot_line(const struct ratchet *r, char out[LINE_MAX_BYTES])
{
    char key[2 * RATCHET_KEY_SIZE + 1], check[65];
    encoding_hex(r->key, sizeof r->key, key);
    int length = snprintf(out, LINE_MAX_BYTES, "smogd-ratchet %" PRIu64 " %" PRIu64 " %s ", r->start, r->epoch, key);
    sha256_hex(out, (size_t)length, check);
    snprintf(out + length, (size_t)(LINE_MAX_BYTES - length), "%.16s\n", check);
}

static bool read_slot(const char *slot, struct ratchet *r)
{
    char again[LINE_MAX_BYTES], start[NUMBER_SIZE], epoch[NUMBER_SIZE], key[72];
    *r = (struct ratchet){.epoch = 0};
    if (sscanf(slot, "smogd-ratchet %19[0-9] %19[0-9] %71s", start, epoch, key) != 3 ||
        !encoding_unhex(key, strlen(key), r->key, sizeof r->key))
        return false;
    r->start = strtoull(start, NULL, 10);
    r->epoch = strtoull(epoch, NULL, 10);
    slot_line(r, again);
    return strncmp(slot, again, strlen(again)) == 0;
}

int ratchet_load(struct ratchet *r, const char *path, bool *there, struct err *err)
{
    char *text = NULL;
    size_t length = 0;
    *there = access(path, F_OK) == 0;
    if (!*there)
        return 0;
    if (file_read(path, WHOLE, &text, &length, err) != 0)
        return -1;
    bool found = false;
    for (size_t i = 0; i < SLOTS; i++) {
        char line[LINE_MAX_BYTES] = "";
        struct ratchet slot;
        if (length >= (i + 1) * SLOT)
            snprintf(line, sizeof line, "%.*s", LINE_MAX_BYTES - 1, text + i * SLOT);
        if (!read_slot(line, &slot) ||
            (found && (slot.start < r->start || (slot.start == r->start && slot.epoch <= r->epoch))))
            continue;
        *r = slot;
        found = true;
    }
    OPENSSL_cleanse(text, length);
    free(text);
    return found ? 0
                 : err_set(err, ERR_FAILED, "%s is damaged; begin a new one: smogctl journal ratchet -o KEYFILE", path);
}

static int write_slot(int fd, const struct ratchet *r, uint64_t which)
{
    char slot[SLOT];
    memset(slot, ' ', sizeof slot);
    char line[LINE_MAX_BYTES];
    slot_line(r, line);
    memcpy(slot, line, strlen(line)); // NOLINT(bugprone-not-null-terminated-result): blanks follow
    bool good = pwrite(fd, slot, sizeof slot, (off_t)(which * SLOT)) == SLOT && fdatasync(fd) == 0;
    OPENSSL_cleanse(slot, sizeof slot);
    OPENSSL_cleanse(line, sizeof line);
    return good ? 0 : -1;
}

int ratchet_store(const struct ratchet *r, const char *path, struct err *err)
{
    char whole[WHOLE];
    bool fresh = access(path, F_OK) != 0;
    memset(whole, ' ', sizeof whole);
    /* a file of its full size first: later writes go over the same blocks */
    if (fresh && file_write(path, whole, sizeof whole, 0600, err) != 0)
        return -1;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_set(err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    /* the slot that does not hold the newest key first */
    int result = write_slot(fd, r, r->epoch & 1) == 0 && write_slot(fd, r, ~r->epoch & 1) == 0
                     ? 0
                     : err_set(err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    close(fd);
    return result;
}
