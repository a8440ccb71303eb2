/* Checks of an instrument: zero, span with a reference, leak test; when they are due; what the station is held to. */
#include "station/core/metrology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"

/* ---- a check in virtual time: 10 samples/s ---- */

enum { STEP_MS = 100 };

static struct {
    struct procedure procedure;
    struct rule_pack *pack;
    int64_t now_ms, wake_ms;
    bool finished;
} bench;

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit)
{
    (void)ctx, (void)prompt, (void)value, (void)limit;
}

static void on_wake(void *ctx, int64_t at_ms)
{
    (void)ctx;
    bench.wake_ms = at_ms;
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    (void)ctx, (void)mark;
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    (void)ctx;
    assert_ptr_equal(verdict, &bench.procedure.verdict);
    assert_false(bench.finished);
    bench.finished = true;
}

static const struct procedure_host host = {NULL, on_prompt, on_wake, on_mark, on_finish};

static void step(struct procedure_event event)
{
    event.t_ms = bench.now_ms;
    bench.procedure.method->step(&bench.procedure, &event, &host);
}

static void pass_time(int64_t ms)
{
    int64_t until = bench.now_ms + ms;
    while (bench.wake_ms >= 0 && bench.wake_ms <= until) {
        bench.now_ms = bench.wake_ms;
        bench.wake_ms = -1;
        step((struct procedure_event){.kind = PROCEDURE_WAKE});
    }
    bench.now_ms = until;
}

static void key(enum procedure_key which, const char *text)
{
    step((struct procedure_event){.kind = PROCEDURE_KEY, .key = which, .text = text});
}

static void status(enum instrument_status now)
{
    step((struct procedure_event){.kind = PROCEDURE_STATUS, .status = now, .text = "smoke"});
}

static void reading(enum quantity quantity, const char *value, enum quality quality)
{
    struct sample sample = {.t_ms = bench.now_ms};
    sample_add(&sample, quantity, quality, law_decimal(value));
    step((struct procedure_event){.kind = PROCEDURE_READING, .sample = &sample, .text = "smoke"});
}

/* Readings of that value for so long. */
static void readings(enum quantity quantity, const char *value, int64_t ms)
{
    for (int64_t end = bench.now_ms + ms; bench.now_ms < end && !bench.finished;) {
        reading(quantity, value, QUALITY_OK);
        pass_time(STEP_MS);
    }
}

/* With the shipped figures: settles 5 s, measures 10 s. */
static void begin(const char *method)
{
    static const struct vehicle nobody;
    struct err err = {0};
    free(bench.pack);
    bench.pack = law_open("metrology-cn");
    bench.now_ms = 7000;
    bench.wake_ms = -1;
    bench.finished = false;
    bench.procedure.method = metrology_method_by_name(method);
    assert_non_null(bench.procedure.method);
    if (bench.procedure.method->init(&bench.procedure, bench.pack, law_rule(bench.pack, method), &nobody, LIMIT_CLASS_A,
                                     &err) != 0)
        fail_msg("%s", err.text);
    step((struct procedure_event){.kind = PROCEDURE_START});
}

static void assert_verdict(enum verdict_kind kind, const char *reason)
{
    const struct verdict *v = &bench.procedure.verdict;
    assert_true(bench.finished);
    if (v->kind != kind)
        fail_msg("%s: %s", verdict_kind_name(v->kind), v->reasons_count ? v->reasons[0] : "");
    if (!reason) {
        assert_int_equal(v->reasons_count, 0);
        return;
    }
    assert_true(v->reasons_count > 0);
    assert_string_equal(v->reasons[0], reason);
}

static const struct verdict_mark *mark(const char *kind)
{
    static const struct verdict_mark none;
    for (size_t i = 0; i < bench.procedure.verdict.marks_count; i++)
        if (strcmp(bench.procedure.verdict.marks[i].kind, kind) == 0)
            return &bench.procedure.verdict.marks[i];
    fail_msg("no mark '%s'", kind);
    return &none;
}

/* ---- zero ---- */

static void zero_is_held_against_the_tolerance_after_rounding(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum verdict_kind kind;
        const char *reason;
    } rows[] = {
        {"0.0", VERDICT_PASS, NULL},
        {"0.2", VERDICT_PASS, NULL},
        {"-0.2", VERDICT_PASS, NULL},
        {"0.24", VERDICT_PASS, NULL}, /* rounds to 0.2 */
        {"0.25", VERDICT_PASS, NULL}, /* half to even */
        {"0.250001", VERDICT_FAIL, "opacity: 0.3 % off, 0.2 allowed"},
        {"0.3", VERDICT_FAIL, "opacity: 0.3 % off, 0.2 allowed"},
        {"-0.26", VERDICT_FAIL, "opacity: 0.3 % off, 0.2 allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin("zero-opacimeter");
        key(KEY_CONFIRM, "");
        readings(QUANTITY_OPACITY, rows[i].value, 20000);
        assert_verdict(rows[i].kind, rows[i].reason);
        assert_int_equal(bench.procedure.verdict.duration_ms, 15000);
        assert_int_equal(bench.procedure.verdict.values_count, 1);
    }
}

static void only_what_comes_after_settling_counts(void **state)
{
    (void)state;
    begin("zero-opacimeter");
    readings(QUANTITY_K, "3.00", 2000); /* nobody has said yet that the air is clean */
    key(KEY_CONFIRM, "");
    readings(QUANTITY_K, "3.00", 4900);
    readings(QUANTITY_K, "0.01", 20000);
    assert_verdict(VERDICT_PASS, NULL);
    const struct verdict_mark *mean = mark("mean");
    assert_int_equal(mean->number, 100);
    assert_int_equal(mean->from_ms, 7000);
    assert_int_equal(mean->to_ms, 16900);
    assert_int_equal(mean->value.units, 10000);
    assert_int_equal(mean->value.digits, 6);
    assert_true(mean->counted);
}

static void the_mean_is_of_all_readings_and_their_spread_is_told(void **state)
{
    (void)state;
    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    pass_time(5000);
    readings(QUANTITY_OPACITY, "0.4", 5000);
    readings(QUANTITY_OPACITY, "0.0", 10000);
    assert_verdict(VERDICT_PASS, NULL); /* 0.4 apart: twice the tolerance, as allowed */
    assert_int_equal(mark("mean")->value.units, 200000);
    assert_int_equal(mark("lowest")->value.units, 0);
    assert_int_equal(mark("highest")->value.units, 400000);

    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    pass_time(5000);
    reading(QUANTITY_OPACITY, "-0.1", QUALITY_OK);
    readings(QUANTITY_OPACITY, "0.4", 5000);
    readings(QUANTITY_OPACITY, "0.0", 10000);
    assert_verdict(VERDICT_FAIL, "opacity: unsteady, -0.100000 to 0.400000 %");
}

static void a_status_that_is_not_ok_begins_again(void **state)
{
    (void)state;
    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    readings(QUANTITY_K, "2.00", 9000);
    status(STATUS_ZEROING);
    readings(QUANTITY_K, "2.00", 30000); /* however long */
    assert_false(bench.finished);
    status(STATUS_OK);
    readings(QUANTITY_K, "0.00", 14900);
    assert_false(bench.finished);
    readings(QUANTITY_K, "0.00", 200);
    assert_verdict(VERDICT_PASS, NULL);
    assert_int_equal(mark("mean")->number, 100);
}

static void what_is_not_good_does_not_count(void **state)
{
    (void)state;
    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    pass_time(5000);
    for (int i = 0; i < 50; i++)
        reading(QUANTITY_K, "1.00", QUALITY_SUSPECT);
    for (int i = 0; i < 9; i++)
        reading(QUANTITY_K, "0.00", QUALITY_OK);
    pass_time(20000);
    assert_verdict(VERDICT_ABORTED, "k: 9 good readings, 10 are needed");

    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    pass_time(5000);
    for (int i = 0; i < 50; i++)
        reading(QUANTITY_K, "1.00", QUALITY_SUSPECT);
    for (int i = 0; i < 10; i++)
        reading(QUANTITY_K, "0.00", QUALITY_OK);
    pass_time(20000);
    assert_verdict(VERDICT_PASS, NULL);

    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    readings(QUANTITY_RPM, "800", 30000);
    assert_verdict(VERDICT_ABORTED, "no good reading of what is checked");
}

static void it_ends_however_the_instrument_behaves(void **state)
{
    (void)state;
    begin("zero-opacimeter");
    pass_time(179999);
    assert_false(bench.finished);
    pass_time(1);
    assert_verdict(VERDICT_ABORTED, "time: no result within 180 s");

    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    status(STATUS_WARMING);
    pass_time(180000);
    assert_verdict(VERDICT_ABORTED, "time: no result within 180 s, the instrument says warming");

    begin("zero-opacimeter");
    key(KEY_CONFIRM, "");
    step((struct procedure_event){.kind = PROCEDURE_LOST, .text = "smoke"});
    assert_verdict(VERDICT_ABORTED, "instrument smoke lost");
    readings(QUANTITY_K, "0.00", 30000); /* nothing happens any more */

    begin("zero-opacimeter");
    key(KEY_ABORT, "hose fell off");
    assert_verdict(VERDICT_ABORTED, "operator: hose fell off");
}

/* ---- span ---- */

static void span_is_held_against_the_filter(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum verdict_kind kind;
        const char *reason;
    } rows[] = {
        {"1.71", VERDICT_PASS, NULL},
        {"1.66", VERDICT_PASS, NULL},
        {"1.76", VERDICT_PASS, NULL},
        {"1.764", VERDICT_PASS, NULL},
        {"1.775", VERDICT_FAIL, "k: 0.06 1/m off, 0.05 allowed"},
        {"1.65", VERDICT_FAIL, "k: 0.06 1/m off, 0.05 allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin("span-opacimeter");
        key(KEY_OBSERVE, "k=1.71");
        key(KEY_CONFIRM, "");
        readings(QUANTITY_K, rows[i].value, 20000);
        assert_verdict(rows[i].kind, rows[i].reason);
        assert_int_equal(mark("reference")->value.units, 171);
    }
}

static void a_filter_that_does_not_fit_gives_no_result(void **state)
{
    (void)state;
    static const struct {
        const char *reference, *reason;
    } rows[] = {
        {"k=1.59", "reference: k 1.59 1/m is outside the range that is checked"},
        {"k=1.81", "reference: k 1.81 1/m is outside the range that is checked"},
        {"co=3.5", "reference: none of what is checked is known of it"},
        {"nonsense", "reference: none of what is checked is known of it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin("span-opacimeter");
        key(KEY_OBSERVE, rows[i].reference);
        key(KEY_CONFIRM, "");
        assert_verdict(VERDICT_ABORTED, rows[i].reason);
    }
    static const char *const good[] = {"k=1.60", "k=1.80"};
    for (size_t i = 0; i < 2; i++) {
        begin("span-opacimeter");
        key(KEY_OBSERVE, good[i]);
        key(KEY_CONFIRM, "");
        key(KEY_OBSERVE, "k=1.70"); /* too late */
        readings(QUANTITY_K, good[i] + 2, 20000);
        assert_verdict(VERDICT_PASS, NULL);
    }
}

static void a_large_concentration_may_be_off_by_its_share(void **state)
{
    (void)state;
    static const struct {
        const char *reference, *value;
        enum verdict_kind kind;
    } rows[] = {
        {"no=100", "125", VERDICT_PASS},   {"no=100", "126", VERDICT_FAIL},   {"no=3000", "3150", VERDICT_PASS},
        {"no=3000", "2850", VERDICT_PASS}, {"no=3000", "3151", VERDICT_FAIL}, {"no=3000 co=3.5", "3000", VERDICT_PASS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin("span-gas-analyzer");
        key(KEY_OBSERVE, rows[i].reference);
        key(KEY_CONFIRM, "");
        readings(QUANTITY_NO, rows[i].value, 40000);
        assert_int_equal(bench.procedure.verdict.kind, rows[i].kind);
    }
}

static void references_are_read(void **state)
{
    (void)state;
    struct metrology_reference r;
    assert_true(metrology_reference_parse(" k=1.71  opacity=52.1", &r));
    assert_true(r.has[QUANTITY_K] && r.has[QUANTITY_OPACITY] && !r.has[QUANTITY_CO]);
    assert_int_equal(r.value[QUANTITY_OPACITY].units, 521);
    static const char *const bad[] = {"",     " ",           "k",      "k=",         "k=x",
                                      "1.71", "k=1.7 k=1.7", "soot=1", "k=100000.1", "k=1.7,"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(metrology_reference_parse(bad[i], &r));
}

/* ---- leak test ---- */

static void a_leak_test_passes_when_the_instrument_finds_none(void **state)
{
    (void)state;
    begin("leak-test-gas-analyzer");
    key(KEY_OBSERVE, "none");
    key(KEY_CONFIRM, "");
    status(STATUS_BUSY);
    pass_time(12000);
    status(STATUS_OK);
    readings(QUANTITY_CO, "0.00", 30000);
    assert_verdict(VERDICT_PASS, NULL);
    assert_int_equal(bench.procedure.verdict.duration_ms, 22000);

    begin("leak-test-gas-analyzer");
    key(KEY_OBSERVE, "none");
    key(KEY_CONFIRM, "");
    status(STATUS_BUSY);
    pass_time(12000);
    status(STATUS_LEAK);
    assert_verdict(VERDICT_FAIL, "leak: smoke finds one");

    begin("leak-test-gas-analyzer");
    key(KEY_OBSERVE, "leak");
    key(KEY_CONFIRM, "");
    assert_verdict(VERDICT_FAIL, "leak: the instrument's test showed one");

    begin("leak-test-gas-analyzer");
    key(KEY_CONFIRM, "");
    assert_verdict(VERDICT_ABORTED, "leak: nobody said what the instrument's test showed");

    begin("leak-test-gas-analyzer"); /* silence is no result */
    key(KEY_OBSERVE, "none");
    key(KEY_CONFIRM, "");
    pass_time(30000);
    assert_verdict(VERDICT_ABORTED, "no good reading of what is checked");
}

/* ---- when, which, what ---- */

static void checks_fall_due_by_the_calendar(void **state)
{
    (void)state;
    static const struct civil_date never;
    assert_true(metrology_due(never, law_day("2026-07-01"), 1));
    assert_false(metrology_due(law_day("2026-07-01"), law_day("2026-07-01"), 1));
    assert_true(metrology_due(law_day("2026-06-30"), law_day("2026-07-01"), 1));
    assert_false(metrology_due(law_day("2026-06-02"), law_day("2026-07-01"), 30));
    assert_true(metrology_due(law_day("2026-06-01"), law_day("2026-07-01"), 30));
    assert_false(metrology_due(never, law_day("2026-07-01"), 0));
}

static void instruments_have_a_kind(void **state)
{
    (void)state;
    static const enum quantity smoke[] = {QUANTITY_RPM, QUANTITY_K, QUANTITY_COUNT};
    static const enum quantity both[] = {QUANTITY_NO, QUANTITY_OPACITY, QUANTITY_COUNT};
    static const enum quantity gas[] = {QUANTITY_RPM, QUANTITY_CO2, QUANTITY_COUNT};
    static const enum quantity weather[] = {QUANTITY_AIR_TEMP, QUANTITY_COUNT};
    assert_int_equal(metrology_kind_of(smoke), METROLOGY_OPACIMETER);
    assert_int_equal(metrology_kind_of(both), METROLOGY_OPACIMETER);
    assert_int_equal(metrology_kind_of(gas), METROLOGY_GAS_ANALYZER);
    assert_int_equal(metrology_kind_of(weather), METROLOGY_KIND_COUNT);
    for (enum metrology_what what = 0; what < METROLOGY_WHAT_COUNT; what++) {
        assert_int_equal(metrology_what_by_name(metrology_what_name(what)), what);
        const struct procedure_method *method = metrology_method(METROLOGY_GAS_ANALYZER, what);
        assert_ptr_equal(metrology_method_by_name(method->name), method);
        assert_true(method->alone);
    }
    assert_null(metrology_method_by_name("free-acceleration"));
    assert_null(procedure_method_by_name("zero-opacimeter")); /* no test of a vehicle */
}

static void the_rule_of_the_day_is_found(void **state)
{
    (void)state;
    struct rule_pack *pack = law_open("metrology-cn");
    const struct rule_pack *found = NULL;
    const struct rule *rule = metrology_rule(pack, 1, "zero-opacimeter", law_day("2026-07-01"), &found);
    assert_ptr_equal(rule, law_rule(pack, "zero-opacimeter"));
    assert_ptr_equal(found, pack);
    assert_null(metrology_rule(pack, 1, "zero-opacimeter", law_day("2019-04-30"), &found));
    assert_null(metrology_rule(pack, 1, "leak-test-opacimeter", law_day("2026-07-01"), &found));
    struct metrology_station station;
    struct err err = {0};
    assert_int_equal(metrology_station_read(law_rule(pack, "station"), &station, &err), 0);
    assert_int_equal(station.clock_error_max_ms, 1000);
    assert_int_equal(station.calibration_days, 365);
    assert_true(station.certificate_needed);
    assert_false(station.clock_locks);
    free(pack);
}

static void senseless_figures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *param, *value;
    } rows[] = {
        {"zero-opacimeter", "count", "0"},       {"zero-opacimeter", "measure", "175"},
        {"zero-opacimeter", "every-days", "-1"}, {"span-gas-analyzer", "reference-share", "101"},
        {"station", "clock-locks", "2"},         {"station", "disk-reserve", "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule_pack *pack = law_open("metrology-cn");
        struct err err = {0};
        assert_int_equal(procedure_check_pack(pack, "x.conf", &err), 0);
        law_set(law_rule(pack, rows[i].rule), rows[i].param, rows[i].value);
        assert_int_not_equal(procedure_check_pack(pack, "x.conf", &err), 0);
        assert_non_null(strstr(err.text, "x.conf:"));
        free(pack);
    }
}

/* Each figure that a rule needs is asked for by its name, not one of them taken for granted. */
static void what_a_rule_lacks_is_named(void **state)
{
    (void)state;
    static const char *const station[] = {"clock-error-max",    "clock-locks",      "aborts-plate",
                                          "aborts-plate-hours", "aborts-station",   "aborts-station-hours",
                                          "disk-reserve",       "calibration-days", "certificate-needed"};
    static const char *const check[] = {"every-days", "settle", "measure", "count", "spread-share", "time-limit"};
    struct rule_pack *pack = law_open("metrology-cn");
    char named[64];
    for (size_t i = 0; i < sizeof station / sizeof station[0]; i++) {
        struct rule rule = *law_rule(pack, "station");
        struct metrology_station out;
        struct err err = {0};
        law_drop(&rule, station[i]);
        assert_int_equal(metrology_station_read(&rule, &out, &err), -1);
        snprintf(named, sizeof named, "lacks the parameter '%s'", station[i]);
        if (err.code != ERR_INVALID || !strstr(err.text, named))
            fail_msg("%s: %s", station[i], err.text);
        assert_int_equal(metrology_check_rule(pack, &rule, &err), -1);
    }
    for (size_t i = 0; i < sizeof check / sizeof check[0]; i++) {
        struct rule rule = *law_rule(pack, "zero-opacimeter");
        struct err err = {0};
        law_drop(&rule, check[i]);
        assert_int_equal(metrology_check_rule(pack, &rule, &err), -1);
        snprintf(named, sizeof named, "lacks the parameter '%s'", check[i]);
        if (err.code != ERR_INVALID || !strstr(err.text, named))
            fail_msg("%s: %s", check[i], err.text);
    }
    free(pack);
}

static void refuses(struct rule_pack *pack, const struct rule *rule, const char *why)
{
    struct err err = {0};
    assert_int_equal(metrology_check_rule(pack, rule, &err), -1);
    if (err.code != ERR_INVALID || !strstr(err.text, why))
        fail_msg("'%s', not '%s'", err.text, why);
}

static void a_tolerance_is_a_plain_limit(void **state)
{
    (void)state;
    struct rule_pack *pack = law_open("metrology-cn");
    const struct rule *good = law_rule(pack, "zero-opacimeter");
    struct rule rule = *good;
    rule.limits[0].at_least = true;
    refuses(pack, &rule, "is a plain limit");
    rule = *good;
    rule.limits[0].screening = true;
    refuses(pack, &rule, "is a plain limit");
    rule = *good;
    rule.limits[0].point = 80;
    refuses(pack, &rule, "is a plain limit");
    static const char *const values[] = {"-0.1", "100000.1", "9000000000000000000"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        rule = *good;
        rule.limits[0].value[LIMIT_CLASS_A] = law_decimal(values[i]);
        refuses(pack, &rule, "must be from 0 to 100000");
    }
    rule = *good;
    rule.limits_count = 0;
    refuses(pack, &rule, "has no limit: what would it check?");
    free(pack);
}

/* A number too large to be true is no good reading; what comes after the end changes nothing. */
static void nothing_is_made_of_nonsense_or_of_what_comes_late(void **state)
{
    (void)state;
    begin("zero-opacimeter");
    status(STATUS_OK); /* says nothing while nobody has confirmed */
    key(KEY_CONFIRM, "");
    key(KEY_CONFIRM, ""); /* twice is once */
    pass_time(5000);
    for (int i = 0; i < 50; i++)
        reading(QUANTITY_K, "9000000000000000000", QUALITY_OK);
    for (int i = 0; i < 9; i++)
        reading(QUANTITY_K, "0.00", QUALITY_OK);
    pass_time(20000);
    assert_verdict(VERDICT_ABORTED, "k: 9 good readings, 10 are needed");
    key(KEY_ABORT, "too late");
    status(STATUS_LEAK);
    step((struct procedure_event){.kind = PROCEDURE_LOST, .text = "smoke"});
    assert_verdict(VERDICT_ABORTED, "k: 9 good readings, 10 are needed");
    assert_int_equal(bench.procedure.verdict.reasons_count, 1);
}

static void each_gas_makes_an_analyzer(void **state)
{
    (void)state;
    static const enum quantity gases[] = {QUANTITY_NO, QUANTITY_NOX, QUANTITY_HC,
                                          QUANTITY_CO, QUANTITY_CO2, QUANTITY_O2};
    for (size_t i = 0; i < sizeof gases / sizeof gases[0]; i++) {
        const enum quantity measures[] = {QUANTITY_AIR_TEMP, gases[i], QUANTITY_COUNT};
        assert_int_equal(metrology_kind_of(measures), METROLOGY_GAS_ANALYZER);
    }
    static const enum quantity nothing[] = {QUANTITY_COUNT};
    assert_int_equal(metrology_kind_of(nothing), METROLOGY_KIND_COUNT);
    assert_int_equal(metrology_what_by_name("colour"), METROLOGY_WHAT_COUNT);
}

/* A rule ends with its last day; packs are searched in their order. */
static void a_rule_ends_with_its_last_day(void **state)
{
    (void)state;
    struct rule_pack *packs = calloc(2, sizeof *packs), *pack = law_open("metrology-cn");
    const struct rule_pack *found = NULL;
    assert_non_null(packs);
    packs[0] = packs[1] = *pack;
    law_rule(&packs[0], "zero-opacimeter")->to = law_day("2026-06-30");
    assert_ptr_equal(metrology_rule(packs, 2, "zero-opacimeter", law_day("2026-06-30"), &found),
                     law_rule(&packs[0], "zero-opacimeter"));
    assert_ptr_equal(found, &packs[0]);
    assert_ptr_equal(metrology_rule(packs, 2, "zero-opacimeter", law_day("2026-07-01"), &found),
                     law_rule(&packs[1], "zero-opacimeter"));
    assert_ptr_equal(found, &packs[1]);
    assert_null(metrology_rule(packs, 1, "zero-opacimeter", law_day("2026-07-01"), &found));
    assert_null(metrology_rule(packs, 0, "zero-opacimeter", law_day("2026-06-30"), &found));
    assert_true(metrology_knows("span-gas-analyzer") && metrology_knows("station"));
    assert_false(metrology_knows("free-acceleration"));
    free(packs);
    free(pack);
}

static int end(void **state)
{
    (void)state;
    free(bench.pack);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_held_against_the_tolerance_after_rounding),
        cmocka_unit_test(only_what_comes_after_settling_counts),
        cmocka_unit_test(the_mean_is_of_all_readings_and_their_spread_is_told),
        cmocka_unit_test(a_status_that_is_not_ok_begins_again),
        cmocka_unit_test(what_is_not_good_does_not_count),
        cmocka_unit_test(it_ends_however_the_instrument_behaves),
        cmocka_unit_test(span_is_held_against_the_filter),
        cmocka_unit_test(a_filter_that_does_not_fit_gives_no_result),
        cmocka_unit_test(a_large_concentration_may_be_off_by_its_share),
        cmocka_unit_test(references_are_read),
        cmocka_unit_test(a_leak_test_passes_when_the_instrument_finds_none),
        cmocka_unit_test(checks_fall_due_by_the_calendar),
        cmocka_unit_test(instruments_have_a_kind),
        cmocka_unit_test(the_rule_of_the_day_is_found),
        cmocka_unit_test(senseless_figures_are_refused),
        cmocka_unit_test(what_a_rule_lacks_is_named),
        cmocka_unit_test(a_tolerance_is_a_plain_limit),
        cmocka_unit_test(nothing_is_made_of_nonsense_or_of_what_comes_late),
        cmocka_unit_test(each_gas_makes_an_analyzer),
        cmocka_unit_test(a_rule_ends_with_its_last_day),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
