#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocols/jpeg.h"
#include "reports/file.h"
#include "reports/record.h"
#include "reports/sha256.h"
#include "station/live_parts.h"
#include "station/photos.h"

/* Whose pictures they are. */
struct subject {
    const char *key; /* "test" or "passage", as events call it */
    char id[LIVE_ID_MAX];
    struct civil_date day;
    char *record; /* NULL while the test runs */
};

/* A picture on its way in. */
struct coming {
    struct subject subject;
    struct photos photos;
    char *bytes;
    size_t length;
    struct jpeg jpeg;
    struct photo photo;
    int64_t others;   /* bytes of those that are there */
    const char *twin; /* one with the same bytes */
    char twin_name[128];
};

/* ---- whose ---- */

static int find_subject(const struct live *live, const char *id, struct subject *out, struct err *err)
{
    struct store_test test;
    struct store_passage passage;
    snprintf(out->id, sizeof out->id, "%s", id);
    if (store_test_get(live->store, id, &test, &out->record, NULL) == 0) {
        if (strcmp(test.verdict, "void") == 0)
            return err_set(err, ERR_REFUSED, "test %s is void; nothing can be added to it", id);
        out->key = "test";
        out->day = civil_date_of(test.started_ms, live->config->utc_offset_minutes);
        return 0;
    }
    if (store_passage_get(live->store, id, &passage, &out->record, NULL, NULL) != 0)
        return err_set(err, ERR_INVALID, "there is no test or passage '%s'", id);
    out->key = "passage";
    out->day = civil_date_of(passage.at_ms, live->config->utc_offset_minutes);
    return 0;
}

/* What a reviewer has seen does not change any more. */
static int check_state(const struct live *live, const char *id, struct err *err)
{
    char state[16];
    if (store_case_state(live->store, id, state, err) != 0)
        return -1;
    if (state[0] == '\0' || strcmp(state, "exceeded") == 0)
        return 0;
    return err_set(err, ERR_REFUSED,
                   "the case of %s is at '%s': pictures are added before its first review, since what a reviewer has "
                   "seen does not change; return the case, or hand the picture over by itself",
                   id, state);
}

/* ---- what the law asks ---- */

/* The clock at the end of the test; while it runs, now. */
static void clock_of(const struct live *live, const struct subject *subject, bool *synchronised, int64_t *error_ms)
{
    struct json_token *tokens = malloc(RECORD_TOKENS_MAX * sizeof *tokens);
    struct json_doc doc = {.tokens = tokens, .max = RECORD_TOKENS_MAX};
    struct clock_stamp stamp;
    live_stamp(live, &stamp);
    *synchronised = stamp.synchronised;
    *error_ms = stamp.error_ms;
    if (tokens && subject->record &&
        json_parse(&doc, subject->record, strlen(subject->record), tokens, RECORD_TOKENS_MAX, NULL) == 0) {
        ptrdiff_t clock = json_member(&doc, 0, "clock");
        *synchronised = clock >= 0 && json_get_integer(&doc, json_member(&doc, (size_t)clock, "error_ms"), error_ms);
    }
    free(tokens);
}

/* False: no pack asks anything of them. */
static bool judge(const struct live *live, const struct subject *subject, const struct photos *photos,
                  struct evidence_rule *rule, const struct rule_pack **pack,
                  struct evidence_finding findings[EVIDENCE_CHECK_COUNT])
{
    const char *method = strcmp(subject->key, "test") == 0 ? EVIDENCE_METHOD : EVIDENCE_METHOD_PASSAGE;
    const struct config *c = live->config;
    bool synchronised;
    int64_t error_ms;
    const struct rule *law = metrology_rule(c->rules, c->rules_count, method, subject->day, pack);
    if (!law || evidence_load(rule, law, NULL) != 0)
        return false;
    clock_of(live, subject, &synchronised, &error_ms);
    photos_judge(photos, rule, c->utc_offset_minutes, synchronised, error_ms, findings);
    return true;
}

static int append_check(struct live *live, const struct subject *subject, const struct rule_pack *pack,
                        const char *checks, struct err *err)
{
    char body[8192];
    uint64_t event;
    struct entries e = {0};
    entries_raw(&e, "checks", checks, strlen(checks));
    entries_text(&e, "pack", pack->id);
    entries_text(&e, "sha256", pack->sha256);
    entries_text(&e, subject->key, subject->id);
    entries_text(&e, "version", pack->version);
    if (live_journal_append(live, "photo-check", &e, body, sizeof body, &event, err) != 0)
        return -1;
    return store_subject_event_add(live->store, subject->id, event, "photo-check", err);
}

static int review(struct live *live, const struct subject *subject, const struct photos *photos, struct err *err)
{
    struct evidence_rule rule;
    struct evidence_finding findings[EVIDENCE_CHECK_COUNT];
    const struct rule_pack *pack = NULL;
    char text[300], checks[6144];
    struct json_writer w;
    if (!judge(live, subject, photos, &rule, &pack, findings))
        return 0;
    enum evidence_check blocked = evidence_blocked(&rule, findings);
    if (blocked < EVIDENCE_CHECK_COUNT) {
        evidence_say(&rule, blocked, &findings[blocked], text, sizeof text);
        return err_set(err, ERR_REFUSED, "%s: %s; add them: smogctl photo add %s FILE --kind front", pack->id, text,
                       subject->id);
    }
    json_writer_init(&w, checks, sizeof checks);
    evidence_write(&rule, findings, &w, NULL);
    if (json_writer_finish(&w) < 0)
        return err_set(err, ERR_FAILED, "what was found of the pictures of %s is too long", subject->id);
    return append_check(live, subject, pack, checks, err);
}

int live_photo_review(struct live *live, const char *id, struct err *err)
{
    struct subject subject = {0};
    struct photos *photos = calloc(1, sizeof *photos);
    int result = photos ? find_subject(live, id, &subject, err) : err_set(err, ERR_FAILED, "out of memory");
    if (result == 0)
        result = photos_read(photos, live->store, id, err);
    if (result == 0)
        result = review(live, &subject, photos, err);
    free(subject.record);
    free(photos);
    return result;
}

/* ---- adding one ---- */

static int take_file(struct control_client *client, struct coming *c, struct err *err)
{
    int file = control_take_file(client);
    if (file < 0)
        return err_set(err, ERR_INVALID, "no picture came along; say which: photo add ID FILE");
    int result = file_read_fd(file, "the picture", PHOTOS_BYTES_MAX, &c->bytes, &c->length, err);
    close(file);
    if (result != 0)
        return -1;
    const char *wrong = jpeg_read(&c->jpeg, (const uint8_t *)c->bytes, c->length);
    if (wrong)
        return err_set(err, ERR_INVALID, "the file %s; give the picture as the camera made it, unaltered", wrong);
    sha256_hex(c->bytes, c->length, c->photo.sha256);
    return 0;
}

static int take_other(void *ctx, const struct store_file *file)
{
    struct coming *c = ctx;
    if (strncmp(file->name, "photos/", 7) != 0)
        return 0;
    c->others += file->size;
    if (strcmp(file->sha256, c->photo.sha256) == 0)
        c->twin = memcpy(c->twin_name, file->name, sizeof c->twin_name);
    return 0;
}

static int check_room(const struct live *live, struct coming *c, struct err *err)
{
    const char *id = c->subject.id;
    if (store_file_list(live->store, id, take_other, c, err) != 0)
        return -1;
    if (c->twin)
        return err_set(err, ERR_REFUSED, "%s has this very picture already, as %s; add another one", id, c->twin);
    if (c->photos.count == PHOTOS_MAX)
        return err_set(err, ERR_REFUSED, "%s has %d pictures already, which is the most", id, PHOTOS_MAX);
    if (c->others + (int64_t)c->length > PHOTOS_ALL_BYTES_MAX)
        return err_set(err, ERR_REFUSED,
                       "%s has %" PRId64 " MiB of pictures already; more than %d MiB do not fit into a package, take "
                       "this one with fewer pixels",
                       id, c->others >> 20, PHOTOS_ALL_BYTES_MAX >> 20);
    return 0;
}

/* Who took it; "" where nobody says and nobody is registered: the login that adds it stands beside it. */
static int read_photographer(const struct live *live, struct control_client *client, const struct json_doc *request,
                             char out[LIVE_OFFICER_MAX], struct err *err)
{
    char login[LIVE_OFFICER_MAX];
    enum role role;
    const unsigned roles = ROLE_ECOLOGY | ROLE_POLICE | ROLE_TECHNICIAN;
    if (live_request_text(request, "officer", false, out, LIVE_OFFICER_MAX, err) != 0)
        return -1;
    return out[0] ? live_officer_check(live, out, roles, &role, err)
                  : live_request_officer(live, client, request, roles, login, err);
}

static int read_request(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct coming *c, struct err *err)
{
    char id[LIVE_ID_MAX];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0 ||
        live_request_text(request, "shows", false, c->photo.shows, sizeof c->photo.shows, err) != 0 ||
        read_photographer(live, client, request, c->photo.officer, err) != 0)
        return -1;
    if (c->photo.shows[0] == '\0')
        snprintf(c->photo.shows, sizeof c->photo.shows, "%s", evidence_shows_name(EVIDENCE_SHOWS_OTHER));
    if (evidence_shows_by_name(c->photo.shows) == EVIDENCE_SHOWS_COUNT) {
        char list[200] = "";
        for (size_t i = 0, at = 0; i < EVIDENCE_SHOWS_COUNT && at < sizeof list; i++)
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "",
                                   evidence_shows_name((enum evidence_shows)i));
        return err_set(err, ERR_INVALID, "'%s' is nothing that a picture shows; say one of: %s", c->photo.shows, list);
    }
    if (find_subject(live, id, &c->subject, err) != 0 || check_state(live, id, err) != 0 ||
        photos_read(&c->photos, live->store, id, err) != 0 || take_file(client, c, err) != 0)
        return -1;
    return check_room(live, c, err);
}

static void describe(struct control_client *client, const struct coming *c, struct entries *e)
{
    entries_integer(e, "bits", (int64_t)c->jpeg.bits);
    entries_text(e, "camera_maker", c->jpeg.maker);
    entries_text(e, "camera_model", c->jpeg.model);
    entries_integer(e, "height", (int64_t)c->jpeg.height);
    entries_text(e, "name", c->photo.name);
    entries_text(e, "officer", c->photo.officer);
    entries_text(e, "sha256", c->photo.sha256);
    entries_text(e, "shows", c->photo.shows);
    entries_integer(e, "size", (int64_t)c->length);
    entries_text(e, "taken", c->jpeg.taken);
    entries_text(e, c->subject.key, c->subject.id);
    entries_text(e, "user", control_user(client));
    entries_integer(e, "width", (int64_t)c->jpeg.width);
}

static int save(struct live *live, struct control_client *client, struct coming *c, struct err *err)
{
    char body[2048];
    struct entries e = {0};
    snprintf(c->photo.name, sizeof c->photo.name, "photos/%02zu-%s.jpg", c->photos.count + 1, c->photo.shows);
    if (store_object_put(live->store, c->bytes, c->length, c->photo.sha256, err) != 0 ||
        store_begin(live->store, err) != 0)
        return -1;
    describe(client, c, &e);
    if (live_journal_append(live, "photo", &e, body, sizeof body, &c->photo.event, err) != 0 ||
        store_subject_event_add(live->store, c->subject.id, c->photo.event, "photo", err) != 0 ||
        store_file_add(live->store, c->subject.id, c->photo.name, c->photo.sha256, c->length, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

/* What the pictures still lack, in words. */
static void write_missing(const struct live *live, struct coming *c, struct json_writer *w)
{
    struct evidence_rule rule;
    struct evidence_finding findings[EVIDENCE_CHECK_COUNT];
    const struct rule_pack *pack = NULL;
    struct photo *p = &c->photos.items[c->photos.count++];
    *p = c->photo;
    p->width = c->jpeg.width;
    p->height = c->jpeg.height;
    p->bits = c->jpeg.bits;
    memcpy(p->taken, c->jpeg.taken, sizeof c->jpeg.taken);
    json_array_begin(w, "missing");
    if (judge(live, &c->subject, &c->photos, &rule, &pack, findings))
        for (enum evidence_check check = 0; check < EVIDENCE_CHECK_COUNT; check++) {
            char text[300];
            if (findings[check].outcome <= EVIDENCE_MET)
                continue;
            evidence_say(&rule, check, &findings[check], text, sizeof text);
            json_string(w, NULL, text);
        }
    json_array_end(w);
}

static void write_answer(const struct live *live, struct coming *c, struct json_writer *w)
{
    json_object_begin(w, NULL);
    json_integer(w, "height", c->jpeg.height);
    write_missing(live, c, w);
    json_string(w, "name", c->photo.name);
    json_bool(w, "ok", true);
    json_string(w, "sha256", c->photo.sha256);
    json_string(w, "shows", c->photo.shows);
    json_integer(w, "size", (int64_t)c->length);
    json_string(w, "taken", c->jpeg.taken);
    json_integer(w, "width", c->jpeg.width);
    json_object_end(w);
}

int live_photo_add(struct live *live, struct control_client *client, const struct json_doc *request,
                   struct json_writer *answer, struct err *err)
{
    struct coming *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = live_journal_flush(live) == 0
                     ? read_request(live, client, request, c, err)
                     : err_set(err, ERR_FAILED, "the journal cannot be written: %s", live->journal_trouble);
    if (result == 0)
        result = save(live, client, c, err);
    if (result == 0)
        write_answer(live, c, answer);
    free(c->subject.record);
    free(c->bytes);
    free(c);
    return result;
}
