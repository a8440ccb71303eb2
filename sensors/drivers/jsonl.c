/*
 * One JSON object per line, UTF-8, over TCP or a serial line; a profile maps the device's keys to quantities and, for
 * remote sensing, to the fields of a passage. A line that is not such an object is worth nothing as a whole. A key that
 * is missing, null or no number gives no reading.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/passage_field.h"
#include "sensors/profile.h"
#include "station/core/json.h"

enum { LINE_MAX_BYTES = SENSOR_FRAME_MAX, TOKENS_MAX = 512 };

struct state {
    bool in_long_line; /* what comes up to the next newline is the rest of a line that was too long */
    bool bad;          /* the line before was of no use, and the host knows */
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
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
    *state_of(s) = (struct state){0};
}

/* A frame is a line, or as much of an endless one as there is room for. */
static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    const uint8_t *end = memchr(buf, '\n', length);
    if (!end && length < LINE_MAX_BYTES)
        return CUT_MORE;
    *frame = end ? (size_t)(end - buf) + 1 : length;
    return CUT_OK;
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent behind e or E; large ones need not be exact. */
static int read_exponent(const char *at, const char *end)
{
    enum { LARGE = 1000 };
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    int exponent = 0;
    for (; at < end && exponent < LARGE; at++)
        exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

/* units x 10^exponent as a decimal; where it has too many decimals, rounded half to even, without zeros at the end. */
static bool make_decimal(int64_t units, int exponent, struct decimal *out)
{
    for (; exponent > 0 && units != 0; exponent--) {
        if (units > INT64_MAX / 10)
            return false;
        units *= 10;
    }
    int64_t rest = 0;
    bool beyond = false;
    bool rounded = exponent < -DECIMAL_DIGITS_MAX;
    for (; exponent < -DECIMAL_DIGITS_MAX; exponent++) {
        beyond = beyond || rest != 0;
        rest = units % 10;
        units /= 10;
    }
    if (rest > 5 || (rest == 5 && (beyond || units % 2 != 0)))
        units++;
    for (; rounded && exponent < 0 && units % 10 == 0; exponent++)
        units /= 10;
    *out = (struct decimal){.units = units, .digits = (uint8_t)(exponent < 0 ? -exponent : 0)};
    return true;
}

/* JSON's numbers in full: an exponent, or more decimals than a decimal holds, which is how programs print floats. */
static bool read_long_number(const char *text, size_t length, struct decimal *out)
{
    static const int64_t room = INT64_MAX / 10 - 1;
    const char *end = text + length;
    bool negative = *text == '-';
    const char *at = negative ? text + 1 : text;
    int64_t units = 0;
    int exponent = 0;
    bool point = false;
    for (; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            point = true;
        } else if (units < room) {
            units = units * 10 + (*at - '0');
            exponent -= point;
        } else {
            exponent += !point;
        }
    }
    if (at < end)
        exponent += read_exponent(at + 1, end);
    if (!make_decimal(units, exponent, out))
        return false;
    if (negative)
        out->units = -out->units;
    return true;
}

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
    return t->type == JSON_NUMBER && read_long_number(doc->text + t->start, t->length, out);
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

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' && line[i] != '\r' && line[i] != '\n' && line[i] != '\t')
            return false;
    return true;
}

static bool reject(struct sensor *s, const struct sensor_host *host, const char *why)
{
    struct state *state = state_of(s);
    if (!state->bad)
        host->fault(host->ctx, STATUS_COMM_ERROR, why);
    state->bad = true;
    return false;
}

static bool take_line(struct sensor *s, const char *line, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const struct profile *p = s->config->profile;
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct err err;
    if (json_parse(&doc, line, length, tokens, TOKENS_MAX, &err) != 0)
        return reject(s, host, err.text);
    if (tokens[0].type != JSON_OBJECT)
        return reject(s, host, "a line is no JSON object");
    state_of(s)->bad = false;
    host->fault(host->ctx, STATUS_OK, "");
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
    struct state *state = state_of(s);
    const char *line = (const char *)bytes;
    bool is_rest = state->in_long_line;
    state->in_long_line = bytes[length - 1] != '\n';
    if (state->in_long_line || is_rest)
        return reject(s, host, "a line is longer than 4095 bytes");
    return is_blank(line, length) || take_line(s, line, length, t_ms, host);
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
