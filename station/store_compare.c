/* What later tests are compared by: curves, and who measured with what. */
#include "station/store_private.h"

#include <string.h>

int store_curve_add(struct store *s, const struct store_curve *c, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CURVE_INSERT, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, c->test);
    store_bind_int(q, 2, c->number);
    store_bind_int(q, 3, c->peak);
    store_bind_int(q, 4, c->duration_ms);
    sqlite3_bind_blob(q, 5, c->points, sizeof c->points, SQLITE_STATIC);
    return store_run(s, q, "save the curve of an acceleration", err);
}

int store_curve_near(struct store *s, int64_t low, int64_t high, int limit,
                     int (*each)(void *ctx, const struct store_curve *c), void *ctx, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_CURVE_NEAR, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, low);
    store_bind_int(q, 2, high);
    store_bind_int(q, 3, limit);
    int rc;
    while ((rc = store_step(s, q, "compare the curves", err)) > 0) {
        struct store_curve c = {0};
        store_column_text(q, 0, c.test, sizeof c.test);
        c.number = sqlite3_column_int64(q, 1);
        c.peak = sqlite3_column_int64(q, 2);
        c.duration_ms = sqlite3_column_int64(q, 3);
        if (sqlite3_column_bytes(q, 4) != (int)sizeof c.points)
            continue;
        memcpy(c.points, sqlite3_column_blob(q, 4), sizeof c.points);
        if (each(ctx, &c) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

int store_tally_add(struct store *s, int64_t seq, const char *officer, const char *instrument, bool passed,
                    struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TALLY_INSERT, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, seq);
    store_bind_text(q, 2, officer);
    store_bind_text(q, 3, instrument);
    store_bind_int(q, 4, passed);
    return store_run(s, q, "save who measured with what", err);
}

int store_tally_sums(struct store *s, const char *officer, const char *instrument, int64_t after,
                     struct store_tally *out, struct err *err)
{
    *out = (struct store_tally){0};
    sqlite3_stmt *q = store_statement(s, STORE_SQL_TALLY_SUMS, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, officer);
    store_bind_text(q, 2, instrument);
    store_bind_int(q, 3, after);
    int rc = store_step(s, q, "sum up who measured with what", err);
    if (rc <= 0)
        return rc;
    out->tests = sqlite3_column_int64(q, 0);
    out->passed = sqlite3_column_int64(q, 1);
    out->other_tests = sqlite3_column_int64(q, 2);
    out->other_passed = sqlite3_column_int64(q, 3);
    store_done(q);
    return 0;
}
