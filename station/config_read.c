#include "station/config_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/keyfile.h"
#include "reports/sha256.h"

enum { FILE_MAX = 1 << 20, BYTES_PER_NODE = 3 };

int config_source_open(struct config_source *source, const char *file, struct err *err)
{
    *source = (struct config_source){0};
    size_t length = 0;
    if (file_read(file, FILE_MAX, &source->text, &length, err) != 0)
        return -1;
    sha256_hex(source->text, length, source->sha256);
    source->size = length;
    /* "k{}" is the shortest node: no file can hold more nodes than this */
    size_t max = length / BYTES_PER_NODE + 16;
    source->nodes = calloc(max, sizeof *source->nodes);
    if (!source->nodes)
        return err_set(err, ERR_FAILED, "%s: out of memory", file);
    return conf_parse(&source->conf, file, source->text, length, source->nodes, max, err);
}

void config_source_close(struct config_source *source)
{
    free(source->text);
    free(source->nodes);
    *source = (struct config_source){0};
}

static ptrdiff_t option_node(const struct conf *conf, ptrdiff_t section, const char *name)
{
    return conf_next(conf, section, CONF_FIRST, CONF_OPTION, name);
}

int config_text(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
                struct err *err)
{
    const char *value = NULL;
    if (conf_get_string(conf, section, name, required, &value, err) != 0)
        return -1;
    if (!value)
        return 0;
    size_t length = strlen(value);
    if (length == 0)
        return conf_error(conf, option_node(conf, section, name), err, "'%s' is empty; give it a value or leave it out",
                          name);
    if (length >= size)
        return conf_error(conf, option_node(conf, section, name), err, "'%s' has %zu bytes, at most %zu fit", name,
                          length, size - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] < 0x20)
            return conf_error(conf, option_node(conf, section, name), err, "'%s' holds a line break or tab", name);
    memcpy(out, value, length + 1);
    return 0;
}

int config_path(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
                struct err *err)
{
    char given[CONFIG_PATH_MAX] = "";
    if (config_text(conf, section, name, required, given, sizeof given, err) != 0)
        return -1;
    if (given[0] == '\0')
        return 0;
    const char *slash = strrchr(conf->file, '/');
    int folder = given[0] == '/' || !slash ? 0 : (int)(slash - conf->file) + 1;
    int length = snprintf(out, size, "%.*s%s", folder, conf->file, given);
    if (length < 0 || (size_t)length >= size)
        return conf_error(conf, option_node(conf, section, name), err, "the path '%s' is too long", given);
    return 0;
}

int config_key(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
               struct err *err)
{
    const char *value = NULL;
    if (conf_get_string(conf, section, name, required, &value, err) != 0)
        return -1;
    return value && keyfile_is_path(value) ? config_path(conf, section, name, required, out, size, err)
                                           : config_text(conf, section, name, required, out, size, err);
}

int config_title(struct conf *conf, ptrdiff_t section, char out[CONFIG_NAME_MAX], struct err *err)
{
    const struct conf_node *node = &conf->nodes[section];
    if (!node->value || node->value[0] == '\0')
        return conf_error(conf, section, err, "this %s has no name; write '%s NAME { … }'", node->name, node->name);
    size_t length = strlen(node->value);
    size_t good = strspn(node->value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (good != length)
        return conf_error(conf, section, err, "the name '%s' may hold only letters, digits, - and _", node->value);
    if (length >= CONFIG_NAME_MAX)
        return conf_error(conf, section, err, "the name '%s' is longer than %d letters", node->value,
                          CONFIG_NAME_MAX - 1);
    memcpy(out, node->value, length + 1);
    conf_use(conf, section);
    return 0;
}
