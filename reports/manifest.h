/*
 * Writing the package's list of contents: ASiCManifest (ETSI EN 319 162-1, annex A.4) with the SHA-256 digest of every
 * entry and, where there is an SM2 signature, its SM3 digest; in the form that reports/manifest_read.h reads. The
 * signatures sign these bytes.
 */
#ifndef REPORTS_MANIFEST_H
#define REPORTS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

struct manifest_entry {
    const char *name; /* of the entry; plain, see container_name_ok */
    uint8_t sha256[32];
    bool has_sm3; /* listed a second time, with this digest */
    uint8_t sm3[32];
};

/* The media type by the name's ending, for people and tools that open the package. */
const char *manifest_media_type(const char *name);

/* Writes the manifest that names `signature` as its signature. malloc'ed *xml, NUL-terminated, *length without it. */
int manifest_write(const char *signature, const struct manifest_entry *entries, size_t count, char **xml,
                   size_t *length, struct err *err);

#endif
