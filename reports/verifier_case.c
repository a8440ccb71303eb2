#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/case_digest.h"
#include "reports/merkle_json.h"
#include "reports/sha256.h"
#include "station/core/caselife.h"
#include "station/core/utf8.h"

/*
 * case.json tells who did what with the case, log/events.json are the journal's events that say so. Each event must be
 * in the signed journal, each step must be word for word what its event says and change the case's digest as it does,
 * and what is told of record and files must be what they are.
 */

static const char case_name[] = "case.json", events_name[] = "log/events.json";

struct case_reading {
    struct verification *v;
    struct json_doc made, events, event;
    char *body; /* of the event at hand; as long as log/events.json */
    uint64_t last_index;
    bool own_event;                 /* the record's was among them */
    char id[RECORD_ID_MAX];         /* of the case */
    char suggestion[RECORD_ID_MAX]; /* of a camera, that the officer agreed to */
    char after[SHA256_HEX_SIZE];    /* the digest so far */
    struct case_digest digest;
    struct caselife life; /* moved by the steps, as the station moves it */
    bool upgraded;        /* a program of an older version began the case */
    bool described[CONTAINER_ENTRIES_MAX];
};

static int open_doc(struct json_doc *doc, const char *text, size_t length, size_t tokens, struct err *err)
{
    *doc = (struct json_doc){.tokens = malloc(tokens * sizeof *doc->tokens)};
    struct json_token *room = doc->tokens;
    if (!room)
        return err_set(err, ERR_FAILED, "out of memory");
    if (length > CASE_TEXT_MAX)
        return err_set(err, ERR_INVALID, "it has %zu bytes; at most %d are allowed", length, CASE_TEXT_MAX);
    int result = json_parse(doc, text, length, room, tokens, err);
    doc->tokens = room;
    if (result == 0 && room[0].type != JSON_OBJECT)
        result = err_set(err, ERR_INVALID, "it is no JSON object");
    return result;
}

static bool get(const struct json_doc *doc, ptrdiff_t object, const char *key, char *out, size_t size)
{
    bool there = object >= 0 && doc->tokens[object].type == JSON_OBJECT &&
                 json_get_string(doc, json_member(doc, (size_t)object, key), out, size);
    if (!there)
        out[0] = '\0';
    return there;
}

/* The number of elements of a member that must be an array; -1: it is none. */
static ptrdiff_t list(const struct json_doc *doc, const char *key, size_t *count)
{
    ptrdiff_t array = json_member(doc, 0, key);
    *count = array >= 0 && doc->tokens[array].type == JSON_ARRAY ? doc->tokens[array].count : 0;
    return array >= 0 && doc->tokens[array].type == JSON_ARRAY ? array : -1;
}

/* ---- what it says of the record and the files ---- */

/* A member of case.json is that of the record, byte for byte, or missing in both. */
static bool same_part(const struct json_doc *made, const char *key, const struct json_doc *record, const char *theirs)
{
    ptrdiff_t a = json_member(made, 0, key), b = json_member(record, 0, theirs);
    if (a < 0 || b < 0)
        return a < 0 && b < 0;
    const struct json_token *x = &made->tokens[a], *y = &record->tokens[b];
    return x->type == y->type && x->length == y->length &&
           memcmp(made->text + x->start, record->text + y->start, x->length) == 0;
}

static int check_head(struct case_reading *c, struct err *err)
{
    static const char *const parts[][2] = {{"site", "station"}, {"clock", "clock"}, {"devices", "instruments"}};
    const struct record *r = &c->v->record;
    char sha256[SHA256_HEX_SIZE], digest[SHA256_HEX_SIZE], id[RECORD_ID_MAX];
    ptrdiff_t record = json_member(&c->made, 0, "record");
    if (!json_equals(&c->made, json_member(&c->made, 0, "format"), "smogd-case-1"))
        return err_set(err, ERR_FAILED, "its format is not smogd-case-1");
    if (!get(&c->made, 0, "case", c->id, sizeof c->id) || strncmp(c->id, r->station, strlen(r->station)) != 0)
        return err_set(err, ERR_FAILED, "it does not name a case of station %s", r->station);
    sha256_hex(r->doc.text, r->doc.length, sha256);
    if (!get(&c->made, record, "id", id, sizeof id) || strcmp(id, r->id) != 0 ||
        !get(&c->made, record, "sha256", digest, sizeof digest) || strcmp(digest, sha256) != 0)
        return err_set(err, ERR_FAILED, "it is about another record");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!same_part(&c->made, parts[i][0], &r->doc, parts[i][1]))
            return err_set(err, ERR_FAILED, "its '%s' is not the record's '%s'", parts[i][0], parts[i][1]);
    return 0;
}

static bool is_described(const char *name)
{
    return strcmp(name, "mimetype") != 0 && strcmp(name, case_name) != 0 && strncmp(name, "log/", 4) != 0 &&
           strncmp(name, "META-INF/", 9) != 0;
}

static int check_file(struct case_reading *c, ptrdiff_t object, struct err *err)
{
    char name[CONTAINER_NAME_MAX], digest[SHA256_HEX_SIZE], sha256[SHA256_HEX_SIZE];
    int64_t size = -1;
    if (!get(&c->made, object, "name", name, sizeof name))
        return err_set(err, ERR_FAILED, "a file in it has no name");
    const struct container_entry *entry = container_find(&c->v->container, name);
    if (!entry || !is_described(name))
        return err_set(err, ERR_FAILED, "it describes %s, which is not in the package", name);
    bool *described = &c->described[entry - c->v->container.entries];
    if (*described) /* another one could go without */
        return err_set(err, ERR_FAILED, "it describes %s twice", name);
    *described = true;
    sha256_hex(entry->data, entry->size, sha256);
    if (!get(&c->made, object, "sha256", digest, sizeof digest) || strcmp(digest, sha256) != 0 ||
        !json_get_integer(&c->made, json_member(&c->made, (size_t)object, "size"), &size) ||
        (uint64_t)size != entry->size)
        return err_set(err, ERR_FAILED, "it gives %s another size or digest", name);
    return 0;
}

static int check_files(struct case_reading *c, struct err *err)
{
    size_t count, wanted = 0;
    ptrdiff_t files = list(&c->made, "files", &count);
    for (size_t i = 0; i < c->v->container.count; i++)
        wanted += is_described(c->v->container.entries[i].name);
    for (size_t i = 0; i < count; i++)
        if (check_file(c, json_element(&c->made, (size_t)files, i), err))
            return -1;
    if (count != wanted)
        return err_set(err, ERR_FAILED, "it describes %zu of the %zu files", count, wanted);
    return 0;
}

/* ---- the steps ---- */

/* The event's body, into c->event, and its place in the signed journal. */
static int open_event(struct case_reading *c, size_t object, uint64_t *index, struct err *err)
{
    struct merkle_hash leaf, path[MERKLE_PATH_MAX];
    size_t count;
    int64_t number;
    if (c->events.tokens[object].type != JSON_OBJECT ||
        !json_get_integer(&c->events, json_member(&c->events, object, "index"), &number) || number < 0 ||
        !json_get_string(&c->events, json_member(&c->events, object, "event"), c->body, c->events.length + 1))
        return err_set(err, ERR_FAILED, "an event cannot be read");
    *index = (uint64_t)number;
    if (merkle_json_read(&c->events, json_member(&c->events, object, "path"), path, &count, err))
        return -1;
    merkle_leaf(c->body, strlen(c->body), &leaf);
    if (!merkle_verify_inclusion(*index, c->v->checkpoint.size, &leaf, path, count, &c->v->checkpoint.root))
        return err_set(err, ERR_FAILED, "event %" PRIu64 " is not in the signed journal", *index);
    free(c->event.tokens);
    return open_doc(&c->event, c->body, strlen(c->body), CASE_EVENT_TOKENS_MAX, err);
}

/* An event is of this case by what it names: its record, or the case itself. */
static int belongs(struct case_reading *c, const char *kind, struct err *err)
{
    const struct record *r = &c->v->record;
    char of[RECORD_ID_MAX] = "", station[RECORD_ID_MAX];
    bool is_case = strcmp(kind, "case") == 0, is_plate = strcmp(kind, "plate-suggestion") == 0;
    get(&c->event, 0, is_case ? "case" : is_plate ? "id" : r->passage ? "passage" : "test", of, sizeof of);
    get(&c->event, 0, "station", station, sizeof station);
    const char *wanted = is_case ? c->id : is_plate ? c->suggestion : r->id;
    if (strcmp(of, wanted) != 0 || strcmp(station, r->station) != 0)
        return err_set(err, ERR_FAILED, "a step '%s' is about something else, %s of %s", kind, of, station);
    if (strcmp(kind, r->passage ? "passage" : "test-end") == 0)
        c->own_event = json_equals(&c->event, json_member(&c->event, 0, "record_sha256"), c->v->record_sha256);
    return 0;
}

/* The camera's reading that the start of the test names; its event stands before. */
static void find_suggestion(struct case_reading *c, ptrdiff_t array, size_t count)
{
    struct err err;
    uint64_t index;
    for (size_t i = 0; i < count && !c->suggestion[0]; i++) {
        if (open_event(c, (size_t)json_element(&c->events, (size_t)array, i), &index, &err) != 0)
            return; /* said when the steps are gone through */
        if (json_equals(&c->event, json_member(&c->event, 0, "kind"), "test-start"))
            get(&c->event, json_member(&c->event, 0, "suggestion"), "id", c->suggestion, sizeof c->suggestion);
    }
}

static int check_words(const struct case_reading *c, ptrdiff_t step, struct err *err)
{
    for (size_t i = 0; i < CASE_STEP_KEYS; i++) {
        char said[CASE_STEP_TEXT_MAX], written[CASE_STEP_TEXT_MAX];
        get(&c->event, 0, case_step_keys[i], said, sizeof said);
        get(&c->made, step, case_step_keys[i], written, sizeof written);
        if (strcmp(said, written) != 0)
            return err_set(err, ERR_FAILED, "its '%s' is '%s', the journal says '%s'", case_step_keys[i], written,
                           said);
    }
    return 0;
}

static int check_digests(struct case_reading *c, ptrdiff_t step, const char *kind, struct err *err)
{
    char before[SHA256_HEX_SIZE], after[SHA256_HEX_SIZE];
    get(&c->made, step, "before", before, sizeof before);
    get(&c->made, step, "after", after, sizeof after);
    if (strcmp(before, c->after) != 0)
        return err_set(err, ERR_FAILED, "the digest before it is not the one after the step before");
    case_digest_step(&c->digest, &c->event, kind, &c->v->record.doc);
    if (case_digest_text(&c->digest, c->after, err))
        return -1;
    if (strcmp(after, c->after) != 0)
        return err_set(err, ERR_FAILED, "the digest after it does not follow from the files");
    return 0;
}

/* ---- the life of the case: the station's own rules, over the steps of the journal ---- */

/* ROLE_UNKNOWN for none; false: there is no such role. */
static bool role_of(const char *name, enum role *out)
{
    *out = ROLE_UNKNOWN;
    for (unsigned role = ROLE_ECOLOGY; role <= ROLE_OUTLET; role <<= 1)
        if (strcmp(role_name((enum role)role), name) == 0)
            *out = (enum role)role;
    return *out != ROLE_UNKNOWN || name[0] == '\0';
}

/* Who made the test stands in the record. */
static void find_tester(struct case_reading *c)
{
    const struct json_doc *doc = &c->v->record.doc;
    ptrdiff_t officers = json_member(doc, 0, "officers");
    size_t count = officers >= 0 && doc->tokens[officers].type == JSON_ARRAY ? doc->tokens[officers].count : 0;
    for (size_t i = 0; i < count && !c->life.tester[0]; i++) {
        char role[24];
        ptrdiff_t one = json_element(doc, (size_t)officers, i);
        if (get(doc, one, "role", role, sizeof role) && strcmp(role, "operator") == 0)
            get(doc, one, "number", c->life.tester, sizeof c->life.tester);
    }
}

/* Moves the case as the event says, if the rules allow it. */
static int live_step(struct case_reading *c, struct err *err)
{
    static const char *const keys[] = {"act", "role", "officer", "police", "reason", "number", "detail"};
    char t[sizeof keys / sizeof keys[0]][CASE_STEP_TEXT_MAX], from[32], to[32], track[16];
    struct caselife_step moved;
    int64_t ground = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        get(&c->event, 0, keys[i], t[i], sizeof t[i]);
    get(&c->event, 0, "from", from, sizeof from);
    get(&c->event, 0, "to", to, sizeof to);
    get(&c->event, 0, "track", track, sizeof track);
    (void)json_get_integer(&c->event, json_member(&c->event, 0, "ground"), &ground);
    struct caselife_doing doing = {.act = caselife_act_by_name(t[0]),
                                   .officer = t[2],
                                   .police = t[3],
                                   .reason = t[4],
                                   .number = t[5],
                                   .test = t[6],
                                   .ground = ground > 0 && ground <= CASELIFE_GROUNDS ? (int)ground : 0};
    if (strcmp(t[0], "upgrade") == 0) {
        c->upgraded = true;
        c->life.state = caselife_state_by_name(to);
        return c->life.state == CASE_STATES ? err_set(err, ERR_FAILED, "there is no state '%s'", to) : 0;
    }
    if (doing.act == ACT_COUNT || !role_of(t[1], &doing.role))
        return err_set(err, ERR_FAILED, "there is no act '%s' by a role '%s'", t[0], t[1]);
    if (caselife_do(&c->life, &doing, &moved, err))
        return -1;
    if (strcmp(moved.from, from) != 0 || strcmp(moved.to, to) != 0 || strcmp(moved.track, track) != 0)
        return err_set(err, ERR_FAILED, "it says '%s' to '%s', but leads from '%s' to '%s'", from, to, moved.from,
                       moved.to);
    return 0;
}

/* A step is refused by the first rule that it breaks; later ones are not asked. */
static int check_life(struct case_reading *c, struct err *err)
{
    uint64_t index;
    size_t count;
    ptrdiff_t array = list(&c->events, "events", &count);
    c->life.stopped = !c->v->record.passage;
    find_tester(c);
    for (size_t i = 0; i < count; i++) {
        if (open_event(c, (size_t)json_element(&c->events, (size_t)array, i), &index, err))
            return -1;
        if (json_equals(&c->event, json_member(&c->event, 0, "kind"), "case") && live_step(c, err))
            return err_prefix(err, "step %zu", i + 1);
    }
    if (c->life.state != CASE_REVIEW2 && c->life.state != CASE_SEND_ORDERED && c->life.state != CASE_HANDLED)
        return err_set(err, ERR_FAILED, "it was sealed as '%s', before two officers had reviewed it",
                       caselife_state_name(c->life.state));
    return 0;
}

static void report_review(struct case_reading *c)
{
    struct err err;
    if (check_life(c, &err))
        verifier_report(c->v, VERIFIER_REVIEW, VERIFIER_FAIL, c->id, err.text);
    else if (c->upgraded)
        verifier_report(c->v, VERIFIER_REVIEW, VERIFIER_OPEN, c->id, NULL);
    else if (c->life.state == CASE_HANDLED)
        verifier_report(c->v, VERIFIER_REVIEW, VERIFIER_NOTE, c->life.number, NULL);
    else
        verifier_report(c->v, VERIFIER_REVIEW, VERIFIER_OK, c->v->out->reviewers, NULL);
}

/* ---- the steps, word for word ---- */

/* For whoever reads the answer: the officers who reviewed, in that order. */
static void note_reviewer(struct case_reading *c)
{
    struct verifier *out = c->v->out;
    char officer[64];
    size_t length = strlen(out->reviewers);
    if (!json_equals(&c->event, json_member(&c->event, 0, "kind"), "case") ||
        !json_equals(&c->event, json_member(&c->event, 0, "act"), "review"))
        return;
    get(&c->event, 0, "officer", officer, sizeof officer);
    snprintf(out->reviewers + length, sizeof out->reviewers - length, "%s%s", length > 0 ? ", " : "", officer);
    utf8_plain(out->reviewers);
}

static int check_step(struct case_reading *c, size_t event, ptrdiff_t step, bool first, struct err *err)
{
    uint64_t index;
    int64_t number = -1;
    char kind[32];
    if (open_event(c, event, &index, err))
        return -1;
    if (step < 0 || c->made.tokens[step].type != JSON_OBJECT ||
        !json_get_integer(&c->made, json_member(&c->made, (size_t)step, "index"), &number) || (uint64_t)number != index)
        return err_set(err, ERR_FAILED, "event %" PRIu64 " of the journal is not the step that stands there", index);
    if (!first && index <= c->last_index)
        return err_set(err, ERR_FAILED, "it stands before an earlier one");
    c->last_index = index;
    get(&c->event, 0, "kind", kind, sizeof kind);
    note_reviewer(c);
    return belongs(c, kind, err) || check_words(c, step, err) || check_digests(c, step, kind, err) ? -1 : 0;
}

static int check_custody(struct case_reading *c, struct err *err)
{
    size_t steps, events;
    ptrdiff_t custody = list(&c->made, "custody", &steps), array = list(&c->events, "events", &events);
    int64_t size = -1;
    if (custody < 0 || array < 0 || events == 0 || events > CASE_EVENTS_MAX || steps != events)
        return err_set(err, ERR_FAILED, "%zu steps and %zu events; there must be as many of both, at most %d", steps,
                       events, CASE_EVENTS_MAX);
    if (!json_get_integer(&c->events, json_member(&c->events, 0, "size"), &size) ||
        (uint64_t)size != c->v->checkpoint.size)
        return err_set(err, ERR_FAILED, "the events are proved in another state of the journal");
    find_suggestion(c, array, events);
    for (size_t i = 0; i < events; i++)
        if (check_step(c, (size_t)json_element(&c->events, (size_t)array, i),
                       json_element(&c->made, (size_t)custody, i), i == 0, err))
            return err_prefix(err, "step %zu", i + 1);
    return c->own_event ? 0 : err_set(err, ERR_FAILED, "the step by which this record came about is missing");
}

/* ---- all of it ---- */

static void check_case(struct case_reading *c, const struct container_entry *made, const struct container_entry *events)
{
    struct err err;
    char text[32];
    if (open_doc(&c->made, (const char *)made->data, made->size, CASE_TOKENS_MAX, &err) || check_head(c, &err) ||
        check_files(c, &err)) {
        verifier_report(c->v, VERIFIER_CASE, VERIFIER_FAIL, case_name, err.text);
        return;
    }
    snprintf(c->v->out->case_id, sizeof c->v->out->case_id, "%s", c->id);
    utf8_plain(c->v->out->case_id);
    verifier_report(c->v, VERIFIER_CASE, VERIFIER_OK, c->id, NULL);
    if (!c->v->has_checkpoint) {
        verifier_report(c->v, VERIFIER_CUSTODY, VERIFIER_OPEN, events_name, NULL);
        return;
    }
    if (open_doc(&c->events, (const char *)events->data, events->size, CASE_TOKENS_MAX, &err) ||
        !(c->body = malloc(events->size + 1)) || check_custody(c, &err)) {
        verifier_report(c->v, VERIFIER_CUSTODY, VERIFIER_FAIL, case_name, err.text);
        return;
    }
    size_t steps;
    list(&c->made, "custody", &steps);
    snprintf(text, sizeof text, "%zu", steps);
    verifier_report(c->v, VERIFIER_CUSTODY, VERIFIER_OK, text, NULL);
    report_review(c);
}

void verifier_case(struct verification *v)
{
    const struct container_entry *made = container_find(&v->container, case_name);
    const struct container_entry *events = container_find(&v->container, events_name);
    if (!made && !events) {
        verifier_report(v, VERIFIER_CASE, VERIFIER_NOTE, case_name, NULL);
        return;
    }
    if (!made || !events) {
        verifier_report(v, VERIFIER_CASE, VERIFIER_FAIL, made ? events_name : case_name,
                        "the package does not have it");
        return;
    }
    struct case_reading *c = calloc(1, sizeof *c);
    if (!c) {
        verifier_report(v, VERIFIER_CASE, VERIFIER_FAIL, case_name, "out of memory");
        return;
    }
    c->v = v;
    check_case(c, made, events);
    free(c->made.tokens);
    free(c->events.tokens);
    free(c->event.tokens);
    free(c->body);
    free(c);
}
