#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/log.h"
#include "station/live_parts.h"

enum { PHOTO_BYTES_MAX = 16 << 20 };

/* ---- start ---- */

static const struct checklist *find_list(const struct live *live, const char *name)
{
    for (size_t i = 0; i < live->config->checklists_count; i++)
        if (!name[0] || strcmp(live->config->checklists[i].name, name) == 0)
            return &live->config->checklists[i];
    return NULL;
}

/* Whose vehicle it is about: the plate that was given, or that of the test. */
static int read_subject(const struct live *live, const struct json_doc *request, struct store_checklist *row,
                        struct err *err)
{
    char text[64], colour[32];
    enum plate_colour which = PLATE_COLOUR_UNKNOWN;
    struct store_test test;
    struct plate plate;
    if (live_request_text(request, "test", false, row->test, sizeof row->test, err) != 0 ||
        live_request_text(request, "plate", !row->test[0], text, sizeof text, err) != 0 ||
        live_request_text(request, "colour", !row->test[0], colour, sizeof colour, err) != 0)
        return -1;
    if (row->test[0]) {
        if (text[0])
            return err_set(err, ERR_INVALID, "say --test or --plate; the test has its plate already");
        if (store_test_get(live->store, row->test, &test, NULL, err) != 0)
            return -1;
        memcpy(row->plate, test.plate, sizeof row->plate);
        memcpy(row->colour, test.colour, sizeof row->colour);
        return 0;
    }
    if (!plate_colour_by_name(colour, &which))
        return err_set(err, ERR_INVALID, "'%s' is no plate colour", colour);
    if (plate_parse(&plate, text, which, err) != 0)
        return -1;
    snprintf(row->plate, sizeof row->plate, "%s", plate.text);
    snprintf(row->colour, sizeof row->colour, "%s", plate_colour_name(plate.colour));
    return 0;
}

static int save_start(struct live *live, struct store_checklist *row, const char *officer, struct err *err)
{
    char text[1024];
    uint64_t event;
    struct entries e = {0};
    if (store_begin(live->store, err) != 0)
        return -1;
    if (store_checklist_next_seq(live->store, &row->seq, err) != 0)
        goto failed;
    snprintf(row->id, sizeof row->id, "%.31s-C%06" PRId64, live->config->id, row->seq);
    entries_text(&e, "checklist", row->id);
    entries_text(&e, "colour", row->colour);
    entries_text(&e, "list", row->name);
    entries_text(&e, "list_sha256", row->sha256);
    entries_text(&e, "officer", officer);
    entries_text(&e, "plate", row->plate);
    entries_integer(&e, "seq", row->seq);
    entries_text(&e, "test", row->test);
    if (live_journal_append(live, "checklist-start", &e, text, sizeof text, &event, err) == 0 &&
        store_checklist_add(live->store, row, event, err) == 0)
        return store_commit(live->store, err);
failed:
    store_rollback(live->store);
    return -1;
}

int live_checklist_start(struct live *live, struct control_client *client, const struct json_doc *request,
                         struct json_writer *answer, struct err *err)
{
    char name[CHECKLIST_NAME_MAX], officer[LIVE_OFFICER_MAX];
    struct store_checklist row = {.started_ms = clock_unix_ms()};
    if (live_request_text(request, "list", false, name, sizeof name, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_POLICE | ROLE_TECHNICIAN, officer, err) != 0 ||
        read_subject(live, request, &row, err) != 0)
        return -1;
    const struct checklist *list = find_list(live, name);
    if (!list)
        return err_set(err, ERR_INVALID, "there is no checklist '%s'; smogctl checklist lists them", name);
    memcpy(row.name, list->name, sizeof row.name);
    memcpy(row.sha256, list->sha256, sizeof row.sha256);
    if (save_start(live, &row, officer, err) != 0)
        return -1;
    struct entries e = {0};
    entries_text(&e, "checklist", row.id);
    entries_text(&e, "list", row.name);
    entries_bool(&e, "ok", true);
    entries_text(&e, "plate", row.plate);
    entries_write(&e, answer, NULL);
    return 0;
}

/* ---- answers ---- */

/* The open checklist of the request and the list it follows, which must be the one it began with. */
static int read_open(const struct live *live, const struct json_doc *request, struct store_checklist *row,
                     const struct checklist **list, struct err *err)
{
    char id[LIVE_ID_MAX];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0 ||
        store_checklist_get(live->store, id, row, err) != 0)
        return -1;
    if (row->ended_ms)
        return err_set(err, ERR_REFUSED, "%s has ended; start another one", id);
    *list = find_list(live, row->name);
    if (!*list || strcmp((*list)->sha256, row->sha256) != 0)
        return err_set(err, ERR_REFUSED, "the list '%s' has changed since %s began; end it and start another one",
                       row->name, id);
    return 0;
}

/* A picture that came along becomes an object; "" where none came. */
static int take_photo(struct live *live, struct control_client *client, char sha256[SHA256_HEX_SIZE], struct err *err)
{
    char *bytes = NULL;
    size_t length = 0;
    int file = control_take_file(client);
    sha256[0] = '\0';
    if (file < 0)
        return 0;
    int result = file_read_fd(file, "the picture", PHOTO_BYTES_MAX, &bytes, &length, err);
    close(file);
    if (result != 0)
        return -1;
    bool jpeg = length > 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0;
    bool png = length > 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0;
    result = jpeg || png
                 ? store_object_put(live->store, bytes, length, sha256, err)
                 : err_set(err, ERR_INVALID, "the picture is neither JPEG nor PNG; send it as the camera made it");
    free(bytes);
    return result;
}

static int read_answer(struct live *live, struct control_client *client, const struct json_doc *request,
                       const struct checklist *list, struct store_answer *a, struct err *err)
{
    enum checklist_answer said;
    struct decimal value;
    if (live_request_text(request, "item", true, a->item, sizeof a->item, err) != 0 ||
        live_request_text(request, "answer", true, a->answer, sizeof a->answer, err) != 0 ||
        live_request_text(request, "value", false, a->value, sizeof a->value, err) != 0 ||
        live_request_text(request, "remark", false, a->remark, LIVE_TEXT_LIMIT + 1, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_POLICE | ROLE_TECHNICIAN, a->officer, err) != 0)
        return -1;
    const struct checklist_item *item = checklist_item(list, a->item);
    if (!item)
        return err_set(err, ERR_INVALID, "the list '%s' has no item '%s'; smogctl checklist %s shows them", list->name,
                       a->item, list->name);
    if (!checklist_answer_by_name(a->answer, &said))
        return err_set(err, ERR_INVALID, "'%s' is no answer; say passed, failed or not-checked", a->answer);
    if (a->value[0] && !decimal_parse(&value, a->value, strlen(a->value)))
        return err_set(err, ERR_INVALID, "%s: '%s' is no number", a->item, a->value);
    if (take_photo(live, client, a->photo, err) != 0)
        return -1;
    return checklist_check(item, said, a->value[0] ? &value : NULL, a->photo[0], err);
}

static int save_answer(struct live *live, const struct store_checklist *row, const struct store_answer *a,
                       struct err *err)
{
    char text[1024];
    uint64_t event;
    struct entries e = {0};
    entries_text(&e, "answer", a->answer);
    entries_text(&e, "checklist", row->id);
    entries_text(&e, "item", a->item);
    entries_text(&e, "officer", a->officer);
    entries_text(&e, "photo", a->photo);
    entries_text(&e, "remark", a->remark);
    entries_text(&e, "value", a->value);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "checklist-answer", &e, text, sizeof text, &event, err) != 0 ||
        store_checklist_answer(live->store, row->seq, a, event, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

int live_checklist_answer(struct live *live, struct control_client *client, const struct json_doc *request,
                          struct json_writer *answer, struct err *err)
{
    struct store_checklist row;
    const struct checklist *list;
    struct store_answer a = {.at_ms = clock_unix_ms()};
    if (read_open(live, request, &row, &list, err) != 0 || read_answer(live, client, request, list, &a, err) != 0 ||
        save_answer(live, &row, &a, err) != 0)
        return -1;
    struct entries e = {0};
    entries_text(&e, "answer", a.answer);
    entries_text(&e, "checklist", row.id);
    entries_text(&e, "item", a.item);
    entries_bool(&e, "ok", true);
    entries_text(&e, "photo", a.photo);
    entries_write(&e, answer, NULL);
    return 0;
}

/* ---- end: each authority gets what is its own ---- */

struct ending {
    const struct checklist *list;
    int64_t counts[CHECKLIST_ANSWER_COUNT];
    struct json_writer writers[AUTHORITY_COUNT];
    struct store_referral referrals[AUTHORITY_COUNT];
    int64_t failed[AUTHORITY_COUNT];
};

static int take_answer(void *ctx, const struct store_answer *a)
{
    struct ending *ending = ctx;
    const struct checklist_item *item = checklist_item(ending->list, a->item);
    enum checklist_answer said;
    if (!item || !checklist_answer_by_name(a->answer, &said))
        return 0;
    ending->counts[said]++;
    if (said != CHECKLIST_FAILED)
        return 0;
    struct entries e = {0};
    ending->failed[item->authority]++;
    entries_text(&e, "item", a->item);
    entries_text(&e, "photo", a->photo);
    entries_text(&e, "remark", a->remark);
    entries_text(&e, "text", item->zh);
    entries_text(&e, "value", a->value);
    entries_write(&e, &ending->writers[item->authority], NULL);
    return 0;
}

static int save_referral(struct live *live, const struct store_checklist *row, struct ending *ending,
                         enum checklist_authority authority, struct err *err)
{
    struct store_referral *r = &ending->referrals[authority];
    char text[sizeof r->items + 1024];
    uint64_t event;
    struct entries e = {0};
    r->at_ms = clock_unix_ms();
    snprintf(r->authority, sizeof r->authority, "%s", checklist_authority_name(authority));
    memcpy(r->checklist, row->id, sizeof r->checklist);
    memcpy(r->plate, row->plate, sizeof r->plate);
    memcpy(r->colour, row->colour, sizeof r->colour);
    entries_text(&e, "authority", r->authority);
    entries_text(&e, "checklist", row->id);
    entries_text(&e, "colour", row->colour);
    entries_raw(&e, "items", r->items, strlen(r->items));
    entries_text(&e, "plate", row->plate);
    if (live_journal_append(live, "referral", &e, text, sizeof text, &event, err) != 0)
        return -1;
    return store_referral_add(live->store, r, event, err);
}

static int save_end(struct live *live, const struct store_checklist *row, struct ending *ending, const char *officer,
                    struct err *err)
{
    char text[1024];
    uint64_t event;
    struct entries e = {0};
    entries_text(&e, "checklist", row->id);
    entries_integer(&e, "failed", ending->counts[CHECKLIST_FAILED]);
    entries_integer(&e, "items", (int64_t)ending->list->items_count);
    entries_text(&e, "officer", officer);
    entries_integer(&e, "passed", ending->counts[CHECKLIST_PASSED]);
    if (store_begin(live->store, err) != 0)
        return -1;
    int result = live_journal_append(live, "checklist-end", &e, text, sizeof text, &event, err);
    if (result == 0)
        result = store_checklist_end(live->store, row->seq, clock_unix_ms(), err);
    for (enum checklist_authority a = 0; a < AUTHORITY_COUNT && result == 0; a++)
        if (ending->failed[a] > 0)
            result = save_referral(live, row, ending, a, err);
    if (result == 0)
        return store_commit(live->store, err);
    store_rollback(live->store);
    return -1;
}

static int end(struct live *live, struct control_client *client, const struct json_doc *request, struct ending *ending,
               struct store_checklist *row, struct err *err)
{
    char officer[LIVE_OFFICER_MAX];
    if (read_open(live, request, row, &ending->list, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_POLICE | ROLE_TECHNICIAN, officer, err) != 0)
        return -1;
    for (enum checklist_authority a = 0; a < AUTHORITY_COUNT; a++) {
        json_writer_init(&ending->writers[a], ending->referrals[a].items, sizeof ending->referrals[a].items);
        json_array_begin(&ending->writers[a], NULL);
    }
    if (store_checklist_answers(live->store, row->seq, take_answer, ending, err) != 0)
        return -1;
    for (enum checklist_authority a = 0; a < AUTHORITY_COUNT; a++) {
        json_array_end(&ending->writers[a]);
        if (json_writer_finish(&ending->writers[a]) < 0)
            return err_set(err, ERR_FAILED, "what goes to %s is too long", checklist_authority_name(a));
    }
    return save_end(live, row, ending, officer, err);
}

int live_checklist_end(struct live *live, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    struct store_checklist row;
    struct ending *ending = calloc(1, sizeof *ending);
    if (!ending)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = end(live, client, request, ending, &row, err);
    if (result == 0) {
        struct entries e = {0};
        int64_t answered = ending->counts[CHECKLIST_PASSED] + ending->counts[CHECKLIST_FAILED];
        entries_text(&e, "checklist", row.id);
        entries_integer(&e, "failed", ending->counts[CHECKLIST_FAILED]);
        entries_integer(&e, "not_checked", (int64_t)ending->list->items_count - answered);
        entries_bool(&e, "ok", true);
        entries_integer(&e, "passed", ending->counts[CHECKLIST_PASSED]);
        entries_write(&e, answer, NULL);
        log_notice("checklist %s of %s: %" PRId64 " failed", row.id, row.plate, ending->counts[CHECKLIST_FAILED]);
    }
    free(ending);
    return result;
}
