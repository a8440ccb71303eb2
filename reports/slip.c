#include "reports/slip.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sha256.h"
#include "reports/slip_curve.h"
#include "reports/slip_page.h"
#include "station/core/civil.h"

enum { LINES_MAX = 40, OFFICERS_TEXT_MAX = 4096 };

/* ---- texts ---- */

const char *slip_keep(struct slip_page *l, const char *text)
{
    size_t length = strlen(text) + 1;
    if (l->pool_used + length > sizeof l->pool)
        return "";
    char *out = l->pool + l->pool_used;
    memcpy(out, text, length);
    l->pool_used += length;
    return out;
}

const char *slip_format(struct slip_page *l, const char *format, ...)
{
    char text[SLIP_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return slip_keep(l, text);
}

const char *slip_word(struct slip_page *l, const char *key)
{
    return words_main(l->slip->language, key);
}

const char *slip_both(struct slip_page *l, const char *key)
{
    char text[SLIP_TEXT_MAX];
    return slip_keep(l, words_both(l->slip->language, key, text, sizeof text));
}

const char *slip_member(struct slip_page *l, ptrdiff_t object, const char *key)
{
    char text[SLIP_TEXT_MAX];
    ptrdiff_t token = object < 0 ? -1 : json_member(&l->record.doc, (size_t)object, key);
    return json_get_string(&l->record.doc, token, text, sizeof text) ? slip_keep(l, text) : "";
}

ptrdiff_t slip_top(const struct slip_page *l, const char *key)
{
    return json_member(&l->record.doc, 0, key);
}

size_t slip_count(const struct slip_page *l, ptrdiff_t array)
{
    return array >= 0 && l->record.doc.tokens[array].type == JSON_ARRAY ? l->record.doc.tokens[array].count : 0;
}

/* "2026-07-01 09:30:00" of an RFC 3339 time; its offset follows where it is not the whole country's. */
static const char *clock_text(struct slip_page *l, const char *rfc)
{
    size_t length = strlen(rfc);
    if (length < 25)
        return rfc;
    bool usual = strcmp(rfc + length - 6, "+08:00") == 0;
    return slip_format(l, "%.10s %.8s%s%s", rfc, rfc + 11, usual ? "" : " ", usual ? "" : rfc + length - 6);
}

const char *slip_reason(struct slip_page *l, const char *reason)
{
    char key[64];
    size_t length = strcspn(reason, ":");
    if (reason[length] != ':' || length >= sizeof key)
        return reason;
    memcpy(key, reason, length);
    key[length] = '\0';
    return slip_format(l, "%s%s", slip_both(l, key), reason + length);
}

/* ---- head ---- */

static void add_field(struct slip_page *l, const char *key, const char *value)
{
    if (!value[0] || l->fields_count == SLIP_FIELDS_MAX)
        return;
    l->fields[l->fields_count++] = (struct paper_field){
        .label = slip_word(l, key), .label2 = words_second(l->slip->language, key), .value = value};
}

static void add_facts(struct slip_page *l)
{
    ptrdiff_t facts = json_member(&l->record.doc, (size_t)l->record.vehicle, "facts");
    for (size_t i = 0; i < slip_count(l, facts); i++) {
        ptrdiff_t o = json_element(&l->record.doc, (size_t)facts, i);
        add_field(l, slip_member(l, o, "key"),
                  slip_format(l, "%s（%s）", slip_word(l, slip_member(l, o, "value")),
                              slip_word(l, slip_member(l, o, "source"))));
    }
}

static void lay_head(struct slip_page *l)
{
    ptrdiff_t station = slip_top(l, "station"), vehicle = l->record.vehicle;
    const char *latitude = slip_member(l, station, "latitude");
    const char *title = l->slip->use == SLIP_TO_SIGN ? "slip.title" : "slip.report";
    paper_text(l->paper, PAPER_TITLE, slip_word(l, title));
    if (words_second(l->slip->language, title)[0])
        paper_text(l->paper, PAPER_SUBTITLE, words_second(l->slip->language, title));
    paper_space(l->paper, 5);
    add_field(l, "slip.station",
              slip_format(l, "%s（%s）", slip_member(l, station, "name"), slip_member(l, station, "id")));
    add_field(l, "slip.record", l->record.id);
    add_field(l, "slip.plate", l->record.plate[0] ? l->record.plate : slip_word(l, "slip.unreadable"));
    add_field(l, "slip.colour", slip_word(l, slip_member(l, vehicle, "colour")));
    add_field(l, "slip.method", slip_word(l, l->record.method));
    if (latitude[0])
        add_field(l, "slip.place", slip_format(l, "%s°N  %s°E", latitude, slip_member(l, station, "longitude")));
    add_field(l, "slip.started", clock_text(l, slip_member(l, 0, "started_at")));
    add_field(l, "slip.ended", clock_text(l, slip_member(l, 0, "ended_at")));
    add_facts(l);
}

/* ---- instruments, remarks ---- */

static void lay_instruments(struct slip_page *l)
{
    enum { INSTRUMENTS_MAX = 32 };
    const char *cells[4 * INSTRUMENTS_MAX];
    const struct paper_column columns[] = {{slip_both(l, "slip.instrument"), 3.0, false},
                                           {slip_both(l, "slip.serial"), 2.2, false},
                                           {slip_both(l, "slip.certificate"), 2.8, false},
                                           {slip_both(l, "slip.until"), 2.0, false}};
    ptrdiff_t all = slip_top(l, "instruments");
    size_t count = slip_count(l, all);
    count = count > INSTRUMENTS_MAX ? INSTRUMENTS_MAX : count;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t o = json_element(&l->record.doc, (size_t)all, i);
        const char *model = slip_member(l, o, "model"), *profile = slip_member(l, o, "profile");
        cells[4 * i] = slip_format(l, "%s  %s", slip_member(l, o, "name"),
                                   model[0]     ? model
                                   : profile[0] ? profile
                                                : slip_member(l, o, "driver"));
        cells[4 * i + 1] = slip_member(l, o, "serial");
        cells[4 * i + 2] = slip_member(l, o, "certificate");
        cells[4 * i + 3] = slip_member(l, o, "valid_until");
    }
    paper_text(l->paper, PAPER_HEADING, slip_both(l, "slip.instruments"));
    if (l->slip->size != PAPER_80MM) {
        paper_table(l->paper, columns, 4, cells, count);
        return;
    }
    for (size_t i = 0; i < count; i++) { /* four columns do not fit there */
        const char **row = cells + 4 * i;
        paper_text(l->paper, PAPER_BODY, row[0]);
        for (size_t k = 1; k < 4; k++)
            if (row[k][0])
                paper_text(l->paper, PAPER_NOTE, slip_format(l, "  %s: %s", columns[k].title, row[k]));
    }
}

static bool clock_loose(struct slip_page *l)
{
    bool synchronised = true;
    ptrdiff_t clock = slip_top(l, "clock");
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

static void remark(struct slip_page *l, size_t *count, const char *text)
{
    if ((*count)++ == 0)
        paper_text(l->paper, PAPER_HEADING, slip_both(l, "slip.remarks"));
    paper_text(l->paper, PAPER_BODY, slip_format(l, "· %s", text));
}

enum { CHECK_TOKENS = 512 };

static const char *check_text(struct slip_page *l, const struct json_doc *doc, size_t check, const char *key)
{
    char text[SLIP_TEXT_MAX];
    int64_t number;
    ptrdiff_t token = json_member(doc, check, key);
    if (json_get_string(doc, token, text, sizeof text))
        return slip_keep(l, text);
    return json_get_integer(doc, token, &number) ? slip_format(l, "%" PRId64, number) : "";
}

/* "图像宽度 width of a picture: 未达到 not met, 640 / 1280 px (clause)" of each check of the pictures that was not met.
 */
static void remark_photos(struct slip_page *l, size_t *count)
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
        const char *name = slip_format(l, "photo.%s", check_text(l, &doc, check, "check"));
        remark(l, count,
               slip_format(l, "%s: %s, %s / %s %s (%s)", slip_both(l, name),
                           slip_both(l, slip_format(l, "photo.%s", outcome)), measured[0] ? measured : "?",
                           check_text(l, &doc, check, "figure"), check_text(l, &doc, check, "unit"),
                           check_text(l, &doc, check, "clause")));
    }
}

/* Whatever bears on how far the result can be trusted. */
static void lay_remarks(struct slip_page *l)
{
    const struct slip *s = l->slip;
    const struct verdict *v = &l->record.judged;
    size_t count = 0;
    if (s->void_reason[0])
        remark(l, &count, slip_format(l, "%s: %s", slip_both(l, "slip.is-void"), s->void_reason));
    for (size_t i = 0; i < v->reasons_count; i++)
        remark(l, &count, slip_format(l, "%s: %s", slip_both(l, "slip.reason"), slip_reason(l, v->reasons[i])));
    for (size_t i = 0; i < s->alerts_count; i++)
        remark(l, &count, slip_format(l, "%s: %s", slip_both(l, "slip.alert"), slip_both(l, s->alerts[i])));
    remark_photos(l, &count);
    if (limits_open(v))
        remark(l, &count, slip_both(l, "slip.limits-open"));
    if (clock_loose(l))
        remark(l, &count, slip_format(l, "%s: %s", slip_word(l, "slip.clock"), slip_both(l, "slip.clock-loose")));
}

/* ---- foot ---- */

/* In a line that runs from the right each officer is isolated (U+2068 … U+2069): a number like 652301-P00042 would be
 * turned about at its dash. */
static const char *officers_text(struct slip_page *l)
{
    char text[OFFICERS_TEXT_MAX];
    bool rtl = l->slip->language == WORDS_UG;
    const char *begin = rtl ? "\u2068" : "", *end = rtl ? "\u2069" : "";
    ptrdiff_t all = slip_top(l, "officers");
    size_t used = (size_t)snprintf(text, sizeof text, "%s: ", slip_both(l, "slip.officers"));
    for (size_t i = 0; i < slip_count(l, all) && used < sizeof text; i++) {
        ptrdiff_t o = json_element(&l->record.doc, (size_t)all, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s（%s）%s", i ? "、" : "", begin,
                                 slip_member(l, o, "number"), slip_word(l, slip_member(l, o, "role")), end);
    }
    return slip_keep(l, text);
}

static const char *journal_text(struct slip_page *l)
{
    const struct slip *s = l->slip;
    if (s->event < 0)
        return NULL;
    if (!s->root[0])
        return slip_format(l, "%s: %s %" PRId64, slip_word(l, "slip.journal"), slip_word(l, "slip.event"), s->event);
    return slip_format(l, "%s: %s（%s %" PRId64 "，%s）", slip_both(l, "slip.journal"), s->root,
                       slip_word(l, "slip.event"), s->event, clock_text(l, s->signed_at));
}

static void lay_foot(struct slip_page *l)
{
    const struct slip *s = l->slip;
    const char *lines[LINES_MAX], *journal = journal_text(l);
    size_t count = 0;
    if (slip_count(l, slip_top(l, "officers")) > 0)
        lines[count++] = officers_text(l);
    if (s->use == SLIP_TO_SIGN) {
        lines[count++] = slip_both(l, "slip.officer-signs");
        lines[count++] = NULL;
        lines[count++] = slip_both(l, "slip.driver-signs");
        lines[count++] = NULL;
    }
    if (journal)
        lines[count++] = journal;
    if (s->use == SLIP_IN_PACKAGE)
        lines[count++] = slip_both(l, "slip.sealed");
    else if (s->code[0])
        lines[count++] = slip_both(l, s->countersigned ? "slip.scan" : "slip.unsigned");
    paper_space(l->paper, 6);
    paper_code(l->paper, s->code[0] ? s->code : NULL, lines, count);
}

static int open_paper(struct slip_page *l, struct err *err)
{
    char title[SLIP_TEXT_MAX], foot[SLIP_TEXT_MAX], sha256[65];
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
    struct slip_page *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, ERR_FAILED, "out of memory");
    l->slip = s;
    l->paper = paper;
    int result = record_open(&l->record, s->record, s->record_length, err);
    if (result == 0 && !paper)
        result = open_paper(l, err);
    if (result == 0) {
        lay_head(l);
        slip_verdict_banner(l);
        paper_fields(l->paper, l->fields, l->fields_count);
        slip_verdict_values(l);
        slip_verdict_rules(l);
        slip_curve_lay(l->paper, &l->record.judged, s);
        slip_verdict_course(l);
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
