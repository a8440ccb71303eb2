#include "reports/courier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/backoff.h"
#include "reports/drop.h"
#include "reports/encoding.h"
#include "reports/log.h"
#include "reports/pace.h"

enum {
    CLOCK_BACK_MS = 1000,         /* the wall clock was set back: not slewed */
    LATEST_MS = 25 * 3600 * 1000, /* later than any pause: such a time came from a wrong clock */
    FOLDER_MAX = 512,
};

struct outlet {
    const struct courier_outlet *config;
    const struct outlet_driver *driver;
    struct outlet_memory memory;
    struct pace pace;
    uint64_t sent;
};

/* GIVEN_BACK: claimed, and then the outlet could not begin it. */
enum progress { TO_SEND, UNDER_WAY, DONE, GIVEN_BACK };

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
    int64_t weighed_ms;
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
    struct attempt *attempts;                     /* in the order of their claims */
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
    a->weighed_ms = now_ms;
    a->news = r->everyone ? o->pace.failures == 0 : strcmp(r->text, a->item.last_status) != 0;
    if (r->everyone)
        pace_away(&o->pace, next_ms(a, o->pace.failures + 1, now_ms), now_ms, r->retry_after_ms);
    else if (r->status != 0 && pace_answers(&o->pace))
        log_notice("outlet %s: the receiver answers again", a->item.outlet);
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
        if (a->progress == GIVEN_BACK && queue_unclaim(c->queue, &a->item, err) != 0)
            return -1;
        if (a->progress != DONE)
            continue;
        if (queue_finish(c->queue, &a->item, &a->result, now_ms, next_ms(a, a->item.attempts, now_ms), err) != 0 ||
            park_rejected(c, a, now_ms, err) != 0)
            return -1;
    }
    return 0;
}

static bool has_ended(const struct attempt *a)
{
    return a->progress == DONE || a->progress == GIVEN_BACK;
}

static void drop_results(struct courier *c)
{
    struct attempt **at = &c->attempts;
    while (*at) {
        struct attempt *a = *at;
        if (!has_ended(a)) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        if (a->progress == DONE)
            tell(c, a);
        attempt_free(a);
    }
}

/* Attempts of that list which are not over, of outlets that come before this one. */
static bool something_first(const struct attempt *list, const struct outlet *o)
{
    for (const struct attempt *a = list; a; a = a->next)
        if (a->outlet->config->priority < o->config->priority && !has_ended(a))
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
        struct attempt *a = calloc(1, sizeof *a); /* nearly all of it is room for an answer */
        if (!a)
            return err_set(err, ERR_FAILED, "out of memory");
        a->outlet = o;
        a->item = items[i];
        a->owner = c;
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
        attempt_free(a);
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

/* Is there anything to write? Most rounds find nothing, and then nothing is locked. */
static int look(struct courier *c, int64_t now_ms, bool *work, struct err *err)
{
    struct queue_item item;
    size_t due = 0;
    for (struct attempt *a = c->attempts; a; a = a->next) {
        if (a->progress == DONE && !a->weighed)
            weigh(a, now_ms);
    }
    for (struct attempt *a = c->attempts; a; a = a->next) {
        if (a->progress == TO_SEND && !may_begin(c, a->outlet, now_ms))
            a->progress = GIVEN_BACK;
    }
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

/* What is claimed, as its outlets' slots become free. */
static void begin_claimed(struct courier *c, int64_t now_ms)
{
    for (struct attempt *a = c->attempts; a; a = a->next)
        if (a->progress == TO_SEND &&
            count_attempts(c, a->outlet, UNDER_WAY) < pace_slots(&a->outlet->pace, is_limited(a->outlet)))
            begin_attempt(a, now_ms);
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
    begin_claimed(c, now_ms);
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
