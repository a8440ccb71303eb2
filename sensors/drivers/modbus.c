/*
 * Instruments with a Modbus register map, described by a profile. The link polls the profile's blocks; here they
 * become samples. One sample per block, because one block is one moment.
 *
 * Status bits may lie in another block than the values: until all of them have been seen, and while a block keeps
 * failing, values are suspect. In a record profile a changed sequence register makes the block one passage. The first
 * record after a start has been there before, nobody knows since when, and is no passage.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "protocols/modbusblock.h"
#include "sensors/drivers/drivers.h"
#include "sensors/drivers/passage_field.h"
#include "sensors/profile.h"
#include "station/core/utf8.h"

enum { FAILURES_MAX = 3, TEXT_MAX = 130 };

struct state {
    bool status_seen[PROFILE_STATUS_MAX], status_set[PROFILE_STATUS_MAX];
    uint8_t failures[PROFILE_READS_MAX]; /* in a row */
    bool sequence_known;
    uint16_t sequence;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (!config->profile || config->profile->kind != PROFILE_MODBUS)
        return err_set(err, ERR_INVALID, "driver modbus needs 'profile', the name of a register map");
    if (config->unit < 1 || config->unit > 255)
        return err_set(err, ERR_INVALID, "driver modbus needs 'unit', the device's address, 1 to 255");
    return 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)t_ms;
    (void)host;
    *state_of(s) = (struct state){0};
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    ptrdiff_t whole = modbusblock_length(buf, length);
    *frame = whole > 0 ? (size_t)whole : 0;
    return whole < 0 ? CUT_BAD : whole == 0 ? CUT_MORE : CUT_OK;
}

/* Which read block of the profile this is, or -1. */
static int find_read(const struct profile *p, const struct modbusblock *block)
{
    for (size_t i = 0; i < p->reads_count; i++)
        if (p->reads[i].function == block->function && p->reads[i].address == block->address &&
            p->reads[i].count == block->count)
            return (int)i;
    return -1;
}

/* ---- status ---- */

static void take_status(struct state *state, const struct profile *p, size_t read, const struct modbusblock *block)
{
    for (size_t i = 0; i < p->status_count; i++) {
        const struct profile_status *status = &p->status[i];
        if (status->read != read)
            continue;
        state->status_seen[i] = true;
        state->status_set[i] = profile_status_set(status, block->words[status->at - block->address]);
    }
}

static void describe(const struct profile *p, const struct profile_status *status, char *detail, size_t size)
{
    static const char *const tables[] = {"", "coil", "discrete input", "register", "register"};
    const char *table = tables[p->reads[status->read].function];
    unsigned bit = 0;
    while (!(status->mask >> bit & 1))
        bit++;
    if (p->reads[status->read].function <= 2)
        snprintf(detail, size, "%s %u is %u", table, (unsigned)status->at, status->has_equals ? status->equals : 1U);
    else if (status->has_equals)
        snprintf(detail, size, "%s %u, bits 0x%X are 0x%X", table, (unsigned)status->at, (unsigned)status->mask,
                 (unsigned)status->equals);
    else if (status->mask >> bit == 1)
        snprintf(detail, size, "%s %u bit %u", table, (unsigned)status->at, bit);
    else
        snprintf(detail, size, "%s %u, bits 0x%X are not 0", table, (unsigned)status->at, (unsigned)status->mask);
}

/* What the instrument says of itself; the first fault in the profile's order counts, warming only without a fault.
 * False: not all of its status is known yet. */
static bool read_status(const struct state *state, const struct profile *p, enum instrument_status *status,
                        char *detail, size_t size)
{
    bool all_seen = true;
    *status = STATUS_OK;
    detail[0] = '\0';
    for (size_t i = 0; i < p->status_count; i++) {
        all_seen = all_seen && state->status_seen[i];
        bool counts = *status == STATUS_OK || (*status == STATUS_WARMING && p->status[i].means != STATUS_WARMING);
        if (!state->status_set[i] || !counts)
            continue;
        *status = p->status[i].means;
        describe(p, &p->status[i], detail, size);
    }
    return all_seen;
}

static bool has_failed(const struct state *state)
{
    for (size_t i = 0; i < PROFILE_READS_MAX; i++)
        if (state->failures[i] >= FAILURES_MAX)
            return true;
    return false;
}

/* A failed write is told at once, a failed read when it keeps failing. False: a block nobody asked for. */
static bool take_failure(struct sensor *s, const struct modbusblock *block, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    bool is_write = modbusblock_is_write(block->function);
    int read = find_read(s->config->profile, block);
    if (!is_write && read < 0)
        return false;
    if (!is_write && state->failures[read] < FAILURES_MAX && ++state->failures[read] < FAILURES_MAX)
        return true;
    char detail[SENSOR_TEXT_MAX];
    snprintf(detail, sizeof detail, "%s register %u: %s", is_write ? "writing" : "reading", (unsigned)block->address,
             modbusblock_failure(block->code));
    host->fault(host->ctx, STATUS_COMM_ERROR, detail);
    return true;
}

/* ---- values ---- */

static void add_values(struct sample *sample, const struct profile *p, size_t read, const struct modbusblock *block,
                       enum instrument_status status)
{
    for (size_t i = 0; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        struct decimal value;
        if (v->read == read && profile_decode_words(v, block->words + (v->at - block->address), &value))
            sample_add(sample, v->quantity, profile_quality(v, value, status), value);
    }
}

/* Two characters a register, the first in the high byte, up to a NUL; spaces behind it are padding. */
static void read_text(const uint16_t *words, unsigned count, char out[TEXT_MAX])
{
    size_t length = 0;
    for (unsigned i = 0; i < count && length + 2 < TEXT_MAX; i++) {
        out[length++] = (char)(words[i] >> 8);
        out[length++] = (char)(words[i] & 0xFF);
    }
    out[length] = '\0';
    length = strlen(out);
    while (length > 0 && out[length - 1] == ' ')
        out[--length] = '\0';
    if (utf8_check(out, length) != length)
        out[0] = '\0';
}

static void add_fields(struct passage *passage, const struct profile *p, const struct modbusblock *block)
{
    snprintf(passage->record_id, sizeof passage->record_id, "%u",
             (unsigned)block->words[p->sequence_at - block->address]);
    for (size_t i = 0; i < p->fields_count; i++) {
        const struct profile_field *f = &p->fields[i];
        const uint16_t *words = block->words + (f->at - block->address);
        char text[TEXT_MAX];
        if (f->type == TYPE_TEXT)
            read_text(words, f->words, text);
        else
            snprintf(text, sizeof text, "%llu", (unsigned long long)profile_combine(words, f->type, f->order));
        passage_field_set(passage, f, text);
    }
}

static bool is_new_record(struct state *state, const struct sensor_config *config, const struct modbusblock *block)
{
    uint16_t sequence = block->words[config->profile->sequence_at - block->address];
    bool is_new = state->sequence_known ? sequence != state->sequence : config->first_passage;
    state->sequence_known = true;
    state->sequence = sequence;
    return is_new;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    const struct profile *p = s->config->profile;
    struct state *state = state_of(s);
    struct modbusblock block;
    modbusblock_decode(&block, bytes, length);
    if (block.failed)
        return take_failure(s, &block, host);
    int read = find_read(p, &block);
    if (read < 0)
        return modbusblock_is_write(block.function); /* a write is done, or a block nobody asked for */
    state->failures[read] = 0;
    take_status(state, p, (size_t)read, &block);
    enum instrument_status status;
    char detail[SENSOR_TEXT_MAX];
    bool status_known = read_status(state, p, &status, detail, sizeof detail);
    bool failed = has_failed(state);
    if (status_known && !failed)
        host->fault(host->ctx, status, detail);
    if (p->record && !is_new_record(state, s->config, &block))
        return true;
    struct sample sample = {.t_ms = t_ms};
    struct passage passage = {0};
    add_values(&sample, p, (size_t)read, &block, failed ? STATUS_COMM_ERROR : status_known ? status : STATUS_BUSY);
    if (s->config->path_m.units > 0)
        sensor_check_opacity(&sample, s->config->path_m);
    if (p->record) {
        add_fields(&passage, p, &block);
        sample.passage = &passage;
    }
    if (sample.count > 0 || sample.passage)
        host->publish(host->ctx, &sample);
    return true;
}

static int command(struct sensor *s, enum sensor_command command, int64_t t_ms, const struct sensor_host *host,
                   struct err *err)
{
    (void)t_ms;
    const struct profile *p = s->config->profile;
    for (size_t i = 0; i < p->actions_count; i++) {
        const struct profile_action *a = &p->actions[i];
        if (strcmp(a->name, sensor_command_name(command)) != 0)
            continue;
        const struct modbusblock block = {.function = a->function, .address = a->address, .count = a->value};
        uint8_t bytes[MODBUSBLOCK_SIZE_MAX];
        host->send(host->ctx, bytes, modbusblock_encode(&block, bytes));
        return 0;
    }
    return err_set(err, ERR_REFUSED, "profile %s has no action '%s'", p->name, sensor_command_name(command));
}

const struct sensor_driver driver_modbus = {
    .name = "modbus",
    .title = "Modbus instrument described by a profile",
    .line = "9600/8n1",
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .command = command,
};
