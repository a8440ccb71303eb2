/*
 * Who is logged in at the console, and who may try to.
 *
 * A session is known by a random token (its cookie) and carries a second one, which a page that the officer has not
 * opened cannot read (CSRF). It ends after so long without use, and in any case after SESSIONS_WHOLE_MS. A second
 * officer may confirm on the same tablet: for SESSIONS_SECOND_MS.
 *
 * PINs are short, so guessing is made slow: SESSIONS_WRONG_MAX wrong ones in a row lock the number for
 * SESSIONS_LOCK_MS, and one address may only try so often. A try counts from its beginning, since the check takes its
 * time and many could be begun at once.
 *
 * No clock and no I/O but random numbers: times are monotonic milliseconds of the caller's.
 */
#ifndef STATION_SESSIONS_H
#define STATION_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/role.h"

enum {
    SESSIONS_MAX = 64, /* the one that was used least lately makes room */
    SESSIONS_TRIES_MAX = 128,
    SESSIONS_TOKEN_SIZE = 65, /* hex of 32 bytes */
    SESSIONS_NUMBER_MAX = 32,
    SESSIONS_NAME_MAX = 64,
    SESSIONS_PEER_MAX = 48,
    SESSIONS_WRONG_MAX = 5,
    SESSIONS_LOCK_MS = 5 * 60 * 1000,
    SESSIONS_WHOLE_MS = 8 * 3600 * 1000,
    SESSIONS_SECOND_MS = 5 * 60 * 1000,
    SESSIONS_PEER_TRIES = 20, /* an address at once … */
    SESSIONS_PEER_MS = 3000,  /* … and one more in so long */
};

struct sessions_officer {
    char number[SESSIONS_NUMBER_MAX], name[SESSIONS_NAME_MAX];
    enum role role;
};

struct session {
    char token[SESSIONS_TOKEN_SIZE], csrf[SESSIONS_TOKEN_SIZE]; /* token "": the place is free */
    struct sessions_officer officer;
    struct sessions_officer second; /* number "": there is none */
    int64_t begun_ms, used_ms, second_until_ms;
};

struct sessions_try {
    char number[SESSIONS_NUMBER_MAX]; /* "": the place is free */
    unsigned wrong, pending;
    int64_t locked_until_ms, last_ms;
};

struct sessions_peer {
    char address[SESSIONS_PEER_MAX]; /* "": the place is free */
    unsigned left;
    int64_t filled_ms;
};

struct sessions {
    int64_t idle_ms;
    struct session items[SESSIONS_MAX];
    struct sessions_try tries[SESSIONS_TRIES_MAX];
    struct sessions_peer peers[SESSIONS_TRIES_MAX];
};

void sessions_init(struct sessions *s, int64_t idle_ms);

/* A new session of that officer. Fails for want of random numbers only. */
int sessions_begin(struct sessions *s, const struct sessions_officer *officer, int64_t now_ms, struct session **out,
                   struct err *err);
/* The living session of that token (NULL: none was sent), or NULL. A second officer whose time is over is gone. */
struct session *sessions_find(struct sessions *s, const char *token, int64_t now_ms);
/* The officer does something: it lives on from now. */
void sessions_use(struct session *session, int64_t now_ms);
bool sessions_csrf(const struct session *session, const char *token);
/* When it ends if it is not used; at the latest. */
int64_t sessions_ends_ms(const struct sessions *s, const struct session *session);
void sessions_end(struct session *session);
/* He was disabled, or has a new PIN: his sessions but `except` (NULL: all) end, and he is second nowhere. */
void sessions_end_officer(struct sessions *s, const char *number, const struct session *except);
void sessions_set_second(struct session *session, const struct sessions_officer *officer, int64_t now_ms);
unsigned sessions_count(struct sessions *s, int64_t now_ms);

/* May somebody at that address try a PIN of that number now? 0: yes, and the try has begun; else the milliseconds to
 * wait; *locked: because that number is locked. */
int64_t sessions_try_begin(struct sessions *s, const char *number, const char *peer, int64_t now_ms, bool *locked);
enum sessions_result { SESSIONS_RIGHT, SESSIONS_WRONG, SESSIONS_UNKNOWN /* the check failed: it counts for nothing */ };
/* The try has ended. True: that locks the number. */
bool sessions_try_end(struct sessions *s, const char *number, enum sessions_result result, int64_t now_ms);

#endif
