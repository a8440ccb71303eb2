/* A receiver's list of decisions: each that is given out has a rising number, the hash of a package and is the very
 * text of the answer; what is wrong is said in one line. */
#include "reports/decision.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decision_page *page = malloc(sizeof *page);
    struct decision d;
    struct err err = {0};
    int64_t last = 3;
    char *body = malloc(size + 1); /* of its own, so that a read beyond it is seen */
    FUZZ_CHECK(page && body);
    memcpy(body, data, size);
    int got = decision_page_read(page, body, size, last, &err) == 0 ? 1 : -1;
    while (got > 0 && (got = decision_page_next(page, NULL, &d, &err)) > 0) {
        FUZZ_CHECK(d.n > last && strlen(d.package_sha256) == 64 && d.kind[0] && d.at[0]);
        FUZZ_CHECK(strlen(d.body) <= size && d.body[0] == '{');
        last = d.n;
    }
    FUZZ_CHECK(got == 0 || (err.code != ERR_NONE && err.text[0]));
    free(body);
    free(page);
    return 0;
}
