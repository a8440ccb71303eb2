/* What an instrument says of smoke: directly, through the other quantity, through the filter; what a rule must tell. */
#include "station/core/smoke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"

static struct rule_pack *pack;
static struct rule *rule; /* of opacity, with a filter of 0.5 s */
static struct smoke smoke;
static struct decimal value;

static int open_law(void **state)
{
    (void)state;
    pack = law_open("j1667");
    rule = law_rule(pack, "1997-to-2006-below-75-kw");
    law_set(rule, "filter-samples", "4");
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void begin(enum quantity quantity)
{
    struct smoke_plan plan;
    struct err err = {0};
    if (smoke_load(&plan, rule, quantity, &err) != 0)
        fail_msg("%s", err.text);
    smoke_init(&smoke, &plan);
}

static enum smoke_news hear(int64_t t_ms, enum quantity quantity, const char *text, enum quality quality)
{
    struct sample sample = {.t_ms = t_ms};
    assert_true(sample_add(&sample, quantity, quality, law_decimal(text)));
    return smoke_read(&smoke, &sample, t_ms, &value);
}

static void assert_value(const char *expected)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(value, text);
    assert_string_equal(text, expected);
}

static void refuses(const struct rule *wrong, const char *why)
{
    struct smoke_plan plan;
    struct err err = {0};
    assert_int_equal(smoke_load(&plan, wrong, QUANTITY_OPACITY, &err), -1);
    if (err.code != ERR_INVALID || !strstr(err.text, why))
        fail_msg("'%s', not '%s'", err.text, why);
}

static void a_filter_is_told_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char *const needed[] = {"path",          "filter-time",   "filter-physical", "filter-electrical",
                                         "filter-jitter", "filter-samples"};
    char why[64];
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        struct rule less = *rule;
        law_drop(&less, needed[i]);
        snprintf(why, sizeof why, "lacks the parameter '%s'", needed[i]);
        refuses(&less, why);
    }
    struct smoke_plan plan;
    struct err err = {0};
    law_drop(rule, "filter-");
    assert_int_equal(smoke_load(&plan, rule, QUANTITY_OPACITY, &err), 0);
    assert_false(plan.filtered);
}

static void senseless_figures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *param, *text, *why;
    } rows[] = {
        {"path", "0", "path must be above 0"},
        {"path", "-0.1", "path must be above 0"},
        {"filter-physical", "0.5", "an instrument so slow cannot be filtered to filter-time"},
        {"filter-electrical", "0.6", "an instrument so slow cannot be filtered to filter-time"},
        {"filter-time", "0", "an instrument so slow cannot be filtered to filter-time"},
        {"filter-jitter", "91", "'filter-jitter' must be a whole number from 0 to 90"},
        {"filter-samples", "3", "'filter-samples' must be a whole number from 4 to 1000"},
        {"filter-samples", "1001", "'filter-samples' must be a whole number from 4 to 1000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule wrong = *rule;
        law_set(&wrong, rows[i].param, rows[i].text);
        refuses(&wrong, rows[i].why);
    }
}

static void the_other_quantity_serves_until_the_asked_one_is_heard(void **state)
{
    (void)state;
    law_drop(rule, "filter-");
    law_set(rule, "path", "0.430");
    begin(QUANTITY_K);
    assert_int_equal(hear(0, QUANTITY_RPM, "800", QUALITY_OK), SMOKE_NONE);
    assert_int_equal(hear(100, QUANTITY_OPACITY, "23.4", QUALITY_OK), SMOKE_GOOD);
    assert_value("0.619937");
    assert_int_equal(hear(200, QUANTITY_OPACITY, "23.4", QUALITY_SUSPECT), SMOKE_BAD);
    assert_int_equal(hear(300, QUANTITY_OPACITY, "100.0", QUALITY_OK), SMOKE_BAD); /* k has no end there */
    assert_int_equal(hear(400, QUANTITY_K, "0.61", QUALITY_OK), SMOKE_GOOD);
    assert_value("0.61");
    assert_int_equal(hear(500, QUANTITY_K, "0.61", QUALITY_WARM_UP), SMOKE_BAD);
    assert_int_equal(hear(600, QUANTITY_OPACITY, "23.4", QUALITY_OK), SMOKE_NONE); /* never by turns */

    begin(QUANTITY_OPACITY);
    assert_int_equal(hear(0, QUANTITY_K, "0.619937", QUALITY_OK), SMOKE_GOOD);
    assert_value("23.399985"); /* k had been rounded */
    assert_int_equal(hear(100, QUANTITY_K, "-0.01", QUALITY_OK), SMOKE_BAD);
    assert_int_equal(hear(200, QUANTITY_OPACITY, "-0.1", QUALITY_OK), SMOKE_GOOD); /* as it was read */
    assert_value("-0.1");
}

/* Readings every 100 ms from t_ms on until the filter is believed; when that was. */
static int64_t until_good(int64_t t_ms)
{
    for (int64_t end = t_ms + 10000; t_ms < end; t_ms += 100)
        if (hear(t_ms, QUANTITY_OPACITY, "12.5", QUALITY_OK) == SMOKE_GOOD)
            return t_ms;
    fail_msg("never good");
    return -1;
}

/* Four intervals find the rate, two filter times settle it: 400 + 1000 ms after the first reading. */
static void the_filter_is_believed_once_it_has_settled(void **state)
{
    (void)state;
    begin(QUANTITY_OPACITY);
    assert_int_equal(until_good(0), 1400);
    assert_value("12.500000"); /* a steady reading stays what it is */
    assert_int_equal(hear(1450, QUANTITY_RPM, "800", QUALITY_OK), SMOKE_NONE);
    assert_int_equal(hear(1500, QUANTITY_OPACITY, "12.5", QUALITY_OK), SMOKE_GOOD);
    assert_int_equal(hear(1600, QUANTITY_OPACITY, "62.5", QUALITY_OK), SMOKE_GOOD);
    assert_true(decimal_compare(value, law_decimal("12.5")) > 0 && decimal_compare(value, law_decimal("30")) < 0);
}

static void what_breaks_the_rhythm_begins_again(void **state)
{
    (void)state;
    begin(QUANTITY_OPACITY);
    assert_int_equal(until_good(0), 1400);
    assert_int_equal(hear(1400, QUANTITY_OPACITY, "12.5", QUALITY_OK), SMOKE_BAD); /* doubled */
    assert_int_equal(until_good(1500), 2800);
    assert_int_equal(hear(2960, QUANTITY_OPACITY, "12.5", QUALITY_OK), SMOKE_BAD); /* late by more than a half */
    assert_int_equal(until_good(3060), 4360);
    assert_int_equal(hear(4400, QUANTITY_OPACITY, "12.5", QUALITY_OK), SMOKE_BAD); /* too early */
    assert_int_equal(until_good(4500), 5800);
    assert_int_equal(hear(5900, QUANTITY_OPACITY, "12.5", QUALITY_SUSPECT), SMOKE_BAD);
    assert_int_equal(until_good(6000), 7400); /* the doubtful one is no beginning */
    assert_int_equal(hear(7550, QUANTITY_OPACITY, "12.5", QUALITY_OK), SMOKE_GOOD); /* as late as it may be */
}

static void no_filter_for_what_cannot_be_filtered(void **state)
{
    (void)state;
    begin(QUANTITY_OPACITY);
    for (int64_t t_ms = 0; t_ms < 100000; t_ms += 2000) /* no filter of half a second at 0.5 Hz */
        assert_int_equal(hear(t_ms, QUANTITY_OPACITY, "12.5", QUALITY_OK), SMOKE_BAD);
    begin(QUANTITY_OPACITY);
    for (int64_t t_ms = 0; t_ms < 5000; t_ms += 100) /* fits as read, not with six decimals */
        assert_int_equal(hear(t_ms, QUANTITY_OPACITY, "9000000000000000000", QUALITY_OK), SMOKE_BAD);
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(a_filter_is_told_whole_or_not_at_all),
        LAW(senseless_figures_are_refused),
        LAW(the_other_quantity_serves_until_the_asked_one_is_heard),
        LAW(the_filter_is_believed_once_it_has_settled),
        LAW(what_breaks_the_rhythm_begins_again),
        LAW(no_filter_for_what_cannot_be_filtered),
    };
    return cmocka_run_group_tests_name("smoke", tests, NULL, NULL);
}
