#include "station/record_make.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void record_make_add_file(struct record_make *r, const char *name, const char *sha256, size_t size)
{
    assert(r->files_count < RECORD_MAKE_FILES_MAX && strlen(name) < sizeof r->files[0].name);
    struct record_make_file *file = &r->files[r->files_count++];
    memcpy(file->name, name, strlen(name) + 1);
    memcpy(file->sha256, sha256, SHA256_HEX_SIZE);
    file->size = size;
}

static int by_name(const void *a, const void *b)
{
    const struct record_make_file *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void write_files(struct record_make *r, struct json_writer *w, const char *key)
{
    qsort(r->files, r->files_count, sizeof r->files[0], by_name);
    json_array_begin(w, key);
    for (size_t i = 0; i < r->files_count; i++) {
        json_object_begin(w, NULL);
        json_string(w, "name", r->files[i].name);
        json_string(w, "sha256", r->files[i].sha256);
        json_integer(w, "size", (int64_t)r->files[i].size);
        json_object_end(w);
    }
    json_array_end(w);
}

ptrdiff_t record_make_files(struct record_make *r, char *out, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    write_files(r, &w, NULL);
    return json_writer_finish(&w);
}

static void write_clock(const struct clock_stamp *clock, struct json_writer *w)
{
    struct entries e = {0};
    entries_text(&e, "boot", clock->boot);
    entries_text(&e, "source", clock->source);
    entries_bool(&e, "synchronised", clock->synchronised);
    if (clock->synchronised)
        entries_integer(&e, "error_ms", clock->error_ms);
    entries_write(&e, w, "clock");
}

static void write_station(const struct config *c, struct json_writer *w)
{
    char latitude[DECIMAL_TEXT_MAX] = "", longitude[DECIMAL_TEXT_MAX] = "";
    if (c->has_position) {
        decimal_format(c->latitude, latitude);
        decimal_format(c->longitude, longitude);
    }
    struct entries e = {0};
    entries_text(&e, "id", c->id);
    entries_text(&e, "kind", c->kind);
    entries_text(&e, "latitude", latitude);
    entries_text(&e, "longitude", longitude);
    entries_text(&e, "name", c->name);
    entries_text(&e, "region", c->region);
    entries_write(&e, w, "station");
}

static void write_software(const struct record_make *r, struct json_writer *w)
{
    json_object_begin(w, "software");
    json_string(w, "binary_sha256", r->binary_sha256);
    json_string(w, "config_sha256", r->config->sha256);
    json_string(w, "version", SMOGD_VERSION);
    json_object_end(w);
}

static void part(struct json_writer *w, const char *key, const char *json)
{
    if (json)
        json_raw(w, key, json, strlen(json));
}

ptrdiff_t record_make_write(struct record_make *r, char *out, size_t size)
{
    char started[CIVIL_TIME_TEXT_MAX], ended[CIVIL_TIME_TEXT_MAX];
    civil_time_format(r->started_ms, r->clock->offset_minutes, started);
    civil_time_format(r->ended_ms, r->clock->offset_minutes, ended);
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_object_begin(&w, NULL);
    part(&w, "basis", r->basis);
    write_clock(r->clock, &w);
    json_string(&w, "ended_at", ended);
    write_files(r, &w, "files");
    json_string(&w, "format", "smogd-record-1");
    json_string(&w, "id", r->id);
    part(&w, "instruments", r->instruments);
    part(&w, "joined", r->joined);
    json_string(&w, "kind", r->kind);
    json_string(&w, "method", r->method);
    part(&w, "officers", r->officers);
    part(&w, "passage", r->passage);
    part(&w, "rules", r->rules);
    json_integer(&w, "seq", r->seq);
    write_software(r, &w);
    json_string(&w, "started_at", started);
    write_station(r->config, &w);
    part(&w, "vehicle", r->vehicle);
    verdict_write(r->verdict, &w, "verdict");
    json_object_end(&w);
    return json_writer_finish(&w);
}

void record_make_instrument(struct json_writer *w, const struct config *config, size_t instrument,
                            const struct sensor_identity *identity)
{
    const struct config_instrument *i = &config->instruments[instrument];
    char path[DECIMAL_TEXT_MAX] = "", valid_until[CIVIL_DATE_TEXT_MAX] = "", calibrated[CIVIL_DATE_TEXT_MAX] = "";
    if (i->sensor.path_m.units > 0)
        decimal_format(i->sensor.path_m, path);
    if (i->valid_until.year)
        civil_date_format(i->valid_until, valid_until);
    if (i->calibrated.year)
        civil_date_format(i->calibrated, calibrated);
    struct entries e = {0};
    entries_text(&e, "calibrated", calibrated);
    entries_text(&e, "certificate", i->certificate);
    entries_text(&e, "driver", i->driver->name);
    entries_text(&e, "firmware", identity ? identity->firmware : NULL);
    if (i->join_ms > 0)
        entries_integer(&e, "join_ms", i->join_ms);
    if (i->lane > 0)
        entries_integer(&e, "lane", i->lane);
    entries_text(&e, "model", identity ? identity->model : NULL);
    entries_text(&e, "name", i->sensor.name);
    entries_text(&e, "option", i->sensor.option);
    entries_text(&e, "path_m", path);
    if (i->sensor.poll_ms > 0)
        entries_integer(&e, "poll_ms", i->sensor.poll_ms);
    entries_text(&e, "profile", i->profile);
    entries_text(&e, "profile_sha256", i->sensor.profile ? i->sensor.profile->sha256 : NULL);
    entries_text(&e, "serial", i->serial);
    entries_text(&e, "serial_read", identity ? identity->serial : NULL);
    if (i->sensor.unit > 0)
        entries_integer(&e, "unit", i->sensor.unit);
    entries_text(&e, "valid_until", valid_until);
    entries_write(&e, w, NULL);
}

void record_make_rules(struct json_writer *w, const struct rule_pack *pack, const struct rule *rule,
                       enum limit_class limit_class, struct civil_date day)
{
    char text[CIVIL_DATE_TEXT_MAX];
    civil_date_format(day, text);
    struct entries e = {0};
    entries_text(&e, "class", limit_class == LIMIT_CLASS_B ? "b" : "a");
    entries_text(&e, "day", text);
    entries_text(&e, "pack", pack ? pack->id : NULL);
    entries_text(&e, "rule", rule ? rule->name : NULL);
    entries_text(&e, "sha256", pack ? pack->sha256 : NULL);
    entries_text(&e, "version", pack ? pack->version : NULL);
    entries_write(&e, w, NULL);
}

ptrdiff_t record_make_event(struct entries *e, const struct clock_stamp *stamp, const char *station, const char *kind,
                            char *out, size_t size)
{
    char at[CIVIL_TIME_TEXT_MAX];
    civil_time_format(stamp->unix_ms, stamp->offset_minutes, at);
    entries_text(e, "at", at);
    entries_text(e, "boot", stamp->boot);
    entries_text(e, "kind", kind);
    entries_integer(e, "mono_ms", stamp->mono_ms);
    entries_text(e, "station", station);
    struct json_writer w;
    json_writer_init(&w, out, size);
    entries_write(e, &w, NULL);
    return json_writer_finish(&w);
}
