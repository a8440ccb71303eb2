#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/plate.h"
#include "station/ctl.h"

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

/* What a walk through rows needs: where they go, and how many there were. */
struct rows {
    const struct ctl *ctl;
    struct json_writer *w; /* NULL: for people */
    int count;
};

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
    struct rows *rows = ctx;
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
    struct rows rows = {.ctl = ctl, .w = &w};
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
        struct rows rows = {.ctl = ctl};
        print_test(ctl, &t);
        if (record)
            result = ctl_slip_print(ctl, record, t.end_event, t.void_reason, stdout, err);
        if (result == 0)
            result = store_file_list(ctl->store, t.id, take_file, &rows, err);
    }
    free(record);
    return result;
}

/* ---- passages ---- */

static int take_passage(void *ctx, const struct store_passage *p)
{
    struct rows *rows = ctx;
    rows->count++;
    if (!rows->w) {
        char at[24];
        ctl_time(rows->ctl, p->at_ms, at);
        printf("%-22s %s  %-12s %-7s %-10s %s %s\n", p->id, at, p->plate[0] ? p->plate : "-", p->colour, p->instrument,
               ctl_word_verdict(p->verdict)->zh, p->verdict);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_time(rows->ctl, rows->w, "at", p->at_ms);
    json_string(rows->w, "colour", p->colour);
    json_string(rows->w, "id", p->id);
    json_string(rows->w, "instrument", p->instrument);
    json_string(rows->w, "plate", p->plate);
    json_integer(rows->w, "seq", p->seq);
    json_bool(rows->w, "valid", p->valid);
    json_string(rows->w, "verdict", p->verdict);
    json_object_end(rows->w);
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

int ctl_passes(struct ctl *ctl, struct err *err)
{
    if (ctl->words_count)
        return show_passage(ctl, err);
    int64_t since_ms = 0;
    int limit = 0;
    struct json_writer w;
    if (ctl_open_store(ctl, err) != 0 || ctl_since(ctl, &since_ms, err) != 0 || ctl_limit(ctl, ROWS, &limit, err) != 0)
        return -1;
    if (!ctl->json) {
        struct rows rows = {.ctl = ctl};
        int result =
            store_passage_list(ctl->store, NULL, NULL, since_ms, ctl->invalid, limit, take_passage, &rows, err);
        if (result == 0 && rows.count == limit)
            fprintf(stderr, "smogctl: the newest %d are shown; --limit N shows more\n", limit);
        return result;
    }
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    struct rows rows = {.ctl = ctl, .w = &w};
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    json_array_begin(&w, "passes");
    int result = store_passage_list(ctl->store, NULL, NULL, since_ms, ctl->invalid, limit, take_passage, &rows, err);
    json_array_end(&w);
    json_object_end(&w);
    if (result == 0)
        return ctl_json_print(&w, err);
    free(w.out);
    return -1;
}

/* ---- a vehicle ---- */

static int take_test(void *ctx, const struct store_test *t)
{
    struct rows *rows = ctx;
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

static int list_vehicle(struct ctl *ctl, const char *plate, const char *colour, int limit, struct json_writer *w,
                        struct err *err)
{
    struct rows rows = {.ctl = ctl, .w = w};
    if (w)
        json_array_begin(w, "passes");
    if (store_passage_list(ctl->store, plate, colour, 0, false, limit, take_passage, &rows, err) != 0)
        return -1;
    if (w) {
        json_array_end(w);
        json_string(w, "plate", plate);
        json_array_begin(w, "tests");
    }
    if (store_test_list(ctl->store, plate, colour, false, limit, take_test, &rows, err) != 0)
        return -1;
    if (w)
        json_array_end(w);
    else if (rows.count == 0)
        printf("nothing is known of %s\n", plate);
    return 0;
}

int ctl_plate(struct ctl *ctl, struct err *err)
{
    enum plate_colour colour = PLATE_COLOUR_UNKNOWN;
    struct plate plate;
    struct json_writer w;
    int limit = 0;
    if (ctl->colour && !plate_colour_by_name(ctl->colour, &colour))
        return err_set(err, ERR_INVALID, "'%s' is no plate colour", ctl->colour);
    if (plate_parse(&plate, ctl->words[0], colour, err) != 0 || ctl_limit(ctl, ROWS, &limit, err) != 0 ||
        ctl_open_store(ctl, err) != 0)
        return -1;
    const char *wanted = ctl->colour ? plate_colour_name(colour) : NULL;
    if (!ctl->json)
        return list_vehicle(ctl, plate.text, wanted, limit, NULL, err);
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    int result = list_vehicle(ctl, plate.text, wanted, limit, &w, err);
    json_object_end(&w);
    if (result == 0)
        return ctl_json_print(&w, err);
    free(w.out);
    return -1;
}

/* ---- outbox ---- */

static int take_outbox(void *ctx, const struct store_outbox_row *row)
{
    struct rows *rows = ctx;
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

int ctl_outbox_list(struct ctl *ctl, struct err *err)
{
    struct json_writer w;
    int limit = 0;
    int64_t counts[4];
    if (ctl_open_store(ctl, err) != 0 || ctl_limit(ctl, ROWS, &limit, err) != 0 ||
        store_outbox_counts(ctl->store, counts, err) != 0)
        return -1;
    if (!ctl->json) {
        struct rows rows = {.ctl = ctl};
        printf("%" PRId64 " waiting, %" PRId64 " sent, %" PRId64 " refused, %" PRId64 " unknown\n", counts[0],
               counts[1], counts[2], counts[3]);
        return store_outbox_list(ctl->store, limit, take_outbox, &rows, err);
    }
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    struct rows rows = {.ctl = ctl, .w = &w};
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    json_array_begin(&w, "outbox");
    int result = store_outbox_list(ctl->store, limit, take_outbox, &rows, err);
    json_array_end(&w);
    json_integer(&w, "refused", counts[2]);
    json_integer(&w, "sent", counts[1]);
    json_integer(&w, "unknown", counts[3]);
    json_integer(&w, "waiting", counts[0]);
    json_object_end(&w);
    if (result == 0)
        return ctl_json_print(&w, err);
    free(w.out);
    return -1;
}
