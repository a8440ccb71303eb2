/* The archive that a backup is: an error, or entries that, written again, are the file byte for byte. */
#include "station/archive.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct copy {
    struct archive archive;
    char *bytes;
    size_t length;
};

static void copy_begin(struct copy *c)
{
    *c = (struct copy){.archive.path = "copy"};
    c->archive.file = open_memstream(&c->bytes, &c->length);
    FUZZ_CHECK(c->archive.file);
    sha256_init(&c->archive.whole);
}

/* The entry at hand: taken, and added to the copy. */
static int copy_entry(struct copy *c, struct archive *from, const char *name, uint64_t size, struct err *err)
{
    char *content = NULL, sha256[65], again[65];
    size_t length = 0;
    FILE *to = open_memstream(&content, &length);
    FUZZ_CHECK(to && archive_name_ok(name));
    int result = archive_take(from, to, sha256, err);
    fclose(to);
    if (result == 0) {
        FUZZ_CHECK(length == size && from->left == 0);
        FILE *file = length > 0 ? fmemopen(content, length, "r") : fopen("/dev/null", "r");
        FUZZ_CHECK(file && archive_add(&c->archive, name, file, size, again, err) == 0);
        FUZZ_CHECK(strcmp(sha256, again) == 0);
        fclose(file);
    }
    free(content);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct copy copy;
    char name[ARCHIVE_NAME_MAX];
    uint64_t length = 0;
    if (size == 0)
        return 0;
    char *bytes = malloc(size);
    FUZZ_CHECK(bytes);
    memcpy(bytes, data, size);
    struct archive a = {.path = "fuzz", .file = fmemopen(bytes, size, "r")};
    FUZZ_CHECK(a.file);
    sha256_init(&a.whole);
    copy_begin(&copy);
    int result = 1;
    while (result > 0 && (result = archive_next(&a, name, &length, &err)) > 0)
        if (copy_entry(&copy, &a, name, length, &err) != 0)
            result = -1;
    if (result == 0)
        FUZZ_CHECK(archive_add_end(&copy.archive, &err) == 0);
    fclose(copy.archive.file);
    FUZZ_CHECK(result == 0 || (err.code != ERR_NONE && err.text[0] && !strpbrk(err.text, "\r\n")));
    FUZZ_CHECK(result != 0 || (copy.length == size && memcmp(copy.bytes, bytes, size) == 0));
    fclose(a.file);
    free(copy.bytes);
    free(bytes);
    return 0;
}
