#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/journal_order.h"
#include "reports/merkle.h"
#include "station/core/json.h"

/*
 * An exported journal: one event a line, byte for byte what was hashed. Read once, from front to back; of the tree only
 * the two rightmost complete subtrees of each level are kept, which is all that the next leaf and the root need.
 */

struct export
{
    struct verification *v;
    struct checkpoint_read checkpoint;
    const char *note;
    char station[CHECKPOINT_ORIGIN_MAX];
    uint64_t count;
    struct merkle_hash rightmost[MERKLE_PATH_MAX][2]; /* by level, even and odd */
    struct merkle_hash root;                          /* of the first checkpoint.size events, once they are read */
    struct journal_order order;
    uint64_t clock_wrong_at; /* the first event whose time does not follow; 0: none */
    struct err clock_err;
    char *line; /* of EXPORT_LINE_MAX + 1 bytes */
    struct json_token *tokens;
};

/* ---- the tree ---- */

static int fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    (void)err;
    *out = ((struct export *)ctx)->rightmost[level][index & 1];
    return 0;
}

static int keep(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash, struct err *err)
{
    (void)err;
    ((struct export *)ctx)->rightmost[level][index & 1] = *hash;
    return 0;
}

static int add_leaf(struct export *e, const char *line, size_t length, struct err *err)
{
    struct merkle_hash leaf;
    merkle_leaf(line, length, &leaf);
    if (merkle_append(e->count, &leaf, fetch, e, keep, err) != 0)
        return -1;
    e->rightmost[0][e->count & 1] = leaf;
    e->count++;
    return e->count == e->checkpoint.size ? merkle_root(e->count, fetch, e, &e->root, err) : 0;
}

/* ---- the events ---- */

static int take_event(struct export *e, const char *line, size_t length, struct err *err)
{
    struct json_doc doc;
    char kind[48];
    if (json_parse(&doc, line, length, e->tokens, EXPORT_TOKENS_MAX, err) != 0)
        return -1;
    if (e->tokens[0].type != JSON_OBJECT || !json_get_string(&doc, json_member(&doc, 0, "kind"), kind, sizeof kind))
        return err_set(err, ERR_FAILED, "it is no event");
    if (!json_equals(&doc, json_member(&doc, 0, "station"), e->station))
        return err_set(err, ERR_FAILED, "it is not an event of station %s", e->station);
    if (e->clock_wrong_at == 0 && journal_order_time(&e->order, &doc, kind, &e->clock_err) != 0)
        e->clock_wrong_at = e->count + 1;
    return journal_order_number(&e->order, &doc, kind, err);
}

/* One line without its newline; false at the end of the file. *whole: it ended in a newline, and fits. */
static bool read_line(struct export *e, FILE *in, size_t *size, bool *whole)
{
    int c = EOF;
    *size = 0;
    while (*size <= EXPORT_LINE_MAX && (c = getc_unlocked(in)) != EOF && c != '\n')
        e->line[(*size)++] = (char)c;
    *whole = c == '\n' && *size <= EXPORT_LINE_MAX;
    return *size > 0 || c == '\n';
}

static void report_numbers(struct export *e, uint64_t wrong_at, const char *why)
{
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, wrong_at ? wrong_at : e->count);
    if (wrong_at || e->count == 0)
        verifier_report(e->v, VERIFIER_NUMBERS, VERIFIER_FAIL, number, wrong_at ? why : "there are no events");
    else
        verifier_report(e->v, VERIFIER_NUMBERS, VERIFIER_OK, number, NULL);
    if (!wrong_at && e->order.open_test[0])
        verifier_report(e->v, VERIFIER_NUMBERS, VERIFIER_NOTE, e->order.open_test, NULL);
}

static void report_clock(struct export *e)
{
    char number[32];
    bool open = !e->clock_wrong_at && e->order.unexplained > 0;
    unsigned said = e->order.set_back - open;
    if (open) {
        snprintf(number, sizeof number, "%" PRIu64, e->count);
        verifier_report(e->v, VERIFIER_CLOCK_OPEN, VERIFIER_NOTE, number, NULL);
    }
    if (e->clock_wrong_at) {
        snprintf(number, sizeof number, "%" PRIu64, e->clock_wrong_at);
        verifier_report(e->v, VERIFIER_CLOCK, VERIFIER_FAIL, number, e->clock_err.text);
    } else if (said > 0) {
        snprintf(number, sizeof number, "%u", said);
        verifier_report(e->v, VERIFIER_CLOCK, VERIFIER_NOTE, number, NULL);
    } else if (e->count > 0 && !open) {
        verifier_report(e->v, VERIFIER_CLOCK, VERIFIER_OK, "", NULL);
    }
}

/* Numbers and times are checked as far as they go; the tree is read to its end in any case, but for a line that is too
 * long. */
static void read_events(struct export *e, FILE *in)
{
    struct err err = {0}, first = {0};
    uint64_t wrong_at = 0;
    size_t size;
    bool whole = true;
    while (whole && read_line(e, in, &size, &whole)) {
        int result =
            whole ? take_event(e, e->line, size, &err) : err_set(&err, ERR_FAILED, "the line is cut or too long");
        if (add_leaf(e, e->line, size, result ? NULL : &err) != 0)
            break;
        if (result && wrong_at == 0) {
            wrong_at = e->count;
            first = err;
        }
    }
    report_numbers(e, wrong_at, first.text);
    report_clock(e);
}

static void check_root(struct export *e)
{
    char sizes[64];
    snprintf(sizes, sizeof sizes, "%" PRIu64, e->checkpoint.size);
    if (e->count < e->checkpoint.size)
        verifier_report(e->v, VERIFIER_ROOT, VERIFIER_FAIL, sizes, "the file has fewer");
    else if (memcmp(&e->root, &e->checkpoint.root, sizeof e->root) != 0)
        verifier_report(e->v, VERIFIER_ROOT, VERIFIER_FAIL, sizes,
                        "at least one of them was changed, or one is missing");
    else
        verifier_report(e->v, VERIFIER_ROOT, VERIFIER_OK, sizes, NULL);
    if (e->count > e->checkpoint.size) {
        snprintf(sizes, sizeof sizes, "%" PRIu64, e->count - e->checkpoint.size);
        verifier_report(e->v, VERIFIER_ROOT, VERIFIER_NOTE, sizes, NULL);
    }
}

/* ---- the signature: by one of the trusted certificates themselves ---- */

int verifier_trusted_checkpoint(const struct verification *v, const struct checkpoint_read *c, const char *text,
                                struct err *err)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(v->options->trust);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (!certificate)
            continue;
        if (checkpoint_verify(c, text, X509_get0_pubkey(certificate), err) == 0)
            return 0;
        if (err->code != ERR_INVALID)
            return -1;
    }
    return err_set(err, ERR_INVALID,
                   "none of the trusted certificates made the signature; give the station's sealing certificate");
}

static bool check_signature(struct export *e)
{
    struct err err;
    char words[128];
    if (verifier_trusted_checkpoint(e->v, &e->checkpoint, e->note, &err) != 0)
        return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, e->checkpoint.origin, err.text);
    snprintf(words, sizeof words, "%" PRIu64 " / %s", e->checkpoint.size, e->checkpoint.time);
    return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_OK, words, NULL);
}

static bool open_checkpoint(struct export *e)
{
    const struct verifier_options *o = e->v->options;
    struct err err = {.text = "give it with --checkpoint"};
    e->note = o->known_checkpoint ? o->known_checkpoint(o->ctx, "") : NULL;
    if (!e->note || checkpoint_read(&e->checkpoint, e->note, strlen(e->note), &err) != 0)
        return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, "", err.text);
    if (!checkpoint_station(&e->checkpoint, e->station, sizeof e->station))
        return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, e->checkpoint.origin, "it is not smogd's");
    snprintf(e->v->out->station, sizeof e->v->out->station, "%.*s", RECORD_ID_MAX - 1, e->station);
    return check_signature(e);
}

void verifier_export(struct verifier *out, FILE *in, const struct verifier_options *options)
{
    struct verification *v = calloc(1, sizeof *v);
    struct export *e = calloc(1, sizeof *e);
    memset(out, 0, sizeof *out);
    if (v && e && (e->line = malloc(EXPORT_LINE_MAX + 1)) != NULL &&
        (e->tokens = calloc(EXPORT_TOKENS_MAX, sizeof *e->tokens)) != NULL) {
        out->ok = true;
        v->out = out;
        v->options = options;
        e->v = v;
        if (open_checkpoint(e)) {
            read_events(e, in);
            check_root(e);
        }
    }
    free(e ? e->tokens : NULL);
    free(e ? e->line : NULL);
    free(e);
    free(v);
}
