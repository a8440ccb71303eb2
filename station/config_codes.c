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

static int load_codes_file(struct config *config, const char *name, struct err *err)
{
    char path[CONFIG_PATH_MAX + 256];
    struct config_source source;
    snprintf(path, sizeof path, "%s/%s", config->codes_dir, name);
    int result = config_source_open(&source, path, err);
    if (result == 0)
        result = codes_load(config->codes, &source.conf, err);
    config_source_close(&source);
    return result;
}

int config_codes(struct config *config, struct err *err)
{
    struct dirent **names = NULL;
    config->codes = calloc(1, sizeof *config->codes);
    if (!config->codes)
        return err_set(err, ERR_FAILED, "out of memory for the code lists");
    int count = config_folder(config->codes_dir, &names), result = 0;
    if (count < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: the folder of the code lists cannot be read; correct 'codes-dir'",
                       config->codes_dir);
    for (int i = 0; i < count; i++) {
        if (result == 0)
            result = load_codes_file(config, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return result;
}
