/* A witness request, as it comes on a stick: what is read can be written again, and says the same. */
#include "reports/witness_request.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct witness_request first, second;
    static char text[WITNESS_REQUEST_MAX];
    const struct merkle_hash root = {{0}};
    struct err err = {0};
    char *request = malloc(size + 1); /* of its own, so that a read beyond it is seen */
    FUZZ_CHECK(request);
    memcpy(request, data, size);
    int result = witness_request_read(&first, request, size, &err);
    free(request);
    if (result != 0) {
        FUZZ_CHECK(err.code != ERR_NONE && err.text[0]);
        return 0;
    }
    FUZZ_CHECK(first.count <= MERKLE_PATH_MAX);
    size_t length = witness_request_write(&first, text);
    FUZZ_CHECK(length < sizeof text && witness_request_read(&second, text, length, &err) == 0);
    FUZZ_CHECK(second.old_size == first.old_size && second.count == first.count &&
               memcmp(second.path, first.path, first.count * sizeof first.path[0]) == 0 &&
               strcmp(second.note, first.note) == 0);
    if (witness_request_check(&first, first.old_size, &root, &err) != 0)
        FUZZ_CHECK(err.text[0]);
    return 0;
}
