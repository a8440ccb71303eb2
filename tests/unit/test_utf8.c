/* UTF-8 by the table of RFC 3629, what may be shown, and texts that were cut in the middle of a character. */
#include "station/core/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_is_read_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x110000; code++) {
        char text[4];
        size_t length = utf8_put(code, text), size = 9;
        bool good = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        assert_int_equal(utf8_next(text, length, &size), good ? code : 0);
        assert_int_equal(size, good ? length : 0);
        if (good && length > 1)
            assert_int_equal(utf8_check(text, length - 1), 0); /* cut */
    }
}

static void what_is_no_utf8(void **state)
{
    static const char *const bad[] = {
        "\x80", "\xBF", "\xC0\x80", "\xC1\xBF",     "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80",
        "\xFF", "\xC2", "\xC2\x41", "\xE4\xBA\x41", "\xC2\xC0"};
    size_t size = 9;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(utf8_next(bad[i], strlen(bad[i]), &size), 0);
        assert_int_equal(size, 0);
    }
    assert_int_equal(utf8_next("", 0, &size), 0);
    assert_int_equal(size, 0);
    assert_int_equal(utf8_check("新B\xFFx", 6), 4);
}

/* Controls, and what makes a text look like another one: soft hyphens, directions, tags. */
static void only_what_can_be_seen_is_shown(void **state)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {{0x01, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x200B, 0x200F},
                  {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};
    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        for (uint32_t code = hidden[i].first - 1; code <= hidden[i].last + 1; code++) {
            char text[8] = "", as[8];
            if (code == 0)
                continue;
            utf8_put(code, text);
            strcpy(as, text);
            utf8_plain(text);
            assert_string_equal(text, code < hidden[i].first || code > hidden[i].last ? as : "?");
        }
    char text[] = "a\xFF"
                  "b\xE4\xBA";
    utf8_plain(text);
    assert_string_equal(text, "a?b??");
}

static void half_a_character_at_the_end_goes(void **state)
{
    static const char *const whole[] = {"a", "é", "新", "😀", ""};
    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        for (size_t cut = 0; cut <= strlen(whole[i]); cut++) {
            char text[8] = "x";
            strncat(text, whole[i], cut);
            utf8_trim(text);
            assert_int_equal(strlen(text), 1 + (cut == strlen(whole[i]) ? cut : 0));
        }
    char loose[] = "\x80\x80";
    utf8_trim(loose); /* begins nowhere: left to utf8_check */
    assert_int_equal(strlen(loose), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_read_back),
        cmocka_unit_test(what_is_no_utf8),
        cmocka_unit_test(only_what_can_be_seen_is_shown),
        cmocka_unit_test(half_a_character_at_the_end_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
