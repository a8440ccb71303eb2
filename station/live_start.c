#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reports/log.h"
#include "station/live_parts.h"

/* ---- may it start? ---- */

static int station_ready(struct live *live, struct err *err)
{
    const struct live_test *test = &live->test;
    char started[16];
    live_time_of_day(live, test->started_ms, started);
    if (test->open && test->finished)
        return err_set(err, ERR_REFUSED, "test %s has ended but is not saved yet: %s", test->id, test->why.text);
    if (test->open)
        return err_set(err, ERR_REFUSED, "test %s of %s is running since %s; end it or abort it first", test->id,
                       test->vehicle.plate.text, started);
    if (live->check.open)
        return err_set(err, ERR_REFUSED, "check %s is running; a test can start when it has ended", live->check.id);
    /* Nothing may wait when the start's transaction is open: the bench's callbacks note facts, and many would be
     * flushed at once. */
    if (live_journal_flush(live) != 0 || live->journal_faulty)
        return err_set(err, ERR_REFUSED, "the journal cannot be written: %s", live->journal_trouble);
    live_lockout_look(live);
    return 0;
}

/* ---- its start ---- */

/* A fact that is a code must be one of its list, where there is such a list. */
static int check_code(const struct codes *codes, const char *key, const char *value, struct err *err)
{
    static const char *const coded[] = {"cllx", "hpzl", "use"};
    for (size_t i = 0; i < sizeof coded / sizeof coded[0]; i++)
        if (strcmp(coded[i], key) == 0 && codes_table(codes, key) && !codes_find(codes, key, value))
            return err_set(err, ERR_INVALID,
                           "%s: '%s' is no code of its list; smogctl codes %s shows them, new ones go into "
                           "the files of codes-dir",
                           key, value, key);
    return 0;
}

/* "vehicle": {"mass_kg":"12000", …} */
static int read_facts(const struct codes *codes, struct live_test *test, const struct json_doc *request, const char *by,
                      struct err *err)
{
    ptrdiff_t object = json_member(request, 0, "vehicle");
    if (object < 0)
        return 0;
    if (request->tokens[object].type != JSON_OBJECT)
        return err_set(err, ERR_INVALID, "'vehicle' must be an object of texts");
    size_t token = (size_t)object + 1;
    for (uint32_t i = 0; i < request->tokens[object].count; i++) {
        char key[32], value[FACT_VALUE_MAX];
        if (!json_get_string(request, (ptrdiff_t)token, key, sizeof key) ||
            !json_get_string(request, (ptrdiff_t)token + 1, value, sizeof value))
            return err_set(err, ERR_INVALID, "a vehicle fact must be a text of at most %d bytes", FACT_VALUE_MAX - 1);
        if (vehicle_set(&test->vehicle, key, value, FACT_TYPED, by, err) != 0 ||
            check_code(codes, key, value, err) != 0)
            return -1;
        token = request->tokens[token + 1].next;
    }
    return 0;
}

static int read_vehicle(const struct live *live, struct live_test *test, const struct json_doc *request,
                        struct err *err)
{
    char plate[64], colour_name[32];
    enum plate_colour colour = PLATE_COLOUR_UNKNOWN;
    const char *by = test->officer[0] ? test->officer : test->user;
    if (live_request_text(request, "plate", true, plate, sizeof plate, err) != 0 ||
        live_request_text(request, "colour", true, colour_name, sizeof colour_name, err) != 0)
        return -1;
    if (!plate_colour_by_name(colour_name, &colour))
        return err_set(err, ERR_INVALID,
                       "'%s' is no plate colour; say blue, yellow, black, white, green or yellow-green", colour_name);
    if (plate_parse(&test->vehicle.plate, plate, colour, err) != 0)
        return -1;
    if (test->vehicle.plate.kind == PLATE_TRAILER)
        return err_set(err, ERR_INVALID, "%s is a trailer; test the tractor and say --vehicle trailer_plate=%s",
                       test->vehicle.plate.text, test->vehicle.plate.text);
    test->vehicle.plate_source = FACT_TYPED;
    snprintf(test->vehicle.plate_by, sizeof test->vehicle.plate_by, "%s", by);
    if (read_facts(live->config->codes, test, request, by, err) != 0)
        return -1;
    if (live_roster_facts(live, &test->vehicle, test->started_ms, err) != 0)
        return -1;
    return live_identity_check(live, &test->vehicle, request, err);
}

/* Who tests, who is with him, and the police officer who has stopped the vehicle. */
static int read_people(const struct live *live, struct live_test *test, const struct json_doc *request, struct err *err)
{
    enum role role;
    bool any;
    if (live_request_text(request, "officer", false, test->officer, sizeof test->officer, err) != 0 ||
        live_request_text(request, "officer2", false, test->officer2, sizeof test->officer2, err) != 0 ||
        live_request_text(request, "police", false, test->police, sizeof test->police, err) != 0 ||
        store_officer_any(live->store, &any, err) != 0)
        return -1;
    if (any && test->officer[0] == '\0')
        return err_set(err, ERR_REFUSED, "officers are registered here; say who tests: --officer N");
    if (test->officer[0] && strcasecmp(test->officer, test->officer2) == 0)
        return err_set(err, ERR_INVALID, "the second officer is another one than %s", test->officer);
    if ((test->officer[0] && live_officer_check(live, test->officer, ROLE_ECOLOGY, &role, err) != 0) ||
        (test->officer2[0] && live_officer_check(live, test->officer2, ROLE_ECOLOGY, &role, err) != 0) ||
        (test->police[0] && live_officer_check(live, test->police, ROLE_POLICE, &role, err) != 0))
        return -1;
    return 0;
}

static int read_request(struct live *live, struct live_test *test, const struct json_doc *request, struct err *err)
{
    char method[RULES_ID_MAX];
    if (read_people(live, test, request, err) != 0 ||
        live_request_text(request, "method", true, method, sizeof method, err) != 0 ||
        read_vehicle(live, test, request, err) != 0 || live_camera_confirm(live, test, request, err) != 0)
        return -1;
    test->method = procedure_method_by_name(method);
    if (!test->method) {
        char list[200] = "";
        for (size_t i = 0, at = 0; procedure_methods[i] && at < sizeof list; i++)
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", procedure_methods[i]->name);
        return err_set(err, ERR_INVALID, "there is no method '%s'; there are: %s", method, list);
    }
    test->day = civil_date_of(test->started_ms, live->config->utc_offset_minutes);
    test->rule = rules_select(live->config->rules, live->config->rules_count, method, &test->vehicle, test->day,
                              &test->pack, err);
    return test->rule ? 0 : -1;
}

static int append_start(struct live *live, struct live_scratch *scratch, struct err *err)
{
    const struct live_test *test = &live->test;
    char given[8192], suggestion[512];
    uint64_t event;
    if (live_save_parts(live, scratch, err) != 0)
        return -1;
    scratch->make = (struct record_make){0};
    scratch->make.files_count = live_save_given(live, scratch->make.files);
    if (record_make_files(&scratch->make, given, sizeof given) < 0)
        return err_set(err, ERR_FAILED, "the start event of test %s is too long", test->id);
    struct entries e = {0};
    entries_raw(&e, "files", given, strlen(given));
    entries_raw(&e, "instruments", scratch->instruments, strlen(scratch->instruments));
    entries_text(&e, "method", test->method->name);
    entries_raw(&e, "officers", scratch->officers, strlen(scratch->officers));
    entries_raw(&e, "rules", scratch->rules, strlen(scratch->rules));
    entries_integer(&e, "seq", test->seq);
    if (test->suggestion.id[0]) {
        struct json_writer w;
        json_writer_init(&w, suggestion, sizeof suggestion);
        live_camera_write(test, &w);
        ptrdiff_t length = json_writer_finish(&w);
        entries_raw(&e, "suggestion", length > 0 ? suggestion : NULL, length > 0 ? (size_t)length : 0);
    }
    entries_text(&e, "test", test->id);
    entries_raw(&e, "vehicle", scratch->vehicle, strlen(scratch->vehicle));
    if (live_journal_append(live, "test-start", &e, scratch->event, sizeof scratch->event, &event, err) != 0)
        return -1;
    struct store_test row = {.seq = test->seq, .started_ms = test->started_ms, .end_event = -1};
    memcpy(row.id, test->id, sizeof row.id);
    snprintf(row.method, sizeof row.method, "%s", test->method->name);
    snprintf(row.plate, sizeof row.plate, "%s", test->vehicle.plate.text);
    snprintf(row.colour, sizeof row.colour, "%s", plate_colour_name(test->vehicle.plate.colour));
    return store_test_start(live->store, &row, event, err);
}

/* Numbers it, lets the bench begin, and writes the start; nothing of it stays when one of these fails. */
static int begin(struct live *live, struct live_scratch *scratch, struct err *err)
{
    struct live_test *test = &live->test;
    int64_t now_ms = clock_mono_ms();
    if (store_begin(live->store, err) != 0)
        return -1;
    if (store_test_next_seq(live->store, &test->seq, err) != 0)
        goto failed;
    snprintf(test->id, sizeof test->id, "%.31s-T%06" PRId64, live->config->id, test->seq);
    if (spool_open(&test->spool, live->config->state, test->id, err) != 0)
        goto failed;
    test->spool.make_room = live_reserve_make_room;
    test->spool.ctx = live;
    test->open = true;
    live_test_began(live);
    if (bench_start(&live->bench, now_ms, err) != 0)
        goto failed;
    for (int i = 0; i < live->bench.count; i++)
        test->takes_part[i] = live->bench.instruments[i].in_test;
    live_test_files(live);
    live_alerts_begin(live);
    if (append_start(live, scratch, err) != 0 || live_identity_alerts(live, test, err) != 0)
        goto failed;
    if (store_commit(live->store, err) == 0)
        return 0;
    goto undo;
failed:
    store_rollback(live->store);
undo:
    test->open = false; /* nobody hears of it */
    if (live->bench.testing)
        bench_key(&live->bench, KEY_ABORT, "its start could not be saved", now_ms);
    spool_close(&test->spool);
    if (test->spool.folder[0])
        spool_remove(live->config->state, test->id, NULL);
    *test = (struct live_test){0};
    return -1;
}

/* Everything that may be wrong with it, before it gets a number. */
static int prepare(struct live *live, const struct json_doc *request, struct err *err)
{
    struct live_test *test = &live->test;
    char plate[64];
    if (read_request(live, test, request, err) != 0)
        return -1;
    const char *colour = plate_colour_name(test->vehicle.plate.colour);
    snprintf(plate, sizeof plate, "%s %s", test->vehicle.plate.text, colour);
    live_lockout_aborts(live, test->vehicle.plate.text, colour);
    live_lockout_store(live);
    if (live_lockout_station(live, test->method, plate, err) != 0)
        return -1;
    memset(&live->bench.procedure, 0, sizeof live->bench.procedure);
    live->bench.procedure.method = test->method;
    return test->method->init(&live->bench.procedure, test->pack, test->rule, &test->vehicle,
                              config_limit_class(live->config, test->pack, test->day), err);
}

static int start(struct live *live, struct control_client *client, const struct json_doc *request, struct err *err)
{
    if (station_ready(live, err) != 0)
        return -1;
    struct live_test *test = &live->test;
    *test = (struct live_test){.started_ms = clock_unix_ms(), .readings = -1};
    memset(test->files, 0xff, sizeof test->files);
    snprintf(test->user, sizeof test->user, "%s", control_user(client));
    struct live_scratch *scratch = malloc(sizeof *scratch);
    if (!scratch)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = prepare(live, request, err);
    if (result == 0)
        result = begin(live, scratch, err);
    else
        *test = (struct live_test){0};
    free(scratch);
    return result;
}

int live_start_test(struct live *live, struct control_client *client, const struct json_doc *request,
                    struct json_writer *answer, struct err *err)
{
    if (start(live, client, request, err) != 0)
        return -1;
    const struct live_test *test = &live->test;
    log_notice("test %s of %s starts: %s, rule %s of %s", test->id, test->vehicle.plate.text, test->method->name,
               test->rule->name, test->pack->id);
    struct entries e = {0};
    entries_bool(&e, "ok", true);
    entries_text(&e, "pack", test->pack->id);
    entries_text(&e, "plate", test->vehicle.plate.text);
    entries_text(&e, "rule", test->rule->name);
    entries_integer(&e, "seq", test->seq);
    entries_text(&e, "test", test->id);
    entries_write(&e, answer, NULL);
    return 0;
}
