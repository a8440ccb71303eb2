/*
 * The Nth write, sync, allocation … fails, for every N, and the power goes at the Nth: after each, the database opens,
 * is whole, the journal verifies, and a result and its place in the outbox are both there or both absent, as the return
 * code said.
 */
#include "station/store.h"

#include "reports/file.h"
#include "reports/sha256.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/store_fixture.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { TESTS = 2, PASSAGE = 2 * TESTS, LOCKED, STEPS };

static char dir[256], work[300], killed[300], empty_db[300];

/* In the C library's place: nothing is really synced, the test is quick. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

/* ---- the station's evening: two tests, each with its case, a passage, and a check that fails and locks ---- */

struct outcome {
    bool opened;
    bool saved[STEPS]; /* the return code said so */
    bool tried[STEPS];
};

static int append(struct store *s, const char *kind, const char *more, uint64_t *index, struct err *err)
{
    (void)err;
    return fixture_append_more(s, kind, more, index);
}

static int note_open(void *ctx, const struct store_test *t)
{
    (void)t;
    *(bool *)ctx = true;
    return 1;
}

static int start_test(struct store *s, int n, struct err *err)
{
    struct store_test t = {.seq = n, .method = "m", .plate = "A", .colour = "blue", .started_ms = n};
    char more[128];
    uint64_t index;
    int64_t seq;
    snprintf(t.id, sizeof t.id, "T%d", n);
    bool open = false; /* as the station, which ends a test before the next one */
    if (store_test_list(s, NULL, NULL, true, 1, note_open, &open, err) != 0 || open ||
        store_test_next_seq(s, &seq, err) != 0)
        return -1;
    t.seq = seq;
    snprintf(more, sizeof more,
             ",\"method\":\"m\",\"seq\":%lld,\"test\":\"T%d\",\"vehicle\":{\"colour\":\"blue\",\"plate\":\"A\"}",
             (long long)seq, n);
    return append(s, "test-start", more, &index, err) == 0 ? store_test_start(s, &t, index, err) : -1;
}

/* The record spans several pages, so that a commit is several writes. */
static int end_test(struct store *s, int n, struct err *err)
{
    static char record[20000];
    char more[256], id[16], case_id[16], digest[65], file[65];
    uint64_t index;
    snprintf(id, sizeof id, "T%d", n);
    snprintf(case_id, sizeof case_id, "C%d", n);
    if (store_object_put(s, id, strlen(id), file, err) != 0)
        return -1;
    int head =
        snprintf(record, sizeof record,
                 "{\"files\":[{\"name\":\"readings.csv\",\"sha256\":\"%s\",\"size\":%zu}],\"id\":\"%s\",\"x\":\"", file,
                 strlen(id), id);
    memset(record + head, 'x', sizeof record - (size_t)head - 3);
    memcpy(record + sizeof record - 3, "\"}", 3);
    sha256_hex(record, sizeof record - 1, digest);
    snprintf(more, sizeof more, ",\"record_sha256\":\"%s\",\"test\":\"%s\",\"verdict\":\"fail\"", digest, id);
    if (append(s, "test-end", more, &index, err) != 0 || store_test_end(s, id, 9, "fail", index, record, err) != 0 ||
        store_file_add(s, id, "readings.csv", file, strlen(id), err) != 0)
        return -1;
    return store_case_add(s, case_id, id, 9, "exceeded", err);
}

static int add_passage(struct store *s, struct err *err)
{
    struct store_passage p = {.at_ms = 1,
                              .id = "P1",
                              .instrument = "rsd1",
                              .device_record = "1",
                              .plate = "A",
                              .colour = "blue",
                              .day = "2026-07-01",
                              .verdict = "pass",
                              .record = "{\"instruments\":[{\"name\":\"rsd1\"}],"
                                        "\"vehicle\":{\"colour\":\"blue\",\"plate\":\"A\"}}",
                              .raw = "00"};
    uint64_t index;
    if (store_passage_next_seq(s, &p.seq, err) != 0 ||
        append(s, "passage",
               ",\"passage\":\"P1\",\"record_sha256\":"
               "\"57326fbb904cfa9322d810525d208add69cd045b87971ff67460a42c83464b17\",\"verdict\":\"pass\"",
               &index, err) != 0)
        return -1;
    return store_passage_add(s, &p, index, err);
}

static int lock(struct store *s, struct err *err)
{
    struct store_check c = {.id = "K1",
                            .instrument = "smoke",
                            .what = "zero",
                            .serial = "A1",
                            .verdict = "fail",
                            .started_ms = 1,
                            .ended_ms = 2};
    const struct store_lockout l = {.code = "zero-failed", .subject = "smoke", .what = "x", .since_ms = 2};
    char started[128];
    static const char ended[] = ",\"check\":\"K1\",\"serial\":\"A1\",\"verdict\":\"fail\"";
    static const char locked[] = ",\"code\":\"zero-failed\",\"instrument\":\"smoke\",\"since\":"
                                 "\"1970-01-01T08:00:00.002+08:00\",\"what\":\"x\"";
    uint64_t index;
    if (store_check_next_seq(s, &c.seq, err) != 0)
        return -1;
    snprintf(started, sizeof started, ",\"check\":\"K1\",\"name\":\"smoke\",\"seq\":%d,\"what\":\"zero\"", (int)c.seq);
    if (append(s, "check-start", started, &index, err) != 0 || store_check_start(s, &c, index, err) != 0 ||
        append(s, "check-end", ended, &index, err) != 0 || store_check_end(s, &c, index, err) != 0 ||
        append(s, "lockout", locked, &index, err) != 0)
        return -1;
    return store_lockout_raise(s, &l, index, err);
}

/* Step 2k starts test k + 1, step 2k + 1 ends it. */
static int do_step(struct store *s, int step, struct err *err)
{
    if (step == LOCKED)
        return lock(s, err);
    if (step == PASSAGE)
        return add_passage(s, err);
    return step % 2 == 0 ? start_test(s, step / 2 + 1, err) : end_test(s, step / 2 + 1, err);
}

static bool save_step(struct store *s, int step)
{
    struct err err;
    if (store_begin(s, &err) != 0)
        return false;
    if (do_step(s, step, &err) != 0) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, &err) == 0;
}

/* What happens after the first step that failed: the station goes on, ends orderly, or is killed. */
enum then { GO_ON, END, KILLED };

static void copy(const char *from, const char *to);

/* The files as they are while the process still runs: what is found after kill -9. */
static void leave_behind(const char *state_dir)
{
    char from[400], to[400];
    snprintf(from, sizeof from, "%s/smogd.db", state_dir);
    snprintf(to, sizeof to, "%s/smogd.db", killed);
    copy(from, to);
    snprintf(from, sizeof from, "%s/smogd.db-wal", state_dir);
    snprintf(to, sizeof to, "%s/smogd.db-wal", killed);
    copy(from, to);
}

static struct outcome evening(const char *state_dir, enum then then)
{
    struct outcome o = {0};
    struct store *s;
    struct err err;
    if (store_open(&s, state_dir, FIXTURE_STATION, STORE_OWNER, &err) != 0)
        return o;
    o.opened = true;
    for (int step = 0; step < STEPS; step++) {
        o.tried[step] = true;
        o.saved[step] = save_step(s, step);
        if (then != GO_ON && !o.saved[step])
            break;
        if (step == 3) /* what SQLite does by itself every 1000 pages: the log is written back into the database */
            sqlite3_wal_checkpoint_v2(store_database(s), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    if (then == KILLED)
        leave_behind(state_dir);
    store_close(s);
    return o;
}

/* ---- what is left ---- */

static void copy(const char *from, const char *to)
{
    struct err err;
    char *data;
    size_t length;
    assert_int_equal(file_read(from, 1 << 24, &data, &length, &err), 0);
    assert_int_equal(file_write(to, data, length, 0640, &err), 0);
    free(data);
}

static bool yes(struct store *s, const char *sql)
{
    return strcmp(fixture_text(store_database(s), sql), "1") == 0;
}

/* Result and outbox both or neither; gives whether they are there. */
static bool is_there(struct store *s, int step)
{
    char sql[256];
    int n = step / 2 + 1;
    if (step == LOCKED) {
        bool held = yes(s, "SELECT count(*) FROM lockout WHERE cleared_ms IS NULL");
        assert_int_equal(yes(s, "SELECT count(*) FROM device_check WHERE verdict = 'fail'"), held);
        assert_int_equal(yes(s, "SELECT count(*) FROM event WHERE kind = 'lockout'"), held);
        return held;
    }
    if (step == PASSAGE)
        return yes(s, "SELECT count(*) FROM passage WHERE id = 'P1'");
    if (step % 2 == 0) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM test WHERE id = 'T%d'", n);
        return yes(s, sql);
    }
    snprintf(sql, sizeof sql, "SELECT count(*) FROM test WHERE id = 'T%d' AND verdict IS NOT NULL", n);
    bool result = yes(s, sql);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM case_file WHERE id = 'C%d'", n);
    assert_int_equal(yes(s, sql), result);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM record_file WHERE subject = 'T%d'", n);
    assert_int_equal(yes(s, sql), result);
    return result;
}

static int check_object(void *ctx, const struct store_file *f)
{
    void *data;
    size_t length;
    struct err err;
    if (store_object_get(ctx, f->sha256, &data, &length, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(length, f->size);
    free(data);
    return 0;
}

/* `sure`: what was not saved is absent; otherwise it may be there, whole. */
static void check_left(const char *state_dir, const struct outcome *o, bool sure, const char *what, long nth)
{
    struct store *s;
    struct err err;
    struct store_verify_result result;
    if (store_open(&s, state_dir, FIXTURE_STATION, STORE_OWNER, &err) != 0)
        fail_msg("%s %ld: %s", what, nth, err.text);
    assert_string_equal(fixture_text(store_database(s), "PRAGMA integrity_check"), "ok");
    if (store_verify(s, &result, NULL, NULL, &err) != 0)
        fail_msg("%s %ld: %s", what, nth, err.text);
    for (int step = 0; step < STEPS; step++) {
        bool there = is_there(s, step);
        if (o->saved[step] && !there)
            fail_msg("%s %ld: step %d was saved and is gone", what, nth, step);
        if (sure && !o->saved[step] && there)
            fail_msg("%s %ld: step %d was not saved and is there", what, nth, step);
        if (there && step < PASSAGE && step % 2 == 1 && state_dir == work) {
            char id[16];
            snprintf(id, sizeof id, "T%d", step / 2 + 1);
            assert_int_equal(store_file_list(s, id, check_object, s, &err), 0);
        }
    }
    /* And life goes on. */
    fixture_event(s, "instrument");
    store_close(s);
}

/* A new station's folder: the empty database, nothing else. */
static void fresh_station(void)
{
    static const char *const tails[] = {"-wal", "-shm"};
    char path[400];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/smogd.db%s", work, tails[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/smogd.db", work);
    copy(empty_db, path);
}

static int make_template(void **state)
{
    (void)state;
    struct store *s;
    struct err err;
    char path[400];
    fault_vfs_install();
    fixture_folder(dir, sizeof dir);
    snprintf(work, sizeof work, "%s/station", dir);
    snprintf(killed, sizeof killed, "%s/killed", dir);
    snprintf(empty_db, sizeof empty_db, "%s/empty.db", dir);
    if (store_open(&s, work, FIXTURE_STATION, STORE_OWNER, &err) != 0)
        return -1;
    sqlite3_wal_checkpoint_v2(store_database(s), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    store_close(s);
    snprintf(path, sizeof path, "%s/smogd.db", work);
    copy(path, empty_db);
    if (store_open(&s, killed, FIXTURE_STATION, STORE_OWNER, &err) != 0)
        return -1;
    store_close(s);
    return 0;
}

/* ---- the Nth operation fails ---- */

struct fault {
    const char *what;
    unsigned operations;
    enum fault_how how;
    bool lasting;
    enum then then;
    bool sure; /* see check_left */
};

static void fail_each(const struct fault *f)
{
    for (long nth = 1;; nth++) {
        fresh_station();
        fault_arm(f->operations, f->how, nth, f->lasting);
        struct outcome o = evening(work, f->then);
        long seen = fault_seen();
        fault_disarm();
        check_left(f->then == KILLED && o.opened ? killed : work, &o, f->sure, f->what, nth);
        if (seen < nth) {
            for (int step = 0; step < STEPS; step++)
                assert_true(o.saved[step]);
            assert_true(nth > 5); /* something was tested */
            return;
        }
    }
}

static void any_write_may_fail(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"write, then end", FAULT_WRITE, FAULT_IOERR, false, END, true},
        {"half write", FAULT_WRITE, FAULT_HALF, false, END, true},
        {"half write, then killed", FAULT_WRITE, FAULT_HALF, false, KILLED, true},
        {"late write error", FAULT_WRITE, FAULT_LATE, false, KILLED, true},
        {"write or truncate", FAULT_TRUNCATE | FAULT_WRITE, FAULT_IOERR, false, GO_ON, true},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fail_each(&faults[i]);
}

static void the_disk_may_fill_up(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"full", FAULT_WRITE, FAULT_FULL, false, END, true},
        {"full from there on", FAULT_WRITE, FAULT_FULL, true, GO_ON, true},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fail_each(&faults[i]);
}

static void any_sync_may_fail(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"sync", FAULT_SYNC, FAULT_IOERR, false, GO_ON, true},
        {"sync, then end", FAULT_SYNC, FAULT_IOERR, false, END, true},
        {"sync, then killed", FAULT_SYNC, FAULT_IOERR, false, KILLED, true},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fail_each(&faults[i]);
}

/* The disk goes away: nobody can say what became of the step under way, but it is whole or absent. */
static void the_disk_may_go_away(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"all", FAULT_WRITE | FAULT_SYNC | FAULT_TRUNCATE | FAULT_READ, FAULT_IOERR, true, GO_ON, false},
        {"syncs from there on", FAULT_SYNC, FAULT_IOERR, true, GO_ON, false},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fail_each(&faults[i]);
}

static void any_read_or_map_may_fail(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"read", FAULT_READ | FAULT_OPEN | FAULT_SHM, FAULT_IOERR, false, GO_ON, true},
        {"read, then end", FAULT_READ | FAULT_OPEN | FAULT_SHM, FAULT_IOERR, false, END, true},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fail_each(&faults[i]);
}

/* A full disk says so, and what to do. */
static void a_full_disk_is_named(void **state)
{
    (void)state;
    struct store *s;
    struct err err;
    uint64_t index;
    fresh_station();
    assert_int_equal(store_open(&s, work, FIXTURE_STATION, STORE_OWNER, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(append(s, "check", "", &index, &err), 0);
    fault_arm(FAULT_WRITE, FAULT_FULL, 1, true);
    assert_int_equal(store_commit(s, &err), -1);
    fault_disarm();
    assert_int_equal(err.code, ERR_FAILED);
    assert_non_null(strstr(err.text, "is full; free some space"));
    assert_int_equal(fixture_event(s, "instrument"), 0);
    store_close(s);
}

/* ---- the Nth allocation fails ---- */

static sqlite3_mem_methods real_memory;
static long allocations, allocation_fails_at;

static void *failing_malloc(int size)
{
    return ++allocations == allocation_fails_at ? NULL : real_memory.xMalloc(size);
}

static void *failing_realloc(void *old, int size)
{
    return ++allocations == allocation_fails_at ? NULL : real_memory.xRealloc(old, size);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (long nth = 1;; nth++) {
        fresh_station();
        allocations = 0;
        allocation_fails_at = nth;
        struct outcome o = evening(work, nth % 4 ? END : GO_ON);
        long seen = allocations;
        allocation_fails_at = 0;
        check_left(work, &o, true, "malloc", nth);
        if (seen < nth)
            break;
    }
}

/* ---- power ---- */

static void power_may_go_at_any_moment(void **state)
{
    (void)state;
    for (unsigned luck = 0; luck < 3; luck++)
        for (long nth = 1;; nth++) {
            fresh_station();
            fault_power_begin(work, nth);
            struct outcome o = evening(work, GO_ON);
            bool cut = fault_power_restore(luck);
            char shm[400];
            snprintf(shm, sizeof shm, "%s/smogd.db-shm", work);
            unlink(shm); /* memory */
            check_left(work, &o, !cut, "power", nth);
            if (!cut) {
                assert_true(o.saved[STEPS - 1]);
                assert_true(nth > 50);
                break;
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_write_may_fail),       cmocka_unit_test(the_disk_may_fill_up),
        cmocka_unit_test(any_sync_may_fail),        cmocka_unit_test(the_disk_may_go_away),
        cmocka_unit_test(any_read_or_map_may_fail), cmocka_unit_test(a_full_disk_is_named),
        cmocka_unit_test(any_allocation_may_fail),  cmocka_unit_test(power_may_go_at_any_moment),
    };
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
        return 2;
    sqlite3_mem_methods failing = real_memory;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK)
        return 2;
    return cmocka_run_group_tests(tests, make_template, NULL);
}
