/* The words and tables of a bulletin. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/bulletin.h"

enum { CELL = 64 };

static const struct {
    const char *key, *zh, *en, *phrase;
} places[BULLETIN_PLACES] = {
    [BULLETIN_FIXED] = {"fixed-remote", "固定式遥感", "fixed remote sensing", "固定式机动车遥感检测车辆"},
    [BULLETIN_MOBILE] = {"mobile-remote", "移动式遥感", "mobile remote sensing", "移动式遥感检测车辆"},
    [BULLETIN_DEPOT] = {"depot", "入户抽测", "depot visits", "入户抽测车辆"},
    [BULLETIN_JOINT] = {"joint", "联合执法站点", "joint stands", "联合执法站点抽测车辆"},
    [BULLETIN_OTHER] = {"other", "其他", "other", "其他检测车辆"},
};

/* ---- the paragraph ---- */

static void chinese_day(FILE *out, struct civil_date d)
{
    fprintf(out, "%d年%d月%d日", d.year, d.month, d.day);
}

/* A whole month, a whole year, one day, or from … to …. */
static void chinese_period(const struct bulletin *b, FILE *out)
{
    struct civil_date next = civil_from_days(civil_days(b->last) + 1);
    if (b->first.day == 1 && next.day == 1 && b->first.year == b->last.year && b->first.month == b->last.month)
        fprintf(out, "%d年%d月", b->first.year, b->first.month);
    else if (b->first.day == 1 && b->first.month == 1 && next.day == 1 && next.month == 1 &&
             b->first.year == b->last.year)
        fprintf(out, "%d年", b->first.year);
    else {
        chinese_day(out, b->first);
        if (civil_date_compare(b->first, b->last) != 0) {
            fputs("至", out);
            chinese_day(out, b->last);
        }
    }
}

static void chinese_places(const struct bulletin *b, FILE *out)
{
    const char *before = "（其中：";
    for (size_t i = 0; i < BULLETIN_PLACES; i++) {
        if (b->tested[i] == 0)
            continue;
        fprintf(out, "%s%s%" PRId64 "辆", before, places[i].phrase, b->tested[i]);
        before = "；";
    }
    fputs(strcmp(before, "；") == 0 ? "）" : "", out);
}

void bulletin_paragraph(const struct bulletin *b, FILE *out)
{
    char first[CIVIL_DATE_TEXT_MAX], last[CIVIL_DATE_TEXT_MAX];
    int64_t tested = bulletin_total(b->tested), failed = bulletin_total(b->failed);
    struct bulletin_rate passed = bulletin_rate(tested - failed, tested);
    civil_date_format(b->first, first);
    civil_date_format(b->last, last);
    chinese_period(b, out);
    fprintf(out, "，检测机动车累计%" PRId64 "辆，不合格%" PRId64 "辆", tested, failed);
    chinese_places(b, out);
    if (tested > 0)
        fprintf(out, "，合格率%s%%", failed == 0 ? "100" : passed.rate);
    fprintf(out, "。\nFrom %s to %s, %" PRId64 " vehicles were tested and %" PRId64 " failed", first, last, tested,
            failed);
    const char *before = " (";
    for (size_t i = 0; i < BULLETIN_PLACES; i++) {
        if (b->tested[i] == 0)
            continue;
        fprintf(out, "%s%s: %" PRId64, before, places[i].en, b->tested[i]);
        before = "; ";
    }
    fprintf(out, "%s.\n", tested > 0 ? ")" : "");
}

void bulletin_definitions(const struct bulletin *b, FILE *out)
{
    int hours = b->offset_minutes / 60, minutes = abs(b->offset_minutes % 60);
    fprintf(
        out,
        "\n统计口径  What is counted\n"
        "检测车辆：期间内在该类站点至少有一次有效判定（合格、不合格或疑似超标）的车辆，按号牌号码加号牌颜色计，每类站点"
        "每车计一辆；"
        "总数为各类之和。不合格车辆：其中至少一次判定为不合格的。无效、中止、作废的记录以及号牌未识别的记录不计入检测车"
        "辆。"
        "复检合格不抵消不合格。比率的区间为95%%威尔逊区间。日界按UTC%+03d:%02d。\n"
        "Tested: a vehicle, by plate and plate colour, with at least one valid verdict (pass, fail, or suspect: one "
        "exceedance by remote sensing) at that kind of station in the period, once for each kind; the total is the "
        "sum over the kinds. Failed: those with at least one fail; a passed re-test does not take it back. Invalid, "
        "aborted and void records, and those without a readable plate, are no tested vehicles. Intervals: Wilson, "
        "95 %%. Days begin at midnight UTC%+03d:%02d.\n",
        hours, minutes, hours, minutes);
}

/* ---- tables ---- */

static void number(int64_t value, char out[CELL])
{
    snprintf(out, CELL, "%" PRId64, value);
}

#define COUNT_COLUMNS                                                                                                  \
    {"judged", "有效判定", "judged", SHEET_NUMBER}, {"passed", "合格", "pass", SHEET_NUMBER},                          \
        {"suspect", "疑似", "suspect", SHEET_NUMBER}, {"failed", "不合格", "fail", SHEET_NUMBER},                      \
        {"failed_percent", "不合格率%", "fail %", SHEET_NUMBER},                                                       \
        {"low_percent", "区间下限%", "95 % from", SHEET_NUMBER},                                                       \
        {"high_percent", "区间上限%", "95 % to", SHEET_NUMBER}, {"invalid", "无效", "invalid", SHEET_NUMBER},          \
        {"aborted", "中止", "aborted", SHEET_NUMBER},                                                                  \
    {                                                                                                                  \
        "void", "作废", "void", SHEET_NUMBER                                                                           \
    }

static void count_row(struct sheets *sheets, struct sheet *sheet, const char *name, const struct bulletin_count *c)
{
    const int64_t *v = c->by_verdict;
    const int64_t numbers[] = {bulletin_judged(c), v[VERDICT_PASS],    v[VERDICT_SUSPECT], v[VERDICT_FAIL],
                               v[VERDICT_INVALID], v[VERDICT_ABORTED], v[VERDICT_VOID]};
    char text[sizeof numbers / sizeof numbers[0]][CELL];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        number(numbers[i], text[i]);
    struct bulletin_rate rate = bulletin_rate(numbers[3], numbers[0]);
    sheet_row(sheets, sheet,
              (const char *const[]){name, text[0], text[1], text[2], text[3], rate.rate, rate.low, rate.high, text[4],
                                    text[5], text[6]});
}

static bool is_empty(const struct bulletin_count *c)
{
    for (size_t i = 0; i <= VERDICT_VOID; i++)
        if (c->by_verdict[i] != 0)
            return false;
    return true;
}

static void places_sheet(const struct bulletin *b, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {{"place", "站点类别", "kind of station", SHEET_TEXT},
                                                  {"tested_vehicles", "检测车辆", "vehicles tested", SHEET_NUMBER},
                                                  {"failed_vehicles", "不合格车辆", "vehicles failed", SHEET_NUMBER},
                                                  {"failed_percent", "不合格率%", "fail %", SHEET_NUMBER},
                                                  {"low_percent", "区间下限%", "95 % from", SHEET_NUMBER},
                                                  {"high_percent", "区间上限%", "95 % to", SHEET_NUMBER}};
    struct sheet *sheet = sheets_add(sheets, "vehicles", "检测车辆数", "Vehicles", columns, 6);
    for (size_t i = 0; i <= BULLETIN_PLACES; i++) {
        bool total = i == BULLETIN_PLACES;
        int64_t tested = total ? bulletin_total(b->tested) : b->tested[i];
        int64_t failed = total ? bulletin_total(b->failed) : b->failed[i];
        if (tested == 0 && !total)
            continue;
        char name[CELL], count[2][CELL];
        snprintf(name, sizeof name, "%s %s", total ? "合计" : places[i].zh, total ? "total" : places[i].en);
        number(tested, count[0]);
        number(failed, count[1]);
        struct bulletin_rate rate = bulletin_rate(failed, tested);
        sheet_row(sheets, sheet, (const char *const[]){name, count[0], count[1], rate.rate, rate.low, rate.high});
    }
}

static void records_sheet(const struct bulletin *b, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {{"place", "站点类别", "kind of station", SHEET_TEXT}, COUNT_COLUMNS};
    struct sheet *sheet = sheets_add(sheets, "records", "检测次数", "Records", columns, 11);
    for (size_t i = 0; i < BULLETIN_PLACES; i++) {
        char name[CELL];
        snprintf(name, sizeof name, "%s %s", places[i].zh, places[i].en);
        if (!is_empty(&b->places[i]))
            count_row(sheets, sheet, name, &b->places[i]);
    }
}

static void days_sheet(const struct bulletin *b, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {{"day", "日期", "day", SHEET_TEXT}, COUNT_COLUMNS};
    struct sheet *sheet = sheets_add(sheets, "days", "按日", "By day", columns, 11);
    sheet->chart = 1;
    for (size_t i = 0; i < b->days; i++) {
        char day[CIVIL_DATE_TEXT_MAX];
        civil_date_format(civil_from_days(civil_days(b->first) + (int32_t)i), day);
        count_row(sheets, sheet, day, &b->by_day[i]);
    }
}

/* Only of a period that several months share. */
static void months_sheet(const struct bulletin *b, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {{"month", "月份", "month", SHEET_TEXT}, COUNT_COLUMNS};
    struct sheet *sheet = sheets_add(sheets, "months", "按月", "By month", columns, 11);
    if (b->first.year == b->last.year && b->first.month == b->last.month)
        return;
    struct bulletin_count month = {{0}};
    for (size_t i = 0; i < b->days; i++) {
        struct civil_date day = civil_from_days(civil_days(b->first) + (int32_t)i),
                          next = civil_from_days(civil_days(day) + 1);
        for (size_t v = 0; v <= VERDICT_VOID; v++)
            month.by_verdict[v] += b->by_day[i].by_verdict[v];
        if (next.month == day.month && i + 1 < b->days)
            continue;
        char name[CELL];
        snprintf(name, sizeof name, "%04d-%02d", day.year, day.month);
        count_row(sheets, sheet, name, &month);
        month = (struct bulletin_count){{0}};
    }
}

static void hours_sheet(const struct bulletin *b, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {{"hour", "时段", "hour", SHEET_TEXT}, COUNT_COLUMNS};
    struct sheet *sheet = sheets_add(sheets, "hours", "按时段", "By hour", columns, 11);
    sheet->chart = 1;
    for (size_t i = 0; i < BULLETIN_HOURS; i++) {
        char hour[CELL];
        snprintf(hour, sizeof hour, "%02zu:00", i);
        count_row(sheets, sheet, hour, &b->hours[i]);
    }
}

static void split_sheet(const struct bulletin *b, const struct bulletin_names *names, enum bulletin_split split,
                        struct sheets *sheets)
{
    static const struct {
        const char *key, *zh, *en;
        struct sheet_column columns[11];
    } kinds[] = {
        [BULLETIN_STATION] = {"stations",
                              "按站点",
                              "By station",
                              {{"station", "站点", "station", SHEET_TEXT}, COUNT_COLUMNS}},
        [BULLETIN_METHOD] = {"methods",
                             "按方法",
                             "By method",
                             {{"method", "检测方法", "method", SHEET_TEXT}, COUNT_COLUMNS}},
        [BULLETIN_STAGE] = {"stages",
                            "按排放阶段",
                            "By emission stage",
                            {{"stage", "排放阶段", "stage", SHEET_TEXT}, COUNT_COLUMNS}},
        [BULLETIN_CLASS] = {"classes",
                            "按车型",
                            "By vehicle class",
                            {{"class", "车型", "class", SHEET_TEXT}, COUNT_COLUMNS}},
        [BULLETIN_FLEET] = {"fleets", "按单位", "By fleet", {{"fleet", "单位", "fleet", SHEET_TEXT}, COUNT_COLUMNS}},
    };
    struct sheet *sheet =
        sheets_add(sheets, kinds[split].key, kinds[split].zh, kinds[split].en, kinds[split].columns, 11);
    for (size_t i = 1; i <= b->words; i++)
        if (!is_empty(&b->by[split][i]))
            count_row(sheets, sheet, names->word(names->ctx, (int64_t)i), &b->by[split][i]);
    /* of most records nothing more is known than that */
    if (!is_empty(&b->by[split][0]) && sheet->rows_count > 0)
        count_row(sheets, sheet, "未知 not known", &b->by[split][0]);
}

/* A record with two reasons counts under each. */
static void reasons_sheet(const struct bulletin *b, const struct bulletin_names *names, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {{"reason", "无效原因", "why invalid", SHEET_TEXT},
                                                  {"records", "记录数", "records", SHEET_NUMBER}};
    struct sheet *sheet = sheets_add(sheets, "reasons", "无效原因", "Why records are invalid", columns, 2);
    struct {
        char word[CELL];
        int64_t count;
    } *found = calloc(256, sizeof *found);
    size_t count = 0;
    sheets->failed |= !found;
    for (size_t i = 1; found && i <= b->words; i++) {
        int64_t records = b->by[BULLETIN_REASONS][i].by_verdict[VERDICT_INVALID];
        const char *text = names->word(names->ctx, (int64_t)i);
        while (records > 0 && *text) {
            size_t length = strcspn(text, ","), at = 0;
            while (at < count && (strlen(found[at].word) != length || memcmp(found[at].word, text, length) != 0))
                at++;
            if (at == count && count < 255 && length < CELL)
                memcpy(found[count++].word, text, length);
            if (at < count)
                found[at].count += records;
            text += length + (text[length] == ',');
        }
    }
    for (size_t i = 0; i < count; i++) {
        char text[CELL];
        number(found[i].count, text);
        sheet_row(sheets, sheet, (const char *const[]){found[i].word, text});
    }
    free(found);
}

static void distribution_sheet(const struct bulletin *b, enum bulletin_quantity quantity, struct sheets *sheets)
{
    static const struct {
        const char *key, *zh, *en, *unit;
        int64_t width; /* in hundredths of the unit */
    } kinds[] = {[BULLETIN_K] = {"k", "光吸收系数分布", "Light absorption coefficient k", "1/m", 10},
                 [BULLETIN_OPACITY] = {"opacity", "不透光度分布", "Opacity", "%", 250},
                 [BULLETIN_NOX] = {"nox", "氮氧化物分布", "NOx or NO", "1e-6", 10000}};
    static const struct sheet_column columns[] = {{"from", "从", "from", SHEET_NUMBER},
                                                  {"to", "到（不含）", "below", SHEET_NUMBER},
                                                  {"records", "记录数", "records", SHEET_NUMBER},
                                                  {"exceeded", "超过限值", "over the limit", SHEET_NUMBER}};
    struct sheet *sheet = sheets_add(sheets, kinds[quantity].key, kinds[quantity].zh, kinds[quantity].en, columns, 4);
    sheet->unit = kinds[quantity].unit;
    sheet->chart = 2;
    size_t last = BULLETIN_BINS;
    while (last > 0 && b->bins[quantity][last - 1].count == 0)
        last--;
    for (size_t i = 0; i < last; i++) {
        char text[4][CELL];
        int64_t from = (int64_t)i * kinds[quantity].width, to = from + kinds[quantity].width;
        snprintf(text[0], CELL, "%" PRId64 ".%02" PRId64, from / 100, from % 100);
        snprintf(text[1], CELL, "%" PRId64 ".%02" PRId64, to / 100, to % 100);
        number(b->bins[quantity][i].count, text[2]);
        number(b->bins[quantity][i].exceeded, text[3]);
        sheet_row(sheets, sheet,
                  (const char *const[]){text[0], i + 1 == BULLETIN_BINS ? NULL : text[1], text[2], text[3]});
    }
}

/* "新A66T21" becomes "新A****1". */
static void hide(char plate[40])
{
    char hidden[40];
    size_t head = 0, characters = 0, length = strlen(plate);
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)plate[i] & 0xc0) != 0x80 && ++characters == 3)
            head = i;
    if (characters < 4)
        return;
    snprintf(hidden, sizeof hidden, "%.*s****%s", (int)head, plate, plate + length - 1);
    memcpy(plate, hidden, sizeof hidden);
}

static int repeaters_sheet(const struct bulletin *b, const struct bulletin_names *names, struct sheets *sheets,
                           struct err *err)
{
    static const struct sheet_column columns[] = {{"plate", "号牌号码", "plate", SHEET_TEXT},
                                                  {"colour", "号牌颜色", "colour", SHEET_TEXT},
                                                  {"exceeded", "超标次数", "exceedances", SHEET_NUMBER}};
    struct sheet *sheet =
        sheets_add(sheets, "repeaters", "多次超标车辆", "Vehicles that exceeded most often", columns, 3);
    struct bulletin_repeater repeaters[BULLETIN_TOP];
    size_t count = bulletin_repeaters(b, repeaters);
    for (size_t i = 0; i < count; i++) {
        char plate[40], colour[16], text[CELL];
        if (names->vehicle(names->ctx, repeaters[i].vehicle, plate, colour, err) != 0)
            return -1;
        if (names->hide_plates)
            hide(plate);
        snprintf(text, sizeof text, "%d", repeaters[i].exceeded);
        sheet_row(sheets, sheet, (const char *const[]){plate, colour, text});
    }
    return 0;
}

int bulletin_sheets(const struct bulletin *b, const struct bulletin_names *names, struct sheets *sheets,
                    struct err *err)
{
    places_sheet(b, sheets);
    records_sheet(b, sheets);
    split_sheet(b, names, BULLETIN_STATION, sheets);
    split_sheet(b, names, BULLETIN_METHOD, sheets);
    months_sheet(b, sheets);
    days_sheet(b, sheets);
    hours_sheet(b, sheets);
    split_sheet(b, names, BULLETIN_STAGE, sheets);
    split_sheet(b, names, BULLETIN_CLASS, sheets);
    split_sheet(b, names, BULLETIN_FLEET, sheets);
    for (enum bulletin_quantity q = 0; q < BULLETIN_QUANTITIES; q++)
        distribution_sheet(b, q, sheets);
    reasons_sheet(b, names, sheets);
    return repeaters_sheet(b, names, sheets, err);
}
