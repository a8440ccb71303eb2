/*
 * ZIP files as a forger makes them: any entries, with libzip, in memory.
 */
#ifndef TESTS_SUPPORT_ZIP_FORGE_H
#define TESTS_SUPPORT_ZIP_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include <zip.h>

struct zip_forge_file {
    const char *name;
    const void *data;
    size_t size;
    zip_int32_t method;      /* ZIP_CM_STORE, ZIP_CM_DEFLATE */
    zip_uint32_t attributes; /* Unix mode << 16; 0: libzip's own */
};

/* malloc'ed *bytes; asserts that all went well. `comment` may be NULL. */
void zip_forge(const struct zip_forge_file *files, size_t count, const char *comment, uint8_t **bytes, size_t *size);

#endif
