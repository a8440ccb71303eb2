#include "station/core/civil.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 86400000, HOUR_MS = 3600000, MINUTE_MS = 60000 };

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Exactly `count` digits. */
static bool digits(const char *text, size_t count, int *out)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

static bool make_date(int year, int month, int day, struct civil_date *out)
{
    if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *out = (struct civil_date){.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    return true;
}

bool civil_date_parse(struct civil_date *out, const char *text, size_t length)
{
    int year;
    int month;
    int day;
    return length == 10 && text[4] == '-' && text[7] == '-' && digits(text, 4, &year) && digits(text + 5, 2, &month) &&
           digits(text + 8, 2, &day) && make_date(year, month, day, out);
}

void civil_date_format(struct civil_date date, char out[CIVIL_DATE_TEXT_MAX])
{
    if (date.year == 0) {
        out[0] = '\0';
        return;
    }
    snprintf(out, CIVIL_DATE_TEXT_MAX, "%04u-%02u-%02u", (unsigned)date.year % 10000U, date.month % 100U,
             date.day % 100U);
}

int civil_date_compare(struct civil_date a, struct civil_date b)
{
    int32_t left = a.year * 400 + a.month * 32 + a.day; /* "no date" is before all dates */
    int32_t right = b.year * 400 + b.month * 32 + b.day;
    return left < right ? -1 : left > right;
}

/* Days and dates after Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, eras have
 * 400 years. */
int32_t civil_days(struct civil_date date)
{
    int32_t year = date.year - (date.month <= 2);
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t year_of_era = year - era * 400;
    int32_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct civil_date civil_from_days(int32_t days)
{
    enum { DAYS_1900 = -25567, DAYS_9999 = 2932896, DAYS_0000_03_01 = -719468 };
    if (days < DAYS_1900 || days > DAYS_9999)
        return (struct civil_date){0};
    int32_t shifted = days - DAYS_0000_03_01;
    int32_t era = shifted / 146097;
    int32_t day_of_era = shifted % 146097;
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t march_month = (5 * day_of_year + 2) / 153;
    int32_t month = march_month + (march_month < 10 ? 3 : -9);
    return (struct civil_date){.year = (int16_t)(year_of_era + era * 400 + (month <= 2)),
                               .month = (uint8_t)month,
                               .day = (uint8_t)(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

struct civil_date civil_add_months(struct civil_date date, int months)
{
    enum { MONTH_FIRST = 1900 * 12, MONTH_LAST = 9999 * 12 + 11 };
    struct civil_date moved = {0};
    int64_t index = (int64_t)date.year * 12 + date.month - 1 + months;
    if (date.year == 0 || index < MONTH_FIRST || index > MONTH_LAST)
        return moved;
    int year = (int)(index / 12);
    int month = (int)(index % 12) + 1;
    int last = month_days(year, month);
    make_date(year, month, date.day > last ? last : date.day, &moved);
    return moved;
}

/* The local day and the milliseconds in it; false for moments outside the years of a date. */
static bool split_time(int64_t unix_ms, int offset_minutes, struct civil_date *date, unsigned *of_day_ms)
{
    const int64_t limit = INT64_C(400000000000000); /* more than 12,000 years: nothing below overflows */
    if (unix_ms < -limit || unix_ms > limit)
        return false;
    int64_t local = unix_ms + (int64_t)offset_minutes * MINUTE_MS;
    int64_t days = (local >= 0 ? local : local - (DAY_MS - 1)) / DAY_MS;
    *date = civil_from_days((int32_t)days);
    *of_day_ms = (unsigned)(local - days * DAY_MS);
    return date->year != 0;
}

struct civil_date civil_date_of(int64_t unix_ms, int offset_minutes)
{
    struct civil_date date;
    unsigned of_day;
    return split_time(unix_ms, offset_minutes, &date, &of_day) ? date : (struct civil_date){0};
}

/* Every event and every exported line has a time: no printf for it. */
static char *put(char *at, unsigned value, unsigned digits, char end)
{
    for (unsigned i = digits; i > 0; i--, value /= 10)
        at[i - 1] = (char)('0' + value % 10);
    at[digits] = end;
    return at + digits + 1;
}

void civil_time_format(int64_t unix_ms, int offset_minutes, char out[CIVIL_TIME_TEXT_MAX])
{
    struct civil_date date;
    unsigned of_day;
    unsigned offset = (unsigned)(offset_minutes < 0 ? -offset_minutes : offset_minutes);
    out[0] = '\0';
    if (!split_time(unix_ms, offset_minutes, &date, &of_day))
        return;
    char *at = put(out, (unsigned)date.year, 4, '-');
    at = put(put(at, date.month, 2, '-'), date.day, 2, 'T');
    at = put(put(at, of_day / HOUR_MS, 2, ':'), of_day / MINUTE_MS % 60U, 2, ':');
    at = put(put(at, of_day / 1000U % 60U, 2, '.'), of_day % 1000U, 3, offset_minutes < 0 ? '-' : '+');
    put(put(at, offset / 60U, 2, ':'), offset % 60U, 2, '\0');
}

struct clock_fields {
    int hour, minute, second, millisecond;
};

static bool compose(struct civil_date date, const struct clock_fields *c, int offset_minutes, int64_t *unix_ms)
{
    if (c->hour > 23 || c->minute > 59 || c->second > 59)
        return false;
    *unix_ms = (int64_t)civil_days(date) * DAY_MS + (int64_t)c->hour * HOUR_MS +
               ((int64_t)c->minute - offset_minutes) * MINUTE_MS + (int64_t)c->second * 1000 + c->millisecond;
    return true;
}

/* "hh:mm:ss" */
static bool clock_parse(const char *text, size_t length, struct clock_fields *c)
{
    return length >= 8 && text[2] == ':' && text[5] == ':' && digits(text, 2, &c->hour) &&
           digits(text + 3, 2, &c->minute) && digits(text + 6, 2, &c->second);
}

/* "Z" or "+08:00" */
static bool offset_parse(const char *text, size_t length, int *minutes)
{
    int hour;
    int minute;
    if (length == 1 && (text[0] == 'Z' || text[0] == 'z')) {
        *minutes = 0;
        return true;
    }
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !digits(text + 1, 2, &hour) ||
        !digits(text + 4, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *minutes = (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static bool parse_compact(int64_t *unix_ms, const char *text, int offset_minutes)
{
    int year;
    int month;
    int day;
    struct civil_date date;
    struct clock_fields c = {0};
    return digits(text, 4, &year) && digits(text + 4, 2, &month) && digits(text + 6, 2, &day) &&
           digits(text + 8, 2, &c.hour) && digits(text + 10, 2, &c.minute) && digits(text + 12, 2, &c.second) &&
           make_date(year, month, day, &date) && compose(date, &c, offset_minutes, unix_ms);
}

bool civil_time_parse(int64_t *unix_ms, const char *text, size_t length, int default_offset_minutes)
{
    struct civil_date date;
    struct clock_fields c = {0};
    if (length == 14)
        return parse_compact(unix_ms, text, default_offset_minutes);
    if (length < 19 || !civil_date_parse(&date, text, 10) || !clock_parse(text + 11, length - 11, &c))
        return false;
    if (text[10] == ' ')
        return length == 19 && compose(date, &c, default_offset_minutes, unix_ms);
    if (text[10] != 'T' && text[10] != 't')
        return false;
    size_t at = 19;
    if (at < length && text[at] == '.') {
        int scale = 100;
        for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++, scale /= 10)
            c.millisecond += (text[at] - '0') * scale;
        if (at == 20)
            return false;
    }
    int offset_minutes;
    return offset_parse(text + at, length - at, &offset_minutes) && compose(date, &c, offset_minutes, unix_ms);
}
