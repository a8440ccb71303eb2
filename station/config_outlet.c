/* Outlets: who gets what, over which way, when and how fast. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/outlet_map.h"
#include "reports/receivers.h"
#include "station/config_read.h"

enum { BYTES_PER_S_MIN = 1000, DAY_MINUTES = 24 * 60, BATCH = 500, BATCH_MAX = 1000, BATCH_S = 60 };

/* What the sections of a kind may hold. */
struct kind {
    const char *name;
    int priority;  /* small evidence first, bulk later */
    bool web;      /* url, ca, cert, key */
    bool mutual;   /* and these all are required */
    bool soap;     /* interface, call, encoding, secret-file */
    bool maps;     /* map, values */
    bool token;    /* user, secret-file, repeat-replaces */
    bool passages; /* batch, batch-s, passages, secret-file where one is needed */
    bool folders;  /* folder, acknowledgements, receipt-key */
};

static const struct kind kinds[] = {
    {.name = "package-rest", .priority = 1, .web = true, .mutual = true},
    {.name = "rm60", .priority = 1, .web = true, .soap = true, .maps = true},
    {.name = "vio04", .priority = 1, .web = true, .soap = true, .maps = true},
    {.name = "file-drop", .priority = 1, .folders = true},
    {.name = "ecology-json", .priority = 2, .web = true, .maps = true, .token = true},
    {.name = "remote-json", .priority = 3, .web = true, .maps = true, .passages = true},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* NULL: there is no such kind, or none was given. */
static const struct kind *read_kind(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    char list[200] = "";
    size_t at = 0;
    if (config_text(conf, node, "kind", true, o->kind, sizeof o->kind, err) != 0)
        return NULL;
    const struct kind *kind = find_kind(o->kind);
    if (kind)
        return kind;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", kinds[i].name);
    conf_error(conf, conf_next(conf, node, CONF_FIRST, CONF_OPTION, "kind"), err, "'%s' is no kind; write one of: %s",
               o->kind, list);
    return NULL;
}

static int read_web(struct config_outlet *o, const struct kind *kind, struct conf *conf, ptrdiff_t node,
                    struct err *err)
{
    bool plain = false;
    if (config_text(conf, node, "url", true, o->url, sizeof o->url, err) != 0 ||
        (!kind->mutual && conf_get_bool(conf, node, "plain-http", false, &plain, err) != 0))
        return -1;
    o->plain_http = plain;
    if (config_path(conf, node, "ca", !plain, o->ca, sizeof o->ca, err) != 0 ||
        config_key(conf, node, "cert", kind->mutual, o->cert, sizeof o->cert, err) != 0 ||
        config_key(conf, node, "key", kind->mutual, o->key, sizeof o->key, err) != 0)
        return -1;
    if (kind->mutual && config_path(conf, node, "receipt-key", false, o->receipt_key, sizeof o->receipt_key, err) != 0)
        return -1;
    if ((o->cert[0] == '\0') != (o->key[0] == '\0'))
        return conf_error(conf, node, err, "outlet '%s': cert and key belong together; give both or none", o->name);
    if (!plain && strncmp(o->url, "https://", 8) != 0)
        return conf_error(conf, node, err, "the url of outlet '%s' must begin with https://%s", o->name,
                          kind->mutual ? "" : "; where the line itself is protected, write plain-http = true");
    if (plain && strncmp(o->url, "http://", 7) != 0)
        return conf_error(conf, node, err, "outlet '%s': plain-http, but its url does not begin with http://", o->name);
    return 0;
}

static int read_soap(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    char encoding[8] = "utf-8";
    if (config_text(conf, node, "interface", true, o->interface, sizeof o->interface, err) != 0 ||
        config_text(conf, node, "call", true, o->call, sizeof o->call, err) != 0 ||
        config_text(conf, node, "encoding", false, encoding, sizeof encoding, err) != 0 ||
        config_key(conf, node, "secret-file", true, o->secret_file, sizeof o->secret_file, err) != 0)
        return -1;
    bool gbk = strcmp(encoding, "gbk") == 0;
    if (!gbk && strcmp(encoding, "utf-8") != 0)
        return conf_error(conf, node, err, "outlet '%s': encoding is utf-8 or gbk, not '%s'", o->name, encoding);
    snprintf(o->encoding, sizeof o->encoding, "%s", gbk ? "GBK" : "UTF-8");
    return 0;
}

static int read_token(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    if (config_text(conf, node, "user", true, o->user, sizeof o->user, err) != 0 ||
        config_key(conf, node, "secret-file", true, o->secret_file, sizeof o->secret_file, err) != 0)
        return -1;
    return conf_get_bool(conf, node, "repeat-replaces", false, &o->replaces, err);
}

static int read_passages(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    char which[8] = "all";
    o->batch = BATCH;
    o->batch_s = BATCH_S;
    if (config_key(conf, node, "secret-file", false, o->secret_file, sizeof o->secret_file, err) != 0 ||
        conf_get_integer(conf, node, "batch", false, 1, BATCH_MAX, &o->batch, err) != 0 ||
        conf_get_integer(conf, node, "batch-s", false, 0, INT64_C(24) * 3600, &o->batch_s, err) != 0 ||
        config_text(conf, node, "passages", false, which, sizeof which, err) != 0)
        return -1;
    o->valid_only = strcmp(which, "valid") == 0;
    if (!o->valid_only && strcmp(which, "all") != 0)
        return conf_error(conf, node, err, "outlet '%s': passages is all or valid, not '%s'", o->name, which);
    return 0;
}

static int read_folders(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    if (config_path(conf, node, "folder", true, o->folder, sizeof o->folder, err) != 0 ||
        config_path(conf, node, "acknowledgements", true, o->acknowledged, sizeof o->acknowledged, err) != 0)
        return -1;
    return config_path(conf, node, "receipt-key", true, o->receipt_key, sizeof o->receipt_key, err);
}

static int read_values(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    ptrdiff_t section = conf_next(conf, node, CONF_FIRST, CONF_SECTION, "values");
    if (section < 0)
        return 0;
    conf_use(conf, section);
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, section, at, CONF_OPTION, NULL)) >= 0;) {
        struct config_outlet_value *v = &o->values[o->values_count];
        const char *name = conf->nodes[at].name;
        if (o->values_count == CONFIG_OUTLET_VALUES_MAX || strlen(name) >= sizeof v->name)
            return conf_error(conf, at, err, "more than %d values, or too long a name", CONFIG_OUTLET_VALUES_MAX);
        snprintf(v->name, sizeof v->name, "%s", name);
        if (config_text(conf, section, name, true, v->value, sizeof v->value, err) != 0)
            return -1;
        o->values_count++;
    }
    return 0;
}

static int read_minute(const char *text, int *minute)
{
    int hours = 0, minutes = 0;
    /* NOLINTNEXTLINE(cert-err34-c): so few digits always fit */
    if (sscanf(text, "%2d:%2d", &hours, &minutes) != 2 || hours < 0 || hours > 24 || minutes < 0 || minutes > 59)
        return -1;
    *minute = hours * 60 + minutes;
    return *minute <= DAY_MINUTES ? 0 : -1;
}

/* When, how fast, before whom. */
static int read_pace(struct config_outlet *o, const struct kind *kind, struct conf *conf, ptrdiff_t node,
                     struct err *err)
{
    char hours[12] = "";
    int64_t priority = kind->priority;
    if (conf_get_integer(conf, node, "priority", false, 1, 9, &priority, err) != 0 ||
        conf_get_integer(conf, node, "bytes-per-s", false, BYTES_PER_S_MIN, 1000000000, &o->bytes_per_s, err) != 0 ||
        config_text(conf, node, "hours", false, hours, sizeof hours, err) != 0)
        return -1;
    o->priority = (int)priority;
    const char *to = strchr(hours, '-');
    if (hours[0] && (strlen(hours) != 11 || !to || read_minute(hours, &o->open_minute) != 0 ||
                     read_minute(to + 1, &o->end_minute) != 0))
        return conf_error(conf, conf_next(conf, node, CONF_FIRST, CONF_OPTION, "hours"), err,
                          "'%s' are no hours; write like \"20:00-06:30\"", hours);
    return 0;
}

static int read_one(struct config_outlet *o, struct conf *conf, ptrdiff_t node, struct err *err)
{
    o->at_line = conf->nodes[node].line;
    const struct kind *kind = read_kind(o, conf, node, err);
    if (!kind)
        return -1;
    memcpy(o->map, o->kind, sizeof o->map); /* its own, unless another is named */
    if ((kind->web && read_web(o, kind, conf, node, err) != 0) || (kind->soap && read_soap(o, conf, node, err) != 0) ||
        (kind->maps && (config_text(conf, node, "map", false, o->map, sizeof o->map, err) != 0 ||
                        read_values(o, conf, node, err) != 0)) ||
        (kind->token && read_token(o, conf, node, err) != 0) ||
        (kind->passages && read_passages(o, conf, node, err) != 0) ||
        (kind->folders && read_folders(o, conf, node, err) != 0) ||
        conf_get_date(conf, node, "from", false, &o->from, err) != 0)
        return -1;
    o->has_map = kind->maps;
    return read_pace(o, kind, conf, node, err);
}

int config_read_outlets(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "outlet")) >= 0) {
        if (config->outlets_count == CONFIG_OUTLETS_MAX)
            return conf_error(conf, node, err, "more than %d outlets", CONFIG_OUTLETS_MAX);
        struct config_outlet *o = &config->outlets[config->outlets_count];
        if (config_title(conf, node, o->name, err) != 0)
            return -1;
        for (size_t i = 0; i < config->outlets_count; i++)
            if (strcmp(config->outlets[i].name, o->name) == 0)
                return conf_error(conf, node, err, "the outlet '%s' is already in line %u", o->name,
                                  config->outlets[i].at_line);
        if (read_one(o, conf, node, err) != 0)
            return -1;
        config->outlets_count++;
    }
    return 0;
}

/* ---- the map behind it ---- */

static bool has_value(const struct config_outlet *o, const char *name)
{
    for (size_t i = 0; i < o->values_count; i++)
        if (strcmp(o->values[i].name, name) == 0)
            return true;
    return false;
}

/* Is that what the driver itself gives, or the document? */
static bool own_parameter(const struct outlet_call *call, size_t i)
{
    static const char *const own[] = {"xtlb", "jkid", "jkxlh"};
    bool found = i + 1 == call->count;
    for (size_t k = 0; k < sizeof own / sizeof own[0]; k++)
        found = found || strcmp(own[k], call->parameters[i]) == 0;
    return found;
}

static int check_call(const struct config_outlet *o, const struct outlet_map *map, struct err *err)
{
    const struct outlet_call *call = outlet_map_call(map, o->call);
    if (!outlet_map_message(map, o->interface))
        return err_set(err, ERR_INVALID, "the map '%s' has no message '%s'", o->map, o->interface);
    if (!call)
        return err_set(err, ERR_INVALID, "the map '%s' has no call '%s'", o->map, o->call);
    for (size_t i = 0; i < call->count; i++)
        if (!own_parameter(call, i) && !has_value(o, call->parameters[i]))
            return err_set(err, ERR_INVALID, "the call '%s' needs %s; give it under values", o->call,
                           call->parameters[i]);
    return 0;
}

static bool parameter_of(const struct outlet_map *map, const char *name)
{
    for (size_t i = 0; i < map->calls_count; i++)
        for (size_t k = 0; k < map->calls[i].count; k++)
            if (strcmp(map->calls[i].parameters[k], name) == 0)
                return true;
    return false;
}

static int check_values(const struct config_outlet *o, const struct outlet_map *map, struct err *err)
{
    for (size_t i = 0; i < o->values_count; i++) {
        char key[CONFIG_NAME_MAX + 8];
        snprintf(key, sizeof key, "values.%s", o->values[i].name);
        if (!outlet_map_uses(map, key) && !parameter_of(map, o->values[i].name))
            return err_set(err, ERR_INVALID, "nothing in the map '%s' asks for the value '%s'; take it out", o->map,
                           o->values[i].name);
    }
    return 0;
}

/* Does the map ask for anything that its receiver may not have? */
static int check_fields(const struct receivers *all, const char *file, const char *name, const struct outlet_map *map,
                        struct err *err)
{
    const struct receiver *receiver = receivers_find(all, name);
    if (!receiver)
        return err_set(err, ERR_INVALID, "%s has no receiver '%s': say there which fields it may have", file, name);
    for (size_t i = 0; i < map->fields_count; i++)
        for (size_t k = 0; k < map->fields[i].from_count; k++)
            if (!receiver_may_have(receiver, map->fields[i].from[k]))
                return err_set(err, ERR_INVALID,
                               "the map '%s' asks for %s (field %s), which %s does not give to that receiver", name,
                               map->fields[i].from[k], map->fields[i].name, file);
    return 0;
}

static int check_receiver(const struct config *config, const struct config_outlet *o, const struct outlet_map *map,
                          struct err *err)
{
    char file[CONFIG_PATH_MAX + 20];
    struct config_source source;
    struct receivers *all = malloc(sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    snprintf(file, sizeof file, "%s/receivers.conf", config->outlets_dir);
    int result = config_source_open(&source, file, err);
    if (result == 0) {
        result = receivers_load(all, &source.conf, err);
        if (result == 0)
            result = check_fields(all, file, o->map, map, err);
        config_source_close(&source);
    }
    free(all);
    return result;
}

int config_outlet_map(const struct config *config, const struct config_outlet *o, struct outlet_map **out,
                      struct err *err)
{
    *out = NULL;
    if (!o->has_map)
        return 0;
    if (outlet_map_open(out, config->outlets_dir, o->map, err) == 0 &&
        (!o->interface[0] || check_call(o, *out, err) == 0) && check_values(o, *out, err) == 0 &&
        check_receiver(config, o, *out, err) == 0)
        return 0;
    outlet_map_close(*out);
    *out = NULL;
    return err_prefix(err, "%s:%u: outlet '%s'", config->file, o->at_line, o->name);
}

int config_outlets_law(const struct config *config, struct err *err)
{
    for (size_t i = 0; i < config->outlets_count; i++) {
        struct outlet_map *map;
        if (config_outlet_map(config, &config->outlets[i], &map, err) != 0)
            return -1;
        outlet_map_close(map);
    }
    return 0;
}
