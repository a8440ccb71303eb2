#include "sensors/bench.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/bench_fit.h"

enum { OPERATOR = -1, PROCEDURE = -1 };

/* What a driver's host functions need to know. */
struct caller {
    struct bench *bench;
    int index;
};

void bench_init(struct bench *b, const struct bench_host *host, int64_t t_ms)
{
    memset(b, 0, offsetof(struct bench, instruments)); /* bench_add makes those that there are */
    b->host = *host;
    b->now_ms = t_ms;
    b->procedure_wake_ms = -1;
}

/* ---- out: recording lines, procedure events, changes ---- */

static bool is_recorded(const struct bench *b, int instrument)
{
    return b->testing && (instrument == OPERATOR || b->instruments[instrument].in_test);
}

static void record(struct bench *b, int instrument, struct recording_line *line)
{
    if (!is_recorded(b, instrument))
        return;
    line->t_ms = b->now_ms - b->start_ms;
    line->number = ++b->lines;
    if (b->host.record)
        b->host.record(b->host.ctx, instrument, line);
}

static void record_bytes(struct bench *b, int instrument, enum recording_direction direction, const uint8_t *bytes,
                         size_t length)
{
    assert(length <= RECORDING_CHUNK_MAX);
    if (!is_recorded(b, instrument)) /* mostly: before a line is filled */
        return;
    struct recording_line line = {.direction = direction, .length = length};
    memcpy(line.bytes, bytes, length);
    record(b, instrument, &line);
}

static void record_event(struct bench *b, int instrument, const char *what)
{
    struct recording_line line = {.direction = RECORDING_EVENT};
    snprintf(line.text, sizeof line.text, "%s", what);
    record(b, instrument, &line);
}

static void tell_changed(struct bench *b, int instrument)
{
    if (b->host.changed)
        b->host.changed(b->host.ctx, instrument);
}

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit)
{
    struct bench *b = ctx;
    if (b->host.prompt)
        b->host.prompt(b->host.ctx, prompt, value, limit, b->now_ms);
}

/* A timer is due after now, so that no host of timers can loop without time passing. */
static int64_t timer_at(const struct bench *b, int64_t at_ms)
{
    if (at_ms < 0)
        return -1;
    return at_ms > b->now_ms ? at_ms : b->now_ms + 1;
}

static void on_procedure_wake(void *ctx, int64_t at_ms)
{
    struct bench *b = ctx;
    b->procedure_wake_ms = timer_at(b, at_ms);
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    struct bench *b = ctx;
    if (b->host.mark)
        b->host.mark(b->host.ctx, mark);
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct bench *b = ctx;
    record_event(b, OPERATOR, "end");
    b->testing = false;
    b->procedure_wake_ms = -1;
    for (int i = 0; i < b->count; i++)
        b->instruments[i].in_test = false;
    if (b->host.finish)
        b->host.finish(b->host.ctx, verdict);
}

static void step(struct bench *b, struct procedure_event event)
{
    if (!b->testing)
        return;
    event.t_ms = b->now_ms;
    const struct procedure_host host = {b, on_prompt, on_procedure_wake, on_mark, on_finish};
    b->procedure.method->step(&b->procedure, &event, &host);
}

/* The instrument that serves a need of the method, -1: none. */
static int need_source(const struct bench *b, enum quantity quantity)
{
    enum quantity other = procedure_stand_in(quantity);
    if (b->source[quantity] < 0 && other != QUANTITY_COUNT)
        return b->source[other];
    return b->source[quantity];
}

/* Does the running method depend on this instrument? */
static bool is_needed(const struct bench *b, int instrument)
{
    if (!b->testing)
        return false;
    if (b->procedure.method->alone)
        return instrument == b->subject;
    for (const enum quantity *q = b->procedure.method->quantities; *q != QUANTITY_COUNT; q++)
        if (need_source(b, *q) == instrument)
            return true;
    return false;
}

/* Is the running procedure a check of one instrument? */
static bool is_checked(const struct bench *b)
{
    return b->testing && b->procedure.method->alone;
}

static void step_lost(struct bench *b, int instrument)
{
    if (is_needed(b, instrument))
        step(b, (struct procedure_event){.kind = PROCEDURE_LOST, .text = b->instruments[instrument].config.name});
}

/* The procedure gets each quantity from one instrument only. */
static void step_reading(struct bench *b, int instrument, const struct sample *sample)
{
    struct sample own = {.t_ms = sample->t_ms, .texts_count = sample->texts_count, .texts = sample->texts};
    for (size_t i = 0; i < sample->count; i++)
        if (b->source[sample->readings[i].quantity] == instrument)
            own.readings[own.count++] = sample->readings[i];
    if (own.count > 0 || own.texts_count > 0)
        step(b, (struct procedure_event){
                    .kind = PROCEDURE_READING, .sample = &own, .text = b->instruments[instrument].config.name});
}

/* ---- the drivers' host ---- */

static void on_send(void *ctx, const uint8_t *bytes, size_t length)
{
    const struct caller *c = ctx;
    record_bytes(c->bench, c->index, RECORDING_SENT, bytes, length);
    if (c->bench->host.send)
        c->bench->host.send(c->bench->host.ctx, c->index, bytes, length);
}

static void on_wake(void *ctx, int64_t at_ms)
{
    const struct caller *c = ctx;
    struct bench_instrument *in = &c->bench->instruments[c->index];
    assert(in->sensor.driver->wake);
    in->wake_ms = timer_at(c->bench, at_ms);
}

static void arm_stale(struct bench *b, struct bench_instrument *in)
{
    in->stale_at_ms = in->stale_ms > 0 ? b->now_ms + in->stale_ms : -1;
}

static void on_publish(void *ctx, const struct sample *sample)
{
    const struct caller *c = ctx;
    struct bench *b = c->bench;
    struct bench_instrument *in = &b->instruments[c->index];
    assert(sample->t_ms == b->now_ms);
    bool good = sample->passage != NULL;
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        in->last[r->quantity] = *r;
        in->last_ms[r->quantity] = sample->t_ms;
        good = good || r->quality == QUALITY_OK;
    }
    for (size_t i = 0; i < sample->texts_count; i++) {
        const struct sample_text *text = &sample->texts[i];
        assert(sample_text_is_plain(text->value));
        memcpy(in->said[text->kind], text->value, sizeof text->value);
        in->said_ms[text->kind] = sample->t_ms;
        good = good || text->kind != TEXT_ERROR;
    }
    in->samples++;
    bool came_alive = good && in->state != BENCH_LIVE;
    if (good) {
        in->last_good_ms = sample->t_ms;
        in->state = BENCH_LIVE;
        arm_stale(b, in);
    }
    if (came_alive)
        tell_changed(b, c->index);
    if (b->host.sample)
        b->host.sample(b->host.ctx, c->index, sample);
    if (in->in_test)
        step_reading(b, c->index, sample);
}

static void on_fault(void *ctx, enum instrument_status status, const char *detail)
{
    const struct caller *c = ctx;
    struct bench_instrument *in = &c->bench->instruments[c->index];
    bool other_status = status != in->status;
    if (!other_status && strncmp(detail, in->status_detail, sizeof in->status_detail - 1) == 0)
        return;
    in->status = status;
    snprintf(in->status_detail, sizeof in->status_detail, "%s", detail);
    tell_changed(c->bench, c->index);
    if (other_status && is_needed(c->bench, c->index))
        step(c->bench, (struct procedure_event){.kind = PROCEDURE_STATUS, .status = status, .text = in->config.name});
}

static void end_job(struct bench *b, int instrument, const char *trouble)
{
    if (!b->instruments[instrument].job)
        return;
    b->instruments[instrument].job = NULL;
    if (b->host.output_done)
        b->host.output_done(b->host.ctx, instrument, trouble);
}

static void on_done(void *ctx, const char *trouble)
{
    const struct caller *caller = ctx;
    end_job(caller->bench, caller->index, trouble);
}

static struct sensor_host driver_host(struct caller *caller)
{
    return (struct sensor_host){caller, on_send, on_wake, on_publish, on_fault, on_done};
}

/* ---- instruments ---- */

static void forget_values(struct bench_instrument *in)
{
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
        in->last_ms[q] = -1;
    for (enum text_kind kind = 0; kind < TEXT_COUNT; kind++)
        in->said_ms[kind] = -1;
}

int bench_add(struct bench *b, const struct sensor_driver *driver, const struct sensor_config *config)
{
    if (b->count == BENCH_INSTRUMENTS_MAX)
        return -1;
    struct bench_instrument *in = &b->instruments[b->count];
    *in = (struct bench_instrument){.state = BENCH_OFFLINE, .config = *config, .last_good_ms = -1};
    in->wake_ms = in->stale_at_ms = -1;
    in->stale_ms = sensor_stale_ms(driver, config);
    in->sensor.driver = driver;
    in->sensor.config = &in->config;
    forget_values(in);
    return b->count++;
}

static void drop_buffer(struct bench_instrument *in)
{
    in->garbage_bytes += in->buffered;
    in->buffered = 0;
}

/* From nothing, as at connect: whatever came before may not influence what follows. */
static void start_driver(struct bench *b, int instrument)
{
    struct bench_instrument *in = &b->instruments[instrument];
    end_job(b, instrument, "it was switched on again meanwhile");
    drop_buffer(in);
    in->state = BENCH_CONNECTED;
    in->status = STATUS_OK;
    in->status_detail[0] = '\0';
    in->last_good_ms = in->wake_ms = in->stale_at_ms = -1;
    forget_values(in);
    memset(&in->sensor.identity, 0, sizeof in->sensor.identity);
    memset(in->sensor.state.bytes, 0, sizeof in->sensor.state.bytes);
    if (in->in_test)
        arm_stale(b, in);
    struct caller caller = {b, instrument};
    const struct sensor_host host = driver_host(&caller);
    in->sensor.driver->start(&in->sensor, b->now_ms, &host);
    tell_changed(b, instrument);
}

/* The one loop around `cut`. */
static void take_frames(struct bench *b, int instrument)
{
    struct bench_instrument *in = &b->instruments[instrument];
    struct caller caller = {b, instrument};
    const struct sensor_host host = driver_host(&caller);
    size_t at = 0;
    while (at < in->buffered) {
        size_t frame = 0;
        enum sensor_cut cut = in->sensor.driver->cut(&in->sensor, in->buffer + at, in->buffered - at, &frame);
        if (cut == CUT_MORE && in->buffered - at < sizeof in->buffer)
            break;
        if (cut != CUT_OK) {
            in->garbage_bytes++;
            at++;
            continue;
        }
        assert(frame > 0 && frame <= in->buffered - at);
        in->frame = in->buffer + at;
        in->frame_length = frame;
        if (in->sensor.driver->frame(&in->sensor, in->frame, frame, b->now_ms, &host))
            in->frames++;
        else
            in->garbage_bytes += frame;
        in->frame = NULL;
        in->frame_length = 0;
        at += frame;
    }
    in->buffered -= at;
    memmove(in->buffer, in->buffer + at, in->buffered);
}

/* ---- time ---- */

enum timer { TIMER_WAKE, TIMER_STALE };

struct due {
    int64_t at_ms; /* -1: nothing */
    int instrument;
    enum timer timer;
};

static void consider(struct due *due, int64_t at_ms, int instrument, enum timer timer)
{
    if (at_ms >= 0 && (due->at_ms < 0 || at_ms < due->at_ms))
        *due = (struct due){at_ms, instrument, timer};
}

/* The earliest timer; ties go to the one named first here. */
static struct due next_due(const struct bench *b)
{
    struct due due = {-1, PROCEDURE, TIMER_WAKE};
    for (int i = 0; i < b->count; i++) {
        consider(&due, b->instruments[i].wake_ms, i, TIMER_WAKE);
        consider(&due, b->instruments[i].stale_at_ms, i, TIMER_STALE);
    }
    consider(&due, b->procedure_wake_ms, PROCEDURE, TIMER_WAKE);
    return due;
}

int64_t bench_next_ms(const struct bench *b)
{
    return next_due(b).at_ms;
}

static void become_stale(struct bench *b, int instrument)
{
    struct bench_instrument *in = &b->instruments[instrument];
    in->stale_at_ms = -1;
    if (in->state != BENCH_LIVE && !in->in_test)
        return;
    in->state = BENCH_STALE;
    tell_changed(b, instrument);
    if (in->status == STATUS_OK || !is_checked(b)) /* one that zeroes or tests itself has no values: a check waits */
        step_lost(b, instrument);
}

static void wake_driver(struct bench *b, int instrument)
{
    struct bench_instrument *in = &b->instruments[instrument];
    in->wake_ms = -1;
    struct caller caller = {b, instrument};
    const struct sensor_host host = driver_host(&caller);
    in->sensor.driver->wake(&in->sensor, b->now_ms, &host);
    take_frames(b, instrument);
}

static void fire(struct bench *b, const struct due *due)
{
    b->now_ms = due->at_ms;
    if (due->instrument == PROCEDURE) {
        b->procedure_wake_ms = -1;
        step(b, (struct procedure_event){.kind = PROCEDURE_WAKE});
    } else if (due->timer == TIMER_WAKE) {
        wake_driver(b, due->instrument);
    } else {
        become_stale(b, due->instrument);
    }
}

/* Every input goes through enter and leave. */
static int64_t enter(struct bench *b, int64_t t_ms)
{
    assert(!b->busy);
    b->busy = true;
    int64_t used_ms = t_ms > b->now_ms ? t_ms : b->now_ms;
    for (struct due due = next_due(b); due.at_ms >= 0 && due.at_ms <= used_ms; due = next_due(b))
        fire(b, &due);
    b->now_ms = used_ms;
    return used_ms;
}

static int64_t leave(struct bench *b)
{
    b->busy = false;
    return b->now_ms;
}

int64_t bench_advance(struct bench *b, int64_t t_ms)
{
    enter(b, t_ms);
    return leave(b);
}

/* ---- inputs ---- */

int64_t bench_connect(struct bench *b, int instrument, int64_t t_ms)
{
    enter(b, t_ms);
    if (b->instruments[instrument].state == BENCH_OFFLINE) {
        record_event(b, instrument, "link up");
        start_driver(b, instrument);
    }
    return leave(b);
}

int64_t bench_disconnect(struct bench *b, int instrument, int64_t t_ms)
{
    enter(b, t_ms);
    struct bench_instrument *in = &b->instruments[instrument];
    enum bench_state was = in->state;
    if (was != BENCH_OFFLINE) {
        record_event(b, instrument, "link down");
        drop_buffer(in);
        in->state = BENCH_OFFLINE;
        in->status = STATUS_OK;
        in->status_detail[0] = '\0';
        in->wake_ms = in->stale_at_ms = -1;
        end_job(b, instrument, "its link is lost");
        tell_changed(b, instrument);
        if (was != BENCH_STALE || is_checked(b))
            step_lost(b, instrument);
    }
    return leave(b);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int64_t bench_receive(struct bench *b, int instrument, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    enter(b, t_ms);
    struct bench_instrument *in = &b->instruments[instrument];
    while (length > 0 && in->state != BENCH_OFFLINE) {
        size_t chunk = smaller(smaller(length, RECORDING_CHUNK_MAX), sizeof in->buffer - in->buffered);
        record_bytes(b, instrument, RECORDING_RECEIVED, bytes, chunk);
        memcpy(in->buffer + in->buffered, bytes, chunk);
        in->buffered += chunk;
        take_frames(b, instrument);
        bytes += chunk;
        length -= chunk;
    }
    return leave(b);
}

int64_t bench_key(struct bench *b, enum procedure_key key, const char *text, int64_t t_ms)
{
    enter(b, t_ms);
    struct recording_line line = {.direction = RECORDING_EVENT};
    int head = snprintf(line.text, sizeof line.text, "key %s", procedure_key_name(key));
    const char *said = line.text + head;
    if (text && *text) {
        snprintf(line.text + head, sizeof line.text - (size_t)head, " %s", text);
        recording_make_plain(line.text);
        said++;
    }
    record(b, OPERATOR, &line);
    step(b, (struct procedure_event){.kind = PROCEDURE_KEY, .key = key, .text = said});
    return leave(b);
}

int bench_command(struct bench *b, int instrument, enum sensor_command command, int64_t t_ms, struct err *err)
{
    enter(b, t_ms);
    struct bench_instrument *in = &b->instruments[instrument];
    struct caller caller = {b, instrument};
    const struct sensor_host host = driver_host(&caller);
    int result;
    if (in->state == BENCH_OFFLINE) {
        result = err_set(err, ERR_UNREACHABLE, "%s is not connected; connect it first", in->config.name);
    } else if (in->in_test && !b->procedure.method->alone && !(b->procedure.takes_zero && command == COMMAND_ZERO)) {
        result = err_set(err, ERR_REFUSED, "%s is in a test; end or abort the test first", in->config.name);
    } else if (!in->sensor.driver->command) {
        result = err_set(err, ERR_REFUSED, "%s takes no commands", in->config.name);
    } else {
        char what[SENSOR_NAME_MAX];
        snprintf(what, sizeof what, "command %s", sensor_command_name(command));
        record_event(b, instrument, what);
        result = in->sensor.driver->command(&in->sensor, command, b->now_ms, &host, err);
    }
    leave(b);
    return result;
}

int bench_output(struct bench *b, int instrument, const struct sensor_job *job, int64_t t_ms, struct err *err)
{
    enter(b, t_ms);
    struct bench_instrument *in = &b->instruments[instrument];
    struct caller caller = {b, instrument};
    const struct sensor_host host = driver_host(&caller);
    int result;
    if (!in->sensor.driver->output) {
        result = err_set(err, ERR_INVALID, "%s is no printer and no sign", in->config.name);
    } else if (in->state == BENCH_OFFLINE) {
        result = err_set(err, ERR_UNREACHABLE, "%s is not connected; connect it first", in->config.name);
    } else if (in->job) {
        result = err_set(err, ERR_REFUSED, "%s is still at work; wait until it has finished", in->config.name);
    } else {
        in->job = job;
        result = in->sensor.driver->output(&in->sensor, job, b->now_ms, &host, err);
        if (result != 0)
            in->job = NULL;
    }
    leave(b);
    return result;
}

/* ---- test start ---- */

int bench_start(struct bench *b, int64_t t_ms, struct err *err)
{
    if (b->testing)
        return err_set(err, ERR_REFUSED, "a test is running; let it end or abort it first");
    bool alone = b->procedure.method->alone;
    enter(b, t_ms);
    if (alone && b->instruments[b->subject].state == BENCH_OFFLINE) {
        leave(b);
        return err_set(err, ERR_UNREACHABLE, "%s is not connected; connect it first",
                       b->instruments[b->subject].config.name);
    }
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
        b->source[q] = alone ? b->subject : bench_fit_source(b, q);
    for (const enum quantity *q = b->procedure.method->quantities; *q != QUANTITY_COUNT; q++) {
        if (need_source(b, *q) < 0) {
            leave(b);
            return bench_fit_refuse(b, *q, err);
        }
    }
    b->testing = true;
    b->start_ms = b->now_ms;
    b->lines = 0;
    b->procedure_wake_ms = -1;
    for (int i = 0; i < b->count; i++) {
        b->instruments[i].in_test = alone ? i == b->subject : bench_fit(&b->instruments[i]);
        if (b->instruments[i].in_test)
            start_driver(b, i);
    }
    step(b, (struct procedure_event){.kind = PROCEDURE_START});
    leave(b);
    return 0;
}
