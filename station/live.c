#include "station/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/log.h"
#include "reports/program.h"
#include "sensors/links/turns.h"
#include "station/live_parts.h"

enum { TICK_US = 1000000, CLOCK_LOOK_TICKS = 60 };

void live_stamp(const struct live *live, struct clock_stamp *stamp)
{
    clock_stamp(stamp);
    stamp->offset_minutes = live->config->utc_offset_minutes;
}

void live_time_of_day(const struct live *live, int64_t unix_ms, char out[16])
{
    char text[CIVIL_TIME_TEXT_MAX];
    civil_time_format(unix_ms, live->config->utc_offset_minutes, text);
    snprintf(out, 16, "%.8s", text + strlen("2026-07-01T"));
}

/* ---- the bench's host ---- */

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    live_links_send(ctx, instrument, bytes, length);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    const struct live *live = ctx;
    if (sample->passage)
        live_passage_take(ctx, instrument, sample);
    else if (live->test.open)
        live_test_sample(ctx, instrument, sample);
    live_feed_sample(ctx, instrument, sample);
    live_join_note(ctx, instrument, sample);
}

static void on_changed(void *ctx, int instrument)
{
    live_journal_instrument(ctx, instrument);
    live_join_look(ctx, instrument);
}

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit, int64_t t_ms)
{
    const struct live *live = ctx;
    if (live->test.open)
        live_test_prompt(ctx, prompt, value, limit, t_ms);
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    const struct live *live = ctx;
    if (live->test.open)
        live_test_mark(ctx, mark);
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    const struct live *live = ctx;
    if (live->check.open)
        live_check_finish(ctx, verdict);
    else
        live_test_finish(ctx, verdict);
}

static void on_output_done(void *ctx, int instrument, const char *trouble)
{
    live_output_done(ctx, instrument, trouble);
}

static void on_record(void *ctx, int instrument, const struct recording_line *line)
{
    const struct live *live = ctx;
    if (live->check.open)
        live_check_record(ctx, instrument, line);
    else
        live_test_record(ctx, instrument, line);
}

/* ---- inputs ---- */

void live_key(struct live *live, enum procedure_key key, const char *text)
{
    bench_key(&live->bench, key, text, clock_mono_ms());
    live_settle(live);
}

/* A recording with a hole is no evidence: the test ends, and says why. */
static void check_spool(struct live *live)
{
    struct live_test *test = &live->test;
    if (!test->open || test->finished || !test->spool.failed || test->aborting)
        return;
    log_error("test %s: %s", test->id, test->spool.why.text);
    live_test_abort(live, "the recording could not be written");
}

void live_settle(struct live *live)
{
    check_spool(live);
    live_lockout_in_test(live);
    live_test_save(live);
    live_check_settle(live);
    wakeup_set(&live->bench_due, bench_next_ms(&live->bench));
}

static void on_bench_due(void *ctx)
{
    struct live *live = ctx;
    bench_advance(&live->bench, clock_mono_ms());
    live_settle(live);
}

static int on_flush(sd_event_source *source, void *ctx)
{
    (void)source;
    live_journal_flush(ctx);
    return 0;
}

/* ---- the slow rhythm ---- */

static void look_at_clock(struct live *live)
{
    int64_t step_ms = 0;
    if (!clock_watch_step(&live->clock, &step_ms))
        return;
    struct entries e = {0};
    entries_integer(&e, "step_ms", step_ms);
    if (live->test.open)
        entries_text(&e, "test", live->test.id);
    live_journal_note(live, "clock-step", &e);
    log_warning("the wall clock was set by %lld ms; the order of things comes from the journal", (long long)step_ms);
}

static int on_clock(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)fd;
    (void)events;
    look_at_clock(ctx);
    return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *ctx)
{
    struct live *live = ctx;
    bool retry = live->journal_faulty && clock_mono_ms() >= live->journal_retry_ms;
    if (live->prepare_due && retry)
        live_prepare(live);
    else if (retry && live->waiting > 0)
        live_journal_flush(live);
    else if (retry || !live->journal_faulty)
        live_case_news(live);
    live_ratchet_look(live, false);
    live_links_look(live);
    live_lockout_look(live);
    live_feed_tick(live);
    if (live->ticks++ % CLOCK_LOOK_TICKS == 0)
        look_at_clock(live);
    live_settle(live);
    sd_event_source_set_time(source, usec + TICK_US);
    return 0;
}

/* ---- start ---- */

static int put_law(struct live *live, const struct config_file *file, struct err *err)
{
    char *data = NULL, digest[SHA256_HEX_SIZE];
    size_t length = 0;
    if (file_read(file->path, STORE_OBJECT_MAX, &data, &length, err) != 0)
        return -1;
    int result = store_object_put(live->store, data, length, digest, err);
    free(data);
    if (result == 0 && strcmp(digest, file->sha256) != 0)
        return err_set(err, ERR_FAILED, "%s was changed while the daemon started; start it again", file->path);
    return result;
}

static int prepare(struct live *live, struct err *err)
{
    for (size_t i = 0; i < live->config->rules_count; i++)
        if (put_law(live, &live->config->rules_files[i], err) != 0)
            return -1;
    for (size_t i = 0; i < live->config->profiles_count; i++)
        if (put_law(live, &live->config->profile_files[i], err) != 0)
            return -1;
    if (live_check_recover(live, err) != 0 || live_recover(live, err) != 0)
        return -1;
    return live_case_upgrade(live, err);
}

void live_prepare(struct live *live)
{
    struct err err = {0};
    live->prepare_due = prepare(live, &err) != 0;
    live_journal_health(live, live->prepare_due ? &err : NULL);
    if (!live->prepare_due)
        live_journal_flush(live);
}

static ptrdiff_t write_law(const struct config_file *files, const struct rule_pack *packs, size_t count, char *out,
                           size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < count; i++) {
        struct entries e = {0};
        entries_text(&e, packs ? "id" : "name", files[i].name);
        entries_text(&e, "sha256", files[i].sha256);
        entries_text(&e, "version", packs ? packs[i].version : NULL);
        entries_write(&e, &w, NULL);
    }
    json_array_end(&w);
    return json_writer_finish(&w);
}

static void note_start(struct live *live)
{
    const struct config *c = live->config;
    char rules[1500], profiles[2000];
    ptrdiff_t a = write_law(c->rules_files, c->rules, c->rules_count, rules, sizeof rules);
    ptrdiff_t b = write_law(c->profile_files, NULL, c->profiles_count, profiles, sizeof profiles);
    struct entries e = {0};
    entries_text(&e, "binary_sha256", live->binary_sha256);
    entries_text(&e, "config_sha256", c->sha256);
    if (a > 0)
        entries_raw(&e, "rules", rules, (size_t)a);
    if (b > 0)
        entries_raw(&e, "profiles", profiles, (size_t)b);
    entries_text(&e, "version", SMOGD_VERSION);
    live_journal_note(live, "daemon-start", &e);
}

static int add_sources(struct live *live, struct err *err)
{
    sd_event *event = live->event;
    uint64_t now_us = 0;
    sd_event_now(event, CLOCK_MONOTONIC, &now_us);
    if (wakeup_open(&live->bench_due, event, on_bench_due, live) < 0 ||
        sd_event_add_defer(event, &live->flush_soon, on_flush, live) < 0 ||
        sd_event_source_set_enabled(live->flush_soon, SD_EVENT_OFF) < 0 ||
        sd_event_source_set_priority(live->flush_soon, TURN_JOURNAL) < 0 ||
        sd_event_add_time(event, &live->tick, CLOCK_MONOTONIC, now_us + TICK_US, 0, on_tick, live) < 0 ||
        sd_event_source_set_enabled(live->tick, SD_EVENT_ON) < 0)
        return err_set(err, ERR_FAILED, "cannot set up the event loop");
    struct err why = {0};
    if (clock_watch_open(&live->clock, &why) != 0)
        log_warning("%s; steps of the clock are seen within a minute", why.text);
    else if (sd_event_add_io(event, &live->clock_source, live->clock.fd, EPOLLIN, on_clock, live) < 0)
        return err_set(err, ERR_FAILED, "cannot watch the clock");
    return 0;
}

static void add_instruments(struct live *live)
{
    const struct bench_host host = {.ctx = live,
                                    .send = on_send,
                                    .sample = on_sample,
                                    .changed = on_changed,
                                    .output_done = on_output_done,
                                    .prompt = on_prompt,
                                    .mark = on_mark,
                                    .finish = on_finish,
                                    .record = on_record};
    bench_init(&live->bench, &host, clock_mono_ms());
    for (size_t i = 0; i < live->config->instruments_count; i++) {
        const struct config_instrument *c = &live->config->instruments[i];
        bench_add(&live->bench, c->driver, &c->sensor);
        live->instruments[i] = (struct live_instrument){.since_ms = clock_unix_ms()};
    }
}

static int open_parts(struct live *live, struct err *err)
{
    const struct config *config = live->config;
    char path[CONFIG_PATH_MAX + 16];
    if (program_sha256(live->binary_sha256, err) != 0 ||
        store_open(&live->store, config->state, config->id, STORE_OWNER, err) != 0 ||
        store_measurement_fill(live->store, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/control.sock", config->state);
    const struct control_host host = {.ctx = live, .request = live_request};
    if (add_sources(live, err) != 0 || control_open(&live->control, live->event, path, &host, err) != 0)
        return -1;
    add_instruments(live);
    live_ratchet_open(live);
    note_start(live);
    live_prepare(live);
    if (live_lockout_open(live, err) != 0)
        return -1;
    live_lockout_look(live);
    if (live_join_open(live, err) != 0)
        return -1;
    if (live_links_open(live, err) != 0 || live_poll_open(live, err) != 0)
        return -1;
    return live_web_open(live, err);
}

int live_open(struct live **out, const struct config *config, sd_event *event, struct err *err)
{
    *out = NULL;
    struct live *live = calloc(1, sizeof *live);
    if (!live)
        return err_set(err, ERR_FAILED, "out of memory");
    live->config = config;
    live->event = sd_event_ref(event);
    live->clock.fd = -1;
    live->facts_end = &live->facts;
    live->started_mono_ms = clock_mono_ms();
    if (open_parts(live, err) != 0) {
        live_close(live);
        return -1;
    }
    *out = live;
    return 0;
}

/* ---- end ---- */

void live_stop(struct live *live, const char *reason)
{
    char text[LIVE_TEXT_LIMIT];
    snprintf(text, sizeof text, "smogd was stopped (%s)", reason);
    live_test_abort(live, text);
    live_check_abort(live, text);
    live_journal_flush(live); /* what happened before, so that the stop is the last word */
    struct entries e = {0};
    entries_text(&e, "reason", reason);
    live_journal_note(live, "daemon-stop", &e);
    if (live_journal_flush(live) != 0)
        log_error("%zu facts could not be written before the end: %s", live->waiting, live->journal_trouble);
    live_ratchet_look(live, true);
}

void live_close(struct live *live)
{
    if (!live)
        return;
    live_web_close(live);
    live_poll_close(live);
    live_links_close(live);
    live_join_close(live);
    control_close(live->control);
    spool_close(&live->test.spool);
    spool_close(&live->check.spool);
    live_output_close(live);
    live_ratchet_close(live);
    live_journal_close(live);
    live_lockout_close(live);
    wakeup_close(&live->bench_due);
    sd_event_source_disable_unref(live->flush_soon);
    sd_event_source_disable_unref(live->tick);
    sd_event_source_disable_unref(live->clock_source);
    clock_watch_close(&live->clock);
    store_close(live->store);
    sd_event_unref(live->event);
    free(live);
}
