#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/cosignature.h"
#include "reports/log.h"
#include "reports/sha256.h"
#include "station/core/civil.h"
#include "station/live_parts.h"

/* The note must be a checkpoint that this station has signed, of this very journal. */
static int check_note(struct live *live, const char *text, struct checkpoint_read *c, struct err *err)
{
    struct merkle_hash root;
    struct checkpoint_read own = {.size = 0};
    char *stored = NULL;
    uint64_t size = 0;
    if (checkpoint_read(c, text, strlen(text), err) != 0)
        return err_prefix(err, "this is no checkpoint");
    if (store_size(live->store, &size, err) != 0)
        return -1;
    if (c->size > size || store_root(live->store, c->size, &root, err) != 0 ||
        memcmp(&root, &c->root, sizeof root) != 0)
        return err_set(err, ERR_REFUSED,
                       "the checkpoint of %" PRIu64
                       " events is not of this journal: a co-signed one of another history; keep it as evidence",
                       c->size);
    if (store_checkpoint_from(live->store, c->size, &stored, err) != 0)
        return -1;
    bool ours = stored && checkpoint_read(&own, stored, strlen(stored), NULL) == 0 &&
                own.signed_length == c->signed_length && memcmp(stored, text, own.signed_length) == 0;
    free(stored);
    return ours
               ? 0
               : err_set(err, ERR_REFUSED, "this station has signed no such checkpoint of %" PRIu64 " events", c->size);
}

/* 1: stored now; 0: it is not co-signed by this one, or is stored already */
static int keep(struct live *live, const struct config_witness *witness, const char *text,
                const struct checkpoint_read *c, const char *officer, bool *known, struct err *err)
{
    char as[COSIGNATURE_NAME_MAX], at[CIVIL_TIME_TEXT_MAX], root[SHA256_HEX_SIZE], event[4 * CHECKPOINT_TEXT_MAX];
    int64_t time_s = 0;
    uint64_t index = 0;
    struct store_witnessed row;
    EVP_PKEY *key = cosignature_public_key(witness->key, err);
    int found = key ? cosignature_find(text, c, witness->name, key, &time_s, as, err) : -1;
    EVP_PKEY_free(key);
    if (found <= 0 || store_witnessed_of(live->store, witness->name, c->size, &row, known, err) != 0)
        return found < 0 || found == 1 ? -1 : 0;
    if (*known)
        return 0;
    row = (struct store_witnessed){.size = c->size, .cosigned_ms = time_s * 1000};
    snprintf(row.name, sizeof row.name, "%s", witness->name);
    snprintf(row.note, sizeof row.note, "%s", text);
    civil_time_format(row.cosigned_ms, live->config->utc_offset_minutes, at);
    sha256_to_hex(c->root.bytes, root);
    struct entries e = {0};
    entries_text(&e, "cosigned_at", at);
    entries_integer(&e, "events", (int64_t)c->size);
    entries_text(&e, "note", text);
    entries_text(&e, "officer", officer);
    entries_text(&e, "root", root);
    entries_text(&e, "witness", witness->name);
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "witness", &e, event, sizeof event, &index, err) != 0 ||
        store_witnessed_add(live->store, &row, index, err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err) == 0 ? 1 : -1;
}

int live_witness_import(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct json_writer *answer, struct err *err)
{
    char text[CHECKPOINT_TEXT_MAX + 1], officer[LIVE_OFFICER_MAX], names[256] = "";
    struct checkpoint_read c;
    int stored = 0, known = 0;
    if (!json_get_string(request, json_member(request, 0, "note"), text, sizeof text))
        return err_set(err, ERR_INVALID, "'note' must be a text of at most %d bytes", CHECKPOINT_TEXT_MAX);
    if (live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_TECHNICIAN | ROLE_SUPERVISOR, officer, err) !=
            0 ||
        check_note(live, text, &c, err) != 0)
        return -1;
    for (size_t i = 0; i < live->config->witnesses_count; i++) {
        const struct config_witness *witness = &live->config->witnesses[i];
        bool before = false;
        int result = keep(live, witness, text, &c, officer, &before, err);
        if (result < 0)
            return err_prefix(err, "witness '%s'", witness->title);
        stored += result;
        known += before;
        if (result || before)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] ? " " : "", witness->name);
        if (result)
            log_notice("%s has co-signed the journal up to event %" PRIu64, witness->name, c.size);
    }
    if (stored + known == 0)
        return err_set(err, ERR_REFUSED,
                       "no configured witness has co-signed this checkpoint; is its 'witness' section there, with this "
                       "name and key?");
    struct entries e = {0};
    entries_integer(&e, "events", (int64_t)c.size);
    entries_integer(&e, "new", stored);
    entries_bool(&e, "ok", true);
    entries_text(&e, "witnesses", names);
    entries_write(&e, answer, NULL);
    return 0;
}

void live_witness_write(const struct live *live, struct json_writer *w, const char *key)
{
    json_array_begin(w, key);
    for (size_t i = 0; i < live->config->witnesses_count; i++) {
        const struct config_witness *witness = &live->config->witnesses[i];
        struct store_witnessed last = {.size = 0};
        struct err err = {0};
        bool found = false;
        char at[CIVIL_TIME_TEXT_MAX] = "";
        if (store_witnessed_last(live->store, witness->name, &last, &found, &err) == 0 && found)
            civil_time_format(last.cosigned_ms, live->config->utc_offset_minutes, at);
        json_object_begin(w, NULL);
        json_string(w, "cosigned_at", at);
        json_integer(w, "events", (int64_t)last.size);
        json_string(w, "name", witness->name);
        json_object_end(w);
    }
    json_array_end(w);
}
