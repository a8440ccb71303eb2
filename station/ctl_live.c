#include <inttypes.h>
#include <string.h>

#include "station/ctl.h"
#include "station/push_notes.h"

/* ---- instruments ---- */

static void print_values(const struct ctl *ctl, ptrdiff_t values)
{
    size_t token = (size_t)values + 1;
    for (uint32_t i = 0; values >= 0 && i < ctl->doc.tokens[values].count; i++) {
        char name[32] = "";
        json_get_string(&ctl->doc, (ptrdiff_t)token, name, sizeof name);
        ptrdiff_t value = (ptrdiff_t)token + 1;
        const char *quality = ctl_text(ctl, value, "quality");
        printf("      %-12s %10s %-6s %s%" PRId64 " ms ago\n", name, ctl_text(ctl, value, "value"),
               ctl_text(ctl, value, "unit"), strcmp(quality, "ok") == 0 ? "" : quality,
               ctl_integer(ctl, value, "age_ms"));
        token = ctl->doc.tokens[token + 1].next;
    }
}

static void print_texts(const struct ctl *ctl, ptrdiff_t texts)
{
    size_t token = (size_t)texts + 1;
    for (uint32_t i = 0; texts >= 0 && i < ctl->doc.tokens[texts].count; i++) {
        char name[32] = "";
        json_get_string(&ctl->doc, (ptrdiff_t)token, name, sizeof name);
        ptrdiff_t text = (ptrdiff_t)token + 1;
        const char *value = ctl_text(ctl, text, "value");
        printf("      %-12s %s, %" PRId64 " ms ago\n", name, value[0] ? value : "none",
               ctl_integer(ctl, text, "age_ms"));
        token = ctl->doc.tokens[token + 1].next;
    }
}

static void print_instrument(const struct ctl *ctl, ptrdiff_t o, bool values)
{
    const char *detail = ctl_text(ctl, o, "detail");
    printf("  %-10s %-9s %-9s", ctl_text(ctl, o, "name"), ctl_text(ctl, o, "state"), ctl_text(ctl, o, "status"));
    printf(" since %.19s  %s on %s%s%s\n", ctl_text(ctl, o, "since"), ctl_text(ctl, o, "driver"),
           ctl_text(ctl, o, "port"), detail[0] ? ": " : "", detail);
    if (!values)
        return;
    printf("      certificate %s, valid until %s; configured serial %s\n", ctl_text(ctl, o, "certificate"),
           ctl_text(ctl, o, "valid_until"), ctl_text(ctl, o, "serial"));
    printf("      says: model %s, serial %s, firmware %s\n", ctl_text(ctl, o, "model"), ctl_text(ctl, o, "serial_read"),
           ctl_text(ctl, o, "firmware"));
    print_values(ctl, json_member(&ctl->doc, (size_t)o, "values"));
    print_texts(ctl, json_member(&ctl->doc, (size_t)o, "texts"));
}

static void print_instruments(const struct ctl *ctl, bool values)
{
    ptrdiff_t all = json_member(&ctl->doc, 0, "instruments");
    for (uint32_t i = 0; all >= 0 && i < ctl->doc.tokens[all].count; i++)
        print_instrument(ctl, json_element(&ctl->doc, (size_t)all, i), values);
}

int ctl_instruments(struct ctl *ctl, struct err *err)
{
    if (ctl->probe)
        return ctl_probe(ctl, err);
    struct entries arguments = {0};
    entries_text(&arguments, "name", ctl->words[0]);
    if (ctl_call(ctl, "instruments", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    print_instruments(ctl, true);
    return 0;
}

/* ---- status ---- */

static void print_state(const struct ctl *ctl)
{
    ptrdiff_t daemon = json_member(&ctl->doc, 0, "daemon"), station = json_member(&ctl->doc, 0, "station");
    ptrdiff_t clock = json_member(&ctl->doc, 0, "clock"), disk = json_member(&ctl->doc, 0, "disk");
    ptrdiff_t journal = json_member(&ctl->doc, 0, "journal"), outbox = json_member(&ctl->doc, 0, "outbox");
    ptrdiff_t passages = json_member(&ctl->doc, 0, "passages");
    printf("station   %s %s (%s)\n", ctl_text(ctl, station, "id"), ctl_text(ctl, station, "name"),
           ctl_text(ctl, station, "kind"));
    printf("smogd     %s, pid %" PRId64 ", up %" PRId64 " s\n", ctl_text(ctl, daemon, "version"),
           ctl_integer(ctl, daemon, "pid"), ctl_integer(ctl, daemon, "uptime_ms") / 1000);
    printf("clock     %s, source %s\n", ctl_text(ctl, clock, "at"), ctl_text(ctl, clock, "source"));
    printf("disk      %" PRId64 " MiB free in %s, %" PRId64 " held in reserve", ctl_integer(ctl, disk, "free_mb"),
           ctl_text(ctl, disk, "state"), ctl_integer(ctl, disk, "held_mb"));
    const char *problem = ctl_text(ctl, disk, "problem");
    printf("%s%s\n", problem[0] ? "; TROUBLE: " : "", problem);
    const char *trouble = ctl_text(ctl, journal, "trouble");
    printf("journal   %" PRId64 " events, root %.16s%s%s\n", ctl_integer(ctl, journal, "events"),
           ctl_text(ctl, journal, "root"), trouble[0] ? "; TROUBLE: " : "", trouble);
    printf("passages  %" PRId64 " stored, %" PRId64 " repeated, %" PRId64 " lost since the start\n",
           ctl_integer(ctl, passages, "stored"), ctl_integer(ctl, passages, "repeated"),
           ctl_integer(ctl, passages, "lost"));
    printf("outbox    %" PRId64 " waiting, %" PRId64 " sent, %" PRId64 " refused, %" PRId64 " unknown\n",
           ctl_integer(ctl, outbox, "waiting"), ctl_integer(ctl, outbox, "sent"), ctl_integer(ctl, outbox, "refused"),
           ctl_integer(ctl, outbox, "unknown"));
}

static void print_officers(const struct ctl *ctl)
{
    ptrdiff_t officers = json_member(&ctl->doc, 0, "officers");
    int64_t registered = ctl_integer(ctl, officers, "registered");
    if (registered == 0)
        printf("officers  nobody is registered: any officer's number is taken\n");
    else
        printf("officers  %" PRId64 " registered, %" PRId64 " may act\n", registered,
               ctl_integer(ctl, officers, "enabled"));
}

static void print_console(const struct ctl *ctl)
{
    ptrdiff_t console = json_member(&ctl->doc, 0, "console");
    if (console < 0 || ctl->doc.tokens[console].type != JSON_OBJECT)
        return;
    const char *problem = ctl_text(ctl, console, "problem");
    printf("console   http://%s/%s%s\n", ctl_text(ctl, console, "listen"), problem[0] ? "; TROUBLE: " : "", problem);
}

static void print_push(const struct ctl *ctl)
{
    ptrdiff_t all = json_member(&ctl->doc, 0, "push");
    for (uint32_t i = 0; all >= 0 && i < ctl->doc.tokens[all].count; i++) {
        ptrdiff_t o = json_element(&ctl->doc, (size_t)all, i);
        printf("smogpush  %s since %.19s: %s\n", ctl_text(ctl, o, "about"), ctl_text(ctl, o, "since"),
               ctl_text(ctl, o, "text"));
    }
}

static void print_test(const struct ctl *ctl)
{
    ptrdiff_t test = json_member(&ctl->doc, 0, "test");
    if (test < 0 || ctl->doc.tokens[test].type != JSON_OBJECT) {
        printf("test      none\n");
        return;
    }
    const struct ctl_word *prompt = ctl_word_prompt(ctl_text(ctl, test, "prompt"));
    printf("test      %s of %s (%s): %s %s\n", ctl_text(ctl, test, "id"), ctl_text(ctl, test, "plate"),
           ctl_text(ctl, test, "method"), prompt->zh, prompt->en);
}

static void print_blocks(const struct ctl *ctl, ptrdiff_t o)
{
    ptrdiff_t blocks = json_member(&ctl->doc, (size_t)o, "blocks");
    uint32_t count = blocks < 0 ? 0 : ctl->doc.tokens[blocks].count;
    printf("          %s", count ? "blocks" : "blocks nothing");
    for (uint32_t i = 0; i < count; i++) {
        char method[RULES_ID_MAX] = "";
        json_get_string(&ctl->doc, json_element(&ctl->doc, (size_t)blocks, i), method, sizeof method);
        printf(" %s", method);
    }
}

static void print_lockouts(const struct ctl *ctl)
{
    ptrdiff_t all = json_member(&ctl->doc, 0, "lockouts");
    for (uint32_t i = 0; all >= 0 && i < ctl->doc.tokens[all].count; i++) {
        ptrdiff_t o = json_element(&ctl->doc, (size_t)all, i);
        const char *instrument = ctl_text(ctl, o, "instrument"), *plate = ctl_text(ctl, o, "plate");
        printf("locked    %s %s%s%s", ctl_text(ctl, o, "title_zh"), ctl_text(ctl, o, "code"),
               instrument[0] || plate[0] ? ": " : "", instrument[0] ? instrument : plate);
        printf(" since %.19s: %s\n", ctl_text(ctl, o, "since"), ctl_text(ctl, o, "what"));
        print_blocks(ctl, o);
        printf("; %s · %s\n", ctl_text(ctl, o, "clear_zh"), ctl_text(ctl, o, "clear"));
    }
}

int ctl_print_note(void *ctx, const char *about, const char *text, int64_t since_ms)
{
    char since[24];
    ctl_time(ctx, since_ms, since);
    printf("smogpush  %s since %s: %s\n", about, since, text);
    return 0;
}

/* What the files tell while no daemon runs. */
static int status_from_files(struct ctl *ctl, struct err *err)
{
    int64_t counts[4];
    uint64_t size = 0;
    if (ctl_open_store(ctl, err) != 0 || store_size(ctl->store, &size, err) != 0 ||
        store_outbox_counts(ctl->store, counts, err) != 0)
        return -1;
    if (!ctl->json) {
        printf("station   %s %s (%s)\nsmogd     not running\njournal   %" PRIu64 " events\n", ctl->config->id,
               ctl->config->name, ctl->config->kind, size);
        printf("outbox    %" PRId64 " waiting, %" PRId64 " sent, %" PRId64 " refused, %" PRId64 " unknown\n", counts[0],
               counts[1], counts[2], counts[3]);
        return store_push_notes(ctl->store, ctl_print_note, ctl, err);
    }
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_object_begin(&w, "daemon");
    json_bool(&w, "running", false);
    json_object_end(&w);
    json_object_begin(&w, "journal");
    json_integer(&w, "events", (int64_t)size);
    json_object_end(&w);
    json_bool(&w, "ok", true);
    json_object_begin(&w, "outbox");
    json_integer(&w, "refused", counts[2]);
    json_integer(&w, "sent", counts[1]);
    json_integer(&w, "unknown", counts[3]);
    json_integer(&w, "waiting", counts[0]);
    json_object_end(&w);
    push_notes_write(ctl->store, ctl->config->utc_offset_minutes, &w);
    json_object_begin(&w, "station");
    json_string(&w, "id", ctl->config->id);
    json_object_end(&w);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

int ctl_status(struct ctl *ctl, struct err *err)
{
    struct err why = {0};
    struct entries none = {0};
    if (ctl_call(ctl, "status", &none, &why) != 0) {
        if (why.code != ERR_UNREACHABLE)
            return err_set(err, why.code, "%s", why.text);
        if (status_from_files(ctl, err) != 0)
            return -1;
        ctl->answered = true;
        return err_set(err, ERR_UNREACHABLE, "%s", why.text);
    }
    if (ctl->json)
        return ctl_print_line(ctl);
    print_state(ctl);
    print_push(ctl);
    print_officers(ctl);
    print_console(ctl);
    print_test(ctl);
    print_lockouts(ctl);
    print_instruments(ctl, false);
    return 0;
}

int ctl_lockout_clear(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    if (!ctl->reason || !ctl->officer)
        return err_set(err, ERR_INVALID, "lockout clear needs --reason TEXT and --officer N");
    entries_text(&arguments, "code", ctl->words[0]);
    entries_text(&arguments, "colour", ctl->colour);
    entries_text(&arguments, "instrument", ctl->instrument);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "plate", ctl->plate);
    entries_text(&arguments, "reason", ctl->reason);
    if (ctl_call(ctl, "lockout-clear", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s is cleared, by %s: %s\n", ctl->words[0], ctl->officer, ctl->reason);
    return 0;
}

/* ---- commands to instruments, and the outbox ---- */

static int command(struct ctl *ctl, const char *what, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "name", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "what", what);
    if (ctl_call(ctl, "instrument-command", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s: %s is under way; smogctl instruments %s shows it\n", ctl->words[0], what, ctl->words[0]);
    return 0;
}

int ctl_order(struct ctl *ctl, struct err *err)
{
    return command(ctl, ctl->words[1], err);
}

static int outbox(struct ctl *ctl, const char *what, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "id", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "outlet", ctl->outlet);
    entries_text(&arguments, "what", what);
    if (ctl_call(ctl, "outbox", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s is %s now\n", ctl->words[0],
           strcmp(what, "release") == 0 ? "sent, without asking first," : "tried again");
    return 0;
}

int ctl_outbox_retry(struct ctl *ctl, struct err *err)
{
    return outbox(ctl, "retry", err);
}

int ctl_outbox_release(struct ctl *ctl, struct err *err)
{
    return outbox(ctl, "release", err);
}
