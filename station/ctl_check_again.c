/* A metrology check again, from its recordings, its rules and its profile as they are stored. */
#include <stdlib.h>
#include <string.h>

#include "sensors/replay.h"
#include "station/config_read.h"
#include "station/core/metrology.h"
#include "station/ctl.h"

enum { TOKENS_MAX = 4096, FILES_MAX = 8 };

/* The stored input of one check. */
struct again {
    char *body; /* of its end event */
    struct json_doc doc;
    struct json_token tokens[TOKENS_MAX];
    struct rule_pack pack;
    struct profile profile;
    size_t profiles_count, files_count;
    struct replay_file files[FILES_MAX];
    char names[FILES_MAX][128];
    char *texts[FILES_MAX];
    struct replay replay;
    char verdict[VERDICT_JSON_MAX];
    /* by the pack of that name that is in force now, where it is another */
    struct rule_pack now;
    struct replay anew;
    bool newer;
    struct err newer_trouble;
};

static void close_again(struct again *a)
{
    for (size_t i = 0; i < a->files_count; i++)
        free(a->texts[i]);
    free(a->body);
    free(a);
}

static int load_conf(struct ctl *ctl, struct again *a, const struct store_file *file, bool rules, struct err *err)
{
    char path[2 * CONFIG_PATH_MAX];
    struct config_source source;
    if (store_object_path(ctl->store, file->sha256, path, sizeof path, err) != 0)
        return -1;
    int result = config_source_open(&source, path, err);
    if (result == 0)
        result = rules ? rules_load(&a->pack, &source.conf, err) : profile_load(&a->profile, &source.conf, err);
    if (result == 0 && strcmp(source.sha256, file->sha256) != 0)
        result = err_set(err, ERR_FAILED, "%s is not what it was", file->name);
    if (result == 0 && rules)
        memcpy(a->pack.sha256, source.sha256, sizeof a->pack.sha256);
    if (result == 0 && !rules) {
        memcpy(a->profile.sha256, source.sha256, sizeof a->profile.sha256);
        a->profiles_count = 1;
    }
    config_source_close(&source);
    return result;
}

static int load_wire(struct ctl *ctl, struct again *a, const struct store_file *file, struct err *err)
{
    void *data = NULL;
    size_t size = 0;
    if (a->files_count == FILES_MAX)
        return err_set(err, ERR_FAILED, "the check has more than %d recordings", FILES_MAX);
    if (store_object_get(ctl->store, file->sha256, &data, &size, err) != 0)
        return err_prefix(err, "%s", file->name);
    size_t i = a->files_count++;
    a->texts[i] = data;
    snprintf(a->names[i], sizeof a->names[i], "%s", file->name);
    a->files[i] = (struct replay_file){a->names[i], a->texts[i], size};
    return 0;
}

struct files {
    size_t count;
    struct store_file items[FILES_MAX];
};

static int take_file(void *ctx, const struct store_file *file)
{
    struct files *all = ctx;
    all->items[all->count++] = *file;
    return all->count == FILES_MAX;
}

static int load(struct ctl *ctl, struct again *a, const struct store_check *check, struct err *err)
{
    struct files all = {0};
    if (store_event_open(ctl->store, (uint64_t)check->end_event, &a->doc, a->tokens, TOKENS_MAX, &a->body, err) != 0 ||
        store_file_list(ctl->store, check->id, take_file, &all, err) != 0)
        return -1;
    for (size_t i = 0; i < all.count; i++) {
        const char *name = all.items[i].name;
        bool rules = strncmp(name, "rules/", strlen("rules/")) == 0;
        bool conf = rules || strncmp(name, "profiles/", strlen("profiles/")) == 0;
        if ((conf ? load_conf(ctl, a, &all.items[i], rules, err) : load_wire(ctl, a, &all.items[i], err)) != 0)
            return -1;
    }
    return 0;
}

static int judge(struct again *a, const struct rule_pack *with, struct replay *replay, struct err *err)
{
    static const struct vehicle nobody;
    char day_text[CIVIL_DATE_TEXT_MAX] = "", name[RULES_ID_MAX] = "";
    struct civil_date day;
    ptrdiff_t rules = json_member(&a->doc, 0, "rules"), result = json_member(&a->doc, 0, "result");
    const struct rule_pack *pack;
    if (rules < 0)
        return err_set(err, ERR_REFUSED,
                       "it ended with '%s': its recording has no end, so there is nothing to recompute", VERDICT_LOST);
    if (result < 0 ||
        !json_get_string(&a->doc, json_member(&a->doc, (size_t)rules, "day"), day_text, sizeof day_text) ||
        !civil_date_parse(&day, day_text, strlen(day_text)) ||
        !json_get_string(&a->doc, json_member(&a->doc, (size_t)result, "method"), name, sizeof name))
        return err_set(err, ERR_FAILED, "its event does not tell by which rule it was judged");
    const struct rule *rule = metrology_rule(with, 1, name, day, &pack);
    const struct procedure_method *method = metrology_method_by_name(name);
    if (!rule || !method)
        return err_set(err, ERR_FAILED, "its rule pack has no rule '%s' of %s", name, day_text);
    return replay_test(replay, a->files, a->files_count, &a->profile, a->profiles_count, method, pack, rule, &nobody,
                       LIMIT_CLASS_A, NULL, err);
}

static void judge_anew(const struct ctl *ctl, struct again *a)
{
    char path[2 * CONFIG_PATH_MAX];
    int other = ctl_pack_now(ctl, a->pack.id, a->pack.sha256, &a->now, path, sizeof path, &a->newer_trouble);
    a->newer = other == 1 && judge(a, &a->now, &a->anew, &a->newer_trouble) == 0;
    if (other == 0 || a->newer)
        a->newer_trouble.text[0] = '\0';
}

static void write_newer(struct json_writer *w, const struct again *a)
{
    if (a->newer) {
        json_object_begin(w, "newer");
        json_string(w, "pack", a->now.id);
        json_string(w, "verdict", verdict_kind_name(a->anew.verdict.kind));
        json_string(w, "version", a->now.version);
        json_object_end(w);
    } else {
        json_null(w, "newer");
    }
    json_string(w, "newer_trouble", a->newer_trouble.text);
}

static int say(struct ctl *ctl, struct again *a, const struct store_check *check, struct err *err)
{
    struct json_writer w;
    json_writer_init(&w, a->verdict, sizeof a->verdict);
    verdict_write(&a->replay.verdict, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    const struct json_token *recorded = &a->doc.tokens[json_member(&a->doc, 0, "result")];
    bool same =
        length == (ptrdiff_t)recorded->length && memcmp(a->verdict, a->body + recorded->start, recorded->length) == 0;
    const char *now = verdict_kind_name(a->replay.verdict.kind);
    if (ctl->json) {
        struct json_writer out;
        if (ctl_json_begin(&out, err) != 0)
            return -1;
        json_object_begin(&out, NULL);
        json_string(&out, "id", check->id);
        write_newer(&out, a);
        json_bool(&out, "ok", same);
        json_string(&out, "recomputed", now);
        json_string(&out, "recorded", check->verdict);
        json_bool(&out, "verdict_same", same);
        json_object_end(&out);
        if (ctl_json_print(&out, err) != 0)
            return -1;
    } else {
        printf("%s: recorded %s, recomputed %s; %s\n", check->id, check->verdict, now,
               same ? "the same, byte for byte" : "DIFFERS");
        if (a->newer)
            printf("  by %s version %s, which is in force now, it would be %s; the record stays as it is\n", a->now.id,
                   a->now.version, verdict_kind_name(a->anew.verdict.kind));
        if (a->newer_trouble.text[0])
            printf("  by the %s in force now it cannot be judged: %s\n", a->pack.id, a->newer_trouble.text);
    }
    if (same)
        return 0;
    ctl->answered = true;
    return err_set(err, ERR_FAILED, "%s: the recomputation differs from the record", check->id);
}

int ctl_check_again(struct ctl *ctl, const struct store_check *check, struct err *err)
{
    if (check->end_event < 0)
        return err_set(err, ERR_REFUSED, "check %s is still running", check->id);
    struct again *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, ERR_FAILED, "out of memory");
    a->doc = (struct json_doc){.tokens = a->tokens, .max = TOKENS_MAX};
    int result = load(ctl, a, check, err);
    if (result == 0 && judge(a, &a->pack, &a->replay, err) != 0)
        result = err_prefix(err, "%s", check->id);
    if (result == 0 && ctl->config)
        judge_anew(ctl, a);
    if (result == 0)
        result = say(ctl, a, check, err);
    close_again(a);
    return result;
}
