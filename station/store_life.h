/*
 * The part of the store that follows a case through its life: its steps, the officers who may take them, and what the
 * receivers have decided. The rules are station/core/caselife.h's; here is what the journal's events leave behind.
 */
#ifndef STATION_STORE_LIFE_H
#define STATION_STORE_LIFE_H

#include "station/core/caselife.h"
#include "station/store.h"

/* ---- steps ---- */

/* One step, from an event "case"; texts are "" where there is nothing. */
struct store_case_step {
    int64_t n, at_ms, event; /* n counts from 1 */
    char track[8], act[16], from[16], to[16];
    char officer[32], role[16], police[32], reason[STORE_REASON_MAX], number[64];
    char until[11];   /* a day that was set: "2026-08-31" */
    char detail[128]; /* what the act refers to: a package's digest, a test, an outlet and its number */
    int ground;       /* 0: none */
};
/* The case as the step leaves it, and the step; n is given here. */
int store_case_move(struct store *s, const struct store_case *c, const struct store_case_step *step, uint64_t event,
                    struct err *err);
/* In their order; `each` returns 0 to go on. */
int store_case_steps(struct store *s, const char *case_id, int (*each)(void *ctx, const struct store_case_step *step),
                     void *ctx, struct err *err);
/* Every step of every case, case after case. */
int store_case_step_walk(struct store *s, int (*each)(void *ctx, const char *case_id, int64_t at_ms, const char *to),
                         void *ctx, struct err *err);
/* Cases that smogpush has sealed, of which the journal does not know it yet. */
int store_case_sealed(struct store *s, int limit, int (*each)(void *ctx, const struct store_case *c), void *ctx,
                      struct err *err);

/* The case as its rules see it; a state of an older version is CASE_STATES. */
void store_case_life(const struct store_case *c, struct caselife *life);

/* ---- officers ---- */

struct store_officer {
    char number[32], name[64], role[16], certificate[48]; /* certificate "": none */
    int64_t added_ms, disabled_ms;                        /* disabled 0: may act */
};
/* A new one, or another entry under a number that is there. */
int store_officer_set(struct store *s, const struct store_officer *o, uint64_t event, struct err *err);
/* ERR_REFUSED when there is no enabled officer of that number. */
int store_officer_disable(struct store *s, const char *number, int64_t now_ms, uint64_t event, struct err *err);
/* *found false: there is none. Numbers differ by more than the case of their letters. */
int store_officer_get(struct store *s, const char *number, struct store_officer *out, bool *found, struct err *err);
/* By number; `each` returns 0 to go on. */
int store_officer_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_officer *o), void *ctx,
                       struct err *err);
/* Is anybody in the register, enabled or not? */
int store_officer_any(struct store *s, bool *any, struct err *err);

/* What is kept of his PIN for the console (station/pin.h); "": none is set. */
int store_pin_set(struct store *s, const char *number, const char *hash, int64_t now_ms, uint64_t event,
                  struct err *err);
int store_pin_get(struct store *s, const char *number, char *hash, size_t size, struct err *err);

/* ---- decisions of receivers, which smogpush stores ---- */

enum store_decision_stage { DECISION_NEW, DECISION_WAITING, DECISION_DONE };

struct store_decision {
    int64_t n;
    char outlet[32], package_sha256[65], case_id[56], kind[24], at[40]; /* case_id "": no case has that package */
    const char *body; /* as received; lives until the callback returns */
    enum store_decision_stage stage;
};
/* Those that the journal does not know yet, by outlet and number. */
int store_decision_new(struct store *s, int limit, int (*each)(void *ctx, const struct store_decision *d), void *ctx,
                       struct err *err);
/* Those of a case; waiting: only those that are journaled and could not have their effect yet. */
int store_decision_list(struct store *s, const char *case_id, bool waiting,
                        int (*each)(void *ctx, const struct store_decision *d), void *ctx, struct err *err);
int store_decision_mark(struct store *s, const char *outlet, int64_t n, enum store_decision_stage stage,
                        struct err *err);

#endif
