/*
 * How fast an outlet is fed: whether it may begin anything now, how many requests run side by side, and how many
 * deliveries one commit claims.
 *
 * A commit waits for the disk, a receiver nearby answers sooner. So as long as one claim's deliveries are through
 * within half a second the next claim is twice as large, and its results are written together; over a slow line an
 * outlet claims no more than it sends at once, since what is claimed cannot be withdrawn any more and must be asked
 * about after a power cut. No I/O, no clock.
 */
#ifndef REPORTS_PACE_H
#define REPORTS_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACE_SLOTS = 4,        /* requests of one outlet side by side */
    PACE_CLAIMS_MAX = 256, /* deliveries claimed and not yet written */
    PACE_RESULT_MS = 100,  /* a result waits no longer for others */
    PACE_PAUSE_MS = 30000, /* of an outlet whose receiver is away, unless that one asked for longer */
};

/* Zeroed at the start. */
struct pace {
    int failures;    /* answers in a row that say the receiver is away */
    unsigned pauses; /* that there have been */
    int64_t pause_until_ms;
    size_t claims; /* of the next claim, at most; 0: as many as are sent at once */
    int64_t claimed_ms;
};

/* Is it inside these minutes of the local day? Equal ones: always. */
bool pace_is_open(int open_minute, int end_minute, int64_t now_ms, int offset_minutes);

/* Requests side by side; `limited`: its bandwidth is. */
size_t pace_slots(const struct pace *p, bool limited);

/* How many deliveries to claim now that `held` are claimed and not done; 0: later. */
size_t pace_room(const struct pace *p, bool limited, size_t held);
/* So many of `asked` were due and are claimed. */
void pace_claimed(struct pace *p, size_t asked, size_t claimed, int64_t now_ms);

/* The receiver is away: come back at next_ms, sooner where the pause is not its own wish. */
void pace_away(struct pace *p, int64_t next_ms, int64_t now_ms, int64_t retry_after_ms);
/* It has answered a request that was begun after so many pauses; true when it was away and is so no longer. One that
 * was begun before the last pause tells nothing that the receiver did not know when it asked for that. */
bool pace_answers(struct pace *p, unsigned pauses);

#endif
