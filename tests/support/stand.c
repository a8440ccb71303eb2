#include "tests/support/stand.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/rig.h"

static const char *const names[STAND_INSTRUMENTS_MAX] = {"smoke", "aux", "third"};

/* 0 … range - 1; the same for the same seed everywhere. */
static uint32_t draw(struct stand *stand, uint32_t range)
{
    stand->seed = stand->seed * 1664525 + 1013904223;
    return (stand->seed >> 8) % range;
}

static bool chance(struct stand *stand, uint32_t one_in)
{
    return stand->seed != 0 && draw(stand, one_in * stand->calm) == 0;
}

/* ---- the instruments' side of the wire ---- */

static void enqueue(struct stand *stand, int index, const uint8_t *bytes, size_t length, int64_t at_ms)
{
    struct stand_instrument *in = &stand->instruments[index];
    assert_true(in->queued < STAND_QUEUE_MAX && length <= sizeof in->queue[0].bytes);
    size_t place = in->queued++;
    for (; place > 0 && in->queue[place - 1].at_ms > at_ms; place--)
        in->queue[place] = in->queue[place - 1];
    in->queue[place].at_ms = at_ms;
    in->queue[place].length = length;
    memcpy(in->queue[place].bytes, bytes, length);
}

/* A reply may be lost or late; on a bare serial line also damaged, split or preceded by noise. */
static void say(struct stand *stand, int index, const uint8_t *bytes, size_t length, int64_t at_ms)
{
    uint8_t sent[64];
    memcpy(sent, bytes, length);
    if (chance(stand, 60))
        return;
    if (chance(stand, 50))
        at_ms += draw(stand, 900);
    if (stand->instruments[index].kind == STAND_OPACIMETER) {
        enqueue(stand, index, sent, length, at_ms);
        return;
    }
    if (chance(stand, 40))
        sent[draw(stand, (uint32_t)length)] ^= (uint8_t)(1 << draw(stand, 8));
    if (chance(stand, 30)) {
        uint8_t noise[3] = {(uint8_t)draw(stand, 256), (uint8_t)draw(stand, 256), 0xA5};
        enqueue(stand, index, noise, 1 + draw(stand, 3), at_ms);
    }
    size_t first = chance(stand, 5) && length > 1 ? 1 + draw(stand, (uint32_t)length - 1) : length;
    enqueue(stand, index, sent, first, at_ms);
    if (first < length)
        enqueue(stand, index, sent + first, length - first, at_ms + draw(stand, 30));
}

static void put16(uint8_t *out, double value)
{
    long whole = lround(value);
    out[0] = (uint8_t)(whole >> 8);
    out[1] = (uint8_t)whole;
}

static double opacity_of(double k)
{
    return 100 * (1 - exp(-0.43 * k));
}

/* Nanhua NHT-6 as the protocol text has it: command, data, and a byte that makes the sum zero. */
static void answer_nht6(struct stand *stand, int index, uint8_t command)
{
    uint8_t out[20] = {command};
    size_t length = 0;
    int64_t at_ms = stand->now_ms + 25;
    double k = truck_smoke_at(&stand->engine, stand->now_ms);
    switch (command) {
    case 0xB0: length = 20; break;
    case 0xA1:
        out[1] = 1;
        length = 3;
        break;
    case 0xA3: length = 4; break;
    case 0xA5:
        put16(out + 1, 10 * opacity_of(k));
        put16(out + 3, 100 * k);
        put16(out + 5, truck_rpm_at(&stand->engine, stand->now_ms));
        put16(out + 7, stand->engine.truck->oil_temp + 273);
        length = 10;
        break;
    case 0xA4:
        stand->engine.zeroed = true;
        out[1] = 0x5C;
        length = 2;
        break;
    case 0xAE: say(stand, index, (const uint8_t[]){0x15, 0x01}, 2, at_ms); return; /* a sister model's command */
    default: fail_msg("the driver sent %02x on its own account", command);
    }
    for (size_t i = 0; i + 1 < length; i++)
        out[length - 1] = (uint8_t)(out[length - 1] - out[i]);
    say(stand, index, out, length, at_ms);
}

/* The generic opacimeter's block: function 4, address 0, six registers. */
static void poll_opacimeter(struct stand *stand, int index)
{
    uint8_t out[17] = {4, 0, 0, 0, 6};
    double k = truck_smoke_at(&stand->engine, stand->now_ms);
    put16(out + 5, 10 * opacity_of(k));
    put16(out + 7, 100 * k);
    put16(out + 9, truck_rpm_at(&stand->engine, stand->now_ms));
    put16(out + 11, 10 * stand->engine.truck->oil_temp);
    say(stand, index, out, sizeof out, stand->now_ms);
    stand->instruments[index].next_ms += 100;
}

/* ---- the host ---- */

static void append(struct stand_text *to, const char *more, size_t length)
{
    assert_true(to->length + length < sizeof to->text);
    memcpy(to->text + to->length, more, length + 1);
    to->length += length;
}

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct stand *stand = ctx;
    (void)length;
    if (stand->instruments[instrument].up)
        answer_nht6(stand, instrument, bytes[0]);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct stand *stand = ctx;
    char lines[SAMPLE_CSV_MAX];
    if (!stand->bench.instruments[instrument].in_test)
        return;
    ptrdiff_t length = sample_csv(sample, sample->t_ms - stand->bench.start_ms, names[instrument], lines, sizeof lines);
    assert_true(length >= 0);
    append(stand->readings, lines, (size_t)length);
}

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit, int64_t t_ms)
{
    struct stand *stand = ctx;
    (void)value;
    (void)limit;
    stand->engine.prompt = prompt;
    stand->act_ms = truck_acts(prompt) ? t_ms + stand->engine.truck->reaction_ms : -1;
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct stand *stand = ctx;
    stand->verdict = *verdict;
    stand->finished = true;
}

static void on_record(void *ctx, int instrument, const struct recording_line *line)
{
    struct stand *stand = ctx;
    char text[2 * RECORDING_CHUNK_MAX + 64];
    ptrdiff_t length = recording_format(line, text, sizeof text - 1);
    assert_true(length > 0);
    text[length] = '\0';
    append(stand->wire[instrument < 0 ? stand->count : instrument], text, (size_t)length);
}

struct stand *stand_open(const struct truck *truck, const enum stand_kind *kinds, int count, int64_t t0_ms,
                         uint32_t seed)
{
    struct stand *stand = calloc(1, sizeof *stand);
    assert_non_null(stand);
    const struct bench_host host = {.ctx = stand,
                                    .send = on_send,
                                    .sample = on_sample,
                                    .prompt = on_prompt,
                                    .finish = on_finish,
                                    .record = on_record};
    stand->engine.truck = truck;
    stand->now_ms = t0_ms;
    stand->seed = seed;
    stand->calm = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 10 : 100;
    stand->act_ms = -1;
    stand->count = count;
    stand->readings = calloc(1, sizeof(struct stand_text));
    bench_init(&stand->bench, &host, t0_ms);
    for (int i = 0; i <= count; i++)
        stand->wire[i] = calloc(1, sizeof(struct stand_text));
    for (int i = 0; i < count; i++) {
        bool modbus = kinds[i] == STAND_OPACIMETER;
        struct sensor_config config = {.unit = modbus, .profile = modbus ? rig_profile("opacimeter-generic") : NULL};
        const struct sensor_driver *driver = sensor_driver_by_name(modbus ? "modbus" : "nht6");
        snprintf(config.name, sizeof config.name, "%s", names[i]);
        stand->instruments[i].kind = kinds[i];
        assert_int_equal(bench_add(&stand->bench, driver, &config), i);
        ptrdiff_t head = replay_header(driver, &config, i, "synthetic", stand->wire[i]->text, STAND_TEXT_MAX);
        assert_true(head > 0);
        stand->wire[i]->length = (size_t)head;
    }
    ptrdiff_t head = replay_header_operator("synthetic", stand->wire[count]->text, STAND_TEXT_MAX);
    assert_true(head > 0);
    stand->wire[count]->length = (size_t)head;
    return stand;
}

void stand_close(struct stand *stand)
{
    for (int i = 0; i <= stand->count; i++)
        free(stand->wire[i]);
    free(stand->readings);
    free(stand);
}

/* ---- time ---- */

static void connect(struct stand *stand, int index)
{
    struct stand_instrument *in = &stand->instruments[index];
    in->up = in->kind != STAND_NOBODY;
    in->next_ms = stand->now_ms + 37;
    bench_connect(&stand->bench, index, stand->now_ms);
}

static void unplug(struct stand *stand, int index)
{
    stand->instruments[index].up = false;
    stand->instruments[index].queued = 0;
    bench_disconnect(&stand->bench, index, stand->now_ms);
}

/* The operator's keys and pedal. Now and then somebody stumbles over a cable or gives up. */
static void act(struct stand *stand)
{
    struct err refused;
    stand->act_ms = -1;
    if (chance(stand, 25)) {
        unplug(stand, 0);
    } else if (chance(stand, 25)) {
        bench_key(&stand->bench, KEY_ABORT, "gave up #3\n", stand->now_ms);
    } else if (truck_confirms(stand->engine.prompt)) {
        truck_move_probe(&stand->engine, stand->engine.prompt);
        if (stand->engine.prompt ==
            PROMPT_ZERO_INSTRUMENT) /* it may be busy; then it is tried again after the next reading */
            (void)bench_command(&stand->bench, 0, COMMAND_ZERO, stand->now_ms, &refused);
        bench_key(&stand->bench, KEY_CONFIRM, NULL, stand->now_ms);
    } else {
        assert_true(stand->engine.presses < TRUCK_PRESSES_MAX);
        stand->engine.press_ms[stand->engine.presses++] = stand->now_ms;
        if (chance(stand, 10))
            bench_key(&stand->bench, KEY_CONFIRM, "", stand->now_ms);
    }
}

static void hear(struct stand *stand, int index)
{
    struct stand_instrument *in = &stand->instruments[index];
    uint8_t bytes[64];
    size_t length = in->queue[0].length;
    memcpy(bytes, in->queue[0].bytes, length);
    in->queued--;
    memmove(in->queue, in->queue + 1, in->queued * sizeof in->queue[0]);
    bench_receive(&stand->bench, index, bytes, length, stand->now_ms);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t next_ms(const struct stand *stand)
{
    int64_t next = earlier(bench_next_ms(&stand->bench), stand->act_ms);
    for (int i = 0; i < stand->count; i++) {
        const struct stand_instrument *in = &stand->instruments[i];
        if (in->queued > 0)
            next = earlier(next, in->queue[0].at_ms);
        if (in->up && in->kind == STAND_OPACIMETER)
            next = earlier(next, in->next_ms);
    }
    return next;
}

/* One turn of the loop at next_ms, or somewhat later: a busy station looks at the time when it comes to it. */
static void turn(struct stand *stand)
{
    int64_t next = next_ms(stand);
    stand->now_ms = next > stand->now_ms ? next : stand->now_ms;
    if (chance(stand, 20))
        stand->now_ms += draw(stand, 60);
    for (int i = 0; i < stand->count; i++) {
        struct stand_instrument *in = &stand->instruments[i];
        if (in->up && in->kind == STAND_OPACIMETER && in->next_ms <= stand->now_ms)
            poll_opacimeter(stand, i);
        while (in->queued > 0 && in->queue[0].at_ms <= stand->now_ms)
            hear(stand, i);
    }
    if (stand->act_ms >= 0 && stand->act_ms <= stand->now_ms)
        act(stand);
    bench_advance(&stand->bench, stand->now_ms);
}

static void run_until(struct stand *stand, int64_t t_ms)
{
    while (!stand->finished && next_ms(stand) >= 0 && next_ms(stand) <= t_ms)
        turn(stand);
}

void stand_run(struct stand *stand, const struct rule_pack *pack, const struct rule *rule,
               const struct vehicle *vehicle, int64_t for_ms)
{
    enum { COME_ALIVE_MS = 3000 };
    struct err err = {0};
    uint32_t seed = stand->seed;
    int64_t start_ms = stand->now_ms + COME_ALIVE_MS;
    stand->seed = 0; /* nothing goes wrong before the test */
    for (int i = 0; i < stand->count; i++)
        connect(stand, i);
    run_until(stand, start_ms);
    stand->seed = seed;
    stand->now_ms = start_ms;
    const struct procedure_method *method = procedure_method_by_name(rule->method);
    assert_non_null(method);
    if (method->init(&stand->bench.procedure, pack, rule, vehicle, LIMIT_CLASS_A, &err) != 0 ||
        bench_start(&stand->bench, start_ms, &err) != 0)
        fail_msg("%s", err.text);
    run_until(stand, start_ms + for_ms);
}

size_t stand_files(const struct stand *stand, struct replay_file files[STAND_INSTRUMENTS_MAX + 1])
{
    static const char *const file_names[] = {"wire/a.rec", "wire/b.rec", "wire/c.rec", "wire/d.rec"};
    size_t count = 0;
    for (int i = stand->count; i >= 0; i--) {
        files[count] = (struct replay_file){file_names[count], stand->wire[i]->text, stand->wire[i]->length};
        count++;
    }
    return count;
}
