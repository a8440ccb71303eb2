#include "station/core/rules.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "station/core/rules_selectors.h"

static int copy_text(char *out, size_t size, const char *text, struct conf *conf, ptrdiff_t node, const char *what,
                     struct err *err)
{
    if (!text || !*text)
        return conf_error(conf, node, err, "%s is empty; write it", what);
    if (strlen(text) >= size)
        return conf_error(conf, node, err, "%s is longer than %zu bytes: '%s'", what, size - 1, text);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static int get_text(struct conf *conf, ptrdiff_t section, const char *name, char *out, size_t size, struct err *err)
{
    const char *text = NULL;
    if (conf_get_string(conf, section, name, true, &text, err) != 0)
        return -1;
    return copy_text(out, size, text, conf, conf_next(conf, section, CONF_FIRST, CONF_OPTION, name), name, err);
}

int rules_load_origin(struct rule_origin *origin, struct conf *conf, ptrdiff_t section, struct err *err)
{
    char status[16];
    if (get_text(conf, section, "clause", origin->clause, sizeof origin->clause, err) != 0 ||
        get_text(conf, section, "source", origin->source, sizeof origin->source, err) != 0 ||
        get_text(conf, section, "status", status, sizeof status, err) != 0)
        return -1;
    if (strcmp(status, "confirmed") != 0 && strcmp(status, "unconfirmed") != 0)
        return conf_error(conf, conf_next(conf, section, CONF_FIRST, CONF_OPTION, "status"), err,
                          "'status = %s': say confirmed or unconfirmed", status);
    origin->status = strcmp(status, "confirmed") == 0 ? RULE_CONFIRMED : RULE_UNCONFIRMED;
    return 0;
}

static int load_judge(struct rule_limit *limit, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *judge = "verdict";
    if (conf_get_string(conf, section, "judge", false, &judge, err) != 0)
        return -1;
    limit->screening = strcmp(judge, "screening") == 0;
    if (limit->screening || strcmp(judge, "verdict") == 0)
        return 0;
    return conf_error(conf, conf_next(conf, section, CONF_FIRST, CONF_OPTION, "judge"), err,
                      "'judge = %s': say verdict or screening", judge);
}

/* A quantity may have a least and a greatest value at one point. */
static bool has_limit(const struct rule *rule, const struct rule_limit *like)
{
    for (size_t i = 0; i < rule->limits_count; i++)
        if (rule->limits[i].quantity == like->quantity && rule->limits[i].point == like->point &&
            rule->limits[i].at_least == like->at_least)
            return true;
    return false;
}

static int load_limit(struct rule *rule, struct conf *conf, ptrdiff_t section, struct err *err)
{
    enum { POINT_MAX = 100 };
    conf_use(conf, section);
    const char *name = conf->nodes[section].value;
    struct rule_limit limit = {.quantity = name ? quantity_by_name(name, strlen(name)) : QUANTITY_COUNT};
    int64_t point = 0;
    if (limit.quantity == QUANTITY_COUNT)
        return conf_error(conf, section, err, "unknown quantity '%s'; write 'limit k {', 'limit opacity {' …",
                          name ? name : "");
    if (rule->limits_count == RULES_LIMITS_MAX)
        return conf_error(conf, section, err, "more than %d limits in rule '%s'", RULES_LIMITS_MAX, rule->name);
    if (conf_get_decimal(conf, section, "a", true, &limit.value[LIMIT_CLASS_A], err) != 0 ||
        conf_get_decimal(conf, section, "b", true, &limit.value[LIMIT_CLASS_B], err) != 0 ||
        conf_get_bool(conf, section, "at-least", false, &limit.at_least, err) != 0 ||
        conf_get_integer(conf, section, "point", false, 1, POINT_MAX, &point, err) != 0 ||
        load_judge(&limit, conf, section, err) != 0 || rules_load_origin(&limit.origin, conf, section, err) != 0)
        return -1;
    limit.point = (int)point;
    if (has_limit(rule, &limit))
        return conf_error(conf, section, err, "rule '%s' has two limits for %s", rule->name, name);
    rule->limits[rule->limits_count++] = limit;
    return 0;
}

static const struct rule_param *find_param(const struct rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->params_count; i++)
        if (strcmp(rule->params[i].name, name) == 0)
            return &rule->params[i];
    return NULL;
}

static int load_param(struct rule *rule, struct conf *conf, ptrdiff_t section, struct err *err)
{
    conf_use(conf, section);
    struct rule_param param = {0};
    const char *unit = NULL;
    if (rule->params_count == RULES_PARAMS_MAX)
        return conf_error(conf, section, err, "more than %d parameters in rule '%s'", RULES_PARAMS_MAX, rule->name);
    if (copy_text(param.name, sizeof param.name, conf->nodes[section].value, conf, section, "the parameter's name",
                  err) != 0 ||
        conf_get_decimal(conf, section, "value", true, &param.value, err) != 0 ||
        conf_get_string(conf, section, "unit", false, &unit, err) != 0 ||
        (unit && get_text(conf, section, "unit", param.unit, sizeof param.unit, err) != 0) ||
        rules_load_origin(&param.origin, conf, section, err) != 0)
        return -1;
    if (find_param(rule, param.name))
        return conf_error(conf, section, err, "rule '%s' has two parameters '%s'", rule->name, param.name);
    rule->params[rule->params_count++] = param;
    return 0;
}

static int load_dates(struct civil_date *from, struct civil_date *to, struct conf *conf, ptrdiff_t section,
                      const char *what, struct err *err)
{
    if (conf_get_date(conf, section, "from", true, from, err) != 0 ||
        conf_get_date(conf, section, "to", false, to, err) != 0)
        return -1;
    if (to->year && civil_date_compare(*to, *from) < 0)
        return conf_error(conf, section, err, "%s '%s' ends before it begins", what, conf->nodes[section].value);
    return 0;
}

static int load_class(struct rule_pack *pack, struct conf *conf, ptrdiff_t section, struct err *err)
{
    conf_use(conf, section);
    if (pack->classes_count == RULES_CLASSES_MAX)
        return conf_error(conf, section, err, "more than %d sections class-b", RULES_CLASSES_MAX);
    struct rule_class *c = &pack->classes[pack->classes_count];
    if (copy_text(c->region, sizeof c->region, conf->nodes[section].value, conf, section, "the region's code", err) !=
            0 ||
        load_dates(&c->from, &c->to, conf, section, "class-b", err) != 0 ||
        rules_load_origin(&c->origin, conf, section, err) != 0)
        return -1;
    if (strspn(c->region, "0123456789") != strlen(c->region) || strlen(c->region) > 6)
        return conf_error(conf, section, err, "'%s' is no code of a region; write its first 2, 4 or 6 digits",
                          c->region);
    pack->classes_count++;
    return 0;
}

static int load_numbers(struct rule *rule, struct conf *conf, ptrdiff_t section, struct err *err)
{
    for (ptrdiff_t i = conf_next(conf, section, CONF_FIRST, CONF_SECTION, "limit"); i >= 0;
         i = conf_next(conf, section, i, CONF_SECTION, "limit"))
        if (load_limit(rule, conf, i, err) != 0)
            return -1;
    for (ptrdiff_t i = conf_next(conf, section, CONF_FIRST, CONF_SECTION, "param"); i >= 0;
         i = conf_next(conf, section, i, CONF_SECTION, "param"))
        if (load_param(rule, conf, i, err) != 0)
            return -1;
    return 0;
}

/* What the rule shares with others. */
static int load_common(struct rule *rule, struct conf *conf, ptrdiff_t pack, ptrdiff_t section, struct err *err)
{
    const char *name = NULL;
    if (conf_get_string(conf, section, "common", false, &name, err) != 0)
        return -1;
    if (!name)
        return 0;
    for (ptrdiff_t i = conf_next(conf, pack, CONF_FIRST, CONF_SECTION, "common"); i >= 0;
         i = conf_next(conf, pack, i, CONF_SECTION, "common")) {
        if (!conf->nodes[i].value || strcmp(conf->nodes[i].value, name) != 0)
            continue;
        conf_use(conf, i);
        return load_numbers(rule, conf, i, err);
    }
    return conf_error(conf, conf_next(conf, section, CONF_FIRST, CONF_OPTION, "common"), err,
                      "there is no section 'common %s {' in this pack", name);
}

static int load_rule(struct rule_pack *pack, struct conf *conf, ptrdiff_t top, ptrdiff_t section, struct err *err)
{
    conf_use(conf, section);
    if (pack->rules_count == RULES_PER_PACK_MAX)
        return conf_error(conf, section, err, "more than %d rules in a pack", RULES_PER_PACK_MAX);
    struct rule *rule = &pack->rules[pack->rules_count];
    memset(rule, 0, sizeof *rule);
    rule->line = conf->nodes[section].line;
    if (copy_text(rule->name, sizeof rule->name, conf->nodes[section].value, conf, section, "the rule's name", err) !=
            0 ||
        get_text(conf, section, "method", rule->method, sizeof rule->method, err) != 0 ||
        load_dates(&rule->from, &rule->to, conf, section, "rule", err) != 0 ||
        rules_selectors_load(rule, conf, section, err) != 0 || load_common(rule, conf, top, section, err) != 0 ||
        load_numbers(rule, conf, section, err) != 0)
        return -1;
    for (size_t i = 0; i < pack->rules_count; i++)
        if (strcmp(pack->rules[i].name, rule->name) == 0)
            return conf_error(conf, section, err, "two rules are named '%s'", rule->name);
    pack->rules_count++;
    return 0;
}

static bool periods_meet(const struct rule *a, const struct rule *b)
{
    bool a_over = a->to.year && civil_date_compare(a->to, b->from) < 0;
    bool b_over = b->to.year && civil_date_compare(b->to, a->from) < 0;
    return !a_over && !b_over;
}

/* A rule that ends must be followed the day after where a later one for the same vehicles exists. */
static bool gap_after(const struct rule_pack *pack, const struct rule *rule)
{
    bool later = false;
    if (!rule->to.year)
        return false;
    struct civil_date next = civil_from_days(civil_days(rule->to) + 1);
    for (size_t i = 0; i < pack->rules_count; i++) {
        const struct rule *other = &pack->rules[i];
        if (strcmp(other->method, rule->method) != 0 || !rules_selectors_same(other, rule))
            continue;
        if (civil_date_compare(other->from, next) == 0)
            return false;
        later = later || civil_date_compare(other->from, next) > 0;
    }
    return later;
}

/* The fact whose bounds leave a gap between two rules that are else for the same vehicles, and that no third fills. */
static const char *gap_between(const struct rule_pack *pack, const struct rule *a, const struct rule *b)
{
    enum vehicle_fact fact;
    if (strcmp(a->method, b->method) != 0 || !periods_meet(a, b) || !rules_selectors_gap(a, b, NULL, &fact))
        return NULL;
    for (size_t i = 0; i < pack->rules_count; i++)
        if (strcmp(pack->rules[i].method, a->method) == 0 && periods_meet(&pack->rules[i], a) &&
            !rules_selectors_gap(a, b, &pack->rules[i], &fact))
            return NULL;
    return vehicle_fact_key(fact);
}

static int check_rules(const struct rule_pack *pack, const struct conf *conf, struct err *err)
{
    for (size_t i = 0; i < pack->rules_count; i++) {
        const struct rule *rule = &pack->rules[i];
        char day[CIVIL_DATE_TEXT_MAX];
        for (size_t k = 0; k < i; k++)
            if (strcmp(pack->rules[k].method, rule->method) == 0 && periods_meet(&pack->rules[k], rule) &&
                rules_selectors_meet(&pack->rules[k], rule))
                return err_set(
                    err, ERR_INVALID,
                    "%s:%u: rule '%s' overlaps with '%s' (line %u): some vehicle would have two limits on one "
                    "day; part them by dates or by vehicles",
                    conf->file, rule->line, rule->name, pack->rules[k].name, pack->rules[k].line);
        for (size_t k = 0; k < pack->rules_count; k++) {
            const char *fact = gap_between(pack, rule, &pack->rules[k]);
            if (fact)
                return err_set(err, ERR_INVALID,
                               "%s:%u: gap: between the bounds of %s of rule '%s' and of rule '%s' no rule holds",
                               conf->file, rule->line, fact, rule->name, pack->rules[k].name);
        }
        if (!gap_after(pack, rule))
            continue;
        civil_date_format(rule->to, day);
        return err_set(err, ERR_INVALID,
                       "%s:%u: gap: rule '%s' ends on %s and no rule for the same vehicles begins on the day after",
                       conf->file, rule->line, rule->name, day);
    }
    return 0;
}

int rules_load(struct rule_pack *pack, struct conf *conf, struct err *err)
{
    memset(pack, 0, offsetof(struct rule_pack, rules)); /* the rules are large: only those that exist are touched */
    ptrdiff_t section = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "pack");
    if (section < 0)
        return conf_error(conf, CONF_TOP, err, "a rule pack begins with 'pack NAME {'");
    conf_use(conf, section);
    if (copy_text(pack->id, sizeof pack->id, conf->nodes[section].value, conf, section, "the pack's name", err) != 0 ||
        get_text(conf, section, "version", pack->version, sizeof pack->version, err) != 0 ||
        get_text(conf, section, "title", pack->title, sizeof pack->title, err) != 0 ||
        get_text(conf, section, "source", pack->source, sizeof pack->source, err) != 0)
        return -1;
    for (ptrdiff_t i = conf_next(conf, section, CONF_FIRST, CONF_SECTION, "rule"); i >= 0;
         i = conf_next(conf, section, i, CONF_SECTION, "rule"))
        if (load_rule(pack, conf, section, i, err) != 0)
            return -1;
    for (ptrdiff_t i = conf_next(conf, section, CONF_FIRST, CONF_SECTION, "class-b"); i >= 0;
         i = conf_next(conf, section, i, CONF_SECTION, "class-b"))
        if (load_class(pack, conf, i, err) != 0)
            return -1;
    if (pack->rules_count == 0)
        return conf_error(conf, section, err, "pack '%s' has no rule", pack->id);
    if (conf_check_all_used(conf, err) != 0)
        return -1;
    return check_rules(pack, conf, err);
}

enum limit_class rules_class(const struct rule_pack *pack, const char *region, struct civil_date day)
{
    for (size_t i = 0; i < pack->classes_count; i++) {
        const struct rule_class *c = &pack->classes[i];
        if (strncmp(region, c->region, strlen(c->region)) == 0 && civil_date_compare(c->from, day) <= 0 &&
            (!c->to.year || civil_date_compare(day, c->to) <= 0))
            return LIMIT_CLASS_B;
    }
    return LIMIT_CLASS_A;
}

bool rules_is_general_param(const char *name)
{
    return strcmp(name, "sign-verdict") == 0 || strcmp(name, "sign-plate") == 0 || strcmp(name, "notice-sms") == 0;
}

const struct rule_limit *rule_limit(const struct rule *rule, enum quantity quantity, int point)
{
    for (size_t i = 0; i < rule->limits_count; i++)
        if (rule->limits[i].quantity == quantity && rule->limits[i].point == point)
            return &rule->limits[i];
    return NULL;
}

bool rule_limit_exceeded(const struct rule_limit *limit, enum limit_class limit_class, struct decimal measured,
                         struct decimal *rounded)
{
    struct decimal bound = limit->value[limit_class];
    if (!decimal_round(measured, bound.digits, rounded))
        *rounded = measured; /* too large to be written with the limit's digits: far from any limit */
    int order = decimal_compare(*rounded, bound);
    return limit->at_least ? order < 0 : order > 0;
}

bool rule_has_param(const struct rule *rule, const char *name)
{
    return find_param(rule, name) != NULL;
}

static const struct rule_param *need_param(const struct rule *rule, const char *name, struct err *err)
{
    const struct rule_param *param = find_param(rule, name);
    if (!param)
        err_set(err, ERR_INVALID, "rule '%s' lacks the parameter '%s' that %s needs; add it", rule->name, name,
                rule->method);
    return param;
}

int rule_param(const struct rule *rule, const char *name, struct decimal *out, struct err *err)
{
    const struct rule_param *param = need_param(rule, name, err);
    if (!param)
        return -1;
    *out = param->value;
    return 0;
}

int rule_param_origin(const struct rule *rule, const char *name, struct rule_origin *out, struct err *err)
{
    const struct rule_param *param = need_param(rule, name, err);
    if (!param)
        return -1;
    *out = param->origin;
    return 0;
}

int rule_param_integer(const struct rule *rule, const char *name, int64_t min, int64_t max, int64_t *out,
                       struct err *err)
{
    const struct rule_param *param = need_param(rule, name, err);
    struct decimal whole;
    if (!param)
        return -1;
    if (!decimal_round(param->value, 0, &whole) || decimal_compare(whole, param->value) != 0 || whole.units < min ||
        whole.units > max)
        return err_set(err, ERR_INVALID,
                       "rule '%s': parameter '%s' must be a whole number from %" PRId64 " to %" PRId64, rule->name,
                       name, min, max);
    *out = whole.units;
    return 0;
}

int rule_param_ms(const struct rule *rule, const char *name, int64_t *out_ms, struct err *err)
{
    enum { MS_DIGITS = 3, DAY_MS = 24 * 60 * 60 * 1000 };
    const struct rule_param *param = need_param(rule, name, err);
    struct decimal ms;
    if (!param)
        return -1;
    if (strcmp(param->unit, "s") != 0)
        return err_set(err, ERR_INVALID, "rule '%s': parameter '%s' must be in seconds, with unit = \"s\"", rule->name,
                       name);
    if (!decimal_round(param->value, MS_DIGITS, &ms) || decimal_compare(ms, param->value) != 0 || ms.units < 0 ||
        ms.units > DAY_MS)
        return err_set(err, ERR_INVALID, "rule '%s': parameter '%s' must be 0 to 86400 s in whole milliseconds",
                       rule->name, name);
    *out_ms = ms.units;
    return 0;
}
