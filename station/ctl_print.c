/* print: the slip as a picture for the receipt printer, which knows no Chinese; smogd hands it on. */
#include <openssl/evp.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/ctl.h"

enum {
    WIDTH = 576, /* dots of 80 mm paper */
    ROW = WIDTH / 8,
    ROWS_MAX = 7000, /* what smogd takes: 512 KiB */
    FONT_DOTS = 22,
    BLACK = 128,
    PIECE = 9 << 10, /* bytes of a piece, which travels as Base64 in a line of the control socket */
};

struct picture {
    uint8_t *bits; /* 1 = black, most significant bit left */
    size_t rows;
};

static void collect(struct picture *picture, cairo_surface_t *surface)
{
    const unsigned char *grey = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (size_t y = 0; y < picture->rows; y++)
        for (size_t x = 0; x < WIDTH; x++)
            if (grey[y * stride + x] >= BLACK)
                picture->bits[y * ROW + x / 8] |= (uint8_t)(0x80U >> (x % 8));
}

/* A layout of the text on that surface. */
static PangoLayout *lay_out(cairo_t *cairo, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string("Monospace");
    pango_font_description_set_absolute_size(font, FONT_DOTS * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_width(layout, WIDTH * PANGO_SCALE);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    pango_font_description_free(font);
    return layout;
}

static int measure(const char *text)
{
    int width = 0, height = 0;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cairo = cairo_create(surface);
    PangoLayout *layout = lay_out(cairo, text);
    pango_layout_get_pixel_size(layout, &width, &height);
    g_object_unref(layout);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return height;
}

static int draw(struct picture *picture, const char *text, struct err *err)
{
    int rows = measure(text);
    if (rows < 1 || rows > ROWS_MAX)
        return err_set(err, ERR_FAILED, "the slip is %d dots long; at most %d can be printed", rows, ROWS_MAX);
    picture->rows = (size_t)rows;
    picture->bits = calloc(picture->rows, ROW);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, WIDTH, rows);
    cairo_t *cairo = cairo_create(surface);
    bool good = picture->bits && cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
    if (good) {
        PangoLayout *layout = lay_out(cairo, text);
        if (pango_layout_get_unknown_glyphs_count(layout) > 0)
            fprintf(stderr, "smogctl: no font here has all characters of the slip; install one with Chinese, "
                            "such as fonts-wqy-microhei\n");
        pango_cairo_show_layout(cairo, layout);
        g_object_unref(layout);
        cairo_surface_flush(surface);
        collect(picture, surface);
    }
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return good ? 0 : err_set(err, ERR_FAILED, "out of memory for a picture of %d rows", rows);
}

static int send_piece(struct ctl *ctl, const char *name, const struct picture *picture, size_t first, struct err *err)
{
    size_t whole = picture->rows * ROW, length = whole - first < PIECE ? whole - first : PIECE;
    char *text = malloc(length / 3 * 4 + 8);
    if (!text)
        return err_set(err, ERR_FAILED, "out of memory");
    EVP_EncodeBlock((unsigned char *)text, picture->bits + first, (int)length);
    struct entries arguments = {0};
    entries_text(&arguments, "data", text);
    entries_integer(&arguments, "first", (int64_t)first);
    entries_bool(&arguments, "last", first + length == whole);
    entries_text(&arguments, "name", name);
    entries_integer(&arguments, "width", ROW);
    int result = ctl_call(ctl, "print", &arguments, err);
    free(text);
    return result;
}

static int print(struct ctl *ctl, const char *text, struct err *err)
{
    struct picture picture = {0};
    int result = draw(&picture, text, err);
    for (size_t first = 0; result == 0 && first < picture.rows * ROW; first += PIECE)
        result = send_piece(ctl, ctl->instrument ? ctl->instrument : "printer", &picture, first, err);
    free(picture.bits);
    return result;
}

int ctl_print(struct ctl *ctl, struct err *err)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = ctl_slip_of(ctl, ctl->words[0], out, err);
    fclose(out);
    if (result == 0)
        result = print(ctl, text, err);
    free(text);
    return result == 0 && ctl->json ? ctl_print_line(ctl) : result;
}
