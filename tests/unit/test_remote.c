/* Remote sensing by HJ 845-2017 with the shipped rule pack: validity, limits, and what the plate's history makes of it.
 */
#include "station/core/remote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"

static struct rule_pack *pack;
static struct rule *rule;
static struct passage passage;
static struct sample sample;
static struct remote_past past[40];
static size_t past_count;
static struct verdict verdict;

static void say(enum quantity quantity, const char *value)
{
    for (size_t i = 0; i < sample.count; i++)
        if (sample.readings[i].quantity == quantity) {
            sample.readings[i].value = law_decimal(value);
            return;
        }
    assert_true(sample_add(&sample, quantity, QUALITY_OK, law_decimal(value)));
}

static void take(enum quantity quantity)
{
    for (size_t i = 0; i < sample.count; i++)
        if (sample.readings[i].quantity == quantity)
            sample.readings[i] = sample.readings[--sample.count];
}

static void quality(enum quantity quantity, enum quality q)
{
    for (size_t i = 0; i < sample.count; i++)
        if (sample.readings[i].quantity == quantity)
            sample.readings[i].quality = q;
}

/* A diesel truck in good weather with little smoke. */
static void reset(void)
{
    past_count = 0;
    passage = (struct passage){.plate_colour = PLATE_YELLOW, .plate_text = "新B12345", .fuel = "diesel"};
    sample = (struct sample){.passage = &passage};
    say(QUANTITY_OPACITY, "4.2");
    say(QUANTITY_NO, "310");
    say(QUANTITY_SPEED, "46.81");
    say(QUANTITY_ACCELERATION, "0.21");
    say(QUANTITY_SLOPE, "0.2");
    say(QUANTITY_WIND_SPEED, "1.8");
    say(QUANTITY_AIR_TEMP, "27.4");
    say(QUANTITY_HUMIDITY, "31.5");
    say(QUANTITY_PRESSURE, "94.3");
    say(QUANTITY_PLATE_CONFIDENCE, "98.5");
}

static int open_law(void **state)
{
    (void)state;
    pack = law_open("hj845-2017");
    rule = law_rule(pack, "remote-sensing");
    reset();
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static enum verdict_kind judge_on(const char *day)
{
    struct err err = {0};
    struct sample before = sample;
    if (remote_judge(&verdict, pack, rule, LIMIT_CLASS_A, &sample, past, past_count, law_day(day), &err) != 0)
        fail_msg("%s", err.text);
    assert_memory_equal(&before, &sample, sizeof sample);
    return verdict.kind;
}

static enum verdict_kind judge(void)
{
    return judge_on("2026-07-01");
}

static void remember(const char *day, bool valid, uint64_t exceeded)
{
    struct remote_past *p = &past[past_count];
    *p = (struct remote_past){.day = law_day(day), .valid = valid, .exceeded = exceeded};
    snprintf(p->record, sizeof p->record, "652301-0007-P%08zu", ++past_count);
}

#define OPACITY (UINT64_C(1) << QUANTITY_OPACITY)
#define RINGELMANN (UINT64_C(1) << QUANTITY_RINGELMANN)

static bool has_reason(const char *text)
{
    for (size_t i = 0; i < verdict.reasons_count; i++)
        if (strcmp(verdict.reasons[i], text) == 0)
            return true;
    return false;
}

static void must_be_invalid(const char *reason)
{
    if (judge() != VERDICT_INVALID || verdict.reasons_count != 1 || strcmp(verdict.reasons[0], reason) != 0)
        fail_msg("%s with '%s' (%zu) instead of '%s'", verdict_kind_name(verdict.kind), verdict.reasons[0],
                 verdict.reasons_count, reason);
    assert_int_equal(verdict.values_count, 0);
    assert_int_equal(remote_exceeded(&verdict), 0);
}

static void a_valid_passage_with_little_smoke_passes(void **state)
{
    (void)state;
    assert_int_equal(judge(), VERDICT_PASS);
    assert_int_equal(verdict.reasons_count, 0);
    assert_int_equal(verdict.values_count, 2);
    assert_int_equal(verdict.values[0].quantity, QUANTITY_OPACITY);
    assert_string_equal(verdict.method, "remote-sensing");
    assert_string_equal(verdict.pack_id, "hj845-2017");
}

static void vsp_is_the_formula_of_the_platforms(void **state)
{
    (void)state;
    struct decimal vsp;
    /* v 46.81 km/h, a 0.21 m/s2, slope 0.2 degrees: a platform's record says 6.89 */
    assert_true(remote_vsp(law_decimal("46.81"), law_decimal("0.21"), law_decimal("0.2"), &vsp));
    assert_int_equal(vsp.units, 6889);
    assert_int_equal(vsp.digits, 3);
    assert_true(remote_vsp(law_decimal("0"), law_decimal("3"), law_decimal("5"), &vsp));
    assert_int_equal(vsp.units, 0);
    assert_true(remote_vsp(law_decimal("36"), law_decimal("-1"), law_decimal("0"), &vsp));
    assert_int_equal(vsp.units, -8565); /* 10 (-1.1 + 0.213) + 0.305 */
    assert_true(remote_vsp(law_decimal("36"), law_decimal("0"), law_decimal("30"), &vsp));
    assert_int_equal(vsp.units, 51485); /* 10 (4.905 + 0.213) + 0.305 */
}

/* Just outside, on, and just inside of every bound. */
static void validity_bounds(void **state)
{
    (void)state;
    static const struct {
        enum quantity quantity;
        const char *bad, *on, *good, *reason;
        bool on_is_good;
    } rows[] = {
        {QUANTITY_WIND_SPEED, "5.1", "5.0", "4.9", "wind_speed: 5.1 > 5.0", true},
        {QUANTITY_WIND_SPEED, "5.001", "5.000", "0", "wind_speed: 5.001 > 5.0", true},
        {QUANTITY_AIR_TEMP, "-30.1", "-30.0", "-29.9", "air_temp: -30.1 < -30.0", true},
        {QUANTITY_AIR_TEMP, "45.1", "45.0", "44.9", "air_temp: 45.1 > 45.0", true},
        {QUANTITY_HUMIDITY, "85.1", "85.0", "84.9", "humidity: 85.1 > 85.0", true},
        {QUANTITY_PRESSURE, "69.9", "70", "70.1", "pressure: 69.9 < 70.0", true},
        {QUANTITY_PRESSURE, "106.1", "106", "105.9", "pressure: 106.1 > 106.0", true},
        {QUANTITY_SLOPE, "-0.1", "0.0", "0.1", "slope: -0.1 < 0.0", true},
        {QUANTITY_SLOPE, "5.1", "5.0", "4.9", "slope: 5.1 > 5.0", true},
        {QUANTITY_PLATE_CONFIDENCE, "89.9", "90.0", "90.1", "plate_confidence: 89.9 < 90", true},
        {QUANTITY_RAIN, "1", "0", "0", "rain: 1 > 0", true},
        {QUANTITY_VSP, "-0.01", "0.00", "0.01", "vsp: -0.01 <= 0", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        reset();
        say(rows[i].quantity, rows[i].good);
        assert_int_equal(judge(), VERDICT_PASS);
        say(rows[i].quantity, rows[i].on);
        assert_int_equal(judge(), rows[i].on_is_good ? VERDICT_PASS : VERDICT_INVALID);
        say(rows[i].quantity, rows[i].bad);
        must_be_invalid(rows[i].reason);
    }
}

static void every_reason_is_listed(void **state)
{
    (void)state;
    say(QUANTITY_WIND_SPEED, "6.2");
    say(QUANTITY_HUMIDITY, "99");
    take(QUANTITY_PRESSURE);
    quality(QUANTITY_OPACITY, QUALITY_SUSPECT);
    passage.plate_text[0] = '\0';
    assert_int_equal(judge(), VERDICT_INVALID);
    assert_true(has_reason("plate: not read"));
    assert_true(has_reason("opacity: quality suspect"));
    assert_true(has_reason("wind_speed: 6.2 > 5.0"));
    assert_true(has_reason("humidity: 99 > 85.0"));
    assert_true(has_reason("pressure: not measured"));
    assert_int_equal(verdict.reasons_count, 5);
}

static void what_is_needed_must_be_there_and_good(void **state)
{
    (void)state;
    static const struct {
        enum quantity quantity;
        const char *name;
        bool needed;
    } rows[] = {
        {QUANTITY_WIND_SPEED, "wind_speed", true},
        {QUANTITY_AIR_TEMP, "air_temp", true},
        {QUANTITY_HUMIDITY, "humidity", true},
        {QUANTITY_PRESSURE, "pressure", true},
        {QUANTITY_PLATE_CONFIDENCE, "plate_confidence", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (enum quality q = QUALITY_WARM_UP; q < QUALITY_COUNT; q++) {
            char reason[VERDICT_REASON_MAX];
            reset();
            quality(rows[i].quantity, q);
            snprintf(reason, sizeof reason, "%s: quality %s", rows[i].name, quality_name(q));
            must_be_invalid(reason);
            take(rows[i].quantity);
            snprintf(reason, sizeof reason, "%s: not measured", rows[i].name);
            if (rows[i].needed)
                must_be_invalid(reason);
            else
                assert_int_equal(judge(), VERDICT_PASS);
        }
}

static void what_the_rule_does_not_rest_on_may_be_doubtful(void **state)
{
    (void)state;
    say(QUANTITY_CO2, "14.2");
    say(QUANTITY_K, "0.1");
    quality(QUANTITY_CO2, QUALITY_SUSPECT);
    quality(QUANTITY_K, QUALITY_OUT_OF_RANGE);
    assert_int_equal(judge(), VERDICT_PASS);
}

static void vsp_is_computed_only_from_good_readings(void **state)
{
    (void)state;
    static const enum quantity of[] = {QUANTITY_SPEED, QUANTITY_ACCELERATION, QUANTITY_SLOPE};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        reset();
        take(of[i]);
        must_be_invalid("vsp: not measured");
        reset();
        quality(of[i], QUALITY_SUSPECT);
        assert_int_equal(judge(), VERDICT_INVALID);
        assert_true(has_reason("vsp: not measured"));
    }
    reset();
    say(QUANTITY_ACCELERATION, "-1.0");
    must_be_invalid("vsp: -10.418 <= 0"); /* 13.0028 (-1.1 + 0.0342 + 0.213) + 0.6705 */
    say(QUANTITY_VSP, "1.0");             /* the device's own number goes before ours */
    assert_int_equal(judge(), VERDICT_PASS);
}

static void the_vehicle_must_be_known_and_a_diesel(void **state)
{
    (void)state;
    sample.passage = NULL;
    must_be_invalid("plate: not read");
    sample.passage = &passage;
    snprintf(passage.plate_text, sizeof passage.plate_text, "新B1234");
    assert_int_equal(judge(), VERDICT_INVALID);
    assert_int_equal(strncmp(verdict.reasons[0], "plate: ", 7), 0);
    reset();
    snprintf(passage.fuel, sizeof passage.fuel, "petrol");
    must_be_invalid("fuel: petrol; the rule is for diesel vehicles");
    passage.fuel[0] = '\0';
    assert_int_equal(judge(), VERDICT_PASS);
    assert_int_equal(verdict.reasons_count, 0);
    say(QUANTITY_OPACITY, "40");
    assert_int_equal(judge(), VERDICT_SUSPECT);
    assert_true(has_reason("fuel: not told by the device; judged as diesel, to be confirmed"));
    law_set(rule, "fuel-unknown-judged", "0");
    must_be_invalid("fuel: not told; the rule is for diesel vehicles");
    law_set(rule, "diesel-only", "0");
    snprintf(passage.fuel, sizeof passage.fuel, "petrol");
    assert_int_equal(judge(), VERDICT_SUSPECT);
}

static void smoke_must_have_been_measured(void **state)
{
    (void)state;
    take(QUANTITY_OPACITY);
    must_be_invalid("smoke: nothing measured that the rule has a limit for"); /* NO is screening */
    say(QUANTITY_RINGELMANN, "1");
    assert_int_equal(judge(), VERDICT_PASS);
}

static void limits_below_on_and_above(void **state)
{
    (void)state;
    static const struct {
        enum quantity quantity;
        const char *value;
        enum verdict_kind kind;
    } rows[] = {
        {QUANTITY_OPACITY, "29.9", VERDICT_PASS},     {QUANTITY_OPACITY, "30", VERDICT_PASS},
        {QUANTITY_OPACITY, "30.0", VERDICT_PASS},     {QUANTITY_OPACITY, "30.5", VERDICT_PASS}, /* 30: half to even */
        {QUANTITY_OPACITY, "30.51", VERDICT_SUSPECT}, {QUANTITY_OPACITY, "31", VERDICT_SUSPECT},
        {QUANTITY_RINGELMANN, "0", VERDICT_PASS},     {QUANTITY_RINGELMANN, "1", VERDICT_PASS},
        {QUANTITY_RINGELMANN, "2", VERDICT_SUSPECT},  {QUANTITY_RINGELMANN, "5", VERDICT_SUSPECT},
        {QUANTITY_NO, "1500", VERDICT_PASS},          {QUANTITY_NO, "1501", VERDICT_PASS},
        {QUANTITY_NO, "99999", VERDICT_PASS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        reset();
        say(rows[i].quantity, rows[i].value);
        if (judge() != rows[i].kind)
            fail_msg("%s %s: %s", quantity_name(rows[i].quantity), rows[i].value, verdict_kind_name(verdict.kind));
        assert_int_equal(remote_exceeded(&verdict),
                         rows[i].kind == VERDICT_SUSPECT ? UINT64_C(1) << rows[i].quantity : 0);
    }
}

static void screening_shows_high_emitters_and_needs_no_quality(void **state)
{
    (void)state;
    say(QUANTITY_NO, "1501");
    assert_int_equal(judge(), VERDICT_PASS);
    assert_int_equal(verdict.values_count, 2);
    assert_int_equal(verdict.values[1].quantity, QUANTITY_NO);
    assert_true(verdict.values[1].exceeded && verdict.values[1].screening);
    quality(QUANTITY_NO, QUALITY_SUSPECT);
    assert_int_equal(judge(), VERDICT_PASS);
    assert_int_equal(verdict.values_count, 1);
}

static void two_in_a_row_fail_and_cite_the_first(void **state)
{
    (void)state;
    say(QUANTITY_OPACITY, "38.7");
    assert_int_equal(judge(), VERDICT_SUSPECT);
    assert_int_equal(verdict.reasons_count, 1);
    assert_string_equal(verdict.reasons[0], "opacity: 39 > 30");
    remember("2026-06-30", true, OPACITY);
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_int_equal(verdict.reasons_count, 3);
    assert_string_equal(verdict.reasons[0], "opacity: 39 > 30");
    assert_string_equal(verdict.reasons[1], "opacity: exceeded 2 times in a row within 6 months");
    assert_string_equal(verdict.reasons[2], "opacity: before on 2026-06-30: 652301-0007-P00000001");
}

static void another_pollutant_does_not_count(void **state)
{
    (void)state;
    say(QUANTITY_OPACITY, "38.7");
    remember("2026-06-30", true, RINGELMANN);
    assert_int_equal(judge(), VERDICT_SUSPECT);
    say(QUANTITY_RINGELMANN, "3");
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_true(has_reason("ringelmann: before on 2026-06-30: 652301-0007-P00000001"));
    assert_true(has_reason("opacity: 39 > 30"));
    remember("2026-06-30", true, OPACITY);
    take(QUANTITY_RINGELMANN);
    assert_int_equal(judge(), VERDICT_FAIL);
    say(QUANTITY_RINGELMANN, "3"); /* fails by opacity; the Ringelmann grade alone would be a suspect */
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_false(has_reason("ringelmann: before on 2026-06-30: 652301-0007-P00000001"));
}

static void valid_passages_reset_and_invalid_ones_do_not(void **state)
{
    (void)state;
    say(QUANTITY_OPACITY, "38.7");
    remember("2026-06-01", true, OPACITY);
    remember("2026-06-02", false, 0);
    assert_int_equal(judge(), VERDICT_FAIL);
    remember("2026-06-03", false, OPACITY); /* invalid: whatever it says, it does not count */
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_int_equal(verdict.reasons_count, 3);
    remember("2026-06-04", true, 0);
    assert_int_equal(judge(), VERDICT_SUSPECT);
    remember("2026-06-05", false, OPACITY);
    assert_int_equal(judge(), VERDICT_SUSPECT);
    remember("2026-06-06", true, OPACITY | RINGELMANN);
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_true(has_reason("opacity: before on 2026-06-06: 652301-0007-P00000006"));
    assert_false(has_reason("opacity: before on 2026-06-01: 652301-0007-P00000001"));
}

/* Six calendar months run to the same day of the month, or to its last day where there is no such day. */
static void the_window_of_six_calendar_months(void **state)
{
    (void)state;
    static const struct {
        const char *first, *last_day, *day_after;
    } rows[] = {
        {"2026-01-01", "2026-07-01", "2026-07-02"}, {"2026-01-31", "2026-07-31", "2026-08-01"},
        {"2025-08-31", "2026-02-28", "2026-03-01"}, {"2023-08-31", "2024-02-29", "2024-03-01"},
        {"2025-08-29", "2026-02-28", "2026-03-01"}, {"2023-08-29", "2024-02-29", "2024-03-01"},
        {"2024-02-29", "2024-08-29", "2024-08-30"}, {"2026-02-28", "2026-08-28", "2026-08-29"},
        {"2026-03-31", "2026-09-30", "2026-10-01"}, {"2025-12-31", "2026-06-30", "2026-07-01"},
        {"2025-10-15", "2026-04-15", "2026-04-16"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        reset();
        say(QUANTITY_OPACITY, "38.7");
        remember(rows[i].first, true, OPACITY);
        assert_int_equal(judge_on(rows[i].first), VERDICT_FAIL); /* twice on one day */
        assert_int_equal(judge_on(rows[i].last_day), VERDICT_FAIL);
        assert_int_equal(judge_on(rows[i].day_after), VERDICT_SUSPECT);
    }
}

static void a_record_of_the_future_proves_nothing(void **state)
{
    (void)state;
    say(QUANTITY_OPACITY, "38.7");
    remember("2046-06-30", true, OPACITY);
    assert_int_equal(judge(), VERDICT_SUSPECT);
    past_count = 0;
    remember("2026-06-30", true, OPACITY);
    remember("2046-06-30", true, 0); /* and takes nothing away */
    assert_int_equal(judge(), VERDICT_FAIL);
}

static void longer_rows_by_parameter(void **state)
{
    (void)state;
    law_set(rule, "consecutive", "3");
    say(QUANTITY_OPACITY, "38.7");
    remember("2026-05-30", true, OPACITY);
    assert_int_equal(judge(), VERDICT_SUSPECT);
    remember("2026-06-30", true, OPACITY);
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_true(has_reason("opacity: exceeded 3 times in a row within 6 months"));
    assert_true(has_reason("opacity: before on 2026-05-30: 652301-0007-P00000001"));
    law_set(rule, "window-months", "1");
    assert_int_equal(judge(), VERDICT_SUSPECT); /* 30 May is more than a month ago */
    law_set(rule, "consecutive", "1");
    past_count = 0;
    assert_int_equal(judge(), VERDICT_FAIL);
}

static void a_long_row_does_not_overflow(void **state)
{
    (void)state;
    say(QUANTITY_OPACITY, "38.7");
    for (int i = 0; i < 40; i++)
        remember("2026-06-30", true, OPACITY);
    assert_int_equal(judge(), VERDICT_FAIL);
    assert_string_equal(verdict.reasons[1], "opacity: exceeded 41 times in a row within 6 months");
    assert_int_equal(verdict.reasons_count, VERDICT_REASONS_MAX);
}

static void rules_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct err err = {0};
    snprintf(rule->params[rule->params_count].name, RULES_ID_MAX, "wind-sped-max");
    rule->params_count++;
    assert_int_equal(remote_check_rule(rule, &err), -1);
    assert_non_null(strstr(err.text, "parameter 'wind-sped-max' means nothing"));
    rule->params_count--;
    assert_int_equal(remote_check_rule(rule, &err), 0);
    for (size_t i = 0; i < rule->limits_count; i++)
        rule->limits[i].screening = true;
    assert_int_equal(remote_check_rule(rule, &err), -1);
    assert_non_null(strstr(err.text, "no limit that carries a verdict"));
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(a_valid_passage_with_little_smoke_passes),
        LAW(vsp_is_the_formula_of_the_platforms),
        LAW(validity_bounds),
        LAW(every_reason_is_listed),
        LAW(what_is_needed_must_be_there_and_good),
        LAW(what_the_rule_does_not_rest_on_may_be_doubtful),
        LAW(vsp_is_computed_only_from_good_readings),
        LAW(the_vehicle_must_be_known_and_a_diesel),
        LAW(smoke_must_have_been_measured),
        LAW(limits_below_on_and_above),
        LAW(screening_shows_high_emitters_and_needs_no_quality),
        LAW(two_in_a_row_fail_and_cite_the_first),
        LAW(another_pollutant_does_not_count),
        LAW(valid_passages_reset_and_invalid_ones_do_not),
        LAW(the_window_of_six_calendar_months),
        LAW(a_record_of_the_future_proves_nothing),
        LAW(longer_rows_by_parameter),
        LAW(a_long_row_does_not_overflow),
        LAW(rules_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
