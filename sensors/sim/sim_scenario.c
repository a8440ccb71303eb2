#include "sensors/sim/sim_scenario.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "station/core/conf.h"

enum { SCENARIO_TEXT_MAX = 256 * 1024, SCENARIO_NODES_MAX = 8192 };

static int get_double(struct conf *conf, ptrdiff_t section, const char *name, double *out, struct err *err)
{
    struct decimal value = {.digits = DECIMAL_DIGITS_MAX + 1}; /* no parsed value has so many digits: absent */
    if (conf_get_decimal(conf, section, name, false, &value, err) != 0)
        return -1;
    if (value.digits <= DECIMAL_DIGITS_MAX)
        *out = decimal_to_double(value);
    return 0;
}

static int load_engine(struct conf *conf, struct engine *e, struct err *err)
{
    ptrdiff_t section = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "engine");
    if (section < 0)
        return 0;
    conf_use(conf, section);
    const char *fuel = NULL;
    if (conf_get_string(conf, section, "fuel", false, &fuel, err) != 0 || (fuel && engine_set_fuel(e, fuel, err) != 0))
        return -1;
    for (size_t i = 0; engine_key(i); i++) {
        double value = (double)NAN;
        if (get_double(conf, section, engine_key(i), &value, err) != 0 ||
            (!isnan(value) && engine_set(e, engine_key(i), value, err) != 0))
            return -1;
    }
    return 0;
}

static int copy_text(struct conf *conf, ptrdiff_t node, const char *text, char *out, size_t size, struct err *err)
{
    if (strlen(text) >= size)
        return conf_error(conf, node, err, "longer than %zu bytes: %s", size - 1, text);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

/* The pieces of key=value, as the commands set and world take them. */
static const char *cut_pair(const char *text, char *key, size_t size)
{
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= size)
        return NULL;
    memcpy(key, text, (size_t)(equals - text));
    key[equals - text] = '\0';
    return equals + 1;
}

static int load_settings(struct conf *conf, ptrdiff_t section, struct sim_instrument *instrument, struct err *err)
{
    ptrdiff_t list;
    if (conf_get_list(conf, section, "set", false, &list, err) != 0)
        return -1;
    for (size_t i = 0; list >= 0 && i < conf->nodes[list].values; i++) {
        char key[SIM_NAME_MAX];
        struct err why = {0};
        const char *value = cut_pair(conf_value(conf, list, i), key, sizeof key);
        if (!value)
            return conf_error(conf, list, err, "set: '%s' is not key=value", conf_value(conf, list, i));
        if (sim_set(instrument, key, value, 0, &why) != 0)
            return conf_error(conf, list, err, "%s", why.text);
    }
    return 0;
}

/* world { air_temp = 21.5  wind_dir = none } */
static int load_world(struct conf *conf, struct sim_world *world, struct err *err)
{
    ptrdiff_t section = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "world");
    if (section < 0)
        return 0;
    conf_use(conf, section);
    for (ptrdiff_t node = CONF_FIRST; (node = conf_next(conf, section, node, CONF_OPTION, NULL)) >= 0;) {
        const char *value = NULL;
        struct err why = {0};
        if (conf_get_string(conf, section, conf->nodes[node].name, true, &value, err) != 0)
            return -1;
        if (world_set(world, conf->nodes[node].name, value, &why) != 0)
            return conf_error(conf, node, err, "%s", why.text);
    }
    return 0;
}

static int load_instrument(struct conf *conf, ptrdiff_t section, struct sim *sim, struct err *err)
{
    const char *word = NULL;
    const char *pty = NULL;
    int64_t tcp = -1;
    int64_t unit = 1;
    conf_use(conf, section);
    const char *name = conf->nodes[section].value;
    if (!name || strlen(name) >= SIM_NAME_MAX)
        return conf_error(conf, section, err, "an instrument needs a name of at most %d bytes: instrument NAME { … }",
                          SIM_NAME_MAX - 1);
    if (conf_get_string(conf, section, "protocol", true, &word, err) != 0)
        return -1;
    const struct sim_protocol *protocol = sim_protocol_by_name(word);
    if (!protocol)
        return conf_error(conf, section, err, "unknown protocol '%s'", word);
    struct sim_instrument *instrument = sim_add(sim, name, protocol);
    if (!instrument)
        return conf_error(conf, section, err, "more than %d instruments", SIM_INSTRUMENTS_MAX);
    if (conf_get_string(conf, section, "pty", false, &pty, err) != 0 ||
        conf_get_integer(conf, section, "tcp", false, 0, 65535, &tcp, err) != 0 ||
        conf_get_integer(conf, section, "unit", false, 0, 247, &unit, err) != 0 ||
        conf_get_integer(conf, section, "reply-ms", false, 0, 60000, &instrument->reply_ms, err) != 0 ||
        conf_get_integer(conf, section, "period-ms", false, 1, 3600000, &instrument->period_ms, err) != 0 ||
        conf_get_integer(conf, section, "baud", false, 300, 4000000, &instrument->baud, err) != 0 ||
        load_settings(conf, section, instrument, err) != 0)
        return -1;
    if ((pty != NULL) == (tcp >= 0))
        return conf_error(conf, section, err, "instrument %s needs either pty = PATH or tcp = PORT", instrument->name);
    if (pty && copy_text(conf, section, pty, instrument->pty, sizeof instrument->pty, err) != 0)
        return -1;
    instrument->tcp_port = tcp >= 0 ? (int)tcp : 0;
    instrument->unit = (int)unit;
    return 0;
}

static int load_step(struct conf *conf, ptrdiff_t section, struct scenario *scenario, struct err *err)
{
    conf_use(conf, section);
    if (scenario->steps_count == SCENARIO_STEPS_MAX)
        return conf_error(conf, section, err, "more than %d steps", SCENARIO_STEPS_MAX);
    struct sim_step *step = &scenario->steps[scenario->steps_count];
    const char *command = NULL;
    if (conf_get_integer(conf, section, "at-ms", true, 0, INT64_C(1) << 40, &step->at_ms, err) != 0 ||
        conf_get_string(conf, section, "do", true, &command, err) != 0 ||
        copy_text(conf, section, command, step->command, sizeof step->command, err) != 0)
        return -1;
    if (scenario->steps_count > 0 && step->at_ms < step[-1].at_ms)
        return conf_error(conf, section, err, "steps must stand in the order of their times");
    scenario->steps_count++;
    return 0;
}

static int load(struct conf *conf, struct scenario *scenario, struct sim *sim, struct err *err)
{
    const char *control = NULL;
    if (conf_get_string(conf, CONF_TOP, "control", false, &control, err) != 0 ||
        (control && copy_text(conf, 0, control, scenario->control, sizeof scenario->control, err) != 0) ||
        load_engine(conf, &sim->engine, err) != 0 || load_world(conf, &sim->world, err) != 0)
        return -1;
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "instrument")) >= 0)
        if (load_instrument(conf, node, sim, err) != 0)
            return -1;
    node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "step")) >= 0)
        if (load_step(conf, node, scenario, err) != 0)
            return -1;
    return conf_check_all_used(conf, err);
}

int scenario_load(struct scenario *scenario, struct sim *sim, const char *path, struct err *err)
{
    static char text[SCENARIO_TEXT_MAX + 1];
    static struct conf_node nodes[SCENARIO_NODES_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return err_set(err, ERR_UNREACHABLE, "cannot read %s: %s", path, strerror(errno));
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    if (length == sizeof text)
        return err_set(err, ERR_INVALID, "%s is longer than %d bytes", path, SCENARIO_TEXT_MAX);
    struct conf conf = {0};
    if (conf_parse(&conf, path, text, length, nodes, SCENARIO_NODES_MAX, err) != 0)
        return -1;
    return load(&conf, scenario, sim, err);
}
