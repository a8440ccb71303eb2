/* Time stamps: what a token must be, and what it is worth in a package. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/tsacheck.h"
#include "reports/verifier.h"
#include "tests/support/package_fixture.h"
#include "tests/support/tsa.h"

static const char text[] = "what is stamped";
static const int64_t START_S = 1767225600, DAY_S = 86400; /* 2026-01-01T00:00:00Z */

struct bench {
    struct keys_pair ca, tsa; /* tsa: good for the 10 days from START_S */
    X509_STORE *trust;
};

static const char *folder(void)
{
    return getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
}

static void make_tsa(const struct bench *b, struct keys_pair *pair, const char *extended)
{
    keys_make(pair, folder(),
              &(struct keys_request){.name = "tsa",
                                     .subject = "stamps",
                                     .by = &b->ca,
                                     .extended = extended,
                                     .from_ms = START_S * 1000,
                                     .until_ms = (START_S + 10 * DAY_S) * 1000});
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct err err;
    keys_make(&b->ca, folder(), &(struct keys_request){.name = "tsa-ca", .subject = "stamp root", .from_ms = 1});
    make_tsa(b, &b->tsa, "critical,timeStamping");
    b->trust = tsacheck_trust(b->ca.cert_file, &err);
    assert_non_null(b->trust);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    X509_STORE_free(b->trust);
    keys_free(&b->tsa);
    keys_free(&b->ca);
    free(b);
    return 0;
}

static uint8_t *stamp(const struct keys_pair *tsa, const uint8_t *nonce, int64_t at_s, size_t *size)
{
    return tsa_stamp(tsa, &(struct tsa_request){.data = text, .size = sizeof text, .nonce = nonce, .at_s = at_s}, size);
}

static void expect_refused(const uint8_t *tsr, size_t size, const char *data, const uint8_t *nonce, X509_STORE *trust,
                           const char *words)
{
    struct tsacheck about;
    struct err err = {0};
    assert_int_equal(tsacheck(&about, tsr, size, data, strlen(data) + 1, nonce, trust, &err), -1);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void a_good_token_tells_when_and_who(void **state)
{
    struct bench *b = *state;
    static const uint8_t nonce[8] = {0xF1, 2, 3, 4, 5, 6, 7, 8}, other[8] = {0xF1, 2, 3, 4, 5, 6, 7, 9};
    struct tsacheck about;
    struct err err;
    size_t size;
    uint8_t *tsr = stamp(&b->tsa, nonce, START_S + DAY_S, &size);
    if (tsacheck(&about, tsr, size, text, sizeof text, nonce, b->trust, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(about.at_s, START_S + DAY_S);
    assert_string_equal(about.authority, "CN=stamps");
    assert_int_equal(tsacheck(&about, tsr, size, text, sizeof text, NULL, b->trust, &err), 0);
    assert_int_equal(tsacheck(&about, tsr, size, text, sizeof text, NULL, NULL, &err), 0);
    expect_refused(tsr, size, text, other, b->trust, "nonce is not ours");
    expect_refused(tsr, size, "what is stampeD", NULL, b->trust, "imprint mismatch");
    expect_refused(tsr, size, "what is stampeD", NULL, NULL, "imprint mismatch"); /* also when nobody is trusted */
    free(tsr);
    tsr = stamp(&b->tsa, NULL, START_S + DAY_S, &size);
    expect_refused(tsr, size, text, nonce, b->trust, "nonce is not ours");
    free(tsr);
}

/* The certificate has long ended today; what counts is the token's own time. */
static void it_is_judged_by_its_own_time(void **state)
{
    struct bench *b = *state;
    size_t size;
    uint8_t *late = stamp(&b->tsa, NULL, START_S + 11 * DAY_S, &size);
    expect_refused(late, size, text, NULL, b->trust, "expired");
    free(late);
    uint8_t *early = stamp(&b->tsa, NULL, START_S - DAY_S, &size);
    expect_refused(early, size, text, NULL, b->trust, "not yet valid");
    free(early);
}

static void only_an_authority_for_time_stamps_counts(void **state)
{
    struct bench *b = *state;
    struct keys_pair strangers_ca, stranger;
    size_t size;
    keys_make(&strangers_ca, folder(), &(struct keys_request){.name = "x-ca", .subject = "stranger", .from_ms = 1});
    keys_make(&stranger, folder(),
              &(struct keys_request){.name = "x",
                                     .subject = "stamps",
                                     .by = &strangers_ca,
                                     .extended = "critical,timeStamping",
                                     .from_ms = START_S * 1000});
    uint8_t *tsr = stamp(&stranger, NULL, START_S + DAY_S, &size);
    expect_refused(tsr, size, text, NULL, b->trust, "certificate verify error");
    free(tsr);
    keys_free(&stranger);
    keys_free(&strangers_ca);
}

static void cut_or_altered_it_is_refused(void **state)
{
    struct bench *b = *state;
    size_t size;
    struct tsacheck about;
    struct err err;
    uint8_t *tsr = stamp(&b->tsa, NULL, START_S + DAY_S, &size);
    for (size_t i = 0; i < size; i++) {
        uint8_t *cut = malloc(i ? i : 1); /* of its own, so that the sanitizer sees a byte too far */
        memcpy(cut, tsr, i);
        assert_int_equal(tsacheck(&about, cut, i, text, sizeof text, NULL, b->trust, &err), -1);
        free(cut);
    }
    for (size_t i = 0; i < size; i++) {
        tsr[i] ^= 0x01;
        if (tsacheck(&about, tsr, size, text, sizeof text, NULL, b->trust, &err) == 0)
            assert_int_equal(about.at_s,
                             START_S + DAY_S); /* a byte that no signature covers; nothing it says changed */
        tsr[i] ^= 0x01;
    }
    free(tsr);
}

/* ---- in a package ---- */

static void check_package(const struct bench *b, struct package_fixture *f, enum verifier_result wanted,
                          const char *words)
{
    struct verifier *v = calloc(1, sizeof *v);
    struct err err;
    X509_STORE *trust = sealcheck_trust(f->ca.cert_file, &err);
    const struct verifier_options options = {.trust = trust, .stampers = b->trust};
    const struct verifier_finding *found = NULL;
    uint8_t *bytes;
    size_t size;
    package_fixture_seal(f, &bytes, &size);
    verifier_run(v, bytes, size, &options);
    for (size_t i = 0; i < v->count && !found; i++)
        if (strcmp(v->findings[i].check, "timestamp") == 0)
            found = &v->findings[i];
    if (!found || found->result != wanted || !strstr(found->en, words))
        fail_msg("'%s' should say '%s'", found ? found->en : "nothing", words);
    X509_STORE_free(trust);
    free(bytes);
    free(v);
}

/* Stamps this note and puts both into the package. */
static void put_stamp(const struct bench *b, struct package_fixture *f, const char *note)
{
    size_t size;
    const struct tsa_request request = {.data = note, .size = strlen(note), .at_s = START_S + DAY_S};
    uint8_t *tsr = tsa_stamp(&b->tsa, &request, &size);
    package_fixture_put(f, "log/timestamp.tsr", tsr, size);
    package_fixture_put(f, "log/timestamp.note", note, strlen(note));
    free(tsr);
}

static void a_package_proves_what_was_stamped(void **state)
{
    struct bench *b = *state;
    static struct package_fixture f;
    char extends[4096];
    package_fixture_open(&f, folder(), true);
    package_fixture_record(&f);
    package_fixture_event(&f, "{\"kind\":\"daemon-start\",\"station\":\"652301-0007\"}");
    package_fixture_event(&f, "{\"kind\":\"check\",\"station\":\"652301-0007\"}");
    char *note = package_fixture_checkpoint(&f, 2);
    size_t index = package_fixture_record_event(&f);
    char *path = package_fixture_path(&f, 2, 3);
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":2}]", path);
    package_fixture_proof(&f, index, extends);
    put_stamp(b, &f, note);
    check_package(b, &f, VERIFIER_OK, "2 / 2026-01-02T00:00:00");
    check_package(b, &f, VERIFIER_OK, "CN=stamps");
    note[strlen(note) - 2] ^= 1; /* another text than the one that was stamped */
    package_fixture_put(&f, "log/timestamp.note", note, strlen(note));
    check_package(b, &f, VERIFIER_FAIL, "does not hold");
    note[strlen(note) - 2] ^= 1;
    package_fixture_proof(&f, index, NULL); /* nothing leads from the stamped checkpoint to the package's */
    put_stamp(b, &f, note);
    check_package(b, &f, VERIFIER_FAIL, "does not continue");
    package_fixture_file(&f, "log/timestamp.note")->name[0] = 'x';
    check_package(b, &f, VERIFIER_FAIL, "one is missing");
    free(note);
    free(path);
    package_fixture_close(&f);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_good_token_tells_when_and_who),          T(it_is_judged_by_its_own_time),
        T(only_an_authority_for_time_stamps_counts), T(cut_or_altered_it_is_refused),
        T(a_package_proves_what_was_stamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
