#include "tests/support/receiver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "reports/encoding.h"
#include "reports/sha256.h"

enum { HEAD_MAX = 8192, BODY_MAX = 8 << 20, ORDERS_MAX = 64, STORED_MAX = 4096, THREADS_MAX = 512, TICK_MS = 20 };

struct receiver {
    int listener, port;
    SSL_CTX *tls;
    pthread_t acceptor, threads[THREADS_MAX];
    size_t threads_count;
    pthread_mutex_t lock; /* for all below */
    bool stop;
    struct receiver_order orders[ORDERS_MAX];
    size_t orders_count, orders_done;
    char stored[STORED_MAX][65];
    unsigned stored_count, posts, gets, connections;
    char complaint[200];
};

struct connection {
    struct receiver *owner;
    int fd;
    SSL *ssl;
};

struct request {
    char head[HEAD_MAX];
    uint8_t *body;
    size_t size;
    char sha256[65];
};

static bool stopping(struct receiver *r)
{
    pthread_mutex_lock(&r->lock);
    bool stop = r->stop;
    pthread_mutex_unlock(&r->lock);
    return stop;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000L}, NULL);
}

static void complain(struct receiver *r, const char *what)
{
    pthread_mutex_lock(&r->lock);
    if (!r->complaint[0])
        snprintf(r->complaint, sizeof r->complaint, "%s", what);
    pthread_mutex_unlock(&r->lock);
}

/* Waits until there is something to read; false when the receiver is being closed. */
static bool wait_readable(struct connection *c)
{
    while (!stopping(c->owner)) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        if (SSL_pending(c->ssl) > 0 || poll(&p, 1, TICK_MS) > 0)
            return true;
    }
    return false;
}

static const char *header(const struct request *q, const char *name)
{
    static _Thread_local char value[512];
    size_t length = strlen(name);
    for (const char *line = strstr(q->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + 4 + length, "\r"), line + 4 + length);
            return value;
        }
    }
    return NULL;
}

/* One request; false when the other side has hung up. */
static bool read_request(struct connection *c, struct request *q, bool cut)
{
    size_t have = 0;
    char *end = NULL;
    memset(q, 0, sizeof *q);
    while (!end && have < HEAD_MAX - 1) {
        int n = wait_readable(c) ? SSL_read(c->ssl, q->head + have, (int)(HEAD_MAX - 1 - have)) : 0;
        if (n <= 0)
            return false;
        have += (size_t)n;
        q->head[have] = '\0';
        end = strstr(q->head, "\r\n\r\n");
    }
    if (!end)
        return false;
    const char *announced = header(q, "Content-Length");
    q->size = announced ? strtoul(announced, NULL, 10) : 0;
    size_t got = have - (size_t)(end + 4 - q->head);
    assert(q->size <= BODY_MAX && got <= q->size);
    q->body = malloc(q->size + 1);
    memcpy(q->body, end + 4, got);
    end[2] = '\0';
    while (got < q->size && !cut) {
        int n = wait_readable(c) ? SSL_read(c->ssl, q->body + got, (int)(q->size - got)) : 0;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return !cut;
}

static void say(struct connection *c, const void *data, size_t size)
{
    if (size > 0)
        SSL_write(c->ssl, data, (int)size);
}

static void answer(struct connection *c, int status, const char *headers, const char *body)
{
    char out[2048];
    int n = snprintf(out, sizeof out, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                     body ? strlen(body) : 0, headers ? headers : "", body ? body : "");
    say(c, out, (size_t)n);
}

static bool known(const struct receiver *r, const char *sha256)
{
    for (unsigned i = 0; i < r->stored_count; i++)
        if (strcmp(r->stored[i], sha256) == 0)
            return true;
    return false;
}

/* Whether it was new. */
static bool store(struct receiver *r, const struct request *q)
{
    pthread_mutex_lock(&r->lock);
    bool is_new = strncmp(q->head, "POST", 4) == 0 && !known(r, q->sha256);
    if (is_new) {
        assert(r->stored_count < STORED_MAX);
        memcpy(r->stored[r->stored_count++], q->sha256, 65);
    }
    pthread_mutex_unlock(&r->lock);
    return is_new;
}

static void answer_receipt(struct connection *c, int status, const char *sha256)
{
    char body[300];
    snprintf(body, sizeof body,
             "{\"package_sha256\":\"%s\",\"receipt_id\":\"R-%.8s\",\"received_at\":\"2026-07-01T09:30:00+08:00\"}",
             sha256, sha256);
    answer(c, status, "Content-Type: application/json\r\n", body);
}

static void behave(struct connection *c, const struct request *q)
{
    struct receiver *r = c->owner;
    if (strncmp(q->head, "POST", 4) == 0) {
        answer_receipt(c, store(r, q) ? 201 : 200, q->sha256);
        return;
    }
    char sha256[65] = "";
    const char *end = strstr(q->head, " HTTP/"); /* "GET /packages/HASH HTTP/1.1" */
    if (end && end - q->head > 64)
        memcpy(sha256, end - 64, 64);
    if (receiver_has(r, sha256))
        answer_receipt(c, 200, sha256);
    else
        answer(c, 404, NULL, NULL);
}

/* What every request must have. */
static void check_request(struct receiver *r, const struct request *q)
{
    char digest[128], key[80];
    uint8_t bytes[32];
    char base64[ENCODING_BASE64_ROOM(32)];
    if (!strstr(q->head, " HTTP/1.1\r\n"))
        complain(r, "not HTTP/1.1");
    if (strncmp(q->head, "POST /packages HTTP", 19) != 0) {
        if (strncmp(q->head, "GET /packages/", 14) != 0)
            complain(r, "neither POST /packages nor GET /packages/…");
        return;
    }
    encoding_unhex(q->sha256, 64, bytes, sizeof bytes);
    encoding_base64(bytes, sizeof bytes, base64);
    snprintf(digest, sizeof digest, "sha-256=:%s:", base64);
    snprintf(key, sizeof key, "\"%s\"", q->sha256);
    const char *value = header(q, "Content-Digest");
    if (!value || strcmp(value, digest) != 0)
        complain(r, "Content-Digest is not that of the body");
    value = header(q, "Idempotency-Key");
    if (!value || strcmp(value, key) != 0)
        complain(r, "Idempotency-Key is not the body's hash");
    value = header(q, "Content-Type");
    if (!value || strcmp(value, "application/vnd.etsi.asic-e+zip") != 0)
        complain(r, "Content-Type is not that of a package");
}

static void drip(struct connection *c)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    for (size_t i = 0;
         !stopping(c->owner) && (i < sizeof head - 1 ? SSL_write(c->ssl, head + i, 1) : SSL_write(c->ssl, "x", 1)) == 1;
         i++)
        nap();
}

static void huge(struct connection *c)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char chunk[] = "8\r\n{\"x\": 1,\r\n";
    say(c, head, sizeof head - 1);
    while (!stopping(c->owner) && SSL_write(c->ssl, chunk, sizeof chunk - 1) > 0)
        ;
}

/* Does what is ordered; false when the connection ends. */
static bool obey(struct connection *c, const struct request *q, const struct receiver_order *o)
{
    switch (o->what) {
    case RECEIVER_BEHAVE: behave(c, q); return true;
    case RECEIVER_STORE_SAY:
        store(c->owner, q);
        answer(c, o->status, o->headers, o->body);
        return true;
    case RECEIVER_SAY: answer(c, o->status, o->headers, o->body); return true;
    case RECEIVER_LOSE: store(c->owner, q); return false;
    case RECEIVER_HUGE:
        store(c->owner, q);
        huge(c);
        return false;
    case RECEIVER_GARBAGE: say(c, "\x16\x03 220 mail ready\r\n", 20); return false;
    case RECEIVER_DRIP:
        store(c->owner, q);
        drip(c);
        return false;
    case RECEIVER_HANG:
        while (!stopping(c->owner))
            nap();
        return false;
    case RECEIVER_CUT_BODY: return false;
    }
    return false;
}

/* The next order, without taking it from the list unless `take`. */
static struct receiver_order next_order(struct receiver *r, bool take)
{
    struct receiver_order o = {.what = RECEIVER_BEHAVE};
    pthread_mutex_lock(&r->lock);
    if (r->orders_done < r->orders_count) {
        o = r->orders[r->orders_done];
        r->orders_done += take;
    }
    pthread_mutex_unlock(&r->lock);
    return o;
}

static bool serve_request(struct connection *c)
{
    struct receiver *r = c->owner;
    struct request q;
    if (!wait_readable(c))
        return false;
    bool cut = next_order(r, false).what == RECEIVER_CUT_BODY;
    bool whole = read_request(c, &q, cut), go_on = false;
    if (whole) {
        sha256_hex(q.body, q.size, q.sha256);
        pthread_mutex_lock(&r->lock);
        *(strncmp(q.head, "POST", 4) == 0 ? &r->posts : &r->gets) += 1;
        pthread_mutex_unlock(&r->lock);
        check_request(r, &q);
    }
    if (whole || (cut && q.head[0])) {
        struct receiver_order o = next_order(r, true);
        go_on = obey(c, &q, &o);
    }
    free(q.body);
    return go_on;
}

static void *serve(void *ctx)
{
    struct connection *c = ctx;
    if (SSL_accept(c->ssl) == 1) {
        pthread_mutex_lock(&c->owner->lock);
        c->owner->connections++;
        pthread_mutex_unlock(&c->owner->lock);
        while (serve_request(c))
            ;
        SSL_shutdown(c->ssl);
    }
    SSL_free(c->ssl);
    close(c->fd);
    free(c);
    return NULL;
}

static void *accept_all(void *ctx)
{
    struct receiver *r = ctx;
    while (!stopping(r)) {
        struct pollfd p = {.fd = r->listener, .events = POLLIN};
        if (poll(&p, 1, TICK_MS) <= 0)
            continue;
        struct connection *c = calloc(1, sizeof *c);
        assert(c && r->threads_count < THREADS_MAX);
        c->owner = r;
        c->fd = accept(r->listener, NULL, NULL);
        setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 5}, sizeof(struct timeval));
        c->ssl = SSL_new(r->tls);
        SSL_set_fd(c->ssl, c->fd);
        assert(pthread_create(&r->threads[r->threads_count++], NULL, serve, c) == 0);
    }
    return NULL;
}

static void listen_at(struct receiver *r, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    assert(bind(r->listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(r->listener, 64) == 0);
    getsockname(r->listener, (struct sockaddr *)&at, &length);
    r->port = ntohs(at.sin_port);
}

struct receiver *receiver_open_at(int port, const struct keys_pair *own, const struct keys_pair *ca)
{
    struct receiver *r = calloc(1, sizeof *r);
    assert(r);
    pthread_mutex_init(&r->lock, NULL);
    r->tls = SSL_CTX_new(TLS_server_method());
    assert(SSL_CTX_use_certificate_file(r->tls, own->cert_file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_use_PrivateKey_file(r->tls, own->key_file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_load_verify_file(r->tls, ca->cert_file) == 1);
    SSL_CTX_set_verify(r->tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    listen_at(r, port);
    assert(pthread_create(&r->acceptor, NULL, accept_all, r) == 0);
    return r;
}

struct receiver *receiver_open(const struct keys_pair *own, const struct keys_pair *ca)
{
    return receiver_open_at(0, own, ca);
}

void receiver_close(struct receiver *r)
{
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->acceptor, NULL);
    close(r->listener);
    for (size_t i = 0; i < r->threads_count; i++)
        pthread_join(r->threads[i], NULL);
    SSL_CTX_free(r->tls);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

int receiver_port(const struct receiver *r)
{
    return r->port;
}

void receiver_url(const struct receiver *r, char *out, size_t size)
{
    snprintf(out, size, "https://127.0.0.1:%d/packages", r->port);
}

void receiver_order(struct receiver *r, const struct receiver_order *orders, size_t count)
{
    pthread_mutex_lock(&r->lock);
    assert(r->orders_count + count <= ORDERS_MAX);
    for (size_t i = 0; i < count; i++)
        r->orders[r->orders_count++] = orders[i];
    pthread_mutex_unlock(&r->lock);
}

static unsigned look(struct receiver *r, const unsigned *number)
{
    pthread_mutex_lock(&r->lock);
    unsigned value = *number;
    pthread_mutex_unlock(&r->lock);
    return value;
}

unsigned receiver_posts(struct receiver *r)
{
    return look(r, &r->posts);
}

unsigned receiver_gets(struct receiver *r)
{
    return look(r, &r->gets);
}

unsigned receiver_stored(struct receiver *r)
{
    return look(r, &r->stored_count);
}

unsigned receiver_connections(struct receiver *r)
{
    return look(r, &r->connections);
}

bool receiver_has(struct receiver *r, const char *sha256)
{
    pthread_mutex_lock(&r->lock);
    bool has = known(r, sha256);
    pthread_mutex_unlock(&r->lock);
    return has;
}

const char *receiver_complaint(struct receiver *r)
{
    return r->complaint;
}
