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
