#include "sensors/sim/cheat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/sim/engine.h"
#include "station/core/reading.h"

void cheat_init(struct cheat *c)
{
    *c = (struct cheat){.smoke = 1};
    for (int q = 0; q < QUANTITY_COUNT; q++)
        c->factor[q] = 1;
}

bool cheat_is_honest(const struct cheat *c)
{
    for (int q = 0; q < QUANTITY_COUNT; q++)
        if (c->factor[q] != 1)
            return false;
    return c->smoke == 1 && c->notch == 0 && !c->rpm.on && !c->frozen && !c->curve;
}

/* The curve's last value of that quantity at the time; before its first one, that. NAN: the curve has none. */
static double curve_at(const struct cheat_curve *curve, enum quantity quantity, int64_t t_ms)
{
    double value = (double)NAN;
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->points[i].quantity != quantity)
            continue;
        if (curve->points[i].t_ms > t_ms && !isnan(value))
            break;
        value = curve->points[i].value;
        if (curve->points[i].t_ms > t_ms)
            break;
    }
    return value;
}

static double made_up_rpm(const struct cheat *c, int64_t t_ms)
{
    enum { SLOPE_MS = 1000, TOP_MS = 2000 };
    if (c->rpm.period_ms <= 0)
        return c->rpm.low;
    int64_t phase = (t_ms - c->rpm.since_ms) % c->rpm.period_ms;
    double up = fmin((double)phase / SLOPE_MS, 1);
    double down = fmin(fmax((double)(phase - SLOPE_MS - TOP_MS) / SLOPE_MS, 0), 1);
    return c->rpm.low + (c->rpm.high - c->rpm.low) * (up - down);
}

double cheat_source(const struct cheat *c, enum quantity quantity, double value, int64_t t_ms)
{
    if (c->frozen)
        return c->held[quantity];
    double stored = c->curve ? curve_at(c->curve, quantity, t_ms - c->replay_ms) : (double)NAN;
    if (!isnan(stored))
        value = stored;
    if (quantity == QUANTITY_RPM && c->rpm.on)
        return made_up_rpm(c, t_ms);
    return c->notch > 0 ? engine_thinned(quantity, value, c->notch) : value;
}

double cheat_reading(const struct cheat *c, enum quantity quantity, double value)
{
    if (c->smoke != 1 && quantity == QUANTITY_K)
        value *= c->smoke;
    if (c->smoke != 1 && quantity == QUANTITY_OPACITY) /* Beer-Lambert, whatever the path */
        value = 100 * (1 - pow(1 - value / 100, c->smoke));
    return c->factor[quantity] != 1 ? value * c->factor[quantity] : value;
}

/* The fields of one line of readings.csv; false where it is none. */
static bool read_line(const char *line, size_t length, struct cheat_point *point, bool *good)
{
    enum { T_MS, INSTRUMENT, QUANTITY, VALUE, UNIT, QUALITY, FIELDS };
    const char *fields[FIELDS];
    size_t lengths[FIELDS];
    size_t at = 0;
    for (int i = 0; i < FIELDS; i++) {
        const char *comma = at <= length ? memchr(line + at, ',', length - at) : NULL;
        if (at > length || (!comma && i < QUALITY) || (comma && i == QUALITY))
            return false;
        fields[i] = line + at;
        lengths[i] = comma ? (size_t)(comma - fields[i]) : length - at;
        at += lengths[i] + 1;
    }
    char *end;
    *good = lengths[QUALITY] == 2 && memcmp(fields[QUALITY], "ok", 2) == 0;
    point->t_ms = strtoll(fields[T_MS], &end, 10);
    if (end != fields[T_MS] + lengths[T_MS])
        return false;
    point->quantity = quantity_by_name(fields[QUANTITY], lengths[QUANTITY]);
    point->value = strtod(fields[VALUE], &end);
    return point->quantity < QUANTITY_COUNT && lengths[VALUE] > 0 && end == fields[VALUE] + lengths[VALUE];
}

int cheat_curve_read(struct cheat_curve *curve, const char *text, size_t length, struct err *err)
{
    static const char header[] = READINGS_CSV_HEADER;
    size_t at = sizeof header - 1;
    curve->count = 0;
    if (length < at || memcmp(text, header, at) != 0)
        return err_set(err, ERR_INVALID, "line 1: not a table of readings; it begins with %.*s", (int)at - 1, header);
    for (unsigned line = 2; at < length; line++) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t bytes = end ? (size_t)(end - text) - at : length - at;
        struct cheat_point point;
        bool good;
        if (!read_line(text + at, bytes, &point, &good))
            return err_set(err, ERR_INVALID, "line %u: not t_ms,instrument,quantity,value,unit,quality", line);
        if (curve->count > 0 && point.t_ms < curve->points[curve->count - 1].t_ms)
            return err_set(err, ERR_INVALID, "line %u: earlier than the line before", line);
        if (curve->count == CHEAT_POINTS_MAX)
            return err_set(err, ERR_INVALID, "line %u: more than %d values", line, CHEAT_POINTS_MAX);
        if (good)
            curve->points[curve->count++] = point;
        at += bytes + 1;
    }
    return curve->count > 0 ? 0 : err_set(err, ERR_INVALID, "no readings of quality ok in it");
}
