#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

enum { RECORD_MAX = 8192 };

/* One event on its way into the store. */
struct push {
    const struct config_camera *camera;
    struct anpr_event event;
    bool polled;
    struct store_suggestion row;
    struct store_file files[LIVE_SHOTS_MAX];
    size_t files_count;
    char key[2 * ANPR_TEXT_MAX + 2], files_json[2048], record[RECORD_MAX];
};

/* ---- who may push ---- */

static const struct config_camera *find_camera(const struct live *live, const char *name)
{
    for (size_t i = 0; i < live->config->cameras_count; i++)
        if (strcmp(live->config->cameras[i].name, name) == 0)
            return &live->config->cameras[i];
    return NULL;
}

static struct live_camera *known_of(struct live *live, const struct config_camera *camera)
{
    return &live->cameras[camera - live->config->cameras];
}

static bool has_token(const struct webserver_request *request, const char *secret)
{
    const char *token = webserver_argument(request, "token");
    size_t length = strlen(secret);
    return token && strlen(token) == length && CRYPTO_memcmp(token, secret, length) == 0;
}

bool live_camera_admit(void *ctx, struct webserver_request *request)
{
    static const char realm[] = "smogd";
    const struct config_camera *camera = find_camera(ctx, webserver_rest(request));
    if (!camera) {
        webserver_refuse(request, 404, "there is no camera of this name in the station's configuration");
        return false;
    }
    if (camera->secret[0] == '\0' ||
        (camera->user[0] ? webserver_knows_password(request, realm, camera->user, camera->secret)
                         : has_token(request, camera->secret)))
        return true;
    if (camera->user[0])
        webserver_challenge(request, realm);
    else
        webserver_refuse(request, 403, "the token is missing or wrong; push to /anpr/NAME?token=…");
    return false;
}

/* ---- storing ---- */

static int put_file(struct live *live, struct push *p, const char *name, const void *data, size_t length,
                    struct err *err)
{
    struct store_file *file = &p->files[p->files_count];
    *file = (struct store_file){.size = (int64_t)length};
    snprintf(file->name, sizeof file->name, "%s", name);
    if (store_object_put(live->store, data, length, file->sha256, err) != 0)
        return -1;
    p->files_count++;
    return 0;
}

/* XML and pictures, on the disk before anything names them. */
static int put_files(struct live *live, struct push *p, struct err *err)
{
    if (put_file(live, p, p->event.xml[0] == '{' ? "anpr.json" : "anpr.xml", p->event.xml, p->event.xml_length, err) !=
        0)
        return -1;
    for (size_t i = 0; i < p->event.pictures_count; i++)
        if (put_file(live, p, p->event.pictures[i].name, p->event.pictures[i].data, p->event.pictures[i].length, err) !=
            0)
            return -1;
    struct json_writer w;
    json_writer_init(&w, p->files_json, sizeof p->files_json);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < p->files_count; i++) {
        json_object_begin(&w, NULL);
        json_string(&w, "name", p->files[i].name);
        json_string(&w, "sha256", p->files[i].sha256);
        json_integer(&w, "size", p->files[i].size);
        json_object_end(&w);
    }
    json_array_end(&w);
    return json_writer_finish(&w) > 0 ? 0 : err_set(err, ERR_FAILED, "the list of its pictures is too long");
}

/* The plate as the station writes plates; "" where the camera read none, or nothing that is one. */
static void read_plate(struct push *p, enum plate_colour *colour)
{
    struct plate plate;
    if (!plate_colour_by_name(p->event.plate_colour, colour))
        *colour = PLATE_COLOUR_UNKNOWN;
    if (plate_parse(&plate, p->event.plate, *colour, NULL) != 0 &&
        plate_parse(&plate, p->event.plate, PLATE_COLOUR_UNKNOWN, NULL) != 0)
        return;
    *colour = plate.colour;
    snprintf(p->row.plate, sizeof p->row.plate, "%s", plate.text);
}

static void describe(struct push *p, struct entries *e)
{
    enum plate_colour colour;
    read_plate(p, &colour);
    entries_text(e, "camera", p->camera->name);
    entries_text(e, "camera_key", p->key);
    entries_text(e, "camera_time", p->event.time);
    entries_text(e, "chars", p->event.chars);
    entries_text(e, "colour", plate_colour_name(colour));
    entries_text(e, "confidence", p->event.confidence);
    entries_text(e, "direction", p->event.direction);
    entries_raw(e, "files", p->files_json, strlen(p->files_json));
    entries_text(e, "id", p->row.id);
    entries_text(e, "line", p->event.line);
    entries_text(e, "plate", p->row.plate);
    entries_text(e, "plate_read", p->event.plate);
    if (p->polled)
        entries_text(e, "polled", p->event.pic_name);
    entries_text(e, "vehicle_type", p->event.vehicle_type);
}

static void tell(struct live *live, struct push *p)
{
    char at[CIVIL_TIME_TEXT_MAX];
    struct entries e = {0};
    civil_time_format(p->row.at_ms, live->config->utc_offset_minutes, at);
    describe(p, &e);
    entries_text(&e, "at", at);
    live_feed_entries(live, "suggestion", &e);
}

/* Inside a transaction. */
static int append(struct live *live, struct push *p, struct err *err)
{
    uint64_t index;
    if (store_suggestion_next_seq(live->store, &p->row.seq, err) != 0)
        return -1;
    snprintf(p->row.id, sizeof p->row.id, "%.31s-C%06" PRId64, live->config->id, p->row.seq);
    struct entries e = {0};
    describe(p, &e);
    if (live_journal_append(live, "plate-suggestion", &e, p->record, sizeof p->record, &index, err) != 0)
        return -1;
    p->row.record = p->record;
    if (store_suggestion_add(live->store, &p->row, p->key, index, err) != 0)
        return -1;
    for (size_t i = 0; i < p->files_count; i++)
        if (store_file_add(live->store, p->row.id, p->files[i].name, p->files[i].sha256, (size_t)p->files[i].size,
                           err) != 0)
            return -1;
    tell(live, p);
    return 0;
}

static int save(struct live *live, struct push *p, struct err *err)
{
    char what[STORE_REASON_MAX];
    if (live->reserve.is_short) {
        live_reserve_say(live, what, sizeof what);
        return err_set(err, ERR_FAILED, "%s: %s; make room", live->config->state, what);
    }
    if (live_journal_flush(live) != 0)
        return err_set(err, ERR_FAILED, "the journal cannot be written: %s", live->journal_trouble);
    if (put_files(live, p, err) != 0 || store_begin(live->store, err) != 0)
        return -1;
    p->row.at_ms = clock_unix_ms();
    snprintf(p->row.camera, sizeof p->row.camera, "%s", p->camera->name);
    if (append(live, p, err) == 0)
        return store_commit(live->store, err);
    store_rollback(live->store);
    return -1;
}

static int take(struct live *live, struct push *p, char id[LIVE_ID_MAX], bool *repeated, struct err *err)
{
    struct live_camera *known = known_of(live, p->camera);
    anpr_key(&p->event, p->key);
    if (store_suggestion_known(live->store, p->camera->name, p->key, id, err) != 0)
        return -1;
    *repeated = id[0] != '\0';
    known->repeated += *repeated;
    if (*repeated)
        return 0;
    if (save(live, p, err) != 0)
        return -1;
    snprintf(id, LIVE_ID_MAX, "%s", p->row.id);
    known->stored++;
    known->last_ms = p->row.at_ms;
    return 0;
}

int live_camera_take(struct live *live, const struct config_camera *camera, const struct anpr_event *event,
                     struct err *err)
{
    char id[LIVE_ID_MAX];
    bool repeated;
    struct push *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, ERR_FAILED, "out of memory");
    p->camera = camera;
    p->event = *event;
    p->polled = true;
    int result = take(live, p, id, &repeated, err);
    free(p);
    live_settle(live);
    return result;
}

void live_camera_note(struct live *live, const struct config_camera *camera, const char *trouble)
{
    struct live_camera *known = known_of(live, camera);
    if (trouble[0] && strcmp(known->trouble, trouble) != 0)
        log_warning("camera %s: %s", camera->name, trouble);
    snprintf(known->trouble, sizeof known->trouble, "%s", trouble);
}

/* ---- the push ---- */

static void say(struct webserver_request *request, const char *key, const char *value)
{
    char text[256];
    struct json_writer w;
    struct entries e = {0};
    entries_text(&e, key, value);
    entries_bool(&e, "ok", true);
    json_writer_init(&w, text, sizeof text);
    entries_write(&e, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    webserver_answer(request, 200, "application/json", text, length > 0 ? (size_t)length : 0);
}

/* 200 once the event is on the disk; a camera that hears 503 sends it again. */
static void store_push(struct live *live, struct push *p, struct webserver_request *request)
{
    struct err err = {0};
    char id[LIVE_ID_MAX];
    bool repeated;
    if (take(live, p, id, &repeated, &err) != 0) {
        live_camera_note(live, p->camera, err.text);
        webserver_refuse(request, 503, err.text);
        return;
    }
    if (!repeated)
        live_camera_note(live, p->camera, "");
    say(request, repeated ? "repeated" : "id", id);
}

void live_camera_push(void *ctx, struct webserver_request *request)
{
    struct live *live = ctx;
    const struct config_camera *camera = find_camera(live, webserver_rest(request));
    struct push *p = calloc(1, sizeof *p);
    struct err err = {0};
    size_t length;
    const char *body = webserver_body(request, &length), *type = webserver_header(request, "Content-Type");
    if (!p) {
        webserver_refuse(request, 503, "out of memory");
        return;
    }
    p->camera = camera;
    if (anpr_read(&p->event, type ? type : "", body, length, &err) != 0) {
        char trouble[ERR_TEXT_MAX], peer[64];
        webserver_peer(request, peer, sizeof peer);
        snprintf(trouble, sizeof trouble, "a push from %s is refused: %.180s", peer, err.text);
        known_of(live, camera)->refused++;
        live_camera_note(live, camera, trouble);
        webserver_refuse(request, 400, err.text);
    } else if (strcmp(p->event.event_type, "ANPR") != 0) {
        say(request, "ignored", p->event.event_type); /* heartbeats, lost video … */
    } else {
        store_push(live, p, request);
    }
    free(p);
    live_settle(live);
}

/* ---- what an officer makes of it ---- */

static int read_suggestion(struct live *live, const char *id, struct live_suggestion *out, struct err *err)
{
    struct store_suggestion row;
    struct json_token tokens[256];
    char *record = NULL;
    if (store_suggestion_get(live->store, id, &row, &record, err) != 0)
        return -1;
    *out = (struct live_suggestion){.at_ms = row.at_ms};
    snprintf(out->id, sizeof out->id, "%s", row.id);
    snprintf(out->camera, sizeof out->camera, "%s", row.camera);
    snprintf(out->plate, sizeof out->plate, "%.*s", PLATE_TEXT_MAX - 1, row.plate);
    struct json_doc doc = {.tokens = tokens, .max = 256};
    if (!record || json_parse(&doc, record, strlen(record), tokens, 256, NULL) != 0 ||
        !json_get_string(&doc, json_member(&doc, 0, "confidence"), out->confidence, sizeof out->confidence))
        out->confidence[0] = '\0';
    free(record);
    return 0;
}

/* Whatever the camera calls them: its names are not ours to have in a package. */
static int take_shot(void *ctx, const struct store_file *file)
{
    struct live_suggestion *s = ctx;
    if (s->files_count == LIVE_SHOTS_MAX)
        return 1;
    struct record_make_file *out = &s->files[s->files_count];
    size_t length = strlen(file->name);
    bool jpeg = length > 4 && strcmp(file->name + length - 4, ".jpg") == 0;
    bool event = strcmp(file->name, "anpr.xml") == 0 || strcmp(file->name, "anpr.json") == 0;
    if (event)
        snprintf(out->name, sizeof out->name, "camera/%.40s", file->name);
    else
        snprintf(out->name, sizeof out->name, "photos/camera-%zu%s", s->files_count, jpeg ? ".jpg" : "");
    memcpy(out->sha256, file->sha256, sizeof out->sha256);
    out->size = (size_t)file->size;
    s->files_count++;
    return 0;
}

int live_camera_confirm(struct live *live, struct live_test *test, const struct json_doc *request, struct err *err)
{
    char id[LIVE_ID_MAX];
    if (live_request_text(request, "suggestion", false, id, sizeof id, err) != 0)
        return -1;
    if (id[0] == '\0')
        return 0;
    struct live_suggestion *s = &test->suggestion;
    if (read_suggestion(live, id, s, err) != 0)
        return -1;
    s->agreed = strcmp(s->plate, test->vehicle.plate.text) == 0;
    if (!s->agreed)
        return 0; /* the officer read it otherwise: typed, with the camera's reading beside it */
    if (store_file_list(live->store, s->id, take_shot, s, err) != 0)
        return -1;
    test->vehicle.plate_source = FACT_CAMERA;
    snprintf(test->vehicle.plate_by, sizeof test->vehicle.plate_by, "%s", s->camera);
    snprintf(test->vehicle.plate_confidence, sizeof test->vehicle.plate_confidence, "%.3s", s->confidence);
    return 0;
}

void live_camera_write(const struct live_test *test, struct json_writer *w)
{
    const struct live_suggestion *s = &test->suggestion;
    struct entries e = {0};
    entries_integer(&e, "age_ms", test->started_ms - s->at_ms);
    entries_bool(&e, "agreed", s->agreed);
    entries_text(&e, "camera", s->camera);
    entries_text(&e, "confidence", s->confidence);
    entries_text(&e, "id", s->id);
    entries_text(&e, "plate", s->plate);
    entries_write(&e, w, NULL);
}

void live_camera_status(const struct live *live, struct json_writer *w)
{
    json_array_begin(w, "cameras");
    for (size_t i = 0; i < live->config->cameras_count; i++) {
        const struct live_camera *known = &live->cameras[i];
        json_object_begin(w, NULL);
        if (known->last_ms)
            json_integer(w, "age_ms", clock_unix_ms() - known->last_ms);
        json_string(w, "name", live->config->cameras[i].name);
        if (live->config->cameras[i].poll[0])
            json_integer(w, "polls", (int64_t)known->polls);
        json_string(w, "problem", known->trouble);
        json_integer(w, "refused", (int64_t)known->refused);
        json_integer(w, "repeated", (int64_t)known->repeated);
        json_integer(w, "stored", (int64_t)known->stored);
        json_object_end(w);
    }
    json_array_end(w);
}
