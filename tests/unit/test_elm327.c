/* OBD and J1939 as ELM327 adapters print them: the published lines, long answers in their three shapes, decoding. */
#include "protocols/elm327.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/j1939.h"
#include "protocols/j1979.h"
#include "sensors/bench.h"

static struct slice text(const char *at)
{
    return (struct slice){at, strlen(at)};
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum elm327_kind kind;
    } rows[] = {
        {"41 0C 0B 30\r\r", ELM327_DATA},
        {"010C\r410C0B30\r\r", ELM327_DATA}, /* echo on, blanks off */
        {"SEARCHING...\r41 00 BE 3E B8 11\r\r", ELM327_DATA},
        {"SEARCHING...41 00 BE 3E B8 11\r\r", ELM327_DATA},
        {"014\r0: 49 02 01 57 44 42\r\r", ELM327_DATA},
        {"6 0FECA 00 00 FF 00 00 00 00 FF FF\r\r", ELM327_DATA},
        {"01 0C\rOK\r\r", ELM327_OK},
        {"NO DATA\r\r", ELM327_NO_DATA},
        {"SEARCHING...\rUNABLE TO CONNECT\r\r", ELM327_NO_VEHICLE},
        {"BUS INIT: ...ERROR\r\r", ELM327_NO_VEHICLE},
        {"CAN ERROR\r\r", ELM327_BUS_ERROR},
        {"41 0C 0B 30 <DATA ERROR\r\r", ELM327_BUS_ERROR},
        {"41 0C 0B 30\rBUFFER FULL\r\r", ELM327_BUS_ERROR},
        {"STOPPED\r\r", ELM327_STOPPED},
        {"BUS BUSY\r\r", ELM327_BUS_ERROR},
        {"BUFFER FULL\r\r", ELM327_BUS_ERROR},
        {"BUS INIT: OK\r\r", ELM327_TEXT},
        {"BUS INIT: OK\r41 00 BE 3E B8 11\r\r", ELM327_TEXT},
        {"UNABLE TO CONNECT\r\r", ELM327_NO_VEHICLE},
        {"6 0FECA\r\r", ELM327_TEXT},
        {"7E8: 41 0C\r\r", ELM327_TEXT}, /* too long to be a line's number */
        {"?\r\r", ELM327_NOT_UNDERSTOOD},
        {"\r\rELM327 v1.5\r\r", ELM327_TEXT},
        {"41 0C 0B 3\r\r", ELM327_TEXT}, /* half a byte */
        {"\r\r", ELM327_EMPTY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice line;
        if (elm327_kind(text(rows[i].reply), "010C", &line) != rows[i].kind)
            fail_msg("row %zu: kind %d", i, elm327_kind(text(rows[i].reply), "010C", &line));
    }
}

static void test_messages(void **state)
{
    (void)state;
    struct elm327_message m;
    struct slice rest = text("SEARCHING...\r41 0C 0B 30 \r410C0000\r4x 0C\r");
    assert_true(elm327_next(&rest, "010C", &m));
    assert_int_equal(m.length, 4);
    assert_int_equal((m.bytes[2] * 256 + m.bytes[3]) / 4, 716);
    assert_true(elm327_next(&rest, "010C", &m));
    assert_memory_equal(m.bytes, "\x41\x0C\x00\x00", 4);
    assert_false(elm327_next(&rest, "010C", &m));
}

/* The data sheet's example, whole and with everything that can be wrong with it. */
static void test_long_answers(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        bool whole;
    } rows[] = {
        {"014\r0: 49 02 01 31 44 34\r1: 47 50 30 30 52 35 35\r2: 42 31 32 33 34 35 36\r\r", true},
        {"014 \r\n0:490201314434\r\n1:47503030523535\r\n2:42313233343536\r\n", true},
        {"014\r01: 49 02 01 31 44 34 47\r02: 50 30 30 52 35 35 42\r03: 31 32 33 34 35 36 FF\r\r", true}, /* J1939 */
        {"014\r0: 49 02 01 31 44 34\r2: 42 31 32 33 34 35 36\r1: 47 50 30 30 52 35 35\r\r", false},
        {"014\r0: 49 02 01 31 44 34\r1: 47 50 30 30 52 35 35\r\r", false},
        {"014\r0: 49 02 01 31 44 34\r0: 49 02 01 31 44 34\r1: 47 50 30 30 52 35 35\r\r", false}, /* two at once */
        {"014\r0: 49 02 01 31 44 3x\r1: 47 50 30 30 52 35 35\r2: 42 31 32 33 34 35 36\r\r", false},
        {"000\r\r", false},
        {"014\r490201314434\r\r", false}, /* not numbered */
        {"014\rx: 49 02 01 31 44 34\r\r", false},
        {"014\r000: 49 02 01 31 44 34\r\r", false},
        {"014\r0:\r1: 47 50 30 30 52 35 35\r\r", false},
        {"014\r0: 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11\r\r", false}, /* no line is so long */
        {"FFF\r0: 49 02 01 31 44 34\r\r", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct elm327_message m;
        char vin[J1979_VIN_SIZE] = "";
        struct slice rest = text(rows[i].reply);
        bool found = elm327_next(&rest, "0902", &m) && m.length > 2 && j1979_vin(m.bytes + 2, m.length - 2, vin);
        if (found != rows[i].whole || (found && strcmp(vin, "1D4GP00R55B123456") != 0))
            fail_msg("row %zu: '%s'", i, vin);
    }
}

static void test_j1939_lines(void **state)
{
    (void)state;
    struct elm327_message m;
    struct slice rest = text("6 0FECA 00 00 FF 00 00 00 00 FF FF\r");
    assert_true(elm327_next_j1939(&rest, "ATMPFECA 1", &m));
    assert_int_equal(m.pgn, J1939_PGN_DM1);
    assert_int_equal(m.length, 8);
    assert_int_equal(j1939_mil(m.bytes, m.length), J1939_LAMP_OFF);
    struct j1939_dtc dtc;
    assert_false(j1939_dtc(m.bytes, m.length, 0, &dtc));
    static const uint8_t lamps[] = {0x00, 0x40, 0x80, 0xC0};
    for (size_t i = 0; i < sizeof lamps; i++)
        assert_int_equal(j1939_mil(lamps + i, 1), i == 0   ? J1939_LAMP_OFF
                                                  : i == 1 ? J1939_LAMP_ON
                                                           : J1939_LAMP_UNKNOWN);
    assert_int_equal(j1939_mil(lamps, 0), J1939_LAMP_UNKNOWN);
    rest = text(
        "7 0ECFF 17 20 0A 00 02 FF CA FE 00\r7 0EBFF 17 01 44 FF 0C 11 12 01 9A\r7 0EBFF 17 02 0C 43 05 FF FF FF FF\r");
    assert_true(elm327_next_j1939(&rest, "ATMPFECA 1", &m));
    assert_int_equal(m.pgn, J1939_PGN_DM1);
    assert_int_equal(m.source, 0x17);
    assert_int_equal(m.length, 10);
    assert_int_equal(j1939_mil(m.bytes, m.length), J1939_LAMP_ON);
    assert_true(j1939_dtc(m.bytes, m.length, 0, &dtc));
    assert_int_equal(dtc.spn, 4364);
    assert_int_equal(dtc.fmi, 18);
    assert_int_equal(dtc.count, 1);
    assert_true(j1939_dtc(m.bytes, m.length, 1, &dtc));
    assert_int_equal(dtc.spn, 0x20C9A);
    assert_false(j1939_dtc(m.bytes, m.length, 2, &dtc));
    static const char *const broken[] = {
        "7 0ECFF 17 20 0A 00 02 FF CA FE 00\r7 0EBFF 17 02 0C 43 05 FF FF FF FF\r",
        "7 0ECFF 17 20 0A 00 02 FF CA FE 00\r7 0EBFF 18 01 44 FF 0C 11 12 01 9A\r7 0EBFF 17 02 0C 43 05 FF FF FF FF\r",
        "7 0ECFF 17 20 0A 00 02 FF CA FE 00\r7 0EBFF 17 01 44 FF 0C 11\r",
        "7 0ECFF 17 20 00 00 02 FF CA FE 00\r7 0EBFF 17 01 44 FF 0C 11 12 01 9A\r", /* of nothing */
        "7 0ECFF 17 20 FF FF 02 FF CA FE 00\r7 0EBFF 17 01 44 FF 0C 11 12 01 9A\r", /* of too much */
        "7 0ECFF 17 10 0A 00 02 FF CA FE 00\r7 0EBFF 17 01 44 FF 0C 11 12 01 9A\r", /* to one alone */
        "7 0ECFF 17 20 0A 00\r7 0EBFF 17 01 44 FF 0C 11 12 01 9A\r",
        "7 0ECFF 17 20 0A 00 02 FF CA FE 00\r7 0FECA 17 01 44 FF 0C\r",
        "7 0ECFF 17 20 0A 00 02 FF CA FE 00\rNO DATA\r",
        "\r",
        "6\r",
        "6x 0FECA 00 00 FF\r",
        "6 0FECX 00 00 FF\r",
        "6 0FECA\r",
        "6 0FECA 0X 00 FF\r",
        "6 FECA 00 00 FF\r",
        "60FECA0000FF\r",
        "6 0FECA 00\r",
        "6 0FECA 00 00 FF 00 00 00 00 FF FF 00\r",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        rest = text(broken[i]);
        if (elm327_next_j1939(&rest, "ATMPFECA 1", &m) && m.pgn == J1939_PGN_DM1)
            fail_msg("row %zu was taken", i);
    }
}

/* 18F00F52: 70 17 is 100 ppm; a number that says "not available" is none. */
static void test_parameters(void **state)
{
    (void)state;
    static const struct {
        uint32_t spn;
        uint8_t data[8];
        const char *value;
    } rows[] = {
        {3226, {0x70, 0x17, 0xFF, 0xFF, 0xFF}, "100.00"},
        {3226, {0x00, 0x00}, "-200.00"},
        {3226, {0xFF, 0xFA}, "3012.75"},
        {3226, {0x00, 0xFB}, ""},
        {3226, {0xFF, 0xFF}, ""},
        {3227, {0xFF, 0xFF, 0x00, 0x7D}, "4.448000"},
        {190, {0, 0, 0, 0x80, 0x0C}, "400.000"},
        {190, {0, 0, 0, 0xFF, 0xFE}, ""},
        {110, {0x7B}, "83"},
        {110, {0xFA}, "210"},
        {110, {0xFB}, ""},
        {84, {0xFF, 0x00, 0x32}, "50.00000000"},
        {183, {0xC8, 0x00}, "10.00"},
        {1761, {0xAF}, "70.0"},
        {171, {0xC8, 0xFF, 0xFF, 0x40, 0x24}, "17.00000"},
        {3242, {0xFF, 0xFF, 0x00, 0x3A}, "191.00000"},
        {3251, {0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x00, 0xFF, 0xFF}, "0.1"}, /* as a DPF controller sent it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct j1939_spn *spn = j1939_spns;
        while (spn->spn != rows[i].spn)
            assert_int_not_equal((spn++)->spn, 0);
        char got[DECIMAL_TEXT_MAX] = "";
        uint32_t raw;
        struct decimal value;
        if (j1939_raw(spn, rows[i].data, 8, &raw) &&
            decimal_scale(raw, (struct decimal){spn->scale_units, spn->scale_digits}, (struct decimal){spn->offset, 0},
                          &value))
            decimal_format(value, got);
        if (strcmp(got, rows[i].value) != 0)
            fail_msg("row %zu: '%s'", i, got);
        assert_false(j1939_raw(spn, rows[i].data, spn->at + spn->width - 1U, &raw));
    }
}

static void test_diagnosis(void **state)
{
    (void)state;
    char code[J1979_DTC_SIZE];
    const uint8_t *codes;
    j1979_dtc_text(0x01, 0x33, code);
    assert_string_equal(code, "P0133");
    j1979_dtc_text(0xD0, 0x0A, code);
    assert_string_equal(code, "U100A");
    assert_int_equal(j1979_dtcs((const uint8_t *)"\x02\x01\x33\x04\x20", 5, &codes), 2); /* CAN: counted */
    assert_int_equal(codes[0], 0x01);
    assert_int_equal(j1979_dtcs((const uint8_t *)"\x03\x01\x33\x04\x20", 5, &codes), -1);
    assert_int_equal(j1979_dtcs((const uint8_t *)"\x00", 1, &codes), 0);
    assert_int_equal(j1979_dtcs((const uint8_t *)"\x01\x33\x00\x00\x00\x00", 6, &codes), 1);
    assert_int_equal(j1979_dtcs((const uint8_t *)"\x01\x33\x00\x00", 4, &codes), -1);
    assert_int_equal(j1979_dtcs((const uint8_t *)"\0\0\0\0\0\0", 6, &codes), 0);
    assert_int_equal(j1979_dtcs((const uint8_t *)"\x01\x33\x02\x00\x00\x03", 6, &codes), 3); /* P0200 and P0003 too */
    char vin[J1979_VIN_SIZE];
    assert_false(j1979_vin((const uint8_t *)"\x01"
                                            "WDB963403\0L123456",
                           18, vin));
    assert_false(j1979_vin((const uint8_t *)"\x02"
                                            "WDB9634031L123456",
                           18, vin));
    assert_true(j1979_vin((const uint8_t *)"\x01"
                                           "WDB9634031L123456",
                          18, vin));
    assert_false(j1979_vin((const uint8_t *)"\x01"
                                            "WDB9634031O123456",
                           18, vin)); /* no VIN has the letter O */
    assert_false(j1979_vin((const uint8_t *)"\x01"
                                            "WDB9634031L12345",
                           17, vin));
    const char *name;
    bool complete;
    static const uint8_t diesel[3] = {0x0E, 0xA9, 0x40}, petrol[3] = {0x77, 0x81, 0x80};
    assert_true(j1979_monitor(diesel, 8 + 2, &name, &complete));
    assert_string_equal(name, "egr-vvt");
    assert_false(j1979_monitor(diesel, 3 + 6, &name, &complete)); /* PM filter: incomplete, but not there */
    assert_true(j1979_monitor(petrol, 3, &name, &complete) && complete);
    assert_string_equal(name, "catalyst");
    assert_true(j1979_monitor(petrol, 0, &name, &complete) && !complete);
    static const uint8_t bits[4] = {0x98, 0x18, 0x80, 0x11};
    assert_true(j1979_supports(bits, 0x01) && j1979_supports(bits, 0x05) && j1979_supports(bits, 0x0C));
    assert_false(j1979_supports(bits, 0x0D + 1) || j1979_supports(bits, 0) || j1979_supports(bits, 33));
}

/* The NOx sensor says beside its reading whether it is steady; 3 is "not available". */
static void test_steady(void **state)
{
    (void)state;
    const struct j1939_spn *nox = j1939_spns, *load = j1939_spns;
    while (nox->spn != 3226)
        nox++;
    while (load->spn != 92)
        load++;
    static const uint8_t steady[] = {0, 0, 0, 0, 0x10}, other[] = {0, 0, 0, 0, 0x4F}, none[] = {0, 0, 0, 0, 0x30};
    assert_false(j1939_unstable(nox, steady, 5));
    assert_false(j1939_unstable(nox, none, 5));
    assert_true(j1939_unstable(nox, other, 5));
    assert_false(j1939_unstable(nox, other, 4)); /* it does not say */
    assert_false(j1939_unstable(load, other, 5));
}

static void test_replies_without_end(void **state)
{
    (void)state;
    uint8_t bytes[ELM327_REPLY_MAX + 1];
    size_t frame;
    memset(bytes, 'A', sizeof bytes);
    assert_int_equal(elm327_find(bytes, ELM327_REPLY_MAX - 1, &frame), SLICE_MORE);
    assert_int_equal(elm327_find(bytes, ELM327_REPLY_MAX, &frame), SLICE_BAD);
    bytes[2] = '>';
    assert_int_equal(elm327_find(bytes, sizeof bytes, &frame), SLICE_FRAME);
    assert_int_equal(frame, 3);
}

/* ---- the driver, and a vehicle that answers as a table says ---- */

struct line {
    const char *asked, *reply;
};

static struct bench bench;
static const struct bench_instrument *const in = &bench.instruments[0];
static char asked[32], all_asked[4096];

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    (void)ctx;
    (void)instrument;
    snprintf(asked, sizeof asked, "%.*s", (int)length - 1, (const char *)bytes);
    size_t used = strlen(all_asked);
    snprintf(all_asked + used, sizeof all_asked - used, "%s|", asked);
}

static const char *find(const struct line *table)
{
    for (; table->asked; table++)
        if (strncmp(asked, table->asked, strlen(table->asked)) == 0)
            return table->reply;
    return NULL;
}

/* Twenty-five seconds with such a vehicle: what the first table does not answer the usual one does. */
static void talk(const char *option, const struct line *odd)
{
    static const struct line usual[] = {
        {"ATZ", "ELM327 v1.5"},  {"ATDPN", "A6"},      {"ATMPF004", "6 0F004 00 FF FF FF 80 0C FF FF FF"},
        {"ATMP", "NO DATA"},     {"AT", "OK"},         {"0100", "41 00 98 10 80 11"},
        {"010C", "41 0C 0B 30"}, {"0105", "41 05 7B"}, {"0101", "41 01 81 07 65 04"},
        {"03", "43 01 01 33"},   {"07", "47 00"},      {"", "NO DATA"},
    };
    struct sensor_config config = {.name = "obd"};
    const struct bench_host host = {.send = on_send};
    strcpy(config.option, option);
    all_asked[0] = '\0';
    bench_init(&bench, &host, 0);
    bench_add(&bench, sensor_driver_by_name("elm327"), &config);
    bench_connect(&bench, 0, 0);
    while (bench.now_ms < 25000 && in->wake_ms >= 0) {
        char reply[2048];
        asked[0] = '\0';
        bench_advance(&bench, in->wake_ms);
        if (!asked[0])
            continue;
        const char *said = find(odd) ? find(odd) : find(usual);
        int length = snprintf(reply, sizeof reply, "%s\r\r>", said);
        bench_receive(&bench, 0, (const uint8_t *)reply, (size_t)length, bench.now_ms + 50);
    }
}

static bool said(enum text_kind kind, const char *text)
{
    return in->said_ms[kind] >= 0 && strcmp(in->said[kind], text) == 0;
}

static bool has(enum quantity quantity, const char *text)
{
    char value[DECIMAL_TEXT_MAX];
    if (in->last_ms[quantity] < 0)
        return text == NULL;
    decimal_format(in->last[quantity].value, value);
    return text && strcmp(value, text) == 0;
}

static void test_a_usual_vehicle(void **state)
{
    (void)state;
    talk("obd", (const struct line[]){{0}});
    assert_int_equal(in->status, STATUS_OK);
    assert_true(has(QUANTITY_RPM, "716.00") && has(QUANTITY_COOLANT_TEMP, "83") && has(QUANTITY_MIL, "1"));
    assert_true(has(QUANTITY_DTC_COUNT, "1") && has(QUANTITY_SPEED, NULL));
    assert_true(said(TEXT_DTC, "P0133") && said(TEXT_DTC_PENDING, "") && said(TEXT_OBD_PROTOCOL, "ISO 15765-4 11/500"));
    assert_null(strstr(all_asked, "010D")); /* the vehicle has said that it does not tell its speed */
    assert_int_equal(in->said_ms[TEXT_VIN], -1);
}

/* Answers of another length or to something else give no reading, whatever their bytes are. */
static void test_odd_answers(void **state)
{
    (void)state;
    talk("obd", (const struct line[]){{"0105", "41 05 7B 00"},
                                      {"0101", "41 01 81 07 65"},
                                      {"03", "43"},
                                      {"07", "47 01"},
                                      {"ATDPN", "AB"},
                                      {"0902", "49 02"},
                                      {0}});
    assert_int_equal(in->status, STATUS_OK);
    assert_true(has(QUANTITY_RPM, "716.00") && has(QUANTITY_COOLANT_TEMP, NULL) && has(QUANTITY_MIL, NULL));
    assert_true(has(QUANTITY_DTC_COUNT, NULL));
    assert_int_equal(in->said_ms[TEXT_DTC], -1);
    assert_int_equal(in->said_ms[TEXT_DTC_PENDING], -1);
    assert_int_equal(in->said_ms[TEXT_OBD_PROTOCOL], -1);
    talk("obd",
         (const struct line[]){{"0105", "41 0C 7B"}, {"03", "47 01 01 33"}, {"0101", "7F 01 12"}, {"ATDPN", "0"}, {0}});
    assert_true(has(QUANTITY_COOLANT_TEMP, NULL) && has(QUANTITY_MIL, NULL));
    assert_int_equal(in->said_ms[TEXT_DTC], -1);
    assert_int_equal(in->said_ms[TEXT_OBD_PROTOCOL], -1);
}

/* Without its engine's speed it is no vehicle that can be tested: it is looked for anew. */
static void test_no_engine_speed(void **state)
{
    (void)state;
    static const char *const replies[] = {"41 0C 0B", "41 0D 32", "41", "NO DATA"};
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        talk("obd", (const struct line[]){{"010C", replies[i]}, {0}});
        assert_true(has(QUANTITY_RPM, NULL));
        const char *first = strstr(all_asked, "0100|");
        assert_non_null(first);
        assert_non_null(strstr(first + 1, "0100|"));
    }
    talk("obd",
         (const struct line[]){{"0100", "41 00 98 18"}, {0}}); /* not all it can tell: not taken for none of it */
    assert_int_equal(in->status, STATUS_STANDBY);
    assert_null(strstr(all_asked, "010C"));
    talk("obd", (const struct line[]){{"0100", "BUS BUSY"}, {0}});
    assert_int_equal(in->status, STATUS_COMM_ERROR);
    assert_string_equal(in->status_detail, "0100: BUS BUSY");
    talk("obd", (const struct line[]){{"0100", "?"}, {0}});
    assert_int_equal(in->status, STATUS_INTERNAL);
    talk("obd", (const struct line[]){{"ATH0", "?"}, {0}});
    assert_int_equal(in->status, STATUS_INTERNAL);
    assert_string_equal(in->status_detail, "ATH0: ?");
    talk("obd", (const struct line[]){{"ATZ", "OBDLink r1"}, {0}});
    assert_int_equal(in->status, STATUS_WRONG_MODEL);
    assert_int_equal(in->wake_ms, -1);
}

/* A list of codes longer than a text ends with how many more there are. */
static void test_many_codes(void **state)
{
    (void)state;
    enum { CODES = 60 };
    char reply[1024];
    size_t used = (size_t)snprintf(reply, sizeof reply, "%03X", (unsigned)(2 + 2 * CODES));
    for (int i = 0; i < 2 + 2 * CODES; i++) {
        if (i == 0 || (i >= 6 && (i - 6) % 7 == 0))
            used += (size_t)snprintf(reply + used, sizeof reply - used,
                                     "\r%X:", (unsigned)(i == 0 ? 0 : (i - 6) / 7 + 1) % 16);
        used += (size_t)snprintf(reply + used, sizeof reply - used, " %02X",
                                 (unsigned)(i == 0   ? 0x43
                                            : i == 1 ? CODES
                                            : i % 2  ? i / 2
                                                     : 0x01));
    }
    talk("obd", (const struct line[]){{"03", reply}, {0}});
    const char *text = in->said[TEXT_DTC];
    const char *rest = strchr(text, '+');
    assert_true(in->said_ms[TEXT_DTC] >= 0 && strlen(text) < SAMPLE_TEXT_MAX);
    assert_memory_equal(text, "P0101 P0102 P0103 ", 18);
    assert_non_null(rest);
    unsigned shown = (unsigned)(rest - text) / 6, more = 0;
    assert_int_equal(sscanf(rest, "+%u", &more), 1);
    assert_int_equal(shown + more, CODES);
}

static void test_broadcasts(void **state)
{
    (void)state;
    talk("j1939", (const struct line[]){{"ATMPFECA", "6 0FECA 00 80 FF 44 0C 32 01 FF FF"},
                                        {"ATMPF00F", "6 0F00F 52 70 17 FF FF 00 FF FF FF"},
                                        {0}});
    assert_int_equal(in->status, STATUS_OK);
    assert_true(has(QUANTITY_RPM, "400.000") && has(QUANTITY_DTC_COUNT, "1"));
    assert_true(has(QUANTITY_MIL, NULL)); /* a lamp that is neither on nor off */
    assert_true(said(TEXT_DTC, "68676/18"));
    assert_true(has(QUANTITY_OBD_NOX_OUT, "100.00"));
    assert_int_equal(in->last[QUANTITY_OBD_NOX_OUT].quality, QUALITY_SUSPECT); /* not steady */
    talk("j1939", (const struct line[]){{"ATMPFECA", "6 0FECA 00 40"}, {0}});
    assert_true(has(QUANTITY_DTC_COUNT, NULL) && has(QUANTITY_MIL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_messages),
        cmocka_unit_test(test_long_answers),    cmocka_unit_test(test_j1939_lines),
        cmocka_unit_test(test_parameters),      cmocka_unit_test(test_diagnosis),
        cmocka_unit_test(test_steady),          cmocka_unit_test(test_replies_without_end),
        cmocka_unit_test(test_a_usual_vehicle), cmocka_unit_test(test_odd_answers),
        cmocka_unit_test(test_no_engine_speed), cmocka_unit_test(test_many_codes),
        cmocka_unit_test(test_broadcasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
