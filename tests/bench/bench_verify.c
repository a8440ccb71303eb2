/*
 * What it costs to verify one package as smogverify does: three photos of 400 KB, a whole test with its samples. Beside
 * it, in the same run and over the same bytes, what no verifier can do without: one SHA-256 over the file, and the two
 * signatures (CMS with its chain, checkpoint) checked by OpenSSL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sealcheck.h"
#include "reports/sha256.h"
#include "reports/verifier.h"
#include "tests/bench/figure.h"
#include "tests/support/package_fixture.h"

enum { ROUNDS = 21, PHOTOS = 3, PHOTO_SIZE = 400 * 1000 };

struct work {
    struct package_fixture f;
    X509_STORE *trust;
    uint8_t *bytes;
    size_t size;
    struct container container;
    struct verifier v;
};

/* Bytes that do not repeat, as those of a picture. */
static void add_photos(struct package_fixture *f)
{
    uint8_t *photo = malloc(PHOTO_SIZE);
    uint32_t x = 1;
    for (int i = 0; photo && i < PHOTOS; i++) {
        char name[FIXTURE_NAME_MAX];
        for (size_t k = 0; k < PHOTO_SIZE; k++) {
            x = x * 1664525 + 1013904223;
            photo[k] = (uint8_t)(x >> 24);
        }
        snprintf(name, sizeof name, "photos/%02d.jpg", i + 1);
        package_fixture_put(f, name, photo, PHOTO_SIZE)->of_record = true;
    }
    free(photo);
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_verify: %s\n", what);
    exit(1);
}

static void open_work(struct work *w)
{
    struct err err;
    package_fixture_open_test(&w->f, figure_folder("verify"), 1.9);
    add_photos(&w->f);
    package_fixture_fill(&w->f);
    package_fixture_seal(&w->f, &w->bytes, &w->size);
    w->trust = sealcheck_trust(w->f.ca.cert_file, &err);
    if (!w->trust || container_read(&w->container, w->bytes, w->size, &err))
        fail(err.text);
}

static void verify(struct work *w)
{
    struct verifier_options options = {.trust = w->trust};
    verifier_run(&w->v, w->bytes, w->size, &options);
    if (!w->v.ok || w->v.open)
        fail(verifier_first(&w->v, VERIFIER_FAIL) ? verifier_first(&w->v, VERIFIER_FAIL)->en : "not verified");
}

static void signatures(struct work *w)
{
    struct sealcheck seal;
    struct checkpoint_read c;
    struct err err;
    const struct container_entry *list = container_find(&w->container, "META-INF/ASiCManifest001.xml");
    const struct container_entry *p7s = container_find(&w->container, "META-INF/signature001.p7s");
    if (sealcheck_open(&seal, p7s->data, p7s->size, &err) || sealcheck_signature(&seal, list->data, list->size, &err) ||
        sealcheck_chain(&seal, list->data, list->size, w->trust, &err) ||
        checkpoint_read(&c, w->v.checkpoint, strlen(w->v.checkpoint), &err) ||
        checkpoint_verify(&c, w->v.checkpoint, X509_get0_pubkey(seal.signer), &err))
        fail(err.text);
    sealcheck_close(&seal);
}

static void hash_and_signatures(struct work *w)
{
    char digest[65];
    sha256_hex(w->bytes, w->size, digest);
    signatures(w);
}

/* Milliseconds of processor, the median. */
static double measure(struct work *w, void (*once)(struct work *w))
{
    double values[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double from = figure_cpu();
        once(w);
        values[i] = (figure_cpu() - from) * 1000;
    }
    return figure_median(values, ROUNDS);
}

int main(void)
{
    static struct work w;
    char what[160];
    open_work(&w);
    verify(&w);
    double floor_ms = measure(&w, hash_and_signatures), whole_ms = measure(&w, verify);
    const struct fixture_file *readings = package_fixture_file(&w.f, "readings.csv");
    size_t lines = 0;
    for (size_t i = 0; i < readings->size; i++)
        lines += readings->data[i] == '\n';
    snprintf(what, sizeof what, "verify: a package of %zu KB, %zu readings", w.size / 1000, lines - 1);
    figure_print(what, whole_ms, "ms", "SHA-256 of the file and OpenSSL's check of its two signatures", floor_ms);
    int missed = figure_bound("verify: one package", whole_ms, "ms", 30, 0);
    X509_STORE_free(w.trust);
    free(w.bytes);
    package_fixture_close(&w.f);
    return missed;
}
