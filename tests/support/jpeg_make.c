#include "tests/support/jpeg_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct out {
    uint8_t *bytes;
    size_t length;
};

static void put(struct out *o, const void *data, size_t length)
{
    memcpy(o->bytes + o->length, data, length);
    o->length += length;
}

static void put_number(struct out *o, bool little, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        o->bytes[o->length++] = (uint8_t)(value >> 8 * (little ? i : size - 1 - i));
}

/* One directory of texts at the block's present end; `next` is where their bytes may lie. */
static void put_directory(struct out *o, const struct jpeg_make *m, const unsigned *tags, const char *const *texts,
                          unsigned count, uint32_t pointer)
{
    unsigned entries = pointer ? 1 : 0;
    for (unsigned i = 0; i < count; i++)
        entries += texts[i] != NULL;
    uint32_t at = (uint32_t)o->length + 2 + 12 * entries + 4;
    put_number(o, m->little, entries, 2);
    for (unsigned i = 0; i < count; i++) {
        if (!texts[i])
            continue;
        uint32_t length = (uint32_t)strlen(texts[i]) + 1;
        put_number(o, m->little, tags[i], 2);
        put_number(o, m->little, 2, 2);
        put_number(o, m->little, length, 4);
        if (length <= 4) {
            put(o, (char[4]){0}, 4);
            memcpy(o->bytes + o->length - 4, texts[i], length);
            continue;
        }
        put_number(o, m->little, at, 4);
        at += length;
    }
    if (pointer) {
        put_number(o, m->little, 0x8769, 2);
        put_number(o, m->little, 4, 2);
        put_number(o, m->little, 1, 4);
        put_number(o, m->little, pointer, 4);
    }
    put_number(o, m->little, 0, 4);
    for (unsigned i = 0; i < count; i++)
        if (texts[i] && strlen(texts[i]) + 1 > 4)
            put(o, texts[i], strlen(texts[i]) + 1);
}

static size_t make_exif(const struct jpeg_make *m, uint8_t tiff[512])
{
    static const unsigned first_tags[] = {0x010F, 0x0110}, exif_tags[] = {0x9003, 0x9011, 0x9291};
    const char *const first[] = {m->maker, m->model}, *const exif[] = {m->taken, m->offset, m->fraction};
    uint8_t dry[512];
    struct out o = {dry, 8};
    put_directory(&o, m, first_tags, first, 2, 1); /* only to know its length */
    uint32_t second = (uint32_t)o.length;
    o = (struct out){tiff, 0};
    put(&o, m->little ? "II" : "MM", 2);
    put_number(&o, m->little, 42, 2);
    put_number(&o, m->little, 8, 4);
    put_directory(&o, m, first_tags, first, 2, second);
    put_directory(&o, m, exif_tags, exif, 3, 0);
    return o.length;
}

static void put_segment(struct out *o, uint8_t marker, const void *data, size_t length)
{
    o->bytes[o->length++] = 0xFF;
    o->bytes[o->length++] = marker;
    put_number(o, false, (uint32_t)length + 2, 2);
    put(o, data, length);
}

size_t jpeg_make(const struct jpeg_make *m, uint8_t out[JPEG_MAKE_MAX])
{
    struct out o = {out, 0};
    uint8_t exif[600] = "Exif\0";
    put(&o, "\xFF\xD8", 2);
    put_segment(&o, 0xE0, "JFIF\0\1\2\0\0\1\0\1\0\0", 14);
    if (m->taken || m->maker)
        put_segment(&o, 0xE1, exif, 6 + make_exif(m, exif + 6));
    uint8_t frame[18] = {8,
                         (uint8_t)(m->height >> 8),
                         (uint8_t)m->height,
                         (uint8_t)(m->width >> 8),
                         (uint8_t)m->width,
                         (uint8_t)m->components};
    put_segment(&o, 0xC0, frame, 6 + 3 * (size_t)m->components);
    put_segment(&o, 0xDA, "\1\1\0\0\77\0", 6);
    put(&o, "\x12\xFF\x00\x34\xFF\xD0\x56", 7);
    if (m->coded)
        put(&o, m->coded, strlen(m->coded));
    put(&o, "\xFF\xD9", 2);
    return o.length;
}

uint8_t *jpeg_make_picture(unsigned width, unsigned height, unsigned held, size_t *size)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *out = NULL;
    unsigned long length = 0;
    uint8_t exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\1\0\0\0\0\0\0";
    uint8_t *row = malloc(3 * (size_t)width);
    for (unsigned x = 0; x < width; x++)
        memcpy(row + 3 * (size_t)x, x < width / 2 ? "\xFF\0\0" : "\0\0\xFF", 3);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, &length);
    c.image_width = width;
    c.image_height = height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_start_compress(&c, TRUE);
    exif[25] = (uint8_t)held;
    if (held)
        jpeg_write_marker(&c, JPEG_APP0 + 1, exif, sizeof exif - 1);
    while (c.next_scanline < height)
        jpeg_write_scanlines(&c, &row, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(row);
    *size = length;
    return out;
}
