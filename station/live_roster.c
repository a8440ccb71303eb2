#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/log.h"
#include "station/live_parts.h"
#include "station/roster.h"

/* ---- import ---- */

enum { DAY_MS = 86400000 };

/* One list on its way into the store. */
struct import {
    struct live *live;
    struct store_roster row;
    char officer[LIVE_OFFICER_MAX];
    char *bytes;
    size_t length;
    struct roster roster;
};

/* A day of the request, at its beginning by the station's time; absent: today. */
static int read_day(const struct live *live, const struct json_doc *request, const char *key, int64_t otherwise_ms,
                    int64_t *start_ms, struct err *err)
{
    char text[32];
    struct civil_date day;
    int offset = live->config->utc_offset_minutes;
    if (live_request_text(request, key, false, text, sizeof text, err) != 0)
        return -1;
    if (!text[0])
        day = civil_date_of(otherwise_ms, offset);
    else if (!civil_date_parse(&day, text, strlen(text)))
        return err_set(err, ERR_INVALID, "'%s' is no day; write it as 2026-07-01", text);
    *start_ms = (int64_t)civil_days(day) * DAY_MS - (int64_t)offset * 60000;
    return 0;
}

static int read_import(struct import *import, struct control_client *client, const struct json_doc *request,
                       struct err *err)
{
    struct live *live = import->live;
    int64_t last_ms;
    if (live_request_text(request, "name", true, import->row.name, sizeof import->row.name, err) != 0 ||
        live_request_officer(import->live, client, request, ROLE_ECOLOGY | ROLE_SUPERVISOR, import->officer, err) !=
            0 ||
        read_day(live, request, "from", clock_unix_ms(), &import->row.from_ms, err) != 0 ||
        read_day(live, request, "to", import->row.from_ms, &last_ms, err) != 0)
        return -1;
    import->row.to_ms = last_ms + DAY_MS;
    if (last_ms < import->row.from_ms)
        return err_set(err, ERR_INVALID, "the visit ends before it begins; correct --from and --to");
    int file = control_take_file(client);
    if (file < 0)
        return err_set(err, ERR_INVALID, "the list itself is missing; send it as an open file with the request");
    int result = file_read_fd(file, import->row.name, ROSTER_FILE_MAX, &import->bytes, &import->length, err);
    close(file);
    return result == 0 ? roster_read(&import->roster, import->bytes, import->length, import->row.name, err) : -1;
}

static int save_entries(struct import *import, struct err *err)
{
    for (size_t i = 0; i < import->roster.entries_count; i++) {
        const struct roster_entry *entry = &import->roster.entries[i];
        struct store_roster_entry row = {.line = entry->line};
        snprintf(row.plate, sizeof row.plate, "%s", entry->vehicle.plate.text);
        snprintf(row.colour, sizeof row.colour, "%s", plate_colour_name(entry->vehicle.plate.colour));
        snprintf(row.fleet, sizeof row.fleet, "%s", entry->fleet);
        if (roster_facts(entry, row.facts, sizeof row.facts) != 0)
            return err_set(err, ERR_INVALID, "line %u says too much of its vehicle", entry->line);
        if (store_roster_entry_add(import->live->store, import->row.seq, &row, err) != 0)
            return -1;
    }
    return 0;
}

static int save_event(struct import *import, struct err *err)
{
    char text[1024], from[CIVIL_TIME_TEXT_MAX], to[CIVIL_TIME_TEXT_MAX];
    int offset = import->live->config->utc_offset_minutes;
    uint64_t event;
    struct entries e = {0};
    civil_time_format(import->row.from_ms, offset, from);
    civil_time_format(import->row.to_ms, offset, to);
    entries_text(&e, "file", import->row.sha256);
    entries_text(&e, "from", from);
    entries_text(&e, "name", import->row.name);
    entries_text(&e, "officer", import->officer);
    entries_integer(&e, "roster", import->row.seq);
    entries_text(&e, "to", to);
    entries_integer(&e, "vehicles", (int64_t)import->roster.entries_count);
    if (live_journal_append(import->live, "roster", &e, text, sizeof text, &event, err) != 0)
        return -1;
    return store_roster_add(import->live->store, &import->row, event, err);
}

/* The file, its event and its vehicles: all of it, or nothing. */
static int save_import(struct import *import, struct err *err)
{
    struct store *store = import->live->store;
    if (store_object_put(store, import->bytes, import->length, import->row.sha256, err) != 0 ||
        store_begin(store, err) != 0)
        return -1;
    if (store_roster_next_seq(store, &import->row.seq, err) != 0 || save_event(import, err) != 0 ||
        save_entries(import, err) != 0) {
        store_rollback(store);
        return -1;
    }
    return store_commit(store, err);
}

/* The answer "no" with every line that is wrong. */
static void refuse_lines(const struct roster *roster, struct json_writer *answer)
{
    char text[160];
    size_t shown = roster->problems_count < ROSTER_PROBLEMS_MAX ? roster->problems_count : ROSTER_PROBLEMS_MAX;
    snprintf(text, sizeof text, "nothing was imported: %zu mistakes; correct these lines and import the file again",
             roster->problems_count);
    json_object_begin(answer, NULL);
    json_integer(answer, "code", ERR_FAILED);
    json_string(answer, "error", text);
    json_bool(answer, "ok", false);
    json_array_begin(answer, "problems");
    for (size_t i = 0; i < shown; i++) {
        json_object_begin(answer, NULL);
        json_integer(answer, "line", roster->problems[i].line);
        json_string(answer, "text", roster->problems[i].text);
        json_object_end(answer);
    }
    json_array_end(answer);
    json_object_end(answer);
}

static int import_list(struct import *import, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    if (read_import(import, client, request, err) != 0)
        return -1;
    if (import->roster.problems_count > 0) {
        refuse_lines(&import->roster, answer);
        return 0;
    }
    if (save_import(import, err) != 0)
        return -1;
    log_notice("roster %" PRId64 ": %zu vehicles of %s", import->row.seq, import->roster.entries_count,
               import->row.name);
    struct entries e = {0};
    entries_text(&e, "name", import->row.name);
    entries_bool(&e, "ok", true);
    entries_integer(&e, "roster", import->row.seq);
    entries_text(&e, "unused_columns", import->roster.unused);
    entries_integer(&e, "vehicles", (int64_t)import->roster.entries_count);
    entries_write(&e, answer, NULL);
    return 0;
}

int live_roster_import(struct live *live, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    struct import *import = calloc(1, sizeof *import);
    if (!import)
        return err_set(err, ERR_FAILED, "out of memory");
    import->live = live;
    int result = import_list(import, client, request, answer, err);
    roster_close(&import->roster);
    free(import->bytes);
    free(import);
    return result;
}

/* ---- who did not come, and why ---- */

static int save_absent(struct live *live, int64_t roster, const struct store_roster_entry *entry, const char *reason,
                       const char *officer, struct err *err)
{
    char text[1024];
    uint64_t event;
    struct entries e = {0};
    entries_text(&e, "colour", entry->colour);
    entries_integer(&e, "line", entry->line);
    entries_text(&e, "officer", officer);
    entries_text(&e, "plate", entry->plate);
    entries_text(&e, "reason", reason);
    entries_integer(&e, "roster", roster);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "roster-absent", &e, text, sizeof text, &event, err) != 0 ||
        store_roster_entry_absent(live->store, roster, entry->line, reason, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

int live_roster_absent(struct live *live, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    char text[64], colour[32], reason[LIVE_TEXT_LIMIT + 1], officer[LIVE_OFFICER_MAX];
    enum plate_colour which = PLATE_COLOUR_UNKNOWN;
    struct plate plate;
    struct store_roster_entry entry;
    int64_t roster, to_ms;
    if (live_request_text(request, "plate", true, text, sizeof text, err) != 0 ||
        live_request_text(request, "colour", false, colour, sizeof colour, err) != 0 ||
        live_request_text(request, "reason", true, reason, sizeof reason, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_SUPERVISOR, officer, err) != 0)
        return -1;
    if (colour[0] && !plate_colour_by_name(colour, &which))
        return err_set(err, ERR_INVALID, "'%s' is no plate colour", colour);
    if (plate_parse(&plate, text, which, err) != 0 ||
        store_roster_entry_find(live->store, plate.text, colour[0] ? plate_colour_name(plate.colour) : NULL,
                                clock_unix_ms(), &roster, &to_ms, &entry, err) != 0)
        return -1;
    if (to_ms == 0)
        return err_set(err, ERR_INVALID, "%s is on no roster whose visit has begun", plate.text);
    if (save_absent(live, roster, &entry, reason, officer, err) != 0)
        return -1;
    struct entries e = {0};
    entries_bool(&e, "ok", true);
    entries_text(&e, "plate", entry.plate);
    entries_integer(&e, "roster", roster);
    entries_write(&e, answer, NULL);
    return 0;
}

/* ---- a test of a vehicle on the list ---- */

int live_roster_facts(const struct live *live, struct vehicle *vehicle, int64_t at_ms, struct err *err)
{
    struct store_roster_entry entry;
    struct json_token tokens[2 * VEHICLE_FACT_COUNT + 1];
    struct json_doc doc;
    char value[FACT_VALUE_MAX];
    int64_t seq, to_ms;
    if (store_roster_entry_find(live->store, vehicle->plate.text, plate_colour_name(vehicle->plate.colour), at_ms, &seq,
                                &to_ms, &entry, err) != 0)
        return -1;
    if (to_ms <= at_ms)
        return 0;
    if (json_parse(&doc, entry.facts, strlen(entry.facts), tokens, sizeof tokens / sizeof tokens[0], err) != 0)
        return -1;
    char by[FACT_BY_MAX];
    snprintf(by, sizeof by, "roster %" PRId64, seq);
    for (enum vehicle_fact fact = 0; fact < VEHICLE_FACT_COUNT; fact++) {
        const char *key = vehicle_fact_key(fact);
        if (!json_get_string(&doc, json_member(&doc, 0, key), value, sizeof value))
            continue;
        vehicle_set_previous(vehicle, fact, value, by);
        if (vehicle->facts[fact].source == FACT_ABSENT && vehicle_set(vehicle, key, value, FACT_ROSTER, by, err) != 0)
            return -1;
    }
    return 0;
}
