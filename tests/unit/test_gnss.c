/*
 * Positions: NMEA sentences by the published examples, and gpsd's reports against gpsd's own reader, libgps, which was
 * written by others.
 */
#include <gps.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/nmea.h"
#include "sensors/bench.h"

static struct nmea_sentence parse(const char *line)
{
    struct nmea_sentence sentence;
    assert_true(nmea_parse((struct slice){line, strlen(line)}, &sentence));
    return sentence;
}

static void test_published_sentence(void **state)
{
    (void)state;
    static const char published[] = "$GPRMC,080600.00,A,3015.1234,N,12010.5678,E,0.0,0.0,150624,,,A*59";
    int64_t latitude, longitude;
    struct nmea_sentence s = parse(published);
    assert_int_equal(s.kind, NMEA_RMC);
    assert_int_equal(nmea_fix(&s), NMEA_FIX);
    assert_true(nmea_position(&s, &latitude, &longitude));
    assert_int_equal(latitude, 302520567); /* gpsd reads 30.252056667 */
    assert_int_equal(longitude, 1201761300);
    char changed[sizeof published];
    for (size_t i = 0; i < strlen(published); i++) /* every byte counts, the checksum's case excepted */
        for (int bit = 0; bit < 8; bit++) {
            memcpy(changed, published, sizeof published);
            changed[i] = (char)(changed[i] ^ 1 << bit);
            assert_false(nmea_parse((struct slice){changed, strlen(published)}, &s));
        }
}

/* `body` with its checksum. */
static bool position(const char *body, int64_t *latitude, int64_t *longitude)
{
    char line[256];
    snprintf(line, sizeof line, "$%.120s*%02X", body, (unsigned)slice_xor(body, strlen(body)));
    struct nmea_sentence s = parse(line);
    return s.kind != NMEA_OTHER && nmea_position(&s, latitude, longitude);
}

static void test_positions(void **state)
{
    (void)state;
    static const struct {
        const char *where; /* as in GGA */
        bool good;
        int64_t latitude, longitude;
    } rows[] = {
        {"4400.6000,N,08718.0000,E", true, 440100000, 873000000},
        {"3327.5000,S,07040.2500,W", true, -334583333, -706708333},
        {"9000,N,18000,W", true, 900000000, -1800000000},
        {"0000.0000003,N,00000.0000009,E", true, 0, 0}, /* 0.05 and 0.15 units */
        {"0000.000003,N,00000.000009,E", true, 0, 2},   /* 0.5 to even, 1.5 to even */
        {"9000.1,N,00000.0,E", false, 0, 0},
        {"3060.0,N,00000.0,E", false, 0, 0},
        {"300.5,N,00000.0,E", false, 0, 0},
        {"3015.1234,X,00000.0,E", false, 0, 0},
        {"3015.1234,,00000.0,E", false, 0, 0},
        {",,,", false, 0, 0},
        {"-315.1234,N,00000.0,E", false, 0, 0},
        {"3015.12345678,N,00000.0,E", false, 0, 0},
        {"3015.,N,00000.0,E", false, 0, 0},
        {"30151234,N,00000.0,E", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[128];
        int64_t latitude = 0, longitude = 0;
        snprintf(body, sizeof body, "GPGGA,080600.00,%s,1,08,1.0,45.3,M,9.1,M,,", rows[i].where);
        if (position(body, &latitude, &longitude) != rows[i].good ||
            (rows[i].good && (latitude != rows[i].latitude || longitude != rows[i].longitude)))
            fail_msg("%s: %lld %lld", rows[i].where, (long long)latitude, (long long)longitude);
    }
}

static void test_no_sentences(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "$", "$*00", "GPRMC,1*00", "$GPRMC", "$GPRMC,1*4", "$GPGGA*5", "$GPRMC*ZZ"};
    struct nmea_sentence s;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (nmea_parse((struct slice){lines[i], strlen(lines[i])}, &s))
            fail_msg("'%s' was taken", lines[i]);
    char many[200] = "$GPGGA";
    for (int i = 0; i < 60; i++)
        strcat(many, ",");
    snprintf(many + strlen(many), 8, "*%02X", (unsigned)slice_xor(many + 1, strlen(many) - 1));
    assert_true(nmea_parse((struct slice){many, strlen(many)}, &s));
    assert_int_equal(s.count, NMEA_FIELDS_MAX);
    assert_int_equal(nmea_fix(&s), NMEA_NO_FIX);
}

/* ---- gpsd's reports, read by us and by libgps ---- */

static struct bench bench;

static bool ours(enum quantity quantity, double *value)
{
    const struct bench_instrument *in = &bench.instruments[0];
    if (in->last_ms[quantity] != bench.now_ms)
        return false;
    *value = decimal_to_double(in->last[quantity].value);
    return true;
}

static void compare(const char *line, const char *what, enum quantity quantity, double theirs)
{
    double value = 0;
    bool we = ours(quantity, &value);
    if (we != (isfinite(theirs) != 0) || (we && fabs(value - theirs) > 1e-9))
        fail_msg("%s: %s is %.10f for us (%d), %.10f for libgps", line, what, value, we, theirs);
}

static void test_reports_as_libgps_reads_them(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"class\":\"TPV\",\"device\":\"/dev/pts/1\",\"mode\":3,\"time\":\"2024-06-15T08:06:00.000Z\",\"ept\":0.005,"
        "\"lat\":30.252056667,\"lon\":120.176130000,\"altHAE\":54.4000,\"altMSL\":45.3000,\"alt\":45.3000,\"track\":10."
        "3797,"
        "\"speed\":0.091,\"climb\":-0.085}",
        "{\"class\":\"TPV\",\"device\":\"/dev/pts/1\",\"mode\":2,\"lat\":-33.458333333,\"lon\":-70.670833333}",
        "{\"class\":\"TPV\",\"device\":\"/dev/pts/1\",\"mode\":2,\"status\":2,\"lat\":0.000000000,\"lon\":0.000000000}",
        "{\"class\":\"TPV\",\"device\":\"/dev/pts/1\",\"mode\":3,\"lat\":44.01,\"lon\":87.3,\"altMSL\":-12.5}",
        "{\"class\":\"TPV\",\"device\":\"/dev/pts/1\",\"mode\":3,\"lat\":89.999999999,\"lon\":-179.999999999}",
    };
    const struct sensor_config config = {.name = "gnss"};
    const struct bench_host host = {0};
    bench_init(&bench, &host, 0);
    bench_add(&bench, sensor_driver_by_name("gpsd"), &config);
    bench_connect(&bench, 0, 0);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        static struct gps_data_t theirs;
        char line[512];
        memset(&theirs, 0, sizeof theirs);
        theirs.fix.latitude = theirs.fix.longitude = theirs.fix.altMSL = (double)NAN;
        snprintf(line, sizeof line, "%s\r\n", lines[i]);
        bench_receive(&bench, 0, (const uint8_t *)line, strlen(line), (int64_t)(i + 1) * 1000);
        assert_int_equal(gps_unpack(line, &theirs), 0);
        assert_true(theirs.fix.mode >= MODE_2D);
        compare(lines[i], "latitude", QUANTITY_LATITUDE, theirs.fix.latitude);
        compare(lines[i], "longitude", QUANTITY_LONGITUDE, theirs.fix.longitude);
        compare(lines[i], "altitude", QUANTITY_ALTITUDE, theirs.fix.altMSL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_sentence),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_no_sentences),
        cmocka_unit_test(test_reports_as_libgps_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
