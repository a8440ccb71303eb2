#include "tests/support/package_fixture.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/checkpoint.h"
#include "reports/encoding.h"
#include "reports/file.h"
#include "reports/rejudge.h"
#include "reports/sha256.h"
#include "sensors/recording.h"
#include "station/core/json.h"
#include "station/core/passage.h"
#include "station/core/verdict.h"
#include "tests/support/law.h"
#include "tests/support/session.h"
#include "tests/support/stand.h"

enum { TEXT_MAX = 64 << 10, OFFSET_MINUTES = 480, TEST_MAX_MS = 1000000 };

static const char day[] = "2026-07-01";
static const int64_t start_ms = 1782869400000; /* 2026-07-01T09:30:00+08:00 */

/* ---- files ---- */

struct fixture_file *package_fixture_file(struct package_fixture *f, const char *name)
{
    for (size_t i = 0; i < f->files_count; i++)
        if (strcmp(f->files[i].name, name) == 0)
            return &f->files[i];
    return NULL;
}

/* A file that must be there by now. */
static struct fixture_file *need(struct package_fixture *f, const char *name)
{
    struct fixture_file *file = package_fixture_file(f, name);
    if (!file)
        abort();
    return file;
}

struct fixture_file *package_fixture_put(struct package_fixture *f, const char *name, const void *data, size_t size)
{
    struct fixture_file *file = package_fixture_file(f, name);
    if (!file) {
        assert(f->files_count < FIXTURE_FILES_MAX);
        file = &f->files[f->files_count++];
        snprintf(file->name, sizeof file->name, "%s", name);
    }
    char *copy = malloc(size + 1);
    assert(copy);
    memcpy(copy, data, size);
    copy[size] = '\0';
    free(file->data);
    file->data = copy;
    file->size = size;
    return file;
}

void package_fixture_remove(struct package_fixture *f, const char *name)
{
    struct fixture_file *file = need(f, name);
    free(file->data);
    *file = f->files[--f->files_count];
}

static void put_record_file(struct package_fixture *f, const char *name, const void *data, size_t size)
{
    package_fixture_put(f, name, data, size)->of_record = true;
}

static void put_from_tree(struct package_fixture *f, const char *name, const char *path)
{
    char *data;
    size_t size;
    struct err err;
    if (file_read(path, TEXT_MAX, &data, &size, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    put_record_file(f, name, data, size);
    free(data);
}

/* The line as the device sends it, in the platform's pinyin keys. */
void package_fixture_wire(struct package_fixture *f, const struct fixture_passage *p)
{
    static const char header[] = "# smogd recording 1\n# instrument = rsd1\n# driver = jsonl\n# source = synthetic\n"
                                 "# order = 0\n# profile = rsd-pinyin\n";
    char json[1024], text[4096];
    int length = snprintf(json, sizeof json,
                          "{\"jlbh\":\"652301000701\",\"dwbh\":\"6523010007\",\"ycxbh\":\"01\",\"cdxh\":1,"
                          "\"jcrq\":\"2026-07-01 09:30:00\",\"hphm\":\"%s\",\"cpys\":\"1\",\"rlzl\":\"%s\","
                          "\"btgdjg\":\"%s\",\"nojg\":\"420\",\"clsd\":\"46.81\",\"cljsd\":\"0.21\",\"cdpd\":\"0.2\","
                          "\"fs\":\"%s\",\"hjwd\":\"28.5\",\"sd\":\"41.0\",\"dqy\":\"94.2\",\"sbzxd\":\"99\"}\n",
                          p->plate, p->fuel, p->opacity, p->wind_speed);
    struct recording_line line = {.direction = RECORDING_RECEIVED, .number = 1, .length = (size_t)length};
    memcpy(line.bytes, json, line.length);
    int at = snprintf(text, sizeof text, "%s", header);
    ptrdiff_t more = recording_format(&line, text + at, sizeof text - (size_t)at);
    assert(more > 0);
    put_record_file(f, "wire/rsd1.rec", text, (size_t)at + (size_t)more);
    struct passage passage = {.plate_colour = PLATE_YELLOW};
    snprintf(passage.plate_text, sizeof passage.plate_text, "%s", p->plate);
    snprintf(passage.fuel, sizeof passage.fuel, "%s", p->fuel[0] == 'A' ? "petrol" : p->fuel[0] == 'B' ? "diesel" : "");
    vehicle_from_passage(&f->vehicle, &passage, "rsd1");
}

static void open_keys(struct package_fixture *f, const char *folder)
{
    struct err err;
    memset(f, 0, sizeof *f);
    f->now_ms = start_ms + 5000;
    f->basis = "[]";
    snprintf(f->station_id, sizeof f->station_id, "652301-0007");
    keys_make(&f->ca, folder, &(struct keys_request){.name = "ca", .subject = "test authority", .from_ms = 1});
    keys_make(&f->station, folder,
              &(struct keys_request){.name = "seal", .subject = f->station_id, .by = &f->ca, .from_ms = 1});
    if (seal_open(&f->seal, f->station.key_file, f->station.cert_file, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

void package_fixture_open(struct package_fixture *f, const char *folder, bool exceeds)
{
    open_keys(f, folder);
    f->method = "remote-sensing";
    f->pack = "hj845-2017";
    f->rule = "remote-sensing";
    snprintf(f->id, sizeof f->id, "652301-0007-P00000042");
    put_from_tree(f, "rules/hj845-2017.conf", "station/rules/hj845-2017.conf");
    put_from_tree(f, "profiles/rsd-pinyin.conf", "sensors/profiles/rsd-pinyin.conf");
    package_fixture_wire(f, &(struct fixture_passage){"新B12345", "B", exceeds ? "41.3" : "4.1", "1.2"});
}

void package_fixture_open_test(struct package_fixture *f, const char *folder, double peak_k)
{
    static const enum stand_kind kinds[] = {STAND_OPACIMETER, STAND_NHT6};
    struct replay_file wires[STAND_INSTRUMENTS_MAX + 1];
    struct truck truck = truck_make(peak_k);
    struct err err;
    open_keys(f, folder);
    f->test = true;
    f->method = "free-acceleration";
    f->pack = "gb3847-2018";
    f->rule = "free-acceleration";
    snprintf(f->id, sizeof f->id, "652301-0007-T000042");
    put_from_tree(f, "rules/gb3847-2018.conf", "station/rules/gb3847-2018.conf");
    put_from_tree(f, "profiles/opacimeter-generic.conf", "sensors/profiles/opacimeter-generic.conf");
    if (plate_parse(&f->vehicle.plate, "新B12345", PLATE_YELLOW, &err) ||
        vehicle_set(&f->vehicle, "class", "heavy", FACT_TYPED, "1001", &err) ||
        vehicle_set(&f->vehicle, "fuel", "diesel", FACT_TYPED, "1001", &err))
        abort();
    f->vehicle.plate_source = FACT_TYPED;
    struct rule_pack *pack = law_open(f->pack);
    struct stand *stand = stand_open(&truck, kinds, 2, 0, 0);
    stand_run(stand, pack, law_rule(pack, f->rule), &f->vehicle, TEST_MAX_MS);
    size_t count = stand_files(stand, wires);
    for (size_t i = 0; i < count; i++)
        put_record_file(f, wires[i].name, wires[i].text, wires[i].length);
    stand_close(stand);
    free(pack);
}

void package_fixture_open_session(struct package_fixture *f, const char *folder, const struct session_plan *plan)
{
    struct replay_file wires[SESSION_FILES];
    char name[FIXTURE_NAME_MAX], path[2 * FIXTURE_NAME_MAX];
    struct session *s = session_run(plan);
    open_keys(f, folder);
    f->test = true;
    f->method = plan->method;
    f->pack = plan->pack;
    snprintf(f->session_rule, sizeof f->session_rule, "%s", s->rule->name);
    f->rule = f->session_rule;
    f->vehicle = s->vehicle;
    snprintf(f->id, sizeof f->id, "652301-0007-T000042");
    snprintf(name, sizeof name, "rules/%s.conf", plan->pack);
    snprintf(path, sizeof path, "station/%s", name);
    put_from_tree(f, name, path);
    put_record_file(f, "profiles/session.conf", session_profile, strlen(session_profile));
    size_t count = session_files(s, wires);
    for (size_t i = 0; i < count; i++)
        put_record_file(f, wires[i].name, wires[i].text, wires[i].length);
    session_close(s);
}

void package_fixture_close(struct package_fixture *f)
{
    for (size_t i = 0; i < f->files_count; i++)
        free(f->files[i].data);
    for (size_t i = 0; i < f->events_count; i++)
        free(f->events[i]);
    seal_close(f->second_seal);
    seal_close(f->seal);
    keys_free(&f->station);
    keys_free(&f->ca);
}

/* ---- record ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct fixture_file *const *)a)->name, (*(const struct fixture_file *const *)b)->name);
}

static void write_files(struct package_fixture *f, struct json_writer *w)
{
    const struct fixture_file *sorted[FIXTURE_FILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < f->files_count; i++)
        if (f->files[i].of_record)
            sorted[count++] = &f->files[i];
    qsort(sorted, count, sizeof sorted[0], by_name);
    json_array_begin(w, "files");
    for (size_t i = 0; i < count; i++) {
        char sha256[65];
        sha256_hex(sorted[i]->data, sorted[i]->size, sha256);
        json_object_begin(w, NULL);
        json_string(w, "name", sorted[i]->name);
        json_string(w, "sha256", sha256);
        json_integer(w, "size", (int64_t)sorted[i]->size);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_rules(struct package_fixture *f, struct json_writer *w)
{
    char sha256[65], name[FIXTURE_NAME_MAX];
    json_object_begin(w, "rules");
    json_string(w, "class", "a");
    json_string(w, "day", day);
    if (f->pack) {
        struct rule_pack *pack = law_open(f->pack);
        snprintf(name, sizeof name, "rules/%s.conf", f->pack);
        const struct fixture_file *file = need(f, name);
        sha256_hex(file->data, file->size, sha256);
        json_string(w, "pack", f->pack);
        json_string(w, "rule", f->rule);
        json_string(w, "sha256", sha256);
        json_string(w, "version", pack->version);
        free(pack);
    }
    json_object_end(w);
}

/* "652301-0007-P00000042" → 42 */
static int64_t id_number(const char *id)
{
    return strtoll(strrchr(id, '-') + 2, NULL, 10);
}

void package_fixture_record_with(struct package_fixture *f, const char *verdict)
{
    static char text[TEXT_MAX];
    char at[CIVIL_TIME_TEXT_MAX];
    struct json_writer w;
    civil_time_format(start_ms, OFFSET_MINUTES, at);
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    if (!f->test)
        json_raw(&w, "basis", f->basis, strlen(f->basis));
    json_string(&w, "ended_at", at);
    write_files(f, &w);
    json_string(&w, "format", "smogd-record-1");
    json_string(&w, "id", f->id);
    if (f->instruments)
        json_raw(&w, "instruments", f->instruments, strlen(f->instruments));
    if (f->joined)
        json_raw(&w, "joined", f->joined, strlen(f->joined));
    json_string(&w, "kind", f->test ? "test" : "passage");
    json_string(&w, "method", f->method);
    if (f->officers)
        json_raw(&w, "officers", f->officers, strlen(f->officers));
    write_rules(f, &w);
    json_integer(&w, "seq", f->seq ? f->seq : id_number(f->id));
    json_string(&w, "started_at", at);
    json_object_begin(&w, "station");
    json_string(&w, "id", f->station_id);
    json_object_end(&w);
    vehicle_write(&f->vehicle, &w, "vehicle");
    json_raw(&w, "verdict", verdict, strlen(verdict));
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    package_fixture_put(f, "record.json", text, (size_t)length);
}

/* Any readable verdict, to be replaced. */
static void write_placeholder(struct package_fixture *f)
{
    char text[VERDICT_JSON_MAX];
    struct verdict nothing = {.kind = VERDICT_PASS};
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    verdict_write(&nothing, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    (void)length;
    package_fixture_record_with(f, text);
}

void package_fixture_record(struct package_fixture *f)
{
    struct record record;
    struct rejudge again;
    struct rejudge_file files[FIXTURE_FILES_MAX];
    struct err err;
    put_record_file(f, "readings.csv", "", 0);
    write_placeholder(f);
    for (size_t i = 0; i < f->files_count; i++)
        files[i] = (struct rejudge_file){f->files[i].name, f->files[i].data, f->files[i].size};
    const struct fixture_file *text = need(f, "record.json");
    if (record_open(&record, text->data, text->size, &err) || rejudge(&again, &record, files, f->files_count, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    put_record_file(f, "readings.csv", again.readings, again.readings_length);
    snprintf(f->verdict, sizeof f->verdict, "%s", verdict_kind_name(again.kind));
    package_fixture_record_with(f, again.verdict);
    rejudge_close(&again);
    record_close(&record);
}

/* ---- journal ---- */

size_t package_fixture_event(struct package_fixture *f, const char *body)
{
    assert(f->events_count < FIXTURE_EVENTS_MAX);
    f->events[f->events_count] = strdup(body);
    merkle_leaf(body, strlen(body), &f->leaves[f->events_count]);
    return f->events_count++;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t package_fixture_note(struct package_fixture *f, const char *kind, const char *more)
{
    char all[2048], at[CIVIL_TIME_TEXT_MAX], body[2048] = "{";
    char *parts[16];
    size_t count = 0;
    int64_t mono_ms = 500 * (int64_t)f->events_count;
    civil_time_format(start_ms + mono_ms + f->wall_ms, OFFSET_MINUTES, at);
    snprintf(all, sizeof all,
             "\"at\":\"%s\"\n\"boot\":\"b\"\n\"kind\":\"%s\"\n\"mono_ms\":%" PRId64 "\n\"station\":\"%s\"\n%s", at,
             kind, mono_ms, f->station_id, more);
    for (char *part = strtok(all, "\n"); part; part = strtok(NULL, "\n"))
        parts[count++] = part;
    qsort(parts, count, sizeof parts[0], by_key);
    for (size_t i = 0; i < count; i++) {
        strcat(body, i > 0 ? "," : "");
        strcat(body, parts[i]);
    }
    strcat(body, "}");
    return package_fixture_event(f, body);
}

size_t package_fixture_record_event(struct package_fixture *f)
{
    char more[512], sha256[65];
    const struct fixture_file *record = need(f, "record.json");
    sha256_hex(record->data, record->size, sha256);
    snprintf(more, sizeof more, "\"%s\":\"%s\"\n\"record_sha256\":\"%s\"\n\"verdict\":\"%s\"",
             f->test ? "test" : "passage", f->id, sha256, f->verdict);
    return package_fixture_note(f, f->test ? "test-end" : "passage", more);
}

/* Complete subtrees, computed anew each time: the journals of tests are small. */
static int fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    const struct package_fixture *f = ctx;
    if (level == 0) {
        *out = f->leaves[index];
        return 0;
    }
    struct merkle_hash left, right;
    int result = fetch(ctx, level - 1, 2 * index, &left, err) || fetch(ctx, level - 1, 2 * index + 1, &right, err);
    merkle_node(&left, &right, out);
    return result;
}

char *package_fixture_checkpoint(struct package_fixture *f, size_t size)
{
    char *note = malloc(CHECKPOINT_TEXT_MAX + 1);
    struct err err;
    struct checkpoint c = {.log = f->station_id,
                           .size = size,
                           .time_ms = f->checkpoint_ms ? f->checkpoint_ms : start_ms + 1000,
                           .offset_minutes = OFFSET_MINUTES};
    if (!note || merkle_root(size, fetch, f, &c.root, &err) || checkpoint_sign(&c, f->seal, note, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return note;
}

static char *path_json(const struct merkle_hash *path, size_t count)
{
    char *text = malloc(count * 70 + 3);
    assert(text);
    size_t at = 0;
    text[at++] = '[';
    for (size_t i = 0; i < count; i++) {
        text[at++] = '"';
        encoding_hex(path[i].bytes, MERKLE_HASH_SIZE, text + at);
        at += 2 * MERKLE_HASH_SIZE;
        text[at++] = '"';
        if (i + 1 < count)
            text[at++] = ',';
    }
    text[at++] = ']';
    text[at] = '\0';
    return text;
}

char *package_fixture_path(struct package_fixture *f, size_t old_size, size_t size)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count;
    struct err err;
    int result = merkle_consistency(old_size, size, fetch, f, path, &count, &err);
    assert(result == 0);
    (void)result;
    return path_json(path, count);
}

char *package_fixture_inclusion(struct package_fixture *f, size_t index, size_t size)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count;
    struct err err;
    int result = merkle_inclusion(index, size, fetch, f, path, &count, &err);
    assert(result == 0);
    (void)result;
    return path_json(path, count);
}

void package_fixture_proof(struct package_fixture *f, size_t index, const char *extends)
{
    static char text[TEXT_MAX];
    struct json_writer w;
    char *note = package_fixture_checkpoint(f, f->events_count);
    char *hashes = package_fixture_inclusion(f, index, f->events_count);
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_string(&w, "checkpoint", note);
    json_string(&w, "event", f->events[index]);
    if (extends)
        json_raw(&w, "extends", extends, strlen(extends));
    json_integer(&w, "index", (int64_t)index);
    json_raw(&w, "path", hashes, strlen(hashes));
    json_integer(&w, "size", (int64_t)f->events_count);
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    package_fixture_put(f, "log/proof.json", text, (size_t)length);
    free(hashes);
    free(note);
}

void package_fixture_fill(struct package_fixture *f)
{
    package_fixture_record(f);
    package_fixture_note(f, "daemon-start", "");
    package_fixture_note(f, "check", "");
    size_t index = package_fixture_record_event(f);
    package_fixture_proof(f, index, NULL);
}

void package_fixture_seal(struct package_fixture *f, uint8_t **bytes, size_t *size)
{
    struct package_entry entries[FIXTURE_FILES_MAX];
    const struct seal *const seals[] = {f->seal, f->second_seal};
    struct err err;
    for (size_t i = 0; i < f->files_count; i++) {
        struct sha256 h;
        entries[i] =
            (struct package_entry){.name = f->files[i].name, .data = f->files[i].data, .size = f->files[i].size};
        sha256_init(&h);
        sha256_feed(&h, entries[i].data, entries[i].size);
        sha256_finish(&h, entries[i].sha256);
    }
    if (package_build(entries, f->files_count, seals, f->second_seal ? 2 : 1, f->now_ms, bytes, size, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}
