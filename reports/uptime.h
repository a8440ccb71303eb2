/*
 * How long each instrument of a station was live within a period, from the journal's edges: smogd's starts and stops,
 * and the states of its instruments. What an instrument does while smogd does not run is not known, and counts as not
 * live; an outage is a loss while smogd ran. A smogd that was killed leaves no stop: it ran until its last event.
 *
 * Only what the journal spans is counted: from the first start of smogd to the newest event.
 */
#ifndef REPORTS_UPTIME_H
#define REPORTS_UPTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UPTIME_NAME_MAX = 32 };

struct uptime_instrument {
    char name[UPTIME_NAME_MAX];
    bool live, lost;                      /* lost: it was live since smogd's start and is no more */
    int64_t changed_ms;                   /* since when */
    int64_t live_ms, lost_ms, longest_ms; /* within the period; longest: of the outages */
    int outages;                          /* that began within the period */
};

struct uptime {
    int64_t from_ms, to_ms; /* the period that is asked for */
    bool begun, running;
    int64_t first_ms, start_ms; /* smogd's first start, and its last one */
    int64_t end_ms;             /* of what the journal spans */
    int64_t running_ms;
    struct uptime_instrument *instruments; /* in the order in which they appeared */
    size_t count, room;
    bool failed; /* out of memory */
};

void uptime_open(struct uptime *u, int64_t from_ms, int64_t to_ms);
void uptime_close(struct uptime *u);

/* In the order of the journal; times are Unix ms. last_ms: of the event before this start. */
void uptime_start(struct uptime *u, int64_t at_ms, int64_t last_ms);
void uptime_stop(struct uptime *u, int64_t at_ms);
void uptime_state(struct uptime *u, int64_t at_ms, const char *instrument, bool live);
/* The newest event: nothing comes after it. */
void uptime_end(struct uptime *u, int64_t at_ms);

/* How much of the period the journal spans; 0: nothing. After uptime_end. */
int64_t uptime_spanned_ms(const struct uptime *u);

#endif
