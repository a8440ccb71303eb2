/* What procedures have in common: names, the table of methods, the parameters that none of them may lack. */
#include "station/core/procedure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"

static void keys_are_known_both_ways(void **state)
{
    (void)state;
    static const char *const names[] = {"confirm", "bypass-warm", "observe", "abort"};
    assert_int_equal(sizeof names / sizeof names[0], KEY_COUNT);
    for (enum procedure_key key = 0; key < KEY_COUNT; key++) {
        assert_string_equal(procedure_key_name(key), names[key]);
        assert_int_equal(procedure_key_by_name(names[key]), key);
    }
    assert_int_equal(procedure_key_by_name("confirmed"), KEY_COUNT);
}

static void prompts_have_names_of_their_own(void **state)
{
    (void)state;
    assert_string_equal(prompt_name(PROMPT_WAIT_INSTRUMENT), "wait-instrument");
    assert_string_equal(prompt_name(PROMPT_PRESS), "press");
    assert_string_equal(prompt_name(PROMPT_DONE), "done");
    for (enum prompt a = 0; a < PROMPT_COUNT; a++)
        for (enum prompt b = 0; b < a; b++)
            assert_string_not_equal(prompt_name(a), prompt_name(b));
}

static void methods_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; procedure_methods[i]; i++) {
        const struct procedure_method *method = procedure_methods[i];
        assert_ptr_equal(procedure_method_by_name(method->name), method);
        bool by_observer = strcmp(method->name, "ringelmann") == 0;
        assert_int_equal(method->quantities[0] == QUANTITY_COUNT, by_observer);
    }
    assert_non_null(procedure_method_by_name("free-acceleration"));
    assert_null(procedure_method_by_name("free_acceleration"));
}

static void what_serves_for_what(void **state)
{
    (void)state;
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
        assert_int_equal(procedure_stand_in(q), q == QUANTITY_K       ? QUANTITY_OPACITY
                                                : q == QUANTITY_POWER ? QUANTITY_FORCE
                                                                      : QUANTITY_COUNT);
}

static void senseless_parameters_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *param, *value, *error;
    } rows[] = {
        {"k-rise", "0", "must be above 0"},
        {"rpm-rise", "0", "must be above 0"},
        {"settle", "0", "must be above 0"},
        {"acceleration-max", "0", "must be above 0"},
        {"rpm-gap", "0", "must be above 0"},
        {"manual-window", "0", "must be above 0"},
        {"count", "0", "'count' must be a whole number from 1 to 8"},
        {"count", "9", "'count' must be a whole number from 1 to 8"},
        {"purge-count", "2.5", "'purge-count' must be a whole number"},
        {"k-gap-share", "99", "'k-gap-share' must be a whole number from 100"},
        {"time-limit", "86400.001", "'time-limit' must be 0 to 86400 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        struct rule_pack *pack = law_open("gb3847-2018");
        law_set(law_rule(pack, "free-acceleration"), rows[i].param, rows[i].value);
        assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
        if (strncmp(err.text, "law.conf:8: rule 'free-acceleration': ", 38) != 0 || !strstr(err.text, rows[i].error))
            fail_msg("%s = %s: %s", rows[i].param, rows[i].value, err.text);
        free(pack);
    }
}

static void every_shipped_pack_is_good(void **state)
{
    (void)state;
    static const char *const ids[] = {"eu-2014-45", "gb18285-2018", "gb36886-2018",  "gb3847-2018",
                                      "hj845-2017", "j1667",        "local-example", "roadside-cn"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct err err = {0};
        struct rule_pack *pack = law_open(ids[i]);
        if (procedure_check_pack(pack, ids[i], &err) != 0)
            fail_msg("%s", err.text);
        assert_string_equal(pack->id, ids[i]);
        free(pack);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_known_both_ways),
        cmocka_unit_test(every_shipped_pack_is_good),
        cmocka_unit_test(prompts_have_names_of_their_own),
        cmocka_unit_test(methods_are_found_by_name),
        cmocka_unit_test(what_serves_for_what),
        cmocka_unit_test(senseless_parameters_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
