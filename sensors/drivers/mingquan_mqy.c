/*
 * Mingquan (明泉) MQY-200 and MQY-201 opacimeters, 9600 8N1. Nothing is known that tells the two apart; they speak
 * alike.
 *
 * Follows the frames that two independent integrators' programs agree on; no manual of the maker was at hand and no
 * instrument was tried. Numbers are 16-bit big-endian. Every frame but the error reply sums to zero.
 *
 *     >  A1 5F   <  A1 | mode | cks               0 warm-up, 1 direct, 2 free acceleration, FF other
 *     >  AE 52   <  AE | N 0.1 % | k 0.01 1/m | rpm | oil K | pressure 0.01 kPa | air 0.1 degC | humidity 0.1 % | cks
 *                                                 air: bit 7 of the high byte is the sign; only the MQY answers AE so
 *     >  A2 5E   <  A2 5E                         zero: on an operator's order only
 *     >  A8 58   <  A8 58                         clear maximum: the same
 *                <  15 | code                     error
 *
 * The frame is the NHT-6's with other numbers: A6 are the values here and the maximum there, A3 and A4 start and stop
 * an acceleration here and read alarms and zero there. Nothing but AE is sent before AE was answered with 16 bytes.
 * Known deviation: one program floors k; we do not. Whether the oil's FFFF means "no probe", as on the NHT-6, is
 * unconfirmed: it is out of range either way.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

static const struct bytemodel mqy200 = {
    .name = "MQY-200/201",
    .face = &byteface_mqy200,
    .others = {&byteface_nht6, &byteface_nht1l},
    .polls =
        {
            {
                .exchange = {.name = "real-time values and environment",
                             BYTECODEC_REQUEST(0xAE, 0x52),
                             BYTECODEC_HEAD(0xAE),
                             .reply_length = 16},
                .fields =
                    {
                        {BYTEMODEL_NUMBER(OPACITY, U16, 1, 1, 0, 1000)},
                        {BYTEMODEL_NUMBER(K, U16, 3, 2, 0, BYTEMODEL_K_MAX)},
                        {BYTEMODEL_NUMBER(RPM, U16, 5, 0, 0, 9999)},
                        {BYTEMODEL_OIL_KELVIN(7)},
                        {BYTEMODEL_NUMBER(PRESSURE, U16, 9, 2, 3000, 12000)},
                        {BYTEMODEL_NUMBER(AIR_TEMP, SIGNED_MAGNITUDE16, 11, 1, -500, 700)},
                        {BYTEMODEL_NUMBER(HUMIDITY, U16, 13, 1, 0, 1000)},
                    },
            },
            {
                .exchange = {.name = "mode", BYTECODEC_REQUEST(0xA1, 0x5F), BYTECODEC_HEAD(0xA1), .reply_length = 3},
                .states =
                    {
                        {1, 0xFF, 0x00, STATUS_WARMING, "warm-up", false},
                        {1, 0xFF, 0x01, STATUS_OK, "", false},
                        {1, 0xFF, 0x02, STATUS_BUSY, "in its own free acceleration test", false},
                        {1, 0xFF, 0xFF, STATUS_BUSY, "not in direct mode", false},
                    },
            },
        },
    .commands =
        {
            {COMMAND_ZERO, {.name = "zero", BYTECODEC_REQUEST(0xA2, 0x5E), BYTECODEC_HEAD(0xA2), .reply_length = 2}},
            {COMMAND_CLEAR_MAXIMUM,
             {.name = "clear maximum", BYTECODEC_REQUEST(0xA8, 0x58), BYTECODEC_HEAD(0xA8), .reply_length = 2}},
        },
    .path_m = {430, 3},
    BYTEMODEL_SMOKE_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_OPACITY,  QUANTITY_K,        QUANTITY_RPM,      QUANTITY_OIL_TEMP,
                                           QUANTITY_PRESSURE, QUANTITY_AIR_TEMP, QUANTITY_HUMIDITY, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &mqy200, err);
}

const struct sensor_driver driver_mqy200 = {
    .model = &mqy200,
    .name = "mqy200",
    .title = "Mingquan MQY-200 and MQY-201 opacimeters",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
