/*
 * HTTP requests over mutual TLS, several at a time, in one thread (libcurl's multi interface).
 *
 * HTTP/1.1 only: over HTTP/2 libcurl 7.88 spins for ever when the answer comes before the body is out. No redirects, no
 * proxies from the environment, no system certificates beside the configured ones, no silent second sending: a body
 * leaves once for each request. Every request ends: connecting, silence and the whole have hard limits.
 */
#ifndef REPORTS_HTTP_H
#define REPORTS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/outlet.h"
#include "station/core/err.h"

struct http;

/* Who we are and whom we trust (PEM files), and how we may send. Must outlive the requests. */
struct http_identity {
    const char *ca, *cert, *key; /* NULL: not configured; without ca no https */
    bool plain;                  /* http is allowed */
    long bytes_per_s;            /* of the body at most; 0: no limit */
};

struct http_limits {
    long connect_ms;
    long silence_s;   /* at most, with less than 100 bytes/s either way */
    long answer_ms;   /* for all of a request, and … */
    long bytes_per_s; /* … what the body adds to that */
};

extern const struct http_limits http_limits_default;

int http_open(struct http **out, const struct http_limits *limits, struct err *err);
void http_close(struct http *h); /* without news of requests that still run */

/* Starts a request; `body` (of a POST without one of its own) and the request must live until `done` is called, once,
 * from http_run or http_cancel. The reply lives until `done` returns. */
int http_start(struct http *h, const struct http_identity *identity, const struct outlet_request *request,
               const void *body, size_t size, void (*done)(void *ctx, const struct outlet_reply *reply), void *ctx,
               struct err *err);

/* Moves the requests on; returns when something happened, after timeout_ms at the latest. */
int http_run(struct http *h, int timeout_ms, struct err *err);

/* Ends all requests now. */
void http_cancel(struct http *h);

#endif
