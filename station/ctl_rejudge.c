/*
 * The verdict again from the stored input, by the same code as smogverify (reports/rejudge.h); and the way to a sealed
 * package.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/container.h"
#include "reports/file.h"
#include "reports/record.h"
#include "reports/rejudge.h"
#include "reports/sha256.h"
#include "station/config_read.h"
#include "station/ctl.h"
#include "station/record_wire.h"

enum { FILES_MAX = 64 };

/* The stored input of one record. */
struct input {
    char *text; /* record.json */
    size_t text_length;
    struct record record;
    struct rejudge_file files[FILES_MAX];
    char *owned[FILES_MAX]; /* contents to free, in no order */
    char names[FILES_MAX][128];
    size_t count, owned_count;
    char *package; /* the whole file, where one is read */
    struct container *container;
    bool no_readings; /* of a passage only the digest of readings.csv is kept */
};

static int add_file(struct input *in, const char *name, char *data, size_t size, bool own, struct err *err)
{
    if (own)
        in->owned[in->owned_count++] = data;
    if (in->count == FILES_MAX - 2)
        return err_set(err, ERR_FAILED, "the record has more than %d files", FILES_MAX - 2);
    snprintf(in->names[in->count], sizeof in->names[0], "%s", name);
    in->files[in->count] = (struct rejudge_file){in->names[in->count], data, size};
    in->count++;
    return 0;
}

static void input_close(struct input *in)
{
    record_close(&in->record);
    for (size_t i = 0; i < in->owned_count; i++)
        free(in->owned[i]);
    free(in->text);
    free(in->package);
    free(in->container);
    free(in);
}

/* ---- from the store ---- */

static int load_object(struct ctl *ctl, struct input *in, const struct record_file *file, struct err *err)
{
    void *data = NULL;
    size_t size = 0;
    if (store_object_get(ctl->store, file->sha256, &data, &size, err) != 0)
        return err_prefix(err, "%s", file->name);
    return add_file(in, file->name, data, size, true, err);
}

/* A passage that is no case has its bytes in its row: the recording is written again from them, and must have the
 * digest that the record tells. */
static int make_wire(struct input *in, const char *raw, const struct record_file *file, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    enum { ROOM = 32 << 10 };
    ptrdiff_t instruments = json_member(&in->record.doc, 0, "instruments");
    ptrdiff_t instrument = instruments < 0 ? -1 : json_element(&in->record.doc, (size_t)instruments, 0);
    char *out = malloc(ROOM);
    if (!out)
        return err_set(err, ERR_FAILED, "out of memory");
    ptrdiff_t length = record_wire_again(&in->record.doc, instrument, raw, out, ROOM);
    if (length >= 0)
        sha256_hex(out, (size_t)length, digest);
    if (length < 0 || strcmp(digest, file->sha256) != 0) {
        free(out);
        return err_set(err, ERR_FAILED, "%s: the stored bytes are not those that the record tells of", file->name);
    }
    return add_file(in, file->name, out, (size_t)length, true, err);
}

static int load_passage_files(struct ctl *ctl, struct input *in, const char *raw, struct err *err)
{
    static char nothing[1];
    for (size_t i = 0; i < in->record.files_count; i++) {
        const struct record_file *file = &in->record.files[i];
        int result = 0;
        if (strncmp(file->name, "wire/", 5) == 0) {
            result = make_wire(in, raw, file, err);
        } else if (strcmp(file->name, "readings.csv") == 0) {
            in->no_readings = true;
            result = add_file(in, file->name, nothing, 0, false, err);
        } else {
            result = load_object(ctl, in, file, err);
        }
        if (result != 0)
            return -1;
    }
    return 0;
}

static int load_stored(struct ctl *ctl, const char *id, struct input *in, struct err *err)
{
    struct store_test test;
    struct store_passage passage;
    struct err why = {0};
    char *raw = NULL;
    if (store_test_get(ctl->store, id, &test, &in->text, &why) == 0) {
        if (!in->text)
            return err_set(err, ERR_REFUSED, "test %s is still running", id);
    } else if (why.code != ERR_INVALID || store_passage_get(ctl->store, id, &passage, &in->text, &raw, &why) != 0) {
        return why.code == ERR_INVALID ? err_set(err, ERR_INVALID, "there is no test and no passage '%s'", id)
                                       : err_set(err, why.code, "%s", why.text);
    }
    in->text_length = strlen(in->text);
    int result = record_open(&in->record, in->text, in->text_length, err);
    if (result == 0 && raw)
        result = load_passage_files(ctl, in, raw, err);
    for (size_t i = 0; result == 0 && !raw && i < in->record.files_count; i++)
        result = load_object(ctl, in, &in->record.files[i], err);
    free(raw);
    return result;
}

/* ---- from a package ---- */

static int load_package(const char *path, struct input *in, struct err *err)
{
    size_t size = 0;
    in->container = malloc(sizeof *in->container);
    if (!in->container)
        return err_set(err, ERR_FAILED, "out of memory");
    if (file_read(path, CONTAINER_SIZE_MAX, &in->package, &size, err) != 0 ||
        container_read(in->container, (const uint8_t *)in->package, size, err) != 0)
        return -1;
    const struct container_entry *record = container_find(in->container, "record.json");
    if (!record)
        return err_set(err, ERR_FAILED, "%s holds no record.json", path);
    in->text = malloc(record->size + 1);
    if (!in->text)
        return err_set(err, ERR_FAILED, "out of memory");
    memcpy(in->text, record->data, record->size);
    in->text[record->size] = '\0';
    in->text_length = record->size;
    if (record_open(&in->record, in->text, in->text_length, err) != 0)
        return -1;
    for (size_t i = 0; i < in->container->count; i++) {
        const struct container_entry *e = &in->container->entries[i];
        if (record_find_file(&in->record, e->name) &&
            add_file(in, e->name, in->package + (e->data - (const uint8_t *)in->package), e->size, false, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- what the law of today would say ---- */

struct anew {
    struct rule_pack pack;
    struct vehicle vehicle;
    struct record record;
    struct rejudge result;
    char path[2 * CONFIG_PATH_MAX];
    char *text;
    size_t length;
};

int ctl_pack_now(const struct ctl *ctl, const char *id, const char *sha256, struct rule_pack *pack, char *path,
                 size_t size, struct err *err)
{
    struct config_source source;
    snprintf(path, size, "%s/%s.conf", ctl->config->rules_dir, id);
    if (access(path, F_OK) != 0)
        return 0;
    if (config_source_open(&source, path, err) != 0)
        return -1;
    int result = rules_load(pack, &source.conf, err);
    memcpy(pack->sha256, source.sha256, sizeof pack->sha256);
    config_source_close(&source);
    return result != 0 ? -1 : strcmp(pack->sha256, sha256) != 0;
}

static int load_pack(const struct ctl *ctl, const struct input *in, struct anew *a, struct err *err)
{
    int other = ctl_pack_now(ctl, in->record.pack, in->record.pack_sha256, &a->pack, a->path, sizeof a->path, err);
    return other == 1 && file_read(a->path, 1 << 20, &a->text, &a->length, err) != 0 ? -1 : other;
}

/* The same input as if the record had asked for that pack. */
static int judge_with(const struct input *in, struct anew *a, struct err *err)
{
    const struct rule_pack *found = NULL;
    struct rejudge_file files[FILES_MAX];
    char name[64];
    if (vehicle_read(&a->vehicle, &in->record.doc, in->record.vehicle, err) != 0)
        return -1;
    const struct rule *rule = rules_select(&a->pack, 1, in->record.method, &a->vehicle, in->record.day, &found, err);
    if (!rule)
        return -1;
    a->record = in->record;
    memcpy(a->record.pack_version, a->pack.version, sizeof a->record.pack_version);
    memcpy(a->record.pack_sha256, a->pack.sha256, sizeof a->record.pack_sha256);
    memcpy(a->record.rule, rule->name, sizeof a->record.rule);
    memcpy(files, in->files, in->count * sizeof files[0]);
    snprintf(name, sizeof name, "rules/%s.conf", in->record.pack);
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(files[i].name, name) == 0)
            files[i] = (struct rejudge_file){name, a->text, a->length};
    return rejudge(&a->result, &a->record, files, in->count, err);
}

/* ---- the answer ---- */

struct answer {
    struct rejudge result;
    bool newer; /* another pack of that name is in force; `kind` is what it would say */
    char newer_version[RULES_ID_MAX], newer_trouble[ERR_TEXT_MAX];
    enum verdict_kind newer_kind;
};

static int judge_anew(const struct ctl *ctl, const struct input *in, struct answer *answer, struct err *err)
{
    struct anew *a = calloc(1, sizeof *a);
    struct err why = {0};
    if (!a)
        return err_set(err, ERR_FAILED, "out of memory");
    int other = load_pack(ctl, in, a, &why);
    answer->newer = other == 1 && judge_with(in, a, &why) == 0;
    if (answer->newer) {
        memcpy(answer->newer_version, a->pack.version, sizeof answer->newer_version);
        answer->newer_kind = a->result.kind;
    } else if (other != 0) {
        snprintf(answer->newer_trouble, sizeof answer->newer_trouble, "%s", why.text);
    }
    rejudge_close(&a->result);
    free(a->text);
    free(a);
    return 0;
}

/* Of a passage that is no case the record keeps the digest of readings.csv alone. */
static void compare_digest(const struct input *in, struct rejudge *result)
{
    char digest[SHA256_HEX_SIZE];
    const struct record_file *file = record_find_file(&in->record, "readings.csv");
    sha256_hex(result->readings, result->readings_length, digest);
    result->readings_same = file && strcmp(file->sha256, digest) == 0;
    if (result->readings_same && result->verdict_same)
        result->difference[0] = '\0';
}

static int print_answer(const struct ctl *ctl, const struct input *in, const struct answer *answer, struct err *err)
{
    const struct rejudge *r = &answer->result;
    const char *recorded = verdict_kind_name(in->record.judged.kind), *now = verdict_kind_name(r->kind);
    struct json_writer w;
    if (!ctl->json) {
        printf("%s: recorded %s %s, recomputed %s %s\n", in->record.id, ctl_word_verdict(recorded)->zh, recorded,
               ctl_word_verdict(now)->zh, now);
        printf("  verdict %s, readings.csv %s\n", r->verdict_same ? "the same, byte for byte" : "DIFFERS",
               r->readings_same ? "the same, byte for byte" : "DIFFERS");
        if (r->difference[0])
            printf("  %s\n", r->difference);
        if (r->remark[0])
            printf("  %s\n", r->remark);
        if (answer->newer)
            printf("  by %s version %s, which is in force now, the verdict would be %s; the record stays as it is\n",
                   in->record.pack, answer->newer_version, verdict_kind_name(answer->newer_kind));
        if (answer->newer_trouble[0])
            printf("  by the %s in force now it cannot be judged: %s\n", in->record.pack, answer->newer_trouble);
        return 0;
    }
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_string(&w, "difference", r->difference);
    json_string(&w, "id", in->record.id);
    if (answer->newer) {
        json_object_begin(&w, "newer");
        json_string(&w, "pack", in->record.pack);
        json_string(&w, "verdict", verdict_kind_name(answer->newer_kind));
        json_string(&w, "version", answer->newer_version);
        json_object_end(&w);
    } else {
        json_null(&w, "newer");
    }
    json_string(&w, "newer_trouble", answer->newer_trouble);
    json_bool(&w, "ok", r->verdict_same && r->readings_same);
    json_bool(&w, "readings_same", r->readings_same);
    json_string(&w, "recomputed", now);
    json_string(&w, "recorded", recorded);
    json_string(&w, "remark", r->remark);
    json_bool(&w, "verdict_same", r->verdict_same);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

static int judge(struct ctl *ctl, struct input *in, struct err *err)
{
    struct answer answer = {0};
    const struct verdict *recorded = &in->record.judged;
    if (recorded->kind == VERDICT_ABORTED && recorded->reasons_count && strcmp(recorded->reasons[0], STORE_LOST) == 0)
        return err_set(err, ERR_REFUSED,
                       "%s ended with '%s': its recording has no end, so there is nothing to recompute", in->record.id,
                       STORE_LOST);
    int result = rejudge(&answer.result, &in->record, in->files, in->count, err);
    if (result == 0 && in->no_readings)
        compare_digest(in, &answer.result);
    if (result == 0 && ctl->config)
        result = judge_anew(ctl, in, &answer, err);
    if (result == 0)
        result = print_answer(ctl, in, &answer, err);
    bool same = answer.result.verdict_same && answer.result.readings_same;
    rejudge_close(&answer.result);
    if (result != 0 || same)
        return result;
    ctl->answered = true;
    return err_set(err, ERR_FAILED, "%s: the recomputation differs from the record", in->record.id);
}

int ctl_rejudge(struct ctl *ctl, struct err *err)
{
    const char *what = ctl->words[0];
    struct store_check check;
    if (access(what, F_OK) != 0) {
        if (ctl_open_store(ctl, err) != 0)
            return -1;
        if (store_check_get(ctl->store, what, &check, NULL) == 0)
            return ctl_check_again(ctl, &check, err);
    }
    struct input *in = calloc(1, sizeof *in);
    if (!in)
        return err_set(err, ERR_FAILED, "out of memory");
    bool package = access(what, F_OK) == 0;
    int result = 0;
    if (package) {
        ctl_load_config(ctl, NULL); /* for today's rules, where this is a station */
        result = load_package(what, in, err);
    } else {
        result = ctl_open_store(ctl, err) != 0 ? -1 : load_stored(ctl, what, in, err);
    }
    if (result == 0)
        result = judge(ctl, in, err);
    input_close(in);
    return result;
}

/* ---- package ---- */

int ctl_package(struct ctl *ctl, struct err *err)
{
    struct store_package package;
    char *data = NULL, digest[SHA256_HEX_SIZE], path[2 * CONFIG_PATH_MAX];
    size_t size = 0;
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE.asice");
    if (ctl_open_store(ctl, err) != 0 || store_package_get(ctl->store, ctl->words[0], &package, err) != 0)
        return -1;
    bool relative = package.path[0] != '/';
    snprintf(path, sizeof path, "%s%s%s", relative ? ctl->config->state : "", relative ? "/" : "", package.path);
    if (file_read(path, CONTAINER_SIZE_MAX, &data, &size, err) != 0)
        return -1;
    sha256_hex(data, size, digest);
    int result = strcmp(digest, package.sha256) == 0
                     ? file_write(ctl->output, data, size, 0644, err)
                     : err_set(err, ERR_FAILED, "%s is not the package that was sealed; its digest differs", path);
    free(data);
    if (result != 0)
        return -1;
    if (ctl->json) {
        struct entries e = {0};
        entries_text(&e, "case", package.case_id);
        entries_text(&e, "file", ctl->output);
        entries_text(&e, "sha256", digest);
        entries_integer(&e, "size", (int64_t)size);
        return ctl_json_entries(&e, err);
    }
    printf("%s: %zu bytes, sha256 %s\n", ctl->output, size, digest);
    return 0;
}
