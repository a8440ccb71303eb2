/* The signature reader: an error, or a signer and a time; and what it says twice is the same. */
#include "reports/sealcheck.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t text[] = "<manifest/>";
    struct sealcheck s;
    struct err err = {0};
    if (sealcheck_open(&s, data, size, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && err.text[0] && !s.cms && !s.signer);
        return 0;
    }
    FUZZ_CHECK(s.signer && s.cms);
    int first = sealcheck_signature(&s, text, sizeof text - 1, &err);
    FUZZ_CHECK(first == sealcheck_signature(&s, text, sizeof text - 1, &err));
    sealcheck_close(&s);
    return 0;
}
