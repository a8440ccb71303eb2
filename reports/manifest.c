#include "reports/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/container.h"
#include "reports/encoding.h"

static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\""
                           " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n"
                           "  <asic:SigReference URI=\"%s\" MimeType=\"%s\"/>\n";

static const char reference[] = "  <asic:DataObjectReference URI=\"%s\" MimeType=\"%s\">\n"
                                "    <ds:DigestMethod Algorithm=\"%s\"/>\n"
                                "    <ds:DigestValue>%s</ds:DigestValue>\n"
                                "  </asic:DataObjectReference>\n";

static const char sha256_uri[] = "http://www.w3.org/2001/04/xmlenc#sha256";
static const char sm3_uri[] = "urn:oid:1.2.156.10197.1.401";

static const char tail[] = "</asic:ASiCManifest>\n";

enum { DIGEST_BYTES = 32, FILLED_IN_MAX = CONTAINER_NAME_MAX + 128 + ENCODING_BASE64_ROOM(DIGEST_BYTES) };

const char *manifest_media_type(const char *name)
{
    static const struct {
        const char *ending, *type;
    } table[] = {
        {".json", "application/json"}, {".csv", "text/csv"},
        {".rec", "text/plain"},        {".conf", "text/plain"},
        {".txt", "text/plain"},        {".pdf", "application/pdf"},
        {".jpg", "image/jpeg"},        {".p7s", "application/pkcs7-signature"},
        {".xml", "text/xml"},          {".pem", "application/x-pem-file"},
    };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t ending = strlen(table[i].ending);
        if (length > ending && strcmp(name + length - ending, table[i].ending) == 0)
            return table[i].type;
    }
    return "application/octet-stream";
}

static size_t write_reference(char *out, size_t room, const char *name, const char *algorithm,
                              const uint8_t digest[DIGEST_BYTES])
{
    char text[ENCODING_BASE64_ROOM(DIGEST_BYTES)];
    encoding_base64(digest, DIGEST_BYTES, text);
    return (size_t)snprintf(out, room, reference, name, manifest_media_type(name), algorithm, text);
}

int manifest_write(const char *signature, const struct manifest_entry *entries, size_t count, char **xml,
                   size_t *length, struct err *err)
{
    size_t room = sizeof head + FILLED_IN_MAX + 2 * count * (sizeof reference + FILLED_IN_MAX) + sizeof tail;
    char *out = malloc(room);
    if (!out)
        return err_set(err, ERR_FAILED, "out of memory while the manifest is written");
    size_t at = (size_t)snprintf(out, room, head, signature, manifest_media_type(signature));
    for (size_t i = 0; i < count; i++) {
        at += write_reference(out + at, room - at, entries[i].name, sha256_uri, entries[i].sha256);
        if (entries[i].has_sm3)
            at += write_reference(out + at, room - at, entries[i].name, sm3_uri, entries[i].sm3);
    }
    at += (size_t)snprintf(out + at, room - at, "%s", tail);
    *xml = out;
    *length = at;
    return 0;
}
