#include "station/core/json.h"

#include <string.h>

#include "station/core/utf8.h"

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

static char peek(const struct parser *p)
{
    return p->at < p->doc->length ? p->doc->text[p->at] : '\0';
}

static void skip_space(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\r' || peek(p) == '\n')
        p->at++;
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

/* The end of the plain ASCII from `at`, which is nearly all of a text: a verification reads millions of them. */
static size_t skip_plain(const struct json_doc *doc, size_t at)
{
    const char *text = doc->text;
    size_t end = doc->length;
    while (at < end && (unsigned char)text[at] - 0x20U < 0x60U && text[at] != '"' && text[at] != '\\')
        at++;
    return at;
}

/* The size of the escape or character at p->at; 0: there is none, and it is said why. */
static size_t string_step(struct parser *p, struct json_token *token)
{
    size_t size = 0;
    uint32_t code;
    const char *here = p->doc->text + p->at, *wrong = NULL;
    size_t left = p->doc->length - p->at;
    if (left == 0) {
        wrong = "the string does not end";
    } else if ((unsigned char)*here < 0x20) {
        wrong = "control character in a string";
    } else if (*here == '\\') {
        token->escaped = true;
        if (!read_escape(here, left, &code, &size))
            wrong = "bad escape or lone surrogate";
    } else {
        utf8_next(here, left, &size);
        if (size == 0)
            wrong = "not UTF-8";
    }
    if (!wrong)
        return size;
    fail(p, wrong);
    return 0;
}

static int parse_string(struct parser *p)
{
    p->at++;
    struct json_token *token = add_token(p, JSON_STRING);
    if (!token)
        return -1;
    while ((p->at = skip_plain(p->doc, p->at)) == p->doc->length || p->doc->text[p->at] != '"') {
        size_t size = string_step(p, token);
        if (size == 0)
            return -1;
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

/* The next character of a string token, unescaped; *at moves behind it. The string has been parsed: it is sound. */
static uint32_t next_code(const struct json_doc *doc, const struct json_token *string, size_t *at)
{
    const char *here = doc->text + string->start + *at;
    size_t left = string->length - *at;
    uint32_t code = 0;
    size_t size = 1;
    if (*here == '\\')
        read_escape(here, left, &code, &size);
    else
        code = utf8_next(here, left, &size);
    *at += size;
    return code;
}

static bool same_string(const struct json_doc *doc, const struct json_token *a, const struct json_token *b)
{
    size_t i = 0;
    size_t j = 0;
    if (!a->escaped && !b->escaped)
        return a->length == b->length && memcmp(doc->text + a->start, doc->text + b->start, a->length) == 0;
    while (i < a->length && j < b->length)
        if (next_code(doc, a, &i) != next_code(doc, b, &j))
            return false;
    return i == a->length && j == b->length;
}

/* Key and colon of the next member of `object`. */
static int parse_key(struct parser *p, size_t object)
{
    size_t key = p->doc->count;
    if (p->doc->tokens[object].count == JSON_MEMBERS_MAX)
        return fail(p, "too many members in one object");
    if (peek(p) != '"')
        return fail(p, "expected a key in quotes");
    if (parse_string(p) != 0)
        return -1;
    for (size_t other = object + 1; other < key; other = p->doc->tokens[other + 1].next)
        if (same_string(p->doc, &p->doc->tokens[other], &p->doc->tokens[key]))
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
    size_t length = strlen(key);
    for (size_t at = object + 1; at < doc->tokens[object].next; at = doc->tokens[at + 1].next) {
        const struct json_token *token = &doc->tokens[at];
        if (token->escaped ? json_equals(doc, (ptrdiff_t)at, key)
                           : token->length == length && memcmp(doc->text + token->start, key, length) == 0)
            return (ptrdiff_t)at + 1;
    }
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

static const struct json_token *string_at(const struct json_doc *doc, ptrdiff_t token)
{
    return token >= 0 && doc->tokens[token].type == JSON_STRING ? &doc->tokens[token] : NULL;
}

bool json_get_string(const struct json_doc *doc, ptrdiff_t token, char *out, size_t size)
{
    const struct json_token *string = string_at(doc, token);
    size_t used = 0;
    if (!string || size == 0)
        return false;
    if (!string->escaped) {
        if (string->length >= size)
            return false;
        memcpy(out, doc->text + string->start, string->length);
        out[string->length] = '\0';
        return true;
    }
    for (size_t at = 0; at < string->length;) {
        char bytes[4];
        uint32_t code = next_code(doc, string, &at);
        size_t count = utf8_put(code, bytes);
        if (code == 0 || count >= size - used)
            return false;
        memcpy(out + used, bytes, count);
        used += count;
    }
    out[used] = '\0';
    return true;
}

bool json_equals(const struct json_doc *doc, ptrdiff_t token, const char *text)
{
    const struct json_token *string = string_at(doc, token);
    if (!string)
        return false;
    if (!string->escaped)
        return strlen(text) == string->length && memcmp(doc->text + string->start, text, string->length) == 0;
    for (size_t at = 0; at < string->length;) {
        char bytes[4];
        uint32_t code = next_code(doc, string, &at);
        size_t count = utf8_put(code, bytes);
        if (code == 0 || strncmp(text, bytes, count) != 0)
            return false;
        text += count;
    }
    return *text == '\0';
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
