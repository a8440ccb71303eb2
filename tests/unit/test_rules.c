/* Rule packs: what is read, what is refused and in which line, and which rule a vehicle gets. */
#include "station/core/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/procedure.h"
#include "tests/support/law.h"

#define HEAD "pack p {\nversion = \"1\"  title = \"t\"  source = \"s\"\n"
#define ORIGIN " clause = \"c\" source = \"s\" status = confirmed }\n"
#define LIMIT "limit k { a = 1.20 b = 0.70" ORIGIN
#define RULE(name, more) "rule " name " { method = m " more "\n" LIMIT "}\n"

static struct rule_pack *pack;

static int open_pack(void **state)
{
    (void)state;
    pack = calloc(1, sizeof *pack);
    return pack ? 0 : -1;
}

static int close_pack(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void must_read(const char *text)
{
    struct err err = {0};
    if (law_parse(pack, text, &err) != 0)
        fail_msg("%s", err.text);
}

static void must_refuse(const char *text, const char *start)
{
    struct err err = {0};
    if (law_parse(pack, text, &err) == 0)
        fail_msg("should be refused with '%s'", start);
    assert_int_equal(err.code, ERR_INVALID);
    if (strncmp(err.text, start, strlen(start)) != 0)
        fail_msg("refused with '%s' instead of '%s'", err.text, start);
}

static void everything_in_a_pack_is_read(void **state)
{
    (void)state;
    must_read("pack local-1 {\n"
              "version = \"2026-07\" title = \"标题\" source = \"GB\"\n"
              "rule r1 {\n"
              "  method = free-acceleration  from = 2020-01-01  to = 2021-12-31\n"
              "  fuel = {diesel, gas} class = heavy gearbox = {manual} stage = {4, 5} aspiration = turbo\n"
              "  mass-min = 3500 mass-max = 12000.5 power-min = 37 power-max = 560\n"
              "  registered-from = 2010-01-01 registered-to = 2019-06-30 model-year-min = 2008 model-year-max = 2019\n"
              "  limit k { a = 1.20 b = 0.70 clause = \"App. A\" source = \"GB 3847\" status = unconfirmed }\n"
              "  limit power { a = 40 b = 45 at-least = yes judge = screening point = 80" ORIGIN
              "  param hold { value = 2.5 unit = \"s\" clause = \"5.3\" source = \"X\" status = confirmed }\n"
              "}\n}\n");
    assert_string_equal(pack->id, "local-1");
    assert_string_equal(pack->version, "2026-07");
    assert_string_equal(pack->title, "标题");
    assert_int_equal(pack->rules_count, 1);
    const struct rule *r = &pack->rules[0];
    assert_int_equal(r->line, 3);
    assert_string_equal(r->fuel, "diesel,gas");
    assert_string_equal(r->vehicle_class, "heavy");
    assert_string_equal(r->stage, "4,5");
    assert_int_equal(r->to.year, 2021);
    assert_int_equal(decimal_compare(r->mass_max, law_decimal("12000.5")), 0);
    assert_int_equal(r->model_year_max, 2019);
    const struct rule_limit *k = rule_limit(r, QUANTITY_K, 0);
    assert_non_null(k);
    assert_int_equal(k->value[LIMIT_CLASS_B].units, 70);
    assert_int_equal(k->value[LIMIT_CLASS_B].digits, 2);
    assert_int_equal(k->origin.status, RULE_UNCONFIRMED);
    assert_false(k->at_least);
    const struct rule_limit *power = rule_limit(r, QUANTITY_POWER, 80);
    assert_non_null(power);
    assert_true(power->at_least && power->screening);
    assert_null(rule_limit(r, QUANTITY_POWER, 0));
    assert_int_equal(r->params_count, 1);
    assert_string_equal(r->params[0].origin.clause, "5.3");
}

static void faults_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"pack {\n}\n", "test.conf:1: the pack's name is empty"},
        {"pack p {\nversion = \"1\" title = \"t\"\n}\n", "test.conf:1: option 'source' is missing"},
        {"pack p {\nversion = \"1\" source = \"t\"\n}\n", "test.conf:1: option 'title' is missing"},
        {HEAD "rule { method = m from = 2020-01-01 }\n}\n", "test.conf:3: the rule's name is empty"},
        {HEAD RULE("r", "from = 2020-01-01\nfuel = diesel\nfuel = gas") "}\n", "test.conf:5: option 'fuel' is given"},
        {HEAD RULE("r", "from = 2020-01-01\nmodel-year-max = 20") "}\n", "test.conf:4: 'model-year-max = 20' is out"},
        {"x = 1\n", "test.conf:1: a rule pack begins with 'pack NAME {'"},
        {"pack p {\ntitle = \"t\" source = \"s\"\n}\n", "test.conf:1: option 'version' is missing"},
        {HEAD "}\n", "test.conf:1: pack 'p' has no rule"},
        {HEAD "rule r {\nfrom = 2020-01-01\n}\n}\n", "test.conf:3: option 'method' is missing"},
        {HEAD "rule r {\nmethod = m\n}\n}\n", "test.conf:3: option 'from' is missing"},
        {HEAD "rule r {\nmethod = m\nfrom = 2020-02-30\n}\n}\n", "test.conf:5: 'from = 2020-02-30' is not a date"},
        {HEAD "rule r {\nmethod = m from = 2020-02-02\nto = 2020-02-01\n}\n}\n", "test.conf:3: rule 'r' ends before"},
        {HEAD "rule r {\nmethod = m from = 2020-02-02\nlimits = 3\n}\n}\n", "test.conf:5: no such option 'limits'"},
        {HEAD "rule r {\nmethod = m from = 2020-02-02\nlimt k { }\n}\n}\n", "test.conf:5: no such section 'limt'"},
        {HEAD RULE("r", "from = 2020-01-01") "colour = red\n}\n", "test.conf:6: no such option 'colour'"},
        {HEAD RULE("r", "from = 2020-01-01") "}\nrules = 1\n", "test.conf:7: no such option 'rules'"},
        {HEAD RULE("r", "from = 2020-01-01\nfuel = {diesel, coal}") "}\n", "test.conf:4: fuel: 'coal' is none of"},
        {HEAD RULE("r", "from = 2020-01-01\nfuel = {}") "}\n", "test.conf:4: 'fuel' is an empty list"},
        {HEAD RULE("r", "from = 2020-01-01\nmass-min = 5 mass-max = 5") "}\n",
         "test.conf:3: rule 'r' is for no vehicle"},
        {HEAD RULE("r", "from = 2020-01-01\nmass-min = heavy") "}\n", "test.conf:4: 'mass-min = heavy' is not a dec"},
        {HEAD RULE("r", "from = 2020-01-01") RULE("r", "from = 2020-01-01 fuel = gas") "}\n", "test.conf:6: two rules"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        must_refuse(rows[i].text, rows[i].error);
}

/* Everything inside one limit or parameter, which stands in line 4. */
static void faults_in_limits_and_parameters_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *section, *error;
    } rows[] = {
        {"limit smoke { a = 1 b = 1" ORIGIN, "test.conf:4: unknown quantity 'smoke'"},
        {"limit { a = 1 b = 1" ORIGIN, "test.conf:4: unknown quantity ''"},
        {"limit k { b = 1" ORIGIN, "test.conf:4: option 'a' is missing"},
        {"limit k { a = 1" ORIGIN, "test.conf:4: option 'b' is missing"},
        {"limit k { a = high b = 1" ORIGIN, "test.conf:4: 'a = high' is not a decimal"},
        {"limit k { a = 1 b = 1 c = 1" ORIGIN, "test.conf:4: no such option 'c'"},
        {"limit k { a = 1 b = 1 judge = maybe" ORIGIN, "test.conf:4: 'judge = maybe': say verdict or screening"},
        {"limit k { a = 1 b = 1 point = 101" ORIGIN, "test.conf:4: 'point = 101' is out of range"},
        {"limit k { a = 1 b = 1 source = \"s\" status = confirmed }\n", "test.conf:4: option 'clause' is missing"},
        {"limit k { a = 1 b = 1 clause = \"c\" status = confirmed }\n", "test.conf:4: option 'source' is missing"},
        {"limit k { a = 1 b = 1 clause = \"c\" source = \"s\" }\n", "test.conf:4: option 'status' is missing"},
        {"limit k { a = 1 b = 1 clause = \"\" source = \"s\" status = confirmed }\n", "test.conf:4: clause is empty"},
        {"limit k { a = 1 b = 1 clause = \"c\" source = \"s\" status = sure }\n",
         "test.conf:4: 'status = sure': say confirmed or unconfirmed"},
        {LIMIT LIMIT, "test.conf:5: rule 'r' has two limits for k"},
        {"param x { clause = \"c\" source = \"s\" status = confirmed }\n", "test.conf:4: option 'value' is missing"},
        {"param x { value = 1 clause = \"c\" source = \"s\" status = off }\n", "test.conf:4: 'status = off'"},
        {"param x { value = 1 source = \"s\" status = confirmed }\n", "test.conf:4: option 'clause' is missing"},
        {"param { value = 1" ORIGIN, "test.conf:4: the parameter's name is empty"},
        {"param x { value = 1 unit = \"seventeen letters\"" ORIGIN, "test.conf:4: unit is longer than 15 bytes"},
        {"param x { value = 1" ORIGIN "param x { value = 2" ORIGIN, "test.conf:5: rule 'r' has two parameters 'x'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, HEAD "rule r { method = m from = 2020-01-01\n%s}\n}\n", rows[i].section);
        must_refuse(text, rows[i].error);
    }
}

/* `count` sections "KIND nI { … }" inside a rule, or rules inside the pack. */
static void must_refuse_many(const char *head, const char *each, int count, const char *tail, const char *error)
{
    enum { TEXT_MAX = 64 << 10 };
    char *text = malloc(TEXT_MAX);
    assert_non_null(text);
    int used = snprintf(text, TEXT_MAX, "%s", head);
    for (int i = 0; i < count; i++) {
        const char *cut = strchr(each, '#');
        used += snprintf(text + used, (size_t)(TEXT_MAX - used), "%.*s%d%s", (int)(cut - each), each, i, cut + 1);
    }
    snprintf(text + used, (size_t)(TEXT_MAX - used), "%s", tail);
    must_refuse(text, error);
    free(text);
}

static void more_than_a_pack_holds_is_refused(void **state)
{
    (void)state;
    static const char rule_head[] = HEAD "rule r { method = m from = 2020-01-01\n";
    char words[RULES_SELECTOR_MAX * 8] = HEAD "rule r { method = m from = 2020-01-01\nfuel = {diesel";
    must_refuse_many(rule_head, "param n# { value = 1" ORIGIN, RULES_PARAMS_MAX + 1, "}\n}\n",
                     "test.conf:52: more than 48 param");
    must_refuse_many(rule_head, "limit k { a = 1 b = 1 point = 1# clause = c source = s status = confirmed }\n",
                     RULES_LIMITS_MAX + 1, "}\n}\n", "test.conf:12: more than 8 limits in rule 'r'");
    must_refuse_many(HEAD, "rule r# { method = m from = 2020-01-01 fuel = gas }\n", RULES_PER_PACK_MAX + 1, "}\n",
                     "test.conf:27: more than 24 rules");
    must_refuse_many(HEAD, "rule a-name-that-is-longer-than-31-bytes-# { method = m }\n", 1, "}\n",
                     "test.conf:3: the rule's");
    for (int i = 0; i < 20; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), ", diesel");
    snprintf(words + strlen(words), sizeof words - strlen(words), "}\n}\n}\n");
    must_refuse(words, "test.conf:4: the list of 'fuel' is too long");
}

static void overlaps_and_gaps_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *error; /* NULL: good */
    } rows[] = {
        {"from = 2020-01-01", "from = 2021-01-01", "test.conf:6: rule 'r2' overlaps with 'r1' (line 3)"},
        {"from = 2020-01-01 to = 2020-12-31", "from = 2020-12-31", "test.conf:6: rule 'r2' overlaps"},
        {"from = 2020-01-01 to = 2020-12-31", "from = 2021-01-01", NULL},
        {"from = 2020-01-01 to = 2020-12-31", "from = 2021-01-02", "test.conf:3: gap: rule 'r1' ends on 2020-12-31"},
        {"from = 2021-01-02", "from = 2020-01-01 to = 2020-12-31", "test.conf:6: gap: rule 'r2' ends on 2020-12-31"},
        {"from = 2020-01-01 to = 2020-12-31 fuel = gas", "from = 2021-06-01", NULL}, /* other vehicles: no gap */
        {"from = 2020-12-31", "from = 2020-01-01 to = 2020-12-31", "test.conf:6: rule 'r2' overlaps"},
        {"from = 2020-01-01 to = 2020-01-01", "from = 2020-01-02", NULL}, /* a rule of one day */
        {"from = 2020-01-01 fuel = diesel", "from = 2020-01-01 fuel = gas", NULL},
        {"from = 2020-01-01 fuel = {diesel, gas}", "from = 2020-01-01 fuel = {petrol, gas}", "test.conf:6: rule"},
        {"from = 2020-01-01 fuel = diesel", "from = 2020-01-01", "test.conf:6: rule 'r2' overlaps"},
        {"from = 2020-01-01 fuel = diesel", "from = 2020-01-01 class = light", "test.conf:6: rule 'r2' overlaps"},
        {"from = 2020-01-01 mass-max = 3500", "from = 2020-01-01 mass-min = 3500", NULL},
        {"from = 2020-01-01 mass-max = 3500.1", "from = 2020-01-01 mass-min = 3500", "test.conf:6: rule 'r2' overlaps"},
        {"from = 2020-01-01 power-min = 37 power-max = 56", "from = 2020-01-01 power-min = 56", NULL},
        {"from = 2020-01-01 to = 2020-12-31 power-max = 37", "from = 2021-02-01 power-max = 38", NULL},
        {"from = 2020-01-01 to = 2020-12-31 power-min = 37", "from = 2021-02-01", NULL},
        {"from = 2020-01-01 to = 2020-12-31 stage = {4, 5}", "from = 2021-02-01 stage = 4", NULL},
        {"from = 2020-01-01 to = 2020-12-31 stage = 4", "from = 2021-02-01 stage = {4, 5}", NULL},
        {"from = 2020-01-01 mass-min = 3500", "from = 2020-01-01 mass-max = 3500", NULL},
        {"from = 2020-01-01 power-min = 37", "from = 2020-01-01 power-max = 37", NULL},
        {"from = 2020-01-01 power-max = 37", "from = 2020-01-01 power-min = 37.1",
         "test.conf:3: gap: between the bounds"},
        {"from = 2020-01-01 mass-min = 3501", "from = 2020-01-01 mass-max = 3500",
         "test.conf:6: gap: between the bounds"},
        {"from = 2020-01-01 power-max = 37 fuel = gas", "from = 2020-01-01 power-min = 38 fuel = diesel", NULL},
        {"from = 2020-01-01 to = 2020-12-31 power-max = 37", "from = 2021-01-01 power-min = 38", NULL},
        {"from = 2020-01-01 power-max = 37 mass-max = 2", "from = 2020-01-01 power-min = 38", NULL},
        {"from = 2020-01-01 model-year-max = 1990", "from = 2020-01-01 model-year-min = 1992", "test.conf:3: gap"},
        {"from = 2020-01-01 registered-to = 2015-06-30", "from = 2020-01-01 registered-from = 2015-07-01", NULL},
        {"from = 2020-01-01 registered-to = 2015-06-30", "from = 2020-01-01 registered-from = 2015-07-02",
         "test.conf:3"},
        {"from = 2020-01-01 registered-to = 2015-06-30", "from = 2020-01-01 registered-from = 2015-06-30", "test.c"},
        {"from = 2020-01-01 model-year-max = 1990", "from = 2020-01-01 model-year-min = 1991", NULL},
        {"from = 2020-01-01 model-year-max = 1990", "from = 2020-01-01 model-year-min = 1990", "test.conf:6: rule"},
        {"from = 2020-01-01 to = 2020-12-31 fuel = {gas, diesel}", "from = 2021-02-01 fuel = {diesel, gas}",
         "test.conf:3: gap"},
        {"from = 2020-01-01 to = 2020-12-31 mass-min = 3500", "from = 2021-02-01 mass-min = 3500.0",
         "test.conf:3: gap"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 HEAD "rule r1 { method = m %s\n" LIMIT "}\nrule r2 { method = m %s\n" LIMIT "}\n}\n", rows[i].first,
                 rows[i].second);
        if (rows[i].error)
            must_refuse(text, rows[i].error);
        else
            must_read(text);
    }
    must_read(HEAD RULE("r1", "from = 2020-01-01") "rule r2 { method = other from = 2020-01-01\n" LIMIT "}\n}\n");
}

static const struct rule *select_rule(const struct vehicle *vehicle, const char *day, struct err *err)
{
    const struct rule_pack *from = NULL;
    const struct rule *rule = rules_select(pack, 1, "m", vehicle, law_day(day), &from, err);
    if (rule)
        assert_ptr_equal(from, pack);
    return rule;
}

static void know(struct vehicle *vehicle, const char *key, const char *value)
{
    struct err err = {0};
    if (vehicle_set(vehicle, key, value, FACT_TYPED, "", &err) != 0)
        fail_msg("%s", err.text);
}

static void the_rule_in_force_for_the_vehicle_is_found(void **state)
{
    (void)state;
    must_read(HEAD RULE("old", "from = 2019-05-01 to = 2024-12-31 fuel = diesel")
                  RULE("light", "from = 2025-01-01 fuel = diesel mass-max = 3500")
                      RULE("heavy", "from = 2025-01-01 fuel = diesel mass-min = 3500 registered-to = 2020-06-30") RULE(
                          "new", "from = 2025-01-01 fuel = diesel mass-min = 3500 registered-from = 2020-07-01") "}\n");
    struct vehicle v = {0};
    struct err err = {0};
    assert_null(select_rule(&v, "2019-04-30", &err));
    assert_string_equal(select_rule(&v, "2019-05-01", &err)->name, "old"); /* no other rule is possible */
    assert_string_equal(select_rule(&v, "2024-12-31", &err)->name, "old");
    assert_null(select_rule(&v, "2025-01-01", &err));
    assert_string_equal(err.text, "the rule depends on fuel: say it with --vehicle fuel=…");
    know(&v, "fuel", "diesel");
    assert_null(select_rule(&v, "2025-01-01", &err));
    assert_string_equal(err.text, "the rule depends on mass_kg: say it with --vehicle mass_kg=…");
    know(&v, "mass_kg", "3499.9");
    assert_string_equal(select_rule(&v, "2025-01-01", &err)->name, "light");
    know(&v, "mass_kg", "3500");
    assert_null(select_rule(&v, "2025-01-01", &err));
    assert_string_equal(err.text, "the rule depends on first_registration: say it with --vehicle first_registration=…");
    know(&v, "first_registration", "2020-06-30");
    assert_string_equal(select_rule(&v, "2025-01-01", &err)->name, "heavy");
    know(&v, "first_registration", "2020-07-01");
    assert_string_equal(select_rule(&v, "2025-01-01", &err)->name, "new");
    know(&v, "fuel", "petrol");
    assert_null(select_rule(&v, "2024-01-01", &err));
    assert_non_null(strstr(err.text, "no rule for m of this vehicle on 2024-01-01"));
}

static void two_packs_must_not_both_fit(void **state)
{
    (void)state;
    struct rule_pack *two = calloc(2, sizeof *two);
    assert_non_null(two);
    struct err err = {0};
    struct vehicle v = {0};
    const struct rule_pack *from;
    assert_int_equal(law_parse(&two[0], HEAD RULE("r1", "from = 2020-01-01") "}\n", &err), 0);
    assert_int_equal(law_parse(&two[1], HEAD RULE("r2", "from = 2020-01-01 fuel = diesel") "}\n", &err), 0);
    assert_null(rules_select(two, 2, "m", &v, law_day("2020-05-05"), &from, &err));
    assert_non_null(strstr(err.text, "depends on fuel"));
    know(&v, "fuel", "gas");
    assert_string_equal(rules_select(two, 2, "m", &v, law_day("2020-05-05"), &from, &err)->name, "r1");
    know(&v, "fuel", "diesel");
    assert_null(rules_select(two, 2, "m", &v, law_day("2020-05-05"), &from, &err));
    assert_non_null(strstr(err.text, "two rules fit this vehicle, 'r1' of p and 'r2' of p"));
    free(two);
}

static void parameters_are_checked(void **state)
{
    (void)state;
    must_read(HEAD "rule r { method = m from = 2020-01-01\n"
                   "param n { value = 3.0" ORIGIN "param half { value = 0.5" ORIGIN
                   "param t { value = 2.5 unit = \"s\"" ORIGIN "param fine { value = 0.0005 unit = \"s\"" ORIGIN
                   "param past { value = -1 unit = \"s\"" ORIGIN "}\n}\n");
    const struct rule *r = &pack->rules[0];
    struct err err = {0};
    struct decimal d;
    int64_t x;
    assert_int_equal(rule_param(r, "half", &d, &err), 0);
    assert_int_equal(d.units, 5);
    assert_int_equal(rule_param(r, "none", &d, &err), -1);
    assert_string_equal(err.text, "rule 'r' lacks the parameter 'none' that m needs; add it");
    assert_int_equal(rule_param_integer(r, "n", 3, 3, &x, &err), 0);
    assert_int_equal(x, 3);
    assert_int_equal(rule_param_integer(r, "n", 4, 9, &x, &err), -1);
    assert_int_equal(rule_param_integer(r, "n", 0, 2, &x, &err), -1);
    assert_non_null(strstr(err.text, "'n' must be a whole number from 0 to 2"));
    assert_int_equal(rule_param_integer(r, "half", 0, 9, &x, &err), -1);
    assert_int_equal(rule_param_ms(r, "t", &x, &err), 0);
    assert_int_equal(x, 2500);
    assert_int_equal(rule_param_ms(r, "n", &x, &err), -1);
    assert_non_null(strstr(err.text, "must be in seconds"));
    assert_int_equal(rule_param_ms(r, "fine", &x, &err), -1);
    assert_int_equal(rule_param_ms(r, "past", &x, &err), -1);
}

static void shipped_packs_have_all_that_their_methods_read(void **state)
{
    (void)state;
    static const char *const ids[] = {"gb3847-2018", "hj845-2017"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct rule_pack *shipped = law_open(ids[i]);
        struct err err = {0};
        assert_string_equal(shipped->id, ids[i]);
        if (procedure_check_pack(shipped, "f", &err) != 0)
            fail_msg("%s", err.text);
        free(shipped);
    }
}

/* Takes each parameter away in turn: there is no default in C for any of them. */
static void no_parameter_has_a_default(void **state)
{
    (void)state;
    static const char *const ids[] = {"gb3847-2018", "hj845-2017"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct rule_pack *shipped = law_open(ids[i]);
        struct rule *rule = &shipped->rules[0];
        for (size_t p = 0; p < rule->params_count; p++) {
            struct err err = {0};
            struct rule_param taken = rule->params[p];
            rule->params[p] = rule->params[--rule->params_count];
            bool bound = strcmp(ids[i], "hj845-2017") == 0 &&
                         (strstr(taken.name, "-m") || strstr(taken.name, "-needed") || strstr(taken.name, "-above"));
            if (strcmp(taken.name, "window-months") == 0)
                bound = false;
            int result = procedure_check_pack(shipped, "f", &err);
            if ((result == 0) != bound) /* a bound that is not there does not bind */
                fail_msg("%s without %s: %d %s", ids[i], taken.name, result, err.text);
            if (result != 0)
                assert_non_null(strstr(err.text, taken.name));
            rule->params_count++;
            rule->params[p] = taken;
        }
        rule->limits_count = 0;
        assert_int_equal(procedure_check_pack(shipped, "f", NULL), -1);
        free(shipped);
    }
}

static void a_method_nobody_knows_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    must_read(HEAD RULE("r", "from = 2020-01-01") "}\n");
    assert_int_equal(procedure_check_pack(pack, "f.conf", &err), -1);
    assert_string_equal(err.text, "f.conf:3: rule 'r': this program knows no method 'm'");
}

static void a_third_rule_fills_a_gap(void **state)
{
    (void)state;
    must_read(HEAD RULE("r1", "from = 2020-01-01 power-max = 19") RULE("r2", "from = 2020-01-01 power-min = 37")
                  RULE("r3", "from = 2020-01-01 power-min = 19 power-max = 37") "}\n");
    must_refuse(HEAD RULE("r1", "from = 2020-01-01 power-max = 19") RULE("r2", "from = 2020-01-01 power-min = 37")
                    RULE("r3", "from = 2020-01-01 power-min = 19 power-max = 36") "}\n",
                "test.conf:9: gap: between the bounds of power_kw of rule 'r3' and of rule 'r2'");
}

#define SHARED "common shared {\n" LIMIT "param p { value = 3 clause = \"c\" source = \"s\" status = confirmed }\n}\n"

static void rules_share_what_is_common(void **state)
{
    (void)state;
    struct err err = {0};
    struct decimal p;
    must_read(HEAD "rule r1 { method = m from = 2020-01-01 to = 2020-12-31 common = shared }\n"
                   "rule r2 { method = m from = 2021-01-01 common = shared\n"
                   "param q { value = 4 clause = \"c\" source = \"s\" status = confirmed } }\n" SHARED "}\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pack->rules[i].limits_count, 1);
        assert_int_equal(pack->rules[i].params_count, 1 + i);
        assert_int_equal(rule_param(&pack->rules[i], "p", &p, &err), 0);
    }
    must_refuse(HEAD "rule r1 { method = m from = 2020-01-01 common = shared\n" LIMIT "}\n" SHARED "}\n",
                "test.conf:4: rule 'r1' has two limits for");
    must_refuse(HEAD "rule r1 { method = m from = 2020-01-01 common = other }\n" SHARED "}\n",
                "test.conf:3: there is no section 'common other {'");
    must_refuse(HEAD RULE("r1", "from = 2020-01-01") SHARED "}\n", "test.conf:6: ");
}

#define CLASS_B(region, dates) "class-b " region " { " dates " clause = \"c\" source = \"s\" status = unconfirmed }\n"

static void the_region_and_the_day_choose_the_class(void **state)
{
    (void)state;
    static const struct {
        const char *region, *day;
        enum limit_class expected;
    } rows[] = {
        {"652301", "2025-12-31", LIMIT_CLASS_A}, {"652301", "2026-01-01", LIMIT_CLASS_B},
        {"652302", "2030-01-01", LIMIT_CLASS_A}, {"650102", "2026-06-30", LIMIT_CLASS_B},
        {"650102", "2026-07-01", LIMIT_CLASS_A}, {"110101", "2026-06-30", LIMIT_CLASS_A},
        {"", "2026-06-30", LIMIT_CLASS_A},
    };
    must_read(HEAD RULE("r1", "from = 2020-01-01") CLASS_B("652301", "from = 2026-01-01")
                  CLASS_B("6501", "from = 2026-01-01 to = 2026-06-30") "}\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(rules_class(pack, rows[i].region, law_day(rows[i].day)), rows[i].expected);
    must_refuse(HEAD RULE("r1", "from = 2020-01-01") CLASS_B("65x", "from = 2026-01-01") "}\n",
                "test.conf:6: '65x' is no code of a region");
    must_refuse(HEAD RULE("r1", "from = 2020-01-01") CLASS_B("6501010", "from = 2026-01-01") "}\n", "test.conf:6: ");
    must_refuse(HEAD RULE("r1", "from = 2020-01-01") CLASS_B("65", "") "}\n", "test.conf:6: ");
    must_refuse(HEAD RULE("r1", "from = 2020-01-01") CLASS_B("65", "from = 2026-01-01 to = 2025-01-01") "}\n",
                "test.conf:6: class-b '65' ends before it begins");
}

int main(void)
{
#define WITH_PACK(test) cmocka_unit_test_setup_teardown(test, open_pack, close_pack)
    const struct CMUnitTest tests[] = {
        WITH_PACK(everything_in_a_pack_is_read),
        WITH_PACK(faults_are_refused_with_their_line),
        WITH_PACK(faults_in_limits_and_parameters_are_refused),
        WITH_PACK(more_than_a_pack_holds_is_refused),
        WITH_PACK(overlaps_and_gaps_are_refused),
        WITH_PACK(a_third_rule_fills_a_gap),
        WITH_PACK(rules_share_what_is_common),
        WITH_PACK(the_region_and_the_day_choose_the_class),
        WITH_PACK(the_rule_in_force_for_the_vehicle_is_found),
        WITH_PACK(two_packs_must_not_both_fit),
        WITH_PACK(parameters_are_checked),
        cmocka_unit_test(shipped_packs_have_all_that_their_methods_read),
        cmocka_unit_test(no_parameter_has_a_default),
        WITH_PACK(a_method_nobody_knows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
