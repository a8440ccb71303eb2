#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sensors/links/usbport.h"
#include "station/config_read.h"
#include "station/core/metrology.h"

static int read_kind(struct conf *conf, ptrdiff_t node, struct config_link *link, struct err *err)
{
    char text[CONFIG_NAME_MAX] = "";
    if (config_text(conf, node, "kind", true, text, sizeof text, err) != 0)
        return -1;
    for (int kind = 0; kind < LINK_KIND_COUNT; kind++)
        if (strcmp(link_kind_name((enum link_kind)kind), text) == 0) {
            link->kind = (enum link_kind)kind;
            return 0;
        }
    return conf_error(conf, node, err,
                      "'%s' is no kind of link; write one of: modbus-rtu, modbus-tcp, "
                      "modbus-rtu-over-tcp, serial, tcp",
                      text);
}

/* Two names of one port (a by-id link and the tty it points to, the USB adapter) are found when the port is there. */
static bool same_port(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    char path_a[80], path_b[80];
    struct stat at_a, at_b;
    if (usbport_is(a) && usbport_find("/sys", a, path_a, sizeof path_a, NULL) == 0)
        a = path_a;
    if (usbport_is(b) && usbport_find("/sys", b, path_b, sizeof path_b, NULL) == 0)
        b = path_b;
    return stat(a, &at_a) == 0 && stat(b, &at_b) == 0 && S_ISCHR(at_a.st_mode) && at_a.st_rdev == at_b.st_rdev;
}

static int check_unique(const struct config *config, const struct conf *conf, ptrdiff_t node,
                        const struct config_link *link, struct err *err)
{
    for (size_t i = 0; i < config->links_count; i++) {
        const struct config_link *other = &config->links[i];
        if (strcmp(other->name, link->name) == 0)
            return conf_error(conf, node, err, "the link '%s' is already in line %u", link->name, other->at_line);
        bool same = link_kind_is_port(link->kind) && link_kind_is_port(other->kind)
                        ? same_port(link->device, other->device)
                        : link_kind_is_port(link->kind) == link_kind_is_port(other->kind) &&
                              strcmp(link->device, other->device) == 0;
        if (same)
            return conf_error(conf, node, err,
                              "links '%s' (line %u) and '%s' both claim %s; one port can serve one link", other->name,
                              other->at_line, link->name, link->device);
    }
    return 0;
}

/* A path, or "usb:VENDOR:PRODUCT:SERIAL". */
static int read_device(struct conf *conf, ptrdiff_t node, struct config_link *link, struct err *err)
{
    if (config_text(conf, node, "device", true, link->device, sizeof link->device, err) != 0)
        return -1;
    return usbport_is(link->device) ? 0
                                    : config_path(conf, node, "device", true, link->device, sizeof link->device, err);
}

int config_read_links(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "link")) >= 0) {
        if (config->links_count == CONFIG_LINKS_MAX)
            return conf_error(conf, node, err, "more than %d links", CONFIG_LINKS_MAX);
        struct config_link *link = &config->links[config->links_count];
        link->at_line = conf->nodes[node].line;
        if (config_title(conf, node, link->name, err) != 0 || read_kind(conf, node, link, err) != 0)
            return -1;
        if (link_kind_is_port(link->kind)) {
            if (read_device(conf, node, link, err) != 0 ||
                config_text(conf, node, "line", link->kind == LINK_MODBUS_RTU, link->line, sizeof link->line, err) != 0)
                return -1;
        } else if (config_text(conf, node, "address", true, link->device, sizeof link->device, err) != 0) {
            return -1;
        }
        if (conf_get_integer(conf, node, "retry-ms", false, 10, 60000, &link->retry_ms, err) != 0 ||
            check_unique(config, conf, node, link, err) != 0)
            return -1;
        config->links_count++;
    }
    return 0;
}

/* ---- instruments ---- */

static int read_driver(struct conf *conf, ptrdiff_t node, struct config_instrument *instrument, struct err *err)
{
    char name[CONFIG_NAME_MAX] = "", list[200] = "";
    if (config_text(conf, node, "driver", true, name, sizeof name, err) != 0)
        return -1;
    instrument->driver = sensor_driver_by_name(name);
    if (instrument->driver)
        return 0;
    size_t at = 0;
    for (size_t i = 0; sensor_drivers[i] && at < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", sensor_drivers[i]->name);
    return conf_error(conf, conf_next(conf, node, CONF_FIRST, CONF_OPTION, "driver"), err,
                      "there is no driver '%s'; there are: %s", name, list);
}

static int read_link(const struct config *config, struct conf *conf, ptrdiff_t node,
                     struct config_instrument *instrument, struct err *err)
{
    char name[CONFIG_NAME_MAX] = "";
    if (config_text(conf, node, "link", true, name, sizeof name, err) != 0)
        return -1;
    for (size_t i = 0; i < config->links_count; i++)
        if (strcmp(config->links[i].name, name) == 0) {
            instrument->link = i;
            bool wants_modbus = strcmp(instrument->driver->name, "modbus") == 0;
            if (wants_modbus == link_kind_is_modbus(config->links[i].kind))
                return 0;
            return conf_error(
                conf, node, err, "driver '%s' cannot work over link '%s', which is %s%s", instrument->driver->name,
                name, link_kind_name(config->links[i].kind),
                wants_modbus ? "; it needs modbus-rtu, modbus-tcp or modbus-rtu-over-tcp" : "; it needs serial or tcp");
        }
    return conf_error(conf, conf_next(conf, node, CONF_FIRST, CONF_OPTION, "link"), err,
                      "there is no link '%s'; add 'link %s { … }'", name, name);
}

/* A profile is loaded once, however many instruments use it. */
static int note_profile(struct config *config, struct conf *conf, ptrdiff_t node, struct config_instrument *instrument,
                        struct err *err)
{
    char *name = instrument->profile;
    if (config_text(conf, node, "profile", false, name, sizeof instrument->profile, err) != 0)
        return -1;
    if (strchr(name, '/'))
        return conf_error(conf, node, err, "'%s' is no name of a profile; a profile is named without folder and .conf",
                          name);
    size_t i = 0;
    while (i < config->profiles_count && strcmp(config->profile_files[i].name, name) != 0)
        i++;
    if (name[0] && i == config->profiles_count)
        memcpy(config->profile_files[config->profiles_count++].name, name, strlen(name) + 1);
    return 0;
}

static int read_numbers(struct conf *conf, ptrdiff_t node, struct config_instrument *instrument, struct err *err)
{
    int64_t unit = 0;
    int64_t lane = 0;
    int64_t tolerance_s = 60;
    if (conf_get_integer(conf, node, "unit", false, 1, 247, &unit, err) != 0 ||
        conf_get_integer(conf, node, "poll-ms", false, 10, 60000, &instrument->sensor.poll_ms, err) != 0 ||
        conf_get_decimal(conf, node, "path-m", false, &instrument->sensor.path_m, err) != 0 ||
        conf_get_integer(conf, node, "lane", false, 1, 99, &lane, err) != 0 ||
        conf_get_integer(conf, node, "join-ms", false, 1, 600000, &instrument->join_ms, err) != 0 ||
        conf_get_integer(conf, node, "clock-tolerance-s", false, 1, 86400, &tolerance_s, err) != 0 ||
        conf_get_date(conf, node, "valid-until", false, &instrument->valid_until, err) != 0 ||
        conf_get_date(conf, node, "calibrated", false, &instrument->calibrated, err) != 0)
        return -1;
    instrument->sensor.unit = (int)unit;
    instrument->lane = (int)lane;
    instrument->clock_tolerance_ms = tolerance_s * 1000;
    if (instrument->sensor.path_m.units < 0)
        return conf_error(conf, node, err, "path-m must be more than 0");
    return 0;
}

static int check_instrument(const struct config *config, const struct conf *conf, ptrdiff_t node,
                            const struct config_instrument *instrument, struct err *err)
{
    if (strcmp(instrument->sensor.name, "operator") == 0)
        return conf_error(conf, node, err, "'operator' is the name of the recording of keys; choose another name");
    const struct config_link *link = &config->links[instrument->link];
    for (size_t i = 0; i < config->instruments_count; i++) {
        const struct config_instrument *other = &config->instruments[i];
        if (strcmp(other->sensor.name, instrument->sensor.name) == 0)
            return conf_error(conf, node, err, "the instrument '%s' is already in line %u", other->sensor.name,
                              other->at_line);
        if (other->link != instrument->link)
            continue;
        if (!link_kind_is_modbus(link->kind))
            return conf_error(conf, node, err, "instruments '%s' (line %u) and '%s' both claim link '%s' (%s)",
                              other->sensor.name, other->at_line, instrument->sensor.name, link->name, link->device);
        if (other->sensor.unit == instrument->sensor.unit)
            return conf_error(conf, node, err, "instruments '%s' (line %u) and '%s' both claim unit %d on link '%s'",
                              other->sensor.name, other->at_line, instrument->sensor.name, other->sensor.unit,
                              link->name);
    }
    return 0;
}

int config_read_instruments(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "instrument")) >= 0) {
        if (config->instruments_count == BENCH_INSTRUMENTS_MAX)
            return conf_error(conf, node, err, "more than %d instruments", BENCH_INSTRUMENTS_MAX);
        struct config_instrument *instrument = &config->instruments[config->instruments_count];
        instrument->at_line = conf->nodes[node].line;
        if (config_title(conf, node, instrument->sensor.name, err) != 0 ||
            read_driver(conf, node, instrument, err) != 0 || read_link(config, conf, node, instrument, err) != 0 ||
            note_profile(config, conf, node, instrument, err) != 0 || read_numbers(conf, node, instrument, err) != 0 ||
            config_text(conf, node, "serial", false, instrument->serial, sizeof instrument->serial, err) != 0 ||
            config_text(conf, node, "certificate", false, instrument->certificate, sizeof instrument->certificate,
                        err) != 0 ||
            config_text(conf, node, "option", false, instrument->sensor.option, sizeof instrument->sensor.option,
                        err) != 0 ||
            check_instrument(config, conf, node, instrument, err) != 0)
            return -1;
        if (config->links[instrument->link].line[0] == '\0' && link_kind_is_port(config->links[instrument->link].kind))
            snprintf(config->links[instrument->link].line, sizeof config->links[0].line, "%s",
                     instrument->driver->line ? instrument->driver->line : "9600/8n1");
        config->instruments_count++;
    }
    return 0;
}

/* ---- references ---- */

int config_read_references(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "reference")) >= 0) {
        struct metrology_reference parsed;
        if (config->references_count == CONFIG_REFERENCES_MAX)
            return conf_error(conf, node, err, "more than %d references", CONFIG_REFERENCES_MAX);
        struct config_reference *r = &config->references[config->references_count];
        r->at_line = conf->nodes[node].line;
        if (config_title(conf, node, r->name, err) != 0 ||
            config_text(conf, node, "value", true, r->value, sizeof r->value, err) != 0 ||
            config_text(conf, node, "certificate", false, r->certificate, sizeof r->certificate, err) != 0 ||
            conf_get_date(conf, node, "valid-until", false, &r->valid_until, err) != 0)
            return -1;
        if (!metrology_reference_parse(r->value, &parsed))
            return conf_error(conf, conf_next(conf, node, CONF_FIRST, CONF_OPTION, "value"), err,
                              "'%s' is no value of a reference; write QUANTITY=NUMBER …, like \"k=1.71 opacity=52.0\"",
                              r->value);
        for (size_t i = 0; i < config->references_count; i++)
            if (strcmp(config->references[i].name, r->name) == 0)
                return conf_error(conf, node, err, "the reference '%s' is already in line %u", r->name,
                                  config->references[i].at_line);
        config->references_count++;
    }
    return 0;
}
