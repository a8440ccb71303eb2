#include "reports/verifier_part.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "reports/revocation.h"
#include "reports/sha256.h"
#include "station/core/civil.h"
#include "station/core/utf8.h"

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static bool is_manifest(const char *name)
{
    return strncmp(name, "META-INF/ASiCManifest", 21) == 0 && ends_with(name, ".xml");
}

/* The signatures sign the list, so they cannot stand in it; nor does the list itself. */
static bool may_be_unlisted(const struct verification *v, const char *name)
{
    return strcmp(name, "mimetype") == 0 || is_manifest(name) || strcmp(name, v->manifest.signature) == 0 ||
           (strncmp(name, "META-INF/signature", 18) == 0 && ends_with(name, ".sm2"));
}

/* The one manifest, or NULL. */
static const struct container_entry *find_manifest(const struct verification *v)
{
    const struct container_entry *found = NULL;
    for (size_t i = 0; i < v->container.count; i++) {
        if (!is_manifest(v->container.entries[i].name))
            continue;
        if (found)
            return NULL;
        found = &v->container.entries[i];
    }
    return found;
}

static bool check_reference(struct verification *v, const struct manifest_reference *r)
{
    const struct container_entry *entry = container_find(&v->container, r->name);
    uint8_t digest[SHA256_BYTES];
    if (!entry)
        return verifier_report(v, VERIFIER_CONTENTS, VERIFIER_FAIL, r->name, "it is listed, but not in the package");
    const EVP_MD *md = r->algorithm == MANIFEST_SHA256 ? EVP_sha256() : EVP_sm3();
    if (EVP_Digest(entry->data, entry->size, digest, NULL, md, NULL) != 1)
        return verifier_report(v, VERIFIER_DIGEST, VERIFIER_FAIL, r->name, "the digest algorithm is not available");
    if (memcmp(digest, r->digest, sizeof digest) != 0)
        return verifier_report(v, VERIFIER_DIGEST, VERIFIER_FAIL, r->name, NULL);
    /* one line for each entry: the SM3 digest beside it is checked without a line of its own */
    return r->algorithm != MANIFEST_SHA256 || verifier_report(v, VERIFIER_DIGEST, VERIFIER_OK, r->name, NULL);
}

static bool is_listed(const struct manifest_read *m, const char *name, enum manifest_algorithm algorithm)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->references[i].algorithm == algorithm && strcmp(m->references[i].name, name) == 0)
            return true;
    }
    return false;
}

bool verifier_contents(struct verification *v)
{
    struct err err;
    const struct container_entry *entry = find_manifest(v);
    if (!entry)
        return verifier_report(v, VERIFIER_CONTENTS, VERIFIER_FAIL, "META-INF/ASiCManifest.xml",
                               "there must be exactly one META-INF/ASiCManifest*.xml");
    if (manifest_read(&v->manifest, (const char *)entry->data, entry->size, &err))
        return verifier_report(v, VERIFIER_CONTENTS, VERIFIER_FAIL, entry->name, err.text);
    bool complete = true;
    for (size_t i = 0; i < v->container.count; i++) {
        const char *name = v->container.entries[i].name;
        if (!may_be_unlisted(v, name) && !is_listed(&v->manifest, name, MANIFEST_SHA256))
            complete = verifier_report(v, VERIFIER_CONTENTS, VERIFIER_FAIL, name,
                                       "it is in the package, but not listed (added later?)");
    }
    bool same = true;
    for (size_t i = 0; i < v->manifest.count; i++)
        same = check_reference(v, &v->manifest.references[i]) && same;
    if (complete)
        verifier_report(v, VERIFIER_CONTENTS, VERIFIER_OK, "", NULL);
    return complete && same;
}

/* Its certificate may come from another authority than the first one's, which the reader may not have. */
static void report_sm2(struct verification *v, X509 *certificate, STACK_OF(X509) * issuers)
{
    struct err err;
    char subject[SEALCHECK_NAME_MAX];
    sealcheck_subject(certificate, subject, sizeof subject);
    bool trusted = sealcheck_certificate(certificate, issuers, v->seal.signed_at, v->options->trust, &err) == 0;
    verifier_report(v, VERIFIER_SM2, trusted ? VERIFIER_OK : VERIFIER_NOTE, subject, trusted ? NULL : err.text);
}

/* The PEM file beside the signature: its certificate, then those of the issuers. NULL when there is none. */
static STACK_OF(X509) * read_beside(const struct container_entry *beside)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    BIO *bio = beside ? BIO_new_mem_buf(beside->data, (int)beside->size) : NULL;
    X509 *certificate;
    char reason[128];
    while (list && bio && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        if (sk_X509_push(list, certificate) == 0)
            X509_free(certificate);
    BIO_free(bio);
    sealcheck_openssl_reason(reason, sizeof reason);
    return list;
}

/* The second signature: META-INF/signature*.sm2 with its certificate beside it, META-INF/signature*.sm2.pem, which the
 * manifest lists. */
static bool check_sm2(struct verification *v, const struct container_entry *manifest,
                      const struct container_entry *signature)
{
    struct err err = {.text = "the certificate beside it cannot be read"};
    char name[CONTAINER_NAME_MAX + 8];
    snprintf(name, sizeof name, "%s.pem", signature->name);
    STACK_OF(X509) *beside = read_beside(container_find(&v->container, name));
    X509 *certificate = sk_X509_num(beside) > 0 ? sk_X509_shift(beside) : NULL;
    EVP_PKEY *key = certificate ? X509_get0_pubkey(certificate) : NULL;
    bool ok = key && EVP_PKEY_is_a(key, "SM2") &&
              sealcheck_raw(key, manifest->data, manifest->size, signature->data, signature->size, &err) == 0;
    if (ok)
        report_sm2(v, certificate, beside);
    else
        verifier_report(v, VERIFIER_SM2, VERIFIER_FAIL, signature->name, err.text);
    X509_free(certificate);
    sk_X509_pop_free(beside, X509_free);
    return ok;
}

/* The manifest tells by the certificate that there was a second signature: it cannot be taken away unseen. */
static bool check_sm2_is_there(struct verification *v, const char *certificate)
{
    char name[CONTAINER_NAME_MAX];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(certificate) - 4), certificate);
    return container_find(&v->container, name) != NULL ||
           verifier_report(v, VERIFIER_SM2, VERIFIER_FAIL, name, "it is missing, its certificate is there");
}

/* With an SM2 signature, which would stand on SHA-256 else, every entry has its SM3 digest, too. */
static bool check_sm3_is_there(struct verification *v)
{
    bool ok = true;
    for (size_t i = 0; i < v->manifest.count; i++) {
        const struct manifest_reference *r = &v->manifest.references[i];
        if (r->algorithm == MANIFEST_SHA256 && !is_listed(&v->manifest, r->name, MANIFEST_SM3))
            ok = verifier_report(v, VERIFIER_SM2, VERIFIER_FAIL, r->name, "the list has no SM3 digest of it");
    }
    return ok;
}

static bool check_second_signatures(struct verification *v, const struct container_entry *manifest)
{
    bool ok = true, any = false;
    for (size_t i = 0; i < v->container.count; i++) {
        const struct container_entry *entry = &v->container.entries[i];
        if (ends_with(entry->name, ".sm2.pem"))
            ok = check_sm2_is_there(v, entry->name) && ok;
        if (!ends_with(entry->name, ".sm2"))
            continue;
        any = true;
        ok = check_sm2(v, manifest, entry) && ok;
    }
    return any ? check_sm3_is_there(v) && ok : ok;
}

bool verifier_revocation(struct verification *v)
{
    static const enum verifier_result results[] = {[REVOCATION_GOOD] = VERIFIER_OK,
                                                   [REVOCATION_LATER] = VERIFIER_NOTE,
                                                   [REVOCATION_COMPROMISED] = VERIFIER_OPEN,
                                                   [REVOCATION_UNKNOWN] = VERIFIER_OPEN,
                                                   [REVOCATION_REVOKED] = VERIFIER_FAIL};
    char words[256];
    if (!v->options->revoked)
        return true;
    enum revocation found = revocation_check(&v->seal, v->options->revoked, v->options->trust, words, sizeof words);
    const char *detail = found == REVOCATION_COMPROMISED
                             ? "the key was in other hands, so the date of the signature proves nothing; a receipt, a "
                               "time stamp or a witness must show that the package is older"
                         : found == REVOCATION_UNKNOWN
                             ? "none of them is of its authority and was in force when it signed"
                             : NULL;
    return verifier_report(v, VERIFIER_REVOCATION, results[found], words, detail);
}

static bool check_signature(struct verification *v, const struct container_entry *manifest,
                            const struct container_entry *signature)
{
    struct err err;
    if (sealcheck_open(&v->seal, signature->data, signature->size, &err))
        return verifier_report(v, VERIFIER_SIGNATURE, VERIFIER_FAIL, signature->name, err.text);
    snprintf(v->out->signer, sizeof v->out->signer, "%s", v->seal.subject);
    utf8_plain(v->out->signer);
    v->out->signed_at = v->seal.signed_at;
    if (sealcheck_signature(&v->seal, manifest->data, manifest->size, &err))
        return verifier_report(v, VERIFIER_SIGNATURE, VERIFIER_FAIL, signature->name, err.text);
    verifier_report(v, VERIFIER_SIGNATURE, VERIFIER_OK, v->seal.subject, NULL);
    if (sealcheck_chain(&v->seal, manifest->data, manifest->size, v->options->trust, &err))
        return verifier_report(v, VERIFIER_CERTIFICATE, VERIFIER_FAIL, signature->name, err.text);
    char when[CIVIL_TIME_TEXT_MAX];
    civil_time_format(v->seal.signed_at * 1000, VERIFIER_ZONE_MINUTES, when);
    verifier_report(v, VERIFIER_CERTIFICATE, VERIFIER_OK, when, NULL);
    return verifier_revocation(v);
}

bool verifier_seal(struct verification *v)
{
    const struct container_entry *manifest = find_manifest(v);
    const struct container_entry *signature = container_find(&v->container, v->manifest.signature);
    if (!manifest || v->manifest.count == 0)
        return false; /* said already */
    if (!signature || !ends_with(signature->name, ".p7s"))
        return verifier_report(v, VERIFIER_SIGNATURE, VERIFIER_FAIL, v->manifest.signature,
                               "the signature file that the list names is missing");
    bool ok = check_signature(v, manifest, signature);
    return check_second_signatures(v, manifest) && ok;
}
