#include "reports/paper_private.h"

enum { MANY = 7 }; /* columns */

struct table {
    size_t columns;
    double font; /* smaller where there are many columns */
    double from[PAPER_COLUMNS_MAX], wide[PAPER_COLUMNS_MAX];
    size_t rows;
    PangoLayout **cells; /* row 0 is the head */
};

static void draw_row(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct table *t = unit->item;
    bool head = unit->row == 0;
    if (head) {
        paper_ink(p, PAPER_INK_SHADE);
        cairo_rectangle(p->cr, p->left, y, p->width, unit->height);
        cairo_fill(p->cr);
        paper_line(p, p->left, y, p->left + p->width, y, 0.8, PAPER_INK_TEXT);
    }
    for (size_t i = 0; i < t->columns; i++) {
        PangoLayout *cell = t->cells[unit->row * t->columns + i];
        if (cell)
            paper_show(p, cell, paper_side(p, t->from[i], t->wide[i]), y + p->font * 0.18,
                       head ? PAPER_INK_FAINT : PAPER_INK_TEXT);
    }
    bool last = unit->row + 1 == t->rows;
    paper_line(p, p->left, y + unit->height, p->left + p->width, y + unit->height, last ? 0.8 : 0.35,
               last ? PAPER_INK_TEXT : PAPER_INK_LINE);
}

/* Lays out one row; returns its height. */
static double lay_row(struct paper *p, struct table *t, const struct paper_column *columns, size_t row,
                      const char *const *cells)
{
    double height = 0;
    for (size_t i = 0; i < t->columns; i++) {
        const char *text = row == 0 ? columns[i].title : cells[i];
        if (!text || !text[0])
            continue;
        PangoLayout *l = paper_layout(p, text, t->font * (row == 0 ? 0.86 : 0.95), t->wide[i]);
        if (!l)
            return 0;
        if (columns[i].number)
            paper_align(p, l, true);
        t->cells[row * t->columns + i] = l;
        double tall = paper_layout_height(l);
        height = tall > height ? tall : height;
    }
    return (height > 0 ? height : p->font) + p->font * 0.36;
}

static void set_columns(struct paper *p, struct table *t, const struct paper_column *columns)
{
    double shares = 0, from = 0, gap = t->font * (t->columns > MANY ? 0.8 : 1.2);
    for (size_t i = 0; i < t->columns; i++)
        shares += columns[i].share;
    for (size_t i = 0; i < t->columns; i++) {
        double wide = p->width * columns[i].share / shares;
        bool last = i + 1 == t->columns;
        t->from[i] = from + p->font * 0.3;
        t->wide[i] = wide - (last ? p->font * 0.6 : gap);
        from += wide;
    }
}

/* A small table stays on one page; of a long one neither the head with one row nor the last row stands alone. */
static bool keeps_with_next(size_t row, size_t rows)
{
    enum { SMALL = 8 };
    return row < rows && (rows <= SMALL || row < 2 || row + 1 == rows);
}

void paper_table(struct paper *p, const struct paper_column *columns, size_t columns_count, const char *const *cells,
                 size_t rows)
{
    struct table *t = paper_alloc(p, 1, sizeof *t);
    if (!t || columns_count > PAPER_COLUMNS_MAX)
        return;
    *t = (struct table){.columns = columns_count, .rows = rows + 1};
    t->font = p->font * (columns_count > MANY ? 0.88 : 1);
    t->cells = paper_alloc(p, t->rows * t->columns, sizeof(PangoLayout *));
    if (!t->cells)
        return;
    set_columns(p, t, columns);
    size_t head = p->units_count + 1;
    for (size_t row = 0; row <= rows; row++) {
        double height = lay_row(p, t, columns, row, row == 0 ? NULL : cells + (row - 1) * columns_count);
        struct paper_unit *unit = paper_unit_add(p, height, draw_row, t);
        if (!unit)
            return;
        unit->row = row;
        unit->keep = keeps_with_next(row, rows);
        unit->head = row == 0 ? 0 : head;
    }
    paper_space(p, p->font * 0.6);
}
