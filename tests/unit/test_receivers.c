/* Who may be told what: the shipped table against the shipped maps, and tables that are none. */
#include "reports/receivers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/file.h"

enum { NODES = 256 };

static struct err err;
static struct receivers table;

static int load(const char *text)
{
    struct conf conf;
    struct conf_node nodes[NODES];
    char *copy = strdup(text);
    int result = conf_parse(&conf, "test.conf", copy, strlen(copy), nodes, NODES, &err);
    if (result == 0)
        result = receivers_load(&table, &conf, &err);
    free(copy);
    return result;
}

static void load_shipped(void)
{
    char *text;
    size_t length;
    assert_int_equal(file_read("reports/outlets/receivers.conf", 1 << 20, &text, &length, &err), 0);
    if (load(text) != 0)
        fail_msg("%s", err.text);
    free(text);
}

static bool may(const char *receiver, const char *key)
{
    const struct receiver *r = receivers_find(&table, receiver);
    assert_non_null(r);
    return receiver_may_have(r, key);
}

static void each_gets_what_its_duty_needs(void **state)
{
    (void)state;
    load_shipped();
    assert_true(may("rm60", "vehicle.owner"));
    assert_true(may("rm60", "picture.1"));
    assert_false(may("rm60", "driver.name"));
    assert_true(may("vio04", "driver.name"));
    assert_true(may("ecology-json", "vehicle.vin"));
    assert_false(may("ecology-json", "vehicle.owner"));
    assert_false(may("ecology-json", "driver.name"));
    assert_false(may("ecology-json", "officer.1"));
    assert_true(may("remote-json", "reading.opacity"));
    assert_false(may("remote-json", "vehicle.vin"));
    assert_false(may("remote-json", "picture.1"));
    assert_null(receivers_find(&table, "somebody"));
}

static void a_star_stands_for_what_follows_its_dot(void **state)
{
    (void)state;
    assert_int_equal(load("receiver a { source = \"s\"  status = confirmed  fields = {\"time\", \"case.vehicle.*\"} }"),
                     0);
    assert_true(may("a", "time"));
    assert_false(may("a", "times"));
    assert_false(may("a", "tim"));
    assert_true(may("a", "case.vehicle.clpp"));
    assert_true(may("a", "case.vehicle.deep.er"));
    assert_false(may("a", "case.vehicle"));
    assert_false(may("a", "case.driver.name"));
    assert_false(may("a", ""));
    assert_true(receivers_find(&table, "a")->confirmed);
}

static void what_is_no_table_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"receiver { source = \"s\"  status = confirmed  fields = {\"time\"} }", "name"},
        {"receiver a { status = confirmed  fields = {\"time\"} }", "source"},
        {"receiver a { source = \"s\"  fields = {\"time\"} }", "status"},
        {"receiver a { source = \"s\"  status = maybe  fields = {\"time\"} }", "'maybe'"},
        {"receiver a { source = \"s\"  status = confirmed }", "fields"},
        {"receiver a { source = \"s\"  status = confirmed  fields = {\"*\"} }", "'*'"},
        {"receiver a { source = \"s\"  status = confirmed  fields = {\"vehicle*\"} }", "'vehicle*'"},
        {"receiver a { source = \"s\"  status = confirmed  fields = {\"v.*.x\"} }", "'v.*.x'"},
        {"receiver a { source = \"s\"  status = confirmed  fields = {\"time\"}  more = 1 }", "more"},
        {"receiver a { source = \"s\"  status = confirmed  fields = {\"time\"} }\n"
         "receiver a { source = \"s\"  status = confirmed  fields = {\"time\"} }",
         "twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err.text[0] = '\0';
        if (load(rows[i].text) == 0 || !strstr(err.text, rows[i].why) || !strstr(err.text, "test.conf:"))
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_what_its_duty_needs),
        cmocka_unit_test(a_star_stands_for_what_follows_its_dot),
        cmocka_unit_test(what_is_no_table_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
