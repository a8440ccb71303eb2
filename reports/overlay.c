#include "reports/overlay.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <pango/pangocairo.h>

enum {
    QUALITY = 90,
    SCANS_MAX = 100, /* a picture of more is made to take time, not to be seen */
    EXIF = JPEG_APP0 + 1,
    ORIENTATION = 0x0112,
    LINES_TO_WIDTH = 52, /* letters of the bar's text in the image's width */
};

/* libjpeg calls back when it gives up; we jump out, and what was opened is closed behind. */
struct catcher {
    struct jpeg_error_mgr base;
    struct jpeg_progress_mgr progress;
    jmp_buf out;
    char text[JMSG_LENGTH_MAX];
};

static void give_up(j_common_ptr info)
{
    struct catcher *c = (struct catcher *)info->err;
    info->err->format_message(info, c->text);
    longjmp(c->out, 1);
}

static void say_nothing(j_common_ptr info)
{
    (void)info;
}

static void watch_scans(j_common_ptr info)
{
    struct catcher *c = (struct catcher *)info->err;
    if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > SCANS_MAX) {
        snprintf(c->text, sizeof c->text, "more than %d scans", SCANS_MAX);
        longjmp(c->out, 1);
    }
}

static struct jpeg_error_mgr *catch_errors(struct catcher *c)
{
    struct jpeg_error_mgr *base = jpeg_std_error(&c->base);
    base->error_exit = give_up;
    base->output_message = say_nothing;
    c->progress = (struct jpeg_progress_mgr){.progress_monitor = watch_scans};
    return base;
}

/* ---- how the camera was held ---- */

static unsigned tiff_number(const uint8_t *at, bool little, unsigned bytes)
{
    unsigned value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[little ? bytes - 1 - i : i];
    return value;
}

/* Exif's orientation, 1 to 8; 1, upright, where there is none. */
static unsigned orientation(const struct jpeg_decompress_struct *d)
{
    for (jpeg_saved_marker_ptr m = d->marker_list; m; m = m->next) {
        if (m->marker != EXIF || m->data_length < 20 || memcmp(m->data, "Exif\0", 6) != 0)
            continue;
        const uint8_t *tiff = m->data + 6;
        size_t size = m->data_length - 6;
        bool little = tiff[0] == 'I';
        size_t at = tiff_number(tiff + 4, little, 4);
        if (at < 8 || at > size - 2)
            return 1;
        size_t count = tiff_number(tiff + at, little, 2);
        for (at += 2; count > 0 && size - at >= 12; count--, at += 12) {
            unsigned value = tiff_number(tiff + at + 8, little, 2);
            if (tiff_number(tiff + at, little, 2) == ORIENTATION)
                return value >= 1 && value <= 8 ? value : 1;
        }
    }
    return 1;
}

/* Stored pixels to upright ones, of an image that is w x h as it is stored. */
static void turn(unsigned how, double w, double h, cairo_matrix_t *m)
{
    switch (how) {
    case 2: cairo_matrix_init(m, -1, 0, 0, 1, w, 0); break;
    case 3: cairo_matrix_init(m, -1, 0, 0, -1, w, h); break;
    case 4: cairo_matrix_init(m, 1, 0, 0, -1, 0, h); break;
    case 5: cairo_matrix_init(m, 0, 1, 1, 0, 0, 0); break;
    case 6: cairo_matrix_init(m, 0, 1, -1, 0, h, 0); break;
    case 7: cairo_matrix_init(m, 0, -1, -1, 0, h, w); break;
    case 8: cairo_matrix_init(m, 0, -1, 1, 0, 0, w); break;
    default: cairo_matrix_init_identity(m); break;
    }
}

/* ---- decoding ---- */

/* Eighths, so that the longer side is at most `side`. */
static unsigned scale_of(unsigned width, unsigned height, unsigned side)
{
    unsigned longer = width > height ? width : height, eighths = 8;
    while (eighths > 1 && (longer * eighths + 7) / 8 > side)
        eighths--;
    return eighths;
}

struct decoding {
    struct jpeg_decompress_struct d;
    struct catcher catcher;
    cairo_surface_t *image;
    unsigned side; /* of the image, at most */
    unsigned held; /* how the camera was held */
};

static void decode(struct decoding *x, const uint8_t *jpeg, size_t size)
{
    struct jpeg_decompress_struct *d = &x->d;
    jpeg_mem_src(d, jpeg, (unsigned long)size);
    jpeg_save_markers(d, EXIF, 0xFFFF);
    jpeg_read_header(d, TRUE);
    if ((uint64_t)d->image_width * d->image_height > OVERLAY_PIXELS_MAX) {
        snprintf(x->catcher.text, sizeof x->catcher.text, "%u x %u pixels are too many", d->image_width,
                 d->image_height);
        longjmp(x->catcher.out, 1);
    }
    x->held = orientation(d);
    d->scale_num = scale_of(d->image_width, d->image_height, x->side);
    d->scale_denom = 8;
    d->out_color_space = JCS_EXT_BGRX; /* as cairo has it */
    jpeg_start_decompress(d);
    x->image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)d->output_width, (int)d->output_height);
    unsigned char *pixels = cairo_image_surface_get_data(x->image);
    size_t stride = (size_t)cairo_image_surface_get_stride(x->image);
    while (pixels && d->output_scanline < d->output_height) {
        JSAMPROW row = pixels + d->output_scanline * stride;
        jpeg_read_scanlines(d, &row, 1);
    }
    if (!pixels || d->err->num_warnings > 0) {
        snprintf(x->catcher.text, sizeof x->catcher.text, "%s", pixels ? "its data are damaged" : "out of memory");
        longjmp(x->catcher.out, 1);
    }
    jpeg_finish_decompress(d);
    cairo_surface_mark_dirty(x->image);
}

static bool try_decoding(struct decoding *x, const uint8_t *jpeg, size_t size)
{
    x->d.err = catch_errors(&x->catcher);
    if (setjmp(x->catcher.out) != 0)
        return false;
    jpeg_create_decompress(&x->d);
    x->d.progress = &x->catcher.progress;
    decode(x, jpeg, size);
    return true;
}

/* Leaves x->image to the caller, also when it fails. */
static int open_image(struct decoding *x, const uint8_t *jpeg, size_t size, struct err *err)
{
    bool done = try_decoding(x, jpeg, size);
    jpeg_destroy_decompress(&x->d);
    return done ? 0 : err_set(err, ERR_INVALID, "the picture cannot be copied: %s", x->catcher.text);
}

/* ---- drawing ---- */

static PangoLayout *layout_of(cairo_t *cr, const char *words, int width)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string("Sans");
    pango_font_description_set_absolute_size(font, PANGO_SCALE * (double)width / LINES_TO_WIDTH);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_width(layout, PANGO_SCALE * (width - width / 32));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, words, -1);
    pango_font_description_free(font);
    return layout;
}

static int bar_height(cairo_surface_t *any, const char *words, int width)
{
    int height = 0;
    cairo_t *cr = cairo_create(any);
    PangoLayout *layout = layout_of(cr, words, width);
    pango_layout_get_pixel_size(layout, NULL, &height);
    g_object_unref(layout);
    cairo_destroy(cr);
    return height + width / 32;
}

static void draw_words(cairo_t *cr, const char *words, int width, int height)
{
    PangoLayout *layout = layout_of(cr, words, width);
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_move_to(cr, width / 64.0, height + width / 64.0);
    pango_cairo_show_layout(cr, layout);
    g_object_unref(layout);
}

/* The image, upright, and below it the bar where there are words. */
static cairo_surface_t *draw(const struct decoding *x, const char *words)
{
    int w = cairo_image_surface_get_width(x->image), h = cairo_image_surface_get_height(x->image);
    bool lies = x->held >= 5;
    int width = lies ? h : w, height = lies ? w : h, bar = words ? bar_height(x->image, words, width) : 0;
    cairo_surface_t *sheet = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height + bar);
    cairo_t *cr = cairo_create(sheet);
    cairo_matrix_t upright;
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_save(cr);
    turn(x->held, w, h, &upright);
    cairo_transform(cr, &upright);
    cairo_set_source_surface(cr, x->image, 0, 0);
    cairo_paint(cr);
    cairo_restore(cr);
    if (words)
        draw_words(cr, words, width, height);
    cairo_destroy(cr);
    cairo_surface_flush(sheet);
    return sheet;
}

/* ---- encoding ---- */

struct encoding_state {
    struct jpeg_compress_struct c;
    struct catcher catcher;
    unsigned char *bytes;
    unsigned long size;
    unsigned char *row; /* libjpeg takes no const rows */
};

static void encode(struct encoding_state *x, cairo_surface_t *sheet, const char *derived_from)
{
    struct jpeg_compress_struct *c = &x->c;
    const unsigned char *pixels = cairo_image_surface_get_data(sheet);
    size_t stride = (size_t)cairo_image_surface_get_stride(sheet);
    jpeg_mem_dest(c, &x->bytes, &x->size);
    c->image_width = (JDIMENSION)cairo_image_surface_get_width(sheet);
    c->image_height = (JDIMENSION)cairo_image_surface_get_height(sheet);
    c->input_components = 4;
    c->in_color_space = JCS_EXT_BGRX;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, QUALITY, TRUE);
    jpeg_start_compress(c, TRUE);
    if (derived_from)
        jpeg_write_marker(c, JPEG_COM, (const JOCTET *)derived_from, (unsigned)strlen(derived_from));
    while (c->next_scanline < c->image_height) {
        memcpy(x->row, pixels + c->next_scanline * stride, stride);
        jpeg_write_scanlines(c, &x->row, 1);
    }
    jpeg_finish_compress(c);
}

static bool try_encoding(struct encoding_state *x, cairo_surface_t *sheet, const char *derived_from)
{
    x->c.err = catch_errors(&x->catcher);
    if (setjmp(x->catcher.out) != 0)
        return false;
    jpeg_create_compress(&x->c);
    encode(x, sheet, derived_from);
    return true;
}

static int make_jpeg(cairo_surface_t *sheet, const char *derived_from, uint8_t **out, size_t *out_size, struct err *err)
{
    struct encoding_state *x = calloc(1, sizeof *x);
    if (!x || !(x->row = malloc((size_t)cairo_image_surface_get_stride(sheet)))) {
        free(x);
        return err_set(err, ERR_FAILED, "out of memory");
    }
    bool done = try_encoding(x, sheet, derived_from);
    jpeg_destroy_compress(&x->c);
    if (done) {
        *out = x->bytes;
        *out_size = (size_t)x->size;
    } else {
        err_set(err, ERR_FAILED, "the copy cannot be written: %s", x->catcher.text);
        free(x->bytes);
    }
    free(x->row);
    free(x);
    return done ? 0 : -1;
}

/* words, derived_from: NULL without. width, height: NULL where nobody asks. */
static int copy(const uint8_t *jpeg, size_t size, unsigned side, const char *words, const char *derived_from,
                uint8_t **out, size_t *out_size, int *width, int *height, struct err *err)
{
    struct decoding *x = calloc(1, sizeof *x);
    *out = NULL;
    if (!x)
        return err_set(err, ERR_FAILED, "out of memory");
    x->side = side;
    int result = open_image(x, jpeg, size, err);
    if (result == 0) {
        cairo_surface_t *sheet = draw(x, words);
        result = cairo_surface_status(sheet) == CAIRO_STATUS_SUCCESS
                     ? make_jpeg(sheet, derived_from, out, out_size, err)
                     : err_set(err, ERR_FAILED, "the copy cannot be drawn: %s",
                               cairo_status_to_string(cairo_surface_status(sheet)));
        if (width && height) {
            *width = cairo_image_surface_get_width(sheet);
            *height = cairo_image_surface_get_height(sheet);
        }
        cairo_surface_destroy(sheet);
    }
    if (x->image)
        cairo_surface_destroy(x->image);
    free(x);
    return result;
}

int overlay_make(const uint8_t *jpeg, size_t size, const char *words, const char *derived_from, uint8_t **out,
                 size_t *out_size, struct err *err)
{
    return copy(jpeg, size, OVERLAY_SIDE_MAX, words, derived_from, out, out_size, NULL, NULL, err);
}

int overlay_small(const uint8_t *jpeg, size_t size, unsigned side, uint8_t **out, size_t *out_size, int *width,
                  int *height, struct err *err)
{
    return copy(jpeg, size, side, NULL, NULL, out, out_size, width, height, err);
}
