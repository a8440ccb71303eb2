/*
 * A sheet as a table on paper: words in both languages where there are any, a rate and the two ends of its interval
 * (columns failed_percent, low_percent, high_percent) in one column.
 */
#ifndef REPORTS_SHEET_PAPER_H
#define REPORTS_SHEET_PAPER_H

#include "reports/paper.h"
#include "reports/sheet.h"

enum { SHEET_TEXT_MAX = 256 };

void sheet_paper(struct paper *p, const struct sheet *sheet);
/* "0.71 (0.59–0.84)" of a row; "" where there is no rate. rate: the column failed_percent. */
void sheet_rate(const struct sheet *sheet, size_t row, size_t rate, char out[SHEET_TEXT_MAX]);

#endif
