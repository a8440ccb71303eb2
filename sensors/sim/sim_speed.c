/*
 * Speed meters. All show the world's `speed` (km/h); where there is none, no vehicle is in the beam.
 *
 * csr-i: Hikvision CSR-I radar (its manual, pages 12 to 14). Greets with FE FD FD FE when it gets power. Settings:
 *     mode=continuous|trigger|answer   always, 0 without a vehicle; when a vehicle comes; when asked by F7
 *     format=byte|two|ascii            km/h in a byte; F9 closing, F8 away, F7 unknown, then the speed; "+125", "-125",
 *                                      "*125" (unknown)
 *     direction=closing|away|unknown
 *   Frames FA 3x yy yy FB, which set it up, are heard and change nothing.
 *
 * mph: MPH radar (the maker's protocol page), 1200 baud, every 250 ms with and without a target:
 *   02 status patrol target lock alternate 03, one byte a speed, below 4 none; status bits 0 low voltage, 1 RFI, 2
 * front, 3 rear (both: it tests itself), 4 moving, 5 alternate, 6 opposite, 7 always. Setting: status=N (bits 0..6).
 *
 * truspeed: LTI TruSpeed laser: "$SP,80,213.8,K,M*493D" CR LF (speed, range, their units), CRC-16/ARC over what stands
 *   between $ and *. Settings: range=METRES, unit=K|M (km/h, mph).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

/* ---- csr-i ---- */

enum { CSR_PERIOD_MS = 50, CSR_ASK = 0xF7, CSR_SET = 0xFA, CSR_SET_LENGTH = 5, CSR_SPEED_MAX = 0xEF };
enum csr_mode { CSR_CONTINUOUS, CSR_TRIGGER, CSR_ANSWER };
enum csr_format { CSR_BYTE, CSR_TWO, CSR_ASCII };
enum csr_direction { CSR_CLOSING, CSR_AWAY, CSR_UNKNOWN };

struct csr {
    int mode, format, direction;
    bool seen; /* trigger: this vehicle has been told */
};

static struct csr *csr_of(struct sim_instrument *instrument)
{
    return (struct csr *)(void *)instrument->state.bytes;
}

static void csr_init(struct sim_instrument *instrument)
{
    instrument->period_ms = CSR_PERIOD_MS;
}

static int csr_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const modes[] = {"continuous", "trigger", "answer"};
    static const char *const formats[] = {"byte", "two", "ascii"};
    static const char *const directions[] = {"closing", "away", "unknown"};
    struct csr *csr = csr_of(instrument);
    (void)t_ms;
    if (strcmp(key, "mode") == 0)
        return sim_word(key, value, modes, 3, &csr->mode, err);
    if (strcmp(key, "format") == 0)
        return sim_word(key, value, formats, 3, &csr->format, err);
    if (strcmp(key, "direction") == 0)
        return sim_word(key, value, directions, 3, &csr->direction, err);
    return sim_unknown(instrument, key, err);
}

static void csr_greet(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    static const uint8_t greeting[] = {0xFE, 0xFD, 0xFD, 0xFE};
    sim_reply(instrument, connection, greeting, sizeof greeting, t_ms);
}

static size_t csr_encode(const struct csr *csr, double speed, uint8_t out[8])
{
    static const uint8_t directions[] = {0xF9, 0xF8, 0xF7};
    long whole = speed > CSR_SPEED_MAX ? CSR_SPEED_MAX : lround(speed);
    int direction = whole > 0 ? csr->direction : CSR_UNKNOWN;
    if (csr->format == CSR_ASCII)
        return (size_t)snprintf((char *)out, 8, "%c%03ld", "+-*"[direction], whole % 1000);
    size_t length = 0;
    if (csr->format == CSR_TWO)
        out[length++] = directions[direction];
    out[length++] = (uint8_t)whole;
    return length;
}

static void csr_tick(struct sim_instrument *instrument, int64_t t_ms)
{
    struct csr *csr = csr_of(instrument);
    double speed = sim_value(instrument, QUANTITY_SPEED, t_ms);
    bool told = csr->seen;
    csr->seen = !isnan(speed);
    if (csr->mode == CSR_ANSWER || (csr->mode == CSR_TRIGGER && (told || isnan(speed))))
        return;
    uint8_t out[8];
    sim_broadcast(instrument, out, csr_encode(csr, isnan(speed) ? 0 : speed, out), t_ms);
}

static size_t csr_receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                          int64_t t_ms)
{
    if (bytes[0] == CSR_SET)
        return length < CSR_SET_LENGTH ? 0 : CSR_SET_LENGTH;
    const struct csr *csr = csr_of(instrument);
    double speed = sim_value(instrument, QUANTITY_SPEED, t_ms);
    if (bytes[0] == CSR_ASK && csr->mode == CSR_ANSWER) {
        uint8_t out[8];
        sim_reply(instrument, connection, out, csr_encode(csr, isnan(speed) ? 0 : speed, out), t_ms);
    }
    return 1;
}

const struct sim_protocol sim_csr_i = {.name = "csr-i",
                                       .receive = csr_receive,
                                       .check_tail = SIM_NO_CHECKSUM,
                                       .init = csr_init,
                                       .greet = csr_greet,
                                       .tick = csr_tick,
                                       .set = csr_set};

/* ---- mph ---- */

enum { MPH_PERIOD_MS = 250, MPH_BLANK = 1, MPH_ALWAYS = 0x80, MPH_FRONT = 0x04 };

static void mph_init(struct sim_instrument *instrument)
{
    instrument->period_ms = MPH_PERIOD_MS;
    instrument->unit = MPH_FRONT;
}

static int mph_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    (void)t_ms;
    return strcmp(key, "status") == 0 ? sim_integer(key, value, 0, 0x7F, &instrument->unit, err)
                                      : sim_unknown(instrument, key, err);
}

static void mph_tick(struct sim_instrument *instrument, int64_t t_ms)
{
    double speed = sim_value(instrument, QUANTITY_SPEED, t_ms);
    uint8_t target = isnan(speed) ? MPH_BLANK : (uint8_t)lround(speed);
    const uint8_t frame[] = {0x02, (uint8_t)(MPH_ALWAYS | instrument->unit), MPH_BLANK, target, MPH_BLANK, MPH_BLANK,
                             0x03};
    sim_broadcast(instrument, frame, sizeof frame, t_ms);
}

const struct sim_protocol sim_mph = {
    .name = "mph", .check_tail = SIM_NO_CHECKSUM, .init = mph_init, .tick = mph_tick, .set = mph_set};

/* ---- truspeed ---- */

enum { LTI_PERIOD_MS = 350 };
#define LTI_KMH_PER_MPH 1.609344

struct truspeed {
    int range_m;
    int mph;
};

static struct truspeed *truspeed_of(struct sim_instrument *instrument)
{
    return (struct truspeed *)(void *)instrument->state.bytes;
}

static void truspeed_init(struct sim_instrument *instrument)
{
    truspeed_of(instrument)->range_m = 213;
    instrument->period_ms = LTI_PERIOD_MS;
}

static int truspeed_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms,
                        struct err *err)
{
    static const char *const units[] = {"K", "M"};
    (void)t_ms;
    if (strcmp(key, "range") == 0)
        return sim_integer(key, value, 1, 9999, &truspeed_of(instrument)->range_m, err);
    if (strcmp(key, "unit") == 0)
        return sim_word(key, value, units, 2, &truspeed_of(instrument)->mph, err);
    return sim_unknown(instrument, key, err);
}

static unsigned crc16_arc(const char *bytes, size_t length)
{
    unsigned crc = 0;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return crc;
}

static void truspeed_tick(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct truspeed *lti = truspeed_of(instrument);
    double speed = sim_value(instrument, QUANTITY_SPEED, t_ms);
    if (isnan(speed))
        return; /* no target, no line */
    char body[64];
    char line[80];
    snprintf(body, sizeof body, "SP,%.0f,%d.8,%c,M", lti->mph ? speed / LTI_KMH_PER_MPH : speed, lti->range_m,
             lti->mph ? 'M' : 'K');
    snprintf(line, sizeof line, "$%s*%04X\r\n", body, crc16_arc(body, strlen(body)));
    sim_broadcast_text(instrument, line, t_ms);
}

const struct sim_protocol sim_truspeed = {
    .name = "truspeed", .check_tail = 2, .init = truspeed_init, .tick = truspeed_tick, .set = truspeed_set};
