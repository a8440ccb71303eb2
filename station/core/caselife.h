/*
 * The life of a case: what may be done with a failed test or passage, when, and by whom. One table of acts; a case
 * moves by acts alone, on two tracks at once.
 *
 *     penalty   exceeded ─► review1 ─► review2 ─► sealed ─► submitted ─► received ─► police-review ─► entered
 *                   │ return: rejected  └► send-ordered ┘                    └ police-return: returned     │
 *                   └ handle: handled                                                                      ▼
 *               removed ◄─ objected ◄─► notified ─► penalised ─► paid                                   notified
 *     repair    none ─► repair-notice ─► repaired ─► retest-passed ─► released
 *                              └► overdue ─► blacklisted ─► retest-passed
 *
 * send-ordered: both reviews are done and an officer has said "send" before the seal was made. handled: the police has
 * penalised on the spot; such a case is sealed and kept, and never leaves the station, since nobody may be fined twice
 * for one act (行政处罚法 29); only the decision itself may be filed (`file`, 程序规定 44). returned, removed: with one
 * of the eight grounds of 程序规定 22. A voided test ends its case wherever it stands.
 *
 * The police's own steps come back through the receivers' answers; a receiver tells only some of them, so a later step
 * may follow an earlier one directly (received ─► penalised), and never the other way round.
 */
#ifndef STATION_CORE_CASELIFE_H
#define STATION_CORE_CASELIFE_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"
#include "station/core/role.h"

enum case_state {
    CASE_NONE, /* not opened */
    CASE_EXCEEDED,
    CASE_REVIEW1,
    CASE_REVIEW2,
    CASE_SEND_ORDERED,
    CASE_SEALED,
    CASE_SUBMITTED,
    CASE_RECEIVED,
    CASE_POLICE_REVIEW,
    CASE_ENTERED,
    CASE_NOTIFIED,
    CASE_OBJECTED,
    CASE_PENALISED,
    CASE_PAID,
    CASE_REJECTED,
    CASE_RETURNED,
    CASE_REMOVED,
    CASE_HANDLED,
    CASE_VOID,
    CASE_STATES
};

enum case_repair {
    REPAIR_NONE,
    REPAIR_NOTICE,
    REPAIR_REPAIRED,
    REPAIR_OVERDUE,
    REPAIR_BLACKLISTED,
    REPAIR_RETEST_PASSED,
    REPAIR_RELEASED,
    REPAIR_STATES
};

enum case_act {
    ACT_OPEN,
    ACT_REVIEW,
    ACT_RETURN,
    ACT_SEAL,
    ACT_SEND,
    ACT_HANDLE,
    ACT_FILE, /* what a decision on the spot consists of is put on record, for the platform of the police */
    ACT_RECEIVE,
    ACT_POLICE_REVIEW,
    ACT_ENTER,
    ACT_POLICE_RETURN,
    ACT_NOTIFY,
    ACT_OBJECT,
    ACT_UPHOLD,
    ACT_DISMISS,
    ACT_REMOVE,
    ACT_PENALISE,
    ACT_PAY,
    ACT_VOID,
    ACT_REPAIR_NOTICE, /* the repair track from here on */
    ACT_REPAIR,
    ACT_OVERDUE,
    ACT_BLACKLIST,
    ACT_RETEST,
    ACT_RETEST_VOID,
    ACT_RELEASE,
    ACT_COUNT
};

/* What must come with an act. */
enum {
    NEED_REASON = 1,
    NEED_NUMBER = 2,  /* of the decision on the penalty */
    NEED_GROUND = 4,  /* 1 to CASELIFE_GROUNDS */
    NEED_TEST = 8,    /* the test that was passed */
    NEED_OTHER = 16,  /* an officer who is neither the first reviewer nor the tester */
    NEED_POLICE = 32, /* a police number, if the vehicle was stopped */
    NEED_FACTS = 64   /* of a decision on the spot; the caller looks after them */
};

enum { CASELIFE_OFFICER_MAX = 32, CASELIFE_NUMBER_MAX = 64, CASELIFE_TEST_MAX = 48, CASELIFE_GROUNDS = 8 };

struct caselife {
    enum case_state state;
    enum case_repair repair;
    bool stopped; /* by hand at a stopped vehicle: a test, not a passage */
    /* officers' numbers; "": none yet */
    char tester[CASELIFE_OFFICER_MAX], police[CASELIFE_OFFICER_MAX], reviewer1[CASELIFE_OFFICER_MAX],
        reviewer2[CASELIFE_OFFICER_MAX];
    char number[CASELIFE_NUMBER_MAX]; /* of the decision */
    int ground;                       /* of a return or removal; 0: none */
    char retest[CASELIFE_TEST_MAX];
};

/* An act and what comes with it; NULL or 0: nothing. */
struct caselife_doing {
    enum case_act act;
    enum role role; /* of who does it; ROLE_UNKNOWN passes as any officer's */
    const char *officer, *police, *reason, *number, *test;
    int ground;
};

struct caselife_step {
    const char *track, *from, *to; /* "penalty" or "repair", and its states by name */
};

/* Moves the case. ERR_REFUSED leaves *c as it was and says what can be done now and by whom; ERR_INVALID: something
 * that the act needs is missing or wrong. */
int caselife_do(struct caselife *c, const struct caselife_doing *doing, struct caselife_step *step, struct err *err);

/* Can that act be done now? *roles: by whom, *needs: with what. */
bool caselife_can(const struct caselife *c, enum case_act act, unsigned *roles, unsigned *needs);

/* Who may do that act at all, in some state. */
unsigned caselife_roles(enum case_act act);

/* Has the penalty track ended? */
bool caselife_ended(enum case_state state);

/* Does a test of that method, passed, show that what failed by `failed` was repaired? The same method does, and under
 * load or with a pressed pedal what a passage or an observer has found. */
bool caselife_retest(const char *failed, const char *passed);

const char *caselife_state_name(enum case_state state);    /* "review1" */
const char *caselife_repair_name(enum case_repair repair); /* "none" */
const char *caselife_act_name(enum case_act act);
enum case_state caselife_state_by_name(const char *name);   /* CASE_STATES: there is none */
enum case_repair caselife_repair_by_name(const char *name); /* REPAIR_STATES: there is none */
enum case_act caselife_act_by_name(const char *name);       /* ACT_COUNT: there is none */
const char *caselife_ground_name(int ground);               /* in Chinese, as the rule says it; "" for none */

#endif
