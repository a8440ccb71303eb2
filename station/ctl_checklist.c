#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/ctl_rows.h"

enum { OPEN_AMONG = 1000 };

/* ---- the lists ---- */

static void print_list(const struct checklist *list)
{
    printf("%s  %s, version %s (%s)\n", list->name, list->title, list->version, list->source);
    for (size_t i = 0; i < list->items_count; i++) {
        const struct checklist_item *item = &list->items[i];
        char min[DECIMAL_TEXT_MAX] = "", max[DECIMAL_TEXT_MAX] = "";
        if (item->has_min)
            decimal_format(item->min, min);
        if (item->has_max)
            decimal_format(item->max, max);
        printf("  %-22s %-12s %s / %s", item->name, checklist_authority_name(item->authority), item->zh, item->en);
        if (item->unit[0])
            printf("  [%s … %s %s%s]", min, max, item->unit, item->status == RULE_UNCONFIRMED ? ", unconfirmed" : "");
        printf("\n");
    }
}

static void write_list(const struct checklist *list, struct json_writer *w)
{
    json_object_begin(w, NULL);
    json_array_begin(w, "items");
    for (size_t i = 0; i < list->items_count; i++) {
        json_object_begin(w, NULL);
        json_string(w, "authority", checklist_authority_name(list->items[i].authority));
        json_string(w, "en", list->items[i].en);
        json_string(w, "item", list->items[i].name);
        json_string(w, "unit", list->items[i].unit);
        json_string(w, "zh", list->items[i].zh);
        json_object_end(w);
    }
    json_array_end(w);
    json_string(w, "list", list->name);
    json_string(w, "title", list->title);
    json_string(w, "version", list->version);
    json_object_end(w);
}

static int take_open(void *ctx, const struct store_checklist *c)
{
    struct ctl_rows *rows = ctx;
    if (c->ended_ms)
        return 0;
    if (!rows->w) {
        char started[24];
        ctl_time(rows->ctl, c->started_ms, started);
        printf("being filled in: %s  %s  %s %s  %s%s%s\n", c->id, started, c->plate, c->colour, c->name,
               c->test[0] ? "  test " : "", c->test);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "checklist", c->id);
    json_string(rows->w, "colour", c->colour);
    json_string(rows->w, "list", c->name);
    json_string(rows->w, "plate", c->plate);
    ctl_rows_time(rows, "started_at", c->started_ms);
    json_string(rows->w, "test", c->test);
    json_object_end(rows->w);
    return 0;
}

/* Those that were begun and not ended, among the newest OPEN_AMONG. */
static int show_open(struct ctl *ctl, struct json_writer *w, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl, .w = w};
    ctl_rows_begin(&rows, "open");
    if (store_checklist_list(ctl->store, NULL, OPEN_AMONG, take_open, &rows, err) != 0)
        return -1;
    ctl_rows_end(&rows);
    return 0;
}

static int show_lists(struct ctl *ctl, struct err *err)
{
    struct json_writer w;
    if (ctl_load_config(ctl, err) != 0 || config_checklists(ctl->config, err) != 0 || ctl_open_store(ctl, err) != 0 ||
        (ctl->json && ctl_json_begin(&w, err) != 0))
        return -1;
    if (ctl->json) {
        json_object_begin(&w, NULL);
        json_array_begin(&w, "checklists");
    }
    for (size_t i = 0; i < ctl->config->checklists_count; i++) {
        if (ctl->json)
            write_list(&ctl->config->checklists[i], &w);
        else
            print_list(&ctl->config->checklists[i]);
    }
    if (!ctl->json)
        return show_open(ctl, NULL, err);
    json_array_end(&w);
    json_bool(&w, "ok", true);
    if (show_open(ctl, &w, err) != 0) {
        free(w.out);
        return -1;
    }
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

/* ---- one that was filled in ---- */

static int take_answer(void *ctx, const struct store_answer *a)
{
    struct json_writer *w = ctx;
    if (!w) {
        printf("  %-22s %-12s %s %s%s%s\n", a->item, a->answer, a->value, a->remark, a->photo[0] ? "  photo " : "",
               a->photo);
        return 0;
    }
    json_object_begin(w, NULL);
    json_string(w, "answer", a->answer);
    json_string(w, "item", a->item);
    json_string(w, "officer", a->officer);
    json_string(w, "photo", a->photo);
    json_string(w, "remark", a->remark);
    json_string(w, "value", a->value);
    json_object_end(w);
    return 0;
}

static int show_one(struct ctl *ctl, struct err *err)
{
    struct store_checklist c;
    struct json_writer w;
    if (ctl_open_store(ctl, err) != 0 || store_checklist_get(ctl->store, ctl->words[0], &c, err) != 0)
        return -1;
    if (!ctl->json) {
        char started[24];
        ctl_time(ctl, c.started_ms, started);
        printf("%s  %s  %s %s  %s%s%s  %s\n", c.id, started, c.plate, c.colour, c.name, c.test[0] ? "  test " : "",
               c.test, c.ended_ms ? "ended" : "open");
        return store_checklist_answers(ctl->store, c.seq, take_answer, NULL, err);
    }
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_array_begin(&w, "answers");
    if (store_checklist_answers(ctl->store, c.seq, take_answer, &w, err) != 0) {
        free(w.out);
        return -1;
    }
    json_array_end(&w);
    json_string(&w, "checklist", c.id);
    json_string(&w, "colour", c.colour);
    json_bool(&w, "ended", c.ended_ms != 0);
    json_string(&w, "list", c.name);
    json_bool(&w, "ok", true);
    json_string(&w, "plate", c.plate);
    json_string(&w, "test", c.test);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

int ctl_checklist(struct ctl *ctl, struct err *err)
{
    return ctl->words_count ? show_one(ctl, err) : show_lists(ctl, err);
}

/* ---- filling it in ---- */

int ctl_checklist_start(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "colour", ctl->colour);
    entries_text(&arguments, "list", ctl->name);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "plate", ctl->plate);
    entries_text(&arguments, "test", ctl->words_count ? ctl->words[0] : NULL);
    if (ctl->words_count == 0 && (!ctl->plate || !ctl->colour))
        return err_set(err, ERR_INVALID, "checklist start needs a test's id, or --plate and --colour");
    if (ctl_call(ctl, "checklist-start", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s\n", ctl_text(ctl, 0, "checklist"));
    return 0;
}

int ctl_checklist_answer(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    int photo = -1;
    if (ctl->photo && (photo = open(ctl->photo, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read; is the name right, and may you read it?", ctl->photo);
    entries_text(&arguments, "answer", ctl->words[2]);
    entries_text(&arguments, "id", ctl->words[0]);
    entries_text(&arguments, "item", ctl->words[1]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "remark", ctl->remark);
    entries_text(&arguments, "value", ctl->value);
    int result = ctl_call_with_file(ctl, "checklist-answer", &arguments, photo, err);
    if (photo >= 0)
        close(photo);
    if (result != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s: %s\n", ctl_text(ctl, 0, "item"), ctl_text(ctl, 0, "answer"));
    return 0;
}

int ctl_checklist_end(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "id", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    if (ctl_call(ctl, "checklist-end", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s: %" PRId64 " passed, %" PRId64 " failed, %" PRId64 " not checked\n", ctl->words[0],
           ctl_integer(ctl, 0, "passed"), ctl_integer(ctl, 0, "failed"), ctl_integer(ctl, 0, "not_checked"));
    return 0;
}

/* ---- what goes to whom ---- */

int ctl_rows_referral(void *ctx, const struct store_referral *r)
{
    struct ctl_rows *all = ctx;
    char at[CIVIL_TIME_TEXT_MAX];
    all->count++;
    civil_time_format(r->at_ms, all->ctl->config->utc_offset_minutes, at);
    if (!all->w) {
        printf("%.19s  %-12s %-12s %-8s %s\n    %s\n", at, r->authority, r->plate, r->colour, r->checklist, r->items);
        return 0;
    }
    json_object_begin(all->w, NULL);
    json_string(all->w, "at", at);
    json_string(all->w, "authority", r->authority);
    json_string(all->w, "checklist", r->checklist);
    json_string(all->w, "colour", r->colour);
    json_raw(all->w, "items", r->items, strlen(r->items));
    json_string(all->w, "plate", r->plate);
    json_integer(all->w, "seq", r->seq);
    json_object_end(all->w);
    return 0;
}

int ctl_referrals(struct ctl *ctl, struct err *err)
{
    struct json_writer w;
    struct ctl_rows all = {.ctl = ctl};
    int limit;
    const char *authority = ctl->words_count ? ctl->words[0] : NULL;
    if (ctl_open_store(ctl, err) != 0 || ctl_limit(ctl, 100, &limit, err) != 0)
        return -1;
    if (!ctl->json)
        return store_referral_list(ctl->store, authority, limit, ctl_rows_referral, &all, err);
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    all.w = &w;
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    json_array_begin(&w, "referrals");
    if (store_referral_list(ctl->store, authority, limit, ctl_rows_referral, &all, err) != 0) {
        free(w.out);
        return -1;
    }
    json_array_end(&w);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}
