/*
 * Nanhua NHT-6 opacimeter, partial flow, 9600 8N1.
 *
 * Follows the frames that two independent integrators' programs agree on; no manual of the maker was at hand and no
 * instrument was tried. Numbers are 16-bit big-endian. Every frame but the error reply sums to zero.
 *
 *     >  B0 50   <  B0 | 18 bytes of internals | cks               only the NHT-6 answers with 20 bytes
 *     >  A1 5F   <  A1 | state | cks                               0 warm-up, 1 real-time, 2 calibrating, 3 link broken
 *     >  A3 5D   <  A3 | 16 alarm bits | cks
 *     >  A5 5B   <  A5 | N 0.1 % | k 0.01 1/m | rpm | oil K | cks   oil FFFF: no probe
 *     >  A4 5C   <  A4 5C                                          zero: on an operator's order only
 *     >  A7 59   <  A7 59                                          clear maximum: the same
 *                <  15 | code                                      error
 *
 * The same bytes mean other things on sister models: the NHT-1L answers B0 with 18 bytes and has its state under AD;
 * the MQY-200 gives real-time values under A6 and has AE with 16 bytes. Both are told apart at start.
 * Known deviation: none seen; what the alarm bits mean is not known, so any of them is a fault.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

static const struct bytemodel nht6 = {
    .name = "NHT-6",
    .error = {.head = 0x15, .length = 2},
    .probe = {"internals", {0xB0, 0x50}, 2, 0xB0, 20},
    .state = {"state", {0xA1, 0x5F}, 2, 0xA1, 3},
    .alarms = {"alarms", {0xA3, 0x5D}, 2, 0xA3, 4},
    .values = {"real-time values", {0xA5, 0x5B}, 2, 0xA5, 10},
    .values_count = 4,
    .fields =
        {
            {.quantity = QUANTITY_OPACITY, .at = 1, .digits = 1, .max = 1000},
            {.quantity = QUANTITY_K, .at = 3, .digits = 2, .max = 1607}, /* N = 99.9 % over 0.43 m */
            {.quantity = QUANTITY_RPM, .at = 5, .max = 9999},
            {.quantity = QUANTITY_OIL_TEMP, .at = 7, .offset = -273, .has_absent = true, .absent = 0xFFFF, .max = 473},
        },
    .states_count = 5,
    .states =
        {
            {0x00, STATUS_WARMING, "warm-up"},
            {0x01, STATUS_OK, ""},
            {0x02, STATUS_ZEROING, "calibrating"},
            {0x03, STATUS_INTERNAL, "link between control and measuring unit broken"},
            {0xFF, STATUS_BUSY, "not in real-time mode"},
        },
    .commands_count = 2,
    .commands =
        {
            {COMMAND_ZERO, {"zero", {0xA4, 0x5C}, 2, 0xA4, 2}},
            {COMMAND_CLEAR_MAXIMUM, {"clear maximum", {0xA7, 0x59}, 2, 0xA7, 2}},
        },
    .siblings_count = 2,
    .siblings =
        {
            {"an NHT-1L", {"internals", {0xB0, 0x50}, 2, 0xB0, 18}},
            {"an MQY-200", {"environment", {0xAE, 0x52}, 2, 0xAE, 16}},
        },
    .path_m = {430, 3},
    .poll_ms = 100,
    .status_ms = 2000,
    .reply_ms = 400,
    .quiet_ms = 200,
    .slow_ms = 500,
};

static const enum quantity quantities[] = {QUANTITY_OPACITY, QUANTITY_K, QUANTITY_RPM, QUANTITY_OIL_TEMP,
                                           QUANTITY_COUNT};

const struct sensor_driver driver_nht6 = {
    .model = &nht6,
    .name = "nht6",
    .title = "Nanhua NHT-6 opacimeter",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = quantities,
    .check = bytemodel_check,
    .start = bytemodel_start,
    .cut = bytemodel_cut,
    .frame = bytemodel_frame,
    .wake = bytemodel_wake,
    .command = bytemodel_command,
};
