/* What an instrument hears and says, without files and clock: answers in time, at line speed, with the active fault. */
#include "sensors/sim/sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_BITS = 10, SPLIT_GAP_MS = 20, CATCH_UP_MS = 1000, FLOOD_MS = 20 };

void sim_init(struct sim *sim)
{
    memset(sim, 0, sizeof *sim);
    engine_init(&sim->engine);
    world_init(&sim->world);
}

struct sim_instrument *sim_add(struct sim *sim, const char *name, const struct sim_protocol *protocol)
{
    if (sim->count == SIM_INSTRUMENTS_MAX || strlen(name) >= SIM_NAME_MAX)
        return NULL;
    struct sim_instrument *instrument = &sim->instruments[sim->count++];
    *instrument = (struct sim_instrument){.protocol = protocol,
                                          .own = protocol,
                                          .engine = &sim->engine,
                                          .world = &sim->world,
                                          .listener = -1,
                                          .unit = 1,
                                          .noise = 2463534242U};
    memcpy(instrument->name, name, strlen(name) + 1);
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++)
        instrument->connections[i].fd = -1;
    cheat_init(&instrument->cheat);
    if (protocol->init)
        protocol->init(instrument);
    return instrument;
}

void sim_become(struct sim_instrument *instrument, const struct sim_protocol *protocol)
{
    if (instrument->protocol == protocol)
        return;
    instrument->protocol = protocol;
    memset(&instrument->state, 0, sizeof instrument->state);
    if (protocol->init)
        protocol->init(instrument);
}

const struct sim_protocol *sim_protocol_by_name(const char *name)
{
    for (const struct sim_protocol *const *p = sim_protocols; *p; p++)
        if (strcmp((*p)->name, name) == 0)
            return *p;
    return NULL;
}

double sim_source(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms)
{
    const struct sim_world *world = instrument->world;
    if (quantity == QUANTITY_OPACITY && isnan(world->value[quantity]) && !world->absent[quantity])
        return engine_opacity(sim_source(instrument, QUANTITY_K, t_ms));
    return cheat_source(&instrument->cheat, quantity, world_at(world, instrument->engine, quantity, t_ms), t_ms);
}

double sim_value(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms)
{
    return cheat_reading(&instrument->cheat, quantity, sim_source(instrument, quantity, t_ms));
}

int64_t sim_utc_ms(const struct sim_instrument *instrument, int64_t t_ms)
{
    return instrument->world->utc_ms + t_ms;
}

/* ---- saying ---- */

static void enqueue(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                    int64_t due_ms)
{
    size_t pieces = (length + SIM_OUTPUT_MAX - 1) / SIM_OUTPUT_MAX;
    if (instrument->queued + pieces > SIM_QUEUE_MAX)
        return; /* nobody listens: all of it is lost, never a part */
    if (due_ms < instrument->line_free_ms)
        due_ms = instrument->line_free_ms;
    for (size_t at = 0; at < length; at += SIM_OUTPUT_MAX) {
        size_t piece = length - at < SIM_OUTPUT_MAX ? length - at : SIM_OUTPUT_MAX;
        if (instrument->baud > 0)
            due_ms += (int64_t)piece * BYTE_BITS * 1000 / instrument->baud;
        struct sim_output *out = &instrument->queue[instrument->queued++];
        *out = (struct sim_output){.due_ms = due_ms, .connection = connection, .length = piece};
        memcpy(out->bytes, bytes + at, piece);
    }
    instrument->line_free_ms = due_ms;
}

static uint8_t noise_byte(struct sim_instrument *instrument)
{
    instrument->noise ^= instrument->noise << 13; /* Marsaglia's xorshift32 */
    instrument->noise ^= instrument->noise >> 17;
    instrument->noise ^= instrument->noise << 5;
    return (uint8_t)instrument->noise;
}

/* CR LF loses its CR, a lone CR or LF becomes the other; nothing else has a line ending. */
static size_t other_ending(uint8_t *bytes, size_t length)
{
    if (length >= 2 && bytes[length - 2] == '\r' && bytes[length - 1] == '\n') {
        bytes[length - 2] = '\n';
        return length - 1;
    }
    if (length > 0 && (bytes[length - 1] == '\r' || bytes[length - 1] == '\n'))
        bytes[length - 1] ^= '\r' ^ '\n';
    return length;
}

static enum sim_fault next_fault(struct sim_instrument *instrument)
{
    enum sim_fault fault = instrument->fault;
    if (fault != FAULT_NONE && instrument->fault_count > 0 && --instrument->fault_count == 0)
        instrument->fault = FAULT_NONE;
    return fault;
}

void sim_reply(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    uint8_t copy[SIM_REPLY_MAX];
    if (length == 0 || length > sizeof copy)
        return;
    memcpy(copy, bytes, length);
    instrument->last_to = connection;
    instrument->last_length = length < sizeof instrument->last ? length : 0;
    memcpy(instrument->last, bytes, instrument->last_length);
    int64_t due = t_ms + instrument->reply_ms;
    switch (next_fault(instrument)) {
    case FAULT_NONE:
    case FAULT_FLOOD:
    case FAULT_MODEL:
    case FAULT_COUNT: break;
    case FAULT_STUCK: memset(copy, instrument->fault_byte, length); break;
    case FAULT_SILENCE: return;
    case FAULT_CRC: copy[length - 1 - (size_t)instrument->protocol->check_tail] ^= 1; break;
    case FAULT_LATE: due += instrument->fault_ms; break;
    case FAULT_ENDING: length = other_ending(copy, length); break;
    case FAULT_HALF: length = (length + 1) / 2; break;
    case FAULT_SPLIT:
        enqueue(instrument, connection, copy, length / 2, due);
        enqueue(instrument, connection, copy + length / 2, length - length / 2,
                due + (instrument->fault_ms ? instrument->fault_ms : SPLIT_GAP_MS));
        return;
    case FAULT_GARBAGE: {
        uint8_t noise[5];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = noise_byte(instrument);
        enqueue(instrument, connection, noise, sizeof noise, due);
        break;
    }
    }
    enqueue(instrument, connection, copy, length, due);
}

void sim_reply_text(struct sim_instrument *instrument, int connection, const char *text, int64_t t_ms)
{
    sim_reply(instrument, connection, (const uint8_t *)text, strlen(text), t_ms);
}

void sim_broadcast(struct sim_instrument *instrument, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++)
        if (instrument->connections[i].fd >= 0)
            sim_reply(instrument, i, bytes, length, t_ms);
}

void sim_broadcast_text(struct sim_instrument *instrument, const char *text, int64_t t_ms)
{
    sim_broadcast(instrument, (const uint8_t *)text, strlen(text), t_ms);
}

void sim_hang_up(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    if (instrument->queued < SIM_QUEUE_MAX)
        instrument->queue[instrument->queued++] = (struct sim_output){.due_ms = t_ms, .connection = connection};
}

bool sim_take(struct sim_instrument *instrument, int64_t t_ms, struct sim_output *out)
{
    size_t first = 0;
    for (size_t i = 1; i < instrument->queued; i++)
        if (instrument->queue[i].due_ms < instrument->queue[first].due_ms)
            first = i;
    if (instrument->queued == 0 || instrument->queue[first].due_ms > t_ms)
        return false;
    *out = instrument->queue[first];
    instrument->queued--;
    memmove(&instrument->queue[first], &instrument->queue[first + 1],
            (instrument->queued - first) * sizeof *instrument->queue);
    return true;
}

int64_t sim_next_ms(const struct sim_instrument *instrument)
{
    int64_t next = instrument->period_ms > 0 ? instrument->tick_ms : INT64_MAX;
    if (instrument->fault == FAULT_FLOOD && instrument->last_length > 0 && instrument->flood_ms < next)
        next = instrument->flood_ms;
    for (size_t i = 0; i < instrument->queued; i++)
        if (instrument->queue[i].due_ms < next)
            next = instrument->queue[i].due_ms;
    return next;
}

static void recover(struct sim_instrument *instrument, int64_t t_ms)
{
    if (instrument->health_until_ms == 0 || t_ms < instrument->health_until_ms)
        return;
    instrument->health = HEALTH_OK;
    instrument->health_until_ms = 0;
}

static void flood(struct sim_instrument *instrument, int64_t t_ms)
{
    if (instrument->fault != FAULT_FLOOD || instrument->last_length == 0 || t_ms < instrument->flood_ms)
        return;
    instrument->flood_ms = t_ms + (instrument->fault_ms ? instrument->fault_ms : FLOOD_MS);
    if (instrument->queued == 0) /* no faster than the line */
        enqueue(instrument, instrument->last_to, instrument->last, instrument->last_length, t_ms);
}

void sim_tick(struct sim_instrument *instrument, int64_t t_ms)
{
    recover(instrument, t_ms);
    flood(instrument, t_ms);
    bool heard = instrument->absent_until_ms <= t_ms;
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++) {
        struct sim_connection *to = &instrument->connections[i];
        if (to->fd < 0 || to->greeted || !heard)
            continue;
        to->greeted = true;
        if (instrument->protocol->greet)
            instrument->protocol->greet(instrument, i, t_ms);
    }
    if (instrument->period_ms <= 0 || instrument->tick_ms > t_ms)
        return;
    if (instrument->tick_ms < t_ms - CATCH_UP_MS)
        instrument->tick_ms = t_ms;
    for (; instrument->tick_ms <= t_ms; instrument->tick_ms += instrument->period_ms)
        if (heard && instrument->protocol->tick)
            instrument->protocol->tick(instrument, instrument->tick_ms);
}

/* ---- hearing ---- */

static void digest(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    struct sim_connection *from = &instrument->connections[connection];
    while (from->length > 0) {
        size_t used = instrument->protocol->receive
                          ? instrument->protocol->receive(instrument, connection, from->input, from->length, t_ms)
                          : from->length;
        if (used == 0)
            break;
        from->length -= used;
        memmove(from->input, from->input + used, from->length);
    }
    if (from->length == sizeof from->input)
        from->length = 0; /* nothing this protocol knows is that long */
}

void sim_hear(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    recover(instrument, t_ms);
    struct sim_connection *from = &instrument->connections[connection];
    while (length > 0) {
        size_t room = sizeof from->input - from->length;
        size_t piece = length < room ? length : room;
        memcpy(from->input + from->length, bytes, piece);
        from->length += piece;
        bytes += piece;
        length -= piece;
        digest(instrument, connection, t_ms);
    }
}

/* ---- settings ---- */

int sim_unknown(const struct sim_instrument *instrument, const char *key, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s: %s has no setting '%s'", instrument->name, instrument->protocol->name, key);
}

int sim_integer(const char *key, const char *value, long min, long max, int *out, struct err *err)
{
    char *end;
    long number = strtol(value, &end, 10);
    if (end == value || *end || number < min || number > max)
        return err_set(err, ERR_INVALID, "%s: a whole number from %ld to %ld, not '%s'", key, min, max, value);
    *out = (int)number;
    return 0;
}

int sim_word(const char *key, const char *value, const char *const *words, size_t count, int *out, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], value) == 0) {
            *out = (int)i;
            return 0;
        }
    char known[160] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && length + strlen(words[i]) + 2 < sizeof known; i++) {
        known[length++] = ' ';
        memcpy(known + length, words[i], strlen(words[i]) + 1);
        length += strlen(words[i]);
    }
    return err_set(err, ERR_INVALID, "%s: one of%s, not '%s'", key, known, value);
}

int sim_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    int number;
    if (strcmp(key, "period-ms") == 0 || strcmp(key, "reply-ms") == 0) {
        if (sim_integer(key, value, 0, 3600000, &number, err) != 0)
            return -1;
        *(key[0] == 'p' ? &instrument->period_ms : &instrument->reply_ms) = number;
        return 0;
    }
    return instrument->protocol->set ? instrument->protocol->set(instrument, key, value, t_ms, err)
                                     : sim_unknown(instrument, key, err);
}
