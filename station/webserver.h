/*
 * The daemon's web server: HTTP/1.1 on the daemon's own loop (libmicrohttpd, whose epoll descriptor sits in sd-event).
 * The console, its interface and what cameras push all come through here; this file knows none of them.
 *
 *     static const struct webserver_route routes[] = {
 *         {.method = "GET", .path = "/healthz", .answer = healthz},
 *         {.method = "POST", .path = "/photo", .body_max = 4 << 20, .admit = may_send, .answer = take_photo}, {0}};
 *
 * Nobody outside can make the daemon wait or grow: connections, heads, bodies and the memory of all bodies together
 * have maxima; a head that does not arrive, a body that trickles, an answer that is not read and a connection that
 * idles are cut off at a deadline. What takes longer than a moment is answered later (webserver_later), and what has no
 * end is read from a stream. The server's descriptors are served after those of the instruments, and one turn of
 * the loop makes no more than a few answers, however many ask at once: an instrument waits for no more than these.
 *
 * An address that cannot be listened at (taken, or its network is not up yet) is no reason for the daemon to stop: it
 * is tried again every two seconds, for ever, and webserver_problem says why.
 */
#ifndef STATION_WEBSERVER_H
#define STATION_WEBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "station/core/err.h"

enum { WEBSERVER_ANSWERS_A_TURN = 16, WEBSERVER_PIECE_MAX = 4096 };

struct webserver;
struct webserver_request;

struct webserver_route {
    const char *method; /* "GET" (serves HEAD, too), "POST", "DELETE"; NULL: end of the table */
    /* The whole path, or with '*' as its last character whatever begins like it. The first route that fits is taken. */
    const char *path;
    size_t body_max; /* bytes of body taken; more is answered 413 */
    /* Called when the head is there and the body is not: true to go on, false after an answer, which goes out when the
     * body has been read and forgotten. NULL: everybody may. */
    bool (*admit)(void *ctx, struct webserver_request *request);
    /* Called with the whole body; answers exactly once, or says webserver_later. */
    void (*answer)(void *ctx, struct webserver_request *request);
};

/* What an answer without end is read from. */
struct webserver_stream {
    /* At most `size` bytes of what comes next; 0: there is nothing yet, and webserver_more will say when; -1: the end.
     */
    ptrdiff_t (*read)(void *ctx, char *out, size_t size);
    /* Called exactly once, when nothing more is read; the request is gone by then. */
    void (*closed)(void *ctx);
};

struct webserver_limits {
    unsigned connections;
    unsigned an_address;       /* of those may come from one address; 0: all */
    size_t bodies;             /* bytes of all bodies held, on their way in or out */
    int64_t head_ms, whole_ms; /* for a request's head; for its body and answer together, or each piece of a stream */
    int64_t idle_ms;           /* between two requests on one connection */
    int64_t retry_ms;          /* listening is tried again */
    int64_t tls_look_ms;       /* the files are looked at again */
};

extern const struct webserver_limits webserver_limits_default;

/* The server's key and certificate (reports/keyfile.h), which are taken anew when the files change: connections are
 * closed then. */
struct webserver_tls {
    const char *key, *cert;
};

/* `listen`: "127.0.0.1:8080", numeric; tls NULL: without. Routes and strings outlive the server. Fails only for what is
 * wrong with the address as written, or for want of memory. */
int webserver_open(struct webserver **out, sd_event *event, const char *listen, const struct webserver_tls *tls,
                   const struct webserver_route *routes, const struct webserver_limits *limits, void *ctx,
                   struct err *err);
void webserver_close(struct webserver *server);

/* Why it is not listening; "" when it is. */
const char *webserver_problem(const struct webserver *server);
unsigned webserver_connections(const struct webserver *server);

/* ---- for `admit` and `answer` ---- */

/* "GET" (of HEAD, too), "POST" … */
const char *webserver_method(const struct webserver_request *request);
/* The path, and what stands for the '*' of the route's. */
const char *webserver_path(const struct webserver_request *request);
const char *webserver_rest(const struct webserver_request *request);
/* Values of the head, NULL when absent: a header, a cookie, an argument of the query. */
const char *webserver_header(const struct webserver_request *request, const char *name);
const char *webserver_cookie(const struct webserver_request *request, const char *name);
const char *webserver_argument(const struct webserver_request *request, const char *name);
/* The numeric address of the other side. */
void webserver_peer(const struct webserver_request *request, char *out, size_t size);
const char *webserver_body(const struct webserver_request *request, size_t *length);
/* Does the request prove, by digest authentication (RFC 7616, MD5 or SHA-256 as `realm` was challenged with), that it
 * knows the password? Ask once a request. */
bool webserver_knows_password(struct webserver_request *request, const char *realm, const char *user,
                              const char *password);

/* ---- answers ---- */

/* The text is copied. Every answer forbids what a page of ours does not need (scripts and frames from elsewhere,
 * guessing of types, referrers) and to be kept; webserver_set_header may allow the latter. */
void webserver_answer(struct webserver_request *request, unsigned status, const char *type, const char *text,
                      size_t length);
/* The bytes are malloc'ed and taken over; they count among the bodies, and are answered 503 where those are too many.
 */
void webserver_answer_bytes(struct webserver_request *request, unsigned status, const char *type, char *bytes,
                            size_t length);
/* The first `length` bytes of an open file, which is closed when they are sent. */
void webserver_answer_file(struct webserver_request *request, unsigned status, const char *type, int fd, size_t length);
/* The bytes are neither copied nor freed; they outlive the server. */
void webserver_answer_static(struct webserver_request *request, unsigned status, const char *type, const char *bytes,
                             size_t length);
/* {"error":"…","ok":false} */
void webserver_refuse(struct webserver_request *request, unsigned status, const char *error);
/* 404, or 405 where another method is answered at this path. */
void webserver_nothing_here(struct webserver_request *request);
/* 401 with the question for the password. */
void webserver_challenge(struct webserver_request *request, const char *realm);
/* A header of the answer that was just made, instead of the one of that name which it may have. */
void webserver_set_header(struct webserver_request *request, const char *name, const char *value);

/* The answer comes in a later turn, from one of the functions above. If the other side goes away first, or the
 * request's time is over, or the server is closed, `gone` is called once instead, and the request must not be touched
 * any more. */
void webserver_later(struct webserver_request *request, void (*gone)(void *ctx), void *ctx);

/* The answer goes on until the stream or the connection ends; it is cut off when a piece is not taken in time. */
void webserver_answer_stream(struct webserver_request *request, const char *type, const struct webserver_stream *stream,
                             void *ctx);
/* There is something to read again. */
void webserver_more(struct webserver_request *request);

#endif
