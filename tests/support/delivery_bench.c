#include "tests/support/delivery_bench.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "reports/file.h"
#include "reports/sha256.h"
#include "station/schema.h"

enum { PACKAGE_SIZE = 200000 };

static const struct http_limits limits = {
    .connect_ms = 2000, .silence_s = 1, .answer_ms = 2000, .bytes_per_s = 1000000};

#define SCHEMA_TEXT(step) step,
static const char *const schema[] = {SCHEMA_STEPS(SCHEMA_TEXT)};

struct keys_pair delivery_ca, delivery_server, delivery_client, delivery_stranger;
static char top[256];

int delivery_make_keys(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    signal(SIGPIPE, SIG_IGN);
    snprintf(top, sizeof top, "%s/courier.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    keys_make(&delivery_ca, top, &(struct keys_request){.name = "ca", .subject = "test authority"});
    keys_make(
        &delivery_server, top,
        &(struct keys_request){.name = "server", .subject = "127.0.0.1", .by = &delivery_ca, .san = "IP:127.0.0.1"});
    keys_make(&delivery_client, top,
              &(struct keys_request){.name = "client", .subject = "station", .by = &delivery_ca});
    keys_make(&delivery_stranger, top, &(struct keys_request){.name = "stranger", .subject = "station"});
    return 0;
}

int delivery_free_keys(void **state)
{
    (void)state;
    keys_free(&delivery_stranger);
    keys_free(&delivery_client);
    keys_free(&delivery_server);
    keys_free(&delivery_ca);
    return 0;
}

void delivery_must(int result, const struct err *err)
{
    if (result != 0)
        fail_msg("%s", err->text);
}

void delivery_sql(struct delivery_bench *b, const char *format, ...)
{
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (sqlite3_exec(b->db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(b->db));
}

void delivery_open(struct delivery_bench *b)
{
    struct err err;
    delivery_must(queue_open(&b->queue, b->db, &err), &err);
    delivery_must(http_open(&b->http, &limits, &err), &err);
    delivery_must(courier_open(&b->courier, b->queue, b->http, &(struct parcel_source){.folder = b->folder}, b->outlets,
                               b->outlets_count, b->now_ms, &err),
                  &err);
}

void delivery_close(struct delivery_bench *b)
{
    courier_close(b->courier);
    http_close(b->http);
    queue_close(b->queue);
}

int delivery_setup(void **state)
{
    struct delivery_bench *b = calloc(1, sizeof *b);
    static int number;
    char path[400];
    snprintf(b->folder, sizeof b->folder, "%s/%d", top, ++number);
    snprintf(path, sizeof path, "%s/packages", b->folder);
    assert_true(mkdir(b->folder, 0700) == 0 && mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/smogd.db", b->folder);
    assert_int_equal(sqlite3_open(path, &b->db), SQLITE_OK);
    delivery_sql(b, "PRAGMA journal_mode = WAL");
    for (size_t i = 0; i < sizeof schema / sizeof schema[0]; i++)
        assert_int_equal(sqlite3_exec(b->db, schema[i], NULL, NULL, NULL), SQLITE_OK);
    b->receiver = receiver_open(&delivery_server, &delivery_ca);
    receiver_url(b->receiver, b->url, sizeof b->url);
    b->now_ms = 1782869400000;
    b->outlets_count = 1;
    b->outlets[0] = (struct courier_outlet){
        .name = "police",
        .kind = "package-rest",
        .setup = {.name = "police", .url = b->url},
        .identity = {.ca = delivery_ca.cert_file, .cert = delivery_client.cert_file, .key = delivery_client.key_file}};
    delivery_open(b);
    *state = b;
    return 0;
}

int delivery_teardown(void **state)
{
    struct delivery_bench *b = *state;
    delivery_close(b);
    if (b->receiver) {
        assert_string_equal(receiver_complaint(b->receiver), "");
        receiver_close(b->receiver);
    }
    sqlite3_close(b->db);
    free(b);
    return 0;
}

const char *delivery_add_case(struct delivery_bench *b)
{
    static char sha256[65];
    char id[32], path[400];
    char *bytes = malloc(PACKAGE_SIZE);
    struct err err;
    snprintf(id, sizeof id, "C%d", ++b->cases);
    for (size_t i = 0; i < PACKAGE_SIZE; i++)
        bytes[i] = (char)(i * 31);
    memcpy(bytes, id, sizeof id);
    sha256_hex(bytes, PACKAGE_SIZE, sha256);
    snprintf(path, sizeof path, "%s/packages/%s", b->folder, id);
    delivery_must(file_write(path, bytes, PACKAGE_SIZE, 0600, &err), &err);
    free(bytes);
    delivery_sql(b, "INSERT INTO case_file(id, subject, created_ms, state) VALUES('%s', 'T%s', 1, 'submitted')", id,
                 id);
    delivery_sql(b, "INSERT INTO package VALUES('%s', '%s', 'packages/%s', %d, 1, 1)", id, sha256, id, PACKAGE_SIZE);
    for (size_t i = 0; i < b->outlets_count; i++)
        delivery_sql(
            b, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES('%s', '%s', 'waiting', 0, %lld)",
            id, b->outlets[i].name, (long long)b->now_ms);
    return sha256;
}

const char *delivery_ask(struct delivery_bench *b, const char *format, ...)
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

const char *delivery_state(struct delivery_bench *b, int number)
{
    return delivery_ask(b, "SELECT state FROM delivery WHERE case_id = 'C%d' AND outlet = 'police'", number);
}

static void turn(struct delivery_bench *b)
{
    struct err err;
    delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
    delivery_must(http_run(b->http, DELIVERY_TURN_MS, &err), &err);
}

void delivery_settle(struct delivery_bench *b)
{
    struct err err;
    time_t until = time(NULL) + DELIVERY_DEADLINE_S;
    do {
        turn(b);
        delivery_must(courier_step(b->courier, b->now_ms, &err), &err);
        if (time(NULL) > until)
            fail_msg("not settled: %s", delivery_ask(b, "SELECT group_concat(case_id || ' ' || state) FROM delivery"));
    } while (courier_busy(b->courier));
}

void delivery_settle_until(struct delivery_bench *b, int number, const char *state)
{
    for (int i = 0; i < 20; i++) {
        delivery_settle(b);
        if (strcmp(delivery_state(b, number), state) == 0)
            return;
        b->now_ms += 90 * SECOND;
    }
    fail_msg("C%d is %s (%s), not %s", number, delivery_state(b, number),
             delivery_ask(b, "SELECT last_status FROM delivery WHERE case_id = 'C%d'", number), state);
}

void delivery_order(struct delivery_bench *b, struct receiver_order o)
{
    receiver_order(b->receiver, &o, 1);
}

int64_t delivery_next_ms(struct delivery_bench *b, int number)
{
    return strtoll(delivery_ask(b, "SELECT next_ms FROM delivery WHERE case_id = 'C%d'", number), NULL, 10);
}

void delivery_expect_arrived(struct delivery_bench *b)
{
    assert_string_equal(delivery_ask(b, "SELECT count(*) FROM delivery WHERE state <> 'sent'"), "0");
    assert_int_equal(receiver_stored(b->receiver), b->cases);
}

void delivery_expect_text(struct delivery_bench *b, int number, const char *words)
{
    const char *text = delivery_ask(b, "SELECT last_status FROM delivery WHERE case_id = 'C%d'", number);
    if (!strstr(text, words))
        fail_msg("'%s' does not say '%s'", text, words);
}
