#include "protocols/modbusblock.h"

#include <assert.h>

enum { HEAD = 5, FAILED = 0x80 };

static bool is_read(uint8_t function)
{
    return function >= 1 && function <= 4;
}

bool modbusblock_is_write(uint8_t function)
{
    return function == 5 || function == 6 || function == 16;
}

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)(value & 0xFF);
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

size_t modbusblock_encode(const struct modbusblock *block, uint8_t out[MODBUSBLOCK_SIZE_MAX])
{
    assert(is_read(block->function) || modbusblock_is_write(block->function));
    out[0] = block->failed ? block->function | FAILED : block->function;
    put16(out + 1, block->address);
    put16(out + 3, block->count);
    if (block->failed) {
        out[HEAD] = block->code;
        return HEAD + 1;
    }
    if (modbusblock_is_write(block->function))
        return HEAD;
    assert(block->count >= 1 && block->count <= MODBUSBLOCK_WORDS_MAX);
    for (size_t i = 0; i < block->count; i++)
        put16(out + HEAD + 2 * i, block->words[i]);
    return HEAD + 2U * block->count;
}

ptrdiff_t modbusblock_length(const uint8_t *buf, size_t length)
{
    if (length == 0)
        return 0;
    uint8_t function = buf[0] & 0x7F;
    if (!is_read(function) && !modbusblock_is_write(function))
        return -1;
    if (length < HEAD)
        return 0;
    size_t whole = HEAD;
    if (buf[0] & FAILED) {
        whole = HEAD + 1;
    } else if (is_read(function)) {
        uint16_t count = get16(buf + 3);
        if (count < 1 || count > MODBUSBLOCK_WORDS_MAX)
            return -1;
        whole = HEAD + 2U * count;
    }
    return length < whole ? 0 : (ptrdiff_t)whole;
}

void modbusblock_decode(struct modbusblock *block, const uint8_t *bytes, size_t length)
{
    assert(modbusblock_length(bytes, length) == (ptrdiff_t)length);
    *block = (struct modbusblock){
        .function = bytes[0] & 0x7F,
        .address = get16(bytes + 1),
        .count = get16(bytes + 3),
        .failed = (bytes[0] & FAILED) != 0,
    };
    if (block->failed)
        block->code = bytes[HEAD];
    else if (is_read(block->function))
        for (size_t i = 0; i < block->count; i++)
            block->words[i] = get16(bytes + HEAD + 2 * i);
}

const char *modbusblock_failure(uint8_t code)
{
    static const char *const names[] = {
        [MODBUSBLOCK_NO_ANSWER] = "no answer",
        [1] = "illegal function",
        [2] = "illegal data address",
        [3] = "illegal data value",
        [4] = "device failure",
        [5] = "acknowledge",
        [6] = "device busy",
        [8] = "memory parity error",
        [10] = "gateway path unavailable",
        [11] = "gateway target did not answer",
    };
    return code < sizeof names / sizeof names[0] && names[code] ? names[code] : "unknown exception";
}
