#include "reports/inbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/encoding.h"
#include "reports/file.h"
#include "reports/log.h"
#include "reports/sha256.h"
#include "reports/verifier.h"
#include "station/core/json.h"

enum { FAILURES_SHOWN_MAX = 8 };

struct inbox_upload {
    const struct inbox *inbox;
    bool refused; /* with this answer, given when the body has been read */
    struct inbox_reply refusal;
    char *path;
    int fd;
    size_t size;
    struct sha256 hash;
    char key[65];                 /* from Idempotency-Key */
    uint8_t digest[SHA256_BYTES]; /* from Content-Digest */
    char sender[256];
    char older[CHECKPOINT_TEXT_MAX + 1];
    bool too_large;
};

/* ---- answers ---- */

void inbox_refuse(struct inbox_reply *reply, unsigned status, const char *error, const char *format, ...)
{
    char message[ERR_TEXT_MAX];
    struct json_writer w;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    reply->status = status;
    reply->signature[0] = '\0';
    json_writer_init(&w, reply->body, sizeof reply->body);
    json_object_begin(&w, NULL);
    json_string(&w, "error", error);
    json_string(&w, "message", message);
    json_object_end(&w);
    json_writer_finish(&w);
}

void inbox_receipt(const struct inbox *inbox, const struct inbox_package *p, unsigned status, struct inbox_reply *reply)
{
    char id[32], at[CIVIL_TIME_TEXT_MAX];
    struct json_writer w;
    snprintf(id, sizeof id, "IN-%08lld", (long long)p->id);
    civil_time_format(p->received_ms, INBOX_OFFSET_MINUTES, at);
    reply->status = status;
    reply->signature[0] = '\0';
    json_writer_init(&w, reply->body, sizeof reply->body);
    json_object_begin(&w, NULL);
    json_string(&w, "package_sha256", p->sha256);
    json_string(&w, "receipt_id", id);
    json_string(&w, "received_at", at);
    json_object_end(&w);
    json_writer_finish(&w);
    if (inbox->receipt_key)
        inbox_sign(inbox, reply->body, strlen(reply->body), reply->signature);
}

/* ---- headers ---- */

/* "\"ab12…\"" (a structured-field string) or the bare digits. */
static bool read_key(const char *text, char out[65])
{
    uint8_t bytes[SHA256_BYTES];
    size_t length = strlen(text);
    if (length == 66 && text[0] == '"' && text[65] == '"') {
        text++;
        length = 64;
    }
    if (!encoding_unhex(text, length, bytes, sizeof bytes))
        return false;
    memcpy(out, text, 64);
    out[64] = '\0';
    return true;
}

/* RFC 9530: a dictionary; the member sha-256=:base64: is wanted, others are not looked at. */
static bool read_digest(const char *text, uint8_t out[SHA256_BYTES])
{
    while (*text) {
        text += strspn(text, " \t,");
        const char *value = strncmp(text, "sha-256=:", 9) == 0 ? text + 9 : NULL;
        const char *end = value ? strchr(value, ':') : NULL;
        if (end)
            return encoding_unbase64(value, (size_t)(end - value), out, SHA256_BYTES) == SHA256_BYTES;
        text += strcspn(text, ",");
    }
    return false;
}

static bool is_package_type(const char *text)
{
    static const char type[] = "application/vnd.etsi.asic-e+zip";
    return strncmp(text, type, sizeof type - 1) == 0 && strchr(" ;", text[sizeof type - 1]);
}

/* Where the answer goes that ends this upload. */
static struct inbox_reply *refusal(struct inbox_upload *u)
{
    u->refused = true;
    return &u->refusal;
}

static void too_large(struct inbox_upload *u)
{
    u->too_large = true;
    inbox_refuse(refusal(u), 413, "too_large", "a package has at most %zu bytes", u->inbox->size_max);
}

static void check_headers(struct inbox_upload *u, const struct inbox_headers *h)
{
    if (h->content_length && strtoull(h->content_length, NULL, 10) > u->inbox->size_max) {
        too_large(u);
    } else if (!h->content_type || !is_package_type(h->content_type)) {
        inbox_refuse(refusal(u), 415, "media_type", "Content-Type must be application/vnd.etsi.asic-e+zip");
    } else if (!h->content_digest || !read_digest(h->content_digest, u->digest)) {
        inbox_refuse(refusal(u), 400, "content_digest",
                     "Content-Digest must have sha-256=:base64 of the body: "
                     "(RFC 9530)");
    } else if (!h->idempotency_key || !read_key(h->idempotency_key, u->key)) {
        inbox_refuse(refusal(u), 400, "idempotency_key",
                     "Idempotency-Key must be the SHA-256 of the body, 64 lower-case hex digits in quotes");
    }
}

/* ---- the body ---- */

static void storage_failed(struct inbox_upload *u, const char *text)
{
    log_error("%s", text);
    inbox_refuse(refusal(u), 503, "storage", "the package cannot be stored now; send it again later");
}

struct inbox_upload *inbox_upload_open(const struct inbox *inbox, const struct inbox_headers *headers)
{
    struct inbox_upload *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    u->inbox = inbox;
    u->fd = -1;
    snprintf(u->sender, sizeof u->sender, "%s", headers->sender);
    sha256_init(&u->hash);
    check_headers(u, headers);
    if (u->refused)
        return u;
    struct err err;
    u->fd = inbox_store_upload(inbox->store, &u->path, &err);
    if (u->fd < 0)
        storage_failed(u, err.text);
    return u;
}

bool inbox_upload_too_large(const struct inbox_upload *u)
{
    return u->too_large;
}

void inbox_upload_feed(struct inbox_upload *u, const char *data, size_t size)
{
    if (u->refused)
        return; /* read to the end, so that the sender can read the answer */
    if (size > u->inbox->size_max - u->size) {
        too_large(u);
        return;
    }
    u->size += size;
    sha256_feed(&u->hash, data, size);
    while (size > 0) {
        ssize_t wrote = write(u->fd, data, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            storage_failed(u, "an upload cannot be written; look at the disk");
            return;
        }
        data += wrote;
        size -= (size_t)wrote;
    }
}

/* ---- the decision ---- */

static bool only_consistency_failed(const struct verifier *v)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->findings[i].result == VERIFIER_FAIL && strcmp(v->findings[i].check, "consistency") != 0)
            return false;
    }
    return v->count > 0;
}

static enum inbox_journal journal_state(const struct verifier *v)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->findings[i].check, "consistency") != 0)
            continue;
        enum verifier_result result = v->findings[i].result;
        return result == VERIFIER_FAIL   ? INBOX_JOURNAL_CONFLICT
               : result == VERIFIER_OPEN ? INBOX_JOURNAL_OPEN
                                         : INBOX_JOURNAL_AGREES;
    }
    return INBOX_JOURNAL_FIRST;
}

static void refuse_package(const struct inbox_upload *u, const struct verifier *v, struct inbox_reply *reply)
{
    struct json_writer w;
    size_t shown = 0;
    reply->status = 400;
    reply->signature[0] = '\0';
    json_writer_init(&w, reply->body, sizeof reply->body);
    json_object_begin(&w, NULL);
    json_string(&w, "error", "not_verified");
    json_array_begin(&w, "findings");
    for (size_t i = 0; i < v->count && shown < FAILURES_SHOWN_MAX; i++) {
        const struct verifier_finding *f = &v->findings[i];
        if (f->result != VERIFIER_FAIL)
            continue;
        shown++;
        json_object_begin(&w, NULL);
        json_string(&w, "check", f->check);
        json_string(&w, "en", f->en);
        json_string(&w, "entry", f->entry);
        json_string(&w, "zh", f->zh);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_string(&w, "message", "the package does not verify; it was not accepted");
    json_object_end(&w);
    if (json_writer_finish(&w) < 0)
        inbox_refuse(reply, 400, "not_verified", "the package does not verify; it was not accepted");
    const struct verifier_finding *first = verifier_first(v, VERIFIER_FAIL);
    log_warning("a package of %s (SHA-256 %s) was not accepted: %s", u->sender, v->sha256, first ? first->en : "");
}

static void store_package(struct inbox_upload *u, const struct verifier *v, struct inbox_reply *reply)
{
    struct err err;
    struct timespec now;
    struct inbox_package p = {.size = u->size};
    clock_gettime(CLOCK_REALTIME, &now);
    p.received_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    enum inbox_journal journal = journal_state(v);
    snprintf(p.sha256, sizeof p.sha256, "%s", v->sha256);
    snprintf(p.sender, sizeof p.sender, "%s", u->sender);
    snprintf(p.station, sizeof p.station, "%s", v->station);
    snprintf(p.record, sizeof p.record, "%s", v->id);
    snprintf(p.plate, sizeof p.plate, "%s", v->plate);
    snprintf(p.verdict, sizeof p.verdict, "%s", v->verdict);
    if (!civil_time_parse(&p.measured_ms, v->ended_at, strlen(v->ended_at), INBOX_OFFSET_MINUTES))
        p.measured_ms = 0;
    snprintf(p.signer, sizeof p.signer, "%s", v->signer);
    snprintf(p.journal, sizeof p.journal, "%s", inbox_journal_name(journal));
    /* of two histories the one seen first stays the measure */
    const char *checkpoint = journal == INBOX_JOURNAL_CONFLICT ? "" : v->checkpoint;
    if (inbox_store_add(u->inbox->store, &p, u->path, checkpoint, v->tree_size, &err)) {
        storage_failed(u, err.text);
        return;
    }
    if (journal == INBOX_JOURNAL_CONFLICT)
        log_error("station %s shows a journal that does not agree with what it showed before (record %s, package %s): "
                  "ask the station for a consistency proof and compare its backups",
                  p.station, p.record, p.sha256);
    log_notice("package %s accepted: record %s, %s, from %s", p.sha256, p.record, p.verdict, p.sender);
    inbox_receipt(u->inbox, &p, 201, reply);
}

/* For the verifier: what this inbox knows of the station's journal. */
static const char *known_checkpoint(void *ctx, const char *station)
{
    struct inbox_upload *u = ctx;
    struct err err;
    int found = inbox_store_checkpoint(u->inbox->store, station, u->older, &err);
    if (found < 0)
        storage_failed(u, err.text);
    return found > 0 ? u->older : NULL;
}

static void verify_package(struct inbox_upload *u, const char *data, struct inbox_reply *reply)
{
    struct verifier_options options = {.trust = u->inbox->trust, .known_checkpoint = known_checkpoint, .ctx = u};
    struct verifier *v = malloc(sizeof *v);
    if (!v) {
        storage_failed(u, "out of memory while a package is checked");
        return;
    }
    verifier_run(v, (const uint8_t *)data, u->size, &options);
    bool good = v->ok || only_consistency_failed(v);
    if (!u->refused && good)
        store_package(u, v, reply);
    else if (!u->refused)
        refuse_package(u, v, reply);
    free(v);
}

/* The body is complete: is it the one that was announced, is it here already, is it good? */
static void decide(struct inbox_upload *u, struct inbox_reply *reply)
{
    struct err err;
    struct inbox_package known;
    uint8_t digest[SHA256_BYTES];
    char sha256[65];
    char *data = NULL;
    size_t size;
    sha256_finish(&u->hash, digest);
    sha256_to_hex(digest, sha256);
    if (memcmp(digest, u->digest, sizeof digest) != 0) {
        inbox_refuse(reply, 400, "content_digest", "the body's SHA-256 is %s, which is not what Content-Digest says",
                     sha256);
        return;
    }
    if (strcmp(sha256, u->key) != 0) {
        inbox_refuse(reply, 422, "other_body", "the Idempotency-Key %s belongs to another body than this one (%s)",
                     u->key, sha256);
        return;
    }
    int found = inbox_store_find(u->inbox->store, sha256, &known, &err);
    if (found > 0 && inbox_store_sent_by(u->inbox->store, known.id, u->sender, &err) != 0)
        found = -1; /* who gets a receipt may ask for it again, and for what was decided */
    if (found > 0)
        inbox_receipt(u->inbox, &known, 200, reply);
    else if (found < 0 || file_read(u->path, u->inbox->size_max, &data, &size, &err))
        storage_failed(u, err.text);
    else
        verify_package(u, data, reply);
    free(data);
}

void inbox_upload_finish(struct inbox_upload *u, struct inbox_reply *reply)
{
    if (!u->refused && fsync(u->fd))
        storage_failed(u, "an upload cannot be written; look at the disk");
    if (!u->refused)
        decide(u, reply);
    if (u->refused)
        *reply = u->refusal;
}

void inbox_upload_close(struct inbox_upload *u)
{
    if (!u)
        return;
    if (u->fd >= 0)
        close(u->fd);
    if (u->path)
        unlink(u->path); /* gone already when it was taken over */
    free(u->path);
    free(u);
}
