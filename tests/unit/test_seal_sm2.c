/*
 * The second signature, SM2 with SM3: against the standards' published examples, and against forgers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "reports/encoding.h"
#include "reports/manifest_read.h"
#include "reports/sealcheck.h"
#include "reports/verifier.h"
#include "tests/support/package_fixture.h"
#include "tests/support/zip_forge.h"

/* ---- the published examples ---- */

static void expect_sm3(const char *text, size_t size, const char *hex)
{
    uint8_t digest[32], expected[32];
    assert_true(encoding_unhex(hex, 64, expected, sizeof expected));
    assert_int_equal(EVP_Digest(text, size, digest, NULL, EVP_sm3(), NULL), 1);
    assert_memory_equal(digest, expected, sizeof digest);
}

/* GB/T 32905-2016, annex A */
static void sm3_gives_the_standards_digests(void **state)
{
    (void)state;
    char text[65];
    for (size_t i = 0; i < 64; i++)
        text[i] = (char)('a' + i % 4);
    expect_sm3("abc", 3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    expect_sm3(text, 64, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

/* GB/T 32918.5-2017, annex A.2: the public key, and (r, s) of "message digest" by ALICE's id 1234567812345678. */
static const char example_key[] = "04"
                                  "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                                  "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
static const char example_signature[] = "3046"
                                        "022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                                        "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

static EVP_PKEY *public_key(const char *hex)
{
    uint8_t point[65];
    char group[] = "SM2";
    EVP_PKEY *key = NULL;
    assert_true(encoding_unhex(hex, strlen(hex), point, sizeof point));
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static void the_standards_signature_verifies(void **state)
{
    (void)state;
    static const char message[] = "message digest";
    uint8_t signature[72];
    struct err err;
    EVP_PKEY *key = public_key(example_key);
    size_t length = sizeof signature;
    assert_true(encoding_unhex(example_signature, 2 * length, signature, length));
    if (sealcheck_raw(key, (const uint8_t *)message, strlen(message), signature, length, &err) != 0)
        fail_msg("%s", err.text);
    signature[length - 1] ^= 1;
    assert_int_equal(sealcheck_raw(key, (const uint8_t *)message, strlen(message), signature, length, &err), -1);
    EVP_PKEY_free(key);
}

/* ---- packages ---- */

struct bench {
    struct package_fixture f;
    struct keys_pair authority, between, pair; /* SM2: authority → between → pair */
    X509_STORE *trust;
    struct verifier v;
};

static const char *folder(void)
{
    return getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
}

/* A file with the station's certificate and that of the authority between. */
static void join_certificates(const struct bench *b, char path[KEYS_PATH_MAX])
{
    snprintf(path, KEYS_PATH_MAX, "%s/chain.pem", folder());
    FILE *out = fopen(path, "w");
    const char *const files[] = {b->pair.cert_file, b->between.cert_file};
    for (size_t i = 0; i < 2; i++) {
        char line[256];
        FILE *in = fopen(files[i], "r");
        while (fgets(line, sizeof line, in))
            fputs(line, out);
        fclose(in);
    }
    fclose(out);
}

static X509_STORE *trust_of(const struct bench *b, bool with_sm2)
{
    struct err err;
    X509_STORE *trust = sealcheck_trust(b->f.ca.cert_file, &err);
    X509_STORE *sm2 = sealcheck_trust(b->authority.cert_file, &err);
    assert_true(trust && sm2);
    if (with_sm2)
        X509_STORE_add_cert(trust, b->authority.cert);
    X509_STORE_free(sm2);
    return trust;
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    char chain[KEYS_PATH_MAX];
    struct err err;
    package_fixture_open(&b->f, folder(), true);
    keys_make(&b->authority, folder(),
              &(struct keys_request){.name = "sm2-ca", .subject = "SM2 authority", .curve = "SM2", .from_ms = 1});
    keys_make(&b->between, folder(),
              &(struct keys_request){.name = "sm2-between",
                                     .subject = "SM2 issuer",
                                     .by = &b->authority,
                                     .authority = true,
                                     .curve = "SM2",
                                     .from_ms = 1});
    keys_make(&b->pair, folder(),
              &(struct keys_request){
                  .name = "sm2-seal", .subject = "652301-0007", .by = &b->between, .curve = "SM2", .from_ms = 1});
    join_certificates(b, chain);
    if (seal_open_sm2(&b->f.second_seal, b->pair.key_file, chain, &err) != 0)
        fail_msg("%s", err.text);
    b->trust = trust_of(b, true);
    package_fixture_fill(&b->f);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    X509_STORE_free(b->trust);
    keys_free(&b->pair);
    keys_free(&b->between);
    keys_free(&b->authority);
    package_fixture_close(&b->f);
    free(b);
    return 0;
}

static void run(struct bench *b, const uint8_t *bytes, size_t size)
{
    struct verifier_options options = {.trust = b->trust};
    verifier_run(&b->v, bytes, size, &options);
}

static const struct verifier_finding *find(const struct verifier *v, enum verifier_result result)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->findings[i].check, "sm2") == 0 && v->findings[i].result == result)
            return &v->findings[i];
    return NULL;
}

static void expect_fail(const struct bench *b, const char *entry, const char *words)
{
    const struct verifier_finding *f = find(&b->v, VERIFIER_FAIL);
    if (b->v.ok || !f || strcmp(f->entry, entry) != 0 || !strstr(f->en, words))
        fail_msg("no failure about %s with '%s', but: %s", entry, words, f ? f->en : "none");
}

static void a_package_carries_it_and_verifies(void **state)
{
    struct bench *b = *state;
    uint8_t *bytes;
    size_t size;
    package_fixture_seal(&b->f, &bytes, &size);
    run(b, bytes, size);
    assert_true(b->v.ok);
    const struct verifier_finding *f = find(&b->v, VERIFIER_OK);
    assert_non_null(f);
    assert_non_null(strstr(f->en, "CN=652301-0007"));
    free(bytes);
}

static void an_unknown_authority_is_a_note(void **state)
{
    struct bench *b = *state;
    uint8_t *bytes;
    size_t size;
    X509_STORE_free(b->trust);
    b->trust = trust_of(b, false);
    package_fixture_seal(&b->f, &bytes, &size);
    run(b, bytes, size);
    assert_true(b->v.ok);
    assert_null(find(&b->v, VERIFIER_OK));
    assert_non_null(find(&b->v, VERIFIER_NOTE));
    free(bytes);
}

static void every_entry_is_listed_with_both_digests(void **state)
{
    struct bench *b = *state;
    static struct container c;
    static struct manifest_read m;
    struct err err;
    uint8_t *bytes, digest[32];
    size_t size, listed[MANIFEST_ALGORITHM_COUNT] = {0};
    package_fixture_seal(&b->f, &bytes, &size);
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    const struct container_entry *manifest = container_find(&c, "META-INF/ASiCManifest001.xml");
    assert_int_equal(manifest_read(&m, (const char *)manifest->data, manifest->size, &err), 0);
    for (size_t i = 0; i < m.count; i++) {
        const struct container_entry *e = container_find(&c, m.references[i].name);
        const EVP_MD *md = m.references[i].algorithm == MANIFEST_SM3 ? EVP_sm3() : EVP_sha256();
        assert_non_null(e);
        assert_int_equal(EVP_Digest(e->data, e->size, digest, NULL, md, NULL), 1);
        assert_memory_equal(digest, m.references[i].digest, sizeof digest);
        listed[m.references[i].algorithm]++;
    }
    assert_int_equal(listed[MANIFEST_SHA256], b->f.files_count + 1); /* the SM2 certificate */
    assert_int_equal(listed[MANIFEST_SM3], listed[MANIFEST_SHA256]);
    free(bytes);
}

/* The package with entry `name` replaced by these bytes, or left out (NULL). */
static void forge(struct bench *b, const struct container *c, const char *name, const void *data, size_t size)
{
    struct zip_forge_file files[CONTAINER_ENTRIES_MAX];
    uint8_t *bytes;
    size_t count = 0, again;
    for (size_t i = 0; i < c->count; i++) {
        const struct container_entry *e = &c->entries[i];
        bool this = strcmp(e->name, name) == 0;
        if (!this || data)
            files[count++] =
                (struct zip_forge_file){e->name, this ? data : e->data, this ? size : e->size, ZIP_CM_STORE, 0};
    }
    zip_forge(files, count, NULL, &bytes, &again);
    run(b, bytes, again);
    free(bytes);
}

static size_t sign(EVP_PKEY *key, const char *id, const struct container_entry *manifest, uint8_t out[128])
{
    size_t length = 128;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    assert_true(!id || EVP_PKEY_CTX_set1_id(ctx, id, (int)strlen(id)) == 1);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, out, &length, manifest->data, manifest->size), 1);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    return length;
}

static void other_ids_and_other_keys_do_not_pass(void **state)
{
    struct bench *b = *state;
    static struct container c;
    static const char name[] = "META-INF/signature002.sm2";
    struct err err;
    uint8_t *bytes, signature[128];
    size_t size;
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    package_fixture_seal(&b->f, &bytes, &size);
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    const struct container_entry *manifest = container_find(&c, "META-INF/ASiCManifest001.xml");
    forge(b, &c, name, signature, sign(b->pair.key, "1234567812345678", manifest, signature));
    assert_true(b->v.ok); /* the tools of the forgeries can make a good one */
    forge(b, &c, name, signature, sign(b->pair.key, "1234567812345679", manifest, signature));
    expect_fail(b, name, "not genuine");
    forge(b, &c, name, signature, sign(b->pair.key, NULL, manifest, signature));
    expect_fail(b, name, "not genuine");
    forge(b, &c, name, signature, sign(other, "1234567812345678", manifest, signature));
    expect_fail(b, name, "not genuine");
    forge(b, &c, name, signature, 0);
    expect_fail(b, name, "not genuine");
    EVP_PKEY_free(other);
    free(bytes);
}

static void no_byte_of_it_can_change(void **state)
{
    struct bench *b = *state;
    static struct container c;
    static const char name[] = "META-INF/signature002.sm2";
    struct err err;
    uint8_t *bytes, changed[128];
    size_t size;
    package_fixture_seal(&b->f, &bytes, &size);
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    const struct container_entry *e = container_find(&c, name);
    for (size_t i = 0; i <= e->size; i++) {
        memcpy(changed, e->data, e->size);
        changed[e->size] = 0;
        if (i < e->size)
            changed[i] ^= 0x01;
        forge(b, &c, name, changed, i < e->size ? e->size : e->size + 1); /* the last one: a byte more */
        expect_fail(b, name, "not genuine");
    }
    free(bytes);
}

static void it_cannot_be_taken_away(void **state)
{
    struct bench *b = *state;
    static struct container c;
    struct err err;
    uint8_t *bytes;
    size_t size;
    package_fixture_seal(&b->f, &bytes, &size);
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    forge(b, &c, "META-INF/signature002.sm2", NULL, 0);
    expect_fail(b, "", "missing"); /* there is no such entry to point at */
    forge(b, &c, "META-INF/signature002.sm2.pem", NULL, 0);
    assert_false(b->v.ok);
    free(bytes);
}

/* Without SM3 digests the SM2 signature would stand on SHA-256. */
static void a_list_without_sm3_is_not_enough(void **state)
{
    struct bench *b = *state;
    static struct container c;
    struct zip_forge_file files[CONTAINER_ENTRIES_MAX];
    struct err err;
    uint8_t *bytes, *again, *pem, signature[128];
    size_t size, again_size, pem_size;
    struct seal *second = b->f.second_seal;
    assert_int_equal(seal_certificates(second, &pem, &pem_size, &err), 0);
    package_fixture_put(&b->f, "META-INF/signature002.sm2.pem", pem, pem_size);
    b->f.second_seal = NULL;
    package_fixture_seal(&b->f, &bytes, &size);
    b->f.second_seal = second;
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    for (size_t i = 0; i < c.count; i++)
        files[i] = (struct zip_forge_file){c.entries[i].name, c.entries[i].data, c.entries[i].size, ZIP_CM_STORE, 0};
    const struct container_entry *manifest = container_find(&c, "META-INF/ASiCManifest001.xml");
    size_t length = sign(b->pair.key, "1234567812345678", manifest, signature);
    files[c.count] = (struct zip_forge_file){"META-INF/signature002.sm2", signature, length, ZIP_CM_STORE, 0};
    zip_forge(files, c.count + 1, NULL, &again, &again_size);
    run(b, again, again_size);
    expect_fail(b, c.entries[1].name, "no SM3 digest");
    free(again);
    free(bytes);
    free(pem);
}

/* ---- keys ---- */

static void expect_refusal(const char *key, const char *cert, const char *words)
{
    struct err err = {0};
    struct seal *seal = NULL;
    assert_int_equal(seal_open_sm2(&seal, key, cert, &err), -1);
    assert_null(seal);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void each_kind_of_key_has_its_place(void **state)
{
    struct bench *b = *state;
    struct err err;
    struct seal *seal;
    expect_refusal(b->f.station.key_file, b->f.station.cert_file, "-algorithm SM2");
    expect_refusal(b->pair.key_file, b->f.station.cert_file, "two of one pair");
    assert_int_equal(seal_open(&seal, b->pair.key_file, b->pair.cert_file, &err), -1);
    assert_non_null(strstr(err.text, "P-256"));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm3_gives_the_standards_digests),
        cmocka_unit_test(the_standards_signature_verifies),
        T(a_package_carries_it_and_verifies),
        T(an_unknown_authority_is_a_note),
        T(every_entry_is_listed_with_both_digests),
        T(other_ids_and_other_keys_do_not_pass),
        T(no_byte_of_it_can_change),
        T(it_cannot_be_taken_away),
        T(a_list_without_sm3_is_not_enough),
        T(each_kind_of_key_has_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
