/*
 * Delivery against a receiver that fails in every way on order: states and queue stay right, nothing is lost, nothing
 * arrives twice, nothing waits behind another. The wall clock is the test's: pauses are passed by telling another time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "reports/courier.h"
#include "reports/file.h"
#include "reports/http.h"
#include "reports/queue.h"
#include "reports/sha256.h"
#include "station/schema.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/keys.h"
#include "tests/support/receiver.h"

enum { DEADLINE_S = 20, TURN_MS = 20, SECOND = 1000, PACKAGE_SIZE = 200000 };

static const struct http_limits limits = {
    .connect_ms = 2000, .silence_s = 1, .answer_ms = 2000, .bytes_per_s = 1000000};

static struct keys_pair ca, server, client, stranger;
static char top[256];

struct bench {
    char folder[300], url[100];
    sqlite3 *db;
    struct receiver *receiver;
    struct queue *queue;
    struct http *http;
    struct courier *courier;
    struct courier_outlet outlets[2];
    size_t outlets_count;
    int64_t now_ms;
    int cases;
};

static int make_keys(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    signal(SIGPIPE, SIG_IGN);
    snprintf(top, sizeof top, "%s/courier.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    keys_make(&ca, top, &(struct keys_request){.name = "ca", .subject = "test authority"});
    keys_make(&server, top,
              &(struct keys_request){.name = "server", .subject = "127.0.0.1", .by = &ca, .san = "IP:127.0.0.1"});
    keys_make(&client, top, &(struct keys_request){.name = "client", .subject = "station", .by = &ca});
    keys_make(&stranger, top, &(struct keys_request){.name = "stranger", .subject = "station"});
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    keys_free(&stranger);
    keys_free(&client);
    keys_free(&server);
    keys_free(&ca);
    return 0;
}

static void must(int result, const struct err *err)
{
    if (result != 0)
        fail_msg("%s", err->text);
}

static void sql(struct bench *b, const char *format, ...)
{
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (sqlite3_exec(b->db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(b->db));
}

static void open_courier(struct bench *b)
{
    struct err err;
    must(queue_open(&b->queue, b->db, &err), &err);
    must(http_open(&b->http, &limits, &err), &err);
    must(courier_open(&b->courier, b->queue, b->http, b->folder, b->outlets, b->outlets_count, b->now_ms, &err), &err);
}

static void close_courier(struct bench *b)
{
    courier_close(b->courier);
    http_close(b->http);
    queue_close(b->queue);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    static int number;
    char path[400];
    snprintf(b->folder, sizeof b->folder, "%s/%d", top, ++number);
    snprintf(path, sizeof path, "%s/packages", b->folder);
    assert_true(mkdir(b->folder, 0700) == 0 && mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/smogd.db", b->folder);
    assert_int_equal(sqlite3_open(path, &b->db), SQLITE_OK);
    sql(b, "PRAGMA journal_mode = WAL");
    assert_int_equal(sqlite3_exec(b->db, SCHEMA_SQL, NULL, NULL, NULL), SQLITE_OK);
    b->receiver = receiver_open(&server, &ca);
    receiver_url(b->receiver, b->url, sizeof b->url);
    b->now_ms = 1782869400000;
    b->outlets_count = 1;
    b->outlets[0] = (struct courier_outlet){.name = "police",
                                            .kind = "package-rest",
                                            .url = b->url,
                                            .identity = {ca.cert_file, client.cert_file, client.key_file}};
    open_courier(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    close_courier(b);
    if (b->receiver) {
        assert_string_equal(receiver_complaint(b->receiver), "");
        receiver_close(b->receiver);
    }
    sqlite3_close(b->db);
    free(b);
    return 0;
}

/* A sealed package that waits; gives its hash. */
static const char *add_case(struct bench *b)
{
    static char sha256[65];
    char id[32], path[400];
    char *bytes = malloc(PACKAGE_SIZE);
    struct err err;
    snprintf(id, sizeof id, "C%d", ++b->cases);
    for (size_t i = 0; i < PACKAGE_SIZE; i++)
        bytes[i] = (char)(i * 31 + (size_t)b->cases);
    sha256_hex(bytes, PACKAGE_SIZE, sha256);
    snprintf(path, sizeof path, "%s/packages/%s", b->folder, id);
    must(file_write(path, bytes, PACKAGE_SIZE, 0600, &err), &err);
    free(bytes);
    sql(b, "INSERT INTO case_file(id, subject, created_ms, state) VALUES('%s', 'T%s', 1, 'sealing')", id, id);
    sql(b, "INSERT INTO package VALUES('%s', '%s', 'packages/%s', %d, 1, 1)", id, sha256, id, PACKAGE_SIZE);
    for (size_t i = 0; i < b->outlets_count; i++)
        sql(b, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES('%s', '%s', 'waiting', 0, %lld)",
            id, b->outlets[i].name, (long long)b->now_ms);
    return sha256;
}

/* First column of the first row as text. */
static const char *ask(struct bench *b, const char *format, ...)
{
    static char answers[4][400];
    static unsigned turn;
    char text[400], *out = answers[turn++ % 4];
    sqlite3_stmt *s = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_int_equal(sqlite3_prepare_v2(b->db, text, -1, &s, NULL), SQLITE_OK);
    const char *value = sqlite3_step(s) == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    snprintf(out, sizeof answers[0], "%s", value ? value : "");
    sqlite3_finalize(s);
    return out;
}

static const char *state_of(struct bench *b, int number)
{
    return ask(b, "SELECT state FROM delivery WHERE case_id = 'C%d' AND outlet = 'police'", number);
}

static void turn(struct bench *b)
{
    struct err err;
    must(courier_step(b->courier, b->now_ms, &err), &err);
    must(http_run(b->http, TURN_MS, &err), &err);
}

/* Turns until nothing is under way and nothing is due at this time. */
static void settle(struct bench *b)
{
    struct err err;
    time_t until = time(NULL) + DEADLINE_S;
    do {
        turn(b);
        must(courier_step(b->courier, b->now_ms, &err), &err);
        if (time(NULL) > until)
            fail_msg("not settled: %s", ask(b, "SELECT group_concat(case_id || ' ' || state) FROM delivery"));
    } while (courier_busy(b->courier));
}

/* Passes pauses, at most so many, until the case has that state. */
static void settle_until(struct bench *b, int number, const char *state)
{
    for (int i = 0; i < 20; i++) {
        settle(b);
        if (strcmp(state_of(b, number), state) == 0)
            return;
        b->now_ms += 90 * SECOND;
    }
    fail_msg("C%d is %s (%s), not %s", number, state_of(b, number),
             ask(b, "SELECT last_status FROM delivery WHERE case_id = 'C%d'", number), state);
}

static void order(struct bench *b, struct receiver_order o)
{
    receiver_order(b->receiver, &o, 1);
}

static int64_t next_of(struct bench *b, int number)
{
    return strtoll(ask(b, "SELECT next_ms FROM delivery WHERE case_id = 'C%d'", number), NULL, 10);
}

/* Every package is there, each was stored once. */
static void expect_arrived(struct bench *b)
{
    assert_string_equal(ask(b, "SELECT count(*) FROM delivery WHERE state <> 'sent'"), "0");
    assert_int_equal(receiver_stored(b->receiver), b->cases);
}

static void expect_text(struct bench *b, int number, const char *words)
{
    const char *text = ask(b, "SELECT last_status FROM delivery WHERE case_id = 'C%d'", number);
    if (!strstr(text, words))
        fail_msg("'%s' does not say '%s'", text, words);
}

/* ---- */

static void delivers_and_keeps_the_receipt(void **state)
{
    struct bench *b = *state;
    const char *sha256 = add_case(b);
    settle(b);
    expect_arrived(b);
    assert_true(receiver_has(b->receiver, sha256));
    assert_string_equal(ask(b, "SELECT attempts FROM delivery"), "1");
    assert_string_equal(ask(b, "SELECT json_extract(receipt, '$.package_sha256') FROM delivery"), sha256);
    assert_memory_equal(ask(b, "SELECT receipt_id FROM delivery"), "R-", 2);
    settle(b);
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void drains_a_backlog_over_few_connections(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 100; i++)
        add_case(b);
    settle(b);
    expect_arrived(b);
    assert_int_equal(receiver_posts(b->receiver), 100);
    assert_in_range(receiver_connections(b->receiver), 1, 2 * COURIER_SLOTS);
}

static void waits_for_an_endpoint_that_is_down(void **state)
{
    struct bench *b = *state;
    int port = receiver_port(b->receiver);
    receiver_close(b->receiver);
    b->receiver = NULL;
    for (int i = 0; i < 5; i++)
        add_case(b);
    settle(b);
    assert_string_equal(ask(b, "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'retry')"), "5");
    assert_in_range(atoi(ask(b, "SELECT sum(attempts) FROM delivery")), 1, 5); /* not each again and again */
    expect_text(b, 1, "no connection");
    b->receiver = receiver_open_at(port, &server, &ca);
    settle_until(b, 5, "sent");
    b->now_ms += 400 * SECOND;
    settle(b);
    expect_arrived(b);
}

static void honours_retry_after_in_seconds(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){RECEIVER_SAY, 503, "Retry-After: 120\r\n", NULL});
    settle(b);
    assert_string_equal(state_of(b, 1), "retry");
    assert_true(next_of(b, 1) >= b->now_ms + 120 * SECOND);
    add_case(b);
    b->now_ms += 100 * SECOND;
    settle(b);
    assert_int_equal(receiver_posts(b->receiver), 1); /* the receiver is busy for the others, too */
    b->now_ms += 60 * SECOND;
    settle(b);
    expect_arrived(b);
}

static void honours_retry_after_as_a_date(void **state)
{
    struct bench *b = *state;
    char text[100];
    time_t at = time(NULL) + 300; /* against the real clock: HTTP has no other */
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    add_case(b);
    order(b, (struct receiver_order){RECEIVER_SAY, 429, text, NULL});
    settle(b);
    assert_string_equal(state_of(b, 1), "retry");
    assert_true(next_of(b, 1) > b->now_ms + 290 * SECOND);
    assert_true(next_of(b, 1) < b->now_ms + 310 * SECOND);
}

static void a_cut_while_sending_is_sent_again(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){.what = RECEIVER_CUT_BODY});
    settle(b);
    assert_string_not_equal(state_of(b, 1), "sent");
    settle_until(b, 1, "sent");
    expect_arrived(b);
}

static void a_lost_answer_is_asked_for(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){.what = RECEIVER_LOSE});
    settle(b);
    assert_string_equal(state_of(b, 1), "unknown");
    assert_int_equal(receiver_stored(b->receiver), 1);
    settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1); /* asked, not sent again */
    assert_int_equal(receiver_gets(b->receiver), 1);
    expect_arrived(b);
}

static void silence_is_asked_about_then_sent(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){.what = RECEIVER_HANG});
    settle(b);
    assert_string_equal(state_of(b, 1), "unknown");
    expect_text(b, 1, "no answer");
    settle_until(b, 1, "sent"); /* 404 to the question, then sent */
    assert_int_equal(receiver_gets(b->receiver), 1);
    assert_int_equal(receiver_posts(b->receiver), 2);
    expect_arrived(b);
}

static void stays_unknown_while_the_question_fails(void **state)
{
    struct bench *b = *state;
    add_case(b);
    const struct receiver_order orders[] = {
        {.what = RECEIVER_LOSE},         {RECEIVER_SAY, 500, NULL, NULL}, {RECEIVER_SAY, 403, NULL, NULL},
        {.what = RECEIVER_HANG},         {RECEIVER_SAY, 405, NULL, NULL}, {RECEIVER_SAY, 200, NULL, "nonsense"},
        {RECEIVER_SAY, 409, NULL, NULL},
    };
    receiver_order(b->receiver, orders, 7);
    for (int i = 0; i < 7; i++) {
        settle(b);
        assert_string_equal(state_of(b, 1), "unknown");
        b->now_ms += 400 * SECOND;
    }
    settle(b);
    assert_int_equal(receiver_posts(b->receiver), 1);
    expect_arrived(b);
}

static void waits_while_the_receiver_works_on_it(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){RECEIVER_STORE_SAY, 409, NULL, NULL});
    settle(b);
    assert_string_equal(state_of(b, 1), "unknown");
    settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
    expect_arrived(b);
}

static void a_refused_package_is_parked_and_blocks_nobody(void **state)
{
    struct bench *b = *state;
    static const int statuses[] = {422, 400, 413};
    for (int i = 0; i < 3; i++)
        order(b, (struct receiver_order){RECEIVER_SAY, statuses[i], NULL, "not like this"});
    for (int i = 0; i < 12; i++)
        add_case(b);
    settle(b);
    assert_string_equal(ask(b, "SELECT count(*) FROM delivery WHERE state = 'refused'"), "3");
    assert_string_equal(ask(b, "SELECT count(*) FROM delivery WHERE state = 'sent'"), "9");
    b->now_ms += 3600 * SECOND;
    settle(b);
    assert_int_equal(receiver_posts(b->receiver), 12); /* parked: not tried again by itself */
    sql(b, "UPDATE delivery SET state = 'retry', next_ms = 0 WHERE state = 'refused'"); /* outbox retry */
    settle(b);
    expect_arrived(b);
}

static void a_package_that_makes_trouble_does_not_hold_up_others(void **state)
{
    struct bench *b = *state;
    add_case(b);
    for (int i = 0; i < 10; i++) {
        order(b, (struct receiver_order){RECEIVER_SAY, 500, NULL, NULL});
        settle(b);
        b->now_ms += 400 * SECOND;
    }
    assert_string_equal(state_of(b, 1), "retry");
    b->now_ms -= 400 * SECOND - 500; /* C1 waits for its next attempt */
    add_case(b);
    settle(b);
    assert_string_equal(state_of(b, 2), "sent");
}

static void without_leave_it_keeps_trying(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){RECEIVER_SAY, 401, NULL, NULL});
    settle(b);
    assert_string_equal(state_of(b, 1), "retry");
    assert_true(next_of(b, 1) >= b->now_ms + 60 * SECOND);
    settle_until(b, 1, "sent");
    expect_arrived(b);
}

static void a_receipt_for_something_else_is_none(void **state)
{
    struct bench *b = *state;
    add_case(b);
    order(b, (struct receiver_order){
                 RECEIVER_STORE_SAY, 201, NULL,
                 "{\"package_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
                 "\"receipt_id\":\"R\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}"});
    settle(b);
    assert_string_equal(state_of(b, 1), "unknown");
    assert_string_equal(ask(b, "SELECT ifnull(receipt, 'none') FROM delivery"), "none");
    expect_text(b, 1, "another package");
    settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void strange_answers_are_asked_about(void **state)
{
    struct bench *b = *state;
    static const enum receiver_what what[] = {RECEIVER_HUGE, RECEIVER_GARBAGE, RECEIVER_DRIP};
    for (int i = 0; i < 3; i++) {
        add_case(b);
        order(b, (struct receiver_order){.what = what[i]});
        settle(b);
        assert_string_equal(state_of(b, i + 1), "unknown");
        settle_until(b, i + 1, "sent");
    }
    expect_arrived(b);
}

static void trusts_no_other_receiver(void **state)
{
    struct bench *b = *state;
    close_courier(b);
    b->outlets[0].identity.ca = stranger.cert_file;
    open_courier(b);
    add_case(b);
    settle(b);
    assert_string_equal(state_of(b, 1), "retry");
    expect_text(b, 1, "not the receiver we trust");
    assert_int_equal(receiver_posts(b->receiver), 0);
}

static void a_receiver_that_does_not_trust_us_gets_nothing_twice(void **state)
{
    struct bench *b = *state;
    close_courier(b);
    b->outlets[0].identity.cert = stranger.cert_file;
    b->outlets[0].identity.key = stranger.key_file;
    open_courier(b);
    add_case(b);
    settle(b);
    assert_string_not_equal(state_of(b, 1), "sent");
    assert_int_equal(receiver_connections(b->receiver), 0);
    close_courier(b);
    b->outlets[0].identity.cert = client.cert_file;
    b->outlets[0].identity.key = client.key_file;
    open_courier(b);
    settle_until(b, 1, "sent");
    expect_arrived(b);
}

static void an_interrupted_delivery_is_asked_about(void **state)
{
    struct bench *b = *state;
    struct err err;
    add_case(b);
    order(b, (struct receiver_order){.what = RECEIVER_LOSE});
    must(courier_step(b->courier, b->now_ms, &err), &err);
    assert_string_equal(state_of(b, 1), "sending");
    while (receiver_stored(b->receiver) == 0)
        must(http_run(b->http, TURN_MS, &err), &err);
    close_courier(b); /* as a kill: the result is never written */
    open_courier(b);
    assert_string_equal(state_of(b, 1), "unknown");
    settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
    expect_arrived(b);
}

static void being_told_to_stop_writes_what_is_known(void **state)
{
    struct bench *b = *state;
    struct err err;
    add_case(b);
    order(b, (struct receiver_order){.what = RECEIVER_HANG});
    must(courier_step(b->courier, b->now_ms, &err), &err);
    while (receiver_posts(b->receiver) == 0)
        must(http_run(b->http, TURN_MS, &err), &err);
    courier_stop(b->courier);
    http_cancel(b->http);
    must(courier_step(b->courier, b->now_ms, &err), &err);
    assert_false(courier_busy(b->courier));
    assert_string_equal(state_of(b, 1), "unknown");
}

static void sends_the_recorded_bytes_or_nothing(void **state)
{
    struct bench *b = *state;
    struct err err;
    char path[400];
    add_case(b);
    add_case(b);
    add_case(b);
    snprintf(path, sizeof path, "%s/packages/C1", b->folder);
    must(file_write(path, "altered", 7, 0600, &err), &err);
    snprintf(path, sizeof path, "%s/packages/C2", b->folder);
    assert_int_equal(unlink(path), 0);
    settle(b);
    assert_string_equal(state_of(b, 1), "refused");
    assert_string_equal(state_of(b, 2), "refused");
    assert_string_equal(state_of(b, 3), "sent");
    expect_text(b, 1, "not what was sealed");
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void a_withdrawn_case_is_not_sent(void **state)
{
    struct bench *b = *state;
    add_case(b);
    add_case(b);
    sql(b, "UPDATE case_file SET state = 'void' WHERE id = 'C1'");
    settle(b);
    assert_string_equal(state_of(b, 1), "refused");
    expect_text(b, 1, "withdrawn");
    assert_string_equal(state_of(b, 2), "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void a_clock_set_back_does_not_delay_for_years(void **state)
{
    struct bench *b = *state;
    int64_t right_ms = b->now_ms;
    b->now_ms += 5LL * 365 * 86400 * SECOND;
    add_case(b);
    order(b, (struct receiver_order){RECEIVER_SAY, 500, NULL, NULL});
    settle(b);
    assert_string_equal(state_of(b, 1), "retry");
    b->now_ms = right_ms;
    settle(b);
    expect_arrived(b);
}

static void two_outlets_have_two_queues(void **state)
{
    struct bench *b = *state;
    struct receiver *second = receiver_open(&server, &ca);
    char url[100];
    receiver_url(second, url, sizeof url);
    close_courier(b);
    b->outlets[1] = b->outlets[0];
    b->outlets[1].name = "ecology";
    b->outlets[1].url = url;
    b->outlets_count = 2;
    open_courier(b);
    for (int i = 0; i < 8; i++)
        order(b, (struct receiver_order){RECEIVER_SAY, 503, "Retry-After: 9999\r\n", NULL});
    for (int i = 0; i < 10; i++)
        add_case(b);
    settle(b);
    assert_int_equal(receiver_stored(second), 10);
    assert_int_equal(receiver_stored(b->receiver), 0);
    assert_string_equal(ask(b, "SELECT count(*) FROM delivery WHERE outlet = 'ecology' AND state = 'sent'"), "10");
    receiver_close(second);
}

static void packages_sealed_without_an_outlet_are_adopted(void **state)
{
    struct bench *b = *state;
    close_courier(b);
    size_t outlets = b->outlets_count;
    b->outlets_count = 0;
    for (int i = 0; i < 3; i++)
        add_case(b);
    b->outlets_count = outlets;
    open_courier(b);
    settle(b);
    expect_arrived(b);
}

static void a_database_that_cannot_be_written_loses_nothing(void **state)
{
    struct bench *b = *state;
    struct err err = {0};
    sqlite3 *other = NULL;
    char path[400];
    add_case(b);
    must(courier_step(b->courier, b->now_ms, &err), &err);
    snprintf(path, sizeof path, "%s/smogd.db", b->folder);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    time_t until = time(NULL) + DEADLINE_S;
    while (courier_step(b->courier, b->now_ms, &err) == 0) { /* until the answer is there and cannot be written */
        must(http_run(b->http, TURN_MS, &err), &err);
        assert_true(time(NULL) < until);
    }
    assert_non_null(strstr(err.text, "another program holds the database"));
    assert_string_equal(state_of(b, 1), "sending");
    sqlite3_close(other);
    settle(b);
    expect_arrived(b);
    assert_int_equal(receiver_posts(b->receiver), 1);
}

/* Whichever write of the database fails, each package arrives, is stored once and has its receipt. */
static bool deliver_with_fault(enum fault_how how, long nth)
{
    void *state = NULL;
    struct err err;
    setup(&state);
    struct bench *b = state;
    for (int i = 0; i < 3; i++)
        add_case(b);
    fault_arm(FAULT_WRITE | FAULT_SYNC, how, nth, false);
    time_t until = time(NULL) + DEADLINE_S;
    int result;
    do {
        result = courier_step(b->courier, b->now_ms, &err);
        must(http_run(b->http, TURN_MS, &err), &err);
        assert_true(time(NULL) < until);
    } while (result != 0 || courier_busy(b->courier));
    bool came = fault_seen() >= nth;
    fault_disarm();
    settle(b);
    expect_arrived(b);
    assert_int_equal(receiver_posts(b->receiver), 3);
    assert_string_equal(ask(b, "SELECT count(receipt) FROM delivery"), "3");
    assert_string_equal(ask(b, "PRAGMA integrity_check"), "ok");
    teardown(&state);
    return came;
}

static void any_write_may_fail(void **state)
{
    (void)state;
    static const enum fault_how how[] = {FAULT_IOERR, FAULT_FULL, FAULT_HALF};
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        long nth = 1;
        while (deliver_with_fault(how[i], nth))
            nth++;
        assert_true(nth > 4); /* the claim's commit and the result's */
    }
}

int main(void)
{
    fault_vfs_install();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(delivers_and_keeps_the_receipt),
        TEST(drains_a_backlog_over_few_connections),
        TEST(waits_for_an_endpoint_that_is_down),
        TEST(honours_retry_after_in_seconds),
        TEST(honours_retry_after_as_a_date),
        TEST(a_cut_while_sending_is_sent_again),
        TEST(a_lost_answer_is_asked_for),
        TEST(silence_is_asked_about_then_sent),
        TEST(stays_unknown_while_the_question_fails),
        TEST(waits_while_the_receiver_works_on_it),
        TEST(a_refused_package_is_parked_and_blocks_nobody),
        TEST(a_package_that_makes_trouble_does_not_hold_up_others),
        TEST(without_leave_it_keeps_trying),
        TEST(a_receipt_for_something_else_is_none),
        TEST(strange_answers_are_asked_about),
        TEST(trusts_no_other_receiver),
        TEST(a_receiver_that_does_not_trust_us_gets_nothing_twice),
        TEST(an_interrupted_delivery_is_asked_about),
        TEST(being_told_to_stop_writes_what_is_known),
        TEST(sends_the_recorded_bytes_or_nothing),
        TEST(a_withdrawn_case_is_not_sent),
        TEST(a_clock_set_back_does_not_delay_for_years),
        TEST(two_outlets_have_two_queues),
        TEST(packages_sealed_without_an_outlet_are_adopted),
        TEST(a_database_that_cannot_be_written_loses_nothing),
        cmocka_unit_test(any_write_may_fail),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
