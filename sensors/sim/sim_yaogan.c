/*
 * Measuring head of a remote-sensing device, a TCP server:
 *
 *     PACKAGE_START | 8 decimal digits | type, 2 characters | data | PACKAGE_END
 *
 * The number counts type, data and PACKAGE_END. A passage is type 15 (trigger), 1F (vehicle has left) and 12 (result):
 * a C structure of little-endian IEEE floats, 9336 bytes, and the spectra behind it. Type 11 is a command; SHAKE_HAND
 * comes back as it went, and who says nothing for ten seconds is hung up on.
 *
 *     at 0     HC test A, HC test C, NO background A, NO test A, NO compensation A, NO test C, HC, NO
 *     at 32    CO P, CO C, CO2 P, CO2 C, CO, CO2
 *     at 56    2300 points of a spectrum
 *     at 9256  opacity of 10 channels, their maximum and mean, opacity, K
 *     at 9312  distance of the outer wheels (cm), speed (km/h), acceleration (m/s²), T1, T2, T3 (ms)
 *
 * A figure that the world does not have is a NaN.
 *
 * Settings: spoil=none|infinite|short|number|type   the result: an infinite CO, a structure 4 bytes short, a wrong
 *                                                   number in front, a type that nobody knows
 *           chatter=0|1   states (14) and real-time results (1D) in between
 *           left=0|1      whether 1F is said
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { STRUCTURE = 9336, SPECTRA = 512, HEAD = 13 + 8 + 2, TAIL = 11, COMMAND_MAX = 200 };
enum { AT_DOAS = 0, AT_TDLAS = 32, AT_SPECTRUM = 56, SPECTRUM_POINTS = 2300, AT_OPACITY = 9256, AT_SPEED = 9312 };
enum { PERIOD_MS = 1000, DEAD_MS = 10000, LEFT_MS = 300, RESULT_MS = 500 };
enum spoil { SPOIL_NONE, SPOIL_INFINITE, SPOIL_SHORT, SPOIL_NUMBER, SPOIL_TYPE };

static const char start_mark[] = "PACKAGE_START";
static const char end_mark[] = "PACKAGE_END";

struct yaogan {
    int spoil, chatter, left;
    int64_t heard_ms[SIM_CONNECTIONS_MAX];
};

static struct yaogan *yaogan_of(struct sim_instrument *instrument)
{
    return (struct yaogan *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    yaogan_of(instrument)->left = 1;
    instrument->period_ms = PERIOD_MS;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const spoils[] = {"none", "infinite", "short", "number", "type"};
    struct yaogan *yaogan = yaogan_of(instrument);
    (void)t_ms;
    if (strcmp(key, "spoil") == 0)
        return sim_word(key, value, spoils, 5, &yaogan->spoil, err);
    if (strcmp(key, "chatter") == 0)
        return sim_integer(key, value, 0, 1, &yaogan->chatter, err);
    if (strcmp(key, "left") == 0)
        return sim_integer(key, value, 0, 1, &yaogan->left, err);
    return sim_unknown(instrument, key, err);
}

/* To one connection, or to all (-1). `more` makes the number in front wrong. */
static void send_package(struct sim_instrument *instrument, int connection, const char *type, const uint8_t *data,
                         size_t length, size_t more, int64_t t_ms)
{
    uint8_t out[SIM_REPLY_MAX];
    snprintf((char *)out, HEAD + 1, "%s%08zu%s", start_mark, 2 + length + TAIL + more, type);
    if (length > 0)
        memcpy(out + HEAD, data, length);
    memcpy(out + HEAD + length, end_mark, TAIL);
    if (connection < 0)
        sim_broadcast(instrument, out, HEAD + length + TAIL, t_ms);
    else
        sim_reply(instrument, connection, out, HEAD + length + TAIL, t_ms);
}

static void put_float(uint8_t *out, size_t index, double value)
{
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    for (int i = 0; i < 4; i++)
        out[4 * index + (size_t)i] = (uint8_t)(bits >> (8 * i));
}

static void fill(struct sim_instrument *instrument, uint8_t *out, int64_t t_ms)
{
    double no = sim_value(instrument, QUANTITY_NO, t_ms);
    double hc = sim_value(instrument, QUANTITY_HC, t_ms);
    double co = sim_value(instrument, QUANTITY_CO, t_ms);
    double opacity = sim_value(instrument, QUANTITY_OPACITY, t_ms);
    double speed = sim_value(instrument, QUANTITY_SPEED, t_ms);
    const double doas[] = {hc * 0.9, hc * 0.1, 0.5, no * 0.8, 1.5, no * 0.2, hc, no};
    const double tdlas[] = {0.7,
                            0.2,
                            0.9,
                            0.4,
                            yaogan_of(instrument)->spoil == SPOIL_INFINITE ? (double)INFINITY : co,
                            sim_value(instrument, QUANTITY_CO2, t_ms)};
    for (size_t i = 0; i < 8; i++)
        put_float(out + AT_DOAS, i, doas[i]);
    for (size_t i = 0; i < 6; i++)
        put_float(out + AT_TDLAS, i, tdlas[i]);
    for (size_t i = 0; i < SPECTRUM_POINTS; i++)
        put_float(out + AT_SPECTRUM, i, 1000 + (double)(i % 97));
    for (size_t i = 0; i < 12; i++)
        put_float(out + AT_OPACITY, i, opacity + (i == 10 ? 1 : 0));
    put_float(out + AT_OPACITY, 12, opacity);
    put_float(out + AT_OPACITY, 13, sim_value(instrument, QUANTITY_K, t_ms));
    const double motion[] = {sim_value(instrument, QUANTITY_VEHICLE_LENGTH, t_ms) * 100,
                             speed,
                             sim_value(instrument, QUANTITY_ACCELERATION, t_ms),
                             31.25,
                             32.5,
                             63.75};
    for (size_t i = 0; i < 6; i++)
        put_float(out + AT_SPEED, i, motion[i]);
}

static void pass(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct yaogan *yaogan = yaogan_of(instrument);
    uint8_t data[STRUCTURE + SPECTRA];
    memset(data + STRUCTURE, 0x3E, SPECTRA);
    fill(instrument, data, t_ms);
    send_package(instrument, -1, "15", NULL, 0, 0, t_ms);
    if (yaogan->chatter)
        send_package(instrument, -1, "1D", data, 64, 0, t_ms + 1);
    if (yaogan->left)
        send_package(instrument, -1, "1F", NULL, 0, 0, t_ms + LEFT_MS);
    send_package(instrument, -1, yaogan->spoil == SPOIL_TYPE ? "9Z" : "12", data,
                 yaogan->spoil == SPOIL_SHORT ? STRUCTURE - 4 : sizeof data, yaogan->spoil == SPOIL_NUMBER ? 7 : 0,
                 t_ms + RESULT_MS);
}

static void greet(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    yaogan_of(instrument)->heard_ms[connection] = t_ms;
}

static void tick(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct yaogan *yaogan = yaogan_of(instrument);
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++)
        if (instrument->connections[i].fd >= 0 && t_ms - yaogan->heard_ms[i] > DEAD_MS)
            sim_hang_up(instrument, i, t_ms);
    if (yaogan->chatter)
        send_package(instrument, -1, "14", (const uint8_t *)"OK", 2, 0, t_ms);
}

/* Length of the package that bytes begin with; 0: not all is there; -1: this is none. */
static ptrdiff_t package_length(const uint8_t *bytes, size_t length)
{
    size_t mark = sizeof start_mark - 1;
    if (memcmp(bytes, start_mark, length < mark ? length : mark) != 0)
        return -1;
    if (length < HEAD)
        return 0;
    char digits[9] = "";
    memcpy(digits, bytes + mark, 8);
    char *end;
    unsigned long rest = strtoul(digits, &end, 10);
    if (end != digits + 8 || rest < 2 + TAIL || rest > COMMAND_MAX)
        return -1;
    size_t whole = mark + 8 + rest;
    if (length < whole)
        return 0;
    return memcmp(bytes + whole - TAIL, end_mark, TAIL) == 0 ? (ptrdiff_t)whole : -1;
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    ptrdiff_t whole = package_length(bytes, length);
    if (whole <= 0)
        return whole < 0 ? 1 : 0;
    yaogan_of(instrument)->heard_ms[connection] = t_ms;
    const uint8_t *data = bytes + HEAD;
    size_t data_length = (size_t)whole - HEAD - TAIL;
    if (memcmp(data - 2, "11", 2) == 0 && data_length == 10 && memcmp(data, "SHAKE_HAND", 10) == 0)
        send_package(instrument, connection, "11", data, data_length, 0, t_ms);
    return (size_t)whole;
}

const struct sim_protocol sim_yaogan = {.name = "yaogan",
                                        .receive = receive,
                                        .check_tail = SIM_NO_CHECKSUM,
                                        .init = init,
                                        .greet = greet,
                                        .tick = tick,
                                        .pass = pass,
                                        .set = set};
