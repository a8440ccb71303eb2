/*
 * What smoginbox keeps: the packages as files DIR/packages/ab/<sha256>.asice, and DIR/inbox.db, which says when each
 * came, from whom, what it is about, and what was decided. A file is synced and has its name before its row is
 * committed (synchronous=FULL); a receipt is given only after that. So a receipt always has its package, and a package
 * without a row (power cut in between) is simply sent again.
 */
#ifndef REPORTS_INBOX_STORE_H
#define REPORTS_INBOX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "station/core/err.h"

enum inbox_journal {
    INBOX_JOURNAL_FIRST,    /* the first checkpoint seen from this station */
    INBOX_JOURNAL_AGREES,   /* with the newest checkpoint seen before */
    INBOX_JOURNAL_OPEN,     /* cannot be told without a consistency proof */
    INBOX_JOURNAL_CONFLICT, /* events were removed or changed: two histories of one station */
};

const char *inbox_journal_name(enum inbox_journal journal); /* "first" "agrees" "open" "conflict" */

struct inbox_package {
    int64_t id; /* counts from 1 */
    int64_t received_ms;
    char sha256[65];
    uint64_t size;
    char sender[256]; /* subject of the client certificate */
    char station[64], record[64], plate[64], verdict[16], signer[256];
    char journal[16];
    char decision[16]; /* the latest; empty: none yet */
};

struct inbox_decision {
    int64_t n, at_ms;
    char sha256[65], record[64];
    char decision[16]; /* accepted returned penalised rectified */
    int ground;        /* returned: 1..8; otherwise 0 */
    char number[64];   /* penalised: the decision's number; otherwise empty */
    char note[256];
};

struct inbox_store;

int inbox_store_open(struct inbox_store **out, const char *folder, struct err *err);
void inbox_store_close(struct inbox_store *s);

/* Makes an empty file for an upload; gives its descriptor, *path its name (to be freed after rename or unlink). */
int inbox_store_upload(struct inbox_store *s, char **path, struct err *err);

/* Removes uploads that a crash left behind; for the one process that receives. */
void inbox_store_clean(struct inbox_store *s);

/* 1 found, 0 not there, -1 error. */
int inbox_store_find(struct inbox_store *s, const char *sha256, struct inbox_package *out, struct err *err);

/* Takes the synced upload over and enters the package; fills p->id. A checkpoint (may be empty) becomes the station's
 * newest when its tree is larger than any seen before. */
int inbox_store_add(struct inbox_store *s, struct inbox_package *p, const char *upload, const char *checkpoint,
                    uint64_t tree_size, struct err *err);

/* The newest checkpoint of a station: 1 found, 0 none, -1 error. */
int inbox_store_checkpoint(struct inbox_store *s, const char *station, char out[CHECKPOINT_TEXT_MAX + 1],
                           struct err *err);

/* Where the package's file is: "DIR/packages/ab/<sha256>.asice". malloc'ed. */
char *inbox_store_path(const struct inbox_store *s, const char *sha256);

/* Newest first; `sender` NULL: from everybody. */
int inbox_store_list(struct inbox_store *s, const char *sender, int limit,
                     void (*each)(void *ctx, const struct inbox_package *p), void *ctx, struct err *err);

/* What the police side decided about a package. ERR_INVALID with what is wrong: unknown package or word, a return
 * without one of the eight grounds, a penalty without a number. */
int inbox_store_decide(struct inbox_store *s, const struct inbox_decision *d, struct err *err);
/* The largest n of a decision about this sender's packages; 0: none. */
int inbox_store_newest(struct inbox_store *s, const char *sender, int64_t *n, struct err *err);
/* Decisions with n > after about this sender's packages, oldest first. */
int inbox_store_decisions(struct inbox_store *s, const char *sender, int64_t after, int limit,
                          void (*each)(void *ctx, const struct inbox_decision *d), void *ctx, struct err *err);

#endif
