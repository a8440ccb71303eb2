/* The ELM327 driver against the simulated adapter in a car and in a truck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

#define CAR "world rpm=716 coolant_temp=83 speed=40 mil=1 load=20"
#define OTHER_CAR "world rpm=2500.25 coolant_temp=-12 speed=97 mil=0 load=60"

static struct sim_pair *open_pair(const char *option, const char *first, size_t piece)
{
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = "elm327", .driver = "elm327", .option = option, .first = first, .piece = piece});
    pair->loose[QUANTITY_DTC_COUNT] = true; /* not of the world: the codes are set one by one */
    return pair;
}

/* Identified, found, everything asked at least once. */
static void settle(struct sim_pair *pair)
{
    sim_pair_run(pair, 30000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 30000);
}

static void a_car_tells(void **state)
{
    (void)state;
    static const char *const buses[] = {CAR "\nset device dtcs=P0420,U2002 vin=LSGPC52U6AF102554",
                                        CAR "\nset device dtcs=P0420,U2002 vin=LSGPC52U6AF102554 bus=can29 ecus=2"};
    static const size_t pieces[] = {0, 1};
    for (size_t i = 0; i < 4; i++) {
        struct sim_pair *pair = open_pair("obd", buses[i / 2], pieces[i % 2]);
        sim_pair_run(pair, 60000);
        assert_int_equal(sim_pair_status(pair), STATUS_OK);
        assert_string_equal(pair->text[TEXT_VIN], "LSGPC52U6AF102554");
        assert_string_equal(pair->text[TEXT_DTC], "P0420 U2002");
        assert_true(pair->said[TEXT_DTC_PENDING] && pair->text[TEXT_DTC_PENDING][0] == '\0');
        assert_true(pair->said[TEXT_READINESS]);
        assert_true(pair->good[QUANTITY_RPM] > 10 && pair->good[QUANTITY_COOLANT_TEMP] > 2);
        assert_string_equal(sim_pair_value(pair, QUANTITY_MIL), "1");
        assert_string_equal(sim_pair_value(pair, QUANTITY_SPEED), "40");
        sim_pair_close(pair);
    }
}

static void many_codes_come_in_several_lines(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(NULL, CAR "\nset device dtcs=P0401,P2002,P20EE,C1234,B3FFF,U0100,P0087", 0);
    settle(pair);
    assert_string_equal(pair->text[TEXT_DTC], "P0401 P2002 P20EE C1234 B3FFF U0100 P0087");
    sim_pair_command(pair, "set device dtcs=");
    settle(pair);
    assert_true(pair->said[TEXT_DTC]);
    assert_string_equal(pair->text[TEXT_DTC], "");
    sim_pair_close(pair);
}

static void what_the_car_does_not_know_has_no_value(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(NULL, "world rpm=716 coolant_temp=none speed=none", 0);
    settle(pair);
    assert_true(pair->good[QUANTITY_RPM] > 10);
    assert_int_equal(pair->good[QUANTITY_COOLANT_TEMP] + pair->other[QUANTITY_COOLANT_TEMP], 0);
    assert_int_equal(pair->good[QUANTITY_SPEED] + pair->other[QUANTITY_SPEED], 0);
    sim_pair_close(pair);
}

static void without_ignition_it_waits(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(NULL, CAR "\nset device bus=none", 0);
    settle(pair);
    assert_int_equal(pair->good[QUANTITY_RPM], 0);
    assert_int_equal(sim_pair_status(pair), STATUS_STANDBY);
    sim_pair_command(pair, "set device bus=can11");
    settle(pair);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    assert_true(pair->good[QUANTITY_RPM] > 10);
    sim_pair_command(pair, "set device bus=error");
    sim_pair_run(pair, 10000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 10000);
    assert_int_equal(pair->good[QUANTITY_RPM], 0);
    assert_true(sim_pair_status(pair) != STATUS_OK);
    sim_pair_close(pair);
}

/* Another vehicle is put on the connector: its VIN is asked anew, and none of the first one's stays. */
static void the_next_vehicle_is_another_one(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(NULL, CAR "\nset device vin=LSGPC52U6AF102554 dtcs=P0420", 0);
    settle(pair);
    sim_pair_command(pair, "set device bus=none");
    sim_pair_run(pair, 20000);
    sim_pair_command(pair, "set device bus=can11 vin=LZZ5CLVB8JA123456 dtcs=");
    settle(pair);
    sim_pair_run(pair, 60000);
    assert_string_equal(pair->text[TEXT_DTC], "");
    assert_true(!pair->said[TEXT_VIN] || strcmp(pair->text[TEXT_VIN], "LZZ5CLVB8JA123456") == 0);
    sim_pair_close(pair);
}

static void a_car_on_a_bad_line(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair(NULL, CAR, 0);
    pair->grace_ms = 3000; /* an answer may be that much older than its prompt */
    settle(pair);
    sim_pair_suffer(pair, CAR, OTHER_CAR);
    sim_pair_run(pair, 30000);
    assert_true(pair->good[QUANTITY_RPM] > 5);
    sim_pair_close(pair);
}

#define TRUCK                                                                                                          \
    "world rpm=1500.125 speed=60.5 coolant_temp=84 oil_temp=95.5 load=37 fuel_rate=12.25 obd_pressure=95.5 "           \
    "obd_air_temp=21.25 def_level=64 obd_nox_in=415.35 obd_o2_in=5.24984 obd_nox_out=100 obd_o2_out=7.049868 "         \
    "dpf_temp_in=231.5 dpf_temp_out=215.25 dpf_pressure=1.2 mil=0"

static const enum quantity told[] = {
    QUANTITY_RPM,        QUANTITY_SPEED,       QUANTITY_COOLANT_TEMP, QUANTITY_OIL_TEMP,
    QUANTITY_LOAD,       QUANTITY_FUEL_RATE,   QUANTITY_OBD_PRESSURE, QUANTITY_OBD_AIR_TEMP,
    QUANTITY_DEF_LEVEL,  QUANTITY_OBD_NOX_IN,  QUANTITY_OBD_O2_IN,    QUANTITY_OBD_NOX_OUT,
    QUANTITY_OBD_O2_OUT, QUANTITY_DPF_TEMP_IN, QUANTITY_DPF_TEMP_OUT, QUANTITY_DPF_PRESSURE};

static void a_truck_tells(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        struct sim_pair *pair = open_pair("j1939", TRUCK "\nset device bus=j1939", pieces[i]);
        settle(pair);
        assert_int_equal(sim_pair_status(pair), STATUS_OK);
        for (size_t q = 0; q < sizeof told / sizeof *told; q++)
            if (pair->good[told[q]] == 0)
                fail_msg("no %s from a truck", quantity_name(told[q]));
        assert_string_equal(sim_pair_value(pair, QUANTITY_MIL), "0");
        assert_true(pair->said[TEXT_DTC] && pair->text[TEXT_DTC][0] == '\0');
        sim_pair_close(pair);
    }
}

static void what_the_truck_does_not_know_has_no_value(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair("j1939",
                                      "world rpm=1500.125 coolant_temp=none oil_temp=none obd_nox_out=none mil=none\n"
                                      "set device bus=j1939",
                                      0);
    for (int i = 0; i < 2; i++) {
        settle(pair);
        assert_true(pair->good[QUANTITY_RPM] > 3);
        assert_int_equal(pair->good[QUANTITY_COOLANT_TEMP] + pair->good[QUANTITY_OIL_TEMP] +
                             pair->good[QUANTITY_OBD_NOX_OUT] + pair->good[QUANTITY_OBD_O2_OUT] +
                             pair->good[QUANTITY_MIL],
                         0);
        sim_pair_command(pair, "set device missing=error");
    }
    sim_pair_close(pair);
}

static void a_truck_has_faults(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair("j1939", TRUCK "\nset device bus=j1939 faults=3216/4/2\nworld mil=1", 0);
    settle(pair);
    assert_string_equal(sim_pair_value(pair, QUANTITY_MIL), "1");
    assert_string_equal(sim_pair_value(pair, QUANTITY_DTC_COUNT), "1");
    assert_non_null(strstr(pair->text[TEXT_DTC], "3216"));
    sim_pair_command(pair, "set device faults=3216/4/2,3226/4/1,520192/31/126");
    settle(pair);
    assert_non_null(strstr(pair->text[TEXT_DTC], "3216"));
    assert_non_null(strstr(pair->text[TEXT_DTC], "3226"));
    assert_non_null(strstr(pair->text[TEXT_DTC], "520192"));
    assert_string_equal(sim_pair_value(pair, QUANTITY_DTC_COUNT), "3");
    sim_pair_close(pair);
}

static void a_truck_on_a_bad_line(void **state)
{
    (void)state;
    struct sim_pair *pair = open_pair("j1939", TRUCK "\nset device bus=j1939", 0);
    pair->grace_ms = 3000;
    settle(pair);
    sim_pair_suffer(pair, "world rpm=1500.125 obd_nox_out=100", "world rpm=700.5 obd_nox_out=20.05");
    sim_pair_run(pair, 30000);
    assert_true(pair->good[QUANTITY_RPM] > 1);
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_car_tells),
        cmocka_unit_test(many_codes_come_in_several_lines),
        cmocka_unit_test(what_the_car_does_not_know_has_no_value),
        cmocka_unit_test(without_ignition_it_waits),
        cmocka_unit_test(the_next_vehicle_is_another_one),
        cmocka_unit_test(a_car_on_a_bad_line),
        cmocka_unit_test(a_truck_tells),
        cmocka_unit_test(what_the_truck_does_not_know_has_no_value),
        cmocka_unit_test(a_truck_has_faults),
        cmocka_unit_test(a_truck_on_a_bad_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
