/*
 * Fuli (福立) FLB-100 opacimeter, 9600 8N1.
 *
 * Follows the frames that two independent integrators' programs agree on; no manual of the maker was at hand and no
 * instrument was tried. Numbers are 16-bit big-endian; k stands before N here. Every frame but the error sums to zero.
 *
 *     >  02 04 02 F8   <  06 .. .. | k 0.01 1/m | N 0.1 % | gas degC (1 byte) | oil | rpm | cks        13 bytes
 *     >  02 04 01 F9   <  06 .. .. | mode bits | bits | .. | cks                                        7 bytes
 *     >  02 04 05 F5   <  06 .. .. cks      linear calibration (zero): on an operator's order only      4 bytes
 *                      <  15 | code         error
 *
 * Mode bits: 01 steady, 02 warm-up, 04 direct, 08 acceleration, 10 menu, 20 acceleration good, 40 steady test begun, 80
 * triggered by itself. What bytes 1 and 2 of an answer hold is not known and not looked at.
 *
 * Unconfirmed: one program takes the oil temperature as it is, the other divides it by ten. The default is the second,
 * because a wrong choice then says that a warm engine is cold and not that a cold one is warm; option "oil_temp=0"
 * takes it as it is. Compare with a thermometer.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

static const struct bytemodel flb100 = {
    .name = "FLB-100",
    .face = &byteface_flb100,
    .others = {&byteface_mqw50a, &byteface_mexa584l, &byteface_mqw5101},
    .polls =
        {
            {
                .exchange = {.name = "values",
                             BYTECODEC_REQUEST(0x02, 0x04, 0x02, 0xF8),
                             BYTECODEC_HEAD(0x06),
                             .reply_length = 13},
                .fields =
                    {
                        {BYTEMODEL_NUMBER(K, U16, 3, 2, 0, BYTEMODEL_K_MAX)},
                        {BYTEMODEL_NUMBER(OPACITY, U16, 5, 1, 0, 1000)},
                        {BYTEMODEL_NUMBER(GAS_TEMP, U8, 7, 0, 0, 255)},
                        {BYTEMODEL_NUMBER(OIL_TEMP, U16, 8, 1, 0, 2000), .tunable = true},
                        {BYTEMODEL_NUMBER(RPM, U16, 10, 0, 0, 9999)},
                    },
            },
            {
                .exchange = {.name = "mode",
                             BYTECODEC_REQUEST(0x02, 0x04, 0x01, 0xF9),
                             BYTECODEC_HEAD(0x06),
                             .reply_length = 7},
                .states =
                    {
                        {3, 0x02, 0x02, STATUS_WARMING, "warm-up", false},
                        {3, 0x10, 0x10, STATUS_BUSY, "in its menu", false},
                        {3, 0x08, 0x08, STATUS_BUSY, "in its own acceleration test", false},
                        {3, 0x05, 0x00, STATUS_BUSY, "not in a measuring mode", false},
                    },
            },
        },
    .commands =
        {{COMMAND_ZERO,
          {.name = "zero", BYTECODEC_REQUEST(0x02, 0x04, 0x05, 0xF5), BYTECODEC_HEAD(0x06), .reply_length = 4}}},
    .path_m = {430, 3},
    BYTEMODEL_SMOKE_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_OPACITY,  QUANTITY_K,   QUANTITY_GAS_TEMP,
                                           QUANTITY_OIL_TEMP, QUANTITY_RPM, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &flb100, err);
}

const struct sensor_driver driver_flb100 = {
    .model = &flb100,
    .name = "flb100",
    .title = "Fuli FLB-100 opacimeter",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
