/* The words that drive the simulator; see sim.h. */
#include "sensors/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/civil.h"

static const char *const fault_names[FAULT_COUNT] = {"none", "crc",    "split", "late",  "silence", "garbage",
                                                     "half", "ending", "stuck", "flood", "model"};
static const char *const health_names[HEALTH_COUNT] = {"ok",           "warming",        "fault",   "zeroing",
                                                       "busy",         "low-flow",       "leak",    "zero-needed",
                                                       "out-of-range", "sensor-expired", "standby", "comm-error"};

/* Cuts the next word off *rest; NULL at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\r");
    if (!*word)
        return NULL;
    char *end = word + strcspn(word, " \t\r");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0';
}

static int set_truck(struct engine *e, char *rest, struct err *err)
{
    char *word;
    while ((word = next_word(&rest))) {
        char *equals = strchr(word, '=');
        double value;
        bool fuel = strncmp(word, "fuel=", 5) == 0;
        if (!equals || (!fuel && !number(equals + 1, &value)))
            return err_set(err, ERR_INVALID, "truck: '%s' is not key=number", word);
        *equals = '\0';
        if (fuel ? engine_set_fuel(e, equals + 1, err) != 0 : engine_set(e, word, value, err) != 0)
            return -1;
    }
    e->pressed_ms = -1;
    return 0;
}

static int set_world(struct sim_world *world, char *rest, int64_t t_ms, struct err *err)
{
    char *word;
    while ((word = next_word(&rest))) {
        char *equals = strchr(word, '=');
        if (!equals)
            return err_set(err, ERR_INVALID, "world: '%s' is not key=value", word);
        *equals = '\0';
        int64_t utc_ms;
        if (strcmp(word, "utc") == 0) {
            if (!civil_time_parse(&utc_ms, equals + 1, strlen(equals + 1), 0))
                return err_set(err, ERR_INVALID, "world: utc is a time like 2026-07-01T01:30:00Z, not '%s'",
                               equals + 1);
            world->utc_ms = utc_ms - t_ms;
        } else if (world_set(world, word, equals + 1, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int set_instrument(struct sim_instrument *instrument, char *rest, int64_t t_ms, struct err *err)
{
    char *word;
    while ((word = next_word(&rest))) {
        char *equals = strchr(word, '=');
        if (!equals)
            return err_set(err, ERR_INVALID, "set: '%s' is not key=value", word);
        *equals = '\0';
        if (sim_set(instrument, word, equals + 1, t_ms, err) != 0)
            return -1;
    }
    return 0;
}

static int set_drive(struct engine *e, char *rest, int64_t t_ms, struct err *err)
{
    double rpm = e->idle_rpm;
    double load = 0;
    char *word;
    while ((word = next_word(&rest)))
        if (!(strncmp(word, "rpm=", 4) == 0 && number(word + 4, &rpm) && rpm >= 0) &&
            !(strncmp(word, "load=", 5) == 0 && number(word + 5, &load) && load >= 0 && load <= 1))
            return err_set(err, ERR_INVALID, "drive: '%s' is neither rpm=N nor load=0..1", word);
    engine_drive(e, rpm, load, t_ms);
    return 0;
}

static int move_probe(struct engine *e, const char *where, struct err *err)
{
    bool out = where && strcmp(where, "out") == 0;
    if (!out && (!where || strcmp(where, "in") != 0))
        return err_set(err, ERR_INVALID, "probe: say in or out");
    e->in_clean_air = out;
    return 0;
}

static struct sim_instrument *find(struct sim *sim, char **rest, struct err *err)
{
    char *name = next_word(rest);
    for (int i = 0; name && i < sim->count; i++)
        if (strcmp(sim->instruments[i].name, name) == 0)
            return &sim->instruments[i];
    err_set(err, ERR_INVALID, "no instrument '%s' in this scenario", name ? name : "");
    return NULL;
}

static int set_fault(struct sim_instrument *instrument, char *rest, int64_t t_ms, struct err *err)
{
    char *word = next_word(&rest);
    int fault;
    if (sim_word("fault", word ? word : "", fault_names, FAULT_COUNT, &fault, err) != 0)
        return -1;
    if (fault == FAULT_CRC && instrument->protocol->check_tail == SIM_NO_CHECKSUM)
        return err_set(err, ERR_INVALID, "fault: %s has no checksum to spoil", instrument->protocol->name);
    double ms = 0;
    double count = -1;
    double byte = 0;
    const struct sim_protocol *as = instrument->own;
    while ((word = next_word(&rest)))
        if (strncmp(word, "as=", 3) == 0 && fault == FAULT_MODEL) {
            if (!(as = sim_protocol_by_name(word + 3)))
                return err_set(err, ERR_INVALID, "fault: unknown protocol '%s'", word + 3);
        } else if (!(strncmp(word, "ms=", 3) == 0 && number(word + 3, &ms)) &&
                   !(strncmp(word, "count=", 6) == 0 && number(word + 6, &count)) &&
                   !(strncmp(word, "byte=", 5) == 0 && number(word + 5, &byte) && byte >= 0 && byte <= 255)) {
            return err_set(err, ERR_INVALID,
                           "fault: '%s' is none of ms=N count=N byte=0..255, nor as=PROTOCOL of a model", word);
        }
    if (fault == FAULT_MODEL && as == instrument->own)
        return err_set(err, ERR_INVALID, "fault: as which other model? as=PROTOCOL");
    sim_become(instrument, as);
    instrument->fault = (enum sim_fault)fault;
    instrument->fault_ms = (int64_t)ms;
    instrument->fault_count = (int64_t)count;
    instrument->fault_byte = (uint8_t)byte;
    instrument->flood_ms = t_ms;
    return 0;
}

static int set_health(struct sim_instrument *instrument, char *rest, int64_t t_ms, struct err *err)
{
    const unsigned plain = SHOWS(OK) | SHOWS(WARMING) | SHOWS(FAULT);
    const char *word = next_word(&rest);
    int health;
    if (sim_word("health", word ? word : "", health_names, HEALTH_COUNT, &health, err) != 0)
        return -1;
    unsigned shows = instrument->protocol->shows ? instrument->protocol->shows : plain;
    if (!(shows & 1U << health))
        return err_set(err, ERR_INVALID, "health: %s has no way to say '%s'", instrument->protocol->name, word);
    double ms = 0;
    const char *length = next_word(&rest);
    if (length && !(strncmp(length, "ms=", 3) == 0 && number(length + 3, &ms) && ms > 0))
        return err_set(err, ERR_INVALID, "health: '%s' is not ms=N", length);
    instrument->health = (enum sim_health)health;
    instrument->health_until_ms = length ? t_ms + (int64_t)ms : 0;
    return 0;
}

static int set_factors(struct cheat *cheat, char *rest, struct err *err)
{
    const char *word;
    while ((word = next_word(&rest))) {
        const char *equals = word + strcspn(word, "=");
        enum quantity quantity = quantity_by_name(word, (size_t)(equals - word));
        bool smoke = strncmp(word, "smoke=", 6) == 0;
        double factor;
        if (!*equals || (!smoke && quantity == QUANTITY_COUNT) || !number(equals + 1, &factor) || factor < 0)
            return err_set(err, ERR_INVALID, "cheat: '%s' is neither smoke=FACTOR nor QUANTITY=FACTOR", word);
        *(smoke ? &cheat->smoke : &cheat->factor[quantity]) = factor;
    }
    return 0;
}

static int set_rpm(struct cheat *cheat, char *rest, int64_t t_ms, struct err *err)
{
    double low = 750;
    double high = 2400;
    double period = 15000;
    const char *word;
    while ((word = next_word(&rest)))
        if (!(strncmp(word, "low=", 4) == 0 && number(word + 4, &low)) &&
            !(strncmp(word, "high=", 5) == 0 && number(word + 5, &high)) &&
            !(strncmp(word, "period-ms=", 10) == 0 && number(word + 10, &period) && period >= 0))
            return err_set(err, ERR_INVALID, "cheat: '%s' is none of low=N high=N period-ms=N", word);
    cheat->rpm.on = true;
    cheat->rpm.low = low;
    cheat->rpm.high = high;
    cheat->rpm.period_ms = (int64_t)period;
    cheat->rpm.since_ms = t_ms;
    return 0;
}

static int set_replay(struct sim *sim, struct cheat *cheat, char *rest, int64_t t_ms, struct err *err)
{
    const char *path = next_word(&rest);
    size_t length;
    char *text = path ? sim_read_text(path, &length, err) : NULL;
    if (!path)
        return err_set(err, ERR_INVALID, "cheat: which curve? replay FILE");
    if (!text)
        return -1;
    struct err why = {0};
    int result = cheat_curve_read(&sim->curve, text, length, &why);
    free(text);
    if (result != 0)
        return err_set(err, ERR_INVALID, "%s: %s", path, why.text);
    cheat->curve = &sim->curve;
    cheat->replay_ms = t_ms;
    return 0;
}

static int set_cheat(struct sim *sim, struct sim_instrument *instrument, char *rest, int64_t t_ms, struct err *err)
{
    static const char *const kinds[] = {"none", "factor", "replay", "rpm", "freeze", "notch"};
    enum { NONE, FACTOR, REPLAY, RPM, FREEZE, NOTCH };
    struct cheat *cheat = &instrument->cheat;
    const char *word = next_word(&rest);
    int kind;
    if (sim_word("cheat", word ? word : "", kinds, sizeof kinds / sizeof *kinds, &kind, err) != 0)
        return -1;
    switch (kind) {
    case NONE: cheat_init(cheat); break;
    case FACTOR: return set_factors(cheat, rest, err);
    case REPLAY: return set_replay(sim, cheat, rest, t_ms, err);
    case RPM: return set_rpm(cheat, rest, t_ms, err);
    case FREEZE:
        for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
            cheat->held[q] = sim_source(instrument, q, t_ms);
        cheat->frozen = true;
        break;
    default:
        word = next_word(&rest);
        if (!word || !number(word, &cheat->notch) || cheat->notch < 0 || cheat->notch > 1)
            return err_set(err, ERR_INVALID, "cheat: notch 0..1, the share of air in the sample");
    }
    return 0;
}

static int plug(struct sim_instrument *instrument, char *rest, struct err *err)
{
    const char *word = next_word(&rest);
    if (word && (strncmp(word, "as=", 3) != 0 || !instrument->pty[0] || strlen(word + 3) >= sizeof instrument->pty))
        return err_set(err, ERR_INVALID, "plug: '%s' is not as=PATH of a pty", word);
    if (word && !instrument->plugged)
        memcpy(instrument->pty, word + 3, strlen(word + 3) + 1);
    return sim_plug(instrument, err);
}

static int pass(struct sim *sim, const char *json, int64_t t_ms, struct err *err)
{
    char line[SIM_COMMAND_MAX + 1];
    size_t length = (size_t)snprintf(line, sizeof line, "%s\n", json);
    if (length >= sizeof line)
        return err_set(err, ERR_INVALID, "pass: longer than %d bytes", SIM_COMMAND_MAX - 1);
    for (int i = 0; i < sim->count; i++)
        if (!sim->instruments[i].protocol->receive)
            sim_broadcast(&sim->instruments[i], (const uint8_t *)line, length, t_ms);
    return 0;
}

/* What is said behind the name is true of this vehicle only. */
static int pass_by(struct sim_instrument *instrument, char *rest, int64_t t_ms, struct err *err)
{
    if (!instrument->protocol->pass)
        return err_set(err, ERR_INVALID, "pass: %s does not watch passing vehicles; jsonl takes pass {…}",
                       instrument->name);
    const struct sim_world *around = instrument->world;
    struct sim_world vehicle = *around;
    if (set_world(&vehicle, rest, t_ms, err) != 0)
        return -1;
    instrument->world = &vehicle;
    instrument->protocol->pass(instrument, t_ms);
    instrument->world = around;
    return 0;
}

int sim_command(struct sim *sim, const char *line, int64_t t_ms, struct err *err)
{
    char copy[SIM_COMMAND_MAX];
    if (strlen(line) >= sizeof copy)
        return err_set(err, ERR_INVALID, "command longer than %zu bytes", sizeof copy - 1);
    memcpy(copy, line, strlen(line) + 1);
    char *rest = copy;
    const char *verb = next_word(&rest);
    if (!verb || *verb == '#')
        return 0;
    if (strcmp(verb, "pass") == 0 && rest[strspn(rest, " \t")] == '{')
        return pass(sim, line + strcspn(line, "{"), t_ms, err);
    if (strcmp(verb, "truck") == 0)
        return set_truck(&sim->engine, rest, err);
    if (strcmp(verb, "world") == 0)
        return set_world(&sim->world, rest, t_ms, err);
    if (strcmp(verb, "drive") == 0)
        return set_drive(&sim->engine, rest, t_ms, err);
    if (strcmp(verb, "press") == 0) {
        engine_press(&sim->engine, t_ms);
        return 0;
    }
    if (strcmp(verb, "probe") == 0)
        return move_probe(&sim->engine, next_word(&rest), err);
    if (strcmp(verb, "quit") == 0) {
        sim->quit = true;
        return 0;
    }
    static const char *const of_instrument[] = {"cheat", "fault", "health", "pass", "plug", "set", "unplug"};
    bool known = false;
    for (size_t i = 0; i < sizeof of_instrument / sizeof *of_instrument; i++)
        known = known || strcmp(verb, of_instrument[i]) == 0;
    if (!known)
        return err_set(
            err, ERR_INVALID,
            "unknown command '%s'; known: truck press drive pass world set cheat fault health unplug plug quit", verb);
    struct sim_instrument *instrument = find(sim, &rest, err);
    if (!instrument)
        return -1;
    if (strcmp(verb, "fault") == 0)
        return set_fault(instrument, rest, t_ms, err);
    if (strcmp(verb, "health") == 0)
        return set_health(instrument, rest, t_ms, err);
    if (strcmp(verb, "pass") == 0)
        return pass_by(instrument, rest, t_ms, err);
    if (strcmp(verb, "set") == 0)
        return set_instrument(instrument, rest, t_ms, err);
    if (strcmp(verb, "plug") == 0)
        return plug(instrument, rest, err);
    if (strcmp(verb, "cheat") == 0)
        return set_cheat(sim, instrument, rest, t_ms, err);
    sim_unplug(instrument);
    return 0;
}
