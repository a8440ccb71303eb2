/* Opening the store: what it makes, what it promises, what it refuses, and who may write what. */
#include "station/schema.h"
#include "station/store.h"

#include "reports/file.h"
#include "station/schema.h"
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
    store_close(fixture_open(dir, STORE_OWNER));
    static const char *const names[] = {"objects", "spool", "packages"};
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0750);
    }
    struct store *s = fixture_open(dir, STORE_OWNER);
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
    struct store *s = fixture_open(dir, STORE_OWNER);
    assert_string_equal(fixture_text(store_database(s), "PRAGMA journal_mode"), "wal");
    assert_string_equal(fixture_text(store_database(s), "PRAGMA synchronous"), "2");
    assert_string_equal(fixture_text(store_database(s), "PRAGMA foreign_keys"), "0");
    assert_int_equal(strtol(fixture_text(store_database(s), "PRAGMA user_version"), NULL, 10), SCHEMA_VERSION);
    assert_string_equal(fixture_text(store_database(s), "SELECT count(*) FROM pragma_table_list WHERE NOT strict"
                                                        " AND schema = 'main' AND name NOT LIKE 'sqlite%'"),
                        "0");
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
    store_close(fixture_open(dir, STORE_OWNER));
    refuses("652301-0008", STORE_OWNER, ERR_INVALID, "belongs to station " FIXTURE_STATION);
    refuses("652301-0008", STORE_DELIVERY, ERR_INVALID, "the configuration says 652301-0008");
    refuses(NULL, STORE_OWNER, ERR_INVALID, "'id' is missing");
    store_close(fixture_open(dir, STORE_READER));
}

static void another_schema_is_refused(void **state)
{
    (void)state;
    char here[60], back[80];
    snprintf(here, sizeof here, "has schema 99, this program knows %d", SCHEMA_VERSION);
    snprintf(back, sizeof back, "PRAGMA user_version = %d; CREATE TABLE extra(a)", SCHEMA_VERSION);
    store_close(fixture_open(dir, STORE_OWNER));
    fixture_sql(dir, "PRAGMA user_version = 99");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_INVALID, here);
    fixture_sql(dir, "PRAGMA user_version = 0");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_INVALID, "has schema 0, this program knows");
    fixture_sql(dir, back);
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_FAILED, "could not be promised");
    fixture_sql(dir, "DROP TABLE extra; PRAGMA application_id = 5");
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_INVALID, "is not a database of smogd");
}

/* A database of every earlier version: its owner brings it up to date and keeps what is in it. */
static void an_older_schema_is_brought_up_to_date(void **state)
{
    static const char *const steps[] = {
#define STEP(step) step,
        SCHEMA_STEPS(STEP)};
    (void)state;
    for (int version = 1; version < SCHEMA_VERSION; version++) {
        char path[512], sql[120];
        struct sqlite3 *db;
        fresh(state);
        snprintf(path, sizeof path, "%s/smogd.db", dir);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        fixture_sql_on(db, "PRAGMA journal_mode = WAL");
        for (int i = 0; i < version; i++)
            fixture_sql_on(db, steps[i]);
        snprintf(sql, sizeof sql,
                 "PRAGMA user_version = %d; PRAGMA application_id = %d; INSERT INTO meta VALUES('kept', 'x')", version,
                 SCHEMA_APPLICATION);
        fixture_sql_on(db, sql);
        fixture_sql_on(db, "INSERT INTO meta VALUES('station', '" FIXTURE_STATION "')");
        sqlite3_close(db);
        refuses(NULL, STORE_READER, ERR_INVALID, "start this version of smogd once");
        refuses(FIXTURE_STATION, STORE_DELIVERY, ERR_INVALID, "start this version of smogd once");
        struct store *s = fixture_open(dir, STORE_OWNER);
        assert_int_equal(strtol(fixture_text(store_database(s), "PRAGMA user_version"), NULL, 10), SCHEMA_VERSION);
        assert_string_equal(fixture_text(store_database(s), "SELECT value FROM meta WHERE key = 'kept'"), "x");
        fixture_event(s, "first");
        fixture_verify(s, 1);
        store_close(s);
        store_close(fixture_open(dir, STORE_READER));
    }
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    char path[512];
    store_close(fixture_open(dir, STORE_OWNER));
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
    struct store *s = fixture_open(dir, STORE_OWNER);
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
    struct store *owner = fixture_open(dir, STORE_OWNER), *delivery = fixture_open(dir, STORE_DELIVERY);
    char words[64];
    snprintf(words, sizeof words, "a running smogd (process %ld)", (long)getpid());
    refuses(FIXTURE_STATION, STORE_OWNER, ERR_REFUSED, words);
    refuses(FIXTURE_STATION, STORE_DELIVERY, ERR_REFUSED, "a running smogpush");
    store_close(owner);
    store_close(delivery);
    store_close(fixture_open(dir, STORE_OWNER));
}

static void what_a_crash_left_aside_is_cleaned(void **state)
{
    (void)state;
    store_close(fixture_open(dir, STORE_OWNER));
    char path[512];
    snprintf(path, sizeof path, "%s/objects/new-4711", dir);
    assert_int_equal(file_write(path, "half", 4, 0640, &err), 0);
    store_close(fixture_open(dir, STORE_OWNER));
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
        {"UPDATE checkpoint SET note = 'x', signed_ms = 2", false, true}, /* the station's key is a new one */
        {"UPDATE checkpoint SET root = x'00'", false, false},
        {"INSERT INTO push_note VALUES('seal', 'x', 1)", false, true},
        {"INSERT INTO timestamp VALUES(1, 'n', x'00', 1)", false, true},
        {"UPDATE timestamp SET token = x'01'", false, false},
        {"DELETE FROM checkpoint", false, false},
        {"INSERT INTO package VALUES('c','s','p',1,1,1)", false, true},
        {"INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES('c','o','waiting',0,0)", false, true},
        {"UPDATE delivery SET state = 'sent', attempts = 1, receipt = 'r'", false, true},
        {"UPDATE delivery SET state = 'retry', next_ms = 1", true, true},
        {"UPDATE delivery SET journaled = 1", true, true},
        {"DELETE FROM delivery", false, false},
        {"INSERT INTO decision(outlet, n, package_sha256, kind, at, body) VALUES('o',1,'s','accepted','t','{}')", false,
         true},
        {"UPDATE decision SET journaled = 1", true, false},
        {"UPDATE decision SET body = '{}'", false, false},
        {"INSERT INTO officer(number, name, role, added_ms, event) VALUES('1','n','police',1,1)", true, false},
        {"INSERT INTO case_step VALUES('c',1,1,'t','a','f','t',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1)", true,
         false},
        {"UPDATE case_step SET act = 'x'", false, false},
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
    struct store *owner = fixture_open(dir, STORE_OWNER), *delivery = fixture_open(dir, STORE_DELIVERY),
                 *reader = fixture_open(dir, STORE_READER);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(opening_makes_what_is_missing, fresh),
        cmocka_unit_test_setup(the_promises_hold_on_an_open_database, fresh),
        cmocka_unit_test_setup(others_wait_for_the_owner_to_make_it, fresh),
        cmocka_unit_test_setup(another_stations_database_is_refused, fresh),
        cmocka_unit_test_setup(another_schema_is_refused, fresh),
        cmocka_unit_test_setup(an_older_schema_is_brought_up_to_date, fresh),
        cmocka_unit_test_setup(a_damaged_file_is_named, fresh),
        cmocka_unit_test_setup(damaged_pages_are_named, fresh),
        cmocka_unit_test(network_file_systems_are_refused),
        cmocka_unit_test_setup(there_is_one_owner_and_one_delivery, fresh),
        cmocka_unit_test_setup(what_a_crash_left_aside_is_cleaned, fresh),
        cmocka_unit_test_setup(roles_write_their_own_tables_only, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
