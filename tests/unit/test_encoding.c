/* Bytes as text: RFC 4648 section 10's vectors and what strict means. */
#include "reports/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void published_base64_vectors(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32];
        uint8_t bytes[8];
        size_t size = strlen(rows[i][0]);
        encoding_base64((const uint8_t *)rows[i][0], size, text);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(encoding_unbase64(text, strlen(text), bytes, sizeof bytes), size);
        assert_memory_equal(bytes, rows[i][0], size);
    }
}

static void one_text_for_one_value(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Zh==", "Zm9=", "Zg=", "Zg", "Z===", "====", "Zm9v\n", " Zm9v", "Zm-v", "Zg==Zg=="};
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(encoding_unbase64(wrong[i], strlen(wrong[i]), bytes, sizeof bytes), -1);
    assert_int_equal(encoding_unbase64("Zm\0v", 4, bytes, sizeof bytes), -1);
    assert_int_equal(encoding_unbase64("Zm9v", 4, bytes, 2), -1);
    assert_true(encoding_unhex("00ff", 4, bytes, 2));
    assert_false(encoding_unhex("00FF", 4, bytes, 2));
    assert_false(encoding_unhex("00f", 3, bytes, 2));
    assert_false(encoding_unhex("00f\0", 4, bytes, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_base64_vectors),
        cmocka_unit_test(one_text_for_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
