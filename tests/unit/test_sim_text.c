/* The simulators of text instruments say what the published frames say, with the figures that were put in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_ear.h"

static struct sim_ear *ear;

static void open_device(const char *protocol)
{
    sim_ear_close(ear);
    ear = sim_ear_open(protocol);
}

static void command(const char *text)
{
    sim_ear_command(ear, text, 0);
}

static const char *listen_until(int64_t t_ms)
{
    return sim_ear_until(ear, t_ms);
}

static const char *say(const char *text, int64_t t_ms)
{
    return sim_ear_say(ear, text, t_ms);
}

static void expect_bytes(const char *hex)
{
    char got[64] = "";
    for (size_t i = 0; i < ear->length && i < 20; i++)
        snprintf(got + 3 * i, sizeof got - 3 * i, "%02X ", (unsigned char)ear->text[i]);
    if (ear->length > 0)
        got[3 * ear->length - 1] = '\0';
    assert_string_equal(got, hex);
}

static void ak_answers(void **state)
{
    (void)state;
    open_device("ak");
    command("set device channels=co2,no,o2");
    command("world co2=123.4 no=812.5 o2=none");
    assert_string_equal(say("\x02 AKON K0\x03", 0), "\x02 AKON 0 123.4\x03");
    assert_string_equal(say("\x02 AKON K2\x03", 0), "\x02 AKON 0 812.5\x03");
    assert_string_equal(say("\x02 AKON K3\x03", 0), "\x02 AKON 0 #9999\x03");
    assert_string_equal(say("\x02 AKON K4\x03", 0), "\x02 AKON 0 K4 NA\x03");
    assert_string_equal(say("\x02 AXXX K0\x03", 0), "\x02 ???? 0\x03");
    assert_string_equal(say("\x02 AKON 0\x03", 0), "\x02 AKON 0 K0 SE\x03");
    assert_string_equal(say("\x02 STBY K0\x03\x02 ASTZ K0\x03", 0), "\x02 STBY 0\x03\x02 ASTZ 0 SREM STBY\x03");
    command("set device shape=stamp dc=48 cr=1");
    assert_string_equal(say("\x02 AKON K0\x03", 5000), "\x02\x30"
                                                       "AKON 0 123.4 812.5 #9999 500\x03\r");
}

static void ak_states(void **state)
{
    (void)state;
    open_device("ak");
    command("world opacity=23.4");
    command("set device remote=0");
    assert_string_equal(say("\x02 SNGA K0\x03", 0), "\x02 SNGA 0 K0 OF\x03");
    assert_string_equal(say("\x02 SREM K0\x03\x02 SNGA K0\x03", 0), "\x02 SREM 0\x03\x02 SNGA 0\x03");
    assert_string_equal(say("\x02 AKON K0\x03", 100), "\x02 AKON 0 K0 BS\x03");
    assert_string_equal(say("\x02 AKON K0\x03", 2100), "\x02 AKON 0 23.4\x03");
    command("health device fault");
    assert_string_equal(say("\x02 AKON K0\x03", 2200), "\x02 AKON 1 #23.4\x03");
    command("health device ok");
    assert_string_equal(say("\x02 AKON K0\x03", 2300), "\x02 AKON 0 23.4\x03");
}

static void wxt_answers(void **state)
{
    (void)state;
    open_device("wxt");
    command("world wind_dir=352 wind_speed=2.4 air_temp=29.5 humidity=46.8 pressure=101.71 rain=0");
    assert_string_equal(say("0R0\r\n", 0),
                        "0R0,Dm=352D,Sn=1.2M,Sm=2.4M,Sx=3.6M,Ta=29.5C,Ua=46.8P,Pa=1017.1H,Rc=0.00M,Ri=0.0M\r\n");
    command("world air_temp=none");
    assert_string_equal(say("0R2\r\n", 0), "0R2,Ta=0.0#,Ua=46.8P,Pa=1017.1H\r\n");
    assert_string_equal(say("1R0\r\n", 0), "");
}

static void maximet_streams(void **state)
{
    (void)state;
    open_device("maximet");
    command("world pressure=99.95 humidity=40 air_temp=23.3 dew_point=9.1");
    command("set device columns=pressure,humidity,air_temp,dew_point,wind_speed,-,status");
    /* the XOR of all between STX and ETX */
    assert_string_equal(listen_until(0), "\x02Q,0999.5,040,+023.3,+009.1,,,0000,\x03"
                                         "7D\r\n");
    assert_string_equal(listen_until(999), "");
    assert_int_equal(strlen(listen_until(1000)), 40);
    command("fault device crc count=1");
    /* D ^ 1 */
    assert_non_null(strstr(listen_until(2000), "\x03"
                                               "7E\r\n"));
}

static void csr_i_shows_a_vehicle(void **state)
{
    (void)state;
    open_device("csr-i");
    command("set device mode=trigger");
    listen_until(0);
    expect_bytes("FE FD FD FE");
    command("set device mode=continuous");
    command("world speed=125");
    listen_until(50);
    expect_bytes("7D");
    command("set device format=two direction=away");
    listen_until(100);
    expect_bytes("F8 7D");
    command("set device format=ascii direction=closing mode=answer");
    listen_until(150);
    expect_bytes("");
    sim_hear(ear->device, 0, (const uint8_t *)"\xF7", 1, 160);
    listen_until(160);
    expect_bytes("2B 31 32 35");
    command("set device mode=trigger");
    command("world speed=none");
    listen_until(200);
    command("world speed=80");
    listen_until(250);
    expect_bytes("2B 30 38 30");
    listen_until(300);
    expect_bytes("");
}

static void mph_and_truspeed(void **state)
{
    (void)state;
    open_device("mph");
    command("world speed=99");
    command("set device status=116");
    listen_until(0);
    expect_bytes("02 F4 01 63 01 01 03");
    open_device("truspeed");
    command("world speed=80");
    assert_string_equal(listen_until(0), "$SP,80,213.8,K,M*493D\r\n");
    command("world speed=none");
    assert_string_equal(listen_until(10000), "");
}

static void rpm_streams(void **state)
{
    (void)state;
    open_device("rpm5300");
    command("world rpm=750");
    listen_until(0);
    expect_bytes("30 37 35 30 0D");
    command("fault device ending count=1");
    assert_string_equal(listen_until(200), "0750\n");
    command("fault device half count=1");
    assert_string_equal(listen_until(400), "075");
    open_device("vtet-1000");
    command("truck idle-rpm=812");
    assert_string_equal(listen_until(0), "fdjzsj:0812rpm");
    command("world rpm=none");
    assert_string_equal(listen_until(400), "");
}

static void nmea_has_a_fix_and_loses_it(void **state)
{
    (void)state;
    open_device("nmea");
    command("world utc=2024-06-15T08:06:00Z latitude=30.252056667 longitude=120.17613 altitude=12.5");
    command("set device fields=11");
    assert_string_equal(listen_until(0), "$GPRMC,080600.00,A,3015.1234,N,12010.5678,E,0.0,0.0,150624,,*34\r\n"
                                         "$GPGGA,080600.00,3015.1234,N,12010.5678,E,1,08,1.0,12.5,M,-40.0,M,,*79\r\n");
    command("set device fields=13 quality=8");
    assert_non_null(strstr(listen_until(1000), ",150624,,,S,S*"));
    assert_non_null(strstr(ear->text, ",E,8,08,"));
    command("set device fix=0 clock=frozen");
    assert_non_null(strstr(listen_until(2000), "$GPRMC,080600.00,V,,,,,,,150624,,,N,V*"));
    assert_non_null(strstr(ear->text, "$GPGGA,080600.00,,,,,0,00,,,M,,M,,*"));
}

static void gpsd_leaves_out_what_it_does_not_know(void **state)
{
    (void)state;
    open_device("gpsd");
    command("world utc=2024-06-15T08:06:00Z latitude=30.252056667 longitude=-120.5 altitude=none");
    assert_non_null(strstr(listen_until(0), "{\"class\":\"VERSION\""));
    assert_string_equal(listen_until(1000), "");
    say("?WATCH={\"enable\":true,\"json\":true};\r\n", 1000);
    assert_non_null(strstr(ear->text, "\"class\":\"DEVICES\""));
    assert_non_null(strstr(ear->text, "\"class\":\"WATCH\",\"enable\":true"));
    assert_non_null(strstr(listen_until(2000), "\"mode\":3,\"time\":\"2024-06-15T08:06:02.000Z\""));
    assert_non_null(strstr(ear->text, "\"lat\":30.252056667,\"lon\":-120.500000000,\"speed\":0.000}\r\n"));
    command("set device mode=1");
    assert_non_null(strstr(listen_until(3000), "\"mode\":1}\r\n"));
    assert_null(strstr(ear->text, "lat"));
    assert_non_null(strstr(say("?FOO;", 3000), "Unrecognized request '?FOO'"));
    command("set device device=0");
    assert_string_equal(listen_until(4000), "");
}

static void elm327_talks_obd(void **state)
{
    (void)state;
    open_device("elm327");
    command("world rpm=716 coolant_temp=83 speed=none mil=1");
    command("set device dtcs=P0420,U2002");
    assert_string_equal(say("010C\r", 0), "010C\rSEARCHING...\r41 0C 0B 30 \r\r>");
    assert_string_equal(say("ATE0\r", 0), "ATE0\rOK\r\r>");
    assert_string_equal(say("01 05\r", 0), "41 05 7B \r\r>");
    assert_string_equal(say("010D\r", 0), "NO DATA\r\r>");
    assert_string_equal(say("0101\r", 0), "41 01 82 0F 61 00 \r\r>");
    assert_string_equal(say("03\r", 0), "43 02 04 20 E0 02 \r\r>");
    assert_string_equal(say("ATXYZ\r", 0), "?\r\r>");
    assert_string_equal(say("ATS0\rATH1\r0105\r", 0), "OK\r\r>OK\r\r>7E80341057B\r\r>");
    assert_string_equal(say("ATH0\r0902\r", 0),
                        "OK\r\r>014\r0: 4902014C5A5A\r1: 35434C5642384A\r2: 41313233343536\r\r>");
    command("set device ecus=2");
    assert_string_equal(say("0100\r", 0), "410088100000\r410080000000\r\r>");
    assert_string_equal(say("ATZ\r", 0), "\rELM327 v1.5\r\r>");
    command("set device bus=none");
    assert_string_equal(say("0100\r", 0), "0100\rSEARCHING...\rUNABLE TO CONNECT\r\r>");
}

static void elm327_talks_j1939(void **state)
{
    (void)state;
    open_device("elm327");
    command("set device bus=j1939");
    command("world rpm=1500 obd_nox_out=100 obd_o2_out=none coolant_temp=none oil_temp=95 mil=0");
    assert_string_equal(say("ATE0\rATSPA\rATH1\r", 0), "ATE0\rOK\r\r>OK\r\r>OK\r\r>");
    assert_string_equal(say("F00F\r", 0), "6 0F00F 00 70 17 FF FF FF FF FF FF \r\r>");
    assert_string_equal(say("00F004\r", 0), "6 0F004 00 FF FF FF E0 2E FF FF FF \r\r>");
    assert_string_equal(say("FEEE\r", 0), "6 0FEEE 00 FF FF 00 2E FF FF FF FF \r\r>");
    assert_string_equal(say("FEE5\r", 0), "NO DATA\r\r>");
    command("set device missing=error");
    assert_string_equal(say("F00F\r", 0), "6 0F00F 00 70 17 00 FE FF FF FF FF \r\r>");
    listen_until(50);
    assert_string_equal(say("ATMPFECA1\r", 50), "");
    assert_string_equal(listen_until(100), "6 0FECA 00 00 FF 00 00 00 00 FF FF \r\r>");
    command("world mil=1");
    command("set device faults=3216/4/2,520192/31/126");
    say("ATDM1\r", 100);
    assert_string_equal(listen_until(200), "6 0ECFF 00 20 0A 00 02 FF CA FE 00 \r"
                                           "6 0EBFF 00 01 40 FF 90 0C 04 02 00 \r"
                                           "6 0EBFF 00 02 F0 FF 7E FF FF FF FF \r");
    assert_string_equal(say("x", 250), "STOPPED\r\r>");
}

static void faults_and_settings_are_named(void **state)
{
    (void)state;
    struct err err = {0};
    open_device("rpm5300");
    assert_int_equal(sim_command(&ear->sim, "fault device crc", 0, &err), -1);
    assert_string_equal(err.text, "fault: rpm5300 has no checksum to spoil");
    assert_int_equal(sim_command(&ear->sim, "set device mode=byte", 0, &err), -1);
    assert_string_equal(err.text, "device: rpm5300 has no setting 'mode'");
    assert_int_equal(sim_command(&ear->sim, "world wind=3", 0, &err), -1);
    assert_string_equal(err.text, "world: there is no quantity 'wind'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ak_answers),
        cmocka_unit_test(ak_states),
        cmocka_unit_test(wxt_answers),
        cmocka_unit_test(maximet_streams),
        cmocka_unit_test(csr_i_shows_a_vehicle),
        cmocka_unit_test(mph_and_truspeed),
        cmocka_unit_test(rpm_streams),
        cmocka_unit_test(nmea_has_a_fix_and_loses_it),
        cmocka_unit_test(gpsd_leaves_out_what_it_does_not_know),
        cmocka_unit_test(elm327_talks_obd),
        cmocka_unit_test(elm327_talks_j1939),
        cmocka_unit_test(faults_and_settings_are_named),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sim_ear_close(ear);
    return failed;
}
