/*
 * Capelec CAP3030 opacimeter, optical path 0.215 m, 9600 8N1. It sends no k: k is computed from N over the path it was
 * measured over (0.215 m, or `path-m`), and the model's name in the record says so. N is published as the instrument
 * said it: over 0.43 m the same smoke would give a greater N.
 *
 * Follows the program of a public roadside service and a manual's path length; no instrument was tried. Numbers are
 * 16-bit big-endian. All frames sum to zero; a reply echoes the command.
 *
 *     >  75 8B   <  75 | N 0.1 % | gas degC | tube degC | status high | status low | cks        'u', filtered opacity
 *     >  6C 94   <  6C 94                                            'l', zero: on an operator's order only
 *                <  15                                                error
 *
 * Status low: 01 ambient temperature invalid, 02 detector temperature, 04 tube temperature, 08 supply, 10 fan on, 40
 * opacity not available, 80 standby. High: 01 zero running, 02 lenses sooted, 04 acquisition triggered, 08 trigger
 * active, 10 fan fault, 20 gas cold, 80 temperature sensor fault.
 *
 * Unconfirmed: which command tells version and serial number ('v' or 'w'); neither is sent.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

enum { HIGH = 5, LOW = 6 };

static const struct bytemodel
    cap3030 =
        {
            .name = "CAP3030",
            .face = &byteface_cap3030,
            .polls =
                {
                    {
                        .exchange = {.name = "filtered opacity",
                                     BYTECODEC_REQUEST(0x75, 0x8B),
                                     BYTECODEC_HEAD(0x75),
                                     .reply_length = 8},
                        .fields =
                            {
                                {BYTEMODEL_NUMBER(OPACITY, U16, 1, 1, 0, 1000)},
                                {BYTEMODEL_NUMBER(GAS_TEMP, U8, 3, 0, 0, 255)},
                                {BYTEMODEL_NUMBER(TUBE_TEMP, U8, 4, 0, 0, 255)},
                            },
                        .states =
                            {
                                {LOW, 0x80, 0x80, STATUS_STANDBY, "standby", true},
                                {HIGH, 0x01, 0x01, STATUS_ZEROING, "zeroing", true},
                                {LOW, 0x40, 0x40, STATUS_INTERNAL, "opacity not available", true},
                                {HIGH, 0x02, 0x02, STATUS_INTERNAL, "lenses sooted: clean them", false},
                                {HIGH, 0x10, 0x10, STATUS_INTERNAL, "fan fault", false},
                                {HIGH, 0x80, 0x80, STATUS_INTERNAL, "temperature sensor fault", false},
                                {LOW, 0x01, 0x01, STATUS_INTERNAL, "ambient temperature invalid", false},
                                {LOW, 0x02, 0x02, STATUS_INTERNAL, "detector temperature invalid", false},
                                {LOW, 0x04, 0x04, STATUS_WARMING, "tube temperature not reached", false},
                                {LOW, 0x08, 0x08, STATUS_INTERNAL, "supply voltage out of tolerance", false},
                                {HIGH, 0x20, 0x20, STATUS_WARMING, "gas cold", false},
                            },
                    }},
            .commands = {{COMMAND_ZERO,
                          {.name = "zero", BYTECODEC_REQUEST(0x6C, 0x94), BYTECODEC_HEAD(0x6C), .reply_length = 2}}},
            .path_m = {215, 3},
            .derives_k = true,
            BYTEMODEL_SMOKE_TIMES,
};

static const enum quantity quantities[] = {QUANTITY_OPACITY, QUANTITY_K, QUANTITY_GAS_TEMP, QUANTITY_TUBE_TEMP,
                                           QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &cap3030, err);
}

const struct sensor_driver driver_cap3030 = {
    .model = &cap3030,
    .name = "cap3030",
    .title = "Capelec CAP3030 opacimeter (path 0.215 m)",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
