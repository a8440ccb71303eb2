/*
 * The slip as a page: what is stored of a record, gathered for reports/slip.h, and drawn as a PDF or for the receipt
 * printer.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/sha256.h"
#include "reports/slip.h"
#include "reports/slip_note.h"
#include "station/ctl.h"

struct gathered {
    struct slip slip;
    char *record, *readings, *note;
    size_t readings_length;
    char void_reason[STORE_REASON_MAX];
    char code[SLIP_NOTE_MAX], root[17], signed_at[CIVIL_TIME_TEXT_MAX];
    char alerts[SLIP_ALERTS_MAX][32];
    char readings_sha256[SHA256_HEX_SIZE];
};

static void release(struct gathered *g)
{
    if (!g)
        return;
    free(g->record);
    free(g->readings);
    free(g->note);
    free(g);
}

static int take_alert(void *ctx, const struct store_alert *a)
{
    struct gathered *g = ctx;
    if (g->slip.alerts_count == SLIP_ALERTS_MAX)
        return 1;
    snprintf(g->alerts[g->slip.alerts_count], sizeof g->alerts[0], "%s", a->code);
    g->slip.alerts[g->slip.alerts_count] = g->alerts[g->slip.alerts_count];
    g->slip.alerts_count++;
    return 0;
}

static int find_readings(void *ctx, const struct store_file *f)
{
    struct gathered *g = ctx;
    if (strcmp(f->name, "readings.csv") == 0)
        snprintf(g->readings_sha256, sizeof g->readings_sha256, "%s", f->sha256);
    return 0;
}

static int read_readings(struct ctl *ctl, struct gathered *g, const char *id, struct err *err)
{
    void *data = NULL;
    if (store_file_list(ctl->store, id, find_readings, g, err) != 0)
        return -1;
    if (g->readings_sha256[0] == '\0')
        return 0;
    if (store_object_get(ctl->store, g->readings_sha256, &data, &g->readings_length, err) != 0)
        return err_prefix(err, "readings.csv of %s", id);
    g->readings = data;
    return 0;
}

static void take_root(struct gathered *g, const struct checkpoint_read *c)
{
    char hex[SHA256_HEX_SIZE];
    sha256_to_hex(c->root.bytes, hex);
    snprintf(g->root, sizeof g->root, "%.16s", hex);
    snprintf(g->signed_at, sizeof g->signed_at, "%s", c->time);
}

/* The code that smogpush has signed, with the root that it names. 1: there is none (yet). */
static int read_code(struct ctl *ctl, struct gathered *g, const char *id, struct err *err)
{
    struct slip_note note;
    char *code = NULL;
    if (store_slip_code(ctl->store, id, &code, err) != 0)
        return -1;
    if (!code)
        return 1;
    int result = slip_note_read(&note, code, strlen(code), err);
    if (result == 0 && strlen(code) < sizeof g->code) {
        snprintf(g->code, sizeof g->code, "%s", code);
        take_root(g, &note.checkpoint);
        g->slip.countersigned = true;
    }
    free(code);
    return result == 0 ? 0 : err_prefix(err, "the signed code of %s", id);
}

/* Without a signed code: what will be signed, and the newest checkpoint, where it covers the record. */
static int make_code(struct ctl *ctl, struct gathered *g, struct err *err)
{
    struct checkpoint_read c;
    if (g->slip.event >= 0 && slip_note_unsigned(g->record, strlen(g->record), (uint64_t)g->slip.event,
                                                 g->void_reason[0] != '\0', g->code, err) != 0)
        return -1;
    if (store_checkpoint_last(ctl->store, &g->note, err) != 0)
        return -1;
    if (!g->note)
        return 0;
    if (checkpoint_read(&c, g->note, strlen(g->note), err) != 0)
        return err_prefix(err, "the newest checkpoint");
    if (g->slip.event >= 0 && c.size > (uint64_t)g->slip.event)
        take_root(g, &c);
    return 0;
}

static int read_root(struct ctl *ctl, struct gathered *g, const char *id, struct err *err)
{
    int unsigned_ = read_code(ctl, g, id, err);
    return unsigned_ > 0 ? make_code(ctl, g, err) : unsigned_;
}

static int read_options(struct ctl *ctl, struct slip *s, enum paper_size size, struct err *err)
{
    s->size = size;
    if (ctl->size && !paper_size_by_name(ctl->size, &s->size))
        return err_set(err, ERR_INVALID, "--size %s: a4, a5 and 80mm are known", ctl->size);
    if (ctl->lang && !words_language_by_name(ctl->lang, &s->language))
        return err_set(err, ERR_INVALID, "--lang %s: zh-en, zh, en and ug are known", ctl->lang);
    return 0;
}

static int gather(struct ctl *ctl, struct gathered *g, const char *id, struct err *err)
{
    struct slip *s = &g->slip;
    if (ctl_open_store(ctl, err) != 0 ||
        ctl_slip_record(ctl, id, &g->record, &s->event, g->void_reason, sizeof g->void_reason, err) != 0 ||
        read_readings(ctl, g, id, err) != 0 || read_root(ctl, g, id, err) != 0 ||
        store_alert_list(ctl->store, id, 0, SLIP_ALERTS_MAX, take_alert, g, err) != 0)
        return -1;
    s->record = g->record;
    s->record_length = strlen(g->record);
    s->readings = g->readings;
    s->readings_length = g->readings_length;
    s->void_reason = g->void_reason;
    s->root = g->root;
    s->signed_at = g->signed_at;
    s->code = g->code;
    return 0;
}

int ctl_paper_slip(struct ctl *ctl, enum paper_size size, struct paper **out, struct err *err)
{
    struct gathered *g = calloc(1, sizeof *g);
    if (!g)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = read_options(ctl, &g->slip, size, err);
    if (result == 0)
        result = gather(ctl, g, ctl->words[0], err);
    if (result == 0)
        result = slip_lay(&g->slip, out, err);
    release(g);
    if (result == 0)
        ctl_paper_fonts(*out);
    return result;
}

int ctl_paper_add(struct ctl *ctl, const char *id, struct paper *paper, struct err *err)
{
    struct gathered *g = calloc(1, sizeof *g);
    if (!g)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = gather(ctl, g, id, err);
    g->slip.use = SLIP_IN_DOSSIER;
    g->slip.size = PAPER_A4;
    if (result == 0)
        result = slip_add(&g->slip, paper, err);
    release(g);
    return result;
}

void ctl_paper_fonts(const struct paper *paper)
{
    if (paper_missing(paper) > 0)
        fprintf(stderr,
                "smogctl: no font of this machine has %d of the characters; install fonts-wqy-microhei and "
                "fonts-dejavu-core\n",
                paper_missing(paper));
}

int ctl_paper_write(const struct ctl *ctl, struct paper *paper, struct err *err)
{
    enum { MODE = 0644 };
    uint8_t *pdf = NULL;
    size_t size = 0;
    int result = paper_pdf(paper, &pdf, &size, err);
    if (result == 0)
        result = file_write(ctl->output, pdf, size, MODE, err);
    free(pdf);
    return result;
}
