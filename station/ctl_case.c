#include <inttypes.h>
#include <string.h>

#include "station/core/caselife.h"
#include "station/ctl_rows.h"
#include "station/store_life.h"

enum { ROWS = 100 };

/* ---- acts ---- */

int ctl_case_act(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "act", ctl->words[0]);
    entries_text(&arguments, "ground", ctl->ground);
    entries_text(&arguments, "id", ctl->words[1]);
    entries_text(&arguments, "number", ctl->number);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "police", ctl->police);
    entries_text(&arguments, "reason", ctl->reason);
    entries_text(&arguments, "until", ctl->until);
    if (ctl_call(ctl, "case-act", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    const char *state = ctl_text(ctl, 0, "state"), *repair = ctl_text(ctl, 0, "repair");
    printf("%s: %s %s", ctl_text(ctl, 0, "case"), ctl_word_case(state)->zh, ctl_word_case(state)->en);
    if (strcmp(repair, "none") != 0)
        printf("; %s %s", ctl_word_case(repair)->zh, ctl_word_case(repair)->en);
    printf("\n");
    return 0;
}

/* ---- rows ---- */

static void print_case(const struct ctl *ctl, const struct store_case *c)
{
    char created[24];
    ctl_time(ctl, c->created_ms, created);
    printf("%-24s %s  %-12s %-7s %-18s %s %s", c->id, created, c->plate, c->colour, c->method,
           ctl_word_case(c->state)->zh, c->state);
    if (strcmp(c->repair, "none") != 0)
        printf(" · %s %s", ctl_word_case(c->repair)->zh, c->repair);
    printf("\n");
}

static void json_ground(struct json_writer *w, int ground)
{
    if (ground)
        json_integer(w, "ground", ground);
    else
        json_null(w, "ground");
}

/* The members of a case up to "created_at" and from "ended" on: what stands between them is the caller's. */
static void json_case_head(const struct ctl_rows *rows, const struct store_case *c)
{
    json_string(rows->w, "case", c->id);
    json_string(rows->w, "colour", c->colour);
    ctl_rows_time(rows, "created_at", c->created_ms);
}

static void json_case_middle(const struct ctl_rows *rows, const struct store_case *c)
{
    json_bool(rows->w, "ended", caselife_ended(caselife_state_by_name(c->state)));
    json_ground(rows->w, c->ground);
    json_string(rows->w, "method", c->method);
}

static void json_case_tail(const struct ctl_rows *rows, const struct store_case *c)
{
    struct json_writer *w = rows->w;
    json_string(w, "plate", c->plate);
    json_string(w, "police", c->police);
    json_string(w, "repair", c->repair);
    json_string(w, "retest", c->retest);
    json_string(w, "reviewer1", c->reviewer1);
    json_string(w, "reviewer2", c->reviewer2);
    json_bool(w, "sealed", c->sealed_event >= 0);
    json_integer(w, "seq", c->seq);
    json_string(w, "state", c->state);
}

static int take_case(void *ctx, const struct store_case *c)
{
    struct ctl_rows *rows = ctx;
    if (rows->colour && strcmp(rows->colour, c->colour) != 0)
        return 0;
    rows->count++;
    if (!rows->w) {
        print_case(rows->ctl, c);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_case_head(rows, c);
    json_case_middle(rows, c);
    json_string(rows->w, "number", c->number);
    json_case_tail(rows, c);
    json_string(rows->w, "subject", c->subject);
    json_string(rows->w, "tester", c->tester);
    json_object_end(rows->w);
    return 0;
}

static int list_cases(struct ctl_rows *rows, struct err *err)
{
    ctl_rows_begin(rows, "cases");
    if (store_case_list(rows->ctl->store, rows->plate, rows->ctl->state, rows->limit, take_case, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    ctl_rows_ok(rows);
    if (!rows->w && rows->count == 0)
        printf("no cases\n");
    return 0;
}

int ctl_case_list(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl, .plate = ctl->plate, .colour = ctl->colour};
    if (ctl->state && caselife_state_by_name(ctl->state) == CASE_STATES)
        return err_set(err, ERR_INVALID, "there is no state '%s' of a case; see smogctl --help", ctl->state);
    if (ctl->state && ctl->plate)
        return err_set(err, ERR_INVALID, "case list takes --state or --plate, not both");
    if (ctl_open_store(ctl, err) != 0 || ctl_limit(ctl, ROWS, &rows.limit, err) != 0)
        return -1;
    return ctl_rows_object(&rows, list_cases, err);
}

/* ---- one case ---- */

static int take_step(void *ctx, const struct store_case_step *s)
{
    struct ctl_rows *rows = ctx;
    if (!rows->w) {
        char at[24];
        ctl_time(rows->ctl, s->at_ms, at);
        printf("  %s  %-13s %s -> %s%s%s%s%s%s%s\n", at, s->act, s->from, s->to, s->officer[0] ? "  by " : "",
               s->officer, s->number[0] ? ", decision " : "", s->number, s->reason[0] ? ": " : "", s->reason);
        return 0;
    }
    struct json_writer *w = rows->w;
    json_object_begin(w, NULL);
    json_string(w, "act", s->act);
    ctl_rows_time(rows, "at", s->at_ms);
    json_string(w, "detail", s->detail);
    json_integer(w, "event", s->event);
    json_string(w, "from", s->from);
    json_ground(w, s->ground);
    json_integer(w, "n", s->n);
    json_string(w, "number", s->number);
    json_string(w, "officer", s->officer);
    json_string(w, "police", s->police);
    json_string(w, "reason", s->reason);
    json_string(w, "role", s->role);
    json_string(w, "to", s->to);
    json_string(w, "track", s->track);
    json_string(w, "until", s->until);
    json_object_end(w);
    return 0;
}

static int take_decision(void *ctx, const struct store_decision *d)
{
    static const char *const stages[] = {"new", "waiting", "done"};
    struct ctl_rows *rows = ctx;
    if (!rows->w) {
        printf("  decision %" PRId64 " of %s: %s, %s (%s)\n", d->n, d->outlet, d->kind, d->at, stages[d->stage]);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "at", d->at);
    json_string(rows->w, "decision", d->kind);
    json_integer(rows->w, "n", d->n);
    json_string(rows->w, "outlet", d->outlet);
    json_string(rows->w, "stage", stages[d->stage]);
    json_object_end(rows->w);
    return 0;
}

static void json_roles(struct json_writer *w, unsigned roles)
{
    json_array_begin(w, "roles");
    for (unsigned role = 1; role <= ROLE_OFFICERS; role <<= 1)
        if (roles & role & ROLE_OFFICERS)
            json_string(w, NULL, role_name((enum role)role));
    json_array_end(w);
}

static void json_needs(struct json_writer *w, unsigned needs)
{
    static const struct {
        unsigned need;
        const char *name;
    } names[] = {{NEED_REASON, "reason"}, {NEED_NUMBER, "number"},         {NEED_GROUND, "ground"},
                 {NEED_TEST, "test"},     {NEED_OTHER, "another-officer"}, {NEED_POLICE, "police"}};
    json_array_begin(w, "needs");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (needs & names[i].need)
            json_string(w, NULL, names[i].name);
    json_array_end(w);
}

/* What people can do now. */
static void show_next(struct ctl_rows *rows, const struct store_case *c)
{
    struct caselife life;
    char who[96];
    store_case_life(c, &life);
    ctl_rows_begin(rows, "next");
    for (int act = 0; act < ACT_COUNT; act++) {
        unsigned roles, needs;
        if (life.state == CASE_STATES || !caselife_can(&life, (enum case_act)act, &roles, &needs) ||
            !(roles & ROLE_OFFICERS))
            continue;
        role_say(roles & ROLE_OFFICERS, who, sizeof who);
        if (!rows->w) {
            printf("  can be done: %s, by %s\n", caselife_act_name((enum case_act)act), who);
            continue;
        }
        json_object_begin(rows->w, NULL);
        json_string(rows->w, "act", caselife_act_name((enum case_act)act));
        json_needs(rows->w, needs);
        json_roles(rows->w, roles);
        json_object_end(rows->w);
    }
    ctl_rows_end(rows);
}

static int show_lists(struct ctl_rows *rows, const struct store_case *c, struct err *err)
{
    ctl_rows_begin(rows, "decisions");
    if (store_decision_list(rows->ctl->store, c->id, false, take_decision, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    ctl_rows_begin(rows, "deliveries");
    if (store_outbox_of(rows->ctl->store, c->subject, ctl_rows_case, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    return 0;
}

static int show_steps(struct ctl_rows *rows, const struct store_case *c, struct err *err)
{
    ctl_rows_begin(rows, "steps");
    if (store_case_steps(rows->ctl->store, c->id, take_step, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    return 0;
}

static int print_one(struct ctl_rows *rows, const struct store_case *c, struct err *err)
{
    print_case(rows->ctl, c);
    if (show_steps(rows, c, err) != 0 || show_lists(rows, c, err) != 0)
        return -1;
    show_next(rows, c);
    return 0;
}

static int show_case(struct ctl_rows *rows, struct err *err)
{
    struct ctl *ctl = rows->ctl;
    struct store_case c;
    if (store_case_get(ctl->store, ctl->words[0], &c, err) != 0)
        return -1;
    if (!rows->w)
        return print_one(rows, &c, err);
    json_case_head(rows, &c);
    json_bool(rows->w, "daemon_running", ctl->daemon_running);
    if (show_lists(rows, &c, err) != 0)
        return -1;
    json_case_middle(rows, &c);
    show_next(rows, &c);
    json_string(rows->w, "number", c.number);
    json_bool(rows->w, "ok", true);
    json_case_tail(rows, &c);
    if (show_steps(rows, &c, err) != 0)
        return -1;
    json_string(rows->w, "subject", c.subject);
    json_string(rows->w, "tester", c.tester);
    return 0;
}

int ctl_case_show(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    return ctl_open_store(ctl, err) == 0 ? ctl_rows_object(&rows, show_case, err) : -1;
}
