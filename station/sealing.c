#include "station/sealing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/checkpoint.h"
#include "reports/container.h"
#include "reports/encoding.h"
#include "reports/file.h"
#include "reports/log.h"
#include "reports/merkle_json.h"
#include "reports/sha256.h"
#include "reports/slip.h"
#include "station/case_json.h"
#include "station/case_sheet.h"
#include "station/core/json.h"
#include "station/photos.h"

enum {
    FILE_MODE = 0640,
    PROOF_ROOM = 4 * CHECKPOINT_TEXT_MAX + 3 * MERKLE_PATH_MAX * (2 * MERKLE_HASH_SIZE + 3) + 1024,
};

int sealing_init(struct sealing *s, struct err *err)
{
    char packages[QUEUE_PATH_MAX + 256];
    snprintf(packages, sizeof packages, "%s/packages", s->folder);
    if (file_sweep(packages, err) != 0 || queue_package_tree(s->queue, &s->proved, err) != 0)
        return -1;
    return queue_checkpoint_last(s->queue, &s->latest, err);
}

/* ---- checkpoints ---- */

static bool signed_by(const char *note, const struct seal *seal)
{
    struct checkpoint_read read;
    struct err err;
    uint8_t id[SEAL_KEY_ID_SIZE];
    seal_key_id(seal, id);
    return note[0] != '\0' && checkpoint_read(&read, note, strlen(note), &err) == 0 &&
           memcmp(read.key_id, id, sizeof id) == 0;
}

int sealing_news(struct sealing *s, bool *news, struct err *err)
{
    uint64_t size = 0;
    if (store_size(s->store, &size, err) != 0)
        return -1;
    *news = size != s->latest.size || (s->latest.note[0] != '\0' && !signed_by(s->latest.note, s->seals[0]));
    return 0;
}

/* The journal must still begin with what was signed last. */
static int check_continues(struct sealing *s, uint64_t size, struct err *err)
{
    struct merkle_hash root;
    const struct queue_checkpoint *c = &s->latest;
    if (c->note[0] == '\0')
        return 0;
    if (size < c->size)
        return err_set(err, ERR_REFUSED,
                       "the journal has %" PRIu64 " events, but %" PRIu64
                       " were signed already: is this an old copy of "
                       "the database? Nothing is signed; restore the newest backup",
                       size, c->size);
    if (store_root(s->store, c->size, &root, err) != 0)
        return -1;
    if (memcmp(&root, &c->root, sizeof root) != 0)
        return err_set(err, ERR_REFUSED,
                       "the first %" PRIu64 " events of the journal are not those that were signed: it was altered. "
                       "Nothing is signed; see: smogctl journal verify",
                       c->size);
    return 0;
}

static int keep_checkpoint(struct sealing *s, const struct queue_checkpoint *c, struct err *err)
{
    if (queue_begin(s->queue, err) != 0)
        return -1;
    if (queue_checkpoint_add(s->queue, c, err) != 0) {
        queue_rollback(s->queue);
        return -1;
    }
    if (queue_commit(s->queue, err) != 0)
        return -1;
    s->latest = *c;
    return 0;
}

int sealing_checkpoint(struct sealing *s, int64_t now_ms, struct err *err)
{
    struct queue_checkpoint c = {.signed_ms = now_ms};
    if (store_size(s->store, &c.size, err) != 0 || check_continues(s, c.size, err) != 0)
        return -1;
    if (c.size == s->latest.size && signed_by(s->latest.note, s->seals[0]))
        return 0;
    if (store_root(s->store, c.size, &c.root, err) != 0)
        return -1;
    const struct checkpoint text = {.log = store_log(s->store),
                                    .size = c.size,
                                    .root = c.root,
                                    .time_ms = now_ms,
                                    .offset_minutes = s->offset_minutes};
    if (checkpoint_sign(&text, s->seals[0], c.note, err) != 0)
        return -1;
    return keep_checkpoint(s, &c, err);
}

/* ---- what belongs to a case ---- */

struct contents {
    struct store *store;
    char *record;
    uint64_t event; /* the one that names the record */
    size_t count;
    struct package_entry entries[CONTAINER_ENTRIES_MAX];
    void *owned[CONTAINER_ENTRIES_MAX];                    /* the entries' memory */
    char names[CONTAINER_ENTRIES_MAX][CONTAINER_NAME_MAX]; /* and their names */
    bool failed;                                           /* a file could not be added; *err says why */
    struct err *err;
};

static void contents_free(struct contents *c)
{
    if (!c)
        return;
    free(c->record);
    for (size_t i = 0; i < c->count; i++)
        free(c->owned[i]);
    free(c);
}

/* Takes `data` over, also when it fails. */
static int add_entry(struct contents *c, const char *name, void *data, size_t size, const uint8_t sha256[32])
{
    if (c->count == CONTAINER_ENTRIES_MAX) {
        free(data);
        return err_set(c->err, ERR_INVALID, "more than %d files belong to the case", CONTAINER_ENTRIES_MAX);
    }
    struct package_entry *e = &c->entries[c->count];
    char *own_name = c->names[c->count];
    snprintf(own_name, sizeof c->names[0], "%s", name);
    *e = (struct package_entry){.name = own_name, .data = data, .size = size};
    memcpy(e->sha256, sha256, sizeof e->sha256);
    c->owned[c->count++] = data;
    return 0;
}

static int add_made(struct contents *c, const char *name, void *text, size_t length)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, text, length);
    sha256_finish(&h, digest);
    return add_entry(c, name, text, length, digest);
}

/* An object file, whose digest the store has checked. */
static int read_file(struct contents *c, const struct store_file *file)
{
    void *data = NULL;
    size_t size = 0;
    uint8_t digest[SHA256_BYTES];
    if (!encoding_unhex(file->sha256, strlen(file->sha256), digest, sizeof digest))
        return err_set(c->err, ERR_FAILED, "%s: no readable hash in the database", file->name);
    if (store_object_get(c->store, file->sha256, &data, &size, c->err) != 0)
        return err_prefix(c->err, "%s", file->name);
    return add_entry(c, file->name, data, size, digest);
}

static int add_file(void *ctx, const struct store_file *file)
{
    struct contents *c = ctx;
    c->failed = read_file(c, file) != 0;
    return c->failed;
}

/* The order of reading: what it is, numbers, raw input, law, pictures, and the proof at last. */
static int rank_of(const char *name)
{
    static const char *const order[] = {"record.json", "case.json", "report.pdf", "readings.csv", "wire/",
                                        "rules/",      "profiles/", "photos/",    "overlay/"};
    int rank = 0;
    for (; rank < (int)(sizeof order / sizeof order[0]); rank++)
        if (strncmp(name, order[rank], strlen(order[rank])) == 0)
            break;
    return rank;
}

static int by_rank(const void *a, const void *b)
{
    const struct package_entry *left = a, *right = b;
    int difference = rank_of(left->name) - rank_of(right->name);
    return difference ? difference : strcmp(left->name, right->name);
}

/* The record of a test or a passage, and the event that closed it. */
static int find_record(struct contents *c, const char *subject)
{
    struct store_test test;
    struct store_passage passage;
    struct err no_test = {0};
    if (store_test_get(c->store, subject, &test, &c->record, &no_test) == 0) {
        if (!c->record || test.end_event < 0)
            return err_set(c->err, ERR_REFUSED, "test %s has not ended", subject);
        c->event = (uint64_t)test.end_event;
        return 0;
    }
    if (no_test.code != ERR_INVALID)
        return err_set(c->err, no_test.code, "%s", no_test.text);
    if (store_passage_get(c->store, subject, &passage, &c->record, NULL, c->err) != 0)
        return -1;
    c->event = (uint64_t)passage.event;
    return 0;
}

/* The event by which the pictures were judged when the case was reviewed, malloc'ed; NULL where there is none. */
static int read_photo_check(struct contents *c, const char *subject, char **body, size_t *length)
{
    struct photos *photos = calloc(1, sizeof *photos);
    int result = photos ? photos_read(photos, c->store, subject, c->err) : err_set(c->err, ERR_FAILED, "out of memory");
    if (result == 0 && photos->check_event >= 0)
        result = store_event_get(c->store, (uint64_t)photos->check_event, body, length, c->err);
    free(photos);
    return result;
}

/* The page for people, from what was gathered. */
static int add_report(struct contents *c, const char *subject)
{
    struct slip_report report = {.record = c->record, .record_length = strlen(c->record)};
    char *photo_check = NULL;
    if (read_photo_check(c, subject, &photo_check, &report.photo_check_length) != 0)
        return -1;
    report.photo_check = photo_check;
    uint8_t *pdf = NULL;
    size_t size = 0;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->entries[i].name, "readings.csv") == 0) {
            report.readings = c->entries[i].data;
            report.readings_length = c->entries[i].size;
        }
    int result = slip_report_make(&report, &pdf, &size, c->err);
    free(photo_check);
    if (result != 0)
        return err_prefix(c->err, "report.pdf");
    return add_made(c, "report.pdf", pdf, size);
}

/* The copy with words for those who look at pictures only. One that cannot be made keeps no case from its seal. */
static int add_sheet(struct contents *c)
{
    uint8_t *jpeg = NULL;
    size_t size = 0;
    const struct package_entry *original = case_sheet_original(c->entries, c->count);
    if (!original)
        return 0;
    if (case_sheet_make(c->record, original, &jpeg, &size, c->err) == 0)
        return add_made(c, CASE_SHEET_NAME, jpeg, size);
    if (c->err->code != ERR_INVALID)
        return -1;
    log_warning("%s: %s; the package goes without %s", original->name, c->err->text, CASE_SHEET_NAME);
    return 0;
}

/* The files of the record, then the record and its report in front of them. */
static int gather(struct contents *c, const char *subject)
{
    if (find_record(c, subject) != 0 || store_file_list(c->store, subject, add_file, c, c->err) != 0 || c->failed ||
        add_sheet(c) != 0 || add_report(c, subject) != 0)
        return -1;
    char *text = strdup(c->record);
    if (!text)
        return err_set(c->err, ERR_FAILED, "out of memory");
    return add_made(c, "record.json", text, strlen(text));
}

/* ---- its place in the journal ---- */

/* The journal's first `size` events are those of this checkpoint. */
static int write_extension(const struct sealing *s, struct json_writer *w, uint64_t size, struct err *err)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count = 0;
    if (merkle_consistency(size, s->latest.size, store_fetch, s->store, path, &count, err) != 0)
        return -1;
    json_object_begin(w, NULL);
    merkle_json_write(w, path, count);
    json_integer(w, "size", (int64_t)size);
    json_object_end(w);
    return 0;
}

/* From the journal that the package before proves, and from the one that is time-stamped (0: none). */
static int write_extends(const struct sealing *s, struct json_writer *w, uint64_t stamped, struct err *err)
{
    bool proved = s->proved != 0 && s->proved != s->latest.size;
    bool stamp = stamped != 0 && stamped != s->latest.size && (!proved || stamped != s->proved);
    if (!proved && !stamp)
        return 0;
    json_array_begin(w, "extends");
    if ((proved && write_extension(s, w, s->proved, err) != 0) || (stamp && write_extension(s, w, stamped, err) != 0))
        return -1;
    json_array_end(w);
    return 0;
}

/* The newest time stamp over a checkpoint up to this one, and what it stamps. */
static int add_stamp(const struct sealing *s, struct contents *c, uint64_t *size)
{
    struct queue_stamp stamp;
    if (queue_stamp_up_to(s->queue, s->latest.size, &stamp, c->err) != 0)
        return -1;
    *size = stamp.size;
    if (!stamp.token)
        return 0;
    if (add_made(c, "log/timestamp.tsr", stamp.token, stamp.token_size) != 0)
        return -1;
    char *note = strdup(stamp.note);
    if (!note)
        return err_set(c->err, ERR_FAILED, "out of memory");
    return add_made(c, "log/timestamp.note", note, strlen(note));
}

/* FORMATS.md, "Proof". */
static int add_proof(const struct sealing *s, struct contents *c)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count = 0, body_length = 0;
    uint64_t stamped = 0;
    char *body = NULL, *out = NULL;
    if (add_stamp(s, c, &stamped) != 0 ||
        merkle_inclusion(c->event, s->latest.size, store_fetch, s->store, path, &count, c->err) != 0 ||
        store_event_get(s->store, c->event, &body, &body_length, c->err) != 0)
        return -1;
    size_t room = PROOF_ROOM + 6 * body_length; /* an escape has at most 6 letters */
    out = malloc(room);
    if (!out) {
        free(body);
        return err_set(c->err, ERR_FAILED, "out of memory");
    }
    struct json_writer w;
    json_writer_init(&w, out, room);
    json_object_begin(&w, NULL);
    json_string(&w, "checkpoint", s->latest.note);
    json_string_n(&w, "event", body, body_length);
    int result = write_extends(s, &w, stamped, c->err);
    json_integer(&w, "index", (int64_t)c->event);
    merkle_json_write(&w, path, count);
    json_integer(&w, "size", (int64_t)s->latest.size);
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    free(body);
    if (result != 0) {
        free(out);
        return -1;
    }
    assert(length > 0);
    return add_made(c, "log/proof.json", out, (size_t)length);
}

/* case.json, which lists every file but those of the journal, and the events that it rests on. */
static int add_case(const struct sealing *s, struct contents *c, const struct store_case *of, int64_t now_ms)
{
    struct case_json *made = NULL;
    char *text = NULL;
    size_t length = 0;
    const struct case_json_source source = {.store = c->store,
                                            .case_id = of->id,
                                            .subject = of->subject,
                                            .record = c->record,
                                            .entries = c->entries,
                                            .entries_count = c->count,
                                            .sealed_ms = now_ms,
                                            .offset_minutes = s->offset_minutes,
                                            .tree_size = s->latest.size};
    if (case_json_open(&made, &source, c->err) != 0)
        return -1;
    int result = case_json_write(made, &text, &length, c->err);
    if (result == 0)
        result = add_made(c, "case.json", text, length);
    if (result == 0)
        result = case_json_write_events(made, &text, &length, c->err);
    if (result == 0)
        result = add_made(c, "log/events.json", text, length);
    case_json_close(made);
    return result;
}

/* ---- the package ---- */

/* The file first, then its row. Once a commit was tried the file stays, whatever came
 * of it: after a power cut the row may be there all the same. */
static int keep_package(struct sealing *s, const struct queue_package *p, const uint8_t *bytes, struct err *err)
{
    char path[QUEUE_PATH_MAX + 256];
    snprintf(path, sizeof path, "%s/%s", s->folder, p->path);
    if (file_write(path, bytes, p->size, FILE_MODE, err) != 0)
        return -1;
    int result = queue_begin(s->queue, err);
    if (result == 0)
        result = queue_package_add(s->queue, p, err);
    if (result == 0)
        return queue_commit(s->queue, err);
    queue_rollback(s->queue);
    unlink(path);
    return -1;
}

static int build(struct sealing *s, struct contents *c, const struct store_case *of, int64_t now_ms,
                 struct queue_package *p, struct err *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (gather(c, of->subject) != 0)
        return -1;
    qsort(c->entries, c->count, sizeof c->entries[0], by_rank);
    if (add_case(s, c, of, now_ms) != 0 || add_proof(s, c) != 0)
        return -1;
    qsort(c->entries, c->count, sizeof c->entries[0], by_rank);
    if (package_build(c->entries, c->count, s->seals, s->seals_count, now_ms, &bytes, &size, err) != 0)
        return -1;
    *p = (struct queue_package){.size = size, .tree_size = s->latest.size, .sealed_ms = now_ms};
    snprintf(p->case_id, sizeof p->case_id, "%s", of->id);
    sha256_hex(bytes, size, p->sha256);
    snprintf(p->path, sizeof p->path, "packages/%s-%.16s.asice", of->id, p->sha256);
    int result = keep_package(s, p, bytes, err);
    free(bytes);
    return result;
}

int sealing_case(struct sealing *s, const struct store_case *of, int64_t now_ms, struct queue_package *out,
                 struct err *err)
{
    struct queue_package made;
    struct contents *c = NULL;
    if (!container_name_ok(of->id, strlen(of->id)) || strchr(of->id, '/'))
        return err_set(err, ERR_INVALID, "the case's id '%s' cannot be the name of a file", of->id);
    if (sealing_checkpoint(s, now_ms, err) != 0)
        return -1;
    c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, ERR_FAILED, "out of memory");
    c->store = s->store;
    c->err = err;
    int result = build(s, c, of, now_ms, &made, err);
    contents_free(c);
    if (result != 0)
        return -1;
    s->proved = made.tree_size;
    if (out)
        *out = made;
    return 0;
}
