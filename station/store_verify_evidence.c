#include "station/store_verify_evidence.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/file.h"
#include "station/store_private.h"

static const char doing[] = "look for the files";

/* One row for each file: path, SHA-256, size, what a person calls it. */
static const char files_sql[] = "SELECT 'objects/' || substr(sha256, 1, 2) || '/' || substr(sha256, 3), sha256, size, "
                                "name || ' of ' || min(subject)"
                                " FROM record_file GROUP BY sha256"
                                " UNION ALL SELECT path, sha256, size, 'the package of case ' || case_id FROM package";

static int check_file(const struct store *s, sqlite3_stmt *q, bool read, struct err *err)
{
    char path[STORE_PATH_MAX], found[65];
    struct stat st;
    const char *wanted = (const char *)sqlite3_column_text(q, 1), *whose = (const char *)sqlite3_column_text(q, 3);
    snprintf(path, sizeof path, "%s/%s", s->state_dir, (const char *)sqlite3_column_text(q, 0));
    if (stat(path, &st) != 0)
        return err_set(err, ERR_FAILED, "%s is missing (%s); restore it from a backup", whose, path);
    if (st.st_size != sqlite3_column_int64(q, 2))
        return err_set(err, ERR_FAILED, "%s was changed: %s has %lld bytes, not %lld; restore it from a backup", whose,
                       path, (long long)st.st_size, (long long)sqlite3_column_int64(q, 2));
    if (!read)
        return 0;
    if (file_sha256(path, found, NULL, err) != 0)
        return err_prefix(err, "%s", whose);
    if (strcmp(found, wanted) != 0)
        return err_set(err, ERR_FAILED, "%s was changed: %s has another digest; restore it from a backup", whose, path);
    return 0;
}

int store_verify_evidence(struct store *s, bool read, uint64_t *files, struct err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = 0;
    *files = 0;
    if (sqlite3_prepare_v2(s->db, files_sql, -1, &q, NULL) != SQLITE_OK)
        return store_failed(s, doing, err);
    while (rc == 0 && (rc = store_step(s, q, doing, err)) > 0) {
        rc = check_file(s, q, read, err);
        ++*files;
    }
    sqlite3_finalize(q);
    return rc;
}
