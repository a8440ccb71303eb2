/* Zero before and after a test: in the shipped law of free acceleration, at every boundary, and from the wire. */
#include "station/core/zero_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"
#include "tests/support/truck.h"

enum { FOREVER = 2000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct vehicle vehicle;
static struct truck truck;
static struct truck_run run;

static int open_law(void **state)
{
    (void)state;
    pack = law_open("gb3847-2018");
    rule = law_rule(pack, "free-acceleration");
    truck = truck_make(0.4);
    truck.k_digits = 3;
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void start(void)
{
    truck_start(&run, &truck, pack, rule, &vehicle, 5000);
}

static const struct verdict *finish(void)
{
    assert_true(truck_run(&run, FOREVER));
    assert_int_equal(run.finishes, 1);
    assert_int_equal(run.marks, run.procedure.verdict.marks_count);
    return &run.procedure.verdict;
}

static void go_to(enum prompt prompt, int64_t value)
{
    int64_t until = 0;
    while (!(run.prompt == prompt && run.prompt_value == value) && until < FOREVER)
        truck_run(&run, until += 10);
    assert_int_equal(run.prompt, prompt);
    assert_int_equal(run.prompt_value, value);
}

static const struct verdict_mark *mark(const char *kind, int number)
{
    const struct verdict *v = &run.procedure.verdict;
    for (size_t i = 0; i < v->marks_count; i++)
        if (strcmp(v->marks[i].kind, kind) == 0 && v->marks[i].number == number)
            return &v->marks[i];
    fail_msg("no mark %s %d", kind, number);
    return NULL;
}

static void both_readings_stand_in_the_verdict(void **state)
{
    (void)state;
    truck.zero_k[0] = 0.010;
    truck.zero_k[1] = 0.034;
    start();
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_PASS);
    assert_int_equal(v->marks_count, 8);
    assert_int_equal(v->reasons_count, 0);
    const struct verdict_mark *before = mark("zero-before", 1);
    const struct verdict_mark *after = mark("zero-after", 1);
    assert_true(before->counted && after->counted);
    assert_int_equal(before->quantity, QUANTITY_K);
    assert_int_equal(decimal_compare(before->value, law_decimal("0.010")), 0);
    assert_int_equal(decimal_compare(after->value, law_decimal("0.034")), 0);
    assert_true(before->to_ms < mark("purge", 1)->from_ms && after->from_ms > mark("acceleration", 3)->to_ms);
    assert_true(before->to_ms - before->from_ms >= 3000 && before->to_ms - before->from_ms <= 3100);
    assert_int_equal(run.prompts[PROMPT_ZERO_CHECK], 2);
    assert_int_equal(run.prompts[PROMPT_ZERO_WAIT], 2);
    assert_int_equal(run.prompts[PROMPT_ZERO_INSTRUMENT], 0);
}

/* Tolerance 0.05 about zero, drift 0.05: rounded half to even to two digits. */
static void every_boundary(void **state)
{
    (void)state;
    static const struct {
        double before, after;
        bool zero_good;
        enum verdict_kind kind;
    } rows[] = {
        {0.049, 0.049, true, VERDICT_PASS},   {0.050, 0.050, true, VERDICT_PASS},
        {0.055, 0.055, false, VERDICT_PASS},  {0.054, 0.054, true, VERDICT_PASS},
        {-0.050, -0.050, true, VERDICT_PASS}, {-0.056, 0, false, VERDICT_PASS},
        {0, 0.050, true, VERDICT_PASS},       {0, 0.054, true, VERDICT_PASS},
        {0, 0.055, true, VERDICT_INVALID},    {0, 0.056, true, VERDICT_INVALID},
        {0.050, 0.000, true, VERDICT_PASS},   {0.040, -0.016, true, VERDICT_INVALID},
        {-0.020, 0.030, true, VERDICT_PASS},  {-0.030, 0.026, true, VERDICT_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        truck.zero_k[0] = rows[i].before;
        truck.zero_k[1] = rows[i].after;
        start();
        go_to(PROMPT_ZERO_WAIT, 1);
        while (run.prompt == PROMPT_ZERO_WAIT)
            truck_run(&run, run.now_ms - run.t0_ms + 10);
        if ((run.prompt == PROMPT_INSERT_PROBE) != rows[i].zero_good)
            fail_msg("row %zu: %s", i, prompt_name(run.prompt));
        if (!rows[i].zero_good)
            continue;
        const struct verdict *v = finish();
        if (v->kind != rows[i].kind)
            fail_msg("row %zu: %s", i, verdict_kind_name(v->kind));
    }
}

static void drift_makes_pass_and_fail_invalid(void **state)
{
    (void)state;
    for (int smoky = 0; smoky < 2; smoky++) {
        truck.peak_k[0] = smoky ? 1.9 : 0.4;
        truck.zero_k[1] = -0.2;
        start();
        const struct verdict *v = finish();
        assert_int_equal(v->kind, VERDICT_INVALID);
        assert_int_equal(v->values_count, 1);
        assert_int_equal(v->values[0].exceeded, smoky);
        assert_int_equal(v->reasons_count, 1);
        assert_string_equal(v->reasons[0], "zero: drifted by -0.200000, allowed 0.05");
        assert_false(mark("zero-after", 1)->counted);
    }
}

static void a_wrong_zero_is_set_right_and_read_again(void **state)
{
    (void)state;
    truck.zero_k[0] = 0.3;
    start();
    assert_false(run.procedure.takes_zero);
    go_to(PROMPT_ZERO_CHECK, 1);
    assert_true(run.procedure.takes_zero);
    go_to(PROMPT_ZERO_WAIT, 1);
    assert_false(run.procedure.takes_zero);
    go_to(PROMPT_ZERO_INSTRUMENT, 1);
    assert_true(run.procedure.takes_zero);
    go_to(PROMPT_ZERO_INSTRUMENT, 2); /* confirmed, and still wrong */
    truck.zero_k[0] = 0.001;
    go_to(PROMPT_INSERT_PROBE, 0);
    assert_false(run.procedure.takes_zero);
    assert_int_equal(finish()->kind, VERDICT_PASS);
    assert_string_equal(mark("zero-before", 1)->note, "beyond 0.05 of zero");
    assert_false(mark("zero-before", 2)->counted);
    assert_true(mark("zero-before", 3)->counted);
    assert_int_equal(run.procedure.verdict.marks_count, 10);
    assert_false(run.procedure.takes_zero);
}

static void an_instrument_that_never_reads_zero_ends_the_test(void **state)
{
    (void)state;
    truck.zero_k[0] = 0.3;
    start();
    const struct verdict *v = finish();
    assert_int_equal(v->kind, VERDICT_ABORTED);
    assert_string_equal(v->reasons[0], "zero was off too often: see the marks");
    assert_int_equal(v->marks_count, VERDICT_MARKS_MAX);
}

/* Time limit, loss, unfit state and abort while zero is read, before and after. */
static void what_ends_a_test_ends_it_here_too(void **state)
{
    (void)state;
    static const enum prompt prompts[] = {PROMPT_ZERO_CHECK, PROMPT_ZERO_WAIT};
    for (int which = 1; which <= 2; which++)
        for (size_t i = 0; i < 2; i++)
            for (int end = 0; end < 3; end++) {
                start();
                go_to(prompts[i], which);
                run.passive = true;
                run.act_ms = -1;
                if (end == 0) {
                    truck_event(&run, (struct procedure_event){.kind = PROCEDURE_LOST, .text = "smoke"});
                } else if (end == 1) {
                    truck_key(&run, KEY_ABORT, "rain");
                } else {
                    run.disturb = NULL;
                    while (!run.procedure.finished && run.prompt != PROMPT_INSERT_PROBE)
                        truck_run(&run, run.now_ms - run.t0_ms + 1000);
                    assert_true(run.procedure.finished || which == 1);
                    truck_run(&run, FOREVER);
                }
                const struct verdict *v = &run.procedure.verdict;
                assert_true(run.procedure.finished);
                bool read = end == 2 && which == 2 && prompts[i] == PROMPT_ZERO_WAIT;
                assert_int_equal(v->kind, read ? VERDICT_PASS : VERDICT_ABORTED);
                assert_int_equal(v->values_count, read);
                if (end == 2 && !read)
                    assert_string_equal(v->reasons[0], "time limit: no result within 900.0 s");
            }
}

static void an_unfit_instrument_begins_again_before_and_ends_it_after(void **state)
{
    (void)state;
    for (int which = 1; which <= 2; which++) {
        start();
        go_to(PROMPT_ZERO_WAIT, which);
        truck_event(&run,
                    (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_ZEROING, .text = "smoke"});
        if (which == 2) {
            assert_true(run.procedure.finished);
            assert_string_equal(run.procedure.verdict.reasons[0], "instrument smoke: zeroing");
            continue;
        }
        assert_int_equal(run.prompt, PROMPT_WAIT_INSTRUMENT);
        truck_event(&run, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = STATUS_OK, .text = "smoke"});
        go_to(PROMPT_ZERO_CHECK, 1);
        assert_int_equal(finish()->kind, VERDICT_PASS);
        assert_int_equal(mark("zero-before", 2)->number, 2);
    }
}

static enum quality doubt;
static int64_t doubt_until_ms;

static int spoil(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    (void)r;
    for (size_t i = 0; i < sample->count && t_ms < doubt_until_ms; i++)
        if (sample->readings[i].quantity == QUANTITY_K) {
            sample->readings[i].quality = doubt;
            sample->readings[i].value = law_decimal("9.999");
        }
    return 1;
}

static void readings_that_are_not_good_are_no_zero(void **state)
{
    (void)state;
    for (doubt = QUALITY_WARM_UP; doubt < QUALITY_COUNT; doubt++) {
        start();
        go_to(PROMPT_ZERO_WAIT, 1);
        truck_run(&run, run.now_ms - run.t0_ms + 5000); /* into the time that is read */
        assert_int_equal(run.prompt, PROMPT_ZERO_WAIT);
        doubt_until_ms = run.now_ms - run.t0_ms + 10000;
        run.disturb = spoil;
        truck_run(&run, doubt_until_ms + 2800);
        assert_int_equal(run.prompt, PROMPT_ZERO_WAIT); /* the time began anew */
        assert_int_equal(finish()->kind, VERDICT_PASS);
        assert_int_equal(decimal_compare(mark("zero-before", 1)->value, law_decimal("0")), 0);
    }
}

/* What is left in tube and chamber when the operator confirms is not read. */
static int remains(struct truck_run *r, struct sample *sample, int64_t t_ms)
{
    if (r->prompt == PROMPT_ZERO_WAIT && t_ms < doubt_until_ms)
        sample->readings[0].value = law_decimal("2.5");
    return 1;
}

static void the_settling_is_not_read(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        start();
        run.disturb = remains;
        go_to(PROMPT_ZERO_CHECK, 1);
        doubt_until_ms = run.act_ms - run.t0_ms + 3000 + (late ? 100 : 0); /* one sample too long */
        while (run.prompt != PROMPT_INSERT_PROBE && run.prompt != PROMPT_ZERO_INSTRUMENT)
            truck_run(&run, run.now_ms - run.t0_ms + 10);
        assert_int_equal(run.prompt, late ? PROMPT_ZERO_INSTRUMENT : PROMPT_INSERT_PROBE);
    }
}

static void at_least_so_many_readings(void **state)
{
    (void)state;
    truck.k_every_ms = 1000;
    law_set(rule, "zero-samples", "7");
    start();
    assert_int_equal(finish()->marks_count, 8);
    const struct verdict_mark *m = mark("zero-before", 1);
    assert_true(m->to_ms - m->from_ms >= 6000 && m->to_ms - m->from_ms <= 7000);
}

static void the_parameters_come_together(void **state)
{
    (void)state;
    static const char *const names[] = {"zero-settle", "zero-time", "zero-samples", "zero-tolerance", "zero-drift"};
    for (size_t i = 0; i < 5; i++) {
        struct err err = {0};
        struct rule_pack *broken = law_open("gb3847-2018");
        law_drop(law_rule(broken, "free-acceleration"), names[i]);
        assert_int_equal(procedure_check_pack(broken, "law.conf", &err), -1);
        assert_non_null(strstr(err.text, names[i]));
        law_drop(law_rule(broken, "free-acceleration"), "zero-");
        assert_int_equal(procedure_check_pack(broken, "law.conf", &err), 0);
        free(broken);
    }
    struct err err = {0};
    law_set(rule, "zero-drift", "-0.01");
    assert_int_equal(procedure_check_pack(pack, "law.conf", &err), -1);
    assert_non_null(strstr(err.text, "must not be below 0"));
}

int main(void)
{
#define LAW(test) cmocka_unit_test_setup_teardown(test, open_law, close_law)
    const struct CMUnitTest tests[] = {
        LAW(both_readings_stand_in_the_verdict),
        LAW(every_boundary),
        LAW(drift_makes_pass_and_fail_invalid),
        LAW(a_wrong_zero_is_set_right_and_read_again),
        LAW(an_instrument_that_never_reads_zero_ends_the_test),
        LAW(what_ends_a_test_ends_it_here_too),
        LAW(an_unfit_instrument_begins_again_before_and_ends_it_after),
        LAW(readings_that_are_not_good_are_no_zero),
        LAW(the_settling_is_not_read),
        LAW(at_least_so_many_readings),
        LAW(the_parameters_come_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
