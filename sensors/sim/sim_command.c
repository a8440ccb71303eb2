/* The words that drive the simulator; see sim.h. */
#include "sensors/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const fault_names[] = {"none", "crc", "split", "late", "silence", "garbage"};
static const char *const health_names[] = {"ok", "warming", "fault"};

static int word_index(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

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
    const struct {
        const char *key;
        double *value;
    } keys[] = {{"k", &e->peak_k},
                {"idle-k", &e->idle_k},
                {"oil", &e->oil_temp_c},
                {"idle-rpm", &e->idle_rpm},
                {"cutoff-rpm", &e->cutoff_rpm}};
    char *word;
    while ((word = next_word(&rest))) {
        char *equals = strchr(word, '=');
        double value;
        if (!equals || !number(equals + 1, &value))
            return err_set(err, ERR_INVALID, "truck: '%s' is not key=number", word);
        *equals = '\0';
        bool known = strcmp(word, "hold-ms") == 0;
        if (known)
            e->hold_ms = (int64_t)value;
        for (size_t i = 0; i < sizeof keys / sizeof *keys && !known; i++)
            if (strcmp(keys[i].key, word) == 0) {
                *keys[i].value = value;
                known = true;
            }
        if (!known)
            return err_set(err, ERR_INVALID, "truck: unknown key '%s'; known: k idle-k oil idle-rpm cutoff-rpm hold-ms",
                           word);
    }
    e->pressed_ms = -1;
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

static int set_fault(struct sim_instrument *instrument, char *rest, struct err *err)
{
    char *word = next_word(&rest);
    int fault = word ? word_index(fault_names, sizeof fault_names / sizeof *fault_names, word) : -1;
    if (fault < 0)
        return err_set(err, ERR_INVALID, "fault: say one of none crc split late silence garbage");
    double ms = 0;
    double count = -1;
    while ((word = next_word(&rest)))
        if (!(strncmp(word, "ms=", 3) == 0 && number(word + 3, &ms)) &&
            !(strncmp(word, "count=", 6) == 0 && number(word + 6, &count)))
            return err_set(err, ERR_INVALID, "fault: '%s' is neither ms=N nor count=N", word);
    instrument->fault = (enum sim_fault)fault;
    instrument->fault_ms = (int64_t)ms;
    instrument->fault_count = (int64_t)count;
    return 0;
}

static int set_health(struct sim_instrument *instrument, char *rest, struct err *err)
{
    char *word = next_word(&rest);
    int health = word ? word_index(health_names, sizeof health_names / sizeof *health_names, word) : -1;
    if (health < 0)
        return err_set(err, ERR_INVALID, "health: say one of ok warming fault");
    instrument->health = (enum sim_health)health;
    return 0;
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
    if (strcmp(verb, "pass") == 0)
        return pass(sim, line + strcspn(line, "{"), t_ms, err);
    if (strcmp(verb, "truck") == 0)
        return set_truck(&sim->engine, rest, err);
    if (strcmp(verb, "press") == 0) {
        engine_press(&sim->engine, t_ms);
        return 0;
    }
    if (strcmp(verb, "quit") == 0) {
        sim->quit = true;
        return 0;
    }
    if (strcmp(verb, "fault") != 0 && strcmp(verb, "health") != 0 && strcmp(verb, "unplug") != 0 &&
        strcmp(verb, "plug") != 0)
        return err_set(err, ERR_INVALID, "unknown command '%s'; known: truck press pass fault health unplug plug quit",
                       verb);
    struct sim_instrument *instrument = find(sim, &rest, err);
    if (!instrument)
        return -1;
    if (strcmp(verb, "fault") == 0)
        return set_fault(instrument, rest, err);
    if (strcmp(verb, "health") == 0)
        return set_health(instrument, rest, err);
    if (strcmp(verb, "plug") == 0)
        return sim_plug(instrument, err);
    sim_unplug(instrument);
    return 0;
}
