/*
 * A database with sealed packages, a courier and a receiver that fails on order, for tests of delivery. The wall clock
 * is the test's (now_ms): pauses are passed by telling another time. Whatever does not work fails the test at once.
 */
#ifndef TESTS_SUPPORT_DELIVERY_BENCH_H
#define TESTS_SUPPORT_DELIVERY_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "reports/courier.h"
#include "reports/http.h"
#include "reports/queue.h"
#include "tests/support/keys.h"
#include "tests/support/receiver.h"

enum { DELIVERY_DEADLINE_S = 20, DELIVERY_TURN_MS = 20, SECOND = 1000 };

/* Authority, receiver, station; and somebody whom neither knows. */
extern struct keys_pair delivery_ca, delivery_server, delivery_client, delivery_stranger;

struct delivery_bench {
    char folder[300], url[100];
    sqlite3 *db;
    struct receiver *receiver; /* NULL: it is away */
    struct queue *queue;
    struct http *http;
    struct courier *courier;
    struct courier_outlet outlets[2]; /* the first: "police" */
    size_t outlets_count;
    int64_t now_ms;
    int cases;
};

/* For cmocka: of the group, of each test. */
int delivery_make_keys(void **state);
int delivery_free_keys(void **state);
int delivery_setup(void **state);
int delivery_teardown(void **state);

/* The courier with what it stands on; closed as a kill would: what is under way is never written. */
void delivery_open(struct delivery_bench *b);
void delivery_close(struct delivery_bench *b);

void delivery_must(int result, const struct err *err);
void delivery_sql(struct delivery_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* First column of the first row as text; lives for the next three calls. */
const char *delivery_ask(struct delivery_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A sealed package (cases C1, C2 …) that waits; gives its hash. */
const char *delivery_add_case(struct delivery_bench *b);
/* What the receiver does with the next request. */
void delivery_order(struct delivery_bench *b, struct receiver_order o);

/* Rounds until nothing is under way and nothing is due at this time. */
void delivery_settle(struct delivery_bench *b);
/* The same, and passes pauses, at most so many, until the case has that state. */
void delivery_settle_until(struct delivery_bench *b, int number, const char *state);

const char *delivery_state(struct delivery_bench *b, int number); /* to the first outlet */
int64_t delivery_next_ms(struct delivery_bench *b, int number);
/* Every package is there, each was stored once. */
void delivery_expect_arrived(struct delivery_bench *b);
/* The case's last status has these words. */
void delivery_expect_text(struct delivery_bench *b, int number, const char *words);

#endif
