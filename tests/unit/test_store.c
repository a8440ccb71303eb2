/* The store: what goes in comes out, what must be refused is refused, and the planner uses the indexes. */
#include "station/store.h"

#include "reports/file.h"
#include "reports/sha256.h"
#include "station/schema.h"
#include "station/store_private.h"

#include <dirent.h>
#include <fcntl.h>
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

static struct store *open_as(enum store_mode mode)
{
    struct store *s = NULL;
    if (store_open(&s, dir, mode == STORE_READER ? NULL : FIXTURE_STATION, mode, &err) != 0)
        fail_msg("%s", err.text);
    return s;
}

static void refuses(const char *station, enum store_mode mode, enum err_code code, const char *words)
{
    struct store *s = NULL;
    assert_int_equal(store_open(&s, dir, station, mode, &err), -1);
    assert_null(s);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

/* ---- opening ---- */

static void opening_makes_what_is_missing(void **state)
{
    (void)state;
    store_close(open_as(STORE_OWNER));
    static const char *const names[] = {"objects", "spool", "packages"};
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0750);
    }
    struct store *s = open_as(STORE_OWNER);
    uint64_t size;
    assert_int_equal(store_size(s, &size, &err), 0);
    assert_int_equal(size, 0);
    assert_string_equal(store_station(s), FIXTURE_STATION);
    struct merkle_hash root, empty;
    assert_int_equal(store_root(s, 0, &root, &err), 0);
    merkle_empty_root(&empty);
    assert_memory_equal(&root, &empty, sizeof root);
    store_close(s);
    store_close(NULL);
}

static void the_promises_hold_on_an_open_database(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    assert_string_equal(fixture_text(store_database(s), "PRAGMA journal_mode"), "wal");
    assert_string_equal(fixture_text(store_database(s), "PRAGMA synchronous"), "2");
    assert_string_equal(fixture_text(store_database(s), "PRAGMA foreign_keys"), "0");
    assert_string_equal(fixture_text(store_database(s), "PRAGMA user_version"), "1");
    assert_string_equal(fixture_text(store_database(s), "SELECT count(*) FROM pragma_table_list WHERE strict"), "10");
    store_close(s);
}

static void others_wait_for_the_owner_to_make_it(void **state)
{
    (void)state;
    refuses(NULL, STORE_READER, ERR_UNREACHABLE, "start smogd once");
    refuses(FIXTURE_STATION, STORE_DELIVERY, ERR_UNREACHABLE, "start smogd once");
    char path[512];
    snprintf(path, sizeof path, "%s/smogd.db", dir);
    assert_int_equal(access(path, F_OK), -1);
    snprintf(dir, sizeof dir, "/nonexistent/smogd");
    refuses(NULL, STORE_READER, ERR_UNREACHABLE, "no such state folder");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_UNREACHABLE, "/nonexistent/smogd: cannot make the folder");
}

static void another_stations_database_is_refused(void **state)
{
    (void)state;
    store_close(open_as(STORE_OWNER));
    refuses("652301-0008", STORE_OWNER, ERR_INVALID, "belongs to station " FIXTURE_STATION);
    refuses("652301-0008", STORE_DELIVERY, ERR_INVALID, "the configuration says 652301-0008");
    refuses(NULL, STORE_OWNER, ERR_INVALID, "'id' is missing");
    store_close(open_as(STORE_READER));
}

static void another_schema_is_refused(void **state)
{
    (void)state;
    store_close(open_as(STORE_OWNER));
    fixture_sql(dir, "PRAGMA user_version = 7");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_INVALID, "has schema 7, this program knows 1");
    fixture_sql(dir, "PRAGMA user_version = 1; CREATE TABLE extra(a)");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_FAILED, "could not be promised");
    fixture_sql(dir, "DROP TABLE extra; PRAGMA application_id = 5");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_INVALID, "is not a database of smogd");
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    char path[512];
    store_close(open_as(STORE_OWNER));
    snprintf(path, sizeof path, "%s/smogd.db", dir);
    assert_int_equal(file_write(path,
                                "this is not a database, this is not a database at all.........................\n"
                                ".........................",
                                100, 0640, &err),
                     0);
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_FAILED, "is damaged");
    refuses(NULL, STORE_READER, ERR_FAILED, "restore the last backup");
}

/* Bytes of the tables' pages overwritten: opening may still work, reading says what is wrong; nothing crashes. */
static void damaged_pages_are_named(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    for (int i = 0; i < 300; i++)
        fixture_event(s, "instrument");
    store_close(s);
    fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
    char path[512];
    snprintf(path, sizeof path, "%s/smogd.db", dir);
    char *data;
    size_t length;
    assert_int_equal(file_read(path, 1 << 26, &data, &length, &err), 0);
    for (size_t page = 1; page < length / 4096; page++) {
        char *broken = malloc(length);
        memcpy(broken, data, length);
        memset(broken + page * 4096, 0xA5, 512);
        assert_int_equal(file_write(path, broken, length, 0640, &err), 0);
        free(broken);
        int rc = store_open(&s, dir, FIXTURE_STATION, STORE_OWNER, &err);
        if (rc == 0) {
            struct store_verify_result result;
            rc = store_verify(s, &result, NULL, NULL, &err);
            store_close(s);
        }
        if (rc != 0)
            assert_non_null(strstr(err.text, "damaged"));
    }
    free(data);
}

static void network_file_systems_are_refused(void **state)
{
    (void)state;
    /* statfs(2): NFS_SUPER_MAGIC, CIFS, SMB2, FUSE; EXT4, BTRFS, XFS, F2FS, OVERLAYFS, TMPFS */
    static const unsigned long bad[] = {0x6969, 0xff534d42, 0xfe534d42, 0x65735546};
    static const unsigned long good[] = {0xef53, 0x9123683e, 0x58465342, 0xf2f52010, 0x794c7630, 0x01021994};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_non_null(store_file_system_refused(bad[i]));
    assert_non_null(
        store_file_system_refused((unsigned long)(int32_t)0xff534d42)); /* as a signed 32-bit field gives it */
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_null(store_file_system_refused(good[i]));
}

static void there_is_one_owner_and_one_delivery(void **state)
{
    (void)state;
    struct store *owner = open_as(STORE_OWNER), *delivery = open_as(STORE_DELIVERY);
    char words[64];
    snprintf(words, sizeof words, "a running smogd (process %ld)", (long)getpid());
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_REFUSED, words);
    refuses(FIXTURE_STATION, STORE_DELIVERY, ERR_REFUSED, "a running smogpush");
    store_close(owner);
    store_close(delivery);
    store_close(open_as(STORE_OWNER));
}

static void what_a_crash_left_aside_is_cleaned(void **state)
{
    (void)state;
    store_close(open_as(STORE_OWNER));
    char path[512];
    snprintf(path, sizeof path, "%s/objects/new-4711", dir);
    assert_int_equal(file_write(path, "half", 4, 0640, &err), 0);
    store_close(open_as(STORE_OWNER));
    assert_int_equal(access(path, F_OK), -1);
}

/* ---- who may write what ---- */

static void roles_write_their_own_tables_only(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        bool owner, delivery;
    } rows[] = {
        {"INSERT INTO event VALUES(0,'k','{}',x'00')", true, false},
        {"UPDATE event SET body = '{}'", false, false},
        {"DELETE FROM event", false, false},
        {"UPDATE node SET hash = x'00'", false, false},
        {"INSERT OR REPLACE INTO checkpoint VALUES(1,x'00','n',1)", false, true},
        {"UPDATE checkpoint SET note = 'x'", false, false},
        {"DELETE FROM checkpoint", false, false},
        {"INSERT INTO package VALUES('c','s','p',1,1,1)", false, true},
        {"INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES('c','o','waiting',0,0)", false, true},
        {"UPDATE delivery SET state = 'sent', attempts = 1, receipt = 'r'", false, true},
        {"UPDATE delivery SET state = 'retry', next_ms = 1", true, true},
        {"UPDATE delivery SET journaled = 1", true, true},
        {"DELETE FROM delivery", false, false},
        {"UPDATE test SET verdict = 'pass'", true, false},
        {"DELETE FROM test", false, false},
        {"UPDATE passage SET verdict = 'pass'", false, false},
        {"UPDATE case_file SET state = 'handled'", true, false},
        {"CREATE TABLE x(a TEXT) STRICT", false, false},
        {"DROP TABLE test", false, false},
        {"PRAGMA synchronous = OFF", false, false},
        {"PRAGMA writable_schema = ON", false, false},
        {"ATTACH '/tmp/x.db' AS x", false, false},
        {"SELECT count(*) FROM event", true, true},
    };
    struct store *owner = open_as(STORE_OWNER), *delivery = open_as(STORE_DELIVERY), *reader = open_as(STORE_READER);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct {
            struct store *s;
            bool may;
        } roles[] = {
            {owner, rows[i].owner}, {delivery, rows[i].delivery}, {reader, i + 1 == sizeof rows / sizeof rows[0]}};
        for (size_t r = 0; r < 3; r++) {
            int rc = sqlite3_exec(store_database(roles[r].s), rows[i].sql, NULL, NULL, NULL);
            if ((rc == SQLITE_OK) != roles[r].may)
                fail_msg("role %zu: %s: %s", r, rows[i].sql, sqlite3_errmsg(store_database(roles[r].s)));
            if (!roles[r].may)
                assert_int_equal(rc & 0xFF, SQLITE_AUTH);
        }
    }
    store_close(owner);
    store_close(delivery);
    store_close(reader);
}

/* ---- journal ---- */

static void events_come_back_with_their_tree(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
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
    s = open_as(STORE_OWNER);
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
    struct store *s = open_as(STORE_OWNER);
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
    s = open_as(STORE_OWNER);
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
    struct store *s = open_as(STORE_OWNER);
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
    struct store *s = open_as(STORE_OWNER);
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

/* ---- tests ---- */

static int collect_tests(void *ctx, const struct store_test *t)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 200 - length, "%lld:%s ", (long long)t->seq, t->verdict);
    return 0;
}

static const char *tests_of(struct store *s, const char *plate, const char *colour, bool open_only, int limit)
{
    static char ids[200];
    ids[0] = '\0';
    assert_int_equal(store_test_list(s, plate, colour, open_only, limit, collect_tests, ids, &err), 0);
    return ids;
}

static void a_test_lives_from_start_to_void(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    struct store_test t;
    char *record;
    fixture_start(s, 1, "新A12345", "yellow");
    assert_int_equal(store_test_get(s, "T1", &t, &record, &err), 0);
    assert_null(record);
    assert_string_equal(t.verdict, "");
    assert_int_equal(t.ended_ms, 0);
    assert_int_equal(t.end_event, -1);
    fixture_end(s, 1, "fail", "{\"record\":1}");
    assert_int_equal(store_test_get(s, "T1", &t, &record, &err), 0);
    assert_string_equal(record, "{\"record\":1}");
    free(record);
    assert_string_equal(t.verdict, "fail");
    assert_string_equal(t.plate, "新A12345");
    assert_int_equal(t.end_event, 1);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_test_end(s, "T1", 9, "pass", 1, "{}", &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(store_test_void(s, "T2", "x", &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(store_case_add(s, "C1", "T1", 5, "sealing", &err), 0);
    assert_int_equal(store_test_void(s, "T1", "wrong vehicle", &err), 0);
    assert_int_equal(store_test_void(s, "T1", "again", &err), -1);
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(store_test_get(s, "T1", &t, NULL, &err), 0);
    assert_string_equal(t.verdict, "void");
    assert_string_equal(t.void_reason, "wrong vehicle");
    assert_string_equal(fixture_text(store_database(s), "SELECT state FROM case_file"), "void");
    assert_int_equal(store_test_get(s, "T2", &t, NULL, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    fixture_verify(s, 2);
    store_close(s);
}

static void tests_are_listed_by_plate_colour_and_state(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    fixture_start(s, 1, "A", "blue");
    fixture_end(s, 1, "pass", "{}");
    fixture_start(s, 2, "A", "yellow");
    fixture_end(s, 2, "fail", "{}");
    fixture_start(s, 3, "B", "blue");
    fixture_start(s, 4, "A", "blue");
    assert_string_equal(tests_of(s, NULL, NULL, false, 10), "4: 3: 2:fail 1:pass ");
    assert_string_equal(tests_of(s, NULL, NULL, false, 2), "4: 3: ");
    assert_string_equal(tests_of(s, "A", NULL, false, 10), "4: 2:fail 1:pass ");
    assert_string_equal(tests_of(s, "A", "blue", false, 10), "4: 1:pass ");
    assert_string_equal(tests_of(s, "C", NULL, false, 10), "");
    assert_string_equal(tests_of(s, NULL, NULL, true, 10), "4: 3: ");
    int64_t seq;
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_test_next_seq(s, &seq, &err), 0);
    assert_int_equal(seq, 5);
    store_rollback(s);
    store_close(s);
}

/* A number or an id given twice is an error, and the transaction that held it cannot be committed by oversight. */
static void a_failed_step_spoils_its_transaction(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    fixture_start(s, 1, "A", "blue");
    struct store_test t = {.seq = 2, .id = "T1", .method = "m", .plate = "A", .colour = "blue"};
    uint64_t index, size;
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(fixture_append(s, "test-start", &index), 0);
    assert_int_equal(store_test_start(s, &t, index, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(fixture_append(s, "instrument", &index), -1);
    assert_int_equal(store_commit(s, &err), -1);
    assert_non_null(strstr(err.text, "not saved"));
    assert_int_equal(store_size(s, &size, &err), 0);
    assert_int_equal(size, 1);
    fixture_start(s, 2, "A", "blue");
    fixture_verify(s, 2);
    store_close(s);
}

static int collect_files(void *ctx, const struct store_file *f)
{
    char *names = ctx;
    size_t length = strlen(names);
    snprintf(names + length, 200 - length, "%s:%lld ", f->name, (long long)f->size);
    return 0;
}

static void files_belong_to_their_record(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    char sha256[65], names[200] = "";
    assert_int_equal(store_object_put(s, "a", 1, sha256, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_file_add(s, "T1", "wire/smoke.rec", sha256, 1, &err), 0);
    assert_int_equal(store_file_add(s, "T1", "readings.csv", sha256, 2, &err), 0);
    assert_int_equal(store_file_add(s, "T2", "readings.csv", sha256, 3, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(store_file_list(s, "T1", collect_files, names, &err), 0);
    assert_string_equal(names, "readings.csv:2 wire/smoke.rec:1 ");
    store_close(s);
}

/* ---- passages ---- */

static int collect_passages(void *ctx, const struct store_passage *p)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    assert_non_null(p->record);
    assert_non_null(p->raw);
    snprintf(ids + length, 200 - length, "%lld%s ", (long long)p->seq, p->valid ? "" : "!");
    return 0;
}

static const char *passages_of(struct store *s, const char *plate, const char *colour, int64_t since, bool invalid)
{
    static char ids[200];
    ids[0] = '\0';
    assert_int_equal(store_passage_list(s, plate, colour, since, invalid, 4, collect_passages, ids, &err), 0);
    return ids;
}

static void passages_are_found_by_plate_and_time(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    fixture_passage(s, 1, "A", "blue", 1000, true);
    fixture_passage(s, 2, "B", "blue", 2000, false);
    fixture_passage(s, 3, "A", "yellow", 3000, true);
    fixture_passage(s, 4, "A", "blue", 3000, false);
    fixture_passage(s, 5, "A", "blue", 2500, true); /* the device sent it late */
    assert_string_equal(passages_of(s, NULL, NULL, 0, false), "4! 3 5 2! ");
    assert_string_equal(passages_of(s, NULL, NULL, 0, true), "4! 2! ");
    assert_string_equal(passages_of(s, "A", NULL, 0, false), "4! 3 5 1 ");
    assert_string_equal(passages_of(s, "A", "blue", 0, false), "4! 5 1 ");
    assert_string_equal(passages_of(s, "A", "blue", 2500, false), "4! 5 ");
    struct remote_past past[3];
    size_t count;
    assert_int_equal(store_passage_history(s, "A", "blue", 1000, 3000, past, 3, &count, &err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(past[0].record, "P1");
    assert_string_equal(past[1].record, "P5");
    assert_int_equal(past[1].day.month, 7);
    assert_int_equal(past[1].exceeded, 5);
    assert_int_equal(store_passage_history(s, "A", "blue", 0, INT64_MAX, past, 2, &count, &err), 0);
    assert_int_equal(count, 2); /* the newest two, oldest first */
    assert_string_equal(past[0].record, "P5");
    assert_string_equal(past[1].record, "P4");
    assert_false(past[1].valid);
    struct store_passage p;
    char *record, *raw;
    assert_int_equal(store_passage_get(s, "P5", &p, &record, &raw, &err), 0);
    assert_int_equal(p.at_ms, 2500);
    assert_non_null(strstr(record, "P5"));
    assert_string_equal(raw, "7b05");
    free(record);
    free(raw);
    assert_int_equal(store_passage_get(s, "P6", &p, NULL, NULL, &err), -1);
    int64_t seq;
    assert_int_equal(store_passage_next_seq(s, &seq, &err), 0);
    assert_int_equal(seq, 6);
    fixture_verify(s, 5);
    store_close(s);
}

static void a_passage_sent_again_is_known(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    bool known = true;
    fixture_passage(s, 1, "A", "blue", 1000, true);
    assert_int_equal(store_passage_known(s, "rsd1", "R2", "7b01", &known, &err), 0);
    assert_false(known);
    assert_int_equal(store_passage_known(s, "rsd1", "R1", "7b01", &known, &err), 0);
    assert_true(known);
    assert_int_equal(store_passage_known(s, "rsd2", "R1", "7b01", &known, &err), 0);
    assert_false(known);
    assert_int_equal(store_passage_known(s, "rsd1", "R1", "7b02", &known, &err), 0);
    assert_false(known); /* the device was reset and counts anew */
    store_close(s);
}

/* ---- cases, outbox, receipts ---- */

static int collect_cases(void *ctx, const struct store_case *c)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 200 - length, "%lld:%s:%s ", (long long)c->seq, c->id, c->subject);
    return 0;
}

static int collect_outbox(void *ctx, const struct store_outbox_row *r)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 400 - length, "%s/%s/%s/%d/%s ", r->case_id, r->outlet, r->state, r->attempts,
             r->receipt_id);
    return 0;
}

static int collect_receipts(void *ctx, const struct store_receipt *r)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 200 - length, "%s/%s/%s/%.2s ", r->case_id, r->outlet, r->receipt, r->package_sha256);
    return 0;
}

static void cases_go_out_and_receipts_come_back(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER), *push = open_as(STORE_DELIVERY);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_case_add(s, "C1", "T1", 10, "sealing", &err), 0);
    assert_int_equal(store_case_add(s, "C2", "T2", 20, "handled", &err), 0);
    assert_int_equal(store_case_add(s, "C3", "P1", 30, "sealing", &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    char text[400] = "";
    assert_int_equal(store_case_unsealed(push, 0, 10, collect_cases, text, &err), 0);
    assert_string_equal(text, "1:C1:T1 3:C3:P1 ");
    fixture_sql_on(
        store_database(push),
        "INSERT INTO package VALUES('C1', 'ab', 'p', 1, 1, 1);"
        "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES('C1', 'police', 'refused', 2, 9),"
        " ('C1', 'drop', 'waiting', 0, 9)");
    text[0] = '\0';
    assert_int_equal(store_case_unsealed(push, 1, 10, collect_cases, text, &err), 0);
    assert_string_equal(text, "3:C3:P1 ");
    int64_t counts[4];
    assert_int_equal(store_outbox_counts(s, counts, &err), 0);
    assert_int_equal(counts[0], 2); /* C3 unsealed, C1 to drop */
    assert_int_equal(counts[1], 0);
    assert_int_equal(counts[2], 1);
    assert_int_equal(counts[3], 0);
    text[0] = '\0';
    assert_int_equal(store_outbox_list(s, 10, collect_outbox, text, &err), 0);
    assert_string_equal(text, "C3//sealing/0/ C2//handled/0/ C1/drop/waiting/0/ C1/police/refused/2/ ");
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C1", "police", 77, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C1", NULL, 78, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C3", NULL, 77, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(store_commit(s, &err), 0);
    assert_string_equal(fixture_text(store_database(s), "SELECT group_concat(state || next_ms) FROM delivery"),
                        "retry78,retry78");
    fixture_sql_on(store_database(push),
                   "UPDATE delivery SET state = 'sent', receipt_id = 'R9', receipt = '{}' WHERE outlet = 'police'");
    text[0] = '\0';
    assert_int_equal(store_receipt_list(s, 10, collect_receipts, text, &err), 0);
    assert_string_equal(text, "C1/police/{}/ab ");
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C1", "police", 77, &err), -1); /* it has arrived */
    assert_int_equal(store_receipt_journaled(s, "C1", "police", &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    text[0] = '\0';
    assert_int_equal(store_receipt_list(s, 10, collect_receipts, text, &err), 0);
    assert_string_equal(text, "");
    store_close(push);
    store_close(s);
}

/* ---- objects ---- */

static void objects_are_kept_by_their_digest(void **state)
{
    (void)state;
    struct store *s = open_as(STORE_OWNER);
    char sha256[65], again[65], path[512];
    void *data;
    size_t length;
    struct stat st;
    assert_int_equal(store_object_put(s, "abc", 3, sha256, &err), 0);
    assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(store_object_path(s, sha256, path, sizeof path, &err), 0);
    assert_non_null(strstr(path, "/objects/ba/7816bf8f"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0440);
    ino_t first = st.st_ino;
    assert_int_equal(store_object_put(s, "abc", 3, again, &err), 0);
    assert_string_equal(again, sha256);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_ino, first); /* not written twice */
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
    assert_int_equal(length, 3);
    assert_memory_equal(data, "abc", 3);
    free(data);
    /* Damage is told, never handed out; putting the content again heals it. */
    assert_int_equal(file_write(path, "abd", 3, 0440, &err), 0);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), -1);
    assert_non_null(strstr(err.text, "is damaged"));
    assert_int_equal(store_object_put(s, "abc", 3, again, &err), 0);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
    free(data);
    assert_int_equal(store_object_put(s, "", 0, sha256, &err), 0);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
    assert_int_equal(length, 0);
    free(data);
    assert_int_equal(store_object_get(s, "../../../etc/passwd", &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    memset(sha256, 'f', 64);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    store_close(s);
}

/* ---- readers ---- */

static void a_reader_sees_each_commit_and_nothing_before_it(void **state)
{
    (void)state;
    struct store *owner = open_as(STORE_OWNER), *reader = open_as(STORE_READER);
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
    fixture_event(owner = open_as(STORE_OWNER), "instrument");
    fixture_verify(reader, 3);
    store_close(owner);
    store_close(reader);
    /* Nobody runs. */
    reader = open_as(STORE_READER);
    fixture_verify(reader, 3);
    store_close(reader);
}

/* smogctl of an officer who may read the folder but write nothing, daemon down. */
static void a_reader_without_write_permission_reads(void **state)
{
    (void)state;
    struct store *owner = open_as(STORE_OWNER);
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
    struct store *s = open_as(STORE_OWNER);
    sqlite3 *db = store_database(s);
    for (size_t i = 0; i < STORE_SQL_COUNT; i++) {
        char sql[1200];
        sqlite3_stmt *q;
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", texts[i]);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
        while (sqlite3_step(q) == SQLITE_ROW) {
            const char *plan = (const char *)sqlite3_column_text(q, 3);
            if (strstr(plan, "SCAN") || strstr(plan, "TEMP B-TREE"))
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
        {STORE_SQL_PASSAGE_LIST_PLATE, "SEARCH passage USING INDEX passage_plate (plate=? AND at_ms>?)"},
        {STORE_SQL_PASSAGE_HISTORY, "SEARCH passage USING INDEX passage_plate (plate=? AND at_ms>? AND at_ms<?)"},
        {STORE_SQL_TEST_LIST_OPEN, "SEARCH test USING INDEX test_open (seq<?)"},
        {STORE_SQL_PASSAGE_LIST, "SEARCH passage USING INDEX passage_at (at_ms>?)"},
    };
    struct store *s = open_as(STORE_OWNER);
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

/* ---- verification ---- */

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
        {"DELETE FROM passage WHERE seq = 1", "number 1 is missing"},
        {"UPDATE passage SET verdict = 'pass' WHERE seq = 1", "the verdict of passage P1"},
        {"UPDATE passage SET record = '{}' WHERE seq = 1", "the record of passage P1 was changed"},
    };
    struct store *s = open_as(STORE_OWNER);
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
    s = open_as(STORE_READER);
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
        s = open_as(STORE_READER);
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
        cmocka_unit_test_setup(opening_makes_what_is_missing, fresh),
        cmocka_unit_test_setup(the_promises_hold_on_an_open_database, fresh),
        cmocka_unit_test_setup(others_wait_for_the_owner_to_make_it, fresh),
        cmocka_unit_test_setup(another_stations_database_is_refused, fresh),
        cmocka_unit_test_setup(another_schema_is_refused, fresh),
        cmocka_unit_test_setup(a_damaged_file_is_named, fresh),
        cmocka_unit_test_setup(damaged_pages_are_named, fresh),
        cmocka_unit_test(network_file_systems_are_refused),
        cmocka_unit_test_setup(there_is_one_owner_and_one_delivery, fresh),
        cmocka_unit_test_setup(what_a_crash_left_aside_is_cleaned, fresh),
        cmocka_unit_test_setup(roles_write_their_own_tables_only, fresh),
        cmocka_unit_test_setup(events_come_back_with_their_tree, fresh),
        cmocka_unit_test_setup(rollback_takes_the_tree_back, fresh),
        cmocka_unit_test_setup(only_whole_events_enter, fresh),
        cmocka_unit_test_setup(events_are_walked_in_order, fresh),
        cmocka_unit_test_setup(a_test_lives_from_start_to_void, fresh),
        cmocka_unit_test_setup(tests_are_listed_by_plate_colour_and_state, fresh),
        cmocka_unit_test_setup(a_failed_step_spoils_its_transaction, fresh),
        cmocka_unit_test_setup(files_belong_to_their_record, fresh),
        cmocka_unit_test_setup(passages_are_found_by_plate_and_time, fresh),
        cmocka_unit_test_setup(a_passage_sent_again_is_known, fresh),
        cmocka_unit_test_setup(cases_go_out_and_receipts_come_back, fresh),
        cmocka_unit_test_setup(objects_are_kept_by_their_digest, fresh),
        cmocka_unit_test_setup(a_reader_sees_each_commit_and_nothing_before_it, fresh),
        cmocka_unit_test_setup(a_reader_without_write_permission_reads, fresh),
        cmocka_unit_test_setup(every_query_runs_on_an_index, fresh),
        cmocka_unit_test_setup(plates_and_histories_use_the_composite_indexes, fresh),
        cmocka_unit_test_setup(every_forgery_is_found, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
