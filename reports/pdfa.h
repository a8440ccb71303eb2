/*
 * What cairo's PDFs lack for PDF/A-2b (ISO 19005-2, conformance level B), appended as an incremental update: XMP
 * metadata that says so, an output intent with an sRGB profile, an identifier made from the content, and the glyph maps
 * that CIDFontType2 fonts must name. What was there stays byte for byte.
 *
 * Only files as cairo 1.16 writes them are understood (a plain cross-reference table). Of others nothing is claimed.
 */
#ifndef REPORTS_PDFA_H
#define REPORTS_PDFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pdfa {
    const char *title, *creator, *producer; /* UTF-8 */
    const char *created;                    /* RFC 3339 */
};

/* The update of that file, malloc'ed: it belongs behind its last byte. NULL: the file is not understood, or there is no
 * memory. */
uint8_t *pdfa_update(const uint8_t *pdf, size_t size, const struct pdfa *about, size_t *length);

#endif
