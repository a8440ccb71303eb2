#include "tests/support/store_fixture.h"

#include "reports/sha256.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct err err;

/* Fails with the text of the error. */
static void must(int rc)
{
    if (rc != 0)
        fail_msg("%s", err.text);
}

void fixture_folder(char *out, size_t size)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, size, "%s/store.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(out));
}

struct store *fixture_open(const char *dir, enum store_mode mode)
{
    struct store *s = NULL;
    must(store_open(&s, dir, mode == STORE_READER ? NULL : FIXTURE_STATION, mode, &err));
    return s;
}

int fixture_append_more(struct store *s, const char *kind, const char *more, uint64_t *index)
{
    char body[4096];
    uint64_t size;
    if (store_size(s, &size, &err) != 0)
        return -1;
    /* one moment for all, as far as a test does not give another */
    const char *at = strstr(more, "\"at\":") ? "" : "\"at\":\"2026-07-01T09:30:00.000+08:00\",";
    int length = snprintf(body, sizeof body, "{%s\"boot\":\"b\",\"kind\":\"%s\",\"mono_ms\":%" PRIu64 "%s}", at, kind,
                          size, more);
    assert_true(length > 0 && (size_t)length < sizeof body);
    return store_append(s, kind, body, (size_t)length, index, &err);
}

int fixture_append(struct store *s, const char *kind, uint64_t *index)
{
    return fixture_append_more(s, kind, "", index);
}

uint64_t fixture_event(struct store *s, const char *kind)
{
    uint64_t index = 0;
    must(store_begin(s, &err));
    must(fixture_append_more(s, kind, "", &index));
    must(store_commit(s, &err));
    return index;
}

void fixture_start(struct store *s, int64_t n, const char *plate, const char *colour)
{
    struct store_test t = {.seq = n, .method = "free-acceleration", .started_ms = 1000 * n};
    char more[256];
    uint64_t index;
    snprintf(t.id, sizeof t.id, "T%" PRId64, n);
    snprintf(t.plate, sizeof t.plate, "%s", plate);
    snprintf(t.colour, sizeof t.colour, "%s", colour);
    snprintf(more, sizeof more,
             ",\"method\":\"%s\",\"seq\":%" PRId64 ",\"test\":\"%s\",\"vehicle\":{\"colour\":\"%s\",\"plate\":\"%s\"}",
             t.method, n, t.id, colour, plate);
    must(store_begin(s, &err));
    must(fixture_append_more(s, "test-start", more, &index));
    must(store_test_start(s, &t, index, &err));
    must(store_commit(s, &err));
}

void fixture_end(struct store *s, int64_t n, const char *verdict, const char *record)
{
    char id[48], more[256], digest[65];
    uint64_t index;
    snprintf(id, sizeof id, "T%" PRId64, n);
    sha256_hex(record, strlen(record), digest);
    snprintf(more, sizeof more, ",\"record_sha256\":\"%s\",\"test\":\"%s\",\"verdict\":\"%s\"", digest, id, verdict);
    must(store_begin(s, &err));
    must(fixture_append_more(s, "test-end", more, &index));
    must(store_test_end(s, id, 1000 * n + 500, verdict, index, record, &err));
    must(store_commit(s, &err));
}

void fixture_passage(struct store *s, int64_t n, const char *plate, const char *colour, int64_t at_ms, bool valid)
{
    struct store_passage p = {.seq = n,
                              .at_ms = at_ms,
                              .instrument = "rsd1",
                              .day = "2026-07-01",
                              .verdict = "suspect",
                              .valid = valid,
                              .exceeded = 5};
    char more[256], digest[65], record[256], raw[16];
    uint64_t index;
    snprintf(p.id, sizeof p.id, "P%" PRId64, n);
    snprintf(p.device_record, sizeof p.device_record, "R%" PRId64, n);
    snprintf(p.plate, sizeof p.plate, "%s", plate);
    snprintf(p.colour, sizeof p.colour, "%s", colour);
    snprintf(record, sizeof record,
             "{\"id\":\"%s\",\"instruments\":[{\"name\":\"rsd1\"}],\"vehicle\":{\"colour\":\"%s\",\"plate\":\"%s\"}}",
             p.id, colour, plate);
    snprintf(raw, sizeof raw, "7b%02x", (unsigned)(n & 0xFF));
    p.record = record;
    p.raw = raw;
    sha256_hex(record, strlen(record), digest);
    snprintf(more, sizeof more, ",\"passage\":\"%s\",\"record_sha256\":\"%s\",\"verdict\":\"suspect\"", p.id, digest);
    must(store_begin(s, &err));
    must(fixture_append_more(s, "passage", more, &index));
    must(store_passage_add(s, &p, index, &err));
    must(store_commit(s, &err));
}

struct store_verify_result fixture_verify(struct store *s, uint64_t events)
{
    struct store_verify_result result;
    must(store_verify(s, &result, NULL, NULL, &err));
    assert_int_equal(result.events, events);
    return result;
}

void fixture_sql_on(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static sqlite3 *open_db(const char *dir)
{
    char path[512];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/smogd.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

void fixture_sql(const char *dir, const char *sql)
{
    sqlite3 *db = open_db(dir);
    fixture_sql_on(db, sql);
    sqlite3_close(db);
}

void fixture_checkpoint(const char *dir, uint64_t size, const struct merkle_hash *root)
{
    sqlite3 *db = open_db(dir);
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO checkpoint VALUES(?, ?, 'note', 1)", -1, &q, NULL), SQLITE_OK);
    sqlite3_bind_int64(q, 1, (int64_t)size);
    sqlite3_bind_blob(q, 2, root->bytes, sizeof root->bytes, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_DONE);
    sqlite3_finalize(q);
    sqlite3_close(db);
}

const char *fixture_text(sqlite3 *db, const char *sql)
{
    static char text[256];
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return text;
}
