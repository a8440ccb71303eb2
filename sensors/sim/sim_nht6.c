/*
 * Nanhua NHT-6 opacimeter, 9600 8N1: [command][data][sum], all bytes sum to zero; big-endian; error reply 15 code.
 * A1 state, A2 skip warm-up, A3 alarms, A4 zero, A5 real-time (N 0.1 %, k 0.01, rpm, oil K), A6 maximum (N, k, rpm),
 * A7 clear maximum, B0 internals, B1 free-acceleration results.
 */
#include <math.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

static size_t put16(uint8_t *out, size_t at, double value)
{
    long whole = lround(value);
    out[at] = (uint8_t)(whole >> 8);
    out[at + 1] = (uint8_t)whole;
    return at + 2;
}

static void finish(struct sim_instrument *instrument, int connection, uint8_t *out, size_t length, int64_t t_ms)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + out[i]);
    out[length] = (uint8_t)-sum;
    sim_reply(instrument, connection, out, length + 1, t_ms);
}

static void answer(struct sim_instrument *instrument, int connection, uint8_t command, int64_t t_ms)
{
    struct engine_state s = engine_at(instrument->engine, t_ms);
    if (s.k_per_m > instrument->maximum_k)
        instrument->maximum_k = s.k_per_m;
    uint8_t out[32] = {command};
    size_t n = 1;
    switch (command) {
    case 0xA1: out[n++] = instrument->health == HEALTH_WARMING ? 0 : instrument->health == HEALTH_FAULT ? 3 : 1; break;
    case 0xA2: instrument->health = HEALTH_OK; break;
    case 0xA3: n = put16(out, n, instrument->health == HEALTH_FAULT ? 1 : 0); break;
    case 0xA4: break;
    case 0xA5:
        n = put16(out, n, engine_opacity(s.k_per_m) * 10);
        n = put16(out, n, s.k_per_m * 100);
        n = put16(out, n, s.rpm);
        n = put16(out, n, s.oil_temp_c + 273);
        break;
    case 0xA6:
        n = put16(out, n, engine_opacity(instrument->maximum_k) * 10);
        n = put16(out, n, instrument->maximum_k * 100);
        n = put16(out, n, s.rpm);
        break;
    case 0xA7: instrument->maximum_k = 0; break;
    case 0xB0:
        memset(out + n, 0x10, 18);
        n += 18;
        break;
    case 0xB1:
        memset(out + n, 0, 10);
        n += 10;
        break;
    default: {
        const uint8_t refused[] = {0x15, 0x01};
        sim_reply(instrument, connection, refused, sizeof refused, t_ms);
        return;
    }
    }
    finish(instrument, connection, out, n, t_ms);
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    size_t need = bytes[0] == 0xA0 ? 3 : 2;
    if (length < need)
        return 0;
    uint8_t sum = 0;
    for (size_t i = 0; i < need; i++)
        sum = (uint8_t)(sum + bytes[i]);
    if (sum != 0)
        return 1;
    if (bytes[0] == 0xA0)
        sim_reply(instrument, connection, bytes, need, t_ms);
    else
        answer(instrument, connection, bytes[0], t_ms);
    return need;
}

const struct sim_protocol sim_nht6 = {.name = "nht6", .receive = receive};
