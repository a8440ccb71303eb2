/* What of a slip comes from the verdict: the banner, the values against their limits, the rules, the course. */
#include <stdio.h>
#include <string.h>

#include "reports/slip_page.h"

enum { CELLS_MAX = VERDICT_MARKS_MAX * 6 };

/* ---- the verdict ---- */

static const char *unit_of(enum quantity quantity)
{
    const char *unit = quantity_unit(quantity);
    if (strcmp(unit, "1") == 0 || strcmp(unit, "bool") == 0)
        return "";
    return strcmp(unit, "1/m") == 0 ? "m\u207b\u00b9" : strcmp(unit, "1e-6") == 0 ? "\u00d710\u207b\u2076" : unit;
}

static enum paper_shape shape_of(enum verdict_kind kind)
{
    static const enum paper_shape shapes[] = {
        [VERDICT_PASS] = PAPER_SHAPE_PASS,       [VERDICT_FAIL] = PAPER_SHAPE_FAIL,
        [VERDICT_SUSPECT] = PAPER_SHAPE_SUSPECT, [VERDICT_INVALID] = PAPER_SHAPE_INVALID,
        [VERDICT_ABORTED] = PAPER_SHAPE_ABORTED, [VERDICT_VOID] = PAPER_SHAPE_VOID,
    };
    return shapes[kind];
}

static const char *value_text(struct slip_page *l, struct decimal value, enum quantity quantity)
{
    char text[DECIMAL_TEXT_MAX];
    const char *unit = unit_of(quantity);
    decimal_format(value, text);
    return slip_format(l, "%s%s%s", text, unit[0] ? " " : "", unit);
}

static const char *limit_text(struct slip_page *l, const struct verdict_value *v)
{
    return slip_format(l, "%s %s", v->at_least ? "≥" : "≤", value_text(l, v->limit, v->quantity));
}

static const char *quantity_text(struct slip_page *l, const struct verdict_value *v)
{
    const char *point = verdict_point_name(v->point);
    return slip_format(l, "%s%s%s%s", slip_both(l, quantity_name(v->quantity)), point[0] ? " (" : "",
                       slip_word(l, point), point[0] ? ")" : "");
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

void slip_verdict_banner(struct slip_page *l)
{
    const struct verdict *v = &l->record.judged;
    enum verdict_kind kind = l->slip->void_reason[0] ? VERDICT_VOID : v->kind;
    const char *key = verdict_kind_name(kind), *basis = "";
    const struct verdict_value *value = deciding(v);
    if (value && kind != VERDICT_VOID)
        basis = slip_format(l, "%s  %s\n%s %s", quantity_text(l, value), value_text(l, value->value, value->quantity),
                            slip_both(l, "slip.limit"), limit_text(l, value));
    else if (v->reasons_count > 0 && kind != VERDICT_VOID)
        basis = slip_reason(l, v->reasons[0]);
    paper_banner(l->paper, shape_of(kind), slip_word(l, key), words_second(l->slip->language, key), basis);
}

static const char *judged_text(struct slip_page *l, const struct verdict_value *v)
{
    return slip_format(l, "%s%s%s", v->exceeded ? slip_both(l, "slip.exceeds") : slip_both(l, "slip.within"),
                       v->screening ? "\n" : "", v->screening ? slip_word(l, "slip.screening") : "");
}

void slip_verdict_values(struct slip_page *l)
{
    const struct verdict *v = &l->record.judged;
    const char *cells[VERDICT_VALUES_MAX * 5] = {NULL};
    const struct paper_column columns[] = {{slip_both(l, "slip.quantity"), 2.5, false},
                                           {slip_both(l, "slip.value"), 1.6, true},
                                           {slip_both(l, "slip.limit"), 1.8, true},
                                           {slip_both(l, "slip.judged"), 1.7, false},
                                           {slip_both(l, "slip.clause"), 3.4, false}};
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
        row[4] = slip_format(l, "%s%s%s%s", value->clause, open ? "（" : "",
                             open ? slip_word(l, "slip.unconfirmed") : "", open ? "）" : "");
    }
    paper_text(l->paper, PAPER_HEADING, slip_both(l, "slip.values"));
    bool narrow = l->slip->size == PAPER_80MM;
    if (!narrow) {
        paper_table(l->paper, columns, 5, cells, v->values_count);
        return;
    }
    for (size_t i = 0; i < v->values_count; i++) { /* five columns do not fit there */
        const char **row = cells + 5 * i;
        paper_text(l->paper, PAPER_BODY,
                   slip_format(l, "%s  %s\n%s %s  %s", row[0], row[1], slip_both(l, "slip.limit"), row[2], row[3]));
        paper_text(l->paper, PAPER_NOTE, slip_format(l, "%s: %s", slip_both(l, "slip.clause"), row[4]));
    }
}

void slip_verdict_rules(struct slip_page *l)
{
    const struct verdict *v = &l->record.judged;
    if (v->pack_id[0])
        paper_text(l->paper, PAPER_NOTE,
                   slip_format(l, "%s: %s, %s %s, %s, %s %s", slip_both(l, "slip.rules"), v->pack_id,
                               slip_word(l, "slip.version"), v->pack_version, v->rule, slip_word(l, "slip.class"),
                               v->limit_class == LIMIT_CLASS_B ? "b" : "a"));
}

/* ---- course ---- */

/* A mean is exact in the record; three decimals are enough to read. */
static const char *mark_text(struct slip_page *l, const struct verdict_mark *m)
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
static void lay_course_table(struct slip_page *l)
{
    const struct verdict *v = &l->record.judged;
    const char *cells[CELLS_MAX];
    const struct paper_column columns[] = {{slip_both(l, "slip.step"), 2.6, false},
                                           {slip_both(l, "slip.time"), 2.0, true},
                                           {slip_both(l, "slip.highest"), 2.2, true},
                                           {slip_both(l, "slip.counted"), 1.6, false},
                                           {slip_both(l, "slip.note"), 2.2, false}};
    for (size_t i = 0; i < v->marks_count; i++) {
        const struct verdict_mark *m = &v->marks[i];
        const char **row = cells + 5 * i;
        row[0] = slip_format(l, "%s %d", slip_word(l, m->kind), m->number);
        row[1] = slip_format(l, "%.1f\u2013%.1f", (double)m->from_ms / 1000, (double)m->to_ms / 1000);
        row[2] = mark_text(l, m);
        row[3] = slip_word(l, m->counted ? "slip.yes" : "slip.no");
        row[4] = m->note;
    }
    paper_table(l->paper, columns, 5, cells, v->marks_count);
}

/* The slip has what counted and what there is to be said about a step; the curve shows the rest. */
static void lay_course_text(struct slip_page *l)
{
    const struct verdict *v = &l->record.judged;
    char text[2048];
    size_t used = 0;
    for (size_t i = 0; i < v->marks_count && used < sizeof text; i++) {
        const struct verdict_mark *m = &v->marks[i];
        if (m->counted || m->note[0])
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %d: %s%s%s%s", used ? "  ·  " : "",
                                     slip_word(l, m->kind), m->number, mark_text(l, m), m->note[0] ? " (" : "", m->note,
                                     m->note[0] ? ")" : "");
    }
    if (used > 0)
        paper_text(l->paper, PAPER_BODY, text);
}

void slip_verdict_course(struct slip_page *l)
{
    if (l->record.judged.marks_count == 0)
        return;
    paper_text(l->paper, PAPER_HEADING, slip_both(l, "slip.course"));
    if (l->slip->use != SLIP_TO_SIGN)
        lay_course_table(l);
    else
        lay_course_text(l);
}
