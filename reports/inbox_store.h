/*
 * What smoginbox keeps: the packages as files DIR/packages/ab/<sha256>.asice, and DIR/inbox.db, which says when each
 * came, from whom, what it is about, what was decided, and who has looked at it. A file is synced and has its name
 * before its row is committed (synchronous=FULL); a receipt is given only after that. So a receipt always has its
 * package, and a package without a row (power cut in between) is simply sent again.
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

/* Where a package stands with the police. */
enum inbox_state {
    INBOX_WAITING, /* for the police's review */
    INBOX_ACCEPTED,
    INBOX_RETURNED,
    INBOX_NOTIFIED,
    INBOX_PENALISED,
    INBOX_PAID,
    INBOX_HANDLED, /* on site, before: no second penalty */
    INBOX_STATE_COUNT,
};

/* "waiting" "accepted" "returned" "notified" "penalised" "paid" "handled-on-site"; but for the first, and beside
 * "rectified", these are the decisions. */
const char *inbox_state_name(enum inbox_state state);

struct inbox_package {
    int64_t id; /* counts from 1 */
    int64_t received_ms, measured_ms;
    char sha256[65];
    uint64_t size;
    char sender[256]; /* subject of the client certificate */
    char station[64], record[64], plate[64], verdict[16], signer[256];
    char journal[16];
    char state[20]; /* inbox_state_name */
    bool rectified; /* the vehicle was put right and tested again */
    int64_t downloads;
};

struct inbox_decision {
    int64_t n, at_ms;
    char sha256[65], record[64];
    char decision[20];
    int ground;      /* returned: 1..8; otherwise 0 */
    char number[64]; /* penalised, handled-on-site: the decision's number; otherwise empty */
    char amount[16]; /* penalised, paid: yuan, "200" or "200.00"; empty: not told */
    char basis[200]; /* penalised: the provisions; empty: not told */
    char note[256];
    char officer[33]; /* who decided */
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

/* That sender has sent it, too: from now on it asks for its receipt and its decisions as the first one does. */
int inbox_store_sent_by(struct inbox_store *s, int64_t package, const char *sender, struct err *err);
/* 1 it has, 0 it has not, -1 error. */
int inbox_store_is_sender(struct inbox_store *s, int64_t package, const char *sender, struct err *err);

/* Takes the synced upload over and enters the package; fills p->id. A checkpoint (may be empty) becomes the station's
 * newest when its tree is larger than any seen before. */
int inbox_store_add(struct inbox_store *s, struct inbox_package *p, const char *upload, const char *checkpoint,
                    uint64_t tree_size, struct err *err);

/* The newest checkpoint of a station: 1 found, 0 none, -1 error. */
int inbox_store_checkpoint(struct inbox_store *s, const char *station, char out[CHECKPOINT_TEXT_MAX + 1],
                           struct err *err);

/* Where the package's file is: "DIR/packages/ab/<sha256>.asice". malloc'ed. */
char *inbox_store_path(const struct inbox_store *s, const char *sha256);

/* What a list shows; NULL and 0: whatever there is. */
struct inbox_query {
    const char *sender, *station, *state;
    const char *plate;      /* a part of it */
    int64_t from_ms, to_ms; /* received from … until before … */
    int64_t beyond;         /* id of the last that was shown */
    bool conflict;          /* journals that contradict themselves only */
    bool oldest_first;
    int limit;
};

int inbox_store_list(struct inbox_store *s, const struct inbox_query *query,
                     void (*each)(void *ctx, const struct inbox_package *p), void *ctx, struct err *err);

/* How many wait for review, and when the oldest of them came (0: none waits). */
int inbox_store_waiting(struct inbox_store *s, const char *sender, int64_t *count, int64_t *oldest_ms, struct err *err);

/* ---- decisions (inbox_decide.c) ---- */

enum { INBOX_OFFICER_MAX = 33 };

/* An officer's number: letters, digits and '-'. */
bool inbox_officer_ok(const char *number);

/* May this be decided about a package that stands there? The order is that of the law: what was not accepted is not
 * penalised, what was returned stays so. "rectified" fits everywhere but after a return, once. */
bool inbox_may_follow(const struct inbox_package *p, const char *decision);

/* What the police side decided about a package; `client` is who told it, by certificate. ERR_INVALID with what is
 * wrong: unknown package or word, a return without one of the eight grounds, a penalty without a number, no officer;
 * ERR_REFUSED when the order is wrong. */
int inbox_store_decide(struct inbox_store *s, const struct inbox_decision *d, const char *client, struct err *err);
/* The largest n of a decision about this sender's packages; 0: none. */
int inbox_store_newest(struct inbox_store *s, const char *sender, int64_t *n, struct err *err);
/* Decisions with n > after about this sender's packages, oldest first. */
int inbox_store_decisions(struct inbox_store *s, const char *sender, int64_t after, int limit,
                          void (*each)(void *ctx, const struct inbox_decision *d), void *ctx, struct err *err);
/* All about one package. */
int inbox_store_decisions_of(struct inbox_store *s, int64_t package,
                             void (*each)(void *ctx, const struct inbox_decision *d), void *ctx, struct err *err);

/* ---- who has looked at what: these are personal data ---- */

struct inbox_audit {
    int64_t n, at_ms;
    char client[256], officer[INBOX_OFFICER_MAX];
    char act[16];    /* "search" "look" "picture" "file" "download" "decide" */
    char sha256[65]; /* empty: about no package */
    char plate[64];
    char detail[256];
};

/* Enters one; at_ms, client, officer, act, sha256 and detail are used. A download is counted with its package. */
int inbox_store_audit(struct inbox_store *s, const struct inbox_audit *entry, struct err *err);
/* Newest first, those with n < before (0: all). */
int inbox_store_audit_list(struct inbox_store *s, int64_t before, int limit,
                           void (*each)(void *ctx, const struct inbox_audit *entry), void *ctx, struct err *err);

#endif
