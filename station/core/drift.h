/*
 * What the checks of an instrument tell when they are looked at together: each may have passed, and yet its zero or its
 * span creeps in one direction, or it reads low by the same little share every day (an instrument that is set to be
 * kind). It changes no verdict: what it finds is an alert for a supervisor.
 *
 * The figures are parameters of the rule of method "alerts" (station/core/anomaly.h). Each is optional; without
 * drift-checks nothing is watched.
 *   drift-checks   so many checks are looked at, the newest
 *   drift-move     % of the tolerance that zero or span moved over them, always in one direction
 *   span-low       % of the reference that each span check read low
 */
#ifndef STATION_CORE_DRIFT_H
#define STATION_CORE_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/rules.h"

enum { DRIFT_CHECKS_MAX = 30, DRIFT_CHECKS_MIN = 3 };

struct drift_params {
    int64_t checks;        /* 0: not watched */
    double move, span_low; /* shares, 1 = 100 %; 0: not watched */
};

/* One check's mean of one quantity. */
struct drift_check {
    double mean, reference, tolerance; /* in the quantity's unit; reference 0: a zero check */
};

enum drift { DRIFT_NONE, DRIFT_UP, DRIFT_DOWN, DRIFT_LOW };

const char *drift_name(enum drift drift); /* "up" "down" "low" */

int drift_load(struct drift_params *params, const struct rule *rule, struct err *err);

/* `checks`: the newest ones, in the order of their times; fewer than params->checks tell nothing. */
enum drift drift_find(const struct drift_params *params, const struct drift_check *checks, size_t count);

#endif
