/* The Modbus master against simulated lines, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/bus.h"

enum { UNITS = 4, PIECES_MAX = 64, CHARS_PER_S = 1152 };

/* Bytes on their way to the master. */
struct piece {
    int64_t at_ms;
    size_t length;
    uint8_t bytes[MODBUS_FRAME_MAX];
};

enum fate { FATE_ANSWER, FATE_LOST, FATE_LATE, FATE_CRC, FATE_SPLIT, FATE_NOISE, FATE_EXCEPTION, FATE_OTHER_UNIT };

struct line_sim {
    struct bus bus;
    enum modbus_framing framing;
    int64_t now_ms;
    uint32_t random;
    bool echo;
    int faulty_percent;
    bool absent[UNITS];
    int64_t delay_ms[UNITS];      /* how long a unit thinks */
    int64_t late_once_ms[UNITS];  /* the next answer takes so long instead */
    int64_t busy_until_ms[UNITS]; /* slaves answer in the order they were asked */
    uint16_t asked[UNITS];        /* requests, counted: what all registers hold */
    size_t pieces_count;
    struct piece pieces[PIECES_MAX];
    unsigned blocks[UNITS], failures[UNITS], ups[UNITS], downs[UNITS], written[UNITS];
    uint8_t code;
    int64_t last_block_ms[UNITS];
    size_t longest_request;
};

static uint32_t next_random(struct line_sim *sim, uint32_t below)
{
    sim->random = sim->random * 1664525U + 1013904223U;
    return (sim->random >> 8) % below;
}

static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc = (uint16_t)(crc ^ bytes[i]);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static void put(struct line_sim *sim, int64_t at_ms, const uint8_t *bytes, size_t length)
{
    assert_true(sim->pieces_count < PIECES_MAX);
    struct piece *p = &sim->pieces[sim->pieces_count++];
    p->at_ms = at_ms;
    p->length = length;
    memcpy(p->bytes, bytes, length);
}

static size_t frame_answer(const struct line_sim *sim, const uint8_t *request, const uint8_t *pdu, size_t length,
                           uint8_t *out)
{
    if (sim->framing == MODBUS_TCP) {
        memcpy(out, request, 7);
        out[5] = (uint8_t)(length + 1);
        memcpy(out + 7, pdu, length);
        return 7 + length;
    }
    out[0] = request[0];
    memcpy(out + 1, pdu, length);
    uint16_t crc = checksum(out, 1 + length);
    out[1 + length] = (uint8_t)crc;
    out[2 + length] = (uint8_t)(crc >> 8);
    return 3 + length;
}

static size_t make_answer(const struct line_sim *sim, size_t unit, const uint8_t *request, enum fate fate, uint8_t *out)
{
    const uint8_t *asked = request + (sim->framing == MODBUS_TCP ? 7 : 1);
    uint8_t pdu[MODBUS_FRAME_MAX] = {asked[0]};
    size_t count = asked[4], length = 0;
    if (fate == FATE_EXCEPTION) {
        pdu[0] |= 0x80;
        pdu[1] = 6;
        length = 2;
    } else if (asked[0] >= 5) {
        memcpy(pdu, asked, 5);
        length = 5;
    } else if (asked[0] <= 2) {
        pdu[1] = (uint8_t)((count + 7) / 8);
        for (size_t i = 0; i < count; i++)
            pdu[2 + i / 8] = (uint8_t)(pdu[2 + i / 8] | ((sim->asked[unit] >> i % 16 & 1) << i % 8));
        length = 2U + pdu[1];
    } else {
        pdu[1] = (uint8_t)(2 * count);
        for (size_t i = 0; i < count; i++) {
            pdu[2 + 2 * i] = (uint8_t)(sim->asked[unit] >> 8);
            pdu[3 + 2 * i] = (uint8_t)sim->asked[unit];
        }
        length = 2 + 2 * count;
    }
    return frame_answer(sim, request, pdu, length, out);
}

static enum fate choose_fate(struct line_sim *sim)
{
    if ((int)next_random(sim, 100) >= sim->faulty_percent)
        return FATE_ANSWER;
    return (enum fate)(1 + next_random(sim, FATE_OTHER_UNIT));
}

static void send_answer(struct line_sim *sim, size_t unit, const uint8_t *request, enum fate fate)
{
    static const uint8_t noise[] = {0x00, 0xFF, 0x01, 0x04, 0x80};
    uint8_t bytes[MODBUS_FRAME_MAX];
    size_t length = make_answer(sim, unit, request, fate, bytes);
    int64_t think_ms = sim->delay_ms[unit] + (int64_t)next_random(sim, 5);
    if (sim->late_once_ms[unit])
        think_ms = sim->late_once_ms[unit];
    sim->late_once_ms[unit] = 0;
    if (fate == FATE_LATE)
        think_ms += next_random(sim, 3000);
    int64_t from_ms = sim->now_ms > sim->busy_until_ms[unit] ? sim->now_ms : sim->busy_until_ms[unit];
    int64_t at_ms = from_ms + think_ms;
    sim->busy_until_ms[unit] = at_ms;
    if (fate == FATE_CRC)
        bytes[next_random(sim, (uint32_t)length)] ^= 0x10;
    if (fate == FATE_OTHER_UNIT) {
        bytes[0] = (uint8_t)(bytes[0] + UNITS); /* not on this line: else nobody could tell */
        uint16_t crc = checksum(bytes, length - 2);
        bytes[length - 2] = (uint8_t)crc;
        bytes[length - 1] = (uint8_t)(crc >> 8);
    }
    if (fate == FATE_NOISE)
        put(sim, at_ms, noise, sizeof noise);
    size_t first = fate == FATE_SPLIT ? 1 + next_random(sim, (uint32_t)length - 1) : length;
    put(sim, at_ms, bytes, first);
    if (first < length) {
        sim->busy_until_ms[unit] = at_ms + next_random(sim, 60);
        put(sim, sim->busy_until_ms[unit], bytes + first, length - first);
    }
    if (fate == FATE_NOISE)
        put(sim, at_ms + next_random(sim, 40), noise, sizeof noise);
}

static void on_send(void *ctx, const uint8_t *bytes, size_t length)
{
    struct line_sim *sim = ctx;
    size_t unit = bytes[sim->framing == MODBUS_TCP ? 6 : 0] - 1U;
    assert_true(unit < UNITS);
    if (sim->framing == MODBUS_RTU)
        assert_int_equal(checksum(bytes, length), 0);
    if (length > sim->longest_request)
        sim->longest_request = length;
    sim->asked[unit]++;
    if (bytes[sim->framing == MODBUS_TCP ? 7 : 1] >= 5)
        sim->written[unit]++;
    if (sim->echo)
        put(sim, sim->now_ms, bytes, length);
    enum fate fate = choose_fate(sim);
    if (!sim->absent[unit] && fate != FATE_LOST)
        send_answer(sim, unit, bytes, fate);
}

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    (void)t_ms;
    ((struct line_sim *)ctx)->ups[slave]++;
}

static void on_down(void *ctx, size_t slave, int64_t t_ms)
{
    (void)t_ms;
    ((struct line_sim *)ctx)->downs[slave]++;
}

/* The one thing that must hold: a value is the answer to the latest request. */
static void on_block(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    struct line_sim *sim = ctx;
    struct modbusblock block;
    assert_int_equal(t_ms, sim->now_ms);
    assert_int_equal(sim->ups[slave], sim->downs[slave] + 1);
    assert_int_equal(modbusblock_length(bytes, length), length);
    modbusblock_decode(&block, bytes, length);
    if (block.failed) {
        sim->failures[slave]++;
        sim->code = block.code;
        return;
    }
    for (size_t i = 0; block.function <= 4 && i < block.count; i++)
        assert_int_equal(block.words[i], block.function <= 2 ? sim->asked[slave] >> i % 16 & 1 : sim->asked[slave]);
    sim->blocks[slave]++;
    sim->last_block_ms[slave] = t_ms;
}

static void begin(struct line_sim *sim, enum modbus_framing framing, const struct profile_read *reads,
                  size_t reads_count, int64_t poll_ms)
{
    uint32_t random = sim->random;
    memset(sim, 0, sizeof *sim);
    sim->random = random;
    sim->framing = framing;
    sim->now_ms = 1000;
    struct bus_slave_config slaves[UNITS];
    for (size_t i = 0; i < UNITS; i++) {
        slaves[i] = (struct bus_slave_config){
            .unit = (uint8_t)(i + 1), .poll_ms = poll_ms, .reads = reads, .reads_count = reads_count};
        sim->delay_ms[i] = 5;
    }
    const struct bus_host host = {.ctx = sim, .send = on_send, .up = on_up, .down = on_down, .block = on_block};
    bus_init(&sim->bus, framing, framing == MODBUS_RTU ? CHARS_PER_S : 0, slaves, UNITS, &host);
    bus_connect(&sim->bus, sim->now_ms);
}

/* The piece that comes next; -1: none. */
static int next_piece(const struct line_sim *sim)
{
    int next = -1;
    for (size_t i = 0; i < sim->pieces_count; i++)
        if (next < 0 || sim->pieces[i].at_ms < sim->pieces[next].at_ms)
            next = (int)i;
    return next;
}

static void run(struct line_sim *sim, int64_t for_ms)
{
    int64_t end_ms = sim->now_ms + for_ms;
    for (;;) {
        int at = next_piece(sim);
        int64_t bus_ms = bus_next_ms(&sim->bus);
        assert_true(bus_ms >= 0);
        bool piece = at >= 0 && sim->pieces[at].at_ms <= bus_ms;
        int64_t next_ms = piece ? sim->pieces[at].at_ms : bus_ms;
        if (next_ms > end_ms)
            break;
        if (next_ms > sim->now_ms)
            sim->now_ms = next_ms;
        if (!piece) {
            bus_advance(&sim->bus, sim->now_ms);
            continue;
        }
        struct piece p = sim->pieces[at];
        memmove(&sim->pieces[at], &sim->pieces[at + 1], (--sim->pieces_count - (size_t)at) * sizeof p);
        bus_receive(&sim->bus, p.bytes, p.length, sim->now_ms);
    }
    sim->now_ms = end_ms;
}

static const struct profile_read six[] = {{.function = 4, .address = 0, .count = 6}};
static const struct profile_read several[] = {{.function = 3, .address = 0, .count = 6},
                                              {.function = 4, .address = 10, .count = 2},
                                              {.function = 4, .address = 20, .count = 2},
                                              {.function = 2, .address = 0, .count = 20}};
static const struct profile_read single[] = {{.function = 4, .address = 7, .count = 1}};

static void test_asks_at_each_ones_pace(void **state)
{
    (void)state;
    static struct line_sim sim;
    begin(&sim, MODBUS_RTU, six, 1, 200);
    run(&sim, 20000);
    for (size_t i = 0; i < UNITS; i++) {
        assert_in_range(sim.blocks[i], 99, 101);
        assert_int_equal(sim.failures[i], 0);
        assert_in_range(sim.bus.slaves[i].requests - sim.blocks[i], 0, 1);
    }
    assert_int_equal(sim.bus.garbage_bytes, 0);
}

static void test_no_late_answer_is_mistaken(void **state)
{
    (void)state;
    static struct line_sim sim;
    const struct {
        const struct profile_read *reads;
        size_t count;
    } profiles[] = {{six, 1}, {several, 4}, {single, 1}};
    for (size_t p = 0; p < 3; p++)
        for (int64_t late_ms = 1; late_ms < 9000; late_ms = late_ms * 11 / 10 + 1) {
            begin(&sim, MODBUS_RTU, profiles[p].reads, profiles[p].count, 50);
            run(&sim, 1000);
            sim.late_once_ms[1] = late_ms;
            run(&sim, late_ms + 15000);
            unsigned before = sim.blocks[1];
            run(&sim, 2000);
            assert_true(sim.blocks[1] > before + 10); /* it works again */
        }
}

/* An instrument that always needs long is found out and given its time. */
static void test_slow_slaves_are_given_their_time(void **state)
{
    (void)state;
    static struct line_sim sim;
    for (int64_t delay_ms = 100; delay_ms <= 2000; delay_ms += 190) {
        begin(&sim, MODBUS_RTU, six, 1, 100);
        for (size_t i = 1; i < UNITS; i++)
            sim.absent[i] = true;
        sim.delay_ms[0] = delay_ms;
        run(&sim, 60000);
        unsigned before = sim.failures[0];
        assert_int_equal(sim.ups[0], 1);
        run(&sim, 10000 + 20 * delay_ms);
        assert_true(sim.blocks[0] > 10);
        assert_int_equal(sim.failures[0], before);
    }
}

static void test_random_faults_never_give_a_wrong_value(void **state)
{
    (void)state;
    static struct line_sim sim;
    const struct {
        const struct profile_read *reads;
        size_t count;
    } profiles[] = {{six, 1}, {several, 4}};
    for (uint32_t seed = 1; seed <= 300; seed++) {
        sim.random = seed;
        begin(&sim, MODBUS_RTU, profiles[seed % 2].reads, profiles[seed % 2].count, 20 + seed % 90);
        sim.faulty_percent = (int)(seed % 60);
        sim.echo = seed % 7 == 0;
        run(&sim, 60000);
        sim.faulty_percent = 0;
        run(&sim, 60000);
        for (size_t i = 0; i < UNITS; i++)
            assert_true(sim.now_ms - sim.last_block_ms[i] < 1000); /* the line has healed */
    }
}

static void test_tcp_takes_only_its_transaction(void **state)
{
    (void)state;
    static struct line_sim sim;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        sim.random = seed;
        begin(&sim, MODBUS_TCP, several, 4, 50);
        for (int i = 0; i < 40; i++) {
            sim.late_once_ms[next_random(&sim, UNITS)] = 1 + next_random(&sim, 4000);
            run(&sim, 500);
        }
        assert_false(sim.bus.broken);
        run(&sim, 60000);
        for (size_t i = 0; i < UNITS; i++)
            assert_true(sim.now_ms - sim.last_block_ms[i] < 1000);
    }
}

static void test_a_stream_that_is_not_modbus_is_given_up(void **state)
{
    (void)state;
    static struct line_sim sim;
    begin(&sim, MODBUS_TCP, six, 1, 50);
    bus_receive(&sim.bus, (const uint8_t *)"HTTP/1.1 400 Bad Request\r\n", 26, sim.now_ms);
    assert_true(sim.bus.broken);
    assert_int_equal(bus_next_ms(&sim.bus), -1);
}

/* Any number of absent slaves: the others keep 95 % of their rate, on a line with time to spare and on a full one. */
static void test_silent_slaves_do_not_slow_the_others(void **state)
{
    (void)state;
    static struct line_sim sim;
    for (int64_t poll_ms = 20; poll_ms <= 200; poll_ms += 180)
        for (size_t silent = 0; silent < UNITS; silent++) {
            unsigned with[UNITS];
            begin(&sim, MODBUS_RTU, six, 1, poll_ms);
            run(&sim, 10000);
            memset(sim.blocks, 0, sizeof sim.blocks);
            run(&sim, 60000);
            memcpy(with, sim.blocks, sizeof with);
            for (size_t i = 0; i < silent; i++)
                sim.absent[i] = true;
            run(&sim, 10000);
            memset(sim.blocks, 0, sizeof sim.blocks);
            run(&sim, 60000);
            for (size_t i = silent; i < UNITS; i++)
                assert_true(sim.blocks[i] * 100 >= with[i] * 95);
            for (size_t i = 0; i < silent; i++) {
                assert_int_equal(sim.downs[i], 1);
                assert_int_equal(sim.blocks[i], 0);
                sim.absent[i] = false;
            }
            run(&sim, (int64_t)silent * 4000);
            for (size_t i = 0; i < silent; i++)
                assert_int_equal(sim.ups[i], 2); /* and each is found again */
        }
}

/* Absent from the start: nothing is known of how long they may need. */
static void test_slaves_that_were_never_there_do_not_slow_the_others(void **state)
{
    (void)state;
    static struct line_sim sim;
    begin(&sim, MODBUS_RTU, six, 1, 200);
    sim.absent[0] = sim.absent[1] = sim.absent[2] = true;
    run(&sim, 10000);
    memset(sim.blocks, 0, sizeof sim.blocks);
    run(&sim, 60000);
    assert_true(sim.blocks[3] >= 285);
    assert_int_equal(sim.ups[0] + sim.ups[1] + sim.ups[2], 0);
}

static void test_writes_go_before_reads_and_are_answered(void **state)
{
    (void)state;
    static struct line_sim sim;
    struct err err = {0};
    const struct modbusblock zero = {.function = 6, .address = 100, .count = 1};
    for (int echo = 0; echo < 2; echo++) {
        begin(&sim, MODBUS_RTU, six, 1, 100);
        sim.echo = echo;
        run(&sim, 1000);
        assert_int_equal(bus_write(&sim.bus, 2, &zero, &err), 0);
        unsigned before = sim.blocks[2];
        uint64_t reads = sim.bus.slaves[2].requests;
        run(&sim, 99);
        assert_int_equal(sim.written[2], 1);
        assert_int_equal(sim.blocks[2] - before, sim.bus.slaves[2].requests - reads);
        /* no answer: said so; on a line with echo the echo is not taken for it */
        sim.absent[2] = true;
        assert_int_equal(bus_write(&sim.bus, 2, &zero, &err), 0);
        run(&sim, 2000);
        assert_int_equal(sim.written[2], 2);
        assert_true(sim.failures[2] >= 1);
    }
    for (int i = 0; i < BUS_WRITES_MAX; i++)
        assert_int_equal(bus_write(&sim.bus, 2, &zero, &err), 0);
    assert_int_equal(bus_write(&sim.bus, 2, &zero, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
}

/* One that its maker gives time after power-on is up no sooner, whenever it appears, and nobody waits with it. */
static void test_power_on_is_waited_for(void **state)
{
    (void)state;
    static struct line_sim sim;
    begin(&sim, MODBUS_RTU, six, 1, 100);
    sim.bus.slaves[1].config.power_on_ms = 10000;
    run(&sim, 9900);
    assert_int_equal(sim.ups[1], 0);
    assert_in_range(sim.bus.slaves[1].requests, 1, 2);
    assert_true(sim.blocks[0] > 90);
    run(&sim, 1000);
    assert_int_equal(sim.ups[1], 1);
    assert_true(sim.blocks[1] > 3);
    sim.absent[1] = true;
    run(&sim, 10000);
    assert_int_equal(sim.downs[1], 1);
    sim.absent[1] = false;
    run(&sim, 9900);
    assert_int_equal(sim.ups[1], 1);
    run(&sim, 5000);
    assert_int_equal(sim.ups[1], 2);
}

static void test_garbage_is_counted_and_outlived(void **state)
{
    (void)state;
    static struct line_sim sim;
    static uint8_t junk[5000];
    begin(&sim, MODBUS_RTU, six, 1, 100);
    for (size_t i = 0; i < sizeof junk; i++)
        junk[i] = (uint8_t)next_random(&sim, 256);
    run(&sim, 1000);
    bus_receive(&sim.bus, junk, sizeof junk, sim.now_ms);
    run(&sim, 5000);
    assert_in_range(sim.bus.garbage_bytes, sizeof junk - 20, sizeof junk);
    for (size_t i = 0; i < UNITS; i++)
        assert_true(sim.now_ms - sim.last_block_ms[i] < 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_at_each_ones_pace),
        cmocka_unit_test(test_no_late_answer_is_mistaken),
        cmocka_unit_test(test_slow_slaves_are_given_their_time),
        cmocka_unit_test(test_random_faults_never_give_a_wrong_value),
        cmocka_unit_test(test_tcp_takes_only_its_transaction),
        cmocka_unit_test(test_a_stream_that_is_not_modbus_is_given_up),
        cmocka_unit_test(test_silent_slaves_do_not_slow_the_others),
        cmocka_unit_test(test_slaves_that_were_never_there_do_not_slow_the_others),
        cmocka_unit_test(test_writes_go_before_reads_and_are_answered),
        cmocka_unit_test(test_power_on_is_waited_for),
        cmocka_unit_test(test_garbage_is_counted_and_outlived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
