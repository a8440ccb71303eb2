/*
 * A receiver of packages that fails on order: HTTPS on a free port of the loopback, mutual TLS, in a thread of the
 * test.
 *
 * Without orders it behaves: POST stores the body by its hash and answers 201 with a receipt (200 when it has it
 * already), GET /…/HASH answers the receipt or 404. Each order is for one request, whatever it is, in turn.
 */
#ifndef TESTS_SUPPORT_RECEIVER_H
#define TESTS_SUPPORT_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/keys.h"

enum receiver_what {
    RECEIVER_BEHAVE,
    RECEIVER_SAY,       /* reads the request, answers `status`, `headers`, `body`; stores nothing */
    RECEIVER_STORE_SAY, /* the same, but the package is stored */
    RECEIVER_CUT_BODY,  /* hangs up after the first part of the request */
    RECEIVER_LOSE,      /* stores the package, hangs up without an answer */
    RECEIVER_HANG,      /* stores nothing and never answers */
    RECEIVER_HUGE,      /* stores the package, answers 200 with a body without end */
    RECEIVER_GARBAGE,   /* answers something that is not HTTP */
    RECEIVER_DRIP,      /* stores the package, answers one byte at a time, for ever */
};

struct receiver_order {
    enum receiver_what what;
    int status;
    const char *headers; /* "Retry-After: 7\r\n"; NULL: none */
    const char *body;    /* NULL: none */
};

struct receiver;

/* `ca` signs its clients. */
struct receiver *receiver_open(const struct keys_pair *own, const struct keys_pair *ca);
/* Opens at the port of one that was closed. */
struct receiver *receiver_open_at(int port, const struct keys_pair *own, const struct keys_pair *ca);
void receiver_close(struct receiver *r);

int receiver_port(const struct receiver *r);
void receiver_url(const struct receiver *r, char *out, size_t size);
void receiver_order(struct receiver *r, const struct receiver_order *orders, size_t count);

/* What has happened so far. */
unsigned receiver_posts(struct receiver *r); /* POST requests that came whole */
unsigned receiver_gets(struct receiver *r);
unsigned receiver_stored(struct receiver *r);      /* different packages */
unsigned receiver_connections(struct receiver *r); /* with a client certificate that it trusts */
bool receiver_has(struct receiver *r, const char *sha256);
/* The first thing wrong with a request (digest, key, method, HTTP version); empty: nothing. */
const char *receiver_complaint(struct receiver *r);

#endif
