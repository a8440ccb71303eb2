/*
 * journal verify: everything that is stored about the journal is computed again from the events' texts.
 *
 * The events themselves, tests and passages here; the other tables in store_verify_tables.c.
 *
 * One pass over the events; beside it one cursor on each level of the tree, one on the checkpoints and one on the
 * passages, all in order, so that each row of the database is read once.
 */
#include "station/store_private.h"
#include "station/store_verify_tables.h"

#include "reports/journal_order.h"
#include "reports/sha256.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_EVERY = 65536, JUMPS_MAX = 64, COLUMNS_AT = 6 };

struct verifier {
    struct store *s;
    struct store_verify_result *out;
    struct merkle_hash frontier[MERKLE_PATH_MAX];
    sqlite3_stmt *levels[MERKLE_PATH_MAX]; /* [l]: the nodes of level l, in order */
    sqlite3_stmt *checkpoints;             /* on the next one to check */
    bool more_checkpoints;
    sqlite3_stmt *passages; /* in order */
    unsigned top_level;     /* of the node made last */
    struct merkle_hash top;
    uint64_t started;          /* events test-start */
    struct json_token *tokens; /* STORE_EVENT_TOKENS_MAX, of the event at hand */
    struct journal_order order;
    struct verify_tables tables;
    size_t jumps_count;
    int64_t jumps[JUMPS_MAX]; /* numbers from which restored journals went on */
};

static const char doing[] = "verify the journal";

static bool same(const struct merkle_hash *a, const struct merkle_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* ---- the tree ---- */

static int fetch_frontier(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    const struct verifier *v = ctx;
    (void)index;
    (void)err;
    *out = v->frontier[level];
    return 0;
}

/* The node that has just been computed must be the next one stored on its level. */
static int compare_node(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash, struct err *err)
{
    struct verifier *v = ctx;
    struct merkle_hash stored;
    if (!v->levels[level]) {
        v->levels[level] = store_prepare(v->s, "SELECT idx, hash FROM node WHERE level = ? ORDER BY idx", doing, err);
        if (!v->levels[level])
            return -1;
        store_bind_int(v->levels[level], 1, level);
    }
    sqlite3_stmt *q = v->levels[level];
    int rc = store_step(v->s, q, doing, err);
    if (rc < 0 || (rc > 0 && store_column_hash(q, 1, &stored, err) != 0))
        return -1;
    if (rc == 0 || (uint64_t)sqlite3_column_int64(q, 0) != index || !same(&stored, hash))
        return err_set(err, ERR_FAILED,
                       "the tree was changed: node %" PRIu64 " of level %u does not follow from the events", index,
                       level);
    v->top_level = level;
    v->top = *hash;
    return 0;
}

static int check_nodes_end(struct verifier *v, struct err *err)
{
    unsigned height = 0;
    for (unsigned level = 1; level < MERKLE_PATH_MAX && v->levels[level]; level++) {
        int rc = store_step(v->s, v->levels[level], doing, err);
        if (rc != 0)
            return rc < 0 ? -1 : err_set(err, ERR_FAILED, "the tree was changed: level %u has nodes too many", level);
        height = level;
    }
    sqlite3_stmt *q = store_prepare(v->s, "SELECT count(*) FROM node WHERE level > ? OR level < 1", doing, err);
    if (!q)
        return -1;
    int64_t strangers;
    store_bind_int(q, 1, height);
    int rc = store_integer(v->s, q, doing, 0, &strangers, err);
    sqlite3_finalize(q);
    if (rc == 0 && strangers)
        return err_set(err, ERR_FAILED, "the tree was changed: it has nodes that belong to no event");
    return rc;
}

/* ---- checkpoints ---- */

static int next_checkpoint(struct verifier *v, struct err *err)
{
    int rc = store_step(v->s, v->checkpoints, "verify the checkpoints", err);
    v->more_checkpoints = rc > 0;
    return rc < 0 ? -1 : 0;
}

/* Those signed when the journal had as many events as have been read now. */
static int check_checkpoints(struct verifier *v, struct err *err)
{
    while (v->more_checkpoints && (uint64_t)sqlite3_column_int64(v->checkpoints, 0) == v->out->events) {
        struct merkle_hash signed_root;
        if (store_column_hash(v->checkpoints, 1, &signed_root, err) != 0 ||
            merkle_root(v->out->events, fetch_frontier, v, &v->out->root, err) != 0)
            return -1;
        if (!same(&signed_root, &v->out->root))
            return err_set(err, ERR_FAILED,
                           "the journal was rewritten: the checkpoint of %" PRIu64
                           " events was signed over another root",
                           v->out->events);
        v->out->checkpoints++;
        if (next_checkpoint(v, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- passages: each event beside its row ---- */

/* The columns by which a row is found and shown are those that the signed text has. */
static int check_columns(sqlite3_stmt *q, const char *what, const char *id, const char *text, struct err *err)
{
    for (int column = COLUMNS_AT; column < sqlite3_column_count(q); column++) {
        const char *name = sqlite3_column_name(q, column), *value = (const char *)sqlite3_column_text(q, column);
        if (!value || !store_body_says(text, name, value))
            return err_set(err, ERR_FAILED, "the table says '%s' for %s of %s %s, the journal does not",
                           value ? value : "", name, what, id);
    }
    return 0;
}

/* A row of: seq, id, verdict, record, event, nothing, and the columns that its record must have, called as there. */
static int check_passage(struct verifier *v, const struct json_doc *event, struct err *err)
{
    sqlite3_stmt *q = v->passages;
    char digest[65];
    int rc = store_step(v->s, q, "verify the records", err);
    if (rc < 0)
        return -1;
    if (rc == 0 || sqlite3_column_int64(q, 0) != v->order.passages)
        return err_set(err, ERR_FAILED, "the numbers of the passages have a gap: number %" PRId64 " is missing",
                       v->order.passages);
    const char *id = (const char *)sqlite3_column_text(q, 1), *verdict = (const char *)sqlite3_column_text(q, 2);
    const char *record = (const char *)sqlite3_column_text(q, 3);
    if (!id || (uint64_t)sqlite3_column_int64(q, 4) != v->out->events ||
        !json_equals(event, json_member(event, 0, "passage"), id))
        return err_set(err, ERR_FAILED, "passage number %" PRId64 " is not in the journal", v->order.passages);
    if (!verdict || !json_equals(event, json_member(event, 0, "verdict"), verdict))
        return err_set(err, ERR_FAILED, "the verdict of passage %s is not the one in the journal", id);
    if (record)
        sha256_hex(record, (size_t)sqlite3_column_bytes(q, 3), digest);
    if (!record || !json_equals(event, json_member(event, 0, "record_sha256"), digest))
        return err_set(err, ERR_FAILED,
                       "the record of passage %s was changed: its digest is not the one in the journal", id);
    v->out->passages++;
    return check_columns(q, "passage", id, record, err);
}

static int check_passages_end(struct verifier *v, struct err *err)
{
    int rc = store_step(v->s, v->passages, "verify the records", err);
    return rc <= 0 ? rc
                   : err_set(err, ERR_FAILED, "passage number %lld is not in the journal",
                             (long long)sqlite3_column_int64(v->passages, 0));
}

/* ---- events ---- */

/* Its text gives the hash and the kind that stand beside it. */
static int check_text(const struct verifier *v, const char *kind, const char *body, size_t length,
                      const struct merkle_hash *stored, struct merkle_hash *leaf, struct json_doc *event,
                      struct err *err)
{
    struct err why;
    merkle_leaf(body, length, leaf);
    if (same(leaf, stored) && json_parse(event, body, length, v->tokens, STORE_EVENT_TOKENS_MAX, &why) == 0 &&
        v->tokens[0].type == JSON_OBJECT && json_equals(event, json_member(event, 0, "kind"), kind))
        return 0;
    return err_set(err, ERR_FAILED, "event %" PRIu64 " was changed: its text does not give its hash or kind",
                   v->out->events);
}

/* What it says follows from the events before it. */
static int check_order(struct verifier *v, const struct json_doc *event, const char *kind, struct err *err)
{
    if (journal_order_time(&v->order, event, kind, err) != 0 || journal_order_number(&v->order, event, kind, err) != 0)
        return err_prefix(err, "event %" PRIu64, v->out->events);
    if (strcmp(kind, "restored") == 0 && v->jumps_count < JUMPS_MAX)
        v->jumps[v->jumps_count++] = v->order.tests + 1;
    v->started += strcmp(kind, "test-start") == 0;
    return strcmp(kind, "passage") == 0 ? check_passage(v, event, err) : 0;
}

static int check_event(struct verifier *v, sqlite3_stmt *q, struct err *err)
{
    uint64_t index = v->out->events;
    const char *kind = (const char *)sqlite3_column_text(q, 1), *body = (const char *)sqlite3_column_text(q, 2);
    struct merkle_hash leaf, stored;
    struct json_doc event;
    if ((uint64_t)sqlite3_column_int64(q, 0) != index)
        return err_set(err, ERR_FAILED, "events were taken away: after %" PRIu64 " comes %lld", index,
                       (long long)sqlite3_column_int64(q, 0));
    if (!kind || !body || store_column_hash(q, 3, &stored, err) != 0)
        return err_set(err, ERR_FAILED, "event %" PRIu64 " is damaged", index);
    if (check_text(v, kind, body, (size_t)sqlite3_column_bytes(q, 2), &stored, &leaf, &event, err) != 0 ||
        check_order(v, &event, kind, err) != 0 || verify_tables_note(&v->tables, kind, index, err) != 0)
        return -1;
    v->top_level = 0;
    v->top = leaf;
    if (merkle_append(index, &leaf, fetch_frontier, v, compare_node, err) != 0)
        return -1;
    v->frontier[v->top_level] = v->top;
    v->out->events++;
    return 0;
}

static int check_events(struct verifier *v, void (*progress)(void *ctx, uint64_t done), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_prepare(v->s, "SELECT idx, kind, body, leaf FROM event ORDER BY idx", doing, err);
    int rc = q ? check_checkpoints(v, err) : -1;
    while (rc == 0 && (rc = store_step(v->s, q, doing, err)) > 0) {
        rc = check_event(v, q, err);
        if (rc == 0)
            rc = check_checkpoints(v, err);
        if (rc == 0 && progress && v->out->events % PROGRESS_EVERY == 0)
            progress(ctx, v->out->events);
    }
    sqlite3_finalize(q);
    return rc;
}

static int check_tree(struct verifier *v, void (*progress)(void *ctx, uint64_t done), void *ctx, struct err *err)
{
    v->checkpoints = store_prepare(v->s, "SELECT size, root FROM checkpoint ORDER BY size", doing, err);
    v->passages = store_prepare(v->s,
                                "SELECT seq, id, verdict, record, event, NULL, plate AS plate, colour AS colour,"
                                " instrument AS name FROM passage ORDER BY seq",
                                doing, err);
    if (!v->checkpoints || !v->passages || next_checkpoint(v, err) != 0 || check_events(v, progress, ctx, err) != 0 ||
        check_nodes_end(v, err) != 0 || check_passages_end(v, err) != 0)
        return -1;
    if (v->more_checkpoints)
        return err_set(err, ERR_FAILED,
                       "the journal was cut: it has %" PRIu64 " events, a checkpoint was signed at %lld",
                       v->out->events, (long long)sqlite3_column_int64(v->checkpoints, 0));
    return merkle_root(v->out->events, fetch_frontier, v, &v->out->root, err);
}

/* ---- tests ---- */

/* A row of: seq, id, verdict, record, the text of the event that ended it (NULL: none yet), the first event's text, and
 * the columns that the first event must have, called as there. */
static int check_test(sqlite3_stmt *q, int64_t number, struct err *err)
{
    const char *id = (const char *)sqlite3_column_text(q, 1), *verdict = (const char *)sqlite3_column_text(q, 2);
    const char *record = (const char *)sqlite3_column_text(q, 3), *end = (const char *)sqlite3_column_text(q, 4);
    const char *start = (const char *)sqlite3_column_text(q, 5);
    char digest[65];
    if (sqlite3_column_int64(q, 0) != number)
        return err_set(err, ERR_FAILED, "the numbers of the tests have a gap: number %" PRId64 " is missing", number);
    if (!id || !start || !store_body_says(start, "test", id))
        return err_set(err, ERR_FAILED, "test number %" PRId64 " is not in the journal", number);
    if (check_columns(q, "test", id, start, err) != 0)
        return -1;
    if (!end)
        return record || verdict ? err_set(err, ERR_FAILED, "the end of test %s is not in the journal", id) : 0;
    if (!verdict || !store_body_says(end, "test", id) || !store_body_says(end, "verdict", verdict))
        return err_set(err, ERR_FAILED, "the verdict of test %s is not the one in the journal", id);
    if (record)
        sha256_hex(record, (size_t)sqlite3_column_bytes(q, 3), digest);
    if (!record || !store_body_says(end, "record_sha256", digest))
        return err_set(err, ERR_FAILED, "the record of test %s was changed: its digest is not the one in the journal",
                       id);
    return 0;
}

/* The number that follows `last`, when this one may: the next, or one from which a restored journal goes on. */
static int64_t expected(const struct verifier *v, int64_t last, int64_t seq)
{
    for (size_t i = 0; i < v->jumps_count; i++)
        if (seq > last && seq == v->jumps[i])
            return seq;
    return last + 1;
}

static int check_tests(struct verifier *v, struct err *err)
{
    sqlite3_stmt *q =
        store_prepare(v->s,
                      "SELECT seq, id, verdict, record, e.body, b.body, method AS method, plate AS plate,"
                      " colour AS colour FROM test t"
                      " LEFT JOIN event e ON e.idx = t.end_event LEFT JOIN event b ON b.idx = t.start_event"
                      " ORDER BY seq",
                      doing, err);
    int rc = q ? 0 : -1;
    int64_t last = 0;
    while (rc == 0 && (rc = store_step(v->s, q, "verify the records", err)) > 0) {
        last = expected(v, last, sqlite3_column_int64(q, 0));
        rc = check_test(q, last, err);
        v->out->tests++;
    }
    sqlite3_finalize(q);
    if (rc == 0 && v->out->tests != v->started)
        return err_set(err, ERR_FAILED, "the journal knows %" PRIu64 " tests, the table has %" PRIu64, v->started,
                       v->out->tests);
    return rc;
}

int store_verify(struct store *s, struct store_verify_result *out, void (*progress)(void *ctx, uint64_t done),
                 void *ctx, struct err *err)
{
    assert(!s->in_transaction);
    struct verifier v = {.s = s, .out = out, .tokens = malloc(STORE_EVENT_TOKENS_MAX * sizeof *v.tokens)};
    memset(out, 0, sizeof *out);
    if (!v.tokens)
        return err_set(err, ERR_FAILED, "out of memory");
    /* One moment of the journal, whatever is appended meanwhile. */
    sqlite3_stmt *q = store_statement(s, STORE_SQL_BEGIN_READ, err);
    if (!q || store_run(s, q, doing, err) != 0) {
        free(v.tokens);
        return -1;
    }
    int rc = check_tree(&v, progress, ctx, err);
    if (rc == 0)
        rc = check_tests(&v, err);
    if (rc == 0)
        rc = verify_tables_check(s, &v.tables, err);
    out->clock_open = rc == 0 && v.order.unexplained > 0;
    verify_tables_free(&v.tables);
    free(v.tokens);
    sqlite3_finalize(v.checkpoints);
    sqlite3_finalize(v.passages);
    for (size_t level = 0; level < MERKLE_PATH_MAX; level++)
        sqlite3_finalize(v.levels[level]);
    q = store_statement(s, STORE_SQL_ROLLBACK, NULL);
    if (q)
        store_run(s, q, "end the verification", NULL);
    return rc;
}
