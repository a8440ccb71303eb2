#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

/* The open test of that id; else what is known of the id. */
static int find_open(const struct live *live, const char *id, struct err *err)
{
    const struct live_test *test = &live->test;
    if (test->open && strcmp(test->id, id) == 0)
        return 0;
    struct store_test row;
    struct err why = {0};
    if (store_test_get(live->store, id, &row, NULL, &why) == 0)
        return err_set(err, ERR_REFUSED, "test %s has ended: %s", id, row.verdict);
    if (why.code != ERR_INVALID)
        return err_set(err, why.code, "%s", why.text);
    if (test->open)
        return err_set(err, ERR_INVALID, "there is no test '%s'; the running test is %s", id, test->id);
    return err_set(err, ERR_INVALID, "there is no test '%s'", id);
}

/* ---- keys ---- */

static int check_observation(const struct live *live, const char *text, struct err *err)
{
    const struct procedure_method *method = live->test.method;
    if (!method->check_observation)
        return err_set(err, ERR_REFUSED, "a test by %s takes no observation", method->name);
    return method->check_observation(&live->bench.procedure, text, err);
}

static int press(struct live *live, const struct json_doc *request, struct err *err)
{
    char id[LIVE_ID_MAX], name[32], text[LIVE_TEXT_LIMIT + 1];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0 ||
        live_request_text(request, "key", true, name, sizeof name, err) != 0 ||
        live_request_text(request, "text", false, text, sizeof text, err) != 0)
        return -1;
    enum procedure_key key = procedure_key_by_name(name);
    if (key == KEY_COUNT)
        return err_set(err, ERR_INVALID, "there is no key '%s'; there are confirm, bypass-warm, observe, abort", name);
    if ((key == KEY_ABORT || key == KEY_BYPASS_WARM) && text[strspn(text, " ")] == '\0')
        return err_set(err, ERR_INVALID, "%s needs a reason: --reason TEXT", name);
    if (find_open(live, id, err) != 0)
        return -1;
    if (live->test.finished)
        return err_set(err, ERR_REFUSED, "test %s has ended already but is not saved yet: %s", id, live->test.why.text);
    if (key == KEY_OBSERVE && check_observation(live, text, err) != 0)
        return -1;
    live_key(live, key, text);
    if (live->test.open && live->test.finished)
        return err_set(err, ERR_FAILED, "test %s is ended but not saved yet, it is tried again: %s", id,
                       live->test.why.text);
    return 0;
}

int live_operator_key(struct live *live, struct control_client *client, const struct json_doc *request,
                      struct json_writer *answer, struct err *err)
{
    (void)client;
    if (press(live, request, err) != 0)
        return -1;
    json_object_begin(answer, NULL);
    json_bool(answer, "ok", true);
    live_test_state(live, answer, "state");
    json_string(answer, "test", live->test.id);
    if (!live->test.open)
        json_string(answer, "verdict", verdict_kind_name(live->test.verdict.kind));
    json_object_end(answer);
    return 0;
}

/* ---- void: a further fact about an ended test; nothing is taken back ---- */

/* The bulletins count it as void from now on. */
static int count_void(struct live *live, const char *id, struct err *err)
{
    struct store_test test;
    struct err why = {0};
    char *record = NULL;
    if (store_test_get(live->store, id, &test, &record, err) != 0)
        return -1;
    int rc = record ? store_measurement_void(live->store, record, strlen(record), &why) : 0;
    free(record);
    if (rc < 0)
        *err = why;
    return rc < 0 ? -1 : 0;
}

static int write_void(struct live *live, const struct store_test *test, const char *reason, const char *officer,
                      struct err *err)
{
    char text[1024];
    uint64_t index;
    struct entries e = {0};
    entries_text(&e, "officer", officer);
    entries_text(&e, "reason", reason);
    entries_text(&e, "test", test->id);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "test-void", &e, text, sizeof text, &index, err) != 0 ||
        store_test_void(live->store, test->id, reason, err) != 0 || count_void(live, test->id, err) != 0 ||
        live_case_void(live, test, officer, reason, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    struct entries told = {0};
    entries_text(&told, "event", "void");
    entries_text(&told, "test", test->id);
    entries_text(&told, "verdict", "void");
    live_feed_entries(live, "test", &told);
    return store_commit(live->store, err);
}

static void say_verdict(struct json_writer *answer, const char *event, const char *id, const char *verdict)
{
    json_object_begin(answer, NULL);
    json_string(answer, "event", event);
    json_bool(answer, "ok", true);
    json_string(answer, "test", id);
    json_string(answer, "verdict", verdict);
    json_object_end(answer);
}

int live_operator_void(struct live *live, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    struct store_test row;
    char id[LIVE_ID_MAX], reason[LIVE_TEXT_LIMIT + 1], officer[LIVE_OFFICER_MAX];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0 ||
        live_request_text(request, "reason", true, reason, sizeof reason, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_SUPERVISOR, officer, err) != 0)
        return -1;
    if (live->test.open && strcmp(live->test.id, id) == 0)
        return err_set(err, ERR_REFUSED, "test %s is running; abort it instead", id);
    if (store_test_get(live->store, id, &row, NULL, err) != 0 || write_void(live, &row, reason, officer, err) != 0)
        return -1;
    log_notice("test %s is void: %s (%s)", id, reason, officer);
    say_verdict(answer, "void", id, "void");
    return 0;
}

/* ---- watch ---- */

int live_operator_watch(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct json_writer *answer, struct err *err)
{
    struct store_test row;
    char id[LIVE_ID_MAX];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0)
        return -1;
    if (live->test.open && strcmp(live->test.id, id) == 0) {
        control_watch(client, id);
        live_test_prompt_now(live, answer);
        return 0;
    }
    if (store_test_get(live->store, id, &row, NULL, err) != 0)
        return -1;
    say_verdict(answer, "end", id, row.verdict);
    return 0;
}

/* ---- instruments ---- */

int live_operator_instrument(const struct live *live, const char *name, struct err *err)
{
    for (int i = 0; i < live->bench.count; i++)
        if (strcmp(live->bench.instruments[i].config.name, name) == 0)
            return i;
    return err_set(err, ERR_INVALID, "there is no instrument '%s'; smogctl instruments lists them", name);
}

static int command(struct live *live, struct control_client *client, const struct json_doc *request,
                   char name[SENSOR_NAME_MAX], char what[32], struct err *err)
{
    char officer[LIVE_OFFICER_MAX], filter[32];
    if (live_request_text(request, "filter", false, filter, sizeof filter, err) != 0 ||
        live_request_text(request, "name", true, name, SENSOR_NAME_MAX, err) != 0 ||
        live_request_text(request, "what", true, what, 32, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_TECHNICIAN, officer, err) != 0)
        return -1;
    int instrument = live_operator_instrument(live, name, err);
    if (instrument < 0)
        return -1;
    enum sensor_command which = 0;
    while (which < COMMAND_COUNT && strcmp(sensor_command_name(which), what) != 0)
        which++;
    if (which == COMMAND_COUNT)
        return err_set(err, ERR_INVALID, "there is no command '%s'", what);
    if (live->check.open)
        return err_set(err, ERR_REFUSED, "check %s is running; %s is for before or after it", live->check.id, what);
    if (live->test.open && !(live->bench.procedure.takes_zero && which == COMMAND_ZERO))
        return err_set(err, ERR_REFUSED, "test %s is running; %s is for before or after it", live->test.id, what);
    if (live->bench.instruments[instrument].state == BENCH_OFFLINE)
        return err_set(err, ERR_REFUSED, "%s is not connected: %s", name, live->instruments[instrument].trouble);
    uint64_t unsent = live->instruments[instrument].unsent;
    if (bench_command(&live->bench, instrument, which, clock_mono_ms(), err) != 0)
        return -1;
    if (live->instruments[instrument].unsent != unsent)
        return err_set(err, ERR_FAILED, "%s could not be sent to %s; try again", what, name);
    struct entries e = {0};
    entries_text(&e, "filter", filter); /* span: the neutral filter in the path, as typed */
    entries_text(&e, "name", name);
    entries_text(&e, "officer", officer);
    entries_text(&e, "result", "commanded");
    entries_text(&e, "what", what);
    live_journal_note(live, "check", &e);
    if (live_journal_flush(live) != 0)
        return err_set(err, ERR_FAILED, "%s was commanded but is not in the journal yet: %s", what,
                       live->journal_trouble);
    return 0;
}

int live_operator_command(struct live *live, struct control_client *client, const struct json_doc *request,
                          struct json_writer *answer, struct err *err)
{
    char name[SENSOR_NAME_MAX], what[32];
    if (command(live, client, request, name, what, err) != 0)
        return -1;
    json_object_begin(answer, NULL);
    json_string(answer, "name", name);
    json_bool(answer, "ok", true);
    json_string(answer, "what", what);
    json_object_end(answer);
    return 0;
}

/* ---- outbox ---- */

static int retry(struct live *live, const char *case_id, const char *outlet, const char *officer, const char *what,
                 struct err *err)
{
    char text[1024];
    uint64_t index;
    struct entries e = {0};
    entries_text(&e, "case", case_id);
    entries_text(&e, "officer", officer);
    entries_text(&e, "outlet", outlet);
    entries_text(&e, "what", what);
    if (store_begin(live->store, err) != 0)
        return -1;
    if ((strcmp(what, "release") == 0 ? store_outbox_release : store_outbox_retry)(
            live->store, case_id, outlet[0] ? outlet : NULL, clock_unix_ms(), err) != 0 ||
        live_journal_append(live, "outbox", &e, text, sizeof text, &index, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

int live_operator_outbox(struct live *live, struct control_client *client, const struct json_doc *request,
                         struct json_writer *answer, struct err *err)
{
    char id[LIVE_CASE_MAX], outlet[CONFIG_NAME_MAX], what[16], officer[LIVE_OFFICER_MAX];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0 ||
        live_request_text(request, "outlet", false, outlet, sizeof outlet, err) != 0 ||
        live_request_text(request, "what", true, what, sizeof what, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_SUPERVISOR, officer, err) != 0 ||
        retry(live, id, outlet, officer, what, err) != 0)
        return -1;
    log_notice("outbox: %s of %s by %s", what, id, officer);
    json_object_begin(answer, NULL);
    json_string(answer, "id", id);
    json_bool(answer, "ok", true);
    json_object_end(answer);
    return 0;
}
