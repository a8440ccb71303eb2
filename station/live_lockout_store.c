#include <stdio.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

/* Whom it is about, as members of an event. `plate` is room for the text without its colour. */
static void subject_entries(const struct live_lockout *l, char plate[64], struct entries *e)
{
    enum lockout_about about = lockout_kind(l->code)->about;
    snprintf(plate, 64, "%s", l->subject);
    if (about == LOCKOUT_INSTRUMENT)
        entries_text(e, "instrument", l->subject);
    char *space = about == LOCKOUT_PLATE ? strrchr(plate, ' ') : NULL;
    if (!space)
        return;
    *space = '\0';
    entries_text(e, "colour", space + 1);
    entries_text(e, "plate", plate);
}

static struct store_lockout row_of(const struct live_lockout *l)
{
    struct store_lockout row = {.since_ms = l->since_ms};
    snprintf(row.code, sizeof row.code, "%s", lockout_kind(l->code)->code);
    memcpy(row.subject, l->subject, sizeof row.subject);
    memcpy(row.what, l->what, sizeof row.what);
    return row;
}

static int append_raise(struct live *live, const struct live_lockout *l, struct err *err)
{
    const struct store_lockout row = row_of(l);
    char text[2048], plate[64], since[CIVIL_TIME_TEXT_MAX];
    uint64_t event;
    struct entries e = {0};
    civil_time_format(l->since_ms, live->config->utc_offset_minutes, since);
    entries_text(&e, "code", row.code);
    subject_entries(l, plate, &e);
    entries_text(&e, "since", since);
    entries_text(&e, "what", l->what);
    if (live_journal_append(live, "lockout", &e, text, sizeof text, &event, err) != 0)
        return -1;
    if (store_lockout_raise(live->store, &row, event, err) != 0)
        return -1;
    e.count = 0;
    entries_text(&e, "code", row.code);
    entries_bool(&e, "holds", true);
    subject_entries(l, plate, &e);
    entries_text(&e, "since", since);
    entries_text(&e, "what", l->what);
    live_feed_entries(live, "lockout", &e);
    return 0;
}

static int append_clear(struct live *live, const struct live_lockout *l, const char *by, const char *user,
                        const char *reason, struct err *err)
{
    struct store_lockout row = row_of(l);
    char text[2048], plate[64];
    uint64_t event;
    struct entries e = {0};
    row.cleared_ms = clock_unix_ms();
    snprintf(row.cleared_by, sizeof row.cleared_by, "%s", by);
    snprintf(row.reason, sizeof row.reason, "%s", reason);
    entries_text(&e, "by", by);
    entries_text(&e, "code", row.code);
    entries_text(&e, "reason", reason);
    entries_text(&e, "user", user);
    subject_entries(l, plate, &e);
    if (live_journal_append(live, "lockout-clear", &e, text, sizeof text, &event, err) != 0)
        return -1;
    if (store_lockout_clear(live->store, &row, event, err) != 0)
        return -1;
    e.count = 0;
    entries_text(&e, "by", by);
    entries_text(&e, "code", row.code);
    entries_bool(&e, "holds", false);
    entries_text(&e, "reason", reason);
    subject_entries(l, plate, &e);
    live_feed_entries(live, "lockout", &e);
    return 0;
}

static bool is_due(const struct live_lockout *l)
{
    return lockout_kind(l->code)->recorded && l->holds != l->stored;
}

static int store_due(struct live *live, struct err *err)
{
    if (store_begin(live->store, err) != 0)
        return -1;
    for (size_t i = 0; i < live->lockouts.count; i++) {
        const struct live_lockout *l = &live->lockouts.items[i];
        if (is_due(l) &&
            (l->holds ? append_raise(live, l, err) : append_clear(live, l, "station", "", l->ended, err)) != 0) {
            store_rollback(live->store);
            return -1;
        }
    }
    return store_commit(live->store, err);
}

void live_lockout_store(struct live *live)
{
    struct live_lockouts *all = &live->lockouts;
    bool due = false;
    for (size_t i = 0; i < all->count; i++)
        due |= is_due(&all->items[i]);
    /* in the order in which it happened: behind what waits already */
    if (!due || (live->journal_faulty && clock_mono_ms() < live->journal_retry_ms) || live_journal_flush(live) != 0)
        return;
    struct err err = {0};
    bool saved = store_due(live, &err) == 0;
    live_journal_health(live, saved ? NULL : &err);
    for (size_t i = 0; i < all->count && saved; i++)
        if (lockout_kind(all->items[i].code)->recorded)
            all->items[i].stored = all->items[i].holds;
}

/* ---- a person clears one ---- */

static struct live_lockout *find_held(struct live *live, enum lockout_code code, const char *subject)
{
    for (size_t i = 0; i < live->lockouts.count; i++) {
        struct live_lockout *l = &live->lockouts.items[i];
        if (l->holds && l->code == code && strcmp(l->subject, subject) == 0)
            return l;
    }
    return NULL;
}

static int read_subject(const struct json_doc *request, enum lockout_about about, char subject[64], struct err *err)
{
    char plate_text[48], colour[16], instrument[SENSOR_NAME_MAX];
    struct plate plate;
    enum plate_colour wanted = PLATE_COLOUR_UNKNOWN;
    subject[0] = '\0';
    if (live_request_text(request, "instrument", about == LOCKOUT_INSTRUMENT, instrument, sizeof instrument, err) !=
            0 ||
        live_request_text(request, "plate", about == LOCKOUT_PLATE, plate_text, sizeof plate_text, err) != 0 ||
        live_request_text(request, "colour", about == LOCKOUT_PLATE, colour, sizeof colour, err) != 0)
        return -1;
    if (about == LOCKOUT_INSTRUMENT)
        snprintf(subject, 64, "%s", instrument);
    if (about != LOCKOUT_PLATE)
        return 0;
    if (!plate_colour_by_name(colour, &wanted))
        return err_set(err, ERR_INVALID, "'%s' is no plate colour", colour);
    if (plate_parse(&plate, plate_text, wanted, err) != 0)
        return -1;
    snprintf(subject, 64, "%s %s", plate.text, colour);
    return 0;
}

static int clear(struct live *live, struct control_client *client, const struct json_doc *request, char code[32],
                 struct err *err)
{
    char officer[LIVE_OFFICER_MAX], reason[LIVE_TEXT_LIMIT + 1], subject[64];
    enum role role;
    if (live_request_text(request, "code", true, code, 32, err) != 0 ||
        live_request_text(request, "officer", true, officer, sizeof officer, err) != 0 ||
        live_officer_check(live, officer, ROLE_SUPERVISOR, &role, err) != 0 ||
        live_request_text(request, "reason", true, reason, sizeof reason, err) != 0)
        return -1;
    if (reason[strspn(reason, " ")] == '\0')
        return err_set(err, ERR_INVALID, "a lockout is cleared with a reason: --reason TEXT");
    enum lockout_code which = lockout_by_name(code);
    if (which == LOCKOUT_COUNT)
        return err_set(err, ERR_INVALID, "there is no lockout '%s'; smogctl status shows those that hold", code);
    if (!lockout_kind(which)->person)
        return err_set(err, ERR_REFUSED, "%s is not cleared by word; it ends with its cause: %s", code,
                       lockout_kind(which)->clear_en);
    if (read_subject(request, lockout_kind(which)->about, subject, err) != 0)
        return -1;
    struct live_lockout *l = find_held(live, which, subject);
    if (!l)
        return err_set(err, ERR_REFUSED, "the lockout %s%s%s does not hold", code, subject[0] ? " of " : "", subject);
    live_lockout_store(live); /* its own event comes before the one that ends it */
    if (!l->stored)
        return err_set(err, ERR_REFUSED, "the journal cannot be written: %s", live->journal_trouble);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (append_clear(live, l, officer, control_user(client), reason, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    if (store_commit(live->store, err) != 0)
        return -1;
    l->holds = l->stored = false;
    log_notice("unlocked: %s%s%s by %s: %s", code, subject[0] ? ", " : "", subject, officer, reason);
    return 0;
}

int live_lockout_clear(struct live *live, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    char code[32];
    if (clear(live, client, request, code, err) != 0)
        return -1;
    json_object_begin(answer, NULL);
    json_string(answer, "code", code);
    json_bool(answer, "ok", true);
    json_object_end(answer);
    return 0;
}
