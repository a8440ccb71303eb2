/* Object files: STATE/objects/ab/cdef…, named by what is in them. */
#include "station/store_private.h"

#include "reports/file.h"
#include "reports/sha256.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

int store_object_path(const struct store *s, const char *sha256, char *out, size_t size, struct err *err)
{
    if (!is_digest(sha256))
        return err_set(err, ERR_INVALID, "'%s' is no SHA-256 (64 lower-case hex digits)", sha256);
    int length = snprintf(out, size, "%s/objects/%.2s/%s", s->state_dir, sha256, sha256 + 2);
    if (length < 0 || (size_t)length >= size)
        return err_set(err, ERR_INVALID, "%s: the path is too long", s->state_dir);
    return 0;
}

/* Is it there already, whole? */
static bool have(const char *path, size_t length, const char *sha256)
{
    struct stat st;
    char found[65];
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uintmax_t)st.st_size == length &&
           file_sha256(path, found, NULL, NULL) == 0 && strcmp(found, sha256) == 0;
}

int store_object_put(struct store *s, const void *data, size_t length, char sha256[65], struct err *err)
{
    char folder[STORE_PATH_MAX], path[STORE_PATH_MAX], aside[STORE_PATH_MAX];
    if (length > STORE_OBJECT_MAX)
        return err_set(err, ERR_INVALID, "a file of %zu bytes does not fit the evidence (at most %d)", length,
                       STORE_OBJECT_MAX);
    sha256_hex(data, length, sha256);
    snprintf(folder, sizeof folder, "%s/objects/%.2s", s->state_dir, sha256);
    snprintf(aside, sizeof aside, "%s/objects/new-%ld", s->state_dir, (long)getpid());
    if (store_object_path(s, sha256, path, sizeof path, err) != 0 || file_make_folder(folder, 0750, err) != 0)
        return -1;
    /* One that is there may come from a put that failed before its folder was synced. */
    if (have(path, length, sha256))
        return file_sync_folder(folder, err);
    return file_write_aside(path, aside, data, length, 0440, err);
}

int store_object_get(struct store *s, const char *sha256, void **data, size_t *length, struct err *err)
{
    char path[STORE_PATH_MAX], found[65], *content;
    if (store_object_path(s, sha256, path, sizeof path, err) != 0 ||
        file_read(path, STORE_OBJECT_MAX, &content, length, err) != 0)
        return -1;
    sha256_hex(content, *length, found);
    if (strcmp(found, sha256) != 0) {
        free(content);
        return err_set(err, ERR_FAILED, "%s is damaged: its content has another digest (%s); restore it from a backup",
                       path, found);
    }
    *data = content;
    return 0;
}

/* All of them: no index serves that, so it is no statement that is kept. */
static const char evidence_sql[] =
    "SELECT 'objects/' || substr(sha256, 1, 2) || '/' || substr(sha256, 3), sha256, size, name || ' of ' || "
    "min(subject)"
    " FROM record_file GROUP BY sha256"
    " UNION ALL SELECT path, sha256, size, 'the package of case ' || case_id FROM package";

int store_evidence_list(struct store *s, int (*each)(void *ctx, const struct store_evidence *file), void *ctx,
                        struct err *err)
{
    static const char doing[] = "look for the files";
    sqlite3_stmt *q = store_prepare(s, evidence_sql, doing, err);
    if (!q)
        return -1;
    int rc;
    while ((rc = store_step(s, q, doing, err)) > 0) {
        const struct store_evidence file = {.path = (const char *)sqlite3_column_text(q, 0),
                                            .sha256 = (const char *)sqlite3_column_text(q, 1),
                                            .size = sqlite3_column_int64(q, 2),
                                            .whose = (const char *)sqlite3_column_text(q, 3)};
        if (each(ctx, &file) != 0)
            break;
    }
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}
