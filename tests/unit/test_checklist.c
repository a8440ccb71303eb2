/* Checklists as data: the shipped one, mistakes in a file, and which answers an item takes. */
#include "station/core/checklist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NODES = 512 };

static struct checklist list;
static struct conf_node nodes[NODES];
static struct err err;

static int load(const char *text)
{
    static char buffer[1 << 16];
    struct conf conf;
    snprintf(buffer, sizeof buffer, "%s", text);
    err = (struct err){0};
    if (conf_parse(&conf, "f.conf", buffer, strlen(buffer), nodes, NODES, &err) != 0)
        fail_msg("%s", err.text);
    return checklist_load(&list, &conf, &err);
}

static void the_shipped_list(void **state)
{
    (void)state;
    static char text[1 << 16];
    FILE *file = fopen("station/checklists/roadside.conf", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    if (load(text) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(list.name, "roadside");
    static const struct {
        const char *item;
        enum checklist_authority authority;
    } rows[] = {{"dpf", AUTHORITY_ENVIRONMENT},
                {"scr", AUTHORITY_ENVIRONMENT},
                {"urea-level", AUTHORITY_ENVIRONMENT},
                {"urea-concentration", AUTHORITY_ENVIRONMENT},
                {"fuel-sample", AUTHORITY_ENVIRONMENT},
                {"hazardous-marking", AUTHORITY_TRANSPORT},
                {"hazardous-approval", AUTHORITY_ENVIRONMENT},
                {"hazardous-manifest", AUTHORITY_ENVIRONMENT},
                {"load-covered", AUTHORITY_TRANSPORT},
                {"mud", AUTHORITY_POLICE},
                {"route-time-permit", AUTHORITY_POLICE},
                {"inspection-valid", AUTHORITY_POLICE}};
    assert_int_equal(list.items_count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(checklist_item(&list, rows[i].item)->authority, rows[i].authority);
    assert_int_equal(checklist_item(&list, "urea-concentration")->status, RULE_UNCONFIRMED);
    assert_null(checklist_item(&list, "brakes"));
}

#define TOP "checklist a { version = \"1\" title = \"t\" source = \"s\"\n"
#define ITEM "item x { zh = \"z\" en = \"e\" authority = police photo = no "

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "f.conf:1: holds no 'checklist NAME { … }'"},
        {TOP "}", "the checklist has no item"},
        {TOP ITEM "} " ITEM "} }", "there is an item 'x' already"},
        {TOP "item x { zh = \"z\" en = \"e\" authority = mayor photo = no } }",
         "f.conf:2: authority 'mayor' is none of environment, police, transport"},
        {TOP "item x { zh = \"z\" en = \"e\" authority = police photo = perhaps } }", "photo 'perhaps' is none of"},
        {TOP "item x { en = \"e\" authority = police photo = no } }", "zh"},
        {TOP ITEM "min = 3 status = confirmed } }", "min and max need the unit"},
        {TOP ITEM "value = \"%\" min = 3 max = 2 status = confirmed } }", "min is above max"},
        {TOP ITEM "value = \"%\" min = 3 } }", "status"},
        {TOP ITEM "colour = red } }", "no such option 'colour'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(load(rows[i].text), -1);
        if (err.code != ERR_INVALID || !strstr(err.text, rows[i].why))
            fail_msg("%zu: %s", i, err.text);
    }
}

static void what_an_item_takes(void **state)
{
    (void)state;
    if (load(TOP "item n { zh = \"z\" en = \"e\" authority = police photo = no value = \"%\" min = 30 max = 35.0 "
                 "status = confirmed }"
                 "item f { zh = \"z\" en = \"e\" authority = police photo = failed }"
                 "item p { zh = \"z\" en = \"e\" authority = police photo = always } }") != 0)
        fail_msg("%s", err.text);
    static const struct {
        const char *item;
        enum checklist_answer answer;
        const char *value; /* NULL: none */
        bool photo;
        const char *why; /* NULL: good */
    } rows[] = {
        {"n", CHECKLIST_PASSED, "29.9", false, "n: with 29.9 % it cannot be passed"},
        {"n", CHECKLIST_PASSED, "30", false, NULL},
        {"n", CHECKLIST_PASSED, "30.00", false, NULL},
        {"n", CHECKLIST_PASSED, "35", false, NULL},
        {"n", CHECKLIST_PASSED, "35.1", false, "cannot be passed"},
        {"n", CHECKLIST_FAILED, "35.1", false, NULL},
        {"n", CHECKLIST_FAILED, "32", false, NULL},
        {"n", CHECKLIST_PASSED, NULL, false, NULL},
        {"f", CHECKLIST_PASSED, "1", false, "f takes no number"},
        {"f", CHECKLIST_PASSED, NULL, false, NULL},
        {"f", CHECKLIST_FAILED, NULL, false, "f: take a picture of it and add --photo FILE"},
        {"f", CHECKLIST_FAILED, NULL, true, NULL},
        {"p", CHECKLIST_PASSED, NULL, false, "take a picture"},
        {"p", CHECKLIST_NOT_CHECKED, NULL, false, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct decimal value;
        err = (struct err){0};
        if (rows[i].value)
            assert_true(decimal_parse(&value, rows[i].value, strlen(rows[i].value)));
        int result = checklist_check(checklist_item(&list, rows[i].item), rows[i].answer, rows[i].value ? &value : NULL,
                                     rows[i].photo, &err);
        if (result != (rows[i].why ? -1 : 0) || (rows[i].why && !strstr(err.text, rows[i].why)))
            fail_msg("%zu: %s", i, err.text);
    }
}

static void words(void **state)
{
    (void)state;
    enum checklist_answer answer;
    for (enum checklist_answer a = 0; a < CHECKLIST_ANSWER_COUNT; a++)
        assert_true(checklist_answer_by_name(checklist_answer_name(a), &answer) && answer == a);
    assert_false(checklist_answer_by_name("maybe", &answer));
    assert_string_equal(checklist_authority_name(AUTHORITY_TRANSPORT), "transport");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_list),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(what_an_item_takes),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
