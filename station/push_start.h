/*
 * What smogpush does once, when it starts: takes back what one before it said, and looks after outlets that were
 * entered after cases had been sent.
 */
#ifndef STATION_PUSH_START_H
#define STATION_PUSH_START_H

#include "reports/queue.h"
#include "station/outlets.h"
#include "station/store.h"

/* Takes back all notes (queue_note_set), perhaps of outlets that are no longer there; what still holds is said anew. */
int push_start_notes(struct store *store, struct queue *queue, int64_t now_ms, struct err *err);

/* Of outlets that came later (reports/queue_late.h): enters the cases since their `from`, or leaves a note, "outlet
 * NAME", that says how many they do not get and what to do. */
int push_start_late(const struct outlets *o, struct queue *queue, int offset_minutes, int64_t now_ms, struct err *err);

#endif
