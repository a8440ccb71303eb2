/*
 * Sealing: the files of a case become one ASiC-E container (ETSI EN 319 162-1), a ZIP file that any tool opens, whose
 * list of contents is signed. FORMATS.md tells the entries and the ZIP's form, reports/container.h reads it.
 *
 * The same files and time give the same bytes up to the manifest; signatures differ each time (ECDSA is random). What
 * was delivered is therefore what was stored, never what could be made again.
 */
#ifndef REPORTS_PACKAGE_H
#define REPORTS_PACKAGE_H

#include <stddef.h>
#include <stdint.h>

#include "reports/seal.h"
#include "station/core/err.h"

/* Media type of the whole file and content of its first entry. */
#define PACKAGE_MEDIA_TYPE "application/vnd.etsi.asic-e+zip"

struct package_entry {
    const char *name;
    const void *data;
    size_t size;
    uint8_t sha256[32]; /* of data; computed when it was read and checked, not again here */
};

enum { PACKAGE_SEALS_MAX = 2 };

/* Builds the file: mimetype, the entries in the order given, the manifest, one signature by each of the seals. The
 * first seal's signature is the one that the manifest names. malloc'ed *out. ERR_INVALID when a name is not allowed in
 * a package or twice there, or there is too much for one package. */
int package_build(const struct package_entry *entries, size_t count, const struct seal *const seals[],
                  size_t seals_count, int64_t unix_ms, uint8_t **out, size_t *size, struct err *err);

#endif
