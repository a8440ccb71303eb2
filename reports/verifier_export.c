#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/merkle.h"
#include "station/core/json.h"

/*
 * An exported journal: one event a line, byte for byte what was hashed. Read once, from front to back; of the tree only
 * the two rightmost complete subtrees of each level are kept, which is all that the next leaf and the root need.
 */

enum { LINE_MAX_LENGTH = 1 << 20, LINE_TOKENS_MAX = 32768 };

struct export
{
    struct verification *v;
    struct checkpoint_read checkpoint;
    const char *note;
    char station[CHECKPOINT_ORIGIN_MAX];
    uint64_t count;
    struct merkle_hash rightmost[MERKLE_PATH_MAX][2]; /* by level, even and odd */
    struct merkle_hash root;                          /* of the first checkpoint.size events, once they are read */
    int64_t tests, passages;                          /* the highest number so far */
    char open_test[RECORD_ID_MAX];
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

static bool text(const struct json_doc *doc, const char *key, char *out, size_t size)
{
    return json_get_string(doc, json_member(doc, 0, key), out, size);
}

/* Every started test has the next number, and an end before the next one starts. */
static int take_test(struct export *e, const struct json_doc *doc, bool start, struct err *err)
{
    char id[RECORD_ID_MAX];
    int64_t seq;
    if (!text(doc, "test", id, sizeof id))
        return err_set(err, ERR_FAILED, "a test has no id");
    if (!start) {
        if (strcmp(id, e->open_test) != 0)
            return err_set(err, ERR_FAILED, "test %s ends, but %s was started", id,
                           e->open_test[0] ? e->open_test : "none");
        e->open_test[0] = '\0';
        return 0;
    }
    if (e->open_test[0])
        return err_set(err, ERR_FAILED, "test %s has no end", e->open_test);
    if (!json_get_integer(doc, json_member(doc, 0, "seq"), &seq) || seq != e->tests + 1)
        return err_set(err, ERR_FAILED, "test %s does not have the number %" PRId64, id, e->tests + 1);
    e->tests = seq;
    memcpy(e->open_test, id, sizeof id);
    return 0;
}

/* "652301-0007-P00000042": the number is the id's last part. */
static int take_passage(struct export *e, const struct json_doc *doc, struct err *err)
{
    char id[RECORD_ID_MAX];
    const char *number = text(doc, "passage", id, sizeof id) ? strrchr(id, 'P') : NULL;
    if (!number || strtoll(number + 1, NULL, 10) != e->passages + 1)
        return err_set(err, ERR_FAILED, "after passage %" PRId64 " comes %s", e->passages,
                       number ? id : "one without id");
    e->passages++;
    return 0;
}

static int take_event(struct export *e, const char *line, size_t length, struct err *err)
{
    struct json_doc doc;
    char kind[32];
    if (json_parse(&doc, line, length, e->tokens, LINE_TOKENS_MAX, err) != 0)
        return -1;
    if (e->tokens[0].type != JSON_OBJECT || !text(&doc, "kind", kind, sizeof kind))
        return err_set(err, ERR_FAILED, "it is no event");
    if (!json_equals(&doc, json_member(&doc, 0, "station"), e->station))
        return err_set(err, ERR_FAILED, "it is not an event of station %s", e->station);
    if (strcmp(kind, "passage") == 0)
        return take_passage(e, &doc, err);
    bool start = strcmp(kind, "test-start") == 0;
    return start || strcmp(kind, "test-end") == 0 ? take_test(e, &doc, start, err) : 0;
}

/* Numbers are checked as far as they go; the tree is read to its end in any case. */
static void read_events(struct export *e, FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    struct err err = {0}, first = {0};
    char number[32];
    uint64_t wrong_at = 0;
    while ((length = getline(&line, &room, in)) > 0) {
        size_t size = (size_t)length - (line[length - 1] == '\n');
        bool whole = line[length - 1] == '\n' && size <= LINE_MAX_LENGTH;
        int result = whole ? take_event(e, line, size, &err) : err_set(&err, ERR_FAILED, "the line is cut or too long");
        if (add_leaf(e, line, size, result ? NULL : &err) != 0)
            break;
        if (result && wrong_at == 0) {
            wrong_at = e->count;
            first = err;
        }
    }
    free(line);
    snprintf(number, sizeof number, "%" PRIu64, wrong_at ? wrong_at : e->count);
    if (wrong_at || e->count == 0)
        verifier_report(e->v, VERIFIER_NUMBERS, VERIFIER_FAIL, number, wrong_at ? first.text : "there are no events");
    else
        verifier_report(e->v, VERIFIER_NUMBERS, VERIFIER_OK, number, NULL);
    if (!wrong_at && e->open_test[0])
        verifier_report(e->v, VERIFIER_NUMBERS, VERIFIER_NOTE, e->open_test, NULL);
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

static bool check_signature(struct export *e)
{
    struct err err;
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(e->v->options->trust);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (!certificate)
            continue;
        if (checkpoint_verify(&e->checkpoint, e->note, X509_get0_pubkey(certificate), &err) == 0) {
            char words[128];
            snprintf(words, sizeof words, "%" PRIu64 " / %s", e->checkpoint.size, e->checkpoint.time);
            return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_OK, words, NULL);
        }
        if (err.code != ERR_INVALID)
            return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, e->checkpoint.origin, err.text);
    }
    return verifier_report(
        e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, e->checkpoint.origin,
        "none of the trusted certificates made the signature; give the station's sealing certificate");
}

static bool open_checkpoint(struct export *e)
{
    static const char prefix[] = "smogd/";
    const struct verifier_options *o = e->v->options;
    struct err err = {.text = "give it with --checkpoint"};
    e->note = o->known_checkpoint ? o->known_checkpoint(o->ctx, "") : NULL;
    if (!e->note || checkpoint_read(&e->checkpoint, e->note, strlen(e->note), &err) != 0)
        return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, "", err.text);
    if (strncmp(e->checkpoint.origin, prefix, sizeof prefix - 1) != 0)
        return verifier_report(e->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, e->checkpoint.origin, "it is not smogd's");
    snprintf(e->station, sizeof e->station, "%s", e->checkpoint.origin + sizeof prefix - 1);
    snprintf(e->v->out->station, sizeof e->v->out->station, "%.*s", RECORD_ID_MAX - 1, e->station);
    return check_signature(e);
}

void verifier_export(struct verifier *out, FILE *in, const struct verifier_options *options)
{
    struct verification *v = calloc(1, sizeof *v);
    struct export *e = calloc(1, sizeof *e);
    memset(out, 0, sizeof *out);
    if (v && e && (e->tokens = calloc(LINE_TOKENS_MAX, sizeof *e->tokens)) != NULL) {
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
    free(e);
    free(v);
}
