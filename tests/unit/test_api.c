/* The console's interface as data: which request is which route, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "station/api.h"
#include "station/core/role.h"

static struct api_match match;
static struct err err;

static const char *route_of(const char *method, const char *path)
{
    api_match(method, path, &match);
    return match.route ? match.route->path : match.allow;
}

static void a_path_is_one_route(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *route;
    } rows[] = {
        {"GET", "status", "status"},
        {"HEAD", "status", "status"},
        {"POST", "status", "GET"}, /* by which method it could be asked */
        {"GET", "status/", NULL},
        {"GET", "", NULL},
        {"GET", "statusx", NULL},
        {"GET", "tests/T1", "tests/{id}"},
        {"GET", "tests/", NULL},
        {"GET", "tests/T1/readings", "tests/{id}/readings"},
        {"GET", "tests/T1/readings/x", NULL},
        {"POST", "tests/T1/readings", "GET"},
        {"GET", "slips/T1.pdf", "slips/{id}.pdf"},
        {"GET", "slips/.pdf", NULL},
        {"GET", "slips/T1", NULL},
        {"GET", "cases/C1/notice.pdf", "cases/{id}/notice.pdf"},
        {"POST", "cases/C1/review", "cases/{id}/{act}"},
        {"GET", "cases/C1/documents/on-site-record.pdf", "cases/{id}/documents/{kind}.pdf"},
        {"GET", "rosters/3", "rosters/{number}"},
        {"POST", "rosters/absent", "rosters/absent"},
        {"GET", "rules/unconfirmed", "rules/unconfirmed"},
        {"DELETE", "session", "session"},
        {"PUT", "session", "DELETE"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *route = route_of(rows[i].method, rows[i].path);
        if ((route == NULL) != (rows[i].route == NULL) || (route && strcmp(route, rows[i].route) != 0))
            fail_msg("%s %s: %s", rows[i].method, rows[i].path, route ? route : "none");
    }
    route_of("GET", "cases/C1/documents/on-site-record.pdf");
    assert_string_equal(api_value(&match, "id"), "C1");
    assert_string_equal(api_value(&match, "kind"), "on-site-record");
    assert_string_equal(api_value(&match, "act"), "");
}

static void every_write_has_roles_and_room(void **state)
{
    (void)state;
    for (const struct api_route *r = api_routes; r->method; r++) {
        bool writes = strcmp(r->method, "GET") != 0, login = r->kind == API_SESSION && strcmp(r->method, "POST") == 0;
        if (writes && !login)
            assert_int_not_equal(r->roles & ROLE_OFFICERS, 0);
        if (!writes)
            assert_int_equal(r->body_max, 0);
        assert_int_equal(r->roles & ~(unsigned)ROLE_OFFICERS, 0);
        assert_non_null(r->arguments);
    }
}

/* A query of one argument: "limit=5". */
static const char *one(void *ctx, const char *name)
{
    const char *text = ctx;
    size_t length = strlen(name);
    return text && strncmp(text, name, length) == 0 && text[length] == '=' ? text + length + 1 : NULL;
}

static const char *words_of(const char *path, const char *query, const char *output)
{
    static char all[2 * API_TEXT_MAX];
    static struct api_words words;
    api_match("GET", path, &match);
    assert_non_null(match.route);
    if (api_words(&match, one, (void *)(uintptr_t)query, output, &words, &err) != 0)
        return err.text;
    all[0] = '\0';
    for (size_t i = 0, at = 0; i < words.count; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? " " : "", words.words[i]);
    assert_null(words.words[words.count]);
    return all;
}

static void what_is_asked_becomes_words(void **state)
{
    (void)state;
    assert_string_equal(words_of("tests/T1", NULL, NULL), "--json -- test show T1");
    assert_string_equal(words_of("tests", "limit=5", NULL), "--json --limit=5 -- test list");
    assert_string_equal(words_of("tests", "config=x", NULL), "--json -- test list");
    assert_string_equal(words_of("tests/--config=x", NULL, NULL), "--json -- test show --config=x");
    assert_string_equal(words_of("cases", "due=1", NULL), "--json --due -- case list");
    assert_string_equal(words_of("cases", "due=", NULL), "--json --due -- case list");
    assert_string_equal(words_of("cases", "due=false", NULL), "--json -- case list");
    assert_string_equal(words_of("checks", "instrument=smoke", NULL), "--json -- check list smoke");
    assert_string_equal(words_of("checks", "instrument=", NULL), "--json -- check list");
    assert_string_equal(words_of("probe", NULL, NULL), "--json --probe -- instruments");
    assert_string_equal(words_of("slips/T1.pdf", "size=a5", "/x/1.pdf"), "--output=/x/1.pdf --size=a5 -- slip T1");
    static char long_one[API_TEXT_MAX + 8] = "limit=";
    memset(long_one + 6, '9', API_TEXT_MAX);
    assert_string_equal(words_of("tests", long_one, NULL), "the arguments are too long");
}

static const char *request_of(const char *path, const char *body)
{
    static char text[API_REQUEST_MAX];
    api_match("POST", path, &match);
    assert_non_null(match.route);
    err = (struct err){0};
    ptrdiff_t length = api_request(&match, "P0042", body, strlen(body), text, sizeof text, &err);
    return length < 0 ? err.text : text;
}

static void a_body_becomes_a_command(void **state)
{
    (void)state;
    assert_string_equal(request_of("cases/C1/review", ""),
                        "{\"act\":\"review\",\"command\":\"case-act\",\"id\":\"C1\",\"officer\":\"P0042\"}");
    assert_string_equal(request_of("cases/C1/review", " { } "),
                        "{\"act\":\"review\",\"command\":\"case-act\",\"id\":\"C1\",\"officer\":\"P0042\"}");
    assert_string_equal(
        request_of("tests", " {\"plate\":\"x\", \"vehicle\":{\"a\":\"b\"}} "),
        "{\"command\":\"test-start\",\"officer\":\"P0042\",\"plate\":\"x\", \"vehicle\":{\"a\":\"b\"}}");
    assert_non_null(strstr(request_of("tests", "{\"officer\":\"S0001\"}"), "leave out 'officer'"));
    assert_non_null(strstr(request_of("tests", "{\"offic\\u0065r\":\"S0001\"}"), "leave out 'officer'"));
    assert_non_null(strstr(request_of("tests", "{\"command\":\"status\"}"), "leave out 'command'"));
    assert_non_null(strstr(request_of("tests/T1/key", "{\"id\":\"T2\"}"), "'id' stands in the path"));
    assert_non_null(strstr(request_of("tests", "[]"), "one JSON object"));
    assert_non_null(strstr(request_of("tests", "{"), "no JSON"));
    assert_non_null(strstr(request_of("tests", "{} {}"), "no JSON"));
}

static void an_upload_has_its_members_in_the_query(void **state)
{
    (void)state;
    char text[512];
    api_match("POST", "photos/T1", &match);
    assert_true(api_upload_request(&match, "P0042", one, (void *)(uintptr_t) "shows=front", text, sizeof text, &err) >
                0);
    assert_string_equal(text, "{\"command\":\"photo-add\",\"id\":\"T1\",\"officer\":\"P0042\",\"shows\":\"front\"}");
    assert_true(api_upload_request(&match, "P0042", one, (void *)(uintptr_t) "officer=S0001", text, sizeof text, &err) >
                0);
    assert_string_equal(text, "{\"command\":\"photo-add\",\"id\":\"T1\",\"officer\":\"P0042\"}");
    assert_int_equal(api_upload_request(&match, "P0042", one, NULL, text, 20, &err), -1);
}

static void codes_become_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        unsigned statuses[5]; /* by code */
    } rows[] = {
        {"GET", "tests", {200, 404, 400, 503, 409}},    {"GET", "tests/T1", {200, 404, 404, 503, 409}},
        {"GET", "rosters", {200, 404, 404, 503, 409}},  {"POST", "tests", {200, 500, 400, 503, 409}},
        {"POST", "rosters", {200, 422, 400, 503, 409}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        api_match(rows[i].method, rows[i].path, &match);
        for (int code = 0; code < 5; code++)
            assert_int_equal(api_status(&match, code), rows[i].statuses[code]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_one_route),
        cmocka_unit_test(every_write_has_roles_and_room),
        cmocka_unit_test(what_is_asked_becomes_words),
        cmocka_unit_test(a_body_becomes_a_command),
        cmocka_unit_test(an_upload_has_its_members_in_the_query),
        cmocka_unit_test(codes_become_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
