#include "reports/verifier_part.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/tile.h"

/*
 * A folder of published tiles. Each file is read once, from the leaves up: what a full tile holds must lead to the hash
 * that the tile above it has in its place, and the incomplete ones, with the tops of the full, to the signed root. One
 * tile of each level is at hand; nothing is followed out of the folder, and nothing is read that the checkpoint does
 * not ask for.
 */

enum { BAD_MAX = 16 }; /* so many files are named, then it is enough */

struct level {
    uint64_t count; /* hashes on it */
    uint64_t n;     /* the tile at hand */
    bool good;      /* it was read whole */
    struct merkle_hash hashes[TILE_WIDTH];
};

struct tiles {
    struct verification *v;
    int folder;
    bool entries; /* the events are published, too */
    struct checkpoint_read checkpoint;
    struct level levels[TILE_LEVELS], spare; /* the last for looking back */
    uint64_t files, events;
    unsigned bad;
};

/* ---- files ---- */

/* A file inside, through folders that are folders; -1: it is not there, or a part of its path is a link. */
static int open_inside(int folder, const char *path)
{
    int at = dup(folder);
    while (at >= 0) {
        char part[TILE_PATH_MAX];
        const char *slash = strchr(path, '/');
        snprintf(part, sizeof part, "%.*s", slash ? (int)(slash - path) : TILE_PATH_MAX - 1, path);
        int next = openat(at, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (slash ? O_DIRECTORY : 0));
        close(at);
        at = next;
        if (!slash)
            break;
        path = slash + 1;
    }
    return at;
}

/* Closes it. malloc'ed; NULL with the reason. */
static char *read_open(int fd, const char *path, size_t max, size_t *length, const char **why)
{
    char *data = NULL;
    struct err err;
    *why = "it is no file, or too large to be one of these";
    if (file_read_fd(fd, path, max, &data, length, &err) != 0)
        data = NULL;
    close(fd);
    return data;
}

static char *read_inside(const struct tiles *t, const char *path, size_t max, size_t *length, const char **why)
{
    int fd = open_inside(t->folder, path);
    *why = "it is missing, or a link stands in its place";
    return fd < 0 ? NULL : read_open(fd, path, max, length, why);
}

static void bad(struct tiles *t, enum verifier_check check, const char *path, const char *why)
{
    t->bad++;
    verifier_report(t->v, check, VERIFIER_FAIL, path, why);
}

/* ---- tiles ---- */

static bool read_level(struct tiles *t, unsigned l, uint64_t n, struct level *to, char path[TILE_PATH_MAX],
                       const char **why)
{
    char name[8];
    size_t length = 0, wanted;
    unsigned width = tile_width(t->levels[l].count, n);
    snprintf(name, sizeof name, "%u", l);
    tile_path(name, n, width, path);
    wanted = (size_t)width * MERKLE_HASH_SIZE;
    char *data = read_inside(t, path, wanted, &length, why);
    to->n = n;
    to->good = data && length == wanted;
    if (to->good)
        memcpy(to->hashes, data, wanted);
    else if (data)
        *why = "it is too short";
    free(data);
    return to->good;
}

/* Reads a tile, and first the one above it, when this is the first below that. */
static void take_tile(struct tiles *t, unsigned l, uint64_t n)
{
    struct level *level = &t->levels[l], *above = level + 1;
    char path[TILE_PATH_MAX];
    const char *why;
    struct merkle_hash root;
    if (read_level(t, l, n, level, path, &why))
        t->files++;
    else
        bad(t, VERIFIER_TILES, path, why);
    if (tile_width(level->count, n) < TILE_WIDTH)
        return;
    if (n % TILE_WIDTH == 0)
        take_tile(t, l + 1, n / TILE_WIDTH);
    if (!level->good || !above->good)
        return;
    tile_root(level->hashes, TILE_WIDTH, &root);
    level->good = memcmp(&root, &above->hashes[n % TILE_WIDTH], sizeof root) == 0;
    if (!level->good)
        bad(t, VERIFIER_TILES, path, "it contradicts the tile above it, one of the two was altered");
}

/* The root of a subtree inside one tile. */
static bool inside(const struct level *level, uint64_t first, unsigned below, struct merkle_hash *out)
{
    if (!level->good || level->n != first / TILE_WIDTH)
        return false;
    tile_root(level->hashes + first % TILE_WIDTH, (size_t)1 << below, out);
    return true;
}

/* Of the tiles at hand, after the last: what leads to the root. */
static int fetch_last(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    const struct tiles *t = ctx;
    unsigned below = level % TILE_BITS;
    return inside(&t->levels[level / TILE_BITS], index << below, below, out) ? 0 : err_set(err, ERR_FAILED, "missing");
}

/* Of any tile, read once more: what is made of it is proved against both roots. */
static int fetch_any(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    struct tiles *t = ctx;
    unsigned below = level % TILE_BITS, l = level / TILE_BITS;
    uint64_t first = index << below;
    char path[TILE_PATH_MAX];
    const char *why;
    read_level(t, l, first / TILE_WIDTH, &t->spare, path, &why);
    return inside(&t->spare, first, below, out) ? 0 : err_set(err, ERR_FAILED, "%s: %s", path, why);
}

/* ---- events ---- */

static void take_events(struct tiles *t, uint64_t n)
{
    struct merkle_hash leaves[TILE_WIDTH];
    char path[TILE_PATH_MAX];
    const char *why;
    size_t length = 0;
    struct err err;
    unsigned width = tile_width(t->checkpoint.size, n);
    tile_path("entries", n, width, path);
    int fd = open_inside(t->folder, path); /* a folder may have been exported without events since: told, no failure */
    if (fd < 0)
        return;
    char *data = read_open(fd, path, TILE_BUNDLE_MAX, &length, &why);
    if (!data)
        bad(t, VERIFIER_ENTRIES, path, why);
    else if (tile_leaves(data, length, width, leaves, &err) != 0)
        bad(t, VERIFIER_ENTRIES, path, err.text);
    else if (t->levels[0].good && memcmp(leaves, t->levels[0].hashes, width * sizeof leaves[0]) != 0)
        bad(t, VERIFIER_ENTRIES, path, "at least one of them was changed, or one is missing");
    else
        t->events += width;
    free(data);
}

static void report_events(struct tiles *t)
{
    char number[32];
    uint64_t missing = t->checkpoint.size - t->events;
    snprintf(number, sizeof number, "%" PRIu64, missing ? missing : t->events);
    if (t->entries && t->bad == 0)
        verifier_report(t->v, VERIFIER_ENTRIES, missing ? VERIFIER_NOTE : VERIFIER_OK, number, NULL);
}

/* ---- checkpoints ---- */

static bool open_folder(struct tiles *t)
{
    struct verifier *out = t->v->out;
    char words[96];
    const char *why;
    size_t length = 0;
    struct err err = {0};
    struct stat st;
    char *text = read_inside(t, "checkpoint", CHECKPOINT_TEXT_MAX, &length, &why);
    struct checkpoint_read *c = &t->checkpoint;
    bool ok = text && checkpoint_read(c, text, length, &err) == 0;
    if (!ok) {
        verifier_report(t->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, "checkpoint", text ? err.text : why);
    } else if (!checkpoint_station(c, out->station, sizeof out->station)) {
        ok = verifier_report(t->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, c->origin, "it is not smogd's");
    } else if (verifier_trusted_checkpoint(t->v, c, text, &err) != 0) {
        ok = verifier_report(t->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, c->origin, err.text);
    } else {
        snprintf(words, sizeof words, "%" PRIu64 " / %s", c->size, c->time);
        verifier_report(t->v, VERIFIER_CHECKPOINT, VERIFIER_OK, words, NULL);
        snprintf(out->checkpoint, sizeof out->checkpoint, "%s", text);
        out->tree_size = c->size;
        out->signed_at = c->time_ms / 1000;
    }
    free(text);
    t->entries = fstatat(t->folder, "tile/entries", &st, AT_SYMLINK_NOFOLLOW) == 0;
    return ok;
}

/* The reader's own, older one. */
static void check_known(struct tiles *t, const char *known)
{
    const struct checkpoint_read *c = &t->checkpoint;
    struct checkpoint_read old;
    struct err err = {0};
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count = 0;
    char words[96] = "?";
    enum verifier_check check = VERIFIER_CONSISTENCY;
    enum verifier_result result = VERIFIER_OPEN;
    int failed = checkpoint_read(&old, known, strlen(known), &err);
    if (failed == 0) {
        snprintf(words, sizeof words, "%" PRIu64 " / %s", old.size, old.time);
        /* Signed by an earlier key of the station it is taken as it is, as with packages. */
        failed = verifier_trusted_checkpoint(t->v, &old, known, &err) != 0 && err.code != ERR_INVALID ? -1 : 0;
    }
    if (failed == 0 && strcmp(old.origin, c->origin) != 0)
        failed = err_set(&err, ERR_FAILED, "it is of the journal %s, the folder of %s", old.origin, c->origin);
    if (failed == 0 && old.size > c->size)
        check = VERIFIER_BEHIND;
    else if (failed == 0)
        failed = merkle_consistency(old.size, c->size, fetch_any, t, path, &count, &err);
    if (failed == 0 && check == VERIFIER_CONSISTENCY)
        result = merkle_verify_consistency(old.size, &old.root, c->size, &c->root, path, count) ? VERIFIER_OK
                                                                                                : VERIFIER_FAIL;
    verifier_report(t->v, check, result, words, failed ? err.text : NULL);
}

/* ---- the whole ---- */

static void check_tiles(struct tiles *t)
{
    struct merkle_hash root;
    char number[32];
    struct err err;
    uint64_t size = t->checkpoint.size;
    for (unsigned l = 0; l < TILE_LEVELS; l++)
        t->levels[l].count = size >> (l * TILE_BITS);
    for (uint64_t n = 0; n * TILE_WIDTH < size && t->bad < BAD_MAX; n++) {
        take_tile(t, 0, n);
        if (t->entries)
            take_events(t, n);
    }
    snprintf(number, sizeof number, "%" PRIu64, t->files);
    if (merkle_root(size, fetch_last, t, &root, &err) != 0) {
        if (t->bad == 0) /* else what is missing was named */
            bad(t, VERIFIER_TILES, "tile", err.text);
    } else if (memcmp(&root, &t->checkpoint.root, sizeof root) != 0)
        bad(t, VERIFIER_TILES, "tile", "the last tiles of its levels do not lead to the signed root");
    else if (t->bad == 0)
        verifier_report(t->v, VERIFIER_TILES, VERIFIER_OK, number, NULL);
}

void verifier_tiles(struct verifier *out, int folder, const struct verifier_options *options)
{
    struct verification *v = calloc(1, sizeof *v);
    struct tiles *t = calloc(1, sizeof *t);
    memset(out, 0, sizeof *out);
    if (v && t) {
        out->ok = true;
        *v = (struct verification){.out = out, .options = options};
        t->v = v;
        t->folder = folder;
        if (open_folder(t)) {
            const char *known =
                options->known_checkpoint ? options->known_checkpoint(options->ctx, out->station) : NULL;
            check_tiles(t);
            report_events(t);
            if (known && t->bad == 0)
                check_known(t, known);
        }
    }
    free(t);
    free(v);
}
