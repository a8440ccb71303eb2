#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/cosignature.h"
#include "reports/merkle_json.h"
#include "reports/sha256.h"
#include "reports/tsacheck.h"
#include "station/core/civil.h"
#include "station/core/json.h"

enum { PACE_MS = 600000 };

static const char proof_name[] = "log/proof.json";

/* From a tree of `size` events to the checkpoint beside it (RFC 9162, 2.1.4). */
struct extension {
    uint64_t size;
    size_t count;
    struct merkle_hash path[MERKLE_PATH_MAX];
};

/* log/proof.json, or a consistency proof, which is its checkpoint and paths alone. */
struct proof {
    char checkpoint_text[CHECKPOINT_TEXT_MAX + 1];
    size_t checkpoint_length;
    struct checkpoint_read checkpoint;
    char event[PROOF_EVENT_MAX];
    uint64_t index;
    size_t count;
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t extensions_count;
    struct extension extensions[PROOF_PATHS_MAX];
};

/* ---- reading ---- */

static int get_size(const struct json_doc *doc, size_t object, const char *key, uint64_t *out, struct err *err)
{
    int64_t value;
    if (!json_get_integer(doc, json_member(doc, object, key), &value) || value < 0)
        return err_set(err, ERR_INVALID, "'%s' is not a number of events", key);
    *out = (uint64_t)value;
    return 0;
}

static int read_extensions(const struct json_doc *doc, struct proof *p, struct err *err)
{
    ptrdiff_t array = json_member(doc, 0, "extends");
    if (array < 0)
        return 0;
    if (doc->tokens[array].type != JSON_ARRAY || doc->tokens[array].count > PROOF_PATHS_MAX)
        return err_set(err, ERR_INVALID, "'extends' is not a list of at most %d", PROOF_PATHS_MAX);
    for (; p->extensions_count < doc->tokens[array].count; p->extensions_count++) {
        struct extension *e = &p->extensions[p->extensions_count];
        ptrdiff_t object = json_element(doc, (size_t)array, p->extensions_count);
        if (doc->tokens[object].type != JSON_OBJECT)
            return err_set(err, ERR_INVALID, "'extends' has something else than objects");
        if (get_size(doc, (size_t)object, "size", &e->size, err) ||
            merkle_json_read(doc, json_member(doc, (size_t)object, "path"), e->path, &e->count, err))
            return -1;
    }
    return 0;
}

/* The checkpoint and the extensions, which both kinds of file have. */
static int read_common(const struct json_doc *doc, struct proof *p, struct err *err)
{
    if (doc->tokens[0].type != JSON_OBJECT ||
        !json_get_string(doc, json_member(doc, 0, "checkpoint"), p->checkpoint_text, sizeof p->checkpoint_text))
        return err_set(err, ERR_INVALID, "there is no readable 'checkpoint'");
    p->checkpoint_length = strlen(p->checkpoint_text);
    if (checkpoint_read(&p->checkpoint, p->checkpoint_text, p->checkpoint_length, err))
        return err_prefix(err, "checkpoint");
    return read_extensions(doc, p, err);
}

static int read_proof(struct proof *p, const char *text, size_t length, bool with_event, struct err *err)
{
    struct json_token tokens[PROOF_TOKENS_MAX];
    struct json_doc doc;
    uint64_t size = 0;
    memset(p, 0, sizeof *p);
    if (json_parse(&doc, text, length, tokens, PROOF_TOKENS_MAX, err) || read_common(&doc, p, err))
        return -1;
    if (!with_event)
        return 0;
    if (!json_get_string(&doc, json_member(&doc, 0, "event"), p->event, sizeof p->event))
        return err_set(err, ERR_INVALID, "there is no readable 'event'");
    if (get_size(&doc, 0, "index", &p->index, err) || get_size(&doc, 0, "size", &size, err) ||
        merkle_json_read(&doc, json_member(&doc, 0, "path"), p->path, &p->count, err))
        return -1;
    if (size != p->checkpoint.size)
        return err_set(err, ERR_INVALID, "the path is for %" PRIu64 " events, the checkpoint for %" PRIu64, size,
                       p->checkpoint.size);
    return 0;
}

/* ---- checking ---- */

static int expect(const struct json_doc *doc, const char *key, const char *value, struct err *err)
{
    if (!json_equals(doc, json_member(doc, 0, key), value))
        return err_set(err, ERR_FAILED, "its '%s' is not '%s'", key, value);
    return 0;
}

static int match_event(struct verification *v, const struct proof *p, struct err *err)
{
    struct json_token tokens[PROOF_EVENT_TOKENS_MAX];
    struct json_doc doc;
    const struct record *r = &v->record;
    if (json_parse(&doc, p->event, strlen(p->event), tokens, PROOF_EVENT_TOKENS_MAX, err))
        return -1;
    if (tokens[0].type != JSON_OBJECT)
        return err_set(err, ERR_FAILED, "it is no JSON object");
    if (expect(&doc, "kind", r->passage ? "passage" : "test-end", err) || expect(&doc, "station", r->station, err) ||
        expect(&doc, r->passage ? "passage" : "test", r->id, err) ||
        expect(&doc, "verdict", verdict_kind_name(r->judged.kind), err))
        return -1;
    return expect(&doc, "record_sha256", v->record_sha256, err);
}

static bool check_event(struct verification *v, const struct proof *p)
{
    struct err err;
    char text[32], root[MERKLE_MARK_SIZE];
    struct merkle_hash leaf;
    if (match_event(v, p, &err))
        return verifier_report(v, VERIFIER_EVENT, VERIFIER_FAIL, proof_name, err.text);
    snprintf(text, sizeof text, "%" PRIu64, p->index);
    verifier_report(v, VERIFIER_EVENT, VERIFIER_OK, text, NULL);
    merkle_leaf(p->event, strlen(p->event), &leaf);
    if (!merkle_verify_inclusion(p->index, p->checkpoint.size, &leaf, p->path, p->count, &p->checkpoint.root))
        return verifier_report(v, VERIFIER_INCLUSION, VERIFIER_FAIL, proof_name,
                               "event and path do not lead to the checkpoint's root");
    merkle_mark(&p->checkpoint.root, root); /* as printed on the slip */
    return verifier_report(v, VERIFIER_INCLUSION, VERIFIER_OK, root, NULL);
}

/* A checkpoint of this journal, signed by the key that sealed the package. */
static int check_signed(const struct verification *v, const struct checkpoint_read *c, const char *text,
                        struct err *err)
{
    if (!checkpoint_of(c, v->record.station))
        return err_set(err, ERR_FAILED, "it is of the journal %s, the record of smogd/%s", c->origin,
                       v->record.station);
    if (!v->seal.signer)
        return err_set(err, ERR_FAILED, "there is no certificate to check it with");
    return checkpoint_verify(c, text, X509_get0_pubkey(v->seal.signer), err);
}

/* A key cannot have signed before it was certified: an old journal signed with a new key is told by its own date. */
static int check_key_age(const struct verification *v, const struct checkpoint_read *c, struct err *err)
{
    time_t early = (time_t)((c->time_ms - PACE_MS) / 1000), late = (time_t)((c->time_ms + PACE_MS) / 1000);
    if (X509_cmp_time(X509_get0_notBefore(v->seal.signer), &late) > 0 ||
        X509_cmp_time(X509_get0_notAfter(v->seal.signer), &early) < 0)
        return err_set(err, ERR_FAILED, "it is dated %s, when the key that signed it was not certified", c->time);
    return 0;
}

static bool check_checkpoint(struct verification *v, const struct proof *p)
{
    struct err err;
    char text[96];
    if (check_signed(v, &p->checkpoint, p->checkpoint_text, &err) || check_key_age(v, &p->checkpoint, &err))
        return verifier_report(v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, proof_name, err.text);
    v->has_checkpoint = true;
    v->checkpoint = p->checkpoint;
    memcpy(v->out->checkpoint, p->checkpoint_text, p->checkpoint_length + 1);
    v->out->tree_size = p->checkpoint.size;
    snprintf(text, sizeof text, "%" PRIu64 " / %s", p->checkpoint.size, p->checkpoint.time);
    return verifier_report(v, VERIFIER_CHECKPOINT, VERIFIER_OK, text, NULL);
}

/* The record says that its clock was not synchronised. */
static bool clock_was_unset(const struct record *r)
{
    bool synchronised;
    ptrdiff_t clock = json_member(&r->doc, 0, "clock");
    return clock >= 0 && r->doc.tokens[clock].type == JSON_OBJECT &&
           json_get_bool(&r->doc, json_member(&r->doc, (size_t)clock, "synchronised"), &synchronised) && !synchronised;
}

/* A record ends, then its journal is signed, then the package; ten minutes of slack for a clock being set. */
static void check_times(struct verification *v, const struct proof *p)
{
    int64_t ended_ms;
    int64_t signed_ms = v->seal.signed_at * 1000;
    char text[128], when[CIVIL_TIME_TEXT_MAX];
    bool ok = civil_time_parse(&ended_ms, v->record.ended_at, strlen(v->record.ended_at), 0) &&
              ended_ms <= p->checkpoint.time_ms + PACE_MS && p->checkpoint.time_ms <= signed_ms + PACE_MS;
    civil_time_format(signed_ms, VERIFIER_ZONE_MINUTES, when);
    snprintf(text, sizeof text, "%s / %s / %s", v->record.ended_at, p->checkpoint.time, when);
    verifier_report(v, VERIFIER_TIMES,
                    ok                            ? VERIFIER_OK
                    : clock_was_unset(&v->record) ? VERIFIER_NOTE
                                                  : VERIFIER_FAIL,
                    text, NULL);
}

/* ---- consistency ---- */

/* Is the tree (size, root) a beginning of the anchor's tree? `paths` may be another proof's, for the same tree as the
 * anchor's. VERIFIER_OPEN when there is no path for that size. */
static enum verifier_result extends(const struct checkpoint_read *anchor, const struct proof *paths, uint64_t size,
                                    const struct merkle_hash *root)
{
    if (size == anchor->size)
        return memcmp(root, &anchor->root, sizeof *root) == 0 ? VERIFIER_OK : VERIFIER_FAIL;
    if (size == 0)
        return VERIFIER_OK;
    for (size_t i = 0; i < paths->extensions_count; i++) {
        const struct extension *e = &paths->extensions[i];
        if (e->size == size)
            return merkle_verify_consistency(size, root, anchor->size, &anchor->root, e->path, e->count)
                       ? VERIFIER_OK
                       : VERIFIER_FAIL;
    }
    return VERIFIER_OPEN;
}

static bool same_tree(const struct checkpoint_read *a, const struct checkpoint_read *b)
{
    return a->size == b->size && memcmp(&a->root, &b->root, sizeof a->root) == 0;
}

/* Two trees are consistent when both are beginnings of a third, the anchor; every proof for the anchor's tree may give
 * a path. */
static enum verifier_result both_extend(const struct checkpoint_read *anchor, const struct proof *proofs, size_t count,
                                        const struct checkpoint_read *a, const struct checkpoint_read *b)
{
    enum verifier_result first = VERIFIER_OPEN, second = VERIFIER_OPEN;
    for (size_t i = 0; i < count; i++) {
        if (!same_tree(&proofs[i].checkpoint, anchor))
            continue;
        enum verifier_result x = extends(anchor, &proofs[i], a->size, &a->root);
        enum verifier_result y = extends(anchor, &proofs[i], b->size, &b->root);
        first = x == VERIFIER_OPEN ? first : x;
        second = y == VERIFIER_OPEN ? second : y;
        if (x == VERIFIER_FAIL || y == VERIFIER_FAIL)
            return VERIFIER_FAIL;
    }
    return first == VERIFIER_OK && second == VERIFIER_OK ? VERIFIER_OK : VERIFIER_OPEN;
}

/* proofs[0] is the package's own; the reader's follow. */
static int decide_consistency(struct verification *v, struct proof proofs[VERIFIER_PROOFS_MAX + 1],
                              const struct checkpoint_read *other, enum verifier_result *result, struct err *err)
{
    const struct verifier_options *o = v->options;
    size_t count = 1;
    for (size_t i = 0; i < o->consistency_count; i++, count++) {
        struct proof *p = &proofs[count];
        if (read_proof(p, o->consistency[i], strlen(o->consistency[i]), false, err) ||
            check_signed(v, &p->checkpoint, p->checkpoint_text, err))
            return err_prefix(err, "consistency proof %zu", i + 1);
    }
    *result = VERIFIER_OPEN;
    for (size_t i = 0; i < count && *result == VERIFIER_OPEN; i++)
        *result = both_extend(&proofs[i].checkpoint, proofs, count, other, &proofs[0].checkpoint);
    return 0;
}

/* A checkpoint or proof that cannot be used decides nothing: only two histories are a failure. */
static bool check_consistency(struct verification *v, struct proof *proofs, const char *known)
{
    struct checkpoint_read other;
    struct err err;
    char text[96] = "?";
    enum verifier_result result = VERIFIER_OPEN;
    if (checkpoint_read(&other, known, strlen(known), &err))
        return verifier_report(v, VERIFIER_CONSISTENCY, VERIFIER_OPEN, text, err.text);
    snprintf(text, sizeof text, "%" PRIu64 " / %s", other.size, other.time);
    /* Signed by an earlier key of the station (code ERR_INVALID) it is taken as it is: it comes from the reader's own
     * hands. */
    if ((check_signed(v, &other, known, &err) && err.code != ERR_INVALID) ||
        decide_consistency(v, proofs, &other, &result, &err))
        return verifier_report(v, VERIFIER_CONSISTENCY, VERIFIER_OPEN, text, err.text);
    return verifier_report(v, VERIFIER_CONSISTENCY, result, text, NULL);
}

/* ---- the second agency ---- */

/* Is the note co-signed by the witness, and does it agree with the package? */
static enum verifier_result look_at_note(struct verification *v, struct proof *proofs, const char *text, char seen[160])
{
    struct checkpoint_read c;
    struct err err;
    char as[COSIGNATURE_NAME_MAX] = "", at[CIVIL_TIME_TEXT_MAX];
    int64_t time_s = 0;
    enum verifier_result agrees = VERIFIER_OPEN;
    if (checkpoint_read(&c, text, strlen(text), &err))
        return VERIFIER_OPEN;
    int found = cosignature_find(text, &c, NULL, v->options->witness, &time_s, as, &err);
    if (found < 0)
        snprintf(seen, 160, "%.150s", err.text);
    if (found <= 0)
        return found < 0 ? VERIFIER_FAIL : VERIFIER_OPEN;
    if (decide_consistency(v, proofs, &c, &agrees, &err) || agrees != VERIFIER_OK)
        return VERIFIER_OPEN; /* where they contradict each other, the check of consistency says so */
    civil_time_format(time_s * 1000, VERIFIER_ZONE_MINUTES, at);
    snprintf(seen, 160, "%s, %" PRIu64 " / %s", as, c.size, at);
    return c.size > proofs[0].index ? VERIFIER_OK : VERIFIER_NOTE;
}

/* The best that the package's own checkpoint, the reader's and those of the proofs tell. */
static void check_witness(struct verification *v, struct proof *proofs, const char *known)
{
    static const enum verifier_result order[] = {VERIFIER_FAIL, VERIFIER_OK, VERIFIER_NOTE};
    const char *notes[VERIFIER_PROOFS_MAX + 2] = {proofs[0].checkpoint_text, known};
    enum verifier_result unused;
    struct err err;
    char seen[VERIFIER_PROOFS_MAX + 2][160] = {""};
    enum verifier_result results[VERIFIER_PROOFS_MAX + 2];
    size_t count = v->options->consistency_count + 2;
    if (decide_consistency(v, proofs, &proofs[0].checkpoint, &unused, &err)) /* reads the reader's proofs */
        count = 2;
    for (size_t i = 2; i < count; i++)
        notes[i] = proofs[i - 1].checkpoint_text;
    for (size_t i = 0; i < count; i++)
        results[i] = notes[i] ? look_at_note(v, proofs, notes[i], seen[i]) : VERIFIER_OPEN;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        for (size_t i = 0; i < count; i++)
            if (results[i] == order[k]) {
                verifier_report(v, VERIFIER_WITNESS, results[i], seen[i], NULL);
                return;
            }
    verifier_report(v, VERIFIER_WITNESS, VERIFIER_OPEN, "", NULL);
}

/* ---- time stamp ---- */

/* What was stamped is a checkpoint that this package's journal continues. */
static int check_stamped(const struct proof *own, const struct container_entry *note, struct checkpoint_read *stamped,
                         struct err *err)
{
    if (checkpoint_read(stamped, (const char *)note->data, note->size, err))
        return -1;
    if (strcmp(stamped->origin, own->checkpoint.origin) != 0)
        return err_set(err, ERR_FAILED, "it stamps the journal %s", stamped->origin);
    return extends(&own->checkpoint, own, stamped->size, &stamped->root) == VERIFIER_OK
               ? 0
               : err_set(err, ERR_FAILED, "it stamps a checkpoint that this package's journal does not continue");
}

/* log/timestamp.tsr over log/timestamp.note (FORMATS.md, "Time stamp"): optional, both or none. */
static void check_stamp(struct verification *v, const struct proof *own)
{
    static const char name[] = "log/timestamp.tsr";
    const struct container_entry *tsr = container_find(&v->container, name);
    const struct container_entry *note = container_find(&v->container, "log/timestamp.note");
    struct checkpoint_read stamped;
    struct tsacheck about;
    struct err err = {.text = "of log/timestamp.tsr and log/timestamp.note one is missing"};
    char when[CIVIL_TIME_TEXT_MAX], text[CIVIL_TIME_TEXT_MAX + SEALCHECK_NAME_MAX + 64];
    if (!tsr && !note)
        return;
    if (!tsr || !note || check_stamped(own, note, &stamped, &err) != 0 ||
        tsacheck(&about, tsr->data, tsr->size, note->data, note->size, NULL, v->options->stampers, &err) != 0) {
        verifier_report(v, VERIFIER_TIMESTAMP, VERIFIER_FAIL, name, err.text);
        return;
    }
    civil_time_format(about.at_s * 1000, 0, when);
    snprintf(text, sizeof text, "%" PRIu64 " / %s / %s", stamped.size, when, about.authority);
    verifier_report(v, VERIFIER_TIMESTAMP, v->options->stampers ? VERIFIER_OK : VERIFIER_NOTE, text, NULL);
}

static void check_proof(struct verification *v, struct proof *proofs, const struct container_entry *entry)
{
    struct err err;
    const struct verifier_options *o = v->options;
    if (read_proof(&proofs[0], (const char *)entry->data, entry->size, true, &err)) {
        verifier_report(v, VERIFIER_EVENT, VERIFIER_FAIL, proof_name, err.text);
        return;
    }
    check_event(v, &proofs[0]);
    check_times(v, &proofs[0]);
    if (!check_checkpoint(v, &proofs[0]))
        return;
    check_stamp(v, &proofs[0]);
    const char *known = o->known_checkpoint ? o->known_checkpoint(o->ctx, v->record.station) : NULL;
    if (known)
        check_consistency(v, proofs, known);
    if (o->witness)
        check_witness(v, proofs, known);
}

void verifier_journal(struct verification *v)
{
    const struct container_entry *entry = container_find(&v->container, proof_name);
    struct proof *proofs = calloc(VERIFIER_PROOFS_MAX + 1, sizeof *proofs);
    if (!entry)
        verifier_report(v, VERIFIER_EVENT, VERIFIER_FAIL, proof_name, "the package does not have it");
    else if (!proofs)
        verifier_report(v, VERIFIER_EVENT, VERIFIER_FAIL, proof_name, "out of memory");
    else
        check_proof(v, proofs, entry);
    free(proofs);
}
