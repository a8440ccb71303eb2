/* Modbus links on a real pty: what test_bus.c shows in virtual time, with the loop, the port and time itself. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocols/modbusblock.h"
#include "sensors/links/link.h"
#include "tests/support/rtu_slave.h"

enum { SLAVES = 4, DEADLINE_MS = 30000 };

struct fixture {
    sd_event *event;
    struct rtu_slave rtu;
    struct profile profile;
    struct link *link;
    char device[100]; /* a symbolic link to the pty */
    bool up[SLAVES];
    unsigned ups[SLAVES], downs[SLAVES], blocks[SLAVES], failures[SLAVES];
    struct modbusblock last_failure, last_write;
    char why[LINK_TEXT_MAX];
};

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    (void)t_ms;
    struct fixture *f = ctx;
    assert_false(f->up[slave]);
    f->up[slave] = true;
    f->ups[slave]++;
}

static void on_down(void *ctx, size_t slave, const char *reason, int64_t t_ms)
{
    (void)t_ms;
    struct fixture *f = ctx;
    assert_true(f->up[slave]);
    f->up[slave] = false;
    f->downs[slave]++;
    snprintf(f->why, sizeof f->why, "%s", reason);
}

/* Every value must be the answer to the latest request: no other request has gone out since. */
static void on_received(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    struct fixture *f = ctx;
    struct modbusblock block;
    assert_true(f->up[slave]);
    assert_true(t_ms <= rtu_slave_now_ms());
    assert_int_equal(modbusblock_length(bytes, length), length);
    modbusblock_decode(&block, bytes, length);
    if (block.failed) {
        f->failures[slave]++;
        f->last_failure = block;
    } else if (block.function >= 5) {
        f->last_write = block;
    } else {
        assert_int_equal(block.count, 6);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(block.words[i], f->rtu.requests[slave + 1] & 0xFFFF);
        f->blocks[slave]++;
    }
}

static void plug(struct fixture *f)
{
    rtu_slave_open(&f->rtu, f->event);
    unlink(f->device);
    assert_int_equal(symlink(f->rtu.path, f->device), 0);
}

static void unplug(struct fixture *f)
{
    unlink(f->device);
    rtu_slave_close(&f->rtu);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(sd_event_new(&f->event), 0);
    const char *folder = getenv("TMPDIR");
    snprintf(f->device, sizeof f->device, "%s/test-bus-%d", folder ? folder : "/tmp", (int)getpid());
    f->profile.reads_count = 1;
    f->profile.reads[0] = (struct profile_read){.function = 4, .address = 0, .count = 6};
    for (size_t i = 1; i <= SLAVES; i++)
        f->rtu.present[i] = true;
    plug(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    link_close(f->link);
    unplug(f);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

static void open_link(struct fixture *f, size_t slaves, int64_t poll_ms)
{
    struct link_slave units[SLAVES];
    for (size_t i = 0; i < slaves; i++)
        units[i] = (struct link_slave){.unit = (int)i + 1, .profile = &f->profile, .poll_ms = poll_ms};
    const struct link_config config = {
        .kind = LINK_MODBUS_RTU, .name = "bus0", .device = f->device, .line = "115200/8n1"};
    const struct link_host host = {.ctx = f, .up = on_up, .down = on_down, .received = on_received};
    struct err err = {0};
    if (link_open(&f->link, f->event, &config, units, slaves, &host, &err) != 0)
        fail_msg("%s", err.text);
}

/* Turns the loop until *count has reached `wanted`. */
static void wait_for(struct fixture *f, const unsigned *count, unsigned wanted)
{
    int64_t end_ms = rtu_slave_now_ms() + DEADLINE_MS;
    while (*count < wanted && rtu_slave_now_ms() < end_ms)
        sd_event_run(f->event, 100000);
    assert_true(*count >= wanted);
}

static struct rtu_slave_answer late_at_5(void *ctx, int unit, unsigned request)
{
    (void)unit;
    const int *delay_ms = ctx;
    return (struct rtu_slave_answer){.delay_ms = request == 5 ? *delay_ms : 0};
}

/* However late an answer comes, it is never taken for the answer to a later request (checked in on_received). */
static void test_late_answer_is_not_the_next_one(void **state)
{
    for (int delay_ms = 100; delay_ms <= 2600; delay_ms += 1000) {
        struct fixture *f = *state;
        f->rtu.plan = late_at_5;
        f->rtu.ctx = &delay_ms;
        open_link(f, 1, 50);
        wait_for(f, &f->rtu.late_sent, 1);
        wait_for(f, &f->blocks[0], f->blocks[0] + 10);
        teardown(state);
        setup(state);
    }
}

static struct rtu_slave_answer every_fault(void *ctx, int unit, unsigned request)
{
    (void)ctx;
    (void)unit;
    struct rtu_slave_answer how = {0};
    switch (request % 9) {
    case 1: how.bad_crc = true; break;
    case 2: how.split = true; break;
    case 3: how.noise_before = true; break;
    case 4: how.noise_after = true; break;
    case 5: how.other_unit = true; break;
    case 6: how.silent = true; break;
    case 7: how.delay_ms = 300; break;
    default: break;
    }
    return how;
}

static void test_faults_never_give_a_wrong_value(void **state)
{
    struct fixture *f = *state;
    f->rtu.plan = every_fault;
    open_link(f, 2, 20);
    wait_for(f, &f->blocks[0], 6);
    wait_for(f, &f->blocks[1], 6);
    assert_true(f->failures[0] > 0);
    assert_int_equal(f->last_failure.code, MODBUSBLOCK_NO_ANSWER);
    assert_int_equal(f->last_failure.count, 6);
}

static struct rtu_slave_answer exception_2(void *ctx, int unit, unsigned request)
{
    (void)ctx;
    (void)unit;
    (void)request;
    return (struct rtu_slave_answer){.exception = 2};
}

static void test_exceptions_are_delivered(void **state)
{
    struct fixture *f = *state;
    f->rtu.plan = exception_2;
    open_link(f, 1, 20);
    wait_for(f, &f->failures[0], 5);
    assert_int_equal(f->last_failure.code, 2);
    assert_int_equal(f->last_failure.function, 4);
    assert_int_equal(f->ups[0], 1);
    assert_int_equal(f->downs[0], 0);
}

static void test_writes_once_and_says_so(void **state)
{
    struct fixture *f = *state;
    open_link(f, 1, 20);
    wait_for(f, &f->blocks[0], 2);
    const struct modbusblock write = {.function = 6, .address = 100, .count = 7};
    uint8_t bytes[MODBUSBLOCK_SIZE_MAX];
    struct err err = {0};
    size_t length = modbusblock_encode(&write, bytes);
    assert_int_equal(link_send(f->link, 0, bytes, length, &err), 0);
    wait_for(f, &f->blocks[0], f->blocks[0] + 2);
    assert_int_equal(f->rtu.written, 7);
    assert_int_equal(f->rtu.writes, 1);
    assert_int_equal(f->last_write.function, 6);
    assert_int_equal(f->last_write.address, 100);
    assert_int_equal(link_send(f->link, 0, bytes, length - 1, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

/* One of four never answers: the others take equal turns (test_bus.c measures their pace), and it is found when it
 * comes. */
static void test_silent_slave_is_named_and_found_later(void **state)
{
    struct fixture *f = *state;
    f->rtu.present[3] = false;
    open_link(f, SLAVES, 50);
    wait_for(f, &f->blocks[3], 5);
    unsigned before[SLAVES];
    memcpy(before, f->blocks, sizeof before);
    wait_for(f, &f->blocks[0], before[0] + 40);
    assert_in_range(f->blocks[1] - before[1], 38, 42);
    assert_in_range(f->blocks[3] - before[3], 38, 42);
    assert_int_equal(f->ups[2], 0);
    assert_non_null(strstr(link_problem(f->link, 2), "unit 3 on"));
    assert_string_equal(link_problem(f->link, 0), "");
    f->rtu.present[3] = true;
    wait_for(f, &f->ups[2], 1);
}

static void test_slave_that_falls_silent_is_down_once(void **state)
{
    struct fixture *f = *state;
    open_link(f, 2, 50);
    wait_for(f, &f->blocks[0], 3);
    wait_for(f, &f->blocks[1], 3);
    f->rtu.present[2] = false;
    wait_for(f, &f->downs[1], 1);
    assert_non_null(strstr(f->why, "unit 2 on"));
    wait_for(f, &f->blocks[0], f->blocks[0] + 20);
    assert_int_equal(f->downs[1], 1);
    f->rtu.present[2] = true;
    wait_for(f, &f->ups[1], 2);
    assert_int_equal(f->downs[0], 0);
}

static void test_comes_back_after_unplugging(void **state)
{
    struct fixture *f = *state;
    open_link(f, 2, 20);
    for (unsigned cycle = 1; cycle <= 3; cycle++) {
        wait_for(f, &f->blocks[0], f->blocks[0] + 3);
        wait_for(f, &f->blocks[1], f->blocks[1] + 3);
        unplug(f);
        wait_for(f, &f->downs[1], cycle);
        assert_int_equal(f->downs[0], cycle);
        assert_non_null(strstr(f->why, f->device));
        plug(f); /* under another name: the link follows its own */
    }
    wait_for(f, &f->ups[0], 4);
    assert_int_equal(link_counters(f->link).lost, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_late_answer_is_not_the_next_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_never_give_a_wrong_value, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exceptions_are_delivered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writes_once_and_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent_slave_is_named_and_found_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slave_that_falls_silent_is_down_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_comes_back_after_unplugging, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
