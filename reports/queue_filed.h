/*
 * Decisions made on the spot: cases that were handled, then filed (act `file`), and whose package is sealed. They wait
 * for the outlets that take decisions (04C54), and for those alone.
 */
#ifndef REPORTS_QUEUE_FILED_H
#define REPORTS_QUEUE_FILED_H

#include <stdint.h>

#include "station/core/err.h"

struct queue;

/* Enters those that the outlet was not told of; writes nothing where there are none. */
int queue_filed_enter(struct queue *q, const char *outlet, int64_t now_ms, struct err *err);

#endif
