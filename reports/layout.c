#include "reports/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"

/* ---- what a column may be taken from ---- */

/* X(word, where in the record: object or "" for the top, key) */
#define FROM_TABLE(X)                                                                                                  \
    X("id", "", "id")                                                                                                  \
    X("kind", "", "kind")                                                                                              \
    X("method", "", "method")                                                                                          \
    X("station", "station", "id")                                                                                      \
    X("station-name", "station", "name")                                                                               \
    X("station-kind", "station", "kind")                                                                               \
    X("region", "station", "region")                                                                                   \
    X("latitude", "station", "latitude")                                                                               \
    X("longitude", "station", "longitude")                                                                             \
    X("plate", "vehicle", "plate")                                                                                     \
    X("colour", "vehicle", "colour")                                                                                   \
    X("plate-kind", "vehicle", "kind")                                                                                 \
    X("plate-confidence", "vehicle", "plate_confidence")                                                               \
    X("verdict", "verdict", "kind")                                                                                    \
    X("device-record", "passage", "record_id")                                                                         \
    X("site", "passage", "site")                                                                                       \
    X("line", "passage", "line")                                                                                       \
    X("lane", "passage", "lane")

#define FROM_ROW(word, object, key) {word, object, key},
static const struct {
    const char *word, *object, *key;
} from_table[] = {FROM_TABLE(FROM_ROW){"at", "", "started_at"}, {"reasons", "verdict", ""}, {"instrument", "", ""}};

enum {
    FROM_COUNT = sizeof from_table / sizeof from_table[0],
    FROM_AT = FROM_COUNT - 3,
    FROM_REASONS = FROM_COUNT - 2,
    FROM_INSTRUMENT = FROM_COUNT - 1
};

enum { RATIO_DIGITS = 6 }; /* 1e-6: no device resolves more */

/* ---- reading the file ---- */

static int read_from(struct layout_column *c, struct conf *conf, ptrdiff_t section, const char *word, struct err *err)
{
    char known[512];
    size_t length = 0;
    for (c->from = 0; c->from < FROM_COUNT; c->from++) {
        if (strcmp(from_table[c->from].word, word) == 0)
            return 0;
        length += (size_t)snprintf(known + length, sizeof known - length, " %s", from_table[c->from].word);
    }
    return conf_error(conf, section, err, "from = %s is not known; known are%s", word, known);
}

static int read_form(struct layout_column *c, struct conf *conf, ptrdiff_t section, struct err *err)
{
    static const char *const forms[] = {"rfc3339", "local", "compact"};
    const char *form = forms[0];
    if (conf_get_string(conf, section, "form", false, &form, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i], form) == 0) {
            c->form = (enum layout_form)i;
            return 0;
        }
    return conf_error(conf, section, err, "form = %s is not known; known are rfc3339, local, compact", form);
}

/* QUANTITY_COUNT where no word is given. */
static int read_quantity(const struct layout_column *c, struct conf *conf, ptrdiff_t section, const char *word,
                         enum quantity *out, struct err *err)
{
    *out = word ? quantity_by_name(word, strlen(word)) : QUANTITY_COUNT;
    if (word && *out == QUANTITY_COUNT)
        return conf_error(conf, section, err, "column %s: there is no quantity '%s'", c->name, word);
    return 0;
}

static int read_column(struct layout *layout, ptrdiff_t section, struct err *err)
{
    struct conf *conf = &layout->conf;
    const char *from = NULL, *reading = NULL, *per = NULL, *limit = NULL, *fact = NULL;
    if (layout->columns_count == LAYOUT_COLUMNS_MAX)
        return conf_error(conf, section, err, "more than %d columns", LAYOUT_COLUMNS_MAX);
    struct layout_column *c = &layout->columns[layout->columns_count++];
    *c = (struct layout_column){.name = conf->nodes[section].value, .scale = {.units = 1}, .codes = -1};
    conf_use(conf, section);
    if (!c->name)
        return conf_error(conf, section, err, "a column needs a name");
    if (conf_get_string(conf, section, "from", false, &from, err) != 0 ||
        conf_get_string(conf, section, "reading", false, &reading, err) != 0 ||
        conf_get_string(conf, section, "per", false, &per, err) != 0 ||
        conf_get_string(conf, section, "limit", false, &limit, err) != 0 ||
        conf_get_string(conf, section, "fact", false, &fact, err) != 0 || read_form(c, conf, section, err) != 0 ||
        conf_get_decimal(conf, section, "scale", false, &c->scale, err) != 0 ||
        conf_get_list(conf, section, "codes", false, &c->codes, err) != 0)
        return -1;
    if (!!from + !!reading + !!limit + !!fact > 1)
        return conf_error(conf, section, err, "column %s: one of from, reading, limit, fact", c->name);
    if (per && !reading)
        return conf_error(conf, section, err, "column %s: per needs a reading", c->name);
    c->fact = fact;
    c->source = from      ? LAYOUT_FROM
                : reading ? LAYOUT_READING
                : limit   ? LAYOUT_LIMIT
                : fact    ? LAYOUT_FACT
                          : LAYOUT_EMPTY;
    if (read_quantity(c, conf, section, reading ? reading : limit, &c->quantity, err) != 0 ||
        read_quantity(c, conf, section, per, &c->per, err) != 0)
        return -1;
    return from ? read_from(c, conf, section, from, err) : 0;
}

static int read_layout(struct layout *layout, struct err *err)
{
    struct conf *conf = &layout->conf;
    ptrdiff_t top = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "layout");
    if (top < 0)
        return err_set(err, ERR_INVALID, "%s: there is no 'layout NAME { … }' in it", conf->file);
    conf_use(conf, top);
    if (conf_get_string(conf, top, "title", true, &layout->title, err) != 0 ||
        conf_get_string(conf, top, "source", true, &layout->source, err) != 0 ||
        conf_get_string(conf, top, "status", true, &layout->status, err) != 0)
        return -1;
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, top, at, CONF_SECTION, "column")) >= 0;)
        if (read_column(layout, at, err) != 0)
            return -1;
    if (layout->columns_count == 0)
        return conf_error(conf, top, err, "a layout needs columns");
    return conf_check_all_used(conf, err);
}

int layout_open(struct layout *layout, const char *file, struct err *err)
{
    size_t length;
    layout->columns_count = 0;
    layout->text = NULL;
    if (file_read(file, LAYOUT_FILE_MAX, &layout->text, &length, err) != 0 ||
        conf_parse(&layout->conf, file, layout->text, length, layout->nodes, LAYOUT_NODES_MAX, err) != 0)
        return -1;
    return read_layout(layout, err);
}

void layout_close(struct layout *layout)
{
    free(layout->text);
    layout->text = NULL;
}

/* ---- cells ---- */

static void take(const struct record *r, ptrdiff_t object, const char *key, char out[LAYOUT_CELL_MAX])
{
    int64_t number;
    ptrdiff_t token = object < 0 ? -1 : json_member(&r->doc, (size_t)object, key);
    if (token >= 0 && !json_get_string(&r->doc, token, out, LAYOUT_CELL_MAX) &&
        json_get_integer(&r->doc, token, &number))
        snprintf(out, LAYOUT_CELL_MAX, "%lld", (long long)number);
}

static void take_time(const struct record *r, enum layout_form form, int offset_minutes, char out[LAYOUT_CELL_MAX])
{
    char text[CIVIL_TIME_TEXT_MAX] = "", time[CIVIL_TIME_TEXT_MAX];
    int64_t at_ms;
    if (!json_get_string(&r->doc, json_member(&r->doc, 0, "started_at"), text, sizeof text) ||
        !civil_time_parse(&at_ms, text, strlen(text), 0))
        return;
    civil_time_format(at_ms, offset_minutes, time); /* 2026-07-01T09:30:00.250+08:00 */
    if (form == LAYOUT_RFC3339)
        snprintf(out, LAYOUT_CELL_MAX, "%s", time);
    else if (form == LAYOUT_LOCAL)
        snprintf(out, LAYOUT_CELL_MAX, "%.10s %.8s", time, time + 11);
    else
        snprintf(out, LAYOUT_CELL_MAX, "%.4s%.2s%.2s%.2s%.2s%.2s", time, time + 5, time + 8, time + 11, time + 14,
                 time + 17);
}

static void take_reasons(const struct record *r, char out[LAYOUT_CELL_MAX])
{
    size_t length = 0;
    for (size_t i = 0; i < r->judged.reasons_count && length < LAYOUT_CELL_MAX; i++)
        length +=
            (size_t)snprintf(out + length, LAYOUT_CELL_MAX - length, "%s%s", i > 0 ? "; " : "", r->judged.reasons[i]);
}

static void take_from(const struct record *r, const struct layout_column *c, int offset_minutes,
                      char out[LAYOUT_CELL_MAX])
{
    if (c->from == FROM_AT) {
        take_time(r, c->form, offset_minutes, out);
    } else if (c->from == FROM_REASONS) {
        take_reasons(r, out);
    } else if (c->from == FROM_INSTRUMENT) {
        ptrdiff_t all = json_member(&r->doc, 0, "instruments");
        take(r, all < 0 ? -1 : json_element(&r->doc, (size_t)all, 0), "name", out);
    } else {
        const char *object = from_table[c->from].object;
        take(r, object[0] ? json_member(&r->doc, 0, object) : 0, from_table[c->from].key, out);
    }
}

/* The element of the array whose member says so, or -1. */
static ptrdiff_t find(const struct json_doc *doc, ptrdiff_t array, const char *key, const char *says)
{
    for (size_t i = 0; array >= 0 && i < doc->tokens[array].count; i++) {
        ptrdiff_t element = json_element(doc, (size_t)array, i);
        if (json_equals(doc, json_member(doc, (size_t)element, key), says))
            return element;
    }
    return -1;
}

static void put_decimal(struct decimal value, struct decimal scale, char out[LAYOUT_CELL_MAX])
{
    char text[DECIMAL_TEXT_MAX];
    const struct decimal zero = {.units = 0};
    scale.digits = (uint8_t)(scale.digits + value.digits);
    if (scale.units != 1 && (scale.digits > DECIMAL_DIGITS_MAX || !decimal_scale(value.units, scale, zero, &value)))
        return;
    decimal_format(value, text);
    snprintf(out, LAYOUT_CELL_MAX, "%s", text);
}

/* Of the device, else what was joined; only one that is ok. */
static bool find_reading(const struct record *r, enum quantity quantity, struct decimal *value)
{
    ptrdiff_t passage = json_member(&r->doc, 0, "passage");
    ptrdiff_t own = passage < 0 ? -1 : json_member(&r->doc, (size_t)passage, "readings");
    ptrdiff_t reading = find(&r->doc, own, "quantity", quantity_name(quantity));
    if (reading < 0)
        reading = find(&r->doc, r->joined, "quantity", quantity_name(quantity));
    return reading >= 0 && json_equals(&r->doc, json_member(&r->doc, (size_t)reading, "quality"), "ok") &&
           json_get_decimal(&r->doc, json_member(&r->doc, (size_t)reading, "value"), value);
}

static void take_reading(const struct record *r, const struct layout_column *c, char out[LAYOUT_CELL_MAX])
{
    struct decimal value, whole;
    char text[DECIMAL_TEXT_MAX];
    if (!find_reading(r, c->quantity, &value))
        return;
    if (c->per == QUANTITY_COUNT) {
        put_decimal(value, c->scale, out);
        return;
    }
    double ratio = decimal_to_double(value) * decimal_to_double(c->scale);
    if (!find_reading(r, c->per, &whole) || whole.units == 0 ||
        !decimal_from_double(ratio / decimal_to_double(whole), RATIO_DIGITS, &value))
        return;
    decimal_format(value, text);
    snprintf(out, LAYOUT_CELL_MAX, "%s", text);
}

static void take_limit(const struct record *r, const struct layout_column *c, char out[LAYOUT_CELL_MAX])
{
    for (size_t i = 0; i < r->judged.values_count; i++)
        if (r->judged.values[i].quantity == c->quantity) {
            put_decimal(r->judged.values[i].limit, c->scale, out);
            return;
        }
}

static void take_fact(const struct record *r, const struct layout_column *c, char out[LAYOUT_CELL_MAX])
{
    if (!json_get_string(&r->doc, record_vehicle_fact(r, c->fact), out, LAYOUT_CELL_MAX))
        out[0] = '\0';
}

/* "blue=0": the code of a word; a word without one becomes empty. */
static void encode(const struct layout *layout, const struct layout_column *c, char out[LAYOUT_CELL_MAX])
{
    size_t length = strlen(out);
    for (uint32_t i = 0; i < layout->conf.nodes[c->codes].values; i++) {
        const char *code = conf_value(&layout->conf, c->codes, i);
        if (strncmp(code, out, length) == 0 && code[length] == '=') {
            snprintf(out, LAYOUT_CELL_MAX, "%s", code + length + 1);
            return;
        }
    }
    out[0] = '\0';
}

void layout_cell(const struct layout *layout, size_t column, const struct record *record, int offset_minutes,
                 char out[LAYOUT_CELL_MAX])
{
    const struct layout_column *c = &layout->columns[column];
    out[0] = '\0';
    switch (c->source) {
    case LAYOUT_FROM: take_from(record, c, offset_minutes, out); break;
    case LAYOUT_READING: take_reading(record, c, out); break;
    case LAYOUT_LIMIT: take_limit(record, c, out); break;
    case LAYOUT_FACT: take_fact(record, c, out); break;
    case LAYOUT_EMPTY: break;
    }
    if (c->codes >= 0 && out[0])
        encode(layout, c, out);
}
