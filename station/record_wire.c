#include "station/record_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"
#include "sensors/recording.h"

/* What a head tells; empty texts and zeroes are left out. */
struct head {
    char name[SENSOR_NAME_MAX], driver[CONFIG_NAME_MAX], profile[CONFIG_NAME_MAX], path[DECIMAL_TEXT_MAX];
    char option[SENSOR_TEXT_MAX], line[16], serial[SENSOR_TEXT_MAX], certificate[SENSOR_TEXT_MAX];
    int64_t unit, poll_ms;
};

struct text {
    char *out;
    size_t size, length;
};

static void add(struct text *t, const char *key, const char *value)
{
    if (value[0] == '\0' || t->length >= t->size)
        return;
    int wrote = snprintf(t->out + t->length, t->size - t->length, "# %s = %s\n", key, value);
    t->length += wrote > 0 ? (size_t)wrote : 0;
}

static void add_number(struct text *t, const char *key, int64_t value)
{
    char number[24] = "";
    if (value > 0)
        snprintf(number, sizeof number, "%" PRId64, value);
    add(t, key, number);
}

static size_t write_head(const struct head *h, char *out, size_t size)
{
    struct text t = {.out = out, .size = size};
    t.length = (size_t)snprintf(out, size, "# smogd recording 1\n");
    add(&t, "instrument", h->name);
    add(&t, "driver", h->driver);
    add(&t, "source", "live");
    add(&t, "profile", h->profile);
    add_number(&t, "unit", h->unit);
    add(&t, "path-m", h->path);
    add(&t, "option", h->option);
    add_number(&t, "poll-ms", h->poll_ms);
    add(&t, "line", h->line);
    add(&t, "serial", h->serial);
    add(&t, "certificate", h->certificate);
    return t.length;
}

static void head_of(const struct config *config, int instrument, struct head *h)
{
    *h = (struct head){.name = "operator"};
    if (instrument < 0)
        return;
    const struct config_instrument *i = &config->instruments[instrument];
    memcpy(h->name, i->sensor.name, sizeof h->name);
    snprintf(h->driver, sizeof h->driver, "%s", i->driver->name);
    memcpy(h->profile, i->profile, sizeof h->profile);
    memcpy(h->option, i->sensor.option, sizeof h->option);
    memcpy(h->serial, i->serial, sizeof h->serial);
    memcpy(h->certificate, i->certificate, sizeof h->certificate);
    if (i->sensor.path_m.units > 0)
        decimal_format(i->sensor.path_m, h->path);
    h->unit = i->sensor.unit;
    h->poll_ms = i->sensor.poll_ms;
}

size_t record_wire_head(const struct config *config, int instrument, char *out, size_t size)
{
    struct head h;
    head_of(config, instrument, &h);
    if (instrument >= 0)
        memcpy(h.line, config->links[config->instruments[instrument].link].line, sizeof h.line);
    return write_head(&h, out, size);
}

static ptrdiff_t write_passage(const struct head *h, const uint8_t *bytes, size_t length, char *out, size_t size)
{
    size_t used = write_head(h, out, size);
    struct recording_line line = {.direction = RECORDING_RECEIVED};
    for (size_t at = 0; at < length && used < size; at += line.length) {
        line.number++;
        line.length = length - at < RECORDING_CHUNK_MAX ? length - at : RECORDING_CHUNK_MAX;
        memcpy(line.bytes, bytes + at, line.length);
        ptrdiff_t wrote = recording_format(&line, out + used, size - used);
        if (wrote < 0)
            return -1;
        used += (size_t)wrote;
    }
    return used < size ? (ptrdiff_t)used : -1;
}

ptrdiff_t record_wire_passage(const struct config *config, int instrument, const uint8_t *bytes, size_t length,
                              char *out, size_t size)
{
    struct head h;
    head_of(config, instrument, &h);
    return write_passage(&h, bytes, length, out, size);
}

static void get_text(const struct json_doc *record, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (!json_get_string(record, json_member(record, (size_t)object, key), out, size))
        out[0] = '\0';
}

static void get_number(const struct json_doc *record, ptrdiff_t object, const char *key, int64_t *out)
{
    if (!json_get_integer(record, json_member(record, (size_t)object, key), out))
        *out = 0;
}

ptrdiff_t record_wire_again(const struct json_doc *record, ptrdiff_t instrument, const char *hex, char *out,
                            size_t size)
{
    uint8_t bytes[SENSOR_FRAME_MAX];
    size_t length = strlen(hex) / 2;
    struct head h = {0};
    if (instrument < 0 || record->tokens[instrument].type != JSON_OBJECT || length > sizeof bytes ||
        !encoding_unhex(hex, strlen(hex), bytes, length))
        return -1;
    get_text(record, instrument, "name", h.name, sizeof h.name);
    get_text(record, instrument, "driver", h.driver, sizeof h.driver);
    get_text(record, instrument, "profile", h.profile, sizeof h.profile);
    get_text(record, instrument, "path_m", h.path, sizeof h.path);
    get_text(record, instrument, "option", h.option, sizeof h.option);
    get_text(record, instrument, "serial", h.serial, sizeof h.serial);
    get_text(record, instrument, "certificate", h.certificate, sizeof h.certificate);
    get_number(record, instrument, "unit", &h.unit);
    get_number(record, instrument, "poll_ms", &h.poll_ms);
    return write_passage(&h, bytes, length, out, size);
}
