/*
 * smogctl plate P -o F.pdf: a vehicle's dossier. Lists of all that is known first, then each case with its steps and
 * each test with its values, curve and pictures, in the order of time. It is drawn from stored facts alone: the same
 * bytes until something new is known.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/overlay.h"
#include "reports/record.h"
#include "reports/sheet_paper.h"
#include "reports/words.h"
#include "station/core/plate.h"
#include "station/ctl.h"
#include "station/photos.h"
#include "station/store_life.h"

enum { ALL = 1 << 30, TEXT = 256, TIME = 24, THUMBNAIL = 480 };

enum list { TESTS, PASSAGES, IMPORTED, CASES, CHECKLISTS, REFERRALS, ALERTS, ROSTERS, LISTS };

struct dossier {
    struct ctl *ctl;
    const char *plate, *colour;
    struct paper *paper;
    struct sheets sheets;
    struct sheet *lists[LISTS];
    char (*subjects)[48]; /* tests and passages, newest first */
    size_t subjects_count, subjects_room, tests_count;
    char (*cases)[56];
    size_t cases_count;
    struct store_checklist checklist; /* whose answers are read */
    struct sheet *answers;
    int64_t newest_ms;
    struct err *err;
    int result;
};

static int no_memory(struct dossier *d)
{
    return d->result = err_set(d->err, ERR_FAILED, "out of memory");
}

static const char *time_text(struct dossier *d, int64_t at_ms, char out[TIME])
{
    out[0] = '\0';
    if (at_ms > 0)
        ctl_time(d->ctl, at_ms, out);
    d->newest_ms = at_ms > d->newest_ms ? at_ms : d->newest_ms;
    return out;
}

static bool other_colour(const struct dossier *d, const char *colour)
{
    return d->colour && strcmp(colour, d->colour) != 0 && strcmp(colour, "unknown") != 0;
}

/* ---- lists ---- */

static void open_lists(struct dossier *d)
{
#define TEXT_COLUMN(key, zh, en)                                                                                       \
    {                                                                                                                  \
        key, zh, en, SHEET_TEXT                                                                                        \
    }
    static const struct {
        const char *key, *zh, *en;
        size_t count;
        struct sheet_column columns[6];
    } kinds[LISTS] = {
        [TESTS] = {"tests",
                   "检测记录",
                   "Tests",
                   6,
                   {TEXT_COLUMN("id", "记录编号", "record"), TEXT_COLUMN("started", "开始时间", "started"),
                    TEXT_COLUMN("method", "检测方法", "method"), TEXT_COLUMN("verdict", "判定", "verdict"),
                    TEXT_COLUMN("value", "实测值", "measured"), TEXT_COLUMN("limit", "限值", "limit")}},
        [PASSAGES] = {"passages",
                      "遥感记录",
                      "Passages",
                      6,
                      {TEXT_COLUMN("id", "记录编号", "record"), TEXT_COLUMN("at", "时间", "time"),
                       TEXT_COLUMN("instrument", "仪器", "instrument"), TEXT_COLUMN("verdict", "判定", "verdict"),
                       TEXT_COLUMN("value", "实测值", "measured"), TEXT_COLUMN("limit", "限值", "limit")}},
        [IMPORTED] = {"imported",
                      "外站记录",
                      "Records of other stations",
                      5,
                      {TEXT_COLUMN("id", "记录编号", "record"), TEXT_COLUMN("at", "时间", "time"),
                       TEXT_COLUMN("station", "站点", "station"), TEXT_COLUMN("method", "检测方法", "method"),
                       TEXT_COLUMN("verdict", "判定", "verdict")}},
        [CASES] = {"cases",
                   "案件",
                   "Cases",
                   6,
                   {TEXT_COLUMN("case", "案件", "case"), TEXT_COLUMN("created", "立案时间", "opened"),
                    TEXT_COLUMN("subject", "依据记录", "record"), TEXT_COLUMN("state", "状态", "state"),
                    TEXT_COLUMN("repair", "整改", "repair"), TEXT_COLUMN("number", "文书号", "decision")}},
        [CHECKLISTS] = {"checklists",
                        "检查表",
                        "Checklists",
                        5,
                        {TEXT_COLUMN("checklist", "检查表", "checklist"), TEXT_COLUMN("item", "项目", "item"),
                         TEXT_COLUMN("answer", "结果", "answer"), TEXT_COLUMN("value", "数值", "value"),
                         TEXT_COLUMN("remark", "备注", "remark")}},
        [REFERRALS] = {"referrals",
                       "移交",
                       "Referrals",
                       3,
                       {TEXT_COLUMN("checklist", "检查表", "checklist"), TEXT_COLUMN("at", "时间", "time"),
                        TEXT_COLUMN("authority", "部门", "authority")}},
        [ALERTS] = {"alerts",
                    "提示复核",
                    "For review",
                    3,
                    {TEXT_COLUMN("subject", "记录编号", "record"), TEXT_COLUMN("at", "时间", "time"),
                     TEXT_COLUMN("alert", "提示", "alert")}},
        [ROSTERS] = {"rosters",
                     "车辆名册",
                     "Rosters",
                     4,
                     {TEXT_COLUMN("roster", "名册", "roster"), TEXT_COLUMN("line", "行", "line"),
                      TEXT_COLUMN("fleet", "单位", "fleet"), TEXT_COLUMN("absent", "未到原因", "absent")}},
    };
#undef TEXT_COLUMN
    for (size_t i = 0; i < LISTS; i++)
        d->lists[i] = sheets_add(&d->sheets, kinds[i].key, kinds[i].zh, kinds[i].en, kinds[i].columns, kinds[i].count);
}

static int add_subject(struct dossier *d, const char *id)
{
    if (d->subjects_count == d->subjects_room) {
        size_t room = 2 * d->subjects_room + 64;
        char(*more)[48] = realloc(d->subjects, room * sizeof *more);
        if (!more)
            return no_memory(d);
        d->subjects = more;
        d->subjects_room = room;
    }
    snprintf(d->subjects[d->subjects_count++], 48, "%s", id);
    return 0;
}

/* The value that decided, or the first that was judged. */
static void write_value(const struct verdict *v, char value[TEXT], char limit[TEXT])
{
    const struct verdict_value *found = NULL;
    for (size_t i = 0; i < v->values_count; i++)
        if (!v->values[i].screening && (!found || (v->values[i].exceeded && !found->exceeded)))
            found = &v->values[i];
    value[0] = limit[0] = '\0';
    if (!found)
        return;
    char a[DECIMAL_TEXT_MAX], b[DECIMAL_TEXT_MAX];
    const char *name = words_main(WORDS_ZH, quantity_name(found->quantity)), *unit = quantity_unit(found->quantity);
    decimal_format(found->value, a);
    decimal_format(found->limit, b);
    snprintf(value, TEXT, "%s %s", name, a);
    snprintf(limit, TEXT, "%s %s %s", found->at_least ? "≥" : "≤", b, unit);
}

static int read_value(struct dossier *d, const char *text, char value[TEXT], char limit[TEXT])
{
    struct record record;
    if (record_open(&record, text, strlen(text), d->err) != 0)
        return d->result = -1;
    write_value(&record.judged, value, limit);
    record_close(&record);
    return 0;
}

static int take_test(void *ctx, const struct store_test *t)
{
    struct dossier *d = ctx;
    char at[TIME], value[TEXT] = "", limit[TEXT] = "", *record = NULL;
    struct store_test whole;
    if (store_test_get(d->ctl->store, t->id, &whole, &record, d->err) != 0)
        return d->result = -1;
    if (record)
        read_value(d, record, value, limit);
    free(record);
    const char *verdict = t->verdict[0] ? t->verdict : "running";
    sheet_row(&d->sheets, d->lists[TESTS],
              (const char *const[]){t->id, time_text(d, t->started_ms, at), t->method, verdict, value, limit});
    d->newest_ms = t->ended_ms > d->newest_ms ? t->ended_ms : d->newest_ms;
    d->tests_count++;
    return d->result != 0 ? d->result : add_subject(d, t->id);
}

static int take_passage(void *ctx, const struct store_passage *p)
{
    struct dossier *d = ctx;
    char at[TIME], value[TEXT] = "", limit[TEXT] = "", *record = NULL;
    struct store_passage whole;
    if (store_passage_get(d->ctl->store, p->id, &whole, &record, NULL, d->err) != 0)
        return d->result = -1;
    read_value(d, record, value, limit);
    free(record);
    sheet_row(&d->sheets, d->lists[PASSAGES],
              (const char *const[]){p->id, time_text(d, p->at_ms, at), p->instrument, p->verdict, value, limit});
    return d->result != 0 ? d->result : add_subject(d, p->id);
}

static int take_imported(void *ctx, const struct store_imported *f)
{
    struct dossier *d = ctx;
    char at[TIME];
    sheet_row(&d->sheets, d->lists[IMPORTED],
              (const char *const[]){f->id, time_text(d, f->at_ms, at), f->station, f->method, f->verdict});
    return 0;
}

static void case_word(const char *name, char out[TEXT])
{
    const struct ctl_word *word = ctl_word_case(name);
    snprintf(out, TEXT, "%s %s", word->zh, word->en);
}

static int take_case(void *ctx, const struct store_case *c)
{
    struct dossier *d = ctx;
    char at[TIME], state[TEXT], repair[TEXT] = "";
    if (other_colour(d, c->colour))
        return 0;
    char(*more)[56] = realloc(d->cases, (d->cases_count + 1) * sizeof *more);
    if (!more)
        return no_memory(d);
    d->cases = more;
    snprintf(d->cases[d->cases_count++], 56, "%s", c->id);
    case_word(c->state, state);
    if (strcmp(c->repair, "none") != 0)
        case_word(c->repair, repair);
    sheet_row(&d->sheets, d->lists[CASES],
              (const char *const[]){c->id, time_text(d, c->created_ms, at), c->subject, state, repair, c->number});
    return 0;
}

/* As the agency's list calls the item; its name where that list is not there any more. */
static void item_text(const struct dossier *d, const char *item, char out[TEXT])
{
    snprintf(out, TEXT, "%s", item);
    for (size_t i = 0; i < d->ctl->config->checklists_count; i++) {
        const struct checklist *list = &d->ctl->config->checklists[i];
        const struct checklist_item *found =
            strcmp(list->sha256, d->checklist.sha256) == 0 ? checklist_item(list, item) : NULL;
        if (found)
            snprintf(out, TEXT, "%s %s", found->zh, found->en);
    }
}

static int take_answer(void *ctx, const struct store_answer *a)
{
    struct dossier *d = ctx;
    char item[TEXT], at[TIME];
    item_text(d, a->item, item);
    time_text(d, a->at_ms, at);
    sheet_row(&d->sheets, d->lists[CHECKLISTS],
              (const char *const[]){d->checklist.id, item, a->answer, a->value, a->remark});
    return 0;
}

static int take_checklist(void *ctx, const struct store_checklist *c)
{
    struct dossier *d = ctx;
    if (other_colour(d, c->colour))
        return 0;
    d->checklist = *c;
    if (store_checklist_answers(d->ctl->store, c->seq, take_answer, d, d->err) != 0)
        d->result = -1;
    return d->result;
}

static int take_referral(void *ctx, const struct store_referral *r)
{
    struct dossier *d = ctx;
    char at[TIME];
    if (!other_colour(d, r->colour))
        sheet_row(&d->sheets, d->lists[REFERRALS],
                  (const char *const[]){r->checklist, time_text(d, r->at_ms, at), r->authority});
    return 0;
}

static int take_alert(void *ctx, const struct store_alert *a)
{
    struct dossier *d = ctx;
    char at[TIME];
    sheet_row(&d->sheets, d->lists[ALERTS], (const char *const[]){a->subject, time_text(d, a->at_ms, at), a->code});
    return 0;
}

static int take_roster(void *ctx, int64_t roster, const struct store_roster_entry *e)
{
    struct dossier *d = ctx;
    char number[TIME], line[TIME];
    snprintf(number, sizeof number, "%" PRId64, roster);
    snprintf(line, sizeof line, "%" PRId64, e->line);
    if (!other_colour(d, e->colour))
        sheet_row(&d->sheets, d->lists[ROSTERS], (const char *const[]){number, line, e->fleet, e->absent});
    return 0;
}

static int gather(struct dossier *d)
{
    struct store *s = d->ctl->store;
    const char *plate = d->plate, *colour = d->colour;
    if (config_checklists(d->ctl->config, d->err) != 0 ||
        store_test_list(s, plate, colour, false, ALL, take_test, d, d->err) != 0 ||
        store_passage_list(s, plate, colour, 0, false, ALL, take_passage, d, d->err) != 0 ||
        store_imported_list(s, plate, colour, 0, INT64_MAX, ALL, take_imported, d, d->err) != 0 ||
        store_case_list(s, plate, NULL, ALL, take_case, d, d->err) != 0 ||
        store_checklist_list(s, plate, ALL, take_checklist, d, d->err) != 0 ||
        store_referral_list_plate(s, plate, ALL, take_referral, d, d->err) != 0 ||
        store_roster_entry_list_plate(s, plate, ALL, take_roster, d, d->err) != 0)
        return -1;
    for (size_t i = 0; d->result == 0 && i < d->subjects_count; i++)
        if (store_alert_list(s, d->subjects[i], 0, ALL, take_alert, d, d->err) != 0)
            return -1;
    return d->result;
}

/* ---- pages ---- */

static int lay_head(struct dossier *d)
{
    char tests[TIME], passages[TIME], cases[TIME], newest[TIME] = "", foot[TEXT], station[TEXT];
    snprintf(foot, sizeof foot, "%s  %s", d->plate, d->ctl->config->name);
    const struct paper_style style = {.size = PAPER_A4,
                                      .language = "zh-cn",
                                      .title = "机动车排放档案 Emissions dossier",
                                      .foot = foot,
                                      .page_word = "第",
                                      .created_ms = d->newest_ms};
    if (paper_open(&d->paper, &style, d->err) != 0)
        return -1;
    snprintf(tests, sizeof tests, "%zu", d->tests_count);
    snprintf(passages, sizeof passages, "%zu", d->lists[PASSAGES]->rows_count);
    snprintf(cases, sizeof cases, "%zu", d->cases_count);
    snprintf(station, sizeof station, "%s（%s）", d->ctl->config->name, d->ctl->config->id);
    if (d->newest_ms > 0)
        ctl_time(d->ctl, d->newest_ms, newest);
    const struct paper_field fields[] = {
        {"号牌号码", "plate", d->plate},
        {"号牌颜色", "plate colour", d->colour ? words_main(WORDS_ZH, d->colour) : "全部 all"},
        {"站点", "station", station},
        {"截至", "newest entry", newest},
        {"检测次数", "tests", tests},
        {"遥感次数", "passages", passages},
        {"案件数", "cases", cases}};
    paper_text(d->paper, PAPER_TITLE, "机动车排放档案");
    paper_text(d->paper, PAPER_SUBTITLE, "Emissions dossier");
    paper_space(d->paper, 6);
    paper_fields(d->paper, fields, sizeof fields / sizeof fields[0]);
    return 0;
}

static void lay_lists(struct dossier *d)
{
    for (size_t i = 0; i < LISTS; i++) {
        char title[TEXT];
        if (d->lists[i]->rows_count == 0)
            continue;
        snprintf(title, sizeof title, "%s  %s", d->lists[i]->zh, d->lists[i]->en);
        paper_text(d->paper, PAPER_HEADING, title);
        sheet_paper(d->paper, d->lists[i]);
    }
}

struct steps {
    struct dossier *d;
    struct sheets sheets;
    struct sheet *sheet;
};

static int take_step(void *ctx, const struct store_case_step *s)
{
    struct steps *steps = ctx;
    char at[TIME], to[TEXT], more[2 * TEXT];
    case_word(s->to, to);
    snprintf(more, sizeof more, "%s%s%s%s%s", s->number, s->number[0] ? " " : "", s->reason, s->reason[0] ? " " : "",
             s->until);
    sheet_row(&steps->sheets, steps->sheet,
              (const char *const[]){time_text(steps->d, s->at_ms, at), s->act, to,
                                    s->officer[0] ? s->officer : s->police, more});
    return 0;
}

static int lay_case(struct dossier *d, const char *id)
{
    static const struct sheet_column columns[] = {{"at", "时间", "time", SHEET_TEXT},
                                                  {"act", "操作", "act", SHEET_TEXT},
                                                  {"to", "状态", "state", SHEET_TEXT},
                                                  {"officer", "人员", "officer", SHEET_TEXT},
                                                  {"note", "说明", "note", SHEET_TEXT}};
    struct steps steps = {.d = d};
    char title[TEXT];
    steps.sheet = sheets_add(&steps.sheets, "steps", "案件进展", "Steps", columns, 5);
    int result = store_case_steps(d->ctl->store, id, take_step, &steps, d->err);
    if (result == 0 && steps.sheets.failed)
        result = no_memory(d);
    if (result == 0 && steps.sheet->rows_count > 0) {
        snprintf(title, sizeof title, "案件进展  Steps of %s", id);
        paper_text(d->paper, PAPER_HEADING, title);
        sheet_paper(d->paper, steps.sheet);
    }
    sheets_close(&steps.sheets);
    return result;
}

/* A picture that cannot be decoded is named with the reason: it is evidence all the same. */
static int lay_photo(struct dossier *d, const struct photo *photo, struct paper_photo *out)
{
    void *data = NULL;
    size_t length;
    char text[TEXT + 320];
    struct err why;
    if (store_object_get(d->ctl->store, photo->sha256, &data, &length, d->err) != 0)
        return err_prefix(d->err, "%s", photo->name);
    int result = overlay_small(data, length, THUMBNAIL, &out->jpeg, &out->size, &out->width, &out->height, &why);
    free(data);
    if (result == 0)
        return 1;
    snprintf(text, sizeof text, "%s (%.16s…): %s", photo->name, photo->sha256, why.text);
    paper_text(d->paper, PAPER_NOTE, text);
    return 0;
}

static int lay_photos(struct dossier *d, const char *subject)
{
    struct photos *photos = calloc(1, sizeof *photos);
    struct paper_photo shown[PHOTOS_MAX];
    char captions[PHOTOS_MAX][TEXT];
    size_t count = 0;
    if (!photos)
        return no_memory(d);
    int result = photos_read(photos, d->ctl->store, subject, d->err);
    if (result == 0 && photos->count > 0) {
        char title[TEXT];
        snprintf(title, sizeof title, "照片  Photographs of %s", subject);
        paper_text(d->paper, PAPER_HEADING, title);
    }
    for (size_t i = 0; result >= 0 && i < photos->count; i++) {
        const struct photo *one = &photos->items[i];
        result = lay_photo(d, one, &shown[count]);
        if (result <= 0)
            continue;
        snprintf(captions[count], TEXT, "%s  %s\nSHA-256 %.16s…", one->name, one->taken, one->sha256);
        shown[count].caption = captions[count];
        count++;
    }
    paper_photos(d->paper, shown, count); /* takes the pictures over, also after an error */
    free(photos);
    return result < 0 ? -1 : 0;
}

/* Oldest first; of passages only those with pictures have more to show than their line. */
static int lay_subjects(struct dossier *d)
{
    for (size_t i = d->tests_count; i-- > 0;) {
        paper_page_break(d->paper);
        if (strcmp(sheet_cell(d->lists[TESTS], i, 3), "running") != 0 &&
            ctl_paper_add(d->ctl, d->subjects[i], d->paper, d->err) != 0)
            return -1;
        if (lay_photos(d, d->subjects[i]) != 0)
            return -1;
    }
    for (size_t i = d->subjects_count; i-- > d->tests_count;)
        if (lay_photos(d, d->subjects[i]) != 0)
            return -1;
    return 0;
}

static int lay(struct dossier *d)
{
    if (lay_head(d) != 0)
        return -1;
    lay_lists(d);
    for (size_t i = d->cases_count; i-- > 0;)
        if (lay_case(d, d->cases[i]) != 0)
            return -1;
    return lay_subjects(d);
}

int ctl_dossier(struct ctl *ctl, const char *plate, const char *colour, struct err *err)
{
    struct dossier *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(err, ERR_FAILED, "out of memory");
    *d = (struct dossier){.ctl = ctl, .plate = plate, .colour = colour, .err = err};
    open_lists(d);
    int result = gather(d);
    if (result == 0 && d->sheets.failed)
        result = no_memory(d);
    if (result == 0 && d->newest_ms == 0)
        result = err_set(err, ERR_FAILED, "nothing is known of %s", plate);
    if (result == 0)
        result = lay(d);
    if (result == 0)
        result = ctl_paper_write(ctl, d->paper, err);
    if (result == 0)
        ctl_paper_fonts(d->paper);
    paper_close(d->paper);
    sheets_close(&d->sheets);
    free(d->subjects);
    free(d->cases);
    free(d);
    return result;
}
