#include "reports/contents.h"

#include <stdlib.h>
#include <string.h>

#include "reports/container.h"
#include "reports/file.h"
#include "reports/sha256.h"

int contents_read_package(struct contents *c, const char *path, const char *sha256, struct err *err)
{
    char hex[65];
    if (file_read(path, CONTAINER_SIZE_MAX, &c->package, &c->package_size, err) != 0)
        return -1;
    sha256_hex(c->package, c->package_size, hex);
    if (strcmp(hex, sha256) != 0)
        return err_set(err, ERR_INVALID, "the package's file is not what was sealed; restore it from a backup");
    return 0;
}

static void note(struct contents *c, const char *name, const uint8_t *data, size_t size)
{
    if (strcmp(name, "record.json") == 0) {
        c->record = (const char *)data;
        c->record_length = size;
    } else if (strcmp(name, "case.json") == 0) {
        c->case_json = (const char *)data;
        c->case_length = size;
    }
    c->files[c->files_count++] = (struct neutral_file){name, data, size};
}

/* One more place in the list of files. */
static int make_room(struct contents *c, size_t more, struct err *err)
{
    struct neutral_file *files = realloc(c->files, (c->files_count + more) * sizeof *files);
    if (!files)
        return err_set(err, ERR_FAILED, "out of memory");
    c->files = files;
    return 0;
}

static int own(struct contents *c, void *memory, struct err *err)
{
    void **owned = memory ? realloc(c->owned, (c->owned_count + 1) * sizeof *owned) : NULL;
    if (!owned) {
        free(memory);
        err_set(err, ERR_FAILED, "out of memory");
        return -1;
    }
    c->owned = owned;
    c->owned[c->owned_count++] = memory;
    return 0;
}

int contents_unpack(struct contents *c, struct err *err)
{
    struct container *zip = malloc(sizeof *zip);
    if (own(c, zip, err) != 0 || container_read(zip, (const uint8_t *)c->package, c->package_size, err) != 0 ||
        make_room(c, zip->count, err) != 0)
        return -1;
    for (size_t i = 0; i < zip->count; i++)
        note(c, zip->entries[i].name, zip->entries[i].data, zip->entries[i].size);
    return c->record ? 0 : err_set(err, ERR_INVALID, "there is no record in the package");
}

int contents_add(struct contents *c, const char *name, void *data, size_t size, struct err *err)
{
    char *copy = strdup(name);
    if (own(c, data, err) != 0) {
        free(copy);
        return -1;
    }
    if (own(c, copy, err) != 0 || make_room(c, 1, err) != 0)
        return -1;
    note(c, copy, data, size);
    return 0;
}

void contents_free(struct contents *c)
{
    for (size_t i = 0; i < c->owned_count; i++)
        free(c->owned[i]);
    free(c->decision);
    free(c->owned);
    free(c->files);
    free(c->package);
    *c = (struct contents){0};
}
