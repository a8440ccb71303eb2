/*
 * The station's position from gpsd's JSON over TCP (port 2947): reports of class TPV. It is asked to watch once after
 * the connection is up, and again when it has been silent.
 *
 * Attributes that gpsd does not know are left out, and so is their reading. A report counts from mode 2 (a fix in two
 * dimensions) on; a position that gpsd knows to be simulated (status 8) or dead reckoning (5) is suspect, and the state
 * says so. ERROR objects become the state and the text "error". Time is not taken from here: the station's clock has
 * its own sources.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/number_text.h"
#include "sensors/drivers/text_line.h"
#include "station/core/json.h"

enum { TOKENS_MAX = 512, SILENCE_MS = 10000, STATUS_DEAD_RECKONING = 5, STATUS_SIMULATED = 8 };

struct state {
    struct text_line line;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static void watch(int64_t t_ms, const struct sensor_host *host)
{
    static const char request[] = "?WATCH={\"enable\":true,\"json\":true};\n";
    host->wake(host->ctx, t_ms + SILENCE_MS);
    host->send(host->ctx, (const uint8_t *)request, strlen(request));
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){0};
    watch(t_ms, host);
}

static void wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)s;
    watch(t_ms, host);
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return text_line_cut(buf, length, frame);
}

/* A number of the report; false: it is left out. */
static bool get(const struct json_doc *doc, const char *key, struct decimal *out)
{
    ptrdiff_t token = json_member(doc, 0, key);
    if (token < 0 || doc->tokens[token].type != JSON_NUMBER)
        return false;
    return number_text_read(out, doc->text + doc->tokens[token].start, doc->tokens[token].length);
}

static void add(struct sample *sample, const struct json_doc *doc, const char *key, enum quantity quantity,
                enum quality quality)
{
    struct decimal value;
    if (get(doc, key, &value) && !sample_find(sample, quantity))
        sample_add(sample, quantity, quality, value);
}

static void take_position(const struct json_doc *doc, int64_t t_ms, const struct sensor_host *host)
{
    int64_t mode = 0, status = 0;
    struct sample sample = {.t_ms = t_ms};
    json_get_integer(doc, json_member(doc, 0, "mode"), &mode);
    json_get_integer(doc, json_member(doc, 0, "status"), &status);
    if (mode < 2) {
        host->fault(host->ctx, STATUS_STANDBY, "no position yet; give the antenna a view of the sky");
        return;
    }
    bool is_measured = status != STATUS_SIMULATED && status != STATUS_DEAD_RECKONING;
    enum quality quality = is_measured ? QUALITY_OK : QUALITY_SUSPECT;
    if (is_measured)
        host->fault(host->ctx, STATUS_OK, "");
    else
        host->fault(host->ctx, STATUS_INTERNAL, "the position is simulated or dead reckoning; it is no evidence");
    add(&sample, doc, "lat", QUANTITY_LATITUDE, quality);
    add(&sample, doc, "lon", QUANTITY_LONGITUDE, quality);
    add(&sample, doc, "altMSL", QUANTITY_ALTITUDE, quality);
    if (sample_find(&sample, QUANTITY_LATITUDE) && sample_find(&sample, QUANTITY_LONGITUDE))
        host->publish(host->ctx, &sample);
}

static void take_error(const struct json_doc *doc, int64_t t_ms, const struct sensor_host *host)
{
    char message[SAMPLE_TEXT_MAX] = "";
    char detail[SENSOR_TEXT_MAX * 2];
    struct sample_text text;
    const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    json_get_string(doc, json_member(doc, 0, "message"), message, sizeof message);
    sample_text_set(&text, TEXT_ERROR, message, strlen(message));
    snprintf(detail, sizeof detail, "gpsd: %.100s", text.value);
    host->fault(host->ctx, STATUS_INTERNAL, detail);
    host->publish(host->ctx, &sample);
}

static void take_version(struct sensor *s, const struct json_doc *doc)
{
    char release[SENSOR_TEXT_MAX - 8] = "";
    struct sample_text text;
    json_get_string(doc, json_member(doc, 0, "release"), release, sizeof release);
    sample_text_set(&text, TEXT_ECU, release, strlen(release));
    snprintf(s->identity.model, sizeof s->identity.model, "gpsd");
    snprintf(s->identity.firmware, sizeof s->identity.firmware, "%.*s", SENSOR_TEXT_MAX - 1, text.value);
}

static bool take_line(struct sensor *s, const char *line, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct err err;
    if (json_parse(&doc, line, length, tokens, TOKENS_MAX, &err) != 0)
        return text_line_reject(&state_of(s)->line, host, err.text);
    ptrdiff_t class = tokens[0].type == JSON_OBJECT ? json_member(&doc, 0, "class") : -1;
    ptrdiff_t devices = tokens[0].type == JSON_OBJECT ? json_member(&doc, 0, "devices") : -1;
    if (class < 0)
        return text_line_reject(&state_of(s)->line, host, "a line is no report of gpsd");
    state_of(s)->line.bad = false;
    if (json_equals(&doc, class, "TPV"))
        take_position(&doc, t_ms, host);
    else if (json_equals(&doc, class, "ERROR"))
        take_error(&doc, t_ms, host);
    else if (json_equals(&doc, class, "VERSION"))
        take_version(s, &doc);
    else if (json_equals(&doc, class, "DEVICES") && devices >= 0 && tokens[devices].count == 0)
        host->fault(host->ctx, STATUS_STANDBY, "gpsd has no receiver; plug it in and add it to gpsd");
    return true;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const char *line = text_line_take(&state_of(s)->line, bytes, length, host);
    if (!line)
        return false;
    host->wake(host->ctx, t_ms + SILENCE_MS);
    return text_line_is_blank(line, length) || take_line(s, line, length, t_ms, host);
}

static const enum quantity quantities[] = {QUANTITY_LATITUDE, QUANTITY_LONGITUDE, QUANTITY_ALTITUDE, QUANTITY_COUNT};

const struct sensor_driver driver_gpsd = {
    .name = "gpsd",
    .title = "gpsd, the position by its JSON reports",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = plain_check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = wake,
};
