/* What a camera answers. First byte: has the connection ended? The rest: the answer. What is taken stays within it, and
 * an answer that was cut is never taken for a whole one with another body. */
#include "protocols/http_reply.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { BODY_MAX = 4096 };

static void check(const struct http_reply *reply, const char *buf, size_t length)
{
    FUZZ_CHECK(reply->status >= 200 && reply->status < 600);
    FUZZ_CHECK(reply->body_length <= BODY_MAX && reply->body >= buf && reply->body <= buf + length);
    FUZZ_CHECK(reply->body_length <= length - (size_t)(reply->body - buf));
    struct slice value;
    for (unsigned n = 0; http_reply_header(reply, "WWW-Authenticate", n, &value); n++)
        FUZZ_CHECK(value.at >= reply->head.at && value.at + value.length <= reply->head.at + reply->head.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_reply reply;
    if (size == 0)
        return 0;
    char *buf = malloc(size);
    FUZZ_CHECK(buf);
    memcpy(buf, data + 1, size - 1);
    if (http_reply_read(&reply, buf, size - 1, data[0] & 1, BODY_MAX) == HTTP_REPLY_WHOLE)
        check(&reply, buf, size - 1);
    free(buf);
    return 0;
}
