/*
 * How an outlet is fed: claims grow only while they are through quickly, never over a limited or failing line; hours
 * around midnight; pauses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/pace.h"

static void claims_grow_while_they_are_through_quickly(void **state)
{
    (void)state;
    struct pace p = {0};
    int64_t now_ms = 1000000;
    static const size_t expected[] = {PACE_SLOTS, 8, 16, 32, 64, 128, 256, 256};
    p.claimed_ms = now_ms;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(pace_room(&p, false, 0), expected[i]);
        pace_claimed(&p, expected[i], expected[i], now_ms += 499);
    }
    assert_int_equal(pace_room(&p, false, 127), 129); /* a new claim when half is through, not with each */
    assert_int_equal(pace_room(&p, false, 128), 0);
    assert_int_equal(pace_room(&p, true, 0), 1);
    assert_int_equal(pace_room(&p, true, 1), 0);
}

static void claims_shrink_at_once(void **state)
{
    (void)state;
    struct pace p = {.claims = 64, .claimed_ms = 1000};
    pace_claimed(&p, 64, 64, 1500); /* slow */
    assert_int_equal(pace_room(&p, false, 0), PACE_SLOTS);
    p = (struct pace){.claims = 64, .claimed_ms = 1000};
    pace_claimed(&p, 64, 63, 1001); /* there was no more */
    assert_int_equal(pace_room(&p, false, 0), PACE_SLOTS);
    p = (struct pace){.claims = 64, .claimed_ms = 1000};
    pace_claimed(&p, 64, 64, 999); /* the clock was set back */
    assert_int_equal(pace_room(&p, false, 0), PACE_SLOTS);
    p = (struct pace){.claims = 64, .claimed_ms = 1000};
    pace_away(&p, 2000, 1000, 0);
    assert_int_equal(pace_room(&p, false, 0), 1);
    assert_true(pace_answers(&p, 1));
    assert_false(pace_answers(&p, 1));
    assert_int_equal(pace_room(&p, false, 0), PACE_SLOTS);
    assert_int_equal(pace_room(&p, false, PACE_SLOTS - 1), 1);
}

/* Requests run side by side: one that was begun earlier may be answered after another was told to come back later. */
static void an_answer_from_before_a_pause_does_not_end_it(void **state)
{
    (void)state;
    struct pace p = {0};
    unsigned before = p.pauses;
    pace_away(&p, 61000, 1000, 60000);
    assert_false(pace_answers(&p, before));
    assert_int_equal(p.pause_until_ms, 61000);
    assert_int_equal(p.failures, 1);
    assert_true(pace_answers(&p, p.pauses));
    assert_int_equal(p.pause_until_ms, 0);
}

static void a_pause_is_short_unless_it_is_asked_for(void **state)
{
    (void)state;
    struct pace p = {0};
    pace_away(&p, 10000, 5000, 0);
    assert_int_equal(p.pause_until_ms, 10000);
    pace_away(&p, 5000 + 300000, 5000, 0);
    assert_int_equal(p.pause_until_ms, 5000 + PACE_PAUSE_MS);
    pace_away(&p, 5000 + 300000, 5000, 300000);
    assert_int_equal(p.pause_until_ms, 5000 + 300000);
}

static bool open_at(int from, int to, int hour, int minute)
{
    int64_t local_ms = 20000 * INT64_C(86400000) + (hour * 60 + minute) * INT64_C(60000);
    return pace_is_open(from, to, local_ms - 480 * INT64_C(60000), 480);
}

static void hours_may_go_over_midnight(void **state)
{
    (void)state;
    assert_true(open_at(0, 0, 12, 0) && open_at(600, 600, 0, 0));
    assert_true(open_at(480, 1080, 8, 0) && open_at(480, 1080, 17, 59));
    assert_false(open_at(480, 1080, 7, 59) || open_at(480, 1080, 18, 0));
    assert_true(open_at(1200, 390, 20, 0) && open_at(1200, 390, 23, 59) && open_at(1200, 390, 6, 29));
    assert_false(open_at(1200, 390, 6, 30) || open_at(1200, 390, 19, 59));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_grow_while_they_are_through_quickly),
        cmocka_unit_test(claims_shrink_at_once),
        cmocka_unit_test(an_answer_from_before_a_pause_does_not_end_it),
        cmocka_unit_test(a_pause_is_short_unless_it_is_asked_for),
        cmocka_unit_test(hours_may_go_over_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
