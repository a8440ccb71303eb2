#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "sensors/replay.h"
#include "station/live_parts.h"

enum { TOKENS_MAX = 4096, OPEN_MAX = 16 };

/* The start event of an open test, taken apart: its parts go into the record as they stand there. */
struct start_event {
    struct json_doc doc;
    struct json_token tokens[TOKENS_MAX];
    struct live_scratch scratch;
    struct vehicle vehicle;
    struct verdict verdict;
    struct live_end end;
};

static int part(struct start_event *s, const char *key, char *out, size_t size, struct err *err)
{
    ptrdiff_t token = json_member(&s->doc, 0, key);
    if (token < 0 || s->doc.tokens[token].length >= size)
        return err_set(err, ERR_FAILED, "the start event has no readable '%s'", key);
    memcpy(out, s->doc.text + s->doc.tokens[token].start, s->doc.tokens[token].length);
    out[s->doc.tokens[token].length] = '\0';
    return 0;
}

/* A text member of an object; "" where there is none. */
static void text(const struct start_event *s, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (object < 0 || !json_get_string(&s->doc, json_member(&s->doc, (size_t)object, key), out, size))
        out[0] = '\0';
}

static void read_given(struct start_event *s)
{
    ptrdiff_t files = json_member(&s->doc, 0, "files");
    for (size_t i = 0; files >= 0 && i < s->doc.tokens[files].count && i < LIVE_GIVEN_MAX; i++) {
        struct record_make_file *file = &s->end.given[s->end.given_count];
        ptrdiff_t object = json_element(&s->doc, (size_t)files, i);
        int64_t size = 0;
        text(s, object, "name", file->name, sizeof file->name);
        text(s, object, "sha256", file->sha256, sizeof file->sha256);
        if (!file->name[0] || !json_get_integer(&s->doc, json_member(&s->doc, (size_t)object, "size"), &size))
            continue;
        file->size = (size_t)size;
        s->end.given_count++;
    }
}

static void read_verdict(struct start_event *s, const char *method)
{
    ptrdiff_t rules = json_member(&s->doc, 0, "rules");
    struct verdict *v = &s->verdict;
    char class_[4] = "";
    *v = (struct verdict){.kind = VERDICT_ABORTED};
    snprintf(v->method, sizeof v->method, "%.31s", method);
    text(s, rules, "pack", v->pack_id, sizeof v->pack_id);
    text(s, rules, "version", v->pack_version, sizeof v->pack_version);
    text(s, rules, "sha256", v->pack_sha256, sizeof v->pack_sha256);
    text(s, rules, "rule", v->rule, sizeof v->rule);
    text(s, rules, "class", class_, sizeof class_);
    v->limit_class = class_[0] == 'b' ? LIMIT_CLASS_B : LIMIT_CLASS_A;
    verdict_reason(v, "%s", VERDICT_LOST);
}

static int read_start(struct live *live, struct start_event *s, const struct store_test *test, char **body,
                      struct err *err)
{
    if (store_event_open(live->store, (uint64_t)test->start_event, &s->doc, s->tokens, TOKENS_MAX, body, err) != 0 ||
        part(s, "instruments", s->scratch.instruments, sizeof s->scratch.instruments, err) != 0 ||
        part(s, "vehicle", s->scratch.vehicle, sizeof s->scratch.vehicle, err) != 0 ||
        part(s, "officers", s->scratch.officers, sizeof s->scratch.officers, err) != 0 ||
        part(s, "rules", s->scratch.rules, sizeof s->scratch.rules, err) != 0 ||
        vehicle_read(&s->vehicle, &s->doc, json_member(&s->doc, 0, "vehicle"), err) != 0)
        return -1;
    s->end = (struct live_end){.id = test->id,
                               .method = test->method,
                               .seq = test->seq,
                               .started_ms = test->started_ms,
                               .ended_ms = clock_unix_ms(),
                               .instruments = s->scratch.instruments,
                               .vehicle = s->scratch.vehicle,
                               .officers = s->scratch.officers,
                               .rules = s->scratch.rules,
                               .verdict = &s->verdict,
                               .may_be_pushed = plate_may_be_pushed(&s->vehicle.plate)};
    read_given(s);
    read_verdict(s, test->method);
    return 0;
}

/* ---- a test that had its verdict, which only could not be saved any more ---- */

struct again {
    size_t count;
    struct replay_file files[REPLAY_FILES_MAX];
    char names[REPLAY_FILES_MAX][SPOOL_NAME_MAX];
    char *texts[REPLAY_FILES_MAX];
    struct replay replay;
};

static int take_recording(void *ctx, const char *name, const char *data, size_t length, struct err *err)
{
    struct again *a = ctx;
    size_t end = strlen(name);
    if (end < 4 || strcmp(name + end - 4, ".rec") != 0 || a->count == REPLAY_FILES_MAX)
        return 0;
    char *text = malloc(length + 1);
    if (!text)
        return err_set(err, ERR_FAILED, "out of memory");
    memcpy(text, data, length);
    snprintf(a->names[a->count], sizeof a->names[0], "%s", name);
    a->texts[a->count] = text;
    a->files[a->count] = (struct replay_file){a->names[a->count], text, length};
    a->count++;
    return 0;
}

static bool same_law(const struct live_end *end, const char *folder, const struct config_file *files, size_t count)
{
    size_t length = strlen(folder);
    for (size_t i = 0; i < end->given_count; i++) {
        bool found = strncmp(end->given[i].name, folder, length) != 0;
        for (size_t k = 0; k < count; k++)
            found |= strcmp(files[k].sha256, end->given[i].sha256) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* The rule that judged, if the station still has the pack and the profiles as they were. */
static const struct rule *same_rule(const struct live *live, const struct start_event *s, const struct rule_pack **pack)
{
    const struct config *c = live->config;
    char day_text[CIVIL_DATE_TEXT_MAX];
    struct civil_date day;
    text(s, json_member(&s->doc, 0, "rules"), "day", day_text, sizeof day_text);
    if (!same_law(&s->end, "rules/", c->rules_files, c->rules_count) ||
        !same_law(&s->end, "profiles/", c->profile_files, c->profiles_count) ||
        !civil_date_parse(&day, day_text, strlen(day_text)))
        return NULL;
    const struct rule *rule = rules_select(c->rules, c->rules_count, s->end.method, &s->vehicle, day, pack, NULL);
    return rule && strcmp((*pack)->sha256, s->verdict.pack_sha256) == 0 && strcmp(rule->name, s->verdict.rule) == 0
               ? rule
               : NULL;
}

/* A recording that goes up to its end gives the verdict again; pulling the plug then does not change it. */
static int judge_again(struct live *live, struct start_event *s, struct err *err)
{
    const struct rule_pack *pack = NULL;
    const struct procedure_method *method = procedure_method_by_name(s->end.method);
    const struct rule *rule = same_rule(live, s, &pack);
    if (!rule || !method)
        return 0;
    struct again *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = spool_list(live->config->state, s->end.id, take_recording, a, err);
    if (result == 0 && replay_test(&a->replay, a->files, a->count, live->config->profiles, live->config->profiles_count,
                                   method, pack, rule, &s->vehicle, s->verdict.limit_class, NULL, NULL) == 0) {
        s->verdict = a->replay.verdict;
        s->end.ended_ms = s->end.started_ms + s->verdict.duration_ms;
    }
    for (size_t i = 0; i < a->count; i++)
        free(a->texts[i]);
    free(a);
    return result;
}

static int end_one(struct live *live, const struct store_test *test, struct err *err)
{
    char *body = NULL;
    struct start_event *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "out of memory while test %s, which a dead daemon left open, is ended",
                       test->id);
    int result = read_start(live, s, test, &body, err);
    if (result == 0)
        result = judge_again(live, s, err);
    if (result == 0)
        result = live_save(live, &s->end, &s->scratch, err);
    if (result == 0)
        log_notice("test %s of %s was open when the daemon died: %s (%s)", test->id, test->plate,
                   verdict_kind_name(s->verdict.kind), s->verdict.reasons_count ? s->verdict.reasons[0] : "");
    free(body);
    free(s);
    return result == 0 ? 0 : err_prefix(err, "test %s, which a dead daemon left open", test->id);
}

struct open_tests {
    size_t count;
    struct store_test tests[OPEN_MAX];
};

static int take(void *ctx, const struct store_test *test)
{
    struct open_tests *all = ctx;
    all->tests[all->count++] = *test;
    return all->count == OPEN_MAX;
}

/* A folder of no open test: its test was saved, or never got as far as being told to anybody. */
static void drop_folder(void *ctx, const char *test_id)
{
    const struct live *live = ctx;
    struct err err = {0};
    if (spool_remove(live->config->state, test_id, &err) != 0)
        log_warning("%s", err.text);
}

int live_recover(struct live *live, struct err *err)
{
    struct open_tests *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = 0;
    size_t found = 1;
    while (result == 0 && found > 0) {
        all->count = 0;
        result = store_test_list(live->store, NULL, NULL, true, OPEN_MAX, take, all, err);
        found = all->count;
        for (size_t i = 0; i < found && result == 0; i++)
            result = end_one(live, &all->tests[i], err);
    }
    free(all);
    if (result == 0)
        result = spool_each(live->config->state, drop_folder, live, err);
    return result;
}
