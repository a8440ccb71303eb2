/*
 * Cases that a receiver has not been told of because its outlet was entered into the configuration after they were
 * sent. By itself such an outlet gets what comes from then on; `from = DATE` in its section enters the older ones since
 * that day, too. Only cases that have left the station and still stand: not those that were handled on the spot,
 * rejected, returned, removed or voided.
 */
#ifndef REPORTS_QUEUE_LATE_H
#define REPORTS_QUEUE_LATE_H

#include <stdint.h>

#include "station/core/err.h"

struct queue;

/* Enters those since from_ms for that outlet; *count: how many. */
int queue_late_enter(struct queue *q, const char *outlet, int64_t from_ms, int64_t now_ms, int *count, struct err *err);
/* How many it was never told of, and when the first of them was opened. */
int queue_late_count(struct queue *q, const char *outlet, int64_t *count, int64_t *first_ms, struct err *err);

#endif
