#include "station/core/deadline.h"

#include <string.h>

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS, MINUTE_MS = 60000, LENGTH_MAX = 1000 };

_Static_assert(ACT_COUNT <= 32, "acts fit into a set");

/* ---- reading ---- */

static int read_unit(struct deadline *item, struct conf *conf, ptrdiff_t section, struct err *err)
{
    static const char *const units[] = {"WD", "CD", "hours", "months", "given"};
    const char *word = NULL;
    int64_t length = 0;
    size_t unit = 0;
    if (conf_get_string(conf, section, "unit", true, &word, err) != 0)
        return -1;
    while (unit < sizeof units / sizeof units[0] && strcmp(units[unit], word) != 0)
        unit++;
    if (unit == sizeof units / sizeof units[0])
        return conf_error(conf, section, err, "unit '%s' is none of WD, CD, hours, months, given", word);
    item->unit = (enum deadline_unit)unit;
    if (conf_get_integer(conf, section, "length", item->unit != DEADLINE_GIVEN, 0, LENGTH_MAX, &length, err) != 0)
        return -1;
    item->length = (int)length;
    return 0;
}

static int read_act(struct conf *conf, ptrdiff_t node, const char *word, enum case_act *act, struct err *err)
{
    *act = caselife_act_by_name(word);
    return *act != ACT_COUNT ? 0 : conf_error(conf, node, err, "'%s' is no step of a case", word);
}

static int read_steps(struct deadline *item, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *from = NULL;
    ptrdiff_t done = -1;
    if (conf_get_string(conf, section, "from", true, &from, err) != 0)
        return -1;
    bool outside = strcmp(from, "outside") == 0;
    item->from = ACT_COUNT;
    if (!outside && read_act(conf, section, from, &item->from, err) != 0)
        return -1;
    if (conf_get_text(conf, section, "starts", outside, item->starts, sizeof item->starts, err) != 0 ||
        conf_get_list(conf, section, "done", !outside, &done, err) != 0)
        return -1;
    for (uint32_t i = 0; done >= 0 && i < conf->nodes[done].values; i++) {
        enum case_act act;
        if (read_act(conf, done, conf_value(conf, done, i), &act, err) != 0)
            return -1;
        item->done |= UINT32_C(1) << act;
    }
    return 0;
}

static int load_one(struct deadlines *d, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *name = conf->nodes[section].value;
    struct deadline *item = &d->items[d->count];
    conf_use(conf, section);
    if (d->count == DEADLINES_MAX)
        return conf_error(conf, section, err, "more than %d deadlines", DEADLINES_MAX);
    *item = (struct deadline){0};
    if (!name || strlen(name) >= sizeof item->name)
        return conf_error(conf, section, err, "a deadline needs a name of at most %zu bytes: deadline NAME { … }",
                          sizeof item->name - 1);
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->items[i].name, name) == 0)
            return conf_error(conf, section, err, "there is a deadline '%s' already", name);
    memcpy(item->name, name, strlen(name) + 1);
    if (conf_get_text(conf, section, "zh", true, item->zh, sizeof item->zh, err) != 0 ||
        conf_get_text(conf, section, "en", true, item->en, sizeof item->en, err) != 0 ||
        rules_load_origin(&item->origin, conf, section, err) != 0 || read_unit(item, conf, section, err) != 0 ||
        read_steps(item, conf, section, err) != 0)
        return -1;
    d->count++;
    return 0;
}

int deadlines_load(struct deadlines *d, struct conf *conf, struct err *err)
{
    ptrdiff_t section = CONF_FIRST;
    while ((section = conf_next(conf, CONF_TOP, section, CONF_SECTION, "deadline")) >= 0)
        if (load_one(d, conf, section, err) != 0)
            return -1;
    section = CONF_FIRST;
    while ((section = conf_next(conf, CONF_TOP, section, CONF_SECTION, "calendar")) >= 0)
        if (workdays_load(&d->workdays, conf, section, err) != 0)
            return -1;
    return conf_check_all_used(conf, err);
}

/* ---- counting ---- */

int64_t deadline_day_end(struct civil_date day, int offset_minutes)
{
    if (day.year == 0)
        return INT64_MAX;
    return ((int64_t)civil_days(day) + 1) * DAY_MS - (int64_t)offset_minutes * MINUTE_MS - 1;
}

int64_t deadline_end(const struct deadlines *d, const struct deadline *item, int64_t start_ms, int offset_minutes,
                     bool *assumed)
{
    struct civil_date day = civil_date_of(start_ms, offset_minutes);
    if (day.year == 0)
        return INT64_MAX;
    switch (item->unit) {
    case DEADLINE_WORKING_DAYS: day = workdays_after(&d->workdays, day, item->length, assumed); break;
    case DEADLINE_CALENDAR_DAYS: day = civil_from_days(civil_days(day) + item->length); break;
    case DEADLINE_MONTHS: day = civil_add_months(day, item->length); break;
    case DEADLINE_HOURS: return start_ms + (int64_t)item->length * HOUR_MS;
    case DEADLINE_GIVEN: return INT64_MAX;
    }
    return deadline_day_end(day, offset_minutes);
}

/* Runs it after these steps? The latest beginning counts. */
static bool runs(const struct deadline *item, const struct deadline_step *steps, size_t count,
                 const struct deadline_step **from)
{
    *from = NULL;
    for (size_t i = 0; i < count; i++) {
        if (item->from != ACT_COUNT && steps[i].act == item->from)
            *from = &steps[i];
        else if (item->done & UINT32_C(1) << steps[i].act)
            *from = NULL;
    }
    return *from && (item->unit != DEADLINE_GIVEN || (*from)->until.year != 0);
}

size_t deadlines_due(const struct deadlines *d, const struct deadline_step *steps, size_t count, int offset_minutes,
                     struct deadline_due *out, size_t max)
{
    size_t found = 0;
    if (count > 0 && (steps[count - 1].act == ACT_VOID || steps[count - 1].act == ACT_RETURN))
        return 0; /* a case that is none any more */
    for (size_t i = 0; i < d->count; i++) {
        const struct deadline *item = &d->items[i];
        const struct deadline_step *from;
        if (!runs(item, steps, count, &from))
            continue;
        struct deadline_due due = {.deadline = item, .from_ms = from->at_ms};
        due.due_ms = item->unit == DEADLINE_GIVEN ? deadline_day_end(from->until, offset_minutes)
                                                  : deadline_end(d, item, from->at_ms, offset_minutes, &due.assumed);
        if (found < max)
            out[found] = due;
        found++;
    }
    return found;
}
