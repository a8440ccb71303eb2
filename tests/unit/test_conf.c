#include "station/core/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NODES = 64 };
static struct conf_node nodes[NODES];
static char buffer[4096];
static struct err err;

static int parse(struct conf *conf, const char *text)
{
    snprintf(buffer, sizeof buffer, "%s", text);
    err = (struct err){0};
    return conf_parse(conf, "f.conf", buffer, strlen(text), nodes, NODES, &err);
}

static void assert_refused(const char *text, const char *message)
{
    struct conf conf;
    assert_int_equal(parse(&conf, text), -1);
    assert_string_equal(err.text, message);
    assert_int_equal(err.code, ERR_INVALID);
}

/* The shapes of a station's file: several options on a line, bare words with signs, lists, titles, UTF-8, comments. */
static void reads_a_station_file(void **state)
{
    (void)state;
    struct conf conf;
    const char *text = NULL;
    int64_t number = 0;
    struct decimal decimal = {0};
    struct civil_date date = {0};
    bool yes = false;
    ptrdiff_t list;
    assert_int_equal(
        parse(&conf, "\xEF\xBB\xBF# station\nstation { id = \"652301-0007\"  name = '长丰路'  kind=joint\n"
                     "  latitude = 44.01 on = yes }\n"
                     "rules = {\"gb3847-2018\", hj845-2017,}   /* two\n packs */ limit-class = a // a\n"
                     "link bus0 { kind = modbus-rtu  line = 9600/8n1 absent = 0x7FFF until = 2027-03-01 }\n"
                     "link \"gw\" { address = 127.0.0.1:1502 text = \"a\\\"b\\\\\\n\" }\nempty = {}"),
        0);
    ptrdiff_t station = conf_next(&conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "station");
    assert_int_equal(conf_get_string(&conf, station, "name", true, &text, &err), 0);
    assert_string_equal(text, "长丰路");
    assert_int_equal(conf_get_decimal(&conf, station, "latitude", true, &decimal, &err), 0);
    assert_int_equal(decimal.units, 4401);
    assert_int_equal(conf_get_bool(&conf, station, "on", true, &yes, &err), 0);
    assert_true(yes);
    assert_int_equal(conf_get_list(&conf, CONF_TOP, "rules", true, &list, &err), 0);
    assert_int_equal(conf.nodes[list].values, 2);
    assert_string_equal(conf_value(&conf, list, 0), "gb3847-2018");
    assert_string_equal(conf_value(&conf, list, 1), "hj845-2017");
    assert_int_equal(conf.nodes[list].line, 4);
    ptrdiff_t bus = conf_next(&conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "link");
    assert_string_equal(conf.nodes[bus].value, "bus0");
    assert_int_equal(conf_get_integer(&conf, bus, "absent", true, 0, 65535, &number, &err), 0);
    assert_int_equal(number, 0x7FFF);
    assert_int_equal(conf_get_date(&conf, bus, "until", true, &date, &err), 0);
    assert_int_equal(date.year, 2027);
    ptrdiff_t gateway = conf_next(&conf, CONF_TOP, bus, CONF_SECTION, "link");
    assert_int_equal(conf_get_string(&conf, gateway, "text", true, &text, &err), 0);
    assert_string_equal(text, "a\"b\\\n");
    assert_int_equal(conf_next(&conf, CONF_TOP, gateway, CONF_SECTION, "link"), -1);
    assert_int_equal(conf_get_list(&conf, CONF_TOP, "empty", true, &list, &err), 0);
    assert_int_equal(conf.nodes[list].values, 0);
}

static void names_the_line_of_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("a = 1\nb {\n c = 2\n", "f.conf:2: section 'b' does not end; a } is missing");
    assert_refused("a = 1\n}\n", "f.conf:2: unexpected '}'");
    assert_refused("s { a = }", "f.conf:1: 'a =' has no value");
    assert_refused("a b = 1", "f.conf:1: expected = or { after 'b'");
    assert_refused("a =\n", "f.conf:1: 'a =' has no value");
    assert_refused("a = \"x\n\"", "f.conf:1: this string does not end; write \" at its end");
    assert_refused("a = 1 /* x", "f.conf:1: this comment does not end; write */ where it should");
    assert_refused("a = {1 2}", "f.conf:1: expected , or } in the list of 'a'");
    assert_refused("a = {1,", "f.conf:1: expected a value in the list of 'a'");
    assert_refused("\n\na b c", "f.conf:3: expected = or { after 'b'");
    assert_refused("a = $x", "f.conf:1: unexpected character '$'; put values with special characters in \"quotes\"");
    assert_refused("a = 1\nb = \"\xFF\"", "f.conf:2: not UTF-8; save the file as UTF-8");
    assert_refused("a = \"\x01\"", "f.conf:1: control character 0x01; take it out");
    assert_refused("a = \"\\q\"", "f.conf:1: unknown escape in a string; known: \\\" \\\\ \\n \\t");
    assert_refused("\"a\" = 1", "f.conf:1: expected a name, not a quoted string");
    assert_refused("s{s{s{s{s{s{s{s{s{}}}}}}}}}", "f.conf:1: sections are nested deeper than 8");
    struct conf conf;
    assert_int_equal(parse(&conf, "s{s{s{s{s{s{s{s{}}}}}}}}"), 0);
}

static void says_what_an_option_should_be(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"n = x", "f.conf:1: 'n = x' is not a whole number"},
        {"n = 1.5", "f.conf:1: 'n = 1.5' is not a whole number"},
        {"n = 99999999999999999999", "f.conf:1: 'n = 99999999999999999999' is out of range; allowed: 1 to 10"},
        {"n = 0", "f.conf:1: 'n = 0' is out of range; allowed: 1 to 10"},
        {"n = 0XB", "f.conf:1: 'n = 0XB' is out of range; allowed: 1 to 10"},
        {"n = 11", "f.conf:1: 'n = 11' is out of range; allowed: 1 to 10"},
        {"n = {1, 2}", "f.conf:1: 'n' takes one value, not a list"},
        {"n = 1\nn = 2", "f.conf:2: option 'n' is given twice; first in line 1"},
        {"m = 1", "f.conf:1: option 'n' is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf;
        int64_t n = 0;
        assert_int_equal(parse(&conf, rows[i].text), 0);
        assert_int_equal(conf_get_integer(&conf, CONF_TOP, "n", true, 1, 10, &n, &err), -1);
        assert_string_equal(err.text, rows[i].message);
    }
    struct conf conf;
    int64_t untouched = 7;
    assert_int_equal(parse(&conf, "m = 1"), 0);
    assert_int_equal(conf_get_integer(&conf, CONF_TOP, "n", false, 1, 10, &untouched, &err), 0);
    assert_int_equal(untouched, 7);
}

static void yes_and_no_have_three_words_each(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool yes;
        const char *why; /* NULL: good */
    } rows[] = {
        {"b = yes", true, NULL},
        {"b = true", true, NULL},
        {"b = on", true, NULL},
        {"b = no", false, NULL},
        {"b = false", false, NULL},
        {"b = off", false, NULL},
        {"b = 1", true, "f.conf:1: 'b = 1': say yes or no"},
        {"b = Yes", true, "f.conf:1: 'b = Yes': say yes or no"},
        {"b = {yes, no}", true, "f.conf:1: 'b' takes one value, not a list"},
        {"c = yes", true, "f.conf:1: option 'b' is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf;
        bool yes = !rows[i].yes;
        assert_int_equal(parse(&conf, rows[i].text), 0);
        assert_int_equal(conf_get_bool(&conf, CONF_TOP, "b", true, &yes, &err), rows[i].why ? -1 : 0);
        if (rows[i].why)
            assert_string_equal(err.text, rows[i].why);
        assert_int_equal(yes, rows[i].why ? !rows[i].yes : rows[i].yes); /* a refused one changes nothing */
    }
    struct conf conf;
    bool kept = true;
    assert_int_equal(parse(&conf, "a = 1"), 0);
    assert_int_equal(conf_get_bool(&conf, CONF_TOP, "b", false, &kept, &err), 0);
    assert_true(kept);
}

static void dates_and_decimals_are_those(void **state)
{
    (void)state;
    struct conf conf;
    struct decimal number = {.units = 7};
    struct civil_date date = {.year = 2020};
    assert_int_equal(parse(&conf, "n = 1.2.3\nd = 2026-02-30"), 0);
    assert_int_equal(conf_get_decimal(&conf, CONF_TOP, "n", true, &number, &err), -1);
    assert_string_equal(err.text, "f.conf:1: 'n = 1.2.3' is not a decimal number");
    assert_int_equal(conf_get_date(&conf, CONF_TOP, "d", true, &date, &err), -1);
    assert_string_equal(err.text, "f.conf:2: 'd = 2026-02-30' is not a date; write it as 2026-07-01");
    assert_int_equal(conf_get_decimal(&conf, CONF_TOP, "x", true, &number, &err), -1);
    assert_string_equal(err.text, "f.conf:1: option 'x' is missing");
    assert_int_equal(conf_get_date(&conf, CONF_TOP, "x", true, &date, &err), -1);
    assert_int_equal(conf_get_decimal(&conf, CONF_TOP, "x", false, &number, &err), 0);
    assert_int_equal(conf_get_date(&conf, CONF_TOP, "x", false, &date, &err), 0);
    assert_true(number.units == 7 && date.year == 2020);
}

static void numbers_of_a_list_are_checked_one_by_one(void **state)
{
    (void)state;
    struct conf conf;
    ptrdiff_t list;
    int64_t n = 7;
    assert_int_equal(parse(&conf, "l = {1, 0x0A, 11, x}"), 0);
    assert_int_equal(conf_get_list(&conf, CONF_TOP, "l", true, &list, &err), 0);
    assert_int_equal(conf_value_integer(&conf, list, 1, 1, 10, &n, &err), 0);
    assert_int_equal(n, 10);
    assert_int_equal(conf_value_integer(&conf, list, 2, 1, 10, &n, &err), -1);
    assert_string_equal(err.text, "f.conf:1: 'l = 11' is out of range; allowed: 1 to 10");
    assert_int_equal(conf_value_integer(&conf, list, 3, 1, 10, &n, &err), -1);
    assert_string_equal(err.text, "f.conf:1: 'l = x' is not a whole number");
    assert_int_equal(n, 10);
}

/* Options and sections share one room. */
static void a_file_may_be_too_long(void **state)
{
    (void)state;
    static const char *const texts[] = {"a = 1\nb = 2\nc = 3\nd = {4, 5}", "a = 1\nb { c { d { } } }",
                                        "s t { u v { w x { y { } } } }"}; /* four each */
    char why[96];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t room = 1; room <= 5; room++) {
            struct conf conf;
            snprintf(buffer, sizeof buffer, "%s", texts[i]);
            err = (struct err){0};
            assert_int_equal(conf_parse(&conf, "f.conf", buffer, strlen(buffer), nodes, room, &err), room < 4 ? -1 : 0);
            snprintf(why, sizeof why, "the file has more than %zu options and sections", room);
            if (room < 4 && !strstr(err.text, why))
                fail_msg("%zu in %zu: %s", i, room, err.text);
        }
}

/* As other editors write it: tabs, line ends of two characters, both kinds of quotes. */
static void reads_what_other_editors_write(void **state)
{
    (void)state;
    struct conf conf;
    const char *text;
    assert_int_equal(parse(&conf, "a\t=\t\"x\\ty\"\r\ns\t{\r\n\tb = 'c:\\dir'\r\n}\r\n"), 0);
    assert_int_equal(conf_get_string(&conf, CONF_TOP, "a", true, &text, &err), 0);
    assert_string_equal(text, "x\ty");
    ptrdiff_t section = conf_next(&conf, CONF_TOP, CONF_FIRST, CONF_SECTION, NULL);
    assert_int_equal(conf.nodes[section].line, 2);
    assert_int_equal(conf_get_string(&conf, section, "b", true, &text, &err), 0);
    assert_string_equal(text, "c:\\dir"); /* nothing is an escape in single quotes */
    assert_int_equal(conf_get_string(&conf, section, "d", true, &text, &err), -1);
    assert_string_equal(err.text, "f.conf:2: option 'd' is missing in section s");
}

static void finds_what_nobody_asked_for(void **state)
{
    (void)state;
    struct conf conf;
    const char *text;
    assert_int_equal(parse(&conf, "a = 1\ns t {\n b = 2\n typo = 3 }\n"), 0);
    assert_int_equal(conf_get_string(&conf, CONF_TOP, "a", true, &text, &err), 0);
    assert_int_equal(conf_check_all_used(&conf, &err), -1);
    assert_string_equal(err.text, "f.conf:2: no such section 's'; check the spelling or take it out");
    ptrdiff_t s = conf_next(&conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "s");
    conf_use(&conf, s);
    assert_int_equal(conf_get_string(&conf, s, "b", true, &text, &err), 0);
    assert_int_equal(conf_check_all_used(&conf, &err), -1);
    assert_string_equal(err.text, "f.conf:4: no such option 'typo' in 's'; check the spelling or take it out");
    assert_int_equal(conf_get_string(&conf, s, "typo", true, &text, &err), 0);
    assert_int_equal(conf_check_all_used(&conf, &err), 0);
}

/* Blanks between words are a matter of taste. */
static void reads_words_that_touch(void **state)
{
    (void)state;
    struct conf conf;
    const char *text;
    ptrdiff_t list;
    assert_int_equal(parse(&conf, "s\"t\"{a=\"x\"b='y'}l={\"p\",'q',r}"), 0);
    ptrdiff_t s = conf_next(&conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "s");
    assert_int_equal(s, 0);
    assert_string_equal(conf.nodes[s].value, "t");
    assert_int_equal(conf_get_string(&conf, s, "a", true, &text, &err), 0);
    assert_string_equal(text, "x");
    assert_int_equal(conf_get_string(&conf, s, "b", true, &text, &err), 0);
    assert_string_equal(text, "y");
    assert_int_equal(conf_get_list(&conf, CONF_TOP, "l", true, &list, &err), 0);
    assert_string_equal(conf_value(&conf, list, 0), "p");
    assert_string_equal(conf_value(&conf, list, 1), "q");
    assert_string_equal(conf_value(&conf, list, 2), "r");
}

static void integers_reach_to_the_ends_of_64_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
        int result;
    } rows[] = {{"n = 9223372036854775807", INT64_MAX, 0},
                {"n = 9223372036854775808", 0, -1},
                {"n = -9223372036854775808", INT64_MIN, 0},
                {"n = -9223372036854775809", 0, -1},
                {"n = 0x7fffFFFFffffFFFF", INT64_MAX, 0},
                {"n = 0x8000000000000000", 0, -1},
                {"n = -0x10", -16, 0},
                {"n = 007", 7, 0},
                {"n = 0x", 0, -1},
                {"n = -", 0, -1},
                {"n = 0xG", 0, -1},
                {"n = 1a", 0, -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf;
        int64_t n = 0;
        assert_int_equal(parse(&conf, rows[i].text), 0);
        assert_int_equal(conf_get_integer(&conf, CONF_TOP, "n", true, INT64_MIN, INT64_MAX, &n, &err), rows[i].result);
        assert_true(n == rows[i].value);
    }
}

static void complaints_are_one_line_whatever_they_quote(void **state)
{
    (void)state;
    struct conf conf;
    bool yes;
    assert_int_equal(parse(&conf, "a = \"x\\ny\x7F\""), 0);
    assert_int_equal(conf_get_bool(&conf, CONF_TOP, "a", true, &yes, &err), -1);
    assert_string_equal(err.text, "f.conf:1: 'a = x?y?': say yes or no");
}

static void names_the_section_behind_a_nested_one(void **state)
{
    (void)state;
    struct conf conf;
    assert_int_equal(parse(&conf, "s { q { }\n typo = 1 }"), 0);
    conf_use(&conf, 0);
    conf_use(&conf, 1);
    assert_int_equal(conf_check_all_used(&conf, &err), -1);
    assert_string_equal(err.text, "f.conf:2: no such option 'typo' in 's'; check the spelling or take it out");
}

/* Whatever the bytes are: an answer, no access outside (the sanitizers watch), and nodes whose extent is sound. */
static void survives_every_cut_and_flip(void **state)
{
    (void)state;
    static const char text[] = "a = {\"x\", y}\ns t { b = 'z' /* c */ q { r = 0x1F } }\n# end";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        char copy[sizeof text];
        struct conf conf;
        memcpy(copy, text, cut);
        conf_parse(&conf, "f", copy, cut == sizeof text ? cut - 1 : cut, nodes, NODES, NULL);
        for (size_t i = 0; i < conf.count; i++)
            assert_true(conf.nodes[i].next > i && conf.nodes[i].next <= conf.count);
    }
    for (size_t bit = 0; bit < 8 * (sizeof text - 1); bit++) {
        char copy[sizeof text];
        struct conf conf;
        memcpy(copy, text, sizeof text);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        conf_parse(&conf, "f", copy, sizeof text - 1, nodes, NODES, NULL);
    }
    struct conf conf;
    assert_int_equal(conf_parse(&conf, "f", strcpy(buffer, "a=1 b=1 c=1"), 11, nodes, 2, &err), -1);
    assert_string_equal(err.text, "f:1: the file has more than 2 options and sections");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_station_file),
        cmocka_unit_test(names_the_line_of_what_is_wrong),
        cmocka_unit_test(says_what_an_option_should_be),
        cmocka_unit_test(yes_and_no_have_three_words_each),
        cmocka_unit_test(dates_and_decimals_are_those),
        cmocka_unit_test(numbers_of_a_list_are_checked_one_by_one),
        cmocka_unit_test(a_file_may_be_too_long),
        cmocka_unit_test(reads_what_other_editors_write),
        cmocka_unit_test(finds_what_nobody_asked_for),
        cmocka_unit_test(survives_every_cut_and_flip),
        cmocka_unit_test(reads_words_that_touch),
        cmocka_unit_test(integers_reach_to_the_ends_of_64_bits),
        cmocka_unit_test(complaints_are_one_line_whatever_they_quote),
        cmocka_unit_test(names_the_section_behind_a_nested_one),
    };
    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
