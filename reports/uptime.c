#include "reports/uptime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void uptime_open(struct uptime *u, int64_t from_ms, int64_t to_ms)
{
    *u = (struct uptime){.from_ms = from_ms, .to_ms = to_ms};
}

void uptime_close(struct uptime *u)
{
    free(u->instruments);
    *u = (struct uptime){.count = 0};
}

/* How much of first … last lies in the period; a clock that was set back gives nothing. */
static int64_t within(const struct uptime *u, int64_t first_ms, int64_t last_ms)
{
    int64_t from = first_ms > u->from_ms ? first_ms : u->from_ms, to = last_ms < u->to_ms ? last_ms : u->to_ms;
    return to > from ? to - from : 0;
}

/* Ends what the instrument is doing. */
static void settle(struct uptime *u, struct uptime_instrument *i, int64_t at_ms)
{
    int64_t took_ms = within(u, i->changed_ms, at_ms);
    if (i->live)
        i->live_ms += took_ms;
    if (i->lost) {
        i->lost_ms += took_ms;
        i->longest_ms = took_ms > i->longest_ms ? took_ms : i->longest_ms;
    }
    i->changed_ms = at_ms;
}

static void stop_all(struct uptime *u, int64_t at_ms)
{
    if (!u->running)
        return;
    u->running = false;
    u->running_ms += within(u, u->start_ms, at_ms);
    for (size_t k = 0; k < u->count; k++) {
        settle(u, &u->instruments[k], at_ms);
        u->instruments[k].live = u->instruments[k].lost = false;
    }
}

void uptime_start(struct uptime *u, int64_t at_ms, int64_t last_ms)
{
    stop_all(u, last_ms);
    u->first_ms = u->begun ? u->first_ms : at_ms;
    u->begun = u->running = true;
    u->start_ms = at_ms;
}

void uptime_stop(struct uptime *u, int64_t at_ms)
{
    stop_all(u, at_ms);
}

static struct uptime_instrument *find(struct uptime *u, const char *name)
{
    for (size_t k = 0; k < u->count; k++)
        if (strcmp(u->instruments[k].name, name) == 0)
            return &u->instruments[k];
    if (u->count == u->room) {
        size_t room = 2 * u->room + 16;
        struct uptime_instrument *more = realloc(u->instruments, room * sizeof *more);
        if (!more) {
            u->failed = true;
            return NULL;
        }
        u->instruments = more;
        u->room = room;
    }
    struct uptime_instrument *i = &u->instruments[u->count++];
    *i = (struct uptime_instrument){.outages = 0};
    snprintf(i->name, sizeof i->name, "%s", name);
    return i;
}

void uptime_state(struct uptime *u, int64_t at_ms, const char *instrument, bool live)
{
    struct uptime_instrument *i = find(u, instrument);
    if (!i || i->live == live)
        return;
    settle(u, i, at_ms);
    i->lost = i->live; /* from live to not live */
    i->live = live;
    i->outages += i->lost && at_ms >= u->from_ms && at_ms < u->to_ms;
}

void uptime_end(struct uptime *u, int64_t at_ms)
{
    stop_all(u, at_ms);
    u->end_ms = at_ms;
}

int64_t uptime_spanned_ms(const struct uptime *u)
{
    return u->begun ? within(u, u->first_ms, u->end_ms) : 0;
}
