/* Sheets as an XLSX workbook, by libxlsxwriter. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#include "reports/sheet.h"

struct formats {
    lxw_format *title, *head, *number, *decimal, *text;
};

static struct formats make_formats(lxw_workbook *book)
{
    struct formats f = {.title = workbook_add_format(book),
                        .head = workbook_add_format(book),
                        .number = workbook_add_format(book),
                        .decimal = workbook_add_format(book),
                        .text = workbook_add_format(book)};
    format_set_bold(f.title);
    format_set_font_size(f.title, 14);
    format_set_bold(f.head);
    format_set_text_wrap(f.head);
    format_set_bottom(f.head, LXW_BORDER_THIN);
    format_set_num_format(f.number, "#,##0");
    format_set_num_format(f.decimal, "0.00");
    return f;
}

/* A number stays one, with the digits that it is written with. */
static void put(lxw_worksheet *page, lxw_row_t row, lxw_col_t column, enum sheet_type type, const char *cell,
                const struct formats *f)
{
    char *end = NULL;
    double number = type == SHEET_NUMBER && cell[0] ? strtod(cell, &end) : 0;
    if (end && *end == '\0')
        worksheet_write_number(page, row, column, number, strchr(cell, '.') ? f->decimal : f->number);
    else if (cell[0])
        worksheet_write_string(page, row, column, cell, f->text);
}

enum { FIRST_ROW = 2, CHART_GAP = 1 };

static void add_chart(lxw_workbook *book, lxw_worksheet *page, const struct sheet *sheet)
{
    lxw_chart *chart = workbook_add_chart(book, LXW_CHART_COLUMN);
    lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
    lxw_row_t last = (lxw_row_t)(FIRST_ROW + sheet->rows_count - 1);
    chart_series_set_categories(series, sheet->key, FIRST_ROW, 0, last, 0);
    chart_series_set_values(series, sheet->key, FIRST_ROW, (lxw_col_t)sheet->chart, last, (lxw_col_t)sheet->chart);
    chart_series_set_name(series, sheet->columns[sheet->chart].zh);
    chart_title_set_name(chart, sheet->zh);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    worksheet_insert_chart(page, FIRST_ROW - 1, (lxw_col_t)(sheet->columns_count + CHART_GAP), chart);
}

static void fill(lxw_workbook *book, lxw_worksheet *page, const struct sheet *sheet, const struct formats *f)
{
    char name[160];
    snprintf(name, sizeof name, "%s  %s", sheet->zh, sheet->en);
    worksheet_write_string(page, 0, 0, name, f->title);
    for (size_t c = 0; c < sheet->columns_count; c++) {
        size_t width = sheet_width(sheet->columns[c].zh);
        snprintf(name, sizeof name, "%s\n%s", sheet->columns[c].zh, sheet->columns[c].en);
        worksheet_write_string(page, FIRST_ROW - 1, (lxw_col_t)c, name, f->head);
        for (size_t r = 0; r < sheet->rows_count; r++) {
            const char *cell = sheet_cell(sheet, r, c);
            put(page, (lxw_row_t)(FIRST_ROW + r), (lxw_col_t)c, sheet->columns[c].type, cell, f);
            if (sheet_width(cell) > width)
                width = sheet_width(cell);
        }
        worksheet_set_column(page, (lxw_col_t)c, (lxw_col_t)c, width > 60 ? 62.0 : (double)width + 4, NULL);
    }
    worksheet_freeze_panes(page, FIRST_ROW, 0);
    if (sheet->chart > 0)
        add_chart(book, page, sheet);
}

int sheets_xlsx(const struct sheets *sheets, const char *path, const char *title, int64_t at, struct err *err)
{
    if (sheets->failed)
        return err_set(err, ERR_FAILED, "out of memory");
    lxw_workbook *book = workbook_new(path);
    if (!book)
        return err_set(err, ERR_FAILED, "%s: out of memory", path);
    lxw_doc_properties properties = {.created = (time_t)at};
    char name[256];
    snprintf(name, sizeof name, "%s", title);
    properties.title = name;
    workbook_set_properties(book, &properties);
    struct formats f = make_formats(book);
    for (size_t i = 0; i < sheets->count; i++)
        if (sheets->items[i].rows_count > 0)
            fill(book, workbook_add_worksheet(book, sheets->items[i].key), &sheets->items[i], &f);
    lxw_error result = workbook_close(book);
    if (result != LXW_NO_ERROR)
        return err_set(err, ERR_FAILED, "%s: cannot write: %s", path, lxw_strerror(result));
    return 0;
}
