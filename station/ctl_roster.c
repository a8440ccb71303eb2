#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/clock.h"
#include "station/ctl.h"

/* ---- import ---- */

/* The lines that are wrong, from the answer "no". */
static void print_problems(const struct ctl *ctl)
{
    ptrdiff_t all = ctl->doc.tokens ? json_member(&ctl->doc, 0, "problems") : -1;
    for (uint32_t i = 0; all >= 0 && i < ctl->doc.tokens[all].count; i++) {
        ptrdiff_t o = json_element(&ctl->doc, (size_t)all, i);
        fprintf(stderr, "%s:%" PRId64 ": %s\n", ctl->words[0], ctl_integer(ctl, o, "line"), ctl_text(ctl, o, "text"));
    }
}

static int import(struct ctl *ctl, int file, struct err *err)
{
    const char *slash = strrchr(ctl->words[0], '/');
    struct entries arguments = {0};
    entries_text(&arguments, "from", ctl->from);
    entries_text(&arguments, "name", ctl->name ? ctl->name : slash ? slash + 1 : ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "to", ctl->to);
    if (ctl_call_with_file(ctl, "roster-import", &arguments, file, err) == 0)
        return 0;
    if (!ctl->json) {
        print_problems(ctl);
    } else if (ctl->doc.tokens && json_member(&ctl->doc, 0, "problems") >= 0) {
        ctl_print_line(ctl);
        ctl->answered = true;
    }
    return -1;
}

int ctl_roster_import(struct ctl *ctl, struct err *err)
{
    int file = open(ctl->words[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read; is the name right, and may you read it?",
                       ctl->words[0]);
    int result = import(ctl, file, err);
    close(file);
    if (result != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    const char *unused = ctl_text(ctl, 0, "unused_columns");
    printf("roster %" PRId64 ": %" PRId64 " vehicles of %s\n", ctl_integer(ctl, 0, "roster"),
           ctl_integer(ctl, 0, "vehicles"), ctl_text(ctl, 0, "name"));
    if (unused[0])
        printf("columns not used: %s\n", unused);
    return 0;
}

int ctl_roster_absent(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "colour", ctl->colour);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "plate", ctl->words[0]);
    entries_text(&arguments, "reason", ctl->reason);
    if (!ctl->reason)
        return err_set(err, ERR_INVALID, "roster absent needs --reason TEXT");
    if (ctl_call(ctl, "roster-absent", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s: absent, noted on roster %" PRId64 "\n", ctl_text(ctl, 0, "plate"), ctl_integer(ctl, 0, "roster"));
    return 0;
}

/* ---- what became of each vehicle ---- */

enum presence { WAITING, RUNNING, NO_RESULT, PASSED, FAILED, ABSENT, NOT_PRESENTED, PRESENCE_COUNT };

static const struct {
    const char *name, *zh;
} presences[PRESENCE_COUNT] = {
    [WAITING] = {"waiting", "待检"},
    [RUNNING] = {"running", "检测中"},
    [NO_RESULT] = {"no-result", "无结果"},
    [PASSED] = {"passed", "合格"},
    [FAILED] = {"failed", "不合格"},
    [ABSENT] = {"absent", "缺席"},
    [NOT_PRESENTED] = {"not-presented", "未到检"},
};

/* The tests of one vehicle within the visit; void ones do not count. */
struct outcome {
    const struct store_roster *roster;
    int decided; /* tests that ended in pass or fail */
    bool running, tested;
    char first[16], last[16], last_id[48]; /* verdicts that decided */
};

/* Newest first by number; a clock may have been set back between two, so the walk goes on to the end. */
static int take_test(void *ctx, const struct store_test *t)
{
    struct outcome *o = ctx;
    if (t->started_ms < o->roster->from_ms || t->started_ms >= o->roster->to_ms)
        return 0;
    bool decides = strcmp(t->verdict, "pass") == 0 || strcmp(t->verdict, "fail") == 0;
    o->running |= t->ended_ms == 0;
    o->tested |= strcmp(t->verdict, "void") != 0;
    if (!decides)
        return 0;
    if (o->decided++ == 0) {
        snprintf(o->last, sizeof o->last, "%s", t->verdict);
        snprintf(o->last_id, sizeof o->last_id, "%s", t->id);
    }
    snprintf(o->first, sizeof o->first, "%s", t->verdict);
    return 0;
}

static enum presence presence_of(const struct outcome *o, const struct store_roster_entry *e, int64_t now_ms)
{
    if (o->running)
        return RUNNING;
    if (o->decided)
        return strcmp(o->last, "pass") == 0 ? PASSED : FAILED;
    if (o->tested)
        return NO_RESULT;
    if (e->absent[0])
        return ABSENT;
    return now_ms < o->roster->to_ms ? WAITING : NOT_PRESENTED;
}

/* One fleet's sums. */
struct fleet {
    char name[96];
    int64_t listed, retested, passed_first, states[PRESENCE_COUNT];
};

enum { FLEETS_MAX = 64 };

/* A walk over one roster: `each` shows a vehicle, or NULL. */
struct walk {
    struct ctl *ctl;
    struct store_roster roster;
    int64_t now_ms;
    struct json_writer *w; /* NULL: for people */
    bool list;
    size_t fleets_count;
    struct fleet fleets[FLEETS_MAX], all;
    struct err *err;
    int result;
};

static void show_vehicle(struct walk *walk, const struct store_roster_entry *e, const struct outcome *o,
                         enum presence state)
{
    struct json_writer *w = walk->w;
    if (!w) {
        printf("%5" PRId64 "  %-12s %-12s %-8s %-14s %-22s %s%s%s\n", e->line, e->plate, e->colour, presences[state].zh,
               presences[state].name, o->last_id, e->fleet, e->absent[0] ? "  " : "", e->absent);
        return;
    }
    json_object_begin(w, NULL);
    json_string(w, "absent_reason", e->absent);
    json_string(w, "colour", e->colour);
    json_string(w, "fleet", e->fleet);
    json_integer(w, "line", e->line);
    json_string(w, "plate", e->plate);
    json_string(w, "state", presences[state].name);
    json_string(w, "test", o->last_id);
    json_integer(w, "tests", o->decided);
    json_object_end(w);
}

static void add(struct fleet *fleet, const struct outcome *o, enum presence state)
{
    fleet->listed++;
    fleet->retested += o->decided > 1;
    fleet->passed_first += o->decided > 0 && strcmp(o->first, "pass") == 0;
    fleet->states[state]++;
}

/* Fleets beyond FLEETS_MAX are summed under the last one's place as "other". */
static struct fleet *fleet_of(struct walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->fleets_count; i++)
        if (strcmp(walk->fleets[i].name, name) == 0 || i == FLEETS_MAX - 1)
            return &walk->fleets[i];
    struct fleet *fleet = &walk->fleets[walk->fleets_count++];
    snprintf(fleet->name, sizeof fleet->name, "%s", walk->fleets_count == FLEETS_MAX ? "其他 other" : name);
    return fleet;
}

static int take_entry(void *ctx, const struct store_roster_entry *e)
{
    struct walk *walk = ctx;
    struct outcome o = {.roster = &walk->roster};
    const char *colour = strcmp(e->colour, "unknown") == 0 ? NULL : e->colour;
    if (store_test_list(walk->ctl->store, e->plate, colour, false, INT32_MAX, take_test, &o, walk->err) != 0) {
        walk->result = -1;
        return 1;
    }
    enum presence state = presence_of(&o, e, walk->now_ms);
    if (walk->list)
        show_vehicle(walk, e, &o, state);
    add(fleet_of(walk, e->fleet), &o, state);
    add(&walk->all, &o, state);
    return 0;
}

static int64_t tested(const struct fleet *f)
{
    return f->states[PASSED] + f->states[FAILED];
}

static void write_fleet(struct json_writer *w, const char *key, const struct fleet *f)
{
    struct entries e = {0};
    for (enum presence state = 0; state < PRESENCE_COUNT; state++)
        entries_integer(&e, presences[state].name, f->states[state]);
    entries_text(&e, "fleet", f->name);
    entries_integer(&e, "listed", f->listed);
    entries_integer(&e, "passed-first", f->passed_first);
    entries_integer(&e, "retested", f->retested);
    entries_integer(&e, "tested", tested(f));
    entries_write(&e, w, key);
}

static void print_fleet(const struct fleet *f, const char *name)
{
    printf("%s\n  在册 listed %" PRId64 "，受检 tested %" PRId64 "，合格 passed %" PRId64 "（首检 at once %" PRId64
           "），不合格 failed %" PRId64 "，复检 retested %" PRId64 "\n",
           name[0] ? name : "-", f->listed, tested(f), f->states[PASSED], f->passed_first, f->states[FAILED],
           f->retested);
    printf("  无结果 no result %" PRId64 "，缺席 absent %" PRId64 "，未到检 not presented %" PRId64
           "，待检 waiting %" PRId64 "\n",
           f->states[NO_RESULT], f->states[ABSENT], f->states[NOT_PRESENTED], f->states[WAITING] + f->states[RUNNING]);
}

static int take_number(const struct ctl *ctl, int64_t *seq, struct err *err)
{
    char *end = NULL;
    *seq = 0;
    if (ctl->words_count == 0)
        return 0;
    *seq = strtoll(ctl->words[0], &end, 10);
    if (*seq < 1 || *end)
        return err_set(err, ERR_INVALID, "'%s' is no number of a roster", ctl->words[0]);
    return 0;
}

static void write_head(struct walk *walk)
{
    struct json_writer *w = walk->w;
    char from[CIVIL_TIME_TEXT_MAX], to[CIVIL_TIME_TEXT_MAX];
    civil_time_format(walk->roster.from_ms, walk->ctl->config->utc_offset_minutes, from);
    civil_time_format(walk->roster.to_ms, walk->ctl->config->utc_offset_minutes, to);
    json_string(w, "from", from);
    json_string(w, "name", walk->roster.name);
    json_bool(w, "ok", true);
    json_integer(w, "roster", walk->roster.seq);
    json_string(w, "sha256", walk->roster.sha256);
    json_string(w, "to", to);
}

static int walk_json(struct walk *walk, struct err *err)
{
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    walk->w = &w;
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", walk->ctl->daemon_running);
    if (!walk->list) {
        json_array_begin(&w, "fleets");
        if (store_roster_entry_list(walk->ctl->store, walk->roster.seq, take_entry, walk, err) != 0)
            walk->result = -1;
        for (size_t i = 0; i < walk->fleets_count; i++)
            write_fleet(&w, NULL, &walk->fleets[i]);
        json_array_end(&w);
    }
    write_head(walk);
    if (walk->list) {
        json_array_begin(&w, "vehicles");
        if (store_roster_entry_list(walk->ctl->store, walk->roster.seq, take_entry, walk, err) != 0)
            walk->result = -1;
        json_array_end(&w);
    } else {
        write_fleet(&w, "total", &walk->all);
    }
    walk->w = NULL;
    json_object_end(&w);
    if (walk->result == 0)
        return ctl_json_print(&w, err);
    free(w.out);
    return -1;
}

static int walk_text(struct walk *walk, struct err *err)
{
    char from[24], to[24];
    ctl_time(walk->ctl, walk->roster.from_ms, from);
    ctl_time(walk->ctl, walk->roster.to_ms - 1, to);
    printf("roster %" PRId64 "  %s  %.10s … %.10s\n", walk->roster.seq, walk->roster.name, from, to);
    if (store_roster_entry_list(walk->ctl->store, walk->roster.seq, take_entry, walk, err) != 0)
        return -1;
    for (size_t i = 0; !walk->list && walk->fleets_count > 1 && i < walk->fleets_count; i++)
        print_fleet(&walk->fleets[i], walk->fleets[i].name);
    print_fleet(&walk->all, walk->list || walk->fleets_count != 1 ? "合计 total" : walk->fleets[0].name);
    return walk->result;
}

static int show(struct ctl *ctl, bool list, struct err *err)
{
    int64_t seq;
    if (take_number(ctl, &seq, err) != 0 || ctl_open_store(ctl, err) != 0)
        return -1;
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return err_set(err, ERR_FAILED, "out of memory");
    *walk = (struct walk){.ctl = ctl, .now_ms = clock_unix_ms(), .list = list, .err = err};
    int result = store_roster_get(ctl->store, seq, &walk->roster, err);
    if (result == 0)
        result = ctl->json ? walk_json(walk, err) : walk_text(walk, err);
    free(walk);
    return result;
}

int ctl_roster_list(struct ctl *ctl, struct err *err)
{
    return show(ctl, true, err);
}

int ctl_roster_report(struct ctl *ctl, struct err *err)
{
    return show(ctl, false, err);
}
