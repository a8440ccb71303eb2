/*
 * Vaisala WXT weather transmitters, ASCII, polled by their composite message (protocols/vaisala.h); `unit` is the
 * address. Mean wind (Dm, Sm), air temperature, humidity, pressure, and whether it rains (Ri). A parameter in another
 * unit than the metric one gives no value, and the state says which.
 *
 * What cannot be seen, as the message has no checksum: a digit, sign or point that became another one. A wrong letter
 * of a parameter is seen by the unit that does not belong to it.
 */
#include "protocols/vaisala.h"

#include <assert.h>
#include <stdio.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/text_line.h"
#include "sensors/drivers/turn.h"

enum { POLL_MS = 1000, REPLY_MS = 800, QUIET_MS = 300, ADDRESS_MAX = 9 };

static const struct {
    const char *name;
    char unit;
    enum quantity quantity;
    uint8_t more_digits; /* hPa to kPa is one */
    struct decimal min, max;
} parameters[] = {
    {"Dm", 'D', QUANTITY_WIND_DIR, 0, {0, 0}, {360, 0}},  {"Sm", 'M', QUANTITY_WIND_SPEED, 0, {0, 0}, {75, 0}},
    {"Ta", 'C', QUANTITY_AIR_TEMP, 0, {-60, 0}, {70, 0}}, {"Ua", 'P', QUANTITY_HUMIDITY, 0, {0, 0}, {100, 0}},
    {"Pa", 'H', QUANTITY_PRESSURE, 1, {30, 0}, {120, 0}}, {"Ri", 'M', QUANTITY_RAIN, 0, {0, 0}, {1, 0}},
};

struct state {
    struct turn turn;
    struct text_line line;
    int64_t asked_ms;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (config->unit < 0 || config->unit > ADDRESS_MAX)
        return err_set(err, ERR_INVALID, "driver vaisala: 'unit' is the transmitter's address, 0 to %d", ADDRESS_MAX);
    return plain_check(config, err);
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){0};
    host->wake(host->ctx, t_ms + QUIET_MS);
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    const struct state *state = (const struct state *)s->state.bytes;
    return state->turn.waiting ? text_line_cut(buf, length, frame) : CUT_BAD;
}

static void wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (state->turn.waiting) {
        if (turn_lost(&state->turn, t_ms, QUIET_MS, host))
            host->fault(host->ctx, STATUS_COMM_ERROR,
                        "no answer; compare address, line setting and protocol (ASCII, polled)");
        return;
    }
    char request[] = "0R0\r\n";
    request[0] = (char)('0' + s->config->unit);
    state->asked_ms = t_ms;
    turn_ask(&state->turn, request, sizeof request - 1, t_ms, REPLY_MS, host);
}

/* Which of the parameters above this is; -1: none, or its value is invalid. */
static int find(const struct vaisala_parameter *p)
{
    for (int i = 0; i < (int)(sizeof parameters / sizeof parameters[0]); i++)
        if (p->unit && p->unit != '#' && slice_is(p->name, parameters[i].name))
            return i;
    return -1;
}

/* Tells the state: well, or a parameter in another unit than the metric one. */
static bool all_metric(struct state *state, struct slice body, const struct sensor_host *host)
{
    struct vaisala_parameter p;
    while (vaisala_next(&body, &p)) {
        int which = find(&p);
        if (which < 0 || p.unit == parameters[which].unit)
            continue;
        char detail[SENSOR_TEXT_MAX];
        snprintf(detail, sizeof detail, "%s comes in an unknown unit; set metric units", parameters[which].name);
        state->line.bad = false;
        host->fault(host->ctx, STATUS_INTERNAL, detail);
        return false;
    }
    text_line_accept(&state->line, host);
    return true;
}

static void add(struct sample *sample, const struct vaisala_parameter *p, enum quality quality)
{
    int which = find(p);
    struct decimal value;
    if (which < 0 || p->unit != parameters[which].unit || sample_find(sample, parameters[which].quantity) ||
        !decimal_parse(&value, p->number.at, p->number.length) ||
        value.digits + parameters[which].more_digits > DECIMAL_DIGITS_MAX)
        return;
    if (parameters[which].quantity == QUANTITY_RAIN) /* mm/h */
        value = (struct decimal){value.units > 0, 0};
    value.digits = (uint8_t)(value.digits + parameters[which].more_digits);
    bool in_range =
        decimal_compare(value, parameters[which].min) >= 0 && decimal_compare(value, parameters[which].max) <= 0;
    sample_add(sample, parameters[which].quantity, in_range ? quality : QUALITY_OUT_OF_RANGE, value);
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const char *line = text_line_take(&state->line, bytes, length, host);
    struct sample sample = {.t_ms = t_ms};
    struct vaisala_parameter parameter;
    struct slice body;
    if (!line || text_line_is_blank(line, length))
        return line != NULL;
    if (!vaisala_body(slice_trim(bytes, length), s->config->unit, &body))
        return text_line_reject(&state->line, host, "an answer is no composite message of that address");
    turn_end(&state->turn);
    int64_t pace = s->config->poll_ms ? s->config->poll_ms : POLL_MS;
    host->wake(host->ctx, state->asked_ms + pace > t_ms ? state->asked_ms + pace : t_ms + 1);
    enum quality quality = all_metric(state, body, host) ? QUALITY_OK : QUALITY_SUSPECT;
    while (vaisala_next(&body, &parameter))
        add(&sample, &parameter, quality);
    if (sample.count > 0)
        host->publish(host->ctx, &sample);
    return true;
}

static const enum quantity quantities[] = {QUANTITY_WIND_DIR, QUANTITY_WIND_SPEED, QUANTITY_AIR_TEMP, QUANTITY_HUMIDITY,
                                           QUANTITY_PRESSURE, QUANTITY_RAIN,       QUANTITY_COUNT};

const struct sensor_driver driver_vaisala = {
    .name = "vaisala",
    .title = "Vaisala WXT weather transmitter, ASCII",
    .line = "19200/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = wake,
};
