#include "reports/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/core/decimal.h"
#include "station/core/utf8.h"

struct filling {
    const struct outlet_map *map;
    const struct outlet_message *message;
    const struct neutral *n;
    struct err *err;
};

const char *message_get(const struct message *m, const char *field)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->values[i].field->name, field) == 0)
            return m->values[i].text;
    return NULL;
}

static int refuse(const struct filling *f, const struct outlet_field *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(const struct filling *f, const struct outlet_field *field, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set(f->err, ERR_REFUSED, "%s, field %s: %s", f->message->name, field->name, text);
}

/* ---- forms ---- */

static size_t characters(const char *text)
{
    size_t count = 0;
    for (const char *c = text; *c; c++)
        count += ((unsigned char)*c & 0xC0) != 0x80;
    return count;
}

/* RFC 3339, cut out by the letters of the pattern: the local time as the record has it. */
static bool format_time(const char *time, const char *pattern, char *out, size_t size)
{
    static const struct {
        const char *letters;
        size_t at;
    } parts[] = {{"yyyy", 0}, {"MM", 5}, {"dd", 8}, {"HH", 11}, {"mm", 14}, {"ss", 17}, {"SSS", 20}};
    size_t made = 0;
    if (strlen(time) < sizeof "2026-07-01T09:30:00.000" - 1)
        return false;
    for (const char *p = pattern; *p; made++) {
        size_t take = 1, from = 0, k = 0;
        for (; k < sizeof parts / sizeof parts[0]; k++)
            if (strncmp(p, parts[k].letters, strlen(parts[k].letters)) == 0) {
                take = strlen(parts[k].letters);
                from = parts[k].at;
                break;
            }
        if (made + take >= size)
            return false;
        memcpy(out + made, k < sizeof parts / sizeof parts[0] ? time + from : p, take);
        p += take;
        made += take - 1;
    }
    out[made] = '\0';
    return true;
}

static bool is_digits(const char *text)
{
    return text[0] && strspn(text, "0123456789") == strlen(text);
}

/* Trailing zeros are no digits that must fit. */
static int check_decimal(const struct filling *f, const struct outlet_field *field, char *text)
{
    struct decimal value, fitting;
    if (!decimal_parse(&value, text, strlen(text)))
        return refuse(f, field, "'%s' is no number", text);
    if (field->whole == 0)
        return 0;
    bool fits = decimal_round(value, field->decimals, &fitting);
    if (fits && decimal_compare(value, fitting) != 0)
        return refuse(f, field, "%s has more than the %u decimals that the receiver takes; it is not rounded away",
                      text, field->decimals);
    int64_t most = 1;
    for (unsigned i = 0; i < field->whole + field->decimals; i++)
        most *= 10;
    if (!fits || fitting.units >= most || fitting.units <= -most)
        return refuse(f, field, "%s does not fit into the %u digits before the point that the receiver takes", text,
                      field->whole);
    char fitted[DECIMAL_TEXT_MAX];
    decimal_format(fitting, fitted);
    memcpy(text, fitted, strlen(fitted) + 1);
    return 0;
}

static int take_form(const struct filling *f, const struct outlet_field *field, const char *raw, char *out, size_t size)
{
    if (field->form == OUTLET_TIME) {
        if (!format_time(raw, field->pattern, out, size))
            return refuse(f, field, "'%s' is no time", raw);
        return 0;
    }
    if (strlen(raw) >= size)
        return refuse(f, field, "its value is longer than %zu bytes", size - 1);
    memcpy(out, raw, strlen(raw) + 1);
    if (field->form == OUTLET_DIGITS && !is_digits(out))
        return refuse(f, field, "'%s' is not digits alone", out);
    if (field->form == OUTLET_INTEGER && !is_digits(out + (out[0] == '-')))
        return refuse(f, field, "'%s' is no whole number", out);
    return field->form == OUTLET_DECIMAL ? check_decimal(f, field, out) : 0;
}

static int check_length(const struct filling *f, const struct outlet_field *field, const char *text)
{
    size_t length = characters(text);
    if (field->exact && length != field->exact)
        return refuse(f, field, "'%s' has %zu characters; the receiver takes exactly %u", text, length, field->exact);
    if (field->max && length > field->max)
        return refuse(f, field, "'%s' has %zu characters; the receiver takes %u at most", text, length, field->max);
    for (size_t i = 0; i < field->values_count; i++)
        if (strcmp(field->values[i], text) == 0)
            return 0;
    return field->values_count == 0 ? 0 : refuse(f, field, "'%s' is none of the values that the receiver takes", text);
}

/* ---- one field ---- */

static const char *find_value(const struct filling *f, const struct outlet_field *field)
{
    if (field->is)
        return field->is;
    for (size_t i = 0; i < field->from_count; i++) {
        const char *value = neutral_get(f->n, field->from[i]);
        if (value)
            return value;
    }
    return NULL;
}

static const struct neutral_file *find_picture(const struct filling *f, const struct outlet_field *field)
{
    for (size_t i = 0; i < field->from_count; i++) {
        const struct neutral_file *picture = neutral_picture(f->n, field->from[i]);
        if (picture)
            return picture;
    }
    return NULL;
}

/* "clfl=3": has that field, which stands before this one, that value? */
static bool excused(const struct message *m, const struct outlet_field *field)
{
    char name[64];
    if (!field->unless)
        return false;
    size_t length = strcspn(field->unless, "=");
    snprintf(name, sizeof name, "%.*s", (int)length, field->unless);
    const char *value = message_get(m, name);
    return value && strcmp(value, field->unless + length + 1) == 0;
}

static int missing(const struct filling *f, const struct message *m, const struct outlet_field *field)
{
    if (!field->must || excused(m, field))
        return 0;
    return refuse(f, field, "the receiver must have it, and '%s' is not known of this record", field->from[0]);
}

static int fill_field(const struct filling *f, struct message *m, const struct outlet_field *field)
{
    struct message_value *v = &m->values[m->count];
    *v = (struct message_value){.field = field};
    if (field->form == OUTLET_PICTURE) {
        v->picture = find_picture(f, field);
        m->count += v->picture != NULL;
        return v->picture ? 0 : missing(f, m, field);
    }
    const char *raw = find_value(f, field);
    if (!raw)
        return missing(f, m, field);
    if (field->table) {
        const char *code = outlet_map_code(f->map, field->table, raw);
        if (!code)
            return refuse(f, field, "the table '%s' of the outlet's map has no code for '%s'; enter it there",
                          field->table, raw);
        raw = code;
    }
    if (take_form(f, field, raw, v->text, sizeof v->text) != 0 || check_length(f, field, v->text) != 0)
        return -1;
    m->count++;
    return 0;
}

int message_fill(struct message *out, const struct outlet_map *map, const struct outlet_message *message,
                 const struct neutral *n, struct err *err)
{
    const struct filling f = {map, message, n, err};
    out->count = 0;
    if (message->count > MESSAGE_FIELDS_MAX)
        return err_set(err, ERR_INVALID, "%s has more than %d fields", message->name, MESSAGE_FIELDS_MAX);
    for (size_t i = 0; i < message->count; i++)
        if (fill_field(&f, out, &map->fields[message->first + i]) != 0)
            return -1;
    return 0;
}
