/*
 * One delivery attempt of a courier (reports/courier.h): from its claim to what came of it. Shared with courier.c only.
 */
#ifndef REPORTS_COURIER_ATTEMPT_H
#define REPORTS_COURIER_ATTEMPT_H

#include <sys/queue.h>

#include "reports/courier.h"
#include "reports/pace.h"
#include "reports/parcel.h"

enum progress {
    CLAIMED, /* not committed yet */
    TO_SEND,
    UNDER_WAY,
    ENDED, /* what came of it is not weighed yet */
    DONE,
    GIVEN_BACK, /* the outlet could not begin it */
    PROGRESS_COUNT
};

TAILQ_HEAD(attempts, attempt);

struct outlet {
    const struct courier_outlet *config;
    const struct outlet_driver *driver;
    struct outlet_memory memory;
    struct pace pace;
    uint64_t sent;
    struct attempts attempts[PROGRESS_COUNT]; /* each in the order in which they came so far */
    size_t counts[PROGRESS_COUNT];            /* of them */
};

/* One attempt; always in the list of its progress. */
struct attempt {
    TAILQ_ENTRY(attempt) link;
    struct outlet *outlet;
    enum progress progress;
    struct queue_item item;
    struct outlet_parcel parcel;
    struct outlet_request request;
    bool expected;      /* its package is read ahead, or was not worth it */
    bool news;          /* the result is worth a line in the log */
    int64_t weighed_ms; /* when it was DONE */
    unsigned pauses;    /* of its outlet when it began */
    struct parcel loaded;
    char now[CIVIL_TIME_TEXT_MAX];
    struct courier *owner;
    struct outlet_result result;
};

struct courier {
    struct queue *queue;
    struct http *http;
    struct parcel_source source;
    size_t outlets_count;
    struct outlet outlets[COURIER_OUTLETS_MAX];
    struct outlet *in_order[COURIER_OUTLETS_MAX]; /* of their priorities */
    bool stopping;
    int64_t last_ms;
    uint64_t counts[OUTLET_UNKNOWN + 1];
};

/* One that is CLAIMED; NULL: out of memory. */
struct attempt *courier_attempt_new(struct courier *owner, struct outlet *outlet, const struct queue_item *item);
void courier_attempt_move(struct attempt *a, enum progress to);
/* Its first request; sooner or later it has ENDED. */
void courier_attempt_begin(struct attempt *a, int64_t now_ms);
/* What the result means for the outlet; then it is DONE. Trouble is news once, not with each attempt. */
void courier_attempt_weigh(struct attempt *a, int64_t now_ms);
/* When it is tried again. */
int64_t courier_attempt_next_ms(const struct attempt *a, int attempts, int64_t now_ms);
/* Into the log and the counts, after it is written. */
void courier_attempt_tell(const struct attempt *a);
void courier_attempt_free(struct attempt *a);

#endif
