/* Lists of revoked certificates: what they make of a package depends on when it was signed, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "reports/revocation.h"
#include "tests/support/verify_rig.h"

enum { DAY_S = 86400 };

static int setup(void **state)
{
    struct verify_rig *r = verify_rig_open();
    package_fixture_fill(&r->f);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct verify_rig *r = *state;
    sk_X509_CRL_pop_free(r->revoked, X509_CRL_free);
    verify_rig_close(r);
    return 0;
}

struct entry {
    X509 *certificate; /* NULL: the list is empty */
    int days;          /* after the signing */
    int reason;
    int invalid_days; /* invalidityDate; 0: none */
};

static ASN1_TIME *at(const struct verify_rig *r, int days)
{
    return ASN1_TIME_set(NULL, (time_t)(r->f.now_ms / 1000 + (int64_t)days * DAY_S));
}

static void add_entry(struct verify_rig *r, X509_CRL *list, const struct entry *e)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *when = at(r, e->days);
    ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
    assert_int_equal(X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(e->certificate)), 1);
    assert_int_equal(X509_REVOKED_set_revocationDate(revoked, when), 1);
    ASN1_ENUMERATED_set(reason, e->reason);
    assert_int_equal(X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0), 1);
    if (e->invalid_days) {
        ASN1_GENERALIZEDTIME *since =
            ASN1_GENERALIZEDTIME_set(NULL, (time_t)(r->f.now_ms / 1000 + (int64_t)e->invalid_days * DAY_S));
        assert_int_equal(X509_REVOKED_add1_ext_i2d(revoked, NID_invalidity_date, since, 0, 0), 1);
        ASN1_GENERALIZEDTIME_free(since);
    }
    X509_CRL_add0_revoked(list, revoked);
    ASN1_ENUMERATED_free(reason);
    ASN1_TIME_free(when);
}

/* The list as PEM, read again as smogverify does, and given to the verifier. */
static void give_list(struct verify_rig *r, const struct keys_pair *by, int from_days, int until_days,
                      const struct entry *e)
{
    struct err err;
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *from = at(r, from_days), *until = at(r, until_days);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(by->cert));
    X509_CRL_set1_lastUpdate(list, from);
    X509_CRL_set1_nextUpdate(list, until);
    if (e->certificate)
        add_entry(r, list, e);
    X509_CRL_sort(list);
    assert_true(X509_CRL_sign(list, by->key, EVP_sha256()) > 0);
    PEM_write_bio_X509_CRL(bio, list);
    long length = BIO_get_mem_data(bio, &text);
    sk_X509_CRL_pop_free(r->revoked, X509_CRL_free);
    r->revoked = revocation_lists(text, (size_t)length, &err);
    assert_non_null(r->revoked);
    BIO_free(bio);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_CRL_free(list);
    verify_rig_seal(r);
}

static void expect(struct verify_rig *r, enum verifier_result result, const char *words)
{
    const struct verifier_finding *f = verify_rig_find(r, "revocation", result);
    if (!f || !strstr(f->en, words)) {
        verify_rig_show(r);
        fail_msg("revocation should be %s with '%s'", verifier_result_name(result), words);
    }
    assert_int_equal(r->v.ok, result != VERIFIER_FAIL);
    if (result != VERIFIER_FAIL)
        assert_int_equal(r->v.open, result == VERIFIER_OPEN);
}

static void not_on_the_list(void **state)
{
    struct verify_rig *r = *state;
    give_list(r, &r->f.ca, -1, 30, &(struct entry){.certificate = NULL});
    expect(r, VERIFIER_OK, "had not been withdrawn");
    give_list(r, &r->f.ca, -1, 30, &(struct entry){.certificate = r->f.ca.cert, .days = -5});
    expect(r, VERIFIER_OK, "had not been withdrawn");
}

static void withdrawn_before_it_signed(void **state)
{
    struct verify_rig *r = *state;
    X509 *its = r->f.station.cert;
    give_list(r, &r->f.ca, 10, 30, &(struct entry){its, -1, CRL_REASON_SUPERSEDED, 0});
    expect(r, VERIFIER_FAIL, "had been withdrawn before it signed: CN=652301-0007");
    give_list(r, &r->f.ca, 10, 30, &(struct entry){its, 0, CRL_REASON_SUPERSEDED, 0}); /* the same second */
    expect(r, VERIFIER_FAIL, "had been withdrawn before it signed");
    give_list(r, &r->f.ca, 10, 30, &(struct entry){its, 5, CRL_REASON_KEY_COMPROMISE, -2}); /* known later */
    expect(r, VERIFIER_FAIL, "had been withdrawn before it signed");
}

static void withdrawn_later(void **state)
{
    struct verify_rig *r = *state;
    X509 *its = r->f.station.cert;
    give_list(r, &r->f.ca, 10, 30, &(struct entry){its, 1, CRL_REASON_SUPERSEDED, 0});
    expect(r, VERIFIER_NOTE, "was withdrawn later");
    /* the day of the signature is the signer's word; who has the key may date as he likes */
    give_list(r, &r->f.ca, 10, 30, &(struct entry){its, 1, CRL_REASON_KEY_COMPROMISE, 0});
    expect(r, VERIFIER_OPEN, "in other hands");
}

static void lists_that_say_nothing(void **state)
{
    struct verify_rig *r = *state;
    struct keys_pair other;
    keys_make(&other, verify_rig_folder(), &(struct keys_request){.name = "ca2", .subject = "another authority"});
    give_list(r, &other, -1, 30, &(struct entry){.certificate = NULL});
    expect(r, VERIFIER_OPEN, "none of them is of its authority");
    keys_free(&other);
    /* in the authority's name, by another key */
    keys_make(&other, verify_rig_folder(), &(struct keys_request){.name = "ca3", .subject = "test authority"});
    give_list(r, &other, -1, 30, &(struct entry){.certificate = NULL});
    expect(r, VERIFIER_OPEN, "none of them is of its authority");
    keys_free(&other);
    /* out of force when it was signed */
    give_list(r, &r->f.ca, -40, -10, &(struct entry){.certificate = NULL});
    expect(r, VERIFIER_OPEN, "in force when it signed");
}

static void a_file_that_holds_none(void **state)
{
    struct err err;
    (void)state;
    assert_null(revocation_lists("", 0, &err));
    assert_non_null(strstr(err.text, "no list of revoked certificates"));
    static const char broken[] = "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n";
    assert_null(revocation_lists(broken, sizeof broken - 1, &err));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(not_on_the_list),        T(withdrawn_before_it_signed), T(withdrawn_later),
        T(lists_that_say_nothing), T(a_file_that_holds_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
