#include <qrencode.h>
#include <string.h>

#include "reports/paper_private.h"

enum {
    QUIET = 4,        /* modules of white around a code */
    VERSION_MAX = 29, /* 133 modules: at 80 mm a module is 4 dots, half a millimetre */
    UTF8_ECI = 26,
};

#define MODULE 1.0 /* points: 0.35 mm */

/* The code of that text with as much correction as it has room for. NULL: it is too long, or there is no memory. */
static QRcode *encode(const char *text)
{
    static const QRecLevel levels[] = {QR_ECLEVEL_M, QR_ECLEVEL_L};
    for (size_t i = 0; i < 2; i++) {
        QRinput *input = QRinput_new2(0, levels[i]);
        if (!input)
            return NULL;
        QRcode *code = NULL;
        if (QRinput_appendECIheader(input, UTF8_ECI) == 0 &&
            QRinput_append(input, QR_MODE_8, (int)strlen(text), (const unsigned char *)text) == 0)
            code = QRcode_encodeInput(input);
        QRinput_free(input);
        if (code && code->version <= VERSION_MAX)
            return code;
        QRcode_free(code);
    }
    return NULL;
}

bool paper_code_fits(const char *code)
{
    QRcode *made = encode(code);
    QRcode_free(made);
    return made != NULL;
}

struct block {
    QRcode *code;
    double module; /* points */
    size_t count;
    PangoLayout **lines; /* NULL: one to sign on */
    double text_wide, sign_tall;
};

static void release_code(void *code)
{
    QRcode_free(code);
}

/* The modules as an image of one bit each, shown without smoothing: a tenth of the bytes that rectangles would take. */
static cairo_surface_t *modules_of(const QRcode *code)
{
    cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, code->width, code->width);
    unsigned char *pixels = cairo_image_surface_get_data(mask);
    size_t stride = (size_t)cairo_image_surface_get_stride(mask), width = (size_t)code->width;
    if (!pixels)
        return mask; /* in an error state, which drawing takes over */
    cairo_surface_flush(mask);
    for (size_t y = 0; y < width; y++)
        for (size_t x = 0; x < width; x++)
            pixels[y * stride + x] = code->data[y * width + x] & 1 ? 0xFF : 0;
    cairo_surface_mark_dirty(mask);
    return mask;
}

static void draw_code(struct paper *p, const struct block *b, double x, double y)
{
    cairo_surface_t *mask = modules_of(b->code);
    cairo_pattern_t *pattern = cairo_pattern_create_for_surface(mask);
    cairo_pattern_set_filter(pattern, CAIRO_FILTER_NEAREST);
    cairo_save(p->cr);
    cairo_translate(p->cr, x, y);
    cairo_scale(p->cr, b->module, b->module);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
    cairo_mask(p->cr, pattern);
    cairo_restore(p->cr);
    cairo_pattern_destroy(pattern);
    cairo_surface_destroy(mask);
}

static void draw_block(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct block *b = unit->item;
    double at = y, code = b->code ? (b->code->width + 2 * QUIET) * b->module : 0;
    for (size_t i = 0; i < b->count; i++) {
        double x = paper_side(p, 0, b->text_wide);
        if (b->lines[i]) {
            paper_show(p, b->lines[i], x, at, PAPER_INK_TEXT);
            at += paper_layout_height(b->lines[i]) + p->font * 0.25;
        } else {
            at += b->sign_tall;
            paper_line(p, x, at, x + b->text_wide, at, 0.5, PAPER_INK_TEXT);
            at += p->font * 0.5;
        }
    }
    if (!b->code)
        return;
    bool below = p->style.size == PAPER_80MM;
    double x = below ? p->left + (p->width - code) / 2 : paper_side(p, p->width - code, code);
    if (p->mono) /* modules fall on whole dots */
        at = (double)(long)((at + p->font) / b->module) * b->module;
    draw_code(p, b, x + QUIET * b->module, (below ? at : y) + QUIET * b->module);
}

/* A printer's dot is 72 mm / 576; modules are whole dots there. */
static double module_of(const struct paper *p, int width)
{
    double dot = p->width / PAPER_PICTURE_WIDTH;
    int dots = PAPER_PICTURE_WIDTH / (width + 2 * QUIET);
    return p->style.size == PAPER_80MM ? (dots > 6 ? 6 : dots) * dot : MODULE;
}

static double lay_lines(struct paper *p, struct block *b, const char *const *lines)
{
    double height = 0;
    for (size_t i = 0; i < b->count; i++) {
        if (!lines[i]) {
            height += b->sign_tall + p->font * 0.5;
            continue;
        }
        b->lines[i] = paper_layout(p, lines[i], p->font * 0.95, b->text_wide);
        if (!b->lines[i])
            return 0;
        height += paper_layout_height(b->lines[i]) + p->font * 0.25;
    }
    return height;
}

void paper_code(struct paper *p, const char *code, const char *const *lines, size_t count)
{
    struct block *b = paper_alloc(p, 1, sizeof *b);
    if (!b)
        return;
    double side = 0;
    *b = (struct block){.count = count, .sign_tall = p->font * 2.2};
    b->lines = paper_alloc(p, count, sizeof(PangoLayout *));
    if (!b->lines)
        return;
    if (code) {
        QRcode *made = encode(code);
        if (!made) {
            paper_fail(p, ERR_INVALID, "the text is too long for a QR code that can be read from 80 mm paper");
            return;
        }
        b->code = paper_own(p, made, release_code);
        if (!b->code)
            return;
        b->module = module_of(p, b->code->width);
        side = (b->code->width + 2 * QUIET) * b->module;
    }
    bool below = p->style.size == PAPER_80MM;
    b->text_wide = below || !code ? p->width : p->width - side - p->font;
    double height = lay_lines(p, b, lines);
    if (below)
        height += side + (code ? 2 * p->font : 0);
    else
        height = height > side ? height : side;
    paper_unit_add(p, height, draw_block, b);
}
