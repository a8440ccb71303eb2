/* clang-format off */
/*
 * Columns of a table that another system wants, as data (the files of station/layouts/):
 *
 *     layout pinyin {
 *         title = "…"   source = "…"   status = unconfirmed
 *         column jlbh  { from = id }                                     what of the record: the words of layout.c
 *         column jcrq  { from = at  form = local }                       rfc3339, local (2026-07-01 09:30:00), compact
 *         column cpys  { from = colour  codes = {"blue=0", "yellow=1"} } what a code lacks stays empty
 *         column clsd  { reading = speed }                               what was measured or joined, if it is ok
 *         column cljsd { reading = acceleration  scale = 3.6 }           in the receiver's unit
 *         column hcco2 { reading = hc  per = co2  scale = 0.0001 }       a ratio of two readings, 6 decimals
 *         column btgxz { limit = opacity }                               what it was judged by
 *         column stage { fact = stage }                                  a fact of the vehicle
 *         column gasr  { }                                               a column that we have nothing for
 *     }
 *
 * A value that a record does not have is an empty cell.
 */
/* clang-format on */
#ifndef REPORTS_LAYOUT_H
#define REPORTS_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "reports/record.h"
#include "station/core/conf.h"
#include "station/core/err.h"
#include "station/core/quantity.h"

enum { LAYOUT_COLUMNS_MAX = 128, LAYOUT_CELL_MAX = 512, LAYOUT_FILE_MAX = 128 << 10, LAYOUT_NODES_MAX = 1024 };

enum layout_source { LAYOUT_EMPTY, LAYOUT_FROM, LAYOUT_READING, LAYOUT_LIMIT, LAYOUT_FACT };
enum layout_form { LAYOUT_RFC3339, LAYOUT_LOCAL, LAYOUT_COMPACT };

struct layout_column {
    const char *name;
    enum layout_source source;
    int from;                    /* of the words of layout.c */
    enum quantity quantity, per; /* per: divided by that reading; QUANTITY_COUNT: by none */
    const char *fact;
    enum layout_form form;
    struct decimal scale; /* digits 0, units 1: as it is */
    ptrdiff_t codes;      /* node of the file, or -1 */
};

struct layout {
    const char *title, *source, *status;
    size_t columns_count;
    struct layout_column columns[LAYOUT_COLUMNS_MAX];
    struct conf conf;
    struct conf_node nodes[LAYOUT_NODES_MAX];
    char *text; /* of the file; all names point into it */
};

/* Free with layout_close in every case. Errors are "file:line: …". */
int layout_open(struct layout *layout, const char *file, struct err *err);
void layout_close(struct layout *layout);

/* The cell of that column for a record, NUL-terminated; "" where it has none. Times in the zone. */
void layout_cell(const struct layout *layout, size_t column, const struct record *record, int offset_minutes,
                 char out[LAYOUT_CELL_MAX]);

#endif
