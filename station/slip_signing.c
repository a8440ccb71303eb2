#include "station/slip_signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/checkpoint.h"
#include "reports/log.h"
#include "reports/sha256.h"
#include "reports/slip_note.h"
#include "station/core/json.h"

enum { EVENTS_AT_ONCE = 4096, SUBJECTS_AT_ONCE = 64, TOKENS_MAX = 256, PEM_LINE_MAX = 80 };

int slip_signing_init(struct slip_signing *s, struct sealing *sealing, struct err *err)
{
    *s = (struct slip_signing){.sealing = sealing};
    return queue_slip_next(sealing->queue, &s->next, err);
}

/* ---- which records ---- */

struct found {
    uint64_t looked_at; /* events up to here */
    size_t count;
    struct {
        char subject[QUEUE_CASE_MAX];
        uint64_t event;
    } subjects[SUBJECTS_AT_ONCE];
};

/* Is it about a record that gets a signed code? Most events are not, and are not worth being parsed. */
static bool wanted(const char *body, size_t length, char subject[QUEUE_CASE_MAX])
{
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    if (!strstr(body, "\"kind\":\"test-end\"") && !strstr(body, "\"kind\":\"test-void\"") &&
        !(strstr(body, "\"kind\":\"passage\"") &&
          (strstr(body, "\"verdict\":\"fail\"") || strstr(body, "\"verdict\":\"suspect\""))))
        return false;
    if (json_parse(&doc, body, length, tokens, TOKENS_MAX, NULL) != 0)
        return false;
    bool passage = json_equals(&doc, json_member(&doc, 0, "kind"), "passage");
    return json_get_string(&doc, json_member(&doc, 0, passage ? "passage" : "test"), subject, QUEUE_CASE_MAX);
}

static int look(void *ctx, uint64_t index, const char *body, size_t length)
{
    struct found *f = ctx;
    if (f->count == SUBJECTS_AT_ONCE)
        return 1;
    f->looked_at = index + 1;
    if (wanted(body, length, f->subjects[f->count].subject))
        f->subjects[f->count++].event = index;
    return 0;
}

/* ---- one of them ---- */

struct subject {
    char *record;
    uint64_t event; /* that names the record */
    bool voided;
};

static int read_subject(struct store *store, const char *id, struct subject *out, struct err *err)
{
    struct store_test test;
    struct store_passage passage;
    struct err no_test = {0};
    *out = (struct subject){.record = NULL};
    if (store_test_get(store, id, &test, &out->record, &no_test) == 0) {
        out->event = (uint64_t)test.end_event;
        out->voided = test.void_reason[0] != '\0';
        return out->record && test.end_event >= 0 ? 0 : err_set(err, ERR_FAILED, "%s has not ended", id);
    }
    if (store_passage_get(store, id, &passage, &out->record, NULL, err) != 0)
        return -1;
    out->event = (uint64_t)passage.event;
    return 0;
}

/* What is signed must be what the journal says. */
static int check_event(struct store *store, const struct subject *subject, struct err *err)
{
    char *body = NULL, sha256[SHA256_HEX_SIZE], named[SHA256_HEX_SIZE + 32];
    size_t length = 0;
    if (store_event_get(store, subject->event, &body, &length, err) != 0)
        return -1;
    sha256_hex(subject->record, strlen(subject->record), sha256);
    snprintf(named, sizeof named, "\"record_sha256\":\"%s\"", sha256);
    int result = strstr(body, named) ? 0 : err_set(err, ERR_REFUSED, "its record is not the one that its event names");
    free(body);
    return result;
}

/* The first certificate of the PEM text as one line: "certificate BASE64". 0 when it does not fit. */
static size_t certificate_line(const struct seal *seal, char *out, size_t size)
{
    static const char head[] = "certificate ", begin[] = "-----BEGIN CERTIFICATE-----\n";
    uint8_t *pem = NULL;
    size_t length = 0, used = sizeof head - 1;
    if (size <= used || seal_certificates(seal, &pem, &length, NULL) != 0)
        return 0;
    memcpy(out, head, used);
    for (size_t i = sizeof begin - 1; i < length && pem[i] != '-' && used + 2 < size; i++)
        if (pem[i] != '\n')
            out[used++] = (char)pem[i];
    free(pem);
    if (used + 2 >= size)
        return 0;
    out[used++] = '\n';
    out[used] = '\0';
    return used;
}

static int make_code(const struct sealing *s, const struct subject *subject, int64_t now_ms, char code[SLIP_NOTE_MAX],
                     struct err *err)
{
    char lines[CHECKPOINT_LINES_MAX], note[CHECKPOINT_TEXT_MAX + 1];
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_FAILED, "out of memory");
    struct checkpoint c = {.log = store_log(s->store),
                           .size = s->latest.size,
                           .root = s->latest.root,
                           .time_ms = now_ms,
                           .offset_minutes = s->offset_minutes,
                           .lines = lines};
    int result = record_open(r, subject->record, strlen(subject->record), err);
    if (result == 0)
        result =
            slip_note_lines(r, subject->record, strlen(subject->record), subject->event, subject->voided, lines, err);
    if (result == 0)
        result = checkpoint_sign(&c, s->seals[0], note, err);
    record_close(r);
    free(r);
    if (result != 0)
        return -1;
    size_t length = strlen(note);
    if (length >= SLIP_NOTE_MAX)
        return err_set(err, ERR_INVALID, "what is to be signed is too long for a code");
    memcpy(code, note, length + 1);
    if (certificate_line(s->seals[0], code + length, SLIP_NOTE_MAX - length) == 0)
        code[length] = '\0';
    return 0;
}

static int sign_one(const struct sealing *s, const char *id, uint64_t event, int64_t now_ms, struct err *err)
{
    char code[SLIP_NOTE_MAX];
    struct subject subject;
    struct queue_slip slip = {.event = event, .tree_size = s->latest.size, .signed_ms = now_ms, .code = code};
    snprintf(slip.subject, sizeof slip.subject, "%s", id);
    int result = read_subject(s->store, id, &subject, err);
    if (result == 0)
        result = check_event(s->store, &subject, err);
    if (result == 0)
        result = make_code(s, &subject, now_ms, code, err);
    if (result == 0)
        result = queue_slip_put(s->queue, &slip, err);
    free(subject.record);
    return result == 0 ? 0 : err_prefix(err, "the slip of %s cannot be signed", id);
}

/* All of them in one commit. One that cannot be signed has an unsigned slip, and is told. */
static int sign_all(struct slip_signing *s, const struct found *f, int64_t now_ms, struct err *err)
{
    if (sealing_checkpoint(s->sealing, now_ms, err) != 0 || queue_begin(s->sealing->queue, err) != 0)
        return -1;
    for (size_t i = 0; i < f->count; i++) {
        struct err why;
        if (sign_one(s->sealing, f->subjects[i].subject, f->subjects[i].event, now_ms, &why) != 0)
            log_warning("%s", why.text);
    }
    return queue_commit(s->sealing->queue, err);
}

int slip_signing_run(struct slip_signing *s, int64_t now_ms, bool *more, struct err *err)
{
    uint64_t size = 0;
    struct found f = {.looked_at = s->next};
    *more = false;
    if (store_size(s->sealing->store, &size, err) != 0)
        return -1;
    if (size <= s->next)
        return 0;
    if (store_event_list(s->sealing->store, s->next, EVENTS_AT_ONCE, look, &f, err) != 0 ||
        (f.count > 0 && sign_all(s, &f, now_ms, err) != 0))
        return -1;
    s->next = f.looked_at;
    *more = s->next < size;
    return 0;
}
