#include <stdio.h>
#include <string.h>

#include "reports/cosignature.h"
#include "station/config_read.h"

int config_read_witnesses(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "witness")) >= 0) {
        if (config->witnesses_count == CONFIG_WITNESSES_MAX)
            return conf_error(conf, node, err, "more than %d witnesses", CONFIG_WITNESSES_MAX);
        struct config_witness *w = &config->witnesses[config->witnesses_count];
        w->at_line = conf->nodes[node].line;
        if (config_title(conf, node, w->title, err) != 0 ||
            config_text(conf, node, "name", true, w->name, COSIGNATURE_NAME_MAX, err) != 0 ||
            config_path(conf, node, "key", true, w->key, sizeof w->key, err) != 0)
            return -1;
        if (!cosignature_name_ok(w->name))
            return conf_error(conf, node, err, "'%s' cannot be a witness's name: it may hold no space and no +",
                              w->name);
        for (size_t i = 0; i < config->witnesses_count; i++)
            if (strcmp(config->witnesses[i].title, w->title) == 0 || strcmp(config->witnesses[i].name, w->name) == 0)
                return conf_error(conf, node, err, "the witness '%s' is already in line %u", w->title,
                                  config->witnesses[i].at_line);
        config->witnesses_count++;
    }
    return 0;
}

int config_witnesses_law(const struct config *config, const struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    for (size_t i = 0; i < config->witnesses_count; i++) {
        struct err why = {0};
        node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "witness");
        EVP_PKEY *key = cosignature_public_key(config->witnesses[i].key, &why);
        if (!key)
            return conf_error(conf, node, err, "witness '%s': %s", config->witnesses[i].title, why.text);
        EVP_PKEY_free(key);
    }
    return 0;
}
