#include "sensors/drivers/bytemodel.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { FAILURES_MAX = 3, GAP_MS = 10, NO_COMMAND = -1, TEXT_ROOM = 120 };

/* What is asked next, or is being asked. */
enum step { STEP_PROBE, STEP_SIBLING, STEP_STATE, STEP_ALARMS, STEP_VALUES, STEP_COMMAND };

struct state {
    enum step step;
    bool waiting;     /* a request is in flight */
    bool wrong_model; /* nothing is asked any more */
    bool identified;
    bool probe_refused;
    bool alarms_known, alarms_due;
    size_t sibling;
    int command;                 /* index of the operator's command that waits or is in flight */
    unsigned failures, refusals; /* in a row */
    unsigned values_refused;     /* since the last values */
    int64_t values_sent_ms, state_due_ms;
    enum instrument_status status;
    uint8_t state_code;
    uint16_t alarms;
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static const struct bytemodel *model_of(const struct sensor *s)
{
    return s->driver->model;
}

static const struct bytecodec_exchange *exchange_of(const struct bytemodel *m, const struct state *state)
{
    switch (state->step) {
    case STEP_PROBE: return &m->probe;
    case STEP_SIBLING: return &m->siblings[state->sibling].probe;
    case STEP_STATE: return &m->state;
    case STEP_ALARMS: return &m->alarms;
    case STEP_VALUES: return &m->values;
    case STEP_COMMAND: break;
    }
    return &m->commands[state->command].exchange;
}

int bytemodel_check(const struct sensor_config *config, struct err *err)
{
    enum { POLL_MIN_MS = 20, POLL_MAX_MS = 10000 };
    if (config->profile)
        return err_set(err, ERR_INVALID, "this driver takes no 'profile'; take the line out");
    if (config->option[0])
        return err_set(err, ERR_INVALID, "this driver knows no option '%s'; take the line out", config->option);
    if (config->poll_ms != 0 && (config->poll_ms < POLL_MIN_MS || config->poll_ms > POLL_MAX_MS))
        return err_set(err, ERR_INVALID, "the poll pace must be %d to %d ms", POLL_MIN_MS, POLL_MAX_MS);
    return 0;
}

/* The first request comes after a silence: an answer to whoever asked before must not be taken for one to us. */
void bytemodel_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){.step = STEP_PROBE, .command = NO_COMMAND};
    host->wake(host->ctx, t_ms + model_of(s)->quiet_ms);
}

enum sensor_cut bytemodel_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    const struct state *state = (const struct state *)s->state.bytes;
    const struct bytemodel *m = model_of(s);
    if (!state->waiting)
        return CUT_BAD;
    switch (bytecodec_find(exchange_of(m, state), &m->error, buf, length, frame)) {
    case BYTECODEC_MORE: return CUT_MORE;
    case BYTECODEC_REPLY:
    case BYTECODEC_ERROR: return CUT_OK;
    case BYTECODEC_BAD: break;
    }
    return CUT_BAD;
}

/* ---- what it says of itself ---- */

static const struct bytemodel_state *find_state(const struct bytemodel *m, uint8_t code)
{
    for (size_t i = 0; i < m->states_count; i++)
        if (m->states[i].code == code)
            return &m->states[i];
    return NULL;
}

/* State, alarms and whether it gives values; a code that nobody has explained is a fault. */
static void report_status(struct sensor *s, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel_state *known = find_state(model_of(s), state->state_code);
    char detail[SENSOR_TEXT_MAX] = "";
    state->status = known ? known->status : STATUS_INTERNAL;
    if (known)
        snprintf(detail, sizeof detail, "%s", known->text);
    else
        snprintf(detail, sizeof detail, "unknown state %02x", (unsigned)state->state_code);
    if (state->status == STATUS_OK && state->alarms != 0) {
        state->status = STATUS_INTERNAL;
        snprintf(detail, sizeof detail, "alarm bits %04x", (unsigned)state->alarms);
    } else if (state->status == STATUS_OK && state->values_refused >= FAILURES_MAX) {
        state->status = STATUS_INTERNAL;
        snprintf(detail, sizeof detail, "it refuses to give values");
    }
    host->fault(host->ctx, state->status, detail);
}

static void lock_out(struct sensor *s, const char *other, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    char detail[TEXT_ROOM];
    state->wrong_model = true;
    snprintf(detail, sizeof detail, "%s answers where %s is configured", other, model_of(s)->name);
    host->fault(host->ctx, STATUS_WRONG_MODEL, detail);
    host->wake(host->ctx, -1);
}

/* ---- asking ---- */

static void ask(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    if (state->identified && state->command != NO_COMMAND)
        state->step = STEP_COMMAND;
    if (state->step == STEP_VALUES)
        state->values_sent_ms = t_ms;
    const struct bytecodec_exchange *exchange = exchange_of(m, state);
    state->waiting = true;
    host->wake(host->ctx, t_ms + m->reply_ms);
    host->send(host->ctx, exchange->request, exchange->request_length);
}

static void ask_next(struct sensor *s, enum step step, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    int64_t at_ms = t_ms + GAP_MS;
    if (step == STEP_VALUES) {
        int64_t pace = s->config->poll_ms ? s->config->poll_ms : m->poll_ms;
        if (state->values_sent_ms + pace > at_ms)
            at_ms = state->values_sent_ms + pace;
    }
    state->step = step;
    host->wake(host->ctx, at_ms);
}

/* ---- failures ---- */

static void report_failure(struct sensor *s, const char *what, enum instrument_status status,
                           const struct sensor_host *host)
{
    char detail[TEXT_ROOM];
    snprintf(detail, sizeof detail, "%s: %s", what, exchange_of(model_of(s), state_of(s))->name);
    host->fault(host->ctx, status, detail);
}

/* Which of a family's models is it, if not this one? When none of those known answers either, the right one is asked
 * again: no answer may be a loose cable, a refusal is another model until it answers. */
static void try_sibling(struct sensor *s, size_t sibling, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    state->sibling = sibling;
    if (sibling < model_of(s)->siblings_count) {
        state->step = STEP_SIBLING;
        return;
    }
    state->step = STEP_PROBE;
    if (state->probe_refused)
        report_failure(s, "another model, it refuses", STATUS_WRONG_MODEL, host);
    state->probe_refused = false;
}

static void forget(struct sensor *s)
{
    struct state *state = state_of(s);
    state->identified = state->alarms_known = false;
    state->alarms = 0;
    state->step = STEP_PROBE;
    memset(&s->identity, 0, sizeof s->identity);
}

static void on_timeout(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    bool slow = false;
    state->refusals = 0;
    if (state->step == STEP_SIBLING) {
        try_sibling(s, state->sibling + 1, host);
    } else if (state->step == STEP_COMMAND) {
        report_failure(s, "not confirmed", STATUS_COMM_ERROR, host);
        state->command = NO_COMMAND;
        state->step = STEP_STATE;
    } else if (++state->failures >= FAILURES_MAX) {
        report_failure(s, "no answer", STATUS_COMM_ERROR, host);
        slow = true;
        if (state->identified)
            forget(s); /* who answers next may be another instrument */
        else
            try_sibling(s, 0, host);
    }
    host->wake(host->ctx, t_ms + (slow ? m->slow_ms : m->quiet_ms));
}

/* The instrument says no. */
static void on_refusal(struct sensor *s, uint8_t code, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    char what[SENSOR_TEXT_MAX];
    snprintf(what, sizeof what, "refused with error %02x", (unsigned)code);
    state->refusals++;
    switch (state->step) {
    case STEP_PROBE:
        if (state->refusals >= FAILURES_MAX) {
            state->refusals = 0;
            state->probe_refused = true;
            try_sibling(s, 0, host);
        }
        break;
    case STEP_SIBLING: try_sibling(s, state->sibling + 1, host); break;
    case STEP_ALARMS:
        state->alarms_known = true;
        state->alarms_due = false;
        state->step = STEP_VALUES;
        break;
    case STEP_COMMAND:
        report_failure(s, what, STATUS_BUSY, host);
        state->command = NO_COMMAND;
        state->step = STEP_STATE;
        break;
    case STEP_STATE:
        if (state->refusals >= FAILURES_MAX)
            report_failure(s, what, STATUS_INTERNAL, host);
        break;
    case STEP_VALUES:
        state->values_refused++;
        state->step = STEP_STATE; /* it may say why */
        break;
    }
    host->wake(host->ctx, t_ms + model_of(s)->quiet_ms);
}

/* ---- answers ---- */

static void publish_values(struct sensor *s, const uint8_t *bytes, int64_t t_ms, const struct sensor_host *host)
{
    const struct bytemodel *m = model_of(s);
    struct sample sample = {.t_ms = t_ms};
    enum quality best = sensor_quality(state_of(s)->status);
    for (size_t i = 0; i < m->values_count; i++) {
        const struct bytemodel_value *field = &m->fields[i];
        uint16_t raw = bytecodec_u16(bytes + field->at);
        if (field->has_absent && raw == field->absent)
            continue;
        enum quality quality = best == QUALITY_OK && raw > field->max ? QUALITY_OUT_OF_RANGE : best;
        sample_add(&sample, field->quantity, quality, (struct decimal){raw + field->offset, field->digits});
    }
    sensor_check_opacity(&sample, s->config->path_m.units > 0 ? s->config->path_m : m->path_m);
    if (sample.count > 0)
        host->publish(host->ctx, &sample);
}

/* Takes the reply; returns what to ask next. State and alarms are asked one by one in the pauses between two values, so
 * that the values keep their pace. */
static enum step on_reply(struct sensor *s, const uint8_t *bytes, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    switch (state->step) {
    case STEP_PROBE:
        state->identified = true;
        snprintf(s->identity.model, sizeof s->identity.model, "%s", m->name);
        return STEP_STATE;
    case STEP_STATE:
        state->state_code = bytes[1];
        state->state_due_ms = t_ms + m->status_ms;
        state->alarms_due = true;
        report_status(s, host);
        return state->alarms_known ? STEP_VALUES : STEP_ALARMS;
    case STEP_ALARMS:
        state->alarms = bytecodec_u16(bytes + 1);
        state->alarms_known = true;
        state->alarms_due = false;
        report_status(s, host);
        return STEP_VALUES;
    case STEP_COMMAND: state->command = NO_COMMAND; return STEP_STATE;
    case STEP_VALUES:
    case STEP_SIBLING: break;
    }
    if (state->values_refused > 0) {
        state->values_refused = 0;
        report_status(s, host);
    }
    publish_values(s, bytes, t_ms, host);
    if (state->alarms_due)
        return STEP_ALARMS;
    return t_ms >= state->state_due_ms ? STEP_STATE : STEP_VALUES;
}

bool bytemodel_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                     const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct bytemodel *m = model_of(s);
    state->waiting = false;
    if (bytes[0] != exchange_of(m, state)->reply_head) {
        on_refusal(s, bytes[length - 1], t_ms, host);
        return true;
    }
    if (state->step == STEP_SIBLING) {
        lock_out(s, m->siblings[state->sibling].name, host);
        return true;
    }
    state->failures = state->refusals = 0;
    ask_next(s, on_reply(s, bytes, t_ms, host), t_ms, host);
    return true;
}

void bytemodel_wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (state->waiting) {
        state->waiting = false;
        on_timeout(s, t_ms, host);
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
    for (size_t i = 0; i < m->commands_count; i++) {
        if (m->commands[i].command == command) {
            state->command = (int)i;
            return 0;
        }
    }
    return err_set(err, ERR_REFUSED, "%s has no command '%s'", m->name, sensor_command_name(command));
}
