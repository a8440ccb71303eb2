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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_forgery_is_found, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
