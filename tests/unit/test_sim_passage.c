/* The simulated remote-sensing devices: the frame and the table as they are described, with the figures put in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_ear.h"

static float float_at(const char *bytes)
{
    uint32_t bits = 0;
    float value;
    for (int i = 3; i >= 0; i--)
        bits = bits << 8 | (unsigned char)bytes[i];
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void yaogan_sends_a_passage(void **state)
{
    (void)state;
    struct sim_ear *ear = sim_ear_open("yaogan");
    assert_string_equal(sim_ear_say(ear, "PACKAGE_START0000002311SHAKE_HANDPACKAGE_END", 0),
                        "PACKAGE_START0000002311SHAKE_HANDPACKAGE_END");
    sim_ear_command(ear,
                    "world hc=88 no=900 co=0.25 co2=12.5 opacity=23.5 k=0.625 speed=42 acceleration=0.5 "
                    "vehicle_length=7.5",
                    0);
    sim_ear_command(ear, "pass device", 0);
    assert_string_equal(sim_ear_until(ear, 0), "PACKAGE_START0000001315PACKAGE_END");
    assert_string_equal(sim_ear_until(ear, 300), "PACKAGE_START000000131FPACKAGE_END");
    sim_ear_until(ear, 500);
    assert_int_equal(ear->length, 23 + 9336 + 512 + 11);
    assert_memory_equal(ear->text, "PACKAGE_START0000986112", 23);
    const char *data = ear->text + 23;
    assert_true(float_at(data + 24) == 88 && float_at(data + 28) == 900);
    assert_true(float_at(data + 48) == 0.25F && float_at(data + 52) == 12.5F);
    assert_true(float_at(data + 9304) == 23.5F && float_at(data + 9308) == 0.625F);
    assert_true(float_at(data + 9312) == 750 && float_at(data + 9316) == 42 && float_at(data + 9320) == 0.5F);
    sim_ear_close(ear);
}

static void yaogan_hangs_up_on_silence(void **state)
{
    (void)state;
    struct sim_ear *ear = sim_ear_open("yaogan");
    sim_ear_until(ear, 0);
    for (int64_t t_ms = 1000; t_ms <= 10000; t_ms += 1000)
        sim_ear_until(ear, t_ms);
    assert_false(ear->hung_up);
    sim_ear_until(ear, 11000);
    assert_true(ear->hung_up);
    sim_ear_close(ear);
}

static void csv_writes_a_line_for_each_vehicle(void **state)
{
    (void)state;
    struct sim_ear *ear = sim_ear_open("csv");
    sim_ear_command(ear, "set device columns=time,number,lane,plate,speed,co,-,hc,valid lane=2 plate=新A66T21", 0);
    sim_ear_command(ear, "world utc=2026-07-01T01:30:00Z speed=41.5 co=0.2 hc=none", 0);
    assert_string_equal(sim_ear_until(ear, 0), "time,number,lane,plate,speed,co,-,hc,valid\r\n");
    sim_ear_command(ear, "pass device", 5000);
    assert_string_equal(sim_ear_until(ear, 5000), "2026-07-01 09:30:05,1,2,新A66T21,41.5,0.2,,,1\r\n");
    sim_ear_command(ear, "set device separator=semicolon quote=1 columns=number,speed", 5000);
    sim_ear_command(ear, "pass device speed=60.5", 5000); /* figures of this one vehicle */
    assert_string_equal(sim_ear_until(ear, 5000), "\"2\";\"60.5\"\r\n");
    sim_ear_command(ear, "pass device", 5000);
    assert_string_equal(sim_ear_until(ear, 5000), "\"3\";\"41.5\"\r\n");
    sim_ear_close(ear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaogan_sends_a_passage),
        cmocka_unit_test(yaogan_hangs_up_on_silence),
        cmocka_unit_test(csv_writes_a_line_for_each_vehicle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
