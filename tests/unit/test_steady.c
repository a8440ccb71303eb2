/* Means at a fixed point: what counts, what begins them anew, when they are whole. */
#include "station/core/steady.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { EVERY_MS = 200 };

static const struct steady_plan plan = {.settle_ms = 1000, .measure_ms = 2000, .gap_ms = 250, .gap_percent = 180};
static const struct rule_limit limits[] = {{.quantity = QUANTITY_K, .point = 100},
                                           {.quantity = QUANTITY_NOX, .point = 100},
                                           {.quantity = QUANTITY_K, .point = 100},
                                           {.quantity = QUANTITY_CO, .point = 80}};
static struct steady s;

static void begin(void)
{
    steady_init(&s, &plan, limits, sizeof limits / sizeof limits[0], 100);
    steady_begin(&s, 0);
}

/* k = 1.00 and nox = the time in ms, or only one of them (the other QUANTITY_COUNT). */
static bool hear(int64_t t_ms, enum quantity k, enum quantity nox, enum quality quality)
{
    struct sample sample = {.t_ms = t_ms};
    if (k != QUANTITY_COUNT)
        sample_add(&sample, k, quality, (struct decimal){100, 2});
    if (nox != QUANTITY_COUNT)
        sample_add(&sample, nox, QUALITY_OK, (struct decimal){t_ms, 0});
    return steady_take(&s, &sample, t_ms);
}

static bool hear_both(int64_t t_ms)
{
    return hear(t_ms, QUANTITY_K, QUANTITY_NOX, QUALITY_OK);
}

/* Good samples from then on until the means are whole; when that was. */
static int64_t until_whole(int64_t t_ms)
{
    for (int64_t end = t_ms + 60000; t_ms < end; t_ms += EVERY_MS)
        if (hear_both(t_ms))
            return t_ms;
    fail_msg("never whole");
    return -1;
}

static void assert_mean(enum quantity quantity, int64_t units)
{
    struct decimal mean;
    assert_true(steady_mean(&s, quantity, &mean));
    assert_int_equal(mean.digits, STEADY_DIGITS);
    assert_int_equal(mean.units, units);
}

static void means_are_of_what_comes_after_settling(void **state)
{
    (void)state;
    struct decimal mean;
    begin();
    assert_int_equal(s.count, 2); /* k once, and nothing of the other point */
    assert_int_equal(until_whole(0), 3000);
    assert_mean(QUANTITY_K, 1000000);
    assert_mean(QUANTITY_NOX, 2000000000); /* of 1000, 1200 … 3000 */
    assert_false(steady_mean(&s, QUANTITY_CO, &mean));
    assert_false(hear_both(3200)); /* it has stopped */
    assert_mean(QUANTITY_NOX, 2000000000);
}

static void tells_how_long_it_takes_yet(void **state)
{
    (void)state;
    begin();
    assert_int_equal(steady_left_ms(&s, 0), 3000);
    assert_int_equal(steady_left_ms(&s, 2999), 1);
    assert_int_equal(steady_left_ms(&s, 3000), 0);
    assert_int_equal(steady_left_ms(&s, 9000), 0);
    steady_stop(&s);
    assert_int_equal(steady_left_ms(&s, 9000), 3000); /* all of it, once it begins again */
}

static void nothing_counts_while_the_engine_does_not_run_so(void **state)
{
    (void)state;
    begin();
    steady_stop(&s);
    for (int64_t t_ms = 0; t_ms < 10000; t_ms += EVERY_MS)
        assert_false(hear_both(t_ms));
    steady_begin(&s, 10000);
    assert_int_equal(until_whole(10000), 13000);
    assert_mean(QUANTITY_NOX, 12000000000); /* of 11000, 11200 … 13000 */
}

static void samples_of_one_moment_count_once(void **state)
{
    (void)state;
    begin();
    for (int64_t t_ms = 0; t_ms < 2000; t_ms += EVERY_MS)
        hear_both(t_ms);
    hear_both(2000);
    struct sample again = {.t_ms = 2000};
    sample_add(&again, QUANTITY_K, QUALITY_SUSPECT, (struct decimal){900, 2});
    assert_false(steady_take(&s, &again, 2000)); /* does not even begin it anew */
    assert_int_equal(until_whole(2200), 3000);
    assert_mean(QUANTITY_K, 1000000);
}

static void a_doubtful_or_missing_reading_begins_anew(void **state)
{
    (void)state;
    begin();
    for (int64_t t_ms = 0; t_ms < 2000; t_ms += EVERY_MS)
        hear_both(t_ms);
    assert_false(hear(2000, QUANTITY_K, QUANTITY_NOX, QUALITY_SUSPECT));
    assert_int_equal(until_whole(2200), 4000);
    assert_mean(QUANTITY_NOX, 3100000000); /* of 2200, 2400 … 4000 */

    begin();
    for (int64_t t_ms = 0; t_ms < 2000; t_ms += EVERY_MS)
        hear_both(t_ms);
    assert_int_equal(until_whole(2600), 4600); /* 2000 to 2400 are missing */

    begin(); /* doubt while it settles is none */
    hear(0, QUANTITY_K, QUANTITY_NOX, QUALITY_SUSPECT);
    hear(200, QUANTITY_K, QUANTITY_NOX, QUALITY_WARM_UP);
    assert_int_equal(until_whole(400), 3000);

    begin(); /* a gap before anything has counted is none either */
    for (int64_t t_ms = 0; t_ms < 1000; t_ms += EVERY_MS)
        hear_both(t_ms);
    assert_int_equal(until_whole(1600), 3000);
    assert_mean(QUANTITY_NOX, 2300000000); /* of 1600, 1800 … 3000 */
}

/* One instrument falls silent: the other's mean alone is no result, and what it says later begins anew. */
static void all_means_or_none(void **state)
{
    (void)state;
    begin();
    for (int64_t t_ms = 0; t_ms < 2000; t_ms += EVERY_MS)
        hear_both(t_ms);
    for (int64_t t_ms = 2000; t_ms < 5000; t_ms += EVERY_MS)
        assert_false(hear(t_ms, QUANTITY_K, QUANTITY_COUNT, QUALITY_OK));
    assert_int_equal(until_whole(5000), 7000);

    begin(); /* never heard at all */
    for (int64_t t_ms = 0; t_ms < 20000; t_ms += EVERY_MS)
        assert_false(hear(t_ms, QUANTITY_K, QUANTITY_COUNT, QUALITY_OK));
}

static void as_many_means_as_there_is_room_for(void **state)
{
    (void)state;
    struct rule_limit many[STEADY_MAX + 2] = {0};
    struct decimal mean;
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = (struct rule_limit){.quantity = (enum quantity)i, .point = 100};
    steady_init(&s, &plan, many, sizeof many / sizeof many[0], 100);
    assert_int_equal(s.count, STEADY_MAX);
    assert_false(steady_mean(&s, (enum quantity)STEADY_MAX, &mean));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_are_of_what_comes_after_settling),
        cmocka_unit_test(tells_how_long_it_takes_yet),
        cmocka_unit_test(nothing_counts_while_the_engine_does_not_run_so),
        cmocka_unit_test(samples_of_one_moment_count_once),
        cmocka_unit_test(a_doubtful_or_missing_reading_begins_anew),
        cmocka_unit_test(all_means_or_none),
        cmocka_unit_test(as_many_means_as_there_is_room_for),
    };
    return cmocka_run_group_tests_name("steady", tests, NULL, NULL);
}
