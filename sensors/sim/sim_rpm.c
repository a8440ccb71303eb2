/*
 * Engine speed pick-ups. Two stream: rpm5300 (also Mingquan MQZ-2, MQZ-3) four digits and CR, "0750\r"; vtet-1000
 * "fdjzsj:0750rpm" with nothing behind. Without a signal they are silent. One is asked:
 *
 *     vmt-2000   >  4E 54 30 FF 53 03 01 80 7B
 *                <  4E 54 FF 30 41 07 01 80 hi lo 00 00 cks      the sum from byte 5 and cks make FF; no signal: 0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

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

static size_t receive_vmt(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                          int64_t t_ms)
{
    static const uint8_t request[] = {0x4E, 0x54, 0x30, 0xFF, 0x53, 0x03, 0x01, 0x80, 0x7B};
    uint8_t reply[13] = {0x4E, 0x54, 0xFF, 0x30, 0x41, 0x07, 0x01, 0x80};
    if (memcmp(bytes, request, length < sizeof request ? length : sizeof request) != 0)
        return 1;
    if (length < sizeof request)
        return 0;
    double rpm = sim_value(instrument, QUANTITY_RPM, t_ms);
    unsigned whole = isnan(rpm) ? 0 : (unsigned)lround(rpm);
    reply[8] = (uint8_t)(whole >> 8);
    reply[9] = (uint8_t)whole;
    unsigned sum = 0;
    for (size_t i = 5; i < 12; i++)
        sum += reply[i];
    reply[12] = (uint8_t)~sum;
    sim_reply(instrument, connection, reply, sizeof reply, t_ms);
    return sizeof request;
}

const struct sim_protocol sim_vmt2000 = {.name = "vmt-2000", .receive = receive_vmt};
const struct sim_protocol sim_rpm5300 = {
    .name = "rpm5300", .check_tail = SIM_NO_CHECKSUM, .init = init, .tick = tick_rpm5300};
const struct sim_protocol sim_vtet1000 = {
    .name = "vtet-1000", .check_tail = SIM_NO_CHECKSUM, .init = init, .tick = tick_vtet};
