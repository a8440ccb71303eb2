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
 * idles are cut off at a deadline. The server's descriptors are served after those of the instruments, and one turn of
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

enum { WEBSERVER_ANSWERS_A_TURN = 16 };

struct webserver;
struct webserver_request;

struct webserver_route {
    const char *method; /* "GET" (serves HEAD, too), "POST"; NULL: end of the table */
    const char *path;   /* the whole path, or with '*' as its last character whatever begins like it */
    size_t body_max;    /* bytes of body taken; more is answered 413 */
    /* Called when the head is there and the body is not: true to go on, false after an answer, which goes out when the
     * body has been read and forgotten. NULL: everybody may. */
    bool (*admit)(void *ctx, struct webserver_request *request);
    /* Called with the whole body; answers exactly once. */
    void (*answer)(void *ctx, struct webserver_request *request);
};

struct webserver_limits {
    unsigned connections;
    size_t bodies;             /* bytes of all bodies that are being received */
    int64_t head_ms, whole_ms; /* for a request's head; for its body and answer together */
    int64_t idle_ms;           /* between two requests on one connection */
    int64_t retry_ms;          /* listening is tried again */
};

extern const struct webserver_limits webserver_limits_default;

/* `listen`: "127.0.0.1:8080", numeric. Routes and strings outlive the server. Fails only for what is wrong with the
 * address as written, or for want of memory. */
int webserver_open(struct webserver **out, sd_event *event, const char *listen, const struct webserver_route *routes,
                   const struct webserver_limits *limits, void *ctx, struct err *err);
void webserver_close(struct webserver *server);

/* Why it is not listening; "" when it is. */
const char *webserver_problem(const struct webserver *server);
unsigned webserver_connections(const struct webserver *server);

/* ---- for `admit` and `answer` ---- */

/* What stands for the '*' of the route's path. */
const char *webserver_rest(const struct webserver_request *request);
/* Values of the head, NULL when absent: a header, an argument of the query. */
const char *webserver_header(const struct webserver_request *request, const char *name);
const char *webserver_argument(const struct webserver_request *request, const char *name);
/* The numeric address of the other side. */
void webserver_peer(const struct webserver_request *request, char *out, size_t size);
const char *webserver_body(const struct webserver_request *request, size_t *length);
/* Does the request prove, by digest authentication (RFC 7616, MD5 or SHA-256 as `realm` was challenged with), that it
 * knows the password? Ask once a request. */
bool webserver_knows_password(struct webserver_request *request, const char *realm, const char *user,
                              const char *password);

/* The answer; the text is copied. */
void webserver_answer(struct webserver_request *request, unsigned status, const char *type, const char *text,
                      size_t length);
/* {"error":"…","ok":false} */
void webserver_refuse(struct webserver_request *request, unsigned status, const char *error);
/* 401 with the question for the password. */
void webserver_challenge(struct webserver_request *request, const char *realm);

#endif
