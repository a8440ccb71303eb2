/*
 * Fofen (佛分) FTY-100 opacimeter, 9600 8N1. It sends no k: k is computed from N over 0.43 m (or `path-m`), and the
 * model's name in the record says so.
 *
 * Follows two integrators' programs, which agree on the answers and not on the questions; no manual of the maker was at
 * hand and no instrument was tried. Numbers are 16-bit big-endian.
 *
 *     "long"         >  66 74 79 01 02 cmd cks       all bytes sum to zero                       (one program)
 *     "short"        >  01 02 cmd cks                all bytes sum to zero
 *     "short-tail"   >  01 02 cmd cks                all bytes after the first sum to zero       (the other program)
 *
 *     cmd 02   <  .. .. 02 | N 0.1 % | oil K | rpm | cks       10 bytes; oil FFFF: no probe
 *     cmd 01   <  .. .. 01 | bits | .. | .. | cks               7 bytes; 02 warm-up, 04 measuring
 *     cmd 05   <  .. .. 05 cks                                  linear calibration (zero): on an operator's order only
 *              <  .. .. FF ..                                   error
 *
 * The option names the dialect; the default is "long". An instrument that answers in another dialect is told by name.
 * Unconfirmed: which dialect which firmware speaks. What bytes 0 and 1 of an answer hold is not known and not looked
 * at.
 */
#include "sensors/drivers/bytemodel.h"
#include "sensors/drivers/drivers.h"

#define FTY100_REPLY(COMMAND, LENGTH) BYTECODEC_HEAD(COMMAND), .head_at = 2, .reply_length = (LENGTH)

/* One row per dialect: REQUEST(cmd, checksum of each command) writes its question. */
#define FTY100_ROW(DIALECT, FACE, VALUES, STATE, ZERO)                                                                 \
    .name = "FTY-100", .dialect = (DIALECT), .face = (FACE), .derives_k = true, .path_m = {430, 3},                    \
    .polls =                                                                                                           \
        {                                                                                                              \
            {                                                                                                          \
                .exchange = {.name = "values", VALUES, FTY100_REPLY(0x02, 10)},                                        \
                .fields =                                                                                              \
                    {                                                                                                  \
                        {BYTEMODEL_NUMBER(OPACITY, U16, 3, 1, 0, 1000)},                                               \
                        {BYTEMODEL_OIL_KELVIN(5)},                                                                     \
                        {BYTEMODEL_NUMBER(RPM, U16, 7, 0, 0, 9999)},                                                   \
                    },                                                                                                 \
            },                                                                                                         \
            {                                                                                                          \
                .exchange = {.name = "state", STATE, FTY100_REPLY(0x01, 7)},                                           \
                .states =                                                                                              \
                    {                                                                                                  \
                        {3, 0x02, 0x02, STATUS_WARMING, "warm-up", false},                                             \
                        {3, 0x04, 0x00, STATUS_BUSY, "not measuring", false},                                          \
                    },                                                                                                 \
            },                                                                                                         \
    },                                                                                                                 \
    .commands = {{COMMAND_ZERO, {.name = "zero", ZERO, FTY100_REPLY(0x05, 4)}}}, BYTEMODEL_SMOKE_TIMES

static const struct bytemodel short_tail = {
    FTY100_ROW("short-tail", &byteface_fty100_tail, BYTECODEC_REQUEST(0x01, 0x02, 0x02, 0xFC),
               BYTECODEC_REQUEST(0x01, 0x02, 0x01, 0xFD), BYTECODEC_REQUEST(0x01, 0x02, 0x05, 0xF9)),
    .others = {&byteface_fty100_long, &byteface_fty100_short},
};

static const struct bytemodel short_whole = {
    FTY100_ROW("short", &byteface_fty100_short, BYTECODEC_REQUEST(0x01, 0x02, 0x02, 0xFB),
               BYTECODEC_REQUEST(0x01, 0x02, 0x01, 0xFC), BYTECODEC_REQUEST(0x01, 0x02, 0x05, 0xF8)),
    .others = {&byteface_fty100_long, &byteface_fty100_tail},
    .next_dialect = &short_tail,
};

static const struct bytemodel fty100 = {
    FTY100_ROW("long", &byteface_fty100_long, BYTECODEC_REQUEST(0x66, 0x74, 0x79, 0x01, 0x02, 0x02, 0xA8),
               BYTECODEC_REQUEST(0x66, 0x74, 0x79, 0x01, 0x02, 0x01, 0xA9),
               BYTECODEC_REQUEST(0x66, 0x74, 0x79, 0x01, 0x02, 0x05, 0xA5)),
    .others = {&byteface_fty100_short, &byteface_fty100_tail},
    .next_dialect = &short_whole,
};

static const enum quantity quantities[] = {QUANTITY_OPACITY, QUANTITY_K, QUANTITY_OIL_TEMP, QUANTITY_RPM,
                                           QUANTITY_COUNT};

static int check(const struct sensor_config *config, struct err *err)
{
    return bytemodel_check(config, &fty100, err);
}

const struct sensor_driver driver_fty100 = {
    .model = &fty100,
    .name = "fty100",
    .title = "Fofen FTY-100 opacimeter; option: long, short, short-tail",
    .line = "9600/8n1",
    .stale_ms = 2000,
    .quantities = quantities,
    .check = check,
    BYTEMODEL_HOOKS,
};
