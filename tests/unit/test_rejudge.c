/* The verdict again from the stored input: the same bytes for what happened, a plain answer for what did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rejudge.h"
#include "tests/support/package_fixture.h"
#include "tests/support/session.h"

static const char *folder(void)
{
    return getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
}

/* What came out; valid until the next run. */
static struct rejudge again;
static struct record record;
static struct err err;

static int run(struct package_fixture *f)
{
    struct rejudge_file files[FIXTURE_FILES_MAX];
    size_t count = 0;
    const struct fixture_file *text = package_fixture_file(f, "record.json");
    rejudge_close(&again);
    record_close(&record);
    if (record_open(&record, text->data, text->size, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < f->files_count; i++)
        files[count++] = (struct rejudge_file){f->files[i].name, f->files[i].data, f->files[i].size};
    return rejudge(&again, &record, files, count, &err);
}

static void expect_same(struct package_fixture *f, enum verdict_kind kind)
{
    if (run(f))
        fail_msg("%s", err.text);
    if (!again.verdict_same || !again.readings_same)
        fail_msg("%s", again.difference);
    assert_int_equal(again.kind, kind);
    assert_string_equal(again.difference, "");
}

static void expect_difference(struct package_fixture *f, const char *words)
{
    if (run(f))
        fail_msg("%s", err.text);
    assert_false(again.verdict_same && again.readings_same);
    if (!strstr(again.difference, words))
        fail_msg("'%s' does not say '%s'", again.difference, words);
}

static void expect_error(struct package_fixture *f, const char *words)
{
    assert_int_equal(run(f), -1);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static int close_run(void **state)
{
    (void)state;
    rejudge_close(&again);
    record_close(&record);
    return 0;
}

/* Replaces the first `from` by `to`, of any length. */
static void edit(struct package_fixture *f, const char *name, const char *from, const char *to)
{
    struct fixture_file *file = package_fixture_file(f, name);
    assert_non_null(file);
    const char *at = strstr(file->data, from);
    if (!at)
        fail_msg("%s has no '%s'", name, from);
    size_t before = (size_t)(at - file->data), size = file->size - strlen(from) + strlen(to);
    char *text = malloc(size + 1);
    snprintf(text, size + 1, "%.*s%s%s", (int)before, file->data, to, at + strlen(from));
    package_fixture_put(f, name, text, size);
    free(text);
}

static void remove_file(struct package_fixture *f, const char *name)
{
    struct fixture_file *file = package_fixture_file(f, name);
    assert_non_null(file);
    snprintf(file->name, sizeof file->name, "removed");
}

/* ---- tests ---- */

static void a_test_gives_its_verdict_again(void **state)
{
    (void)state;
    static const struct {
        double peak_k;
        enum verdict_kind kind;
    } rows[] = {{0.4, VERDICT_PASS}, {1.9, VERDICT_FAIL}};
    for (size_t i = 0; i < 2; i++) {
        struct package_fixture f;
        package_fixture_open_test(&f, folder(), rows[i].peak_k);
        package_fixture_record(&f);
        expect_same(&f, rows[i].kind);
        assert_true(again.readings_length > 1000);
        package_fixture_close(&f);
    }
}

/* Every method that ends in a record; checks of instruments are no records (smogctl rejudge has its own way). */
static void every_method_gives_its_verdict_again(void **state)
{
    (void)state;
    int methods = 0;
    for (const struct session_plan *plan = session_plans; plan->name; plan++) {
        struct package_fixture f;
        if (!procedure_method_by_name(plan->method))
            continue;
        methods++;
        package_fixture_open_session(&f, folder(), plan);
        package_fixture_record(&f);
        expect_same(&f, plan->kind);
        /* one bit of one byte on the wire */
        struct fixture_file *wire = package_fixture_file(&f, "wire/all.rec");
        char *digit = strstr(wire->data + wire->size / 2, " < ");
        digit = strchr(digit + 3, ' ') - 2 * 15 * 2 + 4; /* k in the last block before it */
        *digit = *digit == '0' ? '1' : '0';
        bool still = run(&f) == 0 && again.verdict_same && again.readings_same;
        if (still)
            fail_msg("%s: another value on the wire went unnoticed", plan->name);
        package_fixture_close(&f);
    }
    assert_true(methods >= 11);
}

/* Records of several laws, in turn and again, at one desk; and one whose law was changed behind its back. */
static void a_desk_keeps_nothing_wrong(void **state)
{
    (void)state;
    struct rejudge_desk *desk = rejudge_desk_open(&err);
    struct package_fixture f[4];
    package_fixture_open_test(&f[0], folder(), 1.9);
    package_fixture_open(&f[1], folder(), true);
    package_fixture_open_session(&f[2], folder(), &session_plans[2]);
    package_fixture_open_test(&f[3], folder(), 0.4);
    for (size_t i = 0; i < 4; i++)
        package_fixture_record(&f[i]);
    edit(&f[3], "rules/gb3847-2018.conf", "# ", "#  ");
    static const size_t turns[] = {0, 1, 0, 2, 3, 1, 1, 0, 3, 2};
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        struct rejudge_file files[FIXTURE_FILES_MAX];
        struct package_fixture *one = &f[turns[i]];
        struct rejudge at;
        run(one); /* opens the record */
        for (size_t n = 0; n < one->files_count; n++)
            files[n] = (struct rejudge_file){one->files[n].name, one->files[n].data, one->files[n].size};
        int result = rejudge_at(desk, &at, &record, files, one->files_count, &err);
        assert_int_equal(result, turns[i] == 3 ? -1 : 0);
        if (result == 0)
            assert_true(at.verdict_same && at.readings_same);
        else
            assert_non_null(strstr(err.text, "not the rule pack that the record names"));
        rejudge_close(&at);
    }
    for (size_t i = 0; i < 4; i++)
        package_fixture_close(&f[i]);
    rejudge_desk_close(desk);
}

static void an_altered_test_does_not(void **state)
{
    (void)state;
    struct package_fixture f;
    package_fixture_open_test(&f, folder(), 1.9);
    package_fixture_record(&f);
    edit(&f, "record.json", "\"measured\":\"1.", "\"measured\":\"0.");
    expect_difference(&f, "verdict, line 1: recorded");
    edit(&f, "record.json", "\"measured\":\"0.", "\"measured\":\"1.");
    expect_same(&f, VERDICT_FAIL);
    edit(&f, "readings.csv", ",smoke,k,1.", ",smoke,k,0.");
    expect_difference(&f, "readings.csv, line ");
    edit(&f, "readings.csv", ",smoke,k,0.", ",smoke,k,1.");
    package_fixture_close(&f);
}

static void the_operators_keys_count(void **state)
{
    (void)state;
    struct package_fixture f;
    package_fixture_open_test(&f, folder(), 1.9);
    package_fixture_record(&f);
    const char *keys = NULL;
    for (size_t i = 0; i < f.files_count; i++)
        if (strstr(f.files[i].data, "! key confirm"))
            keys = f.files[i].name;
    assert_non_null(keys);
    edit(&f, keys, "! key confirm", "! key abort not my truck");
    expect_difference(&f, "verdict, line 1");
    assert_int_equal(again.kind, VERDICT_ABORTED);
    package_fixture_close(&f);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"rules/gb3847-2018.conf", "rules/gb3847-2018.conf is missing"},
        {"profiles/opacimeter-generic.conf", "opacimeter-generic"},
        {"readings.csv", "readings.csv is missing"},
        {"wire/a.rec", ""},
        {"wire/b.rec", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package_fixture f;
        package_fixture_open_test(&f, folder(), 0.4);
        package_fixture_record(&f);
        remove_file(&f, rows[i][0]);
        expect_error(&f, rows[i][1]);
        package_fixture_close(&f);
    }
}

static void the_rules_are_the_named_ones(void **state)
{
    (void)state;
    struct package_fixture f;
    package_fixture_open_test(&f, folder(), 0.4);
    package_fixture_record(&f);
    edit(&f, "rules/gb3847-2018.conf", "# ", "#  ");
    expect_error(&f, "not the rule pack that the record names");
    edit(&f, "rules/gb3847-2018.conf", "#  ", "# ");
    edit(&f, "record.json", "\"rule\":\"free-acceleration\"", "\"rule\":\"another\"");
    expect_error(&f, "the record says another");
    package_fixture_close(&f);
}

/* ---- tests that nobody ended ---- */

/* Writes the record of a test that power or daemon left, with its files as they are. */
static void record_lost(struct package_fixture *f)
{
    char text[VERDICT_JSON_MAX];
    struct verdict v = record.judged;
    struct json_writer w;
    v = (struct verdict){.kind = VERDICT_ABORTED, .limit_class = v.limit_class};
    snprintf(v.method, sizeof v.method, "%s", record.judged.method);
    snprintf(v.pack_id, sizeof v.pack_id, "%s", record.judged.pack_id);
    snprintf(v.pack_version, sizeof v.pack_version, "%s", record.judged.pack_version);
    snprintf(v.pack_sha256, sizeof v.pack_sha256, "%s", record.judged.pack_sha256);
    snprintf(v.rule, sizeof v.rule, "%s", record.judged.rule);
    verdict_reason(&v, VERDICT_LOST);
    json_writer_init(&w, text, sizeof text);
    verdict_write(&v, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
    package_fixture_record_with(f, text);
}

static void cut(struct package_fixture *f, const char *name, size_t size)
{
    struct fixture_file *file = package_fixture_file(f, name);
    assert_true(file && size < file->size);
    file->size = size;
    file->data[size] = '\0';
}

static void a_lost_test_stays_lost(void **state)
{
    (void)state;
    struct package_fixture f;
    package_fixture_open_test(&f, folder(), 1.9);
    package_fixture_record(&f);
    expect_same(&f, VERDICT_FAIL);
    /* everything is there: only the commit was lost */
    record_lost(&f);
    expect_same(&f, VERDICT_ABORTED);
    assert_string_equal(again.remark, "the recordings hold a whole test, which would have ended in fail");
    /* cut anywhere, in the middle of a line */
    for (size_t i = 0; i < f.files_count; i++)
        if (strstr(f.files[i].data, "# driver = "))
            cut(&f, f.files[i].name, f.files[i].size / (2 + i));
    cut(&f, "readings.csv", package_fixture_file(&f, "readings.csv")->size / 4);
    record_lost(&f);
    expect_same(&f, VERDICT_ABORTED);
    assert_string_equal(again.remark, "");
    assert_true(again.readings_length > 1000);
    /* what is there must still follow from the wire */
    edit(&f, "readings.csv", ",smoke,k,", ",smoke,k,9");
    record_lost(&f);
    expect_difference(&f, "readings.csv, line");
    /* nothing was saved before the power went */
    remove_file(&f, "readings.csv");
    expect_same(&f, VERDICT_ABORTED);
    package_fixture_close(&f);
}

/* ---- passages ---- */

static void passages_give_their_verdict_again(void **state)
{
    (void)state;
    static const struct {
        struct fixture_passage wire;
        enum verdict_kind kind;
    } rows[] = {
        {{"新B12345", "B", "4.1", "1.2"}, VERDICT_PASS},
        {{"新B12345", "B", "41.3", "1.2"}, VERDICT_SUSPECT},
        {{"新B12345", "A", "41.3", "1.2"}, VERDICT_INVALID}, /* petrol: outside the standard */
        {{"新B12345", "", "41.3", "1.2"}, VERDICT_SUSPECT},
        {{"新B12345", "B", "41.3", "7.9"}, VERDICT_INVALID}, /* wind */
        {{"unreadable", "B", "41.3", "1.2"}, VERDICT_INVALID},
        {{"", "B", "41.3", "1.2"}, VERDICT_INVALID},
    };
    struct package_fixture f;
    package_fixture_open(&f, folder(), true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        package_fixture_wire(&f, &rows[i].wire);
        package_fixture_record(&f);
        expect_same(&f, rows[i].kind);
    }
    package_fixture_close(&f);
}

static void earlier_passages_are_the_basis(void **state)
{
    (void)state;
    static const char before[] = "[{\"day\":\"2026-06-01\",\"exceeded\":[\"opacity\"],\"id\":\"652301-0007-P00000007\","
                                 "\"valid\":true}]";
    struct package_fixture f;
    package_fixture_open(&f, folder(), true);
    f.basis = before;
    package_fixture_record(&f);
    expect_same(&f, VERDICT_FAIL);
    edit(&f, "record.json", "\"exceeded\":[\"opacity\"]", "\"exceeded\":[]");
    expect_difference(&f, "verdict");
    assert_int_equal(again.kind, VERDICT_SUSPECT);
    edit(&f, "record.json", "\"exceeded\":[]", "\"exceeded\":[\"odour\"]");
    expect_error(&f, "unknown quantity, odour");
    package_fixture_close(&f);
}

/* Wind that the device does not tell, from a weather station: valid thanks to it, and to nothing else. */
static void joined_readings_count(void **state)
{
    (void)state;
    struct package_fixture f;
    package_fixture_open(&f, folder(), true);
    package_fixture_wire(&f, &(struct fixture_passage){"新B12345", "B", "41.3", ""});
    package_fixture_record(&f);
    expect_same(&f, VERDICT_INVALID);
    f.instruments = "[{\"name\":\"rsd1\"},{\"join_ms\":5000,\"name\":\"weather\"}]";
    f.joined = "[{\"age_ms\":420,\"instrument\":\"weather\",\"quality\":\"ok\",\"quantity\":\"wind_speed\","
               "\"unit\":\"m/s\",\"value\":\"1.8\"}]";
    package_fixture_record(&f);
    assert_non_null(strstr(package_fixture_file(&f, "readings.csv")->data, "\n-420,weather,wind_speed,1.8,m/s,ok\n"));
    expect_same(&f, VERDICT_SUSPECT);
    edit(&f, "readings.csv", "wind_speed,1.8", "wind_speed,1.9");
    expect_difference(&f, "readings.csv, line");
    edit(&f, "readings.csv", "wind_speed,1.9", "wind_speed,1.8");
    edit(&f, "record.json", "\"value\":\"1.8\"", "\"value\":\"6.8\"");
    expect_difference(&f, "verdict");
    assert_int_equal(again.kind, VERDICT_INVALID);
    edit(&f, "record.json", "\"value\":\"6.8\"", "\"value\":\"1.8\"");
    edit(&f, "record.json", "\"age_ms\":420", "\"age_ms\":5001");
    expect_error(&f, "wind_speed of 5001 ms before the passage cannot be joined from weather");
    edit(&f, "record.json", "\"age_ms\":5001", "\"age_ms\":420");
    edit(&f, "record.json", "\"name\":\"weather\"", "\"name\":\"weathen\"");
    expect_error(&f, "cannot be joined from weather");
    package_fixture_wire(&f, &(struct fixture_passage){"新B12345", "B", "41.3", "1.2"});
    f.joined = NULL;
    package_fixture_record(&f);
    edit(&f, "record.json", "\"kind\":\"passage\"",
         "\"joined\":[{\"age_ms\":1,\"instrument\":\"weather\",\"quality\":\"ok\",\"quantity\":\"wind_speed\","
         "\"unit\":\"m/s\",\"value\":\"1.8\"}],\"kind\":\"passage\"");
    expect_error(&f, "told by the device itself");
    package_fixture_close(&f);
}

static void the_vehicle_is_the_one_on_the_wire(void **state)
{
    (void)state;
    struct package_fixture f;
    package_fixture_open(&f, folder(), true);
    package_fixture_record(&f);
    edit(&f, "record.json", "新B12345", "新B54321");
    expect_error(&f, "not the one that rsd1 reported");
    package_fixture_close(&f);
}

static void a_passage_that_no_rule_fits(void **state)
{
    (void)state;
    char text[VERDICT_JSON_MAX];
    struct verdict v = {.kind = VERDICT_INVALID, .method = "remote-sensing"};
    struct json_writer w;
    struct package_fixture f;
    package_fixture_open(&f, folder(), true);
    package_fixture_record(&f);
    f.pack = NULL;
    remove_file(&f, "rules/hj845-2017.conf");
    verdict_reason(&v, "rule: none for 2016-01-01");
    json_writer_init(&w, text, sizeof text);
    verdict_write(&v, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
    package_fixture_record_with(&f, text);
    expect_same(&f, VERDICT_INVALID);
    edit(&f, "record.json", "\"rule: none", "\"none");
    expect_error(&f, "does not say that none was found");
    package_fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_test_gives_its_verdict_again),
        cmocka_unit_test(every_method_gives_its_verdict_again),
        cmocka_unit_test(a_desk_keeps_nothing_wrong),
        cmocka_unit_test(an_altered_test_does_not),
        cmocka_unit_test(the_operators_keys_count),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(the_rules_are_the_named_ones),
        cmocka_unit_test(a_lost_test_stays_lost),
        cmocka_unit_test(passages_give_their_verdict_again),
        cmocka_unit_test(earlier_passages_are_the_basis),
        cmocka_unit_test(the_vehicle_is_the_one_on_the_wire),
        cmocka_unit_test(a_passage_that_no_rule_fits),
        cmocka_unit_test(joined_readings_count),
    };
    return cmocka_run_group_tests(tests, NULL, close_run);
}
