/* A case as a sealed package describes it: a line with the record, one with case.json, and the journal's events of the
 * case, a line each, all of them from one who holds the key. The verifier says what holds and what does not, in words
 * that can be shown. */
#include "reports/verifier_part.h"

#include <string.h>

#include "reports/sha256.h"
#include "station/core/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/journal.h"

enum { ROOM = 1 << 16, EVENT_MORE = 2048 };

static char *events_text(struct journal *j, size_t *length)
{
    struct json_writer w;
    size_t room = EVENT_MORE;
    for (size_t i = 0; i < j->count; i++)
        room += EVENT_MORE + 6 * j->events[i].length;
    char *text = malloc(room), *event = malloc(room);
    FUZZ_CHECK(text && event);
    json_writer_init(&w, text, room);
    json_object_begin(&w, NULL);
    json_array_begin(&w, "events");
    for (size_t i = 0; i < j->count; i++) {
        memcpy(event, j->events[i].at, j->events[i].length);
        event[j->events[i].length] = '\0';
        json_object_begin(&w, NULL);
        json_string(&w, "event", event);
        journal_prove(j, i, &w);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_integer(&w, "size", (int64_t)j->count);
    json_object_end(&w);
    ptrdiff_t made = json_writer_finish(&w);
    FUZZ_CHECK(made > 0);
    *length = (size_t)made;
    free(event);
    return text;
}

static void add(struct container *c, const char *name, const char *data, size_t size)
{
    struct container_entry *e = &c->entries[c->count++];
    snprintf(e->name, sizeof e->name, "%s", name);
    e->data = (const uint8_t *)data;
    e->size = size;
}

static void check_findings(const struct verifier *v)
{
    bool held = true;
    FUZZ_CHECK(v->count >= 1);
    for (size_t i = 0; i < v->count; i++) {
        const struct verifier_finding *f = &v->findings[i];
        held = held && f->result != VERIFIER_FAIL;
        FUZZ_CHECK(f->en[0] && f->zh[0] && !strpbrk(f->en, "\r\n\033") && !strpbrk(f->zh, "\r\n\033"));
        FUZZ_CHECK(utf8_check(f->en, strlen(f->en)) == strlen(f->en));
        FUZZ_CHECK(utf8_check(f->zh, strlen(f->zh)) == strlen(f->zh));
        /* who may be named as a reviewer is told only of a case whose steps hold */
        FUZZ_CHECK(strcmp(f->check, "review") != 0 || (i > 0 && f[-1].result == VERIFIER_OK));
    }
    FUZZ_CHECK(held == v->ok);
}

static void verify(struct verification *v, struct journal *j, struct slice made)
{
    size_t length;
    char *events = events_text(j, &length);
    v->container.count = 0;
    add(&v->container, "record.json", v->record.doc.text, v->record.doc.length);
    add(&v->container, "case.json", made.at, made.length);
    add(&v->container, "log/events.json", events, length);
    sha256_hex(v->record.doc.text, v->record.doc.length, v->record_sha256);
    v->has_checkpoint = j->count > 0;
    if (v->has_checkpoint)
        journal_sign(j, &v->checkpoint);
    v->out->ok = true;
    v->out->count = 0;
    v->out->case_id[0] = v->out->reviewers[0] = '\0';
    verifier_case(v);
    check_findings(v->out);
    free(events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct verifier out;
    static struct verification v;
    struct journal j = {.count = 0};
    struct err err = {0};
    char *bytes = malloc(size + 1); /* of its own, so that a read beyond it is seen */
    struct slice rest = {bytes, size}, record = {"", 0}, made = {"", 0};
    FUZZ_CHECK(bytes);
    if (size < ROOM) {
        memcpy(bytes, data, size);
        slice_field(&rest, '\n', &record);
        slice_field(&rest, '\n', &made);
        while (j.count < JOURNAL_EVENTS_MAX && slice_field(&rest, '\n', &j.events[j.count]))
            j.count++;
        v.out = &out;
        if (record_open(&v.record, record.at, record.length, &err) == 0) {
            verify(&v, &j, made);
            record_close(&v.record);
        }
    }
    free(bytes);
    return 0;
}
