#include "sensors/links/wakeup.h"

#include <time.h>

#include "sensors/links/turns.h"

enum { ACCURACY_US = 500 };

/* The source stays on over `due`, which mostly sets the next time: switching it off and on would cost as much again. */
static int on_time(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)usec;
    struct wakeup *wakeup = ctx;
    wakeup->at_ms = -1;
    wakeup->due(wakeup->ctx);
    return wakeup->at_ms < 0 ? sd_event_source_set_enabled(source, SD_EVENT_OFF) : 0;
}

int wakeup_open(struct wakeup *wakeup, sd_event *event, void (*due)(void *ctx), void *ctx)
{
    *wakeup = (struct wakeup){.at_ms = -1, .due = due, .ctx = ctx};
    int result = sd_event_add_time(event, &wakeup->source, CLOCK_MONOTONIC, 0, ACCURACY_US, on_time, wakeup);
    if (result >= 0)
        result = sd_event_source_set_priority(wakeup->source, TURN_INSTRUMENT);
    if (result >= 0)
        result = sd_event_source_set_enabled(wakeup->source, SD_EVENT_OFF);
    return result;
}

void wakeup_close(struct wakeup *wakeup)
{
    wakeup->source = sd_event_source_disable_unref(wakeup->source);
}

void wakeup_set(struct wakeup *wakeup, int64_t at_ms)
{
    if (at_ms < 0 || (wakeup->at_ms >= 0 && wakeup->at_ms <= at_ms))
        return;
    wakeup->at_ms = at_ms;
    sd_event_source_set_time(wakeup->source, (uint64_t)at_ms * 1000);
    sd_event_source_set_enabled(wakeup->source, SD_EVENT_ON);
}
