/* Modbus framing against published frames. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "protocols/modbus.h"

static void assert_encodes(enum modbus_framing framing, const struct modbus_request *request, const char *bytes,
                           size_t length)
{
    uint8_t out[MODBUS_REQUEST_MAX];
    assert_int_equal(modbus_encode(framing, request, out), length);
    assert_memory_equal(out, bytes, length);
}

/* SICK VISIC50SF manual, section Modbus: K value, holding registers 100 and 101 of unit 101. */
static void test_worked_example_of_visic50sf(void **state)
{
    (void)state;
    const struct modbus_request request = {.unit = 101, .function = 3, .address = 100, .count = 2};
    assert_encodes(MODBUS_RTU, &request, "\x65\x03\x00\x64\x00\x02\x8d\xf0", 8);
    assert_int_equal(modbus_answer_length(MODBUS_RTU, &request), 9);
    struct modbus_frame frame;
    struct modbusblock block;
    const uint8_t answer[] = "\x65\x03\x04\x3f\x48\x2b\x67\x0c\xed";
    for (size_t length = 0; length < 9; length++)
        assert_false(modbus_rtu_cut(&frame, answer, length));
    assert_true(modbus_rtu_cut(&frame, answer, 9));
    assert_int_equal(frame.length, 9);
    assert_true(modbus_answer(&block, &request, &frame));
    assert_int_equal(block.address, 100);
    assert_int_equal(block.words[0], 0x3f48);
    assert_int_equal(block.words[1], 0x2b67);
}

/* MODBUS Application Protocol V1.1b3, examples of 6.1, 6.5, 6.6 and 6.12, in TCP frames. */
static void test_examples_of_the_specification(void **state)
{
    (void)state;
    const struct modbus_request coils = {.transaction = 0x1501, .unit = 255, .function = 1, .address = 19, .count = 19};
    assert_encodes(MODBUS_TCP, &coils, "\x15\x01\x00\x00\x00\x06\xff\x01\x00\x13\x00\x13", 12);
    struct modbus_frame frame;
    struct modbusblock block;
    const uint8_t answer[] = "\x15\x01\x00\x00\x00\x06\xff\x01\x03\xcd\x6b\x05";
    assert_int_equal(modbus_tcp_cut(&frame, answer, 11), 0);
    assert_int_equal(modbus_tcp_cut(&frame, answer, 12), 1);
    assert_int_equal(frame.transaction, 0x1501);
    assert_true(modbus_answer(&block, &coils, &frame));
    static const uint8_t bits[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1}; /* CD 6B 05 */
    for (size_t i = 0; i < sizeof bits; i++)
        assert_int_equal(block.words[i], bits[i]);
    const struct modbus_request on = {.unit = 255, .function = 5, .address = 172, .count = 1};
    assert_encodes(MODBUS_TCP, &on, "\x00\x00\x00\x00\x00\x06\xff\x05\x00\xac\xff\x00", 12);
    const struct modbus_request one = {.unit = 255, .function = 6, .address = 1, .count = 3};
    assert_encodes(MODBUS_TCP, &one, "\x00\x00\x00\x00\x00\x06\xff\x06\x00\x01\x00\x03", 12);
    const struct modbus_request several = {.unit = 255, .function = 16, .address = 1, .count = 10};
    assert_encodes(MODBUS_TCP, &several, "\x00\x00\x00\x00\x00\x09\xff\x10\x00\x01\x00\x01\x02\x00\x0a", 15);
    const uint8_t written[] = "\x00\x00\x00\x00\x00\x06\xff\x10\x00\x01\x00\x01";
    assert_int_equal(modbus_tcp_cut(&frame, written, 12), 1);
    assert_true(modbus_answer(&block, &several, &frame));
    assert_int_equal(block.count, 10);
}

static void test_exceptions(void **state)
{
    (void)state;
    const struct modbus_request request = {.unit = 10, .function = 1, .address = 0x4a1, .count = 1};
    struct modbus_frame frame;
    struct modbusblock block;
    const uint8_t answer[] = "\x0a\x81\x02\xb0\x53"; /* MODBUS over serial line, illegal address */
    assert_true(modbus_rtu_cut(&frame, answer, 5));
    assert_true(modbus_answer(&block, &request, &frame));
    assert_true(block.failed);
    assert_int_equal(block.code, 2);
    assert_int_equal(block.address, 0x4a1);
}

/* Whatever is not exactly the answer is none. */
static void test_refuses_what_is_not_the_answer(void **state)
{
    (void)state;
    const struct modbus_request request = {.unit = 101, .function = 3, .address = 100, .count = 2};
    struct modbus_request other = request;
    struct modbus_frame frame;
    struct modbusblock block;
    uint8_t answer[9];
    memcpy(answer, "\x65\x03\x04\x3f\x48\x2b\x67\x0c\xed", 9);
    assert_true(modbus_rtu_cut(&frame, answer, 9));
    other.unit = 100;
    assert_false(modbus_answer(&block, &other, &frame));
    other = request;
    other.function = 4;
    assert_false(modbus_answer(&block, &other, &frame));
    other = request;
    other.count = 1;
    assert_false(modbus_answer(&block, &other, &frame));
    for (size_t bit = 0; bit < 72; bit++) { /* no single wrong bit goes through */
        answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(modbus_rtu_cut(&frame, answer, 9));
        answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    const uint8_t foreign[] = "\x00\x01\x00\x07\x00\x06\xff\x01\x03\xcd\x6b\x05";
    assert_int_equal(modbus_tcp_cut(&frame, foreign, 12), -1);
    const uint8_t endless[] = "\x00\x01\x00\x00\xff\xff\xff\x01\x03\xcd\x6b\x05";
    assert_int_equal(modbus_tcp_cut(&frame, endless, 12), -1);
}

/* Frames that are whole and still not what was asked for. */
static void test_other_answers(void **state)
{
    (void)state;
    static const struct {
        struct modbus_request request;
        const char *frame;
        size_t length;
        bool good;
    } rows[] = {
        {{.unit = 1, .function = 3, .count = 1}, "\0\0\0\0\0\x05\x01\x03\x02\x12\x34", 11, true},
        {{.unit = 1, .function = 3, .count = 1}, "\0\0\0\0\0\x05\x01\x03\x01\x12\x34", 11, false},
        {{.unit = 1, .function = 3, .count = 1}, "\0\0\0\0\0\x06\x01\x03\x02\x12\x34\x56", 12, false},
        {{.unit = 1, .function = 3, .count = 1}, "\0\0\0\0\0\x03\x01\x83\x02", 9, true},
        {{.unit = 1, .function = 3, .count = 1}, "\0\0\0\0\0\x03\x01\x83\x00", 9, false}, /* our "no answer" */
        {{.unit = 1, .function = 3, .count = 1}, "\0\0\0\0\0\x04\x01\x83\x02\x00", 10, false},
        {{.unit = 1, .function = 6, .address = 1, .count = 3}, "\0\0\0\0\0\x06\x01\x06\0\x01\0\x03", 12, true},
        {{.unit = 1, .function = 6, .address = 1, .count = 3}, "\0\0\0\0\0\x06\x01\x06\0\x01\0\x04", 12, false},
        {{.unit = 1, .function = 6, .address = 1, .count = 3}, "\0\0\0\0\0\x07\x01\x06\0\x01\0\x03\0", 13, false},
        {{.unit = 1, .function = 5, .address = 1, .count = 0}, "\0\0\0\0\0\x06\x01\x05\0\x01\0\0", 12, true},
        {{.unit = 1, .function = 5, .address = 1, .count = 0}, "\0\0\0\0\0\x06\x01\x05\0\x01\xff\0", 12, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct modbus_frame frame;
        struct modbusblock block;
        assert_int_equal(modbus_tcp_cut(&frame, (const uint8_t *)rows[i].frame, rows[i].length), 1);
        if (modbus_answer(&block, &rows[i].request, &frame) != rows[i].good)
            fail_msg("row %zu", i);
    }
    uint8_t many[9 + 16] = {0, 0, 0, 0, 0, 3 + 16, 1, 1, 16}; /* 126 coils: more than a block holds */
    const struct modbus_request coils = {.unit = 1, .function = 1, .count = 126};
    struct modbus_frame frame;
    struct modbusblock block;
    assert_int_equal(modbus_tcp_cut(&frame, many, sizeof many), 1);
    assert_false(modbus_answer(&block, &coils, &frame));
    const struct modbus_request off = {.unit = 255, .function = 5, .address = 172};
    assert_encodes(MODBUS_TCP, &off, "\x00\x00\x00\x00\x00\x06\xff\x05\x00\xac\x00\x00", 12);
    static const char *const heads[] = {"\0\0\0\0\0\x02\x01\x03", "\0\0\0\0\0\xff\x01\x03", "\0\0\0\0\x01\x05\x01\x03"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) /* lengths that no frame has */
        assert_int_equal(modbus_tcp_cut(&frame, (const uint8_t *)heads[i], 8), -1);
    assert_int_equal(modbus_tcp_cut(&frame, (const uint8_t *)"\0\0\0\0\0\xfe\x01\x03", 8), 0); /* the longest */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example_of_visic50sf),
        cmocka_unit_test(test_examples_of_the_specification),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_refuses_what_is_not_the_answer),
        cmocka_unit_test(test_other_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
