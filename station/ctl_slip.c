/*
 * The slip: what the driver takes home, as text. Made from the record alone and the journal's root at its event, so
 * that it is the same whenever it is printed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/record.h"
#include "reports/merkle.h"
#include "station/ctl.h"

struct slip {
    FILE *out;
    struct record record;
    char texts[6][256]; /* members as last asked for */
    unsigned next;
};

static const char *member(struct slip *s, ptrdiff_t object, const char *key)
{
    char *out = s->texts[s->next++ % 6];
    ptrdiff_t token = object < 0 ? -1 : json_member(&s->record.doc, (size_t)object, key);
    if (!json_get_string(&s->record.doc, token, out, sizeof s->texts[0]))
        out[0] = '\0';
    return out;
}

static ptrdiff_t object_of(const struct slip *s, const char *key)
{
    return json_member(&s->record.doc, 0, key);
}

static void line(struct slip *s, const char *zh, const char *en, const char *value)
{
    if (value[0])
        fprintf(s->out, "  %s %-14s %s\n", zh, en, value);
}

static void print_head(struct slip *s)
{
    ptrdiff_t station = object_of(s, "station"), vehicle = s->record.vehicle;
    fprintf(s->out, "排放检验记录  EMISSION RECORD\n\n");
    line(s, "检测站  ", "station", member(s, station, "name"));
    line(s, "站点编号", "station id", member(s, station, "id"));
    line(s, "记录编号", "record", s->record.id);
    line(s, "方法    ", "method", s->record.method);
    line(s, "开始时间", "started", member(s, 0, "started_at"));
    line(s, "结束时间", "ended", member(s, 0, "ended_at"));
    line(s, "号牌号码", "plate", s->record.plate[0] ? s->record.plate : "无法识别 unreadable");
    line(s, "号牌颜色", "colour", member(s, vehicle, "colour"));
}

/* The facts of the vehicle with their sources: a typed mass is not the same as one from the register. */
static void print_facts(struct slip *s)
{
    ptrdiff_t facts = json_member(&s->record.doc, (size_t)s->record.vehicle, "facts");
    for (uint32_t i = 0; facts >= 0 && i < s->record.doc.tokens[facts].count; i++) {
        ptrdiff_t o = json_element(&s->record.doc, (size_t)facts, i);
        fprintf(s->out, "    %-20s %s (%s)\n", member(s, o, "key"), member(s, o, "value"), member(s, o, "source"));
    }
}

static void print_instruments(struct slip *s)
{
    ptrdiff_t all = object_of(s, "instruments");
    fprintf(s->out, "\n仪器  INSTRUMENTS\n");
    for (uint32_t i = 0; all >= 0 && i < s->record.doc.tokens[all].count; i++) {
        ptrdiff_t o = json_element(&s->record.doc, (size_t)all, i);
        const char *certificate = member(s, o, "certificate"), *until = member(s, o, "valid_until");
        fprintf(s->out, "  %s %s %s  编号 serial %s\n", member(s, o, "name"), member(s, o, "driver"),
                member(s, o, "model"), member(s, o, "serial"));
        fprintf(s->out, "    检定证书 certificate %s, 有效期至 valid until %s\n", certificate[0] ? certificate : "-",
                until[0] ? until : "-");
    }
}

/* For people: units that say nothing are left out. */
static const char *unit_of(enum quantity quantity)
{
    const char *unit = quantity_unit(quantity);
    return strcmp(unit, "1") == 0 || strcmp(unit, "bool") == 0 ? "" : unit;
}

/* A mean is exact in the record; three decimals are enough to read. */
static void format_mark(struct decimal value, char out[DECIMAL_TEXT_MAX])
{
    enum { DIGITS = 3 };
    struct decimal shown = value;
    if (value.digits > DIGITS && !decimal_round(value, DIGITS, &shown))
        shown = value;
    decimal_format(shown, out);
}

static void print_marks(struct slip *s)
{
    const struct verdict *v = &s->record.judged;
    if (v->marks_count == 0)
        return;
    fprintf(s->out, "\n过程  COURSE\n");
    for (size_t i = 0; i < v->marks_count; i++) {
        const struct verdict_mark *m = &v->marks[i];
        char value[DECIMAL_TEXT_MAX] = "";
        fprintf(s->out, "  %7.1f s  %-14s %2d", (double)m->from_ms / 1000, m->kind, m->number);
        if (m->quantity != QUANTITY_COUNT) {
            format_mark(m->value, value);
            fprintf(s->out, "  %s %s %s", quantity_name(m->quantity), value, unit_of(m->quantity));
        }
        fprintf(s->out, "%s%s%s\n", m->counted ? "  计入 counted" : "", m->note[0] ? "  " : "", m->note);
    }
}

static void print_value(struct slip *s, const struct verdict_value *v)
{
    char value[DECIMAL_TEXT_MAX], limit[DECIMAL_TEXT_MAX], where[64] = "";
    const char *unit = unit_of(v->quantity), *blank = unit[0] ? " " : "";
    const struct ctl_word *point = ctl_word_point(verdict_point_name(v->point));
    decimal_format(v->value, value);
    decimal_format(v->limit, limit);
    if (point->en[0])
        snprintf(where, sizeof where, " (%s%s%s)", point->zh, point->zh[0] ? " " : "", point->en);
    fprintf(s->out, "  %s%-*s %s%s%s, 限值 limit %s %s%s%s  %s%s%s\n", quantity_name(v->quantity),
            where[0] ? 0 : 12 - (int)strlen(quantity_name(v->quantity)), where, value, blank, unit,
            v->at_least ? "≥" : "≤", limit, blank, unit, v->exceeded ? "超标 EXCEEDS" : "符合 within",
            v->screening ? " (筛查,不判定 screening, no verdict)" : "",
            v->limit_status == RULE_UNCONFIRMED ? " (限值待确认 limit unconfirmed)" : "");
    fprintf(s->out, "    条款 clause: %s\n", v->clause);
}

static void print_verdict(struct slip *s, const char *void_reason)
{
    const struct verdict *v = &s->record.judged;
    const struct ctl_word *word = ctl_word_verdict(verdict_kind_name(v->kind));
    fprintf(s->out, "\n结果  RESULT\n");
    for (size_t i = 0; i < v->values_count; i++)
        print_value(s, &v->values[i]);
    fprintf(s->out, "\n  判定 VERDICT:  %s  %s\n", word->zh, word->en);
    for (size_t i = 0; i < v->reasons_count; i++)
        fprintf(s->out, "    %s\n", v->reasons[i]);
    if (void_reason[0])
        fprintf(s->out, "  本记录已作废 THIS RECORD IS VOID: %s\n", void_reason);
    fprintf(s->out, "  依据 rules: %s 版本 version %s, %s, 限值 class %s\n", v->pack_id, v->pack_version, v->rule,
            v->limit_class == LIMIT_CLASS_B ? "b" : "a");
}

static void print_officers(struct slip *s)
{
    ptrdiff_t all = object_of(s, "officers");
    for (uint32_t i = 0; all >= 0 && i < s->record.doc.tokens[all].count; i++) {
        ptrdiff_t o = json_element(&s->record.doc, (size_t)all, i);
        fprintf(s->out, "%s %s (%s)\n", i ? "        " : "\n人员  OFFICERS", member(s, o, "number"),
                member(s, o, "role"));
    }
}

static int print_root(const struct ctl *ctl, struct slip *s, int64_t event, struct err *err)
{
    struct merkle_hash root;
    char mark[MERKLE_MARK_SIZE];
    if (event < 0 || store_root(ctl->store, (uint64_t)event + 1, &root, err) != 0)
        return event < 0 ? 0 : -1;
    merkle_mark(&root, mark);
    fprintf(s->out, "\n日志  JOURNAL  事件 event %" PRId64 ", 根 root %s\n", event, mark);
    return 0;
}

int ctl_slip_print(const struct ctl *ctl, const char *record, int64_t event, const char *void_reason, FILE *out,
                   struct err *err)
{
    struct slip *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "out of memory");
    s->out = out;
    int result = record_open(&s->record, record, strlen(record), err);
    if (result == 0) {
        print_head(s);
        print_facts(s);
        print_instruments(s);
        print_marks(s);
        print_verdict(s, void_reason);
        print_officers(s);
        result = print_root(ctl, s, event, err);
    }
    record_close(&s->record);
    free(s);
    return result;
}

int ctl_slip_record(struct ctl *ctl, const char *id, char **record, int64_t *event, char *void_reason, size_t size,
                    struct err *err)
{
    struct store_test test;
    struct store_passage passage;
    struct err why = {0};
    void_reason[0] = '\0';
    if (store_test_get(ctl->store, id, &test, record, &why) == 0) {
        snprintf(void_reason, size, "%s", test.void_reason);
        *event = test.end_event;
        return *record ? 0 : err_set(err, ERR_REFUSED, "test %s is still running; there is no slip yet", id);
    }
    if (why.code != ERR_INVALID)
        return err_set(err, why.code, "%s", why.text);
    if (store_passage_get(ctl->store, id, &passage, record, NULL, &why) != 0)
        return err_set(err, why.code, why.code == ERR_INVALID ? "there is no test and no passage '%s'" : "%s",
                       why.code == ERR_INVALID ? id : why.text);
    *event = passage.event;
    return 0;
}

int ctl_slip_of(struct ctl *ctl, const char *id, FILE *out, struct err *err)
{
    char *record = NULL, void_reason[STORE_REASON_MAX];
    int64_t event = -1;
    int result = ctl_open_store(ctl, err);
    if (result == 0)
        result = ctl_slip_record(ctl, id, &record, &event, void_reason, sizeof void_reason, err);
    if (result == 0)
        result = ctl_slip_print(ctl, record, event, void_reason, out, err);
    free(record);
    return result;
}

static int write_text(struct ctl *ctl, struct err *err)
{
    enum { MODE = 0644 };
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = ctl_slip_of(ctl, ctl->words[0], out, err);
    if (fclose(out) != 0 && result == 0)
        result = err_set(err, ERR_FAILED, "out of memory");
    if (result == 0)
        result = file_write(ctl->output, text, length, MODE, err);
    free(text);
    return result;
}

static int write_pdf(struct ctl *ctl, struct err *err)
{
    struct paper *paper = NULL;
    int result = ctl_paper_slip(ctl, PAPER_A5, &paper, err);
    if (result == 0)
        result = ctl_paper_write(ctl, paper, err);
    paper_close(paper);
    return result;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), of_end = strlen(end);
    return length > of_end && strcmp(text + length - of_end, end) == 0;
}

int ctl_slip(struct ctl *ctl, struct err *err)
{
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE.pdf or FILE.txt");
    if ((ends_with(ctl->output, ".pdf") ? write_pdf(ctl, err) : write_text(ctl, err)) != 0)
        return -1;
    struct entries e = {0};
    entries_text(&e, "file", ctl->output);
    return ctl->json ? ctl_json_entries(&e, err) : 0;
}
