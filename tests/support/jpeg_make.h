/* The head of a JPEG as a camera writes it, without a picture worth decoding: for what reads sizes and Exif only. */
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

/* Returns how many bytes of out it takes. */
size_t jpeg_make(const struct jpeg_make *m, uint8_t out[JPEG_MAKE_MAX]);

#endif
