/*
 * The pace at which an instrument's samples come, and whether one is missing: an interval that is longer than `gap_ms`
 * and than `gap_percent` of the usual one is an interruption. The usual interval is the lower quartile of the latest
 * ones, which single losses do not move.
 */
#ifndef STATION_CORE_PACE_H
#define STATION_CORE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACE_INTERVALS = 16 };

struct pace {
    int64_t gap_ms, gap_percent;
    int64_t last_ms; /* -1 none */
    size_t count;
    int64_t intervals[PACE_INTERVALS]; /* the latest ones, as a ring */
};

void pace_init(struct pace *p, int64_t gap_ms, int64_t gap_percent);

/* Is it interrupted when the next sample comes, or the signal ends, at t_ms? */
bool pace_interrupted(const struct pace *p, int64_t t_ms);

/* A sample; several at one moment count once. Returns whether one was missing before it. */
bool pace_take(struct pace *p, int64_t t_ms);

/* The instrument spoke, but said nothing of use: no silence besides. */
void pace_skip(struct pace *p, int64_t t_ms);

#endif
