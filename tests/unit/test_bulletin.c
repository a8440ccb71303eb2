/* Counting for the bulletin: what is tested and failed, where days begin, intervals, and the ways out. */
#include "reports/bulletin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/aside.h"
#include "reports/csv_writer.h"
#include "reports/uptime.h"
#include "tests/support/store_fixture.h"

static struct err err;
static const struct civil_date july_first = {2026, 7, 1}, july_last = {2026, 7, 31};
static const int64_t july_ms = 1782835200000; /* 2026-07-01T00:00:00+08:00 */

static struct bulletin_record record(int64_t at_ms, enum bulletin_place place, int64_t vehicle,
                                     enum verdict_kind verdict)
{
    struct bulletin_record r = {.at_ms = at_ms, .place = place, .vehicle = vehicle, .verdict = verdict};
    for (size_t q = 0; q < BULLETIN_QUANTITIES; q++)
        r.value[q] = r.limit[q] = BULLETIN_NO_VALUE;
    return r;
}

static void add(struct bulletin *b, int64_t at_ms, enum bulletin_place place, int64_t vehicle,
                enum verdict_kind verdict)
{
    struct bulletin_record r = record(at_ms, place, vehicle, verdict);
    bulletin_add(b, &r);
}

static char *paragraph(const struct bulletin *b)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    bulletin_paragraph(b, out);
    fclose(out);
    return text;
}

static void a_vehicle_counts_once_for_each_kind_of_station(void **state)
{
    (void)state;
    struct bulletin b;
    assert_int_equal(bulletin_open(&b, july_first, july_last, 480, 1, 3, &err), 0);
    add(&b, july_ms, BULLETIN_FIXED, 1, VERDICT_SUSPECT);
    add(&b, july_ms + 1, BULLETIN_FIXED, 1, VERDICT_FAIL);
    add(&b, july_ms + 2, BULLETIN_FIXED, 1, VERDICT_PASS);
    add(&b, july_ms + 3, BULLETIN_JOINT, 1, VERDICT_PASS);
    add(&b, july_ms + 4, BULLETIN_JOINT, 2, VERDICT_FAIL);
    add(&b, july_ms + 5, BULLETIN_JOINT, 2, VERDICT_FAIL);
    add(&b, july_ms + 6, BULLETIN_FIXED, 3, VERDICT_INVALID);
    add(&b, july_ms + 7, BULLETIN_JOINT, 3, VERDICT_ABORTED);
    add(&b, july_ms + 8, BULLETIN_JOINT, 3, VERDICT_VOID);
    add(&b, july_ms + 9, BULLETIN_FIXED, 0, VERDICT_PASS);
    assert_int_equal(b.tested[BULLETIN_FIXED], 1);
    assert_int_equal(b.failed[BULLETIN_FIXED], 1);
    assert_int_equal(b.tested[BULLETIN_JOINT], 2);
    assert_int_equal(b.failed[BULLETIN_JOINT], 1);
    assert_int_equal(bulletin_judged(&b.places[BULLETIN_FIXED]), 4); /* the one without a plate is a record, too */
    char *text = paragraph(&b);
    assert_non_null(strstr(text, "2026年7月，检测机动车累计3辆，不合格2辆（其中：固定式机动车遥感检测车辆1辆；"
                                 "联合执法站点抽测车辆2辆），合格率33.33%。\n"));
    free(text);
    bulletin_close(&b);
}

static void days_begin_in_the_zone_that_is_asked_for(void **state)
{
    (void)state;
    struct bulletin b;
    const int64_t end_ms = july_ms + 31 * INT64_C(86400000);
    assert_int_equal(bulletin_open(&b, july_first, july_last, 480, 1, 1, &err), 0);
    add(&b, july_ms - 1, BULLETIN_FIXED, 1, VERDICT_PASS);
    add(&b, july_ms, BULLETIN_FIXED, 1, VERDICT_PASS);
    add(&b, end_ms - 1, BULLETIN_FIXED, 1, VERDICT_PASS);
    add(&b, end_ms, BULLETIN_FIXED, 1, VERDICT_PASS);
    assert_int_equal(bulletin_judged(&b.by_day[0]), 1);
    assert_int_equal(bulletin_judged(&b.by_day[30]), 1);
    assert_int_equal(bulletin_judged(&b.hours[0]), 1);
    assert_int_equal(bulletin_judged(&b.hours[23]), 1);
    bulletin_close(&b);
    assert_int_equal(bulletin_open(&b, july_first, july_last, 360, 1, 1, &err), 0);
    add(&b, july_ms, BULLETIN_FIXED, 1, VERDICT_PASS); /* 22:00 on 30 June there */
    add(&b, end_ms, BULLETIN_FIXED, 1, VERDICT_PASS);  /* 22:00 on 31 July */
    assert_int_equal(bulletin_judged(&b.by_day[0]), 0);
    assert_int_equal(bulletin_judged(&b.by_day[30]), 1);
    assert_int_equal(bulletin_judged(&b.hours[22]), 1);
    bulletin_close(&b);
}

static void rates_have_wilsons_interval(void **state)
{
    (void)state;
    static const struct {
        int64_t part, whole;
        const char *rate, *low, *high;
    } rows[] = {{0, 10, "0.00", "0.00", "27.75"},
                {5, 10, "50.00", "23.66", "76.34"},
                {10, 10, "100.00", "72.25", "100.00"},
                {126, 17800, "0.71", "0.59", "0.84"},
                {0, 0, "", "", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bulletin_rate r = bulletin_rate(rows[i].part, rows[i].whole);
        assert_string_equal(r.rate, rows[i].rate);
        assert_string_equal(r.low, rows[i].low);
        assert_string_equal(r.high, rows[i].high);
    }
}

static void values_fall_into_their_bins(void **state)
{
    (void)state;
    struct bulletin b;
    assert_int_equal(bulletin_open(&b, july_first, july_first, 480, 1, 1, &err), 0);
    const int64_t k[] = {0, 99, 100, 1200, 1201, 999999};
    for (size_t i = 0; i < sizeof k / sizeof k[0]; i++) {
        struct bulletin_record r = record(july_ms, BULLETIN_JOINT, 1, VERDICT_PASS);
        r.value[BULLETIN_K] = k[i];
        r.limit[BULLETIN_K] = 1200;
        bulletin_add(&b, &r);
    }
    assert_int_equal(b.bins[BULLETIN_K][0].count, 2);
    assert_int_equal(b.bins[BULLETIN_K][1].count, 1);
    assert_int_equal(b.bins[BULLETIN_K][12].count, 2);
    assert_int_equal(b.bins[BULLETIN_K][12].exceeded, 1);
    assert_int_equal(b.bins[BULLETIN_K][BULLETIN_BINS - 1].count, 1);
    bulletin_close(&b);
}

static void who_exceeded_most_often_comes_first(void **state)
{
    (void)state;
    struct bulletin b;
    struct bulletin_repeater top[BULLETIN_TOP];
    assert_int_equal(bulletin_open(&b, july_first, july_first, 480, 1, 400, &err), 0);
    for (int64_t v = 1; v <= 400; v++)
        for (int64_t n = 0; n < (v == 7 ? 300 : v == 9 ? 5 : v % 2 ? 1 : 2); n++)
            add(&b, july_ms, BULLETIN_FIXED, v, VERDICT_SUSPECT);
    assert_int_equal(bulletin_repeaters(&b, top), BULLETIN_TOP);
    assert_int_equal(top[0].vehicle, 7);
    assert_int_equal(top[0].exceeded, 255);
    assert_int_equal(top[1].vehicle, 9);
    assert_int_equal(top[2].vehicle, 2);
    assert_int_equal(top[BULLETIN_TOP - 1].vehicle, 36);
    bulletin_close(&b);
}

static void periods_are_checked_and_named(void **state)
{
    (void)state;
    struct bulletin b;
    assert_int_equal(bulletin_open(&b, july_last, july_first, 480, 1, 1, &err), -1);
    assert_int_equal(bulletin_open(&b, july_first, (struct civil_date){2036, 7, 31}, 480, 1, 1, &err), -1);
    static const struct {
        struct civil_date first, last;
        const char *says;
    } rows[] = {{{2026, 1, 1}, {2026, 12, 31}, "2026年，"},
                {{2028, 2, 1}, {2028, 2, 29}, "2028年2月，"},
                {{2028, 2, 1}, {2028, 2, 28}, "2028年2月1日至2028年2月28日，"},
                {{2026, 7, 15}, {2026, 7, 15}, "2026年7月15日，"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(bulletin_open(&b, rows[i].first, rows[i].last, 480, 1, 1, &err), 0);
        char *text = paragraph(&b);
        assert_memory_equal(text, rows[i].says, strlen(rows[i].says));
        assert_non_null(strstr(text, "检测机动车累计0辆，不合格0辆。"));
        free(text);
        bulletin_close(&b);
    }
}

/* ---- sheets and files ---- */

static void widths(void **state)
{
    (void)state;
    assert_int_equal(sheet_width("abc"), 3);
    assert_int_equal(sheet_width("新A66T21"), 8);
    assert_int_equal(sheet_width("（（"), 4);
}

static void cells_of_csv(void **state)
{
    (void)state;
    struct csv_writer w;
    char *text, *long_text = calloc(1, 3 * CSV_WRITER_ROOM);
    size_t length;
    assert_non_null(long_text);
    memset(long_text, 'x', 2 * CSV_WRITER_ROOM);
    FILE *out = open_memstream(&text, &length);
    csv_writer_open(&w, out);
    csv_writer_text(&w, "plain");
    csv_writer_text(&w, "a,\"b\"\n");
    const int64_t numbers[] = {0, -7, 1234567890123, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        csv_writer_byte(&w, ' ');
        csv_writer_integer(&w, numbers[i]);
        csv_writer_byte(&w, ' ');
        csv_writer_thousandths(&w, numbers[i]);
    }
    csv_writer_byte(&w, '\n');
    csv_writer_text(&w, long_text); /* longer than the buffer */
    for (size_t i = 0; i < CSV_WRITER_ROOM + 1; i++)
        csv_writer_byte(&w, 'y');
    csv_writer_flush(&w);
    fclose(out);
    static const char head[] = "plain\"a,\"\"b\"\"\n\" 0 0.000 -7 -0.007 1234567890123 1234567890.123"
                               " -9223372036854775808 -9223372036854775.808\n";
    assert_memory_equal(text, head, sizeof head - 1);
    assert_int_equal(length, sizeof head - 1 + 3 * CSV_WRITER_ROOM + 1);
    assert_int_equal(strspn(text + sizeof head - 1, "x"), 2 * CSV_WRITER_ROOM);
    free(long_text);
    free(text);
}

static char *written(const char *dir, const char *content, enum aside_encoding encoding, int *result)
{
    static char path[512];
    struct aside a;
    snprintf(path, sizeof path, "%s/out", dir);
    assert_int_equal(aside_open(&a, path, encoding, &err), 0);
    fputs(content, a.file);
    *result = aside_commit(&a, &err);
    aside_close(&a);
    return path;
}

static void files_appear_when_they_are_complete(void **state)
{
    (void)state;
    char dir[256], bytes[16];
    int result;
    struct aside a;
    fixture_folder(dir, sizeof dir);
    const char *path = written(dir, "号牌", ASIDE_GBK, &result);
    assert_int_equal(result, 0);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_int_equal(fread(bytes, 1, sizeof bytes, in), 4);
    assert_memory_equal(bytes, "\xba\xc5\xc5\xc6", 4);
    fclose(in);
    written(dir, "ئۇيغۇر", ASIDE_GBK, &result);
    assert_int_equal(result, -1);
    assert_non_null(strstr(err.text, "does not exist in GBK"));
    assert_int_equal(aside_open(&a, path, ASIDE_BYTES, &err), 0);
    fputs("new", a.file);
    char temporary[ASIDE_PATH_MAX + 24];
    snprintf(temporary, sizeof temporary, "%s", a.temporary);
    assert_non_null(in = fopen(temporary, "r"));
    fclose(in);
    aside_close(&a);
    assert_null(fopen(temporary, "r"));
    assert_non_null(in = fopen(path, "r")); /* the old one is still there */
    fclose(in);
    assert_int_equal(aside_open(&a, "/nowhere/at/all", ASIDE_BYTES, &err), -1);
}

/* smogd runs 0 … 100 with a loss, is killed after 150, and runs again 200 … 300; the period is 50 … 250. */
static void an_instrument_is_live_while_smogd_runs(void **state)
{
    (void)state;
    struct uptime u;
    uptime_open(&u, 50, 250);
    uptime_state(&u, -5, "early", false); /* of a journal whose beginning is lost */
    uptime_start(&u, 0, 0);
    uptime_state(&u, 10, "smoke", true);
    uptime_state(&u, 20, "smoke", false); /* before the period: its outage began there, its hours count */
    uptime_state(&u, 70, "smoke", true);
    uptime_state(&u, 80, "smoke", false);
    uptime_state(&u, 90, "smoke", false); /* offline after stale is the same outage */
    uptime_state(&u, 95, "smoke", true);
    uptime_stop(&u, 100);
    uptime_start(&u, 120, 100);
    uptime_state(&u, 130, "smoke", true);
    uptime_start(&u, 200, 150);
    uptime_state(&u, 240, "smoke", true);
    uptime_end(&u, 300);
    assert_int_equal(uptime_spanned_ms(&u), 200);
    assert_int_equal(u.running_ms, 50 + 30 + 50);
    assert_int_equal(u.count, 2);
    const struct uptime_instrument *smoke = &u.instruments[1];
    assert_int_equal(smoke->live_ms, 10 + 5 + 20 + 10);
    assert_int_equal(smoke->outages, 1);
    assert_int_equal(smoke->lost_ms, 20 + 15);
    assert_int_equal(smoke->longest_ms, 20);
    assert_int_equal(u.instruments[0].live_ms, 0);
    uptime_close(&u);
    uptime_open(&u, 50, 250);
    uptime_start(&u, 100, 100);
    uptime_state(&u, 110, "smoke", true);
    uptime_end(&u, 60); /* the clock was set back */
    assert_int_equal(u.instruments[0].live_ms, 0);
    assert_int_equal(uptime_spanned_ms(&u), 0);
    uptime_close(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instrument_is_live_while_smogd_runs),
        cmocka_unit_test(a_vehicle_counts_once_for_each_kind_of_station),
        cmocka_unit_test(days_begin_in_the_zone_that_is_asked_for),
        cmocka_unit_test(rates_have_wilsons_interval),
        cmocka_unit_test(values_fall_into_their_bins),
        cmocka_unit_test(who_exceeded_most_often_comes_first),
        cmocka_unit_test(periods_are_checked_and_named),
        cmocka_unit_test(widths),
        cmocka_unit_test(cells_of_csv),
        cmocka_unit_test(files_appear_when_they_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
