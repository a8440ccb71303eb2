/* smogctl bulletin: what a bureau publishes of a period. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/aside.h"
#include "reports/bulletin.h"
#include "station/clock.h"
#include "station/counted.h"
#include "station/ctl.h"
#include "station/ctl_funnel.h"
#include "station/ctl_uptime.h"
#include "station/progress.h"

enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

struct collecting {
    struct ctl *ctl;
    struct civil_date first, last;
    int offset_minutes;
    struct store *stores[COUNTED_SOURCES_MAX]; /* [0] is the configured station's */
    size_t stores_count;
    struct counted counted;
    struct bulletin bulletin;
    struct sheets sheets;
    enum bulletin_place *places; /* of a word */
    enum verdict_kind *verdicts;
};

/* ---- what is asked for ---- */

int ctl_zone(const struct ctl *ctl, int *minutes, struct err *err)
{
    *minutes = ctl->config->utc_offset_minutes;
    if (!ctl->zone)
        return 0;
    int hours, rest;
    char sign, end;
    /* NOLINTNEXTLINE(cert-err34-c): so few digits always fit */
    if (sscanf(ctl->zone, "%c%2d:%2d%c", &sign, &hours, &rest, &end) != 3 || (sign != '+' && sign != '-') ||
        hours > 14 || rest > 59 || hours < 0 || rest < 0)
        return err_set(err, ERR_INVALID, "'%s' is no offset from UTC; write --zone +06:00", ctl->zone);
    *minutes = (sign == '-' ? -1 : 1) * (60 * hours + rest);
    return 0;
}

int ctl_days(const struct ctl *ctl, struct civil_date *first, struct civil_date *last, struct err *err)
{
    const struct {
        const char *option, *text;
        struct civil_date *out;
    } dates[] = {{"--from", ctl->from, first}, {"--to", ctl->to, last}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        if (!dates[i].text)
            return err_set(err, ERR_INVALID, "say which days: --from 2026-07-01 --to 2026-07-31 (both are included)");
        if (!civil_date_parse(dates[i].out, dates[i].text, strlen(dates[i].text)))
            return err_set(err, ERR_INVALID, "%s '%s' is no day; write it like 2026-07-01", dates[i].option,
                           dates[i].text);
    }
    if (civil_date_compare(*last, *first) < 0)
        return err_set(err, ERR_INVALID, "--to %s is before --from %s", ctl->to, ctl->from);
    return 0;
}

void ctl_period_ms(struct civil_date first, struct civil_date last, int offset_minutes, int64_t *from_ms,
                   int64_t *to_ms)
{
    int64_t offset_ms = (int64_t)offset_minutes * MINUTE_MS;
    *from_ms = (int64_t)civil_days(first) * DAY_MS - offset_ms;
    *to_ms = (int64_t)(civil_days(last) + 1) * DAY_MS - offset_ms;
}

/* The state folders of further stations. */
static int open_stores(struct collecting *c, struct err *err)
{
    if (ctl_open_store(c->ctl, err) != 0)
        return -1;
    c->stores[c->stores_count++] = c->ctl->store;
    for (size_t i = 0; i < c->ctl->words_count; i++, c->stores_count++)
        if (store_open(&c->stores[c->stores_count], c->ctl->words[i], NULL, STORE_READER, err) != 0)
            return -1;
    return counted_open(&c->counted, c->stores, c->stores_count, err);
}

static void period(const struct collecting *c, int64_t *from_ms, int64_t *to_ms)
{
    ctl_period_ms(c->first, c->last, c->offset_minutes, from_ms, to_ms);
}

/* ---- counting ---- */

static int read_words(struct collecting *c, struct err *err)
{
    size_t count = c->counted.words_count;
    c->places = calloc(count, sizeof *c->places);
    c->verdicts = calloc(count, sizeof *c->verdicts);
    if (!c->places || !c->verdicts)
        return err_set(err, ERR_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const char *word = counted_word(&c->counted, (int64_t)i);
        c->places[i] = bulletin_place_by_name(word);
        if (!verdict_kind_by_name(word, &c->verdicts[i]))
            c->verdicts[i] = VERDICT_INVALID; /* no verdict's word; none is counted under it */
    }
    return 0;
}

static void add(struct collecting *c, const struct store_measurement *m)
{
    struct bulletin_record r = {.at_ms = m->at_ms,
                                .place = c->places[m->place],
                                .verdict = c->verdicts[m->verdict],
                                .vehicle = m->vehicle,
                                .split = {[BULLETIN_STATION] = m->station,
                                          [BULLETIN_METHOD] = m->method,
                                          [BULLETIN_STAGE] = m->stage,
                                          [BULLETIN_CLASS] = m->class_,
                                          [BULLETIN_FLEET] = m->fleet,
                                          [BULLETIN_REASONS] = m->reasons},
                                .value = {m->k, m->opacity, m->nox},
                                .limit = {m->k_limit, m->opacity_limit, m->nox_limit}};
    bulletin_add(&c->bulletin, &r);
}

static int count(struct collecting *c, struct err *err)
{
    int64_t from_ms, to_ms;
    struct progress progress;
    struct store_measurement m;
    int rc;
    period(c, &from_ms, &to_ms);
    if (counted_walk(&c->counted, from_ms, to_ms, err) != 0)
        return -1;
    progress_start(&progress, "records", c->counted.first_ms, c->counted.last_ms, c->ctl->json);
    while ((rc = counted_next(&c->counted, &m, err)) > 0) {
        add(c, &m);
        if (progress_step(&progress, m.at_ms, err) != 0)
            return -1;
    }
    progress_end(&progress);
    return rc;
}

static const char *word(void *ctx, int64_t id)
{
    const struct collecting *c = ctx;
    return counted_word(&c->counted, id);
}

static int vehicle(void *ctx, int64_t id, char plate[40], char colour[16], struct err *err)
{
    struct collecting *c = ctx;
    return counted_vehicle(&c->counted, id, plate, colour, err);
}

static int collect(struct collecting *c, struct err *err)
{
    int64_t vehicles, from_ms, to_ms;
    const struct bulletin_names names = {.ctx = c, .word = word, .vehicle = vehicle, .hide_plates = c->ctl->hide};
    if (ctl_load_config(c->ctl, err) != 0 || ctl_zone(c->ctl, &c->offset_minutes, err) != 0 ||
        ctl_days(c->ctl, &c->first, &c->last, err) != 0 || open_stores(c, err) != 0 || read_words(c, err) != 0 ||
        counted_vehicles(&c->counted, &vehicles, err) != 0 ||
        bulletin_open(&c->bulletin, c->first, c->last, c->offset_minutes, c->counted.words_count, (size_t)vehicles,
                      err) != 0 ||
        count(c, err) != 0)
        return -1;
    period(c, &from_ms, &to_ms);
    if (bulletin_sheets(&c->bulletin, &names, &c->sheets, err) != 0)
        return -1;
    return ctl_funnel(c->stores, c->stores_count, from_ms, to_ms, &c->sheets, err) == 0
               ? ctl_uptime(c->stores, c->stores_count, from_ms, to_ms, &c->sheets, err)
               : -1;
}

/* ---- writing ---- */

static int write_text(struct collecting *c, FILE *out, struct err *err)
{
    bulletin_paragraph(&c->bulletin, out);
    if (sheets_text(&c->sheets, out, err) != 0)
        return -1;
    bulletin_definitions(&c->bulletin, out);
    return 0;
}

static int write_json(struct collecting *c, struct err *err)
{
    struct json_writer w;
    char *paragraph = NULL, *definitions = NULL;
    size_t length;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    FILE *text = open_memstream(&paragraph, &length);
    if (!text)
        return err_set(err, ERR_FAILED, "out of memory");
    bulletin_paragraph(&c->bulletin, text);
    fclose(text);
    text = open_memstream(&definitions, &length);
    if (text) {
        bulletin_definitions(&c->bulletin, text);
        fclose(text);
    }
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", c->ctl->daemon_running);
    json_string(&w, "definitions", definitions ? definitions : "");
    json_integer(&w, "failed", bulletin_total(c->bulletin.failed));
    json_string(&w, "from", c->ctl->from);
    json_bool(&w, "ok", true);
    json_string(&w, "paragraph", paragraph ? paragraph : "");
    sheets_json(&c->sheets, &w);
    json_integer(&w, "tested", bulletin_total(c->bulletin.tested));
    json_string(&w, "to", c->ctl->to);
    json_integer(&w, "utc_offset_minutes", c->offset_minutes);
    json_object_end(&w);
    free(paragraph);
    free(definitions);
    return ctl_json_print(&w, err);
}

static int write_xlsx(struct collecting *c, struct aside *a, struct err *err)
{
    int64_t from_ms, to_ms;
    period(c, &from_ms, &to_ms);
    return sheets_xlsx(&c->sheets, a->temporary, "机动车排放检测通报 Emissions bulletin", to_ms / 1000, err);
}

static int write_pdf(struct collecting *c, FILE *out, struct err *err)
{
    struct paper *paper = NULL;
    uint8_t *pdf = NULL;
    size_t size = 0;
    if (bulletin_lay(&c->bulletin, &c->sheets, c->stores_count == 1 ? c->ctl->config->name : "", &paper, err) != 0)
        return -1;
    int result = paper_pdf(paper, &pdf, &size, err);
    ctl_paper_fonts(paper);
    paper_close(paper);
    if (result == 0 && fwrite(pdf, 1, size, out) != size)
        result = err_set(err, ERR_FAILED, "the PDF cannot be written: %s", strerror(errno));
    free(pdf);
    return result;
}

static const char *extension(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && !strchr(dot, '/') ? dot + 1 : "";
}

static int write_file(struct collecting *c, const char *path, struct err *err)
{
    enum aside_encoding encoding = ASIDE_BYTES;
    const char *kind = extension(path);
    struct aside a;
    bool xlsx = strcmp(kind, "xlsx") == 0, csv = strcmp(kind, "csv") == 0, pdf = strcmp(kind, "pdf") == 0;
    if (!xlsx && !csv && !pdf && strcmp(kind, "txt") != 0)
        return err_set(err, ERR_INVALID, "%s: end its name in .txt, .pdf, .csv or .xlsx; --json prints JSON", path);
    if (c->ctl->encoding && aside_encoding_by_name(c->ctl->encoding, &encoding, err) != 0)
        return -1;
    if (aside_open(&a, path, xlsx || pdf ? ASIDE_BYTES : encoding, err) != 0)
        return -1;
    int result = xlsx  ? write_xlsx(c, &a, err)
                 : pdf ? write_pdf(c, a.file, err)
                 : csv ? sheets_csv(&c->sheets, a.file, err)
                       : write_text(c, a.file, err);
    if (result == 0)
        result = aside_commit(&a, err);
    aside_close(&a);
    return result;
}

static int write_out(struct collecting *c, struct err *err)
{
    if (c->ctl->output && write_file(c, c->ctl->output, err) != 0)
        return -1;
    if (c->ctl->json)
        return write_json(c, err);
    if (!c->ctl->output)
        return write_text(c, stdout, err);
    bulletin_paragraph(&c->bulletin, stdout);
    return 0;
}

int ctl_bulletin(struct ctl *ctl, struct err *err)
{
    struct collecting *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, ERR_FAILED, "out of memory");
    c->ctl = ctl;
    int result = collect(c, err) == 0 ? write_out(c, err) : -1;
    sheets_close(&c->sheets);
    bulletin_close(&c->bulletin);
    counted_close(&c->counted);
    for (size_t i = 1; i < c->stores_count; i++)
        store_close(c->stores[i]);
    free(c->places);
    free(c->verdicts);
    free(c);
    return result;
}
