/*
 * Every parameter of every shipped pack is read by the method that its rule is for: without it, or with a nonsense
 * value, the pack is refused and the message names rule and parameter. What may be left out is listed here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/procedure.h"
#include "station/core/remote.h"
#include "tests/support/law.h"

static const char *const packs[] = {"alerts-cn",     "eu-2014-45",   "evidence-cn", "gb18285-2018",
                                    "gb36886-2018",  "gb3847-2018",  "hj845-2017",  "j1667",
                                    "local-example", "metrology-cn", "roadside-cn"};
/* What a rule may do without: the step of the method that it is for is then left out. */
static const char *const optional[] = {
    "spread-max",    "count-max", "repeat-exceeded", "fast-pass",       "velmaxhp-min",    "velmaxhp-max",
    "travel-km-min", "span-low",  "reference-share", "reference-min-k", "reference-max-k", "drift-move",
    "drift-checks",  NULL};
/* Compared as decimals, whose sign nobody asks. */
static const char *const any_number[] = {"oil-temp-min",
                                         "rpm-min",
                                         "spread-max",
                                         "density-a",
                                         "density-b",
                                         "density-c",
                                         "fast-pass",
                                         "raised-rpm",
                                         "idle-rpm-max",
                                         "condition-rpm",
                                         "air-temp-max",
                                         "velmaxhp-min",
                                         "velmaxhp-max",
                                         "speed-tolerance",
                                         "reference-min-k",
                                         "reference-max-k",
                                         "wind-speed-needed",
                                         "wind-speed-max",
                                         "vsp-needed",
                                         "vsp-above",
                                         "plate-confidence-min",
                                         "humidity-needed",
                                         "humidity-max",
                                         "slope-min",
                                         "slope-max",
                                         "sign-verdict",
                                         "sign-plate",
                                         "rain-max",
                                         "pressure-needed",
                                         "pressure-min",
                                         "pressure-max",
                                         "notice-sms",
                                         "air-temp-needed",
                                         "air-temp-min",
                                         NULL};
static struct err err;
static int asked;

static bool is_one_of(const char *name, const char *const *words)
{
    while (*words && strcmp(name, *words) != 0)
        words++;
    return *words != NULL;
}

/* One place of one pack, which a test changes and puts back. */
typedef void change_fn(struct rule_pack *pack, struct rule *rule, size_t param);

static void for_each_param(change_fn *change)
{
    asked = 0;
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++) {
        struct rule_pack *pack = law_open(packs[i]);
        if (procedure_check_pack(pack, packs[i], &err) != 0)
            fail_msg("%s", err.text);
        for (size_t r = 0; r < pack->rules_count; r++)
            for (size_t p = 0; p < pack->rules[r].params_count; p++) {
                const struct rule_param kept = pack->rules[r].params[p];
                change(pack, &pack->rules[r], p);
                pack->rules[r].params[p] = kept;
            }
        assert_int_equal(procedure_check_pack(pack, packs[i], &err), 0);
        free(pack);
    }
    assert_true(asked > 200);
}

static void must_be_refused(struct rule_pack *pack, const struct rule *rule, const char *param, const char *why,
                            bool unless)
{
    bool accepted = procedure_check_pack(pack, pack->id, &err) == 0;
    asked++;
    if (accepted != unless)
        fail_msg("%s, rule %s: %s with %s %s", pack->id, rule->name, accepted ? "accepted" : "refused", param, why);
    if (!accepted && (!strstr(err.text, rule->name) || !strstr(err.text, param)))
        fail_msg("'%s' does not name rule %s and parameter %s", err.text, rule->name, param);
}

/* Of remote sensing the bounds of validity are as many as the law has. */
static bool may_be_missing(const struct rule *rule, const char *param)
{
    static const char *const of_remote[] = {"consecutive", "window-months", "diesel-only", "fuel-unknown-judged", NULL};
    if (strcmp(rule->method, REMOTE_METHOD) == 0)
        return !is_one_of(param, of_remote);
    return is_one_of(param, optional);
}

static void take_out(struct rule_pack *pack, struct rule *rule, size_t p)
{
    const struct rule_param taken = rule->params[p];
    rule->params[p] = rule->params[--rule->params_count];
    must_be_refused(pack, rule, taken.name, "missing", may_be_missing(rule, taken.name));
    rule->params_count++; /* the last one is still there; for_each_param puts this one back */
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    for_each_param(take_out);
}

static void make_negative(struct rule_pack *pack, struct rule *rule, size_t p)
{
    rule->params[p].value = law_decimal("-3.7");
    must_be_refused(pack, rule, rule->params[p].name, "-3.7", is_one_of(rule->params[p].name, any_number));
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    for_each_param(make_negative);
}

static void change_unit(struct rule_pack *pack, struct rule *rule, size_t p)
{
    if (strcmp(rule->params[p].unit, "s") != 0)
        return;
    snprintf(rule->params[p].unit, sizeof rule->params[p].unit, "min");
    must_be_refused(pack, rule, rule->params[p].name, "in minutes", false);
}

static void times_are_in_seconds(void **state)
{
    (void)state;
    for_each_param(change_unit);
}

/* Limits that no test of a method holds to their last digit; whoever changes the law changes them here as well. */
static void limits_stand_as_they_were_read(void **state)
{
    (void)state;
    static const struct {
        const char *pack, *rule, *quantity, *value;
    } rows[] = {
        {"eu-2014-45", "natural", "k", "2.50"},
        {"eu-2014-45", "turbo", "k", "3.00"},
        {"eu-2014-45", "stage-4-5", "k", "1.50"},
        {"eu-2014-45", "stage-6", "k", "0.70"},
        {"j1667", "to-1990-below-75-kw", "opacity", "40"},
        {"j1667", "to-1990-75-to-150-kw", "opacity", "40"},
        {"j1667", "to-1990-150-to-224-kw", "opacity", "40"},
        {"j1667", "to-1990-from-224-kw", "opacity", "40"},
        {"j1667", "1991-to-1996-below-75-kw", "opacity", "30"},
        {"j1667", "1991-to-1996-75-to-150-kw", "opacity", "30"},
        {"j1667", "1991-to-1996-150-to-224-kw", "opacity", "30"},
        {"j1667", "1991-to-1996-from-224-kw", "opacity", "30"},
        {"j1667", "1997-to-2006-below-75-kw", "opacity", "20"},
        {"j1667", "1997-to-2006-75-to-150-kw", "opacity", "20"},
        {"j1667", "1997-to-2006-150-to-224-kw", "opacity", "20"},
        {"j1667", "1997-to-2006-from-224-kw", "opacity", "20"},
        {"j1667", "from-2007-below-75-kw", "opacity", "5"},
        {"j1667", "from-2007-75-to-150-kw", "opacity", "5"},
        {"j1667", "from-2007-150-to-224-kw", "opacity", "5"},
        {"j1667", "from-2007-from-224-kw", "opacity", "5"},
        {"local-example", "remote-sensing", "opacity", "30"},
        {"local-example", "remote-sensing", "ringelmann", "1"},
        {"metrology-cn", "zero-opacimeter", "opacity", "0.2"},
        {"metrology-cn", "zero-opacimeter", "k", "0.01"},
        {"metrology-cn", "zero-opacimeter", "no", "25"},
        {"metrology-cn", "span-opacimeter", "k", "0.05"},
        {"metrology-cn", "span-opacimeter", "opacity", "2.0"},
        {"metrology-cn", "zero-gas-analyzer", "hc", "12"},
        {"metrology-cn", "zero-gas-analyzer", "co", "0.06"},
        {"metrology-cn", "zero-gas-analyzer", "co2", "0.5"},
        {"metrology-cn", "zero-gas-analyzer", "no", "25"},
        {"metrology-cn", "zero-gas-analyzer", "nox", "25"},
        {"metrology-cn", "span-gas-analyzer", "hc", "12"},
        {"metrology-cn", "span-gas-analyzer", "co", "0.06"},
        {"metrology-cn", "span-gas-analyzer", "co2", "0.5"},
        {"metrology-cn", "span-gas-analyzer", "no", "25"},
        {"metrology-cn", "span-gas-analyzer", "nox", "25"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule_pack *pack = law_open(rows[i].pack);
        const struct rule_limit *limit =
            rule_limit(law_rule(pack, rows[i].rule), quantity_by_name(rows[i].quantity, strlen(rows[i].quantity)), 0);
        if (!limit || decimal_compare(limit->value[LIMIT_CLASS_A], law_decimal(rows[i].value)) != 0)
            fail_msg("%s, rule %s: the limit of %s is not %s", rows[i].pack, rows[i].rule, rows[i].quantity,
                     rows[i].value);
        free(pack);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(times_are_in_seconds),
        cmocka_unit_test(limits_stand_as_they_were_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
