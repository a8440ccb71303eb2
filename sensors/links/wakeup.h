/*
 * A timer on the daemon's loop for what is due at a time that moves later with almost every step: the next poll of a
 * bus, the moment at which an instrument becomes stale. Telling sd-event of each move costs more than the step itself,
 * so it is told only when it must wake earlier than it is going to; a wake-up may therefore come early, or for nothing.
 * Whoever is woken looks at what is due, and sets the next one. It has an instrument's turn (sensors/links/turns.h).
 */
#ifndef SENSORS_LINKS_WAKEUP_H
#define SENSORS_LINKS_WAKEUP_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct wakeup {
    sd_event_source *source;
    int64_t at_ms; /* when the loop is going to wake; -1: it is not */
    void (*due)(void *ctx);
    void *ctx;
};

/* Returns what sd-event returns. A struct of zeros may be closed, too. */
int wakeup_open(struct wakeup *wakeup, sd_event *event, void (*due)(void *ctx), void *ctx);
void wakeup_close(struct wakeup *wakeup);

/* `due` is called at `at_ms` (CLOCK_MONOTONIC) or earlier; -1: it need not be. */
void wakeup_set(struct wakeup *wakeup, int64_t at_ms);

#endif
