/*
 * make_package FOLDER MANY: packages and checkpoints of one station for the end-to-end tests of the receiving side.
 *
 *   ca.pem seal.pem …   authority and station
 *   1.asice             a passage, journal of 3 events
 *   2.asice             another, journal of 5 events, with the path from 3
 *   3.asice             another, 6 events, without a path
 *   sm2.asice           the third with an SM2 signature besides
 *   wrong-proof.asice   the third, sealed over a proof that leads nowhere
 *   rewritten.asice     another, 7 events, one of the first changed; the path is from 6 in the changed journal
 *   checkpoint-N        signed checkpoints for N = 2 3 5 6
 *   consistency-2-6.json, consistency-3-6.json   proofs from checkpoints of 2 and of 3 to that of 6
 *   journal             the first 6 events, one a line
 *   many-NN.asice       MANY more of that changed journal
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "station/core/json.h"
#include "tests/support/package_fixture.h"

struct maker {
    struct package_fixture f;
    const char *folder;
};

static void save(const struct maker *m, const char *name, const void *data, size_t size)
{
    char path[512];
    struct err err;
    snprintf(path, sizeof path, "%s/%s", m->folder, name);
    if (file_write(path, data, size, 0644, &err)) {
        fprintf(stderr, "make_package: %s\n", err.text);
        exit(1);
    }
}

static void save_sealed(struct maker *m, const char *name)
{
    uint8_t *bytes;
    size_t size;
    package_fixture_seal(&m->f, &bytes, &size);
    save(m, name, bytes, size);
    free(bytes);
}

/* `extends_from` 0: no path */
static void save_package(struct maker *m, const char *name, int number, size_t extends_from)
{
    char extends[4096];
    snprintf(m->f.id, sizeof m->f.id, "652301-0007-P%08d", number);
    package_fixture_record(&m->f);
    size_t index = package_fixture_record_event(&m->f);
    if (extends_from > 0) {
        char *path = package_fixture_path(&m->f, extends_from, m->f.events_count);
        snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":%zu}]", path, extends_from);
        free(path);
    }
    package_fixture_proof(&m->f, index, extends_from > 0 ? extends : NULL);
    save_sealed(m, name);
}

/* The newest package again, with a second signature. */
static void save_sm2(struct maker *m, const char *name)
{
    struct keys_pair pair;
    struct err err;
    keys_make(
        &pair, m->folder,
        &(struct keys_request){
            .name = "sm2", .subject = m->f.station_id, .usage = "digitalSignature", .curve = "SM2", .from_ms = 1});
    if (seal_open_sm2(&m->f.second_seal, pair.key_file, pair.cert_file, &err)) {
        fprintf(stderr, "make_package: %s\n", err.text);
        exit(1);
    }
    save_sealed(m, name);
    seal_close(m->f.second_seal);
    m->f.second_seal = NULL;
    keys_free(&pair);
}

/* And once more, with one digit of the proof's path changed. */
static void save_wrong_proof(struct maker *m, const char *name)
{
    char *digit = strstr(package_fixture_file(&m->f, "log/proof.json")->data, "\"path\":[\"") + 10;
    *digit = *digit == '0' ? '1' : '0';
    save_sealed(m, name);
}

static void save_checkpoint(struct maker *m, size_t size)
{
    char name[32];
    char *note = package_fixture_checkpoint(&m->f, size);
    snprintf(name, sizeof name, "checkpoint-%zu", size);
    save(m, name, note, strlen(note));
    free(note);
}

/* As smogctl journal export writes it. */
static void save_journal(struct maker *m, const char *name)
{
    static char text[32768];
    size_t at = 0;
    for (size_t i = 0; i < m->f.events_count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\n", m->f.events[i]);
    save(m, name, text, at);
}

/* As smogctl journal checkpoint --consistency writes it: the newest checkpoint and the path from an older size. */
static void save_consistency(struct maker *m, const char *name, size_t from, size_t newest)
{
    static char text[8192];
    char *note = package_fixture_checkpoint(&m->f, newest), *path = package_fixture_path(&m->f, from, newest);
    char extends[4096];
    struct json_writer w;
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":%zu}]", path, from);
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_string(&w, "checkpoint", note);
    json_raw(&w, "extends", extends, strlen(extends));
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    save(m, name, text, (size_t)length);
    free(note);
    free(path);
}

int main(int argc, char **argv)
{
    static struct maker m;
    if (argc != 3) {
        fprintf(stderr, "make_package FOLDER MANY\n");
        return 2;
    }
    m.folder = argv[1];
    package_fixture_open(&m.f, m.folder, true);
    package_fixture_note(&m.f, "daemon-start", "");
    package_fixture_note(&m.f, "check", "");
    save_package(&m, "1.asice", 1, 0);
    package_fixture_note(&m.f, "check", "");
    save_package(&m, "2.asice", 2, 3);
    save_package(&m, "3.asice", 3, 0);
    save_sm2(&m, "sm2.asice");
    save_wrong_proof(&m, "wrong-proof.asice");
    for (size_t size = 2; size <= 6; size++)
        save_checkpoint(&m, size);
    save_consistency(&m, "consistency-2-6.json", 2, 6);
    save_consistency(&m, "consistency-3-6.json", 3, 6);
    save_journal(&m, "journal");
    merkle_leaf("{\"kind\":\"nothing\"}", 18, &m.f.leaves[1]);
    save_package(&m, "rewritten.asice", 4, 6);
    for (int i = 1; i <= atoi(argv[2]); i++) {
        char name[32];
        snprintf(name, sizeof name, "many-%02d.asice", i);
        save_package(&m, name, 100 + i, 0);
    }
    package_fixture_close(&m.f);
    return 0;
}
