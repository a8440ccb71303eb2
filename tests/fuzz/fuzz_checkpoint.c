/* The checkpoint reader: what is read stands in the text, or an error. */
#include "reports/checkpoint_read.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checkpoint_read c;
    struct err err = {0};
    if (checkpoint_read(&c, (const char *)data, size, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && err.text[0]);
        return 0;
    }
    FUZZ_CHECK(c.signed_length < size && data[c.signed_length - 1] == '\n');
    FUZZ_CHECK(c.signature_length > 0 && c.signature_length <= CHECKPOINT_SIGNATURE_MAX);
    FUZZ_CHECK(strlen(c.origin) > 0 && memcmp(c.origin, data, strlen(c.origin)) == 0);
    return 0;
}
