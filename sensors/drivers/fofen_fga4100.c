/*
 * Fofen (佛分) FGA-4100 gas analyzer, 19200 8N1.
 *
 * Follows one integrator's program; no manual of the maker was at hand and no instrument was tried. A question is a
 * short frame, then the frame with the command; its last byte is the ones' complement of the sum from the sixth byte
 * on.
 *
 *     >  7E 01 F4 0A | 7E 04 00 01 02 02 F6
 *        <  7E … | HC 1e-6 | CO 0.01 % | CO2 0.1 % | O2 0.1 % | NO 1e-6 | lambda 0.01 | rpm | oil 0.1 degC | sum
 *           51 bytes; each number four ASCII characters from the 19th byte on; sum: ones' complement of the numbers'
 * bytes
 *     >  7E 01 F4 0A | 7E 0A 00 01 0E 02 01 00 00 00 00 00 E3     pump on   \
 *     >  7E 01 F4 0A | 7E 0A 00 01 0E 02 00 00 00 00 00 00 E4     pump off   |  on an operator's order only
 *     >  7E 01 F4 0A | 7E 04 00 01 16 45 9F                       zero      /
 *        <  7E 01 C6 38 | 7E 01 81 7D | …                          taken; what follows repeats the order
 *
 * Characters that are no number give no reading. It tells no state that is known: warm-up, zero and leak must be
 * watched on its own display.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

static const struct bytecodec_answer taken = {.checksum = {BYTECODEC_NONE, 0}};

#define FGA4100_TAKEN BYTECODEC_HEAD(0x7E, 0x01, 0xC6, 0x38), .reply_length = 8, .answer = &taken

static const struct bytemodel fga4100 =
    {
        .name = "FGA-4100",
        .face = &byteface_fga4100,
        .polls =
            {
                {
                    .exchange = {.name = "values",
                                 BYTECODEC_REQUEST(0x7E, 0x01, 0xF4, 0x0A, 0x7E, 0x04, 0x00, 0x01, 0x02, 0x02, 0xF6),
                                 BYTECODEC_HEAD(0x7E),
                                 .reply_length = 51},
                    .fields =
                        {
                            {BYTEMODEL_NUMBER(HC, ASCII4, 18, 0, -200, 9999)},
                            {BYTEMODEL_NUMBER(CO, ASCII4, 22, 2, -50, 2000)},
                            {BYTEMODEL_NUMBER(CO2, ASCII4, 26, 1, -5, 250)},
                            {BYTEMODEL_NUMBER(O2, ASCII4, 30, 1, -10, 300)},
                            {BYTEMODEL_NUMBER(NO, ASCII4, 34, 0, -200, 6000)},
                            {BYTEMODEL_NUMBER(LAMBDA, ASCII4, 38, 2, 0, 999)},
                            {BYTEMODEL_NUMBER(RPM, ASCII4, 42, 0, 0, 9999)},
                            {BYTEMODEL_NUMBER(OIL_TEMP, ASCII4, 46, 1, -500, 2000)},
                        },
                }},
        .commands =
            {
                {COMMAND_PUMP_ON,
                 {.name = "pump on",
                  BYTECODEC_REQUEST(
                      0x7E, 0x01, 0xF4, 0x0A, 0x7E, 0x0A, 0x00, 0x01, 0x0E, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
                      0xE3),
                  FGA4100_TAKEN}},
                {COMMAND_PUMP_OFF,
                 {.name = "pump off",
                  BYTECODEC_REQUEST(
                      0x7E, 0x01, 0xF4, 0x0A, 0x7E, 0x0A, 0x00, 0x01, 0x0E, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                      0xE4),
                  FGA4100_TAKEN}},
                {COMMAND_ZERO,
                 {.name = "zero",
                  BYTECODEC_REQUEST(0x7E, 0x01, 0xF4, 0x0A, 0x7E, 0x04, 0x00, 0x01, 0x16, 0x45, 0x9F),
                  FGA4100_TAKEN}},
            },
        BYTEMODEL_GAS_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_HC,     QUANTITY_CO,  QUANTITY_CO2,      QUANTITY_O2,   QUANTITY_NO,
                                           QUANTITY_LAMBDA, QUANTITY_RPM, QUANTITY_OIL_TEMP, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &fga4100, err);
}

const struct sensor_driver driver_fga4100 = {
    .model = &fga4100,
    .name = "fga4100",
    .title = "Fofen FGA-4100 gas analyzer",
    .line = "19200/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
