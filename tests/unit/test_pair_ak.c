/* The AK client against the simulated AK instrument. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

#define PROFILE(values)                                                                                                \
    "profile ak-test { title = \"t\"  source = \"s\"  kind = ak  poll-ms = 200  stale-ms = 2000\n"                     \
    "identify { ask = \"AKEN\"  channel = 0 }\n" values                                                                \
    "action zero { send = \"SNGA\"  channel = 0 }\n action measure { send = \"SMGA\"  channel = 0 } }"

static const char by_channel[] =
    PROFILE("value co2 { ask = \"AKON\"  channel = 1  index = 0  words = 1  unit = \"%\" }\n"
            "value no  { ask = \"AKON\"  channel = 2  index = 0  words = 1  unit = \"1e-6\" }\n"
            "value o2  { ask = \"AKON\"  channel = 3  index = 0  words = 1  unit = \"%\" }\n"
            "value air_temp { ask = \"ATEM\"  channel = 0  index = 0  unit = \"degC\" }\n");
static const char all_in_one[] =
    PROFILE("value co2 { ask = \"AKON\"  channel = 0  index = 0  words = 4  unit = \"%\" }\n"
            "value no  { ask = \"AKON\"  channel = 0  index = 1  words = 4  unit = \"1e-6\" }\n"
            "value o2  { ask = \"AKON\"  channel = 0  index = 2  words = 4  unit = \"%\" }\n");

#define WORLD "world co2=12.34 no=812.5 o2=5.25 air_temp=-3.5"

static struct sim_pair *open_pair(const char *profile, const char *first)
{
    return sim_pair_open(&(struct sim_pair_plan){.protocol = "ak", .driver = "ak", .profile = profile, .first = first});
}

static void channels_come_through(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(by_channel, "set device channels=co2,no,o2 dc=48 cr=1\n" WORLD);
    sim_pair_run(pair, 10000);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    assert_string_equal(sim_pair_value(pair, QUANTITY_CO2), "12.34");
    assert_string_equal(sim_pair_value(pair, QUANTITY_NO), "812.5");
    assert_string_equal(sim_pair_value(pair, QUANTITY_O2), "5.25");
    assert_string_equal(sim_pair_value(pair, QUANTITY_AIR_TEMP), "-3.5");
    assert_string_equal(pair->bench.instruments[0].sensor.identity.model, "SIM-AK-0");
    sim_pair_suffer(pair, WORLD, "world co2=1.02 no=3 o2=20.9 air_temp=40");
    assert_true(pair->good[QUANTITY_NO] > 3);
    sim_pair_close(pair);
}

static void several_values_and_a_stamp_come_in_one_reply(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(all_in_one, "set device channels=co2,no,o2 shape=stamp words=bare\n" WORLD);
    sim_pair_run(pair, 10000);
    assert_string_equal(sim_pair_value(pair, QUANTITY_O2), "5.25");
    sim_pair_command(pair, "set device shape=one"); /* fewer words than the profile says: nothing can be told apart */
    sim_pair_run(pair, 1000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 10000);
    assert_int_equal(pair->good[QUANTITY_CO2], 0);
    assert_int_equal(sim_pair_state(pair), BENCH_STALE);
    sim_pair_close(pair);
}

static void invalid_and_missing_values_are_never_good(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(by_channel, "set device channels=co2,no,o2\n" WORLD "\nworld no=none");
    sim_pair_run(pair, 10000);
    assert_int_equal(pair->good[QUANTITY_NO], 0);
    assert_true(pair->good[QUANTITY_CO2] > 5);
    static const char *const healths[] = {"health device fault", "health device warming"};
    for (size_t i = 0; i < 2; i++) {
        sim_pair_command(pair, healths[i]);
        sim_pair_run(pair, 2000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 5000);
        assert_int_equal(pair->good[QUANTITY_CO2], 0);
    }
    sim_pair_command(pair, "health device ok");
    sim_pair_run(pair, 2000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 5000);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    assert_true(pair->good[QUANTITY_CO2] > 5);
    sim_pair_close(pair);
}

/* Only two of the three channels are there: the third says NA, the others go on. */
static void a_channel_that_is_not_there_stops_no_other(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(by_channel, "set device channels=co2,no\n" WORLD);
    sim_pair_run(pair, 10000);
    assert_int_equal(pair->good[QUANTITY_O2], 0);
    assert_true(pair->good[QUANTITY_NO] > 5);
    sim_pair_close(pair);
}

static void zero_needs_remote_state(void **state)
{
    (void)state;
    struct err err = {0};
    struct sim_pair *pair = open_pair(by_channel, "set device channels=co2,no,o2 remote=0\n" WORLD);
    sim_pair_run(pair, 5000);
    assert_int_equal(sim_pair_status(pair), STATUS_STANDBY); /* somebody works at the instrument */
    assert_int_equal(pair->good[QUANTITY_CO2], 0);
    bench_command(&pair->bench, 0, COMMAND_ZERO, pair->now_ms, &err); /* refused, by the driver or with OF */
    sim_pair_run(pair, 5000);
    assert_int_equal(sim_pair_status(pair), STATUS_STANDBY);
    sim_pair_command(pair, "set device remote=1");
    sim_pair_run(pair, 5000);
    assert_true(pair->good[QUANTITY_CO2] > 2);
    assert_int_equal(bench_command(&pair->bench, 0, COMMAND_ZERO, pair->now_ms, &err), 0);
    sim_pair_run(pair, 500);
    sim_pair_forget(pair);
    sim_pair_run(pair, 1000);
    assert_int_equal(pair->good[QUANTITY_CO2], 0); /* busy */
    assert_true(sim_pair_status(pair) != STATUS_OK);
    sim_pair_run(pair, 5000);
    assert_int_equal(sim_pair_status(pair), STATUS_ZEROING); /* zero gas flows until it is told to measure */
    assert_int_equal(pair->good[QUANTITY_CO2], 0);
    assert_int_equal(bench_command(&pair->bench, 0, COMMAND_MEASURE, pair->now_ms, &err), 0);
    sim_pair_run(pair, 5000);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    assert_true(pair->good[QUANTITY_CO2] > 2);
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_come_through),
        cmocka_unit_test(several_values_and_a_stamp_come_in_one_reply),
        cmocka_unit_test(invalid_and_missing_values_are_never_good),
        cmocka_unit_test(a_channel_that_is_not_there_stops_no_other),
        cmocka_unit_test(zero_needs_remote_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
