#include "reports/sealcheck.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "reports/file.h"

/* ---- the DER shape ---- */

struct der {
    const uint8_t *at;
    size_t left;
};

/* Takes one element with this tag: definite, shortest length. *content may be NULL. */
static bool take(struct der *in, uint8_t tag, struct der *content)
{
    if (in->left < 2 || in->at[0] != tag)
        return false;
    size_t length = in->at[1];
    size_t head = 2;
    if (length >= 0x80) {
        size_t more = length & 0x7F;
        if (more == 0 || more > 3 || in->left < 2 + more)
            return false;
        length = 0;
        for (size_t i = 0; i < more; i++)
            length = length << 8 | in->at[2 + i];
        if (length < 0x80 || length >> 8 * (more - 1) == 0)
            return false;
        head += more;
    }
    if (in->left - head < length)
        return false;
    if (content)
        *content = (struct der){in->at + head, length};
    in->at += head + length;
    in->left -= head + length;
    return true;
}

/* Takes exactly these bytes. */
static bool take_bytes(struct der *in, const uint8_t *bytes, size_t count)
{
    if (in->left < count || memcmp(in->at, bytes, count) != 0)
        return false;
    in->at += count;
    in->left -= count;
    return true;
}

static const uint8_t signed_data[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02};
static const uint8_t no_content[] = {0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01};
static const uint8_t sha256[] = {0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
static const uint8_t version_1[] = {0x02, 0x01, 0x01};

/* SignerInfo: version 1, issuer and serial number, SHA-256, signed attributes, ECDSA, the signature; no more. *name
 * gets the issuerAndSerialNumber element. */
static bool signer_shape(struct der *infos, struct der *name)
{
    struct der info, issuer_serial;
    if (!take(infos, 0x30, &info) || infos->left != 0)
        return false;
    if (!take_bytes(&info, version_1, sizeof version_1))
        return false;
    name->at = info.at;
    if (!take(&info, 0x30, &issuer_serial))
        return false;
    name->left = (size_t)(info.at - name->at);
    return take_bytes(&info, sha256, sizeof sha256) && take(&info, 0xA0, NULL) &&
           take_bytes(&info, ecdsa_sha256, sizeof ecdsa_sha256) && take(&info, 0x04, NULL) && info.left == 0;
}

static bool cms_shape(const uint8_t *p7s, size_t size, struct der *signer_name)
{
    struct der all = {p7s, size};
    struct der outer, wrapped, data, digests, certificates, infos;
    return take(&all, 0x30, &outer) && all.left == 0 && take_bytes(&outer, signed_data, sizeof signed_data) &&
           take(&outer, 0xA0, &wrapped) && outer.left == 0 && take(&wrapped, 0x30, &data) && wrapped.left == 0 &&
           take_bytes(&data, version_1, sizeof version_1) && take(&data, 0x31, &digests) &&
           take_bytes(&digests, sha256, sizeof sha256) && digests.left == 0 &&
           take_bytes(&data, no_content, sizeof no_content) && take(&data, 0xA0, &certificates) &&
           take(&data, 0x31, &infos) && data.left == 0 && signer_shape(&infos, signer_name);
}

/* The signer's name in the CMS must be the certificate's, byte for byte (OpenSSL compares names without case). */
static bool names_certificate(const struct der *name, X509 *certificate)
{
    uint8_t expected[2048];
    uint8_t *p = expected;
    struct der rest = *name;
    struct der content;
    if (!take(&rest, 0x30, &content))
        return false;
    int issuer = i2d_X509_NAME(X509_get_issuer_name(certificate), NULL);
    int serial = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), NULL);
    if (issuer < 0 || serial < 0 || (size_t)issuer + (size_t)serial > sizeof expected)
        return false;
    i2d_X509_NAME(X509_get_issuer_name(certificate), &p);
    i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &p);
    return content.left == (size_t)(p - expected) && memcmp(content.at, expected, content.left) == 0;
}

/* ---- OpenSSL ---- */

const char *sealcheck_openssl_reason(char *out, size_t size)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    snprintf(out, size, "%s", reason ? reason : "no reason given");
    ERR_clear_error();
    return out;
}

static const char sm2_id[] = "1234567812345678"; /* GB/T 35276, where no other id is agreed */
enum { SM2_ID_LENGTH = sizeof sm2_id - 1 };

/* A certificate that an SM2 key has signed is checked over that id as well; OpenSSL 3 takes none unless told. */
static void set_sm2_id(X509 *certificate)
{
    if (X509_get_signature_nid(certificate) != NID_SM2_with_SM3)
        return;
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    if (id && ASN1_OCTET_STRING_set(id, (const unsigned char *)sm2_id, SM2_ID_LENGTH) == 1)
        X509_set0_distinguishing_id(certificate, id);
    else
        ASN1_OCTET_STRING_free(id);
}

/* Stations' certificates have no purpose of TLS; one that is itself in the trusted file needs no authority above it. */
static void set_rules(X509_STORE *store)
{
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *trusted = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (trusted)
            set_sm2_id(trusted);
    }
}

X509_STORE *sealcheck_trust(const char *ca_file, struct err *err)
{
    char *pem;
    size_t length;
    if (file_read(ca_file, SEALCHECK_TRUST_MAX, &pem, &length, err))
        return NULL;
    X509_STORE *store = sealcheck_trust_text(pem, length, err);
    free(pem);
    if (!store)
        err_prefix(err, "%s", ca_file);
    return store;
}

X509_STORE *sealcheck_trust_text(const char *pem, size_t length, struct err *err)
{
    X509_STORE *store = X509_STORE_new();
    BIO *in = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate;
    int count = 0;
    while (store && in && (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        count += X509_STORE_add_cert(store, certificate) == 1;
        X509_free(certificate);
    }
    /* the end of the text is an error too, but not one of a certificate */
    bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(in);
    if (count > 0 && whole) {
        set_rules(store);
        return store;
    }
    if (count > 0)
        err_set(err, ERR_INVALID, "trusted certificate %d cannot be read; give all of them in PEM", count + 1);
    else
        err_set(err, ERR_INVALID, "no trusted certificate is given; give the authority's in PEM");
    X509_STORE_free(store);
    return NULL;
}

static bool signing_time(CMS_SignerInfo *info, int64_t *out)
{
    int at = CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1);
    if (at < 0)
        return false;
    ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(info, at), 0);
    if (!value || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME))
        return false;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, value->value.asn1_string) == 1;
    ASN1_TIME_free(epoch);
    *out = (int64_t)days * 86400 + seconds;
    return ok;
}

void sealcheck_subject(const X509 *certificate, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int length = 0;
    if (bio) {
        X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
        length = BIO_read(bio, out, (int)size - 1);
    }
    out[length > 0 ? length : 0] = '\0';
    BIO_free(bio);
}

/* OpenSSL computes the signature over its own encoding of what it read, so other encodings of the same would pass. */
static bool encodes_to(CMS_ContentInfo *cms, const uint8_t *p7s, size_t size)
{
    unsigned char *der = NULL;
    int length = i2d_CMS_ContentInfo(cms, &der);
    bool same = length > 0 && (size_t)length == size && memcmp(der, p7s, size) == 0;
    OPENSSL_free(der);
    return same;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    return key && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 && strcmp(group, "prime256v1") == 0;
}

int sealcheck_open(struct sealcheck *s, const uint8_t *p7s, size_t size, struct err *err)
{
    *s = (struct sealcheck){0};
    struct der name;
    if (size > SEALCHECK_CMS_MAX)
        return err_set(err, ERR_INVALID, "it has %zu bytes; at most %d are allowed", size, SEALCHECK_CMS_MAX);
    if (!cms_shape(p7s, size, &name))
        return err_set(err, ERR_INVALID,
                       "it is not a detached CMS signature with one ECDSA P-256/SHA-256 signer, the certificate inside "
                       "and nothing else");
    const uint8_t *p = p7s;
    s->cms = d2i_CMS_ContentInfo(NULL, &p, (long)size);
    if (!s->cms || !encodes_to(s->cms, p7s, size)) {
        char reason[128];
        err_set(err, ERR_INVALID, "the signature is not DER: %s", sealcheck_openssl_reason(reason, sizeof reason));
        goto fail;
    }
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(s->cms);
    STACK_OF(X509) *certificates = CMS_get1_certs(s->cms);
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, 0);
    for (int i = 0; i < sk_X509_num(certificates) && !s->signer; i++) {
        if (names_certificate(&name, sk_X509_value(certificates, i))) {
            s->signer = sk_X509_value(certificates, i);
            CMS_SignerInfo_set1_signer_cert(info, s->signer);
        }
    }
    int inside = sk_X509_num(certificates);
    sk_X509_pop_free(certificates, X509_free);
    if (inside > SEALCHECK_CERTIFICATES_MAX) {
        err_set(err, ERR_INVALID, "it holds %d certificates; at most %d are allowed", inside,
                SEALCHECK_CERTIFICATES_MAX);
        goto fail;
    }
    if (!s->signer) {
        err_set(err, ERR_INVALID, "the signer's certificate is not inside the signature");
        goto fail;
    }
    if (!is_p256(X509_get0_pubkey(s->signer))) {
        err_set(err, ERR_INVALID, "the signer's key is not of the curve P-256");
        goto fail;
    }
    if (!signing_time(info, &s->signed_at)) {
        err_set(err, ERR_INVALID, "the signature does not say when it was made");
        goto fail;
    }
    sealcheck_subject(s->signer, s->subject, sizeof s->subject);
    return 0;
fail:
    sealcheck_close(s);
    return -1;
}

void sealcheck_close(struct sealcheck *s)
{
    CMS_ContentInfo_free(s->cms);
    s->cms = NULL;
    s->signer = NULL;
}

/* The two calls differ in what OpenSSL checks besides the signature itself. */
static int cms_verify(struct sealcheck *s, const uint8_t *manifest, size_t size, X509_STORE *trust, unsigned flags,
                      struct err *err)
{
    BIO *content = BIO_new_mem_buf(manifest, (int)size);
    int ok = content && CMS_verify(s->cms, NULL, trust, content, NULL, CMS_BINARY | flags) == 1;
    BIO_free(content);
    char reason[128];
    if (!ok)
        return err_set(err, ERR_FAILED, "%s", sealcheck_openssl_reason(reason, sizeof reason));
    return 0;
}

int sealcheck_signature(struct sealcheck *s, const uint8_t *manifest, size_t size, struct err *err)
{
    return cms_verify(s, manifest, size, NULL, CMS_NO_SIGNER_CERT_VERIFY, err);
}

int sealcheck_certificate(X509 *certificate, STACK_OF(X509) * issuers, int64_t at, X509_STORE *trust, struct err *err)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int result = 0;
    set_sm2_id(certificate);
    for (int i = 0; i < sk_X509_num(issuers); i++)
        set_sm2_id(sk_X509_value(issuers, i));
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust), (time_t)at);
    if (!ctx || X509_STORE_CTX_init(ctx, trust, certificate, issuers) != 1)
        result = err_set(err, ERR_FAILED, "out of memory while checking the certificate");
    else if (X509_verify_cert(ctx) != 1)
        result = err_set(err, ERR_FAILED, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    ERR_clear_error();
    X509_STORE_CTX_free(ctx);
    return result;
}

/* Every certificate that travels inside the signature must be a link of the chain. */
static int no_superfluous(STACK_OF(X509) * inside, STACK_OF(X509) * chain, struct err *err)
{
    for (int i = 0; i < sk_X509_num(inside); i++) {
        bool used = false;
        for (int k = 0; k < sk_X509_num(chain) && !used; k++)
            used = X509_cmp(sk_X509_value(inside, i), sk_X509_value(chain, k)) == 0;
        if (!used)
            return err_set(err, ERR_FAILED,
                           "certificate %d inside the signature does not belong to the chain, or was altered", i + 1);
    }
    return 0;
}

int sealcheck_chain(struct sealcheck *s, const uint8_t *manifest, size_t size, X509_STORE *trust, struct err *err)
{
    int result = -1;
    STACK_OF(X509) *inside = CMS_get1_certs(s->cms);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust), (time_t)s->signed_at);
    if (!ctx || X509_STORE_CTX_init(ctx, trust, s->signer, inside) != 1) {
        err_set(err, ERR_FAILED, "out of memory while checking the certificate");
    } else if (X509_verify_cert(ctx) != 1) {
        err_set(err, ERR_FAILED, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
        ERR_clear_error();
    } else if (no_superfluous(inside, X509_STORE_CTX_get0_chain(ctx), err) == 0) {
        /* the signed attributes must name this certificate (CAdES) */
        result = cms_verify(s, manifest, size, trust, CMS_CADES, err);
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_pop_free(inside, X509_free);
    return result;
}

static bool is_trusted(X509 *certificate, X509_STORE *trust)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *trusted = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (trusted && X509_cmp(trusted, certificate) == 0)
            return true;
    }
    return false;
}

static bool looks_like_station(const char *text)
{
    return strlen(text) == 11 && strspn(text, "0123456789") == 6 && text[6] == '-' &&
           strspn(text + 7, "0123456789") == 4;
}

/* Every part of the subject (CN, serialNumber, OU …) may name the station. */
static int check_station(const struct sealcheck *s, const char *station, int *named, struct err *err)
{
    X509_NAME *subject = X509_get_subject_name(s->signer);
    char other[16] = "";
    *named = 0;
    for (int i = 0; i < X509_NAME_entry_count(subject); i++) {
        unsigned char *text = NULL;
        int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
        if (length > 0 && strlen((char *)text) == (size_t)length) {
            if (strcmp((char *)text, station) == 0)
                *named = 1;
            else if (looks_like_station((char *)text))
                snprintf(other, sizeof other, "%s", (char *)text);
        }
        OPENSSL_free(text);
    }
    if (!*named && other[0])
        return err_set(err, ERR_FAILED, "the certificate is that of station %s, the record is station %s's", other,
                       station);
    return 0;
}

int sealcheck_role(const struct sealcheck *s, const char *station, X509_STORE *trust, int *named, struct err *err)
{
    uint32_t usage = X509_get_key_usage(s->signer);
    uint32_t extended = X509_get_extended_key_usage(s->signer);
    if (X509_check_ca(s->signer) != 0 && !is_trusted(s->signer, trust))
        return err_set(err, ERR_FAILED, "it is the certificate of a certification authority");
    if (!(usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        return err_set(err, ERR_FAILED, "its key usage does not allow signatures");
    if (extended != UINT32_MAX && extended & (XKU_SSL_CLIENT | XKU_SSL_SERVER | XKU_OCSP_SIGN | XKU_TIMESTAMP) &&
        !(extended & (XKU_SMIME | XKU_CODE_SIGN | XKU_ANYEKU)))
        return err_set(err, ERR_FAILED, "it is limited to other duties (TLS, OCSP or time stamps)");
    return check_station(s, station, named, err);
}

const EVP_MD *sealcheck_digest(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "SM2") ? EVP_sm3() : EVP_sha256();
}

int sealcheck_set_id(const EVP_PKEY *key, EVP_PKEY_CTX *started)
{
    return EVP_PKEY_is_a(key, "SM2") && EVP_PKEY_CTX_set1_id(started, sm2_id, SM2_ID_LENGTH) != 1 ? -1 : 0;
}

int sealcheck_raw(EVP_PKEY *key, const uint8_t *data, size_t size, const uint8_t *signature, size_t length,
                  struct err *err)
{
    char reason[128];
    EVP_PKEY_CTX *ctx = NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestVerifyInit(md, &ctx, sealcheck_digest(key), NULL, key) == 1 &&
              sealcheck_set_id(key, ctx) == 0 && EVP_DigestVerify(md, signature, length, data, size) == 1;
    EVP_MD_CTX_free(md);
    if (ok)
        return 0;
    return err_set(err, ERR_FAILED, "the signature does not match (%s)",
                   sealcheck_openssl_reason(reason, sizeof reason));
}
