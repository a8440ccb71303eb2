/* The checksum of ZIP entries, against published values and bit by bit at every length and alignment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reports/crc32.h"

enum { LONGEST = 400, SHIFTS = 17 };

/* As the standard words it. */
static uint32_t bit_by_bit(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < 8 * size; i++) {
        uint32_t bit = (uint32_t)(data[i / 8] >> i % 8 & 1);
        crc = (crc ^ bit) & 1 ? 0xEDB88320U ^ crc >> 1 : crc >> 1;
    }
    return ~crc;
}

static void published_values(void **state)
{
    (void)state;
    assert_int_equal(crc32_of("", 0), 0);
    assert_int_equal(crc32_of("123456789", 9), 0xCBF43926U);
    assert_int_equal(crc32_of("The quick brown fox jumps over the lazy dog", 43), 0x414FA339U);
}

static void every_length_and_alignment(void **state)
{
    (void)state;
    uint8_t data[LONGEST + SHIFTS];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        random = random * 1664525U + 1013904223U;
        data[i] = (uint8_t)(random >> 24);
    }
    for (size_t shift = 0; shift < SHIFTS; shift++)
        for (size_t size = 0; size <= LONGEST; size++)
            assert_int_equal(crc32_of(data + shift, size), bit_by_bit(data + shift, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(every_length_and_alignment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
