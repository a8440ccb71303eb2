/*
 * One record per line of comma-separated values, over TCP or a serial line; a profile names the columns. What the line
 * may look like is protocols/csv.h. A line that is not understood as a whole is worth nothing: another number of
 * fields, a number that is none, bytes of another encoding.
 *
 * A header is no record, but the proof that the device means the same columns: where it names others, nothing counts
 * until the next header or connection, because shifted columns make plausible wrong numbers.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "protocols/csv.h"
#include "protocols/gbk.h"
#include "sensors/drivers/drivers.h"
#include "sensors/drivers/number_text.h"
#include "sensors/drivers/passage_field.h"
#include "sensors/drivers/text_line.h"
#include "sensors/profile.h"
#include "station/core/utf8.h"

enum { UTF8_LINE_MAX = GBK_UTF8_SIZE(TEXT_LINE_MAX), WHY_MAX = 2 * SENSOR_TEXT_MAX };
static_assert((int)CSV_FIELDS_MAX >= (int)PROFILE_COLUMNS_MAX, "a line holds all columns");

struct state {
    struct text_line line;
    bool other_columns; /* the last header was another than the profile's */
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (!config->profile || config->profile->kind != PROFILE_CSV)
        return err_set(err, ERR_INVALID, "driver csv needs 'profile', the name of a list of columns (kind = csv)");
    return 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)t_ms;
    (void)host;
    *state_of(s) = (struct state){0};
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return text_line_cut(buf, length, frame);
}

/* ---- a line and its fields ---- */

/* The line as UTF-8, without a byte order mark. */
static const char *decode(const struct profile *p, const char *line, size_t *length, char room[UTF8_LINE_MAX])
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (p->gbk) {
        ptrdiff_t wrote = gbk_to_utf8(line, *length, room, UTF8_LINE_MAX);
        assert(wrote >= 0);
        *length = (size_t)wrote;
        return room;
    }
    if (utf8_check(line, *length) != *length)
        return NULL;
    size_t skip = *length >= strlen(mark) && memcmp(line, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
    *length -= skip;
    return line + skip;
}

/* Blanks around a field are no part of it. */
static struct csv_field trim(struct csv_field field)
{
    while (field.length > 0 && (field.text[0] == ' ' || field.text[0] == '\t')) {
        field.text++;
        field.length--;
    }
    while (field.length > 0 && (field.text[field.length - 1] == ' ' || field.text[field.length - 1] == '\t'))
        field.length--;
    return field;
}

static bool is_text(struct csv_field field, const char *text)
{
    return field.length == strlen(text) && memcmp(field.text, text, field.length) == 0;
}

static bool is_absent(const struct profile *p, struct csv_field field)
{
    for (size_t i = 0; i < p->no_value_count; i++)
        if (is_text(field, p->no_value[i]))
            return true;
    return field.length == 0;
}

static bool read_number(const struct profile *p, struct csv_field field, struct decimal *out)
{
    char text[64];
    if (field.length >= sizeof text)
        return false;
    memcpy(text, field.text, field.length);
    for (size_t i = 0; i < field.length && p->decimal_comma; i++) {
        if (text[i] == '.')
            return false;
        if (text[i] == ',')
            text[i] = '.';
    }
    return number_text_read(out, text, field.length);
}

/* ---- what it says ---- */

/* False, and why: a field that should be a number and is none. */
static bool add_values(struct sample *sample, const struct profile *p, const struct csv_record *record,
                       char why[WHY_MAX])
{
    for (size_t i = 0; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        struct csv_field field = trim(record->fields[v->at]);
        struct decimal number;
        struct decimal value;
        if (is_absent(p, field))
            continue;
        if (!read_number(p, field, &number)) {
            snprintf(why, WHY_MAX, "column '%s': '%.*s' is no number", v->key,
                     field.length < 20 ? (int)field.length : 20, field.text);
            utf8_trim(why);
            return false;
        }
        if (profile_decode_number(v, number, &value))
            sample_add(sample, v->quantity, profile_quality(v, value, STATUS_OK), value);
    }
    return true;
}

static void add_fields(struct passage *passage, const struct profile *p, const struct csv_record *record)
{
    for (size_t i = 0; i < p->fields_count; i++) {
        char text[PASSAGE_FLAGS_MAX];
        struct csv_field field = trim(record->fields[p->fields[i].at]);
        if (is_absent(p, field) || memchr(field.text, '\0', field.length))
            continue;
        snprintf(text, sizeof text, "%.*s", (int)field.length, field.text);
        utf8_trim(text);
        passage_field_set(passage, &p->fields[i], text);
    }
}

/* Its columns must be the profile's, all of them in their order. */
static bool take_header(struct state *state, const struct profile *p, const struct csv_record *record,
                        const struct sensor_host *host)
{
    char why[WHY_MAX];
    size_t i = 1;
    while (i < record->count && i < p->headings_count && is_text(trim(record->fields[i]), p->headings[i]))
        i++;
    state->other_columns = i < record->count || i < p->headings_count;
    if (!state->other_columns)
        return true;
    struct csv_field other = i < record->count ? trim(record->fields[i]) : (struct csv_field){"", 0};
    snprintf(why, sizeof why, "column %zu is '%.*s', in the profile it is '%s'", i + 1,
             other.length < 20 ? (int)other.length : 20, other.text, i < p->headings_count ? p->headings[i] : "");
    utf8_trim(why);
    return text_line_reject(&state->line, host, why);
}

static bool take_record(struct sensor *s, const struct csv_record *record, int64_t t_ms, const struct sensor_host *host)
{
    const struct profile *p = s->config->profile;
    struct state *state = state_of(s);
    struct sample sample = {.t_ms = t_ms};
    struct passage passage = {0};
    char why[WHY_MAX];
    if (is_text(trim(record->fields[0]), p->headings[0]))
        return take_header(state, p, record, host);
    if (state->other_columns)
        return text_line_reject(&state->line, host, "the header above has other columns than the profile");
    if (record->count != p->headings_count) {
        snprintf(why, sizeof why, "a line has %zu fields, the profile %zu columns", record->count, p->headings_count);
        return text_line_reject(&state->line, host, why);
    }
    if (!add_values(&sample, p, record, why))
        return text_line_reject(&state->line, host, why);
    text_line_accept(&state->line, host);
    add_fields(&passage, p, record);
    if (p->fields_count > 0 && (sample.count > 0 || passage_field_any(&passage)))
        sample.passage = &passage;
    if (sample.count > 0 || sample.passage)
        host->publish(host->ctx, &sample);
    return true;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    char decoded[UTF8_LINE_MAX];
    char room[UTF8_LINE_MAX];
    struct csv_record record;
    struct state *state = state_of(s);
    const char *line = text_line_take(&state->line, bytes, length, host);
    if (!line)
        return false;
    if (text_line_is_blank(line, length))
        return true;
    const char *text = decode(s->config->profile, line, &length, decoded);
    if (!text)
        return text_line_reject(&state->line, host, "a line is not UTF-8; is it GBK? say so in the profile");
    if (csv_read(text, length, s->config->profile->separator, room, sizeof room, &record) < 0)
        return text_line_reject(&state->line, host, record.why);
    return take_record(s, &record, t_ms, host);
}

const struct sensor_driver driver_csv = {
    .name = "csv",
    .title = "Lines of comma-separated values described by a profile",
    .line = "115200/8n1",
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
};
