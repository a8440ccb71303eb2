#include "reports/feedback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/decision.h"
#include "reports/log.h"
#include "reports/outlet.h"

enum { DAY_MS = 24 * 3600 * 1000 };

enum progress { IDLE, ASKING, ANSWERED };

struct source {
    const struct courier_outlet *config;
    const struct outlet_driver *driver; /* NULL: it does not tell */
    enum progress progress;
    bool more; /* the last answer had decisions: there may be others behind them */
    bool *stopping;
    struct queue_feedback state;
    /* the answer */
    int status;
    int64_t retry_after_ms;
    bool whole;
    size_t length;
    char body[OUTLET_REPLY_MAX + 1];
    char trouble[OUTLET_TEXT_MAX];
};

struct feedback {
    struct queue *queue;
    struct http *http;
    bool stopping;
    struct decision_page *page;
    size_t count;
    struct source sources[COURIER_OUTLETS_MAX];
};

int feedback_open(struct feedback **out, struct queue *queue, struct http *http, const struct courier_outlet *outlets,
                  size_t count, int64_t now_ms, struct err *err)
{
    *out = NULL;
    struct feedback *f = calloc(1, sizeof *f);
    if (!f || !(f->page = malloc(sizeof *f->page))) {
        feedback_close(f);
        return err_set(err, ERR_FAILED, "out of memory");
    }
    f->queue = queue;
    f->http = http;
    for (; f->count < count && f->count < COURIER_OUTLETS_MAX; f->count++) {
        struct source *s = &f->sources[f->count];
        const struct outlet_driver *driver = outlet_find(outlets[f->count].kind);
        s->config = &outlets[f->count];
        s->driver = driver && driver->ask_decisions ? driver : NULL;
        s->stopping = &f->stopping;
        if (queue_feedback_get(queue, s->config->name, &s->state, err) != 0) {
            feedback_close(f);
            return -1;
        }
        s->state.next_ms = now_ms;
    }
    *out = f;
    return 0;
}

void feedback_close(struct feedback *f)
{
    if (!f)
        return;
    free(f->page);
    free(f);
}

/* ---- asking ---- */

static void answered(void *ctx, const struct outlet_reply *reply)
{
    struct source *s = ctx;
    s->progress = *s->stopping ? IDLE : ANSWERED;
    s->status = reply->status;
    s->whole = reply->whole;
    s->retry_after_ms = reply->retry_after_ms;
    s->length = reply->length;
    memcpy(s->body, reply->body, reply->length);
    s->body[reply->length] = '\0';
    snprintf(s->trouble, sizeof s->trouble, "%s", reply->trouble);
}

static int ask(struct feedback *f, struct source *s, int64_t now_ms, struct err *err)
{
    struct outlet_request request;
    int64_t last;
    if (queue_decision_last(f->queue, s->config->name, &last, err) != 0)
        return -1;
    s->driver->ask_decisions(s->config->setup.url, last, &request);
    s->state.asked_ms = now_ms;
    s->progress = ASKING;
    if (http_start(f->http, &s->config->identity, &request, NULL, 0, answered, s, err) != 0) {
        s->progress = IDLE;
        return -1;
    }
    return 0;
}

/* ---- what an answer means ---- */

/* No list of decisions: why, for a person. */
static void describe(struct source *s)
{
    const struct outlet_request question = {.post = false};
    const struct outlet_reply reply = {.status = s->status, .retry_after_ms = s->retry_after_ms};
    struct outlet_result result;
    int status = s->status;
    if (status == 0)
        return; /* the trouble is there already */
    if (!outlet_conclude_receiver(&question, &reply, &result))
        outlet_conclude(&result, OUTLET_RETRY, "%d: %s", status,
                        status == 404 || status == 405 || status == 501
                            ? "the receiver tells no decisions at url/decisions; check the outlet's url, or ask its "
                              "operator whether it tells them at all"
                        : status == 200 ? "the answer is cut short or too long; show this to the receiver's operator"
                                        : "the receiver does not answer the question for decisions; tell its operator");
    memcpy(s->trouble, result.text, sizeof s->trouble);
}

static void tell_decision(const struct source *s, const struct decision *d, const char *case_id)
{
    if (case_id[0])
        log_notice("outlet %s: decision %lld about %s: %s", s->config->name, (long long)d->n, case_id, d->kind);
    else
        log_warning("outlet %s: decision %lld (%s) is about the package %s, which this station never made; ask there",
                    s->config->name, (long long)d->n, d->kind, d->package_sha256);
}

/* Keeps what can be read of a page; s->trouble says why the rest cannot. *count: how many were kept. */
static int keep_page(struct feedback *f, struct source *s, int64_t last, size_t *count, struct err *err)
{
    struct decision d;
    struct err why;
    char case_id[QUEUE_CASE_MAX];
    int got = decision_page_read(f->page, s->body, s->length, last, &why) == 0 ? 1 : -1;
    while (got > 0 && (got = decision_page_next(f->page, s->config->receipt_keys, &d, &why)) > 0) {
        if (queue_decision_add(f->queue, s->config->name, &d, case_id, err) != 0)
            return -1;
        tell_decision(s, &d, case_id);
        ++*count;
    }
    if (got < 0)
        snprintf(s->trouble, sizeof s->trouble, "%.*s; show this to the receiver's operator", OUTLET_TEXT_MAX - 41,
                 why.text);
    return 0;
}

/* When to ask again; grows with each answer that brings nothing. */
static int64_t pause_ms(int turns)
{
    int64_t pause = FEEDBACK_FIRST_MS;
    for (int i = 1; i < turns && pause < FEEDBACK_LONGEST_MS; i++)
        pause *= 2;
    return pause < FEEDBACK_LONGEST_MS ? pause : FEEDBACK_LONGEST_MS;
}

static void plan(struct source *s, size_t count, int64_t now_ms)
{
    struct queue_feedback *st = &s->state;
    bool failed = s->trouble[0] != '\0';
    s->more = count > 0 && !failed;
    st->quiet = count > 0 || failed ? 0 : st->quiet + 1;
    st->failures = failed ? st->failures + 1 : 0;
    st->next_ms = s->more ? now_ms : now_ms + pause_ms(failed ? st->failures : st->quiet);
    int64_t asked_for = now_ms + (s->retry_after_ms < DAY_MS ? s->retry_after_ms : DAY_MS);
    if (failed && asked_for > st->next_ms)
        st->next_ms = asked_for;
}

/* What `smogctl status`, `smogctl outbox list` and the console show. */
static int note_trouble(struct feedback *f, const struct source *s, int64_t now_ms, struct err *err)
{
    char about[sizeof FEEDBACK_NOTE + QUEUE_OUTLET_MAX];
    snprintf(about, sizeof about, FEEDBACK_NOTE "%s", s->config->name);
    return queue_note_set(f->queue, about, s->trouble, now_ms, err);
}

/* The same trouble is told once. */
static void tell_trouble(const struct source *s, const char *before)
{
    if (strcmp(before, s->trouble) == 0)
        return;
    if (s->trouble[0])
        log_warning("outlet %s: decisions are not fetched: %s; asked again later", s->config->name, s->trouble);
    else
        log_notice("outlet %s: decisions can be fetched again", s->config->name);
}

static int write_answer(struct feedback *f, struct source *s, int64_t now_ms, struct err *err)
{
    int64_t last;
    size_t count = 0;
    char before[OUTLET_TEXT_MAX];
    memcpy(before, s->state.trouble, sizeof before);
    if (queue_decision_last(f->queue, s->config->name, &last, err) != 0)
        return -1;
    if (s->status != 200 || !s->whole)
        describe(s);
    else if (keep_page(f, s, last, &count, err) != 0)
        return -1;
    plan(s, count, now_ms);
    memcpy(s->state.trouble, s->trouble, sizeof s->state.trouble);
    if (queue_feedback_set(f->queue, s->config->name, &s->state, err) != 0 || note_trouble(f, s, now_ms, err) != 0)
        return -1;
    tell_trouble(s, before);
    return 0;
}

static int take_answer(struct feedback *f, struct source *s, int64_t now_ms, struct err *err)
{
    if (queue_begin(f->queue, err) != 0)
        return -1;
    if (write_answer(f, s, now_ms, err) != 0) {
        queue_rollback(f->queue);
        return -1;
    }
    return queue_commit(f->queue, err);
}

/* ---- rounds ---- */

/* Due, or due only because the wall clock once was far ahead. */
static bool is_due(const struct source *s, int64_t now_ms)
{
    return s->driver && s->progress == IDLE &&
           (now_ms >= s->state.next_ms || s->state.next_ms > now_ms + DAY_MS + FEEDBACK_LONGEST_MS);
}

int feedback_step(struct feedback *f, int64_t now_ms, struct err *err)
{
    for (size_t i = 0; i < f->count; i++) {
        struct source *s = &f->sources[i];
        if (s->progress == ANSWERED) {
            s->progress = IDLE;
            s->more = false;
            s->state.next_ms = now_ms + FEEDBACK_FIRST_MS; /* unless it can be written */
            if (take_answer(f, s, now_ms, err) != 0)
                return -1;
        }
        if (!f->stopping && is_due(s, now_ms) && ask(f, s, now_ms, err) != 0)
            return -1;
    }
    return 0;
}

void feedback_hasten(struct feedback *f, size_t outlet, int64_t now_ms)
{
    struct queue_feedback *st = &f->sources[outlet].state;
    int64_t soon = st->asked_ms + FEEDBACK_AFTER_DELIVERY_MS;
    soon = soon > now_ms ? soon : now_ms;
    st->quiet = 0;
    if (st->failures == 0 && soon < st->next_ms)
        st->next_ms = soon;
}

void feedback_stop(struct feedback *f)
{
    f->stopping = true;
}

bool feedback_busy(const struct feedback *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->sources[i].progress != IDLE || f->sources[i].more)
            return !f->stopping;
    return false;
}
