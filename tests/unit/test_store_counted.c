/* journal verify --records: what bulletins count is what the records say, and a number changed by hand is found. */
#include "station/store_verify_records.h"

#include "reports/file.h"
#include "tests/support/package_fixture.h"
#include "tests/support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char dir[256];
static struct err err;

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

/* One suspect passage, opacity 41.3 above 30, and how it is counted. */
static void fill(void)
{
    static struct package_fixture f;
    fixture_folder(dir, sizeof dir);
    package_fixture_open(&f, dir, true);
    package_fixture_fill(&f);
    const struct fixture_file *record = package_fixture_file(&f, "record.json");
    struct store *s;
    struct store_passage row = {.seq = 42,
                                .at_ms = 1,
                                .instrument = "rsd1",
                                .device_record = "1",
                                .plate = "新B12345",
                                .colour = "yellow",
                                .day = "2026-07-01",
                                .verdict = "suspect",
                                .record = record->data,
                                .raw = ""};
    snprintf(row.id, sizeof row.id, "%.47s", f.id);
    must(store_open(&s, dir, f.station_id, STORE_OWNER, &err));
    must(store_begin(s, &err));
    must(store_passage_add(s, &row, 0, &err));
    must(store_measurement_add(s, record->data, record->size, &err));
    must(store_commit(s, &err));
    store_close(s);
    package_fixture_close(&f);
}

static const struct {
    const char *sql, *words;
} forgeries[] = {
    {"UPDATE measurement SET opacity = opacity - 20000", "another value or limit of opacity"},
    {"UPDATE measurement SET opacity_limit = opacity_limit + 20000", "another value or limit of opacity"},
    {"UPDATE measurement SET opacity = NULL, opacity_limit = NULL", "another value or limit of opacity"},
    {"UPDATE measurement SET k = 0, k_limit = 1", "another value or limit of k"},
    {"INSERT INTO word VALUES(900, 'pass'); UPDATE measurement SET verdict = 900", "'pass' for its verdict"},
    {"UPDATE vehicle SET plate = '新B54321'", "'新B54321 "},
    {"UPDATE word SET text = 'other' WHERE text = 'remote-sensing'", "'other' for its method"},
    {"UPDATE measurement SET at_ms = at_ms + 86400000", "it is not counted"},
    {"DELETE FROM measurement", "it is not counted"},
    {"INSERT INTO measurement SELECT at_ms, station, kind, 43, place, vehicle, method, verdict, stage, class, fleet,"
     " instrument, reasons, k, k_limit, opacity, opacity_limit, nox, nox_limit FROM measurement",
     "it has 2 rows, the records give 1"},
};

static void what_is_counted_follows_from_the_records(void **state)
{
    (void)state;
    char path[512], *whole;
    size_t length;
    uint64_t records = 0;
    fill();
    struct store *s = fixture_open(dir, STORE_READER);
    must(store_verify_counted(s, &records, &err));
    assert_int_equal(records, 1);
    store_close(s);
    fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
    snprintf(path, sizeof path, "%s/smogd.db", dir);
    must(file_read(path, 1 << 22, &whole, &length, &err));
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        fixture_sql(dir, forgeries[i].sql);
        s = fixture_open(dir, STORE_READER);
        if (store_verify_counted(s, &records, &err) == 0)
            fail_msg("not found: %s", forgeries[i].sql);
        if (!strstr(err.text, forgeries[i].words) ||
            !strstr(err.text, "the table measurement does not follow from the journal: "))
            fail_msg("%s: '%s' does not say '%s'", forgeries[i].sql, err.text, forgeries[i].words);
        store_close(s);
        fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
        must(file_write(path, whole, length, 0640, &err));
    }
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_counted_follows_from_the_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
