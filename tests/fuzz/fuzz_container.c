/* The strict ZIP reader: an error, or entries that together with their headers are the file, byte for byte. */
#include "reports/container.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct container c;
    struct err err = {0};
    if (container_read(&c, data, size, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && err.text[0]);
        return 0;
    }
    size_t accounted = 22;
    for (size_t i = 0; i < c.count; i++) {
        const struct container_entry *e = &c.entries[i];
        size_t name = strlen(e->name);
        FUZZ_CHECK(container_name_ok(e->name, name));
        FUZZ_CHECK(e->data >= data && e->data + e->size <= data + size);
        FUZZ_CHECK(container_find(&c, e->name) == e);
        accounted += 30 + 46 + 2 * name + e->size;
    }
    FUZZ_CHECK(accounted == size);
    return 0;
}
