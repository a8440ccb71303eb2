/*
 * Sealing: what a package of a failed test with three photos and a minute of samples costs, beside what its digests and
 * signatures alone cost in the same run. The page for people (report.pdf) is drawn, not sealed: it has its own figure.
 * Each case is compared with what was measured right after it, since other work slows the machine for a while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "reports/file.h"
#include "reports/sha256.h"
#include "reports/slip.h"
#include "station/sealing.h"
#include "tests/bench/figure.h"
#include "tests/support/case_fixture.h"

enum { CASES = 31, PHOTOS = 3, PHOTO_SIZE = 400000, SPEED_ROUNDS = 2000 };

static int missed;

static void must(int result, const struct err *err)
{
    if (result != 0)
        fail_msg("%s", err->text);
}

struct station {
    char folder[300];
    struct package_fixture f;
    struct keys_pair sm2;
    struct store *store;
    struct queue *queue;
    struct sealing sealing;
};

/* Bytes that no two photos share, so that each is an object of its own. */
static void put_photos(struct package_fixture *f, unsigned number)
{
    static uint8_t photo[PHOTO_SIZE];
    uint32_t random = number * 2654435761U + 1;
    for (unsigned i = 0; i < PHOTOS; i++) {
        char name[32];
        for (size_t n = 0; n < sizeof photo; n++) {
            random = random * 1664525U + 1013904223U;
            photo[n] = (uint8_t)(random >> 24);
        }
        snprintf(name, sizeof name, "photos/%u.jpg", i + 1);
        package_fixture_put(f, name, photo, sizeof photo)->of_record = true;
    }
}

static void open_station(struct station *s, const char *name, bool second)
{
    struct err err;
    char packages[400];
    struct store *owner;
    snprintf(s->folder, sizeof s->folder, "%s", figure_folder(name));
    snprintf(packages, sizeof packages, "%s/packages", s->folder);
    package_fixture_open_test(&s->f, s->folder, 1.9);
    must(store_open(&owner, s->folder, "652301-0007", STORE_OWNER, &err), &err);
    for (unsigned i = 1; i <= CASES; i++) {
        put_photos(&s->f, i);
        case_fixture_add(owner, &s->f, i);
    }
    store_close(owner);
    must(store_open(&s->store, s->folder, "652301-0007", STORE_DELIVERY, &err), &err);
    must(queue_open(&s->queue, store_database(s->store), &err), &err);
    mkdir(packages, 0700);
    keys_make(
        &s->sm2, s->folder,
        &(struct keys_request){.name = "sm2", .subject = "652301-0007", .by = &s->f.ca, .curve = "SM2", .from_ms = 1});
    if (second)
        must(seal_open_sm2(&s->f.second_seal, s->sm2.key_file, s->sm2.cert_file, &err), &err);
    s->sealing = (struct sealing){.store = s->store,
                                  .queue = s->queue,
                                  .folder = s->folder,
                                  .seals = {s->f.seal, s->f.second_seal},
                                  .seals_count = second ? 2 : 1};
    must(sealing_init(&s->sealing, &err), &err);
}

static void close_station(struct station *s)
{
    queue_close(s->queue);
    store_close(s->store);
    keys_free(&s->sm2);
    package_fixture_close(&s->f);
}

static double draw_page(struct package_fixture *f)
{
    const struct fixture_file *record = package_fixture_file(f, "record.json");
    const struct fixture_file *readings = package_fixture_file(f, "readings.csv");
    struct err err;
    uint8_t *pdf = NULL;
    size_t size;
    assert_true(record && readings);
    const struct slip_report report = {.record = record->data,
                                       .record_length = record->size,
                                       .readings = readings->data,
                                       .readings_length = readings->size};
    double start = figure_cpu();
    must(slip_report_make(&report, &pdf, &size, &err), &err);
    double took = figure_cpu() - start;
    free(pdf);
    return took;
}

/* The digests of what goes in (SM3, too, where it is wanted) and of the package; the signatures over a manifest and a
 * checkpoint. */
static double hash_and_sign(const struct station *s, const uint8_t *package, size_t size)
{
    struct err err;
    uint8_t digest[32], raw[SEAL_RAW_MAX], *signature = NULL;
    size_t length;
    char hex[SHA256_HEX_SIZE];
    double start = figure_cpu();
    sha256_hex(package, size, hex); /* the files in it … */
    sha256_hex(package, size, hex); /* … and the whole */
    if (s->f.second_seal)
        EVP_Digest(package, size, digest, NULL, EVP_sm3(), NULL);
    must(seal_sign_raw(s->f.seal, hex, sizeof hex, raw, &length, &err), &err);
    for (size_t i = 0; i < s->sealing.seals_count; i++) {
        must(seal_sign(s->sealing.seals[i], package, 4096, s->f.now_ms, &signature, &length, &err), &err);
        free(signature);
    }
    return figure_cpu() - start;
}

/* The same bytes, safe on the disk: no seal is kept for less. */
static double write_anew(const struct station *s, const char *bytes, size_t size)
{
    struct err err;
    char path[400];
    snprintf(path, sizeof path, "%s/packages/again", s->folder);
    double start = figure_cpu();
    must(file_write(path, bytes, size, 0640, &err), &err);
    return figure_cpu() - start;
}

static void seal_all(const char *what, const char *folder, bool second)
{
    static struct station s;
    double sealed[CASES], alone[CASES], drawn[CASES], shares[CASES];
    char text[120];
    struct err err;
    s = (struct station){0};
    open_station(&s, folder, second);
    for (int i = 0; i < CASES; i++) {
        struct store_case c = {.seq = i + 1};
        struct queue_package made;
        char path[900], *bytes = NULL;
        size_t size = 0;
        snprintf(c.id, sizeof c.id, "652301-0007-C%06d", i + 1);
        snprintf(c.subject, sizeof c.subject, "652301-0007-T%06d", i + 1);
        double start = figure_cpu();
        must(sealing_case(&s.sealing, &c, s.f.now_ms, &made, &err), &err);
        double took = figure_cpu() - start;
        snprintf(path, sizeof path, "%s/%s", s.folder, made.path);
        must(file_read(path, 64 << 20, &bytes, &size, &err), &err);
        alone[i] = hash_and_sign(&s, (const uint8_t *)bytes, size);
        drawn[i] = draw_page(&s.f);
        sealed[i] = took - drawn[i];
        shares[i] = sealed[i] / (alone[i] + write_anew(&s, bytes, size));
        free(bytes);
        if (i == 0)
            printf("%s: the package has %zu bytes\n", what, size);
    }
    double page = figure_median(drawn, CASES), base = figure_median(alone, CASES);
    double seal = figure_median(sealed, CASES);
    snprintf(text, sizeof text, "%s: all but the page for people", what);
    figure_print(text, 1000 * seal, "ms", "its digests and signatures alone", 1000 * base);
    missed |= figure_bound(text, 1000 * seal, "ms", 25, 0);
    snprintf(text, sizeof text, "%s: beside digests, signatures, writing", what);
    missed |= figure_bound(text, figure_median(shares, CASES), "x", 1.5, 0);
    snprintf(text, sizeof text, "%s: the page for people", what);
    figure_print(text, 1000 * page, "ms", "its digests and signatures alone", 1000 * base);
    close_station(&s);
}

/* What this machine can do of each, as `openssl speed` would say it. */
static void speeds(void)
{
    static struct station s;
    static uint8_t block[1 << 20];
    uint8_t raw[SEAL_RAW_MAX], digest[32];
    size_t length;
    struct err err;
    open_station(&s, "seal-speed", true);
    const struct seal *const seals[] = {s.f.seal, s.f.second_seal};
    for (int i = 0; i < 2; i++) {
        double start = figure_cpu();
        for (int n = 0; n < SPEED_ROUNDS; n++)
            must(seal_sign_raw(seals[i], block, 256, raw, &length, &err), &err);
        printf("%s signatures: %.0f /s\n", i == 0 ? "ECDSA P-256" : "SM2", SPEED_ROUNDS / (figure_cpu() - start));
    }
    const EVP_MD *const digests[] = {EVP_sha256(), EVP_sm3()};
    for (int i = 0; i < 2; i++) {
        double start = figure_cpu();
        for (int n = 0; n < 64; n++)
            EVP_Digest(block, sizeof block, digest, NULL, digests[i], NULL);
        printf("%s: %.0f MiB/s\n", i == 0 ? "SHA-256" : "SM3", 64 / (figure_cpu() - start));
    }
    close_station(&s);
}

int main(void)
{
    speeds();
    seal_all("seal: ECDSA", "seal", false);
    seal_all("seal: ECDSA and SM2", "seal-sm2", true);
    return missed;
}
