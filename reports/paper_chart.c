#include <math.h>
#include <stdio.h>

#include "reports/paper_private.h"

enum { TICKS_MAX = 8 };

struct tick {
    double at;
    PangoLayout *text;
};

/* A scale from 0 to a round number that holds `highest`. */
struct scale {
    double top;
    struct tick ticks[TICKS_MAX + 1];
    size_t count;
};

static void set_scale(struct paper *p, struct scale *s, double highest)
{
    double step = paper_step(highest > 0 ? highest * 1.05 : 1, 5);
    s->top = ceil((highest > 0 ? highest * 1.05 : 1) / step) * step;
    for (size_t i = 0; i <= TICKS_MAX && (double)i * step <= s->top + step * 1e-6; i++) {
        double at = (double)i * step;
        char text[32];
        snprintf(text, sizeof text, "%.*f", step >= 1 ? 0 : step >= 0.1 ? 1 : 2, at);
        s->ticks[s->count++] = (struct tick){at, paper_layout(p, text, p->font * 0.78, -1)};
    }
}

/* Up to where intervals are shown: one of few records, from none to nearly all, must not press the others flat. */
static double highest_shown(double highest_rate, double highest_end)
{
    double shown = 4 * highest_rate;
    return shown > 0 && shown < highest_end ? shown : highest_end;
}

/* ---- bars ---- */

struct bars {
    struct paper_bar *bars;
    PangoLayout **labels;
    size_t count;
    bool points;
    struct scale scale;
    PangoLayout *title, *part_label;
    size_t every; /* which labels are shown */
};

struct plot {
    double x, y, wide, tall, step;
};

static double plot_y(const struct bars *b, const struct plot *at, double value)
{
    return at->y + at->tall * (1 - value / b->scale.top);
}

static void fill(struct paper *p, double x, double y, double wide, double tall, enum paper_ink ink)
{
    paper_ink(p, ink);
    cairo_rectangle(p->cr, x, y, wide, tall);
    cairo_fill(p->cr);
}

static void draw_bar(struct paper *p, const struct bars *b, const struct plot *at, size_t i)
{
    const struct paper_bar *bar = &b->bars[i];
    double wide = at->step * (at->step > 4 ? 0.72 : 0.9), x = at->x + at->step * (double)i + (at->step - wide) / 2;
    double base = at->y + at->tall, top = plot_y(b, at, bar->value);
    if (bar->absent)
        return;
    fill(p, x, top, wide, base - top, PAPER_INK_BAR);
    if (bar->part > 0)
        fill(p, x, plot_y(b, at, bar->part), wide, base - plot_y(b, at, bar->part), PAPER_INK_RED);
}

static void draw_point(struct paper *p, const struct bars *b, const struct plot *at, size_t i)
{
    const struct paper_bar *bar = &b->bars[i];
    double x = at->x + at->step * ((double)i + 0.5), r = at->step * 0.2 < 1.7 ? at->step * 0.2 : 1.7;
    if (bar->absent)
        return;
    double high = bar->high < b->scale.top ? bar->high : b->scale.top;
    paper_line(p, x, plot_y(b, at, bar->low), x, plot_y(b, at, high), at->step > 4 ? 0.9 : 0.4, PAPER_INK_BLUE);
    paper_ink(p, PAPER_INK_RED);
    cairo_new_sub_path(p->cr);
    cairo_arc(p->cr, x, plot_y(b, at, bar->value), r, 0, 2 * G_PI);
    cairo_fill(p->cr);
}

static void draw_frame(struct paper *p, const struct bars *b, const struct plot *at)
{
    for (size_t i = 0; i < b->scale.count; i++) {
        double y = plot_y(b, at, b->scale.ticks[i].at);
        PangoLayout *l = b->scale.ticks[i].text;
        paper_line(p, at->x, y, at->x + at->wide, y, 0.3, PAPER_INK_LINE);
        paper_show(p, l, at->x - paper_layout_width(l) - 3, y - paper_layout_height(l) / 2, PAPER_INK_FAINT);
    }
    for (size_t i = 0; i < b->count; i += b->every) {
        double middle = at->x + at->step * ((double)i + 0.5), wide = paper_layout_width(b->labels[i]);
        paper_show(p, b->labels[i], middle - wide / 2, at->y + at->tall + 2, PAPER_INK_FAINT);
    }
}

static void draw_head(struct paper *p, const struct bars *b, double y)
{
    paper_show(p, b->title, paper_side(p, 0, p->width), y, PAPER_INK_FAINT);
    if (!b->part_label)
        return;
    double wide = paper_layout_width(b->part_label), side = p->font * 0.6;
    double tall = paper_layout_height(b->part_label), x = paper_side(p, p->width - wide, wide);
    fill(p, x - side - 3, y + (tall - side) / 2, side, side, PAPER_INK_RED);
    paper_show(p, b->part_label, x, y, PAPER_INK_FAINT);
}

static void draw_bars(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct bars *b = unit->item;
    double head = paper_layout_height(b->title) + p->font * 0.6, left = 30;
    struct plot at = {p->left + left, y + head, p->width - left, unit->height - head - p->font * 1.9, 0};
    at.step = at.wide / (double)b->count;
    draw_head(p, b, y);
    draw_frame(p, b, &at);
    for (size_t i = 0; i < b->count; i++)
        (b->points ? draw_point : draw_bar)(p, b, &at, i);
    paper_line(p, at.x, at.y + at.tall, at.x + at.wide, at.y + at.tall, 0.7, PAPER_INK_TEXT);
}

static double lay_labels(struct paper *p, struct bars *b)
{
    double widest = 0;
    for (size_t i = 0; i < b->count; i++) {
        b->labels[i] = paper_layout(p, b->bars[i].label, p->font * 0.74, -1);
        double wide = b->labels[i] ? paper_layout_width(b->labels[i]) : 0;
        widest = wide > widest ? wide : widest;
    }
    return widest;
}

void paper_bars(struct paper *p, const struct paper_bars *from)
{
    struct bars *b = paper_alloc(p, 1, sizeof *b);
    if (!b || from->count == 0)
        return;
    double highest = 0, end = 0;
    *b = (struct bars){.count = from->count, .points = from->points, .every = 1};
    b->bars = paper_alloc(p, b->count, sizeof *b->bars);
    b->labels = paper_alloc(p, b->count, sizeof(PangoLayout *));
    if (!b->bars || !b->labels)
        return;
    for (size_t i = 0; i < b->count; i++) {
        b->bars[i] = from->bars[i];
        if (from->bars[i].absent)
            continue;
        highest = fmax(highest, from->bars[i].value);
        end = fmax(end, from->bars[i].high);
    }
    if (from->points)
        highest = highest_shown(highest, end);
    set_scale(p, &b->scale, highest);
    b->title = paper_layout(p, from->title, p->font * 0.86, p->width);
    b->part_label = from->part_label ? paper_layout(p, from->part_label, p->font * 0.86, -1) : NULL;
    double widest = lay_labels(p, b) + 4;
    while ((p->width - 30) / (double)b->count * (double)b->every < widest)
        b->every++;
    if (p->failure.code == ERR_NONE)
        paper_unit_add(p, p->style.size == PAPER_A4 ? 118 : 88, draw_bars, b);
    paper_space(p, p->font * 0.6);
}

/* ---- rates ---- */

struct rates {
    struct paper_rate *rates;
    PangoLayout **labels, **texts;
    size_t count;
    double label_wide, text_wide;
    struct scale scale;
};

static void draw_rate(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct rates *r = unit->item;
    const struct paper_rate *rate = &r->rates[unit->row];
    double gap = p->font * 0.8, from = r->label_wide + gap, wide = p->width - r->label_wide - r->text_wide - 2 * gap;
    double x = paper_side(p, from, wide), middle = y + unit->height / 2;
    double tall = paper_layout_height(r->labels[unit->row]);
    for (size_t i = 0; i < r->scale.count; i++) {
        double at = x + wide * r->scale.ticks[i].at / r->scale.top;
        paper_line(p, at, y, at, y + unit->height, 0.3, PAPER_INK_LINE);
    }
    paper_show(p, r->labels[unit->row], paper_side(p, 0, r->label_wide), middle - tall / 2, PAPER_INK_TEXT);
    paper_show(p, r->texts[unit->row], paper_side(p, p->width - r->text_wide, r->text_wide), middle - tall / 2,
               PAPER_INK_TEXT);
    double high = rate->high < r->scale.top ? rate->high : r->scale.top;
    paper_line(p, x + wide * rate->low / r->scale.top, middle, x + wide * high / r->scale.top, middle, 2.4,
               PAPER_INK_BAR);
    paper_ink(p, PAPER_INK_RED);
    cairo_new_sub_path(p->cr);
    cairo_arc(p->cr, x + wide * rate->rate / r->scale.top, middle, 2.2, 0, 2 * G_PI);
    cairo_fill(p->cr);
}

static void draw_rate_axis(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct rates *r = unit->item;
    double gap = p->font * 0.8, from = r->label_wide + gap, wide = p->width - r->label_wide - r->text_wide - 2 * gap;
    double x = paper_side(p, from, wide);
    for (size_t i = 0; i < r->scale.count; i++) {
        PangoLayout *l = r->scale.ticks[i].text;
        double at = x + wide * r->scale.ticks[i].at / r->scale.top;
        paper_show(p, l, at - paper_layout_width(l) / 2, y + 1, PAPER_INK_FAINT);
    }
}

static double lay_rates(struct paper *p, struct rates *r, const struct paper_rate *from)
{
    double highest = 0, end = 0;
    r->label_wide = p->width * 0.3;
    for (size_t i = 0; i < r->count; i++) {
        r->rates[i] = from[i];
        r->labels[i] = paper_layout(p, from[i].label, p->font * 0.92, r->label_wide);
        r->texts[i] = paper_layout(p, from[i].text, p->font * 0.92, -1);
        double wide = r->texts[i] ? paper_layout_width(r->texts[i]) : 0;
        r->text_wide = wide > r->text_wide ? wide : r->text_wide;
        highest = fmax(highest, from[i].rate);
        end = fmax(end, from[i].high);
    }
    return highest_shown(highest, end);
}

void paper_rates(struct paper *p, const struct paper_rate *from, size_t count)
{
    struct rates *r = paper_alloc(p, 1, sizeof *r);
    if (!r || count == 0)
        return;
    r->count = count;
    r->rates = paper_alloc(p, count, sizeof *r->rates);
    r->labels = paper_alloc(p, count, sizeof(PangoLayout *));
    r->texts = paper_alloc(p, count, sizeof(PangoLayout *));
    if (!r->rates || !r->labels || !r->texts)
        return;
    set_scale(p, &r->scale, lay_rates(p, r, from));
    if (p->failure.code != ERR_NONE)
        return;
    for (size_t i = 0; i < count; i++) {
        double tall = paper_layout_height(r->labels[i]) + p->font * 0.35;
        struct paper_unit *unit = paper_unit_add(p, tall, draw_rate, r);
        if (!unit)
            return;
        unit->row = i;
        unit->keep = true;
    }
    paper_unit_add(p, p->font * 1.5, draw_rate_axis, r);
    paper_space(p, p->font * 0.6);
}
