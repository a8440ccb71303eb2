#include <string.h>
#include <unistd.h>

#include "reports/keyfile.h"
#include "sensors/links/dial.h"
#include "station/config_read.h"

enum { IDLE_MIN = 10, IDLE_MAX_MIN = 480 };

int config_read_console(struct config *config, struct conf *conf, struct err *err)
{
    struct config_console *console = &config->console;
    ptrdiff_t node = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "console");
    if (node < 0)
        return 0;
    conf_use(conf, node);
    if (config_default_folder("share/smogd/web", "build/web", console->web_dir, err) != 0)
        return -1;
    if (config_text(conf, node, "listen", true, console->listen, sizeof console->listen, err) != 0)
        return -1;
    console->local = strncmp(console->listen, "127.", 4) == 0 || strncmp(console->listen, "[::1]", 5) == 0 ||
                     strncmp(console->listen, "localhost:", 10) == 0;
    console->open_reads = console->local;
    console->idle_min = IDLE_MIN;
    if (conf_get_bool(conf, node, "open-reads", false, &console->open_reads, err) != 0 ||
        conf_get_integer(conf, node, "idle-min", false, 1, IDLE_MAX_MIN, &console->idle_min, err) != 0)
        return -1;
    if (config_key(conf, node, "key", false, console->key, sizeof console->key, err) != 0 ||
        config_key(conf, node, "cert", false, console->cert, sizeof console->cert, err) != 0)
        return -1;
    return config_path(conf, node, "web-dir", false, console->web_dir, sizeof console->web_dir, err);
}

/* The folder that is looked for may be absent; one that is named is there. */
static int check_folder(const struct config_console *console, const struct conf *conf, ptrdiff_t node, struct err *err)
{
    ptrdiff_t option = conf_next(conf, node, CONF_FIRST, CONF_OPTION, "web-dir");
    if (option < 0 || access(console->web_dir, R_OK | X_OK) == 0)
        return 0;
    return conf_error(conf, option, err, "the folder '%s' cannot be read; 'make web' makes build/web",
                      console->web_dir);
}

/* A key in a credential only the daemon itself sees. */
static int check_tls(const struct config_console *console, const struct conf *conf, ptrdiff_t node, struct err *err)
{
    struct err why = {0};
    bool files = keyfile_is_path(console->key) && keyfile_is_path(console->cert);
    if ((console->key[0] == '\0') != (console->cert[0] == '\0'))
        return conf_error(conf, node, err, "console: key and cert belong together; give both or none");
    if (!console->local && console->key[0] == '\0')
        return conf_error(conf, node, err,
                          "console: beyond this machine it is served with TLS only; give cert and key, or listen at "
                          "127.0.0.1");
    if (console->key[0] && files && keyfile_check_pair(console->key, console->cert, &why) != 0)
        return conf_error(conf, node, err, "console: %s", why.text);
    return 0;
}

int config_console_law(const struct config *config, const struct conf *conf, struct err *err)
{
    struct dial_address address;
    struct err why = {0};
    ptrdiff_t node = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "console");
    if (node < 0)
        return 0;
    if (dial_parse(&address, config->console.listen, &why) != 0)
        return conf_error(conf, node, err, "console: %s", why.text);
    if (check_tls(&config->console, conf, node, err) != 0)
        return -1;
    return check_folder(&config->console, conf, node, err);
}
