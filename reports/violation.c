#include "reports/violation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "station/core/conf.h"

enum { FILE_MAX = 32 << 10, NODES_MAX = 512, PATH_BYTES = 1024 };

static int text(struct conf *conf, ptrdiff_t section, const char *key, char *out, size_t size, struct err *err)
{
    const char *value = NULL;
    if (conf_get_string(conf, section, key, true, &value, err) != 0)
        return -1;
    if (value[0] == '\0' || strlen(value) >= size)
        return conf_error(conf, section, err, "'%s' is empty or longer than %zu bytes", key, size - 1);
    snprintf(out, size, "%s", value);
    return 0;
}

static int read_one(struct conf *conf, ptrdiff_t section, struct violation *v, struct err *err)
{
    const char *title = conf->nodes[section].value;
    char status[16], source[VIOLATION_TEXT_MAX];
    conf_use(conf, section);
    if (!title || strlen(title) >= sizeof v->code)
        return conf_error(conf, section, err, "a violation needs its code: violation CODE { … }");
    snprintf(v->code, sizeof v->code, "%s", title);
    if (text(conf, section, "name", v->name, sizeof v->name, err) != 0 ||
        text(conf, section, "basis", v->basis, sizeof v->basis, err) != 0 ||
        text(conf, section, "source", source, sizeof source, err) != 0 ||
        text(conf, section, "status", status, sizeof status, err) != 0 ||
        conf_get_integer(conf, section, "fine-yuan", true, 0, 1000000, &v->fine_yuan, err) != 0 ||
        conf_get_integer(conf, section, "points", true, 0, 12, &v->points, err) != 0 ||
        conf_get_date(conf, section, "from", false, &v->from, err) != 0 ||
        conf_get_date(conf, section, "to", false, &v->to, err) != 0)
        return -1;
    v->confirmed = strcmp(status, "confirmed") == 0;
    if (!v->confirmed && strcmp(status, "unconfirmed") != 0)
        return conf_error(conf, section, err, "status is confirmed or unconfirmed, not '%s'", status);
    return 0;
}

static int read_all(struct violations *out, struct conf *conf, struct err *err)
{
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, CONF_TOP, at, CONF_SECTION, "violation")) >= 0;) {
        if (out->count == VIOLATIONS_MAX)
            return conf_error(conf, at, err, "more than %d violations", VIOLATIONS_MAX);
        if (read_one(conf, at, &out->of[out->count++], err) != 0)
            return -1;
    }
    return conf_check_all_used(conf, err);
}

int violation_load(struct violations *out, const char *folder, struct err *err)
{
    char path[PATH_BYTES];
    char *content = NULL;
    size_t length = 0;
    struct conf conf;
    struct conf_node nodes[NODES_MAX];
    *out = (struct violations){0};
    snprintf(path, sizeof path, "%s/violation.conf", folder);
    if (file_read(path, FILE_MAX, &content, &length, err) != 0)
        return -1;
    int result = conf_parse(&conf, path, content, length, nodes, NODES_MAX, err);
    if (result == 0)
        result = read_all(out, &conf, err);
    free(content);
    return result;
}

const struct violation *violation_on(const struct violation *list, size_t count, struct civil_date day)
{
    const struct violation *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct violation *v = &list[i];
        if ((v->from.year && civil_date_compare(day, v->from) < 0) ||
            (v->to.year && civil_date_compare(day, v->to) > 0))
            continue;
        if (found)
            return NULL;
        found = v;
    }
    return found;
}
