#include "reports/sheet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/csv_writer.h"

struct sheet *sheets_add(struct sheets *sheets, const char *key, const char *zh, const char *en,
                         const struct sheet_column *columns, size_t columns_count)
{
    struct sheet *sheet = &sheets->items[sheets->count < SHEETS_MAX - 1 ? sheets->count++ : sheets->count];
    *sheet = (struct sheet){.key = key, .zh = zh, .en = en, .unit = "", .columns_count = columns_count};
    memcpy(sheet->columns, columns, columns_count * sizeof *columns);
    return sheet;
}

static bool grow(struct sheet *sheet)
{
    if (sheet->rows_count < sheet->rows_room)
        return true;
    size_t room = sheet->rows_room ? 2 * sheet->rows_room : 32;
    char **cells = realloc(sheet->cells, room * sheet->columns_count * sizeof *cells);
    if (!cells)
        return false;
    sheet->cells = cells;
    sheet->rows_room = room;
    return true;
}

void sheet_row(struct sheets *sheets, struct sheet *sheet, const char *const *cells)
{
    if (sheets->failed || !grow(sheet)) {
        sheets->failed = true;
        return;
    }
    char **row = sheet->cells + sheet->rows_count++ * sheet->columns_count;
    for (size_t i = 0; i < sheet->columns_count; i++) {
        row[i] = strdup(cells[i] ? cells[i] : "");
        sheets->failed |= !row[i];
    }
}

const char *sheet_cell(const struct sheet *sheet, size_t row, size_t column)
{
    return sheet->cells[row * sheet->columns_count + column];
}

void sheets_close(struct sheets *sheets)
{
    for (size_t i = 0; i < sheets->count; i++) {
        struct sheet *sheet = &sheets->items[i];
        for (size_t k = 0; k < sheet->rows_count * sheet->columns_count; k++)
            free(sheet->cells[k]);
        free(sheet->cells);
    }
    *sheets = (struct sheets){.count = 0};
}

static int finish(const struct sheets *sheets, FILE *out, struct err *err)
{
    if (sheets->failed)
        return err_set(err, ERR_FAILED, "out of memory");
    if (fflush(out) != 0 || ferror(out))
        return err_set(err, ERR_FAILED, "the report cannot be written: %s", strerror(errno));
    return 0;
}

/* ---- text ---- */

/* Code points from U+1100 on that East Asian fonts draw two columns wide, as far as reports use them. */
static bool is_wide(unsigned code)
{
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
           (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
           (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
           (code >= 0xffe0 && code <= 0xffe6);
}

size_t sheet_width(const char *text)
{
    size_t width = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t bytes = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        unsigned code = *p < 0x80 ? *p : *p & (0xffU >> (bytes + 1));
        for (size_t i = 1; i < bytes && p[i]; i++)
            code = code << 6 | (p[i] & 0x3fU);
        width += is_wide(code) ? 2 : 1;
        for (size_t i = 0; i < bytes && *p; i++)
            p++;
    }
    return width;
}

static void put_cell(FILE *out, const char *text, size_t width, enum sheet_type type, bool last)
{
    size_t blanks = width - sheet_width(text);
    if (type == SHEET_NUMBER)
        fprintf(out, "%*s%s%s", (int)blanks, "", text, last ? "\n" : "  ");
    else if (last)
        fprintf(out, "%s\n", text);
    else
        fprintf(out, "%s%*s", text, (int)blanks + 2, "");
}

static void text_of(const struct sheet *sheet, FILE *out)
{
    size_t widths[SHEET_COLUMNS_MAX];
    for (size_t c = 0; c < sheet->columns_count; c++) {
        size_t zh = sheet_width(sheet->columns[c].zh), en = sheet_width(sheet->columns[c].en);
        widths[c] = zh > en ? zh : en;
        for (size_t r = 0; r < sheet->rows_count; r++)
            if (sheet_width(sheet_cell(sheet, r, c)) > widths[c])
                widths[c] = sheet_width(sheet_cell(sheet, r, c));
    }
    fprintf(out, "\n%s  %s\n", sheet->zh, sheet->en);
    for (size_t c = 0; c < sheet->columns_count; c++)
        put_cell(out, sheet->columns[c].zh, widths[c], sheet->columns[c].type, c + 1 == sheet->columns_count);
    for (size_t c = 0; c < sheet->columns_count; c++)
        put_cell(out, sheet->columns[c].en, widths[c], sheet->columns[c].type, c + 1 == sheet->columns_count);
    for (size_t r = 0; r < sheet->rows_count; r++)
        for (size_t c = 0; c < sheet->columns_count; c++)
            put_cell(out, sheet_cell(sheet, r, c), widths[c], sheet->columns[c].type, c + 1 == sheet->columns_count);
}

int sheets_text(const struct sheets *sheets, FILE *out, struct err *err)
{
    for (size_t i = 0; i < sheets->count; i++)
        if (sheets->items[i].rows_count > 0)
            text_of(&sheets->items[i], out);
    return finish(sheets, out, err);
}

/* ---- CSV ---- */

static void put_line_end(struct csv_writer *out)
{
    csv_writer_bytes(out, "\r\n", 2);
}

static void csv_of(const struct sheet *sheet, struct csv_writer *out)
{
    csv_writer_text(out, sheet->zh);
    csv_writer_byte(out, ',');
    csv_writer_text(out, sheet->en);
    put_line_end(out);
    for (size_t c = 0; c < sheet->columns_count; c++) {
        char name[160];
        snprintf(name, sizeof name, "%s %s", sheet->columns[c].zh, sheet->columns[c].en);
        if (c > 0)
            csv_writer_byte(out, ',');
        csv_writer_text(out, name);
    }
    put_line_end(out);
    for (size_t r = 0; r < sheet->rows_count; r++) {
        for (size_t c = 0; c < sheet->columns_count; c++) {
            if (c > 0)
                csv_writer_byte(out, ',');
            csv_writer_text(out, sheet_cell(sheet, r, c));
        }
        put_line_end(out);
    }
    put_line_end(out);
}

int sheets_csv(const struct sheets *sheets, FILE *out, struct err *err)
{
    struct csv_writer writer;
    csv_writer_open(&writer, out);
    for (size_t i = 0; i < sheets->count; i++)
        if (sheets->items[i].rows_count > 0)
            csv_of(&sheets->items[i], &writer);
    csv_writer_flush(&writer);
    return finish(sheets, out, err);
}

/* ---- JSON ---- */

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct sheet *const *)a)->key, (*(const struct sheet *const *)b)->key);
}

static int column_by_key(const void *a, const void *b)
{
    return strcmp((*(const struct sheet_column *const *)a)->key, (*(const struct sheet_column *const *)b)->key);
}

static void json_of(const struct sheet *sheet, struct json_writer *w)
{
    const struct sheet_column *columns[SHEET_COLUMNS_MAX] = {NULL};
    for (size_t c = 0; c < sheet->columns_count; c++)
        columns[c] = &sheet->columns[c];
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
    qsort(columns, sheet->columns_count, sizeof columns[0], column_by_key);
    json_array_begin(w, sheet->key);
    for (size_t r = 0; r < sheet->rows_count; r++) {
        json_object_begin(w, NULL);
        for (size_t c = 0; c < sheet->columns_count; c++) {
            const char *cell = sheet_cell(sheet, r, (size_t)(columns[c] - sheet->columns));
            if (cell[0] == '\0')
                json_null(w, columns[c]->key);
            else if (columns[c]->type == SHEET_NUMBER && !strchr(cell, '.'))
                json_integer(w, columns[c]->key, strtoll(cell, NULL, 10));
            else
                json_string(w, columns[c]->key, cell);
        }
        json_object_end(w);
    }
    json_array_end(w);
}

void sheets_json(const struct sheets *sheets, struct json_writer *w)
{
    const struct sheet *sorted[SHEETS_MAX] = {NULL};
    for (size_t i = 0; i < sheets->count; i++)
        sorted[i] = &sheets->items[i];
    qsort(sorted, sheets->count, sizeof sorted[0], by_key); // NOLINT(bugprone-sizeof-expression): of pointers
    json_object_begin(w, "sheets");
    for (size_t i = 0; i < sheets->count; i++)
        json_of(sorted[i], w);
    json_object_end(w);
}
