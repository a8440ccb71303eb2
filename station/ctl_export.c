/*
 * smogctl export: records, readings and counted records of a period, for other programs. Each is written beside its
 * name and appears only when it is complete.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/aside.h"
#include "reports/csv_writer.h"
#include "reports/file.h"
#include "reports/layout.h"
#include "reports/record.h"
#include "station/counted.h"
#include "station/config_read.h"
#include "station/ctl.h"
#include "station/progress.h"
#include "station/vehicle_names.h"

enum { READINGS_MAX = 64 << 20 };

struct exporting {
    struct ctl *ctl;
    struct counted counted;
    struct civil_date first, last;
    int offset_minutes;
    struct aside aside;
    struct csv_writer out; /* into it */
    struct vehicle_names vehicles;
    struct layout *layout;
    int64_t station; /* the word of our own */
    int64_t rows;
};

static void put_line(struct exporting *x, const char *line)
{
    csv_writer_bytes(&x->out, line, strlen(line));
}

/* ---- counted records: one narrow line each ---- */

static void put_cell(struct csv_writer *out, const char *text)
{
    csv_writer_byte(out, ',');
    csv_writer_text(out, text);
}

static void put_word(struct exporting *x, int64_t word)
{
    put_cell(&x->out, counted_word(&x->counted, word));
}

/* Nothing where there is none. */
static void put_value(struct csv_writer *out, int64_t value)
{
    csv_writer_byte(out, ',');
    if (value != STORE_NO_VALUE)
        csv_writer_thousandths(out, value);
}

static int counted_head(struct exporting *x, struct err *err)
{
    put_line(x, "at,station,station_kind,kind,seq,plate,colour,method,verdict,stage,class,fleet,instrument,reasons,k,"
                "k_limit,opacity,opacity_limit,nox,nox_limit\n");
    return vehicle_names_read(&x->vehicles, x->ctl->store, err);
}

static int counted_row(struct exporting *x, const struct store_measurement *m, struct err *err)
{
    (void)err;
    struct csv_writer *out = &x->out;
    char at[CIVIL_TIME_TEXT_MAX];
    const char *plate = vehicle_names_plate(&x->vehicles, m->vehicle);
    civil_time_format(m->at_ms, x->offset_minutes, at);
    csv_writer_text(out, at);
    put_word(x, m->station);
    put_word(x, m->place);
    put_cell(out, m->kind == 0 ? "test" : "passage");
    csv_writer_byte(out, ',');
    csv_writer_integer(out, m->seq);
    put_cell(out, plate);
    put_cell(out, vehicle_names_colour(plate));
    const int64_t words[] = {m->method, m->verdict, m->stage, m->class_, m->fleet, m->instrument, m->reasons};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        put_word(x, words[i]);
    const int64_t values[] = {m->k, m->k_limit, m->opacity, m->opacity_limit, m->nox, m->nox_limit};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        put_value(out, values[i]);
    csv_writer_byte(out, '\n');
    x->rows++;
    return 0;
}

/* ---- whole records ---- */

static int no_head(struct exporting *x, struct err *err)
{
    (void)x;
    (void)err;
    return 0;
}

/* Calls `each` with the record, where it is of this station. */
static int with_record(struct exporting *x, const struct store_measurement *m,
                       int (*each)(struct exporting *x, const char *text, size_t length, struct err *err),
                       struct err *err)
{
    char *text;
    size_t length;
    if (m->station != x->station)
        return 0;
    if (store_record_get(x->ctl->store, m->kind, m->seq, &text, &length, err) != 0)
        return -1;
    int result = text ? each(x, text, length, err) : 0;
    free(text);
    return result;
}

static int write_line(struct exporting *x, const char *text, size_t length, struct err *err)
{
    (void)err;
    csv_writer_bytes(&x->out, text, length);
    csv_writer_byte(&x->out, '\n');
    x->rows++;
    return 0;
}

static int record_row(struct exporting *x, const struct store_measurement *m, struct err *err)
{
    return with_record(x, m, write_line, err);
}

/* ---- passages in a layout ---- */

static int layout_head(struct exporting *x, struct err *err)
{
    char path[CONFIG_PATH_MAX + 96], folder[CONFIG_PATH_MAX];
    const char *name = x->ctl->layout ? x->ctl->layout : "pinyin";
    if (strchr(name, '/') || strchr(name, '.')) {
        snprintf(path, sizeof path, "%s", name);
    } else {
        if (config_default_folder("share/smogd/layouts", "station/layouts", folder, err) != 0)
            return -1;
        snprintf(path, sizeof path, "%s/%.64s.conf", folder, name);
    }
    x->layout = calloc(1, sizeof *x->layout);
    if (!x->layout)
        return err_set(err, ERR_FAILED, "out of memory");
    if (layout_open(x->layout, path, err) != 0)
        return -1;
    for (size_t i = 0; i < x->layout->columns_count; i++) {
        if (i > 0)
            csv_writer_byte(&x->out, ',');
        csv_writer_text(&x->out, x->layout->columns[i].name);
    }
    csv_writer_byte(&x->out, '\n');
    return 0;
}

static int write_columns(struct exporting *x, const char *text, size_t length, struct err *err)
{
    struct record record;
    char cell[LAYOUT_CELL_MAX];
    if (record_open(&record, text, length, err) != 0)
        return -1;
    for (size_t i = 0; i < x->layout->columns_count; i++) {
        layout_cell(x->layout, i, &record, x->offset_minutes, cell);
        if (i > 0)
            csv_writer_byte(&x->out, ',');
        csv_writer_text(&x->out, cell);
    }
    csv_writer_byte(&x->out, '\n');
    record_close(&record);
    x->rows++;
    return 0;
}

static int passage_row(struct exporting *x, const struct store_measurement *m, struct err *err)
{
    return m->kind == 1 ? with_record(x, m, write_columns, err) : 0;
}

/* ---- readings: every sample of every test ---- */

static int readings_head(struct exporting *x, struct err *err)
{
    (void)err;
    put_line(x, "record,started_at,t_ms,instrument,quantity,value,unit,quality\n");
    return 0;
}

/* readings.csv as it was stored, with the record before each line. */
static void write_samples(struct exporting *x, const char *id, const char *started_at, const char *csv, size_t length)
{
    const char *line = memchr(csv, '\n', length); /* its head is ours */
    const char *end = csv + length;
    while (line && ++line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        csv_writer_text(&x->out, id);
        csv_writer_byte(&x->out, ',');
        csv_writer_text(&x->out, started_at);
        csv_writer_byte(&x->out, ',');
        csv_writer_bytes(&x->out, line, (size_t)((next ? next : end) - line));
        csv_writer_byte(&x->out, '\n');
        line = next;
        x->rows++;
    }
}

static int write_readings(struct exporting *x, const char *text, size_t length, struct err *err)
{
    struct record record;
    char path[CONFIG_PATH_MAX + 128], started[CIVIL_TIME_TEXT_MAX] = "", *csv = NULL;
    size_t csv_length;
    if (record_open(&record, text, length, err) != 0)
        return -1;
    const struct record_file *file = record_find_file(&record, "readings.csv");
    json_get_string(&record.doc, json_member(&record.doc, 0, "started_at"), started, sizeof started);
    int result = 0;
    if (file) {
        result = store_object_path(x->ctl->store, file->sha256, path, sizeof path, err);
        if (result == 0)
            result = file_read(path, READINGS_MAX, &csv, &csv_length, err);
    }
    if (file && result == 0)
        write_samples(x, record.id, started, csv, csv_length);
    free(csv);
    record_close(&record);
    return result;
}

static int readings_row(struct exporting *x, const struct store_measurement *m, struct err *err)
{
    return m->kind == 0 ? with_record(x, m, write_readings, err) : 0;
}

/* ---- the command ---- */

static const struct what {
    const char *name;
    int (*head)(struct exporting *x, struct err *err);
    int (*row)(struct exporting *x, const struct store_measurement *m, struct err *err);
} whats[] = {{"records", no_head, record_row},
             {"counted", counted_head, counted_row},
             {"passages", layout_head, passage_row},
             {"readings", readings_head, readings_row}};

static const struct what *find_what(const char *name, struct err *err)
{
    for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++)
        if (strcmp(whats[i].name, name) == 0)
            return &whats[i];
    err_set(err, ERR_INVALID, "'%s' cannot be exported; records, counted, passages and readings can", name);
    return NULL;
}

static int prepare(struct exporting *x, struct err *err)
{
    struct ctl *ctl = x->ctl;
    enum aside_encoding encoding = ASIDE_BYTES;
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE");
    if (ctl_load_config(ctl, err) != 0 || ctl_zone(ctl, &x->offset_minutes, err) != 0 ||
        ctl_days(ctl, &x->first, &x->last, err) != 0 || ctl_open_store(ctl, err) != 0 ||
        (ctl->encoding && aside_encoding_by_name(ctl->encoding, &encoding, err) != 0) ||
        counted_open(&x->counted, &ctl->store, 1, err) != 0)
        return -1;
    for (size_t i = 1; i < x->counted.words_count; i++)
        if (strcmp(counted_word(&x->counted, (int64_t)i), store_station(ctl->store)) == 0)
            x->station = (int64_t)i;
    if (aside_open(&x->aside, ctl->output, encoding, err) != 0)
        return -1;
    csv_writer_open(&x->out, x->aside.file);
    return 0;
}

static int write_rows(struct exporting *x, const struct what *what, struct err *err)
{
    struct progress progress;
    struct store_measurement m;
    int64_t from_ms, to_ms;
    int rc;
    ctl_period_ms(x->first, x->last, x->offset_minutes, &from_ms, &to_ms);
    if (what->head(x, err) != 0 || counted_walk(&x->counted, from_ms, to_ms, err) != 0)
        return -1;
    progress_start(&progress, "records", x->counted.first_ms, x->counted.last_ms, x->ctl->json);
    while ((rc = counted_next(&x->counted, &m, err)) > 0)
        if (what->row(x, &m, err) != 0 || progress_step(&progress, m.at_ms, err) != 0)
            return -1;
    csv_writer_flush(&x->out);
    progress_end(&progress);
    return rc;
}

static int answer(struct exporting *x, struct err *err)
{
    if (!x->ctl->json) {
        printf("%s: %" PRId64 " lines\n", x->ctl->output, x->rows);
        return 0;
    }
    struct entries e = {0};
    entries_text(&e, "file", x->ctl->output);
    entries_integer(&e, "rows", x->rows);
    return ctl_json_entries(&e, err);
}

int ctl_export(struct ctl *ctl, struct err *err)
{
    struct exporting x = {.ctl = ctl};
    const struct what *what = find_what(ctl->words[0], err);
    int result = what && prepare(&x, err) == 0 ? write_rows(&x, what, err) : -1;
    if (result == 0)
        result = aside_commit(&x.aside, err);
    aside_close(&x.aside);
    counted_close(&x.counted);
    vehicle_names_close(&x.vehicles);
    if (x.layout)
        layout_close(x.layout);
    free(x.layout);
    return result == 0 ? answer(&x, err) : -1;
}
