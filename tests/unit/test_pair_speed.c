/* Speed meters and engine speed pick-ups against the simulated ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

static void run_through(const struct sim_pair_plan *plan, enum quantity quantity, const char *one, const char *other)
{
    static const size_t pieces[] = {0, 1, 3};
    for (size_t i = 0; i < 3; i++) {
        struct sim_pair_plan copy = *plan;
        copy.piece = pieces[i];
        struct sim_pair *pair = sim_pair_open(&copy);
        sim_pair_command(pair, one);
        sim_pair_run(pair, 10000);
        assert_true(pair->good[quantity] > 5);
        sim_pair_command(pair, other);
        sim_pair_run(pair, 5000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 5000);
        assert_true(pair->good[quantity] > 3);
        sim_pair_suffer(pair, one, other);
        assert_true(pair->good[quantity] > 3);
        char nothing[64];
        snprintf(nothing, sizeof nothing, "world %s=none", quantity_name(quantity));
        sim_pair_command(pair, nothing);
        sim_pair_run(pair, 5000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 10000);
        assert_int_equal(pair->good[quantity], 0);
        sim_pair_close(pair);
    }
}

static void csr_i_in_all_its_modes(void **state)
{
    (void)state;
    static const struct {
        const char *option, *first;
        int64_t poll_ms;
    } modes[] = {
        {"one-byte", "set device mode=continuous format=byte", 0},
        {"two-byte", "set device mode=continuous format=two direction=away", 0},
        {"two-byte", "set device mode=continuous format=two direction=unknown", 0},
        {"ascii", "set device mode=continuous format=ascii", 0},
        {"ascii", "set device mode=continuous format=ascii direction=away", 0},
        {"ascii", "set device mode=continuous format=ascii direction=unknown", 0},
        {"one-byte", "set device mode=answer format=byte", 200},
        {"two-byte", "set device mode=answer format=two direction=closing", 200},
        {"ascii", "set device mode=answer format=ascii", 200},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){.protocol = "csr-i",
                                                                      .driver = "csri",
                                                                      .option = modes[i].option,
                                                                      .poll_ms = modes[i].poll_ms,
                                                                      .first = modes[i].first});
        sim_pair_command(pair, "world speed=42");
        sim_pair_run(pair, 10000);
        if (pair->good[QUANTITY_SPEED] < 5)
            fail_msg("%s: no speed", modes[i].first);
        sim_pair_command(pair, "world speed=none");
        sim_pair_run(pair, 2000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 5000);
        assert_int_equal(pair->good[QUANTITY_SPEED], 0);
        sim_pair_command(pair, "world speed=125");
        sim_pair_run(pair, 2000);
        assert_string_equal(sim_pair_value(pair, QUANTITY_SPEED), "125");
        sim_pair_close(pair);
    }
}

static void csr_i_tells_each_vehicle_once(void **state)
{
    (void)state;
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = "csr-i", .driver = "csri", .option = "two-byte", .first = "set device mode=trigger format=two"});
    sim_pair_run(pair, 5000);
    for (unsigned i = 1; i <= 3; i++) {
        sim_pair_command(pair, "world speed=61");
        sim_pair_run(pair, 2000);
        sim_pair_command(pair, "world speed=none");
        sim_pair_run(pair, 2000);
        assert_int_equal(pair->good[QUANTITY_SPEED], i);
    }
    sim_pair_close(pair);
}

static void csr_i_on_a_bad_line(void **state)
{
    (void)state;
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = "csr-i", .driver = "csri", .option = "ascii", .first = "set device format=ascii"});
    sim_pair_suffer(pair, "world speed=42", "world speed=107");
    assert_true(pair->good[QUANTITY_SPEED] > 3);
    sim_pair_close(pair);
}

static void mph(void **state)
{
    (void)state;
    run_through(&(struct sim_pair_plan){.protocol = "mph", .driver = "mph", .option = "km/h"}, QUANTITY_SPEED,
                "world speed=42", "world speed=99");
    struct sim_pair *pair = sim_pair_open(
        &(struct sim_pair_plan){.protocol = "mph", .driver = "mph", .option = "km/h", .first = "world speed=3"});
    pair->loose[QUANTITY_SPEED] = true;
    sim_pair_run(pair, 5000);
    assert_int_equal(pair->good[QUANTITY_SPEED], 0); /* below 4 the radar has no target */
    sim_pair_close(pair);
}

static void mph_with_a_low_battery_or_interference_or_in_its_self_test_is_suspect(void **state)
{
    (void)state;
    static const char *const bad[] = {"set device status=5", "set device status=6", "set device status=12"};
    struct sim_pair *pair = sim_pair_open(
        &(struct sim_pair_plan){.protocol = "mph", .driver = "mph", .option = "km/h", .first = "world speed=42"});
    for (size_t i = 0; i < 3; i++) {
        sim_pair_command(pair, bad[i]);
        sim_pair_run(pair, 2000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 5000);
        assert_int_equal(pair->good[QUANTITY_SPEED], 0);
    }
    sim_pair_close(pair);
}

static void truspeed(void **state)
{
    (void)state;
    run_through(&(struct sim_pair_plan){.protocol = "truspeed", .driver = "truspeed"}, QUANTITY_SPEED, "world speed=80",
                "world speed=61");
}

/* 50 mph are 80.4672 km/h: the radar says 50, M. */
static void truspeed_in_miles(void **state)
{
    (void)state;
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = "truspeed", .driver = "truspeed", .first = "world speed=80.4672\nset device unit=M"});
    pair->loose[QUANTITY_SPEED] = true;
    sim_pair_run(pair, 10000);
    double kmh = decimal_to_double(pair->last[QUANTITY_SPEED].value);
    assert_true(pair->good[QUANTITY_SPEED] == 0 || (kmh > 80.4 && kmh < 80.6));
    sim_pair_close(pair);
}

static void engine_speeds(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"rpm5300", "rpm5300"}, {"vtet-1000", "vtet1000"}, {"vmt-2000", "vmt2000"}};
    for (size_t i = 0; i < 3; i++)
        run_through(&(struct sim_pair_plan){.protocol = pairs[i][0], .driver = pairs[i][1]}, QUANTITY_RPM,
                    "world rpm=750", "world rpm=2411");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_i_in_all_its_modes),
        cmocka_unit_test(csr_i_tells_each_vehicle_once),
        cmocka_unit_test(csr_i_on_a_bad_line),
        cmocka_unit_test(mph),
        cmocka_unit_test(mph_with_a_low_battery_or_interference_or_in_its_self_test_is_suspect),
        cmocka_unit_test(truspeed),
        cmocka_unit_test(truspeed_in_miles),
        cmocka_unit_test(engine_speeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
