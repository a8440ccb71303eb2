#include "reports/report_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"
#include "reports/sha256.h"
#include "station/core/json.h"

enum { VALUE_MAX = 256 };

/* The words of the record for people. What is not in here is shown as it is. */
static const char *chinese(const char *word)
{
    static const struct {
        const char *word, *text;
    } table[] = {
        {"pass", "合格"},
        {"fail", "不合格"},
        {"suspect", "疑似超标（一次遥感超标）"},
        {"invalid", "无效"},
        {"aborted", "中止"},
        {"void", "作废"},
        {"free-acceleration", "自由加速法"},
        {"lug-down", "加载减速法"},
        {"remote-sensing", "遥感检测法"},
        {"ringelmann", "林格曼黑度"},
        {"k", "光吸收系数"},
        {"opacity", "不透光度"},
        {"no", "一氧化氮"},
        {"nox", "氮氧化物"},
        {"hc", "碳氢化合物"},
        {"co", "一氧化碳"},
        {"co2", "二氧化碳"},
        {"power", "轮边功率"},
        {"yellow", "黄"},
        {"blue", "蓝"},
        {"green", "绿"},
        {"yellow-green", "黄绿"},
        {"white", "白"},
        {"black", "黑"},
        {"ecology", "生态环境执法人员"},
        {"police", "公安交管民警"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].word, word) == 0)
            return table[i].text;
    return word;
}

/* The member as text, whatever its type; "-" when it is absent. The buffer must hold VALUE_MAX. */
static const char *member(const struct json_doc *doc, ptrdiff_t object, const char *key, char out[VALUE_MAX])
{
    ptrdiff_t at = object >= 0 ? json_member(doc, (size_t)object, key) : -1;
    if (at < 0 || json_get_string(doc, at, out, VALUE_MAX))
        return at < 0 ? "-" : out;
    const struct json_token *token = &doc->tokens[at];
    snprintf(out, VALUE_MAX, "%.*s", (int)(token->length < VALUE_MAX ? token->length : VALUE_MAX - 1),
             doc->text + token->start);
    return out;
}

static ptrdiff_t part(const struct json_doc *doc, ptrdiff_t object, const char *key, enum json_type type)
{
    ptrdiff_t at = object >= 0 ? json_member(doc, (size_t)object, key) : -1;
    return at >= 0 && doc->tokens[at].type == type ? at : -1;
}

/* Calls `line` with each object of the array `key`. */
static void each(FILE *f, const struct json_doc *doc, ptrdiff_t object, const char *key,
                 void (*line)(FILE *f, const struct json_doc *doc, ptrdiff_t element))
{
    ptrdiff_t array = part(doc, object, key, JSON_ARRAY);
    for (size_t i = 0; array >= 0 && i < doc->tokens[array].count; i++)
        line(f, doc, json_element(doc, (size_t)array, i));
}

static void officer_line(FILE *f, const struct json_doc *doc, ptrdiff_t officer)
{
    char number[VALUE_MAX], role[VALUE_MAX];
    fprintf(f, "执法人员  %s %s\n", member(doc, officer, "number", number),
            chinese(member(doc, officer, "role", role)));
}

static void instrument_line(FILE *f, const struct json_doc *doc, ptrdiff_t instrument)
{
    static const struct {
        const char *key, *label;
    } fields[] = {{"model", "型号"}, {"serial", "编号"}, {"certificate", "检定证书"}, {"valid_until", "有效期至"}};
    char text[VALUE_MAX];
    fprintf(f, "仪器      %s", member(doc, instrument, "name", text));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (json_member(doc, (size_t)instrument, fields[i].key) >= 0)
            fprintf(f, "，%s %s", fields[i].label, member(doc, instrument, fields[i].key, text));
    fprintf(f, "\n");
}

static void value_line(FILE *f, const struct json_doc *doc, ptrdiff_t value)
{
    char quantity[VALUE_MAX], text[VALUE_MAX], limit[VALUE_MAX], unit[VALUE_MAX], clause[VALUE_MAX], word[VALUE_MAX];
    bool at_least = strcmp(member(doc, value, "at_least", word), "true") == 0;
    bool exceeded = strcmp(member(doc, value, "exceeded", word), "true") == 0;
    bool screening = strcmp(member(doc, value, "screening", word), "true") == 0;
    bool confirmed = strcmp(member(doc, value, "status", word), "confirmed") == 0;
    fprintf(f, "  %s %s %s，限值 %s %s%s，%s%s，依据 %s\n", chinese(member(doc, value, "quantity", quantity)),
            member(doc, value, "value", text), member(doc, value, "unit", unit), at_least ? "≥" : "≤",
            member(doc, value, "limit", limit), confirmed ? "" : "（待确认）", exceeded ? "超标" : "达标",
            screening ? "（仅筛查）" : "", member(doc, value, "clause", clause));
}

static void reason_line(FILE *f, const struct json_doc *doc, ptrdiff_t reason)
{
    char text[VALUE_MAX];
    if (json_get_string(doc, reason, text, sizeof text))
        fprintf(f, "  说明：%s\n", text);
}

static void write_all(FILE *f, const struct json_doc *doc, const char *sha256)
{
    char a[VALUE_MAX], b[VALUE_MAX], c[VALUE_MAX];
    ptrdiff_t station = part(doc, 0, "station", JSON_OBJECT), vehicle = part(doc, 0, "vehicle", JSON_OBJECT);
    ptrdiff_t rules = part(doc, 0, "rules", JSON_OBJECT), verdict = part(doc, 0, "verdict", JSON_OBJECT);
    fprintf(f, "机动车排放检测记录\n本文件仅供阅读，以 record.json 及其签名为准。\n\n");
    fprintf(f, "编号      %s\n", member(doc, 0, "id", a));
    fprintf(f, "站点      %s（%s）\n", member(doc, station, "name", a), member(doc, station, "id", b));
    fprintf(f, "开始时间  %s\n", member(doc, 0, "started_at", a));
    fprintf(f, "结束时间  %s\n", member(doc, 0, "ended_at", a));
    fprintf(f, "号牌      %s（%s）\n", member(doc, vehicle, "plate", a), chinese(member(doc, vehicle, "colour", b)));
    fprintf(f, "检测方法  %s\n", chinese(member(doc, 0, "method", a)));
    each(f, doc, 0, "officers", officer_line);
    each(f, doc, 0, "instruments", instrument_line);
    fprintf(f, "限值规则  %s 版本 %s，限值类别 %s\n", member(doc, rules, "pack", a), member(doc, rules, "version", b),
            member(doc, rules, "class", c));
    fprintf(f, "\n结论      %s\n", chinese(member(doc, verdict, "kind", a)));
    each(f, doc, verdict, "values", value_line);
    each(f, doc, verdict, "reasons", reason_line);
    fprintf(f, "\nrecord.json 的 SHA-256：%s\n", sha256);
}

int report_text_make(const char *record, size_t length, char **text, size_t *text_length, struct err *err)
{
    char sha256[65];
    struct json_doc doc;
    struct json_token *tokens = malloc(RECORD_TOKENS_MAX * sizeof *tokens);
    if (!tokens)
        return err_set(err, ERR_FAILED, "out of memory while the report is written");
    int result = json_parse(&doc, record, length, tokens, RECORD_TOKENS_MAX, err);
    if (result == 0 && tokens[0].type != JSON_OBJECT)
        result = err_set(err, ERR_INVALID, "the record is no JSON object");
    *text = NULL;
    FILE *f = result == 0 ? open_memstream(text, text_length) : NULL;
    if (f) {
        sha256_hex(record, length, sha256);
        write_all(f, &doc, sha256);
    }
    if (result == 0 && (!f || fclose(f) != 0)) {
        free(*text);
        result = err_set(err, ERR_FAILED, "out of memory while the report is written");
    }
    free(tokens);
    return result;
}
