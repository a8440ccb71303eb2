#include "reports/record.h"

#include <stdlib.h>
#include <string.h>

/* A string member of `object`, required. */
static int get(const struct record *r, ptrdiff_t object, const char *key, char *out, size_t size, struct err *err)
{
    ptrdiff_t token = object < 0 ? -1 : json_member(&r->doc, (size_t)object, key);
    if (!json_get_string(&r->doc, token, out, size) || out[0] == '\0')
        return err_set(err, ERR_INVALID, "the record has no readable '%s'", key);
    return 0;
}

static int get_object(const struct record *r, const char *key, enum json_type type, ptrdiff_t *out, struct err *err)
{
    *out = json_member(&r->doc, 0, key);
    if (*out < 0 || r->doc.tokens[*out].type != type)
        return err_set(err, ERR_INVALID, "the record has no readable '%s'", key);
    return 0;
}

static int read_head(struct record *r, struct err *err)
{
    char format[24], kind[16];
    ptrdiff_t station;
    if (get(r, 0, "format", format, sizeof format, err) || get(r, 0, "kind", kind, sizeof kind, err))
        return -1;
    if (strcmp(format, "smogd-record-1") != 0)
        return err_set(err, ERR_INVALID, "the record's format is '%s'; this program knows smogd-record-1", format);
    r->passage = strcmp(kind, "passage") == 0;
    if (!r->passage && strcmp(kind, "test") != 0)
        return err_set(err, ERR_INVALID, "the record's kind is '%s'; test and passage are known", kind);
    if (get_object(r, "station", JSON_OBJECT, &station, err) ||
        get(r, station, "id", r->station, sizeof r->station, err) || get(r, 0, "id", r->id, sizeof r->id, err) ||
        get(r, 0, "method", r->method, sizeof r->method, err) ||
        get(r, 0, "ended_at", r->ended_at, sizeof r->ended_at, err) ||
        get_object(r, "vehicle", JSON_OBJECT, &r->vehicle, err))
        return -1;
    if (!json_get_string(&r->doc, json_member(&r->doc, (size_t)r->vehicle, "plate"), r->plate, sizeof r->plate))
        r->plate[0] = '\0';
    r->basis = json_member(&r->doc, 0, "basis");
    r->joined = json_member(&r->doc, 0, "joined");
    return 0;
}

static int read_pack(struct record *r, ptrdiff_t rules, struct err *err)
{
    if (json_member(&r->doc, (size_t)rules, "pack") < 0 && r->passage)
        return 0; /* no rule was found for it */
    if (get(r, rules, "pack", r->pack, sizeof r->pack, err) || get(r, rules, "rule", r->rule, sizeof r->rule, err) ||
        get(r, rules, "sha256", r->pack_sha256, sizeof r->pack_sha256, err) ||
        get(r, rules, "version", r->pack_version, sizeof r->pack_version, err))
        return -1;
    return 0;
}

static int read_rules(struct record *r, struct err *err)
{
    ptrdiff_t rules;
    char class_[8], day[CIVIL_DATE_TEXT_MAX];
    if (get_object(r, "rules", JSON_OBJECT, &rules, err) || get(r, rules, "class", class_, sizeof class_, err) ||
        get(r, rules, "day", day, sizeof day, err) || read_pack(r, rules, err))
        return -1;
    if ((class_[0] != 'a' && class_[0] != 'b') || class_[1] != '\0')
        return err_set(err, ERR_INVALID, "the record's limit class is '%s', not a or b", class_);
    r->limit_class = class_[0] == 'a' ? LIMIT_CLASS_A : LIMIT_CLASS_B;
    if (!civil_date_parse(&r->day, day, strlen(day)))
        return err_set(err, ERR_INVALID, "the record's day '%s' is no date", day);
    return 0;
}

static int read_files(struct record *r, struct err *err)
{
    ptrdiff_t files;
    if (get_object(r, "files", JSON_ARRAY, &files, err))
        return -1;
    r->files_count = r->doc.tokens[files].count;
    if (r->files_count > RECORD_FILES_MAX)
        return err_set(err, ERR_INVALID, "the record lists %zu files; at most %d are allowed", r->files_count,
                       RECORD_FILES_MAX);
    for (size_t i = 0; i < r->files_count; i++) {
        struct record_file *f = &r->files[i];
        ptrdiff_t object = json_element(&r->doc, (size_t)files, i);
        int64_t size;
        if (r->doc.tokens[object].type != JSON_OBJECT)
            return err_set(err, ERR_INVALID, "file %zu of the record is no object", i + 1);
        if (get(r, object, "name", f->name, sizeof f->name, err) ||
            get(r, object, "sha256", f->sha256, sizeof f->sha256, err))
            return -1;
        if (!json_get_integer(&r->doc, json_member(&r->doc, (size_t)object, "size"), &size) || size < 0)
            return err_set(err, ERR_INVALID, "the record does not say the size of %s", f->name);
        f->size = (uint64_t)size;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(r->files[k].name, f->name) == 0)
                return err_set(err, ERR_INVALID, "the record lists %s twice", f->name);
        }
    }
    return 0;
}

int record_open(struct record *r, const char *text, size_t length, struct err *err)
{
    memset(r, 0, sizeof *r);
    if (length > RECORD_TEXT_MAX)
        return err_set(err, ERR_INVALID, "the record has %zu bytes; at most %d are allowed", length, RECORD_TEXT_MAX);
    /* a token takes at least two characters: itself and what parts it from the next one */
    size_t max = length / 2 + 2 < RECORD_TOKENS_MAX ? length / 2 + 2 : RECORD_TOKENS_MAX;
    struct json_token *tokens = malloc(max * sizeof *tokens);
    if (!tokens)
        return err_set(err, ERR_FAILED, "out of memory");
    ptrdiff_t verdict;
    if (json_parse(&r->doc, text, length, tokens, max, err)) {
        r->doc.tokens = tokens;
        goto fail;
    }
    if (tokens[0].type != JSON_OBJECT) {
        err_set(err, ERR_INVALID, "the record is no JSON object");
        goto fail;
    }
    if (read_head(r, err) || read_rules(r, err) || read_files(r, err) ||
        get_object(r, "verdict", JSON_OBJECT, &verdict, err) || verdict_read(&r->judged, &r->doc, verdict, err))
        goto fail;
    r->verdict = text + tokens[verdict].start;
    r->verdict_length = tokens[verdict].length;
    return 0;
fail:
    record_close(r);
    return -1;
}

void record_close(struct record *r)
{
    free(r->doc.tokens);
    r->doc = (struct json_doc){0};
}

ptrdiff_t record_vehicle_fact(const struct record *r, const char *key)
{
    const struct json_doc *doc = &r->doc;
    ptrdiff_t facts = r->vehicle < 0 ? -1 : json_member(doc, (size_t)r->vehicle, "facts");
    size_t count = facts >= 0 && doc->tokens[facts].type == JSON_ARRAY ? doc->tokens[facts].count : 0;
    for (size_t i = 0; i < count; i++) {
        size_t fact = (size_t)json_element(doc, (size_t)facts, i);
        if (json_equals(doc, json_member(doc, fact, "key"), key))
            return json_member(doc, fact, "value");
    }
    return -1;
}

const struct record_file *record_find_file(const struct record *r, const char *name)
{
    for (size_t i = 0; i < r->files_count; i++) {
        if (strcmp(r->files[i].name, name) == 0)
            return &r->files[i];
    }
    return NULL;
}
