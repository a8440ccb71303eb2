#include "tests/support/keys.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "reports/encoding.h"

enum { DAY_S = 86400, YEAR_S = 365 * DAY_S };

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert(extension);
    assert(X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void set_times(X509 *cert, const struct keys_request *r)
{
    time_t now = time(NULL);
    time_t from = r->from_ms ? (time_t)(r->from_ms / 1000) : now - DAY_S;
    time_t until = r->until_ms ? (time_t)(r->until_ms / 1000) : now + YEAR_S;
    assert(ASN1_TIME_set(X509_getm_notBefore(cert), from));
    assert(ASN1_TIME_set(X509_getm_notAfter(cert), until));
}

static void write_files(struct keys_pair *p, const char *folder, const char *name)
{
    snprintf(p->key_file, sizeof p->key_file, "%s/%s.key", folder, name);
    snprintf(p->cert_file, sizeof p->cert_file, "%s/%s.pem", folder, name);
    FILE *f = fopen(p->key_file, "w");
    assert(f && PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL) == 1);
    assert(fclose(f) == 0 && chmod(p->key_file, 0600) == 0);
    f = fopen(p->cert_file, "w");
    assert(f && PEM_write_X509(f, p->cert) == 1);
    assert(fclose(f) == 0);
}

/* As GB/T 35276 has it, an SM2 authority signs over the id 1234567812345678 as well. */
static void sign(X509 *cert, EVP_PKEY *key)
{
    bool sm2 = EVP_PKEY_is_a(key, "SM2");
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert(md && ctx);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    assert(!sm2 || EVP_PKEY_CTX_set1_id(ctx, "1234567812345678", 16) == 1);
    assert(EVP_DigestSignInit(md, NULL, sm2 ? EVP_sm3() : EVP_sha256(), NULL, key) == 1);
    assert(X509_sign_ctx(cert, md) > 0);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
}

void keys_make(struct keys_pair *p, const char *folder, const struct keys_request *r)
{
    static long serial;
    bool sm2 = r->curve && strcmp(r->curve, "SM2") == 0;
    p->key = r->key ? r->key
             : sm2  ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2")
                    : EVP_PKEY_Q_keygen(NULL, NULL, "EC", r->curve ? r->curve : "P-256");
    p->cert = X509_new();
    assert(p->key && p->cert);
    if (r->key)
        EVP_PKEY_up_ref(p->key);
    X509 *issuer = r->by ? r->by->cert : p->cert;
    bool authority = !r->by || r->authority;
    X509_set_version(p->cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(p->cert), (long)time(NULL) + ++serial);
    set_times(p->cert, r);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(p->cert), "CN", MBSTRING_UTF8, (const unsigned char *)r->subject,
                               -1, -1, 0);
    X509_set_issuer_name(p->cert, X509_get_subject_name(issuer));
    X509_set_pubkey(p->cert, p->key);
    extend(p->cert, issuer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(p->cert, issuer, NID_key_usage, r->usage ? r->usage : authority ? "keyCertSign" : "digitalSignature");
    extend(p->cert, issuer, NID_subject_key_identifier, "hash");
    if (r->extended)
        extend(p->cert, issuer, NID_ext_key_usage, r->extended);
    if (r->san)
        extend(p->cert, issuer, NID_subject_alt_name, r->san);
    sign(p->cert, r->by ? r->by->key : p->key);
    write_files(p, folder, r->name);
}

void keys_sign(const struct keys_pair *pair, const char *text, char *out, size_t size)
{
    uint8_t der[128];
    size_t length = sizeof der;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, pair->key) == 1);
    assert(EVP_DigestSign(md, der, &length, (const uint8_t *)text, strlen(text)) == 1);
    assert(ENCODING_BASE64_ROOM(length) <= size);
    encoding_base64(der, length, out);
    EVP_MD_CTX_free(md);
}

void keys_free(struct keys_pair *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->cert);
}
