/*
 * Sealing against the strict readers that a receiver uses: what is built is read, complete, signed by the station.
 * tests/e2e/package_stock_tools.sh checks the same with unzip, sha256sum and openssl.
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
#include <sys/stat.h>

#include <openssl/pem.h>

#include "reports/container.h"
#include "reports/manifest.h"
#include "reports/manifest_read.h"
#include "reports/package.h"
#include "reports/seal.h"
#include "reports/sealcheck.h"
#include "reports/sha256.h"
#include "tests/support/keys.h"

static const int64_t DAY_MS = 86400000;

struct fixture {
    const char *folder;
    struct keys_pair ca, station;
    struct seal *seal;
    int64_t now_ms;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err;
    f->folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    f->now_ms = 1767225600000; /* 2026-01-01T00:00:00Z */
    int64_t from = f->now_ms - DAY_MS, until = f->now_ms + DAY_MS;
    keys_make(&f->ca, f->folder,
              &(struct keys_request){.name = "ca", .subject = "test authority", .from_ms = from, .until_ms = until});
    keys_make(&f->station, f->folder,
              &(struct keys_request){
                  .name = "seal", .subject = "652301-0007", .by = &f->ca, .from_ms = from, .until_ms = until});
    assert_int_equal(seal_open(&f->seal, f->station.key_file, f->station.cert_file, &err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    seal_close(f->seal);
    keys_free(&f->station);
    keys_free(&f->ca);
    free(f);
    return 0;
}

static struct package_entry entry(const char *name, const char *text)
{
    struct package_entry e = {.name = name, .data = text, .size = strlen(text)};
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, text, e.size);
    sha256_finish(&h, e.sha256);
    return e;
}

static int build(const struct fixture *f, const struct package_entry *entries, size_t count, uint8_t **out,
                 size_t *size, struct err *err)
{
    const struct seal *const seals[] = {f->seal};
    return package_build(entries, count, seals, 1, f->now_ms, out, size, err);
}

static void is_read_by_the_strict_reader(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    static struct container c;
    const struct package_entry entries[] = {entry("record.json", "{}"), entry("wire/smoke.rec", "0 > 00\n"),
                                            entry("photos/empty.jpg", "")};
    static const char *const order[] = {"mimetype",
                                        "record.json",
                                        "wire/smoke.rec",
                                        "photos/empty.jpg",
                                        "META-INF/ASiCManifest001.xml",
                                        "META-INF/signature001.p7s"};
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(build(f, entries, 3, &bytes, &size, &err), 0);
    if (container_read(&c, bytes, size, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(c.count, 6);
    for (size_t i = 0; i < c.count; i++)
        assert_string_equal(c.entries[i].name, order[i]);
    assert_memory_equal(c.entries[0].data, PACKAGE_MEDIA_TYPE, strlen(PACKAGE_MEDIA_TYPE));
    assert_int_equal(c.entries[0].data - bytes, 38); /* what `file` looks for: media type at byte 38 */
    assert_memory_equal(container_find(&c, "wire/smoke.rec")->data, "0 > 00\n", 7);
    free(bytes);
}

static void manifest_lists_every_entry(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    static struct container c;
    static struct manifest_read m;
    const struct package_entry entries[] = {entry("record.json", "{}"), entry("report.pdf", "x")};
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(build(f, entries, 2, &bytes, &size, &err), 0);
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    const struct container_entry *manifest = container_find(&c, "META-INF/ASiCManifest001.xml");
    if (manifest_read(&m, (const char *)manifest->data, manifest->size, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(m.signature, "META-INF/signature001.p7s");
    assert_int_equal(m.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(m.references[i].name, entries[i].name);
        assert_memory_equal(m.references[i].digest, entries[i].sha256, 32);
    }
    free(bytes);
}

static void signature_is_the_stations(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct sealcheck check;
    static const char text[] = "<manifest/>";
    uint8_t *p7s = NULL;
    size_t size = 0;
    int named = 0;
    assert_int_equal(seal_sign(f->seal, text, strlen(text), f->now_ms, &p7s, &size, &err), 0);
    if (sealcheck_open(&check, p7s, size, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(check.signed_at, f->now_ms / 1000);
    X509_STORE *trust = sealcheck_trust(f->ca.cert_file, &err);
    assert_non_null(trust);
    if (sealcheck_signature(&check, (const uint8_t *)text, strlen(text), &err) != 0 ||
        sealcheck_chain(&check, (const uint8_t *)text, strlen(text), trust, &err) != 0 ||
        sealcheck_role(&check, "652301-0007", trust, &named, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(named, 1);
    sealcheck_close(&check);
    X509_STORE_free(trust);
    free(p7s);
}

static void same_input_same_bytes_up_to_the_signature(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    static struct container a;
    const struct package_entry entries[] = {entry("record.json", "{}")};
    uint8_t *first = NULL, *second = NULL;
    size_t first_size = 0, second_size = 0;
    setenv("TZ", "Asia/Shanghai", 1);
    assert_int_equal(build(f, entries, 1, &first, &first_size, &err), 0);
    setenv("TZ", "America/New_York", 1);
    assert_int_equal(build(f, entries, 1, &second, &second_size, &err), 0);
    unsetenv("TZ");
    assert_int_equal(container_read(&a, first, first_size, &err), 0);
    size_t until = container_find(&a, "META-INF/signature001.p7s")->header_at;
    assert_true(until > 0 && until < second_size);
    assert_memory_equal(first, second, until);
    free(first);
    free(second);
}

static void refuses_names_that_no_reader_takes(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"../record.json", "/etc/passwd", "a b", "photos/\xE8\xBD\xA6.jpg", "",
                                        "a//b",           ".hidden"};
    uint8_t *bytes = NULL;
    size_t size = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct err err = {0};
        const struct package_entry entries[] = {entry(names[i], "x")};
        assert_int_equal(build(f, entries, 1, &bytes, &size, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    struct err err = {0};
    const struct package_entry twice[] = {entry("photos/A.jpg", "x"), entry("photos/a.jpg", "y")};
    assert_int_equal(build(f, twice, 2, &bytes, &size, &err), -1);
    assert_non_null(strstr(err.text, "photos/a.jpg"));
}

static void refuses_too_much_for_one_package(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct package_entry entries[2] = {entry("a.jpg", "x"), entry("b.jpg", "x")};
    uint8_t *bytes = NULL;
    size_t size = 0;
    entries[0].size = entries[1].size = CONTAINER_SIZE_MAX / 2 + 1; /* refused before a byte is read */
    assert_int_equal(build(f, entries, 2, &bytes, &size, &err), -1);
    assert_non_null(strstr(err.text, "64 MiB"));
}

/* ---- keys ---- */

static void expect_refusal(const char *key_file, const char *cert_file, const char *words)
{
    struct err err = {0};
    struct seal *seal = NULL;
    assert_int_equal(seal_open(&seal, key_file, cert_file, &err), -1);
    assert_null(seal);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void refuses_a_key_that_others_can_read(void **state)
{
    struct fixture *f = *state;
    static const mode_t modes[] = {0640, 0604, 0660, 0602};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(f->station.key_file, modes[i]), 0);
        expect_refusal(f->station.key_file, f->station.cert_file, "chmod 600");
    }
    assert_int_equal(chmod(f->station.key_file, 0600), 0);
}

static void refuses_keys_that_cannot_seal(void **state)
{
    struct fixture *f = *state;
    struct keys_pair curve, usage;
    keys_make(&curve, f->folder,
              &(struct keys_request){.name = "p384", .subject = "x", .by = &f->ca, .curve = "P-384"});
    keys_make(&usage, f->folder,
              &(struct keys_request){.name = "usage", .subject = "x", .by = &f->ca, .usage = "keyAgreement"});
    expect_refusal(curve.key_file, curve.cert_file, "P-256");
    expect_refusal(usage.key_file, usage.cert_file, "key usage");
    expect_refusal(f->station.key_file, f->ca.cert_file, "two of one pair");
    expect_refusal(f->station.cert_file, f->station.cert_file, "chmod 600");
    expect_refusal("/nonexistent/seal.key", f->station.cert_file, "cannot be read");
    expect_refusal(f->station.key_file, "/nonexistent/seal.pem", "cannot be read");
    expect_refusal(f->station.key_file, f->station.key_file, "no PEM certificate");
    keys_free(&curve);
    keys_free(&usage);
}

static void refuses_a_key_with_a_passphrase(void **state)
{
    struct fixture *f = *state;
    char path[512];
    snprintf(path, sizeof path, "%s/locked.key", f->folder);
    FILE *out = fopen(path, "w");
    assert_int_equal(
        PEM_write_PrivateKey(out, f->station.key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL),
        1);
    fclose(out);
    assert_int_equal(chmod(path, 0600), 0);
    expect_refusal(path, f->station.cert_file, "passphrase");
}

static void does_not_seal_outside_the_certificates_time(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    uint8_t *p7s = NULL;
    size_t size = 0;
    assert_int_equal(seal_sign(f->seal, "x", 1, f->now_ms + 2 * DAY_MS, &p7s, &size, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "expired"));
    assert_int_equal(seal_sign(f->seal, "x", 1, f->now_ms - 2 * DAY_MS, &p7s, &size, &err), -1);
    assert_non_null(strstr(err.text, "not valid yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_by_the_strict_reader),
        cmocka_unit_test(manifest_lists_every_entry),
        cmocka_unit_test(signature_is_the_stations),
        cmocka_unit_test(same_input_same_bytes_up_to_the_signature),
        cmocka_unit_test(refuses_names_that_no_reader_takes),
        cmocka_unit_test(refuses_too_much_for_one_package),
        cmocka_unit_test(refuses_a_key_that_others_can_read),
        cmocka_unit_test(refuses_keys_that_cannot_seal),
        cmocka_unit_test(refuses_a_key_with_a_passphrase),
        cmocka_unit_test(does_not_seal_outside_the_certificates_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
