#include "station/webserver_part.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "reports/file.h"
#include "reports/keyfile.h"

enum { PEM_MAX = 64 << 10 };

/* Which file is there now; zeros: none. */
static struct webserver_stamp stamp_of(const char *source)
{
    char path[KEYFILE_PATH_MAX];
    struct stat about;
    if (keyfile_path(source, path, NULL) != 0 || stat(path, &about) != 0)
        return (struct webserver_stamp){0};
    return (struct webserver_stamp){.inode = (uint64_t)about.st_ino,
                                    .size = (int64_t)about.st_size,
                                    .changed_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec};
}

static bool is_same(const struct webserver_stamp *a, const struct webserver_stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

bool webserver_tls_changed(const struct webserver *server)
{
    struct webserver_stamp key = stamp_of(server->tls.key), cert = stamp_of(server->tls.cert);
    return !is_same(&key, &server->key_stamp) || !is_same(&cert, &server->cert_stamp);
}

static int read_pem(const char *source, char **pem, struct err *err)
{
    char path[KEYFILE_PATH_MAX];
    size_t length;
    return keyfile_path(source, path, err) == 0 ? file_read(path, PEM_MAX, pem, &length, err) : -1;
}

int webserver_tls_load(struct webserver *server, struct webserver_pem *pem, struct err *err)
{
    const struct webserver_tls *tls = &server->tls;
    struct webserver_stamp key = stamp_of(tls->key), cert = stamp_of(tls->cert);
    *pem = (struct webserver_pem){0};
    if (keyfile_check_pair(tls->key, tls->cert, err) != 0 || read_pem(tls->key, &pem->key, err) != 0 ||
        read_pem(tls->cert, &pem->cert, err) != 0)
        return err_prefix(err, "the console's certificate");
    server->key_stamp = key;
    server->cert_stamp = cert;
    return 0;
}

void webserver_tls_forget(struct webserver_pem *pem)
{
    if (pem->key)
        OPENSSL_cleanse(pem->key, strlen(pem->key));
    free(pem->key);
    free(pem->cert);
    *pem = (struct webserver_pem){0};
}
