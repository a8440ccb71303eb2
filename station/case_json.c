#include "station/case_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/case_digest.h"
#include "reports/encoding.h"
#include "reports/manifest.h"
#include "reports/merkle_json.h"
#include "reports/record.h"
#include "reports/sha256.h"
#include "station/case_files.h"
#include "station/core/civil.h"
#include "station/entries.h"
#include "station/store_life.h"

enum { EVENTS_MAX = 256, EVENT_TOKENS_MAX = 8192, CHECKS_MAX = 32, CHECKS_LOOK = 40 };

/* One event of the journal that the case rests on. */
struct event {
    uint64_t index;
    bool custody; /* it is a step of the chain of custody */
    char *body;
    size_t length;
};

struct case_json {
    const struct case_json_source *source;
    struct json_token *record_tokens, *event_tokens;
    struct json_doc record;
    struct case_files files;
    size_t events_count;
    struct event events[EVENTS_MAX];
    int64_t check_event; /* of the newest photo-check; -1: none */
    struct err *err;     /* of the call at hand */
    bool failed;
};

/* ---- reading ---- */

static void get(const struct json_doc *doc, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (object < 0 || !json_get_string(doc, json_member(doc, (size_t)object, key), out, size))
        out[0] = '\0';
}

/* A member as it stands there. */
static void copy(struct json_writer *w, const char *key, const struct json_doc *doc, ptrdiff_t token)
{
    if (token >= 0)
        json_raw(w, key, doc->text + doc->tokens[token].start, doc->tokens[token].length);
}

static int add_event(struct case_json *c, uint64_t index, bool custody)
{
    if (c->events_count == EVENTS_MAX)
        return err_set(c->err, ERR_FAILED, "more than %d events belong to the case", EVENTS_MAX);
    struct event *e = &c->events[c->events_count];
    *e = (struct event){.index = index, .custody = custody};
    if (store_event_get(c->source->store, index, &e->body, &e->length, c->err) != 0)
        return -1;
    c->events_count++;
    return 0;
}

static int open_event(struct case_json *c, const struct event *e, struct json_doc *doc)
{
    *doc = (struct json_doc){.tokens = c->event_tokens, .max = EVENT_TOKENS_MAX};
    if (json_parse(doc, e->body, e->length, c->event_tokens, EVENT_TOKENS_MAX, c->err) != 0)
        return err_prefix(c->err, "the journal's event %llu", (unsigned long long)e->index);
    return 0;
}

static int take_subject_event(void *ctx, uint64_t index, const char *kind)
{
    struct case_json *c = ctx;
    if (strcmp(kind, "photo-check") == 0)
        c->check_event = (int64_t)index;
    c->failed = add_event(c, index, true) != 0;
    return c->failed;
}

static int take_case_event(void *ctx, uint64_t index)
{
    struct case_json *c = ctx;
    c->failed = add_event(c, index, true) != 0;
    return c->failed;
}

/* The camera's reading that the officer confirmed. */
static int add_suggestion(struct case_json *c, const struct event *start)
{
    struct json_doc doc;
    struct store_suggestion row;
    char id[48];
    bool agreed = false;
    if (open_event(c, start, &doc) != 0)
        return -1;
    ptrdiff_t suggestion = json_member(&doc, 0, "suggestion");
    get(&doc, suggestion, "id", id, sizeof id);
    if (!id[0] || !json_get_bool(&doc, json_member(&doc, (size_t)suggestion, "agreed"), &agreed) || !agreed)
        return 0;
    if (store_suggestion_get(c->source->store, id, &row, NULL, c->err) != 0)
        return -1;
    return add_event(c, (uint64_t)row.event, true);
}

/* The events by which the record came about. */
static int add_own_events(struct case_json *c)
{
    struct store_test test;
    struct store_passage passage;
    char kind[16];
    get(&c->record, 0, "kind", kind, sizeof kind);
    if (strcmp(kind, "passage") == 0)
        return store_passage_get(c->source->store, c->source->subject, &passage, NULL, NULL, c->err) != 0
                   ? -1
                   : add_event(c, (uint64_t)passage.event, true);
    if (store_test_get(c->source->store, c->source->subject, &test, NULL, c->err) != 0 ||
        add_event(c, (uint64_t)test.start_event, true) != 0)
        return -1;
    if (add_suggestion(c, &c->events[0]) != 0)
        return -1;
    return add_event(c, (uint64_t)test.end_event, true);
}

static int by_index(const void *a, const void *b)
{
    const struct event *left = a, *right = b;
    return (left->index > right->index) - (left->index < right->index);
}

/* ---- opening ---- */

static int open_record(struct case_json *c)
{
    c->record_tokens = malloc(RECORD_TOKENS_MAX * sizeof *c->record_tokens);
    c->event_tokens = malloc(EVENT_TOKENS_MAX * sizeof *c->event_tokens);
    if (!c->record_tokens || !c->event_tokens)
        return err_set(c->err, ERR_FAILED, "out of memory");
    c->record = (struct json_doc){.tokens = c->record_tokens, .max = RECORD_TOKENS_MAX};
    return json_parse(&c->record, c->source->record, strlen(c->source->record), c->record_tokens, RECORD_TOKENS_MAX,
                      c->err);
}

static int collect(struct case_json *c)
{
    if (open_record(c) != 0 || add_own_events(c) != 0 ||
        store_subject_event_list(c->source->store, c->source->subject, take_subject_event, c, c->err) != 0 ||
        c->failed || store_case_event_list(c->source->store, c->source->case_id, take_case_event, c, c->err) != 0 ||
        c->failed)
        return -1;
    qsort(c->events, c->events_count, sizeof c->events[0], by_index);
    return 0;
}

int case_json_open(struct case_json **out, const struct case_json_source *source, struct err *err)
{
    *out = NULL;
    struct case_json *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, ERR_FAILED, "out of memory");
    c->source = source;
    c->err = err;
    c->check_event = -1;
    if (collect(c) != 0) {
        case_json_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

void case_json_close(struct case_json *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->events_count; i++)
        free(c->events[i].body);
    free(c->record_tokens);
    free(c->event_tokens);
    free(c);
}

/* ---- custody ---- */

/* Who, when, what: the words of the event itself; `now`: the digest before it, and then after it. */
static int write_step(struct case_json *c, const struct event *e, struct case_digest *digest, char now[65],
                      struct json_writer *w)
{
    size_t files = digest->count;
    char before[65], kind[24], texts[CASE_STEP_KEYS][CASE_STEP_TEXT_MAX];
    struct json_doc doc;
    struct entries all = {0};
    if (open_event(c, e, &doc) != 0)
        return -1;
    get(&doc, 0, "kind", kind, sizeof kind);
    memcpy(before, now, sizeof before);
    case_digest_step(digest, &doc, kind, &c->record);
    if (digest->count != files && case_digest_text(digest, now, c->err) != 0)
        return -1;
    for (size_t i = 0; i < CASE_STEP_KEYS; i++) {
        get(&doc, 0, case_step_keys[i], texts[i], sizeof texts[i]);
        entries_text(&all, case_step_keys[i], texts[i]);
    }
    entries_text(&all, "after", now);
    entries_text(&all, "before", before);
    entries_integer(&all, "index", (int64_t)e->index);
    entries_write(&all, w, NULL);
    return 0;
}

static int write_custody(struct case_json *c, struct json_writer *w)
{
    char now[65] = "";
    struct case_digest *digest = calloc(1, sizeof *digest);
    int result = digest ? 0 : err_set(c->err, ERR_FAILED, "out of memory");
    json_array_begin(w, "custody");
    for (size_t i = 0; i < c->events_count && result == 0; i++)
        if (c->events[i].custody)
            result = write_step(c, &c->events[i], digest, now, w);
    json_array_end(w);
    free(digest);
    return result;
}

/* ---- people ---- */

static bool is_review(const struct json_doc *event, char officer[32])
{
    char kind[24], act[24];
    get(event, 0, "kind", kind, sizeof kind);
    get(event, 0, "act", act, sizeof act);
    get(event, 0, "officer", officer, 32);
    return strcmp(kind, "case") == 0 && (strcmp(act, "review") == 0 || strcmp(act, "return") == 0);
}

enum { OFFICERS_MAX = 64 };

struct people {
    size_t count;
    char numbers[OFFICERS_MAX][32];
};

static bool is_new(struct people *p, const char *number)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->numbers[i], number) == 0)
            return false;
    if (number[0] == '\0' || p->count == OFFICERS_MAX)
        return false;
    snprintf(p->numbers[p->count++], sizeof p->numbers[0], "%s", number);
    return true;
}

/* Those of the record, then everybody else who took a step. */
static int write_officers(struct case_json *c, struct json_writer *w)
{
    struct people all = {0};
    char number[32], role[16];
    ptrdiff_t known = json_member(&c->record, 0, "officers");
    json_array_begin(w, "officers");
    for (size_t i = 0; known >= 0 && i < c->record.tokens[known].count; i++) {
        ptrdiff_t officer = json_element(&c->record, (size_t)known, i);
        get(&c->record, officer, "number", number, sizeof number);
        is_new(&all, number);
        copy(w, NULL, &c->record, officer);
    }
    for (size_t i = 0; i < c->events_count; i++) {
        struct json_doc doc;
        struct entries e = {0};
        if (open_event(c, &c->events[i], &doc) != 0)
            return -1;
        get(&doc, 0, "officer", number, sizeof number);
        get(&doc, 0, "role", role, sizeof role);
        if (!is_new(&all, number))
            continue;
        struct store_officer known_officer = {0};
        bool found = false;
        if (store_officer_get(c->source->store, number, &known_officer, &found, c->err) != 0)
            return -1;
        entries_text(&e, "certificate", known_officer.certificate);
        entries_text(&e, "name", known_officer.name);
        entries_text(&e, "number", number);
        entries_text(&e, "role", role[0] ? role : known_officer.role);
        entries_write(&e, w, NULL);
    }
    json_array_end(w);
    return 0;
}

static int write_reviews(struct case_json *c, struct json_writer *w)
{
    json_array_begin(w, "reviews");
    for (size_t i = 0; i < c->events_count; i++) {
        struct json_doc doc;
        char officer[32], role[16], act[24], at[CIVIL_TIME_TEXT_MAX];
        struct entries e = {0};
        if (open_event(c, &c->events[i], &doc) != 0)
            return -1;
        if (!is_review(&doc, officer))
            continue;
        get(&doc, 0, "role", role, sizeof role);
        get(&doc, 0, "act", act, sizeof act);
        get(&doc, 0, "at", at, sizeof at);
        entries_text(&e, "act", act);
        entries_text(&e, "at", at);
        entries_integer(&e, "index", (int64_t)c->events[i].index);
        entries_text(&e, "officer", officer);
        entries_text(&e, "role", role);
        entries_write(&e, w, NULL);
    }
    json_array_end(w);
    return 0;
}

/* ---- the rest ---- */

static void write_basis(const struct case_json *c, struct json_writer *w)
{
    char kind[16];
    ptrdiff_t basis = json_member(&c->record, 0, "basis");
    get(&c->record, 0, "kind", kind, sizeof kind);
    json_object_begin(w, "basis");
    json_string(w, "kind", strcmp(kind, "test") == 0 ? "on-site" : "remote-sensing");
    copy(w, "passages", &c->record, basis);
    json_object_end(w);
}

struct checks {
    const struct case_json *c;
    struct json_writer *w;
    int64_t before_ms;
    char seen[CHECKS_MAX][16];
    size_t seen_count;
};

/* The newest of each kind that had ended when the measurement began. */
static int take_check(void *ctx, const struct store_check *check)
{
    struct checks *all = ctx;
    char at[CIVIL_TIME_TEXT_MAX];
    struct entries e = {0};
    if (check->ended_ms == 0 || check->ended_ms > all->before_ms || all->seen_count == CHECKS_MAX)
        return 0;
    for (size_t i = 0; i < all->seen_count; i++)
        if (strcmp(all->seen[i], check->what) == 0)
            return 0;
    memcpy(all->seen[all->seen_count++], check->what, sizeof check->what);
    civil_time_format(check->ended_ms, all->c->source->offset_minutes, at);
    entries_text(&e, "at", at);
    entries_text(&e, "check", check->id);
    entries_integer(&e, "index", check->end_event);
    entries_text(&e, "instrument", check->instrument);
    entries_text(&e, "verdict", check->verdict);
    entries_text(&e, "what", check->what);
    entries_write(&e, all->w, NULL);
    return 0;
}

static int write_checks(const struct case_json *c, struct json_writer *w)
{
    struct checks all = {.c = c, .w = w};
    char started[CIVIL_TIME_TEXT_MAX];
    ptrdiff_t instruments = json_member(&c->record, 0, "instruments");
    int result = 0;
    get(&c->record, 0, "started_at", started, sizeof started);
    json_array_begin(w, "checks");
    if (civil_time_parse(&all.before_ms, started, strlen(started), 0))
        for (size_t i = 0; instruments >= 0 && i < c->record.tokens[instruments].count && result == 0; i++) {
            char name[32];
            get(&c->record, json_element(&c->record, (size_t)instruments, i), "name", name, sizeof name);
            all.seen_count = 0;
            result = store_check_list(c->source->store, name, false, CHECKS_LOOK, take_check, &all, c->err);
        }
    json_array_end(w);
    return result;
}

/* What was found of the pictures when the case was reviewed. */
static int write_photo_checks(struct case_json *c, struct json_writer *w)
{
    for (size_t i = 0; i < c->events_count; i++) {
        struct json_doc doc;
        if (c->check_event < 0 || c->events[i].index != (uint64_t)c->check_event)
            continue;
        if (open_event(c, &c->events[i], &doc) != 0)
            return -1;
        json_object_begin(w, "photo_checks");
        copy(w, "checks", &doc, json_member(&doc, 0, "checks"));
        json_integer(w, "index", c->check_event);
        char pack[64];
        get(&doc, 0, "pack", pack, sizeof pack);
        json_string(w, "pack", pack);
        json_object_end(w);
    }
    return 0;
}

static void write_record(const struct case_json *c, struct json_writer *w)
{
    char sha256[65];
    sha256_hex(c->source->record, strlen(c->source->record), sha256);
    json_object_begin(w, "record");
    json_string(w, "id", c->source->subject);
    json_string(w, "sha256", sha256);
    json_object_end(w);
}

static int write_all(struct case_json *c, struct json_writer *w)
{
    const struct json_doc *r = &c->record;
    char sealed[CIVIL_TIME_TEXT_MAX];
    civil_time_format(c->source->sealed_ms, c->source->offset_minutes, sealed);
    json_object_begin(w, NULL);
    write_basis(c, w);
    json_string(w, "case", c->source->case_id);
    if (write_checks(c, w) != 0)
        return -1;
    copy(w, "clock", r, json_member(r, 0, "clock"));
    if (write_custody(c, w) != 0)
        return -1;
    copy(w, "devices", r, json_member(r, 0, "instruments"));
    if (case_files_write(&c->files, c->source, r, w, c->err) != 0)
        return -1;
    json_string(w, "format", "smogd-case-1");
    if (write_officers(c, w) != 0 || write_photo_checks(c, w) != 0)
        return -1;
    write_record(c, w);
    if (write_reviews(c, w) != 0)
        return -1;
    json_string(w, "sealed_at", sealed);
    copy(w, "site", r, json_member(r, 0, "station"));
    json_object_end(w);
    return 0;
}

/* Room that is surely enough: everything comes from texts at hand. */
static size_t room_for(const struct case_json *c)
{
    size_t room = strlen(c->source->record) + 2048 * (c->source->entries_count + 2 * c->events_count) + (64 << 10);
    for (size_t i = 0; i < c->events_count; i++)
        room += 6 * c->events[i].length + (size_t)2 * MERKLE_PATH_MAX * (2 * MERKLE_HASH_SIZE + 3);
    return room;
}

static int write_text(struct case_json *c, int (*write)(struct case_json *c, struct json_writer *w), char **text,
                      size_t *length, struct err *err)
{
    struct json_writer w;
    size_t room = room_for(c);
    c->err = err;
    *text = malloc(room);
    if (!*text)
        return err_set(err, ERR_FAILED, "out of memory");
    json_writer_init(&w, *text, room);
    int result = write(c, &w);
    ptrdiff_t size = result == 0 ? json_writer_finish(&w) : -1;
    if (size >= 0) {
        *length = (size_t)size;
        return 0;
    }
    free(*text);
    *text = NULL;
    return result != 0 ? -1 : err_set(err, ERR_FAILED, "what is to be said of case %s is too long", c->source->case_id);
}

int case_json_write(struct case_json *c, char **text, size_t *length, struct err *err)
{
    return write_text(c, write_all, text, length, err);
}

/* ---- the events ---- */

static int write_events(struct case_json *c, struct json_writer *w)
{
    json_object_begin(w, NULL);
    json_array_begin(w, "events");
    for (size_t i = 0; i < c->events_count; i++) {
        const struct event *e = &c->events[i];
        struct merkle_hash path[MERKLE_PATH_MAX];
        size_t count = 0;
        if (merkle_inclusion(e->index, c->source->tree_size, store_fetch, c->source->store, path, &count, c->err) != 0)
            return -1;
        json_object_begin(w, NULL);
        json_string_n(w, "event", e->body, e->length);
        json_integer(w, "index", (int64_t)e->index);
        merkle_json_write(w, path, count);
        json_object_end(w);
    }
    json_array_end(w);
    json_integer(w, "size", (int64_t)c->source->tree_size);
    json_object_end(w);
    return 0;
}

int case_json_write_events(struct case_json *c, char **text, size_t *length, struct err *err)
{
    return write_text(c, write_events, text, length, err);
}
