/* What receivers want to hear: the shipped maps, a record told through them, and everything that does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/message.h"
#include "reports/soap.h"
#include "reports/violation.h"
#include "tests/support/package_fixture.h"

static const char shipped[] = "reports/outlets";
static char folder[256];
static struct err err;

static int make_folder(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/map.XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* A map of this text; NULL: err says why not. */
static struct outlet_map *open_text(const char *text)
{
    struct outlet_map *map = NULL;
    char path[300];
    snprintf(path, sizeof path, "%s/m.conf", folder);
    assert_int_equal(file_write(path, text, strlen(text), 0600, &err), 0);
    return outlet_map_open(&map, folder, "m", &err) == 0 ? map : NULL;
}

#define HEAD "map { title = t source = s status = unconfirmed }\n"

static void shipped_maps_can_be_read(void **state)
{
    (void)state;
    static const char *const names[] = {"rm60", "vio04", "ecology-json", "remote-json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct outlet_map *map;
        if (outlet_map_open(&map, shipped, names[i], &err) != 0)
            fail_msg("%s", err.text);
        assert_true(map->messages_count > 0);
        outlet_map_close(map);
    }
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "there is no 'map"},
        {"map { title = t source = s }", "status"},
        {HEAD "message m { field f { } }", "say either where it is from, or what it is"},
        {HEAD "message m { field f { from = a is = b } }", "say either"},
        {HEAD "message m { field f { from = a form = picture-book } }", "there is no form 'picture-book'"},
        {HEAD "message m { field f { from = a form = time } }", "has a pattern"},
        {HEAD "message m { field f { from = a form = decimal digits = \"2.2\" } }", "are no digits of a decimal"},
        {HEAD "message m { field f { from = a digits = \"2.1\" } }", "are no digits of a decimal"},
        {HEAD "message m { field f { from = a unless = \"x=1\" } }", "belongs to a field that must be there"},
        {HEAD "message m { field f { from = a table = t } }", "there is no table 't'"},
        {HEAD "message m { ask = other field f { from = a } }", "names 'other', which is not there"},
        {HEAD "message m { absent = maybe }", "absent is send or stay"},
        {HEAD "message m { } message m { }", "a name of its own"},
        {HEAD "plan p { messages = {m} }", "there is no message 'm'"},
        {HEAD "call c { namespace = n write = w query = q }", "carries nothing"},
        {HEAD "message m { colour = red }", "colour"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outlet_map *map = open_text(rows[i].text);
        if (map || !strstr(err.text, rows[i].why))
            fail_msg("%zu: %s", i, map ? "was taken" : err.text);
    }
}

/* ---- a record ---- */

struct bench {
    struct package_fixture f;
    struct neutral_file files[FIXTURE_FILES_MAX];
    struct violations violations;
    struct neutral *n;
};

static struct bench *open_bench(double k, const char *const photos[], size_t photos_count)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    package_fixture_open_test(&b->f, folder, k);
    for (size_t i = 0; i < photos_count; i++)
        package_fixture_put(&b->f, photos[i], photos[i], strlen(photos[i]))->of_record = true;
    package_fixture_record(&b->f);
    size_t count = 0;
    for (size_t i = 0; i < b->f.files_count; i++)
        b->files[count++] =
            (struct neutral_file){b->f.files[i].name, (const uint8_t *)b->f.files[i].data, b->f.files[i].size};
    assert_int_equal(violation_load(&b->violations, shipped, &err), 0);
    static const struct neutral_value values[] = {{"sbbh", "652301000000000007"}, {"wfdz", "长丰路"}};
    static const char case_json[] = "{\"reviews\":[{\"officer\":\"A1\"},{\"officer\":\"B2\"}],\"format\":\"x\"}";
    const struct fixture_file *record = package_fixture_file(&b->f, "record.json");
    const struct neutral_source source = {.record = record->data,
                                          .record_length = record->size,
                                          .case_json = case_json,
                                          .case_length = sizeof case_json - 1,
                                          .files = b->files,
                                          .files_count = count,
                                          .values = values,
                                          .values_count = 2,
                                          .violations = b->violations.of,
                                          .violations_count = b->violations.count};
    if (neutral_open(&b->n, &source, &err) != 0)
        fail_msg("%s", err.text);
    return b;
}

static void close_bench(struct bench *b)
{
    neutral_close(b->n);
    package_fixture_close(&b->f);
    free(b);
}

static void a_record_is_told_in_plain_facts(void **state)
{
    (void)state;
    struct bench *b = open_bench(1.9, NULL, 0);
    static const struct {
        const char *key, *value;
    } rows[] = {
        {"id", "652301-0007-T000042"},   {"method", "free-acceleration"},      {"verdict", "fail"},
        {"vehicle.plate", "新B12345"},   {"vehicle.colour", "yellow"},         {"vehicle.fuel", "diesel"},
        {"measured.quantity", "k"},      {"measured.value", "1.90"},           {"measured.limit", "1.20"},
        {"mark.acceleration.3", "1.90"}, {"mark.acceleration.last.3", "1.90"}, {"violation.code", "6063"},
        {"violation.fine", "200"},       {"case.reviews.2.officer", "B2"},     {"values.wfdz", "长丰路"},
        {"picture.count", "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = neutral_get(b->n, rows[i].key);
        if (!value || strcmp(value, rows[i].value) != 0)
            fail_msg("%s: %s", rows[i].key, value ? value : "not known");
    }
    static const char *const unknown[] = {"vehicle.hpzl", "vehicle.owner", "officer.police", "picture.1.name", "row.k"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(neutral_get(b->n, unknown[i]));
    size_t samples = neutral_rows(b->n, "samples");
    assert_true(samples > 90);
    neutral_row(b->n, "samples", 0);
    assert_string_equal(neutral_get(b->n, "row.condition"), "1");
    assert_string_equal(neutral_get(b->n, "row.index"), "1");
    neutral_row(b->n, "samples", samples - 1);
    assert_string_equal(neutral_get(b->n, "row.condition"), "3");
    close_bench(b);
}

static void a_pass_is_no_violation(void **state)
{
    (void)state;
    struct bench *b = open_bench(0.4, NULL, 0);
    assert_string_equal(neutral_get(b->n, "verdict"), "pass");
    assert_null(neutral_get(b->n, "violation.code"));
    close_bench(b);
}

static void pictures_are_chosen_by_what_they_show(void **state)
{
    (void)state;
    static const char *const photos[] = {"photos/01-licence.jpg", "photos/02-other.jpg", "photos/03-exhaust.jpg",
                                         "photos/04-rear.jpg"};
    static const char *const chosen[] = {"photos/04-rear.jpg", "photos/03-exhaust.jpg", "photos/02-other.jpg"};
    struct bench *b = open_bench(1.9, photos, 4);
    for (int i = 0; i < 3; i++) {
        char key[24];
        snprintf(key, sizeof key, "picture.%d", i + 1);
        assert_string_equal(neutral_picture(b->n, key)->name, chosen[i]);
    }
    assert_null(neutral_picture(b->n, "picture.4"));
    close_bench(b);
}

/* The first message of a map, filled; NULL: err says why not. */
static const struct message *fill(const struct outlet_map *map, const struct neutral *n)
{
    static struct message m;
    return message_fill(&m, map, &map->messages[0], n, &err) == 0 ? &m : NULL;
}

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    struct bench *b = open_bench(1.9, NULL, 0);
    static const struct {
        const char *field, *why; /* why NULL: it fits, and reads … */
        const char *reads;
    } rows[] = {
        {"{ from = vehicle.colour table = c }", "the table 'c' of the outlet's map has no code for 'yellow'", NULL},
        {"{ from = vehicle.hpzl must = true }", "'vehicle.hpzl' is not known of this record", NULL},
        {"{ from = vehicle.hpzl }", NULL, NULL},
        {"{ from = {vehicle.hpzl, values.sbbh} length = 18 form = digits }", NULL, "652301000000000007"},
        {"{ from = values.sbbh length = 17 }", "exactly 17", NULL},
        {"{ from = values.wfdz max = 3 }", NULL, "长丰路"},
        {"{ from = values.wfdz max = 2 }", "2 at most", NULL},
        {"{ from = vehicle.plate form = digits }", "is not digits alone", NULL},
        {"{ from = vehicle.plate form = decimal }", "is no number", NULL},
        {"{ from = vehicle.plate form = integer }", "is no whole number", NULL},
        {"{ from = measured.value form = decimal digits = \"2.1\" }", NULL, "1.9"},
        {"{ from = mark.zero-before.1 form = decimal digits = \"3.2\" }", NULL, "0.00"},
        {"{ from = values.sbbh form = decimal digits = \"3.2\" }", "does not fit into the 1 digits", NULL},
        {"{ from = verdict values = {pass} }", "is none of the values", NULL},
        {"{ from = time form = time pattern = \"yyyyMMdd HH:mm:ss.SSS\" }", NULL, "20260701 09:30:00.000"},
        {"{ from = method form = time pattern = \"yyyy\" }", "is no time", NULL},
        {"{ is = 7 }", NULL, "7"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[600];
        snprintf(text, sizeof text,
                 HEAD "message m { field f %s }\ntable c { title = t source = s status = unconfirmed codes = "
                      "{\"1=x=blue|green\"} }",
                 rows[i].field);
        struct outlet_map *map = open_text(text);
        if (!map)
            fail_msg("%zu: %s", i, err.text);
        const struct message *m = fill(map, b->n);
        const char *value = m ? message_get(m, "f") : NULL;
        if (rows[i].why ? m || err.code != ERR_REFUSED || !strstr(err.text, rows[i].why)
                        : !m || (rows[i].reads ? !value || strcmp(value, rows[i].reads) != 0 : value != NULL))
            fail_msg("%zu: %s", i, m ? (value ? value : "left out") : err.text);
        outlet_map_close(map);
    }
    close_bench(b);
}

static void a_number_with_too_many_decimals_is_not_rounded_away(void **state)
{
    (void)state;
    struct bench *b = open_bench(1.9, NULL, 0);
    struct outlet_map *map =
        open_text(HEAD "message m { field f { from = values.k form = decimal digits = \"2.1\" } }");
    assert_non_null(map);
    neutral_set(b->n, "values.k", "1.25");
    assert_null(fill(map, b->n));
    assert_non_null(strstr(err.text, "1.25 has more than the 1 decimals"));
    outlet_map_close(map);
    close_bench(b);
}

static void what_must_be_there_may_be_excused(void **state)
{
    (void)state;
    struct bench *b = open_bench(1.9, NULL, 0);
    for (int a = 3; a <= 4; a++) {
        char of[300];
        snprintf(of, sizeof of,
                 HEAD "message m { field a { is = %d } field f { from = vehicle.owner must = true "
                      "unless = \"a=3\" } }",
                 a);
        struct outlet_map *map = open_text(of);
        assert_non_null(map);
        assert_true((fill(map, b->n) != NULL) == (a == 3));
        outlet_map_close(map);
    }
    close_bench(b);
}

/* ---- SOAP ---- */

#define ENVELOPE(inside)                                                                                               \
    "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" inside         \
    "</e:Body></e:Envelope>"
#define RETURN(text) ENVELOPE("<n:xResponse xmlns:n=\"u\"><xReturn>" text "</xReturn></n:xResponse>")

static void answers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *message; /* code NULL: it is none, and the message says why */
        size_t rows, matches;
    } rows[] = {
        {RETURN("%3Croot%3E%3Chead%3E%3Ccode%3E1%3C/code%3E%3Cmessage%3E%E5%A5%BD%3C/message%3E%3C/head%3E%3C/root%3E"),
         "1", "好", 0, 0},
        {RETURN("%3Croot%3E%3Chead%3E%3Ccode%3E0%3C/code%3E%3Cmessage%3E%BA%C3%3C/message%3E%3C/head%3E%3C/root%3E"),
         "0", "好", 0, 0},
        {RETURN("&lt;root&gt;&lt;head&gt;&lt;code&gt;$E01&lt;/code&gt;&lt;/head&gt;&lt;/root&gt;"), "$E01", "", 0, 0},
        {RETURN(
             "&lt;root&gt;&lt;head&gt;&lt;code&gt;1&lt;/code&gt;&lt;/head&gt;&lt;body&gt;&lt;v&gt;&lt;a&gt;2&lt;/"
             "a&gt;&lt;/v&gt;&lt;v&gt;&lt;a&gt;%31&lt;/a&gt;&lt;p&gt;7&lt;/p&gt;&lt;/v&gt;&lt;/body&gt;&lt;/root&gt;"),
         "1", "", 2, 1},
        {ENVELOPE("<e:Fault><faultcode>c</faultcode><faultstring>broken</faultstring></e:Fault>"), "", "broken", 0, 0},
        {RETURN("%3Croot%3E%3C/root%3E"), NULL, "has no code", 0, 0},
        {RETURN("%3Croot"), NULL, "cannot be read", 0, 0},
        {RETURN("%FF%FF%FF"), NULL, "neither UTF-8 nor GBK", 0, 0},
        {ENVELOPE(""), NULL, "no SOAP answer", 0, 0},
        {"<html><body>welcome</body></html>", NULL, "no SOAP answer", 0, 0},
        {"", NULL, "cannot be read", 0, 0},
        {"<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", NULL, "document type", 0, 0},
        {"<a><a><a><a><a><a><a><a><a><a><a><a><a>", NULL, "too deep", 0, 0},
    };
    const struct soap_question question = {.count = 1, .wanted = {{"a", "1"}}, .proof = "p"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct soap_answer a;
        int result = soap_answer_read(&a, rows[i].text, strlen(rows[i].text), &question, &err);
        if (rows[i].code
                ? result != 0 || strcmp(a.code, rows[i].code) != 0 || strcmp(a.message, rows[i].message) != 0 ||
                      a.rows != rows[i].rows || a.matches != rows[i].matches
                : result == 0 || !strstr(err.text, rows[i].message))
            fail_msg("%zu: %d %s '%s' %zu/%zu", i, result, result ? err.text : a.code, a.message, a.matches, a.rows);
        if (a.matches)
            assert_string_equal(a.proof, "7");
        soap_answer_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_maps_can_be_read),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_record_is_told_in_plain_facts),
        cmocka_unit_test(a_pass_is_no_violation),
        cmocka_unit_test(pictures_are_chosen_by_what_they_show),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
        cmocka_unit_test(a_number_with_too_many_decimals_is_not_rounded_away),
        cmocka_unit_test(what_must_be_there_may_be_excused),
        cmocka_unit_test(answers_are_read),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
