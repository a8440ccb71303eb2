/* Code lists: the shipped file, and what a person may write wrong. */
#include "station/core/codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NODES = 1024 };

static struct codes codes;
static struct conf_node nodes[NODES];
static struct err err;

static int load(const char *text)
{
    static char buffer[1 << 20];
    struct conf conf;
    snprintf(buffer, sizeof buffer, "%s", text);
    memset(&codes, 0, sizeof codes);
    err = (struct err){0};
    if (conf_parse(&conf, "f.conf", buffer, strlen(buffer), nodes, NODES, &err) != 0)
        fail_msg("%s", err.text);
    return codes_load(&codes, &conf, &err);
}

static void the_shipped_lists(void **state)
{
    (void)state;
    static char text[1 << 20];
    FILE *file = fopen("station/codes/vehicle.conf", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    if (load(text) != 0)
        fail_msg("%s", err.text);
    static const struct {
        const char *table, *code, *name, *word;
    } rows[] = {
        {"hpzl", "01", "大型汽车", ""},
        {"hpzl", "51", "大型新能源汽车", ""},
        {"hpzl", "42", "假牌", ""},
        {"cllx", "H11", "重型普通货车", ""},
        {"cllx", "Q11", "重型半挂牵引车", ""},
        {"cllx", "X99", "其它", ""},
        {"cllx", "H10", "重型货车", ""},
        {"fuel", "B", "柴油", "diesel"},
        {"fuel", "A", "汽油", "petrol"},
        {"stage", "5", "国Ⅴ", ""},
        {"use", "R", "危险品运输", ""},
        {"body-colour", "J", "黑", ""},
        {"plate-area", "新B", "昌吉回族自治州", "6523"},
        {"area", "652301", "昌吉市", ""},
        {"area", "650102", "天山区", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct code *code = codes_find(&codes, rows[i].table, rows[i].code);
        assert_non_null(code);
        assert_string_equal(code->name, rows[i].name);
        assert_string_equal(code->word, rows[i].word);
    }
    assert_int_equal(codes_table(&codes, "cllx")->count, 266);
    assert_int_equal(codes_table(&codes, "area")->count, 108);
    assert_null(codes_find(&codes, "hpzl", "77"));
    assert_null(codes_find(&codes, "nonsense", "01"));
    assert_null(codes_table(&codes, "nonsense"));
}

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"
#define HEAD "title = \"t\" source = \"s\" "

static void each_code_has_its_status(void **state)
{
    (void)state;
    assert_int_equal(load("table a { " HEAD "status = confirmed codes = {\"1=x\"} unconfirmed = {\"2=y=z\"} }\n"
                          "table b { " HEAD "status = unconfirmed codes = {\"1=x\"} }"),
                     0);
    assert_int_equal(codes_find(&codes, "a", "1")->status, RULE_CONFIRMED);
    assert_int_equal(codes_find(&codes, "a", "2")->status, RULE_UNCONFIRMED);
    assert_string_equal(codes_find(&codes, "a", "2")->word, "z");
    assert_int_equal(codes_find(&codes, "b", "1")->status, RULE_UNCONFIRMED);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"table { " HEAD "status = confirmed codes = {\"1=x\"} }", "f.conf:1: a table needs a name"},
        {"table a { source = s status = confirmed codes = {\"1=x\"} }", "title"},
        {"table a { " HEAD "status = sure codes = {\"1=x\"} }", "status is confirmed or unconfirmed, not 'sure'"},
        {"table a { " HEAD "status = confirmed\n codes = {\"1\"} }", "f.conf:2: '1' is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"=x\"} }", "'=x' is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"1=\"} }", "'1=' is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x=\"} }", "'1=x=' is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"1234567890123=x\"} }", "is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x\", \"1=y\"} }", "the code '1' stands twice in table 'a'"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x\"} unconfirmed = {\"1=y\"} }", "stands twice"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x\"} }\ntable a { }", "f.conf:2: there is a table 'a'"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x\"} colour = 3 }", "no such option 'colour'"},
        {"list a { }", "list"},
        {"table " LONG " { " HEAD "}", "a table needs a name"},
        {"table a { title = \"" LONG LONG LONG "\" }", "'title' is empty or longer than 159 bytes"},
        {"table a { title = \"\" }", "'title' is empty"},
        {"table a { title = \"t\" status = confirmed codes = {\"1=x\"} }", "source"},
        {"table a { title = \"t\" source = \"\" }", "'source' is empty"},
        {"table a { " HEAD "codes = {\"1=x\"} }", "status"},
        {"table a { " HEAD "status = confirmed }", "codes"},
        {"table a { " HEAD "status = confirmed codes = 3 }", "'3' is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x\"} unconfirmed = {} unconfirmed = {} }", "unconfirmed"},
        {"table a { " HEAD "status = confirmed codes = {\"1=" LONG "\"} }", "is no code"},
        {"table a { " HEAD "status = confirmed codes = {\"1=x=" LONG LONG LONG "\"} }", "is no code"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(load(rows[i].text), -1);
        if (err.code != ERR_INVALID || !strstr(err.text, rows[i].why))
            fail_msg("%zu: %s", i, err.text);
    }
}

/* As many tables as there is room for, and one more. */
static void tables_have_an_end(void **state)
{
    (void)state;
    static char text[1 << 14];
    for (int count = CODES_TABLES_MAX; count <= CODES_TABLES_MAX + 1; count++) {
        int length = 0;
        for (int i = 0; i < count; i++)
            length += snprintf(text + length, sizeof text - (size_t)length,
                               "table t%d { " HEAD "status = confirmed codes = {\"1=x\"} }\n", i);
        assert_int_equal(load(text), count > CODES_TABLES_MAX ? -1 : 0);
        assert_non_null(codes_find(&codes, "t23", "1"));
    }
    assert_string_equal(err.text, "f.conf:25: more than 24 tables");
}

/* The codes of all tables share one room. */
static void codes_have_an_end(void **state)
{
    (void)state;
    static char text[1 << 16];
    static const char head[] = "title = \"t\" source = \"s\" status = confirmed codes = {";
    for (int count = CODES_ENTRIES_MAX; count <= CODES_ENTRIES_MAX + 1; count++) {
        int length = snprintf(text, sizeof text, "table a { %s", head);
        for (int i = 0; i < count; i++) {
            if (i == CODES_ENTRIES_MAX / 2)
                length += snprintf(text + length, sizeof text - (size_t)length, "} }\ntable b { %s", head);
            length += snprintf(text + length, sizeof text - (size_t)length, "\"%d=x\",", i);
        }
        snprintf(text + length, sizeof text - (size_t)length, "} }");
        assert_int_equal(load(text), count > CODES_ENTRIES_MAX ? -1 : 0);
        assert_int_equal(codes.entries_count, CODES_ENTRIES_MAX);
        assert_non_null(codes_find(&codes, "a", "399"));
    }
    assert_string_equal(err.text, "f.conf:2: more than 800 codes in all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_lists),  cmocka_unit_test(each_code_has_its_status),
        cmocka_unit_test(mistakes_are_named), cmocka_unit_test(tables_have_an_end),
        cmocka_unit_test(codes_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
