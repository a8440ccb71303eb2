/*
 * The measuring head of a Chinese remote-sensing device ("YaoGan"), TCP, port 5888 or one of the following. Known from
 * one host program alone; no maker's text was seen, and no device.
 *
 *     PACKAGE_START | NNNNNNNN | TT | data | PACKAGE_END       NNNNNNNN: bytes of TT, data and PACKAGE_END, in decimal
 *
 *     11 command (text; SHAKE_HAND keeps the link alive)    12 test result    15 trigger    1F car left    others:
 * skipped
 *
 * A link without traffic for 10 s is dead, so SHAKE_HAND is sent more often. The data of a test result begin with a
 * packed struct of little-endian floats, which a profile (kind = bytes) describes; then come spectra, which are
 * skipped. The struct has no version: a shorter result is refused, and so is one in which another packet begins. There
 * is no checksum: TCP's must do.
 *
 * A result is one passage. The head knows no plate, record number or time, so the passage has none. A trigger after
 * which no result came by the next one is a passage too, without readings: a car was there and was not measured.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/drivers/drivers.h"
#include "sensors/profile.h"
#include "station/core/passage.h"

static const char begin_mark[] = "PACKAGE_START";
static const char end_mark[] = "PACKAGE_END";
static const char shake_hand[] = "PACKAGE_START0000002311SHAKE_HANDPACKAGE_END";

enum {
    BEGIN = sizeof begin_mark - 1,
    END = sizeof end_mark - 1,
    NUMBER = 8,
    TYPE = 2,
    HEAD = BEGIN + NUMBER + TYPE,
    PACKET_MAX = 8 << 20, /* files and updates are larger, and are not for us: the stream is lost */
    SKIP_MAX = 1024,
    SHAKE_MS = 4000,
    DEAD_MS = 10000,
};
static_assert(HEAD + (int)PROFILE_BYTES_MAX <= (int)SENSOR_FRAME_MAX, "a result's struct is one frame");

struct state {
    size_t rest; /* bytes of the packet still to come, PACKAGE_END included */
    bool triggered, measured;
    bool dead;
    int64_t heard_ms;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static const struct state *state_in(const struct sensor *s)
{
    return (const struct state *)s->state.bytes;
}

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (!config->profile || config->profile->kind != PROFILE_BYTES)
        return err_set(err, ERR_INVALID, "driver yaogan needs 'profile', the name of a packet's map (kind = bytes)");
    return 0;
}

static void shake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)s;
    host->wake(host->ctx, t_ms + SHAKE_MS);
    host->send(host->ctx, (const uint8_t *)shake_hand, sizeof shake_hand - 1);
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){.heard_ms = t_ms, .triggered = s->config->first_passage};
    shake(s, t_ms, host);
}

static void wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (t_ms - state->heard_ms >= DEAD_MS && !state->dead) {
        state->dead = true;
        host->fault(host->ctx, STATUS_COMM_ERROR, "nothing received for 10 s");
    }
    shake(s, t_ms, host);
}

/* ---- framing ---- */

/* The packet's number, or -1. */
static long read_number(const uint8_t *digits)
{
    long number = 0;
    for (size_t i = 0; i < NUMBER; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        number = number * 10 + (digits[i] - '0');
    }
    return number >= TYPE + END && number <= PACKET_MAX ? number : -1;
}

static bool is_type(const uint8_t *head, const char *type)
{
    return memcmp(head + BEGIN + NUMBER, type, TYPE) == 0;
}

/* How much of the packet is decoded in one piece: of a result that is long enough its struct too. */
static size_t piece_length(const struct sensor *s, const uint8_t *head, long number)
{
    size_t size = s->config->profile->size;
    return is_type(head, "12") && (size_t)number - TYPE - END >= size ? HEAD + size : HEAD;
}

/* A packet that was cut off has the next one's beginning where its struct goes on: what lies around there is no float.
 */
static bool begins_again(const uint8_t *bytes, size_t length)
{
    for (size_t i = BEGIN; i + BEGIN <= length; i++)
        if (memcmp(bytes + i, begin_mark, BEGIN) == 0)
            return true;
    return false;
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    size_t rest = state_in(s)->rest;
    *frame = rest - END < SKIP_MAX ? rest - END : SKIP_MAX;
    if (rest == END)
        *frame = END;
    if (rest > 0)
        return length < *frame ? CUT_MORE : CUT_OK;
    size_t begins = length < BEGIN ? length : BEGIN;
    if (memcmp(buf, begin_mark, begins) != 0)
        return CUT_BAD;
    if (length < HEAD)
        return CUT_MORE;
    long number = read_number(buf + BEGIN);
    if (number < 0)
        return CUT_BAD;
    *frame = piece_length(s, buf, number);
    if (length < *frame)
        return CUT_MORE;
    return begins_again(buf, *frame) ? CUT_BAD : CUT_OK;
}

/* ---- packets ---- */

static void publish(int64_t t_ms, struct sample *sample, const struct sensor_host *host)
{
    const struct passage passage = {0};
    sample->t_ms = t_ms;
    sample->passage = &passage;
    host->publish(host->ctx, sample);
    sample->passage = NULL;
}

static void take_result(struct sensor *s, const uint8_t *data, int64_t t_ms, const struct sensor_host *host)
{
    const struct profile *p = s->config->profile;
    struct sample sample = {0};
    for (size_t i = 0; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        uint16_t words[4];
        struct decimal value;
        for (size_t w = 0; w < profile_words(v->type); w++)
            words[w] = (uint16_t)(data[v->at + 2 * w] << 8 | data[v->at + 2 * w + 1]);
        if (profile_decode_words(v, words, &value))
            sample_add(&sample, v->quantity, profile_quality(v, value, STATUS_OK), value);
    }
    state_of(s)->measured = true;
    publish(t_ms, &sample, host);
}

static void take_trigger(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    struct sample nothing = {0};
    bool missed = state->triggered && !state->measured;
    state->triggered = true;
    state->measured = false;
    if (missed)
        publish(t_ms, &nothing, host);
}

static bool take_packet(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                        const struct sensor_host *host)
{
    long number = read_number(bytes + BEGIN);
    bool is_result = is_type(bytes, "12");
    state_of(s)->rest = (size_t)number - TYPE - (length - HEAD);
    if (is_result && length == HEAD) {
        char why[SENSOR_TEXT_MAX];
        snprintf(why, sizeof why, "a result of %ld bytes, the profile says %zu", number - TYPE - END,
                 s->config->profile->size);
        host->fault(host->ctx, STATUS_COMM_ERROR, why);
        return false;
    }
    host->fault(host->ctx, STATUS_OK, "");
    if (is_result)
        take_result(s, bytes + HEAD, t_ms, host);
    else if (is_type(bytes, "15"))
        take_trigger(s, t_ms, host);
    else if (is_type(bytes, "1F") && state_of(s)->measured)
        state_of(s)->triggered = false;
    return true;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    state->heard_ms = t_ms;
    state->dead = false;
    if (state->rest == 0)
        return take_packet(s, bytes, length, t_ms, host);
    state->rest -= length;
    if (state->rest > 0 || memcmp(bytes, end_mark, END) == 0)
        return true;
    host->fault(host->ctx, STATUS_COMM_ERROR, "a packet does not end with PACKAGE_END");
    return false;
}

const struct sensor_driver driver_yaogan = {
    .name = "yaogan",
    .title = "Remote-sensing head with YaoGan packets, described by a profile",
    .line = "115200/8n1",
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = wake,
};
