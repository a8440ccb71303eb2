/*
 * Which days offices work: weekdays, less the days that a holiday calendar closes, and the weekend days that it makes
 * up for them.
 *
 *     calendar 2026 {
 *         closed = {2026-01-01..2026-01-03, 2026-04-06}      # first and last day, or one day
 *         worked = {2026-01-04, 2026-02-14}
 *         clause = "国办发明电〔2025〕7号"   source = "…"   status = confirmed
 *     }
 *
 * A year without a calendar is taken by its weekdays alone, and whoever counts in it is told so.
 */
#ifndef STATION_CORE_WORKDAYS_H
#define STATION_CORE_WORKDAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/civil.h"
#include "station/core/conf.h"
#include "station/core/err.h"
#include "station/core/rules.h"

enum { WORKDAYS_YEARS_MAX = 16, WORKDAYS_DAYS = 366 };

struct workdays_year {
    int16_t year;
    uint8_t days[WORKDAYS_DAYS]; /* from 1 January: enum workdays_kind */
    struct rule_origin origin;
};

struct workdays {
    size_t count;
    struct workdays_year years[WORKDAYS_YEARS_MAX];
};

/* Adds one `calendar` section to *w (zeroed before the first). */
int workdays_load(struct workdays *w, struct conf *conf, ptrdiff_t section, struct err *err);

/* Is it a working day? Sets *assumed when no calendar of that year is at hand, and leaves it otherwise. */
bool workdays_is(const struct workdays *w, struct civil_date day, bool *assumed);

/* The n-th working day after that day; the day itself does not count. n = 0: the day itself. "No date" outside the
 * years of a date. */
struct civil_date workdays_after(const struct workdays *w, struct civil_date day, int n, bool *assumed);

#endif
