#include "protocols/modbus.h"

#include <assert.h>
#include <string.h>

enum {
    EXCEPTION = 0x80,
    WRITE_COIL = 5,
    WRITE_REGISTER = 6,
    WRITE_REGISTERS = 16,
    WRITE_PDU = 5,
    EXCEPTION_PDU = 2,
    RTU_HEAD = 1,
    RTU_TAIL = 2,
    TCP_HEAD = 7,
    TCP_LENGTH_AT = 4,
    TCP_COUNTED_AT = 6,
};

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint16_t crc16(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static bool reads_bits(uint8_t function)
{
    return function == 1 || function == 2;
}

static bool reads(uint8_t function)
{
    return function >= 1 && function <= 4;
}

static bool writes(uint8_t function)
{
    return function == WRITE_COIL || function == WRITE_REGISTER || function == WRITE_REGISTERS;
}

static size_t data_bytes(const struct modbus_request *request)
{
    return reads_bits(request->function) ? (request->count + 7U) / 8 : 2U * request->count;
}

/* What the request's third field is on the wire. */
static uint16_t wire_value(const struct modbus_request *request)
{
    if (request->function == WRITE_COIL)
        return request->count ? MODBUS_COIL_ON : 0;
    return request->function == WRITE_REGISTERS ? 1 : request->count;
}

static size_t encode_pdu(const struct modbus_request *request, uint8_t *out)
{
    out[0] = request->function;
    put16(out + 1, request->address);
    put16(out + 3, wire_value(request));
    if (request->function != WRITE_REGISTERS)
        return WRITE_PDU;
    out[WRITE_PDU] = 2;
    put16(out + WRITE_PDU + 1, request->count);
    return WRITE_PDU + 3;
}

size_t modbus_encode(enum modbus_framing framing, const struct modbus_request *request, uint8_t out[MODBUS_REQUEST_MAX])
{
    assert(reads(request->function) || writes(request->function));
    if (framing == MODBUS_TCP) {
        size_t pdu = encode_pdu(request, out + TCP_HEAD);
        put16(out, request->transaction);
        put16(out + 2, 0);
        put16(out + TCP_LENGTH_AT, (unsigned)pdu + 1);
        out[TCP_COUNTED_AT] = request->unit;
        return TCP_HEAD + pdu;
    }
    size_t length = RTU_HEAD + encode_pdu(request, out + RTU_HEAD);
    out[0] = request->unit;
    uint16_t crc = crc16(out, length);
    out[length] = (uint8_t)crc;
    out[length + 1] = (uint8_t)(crc >> 8);
    return length + RTU_TAIL;
}

size_t modbus_answer_length(enum modbus_framing framing, const struct modbus_request *request)
{
    size_t pdu = reads(request->function) ? 2 + data_bytes(request) : (size_t)WRITE_PDU;
    return framing == MODBUS_TCP ? TCP_HEAD + pdu : RTU_HEAD + pdu + RTU_TAIL;
}

bool modbus_rtu_cut(struct modbus_frame *frame, const uint8_t *buf, size_t length)
{
    if (length < RTU_HEAD + EXCEPTION_PDU + RTU_TAIL)
        return false;
    uint8_t function = buf[1];
    size_t pdu = 0;
    if (function & EXCEPTION)
        pdu = EXCEPTION_PDU;
    else if (reads(function))
        pdu = 2U + buf[2];
    else if (writes(function))
        pdu = WRITE_PDU;
    size_t whole = RTU_HEAD + pdu + RTU_TAIL;
    if (pdu == 0 || length < whole)
        return false;
    if (crc16(buf, RTU_HEAD + pdu) != (buf[whole - 2] | buf[whole - 1] << 8))
        return false;
    *frame = (struct modbus_frame){.unit = buf[0], .pdu = buf + RTU_HEAD, .pdu_length = pdu, .length = whole};
    return true;
}

int modbus_tcp_cut(struct modbus_frame *frame, const uint8_t *buf, size_t length)
{
    if (length < TCP_HEAD)
        return 0;
    size_t counted = get16(buf + TCP_LENGTH_AT);
    if (get16(buf + 2) != 0 || counted < 1 + EXCEPTION_PDU || counted > 1 + MODBUS_PDU_MAX)
        return -1;
    if (length < TCP_COUNTED_AT + counted)
        return 0;
    *frame = (struct modbus_frame){.transaction = get16(buf),
                                   .unit = buf[TCP_COUNTED_AT],
                                   .pdu = buf + TCP_HEAD,
                                   .pdu_length = counted - 1,
                                   .length = TCP_COUNTED_AT + counted};
    return 1;
}

static uint16_t get_bit(const uint8_t *bytes, size_t at)
{
    return (bytes[at / 8] >> at % 8) & 1;
}

static void take_words(struct modbusblock *block, const uint8_t *data)
{
    for (size_t i = 0; i < block->count; i++)
        block->words[i] = reads_bits(block->function) ? get_bit(data, i) : get16(data + 2 * i);
}

bool modbus_answer(struct modbusblock *block, const struct modbus_request *request, const struct modbus_frame *frame)
{
    const uint8_t *pdu = frame->pdu;
    if (frame->unit != request->unit || (pdu[0] & ~EXCEPTION) != request->function)
        return false;
    block->function = request->function;
    block->address = request->address;
    block->count = request->count;
    block->failed = (pdu[0] & EXCEPTION) != 0;
    if (block->failed) {
        block->code = pdu[1];
        return frame->pdu_length == EXCEPTION_PDU && block->code != MODBUSBLOCK_NO_ANSWER;
    }
    if (reads(request->function)) {
        size_t bytes = data_bytes(request);
        if (frame->pdu_length != 2 + bytes || pdu[1] != bytes || request->count > MODBUSBLOCK_WORDS_MAX)
            return false;
        take_words(block, pdu + 2);
        return true;
    }
    uint8_t sent[MODBUS_REQUEST_MAX];
    encode_pdu(request, sent);
    return frame->pdu_length == WRITE_PDU && memcmp(pdu, sent, WRITE_PDU) == 0;
}
