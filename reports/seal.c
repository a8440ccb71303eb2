#include "reports/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "reports/sealcheck.h"
#include "reports/sha256.h"

enum { FILE_SIZE_MAX = 1 << 20 };

struct seal {
    EVP_PKEY *key;
    X509 *cert;
    STACK_OF(X509) * chain; /* of its issuers, as the certificate's file gives them */
    char cert_file[512];
};

static int openssl_failed(struct err *err, const char *what)
{
    char reason[128];
    return err_set(err, ERR_FAILED, "%s: %s", what, sealcheck_openssl_reason(reason, sizeof reason));
}

/* ---- reading ---- */

/* Checks the open file, not the path: nobody can exchange it between check and use. */
static FILE *open_private(const char *file, struct err *err)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(err, ERR_UNREACHABLE, "%s: the private key cannot be read: %s", file, strerror(errno));
    } else if (!S_ISREG(st.st_mode) || st.st_size > FILE_SIZE_MAX) {
        err_set(err, ERR_INVALID, "%s: is not a file with a private key", file);
    } else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        err_set(err, ERR_INVALID, "%s: others may read or write this private key (mode %04o); run: chmod 600 %s", file,
                (unsigned)st.st_mode & 07777, file);
    } else {
        FILE *f = fdopen(fd, "r");
        if (f)
            return f;
        err_set(err, ERR_FAILED, "%s: out of memory", file);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* Instead of OpenSSL's question on the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static EVP_PKEY *read_key(const char *file, struct err *err)
{
    FILE *f = open_private(file, err);
    if (!f)
        return NULL;
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
    fclose(f);
    if (!key) {
        ERR_clear_error();
        err_set(err, ERR_INVALID, "%s: holds no PEM private key without a passphrase", file);
    }
    return key;
}

static int check_curve(const EVP_PKEY *key, const char *file, struct err *err)
{
    char group[64] = "";
    size_t length = 0;
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1 ||
        strcmp(group, SN_X9_62_prime256v1) != 0)
        return err_set(err, ERR_INVALID,
                       "%s: the sealing key must be ECDSA P-256; make one with: openssl genpkey -algorithm EC -pkeyopt "
                       "ec_paramgen_curve:P-256",
                       file);
    return 0;
}

static int read_certificates(struct seal *s, const char *file, struct err *err)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return err_set(err, ERR_UNREACHABLE, "%s: the certificate cannot be read: %s", file, strerror(errno));
    s->cert = PEM_read_X509(f, NULL, no_passphrase, NULL);
    s->chain = sk_X509_new_null();
    X509 *issuer;
    bool room = s->chain != NULL;
    while (room && s->cert && (issuer = PEM_read_X509(f, NULL, no_passphrase, NULL))) {
        room = sk_X509_push(s->chain, issuer) > 0;
        if (!room)
            X509_free(issuer);
    }
    fclose(f);
    ERR_clear_error();
    if (!room)
        return err_set(err, ERR_FAILED, "%s: out of memory", file);
    return s->cert ? 0 : err_set(err, ERR_INVALID, "%s: holds no PEM certificate", file);
}

static int read_pair(struct seal *s, const char *key_file, const char *cert_file, struct err *err)
{
    snprintf(s->cert_file, sizeof s->cert_file, "%s", cert_file);
    s->key = read_key(key_file, err);
    if (!s->key || read_certificates(s, cert_file, err) != 0)
        return -1;
    if (X509_check_private_key(s->cert, s->key) == 1)
        return 0;
    ERR_clear_error();
    return err_set(err, ERR_INVALID, "%s: is not the certificate of the key in %s; give the two of one pair", cert_file,
                   key_file);
}

static int check_purpose(struct seal *s, const char *key_file, struct err *err)
{
    if (check_curve(s->key, key_file, err) != 0)
        return -1;
    if (!(X509_get_key_usage(s->cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        return err_set(err, ERR_INVALID, "%s: the certificate's key usage does not allow signatures; have another made",
                       s->cert_file);
    return 0;
}

static void release(struct seal *s)
{
    EVP_PKEY_free(s->key);
    X509_free(s->cert);
    sk_X509_pop_free(s->chain, X509_free);
}

int seal_check_files(const char *key_file, const char *cert_file, struct err *err)
{
    struct seal s = {0};
    int result = read_pair(&s, key_file, cert_file, err);
    release(&s);
    return result;
}

int seal_open(struct seal **out, const char *key_file, const char *cert_file, struct err *err)
{
    *out = NULL;
    struct seal *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "out of memory");
    if (read_pair(s, key_file, cert_file, err) != 0 || check_purpose(s, key_file, err) != 0) {
        seal_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void seal_close(struct seal *s)
{
    if (!s)
        return;
    release(s);
    free(s);
}

/* ---- signing ---- */

int seal_usable(const struct seal *s, int64_t unix_ms, struct err *err)
{
    time_t at = (time_t)(unix_ms / 1000);
    if (X509_cmp_time(X509_get0_notBefore(s->cert), &at) > 0)
        return err_set(err, ERR_REFUSED,
                       "%s: the sealing certificate is not valid yet; is the station's clock right? Nothing is sealed "
                       "until then",
                       s->cert_file);
    if (X509_cmp_time(X509_get0_notAfter(s->cert), &at) < 0)
        return err_set(err, ERR_REFUSED,
                       "%s: the sealing certificate has expired; nothing is sealed until there is a new one",
                       s->cert_file);
    return 0;
}

const char *seal_ending(const struct seal *s)
{
    (void)s;
    return "p7s";
}

/* The signer with the attributes of CAdES: signing-certificate-v2 (OpenSSL's part of CMS_CADES) and signing-time. */
static bool add_signer(CMS_ContentInfo *cms, const struct seal *s, int64_t unix_ms)
{
    CMS_SignerInfo *info =
        CMS_add1_signer(cms, s->cert, s->key, EVP_sha256(), CMS_CADES | CMS_NOSMIMECAP | CMS_BINARY | CMS_DETACHED);
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(unix_ms / 1000));
    bool ok =
        info && time && CMS_signed_add1_attr_by_NID(info, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) == 1;
    ASN1_TIME_free(time);
    return ok;
}

int seal_sign(const struct seal *s, const void *data, size_t size, int64_t unix_ms, uint8_t **signature, size_t *length,
              struct err *err)
{
    if (seal_usable(s, unix_ms, err) != 0)
        return -1;
    unsigned char *der = NULL;
    int made = -1;
    BIO *content = BIO_new_mem_buf(data, (int)size);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, s->chain, NULL, CMS_PARTIAL | CMS_BINARY | CMS_DETACHED);
    if (content && cms && add_signer(cms, s, unix_ms) && CMS_final(cms, content, NULL, CMS_BINARY | CMS_DETACHED) == 1)
        made = i2d_CMS_ContentInfo(cms, &der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    uint8_t *copy = made > 0 ? malloc((size_t)made) : NULL; /* the caller frees with free */
    if (copy) {
        memcpy(copy, der, (size_t)made);
        *signature = copy;
        *length = (size_t)made;
    }
    OPENSSL_free(der);
    return copy ? 0 : openssl_failed(err, "the signature cannot be made");
}

int seal_sign_raw(const struct seal *s, const void *data, size_t size, uint8_t out[SEAL_RAW_MAX], size_t *length,
                  struct err *err)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    *length = SEAL_RAW_MAX;
    bool ok = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, s->key) == 1 &&
              EVP_DigestSign(md, out, length, data, size) == 1;
    EVP_MD_CTX_free(md);
    return ok ? 0 : openssl_failed(err, "the signature cannot be made");
}

void seal_key_id(const struct seal *s, uint8_t id[SEAL_KEY_ID_SIZE])
{
    unsigned char *der = NULL;
    uint8_t digest[SHA256_BYTES];
    struct sha256 h;
    int length = i2d_PUBKEY(s->key, &der);
    sha256_init(&h);
    sha256_feed(&h, der, length > 0 ? (size_t)length : 0);
    sha256_finish(&h, digest);
    OPENSSL_free(der);
    memcpy(id, digest, SEAL_KEY_ID_SIZE);
}
