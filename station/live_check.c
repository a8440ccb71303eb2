#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"
#include "station/record_wire.h"

/* ---- what it leaves behind while it runs ---- */

static int recording_of(struct live *live, int instrument)
{
    struct live_check *check = &live->check;
    int *file = &check->files[instrument >= 0];
    if (*file < 0) {
        char head[LIVE_HEAD_MAX], name[SPOOL_NAME_MAX];
        ptrdiff_t length = record_wire_head(live->config, instrument, head, sizeof head);
        assert(length > 0);
        snprintf(name, sizeof name, "%.31s.rec",
                 instrument < 0 ? "operator" : live->config->instruments[instrument].sensor.name);
        *file = spool_file(&check->spool, name, head);
    }
    return *file;
}

void live_check_record(struct live *live, int instrument, const struct recording_line *line)
{
    char text[2 * RECORDING_CHUNK_MAX + 64];
    ptrdiff_t length = recording_format(line, text, sizeof text);
    assert(length > 0);
    spool_write(&live->check.spool, recording_of(live, instrument), text, (size_t)length);
}

void live_check_finish(struct live *live, const struct verdict *verdict)
{
    live->check.verdict = *verdict;
    live->check.finished = true;
    live->check.ended_ms = clock_unix_ms();
}

/* ---- keys and commands ---- */

static void key(struct live *live, enum procedure_key key, const char *text)
{
    bench_key(&live->bench, key, text, clock_mono_ms());
}

void live_check_abort(struct live *live, const char *reason)
{
    if (!live->check.open || live->check.finished)
        return;
    key(live, KEY_ABORT, reason);
    live_settle(live);
}

/* Once the instrument is there: its own zeroing before a zero check; where it has no such command, somebody did it at
 * its panel. */
static void command(struct live *live)
{
    struct live_check *check = &live->check;
    uint64_t unsent = live->instruments[check->instrument].unsent;
    struct err err = {0};
    check->command_due = false;
    if (check->what == METROLOGY_ZERO) {
        if (bench_command(&live->bench, check->instrument, COMMAND_ZERO, clock_mono_ms(), &err) == 0 &&
            live->instruments[check->instrument].unsent != unsent)
            err_set(&err, ERR_FAILED, "zero could not be sent");
        snprintf(check->command, sizeof check->command, "%s", err.code ? err.text : "sent");
    }
    key(live, KEY_CONFIRM, "");
}

/* It answers: before that no driver takes a command. */
static bool is_there(const struct bench_instrument *b)
{
    return b->state == BENCH_LIVE || b->status == STATUS_ZERO_NEEDED;
}

void live_check_settle(struct live *live)
{
    struct live_check *check = &live->check;
    if (!check->open)
        return;
    if (!check->finished && check->spool.failed)
        key(live, KEY_ABORT, "the recording could not be written");
    if (!check->finished && check->command_due && is_there(&live->bench.instruments[check->instrument]))
        command(live);
    if (!check->finished || clock_mono_ms() < check->retry_ms)
        return;
    spool_close(&check->spool);
    struct err err = {0};
    if (live_check_save(live, &err) == 0) {
        check->open = false;
        live_lockout_checked(live, check->instrument);
        live_lockout_look(live);
        return;
    }
    if (check->retry_ms == 0)
        log_error("check %s has ended (%s) but cannot be saved: %s; it is tried again", check->id,
                  verdict_kind_name(check->verdict.kind), err.text);
    check->why = err;
    check->retry_ms = clock_mono_ms() + LIVE_RETRY_MS;
}

/* ---- its start ---- */

/* --filter: a reference of the configuration, the k of a filter, or QUANTITY=NUMBER … */
static int read_reference(const struct live *live, const char *text, struct live_check *check, struct err *err)
{
    struct metrology_reference parsed;
    struct decimal k;
    char until[CIVIL_DATE_TEXT_MAX];
    for (size_t i = 0; i < live->config->references_count; i++)
        if (strcmp(live->config->references[i].name, text) == 0)
            check->reference = &live->config->references[i];
    const struct config_reference *r = check->reference;
    if (r)
        snprintf(check->value, sizeof check->value, "%s", r->value);
    else
        snprintf(check->value, sizeof check->value, "%s%s", decimal_parse(&k, text, strlen(text)) ? "k=" : "", text);
    if (!metrology_reference_parse(check->value, &parsed))
        return err_set(err, ERR_INVALID,
                       "'%s' is no reference of the configuration, no k and no \"QUANTITY=NUMBER …\"; say which filter "
                       "or gas it is",
                       text);
    if (!r || !r->valid_until.year || civil_date_compare(r->valid_until, check->day) >= 0)
        return 0;
    civil_date_format(r->valid_until, until);
    return err_set(err, ERR_REFUSED,
                   "reference %s: its certificate %s was valid until %s; use another, or have it certified", r->name,
                   r->certificate, until);
}

static int read_request(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct live_check *check, struct err *err)
{
    char name[SENSOR_NAME_MAX], what[16], filter[CONFIG_TEXT_MAX - 8];
    if (live_request_text(request, "name", true, name, sizeof name, err) != 0 ||
        live_request_text(request, "what", true, what, sizeof what, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_TECHNICIAN, check->officer, err) != 0)
        return -1;
    check->instrument = live_operator_instrument(live, name, err);
    check->what = metrology_what_by_name(what);
    if (check->instrument < 0)
        return -1;
    if (check->what == METROLOGY_WHAT_COUNT)
        return err_set(err, ERR_INVALID, "there is no check '%s'; there are zero, span and leak-test", what);
    if (check->what == METROLOGY_LEAK_TEST) {
        if (live_request_text(request, "result", true, check->value, sizeof check->value, err) != 0)
            return -1;
        return strcmp(check->value, METROLOGY_NO_LEAK) == 0 || strcmp(check->value, METROLOGY_LEAK) == 0
                   ? 0
                   : err_set(err, ERR_INVALID, "'%s' is no result of a leak test; say none or leak", check->value);
    }
    if (live_request_text(request, "filter", check->what == METROLOGY_SPAN, filter, sizeof filter, err) != 0)
        return -1;
    return check->what == METROLOGY_SPAN ? read_reference(live, filter, check, err) : 0;
}

/* The rule of the day for this kind of instrument; NULL: none asks for such a check. */
static const struct rule *select_rule(const struct live *live, struct live_check *check)
{
    const struct config_instrument *c = &live->config->instruments[check->instrument];
    const enum quantity *quantities = sensor_quantities(c->driver, &c->sensor);
    enum metrology_kind kind = quantities ? metrology_kind_of(quantities) : METROLOGY_KIND_COUNT;
    if (kind == METROLOGY_KIND_COUNT || sensor_is_passage_source(&c->sensor))
        return NULL;
    return metrology_rule(live->config->rules, live->config->rules_count, metrology_method(kind, check->what)->name,
                          check->day, &check->pack);
}

static int append_start(struct live *live, struct err *err)
{
    const struct live_check *check = &live->check;
    char text[8192], files[2048], rules[1024], reference[512];
    struct record_make make = {0};
    struct json_writer w;
    uint64_t event;
    make.files_count = live_check_law(live, make.files);
    ptrdiff_t a = record_make_files(&make, files, sizeof files);
    json_writer_init(&w, rules, sizeof rules);
    record_make_rules(&w, check->pack, check->rule, LIMIT_CLASS_A, check->day);
    ptrdiff_t b = json_writer_finish(&w);
    json_writer_init(&w, reference, sizeof reference);
    live_check_reference(live, &w);
    ptrdiff_t c = json_writer_finish(&w);
    if (a < 0 || b < 0 || c < 0)
        return err_set(err, ERR_FAILED, "the start event of check %s is too long", check->id);
    const char *name = live->config->instruments[check->instrument].sensor.name;
    struct entries e = {0};
    entries_text(&e, "check", check->id);
    entries_raw(&e, "files", files, (size_t)a);
    entries_text(&e, "name", name);
    entries_text(&e, "officer", check->officer);
    entries_raw(&e, "reference", check->what == METROLOGY_SPAN ? reference : NULL, (size_t)c);
    entries_raw(&e, "rules", rules, (size_t)b);
    entries_text(&e, "said", check->what == METROLOGY_LEAK_TEST ? check->value : "");
    entries_integer(&e, "seq", check->seq);
    entries_text(&e, "user", check->user);
    entries_text(&e, "what", metrology_what_name(check->what));
    if (live_journal_append(live, "check-start", &e, text, sizeof text, &event, err) != 0)
        return -1;
    struct store_check row = {.seq = check->seq, .started_ms = check->started_ms};
    memcpy(row.id, check->id, sizeof row.id);
    snprintf(row.instrument, sizeof row.instrument, "%s", name);
    snprintf(row.what, sizeof row.what, "%s", metrology_what_name(check->what));
    return store_check_start(live->store, &row, event, err);
}

/* Numbers it, lets the bench begin, writes the start; nothing of it stays when one of these fails. */
static int begin(struct live *live, struct err *err)
{
    struct live_check *check = &live->check;
    if (store_begin(live->store, err) != 0)
        return -1;
    if (store_check_next_seq(live->store, &check->seq, err) != 0)
        goto failed;
    snprintf(check->id, sizeof check->id, "%.31s-K%06" PRId64, live->config->id, check->seq);
    if (spool_open(&check->spool, live->config->state, check->id, err) != 0)
        goto failed;
    check->open = true;
    live->bench.subject = check->instrument;
    if (bench_start(&live->bench, clock_mono_ms(), err) != 0)
        goto failed;
    recording_of(live, -1);
    recording_of(live, check->instrument);
    if (append_start(live, err) != 0)
        goto failed;
    if (store_commit(live->store, err) == 0)
        return 0;
    goto undo;
failed:
    store_rollback(live->store);
undo:
    if (live->bench.testing)
        key(live, KEY_ABORT, "its start could not be saved");
    spool_close(&check->spool);
    if (check->spool.folder[0])
        spool_remove(live->config->state, check->id, NULL);
    *check = (struct live_check){0};
    return -1;
}

static int may_start(struct live *live, struct err *err)
{
    if (live->test.open)
        return err_set(err, ERR_REFUSED, "test %s is running; a check is for before or after it", live->test.id);
    if (live->check.open)
        return err_set(err, ERR_REFUSED, "check %s is running%s%s; wait until it has ended", live->check.id,
                       live->check.why.code ? ", not saved yet: " : "", live->check.why.text);
    if (live_journal_flush(live) != 0 || live->journal_faulty)
        return err_set(err, ERR_REFUSED, "the journal cannot be written: %s", live->journal_trouble);
    return 0;
}

static int start(struct live *live, const struct live_check *wanted, struct err *err)
{
    static const struct vehicle nobody;
    struct procedure *p = &live->bench.procedure;
    if (may_start(live, err) != 0)
        return -1;
    live->check = *wanted;
    memset(live->check.files, 0xff, sizeof live->check.files);
    memset(p, 0, sizeof *p);
    p->method = metrology_method_by_name(wanted->rule->method);
    if (p->method->init(p, wanted->pack, wanted->rule, &nobody, LIMIT_CLASS_A, err) != 0) {
        live->check = (struct live_check){0};
        return -1;
    }
    if (begin(live, err) != 0)
        return -1;
    if (wanted->value[0])
        key(live, KEY_OBSERVE, wanted->value);
    live->check.command_due = true;
    return 0;
}

/* Zeroing within a test, and where no rule asks for checks, is the plain command. */
int live_check_start(struct live *live, struct control_client *client, const struct json_doc *request,
                     struct json_writer *answer, struct err *err)
{
    struct live_check wanted = {.started_ms = clock_unix_ms()};
    wanted.day = civil_date_of(wanted.started_ms, live->config->utc_offset_minutes);
    if (read_request(live, client, request, &wanted, err) != 0)
        return -1;
    snprintf(wanted.user, sizeof wanted.user, "%s", control_user(client));
    wanted.rule = select_rule(live, &wanted);
    if (!wanted.rule && wanted.what == METROLOGY_LEAK_TEST)
        return err_set(err, ERR_REFUSED,
                       "no rule of this station is for a leak test of this instrument; name the pack "
                       "metrology-cn in 'rules'");
    if (!wanted.rule || (live->test.open && wanted.what == METROLOGY_ZERO))
        return live_operator_command(live, client, request, answer, err);
    if (start(live, &wanted, err) != 0)
        return -1;
    const struct live_check *check = &live->check;
    const char *name = live->config->instruments[check->instrument].sensor.name;
    log_notice("check %s starts: %s of %s%s%s", check->id, metrology_what_name(check->what), name,
               check->value[0] ? ", " : "", check->value);
    control_watch(client, check->id);
    json_object_begin(answer, NULL);
    json_string(answer, "check", check->id);
    json_string(answer, "name", name);
    json_bool(answer, "ok", true);
    json_string(answer, "rule", check->rule->name);
    json_string(answer, "what", metrology_what_name(check->what));
    json_object_end(answer);
    return 0;
}
