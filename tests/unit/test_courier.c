/*
 * Delivery against a receiver that fails in every way on order: states and queue stay right, nothing is lost, nothing
 * arrives twice, nothing waits behind another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/pace.h"
#include "tests/support/delivery_bench.h"
#include "tests/support/fault_vfs.h"

static void delivers_and_keeps_the_receipt(void **state)
{
    struct delivery_bench *b = *state;
    const char *sha256 = delivery_add_case(b);
    delivery_settle(b);
    delivery_expect_arrived(b);
    assert_true(receiver_has(b->receiver, sha256));
    assert_string_equal(delivery_ask(b, "SELECT attempts FROM delivery"), "1");
    assert_string_equal(delivery_ask(b, "SELECT json_extract(receipt, '$.package_sha256') FROM delivery"), sha256);
    assert_memory_equal(delivery_ask(b, "SELECT receipt_id FROM delivery"), "R-", 2);
    delivery_settle(b);
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void drains_a_backlog_over_few_connections(void **state)
{
    struct delivery_bench *b = *state;
    for (int i = 0; i < 100; i++)
        delivery_add_case(b);
    delivery_settle(b);
    delivery_expect_arrived(b);
    assert_int_equal(receiver_posts(b->receiver), 100);
    assert_in_range(receiver_connections(b->receiver), 1, 2 * PACE_SLOTS);
}

static int count_commit(void *ctx)
{
    ++*(int *)ctx;
    return 0;
}

static void a_backlog_shares_its_commits(void **state)
{
    struct delivery_bench *b = *state;
    int commits = 0;
    for (int i = 0; i < 300; i++)
        delivery_add_case(b);
    sqlite3_commit_hook(b->db, count_commit, &commits);
    delivery_settle(b);
    sqlite3_commit_hook(b->db, NULL, NULL);
    delivery_expect_arrived(b);
    assert_in_range(commits, 2, 300 / 10);
    assert_string_equal(delivery_ask(b, "SELECT count(receipt) FROM delivery"), "300");
}

/* Rounds until more is claimed than can be under way. */
static void claim_ahead(struct delivery_bench *b)
{
    struct err err;
    for (int i = 0; i < 100; i++)
        delivery_add_case(b);
    time_t until = time(NULL) + DELIVERY_DEADLINE_S;
    while (atoi(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'sending'")) <= 4 * PACE_SLOTS) {
        delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
        delivery_must(http_run(b->http, DELIVERY_TURN_MS, &err), &err);
        assert_true(time(NULL) < until);
    }
}

static void what_has_not_begun_is_given_back_at_the_end(void **state)
{
    struct delivery_bench *b = *state;
    claim_ahead(b);
    courier_stop(b->courier);
    delivery_settle(b);
    assert_string_equal(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state NOT IN ('waiting', 'sent')"), "0");
    assert_string_equal(delivery_ask(b, "SELECT sum(attempts) FROM delivery WHERE state = 'waiting'"), "0");
    assert_int_equal(receiver_posts(b->receiver),
                     atoi(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'sent'")));
    assert_in_range(receiver_posts(b->receiver), 1, 99);
    delivery_close(b);
    delivery_open(b);
    delivery_settle(b);
    delivery_expect_arrived(b);
    assert_int_equal(receiver_gets(b->receiver), 0); /* it was known that they had not been sent */
    assert_int_equal(receiver_posts(b->receiver), 100);
}

static void what_has_not_begun_is_given_back_when_the_receiver_is_away(void **state)
{
    struct delivery_bench *b = *state;
    claim_ahead(b);
    for (int i = 0; i < PACE_SLOTS; i++)
        delivery_order(b, (struct receiver_order){RECEIVER_SAY, 503, "Retry-After: 60\r\n", NULL});
    delivery_settle(b);
    assert_in_range(atoi(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'retry'")), 1, PACE_SLOTS);
    assert_string_equal(delivery_ask(b, "SELECT sum(attempts) FROM delivery WHERE state = 'waiting'"), "0");
    assert_in_range(atoi(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'waiting'")), 1, 99);
    for (int i = 0; i < PACE_SLOTS; i++) { /* once for each order: how many were met at first is the network's to say */
        b->now_ms += 90 * SECOND;
        delivery_settle(b);
    }
    delivery_expect_arrived(b);
    assert_int_equal(receiver_gets(b->receiver), 0);
}

static void a_kill_with_much_claimed_doubles_nothing(void **state)
{
    struct delivery_bench *b = *state;
    claim_ahead(b);
    delivery_close(b); /* answers that came are lost with it */
    delivery_open(b);
    assert_in_range(atoi(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'unknown'")), 4 * PACE_SLOTS,
                    PACE_CLAIMS_MAX);
    delivery_settle(b);
    delivery_expect_arrived(b);
    assert_string_equal(delivery_ask(b, "SELECT count(receipt) FROM delivery"), "100");
}

static void waits_for_an_endpoint_that_is_down(void **state)
{
    struct delivery_bench *b = *state;
    int port = receiver_port(b->receiver);
    receiver_close(b->receiver);
    b->receiver = NULL;
    for (int i = 0; i < 5; i++)
        delivery_add_case(b);
    delivery_settle(b);
    assert_string_equal(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'retry')"), "5");
    assert_in_range(atoi(delivery_ask(b, "SELECT sum(attempts) FROM delivery")), 1, 5); /* not each again and again */
    delivery_expect_text(b, 1, "no connection");
    b->receiver = receiver_open_at(port, &delivery_server, &delivery_ca);
    delivery_settle_until(b, 5, "sent");
    b->now_ms += 400 * SECOND;
    delivery_settle(b);
    delivery_expect_arrived(b);
}

static void honours_retry_after_in_seconds(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){RECEIVER_SAY, 503, "Retry-After: 120\r\n", NULL});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "retry");
    assert_true(delivery_next_ms(b, 1) >= b->now_ms + 120 * SECOND);
    delivery_add_case(b);
    b->now_ms += 100 * SECOND;
    delivery_settle(b);
    assert_int_equal(receiver_posts(b->receiver), 1); /* the receiver is busy for the others, too */
    b->now_ms += 60 * SECOND;
    delivery_settle(b);
    delivery_expect_arrived(b);
}

static void honours_retry_after_as_a_date(void **state)
{
    struct delivery_bench *b = *state;
    char text[100];
    time_t at = time(NULL) + 300; /* against the real clock: HTTP has no other */
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){RECEIVER_SAY, 429, text, NULL});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "retry");
    assert_true(delivery_next_ms(b, 1) > b->now_ms + 290 * SECOND);
    assert_true(delivery_next_ms(b, 1) < b->now_ms + 310 * SECOND);
}

static void a_cut_while_sending_is_sent_again(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){.what = RECEIVER_CUT_BODY});
    delivery_settle(b);
    assert_string_not_equal(delivery_state(b, 1), "sent");
    delivery_settle_until(b, 1, "sent");
    delivery_expect_arrived(b);
}

static void a_lost_answer_is_asked_for(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){.what = RECEIVER_LOSE});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "unknown");
    assert_int_equal(receiver_stored(b->receiver), 1);
    delivery_settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1); /* asked, not sent again */
    assert_int_equal(receiver_gets(b->receiver), 1);
    delivery_expect_arrived(b);
}

static void silence_is_asked_about_then_sent(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){.what = RECEIVER_HANG});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "unknown");
    delivery_expect_text(b, 1, "no answer");
    delivery_settle_until(b, 1, "sent"); /* 404 to the question, then sent */
    assert_int_equal(receiver_gets(b->receiver), 1);
    assert_int_equal(receiver_posts(b->receiver), 2);
    delivery_expect_arrived(b);
}

static void stays_unknown_while_the_question_fails(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    const struct receiver_order orders[] = {
        {.what = RECEIVER_LOSE},         {RECEIVER_SAY, 500, NULL, NULL}, {RECEIVER_SAY, 403, NULL, NULL},
        {.what = RECEIVER_HANG},         {RECEIVER_SAY, 405, NULL, NULL}, {RECEIVER_SAY, 200, NULL, "nonsense"},
        {RECEIVER_SAY, 409, NULL, NULL},
    };
    receiver_order(b->receiver, orders, 7);
    for (int i = 0; i < 7; i++) {
        delivery_settle(b);
        assert_string_equal(delivery_state(b, 1), "unknown");
        b->now_ms += 400 * SECOND;
    }
    delivery_settle(b);
    assert_int_equal(receiver_posts(b->receiver), 1);
    delivery_expect_arrived(b);
}

static void waits_while_the_receiver_works_on_it(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){RECEIVER_STORE_SAY, 409, NULL, NULL});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "unknown");
    delivery_settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
    delivery_expect_arrived(b);
}

static void a_refused_package_is_parked_and_blocks_nobody(void **state)
{
    struct delivery_bench *b = *state;
    static const int statuses[] = {422, 400, 413};
    for (int i = 0; i < 3; i++)
        delivery_order(b, (struct receiver_order){RECEIVER_SAY, statuses[i], NULL, "not like this"});
    for (int i = 0; i < 12; i++)
        delivery_add_case(b);
    delivery_settle(b);
    assert_string_equal(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'refused'"), "3");
    assert_string_equal(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state = 'sent'"), "9");
    b->now_ms += 3600 * SECOND;
    delivery_settle(b);
    assert_int_equal(receiver_posts(b->receiver), 12); /* parked: not tried again by itself */
    delivery_sql(b, "UPDATE delivery SET state = 'retry', next_ms = 0 WHERE state = 'refused'"); /* outbox retry */
    delivery_settle(b);
    delivery_expect_arrived(b);
}

static void a_package_that_makes_trouble_does_not_hold_up_others(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    for (int i = 0; i < 10; i++) {
        delivery_order(b, (struct receiver_order){RECEIVER_SAY, 500, NULL, NULL});
        delivery_settle(b);
        b->now_ms += 400 * SECOND;
    }
    assert_string_equal(delivery_state(b, 1), "retry");
    b->now_ms -= 400 * SECOND - 500; /* C1 waits for its next attempt */
    delivery_add_case(b);
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 2), "sent");
}

static void without_leave_it_keeps_trying(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){RECEIVER_SAY, 401, NULL, NULL});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "retry");
    assert_true(delivery_next_ms(b, 1) >= b->now_ms + 60 * SECOND);
    delivery_settle_until(b, 1, "sent");
    delivery_expect_arrived(b);
}

static void a_receipt_for_something_else_is_none(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){
                          RECEIVER_STORE_SAY, 201, NULL,
                          "{\"package_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
                          "\"receipt_id\":\"R\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}"});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "unknown");
    assert_string_equal(delivery_ask(b, "SELECT ifnull(receipt, 'none') FROM delivery"), "none");
    delivery_expect_text(b, 1, "another package");
    delivery_settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void strange_answers_are_asked_about(void **state)
{
    struct delivery_bench *b = *state;
    static const enum receiver_what what[] = {RECEIVER_HUGE, RECEIVER_GARBAGE, RECEIVER_DRIP};
    for (int i = 0; i < 3; i++) {
        delivery_add_case(b);
        delivery_order(b, (struct receiver_order){.what = what[i]});
        delivery_settle(b);
        assert_string_equal(delivery_state(b, i + 1), "unknown");
        delivery_settle_until(b, i + 1, "sent");
    }
    delivery_expect_arrived(b);
}

static void trusts_no_other_receiver(void **state)
{
    struct delivery_bench *b = *state;
    delivery_close(b);
    b->outlets[0].identity.ca = delivery_stranger.cert_file;
    delivery_open(b);
    delivery_add_case(b);
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "retry");
    delivery_expect_text(b, 1, "not the receiver we trust");
    assert_int_equal(receiver_posts(b->receiver), 0);
}

static void a_receiver_that_does_not_trust_us_gets_nothing_twice(void **state)
{
    struct delivery_bench *b = *state;
    delivery_close(b);
    b->outlets[0].identity.cert = delivery_stranger.cert_file;
    b->outlets[0].identity.key = delivery_stranger.key_file;
    delivery_open(b);
    delivery_add_case(b);
    delivery_settle(b);
    assert_string_not_equal(delivery_state(b, 1), "sent");
    assert_int_equal(receiver_connections(b->receiver), 0);
    delivery_close(b);
    b->outlets[0].identity.cert = delivery_client.cert_file;
    b->outlets[0].identity.key = delivery_client.key_file;
    delivery_open(b);
    delivery_settle_until(b, 1, "sent");
    delivery_expect_arrived(b);
}

static void an_interrupted_delivery_is_asked_about(void **state)
{
    struct delivery_bench *b = *state;
    struct err err;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){.what = RECEIVER_LOSE});
    delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
    assert_string_equal(delivery_state(b, 1), "sending");
    while (receiver_stored(b->receiver) == 0)
        delivery_must(http_run(b->http, DELIVERY_TURN_MS, &err), &err);
    delivery_close(b); /* as a kill: the result is never written */
    delivery_open(b);
    assert_string_equal(delivery_state(b, 1), "unknown");
    delivery_settle_until(b, 1, "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
    delivery_expect_arrived(b);
}

static void being_told_to_stop_writes_what_is_known(void **state)
{
    struct delivery_bench *b = *state;
    struct err err;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){.what = RECEIVER_HANG});
    delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
    while (receiver_posts(b->receiver) == 0)
        delivery_must(http_run(b->http, DELIVERY_TURN_MS, &err), &err);
    courier_stop(b->courier);
    http_cancel(b->http);
    delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
    assert_false(courier_busy(b->courier));
    assert_string_equal(delivery_state(b, 1), "unknown");
}

static void sends_the_recorded_bytes_or_nothing(void **state)
{
    struct delivery_bench *b = *state;
    struct err err;
    char path[400];
    delivery_add_case(b);
    delivery_add_case(b);
    delivery_add_case(b);
    snprintf(path, sizeof path, "%s/packages/C1", b->folder);
    delivery_must(file_write(path, "altered", 7, 0600, &err), &err);
    snprintf(path, sizeof path, "%s/packages/C2", b->folder);
    assert_int_equal(unlink(path), 0);
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "refused");
    assert_string_equal(delivery_state(b, 2), "refused");
    assert_string_equal(delivery_state(b, 3), "sent");
    delivery_expect_text(b, 1, "not what was sealed");
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void a_withdrawn_case_is_not_sent(void **state)
{
    struct delivery_bench *b = *state;
    delivery_add_case(b);
    delivery_add_case(b);
    delivery_sql(b, "UPDATE case_file SET state = 'void' WHERE id = 'C1'");
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "refused");
    delivery_expect_text(b, 1, "withdrawn");
    assert_string_equal(delivery_state(b, 2), "sent");
    assert_int_equal(receiver_posts(b->receiver), 1);
}

static void a_clock_set_back_does_not_delay_for_years(void **state)
{
    struct delivery_bench *b = *state;
    int64_t right_ms = b->now_ms;
    b->now_ms += 5LL * 365 * 86400 * SECOND;
    delivery_add_case(b);
    delivery_order(b, (struct receiver_order){RECEIVER_SAY, 500, NULL, NULL});
    delivery_settle(b);
    assert_string_equal(delivery_state(b, 1), "retry");
    b->now_ms = right_ms;
    delivery_settle(b);
    delivery_expect_arrived(b);
}

static void two_outlets_have_two_queues(void **state)
{
    struct delivery_bench *b = *state;
    struct receiver *second = receiver_open(&delivery_server, &delivery_ca);
    char url[100];
    receiver_url(second, url, sizeof url);
    delivery_close(b);
    b->outlets[1] = b->outlets[0];
    b->outlets[1].name = "ecology";
    b->outlets[1].setup.url = url;
    b->outlets_count = 2;
    delivery_open(b);
    for (int i = 0; i < 8; i++)
        delivery_order(b, (struct receiver_order){RECEIVER_SAY, 503, "Retry-After: 9999\r\n", NULL});
    for (int i = 0; i < 10; i++)
        delivery_add_case(b);
    delivery_settle(b);
    assert_int_equal(receiver_stored(second), 10);
    assert_int_equal(receiver_stored(b->receiver), 0);
    assert_string_equal(delivery_ask(b, "SELECT count(*) FROM delivery WHERE outlet = 'ecology' AND state = 'sent'"),
                        "10");
    receiver_close(second);
}

static void packages_sealed_without_an_outlet_are_adopted(void **state)
{
    struct delivery_bench *b = *state;
    delivery_close(b);
    size_t outlets = b->outlets_count;
    b->outlets_count = 0;
    for (int i = 0; i < 3; i++)
        delivery_add_case(b);
    b->outlets_count = outlets;
    delivery_open(b);
    delivery_settle(b);
    delivery_expect_arrived(b);
}

static void a_database_that_cannot_be_written_loses_nothing(void **state)
{
    struct delivery_bench *b = *state;
    struct err err = {0};
    sqlite3 *other = NULL;
    char path[400];
    delivery_add_case(b);
    delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
    snprintf(path, sizeof path, "%s/smogd.db", b->folder);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    time_t until = time(NULL) + DELIVERY_DEADLINE_S;
    while (courier_step(b->courier, b->now_ms, &err) == 0) { /* until the answer is there and cannot be written */
        delivery_must(http_run(b->http, DELIVERY_TURN_MS, &err), &err);
        assert_true(time(NULL) < until);
    }
    assert_non_null(strstr(err.text, "another program holds the database"));
    assert_string_equal(delivery_state(b, 1), "sending");
    sqlite3_close(other);
    delivery_settle(b);
    delivery_expect_arrived(b);
    assert_int_equal(receiver_posts(b->receiver), 1);
}

/* Whichever write of the database fails, each package arrives, is stored once and has its receipt. */
static bool deliver_with_fault(enum fault_how how, long nth)
{
    void *state = NULL;
    struct err err;
    delivery_setup(&state);
    struct delivery_bench *b = state;
    for (int i = 0; i < 3; i++)
        delivery_add_case(b);
    fault_arm(FAULT_WRITE | FAULT_SYNC, how, nth, false);
    time_t until = time(NULL) + DELIVERY_DEADLINE_S;
    int result;
    do {
        result = courier_step(b->courier, b->now_ms, &err);
        delivery_must(http_run(b->http, DELIVERY_TURN_MS, &err), &err);
        assert_true(time(NULL) < until);
    } while (result != 0 || courier_busy(b->courier));
    bool came = fault_seen() >= nth;
    fault_disarm();
    delivery_settle(b);
    delivery_expect_arrived(b);
    assert_int_equal(receiver_posts(b->receiver), 3);
    assert_string_equal(delivery_ask(b, "SELECT count(receipt) FROM delivery"), "3");
    assert_string_equal(delivery_ask(b, "PRAGMA integrity_check"), "ok");
    delivery_teardown(&state);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, delivery_setup, delivery_teardown)
    const struct CMUnitTest tests[] = {
        TEST(delivers_and_keeps_the_receipt),
        TEST(drains_a_backlog_over_few_connections),
        TEST(a_backlog_shares_its_commits),
        TEST(what_has_not_begun_is_given_back_at_the_end),
        TEST(what_has_not_begun_is_given_back_when_the_receiver_is_away),
        TEST(a_kill_with_much_claimed_doubles_nothing),
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
    return cmocka_run_group_tests(tests, delivery_make_keys, delivery_free_keys);
}
