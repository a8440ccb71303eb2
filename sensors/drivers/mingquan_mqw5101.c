/*
 * Mingquan (明泉) MQW-5101 analyzer for diesel: opacity and NO in one, 9600 8N1.
 *
 * Follows an integrator's program; no manual of the maker was at hand and no instrument was tried. Numbers are 16-bit
 * big-endian, two's complement. All frames sum to zero; the length byte counts everything after the first byte.
 *
 *     >  05 30 03 C8   <  06 30 19 | NO | air 0.1 degC | humidity 0.1 % | pressure 0.01 kPa | oil 0.1 degC |
 *                         line pressure 0.1 | rpm | N 0.1 % | Ns 0.1 % | k 0.01 1/m | gas degC | tube degC | cks
 *     >  05 31 03 C7   <  06 31 0B | pumps | calibrations | tests | .. | state | .. .. .. | cks
 *                         state: 01 warm-up, 02 busy, 40 low flow, 80 leak test good
 *     >  05 cmd 03 cks <  06 cmd 03 cks     10 pump exhaust, 16 stop, 1A leak test, 1F skip warm-up, 21 zero: on an
 *                                           operator's order only
 *                      <  15                error
 *
 * The MQW-5102 answers a longer question with 23 bytes and is told apart at start. Ns and line pressure are not
 * published. Unconfirmed: that N, not Ns, is the opacity k belongs to; if it is not, N and k contradict each other and
 * are suspect. Which calibration a bit stands for does not matter: any of them is one under way.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

#define MQW5101_COMMAND(COMMAND, NAME, CODE, SUM)                                                                      \
    {                                                                                                                  \
        COMMAND_##COMMAND,                                                                                             \
        {                                                                                                              \
            .name = (NAME), BYTECODEC_REQUEST(0x05, CODE, 0x03, SUM), BYTECODEC_HEAD(0x06, CODE), .reply_length = 4    \
        }                                                                                                              \
    }
#define MQW5101_CALIBRATION(BIT)                                                                                       \
    {                                                                                                                  \
        4, (BIT), (BIT), STATUS_ZEROING, "calibrating", false                                                          \
    }

static const struct bytemodel
    mqw5101 =
        {
            .name = "MQW-5101",
            .face = &byteface_mqw5101,
            .others = {&byteface_mqw5102, &byteface_mqw50a, &byteface_flb100},
            .polls =
                {
                    {
                        .exchange = {.name = "values",
                                     BYTECODEC_REQUEST(0x05, 0x30, 0x03, 0xC8),
                                     BYTECODEC_HEAD(0x06, 0x30),
                                     .reply_length = 26},
                        .fields =
                            {
                                {BYTEMODEL_NUMBER(NO, S16, 3, 0, -100, 5000)},
                                {BYTEMODEL_NUMBER(AIR_TEMP, S16, 5, 1, -500, 700)},
                                {BYTEMODEL_NUMBER(HUMIDITY, S16, 7, 1, 0, 1000)},
                                {BYTEMODEL_NUMBER(PRESSURE, S16, 9, 2, 3000, 12000)},
                                {BYTEMODEL_NUMBER(OIL_TEMP, S16, 11, 1, -500, 2000)},
                                {BYTEMODEL_NUMBER(RPM, S16, 15, 0, 0, 9999)},
                                {BYTEMODEL_NUMBER(OPACITY, S16, 17, 1, 0, 1000)},
                                {BYTEMODEL_NUMBER(K, S16, 21, 2, 0, BYTEMODEL_K_MAX)},
                                {BYTEMODEL_NUMBER(GAS_TEMP, U8, 23, 0, 0, 255)},
                                {BYTEMODEL_NUMBER(TUBE_TEMP, U8, 24, 0, 0, 255)},
                            },
                    },
                    {
                        .exchange = {.name = "state",
                                     BYTECODEC_REQUEST(0x05, 0x31, 0x03, 0xC7),
                                     BYTECODEC_HEAD(0x06, 0x31),
                                     .reply_length = 12},
                        .states =
                            {
                                {7, 0x01, 0x01, STATUS_WARMING, "warm-up", false},
                                {7, 0x40, 0x40, STATUS_LOW_FLOW, "low flow", false},
                                MQW5101_CALIBRATION(0x01),
                                MQW5101_CALIBRATION(0x02),
                                MQW5101_CALIBRATION(0x04),
                                MQW5101_CALIBRATION(0x08),
                                MQW5101_CALIBRATION(0x10),
                                MQW5101_CALIBRATION(0x20),
                                MQW5101_CALIBRATION(0x40),
                                MQW5101_CALIBRATION(0x80),
                                {7, 0x02, 0x02, STATUS_BUSY, "busy", false},
                            },
                    },
                },
            .commands =
                {
                    MQW5101_COMMAND(PUMP_ON, "pump exhaust", 0x10, 0xE8),
                    MQW5101_COMMAND(PUMP_OFF, "stop", 0x16, 0xE2),
                    MQW5101_COMMAND(LEAK_TEST, "leak test", 0x1A, 0xDE),
                    MQW5101_COMMAND(SKIP_WARM_UP, "skip warm-up", 0x1F, 0xD9),
                    MQW5101_COMMAND(ZERO, "zero", 0x21, 0xD7),
                },
            .path_m = {430, 3},
            BYTEMODEL_SMOKE_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_OPACITY,  QUANTITY_K,         QUANTITY_NO,       QUANTITY_RPM,
                                           QUANTITY_OIL_TEMP, QUANTITY_AIR_TEMP,  QUANTITY_HUMIDITY, QUANTITY_PRESSURE,
                                           QUANTITY_GAS_TEMP, QUANTITY_TUBE_TEMP, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &mqw5101, err);
}

const struct sensor_driver driver_mqw5101 = {
    .model = &mqw5101,
    .name = "mqw5101",
    .title = "Mingquan MQW-5101 analyzer: opacity and NO",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
