/*
 * Engine speed pick-ups (protocols/rpm.h): two that stream and one that is asked. A stream that says 0 says that it
 * hears no engine: no reading, so that a clamp that fell off is stale and not an engine that stands.
 *
 * In the streams four digits stand between line ends or words, so that a lost or doubled byte is seen. What
 * cannot be seen, as they have no checksum: a digit that became another digit.
 */
#include "protocols/rpm.h"

#include <assert.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/turn.h"

enum { POLL_MS = 100, REPLY_MS = 300, QUIET_MS = 200 };

struct state {
    struct turn turn;
    int64_t asked_ms;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static void publish(uint32_t rpm, int64_t t_ms, const struct sensor_host *host)
{
    static const uint32_t most = 9000;
    struct sample sample = {.t_ms = t_ms};
    sample_add(&sample, QUANTITY_RPM, rpm > most ? QUALITY_OUT_OF_RANGE : QUALITY_OK, (struct decimal){rpm, 0});
    if (rpm > 0)
        host->publish(host->ctx, &sample);
}

/* ---- streams ---- */

static void stream_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)t_ms;
    (void)host;
    *state_of(s) = (struct state){0};
}

static enum sensor_cut digits_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    enum { LINE_MAX_BYTES = 16 };
    (void)s;
    return plain_cut(slice_find_line(buf, length, LINE_MAX_BYTES, frame));
}

/* A line of just four digits: in a longer one a digit came twice, and its end would be another number. */
static bool digits_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                         const struct sensor_host *host)
{
    (void)s;
    size_t frame;
    if (length == 1)
        return true;
    if (rpm_digits_find(bytes, length, &frame) != SLICE_FRAME || frame != length)
        return false;
    publish(rpm_digits_value(bytes), t_ms, host);
    return true;
}

static enum sensor_cut vtet_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return plain_cut(rpm_vtet_find(buf, length, frame));
}

static bool vtet_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                       const struct sensor_host *host)
{
    (void)s;
    (void)length;
    publish(rpm_vtet_value(bytes), t_ms, host);
    return true;
}

/* ---- asked ---- */

static void vmt_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){0};
    host->wake(host->ctx, t_ms + QUIET_MS);
}

static enum sensor_cut vmt_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    const struct state *state = (const struct state *)s->state.bytes;
    return state->turn.waiting ? plain_cut(rpm_vmt_find(buf, length, frame)) : CUT_BAD;
}

static void vmt_wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (state->turn.waiting) {
        if (turn_lost(&state->turn, t_ms, QUIET_MS, host))
            host->fault(host->ctx, STATUS_COMM_ERROR, "no answer");
        return;
    }
    state->asked_ms = t_ms;
    turn_ask(&state->turn, rpm_vmt_request, RPM_VMT_REQUEST, t_ms, REPLY_MS, host);
}

static bool vmt_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                      const struct sensor_host *host)
{
    (void)length;
    struct state *state = state_of(s);
    int64_t next_ms = state->asked_ms + (s->config->poll_ms ? s->config->poll_ms : POLL_MS);
    turn_end(&state->turn);
    host->fault(host->ctx, STATUS_OK, "");
    publish(rpm_vmt_value(bytes), t_ms, host);
    host->wake(host->ctx, next_ms > t_ms ? next_ms : t_ms + 1);
    return true;
}

static const enum quantity quantities[] = {QUANTITY_RPM, QUANTITY_COUNT};

const struct sensor_driver driver_rpm5300 = {
    .name = "rpm5300",
    .title = "Nanhua RPM5300, Mingquan MQZ-2 and MQZ-3 engine speed",
    .line = "9600/8n1",
    .stale_ms = 1000,
    .quantities = quantities,
    .check = plain_check,
    .start = stream_start,
    .cut = digits_cut,
    .frame = digits_frame,
};

const struct sensor_driver driver_vtet1000 = {
    .name = "vtet1000",
    .title = "VTET-1000 engine speed",
    .line = "9600/8n1",
    .stale_ms = 1000,
    .quantities = quantities,
    .check = plain_check,
    .start = stream_start,
    .cut = vtet_cut,
    .frame = vtet_frame,
};

const struct sensor_driver driver_vmt2000 = {
    .name = "vmt2000",
    .title = "VMT-2000 engine speed",
    .line = "9600/8n1",
    .stale_ms = 1000,
    .quantities = quantities,
    .check = plain_check,
    .start = vmt_start,
    .cut = vmt_cut,
    .frame = vmt_frame,
    .wake = vmt_wake,
};
