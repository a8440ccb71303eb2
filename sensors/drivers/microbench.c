/*
 * Sensors Inc. Microbench (AMBII) gas bench, 9600 8N1.
 *
 * Follows two independent programs that use the same frame; no manual of the maker was at hand and no instrument was
 * tried. Everything is little-endian; the last two bytes are the 16-bit sum of all before.
 *
 *     >  cmd | mode 0, 1: lengthy | count of words | words … | sum
 *        <  cmd | 06 done, 05 busy, 15 no | count of words | words … | sum
 *     >  03 00 02 00 00 00 00 00 05 00
 *        <  03 06 0A 00 | status | HC | CO | CO2 | O2 | NOx | rpm | oil | ambient | pressure | sum
 *     >  04 00 00 00 04 00      <  ten words of status; in the first: 0001 warm-up, 0002 zero needed, 0010 O2 cell,
 *                                  0020 low flow, 0080 NOx cell, 0800 internal
 *     >  0B 00 00 00 0B 00      is it done? asked while it says that it is busy; then the same again, with mode 1
 *     >  0C 00 02 00 … 0E 00    version      >  0D 00 00 00 0D 00    serial number
 *
 * Status word with the data: 0 low flow, 1 filter bowl full, 2 alarm, 3 not accurate, 4 zero recommended, 5 high HC
 * range, 6 condensation, 8 to 12 HC CO CO2 O2 NOx out of range, 15 internal.
 *
 * NO SOURCE TELLS THE DECIMALS. They come from the instrument's manual, or from a zero and span check, into the option,
 * "hc=0 co=2 co2=2 o2=2 nox=0 rpm=0" (digits after the point); what the option does not name is not published, and
 * without any the instrument is at fault, with a text that says so. Temperatures and pressure stand in units that the
 * second word of the question chooses in a way nobody has confirmed; they are not published. Calibration (02) is not
 * offered: its data words are not known well enough. How version and serial number are written is not known: they are
 * recorded as text where they are text, else in hex.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

enum { DATA_LOW = 4, DATA_HIGH = 5, STATUS_LOW = 4, STATUS_HIGH = 5 };

static const struct bytemodel
    microbench =
        {
            .name = "Microbench",
            .face = &byteface_microbench,
            .tells =
                {
                    {.exchange = {.name = "version",
                                  BYTECODEC_REQUEST(0x0C, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0E, 0x00),
                                  BYTECODEC_HEAD(0x0C, 0x06)},
                     .at = 4,
                     .tail = 2},
                    {.exchange = {.name = "serial number",
                                  BYTECODEC_REQUEST(0x0D, 0x00, 0x00, 0x00, 0x0D, 0x00),
                                  BYTECODEC_HEAD(0x0D, 0x06)},
                     .is_serial = true,
                     .at = 4,
                     .tail = 2},
                },
            .polls =
                {
                    {
                        .exchange = {.name = "data",
                                     BYTECODEC_REQUEST(0x03, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00),
                                     BYTECODEC_HEAD(0x03, 0x06),
                                     .reply_length = 26},
                        .fields =
                            {
                                {BYTEMODEL_NUMBER(HC, S16_LE, 6, 0, -200, 20000), .by_option = true},
                                {BYTEMODEL_NUMBER(CO, S16_LE, 8, 0, -1, 20), .by_option = true},
                                {BYTEMODEL_NUMBER(CO2, S16_LE, 10, 0, -1, 25), .by_option = true},
                                {BYTEMODEL_NUMBER(O2, S16_LE, 12, 0, -1, 30), .by_option = true},
                                {BYTEMODEL_NUMBER(NOX, S16_LE, 14, 0, -200, 6000), .by_option = true},
                                {BYTEMODEL_NUMBER(RPM, S16_LE, 16, 0, 0, 9999), .by_option = true},
                            },
                        .states =
                            {
                                {DATA_HIGH, 0x80, 0x80, STATUS_INTERNAL, "internal fault", false},
                                {DATA_LOW, 0x01, 0x01, STATUS_LOW_FLOW, "low flow", false},
                                {DATA_LOW, 0x02, 0x02, STATUS_LOW_FLOW, "filter bowl full", false},
                                {DATA_LOW, 0x40, 0x40, STATUS_LOW_FLOW, "condensation", false},
                                {DATA_LOW, 0x04, 0x04, STATUS_INTERNAL, "alarm", false},
                                {DATA_LOW, 0x10, 0x10, STATUS_ZERO_NEEDED, "zero recommended", false},
                                {DATA_LOW, 0x20, 0x20, STATUS_OUT_OF_RANGE, "HC in the high range, decimals unknown",
                                 false},
                                {DATA_LOW, 0x08, 0x08, STATUS_INTERNAL, "says that its data are not accurate", false},
                                {DATA_HIGH, 0x01, 0x01, STATUS_OUT_OF_RANGE, "HC out of range", false},
                                {DATA_HIGH, 0x02, 0x02, STATUS_OUT_OF_RANGE, "CO out of range", false},
                                {DATA_HIGH, 0x04, 0x04, STATUS_OUT_OF_RANGE, "CO2 out of range", false},
                                {DATA_HIGH, 0x08, 0x08, STATUS_OUT_OF_RANGE, "O2 out of range", false},
                                {DATA_HIGH, 0x10, 0x10, STATUS_OUT_OF_RANGE, "NOx out of range", false},
                            },
                    },
                    {
                        .exchange = {.name = "status",
                                     BYTECODEC_REQUEST(0x04, 0x00, 0x00, 0x00, 0x04, 0x00),
                                     BYTECODEC_HEAD(0x04, 0x06),
                                     .reply_length = 26},
                        .states =
                            {
                                {STATUS_LOW, 0x01, 0x01, STATUS_WARMING, "warm-up", false},
                                {STATUS_HIGH, 0x08, 0x08, STATUS_INTERNAL, "internal fault", false},
                                {STATUS_LOW, 0x20, 0x20, STATUS_LOW_FLOW, "low flow", false},
                                {STATUS_LOW, 0x10, 0x10, STATUS_SENSOR_EXPIRED, "O2 cell bad", false},
                                {STATUS_LOW, 0x80, 0x80, STATUS_SENSOR_EXPIRED, "NOx cell bad", false},
                                {STATUS_LOW, 0x02, 0x02, STATUS_ZERO_NEEDED, "zero needed", false},
                            },
                    },
                },
            .process = {.name = "process status",
                        BYTECODEC_REQUEST(0x0B, 0x00, 0x00, 0x00, 0x0B, 0x00),
                        BYTECODEC_HEAD(0x0B, 0x06)},
            .lengthy_at = 1,
            BYTEMODEL_GAS_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_HC,  QUANTITY_CO,  QUANTITY_CO2,  QUANTITY_O2,
                                           QUANTITY_NOX, QUANTITY_RPM, QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &microbench, err);
}

const struct sensor_driver driver_microbench = {
    .model = &microbench,
    .name = "microbench",
    .title = "Sensors Microbench (AMBII) gas bench; option: decimals of each gas",
    .line = "9600/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
