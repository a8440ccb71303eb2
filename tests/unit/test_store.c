/* The store's journal, its readers, and its queries' plans. */
#include "station/store.h"

#include "station/store_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/support/store_fixture.h"

static char dir[256];
static struct err err;

static int fresh(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    return 0;
}

/* ---- journal ---- */

static void events_come_back_with_their_tree(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    struct merkle_hash leaves[100], root, direct;
    for (uint64_t i = 0; i < 100; i++) {
        char *body;
        size_t length;
        assert_int_equal(fixture_event(s, "instrument"), i);
        assert_int_equal(store_event_get(s, i, &body, &length, &err), 0);
        assert_int_equal(strlen(body), length);
        merkle_leaf(body, length, &leaves[i]);
        free(body);
        assert_int_equal(store_root(s, i + 1, &root, &err), 0); /* by the frontier */
        assert_int_equal(merkle_root(i + 1, store_fetch, s, &direct, &err), 0);
        assert_memory_equal(&root, &direct, sizeof root);
    }
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count;
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(merkle_inclusion(i, 100, store_fetch, s, path, &count, &err), 0);
        assert_true(merkle_verify_inclusion(i, 100, &leaves[i], path, count, &root));
    }
    store_close(s);
    /* The frontier comes back, and the journal goes on. */
    s = fixture_open(dir, STORE_OWNER);
    assert_int_equal(store_root(s, 100, &direct, &err), 0);
    assert_memory_equal(&root, &direct, sizeof root);
    assert_int_equal(fixture_event(s, "instrument"), 100);
    assert_int_equal(store_root(s, 101, &direct, &err), 0);
    assert_int_equal(merkle_consistency(100, 101, store_fetch, s, path, &count, &err), 0);
    assert_true(merkle_verify_consistency(100, &root, 101, &direct, path, count));
    assert_int_equal(store_root(s, 102, &direct, &err), -1);
    assert_non_null(strstr(err.text, "no node"));
    char *body;
    assert_int_equal(store_event_get(s, 101, &body, &count, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    store_close(s);
}

static void rollback_takes_the_tree_back(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    for (int i = 0; i < 7; i++)
        fixture_event(s, "instrument");
    struct merkle_hash before, after;
    uint64_t size, index;
    assert_int_equal(store_root(s, 7, &before, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(fixture_append(s, "instrument", &index), 0);
        assert_int_equal(index, 7 + i);
        assert_int_equal(store_size(s, &size, &err), 0);
        assert_int_equal(size, 8 + i);
    }
    store_rollback(s);
    assert_int_equal(store_size(s, &size, &err), 0);
    assert_int_equal(size, 7);
    assert_int_equal(store_root(s, 7, &after, &err), 0);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(fixture_event(s, "instrument"), 7);
    fixture_verify(s, 8);
    /* Closing inside a transaction rolls back, too. */
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(fixture_append(s, "instrument", &index), 0);
    store_close(s);
    s = fixture_open(dir, STORE_OWNER);
    fixture_verify(s, 8);
    store_close(s);
}

static void only_whole_events_enter(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "\"clock-step\"",
        "{\"kind\":\"clock-stop\"}",
        "{\"kind\":\"clock-step\"",
        "{\"kind\":\"clock-step\"} ,",
        "{\"inner\":{\"kind\":\"clock-step\"}}",
        "{\"kind\":\"clock-step\",\"kind\":\"clock-step\"}",
        "{\"kind\":\"clock-step\",\"x\":\"\xff\"}",
    };
    struct store *s = fixture_open(dir, STORE_OWNER);
    uint64_t index;
    assert_int_equal(store_begin(s, &err), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (store_append(s, "clock-step", bad[i], strlen(bad[i]), &index, &err) == 0)
            fail_msg("accepted: %s", bad[i]);
    size_t large = STORE_EVENT_MAX + 1;
    char *body = malloc(large + 1);
    int head = snprintf(body, large, "{\"kind\":\"clock-step\",\"x\":\"");
    memset(body + head, 'x', large - (size_t)head);
    memcpy(body + large - 2, "\"}", 3);
    assert_int_equal(store_append(s, "clock-step", body, large, &index, &err), -1);
    assert_non_null(strstr(err.text, "does not fit"));
    free(body);
    /* Refused input spoils nothing. */
    assert_int_equal(store_append(s, "clock-step", "{\"kind\":\"clock-step\"}", 21, &index, &err), 0);
    assert_int_equal(index, 0);
    assert_int_equal(store_commit(s, &err), 0);
    store_close(s);
}

static int count_events(void *ctx, uint64_t index, const char *body, size_t length)
{
    uint64_t *next = ctx;
    assert_int_equal(index, *next);
    assert_int_equal(strlen(body), length);
    (*next)++;
    return *next == 8;
}

static void events_are_walked_in_order(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    for (int i = 0; i < 10; i++)
        fixture_event(s, "instrument");
    uint64_t next = 9;
    assert_int_equal(store_event_list(s, 9, UINT64_MAX, count_events, &next, &err), 0);
    assert_int_equal(next, 10);
    next = 2;
    assert_int_equal(store_event_list(s, 2, 3, count_events, &next, &err), 0);
    assert_int_equal(next, 5);
    assert_int_equal(store_event_list(s, 5, 100, count_events, &next, &err), 0);
    assert_int_equal(next, 8); /* the callback ended it */
    store_close(s);
}

/* ---- readers ---- */

static void a_reader_sees_each_commit_and_nothing_before_it(void **state)
{
    (void)state;
    struct store *owner = fixture_open(dir, STORE_OWNER), *reader = fixture_open(dir, STORE_READER);
    uint64_t size, index;
    fixture_event(owner, "instrument");
    assert_int_equal(store_begin(owner, &err), 0);
    assert_int_equal(fixture_append(owner, "instrument", &index), 0);
    assert_int_equal(store_size(reader, &size, &err), 0);
    assert_int_equal(size, 1);
    fixture_verify(reader, 1);
    assert_int_equal(store_commit(owner, &err), 0);
    assert_int_equal(store_size(reader, &size, &err), 0);
    assert_int_equal(size, 2);
    store_close(owner);
    fixture_event(owner = fixture_open(dir, STORE_OWNER), "instrument");
    fixture_verify(reader, 3);
    store_close(owner);
    store_close(reader);
    /* Nobody runs. */
    reader = fixture_open(dir, STORE_READER);
    fixture_verify(reader, 3);
    store_close(reader);
}

/* Another process appends all the while; each look is at one moment of a journal that only grows. */
static void a_reader_verifies_while_another_process_writes(void **state)
{
    (void)state;
    enum { EVENTS = 300 };
    store_close(fixture_open(dir, STORE_OWNER));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *owner = fixture_open(dir, STORE_OWNER);
        for (int i = 0; i < EVENTS; i++)
            fixture_event(owner, "instrument");
        store_close(owner);
        _exit(0);
    }
    struct store *reader = fixture_open(dir, STORE_READER);
    struct store_verify_result result = {0};
    uint64_t before = 0;
    int status, ended = 0;
    while (!ended) {
        ended = waitpid(child, &status, WNOHANG) == child;
        if (store_verify(reader, &result, NULL, NULL, &err) != 0)
            fail_msg("%s", err.text);
        assert_true(result.events >= before);
        before = result.events;
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(result.events, EVENTS);
    store_close(reader);
}

static void a_locked_database_is_named_and_waited_for(void **state)
{
    (void)state;
    struct store *owner = fixture_open(dir, STORE_OWNER), *push = fixture_open(dir, STORE_DELIVERY);
    assert_int_equal(store_begin(push, &err), 0);
    sqlite3_busy_timeout(store_database(owner), 1); /* instead of seconds */
    assert_int_equal(store_begin(owner, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.text, "another program keeps"));
    assert_int_equal(store_commit(push, &err), 0);
    assert_int_equal(fixture_event(owner, "instrument"), 0);
    store_close(push);
    store_close(owner);
}

/* smogctl of an officer who may read the folder but write nothing, daemon down. */
static void a_reader_without_write_permission_reads(void **state)
{
    (void)state;
    struct store *owner = fixture_open(dir, STORE_OWNER);
    fixture_event(owner, "instrument");
    store_close(owner);
    if (getuid() != 0)
        skip();
    char path[512];
    const char *names[] = {"", "/smogd.db", "/smogd.db-wal", "/smogd.db-shm"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", dir, names[i]);
        assert_int_equal(chmod(path, i == 0 ? 0755 : 0644), 0);
    }
    snprintf(path, sizeof path, "%s/..", dir);
    chmod(path, 0755);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *reader = NULL;
        uint64_t size = 0;
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        if (store_open(&reader, dir, NULL, STORE_READER, &err) != 0 || store_size(reader, &size, &err) != 0)
            fprintf(stderr, "%s\n", err.text);
        _exit(size == 1 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- the planner ---- */

static const char *const texts[] = {
#define TEXT(id, write, text) text,
    STORE_SQL_TABLE(TEXT)
#undef TEXT
};

static void every_query_runs_on_an_index(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    sqlite3 *db = store_database(s);
    for (size_t i = 0; i < STORE_SQL_COUNT; i++) {
        char sql[1200];
        sqlite3_stmt *q;
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", texts[i]);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
        while (sqlite3_step(q) == SQLITE_ROW) {
            const char *plan = (const char *)sqlite3_column_text(q, 3);
            bool scans = strstr(plan, "SCAN") && strcmp(plan, "SCAN CONSTANT ROW") != 0;
            if (scans || strstr(plan, "TEMP B-TREE"))
                fail_msg("%s: %s", texts[i], plan);
        }
        sqlite3_finalize(q);
    }
    store_close(s);
}

static void plates_and_histories_use_the_composite_indexes(void **state)
{
    (void)state;
    static const struct {
        enum store_sql which;
        const char *plan;
    } rows[] = {
        {STORE_SQL_TEST_LIST_PLATE, "SEARCH test USING INDEX test_plate (plate=? AND seq<?)"},
        {STORE_SQL_PASSAGE_LIST_PLATE, "SEARCH passage USING COVERING INDEX passage_plate (plate=? AND at_ms>?)"},
        {STORE_SQL_PASSAGE_HISTORY, "MERGE (UNION ALL)"}, /* two walks along an index each, no sort */
        {STORE_SQL_IMPORTED_LIST, "SEARCH imported USING INDEX imported_plate (plate=? AND at_ms>? AND at_ms<?)"},
        {STORE_SQL_TEST_LIST_OPEN, "SEARCH test USING INDEX test_open (seq<?)"},
        {STORE_SQL_PASSAGE_LIST, "SEARCH passage USING INDEX passage_at (at_ms>?)"},
    };
    struct store *s = fixture_open(dir, STORE_OWNER);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[1200];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", texts[rows[i].which]);
        sqlite3_stmt *q;
        assert_int_equal(sqlite3_prepare_v2(store_database(s), sql, -1, &q, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(q, 3), rows[i].plan);
        sqlite3_finalize(q);
    }
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(events_come_back_with_their_tree, fresh),
        cmocka_unit_test_setup(rollback_takes_the_tree_back, fresh),
        cmocka_unit_test_setup(only_whole_events_enter, fresh),
        cmocka_unit_test_setup(events_are_walked_in_order, fresh),
        cmocka_unit_test_setup(a_reader_sees_each_commit_and_nothing_before_it, fresh),
        cmocka_unit_test_setup(a_reader_verifies_while_another_process_writes, fresh),
        cmocka_unit_test_setup(a_locked_database_is_named_and_waited_for, fresh),
        cmocka_unit_test_setup(a_reader_without_write_permission_reads, fresh),
        cmocka_unit_test_setup(every_query_runs_on_an_index, fresh),
        cmocka_unit_test_setup(plates_and_histories_use_the_composite_indexes, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
