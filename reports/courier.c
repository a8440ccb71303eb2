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
        for (int progress = 0; progress < PROGRESS_COUNT; progress++)
            TAILQ_INIT(&o->attempts[progress]);
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
    if (ahead_open(&c->source.ahead, err) != 0)
        log_warning("%s; each is read when its turn comes", err->text);
    if (find_drivers(c, outlets, count, err) != 0 || take_over(c, now_ms, err) != 0) {
        courier_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

static void forget(struct courier *c, enum progress progress)
{
    for (size_t i = 0; i < c->outlets_count; i++)
        for (struct attempt *a; (a = TAILQ_FIRST(&c->outlets[i].attempts[progress]));)
            courier_attempt_free(a);
}

void courier_close(struct courier *c)
{
    if (!c)
        return;
    for (int progress = 0; progress < PROGRESS_COUNT; progress++)
        forget(c, (enum progress)progress);
    ahead_close(c->source.ahead);
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

static int write_results(struct courier *c, const struct outlet *o, int64_t now_ms, struct err *err)
{
    const struct attempt *a;
    TAILQ_FOREACH(a, &o->attempts[GIVEN_BACK], link)
    if (queue_unclaim(c->queue, &a->item, err) != 0)
        return -1;
    TAILQ_FOREACH(a, &o->attempts[DONE], link)
    if (queue_finish(c->queue, &a->item, &a->result, now_ms, courier_attempt_next_ms(a, a->item.attempts, now_ms),
                     err) != 0 ||
        park_rejected(c, a, now_ms, err) != 0)
        return -1;
    return 0;
}

/* Claimed and not over. */
static size_t count_held(const struct outlet *o)
{
    return o->counts[CLAIMED] + o->counts[TO_SEND] + o->counts[UNDER_WAY];
}

/* Has an outlet that comes before this one anything that is not over? */
static bool something_first(const struct courier *c, const struct outlet *o)
{
    for (size_t i = 0; i < c->outlets_count; i++)
        if (c->outlets[i].config->priority < o->config->priority && count_held(&c->outlets[i]) > 0)
            return true;
    return false;
}

static bool may_begin(const struct courier *c, const struct outlet *o, int64_t now_ms)
{
    const struct courier_outlet *config = o->config;
    return !c->stopping && now_ms >= o->pace.pause_until_ms &&
           pace_is_open(config->open_minute, config->end_minute, now_ms, c->source.offset_minutes) &&
           !something_first(c, o);
}

static bool is_limited(const struct outlet *o)
{
    return o->config->identity.bytes_per_s > 0;
}

/* Deliveries that the outlet may claim now. */
static size_t room(const struct courier *c, const struct outlet *o, int64_t now_ms)
{
    return may_begin(c, o, now_ms) ? pace_room(&o->pace, is_limited(o), count_held(o)) : 0;
}

/* Asks what is due and claims it. */
static int claim_due(struct courier *c, struct outlet *o, int64_t now_ms, struct err *err)
{
    struct queue_item items[PACE_CLAIMS_MAX];
    size_t count = 0, asked = room(c, o, now_ms);
    if (asked > 0 && queue_due(c->queue, o->config->name, now_ms, items, asked, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (queue_claim(c->queue, &items[i], now_ms, err) != 0)
            return -1;
        if (!courier_attempt_new(c, o, &items[i]))
            return err_set(err, ERR_FAILED, "out of memory");
    }
    if (count > 0)
        pace_claimed(&o->pace, asked, count, now_ms);
    return 0;
}

static int write_round(struct courier *c, int64_t now_ms, struct err *err)
{
    if (queue_begin(c->queue, err) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        result = write_results(c, &c->outlets[i], now_ms, err);
    if (result == 0 && now_ms < c->last_ms - CLOCK_BACK_MS) {
        result = queue_hasten(c->queue, now_ms, now_ms, err);
        for (size_t i = 0; i < c->outlets_count; i++)
            c->outlets[i].pace.pause_until_ms = 0;
    }
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        if (c->outlets[i].driver->takes != OUTLET_CASES)
            result = queue_feed_enter(c->queue, &c->outlets[i].config->feed, now_ms, err);
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        result = claim_due(c, c->in_order[i], now_ms, err);
    if (result == 0)
        return queue_commit(c->queue, err);
    queue_rollback(c->queue);
    return -1;
}

static void move_all(struct outlet *o, enum progress from, enum progress to)
{
    for (struct attempt *a; (a = TAILQ_FIRST(&o->attempts[from]));)
        courier_attempt_move(a, to);
}

/* After the commit. */
static void drop_results(struct courier *c)
{
    const struct attempt *a;
    for (size_t i = 0; i < c->outlets_count; i++) {
        TAILQ_FOREACH(a, &c->outlets[i].attempts[DONE], link)
        courier_attempt_tell(a);
        move_all(&c->outlets[i], CLAIMED, TO_SEND);
    }
    forget(c, DONE);
    forget(c, GIVEN_BACK);
}

/* Results are written together, but none waits long, nor where its outlet has nothing else to wait for. */
static bool results_are_due(const struct outlet *o, int64_t now_ms)
{
    const struct attempt *oldest = TAILQ_FIRST(&o->attempts[DONE]);
    int64_t age_ms = oldest ? now_ms - oldest->weighed_ms : 0;
    return o->counts[GIVEN_BACK] > 0 || (oldest && (age_ms >= PACE_RESULT_MS || age_ms < 0 || count_held(o) == 0 ||
                                                    o->counts[DONE] >= PACE_CLAIMS_MAX / 2));
}

/* Is there anything to write for this outlet? */
static int look_at(struct courier *c, struct outlet *o, int64_t now_ms, bool *work, struct err *err)
{
    struct queue_item item;
    size_t due = 0;
    for (struct attempt *a; (a = TAILQ_FIRST(&o->attempts[ENDED]));)
        courier_attempt_weigh(a, now_ms);
    if (!may_begin(c, o, now_ms))
        move_all(o, TO_SEND, GIVEN_BACK);
    *work = *work || results_are_due(o, now_ms);
    if (!*work && o->driver->takes != OUTLET_CASES &&
        queue_feed_waits(c->queue, &o->config->feed, now_ms, work, err) != 0)
        return -1;
    if (!*work && room(c, o, now_ms) > 0 && queue_due(c->queue, o->config->name, now_ms, &item, 1, &due, err) != 0)
        return -1;
    *work = *work || due > 0;
    return 0;
}

/* What is claimed, as the outlet's slots become free. */
static void begin_claimed(struct outlet *o, int64_t now_ms)
{
    struct attempt *a;
    while (o->counts[UNDER_WAY] < pace_slots(&o->pace, is_limited(o)) && (a = TAILQ_FIRST(&o->attempts[TO_SEND])))
        courier_attempt_begin(a, now_ms);
}

/* Those whose turn comes next. */
static void read_ahead(const struct courier *c, struct outlet *o)
{
    struct attempt *a = TAILQ_FIRST(&o->attempts[TO_SEND]);
    for (int i = 0; a && i < PACE_SLOTS; i++, a = TAILQ_NEXT(a, link)) {
        if (!a->expected && !a->item.ask)
            parcel_expect(&c->source, &a->item);
        a->expected = true;
    }
}

int courier_step(struct courier *c, int64_t now_ms, struct err *err)
{
    bool work = now_ms < c->last_ms - CLOCK_BACK_MS; /* most rounds find nothing, and then nothing is locked */
    for (size_t i = 0; i < c->outlets_count; i++)
        if (look_at(c, c->in_order[i], now_ms, &work, err) != 0)
            return -1;
    if (work && write_round(c, now_ms, err) != 0) {
        forget(c, CLAIMED);
        return -1;
    }
    c->last_ms = now_ms;
    if (work)
        drop_results(c);
    for (size_t i = 0; i < c->outlets_count; i++) {
        begin_claimed(c->in_order[i], now_ms);
        read_ahead(c, c->in_order[i]);
    }
    return 0;
}

void courier_stop(struct courier *c)
{
    c->stopping = true;
}

bool courier_busy(const struct courier *c)
{
    for (size_t i = 0; i < c->outlets_count; i++)
        for (int progress = 0; progress < PROGRESS_COUNT; progress++)
            if (c->outlets[i].counts[progress] > 0)
                return true;
    return false;
}

uint64_t courier_count(const struct courier *c, enum outlet_outcome outcome)
{
    return c->counts[outcome];
}

uint64_t courier_sent_to(const struct courier *c, size_t outlet)
{
    return c->outlets[outlet].sent;
}
