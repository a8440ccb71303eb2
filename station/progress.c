#include "station/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "station/clock.h"

enum { SHOW_MS = 250, STEPS_BETWEEN_LOOKS = 1024 };

static volatile sig_atomic_t cancelled;

static void cancel(int signal_number)
{
    (void)signal_number;
    cancelled = 1;
}

void progress_start(struct progress *p, const char *what, int64_t total, bool json)
{
    *p = (struct progress){.what = what, .total = total, .json = json, .terminal = isatty(STDERR_FILENO) == 1};
    p->started_ms = p->shown_ms = clock_mono_ms();
    struct sigaction action = {.sa_handler = cancel, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void show(struct progress *p, int64_t done, int64_t now_ms)
{
    double seconds = (double)(now_ms - p->started_ms) / 1000;
    int64_t rate = seconds > 0 ? (int64_t)((double)done / seconds) : 0;
    int64_t left_s = rate > 0 && p->total > done ? (p->total - done) / rate : 0;
    p->shown = true;
    if (p->json)
        fprintf(stderr,
                "{\"done\":%" PRId64 ",\"event\":\"progress\",\"left_s\":%" PRId64 ",\"rate\":%" PRId64
                ",\"total\":%" PRId64 ",\"what\":\"%s\"}\n",
                done, left_s, rate, p->total, p->what);
    else if (p->total > 0)
        fprintf(stderr, "\r%3d %%  %" PRId64 " of %" PRId64 " %s, %" PRId64 "/s, %" PRId64 " s left \033[K",
                (int)(100 * done / p->total), done, p->total, p->what, rate, left_s);
    else
        fprintf(stderr, "\r%" PRId64 " %s, %" PRId64 "/s \033[K", done, p->what, rate);
}

int progress_step(struct progress *p, int64_t done, struct err *err)
{
    if (cancelled)
        return err_set(err, ERR_FAILED, "cancelled; nothing was written");
    if (done % STEPS_BETWEEN_LOOKS != 0 || (!p->json && !p->terminal))
        return 0;
    int64_t now_ms = clock_mono_ms();
    if (now_ms - p->shown_ms >= SHOW_MS) {
        p->shown_ms = now_ms;
        show(p, done, now_ms);
    }
    return 0;
}

void progress_end(struct progress *p, int64_t done)
{
    if (!p->shown)
        return;
    if (p->json)
        show(p, done, clock_mono_ms());
    else
        fputs("\r\033[K", stderr);
}
