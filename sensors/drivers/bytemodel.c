#include "sensors/drivers/bytemodel.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sensors/drivers/bytemodel_read.h"

/* No answer is later than LATEST_MS. */
enum { LATEST_MS = 3000 };
enum { FAILURES_MAX = 3, GAP_MS = 10, BUSY_GAP_MS = 200, NO_COMMAND = -1, VALUES = 0 };

static const int64_t NEVER_MS = INT64_MIN / 2;

/* What is asked next, or is being asked. */
enum step { STEP_FACE, STEP_OTHER, STEP_TWIN, STEP_TELL, STEP_POLL, STEP_COMMAND, STEP_PROCESS };

struct state {
    enum step step, resume; /* resume: what waits while the instrument is busy */
    bool waiting;           /* a request is in flight */
    bool identified;
    bool face_refused;
    bool stopped;            /* its pump, by an order that it has confirmed: what it measures is no exhaust */
    bool lengthy;            /* the request goes out again, after the instrument was busy with it */
    size_t index;            /* of the other, twin, tell or poll */
    unsigned due;            /* bits: polls that are to be asked */
    unsigned doubt;          /* bits: polls whose answer was lost and may still come */
    int command;             /* index of the operator's command that waits or is in flight */
    unsigned failures;       /* in a row */
    unsigned refusals;       /* in a row */
    unsigned values_refused; /* since the last values */
    int64_t values_sent_ms, due_ms;
    enum instrument_status status;
    uint8_t channels;
    struct bytemodel_told told[BYTEMODEL_POLLS_MAX];
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static const struct bytemodel *model_of(const struct sensor *s)
{
    return bytemodel_row(s->driver->model, s->config->option);
}

static const struct byteface *face_of(const struct bytemodel *m, const struct state *state)
{
    if (state->step == STEP_OTHER)
        return m->others[state->index];
    return state->step == STEP_TWIN ? m->twins[state->index] : m->face;
}

static const struct bytecodec_exchange *exchange_of(const struct bytemodel *m, const struct state *state)
{
    switch (state->step) {
    case STEP_FACE:
    case STEP_OTHER:
    case STEP_TWIN: break;
    case STEP_TELL: return &m->tells[state->index].exchange;
    case STEP_POLL: return &m->polls[state->index].exchange;
    case STEP_COMMAND: return &m->commands[state->command].exchange;
    case STEP_PROCESS: return &m->process;
    }
    return &face_of(m, state)->exchange;
}

/* The first request comes after a silence: an answer to whoever asked before must not be taken for one to us. */
void bytemodel_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){.step = STEP_FACE, .command = NO_COMMAND, .values_sent_ms = NEVER_MS};
    host->wake(host->ctx, t_ms + model_of(s)->quiet_ms);
}

static const struct bytecodec_answer *answer_of(const struct bytemodel *m, const struct state *state)
{
    const struct bytecodec_exchange *exchange = exchange_of(m, state);
    return exchange->answer ? exchange->answer : face_of(m, state)->answer;
}

static enum bytecodec_found find(const struct bytemodel *m, const struct state *state, const uint8_t *buf,
                                 size_t length, size_t *frame)
{
    return bytecodec_find(exchange_of(m, state), answer_of(m, state), buf, length, frame);
}

enum sensor_cut bytemodel_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    const struct state *state = (const struct state *)s->state.bytes;
    if (!state->waiting)
        return CUT_BAD;
    switch (find(model_of(s), state, buf, length, frame)) {
    case BYTECODEC_MORE: return CUT_MORE;
    case BYTECODEC_REPLY:
    case BYTECODEC_ERROR:
    case BYTECODEC_BUSY: return CUT_OK;
    case BYTECODEC_BAD: break;
    }
    return CUT_BAD;
}

/* ---- what it says of itself ---- */

static void report_status(struct sensor *s, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    char detail[BYTEMODEL_TEXT_ROOM], need[BYTEMODEL_TEXT_ROOM];
    state->status = bytemodel_status(m, state->told, detail);
    if (state->status == STATUS_OK && state->stopped) {
        state->status = STATUS_STANDBY;
        snprintf(detail, sizeof detail, "its pump is off: switch it on");
    } else if (state->status == STATUS_OK && state->values_refused >= FAILURES_MAX) {
        state->status = STATUS_INTERNAL;
        snprintf(detail, sizeof detail, "it refuses to give values");
    } else if (bytemodel_lacks_digits(m, s->config->option, need)) {
        state->status = STATUS_INTERNAL;
        snprintf(detail, sizeof detail, "decimals unknown: set option = \"%.80s\"", need);
    }
    host->fault(host->ctx, state->status, detail);
}

static void lock_out(struct sensor *s, const struct byteface *other, const struct sensor_host *host)
{
    const struct bytemodel *m = model_of(s);
    char detail[BYTEMODEL_TEXT_ROOM], remedy[BYTEMODEL_TEXT_ROOM / 2] = "";
    bool same_driver = other->driver && strcmp(other->driver, s->driver->name) == 0;
    if (same_driver && other->option)
        snprintf(remedy, sizeof remedy, "; set option = \"%s\"", other->option);
    else if (other->driver && !same_driver)
        snprintf(remedy, sizeof remedy, "; set driver = %s", other->driver);
    snprintf(detail, sizeof detail, "%s answers where %s is configured%s", other->name, m->name, remedy);
    host->fault(host->ctx, STATUS_WRONG_MODEL, detail);
    host->wake(host->ctx, -1);
}

/* ---- asking ---- */

static void send_request(struct sensor *s, const struct sensor_host *host)
{
    const struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    const struct bytecodec_exchange *exchange = exchange_of(m, state);
    uint8_t request[BYTECODEC_REQUEST_MAX];
    memcpy(request, exchange->request, exchange->request_length);
    if (state->lengthy && state->step != STEP_PROCESS) {
        request[m->lengthy_at] = 1;
        bytecodec_seal(m->face->request_checksum, request, exchange->request_length);
    }
    host->send(host->ctx, request, exchange->request_length);
}

static void ask(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (state->command != NO_COMMAND && state->step == STEP_POLL)
        state->step = STEP_COMMAND;
    if (state->step == STEP_POLL && state->index == VALUES)
        state->values_sent_ms = t_ms;
    state->waiting = true;
    host->wake(host->ctx, t_ms + model_of(s)->reply_ms);
    send_request(s, host);
}

static void go(struct state *state, enum step step, size_t index)
{
    state->step = step;
    state->index = index;
}

static unsigned all_slow_polls(const struct bytemodel *m)
{
    unsigned due = 0;
    for (size_t i = VALUES + 1; bytemodel_is_poll(m, i); i++)
        due |= 1U << i;
    return due;
}

static void go_poll(struct state *state, bool slow_first)
{
    bool first_round = false;
    size_t next = VALUES;
    for (size_t i = BYTEMODEL_POLLS_MAX - 1; i > VALUES; i--)
        if (state->due & 1U << i) {
            next = i;
            first_round = first_round || !state->told[i].known;
        }
    go(state, STEP_POLL, slow_first || first_round ? next : VALUES);
}

/* A round of the slow polls counts from the first of them. */
static void poll_done(struct state *state, const struct bytemodel *m, int64_t t_ms)
{
    if (state->due == all_slow_polls(m))
        state->due_ms = t_ms + m->status_ms;
    state->due &= ~(1U << state->index);
}

/* The polls that tell its state, all of them soon, the first of them at once. */
static void go_look(struct state *state, const struct bytemodel *m)
{
    state->due = all_slow_polls(m);
    go_poll(state, true);
}

/* After the model is known: who would have answered alike, which piece it is, then the polls. */
static void go_on_identifying(struct sensor *s, enum step step, size_t index)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    if (step == STEP_TWIN && index < BYTEMODEL_FACES_MAX && m->twins[index]) {
        go(state, STEP_TWIN, index);
        return;
    }
    size_t tell = step == STEP_TWIN ? 0 : index;
    if (tell < BYTEMODEL_TELLS_MAX && m->tells[tell].exchange.request_length > 0) {
        go(state, STEP_TELL, tell);
        return;
    }
    state->identified = true;
    bytemodel_name(m, s->config, &s->identity);
    go_look(state, m);
}

/* When the next request goes out. */
static void wake_for_next(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    const struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    int64_t at_ms = t_ms + GAP_MS;
    int64_t pace = s->config->poll_ms ? s->config->poll_ms : m->poll_ms;
    if (state->step == STEP_POLL && state->index == VALUES && state->values_sent_ms + pace > at_ms)
        at_ms = state->values_sent_ms + pace;
    host->wake(host->ctx, at_ms);
}

/* ---- failures ---- */

static void report_failure(struct sensor *s, const char *what, enum instrument_status status,
                           const struct sensor_host *host)
{
    char detail[BYTEMODEL_TEXT_ROOM];
    snprintf(detail, sizeof detail, "%s: %s", what, exchange_of(model_of(s), state_of(s))->name);
    host->fault(host->ctx, status, detail);
}

/* Which model is it, if not this one? When none of those known answers either, the right one is asked again: no answer
 * may be a loose cable, a refusal is another model until it answers. */
static void try_other(struct sensor *s, size_t other, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (other < BYTEMODEL_FACES_MAX && model_of(s)->others[other]) {
        go(state, STEP_OTHER, other);
        return;
    }
    go(state, STEP_FACE, 0);
    if (state->face_refused)
        report_failure(s, "another model, it refuses", STATUS_WRONG_MODEL, host);
    state->face_refused = false;
}

/* Who answers next may be another instrument. */
static void forget(struct sensor *s)
{
    struct state *state = state_of(s);
    *state = (struct state){.step = STEP_FACE,
                            .command = state->command,
                            .failures = state->failures,
                            .stopped = state->stopped,
                            .values_sent_ms = state->values_sent_ms};
    memset(&s->identity, 0, sizeof s->identity);
}

static void give_up_poll(struct state *state, const struct bytemodel *m, int64_t t_ms)
{
    state->told[state->index].known = true; /* nothing to be known */
    poll_done(state, m, t_ms);
    go_poll(state, false);
}

/* Answers come in the order of the requests, so the answer to any other poll shows that none of the lost ones is still
 * on its way; until then no lost poll is asked again, or its old answer would pass for a new one. Where all are in
 * doubt only silence helps. Returns how long. */
static int64_t avoid_doubt(struct state *state, const struct bytemodel *m)
{
    if (!(state->doubt & 1U << state->index))
        return m->quiet_ms;
    for (size_t i = 0; bytemodel_is_poll(m, i); i++)
        if (!(state->doubt & 1U << i)) {
            state->due |= 1U << i;
            go(state, STEP_POLL, i);
            return m->quiet_ms;
        }
    state->doubt = 0;
    return LATEST_MS;
}

static void on_silence(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    int64_t pause_ms = m->quiet_ms;
    state->refusals = 0;
    if (state->step == STEP_POLL)
        state->doubt |= 1U << state->index;
    if (state->step == STEP_OTHER) {
        try_other(s, state->index + 1, host);
    } else if (state->step == STEP_TWIN || state->step == STEP_TELL) {
        go_on_identifying(s, state->step, state->index + 1);
    } else if (state->step == STEP_COMMAND) {
        report_failure(s, "not confirmed", STATUS_COMM_ERROR, host);
        state->command = NO_COMMAND;
        go_look(state, m);
    } else if (state->step == STEP_POLL && m->polls[state->index].optional && state->doubt == 1U << state->index) {
        give_up_poll(state, m, t_ms);
    } else if (++state->failures >= FAILURES_MAX) {
        report_failure(s, "no answer", STATUS_COMM_ERROR, host);
        pause_ms = m->slow_ms;
        if (state->step == STEP_FACE)
            try_other(s, 0, host);
        else
            forget(s);
    }
    if (state->step == STEP_POLL) {
        int64_t doubt_ms = avoid_doubt(state, m);
        pause_ms = doubt_ms > pause_ms ? doubt_ms : pause_ms;
    }
    host->wake(host->ctx, t_ms + pause_ms);
}

static void on_refused_poll(struct sensor *s, const char *what, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    if (state->index == VALUES) {
        state->values_refused++;
        go_look(state, m); /* it may say why */
        if (state->index == VALUES)
            report_status(s, host);
    } else if (m->polls[state->index].optional) {
        give_up_poll(state, m, t_ms);
    } else if (state->refusals >= FAILURES_MAX) {
        report_failure(s, what, STATUS_INTERNAL, host);
    }
}

/* The instrument says no. */
static void on_refusal(struct sensor *s, uint8_t code, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    char what[SENSOR_TEXT_MAX];
    snprintf(what, sizeof what, "refused with error %02x", (unsigned)code);
    state->refusals++;
    switch (state->step) {
    case STEP_FACE:
        if (state->refusals >= FAILURES_MAX) {
            state->refusals = 0;
            state->face_refused = true;
            try_other(s, 0, host);
        }
        break;
    case STEP_OTHER: try_other(s, state->index + 1, host); break;
    case STEP_TWIN:
    case STEP_TELL: go_on_identifying(s, state->step, state->index + 1); break;
    case STEP_POLL: on_refused_poll(s, what, t_ms, host); break;
    case STEP_COMMAND:
        report_failure(s, what, STATUS_BUSY, host);
        state->command = NO_COMMAND;
        go_look(state, model_of(s));
        break;
    case STEP_PROCESS: break;
    }
    host->wake(host->ctx, t_ms + model_of(s)->quiet_ms);
}

/* It is still at it: when it says that it is done, the same is asked again. */
static void on_busy(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    report_failure(s, "busy", STATUS_BUSY, host);
    if (state->step != STEP_PROCESS) {
        state->resume = state->step;
        state->step = STEP_PROCESS;
    }
    host->wake(host->ctx, t_ms + BUSY_GAP_MS);
}

/* ---- answers ---- */

static void publish(struct sensor *s, const uint8_t *bytes, int64_t t_ms, const struct sensor_host *host)
{
    const struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    const struct bytemodel_poll *poll = &m->polls[state->index];
    int8_t holds = state->told[state->index].state;
    struct sample sample = {.t_ms = t_ms};
    if (holds >= 0 && poll->states[holds].withheld)
        return;
    bytemodel_numbers(m, poll, s->config, bytes, state->channels, sensor_quality(state->status), &sample);
    if (sample.count > 0)
        host->publish(host->ctx, &sample);
}

/* State and other slow polls are asked one by one in the pauses between two values, so that the values keep their
 * pace. */
static void on_poll(struct sensor *s, const uint8_t *bytes, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    const struct bytemodel_poll *poll = &m->polls[state->index];
    bool values = state->index == VALUES;
    if (poll->options_at)
        state->channels = bytes[poll->options_at];
    state->told[state->index] = bytemodel_listen(poll, bytes);
    state->doubt = 0;
    if (values)
        state->values_refused = 0;
    report_status(s, host);
    publish(s, bytes, t_ms, host);
    poll_done(state, m, t_ms);
    if (values && state->due == 0 && t_ms >= state->due_ms)
        state->due = all_slow_polls(m);
    go_poll(state, values);
}

static void note_order(struct state *state, enum sensor_command command)
{
    if (command == COMMAND_PUMP_ON || command == COMMAND_PUMP_OFF)
        state->stopped = command == COMMAND_PUMP_OFF;
}

static void on_reply(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                     const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    state->failures = state->refusals = 0;
    if (state->step == STEP_PROCESS) {
        state->step = state->resume;
        state->lengthy = true;
        return;
    }
    state->lengthy = false;
    switch (state->step) {
    case STEP_FACE: go_on_identifying(s, STEP_TWIN, 0); break;
    case STEP_TELL:
        bytemodel_tell(&m->tells[state->index], bytes, length, &s->identity);
        go_on_identifying(s, STEP_TELL, state->index + 1);
        break;
    case STEP_POLL: on_poll(s, bytes, t_ms, host); break;
    case STEP_COMMAND:
        note_order(state, m->commands[state->command].command);
        state->command = NO_COMMAND;
        go_look(state, m);
        break;
    case STEP_OTHER:
    case STEP_TWIN:
    case STEP_PROCESS: break;
    }
}

bool bytemodel_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                     const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    size_t frame;
    enum bytecodec_found found = find(m, state, bytes, length, &frame);
    state->waiting = false;
    if (found == BYTECODEC_ERROR) {
        const struct bytecodec_sign *error = &answer_of(m, state)->error;
        on_refusal(s, bytes[error->framed ? error->at : length - 1U], t_ms, host);
    } else if (found == BYTECODEC_BUSY) {
        on_busy(s, t_ms, host);
    } else if (state->step == STEP_OTHER || state->step == STEP_TWIN) {
        lock_out(s, face_of(m, state), host);
    } else {
        on_reply(s, bytes, length, t_ms, host);
        wake_for_next(s, t_ms, host);
    }
    return true;
}

void bytemodel_wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (state->waiting) {
        state->waiting = false;
        on_silence(s, t_ms, host);
    } else {
        ask(s, t_ms, host);
    }
}

int bytemodel_command(struct sensor *s, enum sensor_command command, int64_t t_ms, const struct sensor_host *host,
                      struct err *err)
{
    (void)t_ms;
    (void)host;
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    if (!state->identified)
        return err_set(err, ERR_REFUSED, "%s has not been identified yet; see its status and try again", m->name);
    if (state->command != NO_COMMAND)
        return err_set(err, ERR_REFUSED, "'%s' is still under way; try again in a moment",
                       sensor_command_name(m->commands[state->command].command));
    for (int i = 0; i < BYTEMODEL_COMMANDS_MAX && m->commands[i].exchange.request_length > 0; i++) {
        if (m->commands[i].command == command) {
            state->command = i;
            return 0;
        }
    }
    return err_set(err, ERR_REFUSED, "%s has no command '%s'", m->name, sensor_command_name(command));
}
