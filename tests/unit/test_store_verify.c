/* journal verify says yes to what the store wrote, and to nothing else. */
#include "station/store.h"

#include "reports/file.h"
#include "tests/support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char dir[256];
static struct err err;

static int fresh(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    return 0;
}

static void every_forgery_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"UPDATE event SET body = replace(body, 'mono_ms\":7', 'mono_ms\":8') WHERE idx = 7", "event 7 was changed"},
        {"UPDATE event SET kind = 'check' WHERE idx = 7", "event 7 was changed"},
        {"UPDATE event SET leaf = zeroblob(32) WHERE idx = 7", "event 7 was changed"},
        {"UPDATE event SET leaf = x'00' WHERE idx = 7", "event 7 is damaged"},
        {"DELETE FROM event WHERE idx = 7", "after 7 comes 8"},
        {"DELETE FROM event WHERE idx >= 25", "level 1 has nodes too many"},
        {"UPDATE node SET hash = zeroblob(32) WHERE level = 2 AND idx = 1", "node 1 of level 2"},
        {"DELETE FROM node WHERE level = 1 AND idx = 3", "node 3 of level 1"},
        {"INSERT INTO node VALUES(1, 999, zeroblob(32))", "level 1 has nodes too many"},
        {"INSERT INTO node VALUES(40, 0, zeroblob(32))", "nodes that belong to no event"},
        {"UPDATE checkpoint SET root = zeroblob(32) WHERE size = 10", "the checkpoint of 10 events"},
        {"UPDATE checkpoint SET size = 1000 WHERE size = 10", "a checkpoint was signed at 1000"},
        {"UPDATE test SET verdict = 'pass' WHERE seq = 2", "the verdict of test T2"},
        {"UPDATE test SET record = '{\"record\":3}' WHERE seq = 2", "the record of test T2 was changed"},
        {"UPDATE test SET record = NULL WHERE seq = 2", "the record of test T2 was changed"},
        {"UPDATE test SET end_event = NULL WHERE seq = 2", "the end of test T2"},
        {"DELETE FROM test WHERE seq = 2", "number 2 is missing"},
        {"DELETE FROM test WHERE seq = 3", "the journal knows 3 tests, the table has 2"},
        {"UPDATE test SET id = 'T9' WHERE seq = 3", "test number 3 is not in the journal"},
        {"UPDATE test SET plate = 'B' WHERE seq = 2", "'B' for plate of test T2"},
        {"UPDATE test SET colour = 'yellow' WHERE seq = 3", "'yellow' for colour of test T3"},
        {"UPDATE test SET method = 'lug-down' WHERE seq = 1", "'lug-down' for method of test T1"},
        {"UPDATE passage SET plate = 'B' WHERE seq = 2", "'B' for plate of passage P2"},
        {"UPDATE passage SET instrument = 'rsd2' WHERE seq = 2", "'rsd2' for name of passage P2"},
        {"DELETE FROM passage WHERE seq = 1", "number 1 is missing"},
        {"UPDATE passage SET verdict = 'pass' WHERE seq = 1", "the verdict of passage P1"},
        {"UPDATE passage SET record = '{}' WHERE seq = 1", "the record of passage P1 was changed"},
    };
    struct store *s = fixture_open(dir, STORE_OWNER);
    for (int64_t i = 1; i <= 3; i++) {
        fixture_start(s, i, "A", "blue");
        if (i < 3)
            fixture_end(s, i, "fail", "{\"record\":2}");
    }
    fixture_passage(s, 1, "A", "blue", 1000, true);
    fixture_passage(s, 2, "A", "blue", 1000, true);
    for (int i = 0; i < 20; i++)
        fixture_event(s, "instrument");
    struct merkle_hash root;
    assert_int_equal(store_root(s, 10, &root, &err), 0);
    store_close(s);
    fixture_checkpoint(dir, 10, &root);
    s = fixture_open(dir, STORE_READER);
    struct store_verify_result result = fixture_verify(s, 27);
    assert_int_equal(result.checkpoints, 1);
    assert_int_equal(result.tests, 3);
    assert_int_equal(result.passages, 2);
    store_close(s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
        char path[512], *whole;
        size_t length;
        snprintf(path, sizeof path, "%s/smogd.db", dir);
        assert_int_equal(file_read(path, 1 << 26, &whole, &length, &err), 0);
        fixture_sql(dir, rows[i].sql);
        s = fixture_open(dir, STORE_READER);
        if (store_verify(s, &result, NULL, NULL, &err) == 0)
            fail_msg("not found: %s", rows[i].sql);
        if (!strstr(err.text, rows[i].words))
            fail_msg("%s: '%s' does not say '%s'", rows[i].sql, err.text, rows[i].words);
        assert_int_equal(err.code, ERR_FAILED);
        store_close(s);
        fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
        assert_int_equal(file_write(path, whole, length, 0640, &err), 0);
        free(whole);
    }
}

/* ---- journals whose tree is right, but whose events do not follow from each other ---- */

static const char *const at_time[] = {",\"at\":\"2026-07-01T09:30:00.000+08:00\"",
                                      ",\"at\":\"2026-07-01T08:30:00.000+08:00\""};

struct step {
    const char *kind, *more;
    int hour; /* 0: 09:30, 1: an hour before; what the wall clock says */
};

static void append_steps(const struct step *steps, size_t count)
{
    char more[400];
    uint64_t index;
    struct store *s = fixture_open(dir, STORE_OWNER);
    for (size_t i = 0; i < count && steps[i].kind; i++) {
        snprintf(more, sizeof more, "%s%s", at_time[steps[i].hour], steps[i].more);
        assert_int_equal(store_begin(s, &err), 0);
        assert_int_equal(fixture_append_more(s, steps[i].kind, more, &index), 0);
        assert_int_equal(store_commit(s, &err), 0);
    }
    store_close(s);
}

/* clang-format off */
#define START(n) {"test-start", ",\"seq\":" #n ",\"test\":\"T" #n "\"", 0}
#define END(n) {"test-end", ",\"test\":\"T" #n "\"", 0}
#define PASSAGE(n) {"passage", ",\"passage\":\"P" #n "\"", 0}
#define LATER {"x", "", 1}, {"x", "", 1}, {"x", "", 1}, {"x", "", 1}, {"x", "", 1}, {"x", "", 1}
/* clang-format on */

static void events_follow_from_each_other(void **state)
{
    (void)state;
    enum { STEPS_MAX = 16 };
    static const struct {
        struct step steps[STEPS_MAX];
        const char *words; /* NULL: nothing is wrong; "": nor is it, but the clock's last step is not told yet */
    } rows[] = {
        {{START(1), END(1), START(1), END(1)}, "event 2: test T1 has a number that was given before: 1"},
        {{START(1), END(1), START(3), END(3)}, "event 2: before test T3 the number 2 is missing"},
        {{START(2), END(2)}, "event 0: before test T2 the number 1 is missing"},
        {{START(1), START(2)}, "event 1: test T1 has no end"},
        {{START(1), END(2)}, "event 1: test T2 ends, but T1 was started"},
        {{END(1)}, "event 0: test T1 ends, but none was started"},
        {{PASSAGE(0)}, "event 0: passage P0 has a number that was given before: 0"},
        {{PASSAGE(2)}, "event 0: before passage P2 the number 1 is missing"},
        {{{"x", "", 0}, LATER, LATER}, "event 8: the clock went back before it, and no event says that it was set"},
        {{{"x", "", 0}, {"x", "", 1}, {"clock-step", "", 1}, LATER, LATER}, NULL},
        {{{"x", "", 0}, {"daemon-start", "", 1}, LATER, LATER}, NULL},
        {{{"x", "", 1}, {"x", "", 0}, {"x", "", 0}}, NULL}, /* forward */
        {{{"x", "", 0}, {"x", "", 1}}, ""},
        {{{"x", "", 0}, LATER}, ""},
        {{{"x", "", 0}, LATER, {"clock-step", "", 1}}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store_verify_result result;
        fixture_folder(dir, sizeof dir);
        append_steps(rows[i].steps, STEPS_MAX);
        struct store *s = fixture_open(dir, STORE_READER);
        int rc = store_verify(s, &result, NULL, NULL, &err);
        store_close(s);
        bool good = !rows[i].words || !rows[i].words[0];
        if (good && rc != 0)
            fail_msg("row %zu: %s", i, err.text);
        if (!good && (rc == 0 || !strstr(err.text, rows[i].words)))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.text, rows[i].words);
        assert_int_equal(result.clock_open, good && rows[i].words);
    }
}

/* The monotonic clock tells the order within one run of the machine. */
static void an_event_cannot_be_older_than_the_one_before(void **state)
{
    (void)state;
    struct store_verify_result result;
    struct store *s = fixture_open(dir, STORE_OWNER);
    static const char *const bodies[] = {
        "{\"at\":\"2026-07-01T09:30:00.000+08:00\",\"boot\":\"b\",\"kind\":\"x\",\"mono_ms\":50000}",
        "{\"at\":\"2026-07-01T09:30:00.000+08:00\",\"boot\":\"b\",\"kind\":\"x\",\"mono_ms\":4000}",
    };
    assert_int_equal(store_begin(s, &err), 0);
    for (size_t i = 0; i < 2; i++) {
        uint64_t index;
        assert_int_equal(store_append(s, "x", bodies[i], strlen(bodies[i]), &index, &err), 0);
    }
    assert_int_equal(store_commit(s, &err), 0);
    store_close(s);
    s = fixture_open(dir, STORE_READER);
    assert_int_equal(store_verify(s, &result, NULL, NULL, &err), -1);
    assert_string_equal(err.text, "event 1: it was written before the event that stands before it");
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_forgery_is_found, fresh),
        cmocka_unit_test_setup(events_follow_from_each_other, fresh),
        cmocka_unit_test_setup(an_event_cannot_be_older_than_the_one_before, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
