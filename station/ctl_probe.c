#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/links/ports.h"
#include "sensors/links/probe.h"
#include "station/config_read.h"
#include "station/ctl.h"

enum { PORTS_MAX = 32 };

/* One port that is looked at, in a thread of its own: a station's ports take no longer than one. */
struct look {
    struct ports_entry port;
    struct probe_result result;
    const struct profile *const *profiles;
    size_t profiles_count;
    pthread_t thread;
    bool started;
};

struct looks {
    struct look *looks;
    size_t count;
    struct profile **profiles;
    size_t profiles_count;
};

/* ---- profiles, for the drivers that need one ---- */

static void load_profile(struct looks *all, const char *folder, const char *name)
{
    char path[CONFIG_PATH_MAX];
    struct config_source source;
    struct err err = {0};
    struct profile *profile = calloc(1, sizeof *profile);
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    bool open = profile && length > 0 && (size_t)length < sizeof path && config_source_open(&source, path, &err) == 0;
    if (open && profile_load(profile, &source.conf, &err) == 0) {
        all->profiles[all->profiles_count++] = profile;
        profile = NULL;
    } else {
        fprintf(stderr, "smogctl: %s: left out: %s\n", name, err.text);
    }
    if (open)
        config_source_close(&source);
    free(profile);
}

static int load_profiles(struct ctl *ctl, struct looks *all, struct err *err)
{
    char folder[CONFIG_PATH_MAX];
    if (ctl_load_config(ctl, NULL) == 0)
        snprintf(folder, sizeof folder, "%s", ctl->config->profiles_dir);
    else if (config_default_folder("share/smogd/profiles", "sensors/profiles", folder, err) != 0)
        return -1;
    struct dirent **names = NULL;
    int count = config_folder(folder, &names);
    all->profiles = calloc(count > 0 ? (size_t)count : 1, sizeof(struct profile *));
    for (int i = 0; i < count; i++) {
        if (all->profiles)
            load_profile(all, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return all->profiles ? 0 : err_set(err, ERR_FAILED, "out of memory");
}

/* ---- which ports ---- */

static int list_all(struct looks *all, struct err *err)
{
    struct ports_entry *list = NULL;
    size_t count = 0;
    if (ports_list(&list, &count, err) != 0)
        return -1;
    all->count = count < PORTS_MAX ? count : PORTS_MAX;
    all->looks = calloc(all->count + 1, sizeof *all->looks);
    for (size_t i = 0; all->looks && i < all->count; i++)
        all->looks[i].port = list[i];
    free(list);
    return all->looks ? 0 : err_set(err, ERR_FAILED, "out of memory");
}

/* A path, an adapter's name, or the name of a link or instrument of the configuration. */
static const char *find_device(struct ctl *ctl, const char *word, struct err *err)
{
    if (word[0] == '/' || strncmp(word, "usb:", 4) == 0)
        return word;
    if (ctl_load_config(ctl, err) != 0)
        return NULL;
    const struct config *config = ctl->config;
    const char *link = word;
    for (size_t i = 0; i < config->instruments_count; i++)
        if (strcmp(config->instruments[i].sensor.name, word) == 0)
            link = config->links[config->instruments[i].link].name;
    for (size_t i = 0; i < config->links_count; i++)
        if (strcmp(config->links[i].name, link) == 0 && link_kind_is_port(config->links[i].kind))
            return config->links[i].device;
    err_set(err, ERR_INVALID, "'%s' is no serial link or instrument of %s; give a path such as /dev/ttyUSB0", word,
            config->file);
    return NULL;
}

static int list_one(struct ctl *ctl, struct looks *all, struct err *err)
{
    const char *device = find_device(ctl, ctl->words[0], err);
    if (!device)
        return -1;
    all->looks = calloc(1, sizeof *all->looks);
    if (!all->looks)
        return err_set(err, ERR_FAILED, "out of memory");
    all->count = 1;
    ports_describe(device, &all->looks[0].port);
    return 0;
}

/* ---- looking ---- */

static void *look(void *ctx)
{
    struct look *l = ctx;
    probe_port(l->port.path, l->profiles, l->profiles_count, &l->result);
    return NULL;
}

static void look_at_all(struct looks *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct look *l = &all->looks[i];
        l->profiles = (const struct profile *const *)all->profiles;
        l->profiles_count = all->profiles_count;
        if (!l->port.holder[0])
            l->started = pthread_create(&l->thread, NULL, look, l) == 0;
    }
    for (size_t i = 0; i < all->count; i++)
        if (all->looks[i].started)
            pthread_join(all->looks[i].thread, NULL);
}

/* ---- telling ---- */

static const char *device_of(const struct ports_entry *port)
{
    if (port->name[0])
        return port->name;
    return port->stable[0] ? port->stable : port->path;
}

static void make_lines(const struct ports_entry *port, const struct probe_found *found, char *out, size_t size)
{
    char more[3 * SENSOR_TEXT_MAX] = "";
    size_t at = 0;
    if (found->option[0])
        at = (size_t)snprintf(more, sizeof more, "  option = \"%s\"", found->option);
    if (found->profile[0])
        at += (size_t)snprintf(more + at, sizeof more - at, "  profile = \"%s\"", found->profile);
    if (found->unit)
        snprintf(more + at, sizeof more - at, "  profile = \"…\"  unit = %d", found->unit);
    snprintf(out, size,
             "link com1 { kind = %s  device = \"%s\"  line = \"%s\" }\ninstrument %s1 { driver = %s%s  link = com1 }",
             link_kind_name(found->kind), device_of(port), found->line, found->driver, found->driver, more);
}

static void print_found(const struct ports_entry *port, const struct probe_found *found)
{
    char lines[1024];
    const struct sensor_identity *is = &found->identity;
    printf("    %s %s", found->asked ? "answers:" : "talks by itself:", found->title);
    printf("%s%s%s%s%s%s\n", is->model[0] ? ", model " : "", is->model, is->serial[0] ? ", serial " : "", is->serial,
           is->firmware[0] ? ", firmware " : "", is->firmware);
    make_lines(port, found, lines, sizeof lines);
    printf("%s\n", lines);
}

static void print_text(const struct looks *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct look *l = &all->looks[i];
        const struct ports_entry *p = &l->port;
        printf("%-14s %-9s  %-16s %s\n", p->path, p->usb, p->serial, p->title);
        if (p->name[0])
            printf("    device = \"%s\"\n", p->name);
        if (p->stable[0])
            printf("    device = \"%s\"\n", p->stable);
        if (p->holder[0])
            printf("    held by %s; not asked\n", p->holder);
        else if (l->result.problem[0])
            printf("    not asked: %s\n", l->result.problem);
        else if (l->result.count == 0)
            printf("    nothing known answers%s%s\n", l->result.note[0] ? ": " : "", l->result.note);
        for (size_t k = 0; k < l->result.count; k++)
            print_found(p, &l->result.found[k]);
    }
    if (all->count == 0)
        printf("no serial ports\n");
}

static void write_found(const struct ports_entry *port, const struct probe_found *found, struct json_writer *w)
{
    char lines[1024];
    make_lines(port, found, lines, sizeof lines);
    json_object_begin(w, NULL);
    json_bool(w, "asked", found->asked);
    json_string(w, "configuration", lines);
    json_string(w, "driver", found->driver);
    json_string(w, "firmware", found->identity.firmware);
    json_string(w, "kind", link_kind_name(found->kind));
    json_string(w, "line", found->line);
    json_string(w, "model", found->identity.model);
    json_string(w, "option", found->option);
    json_string(w, "profile", found->profile);
    json_string(w, "serial", found->identity.serial);
    json_string(w, "title", found->title);
    json_integer(w, "unit", found->unit);
    json_object_end(w);
}

static void write_json(const struct looks *all, struct json_writer *w)
{
    json_object_begin(w, NULL);
    json_bool(w, "ok", true);
    json_array_begin(w, "ports");
    for (size_t i = 0; i < all->count; i++) {
        const struct look *l = &all->looks[i];
        json_object_begin(w, NULL);
        json_array_begin(w, "answers");
        for (size_t k = 0; k < l->result.count; k++)
            write_found(&l->port, &l->result.found[k], w);
        json_array_end(w);
        json_string(w, "by-id", l->port.stable);
        json_string(w, "description", l->port.title);
        json_string(w, "device", device_of(&l->port));
        json_string(w, "held-by", l->port.holder);
        json_string(w, "note", l->result.note);
        json_string(w, "path", l->port.path);
        json_string(w, "problem", l->result.problem);
        json_string(w, "serial", l->port.serial);
        json_string(w, "usb", l->port.usb);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

int ctl_probe(struct ctl *ctl, struct err *err)
{
    struct looks all = {0};
    struct json_writer w;
    int result = ctl->words_count > 0 ? list_one(ctl, &all, err) : list_all(&all, err);
    if (result == 0)
        result = load_profiles(ctl, &all, err);
    if (result == 0)
        look_at_all(&all);
    if (result == 0 && !ctl->json) {
        print_text(&all);
    } else if (result == 0 && (result = ctl_json_begin(&w, err)) == 0) {
        write_json(&all, &w);
        result = ctl_json_print(&w, err);
    }
    for (size_t i = 0; i < all.profiles_count; i++)
        free(all.profiles[i]);
    free(all.profiles);
    free(all.looks);
    return result;
}
