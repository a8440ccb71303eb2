#include "reports/receivers.h"

#include <stdio.h>
#include <string.h>

const struct receiver *receivers_find(const struct receivers *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->all[i].name, name) == 0)
            return &all->all[i];
    return NULL;
}

bool receiver_may_have(const struct receiver *receiver, const char *key)
{
    for (size_t i = 0; i < receiver->count; i++) {
        const char *field = receiver->fields[i];
        size_t length = strlen(field);
        if (strcmp(field, key) == 0 || (field[length - 1] == '*' && strncmp(field, key, length - 1) == 0))
            return true;
    }
    return false;
}

/* A star stands at the end and behind a dot: "vehicle.*" */
static bool is_field(const char *field)
{
    const char *star = strchr(field, '*');
    return field[0] && strlen(field) < RECEIVERS_KEY_MAX &&
           (!star || (star[1] == '\0' && star > field + 1 && star[-1] == '.'));
}

static int load_fields(struct receiver *r, struct conf *conf, ptrdiff_t section, struct err *err)
{
    ptrdiff_t node;
    if (conf_get_list(conf, section, "fields", true, &node, err) != 0)
        return -1;
    if (conf->nodes[node].values > RECEIVERS_FIELDS_MAX)
        return conf_error(conf, node, err, "more than %d fields", RECEIVERS_FIELDS_MAX);
    for (r->count = 0; r->count < conf->nodes[node].values; r->count++) {
        const char *field = conf_value(conf, node, r->count);
        if (!is_field(field))
            return conf_error(conf, node, err, "'%s' is no key of a record; write like \"time\" or \"vehicle.*\"",
                              field);
        snprintf(r->fields[r->count], sizeof r->fields[0], "%s", field);
    }
    return 0;
}

static int load_one(struct receivers *out, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *name = conf->nodes[section].value, *source, *status;
    conf_use(conf, section);
    if (!name || strlen(name) >= sizeof out->all[0].name)
        return conf_error(conf, section, err, "a receiver needs a name: receiver NAME { … }");
    if (out->count == RECEIVERS_MAX || receivers_find(out, name))
        return conf_error(conf, section, err, "receiver '%s' is there twice, or there are more than %d", name,
                          RECEIVERS_MAX);
    struct receiver *r = &out->all[out->count];
    if (conf_get_string(conf, section, "source", true, &source, err) != 0 ||
        conf_get_string(conf, section, "status", true, &status, err) != 0)
        return -1;
    r->confirmed = strcmp(status, "confirmed") == 0;
    if (!r->confirmed && strcmp(status, "unconfirmed") != 0)
        return conf_error(conf, section, err, "status is confirmed or unconfirmed, not '%s'", status);
    snprintf(r->name, sizeof r->name, "%s", name);
    if (load_fields(r, conf, section, err) != 0)
        return -1;
    out->count++;
    return 0;
}

int receivers_load(struct receivers *out, struct conf *conf, struct err *err)
{
    out->count = 0;
    for (ptrdiff_t node = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "receiver"); node >= 0;
         node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "receiver"))
        if (load_one(out, conf, node, err) != 0)
            return -1;
    return conf_check_all_used(conf, err);
}
