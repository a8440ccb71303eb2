#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "reports/log.h"
#include "station/live_parts.h"

enum { PACE_MS = 60000 };

static void key_path(const struct live *live, char out[CONFIG_PATH_MAX + 16])
{
    snprintf(out, CONFIG_PATH_MAX + 16, "%s/ratchet.key", live->config->state);
}

/* The key goes: what it sealed is on the disk. */
static int advance(struct live *live, struct err *err)
{
    char path[CONFIG_PATH_MAX + 16];
    struct ratchet next = live->ratchet.key;
    key_path(live, path);
    ratchet_evolve(&next);
    int result = ratchet_store(&next, path, err);
    if (result == 0)
        live->ratchet.key = next;
    OPENSSL_cleanse(&next, sizeof next);
    return result;
}

/* Finds the key and where it stands. A power cut between a seal and the next key is made good here. */
static int resume(struct live *live, struct err *err)
{
    char path[CONFIG_PATH_MAX + 16];
    struct live_ratchet *r = &live->ratchet;
    int64_t epoch = -1;
    key_path(live, path);
    if (ratchet_load(&r->key, path, &r->on, err) != 0 || !r->on ||
        store_ratchet_last(live->store, r->key.start, &epoch, &r->sealed, err) != 0)
        return r->on || err->code ? -1 : 0;
    if (epoch == (int64_t)r->key.epoch)
        return advance(live, err);
    if (epoch + 1 != (int64_t)r->key.epoch)
        return err_set(err, ERR_FAILED,
                       "the ratchet's key is number %" PRIu64 ", the last seal %" PRId64
                       ": %s; begin a new one: smogctl journal ratchet",
                       r->key.epoch, epoch,
                       epoch < (int64_t)r->key.epoch ? "an older copy of the database, or seals were taken away"
                                                     : "an older copy of the key");
    return ratchet_store(&r->key, path, err); /* over both slots again: the other one may hold the key before */
}

void live_ratchet_open(struct live *live)
{
    struct err err = {0};
    if (resume(live, &err) == 0)
        return;
    live->ratchet.on = false;
    snprintf(live->ratchet.trouble, sizeof live->ratchet.trouble, "%s", err.text);
    log_error("the journal is not sealed by the ratchet: %s", err.text);
}

static int seal(struct live *live, struct err *err)
{
    struct live_ratchet *r = &live->ratchet;
    uint64_t size = 0;
    if (store_size(live->store, &size, err) != 0)
        return -1;
    if (size == r->sealed)
        return 0;
    if (store_begin(live->store, err) != 0)
        return -1;
    if (store_ratchet_add(live->store, &r->key, size, clock_unix_ms(), err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    if (store_commit(live->store, err) != 0)
        return -1;
    r->sealed = size;
    return advance(live, err);
}

/* One that failed half way (the seal is there, the key has not gone) ends as after a power cut. */
static void seal_or_say(struct live *live)
{
    struct err err = {0};
    struct live_ratchet *r = &live->ratchet;
    bool failed = seal(live, &err) != 0 && (r->on = true, resume(live, &err) != 0);
    if (failed && strcmp(r->trouble, err.text) != 0)
        log_error("the journal is not sealed by the ratchet: %s; tried again", err.text);
    r->on = true;
    snprintf(r->trouble, sizeof r->trouble, "%s", failed ? err.text : "");
}

void live_ratchet_look(struct live *live, bool now)
{
    struct live_ratchet *r = &live->ratchet;
    int64_t mono_ms = clock_mono_ms();
    if (!r->on || live->journal_faulty || (!now && mono_ms < r->next_ms))
        return;
    r->next_ms = mono_ms + PACE_MS;
    seal_or_say(live);
}

void live_ratchet_close(struct live *live)
{
    OPENSSL_cleanse(&live->ratchet.key, sizeof live->ratchet.key);
}

static int begin(struct live *live, const char *officer, const char *user, struct ratchet *key, struct err *err)
{
    char text[2048], commitment[65], path[CONFIG_PATH_MAX + 16];
    struct entries e = {0};
    key_path(live, path);
    if (ratchet_begin(key, err) != 0)
        return -1;
    ratchet_commitment(key, commitment);
    entries_text(&e, "commitment", commitment);
    entries_text(&e, "officer", officer);
    entries_text(&e, "trouble", live->ratchet.trouble); /* what ended the one before */
    entries_text(&e, "user", user);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "ratchet-start", &e, text, sizeof text, &key->start, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err) == 0 ? ratchet_store(key, path, err) : -1;
}

int live_ratchet_start(struct live *live, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    char officer[LIVE_OFFICER_MAX], line[RATCHET_TEXT_MAX];
    struct ratchet key = {.epoch = 0};
    if (live_request_officer(live, client, request, ROLE_SUPERVISOR, officer, err) != 0)
        return -1;
    live_ratchet_look(live, true); /* the old one's last word */
    if (begin(live, officer, control_user(client), &key, err) != 0)
        return -1;
    live->ratchet = (struct live_ratchet){.on = true, .key = key};
    ratchet_write(&key, store_log(live->store), line);
    OPENSSL_cleanse(&key, sizeof key);
    live_ratchet_look(live, true);
    log_notice("the ratchet begins with event %" PRIu64 " (%s)", live->ratchet.key.start, officer);
    json_object_begin(answer, NULL);
    json_string(answer, "key", line);
    json_bool(answer, "ok", true);
    json_integer(answer, "start", (int64_t)live->ratchet.key.start);
    json_object_end(answer);
    OPENSSL_cleanse(line, sizeof line);
    return 0;
}

void live_ratchet_write(const struct live *live, struct json_writer *w, const char *key)
{
    json_object_begin(w, key);
    json_bool(w, "on", live->ratchet.on);
    json_integer(w, "sealed", (int64_t)live->ratchet.sealed);
    json_string(w, "trouble", live->ratchet.trouble);
    json_object_end(w);
}
