/* Who is served first: an instrument before any number of web clients, and an instrument that floods not for ever; how
 * often the loop is told of a time that moves. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sensors/links/link.h"
#include "sensors/links/turns.h"
#include "sensors/links/wakeup.h"
#include "station/webserver.h"

enum { CLIENTS = 200, TURNS_MAX = 2000 };

struct fixture {
    sd_event *event;
    struct link *link;
    struct webserver *web;
    char instrument_at[32], web_at[32];
    int peer; /* the instrument's end */
    int clients[CLIENTS];
    bool up;
    size_t received;
    unsigned answered, woken;
    int64_t again_ms; /* what is set when woken; -1: nothing */
    struct wakeup wakeup;
};

/* ---- the loop's timer ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void turn(struct fixture *f)
{
    assert_true(sd_event_run(f->event, 10000) >= 0);
}

static void on_due(void *ctx)
{
    struct fixture *f = ctx;
    f->woken++;
    wakeup_set(&f->wakeup, f->again_ms);
}

static int64_t set_for_ms(const struct fixture *f)
{
    uint64_t usec = 0;
    int on = 0;
    assert_true(sd_event_source_get_time(f->wakeup.source, &usec) >= 0);
    assert_true(sd_event_source_get_enabled(f->wakeup.source, &on) >= 0);
    return on == SD_EVENT_OFF ? -1 : (int64_t)(usec / 1000);
}

static void test_wakeup_moves_only_to_earlier(void **state)
{
    struct fixture *f = *state;
    int64_t far_ms = now_ms() + 3600000;
    assert_int_equal(set_for_ms(f), -1);
    wakeup_set(&f->wakeup, far_ms);
    assert_int_equal(set_for_ms(f), far_ms);
    wakeup_set(&f->wakeup, far_ms + 1000);
    wakeup_set(&f->wakeup, -1);
    assert_int_equal(set_for_ms(f), far_ms);
    wakeup_set(&f->wakeup, far_ms - 1000);
    assert_int_equal(set_for_ms(f), far_ms - 1000);
    turn(f);
    assert_int_equal(f->woken, 0);
}

static void test_wakeup_is_set_again_or_ends(void **state)
{
    struct fixture *f = *state;
    f->again_ms = now_ms() + 3600000;
    wakeup_set(&f->wakeup, now_ms());
    assert_int_equal(sd_event_run(f->event, UINT64_MAX), 1);
    assert_int_equal(f->woken, 1);
    assert_int_equal(set_for_ms(f), f->again_ms);
    f->again_ms = -1;
    wakeup_set(&f->wakeup, now_ms());
    assert_int_equal(sd_event_run(f->event, UINT64_MAX), 1);
    assert_int_equal(f->woken, 2);
    assert_int_equal(set_for_ms(f), -1);
}

/* ---- an instrument beside web clients ---- */

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    (void)slave;
    (void)t_ms;
    ((struct fixture *)ctx)->up = true;
}

static void on_down(void *ctx, size_t slave, const char *reason, int64_t t_ms)
{
    (void)ctx;
    (void)slave;
    (void)t_ms;
    fail_msg("%s", reason);
}

static void on_received(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    (void)slave;
    (void)bytes;
    (void)t_ms;
    ((struct fixture *)ctx)->received += length;
}

static void answer(void *ctx, struct webserver_request *request)
{
    ((struct fixture *)ctx)->answered++;
    webserver_answer(request, 200, "text/plain", "hello", 5);
}

static const struct webserver_route routes[] = {{.method = "GET", .path = "/hello", .answer = answer}, {0}};

static int listen_somewhere(char at[32])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(at, 32, "127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static int dial(const char *at)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(strchr(at, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS);
    return fd;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = {0};
    assert_true(sd_event_new(&f->event) >= 0);
    assert_true(wakeup_open(&f->wakeup, f->event, on_due, f) >= 0);
    int listener = listen_somewhere(f->instrument_at);
    const struct link_config config = {.kind = LINK_TCP, .name = "smoke", .device = f->instrument_at};
    const struct link_host host = {.ctx = f, .up = on_up, .down = on_down, .received = on_received};
    assert_int_equal(link_open(&f->link, f->event, &config, NULL, 0, &host, &err), 0);
    for (int i = 0; i < TURNS_MAX && !f->up; i++)
        turn(f);
    assert_true(f->up);
    f->peer = accept(listener, NULL, NULL);
    assert_true(f->peer >= 0);
    close(listener);
    close(listen_somewhere(f->web_at));
    struct webserver_limits limits = webserver_limits_default;
    limits.head_ms = limits.whole_ms = limits.idle_ms = 600000;
    assert_int_equal(webserver_open(&f->web, f->event, f->web_at, NULL, routes, &limits, f, &err), 0);
    for (int i = 0; i < CLIENTS; i++) {
        f->clients[i] = dial(f->web_at);
        for (int k = 0; k < TURNS_MAX && webserver_connections(f->web) <= (unsigned)i; k++)
            turn(f);
    }
    assert_int_equal(webserver_connections(f->web), CLIENTS);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    webserver_close(f->web);
    link_close(f->link);
    wakeup_close(&f->wakeup);
    for (int i = 0; i < CLIENTS; i++)
        if (f->clients[i] >= 0)
            close(f->clients[i]);
    close(f->peer);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

static void everybody_asks(const struct fixture *f)
{
    static const char request[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(send(f->clients[i], request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
}

static void test_instrument_comes_before_web_clients(void **state)
{
    struct fixture *f = *state;
    everybody_asks(f);
    for (int i = 0; i < TURNS_MAX && f->answered < CLIENTS; i++) {
        size_t received = f->received;
        assert_int_equal(send(f->peer, "7", 1, MSG_NOSIGNAL), 1);
        turn(f);
        assert_int_equal(f->received, received + 1); /* whatever else was ready */
        unsigned answered = f->answered;
        turn(f);
        assert_in_range(f->answered - answered, 0, WEBSERVER_ANSWERS_A_TURN);
    }
    assert_int_equal(f->answered, CLIENTS);
}

static void wait_for_answers(struct fixture *f, unsigned count)
{
    for (int i = 0; i < TURNS_MAX && f->answered < count; i++)
        turn(f);
    assert_int_equal(f->answered, count);
}

static bool is_answered(struct fixture *f, int client)
{
    char text[1024];
    ssize_t got = -1;
    for (int i = 0; i < TURNS_MAX && got < 0; i++) {
        got = recv(client, text, sizeof text, 0);
        if (got < 0)
            turn(f);
    }
    return got > 0;
}

static void test_who_waits_for_an_answer_may_go(void **state)
{
    struct fixture *f = *state;
    everybody_asks(f);
    wait_for_answers(f, WEBSERVER_ANSWERS_A_TURN);
    for (int i = 0; i < CLIENTS; i += 2) {
        close(f->clients[i]);
        f->clients[i] = -1;
    }
    for (int i = 0; i < TURNS_MAX && (webserver_connections(f->web) > CLIENTS / 2 || f->answered < CLIENTS / 2); i++)
        turn(f);
    assert_int_equal(webserver_connections(f->web), CLIENTS / 2);
    for (int i = 1; i < CLIENTS; i += 2)
        assert_true(is_answered(f, f->clients[i]));
}

/* The end of the fixture closes the server. */
static void test_server_may_be_closed_while_some_wait(void **state)
{
    struct fixture *f = *state;
    everybody_asks(f);
    wait_for_answers(f, WEBSERVER_ANSWERS_A_TURN);
}

static void test_flooding_instrument_keeps_nobody_out(void **state)
{
    struct fixture *f = *state;
    static const uint8_t garbage[16 * LINK_CHUNK_MAX];
    everybody_asks(f);
    int turns = 0;
    while (f->answered < CLIENTS && turns++ < TURNS_MAX) {
        while (send(f->peer, garbage, sizeof garbage, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
            ;
        turn(f);
    }
    assert_int_equal(f->answered, CLIENTS);
    assert_true(f->received > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wakeup_moves_only_to_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wakeup_is_set_again_or_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_comes_before_web_clients, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_waits_for_an_answer_may_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_server_may_be_closed_while_some_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flooding_instrument_keeps_nobody_out, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
