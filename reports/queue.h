/*
 * What smogpush remembers: the tables package, delivery, checkpoint, push_note, timestamp, decision and feedback
 * (station/schema.h). The state of a delivery:
 *
 *     waiting ─┬► sending ─► sent | retry | refused | unknown          retry, unknown ─► sending, when it is time
 *              └ an attempt begins by a commit, so that one that a power cut interrupts is found again: recover makes
 *                it unknown, and the receiver is asked before anything is sent again
 *
 * A package's row decides what the case's package is: written after its file is safe on the disk, never changed. What
 * is delivered is a case, a test, or a batch of passages (its id: FIRST-PLAST). A delivery that takes several messages
 * counts those that have arrived (part) and waits again after each, so that the small ones of others come before its
 * bulk. Works on the caller's connection; every call but the readers belongs between begin and commit.
 */
#ifndef REPORTS_QUEUE_H
#define REPORTS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "reports/decision.h"
#include "reports/outlet.h"
#include "station/core/err.h"

struct sqlite3;
struct queue;

enum { QUEUE_CASE_MAX = 56, QUEUE_OUTLET_MAX = 32, QUEUE_PATH_MAX = 512 };

int queue_open(struct queue **out, struct sqlite3 *db, struct err *err);
void queue_close(struct queue *q);

int queue_begin(struct queue *q, struct err *err);
int queue_commit(struct queue *q, struct err *err); /* fails → all since begin is undone */
void queue_rollback(struct queue *q);

/* ---- sealing ---- */

struct queue_package {
    char case_id[QUEUE_CASE_MAX], sha256[65], path[QUEUE_PATH_MAX];
    uint64_t size, tree_size;
    int64_t sealed_ms;
};

/* The size of the journal that the newest package proves; 0: there is no package. A reader; walks the table. */
int queue_package_tree(struct queue *q, uint64_t *tree_size, struct err *err);
int queue_package_add(struct queue *q, const struct queue_package *p, struct err *err);
/* A delivery that waits for its first attempt. */
int queue_delivery_add(struct queue *q, const char *case_id, const char *outlet, int64_t now_ms, struct err *err);

struct queue_checkpoint {
    uint64_t size;
    int64_t signed_ms;
    struct merkle_hash root;
    char note[CHECKPOINT_TEXT_MAX + 1];
};

/* The largest that is signed; size 0 and an empty note when there is none. */
int queue_checkpoint_last(struct queue *q, struct queue_checkpoint *out, struct err *err);
/* One of the same tree replaces the one before: the station's key is a new one. */
int queue_checkpoint_add(struct queue *q, const struct queue_checkpoint *c, struct err *err);

/* A time stamp (RFC 3161) over the note of a checkpoint. */
struct queue_stamp {
    uint64_t size; /* of the checkpoint */
    char note[CHECKPOINT_TEXT_MAX + 1];
    uint8_t *token; /* the authority's answer, DER */
    size_t token_size;
};

int queue_stamp_add(struct queue *q, const struct queue_stamp *s, int64_t now_ms, struct err *err);
/* The size that the newest one covers; 0: there is none. */
int queue_stamp_newest(struct queue *q, uint64_t *size, struct err *err);
/* The newest one over at most `size` events; its token malloc'ed, NULL when there is none. */
int queue_stamp_up_to(struct queue *q, uint64_t size, struct queue_stamp *out, struct err *err);

/* What `smogctl status` shows a person about one thing: seal, certificate, timestamp. "": nothing any more. */
int queue_note_set(struct queue *q, const char *about, const char *text, int64_t now_ms, struct err *err);

/* The signed code of a record's slip; `event`: the newest one that was looked at for it. */
struct queue_slip {
    char subject[QUEUE_CASE_MAX];
    uint64_t event, tree_size;
    int64_t signed_ms;
    const char *code;
};

/* The first event behind all that have a signed code. A reader. */
int queue_slip_next(struct queue *q, uint64_t *event, struct err *err);
/* Adds or renews it. */
int queue_slip_put(struct queue *q, const struct queue_slip *slip, struct err *err);

/* ---- delivery ---- */

/* At the start: deliveries that were being sent become unknown. *count (may be NULL) says how many. */
int queue_recover(struct queue *q, int64_t now_ms, int *count, struct err *err);

/* Packages that an officer has said to send, and that have no delivery at all, wait for these outlets from now on. */
int queue_adopt(struct queue *q, const char *const outlets[], size_t count, int64_t now_ms, struct err *err);
/* The same as a transaction of its own; without one when there is none of them. */
int queue_enter(struct queue *q, const char *const outlets[], size_t count, int64_t now_ms, struct err *err);

/* Outlets with deliveries that are not finished, and how many: a reader, to tell those that the configuration has lost.
 */
int queue_pending(struct queue *q, void (*each)(void *ctx, const char *outlet, int64_t number), void *ctx,
                  struct err *err);

struct queue_item {
    struct queue_package package;
    char outlet[QUEUE_OUTLET_MAX];
    int attempts;   /* begun, this one included once it is claimed; of this part */
    unsigned part;  /* parts that have arrived */
    bool ask;       /* the attempt before ended unknown */
    bool withdrawn; /* the case was voided or rejected meanwhile: not to be sent */
    bool handled;   /* it was handled on the spot: only its decision may be sent */
    char last_status[OUTLET_TEXT_MAX];
};

/* The deliveries of an outlet whose time has come, those that wait longest first. A reader. */
int queue_due(struct queue *q, const char *outlet, int64_t now_ms, struct queue_item *items, size_t max, size_t *count,
              struct err *err);

/* After the wall clock went back: what would be due only after `latest_ms` is due now. */
int queue_hasten(struct queue *q, int64_t latest_ms, int64_t now_ms, struct err *err);

/* An attempt begins. ERR_REFUSED when it is no longer due: somebody else has decided. */
int queue_claim(struct queue *q, struct queue_item *item, int64_t now_ms, struct err *err);
/* It has not begun after all: the delivery waits as before the claim. */
int queue_unclaim(struct queue *q, const struct queue_item *item, struct err *err);
/* It has ended, and is entered in the delivery's history; next_ms matters for retry and unknown. */
int queue_finish(struct queue *q, const struct queue_item *item, const struct outlet_result *result, int64_t now_ms,
                 int64_t next_ms, struct err *err);

/* ---- decisions: what receivers tell of packages ---- */

/* The largest number known of an outlet; 0: none. A reader. */
int queue_decision_last(struct queue *q, const char *outlet, int64_t *n, struct err *err);
/* Keeps one with a larger number. *case_id is that of its package; empty: no package of ours has that hash. */
int queue_decision_add(struct queue *q, const char *outlet, const struct decision *d, char case_id[QUEUE_CASE_MAX],
                       struct err *err);

/* How asking an outlet for decisions goes (table feedback). */
struct queue_feedback {
    int64_t asked_ms, next_ms;
    int quiet, failures;
    char trouble[OUTLET_TEXT_MAX];
};

/* All zero when it was never asked. A reader. */
int queue_feedback_get(struct queue *q, const char *outlet, struct queue_feedback *out, struct err *err);
int queue_feedback_set(struct queue *q, const char *outlet, const struct queue_feedback *f, struct err *err);

/* A record that the others of its batch leave behind: a delivery of its own, parked. */
int queue_park(struct queue *q, const char *id, const char *outlet, const char *text, int64_t now_ms, struct err *err);

/* ---- outlets that take records: tests that passed or failed, or all passages ---- */

struct queue_feed {
    const char *outlet;
    bool passages;   /* else tests */
    int64_t batch;   /* passages in one delivery; tests entered at once */
    int64_t ripe_ms; /* passages: fewer than a batch go after so long */
    int64_t from_ms; /* where a new outlet begins; 0: with what comes from now on */
};

/* Is there something to enter? A reader. */
int queue_feed_waits(struct queue *q, const struct queue_feed *f, int64_t now_ms, bool *waits, struct err *err);
/* Enters the deliveries of one batch, or of so many tests. */
int queue_feed_enter(struct queue *q, const struct queue_feed *f, int64_t now_ms, struct err *err);

/* Changes whenever another connection has committed something. A reader. */
int queue_version(struct queue *q, int64_t *version, struct err *err);

#endif
