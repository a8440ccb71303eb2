#include "reports/container.h"

#include <stdbool.h>
#include <string.h>

enum {
    LOCAL_SIZE = 30,
    DIRECTORY_SIZE = 46,
    END_SIZE = 22,
    REGULAR_FILE = 0100000,
    TYPE_MASK = 0170000,
};

static const uint32_t local_magic = 0x04034b50, directory_magic = 0x02014b50, end_magic = 0x06054b50;

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xEDB88320U ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < size; i++)
        crc = table[(crc ^ data[i]) & 0xFF] ^ crc >> 8;
    return crc ^ 0xFFFFFFFFU;
}

static bool name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '/';
}

bool container_name_ok(const char *name, size_t length)
{
    if (length == 0 || length >= CONTAINER_NAME_MAX || name[length - 1] == '/')
        return false;
    for (size_t i = 0; i < length; i++) {
        bool starts_part = i == 0 || name[i - 1] == '/';
        if (!name_char((uint8_t)name[i]) || (starts_part && (name[i] == '/' || name[i] == '.')))
            return false;
    }
    return true;
}

static bool same_name_ignoring_case(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a;
        int y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y)
            return false;
    }
    return *a == *b;
}

/* The end record: the last 22 bytes, one disk, no comment. Gives where the directory begins and how many entries. */
static int read_end(const struct container *c, size_t *directory_at, size_t *count, struct err *err)
{
    if (c->size < END_SIZE)
        return err_set(err, ERR_INVALID, "this is not a package: %zu bytes are too few for a ZIP file", c->size);
    const uint8_t *end = c->data + c->size - END_SIZE;
    if (get32(end) != end_magic)
        return err_set(err, ERR_INVALID,
                       "this is not a complete package: no ZIP end record in the last %d bytes (cut short, or "
                       "something was added behind it)",
                       END_SIZE);
    size_t at = get32(end + 16);
    size_t length = get32(end + 12);
    *count = get16(end + 10);
    if (get16(end + 4) != 0 || get16(end + 6) != 0 || get16(end + 8) != *count || get16(end + 20) != 0)
        return err_set(err, ERR_INVALID, "the ZIP end record has several disks, a comment or two entry counts");
    if (*count == 0 || *count > CONTAINER_ENTRIES_MAX)
        return err_set(err, ERR_INVALID, "the package has %zu entries; 1 to %d are allowed", *count,
                       CONTAINER_ENTRIES_MAX);
    if (length > c->size - END_SIZE || at != c->size - END_SIZE - length)
        return err_set(err, ERR_INVALID,
                       "the ZIP directory (%zu bytes from byte %zu) does not end where the end record begins", length,
                       at);
    *directory_at = at;
    return 0;
}

/* What both headers must say: fields at the same distance from `version needed`. */
static int check_common(const char *name, const uint8_t *fields, struct err *err)
{
    if (get16(fields + 4) != 0)
        return err_set(err, ERR_INVALID, "%s is compressed; every entry must be stored as it is", name);
    if (get16(fields + 2) != 0)
        return err_set(err, ERR_INVALID, "%s: encryption, data descriptors and other ZIP flags are not allowed", name);
    if (get16(fields) != 10 && get16(fields) != 20)
        return err_set(err, ERR_INVALID, "%s: the ZIP header asks for version %u; 10 and 20 are allowed", name,
                       (unsigned)get16(fields));
    if (get32(fields + 14) != get32(fields + 18))
        return err_set(err, ERR_INVALID, "%s is stored, but its two sizes differ", name);
    return 0;
}

/* Compares the local header with its directory entry, finds the data and checks the CRC. */
static int read_local(const struct container *c, struct container_entry *entry, const uint8_t *directory,
                      size_t directory_at, size_t *next, struct err *err)
{
    size_t name_length = get16(directory + 28);
    size_t at = entry->header_at;
    entry->size = get32(directory + 24);
    if (directory_at - at < LOCAL_SIZE + name_length || directory_at - at - LOCAL_SIZE - name_length < entry->size)
        return err_set(err, ERR_INVALID, "%s does not fit before the ZIP directory", entry->name);
    const uint8_t *local = c->data + at;
    if (get32(local) != local_magic)
        return err_set(err, ERR_INVALID, "%s: no ZIP entry begins at byte %zu", entry->name, at);
    if (memcmp(local + 4, directory + 6, 24) != 0 || get16(local + 28) != 0 ||
        memcmp(local + LOCAL_SIZE, directory + DIRECTORY_SIZE, name_length) != 0)
        return err_set(err, ERR_INVALID, "%s: the ZIP header before the data and the ZIP directory differ",
                       entry->name);
    entry->data = local + LOCAL_SIZE + name_length;
    *next = at + LOCAL_SIZE + name_length + entry->size;
    if (crc32_of(entry->data, entry->size) != get32(directory + 16))
        return err_set(err, ERR_INVALID, "%s: the content does not have the checksum in the ZIP directory",
                       entry->name);
    return 0;
}

/* One directory entry at `directory`, which must describe the local entry at `at`. */
static int read_entry(struct container *c, const uint8_t *directory, size_t left, size_t at, size_t directory_at,
                      size_t *next, struct err *err)
{
    size_t number = c->count + 1;
    if (left < DIRECTORY_SIZE || get32(directory) != directory_magic)
        return err_set(err, ERR_INVALID, "entry %zu is missing in the ZIP directory", number);
    size_t name_length = get16(directory + 28);
    if (left - DIRECTORY_SIZE < name_length ||
        !container_name_ok((const char *)directory + DIRECTORY_SIZE, name_length))
        return err_set(err, ERR_INVALID,
                       "entry %zu: the name is not a plain relative path of letters, digits, '.', '_', '-' and '/'",
                       number);
    struct container_entry *entry = &c->entries[c->count];
    memcpy(entry->name, directory + DIRECTORY_SIZE, name_length);
    entry->name[name_length] = '\0';
    for (size_t i = 0; i < c->count; i++) {
        if (same_name_ignoring_case(c->entries[i].name, entry->name))
            return err_set(err, ERR_INVALID, "%s is there twice", entry->name);
    }
    if (check_common(entry->name, directory + 6, err))
        return -1;
    uint32_t file_type = get32(directory + 38) >> 16 & TYPE_MASK;
    if (get16(directory + 30) != 0 || get16(directory + 32) != 0 || get16(directory + 34) != 0 ||
        get16(directory + 36) != 0 || (file_type != 0 && file_type != REGULAR_FILE) ||
        (get32(directory + 38) & 0xFFFF) != 0)
        return err_set(err, ERR_INVALID, "%s has extra ZIP fields, or is not a regular file", entry->name);
    entry->header_at = get32(directory + 42);
    if (entry->header_at != at)
        return err_set(err, ERR_INVALID, "%s: the ZIP directory says byte %zu, but the entry before it ends at %zu",
                       entry->name, entry->header_at, at);
    if (read_local(c, entry, directory, directory_at, next, err))
        return -1;
    c->count++;
    return 0;
}

int container_read(struct container *c, const uint8_t *data, size_t size, struct err *err)
{
    *c = (struct container){.data = data, .size = size};
    if (size > CONTAINER_SIZE_MAX)
        return err_set(err, ERR_INVALID, "the package has %zu bytes; at most %d are allowed", size, CONTAINER_SIZE_MAX);
    size_t directory_at = 0, count = 0;
    if (read_end(c, &directory_at, &count, err))
        return -1;
    size_t at = 0;
    size_t directory_end = size - END_SIZE;
    const uint8_t *first = data + directory_at;
    const uint8_t *directory = first;
    while (c->count < count) {
        if (read_entry(c, directory, (size_t)(data + directory_end - directory), at, directory_at, &at, err))
            return -1;
        /* what only the directory says (maker, attributes) must be alike in all entries */
        if (get16(directory + 4) != get16(first + 4) || get32(directory + 38) != get32(first + 38))
            return err_set(err, ERR_INVALID, "%s: maker or attributes in the ZIP directory differ from the first entry",
                           c->entries[c->count - 1].name);
        directory += DIRECTORY_SIZE + get16(directory + 28);
    }
    if (directory != data + directory_end)
        return err_set(err, ERR_INVALID, "the ZIP directory is longer than its %zu entries", count);
    if (at != directory_at)
        return err_set(err, ERR_INVALID, "there are bytes between the last entry and the ZIP directory (byte %zu)", at);
    return 0;
}

const struct container_entry *container_find(const struct container *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->entries[i].name, name) == 0)
            return &c->entries[i];
    }
    return NULL;
}
