/*
 * A vehicle's control units through an ELM327 adapter: what the vehicle claims of itself. Two ways, by `option`:
 *
 *     obd (or none)   requests by SAE J1979: speed, coolant, engine speed, lamp, readiness, trouble codes, VIN
 *     j1939           listens to a heavy vehicle's broadcasts, one parameter group after the other, and its DM1
 *
 * The adapter is set up and told by what it calls itself; then the vehicle is looked for, as often as it takes: without
 * ignition the state is STANDBY, no fault. A vehicle that stops answering is looked for from the start, and asked again
 * for its VIN: the next one on the connector is another one. Only what reads is ever sent; clearing codes (04) is not
 * in here, by no command.
 *
 * Answers name what they answer, so a late one is not taken for another. What cannot be seen: a hex digit that became
 * another hex digit between adapter and station.
 */
#include "protocols/elm327.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "protocols/j1979.h"
#include "sensors/drivers/drivers.h"
#include "sensors/drivers/elm327_publish.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/turn.h"

enum {
    COMMAND_SIZE = 16,
    QUESTIONS_MAX = 24,
    QUIET_MS = 300,
    GAP_MS = 10,
    SEARCH_MS = 15000, /* all protocols in turn */
    RESET_MS = 3000,
    REPLY_MS = 2000,
    LISTEN_MS = 1500, /* the slowest broadcasts come once a second */
    AGAIN_MS = 2000,  /* the pace of looking for a vehicle */
    MISSES_MAX = 3
};

static const struct elm327_question obd_questions[] = {
    {"ATZ", ELM327_USE_RESET, 0, 0},        {"ATE0", ELM327_USE_SETTING, 0, 0},
    {"ATL0", ELM327_USE_SETTING, 0, 0},     {"ATS1", ELM327_USE_SETTING, 0, 0},
    {"ATH0", ELM327_USE_SETTING, 0, 0},     {"ATSP0", ELM327_USE_SETTING, 0, 0},
    {"0100", ELM327_USE_SEARCH, 0, 0},      {"ATDPN", ELM327_USE_PROTOCOL, 0, 0},
    {"0902", ELM327_USE_VIN, 0, 0},         {"010C", ELM327_USE_VALUE, 100, 0x0C},
    {"010D", ELM327_USE_VALUE, 500, 0x0D},  {"0105", ELM327_USE_VALUE, 2000, 0x05},
    {"0101", ELM327_USE_MONITORS, 5000, 1}, {"03", ELM327_USE_CODES, 10000, 0},
    {"07", ELM327_USE_CODES, 10000, 0},
};

static const struct elm327_question j1939_questions[] = {
    {"ATZ", ELM327_USE_RESET, 0, 0},
    {"ATE0", ELM327_USE_SETTING, 0, 0},
    {"ATL0", ELM327_USE_SETTING, 0, 0},
    {"ATS1", ELM327_USE_SETTING, 0, 0},
    {"ATH1", ELM327_USE_SETTING, 0, 0},
    {"ATSPA", ELM327_USE_SETTING, 0, 0},
    {"ATMPF004 1", ELM327_USE_BROADCAST, 100, 0}, /* engine speed */
    {"ATMPF003 1", ELM327_USE_BROADCAST, 1000, 0},
    {"ATMPF00E 1", ELM327_USE_BROADCAST, 500, 0},
    {"ATMPF00F 1", ELM327_USE_BROADCAST, 500, 0},
    {"ATMPFEF1 1", ELM327_USE_BROADCAST, 1000, 0},
    {"ATMPFEF2 1", ELM327_USE_BROADCAST, 2000, 0},
    {"ATMPFEEE 1", ELM327_USE_BROADCAST, 5000, 0},
    {"ATMPFEF5 1", ELM327_USE_BROADCAST, 10000, 0},
    {"ATMPFDB4 1", ELM327_USE_BROADCAST, 5000, 0},
    {"ATMPFDB3 1", ELM327_USE_BROADCAST, 5000, 0},
    {"ATMPFDB2 1", ELM327_USE_BROADCAST, 5000, 0},
    {"ATMPFE56 1", ELM327_USE_BROADCAST, 10000, 0},
    {"ATMPFECA 1", ELM327_USE_BROADCAST, 5000, 0}, /* DM1 */
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
static_assert(COUNT(obd_questions) <= QUESTIONS_MAX && COUNT(j1939_questions) <= QUESTIONS_MAX, "questions");

struct state {
    struct turn turn;
    size_t now; /* the question in flight, or the next one while looking for a vehicle */
    bool found, stopping, known_pids, wrong_model;
    unsigned misses; /* answers without a value, in a row */
    uint8_t pids[4];
    int64_t due_ms[QUESTIONS_MAX];
};
static_assert(sizeof(struct state) <= SENSOR_STATE_MAX, "state");

static struct state *state_of(struct sensor *s)
{
    return (struct state *)s->state.bytes;
}

static bool is_j1939(const struct sensor *s)
{
    return strcmp(s->config->option, "j1939") == 0;
}

static const struct elm327_question *questions_of(const struct sensor *s, size_t *count)
{
    *count = is_j1939(s) ? COUNT(j1939_questions) : COUNT(obd_questions);
    return is_j1939(s) ? j1939_questions : obd_questions;
}

static const struct elm327_question *question_of(struct sensor *s)
{
    size_t count;
    return &questions_of(s, &count)[state_of(s)->now];
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (config->profile)
        return err_set(err, ERR_INVALID, "driver elm327 takes no 'profile'; take the line out");
    if (config->option[0] && strcmp(config->option, "obd") != 0 && strcmp(config->option, "j1939") != 0)
        return err_set(err, ERR_INVALID, "driver elm327 knows no option '%s'; write obd or j1939", config->option);
    return 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct state){0};
    host->wake(host->ctx, t_ms + QUIET_MS);
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    const struct state *state = (const struct state *)s->state.bytes;
    if (!state->turn.waiting)
        return CUT_BAD;
    return plain_cut(elm327_find(buf, length, frame));
}

/* ---- asking ---- */

static int64_t patience_of(enum elm327_use use)
{
    switch (use) {
    case ELM327_USE_RESET: return RESET_MS;
    case ELM327_USE_SEARCH: return SEARCH_MS;
    case ELM327_USE_BROADCAST: return LISTEN_MS;
    case ELM327_USE_SETTING:
    case ELM327_USE_PROTOCOL:
    case ELM327_USE_VIN:
    case ELM327_USE_VALUE:
    case ELM327_USE_MONITORS:
    case ELM327_USE_CODES: break;
    }
    return REPLY_MS;
}

/* The vehicle says which requests it answers; what it does not is not asked. */
static bool is_asked(const struct state *state, const struct elm327_question *q)
{
    return q->every_ms > 0 && (q->pid == 0 || !state->known_pids || j1979_supports(state->pids, q->pid));
}

/* The question that has been due for the longest time. */
static size_t next_due(struct sensor *s)
{
    struct state *state = state_of(s);
    size_t count;
    const struct elm327_question *all = questions_of(s, &count);
    size_t next = count;
    for (size_t i = 0; i < count; i++)
        if (is_asked(state, &all[i]) && (next == count || state->due_ms[i] < state->due_ms[next]))
            next = i;
    return next;
}

static void ask(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    char line[COMMAND_SIZE];
    const struct elm327_question *q = question_of(s);
    int length = snprintf(line, sizeof line, "%s\r", q->command);
    if (q->every_ms > 0)
        state->due_ms[state->now] = t_ms + q->every_ms;
    turn_ask(&state->turn, line, (size_t)length, t_ms, patience_of(q->use), host);
}

/* From the beginning: the adapter anew, or only the vehicle. */
static void look_again(struct sensor *s, bool adapter)
{
    struct state *state = state_of(s);
    size_t count;
    const struct elm327_question *all = questions_of(s, &count);
    state->found = false;
    state->misses = 0;
    state->known_pids = false;
    state->now = 0;
    while (!adapter && all[state->now].use != ELM327_USE_SEARCH && all[state->now].every_ms == 0)
        state->now++;
}

/* After an answer: the next step of looking, or what is due next. */
static void plan(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    int64_t at_ms = t_ms + GAP_MS;
    if (!state->found && question_of(s)->every_ms > 0) { /* all has been set up */
        state->found = true;
        for (size_t i = 0; i < QUESTIONS_MAX; i++)
            state->due_ms[i] = t_ms;
    }
    if (state->found) {
        state->now = next_due(s);
        if (state->due_ms[state->now] > at_ms)
            at_ms = state->due_ms[state->now];
    }
    host->wake(host->ctx, at_ms);
}

static void on_silence(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    if (question_of(s)->use == ELM327_USE_BROADCAST &&
        !state->stopping) { /* nobody sends that: any character ends it */
        state->stopping = true;
        turn_ask(&state->turn, "\r", 1, t_ms, REPLY_MS, host);
        return;
    }
    state->stopping = false;
    if (!turn_lost(&state->turn, t_ms, QUIET_MS, host))
        return;
    host->fault(host->ctx, STATUS_COMM_ERROR, "no answer from the adapter");
    memset(&s->identity, 0, sizeof s->identity);
    look_again(s, true);
}

static void wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    if (state_of(s)->turn.waiting)
        on_silence(s, t_ms, host);
    else
        ask(s, t_ms, host);
}

/* ---- answers ---- */

/* What it calls itself. False: something else; that may be a wrong bit, so it is asked again. */
static bool take_name(struct sensor *s, struct slice line, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    struct sample_text name;
    sample_text_set(&name, TEXT_ECU, line.at, line.length);
    if (slice_begins(line, "ELM327")) {
        snprintf(s->identity.model, sizeof s->identity.model, "%.*s", SENSOR_TEXT_MAX - 1, name.value);
        return true;
    }
    if (++state->misses < MISSES_MAX)
        return false;
    char detail[SENSOR_TEXT_MAX + 32];
    snprintf(detail, sizeof detail, "'%.24s' answers where an ELM327 is configured", name.value);
    state->wrong_model = true;
    host->fault(host->ctx, STATUS_WRONG_MODEL, detail);
    host->wake(host->ctx, -1);
    return false;
}

/* Data that answers the question. */
static bool take_data(struct sensor *s, struct slice reply, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    const struct elm327_question *q = question_of(s);
    struct elm327_message m;
    if (q->use == ELM327_USE_MONITORS)
        return elm327_publish_monitors(q, reply, t_ms, host);
    if (q->use == ELM327_USE_CODES)
        return elm327_publish_codes(q, reply, t_ms, host);
    if (q->use == ELM327_USE_BROADCAST)
        return elm327_publish_broadcast(q, reply, t_ms, host);
    while (elm327_next(&reply, q->command, &m)) {
        if (!elm327_begins(&m, q))
            continue;
        if (q->use == ELM327_USE_VALUE)
            return elm327_publish_value(q, &m, t_ms, host);
        state->known_pids = m.length == 2 + sizeof state->pids;
        memcpy(state->pids, m.bytes + 2, sizeof state->pids);
        if (state->known_pids)
            host->fault(host->ctx, STATUS_OK, "");
        return state->known_pids;
    }
    return false;
}

/* The question whose answer tells that a vehicle is there: for the engine's speed. */
static bool is_vital(struct sensor *s)
{
    size_t count;
    size_t vital = 0;
    const struct elm327_question *all = questions_of(s, &count);
    while (all[vital].every_ms == 0)
        vital++;
    return state_of(s)->now == vital;
}

/* No value in that answer. Most questions may stay without one; for the others, what it says instead becomes the state
 * once it keeps saying so. */
static void take_miss(struct sensor *s, enum elm327_kind kind, struct slice line, const struct sensor_host *host)
{
    enum { SHOWN_MAX = 40 };
    struct state *state = state_of(s);
    struct sample_text said;
    char detail[SENSOR_TEXT_MAX];
    if (state->found && !is_vital(s))
        return;
    sample_text_set(&said, TEXT_ERROR, line.at, line.length < SHOWN_MAX ? line.length : SHOWN_MAX);
    snprintf(detail, sizeof detail, "%s: %.44s", question_of(s)->command, said.value);
    bool is_setting = question_of(s)->use == ELM327_USE_SETTING;
    bool keeps = ++state->misses >= MISSES_MAX || question_of(s)->use == ELM327_USE_SEARCH;
    if (keeps && (kind == ELM327_NOT_UNDERSTOOD || is_setting))
        host->fault(host->ctx, STATUS_INTERNAL, detail);
    else if (keeps && kind == ELM327_BUS_ERROR)
        host->fault(host->ctx, STATUS_COMM_ERROR, detail);
    else if (keeps)
        host->fault(host->ctx, STATUS_STANDBY, "no vehicle answers; plug it in and switch the ignition on");
    if (keeps && state->found)
        look_again(s, false);
}

/* Does the reply answer its question? */
static bool take_reply(struct sensor *s, enum elm327_kind kind, struct slice reply, struct slice line, int64_t t_ms,
                       const struct sensor_host *host)
{
    switch (question_of(s)->use) {
    case ELM327_USE_RESET: return take_name(s, line, host);
    case ELM327_USE_SETTING: return kind == ELM327_OK;
    case ELM327_USE_PROTOCOL: elm327_publish_protocol(line, t_ms, host); return true;
    case ELM327_USE_VIN:
        elm327_publish_vin(question_of(s), reply, t_ms, host);
        return true; /* older vehicles have none to tell */
    case ELM327_USE_SEARCH:
    case ELM327_USE_VALUE:
    case ELM327_USE_MONITORS:
    case ELM327_USE_CODES:
    case ELM327_USE_BROADCAST: break;
    }
    return kind == ELM327_DATA && take_data(s, reply, t_ms, host);
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    struct state *state = state_of(s);
    struct slice reply = slice_trim(bytes, length - 1);
    struct slice line = {"", 0};
    enum elm327_kind kind = elm327_kind(reply, question_of(s)->command, &line);
    turn_end(&state->turn);
    bool good = !state->stopping && take_reply(s, kind, reply, line, t_ms, host);
    state->stopping = false;
    if (state->wrong_model)
        return true;
    bool is_looking = !state->found;
    if (good) {
        state->misses = 0;
        state->now += is_looking;
    } else if (question_of(s)->use != ELM327_USE_RESET) {
        take_miss(s, kind, line, host);
    }
    if (!good && is_looking)
        host->wake(host->ctx, t_ms + AGAIN_MS);
    else
        plan(s, t_ms, host);
    return true;
}

static const enum quantity quantities[] = {
    QUANTITY_RPM,          QUANTITY_SPEED,       QUANTITY_COOLANT_TEMP, QUANTITY_OIL_TEMP,     QUANTITY_LOAD,
    QUANTITY_FUEL_RATE,    QUANTITY_DEF_LEVEL,   QUANTITY_DPF_TEMP_IN,  QUANTITY_DPF_TEMP_OUT, QUANTITY_DPF_PRESSURE,
    QUANTITY_OBD_NOX_IN,   QUANTITY_OBD_NOX_OUT, QUANTITY_OBD_O2_IN,    QUANTITY_OBD_O2_OUT,   QUANTITY_OBD_PRESSURE,
    QUANTITY_OBD_AIR_TEMP, QUANTITY_MIL,         QUANTITY_DTC_COUNT,    QUANTITY_COUNT};

const struct sensor_driver driver_elm327 = {
    .name = "elm327",
    .title = "ELM327 adapter: OBD and J1939",
    .line = "38400/8n1",
    .stale_ms = 10000,
    .quantities = quantities,
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = wake,
};
