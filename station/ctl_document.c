/*
 * document, notice: papers of the procedure, from the station's templates and what is stored of a case.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/checkpoint_read.h"
#include "reports/document_facts.h"
#include "reports/file.h"
#include "reports/sha256.h"
#include "station/ctl_rows.h"
#include "station/store_life.h"

static const char ending[] = ".txt";

/* ---- facts ---- */

struct gathered {
    struct document_facts facts;
    struct store_case of;
    bool has_case;
    int64_t ended_ms;
    char *record;
    int64_t event;
    char void_reason[STORE_REASON_MAX];
};

/* "张三（P0042，证号C-0042）" where the register knows him, else the number. */
static void officer_text(struct ctl *ctl, const char *number, char out[DOCUMENT_VALUE_MAX])
{
    struct store_officer o;
    bool found = false;
    snprintf(out, DOCUMENT_VALUE_MAX, "%s", number);
    if (number[0] && store_officer_get(ctl->store, number, &o, &found, NULL) == 0 && found)
        snprintf(out, DOCUMENT_VALUE_MAX, "%s（%s%s%s）", o.name, o.number, o.certificate[0] ? "，证号" : "",
                 o.certificate);
}

/* officer.1 … are those who stand on paper: tester and reviewers, each once. */
static void set_officers(struct ctl *ctl, struct gathered *g)
{
    const char *numbers[] = {g->of.tester, g->of.reviewer1, g->of.reviewer2};
    char text[DOCUMENT_VALUE_MAX], name[DOCUMENT_NAME_MAX], all[DOCUMENT_VALUE_MAX] = "";
    size_t count = 0, used = 0;
    for (size_t i = 0; i < 3; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(numbers[k], numbers[i]) == 0;
        if (again || !numbers[i][0])
            continue;
        officer_text(ctl, numbers[i], text);
        snprintf(name, sizeof name, "officer.%zu", ++count);
        document_set(&g->facts, name, text);
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used ? "、" : "", text);
    }
    document_set(&g->facts, "officers", all);
    officer_text(ctl, g->of.police, text);
    document_set(&g->facts, "police", text);
    officer_text(ctl, g->of.reviewer1, text);
    document_set(&g->facts, "case.reviewer1", text);
    officer_text(ctl, g->of.reviewer2, text);
    document_set(&g->facts, "case.reviewer2", text);
}

/* deadline.repair-by …: the day of each that runs, "2026年7月31日". */
static int set_deadlines(struct ctl *ctl, struct gathered *g, struct err *err)
{
    struct ctl_due due;
    if (config_deadlines(ctl->config, err) != 0 || ctl_case_due(ctl, &g->of, &due, err) != 0)
        return -1;
    for (size_t i = 0; i < due.count; i++) {
        char name[DOCUMENT_NAME_MAX + 16], text[64];
        struct civil_date day = civil_date_of(due.items[i].due_ms, ctl->config->utc_offset_minutes);
        snprintf(name, sizeof name, "deadline.%s", due.items[i].deadline->name);
        snprintf(text, sizeof text, "%d年%d月%d日", day.year, day.month, day.day);
        document_set(&g->facts, name, day.year ? text : "");
    }
    return 0;
}

static int set_case(struct ctl *ctl, struct gathered *g, struct err *err)
{
    static const char *const grounds[] = {"",
                                          "执行紧急任务的特种车辆",
                                          "被盗抢或号牌被冒用",
                                          "救助危难或紧急避险",
                                          "已在现场处理",
                                          "交通信号指示不一致",
                                          "记录资料不清晰、不准确",
                                          "号牌信息错误",
                                          "其他"};
    char text[32];
    const struct store_case *c = &g->of;
    ctl_time(ctl, c->created_ms, text);
    document_set(&g->facts, "case.id", c->id);
    document_set(&g->facts, "case.opened", text);
    document_set(&g->facts, "case.state", ctl_word_case(c->state)->zh);
    if (strcmp(c->repair, "none") != 0)
        document_set(&g->facts, "case.repair", ctl_word_case(c->repair)->zh);
    document_set(&g->facts, "case.number", c->number);
    if (c->ground > 0 && c->ground < (int)(sizeof grounds / sizeof grounds[0]))
        document_set(&g->facts, "case.ground", grounds[c->ground]);
    set_officers(ctl, g);
    return set_deadlines(ctl, g, err);
}

static int set_retest(struct ctl *ctl, struct gathered *g, struct err *err)
{
    struct document_facts *other = g->of.retest[0] ? calloc(1, sizeof *other) : NULL;
    char *record = NULL, void_reason[STORE_REASON_MAX], text[DOCUMENT_VALUE_MAX];
    int64_t event, ended_ms;
    struct err why;
    document_set(&g->facts, "retest.id", g->of.retest);
    if (!other)
        return 0;
    /* a retest at another station is known by its history alone */
    int result = 0;
    if (ctl_slip_record(ctl, g->of.retest, &record, &event, void_reason, sizeof void_reason, &why) == 0)
        result = document_record(other, record, strlen(record), &ended_ms, err);
    document_set(&g->facts, "retest.verdict", document_get(other, "record.verdict"));
    document_set(&g->facts, "retest.day", document_get(other, "record.day"));
    if (document_get(other, "value.measured")[0]) {
        snprintf(text, sizeof text, "%.60s %.60s", document_get(other, "value.quantity"),
                 document_get(other, "value.measured"));
        document_set(&g->facts, "retest.value", text);
    }
    document_facts_free(other);
    free(other);
    free(record);
    return result;
}

/* What is sealed; a case that is not has no list of data yet. */
static int set_package(struct ctl *ctl, struct gathered *g, struct err *err)
{
    struct store_package p;
    struct err none;
    char path[sizeof p.path + CONFIG_PATH_MAX], text[32], *bytes = NULL;
    size_t size = 0;
    if (store_package_get(ctl->store, g->of.id, &p, &none) != 0)
        return none.code == ERR_INVALID ? 0 : err_set(err, none.code, "%s", none.text);
    ctl_time(ctl, p.sealed_ms, text);
    document_set(&g->facts, "package.sha256", p.sha256);
    document_set(&g->facts, "package.sealed", text);
    snprintf(path, sizeof path, "%s/%s", ctl->config->state, p.path);
    if (file_read(path, CONTAINER_SIZE_MAX, &bytes, &size, err) != 0)
        return -1;
    int result = document_package(&g->facts, (const uint8_t *)bytes, size, err);
    free(bytes);
    return result == 0 ? 0 : err_prefix(err, "%s", path);
}

/* ---- checklist ---- */

struct answers {
    struct ctl *ctl;
    struct document_table *table;
    const char *test; /* whose list is looked for */
    struct store_checklist found;
    struct err *err;
    bool failed;
};

static int take_checklist(void *ctx, const struct store_checklist *c)
{
    struct answers *a = ctx;
    if (strcmp(c->test, a->test) != 0)
        return 0;
    a->found = *c;
    return 1;
}

/* What the list in force calls the item; its name where it is from another one. */
static const char *item_text(const struct answers *a, const char *name)
{
    for (size_t i = 0; i < a->ctl->config->checklists_count; i++) {
        const struct checklist *list = &a->ctl->config->checklists[i];
        for (size_t k = 0; strcmp(list->name, a->found.name) == 0 && k < list->items_count; k++)
            if (strcmp(list->items[k].name, name) == 0)
                return list->items[k].zh;
    }
    return name;
}

static int take_answer(void *ctx, const struct store_answer *answer)
{
    struct answers *a = ctx;
    const char *word = strcmp(answer->answer, "passed") == 0   ? "合格"
                       : strcmp(answer->answer, "failed") == 0 ? "不合格"
                                                               : "未检查";
    const char *cells[] = {item_text(a, answer->item), word, answer->value, answer->remark, answer->officer};
    a->failed = document_row_add(a->table, cells, a->err) != 0;
    return a->failed;
}

/* Table checklist: the newest one that was filled in with the test. */
static int set_checklist(struct ctl *ctl, struct gathered *g, struct err *err)
{
    enum { LISTS = 100 };
    static const struct paper_column columns[] = {{"检查项目", 3.4, false},
                                                  {"结果", 1.1, false},
                                                  {"数值", 1.1, true},
                                                  {"说明", 2.6, false},
                                                  {"检查人", 1.4, false}};
    const char *test = document_get(&g->facts, "record.id"), *plate = document_get(&g->facts, "plate");
    struct answers a = {.ctl = ctl, .test = test, .err = err};
    if (!plate[0])
        return 0;
    if (store_checklist_list(ctl->store, plate, LISTS, take_checklist, &a, err) != 0)
        return -1;
    if (a.found.id[0] == '\0')
        return 0;
    a.table = document_table_add(&g->facts, "checklist", columns, 5);
    document_set(&g->facts, "checklist.id", a.found.id);
    if (!a.table || config_checklists(ctl->config, err) != 0 ||
        store_checklist_answers(ctl->store, a.found.seq, take_answer, &a, err) != 0)
        return -1;
    return a.failed ? -1 : 0;
}

/* What the driver has said; --set statement=… stands before it. */
static int set_statement(struct ctl *ctl, struct gathered *g, struct err *err)
{
    char text[DOCUMENT_VALUE_MAX];
    if (ctl_statement_last(ctl, document_get(&g->facts, "record.id"), text, sizeof text, err) != 0)
        return -1;
    if (text[0])
        document_set(&g->facts, "statement", text);
    return 0;
}

static int set_journal(struct ctl *ctl, struct gathered *g, struct err *err)
{
    char *note = NULL, text[SHA256_HEX_SIZE];
    struct checkpoint_read c;
    snprintf(text, sizeof text, "%lld", (long long)g->event);
    document_set(&g->facts, "journal.event", g->event >= 0 ? text : "");
    if (store_checkpoint_last(ctl->store, &note, err) != 0)
        return -1;
    int result = note ? checkpoint_read(&c, note, strlen(note), err) : 0;
    if (note && result == 0 && g->event >= 0 && c.size > (uint64_t)g->event) {
        sha256_to_hex(c.root.bytes, text);
        text[16] = '\0';
        document_set(&g->facts, "journal.root", text);
        document_set(&g->facts, "journal.signed", c.time);
    }
    free(note);
    return result;
}

/* --set name=value: first of all, so that it stands before what is stored under that name. */
static int set_given(const struct ctl *ctl, struct gathered *g, struct err *err)
{
    for (size_t i = 0; i < ctl->facts_count; i++) {
        char name[DOCUMENT_NAME_MAX];
        const char *equals = strchr(ctl->facts[i], '=');
        if (!equals || equals == ctl->facts[i] || (size_t)(equals - ctl->facts[i]) >= sizeof name)
            return err_set(err, ERR_INVALID, "--set %s: write NAME=VALUE", ctl->facts[i]);
        snprintf(name, sizeof name, "%.*s", (int)(equals - ctl->facts[i]), ctl->facts[i]);
        if (strlen(equals + 1) >= DOCUMENT_VALUE_MAX)
            return err_set(err, ERR_INVALID, "--set %s: more than %d bytes", name, DOCUMENT_VALUE_MAX - 1);
        document_set(&g->facts, name, equals + 1);
    }
    return 0;
}

/* A case by its id, or that of its test or passage; a record without a case is a document's subject, too. */
static int gather(struct ctl *ctl, struct gathered *g, const char *id, struct err *err)
{
    struct err no_case;
    if (ctl_open_store(ctl, err) != 0 || set_given(ctl, g, err) != 0)
        return -1;
    g->has_case = store_case_get(ctl->store, id, &g->of, &no_case) == 0;
    if (!g->has_case && no_case.code != ERR_INVALID)
        return err_set(err, no_case.code, "%s", no_case.text);
    if (ctl_slip_record(ctl, g->has_case ? g->of.subject : id, &g->record, &g->event, g->void_reason,
                        sizeof g->void_reason, err) != 0 ||
        document_record(&g->facts, g->record, strlen(g->record), &g->ended_ms, err) != 0)
        return -1;
    document_set(&g->facts, "void.reason", g->void_reason);
    if (set_checklist(ctl, g, err) != 0 || set_statement(ctl, g, err) != 0)
        return -1;
    if (g->has_case && (set_case(ctl, g, err) != 0 || set_retest(ctl, g, err) != 0 || set_package(ctl, g, err) != 0))
        return -1;
    return set_journal(ctl, g, err);
}

/* ---- templates ---- */

static int read_template(const struct ctl *ctl, const char *kind, char *path, size_t size, char **text, struct err *err)
{
    size_t length;
    if (kind[0] == '\0' || strchr(kind, '/') || kind[0] == '.')
        return err_set(err, ERR_INVALID, "'%s' is no kind of document; see: smogctl document list", kind);
    snprintf(path, size, "%s/%s%s", ctl->config->templates_dir, kind, ending);
    if (file_read(path, DOCUMENT_TEMPLATE_MAX, text, &length, err) == 0)
        return strlen(*text) == length ? 0 : err_set(err, ERR_INVALID, "%s: it is not a text", path);
    return err->code == ERR_UNREACHABLE
               ? err_set(err, ERR_INVALID, "there is no template %s; see: smogctl document list", path)
               : -1;
}

static int write_document(struct ctl *ctl, const char *kind, const char *id, struct err *err)
{
    char path[CONFIG_PATH_MAX + 300], *text = NULL;
    struct paper *paper = NULL;
    struct gathered *g = calloc(1, sizeof *g);
    if (!g)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = gather(ctl, g, id, err);
    if (result == 0)
        result = read_template(ctl, kind, path, sizeof path, &text, err);
    if (result == 0)
        result = document_lay(path, text, &g->facts, g->ended_ms, &paper, err);
    if (result == 0)
        result = ctl_paper_write(ctl, paper, err);
    paper_close(paper);
    free(text);
    document_facts_free(&g->facts);
    free(g->record);
    free(g);
    return result;
}

static int make(struct ctl *ctl, const char *kind, const char *id, struct err *err)
{
    struct entries e = {0};
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE.pdf");
    if (write_document(ctl, kind, id, err) != 0)
        return -1;
    entries_text(&e, "file", ctl->output);
    return ctl->json ? ctl_json_entries(&e, err) : 0;
}

int ctl_notice(struct ctl *ctl, struct err *err)
{
    return make(ctl, "notice", ctl->words[0], err);
}

int ctl_document(struct ctl *ctl, struct err *err)
{
    return make(ctl, ctl->words[0], ctl->words[1], err);
}

/* ---- list ---- */

static int is_template(const struct dirent *d)
{
    size_t length = strlen(d->d_name), end = sizeof ending - 1;
    return d->d_name[0] != '.' && length > end && strcmp(d->d_name + length - end, ending) == 0;
}

static int list_one(struct ctl_rows *rows, const char *name, struct err *err)
{
    char kind[256], path[CONFIG_PATH_MAX + 300], title[256], *text = NULL;
    snprintf(kind, sizeof kind, "%.*s", (int)(strlen(name) - (sizeof ending - 1)), name);
    int result = read_template(rows->ctl, kind, path, sizeof path, &text, err);
    if (result == 0)
        result = document_title(path, text, title, sizeof title, err);
    free(text);
    if (result != 0)
        return -1;
    if (!rows->w) {
        printf("%-20s %s\n", kind, title);
        return 0;
    }
    json_object_begin(rows->w, NULL);
    json_string(rows->w, "kind", kind);
    json_string(rows->w, "title", title);
    json_object_end(rows->w);
    return 0;
}

static int list_all(struct ctl_rows *rows, struct err *err)
{
    struct dirent **names = NULL;
    const char *folder = rows->ctl->config->templates_dir;
    int count = scandir(folder, &names, is_template, alphasort), result = 0;
    if (count < 0)
        return err_set(err, ERR_UNREACHABLE, "%s cannot be read; set templates-dir", folder);
    ctl_rows_begin(rows, "documents");
    for (int i = 0; i < count; i++) {
        result = result == 0 ? list_one(rows, names[i]->d_name, err) : result;
        free(names[i]);
    }
    free(names);
    ctl_rows_end(rows);
    if (rows->w)
        json_bool(rows->w, "ok", true);
    return result;
}

int ctl_document_list(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    return ctl_load_config(ctl, err) != 0 ? -1 : ctl_rows_object(&rows, list_all, err);
}
