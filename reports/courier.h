/*
 * Carries what the queue holds to the outlets: claims what is due, hands it over a few at a time and writes down what
 * came of it. Results and new claims are committed together; how many, reports/pace.h says. Nothing counts as delivered
 * before its receipt is committed. What is claimed and then cannot be begun (the outlet pauses or closes, something
 * comes first, we are told to stop) is given back as it was.
 *
 * Every outlet has its own queue, hours, bandwidth and priority: while one that comes before has something under way,
 * those behind it begin nothing new. One whose receiver is away holds up nobody.
 *
 * One package never stands in another's way: each waits by its own clock. Only when an answer says that the receiver as
 * a whole is away does the outlet pause, for 30 s at most unless the receiver asked for longer, and comes back with one
 * package first.
 *
 * Always sends the recorded bytes: a file that no longer has the recorded hash is parked as refused.
 */
#ifndef REPORTS_COURIER_H
#define REPORTS_COURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/http.h"
#include "reports/outlet.h"
#include "reports/parcel.h"
#include "reports/queue.h"
#include "station/core/err.h"

enum { COURIER_OUTLETS_MAX = 8 };

/* As configured; the texts must outlive the courier. */
struct courier_outlet {
    const char *name, *kind;
    struct outlet_setup setup;
    struct http_identity identity;
    const struct receipt_keys *receipt_keys; /* NULL: the receiver's signatures are not looked at */
    int priority;                            /* smaller goes first */
    int open_minute, end_minute;             /* of the local day, in which it may begin; equal: always */
    bool decisions;                          /* it takes filed decisions on the spot instead of cases */
    bool valid_only;                         /* passages: leave out invalid ones */
    struct queue_feed feed;                  /* of an outlet that takes records */
};

struct courier;

/* Makes interrupted deliveries unknown and adopts packages without an outlet; warns of deliveries whose outlet is no
 * longer configured. */
int courier_open(struct courier **out, struct queue *queue, struct http *http, const struct parcel_source *source,
                 const struct courier_outlet *outlets, size_t count, int64_t now_ms, struct err *err);
void courier_close(struct courier *c);

/* One round: writes the results that have come in, begins what is due. When the database cannot be written nothing is
 * lost: the results are kept for the next round. */
int courier_step(struct courier *c, int64_t now_ms, struct err *err);

/* No more attempts; what is under way may end. */
void courier_stop(struct courier *c);

/* Attempts under way, or results not yet written. */
bool courier_busy(const struct courier *c);

/* Attempts since the start, by outcome. */
uint64_t courier_count(const struct courier *c, enum outlet_outcome outcome);
/* Those to one outlet (its place in the configuration) that ended sent. */
uint64_t courier_sent_to(const struct courier *c, size_t outlet);

#endif
