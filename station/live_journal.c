#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

struct live_fact {
    struct live_fact *next;
    struct live_passage *passage; /* a passing vehicle; NULL: an event, whose body is made already */
    char kind[24];
    size_t length;
    char body[];
};

void live_journal_soon(struct live *live)
{
    if (live->waiting >= LIVE_GROUP_MAX)
        live_journal_flush(live);
    else if (!live->journal_faulty)
        sd_event_source_set_enabled(live->flush_soon, SD_EVENT_ONESHOT);
}

static int queue(struct live *live, struct live_passage *passage, const char *kind, const char *body, size_t length)
{
    struct live_fact *fact = malloc(sizeof *fact + length + 1);
    if (!fact)
        return -1;
    *fact = (struct live_fact){.passage = passage, .length = length};
    snprintf(fact->kind, sizeof fact->kind, "%s", kind);
    memcpy(fact->body, body, length);
    fact->body[length] = '\0';
    *live->facts_end = fact;
    live->facts_end = &fact->next;
    live->waiting++;
    return 0;
}

int live_journal_passage(struct live *live, struct live_passage *passage)
{
    if (queue(live, passage, "passage", "", 0) != 0)
        return -1;
    live_journal_soon(live);
    return 0;
}

void live_journal_note(struct live *live, const char *kind, struct entries *entries)
{
    struct clock_stamp stamp;
    char text[4096];
    live_stamp(live, &stamp);
    ptrdiff_t length = record_make_event(entries, &stamp, live->config->id, kind, text, sizeof text);
    if (length < 0 || queue(live, NULL, kind, text, (size_t)length) != 0)
        log_error("an event of kind %s could not be kept for the journal", kind);
    else
        live_journal_soon(live);
}

int live_journal_append(struct live *live, const char *kind, struct entries *entries, char *text, size_t size,
                        uint64_t *index, struct err *err)
{
    struct clock_stamp stamp;
    live_stamp(live, &stamp);
    ptrdiff_t length = record_make_event(entries, &stamp, live->config->id, kind, text, size);
    if (length < 0)
        return err_set(err, ERR_FAILED, "an event of kind %s is too long for the journal", kind);
    return store_append(live->store, kind, text, (size_t)length, index, err);
}

static int store_waiting(struct live *live, struct live_scratch *scratch, struct err *err)
{
    if (store_begin(live->store, err) != 0)
        return -1;
    uint64_t index;
    int result = 0;
    for (const struct live_fact *fact = live->facts; fact && result == 0; fact = fact->next)
        result = fact->passage ? live_passage_store(live, fact->passage, scratch, err)
                               : store_append(live->store, fact->kind, fact->body, fact->length, &index, err);
    if (result == 0)
        return store_commit(live->store, err);
    store_rollback(live->store);
    return -1;
}

static void forget(struct live *live)
{
    for (struct live_fact *fact = live->facts, *next; fact; fact = next) {
        next = fact->next;
        if (fact->passage)
            live_passage_forget(live, fact->passage);
        free(fact);
    }
    live->facts = NULL;
    live->facts_end = &live->facts;
    live->waiting = 0;
}

int live_journal_flush(struct live *live)
{
    if (live->waiting == 0)
        return 0;
    struct err err = {0};
    struct live_scratch *scratch = malloc(sizeof *scratch);
    int result = scratch ? store_waiting(live, scratch, &err) : err_set(&err, ERR_FAILED, "out of memory");
    free(scratch);
    live_journal_health(live, result == 0 ? NULL : &err);
    if (result != 0)
        return -1;
    forget(live);
    return 0;
}

void live_journal_health(struct live *live, const struct err *err)
{
    if (err && !live->journal_faulty)
        log_error("the journal cannot be written: %s; what waits is kept and tried again", err->text);
    if (!err && live->journal_faulty)
        log_notice("the journal can be written again");
    live->journal_faulty = err != NULL;
    snprintf(live->journal_trouble, sizeof live->journal_trouble, "%s", err ? err->text : "");
    live->journal_retry_ms = clock_mono_ms() + LIVE_RETRY_MS;
}

void live_journal_close(struct live *live)
{
    forget(live);
}

void live_journal_instrument(struct live *live, int instrument)
{
    struct live_instrument *known = &live->instruments[instrument];
    const struct bench_instrument *now = &live->bench.instruments[instrument];
    if (known->state == now->state && known->status == now->status)
        return;
    known->state = now->state;
    known->status = now->status;
    known->since_ms = clock_unix_ms();
    const char *detail = now->state == BENCH_OFFLINE ? known->trouble : now->status_detail;
    const char *name = now->config.name;
    struct entries e = {0};
    entries_text(&e, "detail", detail);
    entries_text(&e, "name", name);
    entries_text(&e, "state", live_status_state_name(now->state));
    entries_text(&e, "status", instrument_status_name(now->status));
    live_journal_note(live, "instrument", &e);
    log_notice("%s is %s, %s%s%s", name, live_status_state_name(now->state), instrument_status_name(now->status),
               detail[0] ? ": " : "", detail);
}

/* ---- receipts: smogpush stored them, the journal learns of them ---- */

enum { RECEIPTS_MAX = 16 };

struct receipts {
    size_t count;
    struct receipt {
        char case_id[56], outlet[32], package_sha256[65], receipt_id[80], received_at[40];
    } items[RECEIPTS_MAX];
};

/* The receiver's words, as far as they can be read. */
static void read_receipt(const char *text, char *id, size_t id_size, char *at, size_t at_size)
{
    struct json_token tokens[64];
    struct json_doc doc = {.tokens = tokens, .max = 64};
    id[0] = at[0] = '\0';
    if (!text || json_parse(&doc, text, strlen(text), tokens, 64, NULL) != 0 || tokens[0].type != JSON_OBJECT)
        return;
    if (!json_get_string(&doc, json_member(&doc, 0, "receipt_id"), id, id_size))
        id[0] = '\0';
    if (!json_get_string(&doc, json_member(&doc, 0, "received_at"), at, at_size))
        at[0] = '\0';
}

static int take_receipt(void *ctx, const struct store_receipt *receipt)
{
    struct receipts *all = ctx;
    struct receipt *r = &all->items[all->count++];
    memcpy(r->case_id, receipt->case_id, sizeof r->case_id);
    memcpy(r->outlet, receipt->outlet, sizeof r->outlet);
    memcpy(r->package_sha256, receipt->package_sha256, sizeof r->package_sha256);
    read_receipt(receipt->receipt, r->receipt_id, sizeof r->receipt_id, r->received_at, sizeof r->received_at);
    return all->count == RECEIPTS_MAX;
}

static int append_receipt(struct live *live, const struct receipts *all, size_t i, struct err *err)
{
    char text[1024];
    uint64_t index;
    struct entries e = {0};
    entries_text(&e, "case", all->items[i].case_id);
    entries_text(&e, "outlet", all->items[i].outlet);
    entries_text(&e, "package_sha256", all->items[i].package_sha256);
    entries_text(&e, "receipt_id", all->items[i].receipt_id);
    entries_text(&e, "received_at", all->items[i].received_at);
    if (live_journal_append(live, "receipt", &e, text, sizeof text, &index, err) != 0)
        return -1;
    return store_receipt_journaled(live->store, all->items[i].case_id, all->items[i].outlet, err);
}

void live_journal_receipts(struct live *live)
{
    struct receipts all = {0};
    struct err err = {0};
    if (store_receipt_list(live->store, RECEIPTS_MAX, take_receipt, &all, &err) == 0 && all.count == 0)
        return;
    int result = err.code ? -1 : store_begin(live->store, &err);
    for (size_t i = 0; i < all.count && result == 0; i++) {
        result = append_receipt(live, &all, i, &err);
        if (result != 0)
            store_rollback(live->store);
    }
    if (result == 0)
        result = store_commit(live->store, &err);
    live_journal_health(live, result == 0 ? NULL : &err);
}
