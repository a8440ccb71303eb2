#include "tests/support/sim_pair.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/rig.h"

enum { START_MS = 1000000, GRACE_MS = 1000, RECONNECT_MS = 500 };

static void send_to_device(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct sim_pair *pair = ctx;
    (void)instrument;
    sim_hear(pair->device, 0, bytes, length, pair->now_ms);
}

static bool same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

static double shown(const struct sim_pair *pair, enum quantity quantity, int64_t t_ms)
{
    if (quantity == QUANTITY_OPACITY && pair->path_m > 0)
        return 100 * (1 - exp(-sim_value(pair->device, QUANTITY_K, t_ms) * pair->path_m));
    return sim_value(pair->device, quantity, t_ms);
}

/* Was it so at some moment of the last age_ms? */
static bool was_so(const struct sim_pair *pair, const struct reading *reading)
{
    double value = decimal_to_double(reading->value);
    double within = 0.5 * pow(10, -reading->value.digits) + pair->slack[reading->quantity] + 1e-9;
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (int64_t back = 0; back <= pair->age_ms; back++) {
        double truth = shown(pair, reading->quantity, pair->now_ms - back);
        low = fmin(low, truth);
        high = fmax(high, truth);
        if (value >= low - within && value <= high + within)
            return true;
    }
    return false;
}

static void guard(const struct sim_pair *pair, const struct reading *reading)
{
    enum quantity q = reading->quantity;
    double value = decimal_to_double(reading->value);
    bool lately = pair->now_ms - pair->world[q].changed_ms <= pair->grace_ms;
    if (pair->loose[q] || same(value, pair->world[q].now) || (lately && same(value, pair->world[q].before)) ||
        (pair->age_ms > 0 && was_so(pair, reading)))
        return;
    fail_msg("%s%s%s: a good %s of %.9g, %lld ms after the start: the world shows %.9g",
             pair->bench.instruments[0].sensor.driver->name, pair->during ? ", " : "", pair->during ? pair->during : "",
             quantity_name(q), value, (long long)(pair->now_ms - START_MS), pair->world[q].now);
}

static void take_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct sim_pair *pair = ctx;
    (void)instrument;
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *reading = &sample->readings[i];
        if (reading->quality == QUALITY_OK) {
            guard(pair, reading);
            pair->goods++;
            pair->highest[reading->quantity] =
                fmax(pair->highest[reading->quantity], decimal_to_double(reading->value));
        }
        pair->last[reading->quantity] = *reading;
        (reading->quality == QUALITY_OK ? pair->good : pair->other)[reading->quantity]++;
    }
    for (size_t i = 0; i < sample->texts_count; i++) {
        enum text_kind kind = sample->texts[i].kind;
        pair->said[kind] = true;
        memcpy(pair->text[kind], sample->texts[i].value, SAMPLE_TEXT_MAX);
    }
    if (!sample->passage)
        return;
    pair->passages++;
    pair->passage = *sample->passage;
    pair->passage_sample = *sample;
    pair->passage_sample.passage = &pair->passage;
    pair->passage_sample.texts_count = 0;
}

static void end_job(void *ctx, int instrument, const char *trouble)
{
    struct sim_pair *pair = ctx;
    (void)instrument;
    pair->jobs_done++;
    snprintf(pair->trouble, sizeof pair->trouble, "%s", trouble);
}

static void see_change(void *ctx, int instrument)
{
    struct sim_pair *pair = ctx;
    pair->statuses |= 1U << pair->bench.instruments[instrument].status;
}

/* Notes what the world shows now. */
static void look_around(struct sim_pair *pair)
{
    for (int q = 0; q < QUANTITY_COUNT; q++) {
        double value = sim_value(pair->device, (enum quantity)q, pair->now_ms);
        if (same(value, pair->world[q].now) || (isnan(value) && isnan(pair->world[q].now)))
            continue;
        pair->world[q].before = pair->world[q].now;
        pair->world[q].now = value;
        pair->world[q].changed_ms = pair->now_ms;
    }
}

void sim_pair_command(struct sim_pair *pair, const char *command)
{
    struct err err = {0};
    if (sim_command(&pair->sim, command, pair->now_ms, &err) != 0)
        fail_msg("%s: %s", command, err.text);
    look_around(pair);
}

static void begin_device(struct sim_pair *pair, const struct sim_pair_plan *plan)
{
    sim_init(&pair->sim);
    if (!sim_protocol_by_name(plan->protocol))
        fail_msg("the simulator does not speak %s", plan->protocol);
    pair->device = sim_add(&pair->sim, "device", sim_protocol_by_name(plan->protocol));
    pair->device->connections[0].fd = 0; /* somebody listens; no file is touched in virtual time */
    look_around(pair);
    for (const char *at = plan->first ? plan->first : ""; *at;) {
        char line[SIM_COMMAND_MAX];
        size_t length = strcspn(at, "\n");
        assert_true(length < sizeof line);
        memcpy(line, at, length);
        line[length] = '\0';
        sim_pair_command(pair, line);
        at += length + (at[length] == '\n');
    }
    for (int q = 0; q < QUANTITY_COUNT; q++)
        pair->world[q].before = pair->world[q].now;
}

static const struct profile *profile_of(struct sim_pair *pair, const char *plan)
{
    enum { NODES_MAX = 256, TEXT_MAX = 8192 };
    static struct conf_node nodes[NODES_MAX];
    static char text[TEXT_MAX];
    struct conf conf = {0};
    struct err err = {0};
    if (strncmp(plan, "profile ", 8) != 0)
        return rig_profile(plan);
    assert_true(strlen(plan) < sizeof text);
    memcpy(text, plan, strlen(plan) + 1);
    if (conf_parse(&conf, "plan", text, strlen(plan), nodes, NODES_MAX, &err) != 0 ||
        profile_load(&pair->profile, &conf, &err) != 0)
        fail_msg("%s", err.text);
    return &pair->profile;
}

static void begin_driver(struct sim_pair *pair, const struct sim_pair_plan *plan)
{
    const struct bench_host host = {
        .ctx = pair, .send = send_to_device, .sample = take_sample, .changed = see_change, .output_done = end_job};
    struct sensor_config config = {.name = "device", .unit = plan->unit, .poll_ms = plan->poll_ms};
    const struct sensor_driver *driver = sensor_driver_by_name(plan->driver);
    struct err err = {0};
    if (!driver)
        fail_msg("there is no driver %s", plan->driver);
    if (plan->profile)
        config.profile = profile_of(pair, plan->profile);
    if (plan->option)
        snprintf(config.option, sizeof config.option, "%s", plan->option);
    if (driver->check && driver->check(&config, &err) != 0)
        fail_msg("%s", err.text);
    bench_init(&pair->bench, &host, pair->now_ms);
    assert_int_equal(bench_add(&pair->bench, driver, &config), 0);
    bench_connect(&pair->bench, 0, pair->now_ms);
}

struct sim_pair *sim_pair_open(const struct sim_pair_plan *plan)
{
    struct sim_pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->now_ms = START_MS;
    pair->grace_ms = GRACE_MS;
    pair->reconnect_ms = -1;
    pair->piece = plan->piece;
    begin_device(pair, plan);
    begin_driver(pair, plan);
    sim_pair_forget(pair);
    return pair;
}

void sim_pair_close(struct sim_pair *pair)
{
    free(pair);
}

void sim_pair_forget(struct sim_pair *pair)
{
    memset(pair->good, 0, sizeof pair->good);
    memset(pair->other, 0, sizeof pair->other);
    memset(pair->said, 0, sizeof pair->said);
    for (int q = 0; q < QUANTITY_COUNT; q++)
        pair->highest[q] = -(double)INFINITY;
    pair->hang_ups = pair->passages = pair->goods = pair->statuses = pair->jobs_done = 0;
}

void sim_pair_unplug(struct sim_pair *pair, int64_t for_ms)
{
    pair->hang_ups++;
    pair->device->connections[0] = (struct sim_connection){.fd = -1};
    pair->device->queued = 0;
    bench_disconnect(&pair->bench, 0, pair->now_ms);
    pair->reconnect_ms = pair->now_ms + for_ms;
}

static void deliver(struct sim_pair *pair, const struct sim_output *out)
{
    size_t piece = pair->piece ? pair->piece : out->length;
    for (size_t at = 0; at < out->length; at += piece)
        bench_receive(&pair->bench, 0, out->bytes + at, out->length - at < piece ? out->length - at : piece,
                      pair->now_ms);
}

static void turn(struct sim_pair *pair)
{
    struct sim_output out;
    if (pair->reconnect_ms >= 0 && pair->now_ms >= pair->reconnect_ms) {
        pair->reconnect_ms = -1;
        pair->device->connections[0].fd = 0;
        bench_connect(&pair->bench, 0, pair->now_ms);
    }
    look_around(pair);
    sim_tick(pair->device, pair->now_ms);
    while (sim_take(pair->device, pair->now_ms, &out)) {
        if (out.length == 0) {
            sim_pair_unplug(pair, RECONNECT_MS);
            break;
        }
        deliver(pair, &out);
    }
    bench_advance(&pair->bench, pair->now_ms);
}

/* Runs until stop says so; true: it did. */
static bool run_until(struct sim_pair *pair, int64_t for_ms, bool (*stop)(const struct sim_pair *pair, int what),
                      int what)
{
    int64_t end_ms = pair->now_ms + for_ms;
    for (;;) {
        turn(pair);
        if (stop && stop(pair, what))
            return true;
        int64_t next_ms = end_ms;
        int64_t bench_ms = bench_next_ms(&pair->bench);
        if (bench_ms >= 0 && bench_ms < next_ms)
            next_ms = bench_ms;
        if (sim_next_ms(pair->device) < next_ms)
            next_ms = sim_next_ms(pair->device);
        if (pair->reconnect_ms >= 0 && pair->reconnect_ms < next_ms)
            next_ms = pair->reconnect_ms;
        if (pair->now_ms >= end_ms)
            return false;
        pair->now_ms = next_ms > pair->now_ms ? next_ms : pair->now_ms;
    }
}

void sim_pair_run(struct sim_pair *pair, int64_t for_ms)
{
    run_until(pair, for_ms, NULL, 0);
}

static bool has_status(const struct sim_pair *pair, int status)
{
    return (int)sim_pair_status(pair) == status;
}

bool sim_pair_until(struct sim_pair *pair, enum instrument_status status, int64_t at_most_ms)
{
    return run_until(pair, at_most_ms, has_status, (int)status);
}

static bool has_good(const struct sim_pair *pair, int what)
{
    (void)what;
    return pair->goods > 0;
}

bool sim_pair_until_good(struct sim_pair *pair, int64_t at_most_ms)
{
    return run_until(pair, at_most_ms, has_good, 0);
}

void sim_pair_suffer(struct sim_pair *pair, const char *one, const char *other)
{
    static const char *const faults[] = {"crc",  "split",        "split ms=400", "late ms=700", "garbage",
                                         "half", "half count=1", "ending",       "silence"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char command[64];
        if (strcmp(faults[i], "crc") == 0 && pair->device->protocol->check_tail == SIM_NO_CHECKSUM)
            continue;
        snprintf(command, sizeof command, "fault device %s", faults[i]);
        sim_pair_command(pair, command);
        sim_pair_run(pair, 5000);
        sim_pair_command(pair, i % 2 ? one : other);
        sim_pair_run(pair, 5000);
    }
    sim_pair_command(pair, "fault device none");
    sim_pair_command(pair, one);
    sim_pair_run(pair, 5000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 5000);
}

enum instrument_status sim_pair_status(const struct sim_pair *pair)
{
    return pair->bench.instruments[0].status;
}

enum bench_state sim_pair_state(const struct sim_pair *pair)
{
    return pair->bench.instruments[0].state;
}

const char *sim_pair_value(const struct sim_pair *pair, enum quantity quantity)
{
    static char text[DECIMAL_TEXT_MAX + 1];
    text[0] = '\0';
    if (pair->good[quantity] + pair->other[quantity] == 0)
        return text;
    size_t length = decimal_format(pair->last[quantity].value, text);
    if (pair->last[quantity].quality != QUALITY_OK)
        memcpy(text + length, "?", 2);
    return text;
}
