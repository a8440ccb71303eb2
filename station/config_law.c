#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensors/links/link.h"
#include "station/config_read.h"
#include "station/core/procedure.h"

/* The names of a folder's NAME.conf files, for the message that misses one. */
static void list_folder(const char *folder, char *out, size_t size)
{
    struct dirent **names = NULL;
    int count = config_folder(folder, &names);
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        size_t length = strlen(names[i]->d_name);
        if (at + length + 2 < size)
            at += (size_t)snprintf(out + at, size - at, "%s%.*s", at ? ", " : "", (int)length - 5, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

static int find_file(const struct conf *conf, ptrdiff_t node, const char *what, const char *folder,
                     struct config_file *file, struct err *err)
{
    int length = snprintf(file->path, sizeof file->path, "%s/%s.conf", folder, file->name);
    if (length > 0 && (size_t)length < sizeof file->path && access(file->path, F_OK) == 0)
        return 0;
    char list[160];
    list_folder(folder, list, sizeof list);
    return conf_error(conf, node, err, "there is no %s '%s' in %s; there are: %s", what, file->name, folder,
                      list[0] ? list : "none");
}

static int load_rules(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_OPTION, "rules");
    config->rules = calloc(config->rules_count, sizeof *config->rules);
    if (!config->rules)
        return err_set(err, ERR_FAILED, "out of memory for %zu rule packs", config->rules_count);
    for (size_t i = 0; i < config->rules_count; i++) {
        struct config_file *file = &config->rules_files[i];
        if (find_file(conf, node, "rule pack", config->rules_dir, file, err) != 0)
            return -1;
        struct config_source source;
        int result = config_source_open(&source, file->path, err);
        if (result == 0)
            result = rules_load(&config->rules[i], &source.conf, err);
        memcpy(file->sha256, source.sha256, sizeof file->sha256);
        file->size = source.size;
        memcpy(config->rules[i].sha256, source.sha256, sizeof config->rules[i].sha256);
        config_source_close(&source);
        if (result != 0)
            return -1;
        if (strcmp(config->rules[i].id, file->name) != 0)
            return err_set(err, ERR_INVALID, "%s:1: holds the pack '%s'; file and pack must have one name", file->path,
                           config->rules[i].id);
        if (procedure_check_pack(&config->rules[i], file->path, err) != 0)
            return -1;
    }
    return 0;
}

static int load_profiles(struct config *config, struct conf *conf, struct err *err)
{
    if (config->profiles_count == 0)
        return 0;
    config->profiles = calloc(config->profiles_count, sizeof *config->profiles);
    if (!config->profiles)
        return err_set(err, ERR_FAILED, "out of memory for %zu profiles", config->profiles_count);
    for (size_t i = 0; i < config->profiles_count; i++) {
        struct config_file *file = &config->profile_files[i];
        ptrdiff_t node = CONF_FIRST; /* the instrument that asks for it */
        for (size_t k = 0; k < config->instruments_count; k++) {
            node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "instrument");
            if (strcmp(config->instruments[k].profile, file->name) == 0)
                break;
        }
        if (find_file(conf, node, "profile", config->profiles_dir, file, err) != 0)
            return -1;
        struct config_source source;
        int result = config_source_open(&source, file->path, err);
        if (result == 0)
            result = profile_load(&config->profiles[i], &source.conf, err);
        memcpy(file->sha256, source.sha256, sizeof file->sha256);
        file->size = source.size;
        memcpy(config->profiles[i].sha256, source.sha256, sizeof config->profiles[i].sha256);
        config_source_close(&source);
        if (result != 0)
            return -1;
        if (strcmp(config->profiles[i].name, file->name) != 0)
            return err_set(err, ERR_INVALID, "%s:1: holds the profile '%s'; file and profile must have one name",
                           file->path, config->profiles[i].name);
    }
    return 0;
}

static int check_drivers(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    for (size_t i = 0; i < config->instruments_count; i++) {
        struct config_instrument *instrument = &config->instruments[i];
        node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "instrument");
        for (size_t k = 0; k < config->profiles_count; k++)
            if (strcmp(config->profile_files[k].name, instrument->profile) == 0)
                instrument->sensor.profile = &config->profiles[k];
        struct err why = {0};
        if (instrument->driver->check && instrument->driver->check(&instrument->sensor, &why) != 0)
            return conf_error(conf, node, err, "instrument '%s': %s", instrument->sensor.name, why.text);
    }
    return 0;
}

static int check_links(const struct config *config, const struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    for (size_t i = 0; i < config->links_count; i++) {
        const struct config_link *link = &config->links[i];
        const struct link_config check = {
            .kind = link->kind, .name = link->name, .device = link->device, .line = link->line};
        node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "link");
        struct err why = {0};
        if (link_check(&check, &why) != 0)
            return conf_error(conf, node, err, "link '%s': %s", link->name, why.text);
    }
    return 0;
}

int config_law(struct config *config, struct conf *conf, struct err *err)
{
    if (load_rules(config, conf, err) != 0 || load_profiles(config, conf, err) != 0 || config_codes(config, err) != 0 ||
        config_checklists(config, err) != 0 || config_deadlines(config, err) != 0 ||
        check_drivers(config, conf, err) != 0 || check_links(config, conf, err) != 0 ||
        config_console_law(config, conf, err) != 0 || config_outlets_law(config, err) != 0)
        return -1;
    return config_cameras_law(config, conf, err) == 0 ? config_witnesses_law(config, conf, err) : -1;
}
