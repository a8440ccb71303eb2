#include "reports/paper_private.h"

#include <cairo-pdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/pdfa.h"
#include "station/core/civil.h"

#define FAMILIES "WenQuanYi Micro Hei,DejaVu Sans"
#define CREATOR "smogd " SMOGD_VERSION
#define POINTS_PER_MM (72.0 / 25.4)
#define DOTS_PER_POINT (PAPER_PICTURE_WIDTH / (72 * POINTS_PER_MM)) /* the printer's line is 72 mm */

enum {
    ROWS_MAX = 7000, /* of a picture: what smogd takes is 512 KiB */
    DARK = 128,
};

struct paper_owned {
    void *what;
    void (*release)(void *);
};

bool paper_size_by_name(const char *name, enum paper_size *out)
{
    static const char *const names[] = {"a4", "a5", "80mm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum paper_size)i;
            return true;
        }
    return false;
}

/* ---- memory ---- */

void paper_fail(struct paper *p, enum err_code code, const char *text)
{
    if (p->failure.code == ERR_NONE)
        err_set(&p->failure, code, "%s", text);
}

/* Room for one more element; false after a failure. */
static bool grow(struct paper *p, void **array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 64;
    void *larger = realloc(*array, more * size);
    if (!larger) {
        paper_fail(p, ERR_FAILED, "out of memory for the pages");
        return false;
    }
    *array = larger;
    *room = more;
    return true;
}

void *paper_own(struct paper *p, void *what, void (*release)(void *))
{
    void *array = p->owned;
    if (!what) {
        paper_fail(p, ERR_FAILED, "out of memory for the pages");
        return NULL;
    }
    if (!grow(p, &array, p->owned_count, &p->owned_room, sizeof *p->owned)) {
        release(what);
        return NULL;
    }
    p->owned = array;
    p->owned[p->owned_count++] = (struct paper_owned){what, release};
    return what;
}

void *paper_alloc(struct paper *p, size_t count, size_t size)
{
    return paper_own(p, calloc(count ? count : 1, size), free);
}

struct paper_unit *paper_unit_add(struct paper *p, double height,
                                  void (*draw)(struct paper *p, const struct paper_unit *unit, double y), void *item)
{
    void *array = p->units;
    if (p->failure.code != ERR_NONE || !grow(p, &array, p->units_count, &p->units_room, sizeof *p->units))
        return NULL;
    p->units = array;
    struct paper_unit *unit = &p->units[p->units_count++];
    *unit = (struct paper_unit){.height = height, .draw = draw, .item = item};
    return unit;
}

/* ---- inks and lines ---- */

void paper_ink(struct paper *p, enum paper_ink ink)
{
    static const double inks[][3] = {
        [PAPER_INK_TEXT] = {0.07, 0.09, 0.12},  [PAPER_INK_FAINT] = {0.35, 0.38, 0.42},
        [PAPER_INK_LINE] = {0.62, 0.65, 0.69},  [PAPER_INK_SHADE] = {0.93, 0.94, 0.96},
        [PAPER_INK_GREEN] = {0.05, 0.45, 0.22}, [PAPER_INK_RED] = {0.73, 0.08, 0.10},
        [PAPER_INK_AMBER] = {0.72, 0.40, 0.00}, [PAPER_INK_GREY] = {0.35, 0.38, 0.42},
        [PAPER_INK_BLUE] = {0.05, 0.25, 0.55},  [PAPER_INK_BAR] = {0.55, 0.66, 0.80},
        [PAPER_INK_WHITE] = {1, 1, 1},
    };
    bool light = ink == PAPER_INK_WHITE || (p->mono && ink == PAPER_INK_SHADE);
    if (p->mono)
        cairo_set_source_rgb(p->cr, light, light, light);
    else
        cairo_set_source_rgb(p->cr, inks[ink][0], inks[ink][1], inks[ink][2]);
}

double paper_side(const struct paper *p, double from, double width)
{
    return p->left + (p->style.rtl ? p->width - from - width : from);
}

void paper_line(struct paper *p, double x1, double y1, double x2, double y2, double thickness, enum paper_ink ink)
{
    paper_ink(p, ink);
    cairo_set_line_width(p->cr, p->mono && thickness < 0.6 ? 0.6 : thickness);
    cairo_move_to(p->cr, x1, y1);
    cairo_line_to(p->cr, x2, y2);
    cairo_stroke(p->cr);
}

double paper_step(double range, int most)
{
    double power = pow(10, floor(log10(range / most)));
    while (range / power > most) {
        double next = power * 2;
        double digit = power / pow(10, floor(log10(power) + 1e-9));
        if (digit > 1.5 && digit < 3)
            next = power * 2.5;
        power = next;
    }
    return power;
}

/* ---- layouts ---- */

PangoLayout *paper_layout(struct paper *p, const char *text, double font, double width)
{
    if (p->failure.code != ERR_NONE)
        return NULL;
    PangoLayout *layout = paper_own(p, pango_layout_new(p->context), g_object_unref);
    if (!layout)
        return NULL;
    PangoFontDescription *description = pango_font_description_from_string(FAMILIES);
    pango_font_description_set_absolute_size(description, font * PANGO_SCALE);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    if (width >= 0)
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_attributes(layout, p->plain);
    pango_layout_set_text(layout, text ? text : "", -1);
    paper_align(p, layout, false);
    p->missing += pango_layout_get_unknown_glyphs_count(layout);
    return layout;
}

/* Pango's "left" is the side where the text's own script begins. */
void paper_align(struct paper *p, PangoLayout *layout, bool far)
{
    bool rtl = pango_layout_get_direction(layout, 0) == PANGO_DIRECTION_RTL;
    bool end = far != (rtl != p->style.rtl);
    pango_layout_set_alignment(layout, end ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
}

double paper_layout_height(PangoLayout *layout)
{
    int height = 0;
    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

double paper_layout_width(PangoLayout *layout)
{
    int width = 0;
    pango_layout_get_size(layout, &width, NULL);
    return (double)width / PANGO_SCALE;
}

void paper_show(struct paper *p, PangoLayout *layout, double x, double y, enum paper_ink ink)
{
    paper_ink(p, ink);
    cairo_move_to(p->cr, x, y);
    pango_cairo_show_layout(p->cr, layout);
}

int paper_missing(const struct paper *p)
{
    return p->missing;
}

/* ---- opening ---- */

static void set_measures(struct paper *p)
{
    static const struct {
        double width, height, side, top, bottom, font;
    } sizes[] = {
        [PAPER_A4] = {210, 297, 19, 15, 17, 9.6},
        [PAPER_A5] = {148, 210, 10, 7, 10, 7.6},
        [PAPER_80MM] = {80, 0, 4, 3, 6, 8.5},
    };
    enum paper_size size = p->style.size;
    p->page_width = sizes[size].width * POINTS_PER_MM;
    p->page_height = sizes[size].height * POINTS_PER_MM; /* of 80 mm paper: once it is known */
    p->left = sizes[size].side * POINTS_PER_MM;
    p->width = p->page_width - 2 * p->left;
    p->top = sizes[size].top * POINTS_PER_MM;
    p->bottom = sizes[size].bottom * POINTS_PER_MM;
    p->font = sizes[size].font;
    p->mono = size == PAPER_80MM;
}

static cairo_status_t take_bytes(void *ctx, const unsigned char *data, unsigned length)
{
    struct paper *p = ctx;
    if (p->pdf_size + length > p->pdf_room) {
        size_t room = 2 * p->pdf_room + length;
        uint8_t *larger = realloc(p->pdf, room);
        if (!larger)
            return CAIRO_STATUS_NO_MEMORY;
        p->pdf = larger;
        p->pdf_room = room;
    }
    memcpy(p->pdf + p->pdf_size, data, length);
    p->pdf_size += length;
    return CAIRO_STATUS_SUCCESS;
}

/* The document's date, without milliseconds, which a PDF has no place for. */
static void date_text(const struct paper *p, char out[CIVIL_TIME_TEXT_MAX])
{
    civil_time_format(p->style.created_ms, 0, out);
    memcpy(out + 19, "Z", sizeof "Z");
}

static cairo_surface_t *make_surface(struct paper *p)
{
    char date[CIVIL_TIME_TEXT_MAX];
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(take_bytes, p, p->page_width, p->page_height > 0 ? p->page_height : 72);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    date_text(p, date);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, p->style.title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, CREATOR);
    return surface;
}

/* Text is laid out where it will be drawn, without hinting, so that it is as wide there as it was measured. */
static PangoContext *make_context(struct paper *p, cairo_t *cr)
{
    PangoContext *context = pango_cairo_create_context(cr);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string(p->style.language));
    pango_context_set_base_dir(context, PANGO_DIRECTION_WEAK_LTR); /* of what has none, such as numbers */
    return context;
}

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

int paper_open(struct paper **out, const struct paper_style *style, struct err *err)
{
    struct paper *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, ERR_FAILED, "out of memory for the pages");
    p->style = *style;
    p->title = copy_of(style->title);
    p->foot = copy_of(style->foot);
    p->page_word = copy_of(style->page_word);
    set_measures(p);
    p->surface = make_surface(p);
    p->cr = cairo_create(p->surface);
    p->context = make_context(p, p->cr);
    p->plain = pango_attr_list_new();
    pango_attr_list_insert(p->plain, pango_attr_insert_hyphens_new(FALSE)); /* one in a number would belong to it */
    if (!p->title || (style->foot && !p->foot) || cairo_status(p->cr) != CAIRO_STATUS_SUCCESS) {
        paper_close(p);
        return err_set(err, ERR_FAILED, "the pages cannot be begun: out of memory");
    }
    *out = p;
    return 0;
}

void paper_close(struct paper *p)
{
    if (!p)
        return;
    while (p->owned_count > 0) {
        struct paper_owned *last = &p->owned[--p->owned_count];
        last->release(last->what);
    }
    g_clear_object(&p->context);
    g_clear_pointer(&p->plain, pango_attr_list_unref);
    cairo_destroy(p->cr);
    cairo_surface_destroy(p->surface);
    free(p->owned);
    free(p->units);
    free(p->title);
    free(p->foot);
    free(p->page_word);
    free(p->pdf);
    free(p);
}

/* ---- the flow ---- */

struct flow {
    bool draw;
    int page, pages; /* pages: how many there are, once that is known */
    double y;
};

static void draw_foot(struct paper *p, const struct flow *f)
{
    char number[64];
    double y = p->page_height - p->bottom + 4;
    if (p->style.size == PAPER_80MM)
        return;
    snprintf(number, sizeof number, "%s%s%d / %d", p->page_word ? p->page_word : "", p->page_word ? " " : "", f->page,
             f->pages);
    PangoLayout *right = paper_layout(p, number, p->font * 0.8, -1);
    if (!right)
        return;
    double wide = paper_layout_width(right);
    paper_line(p, p->left, y, p->left + p->width, y, 0.4, PAPER_INK_LINE);
    paper_show(p, right, paper_side(p, p->width - wide, wide), y + 2, PAPER_INK_FAINT);
    PangoLayout *left = p->foot ? paper_layout(p, p->foot, p->font * 0.8, p->width - wide - 8) : NULL;
    if (left) {
        pango_layout_set_height(left, -1);
        pango_layout_set_ellipsize(left, PANGO_ELLIPSIZE_END);
        paper_show(p, left, paper_side(p, 0, p->width - wide - 8), y + 2, PAPER_INK_FAINT);
    }
}

static void end_page(struct paper *p, struct flow *f)
{
    if (f->draw) {
        draw_foot(p, f);
        cairo_show_page(p->cr);
    }
    f->page++;
    f->y = p->top;
}

static void place(struct paper *p, struct flow *f, const struct paper_unit *unit)
{
    if (f->draw && unit->draw)
        unit->draw(p, unit, f->y);
    f->y += unit->height;
}

/* Units first … the one returned belong together, as far as a page has room for them. */
static size_t group_end(const struct paper *p, size_t first, double *height)
{
    double room = p->page_height > 0 ? p->page_height - p->bottom - p->top : HUGE_VAL;
    size_t last = first;
    *height = p->units[first].height;
    while (p->units[last].keep && last + 1 < p->units_count && *height + p->units[last + 1].height <= room)
        *height += p->units[++last].height;
    return last;
}

/* Curves become lower where everything then stands on one page. */
static void fit_page(struct paper *p)
{
    double height = 0, give = 0, room = p->page_height - p->bottom - p->top;
    for (size_t i = 0; i < p->units_count; i++) {
        height += p->units[i].height;
        give += p->units[i].give;
    }
    double over = height - room;
    if (p->page_height <= 0 || over <= 0 || over > give)
        return;
    for (size_t i = 0; i < p->units_count; i++)
        p->units[i].height -= (over + 0.01) * p->units[i].give / give; /* a hair more, against rounding */
}

/* Places, or with f->draw draws, everything; ends with the last page. */
static void run_flow(struct paper *p, struct flow *f)
{
    double height;
    f->page = 1;
    f->y = p->top;
    for (size_t i = 0; i < p->units_count;) {
        size_t last = group_end(p, i, &height);
        bool begins = f->y == p->top;
        if (p->page_height > 0 && !begins && f->y + height > p->page_height - p->bottom) {
            end_page(p, f);
            begins = true;
            if (p->units[i].head > 0)
                place(p, f, &p->units[p->units[i].head - 1]);
        }
        for (; i <= last; i++) {
            const struct paper_unit *unit = &p->units[i];
            if (!(unit->gap && begins && f->y == p->top))
                place(p, f, unit);
            if (unit->turn && i + 1 < p->units_count)
                end_page(p, f);
        }
    }
}

static int check(const struct paper *p, struct err *err)
{
    if (p->failure.code != ERR_NONE)
        return err_set(err, p->failure.code, "%s", p->failure.text);
    if (cairo_status(p->cr) != CAIRO_STATUS_SUCCESS)
        return err_set(err, ERR_FAILED, "the pages cannot be drawn: %s", cairo_status_to_string(cairo_status(p->cr)));
    return 0;
}

/* A later cairo's file that pdfa.h does not understand stays an ordinary PDF. False: out of memory. */
static bool make_archival(struct paper *p)
{
    char created[CIVIL_TIME_TEXT_MAX], producer[64];
    size_t length = 0;
    date_text(p, created);
    snprintf(producer, sizeof producer, "cairo %s (https://cairographics.org)", cairo_version_string());
    const struct pdfa about = {.title = p->title, .creator = CREATOR, .producer = producer, .created = created};
    uint8_t *more = pdfa_update(p->pdf, p->pdf_size, &about, &length);
    bool good = !more || take_bytes(p, more, (unsigned)length) == CAIRO_STATUS_SUCCESS;
    free(more);
    return good;
}

int paper_pdf(struct paper *p, uint8_t **pdf, size_t *size, struct err *err)
{
    struct flow f = {0};
    if (check(p, err) != 0)
        return -1;
    fit_page(p);
    run_flow(p, &f);
    f.pages = f.page;
    if (p->style.size == PAPER_80MM) {
        p->page_height = f.y + p->bottom;
        cairo_pdf_surface_set_size(p->surface, p->page_width, p->page_height);
    }
    f.draw = true;
    run_flow(p, &f);
    draw_foot(p, &f);
    cairo_show_page(p->cr);
    if (check(p, err) != 0)
        return -1;
    cairo_surface_finish(p->surface);
    if (cairo_surface_status(p->surface) != CAIRO_STATUS_SUCCESS || !p->pdf || !make_archival(p))
        return err_set(err, ERR_FAILED, "the PDF cannot be written: out of memory");
    *pdf = p->pdf;
    *size = p->pdf_size;
    p->pdf = NULL;
    return 0;
}

/* ---- the picture ---- */

static int collect(cairo_surface_t *surface, struct paper_picture *out, struct err *err)
{
    enum { ROW = PAPER_PICTURE_WIDTH / 8 };
    out->bits = calloc(out->rows, ROW);
    if (!out->bits)
        return err_set(err, ERR_FAILED, "out of memory for a picture of %zu rows", out->rows);
    cairo_surface_flush(surface);
    const unsigned char *pixels = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (size_t y = 0; y < out->rows; y++)
        for (size_t x = 0; x < PAPER_PICTURE_WIDTH; x++) /* grey: one of the three colours is enough */
            if (pixels[y * stride + 4 * x] < DARK)
                out->bits[y * ROW + x / 8] |= (uint8_t)(0x80U >> (x % 8));
    return 0;
}

int paper_draw(struct paper *p, struct paper_picture *out, struct err *err)
{
    struct flow f = {0};
    if (check(p, err) != 0)
        return -1;
    if (p->style.size != PAPER_80MM)
        return err_set(err, ERR_INVALID, "a receipt printer takes pages of 80mm");
    run_flow(p, &f);
    out->rows = (size_t)((f.y + p->bottom) * DOTS_PER_POINT);
    if (out->rows > ROWS_MAX)
        return err_set(err, ERR_FAILED, "the slip is %zu dots long; at most %d can be printed", out->rows, ROWS_MAX);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, PAPER_PICTURE_WIDTH, (int)out->rows);
    cairo_t *cr = cairo_create(surface), *pages = p->cr;
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_scale(cr, DOTS_PER_POINT, DOTS_PER_POINT);
    cairo_translate(cr, -p->left, 0);
    p->cr = cr;
    f.draw = true;
    run_flow(p, &f);
    p->cr = pages;
    int result = cairo_status(cr) == CAIRO_STATUS_SUCCESS ? collect(surface, out, err)
                                                          : err_set(err, ERR_FAILED, "the picture cannot be drawn: %s",
                                                                    cairo_status_to_string(cairo_status(cr)));
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return result;
}
