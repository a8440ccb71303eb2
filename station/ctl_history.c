#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/file.h"
#include "reports/history.h"
#include "reports/merkle_json.h"
#include "station/core/plate.h"
#include "station/ctl.h"

/* ---- export: a fact a line, each with its proof ---- */

enum { FACTS_STEP = 1024, LINE_ROOM = 2 * MERKLE_PATH_MAX * (2 * MERKLE_HASH_SIZE + 3) + 1024 };

struct export_fact {
    uint64_t event;
    bool passage;
    char id[48];
};

struct export
{
    struct ctl *ctl;
    FILE *out;
    int64_t since_ms;
    struct checkpoint_read checkpoint;
    size_t count, room, written, unsigned_yet;
    struct export_fact *facts;
    bool failed;
};

static int add_fact(struct export *e, const char *id, bool passage, int64_t event)
{
    if (e->count == e->room) {
        struct export_fact *more = realloc(e->facts, (e->room + FACTS_STEP) * sizeof *more);
        e->failed = !more;
        if (!more)
            return 1;
        e->facts = more;
        e->room += FACTS_STEP;
    }
    struct export_fact *fact = &e->facts[e->count++];
    *fact = (struct export_fact){.event = (uint64_t)event, .passage = passage};
    snprintf(fact->id, sizeof fact->id, "%s", id);
    return 0;
}

/* Open and void tests are no facts for others. */
static int take_test(void *ctx, const struct store_test *t)
{
    struct export *e = ctx;
    if (t->end_event < 0 || t->void_reason[0] || t->started_ms < e->since_ms)
        return 0;
    return add_fact(e, t->id, false, t->end_event);
}

/* A list does not tell the event; it is looked up when the fact is written. */
static int take_passage(void *ctx, const struct store_passage *p)
{
    return p->plate[0] ? add_fact(ctx, p->id, true, -1) : 0;
}

static int find_facts(struct export *e, struct err *err)
{
    enum plate_colour colour = PLATE_COLOUR_UNKNOWN;
    struct ctl *ctl = e->ctl;
    struct plate plate;
    if (ctl->colour && !plate_colour_by_name(ctl->colour, &colour))
        return err_set(err, ERR_INVALID, "'%s' is no plate colour", ctl->colour);
    if (ctl->plate && plate_parse(&plate, ctl->plate, colour, err) != 0)
        return -1;
    const char *text = ctl->plate ? plate.text : NULL, *of_colour = ctl->colour ? plate_colour_name(colour) : NULL;
    if (store_test_list(ctl->store, text, of_colour, false, INT32_MAX, take_test, e, err) != 0 ||
        store_passage_list(ctl->store, text, of_colour, e->since_ms, false, INT32_MAX, take_passage, e, err) != 0)
        return -1;
    return e->failed ? err_set(err, ERR_FAILED, "out of memory") : 0;
}

static int by_event(const void *a, const void *b)
{
    const struct export_fact *left = a, *right = b;
    return (left->event > right->event) - (left->event < right->event);
}

static int sort_facts(struct export *e, struct err *err)
{
    for (size_t i = 0; i < e->count; i++) {
        struct store_passage p;
        if (e->facts[i].passage && store_passage_get(e->ctl->store, e->facts[i].id, &p, NULL, NULL, err) != 0)
            return -1;
        if (e->facts[i].passage)
            e->facts[i].event = (uint64_t)p.event;
    }
    if (e->count > 1)
        qsort(e->facts, e->count, sizeof e->facts[0], by_event);
    return 0;
}

static int write_line(struct export *e, const struct export_fact *fact, const char *event, const char *record,
                      struct err *err)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    struct json_writer w;
    size_t count = 0, room = LINE_ROOM + strlen(event) + strlen(record);
    if (merkle_inclusion(fact->event, e->checkpoint.size, store_fetch, e->ctl->store, path, &count, err) != 0)
        return -1;
    char *line = malloc(room);
    if (!line)
        return err_set(err, ERR_FAILED, "out of memory");
    json_writer_init(&w, line, room);
    json_object_begin(&w, NULL);
    json_raw(&w, "event", event, strlen(event));
    json_integer(&w, "index", (int64_t)fact->event);
    merkle_json_write(&w, path, count);
    json_raw(&w, "record", record, strlen(record));
    json_object_end(&w);
    bool ok = json_writer_finish(&w) > 0 && fprintf(e->out, "%s\n", line) > 0;
    free(line);
    e->written++;
    return ok ? 0 : err_set(err, ERR_FAILED, "cannot write the file; is the disk full?");
}

static int write_fact(struct export *e, const struct export_fact *fact, struct err *err)
{
    struct store_passage p;
    struct store_test t;
    char *record = NULL, *event = NULL;
    size_t length;
    int result = fact->passage ? store_passage_get(e->ctl->store, fact->id, &p, &record, NULL, err)
                               : store_test_get(e->ctl->store, fact->id, &t, &record, err);
    if (result == 0)
        result = store_event_get(e->ctl->store, fact->event, &event, &length, err);
    if (result == 0)
        result = write_line(e, fact, event, record, err);
    free(event);
    free(record);
    return result;
}

static int write_head(struct export *e, const char *note, const char *certificate, struct err *err)
{
    struct json_writer w;
    char line[2 * (CHECKPOINT_TEXT_MAX + SEALCHECK_CERTIFICATE_MAX)];
    json_writer_init(&w, line, sizeof line);
    json_object_begin(&w, NULL);
    json_string(&w, "certificate", certificate);
    json_string(&w, "checkpoint", note);
    json_string(&w, "format", HISTORY_FORMAT);
    json_object_end(&w);
    if (json_writer_finish(&w) < 0 || fprintf(e->out, "%s\n", line) < 0)
        return err_set(err, ERR_FAILED, "cannot write the file; is the disk full?");
    return 0;
}

static int write_file(struct export *e, const char *note, const char *certificate, struct err *err)
{
    if (write_head(e, note, certificate, err) != 0)
        return -1;
    for (size_t i = 0; i < e->count; i++) {
        if (e->facts[i].event >= e->checkpoint.size)
            e->unsigned_yet++;
        else if (write_fact(e, &e->facts[i], err) != 0)
            return -1;
    }
    long size = ftell(e->out);
    if (size > HISTORY_FILE_MAX)
        return err_set(err, ERR_REFUSED,
                       "%zu facts are more than one file may hold (%d MiB); choose fewer with --since", e->written,
                       HISTORY_FILE_MAX >> 20);
    return fflush(e->out) == 0 ? 0 : err_set(err, ERR_FAILED, "cannot write the file; is the disk full?");
}

static int save_file(struct export *e, const char *note, const char *certificate, struct err *err)
{
    char part[600];
    snprintf(part, sizeof part, "%s.part", e->ctl->output);
    e->out = fopen(part, "w");
    if (!e->out)
        return err_set(err, ERR_UNREACHABLE, "cannot write %s; choose another place", part);
    int result = write_file(e, note, certificate, err);
    if (fclose(e->out) != 0 && result == 0)
        result = err_set(err, ERR_FAILED, "cannot write %s; is the disk full?", part);
    if (result == 0 && rename(part, e->ctl->output) != 0)
        result = err_set(err, ERR_FAILED, "cannot rename %s to %s", part, e->ctl->output);
    if (result != 0)
        unlink(part);
    return result;
}

/* The newest checkpoint and the certificate of the key that signed it. */
static int find_signature(struct export *e, char **note, char **certificate, struct err *err)
{
    size_t length;
    if (store_checkpoint_last(e->ctl->store, note, err) != 0)
        return -1;
    if (!*note)
        return err_set(err, ERR_FAILED, "no checkpoint is signed yet; is smogpush running?");
    if (ctl_seal_certificate(e->ctl, certificate, &length, err) != 0)
        return -1;
    if (history_signed_by(*note, *certificate, length, err) != 0)
        return err_prefix(err, "%s and the newest checkpoint", e->ctl->config->seal_cert);
    return checkpoint_read(&e->checkpoint, *note, strlen(*note), err);
}

static int export_facts(struct export *e, struct err *err)
{
    char *note = NULL, *certificate = NULL;
    int result = find_signature(e, &note, &certificate, err);
    if (result == 0 && (result = find_facts(e, err)) == 0 && (result = sort_facts(e, err)) == 0)
        result = save_file(e, note, certificate, err);
    free(certificate);
    free(note);
    return result;
}

int ctl_history_export(struct ctl *ctl, struct err *err)
{
    struct export e = {.ctl = ctl};
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE");
    if (ctl_open_store(ctl, err) != 0 || ctl_since(ctl, &e.since_ms, err) != 0)
        return -1;
    int result = export_facts(&e, err);
    free(e.facts);
    if (result != 0)
        return -1;
    if (ctl->json) {
        struct entries answer = {0};
        entries_integer(&answer, "facts", (int64_t)e.written);
        entries_text(&answer, "file", ctl->output);
        entries_text(&answer, "signed_at", e.checkpoint.time);
        entries_integer(&answer, "unsigned", (int64_t)e.unsigned_yet);
        return ctl_json_entries(&answer, err);
    }
    printf("%zu facts, signed %s, in %s\n", e.written, e.checkpoint.time, ctl->output);
    if (e.unsigned_yet)
        printf("%zu newer ones are not in it: no checkpoint covers them yet\n", e.unsigned_yet);
    return 0;
}

/* ---- import: smogd checks and keeps it ---- */

static int import(struct ctl *ctl, int file, struct err *err)
{
    const char *slash = strrchr(ctl->words[0], '/');
    struct entries arguments = {0};
    char *ca = NULL;
    size_t length;
    if (file_read(ctl->ca, SEALCHECK_CERTIFICATE_MAX - 1, &ca, &length, err) != 0)
        return -1;
    entries_text(&arguments, "ca", ca);
    entries_text(&arguments, "name", slash ? slash + 1 : ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    int result = ctl_call_with_file(ctl, "history-import", &arguments, file, err);
    free(ca);
    return result;
}

int ctl_history_import(struct ctl *ctl, struct err *err)
{
    if (!ctl->ca)
        return err_set(err, ERR_INVALID, "say whom to trust: --ca CA.pem, the authority behind that station's seal");
    int file = open(ctl->words[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read; is the name right, and may you read it?",
                       ctl->words[0]);
    int result = import(ctl, file, err);
    close(file);
    if (result != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("history of %s, signed %s by %s: %" PRId64 " facts, %" PRId64 " of them new\n", ctl_text(ctl, 0, "station"),
           ctl_text(ctl, 0, "signed_at"), ctl_text(ctl, 0, "signer"), ctl_integer(ctl, 0, "facts"),
           ctl_integer(ctl, 0, "new"));
    return 0;
}
