/* What is known of a vehicle, list by list. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"
#include "reports/words.h"
#include "station/core/plate.h"
#include "station/ctl_dossier.h"
#include "station/store_life.h"

enum { ALL = 1 << 30 };

int dossier_no_memory(struct dossier *d)
{
    return d->result = err_set(d->err, ERR_FAILED, "out of memory");
}

const char *dossier_time(struct dossier *d, int64_t at_ms, char out[DOSSIER_TIME])
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
    } kinds[DOSSIER_LISTS] = {
        [DOSSIER_TESTS] = {"tests",
                           "检测记录",
                           "Tests",
                           6,
                           {TEXT_COLUMN("id", "记录编号", "record"), TEXT_COLUMN("started", "开始时间", "started"),
                            TEXT_COLUMN("method", "检测方法", "method"), TEXT_COLUMN("verdict", "判定", "verdict"),
                            TEXT_COLUMN("value", "实测值", "measured"), TEXT_COLUMN("limit", "限值", "limit")}},
        [DOSSIER_PASSAGES] = {"passages",
                              "遥感记录",
                              "Passages",
                              6,
                              {TEXT_COLUMN("id", "记录编号", "record"), TEXT_COLUMN("at", "时间", "time"),
                               TEXT_COLUMN("instrument", "仪器", "instrument"),
                               TEXT_COLUMN("verdict", "判定", "verdict"), TEXT_COLUMN("value", "实测值", "measured"),
                               TEXT_COLUMN("limit", "限值", "limit")}},
        [DOSSIER_IMPORTED] = {"imported",
                              "外站记录",
                              "Records of other stations",
                              5,
                              {TEXT_COLUMN("id", "记录编号", "record"), TEXT_COLUMN("at", "时间", "time"),
                               TEXT_COLUMN("station", "站点", "station"), TEXT_COLUMN("method", "检测方法", "method"),
                               TEXT_COLUMN("verdict", "判定", "verdict")}},
        [DOSSIER_CASES] = {"cases",
                           "案件",
                           "Cases",
                           6,
                           {TEXT_COLUMN("case", "案件", "case"), TEXT_COLUMN("created", "立案时间", "opened"),
                            TEXT_COLUMN("subject", "依据记录", "record"), TEXT_COLUMN("state", "状态", "state"),
                            TEXT_COLUMN("repair", "整改", "repair"), TEXT_COLUMN("number", "文书号", "decision")}},
        [DOSSIER_CHECKLISTS] = {"checklists",
                                "检查表",
                                "Checklists",
                                5,
                                {TEXT_COLUMN("checklist", "检查表", "checklist"), TEXT_COLUMN("item", "项目", "item"),
                                 TEXT_COLUMN("answer", "结果", "answer"), TEXT_COLUMN("value", "数值", "value"),
                                 TEXT_COLUMN("remark", "备注", "remark")}},
        [DOSSIER_REFERRALS] = {"referrals",
                               "移交",
                               "Referrals",
                               3,
                               {TEXT_COLUMN("checklist", "检查表", "checklist"), TEXT_COLUMN("at", "时间", "time"),
                                TEXT_COLUMN("authority", "部门", "authority")}},
        [DOSSIER_ALERTS] = {"alerts",
                            "提示复核",
                            "For review",
                            3,
                            {TEXT_COLUMN("subject", "记录编号", "record"), TEXT_COLUMN("at", "时间", "time"),
                             TEXT_COLUMN("alert", "提示", "alert")}},
        [DOSSIER_ROSTERS] = {"rosters",
                             "车辆名册",
                             "Rosters",
                             4,
                             {TEXT_COLUMN("roster", "名册", "roster"), TEXT_COLUMN("line", "行", "line"),
                              TEXT_COLUMN("fleet", "单位", "fleet"), TEXT_COLUMN("absent", "未到原因", "absent")}},
    };
#undef TEXT_COLUMN
    for (size_t i = 0; i < DOSSIER_LISTS; i++)
        d->lists[i] = sheets_add(&d->sheets, kinds[i].key, kinds[i].zh, kinds[i].en, kinds[i].columns, kinds[i].count);
}

static int add_subject(struct dossier *d, const char *id)
{
    if (d->subjects_count == d->subjects_room) {
        size_t room = 2 * d->subjects_room + 64;
        char(*more)[48] = realloc(d->subjects, room * sizeof *more);
        if (!more)
            return dossier_no_memory(d);
        d->subjects = more;
        d->subjects_room = room;
    }
    snprintf(d->subjects[d->subjects_count++], 48, "%s", id);
    return 0;
}

/* The value that decided, or the first that was judged. */
static void write_value(const struct verdict *v, char value[DOSSIER_TEXT], char limit[DOSSIER_TEXT])
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
    snprintf(value, DOSSIER_TEXT, "%s %s", name, a);
    snprintf(limit, DOSSIER_TEXT, "%s %s %s", found->at_least ? "≥" : "≤", b, unit);
}

static int read_value(struct dossier *d, const char *text, char value[DOSSIER_TEXT], char limit[DOSSIER_TEXT])
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
    char at[DOSSIER_TIME], value[DOSSIER_TEXT] = "", limit[DOSSIER_TEXT] = "", *record = NULL;
    struct store_test whole;
    if (store_test_get(d->ctl->store, t->id, &whole, &record, d->err) != 0)
        return d->result = -1;
    if (record)
        read_value(d, record, value, limit);
    free(record);
    const char *verdict = t->verdict[0] ? t->verdict : "running";
    sheet_row(&d->sheets, d->lists[DOSSIER_TESTS],
              (const char *const[]){t->id, dossier_time(d, t->started_ms, at), t->method, verdict, value, limit});
    d->newest_ms = t->ended_ms > d->newest_ms ? t->ended_ms : d->newest_ms;
    d->tests_count++;
    return d->result != 0 ? d->result : add_subject(d, t->id);
}

static int take_passage(void *ctx, const struct store_passage *p)
{
    struct dossier *d = ctx;
    char at[DOSSIER_TIME], value[DOSSIER_TEXT] = "", limit[DOSSIER_TEXT] = "", *record = NULL;
    struct store_passage whole;
    if (store_passage_get(d->ctl->store, p->id, &whole, &record, NULL, d->err) != 0)
        return d->result = -1;
    read_value(d, record, value, limit);
    free(record);
    sheet_row(&d->sheets, d->lists[DOSSIER_PASSAGES],
              (const char *const[]){p->id, dossier_time(d, p->at_ms, at), p->instrument, p->verdict, value, limit});
    return d->result != 0 ? d->result : add_subject(d, p->id);
}

static int take_imported(void *ctx, const struct store_imported *f)
{
    struct dossier *d = ctx;
    char at[DOSSIER_TIME];
    sheet_row(&d->sheets, d->lists[DOSSIER_IMPORTED],
              (const char *const[]){f->id, dossier_time(d, f->at_ms, at), f->station, f->method, f->verdict});
    return 0;
}

void dossier_state(const char *name, char out[DOSSIER_TEXT])
{
    const struct ctl_word *word = ctl_word_case(name);
    snprintf(out, DOSSIER_TEXT, "%s %s", word->zh, word->en);
}

static int take_case(void *ctx, const struct store_case *c)
{
    struct dossier *d = ctx;
    char at[DOSSIER_TIME], state[DOSSIER_TEXT], repair[DOSSIER_TEXT] = "";
    if (other_colour(d, c->colour))
        return 0;
    char(*more)[56] = realloc(d->cases, (d->cases_count + 1) * sizeof *more);
    if (!more)
        return dossier_no_memory(d);
    d->cases = more;
    snprintf(d->cases[d->cases_count++], 56, "%s", c->id);
    dossier_state(c->state, state);
    if (strcmp(c->repair, "none") != 0)
        dossier_state(c->repair, repair);
    sheet_row(&d->sheets, d->lists[DOSSIER_CASES],
              (const char *const[]){c->id, dossier_time(d, c->created_ms, at), c->subject, state, repair, c->number});
    return 0;
}

/* As the agency's list calls the item; its name where that list is not there any more. */
static void item_text(const struct dossier *d, const char *item, char out[DOSSIER_TEXT])
{
    snprintf(out, DOSSIER_TEXT, "%s", item);
    for (size_t i = 0; i < d->ctl->config->checklists_count; i++) {
        const struct checklist *list = &d->ctl->config->checklists[i];
        const struct checklist_item *found =
            strcmp(list->sha256, d->checklist.sha256) == 0 ? checklist_item(list, item) : NULL;
        if (found)
            snprintf(out, DOSSIER_TEXT, "%s %s", found->zh, found->en);
    }
}

static int take_answer(void *ctx, const struct store_answer *a)
{
    struct dossier *d = ctx;
    char item[DOSSIER_TEXT], at[DOSSIER_TIME];
    item_text(d, a->item, item);
    dossier_time(d, a->at_ms, at);
    sheet_row(&d->sheets, d->lists[DOSSIER_CHECKLISTS],
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
    char at[DOSSIER_TIME];
    if (!other_colour(d, r->colour))
        sheet_row(&d->sheets, d->lists[DOSSIER_REFERRALS],
                  (const char *const[]){r->checklist, dossier_time(d, r->at_ms, at), r->authority});
    return 0;
}

static int take_alert(void *ctx, const struct store_alert *a)
{
    struct dossier *d = ctx;
    char at[DOSSIER_TIME];
    sheet_row(&d->sheets, d->lists[DOSSIER_ALERTS],
              (const char *const[]){a->subject, dossier_time(d, a->at_ms, at), a->code});
    return 0;
}

static int take_roster(void *ctx, int64_t roster, const struct store_roster_entry *e)
{
    struct dossier *d = ctx;
    char number[DOSSIER_TIME], line[DOSSIER_TIME];
    snprintf(number, sizeof number, "%" PRId64, roster);
    snprintf(line, sizeof line, "%" PRId64, e->line);
    if (!other_colour(d, e->colour))
        sheet_row(&d->sheets, d->lists[DOSSIER_ROSTERS], (const char *const[]){number, line, e->fleet, e->absent});
    return 0;
}

int dossier_gather(struct dossier *d)
{
    struct store *s = d->ctl->store;
    const char *plate = d->plate, *colour = d->colour;
    open_lists(d);
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
    if (d->result == 0 && d->sheets.failed)
        dossier_no_memory(d);
    return d->result;
}
