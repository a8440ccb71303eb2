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
        {"9000.1,S,00000.0,E", false, 0, 0},
        {"0000.0,N,18000.1,E", false, 0, 0},
        {"0000.0,N,18000.1,W", false, 0, 0},
        {"0000.0,N,18000.0,E", true, 0, 1800000000},
        {"+315.1234,N,00000.0,E", false, 0, 0},
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

/* ---- what comes of a line ---- */

static const struct bench_instrument *const in = &bench.instruments[0];

static void plug_in(const char *driver)
{
    const struct sensor_config config = {.name = "gnss"};
    const struct bench_host host = {0};
    bench_init(&bench, &host, 0);
    bench_add(&bench, sensor_driver_by_name(driver), &config);
    bench_connect(&bench, 0, 0);
    bench_advance(&bench, 4000); /* long enough without GGA for RMC to count */
}

static void hear(const char *line)
{
    bench_receive(&bench, 0, (const uint8_t *)line, strlen(line), bench.now_ms + 100);
}

static void hear_sentence(const char *body)
{
    char line[256];
    snprintf(line, sizeof line, "$%.200s*%02X\r\n", body, (unsigned)slice_xor(body, strlen(body)));
    hear(line);
}

/* What the last line said of it: "12.5", "12.5 suspect", "absent". */
static const char *heard(enum quantity quantity)
{
    static char value[DECIMAL_TEXT_MAX + 16];
    if (in->last_ms[quantity] != bench.now_ms)
        return "absent";
    decimal_format(in->last[quantity].value, value);
    return strcat(value, in->last[quantity].quality == QUALITY_SUSPECT ? " suspect" : "");
}

struct row {
    const char *line;
    const char *latitude, *altitude;
    enum instrument_status status;
    const char *detail;
};

static void assert_row(const struct row *row)
{
    char latitude[64], altitude[64];
    snprintf(latitude, sizeof latitude, "%s", heard(QUANTITY_LATITUDE));
    snprintf(altitude, sizeof altitude, "%s", heard(QUANTITY_ALTITUDE));
    if (strcmp(latitude, row->latitude) != 0 || strcmp(altitude, row->altitude) != 0 || in->status != row->status ||
        !strstr(in->status_detail, row->detail))
        fail_msg("%s: latitude %s, altitude %s, %s", row->line, latitude, altitude, in->status_detail);
}

#define GGA(quality, altitude) "GPGGA,080600.00,3015.1234,N,12010.5678,E," quality ",08,1.0," altitude ",9.1,M,,"
#define RMC(valid, end) "GNRMC,080600.00," valid ",3015.1234,N,12010.5678,E,0.0,0.0,150624,," end
#define HERE "30.2520567"

static void test_gga(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {GGA("1", "45.3,M"), HERE, "45.3", STATUS_OK, ""},
        {GGA("5", "-12.5,M"), HERE, "-12.5", STATUS_OK, ""},
        {GGA("2", ",M"), HERE, "absent", STATUS_OK, ""},
        {GGA("3", "148.6,F"), HERE, "absent", STATUS_OK, ""}, /* in another unit */
        {GGA("4", "45.1234567891,M"), HERE, "absent", STATUS_OK, ""},
        {GGA("0", "45.3,M"), "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {GGA("", "45.3,M"), "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {GGA("9", "45.3,M"), "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {GGA("6", "45.3,M"), HERE " suspect", "45.3 suspect", STATUS_INTERNAL, "estimated"},
        {GGA("7", "45.3,M"), HERE " suspect", "45.3 suspect", STATUS_INTERNAL, "typed in by hand"},
        {GGA("8", "45.3,M"), HERE " suspect", "45.3 suspect", STATUS_INTERNAL, "simulated"},
        {RMC("A", ",A"), "absent", "absent", STATUS_INTERNAL, "simulated"}, /* it does not heal what GGA says */
        {"GPGGA,080600.00,,,,,1,08,1.0,45.3,M,9.1,M,,", "absent", "absent", STATUS_OK, ""},
        {GGA("1", "45.3,M"), HERE, "45.3", STATUS_OK, ""},
        {"GPGGA,080600.00,3015.1234,N,12010.5678,E,0,08", "absent", "absent", STATUS_OK, ""}, /* cut off: none */
        {"PUBX,00", "absent", "absent", STATUS_OK, ""},
        {"GPZDA,080600.00,15,06,2024,00,00", "absent", "absent", STATUS_OK, ""},
    };
    plug_in("nmea");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hear_sentence(rows[i].line);
        assert_row(&rows[i]);
    }
    assert_int_equal(in->garbage_bytes, 0);
}

static void test_rmc_modes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {RMC("A", ""), HERE, "absent", STATUS_OK, ""}, /* of the older kind, without a mode */
        {RMC("A", ","), HERE, "absent", STATUS_OK, ""},
        {RMC("A", ",A"), HERE, "absent", STATUS_OK, ""},
        {RMC("A", ",D"), HERE, "absent", STATUS_OK, ""},
        {RMC("A", ",F"), HERE, "absent", STATUS_OK, ""},
        {RMC("A", ",R"), HERE, "absent", STATUS_OK, ""},
        {RMC("A", ",P"), HERE, "absent", STATUS_OK, ""},
        {RMC("A", ",E"), HERE " suspect", "absent", STATUS_INTERNAL, "estimated"},
        {RMC("A", ",M"), HERE " suspect", "absent", STATUS_INTERNAL, "typed in by hand"},
        {RMC("A", ",S"), HERE " suspect", "absent", STATUS_INTERNAL, "simulated"},
        {RMC("A", ",N"), "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {RMC("A", ",A,V"), HERE, "absent", STATUS_OK, ""},
        {RMC("V", ",A"), "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {"GNRMC,080600.00,A,3015.1234,N,12010.5678,E,0.0,0.0,150624", "absent", "absent", STATUS_STANDBY, "sky"},
    };
    plug_in("nmea");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hear_sentence(rows[i].line);
        assert_row(&rows[i]);
    }
    assert_int_equal(in->garbage_bytes, 0);
}

#define TPV "{\"class\":\"TPV\",\"mode\":"
#define AT "\"lat\":30.25,\"lon\":120.5"

static void test_gpsd_lines(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {TPV "2," AT "}\n", "30.25", "absent", STATUS_OK, ""},
        {TPV "3," AT ",\"altMSL\":45.3}\n", "30.25", "45.3", STATUS_OK, ""},
        {TPV "3," AT ",\"altMSL\":\"45.3\"}\n", "30.25", "absent", STATUS_OK, ""}, /* gpsd sends numbers */
        {TPV "3," AT ",\"altMSL\":1e300}\n", "30.25", "absent", STATUS_OK, ""},
        {TPV "3,\"lat\":30.25}\n", "absent", "absent", STATUS_OK, ""}, /* half a position is none */
        {TPV "3,\"lon\":120.5}\n", "absent", "absent", STATUS_OK, ""},
        {TPV "3,\"status\":5," AT "}\n", "30.25 suspect", "absent", STATUS_INTERNAL, "dead reckoning"},
        {TPV "3,\"status\":8," AT "}\n", "30.25 suspect", "absent", STATUS_INTERNAL, "simulated"},
        {" \r\n", "absent", "absent", STATUS_INTERNAL, "simulated"},
        {TPV "3,\"status\":2," AT "}\n", "30.25", "absent", STATUS_OK, ""},
        {TPV "1," AT "}\n", "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {"{\"class\":\"TPV\"," AT "}\n", "absent", "absent", STATUS_STANDBY, "view of the sky"},
        {"{\"class\":\"DEVICES\",\"devices\":[{}]}\n", "absent", "absent", STATUS_STANDBY, "sky"},
        {"{\"class\":\"DEVICES\"}\n", "absent", "absent", STATUS_STANDBY, "sky"},
        {"{\"class\":\"DEVICES\",\"devices\":[]}\n", "absent", "absent", STATUS_STANDBY, "has no receiver"},
        {"{\"class\":\"ERROR\",\"message\":\"Unrecognized\"}\n", "absent", "absent", STATUS_INTERNAL, "gpsd: Unrec"},
        {"{\"class\":\"ERROR\"}\n", "absent", "absent", STATUS_INTERNAL, "gpsd: "},
        {"{\"class\":\"SKY\"}\n", "absent", "absent", STATUS_INTERNAL, "gpsd: "},
    };
    plug_in("gpsd");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hear(rows[i].line);
        assert_row(&rows[i]);
    }
    assert_int_equal(in->garbage_bytes, 0);
}

static void test_what_is_no_report(void **state)
{
    (void)state;
    static const char *const lines[] = {"[1]\n", "\"TPV\"\n", "7\n", "{\"mode\":3}\n", "{\"class\":\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        plug_in("gpsd");
        hear(lines[i]);
        assert_int_equal(in->status, STATUS_COMM_ERROR);
        assert_int_equal(in->garbage_bytes, strlen(lines[i]));
        hear(TPV "3," AT "}\n");
        assert_int_equal(in->status, STATUS_OK);
    }
}

/* Of a line without an end nothing counts, its end neither. */
static void test_endless_lines(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"gpsd", TPV "3," AT "}\n"}, {"nmea", "$GPRMC,080600.00,A,3015.1234,N,12010.5678,E,0.0,0.0,150624,,,A*59\n"}};
    char piece[1025];
    memset(piece, 'x', 1024);
    piece[1024] = '\0';
    for (size_t i = 0; i < 2; i++) {
        plug_in(good[i][0]);
        hear("\r\n");
        assert_int_equal(in->garbage_bytes, 0);
        for (int k = 0; k < 5; k++)
            hear(piece);
        assert_int_equal(in->status, STATUS_COMM_ERROR);
        assert_non_null(strstr(in->status_detail, "longer than 4095 bytes"));
        hear(good[i][1]);
        assert_string_equal(heard(QUANTITY_LATITUDE), "absent");
        hear(good[i][1]);
        assert_string_not_equal(heard(QUANTITY_LATITUDE), "absent");
        assert_int_equal(in->status, STATUS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_sentence),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_no_sentences),
        cmocka_unit_test(test_reports_as_libgps_reads_them),
        cmocka_unit_test(test_gga),
        cmocka_unit_test(test_rmc_modes),
        cmocka_unit_test(test_gpsd_lines),
        cmocka_unit_test(test_what_is_no_report),
        cmocka_unit_test(test_endless_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
