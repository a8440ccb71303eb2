/*
 * The live host: links feed the bench, the bench's verdicts and passages go to the store, the control socket asks and
 * commands. One thread, one sd-event loop, one writer of the journal.
 *
 * "Saved" is said to nobody before the transaction has committed. A journal that cannot be written (full disk) loses
 * nothing that the daemon holds: it keeps serving, shows the fault and tries again; new tests are refused meanwhile.
 */
#ifndef STATION_LIVE_H
#define STATION_LIVE_H

#include <systemd/sd-event.h>

#include "station/config.h"
#include "station/core/err.h"

struct live;

/* Opens store, links and control socket; ends what a dead daemon left open; journals the start. */
int live_open(struct live **out, const struct config *config, sd_event *event, struct err *err);

/* Ends a running test as aborted, saves what waits and journals the stop. */
void live_stop(struct live *live, const char *reason);
void live_close(struct live *live);

#endif
