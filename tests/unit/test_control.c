/* The control socket: lines in, lines out, topics, and clients that misbehave. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/control.h"

struct fixture {
    sd_event *event;
    struct control *control;
    char path[100];
    int requests;
};

/* "watch" watches topic T1; "echo" gives back its text; everything else is an error. */
static void on_request(void *ctx, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer)
{
    struct fixture *f = ctx;
    f->requests++;
    ptrdiff_t command = json_member(request, 0, "command");
    if (json_equals(request, command, "watch")) {
        control_watch(client, "T1");
        json_object_begin(answer, NULL);
        json_bool(answer, "ok", true);
        json_object_end(answer);
    } else if (json_equals(request, command, "echo")) {
        char text[200] = "";
        json_get_string(request, json_member(request, 0, "text"), text, sizeof text);
        json_object_begin(answer, NULL);
        json_bool(answer, "ok", true);
        json_string(answer, "text", text);
        json_string(answer, "user", control_user(client));
        json_object_end(answer);
    } else if (json_equals(request, command, "file")) {
        char text[64] = "";
        int file = control_take_file(client);
        ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : -1;
        if (file >= 0)
            close(file);
        json_object_begin(answer, NULL);
        json_string(answer, "text", got < 0 ? "none" : text);
        json_object_end(answer);
    } else if (json_equals(request, command, "flood")) {
        json_array_begin(answer, NULL);
        for (int i = 0; i < CONTROL_ANSWER_MAX / 4; i++)
            json_string(answer, NULL, "xxxx");
        json_array_end(answer);
    } else {
        struct err err = {0};
        err_set(&err, ERR_INVALID, "there is no such command");
        control_refuse(answer, &err);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "%s/control.sock", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_int_equal(sd_event_new(&f->event), 0);
    struct err err = {0};
    struct control_host host = {.ctx = f, .request = on_request};
    if (control_open(&f->control, f->event, f->path, &host, &err) != 0)
        fail_msg("%s", err.text);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    control_close(f->control);
    assert_int_not_equal(access(f->path, F_OK), 0);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

static int dial(const struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f->path, strlen(f->path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Turns the loop until nothing is left to do. */
static void turn(struct fixture *f)
{
    while (sd_event_run(f->event, 0) > 0)
        continue;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
}

/* What has arrived by now; "" after the end. */
static const char *hear(int fd, char *buffer, size_t size)
{
    ssize_t got = recv(fd, buffer, size - 1, MSG_DONTWAIT);
    buffer[got > 0 ? got : 0] = '\0';
    return buffer;
}

static bool at_end(int fd)
{
    char byte = 0;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_answers_each_line(void **state)
{
    struct fixture *f = *state;
    char text[400];
    int fd = dial(f);
    say(fd, "{\"command\":\"echo\",\"text\":\"新A12345\"}\n{\"comm");
    turn(f);
    assert_non_null(strstr(hear(fd, text, sizeof text), "\"text\":\"新A12345\",\"user\":\""));
    say(fd, "and\":\"nonsense\"}\n");
    turn(f);
    assert_string_equal(hear(fd, text, sizeof text),
                        "{\"code\":2,\"error\":\"there is no such command\",\"ok\":false}\n");
    assert_int_equal(f->requests, 2);
    close(fd);
}

static int pipe_with(const char *text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    close(ends[1]);
    return ends[0];
}

/* One byte with `count` open files, which stay ours. */
static void say_with_files(int fd, const char *byte, int *files, size_t count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } room = {0};
    char first = *byte;
    struct iovec from = {.iov_base = &first, .iov_len = 1};
    struct msghdr message = {.msg_iov = &from,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int))};
    memcpy(CMSG_DATA(head), files, count * sizeof(int));
    assert_int_equal(sendmsg(fd, &message, 0), 1);
}

static size_t open_files(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* An open file belongs to the request it came with, and to no later one; none is left open. */
static void test_takes_an_open_file(void **state)
{
    struct fixture *f = *state;
    static const char ask[] = "{\"command\":\"file\"}\n";
    char text[400];
    int fd = dial(f), first = pipe_with("one"), second = pipe_with("two"), third = pipe_with("three");
    turn(f);
    size_t before = open_files();
    say_with_files(fd, ask, &first, 1);
    say(fd, ask + 1);
    turn(f);
    assert_string_equal(hear(fd, text, sizeof text), "{\"text\":\"one\"}\n");
    say(fd, ask);
    turn(f);
    assert_string_equal(hear(fd, text, sizeof text), "{\"text\":\"none\"}\n");
    say_with_files(fd, ask, &second, 1);
    say(fd, "\"command\":\"echo\",\"text\":\"x\"}\n");
    turn(f);
    hear(fd, text, sizeof text);
    say(fd, ask);
    turn(f);
    assert_string_equal(hear(fd, text, sizeof text), "{\"text\":\"none\"}\n");
    say_with_files(fd, ask, (int[]){second, third}, 2); /* more than one: none is taken */
    say(fd, ask + 1);
    turn(f);
    assert_string_equal(hear(fd, text, sizeof text), "{\"text\":\"none\"}\n");
    assert_int_equal(open_files(), before);
    close(fd);
    close(first);
    close(second);
    close(third);
}

static void test_refuses_what_is_no_object(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {"[1]\n", "{\"command\":\n", "{\"a\":1,\"a\":2}\n", "\xff\xfe\n", "\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[600];
        int fd = dial(f);
        say(fd, lines[i]);
        turn(f);
        assert_non_null(strstr(hear(fd, text, sizeof text), "{\"code\":2,\"error\":\"a request is one JSON"));
        say(fd, "{\"command\":\"echo\",\"text\":\"still here\"}\n");
        turn(f);
        assert_non_null(strstr(hear(fd, text, sizeof text), "still here"));
        close(fd);
    }
    assert_int_equal(f->requests, sizeof lines / sizeof lines[0]);
}

static void test_an_answer_that_is_too_long_is_an_error(void **state)
{
    struct fixture *f = *state;
    char text[400];
    int fd = dial(f);
    say(fd, "{\"command\":\"flood\"}\n{\"command\":\"echo\",\"text\":\"next\"}\n");
    turn(f);
    assert_non_null(strstr(hear(fd, text, sizeof text), "{\"code\":1,\"error\":\"the answer is longer"));
    assert_non_null(strstr(text, "\"text\":\"next\""));
    close(fd);
}

static void test_ends_a_line_that_is_too_long(void **state)
{
    struct fixture *f = *state;
    static char flood[CONTROL_LINE_MAX + 10];
    memset(flood, ' ', sizeof flood - 1);
    int fd = dial(f);
    for (size_t sent = 0; sent < sizeof flood - 1;) {
        ssize_t part = send(fd, flood + sent, sizeof flood - 1 - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (part < 0)
            break;
        sent += (size_t)part;
        turn(f);
    }
    char text[200];
    assert_non_null(strstr(hear(fd, text, sizeof text), "at most 65536 bytes"));
    assert_int_equal(f->requests, 0);
    close(fd);
}

static void test_watchers_get_their_topic_until_it_ends(void **state)
{
    struct fixture *f = *state;
    char text[400];
    int watcher = dial(f), other = dial(f);
    say(watcher, "{\"command\":\"watch\"}\n");
    say(other, "{\"command\":\"echo\",\"text\":\"x\"}\n");
    turn(f);
    hear(watcher, text, sizeof text);
    hear(other, text, sizeof text);
    static const char line[] = "{\"event\":\"prompt\"}";
    control_publish(f->control, "T2", line, sizeof line - 1);
    turn(f);
    assert_string_equal(hear(watcher, text, sizeof text), "");
    control_publish(f->control, "T1", line, sizeof line - 1);
    control_end(f->control, "T1");
    turn(f);
    assert_string_equal(hear(watcher, text, sizeof text), "{\"event\":\"prompt\"}\n");
    assert_true(at_end(watcher));
    assert_string_equal(hear(other, text, sizeof text), "");
    assert_false(at_end(other));
    close(watcher);
    close(other);
}

static void test_cuts_off_who_does_not_read(void **state)
{
    struct fixture *f = *state;
    int watcher = dial(f), good = dial(f);
    say(watcher, "{\"command\":\"watch\"}\n");
    turn(f);
    static char filler[4000];
    memset(filler, 'x', sizeof filler - 1);
    for (int i = 0; i < 1000; i++)
        control_publish(f->control, "T1", filler, sizeof filler - 1);
    turn(f);
    size_t total = 0;
    for (ssize_t got = 1; got > 0; total += got > 0 ? (size_t)got : 0)
        got = recv(watcher, filler, sizeof filler, MSG_DONTWAIT);
    assert_true(at_end(watcher));
    assert_true(total < 1000 * sizeof filler);
    char text[400];
    say(good, "{\"command\":\"echo\",\"text\":\"served\"}\n");
    turn(f);
    assert_non_null(strstr(hear(good, text, sizeof text), "served"));
    close(watcher);
    close(good);
}

static void test_limits_connections(void **state)
{
    struct fixture *f = *state;
    int fds[CONTROL_CLIENTS_MAX];
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        fds[i] = dial(f);
        turn(f);
    }
    char text[400];
    int extra = dial(f);
    turn(f);
    assert_non_null(strstr(hear(extra, text, sizeof text), "too many connections"));
    close(extra);
    close(fds[0]);
    turn(f);
    fds[0] = dial(f);
    say(fds[0], "{\"command\":\"echo\",\"text\":\"room again\"}\n");
    turn(f);
    assert_non_null(strstr(hear(fds[0], text, sizeof text), "room again"));
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fds[i]);
    turn(f);
}

static void test_a_second_daemon_is_refused_and_a_dead_one_replaced(void **state)
{
    struct fixture *f = *state;
    struct control *second = NULL;
    struct err err = {0};
    struct control_host host = {.ctx = f, .request = on_request};
    assert_int_equal(control_open(&second, f->event, f->path, &host, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "another smogd is running"));
    turn(f);

    char dead[120];
    snprintf(dead, sizeof dead, "%s.dead", f->path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, dead, strlen(dead));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_int_equal(control_open(&second, f->event, dead, &host, &err), 0);
    struct stat mode;
    assert_int_equal(stat(dead, &mode), 0);
    assert_int_equal(mode.st_mode & 0777, 0660);
    control_close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_each_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_takes_an_open_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_what_is_no_object, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_that_is_too_long_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends_a_line_that_is_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watchers_get_their_topic_until_it_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cuts_off_who_does_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_second_daemon_is_refused_and_a_dead_one_replaced, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
