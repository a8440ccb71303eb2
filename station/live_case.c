#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

enum { CASES_OF_PLATE = 64, OFFICERS_TOKENS = 64 };

void live_case_id(const char *subject, char *out, size_t size)
{
    snprintf(out, size, "%.*s-C", LIVE_ID_MAX - 1, subject);
}

/* ---- rows and lives ---- */

static void keep_life(const struct caselife *life, struct store_case *row)
{
    snprintf(row->state, sizeof row->state, "%s", caselife_state_name(life->state));
    snprintf(row->repair, sizeof row->repair, "%s", caselife_repair_name(life->repair));
    snprintf(row->police, sizeof row->police, "%s", life->police);
    snprintf(row->reviewer1, sizeof row->reviewer1, "%s", life->reviewer1);
    snprintf(row->reviewer2, sizeof row->reviewer2, "%s", life->reviewer2);
    snprintf(row->number, sizeof row->number, "%s", life->number);
    snprintf(row->retest, sizeof row->retest, "%s", life->retest);
    row->ground = life->ground;
}

bool live_case_can(const struct store_case *row, enum case_act act)
{
    struct caselife life;
    unsigned roles, needs;
    store_case_life(row, &life);
    return life.state != CASE_STATES && caselife_can(&life, act, &roles, &needs);
}

/* ---- one step ---- */

static const struct live_case_more nothing;

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void fill_step(struct store_case_step *step, const struct caselife_doing *doing,
                      const struct caselife_step *moved, const struct live_case_more *more)
{
    *step = (struct store_case_step){.ground = doing->ground};
    copy(step->track, sizeof step->track, moved->track);
    copy(step->act, sizeof step->act, caselife_act_name(doing->act));
    copy(step->from, sizeof step->from, moved->from);
    copy(step->to, sizeof step->to, moved->to);
    copy(step->officer, sizeof step->officer, doing->officer);
    copy(step->role, sizeof step->role, role_name(doing->role));
    copy(step->police, sizeof step->police, doing->police);
    copy(step->reason, sizeof step->reason, doing->reason);
    copy(step->number, sizeof step->number, doing->number);
    copy(step->until, sizeof step->until, more->until);
    copy(step->detail, sizeof step->detail, more->detail);
}

/* FORMATS.md, event "case". */
static int append_step(struct live *live, const struct store_case *row, struct store_case_step *step,
                       const struct live_case_more *more, uint64_t *event, struct err *err)
{
    struct clock_stamp stamp;
    struct entries e = {0};
    char text[2048 + LIVE_CASE_FACTS_MAX];
    live_stamp(live, &stamp);
    step->at_ms = stamp.unix_ms;
    entries_text(&e, "act", step->act);
    entries_text(&e, "case", row->id);
    entries_text(&e, "detail", step->detail);
    entries_raw(&e, "facts", more->facts, more->facts ? strlen(more->facts) : 0);
    entries_text(&e, "from", step->from);
    if (step->ground)
        entries_integer(&e, "ground", step->ground);
    entries_text(&e, "number", step->number);
    entries_text(&e, "officer", step->officer);
    entries_text(&e, "police", step->police);
    entries_text(&e, "reason", step->reason);
    entries_text(&e, "role", step->role);
    if (strcmp(step->act, caselife_act_name(ACT_OPEN)) == 0) {
        entries_text(&e, "subject", row->subject);
        entries_text(&e, "tester", row->tester);
    }
    entries_text(&e, "to", step->to);
    entries_text(&e, "track", step->track);
    entries_text(&e, "until", step->until);
    entries_text(&e, "user", more->user);
    ptrdiff_t length = record_make_event(&e, &stamp, live->config->id, "case", text, sizeof text);
    if (length < 0)
        return err_set(err, ERR_FAILED, "the step of case %s is too long for the journal", row->id);
    return store_append(live->store, "case", text, (size_t)length, event, err);
}

static void tell(struct live *live, const struct store_case *row, const char *act)
{
    struct entries e = {0};
    entries_text(&e, "act", act);
    entries_text(&e, "case", row->id);
    entries_text(&e, "repair", row->repair);
    entries_text(&e, "state", row->state);
    entries_text(&e, "subject", row->subject);
    live_feed_entries(live, "case", &e);
}

int live_case_move(struct live *live, struct store_case *row, const struct caselife_doing *doing,
                   const struct live_case_more *more, struct err *err)
{
    struct caselife life;
    struct caselife_step moved;
    struct store_case_step step;
    uint64_t event;
    store_case_life(row, &life);
    if (life.state == CASE_STATES || life.repair == REPAIR_STATES)
        return err_set(err, ERR_REFUSED, "case %s is in the state '%s' of an older version; start smogd again", row->id,
                       row->state);
    if (caselife_do(&life, doing, &moved, err) != 0)
        return err_prefix(err, "case %s", row->id);
    more = more ? more : &nothing;
    fill_step(&step, doing, &moved, more);
    if (append_step(live, row, &step, more, &event, err) != 0)
        return -1;
    keep_life(&life, row);
    if (doing->act == ACT_SEAL)
        row->sealed_event = (int64_t)event;
    if (store_case_move(live->store, row, &step, event, err) != 0)
        return -1;
    tell(live, row, step.act);
    log_notice("case %s: %s, %s to %s%s%s", row->id, step.act, step.from, step.to, step.officer[0] ? ", by " : "",
               step.officer);
    return 0;
}

int live_case_adopt(struct live *live, struct store_case *row, enum case_state state, const char *package,
                    struct err *err)
{
    struct store_case_step step = {.track = "penalty", .act = "upgrade"};
    uint64_t event;
    copy(step.role, sizeof step.role, role_name(ROLE_STATION));
    copy(step.from, sizeof step.from, row->state);
    copy(step.to, sizeof step.to, caselife_state_name(state));
    copy(step.detail, sizeof step.detail, package);
    if (append_step(live, row, &step, &nothing, &event, err) != 0)
        return -1;
    copy(row->state, sizeof row->state, step.to);
    if (package)
        row->sealed_event = (int64_t)event;
    return store_case_move(live->store, row, &step, event, err);
}

/* ---- what opens and ends cases ---- */

/* The number under that role in a record's `officers`; "" where there is none. */
static void find_officer(const char *officers, const char *role, char out[LIVE_OFFICER_MAX])
{
    struct json_token tokens[OFFICERS_TOKENS];
    struct json_doc doc = {.tokens = tokens, .max = OFFICERS_TOKENS};
    char text[LIVE_OFFICER_MAX];
    out[0] = '\0';
    if (json_parse(&doc, officers, strlen(officers), tokens, OFFICERS_TOKENS, NULL) != 0)
        return;
    for (uint32_t i = 0; i < tokens[0].count; i++) {
        ptrdiff_t one = json_element(&doc, 0, i);
        if (json_get_string(&doc, json_member(&doc, (size_t)one, "role"), text, sizeof text) &&
            strcmp(text, role) == 0 &&
            !json_get_string(&doc, json_member(&doc, (size_t)one, "number"), out, LIVE_OFFICER_MAX))
            out[0] = '\0';
    }
}

int live_case_open(struct live *live, const char *subject, int64_t created_ms, const char *officers, struct err *err)
{
    struct store_case row;
    char id[LIVE_CASE_MAX], police[LIVE_OFFICER_MAX];
    live_case_id(subject, id, sizeof id);
    if (store_case_add(live->store, id, subject, created_ms, caselife_state_name(CASE_NONE), err) != 0 ||
        store_case_get(live->store, id, &row, err) != 0)
        return -1;
    find_officer(officers, "operator", row.tester);
    find_officer(officers, "police", police);
    const struct caselife_doing doing = {.act = ACT_OPEN, .role = ROLE_STATION, .police = police};
    return live_case_move(live, &row, &doing, NULL, err);
}

struct cases {
    size_t count;
    struct store_case rows[CASES_OF_PLATE];
};

static int take_case(void *ctx, const struct store_case *c)
{
    struct cases *all = ctx;
    all->rows[all->count++] = *c;
    return all->count == CASES_OF_PLATE;
}

/* The vehicle's cases, newest first; freed by the caller. */
static struct cases *cases_of(struct live *live, const char *plate, struct err *err)
{
    struct cases *all = calloc(1, sizeof *all);
    if (!all) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    if (store_case_list(live->store, plate, NULL, CASES_OF_PLATE, take_case, all, err) == 0)
        return all;
    free(all);
    return NULL;
}

int live_case_void(struct live *live, const struct store_test *test, const char *officer, const char *reason,
                   struct err *err)
{
    struct cases *all = cases_of(live, test->plate, err);
    int result = all ? 0 : -1;
    for (size_t i = 0; result == 0 && i < all->count; i++) {
        struct store_case *row = &all->rows[i];
        struct caselife_doing doing = {.role = ROLE_STATION, .officer = officer, .reason = reason};
        const struct live_case_more more = {.detail = test->id};
        bool own = strcmp(row->subject, test->id) == 0, showed = strcmp(row->retest, test->id) == 0;
        doing.act = own ? ACT_VOID : ACT_RETEST_VOID;
        if ((own || showed) && live_case_can(row, doing.act))
            result = live_case_move(live, row, &doing, &more, err);
    }
    free(all);
    return result;
}

int live_case_retest(struct live *live, const char *test, const char *plate, const char *colour, const char *method,
                     int64_t at_ms, struct err *err)
{
    struct cases *all = cases_of(live, plate, err);
    int result = all ? 0 : -1;
    for (size_t i = 0; result == 0 && i < all->count; i++) {
        struct store_case *row = &all->rows[i];
        const struct caselife_doing doing = {.act = ACT_RETEST, .role = ROLE_STATION, .test = test};
        const struct live_case_more more = {.detail = test};
        if (strcmp(row->colour, colour) == 0 && at_ms >= row->created_ms && caselife_retest(row->method, method) &&
            live_case_can(row, ACT_RETEST))
            result = live_case_move(live, row, &doing, &more, err);
    }
    free(all);
    return result;
}

/* ---- what an officer does ---- */

struct request {
    struct store_case row;
    struct caselife_doing doing;
    struct live_case_more more;
    char id[LIVE_CASE_MAX], act[24], officer[LIVE_OFFICER_MAX], police[LIVE_OFFICER_MAX], reason[LIVE_TEXT_LIMIT + 1];
    char number[CASELIFE_NUMBER_MAX], until[CIVIL_DATE_TEXT_MAX], ground[8];
    char facts[LIVE_CASE_FACTS_MAX];
};

/* The officer; a police number alone names the one who does what the police does. */
static int read_people(const struct live *live, struct control_client *client, const struct json_doc *request,
                       struct request *r, struct err *err)
{
    unsigned roles = 0, needs;
    struct caselife life;
    enum role role;
    bool any;
    if (live_request_text(request, "officer", false, r->officer, sizeof r->officer, err) != 0 ||
        live_request_text(request, "police", false, r->police, sizeof r->police, err) != 0 ||
        store_officer_any(live->store, &any, err) != 0)
        return -1;
    store_case_life(&r->row, &life);
    if (r->officer[0] == '\0' && life.state != CASE_STATES && caselife_can(&life, r->doing.act, &roles, &needs) &&
        (roles & ROLE_POLICE))
        snprintf(r->officer, sizeof r->officer, "%s", r->police);
    if (r->officer[0] == '\0' && !any)
        snprintf(r->officer, sizeof r->officer, "%s", control_user(client));
    if (r->officer[0] && live_officer_check(live, r->officer, ROLE_OFFICERS, &r->doing.role, err) != 0)
        return -1;
    return r->police[0] ? live_officer_check(live, r->police, ROLE_POLICE, &role, err) : 0;
}

static int read_more(const struct json_doc *request, struct request *r, struct err *err)
{
    struct civil_date day;
    if (live_request_text(request, "reason", false, r->reason, sizeof r->reason, err) != 0 ||
        live_request_text(request, "number", false, r->number, sizeof r->number, err) != 0 ||
        live_request_text(request, "ground", false, r->ground, sizeof r->ground, err) != 0 ||
        live_request_text(request, "until", false, r->until, sizeof r->until, err) != 0)
        return -1;
    if (r->until[0] && !civil_date_parse(&day, r->until, strlen(r->until)))
        return err_set(err, ERR_INVALID, "'%s' is no day; write 2026-08-31", r->until);
    char *end = r->ground;
    long ground = strtol(r->ground, &end, 10);
    if (r->ground[0] && (*end != '\0' || ground < 1 || ground > CASELIFE_GROUNDS))
        return err_set(err, ERR_INVALID, "'%s' is no ground; they are numbered 1 to %d", r->ground, CASELIFE_GROUNDS);
    r->doing.ground = (int)ground;
    return 0;
}

static int read_act(struct live *live, struct control_client *client, const struct json_doc *request, struct request *r,
                    struct err *err)
{
    if (live_request_text(request, "id", true, r->id, sizeof r->id, err) != 0 ||
        live_request_text(request, "act", true, r->act, sizeof r->act, err) != 0)
        return -1;
    r->doing.act = caselife_act_by_name(r->act);
    if (r->doing.act == ACT_COUNT)
        return err_set(err, ERR_INVALID, "there is no act '%s'; smogctl case show %s tells what can be done now",
                       r->act, r->id);
    if (store_case_get(live->store, r->id, &r->row, err) != 0 || read_people(live, client, request, r, err) != 0 ||
        read_more(request, r, err) != 0 ||
        live_case_facts(request, r->doing.act == ACT_FILE, r->facts, sizeof r->facts, err) != 0)
        return -1;
    r->doing.officer = r->officer;
    r->doing.police = r->police;
    r->doing.reason = r->reason;
    r->doing.number = r->number;
    r->more = (struct live_case_more){
        .until = r->until, .user = control_user(client), .facts = r->facts[0] ? r->facts : NULL};
    return 0;
}

/* What its first reviewer sees must be what the law asks of pictures. */
static int look_at_photos(struct live *live, const struct request *r, struct err *err)
{
    bool first = r->doing.act == ACT_REVIEW && r->row.reviewer1[0] == '\0' && live_case_can(&r->row, ACT_REVIEW);
    return first ? live_photo_review(live, r->row.subject, err) : 0;
}

/* A receiver has the case already, and an officer has decided it on the spot: it is for the police to take the first
 * one back (ground 4), or the driver is fined twice. `was`: where the case stood. */
static int warn_of_both(struct live *live, const struct request *r, const char *was, struct err *err)
{
    static const enum case_state there[] = {CASE_RECEIVED, CASE_POLICE_REVIEW, CASE_ENTERED, CASE_NOTIFIED};
    struct entries e = {0};
    bool both = false;
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        both |= strcmp(was, caselife_state_name(there[i])) == 0;
    if (r->doing.act != ACT_HANDLE || !both)
        return 0;
    entries_text(&e, "case", r->row.id);
    entries_text(&e, "number", r->doing.number);
    entries_text(&e, "state", was);
    return live_alert(live, "handled-after-sent", r->row.subject, &e, err);
}

static int do_act(struct live *live, struct request *r, struct err *err)
{
    char was[sizeof r->row.state];
    memcpy(was, r->row.state, sizeof was);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (look_at_photos(live, r, err) != 0 || live_case_move(live, &r->row, &r->doing, &r->more, err) != 0 ||
        warn_of_both(live, r, was, err) != 0 || live_case_waiting(live, &r->row, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

int live_case_act(struct live *live, struct control_client *client, const struct json_doc *request,
                  struct json_writer *answer, struct err *err)
{
    struct request r = {0};
    if (read_act(live, client, request, &r, err) != 0 || do_act(live, &r, err) != 0)
        return -1;
    json_object_begin(answer, NULL);
    json_string(answer, "act", r.act);
    json_string(answer, "case", r.row.id);
    json_bool(answer, "ok", true);
    json_string(answer, "repair", r.row.repair);
    json_string(answer, "state", r.row.state);
    json_object_end(answer);
    return 0;
}
