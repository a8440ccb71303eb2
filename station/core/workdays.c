#include "station/core/workdays.h"

#include <stdlib.h>
#include <string.h>

enum workdays_kind { BY_WEEKDAY, CLOSED, WORKED };

/* 0 is Sunday; 1970-01-01 was a Thursday. */
static int weekday(int32_t days)
{
    int rest = (int)((days + 4) % 7);
    return rest < 0 ? rest + 7 : rest;
}

static int day_of_year(struct civil_date day)
{
    const struct civil_date first = {.year = day.year, .month = 1, .day = 1};
    return (int)(civil_days(day) - civil_days(first));
}

static const struct workdays_year *find_year(const struct workdays *w, int year)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->years[i].year == year)
            return &w->years[i];
    return NULL;
}

/* ---- reading ---- */

/* "2026-01-01" or "2026-01-01..2026-01-03" */
static bool parse_range(const char *text, struct civil_date *first, struct civil_date *last)
{
    const char *dots = strstr(text, "..");
    size_t length = dots ? (size_t)(dots - text) : strlen(text);
    if (!civil_date_parse(first, text, length))
        return false;
    *last = *first;
    return !dots || civil_date_parse(last, dots + 2, strlen(dots + 2));
}

static int mark(struct workdays_year *year, struct conf *conf, ptrdiff_t node, const char *text,
                enum workdays_kind kind, struct err *err)
{
    struct civil_date first, last;
    if (!parse_range(text, &first, &last) || civil_date_compare(first, last) > 0)
        return conf_error(conf, node, err, "'%s' is no day; write 2026-10-01 or 2026-10-01..2026-10-07", text);
    if (first.year != year->year || last.year != year->year)
        return conf_error(conf, node, err, "'%s' is not in %d", text, year->year);
    for (int32_t day = civil_days(first); day <= civil_days(last); day++) {
        uint8_t *at = &year->days[day_of_year(civil_from_days(day))];
        bool weekend = weekday(day) == 0 || weekday(day) == 6;
        if (*at != BY_WEEKDAY)
            return conf_error(conf, node, err, "'%s' stands twice in the calendar of %d", text, year->year);
        if (kind == WORKED && !weekend)
            return conf_error(conf, node, err, "'%s' is a weekday; 'worked' is for weekend days", text);
        *at = (uint8_t)kind;
    }
    return 0;
}

static int read_days(struct workdays_year *year, struct conf *conf, ptrdiff_t section, const char *name,
                     enum workdays_kind kind, struct err *err)
{
    ptrdiff_t node = -1;
    if (conf_get_list(conf, section, name, false, &node, err) != 0)
        return -1;
    for (uint32_t i = 0; node >= 0 && i < conf->nodes[node].values; i++)
        if (mark(year, conf, node, conf_value(conf, node, i), kind, err) != 0)
            return -1;
    return 0;
}

int workdays_load(struct workdays *w, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *title = conf->nodes[section].value;
    char *end = NULL;
    long year = title ? strtol(title, &end, 10) : 0;
    conf_use(conf, section);
    if (!title || *end != '\0' || year < 1900 || year > 9999)
        return conf_error(conf, section, err, "a calendar is that of a year: calendar 2026 { … }");
    if (find_year(w, (int)year))
        return conf_error(conf, section, err, "there is a calendar of %ld already", year);
    if (w->count == WORKDAYS_YEARS_MAX)
        return conf_error(conf, section, err, "more than %d calendars", WORKDAYS_YEARS_MAX);
    struct workdays_year *out = &w->years[w->count];
    *out = (struct workdays_year){.year = (int16_t)year};
    if (rules_load_origin(&out->origin, conf, section, err) != 0 ||
        read_days(out, conf, section, "closed", CLOSED, err) != 0 ||
        read_days(out, conf, section, "worked", WORKED, err) != 0)
        return -1;
    w->count++;
    return 0;
}

/* ---- counting ---- */

bool workdays_is(const struct workdays *w, struct civil_date day, bool *assumed)
{
    const struct workdays_year *year = find_year(w, day.year);
    int of_week = weekday(civil_days(day));
    bool week = of_week != 0 && of_week != 6;
    if (!year) {
        *assumed = true;
        return week;
    }
    uint8_t kind = year->days[day_of_year(day)];
    return kind == BY_WEEKDAY ? week : kind == WORKED;
}

struct civil_date workdays_after(const struct workdays *w, struct civil_date day, int n, bool *assumed)
{
    while (n > 0 && day.year != 0) {
        day = civil_from_days(civil_days(day) + 1);
        if (day.year != 0 && workdays_is(w, day, assumed))
            n--;
    }
    return day;
}
