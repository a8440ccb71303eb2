/* A picture that somebody hands in: what is read of it is clean text and a size. */
#include "protocols/jpeg.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static void check_text(const char text[JPEG_TEXT_MAX])
{
    FUZZ_CHECK(strnlen(text, JPEG_TEXT_MAX) < JPEG_TEXT_MAX);
    for (; *text; text++)
        FUZZ_CHECK(*text >= 0x20 && *text <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jpeg j;
    const char *wrong = jpeg_read(&j, data, size);
    FUZZ_CHECK(wrong || (j.width > 0 && j.height > 0));
    check_text(j.taken);
    check_text(j.maker);
    check_text(j.model);
    return 0;
}
