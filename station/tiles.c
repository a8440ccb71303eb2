#include "station/tiles.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file.h"

enum { WIDTH = 256, LEVEL_BITS = 8, PATH_ROOM = 1024, FILE_MODE = 0644, FOLDER_MODE = 0755, ENTRY_MAX = 65535 };

struct tiles {
    struct store *store;
    const char *folder;
    uint64_t size;
    struct tiles_result *out;
};

/* 1234067 is x001/x234/067: three digits a part, all but the last with an x. */
static void number_path(uint64_t n, char *out, size_t size)
{
    char parts[8][8];
    int count = 0;
    do {
        snprintf(parts[count], sizeof parts[0], "%s%03u", count ? "x" : "", (unsigned)(n % 1000));
        count++;
        n /= 1000;
    } while (n > 0);
    out[0] = '\0';
    for (int i = count - 1; i >= 0; i--)
        snprintf(out + strlen(out), size - strlen(out), "%s%s", parts[i], i ? "/" : "");
}

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

typedef int content(struct tiles *t, unsigned level, uint64_t first, unsigned count, char **data, size_t *length,
                    struct err *err);

static int write_one(struct tiles *t, const char *what, unsigned level, uint64_t n, unsigned width, content *make,
                     struct err *err)
{
    char number[64], path[PATH_ROOM], *data = NULL;
    size_t length = 0;
    number_path(n, number, sizeof number);
    if (width == WIDTH)
        snprintf(path, sizeof path, "%s/tile/%s/%s", t->folder, what, number);
    else
        snprintf(path, sizeof path, "%s/tile/%s/%s.p/%u", t->folder, what, number, width);
    if (access(path, F_OK) == 0)
        return 0;
    if (make_folders(t->folder, path, err) != 0 || make(t, level, n * WIDTH, width, &data, &length, err) != 0)
        return -1;
    int result = file_write(path, data, length, FILE_MODE, err);
    free(data);
    t->out->written += result == 0;
    return result;
}

/* All tiles of a row that has `count` hashes or entries. */
static int write_row(struct tiles *t, const char *what, unsigned level, uint64_t count, content *make, struct err *err)
{
    for (uint64_t n = 0; n < count / WIDTH; n++)
        if (write_one(t, what, level, n, WIDTH, make, err) != 0)
            return -1;
    return count % WIDTH ? write_one(t, what, level, count / WIDTH, (unsigned)(count % WIDTH), make, err) : 0;
}

static int make_hashes(struct tiles *t, unsigned level, uint64_t first, unsigned count, char **data, size_t *length,
                       struct err *err)
{
    *length = (size_t)count * MERKLE_HASH_SIZE;
    *data = malloc(*length);
    if (!*data)
        return err_set(err, ERR_FAILED, "out of memory");
    for (unsigned i = 0; i < count; i++) {
        struct merkle_hash hash;
        if (store_fetch(t->store, level * LEVEL_BITS, first + i, &hash, err) != 0) {
            free(*data);
            return -1;
        }
        memcpy(*data + (size_t)i * MERKLE_HASH_SIZE, hash.bytes, MERKLE_HASH_SIZE);
    }
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
    if (length > ENTRY_MAX) {
        b->too_long = index + 1;
        return 1;
    }
    fputc((int)(length >> 8), b->out);
    fputc((int)(length & 0xFF), b->out);
    return fwrite(body, 1, length, b->out) != length;
}

static int make_entries(struct tiles *t, unsigned level, uint64_t first, unsigned count, char **data, size_t *length,
                        struct err *err)
{
    (void)level;
    struct bundle b = {.out = open_memstream(data, length)};
    if (!b.out)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_event_list(t->store, first, count, add_entry, &b, err);
    bool failed = ferror(b.out);
    if (fclose(b.out) != 0 || failed)
        result = err_set(err, ERR_FAILED, "out of memory");
    if (result == 0 && b.too_long)
        result = err_set(err, ERR_FAILED, "event %" PRIu64 " is longer than a bundle's %d bytes; leave --entries out",
                         b.too_long - 1, ENTRY_MAX);
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
    char path[PATH_ROOM], level_name[8];
    struct tiles t = {.store = s, .folder = folder, .size = c->size, .out = out};
    *out = (struct tiles_result){.events = c->size};
    if (strlen(folder) > PATH_ROOM / 2)
        return err_set(err, ERR_INVALID, "%s: the path is too long", folder);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    if (file_make_folder(folder, FOLDER_MODE, err) != 0 || check_folder(&t, path, c->origin, err) != 0)
        return -1;
    for (unsigned level = 0; level * LEVEL_BITS < 64 && c->size >> (level * LEVEL_BITS) > 0; level++) {
        snprintf(level_name, sizeof level_name, "%u", level);
        if (write_row(&t, level_name, level, c->size >> (level * LEVEL_BITS), make_hashes, err) != 0)
            return -1;
    }
    if (entries && write_row(&t, "entries", 0, c->size, make_entries, err) != 0)
        return -1;
    return file_write(path, note, strlen(note), FILE_MODE, err);
}
