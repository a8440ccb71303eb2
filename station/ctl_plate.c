#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/plate.h"
#include "station/core/quantity.h"
#include "station/ctl_rows.h"

/*
 * Everything known of a vehicle, in the order of JSON's keys. Alerts and cases are kept by what they are about, so the
 * vehicle's tests and passages, here and elsewhere, are gathered first.
 */

enum { ROWS = 100, ID_MAX = 64 };

struct subjects {
    size_t count, max;
    char (*ids)[ID_MAX];
};

static void add_subject(struct subjects *s, const char *id)
{
    if (s->count < s->max)
        snprintf(s->ids[s->count++], ID_MAX, "%s", id);
}

static int note_test(void *ctx, const struct store_test *t)
{
    add_subject(ctx, t->id);
    return 0;
}

static int note_passage(void *ctx, const struct store_passage *p)
{
    add_subject(ctx, p->id);
    return 0;
}

static int note_imported(void *ctx, const struct store_imported *f)
{
    add_subject(ctx, f->id);
    return 0;
}

static int gather(const struct ctl_rows *rows, struct subjects *s, struct err *err)
{
    struct store *store = rows->ctl->store;
    s->max = 3 * (size_t)rows->limit;
    s->ids = calloc(s->max, sizeof s->ids[0]);
    if (!s->ids)
        return err_set(err, ERR_FAILED, "out of memory");
    if (store_test_list(store, rows->plate, rows->colour, false, rows->limit, note_test, s, err) != 0 ||
        store_passage_list(store, rows->plate, rows->colour, 0, false, rows->limit, note_passage, s, err) != 0)
        return -1;
    return store_imported_list(store, rows->plate, rows->colour, 0, INT64_MAX, rows->limit, note_imported, s, err);
}

/* ---- what has no list of its own elsewhere ---- */

static bool other_colour(const struct ctl_rows *rows, const char *colour)
{
    return rows->colour && strcmp(colour, rows->colour) != 0 && strcmp(colour, "unknown") != 0;
}

static int take_checklist(void *ctx, const struct store_checklist *c)
{
    struct ctl_rows *rows = ctx;
    if (other_colour(rows, c->colour))
        return 0;
    rows->count++;
    if (!rows->w) {
        char at[24];
        ctl_time(rows->ctl, c->started_ms, at);
        printf("%-22s %s  检查表 checklist %s%s%s%s\n", c->id, at, c->name, c->test[0] ? ", " : "", c->test,
               c->ended_ms ? "" : ", not ended");
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "checklist", c->id);
    json_string(rows->w, "colour", c->colour);
    ctl_rows_time(rows, "ended_at", c->ended_ms);
    json_string(rows->w, "list", c->name);
    ctl_rows_time(rows, "started_at", c->started_ms);
    json_string(rows->w, "test", c->test);
    json_object_end(rows->w);
    return 0;
}

static void write_exceeded(struct json_writer *w, uint64_t exceeded)
{
    json_array_begin(w, "exceeded");
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
        if (exceeded & UINT64_C(1) << q)
            json_string(w, NULL, quantity_name(q));
    json_array_end(w);
}

static int take_imported(void *ctx, const struct store_imported *f)
{
    struct ctl_rows *rows = ctx;
    rows->count++;
    if (!rows->w) {
        char at[24];
        ctl_time(rows->ctl, f->at_ms, at);
        printf("%-22s %s  %-12s %-7s %-18s %s %s  (外站 station %s)\n", f->id, at, f->plate, f->colour, f->method,
               ctl_word_verdict(f->verdict)->zh, f->verdict, f->station);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    ctl_rows_time(rows, "at", f->at_ms);
    json_string(rows->w, "colour", f->colour);
    write_exceeded(rows->w, f->exceeded);
    json_string(rows->w, "file", f->file);
    json_string(rows->w, "id", f->id);
    json_string(rows->w, "kind", f->kind);
    json_string(rows->w, "latitude", f->latitude);
    json_string(rows->w, "longitude", f->longitude);
    json_string(rows->w, "method", f->method);
    json_string(rows->w, "record_sha256", f->sha256);
    json_string(rows->w, "station", f->station);
    json_string(rows->w, "verdict", f->verdict);
    json_object_end(rows->w);
    return 0;
}

static int take_referral(void *ctx, const struct store_referral *r)
{
    return other_colour(ctx, r->colour) ? 0 : ctl_rows_referral(ctx, r);
}

static int take_roster(void *ctx, int64_t roster, const struct store_roster_entry *e)
{
    struct ctl_rows *rows = ctx;
    if (other_colour(rows, e->colour))
        return 0;
    rows->count++;
    if (!rows->w) {
        printf("名册 roster %" PRId64 ", line %" PRId64 "  %s%s%s\n", roster, e->line, e->fleet,
               e->absent[0] ? "  " : "", e->absent);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "absent_reason", e->absent);
    json_string(rows->w, "fleet", e->fleet);
    json_integer(rows->w, "line", e->line);
    json_integer(rows->w, "roster", roster);
    json_object_end(rows->w);
    return 0;
}

/* ---- the answer ---- */

static int list_of_subjects(struct ctl_rows *rows, const struct subjects *s, struct err *err)
{
    struct store *store = rows->ctl->store;
    ctl_rows_begin(rows, "alerts");
    for (size_t i = 0; i < s->count; i++)
        if (store_alert_list(store, s->ids[i], 0, rows->limit, ctl_rows_alert, rows, err) != 0)
            return -1;
    ctl_rows_end(rows);
    ctl_rows_begin(rows, "cases");
    for (size_t i = 0; i < s->count; i++)
        if (store_outbox_of(store, s->ids[i], ctl_rows_case, rows, err) != 0)
            return -1;
    ctl_rows_end(rows);
    return 0;
}

static int list_facts(struct ctl_rows *rows, struct err *err)
{
    struct store *store = rows->ctl->store;
    ctl_rows_begin(rows, "checklists");
    if (store_checklist_list(store, rows->plate, rows->limit, take_checklist, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (rows->w)
        json_bool(rows->w, "daemon_running", rows->ctl->daemon_running);
    ctl_rows_begin(rows, "imported");
    if (store_imported_list(store, rows->plate, rows->colour, 0, INT64_MAX, rows->limit, take_imported, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (rows->w)
        json_bool(rows->w, "ok", true);
    ctl_rows_begin(rows, "passes");
    if (store_passage_list(store, rows->plate, rows->colour, 0, false, rows->limit, ctl_rows_passage, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    return 0;
}

static int list_rest(struct ctl_rows *rows, struct err *err)
{
    struct store *store = rows->ctl->store;
    if (rows->w)
        json_string(rows->w, "plate", rows->plate);
    ctl_rows_begin(rows, "referrals");
    if (store_referral_list_plate(store, rows->plate, rows->limit, take_referral, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    ctl_rows_begin(rows, "rosters");
    if (store_roster_entry_list_plate(store, rows->plate, rows->limit, take_roster, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    ctl_rows_begin(rows, "tests");
    if (store_test_list(store, rows->plate, rows->colour, false, rows->limit, ctl_rows_test, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    return 0;
}

static int list_vehicle(struct ctl_rows *rows, struct err *err)
{
    struct subjects s = {.count = 0};
    int result = gather(rows, &s, err);
    if (result == 0)
        result = list_of_subjects(rows, &s, err);
    free(s.ids);
    if (result != 0 || list_facts(rows, err) != 0 || list_rest(rows, err) != 0)
        return -1;
    if (!rows->w && rows->count == 0)
        printf("nothing is known of %s\n", rows->plate);
    return 0;
}

static int answer(struct ctl_rows *rows, struct err *err)
{
    if (!rows->ctl->json)
        return list_vehicle(rows, err);
    if (ctl_json_begin(&rows->writer, err) != 0)
        return -1;
    rows->w = &rows->writer;
    json_object_begin(rows->w, NULL);
    if (list_vehicle(rows, err) != 0) {
        free(rows->w->out);
        return -1;
    }
    json_object_end(rows->w);
    return ctl_json_print(rows->w, err);
}

int ctl_plate(struct ctl *ctl, struct err *err)
{
    enum plate_colour colour = PLATE_COLOUR_UNKNOWN;
    struct plate plate;
    struct ctl_rows rows = {.ctl = ctl};
    if (ctl->colour && !plate_colour_by_name(ctl->colour, &colour))
        return err_set(err, ERR_INVALID, "'%s' is no plate colour", ctl->colour);
    if (plate_parse(&plate, ctl->words[0], colour, err) != 0 || ctl_limit(ctl, ROWS, &rows.limit, err) != 0 ||
        ctl_open_store(ctl, err) != 0)
        return -1;
    rows.plate = plate.text;
    rows.colour = ctl->colour ? plate_colour_name(colour) : NULL;
    if (ctl->output && ctl_dossier(ctl, rows.plate, rows.colour, err) != 0)
        return -1;
    return ctl->output && !ctl->json ? 0 : answer(&rows, err);
}
