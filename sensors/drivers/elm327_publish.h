/*
 * Answers of control units as samples: what the ELM327 driver publishes. Each function publishes what the reply holds,
 * after telling that all is well, and says whether it held anything; malformed messages are left out.
 */
#ifndef SENSORS_DRIVERS_ELM327_PUBLISH_H
#define SENSORS_DRIVERS_ELM327_PUBLISH_H

#include "protocols/elm327.h"
#include "sensors/sensor.h"

/* What the answer is for. */
enum elm327_use {
    ELM327_USE_RESET,
    ELM327_USE_SETTING,
    ELM327_USE_SEARCH,
    ELM327_USE_PROTOCOL,
    ELM327_USE_VIN,
    ELM327_USE_VALUE,
    ELM327_USE_MONITORS,
    ELM327_USE_CODES,
    ELM327_USE_BROADCAST
};

struct elm327_question {
    const char *command;
    enum elm327_use use;
    int64_t every_ms; /* 0: once, while looking for the vehicle */
    uint8_t pid;
};

/* Does the message answer the question: its service plus 40h, its PID? */
bool elm327_begins(const struct elm327_message *m, const struct elm327_question *q);

/* J1979: engine speed, speed or coolant; lamp, number of codes and monitors of all that answer; codes; VIN. */
bool elm327_publish_value(const struct elm327_question *q, const struct elm327_message *m, int64_t t_ms,
                          const struct sensor_host *host);
bool elm327_publish_monitors(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                             const struct sensor_host *host);
bool elm327_publish_codes(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                          const struct sensor_host *host);
void elm327_publish_vin(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                        const struct sensor_host *host);

/* The adapter's answer to ATDPN, "A6". */
void elm327_publish_protocol(struct slice line, int64_t t_ms, const struct sensor_host *host);

/* J1939: the parameters of a group, or DM1. */
bool elm327_publish_broadcast(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                              const struct sensor_host *host);

#endif
