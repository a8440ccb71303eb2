/*
 * What a JPEG file says of itself: size in pixels, colour depth, and, where the camera wrote Exif, when and by what the
 * picture was taken. The picture itself is never decoded.
 *
 *     FF D8 | FF Ex length … | FF Cn length precision height width components … | FF DA length … coded data | FF D9
 *
 * ITU-T T.81 (markers, frame header), Exif 2.32 (APP1 with a TIFF block: 0x010F make, 0x0110 model, 0x8769 to
 * 0x9003 DateTimeOriginal, 0x9011 OffsetTimeOriginal, 0x9291 SubSecTimeOriginal). What follows the end marker (some
 * phones append a film there) is not looked at. Everything is bounded by the bytes at hand; nothing is copied but the
 * few texts. What the file does not say, or says in a form that is none, is empty.
 */
#ifndef PROTOCOLS_JPEG_H
#define PROTOCOLS_JPEG_H

#include <stddef.h>
#include <stdint.h>

enum { JPEG_TEXT_MAX = 40 };

struct jpeg {
    unsigned width, height; /* pixels, both > 0 */
    unsigned bits;          /* of a pixel: 24 for colour */
    /* As the camera's own clock had it: "2026-07-01T09:30:12", with ".25" and "+08:00" where it told them. */
    char taken[JPEG_TEXT_MAX];
    char maker[JPEG_TEXT_MAX], model[JPEG_TEXT_MAX];
};

/* NULL, or in a few words what is wrong: "is no JPEG", "is cut off" … */
const char *jpeg_read(struct jpeg *out, const uint8_t *data, size_t size);

#endif
