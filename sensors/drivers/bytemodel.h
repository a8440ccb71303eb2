/*
 * The driver of all instruments that protocols/bytecodec.h describes: one table row per model, no code.
 *
 * At start the model is identified by a reply that only it gives (a family's models share commands that mean different
 * things, so a wrong setting would give plausible wrong numbers). Then state and alarms are asked every status_ms and
 * values at the poll pace in between. A lost answer is asked again after the line has been quiet; what comes late is
 * dropped. Three failures in a row are a fault, which the next good answer ends.
 */
#ifndef SENSORS_DRIVERS_BYTEMODEL_H
#define SENSORS_DRIVERS_BYTEMODEL_H

#include "protocols/bytecodec.h"
#include "sensors/sensor.h"

enum { BYTEMODEL_VALUES_MAX = 8, BYTEMODEL_STATES_MAX = 8, BYTEMODEL_COMMANDS_MAX = 4, BYTEMODEL_SIBLINGS_MAX = 4 };

/* A 16-bit big-endian field of the values reply: (raw + offset) x 10^-digits. */
struct bytemodel_value {
    enum quantity quantity;
    uint8_t at, digits;
    int16_t offset;
    bool has_absent;
    uint16_t absent; /* raw code for "no value" */
    uint16_t max;    /* the greatest raw number that can be true; beyond it: out of range */
};

struct bytemodel_state {
    uint8_t code;
    enum instrument_status status;
    const char *text;
};

struct bytemodel_command {
    enum sensor_command command;
    struct bytecodec_exchange exchange;
};

/* Another model that would answer on the same line, and the reply that gives it away. */
struct bytemodel_sibling {
    const char *name;
    struct bytecodec_exchange probe;
};

struct bytemodel {
    const char *name;
    struct bytecodec_error error;
    struct bytecodec_exchange probe;  /* only this model answers so */
    struct bytecodec_exchange state;  /* the state code is byte 1 of the reply */
    struct bytecodec_exchange alarms; /* bytes 1 and 2: any bit is an alarm */
    struct bytecodec_exchange values;
    size_t values_count, states_count, commands_count, siblings_count;
    struct bytemodel_value fields[BYTEMODEL_VALUES_MAX];
    struct bytemodel_state states[BYTEMODEL_STATES_MAX];
    struct bytemodel_command commands[BYTEMODEL_COMMANDS_MAX]; /* only on an operator's order */
    struct bytemodel_sibling siblings[BYTEMODEL_SIBLINGS_MAX];
    struct decimal path_m; /* effective path length, where the configuration says no other */
    int64_t poll_ms, status_ms;
    int64_t reply_ms; /* no answer after this is no answer */
    int64_t quiet_ms; /* silence after a lost answer, longer than the instrument's latest one */
    int64_t slow_ms;  /* the pace while it does not answer */
};

int bytemodel_check(const struct sensor_config *config, struct err *err);
void bytemodel_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host);
enum sensor_cut bytemodel_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame);
bool bytemodel_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                     const struct sensor_host *host);
void bytemodel_wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host);
int bytemodel_command(struct sensor *s, enum sensor_command command, int64_t t_ms, const struct sensor_host *host,
                      struct err *err);

#endif
