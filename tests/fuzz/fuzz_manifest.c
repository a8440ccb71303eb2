/* The manifest reader: entries with names and digests, or an error that names the line. */
#include "reports/manifest_read.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct manifest_read m;
    struct err err = {0};
    if (manifest_read(&m, (const char *)data, size, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && err.text[0]);
        return 0;
    }
    FUZZ_CHECK(m.count >= 1 && m.count <= MANIFEST_REFERENCES_MAX);
    FUZZ_CHECK(m.signature[0] && strlen(m.signature) < sizeof m.signature);
    for (size_t i = 0; i < m.count; i++) {
        FUZZ_CHECK(m.references[i].name[0] && strlen(m.references[i].name) < CONTAINER_NAME_MAX);
        FUZZ_CHECK(m.references[i].algorithm < MANIFEST_ALGORITHM_COUNT);
    }
    return 0;
}
