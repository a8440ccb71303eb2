/*
 * What receivers have decided, fetched from one that answers on order: every decision is kept once, in order; nothing
 * that is wrong is taken; the pace is as said; what is wrong can be read.
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

#include "reports/feedback.h"
#include "tests/support/delivery_bench.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

enum { MINUTE = 60 * SECOND };

struct bench {
    struct delivery_bench *d;
    struct feedback *feedback;
    char answers[4][OUTLET_REPLY_MAX];
    unsigned turn;
};

static void open_feedback(struct bench *b)
{
    struct err err;
    delivery_must(
        feedback_open(&b->feedback, b->d->queue, b->d->http, b->d->outlets, b->d->outlets_count, b->d->now_ms, &err),
        &err);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    void *d = NULL;
    assert_int_equal(delivery_setup(&d), 0);
    b->d = d;
    open_feedback(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    void *d = b->d;
    feedback_close(b->feedback);
    delivery_teardown(&d);
    free(b);
    return 0;
}

/* Rounds until nothing is under way at this time. */
static void settle(struct bench *b)
{
    struct err err;
    time_t until = time(NULL) + DELIVERY_DEADLINE_S;
    do {
        delivery_must(feedback_step(b->feedback, b->d->now_ms, &err), &err);
        delivery_must(http_run(b->d->http, DELIVERY_TURN_MS, &err), &err);
        delivery_must(feedback_step(b->feedback, b->d->now_ms, &err), &err);
        assert_true(time(NULL) < until);
    } while (feedback_busy(b->feedback));
}

/* The receiver's next answer: a format of JSON; lives for four. */
static void answer(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void answer(struct bench *b, const char *format, ...)
{
    char *out = b->answers[b->turn++ % 4];
    va_list args;
    va_start(args, format);
    vsnprintf(out, sizeof b->answers[0], format, args);
    va_end(args);
    delivery_order(b->d, (struct receiver_order){RECEIVER_SAY, 200, NULL, out});
}

#define DECISION(n, sha256, kind)                                                                                      \
    "{\"at\":\"2026-07-02T10:00:00+08:00\",\"decision\":\"" kind "\",\"n\":" #n ",\"package_sha256\":\"" sha256 "\"}"
#define PAGE(last, list) "{\"decisions\":[" list "],\"last\":" #last "}"
#define NOTHING PAGE(0, "")

static void expect(struct bench *b, const char *want, const char *sql)
{
    assert_string_equal(delivery_ask(b->d, "%s", sql), want);
}

static void expect_trouble(struct bench *b, const char *words)
{
    const char *text = delivery_ask(b->d, "SELECT trouble FROM feedback");
    if (words[0] ? !strstr(text, words) : text[0])
        fail_msg("'%s' does not say '%s'", text, words);
}

static int64_t pause_of(struct bench *b)
{
    return strtoll(delivery_ask(b->d, "SELECT next_ms - asked_ms FROM feedback"), NULL, 10);
}

static void keeps_each_decision_with_its_case(void **state)
{
    struct bench *b = *state;
    const char *sha256 = delivery_add_case(b->d);
    answer(b,
           "{\"decisions\":[{\"at\":\"2026-07-02T10:00:00+08:00\",\"decision\":\"returned\",\"ground\":7,\"n\":3,"
           "\"note\":\"号牌有误\",\"package_sha256\":\"%s\"}," DECISION(5, HASH, "accepted") "],\"last\":5}",
           sha256);
    answer(b, NOTHING);
    settle(b);
    expect(b, "2", "SELECT count(*) FROM decision");
    expect(b, "C1", "SELECT case_id FROM decision WHERE n = 3");
    expect(b, "returned", "SELECT kind FROM decision WHERE n = 3");
    expect(b, "号牌有误", "SELECT json_extract(body, '$.note') FROM decision WHERE n = 3");
    expect(b, "2026-07-02T10:00:00+08:00", "SELECT at FROM decision WHERE n = 3");
    expect(b, "unknown", "SELECT ifnull(case_id, 'unknown') FROM decision WHERE n = 5"); /* kept, for people */
    expect(b, "0", "SELECT max(journaled) FROM decision");
    assert_int_equal(receiver_gets(b->d->receiver), 2); /* until empty */
    expect_trouble(b, "");
}

static void the_body_is_kept_byte_for_byte(void **state)
{
    struct bench *b = *state;
    answer(b, "{ \"decisions\" : [ { \"n\" : 1 , \"decision\":\"paid\", \"at\":\"2026-07-02T10:00:00+08:00\","
              "\"package_sha256\":\"" HASH "\", \"new\":[1,2] } ] }");
    answer(b, NOTHING);
    settle(b);
    expect(b,
           "{ \"n\" : 1 , \"decision\":\"paid\", \"at\":\"2026-07-02T10:00:00+08:00\",\"package_sha256\":\"" HASH
           "\", \"new\":[1,2] }",
           "SELECT body FROM decision");
}

static void goes_on_where_it_left_off(void **state)
{
    struct bench *b = *state;
    answer(b, PAGE(1, DECISION(1, HASH, "accepted")));
    answer(b, NOTHING);
    settle(b);
    feedback_close(b->feedback); /* as a kill */
    open_feedback(b);
    answer(b,
           PAGE(2, DECISION(1, HASH, "accepted") "," DECISION(2, HASH, "paid"))); /* a receiver that repeats itself */
    settle(b);
    expect(b, "1", "SELECT count(*) FROM decision");
    expect_trouble(b, "numbers must rise");
    b->d->now_ms += FEEDBACK_LONGEST_MS;
    answer(b, PAGE(2, DECISION(2, HASH, "paid")));
    answer(b, NOTHING);
    settle(b);
    expect(b, "1 accepted 2 paid", "SELECT group_concat(n || ' ' || kind, ' ') FROM decision");
    expect_trouble(b, "");
}

static void what_is_wrong_is_not_taken(void **state)
{
    static const struct {
        int status;
        const char *body, *words;
    } rows[] = {
        {404, "", "404: the receiver tells no decisions at url/decisions; check the outlet's url"},
        {401, "", "401: the receiver does not let this station in; have it enter our certificate"},
        {403, "", "403: the receiver does not let this station in"},
        {500, "", "500: the receiver does not answer the question for decisions; tell its operator"},
        {302, "", "302: the address leads elsewhere (a log-in page of the network?); check the url"},
        {200, "<html>log in</html>", "the decisions cannot be read"},
        {200, "[]", "no list of decisions"},
        {200, "{\"decisions\":7}", "no list of decisions"},
        {200, PAGE(1, "7"), "has no number"},
        {200, PAGE(1, "{\"n\":\"1\"}"), "has no number"},
        {200, PAGE(0, DECISION(0, HASH, "paid")), "numbers must rise"},
        {200, PAGE(1, DECISION(1, "ab", "paid")), "decision 1 lacks"},
        {200, PAGE(1, DECISION(1, HASH, "a\\nb")), "decision 1 lacks"},
        {200, PAGE(1, DECISION(1, HASH, "0123456789012345678901234567890123456789")), "decision 1 lacks"},
        {200, "{\"decisions\":[" DECISION(1, HASH, "paid") "],\"signatures\":[]}", "not one signature"},
        {200, "{\"decisions\":[" DECISION(1, HASH, "paid") "],\"signatures\":[7]}", "is no text"},
        {200, "{\"decisions\":[" DECISION(1, HASH, "paid") "],\"last\":1", "cannot be read"},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        delivery_order(b->d, (struct receiver_order){RECEIVER_SAY, rows[i].status, NULL, rows[i].body});
        settle(b);
        expect_trouble(b, rows[i].words);
        b->d->now_ms += FEEDBACK_LONGEST_MS;
    }
    expect(b, "0", "SELECT count(*) FROM decision");
}

/* The TLS that the station meets there is not the receiver's: what stands in `smogctl status`, and that it goes. */
static void expect_other_tls(struct bench *b, const struct keys_pair *shown, const char *words)
{
    char url[sizeof b->d->url], other_url[sizeof b->d->url];
    struct receiver *other = receiver_open(shown, &delivery_ca);
    memcpy(url, b->d->url, sizeof url);
    receiver_url(other, other_url, sizeof other_url);
    memcpy(b->d->url, other_url, sizeof other_url);
    b->d->now_ms += FEEDBACK_LONGEST_MS;
    settle(b);
    expect_trouble(b, words);
    expect(b, delivery_ask(b->d, "SELECT trouble FROM feedback"),
           "SELECT text FROM push_note WHERE about = 'feedback police'");
    receiver_close(other);
    memcpy(b->d->url, url, sizeof url);
    b->d->now_ms += FEEDBACK_LONGEST_MS;
    answer(b, NOTHING);
    settle(b);
    expect(b, "", "SELECT text FROM push_note WHERE about = 'feedback police'");
}

static void a_captive_portal_and_a_wrong_clock_are_told_apart(void **state)
{
    struct bench *b = *state;
    struct keys_pair portal, ended, coming;
    int64_t now_ms = (int64_t)time(NULL) * 1000, day_ms = 24 * 3600 * 1000;
    struct keys_request request = {
        .name = "portal", .subject = "portal", .by = &delivery_stranger, .san = "IP:127.0.0.1"};
    keys_make(&portal, b->d->folder, &request);
    request = (struct keys_request){.name = "ended",
                                    .subject = "receiver",
                                    .by = &delivery_ca,
                                    .san = "IP:127.0.0.1",
                                    .from_ms = now_ms - 9 * day_ms,
                                    .until_ms = now_ms - day_ms};
    keys_make(&ended, b->d->folder, &request);
    request.name = "coming";
    request.from_ms = now_ms + day_ms;
    request.until_ms = now_ms + 9 * day_ms;
    keys_make(&coming, b->d->folder, &request);
    expect_other_tls(b, &portal, "its certificate is not from the configured ca (a log-in page of the network?)");
    expect_other_tls(b, &ended, "its certificate is not valid now; is the station's clock right?");
    expect_other_tls(b, &coming, "its certificate is not valid now; is the station's clock right?");
    keys_free(&portal);
    keys_free(&ended);
    keys_free(&coming);
}

static void an_answer_that_never_ends_or_is_cut_is_none(void **state)
{
    struct bench *b = *state;
    static const enum receiver_what what[] = {RECEIVER_HUGE, RECEIVER_GARBAGE, RECEIVER_HANG, RECEIVER_DRIP};
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
        delivery_order(b->d, (struct receiver_order){.what = what[i]});
        settle(b);
        assert_true(delivery_ask(b->d, "SELECT trouble FROM feedback")[0] != '\0');
        b->d->now_ms += FEEDBACK_LONGEST_MS;
    }
    answer(b, NOTHING);
    settle(b);
    expect_trouble(b, "");
}

static void a_bad_decision_holds_up_those_behind_it_but_not_those_before(void **state)
{
    struct bench *b = *state;
    answer(b, PAGE(3, DECISION(1, HASH, "accepted") ",{\"n\":2}," DECISION(3, HASH, "paid")));
    settle(b);
    expect(b, "1", "SELECT group_concat(n) FROM decision");
    expect_trouble(b, "decision 2 lacks");
}

static void a_receiver_that_lost_its_decisions_is_seen(void **state)
{
    struct bench *b = *state;
    answer(b, PAGE(7, DECISION(7, HASH, "accepted")));
    answer(b, "{\"decisions\":[],\"last\":7,\"newest\":2}");
    settle(b);
    expect_trouble(b, "end at 2, but 7 was fetched");
}

static void the_pace_grows_to_a_bound_and_news_restart_it(void **state)
{
    struct bench *b = *state;
    static const int minutes[] = {1, 2, 4, 8, 16, 30, 30};
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        answer(b, NOTHING);
        settle(b);
        assert_int_equal(pause_of(b), minutes[i] * MINUTE);
        b->d->now_ms += pause_of(b) - 1;
        settle(b);
        assert_int_equal(receiver_gets(b->d->receiver), i + 1); /* not before its time */
        b->d->now_ms++;
    }
    answer(b, PAGE(1, DECISION(1, HASH, "accepted")));
    answer(b, NOTHING);
    settle(b);
    assert_int_equal(pause_of(b), MINUTE);
}

static void a_delivery_hastens_the_question(void **state)
{
    struct bench *b = *state;
    answer(b, NOTHING);
    settle(b);
    for (int i = 0; i < 100; i++)
        feedback_hasten(b->feedback, 0, b->d->now_ms);
    settle(b);
    assert_int_equal(receiver_gets(b->d->receiver), 1); /* it was asked just now */
    b->d->now_ms += FEEDBACK_AFTER_DELIVERY_MS;
    answer(b, NOTHING);
    settle(b);
    assert_int_equal(receiver_gets(b->d->receiver), 2);
}

static void honours_retry_after(void **state)
{
    struct bench *b = *state;
    delivery_order(b->d, (struct receiver_order){RECEIVER_SAY, 503, "Retry-After: 7200\r\n", NULL});
    settle(b);
    assert_int_equal(pause_of(b), 7200 * SECOND);
    feedback_hasten(b->feedback, 0, b->d->now_ms);
    settle(b);
    assert_int_equal(receiver_gets(b->d->receiver), 1);
}

static void a_clock_that_was_far_ahead_does_not_delay_for_years(void **state)
{
    struct bench *b = *state;
    int64_t right_ms = b->d->now_ms;
    b->d->now_ms += 5LL * 365 * 86400 * SECOND;
    answer(b, NOTHING);
    settle(b);
    b->d->now_ms = right_ms;
    answer(b, NOTHING);
    settle(b);
    assert_int_equal(receiver_gets(b->d->receiver), 2);
}

/* ---- signatures ---- */

static void a_signed_decision_counts_and_no_other(void **state)
{
    struct bench *b = *state;
    struct err err;
    struct receipt_keys *keys;
    static const char one[] = DECISION(1, HASH, "accepted"), two[] = DECISION(2, HASH, "returned");
    char good[200], other[200], wrong[200];
    keys_sign(&delivery_server, one, good, sizeof good);
    keys_sign(&delivery_server, two, other, sizeof other);
    keys_sign(&delivery_stranger, two, wrong, sizeof wrong);
    delivery_must(receipt_keys_open(&keys, delivery_server.cert_file, &err), &err);
    b->d->outlets[0].receipt_keys = keys;
    answer(b, "{\"decisions\":[%s,%s],\"signatures\":[\"%s\",\"%s\"]}", one, two, good, wrong);
    settle(b);
    expect(b, "1", "SELECT group_concat(n) FROM decision");
    assert_string_equal(delivery_ask(b->d, "SELECT signature FROM decision"), good);
    expect_trouble(b, "decision 2: its signature was not made by the configured receipt-key");
    b->d->now_ms += FEEDBACK_LONGEST_MS;
    answer(b, "{\"decisions\":[%s]}", two);
    settle(b);
    expect_trouble(b, "decision 2: it is not signed");
    b->d->now_ms += FEEDBACK_LONGEST_MS;
    answer(b, "{\"decisions\":[%s],\"signatures\":[\"%s\"]}", two, other);
    answer(b, NOTHING);
    settle(b);
    expect(b, "1,2", "SELECT group_concat(n) FROM decision");
    receipt_keys_close(keys);
}

static void a_file_without_keys_is_refused(void **state)
{
    (void)state;
    struct receipt_keys *keys;
    struct err err;
    assert_int_equal(receipt_keys_open(&keys, delivery_server.key_file, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "no certificate or public key"));
    assert_int_equal(receipt_keys_open(&keys, "/nowhere", &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_each_decision_with_its_case),
        TEST(the_body_is_kept_byte_for_byte),
        TEST(goes_on_where_it_left_off),
        TEST(what_is_wrong_is_not_taken),
        TEST(a_captive_portal_and_a_wrong_clock_are_told_apart),
        TEST(an_answer_that_never_ends_or_is_cut_is_none),
        TEST(a_bad_decision_holds_up_those_behind_it_but_not_those_before),
        TEST(a_receiver_that_lost_its_decisions_is_seen),
        TEST(the_pace_grows_to_a_bound_and_news_restart_it),
        TEST(a_delivery_hastens_the_question),
        TEST(honours_retry_after),
        TEST(a_clock_that_was_far_ahead_does_not_delay_for_years),
        TEST(a_signed_decision_counts_and_no_other),
        cmocka_unit_test(a_file_without_keys_is_refused),
    };
    return cmocka_run_group_tests(tests, delivery_make_keys, delivery_free_keys);
}
