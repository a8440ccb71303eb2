/*
 * Tables as reports give them: what is counted is put into sheets once, and every way out (text, CSV, JSON, XLSX, PDF)
 * writes the same sheets. Numbers are kept as the text they are written with, so that every way out shows the same
 * digits; an empty cell is a value that is not there.
 */
#ifndef REPORTS_SHEET_H
#define REPORTS_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "station/core/err.h"
#include "station/core/json.h"

enum { SHEET_COLUMNS_MAX = 12, SHEETS_MAX = 24, SHEET_CELL_MAX = 512 };

enum sheet_type { SHEET_TEXT, SHEET_NUMBER };

/* Borrowed: from tables of the program. */
struct sheet_column {
    const char *key; /* in JSON and CSV: ASCII, snake_case */
    const char *zh, *en;
    enum sheet_type type;
};

struct sheet {
    const char *key, *zh, *en;
    const char *unit; /* of the first column, where it is a scale; "" otherwise */
    size_t columns_count;
    struct sheet_column columns[SHEET_COLUMNS_MAX];
    size_t chart; /* the column that a chart shows over the first one; 0: none */
    size_t rows_count, rows_room;
    char **cells; /* row after row */
};

struct sheets {
    size_t count;
    struct sheet items[SHEETS_MAX];
    bool failed; /* out of memory: nothing may be written */
};

/* A new empty sheet with those columns; never fails by itself (see `failed`). */
struct sheet *sheets_add(struct sheets *sheets, const char *key, const char *zh, const char *en,
                         const struct sheet_column *columns, size_t columns_count);
/* A row, cell after cell; NULL: empty. */
void sheet_row(struct sheets *sheets, struct sheet *sheet, const char *const *cells);
const char *sheet_cell(const struct sheet *sheet, size_t row, size_t column);
void sheets_close(struct sheets *sheets);

/* How many columns of a terminal the text takes: two for a Chinese character. */
size_t sheet_width(const char *text);

/* Titles and columns in both languages, aligned. */
int sheets_text(const struct sheets *sheets, FILE *out, struct err *err);
/* One CSV, sheet after sheet: a line with the sheet's title, the columns' names, the rows, an empty line. CR LF. */
int sheets_csv(const struct sheets *sheets, FILE *out, struct err *err);
/* Members of the object that is open: KEY: [{column: text …} …] in the order of the keys. */
void sheets_json(const struct sheets *sheets, struct json_writer *w);
/* A worksheet each, numbers as numbers, a chart where the sheet has one. `title` and `at` (Unix seconds) are the file's
 * properties: the same sheets give the same file. */
int sheets_xlsx(const struct sheets *sheets, const char *path, const char *title, int64_t at, struct err *err);

#endif
