/*
 * Nanhua (南华) NHA-503 and NHA-506 gas analyzers, 9600 8N1.
 *
 * Follows the maker's own programs, in part a second integrator's; no manual was at hand and no instrument was tried.
 * Commands are one byte without checksum. Numbers are 16-bit big-endian, two's complement; zero drift may be negative.
 *
 *     >  01 (NHA-506)  81 (newer NHA-503)
 *        <  06 | HC 1e-6 | CO 0.01 % | CO2 0.01 % | O2 0.01 % | NO 1e-6 | rpm | oil 0.1 degC | flow | aged sensors |
 *           lambda 0.01 | sum of all                                                                    21 bytes
 *     >  02  <  06 | air 0.1 degC | pressure 0.1 kPa | humidity 0.1 % | sum of all                       8 bytes
 *     >  26  <  state      0 ready, 1 measuring, 2 warm-up, 3 leak test, 5 zeroing; F0, F1 as 0, 1; one byte, no sum
 *     >  23  <  06         pump from the probe      \
 *     >  06  <  06         stop                      |  on an operator's order only
 *     >  07  <  00 or 05   leak test; 01: failed     |
 *     >  08  <  00 or 05   zero; 01: failed         /
 *
 * Whatever the NHA-503 answers to 81, an instrument that answers both is no NHA-506. Aged sensors: bit 0 O2, bit 1 NO.
 * The flow has no known unit and is not published.
 *
 * Unconfirmed, and nothing on the wire tells: a sister (FLA-502) sends CO in 0.001 %, option "co=3"; a variant of the
 * NHA-506 sends the oil temperature in whole degrees, option "oil_temp=0". CONFIRM THE CO SCALE WITH SPAN GAS before
 * the first test. NHA-509 and NHA-610 want a key and are not taken.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

static const struct bytecodec_answer one_byte = {.checksum = {BYTECODEC_NONE, 0}};
static const struct bytecodec_answer done_or_failed = {.checksum = {BYTECODEC_NONE, 0},
                                                       .error = {.at = 0, .value = 0x01, .length = 1}};

#define NHA_VALUES(CODE)                                                                                               \
    {                                                                                                                  \
        .exchange = {.name = "values", BYTECODEC_REQUEST(CODE), BYTECODEC_HEAD(0x06), .reply_length = 21},             \
        .fields =                                                                                                      \
            {                                                                                                          \
                {BYTEMODEL_NUMBER(HC, S16, 1, 0, -200, 20000)},                                                        \
                {BYTEMODEL_NUMBER(CO, S16, 3, 2, -50, 2000), .tunable = true},                                         \
                {BYTEMODEL_NUMBER(CO2, S16, 5, 2, -50, 2500)},                                                         \
                {BYTEMODEL_NUMBER(O2, S16, 7, 2, -100, 3000)},                                                         \
                {BYTEMODEL_NUMBER(NO, S16, 9, 0, -200, 6000)},                                                         \
                {BYTEMODEL_NUMBER(RPM, U16, 11, 0, 0, 9999)},                                                          \
                {BYTEMODEL_NUMBER(OIL_TEMP, S16, 13, 1, -500, 2000), .tunable = true},                                 \
                {BYTEMODEL_NUMBER(LAMBDA, S16, 18, 2, 0, 999)},                                                        \
            },                                                                                                         \
        .states = {                                                                                                    \
            {17, 0x01, 0x01, STATUS_SENSOR_EXPIRED, "O2 sensor aged", false},                                          \
            {17, 0x02, 0x02, STATUS_SENSOR_EXPIRED, "NO sensor aged", false},                                          \
        },                                                                                                             \
    }

#define NHA_STATE                                                                                                      \
    {                                                                                                                  \
        .exchange = {.name = "state", BYTECODEC_REQUEST(0x26), .reply_length = 1, .answer = &one_byte},                \
        .states = {                                                                                                    \
            {0, 0xFF, 0x00, STATUS_OK, "", false},                                                                     \
            {0, 0xFF, 0x01, STATUS_OK, "", false},                                                                     \
            {0, 0xFF, 0x02, STATUS_WARMING, "warm-up", false},                                                         \
            {0, 0xFF, 0x03, STATUS_BUSY, "leak test", false},                                                          \
            {0, 0xFF, 0x05, STATUS_ZEROING, "zeroing", false},                                                         \
            {0, 0xFF, 0xF0, STATUS_OK, "", false},                                                                     \
            {0, 0xFF, 0xF1, STATUS_OK, "", false},                                                                     \
        },                                                                                                             \
    }

#define NHA_ENVIRONMENT                                                                                                \
    {                                                                                                                  \
        .exchange = {.name = "environment", BYTECODEC_REQUEST(0x02), BYTECODEC_HEAD(0x06), .reply_length = 8},         \
        .optional = true,                                                                                              \
        .fields = {                                                                                                    \
            {BYTEMODEL_NUMBER(AIR_TEMP, S16, 1, 1, -500, 700)},                                                        \
            {BYTEMODEL_NUMBER(PRESSURE, S16, 3, 1, 300, 1200)},                                                        \
            {BYTEMODEL_NUMBER(HUMIDITY, S16, 5, 1, 0, 1000)},                                                          \
        },                                                                                                             \
    }

#define NHA_ORDER(COMMAND, NAME, CODE)                                                                                 \
    {                                                                                                                  \
        COMMAND_##COMMAND,                                                                                             \
        {                                                                                                              \
            .name = (NAME), BYTECODEC_REQUEST(CODE), BYTECODEC_HEAD(0x06), .reply_length = 1, .answer = &one_byte      \
        }                                                                                                              \
    }
#define NHA_PROCESS(COMMAND, NAME, CODE)                                                                               \
    {                                                                                                                  \
        COMMAND_##COMMAND,                                                                                             \
        {                                                                                                              \
            .name = (NAME), BYTECODEC_REQUEST(CODE), .reply_length = 1, .answer = &done_or_failed                      \
        }                                                                                                              \
    }
#define NHA_COMMANDS                                                                                                   \
    {                                                                                                                  \
        NHA_ORDER(PUMP_ON, "pump", 0x23), NHA_ORDER(PUMP_OFF, "stop", 0x06),                                           \
            NHA_PROCESS(LEAK_TEST, "leak test", 0x07), NHA_PROCESS(ZERO, "zero", 0x08)                                 \
    }

static const struct bytemodel nha503 = {
    .name = "NHA-503",
    .face = &byteface_nha503,
    .others = {&byteface_nha506},
    .polls = {NHA_VALUES(0x81), NHA_STATE, NHA_ENVIRONMENT},
    .commands = NHA_COMMANDS,
    BYTEMODEL_GAS_TIMES,
};

static const struct bytemodel nha506 = {
    .name = "NHA-506",
    .face = &byteface_nha506,
    .others = {&byteface_nha503},
    .twins = {&byteface_nha503, &byteface_nha503}, /* asked twice: one lost answer must not pass it for an NHA-506 */
    .polls = {NHA_VALUES(0x01), NHA_STATE, NHA_ENVIRONMENT},
    .commands = NHA_COMMANDS,
    BYTEMODEL_GAS_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_HC,       QUANTITY_CO,       QUANTITY_CO2,      QUANTITY_O2,
                                           QUANTITY_NO,       QUANTITY_RPM,      QUANTITY_OIL_TEMP, QUANTITY_LAMBDA,
                                           QUANTITY_AIR_TEMP, QUANTITY_PRESSURE, QUANTITY_HUMIDITY, QUANTITY_COUNT};

static int check_nha503(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &nha503, err);
}

static int check_nha506(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &nha506, err);
}

const struct sensor_driver driver_nha503 = {
    .model = &nha503,
    .name = "nha503",
    .title = "Nanhua NHA-503 gas analyzer; confirm the CO scale with span gas",
    .line = "9600/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check_nha503,
    BYTEMODEL_HOOKS,
};

const struct sensor_driver driver_nha506 = {
    .model = &nha506,
    .name = "nha506",
    .title = "Nanhua NHA-506 gas analyzer; confirm the CO scale with span gas",
    .line = "9600/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check_nha506,
    BYTEMODEL_HOOKS,
};
