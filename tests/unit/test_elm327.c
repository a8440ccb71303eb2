/* OBD and J1939 as ELM327 adapters print them: the published lines, long answers in their three shapes, decoding. */
#include "protocols/elm327.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/j1939.h"
#include "protocols/j1979.h"
#include "sensors/sensor.h"

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
    char vin[J1979_VIN_SIZE];
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),       cmocka_unit_test(test_messages),   cmocka_unit_test(test_long_answers),
        cmocka_unit_test(test_j1939_lines), cmocka_unit_test(test_parameters), cmocka_unit_test(test_diagnosis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
