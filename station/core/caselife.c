#include "station/core/caselife.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

static const char *const state_names[CASE_STATES] = {
    [CASE_NONE] = "none",
    [CASE_EXCEEDED] = "exceeded",
    [CASE_REVIEW1] = "review1",
    [CASE_REVIEW2] = "review2",
    [CASE_SEND_ORDERED] = "send-ordered",
    [CASE_SEALED] = "sealed",
    [CASE_SUBMITTED] = "submitted",
    [CASE_RECEIVED] = "received",
    [CASE_POLICE_REVIEW] = "police-review",
    [CASE_ENTERED] = "entered",
    [CASE_NOTIFIED] = "notified",
    [CASE_OBJECTED] = "objected",
    [CASE_PENALISED] = "penalised",
    [CASE_PAID] = "paid",
    [CASE_REJECTED] = "rejected",
    [CASE_RETURNED] = "returned",
    [CASE_REMOVED] = "removed",
    [CASE_HANDLED] = "handled",
    [CASE_VOID] = "void",
};

static const char *const repair_names[REPAIR_STATES] = {
    [REPAIR_NONE] = "none",         [REPAIR_NOTICE] = "repair-notice",    [REPAIR_REPAIRED] = "repaired",
    [REPAIR_OVERDUE] = "overdue",   [REPAIR_BLACKLISTED] = "blacklisted", [REPAIR_RETEST_PASSED] = "retest-passed",
    [REPAIR_RELEASED] = "released",
};

static const char *const act_names[ACT_COUNT] = {
    [ACT_OPEN] = "open",
    [ACT_REVIEW] = "review",
    [ACT_RETURN] = "return",
    [ACT_SEAL] = "seal",
    [ACT_SEND] = "send",
    [ACT_HANDLE] = "handle",
    [ACT_FILE] = "file",
    [ACT_RECEIVE] = "receive",
    [ACT_POLICE_REVIEW] = "police-review",
    [ACT_ENTER] = "enter",
    [ACT_POLICE_RETURN] = "police-return",
    [ACT_NOTIFY] = "notify",
    [ACT_OBJECT] = "object",
    [ACT_UPHOLD] = "uphold",
    [ACT_DISMISS] = "dismiss",
    [ACT_REMOVE] = "remove",
    [ACT_PENALISE] = "penalise",
    [ACT_PAY] = "pay",
    [ACT_VOID] = "void",
    [ACT_REPAIR_NOTICE] = "repair-notice",
    [ACT_REPAIR] = "repair",
    [ACT_OVERDUE] = "overdue",
    [ACT_BLACKLIST] = "blacklist",
    [ACT_RETEST] = "retest",
    [ACT_RETEST_VOID] = "retest-void",
    [ACT_RELEASE] = "release",
};

static int find_name(const char *const *names, int count, const char *name)
{
    int i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const char *caselife_state_name(enum case_state state)
{
    assert(state < CASE_STATES);
    return state_names[state];
}

const char *caselife_repair_name(enum case_repair repair)
{
    assert(repair < REPAIR_STATES);
    return repair_names[repair];
}

const char *caselife_act_name(enum case_act act)
{
    assert(act < ACT_COUNT);
    return act_names[act];
}

enum case_state caselife_state_by_name(const char *name)
{
    return (enum case_state)find_name(state_names, CASE_STATES, name);
}

enum case_repair caselife_repair_by_name(const char *name)
{
    return (enum case_repair)find_name(repair_names, REPAIR_STATES, name);
}

enum case_act caselife_act_by_name(const char *name)
{
    return (enum case_act)find_name(act_names, ACT_COUNT, name);
}

/* 道路交通安全违法行为处理程序规定 (2020) 22; the numbers are ours. */
const char *caselife_ground_name(int ground)
{
    static const char *const names[CASELIFE_GROUNDS + 1] = {
        "",
        "警车、消防救援车辆、救护车、工程救险车执行紧急任务",
        "机动车被盗抢期间，或者号牌被他人冒用",
        "救助危难或者紧急避险",
        "已经在现场被交通警察处理",
        "交通信号指示不一致",
        "记录资料不能清晰、准确地反映违法事实",
        "号牌信息错误",
        "其他",
    };
    return ground > 0 && ground <= CASELIFE_GROUNDS ? names[ground] : "";
}

/* ---- the table ---- */

#define IN(state) (1U << (state))

enum {
    SAME = -1, /* the state stays */
    UNSENT = IN(CASE_EXCEEDED) | IN(CASE_REVIEW1) | IN(CASE_REVIEW2) | IN(CASE_SEALED),
    AT_POLICE = IN(CASE_RECEIVED) | IN(CASE_POLICE_REVIEW),
    LIVING = ((1U << CASE_STATES) - 1) & ~(IN(CASE_NONE) | IN(CASE_VOID)),
    OFFICE = ROLE_ECOLOGY | ROLE_SUPERVISOR,
    LAW = ROLE_POLICE | ROLE_OUTLET,
};

/* from: a set of states of the act's track. */
static const struct row {
    enum case_act act;
    unsigned from;
    int to;
    unsigned roles, needs;
} rows[] = {
    {ACT_OPEN, IN(CASE_NONE), CASE_EXCEEDED, ROLE_STATION, 0},
    {ACT_REVIEW, IN(CASE_EXCEEDED), CASE_REVIEW1, ROLE_ECOLOGY, 0},
    {ACT_REVIEW, IN(CASE_REVIEW1), CASE_REVIEW2, ROLE_ECOLOGY, NEED_OTHER | NEED_POLICE},
    {ACT_RETURN, UNSENT, CASE_REJECTED, OFFICE, NEED_REASON},
    {ACT_SEAL, IN(CASE_REVIEW2), CASE_SEALED, ROLE_STATION, 0},
    {ACT_SEAL, IN(CASE_SEND_ORDERED), CASE_SUBMITTED, ROLE_STATION, 0},
    {ACT_SEAL, IN(CASE_HANDLED), SAME, ROLE_STATION, 0},
    {ACT_SEND, IN(CASE_REVIEW2), CASE_SEND_ORDERED, OFFICE, 0},
    {ACT_SEND, IN(CASE_SEALED), CASE_SUBMITTED, OFFICE, 0},
    {ACT_HANDLE, UNSENT | IN(CASE_SEND_ORDERED) | IN(CASE_SUBMITTED), CASE_HANDLED, ROLE_POLICE, NEED_NUMBER},
    {ACT_HANDLE, AT_POLICE | IN(CASE_ENTERED) | IN(CASE_NOTIFIED), CASE_HANDLED, LAW, NEED_NUMBER},
    {ACT_FILE, IN(CASE_HANDLED), SAME, ROLE_POLICE, NEED_FACTS},
    {ACT_RECEIVE, IN(CASE_SUBMITTED), CASE_RECEIVED, ROLE_OUTLET | ROLE_ECOLOGY | ROLE_POLICE, 0},
    {ACT_POLICE_REVIEW, IN(CASE_RECEIVED), CASE_POLICE_REVIEW, LAW, 0},
    {ACT_ENTER, AT_POLICE | IN(CASE_RETURNED), CASE_ENTERED, LAW, 0},
    {ACT_POLICE_RETURN, AT_POLICE, CASE_RETURNED, LAW, NEED_GROUND},
    {ACT_NOTIFY, IN(CASE_ENTERED), CASE_NOTIFIED, LAW, 0},
    {ACT_OBJECT, IN(CASE_NOTIFIED), CASE_OBJECTED, LAW | ROLE_ECOLOGY, NEED_REASON},
    {ACT_UPHOLD, IN(CASE_OBJECTED), CASE_REMOVED, LAW, 0},
    {ACT_DISMISS, IN(CASE_OBJECTED), CASE_NOTIFIED, LAW, 0},
    {ACT_REMOVE, IN(CASE_ENTERED) | IN(CASE_NOTIFIED) | IN(CASE_OBJECTED), CASE_REMOVED, LAW, NEED_GROUND},
    {ACT_PENALISE, AT_POLICE | IN(CASE_ENTERED) | IN(CASE_NOTIFIED) | IN(CASE_OBJECTED) | IN(CASE_RETURNED),
     CASE_PENALISED, LAW, NEED_NUMBER},
    {ACT_PAY, IN(CASE_PENALISED), CASE_PAID, LAW | ROLE_ECOLOGY, 0},
    {ACT_VOID, LIVING, CASE_VOID, ROLE_STATION, 0},

    {ACT_REPAIR_NOTICE, IN(REPAIR_NONE), REPAIR_NOTICE, OFFICE, 0},
    {ACT_REPAIR, IN(REPAIR_NONE) | IN(REPAIR_NOTICE) | IN(REPAIR_OVERDUE), REPAIR_REPAIRED,
     ROLE_OUTLET | ROLE_ECOLOGY | ROLE_TECHNICIAN, 0},
    {ACT_OVERDUE, IN(REPAIR_NOTICE) | IN(REPAIR_REPAIRED), REPAIR_OVERDUE, OFFICE, 0},
    {ACT_BLACKLIST, IN(REPAIR_OVERDUE), REPAIR_BLACKLISTED, ROLE_SUPERVISOR, 0},
    {ACT_RETEST, IN(REPAIR_NOTICE) | IN(REPAIR_REPAIRED) | IN(REPAIR_OVERDUE) | IN(REPAIR_BLACKLISTED),
     REPAIR_RETEST_PASSED, ROLE_STATION, NEED_TEST},
    {ACT_RETEST_VOID, IN(REPAIR_RETEST_PASSED) | IN(REPAIR_RELEASED), REPAIR_NOTICE, ROLE_STATION, 0},
    {ACT_RELEASE, IN(REPAIR_RETEST_PASSED), REPAIR_RELEASED, OFFICE, 0},
};

static bool of_repair(enum case_act act)
{
    return act >= ACT_REPAIR_NOTICE;
}

/* The row that holds for the case as it stands, or NULL. */
static const struct row *find_row(const struct caselife *c, enum case_act act)
{
    unsigned now = of_repair(act) ? IN(c->repair) : IN(c->state);
    if (of_repair(act) && (c->state == CASE_NONE || c->state == CASE_REJECTED || c->state == CASE_VOID))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].act == act && (rows[i].from & now))
            return &rows[i];
    return NULL;
}

unsigned caselife_roles(enum case_act act)
{
    unsigned roles = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].act == act)
            roles |= rows[i].roles;
    return roles;
}

bool caselife_can(const struct caselife *c, enum case_act act, unsigned *roles, unsigned *needs)
{
    const struct row *row = find_row(c, act);
    if (!row)
        return false;
    *roles = row->roles;
    *needs = row->needs;
    if (!c->stopped || c->police[0])
        *needs &= ~(unsigned)NEED_POLICE;
    return true;
}

bool caselife_ended(enum case_state state)
{
    return state == CASE_PAID || state == CASE_REJECTED || state == CASE_RETURNED || state == CASE_REMOVED ||
           state == CASE_HANDLED || state == CASE_VOID;
}

bool caselife_retest(const char *failed, const char *passed)
{
    bool loaded = strcmp(passed, "free-acceleration") == 0 || strcmp(passed, "lug-down") == 0;
    bool outside = strcmp(failed, "remote-sensing") == 0 || strcmp(failed, "ringelmann") == 0;
    return strcmp(failed, passed) == 0 || (loaded && outside);
}

/* ---- refusals ---- */

/* What people can do now, of both tracks: "review (an ecology officer), …" */
static void say_next(const struct caselife *c, char *out, size_t size)
{
    size_t at = 0;
    char who[96];
    for (int act = 0; act < ACT_COUNT && at < size; act++) {
        unsigned roles, needs;
        if (!caselife_can(c, (enum case_act)act, &roles, &needs) || !(roles & ROLE_OFFICERS))
            continue;
        role_say(roles & ROLE_OFFICERS, who, sizeof who);
        at += (size_t)snprintf(out + at, size - at, "%s%s (%s)", at ? ", " : "", act_names[act], who);
    }
    if (at == 0)
        snprintf(out, size, "nothing");
}

static int refuse_act(const struct caselife *c, enum case_act act, struct err *err)
{
    char next[300];
    say_next(c, next, sizeof next);
    return err_set(err, ERR_REFUSED, "'%s' cannot be done while it is %s%s%s; now can be done: %s", act_names[act],
                   state_names[c->state], c->repair == REPAIR_NONE ? "" : ", ",
                   c->repair == REPAIR_NONE ? "" : repair_names[c->repair], next);
}

static int refuse_role(const struct row *row, const struct caselife_doing *doing, struct err *err)
{
    char who[128];
    role_say(row->roles & ROLE_OFFICERS ? row->roles & ROLE_OFFICERS : row->roles, who, sizeof who);
    return err_set(err, ERR_REFUSED, "'%s' is done by %s, not by %s%s%s", act_names[doing->act], who,
                   doing->officer ? doing->officer : "this person", doing->role ? ", whose role is " : "",
                   role_name(doing->role));
}

static bool given(const char *text)
{
    return text && text[0];
}

/* Numbers are compared as people read them: p0042 is P0042. */
static bool same_officer(const char *a, const char *b)
{
    size_t i = 0;
    for (; a[i] && b[i]; i++) {
        char x = a[i] >= 'a' && a[i] <= 'z' ? (char)(a[i] - 'a' + 'A') : a[i];
        char y = b[i] >= 'a' && b[i] <= 'z' ? (char)(b[i] - 'a' + 'A') : b[i];
        if (x != y)
            return false;
    }
    return a[i] == b[i];
}

static int check_people(const struct caselife *c, const struct row *row, const struct caselife_doing *d,
                        struct err *err)
{
    const char *act = act_names[d->act];
    bool person = d->role == ROLE_UNKNOWN || (d->role & ROLE_OFFICERS);
    if (person && (!given(d->officer) || strlen(d->officer) >= CASELIFE_OFFICER_MAX))
        return err_set(err, ERR_INVALID, "'%s' needs an officer's number: --officer N", act);
    if (given(d->police) && strlen(d->police) >= CASELIFE_OFFICER_MAX)
        return err_set(err, ERR_INVALID, "the police number is too long");
    if (row->needs & NEED_OTHER) {
        if (same_officer(d->officer, c->reviewer1))
            return err_set(err, ERR_REFUSED,
                           "%s has done the first review; the second one is done by another ecology officer",
                           d->officer);
        if (c->tester[0] && same_officer(d->officer, c->tester))
            return err_set(err, ERR_REFUSED,
                           "%s has made the test and cannot do the second review; another ecology officer can",
                           d->officer);
    }
    if ((row->needs & NEED_POLICE) && c->stopped && !c->police[0] && !given(d->police))
        return err_set(err, ERR_REFUSED,
                       "the vehicle was stopped, and no police officer's number is known; add --police N");
    return 0;
}

static int check_needs(const struct row *row, const struct caselife_doing *d, struct err *err)
{
    const char *act = act_names[d->act];
    if ((row->needs & NEED_REASON) && !given(d->reason))
        return err_set(err, ERR_INVALID, "'%s' needs a reason: --reason TEXT", act);
    if ((row->needs & NEED_NUMBER) && !given(d->number))
        return err_set(err, ERR_INVALID, "'%s' needs the number of the decision: --number N", act);
    if (given(d->number) && strlen(d->number) >= CASELIFE_NUMBER_MAX)
        return err_set(err, ERR_INVALID, "the decision's number is too long, at most %d bytes fit",
                       CASELIFE_NUMBER_MAX - 1);
    if ((row->needs & NEED_GROUND) && (d->ground < 1 || d->ground > CASELIFE_GROUNDS))
        return err_set(err, ERR_INVALID, "'%s' needs one of the grounds 1 to %d: --ground N", act, CASELIFE_GROUNDS);
    if ((row->needs & NEED_TEST) && (!given(d->test) || strlen(d->test) >= CASELIFE_TEST_MAX))
        return err_set(err, ERR_INVALID, "'%s' needs the test that was passed", act);
    return 0;
}

/* ---- doing ---- */

static void keep(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

/* What the act leaves in the case besides its state. */
static void note(struct caselife *c, const struct caselife_doing *d)
{
    if (given(d->police))
        keep(c->police, sizeof c->police, d->police);
    else if (d->role == ROLE_POLICE && !c->police[0])
        keep(c->police, sizeof c->police, d->officer);
    if (d->act == ACT_REVIEW)
        keep(c->state == CASE_EXCEEDED ? c->reviewer1 : c->reviewer2, CASELIFE_OFFICER_MAX, d->officer);
    if (d->act == ACT_HANDLE || d->act == ACT_PENALISE)
        keep(c->number, sizeof c->number, d->number);
    if (d->act == ACT_POLICE_RETURN || d->act == ACT_REMOVE)
        c->ground = d->ground;
    if (d->act == ACT_ENTER || d->act == ACT_PENALISE)
        c->ground = 0;
    if (d->act == ACT_RETEST)
        keep(c->retest, sizeof c->retest, d->test);
    if (d->act == ACT_RETEST_VOID)
        c->retest[0] = '\0';
}

int caselife_do(struct caselife *c, const struct caselife_doing *doing, struct caselife_step *step, struct err *err)
{
    assert(doing->act < ACT_COUNT);
    const struct row *row = find_row(c, doing->act);
    if (!row)
        return refuse_act(c, doing->act, err);
    bool allowed = doing->role == ROLE_UNKNOWN ? (row->roles & ROLE_OFFICERS) != 0 : (row->roles & doing->role) != 0;
    if (!allowed)
        return refuse_role(row, doing, err);
    if (check_people(c, row, doing, err) != 0 || check_needs(row, doing, err) != 0)
        return -1;
    note(c, doing);
    if (of_repair(doing->act)) {
        *step = (struct caselife_step){"repair", repair_names[c->repair], repair_names[row->to]};
        c->repair = (enum case_repair)row->to;
    } else {
        enum case_state to = row->to == SAME ? c->state : (enum case_state)row->to;
        *step = (struct caselife_step){"penalty", state_names[c->state], state_names[to]};
        c->state = to;
    }
    return 0;
}
