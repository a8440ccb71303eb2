/*
 * smogctl plate P -o F.pdf: a vehicle's dossier. Lists of all that is known first (ctl_dossier_lists.c), then each case
 * with its steps and each test with its values, curve and pictures, in the order of time. It is drawn from stored facts
 * alone: the same bytes until something new is known.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/overlay.h"
#include "reports/sheet_paper.h"
#include "reports/words.h"
#include "station/ctl_dossier.h"
#include "station/photos.h"
#include "station/store_life.h"

enum { THUMBNAIL = 480 };

/* ---- pages ---- */

static int lay_head(struct dossier *d)
{
    char tests[DOSSIER_TIME], passages[DOSSIER_TIME], cases[DOSSIER_TIME], newest[DOSSIER_TIME] = "",
                                                                           foot[DOSSIER_TEXT], station[DOSSIER_TEXT];
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
    snprintf(passages, sizeof passages, "%zu", d->lists[DOSSIER_PASSAGES]->rows_count);
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
    for (size_t i = 0; i < DOSSIER_LISTS; i++) {
        char title[DOSSIER_TEXT];
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
    char at[DOSSIER_TIME], to[DOSSIER_TEXT], more[2 * DOSSIER_TEXT];
    dossier_state(s->to, to);
    snprintf(more, sizeof more, "%s%s%s%s%s", s->number, s->number[0] ? " " : "", s->reason, s->reason[0] ? " " : "",
             s->until);
    sheet_row(&steps->sheets, steps->sheet,
              (const char *const[]){dossier_time(steps->d, s->at_ms, at), s->act, to,
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
    char title[DOSSIER_TEXT];
    steps.sheet = sheets_add(&steps.sheets, "steps", "案件进展", "Steps", columns, 5);
    int result = store_case_steps(d->ctl->store, id, take_step, &steps, d->err);
    if (result == 0 && steps.sheets.failed)
        result = dossier_no_memory(d);
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
    char text[DOSSIER_TEXT + 320];
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
    char captions[PHOTOS_MAX][DOSSIER_TEXT];
    size_t count = 0;
    if (!photos)
        return dossier_no_memory(d);
    int result = photos_read(photos, d->ctl->store, subject, d->err);
    if (result == 0 && photos->count > 0) {
        char title[DOSSIER_TEXT];
        snprintf(title, sizeof title, "照片  Photographs of %s", subject);
        paper_text(d->paper, PAPER_HEADING, title);
    }
    for (size_t i = 0; result >= 0 && i < photos->count; i++) {
        const struct photo *one = &photos->items[i];
        result = lay_photo(d, one, &shown[count]);
        if (result <= 0)
            continue;
        snprintf(captions[count], DOSSIER_TEXT, "%s  %s\nSHA-256 %.16s…", one->name, one->taken, one->sha256);
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
        if (strcmp(sheet_cell(d->lists[DOSSIER_TESTS], i, 3), "running") != 0 &&
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
    int result = dossier_gather(d);
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
