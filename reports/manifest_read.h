/*
 * The reader of ASiCManifest (ETSI EN 319 162-1, annex A.4), for input that nobody vouches for yet.
 *
 * This is no general XML reader. It accepts what the schema allows for a manifest of plain files and what manifests
 * really contain: an XML declaration, elements and attributes in any prefix of the two namespaces, white space. It
 * refuses document types, entities and references (names have no character that needs one), comments, processing
 * instructions, CDATA, other elements and attributes, other encodings than UTF-8, and anything over the limits.
 *
 *     <asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
 *       <asic:SigReference URI="META-INF/signature.p7s" MimeType="application/pkcs7-signature"/>
 *       <asic:DataObjectReference URI="record.json" MimeType="application/json">
 *         <ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
 *         <ds:DigestValue>base64</ds:DigestValue>
 *       </asic:DataObjectReference>
 *     </asic:ASiCManifest>
 */
#ifndef REPORTS_MANIFEST_READ_H
#define REPORTS_MANIFEST_READ_H

#include <stddef.h>
#include <stdint.h>

#include "reports/container.h"
#include "reports/limits.h"
#include "station/core/err.h"

enum manifest_algorithm { MANIFEST_SHA256, MANIFEST_SM3, MANIFEST_ALGORITHM_COUNT };

struct manifest_reference {
    char name[CONTAINER_NAME_MAX]; /* the entry */
    enum manifest_algorithm algorithm;
    uint8_t digest[32]; /* both algorithms give 32 bytes */
};

struct manifest_read {
    char signature[CONTAINER_NAME_MAX]; /* SigReference */
    size_t count;
    struct manifest_reference references[MANIFEST_REFERENCES_MAX];
};

/* Fails with "line N: what is wrong". An entry may be listed once for each algorithm. */
int manifest_read(struct manifest_read *m, const char *xml, size_t length, struct err *err);

#endif
