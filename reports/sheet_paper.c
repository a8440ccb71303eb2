/* A sheet as a table on paper. */
#include "reports/sheet_paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/words.h"

enum { WIDE = 26 }; /* columns of a terminal; a longer word of a table is broken */

void sheet_rate(const struct sheet *sheet, size_t row, size_t rate, char out[SHEET_TEXT_MAX])
{
    out[0] = '\0';
    if (sheet_cell(sheet, row, rate)[0] != '\0')
        snprintf(out, SHEET_TEXT_MAX, "%s (%s–%s)", sheet_cell(sheet, row, rate), sheet_cell(sheet, row, rate + 1),
                 sheet_cell(sheet, row, rate + 2));
}

/* Columns of a sheet as they stand in a table: a rate and the two ends of its interval are one. */
struct plan {
    size_t count, from[PAPER_COLUMNS_MAX];
    struct paper_column columns[PAPER_COLUMNS_MAX];
    char titles[PAPER_COLUMNS_MAX][SHEET_TEXT_MAX];
};

static void cell_text(const struct sheet *sheet, const struct plan *plan, size_t row, size_t column,
                      char out[SHEET_TEXT_MAX])
{
    size_t from = plan->from[column];
    if (strcmp(sheet->columns[from].key, "failed_percent") == 0)
        sheet_rate(sheet, row, from, out);
    else if (sheet->columns[from].type == SHEET_TEXT)
        words_both(WORDS_BOTH, sheet_cell(sheet, row, from), out, SHEET_TEXT_MAX);
    else
        snprintf(out, SHEET_TEXT_MAX, "%s", sheet_cell(sheet, row, from));
}

static void plan_column(const struct sheet *sheet, struct plan *plan, size_t from)
{
    const struct sheet_column *column = &sheet->columns[from];
    size_t at = plan->count++;
    bool rate = strcmp(column->key, "failed_percent") == 0, number = column->type == SHEET_NUMBER;
    plan->from[at] = from;
    snprintf(plan->titles[at], SHEET_TEXT_MAX, "%s\n%s%s", column->zh, column->en, rate ? " (95 %)" : "");
    size_t zh = sheet_width(column->zh), en = sheet_width(column->en), widest = zh > en ? zh : en;
    for (size_t r = 0; r < sheet->rows_count; r++) {
        char text[SHEET_TEXT_MAX];
        cell_text(sheet, plan, r, at, text);
        widest = sheet_width(text) > widest ? sheet_width(text) : widest;
    }
    plan->columns[at] = (struct paper_column){
        .title = plan->titles[at], .share = (double)(number || widest < WIDE ? widest : WIDE) + 2, .number = number};
}

void sheet_paper(struct paper *p, const struct sheet *sheet)
{
    struct plan plan = {.count = 0};
    for (size_t c = 0; c < sheet->columns_count; c++) {
        const char *key = sheet->columns[c].key;
        if (strcmp(key, "low_percent") != 0 && strcmp(key, "high_percent") != 0)
            plan_column(sheet, &plan, c);
    }
    size_t count = sheet->rows_count * plan.count;
    if (count == 0)
        return;
    char(*texts)[SHEET_TEXT_MAX] = calloc(count, sizeof *texts);
    const char **cells = calloc(count, sizeof *cells);
    if (texts && cells) {
        for (size_t i = 0; i < count; i++) {
            cell_text(sheet, &plan, i / plan.count, i % plan.count, texts[i]);
            cells[i] = texts[i];
        }
        paper_table(p, plan.columns, plan.count, cells, sheet->rows_count);
    }
    free(texts);
    free(cells);
}
