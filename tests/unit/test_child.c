/* Other programs, run by the loop: what they say, how they end, how many there are. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "station/child.h"

enum { ORDERS = 8, TURNS = 3000 };

struct order {
    struct fixture *f;
    struct child *child;
    int told;
    enum child_end end;
    int status, place;
    char *out;
    size_t length;
    char error[CHILD_ERROR_MAX];
};

struct fixture {
    sd_event *event;
    struct child_pool *pool;
    struct order orders[ORDERS];
    int told;
};

static void on_done(void *ctx, struct child_result *result)
{
    struct order *order = ctx;
    order->told++;
    order->place = order->f->told++;
    order->end = result->end;
    order->status = result->status;
    order->out = result->out;
    order->length = result->length;
    result->out = NULL;
    snprintf(order->error, sizeof order->error, "%s", result->error);
}

static void open_pool(struct fixture *f, const struct child_limits *limits)
{
    struct err err = {0};
    child_pool_close(f->pool);
    assert_int_equal(child_pool_open(&f->pool, f->event, limits, &err), 0);
}

static const struct child_limits limits = {.at_once = 2, .queued = 4, .out_max = 100000, .deadline_ms = 60000};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_true(sd_event_new(&f->event) >= 0);
    for (size_t i = 0; i < ORDERS; i++)
        f->orders[i].f = f;
    open_pool(f, &limits);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    child_pool_close(f->pool);
    sd_event_unref(f->event);
    for (size_t i = 0; i < ORDERS; i++)
        free(f->orders[i].out);
    free(f);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
    assert_int_equal(errno, ECHILD);
    return 0;
}

static struct order *start(struct fixture *f, size_t i, const char *script, const char *in)
{
    const char *const argv[] = {"/bin/sh", "-c", script, "sh", "one word", NULL};
    struct err err = {0};
    f->orders[i].child = child_start(f->pool, argv, in, in ? strlen(in) : 0, on_done, &f->orders[i], &err);
    assert_non_null(f->orders[i].child);
    return &f->orders[i];
}

static void wait_for(struct fixture *f, const struct order *order)
{
    for (int i = 0; i < TURNS && !order->told; i++)
        assert_true(sd_event_run(f->event, 10000) >= 0);
    assert_int_equal(order->told, 1);
}

static void test_words_input_and_output(void **state)
{
    struct fixture *f = *state;
    const struct order *order = start(f, 0, "printf '%s|' \"$1\"; cat; echo why >&2; exit 4", "given");
    assert_int_equal(order->told, 0); /* never from in there */
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_EXITED);
    assert_int_equal(order->status, 4);
    assert_string_equal(order->out, "one word|given");
    assert_int_equal(order->length, strlen("one word|given"));
    assert_string_equal(order->error, "why\n");
}

static void test_nothing_said_and_input_not_read(void **state)
{
    struct fixture *f = *state;
    char large[60000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    const struct order *order = start(f, 0, "exit 0", large);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_EXITED);
    assert_int_equal(order->length, 0);
    order = start(f, 1, "cat | wc -c", large);
    wait_for(f, order);
    assert_string_equal(order->out, "59999\n");
}

/* What a program leaves in the pipe when it ends is not lost, nor waited for what it leaves running. */
static void test_all_that_fits(void **state)
{
    struct fixture *f = *state;
    const struct order *order = start(f, 0, "head -c 100000 /dev/zero | tr '\\0' a", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_EXITED);
    assert_int_equal(order->length, 100000);
    order = start(f, 1, "sleep 60 & echo left", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_EXITED);
    assert_string_equal(order->out, "left\n");
}

static void test_too_much(void **state)
{
    struct fixture *f = *state;
    const struct order *order = start(f, 0, "head -c 100001 /dev/zero", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_TALKATIVE);
    order = start(f, 1, "cat /dev/zero", NULL); /* would go on for ever */
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_TALKATIVE);
    order = start(f, 2, "head -c 300000 /dev/zero >&2; echo good", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_EXITED);
    assert_string_equal(order->out, "good\n");
}

static void test_signals(void **state)
{
    struct fixture *f = *state;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
    signal(SIGPIPE, SIG_IGN);
    const struct order *order = start(f, 0, "kill -TERM $$; echo it was blocked", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_DIED);
    assert_int_equal(order->status, SIGTERM);
    order = start(f, 1, "kill -PIPE $$; echo it was ignored", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_DIED);
    assert_int_equal(order->status, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_no_descriptor_of_ours(void **state)
{
    struct fixture *f = *state;
    FILE *open_file = tmpfile(); /* without FD_CLOEXEC */
    const struct order *order = start(f, 0, "exec ls /proc/self/fd", NULL);
    wait_for(f, order);
    assert_string_equal(order->out, "0\n1\n2\n3\n"); /* 3 is its own, of the folder */
    order = start(f, 1, "until [ \"$(nice)\" = 10 ]; do :; done", NULL);
    wait_for(f, order);
    assert_int_equal(order->end, CHILD_EXITED);
    fclose(open_file);
}

static void test_program_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"/nowhere/smogctl", NULL};
    struct err err = {0};
    assert_non_null(child_start(f->pool, argv, NULL, 0, on_done, &f->orders[0], &err));
    wait_for(f, &f->orders[0]);
    assert_int_equal(f->orders[0].end, CHILD_FAILED);
    assert_string_equal(f->orders[0].error, "/nowhere/smogctl cannot be run: No such file or directory");
}

static void test_few_at_once_the_rest_in_order(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"/bin/true", NULL};
    struct err err = {0};
    for (size_t i = 0; i < 4; i++)
        start(f, i, i < 2 ? "cat /dev/zero | sleep 60" : "echo", NULL);
    assert_null(child_start(f->pool, argv, NULL, 0, on_done, &f->orders[4], &err));
    assert_int_equal(err.code, ERR_UNREACHABLE);
    for (int i = 0; i < 40; i++)
        sd_event_run(f->event, 10000);
    assert_int_equal(f->told, 0); /* the first two keep the others waiting */
    child_cancel(f->orders[0].child);
    assert_int_equal(f->orders[0].told, 1);
    assert_int_equal(f->orders[0].end, CHILD_CANCELLED);
    wait_for(f, &f->orders[3]);
    assert_int_equal(f->orders[2].place, 1);
    assert_int_equal(f->orders[3].place, 2);
    start(f, 5, "sleep 60", NULL);
    start(f, 6, "sleep 60", NULL);
    child_cancel(f->orders[6].child); /* which waits */
    assert_int_equal(f->orders[6].end, CHILD_CANCELLED);
    child_pool_close(f->pool);
    f->pool = NULL;
    assert_int_equal(f->orders[1].end, CHILD_CANCELLED);
    assert_int_equal(f->orders[5].end, CHILD_CANCELLED);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(f->orders[i].told, i == 4 ? 0 : 1);
}

static void test_deadline(void **state)
{
    struct fixture *f = *state;
    static const struct child_limits quick = {.at_once = 1, .queued = 4, .out_max = 100, .deadline_ms = 50};
    open_pool(f, &quick);
    start(f, 0, "sleep 60 | sleep 60", NULL);
    start(f, 1, "sleep 60", NULL);
    wait_for(f, &f->orders[0]);
    wait_for(f, &f->orders[1]);
    assert_int_equal(f->orders[0].end, CHILD_LATE);
    assert_int_equal(f->orders[1].end, CHILD_LATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_input_and_output, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_said_and_input_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_that_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_much, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_descriptor_of_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_program_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_few_at_once_the_rest_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
