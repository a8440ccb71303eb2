/*
 * Horiba MEXA-584L gas analyzer, 9600 8N1. Read only: what makes it measure or stand by is pressed on the instrument.
 *
 * Follows one program that was written by watching the line; no manual of the maker was at hand and no instrument was
 * tried. Numbers are 16-bit big-endian, two's complement. All frames sum to zero.
 *
 *     >  02 01 40 BD   <  06 40 .. .. .. | CO2 0.01 % | CO 0.01 % | HC 1e-6 | O2 0.01 % | A/F | lambda 0.001 | .. | ..
 * | NO 1e-6 | rpm | oil degC | cks                       28 bytes, the first number at the sixth >  02 01 01 FC   <  06
 * 01 .. | state | … | cks                           16 bytes; 08 warm-up >  02 01 AA 53   <  06 AA .. | 20 filter | 40
 * measuring | 02 leak, 08 hang-up | channels | … | cks        10 bytes channels: 01 O2, 02 NO, 04 rpm, 08 oil
 * temperature <  15           error
 *
 * A channel that is not fitted gives no reading. Unconfirmed: everything, as far as one observer can be wrong.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

static const struct bytemodel mexa584l =
    {
        .name = "MEXA-584L",
        .face = &byteface_mexa584l,
        .others = {&byteface_mqw50a, &byteface_flb100},
        .polls =
            {
                {
                    .exchange = {.name = "channels",
                                 BYTECODEC_REQUEST(0x02, 0x01, 0x40, 0xBD),
                                 BYTECODEC_HEAD(0x06, 0x40),
                                 .reply_length = 28},
                    .fields =
                        {
                            {BYTEMODEL_NUMBER(CO2, S16, 5, 2, -50, 2500)},
                            {BYTEMODEL_NUMBER(CO, S16, 7, 2, -50, 2000)},
                            {BYTEMODEL_NUMBER(HC, S16, 9, 0, -200, 20000)},
                            {BYTEMODEL_NUMBER(O2, S16, 11, 2, -100, 3000), .fitted = 0x01},
                            {BYTEMODEL_NUMBER(LAMBDA, S16, 15, 3, 0, 9999)},
                            {BYTEMODEL_NUMBER(NO, S16, 21, 0, -200, 6000), .fitted = 0x02},
                            {BYTEMODEL_NUMBER(RPM, S16, 23, 0, 0, 9999), .fitted = 0x04},
                            {BYTEMODEL_NUMBER(OIL_TEMP, S16, 25, 0, -50, 200), .fitted = 0x08},
                        },
                },
                {
                    .exchange = {.name = "status",
                                 BYTECODEC_REQUEST(0x02, 0x01, 0x01, 0xFC),
                                 BYTECODEC_HEAD(0x06, 0x01),
                                 .reply_length = 16},
                    .states = {{3, 0x08, 0x08, STATUS_WARMING, "warm-up", false}},
                },
                {
                    .exchange = {.name = "subsystem",
                                 BYTECODEC_REQUEST(0x02, 0x01, 0xAA, 0x53),
                                 BYTECODEC_HEAD(0x06, 0xAA),
                                 .reply_length = 10},
                    .options_at = 6,
                    .states =
                        {
                            {5, 0x02, 0x02, STATUS_LEAK, "leak", false},
                            {3, 0x20, 0x20, STATUS_LOW_FLOW, "filter to be changed", false},
                            {5, 0x08, 0x08, STATUS_ZERO_NEEDED, "hydrocarbon hang-up", false},
                            {4, 0x40, 0x00, STATUS_STANDBY, "not measuring: press its measuring key", false},
                        },
                },
            },
        BYTEMODEL_GAS_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_HC,     QUANTITY_CO,  QUANTITY_CO2,      QUANTITY_O2,   QUANTITY_NO,
                                           QUANTITY_LAMBDA, QUANTITY_RPM, QUANTITY_OIL_TEMP, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &mexa584l, err);
}

const struct sensor_driver driver_mexa584l = {
    .model = &mexa584l,
    .name = "mexa584l",
    .title = "Horiba MEXA-584L gas analyzer, read only",
    .line = "9600/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
