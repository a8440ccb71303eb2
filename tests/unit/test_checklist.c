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

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"
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
        {"checklist { }", "f.conf:1: holds no 'checklist NAME { … }'"},
        {"checklist " LONG " { }", "'checklist' is empty or longer than 31 bytes"},
        {"checklist a { title = \"t\" source = \"s\" }", "version"},
        {"checklist a { version = \"" LONG "\" title = \"t\" source = \"s\" }", "'version' is empty or longer than"},
        {"checklist a { version = \"\" title = \"t\" source = \"s\" }", "'version' is empty"},
        {"checklist a { version = \"1\" source = \"s\" }", "title"},
        {"checklist a { version = \"1\" title = \"t\" }", "source"},
        {TOP "item { zh = \"z\" } }", "f.conf:2: an item needs a name: item NAME { … }"},
        {TOP "item " LONG " { zh = \"z\" } }", "'item' is empty or longer than 31 bytes"},
        {TOP "item x { zh = \"z\" authority = police photo = no } }", "en"},
        {TOP "item x { zh = \"z\" en = \"" LONG LONG "\" authority = police photo = no } }",
         "'en' is empty or longer than 119 bytes"},
        {TOP "item x { zh = \"z\" en = \"e\" photo = no } }", "authority"},
        {TOP "item x { zh = \"z\" en = \"e\" authority = police } }", "photo"},
        {TOP ITEM "value = \"\" } }", "'value' is empty or longer than 15 bytes"},
        {TOP ITEM "value = \"%\" min = few status = confirmed } }", "min"},
        {TOP ITEM "value = \"%\" max = many status = confirmed } }", "max"},
        {TOP ITEM "max = 3 status = confirmed } }", "min and max need the unit"},
        {TOP ITEM "value = \"%\" max = 3 status = sure } }", "status 'sure' is none of confirmed, unconfirmed"},
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

/* One bound alone; a number without bounds; one more item than there is room for. */
static void bounds_and_items_as_many_as_there_are(void **state)
{
    (void)state;
    if (load(
            TOP
            "item low { zh = \"z\" en = \"e\" authority = police photo = no value = \"mm\" min = 2 status = confirmed }"
            "item high { zh = \"z\" en = \"e\" authority = police photo = no value = \"mm\" max = 2 status = "
            "unconfirmed }"
            "item same { zh = \"z\" en = \"e\" authority = police photo = no value = \"mm\" min = 2 max = 2.0 status = "
            "confirmed }"
            "item any { zh = \"z\" en = \"e\" authority = police photo = no value = \"mm\" } }") != 0)
        fail_msg("%s", err.text);
    static const struct {
        const char *item;
        bool low, at, high; /* may it be passed with 1, 2 and 3? */
        enum rule_status status;
    } rows[] = {{"low", false, true, true, RULE_CONFIRMED},
                {"high", true, true, false, RULE_UNCONFIRMED},
                {"same", false, true, false, RULE_CONFIRMED},
                {"any", true, true, true, RULE_CONFIRMED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct checklist_item *item = checklist_item(&list, rows[i].item);
        const bool good[] = {rows[i].low, rows[i].at, rows[i].high};
        for (int64_t n = 1; n <= 3; n++) {
            const struct decimal value = {.units = n};
            assert_int_equal(checklist_check(item, CHECKLIST_PASSED, &value, false, &err), good[n - 1] ? 0 : -1);
            assert_int_equal(checklist_check(item, CHECKLIST_FAILED, &value, false, &err), 0);
        }
        assert_int_equal(item->status, rows[i].status);
    }
    static char text[1 << 14];
    for (int count = CHECKLIST_ITEMS_MAX; count <= CHECKLIST_ITEMS_MAX + 1; count++) {
        int length = snprintf(text, sizeof text, "%s", TOP);
        for (int i = 0; i < count; i++)
            length += snprintf(text + length, sizeof text - (size_t)length,
                               "item i%d { zh = \"z\" en = \"e\" authority = police photo = no }\n", i);
        snprintf(text + length, sizeof text - (size_t)length, "}");
        assert_int_equal(load(text), count > CHECKLIST_ITEMS_MAX ? -1 : 0);
        assert_int_equal(list.items_count, CHECKLIST_ITEMS_MAX);
    }
    assert_string_equal(err.text, "f.conf:50: more than 48 items");
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
        cmocka_unit_test(bounds_and_items_as_many_as_there_are),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
