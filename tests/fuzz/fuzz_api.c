/* A request to the console's interface: a line with method and path, a line with the query, the rest is the body.
 * Whatever they hold, what is made of it is words in which nothing of the request is an option that the route does not
 * have, or a request of the control protocol that says who acts and what as the interface wants it. */
#include "station/api.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { TEXT_MAX = 1 << 13, TOKENS_MAX = 4 * API_TOKENS_MAX };

static char query[TEXT_MAX];

/* name=value&name=value, as it stands. */
static const char *argument(void *ctx, const char *name)
{
    static char value[TEXT_MAX];
    size_t length = strlen(name);
    (void)ctx;
    for (const char *at = query; *at; at += at[0] == '&') {
        size_t whole = strcspn(at, "&");
        if (strncmp(at, name, length) == 0 && (whole == length || (whole > length && at[length] == '='))) {
            size_t from = whole == length ? length : length + 1;
            memcpy(value, at + from, whole - from);
            value[whole - from] = '\0';
            return value;
        }
        at += whole;
    }
    return NULL;
}

static void check_values(const struct api_match *match)
{
    FUZZ_CHECK(match->values_count <= API_VALUES_MAX);
    for (size_t i = 0; i < match->values_count; i++) {
        const char *text = match->values[i].text;
        FUZZ_CHECK(text[0] && !strchr(text, '/') && api_value(match, match->values[i].name) == text);
    }
}

static bool is_of_route(const struct api_route *route, const char *option, size_t length)
{
    const char *at = route->arguments;
    while (at && (at = strstr(at, option)) != NULL && !(at[length] == ' ' || at[length] == '\0'))
        at++;
    return at != NULL;
}

static void check_option(const struct api_route *route, const char *word)
{
    char name[64];
    size_t length = strcspn(word, "=");
    FUZZ_CHECK(strncmp(word, "--", 2) == 0 && length < sizeof name);
    memcpy(name, word + 2, length - 2);
    name[length - 2] = '\0';
    bool ours = strcmp(word, "--json") == 0 || strcmp(word, "--output=file") == 0 || strcmp(word, "--probe") == 0;
    FUZZ_CHECK(ours || is_of_route(route, name, length - 2));
}

static void check_words(const struct api_match *match)
{
    static struct api_words words;
    struct err err = {0};
    if (api_words(match, argument, NULL, match->route->kind == API_FILE ? "file" : NULL, &words, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && err.text[0]);
        return;
    }
    size_t end = 0;
    FUZZ_CHECK(words.words[words.count] == NULL);
    while (end < words.count && strcmp(words.words[end], "--") != 0)
        check_option(match->route, words.words[end++]);
    FUZZ_CHECK(end + 1 < words.count); /* behind it stand the command's words */
    FUZZ_CHECK(strncmp(match->route->words, words.words[end + 1], strlen(words.words[end + 1])) == 0);
}

static void check_request(const struct api_match *match, const char *text, ptrdiff_t length, const struct err *err)
{
    static struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct err why = {0};
    if (length < 0) {
        FUZZ_CHECK(err->code == ERR_INVALID && err->text[0]);
        return;
    }
    if (json_parse(&doc, text, (size_t)length, tokens, TOKENS_MAX, &why) != 0) {
        FUZZ_CHECK(strstr(why.text, "members")); /* those of the path come beside a full object */
        return;
    }
    FUZZ_CHECK(tokens[0].type == JSON_OBJECT &&
               json_equals(&doc, json_member(&doc, 0, "command"), match->route->words));
    FUZZ_CHECK(json_equals(&doc, json_member(&doc, 0, "officer"), "P0042"));
    for (size_t i = 0; i < match->values_count; i++)
        FUZZ_CHECK(json_member(&doc, 0, match->values[i].name) >= 0);
}

static void check_body(const struct api_match *match, const char *body, size_t length)
{
    static char text[API_REQUEST_MAX];
    char out[64];
    struct err err = {0};
    ptrdiff_t made = api_request(match, "P0042", body, length, text, sizeof text, &err);
    check_request(match, text, made, &err);
    made = api_upload_request(match, "P0042", argument, NULL, text, sizeof text, &err);
    check_request(match, text, made, &err);
    if (api_body_text(body, length, "pin", out, sizeof out, &err) == 0)
        FUZZ_CHECK(out[0] && strlen(out) < sizeof out);
    else
        FUZZ_CHECK(out[0] == '\0');
}

/* Takes a line off the input as a text; a NUL ends it, as it does in a path. */
static void take_line(const uint8_t **data, size_t *size, char out[TEXT_MAX])
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t length = end ? (size_t)(end - *data) : *size;
    memcpy(out, *data, length);
    out[length] = '\0';
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char line[TEXT_MAX];
    static struct api_match match;
    if (size >= TEXT_MAX || size == 0)
        return 0;
    take_line(&data, &size, line);
    take_line(&data, &size, query);
    size_t method = strcspn(line, " ");
    const char *path = line[method] ? line + method + 1 : "";
    line[method] = '\0';
    api_match(line, path, &match);
    if (!match.route)
        return 0;
    check_values(&match);
    for (int code = ERR_NONE; code <= ERR_REFUSED; code++)
        FUZZ_CHECK((api_status(&match, code) == 200) == (code == ERR_NONE));
    if (match.route->kind == API_CHILD || match.route->kind == API_PROBE || match.route->kind == API_FILE)
        check_words(&match);
    else if (match.route->words)
        check_body(&match, (const char *)data, size);
    return 0;
}
