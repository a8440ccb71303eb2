/* JPEGs for tests: the head as a camera writes it, for what reads sizes and Exif only, and whole pictures. */
#ifndef TESTS_SUPPORT_JPEG_MAKE_H
#define TESTS_SUPPORT_JPEG_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JPEG_MAKE_MAX = 1024 };

struct jpeg_make {
    unsigned width, height, components;                    /* of 8 bits */
    bool little;                                           /* byte order of the Exif block */
    const char *taken, *offset, *fraction, *maker, *model; /* as Exif has them, "2026:07:01 09:30:12"; NULL: none */
    const char *coded;                                     /* bytes of the picture, without FF; NULL: some */
};

/* Without a picture worth decoding. Returns how many bytes of out it takes. */
size_t jpeg_make(const struct jpeg_make *m, uint8_t out[JPEG_MAKE_MAX]);

/* A whole picture whose left half is red and whose right half is blue, malloc'ed; held: Exif's orientation, 0: none. */
uint8_t *jpeg_make_picture(unsigned width, unsigned height, unsigned held, size_t *size);

#endif
