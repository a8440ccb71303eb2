/* Rosters of depot visits. What became of each vehicle is in its tests. */
#include "station/store_private.h"

#include <string.h>

int store_roster_next_seq(struct store *s, int64_t *seq, struct err *err)
{
    return store_next(s, STORE_SQL_ROSTER_LAST, "number the roster", seq, err);
}

int store_roster_add(struct store *s, const struct store_roster *r, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, r->seq);
    store_bind_text(q, 2, r->name);
    store_bind_text(q, 3, r->sha256);
    store_bind_int(q, 4, r->from_ms);
    store_bind_int(q, 5, r->to_ms);
    store_bind_int(q, 6, (int64_t)event);
    return store_run(s, q, "save the roster", err);
}

int store_roster_entry_add(struct store *s, int64_t roster, const struct store_roster_entry *e, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_ENTRY_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, roster);
    store_bind_int(q, 2, e->line);
    store_bind_text(q, 3, e->plate);
    store_bind_text(q, 4, e->colour);
    store_bind_text(q, 5, e->fleet);
    store_bind_text(q, 6, e->facts);
    return store_run(s, q, "save a vehicle of the roster", err);
}

int store_roster_entry_absent(struct store *s, int64_t roster, int64_t line, const char *reason, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_ENTRY_ABSENT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, roster);
    store_bind_int(q, 2, line);
    store_bind_text(q, 3, reason);
    return store_run(s, q, "save why a vehicle was absent", err);
}

int store_roster_get(struct store *s, int64_t seq, struct store_roster *out, struct err *err)
{
    if (seq == 0) {
        sqlite3_stmt *last = store_statement(s, STORE_SQL_ROSTER_LAST, err);
        if (!last || store_integer(s, last, "find the newest roster", 0, &seq, err) != 0)
            return -1;
        if (seq == 0)
            return err_set(err, ERR_INVALID, "there is no roster yet; smogctl roster import FILE.csv");
    }
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_GET, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, seq);
    int rc = store_step(s, q, "read the roster", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_INVALID, "there is no roster %lld", (long long)seq);
    out->seq = sqlite3_column_int64(q, 0);
    store_column_text(q, 1, out->name, sizeof out->name);
    store_column_text(q, 2, out->sha256, sizeof out->sha256);
    out->from_ms = sqlite3_column_int64(q, 3);
    out->to_ms = sqlite3_column_int64(q, 4);
    store_done(q);
    return 0;
}

static void read_entry(sqlite3_stmt *q, struct store_roster_entry *e)
{
    e->line = sqlite3_column_int64(q, 0);
    store_column_text(q, 1, e->plate, sizeof e->plate);
    store_column_text(q, 2, e->colour, sizeof e->colour);
    store_column_text(q, 3, e->fleet, sizeof e->fleet);
    store_column_text(q, 4, e->facts, sizeof e->facts);
    store_column_text(q, 5, e->absent, sizeof e->absent);
}

int store_roster_entry_find(struct store *s, const char *plate, const char *colour, int64_t at_ms, int64_t *roster,
                            int64_t *to_ms, struct store_roster_entry *out, struct err *err)
{
    *to_ms = 0;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_ENTRY_FIND, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_int(q, 2, at_ms);
    store_bind_text(q, 3, colour);
    int rc = store_step(s, q, "look for a vehicle on the rosters", err);
    if (rc <= 0)
        return rc;
    read_entry(q, out);
    *roster = sqlite3_column_int64(q, 6);
    *to_ms = sqlite3_column_int64(q, 7);
    store_done(q);
    return 0;
}

int store_roster_entry_list(struct store *s, int64_t roster, int (*each)(void *ctx, const struct store_roster_entry *e),
                            void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_ENTRY_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, roster);
    int rc;
    while ((rc = store_step(s, q, "list the roster", err)) > 0) {
        struct store_roster_entry e;
        read_entry(q, &e);
        if (each(ctx, &e) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_roster_entry_list_plate(struct store *s, const char *plate, int limit,
                                  int (*each)(void *ctx, int64_t roster, const struct store_roster_entry *e), void *ctx,
                                  struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_ROSTER_ENTRY_LIST_PLATE, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_int(q, 2, INT64_MAX);
    store_bind_int(q, 3, limit);
    int rc;
    while ((rc = store_step(s, q, "list the rosters of a vehicle", err)) > 0) {
        struct store_roster_entry e;
        read_entry(q, &e);
        if (each(ctx, sqlite3_column_int64(q, 6), &e) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}
