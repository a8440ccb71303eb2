/*
 * Engine speed pick-ups that stream: rpm5300 (also Mingquan MQZ-2, MQZ-3) four digits and CR, "0750\r"; vtet-1000
 * "fdjzsj:0750rpm" with nothing behind. Without a signal they are silent.
 */
#include <math.h>
#include <stdio.h>

#include "sensors/sim/sim_protocols.h"

enum { PERIOD_MS = 200, RPM_MAX = 9999 };

static void init(struct sim_instrument *instrument)
{
    instrument->period_ms = PERIOD_MS;
}

static void say(struct sim_instrument *instrument, const char *before, const char *after, int64_t t_ms)
{
    double rpm = sim_value(instrument, QUANTITY_RPM, t_ms);
    if (isnan(rpm) || rpm < 0 || rpm > RPM_MAX)
        return;
    char text[32];
    snprintf(text, sizeof text, "%s%04ld%s", before, lround(rpm), after);
    sim_broadcast_text(instrument, text, t_ms);
}

static void tick_rpm5300(struct sim_instrument *instrument, int64_t t_ms)
{
    say(instrument, "", "\r", t_ms);
}

static void tick_vtet(struct sim_instrument *instrument, int64_t t_ms)
{
    say(instrument, "fdjzsj:", "rpm", t_ms);
}

const struct sim_protocol sim_rpm5300 = {
    .name = "rpm5300", .check_tail = SIM_NO_CHECKSUM, .init = init, .tick = tick_rpm5300};
const struct sim_protocol sim_vtet1000 = {
    .name = "vtet-1000", .check_tail = SIM_NO_CHECKSUM, .init = init, .tick = tick_vtet};
