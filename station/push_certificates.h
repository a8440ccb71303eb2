/*
 * Certificates that end soon, or have ended: those that seal, and those by which the station shows itself to receivers.
 * Told once a day in the log and all the time as notes, "certificate" and "certificate OUTLET" (queue_note_set).
 */
#ifndef STATION_PUSH_CERTIFICATES_H
#define STATION_PUSH_CERTIFICATES_H

#include <stdint.h>

#include "reports/keyring.h"
#include "reports/queue.h"
#include "station/outlets.h"

struct push_certificates {
    int64_t warn_ms;                                 /* monotonic: when they are told next */
    char told[CONFIG_OUTLETS_MAX + 1][ERR_TEXT_MAX]; /* the last notes; the first: of the seal */
};

/* `days`: so long before its end a certificate is told of. *c zeroed at the start. */
void push_certificates_look(struct push_certificates *c, const struct keyring *keys, const struct outlets *outlets,
                            struct queue *queue, int days);

/* The warning about a receiver's client certificate; "": none. For push_certificates_look, and tests. */
void push_certificates_of(const struct courier_outlet *o, int64_t now_s, int days, char out[ERR_TEXT_MAX]);

#endif
