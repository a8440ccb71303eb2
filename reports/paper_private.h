/*
 * What the parts of paper share: the list of units that flow from page to page, layouts of text, inks.
 *
 * paper.c         opening, the flow, PDF and picture
 * paper_text.c    text, fields
 * paper_table.c   tables
 * paper_figure.c  banner, curve
 * paper_chart.c   bars, rates
 * paper_photo.c   photographs
 * paper_code.c    QR code and lines to sign on
 */
#ifndef REPORTS_PAPER_PRIVATE_H
#define REPORTS_PAPER_PRIVATE_H

#include <pango/pangocairo.h>

#include "reports/paper.h"

enum paper_ink {
    PAPER_INK_TEXT,
    PAPER_INK_FAINT,
    PAPER_INK_LINE,
    PAPER_INK_SHADE,
    PAPER_INK_GREEN,
    PAPER_INK_RED,
    PAPER_INK_AMBER,
    PAPER_INK_GREY,
    PAPER_INK_BLUE,
    PAPER_INK_BAR,
    PAPER_INK_WHITE
};

/* The smallest thing that is not divided between two pages: a line of text, a row of a table, a figure. */
struct paper_unit {
    double height;
    double give; /* of the height: may be taken away where all units then stand on one page */
    bool keep;   /* on one page with the unit after it */
    bool gap;    /* white: left out at the head of a page */
    bool turn;   /* a new page begins after it */
    size_t head; /* 1 + the unit that is drawn again before this one where a page begins with it; 0: none */
    void (*draw)(struct paper *p, const struct paper_unit *unit, double y);
    void *item; /* what `draw` draws; owned by the paper */
    size_t row;
};

struct paper {
    struct paper_style style;
    char *title, *foot, *page_word;
    double page_width, page_height, left, top, bottom, width; /* points; width: between the margins */
    double font;                                              /* size of body text */
    bool mono;                                                /* black and white */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoContext *context;
    PangoAttrList *plain; /* of every text */
    struct paper_unit *units;
    size_t units_count, units_room;
    struct paper_owned *owned;
    size_t owned_count, owned_room;
    uint8_t *pdf;
    size_t pdf_size, pdf_room;
    int missing;
    struct err failure; /* the first one; code 0: none */
};

/* Remembers the failure; the first one counts. */
void paper_fail(struct paper *p, enum err_code code, const char *text);
/* malloc'ed memory and its freeing become the paper's. NULL stays NULL and is a failure. */
void *paper_own(struct paper *p, void *what, void (*release)(void *));
void *paper_alloc(struct paper *p, size_t count, size_t size); /* zeroed, owned */
/* Appends a unit; NULL after a failure. Valid until the next call. */
struct paper_unit *paper_unit_add(struct paper *p, double height,
                                  void (*draw)(struct paper *p, const struct paper_unit *unit, double y), void *item);

/* A layout of that text, owned by the paper; width < 0: one line. NULL after a failure. */
PangoLayout *paper_layout(struct paper *p, const char *text, double font, double width);
double paper_layout_height(PangoLayout *layout);
double paper_layout_width(PangoLayout *layout);
/* Shows it with its upper left corner there. */
void paper_show(struct paper *p, PangoLayout *layout, double x, double y, enum paper_ink ink);
/* Puts the lines of a layout with a width to the side where the page begins, whatever their own script; `far`: to the
 * other one. */
void paper_align(struct paper *p, PangoLayout *layout, bool far);

void paper_ink(struct paper *p, enum paper_ink ink);
/* Where something `width` wide stands whose distance from the page's beginning side is `from`. */
double paper_side(const struct paper *p, double from, double width);
void paper_line(struct paper *p, double x1, double y1, double x2, double y2, double thickness, enum paper_ink ink);
/* 1, 2 or 5 times a power of ten, so that the range has at most that many steps. */
double paper_step(double range, int most);

#endif
