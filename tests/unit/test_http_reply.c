/* An HTTP answer, whole and in every cut; what is none; what is too large. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/http_reply.h"

enum { BODY_MAX = 64 };

static struct http_reply reply;
static char *held;

/* The text lies alone at the end of its own block, so that a read beyond it is seen. */
static enum http_reply_result read_text(const char *text, size_t length, bool ended)
{
    free(held);
    held = malloc(length ? length : 1);
    assert_non_null(held);
    memcpy(held, text, length);
    return http_reply_read(&reply, held, length, ended, BODY_MAX);
}

static void gives(const char *text, int status, const char *body)
{
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length; cut++) { /* until its last byte has come there is more to come */
        if (read_text(text, cut, false) != HTTP_REPLY_MORE)
            fail_msg("cut at %zu", cut);
        if (read_text(text, cut, true) != HTTP_REPLY_BAD)
            fail_msg("ended at %zu", cut);
    }
    assert_int_equal(read_text(text, length, false), HTTP_REPLY_WHOLE);
    assert_int_equal(reply.status, status);
    assert_int_equal(reply.body_length, strlen(body));
    assert_memory_equal(reply.body, body, strlen(body));
}

static void refuses(const char *text, enum http_reply_result why)
{
    if (read_text(text, strlen(text), false) != why)
        fail_msg("not refused: %s", text);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void test_length(void **state)
{
    (void)state;
    gives(OK "Content-Type: application/xml\r\nContent-Length: 5\r\n\r\n<a/>\n", 200, "<a/>\n");
    gives("HTTP/1.0 503 Service Unavailable\ncontent-length:0\n\n", 503, "");
    gives("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "");
    gives(OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 200, "ab");
    gives("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
    gives("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", 200, "x");
}

static void test_chunks(void **state)
{
    (void)state;
    gives(OK "Transfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0A;x=y\r\n0123456789\r\n1\r\n.\r\n0\r\n\r\n", 200,
          "<a/>0123456789.");
    gives(OK "transfer-encoding: Chunked\r\n\r\n0\r\nExpires: now\r\n\r\n", 200, "");
}

static void test_until_the_end(void **state)
{
    (void)state;
    static const char text[] = OK "Connection: close\r\n\r\nabc";
    assert_int_equal(read_text(text, strlen(text), false), HTTP_REPLY_MORE);
    assert_int_equal(read_text(text, strlen(text), true), HTTP_REPLY_WHOLE);
    assert_int_equal(reply.body_length, 3);
}

static void test_headers(void **state)
{
    (void)state;
    struct slice value;
    static const char text[] =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\nX: y\r\nwww-authenticate:Digest b \r\n"
        "Content-Length: 0\r\n\r\n";
    assert_int_equal(read_text(text, strlen(text), false), HTTP_REPLY_WHOLE);
    assert_true(http_reply_header(&reply, "WWW-Authenticate", 0, &value));
    assert_true(slice_is(value, "Basic realm=\"a\""));
    assert_true(http_reply_header(&reply, "WWW-Authenticate", 1, &value));
    assert_true(slice_is(value, "Digest b"));
    assert_false(http_reply_header(&reply, "WWW-Authenticate", 2, &value));
    assert_false(http_reply_header(&reply, "WWW", 0, &value));
}

static void test_what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "hello\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 No\r\n\r\n",
        "HTTP/1.1 600 No\r\n\r\n",
        OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK "Content-Length: -1\r\n\r\n",
        OK "Content-Length: 12345678901\r\n\r\n",
        OK "Transfer-Encoding: gzip\r\n\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n1x\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n0000000001\r\na\r\n0\r\n\r\n",
        "HTTP/1.1 100 C\n\nHTTP/1.1 100 C\n\nHTTP/1.1 100 C\n\nHTTP/1.1 100 C\n\nHTTP/1.1 100 C\n\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuses(bad[i], HTTP_REPLY_BAD);
}

static void test_what_is_too_large(void **state)
{
    (void)state;
    refuses(OK "Content-Length: 65\r\n\r\n", HTTP_REPLY_LARGE);
    refuses(OK "Transfer-Encoding: chunked\r\n\r\n41\r\n", HTTP_REPLY_LARGE);
    refuses(OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n40\r\n", HTTP_REPLY_LARGE);
    refuses(OK "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", HTTP_REPLY_LARGE);
    static char endless[HTTP_REPLY_HEAD_MAX + 100];
    memset(endless, 'a', sizeof endless - 1);
    refuses(endless, HTTP_REPLY_BAD); /* a head without an end */
    memcpy(endless, OK "\n", sizeof OK);
    endless[sizeof OK - 1] = 'X';
    refuses(endless, HTTP_REPLY_BAD);
    memset(endless, 'a', sizeof endless - 1);
    snprintf(endless, sizeof endless, "%s", OK "\r\n");
    memset(endless + strlen(OK "\r\n"), 'a', BODY_MAX + 1);
    assert_int_equal(read_text(endless, strlen(OK "\r\n") + BODY_MAX + 1, false), HTTP_REPLY_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length),  cmocka_unit_test(test_chunks),       cmocka_unit_test(test_until_the_end),
        cmocka_unit_test(test_headers), cmocka_unit_test(test_what_is_none), cmocka_unit_test(test_what_is_too_large),
    };
    int result = cmocka_run_group_tests_name("http_reply", tests, NULL, NULL);
    free(held);
    return result;
}
