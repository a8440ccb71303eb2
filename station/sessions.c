#define _DEFAULT_SOURCE /* getrandom */

#include "station/sessions.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "reports/encoding.h"

enum { TOKEN_BYTES = 32, FIRST_LOOK_MS = 1000 };

void sessions_init(struct sessions *s, int64_t idle_ms)
{
    *s = (struct sessions){.idle_ms = idle_ms};
}

/* ---- sessions ---- */

static bool lives(const struct sessions *s, const struct session *session, int64_t now_ms)
{
    return session->token[0] && now_ms < sessions_ends_ms(s, session);
}

static bool same_token(const char *one, const char *other)
{
    return other && strlen(other) == SESSIONS_TOKEN_SIZE - 1 && CRYPTO_memcmp(one, other, SESSIONS_TOKEN_SIZE - 1) == 0;
}

static int make_token(char out[SESSIONS_TOKEN_SIZE], struct err *err)
{
    uint8_t bytes[TOKEN_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return err_set(err, ERR_FAILED, "the kernel gives no random numbers");
    encoding_hex(bytes, sizeof bytes, out);
    return 0;
}

int sessions_begin(struct sessions *s, const struct sessions_officer *officer, int64_t now_ms, struct session **out,
                   struct err *err)
{
    struct session *place = &s->items[0];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *other = &s->items[i];
        if (!lives(s, other, now_ms)) {
            place = other;
            break;
        }
        if (other->used_ms < place->used_ms)
            place = other;
    }
    struct session made = {.officer = *officer, .begun_ms = now_ms, .used_ms = now_ms};
    if (make_token(made.token, err) != 0 || make_token(made.csrf, err) != 0)
        return -1;
    *place = made;
    *out = place;
    return 0;
}

struct session *sessions_find(struct sessions *s, const char *token, int64_t now_ms)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &s->items[i];
        if (!lives(s, session, now_ms) || !same_token(session->token, token))
            continue;
        if (now_ms >= session->second_until_ms)
            session->second = (struct sessions_officer){0};
        return session;
    }
    return NULL;
}

void sessions_use(struct session *session, int64_t now_ms)
{
    session->used_ms = now_ms;
}

bool sessions_csrf(const struct session *session, const char *token)
{
    return same_token(session->csrf, token);
}

int64_t sessions_ends_ms(const struct sessions *s, const struct session *session)
{
    int64_t idle = session->used_ms + s->idle_ms, whole = session->begun_ms + SESSIONS_WHOLE_MS;
    return idle < whole ? idle : whole;
}

void sessions_end(struct session *session)
{
    OPENSSL_cleanse(session, sizeof *session);
}

void sessions_end_officer(struct sessions *s, const char *number, const struct session *except)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &s->items[i];
        if (session == except)
            continue;
        if (strcasecmp(session->officer.number, number) == 0)
            sessions_end(session);
        else if (strcasecmp(session->second.number, number) == 0)
            session->second = (struct sessions_officer){0};
    }
}

void sessions_set_second(struct session *session, const struct sessions_officer *officer, int64_t now_ms)
{
    session->second = *officer;
    session->second_until_ms = now_ms + SESSIONS_SECOND_MS;
}

unsigned sessions_count(struct sessions *s, int64_t now_ms)
{
    unsigned count = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        count += lives(s, &s->items[i], now_ms);
    return count;
}

/* ---- tries ---- */

static bool is_locked(const struct sessions_try *t, int64_t now_ms)
{
    return now_ms < t->locked_until_ms;
}

/* The place of that number, or a new one: NULL when all are locked or busy. */
static struct sessions_try *find_try(struct sessions *s, const char *number, int64_t now_ms)
{
    struct sessions_try *place = NULL;
    for (size_t i = 0; i < SESSIONS_TRIES_MAX; i++) {
        struct sessions_try *t = &s->tries[i];
        if (t->number[0] && strcasecmp(t->number, number) == 0)
            return t;
        if (!is_locked(t, now_ms) && t->pending == 0 && (!place || t->last_ms < place->last_ms))
            place = t;
    }
    if (place) {
        *place = (struct sessions_try){.last_ms = now_ms};
        snprintf(place->number, sizeof place->number, "%s", number);
    }
    return place;
}

/* 0: one of the address's tries is taken; else the time to wait. */
static int64_t take_from_peer(struct sessions *s, const char *address, int64_t now_ms)
{
    struct sessions_peer *peer = NULL, *place = &s->peers[0];
    for (size_t i = 0; i < SESSIONS_TRIES_MAX && !peer; i++) {
        if (s->peers[i].address[0] && strcmp(s->peers[i].address, address) == 0)
            peer = &s->peers[i];
        else if (s->peers[i].filled_ms < place->filled_ms)
            place = &s->peers[i];
    }
    if (!peer) {
        peer = place;
        *peer = (struct sessions_peer){.left = SESSIONS_PEER_TRIES, .filled_ms = now_ms};
        snprintf(peer->address, sizeof peer->address, "%s", address);
    }
    int64_t more = (now_ms - peer->filled_ms) / SESSIONS_PEER_MS;
    peer->filled_ms += more * SESSIONS_PEER_MS;
    peer->left = more >= SESSIONS_PEER_TRIES - (int64_t)peer->left ? SESSIONS_PEER_TRIES : peer->left + (unsigned)more;
    if (peer->left == 0)
        return peer->filled_ms + SESSIONS_PEER_MS - now_ms;
    peer->left--;
    return 0;
}

int64_t sessions_try_begin(struct sessions *s, const char *number, const char *peer, int64_t now_ms, bool *locked)
{
    *locked = false;
    int64_t wait_ms = take_from_peer(s, peer, now_ms);
    if (wait_ms > 0)
        return wait_ms;
    struct sessions_try *t = find_try(s, number, now_ms);
    if (!t)
        return SESSIONS_PEER_MS;
    if (is_locked(t, now_ms)) {
        *locked = true;
        return t->locked_until_ms - now_ms;
    }
    if (t->wrong + t->pending >= SESSIONS_WRONG_MAX)
        return FIRST_LOOK_MS; /* those under way may be the wrong ones that lock it */
    t->pending++;
    t->last_ms = now_ms;
    return 0;
}

bool sessions_try_end(struct sessions *s, const char *number, enum sessions_result result, int64_t now_ms)
{
    struct sessions_try *t = find_try(s, number, now_ms);
    assert(t && t->pending > 0); /* its place is kept while a try is under way */
    t->pending--;
    if (result == SESSIONS_RIGHT)
        t->wrong = 0;
    if (result == SESSIONS_WRONG)
        t->wrong++;
    if (t->wrong < SESSIONS_WRONG_MAX)
        return false;
    t->wrong = 0;
    t->locked_until_ms = now_ms + SESSIONS_LOCK_MS;
    return true;
}
