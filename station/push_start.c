#include "station/push_start.h"

#include <inttypes.h>
#include <stdio.h>

#include "reports/log.h"
#include "reports/queue_late.h"

/* ---- notes ---- */

enum { NOTES_MAX = 32, ABOUT_MAX = 48 };

struct notes {
    size_t count;
    char about[NOTES_MAX][ABOUT_MAX];
};

static int take_note(void *ctx, const char *about, const char *text, int64_t since_ms)
{
    struct notes *all = ctx;
    (void)text;
    (void)since_ms;
    snprintf(all->about[all->count++], ABOUT_MAX, "%.*s", ABOUT_MAX - 1, about);
    return all->count == NOTES_MAX;
}

int push_start_notes(struct store *store, struct queue *queue, int64_t now_ms, struct err *err)
{
    struct notes all = {.count = 0};
    if (store_push_notes(store, take_note, &all, err) != 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (queue_note_set(queue, all.about[i], "", now_ms, err) != 0)
            return -1;
    return 0;
}

/* ---- outlets that came later ---- */

static int enter_late(const struct courier_outlet *o, struct queue *queue, int64_t now_ms, struct err *err)
{
    int count = 0;
    if (queue_late_enter(queue, o->name, o->feed.from_ms, now_ms, &count, err) != 0)
        return -1;
    if (count > 0)
        log_notice("outlet %s: %d cases that were sent before it was entered wait for it now", o->name, count);
    return 0;
}

static int note_late(const struct courier_outlet *o, struct queue *queue, int offset_minutes, int64_t now_ms,
                     struct err *err)
{
    int64_t count = 0, first_ms = 0;
    char about[sizeof "outlet " + CONFIG_NAME_MAX], text[OUTLET_TEXT_MAX], day[CIVIL_TIME_TEXT_MAX];
    if (queue_late_count(queue, o->name, &count, &first_ms, err) != 0)
        return -1;
    if (count == 0)
        return 0;
    civil_time_format(first_ms, offset_minutes, day);
    snprintf(about, sizeof about, "outlet %s", o->name);
    snprintf(text, sizeof text,
             "%" PRId64 " cases were sent before it was entered and are not queued for it; write from = DATE into its "
             "section (the first is of %.10s; a later day leaves those before it out) and start smogpush again",
             count, day);
    return queue_note_set(queue, about, text, now_ms, err);
}

int push_start_late(const struct outlets *o, struct queue *queue, int offset_minutes, int64_t now_ms, struct err *err)
{
    int result = 0;
    for (size_t i = 0; i < o->count && result == 0; i++) {
        const struct courier_outlet *one = &o->of[i];
        if (outlet_find(one->kind)->takes != OUTLET_CASES || one->decisions)
            continue;
        result = one->feed.from_ms ? enter_late(one, queue, now_ms, err)
                                   : note_late(one, queue, offset_minutes, now_ms, err);
    }
    return result;
}
