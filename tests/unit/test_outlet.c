/* Every answer of a receiver that package-rest knows, and what it means; without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/outlet.h"
#include "tests/support/keys.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" /* SHA-256 of "test" */
#define RECEIPT "{\"package_sha256\":\"" HASH "\",\"receipt_id\":\"R-1\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}"

static struct outlet_parcel parcel(bool ask)
{
    static const struct outlet_setup setup = {.name = "police", .url = "https://police.example/packages"};
    struct outlet_parcel p = {.setup = &setup, .sha256_hex = HASH, .ask = ask};
    assert_true(encoding_unhex(HASH, 64, p.sha256, sizeof p.sha256));
    return p;
}

/* One exchange: the first request, this reply. */
static bool exchange(bool ask, const struct outlet_reply *reply, struct outlet_request *next,
                     struct outlet_result *result)
{
    struct outlet_parcel p = parcel(ask);
    struct outlet_request first;
    struct outlet_result none;
    assert_true(outlet_package_rest.begin(&p, &first, &none));
    assert_int_equal(first.post, !ask);
    return outlet_package_rest.step(&p, &first, reply, next, result);
}

static struct outlet_reply answer(int status, const char *body)
{
    return (struct outlet_reply){
        .status = status, .reached = true, .body_out = true, .whole = true, .body = body, .length = strlen(body)};
}

static const char *header(const struct outlet_request *r, const char *name)
{
    for (size_t i = 0; i < r->headers_count; i++)
        if (strncmp(r->headers[i], name, strlen(name)) == 0)
            return r->headers[i] + strlen(name);
    fail_msg("no %s", name);
    return NULL;
}

static void posts_with_digest_and_key(void **state)
{
    (void)state;
    struct outlet_parcel p = parcel(false);
    struct outlet_request r;
    struct outlet_result none;
    assert_true(outlet_package_rest.begin(&p, &r, &none));
    assert_true(r.post);
    assert_string_equal(r.url, "https://police.example/packages");
    assert_string_equal(header(&r, "Content-Type: "), "application/vnd.etsi.asic-e+zip");
    assert_string_equal(header(&r, "Content-Digest: "), "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:");
    assert_string_equal(header(&r, "Idempotency-Key: "), "\"" HASH "\"");
}

static void asks_by_hash(void **state)
{
    (void)state;
    struct outlet_parcel p = parcel(true);
    struct outlet_request r;
    struct outlet_result none;
    assert_true(outlet_package_rest.begin(&p, &r, &none));
    assert_false(r.post);
    assert_string_equal(r.url, "https://police.example/packages/" HASH);
    p.setup = &(struct outlet_setup){.url = "https://police.example/packages/"};
    assert_true(outlet_package_rest.begin(&p, &r, &none));
    assert_string_equal(r.url, "https://police.example/packages/" HASH);
}

struct row {
    int status;
    enum outlet_outcome posted, asked;
    bool alarm, everyone; /* after a POST */
};

/* contract: 200/201 sent, 409 wait, 422 and other 4xx refused, 401/403 retry with alarm, 408, 429 and 5xx retry */
static const struct row rows[] = {
    {202, OUTLET_UNKNOWN, OUTLET_UNKNOWN, false, false}, {204, OUTLET_UNKNOWN, OUTLET_UNKNOWN, false, false},
    {302, OUTLET_RETRY, OUTLET_UNKNOWN, true, true},     {400, OUTLET_REFUSED, OUTLET_UNKNOWN, true, false},
    {401, OUTLET_RETRY, OUTLET_UNKNOWN, true, true},     {403, OUTLET_RETRY, OUTLET_UNKNOWN, true, true},
    {404, OUTLET_REFUSED, OUTLET_UNKNOWN, true, false},  {405, OUTLET_REFUSED, OUTLET_UNKNOWN, true, false},
    {408, OUTLET_RETRY, OUTLET_UNKNOWN, false, false},   {409, OUTLET_UNKNOWN, OUTLET_UNKNOWN, false, false},
    {413, OUTLET_REFUSED, OUTLET_UNKNOWN, true, false},  {415, OUTLET_REFUSED, OUTLET_UNKNOWN, true, false},
    {422, OUTLET_REFUSED, OUTLET_UNKNOWN, true, false},  {429, OUTLET_RETRY, OUTLET_UNKNOWN, false, true},
    {500, OUTLET_RETRY, OUTLET_UNKNOWN, false, false},   {502, OUTLET_RETRY, OUTLET_UNKNOWN, false, false},
    {503, OUTLET_RETRY, OUTLET_UNKNOWN, false, true},    {504, OUTLET_RETRY, OUTLET_UNKNOWN, false, false},
    {599, OUTLET_RETRY, OUTLET_UNKNOWN, false, false},
};

static void each_status_has_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outlet_request next;
        struct outlet_result r;
        struct outlet_reply reply = answer(rows[i].status, "");
        assert_false(exchange(false, &reply, &next, &r));
        if (r.outcome != rows[i].posted || r.alarm != rows[i].alarm || r.everyone != rows[i].everyone)
            fail_msg("POST %d: %s, alarm %d, everyone %d", rows[i].status, outlet_outcome_name(r.outcome), r.alarm,
                     r.everyone);
        assert_int_equal(r.status, rows[i].status);
        assert_true(r.text[0] != '\0');
        if (rows[i].status == 404)
            continue;
        assert_false(exchange(true, &reply, &next, &r));
        if (r.outcome != rows[i].asked)
            fail_msg("GET %d: %s", rows[i].status, outlet_outcome_name(r.outcome));
    }
}

static void sent_means_a_receipt_for_our_bytes(void **state)
{
    (void)state;
    static const int statuses[] = {200, 201};
    for (int i = 0; i < 2; i++) {
        struct outlet_request next;
        struct outlet_result r;
        struct outlet_reply reply = answer(statuses[i], RECEIPT);
        assert_false(exchange(false, &reply, &next, &r));
        assert_int_equal(r.outcome, OUTLET_SENT);
        assert_string_equal(r.receipt, RECEIPT);
        assert_string_equal(r.receipt_id, "R-1");
    }
    struct outlet_request next;
    struct outlet_result r;
    struct outlet_reply reply = answer(200, RECEIPT);
    snprintf(reply.receipt_signature, sizeof reply.receipt_signature, "MEUC");
    assert_false(exchange(true, &reply, &next, &r));
    assert_int_equal(r.outcome, OUTLET_SENT);
    assert_string_equal(r.receipt_signature, "MEUC");
}

static void anything_else_is_no_receipt(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "OK",
        "<html>welcome</html>",
        "[]",
        "{}",
        RECEIPT "x",
        "{\"package_sha256\":\"" HASH "\",\"receipt_id\":\"\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}",
        "{\"package_sha256\":\"" HASH "\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}",
        "{\"package_sha256\":\"" HASH "\",\"receipt_id\":\"R\"}",
        "{\"package_sha256\":\"" HASH "\",\"receipt_id\":\"R\",\"received_at\":\"soon\"}",
        "{\"package_sha256\":7,\"receipt_id\":\"R\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}",
        "{\"package_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
        "\"receipt_id\":\"R\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}",
        "{\"package_sha256\":\"" HASH "\",\"package_sha256\":\"" HASH
        "\",\"receipt_id\":\"R\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct outlet_request next;
        struct outlet_result r;
        struct outlet_reply reply = answer(201, bodies[i]);
        assert_false(exchange(false, &reply, &next, &r));
        if (r.outcome != OUTLET_UNKNOWN || !r.alarm || r.receipt[0] || r.receipt_id[0])
            fail_msg("'%s' gave %s", bodies[i], outlet_outcome_name(r.outcome));
    }
    struct outlet_request next;
    struct outlet_result r;
    struct outlet_reply reply = answer(200, RECEIPT);
    reply.whole = false;
    assert_false(exchange(false, &reply, &next, &r));
    assert_int_equal(r.outcome, OUTLET_UNKNOWN);
    static char padded[OUTLET_RECEIPT_MAX + 2];
    memset(padded, ' ', OUTLET_RECEIPT_MAX + 1);
    memcpy(padded, RECEIPT, strlen(RECEIPT));
    reply = answer(200, padded);
    assert_false(exchange(false, &reply, &next, &r));
    assert_int_equal(r.outcome, OUTLET_UNKNOWN);
    assert_non_null(strstr(r.text, "too long"));
    padded[OUTLET_RECEIPT_MAX] = '\0';
    reply = answer(200, padded);
    assert_false(exchange(false, &reply, &next, &r));
    assert_int_equal(r.outcome, OUTLET_SENT);
}

static void a_receipt_counts_only_with_the_configured_signature(void **state)
{
    (void)state;
    struct keys_pair ours, other;
    struct receipt_keys *keys;
    struct err err;
    char folder[200];
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/outlet.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    keys_make(&ours, folder, &(struct keys_request){.name = "ours", .subject = "inbox"});
    keys_make(&other, folder, &(struct keys_request){.name = "other", .subject = "inbox"});
    assert_int_equal(receipt_keys_open(&keys, ours.cert_file, &err), 0);
    struct outlet_parcel p = parcel(false);
    struct outlet_request first, next;
    struct outlet_result r;
    struct outlet_reply reply = answer(201, RECEIPT);
    p.receipt_keys = keys;
    assert_true(outlet_package_rest.begin(&p, &first, &r));
    for (int i = 0; i < 3; i++) { /* none, another's, the right one */
        if (i > 0)
            keys_sign(i == 1 ? &other : &ours, RECEIPT, reply.receipt_signature, sizeof reply.receipt_signature);
        assert_false(outlet_package_rest.step(&p, &first, &reply, &next, &r));
        assert_int_equal(r.outcome, i == 2 ? OUTLET_SENT : OUTLET_UNKNOWN);
        assert_int_equal(r.alarm, i != 2);
    }
    reply.receipt_signature[10] ^= 1;
    assert_false(outlet_package_rest.step(&p, &first, &reply, &next, &r));
    assert_int_equal(r.outcome, OUTLET_UNKNOWN);
    assert_non_null(strstr(r.text, "the receipt does not count: its signature was not made by"));
    receipt_keys_close(keys);
    keys_free(&other);
    keys_free(&ours);
}

static void not_found_after_asking_sends(void **state)
{
    (void)state;
    struct outlet_request next;
    struct outlet_result r;
    struct outlet_reply reply = answer(404, "");
    assert_true(exchange(true, &reply, &next, &r));
    assert_true(next.post);
    assert_string_equal(header(&next, "Idempotency-Key: "), "\"" HASH "\"");
}

static void silence_depends_on_what_went_out(void **state)
{
    (void)state;
    static const struct {
        bool ask, reached, body_out;
        enum outlet_outcome outcome;
    } cases[] = {
        {false, false, false, OUTLET_RETRY}, {false, true, false, OUTLET_RETRY}, {false, true, true, OUTLET_UNKNOWN},
        {true, false, true, OUTLET_UNKNOWN}, {true, true, true, OUTLET_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct outlet_request next;
        struct outlet_result r;
        struct outlet_reply reply = {
            .reached = cases[i].reached, .body_out = cases[i].body_out, .body = "", .trouble = "what happened"};
        assert_false(exchange(cases[i].ask, &reply, &next, &r));
        assert_int_equal(r.outcome, cases[i].outcome);
        assert_true(r.everyone);
        assert_string_equal(r.text, "what happened");
    }
}

static void passes_on_how_long_to_wait(void **state)
{
    (void)state;
    struct outlet_request next;
    struct outlet_result r;
    struct outlet_reply reply = answer(503, "");
    reply.retry_after_ms = 120000;
    assert_false(exchange(false, &reply, &next, &r));
    assert_int_equal(r.retry_after_ms, 120000);
    assert_non_null(strstr(r.text, "120 s"));
}

static void quotes_the_refusal_on_one_clean_line(void **state)
{
    (void)state;
    struct outlet_request next;
    struct outlet_result r;
    struct outlet_reply reply = answer(400, "签名\n\xFF\x1B[31m");
    assert_false(exchange(false, &reply, &next, &r));
    assert_string_equal(r.text, "400: the receiver refuses it: 签名???[31m");
    char body[1024];
    memset(body, 'a', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    reply = answer(400, body);
    assert_false(exchange(false, &reply, &next, &r));
    assert_int_equal(r.outcome, OUTLET_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_with_digest_and_key),
        cmocka_unit_test(asks_by_hash),
        cmocka_unit_test(each_status_has_its_outcome),
        cmocka_unit_test(sent_means_a_receipt_for_our_bytes),
        cmocka_unit_test(anything_else_is_no_receipt),
        cmocka_unit_test(a_receipt_counts_only_with_the_configured_signature),
        cmocka_unit_test(not_found_after_asking_sends),
        cmocka_unit_test(silence_depends_on_what_went_out),
        cmocka_unit_test(passes_on_how_long_to_wait),
        cmocka_unit_test(quotes_the_refusal_on_one_clean_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
