#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"
#include "station/clock.h"
#include "station/ctl_rows.h"

enum { OFFICERS = 128, TESTS_MAX = 20000, DEFAULT_DAYS = 30 };

/* What became of one officer's tests. */
struct tally {
    char officer[32]; /* "": the record names none */
    int64_t tests, passed, failed, invalid, aborted, voided, bypassed;
};

struct sequence {
    struct ctl_rows *rows;
    int64_t newest, oldest, running; /* numbers; 0: there is none */
    int64_t last;                    /* the number that was seen before */
    size_t officers_count;
    struct tally officers[OFFICERS];
    struct err err;
    bool failed;
};

static struct tally *tally_of(struct sequence *s, const char *officer)
{
    for (size_t i = 0; i < s->officers_count; i++)
        if (strcmp(s->officers[i].officer, officer) == 0)
            return &s->officers[i];
    if (s->officers_count == OFFICERS)
        return NULL;
    struct tally *t = &s->officers[s->officers_count++];
    snprintf(t->officer, sizeof t->officer, "%s", officer);
    return t;
}

static void operator_of(const struct record *r, char *out, size_t size)
{
    ptrdiff_t officers = json_member(&r->doc, 0, "officers");
    out[0] = '\0';
    for (uint32_t i = 0; officers >= 0 && i < r->doc.tokens[officers].count; i++) {
        size_t one = (size_t)json_element(&r->doc, (size_t)officers, i);
        if (json_equals(&r->doc, json_member(&r->doc, one, "role"), "operator"))
            json_get_string(&r->doc, json_member(&r->doc, one, "number"), out, size);
    }
}

/* Why a test stands out; NULL: it does not. */
static const char *stands_out(const struct store_test *t, const struct record *r, const char **why)
{
    static const char bypass[] = "warm-bypass";
    *why = t->void_reason;
    if (t->void_reason[0])
        return "void";
    *why = r->judged.reasons_count > 0 ? r->judged.reasons[0] : "";
    if (r->judged.kind == VERDICT_ABORTED)
        return "aborted";
    for (size_t i = 0; i < r->judged.reasons_count; i++)
        if (strncmp(r->judged.reasons[i], bypass, sizeof bypass - 1) == 0) {
            *why = r->judged.reasons[i];
            return "bypassed";
        }
    return NULL;
}

static void count(struct tally *t, enum verdict_kind kind, const char *what)
{
    t->tests++;
    t->passed += kind == VERDICT_PASS;
    t->failed += kind == VERDICT_FAIL;
    t->invalid += kind == VERDICT_INVALID;
    t->aborted += kind == VERDICT_ABORTED;
    t->voided += what && strcmp(what, "void") == 0;
    t->bypassed += what && strcmp(what, "bypassed") == 0;
}

static void show(const struct sequence *s, const struct store_test *t, const char *officer, const char *what,
                 const char *why)
{
    const struct ctl_rows *rows = s->rows;
    if (!rows->w) {
        printf("  %-22s %-9s %-12s %-10s %s\n", t->id, what, t->plate, officer, why);
        return;
    }
    json_object_begin(rows->w, NULL);
    ctl_rows_time(rows, "at", t->started_ms);
    json_string(rows->w, "id", t->id);
    json_string(rows->w, "officer", officer);
    json_string(rows->w, "plate", t->plate);
    json_string(rows->w, "reason", why);
    json_string(rows->w, "what", what);
    json_object_end(rows->w);
}

static int look(struct sequence *s, const struct store_test *t, const char *text)
{
    struct record r;
    char officer[32];
    const char *why;
    if (record_open(&r, text, strlen(text), &s->err) != 0)
        return -1;
    operator_of(&r, officer, sizeof officer);
    const char *what = stands_out(t, &r, &why);
    struct tally *tally = tally_of(s, officer);
    if (tally)
        count(tally, r.judged.kind, what);
    if (what)
        show(s, t, officer, what, why);
    record_close(&r);
    return 0;
}

static int take(void *ctx, const struct store_test *t)
{
    struct sequence *s = ctx;
    struct store_test same;
    char *record = NULL;
    if (t->started_ms < s->rows->since_ms)
        return 1; /* the newest come first */
    s->newest = s->newest ? s->newest : t->seq;
    s->oldest = t->seq;
    if (store_test_get(s->rows->ctl->store, t->id, &same, &record, &s->err) != 0 || (record && look(s, t, record) != 0))
        s->failed = true;
    if (!record)
        s->running = t->seq;
    free(record);
    return s->failed;
}

static int note_gap(void *ctx, const struct store_test *t)
{
    struct sequence *s = ctx;
    const struct ctl_rows *rows = s->rows;
    bool gap = s->last > 0 && t->seq != s->last - 1;
    if (gap && rows->w) {
        json_object_begin(rows->w, NULL);
        json_integer(rows->w, "after", t->seq);
        json_integer(rows->w, "before", s->last);
        json_object_end(rows->w);
    } else if (gap) {
        printf("  GAP between %" PRId64 " and %" PRId64 "\n", t->seq, s->last);
    }
    s->last = t->seq;
    return t->started_ms < rows->since_ms;
}

static void show_officers(struct sequence *s)
{
    const struct ctl_rows *rows = s->rows;
    ctl_rows_begin(s->rows, "officers");
    for (size_t i = 0; i < s->officers_count; i++) {
        const struct tally *t = &s->officers[i];
        if (!rows->w) {
            printf("  %-10s %" PRId64 " tests, %" PRId64 " passed, %" PRId64 " failed, %" PRId64 " invalid, %" PRId64
                   " aborted, %" PRId64 " void, %" PRId64 " without warm engine\n",
                   t->officer[0] ? t->officer : "-", t->tests, t->passed, t->failed, t->invalid, t->aborted, t->voided,
                   t->bypassed);
            continue;
        }
        json_object_begin(rows->w, NULL);
        json_integer(rows->w, "aborted", t->aborted);
        json_integer(rows->w, "bypassed", t->bypassed);
        json_integer(rows->w, "failed", t->failed);
        json_integer(rows->w, "invalid", t->invalid);
        json_string(rows->w, "officer", t->officer);
        json_integer(rows->w, "passed", t->passed);
        json_integer(rows->w, "tests", t->tests);
        json_integer(rows->w, "void", t->voided);
        json_object_end(rows->w);
    }
    ctl_rows_end(s->rows);
}

static int show_cleared(void *ctx, const struct store_lockout *l)
{
    const struct ctl_rows *rows = ctx;
    if (!rows->w) {
        printf("  %s%s%s cleared by %s: %s\n", l->code, l->subject[0] ? " of " : "", l->subject, l->cleared_by,
               l->reason);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    ctl_rows_time(rows, "at", l->cleared_ms);
    json_string(rows->w, "by", l->cleared_by);
    json_string(rows->w, "code", l->code);
    json_string(rows->w, "reason", l->reason);
    json_string(rows->w, "subject", l->subject);
    json_object_end(rows->w);
    return 0;
}

static int walk(struct sequence *s, struct err *err)
{
    struct ctl_rows *rows = s->rows;
    struct store *store = rows->ctl->store;
    ctl_rows_begin(rows, "cleared");
    if (store_lockout_list_cleared(store, rows->since_ms, show_cleared, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (rows->w)
        json_bool(rows->w, "daemon_running", rows->ctl->daemon_running);
    ctl_rows_begin(rows, "gaps");
    if (store_test_list(store, NULL, NULL, false, rows->limit, note_gap, s, err) != 0)
        return -1;
    ctl_rows_end(rows);
    ctl_rows_begin(rows, "noted");
    if (store_test_list(store, NULL, NULL, false, rows->limit, take, s, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (s->failed)
        *err = s->err;
    return s->failed ? -1 : 0;
}

static int write_sequence(struct ctl_rows *rows, struct err *err)
{
    struct sequence *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "out of memory");
    s->rows = rows;
    int result = walk(s, err);
    if (result == 0) {
        show_officers(s);
        if (rows->w) {
            json_bool(rows->w, "ok", true);
            json_integer(rows->w, "seq_first", s->oldest);
            json_integer(rows->w, "seq_last", s->newest);
            json_integer(rows->w, "seq_running", s->running);
        } else {
            printf("numbers %" PRId64 " to %" PRId64 "\n", s->oldest, s->newest);
        }
    }
    free(s);
    return result;
}

int ctl_sequence(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl, .limit = TESTS_MAX};
    if (ctl_open_store(ctl, err) != 0 || ctl_since(ctl, &rows.since_ms, err) != 0)
        return -1;
    if (!ctl->since)
        rows.since_ms = clock_unix_ms() - (int64_t)DEFAULT_DAYS * 86400000;
    return ctl_rows_object(&rows, write_sequence, err);
}
