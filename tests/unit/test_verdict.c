/* Verdicts: comparison at the limit, the canonical form, and back. */
#include "station/core/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"

static const struct rule_pack no_pack = {.id = "p", .version = "1", .sha256 = "00ff"};
static const struct rule no_rule = {.name = "r", .method = "m"};

static struct rule_limit make_limit(const char *a, const char *b, bool at_least, bool screening)
{
    return (struct rule_limit){.quantity = QUANTITY_K,
                               .value = {law_decimal(a), law_decimal(b)},
                               .at_least = at_least,
                               .screening = screening,
                               .origin = {.clause = "App. A", .source = "S", .status = RULE_UNCONFIRMED}};
}

static void limits_are_compared_after_rounding_half_to_even(void **state)
{
    (void)state;
    static const struct {
        const char *measured, *value;
        bool at_least, exceeded;
    } rows[] = {
        {"1.19", "1.19", false, false},        {"1.20", "1.20", false, false},
        {"1.2", "1.20", false, false},         {"1.21", "1.21", false, true},
        {"1.204999999", "1.20", false, false}, {"1.205", "1.20", false, false}, /* half to even on the decimal value */
        {"1.205000001", "1.21", false, true},  {"1.215", "1.22", false, true},
        {"0", "0.00", false, false},           {"-0.005", "0.00", false, false},
        {"16.05", "16.05", false, true},       {"1.19", "1.19", true, true},
        {"1.195", "1.20", true, false},        {"1.194999", "1.19", true, true},
        {"1.20", "1.20", true, false},         {"1.21", "1.21", true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule_limit limit = make_limit("1.20", "0.70", rows[i].at_least, false);
        struct verdict v;
        verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_A);
        assert_int_equal(verdict_compare(&v, &limit, law_decimal(rows[i].measured)), rows[i].exceeded);
        struct decimal value = law_decimal(rows[i].value);
        assert_int_equal(v.values[0].value.units, value.units);
        assert_int_equal(v.values[0].value.digits, 2);
        assert_int_equal(v.values[0].exceeded, rows[i].exceeded);
        assert_int_equal(v.values[0].at_least, rows[i].at_least);
    }
}

static void the_class_decides_the_limit(void **state)
{
    (void)state;
    struct rule_limit limit = make_limit("1.20", "0.7", false, false);
    struct verdict v;
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_B);
    assert_true(verdict_compare(&v, &limit, law_decimal("0.75"))); /* to the limit's one digit: 0.8 */
    assert_false(verdict_compare(&v, &limit, law_decimal("0.74")));
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_A);
    assert_false(verdict_compare(&v, &limit, law_decimal("0.76")));
}

static void screening_is_told_and_never_judged(void **state)
{
    (void)state;
    struct rule_limit limit = make_limit("1.20", "0.70", false, true);
    struct verdict v;
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_A);
    assert_false(verdict_compare(&v, &limit, law_decimal("9.99")));
    assert_true(v.values[0].exceeded);
    assert_true(v.values[0].screening);
}

static void a_value_beyond_all_digits_still_exceeds(void **state)
{
    (void)state;
    struct rule_limit limit = make_limit("1.20", "0.70", false, false);
    struct verdict v;
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_A);
    assert_true(verdict_compare(&v, &limit, (struct decimal){.units = INT64_MAX}));
}

static void reasons_are_cut_between_characters_and_never_overflow(void **state)
{
    (void)state;
    struct verdict v;
    char text[400] = "";
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_A);
    for (int i = 0; i < 60; i++)
        memcpy(text + strlen(text), "烟", 4);
    for (int i = 0; i < 40; i++)
        verdict_reason(&v, "%s", text);
    assert_int_equal(v.reasons_count, VERDICT_REASONS_MAX);
    assert_int_equal(strlen(v.reasons[0]), (VERDICT_REASON_MAX - 1) / 3 * 3);
}

static void names_are_known_both_ways(void **state)
{
    (void)state;
    static const char *const names[] = {"pass", "fail", "suspect", "invalid", "aborted", "void"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum verdict_kind kind;
        assert_string_equal(verdict_kind_name((enum verdict_kind)i), names[i]);
        assert_true(verdict_kind_by_name(names[i], &kind));
        assert_int_equal(kind, i);
    }
    enum verdict_kind kind;
    assert_false(verdict_kind_by_name("passed", &kind));
}

static const char canonical[] =
    "{\"class\":\"b\",\"duration_ms\":61250,\"kind\":\"fail\",\"marks\":["
    "{\"counted\":false,\"from_ms\":10,\"kind\":\"purge\",\"number\":1,\"to_ms\":20},"
    "{\"counted\":true,\"from_ms\":30,\"kind\":\"acceleration\",\"note\":\"x\",\"number\":2,\"quantity\":\"k\","
    "\"to_ms\":40,\"unit\":\"1/m\",\"value\":\"0.90\"}],\"method\":\"m\",\"pack\":{\"id\":\"p\",\"sha256\":\"00ff\","
    "\"version\":\"1\"},\"reasons\":[\"k: 1.93 > 0.70\"],\"rule\":\"r\",\"values\":["
    "{\"at_least\":false,\"clause\":\"App. A\",\"exceeded\":true,\"limit\":\"0.70\",\"measured\":\"1.933333333\","
    "\"point\":0,\"quantity\":\"k\",\"screening\":false,\"status\":\"unconfirmed\",\"unit\":\"1/"
    "m\",\"value\":\"1.93\"}]}";

static struct verdict make_verdict(void)
{
    struct rule_limit limit = make_limit("1.20", "0.70", false, false);
    struct verdict v;
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_B);
    v.kind = VERDICT_FAIL;
    v.duration_ms = 61250;
    v.marks[v.marks_count++] =
        (struct verdict_mark){.kind = "purge", .number = 1, .from_ms = 10, .to_ms = 20, .quantity = QUANTITY_COUNT};
    v.marks[v.marks_count++] = (struct verdict_mark){.kind = "acceleration",
                                                     .number = 2,
                                                     .from_ms = 30,
                                                     .to_ms = 40,
                                                     .quantity = QUANTITY_K,
                                                     .value = law_decimal("0.90"),
                                                     .counted = true,
                                                     .note = "x"};
    verdict_compare(&v, &limit, law_decimal("1.933333333"));
    verdict_reason(&v, "k: %s > %s", "1.93", "0.70");
    return v;
}

static void write(const struct verdict *v, char out[VERDICT_JSON_MAX])
{
    struct json_writer w;
    json_writer_init(&w, out, VERDICT_JSON_MAX);
    verdict_write(v, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
}

static int read_text(struct verdict *v, const char *text, size_t length, struct err *err)
{
    struct json_token tokens[1500];
    struct json_doc doc;
    assert_int_equal(json_parse(&doc, text, length, tokens, 1500, err), 0);
    return verdict_read(v, &doc, 0, err);
}

static void the_canonical_form_is_this(void **state)
{
    (void)state;
    char text[VERDICT_JSON_MAX];
    struct verdict v = make_verdict();
    write(&v, text);
    assert_string_equal(text, canonical);
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    char text[VERDICT_JSON_MAX];
    struct verdict v;
    struct err err = {0};
    if (read_text(&v, canonical, strlen(canonical), &err) != 0)
        fail_msg("%s", err.text);
    write(&v, text);
    assert_string_equal(text, canonical);
    assert_int_equal(v.marks[0].quantity, QUANTITY_COUNT);
}

static void the_largest_verdict_fits(void **state)
{
    (void)state;
    char text[VERDICT_JSON_MAX];
    struct rule_limit limit = make_limit("1.20", "0.70", false, false);
    struct verdict v;
    struct verdict back;
    struct err err = {0};
    verdict_init(&v, &no_pack, &no_rule, LIMIT_CLASS_A);
    memset(limit.origin.clause, 'c', sizeof limit.origin.clause - 1);
    v.duration_ms = INT64_MAX;
    for (int i = 0; i < VERDICT_VALUES_MAX; i++)
        verdict_compare(&v, &limit, (struct decimal){.units = INT64_MIN + 1, .digits = 9});
    for (int i = 0; i < VERDICT_REASONS_MAX; i++)
        verdict_reason(&v, "%0*d", VERDICT_REASON_MAX - 1, 0);
    for (; v.marks_count < VERDICT_MARKS_MAX; v.marks_count++) {
        struct verdict_mark *m = &v.marks[v.marks_count];
        *m = (struct verdict_mark){.number = INT32_MAX, .from_ms = INT64_MIN, .to_ms = INT64_MIN};
        m->quantity = QUANTITY_PLATE_CONFIDENCE;
        m->value = (struct decimal){.units = INT64_MIN, .digits = 9};
        memset(m->kind, 'k', sizeof m->kind - 1);
        memset(m->note, 'n', sizeof m->note - 1);
    }
    write(&v, text);
    v.duration_ms = 0;
    write(&v, text);
    for (size_t i = 0; i < v.marks_count; i++)
        v.marks[i].value = v.values[0].measured;
    write(&v, text);
    assert_int_equal(read_text(&back, text, strlen(text), &err), 0);
    assert_int_equal(back.marks_count, VERDICT_MARKS_MAX);
    assert_int_equal(back.reasons_count, VERDICT_REASONS_MAX);
}

/* Takes each key away, or makes its value an empty object: nothing is assumed. */
static void whatever_is_missing_or_wrong_is_refused(void **state)
{
    (void)state;
    static const char *const optional[] = {"\"note\"", "\"unit\"", "\"quantity\":\"k\",\"to_ms\""};
    size_t tried = 0;
    for (const char *at = canonical; (at = strchr(at, '"')) != NULL;) {
        const char *end = strchr(at + 1, '"') + 1;
        if (*end != ':') {
            at = end;
            continue;
        }
        bool may_lack = false;
        for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++)
            may_lack = may_lack || strncmp(at, optional[i], strlen(optional[i])) == 0;
        char text[sizeof canonical + 16];
        snprintf(text, sizeof text, "%.*s\"_%s", (int)(at - canonical), canonical, at + 1); /* another key */
        struct verdict v;
        struct err err = {0};
        int result = read_text(&v, text, strlen(text), &err);
        if ((result == 0) != may_lack)
            fail_msg("%.*s: %d %s", (int)(end - at), at, result, err.text);
        if (at == canonical + 1)
            assert_string_equal(err.text, "the verdict cannot be read: 'class' is missing or wrong");
        tried++;
        at = end;
    }
    assert_int_equal(tried, 37);
}

static void wrong_values_are_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\"class\":\"b\"", "\"class\":\"c\""},       {"\"kind\":\"fail\"", "\"kind\":\"failed\""},
        {"\"number\":2", "\"number\":2147483648"},    {"\"number\":2", "\"number\":-1"},
        {"\"quantity\":\"k\"", "\"quantity\":\"q\""}, {"\"value\":\"0.90\"", "\"value\":\"?\""},
        {"\"counted\":true", "\"counted\":1"},        {"61250", "\"61250\""},
        {"\"reasons\":[\"k", "\"reasons\":[1,\"k"},   {"\"status\":\"unconfirmed\"", "\"status\":\"\""},
        {"\"pack\":{", "\"pack\":[],\"q\":{"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[sizeof canonical + 64];
        const char *at = strstr(canonical, rows[i][0]);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - canonical), canonical, rows[i][1], at + strlen(rows[i][0]));
        struct verdict v;
        struct err err = {0};
        if (read_text(&v, text, strlen(text), &err) == 0)
            fail_msg("read: %s", rows[i][1]);
        assert_int_equal(err.code, ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_compared_after_rounding_half_to_even),
        cmocka_unit_test(the_class_decides_the_limit),
        cmocka_unit_test(screening_is_told_and_never_judged),
        cmocka_unit_test(a_value_beyond_all_digits_still_exceeds),
        cmocka_unit_test(reasons_are_cut_between_characters_and_never_overflow),
        cmocka_unit_test(names_are_known_both_ways),
        cmocka_unit_test(the_canonical_form_is_this),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(the_largest_verdict_fits),
        cmocka_unit_test(whatever_is_missing_or_wrong_is_refused),
        cmocka_unit_test(wrong_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
