/*
 * A folder of published tiles that is three levels high, and what smogverify makes of it (tests/e2e/daemon_proofs.py
 * has smaller ones, by the real programs, and each forgery of a folder).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/checkpoint.h"
#include "reports/file.h"
#include "reports/sealcheck.h"
#include "reports/tile.h"
#include "tests/support/verify_rig.h"

enum { EVENTS = 65536 + 2 * 256 + 5, LEVELS = 17 };

struct folder {
    struct verify_rig *rig;
    char path[256];
    int fd;
    struct merkle_hash *levels[LEVELS]; /* complete subtrees */
    X509_STORE *trust;                  /* the station's own certificate */
    char known[CHECKPOINT_TEXT_MAX + 1];
};

static int fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    const struct folder *f = ctx;
    (void)err;
    *out = f->levels[level][index];
    return 0;
}

static void grow(struct folder *f)
{
    for (unsigned l = 0; l < LEVELS; l++) {
        size_t count = EVENTS >> l;
        f->levels[l] = calloc(count, sizeof *f->levels[l]);
        assert_non_null(f->levels[l]);
        for (size_t i = 0; i < count; i++)
            if (l == 0)
                merkle_leaf(&i, sizeof i, &f->levels[l][i]);
            else
                merkle_node(&f->levels[l - 1][2 * i], &f->levels[l - 1][2 * i + 1], &f->levels[l][i]);
    }
}

static void write_in(const struct folder *f, const char *name, const void *data, size_t length)
{
    char path[512];
    struct err err;
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    for (char *at = strchr(path + strlen(f->path) + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    assert_int_equal(file_write(path, data, length, 0600, &err), 0);
}

static void write_tile(const struct folder *f, unsigned l, uint64_t n)
{
    char name[TILE_PATH_MAX], level[8];
    uint64_t count = EVENTS >> (l * TILE_BITS);
    unsigned width = tile_width(count, n);
    snprintf(level, sizeof level, "%u", l);
    tile_path(level, n, width, name);
    write_in(f, name, f->levels[l * TILE_BITS] + n * TILE_WIDTH, width * sizeof(struct merkle_hash));
}

static void sign(const struct folder *f, uint64_t size, const char *log, char note[CHECKPOINT_TEXT_MAX + 1])
{
    struct checkpoint c = {.log = log, .size = size, .time_ms = 1782900000000, .offset_minutes = 480};
    struct err err;
    assert_true(size > EVENTS || merkle_root(size, fetch, (void *)(uintptr_t)f, &c.root, &err) == 0);
    assert_int_equal(checkpoint_sign(&c, f->rig->f.seal, note, &err), 0);
}

static int open_folder(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    char note[CHECKPOINT_TEXT_MAX + 1];
    struct err err;
    assert_non_null(f);
    f->rig = verify_rig_open();
    snprintf(f->path, sizeof f->path, "%s/tiles", verify_rig_folder());
    assert_int_equal(mkdir(f->path, 0700), 0);
    grow(f);
    for (unsigned l = 0; l < 3; l++)
        for (uint64_t n = 0; n * TILE_WIDTH < (uint64_t)EVENTS >> (l * TILE_BITS); n++)
            write_tile(f, l, n);
    sign(f, EVENTS, f->rig->f.station_id, note);
    write_in(f, "checkpoint", note, strlen(note));
    f->trust = sealcheck_trust(f->rig->f.station.cert_file, &err);
    f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->trust && f->fd >= 0);
    *state = f;
    return 0;
}

static int close_folder(void **state)
{
    struct folder *f = *state;
    for (unsigned l = 0; l < LEVELS; l++)
        free(f->levels[l]);
    close(f->fd);
    X509_STORE_free(f->trust);
    verify_rig_close(f->rig);
    free(f);
    return 0;
}

static const char *known(void *ctx, const char *station)
{
    const struct folder *f = ctx;
    (void)station;
    return f->known[0] ? f->known : NULL;
}

/* The sentence of the check's finding; NULL: it has none of that result. */
static const char *verify(struct folder *f, const char *check, enum verifier_result result)
{
    const struct verifier_options options = {.trust = f->trust, .known_checkpoint = known, .ctx = f};
    verifier_tiles(&f->rig->v, f->fd, &options);
    const struct verifier_finding *found = verify_rig_find(f->rig, check, result);
    if (!found)
        verify_rig_show(f->rig);
    return found ? found->en : NULL;
}

static void expect(struct folder *f, const char *check, enum verifier_result result, const char *words)
{
    const char *said = verify(f, check, result);
    assert_non_null(said);
    if (!strstr(said, words))
        fail_msg("'%s' is not in: %s", words, said);
    assert_int_equal(f->rig->v.ok, result != VERIFIER_FAIL);
}

static void names_of_files(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        unsigned width;
        const char *path;
    } rows[] = {{0, 256, "tile/0/000"},
                {999, 1, "tile/0/999.p/1"},
                {1234067, 256, "tile/0/x001/x234/067"},
                {UINT64_MAX / 256, 255, "tile/0/x072/x057/x594/x037/x927/935.p/255"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[TILE_PATH_MAX];
        tile_path("0", rows[i].n, rows[i].width, path);
        assert_string_equal(path, rows[i].path);
    }
}

static void a_bundle_is_its_events_and_nothing_else(void **state)
{
    (void)state;
    struct merkle_hash leaves[TILE_WIDTH], wanted;
    struct err err;
    static const char good[] = "\0\2{}\0\0\0\1x";
    assert_int_equal(tile_leaves(good, 9, 3, leaves, &err), 0);
    merkle_leaf("x", 1, &wanted);
    assert_memory_equal(&leaves[2], &wanted, sizeof wanted);
    for (size_t length = 0; length < 9; length++)
        assert_int_equal(tile_leaves(good, length, 3, leaves, &err), -1);
    assert_int_equal(tile_leaves(good, 9, 2, leaves, &err), -1);
    assert_int_equal(tile_leaves("\xFF\xFF{}", 4, 1, leaves, &err), -1);
}

static void what_was_published_is_taken(void **state)
{
    struct folder *f = *state;
    expect(f, "tiles", VERIFIER_OK, "All 262 files"); /* 259, 2 and 1 */
    assert_int_equal(f->rig->v.tree_size, EVENTS);
    assert_int_equal(f->rig->v.open, 0);
}

/* Which file is wrong is said, on whatever level it is. */
static void an_altered_tile_is_named(void **state)
{
    struct folder *f = *state;
    static const struct {
        unsigned level;
        uint64_t n;
        size_t hash;
        const char *words;
    } rows[] = {{0, 0, 7, "tile/0/000 is"},       {0, 255, 65535, "tile/0/255 is"},
                {0, 257, 65800, "tile/0/257 is"}, {0, 258, EVENTS - 1, "do not lead to the signed root"},
                {1, 0, 3, "tile/1/000 is"},       {1, 1, 257, "tile/0/257 is"},
                {2, 0, 0, "tile/1/000 is"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct merkle_hash *hash = &f->levels[rows[i].level * TILE_BITS][rows[i].hash];
        hash->bytes[5] ^= 1;
        write_tile(f, rows[i].level, rows[i].n);
        expect(f, "tiles", VERIFIER_FAIL, rows[i].words);
        hash->bytes[5] ^= 1;
        write_tile(f, rows[i].level, rows[i].n);
    }
    expect(f, "tiles", VERIFIER_OK, "All");
}

static void so_many_missing_tiles_are_named(void **state)
{
    struct folder *f = *state;
    char path[512];
    size_t named = 0;
    for (uint64_t n = 100; n < 150; n++) {
        snprintf(path, sizeof path, "%s/tile/0/%03u", f->path, (unsigned)n);
        assert_int_equal(unlink(path), 0);
    }
    expect(f, "tiles", VERIFIER_FAIL, "tile/0/100 is not as the station published it: it is missing");
    for (size_t i = 0; i < f->rig->v.count; i++)
        named += strcmp(f->rig->v.findings[i].check, "tiles") == 0;
    assert_int_equal(named, 16);
    for (uint64_t n = 100; n < 150; n++)
        write_tile(f, 0, n);
}

static void a_kept_checkpoint_is_compared(void **state)
{
    struct folder *f = *state;
    static const uint64_t sizes[] = {0, 1, 2, 255, 256, 257, 4096, 65535, 65536, 65537, EVENTS - 1, EVENTS};
    const char *station = f->rig->f.station_id;
    struct merkle_hash *others[LEVELS] = {NULL};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sign(f, sizes[i], station, f->known);
        expect(f, "consistency", VERIFIER_OK, "agrees with the other checkpoint");
    }
    for (unsigned l = 0; l < LEVELS; l++) { /* a journal of the same station with another past */
        others[l] = f->levels[l];
        size_t count = EVENTS >> l;
        f->levels[l] = malloc(count * sizeof *f->levels[l]);
        assert_non_null(f->levels[l]);
        memcpy(f->levels[l], others[l], count * sizeof *f->levels[l]);
        f->levels[l][0].bytes[0] ^= 1;
    }
    for (size_t i = 1; i < sizeof sizes / sizeof sizes[0]; i++) {
        sign(f, sizes[i], station, f->known);
        expect(f, "consistency", VERIFIER_FAIL, "does NOT agree");
    }
    for (unsigned l = 0; l < LEVELS; l++) {
        free(f->levels[l]);
        f->levels[l] = others[l];
    }
    sign(f, EVENTS + 1, station, f->known);
    expect(f, "behind", VERIFIER_OPEN, "before your checkpoint (66054 /");
    sign(f, 5, "652301-0099", f->known);
    expect(f, "consistency", VERIFIER_OPEN, "it is of the journal smogd/652301-0099");
    sign(f, 5, station, f->known);
    f->known[strlen(f->known) - 10] ^= 1;
    assert_non_null(verify(f, "consistency", VERIFIER_OPEN));
    snprintf(f->known, sizeof f->known, "no checkpoint");
    assert_non_null(verify(f, "consistency", VERIFIER_OPEN));
    f->known[0] = '\0';
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_files),
        cmocka_unit_test(a_bundle_is_its_events_and_nothing_else),
        cmocka_unit_test(what_was_published_is_taken),
        cmocka_unit_test(an_altered_tile_is_named),
        cmocka_unit_test(so_many_missing_tiles_are_named),
        cmocka_unit_test(a_kept_checkpoint_is_compared),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
