/* Metrology checks: they are run by smogd and read from the files. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/ctl.h"

enum { ROWS = 50 };

/* ---- running one ---- */

static const char *mark_value(const struct ctl *ctl, ptrdiff_t result, const char *kind, const char *quantity)
{
    ptrdiff_t marks = json_member(&ctl->doc, (size_t)result, "marks");
    for (uint32_t i = 0; marks >= 0 && i < ctl->doc.tokens[marks].count; i++) {
        ptrdiff_t mark = json_element(&ctl->doc, (size_t)marks, i);
        if (strcmp(ctl_text(ctl, mark, "kind"), kind) == 0 && strcmp(ctl_text(ctl, mark, "quantity"), quantity) == 0)
            return ctl_text(ctl, mark, "value");
    }
    return "-";
}

static void print_result(const struct ctl *ctl, ptrdiff_t result)
{
    ptrdiff_t values = json_member(&ctl->doc, (size_t)result, "values");
    ptrdiff_t reasons = json_member(&ctl->doc, (size_t)result, "reasons");
    for (uint32_t i = 0; values >= 0 && i < ctl->doc.tokens[values].count; i++) {
        ptrdiff_t v = json_element(&ctl->doc, (size_t)values, i);
        char quantity[32];
        snprintf(quantity, sizeof quantity, "%s", ctl_text(ctl, v, "quantity"));
        printf("  %-8s mean %s", quantity, mark_value(ctl, result, "mean", quantity));
        printf(" (%s", mark_value(ctl, result, "lowest", quantity));
        printf(" to %s)", mark_value(ctl, result, "highest", quantity));
        printf(", reference %s", mark_value(ctl, result, "reference", quantity));
        printf(": %s off, %s %s allowed\n", ctl_text(ctl, v, "value"), ctl_text(ctl, v, "limit"),
               ctl_text(ctl, v, "unit"));
    }
    for (uint32_t i = 0; reasons >= 0 && i < ctl->doc.tokens[reasons].count; i++) {
        char reason[400] = "";
        json_get_string(&ctl->doc, json_element(&ctl->doc, (size_t)reasons, i), reason, sizeof reason);
        printf("  %s\n", reason);
    }
}

/* The exit code says the result: 0 pass, 1 anything else. */
static int say_end(struct ctl *ctl, struct err *err)
{
    char verdict[16], id[64];
    snprintf(verdict, sizeof verdict, "%s", ctl_text(ctl, 0, "verdict"));
    snprintf(id, sizeof id, "%s", ctl_text(ctl, 0, "check"));
    const struct ctl_word *word = ctl_word_verdict(verdict);
    if (ctl->json) {
        ctl_print_line(ctl);
    } else {
        printf("%s: %s %s, saved\n", id, word->zh, word->en);
        print_result(ctl, json_member(&ctl->doc, 0, "result"));
    }
    if (strcmp(verdict, "pass") == 0)
        return 0;
    ctl->answered = true;
    return err_set(err, ERR_FAILED, "check %s: %s", id, verdict);
}

static int run(struct ctl *ctl, const char *what, struct err *err)
{
    char id[64];
    struct entries arguments = {0};
    entries_text(&arguments, "filter", ctl->filter);
    entries_text(&arguments, "name", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "result", ctl->result);
    entries_text(&arguments, "what", what);
    if (ctl_call(ctl, "instrument-check", &arguments, err) != 0)
        return -1;
    snprintf(id, sizeof id, "%s", ctl_text(ctl, 0, "check"));
    if (!id[0] && ctl->json) /* a plain command: no rule asks for checks, or a test is running */
        return ctl_print_line(ctl);
    if (!id[0]) {
        printf("%s: %s is under way; smogctl instruments %s shows it\n", ctl->words[0], what, ctl->words[0]);
        return 0;
    }
    if (!ctl->json) {
        printf("%s: %s of %s is under way; keep everything as it is\n", id, what, ctl->words[0]);
        fflush(stdout);
    }
    int more = ctl_next_line(ctl, err);
    if (more > 0)
        return say_end(ctl, err);
    return more < 0 ? -1 : err_set(err, ERR_UNREACHABLE, "smogd went away before check %s ended", id);
}

int ctl_zero(struct ctl *ctl, struct err *err)
{
    return run(ctl, "zero", err);
}

int ctl_span(struct ctl *ctl, struct err *err)
{
    if (!ctl->filter)
        return err_set(err, ERR_INVALID,
                       "say which filter or gas it is: --filter REFERENCE, K or \"QUANTITY=NUMBER …\"");
    return run(ctl, "span", err);
}

int ctl_leak_test(struct ctl *ctl, struct err *err)
{
    if (!ctl->result)
        return err_set(err, ERR_INVALID,
                       "say what the instrument's leak test showed: --result none or --result leak "
                       "(smogctl order NAME leak-test begins it)");
    return run(ctl, "leak-test", err);
}

/* ---- those that were ---- */

static int read_event(struct ctl *ctl, const char *event, size_t length, struct err *err)
{
    if (!ctl->tokens && !(ctl->tokens = calloc(CTL_TOKENS_MAX, sizeof *ctl->tokens)))
        return err_set(err, ERR_FAILED, "out of memory");
    return json_parse(&ctl->doc, event, length, ctl->tokens, CTL_TOKENS_MAX, err);
}

/* One row; `more` holds what else the object says. */
static void json_check(const struct ctl *ctl, const struct store_check *c, struct entries *more, struct json_writer *w)
{
    char started[CIVIL_TIME_TEXT_MAX], ended[CIVIL_TIME_TEXT_MAX] = "";
    civil_time_format(c->started_ms, ctl->config->utc_offset_minutes, started);
    if (c->ended_ms)
        civil_time_format(c->ended_ms, ctl->config->utc_offset_minutes, ended);
    entries_text(more, "ended_at", ended);
    entries_text(more, "id", c->id);
    entries_text(more, "instrument", c->instrument);
    entries_integer(more, "seq", c->seq);
    entries_text(more, "serial", c->serial);
    entries_text(more, "started_at", started);
    entries_text(more, "verdict", c->verdict);
    entries_text(more, "what", c->what);
    entries_write(more, w, NULL);
}

static void print_check(const struct ctl *ctl, const struct store_check *c)
{
    char started[24];
    const char *verdict = c->ended_ms ? c->verdict : "running";
    ctl_time(ctl, c->started_ms, started);
    printf("%-22s %s  %-10s %-10s %s %s%s%s\n", c->id, started, c->instrument, c->what, ctl_word_verdict(verdict)->zh,
           verdict, c->serial[0] ? "  serial " : "", c->serial);
}

struct rows {
    struct ctl *ctl;
    struct json_writer *w; /* NULL: for people */
    struct err *err;
    bool failed;
};

/* What came of it, out of its last event; left out while it runs. */
static int json_result(struct rows *rows, const struct store_check *c, struct err *err)
{
    struct ctl *ctl = rows->ctl;
    struct entries e = {0};
    char *event = NULL;
    size_t length = 0;
    int result = 0;
    if (c->end_event >= 0 &&
        (result = store_event_get(ctl->store, (uint64_t)c->end_event, &event, &length, err)) == 0 &&
        (result = read_event(ctl, event, length, err)) == 0) {
        ptrdiff_t body = json_member(&ctl->doc, 0, "result");
        if (body >= 0)
            entries_raw(&e, "result", event + ctl->doc.tokens[body].start, ctl->doc.tokens[body].length);
    }
    if (result == 0)
        json_check(ctl, c, &e, rows->w);
    free(event);
    return result;
}

static int each(void *ctx, const struct store_check *c)
{
    struct rows *rows = ctx;
    if (rows->w)
        return rows->failed = json_result(rows, c, rows->err) != 0;
    print_check(rows->ctl, c);
    return 0;
}

int ctl_check_list(struct ctl *ctl, struct err *err)
{
    struct json_writer w = {.out = NULL};
    struct rows rows = {.ctl = ctl, .w = ctl->json ? &w : NULL, .err = err};
    int limit;
    if (ctl_limit(ctl, ROWS, &limit, err) != 0 || ctl_open_store(ctl, err) != 0 ||
        (ctl->json && ctl_json_begin(&w, err) != 0))
        return -1;
    if (!ctl->json)
        return store_check_list(ctl->store, ctl->words[0], false, limit, each, &rows, err);
    json_object_begin(&w, NULL);
    json_array_begin(&w, "checks");
    if (store_check_list(ctl->store, ctl->words[0], false, limit, each, &rows, err) != 0 || rows.failed) {
        free(w.out);
        return -1;
    }
    json_array_end(&w);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

static int show(struct ctl *ctl, const struct store_check *c, char *event, size_t length, struct err *err)
{
    struct json_writer w;
    if (!ctl->json) {
        print_check(ctl, c);
        if (event && read_event(ctl, event, length, err) != 0)
            return -1;
        if (event)
            print_result(ctl, json_member(&ctl->doc, 0, "result"));
        return 0;
    }
    struct entries e = {0};
    entries_bool(&e, "daemon_running", ctl->daemon_running);
    entries_bool(&e, "ok", true);
    entries_raw(&e, "record", event, length);
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_check(ctl, c, &e, &w);
    return ctl_json_print(&w, err);
}

int ctl_check_show(struct ctl *ctl, struct err *err)
{
    struct store_check c;
    char *event = NULL;
    size_t length = 0;
    if (ctl_open_store(ctl, err) != 0 || store_check_get(ctl->store, ctl->words[0], &c, err) != 0)
        return -1;
    if (c.end_event >= 0 && store_event_get(ctl->store, (uint64_t)c.end_event, &event, &length, err) != 0)
        return -1;
    int result = show(ctl, &c, event, length, err);
    free(event);
    return result;
}
