/*
 * Opacimeters, 9600 8N1, 8-bit checksum: all bytes of a frame sum to zero. 16-bit numbers, high byte first.
 *
 *   NHT-6     A1 state (0 warm-up, 1 real-time, 2 calibrating, 3 link to the measuring unit broken, FF other), A5 real
 *             time, A6 maximum; refusal 15 code without checksum
 *   NHT-1L    the same real-time frames; state is AD (F1 also means 1), AE warm-up left, AF environment; no B0 of 20
 * bytes MQY-200   the same frame with other numbers: A6 real time, A5 acceleration state, A9 maximum, AE with
 * environment FLB-100   02 04 cmd; K stands before N. Oil temperature in degrees, or in tenths (flb100-tenths) FTY-100
 * 66 74 79 01 02 cmd, or the short dialect 01 02 cmd (fty100-short); sends no k CAP3030   letters as commands; N over
 * 0.215 m
 */
#include <string.h>

#include "sensors/sim/sim_protocols.h"
#include "sensors/sim/sim_table.h"

static size_t two_bytes(const uint8_t *bytes, size_t length)
{
    (void)length;
    return bytes[0] == 0xA0 ? 3 : 2;
}

/* ---- Nanhua ---- */

static uint8_t nht_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    enum sim_health health = table_health(instrument);
    if (strcmp(name, "alarms") == 0)
        return health == HEALTH_FAULT ? 1 : 0;
    if (strcmp(name, "minutes") == 0)
        return (uint8_t)(table_warm_up_s(instrument, t_ms) / 60);
    if (strcmp(name, "seconds") == 0)
        return (uint8_t)(table_warm_up_s(instrument, t_ms) % 60);
    bool other_one = strcmp(name, "state1L") == 0 && t_ms / 1000 % 2 == 1;
    if (health == HEALTH_OK || health == HEALTH_FAULT) /* a fault shows in the alarms */
        return other_one ? 0xF1 : 1;
    if (health == HEALTH_COMM_ERROR)
        return 3;
    return health == HEALTH_WARMING ? 0 : health == HEALTH_ZEROING ? 2 : 0xFF;
}

static const struct table_row nht6_rows[] = {
    {"A0 ??", "A0 arg", ACT_NONE},
    {"A1", "A1 =state", ACT_NONE},
    {"A2", "A2", ACT_SKIP_WARM_UP},
    {"A3", "A3 00 =alarms", ACT_NONE},
    {"A4", "A4", ACT_ZERO},
    {"A5", "A5 opacity*10 k*100 rpm oil_temp+273", ACT_NONE},
    {"A6", "A6 maximum_opacity*10 maximum_k*100 rpm", ACT_NONE},
    {"A7", "A7", ACT_CLEAR_MAXIMUM},
    {"B0", "B0 01 50 01 4A 01 2C 03 20 04 B0 09 60 0C 1C 07 D0 07 D0", ACT_NONE},
    {"B1", "B1 00 00 00 00 00 00 00 00 rpm", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_nht6 = {
    TABLE_PROTOCOL("nht6",
                   SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(BUSY) | SHOWS(COMM_ERROR) | SHOWS(FAULT)),
    .rows = nht6_rows,
    .refusal = "! 15 01",
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = two_bytes,
    .byte = nht_byte,
};

static size_t nht1l_length(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0xB3 ? 5 : bytes[0] == 0xB5 ? 4 : two_bytes(bytes, length);
}

static const struct table_row nht1l_rows[] = {
    {"A0 ??", "A0 arg", ACT_NONE},
    {"A2", "A2", ACT_SKIP_WARM_UP},
    {"A3", "A3 00 =alarms", ACT_NONE},
    {"A4", "A4", ACT_ZERO},
    {"A5", "A5 opacity*10 k*100 rpm oil_temp+273", ACT_NONE},
    {"A6", "A6 maximum_opacity*10 maximum_k*100 rpm", ACT_NONE},
    {"A7", "A7", ACT_CLEAR_MAXIMUM},
    {"AD", "AD =state1L", ACT_NONE},
    {"AE", "AE =minutes =seconds", ACT_NONE},
    {"AF", "AF air_temp*10+2731.5 humidity*10 pressure*10", ACT_NONE},
    {"B0", "B0 01 50 01 4A 01 2C 03 20 04 B0 09 60 0C 1C 07 D0", ACT_NONE},
    {"B1", "B1 01 02", ACT_NONE},
    {"B2", "B2 04 00 01", ACT_NONE},
    {"B3 ?? ?? ??", "B3", ACT_NONE},
    {"B5 ?? ??", "B5", ACT_NONE},
    {"B6", "B6", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_nht1l = {
    TABLE_PROTOCOL("nht1l",
                   SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(BUSY) | SHOWS(COMM_ERROR) | SHOWS(FAULT)),
    .rows = nht1l_rows,
    .refusal = "! 15 01",
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = nht1l_length,
    .byte = nht_byte,
};

/* ---- Mingquan ---- */

static uint8_t mqy_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)t_ms;
    enum sim_health health = table_health(instrument);
    if (strcmp(name, "acceleration") == 0)
        return 0;
    return health == HEALTH_OK ? 1 : health == HEALTH_WARMING ? 0 : 0xFF;
}

static const struct table_row mqy200_rows[] = {
    {"A0 ??", "A0 arg", ACT_NONE},
    {"A1", "A1 =mode", ACT_NONE},
    {"A2", "A2", ACT_ZERO},
    {"A3", "A3", ACT_NONE},
    {"A4", "A4", ACT_NONE},
    {"A5", "A5 =acceleration", ACT_NONE},
    {"A6", "A6 opacity*10 k*100 rpm oil_temp+273", ACT_NONE},
    {"A8", "A8", ACT_CLEAR_MAXIMUM},
    {"A9", "A9 maximum_opacity*10 maximum_k*100 rpm", ACT_NONE},
    {"AE", "AE opacity*10 k*100 rpm oil_temp+273 pressure*100 air_temp*10:s humidity*10", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_mqy200 = {
    TABLE_PROTOCOL("mqy200", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(FAULT)),
    .rows = mqy200_rows,
    .refusal = "! 15 01",
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = two_bytes,
    .byte = mqy_byte,
};

/* ---- FLB-100 ---- */

static size_t flb_length(const uint8_t *bytes, size_t length)
{
    if (bytes[0] != 0x02 || (length > 1 && bytes[1] != 0x04))
        return TABLE_NOT;
    return 4;
}

static uint8_t flb_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)name;
    (void)t_ms;
    enum { STEADY = 0x01, WARM_UP = 0x02, DIRECT = 0x04, MENU = 0x10 };
    static const struct table_flag flags[] = {
        {HEALTH_OK, STEADY | DIRECT}, {HEALTH_WARMING, WARM_UP}, {HEALTH_BUSY, MENU}, {HEALTH_OK, 0}};
    return (uint8_t)(table_flags(instrument, flags) | table_look(instrument)->bits);
}

static const struct table_row flb100_rows[] = {
    {"02 04 01", "06 07 01 =state 00 00", ACT_NONE},
    {"02 04 02", "06 0D 02 k*100 opacity*10 gas_temp:b oil_temp rpm", ACT_NONE},
    {"02 04 05", "06 04 05", ACT_ZERO},
    {"02 04 0F", "06 06 0F maximum_k*100", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_flb100 = {
    TABLE_PROTOCOL("flb100", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(BUSY)),
    .rows = flb100_rows,
    .refusal = "15 04 cmd",
    .command_at = 2,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = flb_length,
    .byte = flb_byte,
};

static const struct table_row flb100_tenths_rows[] = {
    {"02 04 01", "06 07 01 =state 00 00", ACT_NONE},
    {"02 04 02", "06 0D 02 k*100 opacity*10 gas_temp:b oil_temp*10 rpm", ACT_NONE},
    {"02 04 05", "06 04 05", ACT_ZERO},
    {"02 04 0F", "06 06 0F maximum_k*100", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_flb100_tenths = {
    TABLE_PROTOCOL("flb100-tenths", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(BUSY)),
    .rows = flb100_tenths_rows,
    .refusal = "15 04 cmd",
    .command_at = 2,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = flb_length,
    .byte = flb_byte,
};

/* ---- FTY-100 ---- */

static size_t fty_length(const uint8_t *bytes, size_t length)
{
    static const uint8_t head[] = {0x66, 0x74, 0x79, 0x01, 0x02};
    size_t known = length < sizeof head ? length : sizeof head;
    return memcmp(bytes, head, known) == 0 ? sizeof head + 2 : TABLE_NOT;
}

static size_t fty_short_length(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0x01 && (length == 1 || bytes[1] == 0x02) ? 4 : TABLE_NOT;
}

static uint8_t fty_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)name;
    (void)t_ms;
    static const struct table_flag flags[] = {{HEALTH_OK, 0x04}, {HEALTH_WARMING, 0x02}, {HEALTH_OK, 0}};
    return (uint8_t)(table_flags(instrument, flags) | table_look(instrument)->bits);
}

static const struct table_row fty100_rows[] = {
    {"66 74 79 01 02 01", "01 02 01 =state 00 00", ACT_NONE},
    {"66 74 79 01 02 02", "01 02 02 opacity*10 oil_temp+273 rpm", ACT_NONE},
    {"66 74 79 01 02 05", "01 02 05", ACT_ZERO},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_fty100 = {
    TABLE_PROTOCOL("fty100", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING)),
    .rows = fty100_rows,
    .refusal = "01 02 FF",
    .command_at = 5,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = fty_length,
    .byte = fty_byte,
};

static const struct table_row fty100_short_rows[] = {
    {"01 02 01", "01 02 01 =state 00 00", ACT_NONE},
    {"01 02 02", "01 02 02 opacity*10 oil_temp+273 rpm", ACT_NONE},
    {"01 02 05", "01 02 05", ACT_ZERO},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_fty100_short = {
    TABLE_PROTOCOL("fty100-short", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING)),
    .rows = fty100_short_rows,
    .refusal = "01 02 FF",
    .command_at = 2,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = fty_short_length,
    .byte = fty_byte,
};

/* ---- Capelec CAP3030 ---- */

static size_t cap_length(const uint8_t *bytes, size_t length)
{
    (void)length;
    return bytes[0] == 'n' ? 4 : bytes[0] == 's' ? 3 : 2; /* 'n' writes the EEPROM, 's' switches the fan */
}

static uint8_t cap_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)t_ms;
    enum { FAN_ON = 0x10 };
    static const struct table_flag low[] = {
        {HEALTH_WARMING, FAN_ON | 0x04}, {HEALTH_STANDBY, 0x80}, {HEALTH_OK, FAN_ON}, {HEALTH_OK, 0}};
    static const struct table_flag high[] = {
        {HEALTH_WARMING, 0x20}, {HEALTH_ZEROING, 0x01}, {HEALTH_FAULT, 0x80}, {HEALTH_OK, 0}};
    unsigned bits = table_look(instrument)->bits;
    if (strcmp(name, "high") == 0)
        return (uint8_t)(table_flags(instrument, high) | bits >> 8);
    unsigned flags = table_flags(instrument, low);
    return (uint8_t)((flags ? flags : FAN_ON) | bits);
}

static double cap_number(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    const double path_m = 0.215;
    if (strcmp(name, "peak") == 0)
        return table_maximum_k(instrument);
    return table_opacity(instrument, path_m, t_ms);
}

static const struct table_row cap3030_rows[] = {
    {"75", "75 n215*10 gas_temp:b tube_temp:b =high =low", ACT_NONE},
    {"8B", "8B n215*10 gas_temp:b tube_temp:b =high =low", ACT_NONE},
    {"6F", "6F n215*10:t", ACT_NONE},
    {"6C", "6C", ACT_ZERO},
    {"61", "61", ACT_CLEAR_MAXIMUM},
    {"74", "74", ACT_NONE},
    {"71", "71", ACT_NONE},
    {"73 ??", "73", ACT_NONE},
    {"62", "62 peak*1000 03 E8", ACT_NONE},
    {"55", "55 01 50 01 4A 04 CE 0B B8 00 05", ACT_NONE},
    {"64", "64 00 80", ACT_NONE},
    {"76", "76 01 02", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_cap3030 = {
    TABLE_PROTOCOL("cap3030", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(STANDBY) | SHOWS(FAULT)),
    .rows = cap3030_rows,
    .refusal = "! 15 01",
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = cap_length,
    .byte = cap_byte,
    .number = cap_number,
};
