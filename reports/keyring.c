#include "reports/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/keyfile.h"
#include "reports/log.h"
#include "reports/sealcert.h"
#include "station/core/civil.h"

/* A file as it was when it was last read; all zero: there is none, or it is no file. */
struct look {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written, changed;
};

struct pair {
    struct keyring_source source;
    struct look key, cert;
    struct seal *seal;
    struct sealcert about;
    char refused[ERR_TEXT_MAX]; /* why the pair that lies there now is not in use; "" when it is */
};

struct keyring {
    char station[64];
    size_t count;
    struct pair pairs[KEYRING_PAIRS_MAX];
    bool reread;
};

static struct look look_at(const char *source)
{
    struct err err;
    struct stat st;
    char path[KEYFILE_PATH_MAX];
    if (keyfile_path(source, path, &err) != 0 || stat(path, &st) != 0)
        return (struct look){0};
    return (struct look){st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_look(const struct look *a, const struct look *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && same_time(a->written, b->written) &&
           same_time(a->changed, b->changed);
}

/* The pair as it lies there now, which *p is to use; *p is left alone when it fails. */
static int open_pair(const struct keyring *k, struct pair *p, struct err *err)
{
    struct sealcert about;
    struct seal *seal = NULL;
    int result = p->source.sm2 ? seal_open_sm2(&seal, p->source.key, p->source.cert, err)
                               : seal_open(&seal, p->source.key, p->source.cert, err);
    if (result == 0)
        result = sealcert_examine(&about, seal_certificate(seal), k->station, err);
    if (result != 0) {
        seal_close(seal);
        return -1;
    }
    seal_close(p->seal);
    p->seal = seal;
    p->about = about;
    p->refused[0] = '\0';
    return 0;
}

int keyring_open(struct keyring **out, const struct keyring_source *sources, size_t count, const char *station,
                 struct err *err)
{
    *out = NULL;
    struct keyring *k = calloc(1, sizeof *k);
    if (!k)
        return err_set(err, ERR_FAILED, "out of memory");
    snprintf(k->station, sizeof k->station, "%s", station);
    for (; k->count < count; k->count++) {
        struct pair *p = &k->pairs[k->count];
        p->source = sources[k->count];
        p->key = look_at(p->source.key);
        p->cert = look_at(p->source.cert);
        if (open_pair(k, p, err) != 0) {
            keyring_close(k);
            return -1;
        }
    }
    *out = k;
    return 0;
}

void keyring_close(struct keyring *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->count; i++)
        seal_close(k->pairs[i].seal);
    free(k);
}

size_t keyring_count(const struct keyring *k)
{
    return k->count;
}

const struct seal *keyring_seal(const struct keyring *k, size_t i)
{
    return k->pairs[i].seal;
}

void keyring_reread(struct keyring *k)
{
    k->reread = true;
}

static void take_over(const struct keyring *k, struct pair *p)
{
    struct err err;
    char until[CIVIL_TIME_TEXT_MAX];
    if (open_pair(k, p, &err) != 0) {
        err_prefix(&err, "the pair before stays in use");
        memcpy(p->refused, err.text, sizeof p->refused);
        log_warning("%s", p->refused);
        return;
    }
    civil_time_format(p->about.until_s * 1000, 0, until);
    log_notice("%s: sealing with %s, valid until %.10s", p->source.cert, p->about.subject, until);
}

int keyring_refresh(struct keyring *k, struct err *err)
{
    int result = 0;
    for (size_t i = 0; i < k->count; i++) {
        struct pair *p = &k->pairs[i];
        struct look key = look_at(p->source.key), cert = look_at(p->source.cert);
        bool changed = k->reread || !same_look(&key, &p->key) || !same_look(&cert, &p->cert);
        p->key = key;
        p->cert = cert;
        if (changed)
            take_over(k, p);
        if (result == 0)
            result = seal_reach(p->seal, err);
    }
    k->reread = false;
    return result;
}

void keyring_warning(const struct keyring *k, int64_t now_s, int days, char out[ERR_TEXT_MAX])
{
    out[0] = '\0';
    for (size_t i = 0; i < k->count && out[0] == '\0'; i++)
        snprintf(out, ERR_TEXT_MAX, "%s", k->pairs[i].refused);
    for (size_t i = 0; i < k->count && out[0] == '\0'; i++)
        sealcert_warning(&k->pairs[i].about, now_s, days, out);
}
