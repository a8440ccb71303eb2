#include "reports/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

enum { FILE_SIZE_MAX = 1 << 20 };

static const char credential[] = "credential:";

static bool is_credential(const char *source)
{
    return strncmp(source, credential, sizeof credential - 1) == 0;
}

bool keyfile_is_path(const char *source)
{
    return !is_credential(source) && strncmp(source, "pkcs11:", 7) != 0;
}

int keyfile_path(const char *source, char out[KEYFILE_PATH_MAX], struct err *err)
{
    if (strncmp(source, "pkcs11:", 7) == 0)
        return err_set(err, ERR_INVALID, "only the 'key' of the 'seal' section can be on a token; give a file");
    if (!is_credential(source)) {
        if (snprintf(out, KEYFILE_PATH_MAX, "%s", source) >= KEYFILE_PATH_MAX)
            return err_set(err, ERR_INVALID, "%s: the path is too long", source);
        return 0;
    }
    const char *name = source + sizeof credential - 1;
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/'))
        return err_set(err, ERR_INVALID, "%s: after 'credential:' stands the plain name of a credential", source);
    if (!folder || folder[0] == '\0')
        return err_set(err, ERR_UNREACHABLE,
                       "%s: systemd gave no credentials; put LoadCredential=%s:FILE into the unit", source, name);
    if (snprintf(out, KEYFILE_PATH_MAX, "%s/%s", folder, name) >= KEYFILE_PATH_MAX)
        return err_set(err, ERR_INVALID, "%s: the path of the credential is too long", source);
    return 0;
}

/* systemd lets the service read its credentials by an access list, whose mask shows as the group's bits. */
static int check_private(const struct stat *st, const char *path, bool by_systemd, struct err *err)
{
    mode_t others = by_systemd ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (!S_ISREG(st->st_mode) || st->st_size > FILE_SIZE_MAX)
        return err_set(err, ERR_INVALID, "%s: is not a file with a private key or secret", path);
    if (st->st_mode & others)
        return err_set(err, ERR_INVALID, "%s: others may read or write this secret (mode %04o); run: chmod 600 %s",
                       path, (unsigned)st->st_mode & 07777, path);
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return err_set(err, ERR_INVALID,
                       "%s: belongs to another account (uid %u), which could exchange it; run: chown %u %s", path,
                       (unsigned)st->st_uid, (unsigned)geteuid(), path);
    return 0;
}

/* Checks the open file, not the path: nobody can exchange it between check and use. */
static FILE *open_private(const char *source, struct err *err)
{
    char path[KEYFILE_PATH_MAX];
    struct stat st;
    if (keyfile_path(source, path, err) != 0)
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(err, ERR_UNREACHABLE, "%s: cannot be read: %s", path, strerror(errno));
    } else if (check_private(&st, path, is_credential(source), err) == 0) {
        FILE *f = fdopen(fd, "r");
        if (f)
            return f;
        err_set(err, ERR_FAILED, "%s: out of memory", path);
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

EVP_PKEY *keyfile_private(const char *source, struct err *err)
{
    FILE *f = open_private(source, err);
    if (!f)
        return NULL;
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
    fclose(f);
    if (!key) {
        ERR_clear_error();
        err_set(err, ERR_INVALID, "%s: holds no PEM private key without a passphrase", source);
    }
    return key;
}

int keyfile_secret(const char *source, char *out, size_t size, struct err *err)
{
    FILE *f = open_private(source, err);
    if (!f)
        return -1;
    size_t length = fread(out, 1, size, f);
    bool whole = length < size && !ferror(f);
    fclose(f);
    if (whole) {
        out[length] = '\0';
        out[strcspn(out, "\r\n")] = '\0';
        if (out[0])
            return 0;
    }
    OPENSSL_cleanse(out, size);
    return err_set(err, ERR_INVALID, "%s: should hold a secret of one line with 1 to %zu characters", source, size - 1);
}

static int read_certificates(struct keyfile_certificates *c, const char *source, FILE *f, struct err *err)
{
    X509 *issuer;
    c->cert = PEM_read_X509(f, NULL, no_passphrase, NULL);
    c->chain = sk_X509_new_null();
    bool room = c->chain != NULL;
    while (room && c->cert && (issuer = PEM_read_X509(f, NULL, no_passphrase, NULL))) {
        room = sk_X509_push(c->chain, issuer) > 0;
        if (!room)
            X509_free(issuer);
    }
    ERR_clear_error(); /* the end of the file is one */
    if (!room)
        return err_set(err, ERR_FAILED, "%s: out of memory", source);
    return c->cert ? 0 : err_set(err, ERR_INVALID, "%s: holds no PEM certificate", source);
}

int keyfile_certificates(struct keyfile_certificates *c, const char *source, struct err *err)
{
    char path[KEYFILE_PATH_MAX];
    *c = (struct keyfile_certificates){0};
    if (keyfile_path(source, path, err) != 0)
        return -1;
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set(err, ERR_UNREACHABLE, "%s: the certificate cannot be read: %s", path, strerror(errno));
    int result = read_certificates(c, path, f, err);
    fclose(f);
    if (result != 0)
        keyfile_certificates_free(c);
    return result;
}

void keyfile_certificates_free(struct keyfile_certificates *c)
{
    X509_free(c->cert);
    sk_X509_pop_free(c->chain, X509_free);
    *c = (struct keyfile_certificates){0};
}

int keyfile_match(X509 *cert, EVP_PKEY *key, const char *cert_source, const char *key_source, struct err *err)
{
    if (X509_check_private_key(cert, key) == 1)
        return 0;
    ERR_clear_error();
    return err_set(err, ERR_INVALID, "%s: is not the certificate of the key in %s; give the two of one pair",
                   cert_source, key_source);
}

int keyfile_check_pair(const char *key, const char *cert, struct err *err)
{
    struct keyfile_certificates c = {0};
    EVP_PKEY *private_key = keyfile_private(key, err);
    int result = private_key && keyfile_certificates(&c, cert, err) == 0
                     ? keyfile_match(c.cert, private_key, cert, key, err)
                     : -1;
    keyfile_certificates_free(&c);
    EVP_PKEY_free(private_key);
    return result;
}
