#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "reports/sha256.h"
#include "station/core/metrology.h"
#include "station/live_parts.h"
#include "station/store_verify_records.h"

/* As a row of `alerts`. */
static void tell(struct live *live, const struct store_alert *row)
{
    char at[CIVIL_TIME_TEXT_MAX];
    struct entries e = {0};
    civil_time_format(row->at_ms, live->config->utc_offset_minutes, at);
    entries_text(&e, "alert", row->code);
    entries_text(&e, "at", at);
    entries_raw(&e, "evidence", row->evidence, strlen(row->evidence));
    entries_text(&e, "subject", row->subject);
    live_feed_entries(live, "alert", &e);
}

int live_alert(struct live *live, const char *code, const char *subject, struct entries *evidence, struct err *err)
{
    struct store_alert row = {.at_ms = clock_unix_ms()};
    struct json_writer w;
    struct entries e = {0};
    char text[sizeof row.evidence + 512];
    uint64_t event;
    json_writer_init(&w, row.evidence, sizeof row.evidence);
    entries_write(evidence, &w, NULL);
    if (json_writer_finish(&w) < 0)
        return err_set(err, ERR_FAILED, "the evidence of alert %s is too long", code);
    snprintf(row.code, sizeof row.code, "%s", code);
    snprintf(row.subject, sizeof row.subject, "%s", subject);
    entries_text(&e, "alert", code);
    entries_raw(&e, "evidence", row.evidence, strlen(row.evidence));
    entries_text(&e, "subject", subject);
    if (live_journal_append(live, "alert", &e, text, sizeof text, &event, err) != 0 ||
        store_alert_add(live->store, &row, event, err) != 0)
        return -1;
    tell(live, &row);
    log_notice("alert %s: %s %s", code, subject, row.evidence);
    return 0;
}

/* ---- while a test runs ---- */

enum { DAY_MS = 86400000, CURVES_MAX = 5000, TALLY_TESTS = 1000 };
static const struct decimal path_m = {430, 3}; /* what k is referred to where an instrument has no other path */

void live_alerts_begin(struct live *live)
{
    const struct config *config = live->config;
    const struct rule_pack *pack;
    struct anomaly_params params;
    const struct rule *rule = metrology_rule(config->rules, config->rules_count, ANOMALY_METHOD, live->test.day, &pack);
    live->watching = rule && anomaly_load(&params, rule, NULL) == 0;
    if (!live->watching)
        return;
    struct decimal path = path_m;
    for (int i = 0; i < live->bench.count; i++)
        if (live->test.takes_part[i] && config->instruments[i].sensor.path_m.units > 0)
            path = config->instruments[i].sensor.path_m;
    anomaly_init(&live->anomaly, &params, path);
}

void live_alerts_sample(struct live *live, const struct sample *sample)
{
    if (live->watching)
        anomaly_sample(&live->anomaly, sample, sample->t_ms - live->bench.start_ms);
}

void live_alerts_mark(struct live *live, const struct verdict_mark *mark)
{
    if (live->watching)
        anomaly_mark(&live->anomaly, mark);
}

/* ---- when it has ended: one test ---- */

static int tell_findings(struct live *live, const struct verdict *verdict, struct err *err)
{
    struct anomaly_finding found[ANOMALY_FINDINGS_MAX];
    size_t count = anomaly_findings(&live->anomaly, verdict, live->test.rule, found);
    for (size_t i = 0; i < count; i++) {
        char texts[ANOMALY_FACTS_MAX][DECIMAL_TEXT_MAX];
        struct entries e = {0};
        for (size_t f = 0; f < found[i].facts_count; f++) {
            decimal_format(found[i].facts[f].value, texts[f]);
            entries_text(&e, found[i].facts[f].name, texts[f]);
        }
        if (live_alert(live, found[i].code, live->test.id, &e, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- its curves against all earlier ones ---- */

struct twin {
    struct anomaly_shape shape; /* of this test */
    double same, difference;
    char test[LIVE_ID_MAX];
    int64_t number;
};

static int take_curve(void *ctx, const struct store_curve *c)
{
    struct twin *twin = ctx;
    struct anomaly_shape other = {.duration_ms = c->duration_ms, .peak = (double)c->peak / 1000};
    memcpy(other.points, c->points, sizeof other.points);
    double difference = anomaly_difference(&twin->shape, &other);
    if (difference < twin->same && difference < twin->difference) {
        twin->difference = difference;
        twin->number = c->number;
        snprintf(twin->test, sizeof twin->test, "%s", c->test);
    }
    return 0;
}

static int tell_twin(struct live *live, const struct twin *twin, struct err *err)
{
    char difference[DECIMAL_TEXT_MAX];
    struct decimal percent = {0};
    struct entries e = {0};
    decimal_from_double(twin->difference * 100, 3, &percent);
    decimal_format(percent, difference);
    entries_integer(&e, "acceleration", twin->shape.number);
    entries_text(&e, "difference_percent", difference);
    entries_integer(&e, "same_as", twin->number);
    entries_text(&e, "same_in", twin->test);
    return live_alert(live, "curve-again", live->test.id, &e, err);
}

static void curve_of(const struct live *live, const struct anomaly_shape *shape, struct store_curve *row)
{
    *row = (struct store_curve){
        .number = shape->number, .peak = (int64_t)(shape->peak * 1000 + 0.5), .duration_ms = shape->duration_ms};
    memcpy(row->test, live->test.id, sizeof row->test);
    memcpy(row->points, shape->points, sizeof row->points);
}

bool live_alerts_curves(const struct live *live, char sha256[SHA256_HEX_SIZE])
{
    struct sha256 h;
    struct store_curve row;
    uint8_t digest[SHA256_BYTES];
    sha256_init(&h);
    for (size_t i = 0; i < live->anomaly.shapes_count; i++) {
        curve_of(live, &live->anomaly.shapes[i], &row);
        verify_records_feed(&h, &row);
    }
    sha256_finish(&h, digest);
    sha256_to_hex(digest, sha256);
    return live->watching;
}

static int compare_curves(struct live *live, struct err *err)
{
    const struct anomaly *a = &live->anomaly;
    for (size_t i = 0; i < a->shapes_count; i++) {
        struct twin twin = {.shape = a->shapes[i], .same = a->params.curve_same, .difference = 1};
        double peak = twin.shape.peak * 1000;
        /* the same curve has the same peak, give or take twice what its points may differ */
        if (store_curve_near(live->store, (int64_t)(peak * (1 - 2 * twin.same)) - 1,
                             (int64_t)(peak * (1 + 2 * twin.same)) + 1, CURVES_MAX, take_curve, &twin, err) != 0 ||
            (twin.test[0] && tell_twin(live, &twin, err) != 0))
            return -1;
    }
    for (size_t i = 0; i < a->shapes_count; i++) {
        struct store_curve row;
        curve_of(live, &a->shapes[i], &row);
        if (store_curve_add(live->store, &row, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- a plate that is tested until it passes ---- */

struct retests {
    const char *test; /* this one */
    int64_t since_ms, count;
};

/* Newest first, back to the last pass. */
static int take_retest(void *ctx, const struct store_test *t)
{
    struct retests *r = ctx;
    if (strcmp(t->id, r->test) == 0 || strcmp(t->verdict, "void") == 0)
        return 0;
    if (t->started_ms < r->since_ms || strcmp(t->verdict, "pass") == 0)
        return 1;
    r->count++;
    return 0;
}

static int count_retests(struct live *live, struct err *err)
{
    const struct live_test *test = &live->test;
    const struct anomaly_params *params = &live->anomaly.params;
    struct retests r = {.test = test->id, .since_ms = test->started_ms - params->retest_days * DAY_MS};
    struct entries e = {0};
    if (store_test_list(live->store, test->vehicle.plate.text, plate_colour_name(test->vehicle.plate.colour), false,
                        INT32_MAX, take_retest, &r, err) != 0)
        return -1;
    if (r.count < params->retests)
        return 0;
    entries_text(&e, "plate", test->vehicle.plate.text);
    entries_integer(&e, "tests_before", r.count);
    return live_alert(live, "tested-until-pass", test->id, &e, err);
}

/* ---- pass rates ---- */

static int told_already(void *ctx, const struct store_alert *a)
{
    bool *told = ctx;
    *told |= strcmp(a->code, "pass-rate") == 0;
    return *told;
}

static int tell_rate(struct live *live, const char *subject, const struct store_tally *sums, double sigma,
                     struct err *err)
{
    char text[DECIMAL_TEXT_MAX];
    struct decimal rounded = {0};
    struct entries e = {0};
    decimal_from_double(sigma, 1, &rounded);
    decimal_format(rounded, text);
    entries_integer(&e, "other_passed", sums->other_passed);
    entries_integer(&e, "other_tests", sums->other_tests);
    entries_integer(&e, "passed", sums->passed);
    entries_text(&e, "sigma", text);
    entries_integer(&e, "tests", sums->tests);
    return live_alert(live, "pass-rate", subject, &e, err);
}

static int compare_rate(struct live *live, const char *officer, const char *instrument, struct err *err)
{
    const struct anomaly_params *params = &live->anomaly.params;
    const char *subject = officer ? officer : instrument;
    struct store_tally sums;
    bool told = false;
    if (store_tally_sums(live->store, officer, instrument, live->test.seq - TALLY_TESTS, &sums, err) != 0)
        return -1;
    double sigma = anomaly_rate_sigma(sums.passed, sums.tests, sums.other_passed, sums.other_tests);
    if (sums.tests < params->rate_tests || sums.other_tests < params->rate_tests ||
        (sigma < params->rate_sigma && sigma > -params->rate_sigma))
        return 0;
    if (store_alert_list(live->store, subject, live->test.ended_ms - params->rate_days * DAY_MS, INT32_MAX,
                         told_already, &told, err) != 0)
        return -1;
    return told ? 0 : tell_rate(live, subject, &sums, sigma, err);
}

static int compare_rates(struct live *live, bool passed, struct err *err)
{
    const struct live_test *test = &live->test;
    const char *officer = test->officer[0] ? test->officer : test->user, *instrument = "";
    for (int i = live->bench.count - 1; i >= 0; i--)
        if (test->takes_part[i])
            instrument = live->config->instruments[i].sensor.name;
    if (store_tally_add(live->store, test->seq, officer, instrument, passed, err) != 0 ||
        compare_rate(live, officer, NULL, err) != 0)
        return -1;
    return compare_rate(live, NULL, instrument, err);
}

int live_alerts_end(struct live *live, const struct verdict *verdict, struct err *err)
{
    if (!live->watching)
        return 0;
    if (tell_findings(live, verdict, err) != 0 || compare_curves(live, err) != 0 ||
        live_travel_here(live, live->test.id, &live->test.vehicle.plate, live->test.started_ms, err) != 0)
        return -1;
    if (verdict->kind == VERDICT_PASS && count_retests(live, err) != 0)
        return -1;
    if (verdict->kind != VERDICT_PASS && verdict->kind != VERDICT_FAIL)
        return 0;
    return compare_rates(live, verdict->kind == VERDICT_PASS, err);
}
