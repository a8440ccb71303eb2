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

#include "protocols/j1939.h"
#include "protocols/j1979.h"
#include "sensors/drivers/drivers.h"
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

/* What the answer is for. */
enum use {
    USE_RESET,
    USE_SETTING,
    USE_SEARCH,
    USE_PROTOCOL,
    USE_VIN,
    USE_VALUE,
    USE_MONITORS,
    USE_CODES,
    USE_BROADCAST
};

struct question {
    const char *command;
    enum use use;
    int64_t every_ms; /* 0: once, while looking for the vehicle */
    uint8_t pid;
};

static const struct question obd_questions[] = {
    {"ATZ", USE_RESET, 0, 0},        {"ATE0", USE_SETTING, 0, 0},    {"ATL0", USE_SETTING, 0, 0},
    {"ATS1", USE_SETTING, 0, 0},     {"ATH0", USE_SETTING, 0, 0},    {"ATSP0", USE_SETTING, 0, 0},
    {"0100", USE_SEARCH, 0, 0},      {"ATDPN", USE_PROTOCOL, 0, 0},  {"0902", USE_VIN, 0, 0},
    {"010C", USE_VALUE, 100, 0x0C},  {"010D", USE_VALUE, 500, 0x0D}, {"0105", USE_VALUE, 2000, 0x05},
    {"0101", USE_MONITORS, 5000, 1}, {"03", USE_CODES, 10000, 0},    {"07", USE_CODES, 10000, 0},
};

static const struct question j1939_questions[] = {
    {"ATZ", USE_RESET, 0, 0},
    {"ATE0", USE_SETTING, 0, 0},
    {"ATL0", USE_SETTING, 0, 0},
    {"ATS1", USE_SETTING, 0, 0},
    {"ATH1", USE_SETTING, 0, 0},
    {"ATSPA", USE_SETTING, 0, 0},
    {"ATMPF004 1", USE_BROADCAST, 100, 0}, /* engine speed */
    {"ATMPF003 1", USE_BROADCAST, 1000, 0},
    {"ATMPF00E 1", USE_BROADCAST, 500, 0},
    {"ATMPF00F 1", USE_BROADCAST, 500, 0},
    {"ATMPFEF1 1", USE_BROADCAST, 1000, 0},
    {"ATMPFEF2 1", USE_BROADCAST, 2000, 0},
    {"ATMPFEEE 1", USE_BROADCAST, 5000, 0},
    {"ATMPFEF5 1", USE_BROADCAST, 10000, 0},
    {"ATMPFDB4 1", USE_BROADCAST, 5000, 0},
    {"ATMPFDB3 1", USE_BROADCAST, 5000, 0},
    {"ATMPFDB2 1", USE_BROADCAST, 5000, 0},
    {"ATMPFE56 1", USE_BROADCAST, 10000, 0},
    {"ATMPFECA 1", USE_BROADCAST, 5000, 0}, /* DM1 */
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
static_assert(COUNT(obd_questions) <= QUESTIONS_MAX && COUNT(j1939_questions) <= QUESTIONS_MAX, "questions");

static const struct {
    uint32_t spn;
    enum quantity quantity;
} j1939_quantities[] = {
    {190, QUANTITY_RPM},           {84, QUANTITY_SPEED},         {110, QUANTITY_COOLANT_TEMP},
    {175, QUANTITY_OIL_TEMP},      {92, QUANTITY_LOAD},          {183, QUANTITY_FUEL_RATE},
    {108, QUANTITY_OBD_PRESSURE},  {171, QUANTITY_OBD_AIR_TEMP}, {1761, QUANTITY_DEF_LEVEL},
    {3216, QUANTITY_OBD_NOX_IN},   {3217, QUANTITY_OBD_O2_IN},   {3226, QUANTITY_OBD_NOX_OUT},
    {3227, QUANTITY_OBD_O2_OUT},   {3242, QUANTITY_DPF_TEMP_IN}, {3246, QUANTITY_DPF_TEMP_OUT},
    {3251, QUANTITY_DPF_PRESSURE},
};

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

static const struct question *questions_of(const struct sensor *s, size_t *count)
{
    *count = is_j1939(s) ? COUNT(j1939_questions) : COUNT(obd_questions);
    return is_j1939(s) ? j1939_questions : obd_questions;
}

static const struct question *question_of(struct sensor *s)
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
    switch (elm327_find(buf, length, frame)) {
    case SLICE_MORE: return CUT_MORE;
    case SLICE_FRAME: return CUT_OK;
    case SLICE_BAD: break;
    }
    return CUT_BAD;
}

/* ---- asking ---- */

static int64_t patience_of(enum use use)
{
    switch (use) {
    case USE_RESET: return RESET_MS;
    case USE_SEARCH: return SEARCH_MS;
    case USE_BROADCAST: return LISTEN_MS;
    case USE_SETTING:
    case USE_PROTOCOL:
    case USE_VIN:
    case USE_VALUE:
    case USE_MONITORS:
    case USE_CODES: break;
    }
    return REPLY_MS;
}

/* The vehicle says which requests it answers; what it does not is not asked. */
static bool is_asked(const struct state *state, const struct question *q)
{
    return q->every_ms > 0 && (q->pid == 0 || !state->known_pids || j1979_supports(state->pids, q->pid));
}

/* The question that has been due for the longest time. */
static size_t next_due(struct sensor *s)
{
    struct state *state = state_of(s);
    size_t count;
    const struct question *all = questions_of(s, &count);
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
    const struct question *q = question_of(s);
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
    const struct question *all = questions_of(s, &count);
    state->found = false;
    state->misses = 0;
    state->known_pids = false;
    state->now = 0;
    while (!adapter && all[state->now].use != USE_SEARCH && all[state->now].every_ms == 0)
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
    if (question_of(s)->use == USE_BROADCAST && !state->stopping) { /* nobody sends that: any character ends it */
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

/* A vehicle that tells something is there, and well connected. */
static void tell(const struct sample *sample, const struct sensor_host *host)
{
    host->fault(host->ctx, STATUS_OK, "");
    host->publish(host->ctx, sample);
}

/* ---- answers by J1979 ---- */

static bool begins(const struct elm327_message *m, const struct question *q)
{
    int service = slice_hex_byte(q->command) + J1979_ANSWER;
    if (m->length == 0 || m->bytes[0] != service)
        return false;
    return strlen(q->command) < 4 || (m->length > 1 && m->bytes[1] == slice_hex_byte(q->command + 2));
}

static bool publish_value(const struct question *q, const struct elm327_message *m, int64_t t_ms,
                          const struct sensor_host *host)
{
    struct sample sample = {.t_ms = t_ms};
    const uint8_t *data = m->bytes + 2;
    enum { COOLANT_OFFSET = 40 };
    if (q->pid == 0x0C && m->length == 4)
        sample_add(&sample, QUANTITY_RPM, QUALITY_OK, (struct decimal){25 * (data[0] * 256 + data[1]), 2});
    else if (q->pid == 0x0D && m->length == 3)
        sample_add(&sample, QUANTITY_SPEED, QUALITY_OK, (struct decimal){data[0], 0});
    else if (q->pid == 0x05 && m->length == 3)
        sample_add(&sample, QUANTITY_COOLANT_TEMP, QUALITY_OK, (struct decimal){data[0] - COOLANT_OFFSET, 0});
    else
        return false;
    tell(&sample, host);
    return true;
}

static void write_monitors(const uint8_t bcd[3], struct sample_text *text)
{
    char words[SAMPLE_TEXT_MAX] = "";
    for (size_t i = 0, used = 0; i < J1979_MONITORS; i++) {
        const char *name;
        bool complete;
        if (j1979_monitor(bcd, i, &name, &complete))
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%s=%s", used ? " " : "", name,
                                     complete ? "complete" : "incomplete");
    }
    sample_text_set(text, TEXT_READINESS, words, strlen(words));
}

/* Several control units answer: a lamp of any of them is on, a monitor that any of them has not completed is not. */
static bool publish_monitors(const struct question *q, struct slice reply, int64_t t_ms, const struct sensor_host *host)
{
    enum { LENGTH = 6, LAMP = 0x80 };
    struct elm327_message m;
    struct sample_text text;
    struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    uint8_t lamp = 0, bcd[3] = {0};
    int64_t codes = 0;
    bool any = false;
    while (elm327_next(&reply, q->command, &m)) {
        if (!begins(&m, q) || m.length != LENGTH)
            continue;
        any = true;
        lamp |= m.bytes[2] & LAMP;
        codes += m.bytes[2] & ~LAMP;
        for (size_t i = 0; i < sizeof bcd; i++)
            bcd[i] |= m.bytes[3 + i];
    }
    if (!any)
        return false;
    sample_add(&sample, QUANTITY_MIL, QUALITY_OK, (struct decimal){lamp != 0, 0});
    sample_add(&sample, QUANTITY_DTC_COUNT, QUALITY_OK, (struct decimal){codes, 0});
    write_monitors(bcd, &text);
    tell(&sample, host);
    return true;
}

/* A list of codes; what does not fit is told as a number, "+3". */
struct code_list {
    char text[SAMPLE_TEXT_MAX];
    size_t length;
    unsigned left_out;
};

static void add_code(struct code_list *list, const char *code)
{
    enum { ROOM_FOR_REST = 6 };
    if (list->length + strlen(code) + ROOM_FOR_REST >= sizeof list->text)
        list->left_out++;
    else
        list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                                         list->length ? " " : "", code);
}

static void end_codes(struct code_list *list, struct sample_text *text, enum text_kind kind)
{
    if (list->left_out > 0)
        list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, " +%u",
                                         list->left_out < 999 ? list->left_out : 999);
    sample_text_set(text, kind, list->text, list->length);
}

static bool publish_codes(const struct question *q, struct slice reply, int64_t t_ms, const struct sensor_host *host)
{
    struct elm327_message m;
    struct code_list list = {0};
    struct sample_text text;
    const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    bool any = false;
    while (elm327_next(&reply, q->command, &m)) {
        const uint8_t *codes;
        int count = begins(&m, q) && m.length > 1 ? j1979_dtcs(m.bytes + 1, m.length - 1, &codes) : -1;
        any = any || count >= 0;
        for (int i = 0; i < count; i++) {
            char code[J1979_DTC_SIZE];
            j1979_dtc_text(codes[2 * i], codes[2 * i + 1], code);
            add_code(&list, code);
        }
    }
    if (!any)
        return false;
    end_codes(&list, &text, strcmp(q->command, "07") == 0 ? TEXT_DTC_PENDING : TEXT_DTC);
    tell(&sample, host);
    return true;
}

static void publish_vin(const struct question *q, struct slice reply, int64_t t_ms, const struct sensor_host *host)
{
    struct elm327_message m;
    char vin[J1979_VIN_SIZE];
    while (elm327_next(&reply, q->command, &m)) {
        if (!begins(&m, q) || !j1979_vin(m.bytes + 2, m.length - 2, vin))
            continue;
        struct sample_text text;
        const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
        sample_text_set(&text, TEXT_VIN, vin, strlen(vin));
        tell(&sample, host);
        return;
    }
}

static void publish_protocol(struct slice line, int64_t t_ms, const struct sensor_host *host)
{
    static const char *const names[] = {"automatic",          "SAE J1850 PWM",      "SAE J1850 VPW",
                                        "ISO 9141-2",         "ISO 14230-4 slow",   "ISO 14230-4 fast",
                                        "ISO 15765-4 11/500", "ISO 15765-4 29/500", "ISO 15765-4 11/250",
                                        "ISO 15765-4 29/250", "SAE J1939 29/250"};
    bool automatic = line.length == 2 && line.at[0] == 'A'; /* "A6": found by itself */
    int number = line.length == 1U + automatic ? slice_hex_digit(line.at[automatic]) : -1;
    struct sample_text text;
    const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    if (number <= 0 || (size_t)number >= COUNT(names))
        return;
    sample_text_set(&text, TEXT_OBD_PROTOCOL, names[number], strlen(names[number]));
    tell(&sample, host);
}

/* ---- broadcasts by J1939 ---- */

static enum quantity quantity_of(uint32_t spn)
{
    for (size_t i = 0; i < COUNT(j1939_quantities); i++)
        if (j1939_quantities[i].spn == spn)
            return j1939_quantities[i].quantity;
    return QUANTITY_COUNT;
}

static void publish_dm1(const struct elm327_message *m, int64_t t_ms, const struct sensor_host *host)
{
    struct code_list list = {0};
    struct sample_text texts[2];
    struct sample sample = {.t_ms = t_ms, .texts_count = 2, .texts = texts};
    struct j1939_dtc dtc;
    size_t count = 0;
    char source[8];
    for (; j1939_dtc(m->bytes, m->length, count, &dtc); count++) {
        char code[24];
        snprintf(code, sizeof code, "%u/%u", (unsigned)dtc.spn, (unsigned)dtc.fmi);
        add_code(&list, code);
    }
    if (j1939_mil(m->bytes, m->length) != J1939_LAMP_UNKNOWN)
        sample_add(&sample, QUANTITY_MIL, QUALITY_OK,
                   (struct decimal){j1939_mil(m->bytes, m->length) == J1939_LAMP_ON, 0});
    sample_add(&sample, QUANTITY_DTC_COUNT, QUALITY_OK, (struct decimal){(int64_t)count, 0});
    end_codes(&list, &texts[0], TEXT_DTC);
    snprintf(source, sizeof source, "%02X", (unsigned)m->source);
    sample_text_set(&texts[1], TEXT_ECU, source, strlen(source));
    tell(&sample, host);
}

static void publish_spns(const struct elm327_message *m, int64_t t_ms, const struct sensor_host *host)
{
    struct sample sample = {.t_ms = t_ms};
    for (const struct j1939_spn *spn = j1939_spns; spn->spn; spn++) {
        uint32_t raw;
        struct decimal value;
        const struct decimal scale = {spn->scale_units, spn->scale_digits}, offset = {spn->offset, 0};
        if (spn->pgn != m->pgn || !j1939_raw(spn, m->bytes, m->length, &raw) ||
            !decimal_scale(raw, scale, offset, &value))
            continue;
        enum quality quality = j1939_unstable(spn, m->bytes, m->length) ? QUALITY_SUSPECT : QUALITY_OK;
        sample_add(&sample, quantity_of(spn->spn), quality, value);
    }
    if (sample.count > 0)
        tell(&sample, host);
}

static bool publish_broadcast(const struct question *q, struct slice reply, int64_t t_ms,
                              const struct sensor_host *host)
{
    struct elm327_message m;
    if (!elm327_next_j1939(&reply, q->command, &m))
        return false;
    if (m.pgn == J1939_PGN_DM1 && m.length > 1)
        publish_dm1(&m, t_ms, host);
    else
        publish_spns(&m, t_ms, host);
    return true;
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
    const struct question *q = question_of(s);
    struct elm327_message m;
    if (q->use == USE_MONITORS)
        return publish_monitors(q, reply, t_ms, host);
    if (q->use == USE_CODES)
        return publish_codes(q, reply, t_ms, host);
    if (q->use == USE_BROADCAST)
        return publish_broadcast(q, reply, t_ms, host);
    while (elm327_next(&reply, q->command, &m)) {
        if (!begins(&m, q))
            continue;
        if (q->use == USE_VALUE)
            return publish_value(q, &m, t_ms, host);
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
    const struct question *all = questions_of(s, &count);
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
    bool is_setting = question_of(s)->use == USE_SETTING;
    bool keeps = ++state->misses >= MISSES_MAX || question_of(s)->use == USE_SEARCH;
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
    case USE_RESET: return take_name(s, line, host);
    case USE_SETTING: return kind == ELM327_OK;
    case USE_PROTOCOL: publish_protocol(line, t_ms, host); return true;
    case USE_VIN: publish_vin(question_of(s), reply, t_ms, host); return true; /* older vehicles have none to tell */
    case USE_SEARCH:
    case USE_VALUE:
    case USE_MONITORS:
    case USE_CODES:
    case USE_BROADCAST: break;
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
    } else if (question_of(s)->use != USE_RESET) {
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
