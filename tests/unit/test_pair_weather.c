/* Weather stations against the simulated ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

#define WEATHER "world wind_dir=352 wind_speed=2.4 air_temp=-9.5 humidity=46 pressure=101.71 rain=0 dew_point=-18.5"
#define OTHER "world wind_dir=17 wind_speed=11.5 air_temp=38.5 humidity=8 pressure=88.05 rain=1 dew_point=-0.5"

static const char columns[] =
    "profile columns-test { kind = columns  title = \"t\"  source = \"s\"  columns = 9  status-column = 9\n"
    "status-good = \"0000\"  stale-ms = 5000\n"
    "value wind_dir { column = 2 unit = \"deg\" }  value wind_speed { column = 3 unit = \"m/s\" }\n"
    "value pressure { column = 4 scale = 0.1 unit = \"kPa\" }  value humidity { column = 5 unit = \"%RH\" }\n"
    "value air_temp { column = 6 unit = \"degC\" }  value dew_point { column = 7 unit = \"degC\" } }";
#define COLUMNS "set device columns=wind_dir,wind_speed,pressure,humidity,air_temp,dew_point,-,status"

static const enum quantity shared[] = {QUANTITY_WIND_DIR, QUANTITY_WIND_SPEED, QUANTITY_AIR_TEMP, QUANTITY_HUMIDITY,
                                       QUANTITY_PRESSURE};

static struct sim_pair *open_wxt(const char *first)
{
    return sim_pair_open(&(struct sim_pair_plan){.protocol = "wxt", .driver = "vaisala", .first = first});
}

static struct sim_pair *open_maximet(const char *first, size_t piece)
{
    return sim_pair_open(&(struct sim_pair_plan){
        .protocol = "maximet", .driver = "maximet", .profile = columns, .first = first, .piece = piece});
}

static void expect_all(const struct sim_pair *pair)
{
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (pair->good[shared[i]] < 3)
            fail_msg("no %s", quantity_name(shared[i]));
}

static void vaisala_answers(void **state)
{
    (void)state;
    struct sim_pair *pair = open_wxt(WEATHER);
    sim_pair_run(pair, 30000);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    expect_all(pair);
    assert_string_equal(sim_pair_value(pair, QUANTITY_RAIN), "0");
    sim_pair_suffer(pair, WEATHER, OTHER);
    sim_pair_run(pair, 20000);
    expect_all(pair);
    sim_pair_close(pair);
}

static void a_vaisala_value_may_be_invalid(void **state)
{
    (void)state;
    struct sim_pair *pair = open_wxt(WEATHER "\nworld air_temp=none wind_dir=none rain=none");
    sim_pair_run(pair, 30000);
    assert_int_equal(pair->good[QUANTITY_AIR_TEMP] + pair->good[QUANTITY_WIND_DIR] + pair->good[QUANTITY_RAIN], 0);
    assert_true(pair->good[QUANTITY_HUMIDITY] > 3 && pair->good[QUANTITY_WIND_SPEED] > 3);
    sim_pair_close(pair);
}

/* 8.64 km/h are 2.4 m/s, 14.9 degF are -9.5 degC: rightly converted or not given, never the bare number. */
static void a_vaisala_in_other_units_gives_no_wrong_value(void **state)
{
    (void)state;
    struct sim_pair *pair = open_wxt(WEATHER "\nset device units=other");
    sim_pair_run(pair, 30000);
    assert_true(pair->good[QUANTITY_HUMIDITY] > 3 || sim_pair_status(pair) != STATUS_OK);
    sim_pair_close(pair);
}

static void another_address_is_silent(void **state)
{
    (void)state;
    struct sim_pair *pair = open_wxt(WEATHER "\nset device address=3");
    sim_pair_run(pair, 30000);
    assert_int_equal(pair->good[QUANTITY_HUMIDITY], 0);
    assert_int_not_equal(sim_pair_status(pair), STATUS_OK);
    sim_pair_close(pair);
}

static void maximet_streams(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1, 3};
    for (size_t i = 0; i < 3; i++) {
        struct sim_pair *pair = open_maximet(WEATHER "\n" COLUMNS, pieces[i]);
        sim_pair_run(pair, 10000);
        assert_int_equal(sim_pair_status(pair), STATUS_OK);
        expect_all(pair);
        assert_string_equal(sim_pair_value(pair, QUANTITY_DEW_POINT), "-18.5");
        sim_pair_suffer(pair, WEATHER, OTHER);
        expect_all(pair);
        sim_pair_close(pair);
    }
}

static void a_maximet_column_may_be_empty(void **state)
{
    (void)state;
    struct sim_pair *pair = open_maximet(WEATHER "\n" COLUMNS "\nworld wind_dir=none", 0);
    sim_pair_run(pair, 10000);
    assert_int_equal(pair->good[QUANTITY_WIND_DIR] + pair->other[QUANTITY_WIND_DIR], 0);
    assert_true(pair->good[QUANTITY_WIND_SPEED] > 3);
    sim_pair_command(pair, "health device fault");
    sim_pair_run(pair, 3000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 5000);
    assert_int_equal(pair->good[QUANTITY_WIND_SPEED], 0);
    assert_int_not_equal(sim_pair_status(pair), STATUS_OK);
    sim_pair_close(pair);
}

static void another_report_of_a_maximet_is_refused(void **state)
{
    (void)state;
    struct sim_pair *pair =
        open_maximet(WEATHER "\nset device columns=wind_speed,pressure,humidity,air_temp,dew_point,-,status", 0);
    sim_pair_run(pair, 10000);
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        assert_int_equal(pair->good[shared[i]], 0);
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vaisala_answers),
        cmocka_unit_test(a_vaisala_value_may_be_invalid),
        cmocka_unit_test(a_vaisala_in_other_units_gives_no_wrong_value),
        cmocka_unit_test(another_address_is_silent),
        cmocka_unit_test(maximet_streams),
        cmocka_unit_test(a_maximet_column_may_be_empty),
        cmocka_unit_test(another_report_of_a_maximet_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
