/* LTI TruSpeed laser (protocols/speed.h): one line per measurement, in km/h (K) or miles per hour (M). */
#include <assert.h>

#include "protocols/speed.h"
#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/speed.h"
#include "sensors/drivers/text_line.h"

static_assert(sizeof(struct text_line) <= SENSOR_STATE_MAX, "state");

static struct text_line *state_of(struct sensor *s)
{
    return (struct text_line *)s->state.bytes;
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

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const char *line = text_line_take(state_of(s), bytes, length, host);
    struct slice text;
    struct decimal speed;
    char unit;
    if (!line || text_line_is_blank(line, length))
        return line != NULL;
    if (!speed_truspeed_parse(slice_trim(bytes, length), &text, &unit) || !decimal_parse(&speed, text.at, text.length))
        return text_line_reject(state_of(s), host, "a line is no measurement, or its checksum is wrong");
    if (unit == 'M' ? !speed_from_mph(speed, &speed) : unit != 'K')
        return text_line_reject(state_of(s), host, "a speed comes in an unknown unit; set km/h");
    text_line_accept(state_of(s), host);
    speed_publish(speed, QUALITY_OK, t_ms, host);
    return true;
}

const struct sensor_driver driver_truspeed = {
    .name = "truspeed",
    .title = "LTI TruSpeed laser speed meter",
    .line = "115200/8n1",
    .stale_ms = 0, /* an empty road is no fault */
    .quantities = speed_quantities,
    .check = plain_check,
    .start = start,
    .cut = cut,
    .frame = frame,
};
