#include "reports/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "reports/keyfile.h"
#include "reports/sealcheck.h"
#include "reports/sha256.h"
#include "reports/token.h"

struct seal {
    const struct key_kind *kind;
    EVP_PKEY *key;
    struct keyfile_certificates certificates;
    uint8_t key_id[SEAL_KEY_ID_SIZE]; /* writing a public key down takes OpenSSL as long as ten signatures */
    struct token *token;              /* holds the key; NULL while it is away, and for keys in files */
    char key_source[KEYFILE_PATH_MAX], cert_source[KEYFILE_PATH_MAX];
    struct err away; /* of a key on a token: why it is not there; code 0: it is */
};

static int openssl_failed(struct err *err, const char *what)
{
    char reason[128];
    return err_set(err, ERR_FAILED, "%s: %s", what, sealcheck_openssl_reason(reason, sizeof reason));
}

/* ---- reading ---- */

/* What a seal's key must be: OpenSSL's names of its kind and curve, and how a fitting one is made. */
struct key_kind {
    const char *algorithm, *group, *title, *genpkey;
};

static const struct key_kind p256 = {"EC", SN_X9_62_prime256v1, "ECDSA P-256", "EC -pkeyopt ec_paramgen_curve:P-256"};
static const struct key_kind sm2 = {"SM2", SN_sm2, "SM2", "SM2"};

static int check_kind(const EVP_PKEY *key, const struct key_kind *kind, const char *source, struct err *err)
{
    char group[64] = "";
    size_t length = 0;
    if (!key || !EVP_PKEY_is_a(key, kind->algorithm) ||
        EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1 || strcmp(group, kind->group) != 0)
        return err_set(err, ERR_INVALID,
                       "%s: this sealing key must be %s; make one with: openssl genpkey -algorithm %s", source,
                       kind->title, kind->genpkey);
    return 0;
}

/* A token that is not there is waited for. A wrong PIN is no reason to end either: who starts smogpush again and again
 * would lock the token. */
static int open_token(struct seal *s, struct err *err)
{
    EVP_PKEY *public_key = X509_get0_pubkey(s->certificates.cert);
    token_close(s->token);
    s->token = NULL;
    s->key = NULL;
    if (token_open(&s->token, s->key_source, public_key, &s->away) == 0) {
        s->away = (struct err){0};
        s->key = token_key(s->token);
        return 0;
    }
    *err = s->away;
    return -1;
}

static int open_key(struct seal *s, struct err *err)
{
    if (token_is_uri(s->key_source)) {
        if (s->kind == &sm2)
            return err_set(err, ERR_INVALID,
                           "sm2-key: no PKCS#11 token signs with SM2; give a file or credential:NAME");
        return open_token(s, err) == 0 || s->away.code == ERR_UNREACHABLE || s->away.code == ERR_REFUSED ? 0 : -1;
    }
    s->key = keyfile_private(s->key_source, err);
    return s->key ? keyfile_match(s->certificates.cert, s->key, s->cert_source, s->key_source, err) : -1;
}

static int check_purpose(const struct seal *s, struct err *err)
{
    if (!(X509_get_key_usage(s->certificates.cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        return err_set(err, ERR_INVALID, "%s: the certificate's key usage does not allow signatures; have another made",
                       s->cert_source);
    return 0;
}

static int find_key_id(struct seal *s, struct err *err)
{
    unsigned char *der = NULL;
    uint8_t digest[SHA256_BYTES];
    struct sha256 h;
    int length = i2d_PUBKEY(X509_get0_pubkey(s->certificates.cert), &der);
    if (length <= 0)
        return openssl_failed(err, s->cert_source);
    sha256_init(&h);
    sha256_feed(&h, der, (size_t)length);
    sha256_finish(&h, digest);
    OPENSSL_free(der);
    memcpy(s->key_id, digest, SEAL_KEY_ID_SIZE);
    return 0;
}

static int open_kind(struct seal **out, const struct key_kind *kind, const char *key, const char *cert, struct err *err)
{
    *out = NULL;
    struct seal *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "out of memory");
    s->kind = kind;
    snprintf(s->key_source, sizeof s->key_source, "%s", key);
    snprintf(s->cert_source, sizeof s->cert_source, "%s", cert);
    if (keyfile_certificates(&s->certificates, cert, err) != 0 || open_key(s, err) != 0 ||
        check_kind(X509_get0_pubkey(s->certificates.cert), kind, key, err) != 0 || check_purpose(s, err) != 0 ||
        find_key_id(s, err) != 0) {
        seal_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

int seal_open(struct seal **out, const char *key, const char *cert, struct err *err)
{
    return open_kind(out, &p256, key, cert, err);
}

int seal_open_sm2(struct seal **out, const char *key, const char *cert, struct err *err)
{
    return open_kind(out, &sm2, key, cert, err);
}

void seal_close(struct seal *s)
{
    if (!s)
        return;
    if (s->token)
        token_close(s->token); /* to which the key belongs */
    else
        EVP_PKEY_free(s->key);
    keyfile_certificates_free(&s->certificates);
    free(s);
}

bool seal_is_sm2(const struct seal *s)
{
    return s->kind == &sm2;
}

X509 *seal_certificate(const struct seal *s)
{
    return s->certificates.cert;
}

int seal_reach(struct seal *s, struct err *err)
{
    if (!token_is_uri(s->key_source) || (s->token && token_trouble(s->token)[0] == '\0'))
        return 0;
    if (s->away.code == ERR_REFUSED) {
        *err = s->away;
        return -1;
    }
    return open_token(s, err);
}

/* ---- signing ---- */

static int sign_failed(const struct seal *s, struct err *err)
{
    if (s->token && token_trouble(s->token)[0]) {
        ERR_clear_error();
        return err_set(err, ERR_UNREACHABLE, "%.*s: the token does not sign: %s", (int)strcspn(s->key_source, "?"),
                       s->key_source, token_trouble(s->token));
    }
    return openssl_failed(err, "the signature cannot be made");
}

int seal_usable(const struct seal *s, int64_t unix_ms, struct err *err)
{
    if (!s->key) {
        *err = s->away;
        return -1;
    }
    time_t at = (time_t)(unix_ms / 1000);
    if (X509_cmp_time(X509_get0_notBefore(s->certificates.cert), &at) > 0)
        return err_set(err, ERR_REFUSED,
                       "%s: the sealing certificate is not valid yet; is the station's clock right? Nothing is sealed "
                       "until then; cases wait",
                       s->cert_source);
    if (X509_cmp_time(X509_get0_notAfter(s->certificates.cert), &at) < 0)
        return err_set(err, ERR_REFUSED,
                       "%s: the sealing certificate has expired; nothing is sealed until its successor lies in its "
                       "place; cases wait",
                       s->cert_source);
    return 0;
}

/* The signer with the attributes of CAdES: signing-certificate-v2 (OpenSSL's part of CMS_CADES) and signing-time. */
static bool add_signer(CMS_ContentInfo *cms, const struct seal *s, int64_t unix_ms)
{
    CMS_SignerInfo *info = CMS_add1_signer(cms, s->certificates.cert, s->key, EVP_sha256(),
                                           CMS_CADES | CMS_NOSMIMECAP | CMS_BINARY | CMS_DETACHED);
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(unix_ms / 1000));
    bool ok =
        info && time && CMS_signed_add1_attr_by_NID(info, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) == 1;
    ASN1_TIME_free(time);
    return ok;
}

/* OpenSSL's memory as the callers': freed with free. */
static int take_over(void *made, long size, uint8_t **out, size_t *length, struct err *err)
{
    uint8_t *copy = made && size > 0 ? malloc((size_t)size) : NULL;
    if (!copy)
        return openssl_failed(err, "out of memory");
    memcpy(copy, made, (size_t)size);
    *out = copy;
    *length = (size_t)size;
    return 0;
}

static int sign_cms(const struct seal *s, const void *data, size_t size, int64_t unix_ms, uint8_t **signature,
                    size_t *length, struct err *err)
{
    unsigned char *der = NULL;
    int made = -1;
    BIO *content = BIO_new_mem_buf(data, (int)size);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, s->certificates.chain, NULL, CMS_PARTIAL | CMS_BINARY | CMS_DETACHED);
    if (content && cms && add_signer(cms, s, unix_ms) && CMS_final(cms, content, NULL, CMS_BINARY | CMS_DETACHED) == 1)
        made = i2d_CMS_ContentInfo(cms, &der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    int result = made > 0 ? take_over(der, made, signature, length, err) : sign_failed(s, err);
    OPENSSL_free(der);
    return result;
}

int seal_sign(const struct seal *s, const void *data, size_t size, int64_t unix_ms, uint8_t **signature, size_t *length,
              struct err *err)
{
    uint8_t raw[SEAL_RAW_MAX];
    if (seal_usable(s, unix_ms, err) != 0)
        return -1;
    if (!seal_is_sm2(s))
        return sign_cms(s, data, size, unix_ms, signature, length, err);
    if (seal_sign_raw(s, data, size, raw, length, err) != 0)
        return -1;
    return take_over(raw, (long)*length, signature, length, err);
}

int seal_certificates(const struct seal *s, uint8_t **pem, size_t *length, struct err *err)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && PEM_write_bio_X509(bio, s->certificates.cert) == 1;
    for (int i = 0; ok && i < sk_X509_num(s->certificates.chain); i++)
        ok = PEM_write_bio_X509(bio, sk_X509_value(s->certificates.chain, i)) == 1;
    long size = ok ? BIO_get_mem_data(bio, &text) : 0;
    int result = take_over(text, size, pem, length, err);
    BIO_free(bio);
    return result;
}

int seal_sign_raw(const struct seal *s, const void *data, size_t size, uint8_t out[SEAL_RAW_MAX], size_t *length,
                  struct err *err)
{
    EVP_PKEY_CTX *ctx = NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    *length = SEAL_RAW_MAX;
    bool ok = md && EVP_DigestSignInit(md, &ctx, sealcheck_digest(s->key), NULL, s->key) == 1 &&
              sealcheck_set_id(s->key, ctx) == 0 && EVP_DigestSign(md, out, length, data, size) == 1;
    EVP_MD_CTX_free(md);
    return ok ? 0 : sign_failed(s, err);
}

void seal_key_id(const struct seal *s, uint8_t id[SEAL_KEY_ID_SIZE])
{
    memcpy(id, s->key_id, SEAL_KEY_ID_SIZE);
}
