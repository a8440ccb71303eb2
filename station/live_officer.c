#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reports/log.h"
#include "reports/sha256.h"
#include "station/live_parts.h"
#include "station/pin.h"

enum { OFFICERS_MAX = 100000 };

/* ---- may he? ---- */

int live_officer_check(const struct live *live, const char *number, unsigned roles, enum role *role, struct err *err)
{
    struct store_officer officer;
    bool any, found;
    char who[128];
    *role = ROLE_UNKNOWN;
    if (store_officer_any(live->store, &any, err) != 0)
        return -1;
    if (!any)
        return 0;
    if (store_officer_get(live->store, number, &officer, &found, err) != 0)
        return -1;
    if (!found)
        return err_set(err, ERR_REFUSED, "there is no officer '%s'; smogctl officer list shows who is registered",
                       number);
    if (officer.disabled_ms != 0)
        return err_set(err, ERR_REFUSED, "officer %s is disabled; another one must do it", officer.number);
    *role = role_by_name(officer.role);
    if (*role & roles)
        return 0;
    role_say(roles, who, sizeof who);
    return err_set(err, ERR_REFUSED, "officer %s may not do this, his role is %s; it is for %s", officer.number,
                   officer.role, who);
}

int live_request_officer(const struct live *live, struct control_client *client, const struct json_doc *request,
                         unsigned roles, char out[LIVE_OFFICER_MAX], struct err *err)
{
    enum role role;
    bool any;
    if (live_request_text(request, "officer", false, out, LIVE_OFFICER_MAX, err) != 0)
        return -1;
    if (out[0])
        return live_officer_check(live, out, roles, &role, err);
    if (store_officer_any(live->store, &any, err) != 0)
        return -1;
    if (any)
        return err_set(err, ERR_REFUSED, "officers are registered here; say who does it: --officer N");
    snprintf(out, LIVE_OFFICER_MAX, "%s", control_user(client));
    return 0;
}

void live_officer_write(const struct live *live, const char *number, const char *role, struct json_writer *w)
{
    struct store_officer officer;
    struct entries e = {0};
    bool found = false;
    struct err ignored = {0};
    if (number[0] == '\0')
        return;
    if (store_officer_get(live->store, number, &officer, &found, &ignored) == 0 && found)
        entries_text(&e, "certificate", officer.certificate);
    entries_text(&e, "number", number);
    entries_bool(&e, "registered", found);
    entries_text(&e, "role", role);
    entries_write(&e, w, NULL);
}

struct officer_counts {
    int64_t registered, enabled;
};

static int count_officer(void *ctx, const struct store_officer *o)
{
    struct officer_counts *counts = ctx;
    counts->registered++;
    counts->enabled += o->disabled_ms == 0;
    return 0;
}

void live_officer_status(const struct live *live, struct json_writer *w)
{
    struct officer_counts counts = {0};
    struct err ignored = {0};
    json_object_begin(w, "officers");
    if (store_officer_list(live->store, OFFICERS_MAX, count_officer, &counts, &ignored) == 0) {
        json_integer(w, "enabled", counts.enabled);
        json_integer(w, "registered", counts.registered);
    }
    json_object_end(w);
}

/* ---- the register ---- */

/* Root, the station's own login, or a supervisor; *by gets the supervisor's number. */
static int may_register(const struct live *live, struct control_client *client, const struct json_doc *request,
                        char by[LIVE_OFFICER_MAX], struct err *err)
{
    enum role role = ROLE_UNKNOWN;
    if (live_request_text(request, "officer", false, by, LIVE_OFFICER_MAX, err) != 0)
        return -1;
    if (by[0] && live_officer_check(live, by, ROLE_SUPERVISOR, &role, err) != 0)
        return -1;
    if (role == ROLE_SUPERVISOR || control_own(client))
        return 0;
    return err_set(err, ERR_REFUSED,
                   "the register is changed by root, by the station's own login, or by a supervisor: "
                   "--officer N");
}

/* The event of a change: what was done, to whom, by whom. Of a PIN's hash, whose salt nobody can read here, its digest:
 * a hash that was put into the database by hand is found by journal verify. */
static int append_change(struct live *live, const struct control_client *client, const char *act,
                         const struct store_officer *o, const char *hash, const char *by, uint64_t *event,
                         struct err *err)
{
    char text[1024], digest[SHA256_HEX_SIZE] = "";
    if (hash)
        sha256_hex(hash, strlen(hash), digest);
    struct entries e = {0};
    entries_text(&e, "act", act);
    entries_text(&e, "by", by);
    entries_text(&e, "certificate", o->certificate);
    entries_text(&e, "name", o->name);
    entries_text(&e, "number", o->number);
    entries_text(&e, "pin_sha256", digest);
    entries_text(&e, "role", o->role);
    entries_text(&e, "user", control_user(client));
    return live_journal_append(live, "officer", &e, text, sizeof text, event, err);
}

static int write_register(struct live *live, const struct control_client *client, const char *act,
                          const struct store_officer *o, const char *by, struct err *err)
{
    uint64_t event;
    if (store_begin(live->store, err) != 0)
        return -1;
    int result = append_change(live, client, act, o, NULL, by, &event, err);
    if (result == 0)
        result = o->disabled_ms ? store_officer_disable(live->store, o->number, o->disabled_ms, event, err)
                                : store_officer_set(live->store, o, event, err);
    if (result == 0)
        return store_commit(live->store, err);
    store_rollback(live->store);
    return -1;
}

static int write_pin(struct live *live, const struct control_client *client, const struct store_officer *o,
                     const char *hash, const char *by, struct err *err)
{
    uint64_t event;
    if (store_begin(live->store, err) != 0)
        return -1;
    int result = append_change(live, client, "pin", o, hash, by, &event, err);
    if (result == 0)
        result = store_pin_set(live->store, o->number, hash, clock_unix_ms(), event, err);
    if (result == 0)
        return store_commit(live->store, err);
    store_rollback(live->store);
    return -1;
}

static void say_officer(const struct store_officer *o, struct json_writer *answer)
{
    json_object_begin(answer, NULL);
    json_string(answer, "number", o->number);
    json_bool(answer, "ok", true);
    json_string(answer, "role", o->role);
    json_object_end(answer);
}

static int read_officer(const struct json_doc *request, struct store_officer *o, struct err *err)
{
    if (live_request_text(request, "number", true, o->number, sizeof o->number, err) != 0 ||
        live_request_text(request, "name", true, o->name, sizeof o->name, err) != 0 ||
        live_request_text(request, "role", true, o->role, sizeof o->role, err) != 0 ||
        live_request_text(request, "certificate", false, o->certificate, sizeof o->certificate, err) != 0)
        return -1;
    if (strpbrk(o->number, " \t"))
        return err_set(err, ERR_INVALID, "an officer's number has no spaces: '%s'", o->number);
    if (role_by_name(o->role) == ROLE_UNKNOWN)
        return err_set(err, ERR_INVALID,
                       "there is no role '%s'; there are ecology, police, technician, supervisor and auditor", o->role);
    return 0;
}

/* A PIN is set by who changes the register, and by the officer himself where the console knows him. */
static int may_set_pin(const struct live *live, struct control_client *client, const struct json_doc *request,
                       const struct store_officer *o, char by[LIVE_OFFICER_MAX], struct err *err)
{
    if (live_request_text(request, "officer", false, by, LIVE_OFFICER_MAX, err) != 0)
        return -1;
    if (control_is_console(client) && strcasecmp(by, o->number) == 0)
        return 0;
    return may_register(live, client, request, by, err);
}

int live_officer_pin(struct live *live, struct control_client *client, const struct json_doc *request,
                     struct json_writer *answer, struct err *err)
{
    struct store_officer o = {0};
    char by[LIVE_OFFICER_MAX], number[LIVE_OFFICER_MAX], hash[PIN_HASH_MAX];
    bool found;
    if (live_request_text(request, "number", true, number, sizeof number, err) != 0 ||
        live_request_text(request, "hash", true, hash, sizeof hash, err) != 0 ||
        store_officer_get(live->store, number, &o, &found, err) != 0)
        return -1;
    if (!found || o.disabled_ms)
        return err_set(err, ERR_REFUSED, "there is no enabled officer '%s'; smogctl officer list shows them", number);
    if (!pin_hash_valid(hash))
        return err_set(err, ERR_INVALID, "'hash' is no hash of a PIN; smogctl officer pin makes one");
    if (may_set_pin(live, client, request, &o, by, err) != 0 || write_pin(live, client, &o, hash, by, err) != 0)
        return -1;
    live_session_forget(live, o.number);
    log_notice("a PIN is set for officer %s", o.number);
    say_officer(&o, answer);
    return 0;
}

int live_officer_add(struct live *live, struct control_client *client, const struct json_doc *request,
                     struct json_writer *answer, struct err *err)
{
    struct store_officer o = {.added_ms = clock_unix_ms()}, old;
    char by[LIVE_OFFICER_MAX];
    bool found;
    if (read_officer(request, &o, err) != 0 || may_register(live, client, request, by, err) != 0 ||
        store_officer_get(live->store, o.number, &old, &found, err) != 0)
        return -1;
    if (found && old.disabled_ms == 0)
        return err_set(err, ERR_REFUSED, "officer %s is registered already, as %s %s; disable the entry first",
                       old.number, old.role, old.name);
    if (write_register(live, client, "add", &o, by, err) != 0)
        return -1;
    log_notice("officer %s is registered: %s", o.number, o.role);
    say_officer(&o, answer);
    return 0;
}

int live_officer_disable(struct live *live, struct control_client *client, const struct json_doc *request,
                         struct json_writer *answer, struct err *err)
{
    struct store_officer o = {0};
    char by[LIVE_OFFICER_MAX], number[LIVE_OFFICER_MAX];
    bool found;
    if (live_request_text(request, "number", true, number, sizeof number, err) != 0 ||
        may_register(live, client, request, by, err) != 0 ||
        store_officer_get(live->store, number, &o, &found, err) != 0)
        return -1;
    if (!found || o.disabled_ms)
        return err_set(err, ERR_REFUSED, "there is no enabled officer '%s'; smogctl officer list shows them", number);
    o.disabled_ms = clock_unix_ms();
    if (write_register(live, client, "disable", &o, by, err) != 0)
        return -1;
    live_session_forget(live, o.number);
    log_notice("officer %s is disabled", o.number);
    say_officer(&o, answer);
    return 0;
}
