/*
 * Fetches what receivers have decided about our packages and keeps it in the table decision, each exactly once: the
 * largest number that is kept is the place to go on from, and it is committed together with the decision itself.
 *
 * A receiver is asked at the start and right after a delivery, then after one minute, two, four … at most 30 minutes,
 * as long as it has nothing new; with news, again and again until it has no more. One that does not answer, answers
 * nonsense or signs wrongly is asked at the same growing pace and never in the way of deliveries; the table feedback
 * and the note "feedback OUTLET" (queue_note_set) say what is wrong and what to do. A decision that cannot be read
 * holds up those behind it: it must not be passed over in silence.
 */
#ifndef REPORTS_FEEDBACK_H
#define REPORTS_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/courier.h"
#include "reports/http.h"
#include "reports/queue.h"
#include "station/core/err.h"

enum { FEEDBACK_FIRST_MS = 60 * 1000, FEEDBACK_LONGEST_MS = 30 * 60 * 1000, FEEDBACK_AFTER_DELIVERY_MS = 10 * 1000 };

#define FEEDBACK_NOTE "feedback "

struct feedback;

/* The outlets as the courier has them; those whose kind tells no decisions are left alone. All are due at once. */
int feedback_open(struct feedback **out, struct queue *queue, struct http *http, const struct courier_outlet *outlets,
                  size_t count, int64_t now_ms, struct err *err);
void feedback_close(struct feedback *f);

/* Writes what has come in, asks who is due. When the database cannot be written nothing is lost: it is asked again. */
int feedback_step(struct feedback *f, int64_t now_ms, struct err *err);

/* Something was delivered to this outlet (its place in the list): ask soon, at most every ten seconds. */
void feedback_hasten(struct feedback *f, size_t outlet, int64_t now_ms);

/* No more questions; what is under way is forgotten, since it can be asked again. */
void feedback_stop(struct feedback *f);

/* A question under way, or an answer not yet written, or a receiver that has more. */
bool feedback_busy(const struct feedback *f);

#endif
