#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"
#include "station/record_wire.h"

/* ---- what a running test leaves behind while it runs ---- */

static int recording_of(struct live *live, int instrument)
{
    struct live_test *test = &live->test;
    int *file = &test->files[instrument + 1];
    if (*file < 0) {
        char head[LIVE_HEAD_MAX], name[SPOOL_NAME_MAX];
        ptrdiff_t length = record_wire_head(live->config, instrument, head, sizeof head);
        assert(length > 0);
        snprintf(name, sizeof name, "%.31s.rec",
                 instrument < 0 ? "operator" : live->config->instruments[instrument].sensor.name);
        *file = spool_file(&test->spool, name, head);
    }
    return *file;
}

static int readings_of(struct live *live)
{
    struct live_test *test = &live->test;
    if (test->readings < 0)
        test->readings = spool_file(&test->spool, "readings.csv", READINGS_CSV_HEADER);
    return test->readings;
}

void live_test_files(struct live *live)
{
    readings_of(live);
    for (int i = -1; i < live->bench.count; i++)
        if (i < 0 || live->test.takes_part[i])
            recording_of(live, i);
}

void live_test_record(struct live *live, int instrument, const struct recording_line *line)
{
    char text[2 * RECORDING_CHUNK_MAX + 64];
    ptrdiff_t length = recording_format(line, text, sizeof text);
    assert(length > 0);
    spool_write(&live->test.spool, recording_of(live, instrument), text, (size_t)length);
}

void live_test_sample(struct live *live, int instrument, const struct sample *sample)
{
    if (!live->bench.instruments[instrument].in_test)
        return;
    live_alerts_sample(live, sample);
    char text[SAMPLE_CSV_MAX];
    ptrdiff_t length = sample_csv(sample, sample->t_ms - live->bench.start_ms,
                                  live->config->instruments[instrument].sensor.name, text, sizeof text);
    assert(length >= 0);
    spool_write(&live->test.spool, readings_of(live), text, (size_t)length);
}

/* Sends what the entries say to those who watch the test. */
static void publish(struct live *live, const char *event, struct entries *e)
{
    char text[LIVE_NEWS_MAX];
    struct json_writer w;
    entries_text(e, "event", event);
    entries_text(e, "test", live->test.id);
    json_writer_init(&w, text, sizeof text);
    entries_write(e, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    control_publish(live->control, live->test.id, text, (size_t)length);
    live_feed_tell(live, "test", text, length);
}

static void prompt_entries(const struct live *live, struct entries *e)
{
    const struct live_test *test = &live->test;
    entries_integer(e, "limit", test->prompt_limit);
    entries_text(e, "prompt", prompt_name(test->prompt));
    entries_integer(e, "t_ms", test->prompt_ms);
    entries_integer(e, "value", test->prompt_value);
}

void live_test_prompt(struct live *live, enum prompt prompt, int64_t value, int64_t limit, int64_t t_ms)
{
    struct live_test *test = &live->test;
    test->prompt = prompt;
    test->prompt_value = value;
    test->prompt_limit = limit;
    test->prompt_ms = t_ms - live->bench.start_ms;
    struct entries e = {0};
    prompt_entries(live, &e);
    publish(live, "prompt", &e);
}

void live_test_prompt_now(const struct live *live, struct json_writer *answer)
{
    struct entries e = {0};
    prompt_entries(live, &e);
    entries_text(&e, "event", "prompt");
    entries_bool(&e, "ok", true);
    entries_text(&e, "test", live->test.id);
    entries_write(&e, answer, NULL);
}

void live_test_mark(struct live *live, const struct verdict_mark *mark)
{
    char value[DECIMAL_TEXT_MAX] = "";
    struct entries e = {0};
    live_alerts_mark(live, mark);
    entries_bool(&e, "counted", mark->counted);
    entries_integer(&e, "from_ms", mark->from_ms);
    entries_text(&e, "mark", mark->kind);
    entries_integer(&e, "number", mark->number);
    entries_integer(&e, "to_ms", mark->to_ms);
    if (mark->quantity != QUANTITY_COUNT) {
        decimal_format(mark->value, value);
        entries_text(&e, "quantity", quantity_name(mark->quantity));
        entries_text(&e, "unit", quantity_unit(mark->quantity));
        entries_text(&e, "value", value);
    }
    publish(live, "mark", &e);
}

static void publish_end(struct live *live)
{
    const struct verdict *verdict = &live->test.verdict;
    char reasons[VERDICT_REASONS_MAX * (VERDICT_REASON_MAX + 4) * 2];
    struct json_writer w;
    json_writer_init(&w, reasons, sizeof reasons);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < verdict->reasons_count; i++)
        json_string(&w, NULL, verdict->reasons[i]);
    json_array_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    struct entries e = {0};
    if (length > 0)
        entries_raw(&e, "reasons", reasons, (size_t)length);
    entries_text(&e, "verdict", verdict_kind_name(verdict->kind));
    publish(live, "end", &e);
    control_end(live->control, live->test.id);
}

void live_test_finish(struct live *live, const struct verdict *verdict)
{
    struct live_test *test = &live->test;
    test->verdict = *verdict;
    test->finished = true;
    test->ended_ms = clock_unix_ms();
}

void live_test_abort(struct live *live, const char *reason)
{
    struct live_test *test = &live->test;
    if (!test->open || test->finished || test->aborting)
        return;
    test->aborting = true;
    live_key(live, KEY_ABORT, reason);
}

/* Says once that the test cannot be saved, tries again later; says its end to all who watch. */
void live_test_save(struct live *live)
{
    struct live_test *test = &live->test;
    if (!test->open || !test->finished || clock_mono_ms() < test->retry_ms)
        return;
    spool_close(&test->spool);
    struct err err = {0};
    if (live_save_test(live, &err) != 0) {
        if (test->retry_ms == 0)
            log_error("test %s has ended (%s) but cannot be saved: %s; it is tried again", test->id,
                      verdict_kind_name(test->verdict.kind), err.text);
        test->why = err;
        test->retry_ms = clock_mono_ms() + LIVE_RETRY_MS;
        return;
    }
    log_notice("test %s of %s ended: %s", test->id, test->vehicle.plate.text, verdict_kind_name(test->verdict.kind));
    test->open = false;
    if (test->verdict.kind == VERDICT_ABORTED)
        live_lockout_aborts(live, test->vehicle.plate.text, plate_colour_name(test->vehicle.plate.colour));
    publish_end(live);
    live_output_verdict(live);
}

/* What the test is judged by: the limits of its rule, of the station's class. */
static void limit_entries(const struct live *live, char *out, size_t size, struct entries *e)
{
    const struct live_test *test = &live->test;
    enum limit_class class_ = config_limit_class(live->config, test->pack, test->day);
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < test->rule->limits_count; i++) {
        const struct rule_limit *limit = &test->rule->limits[i];
        char value[DECIMAL_TEXT_MAX];
        decimal_format(limit->value[class_], value);
        json_object_begin(&w, NULL);
        json_bool(&w, "at_least", limit->at_least);
        json_string(&w, "clause", limit->origin.clause);
        json_string(&w, "limit", value);
        json_string(&w, "point", verdict_point_name(limit->point));
        json_string(&w, "quantity", quantity_name(limit->quantity));
        json_bool(&w, "screening", limit->screening);
        json_string(&w, "unit", quantity_unit(limit->quantity));
        json_object_end(&w);
    }
    json_array_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    entries_raw(e, "limits", out, (size_t)length);
}

enum { LIMITS_MAX = RULES_LIMITS_MAX * (2 * RULES_TEXT_MAX + 256) };

void live_test_began(struct live *live)
{
    const struct live_test *test = &live->test;
    char started[CIVIL_TIME_TEXT_MAX], limits[LIMITS_MAX];
    civil_time_format(test->started_ms, live->config->utc_offset_minutes, started);
    struct entries e = {0};
    limit_entries(live, limits, sizeof limits, &e);
    entries_text(&e, "colour", plate_colour_name(test->vehicle.plate.colour));
    entries_text(&e, "method", test->method->name);
    entries_text(&e, "officer", test->officer);
    entries_text(&e, "plate", test->vehicle.plate.text);
    entries_text(&e, "started_at", started);
    publish(live, "start", &e);
}

void live_test_state(const struct live *live, struct json_writer *w, const char *key)
{
    const struct live_test *test = &live->test;
    if (!test->open) {
        json_null(w, key);
        return;
    }
    char started[CIVIL_TIME_TEXT_MAX], limits[LIMITS_MAX];
    civil_time_format(test->started_ms, live->config->utc_offset_minutes, started);
    struct entries e = {0};
    limit_entries(live, limits, sizeof limits, &e);
    entries_text(&e, "colour", plate_colour_name(test->vehicle.plate.colour));
    entries_text(&e, "id", test->id);
    entries_integer(&e, "limit", test->prompt_limit);
    entries_text(&e, "method", test->method->name);
    entries_text(&e, "plate", test->vehicle.plate.text);
    entries_text(&e, "prompt", prompt_name(test->prompt));
    entries_text(&e, "started_at", started);
    entries_integer(&e, "t_ms", clock_mono_ms() - live->bench.start_ms);
    if (test->finished)
        entries_text(&e, "unsaved", test->why.code ? test->why.text : "being saved");
    entries_integer(&e, "value", test->prompt_value);
    entries_write(&e, w, key);
}
