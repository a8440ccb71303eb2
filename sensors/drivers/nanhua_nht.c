/*
 * Nanhua (南华) NHT-6 and NHT-1L opacimeters, partial flow, 9600 8N1.
 *
 * Follows the frames of integrators' programs, two independent ones for the NHT-6, one for the NHT-1L; no manual of the
 * maker was at hand and no instrument was tried. Numbers are 16-bit big-endian. Every frame but the error reply sums to
 * zero.
 *
 *     >  A5 5B   <  A5 | N 0.1 % | k 0.01 1/m | rpm | oil K | cks   oil FFFF: no probe
 *     >  A3 5D   <  A3 | 16 alarm bits | cks
 *     >  A4 5C   <  A4 5C                                          zero: on an operator's order only
 *     >  A2 5E   <  A2 5E                                          skip warm-up: the same
 *     >  A7 59   <  A7 59                                          clear maximum: the same
 *                <  15 | code                                      error
 *     NHT-6
 *     >  B0 50   <  B0 | 18 bytes of internals | cks               only the NHT-6 answers with 20 bytes
 *     >  A1 5F   <  A1 | state | cks                               0 warm-up, 1 real-time, 2 calibrating, 3 link broken
 *     NHT-1L
 *     >  B0 50   <  B0 | 16 bytes of internals | cks               only the NHT-1L answers with 18 bytes
 *     >  AD 53   <  AD | state | cks                               the same states; F1 is a newer firmware's 1
 *     >  AF 51   <  AF | air 0.1 K | humidity 0.1 % | pressure 0.1 kPa | cks
 *     >  B1 4F   <  B1 | version 0.1 | cks
 *
 * The same bytes mean other things on sister models: the MQY-200 gives real-time values under A6 and has AE with 16
 * bytes; an older NHT-1 starts an acceleration test at AD. So the model is told by B0 before anything else is asked.
 * Known deviation: none seen; what the alarm bits mean is not known, so any of them is a fault.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

#define NHT_VALUES                                                                                                     \
    {                                                                                                                  \
        .exchange = {.name = "real-time values",                                                                       \
                     BYTECODEC_REQUEST(0xA5, 0x5B),                                                                    \
                     BYTECODEC_HEAD(0xA5),                                                                             \
                     .reply_length = 10},                                                                              \
        .fields = {                                                                                                    \
            {BYTEMODEL_NUMBER(OPACITY, U16, 1, 1, 0, 1000)},                                                           \
            {BYTEMODEL_NUMBER(K, U16, 3, 2, 0, BYTEMODEL_K_MAX)},                                                      \
            {BYTEMODEL_NUMBER(RPM, U16, 5, 0, 0, 9999)},                                                               \
            {BYTEMODEL_OIL_KELVIN(7)},                                                                                 \
        },                                                                                                             \
    }

#define NHT_ALARMS                                                                                                     \
    {                                                                                                                  \
        .exchange = {.name = "alarms", BYTECODEC_REQUEST(0xA3, 0x5D), BYTECODEC_HEAD(0xA3), .reply_length = 4},        \
        .optional = true, .alarms_at = 1,                                                                              \
    }

#define NHT_COMMANDS                                                                                                   \
    {                                                                                                                  \
        {COMMAND_ZERO, {.name = "zero", BYTECODEC_REQUEST(0xA4, 0x5C), BYTECODEC_HEAD(0xA4), .reply_length = 2}},      \
            {COMMAND_CLEAR_MAXIMUM,                                                                                    \
             {.name = "clear maximum", BYTECODEC_REQUEST(0xA7, 0x59), BYTECODEC_HEAD(0xA7), .reply_length = 2}},       \
            {COMMAND_SKIP_WARM_UP,                                                                                     \
             {.name = "skip warm-up", BYTECODEC_REQUEST(0xA2, 0x5E), BYTECODEC_HEAD(0xA2), .reply_length = 2}},        \
    }

#define NHT_STATES                                                                                                     \
    {1, 0xFF, 0x00, STATUS_WARMING, "warm-up", false}, {1, 0xFF, 0x01, STATUS_OK, "", false},                          \
        {1, 0xFF, 0x02, STATUS_ZEROING, "calibrating", false},                                                         \
        {1, 0xFF, 0x03, STATUS_INTERNAL, "link between control and measuring unit broken", false},                     \
    {                                                                                                                  \
        1, 0xFF, 0xFF, STATUS_BUSY, "not in real-time mode", false                                                     \
    }

static const struct bytemodel nht6 = {
    .name = "NHT-6",
    .face = &byteface_nht6,
    .others = {&byteface_nht1l, &byteface_mqy200},
    .polls =
        {
            NHT_VALUES,
            {
                .exchange = {.name = "state", BYTECODEC_REQUEST(0xA1, 0x5F), BYTECODEC_HEAD(0xA1), .reply_length = 3},
                .states = {NHT_STATES},
            },
            NHT_ALARMS,
        },
    .commands = NHT_COMMANDS,
    .path_m = {430, 3},
    BYTEMODEL_SMOKE_TIMES,
};

static const struct bytemodel nht1l = {
    .name = "NHT-1L",
    .face = &byteface_nht1l,
    .others = {&byteface_nht6, &byteface_mqy200},
    .tells = {{.exchange = {.name = "version", BYTECODEC_REQUEST(0xB1, 0x4F), BYTECODEC_HEAD(0xB1), .reply_length = 4},
               .is_number = true,
               .at = 1,
               .digits = 1}},
    .polls =
        {
            NHT_VALUES,
            {
                .exchange = {.name = "state", BYTECODEC_REQUEST(0xAD, 0x53), BYTECODEC_HEAD(0xAD), .reply_length = 3},
                .states = {NHT_STATES, {1, 0xFF, 0xF1, STATUS_OK, "", false}},
            },
            NHT_ALARMS,
            {
                .exchange =
                    {.name = "environment", BYTECODEC_REQUEST(0xAF, 0x51), BYTECODEC_HEAD(0xAF), .reply_length = 8},
                .optional = true,
                .fields =
                    {
                        {BYTEMODEL_NUMBER(AIR_TEMP, U16, 1, 1, 2230, 3430), .offset = -2730},
                        {BYTEMODEL_NUMBER(HUMIDITY, U16, 3, 1, 0, 1000)},
                        {BYTEMODEL_NUMBER(PRESSURE, U16, 5, 1, 300, 1200)},
                    },
            },
        },
    .commands = NHT_COMMANDS,
    .path_m = {430, 3},
    BYTEMODEL_SMOKE_TIMES,
};

static const enum quantity nht6_quantities[] = {QUANTITY_OPACITY, QUANTITY_K, QUANTITY_RPM, QUANTITY_OIL_TEMP,
                                                QUANTITY_COUNT};
static const enum quantity nht1l_quantities[] = {QUANTITY_OPACITY,  QUANTITY_K,        QUANTITY_RPM,
                                                 QUANTITY_OIL_TEMP, QUANTITY_AIR_TEMP, QUANTITY_HUMIDITY,
                                                 QUANTITY_PRESSURE, QUANTITY_COUNT};

static int check_nht6(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &nht6, err);
}

static int check_nht1l(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &nht1l, err);
}

const struct sensor_driver driver_nht6 = {
    .model = &nht6,
    .name = "nht6",
    .title = "Nanhua NHT-6 opacimeter",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = nht6_quantities,
    .check = check_nht6,
    BYTEMODEL_HOOKS,
};

const struct sensor_driver driver_nht1l = {
    .model = &nht1l,
    .name = "nht1l",
    .title = "Nanhua NHT-1L opacimeter",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = nht1l_quantities,
    .check = check_nht1l,
    BYTEMODEL_HOOKS,
};
