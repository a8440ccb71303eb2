/*
 * The Modbus master against any line: whatever comes when, no answer is taken for the answer to another request, blocks
 * come from slaves that are up and are what their profile reads, and time never stands still.
 *
 * Input: framing and reads; then steps: 00-7f time passes (4 ms each), 80-bf so many bytes (1-64) of noise, c0-cf a
 * slave answers its oldest open request, whole or, from c8 on, in two pieces, d0-d7 the same with an exception, d8-df
 * it loses it, e0-e7 a write is ordered, f0 the line is gone, f1 it is there.
 *
 * As the master's promise is for slaves that answer in order and at most once, these do; noise on a serial line holds
 * no byte that is a unit's address, as noise with a right checksum could not be told from an answer.
 */
#include "sensors/bus.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { UNITS = 3, OPEN_MAX = 64, STEP_MS = 4, TURNS_MAX = 100000 };

static const struct profile_read one[] = {{.function = 4, .address = 0, .count = 6}};
static const struct profile_read many[] = {{.function = 3, .address = 0, .count = 6},
                                           {.function = 4, .address = 10, .count = 2},
                                           {.function = 2, .address = 0, .count = 20}};

/* A request on its way, and what its answer will say. */
struct open_request {
    uint8_t bytes[MODBUS_REQUEST_MAX];
    uint16_t serial;
};

struct run {
    struct bus bus;
    enum modbus_framing framing;
    int64_t now_ms;
    bool up[UNITS];
    uint16_t serial, latest[UNITS];
    size_t open_count[UNITS];
    struct open_request open[UNITS][OPEN_MAX];
};

static size_t head_size(const struct run *run)
{
    return run->framing == MODBUS_TCP ? 7 : 1;
}

static void on_send(void *ctx, const uint8_t *bytes, size_t length)
{
    struct run *run = ctx;
    size_t unit = bytes[head_size(run) - 1] - 1U;
    FUZZ_CHECK(unit < UNITS && length <= MODBUS_REQUEST_MAX);
    run->latest[unit] = ++run->serial;
    if (run->open_count[unit] == OPEN_MAX) /* the slave has given up on the oldest */
        memmove(run->open[unit], run->open[unit] + 1, --run->open_count[unit] * sizeof run->open[0][0]);
    struct open_request *request = &run->open[unit][run->open_count[unit]++];
    memset(request->bytes, 0, sizeof request->bytes);
    memcpy(request->bytes, bytes, length);
    request->serial = run->serial;
}

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    struct run *run = ctx;
    FUZZ_CHECK(slave < UNITS && !run->up[slave] && t_ms == run->now_ms);
    run->up[slave] = true;
}

static void on_down(void *ctx, size_t slave, int64_t t_ms)
{
    struct run *run = ctx;
    FUZZ_CHECK(slave < UNITS && run->up[slave] && t_ms == run->now_ms);
    run->up[slave] = false;
}

static bool is_read_of(const struct bus_slave_config *config, const struct modbusblock *block)
{
    for (size_t i = 0; i < config->reads_count; i++)
        if (config->reads[i].function == block->function && config->reads[i].address == block->address &&
            config->reads[i].count == block->count)
            return true;
    return false;
}

static void on_block(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    struct run *run = ctx;
    struct modbusblock block;
    FUZZ_CHECK(slave < UNITS && run->up[slave] && t_ms == run->now_ms);
    FUZZ_CHECK(modbusblock_length(bytes, length) == (ptrdiff_t)length);
    modbusblock_decode(&block, bytes, length);
    FUZZ_CHECK(modbusblock_is_write(block.function) || is_read_of(&run->bus.slaves[slave].config, &block));
    for (size_t i = 0; block.function <= 4 && !block.failed && i < block.count; i++)
        FUZZ_CHECK(block.words[i] == (block.function <= 2 ? run->latest[slave] >> i % 16 & 1
                                                          : run->latest[slave])); /* not an older one */
}

/* ---- the line ---- */

static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static size_t make_pdu(const struct open_request *request, const uint8_t *asked, bool exception, uint8_t *pdu)
{
    size_t count = asked[4];
    pdu[0] = asked[0];
    if (exception) {
        pdu[0] |= 0x80;
        pdu[1] = (uint8_t)(1 + request->serial % 11);
        return 2;
    }
    if (asked[0] >= 5) {
        memcpy(pdu, asked, 5);
        return 5;
    }
    bool bits = asked[0] <= 2;
    pdu[1] = (uint8_t)(bits ? (count + 7) / 8 : 2 * count);
    memset(pdu + 2, 0, pdu[1]);
    for (size_t i = 0; i < count; i++) {
        if (bits) {
            pdu[2 + i / 8] = (uint8_t)(pdu[2 + i / 8] | (request->serial >> i % 16 & 1) << i % 8);
        } else {
            pdu[2 + 2 * i] = (uint8_t)(request->serial >> 8);
            pdu[3 + 2 * i] = (uint8_t)request->serial;
        }
    }
    return 2U + pdu[1];
}

static size_t make_answer(const struct run *run, const struct open_request *request, bool exception, uint8_t *out)
{
    size_t head = head_size(run);
    memcpy(out, request->bytes, head);
    size_t length = head + make_pdu(request, request->bytes + head, exception, out + head);
    if (run->framing == MODBUS_TCP) {
        out[5] = (uint8_t)(length - 6);
        return length;
    }
    uint16_t crc = checksum(out, length);
    out[length] = (uint8_t)crc;
    out[length + 1] = (uint8_t)(crc >> 8);
    return length + 2;
}

static void receive(struct run *run, const uint8_t *bytes, size_t length)
{
    if (run->bus.connected && !run->bus.broken && length > 0)
        bus_receive(&run->bus, bytes, length, run->now_ms);
}

static void answer(struct run *run, uint8_t step)
{
    size_t unit = step % 4U;
    uint8_t bytes[MODBUS_FRAME_MAX];
    if (unit >= UNITS || run->open_count[unit] == 0)
        return;
    struct open_request request = run->open[unit][0];
    memmove(run->open[unit], run->open[unit] + 1, --run->open_count[unit] * sizeof request);
    if (step >= 0xD8)
        return;
    size_t length = make_answer(run, &request, step >= 0xD0, bytes);
    size_t first = step >= 0xC8 && step < 0xD0 ? length / 2 : length;
    receive(run, bytes, first);
    receive(run, bytes + first, length - first);
}

static void pass(struct run *run, int64_t for_ms)
{
    int64_t end_ms = run->now_ms + for_ms;
    for (unsigned turns = 0; run->bus.connected && !run->bus.broken; turns++) {
        int64_t next_ms = bus_next_ms(&run->bus);
        FUZZ_CHECK(next_ms >= 0 && turns < TURNS_MAX);
        if (next_ms > end_ms)
            break;
        if (next_ms > run->now_ms)
            run->now_ms = next_ms;
        bus_advance(&run->bus, run->now_ms);
    }
    run->now_ms = end_ms;
}

static void lose_line(struct run *run)
{
    bus_disconnect(&run->bus);
    memset(run->up, 0, sizeof run->up);
    memset(run->open_count, 0, sizeof run->open_count); /* what was on its way is gone with the port's buffer */
}

static void make_noise(struct run *run, const uint8_t *bytes, size_t length)
{
    uint8_t noise[64];
    for (size_t i = 0; i < length; i++)
        noise[i] = run->framing == MODBUS_RTU ? bytes[i] | 0x80 : bytes[i];
    receive(run, noise, length);
}

static void begin(struct run *run, uint8_t how)
{
    struct bus_slave_config slaves[UNITS];
    memset(run, 0, sizeof *run);
    run->framing = how & 1 ? MODBUS_TCP : MODBUS_RTU;
    run->now_ms = 1000;
    for (size_t i = 0; i < UNITS; i++)
        slaves[i] = (struct bus_slave_config){.unit = (uint8_t)(i + 1),
                                              .poll_ms = 20 + 40 * (int64_t)i,
                                              .power_on_ms = how & 4 && i == 2 ? 500 : 0,
                                              .reads = how & 2 ? many : one,
                                              .reads_count = how & 2 ? 3 : 1};
    const struct bus_host host = {.ctx = run, .send = on_send, .up = on_up, .down = on_down, .block = on_block};
    bus_init(&run->bus, run->framing, run->framing == MODBUS_RTU ? 1920 : 0, slaves, UNITS, &host);
    bus_connect(&run->bus, run->now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    const struct modbusblock write = {.function = 6, .address = 100, .count = 1};
    if (size == 0)
        return 0;
    begin(&run, data[0]);
    for (size_t i = 1; i < size;) {
        uint8_t step = data[i++];
        size_t length = step >= 0x80 && step < 0xC0 ? step - 0x80 + 1U : 0;
        length = length < size - i ? length : size - i;
        if (step < 0x80)
            pass(&run, step * STEP_MS);
        else if (step < 0xC0)
            make_noise(&run, data + i, length);
        else if (step < 0xE0)
            answer(&run, step);
        else if (step < 0xE8 && run.up[step % UNITS])
            bus_write(&run.bus, step % UNITS, &write, NULL);
        else if (step == 0xF0)
            lose_line(&run);
        else if (step == 0xF1 && !run.bus.connected)
            bus_connect(&run.bus, run.now_ms);
        i += length;
    }
    return 0;
}
