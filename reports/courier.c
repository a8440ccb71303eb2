#include "reports/courier_attempt.h"

#include <stdlib.h>
#include <string.h>

#include "reports/log.h"

enum {
    CLOCK_BACK_MS = 1000,         /* the wall clock was set back: not slewed */
    LATEST_MS = 25 * 3600 * 1000, /* later than any pause: such a time came from a wrong clock */
    FOLDER_MAX = 512,
};

/* ---- opening ---- */

static void warn_of_stranger(void *ctx, const char *outlet, int64_t number)
{
    const struct courier *c = ctx;
    for (size_t i = 0; i < c->outlets_count; i++)
        if (strcmp(c->outlets[i].config->name, outlet) == 0)
            return;
    log_warning("%lld deliveries wait for the outlet '%s', which the configuration no longer has; enter it again to "
                "have them delivered",
                (long long)number, outlet);
}

static int find_drivers(struct courier *c, const struct courier_outlet *outlets, size_t count, struct err *err)
{
    for (; c->outlets_count < count; c->outlets_count++) {
        struct outlet *o = &c->outlets[c->outlets_count];
        o->config = &outlets[c->outlets_count];
        o->driver = outlet_find(o->config->kind);
        if (!o->driver)
            return err_set(err, ERR_INVALID, "outlet '%s': there is no kind '%s'", o->config->name, o->config->kind);
        size_t at = c->outlets_count;
        for (; at > 0 && c->in_order[at - 1]->config->priority > o->config->priority; at--)
            c->in_order[at] = c->in_order[at - 1];
        c->in_order[at] = o;
    }
    return 0;
}

/* What the last run of the program left. */
static int take_over(struct courier *c, int64_t now_ms, struct err *err)
{
    const char *names[COURIER_OUTLETS_MAX];
    size_t names_count = 0;
    int interrupted = 0;
    for (size_t i = 0; i < c->outlets_count; i++)
        if (c->outlets[i].driver->takes == OUTLET_CASES && !c->outlets[i].config->decisions)
            names[names_count++] = c->outlets[i].config->name;
    if (queue_begin(c->queue, err) != 0)
        return -1;
    if (queue_recover(c->queue, now_ms, &interrupted, err) != 0 ||
        queue_adopt(c->queue, names, names_count, now_ms, err) != 0 ||
        queue_hasten(c->queue, now_ms + LATEST_MS, now_ms, err) != 0) {
        queue_rollback(c->queue);
        return -1;
    }
    if (queue_commit(c->queue, err) != 0)
        return -1;
    if (interrupted > 0)
        log_notice("%d deliveries were interrupted; the receiver is asked before anything is sent again", interrupted);
    return queue_pending(c->queue, warn_of_stranger, c, err);
}

int courier_open(struct courier **out, struct queue *queue, struct http *http, const struct parcel_source *source,
                 const struct courier_outlet *outlets, size_t count, int64_t now_ms, struct err *err)
{
    *out = NULL;
    if (count > COURIER_OUTLETS_MAX || strlen(source->folder) >= FOLDER_MAX)
        return err_set(err, ERR_INVALID, "more than %d outlets, or too long a path", COURIER_OUTLETS_MAX);
    struct courier *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, ERR_FAILED, "out of memory");
    c->queue = queue;
    c->http = http;
    c->last_ms = now_ms;
    c->source = *source;
    if (find_drivers(c, outlets, count, err) != 0 || take_over(c, now_ms, err) != 0) {
        courier_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

void courier_close(struct courier *c)
{
    if (!c)
        return;
    while (c->attempts) {
        struct attempt *a = c->attempts;
        c->attempts = a->next;
        courier_attempt_free(a);
    }
    free(c);
}

/* ---- a round ---- */

/* Records that the rest of their batch has left behind. */
static int park_rejected(struct courier *c, const struct attempt *a, int64_t now_ms, struct err *err)
{
    const struct outlet_parcel *p = &a->parcel;
    for (size_t i = 0; a->result.outcome == OUTLET_SENT && p->records_count > 1 && i < p->records_count; i++)
        if (p->rejected[i][0] &&
            queue_park(c->queue, neutral_get(p->records[i], "id"), a->item.outlet, p->rejected[i], now_ms, err) != 0)
            return -1;
    return 0;
}

static int write_results(struct courier *c, int64_t now_ms, struct err *err)
{
    for (struct attempt *a = c->attempts; a; a = a->next) {
        if (a->progress == GIVEN_BACK && queue_unclaim(c->queue, &a->item, err) != 0)
            return -1;
        if (a->progress != DONE)
            continue;
        if (queue_finish(c->queue, &a->item, &a->result, now_ms, courier_attempt_next_ms(a, a->item.attempts, now_ms),
                         err) != 0 ||
            park_rejected(c, a, now_ms, err) != 0)
            return -1;
    }
    return 0;
}

static void drop_results(struct courier *c)
{
    struct attempt **at = &c->attempts;
    while (*at) {
        struct attempt *a = *at;
        if (!courier_attempt_has_ended(a)) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        if (a->progress == DONE)
            courier_attempt_tell(a);
        courier_attempt_free(a);
    }
}

/* Attempts of that list which are not over, of outlets that come before this one. */
static bool something_first(const struct attempt *list, const struct outlet *o)
{
    for (const struct attempt *a = list; a; a = a->next)
        if (a->outlet->config->priority < o->config->priority && !courier_attempt_has_ended(a))
            return true;
    return false;
}

static bool may_begin(const struct courier *c, const struct outlet *o, int64_t now_ms)
{
    const struct courier_outlet *config = o->config;
    return !c->stopping && now_ms >= o->pace.pause_until_ms &&
           pace_is_open(config->open_minute, config->end_minute, now_ms, c->source.offset_minutes) &&
           !something_first(c->attempts, o);
}

static bool is_limited(const struct outlet *o)
{
    return o->config->identity.bytes_per_s > 0;
}

static size_t count_attempts(const struct courier *c, const struct outlet *o, enum progress progress)
{
    size_t count = 0;
    for (const struct attempt *a = c->attempts; a; a = a->next)
        count += a->outlet == o && a->progress == progress;
    return count;
}

/* Claimed and not over. */
static size_t count_held(const struct courier *c, const struct outlet *o)
{
    return count_attempts(c, o, TO_SEND) + count_attempts(c, o, UNDER_WAY);
}

/* Deliveries that the outlet may claim now. */
static size_t room(const struct courier *c, const struct outlet *o, int64_t now_ms)
{
    return may_begin(c, o, now_ms) ? pace_room(&o->pace, is_limited(o), count_held(c, o)) : 0;
}

/* Asks what is due and claims it: the end of a list of attempts that are to be sent once the claims are committed. */
static int claim_due(struct courier *c, struct outlet *o, int64_t now_ms, struct attempt ***end, struct attempt *first,
                     struct err *err)
{
    struct queue_item items[PACE_CLAIMS_MAX];
    size_t count = 0, asked = something_first(first, o) ? 0 : room(c, o, now_ms);
    if (asked > 0 && queue_due(c->queue, o->config->name, now_ms, items, asked, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (queue_claim(c->queue, &items[i], now_ms, err) != 0)
            return -1;
        struct attempt *a = courier_attempt_new(c, o, &items[i]);
        if (!a)
            return err_set(err, ERR_FAILED, "out of memory");
        **end = a;
        *end = &a->next;
    }
    if (count > 0)
        pace_claimed(&o->pace, asked, count, now_ms);
    return 0;
}

static void forget(struct attempt *claimed)
{
    while (claimed) {
        struct attempt *a = claimed;
        claimed = a->next;
        courier_attempt_free(a);
    }
}

static int write_round(struct courier *c, int64_t now_ms, struct attempt **claimed, struct err *err)
{
    struct attempt **end = claimed;
    if (queue_begin(c->queue, err) != 0)
        return -1;
    int result = write_results(c, now_ms, err);
    if (result == 0 && now_ms < c->last_ms - CLOCK_BACK_MS) {
        result = queue_hasten(c->queue, now_ms, now_ms, err);
        for (size_t i = 0; i < c->outlets_count; i++)
            c->outlets[i].pace.pause_until_ms = 0;
    }
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        if (c->outlets[i].driver->takes != OUTLET_CASES)
            result = queue_feed_enter(c->queue, &c->outlets[i].config->feed, now_ms, err);
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        result = claim_due(c, c->in_order[i], now_ms, &end, *claimed, err);
    if (result == 0)
        return queue_commit(c->queue, err);
    queue_rollback(c->queue);
    return -1;
}

/* Results are written together, but none waits long, nor where its outlet has nothing else to wait for. */
static bool results_are_due(const struct courier *c, int64_t now_ms)
{
    bool due = false;
    for (const struct attempt *a = c->attempts; a && !due; a = a->next) {
        int64_t age_ms = now_ms - a->weighed_ms;
        due = a->progress == GIVEN_BACK ||
              (a->progress == DONE && (age_ms >= PACE_RESULT_MS || age_ms < 0 || count_held(c, a->outlet) == 0 ||
                                       count_attempts(c, a->outlet, DONE) >= PACE_CLAIMS_MAX / 2));
    }
    return due;
}

/* What is claimed and cannot be begun now. */
static void give_back(struct courier *c, const struct outlet *o, int64_t now_ms)
{
    if (count_attempts(c, o, TO_SEND) == 0 || may_begin(c, o, now_ms))
        return;
    for (struct attempt *a = c->attempts; a; a = a->next)
        if (a->outlet == o && a->progress == TO_SEND)
            a->progress = GIVEN_BACK;
}

/* Is there anything to write? Most rounds find nothing, and then nothing is locked. */
static int look(struct courier *c, int64_t now_ms, bool *work, struct err *err)
{
    struct queue_item item;
    size_t due = 0;
    for (struct attempt *a = c->attempts; a; a = a->next) {
        if (a->progress == DONE && !a->weighed)
            courier_attempt_weigh(a, now_ms);
    }
    for (size_t i = 0; i < c->outlets_count; i++)
        give_back(c, &c->outlets[i], now_ms);
    *work = now_ms < c->last_ms - CLOCK_BACK_MS || results_are_due(c, now_ms);
    for (size_t i = 0; i < c->outlets_count && !*work; i++) {
        const struct outlet *o = &c->outlets[i];
        if (o->driver->takes != OUTLET_CASES && queue_feed_waits(c->queue, &o->config->feed, now_ms, work, err) != 0)
            return -1;
        if (*work)
            break;
        if (room(c, o, now_ms) > 0 && queue_due(c->queue, o->config->name, now_ms, &item, 1, &due, err) != 0)
            return -1;
        *work = due > 0;
    }
    return 0;
}

/* What is claimed, as the outlet's slots become free. */
static void begin_claimed(struct courier *c, struct outlet *o, int64_t now_ms)
{
    size_t slots = pace_slots(&o->pace, is_limited(o)), busy = count_attempts(c, o, UNDER_WAY);
    for (struct attempt *a = c->attempts; a && busy < slots; a = a->next) {
        if (a->outlet != o || a->progress != TO_SEND)
            continue;
        courier_attempt_begin(a, now_ms);
        busy += a->progress == UNDER_WAY;
    }
}

int courier_step(struct courier *c, int64_t now_ms, struct err *err)
{
    struct attempt *claimed = NULL;
    bool work = false;
    if (look(c, now_ms, &work, err) != 0)
        return -1;
    if (work && write_round(c, now_ms, &claimed, err) != 0) {
        forget(claimed);
        return -1;
    }
    c->last_ms = now_ms;
    if (work)
        drop_results(c);
    struct attempt **end = &c->attempts;
    while (*end)
        end = &(*end)->next;
    *end = claimed;
    for (size_t i = 0; i < c->outlets_count; i++)
        begin_claimed(c, c->in_order[i], now_ms);
    return 0;
}

void courier_stop(struct courier *c)
{
    c->stopping = true;
}

bool courier_busy(const struct courier *c)
{
    return c->attempts != NULL;
}

uint64_t courier_count(const struct courier *c, enum outlet_outcome outcome)
{
    return c->counts[outcome];
}

uint64_t courier_sent_to(const struct courier *c, size_t outlet)
{
    return c->outlets[outlet].sent;
}
