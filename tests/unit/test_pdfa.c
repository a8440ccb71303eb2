/* The update that makes a PDF archival: what it appends, and files that it does not understand. */
#include "reports/pdfa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct pdfa about = {"A < B & C", "smogd", "test", "2026-07-01T00:00:00Z"};

/* As cairo 1.16 writes it, but smaller. */
static size_t small_pdf(char out[1024])
{
    size_t offsets[4];
    int used = snprintf(out, 1024, "%%PDF-1.5\n%%\xB5\xED\xAE\xFB\n");
    offsets[1] = (size_t)used;
    used += snprintf(out + used, 1024 - (size_t)used,
                     "1 0 obj\n<< /Type /Font /Subtype /CIDFontType2 /W [0 [1]] >>\nendobj\n");
    offsets[2] = (size_t)used;
    used += snprintf(out + used, 1024 - (size_t)used, "2 0 obj\n<< /Type /Catalog\n   /Pages 9 0 R\n>>\nendobj\n");
    offsets[3] = (size_t)used;
    used += snprintf(out + used, 1024 - (size_t)used,
                     "3 0 obj\n<< /Length 4 0 R >>\nstream\n/CIDFontType2 >>\nendstream\nendobj\n");
    int table = used;
    used += snprintf(out + used, 1024 - (size_t)used,
                     "xref\n0 4\n0000000000 65535 f \n%010zu 00000 n \n%010zu 00000 n \n%010zu 00000 n \n", offsets[1],
                     offsets[2], offsets[3]);
    used += snprintf(out + used, 1024 - (size_t)used,
                     "trailer\n<< /Size 4\n   /Root 2 0 R\n   /Info 1 0 R\n>>\nstartxref\n%d\n%%%%EOF\n", table);
    return (size_t)used;
}

static int count_of(const char *text, size_t length, const char *word)
{
    int count = 0;
    for (size_t i = 0; i + strlen(word) <= length; i++)
        count += memcmp(text + i, word, strlen(word)) == 0;
    return count;
}

static void what_is_missing_is_appended(void **state)
{
    (void)state;
    char pdf[1024];
    size_t size = small_pdf(pdf), length, again_length;
    char *made = (char *)pdfa_update((const uint8_t *)pdf, size, &about, &length);
    char *again = (char *)pdfa_update((const uint8_t *)pdf, size, &about, &again_length);
    assert_non_null(made);
    assert_int_equal(length, again_length);
    assert_memory_equal(made, again, length);
    assert_int_equal(
        count_of(made, length, "2 0 obj\n<< /Type /Catalog\n   /Pages 9 0 R\n /Metadata 4 0 R /OutputIntents [<<"), 1);
    assert_int_equal(count_of(made, length, "/W [0 [1]]  /CIDToGIDMap /Identity >>"), 1);
    assert_int_equal(count_of(made, length, "A &lt; B &amp; C"), 1);
    assert_int_equal(count_of(made, length, "3 0 obj"), 0); /* a stream is no font */
    free(made);
    free(again);
}

static void other_files_are_left_alone(void **state)
{
    (void)state;
    char pdf[1024];
    size_t size = small_pdf(pdf), length;
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1); /* so that a byte too far is seen */
        memcpy(part, pdf, cut);
        uint8_t *made = pdfa_update((const uint8_t *)part, cut, &about, &length);
        assert_true(!made || cut + 8 > size); /* the last line's end may be missing */
        free(made);
        free(part);
    }
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            pdf[i] = (char)(pdf[i] ^ 1 << bit);
            free(pdfa_update((const uint8_t *)pdf, size, &about, &length));
            pdf[i] = (char)(pdf[i] ^ 1 << bit);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_appended),
        cmocka_unit_test(other_files_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
