#include "station/core/verdict.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

static const char *const kind_names[] = {
    [VERDICT_PASS] = "pass",       [VERDICT_FAIL] = "fail",       [VERDICT_SUSPECT] = "suspect",
    [VERDICT_INVALID] = "invalid", [VERDICT_ABORTED] = "aborted", [VERDICT_VOID] = "void",
};
enum { KINDS = sizeof kind_names / sizeof kind_names[0] };

static const char *const class_names[] = {[LIMIT_CLASS_A] = "a", [LIMIT_CLASS_B] = "b"};
static const char *const status_names[] = {[RULE_CONFIRMED] = "confirmed", [RULE_UNCONFIRMED] = "unconfirmed"};

const char *verdict_kind_name(enum verdict_kind kind)
{
    assert((size_t)kind < KINDS);
    return kind_names[kind];
}

bool verdict_kind_by_name(const char *name, enum verdict_kind *out)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kind_names[i], name) == 0) {
            *out = (enum verdict_kind)i;
            return true;
        }
    return false;
}

void verdict_init(struct verdict *v, const struct rule_pack *pack, const struct rule *rule, enum limit_class class_)
{
    memset(v, 0, sizeof *v);
    v->limit_class = class_;
    memcpy(v->method, rule->method, sizeof v->method);
    memcpy(v->rule, rule->name, sizeof v->rule);
    memcpy(v->pack_id, pack->id, sizeof v->pack_id);
    memcpy(v->pack_version, pack->version, sizeof v->pack_version);
    memcpy(v->pack_sha256, pack->sha256, sizeof v->pack_sha256);
}

bool verdict_compare(struct verdict *v, const struct rule_limit *limit, struct decimal measured)
{
    assert(v->values_count < VERDICT_VALUES_MAX);
    struct verdict_value *value = &v->values[v->values_count++];
    *value = (struct verdict_value){.quantity = limit->quantity,
                                    .point = limit->point,
                                    .measured = measured,
                                    .limit = limit->value[v->limit_class],
                                    .at_least = limit->at_least,
                                    .screening = limit->screening,
                                    .limit_status = limit->origin.status};
    memcpy(value->clause, limit->origin.clause, sizeof value->clause);
    value->exceeded = rule_limit_exceeded(limit, v->limit_class, measured, &value->value);
    return value->exceeded && !value->screening;
}

void verdict_reason(struct verdict *v, const char *format, ...)
{
    if (v->reasons_count == VERDICT_REASONS_MAX)
        return;
    va_list args;
    va_start(args, format);
    char *reason = v->reasons[v->reasons_count++];
    vsnprintf(reason, VERDICT_REASON_MAX, format, args);
    va_end(args);
    utf8_trim(reason);
}

const char *verdict_point_name(int point)
{
    switch (point) {
    case 1: return "idle";
    case 2: return "raised idle";
    case 80: return "80 %";
    case 100: return "100 %";
    default: return "";
    }
}

void verdict_reason_exceeded(struct verdict *v, const struct verdict_value *value)
{
    char is[DECIMAL_TEXT_MAX];
    char limit[DECIMAL_TEXT_MAX];
    decimal_format(value->value, is);
    decimal_format(value->limit, limit);
    const char *point = verdict_point_name(value->point);
    verdict_reason(v, "%s%s%s: %s %s %s", quantity_name(value->quantity), point[0] ? " at " : "", point, is,
                   value->at_least ? "<" : ">", limit);
}

/* ---- canonical form ---- */

static void write_mark(const struct verdict_mark *mark, struct json_writer *w)
{
    bool has_value = mark->quantity != QUANTITY_COUNT;
    json_object_begin(w, NULL);
    json_bool(w, "counted", mark->counted);
    json_integer(w, "from_ms", mark->from_ms);
    json_string(w, "kind", mark->kind);
    if (mark->note[0])
        json_string(w, "note", mark->note);
    json_integer(w, "number", mark->number);
    if (has_value)
        json_string(w, "quantity", quantity_name(mark->quantity));
    json_integer(w, "to_ms", mark->to_ms);
    if (has_value) {
        json_string(w, "unit", quantity_unit(mark->quantity));
        json_decimal(w, "value", mark->value);
    }
    json_object_end(w);
}

static void write_value(const struct verdict_value *value, struct json_writer *w)
{
    json_object_begin(w, NULL);
    json_bool(w, "at_least", value->at_least);
    json_string(w, "clause", value->clause);
    json_bool(w, "exceeded", value->exceeded);
    json_decimal(w, "limit", value->limit);
    json_decimal(w, "measured", value->measured);
    json_integer(w, "point", value->point);
    json_string(w, "quantity", quantity_name(value->quantity));
    json_bool(w, "screening", value->screening);
    json_string(w, "status", status_names[value->limit_status]);
    json_string(w, "unit", quantity_unit(value->quantity));
    json_decimal(w, "value", value->value);
    json_object_end(w);
}

void verdict_write(const struct verdict *v, struct json_writer *w, const char *key)
{
    json_object_begin(w, key);
    json_string(w, "class", class_names[v->limit_class]);
    json_integer(w, "duration_ms", v->duration_ms);
    json_string(w, "kind", verdict_kind_name(v->kind));
    json_array_begin(w, "marks");
    for (size_t i = 0; i < v->marks_count; i++)
        write_mark(&v->marks[i], w);
    json_array_end(w);
    json_string(w, "method", v->method);
    json_object_begin(w, "pack");
    json_string(w, "id", v->pack_id);
    json_string(w, "sha256", v->pack_sha256);
    json_string(w, "version", v->pack_version);
    json_object_end(w);
    json_array_begin(w, "reasons");
    for (size_t i = 0; i < v->reasons_count; i++)
        json_string(w, NULL, v->reasons[i]);
    json_array_end(w);
    json_string(w, "rule", v->rule);
    json_array_begin(w, "values");
    for (size_t i = 0; i < v->values_count; i++)
        write_value(&v->values[i], w);
    json_array_end(w);
    json_object_end(w);
}

/* ---- and back ---- */

/* Collects the members of one object; `ok` falls at the first that is missing or wrong, `wrong` names it. */
struct fields {
    const struct json_doc *doc;
    ptrdiff_t object;
    bool ok;
    const char *wrong;
};

static ptrdiff_t member(struct fields *f, const char *key)
{
    return f->object >= 0 ? json_member(f->doc, (size_t)f->object, key) : -1;
}

static void expect(struct fields *f, const char *key, bool good)
{
    if (f->ok && !good)
        f->wrong = key;
    f->ok = f->ok && good;
}

static void text(struct fields *f, const char *key, char *out, size_t size)
{
    expect(f, key, json_get_string(f->doc, member(f, key), out, size));
}

static int64_t integer(struct fields *f, const char *key)
{
    int64_t value = 0;
    expect(f, key, json_get_integer(f->doc, member(f, key), &value));
    return value;
}

static int small(struct fields *f, const char *key)
{
    int64_t value = integer(f, key);
    expect(f, key, value >= 0 && value <= INT32_MAX);
    return (int)value;
}

static bool boolean(struct fields *f, const char *key)
{
    bool value = false;
    expect(f, key, json_get_bool(f->doc, member(f, key), &value));
    return value;
}

static struct decimal number(struct fields *f, const char *key)
{
    struct decimal value = {0};
    expect(f, key, json_get_decimal(f->doc, member(f, key), &value));
    return value;
}

static enum quantity quantity(struct fields *f, const char *key)
{
    char name[32] = "";
    text(f, key, name, sizeof name);
    enum quantity q = quantity_by_name(name, strlen(name));
    expect(f, key, q != QUANTITY_COUNT);
    return q;
}

static size_t word(struct fields *f, const char *key, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_equals(f->doc, member(f, key), words[i]))
            return i;
    expect(f, key, false);
    return 0;
}

static void read_mark(struct fields *f, struct verdict_mark *mark)
{
    mark->counted = boolean(f, "counted");
    mark->from_ms = integer(f, "from_ms");
    mark->to_ms = integer(f, "to_ms");
    mark->number = small(f, "number");
    text(f, "kind", mark->kind, sizeof mark->kind);
    if (member(f, "note") >= 0)
        text(f, "note", mark->note, sizeof mark->note);
    mark->quantity = QUANTITY_COUNT;
    if (member(f, "quantity") >= 0) {
        mark->quantity = quantity(f, "quantity");
        mark->value = number(f, "value");
    }
}

static void read_value(struct fields *f, struct verdict_value *value)
{
    value->at_least = boolean(f, "at_least");
    value->exceeded = boolean(f, "exceeded");
    value->screening = boolean(f, "screening");
    value->point = small(f, "point");
    value->quantity = quantity(f, "quantity");
    value->limit = number(f, "limit");
    value->measured = number(f, "measured");
    value->value = number(f, "value");
    value->limit_status = (enum rule_status)word(f, "status", status_names, 2);
    text(f, "clause", value->clause, sizeof value->clause);
}

static size_t array(struct fields *f, const char *key, size_t max, ptrdiff_t *token)
{
    *token = member(f, key);
    bool good = *token >= 0 && f->doc->tokens[*token].type == JSON_ARRAY && f->doc->tokens[*token].count <= max;
    expect(f, key, good);
    return good ? f->doc->tokens[*token].count : 0;
}

static struct fields element(const struct fields *f, ptrdiff_t token, size_t i)
{
    return (struct fields){.doc = f->doc, .object = json_element(f->doc, (size_t)token, i), .ok = true};
}

static void read_lists(struct fields *f, struct verdict *v)
{
    ptrdiff_t token;
    v->marks_count = array(f, "marks", VERDICT_MARKS_MAX, &token);
    for (size_t i = 0; i < v->marks_count; i++) {
        struct fields mark = element(f, token, i);
        read_mark(&mark, &v->marks[i]);
        expect(f, "marks", mark.ok);
    }
    v->values_count = array(f, "values", VERDICT_VALUES_MAX, &token);
    for (size_t i = 0; i < v->values_count; i++) {
        struct fields value = element(f, token, i);
        read_value(&value, &v->values[i]);
        expect(f, "values", value.ok);
    }
    v->reasons_count = array(f, "reasons", VERDICT_REASONS_MAX, &token);
    for (size_t i = 0; i < v->reasons_count; i++)
        expect(f, "reasons",
               json_get_string(f->doc, json_element(f->doc, (size_t)token, i), v->reasons[i], VERDICT_REASON_MAX));
}

int verdict_read(struct verdict *v, const struct json_doc *doc, ptrdiff_t object, struct err *err)
{
    struct fields f = {.doc = doc, .object = object, .ok = true};
    memset(v, 0, sizeof *v);
    v->limit_class = (enum limit_class)word(&f, "class", class_names, 2);
    v->kind = (enum verdict_kind)word(&f, "kind", kind_names, KINDS);
    v->duration_ms = integer(&f, "duration_ms");
    text(&f, "method", v->method, sizeof v->method);
    text(&f, "rule", v->rule, sizeof v->rule);
    struct fields pack = {.doc = doc, .object = member(&f, "pack"), .ok = true};
    text(&pack, "id", v->pack_id, sizeof v->pack_id);
    text(&pack, "version", v->pack_version, sizeof v->pack_version);
    text(&pack, "sha256", v->pack_sha256, sizeof v->pack_sha256);
    expect(&f, "pack", pack.ok);
    read_lists(&f, v);
    if (!f.ok)
        return err_set(err, ERR_INVALID, "the verdict cannot be read: '%s' is missing or wrong", f.wrong);
    return 0;
}
