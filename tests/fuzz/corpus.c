/* Plays every file of tests/fuzz/corpus/NAME/ through the fuzzer that is linked in; NAME from the program's own name,
 * test_corpus_NAME. One TAP line a file. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The input lies alone at the end of its own block: reading past it is seen. */
static int play(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        return -1;
    long size = ftell(f);
    uint8_t *data = size >= 0 ? malloc(size > 0 ? (size_t)size : 1) : NULL;
    rewind(f);
    bool read = data && fread(data, 1, (size_t)size, f) == (size_t)size;
    fclose(f);
    if (read)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return read ? 0 : -1;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    static const char prefix[] = "test_corpus_";
    char path[512];
    struct dirent **entries = NULL;
    const char *name = argc > 0 ? strstr(argv[0], prefix) : NULL;
    if (!name)
        return 2;
    name += sizeof prefix - 1;
    snprintf(path, sizeof path, "tests/fuzz/corpus/%s", name);
    int count = scandir(path, &entries, is_input, alphasort);
    int failed = 0;
    if (count <= 0)
        printf("not ok 1 - no inputs in %s\n", path);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "tests/fuzz/corpus/%s/%s", name, entries[i]->d_name);
        printf("# %s\n", path);
        fflush(stdout);
        int result = play(path);
        failed += result != 0;
        printf("%s %d - %s\n", result == 0 ? "ok" : "not ok", i + 1, path);
        free(entries[i]);
    }
    free(entries);
    return count > 0 && failed == 0 ? 0 : 1;
}
