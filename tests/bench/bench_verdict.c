/*
 * Verdicts: what one costs from a minute of samples, and what it takes to recompute a day of them from the recordings.
 * Beside each figure what merely reading the same bytes costs, in the same run: their SHA-256.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rejudge.h"
#include "reports/sha256.h"
#include "station/core/procedure.h"
#include "tests/bench/figure.h"
#include "tests/support/law.h"
#include "tests/support/package_fixture.h"
#include "tests/support/truck.h"

enum { ROUNDS = 9, SAMPLES_A_MINUTE = 3000, SAMPLE_MS = 20, TESTS = 150, PASSAGES = 10000, EVENTS_MAX = 20000 };

static int missed;

/* ---- the procedure alone ---- */

/* All that a procedure was told in one test, to be told again. */
static struct {
    size_t count, samples_count;
    struct procedure_event events[EVENTS_MAX];
    struct sample samples[EVENTS_MAX];
} told;

static void keep_and_step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    const struct procedure_method *self = p->method;
    assert_true(told.count < EVENTS_MAX);
    struct procedure_event *kept = &told.events[told.count++];
    *kept = *event;
    if (event->sample) {
        told.samples[told.samples_count] = *event->sample;
        kept->sample = &told.samples[told.samples_count++];
    }
    p->method = procedure_method_by_name("free-acceleration");
    p->method->step(p, event, host);
    p->method = self;
}

static void ignore_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit)
{
    (void)ctx, (void)prompt, (void)value, (void)limit;
}

static void ignore_wake(void *ctx, int64_t at_ms)
{
    (void)ctx, (void)at_ms;
}

static void ignore_mark(void *ctx, const struct verdict_mark *mark)
{
    (void)ctx, (void)mark;
}

static void ignore_finish(void *ctx, const struct verdict *verdict)
{
    (void)ctx, (void)verdict;
}

static void know(struct vehicle *vehicle, const char *facts)
{
    char text[128], *save = NULL;
    struct err err = {0};
    snprintf(text, sizeof text, "%s", facts);
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (vehicle_set(vehicle, word, value, FACT_TYPED, "", &err) != 0)
            fail_msg("%s", err.text);
    }
}

/* Processor time of all of it once more, ms. */
static double tell_again(const struct rule_pack *pack, const struct rule *rule, const struct vehicle *vehicle,
                         enum verdict_kind kind)
{
    static struct procedure p;
    const struct procedure_host host = {NULL, ignore_prompt, ignore_wake, ignore_mark, ignore_finish};
    const struct procedure_method *method = procedure_method_by_name(rule->method);
    struct err err = {0};
    double start = figure_cpu();
    assert_int_equal(method->init(&p, pack, rule, vehicle, LIMIT_CLASS_A, &err), 0);
    method->step(&p, &(struct procedure_event){.kind = PROCEDURE_START}, &host);
    for (size_t i = 0; i < told.count; i++)
        method->step(&p, &told.events[i], &host);
    double ms = (figure_cpu() - start) * 1e3;
    assert_true(p.finished && p.verdict.kind == kind);
    return ms;
}

static double hash_samples(void)
{
    struct sha256 h;
    uint8_t digest[32];
    double start = figure_cpu();
    sha256_init(&h);
    for (size_t i = 0; i < told.samples_count; i++)
        sha256_feed(&h, told.samples[i].readings, told.samples[i].count * sizeof(struct reading));
    sha256_finish(&h, digest);
    return (figure_cpu() - start) * 1e3;
}

static void a_verdict(const char *what, const char *pack_id, const char *facts)
{
    static struct truck_run run;
    struct procedure_method keeper;
    double spent[ROUNDS], hashing[ROUNDS];
    char label[80];
    struct truck truck = truck_make(0.4);
    struct vehicle vehicle = {0};
    struct err err = {0};
    const struct rule_pack *found;
    struct rule_pack *pack = law_open(pack_id);
    know(&vehicle, facts);
    const struct rule *rule = rules_select(pack, 1, "free-acceleration", &vehicle, law_day("2026-07-01"), &found, &err);
    if (!rule)
        fail_msg("%s", err.text);
    truck.k_every_ms = truck.rpm_every_ms = SAMPLE_MS;
    truck.k_digits = 3;
    truck.with_rpm = truck.with_opacity = true;
    told.count = told.samples_count = 0;
    truck_start(&run, &truck, pack, rule, &vehicle, 0);
    keeper = *run.procedure.method;
    keeper.step = keep_and_step;
    run.procedure.method = &keeper;
    assert_true(truck_run(&run, 1000000));
    double minutes = (double)told.samples_count / SAMPLES_A_MINUTE;
    for (int i = 0; i < ROUNDS; i++) {
        spent[i] = tell_again(pack, rule, &vehicle, run.procedure.verdict.kind) / minutes;
        hashing[i] = hash_samples() / minutes;
    }
    double median = figure_median(spent, ROUNDS);
    snprintf(label, sizeof label, "verdict: 60 s at 50 Hz, %s", what);
    missed |= figure_bound(label, median, "ms", 1.0, 0);
    figure_print(label, median, "ms", "SHA-256 of the same readings", figure_median(hashing, ROUNDS));
    free(pack);
}

/* ---- a day again ---- */

struct day {
    struct record record;
    struct rejudge_file files[FIXTURE_FILES_MAX];
    size_t count, bytes;
};

static void open_day(struct day *d, struct package_fixture *f)
{
    struct err err = {0};
    package_fixture_record(f);
    const struct fixture_file *text = package_fixture_file(f, "record.json");
    if (record_open(&d->record, text->data, text->size, &err) != 0)
        fail_msg("%s", err.text);
    d->count = d->bytes = 0;
    for (size_t i = 0; i < f->files_count; i++) {
        d->files[d->count++] = (struct rejudge_file){f->files[i].name, f->files[i].data, f->files[i].size};
        d->bytes += f->files[i].size;
    }
}

static double rejudge_many(const struct day *d, int times)
{
    struct err err = {0};
    double start = figure_cpu();
    struct rejudge_desk *desk = rejudge_desk_open(&err);
    for (int i = 0; i < times; i++) {
        struct rejudge again;
        if (rejudge_at(desk, &again, &d->record, d->files, d->count, &err) != 0)
            fail_msg("%s", err.text);
        assert_true(again.verdict_same && again.readings_same);
        rejudge_close(&again);
    }
    rejudge_desk_close(desk);
    return figure_cpu() - start;
}

static double hash_many(const struct day *d, int times)
{
    char digest[SHA256_HEX_SIZE];
    double start = figure_cpu();
    for (int i = 0; i < times; i++)
        for (size_t n = 0; n < d->count; n++)
            sha256_hex(d->files[n].data, d->files[n].size, digest);
    return figure_cpu() - start;
}

static void a_day(void)
{
    static struct package_fixture test, passage;
    static struct day tests, passages;
    const char *folder = figure_folder("verdict");
    package_fixture_open_test(&test, folder, 1.9);
    open_day(&tests, &test);
    package_fixture_open(&passage, folder, true);
    open_day(&passages, &passage);
    double of_tests = rejudge_many(&tests, TESTS), of_passages = rejudge_many(&passages, PASSAGES);
    double hashing = hash_many(&tests, TESTS) + hash_many(&passages, PASSAGES);
    figure_print("verdict: 150 tests recomputed from their recordings", of_tests, "s", "SHA-256 of their files",
                 hash_many(&tests, TESTS));
    figure_print("verdict: 10,000 passages recomputed", of_passages, "s", "SHA-256 of their files",
                 hash_many(&passages, PASSAGES));
    missed |= figure_bound("verdict: a day, 150 tests and 10,000 passages", of_tests + of_passages, "s", 2.0, 0);
    figure_print("verdict: a day", of_tests + of_passages, "s", "SHA-256 of its files", hashing);
    record_close(&tests.record);
    record_close(&passages.record);
    package_fixture_close(&test);
    package_fixture_close(&passage);
}

int main(void)
{
    a_verdict("GB 3847", "gb3847-2018", "class=heavy fuel=diesel");
    a_verdict("SAE J1667 with its filter", "j1667", "class=heavy fuel=diesel model_year=1985 power_kw=300");
    a_day();
    return missed;
}
