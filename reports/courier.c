#include "reports/courier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/backoff.h"
#include "reports/drop.h"
#include "reports/encoding.h"
#include "reports/log.h"

enum {
    PAUSE_MAX_MS = 30 * 1000,
    CLOCK_BACK_MS = 1000,         /* the wall clock was set back: not slewed */
    LATEST_MS = 25 * 3600 * 1000, /* later than any pause: such a time came from a wrong clock */
    FOLDER_MAX = 512,
};

struct outlet {
    const struct courier_outlet *config;
    const struct outlet_driver *driver;
    struct outlet_memory memory;
    int failures; /* answers in a row that say the receiver is away */
    uint64_t sent;
    int64_t pause_until_ms;
};

enum progress { TO_SEND, UNDER_WAY, DONE };

/* One attempt. */
struct attempt {
    struct attempt *next;
    struct outlet *outlet;
    enum progress progress;
    struct queue_item item;
    struct outlet_parcel parcel;
    struct outlet_request request;
    struct outlet_result result;
    bool weighed, news; /* the outlet knows the result; it is worth a line in the log */
    struct parcel loaded;
    char now[CIVIL_TIME_TEXT_MAX];
    struct courier *owner;
};

struct courier {
    struct queue *queue;
    struct http *http;
    struct parcel_source source;
    size_t outlets_count;
    struct outlet outlets[COURIER_OUTLETS_MAX];
    struct outlet *in_order[COURIER_OUTLETS_MAX]; /* of their priorities */
    struct attempt *attempts;
    bool stopping;
    int64_t last_ms;
    uint64_t counts[OUTLET_UNKNOWN + 1];
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
        if (c->outlets[i].driver->takes == OUTLET_CASES)
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

static void attempt_free(struct attempt *a)
{
    parcel_free(&a->loaded);
    outlet_request_free(&a->request);
    free(a);
}

void courier_close(struct courier *c)
{
    if (!c)
        return;
    while (c->attempts) {
        struct attempt *a = c->attempts;
        c->attempts = a->next;
        attempt_free(a);
    }
    free(c);
}

/* ---- one attempt on its way ---- */

static void end_attempt(struct attempt *a, enum outlet_outcome outcome, bool alarm, const char *text)
{
    a->result = (struct outlet_result){.outcome = outcome, .alarm = alarm};
    snprintf(a->result.text, sizeof a->result.text, "%.*s", (int)sizeof a->result.text - 1, text);
    a->progress = DONE;
}

/* What it carries, or the end of the attempt. */
static bool load(struct attempt *a)
{
    const struct courier_outlet *config = a->outlet->config;
    struct outlet_parcel *p = &a->parcel;
    struct err err;
    if (parcel_load(&a->loaded, &a->owner->source, a->outlet->driver, &config->setup, &a->item, config->valid_only,
                    a->now, &err) != 0) {
        end_attempt(a, err.code == ERR_FAILED ? OUTLET_RETRY : OUTLET_REFUSED, true, err.text);
        return false;
    }
    p->records = a->loaded.records;
    p->records_count = a->loaded.told;
    p->rejected = a->loaded.rejected;
    return true;
}

static void answered(void *ctx, const struct outlet_reply *reply);

/* A file has its answer at once. */
static void exchange_file(struct attempt *a, const struct contents *package)
{
    struct outlet_reply reply;
    char *content;
    drop_exchange(&a->request, package ? package->package : NULL, package ? package->package_size : 0, &reply,
                  &content);
    answered(a, &reply);
    free(content);
}

static void send_request(struct attempt *a)
{
    struct courier *c = a->owner;
    struct err err;
    if (a->request.writes && a->item.withdrawn) {
        end_attempt(a, OUTLET_REFUSED, false, "not sent: the case was withdrawn before it could be delivered");
        return;
    }
    if (a->request.post && !a->request.body && a->loaded.loaded_count == 0 && !load(a))
        return;
    const struct contents *package = a->loaded.loaded;
    if (drop_is_file(a->request.url)) {
        exchange_file(a, package);
        return;
    }
    if (http_start(c->http, &a->outlet->config->identity, &a->request, package ? package->package : NULL,
                   package ? package->package_size : 0, answered, a, &err) != 0)
        end_attempt(a, a->item.ask ? OUTLET_UNKNOWN : OUTLET_RETRY, true, err.text);
    else
        a->progress = UNDER_WAY;
}

static void answered(void *ctx, const struct outlet_reply *reply)
{
    struct attempt *a = ctx;
    struct outlet_request next = {0};
    bool more = a->outlet->driver->step(&a->parcel, &a->request, reply, &next, &a->result);
    outlet_request_free(&a->request);
    if (more) {
        a->request = next;
        send_request(a);
    } else {
        outlet_request_free(&next);
        a->progress = DONE;
    }
}

static void begin_attempt(struct attempt *a, int64_t now_ms)
{
    struct outlet_parcel *p = &a->parcel;
    civil_time_format(now_ms, a->owner->source.offset_minutes, a->now);
    *p = (struct outlet_parcel){.setup = &a->outlet->config->setup,
                                .memory = &a->outlet->memory,
                                .id = a->item.package.case_id,
                                .ask = a->item.ask,
                                .part = a->item.part,
                                .now = a->now,
                                .receipt_keys = a->outlet->config->receipt_keys};
    memcpy(p->sha256_hex, a->item.package.sha256, sizeof p->sha256_hex);
    if (p->sha256_hex[0] && !encoding_unhex(p->sha256_hex, strlen(p->sha256_hex), p->sha256, sizeof p->sha256)) {
        end_attempt(a, OUTLET_REFUSED, true, "the package's row in the database has no readable hash");
        return;
    }
    if (a->outlet->driver->maps && !load(a))
        return;
    if (a->outlet->driver->maps && p->records_count == 0) {
        end_attempt(a, OUTLET_SENT, false, "nothing of it is for this receiver");
        return;
    }
    if (a->outlet->driver->begin(p, &a->request, &a->result))
        send_request(a);
    else
        a->progress = DONE;
}

/* ---- what came of it ---- */

static int64_t next_ms(const struct attempt *a, int attempts, int64_t now_ms)
{
    struct backoff_facts facts = {.attempts = attempts,
                                  .last_ms = now_ms,
                                  .status = a->result.status,
                                  .retry_after_ms = a->result.retry_after_ms};
    memcpy(facts.hash, a->parcel.sha256, sizeof facts.hash);
    return backoff_next_ms(&facts);
}

/* What the result means for the outlet. Trouble is news once, not with each attempt. */
static void weigh(struct attempt *a, int64_t now_ms)
{
    struct outlet *o = a->outlet;
    const struct outlet_result *r = &a->result;
    a->weighed = true;
    a->news = r->everyone ? o->failures == 0 : strcmp(r->text, a->item.last_status) != 0;
    if (r->everyone) {
        int64_t until = next_ms(a, ++o->failures, now_ms);
        int64_t most = now_ms + PAUSE_MAX_MS;
        o->pause_until_ms = until > most && r->retry_after_ms < PAUSE_MAX_MS ? most : until;
    } else if (r->status != 0) {
        if (o->failures > 0)
            log_notice("outlet %s: the receiver answers again", a->item.outlet);
        o->failures = 0;
        o->pause_until_ms = 0;
    }
}

/* After it is written. */
static void tell(struct courier *c, const struct attempt *a)
{
    const struct outlet_result *r = &a->result;
    const char *outlet = a->item.outlet, *id = a->item.package.case_id;
    c->counts[r->outcome]++;
    a->outlet->sent += r->outcome == OUTLET_SENT;
    if (r->outcome == OUTLET_SENT)
        log_info("outlet %s: %s delivered: %s", outlet, id, r->text);
    else if (r->outcome == OUTLET_REFUSED)
        log_error("outlet %s: %s parked: %s", outlet, id, r->text);
    else if (a->news && r->alarm)
        log_error("outlet %s: %s: %s", outlet, id, r->text);
    else if (a->news)
        log_warning("outlet %s: %s: %s; %s", outlet, id, r->text,
                    r->outcome == OUTLET_RETRY ? "it is tried again" : "the receiver will be asked");
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
        if (a->progress != DONE)
            continue;
        if (queue_finish(c->queue, &a->item, &a->result, now_ms, next_ms(a, a->item.attempts, now_ms), err) != 0 ||
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
        if (a->progress != DONE) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        tell(c, a);
        attempt_free(a);
    }
}

/* May it begin something at this time of the day? */
static bool is_open(const struct courier *c, const struct outlet *o, int64_t now_ms)
{
    const struct courier_outlet *config = o->config;
    int64_t minute = (now_ms / 60000 + c->source.offset_minutes) % (24 * 60);
    if (config->open_minute == config->end_minute)
        return true;
    if (config->open_minute < config->end_minute)
        return minute >= config->open_minute && minute < config->end_minute;
    return minute >= config->open_minute || minute < config->end_minute;
}

/* Attempts of that list which are neither done nor of outlets that come after this one. */
static bool something_first(const struct attempt *list, const struct outlet *o)
{
    for (const struct attempt *a = list; a; a = a->next)
        if (a->outlet->config->priority < o->config->priority && a->progress != DONE)
            return true;
    return false;
}

static size_t free_slots(const struct courier *c, const struct outlet *o, int64_t now_ms)
{
    size_t slots = o->failures > 0 || o->config->identity.bytes_per_s > 0 ? 1 : COURIER_SLOTS, used = 0;
    for (const struct attempt *a = c->attempts; a; a = a->next)
        used += a->outlet == o && a->progress != DONE;
    if (c->stopping || now_ms < o->pause_until_ms || used >= slots || !is_open(c, o, now_ms) ||
        something_first(c->attempts, o))
        return 0;
    return slots - used;
}

/* Asks what is due and claims it: a list of attempts that are to be sent once the claims are committed. */
static int claim_due(struct courier *c, struct outlet *o, int64_t now_ms, struct attempt **claimed, struct err *err)
{
    struct queue_item items[COURIER_SLOTS];
    size_t count = 0, slots = something_first(*claimed, o) ? 0 : free_slots(c, o, now_ms);
    if (slots > 0 && queue_due(c->queue, o->config->name, now_ms, items, slots, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (queue_claim(c->queue, &items[i], now_ms, err) != 0)
            return -1;
        struct attempt *a = calloc(1, sizeof *a);
        if (!a)
            return err_set(err, ERR_FAILED, "out of memory");
        *a = (struct attempt){.next = *claimed, .outlet = o, .item = items[i], .owner = c};
        *claimed = a;
    }
    return 0;
}

static void forget(struct attempt *claimed)
{
    while (claimed) {
        struct attempt *a = claimed;
        claimed = a->next;
        attempt_free(a);
    }
}

static int write_round(struct courier *c, int64_t now_ms, struct attempt **claimed, struct err *err)
{
    if (queue_begin(c->queue, err) != 0)
        return -1;
    int result = write_results(c, now_ms, err);
    if (result == 0 && now_ms < c->last_ms - CLOCK_BACK_MS) {
        result = queue_hasten(c->queue, now_ms, now_ms, err);
        for (size_t i = 0; i < c->outlets_count; i++)
            c->outlets[i].pause_until_ms = 0;
    }
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        if (c->outlets[i].driver->takes != OUTLET_CASES)
            result = queue_feed_enter(c->queue, &c->outlets[i].config->feed, now_ms, err);
    for (size_t i = 0; i < c->outlets_count && result == 0; i++)
        result = claim_due(c, c->in_order[i], now_ms, claimed, err);
    if (result == 0)
        return queue_commit(c->queue, err);
    queue_rollback(c->queue);
    return -1;
}

/* Is there anything to write? Most rounds find nothing, and then nothing is locked. */
static int look(struct courier *c, int64_t now_ms, bool *work, struct err *err)
{
    struct queue_item item;
    size_t due = 0;
    *work = now_ms < c->last_ms - CLOCK_BACK_MS;
    for (struct attempt *a = c->attempts; a; a = a->next) {
        *work = *work || a->progress == DONE;
        if (a->progress == DONE && !a->weighed)
            weigh(a, now_ms);
    }
    for (size_t i = 0; i < c->outlets_count && !*work; i++) {
        const struct outlet *o = &c->outlets[i];
        if (o->driver->takes != OUTLET_CASES && queue_feed_waits(c->queue, &o->config->feed, now_ms, work, err) != 0)
            return -1;
        if (*work)
            break;
        if (free_slots(c, o, now_ms) > 0 && queue_due(c->queue, o->config->name, now_ms, &item, 1, &due, err) != 0)
            return -1;
        *work = due > 0;
    }
    return 0;
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
    while (claimed) {
        struct attempt *a = claimed;
        claimed = a->next;
        a->next = c->attempts;
        c->attempts = a;
        begin_attempt(a, now_ms);
    }
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
