#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

size_t live_check_law(const struct live *live, struct record_make_file law[2])
{
    const struct config *config = live->config;
    const struct profile *profile = config->instruments[live->check.instrument].sensor.profile;
    size_t count = 0;
    for (size_t i = 0; i < config->rules_count; i++)
        if (live->check.pack == &config->rules[i])
            live_save_law_file(&law[count++], "rules", &config->rules_files[i]);
    for (size_t i = 0; i < config->profiles_count; i++)
        if (profile == &config->profiles[i])
            live_save_law_file(&law[count++], "profiles", &config->profile_files[i]);
    return count;
}

void live_check_reference(const struct live *live, struct json_writer *w)
{
    const struct config_reference *r = live->check.reference;
    char until[CIVIL_DATE_TEXT_MAX] = "";
    if (r && r->valid_until.year)
        civil_date_format(r->valid_until, until);
    struct entries e = {0};
    entries_text(&e, "certificate", r ? r->certificate : "");
    entries_text(&e, "name", r ? r->name : "");
    entries_text(&e, "valid_until", until);
    entries_text(&e, "value", live->check.value);
    entries_write(&e, w, NULL);
}

/* Room for the parts of an end event. */
struct parts {
    struct record_make make;
    char files[4096], rules[1024], reference[512], instrument[2048], verdict[VERDICT_JSON_MAX];
    char event[VERDICT_JSON_MAX + 16384];
};

static ptrdiff_t finished(struct json_writer *w, bool *fits)
{
    ptrdiff_t length = json_writer_finish(w);
    *fits = *fits && length >= 0;
    return length < 0 ? 0 : length;
}

/* Everything that is known of an ended check, which is its record. */
static int end_entries(const struct live *live, struct parts *p, const struct verdict *verdict, struct entries *e,
                       struct err *err)
{
    const struct live_check *check = &live->check;
    const struct sensor_identity *identity = &live->bench.instruments[check->instrument].sensor.identity;
    struct json_writer w;
    bool fits = true;
    ptrdiff_t files = record_make_files(&p->make, p->files, sizeof p->files);
    json_writer_init(&w, p->instrument, sizeof p->instrument);
    record_make_instrument(&w, live->config, (size_t)check->instrument, identity);
    ptrdiff_t instrument = finished(&w, &fits);
    json_writer_init(&w, p->reference, sizeof p->reference);
    live_check_reference(live, &w);
    ptrdiff_t reference = finished(&w, &fits);
    json_writer_init(&w, p->rules, sizeof p->rules);
    record_make_rules(&w, check->pack, check->rule, LIMIT_CLASS_A, check->day);
    ptrdiff_t rules = finished(&w, &fits);
    json_writer_init(&w, p->verdict, sizeof p->verdict);
    verdict_write(verdict, &w, NULL);
    ptrdiff_t result = finished(&w, &fits);
    if (!fits || files < 0)
        return err_set(err, ERR_FAILED, "the result of check %s is too long", check->id);
    entries_text(e, "check", check->id);
    entries_text(e, "command", check->command);
    entries_raw(e, "files", p->files, (size_t)files);
    entries_raw(e, "instrument", p->instrument, (size_t)instrument);
    entries_text(e, "name", live->config->instruments[check->instrument].sensor.name);
    entries_text(e, "officer", check->officer);
    entries_raw(e, "reference", check->what == METROLOGY_SPAN ? p->reference : NULL, (size_t)reference);
    entries_text(e, "said", check->what == METROLOGY_LEAK_TEST ? check->value : "");
    entries_raw(e, "result", p->verdict, (size_t)result);
    entries_raw(e, "rules", p->rules, (size_t)rules);
    entries_text(e, "user", check->user);
    entries_text(e, "verdict", verdict_kind_name(verdict->kind));
    entries_text(e, "what", metrology_what_name(check->what));
    return 0;
}

/* Event, row and files in one transaction. */
static int write_end(struct live *live, struct parts *p, struct entries *e, const struct store_check *row,
                     struct err *err)
{
    uint64_t event;
    if (store_begin(live->store, err) != 0)
        return -1;
    int result = live_journal_append(live, "check-end", e, p->event, sizeof p->event, &event, err);
    if (result == 0)
        result = store_check_end(live->store, row, event, err);
    if (result == 0)
        result = live_drift_look(live, row->id, err);
    for (size_t i = 0; i < p->make.files_count && result == 0; i++)
        result = store_file_add(live->store, row->id, p->make.files[i].name, p->make.files[i].sha256,
                                p->make.files[i].size, err);
    if (result == 0)
        return store_commit(live->store, err);
    store_rollback(live->store);
    return -1;
}

static void drop_spool(struct live *live, const char *id)
{
    struct err left = {0};
    if (spool_remove(live->config->state, id, &left) != 0)
        log_warning("%s; the check is saved, the folder may be removed", left.text);
}

/* Tells those who watch. */
static void publish_end(struct live *live, const char *result, char *text, size_t size)
{
    const struct live_check *check = &live->check;
    struct json_writer w;
    struct entries e = {0};
    entries_text(&e, "check", check->id);
    entries_text(&e, "event", "end");
    entries_text(&e, "name", live->config->instruments[check->instrument].sensor.name);
    entries_bool(&e, "ok", check->verdict.kind == VERDICT_PASS);
    entries_raw(&e, "result", result, strlen(result));
    entries_text(&e, "verdict", verdict_kind_name(check->verdict.kind));
    entries_text(&e, "what", metrology_what_name(check->what));
    json_writer_init(&w, text, size);
    entries_write(&e, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    control_publish(live->control, check->id, text, (size_t)length);
    control_end(live->control, check->id);
}

static int save(struct live *live, struct parts *p, struct err *err)
{
    const struct live_check *check = &live->check;
    struct store_check row = {.ended_ms = check->ended_ms};
    struct entries e = {0};
    memcpy(row.id, check->id, sizeof row.id);
    snprintf(row.serial, sizeof row.serial, "%s", live_lockout_serial(live, check->instrument));
    snprintf(row.verdict, sizeof row.verdict, "%s", verdict_kind_name(check->verdict.kind));
    p->make.files_count = live_check_law(live, p->make.files);
    if (live_save_files(live, check->id, &p->make, err) != 0 || end_entries(live, p, &check->verdict, &e, err) != 0 ||
        live_journal_flush(live) != 0 || write_end(live, p, &e, &row, err) != 0)
        return err->code ? -1 : err_set(err, ERR_FAILED, "%s", live->journal_trouble);
    drop_spool(live, check->id);
    publish_end(live, p->verdict, p->event, sizeof p->event);
    log_notice("check %s ended: %s of %s, %s%s%s", check->id, metrology_what_name(check->what),
               live->config->instruments[check->instrument].sensor.name, verdict_kind_name(check->verdict.kind),
               check->verdict.reasons_count ? ": " : "", check->verdict.reasons_count ? check->verdict.reasons[0] : "");
    return 0;
}

int live_check_save(struct live *live, struct err *err)
{
    struct parts *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = save(live, p, err);
    free(p);
    return result;
}

/* ---- those that a dead daemon left open ---- */

enum { OPEN_MAX = 16 };

struct open_checks {
    size_t count;
    struct store_check rows[OPEN_MAX];
};

static int take(void *ctx, const struct store_check *row)
{
    struct open_checks *all = ctx;
    all->rows[all->count++] = *row;
    return all->count == OPEN_MAX;
}

/* Its recording is kept, but it has no result. */
static int end_one(struct live *live, struct store_check *row, struct parts *p, struct err *err)
{
    struct verdict verdict = {.kind = VERDICT_ABORTED};
    struct json_writer w;
    struct entries e = {0};
    snprintf(verdict.method, sizeof verdict.method, "%s", row->what);
    verdict_reason(&verdict, "%s", VERDICT_LOST);
    p->make.files_count = 0;
    if (live_save_files(live, row->id, &p->make, err) != 0)
        return -1;
    ptrdiff_t files = record_make_files(&p->make, p->files, sizeof p->files);
    json_writer_init(&w, p->verdict, sizeof p->verdict);
    verdict_write(&verdict, &w, NULL);
    ptrdiff_t result = json_writer_finish(&w);
    assert(files > 0 && result > 0);
    entries_text(&e, "check", row->id);
    entries_raw(&e, "files", p->files, (size_t)files);
    entries_text(&e, "name", row->instrument);
    entries_raw(&e, "result", p->verdict, (size_t)result);
    entries_text(&e, "verdict", verdict_kind_name(verdict.kind));
    entries_text(&e, "what", row->what);
    row->ended_ms = clock_unix_ms();
    snprintf(row->verdict, sizeof row->verdict, "%s", verdict_kind_name(verdict.kind));
    if (write_end(live, p, &e, row, err) != 0)
        return err_prefix(err, "check %s, which a dead daemon left open", row->id);
    log_notice("check %s of %s was open when the daemon died: aborted (%s)", row->id, row->instrument, VERDICT_LOST);
    drop_spool(live, row->id);
    return 0;
}

int live_check_recover(struct live *live, struct err *err)
{
    struct parts *p = calloc(1, sizeof *p);
    struct open_checks *all = calloc(1, sizeof *all);
    int result = p && all ? 0 : err_set(err, ERR_FAILED, "out of memory");
    size_t found = 1;
    while (result == 0 && found > 0) {
        all->count = 0;
        result = store_check_list(live->store, NULL, true, OPEN_MAX, take, all, err);
        found = all->count;
        for (size_t i = 0; i < found && result == 0; i++)
            result = end_one(live, &all->rows[i], p, err);
    }
    free(all);
    free(p);
    return result;
}
