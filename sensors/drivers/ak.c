/*
 * Instruments that speak AK (protocols/ak.h), on a serial line or over TCP. Which word of which reply is which
 * quantity, and what the words of its state and the numbers of its errors mean, says a profile, because makers differ.
 *
 * It asks by turns: the state (ASTZ) every STATUS_MS, the list of errors (ASTF) as soon as the error digit of any reply
 * changes, and the values in between. Values are suspect while an error is open, the instrument is offline or its state
 * has a word that nobody has explained. An instrument in manual mode is STANDBY and stays so until a person puts it
 * under remote control; control codes go out on an operator's order only.
 *
 * What cannot be seen, AK having no checksum: a digit that became another digit or a blank on the line. A reply names
 * its function but not its channel, so after a lost answer the line is left silent before the next question.
 */
#include "protocols/ak.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/turn.h"
#include "sensors/profile.h"

enum {
    REPLY_MS = 1000,
    QUIET_MS = 1000,
    GAP_MS = 100, /* an AK instrument is asked at most ten times a second */
    STATUS_MS = 2000,
    POLL_MAX_MS = 3600000, /* of a profile */
    DETAIL_MAX = 130,
    NO_COMMAND = -1
};

enum step { STEP_IDENTIFY, STEP_STATE, STEP_ERRORS, STEP_VALUES, STEP_COMMAND };

struct state {
    struct turn turn;
    enum step step;
    bool identified, wrong_model;
    char error; /* digit of the last reply; 0: none yet */
    bool errors_due, errors_said;
    enum instrument_status words_status, errors_status;
    char words_detail[SENSOR_TEXT_MAX], errors_detail[SENSOR_TEXT_MAX];
    uint64_t refused;         /* questions that were refused when last asked: values by index, then the other steps */
    char trouble[DETAIL_MAX]; /* why a question was not answered; empty: all are */
    enum instrument_status trouble_status;
    size_t ask;  /* index of the value whose request is next */
    int command; /* index of the profile's action that waits or is in flight */
    int64_t state_due_ms, round_ms, sent_ms;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (!config->profile || config->profile->kind != PROFILE_AK)
        return err_set(err, ERR_INVALID, "driver ak needs 'profile', the name of a profile with kind = ak");
    if (config->option[0])
        return err_set(err, ERR_INVALID, "driver ak knows no option '%s'; take the line out", config->option);
    return 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){.identified = !s->config->profile->identify_ask[0],
                                  .command = NO_COMMAND,
                                  .state_due_ms = t_ms,
                                  .round_ms = t_ms - POLL_MAX_MS};
    host->wake(host->ctx, t_ms + QUIET_MS);
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return plain_cut(ak_find(buf, length, frame));
}

/* ---- what it says of itself ---- */

/* How it is, and why in one line. */
static enum instrument_status status_now(const struct state *state, const char **detail)
{
    if (state->trouble[0]) {
        *detail = state->trouble;
        return state->trouble_status;
    }
    *detail = state->errors_status != STATUS_OK ? state->errors_detail : state->words_detail;
    return state->errors_status != STATUS_OK ? state->errors_status : state->words_status;
}

static void tell_status(const struct state *state, const struct sensor_host *host)
{
    const char *detail;
    enum instrument_status status = status_now(state, &detail);
    host->fault(host->ctx, status, detail);
}

/* The codes that stand in the manuals of several makers. */
static bool known_word(struct slice word, enum instrument_status *status)
{
    static const struct {
        const char *word;
        enum instrument_status status;
    } words[] = {
        {"SREM", STATUS_OK},      {"SMGA", STATUS_OK},      {"SINT", STATUS_OK},      {"SINA", STATUS_OK},
        {"SMAN", STATUS_STANDBY}, {"STBY", STATUS_STANDBY}, {"SPAU", STATUS_STANDBY}, {"SNGA", STATUS_ZEROING},
        {"SEGA", STATUS_BUSY},    {"SATK", STATUS_BUSY},    {"SLEC", STATUS_BUSY},    {"SRES", STATUS_BUSY},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_is(word, words[i].word)) {
            *status = words[i].status;
            return true;
        }
    return false;
}

/* What a word of ASTZ or a number of ASTF means; the profile goes first. What nobody has explained is a fault. */
static enum instrument_status meaning(const struct profile *p, struct slice word, bool is_error)
{
    enum instrument_status status;
    for (size_t i = 0; i < p->status_count; i++)
        if (p->status[i].is_error == is_error && slice_is(word, p->status[i].word))
            return p->status[i].means;
    if (!is_error && known_word(word, &status))
        return status;
    return STATUS_INTERNAL;
}

/* The first word that is not well decides; the detail is the whole list. */
static enum instrument_status read_words(const struct profile *p, struct slice data, bool is_error, char *detail,
                                         size_t size)
{
    enum { SHOWN_MAX = 40 };
    enum instrument_status found = STATUS_OK;
    struct slice all = slice_trim((const uint8_t *)data.at, data.length);
    struct slice word;
    while (slice_word(&data, &word)) {
        enum instrument_status status = meaning(p, word, is_error);
        if (found == STATUS_OK)
            found = status;
    }
    detail[0] = '\0';
    if (found != STATUS_OK)
        snprintf(detail, size, "%s %.*s", is_error ? "errors" : "state",
                 (int)(all.length < SHOWN_MAX ? all.length : SHOWN_MAX), all.at);
    return found;
}

static void publish_errors(struct state *state, struct slice list, int64_t t_ms, const struct sensor_host *host)
{
    struct sample_text text;
    struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    sample_text_set(&text, TEXT_ERROR, list.at, list.length);
    state->errors_said = text.value[0] != '\0';
    host->publish(host->ctx, &sample);
}

/* A question is no trouble any more; with the last of them its text goes. */
static void forget_refusal(struct state *state, uint64_t bit)
{
    state->refused &= ~bit;
    if (state->refused == 0)
        state->trouble[0] = '\0';
}

/* The digit of every reply. A change means that the list has changed; no digit means no errors. */
static void take_error_digit(struct state *state, char digit, int64_t t_ms, const struct sensor_host *host)
{
    if (digit == state->error)
        return;
    state->error = digit;
    state->errors_due = digit != '0';
    state->errors_status = digit == '0' ? STATUS_OK : STATUS_INTERNAL;
    snprintf(state->errors_detail, sizeof state->errors_detail, "it reports an error; its list has been asked for");
    if (digit == '0') /* the list is asked for no more, so that it was refused once means nothing */
        forget_refusal(state, UINT64_C(1) << (PROFILE_VALUES_MAX + (size_t)STEP_ERRORS));
    if (digit == '0' && state->errors_said)
        publish_errors(state, (struct slice){"", 0}, t_ms, host);
}

/* ---- asking ---- */

static bool same_ask(const struct profile_value *a, const struct profile_value *b)
{
    return a->channel == b->channel && strcmp(a->ask, b->ask) == 0;
}

/* The next value that is asked for with a request of its own; 0 when the round is over. */
static size_t next_ask(const struct profile *p, size_t from)
{
    for (size_t i = from; i < p->values_count; i++) {
        size_t first = 0;
        while (!same_ask(&p->values[first], &p->values[i]))
            first++;
        if (first == i)
            return i;
    }
    return 0;
}

static enum step next_step(struct state *state, int64_t t_ms)
{
    if (state->command != NO_COMMAND)
        return STEP_COMMAND;
    if (!state->identified)
        return STEP_IDENTIFY;
    if (state->errors_due)
        return STEP_ERRORS;
    return t_ms >= state->state_due_ms ? STEP_STATE : STEP_VALUES;
}

static void find_request(const struct sensor *s, const struct state *state, const char **code, unsigned *channel)
{
    const struct profile *p = s->config->profile;
    *channel = 0;
    switch (state->step) {
    case STEP_IDENTIFY:
        *code = p->identify_ask;
        *channel = p->identify_channel;
        return;
    case STEP_STATE: *code = "ASTZ"; return;
    case STEP_ERRORS: *code = "ASTF"; return;
    case STEP_VALUES:
        *code = p->values[state->ask].ask;
        *channel = p->values[state->ask].channel;
        return;
    case STEP_COMMAND: break;
    }
    *code = p->actions[state->command].send;
    *channel = p->actions[state->command].channel;
}

static void ask(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    uint8_t request[AK_REQUEST_MAX];
    const char *code;
    unsigned channel;
    state->step = next_step(state, t_ms);
    state->sent_ms = t_ms;
    if (state->step == STEP_VALUES && state->ask == 0)
        state->round_ms = t_ms;
    find_request(s, state, &code, &channel);
    size_t length = ak_request(code, channel, request);
    turn_ask(&state->turn, request, length, t_ms, REPLY_MS, host);
}

/* When the next request goes out: rounds keep the profile's pace, questions their gap. */
static void plan(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    int64_t pace = s->config->poll_ms ? s->config->poll_ms : s->config->profile->poll_ms;
    int64_t at_ms = state->sent_ms + GAP_MS;
    if (next_step(state, t_ms) == STEP_VALUES && state->ask == 0 && state->round_ms + pace > at_ms)
        at_ms = state->round_ms + pace;
    host->wake(host->ctx, at_ms);
}

static void wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (!state->turn.waiting) {
        ask(s, t_ms, host);
        return;
    }
    const char *code;
    unsigned channel;
    find_request(s, state, &code, &channel);
    bool is_fault = turn_lost(&state->turn, t_ms, QUIET_MS, host) || state->step == STEP_COMMAND;
    if (state->step == STEP_VALUES)
        state->ask = next_ask(s->config->profile, state->ask + 1);
    if (!is_fault)
        return;
    state->refused = 0;
    snprintf(state->trouble, sizeof state->trouble, "no answer to %s K%u", code, channel);
    state->trouble_status = STATUS_COMM_ERROR;
    tell_status(state, host);
    if (state->step != STEP_COMMAND)
        state->identified = !s->config->profile->identify_ask[0]; /* who answers next may be another instrument */
    state->command = NO_COMMAND;
    state->state_due_ms = t_ms;
}

/* ---- answers ---- */

/* The bit of the question that is being asked. */
static uint64_t question_bit(const struct state *state)
{
    return UINT64_C(1) << (state->step == STEP_VALUES ? state->ask : PROFILE_VALUES_MAX + (size_t)state->step);
}

/* Why it would not answer. A channel that is not available has no value and is no fault. */
static void take_refusal(struct sensor *s, enum ak_refusal refusal, int64_t t_ms)
{
    static const struct {
        enum instrument_status status;
        const char *text;
    } words[] = {
        [AK_BUSY] = {STATUS_BUSY, "busy"},
        [AK_SYNTAX] = {STATUS_INTERNAL, "syntax error; compare the profile with its manual"},
        [AK_DATA] = {STATUS_INTERNAL, "data error; compare the profile with its manual"},
        [AK_OFFLINE] = {STATUS_STANDBY,
                        "offline; put it under remote control, at its panel or by the command 'remote'"},
        [AK_NOT_UNDERSTOOD] = {STATUS_INTERNAL, "not understood; compare the profile with its manual"},
    };
    struct state *state = state_of(s);
    const char *code;
    unsigned channel;
    forget_refusal(state, question_bit(state));
    if (refusal == AK_ACCEPTED || refusal == AK_NOT_AVAILABLE)
        return;
    find_request(s, state, &code, &channel);
    snprintf(state->trouble, sizeof state->trouble, "%s K%u: %s", code, channel, words[refusal].text);
    state->trouble_status = words[refusal].status;
    if (state->step != STEP_COMMAND)
        state->refused |= question_bit(state);
    state->state_due_ms = state->step == STEP_STATE ? t_ms + STATUS_MS : t_ms; /* it may say why */
    if (state->step == STEP_IDENTIFY)
        state->identified = !s->config->profile->identify_model[0];
    if (state->step == STEP_ERRORS)
        state->errors_due = false; /* asked again when the digit changes */
}

static void publish_values(struct sensor *s, struct slice data, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct profile *p = s->config->profile;
    const char *detail;
    enum instrument_status status = status_now(state, &detail);
    struct sample sample = {.t_ms = t_ms};
    for (size_t i = state->ask; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        struct slice number;
        struct decimal raw, value;
        bool valid;
        if (!same_ask(v, &p->values[state->ask]) || (v->words != 0 && ak_count_words(data) != v->words) ||
            !ak_number(data, v->index, &number, &valid) || !decimal_parse(&raw, number.at, number.length) ||
            !profile_decode_number(v, raw, &value))
            continue;
        enum quality quality = profile_quality(v, value, status);
        sample_add(&sample, v->quantity, quality == QUALITY_OK && !valid ? QUALITY_SUSPECT : quality, value);
    }
    sensor_check_opacity(&sample, s->config->path_m);
    if (sample.count > 0)
        host->publish(host->ctx, &sample);
}

static void take_identity(struct sensor *s, struct slice data, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const char *model = s->config->profile->identify_model;
    struct sample_text said;
    struct slice name = slice_trim((const uint8_t *)data.at, data.length);
    sample_text_set(&said, TEXT_ECU, name.at, name.length);
    state->identified = true;
    if (!model[0] || strstr(said.value, model)) {
        snprintf(s->identity.model, sizeof s->identity.model, "%.*s", SENSOR_TEXT_MAX - 1, said.value);
        return;
    }
    char detail[DETAIL_MAX];
    state->wrong_model = true;
    snprintf(detail, sizeof detail, "'%.40s' answers where %s is configured", said.value, model);
    host->fault(host->ctx, STATUS_WRONG_MODEL, detail);
    host->wake(host->ctx, -1);
}

static void take_answer(struct sensor *s, const struct ak_reply *reply, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct profile *p = s->config->profile;
    switch (state->step) {
    case STEP_IDENTIFY: take_identity(s, reply->data, host); return;
    case STEP_STATE:
        state->words_status = read_words(p, reply->data, false, state->words_detail, sizeof state->words_detail);
        state->state_due_ms = t_ms + STATUS_MS;
        return;
    case STEP_ERRORS:
        state->errors_due = false;
        if (ak_count_words(reply->data) > 0)
            state->errors_status = read_words(p, reply->data, true, state->errors_detail, sizeof state->errors_detail);
        publish_errors(state, slice_trim((const uint8_t *)reply->data.at, reply->data.length), t_ms, host);
        return;
    case STEP_COMMAND: state->state_due_ms = t_ms; return;
    case STEP_VALUES: break;
    }
    publish_values(s, reply->data, t_ms, host);
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    struct ak_reply reply;
    const char *code;
    unsigned channel;
    if (length == 1)
        return true; /* the CR behind a frame */
    if (!state->turn.waiting || !ak_parse(bytes, length, &reply))
        return false;
    find_request(s, state, &code, &channel);
    if (reply.refusal != AK_NOT_UNDERSTOOD && strcmp(reply.code, code) != 0)
        return false;
    turn_end(&state->turn);
    take_error_digit(state, reply.error, t_ms, host);
    take_refusal(s, reply.refusal, t_ms);
    tell_status(state, host); /* before a value that is good because all is well again */
    if (reply.refusal == AK_ACCEPTED)
        take_answer(s, &reply, t_ms, host);
    if (state->wrong_model)
        return true;
    if (state->step == STEP_COMMAND)
        state->command = NO_COMMAND;
    tell_status(state, host);
    if (state->step == STEP_VALUES)
        state->ask = next_ask(s->config->profile, state->ask + 1);
    plan(s, t_ms, host);
    return true;
}

/* ---- the operator ---- */

static int command(struct sensor *s, enum sensor_command which, int64_t t_ms, const struct sensor_host *host,
                   struct err *err)
{
    (void)t_ms;
    (void)host;
    struct state *state = state_of(s);
    const struct profile *p = s->config->profile;
    const char *name = sensor_command_name(which);
    if (state->wrong_model)
        return err_set(err, ERR_REFUSED, "another instrument answers than profile %s expects", p->name);
    if (!state->identified)
        return err_set(err, ERR_REFUSED, "it has not been identified yet; wait until it answers");
    if (state->command != NO_COMMAND)
        return err_set(err, ERR_REFUSED, "'%s' is still under way; wait for it", p->actions[state->command].name);
    for (size_t i = 0; i < p->actions_count; i++)
        if (strcmp(p->actions[i].name, name) == 0) {
            state->command = (int)i;
            return 0;
        }
    return err_set(err, ERR_REFUSED, "profile %s has no action '%s'", p->name, name);
}

const struct sensor_driver driver_ak = {
    .name = "ak",
    .title = "AK protocol instrument described by a profile",
    .line = "9600/8n1",
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = wake,
    .command = command,
};
