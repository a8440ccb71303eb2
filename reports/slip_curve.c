#include "reports/slip_curve.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *at;
    size_t length;
};

/* The fields of a line of readings.csv: t_ms,instrument,quantity,value,unit,quality. */
static bool split(const char *line, size_t length, struct field fields[6])
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && line[i] != ',')
            continue;
        if (count == 6)
            return false;
        fields[count++] = (struct field){line + start, i - start};
        start = i + 1;
    }
    return count == 6;
}

static bool is(struct field f, const char *text)
{
    return f.length == strlen(text) && memcmp(f.at, text, f.length) == 0;
}

static bool number(struct field f, double *out)
{
    struct decimal value;
    if (!decimal_parse(&value, f.at, f.length))
        return false;
    *out = decimal_to_double(value);
    return true;
}

/* The good readings of that quantity by the first instrument that has any. Returns how many. */
static size_t collect(const struct slip *s, const char *quantity, struct paper_point *out, size_t max)
{
    struct field fields[6], from = {NULL, 0};
    size_t count = 0;
    const char *end = s->readings + s->readings_length;
    for (const char *line = s->readings; line < end && count < max;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        bool fits = split(line, length, fields) && is(fields[2], quantity) && is(fields[5], "ok") &&
                    (!from.at || (from.length == fields[1].length && memcmp(from.at, fields[1].at, from.length) == 0));
        double t, value;
        if (fits && number(fields[0], &t) && number(fields[3], &value) && t >= 0) {
            from = fields[1];
            out[count++] = (struct paper_point){t / 1000, value};
        }
        line += length + 1;
    }
    return count;
}

/* The quantity to show: of the first value that was judged and has a limit. */
static const struct verdict_value *shown_value(const struct verdict *v)
{
    for (size_t i = 0; i < v->values_count; i++)
        if (!v->values[i].screening)
            return &v->values[i];
    return v->values_count > 0 ? &v->values[0] : NULL;
}

static size_t collect_spans(const struct verdict *v, struct paper_span *spans)
{
    size_t count = 0;
    for (size_t i = 0; i < v->marks_count; i++) {
        const struct verdict_mark *m = &v->marks[i];
        if (m->to_ms > m->from_ms && strncmp(m->kind, "zero", 4) != 0)
            spans[count++] = (struct paper_span){.from = (double)m->from_ms / 1000,
                                                 .to = (double)m->to_ms / 1000,
                                                 .number = m->number,
                                                 .counted = m->counted};
    }
    return count;
}

static void lay(struct paper *paper, const struct verdict *v, const struct slip *s, const char *quantity,
                struct paper_point *points, size_t count)
{
    char title[256], limit[64], text[DECIMAL_TEXT_MAX], word[128];
    struct paper_span spans[VERDICT_MARKS_MAX];
    const struct verdict_value *value = shown_value(v);
    enum quantity q = quantity_by_name(quantity, strlen(quantity));
    struct paper_curve curve = {.title = title, .points = points, .points_count = count, .spans = spans};
    curve.spans_count = collect_spans(v, spans);
    if (q != QUANTITY_COUNT)
        snprintf(title, sizeof title, "%s: %s (%s) / s", words_main(s->language, "slip.curve"),
                 words_both(s->language, quantity, word, sizeof word), quantity_unit(q));
    if (value && strcmp(quantity_name(value->quantity), quantity) == 0) {
        decimal_format(value->limit, text);
        snprintf(limit, sizeof limit, "%s %s", words_main(s->language, "slip.limit"), text);
        curve.has_limit = true;
        curve.limit = decimal_to_double(value->limit);
        curve.limit_label = limit;
    }
    paper_space(paper, 5);
    paper_curve(paper, &curve);
}

void slip_curve_lay(struct paper *paper, const struct verdict *v, const struct slip *s)
{
    enum { POINTS_MAX = 200000 };
    const struct verdict_value *value = shown_value(v);
    const char *quantity = value ? quantity_name(value->quantity) : "k";
    if (!s->readings)
        return;
    struct paper_point *points = malloc(POINTS_MAX * sizeof *points);
    size_t count = points ? collect(s, quantity, points, POINTS_MAX) : 0;
    if (count > 1)
        lay(paper, v, s, quantity, points, count);
    free(points);
}
