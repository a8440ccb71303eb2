#include "protocols/http_reply.h"

#include <string.h>
#include <strings.h>

enum { CHUNK_LINE_MAX = 256, INTERIM_MAX = 4, DIGITS_MAX = 9 };

/* A line without its end; false: its end has not come. *at moves behind it. */
static bool take_line(const char *buf, size_t length, size_t *at, struct slice *line)
{
    const char *end = *at < length ? memchr(buf + *at, '\n', length - *at) : NULL;
    if (!end)
        return false;
    *line = (struct slice){buf + *at, (size_t)(end - buf) - *at};
    if (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    *at = (size_t)(end - buf) + 1;
    return true;
}

/* "HTTP/1.1 200 OK" */
static bool read_status(struct slice line, int *status)
{
    static const char version[] = "HTTP/1.";
    enum { AT = sizeof version + 1, DIGITS = 3 };
    struct slice digits = {line.at + AT, DIGITS};
    uint32_t number;
    if (line.length < AT + DIGITS || memcmp(line.at, version, sizeof version - 1) != 0 || line.at[AT - 1] != ' ' ||
        (line.length > AT + DIGITS && line.at[AT + DIGITS] != ' ') || !slice_digits(digits, &number))
        return false;
    *status = (int)number;
    return number >= 100 && number < 600;
}

bool http_reply_header(const struct http_reply *reply, const char *name, unsigned n, struct slice *value)
{
    struct slice line;
    size_t at = 0, length = strlen(name);
    while (take_line(reply->head.at, reply->head.length, &at, &line)) {
        if (line.length <= length || line.at[length] != ':' || strncasecmp(line.at, name, length) != 0 || n-- > 0)
            continue;
        *value = slice_trim((const uint8_t *)line.at + length + 1, line.length - length - 1);
        return true;
    }
    return false;
}

/* From `at`: one head, as far as it has come. *at moves behind it. */
static enum http_reply_result read_head(struct http_reply *reply, const char *buf, size_t length, size_t *at)
{
    struct slice line;
    size_t from = *at, end = *at;
    bool begun = take_line(buf, length, &end, &line);
    if (begun && !read_status(line, &reply->status))
        return HTTP_REPLY_BAD;
    size_t first = end;
    while (begun && take_line(buf, length, &end, &line)) {
        if (line.length > 0)
            continue;
        reply->head = (struct slice){buf + first, end - first};
        *at = end;
        return end - from <= HTTP_REPLY_HEAD_MAX ? HTTP_REPLY_WHOLE : HTTP_REPLY_BAD;
    }
    return length - from > HTTP_REPLY_HEAD_MAX ? HTTP_REPLY_BAD : HTTP_REPLY_MORE;
}

/* Hexadecimal, as far as the digits go; false: none, or too many. */
static bool read_size(struct slice line, size_t *size)
{
    size_t digits = 0;
    *size = 0;
    while (digits < line.length && slice_hex_digit(line.at[digits]) >= 0) {
        if (digits == DIGITS_MAX)
            return false;
        *size = *size * 16 + (size_t)slice_hex_digit(line.at[digits++]);
    }
    return digits > 0 && (digits == line.length || strchr("; \t", line.at[digits]));
}

/* Walks the chunks from `at`; `join`: moves them together at `body`. *total: of their data. */
static enum http_reply_result walk_chunks(char *buf, size_t length, size_t at, bool join, size_t body_max,
                                          size_t *total)
{
    char *body = buf + at;
    struct slice line;
    size_t size;
    *total = 0;
    for (;;) {
        size_t from = at;
        if (!take_line(buf, length, &at, &line))
            return length - from > CHUNK_LINE_MAX ? HTTP_REPLY_BAD : HTTP_REPLY_MORE;
        if (!read_size(line, &size))
            return HTTP_REPLY_BAD;
        if (size == 0)
            break;
        if (size > body_max - *total)
            return HTTP_REPLY_LARGE;
        if (length - at < size)
            return HTTP_REPLY_MORE;
        if (join)
            memmove(body + *total, buf + at, size);
        *total += size;
        at += size;
        if (at == length || (buf[at] == '\r' && at + 1 == length))
            return HTTP_REPLY_MORE;
        if (!take_line(buf, length, &at, &line) || line.length > 0)
            return HTTP_REPLY_BAD;
    }
    for (size_t from = at; take_line(buf, length, &at, &line);)
        if (line.length == 0)
            return HTTP_REPLY_WHOLE;
        else if (at - from > HTTP_REPLY_HEAD_MAX)
            return HTTP_REPLY_BAD;
    return length - at > HTTP_REPLY_HEAD_MAX ? HTTP_REPLY_BAD : HTTP_REPLY_MORE;
}

/* The length the head tells; *told false: it tells none. */
static bool read_length(const struct http_reply *reply, bool *told, size_t *size)
{
    struct slice value;
    *told = false;
    for (unsigned n = 0; http_reply_header(reply, "Content-Length", n, &value); n++) {
        uint32_t number;
        if (!slice_digits(value, &number) || (*told && number != *size))
            return false;
        *size = number;
        *told = true;
    }
    return true;
}

static enum http_reply_result read_body(struct http_reply *reply, char *buf, size_t length, size_t at, bool ended,
                                        size_t body_max)
{
    struct slice coding;
    size_t size = 0;
    bool told;
    reply->body = buf + at;
    if (http_reply_header(reply, "Transfer-Encoding", 0, &coding)) {
        if (coding.length != 7 || strncasecmp(coding.at, "chunked", 7) != 0)
            return HTTP_REPLY_BAD;
        enum http_reply_result result = walk_chunks(buf, length, at, false, body_max, &reply->body_length);
        return result == HTTP_REPLY_WHOLE ? walk_chunks(buf, length, at, true, body_max, &reply->body_length) : result;
    }
    if (!read_length(reply, &told, &size))
        return HTTP_REPLY_BAD;
    if (reply->status == 204 || reply->status == 304)
        size = 0;
    else if (!told)
        size = length - at;
    reply->body_length = size;
    if (size > body_max)
        return HTTP_REPLY_LARGE;
    bool whole = told || reply->status == 204 || reply->status == 304 ? length - at >= size : ended;
    return whole ? HTTP_REPLY_WHOLE : HTTP_REPLY_MORE;
}

enum http_reply_result http_reply_read(struct http_reply *reply, char *buf, size_t length, bool ended, size_t body_max)
{
    enum http_reply_result result = HTTP_REPLY_BAD;
    size_t at = 0;
    *reply = (struct http_reply){0};
    for (int heads = 0; heads <= INTERIM_MAX; heads++) {
        result = read_head(reply, buf, length, &at);
        if (result != HTTP_REPLY_WHOLE || reply->status >= 200)
            break;
        result = HTTP_REPLY_BAD;
    }
    if (result == HTTP_REPLY_WHOLE)
        result = read_body(reply, buf, length, at, ended, body_max);
    return result == HTTP_REPLY_MORE && ended ? HTTP_REPLY_BAD : result;
}
