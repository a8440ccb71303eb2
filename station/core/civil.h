/*
 * Calendar dates as data. The law counts in days and months of the civil calendar; no clock is asked here.
 *
 * Dates run from 1900-01-01 to 9999-12-31. Whatever lies outside, or was computed from no date, is "no date", and its
 * text is empty: a wild number from a file never becomes a date that looks real.
 */
#ifndef STATION_CORE_CIVIL_H
#define STATION_CORE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil_date {
    int16_t year;  /* 1900..9999; 0 means "no date" */
    uint8_t month; /* 1..12 */
    uint8_t day;   /* 1..31 */
};

enum { CIVIL_DATE_TEXT_MAX = 11, CIVIL_TIME_TEXT_MAX = 30 };

bool civil_date_parse(struct civil_date *out, const char *text, size_t length); /* "2026-02-28" */
void civil_date_format(struct civil_date date, char out[CIVIL_DATE_TEXT_MAX]);
int civil_date_compare(struct civil_date a, struct civil_date b);
int32_t civil_days(struct civil_date date); /* days since 1970-01-01, Gregorian; of a date, not of "no date" */
struct civil_date civil_from_days(int32_t days);

/* The same day `months` later or earlier; a day that the month does not have becomes its last day (31 August minus 6
 * months is 28 or 29 February). */
struct civil_date civil_add_months(struct civil_date date, int months);

/* RFC 3339 with milliseconds and offset, "2026-07-01T09:30:00.250+08:00", from Unix milliseconds (UTC). */
void civil_time_format(int64_t unix_ms, int offset_minutes, char out[CIVIL_TIME_TEXT_MAX]);
struct civil_date civil_date_of(int64_t unix_ms, int offset_minutes);

/* Reads RFC 3339 (offset required), or yyyyMMddHHmmss / "yyyy-MM-dd HH:mm:ss" taken at `default_offset_minutes`. */
bool civil_time_parse(int64_t *unix_ms, const char *text, size_t length, int default_offset_minutes);

#endif
