#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/backup.h"
#include "station/clock.h"
#include "station/ctl.h"

static volatile sig_atomic_t told_to_stop;

static void on_signal(int number)
{
    (void)number;
    told_to_stop = 1;
}

struct watch {
    bool talk;
    int64_t began_ms, told_ms;
};

/* Twice a second: megabytes, rate and, where the end is known, what is left. */
static int progress(void *ctx, uint64_t done, uint64_t all)
{
    struct watch *w = ctx;
    int64_t now = clock_mono_ms();
    if (told_to_stop)
        return 1;
    if (!w->talk || now - w->told_ms < 500 || now == w->began_ms)
        return 0;
    w->told_ms = now;
    uint64_t rate = done * 1000 / (uint64_t)(now - w->began_ms) + 1;
    fprintf(stderr, "\r%8" PRIu64 " MB, %4" PRIu64 " MB/s", done / 1000000, rate / 1000000);
    if (all > done)
        fprintf(stderr, ", %" PRIu64 " s left ", (all - done) / rate);
    return 0;
}

static void begin(struct watch *w, const struct ctl *ctl)
{
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    *w = (struct watch){.talk = !ctl->json && isatty(STDERR_FILENO), .began_ms = clock_mono_ms()};
}

static int answer(const struct backup_result *r, const char *file, struct err *err)
{
    struct entries e = {0};
    entries_integer(&e, "bytes", (int64_t)r->bytes);
    entries_integer(&e, "events", (int64_t)r->events);
    entries_text(&e, "file", file);
    entries_integer(&e, "files", (int64_t)r->files);
    if (r->numbers_from)
        entries_integer(&e, "numbers_from", (int64_t)r->numbers_from);
    entries_text(&e, "root", r->root);
    entries_text(&e, "sha256", r->sha256);
    return ctl_json_entries(&e, err);
}

int ctl_backup(struct ctl *ctl, struct err *err)
{
    struct backup_result r;
    struct watch w;
    if (ctl_load_config(ctl, err) != 0)
        return -1;
    begin(&w, ctl);
    const struct backup_host host = {.ctx = &w, .progress = progress};
    int result = backup_make(ctl->config->state, ctl->config->id, clock_unix_ms(), ctl->words[0], &host, &r, err);
    if (w.told_ms)
        fprintf(stderr, "\r%40s\r", "");
    if (result != 0)
        return -1;
    if (ctl->json)
        return answer(&r, ctl->words[0], err);
    printf("%s: %" PRIu64 " events, %" PRIu64 " files, %" PRIu64 " bytes\nroot %s\nSHA-256 %s\n", ctl->words[0],
           r.events, r.files, r.bytes, r.root, r.sha256);
    return 0;
}

int ctl_restore(struct ctl *ctl, struct err *err)
{
    struct backup_result r;
    struct watch w;
    if (ctl_load_config(ctl, err) != 0)
        return -1;
    begin(&w, ctl);
    const struct backup_host host = {.ctx = &w, .progress = progress};
    const struct backup_restore how = {.state_dir = ctl->config->state,
                                       .station = ctl->config->id,
                                       .file = ctl->words[0],
                                       .officer = ctl->officer,
                                       .reason = ctl->reason,
                                       .now_ms = clock_unix_ms(),
                                       .offset_minutes = ctl->config->utc_offset_minutes};
    int result = backup_restore(&how, &host, &r, err);
    if (w.told_ms)
        fprintf(stderr, "\r%40s\r", "");
    if (result != 0)
        return -1;
    if (ctl->json)
        return answer(&r, ctl->words[0], err);
    printf("restored: %" PRIu64 " events and %" PRIu64 " files, verified; root %s\nWhat came after this backup is not "
           "in it: the journal has a new name for its checkpoints, and numbers go on at %" PRIu64 ".\n",
           r.events, r.files, r.root, r.numbers_from);
    return 0;
}
