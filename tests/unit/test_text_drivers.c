/*
 * Instruments that send lines: what each line is worth, good, absent, out of range, doubtful or refused, and what the
 * instrument's state then says. What a line looks like stands in the protocols' own tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/slice.h"
#include "sensors/drivers/drivers.h"
#include "tests/support/rig.h"

static struct bench bench;
static struct bench_instrument *const in = &bench.instruments[0];
static struct profile profile;

static void plug_in(const struct sensor_driver *driver, const struct sensor_config *config)
{
    const struct bench_host host = {0};
    struct err err = {0};
    if (driver->check(config, &err) != 0)
        fail_msg("%s", err.text);
    bench_init(&bench, &host, 0);
    bench_add(&bench, driver, config);
    bench_connect(&bench, 0, 0);
}

/* Received a second after what came before. */
static void hear(const char *bytes)
{
    bench_receive(&bench, 0, (const uint8_t *)bytes, strlen(bytes), bench.now_ms + 1000);
}

/* What the last line said of it: "12.5", "12.5 suspect", "absent". */
static const char *heard(enum quantity quantity)
{
    static char text[DECIMAL_TEXT_MAX + 32];
    static const char *const qualities[] = {
        [QUALITY_OK] = "", [QUALITY_SUSPECT] = " suspect", [QUALITY_OUT_OF_RANGE] = " out of range"};
    if (in->last_ms[quantity] != bench.now_ms)
        return "absent";
    decimal_format(in->last[quantity].value, text);
    return strcat(text, qualities[in->last[quantity].quality]);
}

static void assert_state(enum instrument_status status, const char *detail)
{
    assert_int_equal(in->status, status);
    if (!strstr(in->status_detail, detail))
        fail_msg("'%s' does not say '%s'", in->status_detail, detail);
}

/* A blank line is nothing; one without an end is refused in pieces, its last piece too, and the next line counts. */
static void assert_lines_are_kept_apart(const char *good, enum quantity quantity, const char *value)
{
    char piece[1025];
    memset(piece, '1', 1024);
    piece[1024] = '\0';
    hear(" \r\n");
    assert_int_equal(in->garbage_bytes, 0);
    assert_int_equal(in->frames, 1);
    for (int i = 0; i < 6; i++)
        hear(piece);
    assert_state(STATUS_COMM_ERROR, "longer than 4095 bytes");
    hear(good); /* the end of that line, whatever it looks like */
    assert_string_equal(heard(quantity), "absent");
    assert_int_equal(in->garbage_bytes, 6 * 1024 + strlen(good));
    hear(good);
    assert_string_equal(heard(quantity), value);
    assert_int_equal(in->status, STATUS_OK);
}

/* ---- weather ---- */

static void hear_maximet(const char *body)
{
    char line[256];
    snprintf(line, sizeof line, "\x02%s\x03%02X\r\n", body, (unsigned)slice_xor(body, strlen(body)));
    hear(line);
}

#define COLUMNS                                                                                                        \
    " value pressure { column = 2 scale = 0.1 unit = \"kPa\" }\n"                                                      \
    " value humidity { column = 3 unit = \"%RH\" min = 0 max = 100 }\n}\n"

static void test_maximet_columns(void **state)
{
    (void)state;
    static const struct {
        const char *body, *pressure, *humidity;
    } rows[] = {
        {"Q,0999.5,040,", "99.95", "40"},
        {"Q,0999.5,040", "99.95", "40"}, /* without the comma at the end */
        {"Q,,040,", "absent", "40"},
        {"Q,0999.5,,", "99.95", "absent"},
        {"Q,----,100,", "absent", "100"},
        {"Q,0999.5,101,", "99.95", "101 out of range"},
        {"Q,0999.5,-001,", "99.95", "-1 out of range"},
        {"Q,99999999999999999999,050,", "absent", "50"},
        {"Q,999.1234567891,050,", "absent", "50"},
        {"Q,,,", "absent", "absent"},
    };
    const struct sensor_config config = {.name = "weather", .profile = &profile};
    rig_inline_profile(&profile,
                       "profile m { kind = columns title = t source = s columns = 3 stale-ms = 5000\n" COLUMNS);
    plug_in(&driver_maximet, &config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t samples = in->samples;
        hear_maximet(rows[i].body);
        if (strcmp(heard(QUANTITY_PRESSURE), rows[i].pressure) != 0)
            fail_msg("row %zu: pressure %s", i, heard(QUANTITY_PRESSURE));
        if (strcmp(heard(QUANTITY_HUMIDITY), rows[i].humidity) != 0)
            fail_msg("row %zu: humidity %s", i, heard(QUANTITY_HUMIDITY));
        assert_int_equal(in->samples - samples, i + 1 < sizeof rows / sizeof rows[0]); /* no empty one */
        assert_int_equal(in->status, STATUS_OK);
    }
    assert_int_equal(in->garbage_bytes, 0);
}

static void test_maximet_refuses(void **state)
{
    (void)state;
    const struct sensor_config config = {.name = "weather", .profile = &profile};
    rig_inline_profile(
        &profile, "profile m { kind = columns title = t source = s columns = 4 status-column = 4 status-good = \"0000\""
                  " stale-ms = 5000\n" COLUMNS);
    plug_in(&driver_maximet, &config);
    hear_maximet("Q,0999.5,040,");
    assert_state(STATUS_COMM_ERROR, "another number of columns");
    hear_maximet("Q,0999.5,040,0000,");
    assert_state(STATUS_OK, "");
    hear_maximet(""); /* a whole frame with nothing in it */
    assert_state(STATUS_COMM_ERROR, "another number of columns");
    hear_maximet("Q,0999.5,040,0000,");
    hear("\x02Q,0999.5,040,0000,\x03\r\n");
    assert_state(STATUS_COMM_ERROR, "no MaxiMet frame");
    hear_maximet("Q,0999.5,040,01040104010401040104010401,"); /* what it says is shown as far as there is room */
    assert_state(STATUS_INTERNAL, "status 01040104010401040104");
    assert_string_equal(heard(QUANTITY_PRESSURE), "99.95 suspect");
    hear_maximet("Q,0999.5,040,,");
    assert_state(STATUS_INTERNAL, "status");
    assert_string_equal(heard(QUANTITY_HUMIDITY), "40 suspect");
}

static void test_maximet_lines(void **state)
{
    (void)state;
    const struct sensor_config config = {.name = "weather", .profile = &profile};
    rig_inline_profile(&profile,
                       "profile m { kind = columns title = t source = s columns = 3 stale-ms = 5000\n" COLUMNS);
    plug_in(&driver_maximet, &config);
    assert_lines_are_kept_apart("\x02Q,0999.5,040\x03"
                                "77\r\n",
                                QUANTITY_HUMIDITY, "40");
}

/* ---- speed ---- */

static void test_truspeed(void **state)
{
    (void)state;
    static const struct {
        const char *line, *speed, *why; /* why NULL: it is well */
    } rows[] = {
        {"$SP,80,213.8,K,M*493D\r\n", "80", NULL},
        {"$SP,50,213.8,M,M*9B30\r\n", "80.47", NULL},
        {"$SP,-31,213.8,M,M*9E7C\r\n", "49.89", NULL}, /* going away */
        {"$SP,0,213.8,K,M*BBB3\r\n", "absent", NULL},  /* no vehicle */
        {"$SP,220,213.8,K,M*3F4F\r\n", "220", NULL},
        {"$SP,221,213.8,K,M*C34B\r\n", "221 out of range", NULL},
        {"$SP,136.7,213.8,M,M*8268\r\n", "220.00", NULL},
        {"$SP,136.8,213.8,M,M*9658\r\n", "220.16 out of range", NULL},
        {"$SP,80,213.8,K,M*493E\r\n", "absent", "no measurement"},
        {"$SP,80,213.8,K,M\r\n", "absent", "no measurement"},
        {"$SP,*CCCD\r\n", "absent", "no measurement"},
        {"$SP,50,213.8*04EE\r\n", "absent", "no measurement"}, /* no unit */
        {"$SP,50,213.8,,M*C97F\r\n", "absent", "no measurement"},
        {"$SP,50,213.8,KM,M*E723\r\n", "absent", "no measurement"},
        {"$SP,fast,213.8,K,M*1A8D\r\n", "absent", "no measurement"},
        {"$SP,92233720368547758070,213.8,K,M*1E1F\r\n", "absent", "no measurement"},
        {"$SP,50,213.8,F,M*5941\r\n", "absent", "unknown unit"},
        {"$SP,50.1234,213.8,M,M*8D5A\r\n", "absent", "unknown unit"}, /* more digits than a speed can keep */
        {"$SP,9223372036854775807,213.8,M,M*78B3\r\n", "absent", "unknown unit"},
    };
    const struct sensor_config config = {.name = "speed"};
    plug_in(&driver_truspeed, &config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t garbage = in->garbage_bytes;
        hear("$SP,80,213.8,K,M*493D\r\n");
        hear(rows[i].line);
        if (strcmp(heard(QUANTITY_SPEED), rows[i].speed) != 0)
            fail_msg("row %zu: %s", i, heard(QUANTITY_SPEED));
        assert_state(rows[i].why ? STATUS_COMM_ERROR : STATUS_OK, rows[i].why ? rows[i].why : "");
        assert_int_equal(in->garbage_bytes - garbage, rows[i].why ? strlen(rows[i].line) : 0);
    }
}

static void test_truspeed_lines(void **state)
{
    (void)state;
    const struct sensor_config config = {.name = "speed"};
    plug_in(&driver_truspeed, &config);
    assert_lines_are_kept_apart("$SP,80,213.8,K,M*493D\r\n", QUANTITY_SPEED, "80");
}

/* The frame has no unit: the same byte is another speed by the radar's setting. */
static void test_mph_units(void **state)
{
    (void)state;
    static const struct {
        const char *frame, *km_h, *mph;
        enum instrument_status status;
    } rows[] = {
        {"\x02\xF0\x01\x32\x01\x01\x03", "50", "80.47", STATUS_OK},
        {"\x02\xF0\x01\x88\x01\x01\x03", "136", "218.87", STATUS_OK},
        {"\x02\xF0\x01\x89\x01\x01\x03", "137", "220.48 out of range", STATUS_OK},
        {"\x02\xF0\x01\xDD\x01\x01\x03", "221 out of range", "355.67 out of range", STATUS_OK},
        {"\x02\xF1\x01\x32\x01\x01\x03", "50 suspect", "80.47 suspect", STATUS_INTERNAL},
        {"\x02\xF2\x01\x32\x01\x01\x03", "50 suspect", "80.47 suspect", STATUS_INTERNAL},
        {"\x02\xFC\x01\x32\x01\x01\x03", "absent", "absent", STATUS_BUSY},
    };
    for (int is_mph = 0; is_mph < 2; is_mph++) {
        struct sensor_config config = {.name = "speed"};
        strcpy(config.option, is_mph ? "mph" : "km/h");
        plug_in(&driver_mph, &config);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            hear(rows[i].frame);
            if (strcmp(heard(QUANTITY_SPEED), is_mph ? rows[i].mph : rows[i].km_h) != 0)
                fail_msg("row %zu, mph %d: %s", i, is_mph, heard(QUANTITY_SPEED));
            assert_int_equal(in->status, rows[i].status);
        }
    }
}

/* The next question, and this answer to it so much later. */
static void answer(const void *bytes, size_t length, int64_t after_ms)
{
    bench_advance(&bench, in->wake_ms);
    bench_receive(&bench, 0, bytes, length, bench.now_ms + after_ms);
}

static void test_vaisala(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum quantity quantity;
        const char *value;
        enum instrument_status status;
        const char *detail;
    } rows[] = {
        {"0R0,Dm=352D,Sm=2.4M,Ta=29.5C,Ua=46.8P,Pa=1017.1H,Ri=0.0M\r\n", QUANTITY_PRESSURE, "101.71", STATUS_OK, ""},
        {"0R0,Ri=0.0M\r\n", QUANTITY_RAIN, "0", STATUS_OK, ""},
        {"0R0,Ri=0.2M\r\n", QUANTITY_RAIN, "1", STATUS_OK, ""},
        {"0R0,Ta=29.5C,Ta=30.5C\r\n", QUANTITY_AIR_TEMP, "29.5", STATUS_OK, ""},
        {"0R0,Ta=70C\r\n", QUANTITY_AIR_TEMP, "70", STATUS_OK, ""},
        {"0R0,Ta=70.1C\r\n", QUANTITY_AIR_TEMP, "70.1 out of range", STATUS_OK, ""},
        {"0R0,Ta=-60.1C\r\n", QUANTITY_AIR_TEMP, "-60.1 out of range", STATUS_OK, ""},
        {"0R0,Ta=29.5#\r\n", QUANTITY_AIR_TEMP, "absent", STATUS_OK, ""}, /* it says itself that it is none */
        {"0R0,Xx=29.5C\r\n", QUANTITY_AIR_TEMP, "absent", STATUS_OK, ""},
        {"0R0,Ta=99999999999999999999C\r\n", QUANTITY_AIR_TEMP, "absent", STATUS_OK, ""},
        {"0R0,Pa=1017.12345678H\r\n", QUANTITY_PRESSURE, "101.712345678", STATUS_OK, ""},
        {"0R0,Pa=1017.123456789H\r\n", QUANTITY_PRESSURE, "absent", STATUS_OK, ""}, /* no room for kPa */
        {"0R0,Ta=85.1F,Ua=46.8P\r\n", QUANTITY_HUMIDITY, "46.8 suspect", STATUS_INTERNAL,
         "Ta comes in an unknown unit"},
        {"0R0,Ta=85.1F,Ua=46.8P\r\n", QUANTITY_AIR_TEMP, "absent", STATUS_INTERNAL, "set metric units"},
    };
    const struct sensor_config config = {.name = "weather"};
    plug_in(&driver_vaisala, &config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer(rows[i].line, strlen(rows[i].line), 20);
        if (strcmp(heard(rows[i].quantity), rows[i].value) != 0)
            fail_msg("row %zu: %s", i, heard(rows[i].quantity));
        if (in->status != rows[i].status || !strstr(in->status_detail, rows[i].detail))
            fail_msg("row %zu: %s", i, in->status_detail);
    }
    assert_int_equal(in->garbage_bytes, 0);
    answer("1R0,Ta=20.0C\r\n", 14, 20); /* another one's answer */
    assert_state(STATUS_COMM_ERROR, "no composite message of that address");
    answer("0R0,\r\n", 6, 20);
    assert_int_equal(in->garbage_bytes, 20);
    answer("0R0,Ta=20.0C\r\n", 14, 20);
    assert_state(STATUS_OK, "");
    const struct sensor_config below = {.name = "weather", .unit = -1};
    struct err err = {0};
    assert_int_equal(driver_vaisala.check(&below, &err), -1);
    assert_non_null(strstr(err.text, "0 to 9"));
}

/* The next question comes a pace after the last one, and at once where the answer took longer than that. */
static void assert_pace(const struct sensor_driver *driver, const void *bytes, size_t length, int64_t usual_ms)
{
    const int64_t paces[] = {0, 2000, 50};
    for (size_t i = 0; i < sizeof paces / sizeof paces[0]; i++) {
        const struct sensor_config config = {.name = "asked", .poll_ms = paces[i]};
        plug_in(driver, &config);
        answer(bytes, length, 90);
        assert_int_equal(in->status, STATUS_OK);
        int64_t asked_ms = bench.now_ms - 90;
        int64_t next_ms = asked_ms + (paces[i] ? paces[i] : usual_ms);
        assert_int_equal(in->wake_ms, next_ms > bench.now_ms ? next_ms : bench.now_ms + 1);
    }
}

static void test_vaisala_pace(void **state)
{
    (void)state;
    assert_pace(&driver_vaisala, "0R0,Ta=20.0C\r\n", 14, 1000);
}

/* ---- engine speed ---- */

static void test_rpm_stream(void **state)
{
    (void)state;
    static const struct {
        const char *line, *rpm;
        size_t garbage;
    } rows[] = {
        {"0750\r", "750", 0},
        {"\r", "absent", 0},
        {"0000\r", "absent", 0},
        {"9000\r", "9000", 0},
        {"9001\r", "9001 out of range", 0},
        {"07500\r", "absent", 6},
        {"750\r", "absent", 4},
        {"07a0\r", "absent", 5},
    };
    const struct sensor_config config = {.name = "rpm"};
    plug_in(&driver_rpm5300, &config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t garbage = in->garbage_bytes;
        hear(rows[i].line);
        if (strcmp(heard(QUANTITY_RPM), rows[i].rpm) != 0)
            fail_msg("row %zu: %s", i, heard(QUANTITY_RPM));
        assert_int_equal(in->garbage_bytes - garbage, rows[i].garbage);
    }
}

static void test_rpm_pace(void **state)
{
    (void)state;
    static const uint8_t reply[] = {0x4E, 0x54, 0x30, 0xFF, 0x41, 7, 1, 0x80, 0x02, 0xEE, 0, 0, 0x87};
    assert_pace(&driver_vmt2000, reply, sizeof reply, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maximet_columns), cmocka_unit_test(test_maximet_refuses),
        cmocka_unit_test(test_maximet_lines),   cmocka_unit_test(test_truspeed),
        cmocka_unit_test(test_truspeed_lines),  cmocka_unit_test(test_mph_units),
        cmocka_unit_test(test_vaisala),         cmocka_unit_test(test_vaisala_pace),
        cmocka_unit_test(test_rpm_stream),      cmocka_unit_test(test_rpm_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
