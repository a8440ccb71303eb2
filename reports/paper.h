/*
 * Paper: pages drawn from blocks (text, fields, tables, a curve, a code, lines to sign on), as PDF on A4, A5 and 80 mm
 * paper, or as the black and white picture that a receipt printer takes. One layout for all of them.
 *
 * Blocks are added in order and flow from page to page; a heading stays with what follows, a table repeats its head, a
 * paragraph leaves no single line behind. Texts are UTF-8 in any script; what they say is the caller's, who may free it
 * after the call. A block that cannot be made (no memory) is remembered and reported once, at the end.
 *
 * The same blocks give the same bytes: nothing of the clock or the machine goes in but the fonts, which are embedded.
 */
#ifndef REPORTS_PAPER_H
#define REPORTS_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

enum paper_size { PAPER_A4, PAPER_A5, PAPER_80MM };

bool paper_size_by_name(const char *name, enum paper_size *out); /* "a4" "a5" "80mm" */

struct paper_style {
    enum paper_size size;
    bool rtl;              /* right to left: columns and margins change sides */
    const char *language;  /* of most of the text, BCP 47; chooses shapes of shared characters */
    const char *title;     /* of the document, in its properties */
    const char *foot;      /* stands at the foot of every page, beside its number; NULL: none */
    const char *page_word; /* before the page's number: "页" */
    int64_t created_ms;    /* Unix ms, of the record: the document's date */
};

struct paper;

int paper_open(struct paper **out, const struct paper_style *style, struct err *err);
void paper_close(struct paper *p);

enum paper_text { PAPER_TITLE, PAPER_SUBTITLE, PAPER_HEADING, PAPER_BODY, PAPER_NOTE };

void paper_text(struct paper *p, enum paper_text kind, const char *text);
/* The same, its lines begun by an indent of two characters, as Chinese documents do. */
void paper_paragraph(struct paper *p, const char *text);
void paper_right(struct paper *p, const char *text); /* at the far end of the line: who issues it, and when */
void paper_space(struct paper *p, double points);
void paper_page_break(struct paper *p);

struct paper_field {
    const char *label, *label2; /* label2 in small: the second language; "" none */
    const char *value;          /* NULL: a line to write on */
};

/* Two columns, one on 80 mm paper; a long value takes the whole width. */
void paper_fields(struct paper *p, const struct paper_field *fields, size_t count);

enum { PAPER_COLUMNS_MAX = 12 };

struct paper_column {
    const char *title;
    double share; /* of the width */
    bool number;  /* stands at the far end of its column */
};

/* cells: row by row, NULL or "" empty. */
void paper_table(struct paper *p, const struct paper_column *columns, size_t columns_count, const char *const *cells,
                 size_t rows);

/* What a verdict looks like: its shape says the same as its colour and its word. */
enum paper_shape {
    PAPER_SHAPE_PASS,
    PAPER_SHAPE_FAIL,
    PAPER_SHAPE_SUSPECT,
    PAPER_SHAPE_INVALID,
    PAPER_SHAPE_ABORTED,
    PAPER_SHAPE_VOID
};

/* A banner: shape and word, the second language below, and what it rests on. */
void paper_banner(struct paper *p, enum paper_shape shape, const char *word, const char *word2, const char *basis);

struct paper_point {
    double t, value;
};

struct paper_span { /* shaded, with its number */
    double from, to;
    int number;
    bool counted;
};

struct paper_curve {
    const char *title, *unit, *time_unit;
    const struct paper_point *points;
    size_t points_count;
    const struct paper_span *spans;
    size_t spans_count;
    bool has_limit;
    double limit;
    const char *limit_label;
};

void paper_curve(struct paper *p, const struct paper_curve *curve);

/* One bar of a chart, or, in a chart of points, a point with its interval. */
struct paper_bar {
    const char *label;
    double value;
    double part;      /* as much of the bar stands out in another colour */
    double low, high; /* of a point */
    bool absent;      /* its place stays empty */
};

struct paper_bars {
    const char *title;
    const char *part_label; /* what stands out; NULL: nothing does */
    const struct paper_bar *bars;
    size_t count;
    bool points;
};

/* Values from 0 up, side by side; labels are left out where they would not fit. */
void paper_bars(struct paper *p, const struct paper_bars *bars);

struct paper_rate {
    const char *label, *text;
    double rate, low, high; /* of one scale from 0 up */
};

/* A row each: label, the interval with its point, the text that says the same in figures. */
void paper_rates(struct paper *p, const struct paper_rate *rates, size_t count);

/* JPEG files as they are, side by side with their captions; `jpeg` becomes the paper's, which frees it. */
struct paper_photo {
    uint8_t *jpeg;
    size_t size;
    int width, height; /* pixels */
    const char *caption;
};

void paper_photos(struct paper *p, const struct paper_photo *photos, size_t count);

/* A QR code of that text, at the far side, and beside it a column of lines; a line that is NULL is one to sign on,
 * after the words of the line before it. With code NULL the lines stand alone. ERR_INVALID at the end where the text is
 * longer than a code that 80 mm paper can show: see paper_code_fits. */
void paper_code(struct paper *p, const char *code, const char *const *lines, size_t count);
bool paper_code_fits(const char *code);

/* The PDF, malloc'ed. No block can be added after it. */
int paper_pdf(struct paper *p, uint8_t **pdf, size_t *size, struct err *err);

enum { PAPER_PICTURE_WIDTH = 576 }; /* dots of 80 mm paper */

struct paper_picture {
    uint8_t *bits; /* malloc'ed; 1 = black, most significant bit left, rows of PAPER_PICTURE_WIDTH / 8 bytes */
    size_t rows;
};

/* The picture of a document on 80 mm paper. */
int paper_draw(struct paper *p, struct paper_picture *out, struct err *err);

/* Characters that no font of this machine has, in what was added so far. */
int paper_missing(const struct paper *p);

#endif
