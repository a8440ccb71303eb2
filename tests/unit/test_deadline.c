/* Deadlines, working days and the calendar. */
#include "station/core/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { CHINA = 480, HOUR_MS = 3600000 };

static struct err err;
static struct deadlines all;

static int load(const char *source)
{
    static char text[64 << 10];
    static struct conf_node nodes[2000];
    struct conf conf;
    snprintf(text, sizeof text, "%s", source);
    if (conf_parse(&conf, "t.conf", text, strlen(text), nodes, 2000, &err) != 0)
        return -1;
    return deadlines_load(&all, &conf, &err);
}

static void load_file(const char *path)
{
    static char text[64 << 10];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    if (load(text) != 0)
        fail_msg("%s: %s", path, err.text);
}

static int fresh(void **state)
{
    (void)state;
    all = (struct deadlines){0};
    return 0;
}

static int shipped(void **state)
{
    fresh(state);
    load_file("station/deadlines/holidays-cn.conf");
    load_file("station/deadlines/police-cn.conf");
    return 0;
}

static struct civil_date day(const char *text)
{
    struct civil_date out = {0};
    assert_true(civil_date_parse(&out, text, strlen(text)));
    return out;
}

static int64_t moment(const char *text)
{
    int64_t ms;
    assert_true(civil_time_parse(&ms, text, strlen(text), CHINA));
    return ms;
}

static const char *after(const char *from, int n, bool *assumed)
{
    static char text[CIVIL_DATE_TEXT_MAX];
    *assumed = false;
    civil_date_format(workdays_after(&all.workdays, day(from), n, assumed), text);
    return text;
}

static const struct deadline *named(const char *name)
{
    for (size_t i = 0; i < all.count; i++)
        if (strcmp(all.items[i].name, name) == 0)
            return &all.items[i];
    fail_msg("there is no deadline %s", name);
    return NULL;
}

/* ---- working days ---- */

static void holidays_are_closed_and_made_up_for(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int n;
        const char *to;
    } rows[] = {
        {"2026-02-13", 1, "2026-02-14"}, /* a Saturday that is worked */
        {"2026-02-13", 2, "2026-02-24"}, /* then nine days of Spring Festival */
        {"2026-02-27", 1, "2026-02-28"}, /* the other one */
        {"2026-02-28", 1, "2026-03-02"}, {"2026-04-03", 1, "2026-04-07"},
        {"2026-09-30", 1, "2026-10-08"}, {"2026-09-30", 5, "2026-10-13"}, /* 8 9 10 (worked) 12 13 */
        {"2026-09-19", 1, "2026-09-20"},                                  /* a Sunday that is worked */
        {"2026-07-01", 5, "2026-07-08"},                                  /* an ordinary week */
        {"2026-07-04", 1, "2026-07-06"},                                  /* from a weekend */
        {"2026-07-01", 0, "2026-07-01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool assumed;
        assert_string_equal(after(rows[i].from, rows[i].n, &assumed), rows[i].to);
        assert_false(assumed);
    }
}

static void a_year_without_calendar_is_counted_by_weekdays_and_said_so(void **state)
{
    (void)state;
    bool assumed;
    assert_string_equal(after("2031-10-01", 1, &assumed), "2031-10-02");
    assert_true(assumed);
    assert_string_equal(after("2026-12-30", 1, &assumed), "2026-12-31");
    assert_false(assumed);
    assert_string_equal(after("2026-12-30", 2, &assumed), "2027-01-01"); /* a Friday: only a calendar would close it */
    assert_true(assumed);
    assert_string_equal(after("9999-12-31", 1, &assumed), "");
    assert_string_equal(after("1969-12-31", 1, &assumed), "1970-01-01"); /* Wednesday to Thursday */
    assert_string_equal(after("1969-01-03", 1, &assumed), "1969-01-06"); /* Friday to Monday */
}

static void days_between_calendars_agree_with_counting_one_by_one(void **state)
{
    (void)state;
    int worked = 0;
    bool assumed = false;
    for (int32_t d = civil_days(day("2026-01-01")); d <= civil_days(day("2026-12-31")); d++)
        worked += workdays_is(&all.workdays, civil_from_days(d), &assumed);
    assert_int_equal(worked, 248); /* 261 weekdays, less 19 closed ones, and 6 made up */
    assert_string_equal(after("2025-12-31", worked, &assumed), "2026-12-31");
    assert_false(assumed);
}

/* ---- the arithmetic ---- */

static void expect_end(const char *name, const char *start, int offset, const char *end)
{
    char text[CIVIL_TIME_TEXT_MAX];
    bool assumed = false;
    civil_time_format(deadline_end(&all, named(name), moment(start), offset, &assumed), offset, text);
    assert_string_equal(text, end);
}

static void deadlines_end_with_their_local_day(void **state)
{
    (void)state;
    expect_end("police-review", "2026-07-01T09:30:00+08:00", CHINA, "2026-07-08T23:59:59.999+08:00");
    /* 23:30 in China is another day than in Ürümqi's own time and in UTC */
    expect_end("handle-by", "2026-07-01T23:30:00+08:00", CHINA, "2026-07-31T23:59:59.999+08:00");
    expect_end("handle-by", "2026-07-02T00:30:00+08:00", CHINA, "2026-08-01T23:59:59.999+08:00");
    expect_end("handle-by", "2026-07-02T00:30:00+08:00", 0, "2026-07-31T23:59:59.999+00:00");
    expect_end("handle-by", "2026-07-02T00:30:00+08:00", -300, "2026-07-31T23:59:59.999-05:00");
    expect_end("public-query", "2026-07-01T09:30:00+08:00", CHINA, "2026-07-01T23:59:59.999+08:00");
    expect_end("notice-file", "2026-02-28T22:00:00+08:00", CHINA, "2026-03-01T22:00:00.000+08:00");
    expect_end("owner-notice", "2026-02-12T10:00:00+08:00", CHINA,
               "2026-02-26T23:59:59.999+08:00"); /* 13 14 24 25 26 */
}

static void months_end_where_the_month_ends(void **state)
{
    (void)state;
    expect_end("second-exceedance", "2026-08-31T10:00:00+08:00", CHINA, "2027-02-28T23:59:59.999+08:00");
    expect_end("second-exceedance", "2027-08-31T10:00:00+08:00", CHINA,
               "2028-02-29T23:59:59.999+08:00"); /* leap year */
    expect_end("limitation", "2024-02-29T10:00:00+08:00", CHINA, "2026-02-28T23:59:59.999+08:00");
    expect_end("limitation", "2098-02-28T10:00:00+08:00", CHINA, "2100-02-28T23:59:59.999+08:00"); /* no leap year */
    expect_end("pay-by", "2028-02-20T10:00:00+08:00", CHINA, "2028-03-06T23:59:59.999+08:00");
    bool assumed = false;
    assert_true(deadline_end(&all, named("limitation"), INT64_MAX, CHINA, &assumed) == INT64_MAX);
    assert_true(deadline_end(&all, named("limitation"), moment("9999-12-01T00:00:00+08:00"), CHINA, &assumed) ==
                INT64_MAX);
    assert_true(deadline_end(&all, named("repair-by"), 0, CHINA, &assumed) == INT64_MAX);
}

/* ---- what runs ---- */

static const char *running(const struct deadline_step *steps, size_t count)
{
    static char text[400];
    struct deadline_due due[16];
    size_t n = deadlines_due(&all, steps, count, CHINA, due, 16), at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s ", due[i].deadline->name);
    return text;
}

static void a_case_runs_from_deadline_to_deadline(void **state)
{
    (void)state;
    struct deadline_step steps[12] = {{.act = ACT_OPEN, .at_ms = 1000}};
    assert_string_equal(running(steps, 0), "");
    assert_string_equal(running(steps, 1), "police-review limitation ");
    steps[1] = (struct deadline_step){.act = ACT_ENTER, .at_ms = 2000};
    assert_string_equal(running(steps, 2), "public-query owner-notice limitation ");
    steps[2] = (struct deadline_step){.act = ACT_NOTIFY, .at_ms = 3000};
    assert_string_equal(running(steps, 3), "handle-by limitation ");
    steps[3] = (struct deadline_step){.act = ACT_OBJECT, .at_ms = 4000};
    assert_string_equal(running(steps, 4), "objection-review limitation ");
    steps[4] = (struct deadline_step){.act = ACT_DISMISS, .at_ms = 5000};
    steps[5] = (struct deadline_step){.act = ACT_PENALISE, .at_ms = 6000};
    assert_string_equal(running(steps, 6), "pay-by ");
    steps[6] = (struct deadline_step){.act = ACT_PAY, .at_ms = 7000};
    assert_string_equal(running(steps, 7), "");
    steps[1] = (struct deadline_step){.act = ACT_RETURN, .at_ms = 2000};
    assert_string_equal(running(steps, 2), "");
    steps[1].act = ACT_VOID;
    assert_string_equal(running(steps, 2), "");
    struct deadline_due one;
    steps[1].act = ACT_ENTER;
    assert_int_equal(deadlines_due(&all, steps, 2, CHINA, &one, 1), 3); /* no more than fit are written */
    assert_string_equal(one.deadline->name, "public-query");
    assert_true(one.from_ms == 2000);
}

static void the_notice_names_the_day_of_the_repair(void **state)
{
    (void)state;
    struct deadline_due due[16];
    struct deadline_step steps[3] = {{.act = ACT_REPAIR_NOTICE, .at_ms = 1000}};
    assert_string_equal(running(steps, 1), "");
    steps[0].until = day("2026-08-31");
    assert_int_equal(deadlines_due(&all, steps, 1, CHINA, due, 16), 1);
    assert_string_equal(due[0].deadline->name, "repair-by");
    assert_true(due[0].due_ms == moment("2026-09-01T00:00:00+08:00") - 1);
    steps[1] = (struct deadline_step){.act = ACT_REPAIR, .at_ms = 2000};
    assert_string_equal(running(steps, 2), "repair-by ");
    steps[2] = (struct deadline_step){.act = ACT_RETEST, .at_ms = 3000};
    assert_string_equal(running(steps, 3), "");
}

/* ---- files ---- */

#define ORIGIN "clause = c source = s status = confirmed "
#define WORDS "zh = z en = e "

static void what_is_wrong_in_a_file_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"deadline { " WORDS ORIGIN "from = open length = 1 unit = WD done = enter }", "needs a name"},
        {"deadline d { " WORDS ORIGIN "from = open length = 1 unit = weeks done = enter }", "none of WD"},
        {"deadline d { " WORDS ORIGIN "from = seize length = 1 unit = WD done = enter }", "'seize' is no step"},
        {"deadline d { " WORDS ORIGIN "from = open length = 1 unit = WD done = {enter, seize} }", "'seize' is no step"},
        {"deadline d { " WORDS ORIGIN "from = open length = 1 unit = WD }", "done"},
        {"deadline d { " WORDS ORIGIN "from = open unit = WD done = enter }", "length"},
        {"deadline d { " WORDS ORIGIN "from = open length = -1 unit = WD done = enter }", "length"},
        {"deadline d { " WORDS ORIGIN "from = outside length = 1 unit = WD }", "starts"},
        {"deadline d { en = e " ORIGIN "from = open length = 1 unit = WD done = enter }", "zh"},
        {"deadline d { " WORDS "from = open length = 1 unit = WD done = enter }", "clause"},
        {"deadline d { " WORDS ORIGIN "from = open length = 1 unit = WD done = enter more = 1 }", "no such option"},
        {"deadline d { " WORDS ORIGIN "from = open unit = given done = enter }\n"
         "deadline d { " WORDS ORIGIN "from = open unit = given done = enter }",
         "t.conf:2: there is a deadline 'd' already"},
        {"calendar { " ORIGIN "}", "that of a year"},
        {"calendar 2026x { " ORIGIN "}", "that of a year"},
        {"calendar 1899 { " ORIGIN "}", "that of a year"},
        {"calendar 2026 { " ORIGIN "}\ncalendar 2026 { " ORIGIN "}", "t.conf:2: there is a calendar of 2026 already"},
        {"calendar 2026 { " ORIGIN "closed = 2026-02-29 }", "is no day"},
        {"calendar 2026 { " ORIGIN "closed = 2026-02-03..2026-02-01 }", "is no day"},
        {"calendar 2026 { " ORIGIN "closed = 2026-02-03..x }", "is no day"},
        {"calendar 2026 { " ORIGIN "closed = 2025-12-31..2026-01-01 }", "is not in 2026"},
        {"calendar 2026 { " ORIGIN "closed = {2026-01-01..2026-01-03, 2026-01-03} }", "stands twice"},
        {"calendar 2026 { " ORIGIN "closed = 2026-01-03 worked = 2026-01-03 }", "stands twice"},
        {"calendar 2026 { " ORIGIN "worked = 2026-01-05 }", "is a weekday"},
        {"calendar 2026 { closed = 2026-01-01 }", "clause"},
        {"holiday 2026 { }", "no such"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        all = (struct deadlines){0};
        if (load(rows[i].text) == 0 || !strstr(err.text, rows[i].words))
            fail_msg("%s: '%s'", rows[i].text, err.text);
        assert_int_equal(strncmp(err.text, "t.conf:", 7), 0);
    }
    all = (struct deadlines){0};
    char many[512];
    for (int i = 0; i <= DEADLINES_MAX; i++) {
        snprintf(many, sizeof many, "deadline d%d { " WORDS ORIGIN "from = open unit = given done = enter }", i);
        assert_int_equal(load(many), i == DEADLINES_MAX ? -1 : 0);
    }
    for (int i = 0; i <= WORKDAYS_YEARS_MAX; i++) {
        snprintf(many, sizeof many, "calendar %d { " ORIGIN " }", 2000 + i);
        assert_int_equal(load(many), i == WORKDAYS_YEARS_MAX ? -1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(holidays_are_closed_and_made_up_for, shipped),
        cmocka_unit_test_setup(a_year_without_calendar_is_counted_by_weekdays_and_said_so, shipped),
        cmocka_unit_test_setup(days_between_calendars_agree_with_counting_one_by_one, shipped),
        cmocka_unit_test_setup(deadlines_end_with_their_local_day, shipped),
        cmocka_unit_test_setup(months_end_where_the_month_ends, shipped),
        cmocka_unit_test_setup(a_case_runs_from_deadline_to_deadline, shipped),
        cmocka_unit_test_setup(the_notice_names_the_day_of_the_repair, shipped),
        cmocka_unit_test_setup(what_is_wrong_in_a_file_is_told_with_its_line, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
