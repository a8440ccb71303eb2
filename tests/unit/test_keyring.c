/* Sealing keys while smogpush runs: pairs that are replaced, half or whole, and certificates that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/file.h"
#include "reports/keyring.h"
#include "reports/sealcert.h"
#include "tests/support/keys.h"

enum { DAY_S = 86400 };

struct bench {
    char folder[300], key[KEYS_PATH_MAX + 64], cert[KEYS_PATH_MAX + 64]; /* the two files in use */
    struct keys_pair ca, first, second;
    struct keyring *ring;
    int64_t now_s;
};

static void copy(const char *from, const char *to)
{
    char *text = NULL;
    size_t length = 0;
    struct err err;
    assert_int_equal(file_read(from, 1 << 20, &text, &length, &err), 0);
    assert_int_equal(file_write(to, text, length, 0600, &err), 0);
    free(text);
}

static void use(struct bench *b, const struct keys_pair *key, const struct keys_pair *cert)
{
    copy(key->key_file, b->key);
    copy(cert->cert_file, b->cert);
}

static void make(struct bench *b, struct keys_pair *pair, const char *name, int days)
{
    keys_make(pair, b->folder,
              &(struct keys_request){.name = name,
                                     .subject = "652301-0007",
                                     .by = &b->ca,
                                     .from_ms = (b->now_s - DAY_S) * 1000,
                                     .until_ms = (b->now_s + (int64_t)days * DAY_S + 60) * 1000});
}

static int open_ring(struct bench *b, struct err *err)
{
    const struct keyring_source source = {b->key, b->cert, false};
    return keyring_open(&b->ring, &source, 1, "652301-0007", err);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct err err;
    snprintf(b->folder, sizeof b->folder, "%s/keyring.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->key, sizeof b->key, "%s/in-use.key", b->folder);
    snprintf(b->cert, sizeof b->cert, "%s/in-use.pem", b->folder);
    b->now_s = (int64_t)time(NULL);
    keys_make(&b->ca, b->folder, &(struct keys_request){.name = "ca", .subject = "test authority", .from_ms = 1});
    make(b, &b->first, "first", 20);
    make(b, &b->second, "second", 365);
    use(b, &b->first, &b->first);
    if (open_ring(b, &err) != 0)
        fail_msg("%s", err.text);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    keyring_close(b->ring);
    keys_free(&b->second);
    keys_free(&b->first);
    keys_free(&b->ca);
    free(b);
    return 0;
}

static void refresh(struct bench *b)
{
    struct err err;
    if (keyring_refresh(b->ring, &err) != 0)
        fail_msg("%s", err.text);
}

static void expect_in_use(const struct bench *b, const struct keys_pair *pair)
{
    assert_int_equal(X509_cmp(seal_certificate(keyring_seal(b->ring, 0)), pair->cert), 0);
}

static void expect_warning(const struct bench *b, int days, const char *words)
{
    char text[ERR_TEXT_MAX];
    keyring_warning(b->ring, b->now_s, days, text);
    if (!strstr(text, words) || (words[0] == '\0' && text[0]))
        fail_msg("'%s' does not say '%s'", text, words);
}

static void a_new_pair_is_taken_over(void **state)
{
    struct bench *b = *state;
    refresh(b);
    expect_in_use(b, &b->first);
    use(b, &b->second, &b->second);
    expect_in_use(b, &b->first); /* until it is looked for */
    refresh(b);
    expect_in_use(b, &b->second);
    expect_warning(b, 30, "");
}

static void half_a_pair_leaves_the_old_one_in_use(void **state)
{
    struct bench *b = *state;
    copy(b->second.key_file, b->key);
    refresh(b);
    expect_in_use(b, &b->first);
    expect_warning(b, 0, "the pair before stays in use");
    expect_warning(b, 0, "give the two of one pair");
    refresh(b);
    copy(b->second.cert_file, b->cert);
    refresh(b);
    expect_in_use(b, &b->second);
    expect_warning(b, 0, "");
}

static void a_new_pair_must_be_fit(void **state)
{
    struct bench *b = *state;
    struct keys_pair other, tls;
    keys_make(&other, b->folder, &(struct keys_request){.name = "other", .subject = "652301-0008", .by = &b->ca});
    keys_make(&tls, b->folder,
              &(struct keys_request){.name = "tls", .subject = "652301-0007", .by = &b->ca, .extended = "clientAuth"});
    use(b, &other, &other);
    refresh(b);
    expect_in_use(b, &b->first);
    expect_warning(b, 0, "station 652301-0008");
    use(b, &tls, &tls);
    refresh(b);
    expect_in_use(b, &b->first);
    expect_warning(b, 0, "limited to other duties");
    assert_int_equal(remove(b->key), 0);
    refresh(b);
    expect_in_use(b, &b->first);
    expect_warning(b, 0, "cannot be read");
    keys_free(&other);
    keys_free(&tls);
}

static void what_could_never_verify_is_refused_at_the_start(void **state)
{
    struct bench *b = *state;
    struct keys_pair other, self;
    struct err err;
    keyring_close(b->ring);
    b->ring = NULL;
    keys_make(&other, b->folder, &(struct keys_request){.name = "other", .subject = "652301-0008", .by = &b->ca});
    use(b, &other, &other);
    assert_int_equal(open_ring(b, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "cannot seal for station 652301-0007"));
    keys_make(&self, b->folder,
              &(struct keys_request){.name = "sub",
                                     .subject = "authority",
                                     .by = &b->ca,
                                     .authority = true,
                                     .usage = "digitalSignature,keyCertSign"});
    use(b, &self, &self);
    assert_int_equal(open_ring(b, &err), -1);
    assert_non_null(strstr(err.text, "certification authority"));
    keys_free(&self);
    keys_make(
        &self, b->folder,
        &(struct keys_request){.name = "self", .subject = "652301-0007", .usage = "digitalSignature,keyCertSign"});
    use(b, &self, &self); /* it is its own proof where the reader trusts it */
    assert_int_equal(open_ring(b, &err), 0);
    keys_free(&self);
    keys_free(&other);
}

static void a_certificate_that_ends_is_told_ahead(void **state)
{
    struct bench *b = *state;
    char text[ERR_TEXT_MAX];
    expect_warning(b, 20, "");
    expect_warning(b, 21, "expires on ");
    expect_warning(b, 21, "in 20 days");
    keyring_warning(b->ring, b->now_s + 21 * DAY_S, 30, text);
    assert_non_null(strstr(text, "has expired on "));
    assert_non_null(strstr(text, "cases wait"));
    keyring_warning(b->ring, b->now_s - 2 * DAY_S, 0, text);
    assert_non_null(strstr(text, "clock right?"));
}

static void told_to_it_reads_what_looks_the_same(void **state)
{
    struct bench *b = *state;
    const struct seal *before = keyring_seal(b->ring, 0);
    refresh(b);
    assert_ptr_equal(keyring_seal(b->ring, 0), before);
    keyring_reread(b->ring);
    refresh(b);
    expect_in_use(b, &b->first);
    assert_ptr_not_equal(keyring_seal(b->ring, 0), before);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_new_pair_is_taken_over),
        T(half_a_pair_leaves_the_old_one_in_use),
        T(a_new_pair_must_be_fit),
        T(what_could_never_verify_is_refused_at_the_start),
        T(a_certificate_that_ends_is_told_ahead),
        T(told_to_it_reads_what_looks_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
