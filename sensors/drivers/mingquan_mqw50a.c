/*
 * Mingquan (明泉) MQW-50A gas analyzer, 9600 8N1.
 *
 * Follows two integrators' programs; no manual of the maker was at hand and no instrument was tried. Numbers are 16-bit
 * big-endian, two's complement. All frames sum to zero; the length byte counts everything after the first byte.
 *
 *     >  02 60 03 9B   <  06 60 1B | CO2 0.01 % | CO 0.01 % | HC 1e-6 | NO 1e-6 | O2 0.01 % | humidity 0.1 % |
 *                         oil 0.1 degC | air 0.1 degC | rpm | line pressure | lambda 0.001 | pressure 0.1 kPa | cks
 *     >  02 61 03 9A   <  06 61 0A | what | 80: busy | .. | cks     what: 01 warm-up, 10 leak test, 40 zeroing
 *     >  02 cmd 03 cks <  06 cmd 03 cks     7B pump probe, 78 stop, 66 leak test, 67 zero: on an operator's order only
 *                      <  15                error
 *
 * CO2 stands before CO here. Line pressure is not published, its unit is not known. Known deviation: one program's
 * literal for "zero gas is ambient air" has a wrong checksum; that command is not used here.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

#define MQW50A_COMMAND(COMMAND, NAME, CODE, SUM)                                                                       \
    {                                                                                                                  \
        COMMAND_##COMMAND,                                                                                             \
        {                                                                                                              \
            .name = (NAME), BYTECODEC_REQUEST(0x02, CODE, 0x03, SUM), BYTECODEC_HEAD(0x06, CODE), .reply_length = 4    \
        }                                                                                                              \
    }

static const struct bytemodel
    mqw50a =
        {
            .name = "MQW-50A",
            .face = &byteface_mqw50a,
            .others = {&byteface_mqw5101, &byteface_mexa584l, &byteface_flb100},
            .polls =
                {
                    {
                        .exchange = {.name = "values",
                                     BYTECODEC_REQUEST(0x02, 0x60, 0x03, 0x9B),
                                     BYTECODEC_HEAD(0x06, 0x60),
                                     .reply_length = 28},
                        .fields =
                            {
                                {BYTEMODEL_NUMBER(CO2, S16, 3, 2, -50, 2500)},
                                {BYTEMODEL_NUMBER(CO, S16, 5, 2, -50, 2000)},
                                {BYTEMODEL_NUMBER(HC, S16, 7, 0, -200, 20000)},
                                {BYTEMODEL_NUMBER(NO, S16, 9, 0, -200, 6000)},
                                {BYTEMODEL_NUMBER(O2, S16, 11, 2, -100, 3000)},
                                {BYTEMODEL_NUMBER(HUMIDITY, S16, 13, 1, 0, 1000)},
                                {BYTEMODEL_NUMBER(OIL_TEMP, S16, 15, 1, -500, 2000)},
                                {BYTEMODEL_NUMBER(AIR_TEMP, S16, 17, 1, -500, 700)},
                                {BYTEMODEL_NUMBER(RPM, U16, 19, 0, 0, 9999)},
                                {BYTEMODEL_NUMBER(LAMBDA, S16, 23, 3, 0, 9999)},
                                {BYTEMODEL_NUMBER(PRESSURE, S16, 25, 1, 300, 1200)},
                            },
                    },
                    {
                        .exchange = {.name = "state",
                                     BYTECODEC_REQUEST(0x02, 0x61, 0x03, 0x9A),
                                     BYTECODEC_HEAD(0x06, 0x61),
                                     .reply_length = 11},
                        .states =
                            {
                                {3, 0x01, 0x01, STATUS_WARMING, "warm-up", false},
                                {3, 0x10, 0x10, STATUS_BUSY, "leak test", false},
                                {3, 0x40, 0x40, STATUS_ZEROING, "zeroing", false},
                                {4, 0x80, 0x80, STATUS_BUSY, "busy", false},
                            },
                    },
                },
            .commands =
                {
                    MQW50A_COMMAND(PUMP_ON, "pump probe", 0x7B, 0x80),
                    MQW50A_COMMAND(PUMP_OFF, "stop", 0x78, 0x83),
                    MQW50A_COMMAND(LEAK_TEST, "leak test", 0x66, 0x95),
                    MQW50A_COMMAND(ZERO, "zero", 0x67, 0x94),
                },
            BYTEMODEL_GAS_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_HC,       QUANTITY_CO,       QUANTITY_CO2,      QUANTITY_O2,
                                           QUANTITY_NO,       QUANTITY_RPM,      QUANTITY_OIL_TEMP, QUANTITY_LAMBDA,
                                           QUANTITY_AIR_TEMP, QUANTITY_PRESSURE, QUANTITY_HUMIDITY, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &mqw50a, err);
}

const struct sensor_driver driver_mqw50a = {
    .model = &mqw50a,
    .name = "mqw50a",
    .title = "Mingquan MQW-50A gas analyzer",
    .line = "9600/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
