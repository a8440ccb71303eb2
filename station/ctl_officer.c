#include "station/ctl_rows.h"
#include "station/pin.h"
#include "station/store_life.h"

static int call(struct ctl *ctl, const char *command, const char *done, struct entries *arguments, struct err *err)
{
    entries_text(arguments, "number", ctl->words[0]);
    entries_text(arguments, "officer", ctl->officer);
    if (ctl_call(ctl, command, arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s (%s) %s\n", ctl_text(ctl, 0, "number"), ctl_text(ctl, 0, "role"), done);
    return 0;
}

int ctl_officer_add(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    if (!ctl->name || !ctl->role)
        return err_set(err, ERR_INVALID, "officer add needs --name N and --role R");
    entries_text(&arguments, "certificate", ctl->certificate);
    entries_text(&arguments, "name", ctl->name);
    entries_text(&arguments, "role", ctl->role);
    return call(ctl, "officer-add", "is registered", &arguments, err);
}

int ctl_officer_disable(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    return call(ctl, "officer-disable", "is disabled", &arguments, err);
}

enum { OFFICERS_LISTED = 10000 };

static int take_officer(void *ctx, const struct store_officer *o)
{
    struct ctl_rows *rows = ctx;
    char hash[PIN_HASH_MAX];
    if (store_pin_get(rows->ctl->store, o->number, hash, sizeof hash, &rows->err) != 0)
        return rows->failed = true;
    rows->count++;
    if (!rows->w) {
        printf("%-16s %-11s %s%s%s%s%s\n", o->number, o->role, o->name, o->certificate[0] ? ", " : "", o->certificate,
               hash[0] ? ", PIN" : "", o->disabled_ms ? "  (disabled)" : "");
        return 0;
    }
    json_object_begin(rows->w, NULL);
    ctl_rows_time(rows, "added_at", o->added_ms);
    json_string(rows->w, "certificate", o->certificate);
    ctl_rows_time(rows, "disabled_at", o->disabled_ms);
    json_bool(rows->w, "enabled", o->disabled_ms == 0);
    json_string(rows->w, "name", o->name);
    json_string(rows->w, "number", o->number);
    json_bool(rows->w, "pin", hash[0] != '\0');
    json_string(rows->w, "role", o->role);
    json_object_end(rows->w);
    return 0;
}

static int list_officers(struct ctl_rows *rows, struct err *err)
{
    if (rows->w)
        json_bool(rows->w, "daemon_running", rows->ctl->daemon_running);
    ctl_rows_begin(rows, "officers");
    if (store_officer_list(rows->ctl->store, OFFICERS_LISTED, take_officer, rows, err) != 0)
        return -1;
    if (rows->failed) {
        *err = rows->err;
        return -1;
    }
    ctl_rows_end(rows);
    if (rows->w)
        json_bool(rows->w, "ok", true);
    else if (rows->count == 0)
        printf("nobody is registered: any officer's number is taken\n");
    return 0;
}

int ctl_officer_list(struct ctl *ctl, struct err *err)
{
    struct ctl_rows rows = {.ctl = ctl};
    return ctl_open_store(ctl, err) == 0 ? ctl_rows_object(&rows, list_officers, err) : -1;
}
