#include "tests/support/verify_rig.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sealcheck.h"
#include "tests/support/zip_forge.h"

const char *verify_rig_folder(void)
{
    return getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
}

static X509_STORE *trust_in(const char *file)
{
    struct err err;
    X509_STORE *trust = sealcheck_trust(file, &err);
    if (!trust) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return trust;
}

struct verify_rig *verify_rig_open(void)
{
    struct verify_rig *r = calloc(1, sizeof *r);
    assert(r);
    package_fixture_open(&r->f, verify_rig_folder(), true);
    verify_rig_trust(r);
    return r;
}

void verify_rig_close(struct verify_rig *r)
{
    X509_STORE_free(r->trust);
    package_fixture_close(&r->f);
    free(r);
}

void verify_rig_key(struct verify_rig *r, const struct keys_request *request)
{
    struct keys_request wanted = *request;
    struct err err;
    if (wanted.from_ms == 0)
        wanted.from_ms = 1;
    seal_close(r->f.seal);
    keys_free(&r->f.station);
    keys_make(&r->f.station, verify_rig_folder(), &wanted);
    if (seal_open(&r->f.seal, r->f.station.key_file, r->f.station.cert_file, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

void verify_rig_trust(struct verify_rig *r)
{
    X509_STORE_free(r->trust);
    r->trust = trust_in(r->f.ca.cert_file);
}

/* A package's record has told the station; of a journal it is asked before anything is read. */
static const char *known(void *ctx, const char *station)
{
    const struct verify_rig *r = ctx;
    assert(station[0] == '\0' || strcmp(station, r->f.station_id) == 0);
    (void)station;
    return r->known;
}

void verify_rig_run(struct verify_rig *r, const uint8_t *bytes, size_t size)
{
    struct verifier_options options = {.trust = r->trust,
                                       .known_checkpoint = known,
                                       .ctx = r,
                                       .revoked = r->revoked,
                                       .stampers = r->stampers,
                                       .witness = r->witness};
    if (r->consistency)
        options.consistency[options.consistency_count++] = r->consistency;
    if (r->reference.name)
        options.references[options.references_count++] = r->reference;
    verifier_run(&r->v, bytes, size, &options);
}

void verify_rig_seal(struct verify_rig *r)
{
    uint8_t *bytes;
    size_t size;
    package_fixture_seal(&r->f, &bytes, &size);
    verify_rig_run(r, bytes, size);
    free(bytes);
}

/* As the station's own program signs, but it does not ask whether the certificate is valid then. */
static uint8_t *sign(const struct container_entry *list, const struct keys_pair *by, int64_t at_ms, size_t *size)
{
    const unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_DETACHED;
    BIO *content = BIO_new_mem_buf(list->data, (int)list->size);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    CMS_SignerInfo *info = CMS_add1_signer(cms, by->cert, by->key, EVP_sha256(), CMS_CADES | CMS_NOSMIMECAP | flags);
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(at_ms / 1000));
    uint8_t *der = NULL;
    if (!info || CMS_signed_add1_attr_by_NID(info, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) != 1 ||
        CMS_final(cms, content, NULL, CMS_BINARY | CMS_DETACHED) != 1)
        abort();
    *size = (size_t)i2d_CMS_ContentInfo(cms, &der);
    ASN1_TIME_free(time);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    return der;
}

void verify_rig_resign(struct verify_rig *r, const struct keys_pair *by, int64_t at_ms)
{
    static struct container c;
    uint8_t *bytes, *again;
    size_t size, again_size, length;
    struct err err;
    package_fixture_seal(&r->f, &bytes, &size);
    if (container_read(&c, bytes, size, &err))
        abort();
    uint8_t *signature = sign(container_find(&c, "META-INF/ASiCManifest001.xml"), by, at_ms, &length);
    verify_rig_rewrite(bytes, size, "META-INF/signature001.p7s", VERIFY_RIG_CHANGE, signature, length, &again,
                       &again_size);
    verify_rig_run(r, again, again_size);
    OPENSSL_free(signature);
    free(again);
    free(bytes);
}

void verify_rig_journal(struct verify_rig *r, char *const *lines, size_t count, size_t size)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s\n", lines[i]);
    fclose(out);
    FILE *in = fmemopen(text, length, "r");
    char *note = package_fixture_checkpoint(&r->f, size);
    struct verifier_options options = {.trust = trust_in(r->f.station.cert_file), .known_checkpoint = known, .ctx = r};
    r->known = note;
    verifier_export(&r->v, in, &options);
    r->known = NULL;
    X509_STORE_free(options.trust);
    fclose(in);
    free(note);
    free(text);
}

const struct verifier_finding *verify_rig_find(const struct verify_rig *r, const char *check,
                                               enum verifier_result result)
{
    for (size_t i = 0; i < r->v.count; i++)
        if (strcmp(r->v.findings[i].check, check) == 0 && r->v.findings[i].result == result)
            return &r->v.findings[i];
    return NULL;
}

/* The finding that gives the reason, or NULL. */
static const struct verifier_finding *reason(const struct verifier *v, const struct verify_rig_forgery *forgery)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct verifier_finding *f = &v->findings[i];
        if (f->result == (forgery->open ? VERIFIER_OPEN : VERIFIER_FAIL) && strcmp(f->check, forgery->check) == 0 &&
            strstr(f->en, forgery->words))
            return f;
    }
    return NULL;
}

unsigned verify_rig_unrefused(const struct verify_rig_forgery *forgeries, size_t count)
{
    unsigned passed = 0;
    for (size_t i = 0; i < count; i++) {
        struct verify_rig *r = verify_rig_open();
        forgeries[i].make(r);
        const struct verifier_finding *f = reason(&r->v, &forgeries[i]);
        if ((!r->v.ok || r->v.open > 0) && f && strcmp(f->en, f->zh) != 0) {
            printf("# %-40s %s: %s\n", forgeries[i].class, f->check, f->en);
        } else {
            passed++;
            fprintf(stderr, "%s: %s should not pass, with '%s'\n", forgeries[i].class, forgeries[i].check,
                    forgeries[i].words);
            verify_rig_show(r);
        }
        verify_rig_close(r);
    }
    return passed;
}

void verify_rig_show(const struct verify_rig *r)
{
    for (size_t i = 0; i < r->v.count; i++)
        fprintf(stderr, "%-4s %s: %s\n", verifier_result_name(r->v.findings[i].result), r->v.findings[i].check,
                r->v.findings[i].en);
}

char *verify_rig_verdict(struct verify_rig *r)
{
    struct record record;
    struct err err;
    const struct fixture_file *text = package_fixture_file(&r->f, "record.json");
    if (!text || record_open(&record, text->data, text->size, &err))
        abort();
    char *verdict = strndup(record.verdict, record.verdict_length);
    record_close(&record);
    return verdict;
}

void verify_rig_rewrite(const uint8_t *bytes, size_t size, const char *entry, enum verify_rig_change change,
                        const void *data, size_t data_size, uint8_t **out, size_t *out_size)
{
    static struct container c;
    struct zip_forge_file files[CONTAINER_ENTRIES_MAX];
    struct err err;
    size_t count = 0;
    uint8_t *changed = NULL;
    if (container_read(&c, bytes, size, &err))
        abort();
    for (size_t i = 0; i < c.count; i++) {
        struct zip_forge_file file = {c.entries[i].name, c.entries[i].data, c.entries[i].size, ZIP_CM_STORE, 0};
        bool it = strcmp(file.name, entry) == 0;
        if (it && change == VERIFY_RIG_REMOVE)
            continue;
        if (it && data) {
            file.data = data;
            file.size = data_size;
        } else if (it && change == VERIFY_RIG_CHANGE) {
            changed = malloc(file.size);
            assert(changed);
            memcpy(changed, file.data, file.size);
            changed[file.size - 1] ^= 1;
            file.data = changed;
        }
        files[count++] = file;
    }
    if (change == VERIFY_RIG_ADD)
        files[count++] = (struct zip_forge_file){entry, data ? data : "added", data ? data_size : 5, ZIP_CM_STORE, 0};
    zip_forge(files, count, NULL, out, out_size);
    free(changed);
}
