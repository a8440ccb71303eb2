#include "station/core/metrology.h"

#include <string.h>

#include "station/core/metrology_check.h"

/* A row for each kind and check; all run the same state machine. */
#define METHOD(text)                                                                                                   \
    {                                                                                                                  \
        .name = (text), .quantities = none, .alone = true, .init = metrology_check_init, .step = metrology_check_step  \
    }

static const enum quantity none[] = {QUANTITY_COUNT};

static const struct procedure_method methods[METROLOGY_KIND_COUNT][METROLOGY_WHAT_COUNT] = {
    [METROLOGY_OPACIMETER] = {METHOD("zero-opacimeter"), METHOD("span-opacimeter"), METHOD("leak-test-opacimeter")},
    [METROLOGY_GAS_ANALYZER] = {METHOD("zero-gas-analyzer"), METHOD("span-gas-analyzer"),
                                METHOD("leak-test-gas-analyzer")},
};

static const char *const what_names[METROLOGY_WHAT_COUNT] = {"zero", "span", "leak-test"};

const char *metrology_what_name(enum metrology_what what)
{
    return what_names[what];
}

enum metrology_what metrology_what_by_name(const char *name)
{
    enum metrology_what what = 0;
    while (what < METROLOGY_WHAT_COUNT && strcmp(what_names[what], name) != 0)
        what++;
    return what;
}

enum metrology_kind metrology_kind_of(const enum quantity *quantities)
{
    enum metrology_kind kind = METROLOGY_KIND_COUNT;
    for (const enum quantity *q = quantities; *q != QUANTITY_COUNT; q++) {
        if (*q == QUANTITY_K || *q == QUANTITY_OPACITY)
            return METROLOGY_OPACIMETER;
        if (*q == QUANTITY_NO || *q == QUANTITY_NOX || *q == QUANTITY_HC || *q == QUANTITY_CO || *q == QUANTITY_CO2 ||
            *q == QUANTITY_O2)
            kind = METROLOGY_GAS_ANALYZER;
    }
    return kind;
}

const struct procedure_method *metrology_method(enum metrology_kind kind, enum metrology_what what)
{
    return &methods[kind][what];
}

const struct procedure_method *metrology_method_by_name(const char *name)
{
    for (enum metrology_kind kind = 0; kind < METROLOGY_KIND_COUNT; kind++)
        for (enum metrology_what what = 0; what < METROLOGY_WHAT_COUNT; what++)
            if (strcmp(methods[kind][what].name, name) == 0)
                return &methods[kind][what];
    return NULL;
}

const struct rule *metrology_rule(const struct rule_pack *packs, size_t packs_count, const char *method,
                                  struct civil_date day, const struct rule_pack **pack)
{
    for (size_t i = 0; i < packs_count; i++)
        for (size_t k = 0; k < packs[i].rules_count; k++) {
            const struct rule *rule = &packs[i].rules[k];
            if (strcmp(rule->method, method) != 0 || civil_date_compare(day, rule->from) < 0 ||
                (rule->to.year && civil_date_compare(day, rule->to) > 0))
                continue;
            *pack = &packs[i];
            return rule;
        }
    return NULL;
}

bool metrology_due(struct civil_date last, struct civil_date today, int64_t every_days)
{
    if (every_days <= 0)
        return false;
    return last.year == 0 || civil_days(today) - civil_days(last) >= every_days;
}

/* ---- the station as a whole ---- */

static int flag(const struct rule *rule, const char *name, bool *out, struct err *err)
{
    int64_t value = 0;
    if (rule_param_integer(rule, name, 0, 1, &value, err) != 0)
        return -1;
    *out = value == 1;
    return 0;
}

int metrology_station_read(const struct rule *rule, struct metrology_station *out, struct err *err)
{
    enum { TIMES_MAX = 1000, HOURS_MAX = 24 * 31, DISK_MAX = 1 << 20, DAYS_MAX = 3660 };
    *out = (struct metrology_station){0};
    if (rule_param_ms(rule, "clock-error-max", &out->clock_error_max_ms, err) != 0 ||
        flag(rule, "clock-locks", &out->clock_locks, err) != 0 ||
        rule_param_integer(rule, "aborts-plate", 0, TIMES_MAX, &out->aborts_plate, err) != 0 ||
        rule_param_integer(rule, "aborts-plate-hours", 1, HOURS_MAX, &out->aborts_plate_hours, err) != 0 ||
        rule_param_integer(rule, "aborts-station", 0, TIMES_MAX, &out->aborts_station, err) != 0 ||
        rule_param_integer(rule, "aborts-station-hours", 1, HOURS_MAX, &out->aborts_station_hours, err) != 0 ||
        rule_param_integer(rule, "disk-reserve", 1, DISK_MAX, &out->disk_reserve_mb, err) != 0 ||
        rule_param_integer(rule, "calibration-days", 0, DAYS_MAX, &out->calibration_days, err) != 0)
        return -1;
    return flag(rule, "certificate-needed", &out->certificate_needed, err);
}

bool metrology_knows(const char *method)
{
    return metrology_method_by_name(method) || strcmp(method, METROLOGY_STATION) == 0;
}

int metrology_check_rule(const struct rule_pack *pack, const struct rule *rule, struct err *err)
{
    const struct vehicle nobody = {0};
    struct metrology_station station;
    struct procedure p = {.method = metrology_method_by_name(rule->method)};
    if (p.method)
        return p.method->init(&p, pack, rule, &nobody, LIMIT_CLASS_A, err);
    return metrology_station_read(rule, &station, err);
}
