#include "sensors/bus.h"

#include <assert.h>
#include <string.h>

#include "sensors/bus_probe.h"

enum {
    GARBLED_MS = 30, /* as many bytes as the answer has, but no answer in them: so long may the rest take */
    WRITE_PATIENCE_MS = 1000,
    RETRY_MS = 500,         /* a silent slave, when nobody else needs the line */
    SILENT_MOST_MS = 10000, /* a slave that answers, but too late, may cost more than its share */
    SETTLE_MARGIN_MS = 50,
    TARGET_NO_PATH = 10,
    TARGET_NO_ANSWER = 11, /* a gateway's exceptions for a slave behind it */
};

void bus_init(struct bus *bus, enum modbus_framing framing, int64_t chars_per_s, const struct bus_slave_config *slaves,
              size_t slaves_count, const struct bus_host *host)
{
    assert(slaves_count >= 1 && slaves_count <= BUS_SLAVES_MAX);
    memset(bus, 0, sizeof *bus);
    bus->host = *host;
    bus->framing = framing;
    bus->char_us = chars_per_s > 0 ? 1000000 / chars_per_s + 1 : 0;
    bus->slaves_count = slaves_count;
    for (size_t i = 0; i < slaves_count; i++) {
        assert(slaves[i].reads_count >= 1 && slaves[i].reads_count <= PROFILE_READS_MAX && slaves[i].poll_ms > 0);
        bus->slaves[i] = (struct bus_slave){.config = slaves[i]};
        patience_init(&bus->slaves[i].patience);
    }
    bus_disconnect(bus);
}

void bus_connect(struct bus *bus, int64_t t_ms)
{
    bus_disconnect(bus);
    bus->connected = true;
    bus->idle_ms = bus->silent_ms = t_ms;
    for (size_t i = 0; i < bus->slaves_count; i++)
        bus->slaves[i].due_ms = t_ms;
}

void bus_disconnect(struct bus *bus)
{
    bus->connected = bus->broken = bus->echoes = false;
    bus->flight.errand = BUS_IDLE;
    bus->round = -1;
    bus->length = bus->writes_count = 0;
    for (size_t i = 0; i < bus->slaves_count; i++) {
        struct bus_slave *s = &bus->slaves[i];
        s->up = s->appeared = s->doubt = s->late = false;
        s->lost_ms = s->settled_ms = -1;
        s->owed = 0;
        memset(s->missed, 0, sizeof s->missed);
    }
}

/* ---- patience ---- */

static bool others_answer(const struct bus *bus, size_t slave)
{
    for (size_t i = 0; i < bus->slaves_count; i++)
        if (i != slave && bus->slaves[i].up)
            return true;
    return false;
}

static bool is_silent(const struct bus_slave *s)
{
    for (size_t i = 0; i < s->config.reads_count; i++)
        if (s->missed[i] < BUS_MISSES_MAX)
            return false;
    return true;
}

/* How long it may think. `silent`: this read is never answered. */
static int64_t think_ms(const struct bus *bus, size_t slave, bool silent)
{
    const struct bus_slave *s = &bus->slaves[slave];
    int64_t learnt = patience_ms(&s->patience);
    bool hurry = (silent || !s->up) && !s->late && others_answer(bus, slave);
    return hurry && learnt > BUS_SILENT_PATIENCE_MS ? BUS_SILENT_PATIENCE_MS : learnt;
}

/* ---- asking ---- */

static int64_t line_ms(const struct bus *bus, size_t chars)
{
    return ((int64_t)chars * bus->char_us + 999) / 1000;
}

static void send_request(struct bus *bus, const struct bus_flight *what, int64_t patience, int64_t t_ms)
{
    struct bus_slave *s = &bus->slaves[what->slave];
    struct bus_flight *f = &bus->flight;
    uint8_t bytes[MODBUS_REQUEST_MAX];
    bus->garbage_bytes += bus->length;
    bus->length = 0;
    bus->echoed = false;
    *f = *what;
    f->request.unit = s->config.unit;
    f->request.transaction = ++bus->transaction;
    size_t length = modbus_encode(bus->framing, &f->request, bytes);
    f->sent_ms = s->asked_ms = t_ms;
    f->deadline_ms = t_ms + patience + line_ms(bus, length + modbus_answer_length(bus->framing, &f->request));
    s->requests++;
    bus->host.send(bus->host.ctx, bytes, length);
}

/* Each doubt has another probe than the one before, so that answers which that one has left behind do not end it. */
static void send_probe(struct bus *bus, size_t slave, int64_t t_ms)
{
    const struct bus_slave *s = &bus->slaves[slave];
    struct bus_flight flight = {.errand = BUS_PROBE, .slave = slave};
    flight.unmistakable =
        bus_probe_choose(s->config.reads, s->config.reads_count, s->doubts, &flight.read, &flight.request);
    send_request(bus, &flight, think_ms(bus, slave, false), t_ms);
}

/* Asks for the next read of the round; a read that is never answered is left out mostly. False: none is left. */
static bool continue_round(struct bus *bus, int64_t t_ms)
{
    if (bus->round < 0)
        return false;
    size_t slave = (size_t)bus->round;
    const struct bus_slave *s = &bus->slaves[slave];
    for (size_t i = bus->round_read; i < s->config.reads_count; i++) {
        bool silent = s->missed[i] >= BUS_MISSES_MAX;
        if (silent && t_ms < bus->silent_ms)
            continue;
        const struct profile_read *read = &s->config.reads[i];
        const struct bus_flight next = {.errand = BUS_READ, .slave = slave, .read = i, .request = bus_probe_read(read)};
        bus->round_read = i + 1;
        send_request(bus, &next, think_ms(bus, slave, silent), t_ms);
        return true;
    }
    bus->round = -1;
    return false;
}

static bool send_write(struct bus *bus, int64_t t_ms)
{
    if (bus->writes_count == 0)
        return false;
    const struct modbusblock *block = &bus->writes[0].block;
    const struct bus_flight write = {
        .errand = BUS_WRITE,
        .slave = bus->writes[0].slave,
        .request = {.function = block->function, .address = block->address, .count = block->count}};
    bus->writes_count--;
    memmove(bus->writes, bus->writes + 1, bus->writes_count * sizeof *bus->writes);
    int64_t learnt = patience_ms(&bus->slaves[write.slave].patience);
    send_request(bus, &write, learnt > WRITE_PATIENCE_MS ? learnt : WRITE_PATIENCE_MS, t_ms);
    return true;
}

static int64_t slave_due_ms(const struct bus *bus, const struct bus_slave *s)
{
    return is_silent(s) && s->due_ms < bus->silent_ms ? bus->silent_ms : s->due_ms;
}

/* The one that has waited longest. */
static size_t next_slave(const struct bus *bus)
{
    size_t next = 0;
    for (size_t i = 1; i < bus->slaves_count; i++)
        if (slave_due_ms(bus, &bus->slaves[i]) < slave_due_ms(bus, &bus->slaves[next]))
            next = i;
    return next;
}

static void end_doubt(struct bus_slave *s)
{
    s->doubt = false;
    s->doubts++;
    s->lost_ms = s->settled_ms = -1;
}

static void begin_round(struct bus *bus, int64_t t_ms)
{
    size_t slave = next_slave(bus);
    struct bus_slave *s = &bus->slaves[slave];
    if (slave_due_ms(bus, s) > t_ms)
        return;
    s->due_ms += s->config.poll_ms;
    if (s->due_ms + s->config.poll_ms < t_ms) /* one late round is made up for, more are not */
        s->due_ms = t_ms + s->config.poll_ms;
    if (s->doubt && s->settled_ms >= 0)
        end_doubt(s);
    if (s->doubt) {
        send_probe(bus, slave, t_ms);
        return;
    }
    bus->round = (int)slave;
    bus->round_read = 0;
    continue_round(bus, t_ms);
}

/* ---- outcomes ---- */

static void deliver(struct bus *bus, size_t slave, const struct modbusblock *block, int64_t t_ms)
{
    uint8_t bytes[MODBUSBLOCK_SIZE_MAX];
    size_t length = modbusblock_encode(block, bytes);
    bus->host.block(bus->host.ctx, slave, bytes, length, t_ms);
}

static struct bus_flight end_flight(struct bus *bus, int64_t t_ms)
{
    struct bus_flight done = bus->flight;
    bus->flight.errand = BUS_IDLE;
    bus->idle_ms = t_ms + line_ms(bus, 4); /* frames end with the silence of 3.5 characters */
    return done;
}

/* An older answer may still come: no read is trusted until a probe has been answered. */
static void begin_doubt(struct bus *bus, size_t slave, int64_t since_ms)
{
    struct bus_slave *s = &bus->slaves[slave];
    if (s->lost_ms < 0 || bus->framing == MODBUS_TCP)
        s->lost_ms = since_ms;
    s->settled_ms = -1;
    s->doubt = bus->framing == MODBUS_RTU;
    if (bus->round == (int)slave)
        bus->round = -1;
}

static void count_miss(struct bus *bus, const struct bus_flight *done, int64_t t_ms)
{
    struct bus_slave *s = &bus->slaves[done->slave];
    for (size_t i = 0; i < s->config.reads_count; i++)
        if ((i == done->read || done->errand == BUS_PROBE) && s->missed[i] < BUS_MISSES_MAX)
            s->missed[i]++;
    if (s->missed[done->read] >= BUS_MISSES_MAX) {
        bool spare = others_answer(bus, done->slave) || !is_silent(s);
        int64_t pause_ms = spare ? (t_ms - done->sent_ms) * BUS_SILENT_SHARE : 0;
        bus->silent_ms = t_ms + (pause_ms < SILENT_MOST_MS ? pause_ms : SILENT_MOST_MS);
    }
    if (is_silent(s))
        s->due_ms = t_ms + RETRY_MS;
    else if (s->doubt)
        s->due_ms = t_ms;
}

/* A request went without answer, or a gateway said so. */
static void fail(struct bus *bus, const struct bus_flight *done, uint8_t code, int64_t t_ms)
{
    struct bus_slave *s = &bus->slaves[done->slave];
    bool was_up = s->up;
    struct modbusblock block = {.function = done->request.function,
                                .address = done->request.address,
                                .count = done->request.count,
                                .failed = true,
                                .code = code};
    if (done->errand == BUS_PROBE)
        block.count = s->config.reads[done->read].count;
    s->timeouts++;
    bus->round = -1;
    if (done->errand != BUS_WRITE)
        count_miss(bus, done, t_ms);
    s->up = was_up && !is_silent(s);
    s->appeared = s->appeared && !is_silent(s);
    if (was_up)
        deliver(bus, done->slave, &block, t_ms);
    if (was_up && !s->up)
        bus->host.down(bus->host.ctx, done->slave, t_ms);
}

static void time_out(struct bus *bus, int64_t t_ms)
{
    struct bus_flight done = end_flight(bus, t_ms);
    struct bus_slave *s = &bus->slaves[done.slave];
    s->late = false;
    s->owed += bus->framing == MODBUS_RTU && s->owed < BUS_OWED_MAX;
    s->lost_transaction = done.request.transaction;
    begin_doubt(bus, done.slave, done.sent_ms);
    fail(bus, &done, MODBUSBLOCK_NO_ANSWER, t_ms);
}

/* The probe's answer. One that an older request may have got too must not be followed by another. */
static void probed(struct bus_slave *s, const struct bus_flight *done, bool failed, int64_t t_ms)
{
    if (is_silent(s))
        memset(s->missed, 0, sizeof s->missed);
    s->due_ms = t_ms;
    if (done->unmistakable && !failed) {
        end_doubt(s);
        return;
    }
    int64_t delay_ms = t_ms - s->lost_ms < PATIENCE_MOST_MS ? t_ms - s->lost_ms : PATIENCE_MOST_MS;
    s->settled_ms = done->sent_ms + delay_ms + SETTLE_MARGIN_MS;
    s->due_ms = s->settled_ms;
}

/* The first answer of one that needs its time after power-on only tells that it is there. */
static bool has_settled(struct bus *bus, struct bus_slave *s, int64_t t_ms)
{
    bool settled = s->appeared || s->config.power_on_ms == 0;
    s->appeared = !settled;
    if (settled)
        return true;
    s->due_ms = t_ms + s->config.power_on_ms;
    bus->round = -1;
    return false;
}

static void answered(struct bus *bus, const struct modbusblock *block, int64_t t_ms)
{
    struct bus_flight done = end_flight(bus, t_ms);
    struct bus_slave *s = &bus->slaves[done.slave];
    s->answers++;
    s->exceptions += block->failed;
    s->late = false;
    if (block->failed && done.errand == BUS_READ && s->owed > 0) {
        s->owed--; /* an older request, a probe too, may have got the same exception */
        begin_doubt(bus, done.slave, done.sent_ms);
    }
    if (block->failed && (block->code == TARGET_NO_PATH || block->code == TARGET_NO_ANSWER)) {
        fail(bus, &done, block->code, t_ms);
        return;
    }
    patience_learn(&s->patience, t_ms - done.sent_ms);
    if (done.errand == BUS_PROBE) {
        probed(s, &done, block->failed, t_ms);
        return;
    }
    if (done.errand == BUS_READ) {
        if (s->doubt) { /* or something that nobody asked for came in between */
            s->due_ms = t_ms;
            return;
        }
        s->missed[done.read] = 0;
    }
    if (!s->up) {
        if (!has_settled(bus, s, t_ms))
            return;
        s->up = true;
        bus->host.up(bus->host.ctx, done.slave, t_ms);
    }
    deliver(bus, done.slave, block, t_ms);
}

/* ---- receiving ---- */

static int find_unit(const struct bus *bus, uint8_t unit)
{
    for (size_t i = 0; i < bus->slaves_count; i++)
        if (bus->slaves[i].config.unit == unit)
            return (int)i;
    return -1;
}

/* Could it be taken for the answer to one of the slave's reads? */
static bool is_like_a_read(const struct bus_slave *s, const struct modbus_frame *frame)
{
    for (size_t i = 0; i < s->config.reads_count; i++) {
        struct modbusblock ignored;
        struct modbus_request request = bus_probe_read(&s->config.reads[i]);
        request.unit = s->config.unit;
        if (modbus_answer(&ignored, &request, frame))
            return true;
    }
    return false;
}

/* An answer to nothing that is asked now: too late. It tells how slow the slave is. */
static void take_stray(struct bus *bus, const struct modbus_frame *frame, int64_t t_ms)
{
    int slave = find_unit(bus, frame->unit);
    if (slave < 0)
        return;
    struct bus_slave *s = &bus->slaves[slave];
    s->strays++;
    s->owed -= s->owed > 0;
    bool is_lost = bus->framing == MODBUS_RTU || frame->transaction == s->lost_transaction;
    if (s->lost_ms >= 0 && is_lost) {
        patience_learn_late(&s->patience, t_ms - s->lost_ms);
        s->late = true;
    }
    if (bus->framing == MODBUS_TCP)
        return;
    struct bus_flight *f = &bus->flight;
    int64_t patient_ms = t_ms + patience_ms(&s->patience);
    if (f->errand == BUS_PROBE && f->slave == (size_t)slave)
        f->deadline_ms = f->deadline_ms > patient_ms ? f->deadline_ms : patient_ms;
    else if (s->doubt ? s->settled_ms >= 0 : is_like_a_read(s, frame))
        begin_doubt(bus, (size_t)slave, s->asked_ms);
}

static void take_frame(struct bus *bus, const struct modbus_frame *frame, int64_t t_ms)
{
    struct modbusblock block;
    const struct bus_flight *f = &bus->flight;
    bool asked =
        f->errand != BUS_IDLE && frame->transaction == (bus->framing == MODBUS_TCP ? f->request.transaction : 0);
    if (asked && modbus_answer(&block, &f->request, frame))
        answered(bus, &block, t_ms);
    else
        take_stray(bus, frame, t_ms);
}

static void drop(struct bus *bus, size_t length)
{
    bus->length -= length;
    memmove(bus->buffer, bus->buffer + length, bus->length);
}

/* Some adapters give back what is sent. The echo of a write looks like its answer, the echo of a read never does, but
 * for a few reads of bits: known from the first read on. */
static void drop_echo(struct bus *bus)
{
    uint8_t sent[MODBUS_REQUEST_MAX];
    const struct bus_flight *f = &bus->flight;
    size_t length = f->errand == BUS_IDLE ? 0 : modbus_encode(MODBUS_RTU, &f->request, sent);
    if (length == 0 || bus->length < length || memcmp(bus->buffer, sent, length) != 0)
        return;
    if (bus->echoed || (f->errand == BUS_WRITE && !bus->echoes))
        return;
    bus->echoed = bus->echoes = true;
    drop(bus, length);
}

static void search_rtu(struct bus *bus, int64_t t_ms)
{
    struct modbus_frame frame;
    drop_echo(bus);
    for (size_t at = 0; at < bus->length; at++) {
        if (find_unit(bus, bus->buffer[at]) < 0 || !modbus_rtu_cut(&frame, bus->buffer + at, bus->length - at))
            continue;
        take_frame(bus, &frame, t_ms);
        bus->garbage_bytes += at;
        drop(bus, at + frame.length);
        at = (size_t)-1;
    }
    struct bus_flight *f = &bus->flight;
    bool enough = f->errand != BUS_IDLE && bus->length >= modbus_answer_length(MODBUS_RTU, &f->request);
    if (enough && f->deadline_ms > t_ms + GARBLED_MS)
        f->deadline_ms = t_ms + GARBLED_MS;
}

static void cut_tcp(struct bus *bus, int64_t t_ms)
{
    struct modbus_frame frame;
    int cut;
    while ((cut = modbus_tcp_cut(&frame, bus->buffer, bus->length)) > 0) {
        take_frame(bus, &frame, t_ms);
        drop(bus, frame.length);
    }
    bus->broken = cut < 0;
}

void bus_receive(struct bus *bus, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    while (length > 0 && !bus->broken) {
        if (bus->length == BUS_BUFFER_MAX) { /* RTU: half of it has long been garbage */
            bus->garbage_bytes += BUS_BUFFER_MAX / 2;
            drop(bus, BUS_BUFFER_MAX / 2);
        }
        size_t space = BUS_BUFFER_MAX - bus->length;
        size_t taken = length < space ? length : space;
        memcpy(bus->buffer + bus->length, bytes, taken);
        bus->length += taken;
        bytes += taken;
        length -= taken;
        if (bus->framing == MODBUS_RTU)
            search_rtu(bus, t_ms);
        else
            cut_tcp(bus, t_ms);
    }
    bus_advance(bus, t_ms);
}

void bus_advance(struct bus *bus, int64_t t_ms)
{
    if (!bus->connected || bus->broken)
        return;
    if (bus->flight.errand != BUS_IDLE && t_ms >= bus->flight.deadline_ms)
        time_out(bus, t_ms);
    if (bus->flight.errand != BUS_IDLE || t_ms < bus->idle_ms)
        return;
    if (!send_write(bus, t_ms) && !continue_round(bus, t_ms))
        begin_round(bus, t_ms);
}

int64_t bus_look_ms(const struct bus *bus, int64_t t_ms)
{
    int64_t next_ms = bus_next_ms(bus);
    if (next_ms < 0 || bus->framing != MODBUS_TCP)
        return next_ms;
    int64_t due_ms = slave_due_ms(bus, &bus->slaves[next_slave(bus)]);
    return due_ms > t_ms && due_ms < next_ms ? due_ms : next_ms;
}

int64_t bus_next_ms(const struct bus *bus)
{
    if (!bus->connected || bus->broken)
        return -1;
    if (bus->flight.errand != BUS_IDLE)
        return bus->flight.deadline_ms;
    int64_t due_ms = slave_due_ms(bus, &bus->slaves[next_slave(bus)]);
    if (bus->writes_count > 0 || bus->round >= 0)
        due_ms = bus->idle_ms;
    return due_ms > bus->idle_ms ? due_ms : bus->idle_ms;
}

int bus_write(struct bus *bus, size_t slave, const struct modbusblock *block, struct err *err)
{
    assert(slave < bus->slaves_count);
    if (bus->writes_count == BUS_WRITES_MAX)
        return err_set(err, ERR_REFUSED, "%d actions wait for unit %d already", BUS_WRITES_MAX,
                       bus->slaves[slave].config.unit);
    bus->writes[bus->writes_count].slave = slave;
    bus->writes[bus->writes_count++].block = *block;
    return 0;
}
