#include "station/store_private.h"

#include "station/core/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- the tree ---- */

int store_fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, level == 0 ? STORE_SQL_EVENT_LEAF : STORE_SQL_NODE_GET, err);
    if (!q)
        return -1;
    int at = 1;
    if (level > 0)
        store_bind_int(q, at++, level);
    store_bind_int(q, at, (int64_t)index);
    int rc = store_step(s, q, "read the journal's tree", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_FAILED,
                       "the journal in %s has no node %llu on level %u: it is damaged or not that long; 'smogctl "
                       "journal verify' tells more",
                       s->state_dir, (unsigned long long)index, level);
    rc = store_column_hash(q, 0, out, err);
    store_done(q);
    return rc;
}

static int read_size(struct store *s, uint64_t *size, struct err *err)
{
    int64_t last;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_EVENT_LAST, err);
    if (!q || store_integer(s, q, "read the journal's length", -1, &last, err) != 0)
        return -1;
    *size = (uint64_t)(last + 1);
    return 0;
}

int store_tree_load(struct store *s, struct err *err)
{
    if (read_size(s, &s->tree.size, err) != 0)
        return -1;
    if (s->mode == STORE_OWNER)
        for (unsigned level = 0; level < MERKLE_PATH_MAX; level++)
            if (s->tree.size >> level & 1 &&
                store_fetch(s, level, (s->tree.size >> level) - 1, &s->tree.frontier[level], err) != 0)
                return -1;
    s->committed = s->tree;
    return 0;
}

int store_size(struct store *s, uint64_t *size, struct err *err)
{
    if (s->mode != STORE_OWNER)
        return read_size(s, size, err);
    *size = s->tree.size;
    return 0;
}

/* Of the tree as it is now, every question is for a frontier node. */
static int fetch_frontier(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    const struct store_tree *tree = ctx;
    (void)index;
    (void)err;
    *out = tree->frontier[level];
    return 0;
}

int store_root(struct store *s, uint64_t size, struct merkle_hash *out, struct err *err)
{
    if (s->mode == STORE_OWNER && size == s->tree.size)
        return merkle_root(size, fetch_frontier, &s->tree, out, err);
    return merkle_root(size, store_fetch, s, out, err);
}

/* ---- appending ---- */

/* The new complete subtree, kept beside the frontier until all of them are made: the next one needs the old node. */
struct growth {
    struct store *s;
    unsigned level;
    struct merkle_hash top;
};

static int fetch_left(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    struct growth *g = ctx;
    return fetch_frontier(&g->s->tree, level, index, out, err);
}

static int insert_node(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash, struct err *err)
{
    struct growth *g = ctx;
    sqlite3_stmt *q = store_statement(g->s, STORE_SQL_NODE_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, level);
    store_bind_int(q, 2, (int64_t)index);
    store_bind_hash(q, 3, hash);
    g->level = level;
    g->top = *hash;
    return store_run(g->s, q, "append to the journal", err);
}

bool store_body_says(const char *body, const char *key, const char *value)
{
    char member[256];
    size_t name = strlen(key), length = strlen(value);
    if (name + length + 6 > sizeof member)
        return false;
    member[0] = '"';                          /* by hand: a verification asks this millions of times */
    memcpy(member + 1, key, name);            // NOLINT(bugprone-not-null-terminated-result): more follows
    memcpy(member + 1 + name, "\":\"", 3);    // NOLINT(bugprone-not-null-terminated-result)
    memcpy(member + 4 + name, value, length); // NOLINT(bugprone-not-null-terminated-result)
    memcpy(member + 4 + name + length, "\"", 2);
    for (const char *at = strstr(body, member); at; at = strstr(at + 1, member))
        if (at > body && (at[-1] == '{' || at[-1] == ','))
            return true;
    return false;
}

/* What goes in stays for ever, so it is read once as whoever checks it will read it. */
static int check_body(const char *kind, const char *body, size_t length, struct err *err)
{
    struct json_token tokens[STORE_EVENT_TOKENS_MAX];
    struct json_doc doc = {.tokens = tokens, .max = STORE_EVENT_TOKENS_MAX};
    if (length > STORE_EVENT_MAX)
        return err_set(err, ERR_INVALID, "an event of %zu bytes does not fit the journal (at most %d)", length,
                       STORE_EVENT_MAX);
    if (json_parse(&doc, body, length, tokens, STORE_EVENT_TOKENS_MAX, err) != 0)
        return err_prefix(err, "an event '%s' for the journal", kind);
    if (tokens[0].type != JSON_OBJECT || !json_equals(&doc, json_member(&doc, 0, "kind"), kind))
        return err_set(err, ERR_INVALID, "an event for the journal must be an object whose kind is '%s'", kind);
    return 0;
}

int store_append(struct store *s, const char *kind, const char *body, size_t length, uint64_t *index, struct err *err)
{
    assert(s->mode == STORE_OWNER);
    if (check_body(kind, body, length, err) != 0)
        return -1;
    struct growth g = {.s = s};
    merkle_leaf(body, length, &g.top);
    sqlite3_stmt *q = store_statement(s, STORE_SQL_EVENT_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, (int64_t)s->tree.size);
    store_bind_text(q, 2, kind);
    sqlite3_bind_text(q, 3, body, (int)length, SQLITE_STATIC);
    struct merkle_hash leaf = g.top;
    store_bind_hash(q, 4, &leaf);
    if (store_run(s, q, "append to the journal", err) != 0 ||
        merkle_append(s->tree.size, &leaf, fetch_left, &g, insert_node, err) != 0)
        return -1;
    s->tree.frontier[g.level] = g.top;
    *index = s->tree.size++;
    return 0;
}

/* ---- reading ---- */

int store_event_get(struct store *s, uint64_t index, char **body, size_t *length, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_EVENT_GET, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, (int64_t)index);
    int rc = store_step(s, q, "read the journal", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "the journal has no event %llu", (unsigned long long)index);
    rc = store_column_copy(q, 0, body, length, err);
    store_done(q);
    return rc;
}

int store_event_open(struct store *s, uint64_t index, struct json_doc *doc, struct json_token *tokens, size_t max,
                     char **body, struct err *err)
{
    size_t length = 0;
    *body = NULL;
    if (store_event_get(s, index, body, &length, err) != 0)
        return -1;
    if (json_parse(doc, *body, length, tokens, max, err) == 0)
        return 0;
    free(*body);
    *body = NULL;
    return err_prefix(err, "the journal's event %llu", (unsigned long long)index);
}

static int list_events(struct store *s, sqlite3_stmt *q,
                       int (*each)(void *ctx, uint64_t index, const char *body, size_t length), void *ctx,
                       struct err *err)
{
    int rc;
    while ((rc = store_step(s, q, "read the journal", err)) > 0) {
        const char *body = (const char *)sqlite3_column_text(q, 1);
        if (each(ctx, (uint64_t)sqlite3_column_int64(q, 0), body ? body : "", (size_t)sqlite3_column_bytes(q, 1)) !=
            0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_event_list(struct store *s, uint64_t first, uint64_t limit,
                     int (*each)(void *ctx, uint64_t index, const char *body, size_t length), void *ctx,
                     struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_EVENT_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, (int64_t)first);
    store_bind_int(q, 2, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    return list_events(s, q, each, ctx, err);
}

int store_event_edges(struct store *s, int (*each)(void *ctx, uint64_t index, const char *body, size_t length),
                      void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_EVENT_EDGES, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, 0);
    return list_events(s, q, each, ctx, err);
}
