#include "reports/package.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "reports/container.h"
#include "reports/manifest.h"

static const char manifest_name[] = "META-INF/ASiCManifest001.xml";

enum {
    OWN_ENTRIES = 2, /* mimetype and manifest; besides for each seal a signature and its certificate */
    SIGNATURE_NAME_MAX = 48,
};

/* One seal's signature, and the certificate that lies beside it where the signature does not hold it (SM2). */
struct signature {
    uint8_t *bytes, *certificate;
    size_t size, certificate_size;
    char name[SIGNATURE_NAME_MAX], certificate_name[SIGNATURE_NAME_MAX + sizeof ".pem"];
};

struct own_parts {
    char *manifest;
    size_t manifest_length, signatures_count;
    struct signature signatures[PACKAGE_SEALS_MAX];
};

static void own_parts_free(struct own_parts *own)
{
    free(own->manifest);
    for (size_t i = 0; i < own->signatures_count; i++) {
        free(own->signatures[i].bytes);
        free(own->signatures[i].certificate);
    }
}

static int check_entries(const struct package_entry *entries, size_t count, size_t seals_count, struct err *err)
{
    size_t total = 0;
    size_t own = OWN_ENTRIES + 2 * seals_count;
    if (count + own > CONTAINER_ENTRIES_MAX)
        return err_set(err, ERR_INVALID, "%zu files are too many for one package; at most %zu fit", count,
                       CONTAINER_ENTRIES_MAX - own);
    for (size_t i = 0; i < count; i++) {
        if (!container_name_ok(entries[i].name, strlen(entries[i].name)))
            return err_set(err, ERR_INVALID,
                           "'%s' cannot be a name in a package; letters, digits, '.', '_', '-' and '/' can be used",
                           entries[i].name);
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(entries[i].name, entries[k].name) == 0)
                return err_set(err, ERR_INVALID, "two files of the package have the name %s", entries[i].name);
        total += entries[i].size;
        if (entries[i].size > CONTAINER_SIZE_MAX || total > CONTAINER_SIZE_MAX)
            return err_set(err, ERR_INVALID, "the files have more than the %d MiB that fit into a package",
                           CONTAINER_SIZE_MAX >> 20);
    }
    return 0;
}

/* Names of the signatures, and the certificates beside them, which the manifest lists. */
static int prepare_signatures(struct own_parts *own, const struct seal *const seals[], struct err *err)
{
    for (size_t i = 0; i < own->signatures_count; i++) {
        struct signature *s = &own->signatures[i];
        bool sm2 = seal_is_sm2(seals[i]);
        snprintf(s->name, sizeof s->name, "META-INF/signature%03zu.%s", i + 1, sm2 ? "sm2" : "p7s");
        snprintf(s->certificate_name, sizeof s->certificate_name, "%s.pem", s->name);
        if (sm2 && seal_certificates(seals[i], &s->certificate, &s->certificate_size, err) != 0)
            return -1;
    }
    return 0;
}

static bool digest(const EVP_MD *md, const void *data, size_t size, uint8_t out[32])
{
    return EVP_Digest(data, size, out, NULL, md, NULL) == 1;
}

/* The manifest's list: the files, then the certificates. SM3 beside SHA-256 where there is an SM2 signature. */
static bool fill_list(struct manifest_entry *list, const struct package_entry *entries, size_t count,
                      const struct own_parts *own, bool sm3)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++, list++) {
        *list = (struct manifest_entry){.name = entries[i].name, .has_sm3 = sm3};
        memcpy(list->sha256, entries[i].sha256, sizeof list->sha256);
        ok = ok && (!sm3 || digest(EVP_sm3(), entries[i].data, entries[i].size, list->sm3));
    }
    for (size_t i = 0; i < own->signatures_count; i++) {
        const struct signature *s = &own->signatures[i];
        if (!s->certificate)
            continue;
        *list = (struct manifest_entry){.name = s->certificate_name, .has_sm3 = sm3};
        ok = ok && digest(EVP_sha256(), s->certificate, s->certificate_size, list->sha256) &&
             digest(EVP_sm3(), s->certificate, s->certificate_size, list->sm3);
        list++;
    }
    return ok;
}

static int make_manifest(struct own_parts *own, const struct package_entry *entries, size_t count, struct err *err)
{
    size_t certificates = 0;
    for (size_t i = 0; i < own->signatures_count; i++)
        certificates += own->signatures[i].certificate != NULL;
    struct manifest_entry *list = calloc(count + PACKAGE_SEALS_MAX, sizeof *list);
    if (!list || !fill_list(list, entries, count, own, certificates > 0)) {
        free(list);
        return err_set(err, ERR_FAILED, "out of memory while the package is sealed");
    }
    int result =
        manifest_write(own->signatures[0].name, list, count + certificates, &own->manifest, &own->manifest_length, err);
    free(list);
    return result;
}

/* Manifest and signatures over it. */
static int make_own_parts(struct own_parts *own, const struct package_entry *entries, size_t count,
                          const struct seal *const seals[], int64_t unix_ms, struct err *err)
{
    int result = prepare_signatures(own, seals, err);
    if (result == 0)
        result = make_manifest(own, entries, count, err);
    for (size_t i = 0; i < own->signatures_count && result == 0; i++)
        result = seal_sign(seals[i], own->manifest, own->manifest_length, unix_ms, &own->signatures[i].bytes,
                           &own->signatures[i].size, err);
    return result;
}

/* The media type first, the signatures last. */
static int write_container(const struct own_parts *own, const struct package_entry *entries, size_t count,
                           int64_t unix_ms, uint8_t **out, size_t *size, struct err *err)
{
    struct container_file files[CONTAINER_ENTRIES_MAX];
    size_t n = 0;
    files[n++] = (struct container_file){"mimetype", PACKAGE_MEDIA_TYPE, sizeof PACKAGE_MEDIA_TYPE - 1};
    for (size_t i = 0; i < count; i++)
        files[n++] = (struct container_file){entries[i].name, entries[i].data, entries[i].size};
    for (size_t i = 0; i < own->signatures_count; i++) {
        const struct signature *s = &own->signatures[i];
        if (s->certificate)
            files[n++] = (struct container_file){s->certificate_name, s->certificate, s->certificate_size};
    }
    files[n++] = (struct container_file){manifest_name, own->manifest, own->manifest_length};
    for (size_t i = 0; i < own->signatures_count; i++) {
        const struct signature *s = &own->signatures[i];
        files[n++] = (struct container_file){s->name, s->bytes, s->size};
    }
    return container_write(files, n, unix_ms, out, size, err);
}

int package_build(const struct package_entry *entries, size_t count, const struct seal *const seals[],
                  size_t seals_count, int64_t unix_ms, uint8_t **out, size_t *size, struct err *err)
{
    assert(seals_count >= 1 && seals_count <= PACKAGE_SEALS_MAX);
    struct own_parts own = {.signatures_count = seals_count};
    if (check_entries(entries, count, seals_count, err) != 0)
        return -1;
    int result = make_own_parts(&own, entries, count, seals, unix_ms, err);
    if (result == 0)
        result = write_container(&own, entries, count, unix_ms, out, size, err);
    own_parts_free(&own);
    return result;
}
