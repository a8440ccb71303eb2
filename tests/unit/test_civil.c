#include "station/core/civil.h"

#include <setjmp.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct civil_date date(const char *text)
{
    struct civil_date d = {0};
    assert_true(civil_date_parse(&d, text, strlen(text)));
    return d;
}

static void assert_date(struct civil_date d, const char *expected)
{
    char text[CIVIL_DATE_TEXT_MAX];
    civil_date_format(d, text);
    assert_string_equal(text, expected);
}

static void knows_the_calendar(void **state)
{
    (void)state;
    static const char *const wrong[] = {"2025-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31",
                                        "2026-1-01",  "26-01-01",   "2026/01/01", "2026-01-00", ""};
    struct civil_date d;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(civil_date_parse(&d, wrong[i], strlen(wrong[i])));
    assert_date(date("2024-02-29"), "2024-02-29");
    assert_date(date("2000-02-29"), "2000-02-29");
    assert_int_equal(civil_days(date("1970-01-01")), 0);
    assert_int_equal(civil_days(date("2026-07-01")), 20635);
}

static void days_and_dates_agree_for_ages(void **state)
{
    (void)state;
    for (int32_t days = -25567; days < 200000; days++)
        assert_int_equal(civil_days(civil_from_days(days)), days);
}

/* The C library knows the same calendar. */
static void the_c_library_agrees(void **state)
{
    (void)state;
    for (int32_t days = -25567; days <= 2932896; days += 61) {
        time_t seconds = (time_t)days * 86400;
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        struct civil_date d = civil_from_days(days);
        assert_int_equal(d.year, tm.tm_year + 1900);
        assert_int_equal(d.month, tm.tm_mon + 1);
        assert_int_equal(d.day, tm.tm_mday);
    }
}

static void outside_the_calendar_is_no_date(void **state)
{
    (void)state;
    static const int32_t days[] = {INT32_MIN, -719469, -25568, 2932897, INT32_MAX};
    char text[CIVIL_TIME_TEXT_MAX];
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        assert_int_equal(civil_from_days(days[i]).year, 0);
        assert_date(civil_from_days(days[i]), "");
    }
    assert_date(civil_from_days(-25567), "1900-01-01");
    assert_date(civil_from_days(2932896), "9999-12-31");
    static const int64_t moments[] = {INT64_MIN, INT64_MIN + 1, -INT64_C(2208988800001), INT64_C(253402300800000),
                                      INT64_MAX};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        assert_int_equal(civil_date_of(moments[i], 0).year, 0);
        civil_time_format(moments[i], 0, text);
        assert_string_equal(text, "");
    }
    civil_time_format(INT64_C(253402300799999), 0, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999+00:00");
    civil_time_format(INT64_C(253402300799999), 1, text);
    assert_string_equal(text, "");
}

static void no_date_stays_no_date(void **state)
{
    (void)state;
    const struct civil_date none = {0};
    assert_int_equal(civil_add_months(none, 6).year, 0);
    assert_int_equal(civil_add_months(date("2026-01-01"), INT_MAX).year, 0);
    assert_int_equal(civil_add_months(date("2026-01-01"), INT_MIN).year, 0);
    assert_int_equal(civil_add_months(date("9999-12-31"), 1).year, 0);
    assert_int_equal(civil_add_months(date("1900-01-01"), -1).year, 0);
    assert_date(civil_add_months(date("1900-01-31"), 12 * 8099 + 11), "9999-12-31");
    assert_int_equal(civil_date_compare(none, date("1900-01-01")), -1);
    assert_int_equal(civil_date_compare(none, none), 0);
}

static void dates_order_by_day(void **state)
{
    (void)state;
    for (int32_t days = 20000; days < 21000; days++) {
        assert_int_equal(civil_date_compare(civil_from_days(days), civil_from_days(days + 1)), -1);
        assert_int_equal(civil_date_compare(civil_from_days(days + 40), civil_from_days(days)), 1);
        assert_int_equal(civil_date_compare(civil_from_days(days), civil_from_days(days)), 0);
    }
}

/* Any moment in any zone reads back from its own text. */
static void moments_survive_their_text(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        int64_t ms = (int64_t)(x % UINT64_C(255000000000000)) - INT64_C(2000000000000);
        int offset = (int)(x >> 40) % 1440 - 719;
        char text[CIVIL_TIME_TEXT_MAX];
        int64_t again = 0;
        civil_time_format(ms, offset, text);
        if (ms + (int64_t)offset * 60000 > INT64_C(253402300799999)) {
            assert_string_equal(text, "");
            continue;
        }
        assert_int_equal(strlen(text), CIVIL_TIME_TEXT_MAX - 1);
        assert_true(civil_time_parse(&again, text, strlen(text), 77));
        assert_true(again == ms);
        struct civil_date day;
        assert_true(civil_date_parse(&day, text, 10));
        assert_int_equal(civil_date_compare(day, civil_date_of(ms, offset)), 0);
    }
}

static void months_end_where_they_end(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int months;
        const char *to;
    } rows[] = {{"2024-08-31", -6, "2024-02-29"}, {"2025-08-31", -6, "2025-02-28"}, {"2024-02-29", 6, "2024-08-29"},
                {"2025-12-31", 6, "2026-06-30"},  {"2026-01-15", -1, "2025-12-15"}, {"2024-02-29", 12, "2025-02-28"},
                {"2026-03-31", -1, "2026-02-28"}, {"2026-05-05", 0, "2026-05-05"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_date(civil_add_months(date(rows[i].from), rows[i].months), rows[i].to);
}

static void times_carry_their_offset(void **state)
{
    (void)state;
    char text[CIVIL_TIME_TEXT_MAX];
    civil_time_format(INT64_C(1782869400250), 480, text);
    assert_string_equal(text, "2026-07-01T09:30:00.250+08:00");
    civil_time_format(-1, 0, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999+00:00");
    static const struct {
        const char *text;
        int64_t unix_ms;
    } rows[] = {{"2026-07-01T09:30:00.250+08:00", 1782869400250},
                {"2026-07-01T01:30:00.25Z", 1782869400250},
                {"20260701093000", 1782869400000},
                {"2026-07-01 09:30:00", 1782869400000},
                {"2026-06-30T20:30:00.250999-05:00", 1782869400250}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 0;
        assert_true(civil_time_parse(&ms, rows[i].text, strlen(rows[i].text), 480));
        assert_int_equal(ms, rows[i].unix_ms);
    }
    static const char *const wrong[] = {"2026-07-01T09:30:00",
                                        "2026-07-01T24:00:00Z",
                                        "20260732093000",
                                        "2026-07-01 09:30",
                                        "2026-07-01T09:30:00+8:00",
                                        "20260701096000",
                                        "2026-07-01x09:30:00Z",
                                        "2026-07-01T09:30:00.+08:00",
                                        "2026-07-01T09:60:00Z",
                                        "2026-07-01T09:30:00+24:00",
                                        "2026-07-01T09:30:00.5",
                                        "2026-07-01T09:30:00 +08:00",
                                        "2026070109300",
                                        "2026-07-01 09:30:00Z",
                                        "1899-12-31T23:00:00Z",
                                        ""};
    int64_t ms;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (civil_time_parse(&ms, wrong[i], strlen(wrong[i]), 480))
            fail_msg("'%s' was taken for a time", wrong[i]);
}

/* Xinjiang's local habit is two hours behind the legal time: the same moment may be another day. */
static void the_day_depends_on_the_offset(void **state)
{
    (void)state;
    int64_t ms;
    assert_true(civil_time_parse(&ms, "2026-07-01T01:00:00+08:00", 25, 0));
    assert_date(civil_date_of(ms, 480), "2026-07-01");
    assert_date(civil_date_of(ms, 360), "2026-06-30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_calendar),         cmocka_unit_test(days_and_dates_agree_for_ages),
        cmocka_unit_test(the_c_library_agrees),       cmocka_unit_test(outside_the_calendar_is_no_date),
        cmocka_unit_test(no_date_stays_no_date),      cmocka_unit_test(dates_order_by_day),
        cmocka_unit_test(moments_survive_their_text), cmocka_unit_test(months_end_where_they_end),
        cmocka_unit_test(times_carry_their_offset),   cmocka_unit_test(the_day_depends_on_the_offset),
    };
    return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
