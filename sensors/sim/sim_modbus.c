/*
 * Modbus slave with the register map of the generic opacimeter: 0 opacity 0.1 %, 1 k 0.01 1/m, 2 rpm, 3 oil temperature
 * 0.1 degC signed, 4 status (bit 0 warm-up, bit 1 fault), 5 reserved; write 1 to 100 zeroes. RTU (address, PDU, CRC-16
 * low byte first) and TCP (MBAP header) per the Modbus application protocol 1.1b3.
 */
#include <math.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { REGISTERS = 6, ZERO_REGISTER = 100, PDU_MAX = 253, READ_MAX = 125 };

static uint16_t crc16(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) ? (uint16_t)((crc >> 1) ^ 0xA001) : (uint16_t)(crc >> 1);
    }
    return crc;
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void fill_registers(struct sim_instrument *instrument, uint16_t registers[REGISTERS], int64_t t_ms)
{
    registers[0] = (uint16_t)lround(sim_value(instrument, QUANTITY_OPACITY, t_ms) * 10);
    registers[1] = (uint16_t)lround(sim_value(instrument, QUANTITY_K, t_ms) * 100);
    registers[2] = (uint16_t)lround(sim_value(instrument, QUANTITY_RPM, t_ms));
    registers[3] = (uint16_t)(int16_t)lround(sim_value(instrument, QUANTITY_OIL_TEMP, t_ms) * 10);
    registers[4] = (uint16_t)(instrument->health == HEALTH_WARMING ? 1 : instrument->health == HEALTH_FAULT ? 2 : 0);
    registers[5] = 0;
}

/* The answer PDU's length. */
static size_t answer(struct sim_instrument *instrument, const uint8_t *pdu, size_t length, uint8_t *out, int64_t t_ms)
{
    out[0] = pdu[0];
    unsigned address = length >= 5 ? get16(pdu + 1) : 0;
    unsigned count = length >= 5 ? get16(pdu + 3) : 0;
    if ((pdu[0] == 3 || pdu[0] == 4) && length == 5) {
        uint16_t own[REGISTERS];
        const uint16_t *registers = instrument->registers ? instrument->registers : own;
        fill_registers(instrument, own, t_ms);
        if (count >= 1 && count <= READ_MAX && address + count <= (instrument->registers ? SIM_REGISTERS : REGISTERS)) {
            out[1] = (uint8_t)(2 * count);
            for (size_t i = 0; i < count; i++)
                put16(out + 2 + 2 * i, registers[address + i]);
            return 2 + 2 * count;
        }
    } else if (pdu[0] == 6 && length == 5) {
        if (address == ZERO_REGISTER) {
            memcpy(out, pdu, 5);
            return 5;
        }
    } else {
        out[0] |= 0x80;
        out[1] = 1; /* illegal function */
        return 2;
    }
    out[0] |= 0x80;
    out[1] = 2; /* illegal data address */
    return 2;
}

static size_t receive_rtu(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                          int64_t t_ms)
{
    enum { REQUEST = 8 }; /* functions 3, 4 and 6 have the same length */
    if (length < REQUEST)
        return 0;
    if (crc16(bytes, REQUEST - 2) != (bytes[REQUEST - 2] | bytes[REQUEST - 1] << 8))
        return 1; /* noise: try one byte on */
    if (bytes[0] != instrument->unit)
        return REQUEST;
    uint8_t reply[PDU_MAX + 3] = {bytes[0]};
    size_t used = 1 + answer(instrument, bytes + 1, REQUEST - 3, reply + 1, t_ms);
    uint16_t crc = crc16(reply, used);
    reply[used++] = (uint8_t)crc;
    reply[used++] = (uint8_t)(crc >> 8);
    sim_reply(instrument, connection, reply, used, t_ms);
    return REQUEST;
}

static size_t receive_tcp(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                          int64_t t_ms)
{
    enum { HEADER = 7 };
    if (length < HEADER)
        return 0;
    size_t body = get16(bytes + 4); /* unit and PDU */
    if (get16(bytes + 2) != 0 || body < 2 || body > PDU_MAX + 1)
        return 1;
    if (length < HEADER - 1 + body)
        return 0;
    uint8_t reply[HEADER + PDU_MAX];
    memcpy(reply, bytes, HEADER);
    size_t used = answer(instrument, bytes + HEADER, body - 1, reply + HEADER, t_ms);
    put16(reply + 4, (unsigned)used + 1);
    if (bytes[6] == instrument->unit || instrument->unit == 0)
        sim_reply(instrument, connection, reply, HEADER + used, t_ms);
    return HEADER - 1 + body;
}

const struct sim_protocol sim_modbus_rtu = {.name = "modbus-rtu", .receive = receive_rtu};
const struct sim_protocol sim_modbus_tcp = {.name = "modbus-tcp", .receive = receive_tcp};
