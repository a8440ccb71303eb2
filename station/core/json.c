#include "station/core/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

/* ---- writer ---- */

static void put(struct json_writer *w, const char *text, size_t length)
{
    if (w->overflow || length >= w->size - w->length) {
        w->overflow = true;
        return;
    }
    memcpy(w->out + w->length, text, length);
    w->length += length;
}

static void put_escaped(struct json_writer *w, const char *text, size_t length)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* character, its escape letter */
    put(w, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];
        const char *found = NULL;
        for (size_t s = 0; s + 1 < sizeof shorts; s += 2)
            if ((unsigned char)shorts[s] == c)
                found = &shorts[s + 1];
        if (found)
            put(w, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", *found));
        else if (c < 0x20)
            put(w, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c));
        else
            put(w, text + i, 1);
    }
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
    begin_value(w, key);
    put(w, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value));
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

/* ---- reader ---- */

struct parser {
    struct json_doc *doc;
    size_t at;
    unsigned depth;
    struct err *err;
};

static int fail(struct parser *p, const char *what)
{
    return err_set(p->err, ERR_INVALID, "JSON, byte %zu: %s", p->at, what);
}

static void skip_space(struct parser *p)
{
    while (p->at < p->doc->length && strchr(" \t\r\n", p->doc->text[p->at]) && p->doc->text[p->at])
        p->at++;
}

static char peek(const struct parser *p)
{
    return p->at < p->doc->length ? p->doc->text[p->at] : '\0';
}

static struct json_token *add_token(struct parser *p, enum json_type type)
{
    if (p->doc->count == p->doc->max) {
        fail(p, "more values than there is room for");
        return NULL;
    }
    struct json_token *token = &p->doc->tokens[p->doc->count++];
    *token = (struct json_token){.type = type, .start = (uint32_t)p->at};
    return token;
}

static int hex4(const char *text)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        static const char all[] = "0123456789abcdef";
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];
        const char *digit = c ? strchr(all, c) : NULL;
        if (!digit)
            return -1;
        value = value * 16 + (int)(digit - all);
    }
    return value;
}

/* One escape at text[0] == '\\'; its code point and size. False: not an escape of JSON. */
static bool read_escape(const char *text, size_t length, uint32_t *code, size_t *size)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (length < 2 || !text[1])
        return false;
    const char *letter = strchr(letters, text[1]);
    if (letter) {
        *code = (unsigned char)meanings[letter - letters];
        *size = 2;
        return true;
    }
    int high = text[1] == 'u' && length >= 6 ? hex4(text + 2) : -1;
    if (high < 0 || (high >= 0xDC00 && high <= 0xDFFF))
        return false;
    *code = (uint32_t)high;
    *size = 6;
    if (high < 0xD800 || high > 0xDBFF)
        return true;
    int low = length >= 12 && text[6] == '\\' && text[7] == 'u' ? hex4(text + 8) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return false;
    *code = 0x10000 + (((uint32_t)high - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
    *size = 12;
    return true;
}

static int parse_string(struct parser *p)
{
    p->at++;
    struct json_token *token = add_token(p, JSON_STRING);
    if (!token)
        return -1;
    while (peek(p) != '"') {
        size_t size;
        uint32_t code;
        const char *here = p->doc->text + p->at;
        size_t left = p->doc->length - p->at;
        if (left == 0)
            return fail(p, "the string does not end");
        if ((unsigned char)*here < 0x20)
            return fail(p, "control character in a string");
        if (*here == '\\') {
            if (!read_escape(here, left, &code, &size))
                return fail(p, "bad escape or lone surrogate");
        } else {
            utf8_next(here, left, &size);
            if (size == 0)
                return fail(p, "not UTF-8");
        }
        p->at += size;
    }
    token->length = (uint32_t)(p->at - token->start);
    token->next = (uint32_t)p->doc->count;
    p->at++;
    return 0;
}

static size_t skip_digits(struct parser *p)
{
    size_t from = p->at;
    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return p->at - from;
}

static int parse_number(struct parser *p)
{
    struct json_token *token = add_token(p, JSON_NUMBER);
    if (!token)
        return -1;
    if (peek(p) == '-')
        p->at++;
    if (peek(p) == '0')
        p->at++;
    else if (skip_digits(p) == 0)
        return fail(p, "not a value");
    if (peek(p) == '.') {
        p->at++;
        if (skip_digits(p) == 0)
            return fail(p, "digits must follow the point");
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        if (peek(p) == '+' || peek(p) == '-')
            p->at++;
        if (skip_digits(p) == 0)
            return fail(p, "digits must follow the exponent");
    }
    token->length = (uint32_t)(p->at - token->start);
    token->next = (uint32_t)p->doc->count;
    return 0;
}

static int parse_word(struct parser *p, const char *word, enum json_type type)
{
    size_t length = strlen(word);
    if (p->doc->length - p->at < length || memcmp(p->doc->text + p->at, word, length) != 0)
        return fail(p, "not a value");
    struct json_token *token = add_token(p, type);
    if (!token)
        return -1;
    token->length = (uint32_t)length;
    token->next = (uint32_t)p->doc->count;
    p->at += length;
    return 0;
}

static int parse_value(struct parser *p);

static bool same_string(const struct json_doc *doc, size_t a, size_t b)
{
    char left[256];
    char right[256];
    const struct json_token *x = &doc->tokens[a];
    const struct json_token *y = &doc->tokens[b];
    if (x->length == y->length && memcmp(doc->text + x->start, doc->text + y->start, x->length) == 0)
        return true;
    return json_get_string(doc, (ptrdiff_t)a, left, sizeof left) &&
           json_get_string(doc, (ptrdiff_t)b, right, sizeof right) && strcmp(left, right) == 0;
}

/* Key and colon of the next member of `object`. */
static int parse_key(struct parser *p, size_t object)
{
    size_t key = p->doc->count;
    if (peek(p) != '"')
        return fail(p, "expected a key in quotes");
    if (parse_string(p) != 0)
        return -1;
    for (size_t other = object + 1; other < key; other = p->doc->tokens[other + 1].next)
        if (same_string(p->doc, other, key))
            return fail(p, "the same key twice in one object");
    skip_space(p);
    if (peek(p) != ':')
        return fail(p, "expected :");
    p->at++;
    skip_space(p);
    return 0;
}

static int parse_members(struct parser *p, enum json_type type, char close)
{
    size_t self = p->doc->count;
    if (!add_token(p, type))
        return -1;
    if (++p->depth > JSON_DEPTH_MAX)
        return fail(p, "nested too deeply");
    p->at++;
    skip_space(p);
    while (peek(p) != close) {
        if (p->doc->tokens[self].count > 0) {
            if (peek(p) != ',')
                return fail(p, "expected , or the end of the object or array");
            p->at++;
            skip_space(p);
        }
        if (type == JSON_OBJECT && parse_key(p, self) != 0)
            return -1;
        if (parse_value(p) != 0)
            return -1;
        p->doc->tokens[self].count++;
        skip_space(p);
    }
    p->at++;
    p->depth--;
    struct json_token *token = &p->doc->tokens[self];
    token->length = (uint32_t)(p->at - token->start);
    token->next = (uint32_t)p->doc->count;
    return 0;
}

static int parse_value(struct parser *p)
{
    switch (peek(p)) {
    case '{': return parse_members(p, JSON_OBJECT, '}');
    case '[': return parse_members(p, JSON_ARRAY, ']');
    case '"': return parse_string(p);
    case 't': return parse_word(p, "true", JSON_TRUE);
    case 'f': return parse_word(p, "false", JSON_FALSE);
    case 'n': return parse_word(p, "null", JSON_NULL);
    default: return parse_number(p);
    }
}

int json_parse(struct json_doc *doc, const char *text, size_t length, struct json_token *tokens, size_t max,
               struct err *err)
{
    *doc = (struct json_doc){.text = text, .length = length, .tokens = tokens, .max = max};
    struct parser p = {.doc = doc, .err = err};
    if (length > UINT32_MAX)
        return fail(&p, "longer than 4 GiB");
    skip_space(&p);
    if (parse_value(&p) != 0)
        return -1;
    skip_space(&p);
    return p.at == length ? 0 : fail(&p, "something follows the value");
}

ptrdiff_t json_member(const struct json_doc *doc, size_t object, const char *key)
{
    if (doc->tokens[object].type != JSON_OBJECT)
        return -1;
    for (size_t at = object + 1; at < doc->tokens[object].next; at = doc->tokens[at + 1].next)
        if (json_equals(doc, (ptrdiff_t)at, key))
            return (ptrdiff_t)at + 1;
    return -1;
}

ptrdiff_t json_element(const struct json_doc *doc, size_t array, size_t i)
{
    if (doc->tokens[array].type != JSON_ARRAY || i >= doc->tokens[array].count)
        return -1;
    size_t at = array + 1;
    while (i-- > 0)
        at = doc->tokens[at].next;
    return (ptrdiff_t)at;
}

static size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00U >> size & 0xFFU) | code);
    return size;
}

bool json_get_string(const struct json_doc *doc, ptrdiff_t token, char *out, size_t size)
{
    if (token < 0 || doc->tokens[token].type != JSON_STRING || size == 0)
        return false;
    const char *text = doc->text + doc->tokens[token].start;
    size_t length = doc->tokens[token].length;
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        char bytes[4] = {text[at]};
        size_t step = 1;
        size_t count = 1;
        if (text[at] == '\\') {
            uint32_t code;
            if (!read_escape(text + at, length - at, &code, &step) || code == 0)
                return false; /* a NUL would end the C string early: nothing here needs one */
            count = utf8_put(code, bytes);
        }
        if (count >= size - used)
            return false;
        memcpy(out + used, bytes, count);
        used += count;
        at += step;
    }
    out[used] = '\0';
    return true;
}

bool json_equals(const struct json_doc *doc, ptrdiff_t token, const char *text)
{
    if (token < 0 || doc->tokens[token].type != JSON_STRING)
        return false;
    const struct json_token *t = &doc->tokens[token];
    if (!memchr(doc->text + t->start, '\\', t->length))
        return strlen(text) == t->length && memcmp(doc->text + t->start, text, t->length) == 0;
    char plain[512];
    return json_get_string(doc, token, plain, sizeof plain) && strcmp(plain, text) == 0;
}

bool json_get_decimal(const struct json_doc *doc, ptrdiff_t token, struct decimal *out)
{
    if (token < 0 || (doc->tokens[token].type != JSON_STRING && doc->tokens[token].type != JSON_NUMBER))
        return false;
    return decimal_parse(out, doc->text + doc->tokens[token].start, doc->tokens[token].length);
}

bool json_get_integer(const struct json_doc *doc, ptrdiff_t token, int64_t *out)
{
    struct decimal value;
    if (token < 0 || doc->tokens[token].type != JSON_NUMBER || !json_get_decimal(doc, token, &value) ||
        value.digits != 0)
        return false;
    *out = value.units;
    return true;
}

bool json_get_bool(const struct json_doc *doc, ptrdiff_t token, bool *out)
{
    if (token < 0 || (doc->tokens[token].type != JSON_TRUE && doc->tokens[token].type != JSON_FALSE))
        return false;
    *out = doc->tokens[token].type == JSON_TRUE;
    return true;
}
