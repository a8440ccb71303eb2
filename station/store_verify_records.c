#include "station/store_verify_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/sha256.h"
#include "station/store_private.h"

static const char doing[] = "verify the tables";

static sqlite3_stmt *open_rows(struct store *s, const char *sql, const char *events, struct err *err)
{
    sqlite3_stmt *q = store_prepare(s, sql, doing, err);
    if (q && events)
        store_bind_text(q, 1, events);
    return q;
}

static int wrong(const char *table, const char *what, struct err *err)
{
    return err_set(err, ERR_FAILED, "the table %s does not follow from the journal: %s", table, what);
}

/* A statement whose rows are what is wrong. */
static int none(struct store *s, const char *table, const char *sql, const char *events, struct err *err)
{
    sqlite3_stmt *q = open_rows(s, sql, events, err);
    int rc = q ? store_step(s, q, doing, err) : -1;
    if (rc > 0)
        rc = wrong(table, (const char *)sqlite3_column_text(q, 0), err);
    sqlite3_finalize(q);
    return rc;
}

/* ---- files: as the record, the camera's reading, the check or the photo's event lists them ---- */

/* clang-format off */
static const char files_sql[] =
    "WITH want(subject, name, sha256, size) AS MATERIALIZED ("
    "SELECT t.id, f.value ->> 'name', f.value ->> 'sha256', f.value ->> 'size'"
    " FROM test t, json_each(t.record, '$.files') f WHERE t.record IS NOT NULL"
    " UNION ALL SELECT p.id, f.value ->> 'name', f.value ->> 'sha256', f.value ->> 'size'"
    " FROM case_file c JOIN passage p ON p.id = c.subject, json_each(p.record, '$.files') f"
    " UNION ALL SELECT u.id, f.value ->> 'name', f.value ->> 'sha256', f.value ->> 'size'"
    " FROM suggestion u, json_each(u.record, '$.files') f"
    " UNION ALL SELECT e.body ->> 'check', f.value ->> 'name', f.value ->> 'sha256', f.value ->> 'size'"
    " FROM json_each(?1) v JOIN event e ON e.idx = v.value, json_each(e.body, '$.files') f WHERE e.kind = 'check-end'"
    " UNION ALL SELECT coalesce(e.body ->> 'test', e.body ->> 'passage', e.body ->> 'case'), e.body ->> 'name',"
    " e.body ->> 'sha256', e.body ->> 'size'"
    " FROM json_each(?1) v JOIN event e ON e.idx = v.value WHERE e.kind = 'photo' AND e.body ->> 'sha256' IS NOT NULL)"
    " SELECT w.subject || ' ' || w.name FROM want w LEFT JOIN record_file r ON r.subject = w.subject AND r.name = w.name"
    " WHERE r.sha256 IS NOT w.sha256 OR r.size IS NOT w.size"
    " UNION ALL SELECT 'it has ' || n || ' rows, records and events give ' || m"
    " FROM (SELECT count(*) AS n FROM record_file), (SELECT count(*) AS m FROM want) WHERE n <> m";

/* ---- who measured with what: as the record says, where the test has passed or failed ---- */

static const char tally_sql[] =
    "SELECT 'test number ' || y.seq FROM tally y LEFT JOIN test t ON t.seq = y.seq LEFT JOIN event e ON e.idx = t.end_event"
    " WHERE ifnull(e.body ->> 'verdict', '') NOT IN ('pass', 'fail') OR y.passed IS NOT (e.body ->> 'verdict' = 'pass')"
    " OR y.instrument IS NOT ifnull(t.record ->> '$.instruments[0].name', '')"
    " OR y.officer IS NOT coalesce("
    "(SELECT o.value ->> 'number' FROM json_each(t.record, '$.officers') o WHERE o.value ->> 'role' = 'operator'),"
    " (SELECT o.value ->> 'number' FROM json_each(t.record, '$.officers') o WHERE o.value ->> 'role' = 'login'), '')"
    " UNION ALL SELECT 'test number ' || t.seq || ' is missing' FROM test t JOIN event e ON e.idx = t.end_event"
    " WHERE e.body ->> 'curves_sha256' IS NOT NULL AND e.body ->> 'verdict' IN ('pass', 'fail')"
    " AND t.seq NOT IN (SELECT seq FROM tally)";
/* clang-format on */

/* ---- curves ---- */

void verify_records_feed(struct sha256 *h, const struct store_curve *curve)
{
    char text[16 + 3 * 24];
    int length =
        snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64, curve->number, curve->peak, curve->duration_ms);
    sha256_feed(h, text, (size_t)length);
    for (size_t i = 0; i < sizeof curve->points / sizeof curve->points[0]; i++) {
        length = snprintf(text, sizeof text, " %d", curve->points[i]);
        sha256_feed(h, text, (size_t)length);
    }
    sha256_feed(h, "\n", 1);
}

static bool read_curve(sqlite3_stmt *q, struct store_curve *c)
{
    *c = (struct store_curve){.number = sqlite3_column_int64(q, 1),
                              .peak = sqlite3_column_int64(q, 2),
                              .duration_ms = sqlite3_column_int64(q, 3)};
    if (sqlite3_column_bytes(q, 4) != (int)sizeof c->points)
        return false;
    memcpy(c->points, sqlite3_column_blob(q, 4), sizeof c->points);
    return true;
}

/* The curves of one test, the next ones of `q`, against the digest in the event of its end; *more: q is on a row. A row
 * of tests: id, digest; of q: test, number, peak, duration, points. */
static int check_curves(struct store *s, sqlite3_stmt *tests, sqlite3_stmt *q, int *more, struct err *err)
{
    const char *id = (const char *)sqlite3_column_text(tests, 0);
    const char *digest = (const char *)sqlite3_column_text(tests, 1);
    struct sha256 h;
    struct store_curve c;
    uint8_t made[SHA256_BYTES];
    char hex[SHA256_HEX_SIZE];
    sha256_init(&h);
    while (*more > 0 && strcmp((const char *)sqlite3_column_text(q, 0), id) == 0) {
        if (!read_curve(q, &c))
            return wrong("curve", id, err);
        verify_records_feed(&h, &c);
        *more = store_step(s, q, doing, err);
    }
    sha256_finish(&h, made);
    sha256_to_hex(made, hex);
    if (*more < 0)
        return -1;
    return digest && strcmp(digest, hex) != 0 ? wrong("curve", id, err) : 0; /* older versions had no digest */
}

static int check_all_curves(struct store *s, struct err *err)
{
    sqlite3_stmt *tests = open_rows(
        s, "SELECT t.id, e.body ->> 'curves_sha256' FROM test t JOIN event e ON e.idx = t.end_event ORDER BY seq", NULL,
        err);
    sqlite3_stmt *q =
        tests ? open_rows(s, "SELECT test, number, peak, duration_ms, points FROM curve ORDER BY seq", NULL, err)
              : NULL;
    int rc = -1, more = q ? store_step(s, q, doing, err) : -1;
    while (more >= 0 && (rc = store_step(s, tests, doing, err)) > 0 &&
           (rc = check_curves(s, tests, q, &more, err)) == 0) {
    }
    if (rc == 0 && more > 0)
        rc = wrong("curve", (const char *)sqlite3_column_text(q, 0), err);
    sqlite3_finalize(q);
    sqlite3_finalize(tests);
    return more < 0 ? -1 : rc;
}

/* ---- PINs: the journal has the digest of the hash ---- */

static int check_pin(sqlite3_stmt *q, struct err *err)
{
    const char *number = (const char *)sqlite3_column_text(q, 0), *hash = (const char *)sqlite3_column_text(q, 1);
    const char *digest = (const char *)sqlite3_column_text(q, 2);
    char hex[SHA256_HEX_SIZE];
    if (!hash)
        return wrong("pin", number ? number : "a row", err);
    sha256_hex(hash, strlen(hash), hex);
    return digest && strcmp(digest, hex) != 0 ? wrong("pin", number, err) : 0; /* older versions had no digest */
}

/* clang-format off */
static const char pins_sql[] =
    "WITH last(number, event) AS (SELECT e.body ->> 'number' COLLATE NOCASE, max(e.idx) FROM json_each(?1) v"
    " JOIN event e ON e.idx = v.value WHERE e.kind = 'officer' AND e.body ->> 'act' = 'pin' GROUP BY 1)"
    " SELECT l.number || ' lacks event ' || l.event FROM last l LEFT JOIN pin p ON p.number = l.number"
    " WHERE p.event IS NOT l.event"
    " UNION ALL SELECT number || ' is in no event' FROM pin WHERE number NOT IN (SELECT number FROM last)";
/* clang-format on */

static int check_pins(struct store *s, const char *events, struct err *err)
{
    if (none(s, "pin", pins_sql, events, err) != 0)
        return -1;
    sqlite3_stmt *q = open_rows(
        s, "SELECT number, hash, e.body ->> 'pin_sha256' FROM pin p JOIN event e ON e.idx = p.event", NULL, err);
    int rc = q ? 0 : -1;
    while (rc == 0 && (rc = store_step(s, q, doing, err)) > 0)
        rc = check_pin(q, err);
    sqlite3_finalize(q);
    return rc;
}

int verify_records_check(struct store *s, const char *events, struct err *err)
{
    return none(s, "record_file", files_sql, events, err) != 0 || none(s, "tally", tally_sql, NULL, err) != 0 ||
                   check_all_curves(s, err) != 0 || check_pins(s, events, err) != 0
               ? -1
               : 0;
}

/* ---- what bulletins count ---- */

/* A row of: record, whether it was voided. */
static int check_counted(struct store *s, const char *sql, uint64_t *records, struct err *err)
{
    sqlite3_stmt *q = open_rows(s, sql, NULL, err);
    int rc = q ? 0 : -1;
    while (rc == 0 && (rc = store_step(s, q, doing, err)) > 0) {
        bool counted;
        rc = store_measurement_check(s, (const char *)sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0),
                                     sqlite3_column_int(q, 1), &counted, err);
        *records += rc == 0 && counted;
    }
    sqlite3_finalize(q);
    return rc;
}

/* Rows of other stations came with their history files. */
static int check_number(struct store *s, uint64_t records, struct err *err)
{
    int64_t rows;
    char what[96];
    sqlite3_stmt *q = open_rows(
        s, "SELECT count(*) FROM measurement m JOIN word w ON w.id = m.station WHERE w.text = ?1", s->station, err);
    int rc = q ? store_integer(s, q, doing, 0, &rows, err) : -1;
    sqlite3_finalize(q);
    if (rc != 0 || (uint64_t)rows == records)
        return rc;
    snprintf(what, sizeof what, "it has %" PRId64 " rows, the records give %" PRIu64, rows, records);
    return wrong("measurement", what, err);
}

int store_verify_counted(struct store *s, uint64_t *records, struct err *err)
{
    struct err why;
    *records = 0;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_BEGIN_READ, err);
    if (!q || store_run(s, q, "verify the records", err) != 0)
        return -1;
    int rc =
        check_counted(s, "SELECT record, void_reason IS NOT NULL FROM test WHERE record IS NOT NULL", records, &why);
    if (rc == 0)
        rc = check_counted(s, "SELECT record, 0 FROM passage", records, &why);
    if (rc != 0)
        wrong("measurement", why.text, err);
    else
        rc = check_number(s, *records, err);
    q = store_statement(s, STORE_SQL_ROLLBACK, NULL);
    if (q)
        store_run(s, q, "end the verification", NULL);
    return rc;
}
