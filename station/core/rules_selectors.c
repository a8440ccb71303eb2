#include "station/core/rules_selectors.h"

#include <string.h>

/* ---- words ---- */

static const struct word_selector {
    const char *key;
    size_t offset;
    enum vehicle_fact fact;
} word_selectors[] = {
    {"fuel", offsetof(struct rule, fuel), VEHICLE_FUEL},
    {"class", offsetof(struct rule, vehicle_class), VEHICLE_CLASS},
    {"gearbox", offsetof(struct rule, gearbox), VEHICLE_GEARBOX},
    {"stage", offsetof(struct rule, stage), VEHICLE_STAGE},
    {"aspiration", offsetof(struct rule, aspiration), VEHICLE_ASPIRATION},
    {"smoke-class", offsetof(struct rule, smoke_class), VEHICLE_SMOKE_CLASS},
};
enum { WORD_SELECTORS = sizeof word_selectors / sizeof word_selectors[0] };

static const char *words_of(const struct rule *rule, const struct word_selector *selector)
{
    return (const char *)rule + selector->offset;
}

static bool has_word(const char *words, const char *word, size_t length)
{
    for (const char *at = words; *at; at += *at == ',') {
        size_t here = strcspn(at, ",");
        if (here == length && memcmp(at, word, length) == 0)
            return true;
        at += here;
    }
    return false;
}

static bool words_meet(const char *a, const char *b)
{
    if (!*a || !*b)
        return true;
    for (const char *at = a; *at; at += *at == ',') {
        size_t here = strcspn(at, ",");
        if (has_word(b, at, here))
            return true;
        at += here;
    }
    return false;
}

static bool words_within(const char *a, const char *b)
{
    for (const char *at = a; *at; at += *at == ',') {
        size_t here = strcspn(at, ",");
        if (!has_word(b, at, here))
            return false;
        at += here;
    }
    return true;
}

static int load_words(struct rule *rule, const struct word_selector *selector, struct conf *conf, ptrdiff_t section,
                      struct err *err)
{
    char *out = (char *)rule + selector->offset;
    size_t length = 0;
    ptrdiff_t node;
    if (conf_get_list(conf, section, selector->key, false, &node, err) != 0)
        return -1;
    if (node < 0)
        return 0;
    if (conf->nodes[node].values == 0)
        return conf_error(conf, node, err, "'%s' is an empty list; leave it out where any vehicle is meant",
                          selector->key);
    for (size_t i = 0; i < conf->nodes[node].values; i++) {
        const char *word = conf_value(conf, node, i);
        size_t size = strlen(word);
        struct vehicle unused = {0};
        if (vehicle_set(&unused, vehicle_fact_key(selector->fact), word, FACT_TYPED, "", err) != 0) {
            struct err why = *err;
            return conf_error(conf, node, err, "%s", why.text);
        }
        if (strchr(word, ',') || length + size + 2 > RULES_SELECTOR_MAX)
            return conf_error(conf, node, err, "the list of '%s' is too long", selector->key);
        if (length > 0)
            out[length++] = ',';
        memcpy(out + length, word, size + 1);
        length += size;
    }
    return 0;
}

/* ---- ranges: all as min <= x < max in decimals; dates count in days ---- */

struct range {
    bool has_min, has_max;
    struct decimal min, max;
};

enum range_kind { RANGE_MASS, RANGE_POWER, RANGE_REGISTERED, RANGE_MODEL_YEAR, RANGE_COUNT };

static const enum vehicle_fact range_facts[RANGE_COUNT] = {
    [RANGE_MASS] = VEHICLE_MASS_KG,
    [RANGE_POWER] = VEHICLE_POWER_KW,
    [RANGE_REGISTERED] = VEHICLE_FIRST_REGISTRATION,
    [RANGE_MODEL_YEAR] = VEHICLE_MODEL_YEAR,
};

static struct decimal whole(int64_t units)
{
    return (struct decimal){.units = units};
}

static struct range half_open(struct decimal min, struct decimal max)
{
    return (struct range){.has_min = min.units != 0, .has_max = max.units != 0, .min = min, .max = max};
}

static struct range range_of(const struct rule *rule, enum range_kind kind)
{
    switch (kind) {
    case RANGE_MASS: return half_open(rule->mass_min, rule->mass_max);
    case RANGE_POWER: return half_open(rule->power_min, rule->power_max);
    case RANGE_REGISTERED:
        return (struct range){.has_min = rule->registered_from.year != 0,
                              .has_max = rule->registered_to.year != 0,
                              .min = whole(rule->registered_from.year ? civil_days(rule->registered_from) : 0),
                              .max = whole(rule->registered_to.year ? civil_days(rule->registered_to) + 1 : 0)};
    case RANGE_MODEL_YEAR:
        return half_open(whole(rule->model_year_min), whole(rule->model_year_max ? rule->model_year_max + 1 : 0));
    case RANGE_COUNT: break;
    }
    return (struct range){0};
}

static bool ranges_meet(struct range a, struct range b)
{
    bool a_below = a.has_max && b.has_min && decimal_compare(a.max, b.min) <= 0;
    bool b_below = b.has_max && a.has_min && decimal_compare(b.max, a.min) <= 0;
    return !a_below && !b_below;
}

static bool ranges_same(struct range a, struct range b)
{
    return a.has_min == b.has_min && a.has_max == b.has_max && (!a.has_min || decimal_compare(a.min, b.min) == 0) &&
           (!a.has_max || decimal_compare(a.max, b.max) == 0);
}

static bool range_holds(struct range range, struct decimal x)
{
    return (!range.has_min || decimal_compare(x, range.min) >= 0) &&
           (!range.has_max || decimal_compare(x, range.max) < 0);
}

static int load_ranges(struct rule *rule, struct conf *conf, ptrdiff_t section, struct err *err)
{
    enum { YEAR_MIN = 1900, YEAR_MAX = 9998 };
    int64_t year_min = 0;
    int64_t year_max = 0;
    if (conf_get_decimal(conf, section, "mass-min", false, &rule->mass_min, err) != 0 ||
        conf_get_decimal(conf, section, "mass-max", false, &rule->mass_max, err) != 0 ||
        conf_get_decimal(conf, section, "power-min", false, &rule->power_min, err) != 0 ||
        conf_get_decimal(conf, section, "power-max", false, &rule->power_max, err) != 0 ||
        conf_get_date(conf, section, "registered-from", false, &rule->registered_from, err) != 0 ||
        conf_get_date(conf, section, "registered-to", false, &rule->registered_to, err) != 0 ||
        conf_get_integer(conf, section, "model-year-min", false, YEAR_MIN, YEAR_MAX, &year_min, err) != 0 ||
        conf_get_integer(conf, section, "model-year-max", false, YEAR_MIN, YEAR_MAX, &year_max, err) != 0)
        return -1;
    rule->model_year_min = (int)year_min;
    rule->model_year_max = (int)year_max;
    for (enum range_kind kind = 0; kind < RANGE_COUNT; kind++) {
        struct range range = range_of(rule, kind);
        if (range.has_min && range.has_max && decimal_compare(range.min, range.max) >= 0)
            return conf_error(conf, section, err, "rule '%s' is for no vehicle at all: its bounds of %s are empty",
                              rule->name, vehicle_fact_key(range_facts[kind]));
    }
    return 0;
}

/* ---- all of them ---- */

int rules_selectors_load(struct rule *rule, struct conf *conf, ptrdiff_t section, struct err *err)
{
    for (size_t i = 0; i < WORD_SELECTORS; i++)
        if (load_words(rule, &word_selectors[i], conf, section, err) != 0)
            return -1;
    return load_ranges(rule, conf, section, err);
}

bool rules_selectors_meet(const struct rule *a, const struct rule *b)
{
    for (size_t i = 0; i < WORD_SELECTORS; i++)
        if (!words_meet(words_of(a, &word_selectors[i]), words_of(b, &word_selectors[i])))
            return false;
    for (enum range_kind kind = 0; kind < RANGE_COUNT; kind++)
        if (!ranges_meet(range_of(a, kind), range_of(b, kind)))
            return false;
    return true;
}

static bool words_same(const struct rule *a, const struct rule *b)
{
    for (size_t i = 0; i < WORD_SELECTORS; i++) {
        const char *words_a = words_of(a, &word_selectors[i]);
        const char *words_b = words_of(b, &word_selectors[i]);
        if (!words_within(words_a, words_b) || !words_within(words_b, words_a))
            return false;
    }
    return true;
}

bool rules_selectors_same(const struct rule *a, const struct rule *b)
{
    for (enum range_kind kind = 0; kind < RANGE_COUNT; kind++)
        if (!ranges_same(range_of(a, kind), range_of(b, kind)))
            return false;
    return words_same(a, b);
}

/* Is the filler for vehicles with the value at which a ends, else as a? */
static bool continues(const struct rule *a, const struct rule *filler, enum range_kind gap)
{
    struct range range = range_of(filler, gap);
    for (size_t i = 0; i < WORD_SELECTORS; i++)
        if (!words_meet(words_of(a, &word_selectors[i]), words_of(filler, &word_selectors[i])))
            return false;
    for (enum range_kind kind = 0; kind < RANGE_COUNT; kind++)
        if (kind != gap && !ranges_meet(range_of(a, kind), range_of(filler, kind)))
            return false;
    return range_holds(range, range_of(a, gap).max);
}

bool rules_selectors_gap(const struct rule *a, const struct rule *b, const struct rule *filler, enum vehicle_fact *fact)
{
    enum range_kind gap = RANGE_COUNT;
    if (!words_same(a, b))
        return false;
    for (enum range_kind kind = 0; kind < RANGE_COUNT; kind++) {
        struct range below = range_of(a, kind);
        struct range above = range_of(b, kind);
        if (ranges_same(below, above))
            continue;
        if (gap != RANGE_COUNT || !below.has_max || !above.has_min || decimal_compare(below.max, above.min) >= 0)
            return false;
        gap = kind;
    }
    if (gap == RANGE_COUNT || (filler && continues(a, filler, gap)))
        return false;
    *fact = range_facts[gap];
    return true;
}

static enum rules_match match_range(struct range range, const struct vehicle *vehicle, enum range_kind kind)
{
    struct decimal x;
    struct civil_date date;
    if (!range.has_min && !range.has_max)
        return RULES_YES;
    if (kind == RANGE_REGISTERED) {
        if (!vehicle_date(vehicle, range_facts[kind], &date))
            return RULES_POSSIBLE;
        x = whole(civil_days(date));
    } else if (!vehicle_number(vehicle, range_facts[kind], &x)) {
        return RULES_POSSIBLE;
    }
    return range_holds(range, x) ? RULES_YES : RULES_NO;
}

static enum rules_match match_words(const char *words, const struct fact *fact)
{
    if (!*words)
        return RULES_YES;
    if (fact->source == FACT_ABSENT)
        return RULES_POSSIBLE;
    return has_word(words, fact->value, strlen(fact->value)) ? RULES_YES : RULES_NO;
}

enum rules_match rules_selectors_match(const struct rule *rule, const struct vehicle *vehicle,
                                       enum vehicle_fact *missing)
{
    enum rules_match result = RULES_YES;
    for (size_t i = 0; i < (size_t)WORD_SELECTORS + RANGE_COUNT; i++) {
        enum rules_match match;
        enum vehicle_fact fact;
        if (i < WORD_SELECTORS) {
            fact = word_selectors[i].fact;
            match = match_words(words_of(rule, &word_selectors[i]), &vehicle->facts[fact]);
        } else {
            enum range_kind kind = (enum range_kind)(i - WORD_SELECTORS);
            fact = range_facts[kind];
            match = match_range(range_of(rule, kind), vehicle, kind);
        }
        if (match == RULES_NO)
            return RULES_NO;
        if (match == RULES_POSSIBLE && result == RULES_YES) {
            *missing = fact;
            result = RULES_POSSIBLE;
        }
    }
    return result;
}
