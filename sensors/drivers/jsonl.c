/*
 * One JSON object per line, UTF-8, over TCP or a serial line; a profile maps the device's keys to quantities and, for
 * remote sensing, to the fields of a passage. A line that is not such an object is worth nothing as a whole. A key that
 * is missing, null or no number gives no reading.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/number_text.h"
#include "sensors/drivers/passage_field.h"
#include "sensors/drivers/text_line.h"
#include "sensors/profile.h"
#include "station/core/json.h"

enum { TOKENS_MAX = 512 };

static_assert(sizeof(struct text_line) <= SENSOR_STATE_MAX, "state");

static struct text_line *state_of(struct sensor *s)
{
    return (struct text_line *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (!config->profile || config->profile->kind != PROFILE_JSONL)
        return err_set(err, ERR_INVALID, "driver jsonl needs 'profile', the name of a map of JSON keys");
    return 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)t_ms;
    (void)host;
    *state_of(s) = (struct text_line){0};
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return text_line_cut(buf, length, frame);
}

/* ---- numbers ---- */

static bool read_number(const struct json_doc *doc, ptrdiff_t token, struct decimal *out)
{
    bool truth;
    if (token < 0)
        return false;
    if (json_get_bool(doc, token, &truth)) {
        *out = (struct decimal){.units = truth};
        return true;
    }
    if (json_get_decimal(doc, token, out))
        return true;
    const struct json_token *t = &doc->tokens[token];
    return t->type == JSON_NUMBER && number_text_read(out, doc->text + t->start, t->length);
}

/* ---- lines ---- */

static void add_values(struct sample *sample, const struct profile *p, const struct json_doc *doc)
{
    for (size_t i = 0; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        struct decimal number;
        struct decimal value;
        if (read_number(doc, json_member(doc, 0, v->key), &number) && profile_decode_number(v, number, &value))
            sample_add(sample, v->quantity, profile_quality(v, value, STATUS_OK), value);
    }
}

/* Strings as they are, numbers as they were written, nothing else. */
static bool read_text(const struct json_doc *doc, ptrdiff_t token, char *out, size_t size)
{
    if (token < 0)
        return false;
    const struct json_token *t = &doc->tokens[token];
    if (t->type != JSON_NUMBER)
        return json_get_string(doc, token, out, size);
    return snprintf(out, size, "%.*s", (int)t->length, doc->text + t->start) < (int)size;
}

static void add_fields(struct passage *passage, const struct profile *p, const struct json_doc *doc)
{
    for (size_t i = 0; i < p->fields_count; i++) {
        char text[PASSAGE_FLAGS_MAX];
        if (read_text(doc, json_member(doc, 0, p->fields[i].key), text, sizeof text))
            passage_field_set(passage, &p->fields[i], text);
    }
}

static bool take_line(struct sensor *s, const char *line, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const struct profile *p = s->config->profile;
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct err err;
    if (json_parse(&doc, line, length, tokens, TOKENS_MAX, &err) != 0)
        return text_line_reject(state_of(s), host, err.text);
    if (tokens[0].type != JSON_OBJECT)
        return text_line_reject(state_of(s), host, "a line is no JSON object");
    text_line_accept(state_of(s), host);
    struct sample sample = {.t_ms = t_ms};
    struct passage passage = {0};
    add_values(&sample, p, &doc);
    add_fields(&passage, p, &doc);
    if (p->fields_count > 0 && (sample.count > 0 || passage_field_any(&passage)))
        sample.passage = &passage;
    if (sample.count > 0 || sample.passage)
        host->publish(host->ctx, &sample);
    return true;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const char *line = text_line_take(state_of(s), bytes, length, host);
    return line && (text_line_is_blank(line, length) || take_line(s, line, length, t_ms, host));
}

const struct sensor_driver driver_jsonl = {
    .name = "jsonl",
    .title = "JSON lines described by a profile",
    .line = "115200/8n1",
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
};
