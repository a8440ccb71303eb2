/* The station's signature from the receiver's side: whose it is, whether it may seal, and that no bit of it can change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "reports/seal.h"
#include "reports/sealcheck.h"
#include "tests/support/keys.h"

static const int64_t DAY_MS = 86400000, NOW_MS = 1767225600000; /* 2026-01-01T00:00:00Z */
static const char manifest[] = "<manifest/>";
static const char station_id[] = "652301-0007";

struct fixture {
    const char *folder;
    struct keys_pair ca, station;
    X509_STORE *trust;
    uint8_t *p7s;
    size_t size;
};

static void make(const struct fixture *f, struct keys_pair *pair, struct keys_request request)
{
    request.from_ms = request.from_ms ? request.from_ms : NOW_MS - DAY_MS;
    request.until_ms = request.until_ms ? request.until_ms : NOW_MS + DAY_MS;
    keys_make(pair, f->folder, &request);
}

/* A signature by that pair at that time. */
static void sign(const struct keys_pair *pair, uint8_t **p7s, size_t *size)
{
    struct seal *seal;
    struct err err = {0};
    if (seal_open(&seal, pair->key_file, pair->cert_file, &err) ||
        seal_sign(seal, manifest, strlen(manifest), NOW_MS, p7s, size, &err))
        fail_msg("%s", err.text);
    seal_close(seal);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err;
    f->folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    make(f, &f->ca, (struct keys_request){.name = "ca", .subject = "test authority"});
    make(f, &f->station, (struct keys_request){.name = "seal", .subject = station_id, .by = &f->ca});
    f->trust = sealcheck_trust(f->ca.cert_file, &err);
    assert_non_null(f->trust);
    sign(&f->station, &f->p7s, &f->size);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    X509_STORE_free(f->trust);
    keys_free(&f->station);
    keys_free(&f->ca);
    free(f->p7s);
    free(f);
    return 0;
}

/* 0: everything is good. 1 open, 2 signature, 3 chain, 4 role: which step said no. */
static int check(const uint8_t *p7s, size_t size, X509_STORE *trust, int *named, struct err *err)
{
    struct sealcheck s;
    int step = 0;
    if (sealcheck_open(&s, p7s, size, err))
        return 1;
    if (sealcheck_signature(&s, (const uint8_t *)manifest, strlen(manifest), err))
        step = 2;
    else if (sealcheck_chain(&s, (const uint8_t *)manifest, strlen(manifest), trust, err))
        step = 3;
    else if (sealcheck_role(&s, station_id, trust, named, err))
        step = 4;
    sealcheck_close(&s);
    return step;
}

static void the_stations_seal_is_good(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    int named = 0;
    if (check(f->p7s, f->size, f->trust, &named, &err))
        fail_msg("%s", err.text);
    assert_int_equal(named, 1);
    struct sealcheck s;
    assert_int_equal(sealcheck_open(&s, f->p7s, f->size, &err), 0);
    assert_string_equal(s.subject, "CN=652301-0007");
    assert_int_equal(s.signed_at, NOW_MS / 1000);
    sealcheck_close(&s);
}

static void every_bit_counts(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int named;
    uint8_t *copy = malloc(f->size);
    for (size_t i = 0; i < f->size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, f->p7s, f->size);
            copy[i] ^= (uint8_t)(1U << bit);
            if (check(copy, f->size, f->trust, &named, &err) == 0)
                fail_msg("bit %u of byte %zu changed unseen", bit, i);
        }
        assert_int_equal(check(f->p7s, i, f->trust, &named, &err), 1);
    }
    free(copy);
}

static void another_text_is_not_signed(void **state)
{
    struct fixture *f = *state;
    struct err err;
    struct sealcheck s;
    assert_int_equal(sealcheck_open(&s, f->p7s, f->size, &err), 0);
    assert_int_equal(sealcheck_signature(&s, (const uint8_t *)"<manifest />", 12, &err), -1);
    sealcheck_close(&s);
}

/* Signs with a pair made by `request` and expects that step to refuse with those words. */
static void refuse(const struct fixture *f, struct keys_request request, int step, const char *words)
{
    struct keys_pair pair;
    struct err err = {0};
    uint8_t *p7s = NULL;
    size_t size = 0;
    int named = 0;
    make(f, &pair, request);
    sign(&pair, &p7s, &size);
    int got = check(p7s, size, f->trust, &named, &err);
    if (got != step || (words && !strstr(err.text, words)))
        fail_msg("%s: step %d '%s', expected step %d '%s'", request.subject, got, err.text, step, words);
    free(p7s);
    keys_free(&pair);
}

static void strangers_are_refused(void **state)
{
    struct fixture *f = *state;
    struct keys_pair other;
    make(f, &other, (struct keys_request){.name = "other", .subject = "test authority"}); /* same name, other key */
    refuse(f, (struct keys_request){.name = "x", .subject = station_id, .by = &other}, 3, NULL);
    refuse(f, (struct keys_request){.name = "x", .subject = station_id, .usage = "digitalSignature"}, 3, "self");
    keys_free(&other);
}

static void other_roles_are_refused(void **state)
{
    struct fixture *f = *state;
    refuse(f, (struct keys_request){.name = "x", .subject = "652301-0008", .by = &f->ca}, 4, "652301-0008");
    refuse(f,
           (struct keys_request){.name = "x", .subject = station_id, .by = &f->ca, .extended = "clientAuth,serverAuth"},
           4, "TLS");
    refuse(f, (struct keys_request){.name = "x", .subject = station_id, .by = &f->ca, .extended = "emailProtection"}, 0,
           NULL);
    refuse(f, (struct keys_request){.name = "x", .subject = "some station", .by = &f->ca}, 0, NULL);
}

static void certificate_time_is_the_signing_time(void **state)
{
    struct fixture *f = *state;
    /* long expired today, valid when it signed: the fixture's own */
    struct err err;
    int named;
    assert_int_equal(check(f->p7s, f->size, f->trust, &named, &err), 0);
    /* the authority was not yet valid when the station signed */
    struct keys_pair late, station;
    make(f, &late, (struct keys_request){.name = "late", .subject = "late", .from_ms = NOW_MS + DAY_MS / 2});
    make(f, &station, (struct keys_request){.name = "y", .subject = station_id, .by = &late});
    X509_STORE *trust = sealcheck_trust(late.cert_file, &err);
    uint8_t *p7s = NULL;
    size_t size = 0;
    sign(&station, &p7s, &size);
    assert_int_equal(check(p7s, size, trust, &named, &err), 3);
    assert_non_null(strstr(err.text, "not yet valid"));
    free(p7s);
    X509_STORE_free(trust);
    keys_free(&station);
    keys_free(&late);
}

static void a_pinned_certificate_is_its_own_proof(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    int named = 0;
    X509_STORE *trust = sealcheck_trust(f->station.cert_file, &err);
    if (check(f->p7s, f->size, trust, &named, &err))
        fail_msg("%s", err.text);
    X509_STORE_free(trust);
}

/* OpenSSL's own signer takes the clock's time, so its certificates must be valid today. */
struct today {
    struct keys_pair ca, station;
    X509_STORE *trust;
};

/* Builds a CMS with OpenSSL's own defaults and the given extras. */
static void refuse_cms(const struct today *today, STACK_OF(X509) * extra, unsigned flags,
                       const char *unsigned_attribute, int step)
{
    struct err err = {0};
    int named = 0;
    BIO *data = BIO_new_mem_buf(manifest, -1);
    CMS_ContentInfo *cms =
        CMS_sign(today->station.cert, today->station.key, extra, data, CMS_DETACHED | CMS_BINARY | flags);
    assert_non_null(cms);
    if (unsigned_attribute)
        CMS_unsigned_add1_attr_by_txt(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0), unsigned_attribute,
                                      MBSTRING_ASC, "x", 1);
    unsigned char *der = NULL;
    int size = i2d_CMS_ContentInfo(cms, &der);
    assert_true(size > 0);
    int got = check(der, (size_t)size, today->trust, &named, &err);
    if (got != step)
        fail_msg("step %d instead of %d: %s", got, step, err.text);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(data);
}

static void stock_cms_is_read_and_its_excess_refused(void **state)
{
    struct fixture *f = *state;
    struct err err;
    struct today today;
    struct keys_pair other;
    STACK_OF(X509) *extra = sk_X509_new_null();
    keys_make(&today.ca, f->folder, &(struct keys_request){.name = "ca2", .subject = "authority"});
    keys_make(&today.station, f->folder,
              &(struct keys_request){.name = "seal2", .subject = station_id, .by = &today.ca});
    keys_make(&other, f->folder, &(struct keys_request){.name = "other", .subject = "other"});
    today.trust = sealcheck_trust(today.ca.cert_file, &err);
    refuse_cms(&today, NULL, CMS_CADES, NULL, 0);
    refuse_cms(&today, NULL, 0, NULL, 3);              /* no signing certificate attribute: not CAdES */
    refuse_cms(&today, NULL, CMS_CADES, "1.2.3.4", 1); /* unsigned attribute */
    refuse_cms(&today, NULL, CMS_CADES | CMS_USE_KEYID, NULL, 1);
    refuse_cms(&today, NULL, CMS_CADES | CMS_NOCERTS, NULL, 1);
    refuse_cms(&today, NULL, CMS_NOATTR, NULL, 1);
    sk_X509_push(extra, today.ca.cert);
    refuse_cms(&today, extra, CMS_CADES, NULL, 0); /* the issuer beside the signer belongs to the chain */
    sk_X509_push(extra, other.cert);
    refuse_cms(&today, extra, CMS_CADES, NULL, 3); /* a stranger does not */
    sk_X509_free(extra);
    X509_STORE_free(today.trust);
    keys_free(&other);
    keys_free(&today.station);
    keys_free(&today.ca);
}

static void trust_files_are_checked(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    assert_null(sealcheck_trust("/nonexistent/ca.pem", &err));
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_null(sealcheck_trust(f->station.key_file, &err));
    assert_non_null(strstr(err.text, "no trusted certificate"));
    assert_int_equal(err.code, ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stations_seal_is_good),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(another_text_is_not_signed),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(other_roles_are_refused),
        cmocka_unit_test(certificate_time_is_the_signing_time),
        cmocka_unit_test(a_pinned_certificate_is_its_own_proof),
        cmocka_unit_test(stock_cms_is_read_and_its_excess_refused),
        cmocka_unit_test(trust_files_are_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
