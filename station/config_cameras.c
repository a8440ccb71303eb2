#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/file.h"
#include "sensors/links/dial.h"
#include "station/config_read.h"

static int read_poll(struct config_camera *camera, struct conf *conf, ptrdiff_t node, struct err *err)
{
    enum { POLL_MS = 1000, POLL_MIN_MS = 100, POLL_MAX_MS = 60000 };
    struct dial_address address;
    struct err why = {0};
    camera->poll_ms = POLL_MS;
    if (config_text(conf, node, "poll", false, camera->poll, sizeof camera->poll, err) != 0 ||
        conf_get_integer(conf, node, "poll-ms", false, POLL_MIN_MS, POLL_MAX_MS, &camera->poll_ms, err) != 0)
        return -1;
    if (camera->poll[0] && dial_parse(&address, camera->poll, &why) != 0)
        return conf_error(conf, node, err, "poll: %s", why.text);
    if (camera->poll[0] && camera->secret_file[0] && !camera->user[0])
        return conf_error(conf, node, err, "camera '%s' is asked with user and password; add 'user = …'", camera->name);
    return 0;
}

int config_read_cameras(struct config *config, struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    while ((node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "camera")) >= 0) {
        if (config->cameras_count == CONFIG_CAMERAS_MAX)
            return conf_error(conf, node, err, "more than %d cameras", CONFIG_CAMERAS_MAX);
        struct config_camera *camera = &config->cameras[config->cameras_count];
        camera->at_line = conf->nodes[node].line;
        if (config_title(conf, node, camera->name, err) != 0 ||
            config_text(conf, node, "user", false, camera->user, sizeof camera->user, err) != 0 ||
            config_path(conf, node, "secret-file", camera->user[0], camera->secret_file, sizeof camera->secret_file,
                        err) != 0)
            return -1;
        for (size_t i = 0; i < config->cameras_count; i++)
            if (strcmp(config->cameras[i].name, camera->name) == 0)
                return conf_error(conf, node, err, "the camera '%s' is already in line %u", camera->name,
                                  config->cameras[i].at_line);
        if (read_poll(camera, conf, node, err) != 0)
            return -1;
        if (config->console.listen[0] == '\0' && camera->poll[0] == '\0')
            return conf_error(
                conf, node, err,
                "camera '%s' pushes to the console, and there is none; add 'console { listen = … }', or poll = … here",
                camera->name);
        config->cameras_count++;
    }
    return 0;
}

/* The file's first line; nobody but its owner and group may read it. */
static int read_secret(struct config_camera *camera, struct err *err)
{
    struct stat st;
    char *text = NULL;
    size_t length = 0;
    if (stat(camera->secret_file, &st) == 0 && (st.st_mode & S_IRWXO))
        return err_set(err, ERR_INVALID, "%s may be read by everybody; chmod o= it", camera->secret_file);
    if (file_read(camera->secret_file, 4096, &text, &length, err) != 0)
        return -1;
    size_t line = strcspn(text, "\r\n");
    bool fits = line > 0 && line < sizeof camera->secret;
    if (fits)
        snprintf(camera->secret, sizeof camera->secret, "%.*s", (int)line, text);
    free(text);
    return fits ? 0
                : err_set(err, ERR_INVALID, "the first line of %s must hold the secret, 1 to %d characters",
                          camera->secret_file, CONFIG_SECRET_MAX - 1);
}

int config_cameras_law(struct config *config, const struct conf *conf, struct err *err)
{
    ptrdiff_t node = CONF_FIRST;
    for (size_t i = 0; i < config->cameras_count; i++) {
        struct err why = {0};
        node = conf_next(conf, CONF_TOP, node, CONF_SECTION, "camera");
        if (config->cameras[i].secret_file[0] && read_secret(&config->cameras[i], &why) != 0)
            return conf_error(conf, node, err, "camera '%s': %s", config->cameras[i].name, why.text);
    }
    return 0;
}
