#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/sha256.h"
#include "station/ctl.h"
#include "station/store_verify_evidence.h"
#include "station/store_verify_records.h"

/* ---- verify ---- */

static void progress(void *ctx, uint64_t done)
{
    (void)ctx;
    fprintf(stderr, "\r%" PRIu64 " events", done);
}

int ctl_journal_verify(struct ctl *ctl, struct err *err)
{
    struct store_verify_result r = {0};
    struct store_ratchet_result sealed = {0};
    char root[65];
    uint64_t counted = 0, files = 0;
    bool talk = !ctl->json && isatty(STDERR_FILENO);
    if (ctl_open_store(ctl, err) != 0)
        return -1;
    int result = store_verify(ctl->store, &r, talk ? progress : NULL, NULL, err);
    if (talk)
        fprintf(stderr, "\r");
    if (result != 0 || store_verify_evidence(ctl->store, ctl->records, &files, err) != 0 ||
        (ctl->records && store_verify_counted(ctl->store, &counted, err) != 0) ||
        (ctl->ratchet && ctl_ratchet_verify(ctl, &sealed, err) != 0))
        return -1;
    sha256_to_hex(r.root.bytes, root);
    if (ctl->json) {
        struct entries e = {0};
        entries_integer(&e, "checkpoints", (int64_t)r.checkpoints);
        entries_bool(&e, "clock_open", r.clock_open);
        if (ctl->records)
            entries_integer(&e, "counted", (int64_t)counted);
        entries_bool(&e, "daemon_running", ctl->daemon_running);
        entries_integer(&e, "events", (int64_t)r.events);
        entries_integer(&e, "files", (int64_t)files);
        entries_integer(&e, "passages", (int64_t)r.passages);
        entries_text(&e, "root", root);
        if (ctl->ratchet)
            entries_integer(&e, "sealed", (int64_t)sealed.events);
        entries_integer(&e, "tests", (int64_t)r.tests);
        return ctl_json_entries(&e, err);
    }
    printf("the journal is whole: %" PRIu64 " events, %" PRIu64 " tests and %" PRIu64 " passages without gaps, %" PRIu64
           " checkpoints agree\nroot %s\n",
           r.events, r.tests, r.passages, r.checkpoints, root);
    if (r.clock_open)
        printf(
            "the clock went back just before the end, and no event says so yet: smogd enters it within minutes, or at "
            "its next start; verify again then\n");
    printf("%" PRIu64 " files of evidence are there%s\n", files, ctl->records ? ", each with its digest" : "");
    if (ctl->records)
        printf("the numbers that bulletins count are those of %" PRIu64 " records\n", counted);
    if (ctl->ratchet) {
        char at[24];
        ctl_time(ctl, sealed.last_ms, at);
        printf("%" PRIu64 " seals without a gap, each by the key of its time, cover %" PRIu64
               " events; the last at %s\n",
               sealed.seals, sealed.events, at);
    }
    return 0;
}

/* ---- export: one event a line, byte for byte what is hashed ---- */

struct export
{
    FILE *out;
    uint64_t count;
    bool failed;
};

static int write_event(void *ctx, uint64_t index, const char *body, size_t length)
{
    struct export *e = ctx;
    (void)index;
    e->count++;
    e->failed = fwrite(body, 1, length, e->out) != length || fputc('\n', e->out) == EOF;
    return e->failed;
}

int ctl_journal_export(struct ctl *ctl, struct err *err)
{
    char part[600];
    struct export e = {0};
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE");
    if (ctl_open_store(ctl, err) != 0)
        return -1;
    snprintf(part, sizeof part, "%s.part", ctl->output);
    e.out = fopen(part, "w");
    if (!e.out)
        return err_set(err, ERR_UNREACHABLE, "cannot write %s; choose another place", part);
    int result = store_event_list(ctl->store, 0, UINT64_MAX >> 1, write_event, &e, err);
    bool closed = fclose(e.out) == 0;
    if (result == 0 && (e.failed || !closed))
        result = err_set(err, ERR_FAILED, "cannot write %s; is the disk full?", part);
    if (result == 0 && rename(part, ctl->output) != 0)
        result = err_set(err, ERR_FAILED, "cannot rename %s to %s", part, ctl->output);
    if (result != 0) {
        unlink(part);
        return -1;
    }
    if (ctl->json) {
        struct entries answer = {0};
        entries_integer(&answer, "events", (int64_t)e.count);
        entries_text(&answer, "file", ctl->output);
        return ctl_json_entries(&answer, err);
    }
    printf("%" PRIu64 " events, one a line, in %s\n", e.count, ctl->output);
    return 0;
}
