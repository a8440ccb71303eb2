/* The bulletin as pages: the paragraph, then each sheet with the chart that shows it, then what is counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/bulletin.h"
#include "reports/sheet_paper.h"
#include "reports/words.h"

enum {
    TEXT = SHEET_TEXT_MAX,
    DAYS_LISTED = 62, /* of a longer period the months are listed and the days only drawn */
    DAYS_DRAWN = 400,
};

/* ---- numbers ---- */

static size_t column_of(const struct sheet *sheet, const char *key)
{
    for (size_t c = 0; c < sheet->columns_count; c++)
        if (strcmp(sheet->columns[c].key, key) == 0)
            return c;
    return sheet->columns_count;
}

static double value_of(const struct sheet *sheet, size_t row, size_t column)
{
    return column < sheet->columns_count ? strtod(sheet_cell(sheet, row, column), NULL) : 0;
}

/* ---- charts ---- */

/* Months, days, hours: how many, and which share failed. */
static void add_course(struct paper *p, const struct sheet *sheet)
{
    size_t judged = column_of(sheet, "judged"), failed = column_of(sheet, "failed"),
           rate = column_of(sheet, "failed_percent");
    struct paper_bar *bars = calloc(sheet->rows_count, sizeof *bars);
    if (!bars)
        return;
    for (size_t r = 0; r < sheet->rows_count; r++) {
        const char *name = sheet_cell(sheet, r, 0);
        bars[r].label = strlen(name) == strlen("2026-07-01") ? name + 5 : name;
        bars[r].value = value_of(sheet, r, judged);
        bars[r].part = value_of(sheet, r, failed);
    }
    paper_bars(p, &(struct paper_bars){.title = "有效判定次数  judged records",
                                       .part_label = "不合格 fail",
                                       .bars = bars,
                                       .count = sheet->rows_count});
    for (size_t r = 0; r < sheet->rows_count; r++) {
        bars[r].value = value_of(sheet, r, rate);
        bars[r].low = value_of(sheet, r, rate + 1);
        bars[r].high = value_of(sheet, r, rate + 2);
        bars[r].absent = sheet_cell(sheet, r, rate)[0] == '\0';
    }
    paper_bars(p, &(struct paper_bars){.title = "不合格率（%）及95%区间  share that failed (%), 95 % interval",
                                       .bars = bars,
                                       .count = sheet->rows_count,
                                       .points = true});
    free(bars);
}

static void add_distribution(struct paper *p, const struct sheet *sheet)
{
    char title[TEXT];
    char labels[BULLETIN_BINS][32];
    struct paper_bar bars[BULLETIN_BINS];
    size_t count = sheet->rows_count < BULLETIN_BINS ? sheet->rows_count : BULLETIN_BINS;
    for (size_t r = 0; r < count; r++) {
        snprintf(labels[r], sizeof labels[r], "%g", value_of(sheet, r, 0));
        bars[r] = (struct paper_bar){.label = labels[r], .value = value_of(sheet, r, 2), .part = value_of(sheet, r, 3)};
    }
    snprintf(title, sizeof title, "记录数（横轴：区间起点，%s）  records (from, in %s)", sheet->unit, sheet->unit);
    paper_bars(p, &(struct paper_bars){
                      .title = title, .part_label = "超过各自限值 over its own limit", .bars = bars, .count = count});
}

static void add_rates(struct paper *p, const struct sheet *sheet)
{
    size_t rate = column_of(sheet, "failed_percent"), count = 0;
    struct {
        char label[TEXT], text[TEXT];
    } *texts = calloc(sheet->rows_count, sizeof *texts);
    struct paper_rate *rates = calloc(sheet->rows_count, sizeof *rates);
    for (size_t r = 0; texts && rates && r < sheet->rows_count; r++) {
        sheet_rate(sheet, r, rate, texts[count].text);
        if (texts[count].text[0] == '\0')
            continue;
        words_both(WORDS_BOTH, sheet_cell(sheet, r, 0), texts[count].label, TEXT);
        rates[count] = (struct paper_rate){.label = texts[count].label,
                                           .text = texts[count].text,
                                           .rate = value_of(sheet, r, rate),
                                           .low = value_of(sheet, r, rate + 1),
                                           .high = value_of(sheet, r, rate + 2)};
        count++;
    }
    if (count > 1) {
        paper_text(p, PAPER_NOTE, "不合格率（%）及95%区间  share that failed (%), 95 % interval");
        paper_rates(p, rates, count);
    }
    free(texts);
    free(rates);
}

/* ---- a sheet ---- */

static bool is_course(const struct sheet *sheet)
{
    return strcmp(sheet->key, "months") == 0 || strcmp(sheet->key, "days") == 0 || strcmp(sheet->key, "hours") == 0;
}

static void add_sheet(struct paper *p, const struct sheet *sheet)
{
    char title[TEXT];
    bool days = strcmp(sheet->key, "days") == 0;
    if (sheet->rows_count == 0 || (days && sheet->rows_count > DAYS_DRAWN))
        return;
    snprintf(title, sizeof title, "%s  %s", sheet->zh, sheet->en);
    paper_text(p, PAPER_HEADING, title);
    if (is_course(sheet))
        add_course(p, sheet);
    else if (sheet->unit[0])
        add_distribution(p, sheet);
    else if (strcmp(sheet->key, "records") != 0 && column_of(sheet, "failed_percent") < sheet->columns_count)
        add_rates(p, sheet);
    /* the bars of a distribution say it all; its figures are in the other forms */
    if (!sheet->unit[0] && !(days && sheet->rows_count > DAYS_LISTED))
        sheet_paper(p, sheet);
}

/* ---- the document ---- */

/* What a function writes, line by line: a paragraph in Chinese and what stands beside it, or notes after an empty line
 * and a heading. */
static int add_lines(struct paper *p, const struct bulletin *b, void (*write)(const struct bulletin *b, FILE *out),
                     bool paragraph, struct err *err)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return err_set(err, ERR_FAILED, "out of memory");
    write(b, out);
    if (fclose(out) != 0) {
        free(text);
        return err_set(err, ERR_FAILED, "out of memory");
    }
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (!paragraph)
            paper_text(p, line == text + 1 ? PAPER_HEADING : PAPER_NOTE, line);
        else if ((unsigned char)line[0] >= 0x80 || (line[0] >= '0' && line[0] <= '9'))
            paper_paragraph(p, line);
        else
            paper_text(p, PAPER_NOTE, line);
    }
    free(text);
    return 0;
}

static int64_t end_ms(const struct bulletin *b)
{
    return ((int64_t)civil_days(b->last) + 1) * 86400000 - (int64_t)b->offset_minutes * 60000;
}

int bulletin_lay(const struct bulletin *b, const struct sheets *sheets, const char *issuer, struct paper **out,
                 struct err *err)
{
    char first[CIVIL_DATE_TEXT_MAX], last[CIVIL_DATE_TEXT_MAX], under[TEXT], foot[TEXT];
    civil_date_format(b->first, first);
    civil_date_format(b->last, last);
    snprintf(under, sizeof under, "Emissions bulletin  %s — %s", first, last);
    snprintf(foot, sizeof foot, "%s%s%s — %s", issuer, issuer[0] ? "  " : "", first, last);
    if (sheets->failed)
        return err_set(err, ERR_FAILED, "out of memory");
    const struct paper_style style = {.size = PAPER_A4,
                                      .language = "zh-cn",
                                      .title = "机动车排放检测通报 Emissions bulletin",
                                      .foot = foot,
                                      .page_word = "第",
                                      .created_ms = end_ms(b)};
    struct paper *p;
    if (paper_open(&p, &style, err) != 0)
        return -1;
    paper_text(p, PAPER_TITLE, "机动车排放检测通报");
    paper_text(p, PAPER_SUBTITLE, under);
    if (issuer[0])
        paper_text(p, PAPER_SUBTITLE, issuer);
    paper_space(p, 8);
    int result = add_lines(p, b, bulletin_paragraph, true, err);
    for (size_t i = 0; result == 0 && i < sheets->count; i++)
        add_sheet(p, &sheets->items[i]);
    paper_space(p, 8);
    if (result == 0)
        result = add_lines(p, b, bulletin_definitions, false, err);
    if (result == 0)
        *out = p;
    else
        paper_close(p);
    return result;
}
