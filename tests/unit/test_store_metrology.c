/* Lockouts and metrology checks in the store: what holds, what ended, who ended it, over restarts. */
#include "station/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/civil.h"
#include "tests/support/store_fixture.h"

static char dir[256];
static struct err err;
static struct store *s;

static int fresh(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    s = fixture_open(dir, STORE_OWNER);
    return 0;
}

static int shut(void **state)
{
    (void)state;
    store_close(s);
    return 0;
}

static void restart(void)
{
    store_close(s);
    s = fixture_open(dir, STORE_OWNER);
}

/* ---- lockouts ---- */

static void raise_lockout(const char *code, const char *subject, int64_t since_ms)
{
    struct store_lockout l = {.since_ms = since_ms, .what = "what is the matter"};
    uint64_t event;
    snprintf(l.code, sizeof l.code, "%s", code);
    snprintf(l.subject, sizeof l.subject, "%s", subject);
    assert_int_equal(store_begin(s, &err), 0);
    char since[CIVIL_TIME_TEXT_MAX], more[600];
    civil_time_format(since_ms, 480, since);
    snprintf(more, sizeof more, ",\"code\":\"%s\",\"instrument\":\"%s\",\"since\":\"%s\",\"what\":\"%s\"", code,
             subject, since, l.what);
    assert_int_equal(fixture_append_more(s, "lockout", more, &event), 0);
    assert_int_equal(store_lockout_raise(s, &l, event, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
}

static int clear_lockout(const char *code, const char *subject, int64_t at_ms)
{
    struct store_lockout l = {.cleared_ms = at_ms, .cleared_by = "P0007", .reason = "cause found"};
    uint64_t event;
    snprintf(l.code, sizeof l.code, "%s", code);
    snprintf(l.subject, sizeof l.subject, "%s", subject);
    assert_int_equal(store_begin(s, &err), 0);
    char at[CIVIL_TIME_TEXT_MAX], more[600];
    civil_time_format(at_ms, 480, at);
    snprintf(more, sizeof more, ",\"at\":\"%s\",\"by\":\"%s\",\"code\":\"%s\",\"instrument\":\"%s\",\"reason\":\"%s\"",
             at, l.cleared_by, code, subject, l.reason);
    assert_int_equal(fixture_append_more(s, "lockout-clear", more, &event), 0);
    if (store_lockout_clear(s, &l, event, &err) != 0) {
        store_rollback(s);
        return -1;
    }
    return store_commit(s, &err);
}

static int list_code(void *ctx, const struct store_lockout *l)
{
    char *out = ctx;
    snprintf(out + strlen(out), 256 - strlen(out), "%s/%s ", l->code, l->subject);
    return 0;
}

static void assert_held(const char *expected)
{
    char held[256] = "";
    assert_int_equal(store_lockout_list(s, list_code, held, &err), 0);
    assert_string_equal(held, expected);
}

static void lockouts_hold_until_they_are_cleared(void **state)
{
    (void)state;
    assert_held("");
    raise_lockout("zero-due", "smoke", 2000);
    raise_lockout("disk-reserve", "", 1000);
    raise_lockout("zero-due", "smoke2", 3000);
    assert_held("disk-reserve/ zero-due/smoke zero-due/smoke2 ");
    restart();
    assert_held("disk-reserve/ zero-due/smoke zero-due/smoke2 ");
    assert_int_equal(clear_lockout("zero-due", "smoke", 4000), 0);
    restart();
    assert_held("disk-reserve/ zero-due/smoke2 ");
    struct store_lockout l;
    bool found = false;
    assert_int_equal(store_lockout_get(s, "zero-due", "smoke", &l, &found, &err), 0);
    assert_true(found);
    assert_int_equal(l.since_ms, 2000);
    assert_int_equal(l.cleared_ms, 4000);
    assert_string_equal(l.cleared_by, "P0007");
    assert_string_equal(l.reason, "cause found");
    assert_int_equal(store_lockout_get(s, "zero-due", "smoke3", &l, &found, &err), 0);
    assert_false(found);
}

static void only_what_holds_can_be_cleared_and_nothing_of_it_stays(void **state)
{
    (void)state;
    raise_lockout("aborts-station", "", 1000);
    assert_int_equal(clear_lockout("aborts-station", "smoke", 2000), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_string_equal(err.text, "the lockout aborts-station of smoke does not hold");
    assert_int_equal(clear_lockout("aborts-station", "", 2000), 0);
    assert_int_equal(clear_lockout("aborts-station", "", 3000), -1);
    fixture_verify(s, 2); /* the events of the refused ones are gone with them */
}

static void a_lockout_comes_again(void **state)
{
    (void)state;
    raise_lockout("leak", "gas", 1000);
    assert_int_equal(clear_lockout("leak", "gas", 2000), 0);
    raise_lockout("leak", "gas", 3000);
    assert_held("leak/gas ");
    struct store_lockout l;
    bool found = false;
    assert_int_equal(store_lockout_get(s, "leak", "gas", &l, &found, &err), 0);
    assert_int_equal(l.since_ms, 3000);
    assert_int_equal(l.cleared_ms, 0);
    assert_string_equal(l.cleared_by, "");
    assert_string_equal(l.reason, "");
}

static void readers_see_them_and_change_nothing(void **state)
{
    (void)state;
    raise_lockout("leak", "gas", 1000);
    struct store *reader = fixture_open(dir, STORE_READER);
    char held[256] = "";
    assert_int_equal(store_lockout_list(reader, list_code, held, &err), 0);
    assert_string_equal(held, "leak/gas ");
    assert_int_not_equal(sqlite3_exec(store_database(reader), "UPDATE lockout SET cleared_ms = 1", NULL, NULL, NULL),
                         SQLITE_OK);
    store_close(reader);
    struct store *delivery = fixture_open(dir, STORE_DELIVERY);
    assert_int_not_equal(sqlite3_exec(store_database(delivery), "UPDATE lockout SET cleared_ms = 1", NULL, NULL, NULL),
                         SQLITE_OK);
    store_close(delivery);
}

/* ---- aborted tests ---- */

static void aborted_tests_are_counted_by_time_and_plate(void **state)
{
    (void)state;
    static const struct {
        const char *plate, *colour, *verdict;
    } tests[] = {{"新B12345", "yellow", "aborted"},
                 {"新B12345", "yellow", "pass"},
                 {"新B12345", "blue", "aborted"},
                 {"新A66T21", "yellow", "aborted"}};
    for (int64_t n = 1; n <= 4; n++) {
        fixture_start(s, n, tests[n - 1].plate, tests[n - 1].colour);
        fixture_end(s, n, tests[n - 1].verdict, "{}");
    }
    int64_t count = -1;
    int64_t first_ms = strtoll(fixture_text(store_database(s), "SELECT min(ended_ms) FROM test"), NULL, 10);
    assert_int_equal(store_test_aborted(s, first_ms - 1, NULL, NULL, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(store_test_aborted(s, first_ms, NULL, NULL, &count, &err), 0); /* after, not at */
    assert_int_equal(count, 2);
    assert_int_equal(store_test_aborted(s, first_ms - 1, "新B12345", NULL, &count, &err), 0);
    assert_int_equal(count, 2);
    assert_int_equal(store_test_aborted(s, first_ms - 1, "新B12345", "yellow", &count, &err), 0);
    assert_int_equal(count, 1);
}

/* ---- checks ---- */

static void check(int64_t n, const char *instrument, const char *what, const char *serial, const char *verdict)
{
    struct store_check c = {.started_ms = n * 1000};
    uint64_t event;
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_check_next_seq(s, &c.seq, &err), 0);
    assert_int_equal(c.seq, n);
    snprintf(c.id, sizeof c.id, "K%d", (int)n);
    snprintf(c.instrument, sizeof c.instrument, "%s", instrument);
    snprintf(c.what, sizeof c.what, "%s", what);
    assert_int_equal(fixture_append(s, "check-start", &event), 0);
    assert_int_equal(store_check_start(s, &c, event, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    if (!verdict)
        return;
    snprintf(c.serial, sizeof c.serial, "%s", serial);
    snprintf(c.verdict, sizeof c.verdict, "%s", verdict);
    c.ended_ms = n * 1000 + 500;
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(fixture_append(s, "check-end", &event), 0);
    assert_int_equal(store_check_end(s, &c, event, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
}

static int list_id(void *ctx, const struct store_check *c)
{
    char *out = ctx;
    snprintf(out + strlen(out), 256 - strlen(out), "%s ", c->id);
    return 0;
}

static void assert_listed(const char *instrument, bool open_only, int limit, const char *expected)
{
    char listed[256] = "";
    assert_int_equal(store_check_list(s, instrument, open_only, limit, list_id, listed, &err), 0);
    assert_string_equal(listed, expected);
}

static void the_last_result_is_of_this_instrument_check_and_serial(void **state)
{
    (void)state;
    check(1, "smoke", "zero", "A1", "pass");
    check(2, "smoke", "zero", "A1", "fail");
    check(3, "smoke", "zero", "A1", "aborted"); /* no result */
    check(4, "smoke", "span", "A1", "pass");
    check(5, "smoke", "zero", "A2", "pass"); /* another instrument under the same name */
    check(6, "gas", "zero", "A1", "pass");
    check(7, "smoke", "zero", "A1", NULL);
    restart();
    struct store_check c;
    bool found = false;
    assert_int_equal(store_check_result(s, "smoke", "zero", "A1", &c, &found, &err), 0);
    assert_true(found);
    assert_string_equal(c.id, "K2");
    assert_string_equal(c.verdict, "fail");
    assert_int_equal(c.started_ms, 2000);
    assert_int_equal(c.ended_ms, 2500);
    assert_int_equal(c.end_event, 3);
    assert_int_equal(store_check_result(s, "smoke", "leak-test", "A1", &c, &found, &err), 0);
    assert_false(found);
    assert_listed(NULL, false, 100, "K7 K6 K5 K4 K3 K2 K1 ");
    assert_listed("smoke", false, 3, "K7 K5 K4 ");
    assert_listed(NULL, true, 100, "K7 ");
    assert_int_equal(store_check_get(s, "K7", &c, &err), 0);
    assert_string_equal(c.verdict, "");
    assert_int_equal(c.end_event, -1);
    assert_int_equal(store_check_get(s, "K8", &c, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

static void a_check_ends_once(void **state)
{
    (void)state;
    check(1, "smoke", "zero", "A1", "pass");
    struct store_check c = {.id = "K1", .verdict = "fail", .ended_ms = 9};
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_check_end(s, &c, 0, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    store_rollback(s);
    assert_int_equal(store_check_get(s, "K1", &c, &err), 0);
    assert_string_equal(c.verdict, "pass");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lockouts_hold_until_they_are_cleared, fresh, shut),
        cmocka_unit_test_setup_teardown(only_what_holds_can_be_cleared_and_nothing_of_it_stays, fresh, shut),
        cmocka_unit_test_setup_teardown(a_lockout_comes_again, fresh, shut),
        cmocka_unit_test_setup_teardown(readers_see_them_and_change_nothing, fresh, shut),
        cmocka_unit_test_setup_teardown(aborted_tests_are_counted_by_time_and_plate, fresh, shut),
        cmocka_unit_test_setup_teardown(the_last_result_is_of_this_instrument_check_and_serial, fresh, shut),
        cmocka_unit_test_setup_teardown(a_check_ends_once, fresh, shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
