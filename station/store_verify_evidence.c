#include "station/store_verify_evidence.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/file.h"
#include "station/store_private.h"

struct look {
    const struct store *store;
    bool read;
    uint64_t files;
    int result;
    struct err *err;
};

static int check_file(const struct look *l, const struct store_evidence *f)
{
    char path[STORE_PATH_MAX], found[65];
    struct stat st;
    struct err *err = l->err;
    snprintf(path, sizeof path, "%s/%s", l->store->state_dir, f->path);
    if (stat(path, &st) != 0)
        return err_set(err, ERR_FAILED, "%s is missing (%s); restore it from a backup", f->whose, path);
    if (st.st_size != f->size)
        return err_set(err, ERR_FAILED, "%s was changed: %s has %lld bytes, not %lld; restore it from a backup",
                       f->whose, path, (long long)st.st_size, (long long)f->size);
    if (!l->read)
        return 0;
    if (file_sha256(path, found, NULL, err) != 0)
        return err_prefix(err, "%s", f->whose);
    if (strcmp(found, f->sha256) != 0)
        return err_set(err, ERR_FAILED, "%s was changed: %s has another digest; restore it from a backup", f->whose,
                       path);
    return 0;
}

static int take(void *ctx, const struct store_evidence *file)
{
    struct look *l = ctx;
    l->files++;
    return l->result = check_file(l, file);
}

int store_verify_evidence(struct store *s, bool read, uint64_t *files, struct err *err)
{
    struct look l = {.store = s, .read = read, .err = err};
    int result = store_evidence_list(s, take, &l, err);
    *files = l.files;
    return result != 0 ? result : l.result;
}
