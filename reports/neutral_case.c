/* JSON as named texts, and what case.json tells that the record does not. */
#include "reports/neutral_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 128, JSON_TOKENS_MAX = 8192, DEPTH_MAX = 6 };

static void put(struct neutral *n, const char *key, const char *value)
{
    if (value[0]) /* what is empty is not known */
        neutral_set(n, key, value);
}

static void flatten(struct neutral *n, const struct json_doc *doc, ptrdiff_t token, const char *prefix, int depth)
{
    const struct json_token *t = &doc->tokens[token];
    char key[KEY_MAX], name[48], value[NEUTRAL_VALUE_MAX];
    bool object = t->type == JSON_OBJECT;
    if ((object || t->type == JSON_ARRAY) && depth < DEPTH_MAX) {
        size_t at = (size_t)token + 1;
        for (uint32_t i = 0; i < t->count; i++) {
            snprintf(name, sizeof name, "%u", i + 1);
            if (object && !json_get_string(doc, (ptrdiff_t)at++, name, sizeof name))
                name[0] = '\0';
            int length = snprintf(key, sizeof key, "%s.%s", prefix, name);
            if (name[0] && length > 0 && (size_t)length < sizeof key)
                flatten(n, doc, (ptrdiff_t)at, key, depth + 1);
            at = doc->tokens[at].next;
        }
    } else if (t->type == JSON_STRING) {
        if (json_get_string(doc, token, value, sizeof value))
            put(n, prefix, value);
    } else if (t->type != JSON_NULL && !object && t->type != JSON_ARRAY && t->length < sizeof value) {
        memcpy(value, doc->text + t->start, t->length);
        value[t->length] = '\0';
        put(n, prefix, value);
    }
}

void neutral_flatten(struct neutral *n, const struct json_doc *doc, ptrdiff_t token, const char *prefix)
{
    flatten(n, doc, token, prefix, 0);
}

/* Who of the police was there: named at a review, where the record does not tell. The last one counts. */
static void put_police(struct neutral *n, const struct json_doc *doc)
{
    char number[NEUTRAL_TEXT_MAX], found[NEUTRAL_TEXT_MAX] = "";
    ptrdiff_t custody = json_member(doc, 0, "custody");
    if (neutral_get(n, "officer.police") || custody < 0 || doc->tokens[custody].type != JSON_ARRAY)
        return;
    for (uint32_t i = 0; i < doc->tokens[custody].count; i++) {
        ptrdiff_t step = json_element(doc, (size_t)custody, i);
        if (doc->tokens[step].type == JSON_OBJECT &&
            json_get_string(doc, json_member(doc, (size_t)step, "police"), number, sizeof number) && number[0])
            memcpy(found, number, sizeof found);
    }
    put(n, "officer.police", found);
}

int neutral_case(struct neutral *n, const char *text, size_t length, struct err *err)
{
    struct json_token *tokens = malloc(JSON_TOKENS_MAX * sizeof *tokens);
    struct json_doc doc;
    if (!tokens)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = json_parse(&doc, text, length, tokens, JSON_TOKENS_MAX, err);
    if (result == 0 && tokens[0].type == JSON_OBJECT) {
        flatten(n, &doc, 0, "case", 0);
        put_police(n, &doc);
    } else if (result != 0) {
        err_prefix(err, "case.json");
    }
    free(tokens);
    return result;
}

static void put_text(struct neutral *n, const struct json_doc *doc, const char *member, const char *key)
{
    char value[NEUTRAL_VALUE_MAX];
    if (json_get_string(doc, json_member(doc, 0, member), value, sizeof value))
        put(n, key, value);
}

int neutral_decision(struct neutral *n, const char *text, struct err *err)
{
    enum { TOKENS_MAX = 256 };
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    char key[KEY_MAX], value[NEUTRAL_VALUE_MAX];
    if (json_parse(&doc, text, strlen(text), tokens, TOKENS_MAX, err) != 0)
        return err_prefix(err, "what was filed of the decision");
    ptrdiff_t facts = json_member(&doc, 0, "facts");
    size_t at = facts < 0 ? 0 : (size_t)facts + 1;
    for (uint32_t i = 0; facts >= 0 && i < tokens[facts].count; i++, at = tokens[at + 1].next)
        if (json_get_string(&doc, (ptrdiff_t)at, key, sizeof key) &&
            json_get_string(&doc, (ptrdiff_t)at + 1, value, sizeof value))
            put(n, key, value);
    put_text(n, &doc, "at", "decision.at"); /* as it was handled, whatever was typed later */
    put_text(n, &doc, "jdsbh", "decision.jdsbh");
    return 0;
}
