/*
 * Digest authentication of a client: RFC 7616, and RFC 2617 as cameras speak it. MD5, since nothing else is common
 * there; with qop=auth, or without any qop as RFC 2069 had it. The password never leaves this machine.
 *
 *     WWW-Authenticate: Digest realm="IP Camera(12345)", qop="auth", nonce="…", algorithm=MD5
 *     Authorization: Digest username="…", realm="…", nonce="…", uri="…", response="32 hex digits", …
 */
#ifndef STATION_DIGEST_AUTH_H
#define STATION_DIGEST_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "protocols/slice.h"

enum { DIGEST_AUTH_TEXT_MAX = 256, DIGEST_AUTH_HEADER_MAX = 1536 };

/* What the server asked for; texts are as they stood between the quotes, escapes and all. */
struct digest_auth {
    char realm[DIGEST_AUTH_TEXT_MAX], nonce[DIGEST_AUTH_TEXT_MAX], opaque[DIGEST_AUTH_TEXT_MAX]; /* opaque "": none */
    bool qop;
    unsigned used; /* requests with this nonce */
};

/* False: the challenge is no Digest, or one that is not taken (another algorithm, only auth-int, too long). */
bool digest_auth_read(struct digest_auth *auth, struct slice challenge);

/* The value of the Authorization header for the next request; counts it. `cnonce`: random hex digits. False: too long.
 */
bool digest_auth_answer(struct digest_auth *auth, const char *user, const char *password, const char *method,
                        const char *uri, const char *cnonce, char out[DIGEST_AUTH_HEADER_MAX]);

#endif
