#include "reports/document_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/container.h"
#include "reports/encoding.h"
#include "reports/manifest_read.h"
#include "reports/record.h"
#include "reports/sha256.h"
#include "reports/words.h"

enum { TEXT_MAX = DOCUMENT_VALUE_MAX, CELL_MAX = 256 };

static const char *word(const char *key)
{
    return words_main(WORDS_ZH, key);
}

/* A string member of the object token; "" where there is none. */
static const char *text_of(const struct json_doc *doc, ptrdiff_t object, const char *key, char *out, size_t size)
{
    ptrdiff_t token = object < 0 ? -1 : json_member(doc, (size_t)object, key);
    if (!json_get_string(doc, token, out, size))
        out[0] = '\0';
    return out;
}

static size_t count_of(const struct json_doc *doc, ptrdiff_t array)
{
    return array >= 0 && doc->tokens[array].type == JSON_ARRAY ? doc->tokens[array].count : 0;
}

/* "2026年7月1日 09时30分" of an RFC 3339 time, as documents write it. */
static const char *chinese_time(const char *rfc, bool day_only, char out[TEXT_MAX])
{
    struct civil_date date;
    int64_t ms;
    if (!civil_time_parse(&ms, rfc, strlen(rfc), 0) || !civil_date_parse(&date, rfc, 10))
        return "";
    if (day_only)
        snprintf(out, TEXT_MAX, "%d年%d月%d日", date.year, date.month, date.day);
    else
        snprintf(out, TEXT_MAX, "%d年%d月%d日%d时%.2s分", date.year, date.month, date.day,
                 (rfc[11] - '0') * 10 + rfc[12] - '0', rfc + 14);
    return out;
}

static void set_head(struct document_facts *f, const struct record *r)
{
    char text[TEXT_MAX], rfc[CIVIL_TIME_TEXT_MAX], latitude[32], longitude[32];
    ptrdiff_t station = json_member(&r->doc, 0, "station");
    document_set(f, "station.id", r->station);
    document_set(f, "station.name", text_of(&r->doc, station, "name", text, sizeof text));
    document_set(f, "station.region", text_of(&r->doc, station, "region", text, sizeof text));
    text_of(&r->doc, station, "latitude", latitude, sizeof latitude);
    text_of(&r->doc, station, "longitude", longitude, sizeof longitude);
    if (latitude[0] && longitude[0]) {
        snprintf(text, sizeof text, "北纬%s°、东经%s°", latitude, longitude);
        document_set(f, "station.place", text);
    }
    document_set(f, "record.id", r->id);
    document_set(f, "record.verdict", word(verdict_kind_name(r->judged.kind)));
    document_set(f, "record.started", chinese_time(text_of(&r->doc, 0, "started_at", rfc, sizeof rfc), false, text));
    document_set(f, "record.ended", chinese_time(r->ended_at, false, text));
    document_set(f, "record.day", chinese_time(r->ended_at, true, text));
    document_set(f, "method", word(r->method));
    document_set(f, "plate", r->plate);
    document_set(f, "colour", word(text_of(&r->doc, r->vehicle, "colour", text, sizeof text)));
}

static void set_vehicle(struct document_facts *f, const struct record *r)
{
    ptrdiff_t facts = json_member(&r->doc, (size_t)r->vehicle, "facts");
    for (size_t i = 0; i < count_of(&r->doc, facts); i++) {
        char key[32], name[DOCUMENT_NAME_MAX], value[TEXT_MAX];
        ptrdiff_t o = json_element(&r->doc, (size_t)facts, i);
        snprintf(name, sizeof name, "vehicle.%s", text_of(&r->doc, o, "key", key, sizeof key));
        document_set(f, name, word(text_of(&r->doc, o, "value", value, sizeof value)));
    }
}

static void set_reasons(struct document_facts *f, const struct verdict *v)
{
    char text[TEXT_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < v->reasons_count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "；" : "", v->reasons[i]);
    document_set(f, "record.reasons", text);
}

/* "1.90 1/m" */
static void with_unit(struct decimal value, enum quantity quantity, const char *before, char out[CELL_MAX])
{
    char text[DECIMAL_TEXT_MAX];
    const char *unit = quantity_unit(quantity);
    decimal_format(value, text);
    snprintf(out, CELL_MAX, "%s%s%s%s", before, text, strcmp(unit, "1") == 0 ? "" : " ",
             strcmp(unit, "1") == 0 ? "" : unit);
}

static int set_values(struct document_facts *f, const struct verdict *v, struct err *err)
{
    static const struct paper_column columns[] = {{"项目", 2.4, false},
                                                  {"实测值", 1.6, true},
                                                  {"限值", 1.8, true},
                                                  {"判定", 1.2, false},
                                                  {"依据条款", 3.6, false}};
    struct document_table *t = document_table_add(f, "values", columns, 5);
    const struct verdict_value *deciding = NULL;
    char measured[CELL_MAX], limit[CELL_MAX], clause[CELL_MAX], quantity[CELL_MAX];
    for (size_t i = 0; t && i < v->values_count; i++) {
        const struct verdict_value *value = &v->values[i];
        const char *point = verdict_point_name(value->point);
        snprintf(quantity, sizeof quantity, "%s%s%s%s", word(quantity_name(value->quantity)), point[0] ? "（" : "",
                 word(point), point[0] ? "）" : "");
        with_unit(value->value, value->quantity, "", measured);
        with_unit(value->limit, value->quantity, value->at_least ? "≥ " : "≤ ", limit);
        snprintf(clause, sizeof clause, "%.*s%s", RULES_TEXT_MAX, value->clause,
                 value->limit_status == RULE_UNCONFIRMED ? "（限值待确认）" : "");
        const char *cells[] = {quantity, measured, limit,
                               value->screening  ? "仅筛查"
                               : value->exceeded ? "超标"
                                                 : "符合",
                               clause};
        if (document_row_add(t, cells, err) != 0)
            return -1;
        if (value->screening || (deciding && !(value->exceeded && !deciding->exceeded)))
            continue;
        deciding = value;
    }
    if (deciding) {
        with_unit(deciding->value, deciding->quantity, "", measured);
        with_unit(deciding->limit, deciding->quantity, "", limit);
        document_set(f, "value.quantity", word(quantity_name(deciding->quantity)));
        document_set(f, "value.measured", measured);
        document_set(f, "value.limit", limit);
        document_set(f, "value.clause", deciding->clause);
    }
    if (v->pack_id[0]) {
        snprintf(clause, sizeof clause, "%s 版本%s", v->pack_id, v->pack_version);
        document_set(f, "value.rules", clause);
    }
    return 0;
}

static int set_instruments(struct document_facts *f, const struct record *r, struct err *err)
{
    static const struct paper_column columns[] = {{"仪器", 2.6, false},
                                                  {"型号", 2.2, false},
                                                  {"编号", 2, false},
                                                  {"检定证书", 2.6, false},
                                                  {"有效期至", 1.8, false}};
    static const char *const keys[] = {"name", "model", "serial", "certificate", "valid_until"};
    static const char *const facts[] = {"instrument.name", NULL, "instrument.serial", "instrument.certificate",
                                        "instrument.until"};
    struct document_table *t = document_table_add(f, "instruments", columns, 5);
    ptrdiff_t all = json_member(&r->doc, 0, "instruments");
    for (size_t i = 0; t && i < count_of(&r->doc, all); i++) {
        char texts[5][CELL_MAX];
        const char *cells[5];
        ptrdiff_t o = json_element(&r->doc, (size_t)all, i);
        for (size_t k = 0; k < 5; k++) {
            cells[k] = text_of(&r->doc, o, keys[k], texts[k], sizeof texts[k]);
            if (facts[k])
                document_set(f, facts[k], cells[k]);
        }
        if (document_row_add(t, cells, err) != 0)
            return -1;
    }
    return 0;
}

int document_record(struct document_facts *f, const char *text, size_t length, int64_t *ended_ms, struct err *err)
{
    char sha256[SHA256_HEX_SIZE];
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = record_open(r, text, length, err);
    if (result == 0) {
        *ended_ms = 0;
        civil_time_parse(ended_ms, r->ended_at, strlen(r->ended_at), 0);
        sha256_hex(text, length, sha256);
        document_set(f, "record.sha256", sha256);
        set_head(f, r);
        set_vehicle(f, r);
        set_reasons(f, &r->judged);
        result = set_values(f, &r->judged, err) != 0 ? -1 : set_instruments(f, r, err);
    }
    record_close(r);
    free(r);
    return result;
}

/* ---- the package ---- */

struct opened {
    struct container container;
    struct manifest_read manifest;
    struct json_doc doc; /* of case.json; tokens NULL: there is none */
};

/* A member of the file's row in case.json. */
static const char *said_of(const struct opened *o, const char *name, const char *key, char *out, size_t size)
{
    char other[CONTAINER_NAME_MAX];
    ptrdiff_t files = o->doc.tokens ? json_member(&o->doc, 0, "files") : -1;
    for (size_t i = 0; i < count_of(&o->doc, files); i++) {
        ptrdiff_t row = json_element(&o->doc, (size_t)files, i);
        if (strcmp(text_of(&o->doc, row, "name", other, sizeof other), name) == 0)
            return text_of(&o->doc, row, key, out, size);
    }
    return "";
}

static int add_file(struct document_table *t, const struct opened *o, const struct manifest_reference *r,
                    struct err *err)
{
    char number[16], class_[CELL_MAX], format[CELL_MAX], size[24], hex[SHA256_HEX_SIZE], digest[SHA256_HEX_SIZE + 1];
    const struct container_entry *entry = container_find(&o->container, r->name);
    if (!entry)
        return err_set(err, ERR_FAILED, "the package lists %s, but does not have it", r->name);
    snprintf(number, sizeof number, "%zu", t->rows + 1);
    snprintf(size, sizeof size, "%zu", entry->size);
    sha256_to_hex(r->digest, hex);
    snprintf(digest, sizeof digest, "%.32s\n%.32s", hex, hex + 32);
    const char *cells[] = {number,
                           r->name,
                           said_of(o, r->name, "class", class_, sizeof class_),
                           said_of(o, r->name, "format", format, sizeof format),
                           size,
                           digest};
    return document_row_add(t, cells, err);
}

static int add_files(struct document_facts *f, const struct opened *o, struct err *err)
{
    static const struct paper_column columns[] = {{"序号", 0.7, true},   {"文件名称", 2.6, false},
                                                  {"类别", 1.2, false},  {"格式", 1.7, false},
                                                  {"字节数", 1.1, true}, {"完整性校验值 SHA-256", 4.2, false}};
    struct document_table *t = document_table_add(f, "files", columns, 6);
    char text[32];
    for (size_t i = 0; t && i < o->manifest.count; i++)
        if (o->manifest.references[i].algorithm == MANIFEST_SHA256 &&
            add_file(t, o, &o->manifest.references[i], err) != 0)
            return -1;
    snprintf(text, sizeof text, "%zu", t ? t->rows : 0);
    document_set(f, "package.files", text);
    return 0;
}

static const struct container_entry *find_manifest(const struct container *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (strncmp(c->entries[i].name, "META-INF/ASiCManifest", 21) == 0)
            return &c->entries[i];
    return NULL;
}

static int open_package(struct opened *o, const uint8_t *package, size_t size, struct err *err)
{
    if (container_read(&o->container, package, size, err) != 0)
        return -1;
    const struct container_entry *manifest = find_manifest(&o->container);
    const struct container_entry *said = container_find(&o->container, "case.json");
    if (!manifest)
        return err_set(err, ERR_FAILED, "the package has no list of its contents");
    if (manifest_read(&o->manifest, (const char *)manifest->data, manifest->size, err) != 0)
        return -1;
    if (!said)
        return 0;
    struct json_token *tokens = malloc(RECORD_TOKENS_MAX * sizeof *tokens);
    if (!tokens)
        return err_set(err, ERR_FAILED, "out of memory");
    if (json_parse(&o->doc, (const char *)said->data, said->size, tokens, RECORD_TOKENS_MAX, err) != 0) {
        free(tokens);
        o->doc.tokens = NULL;
        return err_prefix(err, "case.json");
    }
    return 0;
}

int document_package(struct document_facts *f, const uint8_t *package, size_t size, struct err *err)
{
    char text[32];
    struct opened *o = calloc(1, sizeof *o);
    if (!o)
        return err_set(err, ERR_FAILED, "out of memory");
    snprintf(text, sizeof text, "%zu", size);
    document_set(f, "package.size", text);
    int result = open_package(o, package, size, err);
    if (result == 0)
        result = add_files(f, o, err);
    free(o->doc.tokens);
    free(o);
    return result;
}
