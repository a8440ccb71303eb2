/* What a picture's file says of itself, and files that are none. */
#include "protocols/jpeg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/jpeg_make.h"

static const struct jpeg_make phone = {.width = 4000,
                                       .height = 3000,
                                       .components = 3,
                                       .taken = "2026:07:01 09:30:12",
                                       .offset = "+08:00",
                                       .fraction = "25",
                                       .maker = "HUAWEI",
                                       .model = "LYA-AL00"};

static struct jpeg read_made(struct jpeg_make m)
{
    uint8_t bytes[JPEG_MAKE_MAX];
    struct jpeg out;
    const char *wrong = jpeg_read(&out, bytes, jpeg_make(&m, bytes));
    if (wrong)
        fail_msg("%s", wrong);
    return out;
}

static void size_and_depth_are_read(void **state)
{
    (void)state;
    struct jpeg j = read_made((struct jpeg_make){.width = 1280, .height = 720, .components = 3});
    assert_int_equal(j.width, 1280);
    assert_int_equal(j.height, 720);
    assert_int_equal(j.bits, 24);
    assert_string_equal(j.taken, "");
    assert_string_equal(j.model, "");
    assert_int_equal(read_made((struct jpeg_make){.width = 65535, .height = 1, .components = 1}).bits, 8);
    assert_int_equal(read_made((struct jpeg_make){.width = 1, .height = 65535, .components = 4}).height, 65535);
}

static void the_camera_tells_when_and_what_it_is(void **state)
{
    (void)state;
    for (int little = 0; little < 2; little++) {
        struct jpeg_make m = phone;
        m.little = little;
        struct jpeg j = read_made(m);
        assert_string_equal(j.taken, "2026-07-01T09:30:12.25+08:00");
        assert_string_equal(j.maker, "HUAWEI");
        assert_string_equal(j.model, "LYA-AL00");
        m.offset = m.fraction = NULL;
        assert_string_equal(read_made(m).taken, "2026-07-01T09:30:12");
        m.maker = "abc"; /* so short that it lies in the entry itself */
        assert_string_equal(read_made(m).maker, "abc");
    }
}

/* A text that is none is absent, not half read. */
static void nonsense_in_exif_is_absent(void **state)
{
    (void)state;
    static const char *const no_time[] = {"0000:00:00 00:00:00", "    :  :     :  :  ", "2026-07-01 09:30:12",
                                          "2026:07:01 09:30", "2026:07:01 09:30:12 ?"};
    static const char *const no_offset[] = {"0800", "+8:00", "=08:00", "+08:0x", "+08:00:00"};
    struct jpeg_make m = phone;
    for (size_t i = 0; i < sizeof no_time / sizeof no_time[0]; i++) {
        m.taken = no_time[i];
        assert_string_equal(read_made(m).taken, "");
    }
    m = phone;
    for (size_t i = 0; i < sizeof no_offset / sizeof no_offset[0]; i++) {
        m.offset = no_offset[i];
        assert_string_equal(read_made(m).taken, "2026-07-01T09:30:12.25");
    }
    m = phone;
    m.fraction = "1234";
    assert_string_equal(read_made(m).taken, "2026-07-01T09:30:12+08:00");
    m.fraction = "2x";
    assert_string_equal(read_made(m).taken, "2026-07-01T09:30:12+08:00");
    m.model = "a\x01 control";
    assert_string_equal(read_made(m).model, "");
    m.model = "forty letters are more than there is room for";
    assert_string_equal(read_made(m).model, "");
    m.model = "blanks behind  ";
    assert_string_equal(read_made(m).model, "blanks behind");
}

static void what_is_none_is_told(void **state)
{
    (void)state;
    struct jpeg j;
    uint8_t bytes[JPEG_MAKE_MAX];
    assert_non_null(strstr(jpeg_read(&j, (const uint8_t *)"", 0), "no JPEG"));
    assert_non_null(strstr(jpeg_read(&j, (const uint8_t *)"\x89PNG\r\n\x1A\n", 8), "no JPEG"));
    assert_non_null(strstr(jpeg_read(&j, (const uint8_t *)"\xFF\xD8\xFF\xD9", 4), "without a picture"));
    size_t length = jpeg_make(&(struct jpeg_make){.width = 0, .height = 720, .components = 3}, bytes);
    assert_non_null(strstr(jpeg_read(&j, bytes, length), "without a picture"));
    length = jpeg_make(&(struct jpeg_make){.width = 1280, .height = 0, .components = 3}, bytes);
    assert_non_null(strstr(jpeg_read(&j, bytes, length), "without a picture"));
}

/* The bytes lie at the end of their memory: the sanitizer sees a step too far. */
static void no_part_of_one_is_taken_for_the_whole(void **state)
{
    (void)state;
    uint8_t whole[JPEG_MAKE_MAX];
    size_t length = jpeg_make(&phone, whole);
    for (size_t cut = 0; cut < length; cut++) {
        struct jpeg j;
        uint8_t *part = malloc(cut ? cut : 1);
        memcpy(part, whole, cut);
        if (!jpeg_read(&j, part, cut))
            fail_msg("%zu of %zu bytes pass", cut, length);
        free(part);
    }
}

static void what_follows_the_end_does_not_matter(void **state)
{
    (void)state;
    uint8_t bytes[JPEG_MAKE_MAX + 64];
    struct jpeg j;
    size_t length = jpeg_make(&phone, bytes);
    memset(bytes + length, 0xAB, 64); /* a film, say */
    assert_null(jpeg_read(&j, bytes, length + 64));
    assert_int_equal(j.width, 4000);
}

static void flipped_bits_do_no_harm(void **state)
{
    (void)state;
    uint8_t whole[JPEG_MAKE_MAX];
    size_t length = jpeg_make(&phone, whole);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        struct jpeg j;
        uint8_t *copy = malloc(length);
        memcpy(copy, whole, length);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (!jpeg_read(&j, copy, length)) {
            assert_true(j.width > 0 && j.height > 0);
            assert_true(strlen(j.taken) < sizeof j.taken && strlen(j.model) < sizeof j.model);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_and_depth_are_read),
        cmocka_unit_test(the_camera_tells_when_and_what_it_is),
        cmocka_unit_test(nonsense_in_exif_is_absent),
        cmocka_unit_test(what_is_none_is_told),
        cmocka_unit_test(no_part_of_one_is_taken_for_the_whole),
        cmocka_unit_test(what_follows_the_end_does_not_matter),
        cmocka_unit_test(flipped_bits_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
