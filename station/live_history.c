#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/history.h"
#include "reports/log.h"
#include "station/live_parts.h"

/* A history file on its way into the store. */
struct import {
    struct live *live;
    char officer[LIVE_OFFICER_MAX], name[96];
    char ca[SEALCHECK_CERTIFICATE_MAX], ca_sha256[65], file_sha256[65];
    char *bytes;
    size_t length, fresh;
    bool *is_fresh; /* of each fact */
    struct history history;
};

static int check(struct import *import, struct err *err)
{
    X509_STORE *trust = sealcheck_trust_text(import->ca, strlen(import->ca), err);
    if (!trust)
        return -1;
    int result = history_read(&import->history, import->bytes, import->length, trust, err);
    X509_STORE_free(trust);
    if (result != 0)
        return err_prefix(err, "nothing was imported: %s", import->name);
    if (strcmp(import->history.station, import->live->config->id) == 0)
        return err_set(err, ERR_REFUSED, "%s is this station's own history; it knows that better", import->name);
    return 0;
}

/* Checking a large file takes the daemon's time: not while a vehicle is measured. */
static int read_request(struct import *import, struct control_client *client, const struct json_doc *request,
                        struct err *err)
{
    if (import->live->test.open)
        return err_set(err, ERR_REFUSED, "a test is running; import the history after it");
    if (live_request_text(request, "name", true, import->name, sizeof import->name, err) != 0 ||
        live_request_officer(import->live, client, request, ROLE_ECOLOGY | ROLE_SUPERVISOR, import->officer, err) != 0)
        return -1;
    if (!json_get_string(request, json_member(request, 0, "ca"), import->ca, sizeof import->ca))
        return err_set(err, ERR_INVALID, "'ca', the trusted certificates in PEM, is missing or longer than %d bytes",
                       SEALCHECK_CERTIFICATE_MAX - 1);
    int file = control_take_file(client);
    if (file < 0)
        return err_set(err, ERR_INVALID, "the history itself is missing; send it as an open file with the request");
    int result = file_read_fd(file, import->name, HISTORY_FILE_MAX, &import->bytes, &import->length, err);
    close(file);
    return result;
}

static int save_fact(struct import *import, size_t number, uint64_t event, struct err *err)
{
    const struct history_fact *fact = &import->history.facts[number];
    struct store_imported row;
    store_imported_of(import->history.station, fact, import->file_sha256, &row);
    if (store_imported_add(import->live->store, &row, event, &import->is_fresh[number], err) != 0 ||
        live_save_count(import->live, fact->record, fact->record_length, err) != 0)
        return -1;
    import->fresh += import->is_fresh[number];
    return 0;
}

static int save_event(struct import *import, struct err *err)
{
    char text[2048];
    uint64_t event;
    struct entries e = {0};
    const struct history *h = &import->history;
    entries_text(&e, "ca", import->ca_sha256);
    entries_integer(&e, "events", (int64_t)h->checkpoint.size);
    entries_integer(&e, "facts", (int64_t)h->facts_count);
    entries_text(&e, "file", import->file_sha256);
    entries_text(&e, "name", import->name);
    entries_integer(&e, "new", (int64_t)import->fresh);
    entries_text(&e, "of", h->station);
    entries_text(&e, "officer", import->officer);
    entries_text(&e, "signed_at", h->checkpoint.time);
    entries_text(&e, "signer", h->signer);
    return live_journal_append(import->live, "history-import", &e, text, sizeof text, &event, err);
}

/* Where the vehicle was then, against where it was seen otherwise. */
static int look_at_travel(struct import *import, const struct history_fact *fact, struct err *err)
{
    struct decimal latitude, longitude;
    if (!decimal_parse(&latitude, fact->latitude, strlen(fact->latitude)) ||
        !decimal_parse(&longitude, fact->longitude, strlen(fact->longitude)))
        return 0;
    const struct live_sighting sighting = {.id = fact->id,
                                           .station = import->history.station,
                                           .plate = fact->plate,
                                           .colour = fact->colour,
                                           .at_ms = fact->at_ms,
                                           .latitude = decimal_to_double(latitude),
                                           .longitude = decimal_to_double(longitude)};
    return live_travel_look(import->live, &sighting, err);
}

/* A test that was passed at another station may be the one that a case here waits for. */
static int look_for_retest(struct live *live, const struct history_fact *fact, struct err *err)
{
    if (fact->passage || strcmp(fact->verdict, "pass") != 0)
        return 0;
    return live_case_retest(live, fact->id, fact->plate, fact->colour, fact->method, fact->at_ms, err);
}

/* Facts that are all known already leave no trace: *import->fresh is 0 then. */
static int save_facts(struct import *import, struct err *err)
{
    uint64_t event;
    const struct history *h = &import->history;
    import->is_fresh = calloc(h->facts_count + 1, sizeof *import->is_fresh);
    if (!import->is_fresh)
        return err_set(err, ERR_FAILED, "out of memory");
    if (store_size(import->live->store, &event, err) != 0)
        return -1;
    for (size_t i = 0; i < h->facts_count; i++)
        if (save_fact(import, i, event, err) != 0)
            return -1;
    if (import->fresh > 0 && save_event(import, err) != 0)
        return -1;
    for (size_t i = 0; i < h->facts_count; i++)
        if (import->is_fresh[i] &&
            (look_at_travel(import, &h->facts[i], err) != 0 || look_for_retest(import->live, &h->facts[i], err) != 0))
            return -1;
    return 0;
}

/* The file and the certificates it was checked with, its event and its facts: all of it, or nothing. */
static int save(struct import *import, struct err *err)
{
    struct store *store = import->live->store;
    if (store_object_put(store, import->ca, strlen(import->ca), import->ca_sha256, err) != 0 ||
        store_object_put(store, import->bytes, import->length, import->file_sha256, err) != 0 ||
        store_begin(store, err) != 0)
        return -1;
    if (save_facts(import, err) != 0) {
        store_rollback(store);
        return -1;
    }
    return store_commit(store, err);
}

static int import_file(struct import *import, struct control_client *client, const struct json_doc *request,
                       struct json_writer *answer, struct err *err)
{
    if (read_request(import, client, request, err) != 0 || check(import, err) != 0 || save(import, err) != 0)
        return -1;
    const struct history *h = &import->history;
    log_notice("history of %s: %zu facts, %zu of them new, signed %s by %s", h->station, h->facts_count, import->fresh,
               h->checkpoint.time, h->signer);
    struct entries e = {0};
    entries_integer(&e, "facts", (int64_t)h->facts_count);
    entries_integer(&e, "new", (int64_t)import->fresh);
    entries_bool(&e, "ok", true);
    entries_text(&e, "signed_at", h->checkpoint.time);
    entries_text(&e, "signer", h->signer);
    entries_text(&e, "station", h->station);
    entries_write(&e, answer, NULL);
    return 0;
}

int live_history_import(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct json_writer *answer, struct err *err)
{
    struct import *import = calloc(1, sizeof *import);
    if (!import)
        return err_set(err, ERR_FAILED, "out of memory");
    import->live = live;
    int result = import_file(import, client, request, answer, err);
    history_close(&import->history);
    free(import->is_fresh);
    free(import->bytes);
    free(import);
    return result;
}
