/* Ringelmann grades by an observer, and the check of the control units, by the shipped pack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/core/obd_check.h"
#include "station/core/ringelmann.h"
#include "tests/support/law.h"
#include "tests/support/script.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct vehicle vehicle;
static struct script run;

static int open_law(void **state)
{
    (void)state;
    pack = law_open("roadside-cn");
    vehicle = (struct vehicle){0};
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void start(const char *name)
{
    rule = law_rule(pack, name);
    script_start(&run, pack, rule, &vehicle, LIMIT_CLASS_A, 3000);
}

static void must_end(enum verdict_kind kind, const char *first_reason)
{
    const struct verdict *v = &run.procedure.verdict;
    assert_true(run.procedure.finished);
    assert_int_equal(run.finishes, 1);
    assert_int_equal(v->kind, kind);
    if (first_reason)
        assert_string_equal(v->reasons[0], first_reason);
    assert_int_equal(v->reasons_count > 0, first_reason != NULL);
}

/* ---- Ringelmann ---- */

static void the_highest_grade_is_judged(void **state)
{
    (void)state;
    static const struct {
        const char *grades[3];
        enum verdict_kind kind;
        const char *reason;
    } rows[] = {
        {{"0", "1", "0.5"}, VERDICT_PASS, NULL},
        {{"1", "1", "1.0"}, VERDICT_PASS, NULL},
        {{"2", "0", "0"}, VERDICT_FAIL, "ringelmann: 2 > 1"},
        {{"0", "0", "1.5"}, VERDICT_FAIL, "ringelmann: 2 > 1"}, /* half to even: 1.5 is 2 in the limit's digits */
        {{"0", "5", "0"}, VERDICT_FAIL, "ringelmann: 5 > 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start("ringelmann");
        assert_int_equal(run.prompt, PROMPT_OBSERVE);
        for (int n = 0; n < 3; n++) {
            char text[80];
            assert_int_equal(run.prompt_value, n + 1);
            if (n % 2)
                snprintf(text, sizeof text, "photo=p%d.jpg ringelmann=%s", n, rows[i].grades[n]);
            else
                snprintf(text, sizeof text, "ringelmann=%s photo=p%d.jpg", rows[i].grades[n], n);
            script_key(&run, KEY_OBSERVE, text);
        }
        must_end(rows[i].kind, rows[i].reason);
        assert_int_equal(run.procedure.verdict.marks_count, 3);
        assert_string_equal(run.procedure.verdict.marks[1].note, "photo=p1.jpg");
    }
}

static void what_is_no_observation_changes_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NULL,
        "",
        "1",
        "ringelmann=",
        "ringelmann=1",
        "ringelmann=6 photo=a",
        "ringelmann=-1 photo=a",
        "ringelmann=1.2 photo=a",
        "ringelmann=1 ringelmann=1 photo=a",
        "photo=a",
        "ringelmann=1 photo=",
        "ringelmann=1 photo=a photo=b",
        "ringelmann=1 photo=a and=more",
        "ringelmann=0x1 photo=a",
        "ringelmann=1 "
        "photo=0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"};
    start("ringelmann");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        script_key(&run, KEY_OBSERVE, texts[i]);
        script_key(&run, KEY_CONFIRM, NULL);
        if (run.marks != 0)
            fail_msg("'%s' was taken", texts[i]);
        struct err err = {0};
        if (texts[i] && (ringelmann_method.check_observation(&run.procedure, texts[i], &err) == 0 || !err.text[0]))
            fail_msg("'%s' was not refused", texts[i]);
    }
    law_set(rule, "photo-needed", "0");
    law_set(rule, "count", "1");
    start("ringelmann");
    assert_int_equal(ringelmann_method.check_observation(&run.procedure, " ringelmann=1 ", NULL), 0);
    script_key(&run, KEY_OBSERVE, " ringelmann=1 ");
    must_end(VERDICT_PASS, NULL);
}

static void an_observation_has_its_time(void **state)
{
    (void)state;
    start("ringelmann");
    assert_false(script_run(&run, 599999));
    assert_true(script_run(&run, 600000));
    must_end(VERDICT_ABORTED, "time limit: no result within 600.0 s");
    start("ringelmann");
    script_key(&run, KEY_ABORT, "fog");
    must_end(VERDICT_ABORTED, "aborted by the operator: fog");
    script_key(&run, KEY_OBSERVE, "ringelmann=1 photo=a");
    assert_int_equal(run.marks, 0);
}

/* ---- control units ---- */

static void add_text(enum text_kind kind, const char *value)
{
    sample_text_set(&run.texts[run.texts_count++], kind, value, strlen(value));
}

static void start_obd(double mil, double codes)
{
    start("obd-check");
    assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
    script_set(&run, QUANTITY_MIL, mil, 0);
    script_set(&run, QUANTITY_DTC_COUNT, codes, 0);
    assert_true(script_run_to(&run, PROMPT_CONNECT, FOREVER));
}

static const struct verdict *read_obd(void)
{
    script_key(&run, KEY_CONFIRM, NULL);
    assert_int_equal(run.prompt, PROMPT_READ);
    assert_int_equal(run.prompt_limit, 10000);
    assert_true(script_run(&run, FOREVER));
    return &run.procedure.verdict;
}

static void the_lamp_judges_and_codes_are_shown(void **state)
{
    (void)state;
    start_obd(0, 2);
    add_text(TEXT_VIN, "LVBV3JBB8GE123456");
    add_text(TEXT_DTC, "P2002 P0401");
    add_text(TEXT_DTC_PENDING, "");
    add_text(TEXT_READINESS, "catalyst=complete egr=complete");
    add_text(TEXT_ECU, "7E8");
    const struct verdict *v = read_obd();
    must_end(VERDICT_PASS, NULL);
    assert_int_equal(v->values_count, 2);
    assert_true(v->values[1].exceeded && v->values[1].screening);
    static const char *const kinds[] = {"vin", "dtc", "dtc_pending", "readiness"};
    static const char *const notes[] = {"LVBV3JBB8GE123456", "P2002 P0401", "none", "catalyst=complete egr=complete"};
    assert_int_equal(v->marks_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(v->marks[i].kind, kinds[i]);
        assert_string_equal(v->marks[i].note, notes[i]);
    }
    start_obd(1, 1);
    read_obd();
    must_end(VERDICT_FAIL, "mil: 1 > 0");
    assert_int_equal(run.procedure.verdict.marks_count, 0);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(vehicle_set(&vehicle, "vin", "LVBV3JBB8GE999999", FACT_TYPED, "", &err), 0);
    start_obd(0, 0);
    add_text(TEXT_VIN, "LVBV3JBB8GE123456");
    add_text(TEXT_READINESS, "catalyst=incomplete");
    add_text(TEXT_DTC, "P0001 P0002 P0003 P0004 P0005 P0006 P0007 P0008 P0009 P0010 P0011 P0012 P0013 P0014 P0015");
    const struct verdict *v = read_obd();
    must_end(VERDICT_PASS, "vin: the control unit says LVBV3JBB8GE123456, the vehicle is LVBV3JBB8GE999999");
    assert_string_equal(v->reasons[1], "readiness: a monitor is not complete");
    assert_int_equal(strlen(v->marks[1].note), VERDICT_NOTE_MAX - 1);
}

static int spoil_lamp(struct script *s, struct sample *sample)
{
    (void)s;
    sample->readings[0].quality = QUALITY_SUSPECT;
    return 1;
}

static void a_lamp_that_is_not_known_gives_no_verdict(void **state)
{
    (void)state;
    start_obd(0, 0);
    run.disturb = spoil_lamp;
    read_obd();
    must_end(VERDICT_ABORTED, "time limit: no result within 300.0 s");
}

/* What was read before the adapter was confirmed belongs to another vehicle. */
static void nothing_counts_before_the_confirmation(void **state)
{
    (void)state;
    start_obd(1, 3);
    script_run(&run, 60000);
    script_set(&run, QUANTITY_MIL, 0, 0);
    script_set(&run, QUANTITY_DTC_COUNT, 0, 0);
    read_obd();
    must_end(VERDICT_PASS, NULL);
}

/* A vehicle says its VIN once, when it is found. */
static void a_vin_said_before_the_confirmation_counts_while_the_vehicle_is_there(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        start_obd(0, 0);
        add_text(TEXT_VIN, "LVBV3JBB8GE123456");
        script_run(&run, 20000);
        run.texts_count = 0;
        if (lost) {
            script_event(&run, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_STANDBY});
            script_event(&run, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_OK});
            assert_true(script_run_to(&run, PROMPT_CONNECT, FOREVER));
        }
        const struct verdict *v = read_obd();
        must_end(VERDICT_PASS, NULL);
        assert_int_equal(v->marks_count, !lost);
    }
}

static void what_ends_a_check(void **state)
{
    (void)state;
    for (int connected = 0; connected < 2; connected++) {
        start_obd(0, 0);
        if (connected)
            script_key(&run, KEY_CONFIRM, NULL);
        script_event(&run,
                     (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_INTERNAL, .text = "obd"});
        if (connected)
            must_end(VERDICT_ABORTED, "instrument obd: internal");
        else
            assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
        start_obd(0, 0);
        if (connected)
            script_key(&run, KEY_CONFIRM, NULL);
        script_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "obd"});
        must_end(VERDICT_ABORTED, "instrument obd lost");
    }
}

static void a_rule_without_its_limit_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"ringelmann", "obd-check"};
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        struct rule_pack *broken = law_open("roadside-cn");
        law_rule(broken, names[i])->limits_count = 0;
        assert_int_equal(procedure_check_pack(broken, "law.conf", &err), -1);
        assert_non_null(strstr(err.text, "has no limit of"));
        free(broken);
    }
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(the_highest_grade_is_judged),
        LAW(what_is_no_observation_changes_nothing),
        LAW(an_observation_has_its_time),
        LAW(the_lamp_judges_and_codes_are_shown),
        LAW(what_does_not_fit_is_told),
        LAW(a_lamp_that_is_not_known_gives_no_verdict),
        LAW(nothing_counts_before_the_confirmation),
        LAW(a_vin_said_before_the_confirmation_counts_while_the_vehicle_is_there),
        LAW(what_ends_a_check),
        LAW(a_rule_without_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
