#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/clock.h"
#include "station/core/caselife.h"
#include "station/core/deadline.h"
#include "station/ctl_rows.h"
#include "station/store_life.h"

enum { ROWS = 100, CASES_MAX = 20000 };

/* ---- what is due ---- */

enum { STEPS_MAX = 128 };

struct steps {
    size_t count;
    struct deadline_step items[STEPS_MAX];
};

/* Beyond so many steps the oldest are forgotten: what runs hangs on the last ones. */
static int take_due_step(void *ctx, const struct store_case_step *step)
{
    struct steps *all = ctx;
    enum case_act act = caselife_act_by_name(step->act);
    if (act == ACT_COUNT)
        return 0;
    if (all->count == STEPS_MAX)
        memmove(all->items, all->items + 1, --all->count * sizeof all->items[0]);
    struct deadline_step *to = &all->items[all->count++];
    *to = (struct deadline_step){.act = act, .at_ms = step->at_ms};
    if (step->until[0] && !civil_date_parse(&to->until, step->until, strlen(step->until)))
        to->until = (struct civil_date){0};
    return 0;
}

int ctl_case_due(struct ctl *ctl, const struct store_case *c, struct ctl_due *due, struct err *err)
{
    struct steps steps = {0};
    if (store_case_steps(ctl->store, c->id, take_due_step, &steps, err) != 0)
        return -1;
    due->count = deadlines_due(ctl->config->deadlines, steps.items, steps.count, ctl->config->utc_offset_minutes,
                               due->items, CTL_DUE_MAX);
    if (due->count > CTL_DUE_MAX)
        due->count = CTL_DUE_MAX;
    return 0;
}

static void json_due(struct ctl_rows *rows, const struct ctl_due *due)
{
    struct json_writer *w = rows->w;
    json_array_begin(w, "due");
    for (size_t i = 0; i < due->count; i++) {
        const struct deadline_due *d = &due->items[i];
        json_object_begin(w, NULL);
        json_bool(w, "assumed", d->assumed);
        json_string(w, "clause", d->deadline->origin.clause);
        json_string(w, "deadline", d->deadline->name);
        ctl_rows_time(rows, "due_at", d->due_ms);
        json_string(w, "en", d->deadline->en);
        ctl_rows_time(rows, "from_at", d->from_ms);
        json_bool(w, "overdue", d->due_ms < rows->now_ms);
        json_string(w, "source", d->deadline->origin.source);
        json_string(w, "status", d->deadline->origin.status == RULE_CONFIRMED ? "confirmed" : "unconfirmed");
        json_string(w, "zh", d->deadline->zh);
        json_object_end(w);
    }
    json_array_end(w);
}

static void print_due(const struct ctl_rows *rows, const struct ctl_due *due)
{
    for (size_t i = 0; i < due->count; i++) {
        const struct deadline_due *d = &due->items[i];
        char at[24];
        ctl_time(rows->ctl, d->due_ms, at);
        printf("  %s %s  %s %s (%s)%s%s\n", d->due_ms < rows->now_ms ? "逾期 OVERDUE" : "期限 due", at, d->deadline->zh,
               d->deadline->en, d->deadline->origin.clause,
               d->deadline->origin.status == RULE_CONFIRMED ? "" : ", 待确认 unconfirmed",
               d->assumed ? ", 无该年节假日历,按周计 no holiday calendar of that year" : "");
    }
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

static void list_one(struct ctl_rows *rows, const struct store_case *c, const struct ctl_due *due)
{
    rows->count++;
    if (!rows->w) {
        print_case(rows->ctl, c);
        print_due(rows, due);
        return;
    }
    json_object_begin(rows->w, NULL);
    json_case_head(rows, c);
    json_due(rows, due);
    json_case_middle(rows, c);
    json_string(rows->w, "number", c->number);
    json_case_tail(rows, c);
    json_string(rows->w, "subject", c->subject);
    json_string(rows->w, "tester", c->tester);
    json_object_end(rows->w);
}

/* The cases of a list, with what is due of each. */
struct found {
    struct ctl_rows *rows;
    struct found_case {
        struct store_case row;
        struct ctl_due due;
        int64_t first_ms; /* the earliest deadline; INT64_MAX: none */
    } * cases;
    size_t count, room;
    struct err *err;
    bool failed;
};

static int take_case(void *ctx, const struct store_case *c)
{
    struct found *all = ctx;
    if (all->rows->colour && strcmp(all->rows->colour, c->colour) != 0)
        return 0;
    if (all->count == all->room) {
        size_t room = all->room ? 2 * all->room : 64;
        struct found_case *more = realloc(all->cases, room * sizeof *more);
        if (!more) {
            all->failed = true;
            err_set(all->err, ERR_FAILED, "out of memory; ask for less with --limit");
            return 1;
        }
        all->cases = more;
        all->room = room;
    }
    all->cases[all->count++].row = *c;
    return 0;
}

static int by_deadline(const void *a, const void *b)
{
    const struct found_case *x = a, *y = b;
    if (x->first_ms != y->first_ms)
        return x->first_ms < y->first_ms ? -1 : 1;
    return x->row.seq < y->row.seq ? -1 : x->row.seq > y->row.seq;
}

static int add_deadlines(struct found *all, struct err *err)
{
    for (size_t i = 0; i < all->count; i++) {
        struct found_case *f = &all->cases[i];
        if (ctl_case_due(all->rows->ctl, &f->row, &f->due, err) != 0)
            return -1;
        f->first_ms = INT64_MAX;
        for (size_t k = 0; k < f->due.count; k++)
            if (f->due.items[k].due_ms < f->first_ms)
                f->first_ms = f->due.items[k].due_ms;
    }
    if (all->rows->ctl->due)
        qsort(all->cases, all->count, sizeof all->cases[0], by_deadline);
    return 0;
}

static int collect(struct found *all, struct err *err)
{
    const struct ctl_rows *rows = all->rows;
    /* what is due may hang on an old case: then the limit counts what is shown */
    int limit = rows->ctl->due ? CASES_MAX : rows->limit;
    if (store_case_list(rows->ctl->store, rows->plate, rows->ctl->state, limit, take_case, all, err) != 0 ||
        all->failed)
        return -1;
    return add_deadlines(all, err);
}

static int list_cases(struct ctl_rows *rows, struct err *err)
{
    struct found all = {.rows = rows, .err = err};
    int result = collect(&all, err);
    ctl_rows_begin(rows, "cases");
    for (size_t i = 0; i < all.count && result == 0 && rows->count < rows->limit; i++)
        if (!rows->ctl->due || all.cases[i].due.count > 0)
            list_one(rows, &all.cases[i].row, &all.cases[i].due);
    ctl_rows_end(rows);
    free(all.cases);
    ctl_rows_ok(rows);
    if (!rows->w && rows->count == 0 && result == 0)
        printf("no cases\n");
    return result;
}

static int open_files(struct ctl_rows *rows, struct err *err)
{
    rows->now_ms = clock_unix_ms();
    return ctl_open_store(rows->ctl, err) == 0 ? config_deadlines(rows->ctl->config, err) : -1;
}

int ctl_case_list(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl, .plate = ctl->plate, .colour = ctl->colour};
    if (ctl->state && caselife_state_by_name(ctl->state) == CASE_STATES)
        return err_set(err, ERR_INVALID, "there is no state '%s' of a case; see smogctl --help", ctl->state);
    if (ctl->state && ctl->plate)
        return err_set(err, ERR_INVALID, "case list takes --state or --plate, not both");
    if (open_files(&rows, err) != 0 || ctl_limit(ctl, ROWS, &rows.limit, err) != 0)
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
    } names[] = {{NEED_REASON, "reason"},         {NEED_NUMBER, "number"}, {NEED_GROUND, "ground"}, {NEED_TEST, "test"},
                 {NEED_OTHER, "another-officer"}, {NEED_POLICE, "police"}, {NEED_FACTS, "facts"}};
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

static int print_one(struct ctl_rows *rows, const struct store_case *c, const struct ctl_due *due, struct err *err)
{
    print_case(rows->ctl, c);
    print_due(rows, due);
    if (show_steps(rows, c, err) != 0 || show_lists(rows, c, err) != 0)
        return -1;
    show_next(rows, c);
    return 0;
}

static int show_case(struct ctl_rows *rows, struct err *err)
{
    struct ctl *ctl = rows->ctl;
    struct store_case c;
    struct ctl_due due;
    if (store_case_get(ctl->store, ctl->words[0], &c, err) != 0 || ctl_case_due(ctl, &c, &due, err) != 0)
        return -1;
    if (!rows->w)
        return print_one(rows, &c, &due, err);
    json_case_head(rows, &c);
    json_bool(rows->w, "daemon_running", ctl->daemon_running);
    if (show_lists(rows, &c, err) != 0)
        return -1;
    json_due(rows, &due);
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
    return open_files(&rows, err) == 0 ? ctl_rows_object(&rows, show_case, err) : -1;
}
