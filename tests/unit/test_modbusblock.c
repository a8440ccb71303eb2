/* Modbus blocks: what is encoded is decoded, cut off anywhere it waits, and nothing else is a block. */
#include "protocols/modbusblock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void assert_round(const struct modbusblock *block, const char *bytes, size_t length)
{
    uint8_t out[MODBUSBLOCK_SIZE_MAX];
    struct modbusblock back;
    assert_int_equal(modbusblock_encode(block, out), length);
    assert_memory_equal(out, bytes, length);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(modbusblock_length(out, i), 0);
    assert_int_equal(modbusblock_length(out, length), length);
    modbusblock_decode(&back, out, length);
    assert_memory_equal(&back, block, sizeof back);
}

static void test_round(void **state)
{
    (void)state;
    assert_round(&(struct modbusblock){.function = 4, .address = 0x0102, .count = 2, .words = {0xFFFE, 3}},
                 "\x04\x01\x02\x00\x02\xFF\xFE\x00\x03", 9);
    assert_round(&(struct modbusblock){.function = 6, .address = 100, .count = 1}, "\x06\x00\x64\x00\x01", 5);
    assert_round(&(struct modbusblock){.function = 3, .address = 1, .count = 6, .failed = true, .code = 2},
                 "\x83\x00\x01\x00\x06\x02", 6);
    assert_round(&(struct modbusblock){.function = 16, .address = 1, .count = 0xFFFF, .failed = true},
                 "\x90\x00\x01\xFF\xFF\x00", 6);
}

static void test_longest(void **state)
{
    (void)state;
    struct modbusblock block = {.function = 3, .count = MODBUSBLOCK_WORDS_MAX};
    uint8_t out[MODBUSBLOCK_SIZE_MAX];
    assert_int_equal(modbusblock_encode(&block, out), MODBUSBLOCK_SIZE_MAX);
    out[4]++; /* one word more than Modbus allows */
    assert_int_equal(modbusblock_length(out, sizeof out), -1);
    out[4] = 0;
    assert_int_equal(modbusblock_length(out, sizeof out), -1);
    for (unsigned function = 0; function <= 0xFF; function++) {
        uint8_t first = (uint8_t)function;
        bool known = strchr("\x01\x02\x03\x04\x05\x06\x10", first & 0x7F) && (first & 0x7F);
        assert_int_equal(modbusblock_length(&first, 1), known ? 0 : -1);
    }
}

static void test_failures_have_names(void **state)
{
    (void)state;
    assert_string_equal(modbusblock_failure(MODBUSBLOCK_NO_ANSWER), "no answer");
    assert_string_equal(modbusblock_failure(2), "illegal data address");
    assert_string_equal(modbusblock_failure(7), "unknown exception");
    assert_string_equal(modbusblock_failure(255), "unknown exception");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_failures_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
