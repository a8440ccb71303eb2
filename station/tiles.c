#include "station/tiles.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/tile.h"

enum { PATH_ROOM = 1024, FILE_MODE = 0644, FOLDER_MODE = 0755 };

struct tiles {
    struct store *store;
    const char *folder;
    uint64_t size;
    struct tiles_result *out;
};

/* Makes the folders above the file. */
static int make_folders(const char *folder, char *path, struct err *err)
{
    for (char *at = strchr(path + strlen(folder) + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        struct stat st;
        int result = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : file_make_folder(path, FOLDER_MODE, err);
        *at = '/';
        if (result != 0)
            return -1;
    }
    return 0;
}

/* A row of files of one kind. */
struct row {
    const char *what;
    unsigned level;
    int (*make)(struct tiles *t, const struct row *row, uint64_t first, unsigned width, char **data, size_t *length,
                struct err *err);
    /* The hashes in what a file holds. */
    int (*hashes)(const char *data, size_t length, unsigned width, struct merkle_hash out[TILE_WIDTH], struct err *err);
};

/* A file that is there must be what this journal says. A full one is held to the one hash above it, so that a folder
 * that has grown for years is compared quickly. */
static int compare(struct tiles *t, const struct row *row, uint64_t n, unsigned width, const char *data, size_t length,
                   bool *same, struct err *err)
{
    struct merkle_hash hashes[TILE_WIDTH], root, wanted;
    char *made = NULL;
    size_t made_length = 0;
    struct err why;
    *same = false;
    if (row->hashes(data, length, width, hashes, &why) != 0)
        return 0;
    if (width == TILE_WIDTH) {
        tile_root(hashes, TILE_WIDTH, &root);
        int result = store_fetch(t->store, (row->level + 1) * TILE_BITS, n, &wanted, err);
        *same = result == 0 && memcmp(&root, &wanted, sizeof root) == 0;
        return result;
    }
    if (row->make(t, row, n * TILE_WIDTH, width, &made, &made_length, err) != 0)
        return -1;
    *same = length == made_length && memcmp(data, made, length) == 0;
    free(made);
    return 0;
}

/* Which of the two was altered cannot be told here: nothing is written over. */
static int check_file(struct tiles *t, const struct row *row, uint64_t n, unsigned width, const char *path,
                      struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    bool same = false;
    int result = file_read(path, TILE_BUNDLE_MAX, &data, &length, err);
    if (result != 0 && err->code != ERR_INVALID)
        return -1;
    if (result == 0)
        result = compare(t, row, n, width, data, length, &same, err);
    else
        result = 0; /* no tile is of that size, and none is a link or a folder */
    free(data);
    if (result == 0 && !same)
        return err_set(err, ERR_REFUSED,
                       "%s is not what the journal says: the file was altered, or the journal was; check both "
                       "(smogverify --tiles %s --ca SEAL.pem, smogctl journal verify), and when the journal is "
                       "good move the file away and run this again",
                       path, t->folder);
    return result;
}

static int write_one(struct tiles *t, const struct row *row, uint64_t n, unsigned width, struct err *err)
{
    char name[TILE_PATH_MAX], path[PATH_ROOM], *data = NULL;
    size_t length = 0;
    struct stat st;
    tile_path(row->what, n, width, name);
    snprintf(path, sizeof path, "%s/%s", t->folder, name);
    if (lstat(path, &st) == 0)
        return check_file(t, row, n, width, path, err);
    if (make_folders(t->folder, path, err) != 0 || row->make(t, row, n * TILE_WIDTH, width, &data, &length, err) != 0)
        return -1;
    int result = file_write(path, data, length, FILE_MODE, err);
    free(data);
    t->out->written += result == 0;
    return result;
}

/* All files of a row that has `count` hashes or entries. */
static int write_row(struct tiles *t, const struct row *row, uint64_t count, struct err *err)
{
    for (uint64_t n = 0; n * TILE_WIDTH < count; n++)
        if (write_one(t, row, n, tile_width(count, n), err) != 0)
            return -1;
    return 0;
}

static int make_hashes(struct tiles *t, const struct row *row, uint64_t first, unsigned width, char **data,
                       size_t *length, struct err *err)
{
    *length = (size_t)width * MERKLE_HASH_SIZE;
    *data = malloc(*length);
    if (!*data)
        return err_set(err, ERR_FAILED, "out of memory");
    for (unsigned i = 0; i < width; i++) {
        struct merkle_hash hash;
        if (store_fetch(t->store, row->level * TILE_BITS, first + i, &hash, err) != 0) {
            free(*data);
            return -1;
        }
        memcpy(*data + (size_t)i * MERKLE_HASH_SIZE, hash.bytes, MERKLE_HASH_SIZE);
    }
    return 0;
}

static int hashes_of_tile(const char *data, size_t length, unsigned width, struct merkle_hash out[TILE_WIDTH],
                          struct err *err)
{
    if (length != (size_t)width * MERKLE_HASH_SIZE)
        return err_set(err, ERR_FAILED, "it has another size");
    memcpy(out, data, length);
    return 0;
}

/* ---- the events ---- */

struct bundle {
    FILE *out;
    uint64_t too_long; /* the index of an event that does not fit, plus one */
};

/* Each with its length in two bytes, the larger one first. */
static int add_entry(void *ctx, uint64_t index, const char *body, size_t length)
{
    struct bundle *b = ctx;
    if (length > TILE_ENTRY_MAX) {
        b->too_long = index + 1;
        return 1;
    }
    fputc((int)(length >> 8), b->out);
    fputc((int)(length & 0xFF), b->out);
    return fwrite(body, 1, length, b->out) != length;
}

static int make_entries(struct tiles *t, const struct row *row, uint64_t first, unsigned width, char **data,
                        size_t *length, struct err *err)
{
    (void)row;
    struct bundle b = {.out = open_memstream(data, length)};
    if (!b.out)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_event_list(t->store, first, width, add_entry, &b, err);
    bool failed = ferror(b.out);
    if (fclose(b.out) != 0 || failed)
        result = err_set(err, ERR_FAILED, "out of memory");
    if (result == 0 && b.too_long)
        result = err_set(err, ERR_FAILED, "event %" PRIu64 " is longer than a bundle's %d bytes; leave --entries out",
                         b.too_long - 1, TILE_ENTRY_MAX);
    if (result != 0)
        free(*data);
    return result;
}

/* ---- the whole ---- */

/* What is published there must be a beginning of this journal. */
static int check_folder(struct tiles *t, const char *path, const char *origin, struct err *err)
{
    char *text = NULL;
    size_t length = 0;
    struct checkpoint_read old;
    struct merkle_hash root;
    if (access(path, F_OK) != 0)
        return 0;
    if (file_read(path, CHECKPOINT_TEXT_MAX, &text, &length, err) != 0)
        return -1;
    int result = checkpoint_read(&old, text, length, err);
    free(text);
    if (result != 0)
        return err_prefix(err, "%s", path);
    if (strcmp(old.origin, origin) != 0 || old.size > t->size || store_root(t->store, old.size, &root, err) != 0 ||
        memcmp(&root, &old.root, sizeof root) != 0)
        return err_set(err, ERR_REFUSED,
                       "%s holds the tiles of another journal (%s, %" PRIu64 " events); choose another folder",
                       t->folder, old.origin, old.size);
    return 0;
}

int tiles_write(struct store *s, const char *note, const struct checkpoint_read *c, const char *folder, bool entries,
                struct tiles_result *out, struct err *err)
{
    char path[PATH_ROOM], level[8];
    const struct row events = {.what = "entries", .make = make_entries, .hashes = tile_leaves};
    struct tiles t = {.store = s, .folder = folder, .size = c->size, .out = out};
    *out = (struct tiles_result){.events = c->size};
    if (strlen(folder) > PATH_ROOM / 2)
        return err_set(err, ERR_INVALID, "%s: the path is too long", folder);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    if (file_make_folder(folder, FOLDER_MODE, err) != 0 || check_folder(&t, path, c->origin, err) != 0)
        return -1;
    for (unsigned l = 0; l < TILE_LEVELS && c->size >> (l * TILE_BITS) > 0; l++) {
        const struct row row = {.what = level, .level = l, .make = make_hashes, .hashes = hashes_of_tile};
        snprintf(level, sizeof level, "%u", l);
        if (write_row(&t, &row, c->size >> (l * TILE_BITS), err) != 0)
            return -1;
    }
    if (entries && write_row(&t, &events, c->size, err) != 0)
        return -1;
    return file_write(path, note, strlen(note), FILE_MODE, err);
}
