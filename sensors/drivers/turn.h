/*
 * Asking and answering by turns on a line whose answers do not say which question they belong to: one request in
 * flight, and after a lost answer a silence that is longer than the instrument's latest one, so that a late answer is
 * never taken for the answer to the next question.
 */
#ifndef SENSORS_DRIVERS_TURN_H
#define SENSORS_DRIVERS_TURN_H

#include "sensors/sensor.h"

struct turn {
    bool waiting;      /* a request is in flight; nothing else is listened to */
    unsigned failures; /* in a row */
};

enum { TURN_FAILURES_MAX = 3 };

/* Sends a request; the timer fires when its answer is lost. */
void turn_ask(struct turn *turn, const void *request, size_t length, int64_t t_ms, int64_t reply_ms,
              const struct sensor_host *host);

/* The answer is lost: the timer fires again after the silence. True: so many in a row that it counts as a fault. */
bool turn_lost(struct turn *turn, int64_t t_ms, int64_t quiet_ms, const struct sensor_host *host);

/* The answer has come. */
void turn_end(struct turn *turn);

#endif
