#include "station/core/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

static void put(struct json_writer *w, const char *text, size_t length)
{
    if (w->overflow || length >= w->size - w->length) {
        w->overflow = true;
        return;
    }
    memcpy(w->out + w->length, text, length);
    w->length += length;
}

/* One character that stands at text[0..length); returns its size. */
static size_t put_character(struct json_writer *w, const char *text, size_t length)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* character, its escape letter */
    size_t size;
    uint32_t code = utf8_next(text, length, &size);
    if (size == 0) {
        put(w, "\xEF\xBF\xBD", 3); /* U+FFFD */
        return 1;
    }
    for (size_t s = 0; s + 1 < sizeof shorts; s += 2)
        if ((unsigned char)shorts[s] == code) {
            put(w, "\\", 1);
            put(w, &shorts[s + 1], 1);
            return size;
        }
    if (code < 0x20) {
        char escape[] = "\\u0000";
        escape[4] = (char)('0' + code / 16);
        escape[5] = "0123456789abcdef"[code % 16];
        put(w, escape, sizeof escape - 1);
    } else {
        put(w, text, size);
    }
    return size;
}

static void put_escaped(struct json_writer *w, const char *text, size_t length)
{
    put(w, "\"", 1);
    for (size_t at = 0; at < length;)
        at += put_character(w, text + at, length - at);
    put(w, "\"", 1);
}

/* What stands before every value: the comma, and the key inside an object. */
static void begin_value(struct json_writer *w, const char *key)
{
    if (w->comma[w->depth])
        put(w, ",", 1);
    w->comma[w->depth] = true;
    if (!key)
        return;
    assert(!w->last_key[w->depth] || strcmp(w->last_key[w->depth], key) < 0); /* canonical: sorted, no duplicates */
    w->last_key[w->depth] = key;
    put_escaped(w, key, strlen(key));
    put(w, ":", 1);
}

static void open_value(struct json_writer *w, const char *key, const char *sign)
{
    begin_value(w, key);
    put(w, sign, 1);
    assert(w->depth + 1 < JSON_DEPTH_MAX);
    w->depth++;
    w->comma[w->depth] = false;
    w->last_key[w->depth] = NULL;
}

static void close_value(struct json_writer *w, const char *sign)
{
    assert(w->depth > 0);
    w->depth--;
    put(w, sign, 1);
}

void json_writer_init(struct json_writer *w, char *out, size_t size)
{
    assert(size > 0);
    *w = (struct json_writer){.out = out, .size = size};
}

void json_object_begin(struct json_writer *w, const char *key)
{
    open_value(w, key, "{");
}

void json_object_end(struct json_writer *w)
{
    close_value(w, "}");
}

void json_array_begin(struct json_writer *w, const char *key)
{
    open_value(w, key, "[");
}

void json_array_end(struct json_writer *w)
{
    close_value(w, "]");
}

void json_string_n(struct json_writer *w, const char *key, const char *text, size_t length)
{
    begin_value(w, key);
    put_escaped(w, text, length);
}

void json_string(struct json_writer *w, const char *key, const char *text)
{
    json_string_n(w, key, text, strlen(text));
}

void json_integer(struct json_writer *w, const char *key, int64_t value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    begin_value(w, key);
    put(w, text, (size_t)length);
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
    begin_value(w, key);
    put(w, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json_writer *w, const char *key)
{
    begin_value(w, key);
    put(w, "null", 4);
}

void json_decimal(struct json_writer *w, const char *key, struct decimal value)
{
    char text[DECIMAL_TEXT_MAX];
    size_t length = decimal_format(value, text);
    json_string_n(w, key, text, length);
}

void json_raw(struct json_writer *w, const char *key, const char *json, size_t length)
{
    begin_value(w, key);
    put(w, json, length);
}

ptrdiff_t json_writer_finish(struct json_writer *w)
{
    assert(w->depth == 0);
    if (w->overflow)
        return -1;
    w->out[w->length] = '\0';
    return (ptrdiff_t)w->length;
}
