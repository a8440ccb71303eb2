/* Copies of pictures: the words stand below the image, the image is upright and unaltered in its parts, and what is no
 * picture is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "reports/overlay.h"
#include "tests/support/jpeg_make.h"

static struct err err;

struct seen {
    unsigned width, height;
    uint8_t *rgb;
    char comment[200];
};

static void see(struct seen *s, const uint8_t *jpeg, size_t size)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, jpeg, size);
    jpeg_save_markers(&d, JPEG_COM, 0xFFFF);
    jpeg_read_header(&d, TRUE);
    jpeg_start_decompress(&d);
    *s = (struct seen){.width = d.output_width, .height = d.output_height};
    s->rgb = malloc(3 * (size_t)s->width * s->height);
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = s->rgb + 3 * (size_t)s->width * d.output_scanline;
        jpeg_read_scanlines(&d, &row, 1);
    }
    if (d.marker_list)
        snprintf(s->comment, sizeof s->comment, "%.*s", (int)d.marker_list->data_length, (char *)d.marker_list->data);
    jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
}

/* 'r', 'b', 'w' for white, '?' for anything else. */
static char colour_at(const struct seen *s, unsigned x, unsigned y)
{
    const uint8_t *p = s->rgb + 3 * ((size_t)s->width * y + x);
    if (p[0] > 200 && p[1] > 200 && p[2] > 200)
        return 'w';
    if (p[0] > 200 && p[1] < 80 && p[2] < 80)
        return 'r';
    return p[0] < 80 && p[1] < 80 && p[2] > 200 ? 'b' : '?';
}

static void copy_of(const uint8_t *jpeg, size_t size, struct seen *s)
{
    uint8_t *out;
    size_t length;
    if (overlay_make(jpeg, size, "k 1.90 1/m, 限值 1.20\n第二行", "derived from photos/01-front.jpg", &out, &length,
                     &err) != 0)
        fail_msg("%s", err.text);
    see(s, out, length);
    free(out);
}

static void words_stand_below_the_image(void **state)
{
    (void)state;
    size_t size;
    struct seen s;
    uint8_t *jpeg = jpeg_make_picture(640, 480, 0, &size);
    copy_of(jpeg, size, &s);
    assert_int_equal(s.width, 640);
    assert_true(s.height > 480 + 20);
    assert_string_equal(s.comment, "derived from photos/01-front.jpg");
    for (unsigned y = 8; y < 472; y += 8) {
        assert_int_equal(colour_at(&s, 100, y), 'r');
        assert_int_equal(colour_at(&s, 540, y), 'b');
    }
    size_t black = 0;
    for (unsigned y = 482; y < s.height; y++)
        for (unsigned x = 0; x < s.width; x++)
            black += s.rgb[3 * ((size_t)s.width * y + x)] < 60;
    assert_true(black > 100); /* letters */
    assert_int_equal(colour_at(&s, 639, s.height - 1), 'w');
    free(s.rgb);
    free(jpeg);
}

static void a_picture_is_set_upright(void **state)
{
    (void)state;
    /* where the red half is to be seen: left, right, top or bottom of the image */
    static const char red[] = {'l', 'r', 'r', 'l', 't', 't', 'b', 'b'};
    for (unsigned held = 1; held <= 8; held++) {
        size_t size;
        struct seen s;
        uint8_t *jpeg = jpeg_make_picture(320, 160, held, &size);
        copy_of(jpeg, size, &s);
        unsigned width = held >= 5 ? 160 : 320, height = held >= 5 ? 320 : 160;
        assert_int_equal(s.width, width);
        assert_true(s.height > height);
        char left = colour_at(&s, 8, height / 2), right = colour_at(&s, width - 8, height / 2),
             top = colour_at(&s, width / 2, 8), bottom = colour_at(&s, width / 2, height - 8);
        char where = red[held - 1];
        if ((where == 'l' && !(left == 'r' && right == 'b')) || (where == 'r' && !(left == 'b' && right == 'r')) ||
            (where == 't' && !(top == 'r' && bottom == 'b')) || (where == 'b' && !(top == 'b' && bottom == 'r')))
            fail_msg("held %u: left %c right %c top %c bottom %c", held, left, right, top, bottom);
        free(s.rgb);
        free(jpeg);
    }
}

static void a_large_picture_becomes_smaller(void **state)
{
    (void)state;
    size_t size;
    struct seen s;
    uint8_t *jpeg = jpeg_make_picture(4000, 3000, 0, &size);
    copy_of(jpeg, size, &s);
    assert_int_equal(s.width, 1500); /* three eighths */
    free(s.rgb);
    free(jpeg);
    jpeg = jpeg_make_picture(OVERLAY_SIDE_MAX, 100, 0, &size);
    copy_of(jpeg, size, &s);
    assert_int_equal(s.width, OVERLAY_SIDE_MAX);
    free(s.rgb);
    free(jpeg);
}

static void the_same_gives_the_same(void **state)
{
    (void)state;
    size_t size, one_length, two_length;
    uint8_t *jpeg = jpeg_make_picture(320, 200, 0, &size), *one, *two;
    assert_int_equal(overlay_make(jpeg, size, "词", "x", &one, &one_length, &err), 0);
    assert_int_equal(overlay_make(jpeg, size, "词", "x", &two, &two_length, &err), 0);
    assert_int_equal(one_length, two_length);
    assert_memory_equal(one, two, one_length);
    free(one);
    free(two);
    free(jpeg);
}

static void what_cannot_be_decoded_whole_is_refused(void **state)
{
    (void)state;
    size_t size, length;
    uint8_t *jpeg = jpeg_make_picture(320, 200, 0, &size), *out;
    assert_int_equal(overlay_make((const uint8_t *)"no picture", 10, "x", "x", &out, &length, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(out);
    for (size_t cut = 0; cut < size - 2; cut += 7)
        if (overlay_make(jpeg, cut, "x", "x", &out, &length, &err) == 0)
            fail_msg("%zu of %zu bytes pass", cut, size);
    for (size_t at = 0; at + 9 < size; at++)
        if (jpeg[at] == 0xFF && jpeg[at + 1] == 0xC0)
            memcpy(jpeg + at + 5, "\xFD\xE8\xFD\xE8", 4); /* 65000 x 65000 */
    assert_int_equal(overlay_make(jpeg, size, "x", "x", &out, &length, &err), -1);
    assert_non_null(strstr(err.text, "too many"));
    free(jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_below_the_image),
        cmocka_unit_test(a_picture_is_set_upright),
        cmocka_unit_test(a_large_picture_becomes_smaller),
        cmocka_unit_test(the_same_gives_the_same),
        cmocka_unit_test(what_cannot_be_decoded_whole_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
