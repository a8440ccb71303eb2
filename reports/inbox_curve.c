#include "reports/inbox_pages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 960,
    HEIGHT = 320,
    LEFT = 56,
    RIGHT = 16,
    TOP = 16,
    BOTTOM = 44,
    COLUMNS = WIDTH - LEFT - RIGHT, /* one point of the screen each: lowest and highest of what falls there */
    SAMPLES_MIN = 5,
    TICKS = 5,
};

struct range {
    double low, high;
    bool any;
};

struct curve {
    const char *quantity;
    size_t samples;
    double from_ms, to_ms, highest;
    struct range columns[COLUMNS];
};

/* The next field of a line of readings.csv; they hold no quotes. */
static const char *field(const char **at, const char *end, size_t *length)
{
    const char *start = *at;
    while (*at < end && **at != ',')
        ++*at;
    *length = (size_t)(*at - start);
    if (*at < end)
        ++*at;
    return start;
}

static bool number(const char *text, size_t length, double *out)
{
    char copy[32], *end;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && isfinite(*out) && fabs(*out) < 1e12;
}

/* "t_ms,instrument,quantity,value,unit,quality": a good reading of that quantity? */
static bool read_line(const char *line, const char *end, const char *quantity, double *t_ms, double *value)
{
    const char *fields[6] = {NULL};
    size_t lengths[6] = {0};
    for (int i = 0; i < 6; i++)
        fields[i] = field(&line, end, &lengths[i]);
    return lengths[2] == strlen(quantity) && memcmp(fields[2], quantity, lengths[2]) == 0 && lengths[5] == 2 &&
           memcmp(fields[5], "ok", 2) == 0 && number(fields[0], lengths[0], t_ms) &&
           number(fields[3], lengths[3], value);
}

static void each_reading(const char *csv, size_t length, struct curve *c,
                         void (*each)(struct curve *c, double t_ms, double value))
{
    const char *end = csv + length;
    while (csv < end) {
        const char *stop = memchr(csv, '\n', (size_t)(end - csv));
        double t_ms, value;
        stop = stop ? stop : end;
        if (read_line(csv, stop, c->quantity, &t_ms, &value))
            each(c, t_ms, value);
        csv = stop < end ? stop + 1 : end;
    }
}

static void measure(struct curve *c, double t_ms, double value)
{
    c->from_ms = c->samples == 0 || t_ms < c->from_ms ? t_ms : c->from_ms;
    c->to_ms = c->samples == 0 || t_ms > c->to_ms ? t_ms : c->to_ms;
    c->highest = value > c->highest ? value : c->highest;
    c->samples++;
}

static double x_of(const struct curve *c, double t_ms)
{
    return LEFT + (t_ms - c->from_ms) / (c->to_ms - c->from_ms) * (COLUMNS - 1);
}

static double y_of(const struct curve *c, double value)
{
    double share = value < 0 ? 0 : value > c->highest ? 1 : value / c->highest;
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static void place(struct curve *c, double t_ms, double value)
{
    struct range *r = &c->columns[(size_t)(x_of(c, t_ms) - LEFT)];
    r->low = !r->any || value < r->low ? value : r->low;
    r->high = !r->any || value > r->high ? value : r->high;
    r->any = true;
}

/* ---- drawing ---- */

/* 1, 2 or 5 times a power of ten, so that about TICKS of them fill the range. */
static double tick_of(double range)
{
    double power = pow(10, floor(log10(range / TICKS))), share = range / TICKS / power;
    return power * (share > 5 ? 10 : share > 2 ? 5 : share > 1 ? 2 : 1);
}

static void grid(struct inbox_html *h, const struct curve *c)
{
    double step = tick_of(c->highest), second_ms = tick_of(c->to_ms - c->from_ms);
    int digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
    for (int i = 0; i * step <= c->highest; i++)
        fprintf(h->out,
                "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>",
                LEFT, y_of(c, i * step), WIDTH - RIGHT, LEFT - 6, y_of(c, i * step) + 4, digits, i * step);
    double first = ceil(c->from_ms / second_ms), last = floor(c->to_ms / second_ms);
    for (int i = 0; first + i <= last; i++)
        fprintf(h->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>", x_of(c, (first + i) * second_ms),
                HEIGHT - BOTTOM + 18, (first + i) * second_ms / 1000);
    fprintf(h->out, "<path class=\"axis\" fill=\"none\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, HEIGHT - BOTTOM,
            WIDTH - RIGHT);
    fprintf(h->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", WIDTH / 2, HEIGHT - 6);
    inbox_html_word(h, INBOX_WORD_SECONDS);
    inbox_html_raw(h, "</text>\n");
}

/* The accelerations that counted, by their numbers. */
static void marks(struct inbox_html *h, const struct curve *c, const struct verdict *v)
{
    for (size_t i = 0; i < v->marks_count; i++) {
        const struct verdict_mark *m = &v->marks[i];
        double from_ms = (double)m->from_ms, to_ms = (double)m->to_ms;
        if (!m->counted || strcmp(m->kind, "acceleration") != 0 || from_ms < c->from_ms || to_ms > c->to_ms ||
            to_ms < from_ms)
            continue;
        double x = x_of(c, from_ms), width = x_of(c, to_ms) - x;
        fprintf(h->out,
                "<rect class=\"mark\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>",
                x, TOP, width > 1 ? width : 1, HEIGHT - TOP - BOTTOM, x + width / 2, TOP + 14, m->number);
    }
    inbox_html_raw(h, "\n");
}

static void line(struct inbox_html *h, const struct curve *c)
{
    char step = 'M';
    inbox_html_raw(h, "<path class=\"curve\" d=\"");
    for (int i = 0; i < COLUMNS; i++) {
        const struct range *r = &c->columns[i];
        if (!r->any)
            continue;
        fprintf(h->out, "%c%d %.1f", step, LEFT + i, y_of(c, r->low));
        if (r->high > r->low)
            fprintf(h->out, "V%.1f", y_of(c, r->high));
        step = 'L';
    }
    inbox_html_raw(h, "\"/>\n");
}

static void limit_line(struct inbox_html *h, const struct curve *c, const struct verdict_value *value)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(value->limit, text);
    if (decimal_to_double(value->limit) > c->highest)
        return;
    double y = y_of(c, decimal_to_double(value->limit));
    fprintf(h->out,
            "<path class=\"limit\" d=\"M%d %.1fH%d\"/><text class=\"limit-text\" x=\"%d\" y=\"%.1f\""
            " text-anchor=\"end\">",
            LEFT, y, WIDTH - RIGHT, WIDTH - RIGHT - 4, y - 6);
    inbox_html_word(h, INBOX_WORD_LIMIT);
    fprintf(h->out, " %s</text>\n", text);
}

static void draw(struct inbox_html *h, const struct curve *c, const struct verdict *v,
                 const struct verdict_value *value)
{
    fprintf(h->out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    inbox_html_word(h, INBOX_WORD_CURVE);
    inbox_html_raw(h, " ");
    inbox_html_term(h, c->quantity);
    inbox_html_raw(h, "\">\n");
    marks(h, c, v);
    grid(h, c);
    line(h, c);
    limit_line(h, c, value);
    inbox_html_raw(h, "</svg>\n");
}

bool inbox_curve(struct inbox_html *h, const char *csv, size_t length, const struct verdict *verdict)
{
    bool drawn = false;
    for (size_t i = 0; i < verdict->values_count && !drawn; i++) {
        const struct verdict_value *value = &verdict->values[i];
        struct curve *c = calloc(1, sizeof *c);
        if (!c)
            return false;
        c->quantity = quantity_name(value->quantity);
        each_reading(csv, length, c, measure);
        if (c->samples >= SAMPLES_MIN && c->to_ms > c->from_ms && c->highest > 0) {
            double limit = decimal_to_double(value->limit);
            c->highest = 1.08 * (limit > c->highest && limit < 4 * c->highest ? limit : c->highest);
            each_reading(csv, length, c, place);
            inbox_html_raw(h, "<p class=\"note\">");
            inbox_html_term(h, c->quantity);
            fprintf(h->out, " (%s)</p>", quantity_unit(value->quantity));
            draw(h, c, verdict, value);
            drawn = true;
        }
        free(c);
    }
    return drawn;
}
