#include "reports/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1024, SHA256_HEX = 65 };

enum progress { FREE, ASKED, READING, READ };

struct entry {
    enum progress progress;
    char path[PATH_BYTES], sha256[SHA256_HEX];
    struct contents contents;
    int result; /* of contents_read_package */
    struct err err;
};

struct ahead {
    pthread_t thread;
    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t asked, read;
    bool stopping;
    size_t oldest; /* its place in the ring: the next to be asked for takes it */
    struct entry entries[AHEAD_MAX];
};

static void forget(struct entry *e)
{
    contents_free(&e->contents);
    e->progress = FREE;
}

/* ---- the thread ---- */

/* What has waited longest; NULL: nothing. */
static struct entry *find_asked(struct ahead *a)
{
    for (size_t i = 0; i < AHEAD_MAX; i++) {
        struct entry *e = &a->entries[(a->oldest + i) % AHEAD_MAX];
        if (e->progress == ASKED)
            return e;
    }
    return NULL;
}

static void *run(void *ctx)
{
    struct ahead *a = ctx;
    pthread_mutex_lock(&a->lock);
    while (!a->stopping) {
        struct entry *e = find_asked(a);
        if (!e) {
            pthread_cond_wait(&a->asked, &a->lock);
            continue;
        }
        e->progress = READING; /* which nobody else touches */
        pthread_mutex_unlock(&a->lock);
        e->result = contents_read_package(&e->contents, e->path, e->sha256, &e->err);
        pthread_mutex_lock(&a->lock);
        e->progress = READ;
        pthread_cond_signal(&a->read);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* Signals are the main thread's. */
static int start(struct ahead *a)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&a->thread, NULL, run, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

/* ---- its owner ---- */

int ahead_open(struct ahead **out, struct err *err)
{
    *out = NULL;
    struct ahead *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, ERR_FAILED, "out of memory");
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->asked, NULL);
    pthread_cond_init(&a->read, NULL);
    int code = start(a);
    if (code != 0) {
        free(a);
        return err_set(err, ERR_FAILED, "no thread to read packages: %s", strerror(code));
    }
    *out = a;
    return 0;
}

void ahead_close(struct ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stopping = true;
    pthread_cond_signal(&a->asked);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    for (size_t i = 0; i < AHEAD_MAX; i++)
        forget(&a->entries[i]);
    pthread_cond_destroy(&a->read);
    pthread_cond_destroy(&a->asked);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

void ahead_ask(struct ahead *a, const char *path, const char *sha256)
{
    if (strlen(path) >= PATH_BYTES || strlen(sha256) >= SHA256_HEX)
        return;
    pthread_mutex_lock(&a->lock);
    struct entry *e = &a->entries[a->oldest];
    if (e->progress != READING) {
        forget(e);
        snprintf(e->path, sizeof e->path, "%s", path);
        snprintf(e->sha256, sizeof e->sha256, "%s", sha256);
        e->progress = ASKED;
        a->oldest = (a->oldest + 1) % AHEAD_MAX;
        pthread_cond_signal(&a->asked);
    }
    pthread_mutex_unlock(&a->lock);
}

static struct entry *find(struct ahead *a, const char *path, const char *sha256)
{
    for (size_t i = 0; i < AHEAD_MAX; i++) {
        struct entry *e = &a->entries[i];
        if (e->progress != FREE && strcmp(e->sha256, sha256) == 0 && strcmp(e->path, path) == 0)
            return e;
    }
    return NULL;
}

int ahead_take(struct ahead *a, struct contents *c, const char *path, const char *sha256, struct err *err)
{
    pthread_mutex_lock(&a->lock);
    struct entry *e = find(a, path, sha256);
    while (e && e->progress == READING)
        pthread_cond_wait(&a->read, &a->lock);
    bool read = e && e->progress == READ;
    int result = 0;
    if (read) {
        result = e->result;
        *err = e->err;
        *c = e->contents;
        e->contents = (struct contents){0};
    }
    if (e)
        forget(e);
    pthread_mutex_unlock(&a->lock);
    return read ? result : contents_read_package(c, path, sha256, err);
}
