/*
 * Codes of slips: signed as soon as the journal has the result, checked with a certificate alone, and nothing about
 * them can be changed unseen.
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

#include "reports/checkpoint.h"
#include "reports/sealcheck.h"
#include "reports/slip_note.h"
#include "reports/verifier.h"
#include "station/slip_signing.h"
#include "tests/support/case_fixture.h"
#include "tests/support/store_fixture.h"

struct bench {
    char dir[256];
    struct package_fixture files;
    struct store *owner, *push;
    struct queue *queue;
    struct sealing sealing;
    struct slip_signing signing;
    X509_STORE *trust;
    struct verifier verifier;
    char *code;
    const char *known; /* a checkpoint of the reader's own */
};

static struct err err;

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

static struct bench *bench_open(bool test, bool exceeds)
{
    struct bench *b = calloc(1, sizeof *b);
    fixture_folder(b->dir, sizeof b->dir);
    if (test)
        package_fixture_open_test(&b->files, b->dir, exceeds ? 1.9 : 0.4);
    else
        package_fixture_open(&b->files, b->dir, exceeds);
    must(store_open(&b->owner, b->dir, FIXTURE_STATION, STORE_OWNER, &err));
    must(store_open(&b->push, b->dir, FIXTURE_STATION, STORE_DELIVERY, &err));
    must(queue_open(&b->queue, store_database(b->push), &err));
    b->sealing = (struct sealing){.store = b->push,
                                  .queue = b->queue,
                                  .folder = b->dir,
                                  .offset_minutes = 480,
                                  .seals = {b->files.seal},
                                  .seals_count = 1};
    must(sealing_init(&b->sealing, &err));
    must(slip_signing_init(&b->signing, &b->sealing, &err));
    b->trust = sealcheck_trust(b->files.ca.cert_file, &err);
    assert_non_null(b->trust);
    return b;
}

static void bench_close(struct bench *b)
{
    X509_STORE_free(b->trust);
    free(b->code);
    queue_close(b->queue);
    store_close(b->push);
    store_close(b->owner);
    package_fixture_close(&b->files);
    free(b);
}

/* Test T1 with its record, as smogd ends it. */
static void add_test(struct bench *b)
{
    struct store_test t = {.seq = 1, .started_ms = 1782869400000};
    uint64_t event;
    snprintf(t.id, sizeof t.id, "%.47s", b->files.id);
    snprintf(t.method, sizeof t.method, "%s", b->files.method);
    snprintf(t.plate, sizeof t.plate, "新B12345");
    snprintf(t.colour, sizeof t.colour, "yellow");
    package_fixture_record(&b->files);
    package_fixture_record_event(&b->files);
    const char *body = b->files.events[b->files.events_count - 1];
    must(store_begin(b->owner, &err));
    must(fixture_append(b->owner, "test-start", &event));
    must(store_test_start(b->owner, &t, event, &err));
    must(store_append(b->owner, "test-end", body, strlen(body), &event, &err));
    must(store_test_end(b->owner, t.id, 1782869460000, b->files.verdict, event,
                        package_fixture_file(&b->files, "record.json")->data, &err));
    must(store_commit(b->owner, &err));
}

static void void_test(struct bench *b)
{
    char body[512];
    uint64_t event;
    snprintf(body, sizeof body,
             "{\"at\":\"2026-07-01T09:40:00.000+08:00\",\"boot\":\"b\",\"kind\":\"test-void\",\"mono_ms\":9,\"reason\":"
             "\"wrong truck\",\"station\":\"" FIXTURE_STATION "\",\"test\":\"%s\"}",
             b->files.id);
    must(store_begin(b->owner, &err));
    must(store_append(b->owner, "test-void", body, strlen(body), &event, &err));
    must(store_test_void(b->owner, b->files.id, "wrong truck", &err));
    must(store_commit(b->owner, &err));
}

/* The code that is stored for the record; NULL: none. */
static const char *run(struct bench *b)
{
    bool more = true;
    while (more)
        must(slip_signing_run(&b->signing, b->files.now_ms, &more, &err));
    free(b->code);
    must(store_slip_code(b->push, b->files.id, &b->code, &err));
    return b->code;
}

static const char *known(void *ctx, const char *station)
{
    assert_string_equal(station, FIXTURE_STATION);
    return ctx;
}

/* Result of the check `name`, -1 when it was not made. */
static int check(struct bench *b, const char *code, size_t length, const char *name)
{
    const struct verifier_options options = {
        .trust = b->trust, .known_checkpoint = b->known ? known : NULL, .ctx = (void *)(uintptr_t)b->known};
    verifier_slip(&b->verifier, code, length, &options);
    for (size_t i = 0; i < b->verifier.count; i++)
        if (strcmp(b->verifier.findings[i].check, name) == 0)
            return (int)b->verifier.findings[i].result;
    return -1;
}

static void a_failed_test_has_a_code_that_verifies(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, true);
    struct slip_note note;
    add_test(b);
    const char *code = run(b);
    assert_non_null(code);
    assert_int_equal(check(b, code, strlen(code), "slip"), VERIFIER_OK);
    assert_true(b->verifier.ok && !b->verifier.open);
    assert_string_equal(b->verifier.id, b->files.id);
    assert_string_equal(b->verifier.verdict, "fail");
    assert_non_null(strstr(b->verifier.findings[b->verifier.count - 1].en, "k 1.90 <= 1.20 1/m"));
    must(slip_note_read(&note, code, strlen(code), &err));
    assert_int_equal(note.event, 1);
    assert_int_equal(note.checkpoint.size, 2);
    assert_int_equal(note.values_count, 1);
    assert_true(note.values[0].exceeds && note.values[0].unconfirmed && note.certificate);
    assert_true(strlen(code) < SLIP_NOTE_MAX);
    bench_close(b);
}

static void no_byte_can_change_unseen(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, true);
    add_test(b);
    const char *code = run(b);
    size_t length = strlen(code) - 1; /* a newline at the end says nothing */
    char *forged = strdup(code);
    forged[length] = '\0';
    check(b, forged, length, "slip");
    assert_true(b->verifier.ok && !b->verifier.open);
    for (size_t i = 0; i < length; i++) {
        forged[i] ^= 1;
        check(b, forged, length, "slip");
        if (b->verifier.ok && !b->verifier.open)
            fail_msg("byte %zu can change unseen", i);
        forged[i] ^= 1;
    }
    for (size_t cut = 0; cut < length; cut += 5) {
        check(b, forged, cut, "slip");
        if (b->verifier.ok && !b->verifier.open)
            fail_msg("it can be cut to %zu bytes unseen", cut);
    }
    free(forged);
    bench_close(b);
}

static void without_its_certificate_the_trusted_one_is_looked_up(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, false);
    add_test(b);
    const char *code = run(b), *certificate = strstr(code, "\ncertificate ");
    size_t length = (size_t)(certificate - code) + 1;
    assert_int_equal(check(b, code, length, "certificate"), VERIFIER_FAIL);
    assert_non_null(strstr(b->verifier.findings[0].en, "give the station's sealing certificate"));
    X509_STORE_free(b->trust);
    b->trust = sealcheck_trust(b->files.station.cert_file, &err);
    assert_int_equal(check(b, code, length, "slip"), VERIFIER_OK);
    assert_true(b->verifier.ok && !b->verifier.open);
    assert_string_equal(b->verifier.verdict, "pass");
    bench_close(b);
}

static void a_void_test_is_signed_anew(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, true);
    add_test(b);
    assert_null(strstr(run(b), " void\n"));
    void_test(b);
    const char *code = run(b);
    assert_int_equal(check(b, code, strlen(code), "slip"), VERIFIER_NOTE);
    assert_true(b->verifier.ok);
    assert_string_equal(b->verifier.verdict, "void");
    must(slip_signing_init(&b->signing, &b->sealing, &err)); /* after a restart nothing is left to do */
    assert_int_equal(b->signing.next, 3);
    bench_close(b);
}

static void of_passages_only_those_that_exceed_are_signed(void **state)
{
    (void)state;
    struct bench *b = bench_open(false, true);
    case_fixture_add(b->owner, &b->files, 1);
    const char *code = run(b);
    assert_non_null(code);
    assert_int_equal(check(b, code, strlen(code), "slip"), VERIFIER_OK);
    bench_close(b);
    b = bench_open(false, false);
    case_fixture_add(b->owner, &b->files, 1);
    assert_null(run(b));
    assert_int_equal(b->signing.next, 1);
    bench_close(b);
}

static void a_record_that_is_not_the_one_of_its_event_is_not_signed(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, true);
    add_test(b);
    fixture_sql(b->dir, "UPDATE test SET record = replace(record, '新B12345', '新B99999')");
    assert_null(run(b));
    bench_close(b);
}

static void an_unsigned_code_proves_nothing(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, true);
    char code[SLIP_NOTE_MAX];
    package_fixture_record(&b->files);
    const char *record = package_fixture_file(&b->files, "record.json")->data;
    must(slip_note_unsigned(record, strlen(record), 7, false, code, &err));
    assert_int_equal(check(b, code, strlen(code), "slip"), VERIFIER_OPEN);
    assert_true(b->verifier.ok && b->verifier.open);
    bench_close(b);
}

/* Signs lines of our own with the station's key. */
static int check_lines(struct bench *b, const char *station, uint64_t size, const char *lines, const char *name)
{
    char note[CHECKPOINT_TEXT_MAX + 1];
    const struct checkpoint c = {
        .log = station, .size = size, .time_ms = b->files.now_ms, .offset_minutes = 480, .lines = lines};
    must(checkpoint_sign(&c, b->files.seal, note, &err));
    X509_STORE_free(b->trust);
    b->trust = sealcheck_trust(b->files.station.cert_file, &err);
    return check(b, note, strlen(note), name);
}

#define RECORD "record 652301-0007-T000001 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define REST "plate 新A12345 yellow\ntest free-acceleration 2026-07-01T09:30:00.000+08:00 gb3847-2018 2\n"

static void what_is_signed_must_still_be_a_slip(void **state)
{
    static const struct {
        uint64_t size;
        const char *station, *lines, *check;
        int result;
    } cases[] = {
        {2, FIXTURE_STATION, RECORD REST "verdict pass\n", "slip", VERIFIER_OK},
        {1, FIXTURE_STATION, RECORD REST "verdict pass\n", "slip", VERIFIER_FAIL},    /* no such event yet */
        {2, FIXTURE_STATION "/2", RECORD REST "verdict pass\n", "slip", VERIFIER_OK}, /* a restored journal */
        {2, "652301-0008", RECORD REST "verdict pass\n", "role", VERIFIER_FAIL},      /* another station's name */
        {2, FIXTURE_STATION, RECORD REST, "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, RECORD REST "verdict pass\nverdict pass\n", "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, RECORD REST "verdict good\n", "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, RECORD REST "verdict pass maybe\n", "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, REST RECORD "verdict pass\n", "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, RECORD REST "value k 1.9 < 1.2 1/m exceeds\nverdict fail\n", "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, RECORD REST "value k 1.9 <= 1.2 1/m exceeds at\nverdict fail\n", "slip", VERIFIER_FAIL},
        {2, FIXTURE_STATION, RECORD REST "value k 1.9 <= 1.2 1/m exceeds at idle screening\nverdict fail\n", "slip",
         VERIFIER_OK},
        {2, FIXTURE_STATION, "", "slip", VERIFIER_FAIL}, /* a plain checkpoint */
    };
    (void)state;
    struct bench *b = bench_open(true, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (check_lines(b, cases[i].station, cases[i].size, cases[i].lines, cases[i].check) != cases[i].result)
            fail_msg("case %zu: %s", i, b->verifier.count ? b->verifier.findings[b->verifier.count - 1].en : "nothing");
    bench_close(b);
}

static void it_is_held_against_a_checkpoint_of_ones_own(void **state)
{
    (void)state;
    struct bench *b = bench_open(true, true);
    add_test(b);
    const char *code = run(b);
    char note[CHECKPOINT_TEXT_MAX + 1];
    struct checkpoint c = {
        .log = FIXTURE_STATION, .size = 2, .root = b->sealing.latest.root, .time_ms = b->files.now_ms};
    must(checkpoint_sign(&c, b->files.seal, note, &err));
    b->known = note;
    assert_int_equal(check(b, code, strlen(code), "consistency"), VERIFIER_OK);
    c.root.bytes[0] ^= 1;
    must(checkpoint_sign(&c, b->files.seal, note, &err));
    assert_int_equal(check(b, code, strlen(code), "consistency"), VERIFIER_FAIL);
    c.size = 1;
    must(checkpoint_sign(&c, b->files.seal, note, &err));
    assert_int_equal(check(b, code, strlen(code), "consistency"), VERIFIER_OPEN);
    bench_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_test_has_a_code_that_verifies),
        cmocka_unit_test(no_byte_can_change_unseen),
        cmocka_unit_test(without_its_certificate_the_trusted_one_is_looked_up),
        cmocka_unit_test(a_void_test_is_signed_anew),
        cmocka_unit_test(of_passages_only_those_that_exceed_are_signed),
        cmocka_unit_test(a_record_that_is_not_the_one_of_its_event_is_not_signed),
        cmocka_unit_test(an_unsigned_code_proves_nothing),
        cmocka_unit_test(what_is_signed_must_still_be_a_slip),
        cmocka_unit_test(it_is_held_against_a_checkpoint_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
