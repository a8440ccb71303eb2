/* The clocks: what a stamp says, and when a change of the wall clock is a step. The tests never set the clock. */
#include "station/clock.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <cmocka.h>

static void a_stamp_names_this_boot_and_this_moment(void **state)
{
    (void)state;
    struct clock_stamp a, b;
    clock_stamp(&a);
    clock_stamp(&b);
    assert_int_equal(strlen(a.boot), 36);
    assert_string_equal(a.boot, clock_boot_id());
    char line[64] = "";
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    assert_memory_equal(a.boot, line, 36);
    assert_true(b.mono_ms >= a.mono_ms && b.mono_ms - a.mono_ms < 60000);
    assert_true(a.unix_ms > INT64_C(1700000000000));
    /* The kernel's own word, asked the other way round. */
    struct timex t = {.modes = 0};
    bool synchronised = adjtimex(&t) != TIME_ERROR;
    assert_int_equal(a.synchronised, synchronised);
    assert_string_equal(a.source, synchronised ? "ntp" : "none");
    if (synchronised)
        assert_true(a.error_ms > 0);
    else
        assert_int_equal(a.error_ms, 0);
}

static void the_zone_is_the_systems(void **state)
{
    (void)state;
    setenv("TZ", "CST-8", 1);
    assert_int_equal(clock_offset_minutes(1782869400250), 480);
    setenv("TZ", "XXX+3:30", 1);
    assert_int_equal(clock_offset_minutes(1782869400250), -210);
    /* The zone of that moment: central Europe has summer time in July. */
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    assert_int_equal(clock_offset_minutes(1782869400250), 120); /* 2026-07-01 */
    assert_int_equal(clock_offset_minutes(1768440600000), 60);  /* 2026-01-15 */
    unsetenv("TZ");
}

static void only_a_jump_is_a_step(void **state)
{
    (void)state;
    int64_t difference = 1000000, step = 0;
    assert_false(clock_step_between(&difference, 1000500, 500, &step));
    /* Slewing: 500 ppm over a minute is 30 ms. */
    for (int64_t t = 60000; t < 6000000; t += 60000)
        assert_false(clock_step_between(&difference, 1000000 + t + t / 2000, t, &step));
    int64_t before = difference;
    assert_true(clock_step_between(&difference, before + 6000000 + 3600000, 6000000, &step));
    assert_int_equal(step, 3600000);
    assert_false(clock_step_between(&difference, before + 6000010 + 3600000, 6000010, &step));
    assert_true(clock_step_between(&difference, before + 6000020, 6000020, &step));
    assert_int_equal(step, -3600000);
    assert_false(clock_step_between(&difference, before + 6000020 + 99, 6000020, &step));
    assert_true(clock_step_between(&difference, before + 6000020 - 1, 6000020, &step));
    assert_int_equal(step, -CLOCK_STEP_MIN_MS);
}

static void nothing_happens_while_nobody_sets_the_clock(void **state)
{
    (void)state;
    struct clock_watch w;
    struct err err;
    int64_t step;
    assert_int_equal(clock_watch_open(&w, &err), 0);
    struct pollfd p = {.fd = w.fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_false(clock_watch_step(&w, &step));
    assert_int_equal(poll(&p, 1, 0), 0);
    /* As if the clock had stood an hour back when it was last looked at. */
    w.difference_ms -= 3600000;
    assert_true(clock_watch_step(&w, &step));
    assert_in_range(step, 3600000 - 50, 3600000 + 50);
    assert_false(clock_watch_step(&w, &step));
    clock_watch_close(&w);
    clock_watch_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_names_this_boot_and_this_moment),
        cmocka_unit_test(the_zone_is_the_systems),
        cmocka_unit_test(only_a_jump_is_a_step),
        cmocka_unit_test(nothing_happens_while_nobody_sets_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
