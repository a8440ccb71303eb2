#include "reports/package.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <zip.h>

#include "reports/container.h"
#include "reports/manifest.h"
#include "station/core/civil.h"

static const char manifest_name[] = "META-INF/ASiCManifest001.xml";

enum {
    OWN_ENTRIES = 2, /* mimetype and manifest; besides for each seal a signature and its certificate */
    SIGNATURE_NAME_MAX = 48,
    READABLE_FILE = 0100644,
};

/* The archive being written into memory. */
struct archive {
    zip_source_t *memory;
    zip_t *zip;
    uint16_t dos_time, dos_date;
};

/* One seal's signature, and the certificate that lies beside it where the signature does not hold it (SM2). */
struct signature {
    uint8_t *bytes, *certificate;
    size_t size, certificate_size;
    char name[SIGNATURE_NAME_MAX], certificate_name[SIGNATURE_NAME_MAX + sizeof ".pem"];
};

/* What libzip only borrows until the archive is written. */
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

/* ---- ZIP ---- */

static int zip_failed(const char *reason, struct err *err)
{
    return err_set(err, ERR_FAILED, "the package's ZIP cannot be made: %s", reason);
}

static int archive_open(struct archive *a, int64_t unix_ms, struct err *err)
{
    zip_error_t why;
    struct civil_date day = civil_date_of(unix_ms, 0);
    unsigned second = (unsigned)(unix_ms / 1000 % 86400);
    a->dos_date = (uint16_t)((day.year - 1980) << 9 | day.month << 5 | day.day);
    a->dos_time = (uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
    zip_error_init(&why);
    a->memory = zip_source_buffer_create(NULL, 0, 0, &why);
    if (a->memory)
        a->zip = zip_open_from_source(a->memory, ZIP_CREATE | ZIP_TRUNCATE, &why);
    if (a->zip)
        zip_source_keep(a->memory); /* the archive's end frees its own reference; the bytes are read after it */
    else
        zip_failed(zip_error_strerror(&why), err);
    zip_error_fini(&why);
    return a->zip ? 0 : -1;
}

static void archive_close(struct archive *a)
{
    if (a->zip)
        zip_discard(a->zip);
    zip_source_free(a->memory);
}

/* Stored, with a time that depends on nothing but the caller, and no extra fields. */
static int archive_add(struct archive *a, const char *name, const void *data, size_t size, struct err *err)
{
    zip_source_t *source = zip_source_buffer(a->zip, data, size, 0);
    zip_int64_t at = source ? zip_file_add(a->zip, name, source, 0) : -1;
    if (at < 0) {
        zip_source_free(source);
        return zip_failed(zip_strerror(a->zip), err);
    }
    zip_uint64_t index = (zip_uint64_t)at;
    if (zip_set_file_compression(a->zip, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(a->zip, index, a->dos_time, a->dos_date, 0) != 0 ||
        zip_file_set_external_attributes(a->zip, index, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)READABLE_FILE << 16) != 0)
        return zip_failed(zip_strerror(a->zip), err);
    return 0;
}

static int archive_bytes(struct archive *a, uint8_t **out, size_t *size, struct err *err)
{
    if (zip_close(a->zip) != 0)
        return zip_failed(zip_strerror(a->zip), err);
    a->zip = NULL;
    zip_stat_t st;
    zip_stat_init(&st);
    uint8_t *bytes = NULL;
    if (zip_source_open(a->memory) != 0)
        return zip_failed("it cannot be read back", err);
    if (zip_source_stat(a->memory, &st) == 0 && st.valid & ZIP_STAT_SIZE && st.size <= CONTAINER_SIZE_MAX)
        bytes = malloc(st.size);
    bool whole = bytes && zip_source_read(a->memory, bytes, st.size) == (zip_int64_t)st.size;
    zip_source_close(a->memory);
    if (!whole) {
        free(bytes);
        return zip_failed("out of memory, or too large", err);
    }
    *out = bytes;
    *size = st.size;
    return 0;
}

static int write_archive(const struct own_parts *own, const struct package_entry *entries, size_t count,
                         int64_t unix_ms, uint8_t **out, size_t *size, struct err *err)
{
    struct archive a = {0};
    int result = archive_open(&a, unix_ms, err);
    if (result == 0)
        result = archive_add(&a, "mimetype", PACKAGE_MEDIA_TYPE, sizeof PACKAGE_MEDIA_TYPE - 1, err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = archive_add(&a, entries[i].name, entries[i].data, entries[i].size, err);
    for (size_t i = 0; i < own->signatures_count && result == 0; i++) {
        const struct signature *s = &own->signatures[i];
        if (s->certificate)
            result = archive_add(&a, s->certificate_name, s->certificate, s->certificate_size, err);
    }
    if (result == 0)
        result = archive_add(&a, manifest_name, own->manifest, own->manifest_length, err);
    for (size_t i = 0; i < own->signatures_count && result == 0; i++)
        result = archive_add(&a, own->signatures[i].name, own->signatures[i].bytes, own->signatures[i].size, err);
    if (result == 0)
        result = archive_bytes(&a, out, size, err);
    archive_close(&a);
    return result;
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
        result = write_archive(&own, entries, count, unix_ms, out, size, err);
    own_parts_free(&own);
    return result;
}
