/* Finding accelerations: thresholds, interruptions and times exactly at their bounds. */
#include "station/core/snap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"

static struct snap snap;
static struct snap_window window;
static int windows;
static int64_t now;

static void begin(void)
{
    const struct snap_params params = {.k_rise = law_decimal("0.05"),
                                       .rpm_rise = law_decimal("300"),
                                       .rpm_min = law_decimal("300"),
                                       .k_share_percent = 20,
                                       .rpm_share_percent = 40,
                                       .k_high_ms = 250,
                                       .settle_ms = 1500,
                                       .longest_ms = 20000,
                                       .rpm_gap_ms = 2500,
                                       .gap_ms = 50,
                                       .gap_percent = 180,
                                       .manual_ms = 6000};
    snap_init(&snap, &params);
    windows = 0;
    now = 0;
    window = (struct snap_window){0};
}

static void pass(int64_t ms)
{
    now += ms;
    while (snap_advance(&snap, now, &window))
        windows++;
}

static void k(const char *value)
{
    snap_k(&snap, now, law_decimal(value));
}

static void rpm(const char *value)
{
    snap_rpm(&snap, now, law_decimal(value));
}

/* Samples every 100 ms. */
static void ks(const char *value, int count)
{
    for (int i = 0; i < count; i++) {
        pass(100);
        k(value);
    }
}

static void a_rise_of_exactly_the_threshold_opens(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("0.14", 5);
    assert_false(snap_is_open(&snap));
    ks("0.149999", 1);
    assert_false(snap_is_open(&snap));
    ks("0.15", 1);
    assert_true(snap_is_open(&snap));
    assert_int_equal(snap.window.from_ms, now);
}

static void the_lowest_value_is_the_base(void **state)
{
    (void)state;
    begin();
    ks("0.10", 2);
    ks("0.06", 1);
    ks("0.10", 2);
    assert_false(snap_is_open(&snap));
    ks("0.11", 1);
    assert_true(snap_is_open(&snap));
}

static void the_fall_to_half_of_the_threshold_returns(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("0.20", 5);
    ks("0.126", 20); /* threshold 0.05, half of it 0.025 */
    assert_true(snap.k.high);
    ks("0.125", 1);
    assert_false(snap.k.high);
    int64_t low = now;
    pass(1499);
    assert_int_equal(windows, 0);
    assert_int_equal(snap_next_ms(&snap), low + 1500);
    pass(1);
    assert_int_equal(windows, 1);
    assert_int_equal(window.to_ms, low);
    assert_false(snap_is_open(&snap));
}

static void the_threshold_grows_with_the_largest_rise(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("1.10", 5); /* largest rise 1.00: threshold 0.20, half of it 0.10 */
    ks("0.21", 5);
    assert_true(snap.k.high);
    ks("0.20", 20);
    assert_int_equal(windows, 1);
    ks("0.10", 5);
    ks("0.29", 5);
    assert_false(snap_is_open(&snap));
    ks("0.30", 1);
    assert_true(snap_is_open(&snap));
}

static void the_base_is_taken_anew_after_each_return(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("1.10", 5);
    ks("0.18", 20); /* rests higher than before */
    assert_int_equal(windows, 1);
    ks("0.37", 1);
    assert_false(snap_is_open(&snap));
    ks("0.38", 1);
    assert_true(snap_is_open(&snap));
}

static void a_new_rise_while_settling_belongs_to_the_window(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("0.60", 5);
    ks("0.10", 10);
    ks("0.90", 5);
    ks("0.10", 14);
    assert_int_equal(windows, 0);
    ks("0.10", 3);
    assert_int_equal(windows, 1);
    assert_int_equal(decimal_compare(window.max_k, law_decimal("0.90")), 0);
}

static void a_short_rise_is_a_disturbance(void **state)
{
    (void)state;
    static const struct {
        int64_t high_ms;
        int windows;
    } rows[] = {{249, 0}, {250, 1}, {251, 1}};
    for (size_t i = 0; i < 3; i++) {
        begin();
        ks("0.10", 5);
        pass(100);
        k("0.50");
        pass(rows[i].high_ms);
        k("0.10");
        pass(5000);
        assert_int_equal(windows, rows[i].windows);
        assert_false(snap_is_open(&snap));
    }
}

static void an_interval_above_both_bounds_is_an_interruption(void **state)
{
    (void)state;
    static const struct {
        int64_t usual, interval;
        bool spoils;
    } rows[] = {{100, 100, false},  {100, 180, false}, {100, 181, true}, {20, 36, false},
                {20, 37, false},    {20, 50, false},   {20, 51, true},   {1000, 1800, false},
                {1000, 1801, true}, {30, 54, false},   {30, 55, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        for (int n = 0; n < 100; n++) {
            pass(rows[i].usual);
            k("0.10");
        }
        pass(rows[i].usual);
        k("0.50");
        pass(rows[i].interval);
        k("0.60");
        assert_int_equal(snap.window.spoiled, rows[i].spoils);
    }
}

static void the_usual_interval_is_not_moved_by_losses(void **state)
{
    (void)state;
    begin();
    for (int n = 0; n < 40; n++) { /* half of the samples are lost, in an irregular way */
        pass(n % 4 < 2 ? 100 : n % 4 == 2 ? 200 : 300);
        k("0.10");
    }
    pass(5000); /* nothing for long: settled */
    k("0.10");
    for (int n = 0; n < 16; n++) {
        pass(100);
        k("0.10");
    }
    pass(100);
    k("0.50");
    assert_false(snap.window.spoiled);
    pass(200);
    k("0.60");
    assert_true(snap.window.spoiled);
}

static void the_usual_interval_does_not_depend_on_the_order(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        begin();
        for (int n = 0; n < 33; n++) { /* every other interval is long, none is an interruption */
            pass(n % 2 == first ? 170 : 100);
            k("0.10");
        }
        pass(100);
        k("0.50");
        assert_false(snap.window.spoiled);
        pass(190);
        k("0.60");
        assert_true(snap.window.spoiled);
    }
}

static void samples_that_come_bunched_do_not_shorten_the_usual_interval(void **state)
{
    (void)state;
    for (int at = 0; at < 16; at++) {
        begin();
        for (int n = 0; n < 60 + at; n++) { /* three of sixteen come right behind the one before */
            pass(n % 6 == 2 ? 10 : 100);
            k("0.10");
        }
        pass(100);
        k("0.50");
        pass(170);
        k("0.60");
        assert_false(snap.window.spoiled);
    }
}

static void samples_of_one_moment_are_no_interval(void **state)
{
    (void)state;
    begin();
    for (int n = 0; n < 50; n++) {
        pass(500);
        k("0.10");
        k("0.10");
    }
    pass(500);
    k("0.50");
    pass(500);
    k("0.60");
    assert_false(snap.window.spoiled);
}

static void the_pace_before_is_known(void **state)
{
    (void)state;
    begin();
    for (int n = 0; n < 10; n++) {
        pass(100);
        snap_pace(&snap, now);
    }
    pass(100);
    k("0.10");
    pass(300);
    k("0.90");
    assert_true(snap_is_open(&snap));
    assert_true(snap.window.spoiled);
}

static void trouble_shortly_before_spoils(void **state)
{
    (void)state;
    for (int64_t before = 1400; before <= 1600; before += 100) {
        begin();
        ks("0.10", 30);
        pass(100);
        snap_k_bad(&snap, now);
        int64_t bad = now;
        ks("0.10", (int)(before / 100) - 1);
        ks("0.50", 1);
        assert_int_equal(now - bad, before);
        assert_true(snap_is_open(&snap));
        assert_int_equal(snap.window.spoiled, before <= 1500);
    }
}

static void silence_at_the_end_spoils(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("0.50", 5);
    ks("0.10", 1);
    pass(1500);
    assert_int_equal(windows, 1);
    assert_true(window.spoiled);
    begin();
    ks("0.10", 5);
    ks("0.50", 5);
    ks("0.10", 15);
    pass(100);
    assert_int_equal(windows, 1);
    assert_false(window.spoiled);
}

static void a_bad_reading_outside_harms_nothing_inside_spoils(void **state)
{
    (void)state;
    begin();
    snap_k_bad(&snap, now);
    ks("0.10", 20);
    ks("0.50", 5);
    assert_false(snap.window.spoiled);
    pass(100);
    snap_k_bad(&snap, now);
    assert_true(snap.window.spoiled);
}

static void the_maximum_is_of_the_whole_window(void **state)
{
    (void)state;
    begin();
    ks("9.99", 1); /* before: not of the window */
    ks("0.10", 30);
    ks("0.50", 3);
    ks("0.70", 1);
    ks("0.70", 1);
    ks("0.69", 3);
    ks("0.10", 30);
    assert_int_equal(windows, 1);
    assert_int_equal(decimal_compare(window.max_k, law_decimal("0.70")), 0);
}

static void a_window_that_never_returns_is_closed(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    ks("0.50", 1);
    int64_t opened = now;
    assert_int_equal(snap_next_ms(&snap), opened + 20000);
    ks("0.50", 199);
    assert_int_equal(windows, 0);
    ks("0.50", 1);
    assert_int_equal(windows, 1);
    assert_true(window.too_long);
    assert_int_equal(window.to_ms, opened + 20000);
    assert_false(snap_is_open(&snap));
    ks("0.54", 20); /* 0.50 is its rest now */
    assert_false(snap_is_open(&snap));
    ks("0.60", 1);
    assert_true(snap_is_open(&snap));
}

static void a_rise_after_the_longest_time_closes_at_once(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    for (int i = 0; i < 12; i++) { /* the pedal is pumped: never still for long enough */
        ks("0.60", 9);
        ks("0.10", 10);
    }
    assert_int_equal(windows, 1);
    assert_true(window.too_long);
    assert_true(window.to_ms >= window.from_ms + 20000);
    assert_true(snap.k.high_ms >= 0);
}

/* ---- engine speed ---- */

static void both(const char *k_value, const char *rpm_value, int count)
{
    for (int i = 0; i < count; i++) {
        pass(100);
        rpm(rpm_value);
        k(k_value);
    }
}

static void engine_speed_decides_where_it_is_known(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    both("0.90", "1049", 5);
    both("0.10", "750", 20);
    assert_int_equal(windows, 0); /* smoke without speed */
    both("0.10", "1050", 30);
    assert_true(snap_is_open(&snap));
    both("0.10", "2750", 10);
    both("0.10", "750", 20);
    assert_int_equal(windows, 1); /* speed without smoke */
    assert_true(window.with_rpm);
    assert_int_equal(window.rpm_high_ms, 4000);
    assert_int_equal(decimal_compare(window.max_rpm, law_decimal("2750")), 0);
    both("0.10", "1549", 30); /* 40 % of 2000 is 800 */
    assert_false(snap_is_open(&snap));
    both("0.10", "1550", 1);
    assert_true(snap_is_open(&snap));
}

static void smoke_and_speed_share_a_window(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    both("0.10", "2400", 10); /* smoke comes late */
    both("0.80", "2400", 5);
    both("0.80", "750", 20); /* and stays longer */
    both("0.10", "750", 14);
    assert_int_equal(windows, 0);
    both("0.10", "750", 3);
    assert_int_equal(windows, 1);
    assert_int_equal(decimal_compare(window.max_k, law_decimal("0.80")), 0);
    assert_int_equal(window.rpm_high_ms, 1500);
}

static void speed_below_the_minimum_is_no_speed(void **state)
{
    (void)state;
    begin();
    both("0.10", "299", 5);
    both("0.50", "299", 5);
    assert_false(snap.window.with_rpm);
    both("0.10", "299", 20);
    assert_int_equal(windows, 1);
    begin();
    both("0.10", "300", 5);
    both("0.50", "300", 5);
    assert_true(snap.window.with_rpm);
}

static void speed_is_forgotten_after_the_gap(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    ks("0.10", 24);
    assert_true(snap.last_rpm_ms >= 0);
    ks("0.10", 1);
    assert_true(snap.last_rpm_ms < 0);
    ks("0.50", 5);
    assert_false(snap.window.with_rpm);
    assert_false(snap.window.spoiled);
}

static void speed_that_is_lost_spoils_a_window_that_rests_on_it(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    both("0.10", "2400", 5);
    int64_t last = now;
    ks("0.10", 24);
    assert_false(snap.window.spoiled);
    assert_int_equal(snap_next_ms(&snap), last + 2500);
    ks("0.10", 1);
    assert_true(snap.window.spoiled);
    ks("0.10", 15);
    assert_int_equal(windows, 1);
    begin(); /* one that does not rest on it */
    ks("0.10", 5);
    ks("0.50", 1);
    both("0.50", "750", 5);
    snap_rpm_bad(&snap, now);
    assert_false(snap.window.spoiled);
    snap_rpm_bad(&snap, now);
    ks("0.10", 20);
    assert_int_equal(windows, 1);
    assert_false(window.with_rpm);
}

static void speed_lost_while_high_lets_the_window_settle(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    both("0.10", "2400", 5);
    snap_rpm_bad(&snap, now);
    int64_t lost = now;
    ks("0.10", 16);
    assert_int_equal(windows, 1);
    assert_int_equal(window.to_ms, lost);
}

static void speed_lost_while_smoke_is_high_waits_for_the_smoke(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    both("0.50", "2400", 5);
    snap_rpm_bad(&snap, now);
    ks("0.50", 30);
    assert_true(snap_is_open(&snap));
    ks("0.10", 17);
    assert_int_equal(windows, 1);
}

/* ---- the operator ---- */

static void the_operator_opens_a_window(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    assert_true(snap_manual(&snap, now));
    assert_false(snap_manual(&snap, now));
    int64_t opened = now;
    ks("0.13", 10);
    assert_int_equal(snap_next_ms(&snap), opened + 6000);
    ks("0.10", 49);
    assert_int_equal(windows, 0);
    ks("0.10", 1);
    assert_int_equal(windows, 1);
    assert_true(window.manual);
    assert_false(window.spoiled);
    assert_int_equal(window.from_ms, opened);
    assert_int_equal(window.to_ms, opened + 6000);
    assert_int_equal(decimal_compare(window.max_k, law_decimal("0.13")), 0);
    ks("0.50", 5); /* the next one is found by itself, and told so */
    ks("0.10", 20);
    assert_int_equal(windows, 2);
    assert_false(window.manual);
}

static void a_late_rise_keeps_the_operators_window_open(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    assert_true(snap_manual(&snap, now));
    ks("0.10", 55);
    ks("0.50", 10);
    ks("0.10", 1);
    int64_t low = now;
    ks("0.10", 16);
    assert_int_equal(windows, 1);
    assert_false(window.manual);
    assert_int_equal(window.to_ms, low);
}

static void the_operator_cannot_overrule_the_engine_speed(void **state)
{
    (void)state;
    begin();
    both("0.10", "750", 5);
    assert_false(snap_manual(&snap, now));
    assert_false(snap_is_open(&snap));
}

static void nothing_seen_is_nothing_measured(void **state)
{
    (void)state;
    begin();
    assert_true(snap_manual(&snap, now));
    pass(6000);
    assert_int_equal(windows, 1);
    assert_true(window.spoiled);
    assert_false(window.has_max);
}

static void values_beyond_all_instruments_do_no_harm(void **state)
{
    (void)state;
    begin();
    ks("0.10", 5);
    pass(100);
    snap_k(&snap, now, (struct decimal){.units = INT64_MAX});
    pass(300);
    snap_k(&snap, now, (struct decimal){.units = INT64_MIN + 1});
    pass(100);
    snap_k(&snap, now, (struct decimal){.units = INT64_MIN + 1, .digits = 6});
    pass(100);
    snap_k(&snap, now, (struct decimal){.units = INT64_MAX, .digits = 9});
    pass(60000);
    assert_false(snap_is_open(&snap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rise_of_exactly_the_threshold_opens),
        cmocka_unit_test(the_lowest_value_is_the_base),
        cmocka_unit_test(the_fall_to_half_of_the_threshold_returns),
        cmocka_unit_test(the_threshold_grows_with_the_largest_rise),
        cmocka_unit_test(the_base_is_taken_anew_after_each_return),
        cmocka_unit_test(a_new_rise_while_settling_belongs_to_the_window),
        cmocka_unit_test(a_short_rise_is_a_disturbance),
        cmocka_unit_test(an_interval_above_both_bounds_is_an_interruption),
        cmocka_unit_test(the_usual_interval_is_not_moved_by_losses),
        cmocka_unit_test(the_usual_interval_does_not_depend_on_the_order),
        cmocka_unit_test(samples_that_come_bunched_do_not_shorten_the_usual_interval),
        cmocka_unit_test(samples_of_one_moment_are_no_interval),
        cmocka_unit_test(the_pace_before_is_known),
        cmocka_unit_test(trouble_shortly_before_spoils),
        cmocka_unit_test(silence_at_the_end_spoils),
        cmocka_unit_test(a_bad_reading_outside_harms_nothing_inside_spoils),
        cmocka_unit_test(the_maximum_is_of_the_whole_window),
        cmocka_unit_test(a_window_that_never_returns_is_closed),
        cmocka_unit_test(a_rise_after_the_longest_time_closes_at_once),
        cmocka_unit_test(engine_speed_decides_where_it_is_known),
        cmocka_unit_test(smoke_and_speed_share_a_window),
        cmocka_unit_test(speed_below_the_minimum_is_no_speed),
        cmocka_unit_test(speed_is_forgotten_after_the_gap),
        cmocka_unit_test(speed_that_is_lost_spoils_a_window_that_rests_on_it),
        cmocka_unit_test(speed_lost_while_high_lets_the_window_settle),
        cmocka_unit_test(speed_lost_while_smoke_is_high_waits_for_the_smoke),
        cmocka_unit_test(the_operator_opens_a_window),
        cmocka_unit_test(a_late_rise_keeps_the_operators_window_open),
        cmocka_unit_test(the_operator_cannot_overrule_the_engine_speed),
        cmocka_unit_test(nothing_seen_is_nothing_measured),
        cmocka_unit_test(values_beyond_all_instruments_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
