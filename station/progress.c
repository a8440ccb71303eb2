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

void progress_start(struct progress *p, const char *what, int64_t from, int64_t to, bool json)
{
    *p = (struct progress){
        .what = what, .from = from, .to = to, .at = from, .json = json, .terminal = isatty(STDERR_FILENO) == 1};
    p->started_ms = p->shown_ms = clock_mono_ms();
    struct sigaction action = {.sa_handler = cancel, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static double share_of(const struct progress *p)
{
    if (p->at >= p->to)
        return 1;
    return p->at > p->from ? (double)(p->at - p->from) / (double)(p->to - p->from) : 0;
}

static void show(struct progress *p, int64_t now_ms)
{
    double seconds = (double)(now_ms - p->started_ms) / 1000, share = share_of(p);
    int64_t rate = seconds > 0 ? (int64_t)((double)p->done / seconds) : 0;
    int64_t left_s = share > 0 ? (int64_t)(seconds * (1 - share) / share + 0.5) : 0;
    p->shown = true;
    if (p->json)
        fprintf(stderr,
                "{\"done\":%" PRId64 ",\"event\":\"progress\",\"left_s\":%" PRId64 ",\"percent\":%d,\"rate\":%" PRId64
                ",\"what\":\"%s\"}\n",
                p->done, left_s, (int)(100 * share), rate, p->what);
    else
        fprintf(stderr, "\r%3d %%  %" PRId64 " %s, %" PRId64 "/s, %" PRId64 " s left \033[K", (int)(100 * share),
                p->done, p->what, rate, left_s);
}

int progress_step(struct progress *p, int64_t at, struct err *err)
{
    p->done++;
    p->at = at;
    if (cancelled)
        return err_set(err, ERR_FAILED, "cancelled; nothing was written");
    if (p->done % STEPS_BETWEEN_LOOKS != 0 || (!p->json && !p->terminal))
        return 0;
    int64_t now_ms = clock_mono_ms();
    if (now_ms - p->shown_ms >= SHOW_MS) {
        p->shown_ms = now_ms;
        show(p, now_ms);
    }
    return 0;
}

void progress_end(struct progress *p)
{
    if (!p->shown)
        return;
    p->at = p->to;
    if (p->json)
        show(p, clock_mono_ms());
    else
        fputs("\r\033[K", stderr);
}
