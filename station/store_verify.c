/*
 * journal verify: everything that is stored about the journal is computed again from the events' texts.
 *
 * The events themselves, tests and passages here; the other tables in store_verify_tables.c.
 *
 * One pass over the events; beside it one cursor on each level of the tree and one on the checkpoints, all in order, so
 * that each row of the database is read once.
 */
#include "station/store_private.h"
#include "station/store_verify_tables.h"

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
    unsigned top_level; /* of the node made last */
    struct merkle_hash top;
    uint64_t started, passed; /* events test-start and passage */
    struct verify_tables tables;
    size_t jumps_count;
    int64_t jumps[JUMPS_MAX]; /* numbers from which restored journals went on */
};

static sqlite3_stmt *open_cursor(struct store *s, const char *sql, struct err *err)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        store_failed(s, "verify the journal", err);
    return q;
}

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
        v->levels[level] = open_cursor(v->s, "SELECT idx, hash FROM node WHERE level = ? ORDER BY idx", err);
        if (!v->levels[level])
            return -1;
        store_bind_int(v->levels[level], 1, level);
    }
    sqlite3_stmt *q = v->levels[level];
    int rc = store_step(v->s, q, "verify the journal", err);
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
        int rc = store_step(v->s, v->levels[level], "verify the journal", err);
        if (rc != 0)
            return rc < 0 ? -1 : err_set(err, ERR_FAILED, "the tree was changed: level %u has nodes too many", level);
        height = level;
    }
    sqlite3_stmt *q = open_cursor(v->s, "SELECT count(*) FROM node WHERE level > ? OR level < 1", err);
    if (!q)
        return -1;
    int64_t strangers;
    store_bind_int(q, 1, height);
    int rc = store_integer(v->s, q, "verify the journal", 0, &strangers, err);
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

/* ---- events ---- */

static int check_event(struct verifier *v, sqlite3_stmt *q, struct err *err)
{
    uint64_t index = v->out->events;
    const char *kind = (const char *)sqlite3_column_text(q, 1), *body = (const char *)sqlite3_column_text(q, 2);
    struct merkle_hash leaf, stored;
    if ((uint64_t)sqlite3_column_int64(q, 0) != index)
        return err_set(err, ERR_FAILED, "events were taken away: after %" PRIu64 " comes %lld", index,
                       (long long)sqlite3_column_int64(q, 0));
    if (!kind || !body || store_column_hash(q, 3, &stored, err) != 0)
        return err_set(err, ERR_FAILED, "event %" PRIu64 " is damaged", index);
    merkle_leaf(body, (size_t)sqlite3_column_bytes(q, 2), &leaf);
    if (!same(&leaf, &stored) || !store_body_says(body, "kind", kind))
        return err_set(err, ERR_FAILED, "event %" PRIu64 " was changed: its text does not give its hash or kind",
                       index);
    if (strcmp(kind, "restored") == 0 && v->jumps_count < JUMPS_MAX) {
        const char *from = strstr(body, "\"numbers_from\":");
        v->jumps[v->jumps_count++] = from ? strtoll(from + strlen("\"numbers_from\":"), NULL, 10) : 0;
    }
    if (verify_tables_note(&v->tables, kind, index, err) != 0)
        return -1;
    v->started += strcmp(kind, "test-start") == 0;
    v->passed += strcmp(kind, "passage") == 0;
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
    sqlite3_stmt *q = open_cursor(v->s, "SELECT idx, kind, body, leaf FROM event ORDER BY idx", err);
    int rc = q ? check_checkpoints(v, err) : -1;
    while (rc == 0 && (rc = store_step(v->s, q, "verify the journal", err)) > 0) {
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
    v->checkpoints = open_cursor(v->s, "SELECT size, root FROM checkpoint ORDER BY size", err);
    if (!v->checkpoints || next_checkpoint(v, err) != 0 || check_events(v, progress, ctx, err) != 0 ||
        check_nodes_end(v, err) != 0)
        return -1;
    if (v->more_checkpoints)
        return err_set(err, ERR_FAILED,
                       "the journal was cut: it has %" PRIu64 " events, a checkpoint was signed at %lld",
                       v->out->events, (long long)sqlite3_column_int64(v->checkpoints, 0));
    return merkle_root(v->out->events, fetch_frontier, v, &v->out->root, err);
}

/* ---- tests and passages ---- */

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

/* A row of: seq, id, verdict, record, the text of the event that ended it (NULL: none yet), the first event's text, and
 * the columns that the first event (of a passage: its record) must have, called as there. */
static int check_subject(sqlite3_stmt *q, const char *what, uint64_t number, bool passage, struct err *err)
{
    const char *id = (const char *)sqlite3_column_text(q, 1), *verdict = (const char *)sqlite3_column_text(q, 2);
    const char *record = (const char *)sqlite3_column_text(q, 3), *end = (const char *)sqlite3_column_text(q, 4);
    const char *start = (const char *)sqlite3_column_text(q, 5);
    char digest[65];
    if (sqlite3_column_int64(q, 0) != (int64_t)number)
        return err_set(err, ERR_FAILED, "the numbers of the %ss have a gap: number %" PRIu64 " is missing", what,
                       number);
    if (!id || !start || !store_body_says(start, what, id))
        return err_set(err, ERR_FAILED, "%s number %" PRIu64 " is not in the journal", what, number);
    if (!passage && check_columns(q, what, id, start, err) != 0)
        return -1;
    if (!end)
        return record || verdict ? err_set(err, ERR_FAILED, "the end of %s %s is not in the journal", what, id) : 0;
    if (!verdict || (!passage && !store_body_says(end, what, id)) || !store_body_says(end, "verdict", verdict))
        return err_set(err, ERR_FAILED, "the verdict of %s %s is not the one in the journal", what, id);
    if (record)
        sha256_hex(record, (size_t)sqlite3_column_bytes(q, 3), digest);
    if (!record || !store_body_says(end, "record_sha256", digest))
        return err_set(err, ERR_FAILED, "the record of %s %s was changed: its digest is not the one in the journal",
                       what, id);
    return passage ? check_columns(q, what, id, record, err) : 0;
}

/* The number that follows `last`, when this one may: the next, or one from which a restored journal goes on. */
static int64_t expected(const struct verifier *v, int64_t last, int64_t seq)
{
    for (size_t i = 0; i < v->jumps_count; i++)
        if (seq > last && seq == v->jumps[i])
            return seq;
    return last + 1;
}

static int check_subjects(struct verifier *v, const char *what, const char *sql, uint64_t in_journal, uint64_t *count,
                          struct err *err)
{
    sqlite3_stmt *q = open_cursor(v->s, sql, err);
    int rc = q ? 0 : -1;
    int64_t last = 0;
    while (rc == 0 && (rc = store_step(v->s, q, "verify the records", err)) > 0) {
        last = expected(v, last, sqlite3_column_int64(q, 0));
        rc = check_subject(q, what, (uint64_t)last, strcmp(what, "passage") == 0, err);
        (*count)++;
    }
    sqlite3_finalize(q);
    if (rc == 0 && *count != in_journal)
        return err_set(err, ERR_FAILED, "the journal knows %" PRIu64 " %ss, the table has %" PRIu64, in_journal, what,
                       *count);
    return rc;
}

static int check_records(struct verifier *v, struct err *err)
{
    if (check_subjects(v, "test",
                       "SELECT seq, id, verdict, record, e.body, b.body, method AS method, plate AS plate,"
                       " colour AS colour FROM test t"
                       " LEFT JOIN event e ON e.idx = t.end_event LEFT JOIN event b ON b.idx = t.start_event"
                       " ORDER BY seq",
                       v->started, &v->out->tests, err) != 0)
        return -1;
    return check_subjects(v, "passage",
                          "SELECT seq, id, verdict, record, e.body, e.body, plate AS plate, colour AS colour,"
                          " instrument AS name FROM passage p"
                          " LEFT JOIN event e ON e.idx = p.event ORDER BY seq",
                          v->passed, &v->out->passages, err);
}

int store_verify(struct store *s, struct store_verify_result *out, void (*progress)(void *ctx, uint64_t done),
                 void *ctx, struct err *err)
{
    assert(!s->in_transaction);
    struct verifier v = {.s = s, .out = out};
    memset(out, 0, sizeof *out);
    /* One moment of the journal, whatever is appended meanwhile. */
    sqlite3_stmt *q = store_statement(s, STORE_SQL_BEGIN_READ, err);
    if (!q || store_run(s, q, "verify the journal", err) != 0)
        return -1;
    int rc = check_tree(&v, progress, ctx, err);
    if (rc == 0)
        rc = check_records(&v, err);
    if (rc == 0)
        rc = verify_tables_check(s, &v.tables, err);
    verify_tables_free(&v.tables);
    sqlite3_finalize(v.checkpoints);
    for (size_t level = 0; level < MERKLE_PATH_MAX; level++)
        sqlite3_finalize(v.levels[level]);
    q = store_statement(s, STORE_SQL_ROLLBACK, NULL);
    if (q)
        store_run(s, q, "end the verification", NULL);
    return rc;
}
