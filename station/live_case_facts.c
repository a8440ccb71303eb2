/*
 * What a decision on the spot consists of, as an officer puts it on record: driver.KEY and decision.KEY, texts under
 * the names of the outlet's map (reports/outlets/vio04.conf, 04C54). Which of them the receiver must have is the map's
 * to say; here only their form is looked at.
 */
#include <stdio.h>
#include <string.h>

#include "reports/outlet.h"
#include "station/live_parts.h"

enum { FACTS_MAX = ENTRIES_MAX, KEY_MAX = 40, VALUE_MAX = 128 };

struct facts {
    struct entries all;
    char keys[FACTS_MAX][KEY_MAX], values[FACTS_MAX][VALUE_MAX];
};

static bool is_key(const char *key)
{
    static const char *const prefixes[] = {"driver.", "decision."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(key, prefixes[i], length) == 0)
            return key[length] && strspn(key + length, "abcdefghijklmnopqrstuvwxyz_") == strlen(key + length);
    }
    return false;
}

static int read_one(struct facts *f, const struct json_doc *request, size_t token, struct err *err)
{
    if (f->all.count == FACTS_MAX)
        return err_set(err, ERR_INVALID, "more than %d facts", FACTS_MAX);
    char *key = f->keys[f->all.count], *value = f->values[f->all.count];
    if (!json_get_string(request, (ptrdiff_t)token, key, KEY_MAX) || !is_key(key))
        return err_set(err, ERR_INVALID, "facts are driver.KEY=… and decision.KEY=…, with letters of the map's names");
    if (!json_get_string(request, (ptrdiff_t)token + 1, value, VALUE_MAX) || !outlet_presentable(value))
        return err_set(err, ERR_INVALID, "%s: a text of at most %d bytes, on one line; leave out what is not known",
                       key, VALUE_MAX - 1);
    for (size_t i = 0; i < f->all.count; i++)
        if (strcmp(f->keys[i], key) == 0)
            return err_set(err, ERR_INVALID, "%s is given twice", key);
    entries_text(&f->all, key, value);
    return 0;
}

int live_case_facts(const struct json_doc *request, bool wanted, char *out, size_t size, struct err *err)
{
    struct facts f = {.all = {0}};
    struct json_writer w;
    ptrdiff_t object = json_member(request, 0, "facts");
    bool given = object >= 0 && request->tokens[object].type == JSON_OBJECT && request->tokens[object].count > 0;
    out[0] = '\0';
    if (given != wanted)
        return err_set(err, ERR_INVALID,
                       wanted ? "'file' needs what the decision consists of: --facts driver.name=… decision.cfzl=…"
                              : "facts belong to 'file' alone");
    if (!given)
        return 0;
    size_t token = (size_t)object + 1;
    for (uint32_t i = 0; i < request->tokens[object].count; i++, token = request->tokens[token + 1].next)
        if (read_one(&f, request, token, err) != 0)
            return -1;
    json_writer_init(&w, out, size);
    entries_write(&f.all, &w, NULL);
    return json_writer_finish(&w) >= 0 ? 0 : err_set(err, ERR_INVALID, "the facts are too long");
}
