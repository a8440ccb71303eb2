#include "station/api.h"

#include <stdio.h>
#include <string.h>

#include "station/entries.h"

/* ---- paths ---- */

/* One part of a pattern against one of the path: {name}, with an ending behind it, takes at least one byte. */
static bool take_value(const char *pattern, size_t pattern_length, const char *part, size_t length,
                       struct api_match *match)
{
    const char *close = memchr(pattern, '}', pattern_length);
    size_t ending = pattern_length - (size_t)(close + 1 - pattern), name = (size_t)(close - pattern) - 1;
    if (length <= ending || length - ending >= API_VALUE_MAX || memcmp(part + length - ending, close + 1, ending) != 0)
        return false;
    snprintf(match->values[match->values_count].name, sizeof match->values[0].name, "%.*s", (int)name, pattern + 1);
    snprintf(match->values[match->values_count++].text, API_VALUE_MAX, "%.*s", (int)(length - ending), part);
    return true;
}

static bool path_fits(const char *pattern, const char *path, struct api_match *match)
{
    match->values_count = 0;
    for (;;) {
        size_t wanted = strcspn(pattern, "/"), length = strcspn(path, "/");
        bool fits = pattern[0] == '{' ? take_value(pattern, wanted, path, length, match)
                                      : wanted == length && memcmp(pattern, path, length) == 0;
        if (!fits || (pattern[wanted] == '\0') != (path[length] == '\0'))
            return false;
        if (pattern[wanted] == '\0')
            return true;
        pattern += wanted + 1;
        path += length + 1;
    }
}

void api_match(const char *method, const char *path, struct api_match *match)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    *match = (struct api_match){0};
    for (const struct api_route *route = api_routes; route->method; route++) {
        struct api_match found = {.route = route};
        if (!path_fits(route->path, path, &found))
            continue;
        if (strcmp(route->method, wanted) == 0) {
            *match = found;
            return;
        }
        match->allow = route->method;
    }
}

const char *api_value(const struct api_match *match, const char *name)
{
    for (size_t i = 0; i < match->values_count; i++)
        if (strcmp(match->values[i].name, name) == 0)
            return match->values[i].text;
    return "";
}

/* ---- words of smogctl ---- */

/* Copies "before" and `text` as one more word. */
static int add_word(struct api_words *out, const char *before, const char *text, struct err *err)
{
    size_t room = sizeof out->text - out->used;
    int length = snprintf(out->text + out->used, room, "%s%s", before, text);
    if (length < 0 || (size_t)length >= room || out->count == API_WORDS_MAX)
        return err_set(err, ERR_INVALID, "the arguments are too long");
    out->words[out->count++] = out->text + out->used;
    out->words[out->count] = NULL;
    out->used += (size_t)length + 1;
    return 0;
}

/* Calls `each` with every word of a text with spaces between. */
static int each_word(const char *text, int (*each)(void *ctx, const char *word, struct err *err), void *ctx,
                     struct err *err)
{
    char word[64];
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        if (each(ctx, word, err) != 0)
            return -1;
        at += length + (at[length] == ' ');
    }
    return 0;
}

struct making {
    const struct api_match *match;
    api_argument *argument;
    void *ctx;
    struct api_words *out;
    struct entries *entries;
    size_t kept; /* names in use */
    char names[8][64];
};

static bool is_off(const char *value)
{
    return strcmp(value, "0") == 0 || strcmp(value, "false") == 0;
}

static int add_option(void *ctx, const char *word, struct err *err)
{
    struct making *m = ctx;
    char option[64];
    bool plain = word[0] == '!';
    const char *value = m->argument(m->ctx, word + plain);
    if (!value || (plain && is_off(value)))
        return 0;
    snprintf(option, sizeof option, "--%s%s", word + plain, plain ? "" : "=");
    return add_word(m->out, option, plain ? "" : value, err);
}

static int add_value(void *ctx, const char *word, struct err *err)
{
    struct making *m = ctx;
    char name[32];
    if (word[0] != '{')
        return add_word(m->out, "", word, err);
    bool asked = word[1] == '?';
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 1 + asked, "}"), word + 1 + asked);
    const char *value = asked ? m->argument(m->ctx, name) : api_value(m->match, name);
    return value && value[0] ? add_word(m->out, "", value, err) : 0;
}

int api_words(const struct api_match *match, api_argument *argument, void *ctx, const char *output,
              struct api_words *out, struct err *err)
{
    struct making m = {.match = match, .argument = argument, .ctx = ctx, .out = out};
    const struct api_route *route = match->route;
    out->count = out->used = 0;
    if (output ? add_word(out, "--output=", output, err) != 0 : add_word(out, "", "--json", err) != 0)
        return -1;
    if (route->kind == API_PROBE && add_word(out, "", "--probe", err) != 0)
        return -1;
    if (each_word(route->arguments, add_option, &m, err) != 0)
        return -1;
    /* behind this nothing is an option any more, whatever it looks like */
    if (add_word(out, "", "--", err) != 0)
        return -1;
    return each_word(route->words, add_value, &m, err);
}

/* ---- requests of the control protocol ---- */

/* What the interface itself says of a request. */
static void add_fixed(const struct api_match *match, const char *officer, struct entries *e)
{
    entries_text(e, "command", match->route->words);
    entries_text(e, "officer", officer);
    for (size_t i = 0; i < match->values_count; i++)
        entries_text(e, match->values[i].name, match->values[i].text);
}

static int read_body(const char *body, size_t length, struct json_doc *doc, struct json_token *tokens, struct err *err)
{
    struct err why = {0};
    if (json_parse(doc, body, length, tokens, API_TOKENS_MAX, &why) != 0)
        return err_set(err, ERR_INVALID, "the body is no JSON: %s", why.text);
    return doc->tokens[0].type == JSON_OBJECT ? 0 : err_set(err, ERR_INVALID, "the body must be one JSON object");
}

/* No member of the body may say what the interface says. */
static int check_body(const struct json_doc *doc, const struct entries *fixed, struct err *err)
{
    if (json_member(doc, 0, "command") >= 0 || json_member(doc, 0, "officer") >= 0)
        return err_set(err, ERR_INVALID, "who acts is known by the session, and what by the path; leave out '%s'",
                       json_member(doc, 0, "officer") >= 0 ? "officer" : "command");
    for (size_t i = 0; i < fixed->count; i++)
        if (json_member(doc, 0, fixed->items[i].key) >= 0)
            return err_set(err, ERR_INVALID, "'%s' stands in the path; leave it out of the body", fixed->items[i].key);
    return 0;
}

static ptrdiff_t too_long(struct err *err)
{
    err_set(err, ERR_INVALID, "the request is too long");
    return -1;
}

ptrdiff_t api_request(const struct api_match *match, const char *officer, const char *body, size_t length, char *out,
                      size_t size, struct err *err)
{
    struct json_token tokens[API_TOKENS_MAX];
    struct json_doc doc = {.tokens = tokens, .max = API_TOKENS_MAX};
    struct entries fixed = {0};
    struct json_writer w;
    add_fixed(match, officer, &fixed);
    if (length > 0 && (read_body(body, length, &doc, tokens, err) != 0 || check_body(&doc, &fixed, err) != 0))
        return -1;
    json_writer_init(&w, out, size);
    entries_write(&fixed, &w, NULL);
    ptrdiff_t written = json_writer_finish(&w);
    if (written < 0)
        return too_long(err);
    if (length == 0 || doc.tokens[0].count == 0)
        return written;
    /* the members of both, in one object: its end and the other's beginning become a comma */
    size_t more = doc.tokens[0].length - 1;
    if ((size_t)written + more >= size)
        return too_long(err);
    out[written - 1] = ',';
    memcpy(out + written, body + doc.tokens[0].start + 1, more);
    out[(size_t)written + more] = '\0';
    return written + (ptrdiff_t)more;
}

static int add_member(void *ctx, const char *word, struct err *err)
{
    struct making *m = ctx;
    (void)err;
    char *name = m->names[m->kept++];
    snprintf(name, sizeof m->names[0], "%s", word); /* entries borrow it */
    entries_text(m->entries, name, m->argument(m->ctx, name));
    return 0;
}

ptrdiff_t api_upload_request(const struct api_match *match, const char *officer, api_argument *argument, void *ctx,
                             char *out, size_t size, struct err *err)
{
    struct entries e = {0};
    struct making m = {.match = match, .argument = argument, .ctx = ctx, .entries = &e};
    struct json_writer w;
    add_fixed(match, officer, &e);
    if (each_word(match->route->arguments, add_member, &m, err) != 0)
        return -1;
    json_writer_init(&w, out, size);
    entries_write(&e, &w, NULL);
    ptrdiff_t written = json_writer_finish(&w);
    return written >= 0 ? written : too_long(err);
}

int api_body_text(const char *body, size_t length, const char *key, char *out, size_t size, struct err *err)
{
    struct json_token tokens[API_TOKENS_MAX];
    struct json_doc doc = {.tokens = tokens, .max = API_TOKENS_MAX};
    out[0] = '\0';
    if (read_body(body, length, &doc, tokens, err) != 0)
        return -1;
    if (!json_get_string(&doc, json_member(&doc, 0, key), out, size) || out[0] == '\0') {
        out[0] = '\0';
        return err_set(err, ERR_INVALID, "the body needs '%s', a text of at most %zu bytes", key, size - 1);
    }
    return 0;
}

unsigned api_status(const struct api_match *match, int code)
{
    const struct api_route *route = match->route;
    bool reads = strcmp(route->method, "GET") == 0;
    bool uploads = route->kind == API_UPLOAD || route->kind == API_ANSWER;
    /* where nothing was asked but what the path names, it is that which is not there */
    bool named = reads && (match->values_count > 0 || route->arguments[0] == '\0');
    switch (code) {
    case ERR_NONE: return 200;
    case ERR_FAILED: return reads ? 404 : uploads ? 422 : 500;
    case ERR_INVALID: return named ? 404 : 400;
    case ERR_UNREACHABLE: return 503;
    case ERR_REFUSED: return 409;
    default: return 500;
    }
}
