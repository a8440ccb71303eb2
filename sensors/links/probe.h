/*
 * What answers at a serial port of which nothing is known. It only reads: first it listens, then it lets each driver
 * ask what it asks on its own account until it has recognised its instrument, then it asks Modbus units for one
 * register. An operator's command is never sent, and a port that talks by itself is not asked at that line setting.
 *
 * The port is opened once for each line setting, exclusively, and released. It takes at most PROBE_LIMIT_MS, and less
 * than a minute where nothing answers.
 */
#ifndef SENSORS_LINKS_PROBE_H
#define SENSORS_LINKS_PROBE_H

#include "sensors/candidate.h"
#include "sensors/links/kind.h"

enum { PROBE_FOUND_MAX = 4, PROBE_LINE_MAX = 16, PROBE_TEXT_MAX = 2 * SENSOR_TEXT_MAX, PROBE_LIMIT_MS = 120000 };

/* One that answers, as the configuration writes it. */
struct probe_found {
    enum link_kind kind;
    char driver[SENSOR_NAME_MAX], option[SENSOR_TEXT_MAX], profile[SENSOR_NAME_MAX]; /* "" where there is none */
    char title[PROBE_TEXT_MAX], line[PROBE_LINE_MAX];
    struct sensor_identity identity;
    int unit;   /* Modbus; else 0 */
    bool asked; /* it answered; false: it talks by itself */
};

struct probe_result {
    struct probe_found found[PROBE_FOUND_MAX]; /* several: which of them it is cannot be told from outside */
    size_t count;
    char problem[ERR_TEXT_MAX]; /* why it could not be asked; "" when it was */
    char note[ERR_TEXT_MAX];    /* what else was noticed: bytes that nobody understands, a model without a driver */
};

/* `device` as in the configuration. Blocks until it is done. */
void probe_port(const char *device, const struct profile *const *profiles, size_t profiles_count,
                struct probe_result *out);

#endif
