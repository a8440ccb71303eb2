/* GBK to UTF-8: known characters, the borders of the table, bytes that are none. */
#include "protocols/gbk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/utf8.h"

static void assert_reads(const char *gbk, size_t length, const char *expected)
{
    char out[GBK_UTF8_SIZE(64)];
    assert_int_equal(gbk_to_utf8(gbk, length, out, sizeof out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_known_characters(void **state)
{
    (void)state;
    assert_reads("", 0, "");
    assert_reads("\xD0\xC2"
                 "B12345",
                 8, "新B12345");
    assert_reads("\xBB\xC6", 2, "黄");
    assert_reads("\xBE\xA9\xA1\xA4"
                 "A",
                 5, "京·A");                     /* the dot of a plate */
    assert_reads("\xA3\xC1\xA3\xB1", 4, "Ａ１"); /* full width */
    assert_reads("\x81\x40", 2, "丂");           /* the first one */
    assert_reads("\xE9\x46", 2, "镕");           /* beyond GB 2312, second byte like a letter */
    assert_reads("\xFE\x4F", 2, "\xEF\xA8\xA9"); /* the last one */
}

static void test_what_is_none(void **state)
{
    (void)state;
    assert_reads("\x80", 1, "\uFFFD");
    assert_reads("\xFF"
                 "A",
                 2, "\uFFFDA");
    assert_reads("\xD0", 1, "\uFFFD");      /* cut in two */
    assert_reads("\xD0\x20", 2, "\uFFFD "); /* no second byte: what follows is not swallowed */
    assert_reads("\xD0\x7F", 2, "\uFFFD\x7F");
    assert_reads("\xAA\xA1", 2, "\uFFFD"); /* private use */
}

static void test_any_bytes_give_utf8(void **state)
{
    (void)state;
    for (unsigned a = 0x80; a < 0x100; a++)
        for (unsigned b = 1; b < 0x100; b++) {
            const char text[3] = {(char)a, (char)b, ' '};
            char out[GBK_UTF8_SIZE(3)];
            ptrdiff_t length = gbk_to_utf8(text, 3, out, sizeof out);
            assert_true(length >= 2);
            assert_int_equal(utf8_check(out, (size_t)length), length);
            assert_int_equal(out[length - 1], ' ');
        }
}

static void test_room(void **state)
{
    (void)state;
    char out[8];
    assert_int_equal(gbk_to_utf8("\xD0\xC2", 2, out, 4), 3);
    assert_int_equal(gbk_to_utf8("\xD0\xC2", 2, out, 3), -1);
    assert_int_equal(gbk_to_utf8("", 0, out, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_characters),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_any_bytes_give_utf8),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
