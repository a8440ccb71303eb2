/* The web server: routes, bodies with a maximum, and clients that are slow, many or malicious. */
#define _GNU_SOURCE

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/webserver.h"

enum { CLIENTS = 8, ANSWER_MAX = 8192, TURNS = 5000 };

struct fixture {
    sd_event *event;
    struct webserver_request *kept; /* answered later */
    int gone, closed;
    const char *news; /* what the stream says next; NULL: nothing */
    bool ended;
    struct webserver *web;
    uint16_t port;
    char listen[32];
    int answered;
};

static void hello(void *ctx, struct webserver_request *request)
{
    struct fixture *f = ctx;
    f->answered++;
    webserver_answer(request, 200, "text/plain", "hello", 5);
}

static void echo(void *ctx, struct webserver_request *request)
{
    struct fixture *f = ctx;
    size_t length;
    const char *body = webserver_body(request, &length);
    char text[400], peer[64];
    f->answered++;
    webserver_peer(request, peer, sizeof peer);
    const char *word = webserver_argument(request, "word"), *mark = webserver_header(request, "X-Mark");
    int n = snprintf(text, sizeof text, "%s|%s|%s|%s|%zu|%.*s", webserver_rest(request), word ? word : "-",
                     mark ? mark : "-", peer, length, (int)length, body);
    webserver_answer(request, 201, "text/plain", text, (size_t)n);
}

static bool nobody(void *ctx, struct webserver_request *request)
{
    (void)ctx;
    webserver_refuse(request, 403, "not you");
    return false;
}

static bool who_knows(void *ctx, struct webserver_request *request)
{
    (void)ctx;
    if (webserver_knows_password(request, "gate", "camera", "secret"))
        return true;
    webserver_challenge(request, "gate");
    return false;
}

static void on_gone(void *ctx)
{
    struct fixture *f = ctx;
    f->gone++;
    f->kept = NULL;
}

static void later(void *ctx, struct webserver_request *request)
{
    struct fixture *f = ctx;
    f->answered++;
    f->kept = request;
    webserver_later(request, on_gone, f);
}

static ptrdiff_t read_news(void *ctx, char *out, size_t size)
{
    struct fixture *f = ctx;
    if (!f->news)
        return f->ended ? -1 : 0;
    size_t length = strlen(f->news) < size ? strlen(f->news) : size;
    memcpy(out, f->news, length);
    f->news = NULL;
    return (ptrdiff_t)length;
}

static ptrdiff_t read_without_end(void *ctx, char *out, size_t size)
{
    (void)ctx;
    memset(out, 'x', size);
    return (ptrdiff_t)size;
}

static void on_closed(void *ctx)
{
    struct fixture *f = ctx;
    f->closed++;
    f->kept = NULL;
}

static const struct webserver_stream news = {.read = read_news, .closed = on_closed};
static const struct webserver_stream flood = {.read = read_without_end, .closed = on_closed};

static void stream(void *ctx, struct webserver_request *request)
{
    struct fixture *f = ctx;
    f->kept = request;
    webserver_answer_stream(request, "text/event-stream", strcmp(webserver_rest(request), "flood") ? &news : &flood, f);
}

static void drop(void *ctx, struct webserver_request *request)
{
    struct fixture *f = ctx;
    const char *cookie = webserver_cookie(request, "session");
    f->answered++;
    webserver_answer(request, 200, "text/plain", cookie ? cookie : "-", cookie ? strlen(cookie) : 1);
    webserver_set_header(request, "Set-Cookie", "session=none");
    webserver_set_header(request, "Cache-Control", "immutable");
}

static void bytes(void *ctx, struct webserver_request *request)
{
    (void)ctx;
    size_t length = strcmp(webserver_rest(request), "many") == 0 ? 1001 : 700;
    char *data = malloc(length);
    memset(data, 'b', length);
    webserver_answer_bytes(request, 200, "image/jpeg", data, length);
}

static void file(void *ctx, struct webserver_request *request)
{
    (void)ctx;
    int fd = memfd_create("page", MFD_CLOEXEC);
    assert_int_equal(write(fd, "<p>page", 7), 7);
    webserver_answer_file(request, 200, "text/html", fd, 7);
}

static const struct webserver_route routes[] = {
    {.method = "GET", .path = "/later", .answer = later},
    {.method = "GET", .path = "/stream/*", .answer = stream},
    {.method = "DELETE", .path = "/drop", .answer = drop},
    {.method = "POST", .path = "/drop", .answer = hello},
    {.method = "GET", .path = "/bytes/*", .answer = bytes},
    {.method = "GET", .path = "/file", .answer = file},
    {.method = "GET", .path = "/hello", .answer = hello},
    {.method = "POST", .path = "/echo/*", .body_max = 100, .answer = echo},
    {.method = "POST", .path = "/large", .body_max = 600, .answer = hello},
    {.method = "POST", .path = "/never", .body_max = 100, .admit = nobody, .answer = hello},
    {.method = "GET", .path = "/secret", .admit = who_knows, .answer = hello},
    {0},
};

static const struct webserver_limits limits = {
    .connections = CLIENTS, .bodies = 1000, .head_ms = 60000, .whole_ms = 60000, .idle_ms = 60000, .retry_ms = 20};

static int bind_somewhere(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void open_server(struct fixture *f, const struct webserver_limits *with)
{
    struct err err = {0};
    snprintf(f->listen, sizeof f->listen, "127.0.0.1:%u", f->port);
    assert_int_equal(webserver_open(&f->web, f->event, f->listen, NULL, routes, with, f, &err), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_true(sd_event_new(&f->event) >= 0);
    int fd = bind_somewhere(&f->port);
    close(fd);
    open_server(f, &limits);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    webserver_close(f->web);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

static int dial(const struct fixture *f)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(f->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(connect(fd, (struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS);
    return fd;
}

static void turn(struct fixture *f)
{
    assert_true(sd_event_run(f->event, 10000) >= 0);
}

static void put(struct fixture *f, int fd, const char *text, size_t length)
{
    for (size_t at = 0; at < length; turn(f)) {
        ssize_t sent = send(fd, text + at, length - at, MSG_NOSIGNAL);
        at += sent > 0 ? (size_t)sent : 0;
        if (sent < 0 && errno != EAGAIN)
            return; /* the server has closed it */
    }
}

/* Reads until `until` has come, or to the end (NULL); gives the answer. False: it was closed before. */
static bool get(struct fixture *f, int fd, const char *until, char out[ANSWER_MAX])
{
    size_t length = 0;
    out[0] = '\0';
    for (int i = 0; i < TURNS; i++) {
        ssize_t got = recv(fd, out + length, ANSWER_MAX - 1 - length, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return until == NULL;
        length += got > 0 ? (size_t)got : 0;
        out[length] = '\0';
        if (until && strstr(out, until))
            return true;
        if (got < 0)
            sd_event_run(f->event, 2000);
    }
    return false;
}

/* One request on a connection of its own; `expected` must be in the answer. */
static void ask(struct fixture *f, const char *request, const char *expected)
{
    char answer[ANSWER_MAX];
    int fd = dial(f);
    put(f, fd, request, strlen(request));
    if (!get(f, fd, expected, answer))
        fail_msg("'%s' is not in the answer: %s", expected, answer);
    close(fd);
}

static void test_routes(void **state)
{
    struct fixture *f = *state;
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\nhello");
    ask(f, "GET /hello?a=b HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200");
    ask(f, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404");
    ask(f, "GET /hello/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404");
    ask(f, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n", "{\"error\":\"there is nothing here\",\"ok\":false}");
    ask(f, "DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405");
    ask(f, "DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n", "Allow: GET");
    assert_int_equal(f->answered, 2);
}

static void test_head_has_no_body(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    int fd = dial(f);
    static const char request[] = "HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    put(f, fd, request, sizeof request - 1);
    assert_true(get(f, fd, NULL, answer));
    assert_non_null(strstr(answer, "Content-Length: 5"));
    assert_null(strstr(answer, "hello"));
    close(fd);
}

static void test_bodies(void **state)
{
    struct fixture *f = *state;
    ask(f, "POST /echo/door?word=hi HTTP/1.1\r\nHost: x\r\nX-Mark: m\r\nContent-Length: 3\r\n\r\nabc",
        "door|hi|m|127.0.0.1|3|abc");
    ask(f, "POST /echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "|-|-|127.0.0.1|0|");
    ask(f, "POST /echo/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "|5|abcde");
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 413");
    ask(f, "POST /echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 413");
    ask(f, "POST /echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", "HTTP/1.1 4");
    ask(f, "POST /echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 4");
    char chunk[200], chunked[1000];
    memset(chunk, 'x', 0x60);
    chunk[0x60] = '\0';
    snprintf(chunked, sizeof chunked,
             "POST /echo/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n60\r\n%s\r\n60\r\n%s\r\n0\r\n\r\n",
             chunk, chunk);
    ask(f, chunked, "HTTP/1.1 413");
    assert_int_equal(f->answered, 3);
}

static void test_refused_body_is_read_and_forgotten(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    int fd = dial(f);
    static const char head[] = "POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab";
    static const char rest[] = "cGET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    put(f, fd, head, sizeof head - 1);
    put(f, fd, rest, sizeof rest - 1);
    assert_true(get(f, fd, "hello", answer));
    assert_non_null(strstr(answer, "HTTP/1.1 403"));
    assert_int_equal(f->answered, 1);
    close(fd);
}

static void test_memory_of_all_bodies_is_bounded(void **state)
{
    struct fixture *f = *state;
    static const char head[] = "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n";
    char body[600], answer[ANSWER_MAX];
    int first = dial(f), second = dial(f);
    memset(body, 'b', sizeof body);
    put(f, first, head, sizeof head - 1);
    put(f, first, body, 10);
    put(f, second, head, sizeof head - 1);
    put(f, second, body, sizeof body);
    assert_true(get(f, second, "Retry-After", answer));
    assert_non_null(strstr(answer, "HTTP/1.1 503"));
    put(f, first, body, sizeof body - 10);
    assert_true(get(f, first, "hello", answer));
    put(f, second, head, sizeof head - 1);
    put(f, second, body, sizeof body);
    assert_true(get(f, second, "hello", answer));
    close(first);
    close(second);
}

static void test_password_is_asked_for(void **state)
{
    struct fixture *f = *state;
    ask(f, "GET /secret HTTP/1.1\r\nHost: x\r\n\r\n", "WWW-Authenticate: Digest realm=\"gate\"");
    ask(f, "GET /secret HTTP/1.1\r\nHost: x\r\nAuthorization: Digest username=\"camera\"\r\n\r\n", "HTTP/1.1 401");
    ask(f, "GET /secret HTTP/1.1\r\nHost: x\r\nAuthorization: Basic Y2FtZXJhOnNlY3JldA==\r\n\r\n", "HTTP/1.1 401");
    assert_int_equal(f->answered, 0);
}

static void test_methods_and_heads(void **state)
{
    struct fixture *f = *state;
    ask(f, "DELETE /drop HTTP/1.1\r\nHost: x\r\nCookie: a=b; session=s1\r\n\r\n", "\r\n\r\ns1");
    ask(f, "DELETE /drop HTTP/1.1\r\nHost: x\r\n\r\n", "\r\nSet-Cookie: session=none\r\n");
    ask(f, "DELETE /drop HTTP/1.1\r\nHost: x\r\n\r\n", "\r\nCache-Control: immutable\r\n");
    ask(f, "PUT /drop HTTP/1.1\r\nHost: x\r\n\r\n", "\r\nAllow: DELETE, POST\r\n");
    static const char *const always[] = {"Cache-Control: no-store", "frame-ancestors 'none'",
                                         "X-Frame-Options: DENY",   "Referrer-Policy: no-referrer",
                                         "default-src 'self'",      "X-Content-Type-Options: nosniff"};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", always[i]);
        ask(f, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n", always[i]);
    }
}

static void test_files_and_bytes(void **state)
{
    struct fixture *f = *state;
    ask(f, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n<p>page");
    ask(f, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n", "\r\nContent-Type: text/html\r\n");
    ask(f, "GET /bytes/few HTTP/1.1\r\nHost: x\r\n\r\n", "\r\nContent-Length: 700\r\n");
    ask(f, "GET /bytes/few HTTP/1.1\r\nHost: x\r\n\r\n", "bbbb"); /* the first has given back its memory */
    ask(f, "GET /bytes/many HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503");
}

/* Sends that request and turns until the handler has kept it. */
static int begin(struct fixture *f, const char *request)
{
    int fd = dial(f);
    put(f, fd, request, strlen(request));
    for (int i = 0; i < TURNS && !f->kept; i++)
        turn(f);
    assert_non_null(f->kept);
    return fd;
}

static void test_answered_later(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    int fd = begin(f, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello"); /* others do not wait for it */
    webserver_answer(f->kept, 200, "text/plain", "at last", 7);
    webserver_set_header(f->kept, "X-Mark", "late");
    assert_true(get(f, fd, "\r\n\r\nhello", answer));
    assert_non_null(strstr(answer, "\r\nX-Mark: late\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nat last"));
    assert_int_equal(f->answered, 3);
    assert_int_equal(f->gone, 0);
    close(fd);
}

static void wait_for(struct fixture *f, const int *counter)
{
    for (int i = 0; i < TURNS && *counter == 0; i++)
        turn(f);
    assert_int_equal(*counter, 1);
}

static void test_client_does_not_wait(void **state)
{
    struct fixture *f = *state;
    close(begin(f, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_for(f, &f->gone);
    for (int i = 0; i < TURNS && webserver_connections(f->web) > 0; i++)
        turn(f);
    assert_int_equal(webserver_connections(f->web), 0);
}

static const struct webserver_limits quick = {
    .connections = CLIENTS, .bodies = 1000, .head_ms = 50, .whole_ms = 50, .idle_ms = 50, .retry_ms = 20};

static void test_answer_that_takes_too_long(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    webserver_close(f->web);
    open_server(f, &quick);
    int fd = begin(f, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for(f, &f->gone);
    assert_true(get(f, fd, NULL, answer));
    assert_string_equal(answer, "");
    close(fd);
}

static void test_end_tells_those_who_answer_later(void **state)
{
    struct fixture *f = *state;
    int first = begin(f, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    f->kept = NULL;
    int second = begin(f, "GET /stream/news HTTP/1.1\r\nHost: x\r\n\r\n");
    turn(f);
    webserver_close(f->web);
    f->web = NULL;
    assert_int_equal(f->gone, 1);
    assert_int_equal(f->closed, 1);
    close(first);
    close(second);
}

static void test_stream(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    f->news = "data: 1\n\n";
    int fd = begin(f, "GET /stream/news HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(get(f, fd, "data: 1\n\n", answer));
    assert_non_null(strstr(answer, "Content-Type: text/event-stream"));
    f->news = "data: 2\n\n";
    webserver_more(f->kept);
    assert_true(get(f, fd, "data: 2\n\n", answer));
    f->ended = true;
    webserver_more(f->kept);
    assert_true(get(f, fd, "0\r\n\r\n", answer));
    assert_int_equal(f->closed, 1);
    close(fd);
    f->kept = NULL;
    f->closed = 0;
    f->ended = false;
    close(begin(f, "GET /stream/news HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_for(f, &f->closed); /* though there is nothing to send */
    ask(f, "HEAD /stream/news HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "text/event-stream");
}

/* A stream has no deadline as a whole; a piece that is not read has. */
static void test_stream_deadlines(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    webserver_close(f->web);
    open_server(f, &quick);
    f->news = "first";
    int fd = begin(f, "GET /stream/news HTTP/1.1\r\nHost: x\r\n\r\n");
    struct webserver_request *news_request = f->kept;
    assert_true(get(f, fd, "first", answer));
    f->kept = NULL;
    int unread = begin(f, "GET /stream/flood HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for(f, &f->closed);
    f->news = "second";
    webserver_more(news_request);
    assert_true(get(f, fd, "second", answer));
    assert_int_equal(f->closed, 1);
    close(unread);
    close(fd);
}

static void test_nonsense(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX], *text = malloc(40000);
    memset(text, 'x', 40000);
    int fd = dial(f);
    put(f, fd, text, 40000);
    assert_false(get(f, fd, "HTTP/1.1 200", answer));
    close(fd);
    fd = dial(f);
    put(f, fd, "GET /hello HTTP/1.1\r\nX: ", 24);
    put(f, fd, text, 40000);
    assert_false(get(f, fd, "HTTP/1.1 200", answer));
    close(fd);
    free(text);
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello");
}

/* slow-loris, trickling bodies, unread answers, idle connections: each is cut off, however often it sends a byte */
static void test_slow_clients_are_cut_off(void **state)
{
    struct fixture *f = *state;
    static const char *const begun[] = {"", "GET /hel",
                                        "POST /echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\na",
                                        "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"};
    char answer[ANSWER_MAX];
    webserver_close(f->web);
    open_server(f, &quick);
    for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++) {
        int fd = dial(f);
        send(fd, begun[i], strlen(begun[i]), MSG_NOSIGNAL);
        bool closed = false;
        for (int k = 0; k < TURNS && !closed; k++) {
            sd_event_run(f->event, 2000);
            ssize_t got = recv(fd, answer, sizeof answer, 0);
            closed = got == 0 || (got < 0 && errno != EAGAIN);
            if (i > 0 && i < 3 && k % 10 == 0)
                send(fd, "x", 1, MSG_NOSIGNAL);
        }
        assert_true(closed);
        close(fd);
    }
}

/* The deadlines hold for one however many others come and go in between. */
static void test_newcomers_put_no_deadline_off(void **state)
{
    struct fixture *f = *state;
    char answer[ANSWER_MAX];
    webserver_close(f->web);
    open_server(f, &quick);
    int slow = dial(f);
    send(slow, "GET /hel", 8, MSG_NOSIGNAL);
    bool closed = false;
    for (int k = 0; k < TURNS && !closed; k++) {
        int other = dial(f);
        for (int i = 0; i < 10; i++)
            sd_event_run(f->event, 2000);
        close(other);
        closed = recv(slow, answer, sizeof answer, 0) == 0;
    }
    assert_true(closed);
    close(slow);
}

static void test_more_connections_than_allowed(void **state)
{
    struct fixture *f = *state;
    int fds[CLIENTS + 4];
    for (int i = 0; i < CLIENTS + 4; i++) {
        fds[i] = dial(f);
        turn(f);
    }
    assert_true(webserver_connections(f->web) <= CLIENTS);
    for (int i = 0; i < CLIENTS + 4; i++)
        close(fds[i]);
    for (int i = 0; i < TURNS && webserver_connections(f->web) > 0; i++)
        turn(f);
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello");
}

static void test_connections_of_one_address(void **state)
{
    struct fixture *f = *state;
    struct webserver_limits few = limits;
    int fds[5];
    char answer[ANSWER_MAX];
    few.an_address = 3;
    webserver_close(f->web);
    open_server(f, &few);
    for (int i = 0; i < 5; i++) {
        fds[i] = dial(f);
        turn(f);
    }
    assert_true(get(f, fds[4], NULL, answer)); /* is closed at once */
    assert_int_equal(webserver_connections(f->web), 3);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    for (int i = 0; i < TURNS && webserver_connections(f->web) > 0; i++)
        turn(f);
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello");
}

static void test_address_that_is_taken(void **state)
{
    struct fixture *f = *state;
    webserver_close(f->web);
    int rival = bind_somewhere(&f->port);
    assert_int_equal(listen(rival, 1), 0);
    open_server(f, &limits);
    assert_non_null(strstr(webserver_problem(f->web), "Address already in use"));
    assert_non_null(strstr(webserver_problem(f->web), f->listen));
    close(rival);
    for (int i = 0; i < TURNS && webserver_problem(f->web)[0]; i++)
        turn(f);
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello");
}

static void test_address_that_is_none(void **state)
{
    struct fixture *f = *state;
    struct webserver *web = NULL;
    struct err err = {0};
    assert_int_equal(webserver_open(&web, f->event, "tablet:80", NULL, routes, &limits, f, &err), -1);
    assert_non_null(strstr(err.text, "tablet:80"));
    assert_null(web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head_has_no_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_body_is_read_and_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_of_all_bodies_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_password_is_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_methods_and_heads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_and_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answered_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_that_takes_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_tells_those_who_answer_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stream_deadlines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_clients_are_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newcomers_put_no_deadline_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_connections_than_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connections_of_one_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address_that_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address_that_is_none, setup, teardown),
    };
    return cmocka_run_group_tests_name("webserver", tests, NULL, NULL);
}
