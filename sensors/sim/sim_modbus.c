/*
 * Modbus slave with one of our own register maps (`set NAME map=…`), counted from 0:
 *
 *     opacimeter    0 opacity 0.1 %, 1 k 0.01 1/m, 2 rpm, 3 oil temperature 0.1 degC signed
 *     dynamometer   0 speed 0.1 km/h, 1 force N signed, 2 power 0.1 kW signed
 *     nox           0 NOx, 1 NO, 2 NO2 1e-6 signed, 3 O2 0.01 %, 4 CO2 0.01 %, 5 gas temperature 0.1 degC signed
 *
 * What is not there is FFFF, signed 7FFF. Behind the values the state (bit 0 warm-up, bit 1 fault): register 4, that of
 * the nox map 7. Write 1 to 100 zeroes. RTU (address, PDU, CRC-16 low byte first) and TCP (MBAP header) per the Modbus
 * application protocol 1.1b3.
 */
#include <math.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { REGISTERS_MAX = 8, ZERO_REGISTER = 100, PDU_MAX = 253, READ_MAX = 125 };

struct map {
    const char *name;
    unsigned registers, state_at, values;
    struct {
        enum quantity quantity;
        double per_unit;
        bool is_signed;
    } value[6];
};

static const struct map maps[] = {
    {"opacimeter",
     6,
     4,
     4,
     {{QUANTITY_OPACITY, 10, false},
      {QUANTITY_K, 100, false},
      {QUANTITY_RPM, 1, false},
      {QUANTITY_OIL_TEMP, 10, true}}},
    {"dynamometer", 6, 4, 3, {{QUANTITY_SPEED, 10, false}, {QUANTITY_FORCE, 1, true}, {QUANTITY_POWER, 10, true}}},
    {"nox",
     8,
     7,
     6,
     {{QUANTITY_NOX, 1, true},
      {QUANTITY_NO, 1, true},
      {QUANTITY_NO2, 1, true},
      {QUANTITY_O2, 100, false},
      {QUANTITY_CO2, 100, false},
      {QUANTITY_GAS_TEMP, 10, true}}},
};
enum { MAPS = sizeof maps / sizeof *maps };

struct modbus {
    int map;
};

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

static const struct map *map_of(const struct sim_instrument *instrument)
{
    return &maps[((const struct modbus *)(const void *)instrument->state.bytes)->map];
}

static void fill_registers(struct sim_instrument *instrument, uint16_t registers[REGISTERS_MAX], int64_t t_ms)
{
    const struct map *map = map_of(instrument);
    memset(registers, 0, REGISTERS_MAX * sizeof *registers);
    for (unsigned i = 0; i < map->values; i++) {
        double value = sim_value(instrument, map->value[i].quantity, t_ms);
        bool absent = isnan(value);
        if (map->value[i].is_signed)
            registers[i] = absent ? 0x7FFF : (uint16_t)(int16_t)lround(value * map->value[i].per_unit);
        else
            registers[i] = absent ? 0xFFFF : (uint16_t)lround(value * map->value[i].per_unit);
    }
    registers[map->state_at] = (uint16_t)(instrument->health == HEALTH_WARMING ? 1
                                          : instrument->health == HEALTH_FAULT ? 2
                                                                               : 0);
}

/* The answer PDU's length. */
static size_t answer(struct sim_instrument *instrument, const uint8_t *pdu, size_t length, uint8_t *out, int64_t t_ms)
{
    out[0] = pdu[0];
    unsigned address = length >= 5 ? get16(pdu + 1) : 0;
    unsigned count = length >= 5 ? get16(pdu + 3) : 0;
    if ((pdu[0] == 3 || pdu[0] == 4) && length == 5) {
        uint16_t own[REGISTERS_MAX];
        const uint16_t *registers = instrument->registers ? instrument->registers : own;
        fill_registers(instrument, own, t_ms);
        if (count >= 1 && count <= READ_MAX &&
            address + count <= (instrument->registers ? SIM_REGISTERS : map_of(instrument)->registers)) {
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

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    const char *names[MAPS];
    (void)t_ms;
    if (strcmp(key, "map") != 0)
        return sim_unknown(instrument, key, err);
    for (size_t i = 0; i < MAPS; i++)
        names[i] = maps[i].name;
    return sim_word(key, value, names, MAPS, &((struct modbus *)(void *)instrument->state.bytes)->map, err);
}

const struct sim_protocol sim_modbus_rtu = {.name = "modbus-rtu", .receive = receive_rtu, .set = set};
const struct sim_protocol sim_modbus_tcp = {.name = "modbus-tcp", .receive = receive_tcp, .set = set};
