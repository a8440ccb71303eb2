#define _GNU_SOURCE /* fopencookie */
#include "reports/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/charset.h"
#include "reports/file.h"

/* ---- GBK ---- */

enum { PIECE = 4096, CHARACTER_MAX = 4, BUFFER = 1 << 16 };

struct encoder {
    iconv_t iconv;
    FILE *file;
    char rest[PIECE + CHARACTER_MAX]; /* a character that is not complete yet, and what follows */
    size_t rest_length;
    char missing[CHARACTER_MAX + 1]; /* the first character that GBK lacks */
};

/* What is complete of `rest` goes out. */
static int encode(struct encoder *e)
{
    char *in = e->rest, out[2 * PIECE], *to = out;
    size_t left = e->rest_length, room = sizeof out;
    size_t result = iconv(e->iconv, &in, &left, &to, &room);
    if (result == (size_t)-1 && errno == EILSEQ && e->missing[0] == '\0')
        memcpy(e->missing, in, left < CHARACTER_MAX ? left : CHARACTER_MAX);
    if ((result == (size_t)-1 && errno != EINVAL) || left > CHARACTER_MAX)
        return -1;
    memmove(e->rest, in, left);
    e->rest_length = left;
    return fwrite(out, 1, (size_t)(to - out), e->file) == (size_t)(to - out) ? 0 : -1;
}

static ssize_t encoder_write(void *cookie, const char *bytes, size_t length)
{
    struct encoder *e = cookie;
    for (size_t at = 0; at < length;) {
        size_t piece = length - at < PIECE ? length - at : PIECE;
        memcpy(e->rest + e->rest_length, bytes + at, piece);
        e->rest_length += piece;
        at += piece;
        if (encode(e) != 0)
            return 0;
    }
    return (ssize_t)length;
}

static int encoder_open(struct aside *a)
{
    struct encoder *e = calloc(1, sizeof *e);
    if (!e)
        return -1;
    e->file = a->file;
    if (!charset_open(&e->iconv, "GBK", "UTF-8")) {
        free(e);
        return -1;
    }
    FILE *file = fopencookie(e, "w", (cookie_io_functions_t){.write = encoder_write});
    if (!file) {
        iconv_close(e->iconv);
        free(e);
        return -1;
    }
    a->encoder = e;
    a->file = file;
    return 0;
}

/* The plain file below comes back. */
static int encoder_close(struct aside *a, struct err *err)
{
    struct encoder *e = a->encoder;
    bool failed = fflush(a->file) != 0 || ferror(a->file) || e->rest_length > 0;
    fclose(a->file);
    a->file = e->file;
    a->encoder = NULL;
    if (failed && e->missing[0])
        err_set(err, ERR_INVALID, "%s: '%.*s' does not exist in GBK; write utf-8-bom", a->path,
                (int)(((unsigned char)e->missing[0] & 0xe0) == 0xc0   ? 2
                      : ((unsigned char)e->missing[0] & 0xf0) == 0xe0 ? 3
                                                                      : 4),
                e->missing);
    else if (failed)
        err_set(err, ERR_FAILED, "%s: cannot write: %s", a->path, strerror(errno));
    iconv_close(e->iconv);
    free(e);
    return failed ? -1 : 0;
}

/* ---- the file ---- */

int aside_encoding_by_name(const char *name, enum aside_encoding *out, struct err *err)
{
    static const char *const names[] = {"utf-8", "utf-8-bom", "gbk"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum aside_encoding)i;
            return 0;
        }
    return err_set(err, ERR_INVALID, "'%s' is no encoding; write utf-8, utf-8-bom or gbk", name);
}

int aside_open(struct aside *a, const char *path, enum aside_encoding encoding, struct err *err)
{
    *a = (struct aside){.file = NULL};
    if (strlen(path) >= sizeof a->path)
        return err_set(err, ERR_INVALID, "%s: the path is too long", path);
    snprintf(a->path, sizeof a->path, "%s", path);
    snprintf(a->temporary, sizeof a->temporary, "%s.new-%ld", path, (long)getpid());
    a->file = fopen(a->temporary, "we");
    if (!a->file)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot write: %s", path, strerror(errno));
    setvbuf(a->file, NULL, _IOFBF, BUFFER);
    if (encoding == ASIDE_BOM)
        fputs("\xef\xbb\xbf", a->file);
    if (encoding != ASIDE_GBK || encoder_open(a) == 0)
        return 0;
    aside_close(a);
    return err_set(err, ERR_FAILED, "%s: this system cannot write GBK", path);
}

static int sync_and_rename(struct aside *a, struct err *err)
{
    int fd = open(a->temporary, O_RDONLY | O_CLOEXEC); /* a library may have written under the name */
    bool failed = fd < 0 || fsync(fd) != 0;
    if (fd >= 0)
        close(fd);
    if (failed || rename(a->temporary, a->path) != 0)
        return err_set(err, ERR_FAILED, "%s: cannot write: %s", a->path, strerror(errno));
    a->temporary[0] = '\0';
    char folder[ASIDE_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", a->path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        return file_sync_folder(".", err);
    slash[slash == folder] = '\0';
    return file_sync_folder(folder, err);
}

int aside_commit(struct aside *a, struct err *err)
{
    if (a->encoder && encoder_close(a, err) != 0)
        return -1;
    bool failed = ferror(a->file) != 0;
    failed |= fclose(a->file) != 0;
    a->file = NULL;
    if (failed)
        return err_set(err, ERR_FAILED, "%s: cannot write: %s", a->path, strerror(errno));
    return sync_and_rename(a, err);
}

void aside_close(struct aside *a)
{
    struct err none;
    if (a->encoder)
        encoder_close(a, &none);
    if (a->file)
        fclose(a->file);
    if (a->temporary[0])
        unlink(a->temporary);
    *a = (struct aside){.file = NULL};
}
