/*
 * Deadlines of the law as data: how long after which step of a case something has to be done, and which step does it.
 *
 *     deadline owner-notice {
 *         zh = "告知当事人"   en = "notify the owner"
 *         from = enter   length = 5   unit = WD   done = {notify, object, penalise}
 *         clause = "程序规定 20, 81"   source = "…"   status = confirmed
 *     }
 *
 * unit: WD working days (station/core/workdays.h), CD calendar days, hours, months (a day that the month does not have
 * becomes its last), given (no length: the step itself names the day). Days and months end with the last moment of a
 * day of the station's local time; the day of the step does not count. from = outside with `starts = "…"` is a deadline
 * whose beginning no step of a case tells: it is kept to be looked up, and never runs.
 */
#ifndef STATION_CORE_DEADLINE_H
#define STATION_CORE_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/caselife.h"
#include "station/core/workdays.h"

enum { DEADLINES_MAX = 64, DEADLINE_NAME_MAX = 32, DEADLINE_TEXT_MAX = 96 };

enum deadline_unit { DEADLINE_WORKING_DAYS, DEADLINE_CALENDAR_DAYS, DEADLINE_HOURS, DEADLINE_MONTHS, DEADLINE_GIVEN };

struct deadline {
    char name[DEADLINE_NAME_MAX], zh[DEADLINE_TEXT_MAX], en[DEADLINE_TEXT_MAX];
    char starts[DEADLINE_TEXT_MAX]; /* from outside: with what it begins */
    enum case_act from;             /* ACT_COUNT: outside */
    uint32_t done;                  /* 1 << act: any of these ends it */
    int length;
    enum deadline_unit unit;
    struct rule_origin origin;
};

struct deadlines {
    size_t count;
    struct deadline items[DEADLINES_MAX];
    struct workdays workdays;
};

/* Adds the `deadline` and `calendar` sections of a parsed file to *d (zeroed before the first). */
int deadlines_load(struct deadlines *d, struct conf *conf, struct err *err);

/* When a deadline that began at start_ms ends: Unix milliseconds of its last moment, or INT64_MAX beyond the years of a
 * date. Not for DEADLINE_GIVEN. Sets *assumed where a year without calendar was counted in. */
int64_t deadline_end(const struct deadlines *d, const struct deadline *item, int64_t start_ms, int offset_minutes,
                     bool *assumed);
/* The last moment of that day. */
int64_t deadline_day_end(struct civil_date day, int offset_minutes);

/* A step that a case has taken. */
struct deadline_step {
    enum case_act act;
    int64_t at_ms;
    struct civil_date until; /* the day that it set; year 0: none */
};

struct deadline_due {
    const struct deadline *deadline;
    int64_t from_ms, due_ms;
    bool assumed; /* counted over a year without calendar */
};

/* What runs after these steps, oldest first, in the order of the list; returns how many (at most `max` are written). */
size_t deadlines_due(const struct deadlines *d, const struct deadline_step *steps, size_t count, int offset_minutes,
                     struct deadline_due *out, size_t max);

#endif
