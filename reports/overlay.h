/*
 * A copy of a picture with words, for receivers that want them in the picture. The words stand in a bar below the
 * image, never on it: a picture that was written over may be refused as one that was tampered with. The original stays
 * what it is; the copy is smaller, says in its comment what it was made from, and proves nothing by itself.
 *
 * The same picture and words give the same bytes on a machine with the same fonts.
 */
#ifndef REPORTS_OVERLAY_H
#define REPORTS_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

enum {
    OVERLAY_SIDE_MAX = 1920,      /* pixels of the copy's image, bar not counted, at its longer side */
    OVERLAY_PIXELS_MAX = 64 << 20 /* of a picture that is taken at all */
};

/* words: UTF-8, lines ended by newlines. derived_from: for the comment, ASCII. malloc'ed *out. ERR_INVALID: the picture
 * cannot be decoded whole, or is too large; the text says which. */
int overlay_make(const uint8_t *jpeg, size_t size, const char *words, const char *derived_from, uint8_t **out,
                 size_t *out_size, struct err *err);

/* The picture alone and small, upright, its longer side at most `side` pixels where eighths allow it; width and height
 * get what it is. */
int overlay_small(const uint8_t *jpeg, size_t size, unsigned side, uint8_t **out, size_t *out_size, int *width,
                  int *height, struct err *err);

#endif
