/*
 * Signs the codes of slips (reports/slip_note.h): for each test that has ended or become void, and each passage that
 * exceeds, as soon as the journal says so, together with a checkpoint that covers it. Passages without an exceedance
 * pass by the thousand and are not signed one by one.
 */
#ifndef STATION_SLIP_SIGNING_H
#define STATION_SLIP_SIGNING_H

#include <stdbool.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/sealing.h"

struct slip_signing {
    struct sealing *sealing;
    uint64_t next; /* the first event that was not looked at */
};

int slip_signing_init(struct slip_signing *s, struct sealing *sealing, struct err *err);

/* Looks at the next events, at most as many as are done in a moment; *more: there are further ones. A record that
 * cannot be signed is told in the log and keeps an unsigned slip. Fails as a whole where no checkpoint can be made. */
int slip_signing_run(struct slip_signing *s, int64_t now_ms, bool *more, struct err *err);

#endif
