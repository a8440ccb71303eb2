#include "station/outlets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "reports/keyfile.h"
#include "reports/sealcheck.h"

enum { TESTS_AT_ONCE = 200 };

/* ---- opening ---- */

static int name_file(char path[CONFIG_PATH_MAX], struct err *err)
{
    char file[KEYFILE_PATH_MAX];
    if (keyfile_path(path, file, err) != 0)
        return -1;
    snprintf(path, CONFIG_PATH_MAX, "%s", file);
    return 0;
}

static int check_identity(struct config_outlet *o, struct err *err)
{
    if (o->ca[0]) {
        X509_STORE *trust = sealcheck_trust(o->ca, err);
        if (!trust)
            return -1;
        X509_STORE_free(trust);
    }
    if (o->key[0] &&
        (keyfile_check_pair(o->key, o->cert, err) != 0 || name_file(o->key, err) != 0 || name_file(o->cert, err) != 0))
        return -1;
    return 0;
}

static const char *given(const char *text)
{
    return text[0] ? text : NULL;
}

/* Local midnight of that day, Unix ms; 0: no day. */
static int64_t midnight_ms(struct civil_date day, int offset_minutes)
{
    return day.year ? ((int64_t)civil_days(day) * 24 * 60 - offset_minutes) * 60000 : 0;
}

static void fill(struct outlets *out, size_t i, const struct config_outlet *o, int offset_minutes)
{
    struct courier_outlet *to = &out->of[i];
    to->valid_only = o->valid_only;
    to->feed = (struct queue_feed){.outlet = o->name,
                                   .passages = o->batch > 0,
                                   .batch = o->batch > 0 ? o->batch : TESTS_AT_ONCE,
                                   .ripe_ms = o->batch_s * 1000,
                                   .from_ms = midnight_ms(o->from, offset_minutes)};
    to->setup.user = given(o->user);
    to->setup.replaces = o->replaces;
    to->setup.acknowledged_in = given(o->acknowledged);
    for (size_t k = 0; k < o->values_count; k++)
        out->values[i][k] = (struct neutral_value){o->values[k].name, o->values[k].value};
    to->name = o->name;
    to->kind = o->kind;
    to->priority = o->priority;
    to->open_minute = o->open_minute;
    to->end_minute = o->end_minute;
    to->identity = (struct http_identity){.ca = given(o->ca),
                                          .cert = given(o->cert),
                                          .key = given(o->key),
                                          .plain = o->plain_http,
                                          .bytes_per_s = (long)o->bytes_per_s};
    to->receipt_keys = out->receipt_keys[i];
    to->setup.name = o->name;
    to->setup.url = o->folder[0] ? o->folder : o->url;
    to->setup.map = out->maps[i];
    to->setup.interface = given(o->interface);
    to->setup.call = given(o->call);
    to->setup.encoding = given(o->encoding);
    to->setup.values = out->values[i];
    to->setup.values_count = o->values_count;
}

static int open_one(struct outlets *out, const struct config *config, struct config_outlet *o, struct err *err)
{
    size_t i = out->count;
    const struct outlet_driver *driver = outlet_find(o->kind);
    if (!driver)
        return err_set(err, ERR_INVALID, "there is no kind '%s'", o->kind);
    if (check_identity(o, err) != 0)
        return -1;
    if (o->secret_file[0] &&
        keyfile_secret(o->secret_file, out->of[i].setup.secret, sizeof out->of[i].setup.secret, err) != 0)
        return -1;
    if (config_outlet_map(config, o, &out->maps[i], err) != 0 ||
        (o->receipt_key[0] && receipt_keys_open(&out->receipt_keys[i], o->receipt_key, err) != 0))
        return -1;
    fill(out, i, o, config->utc_offset_minutes);
    const struct outlet_message *message = o->interface[0] ? outlet_map_message(out->maps[i], o->interface) : NULL;
    out->of[i].decisions = message && message->of_decisions;
    if (driver->takes == OUTLET_CASES && !out->of[i].decisions)
        out->names[out->names_count++] = o->name;
    out->count++;
    return 0;
}

int outlets_open(struct outlets *out, struct config *config, struct err *err)
{
    bool maps = false;
    for (size_t i = 0; i < config->outlets_count; i++) {
        struct config_outlet *o = &config->outlets[i];
        if (open_one(out, config, o, err) != 0)
            return strncmp(err->text, config->file, strlen(config->file)) == 0
                       ? -1
                       : err_prefix(err, "%s:%u: outlet '%s'", config->file, o->at_line, o->name);
        maps = maps || o->has_map;
    }
    return maps ? violation_load(&out->violations, config->outlets_dir, err) : 0;
}

void outlets_close(struct outlets *o)
{
    for (size_t i = 0; i < CONFIG_OUTLETS_MAX; i++) {
        outlet_map_close(o->maps[i]);
        receipt_keys_close(o->receipt_keys[i]);
    }
    OPENSSL_cleanse(o, sizeof *o);
}

/* ---- records ---- */

struct loading {
    struct store *store;
    struct contents *out;
    bool alone;
    int result;
    struct err *err;
};

/* What receivers ask for of a record: its readings and its pictures. */
static int load_file(void *ctx, const struct store_file *file)
{
    struct loading *l = ctx;
    void *data = NULL;
    size_t size = 0;
    bool picture = strncmp(file->name, "photos/", 7) == 0;
    if (strcmp(file->name, "readings.csv") != 0 && (!picture || l->alone))
        return 0;
    l->result = store_object_get(l->store, file->sha256, &data, &size, l->err);
    if (l->result == 0)
        l->result = contents_add(l->out, file->name, data, size, l->err);
    return l->result;
}

int outlets_load(void *ctx, const char *id, bool alone, struct contents *out, struct err *err)
{
    struct loading l = {.store = ctx, .out = out, .alone = alone, .err = err};
    struct store_test test;
    struct store_passage passage;
    char *record = NULL;
    if (store_test_get(l.store, id, &test, &record, err) != 0 &&
        (err->code != ERR_INVALID || store_passage_get(l.store, id, &passage, &record, NULL, err) != 0))
        return -1;
    if (!record)
        return err_set(err, ERR_INVALID, "%s has no record", id);
    if (contents_add(out, "record.json", record, strlen(record), err) != 0 ||
        store_file_list(l.store, id, load_file, &l, err) != 0)
        return -1;
    return l.result;
}
