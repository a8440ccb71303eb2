#define _DEFAULT_SOURCE

#include "sensors/links/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "protocols/modbus.h"
#include "sensors/bench.h"
#include "sensors/links/port.h"

enum {
    HEAR_MS = 1200,      /* whoever talks by itself has begun by then */
    LISTEN_MS = 2500,    /* and has said enough by then */
    ANSWER_MS = 1500,    /* for the first sign of an answer: the slowest analyzers take a second */
    RECOGNISE_MS = 4000, /* for all of the identification, once it answers */
    QUIET_MS = 150,      /* of silence between two questions of different drivers */
    DRAIN_MS = 1000,
    UNIT_MS = 300, /* of patience for a Modbus unit */
    UNITS = 3,
    SURE = 2, /* samples in a row make it sure */
    LINES_MAX = 12,
    CHUNK = 256,
};

/* One port while it is asked. */
struct probe {
    struct probe_result *out;
    struct port *port;
    const char *line; /* setting that it is open with */
    struct bench *bench;
    bool deaf;                             /* nobody's requests go out */
    unsigned goods[BENCH_INSTRUMENTS_MAX]; /* samples with something in them */
    uint64_t heard;                        /* bytes since the port was opened */
    int64_t limit_ms;
    struct candidate candidates[CANDIDATES_MAX];
    size_t candidates_count;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the port ---- */

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* What comes until then at the latest: 0 nothing. A port that is lost says nothing more. */
static size_t hear(struct probe *p, uint8_t bytes[CHUNK], int64_t until_ms)
{
    struct pollfd wanted = {.fd = port_fd(p->port), .events = POLLIN};
    int64_t wait_ms = earlier(until_ms, p->limit_ms) - now_ms();
    if (poll(&wanted, 1, wait_ms > 0 ? (int)wait_ms : 0) <= 0)
        return 0;
    ssize_t got = read(wanted.fd, bytes, CHUNK);
    if (got <= 0) {
        poll(NULL, 0, wait_ms > 0 ? (int)wait_ms : 0);
        return 0;
    }
    p->heard += (uint64_t)got;
    return (size_t)got;
}

/* What is left of an answer to one driver must not be taken for one to the next. */
static void drain(struct probe *p)
{
    uint8_t bytes[CHUNK];
    int64_t until_ms = now_ms() + DRAIN_MS;
    while (now_ms() < until_ms && hear(p, bytes, now_ms() + QUIET_MS) > 0)
        continue;
}

static void say(const struct probe *p, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = write(port_fd(p->port), bytes, length);
        if (sent < 0 && errno != EINTR)
            return; /* a request that is lost is one that is not answered */
        bytes += sent > 0 ? sent : 0;
        length -= sent > 0 ? (size_t)sent : 0;
    }
}

/* ---- the bench ---- */

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    (void)instrument;
    const struct probe *p = ctx;
    if (!p->deaf)
        say(p, bytes, length);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct probe *p = ctx;
    bool says = sample->passage || sample->texts_count > 0;
    for (size_t i = 0; !says && i < sample->count; i++)
        says = sample->readings[i].quality == QUALITY_OK;
    p->goods[instrument] += says;
}

static void start_bench(struct probe *p, bool deaf)
{
    const struct bench_host host = {.ctx = p, .send = on_send, .sample = on_sample};
    bench_init(p->bench, &host, now_ms());
    memset(p->goods, 0, sizeof p->goods);
    p->deaf = deaf;
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%.*s", (int)size - 1, text);
}

static struct probe_found *add_found(struct probe *p)
{
    if (p->out->count == PROBE_FOUND_MAX)
        return NULL;
    struct probe_found *found = &p->out->found[p->out->count++];
    *found = (struct probe_found){0};
    copy(found->line, sizeof found->line, p->line);
    return found;
}

static void take(struct probe *p, int instrument)
{
    const struct bench_instrument *in = &p->bench->instruments[instrument];
    struct probe_found *found = add_found(p);
    if (!found)
        return;
    found->kind = LINK_SERIAL;
    found->identity = in->sensor.identity;
    found->asked = !p->deaf;
    copy(found->driver, sizeof found->driver, in->sensor.driver->name);
    copy(found->title, sizeof found->title, in->sensor.driver->title);
    copy(found->option, sizeof found->option, in->config.option);
    if (in->config.profile)
        copy(found->profile, sizeof found->profile, in->config.profile->name);
}

/* ---- listening ---- */

static bool is_here(const struct probe *p, const struct candidate *c, bool asks)
{
    return c->asks == asks && strcmp(c->driver->line, p->line) == 0;
}

/* Has it understood enough? Frames alone do where they hold no value yet: a receiver without a view of the sky. */
static bool understands(const struct probe *p, int instrument, bool by_values)
{
    const struct bench_instrument *in = &p->bench->instruments[instrument];
    return by_values ? p->goods[instrument] >= SURE : in->frames / 2 >= SURE;
}

/* Several may take the same bytes for theirs; those that leave the least of them over are right. */
static void take_best(struct probe *p, bool by_values)
{
    uint64_t least = p->heard / 2;
    for (int i = 0; i < p->bench->count; i++)
        if (understands(p, i, by_values) && p->bench->instruments[i].garbage_bytes < least)
            least = p->bench->instruments[i].garbage_bytes;
    for (int i = 0; i < p->bench->count; i++)
        if (understands(p, i, by_values) && p->bench->instruments[i].garbage_bytes == least)
            take(p, i);
}

static void listen_in(struct probe *p)
{
    uint8_t bytes[CHUNK];
    int64_t from_ms = now_ms();
    start_bench(p, true);
    for (size_t i = 0; i < p->candidates_count; i++)
        if (is_here(p, &p->candidates[i], false)) {
            int instrument = bench_add(p->bench, p->candidates[i].driver, &p->candidates[i].config);
            if (instrument >= 0)
                bench_connect(p->bench, instrument, from_ms);
        }
    int64_t until_ms = from_ms + HEAR_MS;
    while (now_ms() < until_ms) {
        size_t got = hear(p, bytes, until_ms);
        for (int i = 0; got > 0 && i < p->bench->count; i++)
            bench_receive(p->bench, i, bytes, got, now_ms());
        until_ms = p->heard > 0 ? from_ms + LISTEN_MS : until_ms;
        if (now_ms() >= p->limit_ms)
            break;
    }
    take_best(p, true);
    if (p->out->count == 0)
        take_best(p, false);
}

/* ---- asking ---- */

static bool is_recognised(const struct probe *p)
{
    return p->goods[0] > 0;
}

static void ask_driver(struct probe *p, const struct candidate *c)
{
    uint8_t bytes[CHUNK];
    drain(p);
    start_bench(p, false);
    bench_add(p->bench, c->driver, &c->config);
    const struct bench_instrument *in = &p->bench->instruments[0];
    int64_t from_ms = now_ms();
    bench_connect(p->bench, 0, from_ms);
    for (int64_t until_ms = from_ms + ANSWER_MS; now_ms() < earlier(until_ms, p->limit_ms) && !is_recognised(p);) {
        int64_t next_ms = bench_next_ms(p->bench);
        size_t got = hear(p, bytes, next_ms >= 0 ? earlier(next_ms, until_ms) : until_ms);
        if (got > 0)
            bench_receive(p->bench, 0, bytes, got, now_ms());
        bench_advance(p->bench, now_ms());
        if (in->frames > 0)
            until_ms = from_ms + RECOGNISE_MS;
        if (in->status == STATUS_WRONG_MODEL)
            break;
    }
    if (in->status == STATUS_WRONG_MODEL)
        copy(p->out->note, sizeof p->out->note, in->status_detail);
    else if (is_recognised(p) || in->sensor.identity.model[0])
        take(p, 0);
}

/* ---- Modbus ---- */

/* Does the unit answer the read, or refuse it in good form? */
static bool ask_unit(struct probe *p, uint8_t unit, uint8_t function)
{
    const struct modbus_request request = {.unit = unit, .function = function, .address = 0, .count = 1};
    uint8_t bytes[MODBUS_REQUEST_MAX], answer[2 * CHUNK];
    struct modbus_frame frame;
    struct modbusblock block;
    size_t length = 0;
    drain(p);
    say(p, bytes, modbus_encode(MODBUS_RTU, &request, bytes));
    for (int64_t until_ms = now_ms() + UNIT_MS; now_ms() < until_ms && length <= sizeof answer - CHUNK;) {
        length += hear(p, answer + length, until_ms);
        if (modbus_rtu_cut(&frame, answer, length))
            return frame.unit == unit && modbus_answer(&block, &request, &frame);
    }
    return false;
}

static void ask_units(struct probe *p)
{
    for (uint8_t unit = 1; unit <= UNITS && now_ms() < p->limit_ms; unit++) {
        if (!ask_unit(p, unit, 4) && !ask_unit(p, unit, 3))
            continue;
        struct probe_found *found = add_found(p);
        if (!found)
            return;
        found->kind = LINK_MODBUS_RTU;
        found->unit = unit;
        found->asked = true;
        copy(found->driver, sizeof found->driver, "modbus");
        snprintf(found->title, sizeof found->title, "something that speaks Modbus RTU, unit %d", unit);
    }
}

static bool is_modbus_line(const char *line)
{
    return strcmp(line, "9600/8n1") == 0 || strcmp(line, "19200/8n1") == 0;
}

/* ---- one line setting after the other ---- */

static void ask(struct probe *p)
{
    listen_in(p);
    if (p->out->count > 0)
        return;
    if (p->heard > 0) {
        snprintf(p->out->note, sizeof p->out->note, "it talks by itself, and at %s no driver understands it", p->line);
        return;
    }
    for (size_t i = 0; i < p->candidates_count && p->out->count == 0 && now_ms() < p->limit_ms; i++)
        if (is_here(p, &p->candidates[i], true))
            ask_driver(p, &p->candidates[i]);
    if (p->out->count == 0 && is_modbus_line(p->line))
        ask_units(p);
}

static size_t list_lines(const struct probe *p, const char *lines[LINES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < p->candidates_count; i++) {
        size_t at = 0;
        while (at < count && strcmp(lines[at], p->candidates[i].driver->line) != 0)
            at++;
        if (at == count && count < LINES_MAX)
            lines[count++] = p->candidates[i].driver->line;
    }
    return count;
}

static void ask_all(struct probe *p, const char *device)
{
    const char *lines[LINES_MAX];
    size_t count = list_lines(p, lines);
    for (size_t i = 0; i < count && p->out->count == 0 && now_ms() < p->limit_ms; i++) {
        struct line line;
        struct err err = {0};
        if (line_parse(&line, lines[i], &err) != 0 || port_open(&p->port, device, &line, &err) != 0) {
            copy(p->out->problem, sizeof p->out->problem, err.text);
            return;
        }
        p->line = lines[i];
        p->heard = 0;
        ask(p);
        port_close(p->port);
    }
    if (p->out->count > 0)
        p->out->note[0] = '\0';
}

void probe_port(const char *device, const struct profile *const *profiles, size_t profiles_count,
                struct probe_result *out)
{
    *out = (struct probe_result){0};
    struct probe *p = calloc(1, sizeof *p);
    struct bench *bench = calloc(1, sizeof *bench);
    if (p && bench) {
        p->out = out;
        p->bench = bench;
        p->limit_ms = now_ms() + PROBE_LIMIT_MS;
        p->candidates_count = candidate_list(p->candidates, profiles, profiles_count);
        ask_all(p, device);
    } else {
        copy(out->problem, sizeof out->problem, "out of memory");
    }
    free(bench);
    free(p);
}
