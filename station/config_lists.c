#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/config_read.h"

static int is_conf(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

int config_folder(const char *folder, struct dirent ***names)
{
    *names = NULL;
    return scandir(folder, names, is_conf, alphasort);
}

/* Reads every .conf file of a folder. */
static int each_file(struct config *config, const char *folder, const char *option,
                     int (*load)(struct config *config, struct config_source *source, struct err *err), struct err *err)
{
    struct dirent **names = NULL;
    int count = config_folder(folder, &names), result = 0;
    if (count < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: the folder cannot be read; correct '%s'", folder, option);
    for (int i = 0; i < count; i++) {
        char path[CONFIG_PATH_MAX + 256];
        struct config_source source;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (result == 0) {
            result = config_source_open(&source, path, err);
            if (result == 0)
                result = load(config, &source, err);
            config_source_close(&source);
        }
        free(names[i]);
    }
    free(names);
    return result;
}

static int load_codes(struct config *config, struct config_source *source, struct err *err)
{
    return codes_load(config->codes, &source->conf, err);
}

int config_codes(struct config *config, struct err *err)
{
    config->codes = calloc(1, sizeof *config->codes);
    if (!config->codes)
        return err_set(err, ERR_FAILED, "out of memory for the code lists");
    return each_file(config, config->codes_dir, "codes-dir", load_codes, err);
}

static int load_checklist(struct config *config, struct config_source *source, struct err *err)
{
    struct checklist *list = &config->checklists[config->checklists_count];
    if (config->checklists_count == CONFIG_CHECKLISTS_MAX)
        return err_set(err, ERR_INVALID, "%s:1: more than %d checklists", source->conf.file, CONFIG_CHECKLISTS_MAX);
    if (checklist_load(list, &source->conf, err) != 0)
        return -1;
    for (size_t i = 0; i < config->checklists_count; i++)
        if (strcmp(config->checklists[i].name, list->name) == 0)
            return err_set(err, ERR_INVALID, "%s:1: there is a checklist '%s' already", source->conf.file, list->name);
    memcpy(list->sha256, source->sha256, sizeof list->sha256);
    config->checklists_count++;
    return 0;
}

int config_checklists(struct config *config, struct err *err)
{
    config->checklists = calloc(CONFIG_CHECKLISTS_MAX, sizeof *config->checklists);
    if (!config->checklists)
        return err_set(err, ERR_FAILED, "out of memory for the checklists");
    return each_file(config, config->checklists_dir, "checklists-dir", load_checklist, err);
}

static int load_deadlines(struct config *config, struct config_source *source, struct err *err)
{
    return deadlines_load(config->deadlines, &source->conf, err);
}

int config_deadlines(struct config *config, struct err *err)
{
    config->deadlines = calloc(1, sizeof *config->deadlines);
    if (!config->deadlines)
        return err_set(err, ERR_FAILED, "out of memory for the deadlines");
    return each_file(config, config->deadlines_dir, "deadlines-dir", load_deadlines, err);
}
