#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reports/container.h"
#include "reports/container_format.h"
#include "reports/crc32.h"
#include "station/core/civil.h"

enum {
    MADE_BY = 3 << 8 | 63, /* Unix, APPNOTE 6.3 */
    NEEDED = 10,           /* to read it: 1.0 */
    READABLE = 0644,
};

struct writer {
    uint8_t *at;
};

static void put16(struct writer *w, unsigned value)
{
    *w->at++ = (uint8_t)value;
    *w->at++ = (uint8_t)(value >> 8);
}

static void put32(struct writer *w, uint32_t value)
{
    put16(w, value & 0xFFFF);
    put16(w, value >> 16);
}

static void put_bytes(struct writer *w, const void *data, size_t size)
{
    if (size > 0)
        memcpy(w->at, data, size);
    w->at += size;
}

/* What a local header and its directory entry have in common: 26 bytes. */
struct common {
    uint8_t bytes[CONTAINER_LOCAL_SIZE - 4];
};

static struct common describe(const struct container_file *file, int64_t unix_ms)
{
    struct common c;
    struct writer w = {c.bytes};
    struct civil_date day = civil_date_of(unix_ms, 0);
    unsigned second = (unsigned)(unix_ms / 1000 % 86400);
    put16(&w, NEEDED);
    put16(&w, 0); /* flags */
    put16(&w, 0); /* stored */
    put16(&w, second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
    put16(&w, (unsigned)((day.year - 1980) << 9 | day.month << 5 | day.day));
    put32(&w, crc32_of(file->data, file->size));
    put32(&w, (uint32_t)file->size);
    put32(&w, (uint32_t)file->size);
    put16(&w, (unsigned)strlen(file->name));
    put16(&w, 0); /* no extra fields */
    return c;
}

static void put_entry(struct writer *w, const struct container_file *file, const struct common *c, uint32_t header_at)
{
    put32(w, CONTAINER_DIRECTORY);
    put16(w, MADE_BY);
    put_bytes(w, c->bytes, sizeof c->bytes);
    put16(w, 0); /* no comment */
    put16(w, 0); /* on the first disk */
    put16(w, 0); /* binary */
    put32(w, (uint32_t)(CONTAINER_REGULAR_FILE | READABLE) << 16);
    put32(w, header_at);
    put_bytes(w, file->name, strlen(file->name));
}

static void put_end(struct writer *w, size_t count, uint32_t directory_at, uint32_t length)
{
    put32(w, CONTAINER_END);
    put32(w, 0); /* one disk */
    put16(w, (unsigned)count);
    put16(w, (unsigned)count);
    put32(w, length);
    put32(w, directory_at);
    put16(w, 0); /* no comment */
}

static size_t size_of(const struct container_file *files, size_t count)
{
    size_t size = CONTAINER_END_SIZE;
    for (size_t i = 0; i < count; i++)
        size += CONTAINER_LOCAL_SIZE + CONTAINER_DIRECTORY_SIZE + 2 * strlen(files[i].name) + files[i].size;
    return size;
}

int container_write(const struct container_file *files, size_t count, int64_t unix_ms, uint8_t **out, size_t *size,
                    struct err *err)
{
    struct common common[CONTAINER_ENTRIES_MAX];
    uint32_t header_at[CONTAINER_ENTRIES_MAX];
    assert(count <= CONTAINER_ENTRIES_MAX);
    *size = size_of(files, count);
    if (*size > CONTAINER_SIZE_MAX)
        return err_set(err, ERR_INVALID, "the package would have %zu bytes; at most %d are allowed", *size,
                       CONTAINER_SIZE_MAX);
    uint8_t *bytes = malloc(*size);
    if (!bytes)
        return err_set(err, ERR_FAILED, "out of memory while the package is sealed");
    struct writer w = {bytes};
    for (size_t i = 0; i < count; i++) {
        header_at[i] = (uint32_t)(w.at - bytes);
        common[i] = describe(&files[i], unix_ms);
        put32(&w, CONTAINER_LOCAL);
        put_bytes(&w, common[i].bytes, sizeof common[i].bytes);
        put_bytes(&w, files[i].name, strlen(files[i].name));
        put_bytes(&w, files[i].data, files[i].size);
    }
    uint32_t directory_at = (uint32_t)(w.at - bytes);
    for (size_t i = 0; i < count; i++)
        put_entry(&w, &files[i], &common[i], header_at[i]);
    put_end(&w, count, directory_at, (uint32_t)(w.at - bytes) - directory_at);
    assert(w.at == bytes + *size);
    *out = bytes;
    return 0;
}
