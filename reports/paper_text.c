#include <stdio.h>
#include <string.h>

#include "reports/paper_private.h"

/* ---- lines of text ---- */

struct text {
    PangoLayout *layout;
    enum paper_ink ink;
    double indent; /* of all lines */
};

static void draw_line(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct text *t = unit->item;
    PangoLayoutIter *at = pango_layout_get_iter(t->layout);
    for (size_t i = 0; i < unit->row; i++)
        pango_layout_iter_next_line(at);
    PangoRectangle line;
    pango_layout_iter_get_line_extents(at, NULL, &line);
    double base = (double)(pango_layout_iter_get_baseline(at) - line.y) / PANGO_SCALE;
    double x = p->style.rtl ? p->left : p->left + t->indent;
    paper_ink(p, t->ink);
    cairo_move_to(p->cr, x + (double)line.x / PANGO_SCALE, y + base);
    pango_cairo_show_layout_line(p->cr, pango_layout_iter_get_line_readonly(at));
    pango_layout_iter_free(at);
}

/* A unit for each line; the first two and the last two stay together. */
static void add_lines(struct paper *p, struct text *t, bool keep_next)
{
    if (!t || !t->layout)
        return;
    PangoLayoutIter *at = pango_layout_get_iter(t->layout);
    size_t count = (size_t)pango_layout_get_line_count(t->layout);
    for (size_t i = 0; i < count; i++, pango_layout_iter_next_line(at)) {
        PangoRectangle line;
        pango_layout_iter_get_line_extents(at, NULL, &line);
        struct paper_unit *unit = paper_unit_add(p, (double)line.height / PANGO_SCALE, draw_line, t);
        if (!unit)
            break;
        unit->row = i;
        unit->keep = i + 1 < count ? i == 0 || i + 2 == count : keep_next;
    }
    pango_layout_iter_free(at);
}

static struct text *make_text(struct paper *p, const char *text, double font, enum paper_ink ink, double indent)
{
    struct text *t = paper_alloc(p, 1, sizeof *t);
    if (!t)
        return NULL;
    *t = (struct text){.layout = paper_layout(p, text, font, p->width - indent), .ink = ink, .indent = indent};
    return t;
}

void paper_space(struct paper *p, double points)
{
    struct paper_unit *unit = paper_unit_add(p, points, NULL, NULL);
    if (unit)
        unit->gap = true;
}

void paper_page_break(struct paper *p)
{
    if (p->units_count > 0 && p->style.size != PAPER_80MM)
        p->units[p->units_count - 1].turn = true;
}

/* A heading's bar at its beginning side. */
static void draw_heading(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct text *t = unit->item;
    paper_ink(p, PAPER_INK_BLUE);
    cairo_rectangle(p->cr, paper_side(p, 0, 2.2), y + unit->height * 0.14, 2.2, unit->height * 0.72);
    cairo_fill(p->cr);
    paper_show(p, t->layout, paper_side(p, 6, p->width - 6), y, PAPER_INK_TEXT);
}

static void add_heading(struct paper *p, const char *text)
{
    struct text *t = make_text(p, text, p->font * 1.06, PAPER_INK_TEXT, 6);
    paper_space(p, p->font * 0.62);
    struct paper_unit *unit =
        t && t->layout ? paper_unit_add(p, paper_layout_height(t->layout), draw_heading, t) : NULL;
    if (unit)
        unit->keep = true;
    unit = paper_unit_add(p, p->font * 0.18, NULL, NULL);
    if (unit)
        unit->keep = true;
}

void paper_text(struct paper *p, enum paper_text kind, const char *text)
{
    static const double scale[] = {
        [PAPER_TITLE] = 1.75, [PAPER_SUBTITLE] = 1.0, [PAPER_HEADING] = 1.06, [PAPER_BODY] = 1.0, [PAPER_NOTE] = 0.86};
    if (kind == PAPER_HEADING) {
        add_heading(p, text);
        return;
    }
    bool faint = kind == PAPER_SUBTITLE || kind == PAPER_NOTE;
    struct text *t = make_text(p, text, p->font * scale[kind], faint ? PAPER_INK_FAINT : PAPER_INK_TEXT, 0);
    if (t && t->layout && (kind == PAPER_TITLE || kind == PAPER_SUBTITLE))
        pango_layout_set_alignment(t->layout, PANGO_ALIGN_CENTER);
    add_lines(p, t, kind == PAPER_TITLE);
}

void paper_paragraph(struct paper *p, const char *text)
{
    struct text *t = make_text(p, text, p->font * 1.12, PAPER_INK_TEXT, 0);
    if (t && t->layout) {
        pango_layout_set_indent(t->layout, (int)(2 * p->font * 1.12 * PANGO_SCALE));
        pango_layout_set_spacing(t->layout, (int)(p->font * 0.45 * PANGO_SCALE));
    }
    add_lines(p, t, false);
    paper_space(p, p->font * 0.5);
}

void paper_right(struct paper *p, const char *text)
{
    struct text *t = make_text(p, text, p->font * 1.12, PAPER_INK_TEXT, 0);
    if (t && t->layout)
        paper_align(p, t->layout, true);
    add_lines(p, t, true);
    paper_space(p, p->font * 0.3);
}

/* ---- fields ---- */

struct field {
    PangoLayout *label, *value; /* value NULL: a line to write on */
    double from, wide, label_wide;
};

struct field_row {
    struct field fields[2];
    size_t count;
};

static void draw_field(struct paper *p, const struct field *f, double y, double height)
{
    double gap = p->font * 0.5, rest = f->wide - f->label_wide - gap;
    paper_show(p, f->label, paper_side(p, f->from, f->label_wide), y, PAPER_INK_FAINT);
    double x = paper_side(p, f->from + f->label_wide + gap, rest);
    if (f->value)
        paper_show(p, f->value, x, y, PAPER_INK_TEXT);
    else
        paper_line(p, x, y + height - p->font * 0.35, x + rest, y + height - p->font * 0.35, 0.5, PAPER_INK_TEXT);
}

static void draw_fields(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct field_row *row = unit->item;
    for (size_t i = 0; i < row->count; i++)
        draw_field(p, &row->fields[i], y, unit->height);
}

/* "main second", the second in small. */
static PangoLayout *label_layout(struct paper *p, const struct paper_field *from, double wide)
{
    enum { LABEL_MAX = 256 };
    char text[LABEL_MAX];
    bool second = from->label2 && from->label2[0];
    snprintf(text, sizeof text, "%s%s%s", from->label, second ? " " : "", second ? from->label2 : "");
    PangoLayout *layout = paper_layout(p, text, p->font, wide);
    PangoAttrList *attributes = layout && second ? pango_attr_list_copy(p->plain) : NULL;
    if (attributes) {
        PangoAttribute *small = pango_attr_scale_new(0.76);
        small->start_index = (guint)strlen(from->label);
        pango_attr_list_insert(attributes, small);
        pango_layout_set_attributes(layout, attributes);
        pango_attr_list_unref(attributes);
    }
    return layout;
}

/* Label and value in their part of the line; returns the height. */
static double lay_field(struct paper *p, struct field *f, const struct paper_field *from)
{
    f->label = label_layout(p, from, f->label_wide);
    f->value = from->value ? paper_layout(p, from->value, p->font, f->wide - f->label_wide - p->font * 0.5) : NULL;
    if (!f->label || (from->value && !f->value))
        return 0;
    double height = paper_layout_height(f->label);
    double value = f->value ? paper_layout_height(f->value) : p->font * 2.1;
    return (value > height ? value : height) + p->font * 0.22;
}

/* Does the value fit into half the line without a break? */
static bool fits_half(struct paper *p, const struct paper_field *field, double room)
{
    PangoLayout *l = field->value ? paper_layout(p, field->value, p->font, -1) : NULL;
    return !field->value || (l && paper_layout_width(l) <= room);
}

void paper_fields(struct paper *p, const struct paper_field *fields, size_t count)
{
    bool narrow = p->style.size == PAPER_80MM;
    double gutter = p->font, half = narrow ? p->width : (p->width - gutter) / 2;
    double label = narrow ? p->width * 0.33 : half * 0.36;
    for (size_t i = 0; i < count;) {
        struct field_row *row = paper_alloc(p, 1, sizeof *row);
        double height = 0;
        if (!row)
            return;
        while (i < count && row->count < (narrow ? 1U : 2U)) {
            bool fits = narrow || fits_half(p, &fields[i], half - label - p->font * 0.5);
            if (!fits && row->count > 0)
                break;
            struct field *f = &row->fields[row->count];
            *f = (struct field){
                .from = row->count > 0 ? half + gutter : 0, .wide = fits ? half : p->width, .label_wide = label};
            double tall = lay_field(p, f, &fields[i++]);
            height = tall > height ? tall : height;
            row->count++;
            if (!fits)
                break;
        }
        paper_unit_add(p, height, draw_fields, row);
    }
}
