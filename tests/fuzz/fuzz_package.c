/*
 * What lies inside a package: record, rules, profiles, recordings, proof, manifest, all from a stranger.
 *
 * The input is a list of entries: one byte that chooses a name, two bytes of length (big-endian), the content. It is
 * replayed (rejudge), and it is put into a well-formed container and verified. Neither may do anything but answer; and
 * what nobody has sealed must never verify.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/rejudge.h"
#include "reports/verifier.h"
#include "tests/fuzz/fuzz.h"

enum { FILES_MAX = 16, NAMES = 10, ZIP_MAX = 1 << 20 };

static const char *const names[NAMES] = {"record.json",
                                         "readings.csv",
                                         "wire/rsd1.rec",
                                         "wire/operator.rec",
                                         "rules/hj845-2017.conf",
                                         "rules/gb3847-2018.conf",
                                         "profiles/rsd-pinyin.conf",
                                         "profiles/opacimeter-generic.conf",
                                         "log/proof.json",
                                         "META-INF/ASiCManifest001.xml"};

static size_t split(const uint8_t *data, size_t size, struct rejudge_file files[FILES_MAX])
{
    size_t count = 0;
    bool taken[NAMES] = {false};
    while (size >= 3 && count < FILES_MAX) {
        unsigned name = data[0] % NAMES;
        size_t length = (size_t)data[1] << 8 | data[2];
        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        if (!taken[name])
            files[count++] = (struct rejudge_file){names[name], (const char *)data, length};
        taken[name] = true;
        data += length;
        size -= length;
    }
    return count;
}

/* ---- a container of stored entries ---- */

struct zip {
    uint8_t *bytes;
    size_t size;
};

static void put(struct zip *z, uint32_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        z->bytes[z->size++] = (uint8_t)value;
}

static void put_bytes(struct zip *z, const void *data, size_t size)
{
    if (size > 0)
        memcpy(z->bytes + z->size, data, size);
    z->size += size;
}

static uint32_t crc32_of(const char *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)data[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
    return ~crc;
}

/* The fields that both headers share, then what follows the name's length. */
static void put_common(struct zip *z, const struct rejudge_file *f)
{
    put(z, 10, 2);
    put(z, 0, 2);
    put(z, 0, 2);
    put(z, 0, 4);
    put(z, crc32_of(f->data, f->size), 4);
    put(z, (uint32_t)f->size, 4);
    put(z, (uint32_t)f->size, 4);
    put(z, (uint32_t)strlen(f->name), 2);
    put(z, 0, 2);
}

static void make_zip(struct zip *z, const struct rejudge_file *files, size_t count)
{
    size_t at[FILES_MAX + 2];
    for (size_t i = 0; i < count; i++) {
        at[i] = z->size;
        put(z, 0x04034b50, 4);
        put_common(z, &files[i]);
        put_bytes(z, files[i].name, strlen(files[i].name));
        put_bytes(z, files[i].data, files[i].size);
    }
    size_t directory = z->size;
    for (size_t i = 0; i < count; i++) {
        put(z, 0x02014b50, 4);
        put(z, 0x033F, 2);
        put_common(z, &files[i]);
        put(z, 0, 6);
        put(z, 0, 4);
        put(z, (uint32_t)at[i], 4);
        put_bytes(z, files[i].name, strlen(files[i].name));
    }
    size_t length = z->size - directory;
    put(z, 0x06054b50, 4);
    put(z, 0, 4);
    put(z, (uint32_t)count, 2);
    put(z, (uint32_t)count, 2);
    put(z, (uint32_t)length, 4);
    put(z, (uint32_t)directory, 4);
    put(z, 0, 2);
}

static void verify(const struct rejudge_file *files, size_t count)
{
    static struct verifier v;
    struct rejudge_file all[FILES_MAX + 1] = {{"mimetype", "application/vnd.etsi.asic-e+zip", 31}};
    struct zip z = {.bytes = malloc(ZIP_MAX)};
    struct verifier_options options = {.trust = X509_STORE_new()};
    memcpy(all + 1, files, count * sizeof *files);
    make_zip(&z, all, count + 1);
    verifier_run(&v, z.bytes, z.size, &options);
    FUZZ_CHECK(v.count >= 1 && strcmp(v.findings[0].check, "container") == 0);
    FUZZ_CHECK(v.findings[0].result == VERIFIER_OK);
    FUZZ_CHECK(!v.ok);
    X509_STORE_free(options.trust);
    free(z.bytes);
}

static void judge(const struct rejudge_file *files, size_t count)
{
    static struct record record;
    struct rejudge again;
    struct err err = {0};
    const struct rejudge_file *text = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].name, "record.json") == 0)
            text = &files[i];
    if (!text || record_open(&record, text->data, text->size, &err) != 0)
        return;
    if (rejudge(&again, &record, files, count, &err) != 0)
        FUZZ_CHECK(err.code != ERR_NONE && err.text[0]);
    rejudge_close(&again);
    record_close(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rejudge_file files[FILES_MAX];
    if (size > ZIP_MAX / 2)
        return 0;
    size_t count = split(data, size, files);
    judge(files, count);
    verify(files, count);
    return 0;
}
