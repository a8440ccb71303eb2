#include "reports/verifier_part.h"

#include <inttypes.h>
#include <string.h>

#include "station/core/civil.h"

/*
 * What a court clerk reads: at the top the answer and what the file is about, then every check, in the order of trust.
 * Chinese stands beside English everywhere; the words of the checks are in verifier_words.c.
 */

static const struct {
    const char *en, *zh;
} parts[VERIFIER_PARTS] = {
    [VERIFIER_PART_FILE] = {"The file and its contents", "文件及其内容"},
    [VERIFIER_PART_SEAL] = {"The seal", "签章"},
    [VERIFIER_PART_RECORD] = {"The record", "检测记录"},
    [VERIFIER_PART_JOURNAL] = {"The station's journal", "站点日志"},
    [VERIFIER_PART_CASE] = {"Who handled the case", "案件经手"},
    [VERIFIER_PART_VERDICT] = {"The verdict, computed again", "结论重算"},
};

static void print_answer(const struct verifier *v, FILE *out)
{
    if (!v->ok)
        fprintf(out, "NOT VERIFIED. Do not rely on it; the lines marked FAIL say why.\n"
                     "未通过检验。请勿采信，原因见标有FAIL的各行。\n");
    else if (v->open)
        fprintf(out, "NOT FULLY VERIFIED. Nothing is wrong, but the lines marked ???? could not be decided.\n"
                     "未能全部检验。未发现问题，但标有????的各行无法判定。\n");
    else
        fprintf(out, "VERIFIED. It is genuine, complete and unaltered.\n"
                     "检验通过：真实、完整、未被改动。\n");
}

static void print_fact(FILE *out, const char *zh, const char *en, const char *value)
{
    if (value[0])
        fprintf(out, "  %s %s: %s\n", zh, en, value);
}

static const char *verdict_words(const char *verdict)
{
    static const char *const words[][2] = {
        {"pass", "合格 pass (within the limits)"},
        {"fail", "不合格 fail (over a limit)"},
        {"suspect", "疑似超标 suspect (over a limit once)"},
        {"invalid", "无效 invalid (cannot be judged)"},
        {"aborted", "中止 aborted (no result)"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], verdict) == 0)
            return words[i][1];
    return verdict;
}

/* Who sealed what of which vehicle and when, as the file says. */
static void print_summary(const struct verifier *v, const char *file, FILE *out)
{
    unsigned counts[4] = {0};
    char when[CIVIL_TIME_TEXT_MAX] = "";
    if (v->signed_at != 0)
        civil_time_format(v->signed_at * 1000, VERIFIER_ZONE_MINUTES, when);
    for (size_t i = 0; i < v->count; i++)
        counts[v->findings[i].result]++;
    fprintf(out, v->ok ? "\n" : "\n  文件自称 What the file says of itself:\n");
    print_fact(out, "车辆号牌", "vehicle", v->plate);
    print_fact(out, "检测编号", "record", v->id);
    print_fact(out, "检测结束", "measured", v->ended_at);
    print_fact(out, "结论", "verdict", verdict_words(v->verdict));
    print_fact(out, "案件编号", "case", v->case_id);
    print_fact(out, "审核人", "reviewed by officers",
               v->id[0] && !v->reviewers[0] ? "未载明 not stated" : v->reviewers);
    print_fact(out, "站点", "station", v->station);
    print_fact(out, "签章者", "sealed by", v->signer);
    print_fact(out, "签章时间", "sealed at", when);
    fprintf(out, "  检验项 checks: %u 通过 good, %u 提示 notes, %u 无法判定 undecided, %u 不通过 failed\n", counts[0],
            counts[1], counts[2], counts[3]);
    fprintf(out, "  文件 file: %s\n", file);
    if (v->sha256[0])
        fprintf(out, "  SHA-256: %s\n", v->sha256);
}

static bool is_unaltered(const struct verifier_finding *f)
{
    return f->result == VERIFIER_OK && strcmp(f->check, "digest") == 0;
}

/* One line an entry, the sentence once. */
static void print_unaltered(const struct verifier *v, FILE *out)
{
    bool any = false;
    for (size_t i = 0; i < v->count; i++) {
        if (!is_unaltered(&v->findings[i]))
            continue;
        if (!any)
            fprintf(out, "ok    Unaltered since they were signed:\n      自签名以来未被改动：\n");
        any = true;
        fprintf(out, "        %s\n", v->findings[i].entry);
    }
}

static void print_part(const struct verifier *v, enum verifier_part part, FILE *out)
{
    static const char *const marks[] = {"ok", "note", "????", "FAIL"};
    bool any = false;
    for (size_t i = 0; i < v->count; i++) {
        const struct verifier_finding *f = &v->findings[i];
        if (f->part != part)
            continue;
        if (!any)
            fprintf(out, "\n%s  %s\n", parts[part].zh, parts[part].en);
        any = true;
        if (!is_unaltered(f))
            fprintf(out, "%-5s %s\n      %s\n", marks[f->result], f->en, f->zh);
    }
    if (part == VERIFIER_PART_FILE)
        print_unaltered(v, out);
}

void verifier_print(const struct verifier *v, const char *file, FILE *out)
{
    print_answer(v, out);
    print_summary(v, file, out);
    for (enum verifier_part part = 0; part < VERIFIER_PARTS; part++)
        print_part(v, part, out);
}
