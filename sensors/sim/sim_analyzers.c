/*
 * Gas analyzers, 9600 8N1 (FGA-4100: 19200), 16-bit numbers, high byte first.
 *
 *   MQW-5101   05 cmd len … , len counts all after the head; answers 06; smoke and NO. All bytes sum to zero
 *   MQW-50A    the same with head 02; CO2 stands before CO
 *   NHA-503, NHA-506   one-byte commands without checksum, answers end in the plain sum; 503 measures with 81, 506 with
 *              01; nha506-v29 sends the oil temperature unscaled; fla502 is its sibling with CO/1000
 *   FGA-4100   an outer frame 7E 01 F4 0A, an inner 7E len …; values as four characters
 *   MEXA-584L  02 len cmd …, answers 06 cmd
 */
#include <math.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"
#include "sensors/sim/sim_table.h"

/* ---- Mingquan ---- */

static size_t length_after_head(uint8_t head, const uint8_t *bytes, size_t length)
{
    if (bytes[0] != head || (length > 2 && bytes[2] < 3))
        return TABLE_NOT;
    return length > 2 ? 1U + bytes[2] : 0;
}

static size_t mqw5101_length(const uint8_t *bytes, size_t length)
{
    return length_after_head(0x05, bytes, length);
}

static uint8_t mqw5101_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)t_ms;
    const struct table_state *s = table_look(instrument);
    if (strcmp(name, "pumps") == 0)
        return s->off ? 0 : s->air ? 2 : 1;
    if (strcmp(name, "calibrations") == 0)
        return table_health(instrument) == HEALTH_ZEROING ? 1 : 0;
    if (strcmp(name, "tests") == 0)
        return s->doing == DOING_LEAK_TEST ? 1 : 0;
    enum { WARM_UP = 0x01, BUSY = 0x02, LOW_FLOW = 0x40, TIGHT = 0x80 };
    static const struct table_flag flags[] = {{HEALTH_WARMING, WARM_UP},
                                              {HEALTH_BUSY, BUSY},
                                              {HEALTH_ZEROING, BUSY},
                                              {HEALTH_LOW_FLOW, LOW_FLOW},
                                              {HEALTH_OK, 0}};
    return (uint8_t)(table_flags(instrument, flags) | (s->tight ? TIGHT : 0) | s->bits);
}

#define MQW5101_VALUES                                                                                                 \
    "no gas_temp*10 humidity*10 pressure*100 oil_temp*10 line_pressure*10 rpm opacity*10 opacity*10 k*100 "            \
    "gas_temp:b tube_temp:b"
#define MQW5101_STATUS "=pumps =calibrations =tests 00 =state 00 00 00"

static double mqw_number(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)name; /* line_pressure, kPa */
    return sim_value(instrument, QUANTITY_PRESSURE, t_ms);
}

static const struct table_row mqw5101_rows[] = {
    {"05 10 03", "06 10 03", ACT_EXHAUST},
    {"05 11 03", "06 11 03", ACT_AIR},
    {"05 12 03", "06 12 03", ACT_BLOW_BACK},
    {"05 16 03", "06 16 03", ACT_STOP},
    {"05 1A 03", "06 1A 03", ACT_LEAK_TEST},
    {"05 1F 03", "06 1F 03", ACT_SKIP_WARM_UP},
    {"05 21 03", "06 21 03", ACT_ZERO},
    {"05 22 03", "06 22 03", ACT_NONE},
    {"05 30 03", "06 30 19 " MQW5101_VALUES, ACT_NONE},
    {"05 31 03", "06 31 0B " MQW5101_STATUS, ACT_NONE},
    {"05 32 03", "06 32 21 " MQW5101_VALUES " " MQW5101_STATUS, ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_mqw5101 = {
    TABLE_PROTOCOL("mqw5101", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(BUSY) | SHOWS(LOW_FLOW)),
    .rows = mqw5101_rows,
    .refusal = "15 cmd 03",
    .command_at = 1,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = mqw5101_length,
    .byte = mqw5101_byte,
    .number = mqw_number,
};

static size_t mqw50a_length(const uint8_t *bytes, size_t length)
{
    return length_after_head(0x02, bytes, length);
}

static uint8_t mqw50a_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)t_ms;
    enum { WARM_UP = 0x01, LEAK_TEST = 0x10, ZEROING = 0x40, BUSY = 0x80 };
    const struct table_state *s = table_look(instrument);
    enum sim_health health = table_health(instrument);
    if (strcmp(name, "busy") == 0)
        return (uint8_t)((health == HEALTH_BUSY || health == HEALTH_ZEROING ? BUSY : 0) | s->bits >> 8);
    unsigned bits = s->doing == DOING_LEAK_TEST ? LEAK_TEST : 0;
    bits |= health == HEALTH_ZEROING ? ZEROING : health == HEALTH_WARMING ? WARM_UP : 0;
    return (uint8_t)(bits | s->bits);
}

static const struct table_row mqw50a_rows[] = {
    {"02 60 03",
     "06 60 1B co2*100 co*100 hc no o2*100 humidity*10 oil_temp*10 air_temp*10 rpm line_pressure*10 lambda*1000 "
     "pressure*10",
     ACT_NONE},
    {"02 61 03", "06 61 0A =state =busy 00 00 00 00 00", ACT_NONE},
    {"02 65 03", "06 65 03", ACT_BLOW_BACK},
    {"02 66 03", "06 66 03", ACT_LEAK_TEST},
    {"02 67 03", "06 67 03", ACT_ZERO},
    {"02 68 04 ??", "06 68 03", ACT_NONE},
    {"02 78 03", "06 78 03", ACT_STOP},
    {"02 7B 03", "06 7B 03", ACT_EXHAUST},
    {"02 7C 03", "06 7C 03", ACT_AIR},
    {"02 80 03", "06 80 03", ACT_BLOW_BACK},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_mqw50a = {
    TABLE_PROTOCOL("mqw50a", SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(BUSY)),
    .rows = mqw50a_rows,
    .refusal = "15 cmd 03",
    .command_at = 1,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = mqw50a_length,
    .byte = mqw50a_byte,
    .number = mqw_number,
};

/* ---- Nanhua ---- */

static size_t nha_length(const uint8_t *bytes, size_t length)
{
    (void)length;
    return bytes[0] == 0x09 ? 9 : 1; /* 09: four cal gas values follow */
}

static uint8_t nha_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    const struct table_state *s = table_look(instrument);
    enum { READY, MEASURING, WARM_UP, LEAK_TEST, ZEROING = 5 };
    if (strcmp(name, "age") == 0)
        return (uint8_t)(s->bits | (instrument->health == HEALTH_SENSOR_EXPIRED ? 1 : 0));
    if (strcmp(name, "leak") == 0) /* what it answers to 07: 00, or 01 after a test that found one */
        return instrument->health == HEALTH_LEAK ? 1 : 0;
    if (strcmp(name, "busy") == 0) /* what it answers to 08 */
        return instrument->health == HEALTH_WARMING ? 5 : 0;
    enum sim_health health = table_health(instrument);
    if (s->doing == DOING_LEAK_TEST)
        return LEAK_TEST;
    if (health == HEALTH_WARMING || health == HEALTH_ZEROING)
        return health == HEALTH_WARMING ? WARM_UP : ZEROING;
    unsigned other = t_ms / 1000 % 2 == 1 ? 0xF0 : 0; /* F0 and F1 mean the same as 00 and 01 */
    return (uint8_t)(other | (health == HEALTH_STANDBY ? READY : MEASURING));
}

static double nha_number(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    if (strcmp(name, "pef") == 0)
        return 0.5;
    double flow = sim_value(instrument, QUANTITY_FLOW, t_ms); /* sample_flow, in no known unit */
    return isnan(flow) ? 100 : flow;
}

/* What only does something answers with one byte. */
#define NHA_COMMON                                                                                                     \
    {"02", "06 air_temp*10 pressure*10 humidity*10", ACT_NONE}, {"05", "! 06", ACT_BLOW_BACK},                         \
        {"06", "! 06", ACT_STOP}, {"07", "! =leak", ACT_LEAK_TEST}, {"08", "! =busy", ACT_ZERO},                       \
        {"09 ?? ?? ?? ?? ?? ?? ?? ??", "! 06", ACT_NONE}, {"0A", "! 06", ACT_NONE}, {"0D", "06 pef*1000", ACT_NONE},   \
        {"22", "! 06", ACT_AIR}, {"23", "! 06", ACT_EXHAUST}, {"26", "! =state", ACT_NONE},                            \
        {"27", "06 warm_up_s", ACT_NONE},                                                                              \
    {                                                                                                                  \
        NULL, NULL, ACT_NONE                                                                                           \
    }

static const struct table_row nha503_rows[] = {
    {"81", "06 hc co*100 co2*100 o2*100 no rpm oil_temp*10 sample_flow =age lambda*100", ACT_NONE}, NHA_COMMON};
static const struct table_row nha506_rows[] = {
    {"01", "06 hc co*100 co2*100 o2*100 no rpm oil_temp*10 sample_flow =age lambda*100", ACT_NONE}, NHA_COMMON};
static const struct table_row nha506_v29_rows[] = {
    {"01", "06 hc co*100 co2*100 o2*100 no rpm oil_temp sample_flow =age lambda*100", ACT_NONE}, NHA_COMMON};
static const struct table_row fla502_rows[] = {
    {"01", "06 hc co*1000 co2*100 o2*100 no rpm oil_temp*10 sample_flow =age lambda*100", ACT_NONE}, NHA_COMMON};

#define NHA_SHOWS (SHOWS(OK) | SHOWS(WARMING) | SHOWS(ZEROING) | SHOWS(SENSOR_EXPIRED))
#define NHA(variable, name_, rows_)                                                                                    \
    const struct sim_table variable = {TABLE_PROTOCOL(name_, NHA_SHOWS),                                               \
                                       .rows = (rows_),                                                                \
                                       .refusal = "! 15",                                                              \
                                       .asked = SUM_NONE,                                                              \
                                       .answered = SUM_PLAIN,                                                          \
                                       .length = nha_length,                                                           \
                                       .byte = nha_byte,                                                               \
                                       .number = nha_number}
NHA(sim_nha503, "nha503", nha503_rows);
NHA(sim_nha506, "nha506", nha506_rows);
NHA(sim_nha506_v29, "nha506-v29", nha506_v29_rows);
NHA(sim_fla502, "fla502", fla502_rows);

/* ---- Fofen FGA-4100 ---- */

static size_t fga_length(const uint8_t *bytes, size_t length)
{
    enum { OUTER = 4, INNER_HEAD = 2, SUM = 1 };
    static const uint8_t head[] = {0x7E, 0x01, 0xF4, 0x0A, 0x7E};
    size_t known = length < sizeof head ? length : sizeof head;
    if (memcmp(bytes, head, known) != 0)
        return TABLE_NOT;
    return length > sizeof head ? OUTER + INNER_HEAD + bytes[OUTER + 1] + SUM : 0;
}

static const struct table_row fga4100_rows[] = {
    {"7E 01 F4 0A 7E 04 00 01 02 02",
     "7E 01 F4 0A 7E 2C 00 01 02 02 00 00 00 00 00 00 00 00 hc:a co*100:a co2*10:a o2*10:a no:a lambda*100:a rpm:a "
     "oil_temp*10:a ~18",
     ACT_NONE},
    {"7E 01 F4 0A 7E 0A 00 01 0E 02 01 00 00 00 00 00", "! 7E 01 C6 38 7E 01 81 7D", ACT_EXHAUST},
    {"7E 01 F4 0A 7E 0A 00 01 0E 02 00 00 00 00 00 00", "! 7E 01 C6 38 7E 01 81 7D", ACT_STOP},
    {"7E 01 F4 0A 7E 04 00 01 16 45", "! 7E 01 C6 38 7E 01 81 7D", ACT_ZERO},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_fga4100 = {
    TABLE_PROTOCOL("fga4100", SHOWS(OK)),
    .rows = fga4100_rows,
    .refusal = "7E 01 F4 0A 7E 04 00 01 cmd 15",
    .command_at = 8,
    .asked = SUM_COMPLEMENT5,
    .answered = SUM_COMPLEMENT5,
    .length = fga_length,
};

/* ---- Horiba MEXA-584L ---- */

static size_t mexa_length(const uint8_t *bytes, size_t length)
{
    if (bytes[0] != 0x02 || (length > 1 && bytes[1] == 0))
        return TABLE_NOT;
    return length > 1 ? 3U + bytes[1] : 0;
}

static uint8_t mexa_byte(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    (void)t_ms;
    enum { WARM_UP = 0x08, FILTER = 0x20, MEASURING = 0x40, LEAK = 0x02, HANG_UP = 0x08 };
    enum sim_health health = table_health(instrument);
    unsigned bits = table_look(instrument)->bits;
    if (strcmp(name, "status") == 0)
        return health == HEALTH_WARMING ? WARM_UP : 0;
    if (strcmp(name, "filter") == 0)
        return (uint8_t)((health == HEALTH_LOW_FLOW ? FILTER : 0) | bits >> 8);
    if (strcmp(name, "measuring") == 0)
        return health == HEALTH_STANDBY ? 0 : MEASURING;
    return (uint8_t)((health == HEALTH_LEAK ? LEAK : health == HEALTH_ZERO_NEEDED ? HANG_UP : 0) | bits);
}

static double mexa_number(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    const double stoichiometric = 14.6;
    if (strcmp(name, "pef") == 0)
        return 0.5;
    return table_value(instrument, QUANTITY_LAMBDA, t_ms) * stoichiometric;
}

static const struct table_row mexa584l_rows[] = {
    {"02 01 01", "06 01 00 =status 00 00 00 00 00 00 00 00 00 00 00", ACT_NONE},
    {"02 01 AA", "06 AA 00 =filter =measuring =leaks 0F 00 00", ACT_NONE},
    {"02 01 40", "06 40 00 00 00 co2*100 co*100 hc o2*100 afr*10 lambda*1000 00 00 00 00 no rpm oil_temp", ACT_NONE},
    {"02 03 18 00 00", "06 18 00 pef*1000", ACT_NONE},
    {"02 01 A6", "06 A6", ACT_EXHAUST},
    {"02 01 A7", "06 A7", ACT_STOP},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_mexa584l = {
    TABLE_PROTOCOL("mexa584l",
                   SHOWS(OK) | SHOWS(WARMING) | SHOWS(STANDBY) | SHOWS(LOW_FLOW) | SHOWS(LEAK) | SHOWS(ZERO_NEEDED)),
    .rows = mexa584l_rows,
    .refusal = "15 cmd",
    .command_at = 2,
    .asked = SUM_ZERO,
    .answered = SUM_ZERO,
    .length = mexa_length,
    .byte = mexa_byte,
    .number = mexa_number,
};
