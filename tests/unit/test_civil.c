#include "station/core/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

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
    static const char *const wrong[] = {"2026-07-01T09:30:00", "2026-07-01T24:00:00Z",     "20260732093000",
                                        "2026-07-01 09:30",    "2026-07-01T09:30:00+8:00", "20260701096000",
                                        "2026-07-01x09:30:00Z"};
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
        cmocka_unit_test(knows_the_calendar),
        cmocka_unit_test(days_and_dates_agree_for_ages),
        cmocka_unit_test(months_end_where_they_end),
        cmocka_unit_test(times_carry_their_offset),
        cmocka_unit_test(the_day_depends_on_the_offset),
    };
    return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
