/* Modbus links against pymodbus, an independent stack, in all three framings: every function, exceptions, a unit that
 * is not there, and the peer's end and return. */
#define _GNU_SOURCE

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocols/modbusblock.h"
#include "sensors/links/link.h"

enum { SLAVES = 3, READS = 5, DEADLINE_MS = 60000 };

struct fixture {
    sd_event *event;
    struct link *link;
    struct profile profile;
    char kind[16], near[100], far[100]; /* where the link and the peer connect */
    pid_t peer, socat;
    unsigned ups[SLAVES], downs[SLAVES], blocks[SLAVES][READS], failures;
    struct modbusblock last[SLAVES][READS];
    struct modbusblock written, refused;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    (void)t_ms;
    ((struct fixture *)ctx)->ups[slave]++;
}

static void on_down(void *ctx, size_t slave, const char *reason, int64_t t_ms)
{
    (void)t_ms;
    assert_true(strlen(reason) > 0);
    ((struct fixture *)ctx)->downs[slave]++;
}

static void on_received(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    (void)t_ms;
    struct fixture *f = ctx;
    struct modbusblock block;
    assert_int_equal(modbusblock_length(bytes, length), length);
    modbusblock_decode(&block, bytes, length);
    if (block.function >= 5)
        f->written = block;
    for (size_t i = 0; i < READS; i++)
        if (f->profile.reads[i].function == block.function && f->profile.reads[i].address == block.address) {
            f->last[slave][i] = block;
            f->blocks[slave][i]++;
        }
    f->failures += block.failed;
}

static pid_t start(const char *program, const char *a, const char *b)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp(program, program, a, b, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static void end(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

/* The folder of this source is known from the one the tests run in: the root of the tree. */
static void start_peer(struct fixture *f)
{
    const char *where = strcmp(f->kind, "rtu") == 0 ? f->far : strchr(f->near, ':') + 1;
    f->peer = start("tests/support/pymodbus_slave.py", f->kind, where);
}

static void choose_port(char out[100])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    snprintf(out, 100, "127.0.0.1:%d", ntohs(at.sin_port));
}

static void connect_lines(struct fixture *f)
{
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char a[130], b[130];
    snprintf(f->near, sizeof f->near, "%s/near-%d", folder, (int)getpid());
    snprintf(f->far, sizeof f->far, "%s/far-%d", folder, (int)getpid());
    snprintf(a, sizeof a, "pty,raw,echo=0,link=%s", f->near);
    snprintf(b, sizeof b, "pty,raw,echo=0,link=%s", f->far);
    f->socat = start("socat", a, b);
    for (int64_t end_ms = now_ms() + DEADLINE_MS; access(f->far, F_OK) != 0 && now_ms() < end_ms;)
        usleep(1000);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    link_close(f->link);
    end(&f->peer);
    end(&f->socat);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

#define WAIT_FOR(f, condition)                                                                                         \
    do {                                                                                                               \
        int64_t wait_end_ms = now_ms() + DEADLINE_MS;                                                                  \
        while (!(condition) && now_ms() < wait_end_ms)                                                                 \
            sd_event_run((f)->event, 10000);                                                                           \
        if (!(condition))                                                                                              \
            fail_msg("waited in vain for %s; problem: %s", #condition, link_problem((f)->link, 0));                    \
    } while (0)

static void open_link(struct fixture *f, enum link_kind kind)
{
    static const struct profile_read reads[READS] = {{.function = 1, .address = 3, .count = 20},
                                                     {.function = 2, .address = 5, .count = 9},
                                                     {.function = 3, .address = 10, .count = 4},
                                                     {.function = 4, .address = 0, .count = 125},
                                                     {.function = 4, .address = 900, .count = 2}};
    f->profile.reads_count = READS;
    memcpy(f->profile.reads, reads, sizeof reads);
    struct link_slave slaves[SLAVES];
    for (int i = 0; i < SLAVES; i++)
        slaves[i] = (struct link_slave){.unit = i + 1, .profile = &f->profile, .poll_ms = 100};
    const struct link_config config = {.kind = kind, .name = "bus0", .device = f->near, .line = "9600/8n1"};
    const struct link_host host = {.ctx = f, .up = on_up, .down = on_down, .received = on_received};
    struct err err = {0};
    if (link_open(&f->link, f->event, &config, slaves, SLAVES, &host, &err) != 0)
        fail_msg("%s", err.text);
}

static int set_up(void **state, enum link_kind kind)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->kind, sizeof f->kind, "%s", link_kind_name(kind) + strlen("modbus-"));
    assert_int_equal(sd_event_new(&f->event), 0);
    if (kind == LINK_MODBUS_RTU)
        connect_lines(f);
    else
        choose_port(f->near);
    start_peer(f);
    open_link(f, kind);
    *state = f;
    return 0;
}

static int setup_rtu(void **state)
{
    return set_up(state, LINK_MODBUS_RTU);
}

static int setup_tcp(void **state)
{
    return set_up(state, LINK_MODBUS_TCP);
}

static int setup_rtu_over_tcp(void **state)
{
    return set_up(state, LINK_MODBUS_RTU_OVER_TCP);
}

static void assert_values(const struct fixture *f, unsigned slave)
{
    const struct modbusblock *last = f->last[slave];
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(last[0].words[i], (3 + i) % 3 == 0);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(last[1].words[i], (5 + i) % 2 == 1);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(last[2].words[i], 2000 * (slave + 1) + 10 + i);
    for (unsigned i = 0; i < 125; i++)
        assert_int_equal(last[3].words[i], 1000 * (slave + 1) + i);
    assert_true(last[4].failed);
    assert_int_equal(last[4].code, 2);
    for (size_t i = 0; i < 4; i++)
        assert_false(last[i].failed);
}

static void write_one(struct fixture *f, uint8_t function, uint16_t address, uint16_t value)
{
    const struct modbusblock block = {.function = function, .address = address, .count = value};
    uint8_t bytes[MODBUSBLOCK_SIZE_MAX];
    struct err err = {0};
    memset(&f->written, 0, sizeof f->written);
    if (link_send(f->link, 1, bytes, modbusblock_encode(&block, bytes), &err) != 0)
        fail_msg("%s", err.text);
    WAIT_FOR(f, f->written.function == function);
    assert_int_equal(f->written.address, address);
}

static void test_everything(void **state)
{
    struct fixture *f = *state;
    WAIT_FOR(f, f->blocks[0][4] >= 2 && f->blocks[1][4] >= 2);
    assert_values(f, 0);
    assert_values(f, 1);
    assert_int_equal(f->ups[2], 0); /* a gateway's word for "not there" is no answer */
    assert_non_null(strstr(link_problem(f->link, 2), "unit 3 on"));
    write_one(f, 5, 4, 1);
    assert_false(f->written.failed);
    write_one(f, 6, 11, 4711);
    assert_false(f->written.failed);
    write_one(f, 16, 12, 65535);
    assert_false(f->written.failed);
    write_one(f, 6, 900, 1);
    assert_true(f->written.failed);
    assert_int_equal(f->written.code, 2);
    unsigned seen = f->blocks[1][4];
    WAIT_FOR(f, f->blocks[1][4] >= seen + 2);
    assert_int_equal(f->last[1][0].words[1], 1);
    assert_int_equal(f->last[1][2].words[1], 4711);
    assert_int_equal(f->last[1][2].words[2], 65535);
    assert_values(f, 0);
}

static void test_peer_that_ends_and_returns(void **state)
{
    struct fixture *f = *state;
    WAIT_FOR(f, f->blocks[0][4] >= 1 && f->blocks[1][4] >= 1);
    end(&f->peer);
    WAIT_FOR(f, f->downs[0] == 1 && f->downs[1] == 1);
    start_peer(f);
    WAIT_FOR(f, f->ups[0] == 2 && f->ups[1] == 2);
    unsigned seen = f->blocks[1][4];
    WAIT_FOR(f, f->blocks[1][4] >= seen + 2);
    assert_int_equal(f->downs[0], 1);
    assert_values(f, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything, setup_rtu, teardown),
        cmocka_unit_test_setup_teardown(test_everything, setup_tcp, teardown),
        cmocka_unit_test_setup_teardown(test_everything, setup_rtu_over_tcp, teardown),
        cmocka_unit_test_setup_teardown(test_peer_that_ends_and_returns, setup_rtu, teardown),
        cmocka_unit_test_setup_teardown(test_peer_that_ends_and_returns, setup_tcp, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
