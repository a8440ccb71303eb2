#include <stdlib.h>

#include "reports/paper_private.h"

enum { IN_A_ROW = 3 };

struct row {
    cairo_surface_t *photos[IN_A_ROW];
    PangoLayout *captions[IN_A_ROW];
    size_t count;
    double wide, tall; /* of a photo's place */
};

static void release_photo(void *photo)
{
    cairo_surface_destroy(photo);
}

/* A surface that a PDF shows by the JPEG's own bytes; its pixels are never drawn. */
static cairo_surface_t *surface_of(struct paper *p, const struct paper_photo *photo)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, photo->width, photo->height);
    if (cairo_surface_set_mime_data(surface, CAIRO_MIME_TYPE_JPEG, photo->jpeg, photo->size, free, photo->jpeg) !=
        CAIRO_STATUS_SUCCESS) {
        free(photo->jpeg);
        paper_fail(p, ERR_FAILED, "out of memory for the pages");
    }
    return paper_own(p, surface, release_photo);
}

static void draw_row(struct paper *p, const struct paper_unit *unit, double y)
{
    const struct row *row = unit->item;
    for (size_t i = 0; i < row->count; i++) {
        double w = cairo_image_surface_get_width(row->photos[i]), h = cairo_image_surface_get_height(row->photos[i]);
        double scale = row->wide / w < row->tall / h ? row->wide / w : row->tall / h;
        double x = paper_side(p, (double)i * (row->wide + p->font), row->wide);
        cairo_save(p->cr);
        cairo_translate(p->cr, x, y);
        cairo_scale(p->cr, scale, scale);
        cairo_set_source_surface(p->cr, row->photos[i], 0, 0);
        /* else the image says "interpolate", which PDF/A forbids */
        cairo_pattern_set_filter(cairo_get_source(p->cr), CAIRO_FILTER_NEAREST);
        cairo_rectangle(p->cr, 0, 0, w, h);
        cairo_fill(p->cr);
        cairo_restore(p->cr);
        if (row->captions[i])
            paper_show(p, row->captions[i], x, y + row->tall + 2, PAPER_INK_FAINT);
    }
}

static void add_row(struct paper *p, const struct paper_photo *photos, size_t count)
{
    struct row *row = paper_alloc(p, 1, sizeof *row);
    double caption = 0;
    if (!row) {
        for (size_t i = 0; i < count; i++)
            free(photos[i].jpeg);
        return;
    }
    row->count = count;
    row->wide = (p->width - (IN_A_ROW - 1) * p->font) / IN_A_ROW;
    row->tall = row->wide * 0.75;
    for (size_t i = 0; i < count; i++) {
        row->photos[i] = surface_of(p, &photos[i]);
        row->captions[i] = paper_layout(p, photos[i].caption, p->font * 0.8, row->wide);
        double tall = row->captions[i] ? paper_layout_height(row->captions[i]) : 0;
        caption = tall > caption ? tall : caption;
    }
    if (p->failure.code == ERR_NONE)
        paper_unit_add(p, row->tall + caption + p->font, draw_row, row);
}

void paper_photos(struct paper *p, const struct paper_photo *photos, size_t count)
{
    for (size_t i = 0; i < count; i += IN_A_ROW)
        add_row(p, photos + i, count - i < IN_A_ROW ? count - i : IN_A_ROW);
}
