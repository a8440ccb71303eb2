/*
 * Parts of station/config.c that its files share: reading a file of the people's syntax, options as fixed texts,
 * folders.
 */
#ifndef STATION_CONFIG_READ_H
#define STATION_CONFIG_READ_H

#include <dirent.h>

#include "station/config.h"
#include "station/core/conf.h"

/* A parsed file with its memory. */
struct config_source {
    struct conf conf;
    char *text;
    struct conf_node *nodes;
    char sha256[SHA256_HEX_SIZE];
    size_t size;
};

int config_source_open(struct config_source *source, const char *file, struct err *err);
void config_source_close(struct config_source *source);

/* The .conf files of a folder, sorted: how many, each entry and the list malloc'ed; -1: it cannot be read. */
int config_folder(const char *folder, struct dirent ***names);

/* Where the files that come with the program lie: beside an installed one in share/smogd, or in the source tree. */
int config_default_folder(const char *installed, const char *in_tree, char out[CONFIG_PATH_MAX], struct err *err);

/* The option as a text of less than `size` bytes; untouched when absent and not required. */
int config_text(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
                struct err *err);
/* The same, and a relative path is taken from the configuration file's folder. */
int config_path(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
                struct err *err);

/* The same for keys and certificates, which systemd or a token may hold instead of a file (reports/keyfile.h). */
int config_key(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
               struct err *err);

/* The name of a titled section: letters, digits, - and _ (it becomes a file name and a word in records). */
int config_title(struct conf *conf, ptrdiff_t section, char out[CONFIG_NAME_MAX], struct err *err);

/* Each fills its part of *config. */
int config_read_links(struct config *config, struct conf *conf, struct err *err);
int config_read_console(struct config *config, struct conf *conf, struct err *err);
int config_read_cameras(struct config *config, struct conf *conf, struct err *err); /* after the console */
int config_read_instruments(struct config *config, struct conf *conf, struct err *err);
int config_read_witnesses(struct config *config, struct conf *conf, struct err *err);
int config_read_references(struct config *config, struct conf *conf, struct err *err);
int config_read_outlets(struct config *config, struct conf *conf, struct err *err);

/* Checks what the outlets lead to: their maps. */
int config_outlets_law(const struct config *config, struct err *err);

/* Can the console be served as it is configured? */
int config_console_law(const struct config *config, const struct conf *conf, struct err *err);

/* Reads what only the daemon needs: the cameras' secrets. */
int config_cameras_law(struct config *config, const struct conf *conf, struct err *err);

/* Can the keys of the witnesses be used? */
int config_witnesses_law(const struct config *config, const struct conf *conf, struct err *err);

#endif
