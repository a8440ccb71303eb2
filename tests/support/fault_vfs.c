#include "tests/support/fault_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES_MAX = 4, SECTOR = 512 };

struct change {
    struct change *next;
    bool truncate; /* to `offset` */
    size_t offset, length;
    uint8_t data[];
};

/* One file's life since the power play began. */
struct image {
    char path[512];
    uint8_t *durable;
    size_t size;
    struct change *first, **last;
};

struct file {
    sqlite3_file base;
    struct image *image; /* NULL: power is not played on it */
    sqlite3_file *real;  /* follows this struct */
};

static struct {
    sqlite3_vfs vfs, *real;
    unsigned operations;
    enum fault_how how;
    long nth, seen;
    bool lasting;
    bool power, cut;
    long cut_at, changes;
    char dir[512];
    struct image images[IMAGES_MAX];
    size_t images_count;
} state;

void fault_arm(unsigned operations, enum fault_how how, long nth, bool lasting)
{
    state.operations = operations;
    state.how = how;
    state.nth = nth;
    state.lasting = lasting;
    state.seen = 0;
}

void fault_disarm(void)
{
    state.operations = 0;
}

long fault_seen(void)
{
    return state.seen;
}

static bool fails(enum fault_operation operation)
{
    if (!(state.operations & operation))
        return false;
    state.seen++;
    return state.nth > 0 && (state.seen == state.nth || (state.lasting && state.seen > state.nth));
}

static int code_of(int ioerr)
{
    return state.how == FAULT_FULL ? SQLITE_FULL : ioerr;
}

/* ---- power ---- */

static void note_change(struct image *image, bool truncate, const void *data, size_t length, size_t offset)
{
    struct change *c = malloc(sizeof *c + length);
    assert(c);
    *c = (struct change){.truncate = truncate, .offset = offset, .length = length};
    if (length > 0)
        memcpy(c->data, data, length);
    *image->last = c;
    image->last = &c->next;
}

static void apply(struct image *image, const struct change *c, size_t length)
{
    size_t end = c->truncate ? c->offset : c->offset + length;
    if (end > image->size || c->truncate) {
        image->durable = realloc(image->durable, end + 1);
        assert(image->durable);
        if (end > image->size)
            memset(image->durable + image->size, 0, end - image->size);
        image->size = end;
    }
    if (length > 0)
        memcpy(image->durable + c->offset, c->data, length);
}

static struct change *take_first(struct image *image)
{
    struct change *c = image->first;
    image->first = c->next;
    if (!image->first)
        image->last = &image->first;
    return c;
}

static void sync_image(struct image *image)
{
    while (image->first) {
        struct change *c = take_first(image);
        apply(image, c, c->length);
        free(c);
    }
}

/* Counts a change while power is played; true once it is gone. */
static bool power_gone(const struct file *f)
{
    if (!state.power || !f->image)
        return state.cut;
    if (++state.changes >= state.cut_at)
        state.cut = true;
    return state.cut;
}

static struct image *image_of(const char *path)
{
    if (!state.power || !path || strncmp(path, state.dir, strlen(state.dir)) != 0)
        return NULL;
    for (size_t i = 0; i < state.images_count; i++)
        if (strcmp(state.images[i].path, path) == 0)
            return &state.images[i];
    assert(state.images_count < IMAGES_MAX);
    struct image *image = &state.images[state.images_count++];
    *image = (struct image){.last = &image->first};
    snprintf(image->path, sizeof image->path, "%s", path);
    FILE *f = fopen(path, "rb");
    if (f) {
        fseek(f, 0, SEEK_END);
        image->size = (size_t)ftell(f);
        rewind(f);
        image->durable = malloc(image->size + 1);
        assert(image->durable && fread(image->durable, 1, image->size, f) == image->size);
        fclose(f);
    }
    return image;
}

void fault_power_begin(const char *dir, long cut_at)
{
    snprintf(state.dir, sizeof state.dir, "%s", dir);
    state.power = true;
    state.cut = false;
    state.cut_at = cut_at;
    state.changes = 0;
}

static void restore(struct image *image, unsigned luck)
{
    while (image->first) {
        struct change *c = take_first(image);
        bool last = !image->first;
        size_t sectors = c->length / SECTOR;
        size_t torn = sectors ? (size_t)rand() % (sectors + 1) * SECTOR : 0; // NOLINT(cert-msc30-c,cert-msc50-cpp)
        int chance = rand() % 3;                                             // NOLINT(cert-msc30-c,cert-msc50-cpp)
        if (luck == 1)
            apply(image, c, last && !c->truncate ? torn : c->length);
        else if (luck > 1 && chance > 0)
            apply(image, c, chance == 1 && !c->truncate ? torn : c->length);
        free(c);
    }
    FILE *f = fopen(image->path, "wb");
    assert(f && (image->size == 0 || fwrite(image->durable, 1, image->size, f) == image->size));
    fclose(f);
    free(image->durable);
}

bool fault_power_restore(unsigned luck)
{
    bool cut = state.cut;
    srand(luck);
    for (size_t i = 0; i < state.images_count; i++)
        restore(&state.images[i], luck);
    state.images_count = 0;
    state.power = state.cut = false;
    return cut;
}

/* ---- the file ---- */

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct file *)f)->real;
}

static int file_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_read(sqlite3_file *f, void *data, int length, sqlite3_int64 offset)
{
    if (state.cut || fails(FAULT_READ))
        return SQLITE_IOERR_READ;
    return real_of(f)->pMethods->xRead(real_of(f), data, length, offset);
}

static int file_write(sqlite3_file *f, const void *data, int length, sqlite3_int64 offset)
{
    struct file *mine = (struct file *)f;
    if (power_gone(mine))
        return SQLITE_IOERR_WRITE;
    bool failing = fails(FAULT_WRITE);
    if (failing && (state.how == FAULT_IOERR || state.how == FAULT_FULL))
        return code_of(SQLITE_IOERR_WRITE);
    int done = failing && state.how == FAULT_HALF ? length / 2 : length;
    if (mine->image)
        note_change(mine->image, false, data, (size_t)done, (size_t)offset);
    int rc = real_of(f)->pMethods->xWrite(real_of(f), data, done, offset);
    return failing ? SQLITE_IOERR_WRITE : rc;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct file *mine = (struct file *)f;
    if (power_gone(mine))
        return SQLITE_IOERR_TRUNCATE;
    bool failing = fails(FAULT_TRUNCATE);
    if (failing && state.how != FAULT_LATE)
        return code_of(SQLITE_IOERR_TRUNCATE);
    if (mine->image)
        note_change(mine->image, true, NULL, 0, (size_t)size);
    int rc = real_of(f)->pMethods->xTruncate(real_of(f), size);
    return failing ? SQLITE_IOERR_TRUNCATE : rc;
}

/* Nothing is really synced: the power play is what syncs are checked against, and the tests are quick. */
static int file_sync(sqlite3_file *f, int flags)
{
    struct file *mine = (struct file *)f;
    (void)flags;
    if (power_gone(mine))
        return SQLITE_IOERR_FSYNC;
    if (fails(FAULT_SYNC))
        return code_of(SQLITE_IOERR_FSYNC);
    if (mine->image)
        sync_image(mine->image);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int file_lock(sqlite3_file *f, int lock)
{
    return real_of(f)->pMethods->xLock(real_of(f), lock);
}

static int file_unlock(sqlite3_file *f, int lock)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), lock);
}

static int file_check_lock(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    if (fails(FAULT_SHM)) {
        *out = NULL;
        return SQLITE_IOERR_SHMMAP;
    }
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int delete_it)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory-mapped reads: they could not be failed */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *flags_out)
{
    struct file *mine = (struct file *)f;
    (void)vfs;
    f->pMethods = NULL;
    if (state.cut || fails(FAULT_OPEN))
        return SQLITE_CANTOPEN;
    mine->real = (sqlite3_file *)(mine + 1);
    mine->image = image_of(name);
    int rc = state.real->xOpen(state.real, name, mine->real, flags, flags_out);
    if (rc == SQLITE_OK)
        f->pMethods = &methods;
    return rc;
}

void fault_vfs_install(void)
{
    state.real = sqlite3_vfs_find(NULL);
    state.vfs = *state.real; /* all but opening is the real one's */
    state.vfs.zName = "fault";
    state.vfs.szOsFile = (int)sizeof(struct file) + state.real->szOsFile;
    state.vfs.xOpen = vfs_open;
    sqlite3_vfs_register(&state.vfs, 1);
}
