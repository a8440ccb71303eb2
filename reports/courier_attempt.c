#include "reports/courier_attempt.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/backoff.h"
#include "reports/drop.h"
#include "reports/encoding.h"
#include "reports/log.h"

static void enter(struct attempt *a, enum progress progress)
{
    a->progress = progress;
    TAILQ_INSERT_TAIL(&a->outlet->attempts[progress], a, link);
    a->outlet->counts[progress]++;
}

static void leave(struct attempt *a)
{
    TAILQ_REMOVE(&a->outlet->attempts[a->progress], a, link);
    a->outlet->counts[a->progress]--;
}

void courier_attempt_move(struct attempt *a, enum progress to)
{
    leave(a);
    enter(a, to);
}

static void end_attempt(struct attempt *a, enum outlet_outcome outcome, bool alarm, const char *text)
{
    outlet_result_clear(&a->result);
    a->result.outcome = outcome;
    a->result.alarm = alarm;
    snprintf(a->result.text, sizeof a->result.text, "%.*s", (int)sizeof a->result.text - 1, text);
    courier_attempt_move(a, ENDED);
}

struct attempt *courier_attempt_new(struct courier *owner, struct outlet *outlet, const struct queue_item *item)
{
    struct attempt *a = malloc(sizeof *a);
    if (!a)
        return NULL;
    memset(a, 0, offsetof(struct attempt, result));
    outlet_result_clear(&a->result);
    a->outlet = outlet;
    a->item = *item;
    a->owner = owner;
    enter(a, CLAIMED);
    return a;
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
    bool withdrawn = a->item.withdrawn || (a->item.handled && !a->outlet->config->decisions);
    if (a->request.writes && withdrawn) {
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
        courier_attempt_move(a, UNDER_WAY);
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
        courier_attempt_move(a, ENDED);
    }
}

void courier_attempt_begin(struct attempt *a, int64_t now_ms)
{
    struct outlet_parcel *p = &a->parcel;
    a->pauses = a->outlet->pace.pauses;
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
        courier_attempt_move(a, ENDED);
}

int64_t courier_attempt_next_ms(const struct attempt *a, int attempts, int64_t now_ms)
{
    struct backoff_facts facts = {.attempts = attempts,
                                  .last_ms = now_ms,
                                  .status = a->result.status,
                                  .retry_after_ms = a->result.retry_after_ms};
    memcpy(facts.hash, a->parcel.sha256, sizeof facts.hash);
    return backoff_next_ms(&facts);
}

void courier_attempt_weigh(struct attempt *a, int64_t now_ms)
{
    struct outlet *o = a->outlet;
    const struct outlet_result *r = &a->result;
    a->weighed_ms = now_ms;
    a->news = r->everyone ? o->pace.failures == 0 : strcmp(r->text, a->item.last_status) != 0;
    if (r->everyone)
        pace_away(&o->pace, courier_attempt_next_ms(a, o->pace.failures + 1, now_ms), now_ms, r->retry_after_ms);
    else if (r->status != 0 && pace_answers(&o->pace, a->pauses))
        log_notice("outlet %s: the receiver answers again", a->item.outlet);
    if (!o->driver->maps)
        parcel_free(&a->loaded); /* a package, which nothing of the result refers to: many results may wait */
    courier_attempt_move(a, DONE);
}

void courier_attempt_tell(const struct attempt *a)
{
    struct courier *c = a->owner;
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

void courier_attempt_free(struct attempt *a)
{
    leave(a);
    parcel_free(&a->loaded);
    outlet_request_free(&a->request);
    free(a);
}
