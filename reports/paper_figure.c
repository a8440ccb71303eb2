#include <math.h>
#include <stdio.h>

#include "reports/paper_private.h"

#define PI 3.14159265358979323846

/* ---- the banner ---- */

struct banner {
    double wide; /* room of the words */
    enum paper_shape shape;
    PangoLayout *word, *word2, *basis;
};

static enum paper_ink shape_ink(enum paper_shape shape)
{
    static const enum paper_ink inks[] = {
        [PAPER_SHAPE_PASS] = PAPER_INK_GREEN,    [PAPER_SHAPE_FAIL] = PAPER_INK_RED,
        [PAPER_SHAPE_SUSPECT] = PAPER_INK_AMBER, [PAPER_SHAPE_INVALID] = PAPER_INK_GREY,
        [PAPER_SHAPE_ABORTED] = PAPER_INK_GREY,  [PAPER_SHAPE_VOID] = PAPER_INK_GREY,
    };
    return inks[shape];
}

/* A regular polygon of radius r, its first corner at that angle. */
static void polygon(cairo_t *cr, double x, double y, double r, int corners, double angle)
{
    for (int i = 0; i < corners; i++)
        cairo_line_to(cr, x + r * cos(angle + 2 * PI * i / corners), y + r * sin(angle + 2 * PI * i / corners));
    cairo_close_path(cr);
}

static void strokes(cairo_t *cr, double x, double y, double r, const double (*at)[4], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cairo_move_to(cr, x + r * at[i][0], y + r * at[i][1]);
        cairo_line_to(cr, x + r * at[i][2], y + r * at[i][3]);
    }
    cairo_stroke(cr);
}

static void draw_sign(struct paper *p, enum paper_shape shape, double x, double y, double r)
{
    static const double check[][4] = {{-0.48, 0.02, -0.14, 0.38}, {-0.14, 0.38, 0.5, -0.36}};
    static const double cross[][4] = {{-0.4, -0.4, 0.4, 0.4}, {-0.4, 0.4, 0.4, -0.4}};
    static const double bang[][4] = {{0, -0.34, 0, 0.2}, {0, 0.44, 0, 0.46}};
    static const double slash[][4] = {{-0.42, 0.42, 0.42, -0.42}};
    static const double bars[][4] = {{-0.22, -0.36, -0.22, 0.36}, {0.22, -0.36, 0.22, 0.36}};
    cairo_t *cr = p->cr;
    paper_ink(p, shape_ink(shape));
    cairo_new_path(cr);
    switch (shape) {
    case PAPER_SHAPE_PASS: cairo_arc(cr, x, y, r, 0, 2 * PI); break;
    case PAPER_SHAPE_FAIL: polygon(cr, x, y, r * 1.06, 8, PI / 8); break;
    case PAPER_SHAPE_SUSPECT: polygon(cr, x, y + r * 0.18, r * 1.2, 3, -PI / 2); break;
    case PAPER_SHAPE_INVALID: polygon(cr, x, y, r * 1.2, 4, PI / 4); break;
    case PAPER_SHAPE_ABORTED: polygon(cr, x, y, r * 1.08, 6, 0); break;
    case PAPER_SHAPE_VOID: polygon(cr, x, y, r * 1.15, 4, 0); break;
    }
    cairo_fill(cr);
    paper_ink(p, PAPER_INK_WHITE);
    cairo_set_line_width(cr, r * 0.2);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    switch (shape) {
    case PAPER_SHAPE_PASS: strokes(cr, x, y, r, check, 2); break;
    case PAPER_SHAPE_SUSPECT: strokes(cr, x, y + r * 0.1, r, bang, 2); break;
    case PAPER_SHAPE_INVALID: strokes(cr, x, y, r, slash, 1); break;
    case PAPER_SHAPE_ABORTED: strokes(cr, x, y, r, bars, 2); break;
    case PAPER_SHAPE_FAIL:
    case PAPER_SHAPE_VOID: strokes(cr, x, y, r, cross, 2); break;
    }
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
}

static void draw_banner(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct banner *b = unit->item;
    double r = p->font * 1.75, pad = p->font * 0.5, text = 2 * r + 3 * pad;
    enum paper_ink ink = shape_ink(b->shape);
    double middle = y + (unit->height - pad) / 2;
    paper_ink(p, ink);
    cairo_set_line_width(p->cr, 1.2);
    cairo_rectangle(p->cr, p->left + 0.6, y + 0.6, p->width - 1.2, unit->height - pad - 1.2);
    cairo_stroke(p->cr);
    draw_sign(p, b->shape, paper_side(p, pad + r, 0), middle, r);
    double tall = paper_layout_height(b->word) + (b->word2 ? paper_layout_height(b->word2) : 0);
    paper_show(p, b->word, paper_side(p, text, b->wide), middle - tall / 2, ink);
    if (b->word2)
        paper_show(p, b->word2, paper_side(p, text, b->wide), middle - tall / 2 + paper_layout_height(b->word), ink);
    if (b->basis) {
        double from = text + b->wide, room = p->width - from - pad;
        paper_show(p, b->basis, paper_side(p, from, room), middle - paper_layout_height(b->basis) / 2, PAPER_INK_TEXT);
    }
}

void paper_banner(struct paper *p, enum paper_shape shape, const char *word, const char *word2, const char *basis)
{
    struct banner *b = paper_alloc(p, 1, sizeof *b);
    bool below = p->style.size == PAPER_80MM && basis && basis[0];
    double pad = p->font * 0.5, text = 2 * p->font * 1.75 + 3 * pad;
    if (!b)
        return;
    bool beside = basis && basis[0] && !below;
    b->shape = shape;
    b->wide = beside ? p->width * 0.4 : p->width - text - pad;
    b->word = paper_layout(p, word, p->font * 2.3, b->wide);
    b->word2 = word2 && word2[0] ? paper_layout(p, word2, p->font * 1.05, b->wide) : NULL;
    b->basis = beside ? paper_layout(p, basis, p->font * 1.1, p->width * 0.6 - text - pad) : NULL;
    if (b->basis)
        paper_align(p, b->basis, true);
    if (!b->word)
        return;
    double height = paper_layout_height(b->word) + (b->word2 ? paper_layout_height(b->word2) : 0);
    double sign = 2 * p->font * 1.75, side = b->basis ? paper_layout_height(b->basis) : 0;
    height = height > sign ? height : sign;
    height = height > side ? height : side;
    paper_unit_add(p, height + 3 * pad, draw_banner, b);
    if (below)
        paper_text(p, PAPER_BODY, basis);
}

/* ---- the curve ---- */

enum { BINS = 420, TICKS_MAX = 8 };

struct label {
    double at; /* on its axis */
    PangoLayout *text;
};

struct curve {
    struct paper_point *points; /* at most two in each bin of time */
    size_t points_count;
    struct paper_span *spans;
    PangoLayout **numbers; /* of the spans */
    size_t spans_count;
    double t0, t1, top; /* of the axes */
    bool has_limit;
    double limit;
    PangoLayout *limit_label, *title, *unit, *time_unit;
    struct label values[TICKS_MAX + 1], times[2 * TICKS_MAX];
    size_t values_count, times_count;
};

/* The lowest and the highest of each bin, in the order in which they came: what the eye sees of a dense curve. */
static size_t thin(const struct paper_curve *from, double t0, double t1, struct paper_point *out)
{
    size_t count = 0;
    for (size_t i = 0; i < from->points_count;) {
        size_t low = i, high = i;
        double bin = floor((from->points[i].t - t0) / (t1 - t0) * BINS);
        for (; i < from->points_count && floor((from->points[i].t - t0) / (t1 - t0) * BINS) <= bin; i++) {
            low = from->points[i].value < from->points[low].value ? i : low;
            high = from->points[i].value > from->points[high].value ? i : high;
        }
        out[count++] = from->points[low < high ? low : high];
        if (low != high)
            out[count++] = from->points[low < high ? high : low];
    }
    return count;
}

static void add_ticks(struct paper *p, struct label *labels, size_t *count, size_t most, double from, double to,
                      double step)
{
    double first = ceil(from / step) * step;
    for (size_t i = 0; first + (double)i * step <= to + step * 1e-6 && *count < most; i++) {
        double at = first + (double)i * step;
        char text[32];
        snprintf(text, sizeof text, "%.*f", step >= 1 ? 0 : step >= 0.1 ? 1 : 2, fabs(at) < step * 1e-6 ? 0 : at);
        labels[(*count)++] = (struct label){at, paper_layout(p, text, p->font * 0.78, -1)};
    }
}

struct plot {
    double x, y, wide, tall;
};

static double plot_x(const struct curve *c, const struct plot *at, double t)
{
    return at->x + at->wide * (t - c->t0) / (c->t1 - c->t0);
}

static double plot_y(const struct curve *c, const struct plot *at, double value)
{
    return at->y + at->tall * (1 - (value < 0 ? 0 : value) / c->top);
}

static void draw_spans(struct paper *p, const struct curve *c, const struct plot *at)
{
    for (size_t i = 0; i < c->spans_count; i++) {
        double from = plot_x(c, at, c->spans[i].from), to = plot_x(c, at, c->spans[i].to);
        paper_ink(p, PAPER_INK_SHADE);
        cairo_rectangle(p->cr, from, at->y, to - from, at->tall);
        cairo_fill(p->cr);
        if (c->spans[i].counted)
            paper_line(p, from, at->y + at->tall + 1, to, at->y + at->tall + 1, 1.6, PAPER_INK_BLUE);
        PangoLayout *number = c->numbers[i];
        if (number)
            paper_show(p, number, (from + to - paper_layout_width(number)) / 2, at->y + 1,
                       c->spans[i].counted ? PAPER_INK_BLUE : PAPER_INK_FAINT);
    }
}

static void draw_axes(struct paper *p, const struct curve *c, const struct plot *at)
{
    for (size_t i = 0; i < c->values_count; i++) {
        double y = plot_y(c, at, c->values[i].at);
        PangoLayout *l = c->values[i].text;
        paper_line(p, at->x, y, at->x + at->wide, y, 0.3, PAPER_INK_LINE);
        paper_show(p, l, at->x - paper_layout_width(l) - 3, y - paper_layout_height(l) / 2, PAPER_INK_FAINT);
    }
    for (size_t i = 0; i < c->times_count; i++) {
        double x = plot_x(c, at, c->times[i].at);
        PangoLayout *l = c->times[i].text;
        paper_line(p, x, at->y + at->tall, x, at->y + at->tall + 2.5, 0.5, PAPER_INK_TEXT);
        paper_show(p, l, x - paper_layout_width(l) / 2, at->y + at->tall + 3, PAPER_INK_FAINT);
    }
    paper_line(p, at->x, at->y + at->tall, at->x + at->wide, at->y + at->tall, 0.7, PAPER_INK_TEXT);
    paper_line(p, at->x, at->y, at->x, at->y + at->tall, 0.7, PAPER_INK_TEXT);
}

/* Whether the curve runs through that part of the plot. */
static bool is_crossed(const struct curve *c, const struct plot *at, double x, double y, double wide, double tall)
{
    for (size_t i = 1; i < c->points_count; i++) {
        double x0 = plot_x(c, at, c->points[i - 1].t), x1 = plot_x(c, at, c->points[i].t);
        double y0 = plot_y(c, at, c->points[i - 1].value), y1 = plot_y(c, at, c->points[i].value);
        if (x1 >= x && x0 <= x + wide && fmax(y0, y1) >= y && fmin(y0, y1) <= y + tall)
            return true;
    }
    return false;
}

/* On its line, as far to the right as the curve leaves room. */
static void draw_limit_label(struct paper *p, const struct curve *c, const struct plot *at)
{
    double wide = paper_layout_width(c->limit_label), tall = paper_layout_height(c->limit_label);
    double right = at->x + at->wide - wide - 2, y = plot_y(c, at, c->limit) - tall - 0.5, x = right;
    while (x > at->x && is_crossed(c, at, x - 1, y, wide + 2, tall))
        x -= 2;
    paper_show(p, c->limit_label, x > at->x ? x : right, y, PAPER_INK_RED);
}

static void draw_limit(struct paper *p, const struct curve *c, const struct plot *at)
{
    static const double dashes[] = {4, 2.5};
    double y = plot_y(c, at, c->limit);
    cairo_set_dash(p->cr, dashes, 2, 0);
    paper_line(p, at->x, y, at->x + at->wide, y, 1, PAPER_INK_RED);
    cairo_set_dash(p->cr, NULL, 0, 0);
    if (c->limit_label)
        draw_limit_label(p, c, at);
}

static void draw_curve(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct curve *c = unit->item;
    double head = paper_layout_height(c->title) + p->font * 0.7, left = 26;
    const struct plot at = {p->left + left, y + head, p->width - left - 4, unit->height - head - p->font * 1.5};
    paper_show(p, c->title, paper_side(p, 0, p->width), y, PAPER_INK_FAINT);
    draw_spans(p, c, &at);
    draw_axes(p, c, &at);
    paper_ink(p, PAPER_INK_TEXT);
    cairo_set_line_width(p->cr, p->mono ? 1 : 0.75);
    cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < c->points_count; i++)
        cairo_line_to(p->cr, plot_x(c, &at, c->points[i].t), plot_y(c, &at, c->points[i].value));
    cairo_stroke(p->cr);
    if (c->has_limit)
        draw_limit(p, c, &at);
}

static void set_axes(struct paper *p, struct curve *c, const struct paper_curve *from)
{
    double highest = from->has_limit ? from->limit * 1.12 : 0;
    for (size_t i = 0; i < from->points_count; i++)
        highest = from->points[i].value > highest ? from->points[i].value : highest;
    c->t0 = from->points[0].t;
    c->t1 = from->points[from->points_count - 1].t;
    highest = highest > 0 ? highest * 1.1 : 1;
    double step = paper_step(highest, 5);
    c->top = ceil(highest / step) * step;
    add_ticks(p, c->values, &c->values_count, TICKS_MAX + 1, 0, c->top, step);
    add_ticks(p, c->times, &c->times_count, sizeof c->times / sizeof c->times[0], c->t0, c->t1,
              paper_step(c->t1 - c->t0, 8));
}

void paper_curve(struct paper *p, const struct paper_curve *from)
{
    struct curve *c = paper_alloc(p, 1, sizeof *c);
    if (!c || from->points_count < 2 || !(from->points[from->points_count - 1].t > from->points[0].t))
        return;
    *c = (struct curve){.has_limit = from->has_limit, .limit = from->limit, .spans_count = from->spans_count};
    set_axes(p, c, from);
    const size_t all = (size_t)2 * (BINS + 2);
    size_t most = from->points_count < all ? from->points_count : all;
    c->points = paper_alloc(p, most, sizeof *c->points);
    c->spans = paper_alloc(p, from->spans_count, sizeof *c->spans);
    c->numbers = paper_alloc(p, from->spans_count, sizeof(PangoLayout *));
    c->title = paper_layout(p, from->title, p->font * 0.86, p->width);
    if (!c->points || !c->spans || !c->numbers || !c->title)
        return;
    c->points_count = thin(from, c->t0, c->t1, c->points);
    for (size_t i = 0; i < from->spans_count; i++) {
        char number[16];
        c->spans[i] = from->spans[i];
        snprintf(number, sizeof number, "%d", from->spans[i].number);
        c->numbers[i] = paper_layout(p, number, p->font * 0.86, -1);
    }
    if (from->limit_label)
        c->limit_label = paper_layout(p, from->limit_label, p->font * 0.82, -1);
    if (p->failure.code != ERR_NONE)
        return;
    const double height = p->style.size == PAPER_A4 ? 135 : p->style.size == PAPER_A5 ? 92 : 110;
    struct paper_unit *unit = paper_unit_add(p, height, draw_curve, c);
    if (unit)
        unit->give = height * 0.3;
}
