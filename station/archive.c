#include "station/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { BLOCK = 512, PIECE = 1 << 16, SIZE_AT = 124, SUM_AT = 148, TYPE_AT = 156, MAGIC_AT = 257 };

static const uint64_t size_max = UINT64_C(0xFFFFFFFFFF); /* 1 TiB */

bool archive_name_ok(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= ARCHIVE_NAME_MAX || name[0] == '/' || name[length - 1] == '/' || strstr(name, "//"))
        return false;
    for (const char *at = name; *at; at++) {
        bool start = at == name || at[-1] == '/';
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/", *at) || (start && *at == '.'))
            return false;
    }
    return true;
}

/* ---- one block of head ---- */

/* Sizes that do not fit eleven octal digits are binary, as GNU tar and POSIX pax readers take them. */
static void put_size(unsigned char *at, uint64_t size)
{
    if (size <= UINT64_C(077777777777)) {
        snprintf((char *)at, 12, "%011" PRIo64, size);
        return;
    }
    at[0] = 0x80;
    for (int i = 0; i < 11; i++)
        at[11 - i] = (unsigned char)(i < 8 ? size >> (8 * i) : 0);
}

static void make_head(unsigned char head[BLOCK], const char *name, uint64_t size)
{
    unsigned sum = 0;
    memset(head, 0, BLOCK);
    memcpy(head, name, strlen(name)); // NOLINT(bugprone-not-null-terminated-result): zeroes follow
    memcpy(head + 100, "0000640", 8);
    memcpy(head + 108, "0000000", 8);
    memcpy(head + 116, "0000000", 8);
    put_size(head + SIZE_AT, size);
    memcpy(head + 136, "00000000000", 12);
    memset(head + SUM_AT, ' ', 8);
    head[TYPE_AT] = '0';
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): it ends with its place */
    memcpy(head + MAGIC_AT,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += head[i];
    snprintf((char *)head + SUM_AT, 8, "%06o", sum);
    head[SUM_AT + 7] = ' ';
}

static bool get_size(const unsigned char *at, uint64_t *size)
{
    *size = 0;
    if (at[0] == 0x80) {
        for (int i = 4; i < 12; i++)
            *size = *size << 8 | at[i];
        return true;
    }
    for (int i = 0; i < 11; i++) {
        if (at[i] < '0' || at[i] > '7')
            return false;
        *size = *size * 8 + (uint64_t)(at[i] - '0');
    }
    return true;
}

static bool all_zero(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

/* ---- bytes ---- */

static int move(struct archive *a, uint64_t bytes, struct err *err)
{
    a->bytes += bytes;
    if (a->progress && a->progress(a->ctx, a->bytes) != 0)
        return err_set(err, ERR_REFUSED, "cancelled; nothing was changed");
    return 0;
}

static int put(struct archive *a, const void *data, size_t length, struct err *err)
{
    errno = 0;
    if (length > 0 && fwrite(data, 1, length, a->file) != length)
        return err_set(err, ERR_FAILED, "%s: cannot write: %s%s", a->path, strerror(errno),
                       errno == ENOSPC || errno == EDQUOT ? "; choose a disk with more room" : "");
    sha256_feed(&a->whole, data, length);
    return move(a, length, err);
}

static int get(struct archive *a, void *data, size_t length, struct err *err)
{
    if (fread(data, 1, length, a->file) != length)
        return err_set(err, ERR_FAILED, "%s: %s", a->path,
                       ferror(a->file) ? "cannot be read; is the disk or stick in order?"
                                       : "ends too early: it is not a whole backup");
    sha256_feed(&a->whole, data, length);
    return move(a, length, err);
}

static int finish(struct sha256 *h, char sha256[65])
{
    uint8_t digest[SHA256_BYTES];
    sha256_finish(h, digest);
    sha256_to_hex(digest, sha256);
    return 0;
}

/* ---- writing ---- */

int archive_add(struct archive *a, const char *name, FILE *from, uint64_t size, char sha256[65], struct err *err)
{
    unsigned char head[BLOCK];
    static const unsigned char zeroes[BLOCK];
    char piece[PIECE];
    struct sha256 h;
    if (!archive_name_ok(name) || size > size_max)
        return err_set(err, ERR_INVALID, "%s: a file of this name or size does not fit a backup", name);
    make_head(head, name, size);
    if (put(a, head, sizeof head, err) != 0)
        return -1;
    sha256_init(&h);
    for (uint64_t left = size; left > 0;) {
        size_t want = left < sizeof piece ? (size_t)left : sizeof piece;
        if (fread(piece, 1, want, from) != want)
            return err_set(err, ERR_FAILED, "%s: cannot be read to its end", name);
        sha256_feed(&h, piece, want);
        if (put(a, piece, want, err) != 0)
            return -1;
        left -= want;
    }
    finish(&h, sha256);
    return put(a, zeroes, (size_t)(-size % BLOCK), err);
}

int archive_add_end(struct archive *a, struct err *err)
{
    static const unsigned char zeroes[2 * BLOCK];
    return put(a, zeroes, sizeof zeroes, err);
}

/* ---- reading ---- */

/* 1: a head, 0: the end */
static int read_head(struct archive *a, char name[ARCHIVE_NAME_MAX], uint64_t *size, struct err *err)
{
    unsigned char head[BLOCK], again[BLOCK], more;
    if (get(a, head, sizeof head, err) != 0)
        return -1;
    if (all_zero(head, sizeof head)) {
        if (get(a, again, sizeof again, err) != 0)
            return -1;
        if (!all_zero(again, sizeof again) || fread(&more, 1, 1, a->file) != 0)
            return err_set(err, ERR_FAILED, "%s: something stands behind its end", a->path);
        return 0;
    }
    memcpy(name, head, ARCHIVE_NAME_MAX - 1);
    name[ARCHIVE_NAME_MAX - 1] = '\0';
    if (!archive_name_ok(name) || !get_size(head + SIZE_AT, size) || *size > size_max)
        return err_set(err, ERR_FAILED, "%s: is no backup, or damaged at byte %" PRIu64, a->path, a->bytes - BLOCK);
    make_head(again, name, *size);
    if (memcmp(head, again, sizeof head) != 0)
        return err_set(err, ERR_FAILED, "%s: is no backup, or damaged at byte %" PRIu64, a->path, a->bytes - BLOCK);
    return 1;
}

int archive_next(struct archive *a, char name[ARCHIVE_NAME_MAX], uint64_t *size, struct err *err)
{
    int rc = read_head(a, name, size, err);
    if (rc > 0) {
        a->left = *size;
        a->padding = (size_t)(-*size % BLOCK);
    }
    return rc;
}

int archive_take(struct archive *a, FILE *to, char sha256[65], struct err *err)
{
    char piece[PIECE];
    unsigned char padding[BLOCK];
    struct sha256 h;
    sha256_init(&h);
    while (a->left > 0) {
        size_t want = a->left < sizeof piece ? (size_t)a->left : sizeof piece;
        if (get(a, piece, want, err) != 0)
            return -1;
        sha256_feed(&h, piece, want);
        if (fwrite(piece, 1, want, to) != want)
            return err_set(err, ERR_FAILED, "cannot write what is unpacked: %s", strerror(errno));
        a->left -= want;
    }
    finish(&h, sha256);
    if (get(a, padding, a->padding, err) != 0)
        return -1;
    return all_zero(padding, a->padding)
               ? 0
               : err_set(err, ERR_FAILED, "%s: damaged before byte %" PRIu64, a->path, a->bytes);
}
