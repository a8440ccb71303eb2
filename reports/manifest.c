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
                                "    <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\n"
                                "    <ds:DigestValue>%s</ds:DigestValue>\n"
                                "  </asic:DataObjectReference>\n";

static const char tail[] = "</asic:ASiCManifest>\n";

enum { FILLED_IN_MAX = CONTAINER_NAME_MAX + 64 + ENCODING_BASE64_ROOM(32) };

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

int manifest_write(const char *signature, const struct manifest_entry *entries, size_t count, char **xml,
                   size_t *length, struct err *err)
{
    size_t room = sizeof head + FILLED_IN_MAX + count * (sizeof reference + FILLED_IN_MAX) + sizeof tail;
    char *out = malloc(room);
    if (!out)
        return err_set(err, ERR_FAILED, "out of memory while the manifest is written");
    size_t at = (size_t)snprintf(out, room, head, signature, manifest_media_type(signature));
    for (size_t i = 0; i < count; i++) {
        char digest[ENCODING_BASE64_ROOM(32)];
        encoding_base64(entries[i].sha256, sizeof entries[i].sha256, digest);
        at += (size_t)snprintf(out + at, room - at, reference, entries[i].name, manifest_media_type(entries[i].name),
                               digest);
    }
    at += (size_t)snprintf(out + at, room - at, "%s", tail);
    *xml = out;
    *length = at;
    return 0;
}
