#include <stdlib.h>
#include <string.h>

#include "reports/record.h"
#include "station/ctl_rows.h"

enum { TESTS_LISTED = 100, SERIES_MAX = 64, FIELDS = 6 };

/* ---- test list ---- */

static int take_test(void *ctx, const struct store_test *t)
{
    struct ctl_rows *rows = ctx;
    if (t->started_ms < rows->since_ms)
        return 1; /* the newest come first */
    return ctl_rows_test(rows, t);
}

static int list_tests(struct ctl_rows *rows, struct err *err)
{
    ctl_rows_ok(rows);
    ctl_rows_begin(rows, "tests");
    if (store_test_list(rows->ctl->store, NULL, NULL, false, rows->limit, take_test, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (!rows->w && rows->count == rows->limit)
        fprintf(stderr, "smogctl: the newest %d are shown; --limit N shows more\n", rows->limit);
    return 0;
}

int ctl_test_list(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    if (ctl_open_store(ctl, err) != 0 || ctl_since(ctl, &rows.since_ms, err) != 0 ||
        ctl_limit(ctl, TESTS_LISTED, &rows.limit, err) != 0)
        return -1;
    return ctl_rows_object(&rows, list_tests, err);
}

/* ---- test readings ---- */

struct field {
    const char *at;
    size_t length;
};

/* A line of readings.csv: t_ms, instrument, quantity, value, unit, quality. */
struct line {
    struct field fields[FIELDS];
};

/* What an instrument says in words is no reading. */
static bool is_reading(const struct line *l)
{
    return !(l->fields[4].length == 4 && memcmp(l->fields[4].at, "text", 4) == 0);
}

/* Takes the next line off *text; false at the end. A line of another form is passed over. */
static bool next_line(const char **text, const char *end, struct line *out)
{
    while (*text < end) {
        const char *at = *text, *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        size_t count = 0;
        for (const char *from = at; from <= stop && count < FIELDS; count++) {
            const char *comma = memchr(from, ',', (size_t)(stop - from));
            const char *last = comma ? comma : stop;
            out->fields[count] = (struct field){from, (size_t)(last - from)};
            from = last + 1;
        }
        *text = stop + 1;
        if (count == FIELDS && out->fields[0].length > 0 && out->fields[0].at[0] != 't' && is_reading(out))
            return true;
    }
    return false;
}

static bool same(struct field a, struct field b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static bool same_series(const struct line *a, const struct line *b)
{
    return same(a->fields[1], b->fields[1]) && same(a->fields[2], b->fields[2]);
}

struct readings {
    struct record record;
    char *text; /* the record's */
    void *csv;
    size_t csv_length;
    size_t series_count;
    struct line series[SERIES_MAX]; /* the first line of each */
};

static void find_series(struct readings *r)
{
    struct line line;
    const char *at = r->csv, *end = at + r->csv_length;
    while (next_line(&at, end, &line)) {
        size_t i = 0;
        while (i < r->series_count && !same_series(&r->series[i], &line))
            i++;
        if (i == r->series_count && i < SERIES_MAX)
            r->series[r->series_count++] = line;
    }
}

static void write_field(struct json_writer *w, const char *key, struct field f)
{
    json_string_n(w, key, f.at, f.length);
}

/* One column of a series. */
static void write_column(const struct readings *r, const struct line *of, size_t field, const char *key,
                         struct json_writer *w)
{
    struct line line;
    const char *at = r->csv, *end = at + r->csv_length;
    json_array_begin(w, key);
    while (next_line(&at, end, &line)) {
        if (!same_series(&line, of))
            continue;
        if (field == 0)
            json_integer(w, NULL, strtoll(line.fields[0].at, NULL, 10));
        else if (line.fields[field].length == 0)
            json_null(w, NULL);
        else
            write_field(w, NULL, line.fields[field]);
    }
    json_array_end(w);
}

static void write_series(const struct readings *r, const struct line *of, struct json_writer *w)
{
    json_object_begin(w, NULL);
    write_field(w, "instrument", of->fields[1]);
    write_column(r, of, 5, "quality", w);
    write_field(w, "quantity", of->fields[2]);
    write_column(r, of, 0, "t_ms", w);
    write_field(w, "unit", of->fields[4]);
    write_column(r, of, 3, "values", w);
    json_object_end(w);
}

/* An array of the verdict, as it stands in the record. */
static void write_part(const struct readings *r, const char *name, const char *key, struct json_writer *w)
{
    const struct json_doc *doc = &r->record.doc;
    ptrdiff_t verdict = json_member(doc, 0, "verdict");
    ptrdiff_t part = verdict >= 0 ? json_member(doc, (size_t)verdict, name) : -1;
    if (part >= 0)
        json_raw(w, key, doc->text + doc->tokens[part].start, doc->tokens[part].length);
}

static int print_json(const struct ctl *ctl, const struct readings *r, struct err *err)
{
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_string(&w, "id", r->record.id);
    write_part(r, "values", "limits", &w);
    write_part(r, "marks", "marks", &w);
    json_bool(&w, "ok", true);
    json_array_begin(&w, "series");
    for (size_t i = 0; i < r->series_count; i++)
        write_series(r, &r->series[i], &w);
    json_array_end(&w);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

static int read_readings(struct ctl *ctl, struct readings *r, struct err *err)
{
    struct store_test test;
    const char *id = ctl->words[0];
    if (ctl_open_store(ctl, err) != 0 || store_test_get(ctl->store, id, &test, &r->text, err) != 0)
        return -1;
    if (!r->text)
        return err_set(err, ERR_REFUSED, "test %s is still running; its readings are stored with its end", id);
    if (record_open(&r->record, r->text, strlen(r->text), err) != 0)
        return -1;
    const struct record_file *file = record_find_file(&r->record, "readings.csv");
    if (!file)
        return err_set(err, ERR_FAILED, "test %s has no readings: it ended before there were any", id);
    return store_object_get(ctl->store, file->sha256, &r->csv, &r->csv_length, err);
}

int ctl_test_readings(struct ctl *ctl, struct err *err)
{
    struct readings *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = read_readings(ctl, r, err);
    if (result == 0 && ctl->json) {
        find_series(r);
        result = print_json(ctl, r, err);
    } else if (result == 0) {
        fwrite(r->csv, 1, r->csv_length, stdout);
    }
    record_close(&r->record);
    free(r->text);
    free(r->csv);
    free(r);
    return result;
}
