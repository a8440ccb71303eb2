#include "station/record_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "sensors/recording.h"
#include "sensors/replay.h"

/* Text that grows in a buffer; `failed` once something did not fit. */
struct text {
    char *out;
    size_t size, length;
    bool failed;
};

static void grown(struct text *t, ptrdiff_t wrote)
{
    if (wrote < 0 || (size_t)wrote >= t->size - t->length)
        t->failed = true;
    else
        t->length += (size_t)wrote;
}

/* Further head lines: facts for people, which no replay needs. */
static void add(struct text *t, const char *key, const char *value)
{
    if (value[0] && !t->failed)
        grown(t, snprintf(t->out + t->length, t->size - t->length, "# %s = %s\n", key, value));
}

ptrdiff_t record_wire_head(const struct config *config, int instrument, char *out, size_t size)
{
    struct text t = {.out = out, .size = size};
    if (instrument < 0)
        return replay_header_operator("live", out, size);
    const struct config_instrument *i = &config->instruments[instrument];
    grown(&t, replay_header(i->driver, &i->sensor, instrument, "live", out, size));
    add(&t, "line", config->links[i->link].line);
    add(&t, "serial", i->serial);
    add(&t, "certificate", i->certificate);
    return t.failed ? -1 : (ptrdiff_t)t.length;
}

static ptrdiff_t write_passage(const struct sensor_driver *driver, const struct sensor_config *config,
                               const uint8_t *bytes, size_t length, char *out, size_t size)
{
    struct text t = {.out = out, .size = size};
    struct recording_line line = {.direction = RECORDING_RECEIVED};
    grown(&t, replay_header(driver, config, 0, "live", out, size));
    for (size_t at = 0; at < length && !t.failed; at += line.length) {
        line.number++;
        line.length = length - at < RECORDING_CHUNK_MAX ? length - at : RECORDING_CHUNK_MAX;
        memcpy(line.bytes, bytes + at, line.length);
        grown(&t, recording_format(&line, t.out + t.length, t.size - t.length));
    }
    return t.failed ? -1 : (ptrdiff_t)t.length;
}

ptrdiff_t record_wire_passage(const struct config *config, int instrument, const uint8_t *bytes, size_t length,
                              char *out, size_t size)
{
    const struct config_instrument *i = &config->instruments[instrument];
    return write_passage(i->driver, &i->sensor, bytes, length, out, size);
}

/* ---- from a record ---- */

static void get_text(const struct json_doc *record, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (!json_get_string(record, json_member(record, (size_t)object, key), out, size))
        out[0] = '\0';
}

static int64_t get_number(const struct json_doc *record, ptrdiff_t object, const char *key)
{
    int64_t value = 0;
    return json_get_integer(record, json_member(record, (size_t)object, key), &value) ? value : 0;
}

/* What the record's entry of an instrument says of its configuration; of the profile a head tells the name alone. */
static const struct sensor_driver *read_config(const struct json_doc *record, ptrdiff_t object,
                                               struct sensor_config *config, struct profile *profile)
{
    char driver[CONFIG_NAME_MAX];
    get_text(record, object, "driver", driver, sizeof driver);
    get_text(record, object, "name", config->name, sizeof config->name);
    get_text(record, object, "option", config->option, sizeof config->option);
    get_text(record, object, "profile", profile->name, sizeof profile->name);
    config->profile = profile->name[0] ? profile : NULL;
    config->unit = (int)get_number(record, object, "unit");
    config->poll_ms = get_number(record, object, "poll_ms");
    if (!json_get_decimal(record, json_member(record, (size_t)object, "path_m"), &config->path_m))
        config->path_m = (struct decimal){0};
    return sensor_driver_by_name(driver);
}

ptrdiff_t record_wire_again(const struct json_doc *record, ptrdiff_t instrument, const char *hex, char *out,
                            size_t size)
{
    uint8_t bytes[SENSOR_FRAME_MAX];
    size_t length = strlen(hex) / 2;
    struct sensor_config config = {0};
    if (instrument < 0 || record->tokens[instrument].type != JSON_OBJECT || length > sizeof bytes ||
        !encoding_unhex(hex, strlen(hex), bytes, length))
        return -1;
    struct profile *profile = calloc(1, sizeof *profile);
    const struct sensor_driver *driver = profile ? read_config(record, instrument, &config, profile) : NULL;
    ptrdiff_t wrote = driver ? write_passage(driver, &config, bytes, length, out, size) : -1;
    free(profile);
    return wrote;
}
