/*
 * The clocks, asked in one place. Everything else gets time as data: bench time from the monotonic clock, and one
 * wall-clock stamp that says where it comes from and how far it can be trusted.
 */
#ifndef STATION_CLOCK_H
#define STATION_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "station/core/err.h"

enum { CLOCK_BOOT_MAX = 37 };

int64_t clock_mono_ms(void); /* CLOCK_MONOTONIC, the loop's clock */
int64_t clock_unix_ms(void);

/* The kernel's random id of this boot; "" when /proc does not tell. The text lives as long as the program. */
const char *clock_boot_id(void);

/* Minutes east of UTC by the system's time zone at that moment (480 in China). */
int clock_offset_minutes(int64_t unix_ms);

struct clock_stamp {
    int64_t unix_ms, mono_ms;
    int offset_minutes;
    char boot[CLOCK_BOOT_MAX];
    const char *source; /* "ntp": disciplined by chrony, ntpd or timesyncd; "none": runs free */
    bool synchronised;
    int64_t error_ms; /* synchronised only: the clock is off by at most this, rounded up (adjtimex maxerror) */
};

void clock_stamp(struct clock_stamp *out);

/* Somebody set the clock. */
struct clock_watch {
    int fd;                /* readable after a step: put it into the loop, call clock_watch_step; -1: none */
    int64_t difference_ms; /* wall clock minus time since boot when last looked */
};

int clock_watch_open(struct clock_watch *w, struct err *err);
void clock_watch_close(struct clock_watch *w); /* accepts a zeroed or failed one */

/* Looks: true when the wall clock has jumped since the last look, *step_ms says by how much (positive: forward). Call
 * it when the fd is readable and once a minute besides, so that slow slewing is not taken for a step. */
bool clock_watch_step(struct clock_watch *w, int64_t *step_ms);

/* The pure part: what a look at these two clocks makes of the difference known before. */
enum { CLOCK_STEP_MIN_MS = 100 };
bool clock_step_between(int64_t *difference_ms, int64_t unix_ms, int64_t boottime_ms, int64_t *step_ms);

#endif
