/* Templates of documents: what is filled in, what is left out, and every mistake told with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document_facts.h"
#include "reports/file.h"
#include "tests/support/package_fixture.h"
#include "tests/support/store_fixture.h"

static struct err err;

/* Lays it out and draws it; the result of both. */
static int draw(const char *text, const struct document_facts *facts, size_t *size)
{
    struct paper *paper = NULL;
    uint8_t *pdf = NULL;
    int result = document_lay("x.txt", text, facts, 1782869400000, &paper, &err);
    if (result == 0)
        result = paper_pdf(paper, &pdf, size, &err);
    paper_close(paper);
    free(pdf);
    return result;
}

static void mistakes_are_told_with_their_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"para x\n", "x.txt: no line begins with 'title'"},
        {"title T\n\n# c\npara {plat}\n", "x.txt:4: there is no placeholder 'plat'"},
        {"title T\npara {colour}\n", "x.txt:2: nothing is known of 'colour'; give it with --set, or write {name?}"},
        {"title T\n?nothing para x\n", "x.txt:2: there is no placeholder 'nothing'"},
        {"title T\npara {plate\n", "x.txt:2: no placeholder can be read"},
        {"title T\npara {}\n", "x.txt:2: no placeholder can be read"},
        {"title T\nparagraph x\n", "x.txt:2: a line cannot begin with 'paragraph'"},
        {"title T\nfield plate {plate}\n", "x.txt:2: no '|' between label and value"},
        {"title T\ntable none\n", "x.txt:2: there is no table 'none'"},
        {"title T\nask\n", "x.txt:2: no fact can be asked for"},
        {"title T\n!plate para {wrong}\npara {vehicle.}\n", "x.txt:3: there is no placeholder 'vehicle.'"},
    };
    (void)state;
    static struct document_facts facts;
    size_t size;
    document_set(&facts, "plate", "新A12345");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err.text[0] = '\0';
        assert_int_equal(draw(cases[i].text, &facts, &size), -1);
        if (!strstr(err.text, cases[i].says))
            fail_msg("case %zu: '%s'", i, err.text);
        assert_int_equal(err.code, ERR_INVALID);
    }
}

static void what_is_known_blank_or_conditional_is_laid_out(void **state)
{
    (void)state;
    static struct document_facts facts;
    size_t size, with;
    document_set(&facts, "plate", "新A12345");
    document_set(&facts, "plate", "another"); /* the first one stays */
    assert_string_equal(document_get(&facts, "plate"), "新A12345");
    assert_int_equal(draw("title T\npara {plate} {colour?}\nfield a | {colour?}\nsign s\n", &facts, &size), 0);
    assert_int_equal(draw("title T\nask to who\n?to para {to}\n!to para none\npage\nline x\r\n", &facts, &size), 0);
    document_set(&facts, "to", "somebody");
    assert_int_equal(draw("title T\nask to who\n?to para {to}\n!to para none\npage\nline x\r\n", &facts, &with), 0);
    assert_int_not_equal(size, with);
}

/* Every shipped template, filled from a record of a failed test and its sealed package. */
static void the_shipped_templates_are_right(void **state)
{
    static const char *const kinds[] = {"notice",          "on-site-record", "data-list",
                                        "transfer-letter", "retest-result",  "return-letter"};
    (void)state;
    struct document_facts *facts = calloc(1, sizeof *facts);
    struct package_fixture *f = calloc(1, sizeof *f);
    char dir[256], path[128], *text;
    uint8_t *package;
    size_t size, length;
    int64_t ended_ms;
    fixture_folder(dir, sizeof dir);
    package_fixture_open_test(f, dir, 1.9);
    package_fixture_fill(f);
    package_fixture_seal(f, &package, &size);
    const struct fixture_file *record = package_fixture_file(f, "record.json");
    assert_int_equal(document_record(facts, record->data, record->size, &ended_ms, &err), 0);
    assert_int_equal(document_package(facts, package, size, &err), 0);
    assert_string_equal(document_get(facts, "value.measured"), "1.90 1/m");
    assert_string_equal(document_get(facts, "record.verdict"), "不合格");
    document_set(facts, "station.name", "长丰路联合执法站");
    document_set(facts, "case.id", "652301-0007-C000001");
    document_set(facts, "case.reviewer1", "P0042");
    document_set(facts, "case.reviewer2", "P0043");
    document_set(facts, "package.sha256", "00");
    document_set(facts, "package.sealed", "2026-07-01 09:31:00");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        snprintf(path, sizeof path, "reports/templates/%s.txt", kinds[i]);
        assert_int_equal(file_read(path, DOCUMENT_TEMPLATE_MAX, &text, &length, &err), 0);
        if (draw(text, facts, &length) != 0)
            fail_msg("%s: %s", kinds[i], err.text);
        free(text);
    }
    package[size / 2] ^= 1;
    package[40] ^= 1;
    assert_int_equal(document_package(facts, package, size, &err), -1);
    document_facts_free(facts);
    package_fixture_close(f);
    free(package);
    free(f);
    free(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(what_is_known_blank_or_conditional_is_laid_out),
        cmocka_unit_test(the_shipped_templates_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
