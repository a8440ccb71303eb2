/*
 * The driver of all instruments that protocols/bytecodec.h describes: one table row per model, no code.
 *
 * At start the model is identified by the answer that only it gives (byteface.h): a family's models share commands that
 * mean different things, so a wrong setting would give plausible wrong numbers. Then its serial number and firmware are
 * read, where it tells them, and its state; from then on the values at the poll pace, and every status_ms the other
 * polls one by one in the pauses between two values. A lost answer is asked again after the line has been quiet; what
 * comes late is dropped. Three failures in a row are a fault, which the next good answer ends.
 *
 * The option of the configuration is a list of words: the name of a dialect, and QUANTITY=DIGITS, how many decimals a
 * number has that the sources do not agree on.
 */
#ifndef SENSORS_DRIVERS_BYTEMODEL_H
#define SENSORS_DRIVERS_BYTEMODEL_H

#include "protocols/bytecodec.h"
#include "sensors/drivers/byteface.h"
#include "sensors/sensor.h"

enum {
    BYTEMODEL_FIELDS_MAX = 14,
    BYTEMODEL_STATES_MAX = 16,
    BYTEMODEL_POLLS_MAX = 5,
    BYTEMODEL_COMMANDS_MAX = 6,
    BYTEMODEL_FACES_MAX = 5,
    BYTEMODEL_TELLS_MAX = 3,
};

/* A number of a reply: (raw + offset) x 10^-digits. A row without `max` ends the list. */
struct bytemodel_field {
    enum quantity quantity;
    enum bytecodec_kind kind;
    uint8_t at, digits;
    int16_t offset;
    bool has_absent;
    int32_t absent;   /* raw code for "no value" */
    int32_t min, max; /* the least and greatest raw number that can be true; beyond: out of range */
    uint8_t fitted;   /* bits of the poll's options byte: the instrument has such a channel; 0: always */
    bool tunable;     /* the sources do not agree on the digits: the option may say others */
    bool by_option;   /* no source tells the digits: not published unless the option does */
};

/* The common part of such a row; what else it has follows it. */
#define BYTEMODEL_NUMBER(QUANTITY, KIND, AT, DIGITS, MIN, MAX)                                                         \
    .quantity = QUANTITY_##QUANTITY, .kind = BYTECODEC_##KIND, .at = (AT), .digits = (DIGITS), .min = (MIN),           \
    .max = (MAX)
/* Kelvin in whole degrees, FFFF: no probe. Programs take 273 off, not 273.15. */
#define BYTEMODEL_OIL_KELVIN(AT)                                                                                       \
    BYTEMODEL_NUMBER(OIL_TEMP, U16, AT, 0, 0, 473), .offset = -273, .has_absent = true, .absent = 0xFFFF

enum { BYTEMODEL_K_MAX = 1607 }; /* hundredths of 1/m: N = 99.9 % over 0.43 m */

/* What a byte of a reply says of the instrument. A row without `mask` ends the list; the first that fits counts. */
struct bytemodel_state {
    uint8_t at, mask, value; /* (byte & mask) == value */
    enum instrument_status status;
    const char *text;
    bool withheld; /* while it holds, the reply's numbers mean nothing and are not published */
};

/* Something that is asked again and again; it only reads. Where the mask of its first state is FF, the byte is a code,
 * and a code that is not in the list is a fault. */
struct bytemodel_poll {
    struct bytecodec_exchange exchange;
    bool optional;      /* an instrument that does not answer it is in order all the same */
    uint8_t alarms_at;  /* two bytes, any bit is an alarm; 0: none */
    uint8_t options_at; /* one byte, the channels it has; 0: none */
    struct bytemodel_field fields[BYTEMODEL_FIELDS_MAX];
    struct bytemodel_state states[BYTEMODEL_STATES_MAX];
};

/* Only on an operator's order. */
struct bytemodel_command {
    enum sensor_command command;
    struct bytecodec_exchange exchange;
};

/* A number or a text that tells which piece of the model it is. */
struct bytemodel_tell {
    struct bytecodec_exchange exchange;
    bool is_serial; /* else: firmware */
    bool is_number; /* u16 with that many digits; else bytes: as text where they are printable, else in hex */
    uint8_t at, digits;
    uint8_t tail; /* bytes after it that do not belong to it, where it is no number */
};

struct bytemodel {
    const char *name;
    const char *dialect;                  /* word of the option that chooses this row; NULL: the only row */
    const struct bytemodel *next_dialect; /* the other rows; the first is the default */
    const struct byteface *face;          /* only this model answers so */
    const struct byteface *others[BYTEMODEL_FACES_MAX]; /* tried where it does not */
    const struct byteface *twins[BYTEMODEL_FACES_MAX];  /* they answer as this one does, and to more */
    struct bytemodel_tell tells[BYTEMODEL_TELLS_MAX];
    struct bytemodel_poll polls[BYTEMODEL_POLLS_MAX]; /* the first: the values */
    struct bytemodel_command commands[BYTEMODEL_COMMANDS_MAX];
    struct bytecodec_exchange process; /* asked while the instrument is busy; no request: it never says so */
    uint8_t lengthy_at;                /* byte of a request that is 1 when it is asked again after that */
    struct decimal path_m;             /* effective path length, where the configuration says no other; 0: no smoke */
    bool derives_k;                    /* the instrument sends no k: it is computed from N over that path */
    int64_t poll_ms, status_ms;
    int64_t reply_ms; /* no answer after this is no answer */
    int64_t quiet_ms; /* silence after a lost answer, longer than the instrument's latest one */
    int64_t slow_ms;  /* the pace while it does not answer */
};

#define BYTEMODEL_SMOKE_TIMES .poll_ms = 100, .status_ms = 2000, .reply_ms = 400, .quiet_ms = 200, .slow_ms = 500
/* Programs wait up to 2.5 s for a gas analyzer; what comes that late is dropped and asked again. */
#define BYTEMODEL_GAS_TIMES .poll_ms = 250, .status_ms = 2000, .reply_ms = 1000, .quiet_ms = 300, .slow_ms = 1000

/* What a driver of this kind exports besides its names and its `check`, which gives bytemodel_check its table row. */
#define BYTEMODEL_HOOKS                                                                                                \
    .start = bytemodel_start, .cut = bytemodel_cut, .frame = bytemodel_frame, .wake = bytemodel_wake,                  \
    .command = bytemodel_command

int bytemodel_check(const struct sensor_config *config, const struct bytemodel *first, struct err *err);
void bytemodel_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host);
enum sensor_cut bytemodel_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame);
bool bytemodel_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                     const struct sensor_host *host);
void bytemodel_wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host);
int bytemodel_command(struct sensor *s, enum sensor_command command, int64_t t_ms, const struct sensor_host *host,
                      struct err *err);

#endif
