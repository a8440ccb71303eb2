#include "reports/slip.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"
#include "reports/sha256.h"
#include "reports/slip_curve.h"
#include "station/core/civil.h"

enum {
    TEXT_MAX = 512,
    FIELDS_MAX = 40,
    CELLS_MAX = VERDICT_MARKS_MAX * 6,
    POOL_MAX = 48 << 10,
    LINES_MAX = 40,
    OFFICERS_TEXT_MAX = 4096
};

struct lay {
    const struct slip *slip;
    struct record record;
    struct paper *paper;
    struct paper_field fields[FIELDS_MAX];
    size_t fields_count;
    char pool[POOL_MAX]; /* texts that blocks are made of */
    size_t pool_used;
};

/* ---- texts ---- */

/* Keeps a text until the paper is laid out; what does not fit is cut to "". */
static const char *keep(struct lay *l, const char *text)
{
    size_t length = strlen(text) + 1;
    if (l->pool_used + length > sizeof l->pool)
        return "";
    char *out = l->pool + l->pool_used;
    memcpy(out, text, length);
    l->pool_used += length;
    return out;
}

static const char *keep_format(struct lay *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *keep_format(struct lay *l, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return keep(l, text);
}

static const char *word(struct lay *l, const char *key)
{
    return words_main(l->slip->language, key);
}

static const char *both(struct lay *l, const char *key)
{
    char text[TEXT_MAX];
    return keep(l, words_both(l->slip->language, key, text, sizeof text));
}

/* A member of an object token as text, kept; "" where there is none. */
static const char *member(struct lay *l, ptrdiff_t object, const char *key)
{
    char text[TEXT_MAX];
    ptrdiff_t token = object < 0 ? -1 : json_member(&l->record.doc, (size_t)object, key);
    return json_get_string(&l->record.doc, token, text, sizeof text) ? keep(l, text) : "";
}

static ptrdiff_t top(const struct lay *l, const char *key)
{
    return json_member(&l->record.doc, 0, key);
}

static size_t count_of(const struct lay *l, ptrdiff_t array)
{
    return array >= 0 && l->record.doc.tokens[array].type == JSON_ARRAY ? l->record.doc.tokens[array].count : 0;
}

static const char *unit_of(enum quantity quantity)
{
    const char *unit = quantity_unit(quantity);
    if (strcmp(unit, "1") == 0 || strcmp(unit, "bool") == 0)
        return "";
    return strcmp(unit, "1/m") == 0 ? "m\u207b\u00b9" : strcmp(unit, "1e-6") == 0 ? "\u00d710\u207b\u2076" : unit;
}

/* "2026-07-01 09:30:00" of an RFC 3339 time; its offset follows where it is not the whole country's. */
static const char *clock_text(struct lay *l, const char *rfc)
{
    size_t length = strlen(rfc);
    if (length < 25)
        return rfc;
    bool usual = strcmp(rfc + length - 6, "+08:00") == 0;
    return keep_format(l, "%.10s %.8s%s%s", rfc, rfc + 11, usual ? "" : " ", usual ? "" : rfc + length - 6);
}

/* ---- head ---- */

static void add_field(struct lay *l, const char *key, const char *value)
{
    if (!value[0] || l->fields_count == FIELDS_MAX)
        return;
    l->fields[l->fields_count++] =
        (struct paper_field){.label = word(l, key), .label2 = words_second(l->slip->language, key), .value = value};
}

static void add_facts(struct lay *l)
{
    ptrdiff_t facts = json_member(&l->record.doc, (size_t)l->record.vehicle, "facts");
    for (size_t i = 0; i < count_of(l, facts); i++) {
        ptrdiff_t o = json_element(&l->record.doc, (size_t)facts, i);
        add_field(l, member(l, o, "key"),
                  keep_format(l, "%s（%s）", word(l, member(l, o, "value")), word(l, member(l, o, "source"))));
    }
}

static void lay_head(struct lay *l)
{
    ptrdiff_t station = top(l, "station"), vehicle = l->record.vehicle;
    const char *latitude = member(l, station, "latitude");
    const char *title = l->slip->use == SLIP_TO_SIGN ? "slip.title" : "slip.report";
    paper_text(l->paper, PAPER_TITLE, word(l, title));
    if (words_second(l->slip->language, title)[0])
        paper_text(l->paper, PAPER_SUBTITLE, words_second(l->slip->language, title));
    paper_space(l->paper, 5);
    add_field(l, "slip.station", keep_format(l, "%s（%s）", member(l, station, "name"), member(l, station, "id")));
    add_field(l, "slip.record", l->record.id);
    add_field(l, "slip.plate", l->record.plate[0] ? l->record.plate : word(l, "slip.unreadable"));
    add_field(l, "slip.colour", word(l, member(l, vehicle, "colour")));
    add_field(l, "slip.method", word(l, l->record.method));
    if (latitude[0])
        add_field(l, "slip.place", keep_format(l, "%s°N  %s°E", latitude, member(l, station, "longitude")));
    add_field(l, "slip.started", clock_text(l, member(l, 0, "started_at")));
    add_field(l, "slip.ended", clock_text(l, member(l, 0, "ended_at")));
    add_facts(l);
}

/* ---- the verdict ---- */

static enum paper_shape shape_of(enum verdict_kind kind)
{
    static const enum paper_shape shapes[] = {
        [VERDICT_PASS] = PAPER_SHAPE_PASS,       [VERDICT_FAIL] = PAPER_SHAPE_FAIL,
        [VERDICT_SUSPECT] = PAPER_SHAPE_SUSPECT, [VERDICT_INVALID] = PAPER_SHAPE_INVALID,
        [VERDICT_ABORTED] = PAPER_SHAPE_ABORTED, [VERDICT_VOID] = PAPER_SHAPE_VOID,
    };
    return shapes[kind];
}

static const char *value_text(struct lay *l, struct decimal value, enum quantity quantity)
{
    char text[DECIMAL_TEXT_MAX];
    const char *unit = unit_of(quantity);
    decimal_format(value, text);
    return keep_format(l, "%s%s%s", text, unit[0] ? " " : "", unit);
}

static const char *limit_text(struct lay *l, const struct verdict_value *v)
{
    return keep_format(l, "%s %s", v->at_least ? "≥" : "≤", value_text(l, v->limit, v->quantity));
}

static const char *quantity_text(struct lay *l, const struct verdict_value *v)
{
    const char *point = verdict_point_name(v->point);
    return keep_format(l, "%s%s%s%s", both(l, quantity_name(v->quantity)), point[0] ? " (" : "", word(l, point),
                       point[0] ? ")" : "");
}

/* The value that decided: the first that exceeds, else the first that was judged. */
static const struct verdict_value *deciding(const struct verdict *v)
{
    const struct verdict_value *found = NULL;
    for (size_t i = 0; i < v->values_count; i++)
        if (!v->values[i].screening && (!found || (v->values[i].exceeded && !found->exceeded)))
            found = &v->values[i];
    return found;
}

static void lay_banner(struct lay *l)
{
    const struct verdict *v = &l->record.judged;
    enum verdict_kind kind = l->slip->void_reason[0] ? VERDICT_VOID : v->kind;
    const char *key = verdict_kind_name(kind), *basis = "";
    const struct verdict_value *value = deciding(v);
    if (value && kind != VERDICT_VOID)
        basis = keep_format(l, "%s  %s\n%s %s", quantity_text(l, value), value_text(l, value->value, value->quantity),
                            both(l, "slip.limit"), limit_text(l, value));
    else if (v->reasons_count > 0 && kind != VERDICT_VOID)
        basis = v->reasons[0];
    paper_banner(l->paper, shape_of(kind), word(l, key), words_second(l->slip->language, key), basis);
    paper_fields(l->paper, l->fields, l->fields_count);
}

static const char *judged_text(struct lay *l, const struct verdict_value *v)
{
    return keep_format(l, "%s%s%s", v->exceeded ? both(l, "slip.exceeds") : both(l, "slip.within"),
                       v->screening ? "\n" : "", v->screening ? word(l, "slip.screening") : "");
}

static void lay_values(struct lay *l)
{
    const struct verdict *v = &l->record.judged;
    const char *cells[VERDICT_VALUES_MAX * 5];
    const struct paper_column columns[] = {{both(l, "slip.quantity"), 2.5, false},
                                           {both(l, "slip.value"), 1.6, true},
                                           {both(l, "slip.limit"), 1.8, true},
                                           {both(l, "slip.judged"), 1.7, false},
                                           {both(l, "slip.clause"), 3.4, false}};
    if (v->values_count == 0)
        return;
    for (size_t i = 0; i < v->values_count; i++) {
        const struct verdict_value *value = &v->values[i];
        const char **row = cells + 5 * i;
        bool open = value->limit_status == RULE_UNCONFIRMED;
        row[0] = quantity_text(l, value);
        row[1] = value_text(l, value->value, value->quantity);
        row[2] = limit_text(l, value);
        row[3] = judged_text(l, value);
        row[4] = keep_format(l, "%s%s%s%s", value->clause, open ? "（" : "", open ? word(l, "slip.unconfirmed") : "",
                             open ? "）" : "");
    }
    paper_text(l->paper, PAPER_HEADING, both(l, "slip.values"));
    bool narrow = l->slip->size == PAPER_80MM;
    if (!narrow) {
        paper_table(l->paper, columns, 5, cells, v->values_count);
        return;
    }
    for (size_t i = 0; i < v->values_count; i++) { /* five columns do not fit there */
        const char **row = cells + 5 * i;
        paper_text(l->paper, PAPER_BODY,
                   keep_format(l, "%s  %s\n%s %s  %s", row[0], row[1], both(l, "slip.limit"), row[2], row[3]));
        paper_text(l->paper, PAPER_NOTE, keep_format(l, "%s: %s", both(l, "slip.clause"), row[4]));
    }
}

static void lay_rules(struct lay *l)
{
    const struct verdict *v = &l->record.judged;
    if (v->pack_id[0])
        paper_text(
            l->paper, PAPER_NOTE,
            keep_format(l, "%s: %s, %s %s, %s, %s %s", both(l, "slip.rules"), v->pack_id, word(l, "slip.version"),
                        v->pack_version, v->rule, word(l, "slip.class"), v->limit_class == LIMIT_CLASS_B ? "b" : "a"));
}

/* ---- course ---- */

/* A mean is exact in the record; three decimals are enough to read. */
static const char *mark_text(struct lay *l, const struct verdict_mark *m)
{
    enum { DIGITS = 3 };
    struct decimal shown = m->value;
    if (m->quantity == QUANTITY_COUNT)
        return "";
    if (m->value.digits > DIGITS && !decimal_round(m->value, DIGITS, &shown))
        shown = m->value;
    return value_text(l, shown, m->quantity);
}

/* The report has every step. */
static void lay_course_table(struct lay *l)
{
    const struct verdict *v = &l->record.judged;
    const char *cells[CELLS_MAX];
    const struct paper_column columns[] = {{both(l, "slip.step"), 2.6, false},
                                           {both(l, "slip.time"), 2.0, true},
                                           {both(l, "slip.highest"), 2.2, true},
                                           {both(l, "slip.counted"), 1.6, false},
                                           {both(l, "slip.note"), 2.2, false}};
    for (size_t i = 0; i < v->marks_count; i++) {
        const struct verdict_mark *m = &v->marks[i];
        const char **row = cells + 5 * i;
        row[0] = keep_format(l, "%s %d", word(l, m->kind), m->number);
        row[1] = keep_format(l, "%.1f\u2013%.1f", (double)m->from_ms / 1000, (double)m->to_ms / 1000);
        row[2] = mark_text(l, m);
        row[3] = word(l, m->counted ? "slip.yes" : "slip.no");
        row[4] = m->note;
    }
    paper_table(l->paper, columns, 5, cells, v->marks_count);
}

/* The slip has what counted and what there is to be said about a step; the curve shows the rest. */
static void lay_course_text(struct lay *l)
{
    const struct verdict *v = &l->record.judged;
    char text[2048];
    size_t used = 0;
    for (size_t i = 0; i < v->marks_count && used < sizeof text; i++) {
        const struct verdict_mark *m = &v->marks[i];
        if (m->counted || m->note[0])
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %d: %s%s%s%s", used ? "  ·  " : "",
                                     word(l, m->kind), m->number, mark_text(l, m), m->note[0] ? " (" : "", m->note,
                                     m->note[0] ? ")" : "");
    }
    if (used > 0)
        paper_text(l->paper, PAPER_BODY, text);
}

static void lay_course(struct lay *l)
{
    if (l->record.judged.marks_count == 0)
        return;
    paper_text(l->paper, PAPER_HEADING, both(l, "slip.course"));
    if (l->slip->use != SLIP_TO_SIGN)
        lay_course_table(l);
    else
        lay_course_text(l);
}

/* ---- instruments, remarks ---- */

static void lay_instruments(struct lay *l)
{
    enum { INSTRUMENTS_MAX = 32 };
    const char *cells[4 * INSTRUMENTS_MAX];
    const struct paper_column columns[] = {{both(l, "slip.instrument"), 3.0, false},
                                           {both(l, "slip.serial"), 2.2, false},
                                           {both(l, "slip.certificate"), 2.8, false},
                                           {both(l, "slip.until"), 2.0, false}};
    ptrdiff_t all = top(l, "instruments");
    size_t count = count_of(l, all);
    count = count > INSTRUMENTS_MAX ? INSTRUMENTS_MAX : count;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t o = json_element(&l->record.doc, (size_t)all, i);
        const char *model = member(l, o, "model"), *profile = member(l, o, "profile");
        cells[4 * i] = keep_format(l, "%s  %s", member(l, o, "name"),
                                   model[0]     ? model
                                   : profile[0] ? profile
                                                : member(l, o, "driver"));
        cells[4 * i + 1] = member(l, o, "serial");
        cells[4 * i + 2] = member(l, o, "certificate");
        cells[4 * i + 3] = member(l, o, "valid_until");
    }
    paper_text(l->paper, PAPER_HEADING, both(l, "slip.instruments"));
    if (l->slip->size != PAPER_80MM) {
        paper_table(l->paper, columns, 4, cells, count);
        return;
    }
    for (size_t i = 0; i < count; i++) { /* four columns do not fit there */
        const char **row = cells + 4 * i;
        paper_text(l->paper, PAPER_BODY, row[0]);
        for (size_t k = 1; k < 4; k++)
            if (row[k][0])
                paper_text(l->paper, PAPER_NOTE, keep_format(l, "  %s: %s", columns[k].title, row[k]));
    }
}

static bool clock_loose(struct lay *l)
{
    bool synchronised = true;
    ptrdiff_t clock = top(l, "clock");
    return clock >= 0 &&
           json_get_bool(&l->record.doc, json_member(&l->record.doc, (size_t)clock, "synchronised"), &synchronised) &&
           !synchronised;
}

static bool limits_open(const struct verdict *v)
{
    for (size_t i = 0; i < v->values_count; i++)
        if (v->values[i].limit_status == RULE_UNCONFIRMED)
            return true;
    return false;
}

static void remark(struct lay *l, size_t *count, const char *text)
{
    if ((*count)++ == 0)
        paper_text(l->paper, PAPER_HEADING, both(l, "slip.remarks"));
    paper_text(l->paper, PAPER_BODY, keep_format(l, "· %s", text));
}

enum { CHECK_TOKENS = 512 };

static const char *check_text(struct lay *l, const struct json_doc *doc, size_t check, const char *key)
{
    char text[TEXT_MAX];
    int64_t number;
    ptrdiff_t token = json_member(doc, check, key);
    if (json_get_string(doc, token, text, sizeof text))
        return keep(l, text);
    return json_get_integer(doc, token, &number) ? keep_format(l, "%" PRId64, number) : "";
}

/* "图像宽度 width of a picture: 未达到 not met, 640 / 1280 px (clause)" of each check of the pictures that was not met.
 */
static void remark_photos(struct lay *l, size_t *count)
{
    struct json_token tokens[CHECK_TOKENS];
    struct json_doc doc = {.tokens = tokens, .max = CHECK_TOKENS};
    const struct slip *s = l->slip;
    if (!s->photo_check || json_parse(&doc, s->photo_check, s->photo_check_length, tokens, CHECK_TOKENS, NULL) != 0)
        return;
    ptrdiff_t checks = json_member(&doc, 0, "checks");
    for (size_t i = 0; checks >= 0 && i < doc.tokens[checks].count; i++) {
        size_t check = (size_t)json_element(&doc, (size_t)checks, i);
        const char *outcome = check_text(l, &doc, check, "outcome"), *measured = check_text(l, &doc, check, "measured");
        if (strcmp(outcome, "met") == 0)
            continue;
        const char *name = keep_format(l, "photo.%s", check_text(l, &doc, check, "check"));
        remark(l, count,
               keep_format(l, "%s: %s, %s / %s %s (%s)", both(l, name), both(l, keep_format(l, "photo.%s", outcome)),
                           measured[0] ? measured : "?", check_text(l, &doc, check, "figure"),
                           check_text(l, &doc, check, "unit"), check_text(l, &doc, check, "clause")));
    }
}

/* Whatever bears on how far the result can be trusted. */
static void lay_remarks(struct lay *l)
{
    const struct slip *s = l->slip;
    const struct verdict *v = &l->record.judged;
    size_t count = 0;
    if (s->void_reason[0])
        remark(l, &count, keep_format(l, "%s: %s", both(l, "slip.is-void"), s->void_reason));
    for (size_t i = 0; i < v->reasons_count; i++)
        remark(l, &count, keep_format(l, "%s: %s", both(l, "slip.reason"), v->reasons[i]));
    for (size_t i = 0; i < s->alerts_count; i++)
        remark(l, &count, keep_format(l, "%s: %s", both(l, "slip.alert"), both(l, s->alerts[i])));
    remark_photos(l, &count);
    if (limits_open(v))
        remark(l, &count, both(l, "slip.limits-open"));
    if (clock_loose(l))
        remark(l, &count, keep_format(l, "%s: %s", word(l, "slip.clock"), both(l, "slip.clock-loose")));
}

/* ---- foot ---- */

/* In a line that runs from the right each officer is isolated (U+2068 … U+2069): a number like 652301-P00042 would be
 * turned about at its dash. */
static const char *officers_text(struct lay *l)
{
    char text[OFFICERS_TEXT_MAX];
    bool rtl = l->slip->language == WORDS_UG;
    const char *begin = rtl ? "\u2068" : "", *end = rtl ? "\u2069" : "";
    ptrdiff_t all = top(l, "officers");
    size_t used = (size_t)snprintf(text, sizeof text, "%s: ", both(l, "slip.officers"));
    for (size_t i = 0; i < count_of(l, all) && used < sizeof text; i++) {
        ptrdiff_t o = json_element(&l->record.doc, (size_t)all, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s（%s）%s", i ? "、" : "", begin,
                                 member(l, o, "number"), word(l, member(l, o, "role")), end);
    }
    return keep(l, text);
}

static const char *journal_text(struct lay *l)
{
    const struct slip *s = l->slip;
    if (s->event < 0)
        return NULL;
    if (!s->root[0])
        return keep_format(l, "%s: %s %" PRId64, word(l, "slip.journal"), word(l, "slip.event"), s->event);
    return keep_format(l, "%s: %s（%s %" PRId64 "，%s）", both(l, "slip.journal"), s->root, word(l, "slip.event"),
                       s->event, clock_text(l, s->signed_at));
}

static void lay_foot(struct lay *l)
{
    const struct slip *s = l->slip;
    const char *lines[LINES_MAX], *journal = journal_text(l);
    size_t count = 0;
    if (count_of(l, top(l, "officers")) > 0)
        lines[count++] = officers_text(l);
    if (s->use == SLIP_TO_SIGN) {
        lines[count++] = both(l, "slip.officer-signs");
        lines[count++] = NULL;
        lines[count++] = both(l, "slip.driver-signs");
        lines[count++] = NULL;
    }
    if (journal)
        lines[count++] = journal;
    if (s->use == SLIP_IN_PACKAGE)
        lines[count++] = both(l, "slip.sealed");
    else if (s->code[0])
        lines[count++] = both(l, s->countersigned ? "slip.scan" : "slip.unsigned");
    paper_space(l->paper, 6);
    paper_code(l->paper, s->code[0] ? s->code : NULL, lines, count);
}

static int open_paper(struct lay *l, struct err *err)
{
    char title[TEXT_MAX], foot[TEXT_MAX], sha256[65];
    int64_t ended_ms = 0;
    civil_time_parse(&ended_ms, l->record.ended_at, strlen(l->record.ended_at), 0);
    sha256_hex(l->slip->record, l->slip->record_length, sha256);
    snprintf(title, sizeof title, "%s %s",
             words_main(l->slip->language, l->slip->use == SLIP_TO_SIGN ? "slip.title" : "slip.report"), l->record.id);
    snprintf(foot, sizeof foot, "%s  %s %.16s…", l->record.id, words_main(l->slip->language, "slip.digest"), sha256);
    const struct paper_style style = {.size = l->slip->size,
                                      .rtl = l->slip->language == WORDS_UG,
                                      .language = words_language_tag(l->slip->language),
                                      .title = title,
                                      .foot = foot,
                                      .created_ms = ended_ms};
    return paper_open(&l->paper, &style, err);
}

/* On `paper`, or where that is NULL on one of its own, given to *out. */
static int lay(const struct slip *s, struct paper *paper, struct paper **out, struct err *err)
{
    struct lay *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, ERR_FAILED, "out of memory");
    l->slip = s;
    l->paper = paper;
    int result = record_open(&l->record, s->record, s->record_length, err);
    if (result == 0 && !paper)
        result = open_paper(l, err);
    if (result == 0) {
        lay_head(l);
        lay_banner(l);
        lay_values(l);
        lay_rules(l);
        slip_curve_lay(l->paper, &l->record.judged, s);
        lay_course(l);
        lay_instruments(l);
        lay_remarks(l);
        lay_foot(l);
        *out = l->paper;
    }
    record_close(&l->record);
    free(l);
    return result;
}

int slip_lay(const struct slip *s, struct paper **out, struct err *err)
{
    return lay(s, NULL, out, err);
}

int slip_add(const struct slip *s, struct paper *paper, struct err *err)
{
    return lay(s, paper, &paper, err);
}

int slip_report_make(const struct slip_report *report, uint8_t **pdf, size_t *size, struct err *err)
{
    const struct slip s = {.record = report->record,
                           .record_length = report->record_length,
                           .readings = report->readings,
                           .readings_length = report->readings_length,
                           .photo_check = report->photo_check,
                           .photo_check_length = report->photo_check_length,
                           .void_reason = "",
                           .event = -1,
                           .root = "",
                           .signed_at = "",
                           .code = "",
                           .use = SLIP_IN_PACKAGE,
                           .size = PAPER_A4,
                           .language = WORDS_BOTH};
    struct paper *paper = NULL;
    int result = slip_lay(&s, &paper, err);
    if (result == 0)
        result = paper_pdf(paper, pdf, size, err);
    paper_close(paper);
    return result;
}
