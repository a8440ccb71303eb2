/*
 * Gill MaxiMet weather stations, ASCII (protocols/maximet.h). Their columns are a setting of the instrument, so a
 * profile (kind = columns) names them; a line with another number of columns is another setting and worth nothing.
 */
#include "protocols/maximet.h"

#include <assert.h>
#include <stdio.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/text_line.h"
#include "sensors/profile.h"

static_assert(sizeof(struct text_line) <= SENSOR_STATE_MAX, "state");

static struct text_line *state_of(struct sensor *s)
{
    return (struct text_line *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (!config->profile || config->profile->kind != PROFILE_COLUMNS)
        return err_set(err, ERR_INVALID, "driver maximet needs 'profile', the name of a profile with kind = columns");
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

/* What it says of itself in the status column, and that the line is good. */
static enum instrument_status take_status(struct sensor *s, struct slice body, const struct sensor_host *host)
{
    enum { SHOWN_MAX = 20 };
    const struct profile *p = s->config->profile;
    struct slice said;
    size_t count;
    bool told = p->status_column != 0 && maximet_column(body, p->status_column - 1U, &said, &count);
    if (!told || slice_is(said, p->status_good)) {
        text_line_accept(state_of(s), host);
        return STATUS_OK;
    }
    state_of(s)->bad = false;
    char detail[SENSOR_TEXT_MAX];
    struct sample_text plain;
    sample_text_set(&plain, TEXT_ERROR, said.at, said.length < SHOWN_MAX ? said.length : SHOWN_MAX);
    snprintf(detail, sizeof detail, "status %.20s", plain.value);
    host->fault(host->ctx, STATUS_INTERNAL, detail);
    return STATUS_INTERNAL;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const struct profile *p = s->config->profile;
    const char *line = text_line_take(state_of(s), bytes, length, host);
    struct sample sample = {.t_ms = t_ms};
    struct slice body, column;
    size_t count;
    if (!line || text_line_is_blank(line, length))
        return line != NULL;
    if (!maximet_parse(slice_trim(bytes, length), &body))
        return text_line_reject(state_of(s), host, "a line is no MaxiMet frame, or its checksum is wrong");
    maximet_column(body, 0, &column, &count);
    if (count != p->columns)
        return text_line_reject(state_of(s), host,
                                "another number of columns than the profile has; compare with REPORT");
    enum instrument_status status = take_status(s, body, host);
    for (size_t i = 0; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        struct decimal raw, value;
        if (maximet_column(body, v->index, &column, &count) && slice_is_number(column) &&
            decimal_parse(&raw, column.at, column.length) && profile_decode_number(v, raw, &value))
            sample_add(&sample, v->quantity, profile_quality(v, value, status), value);
    }
    if (sample.count > 0)
        host->publish(host->ctx, &sample);
    return true;
}

const struct sensor_driver driver_maximet = {
    .name = "maximet",
    .title = "Gill MaxiMet weather station, ASCII",
    .line = "19200/8n1",
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
};
