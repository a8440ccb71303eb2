#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"
#include "station/ctl_rows.h"
#include "station/push_notes.h"
#include "station/pass_row.h"

enum { ROWS = 100 };

static void json_time(const struct ctl *ctl, struct json_writer *w, const char *key, int64_t unix_ms)
{
    char text[CIVIL_TIME_TEXT_MAX];
    if (unix_ms == 0) {
        json_null(w, key);
        return;
    }
    civil_time_format(unix_ms, ctl->config->utc_offset_minutes, text);
    json_string(w, key, text);
}

int ctl_rows_object(struct ctl_rows *rows, int (*write)(struct ctl_rows *rows, struct err *err), struct err *err)
{
    if (!rows->ctl->json)
        return write(rows, err);
    if (ctl_json_begin(&rows->writer, err) != 0)
        return -1;
    rows->w = &rows->writer;
    json_object_begin(rows->w, NULL);
    int result = write(rows, err);
    if (result == 0 && rows->failed) {
        *err = rows->err;
        result = -1;
    }
    if (result != 0) {
        free(rows->w->out);
        return -1;
    }
    json_object_end(rows->w);
    return ctl_json_print(rows->w, err);
}

void ctl_rows_ok(struct ctl_rows *rows)
{
    if (!rows->w)
        return;
    json_bool(rows->w, "daemon_running", rows->ctl->daemon_running);
    json_bool(rows->w, "ok", true);
}

void ctl_rows_time(const struct ctl_rows *rows, const char *key, int64_t unix_ms)
{
    json_time(rows->ctl, rows->w, key, unix_ms);
}

void ctl_rows_begin(struct ctl_rows *rows, const char *key)
{
    if (rows->w)
        json_array_begin(rows->w, key);
}

void ctl_rows_end(struct ctl_rows *rows)
{
    if (rows->w)
        json_array_end(rows->w);
}

/* ---- one test ---- */

static void print_test(const struct ctl *ctl, const struct store_test *t)
{
    char started[24];
    ctl_time(ctl, t->started_ms, started);
    const char *verdict = t->ended_ms ? t->verdict : "running";
    printf("%-22s %s  %-12s %-7s %-18s %s %s%s%s\n", t->id, started, t->plate, t->colour, t->method,
           ctl_word_verdict(verdict)->zh, verdict, t->void_reason[0] ? ": " : "", t->void_reason);
}

static void json_test(const struct ctl *ctl, const struct store_test *t, struct json_writer *w)
{
    json_string(w, "colour", t->colour);
    json_time(ctl, w, "ended_at", t->ended_ms);
    json_string(w, "id", t->id);
    json_string(w, "method", t->method);
    json_string(w, "plate", t->plate);
    json_integer(w, "seq", t->seq);
    json_time(ctl, w, "started_at", t->started_ms);
    json_string(w, "verdict", t->verdict);
    json_string(w, "void_reason", t->void_reason);
}

static int take_file(void *ctx, const struct store_file *file)
{
    struct ctl_rows *rows = ctx;
    rows->count++;
    if (!rows->w) {
        printf("  %-28s %10" PRId64 "  %s\n", file->name, file->size, file->sha256);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "name", file->name);
    json_string(rows->w, "sha256", file->sha256);
    json_integer(rows->w, "size", file->size);
    json_object_end(rows->w);
    return 0;
}

static int show_json(struct ctl *ctl, const struct store_test *t, const char *record, struct err *err)
{
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    struct ctl_rows rows = {.ctl = ctl, .w = &w};
    json_object_begin(&w, NULL);
    json_string(&w, "colour", t->colour);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_time(ctl, &w, "ended_at", t->ended_ms);
    json_array_begin(&w, "files");
    int result = store_file_list(ctl->store, t->id, take_file, &rows, err);
    json_array_end(&w);
    json_string(&w, "id", t->id);
    json_string(&w, "method", t->method);
    json_bool(&w, "ok", true);
    json_string(&w, "plate", t->plate);
    if (record)
        json_raw(&w, "record", record, strlen(record));
    else
        json_null(&w, "record");
    json_integer(&w, "seq", t->seq);
    json_time(ctl, &w, "started_at", t->started_ms);
    if (result == 0)
        result = ctl_rows_statements(&rows, t->id, err);
    json_string(&w, "verdict", t->verdict);
    json_string(&w, "void_reason", t->void_reason);
    json_object_end(&w);
    if (result == 0)
        return ctl_json_print(&w, err);
    free(w.out);
    return -1;
}

int ctl_test_show(struct ctl *ctl, struct err *err)
{
    struct store_test t;
    char *record = NULL;
    if (ctl_open_store(ctl, err) != 0 || store_test_get(ctl->store, ctl->words[0], &t, &record, err) != 0)
        return -1;
    int result = 0;
    if (ctl->json) {
        result = show_json(ctl, &t, record, err);
    } else {
        struct ctl_rows rows = {.ctl = ctl};
        print_test(ctl, &t);
        if (record)
            result = ctl_slip_print(ctl, record, t.end_event, t.void_reason, stdout, err);
        if (result == 0)
            result = store_file_list(ctl->store, t.id, take_file, &rows, err);
        if (result == 0)
            result = ctl_rows_statements(&rows, t.id, err);
    }
    free(record);
    return result;
}

/* ---- passages ---- */

static int count_exceeded(const struct record *r)
{
    int count = 0;
    for (uint32_t i = 0; r->basis >= 0 && i < r->doc.tokens[r->basis].count; i++) {
        size_t past = (size_t)json_element(&r->doc, (size_t)r->basis, i);
        ptrdiff_t exceeded = json_member(&r->doc, past, "exceeded");
        bool valid = false;
        json_get_bool(&r->doc, json_member(&r->doc, past, "valid"), &valid);
        count += valid && exceeded >= 0 && r->doc.tokens[exceeded].count > 0;
    }
    return count;
}

/* What a list does not hold of a passage stands in its record. */
static int write_passage(struct ctl_rows *rows, const struct store_passage *p, struct err *err)
{
    struct store_passage whole;
    struct record r;
    char *record = NULL;
    if (store_passage_get(rows->ctl->store, p->id, &whole, &record, NULL, err) != 0)
        return -1;
    int result = record_open(&r, record, strlen(record), err);
    if (result == 0) {
        struct pass_row row = {.passage = p,
                               .verdict = &r.judged,
                               .utc_offset_minutes = rows->ctl->config->utc_offset_minutes,
                               .repeat = count_exceeded(&r)};
        ptrdiff_t passage = json_member(&r.doc, 0, "passage");
        if (passage >= 0)
            json_get_integer(&r.doc, json_member(&r.doc, (size_t)passage, "lane"), &row.lane);
        pass_row_write(&row, rows->w);
        record_close(&r);
    }
    free(record);
    return result;
}

int ctl_rows_passage(void *ctx, const struct store_passage *p)
{
    struct ctl_rows *rows = ctx;
    rows->count++;
    if (rows->w)
        return rows->failed = write_passage(rows, p, &rows->err) != 0;
    char at[24];
    ctl_time(rows->ctl, p->at_ms, at);
    printf("%-22s %s  %-12s %-7s %-10s %s %s\n", p->id, at, p->plate[0] ? p->plate : "-", p->colour, p->instrument,
           ctl_word_verdict(p->verdict)->zh, p->verdict);
    return 0;
}

static int show_passage(struct ctl *ctl, struct err *err)
{
    struct store_passage p;
    struct json_writer w;
    char *record = NULL;
    if (ctl_open_store(ctl, err) != 0 || store_passage_get(ctl->store, ctl->words[0], &p, &record, NULL, err) != 0)
        return -1;
    int result = 0;
    if (!ctl->json) {
        result = ctl_slip_print(ctl, record, p.event, "", stdout, err);
    } else if ((result = ctl_json_begin(&w, err)) == 0) {
        json_object_begin(&w, NULL);
        json_string(&w, "colour", p.colour);
        json_bool(&w, "daemon_running", ctl->daemon_running);
        json_string(&w, "device_record", p.device_record);
        json_string(&w, "id", p.id);
        json_bool(&w, "ok", true);
        json_string(&w, "plate", p.plate);
        json_raw(&w, "record", record, strlen(record));
        json_integer(&w, "seq", p.seq);
        json_string(&w, "verdict", p.verdict);
        json_object_end(&w);
        result = ctl_json_print(&w, err);
    }
    free(record);
    return result;
}

static int list_passes(struct ctl_rows *rows, struct err *err)
{
    ctl_rows_ok(rows);
    ctl_rows_begin(rows, "passes");
    if (store_passage_list(rows->ctl->store, rows->plate, rows->colour, rows->since_ms, rows->ctl->invalid, rows->limit,
                           ctl_rows_passage, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (!rows->w && rows->count == rows->limit)
        fprintf(stderr, "smogctl: the newest %d are shown; --limit N shows more\n", rows->limit);
    return 0;
}

int ctl_passes(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    if (ctl->words_count)
        return show_passage(ctl, err);
    if (ctl_open_store(ctl, err) != 0 || ctl_since(ctl, &rows.since_ms, err) != 0 ||
        ctl_limit(ctl, ROWS, &rows.limit, err) != 0)
        return -1;
    return ctl_rows_object(&rows, list_passes, err);
}

/* ---- tests ---- */

int ctl_rows_test(void *ctx, const struct store_test *t)
{
    struct ctl_rows *rows = ctx;
    rows->count++;
    if (rows->w) {
        json_object_begin(rows->w, NULL);
        json_test(rows->ctl, t, rows->w);
        json_object_end(rows->w);
    } else {
        print_test(rows->ctl, t);
    }
    return 0;
}

/* ---- alerts ---- */

int ctl_rows_alert(void *ctx, const struct store_alert *a)
{
    struct ctl_rows *rows = ctx;
    rows->count++;
    if (!rows->w) {
        char at[24];
        const struct ctl_word *word = ctl_word_alert(a->code);
        ctl_time(rows->ctl, a->at_ms, at);
        printf("%s  %-22s %s %s\n    %s\n", at, a->subject, word->zh, word->en, a->evidence);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "alert", a->code);
    json_time(rows->ctl, rows->w, "at", a->at_ms);
    json_raw(rows->w, "evidence", a->evidence, strlen(a->evidence));
    json_integer(rows->w, "seq", a->seq);
    json_string(rows->w, "subject", a->subject);
    json_object_end(rows->w);
    return 0;
}

static int list_alerts(struct ctl_rows *rows, struct err *err)
{
    const struct ctl *ctl = rows->ctl;
    ctl_rows_begin(rows, "alerts");
    if (store_alert_list(ctl->store, ctl->words[0], rows->since_ms, rows->limit, ctl_rows_alert, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    ctl_rows_ok(rows);
    if (!rows->w && rows->count == 0)
        printf("no alerts\n");
    return 0;
}

int ctl_alerts(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    if (ctl_open_store(ctl, err) != 0 || ctl_since(ctl, &rows.since_ms, err) != 0 ||
        ctl_limit(ctl, ROWS, &rows.limit, err) != 0)
        return -1;
    return ctl_rows_object(&rows, list_alerts, err);
}

/* ---- outbox ---- */

int ctl_rows_case(void *ctx, const struct store_outbox_row *row)
{
    struct ctl_rows *rows = ctx;
    rows->count++;
    if (!rows->w) {
        char created[24], next[24] = "";
        ctl_time(rows->ctl, row->created_ms, created);
        if (strcmp(row->state, "retry") == 0 || strcmp(row->state, "unknown") == 0)
            ctl_time(rows->ctl, row->next_ms, next);
        printf("%-24s %s  %-8s %-10s %d tries%s%s  %s %s\n", row->case_id, created, row->state, row->outlet,
               row->attempts, next[0] ? ", again at " : "", next, row->last_status, row->receipt_id);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_integer(rows->w, "attempts", row->attempts);
    json_string(rows->w, "case", row->case_id);
    json_time(rows->ctl, rows->w, "created_at", row->created_ms);
    json_time(rows->ctl, rows->w, "last_at", row->last_ms);
    json_string(rows->w, "last_status", row->last_status);
    json_time(rows->ctl, rows->w, "next_at", row->next_ms);
    json_string(rows->w, "outlet", row->outlet);
    json_string(rows->w, "receipt_id", row->receipt_id);
    json_string(rows->w, "state", row->state);
    json_string(rows->w, "subject", row->subject);
    json_object_end(rows->w);
    return 0;
}

static int list_outbox(struct ctl_rows *rows, struct err *err)
{
    int64_t counts[4];
    if (store_outbox_counts(rows->ctl->store, counts, err) != 0)
        return -1;
    ctl_rows_ok(rows);
    ctl_rows_begin(rows, "outbox");
    if (store_outbox_list(rows->ctl->store, rows->limit, ctl_rows_case, rows, err) != 0 ||
        store_outbox_records(rows->ctl->store, rows->limit, ctl_rows_case, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (rows->w) {
        push_notes_write(rows->ctl->store, rows->ctl->config->utc_offset_minutes, rows->w);
        json_integer(rows->w, "refused", counts[2]);
        json_integer(rows->w, "sent", counts[1]);
        json_integer(rows->w, "unknown", counts[3]);
        json_integer(rows->w, "waiting", counts[0]);
    } else {
        printf("%" PRId64 " waiting, %" PRId64 " sent, %" PRId64 " refused, %" PRId64 " unknown\n", counts[0],
               counts[1], counts[2], counts[3]);
        return store_push_notes(rows->ctl->store, ctl_print_note, rows->ctl, err);
    }
    return 0;
}

int ctl_outbox_list(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    if (ctl_open_store(ctl, err) != 0 || ctl_limit(ctl, ROWS, &rows.limit, err) != 0)
        return -1;
    return ctl_rows_object(&rows, list_outbox, err);
}

static int show_attempt(void *ctx, const struct store_attempt *a)
{
    struct ctl_rows *rows = ctx;
    char at[24];
    if (!rows->w) {
        ctl_time(rows->ctl, a->at_ms, at);
        printf("  %3" PRId64 "  %s  %-10s %-8s %s\n", a->n, at, a->outlet, a->outcome, a->text);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_time(rows->ctl, rows->w, "at", a->at_ms);
    json_integer(rows->w, "n", a->n);
    json_string(rows->w, "outcome", a->outcome);
    json_string(rows->w, "outlet", a->outlet);
    json_integer(rows->w, "part", a->part);
    json_integer(rows->w, "status", a->status);
    json_string(rows->w, "text", a->text);
    json_object_end(rows->w);
    return 0;
}

static int show_outbox(struct ctl_rows *rows, struct err *err)
{
    struct store *store = rows->ctl->store;
    const char *id = rows->ctl->words[0];
    ctl_rows_begin(rows, "outbox");
    if (store_outbox_deliveries(store, id, ctl_rows_case, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (rows->count == 0)
        return err_set(err, ERR_FAILED, "nothing of '%s' is in the outbox; smogctl outbox list shows what is", id);
    ctl_rows_begin(rows, "tries");
    if (store_attempt_list(store, id, show_attempt, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    return 0;
}

int ctl_outbox_show(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    if (ctl_open_store(ctl, err) != 0)
        return -1;
    return ctl_rows_object(&rows, show_outbox, err);
}
