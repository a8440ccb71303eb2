/*
 * News for many readers, kept once: a ring of events in memory, as server-sent events (WHATWG HTML, "Server-sent
 * events").
 *
 *     id: 5f3a91c2-1207        the run of the daemon, and the event's number in it
 *     event: pass
 *     data: {"at":…}
 *
 * Each reader goes through the ring by itself, from the event after the one it names: who was away catches up. One for
 * whom the ring has gone on too far, or who comes from another run, is told so first (event: reset) and goes on with
 * what is new; nothing is left out without that word. Of the state of things, as opposed to events, only the newest is
 * kept: it comes to each reader after the events, and never twice.
 *
 * Readers cost the loop little: they are woken at most every 25 ms, a few in each turn.
 */
#ifndef STATION_FEED_H
#define STATION_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "station/core/err.h"

enum { FEED_EVENTS_MAX = 8192, FEED_PACE_MS = 25, FEED_WAKES_A_TURN = 16 };

struct feed;
struct feed_reader;

/* `bytes`: of the ring. */
int feed_open(struct feed **out, sd_event *event, size_t bytes, struct err *err);
void feed_close(struct feed *feed); /* readers must have been closed */

/* An event of that name; `data` is one line. What is longer than the ring becomes a reset for everybody. */
void feed_add(struct feed *feed, const char *name, const char *data, size_t length);
/* Something could not be told: a reset for everybody. */
void feed_skip(struct feed *feed);
/* The state of things; out of memory, readers keep the one before. */
void feed_state(struct feed *feed, const char *name, const char *data, size_t length);
unsigned feed_readers(const struct feed *feed);

/* Begins after the event `last` (NULL or "": with what is new). `more` is called, from the loop, when there may be
 * something to read. NULL: out of memory. */
struct feed_reader *feed_reader_open(struct feed *feed, const char *last, void (*more)(void *ctx), void *ctx);
/* At most `size` bytes of what comes next; 0: there is nothing yet; -1: an event that was read in part is gone, and
 * with it the sense of what follows: begin again after the last whole one. */
ptrdiff_t feed_reader_read(struct feed_reader *reader, char *out, size_t size);
void feed_reader_close(struct feed_reader *reader);

#endif
