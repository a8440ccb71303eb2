#include "reports/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "reports/merkle_json.h"
#include "reports/sha256.h"
#include "station/core/remote.h"

enum { LINE_TOKENS_MAX = RECORD_TOKENS_MAX + 1024, FACTS_STEP = 256 };

struct history_reading {
    struct history *out;
    size_t room; /* of out->facts */
    uint64_t last_index;
    struct json_token *tokens;
    char note[CHECKPOINT_TEXT_MAX + 1], certificate[SEALCHECK_CERTIFICATE_MAX];
};

/* ---- the first line: who signed ---- */

static X509 *read_certificate(const char *pem, size_t length, struct err *err)
{
    BIO *in = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    ERR_clear_error();
    if (!certificate)
        err_set(err, ERR_INVALID, "the station's certificate cannot be read");
    return certificate;
}

int history_signed_by(const char *note, const char *pem, size_t length, struct err *err)
{
    struct checkpoint_read c;
    if (checkpoint_read(&c, note, strlen(note), err) != 0)
        return err_prefix(err, "checkpoint");
    X509 *certificate = read_certificate(pem, length, err);
    if (!certificate)
        return -1;
    int result = checkpoint_verify(&c, note, X509_get0_pubkey(certificate), err);
    X509_free(certificate);
    return result;
}

/* The certificate must be a sealing one of this very station: any station's would do otherwise. */
static int check_signer(struct history *h, const char *note, X509 *certificate, X509_STORE *trust, struct err *err)
{
    struct sealcheck seal = {.signer = certificate};
    int named = 0;
    sealcheck_subject(certificate, h->signer, sizeof h->signer);
    if (sealcheck_certificate(certificate, NULL, h->checkpoint.time_ms / 1000, trust, err) != 0 ||
        sealcheck_role(&seal, h->station, trust, &named, err) != 0)
        return err_prefix(err, "the certificate of %s", h->signer);
    if (!named)
        return err_set(err, ERR_FAILED, "the certificate of %s does not name station %s", h->signer, h->station);
    if (checkpoint_verify(&h->checkpoint, note, X509_get0_pubkey(certificate), err) != 0)
        return err_prefix(err, "the checkpoint of %s", h->station);
    return 0;
}

static int read_head(struct history_reading *r, const char *line, size_t length, X509_STORE *trust, struct err *err)
{
    struct history *h = r->out;
    struct json_doc doc;
    if (json_parse(&doc, line, length, r->tokens, LINE_TOKENS_MAX, err) != 0)
        return -1;
    if (r->tokens[0].type != JSON_OBJECT || !json_equals(&doc, json_member(&doc, 0, "format"), HISTORY_FORMAT))
        return err_set(err, ERR_INVALID, "this is no history file (%s)", HISTORY_FORMAT);
    if (!json_get_string(&doc, json_member(&doc, 0, "checkpoint"), r->note, sizeof r->note) ||
        !json_get_string(&doc, json_member(&doc, 0, "certificate"), r->certificate, sizeof r->certificate))
        return err_set(err, ERR_INVALID, "checkpoint or certificate is missing");
    if (checkpoint_read(&h->checkpoint, r->note, strlen(r->note), err) != 0)
        return err_prefix(err, "checkpoint");
    if (!checkpoint_station(&h->checkpoint, h->station, sizeof h->station))
        return err_set(err, ERR_INVALID, "the checkpoint of %s is not smogd's", h->checkpoint.origin);
    X509 *certificate = read_certificate(r->certificate, strlen(r->certificate), err);
    if (!certificate)
        return -1;
    int result = check_signer(h, r->note, certificate, trust, err);
    X509_free(certificate);
    return result;
}

/* ---- the others: one fact each ---- */

/* A value as it stands in the line. */
static const char *slice(const struct json_doc *doc, const char *key, size_t *length)
{
    ptrdiff_t token = json_member(doc, 0, key);
    if (token < 0 || doc->tokens[token].type != JSON_OBJECT)
        return NULL;
    *length = doc->tokens[token].length;
    return doc->text + doc->tokens[token].start;
}

/* Is the event at that place of the signed journal? Places go up, so that no fact comes twice. */
static int check_place(struct history_reading *r, const struct json_doc *doc, const char *event, size_t length,
                       struct err *err)
{
    struct merkle_hash leaf, path[MERKLE_PATH_MAX];
    const struct checkpoint_read *c = &r->out->checkpoint;
    size_t count;
    int64_t index;
    if (!json_get_integer(doc, json_member(doc, 0, "index"), &index) || index < 0 || (uint64_t)index >= c->size)
        return err_set(err, ERR_INVALID, "'index' is no place among the %" PRIu64 " signed events", c->size);
    if (r->out->facts_count > 0 && (uint64_t)index <= r->last_index)
        return err_set(err, ERR_INVALID, "event %" PRId64 " comes after event %" PRIu64, index, r->last_index);
    if (merkle_json_read(doc, json_member(doc, 0, "path"), path, &count, err) != 0)
        return -1;
    merkle_leaf(event, length, &leaf);
    if (!merkle_verify_inclusion((uint64_t)index, c->size, &leaf, path, count, &c->root))
        return err_set(err, ERR_FAILED, "event %" PRId64 " is not in the journal that was signed", index);
    r->last_index = (uint64_t)index;
    return 0;
}

/* The event must speak of this record. */
static int check_event(const struct json_doc *doc, const struct history *h, const struct record *record,
                       const char *sha256, struct err *err)
{
    size_t event = (size_t)json_member(doc, 0, "event");
    const struct {
        const char *key, *value;
    } wanted[] = {{"kind", record->passage ? "passage" : "test-end"},
                  {record->passage ? "passage" : "test", record->id},
                  {"record_sha256", sha256},
                  {"station", h->station},
                  {"verdict", verdict_kind_name(record->judged.kind)}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!json_equals(doc, json_member(doc, event, wanted[i].key), wanted[i].value))
            return err_set(err, ERR_FAILED, "%s: its event's '%s' is not '%s'", record->id, wanted[i].key,
                           wanted[i].value);
    if (strcmp(record->station, h->station) != 0)
        return err_set(err, ERR_FAILED, "%s is a record of station %s", record->id, record->station);
    return 0;
}

static int take_fact(struct history_fact *fact, const struct record *record, struct err *err)
{
    const struct json_doc *doc = &record->doc;
    char started[CIVIL_TIME_TEXT_MAX];
    size_t station = (size_t)json_member(doc, 0, "station");
    if (!json_get_string(doc, json_member(doc, 0, "started_at"), started, sizeof started) ||
        !civil_time_parse(&fact->at_ms, started, strlen(started), 0) || record->plate[0] == '\0')
        return err_set(err, ERR_INVALID, "%s has no plate or no time", record->id);
    if (!json_get_string(doc, json_member(doc, (size_t)record->vehicle, "colour"), fact->colour, sizeof fact->colour))
        return err_set(err, ERR_INVALID, "%s does not tell the plate's colour", record->id);
    if (!json_get_string(doc, json_member(doc, station, "latitude"), fact->latitude, sizeof fact->latitude) ||
        !json_get_string(doc, json_member(doc, station, "longitude"), fact->longitude, sizeof fact->longitude))
        fact->latitude[0] = fact->longitude[0] = '\0';
    fact->passage = record->passage;
    fact->valid = record->judged.kind != VERDICT_INVALID;
    fact->day = record->day;
    fact->exceeded = remote_exceeded(&record->judged);
    snprintf(fact->verdict, sizeof fact->verdict, "%s", verdict_kind_name(record->judged.kind));
    memcpy(fact->id, record->id, sizeof fact->id);
    memcpy(fact->plate, record->plate, sizeof fact->plate);
    memcpy(fact->method, record->method, sizeof fact->method);
    return 0;
}

static struct history_fact *new_fact(struct history_reading *r, struct err *err)
{
    struct history *h = r->out;
    if (h->facts_count == r->room) {
        struct history_fact *more = realloc(h->facts, (r->room + FACTS_STEP) * sizeof *more);
        if (!more) {
            err_set(err, ERR_FAILED, "out of memory");
            return NULL;
        }
        h->facts = more;
        r->room += FACTS_STEP;
    }
    struct history_fact *fact = &h->facts[h->facts_count];
    *fact = (struct history_fact){.passage = false};
    return fact;
}

static int read_fact(struct history_reading *r, const char *line, size_t length, struct err *err)
{
    struct json_doc doc;
    struct record record;
    size_t event_length = 0, record_length = 0;
    if (json_parse(&doc, line, length, r->tokens, LINE_TOKENS_MAX, err) != 0)
        return -1;
    const char *event = r->tokens[0].type == JSON_OBJECT ? slice(&doc, "event", &event_length) : NULL;
    const char *text = event ? slice(&doc, "record", &record_length) : NULL;
    if (!text)
        return err_set(err, ERR_INVALID, "event or record is missing");
    struct history_fact *fact = new_fact(r, err);
    if (!fact || check_place(r, &doc, event, event_length, err) != 0 ||
        record_open(&record, text, record_length, err) != 0)
        return -1;
    fact->record = text;
    fact->record_length = record_length;
    sha256_hex(text, record_length, fact->record_sha256);
    int result = check_event(&doc, r->out, &record, fact->record_sha256, err);
    if (result == 0)
        result = take_fact(fact, &record, err);
    record_close(&record);
    r->out->facts_count += result == 0;
    return result;
}

/* The first line of what is left, without its end. */
static int find_line(const char *bytes, size_t length, size_t *size, struct err *err)
{
    const char *end = memchr(bytes, '\n', length);
    *size = end ? (size_t)(end - bytes) : 0;
    return end && *size <= HISTORY_LINE_MAX ? 0 : err_set(err, ERR_INVALID, "it is cut off or too long");
}

static struct history_reading *reading_open(struct history *out, struct err *err)
{
    struct history_reading *r = calloc(1, sizeof *r);
    if (r && (r->tokens = malloc(LINE_TOKENS_MAX * sizeof *r->tokens)) != NULL) {
        r->out = out;
        return r;
    }
    free(r);
    err_set(err, ERR_FAILED, "out of memory");
    return NULL;
}

static void reading_close(struct history_reading *r)
{
    if (r)
        free(r->tokens);
    free(r);
}

int history_read_facts(struct history *out, const char *bytes, size_t length, struct err *err)
{
    size_t number = 2, size = 0;
    struct history_reading *r = reading_open(out, err);
    int result = r ? 0 : -1;
    for (size_t at = 0; result == 0 && at < length; at += size + 1, number++) {
        result = find_line(bytes + at, length - at, &size, err);
        if (result == 0)
            result = read_fact(r, bytes + at, size, err);
        if (result != 0)
            err_prefix(err, "line %zu", number);
    }
    reading_close(r);
    return result;
}

int history_read(struct history *out, const char *bytes, size_t length, X509_STORE *trust, struct err *err)
{
    size_t size = 0;
    *out = (struct history){.facts_count = 0};
    if (length == 0)
        return err_set(err, ERR_INVALID, "the file is empty");
    struct history_reading *r = reading_open(out, err);
    if (!r)
        return -1;
    int result = find_line(bytes, length, &size, err);
    if (result == 0)
        result = read_head(r, bytes, size, trust, err);
    reading_close(r);
    if (result != 0)
        return err_prefix(err, "line 1");
    return history_read_facts(out, bytes + size + 1, length - size - 1, err);
}

void history_close(struct history *history)
{
    free(history->facts);
    history->facts = NULL;
}
