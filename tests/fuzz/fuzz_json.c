/* The JSON reader: whatever the bytes, tokens that hang together or an error. What it reads, the writer writes so that
 * the reader reads the same again. */
#include "station/core/json.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { TOKENS_MAX = 512, TEXT_MAX = 1 << 14 };

static void check_structure(const struct json_doc *doc, size_t token)
{
    const struct json_token *t = &doc->tokens[token];
    FUZZ_CHECK((size_t)t->start + t->length <= doc->length);
    FUZZ_CHECK(t->next > token && t->next <= doc->count);
    if (t->type == JSON_OBJECT || t->type == JSON_ARRAY) {
        size_t step = t->type == JSON_OBJECT ? 2 : 1;
        size_t at = token + 1;
        for (uint32_t i = 0; i < t->count; i++)
            at = doc->tokens[at + step - 1].next;
        FUZZ_CHECK(at == t->next);
        FUZZ_CHECK(t->type == JSON_OBJECT || t->count == 0 ||
                   json_element(doc, token, t->count - 1) > (ptrdiff_t)token);
        FUZZ_CHECK(json_element(doc, token, t->count) == -1);
    } else {
        FUZZ_CHECK(t->next == token + 1);
    }
}

static void check_string(const struct json_doc *doc, size_t token)
{
    static char plain[TEXT_MAX];
    static char text[6 * TEXT_MAX];
    if (!json_get_string(doc, (ptrdiff_t)token, plain, sizeof plain))
        return; /* holds \u0000 */
    FUZZ_CHECK(json_equals(doc, (ptrdiff_t)token, plain));
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    json_string(&w, NULL, plain);
    ptrdiff_t length = json_writer_finish(&w);
    FUZZ_CHECK(length > 0);
    struct json_token one[1];
    struct json_doc again;
    FUZZ_CHECK(json_parse(&again, text, (size_t)length, one, 1, NULL) == 0);
    FUZZ_CHECK(json_equals(&again, 0, plain));
}

static void check_object(const struct json_doc *doc, size_t object)
{
    char key[256];
    size_t at = object + 1;
    for (uint32_t i = 0; i < doc->tokens[object].count; i++, at = doc->tokens[at + 1].next)
        if (json_get_string(doc, (ptrdiff_t)at, key, sizeof key))
            FUZZ_CHECK(json_member(doc, object, key) == (ptrdiff_t)at + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct err err = {0};
    if (size > TEXT_MAX)
        return 0;
    if (json_parse(&doc, (const char *)data, size, tokens, TOKENS_MAX, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && strncmp(err.text, "JSON, byte ", 11) == 0);
        return 0;
    }
    FUZZ_CHECK(tokens[0].next == doc.count);
    for (size_t i = 0; i < doc.count; i++) {
        struct decimal decimal;
        int64_t integer;
        check_structure(&doc, i);
        if (tokens[i].type == JSON_STRING)
            check_string(&doc, i);
        if (tokens[i].type == JSON_OBJECT)
            check_object(&doc, i);
        if (json_get_integer(&doc, (ptrdiff_t)i, &integer))
            FUZZ_CHECK(json_get_decimal(&doc, (ptrdiff_t)i, &decimal) && decimal.units == integer);
    }
    return 0;
}
