/* Position from a receiver and from gpsd, against the simulated ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

/* whole ten-thousandths of a minute, so that every step between has the exact figure */
#define HERE "world latitude=44.0125 longitude=87.3025 altitude=577.5"
#define THERE "world latitude=-33.4375 longitude=-70.65625 altitude=-12"

static struct sim_pair *open_pair(const char *protocol, const char *first, size_t piece)
{
    return sim_pair_open(
        &(struct sim_pair_plan){.protocol = protocol, .driver = protocol, .first = first, .piece = piece});
}

static void settle(struct sim_pair *pair)
{
    sim_pair_run(pair, 10000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 10000);
}

static void expect_position(const struct sim_pair *pair)
{
    assert_true(pair->good[QUANTITY_LATITUDE] > 3 && pair->good[QUANTITY_LONGITUDE] > 3 &&
                pair->good[QUANTITY_ALTITUDE] > 3);
}

static void expect_no_position(const struct sim_pair *pair)
{
    assert_int_equal(pair->good[QUANTITY_LATITUDE] + pair->good[QUANTITY_LONGITUDE] + pair->good[QUANTITY_ALTITUDE], 0);
}

static void a_position_comes_through(void **state)
{
    (void)state;
    static const char *const protocols[] = {"nmea", "gpsd"};
    static const size_t pieces[] = {0, 1, 3};
    for (size_t i = 0; i < 6; i++) {
        struct sim_pair *pair = open_pair(protocols[i % 2], HERE, pieces[i / 2]);
        settle(pair);
        expect_position(pair);
        assert_int_equal(sim_pair_status(pair), STATUS_OK);
        sim_pair_command(pair, THERE);
        settle(pair);
        expect_position(pair);
        sim_pair_suffer(pair, HERE, THERE);
        sim_pair_run(pair, 10000);
        expect_position(pair);
        sim_pair_close(pair);
    }
}

static void a_receiver_is_of_any_make(void **state)
{
    (void)state;
    static const char *const kinds[] = {"set device talker=GN fields=11", "set device talker=BD fields=13",
                                        "set device quality=2", "set device quality=4", "set device tenth-knots=123"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sim_pair *pair = open_pair("nmea", HERE, 0);
        sim_pair_command(pair, kinds[i]);
        settle(pair);
        expect_position(pair);
        sim_pair_close(pair);
    }
}

/* Estimated, typed in by hand, simulated: no evidence of where the station stood. */
static void some_fixes_prove_nothing(void **state)
{
    (void)state;
    static const char *const qualities[] = {"set device quality=6", "set device quality=7", "set device quality=8"};
    static const char *const fields[] = {HERE "\nset device fields=11", HERE "\nset device fields=13"};
    for (size_t i = 0; i < 6; i++) {
        struct sim_pair *pair = open_pair("nmea", fields[i % 2], 0);
        sim_pair_command(pair, qualities[i / 2]);
        sim_pair_run(pair, 20000);
        expect_no_position(pair);
        assert_int_not_equal(sim_pair_status(pair), STATUS_OK);
        sim_pair_close(pair);
    }
    struct sim_pair *pair = open_pair("gpsd", HERE "\nset device status=8", 0);
    sim_pair_run(pair, 20000);
    expect_no_position(pair);
    sim_pair_close(pair);
}

static void a_fix_is_lost_and_found(void **state)
{
    (void)state;
    static const char *const lost[] = {"set device fix=0", "set device mode=1"};
    static const char *const found[] = {"set device fix=1", "set device mode=3"};
    static const char *const protocols[] = {"nmea", "gpsd"};
    for (size_t i = 0; i < 2; i++) {
        struct sim_pair *pair = open_pair(protocols[i], HERE, 0);
        settle(pair);
        sim_pair_command(pair, lost[i]);
        settle(pair);
        expect_no_position(pair);
        assert_int_equal(sim_pair_state(pair), BENCH_STALE);
        sim_pair_command(pair, found[i]);
        settle(pair);
        expect_position(pair);
        sim_pair_close(pair);
    }
}

static void two_dimensions_have_no_altitude(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair("gpsd", HERE "\nset device mode=2", 0);
    settle(pair);
    assert_true(pair->good[QUANTITY_LATITUDE] > 3);
    assert_int_equal(pair->good[QUANTITY_ALTITUDE], 0);
    sim_pair_command(pair, "world longitude=none");
    settle(pair);
    assert_int_equal(pair->good[QUANTITY_LONGITUDE], 0);
    sim_pair_close(pair);
}

static void gpsd_without_a_receiver(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair("gpsd", HERE "\nset device device=0", 0);
    settle(pair);
    expect_no_position(pair);
    sim_pair_command(pair, "set device device=1");
    sim_pair_run(pair, 60000);
    settle(pair);
    expect_position(pair);
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_comes_through),        cmocka_unit_test(a_receiver_is_of_any_make),
        cmocka_unit_test(some_fixes_prove_nothing),        cmocka_unit_test(a_fix_is_lost_and_found),
        cmocka_unit_test(two_dimensions_have_no_altitude), cmocka_unit_test(gpsd_without_a_receiver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
