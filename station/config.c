#include "station/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/config_read.h"

enum { LEVELS_UP = 4 }; /* build/VARIANT/bin/smogd: the source tree is three folders above bin */

/* A word out of a NULL-terminated list; the complaint names the list. */
static int one_of(struct conf *conf, ptrdiff_t section, const char *name, const char *value, const char *const words[],
                  struct err *err)
{
    char list[200] = "";
    size_t at = 0;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0)
            return 0;
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", words[i]);
    }
    return conf_error(conf, conf_next(conf, section, CONF_FIRST, CONF_OPTION, name), err,
                      "'%s' is no %s; write one of: %s", value, name, list);
}

static int read_offset(struct config *config, struct conf *conf, ptrdiff_t station, struct err *err)
{
    char text[16] = "+08:00";
    if (config_text(conf, station, "utc-offset", false, text, sizeof text, err) != 0)
        return -1;
    bool right = strlen(text) == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':';
    for (size_t i = 1; right && i < 6; i++)
        right = i == 3 || (text[i] >= '0' && text[i] <= '9');
    int hours = right ? (text[1] - '0') * 10 + text[2] - '0' : 99;
    int minutes = right ? (text[4] - '0') * 10 + text[5] - '0' : 99;
    if (hours > 14 || minutes > 59)
        return conf_error(conf, conf_next(conf, station, CONF_FIRST, CONF_OPTION, "utc-offset"), err,
                          "'%s' is no offset; write it like \"+08:00\"", text);
    config->utc_offset_minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return 0;
}

static int read_degrees(struct conf *conf, ptrdiff_t station, const char *name, int limit, struct decimal *out,
                        bool *there, struct err *err)
{
    ptrdiff_t node = conf_next(conf, station, CONF_FIRST, CONF_OPTION, name);
    *there = node >= 0;
    if (conf_get_decimal(conf, station, name, false, out, err) != 0)
        return -1;
    struct decimal max = {limit, 0}, min = {-limit, 0};
    if (*there && (decimal_compare(*out, max) > 0 || decimal_compare(*out, min) < 0))
        return conf_error(conf, node, err, "%s must lie between -%d and %d degrees", name, limit, limit);
    return 0;
}

static int read_position(struct config *config, struct conf *conf, ptrdiff_t station, struct err *err)
{
    bool has_latitude = false, has_longitude = false;
    if (read_degrees(conf, station, "latitude", 90, &config->latitude, &has_latitude, err) != 0 ||
        read_degrees(conf, station, "longitude", 180, &config->longitude, &has_longitude, err) != 0)
        return -1;
    if (has_latitude != has_longitude)
        return conf_error(conf, station, err, "latitude and longitude belong together; give both or none");
    config->has_position = has_latitude;
    return 0;
}

int config_default_folder(const char *installed, const char *in_tree, char out[CONFIG_PATH_MAX], struct err *err)
{
    char exe[CONFIG_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (length <= 0)
        return err_set(err, ERR_FAILED, "cannot read /proc/self/exe; is /proc mounted?");
    exe[length] = '\0';
    char *slash = strrchr(exe, '/');
    for (int up = 0; up < LEVELS_UP && slash; up++, slash = strrchr(exe, '/')) {
        *slash = '\0';
        const char *const folders[] = {installed, in_tree};
        for (size_t i = 0; i < 2; i++) {
            int wanted = snprintf(out, CONFIG_PATH_MAX, "%s/%s", exe, folders[i]);
            if (wanted > 0 && wanted < CONFIG_PATH_MAX && access(out, X_OK) == 0)
                return 0;
        }
    }
    snprintf(out, CONFIG_PATH_MAX, "/usr/share/%s", installed + strlen("share/"));
    return 0;
}

static int read_folders(struct config *config, struct conf *conf, ptrdiff_t station, struct err *err)
{
    if (config_default_folder("share/smogd/rules", "station/rules", config->rules_dir, err) != 0 ||
        config_default_folder("share/smogd/profiles", "sensors/profiles", config->profiles_dir, err) != 0 ||
        config_default_folder("share/smogd/codes", "station/codes", config->codes_dir, err) != 0 ||
        config_default_folder("share/smogd/templates", "reports/templates", config->templates_dir, err) != 0 ||
        config_default_folder("share/smogd/outlets", "reports/outlets", config->outlets_dir, err) != 0 ||
        config_default_folder("share/smogd/deadlines", "station/deadlines", config->deadlines_dir, err) != 0 ||
        config_default_folder("share/smogd/checklists", "station/checklists", config->checklists_dir, err) != 0)
        return -1;
    if (config_path(conf, station, "rules-dir", false, config->rules_dir, sizeof config->rules_dir, err) != 0 ||
        config_path(conf, station, "codes-dir", false, config->codes_dir, sizeof config->codes_dir, err) != 0 ||
        config_path(conf, station, "deadlines-dir", false, config->deadlines_dir, sizeof config->deadlines_dir, err) !=
            0 ||
        config_path(conf, station, "templates-dir", false, config->templates_dir, sizeof config->templates_dir, err) !=
            0 ||
        config_path(conf, station, "outlets-dir", false, config->outlets_dir, sizeof config->outlets_dir, err) != 0 ||
        config_path(conf, station, "checklists-dir", false, config->checklists_dir, sizeof config->checklists_dir,
                    err) != 0)
        return -1;
    return config_path(conf, station, "profiles-dir", false, config->profiles_dir, sizeof config->profiles_dir, err);
}

static int read_station(struct config *config, struct conf *conf, struct err *err)
{
    static const char *const kinds[] = {"fixed-remote", "mobile-remote", "joint", "depot", NULL};
    ptrdiff_t station = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "station");
    if (station < 0)
        return err_set(err, ERR_INVALID, "%s:1: there is no 'station { … }' section", conf->file);
    conf_use(conf, station);
    if (config_text(conf, station, "id", true, config->id, sizeof config->id, err) != 0 ||
        config_text(conf, station, "name", true, config->name, sizeof config->name, err) != 0 ||
        config_text(conf, station, "kind", true, config->kind, sizeof config->kind, err) != 0 ||
        config_text(conf, station, "region", true, config->region, sizeof config->region, err) != 0 ||
        config_path(conf, station, "state", true, config->state, sizeof config->state, err) != 0 ||
        one_of(conf, station, "kind", config->kind, kinds, err) != 0)
        return -1;
    if (strspn(config->id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != strlen(config->id))
        return conf_error(conf, station, err, "the station's id '%s' may hold only letters, digits and -", config->id);
    if (read_offset(config, conf, station, err) != 0 || read_position(config, conf, station, err) != 0)
        return -1;
    return read_folders(config, conf, station, err);
}

enum limit_class config_limit_class(const struct config *config, const struct rule_pack *pack, struct civil_date day)
{
    return config->class_by_region && pack ? rules_class(pack, config->region, day) : config->limit_class;
}

static int read_law(struct config *config, struct conf *conf, struct err *err)
{
    char class_[8] = "";
    if (config_text(conf, CONF_TOP, "limit-class", true, class_, sizeof class_, err) != 0)
        return -1;
    static const char *const classes[] = {"a", "b", "region", NULL};
    if (one_of(conf, CONF_TOP, "limit-class", class_, classes, err) != 0)
        return -1;
    config->class_by_region = class_[0] == 'r';
    config->limit_class = class_[0] == 'b' ? LIMIT_CLASS_B : LIMIT_CLASS_A;
    ptrdiff_t node = -1;
    if (conf_get_list(conf, CONF_TOP, "rules", true, &node, err) != 0)
        return -1;
    for (size_t i = 0; i < conf->nodes[node].values; i++) {
        const char *id = conf_value(conf, node, i);
        if (config->rules_count == CONFIG_RULES_MAX)
            return conf_error(conf, node, err, "more than %d rule packs", CONFIG_RULES_MAX);
        if (id[0] == '\0' || strlen(id) >= CONFIG_NAME_MAX || strchr(id, '/'))
            return conf_error(conf, node, err, "'%s' is no name of a rule pack", id);
        for (size_t k = 0; k < config->rules_count; k++)
            if (strcmp(config->rules_files[k].name, id) == 0)
                return conf_error(conf, node, err, "the rule pack '%s' is named twice", id);
        struct config_file *file = &config->rules_files[config->rules_count++];
        snprintf(file->name, sizeof file->name, "%s", id);
    }
    if (config->rules_count == 0)
        return conf_error(conf, node, err, "no rule pack is named; nothing could be judged");
    return 0;
}

enum { WARN_DAYS = 30, WARN_DAYS_MAX = 3650, STAMP_EVERY_MIN = 60, STAMP_EVERY_MAX_MIN = 7 * 24 * 60 };

static int read_seal(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "seal");
    if (node < 0)
        return 0;
    conf_use(conf, node);
    config->seal_warn_days = WARN_DAYS;
    if (config_key(conf, node, "key", true, config->seal_key, sizeof config->seal_key, err) != 0 ||
        config_key(conf, node, "cert", true, config->seal_cert, sizeof config->seal_cert, err) != 0 ||
        config_key(conf, node, "sm2-key", false, config->seal_sm2_key, sizeof config->seal_sm2_key, err) != 0 ||
        config_key(conf, node, "sm2-cert", false, config->seal_sm2_cert, sizeof config->seal_sm2_cert, err) != 0 ||
        conf_get_integer(conf, node, "warn-days", false, 0, WARN_DAYS_MAX, &config->seal_warn_days, err) != 0)
        return -1;
    if ((config->seal_sm2_key[0] == '\0') != (config->seal_sm2_cert[0] == '\0'))
        return conf_error(conf, node, err, "sm2-key and sm2-cert belong together; give both or none");
    return 0;
}

static int read_timestamp(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "timestamp");
    if (node < 0)
        return 0;
    conf_use(conf, node);
    config->timestamp.every_min = STAMP_EVERY_MIN;
    if (config_text(conf, node, "url", true, config->timestamp.url, sizeof config->timestamp.url, err) != 0 ||
        config_path(conf, node, "ca", true, config->timestamp.ca, sizeof config->timestamp.ca, err) != 0 ||
        config_path(conf, node, "https-ca", false, config->timestamp.https_ca, sizeof config->timestamp.https_ca,
                    err) != 0 ||
        conf_get_integer(conf, node, "every-min", false, 1, STAMP_EVERY_MAX_MIN, &config->timestamp.every_min, err) !=
            0)
        return -1;
    bool https = strncmp(config->timestamp.url, "https://", 8) == 0;
    if (!https && strncmp(config->timestamp.url, "http://", 7) != 0)
        return conf_error(conf, node, err, "the url of the time-stamp authority must begin with https:// or http://");
    if (https != (config->timestamp.https_ca[0] != '\0'))
        return conf_error(conf, node, err,
                          https ? "https-ca is missing: by whose certificate is the authority's server known?"
                                : "https-ca has no use with http://; leave it out");
    return 0;
}

/* Sections that may stand once. */
static int check_single(const struct conf *conf, struct err *err)
{
    static const char *const names[] = {"station", "seal", "timestamp", "console"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ptrdiff_t first = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, names[i]);
        ptrdiff_t second = first < 0 ? -1 : conf_next(conf, CONF_TOP, first, CONF_SECTION, names[i]);
        if (second >= 0)
            return conf_error(conf, second, err, "a second '%s' section; the first is in line %u", names[i],
                              conf->nodes[first].line);
    }
    return 0;
}

static int read_all(struct config *config, struct conf *conf, struct err *err)
{
    if (check_single(conf, err) != 0 || read_station(config, conf, err) != 0 || read_law(config, conf, err) != 0 ||
        config_read_links(config, conf, err) != 0 || config_read_instruments(config, conf, err) != 0 ||
        config_read_references(config, conf, err) != 0 || config_read_outlets(config, conf, err) != 0 ||
        read_seal(config, conf, err) != 0 || read_timestamp(config, conf, err) != 0 ||
        config_read_console(config, conf, err) != 0 || config_read_witnesses(config, conf, err) != 0 ||
        config_read_cameras(config, conf, err) != 0)
        return -1;
    return conf_check_all_used(conf, err);
}

int config_open(struct config **out, const char *file,
                int (*more)(struct config *config, struct conf *conf, struct err *err), struct err *err)
{
    *out = NULL;
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        return err_set(err, ERR_FAILED, "out of memory");
    struct config_source source;
    int result = config_source_open(&source, file, err);
    if (result == 0) {
        snprintf(config->file, sizeof config->file, "%s", file);
        memcpy(config->sha256, source.sha256, sizeof config->sha256);
        result = read_all(config, &source.conf, err);
        if (result == 0 && more)
            result = more(config, &source.conf, err);
    }
    config_source_close(&source);
    if (result != 0) {
        config_close(config);
        return -1;
    }
    *out = config;
    return 0;
}

void config_close(struct config *config)
{
    if (!config)
        return;
    free(config->codes);
    free(config->checklists);
    free(config->deadlines);
    free(config->rules);
    free(config->profiles);
    free(config);
}
