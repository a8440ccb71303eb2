/*
 * A satellite receiver that sends NMEA 0183 (protocols/nmea.h): the station's position.
 *
 * From GGA where it sends any, which tells the quality and the altitude; from RMC otherwise, after three seconds
 * without any: an RMC of the older kind, without a mode, does not tell a simulated position. A position that was typed
 * in by hand or simulated (quality 7, 8; mode M, S) or estimated (6, E) is suspect, and the state says so: it proves
 * nothing about where the station stood. Time and speed over ground are not taken: the one has a two-digit year and may
 * be a rolled-over week old, the other is the station's own speed and no vehicle's.
 */
#include "protocols/nmea.h"

#include <assert.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/text_line.h"

enum { GGA_WAIT_MS = 3000 };

struct state {
    struct text_line line;
    int64_t start_ms;
    bool has_gga;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)host;
    *state_of(s) = (struct state){.start_ms = t_ms};
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return text_line_cut(buf, length, frame);
}

static void tell_fix(enum nmea_fix fix, const struct sensor_host *host)
{
    static const struct {
        enum instrument_status status;
        const char *text;
    } words[] = {
        [NMEA_NO_FIX] = {STATUS_STANDBY, "no position yet; give the antenna a view of the sky"},
        [NMEA_FIX] = {STATUS_OK, ""},
        [NMEA_ESTIMATED] = {STATUS_INTERNAL, "the position is estimated, not measured"},
        [NMEA_BY_HAND] = {STATUS_INTERNAL, "the position was typed in by hand; it is no evidence"},
        [NMEA_SIMULATED] = {STATUS_INTERNAL, "the position is simulated; it is no evidence"},
    };
    host->fault(host->ctx, words[fix].status, words[fix].text);
}

static void publish(const struct nmea_sentence *sentence, enum quality quality, int64_t t_ms,
                    const struct sensor_host *host)
{
    enum { DIGITS = 7 };
    struct sample sample = {.t_ms = t_ms};
    int64_t latitude_e7, longitude_e7;
    struct slice metres;
    struct decimal altitude;
    if (!nmea_position(sentence, &latitude_e7, &longitude_e7))
        return;
    sample_add(&sample, QUANTITY_LATITUDE, quality, (struct decimal){latitude_e7, DIGITS});
    sample_add(&sample, QUANTITY_LONGITUDE, quality, (struct decimal){longitude_e7, DIGITS});
    if (nmea_altitude(sentence, &metres) && decimal_parse(&altitude, metres.at, metres.length))
        sample_add(&sample, QUANTITY_ALTITUDE, quality, altitude);
    host->publish(host->ctx, &sample);
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const char *line = text_line_take(&state->line, bytes, length, host);
    struct nmea_sentence sentence;
    if (!line)
        return false;
    if (text_line_is_blank(line, length))
        return true;
    if (!nmea_parse(slice_trim(bytes, length), &sentence))
        return text_line_reject(&state->line, host, "a line is no NMEA sentence, or its checksum is wrong");
    state->line.bad = false;
    state->has_gga = state->has_gga || sentence.kind == NMEA_GGA;
    bool rmc_counts = !state->has_gga && t_ms - state->start_ms >= GGA_WAIT_MS;
    if (sentence.kind == NMEA_OTHER || (sentence.kind == NMEA_RMC && !rmc_counts))
        return true;
    enum nmea_fix fix = nmea_fix(&sentence);
    tell_fix(fix, host);
    if (fix != NMEA_NO_FIX)
        publish(&sentence, fix == NMEA_FIX ? QUALITY_OK : QUALITY_SUSPECT, t_ms, host);
    return true;
}

static const enum quantity quantities[] = {QUANTITY_LATITUDE, QUANTITY_LONGITUDE, QUANTITY_ALTITUDE, QUANTITY_COUNT};

const struct sensor_driver driver_nmea = {
    .name = "nmea",
    .title = "NMEA 0183 satellite receiver",
    .line = "9600/8n1",
    .stale_ms = 5000,
    .quantities = quantities,
    .check = plain_check,
    .start = start,
    .cut = cut,
    .frame = frame,
};
