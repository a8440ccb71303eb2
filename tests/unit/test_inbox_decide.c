/*
 * What the police may decide about a package and when: every decision in every state, what each needs, what is kept,
 * an older index that grows, two connections at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/inbox_store.h"

static char folder[300];

static struct inbox_store *open_store(void)
{
    struct inbox_store *s;
    struct err err;
    if (inbox_store_open(&s, folder, &err) != 0)
        fail_msg("%s", err.text);
    return s;
}

static int new_folder(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/inbox.XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* A package that has arrived, the nth of its sender. */
static void add(struct inbox_store *s, int n, char sha256[65])
{
    struct inbox_package p = {.received_ms = 1782869400000 + n, .size = 1};
    struct err err;
    char *upload;
    int fd = inbox_store_upload(s, &upload, &err);
    assert_true(fd >= 0);
    close(fd);
    snprintf(p.sha256, sizeof p.sha256, "%064x", n);
    snprintf(p.plate, sizeof p.plate, "新A%05d", n);
    snprintf(p.sender, sizeof p.sender, "CN=a");
    snprintf(p.station, sizeof p.station, "652301-%04d", n % 7);
    snprintf(p.record, sizeof p.record, "R%d", n);
    snprintf(p.journal, sizeof p.journal, "agrees");
    if (inbox_store_add(s, &p, upload, "", 0, &err) != 0)
        fail_msg("%s", err.text);
    free(upload);
    memcpy(sha256, p.sha256, 65);
}

static struct inbox_decision make(const char *sha256, const char *word)
{
    struct inbox_decision d = {.at_ms = 1790000000000, .officer = "023456"};
    snprintf(d.sha256, sizeof d.sha256, "%s", sha256);
    snprintf(d.decision, sizeof d.decision, "%s", word);
    d.ground = strcmp(word, "returned") == 0 ? 6 : 0;
    if (strcmp(word, "penalised") == 0 || strcmp(word, "handled-on-site") == 0)
        snprintf(d.number, sizeof d.number, "652301-1");
    return d;
}

static int decide(struct inbox_store *s, const char *sha256, const char *word, struct err *err)
{
    struct inbox_decision d = make(sha256, word);
    return inbox_store_decide(s, &d, "CN=officer", err);
}

static const char *const kinds[] = {"accepted", "returned",        "notified", "penalised",
                                    "paid",     "handled-on-site", "rectified"};

/* rows: how a package comes to a state; columns: kinds; '1': may follow */
static const struct {
    const char *path[5], *may;
} ways[] = {
    {{NULL}, "1100011"},                                /* waiting */
    {{"accepted"}, "0111011"},                          /* */
    {{"returned"}, "0000000"},                          /* */
    {{"accepted", "notified"}, "0101011"},              /* */
    {{"accepted", "notified", "penalised"}, "0000101"}, /* */
    {{"accepted", "penalised", "paid"}, "0000001"},     /* */
    {{"handled-on-site"}, "0000001"},                   /* */
    {{"rectified"}, "1100010"},                         /* once */
    {{"accepted", "rectified", "notified"}, "0101010"}, /* beside the others */
};

static void every_decision_in_every_state(void **state)
{
    (void)state;
    struct inbox_store *s = open_store();
    struct err err;
    char sha256[65];
    int n = 0;
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            add(s, ++n, sha256);
            for (size_t i = 0; i < 5 && ways[w].path[i]; i++)
                if (decide(s, sha256, ways[w].path[i], &err) != 0)
                    fail_msg("%s: %s", ways[w].path[i], err.text);
            bool done = decide(s, sha256, kinds[k], &err) == 0;
            if (done != (ways[w].may[k] == '1'))
                fail_msg("way %zu, %s: %s", w, kinds[k], done ? "done" : err.text);
            if (!done)
                assert_int_equal(err.code, ERR_REFUSED);
        }
    }
    inbox_store_close(s);
}

static void what_each_needs(void **state)
{
    (void)state;
    struct inbox_store *s = open_store();
    struct err err;
    char sha256[65];
    add(s, 1, sha256);
    struct inbox_decision d = make(sha256, "returned");
    for (int ground = -1; ground <= 9; ground += ground == 0 ? 9 : 1) {
        d.ground = ground;
        assert_int_equal(inbox_store_decide(s, &d, "", &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    d.ground = 8; /* without a note */
    assert_int_equal(inbox_store_decide(s, &d, "", &err), -1);
    static const char *const amounts[] = {"-1", "1.234", "1.", "x", "1e3", "1234567890", "1 000"};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        d = make(sha256, "penalised");
        snprintf(d.amount, sizeof d.amount, "%s", amounts[i]);
        assert_int_equal(inbox_store_decide(s, &d, "", &err), -1);
        assert_non_null(strstr(err.text, "no amount"));
    }
    static const char *const officers[] = {"", "a b", "<b>", "警", "012345678901234567890123456789012"};
    for (size_t i = 0; i < 4; i++) {
        d = make(sha256, "accepted");
        snprintf(d.officer, sizeof d.officer, "%s", officers[i]);
        assert_int_equal(inbox_store_decide(s, &d, "", &err), -1);
        assert_non_null(strstr(err.text, "who decides?"));
    }
    assert_false(inbox_officer_ok(officers[4]));
    d = make(sha256, "accepted");
    snprintf(d.basis, sizeof d.basis, "x");
    assert_int_equal(inbox_store_decide(s, &d, "", &err), -1);
    assert_int_equal(decide(s, sha256, "thrown-away", &err), -1);
    assert_int_equal(decide(s, "00", "accepted", &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    struct inbox_package p;
    assert_int_equal(inbox_store_find(s, sha256, &p, &err), 1);
    assert_string_equal(p.state, "waiting"); /* nothing of all that was kept */
    inbox_store_close(s);
}

static void ask(char *out, size_t size, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    char path[400];
    snprintf(path, sizeof path, "%s/inbox.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    const char *text = sqlite3_step(q) == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : NULL;
    snprintf(out, size, "%s", text ? text : "");
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static void run(const char *sql)
{
    sqlite3 *db;
    char path[400], *message = NULL;
    snprintf(path, sizeof path, "%s/inbox.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

static void an_older_index_grows_and_a_newer_one_is_left_alone(void **state)
{
    (void)state;
    struct inbox_store *s;
    struct err err;
    char text[100];
    run("CREATE TABLE package(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,"
        " received_ms INTEGER NOT NULL, sender TEXT NOT NULL, station TEXT NOT NULL, record TEXT NOT NULL,"
        " plate TEXT NOT NULL, verdict TEXT NOT NULL, signer TEXT NOT NULL, journal TEXT NOT NULL) STRICT;"
        "CREATE TABLE decision(n INTEGER PRIMARY KEY AUTOINCREMENT, package INTEGER NOT NULL"
        " REFERENCES package(id), at_ms INTEGER NOT NULL, decision TEXT NOT NULL, ground INTEGER NOT NULL,"
        " number TEXT NOT NULL, note TEXT NOT NULL) STRICT;"
        "INSERT INTO package VALUES(1, 'a', 1, 1, 's', 't', 'r', 'p', 'fail', 'x', 'first'),"
        " (2, 'b', 1, 1, 's', 't', 'r', 'p', 'fail', 'x', 'first'), (3, 'c', 1, 1, 's', 't', 'r', 'p', 'fail', 'x', "
        "'first');"
        "INSERT INTO decision VALUES(1, 1, 1, 'accepted', 0, '', ''), (2, 1, 1, 'penalised', 0, '7', ''),"
        " (3, 2, 1, 'rectified', 0, '', '')");
    inbox_store_close(open_store());
    inbox_store_close(open_store());
    ask(text, sizeof text, "SELECT group_concat(state || rectified, ' ') FROM package");
    assert_string_equal(text, "penalised0 waiting1 waiting0");
    run("PRAGMA user_version = 99");
    assert_int_equal(inbox_store_open(&s, folder, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "newer smoginbox"));
}

static void two_connections_decide_and_receive(void **state)
{
    (void)state;
    struct inbox_store *a = open_store(), *b = open_store();
    struct err err;
    char sha256[65];
    for (int i = 0; i < 50; i++) {
        add(i % 2 ? a : b, i + 1, sha256);
        assert_int_equal(decide(i % 2 ? b : a, sha256, "accepted", &err), 0);
        assert_int_equal(decide(a, sha256, "accepted", &err), -1); /* it has been seen there */
    }
    inbox_store_close(b);
    inbox_store_close(a);
}

static void count(void *ctx, const struct inbox_package *p)
{
    (void)p;
    ++*(int *)ctx;
}

/* Every list walks along an index or the ids; none sorts. */
static void lists_run_on_indexes(void **state)
{
    (void)state;
    struct inbox_store *s = open_store();
    struct err err;
    char sha256[65];
    int rows = 0;
    for (int i = 1; i <= 200; i++)
        add(s, i, sha256);
    static const struct inbox_query queries[] = {
        {.limit = 51},
        {.sender = "CN=a", .limit = 51},
        {.station = "652301-0003", .limit = 51},
        {.state = "waiting", .oldest_first = true, .limit = 51},
        {.plate = "A0001", .limit = 51},
        {.from_ms = 1, .to_ms = 1782869400011, .limit = 51},
        {.conflict = true, .limit = 51},
        {.beyond = 10, .limit = 51},
        {.state = "waiting", .oldest_first = true, .beyond = 190, .limit = 51},
    };
    static const int wanted[] = {51, 51, 29, 51, 10, 10, 0, 9, 10};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        rows = 0;
        assert_int_equal(inbox_store_list(s, &queries[i], count, &rows, &err), 0);
        if (rows != wanted[i])
            fail_msg("query %zu gives %d rows", i, rows);
    }
    int64_t waiting, oldest_ms;
    assert_int_equal(inbox_store_waiting(s, NULL, &waiting, &oldest_ms, &err), 0);
    assert_int_equal(waiting, 200);
    assert_int_equal(oldest_ms, 1782869400001);
    inbox_store_close(s);
    static const char *const plans[][2] = {
        {"EXPLAIN QUERY PLAN SELECT * FROM package WHERE id < 9 AND state = 'waiting' ORDER BY id DESC LIMIT 5",
         "package_state"},
        {"EXPLAIN QUERY PLAN SELECT * FROM package WHERE id < 9 AND sender = 'a' ORDER BY id DESC LIMIT 5",
         "package_sender"},
        {"EXPLAIN QUERY PLAN SELECT * FROM package WHERE id < 9 AND station = 'a' ORDER BY id DESC LIMIT 5",
         "package_station"},
        {"EXPLAIN QUERY PLAN SELECT * FROM package WHERE id < 9 AND journal = 'conflict' ORDER BY id DESC LIMIT 5",
         "package_conflict"},
        {"EXPLAIN QUERY PLAN SELECT * FROM decision WHERE package = 1 ORDER BY n", "decision_package"},
    };
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        char text[200];
        sqlite3 *db;
        sqlite3_stmt *q;
        char path[400];
        snprintf(path, sizeof path, "%s/inbox.db", folder);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, plans[i][0], -1, &q, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
        snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(q, 3));
        assert_int_equal(sqlite3_step(q), SQLITE_DONE); /* no second step: nothing is sorted */
        sqlite3_finalize(q);
        sqlite3_close(db);
        if (!strstr(text, plans[i][1]))
            fail_msg("%s: %s", plans[i][0], text);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, new_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_decision_in_every_state),
        TEST(what_each_needs),
        TEST(an_older_index_grows_and_a_newer_one_is_left_alone),
        TEST(two_connections_decide_and_receive),
        TEST(lists_run_on_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
